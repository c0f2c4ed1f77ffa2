//! From counts to kinds.

use super::census::{Census, EventTally, ProfileTally};
use super::names;
use super::shape::{EventShape, Inferred, Kind, Odd, ProfileShape, PropertyShape, Refusal, Shape, days};
use super::tally::{Fields, Tally};
use crate::model::Text;

/// Objects within objects are looked into so deep; rules may nest 64 brackets.
const DEEPEST: usize = 24;

/// Texts are listed when there are at most so many different ones …
const FEW: usize = 8;

/// … and each stands for so many values on average. What is rarer may well be a name or an address.
const FREQUENT: u64 = 5;

impl Census {
    /// Decides the kind of every property.
    pub fn settle(&self) -> Inferred {
        let alike = names::alike(self.events.iter().map(|(name, tally)| (name, tally.instants.count)));
        let mut events: Vec<EventShape> =
            self.events.iter().map(|(name, tally)| event(name, tally, alike.get(name).cloned())).collect();
        events.sort_by_cached_key(|event| names::order(&event.name));
        Inferred {
            users: self.users.len() as u64,
            events,
            events_beyond: self.beyond,
            profile: (self.profile.rows > 0).then(|| profile(&self.profile)),
        }
    }
}

fn event(name: &Text, tally: &EventTally, alike: Option<Text>) -> EventShape {
    EventShape {
        name: name.clone(),
        refused: (!names::can_be_written(name)).then_some(Refusal::Name),
        count: tally.instants.count,
        users: tally.users.count,
        between: tally.instants.ends,
        alike,
        properties: properties(&tally.fields, tally.instants.count, 1),
        beyond: tally.fields.beyond,
    }
}

fn profile(tally: &ProfileTally) -> ProfileShape {
    let mut properties = properties(&tally.fields, tally.users.count, 1);
    for property in &mut properties {
        property.present = tally.users_of.get(&property.name).map_or(0, |users| users.count);
        // The engine reads a phone number as text, and a table's digits become text only where that is declared.
        if property.name.eq_ignore_ascii_case("phone")
            && property.shape.kind == Kind::Number
            && let Some(values) = tally.fields.by_name.get(&property.name)
        {
            property.shape = scalar(values, Kind::Text);
        }
    }
    ProfileShape { rows: tally.rows, users: tally.users.count, properties, beyond: tally.fields.beyond }
}

fn properties(fields: &Fields, of: u64, depth: usize) -> Vec<PropertyShape> {
    let alike = names::alike(fields.by_name.iter().map(|(name, tally)| (name, tally.values())));
    let mut properties: Vec<PropertyShape> = fields
        .by_name
        .iter()
        .map(|(name, tally)| {
            let shape = shape(tally, depth);
            let refused =
                if names::can_be_written(name) { refusal(&shape, depth) } else { Some(Refusal::Name) };
            let present = tally.values();
            PropertyShape { name: name.clone(), refused, present, of, alike: alike.get(name).cloned(), shape }
        })
        .collect();
    properties.sort_by_cached_key(|property| names::order(&property.name));
    properties
}

fn refusal(shape: &Shape, depth: usize) -> Option<Refusal> {
    match shape.items.as_ref() {
        Some(items) if items.kind == Kind::List => Some(Refusal::ListOfLists),
        _ if depth > DEEPEST => Some(Refusal::TooDeep),
        _ => None,
    }
}

/// At least 19 of 20.
const fn nearly_all(part: u64, whole: u64) -> bool {
    part > 0 && part.saturating_mul(20) >= whole.saturating_mul(19)
}

fn shape(tally: &Tally, depth: usize) -> Shape {
    if tally.values() == 0 {
        // What a list holds that was always empty.
        return scalar(tally, Kind::Text);
    }
    let filled = tally.lists.sizes.count - tally.lists.empty;
    // At least one in twenty: fewer lists are the odd values of something else. Lists without an item say nothing of
    // themselves, unless nothing else came.
    let is_list = filled.saturating_mul(20) >= tally.values().max(1) || tally.singles() == 0;
    if is_list {
        return list(tally, depth);
    }
    match single_kind(tally) {
        Kind::Object => object(tally, depth),
        kind => scalar(tally, kind),
    }
}

/// The narrowest kind that nearly all values are or become; else the one that keeps most.
fn single_kind(tally: &Tally) -> Kind {
    let texts = &tally.texts;
    // Empty texts stand for nothing more often than for themselves: they have no say, and are told of afterwards.
    let whole = tally.singles() - texts.empty;
    let numbers = if tally.numbers.count > 0 && texts.digits_to_keep == 0 {
        tally.numbers.count + texts.as_number.can
    } else {
        0
    };
    let narrow = [
        (Kind::Boolean, tally.booleans() + texts.as_boolean.can),
        (Kind::Date, tally.dates.count + texts.as_day.can),
        (Kind::Instant, tally.instants.count + texts.as_instant.can),
        (Kind::Number, numbers),
        (Kind::Object, tally.objects),
    ];
    let text = texts.count - texts.empty + tally.numbers.count;
    if let Some((kind, _)) = narrow.iter().find(|(_, kept)| nearly_all(*kept, whole)) {
        return *kind;
    }
    let most =
        narrow.iter().fold((Kind::Text, text), |most, next| if next.1 > most.1 { *next } else { most });
    let zones = texts.as_zone.can > 0 && nearly_all(texts.as_zone.can, whole);
    if most.0 == Kind::Text && zones { Kind::TimeZone } else { most.0 }
}

