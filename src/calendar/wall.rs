//! Wall clocks and days as integers, and back.
//!
//! A wall clock is milliseconds since 1970-01-01T00:00:00 without a zone, a day its number since 1970-01-01, a weekday its number since Monday, a
//! month its number since January of year 0.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};

pub(super) const DAY: i64 = 86_400_000;
pub(super) const WEEK: i64 = 7 * DAY;

/// 1970-01-01 was a Thursday.
const EPOCH_WEEKDAY: i64 = 3;
/// 1970-01-01 as `chrono` counts days.
const EPOCH_FROM_CE: i64 = 719_163;
/// 1970-01-01 counted from 0000-03-01. Years that begin in March end with the leap day.
const EPOCH_FROM_MARCH: i64 = 719_468;
/// The days of four centuries, after which the calendar repeats itself.
const FOUR_CENTURIES: i64 = 146_097;

/// The wall clock, cut to milliseconds.
pub(super) fn from_date_time(wall: NaiveDateTime) -> i64 {
    wall.and_utc().timestamp_millis()
}

/// The same as a `chrono` value; beyond chrono's range, the nearest that it can hold.
pub(super) fn to_date_time(wall: i64) -> NaiveDateTime {
    DateTime::from_timestamp_millis(wall)
        .map_or(if wall < 0 { NaiveDateTime::MIN } else { NaiveDateTime::MAX }, |time| time.naive_utc())
}

/// Milliseconds since midnight, cut.
pub(super) fn from_time(time: NaiveTime) -> i64 {
    i64::from(time.num_seconds_from_midnight()) * 1_000
        + i64::from(time.nanosecond().min(999_999_999) / 1_000_000)
}

/// The day's number.
pub(super) fn from_date(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce()) - EPOCH_FROM_CE
}

/// The weekday of a day: 0 is Monday.
pub(super) fn weekday(day: i64) -> i64 {
    (day + EPOCH_WEEKDAY).rem_euclid(7)
}

/// The first day of the week in which a day lies.
pub(super) fn week_start(day: i64, week_starts: Weekday) -> i64 {
    day - (weekday(day) - i64::from(week_starts.num_days_from_monday())).rem_euclid(7)
}

/// Milliseconds since Monday 00:00.
pub(super) fn time_of_week(wall: i64) -> i64 {
    wall.saturating_add(EPOCH_WEEKDAY * DAY).rem_euclid(WEEK)
}

/// The month in which a day lies, and the days of it that are before.
pub(super) fn month_of(day: i64) -> (i64, i64) {
    let day = day.saturating_add(EPOCH_FROM_MARCH);
    let (era, of_era) = (day.div_euclid(FOUR_CENTURIES), day.rem_euclid(FOUR_CENTURIES));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Of five months from March or August on, three have 31 days: 153 in all.
    let since_march = (5 * of_year + 2) / 153;
    ((era * 400 + year) * 12 + since_march + 2, of_year - (153 * since_march + 2) / 5)
}

/// The first day of a month.
pub(super) fn month_start(month: i64) -> i64 {
    let month = month.saturating_sub(2);
    let (year, since_march) = (month.div_euclid(12), month.rem_euclid(12));
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * since_march + 2) / 5;
    era * FOUR_CENTURIES + 365 * year + year / 4 - year / 100 + of_year - EPOCH_FROM_MARCH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_chrono() {
        let month = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
        for day in (-1_200_000..1_200_000).step_by(7).chain(-800..800).chain(10_000..12_000) {
            let date =
                NaiveDate::from_num_days_from_ce_opt(i32::try_from(day + EPOCH_FROM_CE).unwrap()).unwrap();
            assert_eq!(from_date(date), day);
            assert_eq!(month_of(day), (month(date), i64::from(date.day0())), "{date}");
            assert_eq!(month_start(month(date)), from_date(date.with_day(1).unwrap()), "{date}");
            assert_eq!(weekday(day), i64::from(date.weekday().num_days_from_monday()));
        }
    }

    #[test]
    fn numbers_beyond_reason_are_answered() {
        for far in [i64::MIN / DAY, -1_000_000_000_000, 1_000_000_000_000, i64::MAX / DAY] {
            let (month, before) = month_of(far);
            assert_eq!(month_start(month) + before, far);
        }
    }
}
