//! Single values of Arrow arrays: for lists and objects, for types without a column of their own, and for rows that are refused.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use chrono::{NaiveDate, TimeDelta};
use indexmap::IndexMap;

use super::wall::Wall;
use crate::model::{Instant, Number, Text, Value};

/// Why columns of a type are not read; none of types that are. `depth` is how deep lists and objects may nest.
pub(super) fn unreadable(data_type: &DataType, depth: usize) -> Option<&'static str> {
    let Some(depth) = depth.checked_sub(1) else { return Some("lists and objects, nested too deep") };
    match data_type {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Some("binary"),
        DataType::FixedSizeBinary(size) => (*size != 16).then_some("binary"),
        DataType::Time32(_) | DataType::Time64(_) => Some("a time of day"),
        DataType::Duration(_) | DataType::Interval(_) => Some("a duration"),
        DataType::Union(..) => Some("a union"),
        DataType::RunEndEncoded(..) => Some("run-end encoded"),
        DataType::ListView(_) | DataType::LargeListView(_) => Some("a list view"),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            unreadable(item.data_type(), depth)
        }
        DataType::Struct(fields) => fields.iter().find_map(|field| unreadable(field.data_type(), depth)),
        DataType::Dictionary(_, values) => unreadable(values, depth),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => match fields.as_ref() {
                [key, value] if is_text(key.data_type()) => unreadable(value.data_type(), depth),
                _ => Some("a map whose keys are no text"),
            },
            _ => Some("a map without entries"),
        },
        _ => None,
    }
}

/// Whether values of a type are text, in a dictionary or not.
pub(super) fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// The value of a row; none for a null, and for what is no value, such as NaN.
///
/// Nulls in lists and objects are missing.
pub(super) fn value(array: &dyn Array, row: usize, wall: &mut Wall) -> Option<Value> {
    if row >= array.len() || array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Boolean => Some(Value::Boolean(array.as_boolean_opt()?.value(row))),
        DataType::Int8 => integer::<Int8Type>(array, row),
        DataType::Int16 => integer::<Int16Type>(array, row),
        DataType::Int32 => integer::<Int32Type>(array, row),
        DataType::Int64 => integer::<Int64Type>(array, row),
        DataType::UInt8 => integer::<UInt8Type>(array, row),
        DataType::UInt16 => integer::<UInt16Type>(array, row),
        DataType::UInt32 => integer::<UInt32Type>(array, row),
        DataType::UInt64 => {
            let number = native::<UInt64Type>(array, row)?;
            Some(match i64::try_from(number) {
                Ok(number) => Value::integer(number),
                Err(_) => Value::Number(Number::from_f64(number as f64)?),
            })
        }
        DataType::Float16 => float(native::<Float16Type>(array, row)?.to_f64()),
        DataType::Float32 => float(native::<Float32Type>(array, row)?.into()),
        DataType::Float64 => float(native::<Float64Type>(array, row)?),
        DataType::Decimal32(_, scale) => decimal(native::<Decimal32Type>(array, row)?.into(), *scale),
        DataType::Decimal64(_, scale) => decimal(native::<Decimal64Type>(array, row)?.into(), *scale),
        DataType::Decimal128(_, scale) => decimal(native::<Decimal128Type>(array, row)?, *scale),
        DataType::Decimal256(_, scale) => {
            written_decimal(&native::<Decimal256Type>(array, row)?.to_string(), *scale)
        }
        DataType::Date32 => {
            let days = TimeDelta::try_days(native::<Date32Type>(array, row)?.into())?;
            Some(Value::Date(NaiveDate::default().checked_add_signed(days)?))
        }
        DataType::Date64 => {
            let days = TimeDelta::try_days(native::<Date64Type>(array, row)?.div_euclid(DAY))?;
            Some(Value::Date(NaiveDate::default().checked_add_signed(days)?))
        }
        DataType::Timestamp(unit, zone) => {
            let number = match unit {
                TimeUnit::Second => native::<TimestampSecondType>(array, row),
                TimeUnit::Millisecond => native::<TimestampMillisecondType>(array, row),
                TimeUnit::Microsecond => native::<TimestampMicrosecondType>(array, row),
                TimeUnit::Nanosecond => native::<TimestampNanosecondType>(array, row),
            };
            let millis = millis(number?, *unit);
            let millis = if zone.is_some() { millis } else { wall.instant(millis)? };
            Some(Value::Instant(Instant::from_millis(millis)))
        }
        DataType::FixedSizeBinary(16) => {
            Some(Value::Text(uuid(array.as_fixed_size_binary_opt()?.value(row)).into()))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => text(array, row).map(Value::text),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary_opt()?;
            let place = value(dictionary.keys(), row, wall)?;
            let Value::Number(place) = place else { return None };
            value(dictionary.values(), usize::try_from(place.as_i64()?).ok()?, wall)
        }
        DataType::List(_) => list(&array.as_list_opt::<i32>()?.value(row), wall),
        DataType::LargeList(_) => list(&array.as_list_opt::<i64>()?.value(row), wall),
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list_opt()?.value(row), wall),
        DataType::Struct(_) => {
            let parts = array.as_struct_opt()?;
            let named = parts.fields().iter().zip(parts.columns());
            let read = named.filter_map(|(field, part)| {
                Some((Text::from(field.name().as_str()), value(part, row, wall)?))
            });
            Some(Value::object(read))
        }
        DataType::Map(..) => {
            let entries = array.as_map_opt()?.value(row);
            let [keys, values] = entries.columns() else { return None };
            let mut parts: IndexMap<Text, Value> = IndexMap::new();
            for entry in 0..entries.len() {
                if let (Some(Value::Text(key)), Some(part)) =
                    (value(keys, entry, wall), value(values, entry, wall))
                {
                    parts.insert(key, part);
                }
            }
            Some(Value::Object(Box::new(parts)))
        }
        _ => None,
    }
}

