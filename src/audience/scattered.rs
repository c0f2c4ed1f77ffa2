//! A log in any order: rows are put with those of the same few users, by a hash, and these are then done part by part.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::apart::{Apart, ApartRow, Order};
use super::coder::Coder;
use super::index::Index;
use super::keys::{Key, Users};
use super::profiles::Profiles;
use super::rows::{Hand, Row, Taken, place};
use super::tally::Tally;
use super::words::Words;
use super::{Fault, Queue, Setting, on_threads};
use crate::columns::{Batch, Shards, Values};
use crate::model::{ProfileUpdate, Record, fingerprint};
use crate::program::Classifier;

/// About so many rows a part.
const ROWS: u64 = 16_384;

/// The fingerprint of an event's id, and where in its batch the event stands.
type Id = (u128, usize);

/// A batch's rows, those of one part together, in the order of the log.
#[derive(Debug)]
struct Segment {
    /// Of which log, which of its parts, and which of the batches in that.
    place: (usize, usize, usize),
    rows: Vec<Row>,
    /// Where the rows of each part begin, and where the last one's end.
    begins: Vec<u32>,
    taken: Taken,
    /// The fingerprints of the ids, by row, and where the row stands; 0 without one.
    ids: Vec<Id>,
    /// What the machine must see, by part, in the order of the log.
    apart: Vec<(u32, ApartRow)>,
}

/// Asks a log whatever its order.
///
/// # Errors
/// When it cannot be read.
pub(super) fn ask(setting: &Setting<'_>, logs: &[&dyn Shards]) -> Result<Tally, Fault> {
    let parts = parts(logs);
    let queues: Vec<Queue> = logs.iter().map(|_| Queue::default()).collect();
    let stopped = Queue::default();
    let found: Mutex<Vec<Reader<'_>>> = Mutex::default();
    let read = |thread: usize| {
        let mut reader = Reader::new(setting, parts, thread);
        for (number, (log, queue)) in logs.iter().zip(&queues).enumerate() {
            while let Some(shard) = queue.next().filter(|shard| !stopped.is_stopped() && log.has(*shard)) {
                if !setting.is_later(*log, shard) {
                    reader.read(*log, number, shard)?;
                }
            }
        }
        found.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        Ok(Tally::default())
    };
    on_threads(setting.threads, &stopped, &read)?;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|reader| reader.thread);
    let (mut segments, mut updates, mut classifiers) = (Vec::new(), Vec::new(), Vec::new());
    for reader in found {
        segments.extend(reader.segments);
        updates.extend(reader.updates);
        classifiers.push(reader.classifier);
    }
    segments.sort_by_key(|segment| segment.place);
    let profiles = setting.profiles.with(updates.into_iter(), &setting.keys);
    let queue = Queue::default();
    let work = |_| {
        let mut worker = Worker::new(setting, &classifiers, &profiles);
        while let Some(part) = queue.next().filter(|part| *part < parts) {
            worker.part(&segments, part);
        }
        Ok(worker.tally)
    };
    let mut tally = on_threads(setting.threads, &queue, &work)?;
    tally.add(setting.others(&profiles));
    Ok(tally)
}

/// How many parts the users of a log are put into.
fn parts(logs: &[&dyn Shards]) -> usize {
    const MOST: usize = 4096;
    let of_log = |log: &&dyn Shards| -> Option<u64> {
        let known = log.count() <= 1 << 20;
        known.then(|| (0..log.count()).map(|shard| log.rows(shard)).sum())?
    };
    let rows: Option<u64> = logs.iter().map(of_log).sum();
    rows.map_or(1024, |rows: u64| ((rows / ROWS) as usize).clamp(16, MOST).next_power_of_two())
}

/// The part of a user.
#[inline]
fn part_of(key: Key, parts: usize) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & (parts - 1)
}

struct Reader<'p> {
    setting: &'p Setting<'p>,
    parts: usize,
    thread: u32,
    coder: Coder<'p>,
    classifier: Classifier,
    segments: Vec<Segment>,
    /// Profiles among the events, by place.
    updates: Vec<(Order, ProfileUpdate)>,
    rows: Vec<Row>,
    ids: Vec<Id>,
}

