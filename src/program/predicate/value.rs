//! What must hold of one value.

use std::cmp::Ordering;
use std::fmt;

use regex::{Regex, RegexBuilder};

use super::Seen;
use super::date::DateTest;
use crate::calendar::Zone;
use crate::language::Spanned;
use crate::language::ast::{Comparison, Literal, Operation, Test};
use crate::model::{Text, Value};

/// What must hold of a value that a path reaches.
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
    /// Of the text in lower case; the values of the test within are in lower case already.
    IgnoringCase(Box<ValueTest>),
    Date(DateTest),
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
            ValueTest::IgnoringCase(test) => write!(f, "IgnoringCase {test:?}"),
            ValueTest::Date(test) => write!(f, "{test:?}"),
            ValueTest::IsSet => f.write_str("IsSet"),
            ValueTest::IsNotSet => f.write_str("IsNotSet"),
        }
    }
}

impl ValueTest {
    /// Compiles a checked test.
    pub(crate) fn compile(test: &Test) -> ValueTest {
        let fold = test.ignoring_case;
        let value = |literal: &Spanned<Literal>| match literal_value(&literal.node) {
            Value::Text(text) if fold => Value::Text(text.to_lowercase().into()),
            value => value,
        };
        let text = |text: &Spanned<String>| -> Text {
            if fold { text.node.to_lowercase().into() } else { text.node.as_str().into() }
        };
        let compiled = match &test.operation {
            Operation::Compare(comparison, literal) => ValueTest::Compare(*comparison, value(literal)),
            Operation::Between(low, high) => ValueTest::Between(value(low), value(high)),
            Operation::In(literals) => ValueTest::In(literals.iter().map(value).collect()),
            Operation::NotIn(literals) => ValueTest::NotIn(literals.iter().map(value).collect()),
            Operation::Contains(part) => ValueTest::Contains(text(part)),
            Operation::StartsWith(part) => ValueTest::StartsWith(text(part)),
            Operation::EndsWith(part) => ValueTest::EndsWith(text(part)),
            Operation::Matches(pattern) => {
                // The expression's letters are its own, so its own flag ignores their case. One that cannot be read was
                // refused by the checker; an empty choice matches nothing.
                return match RegexBuilder::new(&pattern.node).case_insensitive(fold).build() {
                    Ok(regex) if fold => ValueTest::IgnoringCase(Box::new(ValueTest::Matches(regex))),
                    Ok(regex) => ValueTest::Matches(regex),
                    Err(_) => ValueTest::In(Box::new([])),
                };
            }
            Operation::IsSet => return ValueTest::IsSet,
            Operation::IsNotSet => return ValueTest::IsNotSet,
            Operation::Falls(window) => return ValueTest::Date(DateTest::falls(window)),
            Operation::AnniversaryFalls(window) => return ValueTest::Date(DateTest::anniversary(window)),
        };
        if fold { ValueTest::IgnoringCase(Box::new(compiled)) } else { compiled }
    }

    /// Whether it holds of one value. What is asked of a path instead, whether it is set, holds of no value.
    pub(crate) fn holds_of(&self, value: &Value, seen: &Seen<'_>) -> bool {
        let zone = seen.clocks.account;
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
            ValueTest::IgnoringCase(test) => match (&**test, value) {
                (ValueTest::Matches(_), value) => test.holds_of(value, seen),
                (test, Value::Text(text)) => test.holds_of(&Value::Text(text.to_lowercase().into()), seen),
                (test, value) => test.holds_of(value, seen),
            },
            ValueTest::Date(test) => test.holds_of(value, seen),
            ValueTest::IsSet | ValueTest::IsNotSet => false,
        }
    }

    /// True when its answer hangs on the user's zone.
    pub(super) fn asks_user(&self) -> bool {
        matches!(self, ValueTest::Date(test) if test.user_time())
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