const DAY: i64 = 86_400_000;

/// A number of a unit in milliseconds: finer digits are cut, and what no 64 bits hold is as far out as they go.
pub(super) const fn millis(number: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => number.saturating_mul(1_000),
        TimeUnit::Millisecond => number,
        TimeUnit::Microsecond => number.div_euclid(1_000),
        TimeUnit::Nanosecond => number.div_euclid(1_000_000),
    }
}

/// The text of a row without a dictionary.
pub(super) fn text(array: &dyn Array, row: usize) -> Option<&str> {
    if row >= array.len() || array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Utf8 => Some(array.as_string_opt::<i32>()?.value(row)),
        DataType::LargeUtf8 => Some(array.as_string_opt::<i64>()?.value(row)),
        DataType::Utf8View => Some(array.as_string_view_opt()?.value(row)),
        _ => None,
    }
}

/// `10 ^ scale` parts of one, as the number that is meant: a whole one exactly, any other as the nearest 64-bit float.
pub(super) fn decimal(parts: i128, scale: i8) -> Option<Value> {
    written_decimal(&parts.to_string(), scale)
}

fn written_decimal(digits: &str, scale: i8) -> Option<Value> {
    let exponent = -i32::from(scale);
    // `1234e-2`: the standard library reads the nearest float.
    let float: f64 = format!("{digits}e{exponent}").parse().ok()?;
    let whole = match usize::try_from(scale) {
        // Without its last digits, if they are all zeros.
        Ok(scale) => match digits.len().checked_sub(scale).map(|at| digits.split_at(at)) {
            Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => {
                whole.parse::<i64>().ok()
            }
            _ => None,
        },
        Err(_) => format!("{digits}{}", "0".repeat(usize::from(scale.unsigned_abs()))).parse().ok(),
    };
    match whole {
        Some(whole) => Some(Value::integer(whole)),
        None => Number::from_f64(float).map(Value::Number),
    }
}

fn list(items: &ArrayRef, wall: &mut Wall) -> Option<Value> {
    Some(Value::List((0..items.len()).filter_map(|item| value(items, item, wall)).collect()))
}

fn native<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> Option<T::Native> {
    array.as_primitive_opt::<T>()?.values().get(row).copied()
}

fn integer<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &dyn Array, row: usize) -> Option<Value> {
    Some(Value::integer(native::<T>(array, row)?.into()))
}

fn float(number: f64) -> Option<Value> {
    Number::from_f64(number).map(Value::Number)
}

/// Sixteen bytes as a UUID is written.
fn uuid(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
