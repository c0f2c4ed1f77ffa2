//! A column of a batch as batch evaluation reads it: Arrow's own buffers where they have the form, others made of them where not.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, GenericStringArray, OffsetSizeTrait};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};

use super::dictionary::{Dictionaries, Dictionary};
use super::values::{self, millis};
use super::wall::Wall;
use crate::columns::{Bits, Column, Values};
use crate::model::Value;

/// The values of one column.
pub(super) enum Held {
    Booleans(BooleanBuffer),
    Integers(ScalarBuffer<i64>),
    Integers32(ScalarBuffer<i32>),
    Floats(ScalarBuffer<f64>),
    Instants(ScalarBuffer<i64>),
    Dates(ScalarBuffer<i32>),
    Codes { codes: ScalarBuffer<i32>, dictionary: Dictionary },
    Texts { ends: ScalarBuffer<i32>, bytes: Buffer },
    Others(Vec<Option<Value>>),
}

/// A column, and which of its rows have a value.
pub(super) struct HeldColumn {
    pub(super) values: Held,
    pub(super) nulls: Option<NullBuffer>,
}

/// Text that is no UTF-8, which only an array that was made without a check can hold.
pub(super) struct NotUtf8;

impl HeldColumn {
    /// The same for evaluation.
    pub(super) fn borrow(&self) -> Result<Column<'_>, NotUtf8> {
        let values = match &self.values {
            Held::Booleans(bits) => Values::Booleans(Bits::new(bits.values(), bits.offset())),
            Held::Integers(values) => Values::Integers(values),
            Held::Integers32(values) => Values::Integers32(values),
            Held::Floats(values) => Values::Floats(values),
            Held::Instants(values) => Values::Instants(values),
            Held::Dates(values) => Values::Dates(values),
            Held::Codes { codes, dictionary } => Values::Codes { codes, dictionary: dictionary.values() },
            Held::Texts { ends, bytes } => {
                Values::Texts { ends, bytes: std::str::from_utf8(bytes).map_err(|_| NotUtf8)? }
            }
            Held::Others(values) => Values::Others(values),
        };
        Ok(Column { values, valid: self.nulls.as_ref().map(bits) })
    }

    /// Whether a row has a value.
    pub(super) fn is_valid(&self, row: usize) -> bool {
        self.nulls.as_ref().is_none_or(|nulls| row < nulls.len() && nulls.is_valid(row))
    }
}

pub(super) fn bits(nulls: &NullBuffer) -> Bits<'_> {
    Bits::new(nulls.validity(), nulls.offset())
}

/// A column of a type that is read, at its place in the batch; columns of all others have no values.
pub(super) fn hold(
    place: usize,
    array: &ArrayRef,
    dictionaries: &mut Dictionaries,
    wall: &mut Wall,
) -> HeldColumn {
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
    let values = simple(array).or_else(|| match array.data_type() {
        DataType::Timestamp(_, None) => local(array, nulls.as_ref(), wall),
        DataType::Utf8View => views(array),
        _ => None,
    });
    if let Some(values) = values {
        return HeldColumn { values, nulls };
    }
    if let Some(column) = dictionaries.hold(place, array) {
        return column;
    }
    let each = (0..array.len()).map(|row| values::value(array, row, wall)).collect();
    HeldColumn { values: Held::Others(each), nulls }
}

/// The types that need nothing but their buffers.
fn simple(array: &ArrayRef) -> Option<Held> {
    Some(match array.data_type() {
        DataType::Boolean => Held::Booleans(array.as_boolean_opt()?.values().clone()),
        DataType::Int8 => narrow::<Int8Type>(array)?,
        DataType::Int16 => narrow::<Int16Type>(array)?,
        DataType::UInt8 => narrow::<UInt8Type>(array)?,
        DataType::UInt16 => narrow::<UInt16Type>(array)?,
        DataType::Int32 => Held::Integers32(array.as_primitive_opt::<Int32Type>()?.values().clone()),
        DataType::UInt32 => Held::Integers(mapped::<UInt32Type, i64>(array, i64::from)?),
        DataType::Int64 => Held::Integers(array.as_primitive_opt::<Int64Type>()?.values().clone()),
        DataType::UInt64 => {
            let values = array.as_primitive_opt::<UInt64Type>()?.values();
            // Beyond 63 bits they are floats, each by itself.
            let most = values.iter().fold(0, |most, value| *value | most);
            if i64::try_from(most).is_err() {
                return None;
            }
            Held::Integers(values.iter().map(|value| value.cast_signed()).collect())
        }
        DataType::Float16 => Held::Floats(mapped::<Float16Type, f64>(array, |value| value.to_f64())?),
        DataType::Float32 => Held::Floats(mapped::<Float32Type, f64>(array, f64::from)?),
        DataType::Float64 => Held::Floats(array.as_primitive_opt::<Float64Type>()?.values().clone()),
        DataType::Date32 => Held::Dates(array.as_primitive_opt::<Date32Type>()?.values().clone()),
        DataType::Date64 => {
            let day = |millis: i64| i32::try_from(millis.div_euclid(86_400_000));
            let values = array.as_primitive_opt::<Date64Type>()?.values().iter();
            Held::Dates(values.map(|millis| day(*millis)).collect::<Result<_, _>>().ok()?)
        }
        DataType::Timestamp(_, Some(_)) => Held::Instants(timestamps(array)?),
        DataType::Utf8 => texts(array.as_string_opt::<i32>()?)?,
        DataType::LargeUtf8 => texts(array.as_string_opt::<i64>()?)?,
        _ => return None,
    })
}

