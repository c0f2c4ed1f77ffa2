//! A log in any order: rows are put with those of the same few users, by a hash, and these are then done part by part.
//!
//! What an event does is looked up when it is read, so that a row that waits is its user, its instant and a number, and what does nothing
//! does not wait at all. What is beyond the budget is put by, each part's rows together, and had back with its part.

mod combos;
mod parts;
mod reading;
mod seen;
mod segment;
mod stored;

use std::sync::{Mutex, PoisonError};

use super::tally::Tally;
use super::{Begins, Fault, Phase, Queue, Setting, on_threads};
use crate::columns::Shards;
use crate::scratch::memory::Memory;

use parts::{Held, Worker};
use reading::Reader;
use seen::Seen;

/// About so many rows a part.
const ROWS: u64 = 16_384;

/// Asks a log whatever its order.
///
/// # Errors
/// When it cannot be read, or what does not fit in memory cannot be put by.
pub(super) fn ask(setting: &Setting<'_>, logs: &[&dyn Shards], begins: Begins<'_>) -> Result<Tally, Fault> {
    let parts = parts(logs);
    let memory = Memory::new(setting.limit);
    let queues: Vec<Queue> = logs.iter().map(|_| Queue::default()).collect();
    let stopped = Queue::default();
    let found: Mutex<Vec<(usize, Reader<'_>)>> = Mutex::default();
    let read = |thread: usize| {
        let mut reader = Reader::new(setting, &memory, parts, thread);
        for (number, (log, queue)) in logs.iter().zip(&queues).enumerate() {
            while let Some(shard) = queue.next().filter(|shard| !stopped.is_stopped() && log.has(*shard)) {
                if !setting.is_later(*log, shard) {
                    reader.read(*log, number, shard)?;
                }
            }
        }
        found.lock().unwrap_or_else(PoisonError::into_inner).push((thread, reader));
        Ok(Tally::default())
    };
    on_threads(setting.threads, &stopped, &read)?;
    begins(Phase::Run);
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(thread, _)| *thread);
    let (mut segments, mut runs, mut effects, mut updates) = (vec![], vec![], vec![], vec![]);
    let mut seen = Seen::default();
    for (_, reader) in found {
        seen.join(&reader.seen);
        segments.extend(reader.segments);
        runs.extend(reader.runs);
        updates.extend(reader.updates);
        effects.push((reader.combos, reader.hand.finder));
    }
    segments.sort_by_key(|segment| segment.place);
    let profiles = setting.profiles.with(updates.into_iter(), &setting.keys);
    let seen = Mutex::new(seen);
    let held = Held { memory: &memory, segments, runs, effects, profiles, seen };
    let queue = Queue::default();
    let work = |_| {
        let mut worker = Worker::new(setting, &held);
        while let Some(part) = queue.next().filter(|part| *part < parts) {
            worker.part(part)?;
        }
        Ok(worker.tally)
    };
    let mut tally = on_threads(setting.threads, &queue, &work)?;
    begins(Phase::Merge);
    let Held { seen, profiles, .. } = held;
    let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.add(seen.ask(setting, &profiles));
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
