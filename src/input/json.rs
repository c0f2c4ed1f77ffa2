//! The fields of a JSON record, picked out by a table of its format. Properties become the model's values at once.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json_values::BagSeed;
use super::names::{Names, RecentTexts};
use super::reject::{Problem, RejectKind};
use super::time::{Clock, TimeForm};
use super::{Limits, LocalTime};
use crate::model::{Text, Value};

/// Properties as they come: names may repeat, and null is none.
type Properties = Vec<(Text, Option<Value>)>;

/// What reading one record needs and leaves behind for the next.
pub(super) struct Context {
    pub(super) names: Names,
    pub(super) users: Names,
    pub(super) clock: Clock,
    /// The properties of the record at hand; kept for their capacity.
    pub(super) event_bag: Properties,
    pub(super) profile_bag: Properties,
    texts: RecentTexts,
    /// True when a text such as `$D_1468322268` is an instant.
    dates: bool,
    depth: usize,
    most_properties: usize,
    most_values: usize,
    values: usize,
    problem: Option<Problem>,
}

impl Context {
    pub(super) fn new(limits: &Limits, local_time: &LocalTime, dates: bool) -> Context {
        Context {
            names: Names::with_bound(1 << 16),
            users: Names::with_bound(1 << 20),
            clock: Clock::new(local_time.clone()),
            event_bag: Vec::new(),
            profile_bag: Vec::new(),
            texts: RecentTexts::new(),
            dates,
            // The JSON reader has a limit of its own at 128; ours must come first.
            depth: limits.depth.min(120),
            most_properties: limits.properties,
            most_values: limits.values,
            values: 0,
            problem: None,
        }
    }

    /// Begins a record.
    pub(super) fn begin(&mut self) {
        self.problem = None;
        self.values = 0;
        self.event_bag.clear();
        self.profile_bag.clear();
    }

    /// Ends a record: what was wrong with it, if anything was.
    pub(super) fn end(&mut self, read: Result<(), serde_json::Error>) -> Result<(), Problem> {
        read.map_err(|error| self.problem.take().unwrap_or_else(|| broken(&error)))
    }

    pub(super) fn bag(&mut self, bag: Bag) -> &mut Properties {
        match bag {
            Bag::Event => &mut self.event_bag,
            Bag::Profile => &mut self.profile_bag,
        }
    }

    #[cold]
    pub(super) fn refuse<E: de::Error>(
        &mut self,
        kind: RejectKind,
        reason: impl Into<Cow<'static, str>>,
    ) -> E {
        self.problem = Some(Problem::new(kind, reason));
        E::custom("refused")
    }

    /// One object or list more, around which there are so many with itself.
    pub(super) fn enter<E: de::Error>(&mut self, depth: usize) -> Result<(), E> {
        if depth <= self.depth {
            return Ok(());
        }
        let reason = format!("it nests deeper than {} levels", self.depth);
        Err(self.refuse(RejectKind::TooDeep, reason))
    }

    /// One more property, or part of an object, after so many. Look-ups are walks, so there must be an end to them.
    pub(super) fn count<E: de::Error>(&mut self, before: usize) -> Result<(), E> {
        if before < self.most_properties {
            return Ok(());
        }
        let reason = format!("it has more than {} properties", self.most_properties);
        Err(self.refuse(RejectKind::TooManyProperties, reason))
    }

    /// One more value of the record. A row of many small ones takes a hundred times its length in memory.
    pub(super) fn value<E: de::Error>(&mut self) -> Result<(), E> {
        self.values += 1;
        if self.values <= self.most_values {
            return Ok(());
        }
        let reason = format!("it has more than {} values", self.most_values);
        Err(self.refuse(RejectKind::TooManyProperties, reason))
    }

    /// Text as a value, or the instant that it stands for.
    pub(super) fn text<E: de::Error>(&mut self, text: &str) -> Result<Value, E> {
        if let Some(seconds) = text.strip_prefix("$D_").filter(|_| self.dates)
            && let Ok(seconds) = seconds.parse()
        {
            return match self.clock.whole(seconds, TimeForm::Told) {
                Ok(instant) => Ok(Value::Instant(instant)),
                Err(error) => {
                    self.problem = Some(error.of("a date among its properties", text));
                    Err(E::custom("refused"))
                }
            };
        }
        Ok(Value::Text(self.texts.get(text)))
    }
}

/// Which properties a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bag {
    Event,
    Profile,
}

/// What a field of a record is, by the table of its format.
#[derive(Clone, Copy)]
pub(super) enum Field {
    /// The kind of record.
    Kind,
    /// The user, by rank of the field: the lowest that is there counts.
    User(usize),
    /// The event's name.
    Event,
    /// When it happened.
    Time,
    /// The event's id.
    Id,
    /// The number that something is said of.
    Number,
    /// The template that something is said of.
    Template,
    /// The language of the template that it is about.
    Language,
    /// Until when what is said holds.
    Until,
    /// What is said of it.
    Status,
    /// Properties.
    Bag(Bag),
    /// An object of further fields; anything else is passed over.
    Inside(fn(&str) -> Field),
    /// Not read.
    Other,
}

/// A value of a field that is not a property.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Scalar<'a> {
    /// Not there, or null.
    #[default]
    Missing,
    Text(Cow<'a, str>),
    Whole(i64),
    Large(u64),
    Fraction(f64),
    /// Of another kind, in words.
    Other(&'static str),
}

impl Scalar<'_> {
    /// What it is, as messages say it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Scalar::Missing => "missing",
            Scalar::Text(_) => "text",
            Scalar::Whole(_) | Scalar::Large(_) => "a number",
            Scalar::Fraction(_) => "a number with a fraction",
            Scalar::Other(kind) => kind,
        }
    }
}

