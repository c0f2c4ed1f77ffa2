//! Conditions as nodes of one arena, and the counters that they read.

use crate::language::ast::{CalendarUnit, CountComparison, WindowKind};
use crate::model::{Duration, Instant, Properties, Value};

use super::predicate::{Predicate, Seen, Slots};

/// A node's place in the arena.
pub(crate) type NodeId = u32;

/// A condition; equal ones are one node, so that a segment that ten campaigns use stands here once.
#[derive(Debug)]
pub(crate) enum Node {
    All(Box<[NodeId]>),
    Any(Box<[NodeId]>),
    Not(NodeId),
    Count { counter: u32, window: WindowPlan, range: CountRange },
    Profile(ProfileTest),
    List(u32),
}

/// A test on a profile's properties.
#[derive(Debug)]
pub(crate) struct ProfileTest {
    pub(crate) slots: Slots,
    pub(crate) predicate: Predicate,
}

impl ProfileTest {
    /// Whether it holds of a profile.
    pub(crate) fn holds(&self, profile: &Properties, seen: &Seen<'_>) -> bool {
        self.filled(profile, |filled| self.predicate.holds(filled, seen))
    }

    /// The earliest instant after now at which the answer may be another one, though the profile stays.
    pub(crate) fn next(&self, profile: &Properties, seen: &Seen<'_>) -> Instant {
        self.filled(profile, |filled| self.predicate.next(filled, seen))
    }

    /// Almost always it asks for one property.
    fn filled<R>(&self, profile: &Properties, ask: impl FnOnce(&[Option<&Value>]) -> R) -> R {
        match self.slots.names() {
            [name] => ask(&[profile.get(name)]),
            names => ask(&names.iter().map(|name| profile.get(name)).collect::<Vec<_>>()),
        }
    }
}

/// When, seen from now.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WindowPlan {
    Ever,
    /// The commonest window, without a calendar: (now − T, now].
    Last(Duration),
    Calendar {
        kind: WindowKind,
        user_time: bool,
    },
}

/// How many: from `least` to `most`, both in; and whether none at all will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CountRange {
    pub(crate) least: u32,
    pub(crate) most: Option<u32>,
    pub(crate) zero: bool,
}

impl CountRange {
    pub(crate) const SOME: CountRange = CountRange { least: 1, most: None, zero: false };
    pub(crate) const NONE: CountRange = CountRange { least: 0, most: Some(0), zero: true };

    pub(crate) fn of(comparison: CountComparison, or_never: bool) -> CountRange {
        let (least, most) = match comparison {
            CountComparison::AtLeast(n) => (n, None),
            CountComparison::AtMost(n) => (0, Some(n)),
            CountComparison::MoreThan(n) => (n.saturating_add(1), None),
            // Fewer than none is refused by the checker; here it is a range that nothing is in.
            CountComparison::FewerThan(0) => (1, Some(0)),
            CountComparison::FewerThan(n) => (0, Some(n - 1)),
            CountComparison::Exactly(n) => (n, Some(n)),
            CountComparison::Between(a, b) => (a, Some(b)),
        };
        CountRange { least, most, zero: or_never && least == 0 }
    }

    pub(crate) fn holds(self, count: usize) -> bool {
        if count == 0 {
            return self.zero;
        }
        count >= self.least as usize && self.most.is_none_or(|most| count <= most as usize)
    }

    /// Of all smaller numbers, the largest with the other answer.
    pub(crate) fn next_other(self, count: usize) -> Option<usize> {
        let edges = [self.most.map(|most| most as usize), (self.least as usize).checked_sub(1), Some(0)];
        let smaller = edges.into_iter().flatten().filter(|edge| *edge < count);
        smaller.filter(|edge| self.holds(*edge) != self.holds(count)).max()
    }

    /// How many instants tell all counts apart that this tells apart.
    pub(crate) fn needs(self) -> usize {
        let most = self.most.map_or(0, |most| most as usize + 1);
        most.max(self.least as usize).max(1)
    }
}

/// One sequence of instants per user: when the events of one kind happened, as far as any rule can ask.
#[derive(Debug)]
pub(crate) struct CounterPlan {
    pub(crate) keep: Keep,
}

/// What suffices to answer all that is asked of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// "At least k in a window that ends now" is "the k-th latest is inside": the k latest are all the state.
    Latest(usize),
    /// The same of windows that only ever reach further: the k earliest.
    Earliest(usize),
    /// Windows that end before now: everything younger than this.
    Within(Duration),
    /// A fixed stretch, in milliseconds [from, to): the first so many in it.
    Between { from: i64, to: i64, most: usize },
}

const DAY: i64 = 86_400_000;
/// The most by which two zones' days can differ, and a day for a unit's own slack.
const ZONES_APART: i64 = 2 * DAY;

/// What a window needs to be kept, for counts that need so many instants.
pub(crate) fn keep_for(window: &WindowPlan, needs: usize, fixed: impl Fn(&WindowKind) -> (i64, i64)) -> Keep {
    let back = |units: u32, unit: CalendarUnit| {
        let longest = match unit {
            CalendarUnit::Day => 1,
            CalendarUnit::Week => 7,
            CalendarUnit::Month => 31,
            CalendarUnit::Year => 366,
        };
        let span = (i64::from(units) + 2).saturating_mul(longest).saturating_mul(DAY);
        Keep::Within(Duration::from_millis(span.saturating_add(ZONES_APART)))
    };
    let WindowPlan::Calendar { kind, user_time } = window else { return Keep::Latest(needs) };
    match kind {
        WindowKind::Last(_)
        | WindowKind::LastCalendar(..)
        | WindowKind::This(_)
        | WindowKind::Since(_)
        | WindowKind::After(_) => Keep::Latest(needs),
        WindowKind::MoreThanAgo(_) => Keep::Earliest(needs),
        WindowKind::Previous(unit) => back(1, *unit),
        WindowKind::ExactlyAgo(units, unit) => back(*units, *unit),
        WindowKind::BetweenAgo(near, far) => Keep::Within((*near).max(*far)),
        WindowKind::BetweenAgoCalendar(near, far, unit) => back(*near.max(far), *unit),
        WindowKind::Before(_) | WindowKind::On(_) | WindowKind::FromTo(..) => {
            let (from, to) = fixed(kind);
            if *user_time {
                Keep::Between {
                    from: from.saturating_sub(ZONES_APART),
                    to: to.saturating_add(ZONES_APART),
                    most: usize::MAX,
                }
            } else {
                // The stretch is the same for everyone, so only how many matters.
                Keep::Between { from, to, most: needs }
            }
        }
    }
}
