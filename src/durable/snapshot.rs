//! The state at a place of the log, so that what is before it need not be gone through again.

use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use super::entry::Base;
use super::outbox::broken;
use super::pieces::{self, Pieces, Table};
use super::recover::Log;
use super::store::{Place, Store, fact, set_fact, sum_of_outcomes};
use super::{DurableEngine, DurableError};
use crate::live::{Engine, RestoreError};
use crate::model::Outcome;
use crate::program::Program;

pub(super) const FACT: &str = "snapshot";

/// What is said of a snapshot.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Said {
    /// Behind which entry it stands, and that one's sum.
    pub(super) entry: u64,
    sum: String,
    pieces: u64,
    pub(super) bytes: u64,
    /// So many rows the outbox had then.
    rows: u64,
    /// So many outcomes had been decided then.
    outcomes: u64,
    /// So many ids of events were kept then.
    #[serde(default)]
    pub(super) ids: Option<u64>,
}

/// An engine from a snapshot.
pub(super) struct Found {
    pub(super) engine: Engine,
    pub(super) place: Place,
    pub(super) rows: u64,
    pub(super) outcomes: u64,
}

impl DurableEngine {
    /// Writes the whole state down, in place of the last snapshot: opening goes through the log behind it only. It takes a while, with millions of users
    /// seconds, in which nothing else is done: a host chooses when. Returns its size in bytes.
    ///
    /// # Errors
    /// When writing fails.
    pub fn snapshot(&mut self) -> Result<u64, DurableError> {
        self.snapshot_as(self.program.rulebook().fingerprint())
    }

    /// The same, as one of the rules with this fingerprint.
    pub(super) fn snapshot_as(&mut self, program: u128) -> Result<u64, DurableError> {
        self.sound()?;
        self.flush()?;
        let (engine, place, rows) = (&self.engine, self.store.last, self.queue.rows);
        let done = self.store.change(|transaction| {
            let (pieces, bytes) = Pieces::save(transaction, Table::Snapshot, engine, program)?;
            let outcomes =
                transaction.query_row("SELECT coalesce(sum(rows), 0) FROM outcomes", [], |row| {
                    row.get::<_, i64>(0)
                })?;
            let sum = format!("{:032x}", place.sum);
            let (entry, outcomes, ids) = (place.number, outcomes.unsigned_abs(), Some(engine.ids() as u64));
            let said = Said { entry, sum, pieces, bytes, rows, outcomes, ids };
            let said = serde_json::to_string(&said);
            let said = said.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
            set_fact(transaction, FACT, &said)?;
            Ok(bytes)
        });
        self.or_poison(done)
    }
}

/// Takes a snapshot away.
pub(super) fn delete(transaction: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    transaction.execute("DELETE FROM snapshot", [])?;
    transaction.execute("DELETE FROM facts WHERE name = ?1", [FACT])?;
    Ok(())
}

fn said(store: &Store) -> Result<Option<(Said, Place)>, DurableError> {
    let Some(text) = store.look(|connection| fact(connection, FACT))? else { return Ok(None) };
    let said: Option<Said> = serde_json::from_str(&text).ok();
    let place = said.as_ref().and_then(|said| {
        let sum = u128::from_str_radix(&said.sum, 16).ok()?;
        Some(Place { number: said.entry, sum })
    });
    match said.zip(place) {
        Some(found) => Ok(Some(found)),
        None => Err(DurableError::Damaged {
            file: store.path().to_owned(),
            place: "the fact `snapshot`".to_owned(),
            problem: "it cannot be read".to_owned(),
        }),
    }
}

/// The engine of the last snapshot; none where there is no snapshot, and where it is one of other rules.
pub(super) fn read(store: &Store, program: &Program) -> Result<Option<Found>, DurableError> {
    read_as(store, program, program.rulebook().fingerprint())
}

/// The same of one that was saved under another fingerprint, of which the caller knows that its state has the same form.
pub(super) fn read_as(
    store: &Store,
    program: &Program,
    fingerprint: u128,
) -> Result<Option<Found>, DurableError> {
    let Some((said, place)) = said(store)? else { return Ok(None) };
    let damaged = |problem: String| DurableError::Damaged {
        file: store.path().to_owned(),
        place: "the snapshot".to_owned(),
        problem,
    };
    let restored = store
        .look(|connection| pieces::restore(connection, Table::Snapshot, said.pieces, program, fingerprint))?;
    match restored {
        Ok(engine) => Ok(Some(Found { engine, place, rows: said.rows, outcomes: said.outcomes })),
        Err(RestoreError::OtherProgram | RestoreError::Format { .. }) => Ok(None),
        Err(error) => Err(damaged(error.to_string())),
    }
}

/// The engine that is in place of what is folded.
pub(super) fn base(
    store: &Store,
    program: &Program,
    place: Place,
    base: &Base,
) -> Result<Found, DurableError> {
    let fingerprint = program.rulebook().fingerprint();
    let restored = store
        .look(|connection| pieces::restore(connection, Table::Base, base.pieces, program, fingerprint))?;
    match restored {
        Ok(engine) => Ok(Found { engine, place, rows: base.rows, outcomes: base.outcomes }),
        Err(error) => Err(DurableError::Damaged {
            file: store.path().to_owned(),
            place: "the state in place of what is folded".to_owned(),
            problem: error.to_string(),
        }),
    }
}

/// Whether there is a snapshot; one that is there must be what the log makes up to its place.
pub(super) fn is_what_the_log_makes(
    store: &Store,
    log: &Log,
    program: &Program,
) -> Result<bool, DurableError> {
    let Some((said, place)) = said(store)? else { return Ok(false) };
    let until = log.recover(store, program, false, place.number)?;
    let mut made = Vec::new();
    let written = until.engine.save(&mut made);
    let kept = store.look(|connection| pieces::bytes(connection, Table::Snapshot, said.pieces))?;
    if written.is_ok() && kept == made {
        return Ok(true);
    }
    Err(DurableError::Damaged {
        file: store.path().to_owned(),
        place: "the snapshot".to_owned(),
        problem: "it is not what the log makes".to_owned(),
    })
}

/// Hands over all outcomes in order.
pub(super) fn outcomes(store: &Store, take: impl FnMut(Outcome)) -> Result<(), DurableError> {
    outcomes_before(store, u64::MAX, take)
}

/// The same of those that were decided before an entry of the log.
pub(super) fn outcomes_before(
    store: &Store,
    entry: u64,
    mut take: impl FnMut(Outcome),
) -> Result<(), DurableError> {
    let before = i64::try_from(entry).unwrap_or(i64::MAX);
    store.look(|connection| {
        let mut statement = connection
            .prepare("SELECT number, rows, body, sum FROM outcomes WHERE number < ?1 ORDER BY number")?;
        let mut found = statement.query([before])?;
        while let Some(row) = found.next()? {
            let (number, rows) = (row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?);
            let body = row.get_ref(2)?.as_str()?;
            let broken = || broken(format!("the outcomes of log entry {number}"));
            if row.get::<_, [u8; 16]>(3)? != sum_of_outcomes(number, rows, body.as_bytes()) {
                return Err(broken());
            }
            for line in body.lines() {
                take(serde_json::from_str(line).map_err(|_| broken())?);
            }
        }
        Ok(())
    })
}
