use super::id::Framed;
use super::{Instant, Text, Value};
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

/// The properties of an event or a profile, in the order of the input.
///
/// A look-up is a walk: events have a handful of properties, for which that is faster than a hash map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties(Vec<(Text, Value)>);

impl Saved for Properties {
    fn save(&self, to: &mut Saver<'_>) {
        to.length(self.0.len());
        for (name, value) in &self.0 {
            to.name(name);
            value.save(to);
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Properties, Damage> {
        let mut properties = Vec::new();
        for _ in 0..from.length()? {
            properties.push((from.name()?, Value::restore(from)?));
        }
        properties.shrink_to_fit();
        Ok(Properties(properties))
    }
}

impl Properties {
    /// No properties.
    pub const fn new() -> Properties {
        Properties(Vec::new())
    }

    /// The value under a name; names are matched exactly.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// Sets a value; a name that is there already keeps its place and takes the new value.
    pub fn set(&mut self, name: Text, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// Removes a value.
    pub fn unset(&mut self, name: &str) {
        self.0.retain(|(known, _)| **known != *name);
    }

    /// All properties in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<Text>> FromIterator<(N, Value)> for Properties {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(items: I) -> Properties {
        let mut properties = Properties::new();
        for (name, value) in items {
            properties.set(name.into(), value);
        }
        properties
    }
}

/// Something a user did, at an instant.
///
/// Events with an `id` are absorbed when the same user's same id was seen before; events without one all count, even
/// when they are alike in everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Who did it.
    pub user: Text,
    /// What was done; names are compared exactly.
    pub name: Text,
    /// When it happened (not when it arrived).
    pub at: Instant,
    /// The sender's id of this event, such as Segment's `messageId`.
    pub id: Option<Text>,
    /// What is known of it.
    pub properties: Properties,
}

impl Event {
    /// What names this event in occurrences and jobs: its id; without one, `~` and a fingerprint of user, name, instant
    /// and properties. `alike` is how many events of the user that are alike in all of these came before it.
    pub fn occurrence(&self, alike: usize) -> Text {
        if let Some(id) = &self.id {
            return id.clone();
        }
        Event::occurrence_of_content(self.content(), alike)
    }

    pub(crate) fn occurrence_of_content(content: u128, alike: usize) -> Text {
        match alike {
            0 => format!("~{content:032x}").into(),
            _ => format!("~{content:032x}#{}", alike + 1).into(),
        }
    }

    /// The fingerprint of user, name, instant and properties.
    pub fn content(&self) -> u128 {
        Event::content_of(&self.user, &self.name, self.at, |properties| {
            for (name, value) in self.properties.iter() {
                properties.add(name, value);
            }
        })
    }

    /// The same of an event that is not at hand: its properties are written in their order.
    pub(crate) fn content_of(
        user: &str,
        name: &str,
        at: Instant,
        write: impl FnOnce(&mut ContentProperties<'_>),
    ) -> u128 {
        let mut framed = Framed::default();
        framed.part(user.as_bytes());
        framed.part(name.as_bytes());
        framed.part(&at.millis().to_le_bytes());
        framed.written_part(|framed| write(&mut ContentProperties(framed)));
        framed.fingerprint()
    }
}

/// Takes the properties of which an event's fingerprint is made.
pub(crate) struct ContentProperties<'f>(&'f mut Framed);

impl ContentProperties<'_> {
    pub(crate) fn add(&mut self, name: &str, value: &Value) {
        // Writing JSON into memory cannot fail; a value that had no JSON form would leave its name alone.
        let _ = serde_json::to_writer(&mut *self.0, &(name, value));
    }
}

/// A change of what is known of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileUpdate {
    /// Whose profile.
    pub user: Text,
    /// From when it holds; without an instant it holds from the beginning of time.
    pub at: Option<Instant>,
    /// The properties to set, and (`None`) to unset, in order.
    pub changes: Vec<(Text, Option<Value>)>,
}

impl Saved for ProfileUpdate {
    fn save(&self, to: &mut Saver<'_>) {
        let ProfileUpdate { user, at, changes } = self;
        user.save(to);
        at.save(to);
        to.length(changes.len());
        for (name, value) in changes {
            to.name(name);
            value.save(to);
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<ProfileUpdate, Damage> {
        let (user, at) = (Saved::restore(from)?, Saved::restore(from)?);
        let mut changes = Vec::new();
        for _ in 0..from.length()? {
            changes.push((from.name()?, Saved::restore(from)?));
        }
        Ok(ProfileUpdate { user, at, changes })
    }
}

impl ProfileUpdate {
    /// The phone numbers that it gives, as they are written.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = &Text> {
        self.set(PHONE).filter_map(|value| match value {
            Value::Text(number) => Some(number),
            _ => None,
        })
    }

    /// What it says of the number, if anything: that it is blocked, or that it is not.
    pub(crate) fn blocks_number(&self) -> Option<bool> {
        self.set(BLOCKED).filter_map(block).last()
    }

    /// Whether it says anything about phone numbers that the profile has or had.
    pub(crate) fn touches_phone(&self) -> bool {
        self.changes.iter().any(|(name, _)| name.eq_ignore_ascii_case(PHONE))
    }

    fn set(&self, wanted: &str) -> impl Iterator<Item = &Value> {
        let named = move |(name, _): &&(Text, Option<Value>)| name.eq_ignore_ascii_case(wanted);
        self.changes.iter().filter(named).filter_map(|(_, value)| value.as_ref())
    }
}

const PHONE: &str = "phone";
const BLOCKED: &str = "msg-dndwhatsapp";

/// A statement about a phone number, whoever has it: no WhatsApp message goes to a number that is blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberConsent {
    /// The number with its country code, as [`e164`](super::e164) reads it. A statement about anything else is none.
    pub number: Text,
    /// From when it holds; without an instant it holds from the beginning of time.
    pub at: Option<Instant>,
    /// Whether it is blocked from then on, or free again.
    pub blocked: bool,
}

