//! On which wall-clock times a scheduled trigger falls: every day of a stretch is asked, and for cron every minute.

use campanile::language::ast::{Cadence, CalendarUnit, Trigger};
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};

use super::clock::start_of_unit;

/// The wall-clock times of a trigger from the first to the last of these days, in increasing order.
///
/// `anchor` is the first day of the campaign's run (2.5).
pub fn occurrences(
    trigger: &Trigger,
    anchor: Option<NaiveDate>,
    week_starts: Weekday,
    first: NaiveDate,
    last: NaiveDate,
) -> Vec<NaiveDateTime> {
    let days = first.iter_days().take_while(|day| *day <= last);
    match trigger {
        Trigger::Every { cadence, time, .. } => days
            .filter(|day| falls_on(cadence, *day, anchor, week_starts))
            .map(|day| day.and_time(*time))
            .collect(),
        Trigger::Cron { expression, .. } => {
            let cron = Cron::read(&expression.node);
            days.filter(|day| cron.day_matches(*day)).flat_map(|day| cron.times_on(day)).collect()
        }
        _ => Vec::new(),
    }
}

fn falls_on(cadence: &Cadence, day: NaiveDate, anchor: Option<NaiveDate>, week_starts: Weekday) -> bool {
    // 2.5: every n-th unit, counted from the anchor's; with n = 1 there is nothing to count.
    let nth = |every: u32, distance: &dyn Fn(NaiveDate) -> i64| {
        every == 1 || anchor.is_some_and(|anchor| distance(anchor).rem_euclid(i64::from(every)) == 0)
    };
    let months = |anchor: NaiveDate| {
        i64::from(day.year() - anchor.year()) * 12 + i64::from(day.month()) - i64::from(anchor.month())
    };
    let last_of_month = (day + Days::new(1)).month() != day.month();
    match cadence {
        Cadence::Days(every) => nth(*every, &|anchor| (day - anchor).num_days()),
        Cadence::Weeks { every, days } => {
            let week = |day| start_of_unit(day, CalendarUnit::Week, week_starts);
            days.contains(&day.weekday()) && nth(*every, &|anchor| (week(day) - week(anchor)).num_days() / 7)
        }
        Cadence::MonthDays { every, days, or_last } => {
            let lacks = |wanted: &u32| *wanted > day.day();
            let falls = days.contains(&day.day()) || *or_last && last_of_month && days.iter().any(lacks);
            falls && nth(*every, &months)
        }
        Cadence::MonthWeekday { every, nth: which, day: weekday } => {
            let falls = match which {
                -1 => (day + Days::new(7)).month() != day.month(),
                which => (day.day() - 1) / 7 + 1 == u32::try_from(*which).unwrap(),
            };
            day.weekday() == *weekday && falls && nth(*every, &months)
        }
    }
}

/// A cron expression as the set of values of each field.
struct Cron {
    seconds: Vec<u32>,
    minutes: Vec<u32>,
    hours: Vec<u32>,
    days: Vec<u32>,
    months: Vec<u32>,
    /// From Sunday, 0.
    weekdays: Vec<u32>,
    /// True when both kinds of days are restricted: a day then needs only one of them (2.6).
    either_day: bool,
}

impl Cron {
    fn read(expression: &str) -> Cron {
        let mut fields: Vec<&str> = expression.split_whitespace().collect();
        if fields.len() == 5 {
            fields.insert(0, "0");
        }
        let restricted = |field: &str| !field.starts_with('*') && field != "?";
        Cron {
            seconds: values(fields[0], 0, 59, &[]),
            minutes: values(fields[1], 0, 59, &[]),
            hours: values(fields[2], 0, 23, &[]),
            days: values(fields[3], 1, 31, &[]),
            months: values(
                fields[4],
                1,
                12,
                &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
            ),
            weekdays: values(fields[5], 0, 7, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"])
                .into_iter()
                .map(|day| day % 7)
                .collect(),
            either_day: restricted(fields[3]) && restricted(fields[5]),
        }
    }

    fn day_matches(&self, day: NaiveDate) -> bool {
        let by_date = self.days.contains(&day.day());
        let by_weekday = self.weekdays.contains(&day.weekday().num_days_from_sunday());
        let by_day = if self.either_day { by_date || by_weekday } else { by_date && by_weekday };
        self.months.contains(&day.month()) && by_day
    }

    fn times_on(&self, day: NaiveDate) -> Vec<NaiveDateTime> {
        let minutes =
            (0..24 * 60).map(|minute| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap());
        let matching =
            minutes.filter(|time| self.hours.contains(&time.hour()) && self.minutes.contains(&time.minute()));
        let with_seconds = |time: NaiveTime| {
            (0..60).filter(|second| self.seconds.contains(second)).map(move |second| time.with_second(second))
        };
        matching.flat_map(with_seconds).map(|time| day.and_time(time.unwrap())).collect()
    }
}

/// The values of one field: `*`, `5`, `1-5`, `*/15`, `1-10/3`, `mon,fri`; a name counts from the least value.
fn values(field: &str, least: u32, greatest: u32, names: &[&str]) -> Vec<u32> {
    let value = |text: &str| {
        let name = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        name.map_or_else(|| text.parse().unwrap(), |place| place as u32 + least)
    };
    let one = |part: &str| {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let stepped = part.contains('/');
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (value(from), value(to)),
            None if range == "*" || range == "?" => (least, greatest),
            None if stepped => (value(range), greatest),
            None => (value(range), value(range)),
        };
        (from..=to).step_by(step.parse().unwrap()).collect::<Vec<u32>>()
    };
    field.split(',').flat_map(one).collect()
}
