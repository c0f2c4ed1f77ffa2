//! A log in columns, taken in on several threads: what each event does is found out part by part, and the parts are added in
//! the order of the log.

mod look;
mod part;
mod shape;
mod taker;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;

use super::Replay;
use crate::columns::{Recorded, ShardError, Shards, Wanted};
#[cfg(feature = "input")]
use crate::input::{InputError, Log};
use crate::model::{Record, Text};
use crate::program::Program;

use part::Part;
use taker::Taker;

/// What is asked now and then while a log is taken in, after so many more of its rows: whether to go on.
pub(crate) type GoesOn<'a> = &'a (dyn Fn(u64) -> bool + Sync);

/// A part of more events is added as soon as its turn has come, not only when it is whole.
const LARGE: usize = 1 << 18;

impl Replay {
    /// Adds the events of a log, and what stands among them, as [`Replay::add`] adds records one by one: by columns, and on as many threads
    /// as the run has. Nothing is made of an event that no rule reads.
    ///
    /// # Errors
    /// When the log cannot be read to its end. What came before that place may have been added then.
    ///
    /// # Example
    /// ```
    /// use campanile::{input::{Log, ReadOptions}, replay::Replay, rulebook::Rulebook};
    /// let folder = tempfile::tempdir()?;
    /// let file = folder.path().join("log.ndjson");
    /// std::fs::write(&file, r#"{"type":"track","userId":"asha","event":"Charged","timestamp":"2026-11-03T10:00:00Z"}"#)?;
    /// let rulebook = Rulebook::parse("shop.camp", "
    ///     campaign thanks { when \"Charged\" send template thank_you }")?;
    /// let mut replay = Replay::new(&rulebook.compile()).on_threads(2);
    /// let log = Log::open([&file], &ReadOptions::default())?;
    /// replay.add_log(&log)?;
    /// assert_eq!(log.tally().rows(), 1);
    /// assert_eq!(replay.run().outcomes.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "input")]
    pub fn add_log(&mut self, log: &Log) -> Result<(), InputError> {
        for part in log.parts() {
            self.take_in(part, true, &|_| true)?;
        }
        Ok(())
    }

    /// The same with one of its parts, as long as it is to go on. `whole` reads all columns, because somebody keeps the rows that are bad.
    ///
    /// # Errors
    /// Likewise.
    #[cfg(feature = "input")]
    pub(crate) fn take_in(
        &mut self,
        log: &dyn Shards,
        whole: bool,
        goes_on: GoesOn<'_>,
    ) -> Result<(), InputError> {
        self.shards(log, whole, goes_on)
            .map_err(|(shard, error)| InputError::of_shard(log.file(shard).unwrap_or("-"), error))
    }

    /// Adds records as a log of columns: batches of so many rows, with columns by the types of their values, and dictionaries of texts. What
    /// comes of it is the same. For tests.
    #[doc(hidden)]
    pub fn add_in_columns(
        &mut self,
        records: impl IntoIterator<Item = Record>,
        rows: usize,
        typed: bool,
        coded: bool,
    ) {
        let mut recorded = Recorded::default();
        recorded.lay_out(rows, typed, coded);
        records.into_iter().for_each(|record| recorded.add(record));
        // Records in memory can be read to their end.
        let _ = self.shards(&recorded, false, &|_| true);
    }

    fn shards(
        &mut self,
        log: &dyn Shards,
        whole: bool,
        goes_on: GoesOn<'_>,
    ) -> Result<(), (usize, ShardError)> {
        let threads = self.threads.max(1);
        let program = self.program.clone();
        let classifier = Mutex::new(std::mem::take(&mut self.classifier));
        let intake = Intake {
            log,
            narrow: if whole { None } else { narrow(&program, log) },
            may_be_too_narrow: program.tables().ask_for_content(),
            too_narrow: AtomicBool::new(false),
            goes_on,
            next: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            failure: Mutex::new(None),
            ready: Mutex::new(Ready::default()),
            added: Condvar::new(),
            failed: AtomicBool::new(false),
            threads,
            replay: Mutex::new(self),
        };
        let work = || intake.work(Taker::new(&program, &classifier));
        thread::scope(|scope| {
            let begun = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
            let others: Vec<_> = (1..threads).map_while(begun).collect();
            work();
            for other in others {
                other.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
        });
        let failure = intake.failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.classifier = classifier.into_inner().unwrap_or_else(PoisonError::into_inner);
        match failure {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

/// How many records were added so far.
#[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the command line counts what each file brings"))]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Added {
    pub(crate) events: u64,
    pub(crate) profiles: u64,
    pub(crate) templates: u64,
}

impl Replay {
    /// How many records were added so far, by what they are in the [`Summary`](super::Summary).
    #[cfg_attr(
        not(feature = "cli"),
        expect(dead_code, reason = "the command line counts what each file brings")
    )]
    pub(crate) fn added(&self) -> Added {
        Added { events: self.events, profiles: self.profiles, templates: self.templates.len() as u64 }
    }
}

/// What all threads share.
struct Intake<'a> {
    log: &'a dyn Shards,
    /// What is read, if not all.
    narrow: Option<Wanted>,
    /// Whether that may turn out to be too little.
    may_be_too_narrow: bool,
    /// It did.
    too_narrow: AtomicBool,
    goes_on: GoesOn<'a>,
    /// The next part to be read.
    next: AtomicUsize,
    stopped: AtomicBool,
    /// The first part that cannot be read, and why.
    failure: Mutex<Option<(usize, ShardError)>>,
    ready: Mutex<Ready>,
    /// Told when parts have been added.
    added: Condvar,
    /// What does not fit in memory could not be put by.
    failed: AtomicBool,
    threads: usize,
    replay: Mutex<&'a mut Replay>,
}

