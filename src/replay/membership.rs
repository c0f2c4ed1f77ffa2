//! Who is in which segment at an instant.

use crate::machine::{User, holds, remember};
use crate::model::{Instant, Record, Text};
use crate::program::Fact;
use crate::rulebook::Rulebook;

use super::groups::Groups;
use super::units::Units;
use super::{PROFILE, Replay, Row, workers};

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

    /// Asks on so many threads; on one when nothing is said. The answer is the same on any number.
    #[must_use]
    pub fn on_threads(mut self, threads: usize) -> Membership {
        self.replay.threads = threads;
        self
    }

    /// Adds a record; the order in which records of one instant are added is their order.
    pub fn add(&mut self, record: Record) {
        self.replay.add(record);
    }

    /// The members of each segment, in the order of the rulebook. A user is known from the first record on; of whom nothing is known by then
    /// is in no segment.
    pub fn members(self) -> Vec<SegmentMembers> {
        let Replay { program, users, rows, threads, .. } = &self.replay;
        let units = Units::new(users.len(), Groups::default(), rows, |_, _| None);
        let (pieces, tables) = (units.pieces(), program.tables());
        let parts = workers::in_order(
            *threads,
            pieces.len(),
            || (User::new("".into(), tables), Vec::new()),
            |(user, rows), piece| {
                let mut members = vec![Vec::new(); tables.segments.len()];
                for number in pieces.get(piece).cloned().unwrap_or_default() {
                    self.ask(&units, number, (user, rows), &mut members);
                }
                members
            },
        );
        let mut members: Vec<SegmentMembers> = tables
            .segments
            .iter()
            .map(|(name, _)| SegmentMembers { segment: name.clone(), users: Vec::new() })
            .collect();
        for part in parts {
            for (members, found) in members.iter_mut().zip(part) {
                members.users.extend(found);
            }
        }
        members
    }

    /// Which segments one user is a member of.
    fn ask(
        &self,
        units: &Units,
        number: usize,
        (user, rows): (&mut User, &mut Vec<Row>),
        members: &mut [Vec<Text>],
    ) {
        let Replay { program, users, classifier, updates, extras, .. } = &self.replay;
        let tables = program.tables();
        let Some(known) = users.get(number).filter(|known| known.since <= self.at) else { return };
        units.rows_of(number, &self.replay.rows, rows);
        user.reset(known.id.clone(), tables);
        for row in rows.iter().take_while(|row| row.at <= self.at) {
            if row.kind == PROFILE {
                if let Some(update) = updates.get(row.extra as usize) {
                    user.update(update, tables);
                }
            } else if let Some(reaction) = classifier.reaction(row.kind) {
                let extra = extras.get(row.extra as usize);
                remember(tables, user, &Fact { at: row.at, reaction, extra, late: false, known: row.at });
            }
        }
        for (members, (_, node)) in members.iter_mut().zip(&tables.segments) {
            if holds(tables, user, *node, self.at) {
                members.push(known.id.clone());
            }
        }
    }
}
