//! Whether a condition holds for a user at an instant.

use crate::calendar::bounds;
use crate::model::Instant;
use crate::program::{Node, NodeId, Tables, WindowPlan};

use super::User;

/// Whether a condition holds now. The user's counters hold nothing that is after now.
pub(crate) fn holds(tables: &Tables, user: &User, node: NodeId, now: Instant) -> bool {
    let Some(node) = tables.nodes.get(node as usize) else { return false };
    match node {
        Node::All(parts) => parts.iter().all(|part| holds(tables, user, *part, now)),
        Node::Any(parts) => parts.iter().any(|part| holds(tables, user, *part, now)),
        Node::Not(part) => !holds(tables, user, *part, now),
        Node::Count { counter, window, range } => range.holds(count(tables, user, *counter, window, now)),
        Node::Profile(test) => {
            test.test.holds(user.profile.properties().get(&test.property), &test.rest, &tables.zone)
        }
        Node::List(list) => {
            let list = tables.lists.get(*list as usize).and_then(|name| tables.rulebook.list(name));
            list.is_some_and(|list| list.contains(&user.id))
        }
    }
}

fn count(tables: &Tables, user: &User, counter: u32, window: &WindowPlan, now: Instant) -> usize {
    let counted = user.counted(counter);
    let (from, to) = match window {
        WindowPlan::Ever => return counted.len(),
        WindowPlan::Last(length) => ((now - *length).next(), now.next()),
        WindowPlan::Calendar { kind, user_time } => {
            let zone = if *user_time { &user.zone } else { &tables.zone };
            bounds(kind, now, zone, tables.rulebook.settings().week_starts)
        }
    };
    let before = |instant: Instant| counted.partition_point(|at| *at < instant.millis());
    before(to).saturating_sub(before(from))
}
