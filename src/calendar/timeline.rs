use super::database::Shift;
use super::wall;

/// A zone's clock: stretches of time with one offset each, cut once from the database.
///
/// The offset at an instant is that of the stretch that it lies in. A wall clock is resolved by what each stretch is the first to show: it comes
/// to lie in the last stretch that has any wall clock at or before it unseen, exactly there when the stretch reaches it, at its start when clocks
/// jumped over it.
///
/// Time is also cut into leaps of some hundred days, each with the stretch in which it begins. Clocks are hardly ever changed more than twice in
/// one, so that a stretch is found by a look and a step or two, and no search.
#[derive(Debug)]
pub(super) struct Timeline {
    /// In order; never empty, the first starting at the beginning of time.
    stretches: Box<[Stretch]>,
    /// For each leap from [`FIRST_LEAP`] on, the place of the stretch at its first instant. None after the last change.
    leaps: Box<[u16]>,
    /// Where clocks are set back to a day that was over already. Hardly any zone ever did.
    day_again: Box<[i64]>,
}

/// The first instant of the first leap: 1897-09-26, before any change that the database room hands over.
const FIRST_LEAP: i64 = -2_280_000_000_000;
/// A leap is two to this many milliseconds.
const LEAP_BITS: u32 = 33;

/// A stretch of time with one offset; all in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Its first instant.
    pub start: i64,
    /// The first instant after it; `i64::MAX` for the last.
    pub end: i64,
    /// East of UTC.
    pub offset: i64,
    /// The first wall clock that was not shown before it. Never falls from one stretch to the next.
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
        let mut unseen = i64::MIN;
        let ends = shifts.iter().skip(1).map(|shift| shift.at).chain([i64::MAX]);
        for (shift, end) in shifts.iter().zip(ends) {
            stretches.push(Stretch { start: shift.at, end, offset: shift.offset, unseen });
            unseen = unseen.max(end.saturating_add(shift.offset));
        }
        if stretches.is_empty() {
            stretches.push(Stretch::EVER);
        }
        let last_change = stretches.last().map_or(i64::MIN, |stretch| stretch.start);
        let starts = (0..).map(|leap: i64| FIRST_LEAP + (leap << LEAP_BITS));
        let leaps = starts.take_while(|start| *start < last_change).map(|start| {
            let after = stretches.partition_point(|stretch| stretch.start <= start);
            u16::try_from(after.saturating_sub(1)).unwrap_or(u16::MAX)
        });
        let leaps = leaps.collect();
        let day_again = stretches.windows(2).filter_map(|pair| match pair {
            [before, after] => {
                let day = |wall: i64| wall.div_euclid(wall::DAY);
                let start = after.start;
                (day(after.wall(start)) < day(before.wall(start.saturating_sub(1)))).then_some(start)
            }
            _ => None,
        });
        Timeline { day_again: day_again.collect(), leaps, stretches: stretches.into() }
    }

    /// A place at or before that of the stretch in which an instant lies, and near it.
    fn leap_to(&self, instant: i64) -> usize {
        let leap = instant.saturating_sub(FIRST_LEAP) >> LEAP_BITS;
        match usize::try_from(leap) {
            Ok(leap) => self.leaps.get(leap).map_or(self.stretches.len() - 1, |place| usize::from(*place)),
            Err(_) => 0,
        }
    }

    fn stretch(&self, place: usize) -> Stretch {
        self.stretches.get(place).copied().unwrap_or(Stretch::EVER)
    }

    /// The stretch in which an instant lies.
    pub fn at(&self, instant: i64) -> Stretch {
        let mut place = self.leap_to(instant);
        let mut stretch = self.stretch(place);
        while stretch.end <= instant && stretch.end != i64::MAX {
            place += 1;
            stretch = self.stretch(place);
        }
        stretch
    }

    /// The earliest instant at which the clock shows at least `wall`. Never falls as `wall` rises.
    pub fn resolve(&self, wall: i64) -> Landing {
        // No clock is a day from that of UTC, so it cannot be far from there.
        let mut place = self.leap_to(wall);
        let mut stretch = self.stretch(place);
        while stretch.unseen > wall && place > 0 {
            place -= 1;
            stretch = self.stretch(place);
        }
        while let Some(next) = self.stretches.get(place + 1).filter(|next| next.unseen <= wall) {
            place += 1;
            stretch = *next;
        }
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

    /// Changes over centuries: years apart, or several within days.
    fn changes_over_centuries() -> impl Strategy<Value = Vec<Shift>> {
        let hours = |range: std::ops::Range<i64>| range.prop_map(|hours| hours * 1_800_000);
        let at = (-700_000_000..2_200_000_000_i64, prop::bool::ANY, 0..400_i64)
            .prop_map(|(at, near, hour)| if near { hour * 3_600_000 } else { at * 3_600 });
        (hours(-28..28), prop::collection::btree_map(at, hours(-28..28), 0..40)).prop_map(
            |(first, changes)| {
                let later = changes.into_iter().map(|(at, offset)| Shift { at, offset });
                [Shift { at: i64::MIN, offset: first }].into_iter().chain(later).collect()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        /// Leaps are only a short cut to what looking at one stretch after the other finds.
        #[test]
        fn leaps_find_what_a_walk_finds(
            shifts in changes_over_centuries(),
            anywhere in prop::collection::vec(any::<i64>(), 8),
            about in prop::collection::vec((any::<prop::sample::Index>(), -2..3_i64), 32),
        ) {
            let timeline = Timeline::new(&shifts);
            let near = about.iter().map(|(change, by)| change.get(&shifts).at.saturating_add(by * 1_800_000 + by % 2));
            let leaps = about.iter().map(|(leap, by)| FIRST_LEAP + ((leap.index(1_200) as i64) << LEAP_BITS) + by);
            for at in near.chain(leaps).chain(anywhere).chain([i64::MIN, FIRST_LEAP, i64::MAX]) {
                let walked = timeline.stretches.iter().rfind(|stretch| stretch.start <= at).unwrap();
                prop_assert_eq!(&timeline.at(at), walked);
                let walked = timeline.stretches.iter().rfind(|stretch| stretch.unseen <= at).unwrap();
                prop_assert_eq!(timeline.resolve(at).instant, at.saturating_sub(walked.offset).max(walked.start));
            }
        }
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
