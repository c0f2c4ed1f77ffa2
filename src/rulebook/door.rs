//! The schema door: values become what the schemas say, once, before anything is asked of them.

use chrono::{NaiveDate, NaiveDateTime};
use indexmap::IndexMap;

use super::tables::Tables;
use crate::calendar::Zone;
use crate::language::ast::{Field, FieldKind};
use crate::model::{Instant, Number, Properties, Record, Text, Value};

/// A record as it came through the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The record; values that do not fit their schema are gone.
    pub record: Record,
    /// How many values did not fit.
    pub unfit: u32,
}

/// The schemas as the door needs them: for each event its declared properties, and nothing else.
#[derive(Debug, Clone)]
pub(super) struct Door {
    events: IndexMap<String, Vec<Declared>>,
    profile: Vec<Declared>,
    zone: Zone,
}

/// A declared property.
#[derive(Debug, Clone)]
struct Declared {
    name: Text,
    kind: Kind,
}

/// What a value must become. Time zones' names are text: a name that is none is kept, for the job tells of it.
#[derive(Debug, Clone)]
enum Kind {
    Text,
    Number,
    Boolean,
    Date,
    Instant,
    List(Box<Kind>),
    Object(Vec<Declared>),
}

impl Door {
    pub(super) fn new(tables: &Tables, zone: Zone) -> Door {
        Door {
            events: tables
                .events
                .iter()
                .map(|(name, event)| (name.clone(), declared(&event.fields)))
                .collect(),
            profile: tables.profile.as_ref().map(|profile| declared(&profile.fields)).unwrap_or_default(),
            zone,
        }
    }

    pub(super) fn admit(&self, mut record: Record) -> Admitted {
        let mut unfit = 0;
        match &mut record {
            Record::Event(event) if !self.events.is_empty() => {
                if let Some(fields) = self.events.get(&*event.name) {
                    self.properties(fields, &mut event.properties, &mut unfit);
                }
            }
            Record::Profile(update) if !self.profile.is_empty() => {
                update.changes.retain_mut(|(name, value)| {
                    let (Some(inner), Some(field)) = (&mut *value, find(&self.profile, name)) else {
                        return true;
                    };
                    self.make(&field.kind, inner, &mut unfit)
                });
            }
            Record::Event(_) | Record::Profile(_) | Record::Number(_) | Record::Template(_) => {}
        }
        Admitted { record, unfit }
    }

    /// The same for one property of an event; none where its value does not fit.
    pub(super) fn value(&self, event: &str, property: &str, mut value: Value) -> Option<Value> {
        let declared = self.events.get(event).and_then(|fields| find(fields, property));
        let fits = declared.is_none_or(|declared| self.make(&declared.kind, &mut value, &mut 0));
        fits.then_some(value)
    }

    fn properties(&self, fields: &[Declared], properties: &mut Properties, unfit: &mut u32) {
        for field in fields {
            // Values mostly are what they should be: then nothing is copied.
            let Some(value) = properties.get(&field.name) else { continue };
            if fits(&field.kind, value) {
                continue;
            }
            let mut value = value.clone();
            if self.make(&field.kind, &mut value, unfit) {
                properties.set(field.name.clone(), value);
            } else {
                properties.unset(&field.name);
            }
        }
    }

    /// Makes the value what it should be; false, and counted, when it cannot be.
    fn make(&self, kind: &Kind, value: &mut Value, unfit: &mut u32) -> bool {
        if fits(kind, value) {
            return true;
        }
        let made = match (kind, &mut *value) {
            // A list of one thing may come as the thing itself: conditions see no difference.
            (Kind::List(item), Value::List(values)) => {
                values.retain_mut(|value| self.make(item, value, unfit));
                return true;
            }
            (Kind::List(item), _) => return self.make(item, value, unfit),
            (Kind::Object(fields), Value::Object(parts)) => {
                parts.retain(|name, part| {
                    find(fields, name).is_none_or(|field| self.make(&field.kind, part, unfit))
                });
                return true;
            }
            (Kind::Text, Value::Number(number)) => Some(Value::Text(number.to_string().into())),
            (Kind::Number, Value::Text(text)) => number(text).map(Value::Number),
            (Kind::Boolean, Value::Text(text)) => boolean(text).map(Value::Boolean),
            (Kind::Date, Value::Text(text)) => date(text).map(Value::Date),
            (Kind::Instant, Value::Text(text)) => self.instant(text).map(Value::Instant),
            (Kind::Date, Value::Instant(instant)) => Some(Value::Date(self.zone.to_local(*instant).date())),
            _ => None,
        };
        match made {
            Some(made) => {
                *value = made;
                true
            }
            None => {
                *unfit += 1;
                false
            }
        }
    }

