//! Wall clocks and days as integers, and back.
//!
//! A wall clock is milliseconds since 1970-01-01T00:00:00 without a zone, a day its number since 1970-01-01, a weekday its number since Monday.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};

pub(super) const DAY: i64 = 86_400_000;
pub(super) const WEEK: i64 = 7 * DAY;

/// 1970-01-01 was a Thursday.
const EPOCH_WEEKDAY: i64 = 3;
/// 1970-01-01 as `chrono` counts days.
const EPOCH_FROM_CE: i64 = 719_163;

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

/// The date of a day's number; beyond chrono's range, the nearest that it can hold.
pub(super) fn to_date(day: i64) -> NaiveDate {
    i32::try_from(day.saturating_add(EPOCH_FROM_CE))
        .ok()
        .and_then(NaiveDate::from_num_days_from_ce_opt)
        .unwrap_or(if day < 0 { NaiveDate::MIN } else { NaiveDate::MAX })
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

/// The months since year 0.
pub(super) fn month_number(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

/// The first day of a month.
pub(super) fn month_start(month: i64) -> NaiveDate {
    let nearest = if month < 0 { NaiveDate::MIN } else { NaiveDate::MAX };
    let (Ok(year), Ok(month)) = (i32::try_from(month.div_euclid(12)), u32::try_from(month.rem_euclid(12)))
    else {
        return nearest;
    };
    NaiveDate::from_ymd_opt(year, month + 1, 1).unwrap_or(nearest)
}

/// The day after; of the last, itself.
pub(super) fn next_day(date: NaiveDate) -> NaiveDate {
    date.checked_add_days(Days::new(1)).unwrap_or(date)
}
