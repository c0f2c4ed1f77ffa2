//! Until when an answer stands.

use crate::model::Instant;
use crate::program::{CountRange, Node, NodeId, Tables, WindowPlan};

use super::behaviour::Asked;
use super::{User, holds, instants};

/// An answer, and how long it is the same if nothing further is recorded of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) holds: bool,
    /// The earliest instant after now at which the answer may be another; [`Instant::MAX`] when it never will. It may be too early, so that
    /// one asks again and nothing has changed; it is never too late.
    pub(crate) until: Instant,
}

impl Standing {
    /// An answer that only a further record changes.
    pub(crate) const fn settled(holds: bool) -> Standing {
        Standing { holds, until: Instant::MAX }
    }

    fn not(self) -> Standing {
        Standing { holds: !self.holds, ..self }
    }

    /// Of parts that must all hold: while one of them does not, nor do all.
    fn all(parts: impl Iterator<Item = Standing>) -> Standing {
        let mut together = Standing::settled(true);
        for part in parts {
            together = match (together.holds, part.holds) {
                (true, true) => Standing { until: together.until.min(part.until), ..together },
                (true, false) => part,
                (false, true) => together,
                (false, false) => Standing { until: together.until.max(part.until), ..together },
            };
            if !together.holds && together.until == Instant::MAX {
                break;
            }
        }
        together
    }
}

/// Whether a condition holds now, as `holds` says, and until when.
///
/// The instant is exact for counts in windows that end now, early at most by an edge that passes over one more event for other windows.
pub(crate) fn standing(tables: &Tables, user: &User, node: NodeId, now: Instant) -> Standing {
    let of = |part: &NodeId| standing(tables, user, *part, now);
    let asked = Asked { tables, user, now };
    let until = |until: Instant| Standing { holds: holds(tables, user, node, now), until };
    match tables.nodes.get(node as usize) {
        Some(Node::All(parts)) => Standing::all(parts.iter().map(of)),
        Some(Node::Any(parts)) => Standing::all(parts.iter().map(|part| of(part).not())).not(),
        Some(Node::Not(part)) => of(part).not(),
        Some(Node::Count { counter, window, range }) => {
            count(tables, user, user.memory.counted(*counter), (window, *range), now)
        }
        Some(Node::Profile(test)) => {
            let seen = tables.clocks_of(&user.zone).at(now);
            let properties = user.profile.properties();
            Standing { holds: test.holds(properties, &seen), until: test.next(properties, &seen) }
        }
        Some(Node::Occurred { counter, which, window }) => asked.occurred_until(*counter, *which, window),
        Some(Node::Sequence { sequence, window }) => asked.sequence_until(*sequence, window),
        Some(Node::NoneSince { since, window }) => asked.none_since_until(*since, window),
        Some(Node::Number { numbers, window, .. } | Node::Share { numbers, window, .. }) => {
            until(asked.numbers_until(*numbers, window))
        }
        Some(Node::Distinct { keys, window, .. } | Node::Mostly { keys, window }) => {
            until(asked.keys_until(*keys, window))
        }
        Some(Node::Regularly { counter, of, block, user_time, .. }) => {
            until(asked.regularly_until(*counter, *of, *block, *user_time))
        }
        Some(Node::Noted(_) | Node::Sample { .. } | Node::List(_)) | None => {
            Standing::settled(holds(tables, user, node, now))
        }
    }
}

pub(super) fn count(
    tables: &Tables,
    user: &User,
    counted: &[i64],
    (window, range): (&WindowPlan, CountRange),
    now: Instant,
) -> Standing {
    let inside = instants::inside(tables, user, counted, window, now);
    let holds = range.holds(inside.len());
    // Nothing is yet to come in: the instants inside leave one after the other, and most of these steps change nothing.
    let only_leave = inside.end == counted.len();
    let until = if only_leave {
        let place = match range.next_other(inside.len()) {
            Some(count) => inside.end.checked_sub(count + 1),
            // Only where days come again may more be inside later.
            None => inside.start.checked_sub(1),
        };
        let at = place.and_then(|place| counted.get(place));
        at.map_or(Instant::MAX, |at| instants::turns(tables, user, *at, window, now))
    } else {
        instants::next_turn(tables, user, counted, |at| *at, &inside, window, now)
    };
    Standing { holds, until }
}
