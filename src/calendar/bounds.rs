use chrono::Weekday;

use super::Zone;
use super::wall;
use crate::language::ast::{CalendarUnit, WindowKind};
use crate::model::Instant;

/// The instants of a window seen from `now`, the first in, the last out. An empty window has equal ends.
///
/// Days, weeks, months and years are cut in `zone`, weeks at `week_starts`. No window reaches beyond now, which is in: such a one ends at
/// `now.next()`. `before DATE` begins at [`Instant::MIN`].
///
/// # Example
/// ```
/// use campanile::calendar::{Zone, bounds};
/// use campanile::language::ast::{CalendarUnit, WindowKind};
/// use campanile::model::Instant;
/// use chrono::Weekday;
///
/// let zone = Zone::named("Asia/Kolkata")?;
/// let now = Instant::parse("2026-11-03T10:00:00+05:30").unwrap();
/// let yesterday = WindowKind::Previous(CalendarUnit::Day);
/// let (start, end) = bounds(&yesterday, now, &zone, Weekday::Mon);
/// assert_eq!(Ok(start), Instant::parse("2026-11-02T00:00:00+05:30"));
/// assert_eq!(Ok(end), Instant::parse("2026-11-03T00:00:00+05:30"));
/// # Ok::<(), campanile::calendar::UnknownZone>(())
/// ```
pub fn bounds(kind: &WindowKind, now: Instant, zone: &Zone, week_starts: Weekday) -> (Instant, Instant) {
    let after_now = now.next();
    // The start of the unit so many before this one; of this one itself, and of the next, at 0 and -1.
    let back =
        |count: i64, unit: CalendarUnit| zone.start_of(units_back(zone.today(now), count, unit, week_starts));
    let (start, end) = match *kind {
        WindowKind::Last(length) => ((now - length).next(), after_now),
        WindowKind::LastCalendar(count, unit) => (back(count.into(), unit), after_now),
        WindowKind::This(unit) => (back(0, unit), after_now),
        WindowKind::Previous(unit) => (back(1, unit), back(0, unit)),
        WindowKind::ExactlyAgo(count, unit) => (back(count.into(), unit), back(i64::from(count) - 1, unit)),
        WindowKind::BetweenAgo(near, far) => ((now - far).next(), (now - near).next()),
        WindowKind::BetweenAgoCalendar(near, far, unit) => {
            (back(far.into(), unit), back(i64::from(near) - 1, unit))
        }
        WindowKind::MoreThanAgo(length) => (Instant::MIN, (now - length).next()),
        WindowKind::After(date) => (zone.day(date).1, after_now),
        WindowKind::Since(date) => (zone.day_start(date), after_now),
        WindowKind::Before(date) => (Instant::MIN, zone.day_start(date)),
        WindowKind::On(date) => zone.day(date),
        WindowKind::FromTo(from, to) => (zone.day(from).0, zone.day(to).1),
    };
    let end = end.min(after_now);
    (start.min(end), end)
}

/// The first day of the unit so many units before the one in which a day lies.
pub(super) fn units_back(day: i64, count: i64, unit: CalendarUnit, week_starts: Weekday) -> i64 {
    match unit {
        CalendarUnit::Day => day - count,
        CalendarUnit::Week => wall::week_start(day, week_starts) - 7 * count,
        CalendarUnit::Month => wall::month_start(wall::month_of(day).0 - count),
        CalendarUnit::Year => wall::month_start(12 * (wall::month_of(day).0.div_euclid(12) - count)),
    }
}
