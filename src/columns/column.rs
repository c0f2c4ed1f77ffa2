use chrono::NaiveDate;

use super::Bits;
use crate::model::{Instant, Number, Value};

/// One thing that is known of each event of a batch, or not known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column<'a> {
    pub(crate) values: Values<'a>,
    /// Which rows have a value; all, without it.
    pub(crate) valid: Option<Bits<'a>>,
}

/// The values of a column, one a row; what stands in a row without a value means nothing.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(all(not(feature = "parquet"), not(test)), expect(dead_code, reason = "tables have them"))]
pub(crate) enum Values<'a> {
    Booleans(Bits<'a>),
    Integers(&'a [i64]),
    Integers32(&'a [i32]),
    /// NaN and infinities are no values.
    Floats(&'a [f64]),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Instants(&'a [i64]),
    /// Days since 1970-01-01.
    Dates(&'a [i32]),
    /// Places in a dictionary, in which each value stands once.
    Codes {
        codes: &'a [i32],
        dictionary: &'a [Value],
    },
    /// Text one after the other: row n from `ends[n]` to `ends[n + 1]`.
    Texts {
        ends: &'a [i32],
        bytes: &'a str,
    },
    /// Whatever else there is, such as lists and objects.
    Others(&'a [Option<Value>]),
}

impl<'a> Column<'a> {
    /// Whether a row has a value.
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        self.valid.is_none_or(|valid| valid.get(row))
    }

    /// The text of a row, where it is one that is not in a dictionary.
    pub(crate) fn text(&self, row: usize) -> Option<&'a str> {
        let Values::Texts { ends, bytes } = self.values else { return None };
        let from = usize::try_from(*ends.get(row)?).ok()?;
        let to = usize::try_from(*ends.get(row + 1)?).ok()?;
        bytes.get(from..to)
    }

    /// The value of a row; none for a null, and for what is no value.
    pub(crate) fn value(&self, row: usize) -> Option<Value> {
        if !self.is_valid(row) {
            return None;
        }
        Some(match self.values {
            Values::Booleans(bits) => Value::Boolean(bits.get(row)),
            Values::Integers(values) => Value::integer(*values.get(row)?),
            Values::Integers32(values) => Value::integer((*values.get(row)?).into()),
            Values::Floats(values) => Value::Number(Number::from_f64(*values.get(row)?)?),
            Values::Instants(values) => Value::Instant(Instant::from_millis(*values.get(row)?)),
            Values::Dates(values) => Value::Date(day(*values.get(row)?)?),
            Values::Codes { codes, dictionary } => {
                dictionary.get(usize::try_from(*codes.get(row)?).ok()?)?.clone()
            }
            Values::Texts { .. } => Value::text(self.text(row)?),
            Values::Others(values) => values.get(row)?.clone()?,
        })
    }
}

fn day(days: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(chrono::TimeDelta::try_days(days.into())?)
}

#[cfg(test)]
mod tests {
    use super::{Bits, Column, Values};
    use crate::model::Value;

    #[test]
    fn a_row_has_the_value_of_its_column_or_none() {
        let column = |values| Column { values, valid: Some(Bits::new(&[0b101], 0)) };
        let read = |values| {
            let column = column(values);
            [column.value(0), column.value(1), column.value(2)]
        };
        let number = |number| Some(Value::integer(number));
        assert_eq!(read(Values::Integers(&[1, 2, 3])), [number(1), None, number(3)]);
        assert_eq!(read(Values::Integers32(&[1, 2, 3])), [number(1), None, number(3)]);
        assert_eq!(read(Values::Floats(&[1.0, 2.0, f64::NAN])), [number(1), None, None]);
        let text = |text| Some(Value::text(text));
        assert_eq!(
            read(Values::Texts { ends: &[0, 2, 2, 5], bytes: "abcde" }),
            [text("ab"), None, text("cde")]
        );
        let dictionary = [Value::text("a"), Value::text("b")];
        let codes = Values::Codes { codes: &[1, -1, 0], dictionary: &dictionary };
        assert_eq!(read(codes), [text("b"), None, text("a")]);
        let date = Value::Date(chrono::NaiveDate::from_ymd_opt(2026, 11, 3).unwrap());
        assert_eq!(read(Values::Dates(&[20_760, 0, 20_760])), [Some(date.clone()), None, Some(date)]);
    }
}
