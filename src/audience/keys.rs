//! Users as whole numbers.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::{PoisonError, RwLock};

use xxhash_rust::xxh3::Xxh3Default;

use crate::columns::{Column, Values};
use crate::model::{Text, Value};

/// A user: one whose id is a whole number in digits is that number; others have the highest bit.
pub(super) type Key = u64;

/// The bit of users whose id is text.
pub(super) const NAMED: u64 = 1 << 63;
const SHARDS: usize = 64;

/// A hash that is the same in every run.
type Stable = BuildHasherDefault<Xxh3Default>;

/// The users whose ids are no whole numbers: shared by all threads. In which order they are numbered is of no consequence.
#[derive(Debug)]
pub(super) struct Keys {
    shards: Vec<RwLock<Shard>>,
}

#[derive(Debug, Default)]
struct Shard {
    places: HashMap<Text, u32, Stable>,
    names: Vec<Text>,
}

impl Keys {
    pub(super) fn new() -> Keys {
        Keys { shards: (0..SHARDS).map(|_| RwLock::default()).collect() }
    }

    /// The user of an id.
    pub(super) fn of(&self, id: &str) -> Key {
        whole(id).unwrap_or_else(|| self.named(id))
    }

    fn named(&self, id: &str) -> Key {
        let shard = Stable::default().hash_one(id) as usize % SHARDS;
        let key = |place: u32| NAMED | (u64::from(place) * SHARDS as u64 + shard as u64);
        let Some(lock) = self.shards.get(shard) else { return NAMED };
        let known = lock.read().unwrap_or_else(PoisonError::into_inner).places.get(id).copied();
        if let Some(place) = known {
            return key(place);
        }
        let mut names = lock.write().unwrap_or_else(PoisonError::into_inner);
        let Shard { places, names } = &mut *names;
        if let Some(place) = places.get(id) {
            return key(*place);
        }
        let text = Text::from(id);
        let place = u32::try_from(names.len()).unwrap_or(u32::MAX);
        names.push(text.clone());
        places.insert(text, place);
        key(place)
    }

    /// Whether a user comes before another where whole numbers are ordered by value and others, behind them, by their bytes.
    pub(super) fn is_before(&self, one: Key, other: Key) -> bool {
        match (one & NAMED, other & NAMED) {
            (0, 0) => one < other,
            (0, _) => true,
            (_, 0) => false,
            _ => self.id(one) < self.id(other),
        }
    }

    /// The id of a user.
    pub(super) fn id(&self, key: Key) -> Text {
        if key & NAMED == 0 {
            return key.to_string().into();
        }
        let number = key & !NAMED;
        let (shard, place) = ((number % SHARDS as u64) as usize, (number / SHARDS as u64) as usize);
        let name = self
            .shards
            .get(shard)
            .and_then(|lock| lock.read().unwrap_or_else(PoisonError::into_inner).names.get(place).cloned());
        name.unwrap_or_else(|| Text::from(""))
    }
}

/// The number that an id is, if it is written as numbers are.
fn whole(id: &str) -> Option<Key> {
    let bytes = id.as_bytes();
    let plain = matches!(bytes, [b'0'] | [b'1'..=b'9', ..]) && bytes.len() < 19;
    if !plain || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    id.parse().ok()
}

/// The users of a batch's rows.
pub(super) enum Users<'b> {
    Integers(&'b [i64]),
    /// The keys of a dictionary's values.
    Codes(&'b [i32], Vec<Key>),
    Other(&'b Column<'b>),
}

impl<'b> Users<'b> {
    pub(super) fn new(column: &'b Column<'b>, keys: &Keys) -> Users<'b> {
        match column.values {
            Values::Integers(values) => Users::Integers(values),
            Values::Codes { codes, dictionary } => {
                let key = |value: &Value| match value {
                    Value::Text(text) => keys.of(text),
                    Value::Number(number) => keys.of(&number.to_string()),
                    _ => 0,
                };
                Users::Codes(codes, dictionary.iter().map(key).collect())
            }
            _ => Users::Other(column),
        }
    }

    /// Where the rows of the user of a row end: at the first of another one, or behind the last.
    #[inline]
    pub(super) fn end(&self, row: usize, rows: usize, keys: &Keys) -> usize {
        fn end<T: PartialEq>(values: &[T], row: usize, rows: usize) -> usize {
            let values = values.get(row..rows).unwrap_or_default();
            let others = values.iter().position(|value| Some(value) != values.first());
            others.map_or(rows, |place| row + place)
        }
        match self {
            Users::Integers(values) => end(values, row, rows),
            // Each id stands in the dictionary once.
            Users::Codes(codes, _) => end(codes, row, rows),
            Users::Other(_) => {
                let key = self.key(row, keys);
                (row + 1..rows).find(|row| self.key(*row, keys) != key).unwrap_or(rows)
            }
        }
    }

    /// The user of a row.
    #[inline]
    pub(super) fn key(&self, row: usize, keys: &Keys) -> Key {
        match self {
            Users::Integers(values) => match values.get(row) {
                Some(value) => match u64::try_from(*value) {
                    // Digits so long are text.
                    Ok(key) if key < 1_000_000_000_000_000_000 => key,
                    _ => keys.of(&value.to_string()),
                },
                None => 0,
            },
            Users::Codes(codes, known) => {
                let code = codes.get(row).and_then(|code| usize::try_from(*code).ok());
                code.and_then(|code| known.get(code)).copied().unwrap_or(0)
            }
            Users::Other(column) => match column.text(row) {
                Some(id) => keys.of(id),
                None => column.word(row).map_or(0, |id| keys.of(&id)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn every_id_has_a_key_of_its_own_and_is_found_by_it() {
        let keys = Keys::new();
        let long = "9".repeat(40);
        let ids =
            ["0", "7", "007", "-7", "7.0", "", "asha", "999999999999999999", "1000000000000000000", &long];
        let found: Vec<u64> = ids.iter().map(|id| keys.of(id)).collect();
        for (id, key) in ids.iter().zip(&found) {
            assert_eq!(&*keys.id(*key), *id);
            assert_eq!(keys.of(id), *key);
        }
        let mut different = found.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), ids.len());
        assert_eq!(found[1], 7);
    }
}
