//! What a host may choose.

use super::WhenUnknown;
use crate::model::{Duration, Instant};

/// How a durable engine works. The defaults suit one process that hands its jobs to a provider.
///
/// # Example
/// ```
/// use campanile::durable::{Options, WhenUnknown};
/// use campanile::model::Duration;
/// let options = Options::default().lateness(Duration::from_seconds(30)).when_unknown(WhenUnknown::Never);
/// # let _ = options;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    pub(super) lateness: Duration,
    pub(super) starting: Option<Instant>,
    pub(super) slice: usize,
    pub(super) lease: Duration,
    pub(super) grace: Duration,
    pub(super) unknown: WhenUnknown,
    pub(super) in_time: bool,
    pub(super) replace_rules: bool,
    pub(super) shorter_history: bool,
    pub(super) ids_for: Option<Duration>,
    pub(super) vfs: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            lateness: Duration::from_millis(0),
            starting: None,
            slice: 20_000,
            lease: Duration::from_seconds(60),
            grace: Duration::from_seconds(3_600),
            unknown: WhenUnknown::ByCategory,
            in_time: false,
            replace_rules: false,
            shorter_history: false,
            ids_for: None,
            vfs: None,
        }
    }
}

impl Options {
    /// Holds instants open for so long: an event that comes no later than this behind its instant counts as if it had come in order,
    /// and everything is decided so much later. None by default: what comes for an instant that is closed corrects history and fires nothing.
    #[must_use]
    pub fn lateness(mut self, lateness: Duration) -> Options {
        self.lateness = lateness;
        self
    }

    /// Fires nothing before an instant: what is older builds history, so that an old log may be taken in first. It holds for a directory from its
    /// beginning; of one that exists, what was said then stays. Without it, see [`Engine::in_memory`](crate::Engine::in_memory).
    #[must_use]
    pub fn starting(mut self, from: Instant) -> Options {
        self.starting = Some(from);
        self
    }

    /// So many pieces of work are written together when instants are closed: 20,000 by default. See [`Engine::advance_within`](crate::Engine::advance_within).
    #[must_use]
    pub fn slice(mut self, steps: usize) -> Options {
        self.slice = steps.max(1);
        self
    }

    /// So long a worker has a job that it has claimed, a minute by default; of one that is not settled by then nobody knows whether it left.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Options {
        self.lease = lease;
        self
    }

    /// So long a word of the provider may come about a job of which nobody knows: an hour by default.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Options {
        self.grace = grace;
        self
    }

    /// What becomes of such a job then.
    #[must_use]
    pub fn when_unknown(mut self, policy: WhenUnknown) -> Options {
        self.unknown = policy;
        self
    }

    /// Counts each job as handed over at its instant, though the clock may have gone on: for one that leaps from record to record, as that of a log does that is read faster
    /// than it came. Without it, a job that is claimed after its last instant (`valid`) is not sent.
    #[must_use]
    pub fn hand_over_in_time(mut self, in_time: bool) -> Options {
        self.in_time = in_time;
        self
    }

    /// Takes the rules as they are now, where the directory was filled under others; without it, that is an error. See
    /// [`DurableEngine::replace_rules`](super::DurableEngine::replace_rules).
    #[must_use]
    pub fn replace_rules(mut self, replace: bool) -> Options {
        self.replace_rules = replace;
        self
    }

    /// Takes rules that look further back than there is history, as if nothing had been before: without it they are refused
    /// ([`DurableError::NoHistory`](super::DurableError::NoHistory)). See [`DurableEngine::fold`](super::DurableEngine::fold).
    #[must_use]
    pub fn shorter_history(mut self, take: bool) -> Options {
        self.shorter_history = take;
        self
    }

    /// Keeps the ids of events no longer than so, and refuses what has one and is older than it can be told apart: see
    /// [`Engine::keeping_ids_for`](crate::Engine::keeping_ids_for). It holds for the directory from now on; without it, what was said last does: for ever, where nothing was.
    #[must_use]
    pub fn ids_for(mut self, keep: Duration) -> Options {
        self.ids_for = Some(Duration::from_millis(keep.millis().max(0)));
        self
    }

    /// Uses a file system of the host's, by the name under which it is registered with SQLite, instead of the system's. One process
    /// at a time is the host's to see to then.
    #[must_use]
    pub fn vfs(mut self, name: impl Into<String>) -> Options {
        self.vfs = Some(name.into());
        self
    }
}