/// A thread that panics leaves nobody waiting for its part.
struct Woken<'i, 'a>(&'i Intake<'a>);

impl Drop for Woken<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

/// What has been read, and waits for what is before it.
#[derive(Default)]
struct Ready {
    /// The first part that has not been added.
    next: usize,
    parts: BTreeMap<usize, Part>,
}

impl Intake<'_> {
    fn work(&self, mut taker: Taker<'_>) {
        let _woken = Woken(self);
        loop {
            self.wait_for_room();
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let shard = self.next.fetch_add(1, Ordering::Relaxed);
            if !self.log.has(shard) {
                return;
            }
            let mut read = self.read(shard, &mut taker);
            if taker.lacks {
                // Here and from here on all is read.
                self.too_narrow.store(true, Ordering::Relaxed);
                taker.part = Part::default();
                read = self.read(shard, &mut taker);
            }
            if let Err(error) = read {
                let mut failure = held(&self.failure);
                if failure.as_ref().is_none_or(|(first, _)| shard < *first) {
                    *failure = Some((shard, error));
                }
                drop(failure);
                self.stop();
            }
            held(&self.ready).parts.insert(shard, std::mem::take(&mut taker.part));
            self.add();
        }
    }

    /// Takes in a part of the log, as far as what is read of it is enough.
    fn read(&self, shard: usize, taker: &mut Taker<'_>) -> Result<(), ShardError> {
        let narrow = self.narrow.as_ref().filter(|_| !self.too_narrow.load(Ordering::Relaxed));
        (taker.narrow, taker.lacks) = (narrow.is_some(), false);
        self.log.read(shard, narrow.unwrap_or(&Wanted::default()), &mut |batch| {
            taker.batch(batch);
            if taker.lacks {
                return false;
            }
            // What has been added cannot be taken back.
            if taker.part.size() >= LARGE && (!taker.narrow || !self.may_be_too_narrow) {
                self.add_early(shard, &mut taker.part);
            }
            let goes_on = (self.goes_on)(batch.rows as u64 + batch.records.len() as u64);
            let goes_on = goes_on && !self.failed.load(Ordering::Relaxed);
            if !goes_on {
                self.stop();
            }
            goes_on
        })
    }

    fn stop(&self) {
        // Not between another thread's look and its wait.
        let _ready = held(&self.ready);
        self.stopped.store(true, Ordering::Relaxed);
        self.added.notify_all();
    }

    /// Waits until what has been read is not too far before what has been added. The part whose turn it is is always being read by
    /// somebody, who then adds it.
    fn wait_for_room(&self) {
        let mut ready = held(&self.ready);
        while ready.parts.len() > 2 * self.threads && !self.stopped.load(Ordering::Relaxed) {
            ready = self.added.wait(ready).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Adds all parts whose turn has come, if nobody else is at it.
    fn add(&self) {
        loop {
            if !held(&self.ready).is_next_there() {
                return;
            }
            let mut replay = match self.replay.try_lock() {
                Ok(replay) => replay,
                // Whoever is at it looks again when done.
                Err(TryLockError::WouldBlock) => return,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            };
            loop {
                let mut ready = held(&self.ready);
                let next = ready.next;
                let Some(part) = ready.parts.remove(&next) else { break };
                drop(ready);
                self.add_to(&mut replay, part);
                held(&self.ready).next += 1;
                self.added.notify_all();
            }
        }
    }

    /// Adds what has been taken so far of a part whose turn has come.
    fn add_early(&self, shard: usize, part: &mut Part) {
        if held(&self.ready).next == shard {
            self.add_to(&mut held(&self.replay), std::mem::take(part));
        }
    }

    fn add_to(&self, replay: &mut Replay, part: Part) {
        replay.add_part(part);
        if replay.has_failed() {
            self.failed.store(true, Ordering::Relaxed);
            self.stop();
        }
    }
}

impl Ready {
    fn is_next_there(&self) -> bool {
        self.parts.contains_key(&self.next)
    }
}

/// What is read of a log: all that rules ask for by name, and what schemas declare, for what does not fit is counted. None where it is all:
/// what names a trigger event without an id is made of all its properties.
fn narrow(program: &Program, log: &dyn Shards) -> Option<Wanted> {
    let tables = program.tables();
    if tables.ask_for_content() && !log.may_have_ids() {
        return None;
    }
    let read = tables.properties_of_events()?.into_iter().cloned();
    let declared = program.rulebook().declared_of_events().map(Text::from);
    let names: BTreeSet<Text> = read.chain(declared).collect();
    Some(Wanted { properties: Some(names.into_iter().collect()) })
}

/// What a lock holds; a thread that panicked takes the others with it.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