fn list(tally: &Tally, depth: usize) -> Shape {
    let mut all = Tally::default();
    if let Some(items) = &tally.lists.items {
        all.merge_singles(items);
        all.lists.sizes.count = items.lists.sizes.count;
        all.lists.sizes.ends = items.lists.sizes.ends;
    }
    // One value stands for a list of it, to the door and to conditions.
    all.merge_singles(tally);
    let items = shape(&all, depth);
    let single = tally.singles();
    let mut odd = Vec::new();
    note(&mut odd, "single value", single, true, &[]);
    Shape {
        kind: Kind::List,
        values: tally.values(),
        converted: single,
        lost: 0,
        odd,
        between: tally.lists.sizes.ends.map(|(least, most)| (least.to_string(), most.to_string())),
        different: None,
        common: Vec::new(),
        items: Some(Box::new(items)),
        parts: Vec::new(),
        beyond: 0,
    }
}

fn object(tally: &Tally, depth: usize) -> Shape {
    let mut shape = scalar(tally, Kind::Object);
    shape.parts = properties(&tally.parts, tally.objects, depth + 1);
    shape.beyond = tally.parts.beyond;
    shape
}

fn note(odd: &mut Vec<Odd>, what: &'static str, count: u64, kept: bool, examples: &[String]) {
    if count > 0 {
        odd.push(Odd { what, count, kept, examples: examples.to_vec() });
    }
}

/// What a kind without items makes of the values.
fn scalar(tally: &Tally, kind: Kind) -> Shape {
    let texts = &tally.texts;
    let is_text = matches!(kind, Kind::Text | Kind::TimeZone);
    let written = texts.count - texts.empty;
    let reading = match kind {
        Kind::Number => Some(&texts.as_number),
        Kind::Boolean => Some(&texts.as_boolean),
        Kind::Date => Some(&texts.as_date),
        Kind::Instant => Some(&texts.as_instant),
        Kind::Text | Kind::TimeZone | Kind::List | Kind::Object => None,
    };
    let mut odd = Vec::new();
    if !is_text {
        let can = reading.map_or(0, |reading| reading.can);
        let others = reading.map_or(&texts.examples, |reading| &reading.others);
        note(&mut odd, "text", can, true, &[]);
        note(&mut odd, "text", written - can, false, &others.0);
        note(&mut odd, "empty text", texts.empty, false, &[]);
    }
    if kind != Kind::Number {
        // Of what is kept no example is needed, and it may be somebody's phone number.
        let examples = if is_text { &[] } else { tally.number_examples.0.as_slice() };
        note(&mut odd, "number", tally.numbers.count, is_text, examples);
    }
    if kind != Kind::Boolean {
        note(&mut odd, "yes/no", tally.booleans(), false, &[]);
    }
    if kind != Kind::Date {
        note(&mut odd, "date", tally.dates.count, false, &[]);
    }
    if kind != Kind::Instant {
        note(&mut odd, "instant", tally.instants.count, kind == Kind::Date, &[]);
    }
    if kind != Kind::Object {
        note(&mut odd, "object", tally.objects, false, &[]);
    }
    note(&mut odd, "empty list", tally.lists.empty, false, &[]);
    note(&mut odd, "list", tally.lists.sizes.count - tally.lists.empty, false, &[]);

    let sum = |kept: bool| odd.iter().filter(|odd| odd.kept == kept).map(|odd| odd.count).sum();
    let between = match kind {
        Kind::Number => tally.numbers.ends.map(|(least, most)| (least.to_string(), most.to_string())),
        Kind::Date => tally.dates.ends.or(texts.days.ends).map(days),
        Kind::Instant => tally.instants.ends.map(|(first, last)| (first.to_string(), last.to_string())),
        Kind::Text | Kind::Boolean | Kind::TimeZone | Kind::List | Kind::Object => None,
    };
    let mut common = Vec::new();
    let mut different = None;
    if kind == Kind::Boolean && texts.count == 0 {
        common = vec![("yes".to_owned(), tally.yes), ("no".to_owned(), tally.no)];
        common.retain(|(_, count)| *count > 0);
    }
    if is_text && !texts.different.overflown {
        let counts = &texts.different.counts;
        different = Some(counts.len());
        if counts.len() <= FEW && texts.count >= FREQUENT * counts.len() as u64 {
            common = counts.iter().map(|(text, count)| (text.clone(), *count)).collect();
            common.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        }
    }
    Shape {
        kind,
        values: tally.values(),
        converted: sum(true),
        lost: sum(false),
        odd,
        between,
        different,
        common,
        items: None,
        parts: Vec::new(),
        beyond: 0,
    }
}
