//! Who is in which segment at an instant.

use crate::machine::{User, holds, remember};
use crate::model::{Instant, Record, Text};
use crate::program::Fact;
use crate::rulebook::Rulebook;

use super::{PROFILE, Replay};

/// Asks a log who is in which segment at an instant. No campaign is looked at: what only they ask is not even remembered.
///
/// # Example
/// ```
/// use campanile::{model::{Event, Instant, Record}, replay::Membership, rulebook::Rulebook};
/// let rulebook = Rulebook::parse("shop.camp", "
///     segment buyers = did \"Charged\" in last 7 days
///     segment idle = did not any event in last 7 days")?;
/// let mut asked = Membership::new(&rulebook, Instant::parse("2026-11-08T00:00:00Z")?);
/// for (user, at) in [("asha", "2026-11-03T10:00:00Z"), ("ben", "2026-10-03T10:00:00Z")] {
///     asked.add(Record::Event(Event {
///         user: user.into(),
///         name: "Charged".into(),
///         at: Instant::parse(at)?,
///         id: None,
///         properties: Default::default(),
///     }));
/// }
/// let members = asked.members();
/// assert_eq!((&*members[0].segment, &*members[0].users[0]), ("buyers", "asha"));
/// assert_eq!((&*members[1].segment, &*members[1].users[0]), ("idle", "ben"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Membership {
    replay: Replay,
    at: Instant,
}

/// One segment, and who is in it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SegmentMembers {
    /// The segment's name.
    pub segment: Text,
    /// Its members, in the order in which they were first heard of.
    pub users: Vec<Text>,
}

impl Membership {
    /// The question of one instant, in. What is later is of no concern.
    pub fn new(rulebook: &Rulebook, at: Instant) -> Membership {
        Membership { replay: Replay::new(&rulebook.compile_segments()), at }
    }

    /// Adds a record; the order in which records of one instant are added is their order.
    pub fn add(&mut self, record: Record) {
        self.replay.add(record);
    }

    /// The members of each segment, in the order of the rulebook. A user is known from the first record on; of whom nothing is known by then
    /// is in no segment.
    pub fn members(mut self) -> Vec<SegmentMembers> {
        let replay = &mut self.replay;
        // Stable: rows of one user's one instant stay in the order in which they were added.
        replay.rows.sort_by_key(|row| (row.user, row.at));
        let tables = replay.program.tables();
        let named = tables.segments.iter();
        let mut members: Vec<SegmentMembers> =
            named.map(|(name, _)| SegmentMembers { segment: name.clone(), users: Vec::new() }).collect();
        let mut rows = replay.rows.as_slice();
        let mut user = User::new("".into(), tables);
        for (number, known) in replay.users.iter().enumerate() {
            let mine = rows.partition_point(|row| row.user as usize <= number);
            let (of_user, rest) = rows.split_at(mine);
            rows = rest;
            if known.since > self.at {
                continue;
            }
            user.reset(known.id.clone(), tables);
            for row in of_user.iter().take_while(|row| row.at <= self.at) {
                if row.kind == PROFILE {
                    if let Some(update) = replay.updates.get(row.extra as usize) {
                        user.update(update, tables);
                    }
                } else if let Some(reaction) = replay.classifier.reaction(row.kind) {
                    let extra = replay.extras.get(row.extra as usize);
                    remember(
                        tables,
                        &mut user,
                        &Fact { at: row.at, reaction, extra, late: false, known: row.at },
                    );
                }
            }
            for (members, (_, node)) in members.iter_mut().zip(&tables.segments) {
                if holds(tables, &user, *node, self.at) {
                    members.users.push(known.id.clone());
                }
            }
        }
        members
    }
}
