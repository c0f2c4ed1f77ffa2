//! Tests on properties, compiled: slots instead of names, values instead of literals.

use std::cmp::Ordering;
use std::fmt;

use regex::Regex;

use crate::calendar::Zone;
use crate::language::ast::{Comparison, EventName, EventPattern, Filter, Literal, Operation, Path, Test};
use crate::model::{Event, Properties, Text, Value, fingerprint};

/// A filter as a tree of tests on slots.
#[derive(Debug, Clone)]
pub(crate) enum Predicate {
    All(Box<[Predicate]>),
    Any(Box<[Predicate]>),
    Not(Box<Predicate>),
    Test(SlotTest),
}

/// A test on one slot: a property that is looked up once per event, however many tests ask for it.
#[derive(Debug, Clone)]
pub(crate) struct SlotTest {
    pub(crate) slot: usize,
    pub(crate) rest: Box<[Text]>,
    pub(crate) test: ValueTest,
}

/// What must hold of the values that a path reaches.
#[derive(Clone)]
pub(crate) enum ValueTest {
    Compare(Comparison, Value),
    Between(Value, Value),
    In(Box<[Value]>),
    NotIn(Box<[Value]>),
    Contains(Text),
    StartsWith(Text),
    EndsWith(Text),
    Matches(Regex),
    IsSet,
    IsNotSet,
}

impl fmt::Debug for ValueTest {
    /// Equal texts mean equal tests: this is what equal filters are found by.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueTest::Compare(comparison, value) => write!(f, "{comparison:?} {value:?}"),
            ValueTest::Between(low, high) => write!(f, "Between {low:?} {high:?}"),
            ValueTest::In(values) => write!(f, "In {values:?}"),
            ValueTest::NotIn(values) => write!(f, "NotIn {values:?}"),
            ValueTest::Contains(text) => write!(f, "Contains {text:?}"),
            ValueTest::StartsWith(text) => write!(f, "StartsWith {text:?}"),
            ValueTest::EndsWith(text) => write!(f, "EndsWith {text:?}"),
            ValueTest::Matches(regex) => write!(f, "Matches {:?}", regex.as_str()),
            ValueTest::IsSet => f.write_str("IsSet"),
            ValueTest::IsNotSet => f.write_str("IsNotSet"),
        }
    }
}

/// The names behind slots: the root properties that a plan reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots {
    names: Vec<Text>,
}

impl Slots {
    /// The slot of a name, new or known.
    pub(crate) fn of(&mut self, name: &str) -> usize {
        match self.names.iter().position(|known| **known == *name) {
            Some(slot) => slot,
            None => {
                self.names.push(name.into());
                self.names.len() - 1
            }
        }
    }

    /// How many slots there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Looks every slot up in one walk over the properties.
    pub(crate) fn fill<'e>(&self, properties: &'e Properties, filled: &mut [Option<&'e Value>]) {
        if self.names.is_empty() {
            return;
        }
        for (name, value) in properties.iter() {
            if let Some(slot) = self.names.iter().position(|known| known == name)
                && let Some(place) = filled.get_mut(slot)
            {
                *place = Some(value);
            }
        }
    }
}

impl Predicate {
    /// Compiles a checked filter; a regular expression that does not compile was refused by the checker.
    pub(crate) fn compile(filter: &Filter, slots: &mut Slots) -> Predicate {
        let mut each = |parts: &[Filter]| parts.iter().map(|part| Predicate::compile(part, slots)).collect();
        match filter {
            Filter::And(parts, _) => Predicate::All(each(parts)),
            Filter::Or(parts, _) => Predicate::Any(each(parts)),
            Filter::Not(part, _) => Predicate::Not(Box::new(Predicate::compile(part, slots))),
            Filter::Test(test) => Predicate::Test(SlotTest::compile(test, slots)),
            // The checker refuses these as yet.
            Filter::Items(_) | Filter::Clock(_) | Filter::Near(_) => Predicate::Any(Box::new([])),
        }
    }

    pub(crate) fn holds(&self, filled: &[Option<&Value>], zone: &Zone) -> bool {
        match self {
            Predicate::All(parts) => parts.iter().all(|part| part.holds(filled, zone)),
            Predicate::Any(parts) => parts.iter().any(|part| part.holds(filled, zone)),
            Predicate::Not(part) => !part.holds(filled, zone),
            Predicate::Test(test) => {
                test.test.holds(filled.get(test.slot).copied().flatten(), &test.rest, zone)
            }
        }
    }
}

impl SlotTest {
    fn compile(test: &Test, slots: &mut Slots) -> SlotTest {
        let (root, rest) = split(&test.path);
        SlotTest { slot: slots.of(root), rest, test: ValueTest::compile(&test.operation) }
    }
}

