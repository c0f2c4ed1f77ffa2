//! The state at a place of the log, so that what is before it need not be gone through again.

use std::io::{self, Read, Write};

use rusqlite::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};

use super::outbox::broken;
use super::recover::Log;
use super::store::{Place, Store, fact, set_fact, sum_of_outcomes};
use super::{DurableEngine, DurableError};
use crate::live::{Engine, RestoreError};
use crate::model::{Outcome, fingerprint};
use crate::program::Program;

pub(super) const FACT: &str = "snapshot";

/// A snapshot is kept in pieces of this size.
const PIECE: usize = 1 << 20;

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
            transaction.execute("DELETE FROM snapshot", [])?;
            let mut pieces = Pieces { transaction, buffer: Vec::new(), pieces: 0, bytes: 0, failure: None };
            let saved = engine.save_as(program, &mut pieces);
            let (pieces, bytes) = pieces.end(saved)?;
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

/// Takes a snapshot down, piece by piece.
struct Pieces<'t, 'c> {
    transaction: &'t Transaction<'c>,
    buffer: Vec<u8>,
    pieces: u64,
    bytes: u64,
    failure: Option<rusqlite::Error>,
}

impl Pieces<'_, '_> {
    fn put(&mut self) -> Result<(), rusqlite::Error> {
        self.pieces += 1;
        self.bytes += self.buffer.len() as u64;
        self.transaction
            .prepare_cached("INSERT INTO snapshot (number, body, sum) VALUES (?1, ?2, ?3)")?
            .execute(params![self.pieces as i64, self.buffer, sum_of(self.pieces, &self.buffer)])?;
        self.buffer.clear();
        Ok(())
    }

    fn end(
        mut self,
        saved: Result<(), impl std::error::Error + Send + Sync + 'static>,
    ) -> Result<(u64, u64), rusqlite::Error> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        saved.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        if !self.buffer.is_empty() {
            self.put()?;
        }
        Ok((self.pieces, self.bytes))
    }
}

impl Write for Pieces<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE
            && let Err(error) = self.put()
        {
            let told = io::Error::other(error.to_string());
            self.failure = Some(error);
            return Err(told);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn sum_of(number: u64, body: &[u8]) -> [u8; 16] {
    fingerprint([b"snapshot".as_slice(), &number.to_le_bytes(), body]).to_le_bytes()
}

/// Hands back what was taken down.
struct Reader<'c> {
    connection: &'c Connection,
    piece: Vec<u8>,
    at: usize,
    number: u64,
    pieces: u64,
    failure: Option<rusqlite::Error>,
}

impl<'c> Reader<'c> {
    const fn new(connection: &'c Connection, pieces: u64) -> Reader<'c> {
        Reader { connection, piece: Vec::new(), at: 0, number: 0, pieces, failure: None }
    }

    fn turn(&mut self) -> Result<(), rusqlite::Error> {
        self.number += 1;
        let mut statement =
            self.connection.prepare_cached("SELECT body, sum FROM snapshot WHERE number = ?1")?;
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, [u8; 16]>(1)?));
        let (body, sum) = statement.query_row([self.number as i64], read)?;
        if sum != sum_of(self.number, &body) {
            return Err(broken(format!("piece {} of the snapshot", self.number)));
        }
        self.piece = body;
        self.at = 0;
        Ok(())
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.piece.len()
            && self.number < self.pieces
            && let Err(error) = self.turn()
        {
            let told = io::Error::other(error.to_string());
            self.failure = Some(error);
            return Err(told);
        }
        let left = self.piece.get(self.at..).unwrap_or_default();
        let many = left.len().min(into.len());
        for (place, byte) in into.iter_mut().zip(left) {
            *place = *byte;
        }
        self.at += many;
        Ok(many)
    }
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
    let restored = store.look(|connection| {
        let mut reader = Reader::new(connection, said.pieces);
        let restored = Engine::restore_as(program.clone(), fingerprint, &mut reader);
        match reader.failure {
            Some(failure) => Err(failure),
            None => Ok(restored),
        }
    })?;
    match restored {
        Ok(engine) => Ok(Some(Found { engine, place, rows: said.rows, outcomes: said.outcomes })),
        Err(RestoreError::OtherProgram | RestoreError::Format { .. }) => Ok(None),
        Err(error) => Err(damaged(error.to_string())),
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
    let kept = store.look(|connection| {
        let (mut reader, mut kept) = (Reader::new(connection, said.pieces), Vec::new());
        let read = reader.read_to_end(&mut kept);
        match (reader.failure, read) {
            (Some(failure), _) => Err(failure),
            (None, read) => Ok(read.map(|_| kept)),
        }
    })?;
    if written.is_ok() && kept.is_ok_and(|kept| kept == made) {
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