/// What the provider says of an approved template: nothing goes out with one that is paused or disabled.
///
/// # Example
/// ```
/// use campanile::{live::Engine, model::{Instant, Record, TemplateStatement, TemplateStatus}, rulebook::Rulebook};
/// let rulebook = Rulebook::parse("shop.camp", "
///     campaign thanks { when \"Charged\" send template thank_you in \"en\" }")?;
/// let mut engine = Engine::in_memory(rulebook.compile());
/// let until = Some(Instant::parse("2026-11-03T13:00:00Z")?);
/// engine.ingest([Record::Template(TemplateStatement {
///     template: "thank_you".into(),
///     language: Some("en".into()),
///     at: Some(Instant::parse("2026-11-03T10:00:00Z")?),
///     status: TemplateStatus::Paused { until },
/// })])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateStatement {
    /// The template's name, as in the rules.
    pub template: Text,
    /// The language that it is about, as WhatsApp names it (`en`, `pt_BR`); none for all of them.
    pub language: Option<Text>,
    /// From when it holds; without an instant it holds from the beginning of time.
    pub at: Option<Instant>,
    /// What it says.
    pub status: TemplateStatus,
}

saved!(struct TemplateStatement { template, language, at, status });

impl TemplateStatement {
    /// Whether it is about a template in a language. Languages are the same in any case, and with `-` or `_`.
    pub fn is_about(&self, template: &str, language: &str) -> bool {
        let folded = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
        let same = |own: &Text| own.bytes().map(folded).eq(language.bytes().map(folded));
        *self.template == *template && self.language.as_ref().is_none_or(same)
    }
}

/// What may become of an approved template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateStatus {
    /// It may be sent (again).
    Approved,
    /// It waits: messages with it do too.
    Paused {
        /// The first instant at which it may be sent again; without one, until a further statement about it.
        until: Option<Instant>,
    },
    /// It is never sent again, unless a further statement says so.
    Disabled,
}

saved!(enum TemplateStatus {
    0 => Approved,
    1 => Paused { until },
    2 => Disabled,
});

/// One row of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An event.
    Event(Event),
    /// A change of a profile.
    Profile(ProfileUpdate),
    /// A statement about a phone number.
    Number(NumberConsent),
    /// A statement about a template.
    Template(TemplateStatement),
}

impl Record {
    /// When it happened, or holds from; none where that is not said.
    pub fn at(&self) -> Option<Instant> {
        match self {
            Record::Event(event) => Some(event.at),
            Record::Profile(update) => update.at,
            Record::Number(statement) => statement.at,
            Record::Template(statement) => statement.at,
        }
    }

    /// Whose it is; none of a statement about a number or a template.
    pub fn user(&self) -> Option<&Text> {
        match self {
            Record::Event(event) => Some(&event.user),
            Record::Profile(update) => Some(&update.user),
            Record::Number(_) | Record::Template(_) => None,
        }
    }
}

/// What is known of a user at an instant.
///
/// Three things are read by the engine itself, under names in any case: consent (`whatsapp`, else `MSG-whatsapp`; and
/// `MSG-dndWhatsApp`), the phone number (`phone`), and the time zone (`tz`, else `timezone`, else `time_zone`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    properties: Properties,
}

saved!(struct Profile { properties });

impl Profile {
    /// All that is known.
    pub const fn properties(&self) -> &Properties {
        &self.properties
    }

    /// Takes over a change.
    pub fn apply(&mut self, update: &ProfileUpdate) {
        for (name, value) in &update.changes {
            match value {
                Some(value) => self.properties.set(name.clone(), value.clone()),
                None => self.properties.unset(name),
            }
        }
        // There are millions of profiles, and hardly any changes.
        self.properties.0.shrink_to_fit();
    }

    /// True when the profile says yes to WhatsApp messages and does not itself block its number. Nothing said is no.
    ///
    /// Another profile, or a [`NumberConsent`], may have blocked the number: an engine asks that too.
    pub fn consents(&self) -> bool {
        self.agrees() && self.blocks_number() != Some(true)
    }

    /// True when the profile says yes to WhatsApp messages, whatever is said of its number.
    pub(crate) fn agrees(&self) -> bool {
        self.under(&["whatsapp", "msg-whatsapp"]).is_some_and(is_yes)
    }

    /// What the profile says of its number, if it says anything.
    pub(crate) fn blocks_number(&self) -> Option<bool> {
        self.under(&[BLOCKED]).and_then(block)
    }

    /// The phone number as it was given.
    pub fn phone(&self) -> Option<&str> {
        self.text_under(&[PHONE])
    }

    /// The time zone as it was given.
    pub fn zone_name(&self) -> Option<&str> {
        self.text_under(&["tz", "timezone", "time_zone"])
    }

    fn text_under(&self, names: &[&str]) -> Option<&str> {
        match self.under(names) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn under(&self, names: &[&str]) -> Option<&Value> {
        let named = |name: &&str| {
            let mut found = self.properties.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            found.next().map(|(_, value)| value)
        };
        names.iter().find_map(named)
    }
}

/// Yes or no, also as text; none for what is neither.
fn block(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(value) => Some(*value),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn is_yes(value: &Value) -> bool {
    match value {
        Value::Boolean(value) => *value,
        Value::Text(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}
