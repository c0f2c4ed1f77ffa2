use chrono::{NaiveDate, Weekday};

use super::times;
use super::wall;
use crate::language::ast::Cadence;

/// 1899-12-31 and 2200-01-01: the first and the last day of any zone's clock within the years that the engine knows.
const FIRST_DAY: i64 = -25_568;
const LAST_DAY: i64 = 84_006;
/// The last day's month, since year 0.
const LAST_MONTH: i64 = 2_200 * 12;

/// On which days something recurs. Days are numbers since 1970-01-01.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Days {
    /// Every so many days, one of them `anchor`.
    Spaced { every: i64, anchor: i64 },
    /// On these days of every so many weeks.
    Weekly {
        every: i64,
        /// The first day of one of the weeks.
        anchor: i64,
        /// The days since the week's first, as bits.
        days: u64,
    },
    /// On some days of some months.
    Monthly(Months),
    /// Never: what asks for a 31 February.
    Never,
}

/// Some days of every so many months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Months {
    pub every: i64,
    /// One of the months, since year 0.
    pub anchor: i64,
    /// Only these months of the year, as bits; January is bit 0.
    pub of_year: u64,
    pub days: DaysOfMonth,
}

/// Which days of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DaysOfMonth {
    /// These dates, as bits; the first is bit 0.
    Dates(u64),
    /// These dates, or the month's last where it has no such date.
    DatesOrLast(u64),
    /// The first, second … of a weekday, from the end when negative.
    Nth { nth: i8, weekday: i64 },
    /// These weekdays, as bits; Monday is bit 0.
    Weekdays(u64),
    /// These dates, and the month's days that are these weekdays.
    Either { dates: u64, weekdays: u64 },
    /// Those of these dates that are these weekdays.
    Both { dates: u64, weekdays: u64 },
}

impl Days {
    /// The days of a cadence. `every` so many of more than one are counted from the day, week or month of `counted_from`, forward and back; without
    /// it from 1970-01-01. None at all (`0`) counts as one.
    pub fn of(cadence: &Cadence, counted_from: Option<NaiveDate>, week_starts: Weekday) -> Days {
        let anchor = counted_from.map_or(0, wall::from_date);
        let monthly = |every: u32, days: DaysOfMonth| {
            let (anchor, _) = wall::month_of(anchor);
            Days::monthly(Months { every: every.max(1).into(), anchor, of_year: 0xFFF, days })
        };
        match cadence {
            Cadence::Days(every) => Days::Spaced { every: (*every).max(1).into(), anchor },
            Cadence::Weeks { every, days } => {
                let first = week_starts.num_days_from_monday();
                let days =
                    days.iter().fold(0, |set, day| set | 1 << ((day.num_days_from_monday() + 7 - first) % 7));
                let anchor = wall::week_start(anchor, week_starts);
                Days::Weekly { every: (*every).max(1).into(), anchor, days }
            }
            Cadence::MonthDays { every, days, or_last } => {
                let dates = days
                    .iter()
                    .filter(|day| (1..=31).contains(*day))
                    .fold(0, |set, day| set | 1 << (day - 1));
                monthly(
                    *every,
                    if *or_last { DaysOfMonth::DatesOrLast(dates) } else { DaysOfMonth::Dates(dates) },
                )
            }
            Cadence::MonthWeekday { every, nth, day } => {
                let weekday = day.num_days_from_monday().into();
                monthly(*every, DaysOfMonth::Nth { nth: *nth, weekday })
            }
        }
    }

    /// The days of months, or never.
    pub fn monthly(months: Months) -> Days {
        if months.next(FIRST_DAY).is_some() { Days::Monthly(months) } else { Days::Never }
    }

    /// The first such day from one on, of the years that the engine knows.
    pub fn next(&self, from: i64) -> Option<i64> {
        let from = from.max(FIRST_DAY);
        let day = match self {
            Days::Never => None,
            Days::Spaced { every, anchor } => Some(from + (anchor - from).rem_euclid(*every)),
            Days::Weekly { every, anchor, days } => {
                let into_period = (from - anchor).rem_euclid(7 * every);
                let period = from - into_period;
                times::next(*days, into_period)
                    .map(|day| period + day)
                    .or_else(|| times::next(*days, 0).map(|day| period + 7 * every + day))
            }
            Days::Monthly(months) => months.next(from),
        };
        day.filter(|day| *day <= LAST_DAY)
    }
}

impl Months {
    fn next(&self, from: i64) -> Option<i64> {
        let (mut month, mut skip) = wall::month_of(from);
        while month <= LAST_MONTH {
            let wait = self.wait(month)?;
            if wait > 0 {
                month += wait;
                skip = 0;
                continue;
            }
            let start = wall::month_start(month);
            let length = wall::month_start(month + 1) - start;
            let days = self.days.of_month(wall::weekday(start), length);
            if let Some(day) = times::next(days, skip) {
                return Some(start + day);
            }
            month += 1;
            skip = 0;
        }
        None
    }

    /// How many months on the next may be one of these; none when it is.
    fn wait(&self, month: i64) -> Option<i64> {
        let of_year = month.rem_euclid(12);
        match times::next(self.of_year, of_year) {
            Some(wanted) if wanted == of_year => Some((self.anchor - month).rem_euclid(self.every)),
            Some(wanted) => Some(wanted - of_year),
            None => times::next(self.of_year, 0).map(|wanted| wanted + 12 - of_year),
        }
    }
}

impl DaysOfMonth {
    /// The days of a month that begins on a weekday and has so many days, as bits; the first is bit 0.
    fn of_month(self, first: i64, length: i64) -> u64 {
        let whole = (1 << length) - 1;
        let days = match self {
            DaysOfMonth::Dates(dates) => dates,
            DaysOfMonth::DatesOrLast(dates) => dates | u64::from(dates & !whole != 0) << (length - 1),
            DaysOfMonth::Nth { nth, weekday } => {
                let earliest = (weekday - first).rem_euclid(7);
                let last = (length - 1 - earliest) / 7;
                let place = if nth < 0 { last + 1 + i64::from(nth) } else { i64::from(nth) - 1 };
                if (0..=last).contains(&place) { 1 << (earliest + 7 * place) } else { 0 }
            }
            // Six weeks from the Monday of the month's first week on.
            DaysOfMonth::Weekdays(weekdays) => {
                (0..6).fold(0, |set, week| set | weekdays << (7 * week)) >> first
            }
            DaysOfMonth::Either { dates, weekdays } => {
                dates | Self::Weekdays(weekdays).of_month(first, length)
            }
            DaysOfMonth::Both { dates, weekdays } => dates & Self::Weekdays(weekdays).of_month(first, length),
        };
        days & whole
    }
}
