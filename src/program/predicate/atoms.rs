//! A filter taken apart into what can be settled apart: for those who look at many events at once, column by column.

use super::value::ValueTest;
use super::{ClockTest, Predicate, Seen};
use crate::model::Value;

/// A part of a filter that is no conjunction, choice or negation, by what it asks.
#[derive(Debug)]
pub(crate) enum Atom<'p> {
    /// One property's value alone, whenever it is asked.
    Slot(usize, &'p Predicate),
    /// The event's instant alone, on the account's clock.
    Clock(&'p ClockTest),
    /// More than one property, or a property and the instant.
    Whole,
}

impl Predicate {
    /// Visits the atoms from left to right.
    pub(crate) fn atoms<'p>(&'p self, visit: &mut dyn FnMut(Atom<'p>)) {
        match self {
            Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| part.atoms(visit)),
            Predicate::Not(part) => part.atoms(visit),
            Predicate::Clock(test) => visit(Atom::Clock(test)),
            Predicate::Near(_) => visit(Atom::Whole),
            Predicate::Test(test) if matches!(test.test, ValueTest::Date(_)) => visit(Atom::Whole),
            Predicate::Test(test) => visit(Atom::Slot(test.slot, self)),
            Predicate::Items(items) if items.filter.asks_now() => visit(Atom::Whole),
            Predicate::Items(items) => visit(Atom::Slot(items.slot, self)),
        }
    }

    /// Whether it holds, given the answers of its atoms from left to right; all of them are asked for.
    pub(crate) fn given(&self, answer: &mut dyn FnMut() -> bool) -> bool {
        match self {
            // Each part takes its answers, whether they still matter or not.
            Predicate::All(parts) => parts.iter().filter(|part| !part.given(answer)).count() == 0,
            Predicate::Any(parts) => parts.iter().filter(|part| part.given(answer)).count() > 0,
            Predicate::Not(part) => !part.given(answer),
            Predicate::Test(_) | Predicate::Items(_) | Predicate::Clock(_) | Predicate::Near(_) => answer(),
        }
    }

    /// Whether an atom of one property holds of its value.
    pub(crate) fn holds_of(&self, value: Option<&Value>, seen: &Seen<'_>) -> bool {
        match self {
            Predicate::Test(test) => test.holds(value, seen),
            Predicate::Items(items) => items.holds(value, seen),
            _ => false,
        }
    }

    /// The numbers that part the answers of an atom of one property, where it asks for nothing but how a number compares
    /// with them: between two neighbours all numbers have one answer.
    pub(crate) fn thresholds(&self) -> Option<Vec<f64>> {
        let Predicate::Test(test) = self else { return None };
        let literals: Vec<&Value> = match &test.test {
            ValueTest::Compare(_, literal) => vec![literal],
            ValueTest::Between(low, high) => vec![low, high],
            ValueTest::In(literals) | ValueTest::NotIn(literals) => literals.iter().collect(),
            ValueTest::IsSet | ValueTest::IsNotSet => vec![],
            // Of a number these never hold.
            ValueTest::Contains(_)
            | ValueTest::StartsWith(_)
            | ValueTest::EndsWith(_)
            | ValueTest::Matches(_) => vec![],
            ValueTest::IgnoringCase(_) | ValueTest::Date(_) => return None,
        };
        let numbers = literals.into_iter().filter_map(|literal| match literal {
            Value::Number(number) => Some(*number),
            _ => None,
        });
        // A whole number that no float is exactly would be compared otherwise as one.
        numbers
            .map(|number| {
                let float = number.as_f64();
                (float.abs() < 9_007_199_254_740_992.0).then_some(float)
            })
            .collect()
    }

    /// The values that an atom of one property compares with, where it does nothing else.
    pub(crate) fn literals(&self) -> Option<Vec<&Value>> {
        let Predicate::Test(test) = self else { return None };
        if !test.rest.is_empty() {
            return None;
        }
        Some(match &test.test {
            ValueTest::Compare(_, literal) => vec![literal],
            ValueTest::Between(low, high) => vec![low, high],
            ValueTest::In(literals) | ValueTest::NotIn(literals) => literals.iter().collect(),
            ValueTest::IsSet | ValueTest::IsNotSet => vec![],
            _ => return None,
        })
    }

    fn asks_now(&self) -> bool {
        match self {
            Predicate::All(parts) | Predicate::Any(parts) => parts.iter().any(Predicate::asks_now),
            Predicate::Not(part) => part.asks_now(),
            Predicate::Test(test) => matches!(test.test, ValueTest::Date(_)),
            Predicate::Items(items) => items.filter.asks_now(),
            Predicate::Clock(_) => true,
            Predicate::Near(_) => false,
        }
    }
}
