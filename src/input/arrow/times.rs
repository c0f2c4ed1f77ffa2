//! The instants of a table's rows.

use arrow_array::{Array, ArrayRef};
use arrow_buffer::{NullBuffer, ScalarBuffer};

use super::held::{Held, HeldColumn, range};
use super::values;
use super::wall::Wall;
use crate::input::time::{Clock, TimeError, TimeForm};
use crate::model::{Instant, Value};

/// When each row was.
pub(super) struct Times {
    /// Instants; those of the rows below mean nothing.
    pub(super) column: HeldColumn,
    /// The rows whose time is none, in order.
    pub(super) wrong: Vec<(usize, TimeError)>,
}

/// From here on, and up to the last instant that is supported, a whole number counts milliseconds whatever else it could be.
const FIRST_MILLIS: i64 = 100_000_000_000;

impl Times {
    /// Reads a column that is some kind of time, and is held already.
    pub(super) fn read(
        array: &ArrayRef,
        held: HeldColumn,
        form: TimeForm,
        clock: &Clock,
        wall: &mut Wall,
    ) -> Times {
        let HeldColumn { values, nulls } = held;
        let supported = |(least, most)| least >= Instant::MIN.millis() && most < Instant::MAX.millis();
        match values {
            Held::Instants(instants) => {
                if range(&instants).is_none_or(supported) {
                    return Times {
                        column: HeldColumn { values: Held::Instants(instants), nulls },
                        wrong: Vec::new(),
                    };
                }
                let read = |row: usize| instants.get(row).map(|millis| checked(*millis));
                each(array.len(), nulls, read)
            }
            Held::Integers(numbers) => {
                let is_millis = match form {
                    TimeForm::Millis => range(&numbers).is_none_or(supported),
                    TimeForm::Told => range(&numbers)
                        .is_none_or(|(least, most)| least >= FIRST_MILLIS && most < Instant::MAX.millis()),
                    TimeForm::Seconds | TimeForm::Micros => false,
                };
                if is_millis {
                    return Times {
                        column: HeldColumn { values: Held::Instants(numbers), nulls },
                        wrong: Vec::new(),
                    };
                }
                each(array.len(), nulls, |row| numbers.get(row).map(|number| clock.whole(*number, form)))
            }
            Held::Integers32(numbers) => each(array.len(), nulls, |row| {
                numbers.get(row).map(|number| clock.whole(i64::from(*number), form))
            }),
            // NaN is what some programs write for nothing.
            Held::Floats(numbers) => each(array.len(), nulls, |row| {
                let number = numbers.get(row).filter(|number| !number.is_nan())?;
                Some(clock.fraction(*number, form))
            }),
            Held::Dates(days) => each(array.len(), nulls, |row| {
                let midnight = i64::from(*days.get(row)?) * 86_400_000;
                Some(wall.instant(midnight).map_or(Err(TimeError::OutOfRange), checked))
            }),
            Held::Booleans(_) | Held::Codes { .. } | Held::Texts { .. } | Held::Others(_) => {
                each(array.len(), nulls, |row| match values::value(array, row, wall) {
                    Some(Value::Text(text)) if text.trim().is_empty() => None,
                    Some(Value::Text(text)) => Some(clock.text(&text, form)),
                    Some(Value::Instant(at)) => Some(checked(at.millis())),
                    Some(Value::Number(number)) => Some(match number.as_i64() {
                        Some(whole) => clock.whole(whole, form),
                        None => clock.fraction(number.as_f64(), form),
                    }),
                    _ => Some(Err(TimeError::OutOfRange)),
                })
            }
        }
    }
}

fn checked(millis: i64) -> Result<Instant, TimeError> {
    let instant = Instant::from_millis(millis);
    if instant.is_supported() { Ok(instant) } else { Err(TimeError::OutOfRange) }
}

/// Reads row by row; a row without a time is null.
fn each(
    rows: usize,
    nulls: Option<NullBuffer>,
    mut read: impl FnMut(usize) -> Option<Result<Instant, TimeError>>,
) -> Times {
    let mut wrong = Vec::new();
    let mut instants = Vec::with_capacity(rows);
    let mut valid = Vec::with_capacity(rows);
    for row in 0..rows {
        let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        let read = if is_null { None } else { read(row) };
        valid.push(read.is_some());
        instants.push(match read {
            Some(Ok(instant)) => instant.millis(),
            Some(Err(error)) => {
                wrong.push((row, error));
                0
            }
            None => 0,
        });
    }
    let nulls = NullBuffer::from(valid);
    let nulls = (nulls.null_count() > 0).then_some(nulls);
    Times { column: HeldColumn { values: Held::Instants(ScalarBuffer::from(instants)), nulls }, wrong }
}
