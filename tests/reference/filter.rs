//! Tests on one event's properties, or a profile's (3.2, 3.3, 3.7 to 3.10).

use std::cmp::Ordering;

use campanile::language::ast::{
    ClockOperation, ClockPart, ClockTest, Comparison, Filter, HourRange, Items, Literal, Near, Operation,
    Path, Test,
};
use campanile::model::{Instant, Number, Properties, Value};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike, Weekday};
use regex::RegexBuilder;

use super::clock::Zone;
use super::date;
use super::tally::{self, note};

/// Whence properties are looked at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub account: &'a Zone,
    /// The user's: as of the event (3.8); of a profile, as of when it is asked.
    pub user: &'a Zone,
    /// The event's instant; of a profile, the instant at which it is asked. Windows of dates are seen from it (3.10).
    pub at: Instant,
    pub week_starts: Weekday,
}

pub fn filter_holds(filter: &Filter, properties: &Properties, view: &View) -> bool {
    let answer = match filter {
        Filter::And(parts, _) => parts.iter().all(|part| filter_holds(part, properties, view)),
        Filter::Or(parts, _) => parts.iter().any(|part| filter_holds(part, properties, view)),
        Filter::Not(part, _) => !filter_holds(part, properties, view),
        Filter::Test(test) => test_holds(test, properties, view),
        Filter::Items(items) => items_hold(items, properties, view),
        Filter::Clock(test) => clock_holds(test, shown(test, view)),
        Filter::Near(near) => is_near(near, properties),
    };
    note(tally::of_filter(filter), answer)
}

/// 3.2, 3.3, 3.7
fn test_holds(test: &Test, properties: &Properties, view: &View) -> bool {
    let reached = reach(&test.path, properties);
    match &test.operation {
        Operation::IsSet => return !reached.is_empty(),
        Operation::IsNotSet => return reached.is_empty(),
        _ => {}
    }
    let values: Vec<&Value> = reached.into_iter().flat_map(each).collect();
    let holds = |value: &&Value| value_holds(test, value, view);
    if test.every { !values.is_empty() && values.iter().all(holds) } else { values.iter().any(holds) }
}

/// 3.7: objects of a list.
fn items_hold(items: &Items, properties: &Properties, view: &View) -> bool {
    let values: Vec<&Value> = reach(&items.path, properties).into_iter().flat_map(each).collect();
    let holds = |value: &&Value| match value {
        Value::Object(parts) => {
            let own: Properties = parts.iter().map(|(name, part)| (name.clone(), part.clone())).collect();
            filter_holds(&items.filter, &own, view)
        }
        _ => false,
    };
    if items.every { !values.is_empty() && values.iter().all(holds) } else { values.iter().any(holds) }
}

/// 3.2: the values that a path reaches; a list on the way stands for each of its items.
pub fn reach<'a>(path: &Path, properties: &'a Properties) -> Vec<&'a Value> {
    let reached: Vec<&Value> = properties.get(&path.parts[0]).into_iter().collect();
    descend(reached, &path.parts[1..])
}

/// The parts of parts of values.
pub fn descend<'a>(values: Vec<&'a Value>, parts: &[String]) -> Vec<&'a Value> {
    let mut reached = values;
    for part in parts {
        let part_of = |value: &'a Value| match value {
            Value::Object(parts) => parts.get(part.as_str()),
            _ => None,
        };
        reached = reached.into_iter().flat_map(each).filter_map(part_of).collect();
    }
    reached
}

/// A list's items, and theirs; any other value itself.
pub fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::List(items) => items.iter().flat_map(each).collect(),
        value => vec![value],
    }
}

/// What a test's operation says of one value; that it is set of each.
pub fn value_holds(test: &Test, value: &Value, view: &View) -> bool {
    // 3.7
    let cased = |text: &str| if test.ignoring_case { text.to_lowercase() } else { text.to_owned() };
    let text = |holds: &dyn Fn(&str) -> bool| match value {
        Value::Text(text) => holds(&cased(text)),
        _ => false,
    };
    let order = |literal: &Literal| match (value, literal) {
        (Value::Text(text), Literal::Text(other)) => {
            Some(cased(text).as_bytes().cmp(cased(other).as_bytes()))
        }
        _ => compared(value, literal, view.account),
    };
    let equals = |literal: &Literal| order(literal).is_some_and(Ordering::is_eq);
    match &test.operation {
        Operation::Compare(comparison, literal) => stands(*comparison, order(&literal.node)),
        Operation::Between(low, high) => {
            order(&low.node).is_some_and(Ordering::is_ge) && order(&high.node).is_some_and(Ordering::is_le)
        }
        Operation::In(literals) => literals.iter().any(|literal| equals(&literal.node)),
        Operation::NotIn(literals) => !literals.iter().any(|literal| equals(&literal.node)),
        Operation::Contains(part) => text(&|text| text.contains(&cased(&part.node))),
        Operation::StartsWith(part) => text(&|text| text.starts_with(&cased(&part.node))),
        Operation::EndsWith(part) => text(&|text| text.ends_with(&cased(&part.node))),
        Operation::Matches(pattern) => match value {
            Value::Text(text) => {
                let regex = RegexBuilder::new(&pattern.node).case_insensitive(test.ignoring_case).build();
                regex.unwrap().is_match(text)
            }
            _ => false,
        },
        Operation::Falls(window) => date::falls(window, value, view),
        Operation::AnniversaryFalls(window) => date::anniversary_falls(window, value, view),
        Operation::IsSet => true,
        Operation::IsNotSet => false,
    }
}

