//! Whether a condition holds for a user at an instant, and until when its answer stands.
//!
//! Two passes over the same nodes: `holds` answers alone and is what every trigger asks; `standing` answers with the instant
//! at which the answer may change although nothing further is recorded.

mod behaviour;
mod instants;
mod sequence;
mod standing;

use crate::model::{Instant, Number, chance};
use crate::program::{Node, NodeId, Tables};

use super::User;
use behaviour::Asked;

pub(crate) use standing::standing;
#[cfg(test)]
mod tests;

/// The number that an aggregate comes to now, for those who explain it: none where there is no value, and of other conditions.
pub(crate) fn amount(tables: &Tables, user: &User, node: NodeId, now: Instant) -> Option<Number> {
    let asked = Asked { tables, user, now };
    match tables.nodes.get(node as usize)? {
        Node::Number { numbers, window, function, .. } => asked.number_found(*numbers, window, *function),
        Node::Distinct { keys, window, .. } => asked.distinct_found(*keys, window),
        _ => None,
    }
}

/// Whether a condition holds now. The user's counters hold nothing that is after now.
pub(crate) fn holds(tables: &Tables, user: &User, node: NodeId, now: Instant) -> bool {
    let Some(node) = tables.nodes.get(node as usize) else { return false };
    let asked = Asked { tables, user, now };
    match node {
        Node::All(parts) => parts.iter().all(|part| holds(tables, user, *part, now)),
        Node::Any(parts) => parts.iter().any(|part| holds(tables, user, *part, now)),
        Node::Not(part) => !holds(tables, user, *part, now),
        Node::Count { counter, window, range } => {
            range.holds(instants::inside(tables, user, user.memory.counted(*counter), window, now).len())
        }
        Node::Occurred { counter, which, window } => asked.occurred(*counter, *which, window),
        Node::Noted(note) => user.memory.noted(*note),
        Node::NoneSince { since, window } => asked.none_since(*since, window),
        Node::Sequence { sequence, window } => asked.sequence(*sequence, window),
        Node::Number { numbers, window, function, result } => {
            asked.number(*numbers, window, *function, result)
        }
        Node::Distinct { keys, window, result } => asked.distinct(*keys, window, result),
        Node::Mostly { keys, window } => asked.mostly(*keys, window),
        Node::Share { numbers, window, comparison, share } => {
            asked.share(*numbers, window, *comparison, *share)
        }
        Node::Regularly { counter, least, of, block, user_time } => {
            asked.regularly(*counter, (*least, *of), *block, *user_time)
        }
        Node::Sample { purpose, share } => chance(purpose, &user.id, *share),
        Node::Profile(test) => test.holds(user.profile.properties(), &tables.clocks_of(&user.zone).at(now)),
        Node::List(list) => {
            let list = tables.lists.get(*list as usize).and_then(|name| tables.rulebook.list(name));
            list.is_some_and(|list| list.contains(&user.id))
        }
    }
}
