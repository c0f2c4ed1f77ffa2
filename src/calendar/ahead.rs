use chrono::{Datelike, NaiveDate, Weekday};

use super::Zone;
use super::bounds::units_back;
use crate::language::ast::{CalendarUnit, DateWindowKind, WindowKind};
use crate::model::Instant;

/// Dates may be older than any instant that the engine knows, and later.
const EARLIEST: Instant = Instant::from_millis(i64::MIN);
const LATEST: Instant = Instant::from_millis(i64::MAX);

/// The instants of a date's window seen from `now`, the first in, the last out. An empty window does not begin before it ends.
///
/// Unlike the windows of events ([`bounds`](super::bounds)), these may lie ahead: `today` and `this month` are whole units, and `after DATE` has
/// no end. As `now` moves on, neither the first nor the last instant ever moves back, but for the minute in which clocks are put back over
/// midnight, as those of St. John's were until 2011.
pub fn date_bounds(
    kind: &DateWindowKind,
    now: Instant,
    zone: &Zone,
    week_starts: Weekday,
) -> (Instant, Instant) {
    let after_now = now.next();
    // The start of the unit so many after this one.
    let ahead = |count: i64, unit: CalendarUnit| {
        zone.start_of(units_back(zone.today(now), -count, unit, week_starts))
    };
    match *kind {
        DateWindowKind::Past(past) => match past {
            WindowKind::Last(length) => ((now - length).next(), after_now),
            WindowKind::LastCalendar(count, unit) => (ahead(-i64::from(count), unit), after_now),
            WindowKind::This(unit) => (ahead(0, unit), ahead(1, unit)),
            WindowKind::Previous(unit) => (ahead(-1, unit), ahead(0, unit)),
            WindowKind::ExactlyAgo(count, unit) => {
                (ahead(-i64::from(count), unit), ahead(1 - i64::from(count), unit))
            }
            WindowKind::BetweenAgo(near, far) => ((now - far).next(), (now - near).next()),
            WindowKind::BetweenAgoCalendar(near, far, unit) => {
                (ahead(-i64::from(far), unit), ahead(1 - i64::from(near), unit).min(after_now))
            }
            WindowKind::MoreThanAgo(length) => (EARLIEST, (now - length).next()),
            WindowKind::After(date) => (zone.day(date).1, LATEST),
            WindowKind::Since(date) => (zone.day_start(date), after_now),
            WindowKind::Before(date) => (EARLIEST, zone.day_start(date)),
            WindowKind::On(date) => zone.day(date),
            WindowKind::FromTo(from, to) => (zone.day(from).0, zone.day(to).1),
        },
        DateWindowKind::Next(length) => (now, now + length),
        DateWindowKind::NextCalendar(count, unit) => (now, ahead(i64::from(count) + 1, unit)),
        DateWindowKind::ExactlyAhead(count, unit) => {
            (ahead(count.into(), unit), ahead(i64::from(count) + 1, unit))
        }
        DateWindowKind::BetweenAhead(near, far) => (now + near, now + far),
    }
}

/// The day in a year on which a date returns: 29 February is 28 February in years without one. `None` only beyond the years that a date may have.
///
/// # Example
/// ```
/// use campanile::calendar::anniversary;
/// use chrono::NaiveDate;
/// let born = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
/// assert_eq!(anniversary(born, 2026), NaiveDate::from_ymd_opt(2026, 2, 28));
/// assert_eq!(anniversary(born, 2028), NaiveDate::from_ymd_opt(2028, 2, 29));
/// ```
pub fn anniversary(date: NaiveDate, year: i32) -> Option<NaiveDate> {
    date.with_year(year).or_else(|| date.pred_opt()?.with_year(year))
}
