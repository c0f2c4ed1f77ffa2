//! What is kept of one user, and that it is no longer.

use std::path::Path;

use rusqlite::params;

use super::entry::{Base, Entry};
use super::lock::Lock;
use super::recover::{Log, decided_before, rules_of};
use super::snapshot;
use super::store::{Place, Store, UNCLEAN, set_fact, sum_of_outcomes};
use super::{DurableEngine, DurableError, JobState, outbox};
use crate::model::{Outcome, Record, SendJob};

/// All that a store keeps of a user.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kept {
    /// The user's events and profile updates, in the order in which they came.
    pub records: Vec<Record>,
    /// The user's send jobs, and how far each has come.
    pub jobs: Vec<(JobState, SendJob)>,
    /// The user's outcomes.
    pub outcomes: Vec<Outcome>,
}

impl DurableEngine {
    /// All that is kept of a user. It goes through the whole log.
    ///
    /// # Errors
    /// When reading fails, or something is not what was written.
    pub fn export(&mut self, user: &str) -> Result<Kept, DurableError> {
        self.sound()?;
        self.flush()?;
        kept_of(&self.store, user)
    }

    /// Removes a user from the log, the outbox, the outcomes and the state: the file is written anew, so that no byte of what was kept is left in it.
    /// Returns what was removed. A statement that a phone number is blocked stays: it protects whoever has the number.
    ///
    /// What was decided for others stays decided. It takes as long as going through the whole log twice.
    ///
    /// # Errors
    /// When reading or writing fails.
    pub fn forget(&mut self, user: &str) -> Result<Kept, DurableError> {
        let kept = self.export(user)?;
        // What has begun is ended first: of the work that was counted, some was this user's.
        self.end_what_has_begun()?;
        self.flush()?;
        let rows = self.queue.rows - kept.jobs.len() as u64;
        let mut outcomes = 0;
        snapshot::outcomes(&self.store, |outcome| outcomes += u64::from(*outcome.user != *user))?;
        let further = Entry::Rules(rules_of(&self.program, self.starting, rows, outcomes));
        let done = self.store.rewrite_log(
            |entry| match entry {
                Entry::Records(records) => {
                    Entry::Records(records.into_iter().filter(|record| !is_of(record, user)).collect())
                }
                // The state that stands there is of this user too.
                Entry::Base(base) => Entry::Base(Base { pieces: 0, bytes: 0, ..base }),
                Entry::Advance(_) | Entry::Rules(_) | Entry::Ids(_) => entry,
            },
            &further,
            |transaction| {
                transaction.execute("DELETE FROM outbox WHERE user = ?1", [user])?;
                snapshot::delete(transaction)?;
                transaction.execute("DELETE FROM base", [])?;
                set_fact(transaction, UNCLEAN, "what was forgotten")?;
                forget_outcomes(transaction, user)
            },
        );
        self.or_poison(done)?;
        let cleaned = self.store.clean();
        self.or_poison(cleaned)?;
        let log = Log::open(&self.store)?;
        let recovered = log.recover(&self.store, &self.program, false, u64::MAX)?;
        self.engine = recovered.engine;
        self.outcomes = recovered.outcomes;
        self.queue = super::Queue::read(&mut self.store, &self.terms)?;
        self.decided = decided_before(&self.store, u64::MAX, u64::MAX)?;
        self.replaced = true;
        Ok(kept)
    }
}

fn kept_of(store: &Store, user: &str) -> Result<Kept, DurableError> {
    let mut kept = Kept::default();
    store.read_log(Place::default(), |_, entry| {
        if let Entry::Records(records) = entry {
            kept.records.extend(records.into_iter().filter(|record| is_of(record, user)));
        }
        Ok(())
    })?;
    store.look(|connection| {
        outbox::each(connection, |row| {
            if row.user == user
                && let Ok(job) = serde_json::from_str(&row.job)
            {
                kept.jobs.push((row.state, job));
            }
            Ok(())
        })
    })?;
    snapshot::outcomes(store, |outcome| {
        if *outcome.user == *user {
            kept.outcomes.push(outcome);
        }
    })?;
    Ok(kept)
}

/// All that a directory keeps of a user, as [`DurableEngine::export`], without the rules. It goes through the whole log and changes nothing.
///
/// # Errors
/// When another process has the directory, when reading fails, or something is not what was written.
pub fn export(directory: impl AsRef<Path>, user: &str) -> Result<Kept, DurableError> {
    let directory = directory.as_ref();
    super::state::there(directory)?;
    let _lock = Lock::take(directory)?;
    kept_of(&Store::open(directory, None)?, user)
}

fn is_of(record: &Record, user: &str) -> bool {
    record.user().is_some_and(|own| **own == *user)
}

fn forget_outcomes(transaction: &rusqlite::Transaction<'_>, user: &str) -> Result<(), rusqlite::Error> {
    let mut changed = Vec::new();
    let mut statement = transaction.prepare("SELECT number, body FROM outcomes")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (number, body) = (row.get::<_, i64>(0)?, row.get::<_, String>(1)?);
        let of_others =
            |line: &&str| !serde_json::from_str::<Outcome>(line).is_ok_and(|outcome| *outcome.user == *user);
        let left: Vec<&str> = body.lines().filter(of_others).collect();
        if left.len() < body.lines().count() {
            changed.push((
                number,
                left.len() as i64,
                left.iter().map(|line| format!("{line}\n")).collect::<String>(),
            ));
        }
    }
    for (number, rows, body) in changed {
        let sum = sum_of_outcomes(number.unsigned_abs(), rows, body.as_bytes());
        transaction.execute(
            "UPDATE outcomes SET rows = ?2, body = ?3, sum = ?4 WHERE number = ?1",
            params![number, rows, body, sum],
        )?;
    }
    Ok(())
}
