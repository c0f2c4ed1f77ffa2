//! The words of many users at once, and what events do to them.

use super::acts::{Act, List};
use super::keys::Key;
use super::plan::{Plan, Steps};

/// An instant as a word that is not 0; later ones are larger.
pub(super) const fn word_of(at: i64) -> u64 {
    (at ^ i64::MIN) as u64
}

/// The instant of a word.
pub(super) const fn instant_of(word: u64) -> i64 {
    word as i64 ^ i64::MIN
}

/// What is taken of an event in place of a value: nothing.
pub(super) const NO_VALUE: u64 = u64::MAX;
/// The lower half is a place, at which stands how many values there are, and then these.
pub(super) const SEVERAL: u64 = 0x7ff8_0000_0000_0000;
/// The bits that tell several values from one.
const KIND: u64 = 0xffff_0000_0000_0000;

/// The word of values that stand further back.
pub(super) const fn moved(word: u64, by: u64) -> u64 {
    if word & KIND == SEVERAL { word + by } else { word }
}

/// The users of a part of all, and their words: word by word, and within it user by user, so that what is asked of all is asked of
/// neighbours.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// How many users there is room for.
    room: usize,
    words: Vec<u64>,
    pub(super) keys: Vec<Key>,
    /// For each user the earliest instant of an event.
    pub(super) since: Vec<i64>,
    /// What no word can hold: user, value and era.
    pub(super) lists: Vec<Vec<(u32, u32, u16)>>,
}

/// An event as the words see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'e> {
    pub(super) user: usize,
    pub(super) at: i64,
    pub(super) era: u16,
    /// One for each value that is taken of it.
    pub(super) values: &'e [u64],
    /// Where several values are.
    pub(super) more: &'e [u64],
}

impl Words {
    /// Words for so many users at once, of whom there are none yet.
    pub(super) fn reset(&mut self, plan: &Plan, room: usize) {
        self.room = room;
        self.words.clear();
        self.words.resize(plan.words * room, 0);
        self.keys.clear();
        self.since.clear();
        self.lists.resize_with(plan.lists, Vec::new);
        self.lists.iter_mut().for_each(Vec::clear);
    }

    /// Another user; none when there is no room.
    pub(super) fn add(&mut self, key: Key) -> Option<usize> {
        if self.keys.len() >= self.room {
            return None;
        }
        self.keys.push(key);
        self.since.push(i64::MAX);
        Some(self.keys.len() - 1)
    }

    /// A user's event was at an instant.
    #[inline]
    pub(super) fn meet(&mut self, user: usize, at: i64) {
        if let Some(since) = self.since.get_mut(user) {
            *since = (*since).min(at);
        }
    }

    /// The words of all users at one place.
    pub(super) fn column(&self, word: u32) -> &[u64] {
        let from = word as usize * self.room;
        self.words.get(from..from + self.keys.len()).unwrap_or_default()
    }

    #[inline]
    fn word(&mut self, word: u32, user: usize) -> Option<&mut u64> {
        self.words.get_mut(word as usize * self.room + user)
    }

    /// Enters an event.
    #[inline]
    pub(super) fn enter(&mut self, list: &List, plan: &Plan, entry: Entry<'_>) {
        for word in &list.counts {
            if let Some(count) = self.word(*word, entry.user) {
                *count += 1;
            }
        }
        for act in &list.acts {
            self.act(*act, plan, entry);
        }
    }

    #[inline]
    fn act(&mut self, act: Act, plan: &Plan, entry: Entry<'_>) {
        let Entry { user, at, era, .. } = entry;
        match act {
            Act::First(word) => {
                if let Some(first) = self.word(word, user)
                    && *first == 0
                {
                    *first = word_of(at);
                }
            }
            Act::Last(word) => {
                if let Some(last) = self.word(word, user) {
                    *last = word_of(at);
                }
            }
            Act::Clear(word) => {
                if let Some(last) = self.word(word, user) {
                    *last = 0;
                }
            }
            Act::Note { word, first, had } => {
                if let Some(noted) = self.word(word, user)
                    && (!first || *noted == 0)
                {
                    *noted = 1 + u64::from(had);
                }
            }
            Act::Step { sequence, steps, end } => {
                if let Some(of) = plan.sequences.get(sequence as usize) {
                    self.step(of, steps, end, entry);
                }
            }
            Act::Number { word, value } => {
                each(entry, value, |number| self.number(word, user, f64::from_bits(number)));
            }
            Act::Key { word, list, value } => each(entry, value, |key| match key {
                0..64 => {
                    if let Some(seen) = self.word(word, user) {
                        *seen |= 1 << key;
                    }
                }
                key => {
                    if let Some(list) = self.lists.get_mut(list as usize) {
                        list.push((user as u32, key as u32, era));
                    }
                }
            }),
        }
    }

    fn number(&mut self, word: u32, user: usize, number: f64) {
        if let Some(count) = self.word(word + 1, user) {
            let first = *count == 0;
            *count += 1;
            for place in [0, 2, 3] {
                if let Some(known) = self.word(word + place, user) {
                    let before = match (first, place) {
                        (true, 0) => 0.0,
                        (true, _) => number,
                        (false, _) => f64::from_bits(*known),
                    };
                    let now = match place {
                        0 => before + number,
                        2 => before.min(number),
                        _ => before.max(number),
                    };
                    *known = now.to_bits();
                }
            }
        }
    }

    /// Of an event that can be several steps the later ones are taken first, as none follows itself.
    fn step(&mut self, steps: &Steps, can_be: u64, end: Option<u32>, entry: Entry<'_>) {
        let Entry { user, at, .. } = entry;
        let mut left = can_be;
        while left != 0 {
            let step = u64::BITS - 1 - left.leading_zeros();
            left &= !(1 << step);
            // What the latest choice of the steps before it allows to follow.
            let begun = match step.checked_sub(1) {
                None => Some(at),
                Some(before) => {
                    let tip = self.word(steps.word + before, user).map_or(0, |tip| *tip);
                    (tip != 0).then(|| instant_of(tip)).filter(|tip| {
                        let within = match steps.all_within {
                            // Only the last step must be in time; an earlier one that is not can lead nowhere either.
                            Some(length) => Some(length),
                            None => steps.within.get(before as usize).copied().flatten(),
                        };
                        within.is_none_or(|length| at < tip.saturating_add(length))
                    })
                }
            };
            let Some(begun) = begun else { continue };
            if step + 1 == steps.steps {
                if let Some(count) = end.and_then(|end| self.word(end, user)) {
                    *count += 1;
                }
            } else if let Some(tip) = self.word(steps.word + step, user) {
                let new = if steps.all_within.is_some() { begun } else { at };
                *tip = (*tip).max(word_of(new));
            }
        }
    }
}

/// Visits the values that were taken of an event.
#[inline]
fn each(entry: Entry<'_>, value: u16, mut visit: impl FnMut(u64)) {
    let Some(word) = entry.values.get(usize::from(value)).copied() else { return };
    if word == NO_VALUE {
        return;
    }
    if word & KIND != SEVERAL {
        return visit(word);
    }
    let place = (word & !KIND) as usize;
    let count = entry.more.get(place).map_or(0, |count| *count as usize);
    entry.more.get(place + 1..place + 1 + count).unwrap_or_default().iter().copied().for_each(visit);
}