/// What a field of properties holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Held {
    /// Not there, or null.
    #[default]
    Missing,
    /// Properties, perhaps none; they are in the [`Context`].
    Properties,
    /// Something else, in words.
    Other(&'static str),
}

/// A record's fields, before the format makes something of them.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub(super) kind: Scalar<'a>,
    pub(super) users: [Scalar<'a>; 6],
    pub(super) event: Scalar<'a>,
    pub(super) time: Scalar<'a>,
    pub(super) id: Scalar<'a>,
    pub(super) number: Scalar<'a>,
    pub(super) status: Scalar<'a>,
    pub(super) template: Scalar<'a>,
    pub(super) language: Scalar<'a>,
    pub(super) until: Scalar<'a>,
    pub(super) event_properties: Held,
    pub(super) profile_properties: Held,
}

/// Reads the fields of one record. Of a field that is written twice, the last counts.
pub(super) fn fields<'a>(
    text: &'a str,
    table: fn(&str) -> Field,
    context: &mut Context,
) -> Result<Fields<'a>, Problem> {
    context.begin();
    let mut fields = Fields::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let record = Record { fields: &mut fields, table, context, outermost: true };
    let read = record.deserialize(&mut json).and_then(|()| json.end());
    context.end(read).map(|()| fields)
}

#[cold]
fn broken(error: &serde_json::Error) -> Problem {
    let words = error.to_string();
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    if words == "number out of range" {
        return Problem::new(RejectKind::NumberOutOfRange, "a number is too large for a 64-bit float");
    }
    let words = words.replacen("EOF while parsing", "it ends within", 1);
    let place = match (error.line(), error.column()) {
        (line @ 2.., column) => format!("column {column} of its line {line}"),
        (_, column) => format!("column {column}"),
    };
    Problem::new(RejectKind::BrokenJson, format!("broken JSON at {place}: {words}"))
}

/// The visits that a visitor treats alike, by the word for the kind of value.
macro_rules! visit_others {
    ($($visit:ident($kind:ty) $words:literal),* $(,)?) => {
        $(fn $visit<E: de::Error>(self, _: $kind) -> Result<Self::Value, E> { self.other($words) })*

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> { self.other("null") }
    };
}
pub(super) use visit_others;

struct Record<'c, 'a> {
    fields: &'c mut Fields<'a>,
    table: fn(&str) -> Field,
    context: &'c mut Context,
    outermost: bool,
}

impl<'a> DeserializeSeed<'a> for Record<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl Record<'_, '_> {
    fn other<E: de::Error>(self, kind: &str) -> Result<(), E> {
        if self.outermost {
            return Err(self.context.refuse(RejectKind::WrongType, format!("it is {kind}, not an object")));
        }
        Ok(())
    }
}

impl<'a> Visitor<'a> for Record<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    visit_others! { visit_bool(bool) "yes/no", visit_i64(i64) "a number", visit_u64(u64) "a number", visit_f64(f64) "a number", visit_str(&str) "text" }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        self.other("a list")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Record { fields, table, context, .. } = self;
        while let Some(field) = map.next_key_seed(Key(table))? {
            match field {
                Field::Kind => fields.kind = map.next_value_seed(ScalarSeed)?,
                Field::User(rank) => {
                    let user = map.next_value_seed(ScalarSeed)?;
                    if let Some(place) = fields.users.get_mut(rank) {
                        *place = user;
                    }
                }
                Field::Event => fields.event = map.next_value_seed(ScalarSeed)?,
                Field::Time => fields.time = map.next_value_seed(ScalarSeed)?,
                Field::Id => fields.id = map.next_value_seed(ScalarSeed)?,
                Field::Number => fields.number = map.next_value_seed(ScalarSeed)?,
                Field::Status => fields.status = map.next_value_seed(ScalarSeed)?,
                Field::Template => fields.template = map.next_value_seed(ScalarSeed)?,
                Field::Language => fields.language = map.next_value_seed(ScalarSeed)?,
                Field::Until => fields.until = map.next_value_seed(ScalarSeed)?,
                Field::Bag(bag @ Bag::Event) => {
                    fields.event_properties = map.next_value_seed(BagSeed { bag, context })?;
                }
                Field::Bag(bag @ Bag::Profile) => {
                    fields.profile_properties = map.next_value_seed(BagSeed { bag, context })?;
                }
                Field::Inside(table) => {
                    map.next_value_seed(Record { fields, table, context, outermost: false })?;
                }
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The name of a field, looked up in the table without being copied.
struct Key(fn(&str) -> Field);

impl<'a> DeserializeSeed<'a> for Key {
    type Value = Field;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Field, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Field, E> {
        Ok((self.0)(name))
    }
}

pub(super) struct ScalarSeed;

impl<'a> DeserializeSeed<'a> for ScalarSeed {
    type Value = Scalar<'a>;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Scalar<'a>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for ScalarSeed {
    type Value = Scalar<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Missing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Other("yes/no"))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar<'a>, E> {
        Ok(i64::try_from(number).map_or(Scalar::Large(number), Scalar::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Fraction(number))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Scalar<'a>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other("a list"))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Scalar<'a>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other("an object"))
    }
}