impl<'p> Reader<'p> {
    fn new(setting: &'p Setting<'p>, parts: usize, thread: usize) -> Reader<'p> {
        Reader {
            setting,
            parts,
            thread: thread as u32,
            coder: setting.coder(),
            classifier: Classifier::default(),
            segments: Vec::new(),
            updates: Vec::new(),
            rows: Vec::new(),
            ids: Vec::new(),
        }
    }

    fn read(&mut self, log: &dyn Shards, number_of_log: usize, shard: usize) -> Result<(), Fault> {
        let mut fault = None;
        let mut number = 0;
        log.read(shard, &self.setting.wanted, &mut |batch| {
            if let Err(error) = self.batch(batch, (number_of_log, shard, number)) {
                fault = Some(error);
            }
            number += 1;
            fault.is_none()
        })
        .map_err(Fault::Log)?;
        fault.map_or(Ok(()), Err)
    }

    fn batch(&mut self, batch: &Batch<'_>, number: (usize, usize, usize)) -> Result<(), Fault> {
        let setting = self.setting;
        for (place, (before, record)) in batch.records.iter().enumerate() {
            if let Record::Profile(update) = setting.plan.program.rulebook().admit(record.clone()).record {
                self.updates.push(((number.0, number.1, number.2, before + place), update));
            }
        }
        let Values::Instants(instants) = batch.at.values else { return Ok(()) };
        let users = Users::new(&batch.user, &setting.keys);
        let mut coded = self.coder.code(batch);
        let mut taken = Taken::default();
        let mut apart = Vec::new();
        self.rows.clear();
        self.ids.clear();
        for row in 0..batch.rows {
            let at = instants.get(row).copied().unwrap_or(i64::MIN);
            let is_later = at > setting.last && batch.id.is_none();
            if is_later || batch.refused.is_some_and(|refused| refused.get(row)) {
                continue;
            }
            let event = coded.event(row);
            let of_event = setting.plan.events.get(usize::from(event));
            // Of several events with one id the first is the one, whatever it is.
            if of_event.is_none() && !setting.counts_everyone && batch.id.is_none() {
                continue;
            }
            let key = users.key(row, &setting.keys);
            let values = place(&taken)?;
            let mut code = 0;
            if let Some(of_event) = of_event {
                code = coded.code(event, row)?;
                coded.take(event, row, &mut taken.values, &mut taken.more);
                if of_event.apart {
                    self.set_apart(
                        batch,
                        row,
                        key,
                        (number.0, number.1, number.2, place_of(batch, row)),
                        &mut apart,
                    );
                }
            }
            self.rows.push(Row::new(key, at, event, code, values));
            if let Some(ids) = &batch.id {
                let id = ids.word(row).map_or(0, |id| fingerprint([id.as_bytes()]));
                self.ids.push((id, place_of(batch, row)));
            }
        }
        let (rows, begins, ids) = self.scatter();
        // Stable: what is of one part stays in the order of the log.
        apart.sort_by_key(|(part, _)| *part);
        self.segments.push(Segment { place: number, rows, begins, taken, ids, apart });
        Ok(())
    }

    /// What the machine must see of a row.
    fn set_apart(
        &mut self,
        batch: &Batch<'_>,
        row: usize,
        key: Key,
        order: Order,
        apart: &mut Vec<(u32, ApartRow)>,
    ) {
        let tables = self.setting.plan.program.tables();
        let Some(event) = batch.event(row) else { return };
        let Record::Event(event) = tables.rulebook.admit(Record::Event(event)).record else { return };
        if let Some((number, extra)) = self.classifier.classify(tables, &event) {
            let id = event.id.as_ref().map(|id| fingerprint([id.as_bytes()]));
            let row = ApartRow { key, at: event.at, order, id, reaction: (self.thread, number), extra };
            apart.push((part_of(key, self.parts) as u32, row));
        }
    }

    /// Puts the rows of each part together.
    fn scatter(&self) -> (Vec<Row>, Vec<u32>, Vec<Id>) {
        let mut begins = vec![0_u32; self.parts + 1];
        let part = |row: &Row| part_of(row.key, self.parts);
        for row in &self.rows {
            if let Some(count) = begins.get_mut(part(row) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for begin in &mut begins {
            sum += *begin;
            *begin = sum;
        }
        let mut next = begins.clone();
        let mut rows = vec![Row::NONE; self.rows.len()];
        let mut ids = vec![(0, 0); self.ids.len()];
        for (from, row) in self.rows.iter().enumerate() {
            let Some(next) = next.get_mut(part(row)) else { continue };
            if let Some(place) = rows.get_mut(*next as usize) {
                *place = *row;
            }
            if let Some((place, id)) = ids.get_mut(*next as usize).zip(self.ids.get(from)) {
                *place = *id;
            }
            *next += 1;
        }
        (rows, begins, ids)
    }
}

/// Where a row stands in its batch, among what is no event too.
fn place_of(batch: &Batch<'_>, row: usize) -> usize {
    row + batch.records.partition_point(|(before, _)| *before <= row)
}

impl Segment {
    /// The rows of a part.
    fn part(&self, part: usize) -> (&[Row], &[Id]) {
        let begin = |part: usize| self.begins.get(part).map_or(0, |begin| *begin as usize);
        let range = begin(part)..begin(part + 1);
        (self.rows.get(range.clone()).unwrap_or_default(), self.ids.get(range).unwrap_or_default())
    }

    fn apart(&self, part: usize) -> impl Iterator<Item = &ApartRow> {
        let from = self.apart.partition_point(|(known, _)| (*known as usize) < part);
        let rows = self.apart.iter().skip(from).take_while(move |(known, _)| *known as usize == part);
        rows.map(|(_, row)| row)
    }
}

struct Worker<'p> {
    setting: &'p Setting<'p>,
    classifiers: &'p [Classifier],
    profiles: &'p Profiles,
    hand: Hand<'p>,
    words: Words,
    index: Index,
    /// For each row of the part its user.
    users: Vec<u32>,
    /// Where the first event with an id stands, by user.
    seen: HashMap<(u32, u128), Order>,
    tally: Tally,
}

