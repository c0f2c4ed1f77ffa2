//! The engine that loses nothing: its inputs are on the disk before they count.
//!
//! A [`DurableEngine`] is the engine in memory ([`Engine`]) and one SQLite file. What comes in (records, instants, rules) is appended to a log in the
//! file; the state in memory is a function of that log and of nothing else, so opening the directory again yields it again. What comes out, send jobs
//! and outcomes, is written in the same transaction as the instant that decided it: each decision is made once. `docs/durable.md` says more.

mod change;
mod directory;
mod emptier;
mod entry;
mod error;
mod history;
mod late;
mod lock;
mod options;
mod outbox;
mod person;
mod pieces;
mod queue;
mod recover;
mod service;
mod sieve;
mod signs;
mod snapshot;
mod state;
mod store;
mod witness;
mod zones;

use std::path::Path;

pub use change::RulesChange;
pub use error::DurableError;
pub use history::{Folded, History};
pub use late::{Hindsight, LateRecord, hindsight};
pub use options::Options;
pub use outbox::{Claim, JobState, Settled, WhenUnknown};
pub use person::{Kept, export};
pub use recover::{Recovery, Verified, verify};
pub use service::{Limits, Load, Service};
pub use state::{LastSnapshot, Pending, State, inspect, waiting};
pub use zones::ZonesChange;

use crate::live::{Engine, Ingested, Refused};
use crate::model::{Instant, JobId, Outcome, Record};
use crate::program::Program;
use entry::{Advance, Entry};
use lock::Lock;
use outbox::Row;
use queue::{Queue, Terms};
use store::{Store, Write};

/// A running engine whose state survives its process: records in, send jobs into an outbox, outcomes into a table.
///
/// After an error of the store every call is refused until the directory is opened again: what is on the disk is not known, and what is
/// in memory may be ahead of it.
///
/// # Example
/// ```
/// use campanile::durable::{DurableEngine, Options, Settled};
/// use campanile::model::{Event, Instant, ProfileUpdate, Properties, Record, Value};
/// use campanile::rulebook::Rulebook;
///
/// let folder = tempfile::tempdir()?;
/// let rules = Rulebook::parse("shop.camp", r#"campaign thanks { when "Charged" send template thanks }"#)?;
/// let noon = Instant::parse("2026-11-03T12:00:00Z")?;
/// let mut engine = DurableEngine::open(folder.path(), rules.compile(), Options::default())?;
/// engine.ingest(vec![
///     Record::Profile(ProfileUpdate {
///         user: "asha".into(),
///         at: None,
///         changes: vec![
///             ("phone".into(), Some(Value::text("+919820012345"))),
///             ("whatsapp".into(), Some(Value::Boolean(true))),
///         ],
///     }),
///     Record::Event(Event {
///         user: "asha".into(), name: "Charged".into(), at: noon, id: Some("c1".into()), properties: Properties::new(),
///     }),
/// ])?;
/// engine.advance(noon)?;
/// drop(engine); // However the process ends.
///
/// let mut engine = DurableEngine::open(folder.path(), rules.compile(), Options::default())?;
/// let claims = engine.claim("worker 1", noon, 100)?;
/// assert_eq!(claims.len(), 1);
/// // Here the job is handed to the provider.
/// engine.settle(&[(claims[0].number, claims[0].attempt, Settled::Accepted { provider_id: None })], noon)?;
/// assert!(engine.claim("worker 1", noon, 100)?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DurableEngine {
    engine: Engine,
    program: Program,
    store: Store,
    queue: Queue,
    terms: Terms,
    options: Options,
    starting: Option<Instant>,
    /// So many outcomes are kept.
    outcomes: u64,
    recovery: Recovery,
    zones: Option<ZonesChange>,
    /// Instants that were closed without a decision, and are not in the log yet: they stand before whatever comes next.
    unwritten: Option<Advance>,
    /// Rules were replaced: a decision may have been made before.
    replaced: bool,
    /// What was decided before they were, in order.
    decided: Vec<JobId>,
    poison: Option<String>,
    _lock: Option<Lock>,
}

/// What closing instants came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Advanced {
    /// Jobs that went into the outbox.
    pub jobs: u64,
    /// Outcomes that were decided.
    pub outcomes: u64,
    /// Nothing is left to do: all instants up to now (less the lateness) are closed.
    pub caught_up: bool,
}