fn narrow<T: ArrowPrimitiveType<Native: Into<i32>>>(array: &ArrayRef) -> Option<Held> {
    Some(Held::Integers32(mapped::<T, i32>(array, Into::into)?))
}

fn mapped<T: ArrowPrimitiveType, N: ArrowNativeType>(
    array: &ArrayRef,
    map: impl Fn(T::Native) -> N,
) -> Option<ScalarBuffer<N>> {
    Some(array.as_primitive_opt::<T>()?.values().iter().map(|value| map(*value)).collect())
}

/// The numbers of timestamps in milliseconds, whatever their zone.
pub(super) fn timestamps(array: &ArrayRef) -> Option<ScalarBuffer<i64>> {
    let DataType::Timestamp(unit, _) = array.data_type() else { return None };
    match unit {
        TimeUnit::Second => {
            mapped::<TimestampSecondType, i64>(array, |number| millis(number, TimeUnit::Second))
        }
        TimeUnit::Millisecond => Some(array.as_primitive_opt::<TimestampMillisecondType>()?.values().clone()),
        TimeUnit::Microsecond => {
            mapped::<TimestampMicrosecondType, i64>(array, |number| millis(number, TimeUnit::Microsecond))
        }
        TimeUnit::Nanosecond => {
            mapped::<TimestampNanosecondType, i64>(array, |number| millis(number, TimeUnit::Nanosecond))
        }
    }
}

/// Timestamps without a zone, as instants; none where one of them is beyond the calendar.
fn local(array: &ArrayRef, nulls: Option<&NullBuffer>, wall: &mut Wall) -> Option<Held> {
    let walls = timestamps(array)?;
    if nulls.is_none() {
        let (least, greatest) = range(&walls)?;
        if let Some(offset) = wall.offset_between(least, greatest) {
            return Some(Held::Instants(match offset {
                0 => walls,
                _ => walls.iter().map(|millis| millis + offset).collect(),
            }));
        }
    }
    let each = walls.iter().enumerate().map(|(row, millis)| match nulls {
        Some(nulls) if nulls.is_null(row) => Some(0),
        _ => wall.instant(*millis),
    });
    Some(Held::Instants(each.collect::<Option<_>>()?))
}

/// The least and the greatest of some numbers.
pub(super) fn range(numbers: &[i64]) -> Option<(i64, i64)> {
    let (first, rest) = numbers.split_first()?;
    Some(rest.iter().fold((*first, *first), |(least, most), number| (least.min(*number), most.max(*number))))
}

fn texts<O: OffsetSizeTrait>(array: &GenericStringArray<O>) -> Option<Held> {
    let offsets = array.value_offsets();
    let (first, last) = (offsets.first()?.as_usize(), offsets.last()?.as_usize());
    let length = i32::try_from(last.checked_sub(first)?).ok()?;
    // Of a slice, only its own bytes are looked at.
    let bytes = array.values().slice_with_length(first, usize::try_from(length).ok()?);
    let ends = if first == 0 && O::IS_LARGE == <i32 as OffsetSizeTrait>::IS_LARGE {
        ScalarBuffer::new(array.offsets().inner().inner().clone(), 0, offsets.len())
    } else {
        let end = |offset: &O| i32::try_from(offset.as_usize() - first).unwrap_or(length);
        offsets.iter().map(end).collect()
    };
    Some(Held::Texts { ends, bytes })
}

fn views(array: &ArrayRef) -> Option<Held> {
    let array = array.as_string_view_opt()?;
    let mut bytes = Vec::new();
    let mut ends = Vec::with_capacity(array.len() + 1);
    ends.push(0);
    for text in array {
        bytes.extend_from_slice(text.unwrap_or("").as_bytes());
        ends.push(i32::try_from(bytes.len()).ok()?);
    }
    Some(Held::Texts { ends: ends.into(), bytes: bytes.into() })
}
