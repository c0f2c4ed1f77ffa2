//! Records in memory as a log of columns.

use std::collections::BTreeMap;

use super::{Batch, Bits, Column, Names, Orders, ShardError, Shards, UserBound, Values, Wanted};
#[cfg(feature = "input")]
use crate::model::ProfileUpdate;
use crate::model::{Event, Record, Text, Value};

/// Records in the order in which they were added.
#[derive(Debug)]
pub(crate) struct Recorded {
    events: Vec<Event>,
    /// Each before the event of this number.
    others: Vec<(usize, Record)>,
    /// How many rows a batch has.
    rows: usize,
    /// Whether values that have columns of their own are put there.
    typed: bool,
    /// Whether text is kept once for each different one.
    coded: bool,
}

impl Default for Recorded {
    fn default() -> Recorded {
        Recorded { events: Vec::new(), others: Vec::new(), rows: 1 << 16, typed: true, coded: true }
    }
}

impl Recorded {
    pub(crate) fn add(&mut self, record: Record) {
        match record {
            Record::Event(event) => self.events.push(event),
            other => self.others.push((self.events.len(), other)),
        }
    }

    /// The same records in other columns; what they come to is the same.
    pub(crate) fn lay_out(&mut self, rows: usize, typed: bool, coded: bool) {
        (self.rows, self.typed, self.coded) = (rows.max(1), typed, coded);
    }

    /// The profiles, in their order.
    #[cfg(feature = "input")]
    pub(crate) fn profiles(&self) -> impl Iterator<Item = &ProfileUpdate> {
        self.others.iter().filter_map(|(_, record)| match record {
            Record::Profile(update) => Some(update),
            _ => None,
        })
    }

    fn columns(&self, values: Vec<Option<Value>>) -> Owned {
        let valid = bits(values.iter().map(Option::is_some));
        let mut present = values.iter().flatten();
        let Some(first) = present.next().filter(|_| self.typed) else {
            return Owned { valid, store: Store::Others(values) };
        };
        let kind = first.kind();
        let whole = |value: &Value| matches!(value, Value::Number(number) if number.as_i64().is_some());
        if !present.all(|value| value.kind() == kind) {
            return Owned { valid, store: Store::Others(values) };
        }
        let store = match first {
            Value::Boolean(_) => {
                Store::Booleans(bits(values.iter().map(|value| *value == Some(Value::Boolean(true)))))
            }
            Value::Number(_) if values.iter().flatten().all(whole) => {
                let whole = |value: &Option<Value>| match value {
                    Some(Value::Number(number)) => number.as_i64().unwrap_or(0),
                    _ => 0,
                };
                Store::Integers(values.iter().map(whole).collect())
            }
            // A whole number beyond what floats can hold stays what it is.
            Value::Number(_) if values.iter().flatten().all(|value| !whole(value) || is_small(value)) => {
                let float = |value: &Option<Value>| match value {
                    Some(Value::Number(number)) => number.as_f64(),
                    _ => f64::NAN,
                };
                Store::Floats(values.iter().map(float).collect())
            }
            Value::Text(_) => self.texts(&values),
            _ => Store::Others(values),
        };
        Owned { valid, store }
    }

    fn texts(&self, values: &[Option<Value>]) -> Store {
        if self.coded {
            let mut places: BTreeMap<&str, i32> = BTreeMap::new();
            let mut dictionary = Vec::new();
            let codes = values.iter().map(|value| match value {
                Some(Value::Text(text)) => *places.entry(text).or_insert_with(|| {
                    dictionary.push(Value::Text(text.clone()));
                    i32::try_from(dictionary.len() - 1).unwrap_or(i32::MAX)
                }),
                _ => 0,
            });
            return Store::Codes(codes.collect(), dictionary);
        }
        let (mut ends, mut bytes) = (vec![0], String::new());
        for value in values {
            if let Some(Value::Text(text)) = value {
                bytes.push_str(text);
            }
            ends.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
        }
        Store::Texts(ends, bytes)
    }
}

fn is_small(value: &Value) -> bool {
    matches!(value, Value::Number(number) if number.as_f64().abs() < 9_007_199_254_740_992.0)
}

fn bits(all: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (place, bit) in all.enumerate() {
        if place % 8 == 0 {
            bytes.push(0);
        }
        if let Some(last) = bytes.last_mut() {
            *last |= u8::from(bit) << (place % 8);
        }
    }
    bytes
}

