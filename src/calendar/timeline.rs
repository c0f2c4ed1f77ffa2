use super::database::Shift;
use super::wall;

/// A zone's clock: stretches of time with one offset each, cut once from the database, so that every question is a binary search.
///
/// The offset at an instant is that of the stretch that it lies in. A wall clock is resolved by the *summits*: the summit of a stretch is the first
/// wall clock that was not shown by its end. Summits never fall, so the first stretch whose summit is higher than a wall clock is the one in
/// which the zone's clock first shows at least that: exactly there when the stretch reaches it, at its start when clocks jumped over it.
#[derive(Debug)]
pub(super) struct Timeline {
    /// The start of each stretch; the first starts at the beginning of time.
    starts: Box<[i64]>,
    /// The summit of each stretch; the last's is the end of time.
    summits: Box<[i64]>,
    stretches: Box<[Stretch]>,
    /// Where clocks are set back to a day that was over already. Hardly any zone ever did.
    day_again: Box<[i64]>,
}

/// A stretch of time with one offset; all in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Its first instant.
    pub start: i64,
    /// The first instant after it; `i64::MAX` for the last.
    pub end: i64,
    /// East of UTC.
    pub offset: i64,
    /// The first wall clock that was not shown before it.
    pub unseen: i64,
}

/// Where a wall clock comes to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Landing {
    /// The instant.
    pub instant: i64,
    /// The first wall clock that comes to lie there: where the gap began, if there is one.
    pub first: i64,
    /// The last wall clock that comes to lie there: where the gap ended, if there is one.
    pub last: i64,
}

impl Stretch {
    /// The only stretch of UTC.
    const EVER: Stretch = Stretch { start: i64::MIN, end: i64::MAX, offset: 0, unseen: i64::MIN };

    /// The wall clock at an instant of it.
    pub fn wall(&self, instant: i64) -> i64 {
        instant.saturating_add(self.offset)
    }
}

impl Timeline {
    /// From a zone's changes in order of time.
    pub fn new(shifts: &[Shift]) -> Timeline {
        let mut stretches = Vec::with_capacity(shifts.len());
        let mut summits = Vec::with_capacity(shifts.len());
        let mut summit = i64::MIN;
        let ends = shifts.iter().skip(1).map(|shift| shift.at).chain([i64::MAX]);
        for (shift, end) in shifts.iter().zip(ends) {
            stretches.push(Stretch { start: shift.at, end, offset: shift.offset, unseen: summit });
            let top = if end == i64::MAX { i64::MAX } else { end.saturating_add(shift.offset) };
            summit = summit.max(top);
            summits.push(summit);
        }
        let day_again = stretches.windows(2).filter_map(|pair| match pair {
            [before, after] => {
                let day = |wall: i64| wall.div_euclid(wall::DAY);
                let start = after.start;
                (day(after.wall(start)) < day(before.wall(start.saturating_sub(1)))).then_some(start)
            }
            _ => None,
        });
        Timeline {
            day_again: day_again.collect(),
            starts: shifts.iter().map(|shift| shift.at).collect(),
            summits: summits.into(),
            stretches: stretches.into(),
        }
    }

    /// The stretch in which an instant lies.
    pub fn at(&self, instant: i64) -> Stretch {
        let after = self.starts.partition_point(|start| *start <= instant);
        self.stretches.get(after.saturating_sub(1)).copied().unwrap_or(Stretch::EVER)
    }

    /// The earliest instant at which the clock shows at least `wall`. Never falls as `wall` rises.
    pub fn resolve(&self, wall: i64) -> Landing {
        let first = self.summits.partition_point(|summit| *summit <= wall);
        let stretch = self.stretches.get(first).copied().unwrap_or(Stretch::EVER);
        let reached = wall.saturating_sub(stretch.offset);
        if reached > stretch.start {
            return Landing { instant: reached, first: wall, last: wall };
        }
        let last = stretch.wall(stretch.start);
        Landing { instant: stretch.start, first: stretch.unseen.min(last), last }
    }

    /// The first instant after one at which clocks are set back to a day that was over already; `i64::MAX` for none.
    pub fn day_again(&self, after: i64) -> i64 {
        let place = self.day_again.partition_point(|at| *at <= after);
        self.day_again.get(place).copied().unwrap_or(i64::MAX)
    }

    /// The first wall clock that was not shown before an instant: those from it on come to lie at the instant or later, those before it earlier.
    pub fn unseen_before(&self, instant: i64) -> i64 {
        let stretch = self.at(instant.saturating_sub(1));
        stretch.wall(instant).max(stretch.unseen)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPAN: i64 = 120;

    /// Changes of clocks so wild and so close together that no zone has them.
    fn shifts() -> impl Strategy<Value = Vec<Shift>> {
        (-30..30_i64, prop::collection::btree_map(1..SPAN, -30..30_i64, 0..8)).prop_map(|(first, changes)| {
            let later = changes.into_iter().map(|(at, offset)| Shift { at, offset });
            [Shift { at: i64::MIN, offset: first }].into_iter().chain(later).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_wall_clock_is_the_earliest_instant_that_shows_at_least_that(shifts in shifts()) {
            let timeline = Timeline::new(&shifts);
            let instants = -70..SPAN + 70;
            let offset = |at: i64| shifts.iter().rfind(|shift| shift.at <= at).map_or(0, |shift| shift.offset);
            for at in instants.clone() {
                prop_assert_eq!(timeline.at(at).wall(at), at + offset(at));
            }
            for wall in -30..SPAN + 30 {
                let earliest = |wall: i64| instants.clone().find(|at| at + offset(*at) >= wall);
                let landing = timeline.resolve(wall);
                prop_assert_eq!(Some(landing.instant), earliest(wall));
                // Exactly the wall clocks between its ends come to lie there.
                prop_assert!(landing.first <= wall && wall <= landing.last);
                prop_assert_eq!(earliest(landing.first), earliest(landing.last));
                prop_assert!(earliest(landing.first - 1) < Some(landing.instant));
                prop_assert!(earliest(landing.last + 1) > Some(landing.instant));
            }
            for at in 0..SPAN {
                let unseen = timeline.unseen_before(at);
                prop_assert!(timeline.resolve(unseen).instant >= at);
                prop_assert!(timeline.resolve(unseen - 1).instant < at);
            }
        }
    }
}