/// No user: the row is the second of an event.
const NOBODY: u32 = u32::MAX;

impl<'p> Worker<'p> {
    fn new(setting: &'p Setting<'p>, classifiers: &'p [Classifier], profiles: &'p Profiles) -> Worker<'p> {
        Worker {
            setting,
            classifiers,
            profiles,
            hand: Hand::new(setting),
            words: Words::default(),
            index: Index::default(),
            users: Vec::new(),
            seen: HashMap::new(),
            tally: Tally::new(setting),
        }
    }

    fn part(&mut self, segments: &[Segment], part: usize) {
        let ordered = self.number_users(segments, part);
        self.words.reset(&self.setting.plan, self.index.keys.len());
        for key in &self.index.keys {
            self.words.add(*key);
        }
        let rows = segments.iter().flat_map(|segment| {
            let (rows, _) = segment.part(part);
            rows.iter().map(move |row| (row, &segment.taken))
        });
        let rows = rows.zip(&self.users).filter(|(_, user)| **user != NOBODY);
        if ordered {
            for ((row, taken), user) in rows {
                self.hand.enter(&mut self.words, *user as usize, row, taken);
            }
        } else {
            let mut rows: Vec<_> = rows.collect();
            // Stable: rows of one instant stay in the order of the log.
            rows.sort_by_key(|((row, _), _)| row.at);
            for ((row, taken), user) in rows {
                self.hand.enter(&mut self.words, *user as usize, row, taken);
            }
        }
        let (seen, index) = (&self.seen, &mut self.index);
        let is_first = |row: &&ApartRow| {
            let first = row.id.map(|id| seen.get(&(index.place(row.key), id)));
            first.is_none_or(|first| first == Some(&row.order))
        };
        let apart = segments.iter().flat_map(|segment| segment.apart(part));
        let apart = Apart::new(self.classifiers, apart.filter(is_first));
        self.tally.close(self.setting, &mut self.words, self.profiles, &apart);
    }

    /// Numbers the users of a part, and passes over events that were there before; whether each user's rows are in the order of their instants.
    fn number_users(&mut self, segments: &[Segment], part: usize) -> bool {
        self.index.clear();
        self.users.clear();
        self.seen.clear();
        let mut latest: Vec<i64> = Vec::new();
        let mut ordered = true;
        for segment in segments {
            let (rows, ids) = segment.part(part);
            for (place, row) in rows.iter().enumerate() {
                let user = self.index.place(row.key);
                if let Some((id, place)) = ids.get(place).filter(|(id, _)| *id != 0) {
                    let order = (segment.place.0, segment.place.1, segment.place.2, *place);
                    if *self.seen.entry((user, *id)).or_insert(order) != order {
                        self.users.push(NOBODY);
                        continue;
                    }
                }
                self.users.push(user);
                match latest.get_mut(user as usize) {
                    Some(latest) => {
                        ordered &= *latest <= row.at;
                        *latest = row.at;
                    }
                    None => latest.push(row.at),
                }
            }
        }
        ordered
    }
}
