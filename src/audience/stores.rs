//! The stores of the program: what an event of each does to words, and which of them the machine keeps.

use crate::program::{Effect, Remember, Role, Tables, Use};

/// What an event does to the words of its user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Op {
    /// One more in the bucket of its era.
    Count {
        word: u32,
        map: u32,
    },
    /// The earliest instant, of those before an era.
    First {
        word: u32,
        until: u16,
    },
    Last {
        word: u32,
        until: u16,
    },
    /// The first or last event had it, or not: two bits of a word.
    Note {
        word: u32,
        shift: u8,
        until: u16,
        first: bool,
        had: bool,
    },
    /// A of `A … and no B since`, or B.
    Since {
        word: u32,
        until: u16,
        role: Role,
    },
    /// It can be these steps.
    Step {
        sequence: u32,
        steps: u64,
    },
    /// Numbers of a stretch: their sum and how many, and their bounds where these are asked for: the least, the greatest.
    Number {
        word: u32,
        from: u16,
        to: u16,
        bounds: bool,
        value: u16,
    },
    /// Different values, as bits, of each bucket.
    Key {
        word: u32,
        map: u32,
        list: u32,
        value: u16,
    },
}

impl Op {
    /// The first of its words; a step has its sequence's.
    pub(super) const fn word(&self) -> Option<u32> {
        match self {
            Op::Count { word, .. }
            | Op::First { word, .. }
            | Op::Last { word, .. }
            | Op::Note { word, .. }
            | Op::Since { word, .. }
            | Op::Number { word, .. }
            | Op::Key { word, .. } => Some(*word),
            Op::Step { .. } => None,
        }
    }
}

/// What each store of the program became.
#[derive(Debug, Default)]
pub(super) struct Stores {
    pub(super) counters: Vec<Store>,
    pub(super) notes: Vec<Store>,
    pub(super) sinces: Vec<Store>,
    pub(super) sequences: Vec<Store>,
    pub(super) numbers: Vec<Store>,
    pub(super) keys: Vec<Store>,
}

/// What an event of a store does; the place of the event's value among its plan's is filled in when its plan is known.
#[derive(Debug, Default, Clone)]
pub(super) struct Store {
    pub(super) ops: Vec<Op>,
    /// The machine keeps it.
    pub(super) apart: bool,
    /// Some node asks the machine for it.
    pub(super) asked: bool,
    /// The word and the map of the buckets that all who ask it share.
    pub(super) shared: Option<(u32, u32)>,
}

impl Store {
    /// Whether its events are of any concern to words.
    pub(super) fn is_counted(&self) -> bool {
        !self.ops.is_empty()
    }
}

impl Stores {
    pub(super) fn sized(tables: &Tables) -> Stores {
        let mut sinces = 0;
        for remember in remembers(tables) {
            if let Remember::Since { since, .. } = remember {
                sinces = sinces.max(*since as usize + 1);
            }
        }
        let stores = |count: usize| vec![Store::default(); count];
        Stores {
            counters: stores(tables.counters.len()),
            notes: stores(tables.notes.len()),
            sinces: stores(sinces),
            sequences: stores(tables.sequences.len()),
            numbers: stores(tables.numbers.len()),
            keys: stores(tables.keys.len()),
        }
    }

    /// The store that an effect concerns.
    pub(super) fn of(&self, effect: &Effect) -> Option<&Store> {
        match effect {
            Effect::Count(counter) => self.counters.get(*counter as usize),
            Effect::Remember(remember) => match remember {
                Remember::Note { note, .. } => self.notes.get(*note as usize),
                Remember::Since { since, .. } => self.sinces.get(*since as usize),
                Remember::Step { sequence, .. } => self.sequences.get(*sequence as usize),
                Remember::Tell { numbers, .. } | Remember::Numbers { numbers, .. } => {
                    self.numbers.get(*numbers as usize)
                }
                Remember::Keys { keys, .. } | Remember::Clock { keys } => self.keys.get(*keys as usize),
            },
            _ => None,
        }
    }

    pub(super) fn of_mut(&mut self, effect: &Effect) -> Option<&mut Store> {
        match effect {
            Effect::Count(counter) => self.counters.get_mut(*counter as usize),
            Effect::Remember(remember) => match remember {
                Remember::Note { note, .. } => self.notes.get_mut(*note as usize),
                Remember::Since { since, .. } => self.sinces.get_mut(*since as usize),
                Remember::Step { sequence, .. } => self.sequences.get_mut(*sequence as usize),
                Remember::Tell { numbers, .. } | Remember::Numbers { numbers, .. } => {
                    self.numbers.get_mut(*numbers as usize)
                }
                Remember::Keys { keys, .. } | Remember::Clock { keys } => self.keys.get_mut(*keys as usize),
            },
            _ => None,
        }
    }
}

/// What all events do.
pub(super) fn uses(tables: &Tables) -> impl Iterator<Item = &Use> {
    tables.plans.iter().chain([&tables.other]).flat_map(|plan| &plan.uses)
}

fn remembers(tables: &Tables) -> impl Iterator<Item = &Remember> {
    uses(tables).filter_map(|used| match &used.effect {
        Effect::Remember(remember) => Some(remember),
        _ => None,
    })
}
