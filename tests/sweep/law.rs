//! What must be, by docs/semantics.md 2, along a walk.

use campanile::calendar::Occurrence;
use chrono::{Datelike, Weekday};

use super::walk::{DAY, Walk, instant, wall};

/// The weekday of a day: 1970-01-01 was a Thursday.
pub fn weekday(day: i64) -> Weekday {
    let since_monday = u8::try_from((day + 3).rem_euclid(7)).unwrap();
    let weekday = Weekday::try_from(since_monday).unwrap();
    debug_assert_eq!(wall(day * DAY).weekday(), weekday);
    weekday
}

/// 2.1, 2.4: a time of the day on each day that is one of some weekdays: when the clock first shows it or, where clocks jump over it, when they have.
pub fn occurrences(walk: &Walk, time: i64, on: impl Fn(Weekday) -> bool) -> Vec<Occurrence> {
    let days = walk.whole_days().filter(|day| on(weekday(*day)));
    let mut occurrences: Vec<Occurrence> = Vec::new();
    for shown in days.map(|day| day * DAY + time) {
        let next = Occurrence { wall: wall(shown), instant: instant(walk.first(shown)) };
        // Of several that come at one instant, the first.
        if occurrences.last().is_none_or(|last| last.instant != next.instant) {
            occurrences.push(next);
        }
    }
    occurrences
}

/// A window of the week: from a minute of the day up to another, on some days; one that does not end after it begins runs into the next day.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub from: i64,
    pub to: i64,
    pub days: &'static [Weekday],
}

/// 2.3: whether a clock that shows a minute is in one of some windows.
pub fn is_open(windows: &[Window], shown: i64) -> bool {
    let (today, time) = (shown.div_euclid(DAY), shown.rem_euclid(DAY));
    windows.iter().any(|window| {
        let on = |day: i64| window.days.is_empty() || window.days.contains(&weekday(day));
        if window.from < window.to {
            on(today) && window.from <= time && time < window.to
        } else {
            on(today) && window.from <= time || on(today - 1) && time < window.to
        }
    })
}

/// For each minute of a walk, the first one from it on at which a clock is as wanted; `None` towards the end, where the walk does not tell.
pub fn next(walk: &Walk, wanted: impl Fn(i64) -> bool) -> Vec<Option<i64>> {
    let mut next = Vec::with_capacity(walk.minutes().len());
    let mut found = None;
    for (minute, shown) in walk.minutes().rev() {
        if wanted(shown) {
            found = Some(minute);
        }
        next.push(found);
    }
    next.reverse();
    next
}
