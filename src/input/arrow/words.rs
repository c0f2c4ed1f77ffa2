//! Columns that name something: users, ids and events.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, UInt64Type};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;

use super::held::{Held, HeldColumn};
use super::refusal::{Refusals, Why};
use super::values;
use super::wall::Wall;
use crate::model::Value;

/// Users: text and whole numbers as they are, all else in words. Rows without one are refused.
pub(super) fn users(
    array: &ArrayRef,
    held: HeldColumn,
    wall: &mut Wall,
    refusals: &mut Refusals,
) -> HeldColumn {
    let rows = array.len();
    if let Some(nulls) = &held.nulls {
        let missing = (0..rows).filter(|row| nulls.is_null(*row));
        missing.for_each(|row| refusals.add(row, Why::MissingUser));
    }
    match &held.values {
        Held::Integers(_) | Held::Integers32(_) => held,
        Held::Codes { codes, dictionary } => {
            if dictionary.has_blank() {
                for (row, code) in codes.iter().enumerate() {
                    let is_blank = dictionary.text(*code).is_none_or(|user| user.trim().is_empty());
                    if is_blank && held.is_valid(row) {
                        refusals.add(row, Why::EmptyUser);
                    }
                }
            }
            held
        }
        Held::Texts { ends, bytes } => {
            let pairs = ends.iter().zip(ends.iter().skip(1));
            for (row, (from, to)) in pairs.enumerate() {
                let text = usize::try_from(*from).ok().zip(usize::try_from(*to).ok());
                let text = text.and_then(|(from, to)| bytes.get(from..to)).unwrap_or_default();
                // A blank text begins with a blank: nearly all are told by one byte.
                let may_be_blank = text.first().is_none_or(|byte| *byte <= b' ' || !byte.is_ascii());
                if may_be_blank
                    && std::str::from_utf8(text).is_ok_and(|text| text.trim().is_empty())
                    && held.is_valid(row)
                {
                    refusals.add(row, Why::EmptyUser);
                }
            }
            held
        }
        _ => {
            let mut fraction = |row| refusals.add(row, Why::Fraction);
            let words = words(array, wall, &mut fraction);
            if let Some(nulls) = &words.nulls {
                // NaN is what some programs write for nothing.
                let missing = (0..rows).filter(|row| nulls.is_null(*row));
                missing.for_each(|row| refusals.add(row, Why::MissingUser));
            }
            words
        }
    }
}

/// Ids of events; an empty one is none.
pub(super) fn ids(array: &ArrayRef, held: HeldColumn, wall: &mut Wall) -> HeldColumn {
    match &held.values {
        Held::Integers(_) | Held::Integers32(_) => held,
        Held::Codes { dictionary, .. } if !dictionary.has_empty() => held,
        Held::Codes { .. } | Held::Texts { .. } => {
            let mut empty = Vec::new();
            each_empty(array.len(), &held, |row| empty.push(row));
            if empty.is_empty() {
                return held;
            }
            let mut valid: Vec<bool> = (0..array.len()).map(|row| held.is_valid(row)).collect();
            for row in empty {
                if let Some(valid) = valid.get_mut(row) {
                    *valid = false;
                }
            }
            HeldColumn { values: held.values, nulls: Some(NullBuffer::new(BooleanBuffer::from(valid))) }
        }
        _ => words(array, wall, &mut |_| ()),
    }
}

/// The rows of a column of text that have none, or an empty one.
pub(super) fn each_empty(rows: usize, held: &HeldColumn, mut empty: impl FnMut(usize)) {
    match &held.values {
        Held::Codes { codes, dictionary } if dictionary.has_empty() => {
            for (row, code) in codes.iter().enumerate() {
                if !held.is_valid(row) || dictionary.text(*code).is_none_or(str::is_empty) {
                    empty(row);
                }
            }
        }
        Held::Texts { ends, .. } => {
            for (row, (from, to)) in ends.iter().zip(ends.iter().skip(1)).enumerate() {
                if from == to || !held.is_valid(row) {
                    empty(row);
                }
            }
        }
        Held::Codes { .. } => {
            if let Some(nulls) = &held.nulls {
                (0..rows).filter(|row| nulls.is_null(*row)).for_each(empty);
            }
        }
        Held::Others(values) => {
            let texts = values.iter().enumerate();
            let none = texts.filter(|(_, value)| match value {
                Some(Value::Text(text)) => text.is_empty(),
                _ => true,
            });
            none.for_each(|(row, _)| empty(row));
        }
        _ => {}
    }
}

/// What names something as text, whatever its type: whole numbers in digits.
fn words(array: &ArrayRef, wall: &mut Wall, fraction: &mut dyn FnMut(usize)) -> HeldColumn {
    let mut bytes = String::new();
    let mut ends = Vec::with_capacity(array.len() + 1);
    let mut valid = Vec::with_capacity(array.len());
    ends.push(0);
    for row in 0..array.len() {
        let word = word(array, row, wall);
        if matches!(word, Word::Fraction) {
            fraction(row);
        }
        let text = if let Word::Is(text) = word { text } else { String::new() };
        // What has no room, behind gigabytes of names, is none.
        let end = i32::try_from(bytes.len() + text.len()).ok().filter(|_| !text.is_empty());
        valid.push(end.is_some());
        if end.is_some() {
            bytes.push_str(&text);
        }
        ends.push(end.or_else(|| ends.last().copied()).unwrap_or(0));
    }
    let values = Held::Texts { ends: ends.into(), bytes: bytes.into_bytes().into() };
    HeldColumn { values, nulls: Some(NullBuffer::new(BooleanBuffer::from(valid))) }
}

enum Word {
    Missing,
    Fraction,
    Is(String),
}

fn word(array: &ArrayRef, row: usize, wall: &mut Wall) -> Word {
    if array.is_null(row) {
        return Word::Missing;
    }
    // Larger ones than a number of the rules can be exactly.
    if let Some(numbers) = array.as_primitive_opt::<UInt64Type>() {
        return Word::Is(numbers.value(row).to_string());
    }
    if let (DataType::Decimal128(_, 0), Some(numbers)) =
        (array.data_type(), array.as_primitive_opt::<Decimal128Type>())
    {
        return Word::Is(numbers.value(row).to_string());
    }
    match values::value(array, row, wall) {
        Some(Value::Text(text)) => Word::Is(text.to_string()),
        Some(Value::Number(number)) => {
            number.as_i64().map_or(Word::Fraction, |whole| Word::Is(whole.to_string()))
        }
        _ => Word::Missing,
    }
}
