//! Sorted instants against windows: which are inside, and when the next comes in or goes out.

use std::ops::Range;

use crate::calendar::{Zone, bounds, turn};
use crate::model::Instant;
use crate::program::{Tables, WindowPlan};

use super::User;

/// The places of the instants that lie in a window now.
pub(super) fn inside(
    tables: &Tables,
    user: &User,
    instants: &[i64],
    window: &WindowPlan,
    now: Instant,
) -> Range<usize> {
    inside_by(tables, user, instants, |at| *at, window, now)
}

/// The same of whatever is kept in the order of its instants.
pub(super) fn inside_by<T>(
    tables: &Tables,
    user: &User,
    kept: &[T],
    at: impl Fn(&T) -> i64,
    window: &WindowPlan,
    now: Instant,
) -> Range<usize> {
    let (from, to) = match window {
        WindowPlan::Ever => return 0..kept.len(),
        WindowPlan::Last(length) => ((now - *length).next(), now.next()),
        WindowPlan::Calendar { kind, user_time } => {
            bounds(kind, now, zone(tables, user, *user_time), tables.rulebook.settings().week_starts)
        }
    };
    let (from, to) = (from.millis(), to.millis());
    let before = |instant: i64| kept.partition_point(|item| at(item) < instant);
    // Mostly all of them lie before the far edge, and none before the near one.
    let end = match kept.last() {
        Some(last) if at(last) >= to => before(to),
        _ => kept.len(),
    };
    let start = match kept.first() {
        Some(first) if at(first) < from => before(from),
        _ => 0,
    };
    start.min(end)..end
}

/// The earliest instant after now at which one instant may come into a window or go out of it; [`Instant::MAX`] for never.
pub(super) fn turns(tables: &Tables, user: &User, at: i64, window: &WindowPlan, now: Instant) -> Instant {
    let at = Instant::from_millis(at);
    match window {
        WindowPlan::Ever => Instant::MAX,
        WindowPlan::Last(length) => {
            let leaves = at + *length;
            if leaves > now { leaves.min(Instant::MAX) } else { Instant::MAX }
        }
        WindowPlan::Calendar { kind, user_time } => {
            turn(kind, at, now, zone(tables, user, *user_time), tables.rulebook.settings().week_starts)
        }
    }
}

/// The earliest instant after now at which what lies in a window may be other instants than those inside now.
///
/// Edges pass over instants in their order, so that only the two beside each edge can be next.
pub(super) fn next_turn<T>(
    tables: &Tables,
    user: &User,
    kept: &[T],
    at: impl Fn(&T) -> i64,
    inside: &Range<usize>,
    window: &WindowPlan,
    now: Instant,
) -> Instant {
    let beside = [inside.start.checked_sub(1), Some(inside.start), Some(inside.end)];
    let beside = beside.into_iter().flatten().filter_map(|place| kept.get(place));
    beside.map(|item| turns(tables, user, at(item), window, now)).min().unwrap_or(Instant::MAX)
}

fn zone<'z>(tables: &'z Tables, user: &'z User, user_time: bool) -> &'z Zone {
    if user_time { &user.zone } else { &tables.zone }
}
