//! Columns of text in a dictionary: each text is made once for all batches that share it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;

use super::held::{Held, HeldColumn};
use super::values;
use crate::model::{NameMap, Text, Value};

/// The texts of a dictionary, each once.
#[derive(Clone)]
pub(super) struct Dictionary(Arc<Made>);

struct Made {
    /// What it was made of: held, so that nothing else comes to lie where it lies.
    source: ArrayRef,
    values: Vec<Value>,
    /// Where the source has nulls, or a text twice: which of `values` each of its places is, -1 for none.
    places: Option<Vec<i32>>,
    has_empty: bool,
    has_blank: bool,
}

impl Dictionary {
    fn new(source: &ArrayRef) -> Dictionary {
        let mut values = Vec::with_capacity(source.len());
        let mut places = Vec::with_capacity(source.len());
        let mut known: NameMap<Text, i32> = NameMap::default();
        let (mut has_empty, mut has_blank) = (false, false);
        for row in 0..source.len() {
            let Some(text) = values::text(source, row) else {
                places.push(-1);
                continue;
            };
            has_empty |= text.is_empty();
            has_blank |= text.trim().is_empty();
            if let Some(place) = known.get(text) {
                places.push(*place);
                continue;
            }
            let place = i32::try_from(values.len()).unwrap_or(-1);
            let text = Text::from(text);
            known.insert(text.clone(), place);
            values.push(Value::Text(text));
            places.push(place);
        }
        let places = (values.len() < source.len()).then_some(places);
        Dictionary(Arc::new(Made { source: Arc::clone(source), values, places, has_empty, has_blank }))
    }

    /// Each value once, by code.
    pub(super) fn values(&self) -> &[Value] {
        &self.0.values
    }

    /// Whether one of its texts is empty.
    pub(super) fn has_empty(&self) -> bool {
        self.0.has_empty
    }

    /// Whether one of its texts is empty, or nothing but spaces.
    pub(super) fn has_blank(&self) -> bool {
        self.0.has_blank
    }

    /// The text of a code.
    pub(super) fn text(&self, code: i32) -> Option<&str> {
        match self.0.values.get(usize::try_from(code).ok()?)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether these are the very values that it was made of.
    fn is_of(&self, source: &ArrayRef) -> bool {
        let own = &self.0.source;
        Arc::ptr_eq(own, source) || own.to_data().ptr_eq(&source.to_data())
    }
}

/// The dictionaries of a shard's columns, one a column.
#[derive(Default)]
pub(super) struct Dictionaries {
    by_column: Vec<Option<Dictionary>>,
}

impl Dictionaries {
    /// A column whose texts stand in a dictionary; none if they do not.
    pub(super) fn hold(&mut self, column: usize, array: &ArrayRef) -> Option<HeldColumn> {
        let DataType::Dictionary(keys, values) = array.data_type() else { return None };
        if !matches!(**values, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
            return None;
        }
        let codes = match **keys {
            DataType::Int8 => codes::<Int8Type>(array)?,
            DataType::Int16 => codes::<Int16Type>(array)?,
            DataType::Int32 => array.as_dictionary_opt::<Int32Type>()?.keys().values().clone(),
            DataType::Int64 => codes::<Int64Type>(array)?,
            DataType::UInt8 => codes::<UInt8Type>(array)?,
            DataType::UInt16 => codes::<UInt16Type>(array)?,
            DataType::UInt32 => codes::<UInt32Type>(array)?,
            DataType::UInt64 => codes::<UInt64Type>(array)?,
            _ => return None,
        };
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
        let dictionary = self.of(column, array.as_any_dictionary_opt()?.values());
        let (codes, nulls) = match &dictionary.0.places {
            None => (codes, nulls),
            Some(places) => moved(&codes, nulls.as_ref(), places),
        };
        Some(HeldColumn { values: Held::Codes { codes, dictionary }, nulls })
    }

    fn of(&mut self, column: usize, source: &ArrayRef) -> Dictionary {
        if self.by_column.len() <= column {
            self.by_column.resize(column + 1, None);
        }
        let known = self.by_column.get_mut(column);
        match known {
            Some(Some(known)) if known.is_of(source) => known.clone(),
            Some(known) => known.insert(Dictionary::new(source)).clone(),
            None => Dictionary::new(source),
        }
    }
}

fn codes<K: ArrowDictionaryKeyType>(array: &ArrayRef) -> Option<ScalarBuffer<i32>> {
    let keys = array.as_dictionary_opt::<K>()?.keys().values();
    // What a null has for a key may be anything.
    Some(
        keys.iter().map(|key| key.to_usize().and_then(|key| i32::try_from(key).ok()).unwrap_or(-1)).collect(),
    )
}

/// The codes for a dictionary with each value once, and which rows have one.
fn moved(
    codes: &[i32],
    nulls: Option<&NullBuffer>,
    places: &[i32],
) -> (ScalarBuffer<i32>, Option<NullBuffer>) {
    let place =
        |code: &i32| usize::try_from(*code).ok().and_then(|code| places.get(code)).copied().unwrap_or(-1);
    let codes: ScalarBuffer<i32> = codes.iter().map(place).collect();
    let has_value =
        BooleanBuffer::collect_bool(codes.len(), |row| codes.get(row).is_some_and(|code| *code >= 0));
    let nulls = NullBuffer::union(nulls, Some(&NullBuffer::new(has_value)));
    (codes, nulls.filter(|nulls| nulls.null_count() > 0))
}
