//! What a row group says of its rows before they are read.

use arrow_schema::{DataType, TimeUnit};
use parquet::basic::{ColumnOrder, ConvertedType, Type};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;

use super::file::ParquetFile;
use super::values::{is_text, millis};
use crate::columns::UserBound;
use crate::input::time::{Clock, TimeForm};

impl ParquetFile {
    /// The least and the greatest user of a row group.
    pub(super) fn users(&self, group: usize) -> Option<(UserBound, UserBound)> {
        let root = self.layout.user.root;
        let leaf = self.leaf(root)?;
        let chunk = self.group(group)?.columns().get(leaf)?;
        let data_type = self.type_of(root)?;
        if is_text(data_type) {
            return texts(chunk, self.metadata().file_metadata().column_order(leaf));
        }
        if !data_type.is_integer() {
            return None;
        }
        let (least, most) = integers(chunk)?;
        Some((UserBound::Integer(least), UserBound::Integer(most)))
    }

    /// The least and the greatest instant of a row group, in milliseconds.
    pub(super) fn span(&self, group: usize) -> Option<(i64, i64)> {
        let (place, form) = self.layout.at.as_ref()?;
        let chunk = self.group(group)?.columns().get(self.leaf(place.root)?)?;
        let (least, most) = integers(chunk)?;
        match self.type_of(place.root)? {
            DataType::Timestamp(unit, zone) => {
                let (least, most) = (millis(least, *unit), millis(most, *unit));
                // No wall clock is further than a day from the instant that it shows.
                let beyond = if zone.is_some() { 0 } else { DAY };
                Some((least.saturating_sub(beyond), most.saturating_add(beyond)))
            }
            data_type if data_type.is_integer() => {
                let clock = Clock::new(self.local_time().clone());
                let unit = |unit| Some((millis(least, unit), millis(most, unit)));
                match form {
                    TimeForm::Seconds => unit(TimeUnit::Second),
                    TimeForm::Millis => unit(TimeUnit::Millisecond),
                    TimeForm::Micros => unit(TimeUnit::Microsecond),
                    // Seconds and milliseconds do not mix between the two, unless these are of the same kind.
                    TimeForm::Told => {
                        let at = |number| clock.whole(number, TimeForm::Told).ok();
                        let is_same_kind = (least >= FIRST_MILLIS && most < FIRST_WRITTEN)
                            || (least > -FIRST_MILLIS && most < FIRST_MILLIS);
                        let (least, most) = (at(least)?, at(most)?);
                        is_same_kind.then_some((least.millis(), most.millis()))
                    }
                }
            }
            _ => None,
        }
    }

    /// How many rows a row group has.
    pub(super) fn rows(&self, group: usize) -> Option<u64> {
        u64::try_from(self.group(group)?.num_rows()).ok()
    }
}

const DAY: i64 = 86_400_000;
const FIRST_MILLIS: i64 = 100_000_000_000;
/// From here on, a number may be a date and a time in fourteen digits.
const FIRST_WRITTEN: i64 = 19_000_101_000_000;

/// The least and the greatest whole number.
fn integers(chunk: &ColumnChunkMetaData) -> Option<(i64, i64)> {
    let is_unsigned = matches!(
        chunk.column_descr().converted_type(),
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
    );
    let (least, most) = match chunk.statistics()? {
        // The old kind of bounds was found by signs that such numbers have not.
        statistics if is_unsigned && statistics.is_min_max_deprecated() => return None,
        Statistics::Int32(bounds) => {
            let widened = |number: i32| {
                if is_unsigned { i64::from(number.cast_unsigned()) } else { i64::from(number) }
            };
            (widened(*bounds.min_opt()?), widened(*bounds.max_opt()?))
        }
        Statistics::Int64(bounds) => (*bounds.min_opt()?, *bounds.max_opt()?),
        _ => return None,
    };
    // Bounds that contradict each other say nothing; neither do those beyond 63 bits.
    let is_sound = least <= most && (!is_unsigned || least >= 0);
    is_sound.then_some((least, most))
}

/// The least and the greatest text, by bytes. One that was cut is still a bound: writers make the greatest greater then.
fn texts(chunk: &ColumnChunkMetaData, order: ColumnOrder) -> Option<(UserBound, UserBound)> {
    let statistics = chunk.statistics()?;
    // The old kind of bounds compared bytes as signed numbers.
    let is_by_bytes =
        !statistics.is_min_max_deprecated() && matches!(order, ColumnOrder::TYPE_DEFINED_ORDER(_));
    if !is_by_bytes || chunk.column_type() != Type::BYTE_ARRAY {
        return None;
    }
    let (least, most) = (statistics.min_bytes_opt()?, statistics.max_bytes_opt()?);
    (least <= most).then(|| (UserBound::Text(least.to_vec()), UserBound::Text(most.to_vec())))
}
