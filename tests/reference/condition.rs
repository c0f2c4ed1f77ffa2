//! Conditions and filters, asked of a user's whole history each time.

use campanile::language::ast::{
    Comparison, Condition, CountComparison, Did, EventPattern, Filter, Literal, Operation, Path, Test,
};
use campanile::model::{Event, Instant, Profile, Properties, Value};
use campanile::rulebook::Rulebook;
use regex::Regex;

use super::clock::{Zone, in_window};

/// What a condition is asked of: one user, seen from `now` (3.1).
pub struct Asked<'a> {
    pub rulebook: &'a Rulebook,
    pub account: &'a Zone,
    pub user: &'a str,
    pub zone: &'a Zone,
    pub profile: &'a Profile,
    pub history: &'a [&'a Event],
    pub now: Instant,
}

impl Asked<'_> {
    /// True when the condition holds.
    pub fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::And(parts, _) => parts.iter().all(|part| self.holds(part)),
            Condition::Or(parts, _) => parts.iter().any(|part| self.holds(part)),
            Condition::Not(part, _) => !self.holds(part),
            Condition::Did(did) => self.did(did),
            Condition::Profile(Filter::Test(test)) => {
                test_holds(test, self.profile.properties(), self.account)
            }
            // 3.6
            other @ (Condition::Profile(_)
            | Condition::Aggregate(_)
            | Condition::Occurred(_)
            | Condition::Had(_)
            | Condition::NoneSince(_)
            | Condition::Sequence(_)
            | Condition::Regularly(_)
            | Condition::Mostly(_)
            | Condition::Share(_)
            | Condition::Sample(_)) => panic!("not in this version: {other:?}"),
            Condition::InSegment(name) => self.holds(&self.rulebook.segments()[&name.node].condition),
            Condition::InList(name) => self.rulebook.list(&name.node).unwrap().contains(self.user),
        }
    }

    /// 3.5
    fn did(&self, did: &Did) -> bool {
        let week_starts = self.rulebook.settings().week_starts;
        let in_time = |event: &Event| match &did.window {
            Some(window) => {
                let zone = if window.user_time { self.zone } else { self.account };
                in_window(window, event.at, self.now, zone, week_starts)
            }
            None => true,
        };
        let matching = |event: &&&Event| matches(&did.pattern, event, self.account) && in_time(event);
        let times = self.history.iter().filter(matching).count() as u64;
        if did.negated {
            return times == 0;
        }
        let Some(count) = &did.count else { return times > 0 };
        if times == 0 && !count.node.or_never {
            return false;
        }
        match count.node.comparison {
            CountComparison::AtLeast(n) => times >= n.into(),
            CountComparison::AtMost(n) => times <= n.into(),
            CountComparison::MoreThan(n) => times > n.into(),
            CountComparison::FewerThan(n) => times < n.into(),
            CountComparison::Exactly(n) => times == u64::from(n),
            CountComparison::Between(a, b) => times >= a.into() && times <= b.into(),
        }
    }
}

/// True when an event has the name and its properties stand the test.
pub fn matches(pattern: &EventPattern, event: &Event, account: &Zone) -> bool {
    let named = pattern.event.node.name().is_none_or(|name| *name == *event.name);
    named && pattern.filter.as_ref().is_none_or(|filter| filter_holds(filter, &event.properties, account))
}

fn filter_holds(filter: &Filter, properties: &Properties, account: &Zone) -> bool {
    match filter {
        Filter::And(parts, _) => parts.iter().all(|part| filter_holds(part, properties, account)),
        Filter::Or(parts, _) => parts.iter().any(|part| filter_holds(part, properties, account)),
        Filter::Not(part, _) => !filter_holds(part, properties, account),
        Filter::Test(test) => test_holds(test, properties, account),
        other => panic!("not in this version: {other:?}"),
    }
}