    /// An instant: with an offset as it says; without one at that wall clock, or at the start of that day, in the
    /// account's zone.
    fn instant(&self, text: &str) -> Option<Instant> {
        let text = text.trim();
        if let Ok(instant) = Instant::parse(text) {
            return Some(instant);
        }
        let instant = match wall_clock(text) {
            Some(local) => self.zone.resolve(local),
            None => self.zone.day_start(plain_date(text)?),
        };
        instant.is_supported().then_some(instant)
    }
}

/// A date and a time of day without an offset.
pub(crate) fn wall_clock(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

fn find<'a>(fields: &'a [Declared], name: &str) -> Option<&'a Declared> {
    fields.iter().find(|field| *field.name == *name)
}

/// True when nothing is to be done.
fn fits(kind: &Kind, value: &Value) -> bool {
    match (kind, value) {
        (Kind::Text, Value::Text(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::Boolean, Value::Boolean(_))
        | (Kind::Date, Value::Date(_))
        | (Kind::Instant, Value::Instant(_)) => true,
        (Kind::List(item), Value::List(values)) => values.iter().all(|value| fits(item, value)),
        (Kind::Object(fields), Value::Object(parts)) => {
            parts.iter().all(|(name, part)| find(fields, name).is_none_or(|field| fits(&field.kind, part)))
        }
        _ => false,
    }
}

/// The number that a text is, as the door reads it.
pub(crate) fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    if let Ok(whole) = text.parse() {
        return Some(Number::from_i64(whole));
    }
    // `inf`, `nan` and `infinity` are floats to the parser, and no numbers to anyone else.
    if text.contains(|c: char| c.is_alphabetic() && !matches!(c, 'e' | 'E')) {
        return None;
    }
    text.parse().ok().and_then(Number::from_f64)
}

/// The yes or no that a text is, as the door reads it.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    let is = |word: &str| text.trim().eq_ignore_ascii_case(word);
    match () {
        () if is("yes") || is("true") => Some(true),
        () if is("no") || is("false") => Some(false),
        () => None,
    }
}

/// A date: `1990-05-03`, or the date of a date and time as it is written, whatever its offset: a birthday that was stored
/// as midnight in UTC is that day everywhere.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    match text.get(..10).zip(text.get(10..)) {
        Some((day, "")) => plain_date(day),
        Some((day, time)) if time.starts_with(['T', 't', ' ']) => {
            let clock = time.get(1..)?;
            // Hours and minutes at least: `2026-11-03 or so` is no date.
            let starts_with_clock = clock.len() >= 5
                && clock
                    .bytes()
                    .zip(*b"00:00")
                    .all(|(is, like)| if like == b'0' { is.is_ascii_digit() } else { is == like });
            starts_with_clock.then(|| plain_date(day)).flatten()
        }
        _ => None,
    }
}

