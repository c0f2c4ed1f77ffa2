//! The state of an engine in a table, in pieces that each have a sum.

use std::io::{self, Read, Write};

use rusqlite::{Connection, Transaction, params};

use super::outbox::broken;
use crate::live::{Engine, RestoreError};
use crate::model::fingerprint;
use crate::program::Program;

/// What a piece holds at the most, but for the last that was added to it.
const PIECE: usize = 1 << 20;

/// Where the pieces are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Snapshot,
    Base,
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Table::Snapshot => "snapshot",
            Table::Base => "base",
        }
    }

    fn sum_of(self, number: u64, body: &[u8]) -> [u8; 16] {
        fingerprint([self.name().as_bytes(), &number.to_le_bytes(), body]).to_le_bytes()
    }
}

/// Takes a state down, piece by piece.
pub(super) struct Pieces<'t, 'c> {
    transaction: &'t Transaction<'c>,
    table: Table,
    buffer: Vec<u8>,
    pieces: u64,
    bytes: u64,
    failure: Option<rusqlite::Error>,
}

impl Pieces<'_, '_> {
    /// Puts an engine's state in place of what is in a table, as one of rules with this fingerprint. Answers how many pieces and bytes it has.
    pub(super) fn save(
        transaction: &Transaction<'_>,
        table: Table,
        engine: &Engine,
        program: u128,
    ) -> Result<(u64, u64), rusqlite::Error> {
        transaction.execute(&format!("DELETE FROM {}", table.name()), [])?;
        let mut pieces =
            Pieces { transaction, table, buffer: Vec::new(), pieces: 0, bytes: 0, failure: None };
        let saved = engine.save_as(program, &mut pieces);
        if let Some(failure) = pieces.failure.take() {
            return Err(failure);
        }
        saved.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        if !pieces.buffer.is_empty() {
            pieces.put()?;
        }
        Ok((pieces.pieces, pieces.bytes))
    }

    fn put(&mut self) -> Result<(), rusqlite::Error> {
        self.pieces += 1;
        self.bytes += self.buffer.len() as u64;
        let sql = format!("INSERT INTO {} (number, body, sum) VALUES (?1, ?2, ?3)", self.table.name());
        let sum = self.table.sum_of(self.pieces, &self.buffer);
        self.transaction.prepare_cached(&sql)?.execute(params![self.pieces as i64, self.buffer, sum])?;
        self.buffer.clear();
        Ok(())
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

/// The engine whose state is in a table.
pub(super) fn restore(
    connection: &Connection,
    table: Table,
    pieces: u64,
    program: &Program,
    fingerprint: u128,
) -> Result<Result<Engine, RestoreError>, rusqlite::Error> {
    let mut reader = Reader::new(connection, table, pieces);
    let restored = Engine::restore_as(program.clone(), fingerprint, &mut reader);
    match reader.failure {
        Some(failure) => Err(failure),
        None => Ok(restored),
    }
}

/// All bytes of the pieces in a table.
pub(super) fn bytes(connection: &Connection, table: Table, pieces: u64) -> Result<Vec<u8>, rusqlite::Error> {
    let mut reader = Reader::new(connection, table, pieces);
    let mut bytes = Vec::new();
    while reader.number < pieces {
        reader.turn()?;
        bytes.extend_from_slice(&reader.piece);
    }
    Ok(bytes)
}

/// Hands back what was taken down.
struct Reader<'c> {
    connection: &'c Connection,
    table: Table,
    piece: Vec<u8>,
    at: usize,
    number: u64,
    pieces: u64,
    failure: Option<rusqlite::Error>,
}

impl<'c> Reader<'c> {
    const fn new(connection: &'c Connection, table: Table, pieces: u64) -> Reader<'c> {
        Reader { connection, table, piece: Vec::new(), at: 0, number: 0, pieces, failure: None }
    }

    fn turn(&mut self) -> Result<(), rusqlite::Error> {
        self.number += 1;
        let sql = format!("SELECT body, sum FROM {} WHERE number = ?1", self.table.name());
        let mut statement = self.connection.prepare_cached(&sql)?;
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, [u8; 16]>(1)?));
        let (body, sum) = statement.query_row([self.number as i64], read)?;
        if sum != self.table.sum_of(self.number, &body) {
            return Err(broken(format!("piece {} of the {}", self.number, self.table.name())));
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
