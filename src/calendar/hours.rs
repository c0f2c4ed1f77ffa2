use super::Zone;
use super::wall::{self, DAY, WEEK};
use crate::language::ast::DayWindow;
use crate::model::Instant;

/// How far ahead the next opening is looked for.
const HORIZON: i64 = 400 * DAY;

/// Hours of the week that are open, such as delivery hours; quiet hours are hours that must be closed.
///
/// An instant is open when its local time lies within a window: at or after the opening, before the closing, on a day of the window. A window
/// whose closing is not after its opening runs into the next day and belongs to the day on which it opened. Windows may overlap; what is in
/// any of them is open. In the hour that occurs twice a window is open in both passes, and one that lies in a gap does not open on that day.
///
/// Kept as the moments of the week at which they open or close, so that a question is one look at the zone and one at those few moments.
///
/// # Example
/// ```
/// use campanile::calendar::{OpenHours, Zone};
/// use campanile::language::{Span, ast::DayWindow};
/// use campanile::model::Instant;
/// use chrono::NaiveTime;
///
/// let night = DayWindow {
///     from: NaiveTime::from_hms_opt(21, 0, 0).unwrap(),
///     to: NaiveTime::from_hms_opt(9, 0, 0),
///     days: None,
///     span: Span::default(),
/// };
/// let quiet = OpenHours::new(&[night]);
/// let zone = Zone::named("Asia/Kolkata")?;
/// let at = Instant::parse("2026-11-03T23:30:00+05:30").unwrap();
/// assert!(quiet.is_open(&zone, at));
/// assert_eq!(quiet.next_closed(&zone, at), Instant::parse("2026-11-04T09:00:00+05:30").ok());
/// # Ok::<(), campanile::calendar::UnknownZone>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenHours {
    /// The moments of the week at which open and closed change places, in milliseconds since Monday 00:00, sorted. An even number of them.
    turns: Box<[i64]>,
    /// What holds before the first turn and, as the week is a ring, after the last.
    overnight: Hours,
}

/// What hours are at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hours {
    Open,
    Closed,
}

impl Hours {
    fn turned(self, times: usize) -> Hours {
        match (self, times % 2) {
            (hours, 0) => hours,
            (Hours::Open, _) => Hours::Closed,
            (Hours::Closed, _) => Hours::Open,
        }
    }
}

impl OpenHours {
    /// The hours of all windows together. No window at all is never open.
    pub fn new(windows: &[DayWindow]) -> OpenHours {
        let mut stretches: Vec<(i64, i64)> = windows.iter().flat_map(stretches_of_week).collect();
        stretches.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::with_capacity(stretches.len());
        for (from, to) in stretches {
            match merged.last_mut() {
                Some((_, until)) if from <= *until => *until = to.max(*until),
                _ => merged.push((from, to)),
            }
        }
        // On the ring of the week its end is its beginning: open across it is no turn, and what closes at its end turns at its beginning.
        let ends_open = merged.last().is_some_and(|(_, to)| *to == WEEK);
        let begins_open = merged.first().is_some_and(|(from, _)| *from == 0);
        let mut turns: Vec<i64> = merged.into_iter().flat_map(|(from, to)| [from, to]).collect();
        if ends_open {
            turns.pop();
            if begins_open {
                turns.remove(0);
            } else {
                turns.insert(0, 0);
            }
        }
        let overnight = if ends_open { Hours::Open } else { Hours::Closed };
        OpenHours { turns: turns.into(), overnight }
    }

    /// True when the hours are open at an instant, by the zone's clock.
    pub fn is_open(&self, zone: &Zone, at: Instant) -> bool {
        let time = wall::time_of_week(zone.wall(at.millis()));
        self.overnight.turned(self.turns_until(time)) == Hours::Open
    }

    /// The first instant at or after `at` that is open; `None` when there is none within 400 days.
    pub fn next_open(&self, zone: &Zone, at: Instant) -> Option<Instant> {
        self.next(Hours::Open, zone, at)
    }

    /// The first instant at or after `at` that is closed; `None` when there is none within 400 days.
    pub fn next_closed(&self, zone: &Zone, at: Instant) -> Option<Instant> {
        self.next(Hours::Closed, zone, at)
    }

    /// Looks in the week of one stretch of unchanged offset after the other.
    fn next(&self, wanted: Hours, zone: &Zone, at: Instant) -> Option<Instant> {
        let horizon = at.millis().saturating_add(HORIZON);
        let mut from = at.millis();
        loop {
            let stretch = zone.timeline().at(from);
            let then = from.saturating_add(self.wait(wanted, stretch.wall(from))?);
            if then < stretch.end || stretch.end >= horizon {
                return (then <= horizon && then < stretch.end).then_some(Instant::from_millis(then));
            }
            from = stretch.end;
        }
    }