/// A column, and what it borrows from.
struct Owned {
    valid: Vec<u8>,
    store: Store,
}

enum Store {
    Booleans(Vec<u8>),
    Integers(Vec<i64>),
    Floats(Vec<f64>),
    Codes(Vec<i32>, Vec<Value>),
    Texts(Vec<i32>, String),
    Others(Vec<Option<Value>>),
}

impl Owned {
    fn column(&self) -> Column<'_> {
        let values = match &self.store {
            Store::Booleans(bytes) => Values::Booleans(Bits::new(bytes, 0)),
            Store::Integers(values) => Values::Integers(values),
            Store::Floats(values) => Values::Floats(values),
            Store::Codes(codes, dictionary) => Values::Codes { codes, dictionary },
            Store::Texts(ends, bytes) => Values::Texts { ends, bytes },
            Store::Others(values) => Values::Others(values),
        };
        Column { values, valid: Some(Bits::new(&self.valid, 0)) }
    }
}

impl Shards for Recorded {
    fn count(&self) -> usize {
        self.events.len().div_ceil(self.rows).max(1)
    }

    fn may_have_ids(&self) -> bool {
        self.events.iter().any(|event| event.id.is_some())
    }

    fn users(&self, shard: usize) -> Option<(UserBound, UserBound)> {
        let events = self.events.chunks(self.rows).nth(shard)?;
        let bound = |event: &Event| match event.user.parse::<i64>() {
            Ok(number) if number >= 0 && *number.to_string() == *event.user => UserBound::Integer(number),
            _ => UserBound::Text(event.user.as_bytes().to_vec()),
        };
        Some((events.iter().map(bound).min()?, events.iter().map(bound).max()?))
    }

    fn rows(&self, shard: usize) -> Option<u64> {
        Some(self.events.len().saturating_sub(shard * self.rows).min(self.rows) as u64)
    }

    fn read(
        &self,
        shard: usize,
        wanted: &Wanted,
        visit: &mut dyn FnMut(&Batch<'_>) -> bool,
    ) -> Result<(), ShardError> {
        let events = self.events.chunks(self.rows).nth(shard).unwrap_or_default();
        let texts = |text: &dyn Fn(&Event) -> Option<Text>| {
            self.columns(events.iter().map(|event| text(event).map(Value::Text)).collect())
        };
        let users = texts(&|event| Some(event.user.clone()));
        let names = texts(&|event| Some(event.name.clone()));
        let ids = texts(&|event| event.id.clone());
        let instants: Vec<i64> = events.iter().map(|event| event.at.millis()).collect();
        let mut properties: Vec<(Text, Vec<Option<Value>>)> = Vec::new();
        let (mut odd, mut places) = (Vec::new(), Vec::new());
        for (row, event) in events.iter().enumerate() {
            let begin = places.len();
            for (name, value) in event.properties.iter().filter(|(name, _)| wanted.property(name)) {
                let place = properties.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                    properties.push((name.clone(), vec![None; events.len()]));
                    properties.len() - 1
                });
                if let Some(place) = properties.get_mut(place).and_then(|(_, values)| values.get_mut(row)) {
                    *place = Some(value.clone());
                }
                places.push(u16::try_from(place).unwrap_or(u16::MAX));
            }
            if places.get(begin..).is_some_and(<[u16]>::is_sorted) {
                places.truncate(begin);
            } else {
                odd.push((row, begin));
            }
        }
        let properties: Vec<(Text, Owned)> =
            properties.into_iter().map(|(name, values)| (name, self.columns(values))).collect();
        let (first, last) = (shard * self.rows, shard + 1 == self.count());
        let others = self
            .others
            .iter()
            .filter(|(before, _)| *before >= first && (*before < first + events.len() || last));
        let others: Vec<(usize, Record)> =
            others.map(|(before, record)| (before - first, record.clone())).collect();
        visit(&Batch {
            rows: events.len(),
            refused: None,
            user: users.column(),
            at: Column { values: Values::Instants(&instants), valid: None },
            name: Names::Column(names.column()),
            id: events.iter().any(|event| event.id.is_some()).then(|| ids.column()),
            properties: properties.iter().map(|(name, owned)| (name.clone(), owned.column())).collect(),
            orders: Orders { rows: &odd, places: &places },
            records: &others,
        });
        Ok(())
    }
}
