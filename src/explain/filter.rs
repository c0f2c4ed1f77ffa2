//! A test on properties: which values it found.

use super::explanation::{Clause, Row, seen};
use super::words::value;
use crate::language::Sources;
use crate::language::ast::{EventName, Filter, Path};
use crate::model::{Event, Properties, Value};
use crate::program::{Clocks, Matcher};

/// The properties that a filter reads, each once, in the order in which they are written.
pub(super) fn reads(filter: Option<&Filter>) -> Vec<&str> {
    let mut names = Vec::new();
    if let Some(filter) = filter {
        collect(filter, &mut names);
    }
    names
}

fn collect<'f>(filter: &'f Filter, names: &mut Vec<&'f str>) {
    let path = match filter {
        Filter::And(parts, _) | Filter::Or(parts, _) => {
            return parts.iter().for_each(|part| collect(part, names));
        }
        Filter::Not(part, _) => return collect(part, names),
        Filter::Test(test) => &test.path,
        Filter::Items(items) => &items.path,
        Filter::Near(near) => match &near.place {
            Some(path) => path,
            None => return,
        },
        Filter::Clock(_) => return,
    };
    if let Some(root) = path.parts.first()
        && !names.contains(&root.as_str())
    {
        names.push(root);
    }
}

/// What a filter found, in words: the values of the properties that it reads.
pub(super) fn values(filter: &Filter, properties: &Properties, owner: &str) -> String {
    let path = match filter {
        Filter::Test(test) => Some(&test.path),
        Filter::Items(items) => Some(&items.path),
        Filter::Near(near) => near.place.as_ref(),
        _ => None,
    };
    let Some(path) = path else {
        const PLACE: [&str; 6] = ["latitude", "lat", "longitude", "lon", "lng", "long"];
        let read = match filter {
            Filter::Near(_) => PLACE.to_vec(),
            _ => reads(Some(filter)),
        };
        let found = seen(properties, &read);
        let said: Vec<String> =
            found.iter().map(|seen| format!("`{}` is {}", seen.name, value(&seen.value))).collect();
        return if said.is_empty() { format!("{owner} has none of it") } else { said.join(", ") };
    };
    let name = path.parts.join(".");
    let mut found = Vec::new();
    if let Some(root) = path.parts.first().and_then(|root| properties.get(root)) {
        reach(root, path.parts.get(1..).unwrap_or_default(), &mut found);
    }
    match found.as_slice() {
        [] => format!("`{name}` is not set"),
        [only] => format!("`{name}` is {}", value(only)),
        several => {
            const MOST: usize = 6;
            let mut said: Vec<String> = several.iter().take(MOST).map(|it| value(it)).collect();
            if several.len() > MOST {
                said.push(format!("{} more", several.len() - MOST));
            }
            format!("`{name}` is {}", said.join(", "))
        }
    }
}

/// The values that the parts below a property reach.
fn reach<'v>(value: &'v Value, rest: &[String], found: &mut Vec<&'v Value>) {
    match (rest.split_first(), value) {
        (None, value) => found.push(value),
        (Some(_), Value::List(items)) => items.iter().for_each(|item| reach(item, rest, found)),
        (Some((part, rest)), Value::Object(parts)) => {
            if let Some(value) = parts.get(part.as_str()) {
                reach(value, rest, found);
            }
        }
        _ => {}
    }
}

/// A filter on an event, clause by clause.
pub(crate) fn clause(sources: &Sources, filter: &Filter, event: &Event, clocks: &Clocks<'_>) -> Clause {
    let holds = Matcher::of(&EventName::Any, Some(filter)).passes(event, clocks);
    let mut clause = Clause::new(sources, filter.span(), holds);
    let mut within = |parts: &[Filter]| {
        clause.parts = parts.iter().map(|part| self::clause(sources, part, event, clocks)).collect();
    };
    match filter {
        Filter::And(parts, _) => {
            within(parts);
            clause.row = Some(Row::All);
        }
        Filter::Or(parts, _) => {
            within(parts);
            clause.row = Some(Row::One);
        }
        Filter::Not(part, _) => within(std::slice::from_ref(part)),
        Filter::Test(_) | Filter::Items(_) | Filter::Near(_) => {
            clause.finding = values(filter, &event.properties, "the event");
        }
        Filter::Clock(test) => {
            let zone = if test.user_time { clocks.user } else { clocks.account };
            let weekday = zone.to_local(event.at).format("%a");
            clause.finding = format!("it was {weekday} {}", super::words::Times(*zone).say(event.at));
        }
    }
    clause
}

/// The value of a property of an event, in words.
pub(super) fn value_at(event: &Event, path: &Path) -> String {
    match path_values(&event.properties, path).as_slice() {
        [only] => only.clone(),
        [] => "not set".to_owned(),
        _ => "several values".to_owned(),
    }
}

/// The values that a path reaches, in words.
pub(super) fn path_values(properties: &Properties, path: &Path) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(root) = path.parts.first().and_then(|root| properties.get(root)) {
        reach(root, path.parts.get(1..).unwrap_or_default(), &mut found);
    }
    found.into_iter().map(value).collect()
}
