//! One durable engine for many threads.

mod desk;
mod weight;
mod worker;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::{Advanced, Claim, DurableEngine, DurableError, Settled};
use crate::live::Ingested;
use crate::model::{Instant, Record};
use desk::{Call, Desk};
pub use desk::{Limits, Load};

/// A handle to a durable engine that a thread of its own has. Its clones may be used by any number of threads.
///
/// Batches that wait together are written in one transaction: the disk is waited for once for all of them. A long [`Service::advance`] is done in
/// slices, and between two of them the calls that wait get their turn. Calls of one thread are done in their order; those of several, as they come.
///
/// What waits is [limited](Limits), by calls, records and bytes. Where it would be more, a call is refused at once ([`DurableError::Full`]): nothing of it was taken in, and the caller
/// tries again later, or hands on that it is too much. There is no clock in it: `now` is what the callers say.
///
/// [`Service::shut`] closes the engine with a snapshot. With the last of the handles it is closed without one, and the directory is free when that is
/// gone: opening it goes through the log then. When the thread panics, every call is refused ([`DurableError::Panicked`]).
///
/// # Example
/// ```
/// use campanile::durable::{DurableEngine, Limits, Options, Service};
/// use campanile::model::{Event, Instant, Properties, Record};
/// use campanile::rulebook::Rulebook;
/// let folder = tempfile::tempdir()?;
/// let rules = Rulebook::parse("shop.camp", r#"campaign thanks { when "Charged" send template thanks }"#)?;
/// let engine = DurableEngine::open(folder.path(), rules.compile(), Options::default())?;
/// let service = Service::start(engine, Limits::default())?;
/// let now = Instant::parse("2026-11-03T12:00:00Z")?;
/// let workers: Vec<_> = (0..4).map(|number| {
///     let service = service.clone();
///     std::thread::spawn(move || {
///         let user = format!("user {number}").into();
///         let event = Event { user, name: "Charged".into(), at: now, id: None, properties: Properties::new() };
///         service.ingest(&mut vec![Record::Event(event)])
///     })
/// }).collect();
/// for worker in workers {
///     assert_eq!(worker.join().unwrap()?.accepted, 1); // It is on the disk.
/// }
/// assert_eq!(service.advance(now)?.outcomes, 4);
/// service.shut()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Service {
    handle: Arc<Handle>,
}

/// What the clones have in common; the last of them ends the thread.
#[derive(Debug)]
struct Handle {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

type Answer<T> = SyncSender<Result<T, DurableError>>;

impl Service {
    /// Starts a thread that has the engine.
    ///
    /// # Errors
    /// When the system gives no thread; the engine is closed then.
    pub fn start(engine: DurableEngine, limits: Limits) -> Result<Service, DurableError> {
        let desk = Arc::new(Desk::new(limits));
        let (own, file) = (Arc::clone(&desk), engine.store.path().to_owned());
        let started =
            thread::Builder::new().name("campanile".to_owned()).spawn(move || worker::serve(engine, &own));
        let thread = started.map_err(|error| DurableError::Store {
            file,
            problem: format!("no thread could be started: {error}"),
        })?;
        Ok(Service { handle: Arc::new(Handle { desk, thread: Some(thread) }) })
    }

    /// Takes in records, and returns when they are on the disk: see [`DurableEngine::ingest`]. The list is empty then; where the call is
    /// refused, it is as it was.
    ///
    /// # Errors
    /// As there: it is not known then whether they are on the disk. [`DurableError::Full`], [`DurableError::Shut`] and [`DurableError::Panicked`].
    ///
    /// # Example: full
    /// ```no_run
    /// use campanile::durable::{DurableError, Service};
    /// use campanile::model::Record;
    /// fn take_in(service: &Service, mut records: Vec<Record>) -> Result<(), DurableError> {
    ///     loop {
    ///         match service.ingest(&mut records) {
    ///             Err(DurableError::Full { .. }) => std::thread::sleep(std::time::Duration::from_millis(10)),
    ///             done => return done.map(|_| ()),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn ingest(&self, records: &mut Vec<Record>) -> Result<Ingested, DurableError> {
        let load = weight::of(records);
        let (answer, answered) = sync_channel(1);
        self.handle.desk.put(load, || Call::Ingest { records: std::mem::take(records), load, answer })?;
        wait(&answered)
    }