    /// How long after a wall clock the hours are first as wanted, if the clock is not changed; `None` when they never are.
    fn wait(&self, wanted: Hours, wall: i64) -> Option<i64> {
        let time = wall::time_of_week(wall);
        let turned = self.turns_until(time);
        if self.overnight.turned(turned) == wanted {
            return Some(0);
        }
        let next_week = || self.turns.first().map(|turn| turn + WEEK);
        let turn = self.turns.get(turned).copied().or_else(next_week)?;
        Some(turn - time)
    }

    /// How many turns come at or before a moment of the week.
    fn turns_until(&self, time: i64) -> usize {
        self.turns.partition_point(|turn| *turn <= time)
    }
}

/// The stretches of the week that a window is open; what runs over the week's end is cut in two.
fn stretches_of_week(window: &DayWindow) -> Vec<(i64, i64)> {
    let from = wall::from_time(window.from);
    let to = window.to.map_or(DAY, wall::from_time);
    let length = if to > from { to - from } else { to - from + DAY };
    let days: Vec<i64> = match &window.days {
        Some(days) => days.iter().map(|day| i64::from(day.num_days_from_monday())).collect(),
        None => (0..7).collect(),
    };
    let mut stretches = Vec::with_capacity(days.len() + 1);
    for day in days {
        let start = day * DAY + from;
        let end = start + length;
        stretches.push((start, end.min(WEEK)));
        if end > WEEK {
            stretches.push((0, end - WEEK));
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveTime, Weekday};

    use super::*;
    use crate::language::Span;

    fn window(from: &str, to: Option<&str>, days: &[Weekday]) -> DayWindow {
        let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
        DayWindow {
            from: time(from),
            to: to.map(time),
            days: (!days.is_empty()).then(|| days.to_vec()),
            span: Span::default(),
        }
    }

    #[test]
    fn a_whole_week_has_no_turns() {
        for whole in [
            vec![window("00:00", None, &[])],
            vec![window("09:00", Some("09:00"), &[])],
            vec![window("00:00", Some("12:00"), &[]), window("12:00", None, &[])],
            vec![window("21:00", Some("09:00"), &[]), window("09:00", Some("21:00"), &[])],
        ] {
            let hours = OpenHours::new(&whole);
            assert!(hours.turns.is_empty(), "{hours:?}");
            assert!(hours.is_open(&Zone::utc(), Instant::from_millis(0)));
            assert_eq!(hours.next_closed(&Zone::utc(), Instant::from_millis(0)), None);
        }
    }

    #[test]
    fn no_hours_never_open() {
        for none in [vec![], vec![DayWindow { days: Some(vec![]), ..window("09:00", None, &[]) }]] {
            let hours = OpenHours::new(&none);
            assert!(!hours.is_open(&Zone::utc(), Instant::from_millis(0)));
            assert_eq!(hours.next_open(&Zone::utc(), Instant::from_millis(0)), None);
            assert_eq!(
                hours.next_closed(&Zone::utc(), Instant::from_millis(7)),
                Some(Instant::from_millis(7))
            );
        }
    }

    #[test]
    fn turns_are_even_and_inside_the_week() {
        for windows in [
            vec![window("22:00", Some("02:00"), &[Weekday::Sun])],
            vec![window("22:00", None, &[Weekday::Sun])],
            vec![window("22:00", None, &[Weekday::Sun]), window("00:00", Some("01:00"), &[Weekday::Mon])],
            vec![window("00:00", Some("01:00"), &[Weekday::Mon])],
        ] {
            let hours = OpenHours::new(&windows);
            assert_eq!(hours.turns.len(), 2, "{hours:?}");
            assert!(
                hours.turns.is_sorted() && hours.turns.iter().all(|turn| (0..WEEK).contains(turn)),
                "{hours:?}"
            );
        }
    }

    #[test]
    fn the_ends_of_time_are_answered() {
        let hours = OpenHours::new(&[window("09:00", Some("21:00"), &[])]);
        let zone = Zone::named("America/New_York").unwrap();
        for at in [i64::MIN, Instant::MIN.millis(), Instant::MAX.millis(), i64::MAX].map(Instant::from_millis)
        {
            let _ = (hours.is_open(&zone, at), zone.offset_at(at), zone.to_local(at));
            assert!(hours.next_open(&zone, at).is_none_or(|open| open >= at));
            assert!(hours.next_closed(&zone, at).is_none_or(|closed| closed >= at));
        }
    }
}
