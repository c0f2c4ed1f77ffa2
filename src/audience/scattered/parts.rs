//! One part after the other: the rows of its users, from memory and from what was put by, entered user by user.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::super::apart::{Apart, ApartRow, Order};
use super::super::finder::Finder;
use super::super::index::Index;
use super::super::profiles::Profiles;
use super::super::tally::Tally;
use super::super::words::{Entry, Words, moved};
use super::super::{Fault, Setting};
use super::combos::{Combos, NOTHING};
use super::seen::Seen;
use super::segment::{Piece, Segment};
use super::stored::{self, Stored};
use crate::model::fingerprint;
use crate::program::Classifier;
use crate::scratch::bytes::Bytes;
use crate::scratch::memory::{Memory, Run, changed};

/// How many users' words are kept at once.
const ROOM: usize = 256;
/// No user: the row is the second of an event.
const NOBODY: u32 = u32::MAX;

/// All that was read.
pub(super) struct Held<'p> {
    pub(super) memory: &'p Memory,
    /// In the order of the log.
    pub(super) segments: Vec<Segment>,
    pub(super) runs: Vec<Run>,
    /// By reader.
    pub(super) effects: Vec<(Combos, Finder<'p>)>,
    pub(super) profiles: Profiles,
    /// Of whom there were events that do not wait, as far as they are in no part that is done.
    pub(super) seen: Mutex<Seen>,
}

/// A row among those of its user.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    at: i64,
    combo: u32,
    reader: u32,
    values: u32,
}

pub(super) struct Worker<'p> {
    setting: &'p Setting<'p>,
    held: &'p Held<'p>,
    classifier: Classifier,
    words: Words,
    index: Index,
    /// For each row of the part its user.
    users: Vec<u32>,
    /// For each user the latest instant so far, and whether none came after a later one.
    latest: Vec<(i64, bool)>,
    /// Where the rows of each user begin.
    begins: Vec<u32>,
    rows: Vec<Row>,
    values: Vec<u64>,
    more: Vec<u64>,
    /// Where the first event with an id stands, by user.
    seen: HashMap<(u32, u128), Order>,
    pub(super) tally: Tally,
}

