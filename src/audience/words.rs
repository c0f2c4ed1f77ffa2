//! The words of many users at once, and what events do to them.

use super::acts::{Act, List};
use super::keys::Key;
use super::plan::Plan;

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
pub(super) const KIND: u64 = 0xffff_0000_0000_0000;

/// The word of values that stand further back.
pub(super) const fn moved(word: u64, by: u64) -> u64 {
    if word & KIND == SEVERAL { word + by } else { word }
}

/// The users of a part of all, and their words: those of one user together, as one event changes several of them.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// How many users there is room for.
    room: usize,
    /// How many words a user has.
    each: usize,
    words: Vec<u64>,
    pub(super) keys: Vec<Key>,
    /// For each user the earliest instant of an event.
    pub(super) since: Vec<i64>,
    /// What no word can hold: user, value and era.
    lists: Vec<Vec<(u32, u32, u16)>>,
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
        self.each = plan.words;
        self.words.clear();
        self.words.reserve(plan.words * room);
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
        self.words.resize(self.keys.len() * self.each, 0);
        Some(self.keys.len() - 1)
    }

    /// A user's event was at an instant.
    #[inline]
    pub(super) fn meet(&mut self, user: usize, at: i64) {
        if let Some(since) = self.since.get_mut(user) {
            *since = (*since).min(at);
        }
    }

    /// How many words a user has.
    pub(super) const fn each(&self) -> usize {
        self.each
    }

    /// The words of a user.
    pub(super) fn of(&self, user: usize) -> &[u64] {
        let from = user * self.each;
        self.words.get(from..from + self.each).unwrap_or_default()
    }

    /// Puts what no word can hold in the order of users, as it is asked for.
    pub(super) fn sort_lists(&mut self) {
        self.lists.iter_mut().for_each(|list| list.sort_unstable());
    }

    /// What no word can hold of so many users, from one on: sorted by user.
    pub(super) fn listed(&self, list: u32, first: usize, users: usize) -> &[(u32, u32, u16)] {
        let list = self.lists.get(list as usize).map_or(&[][..], Vec::as_slice);
        let place = |user: usize| list.partition_point(|(known, ..)| (*known as usize) < user);
        list.get(place(first)..place(first + users)).unwrap_or_default()
    }

    /// One user, for further events.
    #[inline]
    pub(super) fn one(&mut self, user: usize) -> One<'_> {
        let from = user * self.each;
        let words = self.words.get_mut(from..from + self.each).unwrap_or_default();
        One { words, lists: &mut self.lists }
    }

    /// Enters an event. The events of a user come in the order of their instants.
    #[inline]
    pub(super) fn enter(&mut self, list: &List, entry: Entry<'_>) {
        self.one(entry.user).enter(list, entry);
    }
}

/// The words of one user.
pub(super) struct One<'w> {
    words: &'w mut [u64],
    lists: &'w mut [Vec<(u32, u32, u16)>],
}

impl One<'_> {
    /// Enters an event of the user; they come in the order of their instants.
    #[inline]
    pub(super) fn enter(&mut self, list: &List, entry: Entry<'_>) {
        for word in &list.counts {
            if let Some(count) = self.words.get_mut(*word as usize) {
                *count += 1;
            }
        }
        for act in &list.acts {
            enact(self.words, self.lists, act, entry);
        }
    }
}

#[inline]
fn get(words: &[u64], word: u32) -> u64 {
    words.get(word as usize).copied().unwrap_or(0)
}

#[inline]
fn set(words: &mut [u64], word: u32, new: u64) {
    if let Some(known) = words.get_mut(word as usize) {
        *known = new;
    }
}

#[inline]
fn enact(words: &mut [u64], lists: &mut [Vec<(u32, u32, u16)>], act: &Act, entry: Entry<'_>) {
    let Entry { user, at, era, .. } = entry;
    match *act {
        Act::First(word) => {
            if get(words, word) == 0 {
                set(words, word, word_of(at));
            }
        }
        Act::Last(word) => set(words, word, word_of(at)),
        Act::Clear(word) => set(words, word, 0),
        Act::Note { word, mask, bits } => {
            set(words, word, get(words, word) & !u64::from(mask) | u64::from(bits));
        }
        Act::NoteFirst { word, mask, bits } => {
            let known = get(words, word);
            // Of each pair of bits the lower one says that it is noted.
            let noted = (known & PAIRS) * 3;
            set(words, word, known | u64::from(mask & bits) & !noted);
        }
        Act::Follow { from, to, within, keeps } => {
            let tip = get(words, from);
            if tip != 0 && at < instant_of(tip).saturating_add(within) {
                let new = if keeps { tip } else { word_of(at) };
                set(words, to, get(words, to).max(new));
            }
        }
        Act::End { from, count, within } => {
            let tip = get(words, from);
            if tip != 0 && at < instant_of(tip).saturating_add(within) {
                set(words, count, get(words, count) + 1);
            }
        }
        Act::Sum { word, value } => {
            each(entry, value, |number| sum(words, word, f64::from_bits(number)));
        }
        Act::Number { word, value } => each(entry, value, |number| {
            let number = f64::from_bits(number);
            let is_first = get(words, word + 1) == 0;
            let bounds = [(word + 2, f64::min as fn(f64, f64) -> f64), (word + 3, f64::max)];
            for (word, bound) in bounds {
                let before = if is_first { number } else { f64::from_bits(get(words, word)) };
                set(words, word, bound(before, number).to_bits());
            }
            sum(words, word, number);
        }),
        Act::Key { word, list, value } => each(entry, value, |key| match key {
            0..64 => set(words, word, get(words, word) | 1 << key),
            key => {
                if let Some(list) = lists.get_mut(list as usize) {
                    list.push((user as u32, key as u32, era));
                }
            }
        }),
    }
}

/// The lower bit of each pair.
const PAIRS: u64 = 0x5555_5555_5555_5555;

/// Adds a number to a sum, and to how many there are. (The sum of none is 0.)
#[inline]
fn sum(words: &mut [u64], word: u32, number: f64) {
    set(words, word, (f64::from_bits(get(words, word)) + number).to_bits());
    set(words, word + 1, get(words, word + 1) + 1);
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
