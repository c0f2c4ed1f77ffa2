//! What an event of one kind does in one era: nothing is left to be asked of its instant.

use super::plan::{NOWHERE, Plan};
use super::stores::Op;
use crate::program::Role;

/// What is done to the words of a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct List {
    /// Words that count one more.
    pub(super) counts: Box<[u32]>,
    pub(super) acts: Box<[Act]>,
    /// Some of it needs values that are taken of the event.
    pub(super) needs_values: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Act {
    /// The earliest instant.
    First(u32),
    /// The latest instant.
    Last(u32),
    /// What stands there stays, of the first event; of the last it does not.
    Note {
        word: u32,
        first: bool,
        had: bool,
    },
    /// Nothing is unanswered.
    Clear(u32),
    /// It can be these steps; where the last one is counted.
    Step {
        sequence: u32,
        steps: u64,
        end: Option<u32>,
    },
    Number {
        word: u32,
        value: u16,
    },
    Key {
        word: u32,
        list: u32,
        value: u16,
    },
}

impl List {
    /// What is left of operations in an era.
    pub(super) fn new(ops: &[Op], plan: &Plan, era: u16) -> List {
        let bucket = |map: u32| {
            let bucket = plan.maps.get(map as usize).and_then(|map| map.get(usize::from(era)));
            bucket.copied().filter(|bucket| *bucket != NOWHERE).map(u32::from)
        };
        let (mut counts, mut acts) = (Vec::new(), Vec::new());
        for op in ops {
            match *op {
                Op::Count { word, map } => counts.extend(bucket(map).map(|bucket| word + bucket)),
                Op::First { word, until } if era < until => acts.push(Act::First(word)),
                Op::Last { word, until } if era < until => acts.push(Act::Last(word)),
                Op::Note { word, until, first, had } if era < until => {
                    acts.push(Act::Note { word, first, had })
                }
                Op::Since { word, until, role } if era < until => acts.push(match role {
                    Role::Last => Act::Last(word),
                    Role::None => Act::Clear(word),
                }),
                Op::Step { sequence, steps } => {
                    if let Some(of) = plan.sequences.get(sequence as usize)
                        && era < of.until
                    {
                        let end = bucket(of.ends.1).map(|bucket| of.ends.0 + bucket);
                        acts.push(Act::Step { sequence, steps, end });
                    }
                }
                Op::Number { word, from, to, value } if (from..to).contains(&era) => {
                    acts.push(Act::Number { word, value });
                }
                Op::Key { word, map, list, value } => {
                    acts.extend(bucket(map).map(|bucket| Act::Key { word: word + bucket, list, value }));
                }
                Op::First { .. }
                | Op::Last { .. }
                | Op::Note { .. }
                | Op::Since { .. }
                | Op::Number { .. } => {}
            }
        }
        let needs_values = acts.iter().any(|act| matches!(act, Act::Number { .. } | Act::Key { .. }));
        List { counts: counts.into(), acts: acts.into(), needs_values }
    }

    /// Whether nothing is done.
    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.acts.is_empty()
    }
}
