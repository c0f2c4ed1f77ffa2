//! Conditions as nodes of one arena, and what is remembered of a user that they read.

mod keep;
mod range;
mod remember;
mod sequence;

use crate::language::ast::{AggregateFunction, Block, Comparison, Which, Window, WindowKind};
use crate::model::{Duration, Instant, Number, Percent, Properties, Value};

use super::predicate::{Predicate, Seen, Slots, accepts};

pub(crate) use keep::{CounterPlan, Keep, Reach, reach};
pub(crate) use range::CountRange;
pub(crate) use remember::{KeysPlan, KeysSource, NumbersPlan, Remember, Role, Spread, Values, ValuesPlan};
pub(crate) use sequence::{ABSENT, LATE, SequencePlan};

/// A node's place in the arena.
pub(crate) type NodeId = u32;

/// A condition; equal ones are one node, so that a segment that ten campaigns use stands here once.
#[derive(Debug)]
pub(crate) enum Node {
    All(Box<[NodeId]>),
    Any(Box<[NodeId]>),
    Not(NodeId),
    Count {
        counter: u32,
        window: WindowPlan,
        range: CountRange,
    },
    /// The first or last instant of a counter lies in a window.
    Occurred {
        counter: u32,
        which: Which,
        window: WindowPlan,
    },
    /// The noted event had it.
    Noted(u32),
    /// There was an A, in the window, and no B since.
    NoneSince {
        since: u32,
        window: WindowPlan,
    },
    /// A sequence came to its end in the window.
    Sequence {
        sequence: u32,
        window: WindowPlan,
    },
    Number {
        numbers: u32,
        window: WindowPlan,
        function: AggregateFunction,
        result: AggregateTest,
    },
    /// How many different values.
    Distinct {
        keys: u32,
        window: WindowPlan,
        result: AggregateTest,
    },
    /// One of the most frequent values passes.
    Mostly {
        keys: u32,
        window: WindowPlan,
    },
    /// Of numbers that are 1 where it was had and else 0.
    Share {
        numbers: u32,
        window: WindowPlan,
        comparison: Comparison,
        share: Percent,
    },
    Regularly {
        counter: u32,
        least: u32,
        of: u32,
        block: Block,
        user_time: bool,
    },
    /// The user is among a share of all.
    Sample {
        purpose: String,
        share: Percent,
    },
    Profile(ProfileTest),
    List(u32),
}

/// What must hold of an aggregate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AggregateTest {
    pub(crate) test: NumberTest,
    /// It holds too where there is no value at all.
    pub(crate) or_never: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum NumberTest {
    Compare(Comparison, Number),
    Between(Number, Number),
}

impl AggregateTest {
    /// Whether it holds of a number, or of none.
    pub(crate) fn holds(&self, found: Option<Number>) -> bool {
        let Some(found) = found else { return self.or_never };
        match self.test {
            NumberTest::Compare(comparison, number) => accepts(comparison, found.cmp(&number)),
            NumberTest::Between(low, high) => low <= found && found <= high,
        }
    }
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

impl WindowPlan {
    /// The plan of a window; ever, without one.
    pub(crate) fn of(window: Option<&Window>) -> WindowPlan {
        match window {
            None => WindowPlan::Ever,
            Some(Window { kind: WindowKind::Last(length), .. }) => WindowPlan::Last(*length),
            Some(window) => WindowPlan::Calendar { kind: window.kind, user_time: window.user_time },
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