    /// Closes all instants up to now: see [`DurableEngine::advance`]. Other calls get their turn after each [slice](super::Options::slice), so that an event may
    /// be taken in for an instant that is not closed yet.
    ///
    /// # Errors
    /// As there; [`DurableError::Full`], [`DurableError::Shut`] and [`DurableError::Panicked`].
    pub fn advance(&self, now: Instant) -> Result<Advanced, DurableError> {
        let (answer, answered) = sync_channel(1);
        self.handle.desk.put(Load::CALL, || Call::Advance { now, answer })?;
        wait(&answered)
    }

    /// Gives a worker jobs that are to be handed over: see [`DurableEngine::claim`].
    ///
    /// # Errors
    /// As there; [`DurableError::Full`], [`DurableError::Shut`] and [`DurableError::Panicked`].
    pub fn claim(&self, worker: &str, now: Instant, most: usize) -> Result<Vec<Claim>, DurableError> {
        let worker = worker.to_owned();
        self.with(move |engine| engine.claim(&worker, now, most))
    }

    /// Writes down what became of jobs: see [`DurableEngine::settle`].
    ///
    /// # Errors
    /// As there; [`DurableError::Full`], [`DurableError::Shut`] and [`DurableError::Panicked`].
    pub fn settle(&self, settled: Vec<(u64, u32, Settled)>, now: Instant) -> Result<(), DurableError> {
        self.with(move |engine| engine.settle(&settled, now))
    }

    /// Writes the whole state down, while everything else waits: see [`DurableEngine::snapshot`].
    ///
    /// # Errors
    /// As there; [`DurableError::Full`], [`DurableError::Shut`] and [`DurableError::Panicked`].
    pub fn snapshot(&self) -> Result<u64, DurableError> {
        self.with(DurableEngine::snapshot)
    }

    /// Does anything else with the engine, at its turn, and answers what comes of it. The service itself is not to be asked in there: it would wait for itself.
    ///
    /// # Errors
    /// What `work` answers; [`DurableError::Full`], [`DurableError::Shut`] and [`DurableError::Panicked`].
    pub fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DurableEngine) -> Result<T, DurableError> + Send + 'static,
    ) -> Result<T, DurableError> {
        let (answer, answered) = sync_channel(1);
        self.handle.desk.put(Load::CALL, || {
            Call::Other(Box::new(move |engine, desk| {
                let done = work(engine);
                desk.done(Load::CALL);
                tell(&answer, done);
            }))
        })?;
        wait(&answered)
    }

    /// Closes the engine once all calls before this one are done, with a snapshot: see [`DurableEngine::shut`]. The directory is free then; calls after this one are refused.
    ///
    /// # Errors
    /// As there; [`DurableError::Shut`] where it was shut before, and [`DurableError::Panicked`].
    pub fn shut(&self) -> Result<(), DurableError> {
        let (answer, answered) = sync_channel(1);
        self.handle.desk.shut(answer)?;
        wait(&answered)
    }

    /// What waits or is being done.
    pub fn load(&self) -> Load {
        self.handle.desk.load()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.desk.close();
        // The last handle may be dropped within a call, on the thread itself.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // That it panicked was told to those who asked.
            let _ended = thread.join();
        }
    }
}

/// An accepted call is answered, unless the thread panics.
fn wait<T>(answered: &Receiver<Result<T, DurableError>>) -> Result<T, DurableError> {
    answered.recv().unwrap_or(Err(DurableError::Panicked))
}

/// Who asked waits for it, and there is room for one answer.
fn tell<T>(answer: &Answer<T>, done: Result<T, DurableError>) {
    let _gone = answer.send(done);
}