/// 3.2, 3.3
fn test_holds(test: &Test, properties: &Properties, account: &Zone) -> bool {
    let reached = reach(&test.path, properties);
    match &test.operation {
        Operation::IsSet => return !reached.is_empty(),
        Operation::IsNotSet => return reached.is_empty(),
        _ => {}
    }
    let values: Vec<&Value> = reached.into_iter().flat_map(each).collect();
    values.into_iter().any(|value| value_holds(&test.operation, value, account))
}

/// 3.2: the values that a path reaches; a list on the way stands for each of its items.
fn reach<'a>(path: &Path, properties: &'a Properties) -> Vec<&'a Value> {
    let mut reached: Vec<&Value> = properties.get(&path.parts[0]).into_iter().collect();
    for part in &path.parts[1..] {
        let parts_of = |value: &'a Value| match value {
            Value::Object(parts) => parts.get(part.as_str()),
            _ => None,
        };
        reached = reached.into_iter().flat_map(each).filter_map(parts_of).collect();
    }
    reached
}

/// A list's items, and theirs; any other value itself.
fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::List(items) => items.iter().flat_map(each).collect(),
        value => vec![value],
    }
}

/// The value that ties events together with `matching p` (4.2): none when p reaches no value, or several.
pub fn tie<'a>(path: &Path, event: &'a Event) -> Option<&'a Value> {
    match reach(path, &event.properties)[..] {
        [value] => Some(value),
        _ => None,
    }
}

fn value_holds(operation: &Operation, value: &Value, account: &Zone) -> bool {
    let text = |test: &dyn Fn(&str) -> bool| matches!(value, Value::Text(text) if test(text));
    let equals = |literal: &Literal| compared(value, literal, account).is_some_and(|order| order.is_eq());
    match operation {
        Operation::Compare(comparison, literal) => {
            let order = compared(value, &literal.node, account);
            match comparison {
                Comparison::Equal => order.is_some_and(|order| order.is_eq()),
                Comparison::NotEqual => !order.is_some_and(|order| order.is_eq()),
                Comparison::Less => order.is_some_and(|order| order.is_lt()),
                Comparison::LessOrEqual => order.is_some_and(|order| order.is_le()),
                Comparison::Greater => order.is_some_and(|order| order.is_gt()),
                Comparison::GreaterOrEqual => order.is_some_and(|order| order.is_ge()),
            }
        }
        Operation::Between(low, high) => {
            compared(value, &low.node, account).is_some_and(|order| order.is_ge())
                && compared(value, &high.node, account).is_some_and(|order| order.is_le())
        }
        Operation::In(literals) => literals.iter().any(|literal| equals(&literal.node)),
        Operation::NotIn(literals) => !literals.iter().any(|literal| equals(&literal.node)),
        Operation::Contains(part) => text(&|text| text.contains(&part.node)),
        Operation::StartsWith(part) => text(&|text| text.starts_with(&part.node)),
        Operation::EndsWith(part) => text(&|text| text.ends_with(&part.node)),
        Operation::Matches(pattern) => text(&|text| Regex::new(&pattern.node).unwrap().is_match(text)),
        Operation::Falls(_) | Operation::AnniversaryFalls(_) => panic!("not in this version"),
        Operation::IsSet | Operation::IsNotSet => panic!("asked of the path, not of a value"),
    }
}

/// How a value stands to a literal; nothing between kinds.
fn compared(value: &Value, literal: &Literal, account: &Zone) -> Option<std::cmp::Ordering> {
    match (value, literal) {
        (Value::Instant(at), Literal::Date(day)) => Some(account.day(*at).cmp(day)),
        (value, Literal::Text(text)) => value.compare(&Value::text(text)),
        (value, Literal::Number(number)) => value.compare(&Value::Number(*number)),
        (value, Literal::Boolean(boolean)) => value.compare(&Value::Boolean(*boolean)),
        (value, Literal::Date(day)) => value.compare(&Value::Date(*day)),
    }
}