impl Engine {
    /// Opens the durable engine of a directory: see [`DurableEngine::open`].
    ///
    /// # Errors
    /// As there.
    pub fn open(
        directory: impl AsRef<Path>,
        program: Program,
        options: Options,
    ) -> Result<DurableEngine, DurableError> {
        DurableEngine::open(directory, program, options)
    }
}

impl DurableEngine {
    /// Opens a directory, which is made if there is none, and brings the state up from what is there: from the last snapshot, and
    /// from the log behind it.
    ///
    /// # Errors
    /// When another process has the directory; when its files are of a newer version, of something else, or not what was
    /// written; when they were filled under other rules and [`Options::replace_rules`] is not set; when reading or writing fails. (Where nothing but the version of the zone database is
    /// another, it is opened: see [`DurableEngine::zones_change`].)
    pub fn open(
        directory: impl AsRef<Path>,
        program: Program,
        options: Options,
    ) -> Result<DurableEngine, DurableError> {
        recover::open(directory.as_ref(), program, options)
    }

    /// What opening found.
    pub const fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// What a zone database of another version changed when the directory was opened; none where it is of the version that it was. All wall-clock
    /// times were found anew then, by the rules as they are.
    pub const fn zones_change(&self) -> Option<&ZonesChange> {
        self.zones.as_ref()
    }

    /// Takes in records, in any order, and returns when they are on the disk. What they mean is told by [`Engine::ingest`].
    ///
    /// # Errors
    /// When writing fails: then it is not known whether they are on the disk, and the engine refuses all further calls.
    pub fn ingest(&mut self, records: Vec<Record>) -> Result<Ingested, DurableError> {
        let mut all = self.ingest_all(vec![records])?;
        Ok(all.pop().unwrap_or_default())
    }

    /// Takes in the batches of several callers, for whom the disk is waited for once. The answers are in the order of the batches.
    ///
    /// # Errors
    /// As [`DurableEngine::ingest`].
    pub fn ingest_all(&mut self, batches: Vec<Vec<Record>>) -> Result<Vec<Ingested>, DurableError> {
        self.take_in(batches, &[])
    }