/// Finds the events that a pattern means, one by one: for those who look at a log after the run. A run itself looks at each
/// event once, for all patterns.
#[derive(Debug)]
pub(crate) struct Matcher<'a> {
    event: &'a EventName,
    predicate: Option<Predicate>,
    slots: Slots,
}

impl<'a> Matcher<'a> {
    pub(crate) fn new(pattern: &'a EventPattern) -> Matcher<'a> {
        Matcher::of(&pattern.event.node, pattern.filter.as_ref())
    }

    /// The same with another test, such as a part of the pattern's own.
    pub(crate) fn of(event: &'a EventName, filter: Option<&Filter>) -> Matcher<'a> {
        let mut slots = Slots::default();
        let predicate = filter.map(|filter| Predicate::compile(filter, &mut slots));
        Matcher { event, predicate, slots }
    }

    /// True when it is an event of the name that is meant, whatever its properties.
    pub(crate) fn is_named(&self, event: &Event) -> bool {
        match self.event {
            EventName::Any => true,
            EventName::Named(name) => *name == *event.name,
            EventName::Message { receipt, campaign } => {
                let sent_by = || match event.properties.get("campaign") {
                    Some(Value::Text(name)) => Some(&**name),
                    _ => None,
                };
                *event.name == *receipt.event()
                    && campaign.as_ref().is_none_or(|campaign| sent_by() == Some(&campaign.node))
            }
        }
    }

    /// True when the test holds of its properties.
    pub(crate) fn passes(&self, event: &Event, zone: &Zone) -> bool {
        let Some(predicate) = &self.predicate else { return true };
        let mut filled = vec![None; self.slots.len()];
        self.slots.fill(&event.properties, &mut filled);
        predicate.holds(&filled, zone)
    }

    /// True when the event is meant.
    pub(crate) fn matches(&self, event: &Event, zone: &Zone) -> bool {
        self.is_named(event) && self.passes(event, zone)
    }
}

/// The root property of a path and the parts below it.
pub(crate) fn split(path: &Path) -> (&str, Box<[Text]>) {
    let mut parts = path.parts.iter();
    let root = parts.next().map_or("", String::as_str);
    (root, parts.map(|part| Text::from(part.as_str())).collect())
}

/// Visits the values that the parts below a property reach: a list on the way stands for each of its items.
/// Stops when the visitor answers true, and answers whether it did.
fn reach(value: &Value, rest: &[Text], visit: &mut dyn FnMut(&Value) -> bool) -> bool {
    match (rest.split_first(), value) {
        (None, value) => visit(value),
        (Some(_), Value::List(items)) => items.iter().any(|item| reach(item, rest, visit)),
        (Some((part, rest)), Value::Object(parts)) => {
            parts.get(&**part).is_some_and(|value| reach(value, rest, visit))
        }
        _ => false,
    }
}

/// The same, where a list that is reached stands for each of its items.
fn reach_each(value: &Value, rest: &[Text], visit: &mut dyn FnMut(&Value) -> bool) -> bool {
    reach(value, rest, &mut |value| match value {
        Value::List(items) => items.iter().any(&mut *visit),
        value => visit(value),
    })
}

/// The key of the one value that a path reaches, to tie two events together; none when it reaches none or several.
pub(crate) fn key(value: Option<&Value>, rest: &[Text]) -> Option<u128> {
    let mut found = None;
    let mut several = false;
    reach(value?, rest, &mut |value| {
        several = found.is_some();
        found = Some(value_key(value));
        several
    });
    if several { None } else { found }
}

/// The same of an event.
pub(crate) fn key_of(event: &Event, path: &Path) -> Option<u128> {
    let (root, rest) = split(path);
    key(event.properties.get(root), &rest)
}

fn value_key(value: &Value) -> u128 {
    // The kind keeps `10` and `"10"` apart, and a date from its text.
    let kind = value.kind().as_bytes();
    let text = match value {
        Value::Text(text) => return fingerprint([kind, text.as_bytes()]),
        Value::List(items) => {
            let items: Vec<[u8; 16]> = items.iter().map(|item| value_key(item).to_le_bytes()).collect();
            return fingerprint([kind].into_iter().chain(items.iter().map(<[u8; 16]>::as_slice)));
        }
        Value::Object(parts) => {
            // Objects are equal in whatever order their parts are.
            let mut parts: Vec<(&[u8], [u8; 16])> =
                parts.iter().map(|(name, part)| (name.as_bytes(), value_key(part).to_le_bytes())).collect();
            parts.sort_unstable();
            let parts = parts.iter().flat_map(|(name, part)| [*name, part.as_slice()]);
            return fingerprint([kind].into_iter().chain(parts));
        }
        Value::Boolean(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Date(value) => value.to_string(),
        Value::Instant(value) => value.millis().to_string(),
    };
    fingerprint([kind, text.as_bytes()])
}

impl ValueTest {
    pub(crate) fn compile(operation: &Operation) -> ValueTest {
        let all = |literals: &[crate::language::Spanned<Literal>]| {
            literals.iter().map(|literal| literal_value(&literal.node)).collect()
        };
        match operation {
            Operation::Compare(comparison, literal) => {
                ValueTest::Compare(*comparison, literal_value(&literal.node))
            }
            Operation::Between(low, high) => {
                ValueTest::Between(literal_value(&low.node), literal_value(&high.node))
            }
            Operation::In(literals) => ValueTest::In(all(literals)),
            Operation::NotIn(literals) => ValueTest::NotIn(all(literals)),
            Operation::Contains(text) => ValueTest::Contains(text.node.as_str().into()),
            Operation::StartsWith(text) => ValueTest::StartsWith(text.node.as_str().into()),
            Operation::EndsWith(text) => ValueTest::EndsWith(text.node.as_str().into()),
            Operation::Matches(pattern) => match Regex::new(&pattern.node) {
                Ok(regex) => ValueTest::Matches(regex),
                // Refused by the checker; an empty choice matches nothing.
                Err(_) => ValueTest::In(Box::new([])),
            },
            Operation::IsSet => ValueTest::IsSet,
            Operation::IsNotSet => ValueTest::IsNotSet,
            // The checker refuses these as yet.
            Operation::Falls(_) | Operation::AnniversaryFalls(_) => ValueTest::In(Box::new([])),
        }
    }

    /// Whether it holds of what the rest of a path reaches below a property (`None`: a missing one).
    pub(crate) fn holds(&self, value: Option<&Value>, rest: &[Text], zone: &Zone) -> bool {
        let Some(value) = value else { return matches!(self, ValueTest::IsNotSet) };
        match self {
            ValueTest::IsSet => reach(value, rest, &mut |_| true),
            ValueTest::IsNotSet => !reach(value, rest, &mut |_| true),
            _ => reach_each(value, rest, &mut |value| self.holds_of(value, zone)),
        }
    }

    fn holds_of(&self, value: &Value, zone: &Zone) -> bool {
        match self {
            ValueTest::Compare(comparison, literal) => match comparison {
                Comparison::Equal => in_terms_of(value, literal, zone, |value| value == literal),
                Comparison::NotEqual => in_terms_of(value, literal, zone, |value| value != literal),
                Comparison::Less => ordered(value, literal, zone, Ordering::is_lt),
                Comparison::LessOrEqual => ordered(value, literal, zone, Ordering::is_le),
                Comparison::Greater => ordered(value, literal, zone, Ordering::is_gt),
                Comparison::GreaterOrEqual => ordered(value, literal, zone, Ordering::is_ge),
            },
            ValueTest::Between(low, high) => {
                ordered(value, low, zone, Ordering::is_ge) && ordered(value, high, zone, Ordering::is_le)
            }
            ValueTest::In(literals) => {
                literals.iter().any(|literal| in_terms_of(value, literal, zone, |value| value == literal))
            }
            ValueTest::NotIn(literals) => {
                literals.iter().all(|literal| in_terms_of(value, literal, zone, |value| value != literal))
            }
            ValueTest::Contains(text) => matches!(value, Value::Text(value) if value.contains(&**text)),
            ValueTest::StartsWith(text) => matches!(value, Value::Text(value) if value.starts_with(&**text)),
            ValueTest::EndsWith(text) => matches!(value, Value::Text(value) if value.ends_with(&**text)),
            ValueTest::Matches(regex) => matches!(value, Value::Text(value) if regex.is_match(value)),
            ValueTest::IsSet | ValueTest::IsNotSet => false,
        }
    }
}

/// A value written in a rule.
pub(crate) fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Text(text) => Value::text(text),
        Literal::Number(number) => Value::Number(*number),
        Literal::Boolean(value) => Value::Boolean(*value),
        Literal::Date(date) => Value::Date(*date),
    }
}

/// Compared with a date, an instant is its day in the account's zone.
fn in_terms_of<R>(value: &Value, literal: &Value, zone: &Zone, ask: impl Fn(&Value) -> R) -> R {
    match (value, literal) {
        (Value::Instant(at), Value::Date(_)) => ask(&Value::Date(zone.to_local(*at).date())),
        _ => ask(value),
    }
}

fn ordered(value: &Value, literal: &Value, zone: &Zone, accept: fn(Ordering) -> bool) -> bool {
    in_terms_of(value, literal, zone, |value| value.compare(literal).is_some_and(accept))
}
