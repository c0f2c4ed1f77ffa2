//! How much memory records hold, about.

use super::Load;
use crate::model::{ProfileUpdate, Record, Value};

/// Beside its bytes, a text has a length and two counts.
const TEXT: usize = 32;

/// What a call with these records brings. What is shared between records counts for each.
pub(super) fn of(records: &[Record]) -> Load {
    let bytes = records.iter().map(|record| size_of::<Record>() + record_bytes(record)).sum();
    Load { calls: 1, records: records.len(), bytes }
}

fn record_bytes(record: &Record) -> usize {
    match record {
        Record::Event(event) => {
            let id = event.id.as_ref().map_or(0, |id| text(id));
            let properties = event.properties.iter().map(|(name, value)| text(name) + value_bytes(value));
            text(&event.user) + text(&event.name) + id + properties.sum::<usize>()
        }
        Record::Profile(ProfileUpdate { user, changes, .. }) => {
            let changes =
                changes.iter().map(|(name, value)| text(name) + value.as_ref().map_or(0, value_bytes));
            text(user) + changes.sum::<usize>()
        }
        // A number, or the names of templates: short, and none of them grows with what users do.
        Record::Number(statement) => text(&statement.number),
        Record::Template(_) => TEXT,
    }
}

fn text(text: &str) -> usize {
    TEXT + text.len()
}

fn value_bytes(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Text(inner) => text(inner),
            Value::List(items) => items.iter().map(value_bytes).sum(),
            Value::Object(parts) => parts.iter().map(|(name, part)| text(name) + value_bytes(part)).sum(),
            Value::Boolean(_) | Value::Number(_) | Value::Date(_) | Value::Instant(_) => 0,
        }
}