    /// Takes in records of a source that can be read again, such as a file, and with them, in the same transaction, how far it is read with them: so many rows,
    /// or bytes, as its reader counts. After whatever crash, [`DurableEngine::position`] tells from where on nothing of it has been taken in.
    ///
    /// # Errors
    /// As [`DurableEngine::ingest`].
    ///
    /// # Example
    /// ```
    /// use campanile::durable::{DurableEngine, Options};
    /// use campanile::rulebook::Rulebook;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let rules = Rulebook::parse("shop.camp", r#"campaign thanks { when "Charged" send template thanks }"#)?;
    /// let mut engine = DurableEngine::open(folder.path(), rules.compile(), Options::default())?;
    /// assert_eq!(engine.position("orders.csv")?, None);
    /// engine.ingest_from(Vec::new(), "orders.csv", 1_000)?;
    /// assert_eq!(engine.position("orders.csv")?, Some(1_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ingest_from(
        &mut self,
        records: Vec<Record>,
        source: &str,
        position: u64,
    ) -> Result<Ingested, DurableError> {
        let fact = (state::position_of(source), position.to_string());
        let mut all = self.take_in(vec![records], &[fact])?;
        Ok(all.pop().unwrap_or_default())
    }

    /// How far a source was read with what was taken in last of it; none where nothing was.
    ///
    /// # Errors
    /// When reading fails, or it is not what was written.
    pub fn position(&self, source: &str) -> Result<Option<u64>, DurableError> {
        let found = self.store.look(|connection| store::fact(connection, &state::position_of(source)))?;
        let Some(found) = found else { return Ok(None) };
        found.parse().map(Some).map_err(|_| DurableError::Damaged {
            file: self.store.path().to_owned(),
            place: format!("the position of {source}"),
            problem: "it is no number".to_owned(),
        })
    }

    fn take_in(
        &mut self,
        batches: Vec<Vec<Record>>,
        facts: &[(String, String)],
    ) -> Result<Vec<Ingested>, DurableError> {
        self.sound()?;
        let mut refused = Vec::with_capacity(batches.len());
        let mut entries: Vec<Entry> = self.unwritten.take().map(Entry::Advance).into_iter().collect();
        let first = entries.len();
        for batch in batches {
            let (good, bad) = sort_out(&self.engine, batch);
            entries.push(Entry::Records(good));
            refused.push(bad);
        }
        let written = Write { entries, facts, ..Write::default() };
        let done = self.store.write(&written);
        self.or_poison(done)?;
        let mut answers = Vec::with_capacity(refused.len());
        for (entry, refused) in written.entries.into_iter().skip(first).zip(refused) {
            let Entry::Records(records) = entry else { continue };
            let mut ingested = self.engine.ingest(records)?;
            ingested.refused.extend(refused);
            signs::ingested(&ingested);
            answers.push(ingested);
        }
        Ok(answers)
    }

    /// Closes all instants up to now, less the [lateness](Options::lateness), and puts the jobs that fell due into the outbox.
    ///
    /// It is done in slices, each of which is on the disk before the next begins: see [`DurableEngine::advance_within`].
    ///
    /// # Errors
    /// When `now` is outside of [`Instant::MIN`] to [`Instant::MAX`], and when writing fails.
    pub fn advance(&mut self, now: Instant) -> Result<Advanced, DurableError> {
        let mut all = Advanced::default();
        while !all.caught_up {
            let slice = self.advance_within(now, self.options.slice)?;
            all.jobs += slice.jobs;
            all.outcomes += slice.outcomes;
            all.caught_up = slice.caught_up;
        }
        Ok(all)
    }

    /// A slice of [`DurableEngine::advance`]: at most so many pieces of work. Records may be taken in between.
    ///
    /// # Errors
    /// As there.
    pub fn advance_within(&mut self, now: Instant, steps: usize) -> Result<Advanced, DurableError> {
        let until = Instant::from_millis(now.millis().saturating_sub(self.options.lateness.millis()));
        self.close(until, steps)
    }

    fn close(&mut self, until: Instant, steps: usize) -> Result<Advanced, DurableError> {
        self.sound()?;
        let first = self.engine.closed().is_none();
        let slice = self.engine.advance_within(until, steps)?;
        let mut outcomes = self.engine.take_outcomes();
        let made = outcomes.len() as u64;
        if !self.decided.is_empty() {
            outcomes.retain(|outcome| {
                let id = JobId::new(&outcome.campaign, &outcome.user, &outcome.occurrence);
                self.decided.binary_search(&id).is_err()
            });
        }
        let jobs = slice.jobs;
        let mut rows = Vec::with_capacity(jobs.len());
        for job in &jobs {
            if self.decided.binary_search(&job.id).is_ok() {
                continue;
            }
            let number = self.queue.last + rows.len() as u64 + 1;
            rows.push(Row::planned(number, job, until).map_err(|error| DurableError::Store {
                file: self.store.path().to_owned(),
                problem: format!("job {} cannot be written: {error}", job.id),
            })?);
        }
        let advance = Advance {
            now: until,
            steps: slice.steps as u64,
            all: slice.steps < steps.max(1),
            closed: self.engine.closed().unwrap_or(Instant::MIN),
            jobs: jobs.len() as u64,
            outcomes: made,
            told: outcomes.len() as u64,
            rows: self.queue.rows + rows.len() as u64,
        };
        let advanced =
            Advanced { jobs: rows.len() as u64, outcomes: advance.told, caught_up: slice.caught_up };
        let whole = self.unwritten.take().map_or(advance, |before| before.and(&advance));
        // The first one settles from when anything may fire: it is not made one with a later.
        if jobs.is_empty() && made == 0 && !first {
            self.unwritten = Some(whole);
            return Ok(advanced);
        }
        let write = Write {
            entries: vec![Entry::Advance(whole)],
            jobs: rows,
            outcomes: &outcomes,
            ..Write::default()
        };
        let done = self.store.write(&write);
        self.queue.add(&write.jobs, &self.terms);
        self.or_poison(done)?;
        self.outcomes += advance.told;
        signs::decided(&outcomes);
        Ok(advanced)
    }

    /// Goes on until nothing is half done.
    fn end_what_has_begun(&mut self) -> Result<(), DurableError> {
        while let Some(closed) = self.engine.closed()
            && !self.close(closed, self.options.slice)?.caught_up
        {}
        Ok(())
    }

    /// Writes down what is not in the log yet.
    fn flush(&mut self) -> Result<(), DurableError> {
        let Some(advance) = self.unwritten.take() else { return Ok(()) };
        let done = self.store.write(&Write { entries: vec![Entry::Advance(advance)], ..Write::default() });
        self.or_poison(done)
    }

    /// Gives a worker up to so many jobs of the outbox that are to be handed over by now, in the order of their instants. That the worker
    /// has them is on the disk when this returns; it has them for the [lease](Options::lease).
    ///
    /// A job whose last instant has passed is not given out, nor one whose campaign was removed: it is settled as not sent.
    ///
    /// # Errors
    /// When reading or writing fails, or a job is not what was written.
    pub fn claim(&mut self, worker: &str, now: Instant, most: usize) -> Result<Vec<Claim>, DurableError> {
        self.sound()?;
        let (campaigns, replaced) = (self.program.rulebook().campaigns(), self.replaced);
        let is_there = |name: &str| !replaced || campaigns.iter().any(|campaign| *campaign.name == *name);
        let claims = self.queue.claim(&mut self.store, &self.terms, worker, now, most, is_there);
        self.signs(now);
        self.or_poison(claims)
    }

    /// Writes down what became of jobs, each by its number and attempt. All of it is on the disk when this returns, or nothing is.
    ///
    /// # Errors
    /// When one of them is neither claimed nor unknown, or the attempt is another; when reading or writing fails.
    pub fn settle(&mut self, settled: &[(u64, u32, Settled)], now: Instant) -> Result<(), DurableError> {
        self.sound()?;
        let done = self.queue.settle(&mut self.store, &self.terms, settled, now);
        self.or_poison(done)
    }

    /// How many jobs the outbox has in each state.
    pub fn counts(&self) -> impl Iterator<Item = (JobState, u64)> + '_ {
        self.queue.counts().iter().filter(|(_, many)| **many > 0).map(|(state, many)| (*state, *many))
    }

    /// At or before the next instant at which there is something to do: for [`DurableEngine::advance`] (the lateness is in it), or for
    /// [`DurableEngine::claim`].
    pub fn next_due(&self) -> Option<Instant> {
        let due = self.engine.next_due();
        let due =
            due.map(|at| Instant::from_millis(at.millis().saturating_add(self.options.lateness.millis())));
        due.into_iter().chain(self.queue.next()).min()
    }

    /// All instants up to this one are closed.
    pub fn closed(&self) -> Option<Instant> {
        self.engine.closed()
    }

    /// The engine in memory, for a look.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Hands over all outcomes that were decided, in order, each held against its sum.
    ///
    /// # Errors
    /// When reading fails, or a row is missing or not what was written.
    pub fn outcomes(&self, mut take: impl FnMut(Outcome)) -> Result<(), DurableError> {
        let mut many = 0;
        snapshot::outcomes(&self.store, |outcome| {
            many += 1;
            take(outcome);
        })?;
        if many == self.outcomes {
            return Ok(());
        }
        Err(DurableError::Damaged {
            file: self.store.path().to_owned(),
            place: "the outcomes".to_owned(),
            problem: format!("there are {many}, and {} were decided", self.outcomes),
        })
    }

    /// Closes the engine: with a snapshot, so that it opens quickly, and one file alone.
    ///
    /// # Errors
    /// When writing fails. Nothing is lost then: the log is there.
    pub fn shut(mut self) -> Result<(), DurableError> {
        self.snapshot()?;
        self.store.settle()
    }

    fn sound(&self) -> Result<(), DurableError> {
        match &self.poison {
            None => Ok(()),
            Some(problem) => Err(DurableError::Poisoned { problem: problem.clone() }),
        }
    }

    /// After a failure of the store nothing is known of it.
    fn or_poison<T>(&mut self, done: Result<T, DurableError>) -> Result<T, DurableError> {
        if let Err(error) = &done
            && !matches!(error, DurableError::NoSuchClaim { .. } | DurableError::Engine(_))
        {
            tracing::error!(problem = %error, "the store failed: nothing more is taken in");
            self.poison = Some(error.to_string());
        }
        done
    }

    const fn terms(options: &Options) -> Terms {
        Terms {
            lease: options.lease,
            grace: options.grace,
            unknown: options.unknown,
            in_time: options.in_time,
        }
    }
}

impl Advance {
    /// One call for two that follow each other with nothing between them.
    fn and(&self, next: &Advance) -> Advance {
        Advance {
            now: self.now.max(next.now),
            steps: self.steps.saturating_add(next.steps),
            jobs: self.jobs + next.jobs,
            outcomes: self.outcomes + next.outcomes,
            told: self.told + next.told,
            ..*next
        }
    }
}

/// Those that can be taken in, and the others with the reason.
fn sort_out(engine: &Engine, batch: Vec<Record>) -> (Vec<Record>, Vec<Refused>) {
    if batch.iter().all(|record| engine.refusal(record).is_none()) {
        return (batch, Vec::new());
    }
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for record in batch {
        match engine.refusal(&record) {
            None => good.push(record),
            Some(reason) => bad.push(Refused { record, reason }),
        }
    }
    (good, bad)
}
