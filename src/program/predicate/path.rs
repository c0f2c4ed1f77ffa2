//! From names to values: which a path reaches.

use crate::language::ast::Path;
use crate::model::{Properties, Text, Value, fingerprint};

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

    /// The names, slot by slot.
    pub(crate) fn names(&self) -> &[Text] {
        &self.names
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

/// The root property of a path and the parts below it.
pub(crate) fn split(path: &Path) -> (&str, Box<[Text]>) {
    let mut parts = path.parts.iter();
    let root = parts.next().map_or("", String::as_str);
    (root, parts.map(|part| Text::from(part.as_str())).collect())
}

/// Visits the values that the parts below a property reach: a list on the way stands for each of its items.
/// Stops when the visitor answers true, and answers whether it did.
pub(super) fn reach<'v>(value: &'v Value, rest: &[Text], visit: &mut dyn FnMut(&'v Value) -> bool) -> bool {
    match (rest.split_first(), value) {
        (None, value) => visit(value),
        (Some(_), Value::List(items)) => items.iter().any(|item| reach(item, rest, visit)),
        (Some((part, rest)), Value::Object(parts)) => {
            parts.get(&**part).is_some_and(|value| reach(value, rest, visit))
        }
        _ => false,
    }
}

/// The same, where a list that is reached stands for each of its items, and a list among those for its own.
pub(crate) fn reach_each<'v>(
    value: &'v Value,
    rest: &[Text],
    visit: &mut dyn FnMut(&'v Value) -> bool,
) -> bool {
    fn each<'v>(value: &'v Value, visit: &mut dyn FnMut(&'v Value) -> bool) -> bool {
        match value {
            Value::List(items) => items.iter().any(|item| each(item, visit)),
            value => visit(value),
        }
    }
    reach(value, rest, &mut |value| each(value, visit))
}

/// Whether a test holds of the values that are reached: of one of them, or of every one, and one at least.
pub(super) fn some_or_every<'v>(
    value: &'v Value,
    rest: &[Text],
    every: bool,
    holds: &mut dyn FnMut(&'v Value) -> bool,
) -> bool {
    if !every {
        return reach_each(value, rest, holds);
    }
    let mut found = false;
    let failed = reach_each(value, rest, &mut |value| {
        found = true;
        !holds(value)
    });
    found && !failed
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

/// The numbers that a path reaches, together, in millionths: whole, so that their order is of no consequence.
pub(crate) fn sum(value: Option<&Value>, rest: &[Text]) -> i128 {
    let mut sum = 0_i128;
    if let Some(value) = value {
        reach_each(value, rest, &mut |value| {
            if let Value::Number(number) = value {
                // What no 128 bits can hold stays at their end.
                sum = sum.saturating_add((number.as_f64() * 1e6).round() as i128);
            }
            false
        });
    }
    sum
}

/// A key of a value: those of equal values are equal.
pub(crate) fn value_key(value: &Value) -> u128 {
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
