//! What an event of one kind does in one era: nothing is left to be asked of its instant.

use super::plan::{NOWHERE, Plan, Steps};
use super::stores::Op;
use crate::program::Role;

/// What is done to the words of a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct List {
    /// Words that count one more.
    pub(super) counts: Box<[u32]>,
    pub(super) acts: Box<[Act]>,
    /// Which of the values that can be taken of the event it needs, as bits; of those beyond the last bit it may need any.
    pub(super) values: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Act {
    /// The earliest instant.
    First(u32),
    /// The latest instant; also that of the first step of a sequence.
    Last(u32),
    /// Nothing is unanswered.
    Clear(u32),
    /// What is noted of last events: these bits in place of those of the mask.
    Note {
        word: u32,
        mask: u32,
        bits: u32,
    },
    /// What is noted of first events, where nothing is yet.
    NoteFirst {
        word: u32,
        mask: u32,
        bits: u32,
    },
    /// A step, if the one before it was, and not so long ago; whether the instant of that one is kept, as of all the first counts.
    Follow {
        from: u32,
        to: u32,
        within: i64,
        keeps: bool,
    },
    /// The last step likewise: it is counted.
    End {
        from: u32,
        count: u32,
        within: i64,
    },
    /// A number: the sum, and how many.
    Sum {
        word: u32,
        value: u16,
    },
    /// The least and the greatest too.
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

impl Act {
    /// Acts of one kind come one after the other, which spares the processor most of its wrong guesses. Acts on the words of one store keep their order:
    /// of a sequence the later steps come before the first; of two events of which the second must not follow, as they were told.
    const fn turn(&self) -> u8 {
        match self {
            Act::End { .. } => 0,
            Act::Follow { .. } => 1,
            Act::Last(_) | Act::Clear(_) => 2,
            Act::First(_) => 3,
            Act::Note { .. } => 4,
            Act::NoteFirst { .. } => 5,
            Act::Sum { .. } => 6,
            Act::Number { .. } => 7,
            Act::Key { .. } => 8,
        }
    }
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
                Op::Note { word, shift, until, first, had } if era < until => {
                    note(&mut acts, word, shift, first, had);
                }
                Op::Since { word, until, role } if era < until => acts.push(match role {
                    Role::Last => Act::Last(word),
                    Role::None => Act::Clear(word),
                }),
                Op::Step { sequence, steps: can_be } => {
                    if let Some(steps) = plan.sequences.get(sequence as usize)
                        && era < steps.until
                    {
                        let end = bucket(steps.ends.1).map(|bucket| steps.ends.0 + bucket);
                        follow(steps, can_be, end, &mut counts, &mut acts);
                    }
                }
                Op::Number { word, from, to, bounds, value } if (from..to).contains(&era) => {
                    acts.push(if bounds { Act::Number { word, value } } else { Act::Sum { word, value } });
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
        let bits = acts.iter().map(|act| match act {
            Act::Sum { value, .. } | Act::Number { value, .. } | Act::Key { value, .. } => {
                1_u64.checked_shl((*value).into()).unwrap_or(u64::MAX)
            }
            _ => 0,
        });
        let values = bits.fold(0, |all, value| all | value);
        // Stable, so that acts of one word stay in their order.
        acts.sort_by_key(Act::turn);
        List { counts: counts.into(), acts: acts.into(), values }
    }
}

/// Several notes are in one word, and are written down at one go. Of two of the same the later one is the last, the other the first.
fn note(acts: &mut Vec<Act>, place: u32, shift: u8, is_first: bool, had: bool) {
    let (pair, new) = (0b11 << shift, (0b01 | u32::from(had) << 1) << shift);
    for act in acts.iter_mut() {
        match act {
            Act::Note { word, mask, bits } if *word == place && !is_first => {
                *mask |= pair;
                *bits = *bits & !pair | new;
                return;
            }
            Act::NoteFirst { word, mask, bits } if *word == place && is_first => {
                if *mask & pair == 0 {
                    *mask |= pair;
                    *bits |= new;
                }
                return;
            }
            _ => {}
        }
    }
    let (word, mask, bits) = (place, pair, new);
    acts.push(if is_first { Act::NoteFirst { word, mask, bits } } else { Act::Note { word, mask, bits } });
}

/// Of an event that can be several steps the later ones are taken first, as none follows itself.
fn follow(steps: &Steps, can_be: u64, end: Option<u32>, counts: &mut Vec<u32>, acts: &mut Vec<Act>) {
    for step in (0..steps.steps.min(u64::BITS)).rev().filter(|step| can_be >> step & 1 == 1) {
        let is_last = step + 1 == steps.steps;
        let Some(before) = step.checked_sub(1) else {
            if is_last {
                counts.extend(end);
            } else {
                // Events come in order: the latest choice of a first step is always this one.
                acts.push(Act::Last(steps.word));
            }
            continue;
        };
        // Where all must be in time only the last step must be; an earlier one that is not can lead nowhere either.
        let each = || steps.within.get(before as usize).copied().flatten();
        let within = steps.all_within.or_else(each).unwrap_or(i64::MAX);
        let (from, keeps) = (steps.word + before, steps.all_within.is_some());
        if !is_last {
            acts.push(Act::Follow { from, to: steps.word + step, within, keeps });
        } else if let Some(count) = end {
            acts.push(Act::End { from, count, within });
        }
    }
}