/// True when a value is the literal.
pub fn is_equal(value: &Value, literal: &Literal, view: &View) -> bool {
    compared(value, literal, view.account).is_some_and(Ordering::is_eq)
}

/// 3.3: how a value stands to a literal; nothing between kinds.
fn compared(value: &Value, literal: &Literal, account: &Zone) -> Option<Ordering> {
    match (value, literal) {
        (Value::Instant(at), Literal::Date(day)) => Some(account.day(*at).cmp(day)),
        (value, Literal::Text(text)) => value.compare(&Value::text(text)),
        (value, Literal::Number(number)) => value.compare(&Value::Number(*number)),
        (value, Literal::Boolean(boolean)) => value.compare(&Value::Boolean(*boolean)),
        (value, Literal::Date(day)) => value.compare(&Value::Date(*day)),
    }
}

/// Whether an order is the one that a comparison asks for; without one, only `!=`.
pub fn stands(comparison: Comparison, order: Option<Ordering>) -> bool {
    match comparison {
        Comparison::Equal => order.is_some_and(Ordering::is_eq),
        Comparison::NotEqual => !order.is_some_and(Ordering::is_eq),
        Comparison::Less => order.is_some_and(Ordering::is_lt),
        Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
        Comparison::Greater => order.is_some_and(Ordering::is_gt),
        Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
    }
}

// ---- The event's own clock (3.8) ----

/// A part of a wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Hour(u32),
    Weekday(Weekday),
    Date(NaiveDate),
}

/// What the clock that is asked shows at the event's instant.
pub fn shown(test: &ClockTest, view: &View) -> Shown {
    let zone = if test.user_time { view.user } else { view.account };
    part_of(test.part, zone.wall(view.at))
}

fn part_of(part: ClockPart, wall: NaiveDateTime) -> Shown {
    match part {
        ClockPart::Hour => Shown::Hour(wall.hour()),
        ClockPart::Weekday => Shown::Weekday(wall.weekday()),
        ClockPart::Date => Shown::Date(wall.date()),
    }
}

pub fn clock_holds(test: &ClockTest, shown: Shown) -> bool {
    match (&test.operation, shown) {
        (ClockOperation::Hour(comparison, hour), Shown::Hour(now)) => {
            stands(*comparison, Some(now.cmp(&hour.node)))
        }
        (ClockOperation::Hours(ranges), Shown::Hour(now)) => {
            ranges.iter().any(|range| within_hours(range, now))
        }
        (ClockOperation::Weekdays(days), Shown::Weekday(now)) => days.contains(&now),
        (ClockOperation::Date(comparison, day), Shown::Date(now)) => {
            stands(*comparison, Some(now.cmp(&day.node)))
        }
        (ClockOperation::DateBetween(low, high), Shown::Date(now)) => low.node <= now && now <= high.node,
        (operation, shown) => panic!("{operation:?} is not asked of {shown:?}"),
    }
}

fn within_hours(range: &HourRange, hour: u32) -> bool {
    if range.to > range.from {
        range.from <= hour && hour < range.to
    } else {
        hour >= range.from || hour < range.to
    }
}

// ---- Places (3.9) ----

fn is_near(near: &Near, properties: &Properties) -> bool {
    let places: Vec<(f64, f64)> = match &near.place {
        None => place_of_parts(&|name| properties.get(name)).into_iter().collect(),
        Some(path) => reach(path, properties).into_iter().flat_map(each).filter_map(place).collect(),
    };
    let here = (near.latitude.node.as_f64(), near.longitude.node.as_f64());
    places.into_iter().any(|there| distance(here, there) <= near.metres.node.as_f64())
}

fn place(value: &Value) -> Option<(f64, f64)> {
    match value {
        Value::Object(parts) => place_of_parts(&|name| parts.get(name)),
        Value::Text(text) => {
            let (latitude, longitude) = text.split_once(',')?;
            degrees(latitude.trim().parse().ok()?, longitude.trim().parse().ok()?)
        }
        _ => None,
    }
}

fn place_of_parts<'a>(part: &dyn Fn(&str) -> Option<&'a Value>) -> Option<(f64, f64)> {
    let first = |names: &[&str]| match names.iter().find_map(|name| part(name)) {
        Some(Value::Number(number)) => Some(Number::as_f64(*number)),
        _ => None,
    };
    degrees(first(&["latitude", "lat"])?, first(&["longitude", "lon", "lng", "long"])?)
}

fn degrees(latitude: f64, longitude: f64) -> Option<(f64, f64)> {
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then_some((latitude, longitude))
}

fn distance(here: (f64, f64), there: (f64, f64)) -> f64 {
    let (north, other_north) = (here.0.to_radians(), there.0.to_radians());
    let half_north = ((other_north - north) / 2.0).sin();
    let half_east = ((there.1 - here.1).to_radians() / 2.0).sin();
    let square = half_north * half_north + north.cos() * other_north.cos() * half_east * half_east;
    2.0 * 6_371_008.8 * square.sqrt().min(1.0).asin()
}