/// Exactly `YYYY-MM-DD`.
pub(crate) fn plain_date(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10
        && text.bytes().zip(*b"0000-00-00").all(
            |(is, like)| {
                if like == b'0' { is.is_ascii_digit() } else { is == like }
            },
        );
    shaped.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

fn declared(fields: &[Field]) -> Vec<Declared> {
    fields
        .iter()
        .map(|field| Declared { name: field.name.node.as_str().into(), kind: kind(&field.kind.node) })
        .collect()
}

fn kind(kind: &FieldKind) -> Kind {
    match kind {
        FieldKind::Text | FieldKind::TimeZone => Kind::Text,
        FieldKind::Number => Kind::Number,
        FieldKind::Boolean => Kind::Boolean,
        FieldKind::Date => Kind::Date,
        FieldKind::Instant => Kind::Instant,
        FieldKind::List(item) => Kind::List(Box::new(self::kind(item))),
        FieldKind::Object(fields) => Kind::Object(declared(fields)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, ProfileUpdate};
    use crate::rulebook::Rulebook;

    const RULES: &str = r#"
        settings { timezone "Asia/Kolkata" }
        event "E" {
          t: text, n: number, b: yes/no, d: date, i: instant, z: timezone,
          lt: list of text, ln: list of number, o: { n: number, inner: { b: yes/no } }, lo: list of { n: number }
        }
        profile { age: number, city: text, born: date }
    "#;

    /// What becomes of a value under a name of event `E`, and how many values were lost.
    fn becomes(name: &str, value: Value) -> (Option<Value>, u32) {
        let event = Event {
            user: "u".into(),
            name: "E".into(),
            at: Instant::from_seconds(0),
            id: None,
            properties: [(name, value)].into_iter().collect(),
        };
        let admitted = Rulebook::parse("door.camp", RULES).unwrap().admit(Record::Event(event));
        let Record::Event(event) = admitted.record else { panic!("an event stays one") };
        (event.properties.get(name).cloned(), admitted.unfit)
    }

    fn float(value: f64) -> Value {
        Value::Number(Number::from_f64(value).unwrap())
    }

    fn day(text: &str) -> Value {
        Value::Date(text.parse().unwrap())
    }

    fn at(text: &str) -> Value {
        Value::Instant(Instant::parse(text).unwrap())
    }

    fn list(values: &[Value]) -> Value {
        Value::List(values.to_vec())
    }

    fn object(parts: &[(&str, Value)]) -> Value {
        Value::object(parts.iter().map(|(name, value)| ((*name).into(), value.clone())))
    }

    #[test]
    fn what_can_be_what_is_declared_becomes_it() {
        let text = Value::text;
        let cases = [
            ("t", text(" as it is "), text(" as it is ")),
            ("t", Value::integer(10), text("10")),
            ("t", Value::integer(9_007_199_254_740_993), text("9007199254740993")),
            ("t", float(-1.5), text("-1.5")),
            ("n", float(1.5), float(1.5)),
            ("n", text("10"), Value::integer(10)),
            ("n", text(" -10.50 "), float(-10.5)),
            ("n", text("1e3"), Value::integer(1000)),
            ("n", text("9007199254740993"), Value::integer(9_007_199_254_740_993)),
            ("b", Value::Boolean(false), Value::Boolean(false)),
            ("b", text("yes"), Value::Boolean(true)),
            ("b", text(" TRUE"), Value::Boolean(true)),
            ("b", text("No"), Value::Boolean(false)),
            ("b", text("false"), Value::Boolean(false)),
            ("d", day("2026-11-03"), day("2026-11-03")),
            ("d", text("2026-11-03"), day("2026-11-03")),
            // The date as it is written: midnight in UTC stays that day.
            ("d", text("1990-05-03T00:00:00.000Z"), day("1990-05-03")),
            ("d", text("1990-05-03 23:59:59"), day("1990-05-03")),
            ("d", text("1990-05-03T23:30:00-08:00"), day("1990-05-03")),
            // An instant has no date of its own: its day is the account's.
            ("d", at("2026-11-02T20:00:00Z"), day("2026-11-03")),
            ("i", at("2026-11-02T20:00:00Z"), at("2026-11-02T20:00:00Z")),
            ("i", text("2026-11-03T10:00:00+05:30"), at("2026-11-03T04:30:00Z")),
            ("i", text("2026-11-03T10:00:00.5Z"), at("2026-11-03T10:00:00.5Z")),
            // Without an offset: the account's wall clock.
            ("i", text("2026-11-03T10:00:00"), at("2026-11-03T04:30:00Z")),
            ("i", text("2026-11-03 10:00"), at("2026-11-03T04:30:00Z")),
            ("i", text("2026-11-03"), at("2026-11-02T18:30:00Z")),
            ("z", text("Asia/Kolkata"), text("Asia/Kolkata")),
            ("z", text("Mars/Olympus"), text("Mars/Olympus")),
            ("lt", list(&[text("a"), Value::integer(1)]), list(&[text("a"), text("1")])),
            ("lt", text("a"), text("a")),
            ("lt", Value::integer(1), text("1")),
            ("ln", list(&[]), list(&[])),
            ("ln", list(&[text("1"), Value::integer(2)]), list(&[Value::integer(1), Value::integer(2)])),
            ("o", object(&[("n", text("5"))]), object(&[("n", Value::integer(5))])),
            (
                "o",
                object(&[("inner", object(&[("b", text("yes"))])), ("other", text("x"))]),
                object(&[("inner", object(&[("b", Value::Boolean(true))])), ("other", text("x"))]),
            ),
            ("lo", list(&[object(&[("n", text("5"))])]), list(&[object(&[("n", Value::integer(5))])])),
            ("lo", object(&[("n", text("5"))]), object(&[("n", Value::integer(5))])),
            // What is not declared stays as it is.
            ("undeclared", text("10"), text("10")),
            ("T", Value::integer(10), Value::integer(10)),
        ];
        for (name, value, expected) in cases {
            assert_eq!(becomes(name, value.clone()), (Some(expected), 0), "{name}: {value:?}");
        }
    }

    #[test]
    fn what_cannot_be_what_is_declared_is_missing_and_counted() {
        let text = Value::text;
        let cases = [
            ("t", Value::Boolean(true)),
            ("t", day("2026-11-03")),
            ("t", list(&[text("a")])),
            ("t", object(&[])),
            ("n", text("ten")),
            ("n", text("")),
            ("n", text("1,000")),
            ("n", text("inf")),
            ("n", text("NaN")),
            ("n", text("0x10")),
            ("n", text("1e999")),
            ("n", Value::Boolean(true)),
            ("b", text("y")),
            ("b", Value::integer(1)),
            ("d", text("3 November")),
            ("d", text("2026-13-01")),
            ("d", text("2026-1-1")),
            ("d", text("2026-11-03 or so")),
            ("d", text("+2026-11-3")),
            ("d", Value::integer(20_261_103)),
            ("i", text("soon")),
            ("i", text("1800-01-01T00:00:00Z")),
            ("i", text("1800-01-01")),
            ("i", Value::integer(1_700_000_000)),
            ("z", Value::Boolean(true)),
            ("o", text("x")),
            ("o", list(&[])),
            ("lo", text("x")),
        ];
        for (name, value) in cases {
            assert_eq!(becomes(name, value.clone()), (None, 1), "{name}: {value:?}");
        }
    }

    #[test]
    fn within_lists_and_objects_only_the_culprit_is_lost() {
        let values = list(&[Value::text("1"), Value::text("x"), Value::integer(2), Value::Boolean(true)]);
        assert_eq!(becomes("ln", values), (Some(list(&[Value::integer(1), Value::integer(2)])), 2));
        let parts =
            object(&[("n", Value::text("x")), ("inner", Value::integer(5)), ("other", Value::text("y"))]);
        assert_eq!(becomes("o", parts), (Some(object(&[("other", Value::text("y"))])), 2));
        let items = list(&[object(&[("n", Value::text("x"))]), Value::integer(3)]);
        assert_eq!(becomes("lo", items), (Some(list(&[object(&[])])), 2));
    }

    #[test]
    fn order_and_undeclared_events_stay_as_they_are() {
        let event = |name: &str, properties: &[(&str, Value)]| {
            Record::Event(Event {
                user: "u".into(),
                name: name.into(),
                at: Instant::from_seconds(0),
                id: None,
                properties: properties.iter().map(|(name, value)| (*name, value.clone())).collect(),
            })
        };
        let rulebook = Rulebook::parse("door.camp", RULES).unwrap();
        let before = [
            ("x", Value::integer(1)),
            ("n", Value::text("2")),
            ("b", Value::integer(3)),
            ("y", Value::integer(4)),
        ];
        let after = [("x", Value::integer(1)), ("n", Value::integer(2)), ("y", Value::integer(4))];
        assert_eq!(rulebook.admit(event("E", &before)), Admitted { record: event("E", &after), unfit: 1 });
        assert_eq!(rulebook.admit(event("e", &before)), Admitted { record: event("e", &before), unfit: 0 });
    }

    #[test]
    fn a_profiles_changes_pass_the_same_door() {
        let update = |changes: &[(&str, Option<Value>)]| {
            Record::Profile(ProfileUpdate {
                user: "u".into(),
                at: None,
                changes: changes.iter().map(|(name, value)| ((*name).into(), value.clone())).collect(),
            })
        };
        let before = [
            ("age", Some(Value::text("41"))),
            ("city", None),
            ("born", Some(Value::text("long ago"))),
            ("other", Some(Value::text("7"))),
        ];
        let after = [("age", Some(Value::integer(41))), ("city", None), ("other", Some(Value::text("7")))];
        let rulebook = Rulebook::parse("door.camp", RULES).unwrap();
        assert_eq!(rulebook.admit(update(&before)), Admitted { record: update(&after), unfit: 1 });
        let free = Rulebook::parse("free.camp", "").unwrap();
        assert_eq!(free.admit(update(&before)), Admitted { record: update(&before), unfit: 0 });
    }
}
