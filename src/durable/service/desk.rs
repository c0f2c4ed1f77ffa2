//! Where calls wait for the thread that has the engine, and how many may.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use metrics::{counter, gauge};

use super::Answer;
use crate::durable::{Advanced, DurableEngine, DurableError};
use crate::live::Ingested;
use crate::model::{Instant, Record};

/// How much may wait at most, with what is being done.
///
/// # Example
/// ```
/// use campanile::durable::Limits;
/// let limits = Limits::default().calls(64).records(10_000).bytes(16 << 20);
/// # let _ = limits;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    most: Load,
}

/// So much waits, or is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Calls of all kinds.
    pub calls: usize,
    /// Records to be taken in.
    pub records: usize,
    /// The memory that these hold, about.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { most: Load { calls: 1_024, records: 100_000, bytes: 64 << 20 } }
    }
}

impl Limits {
    /// At most so many calls, at least one: 1,024 by default.
    #[must_use]
    pub fn calls(mut self, most: usize) -> Limits {
        self.most.calls = most.max(1);
        self
    }

    /// At most so many records: 100,000 by default. A batch with more is taken when no other records wait.
    #[must_use]
    pub fn records(mut self, most: usize) -> Limits {
        self.most.records = most;
        self
    }

    /// At most about so many bytes of records: 64 MiB by default. A batch with more is taken when no other records wait.
    #[must_use]
    pub fn bytes(mut self, most: usize) -> Limits {
        self.most.bytes = most;
        self
    }
}

impl Load {
    /// A call without records.
    pub(super) const CALL: Load = Load { calls: 1, records: 0, bytes: 0 };

    fn and(self, other: Load) -> Load {
        Load {
            calls: self.calls + other.calls,
            records: self.records + other.records,
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    fn without(self, other: Load) -> Load {
        Load {
            calls: self.calls.saturating_sub(other.calls),
            records: self.records.saturating_sub(other.records),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

/// What is done with the engine; it says itself when it is done.
pub(super) type Work = Box<dyn FnOnce(&mut DurableEngine, &Desk) + Send>;

/// What a caller waits for.
pub(super) enum Call {
    Ingest { records: Vec<Record>, load: Load, answer: Answer<Ingested> },
    Advance { now: Instant, answer: Answer<Advanced> },
    Other(Work),
    Shut(Answer<()>),
}

/// Between the callers and the thread.
pub(super) struct Desk {
    limits: Limits,
    inner: Mutex<Inner>,
    /// A call has come, or none will any more.
    came: Condvar,
}

struct Inner {
    waiting: VecDeque<Call>,
    load: Load,
    state: State,
    /// The thread waits for calls.
    idle: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// What waits is done, and nothing comes any more.
    Closed,
    Panicked,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("limits", &self.limits)
            .field("load", &self.load())
            .finish_non_exhaustive()
    }
}

impl Desk {
    pub(super) fn new(limits: Limits) -> Desk {
        let inner =
            Inner { waiting: VecDeque::new(), load: Load::default(), state: State::Open, idle: false };
        Desk { limits, inner: Mutex::new(inner), came: Condvar::new() }
    }

    /// Nobody panics while having it, so that what is in it is whole.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn load(&self) -> Load {
        self.lock().load
    }

    /// Lets a call wait, if it may; it is made only then.
    pub(super) fn put(&self, load: Load, call: impl FnOnce() -> Call) -> Result<(), DurableError> {
        let mut inner = self.lock();
        inner.open()?;
        if let Some((what, most)) = self.full(inner.load, load) {
            drop(inner);
            counter!("campanile_service_refused_total", "full_of" => what).increment(1);
            return Err(DurableError::Full { what, most });
        }
        inner.load = inner.load.and(load);
        self.push(inner, call());
        Ok(())
    }

    /// What there would be too much of.
    fn full(&self, now: Load, load: Load) -> Option<(&'static str, usize)> {
        let (then, most) = (now.and(load), self.limits.most);
        if then.calls > most.calls {
            return Some(("calls", most.calls));
        }
        // However large a batch is, once it is alone it is taken.
        if load.records == 0 || now.records == 0 {
            return None;
        }
        let records = (then.records > most.records).then_some(("records", most.records));
        records.or((then.bytes > most.bytes).then_some(("bytes of records", most.bytes)))
    }

    /// Lets the call wait that is the last one.
    pub(super) fn shut(&self, answer: Answer<()>) -> Result<(), DurableError> {
        let mut inner = self.lock();
        inner.open()?;
        inner.state = State::Closed;
        self.push(inner, Call::Shut(answer));
        Ok(())
    }

    /// Nobody is left who calls.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        if inner.state == State::Open {
            inner.state = State::Closed;
        }
        drop(inner);
        self.came.notify_one();
    }

    fn push(&self, mut inner: MutexGuard<'_, Inner>, call: Call) {
        inner.waiting.push_back(call);
        let idle = inner.idle;
        drop(inner);
        if idle {
            self.came.notify_one();
        }
    }

    /// All calls that wait; where none does, it waits for one if it may. None when none will come any more.
    pub(super) fn take(&self, may_wait: bool) -> Option<VecDeque<Call>> {
        let mut inner = self.lock();
        while inner.waiting.is_empty() && inner.state == State::Open && may_wait {
            inner.idle = true;
            inner = self.came.wait(inner).unwrap_or_else(PoisonError::into_inner);
            inner.idle = false;
        }
        let (calls, load, state) = (std::mem::take(&mut inner.waiting), inner.load, inner.state);
        drop(inner);
        gauge!("campanile_service_calls").set(load.calls as f64);
        gauge!("campanile_service_records").set(load.records as f64);
        (state == State::Open || !calls.is_empty()).then_some(calls)
    }

    /// Something is done: there is room for further calls before its caller hears of it.
    pub(super) fn done(&self, load: Load) {
        let mut inner = self.lock();
        inner.load = inner.load.without(load);
    }
}

impl Inner {
    const fn open(&self) -> Result<(), DurableError> {
        match self.state {
            State::Open => Ok(()),
            State::Closed => Err(DurableError::Shut),
            State::Panicked => Err(DurableError::Panicked),
        }
    }
}

/// Tells when the thread ends, however it does: nobody waits for it then.
pub(super) struct Ending<'d>(pub(super) &'d Desk);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.state = if thread::panicking() { State::Panicked } else { State::Closed };
        let left = std::mem::take(&mut inner.waiting);
        drop(inner);
        // Who waits for one of them hears that there is no answer.
        drop(left);
    }
}