impl<'p> Worker<'p> {
    pub(super) fn new(setting: &'p Setting<'p>, held: &'p Held<'p>) -> Worker<'p> {
        Worker {
            setting,
            held,
            classifier: Classifier::default(),
            words: Words::default(),
            index: Index::default(),
            users: Vec::new(),
            latest: Vec::new(),
            begins: Vec::new(),
            rows: Vec::new(),
            values: Vec::new(),
            more: Vec::new(),
            seen: HashMap::new(),
            tally: Tally::new(setting),
        }
    }

    pub(super) fn part(&mut self, part: usize) -> Result<(), Fault> {
        let held = self.held;
        let stored = held.stored(part)?;
        let mut pieces: Vec<Piece<'_>> =
            held.segments.iter().filter_map(|segment| segment.piece(part)).collect();
        if !stored.is_empty() {
            pieces.extend(stored.iter().map(Stored::piece));
            pieces.sort_by_key(|piece| piece.place);
        }
        self.number_users(&pieces);
        let mut seen = held.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.index.keys.iter().for_each(|key| seen.remove(*key));
        drop(seen);
        self.gather(&pieces);
        let rows = self.told(&pieces)?;
        let apart = Apart::new(&self.classifier, rows);
        self.words.reset(&self.setting.plan, self.index.keys.len().min(ROOM));
        for user in 0..self.index.keys.len() {
            let key = self.index.keys.get(user).copied().unwrap_or_default();
            let place = match self.words.add(key) {
                Some(place) => place,
                None => {
                    self.tally.close(self.setting, &mut self.words, &held.profiles, &apart);
                    self.words.reset(&self.setting.plan, ROOM);
                    self.words.add(key).unwrap_or(0)
                }
            };
            let begin = |user: usize| self.begins.get(user).map_or(0, |begin| *begin as usize);
            let rows = self.rows.get_mut(begin(user)..begin(user + 1)).unwrap_or_default();
            if self.latest.get(user).is_some_and(|(_, ordered)| !ordered) {
                // Stable: rows of one instant stay in the order of the log.
                rows.sort_by_key(|row| row.at);
            }
            for row in rows {
                self.words.meet(place, row.at);
                if row.combo == NOTHING {
                    continue;
                }
                let Some((combos, finder)) = held.effects.get(row.reader as usize) else { continue };
                let combo = combos.combo(row.combo);
                let from = row.values as usize;
                let values = self.values.get(from..from + usize::from(combo.values)).unwrap_or_default();
                let entry = Entry { user: place, at: row.at, era: combo.era, values, more: &self.more };
                finder.enter_lists(combos.lists(combo), &mut self.words, entry);
            }
        }
        self.tally.close(self.setting, &mut self.words, &held.profiles, &apart);
        Ok(())
    }

    /// Numbers the users of a part, and passes over events that were there before.
    fn number_users(&mut self, pieces: &[Piece<'_>]) {
        self.index.clear();
        self.users.clear();
        self.latest.clear();
        self.begins.clear();
        self.begins.push(0);
        self.seen.clear();
        for piece in pieces {
            for (number, row) in piece.rows.iter().enumerate() {
                let user = self.index.place(row.key);
                if let Some(id) = piece.ids.get(number).filter(|id| (id.high, id.low) != (0, 0)) {
                    let order = piece.order(id.place);
                    let id = u128::from(id.high) << 64 | u128::from(id.low);
                    if *self.seen.entry((user, id)).or_insert(order) != order {
                        self.users.push(NOBODY);
                        continue;
                    }
                }
                self.users.push(user);
                let at = piece.at(number, row);
                match self.latest.get_mut(user as usize) {
                    Some((latest, ordered)) => {
                        *ordered &= *latest <= at;
                        *latest = at;
                    }
                    None => {
                        self.latest.push((at, true));
                        self.begins.push(0);
                    }
                }
                if let Some(count) = self.begins.get_mut(user as usize + 1) {
                    *count += 1;
                }
            }
        }
        let mut sum = 0;
        for begin in &mut self.begins {
            sum += *begin;
            *begin = sum;
        }
    }

    /// Puts the rows of each user together.
    fn gather(&mut self, pieces: &[Piece<'_>]) {
        self.values.clear();
        self.more.clear();
        self.rows.clear();
        self.rows.resize(self.begins.last().map_or(0, |end| *end as usize), Row::default());
        let mut users = self.users.iter();
        let mut next = self.begins.clone();
        for piece in pieces {
            let mut values = self.values.len();
            if piece.more.is_empty() {
                self.values.extend_from_slice(piece.values);
            } else {
                let by = self.more.len() as u64;
                self.values.extend(piece.values.iter().map(|word| moved(*word, by)));
                self.more.extend_from_slice(piece.more);
            }
            let combos = self.held.effects.get(piece.reader as usize).map(|(combos, _)| combos);
            let takes = !piece.values.is_empty();
            for ((number, row), user) in piece.rows.iter().enumerate().zip(&mut users) {
                let from = values as u32;
                if takes {
                    values += combos.map_or(0, |combos| usize::from(combos.combo(row.combo).values));
                }
                let Some(next) = next.get_mut(*user as usize) else { continue };
                if let Some(place) = self.rows.get_mut(*next as usize) {
                    *place = Row {
                        at: piece.at(number, row),
                        combo: row.combo,
                        reader: piece.reader,
                        values: from,
                    };
                }
                *next += 1;
            }
        }
    }

    /// What the machine must see, without events that were there before.
    fn told(&mut self, pieces: &[Piece<'_>]) -> Result<Vec<ApartRow>, Fault> {
        let tables = self.setting.plan.program.tables();
        let mut rows = Vec::new();
        for piece in pieces {
            for told in piece.told {
                let order = piece.order(told.place);
                let event = Bytes::new(&told.bytes).event(self.setting.keys.id(told.key));
                let event = event.ok_or_else(|| Fault::Scratch(changed()))?;
                let id = event.id.as_ref().map(|id| fingerprint([id.as_bytes()]));
                let first = id.map(|id| self.seen.get(&(self.index.place(told.key), id)));
                if first.is_some_and(|first| first != Some(&order)) {
                    continue;
                }
                if let Some((reaction, extra)) = self.classifier.classify(tables, &event) {
                    rows.push(ApartRow { key: told.key, at: event.at, order, reaction, extra });
                }
            }
        }
        Ok(rows)
    }
}

impl Held<'_> {
    /// What was put by of a part.
    fn stored(&self, part: usize) -> Result<Vec<Stored>, Fault> {
        let mut all = Vec::new();
        for block in self.runs.iter().filter_map(|run| run.block(part)) {
            let bytes = self.memory.get(block).map_err(Fault::Scratch)?;
            all.extend(stored::read(&bytes).ok_or_else(|| Fault::Scratch(changed()))?);
        }
        Ok(all)
    }
}

impl Piece<'_> {
    fn order(&self, place: u32) -> Order {
        let (log, shard, first) = self.place;
        (log, shard, first + place as usize)
    }
}
