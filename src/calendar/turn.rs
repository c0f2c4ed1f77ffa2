use chrono::Weekday;

use super::bounds::units_back;
use super::{Zone, bounds, wall};
use crate::language::ast::{CalendarUnit, WindowKind};
use crate::model::Instant;

/// The earliest instant after `now` at which an instant may come into a window, or go out of it, only because time goes by;
/// [`Instant::MAX`] when it never will.
///
/// The same zone and week as for [`bounds`]. Never late. Early only where clocks are set back: there days may be asked about again that
/// were over already.
pub(crate) fn turn(
    kind: &WindowKind,
    at: Instant,
    now: Instant,
    zone: &Zone,
    week_starts: Weekday,
) -> Instant {
    // What is still to come lies in no window until it is there.
    if at > now {
        return at.min(Instant::MAX);
    }
    let far_edge = |edge: Instant| if edge > now { edge } else { Instant::MAX };
    let next = match *kind {
        WindowKind::Last(far) => far_edge(at + far),
        WindowKind::MoreThanAgo(near) => far_edge(at + near),
        WindowKind::BetweenAgo(near, far) => {
            if at + near > now {
                at + near
            } else {
                far_edge(at + far)
            }
        }
        WindowKind::LastCalendar(far, unit) => cut(0, far, unit, at, now, zone, week_starts),
        WindowKind::This(unit) => cut(0, 0, unit, at, now, zone, week_starts),
        WindowKind::Previous(unit) => cut(1, 1, unit, at, now, zone, week_starts),
        WindowKind::ExactlyAgo(units, unit) => cut(units, units, unit, at, now, zone, week_starts),
        WindowKind::BetweenAgoCalendar(near, far, unit) => cut(near, far, unit, at, now, zone, week_starts),
        // These stand still.
        WindowKind::After(_)
        | WindowKind::Since(_)
        | WindowKind::Before(_)
        | WindowKind::On(_)
        | WindowKind::FromTo(..) => Instant::MAX,
    };
    next.min(Instant::MAX)
}

/// The same for whole units, from the one so `far` back to the one so `near` back.
fn cut(
    near: u32,
    far: u32,
    unit: CalendarUnit,
    at: Instant,
    now: Instant,
    zone: &Zone,
    week_starts: Weekday,
) -> Instant {
    let again = Instant::from_millis(zone.timeline().day_again(now.millis()));
    // The latest day that had begun by then.
    let latest_shown = zone.timeline().unseen_before(at.next().millis()) - 1;
    let day = latest_shown.div_euclid(wall::DAY);
    let whole = WindowKind::BetweenAgoCalendar(near, far, unit);
    let (start, end) = bounds(&whole, now, zone, week_starts);
    let passed = if at >= end {
        i64::from(near)
    } else if at >= start {
        i64::from(far) + 1
    } else {
        return again;
    };
    first_day(units_back(day, -passed, unit, week_starts), now, zone).min(again)
}

/// The first instant after now at which a zone's clocks show a day or a later one. Where they have shown it and were set back since, it may be
/// the earlier instant at which they change again.
fn first_day(day: i64, now: Instant, zone: &Zone) -> Instant {
    let start = zone.start_of(day);
    if start > now {
        return start;
    }
    let stretch = zone.timeline().at(now.millis());
    let midnight = day.saturating_mul(wall::DAY).saturating_sub(stretch.offset);
    let next = if midnight > now.millis() { midnight.min(stretch.end) } else { stretch.end };
    Instant::from_millis(next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3_600_000;

    fn kinds() -> impl Strategy<Value = WindowKind> {
        use CalendarUnit::{Day, Month, Week, Year};
        let unit = prop::sample::select(vec![Day, Week, Month, Year]);
        let hours = |hours: i64| crate::model::Duration::from_millis(hours * HOUR);
        let length = (1..200_i64).prop_map(hours);
        prop_oneof![
            length.clone().prop_map(WindowKind::Last),
            length.prop_map(WindowKind::MoreThanAgo),
            (0..200_i64, 1..200_i64)
                .prop_map(move |(near, long)| WindowKind::BetweenAgo(hours(near), hours(near + long))),
            (0..3_u32, unit.clone()).prop_map(|(n, unit)| WindowKind::LastCalendar(n, unit)),
            unit.clone().prop_map(WindowKind::This),
            unit.clone().prop_map(WindowKind::Previous),
            (1..3_u32, unit.clone()).prop_map(|(n, unit)| WindowKind::ExactlyAgo(n, unit)),
            (0..3_u32, 0..3_u32, unit).prop_map(|(a, b, unit)| WindowKind::BetweenAgoCalendar(
                a.min(b),
                a.max(b),
                unit
            )),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn nothing_turns_before(
            kind in kinds(),
            // Newfoundland once set its clocks back over midnight; Santiago has days without one; Apia skipped one.
            (zone, around) in prop::sample::select(vec![
                ("America/St_Johns", "2006-10-29T02:30:00Z"),
                ("America/Santiago", "2026-09-06T04:00:00Z"),
                ("Pacific/Apia", "2011-12-30T10:00:00Z"),
                ("Europe/Warsaw", "2026-10-25T01:00:00Z"),
                ("UTC", "2026-12-31T22:00:00Z"),
            ]),
            back in 0..40_i64,
            minutes in 0..60_i64,
            now in -30..20_i64,
        ) {
            let zone = Zone::named(zone).unwrap();
            let around = Instant::parse(around).unwrap().millis();
            let now = Instant::from_millis(around + now * HOUR + HOUR / 2);
            let at = Instant::from_millis(now.millis() - back * HOUR - minutes * 60_000);
            let inside = |now: Instant| {
                let (start, end) = bounds(&kind, now, &zone, Weekday::Mon);
                start <= at && at < end
            };
            let turns = turn(&kind, at, now, &zone, Weekday::Mon);
            prop_assert!(turns > now);
            let last = turns.millis().min(now.millis() + 60 * HOUR) - 1;
            let probes = (now.millis()..last).step_by(13 * 60_000).chain([last]);
            for probe in probes.map(Instant::from_millis) {
                prop_assert_eq!(inside(probe), inside(now), "{} at {}, turns {}", at, probe, turns);
            }
            let clocks_change = zone.timeline().at(now.millis()).end <= turns.millis();
            if turns < Instant::MAX && !clocks_change {
                prop_assert_ne!(inside(turns), inside(now), "exact");
            }
        }
    }
}
