//! What must be kept of a user's past so that every question of the rules has its answer, and no more.

use crate::calendar::bounds;
use crate::language::ast::{CalendarUnit, WindowKind};
use crate::model::{Duration, Instant};

use super::WindowPlan;
use crate::program::predicate::Clocks;

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

/// Which instants a question may ask about: what is of none of them is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All. The window holds whatever is there by now.
    Ever,
    /// All, each from so long after it on.
    After(Duration),
    /// Those younger than this; `to_now` when the window ends now.
    Within { horizon: Duration, to_now: bool },
    /// A stretch that is the same for all users, in milliseconds [from, to).
    Stretch { from: i64, to: i64 },
    /// The same for users in whatever zone: each asks for a part of it.
    StretchOfZones { from: i64, to: i64 },
}

const DAY: i64 = 86_400_000;
/// The most by which two zones' days can differ, and a day for a unit's own slack.
const ZONES_APART: i64 = 2 * DAY;

/// Which instants a window can ever ask about.
pub(crate) fn reach(window: &WindowPlan, clocks: &Clocks<'_>) -> Reach {
    let back = |units: u32, unit: CalendarUnit, to_now: bool| {
        let longest = match unit {
            CalendarUnit::Day => 1,
            CalendarUnit::Week => 7,
            CalendarUnit::Month => 31,
            CalendarUnit::Year => 366,
        };
        let span = (i64::from(units) + 2).saturating_mul(longest).saturating_mul(DAY);
        Reach::Within { horizon: Duration::from_millis(span.saturating_add(ZONES_APART)), to_now }
    };
    let (kind, user_time) = match window {
        WindowPlan::Ever => return Reach::Ever,
        WindowPlan::Last(length) => return Reach::Within { horizon: *length, to_now: true },
        WindowPlan::Calendar { kind, user_time } => (kind, user_time),
    };
    match kind {
        WindowKind::Last(length) => Reach::Within { horizon: *length, to_now: true },
        WindowKind::LastCalendar(units, unit) => back(*units, *unit, true),
        WindowKind::This(unit) => back(0, *unit, true),
        WindowKind::MoreThanAgo(length) => Reach::After(*length),
        WindowKind::Previous(unit) => back(1, *unit, false),
        WindowKind::ExactlyAgo(units, unit) => back(*units, *unit, false),
        WindowKind::BetweenAgo(near, far) => {
            Reach::Within { horizon: (*near).max(*far), to_now: near.millis() == 0 }
        }
        WindowKind::BetweenAgoCalendar(near, far, unit) => back(*near.max(far), *unit, *near == 0),
        WindowKind::Since(_)
        | WindowKind::After(_)
        | WindowKind::Before(_)
        | WindowKind::On(_)
        | WindowKind::FromTo(..) => {
            let (from, to) = bounds(kind, Instant::MAX, clocks.account, clocks.week_starts);
            let (from, to) = (from.millis(), to.millis());
            if *user_time {
                Reach::StretchOfZones {
                    from: from.saturating_sub(ZONES_APART),
                    to: to.saturating_add(ZONES_APART),
                }
            } else {
                Reach::Stretch { from, to }
            }
        }
    }
}

impl Keep {
    /// What a count needs to be kept that needs so many instants to tell numbers apart.
    pub(crate) fn count(window: &WindowPlan, needs: usize, clocks: &Clocks<'_>) -> Keep {
        if let WindowPlan::Calendar { kind: WindowKind::Since(_) | WindowKind::After(_), .. } = window {
            return Keep::Latest(needs);
        }
        match reach(window, clocks) {
            Reach::Ever | Reach::Within { to_now: true, .. } => Keep::Latest(needs),
            Reach::After(_) => Keep::Earliest(needs),
            Reach::Within { horizon, .. } => Keep::Within(horizon),
            // The stretch is the same for everyone, so only how many matters.
            Reach::Stretch { from, to } => Keep::Between { from, to, most: needs },
            Reach::StretchOfZones { from, to } => Keep::Between { from, to, most: usize::MAX },
        }
    }

    /// What suffices for both, of two of one kind.
    pub(crate) fn or(self, other: Keep) -> Keep {
        match (self, other) {
            (Keep::Latest(a), Keep::Latest(b)) => Keep::Latest(a.max(b)),
            (Keep::Earliest(a), Keep::Earliest(b)) => Keep::Earliest(a.max(b)),
            (Keep::Within(a), Keep::Within(b)) => Keep::Within(a.max(b)),
            (Keep::Between { from, to, most }, Keep::Between { most: other, .. }) => {
                Keep::Between { from, to, most: most.max(other) }
            }
            (keep, _) => keep,
        }
    }

    /// Equal names mean keeps that one can serve.
    pub(crate) fn name(self) -> String {
        match self {
            Keep::Latest(_) => "latest".to_owned(),
            Keep::Earliest(_) => "earliest".to_owned(),
            Keep::Within(_) => "within".to_owned(),
            Keep::Between { from, to, .. } => format!("{from}..{to}"),
        }
    }
}
