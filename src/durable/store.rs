//! The one file: a SQLite database in WAL mode, each commit of which waits for the disk.
//!
//! | table | a row is |
//! |---|---|
//! | `log` | an entry, numbered from 1, without a gap behind what is folded; its sum is over the one before it too |
//! | `outbox` | a send job and how far it has come; numbered from 1 as they were decided |
//! | `outcomes` | outcomes that were decided together, one JSON object a line |
//! | `snapshot` | a piece of the last snapshot |
//! | `base` | a piece of the state that is in place of what is folded |
//! | `facts` | what holds for the whole |
//!
//! Every row has a sum of all it holds. A row that is not what was written is found when it is read, one that is missing by its number.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use super::DurableError;
use super::emptier::{self, Emptier};
use super::entry::{Advance, Base, Entry};
use super::outbox::{self, Row, broken};
use super::witness::{self, Noted, Witness};
use crate::model::{Outcome, fingerprint};

/// The file's name in its directory.
pub(super) const FILE: &str = "campanile.db";

/// The format of the file.
pub(super) const FORMAT: i64 = 3;

/// The fact that tells the last entry of rules.
pub(super) const RULES: &str = "rules";

/// The fact that tells the entry up to which the log is folded.
pub(super) const BASE: &str = "base";

/// The fact that tells of bytes in the file that are to be there no more.
pub(super) const UNCLEAN: &str = "unclean";

/// The fact that tells how many changes were made that are no entries of the log.
const CHANGES: &str = "changes";

/// What a commit writes at the least: the pages that it changes are written whole.
const COMMIT: u64 = 2 * 8_192;

/// "Camp", by which the file is known to be ours.
pub(super) const APPLICATION: i64 = 0x4361_6d70;

const SCHEMA: &str = "
CREATE TABLE log (number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, body BLOB NOT NULL, sum BLOB NOT NULL) STRICT;
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, campaign TEXT NOT NULL, user TEXT NOT NULL, due TEXT NOT NULL,
    state TEXT NOT NULL, attempt INTEGER NOT NULL, since TEXT NOT NULL, worker TEXT, until TEXT, detail TEXT,
    job TEXT NOT NULL, sum BLOB NOT NULL) STRICT;
CREATE TABLE outcomes (number INTEGER PRIMARY KEY, rows INTEGER NOT NULL, body TEXT NOT NULL, sum BLOB NOT NULL) STRICT;
CREATE TABLE snapshot (number INTEGER PRIMARY KEY, body BLOB NOT NULL, sum BLOB NOT NULL) STRICT;
CREATE TABLE base (number INTEGER PRIMARY KEY, body BLOB NOT NULL, sum BLOB NOT NULL) STRICT;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL, sum BLOB NOT NULL) STRICT;
";

/// What came with format 3.
const TABLE_OF_3: &str = "CREATE TABLE IF NOT EXISTS base (number INTEGER PRIMARY KEY, body BLOB NOT NULL, sum BLOB NOT NULL) STRICT;";

/// The database, and where it ends.
#[derive(Debug)]
pub(super) struct Store {
    /// Ended before the connection is closed. None where another file system than the system's is under it.
    emptier: Option<Emptier>,
    connection: Connection,
    path: PathBuf,
    /// None where another file system than the system's is under it.
    witness: Option<Witness>,
    /// The last entry of the log, and its sum.
    pub(super) last: Place,
    /// Up to this entry the log is folded: some are left out.
    folded: u64,
    /// So many changes were made that are no entries.
    changes: u64,
}

/// A place in the log: behind an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) sum: u128,
}

/// What is written together.
#[derive(Debug, Default)]
pub(super) struct Write<'w> {
    pub(super) entries: Vec<Entry>,
    pub(super) jobs: Vec<Row<'w>>,
    pub(super) outcomes: &'w [Outcome],
    /// Facts by name and value.
    pub(super) facts: &'w [(String, String)],
}

impl Store {
    pub(super) fn open(directory: &Path, vfs: Option<&str>) -> Result<Store, DurableError> {
        let path = directory.join(FILE);
        if vfs.is_none() {
            witness::renew(&directory.join(format!("{FILE}-wal")))?;
        }
        let opened = connect(&path, vfs, false);
        let connection = opened.map_err(|error| DurableError::of_store(&path, &error))?;
        let witness = if vfs.is_none() { Some(Witness::open(directory)?) } else { None };
        let emptier = vfs.is_none().then(Emptier::default);
        let mut store =
            Store { emptier, connection, path, witness, last: Place::default(), folded: 0, changes: 0 };
        store.prepare(directory, vfs.is_some())?;
        store.folded = store.number_of(BASE)?.unwrap_or(0);
        (store.last, store.changes) = store.end()?;
        Ok(store)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> DurableError + use<> {
        let path = self.path.clone();
        move |error| DurableError::of_store(&path, &error)
    }

    fn damaged(&self, place: impl Into<String>, problem: impl Into<String>) -> DurableError {
        DurableError::Damaged { file: self.path.clone(), place: place.into(), problem: problem.into() }
    }

    fn prepare(&mut self, directory: &Path, alone: bool) -> Result<(), DurableError> {
        let failed = self.failed();
        if alone {
            // What is below knows no shared memory; one connection needs none.
            self.connection.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(&failed)?;
        }
        let pragma = |name: &str| self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let application = pragma("application_id").map_err(&failed)?;
        let format = pragma("user_version").map_err(&failed)?;
        let tables = self
            .connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
            .map_err(&failed)?;
        let new = tables == 0 && application == 0;
        if !new && application != APPLICATION {
            return Err(DurableError::Foreign { file: self.path.clone() });
        }
        if !new && !(1..=FORMAT).contains(&format) {
            return Err(DurableError::Newer {
                directory: directory.to_owned(),
                found: format,
                known: FORMAT,
            });
        }
        if new {
            self.connection.pragma_update(None, "page_size", 8192).map_err(&failed)?;
        }
        let set = |name: &str, value: &str| self.connection.pragma_update(None, name, value).map_err(&failed);
        // As `FULL` in WAL mode. Where an error leaves a new file in the mode before it, in which SQLite keeps a journal for each commit and says it were WAL's, that
        // the journal is gone is waited for too: else a loss of power brings it back, and takes the commit away.
        set("synchronous", "EXTRA")?;
        // SQLite stays with the mode it was in, without a word, where it cannot change it; in that one a commit may be taken back by a loss of power.
        let mode = self
            .connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        let mode = mode.map_err(&failed)?;
        if !mode.eq_ignore_ascii_case("wal") {
            let problem =
                format!("the database stays in the mode `{mode}`, and the engine needs `wal`: open it again");
            return Err(DurableError::Store { file: self.path.clone(), problem });
        }
        set("cell_size_check", "ON")?;
        set("temp_store", "MEMORY")?;
        if !alone {
            set("wal_autocheckpoint", &emptier::LONGEST.to_string())?;
        }
        // In bytes: a write-ahead log that a large transaction made longer is cut to it, and not kept at its longest for ever.
        set("journal_size_limit", "16777216")?;
        if new {
            let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
            let transaction = begun.map_err(&failed)?;
            transaction.execute_batch(SCHEMA).map_err(&failed)?;
            transaction.pragma_update(None, "application_id", APPLICATION).map_err(&failed)?;
            transaction.pragma_update(None, "user_version", FORMAT).map_err(&failed)?;
            transaction.commit().map_err(&failed)?;
        }
        if !new && format < FORMAT {
            // What the older one has, this one has too.
            let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
            let transaction = begun.map_err(&failed)?;
            transaction.execute_batch(TABLE_OF_3).map_err(&failed)?;
            transaction.pragma_update(None, "user_version", FORMAT).map_err(&failed)?;
            transaction.commit().map_err(&failed)?;
        }
        Ok(())
    }

    /// Where the log ends; it may not end before what was acknowledged.
    fn end(&mut self) -> Result<(Place, u64), DurableError> {
        let sql = "SELECT number, sum FROM log ORDER BY number DESC LIMIT 1";
        let found =
            self.connection.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?)));
        let found = found.optional().map_err(self.failed())?;
        let place = found.map_or(Place::default(), |(number, sum)| Place {
            number: number.unsigned_abs(),
            sum: u128::from_le_bytes(sum),
        });
        let changes = self.number_of(CHANGES)?.unwrap_or(0);
        if place.number > 0 && self.witness.as_ref().is_some_and(Witness::is_blank) {
            let problem = format!("entry {} is there, and nothing was acknowledged", place.number);
            return Err(self.damaged("the file `acknowledged`, which is empty", problem));
        }
        let noted = self.witness.as_ref().map(Witness::last).unwrap_or_default();
        if noted.entry > place.number {
            let problem =
                format!("entry {} was acknowledged, and the last one there is {}", noted.entry, place.number);
            return Err(self.damaged("the end of the log", problem));
        }
        if noted.changes > changes {
            let problem = format!("{} changes were acknowledged, and {changes} are there", noted.changes);
            return Err(self.damaged("what became of jobs", problem));
        }
        if let Some(witness) = &mut self.witness {
            witness.begin(Noted { entry: place.number, changes })?;
        }
        Ok((place, changes))
    }

    /// A fact that is a number.
    pub(super) fn number_of(&self, name: &str) -> Result<Option<u64>, DurableError> {
        let Some(found) = self.look(|connection| fact(connection, name))? else { return Ok(None) };
        found.parse().map(Some).map_err(|_| self.damaged(format!("the fact `{name}`"), "it cannot be read"))
    }

    /// Writes in one transaction, and returns when it is on the disk.
    pub(super) fn write(&mut self, write: &Write<'_>) -> Result<(), DurableError> {
        let failed = self.failed();
        let mut place = self.last;
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(&failed)?;
        let mut bytes = COMMIT;
        for entry in &write.entries {
            place = append(&transaction, place, entry, &mut bytes).map_err(&failed)?;
            if matches!(entry, Entry::Rules(_)) {
                set_fact(&transaction, RULES, &place.number.to_string()).map_err(&failed)?;
            }
        }
        for row in &write.jobs {
            outbox::insert(&transaction, row).map_err(&failed)?;
            bytes += row.job.len() as u64;
        }
        if !write.outcomes.is_empty() {
            bytes += put_outcomes(&transaction, place.number, write.outcomes).map_err(&failed)?;
        }
        for (name, value) in write.facts {
            set_fact(&transaction, name, value).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)?;
        self.wrote(bytes)?;
        self.acknowledge(place)
    }

    #[cfg(test)]
    pub(super) fn is_emptied_beside(&self) -> bool {
        self.emptier.as_ref().is_some_and(Emptier::is_running)
    }

    fn wrote(&mut self, bytes: u64) -> Result<(), DurableError> {
        self.emptier.as_mut().map_or(Ok(()), |emptier| emptier.wrote(&self.path, bytes))
    }

    fn acknowledge(&mut self, place: Place) -> Result<(), DurableError> {
        self.last = place;
        self.note()
    }

    fn note(&mut self) -> Result<(), DurableError> {
        let noted = Noted { entry: self.last.number, changes: self.changes };
        self.witness.as_mut().map_or(Ok(()), |witness| witness.note(noted))
    }

    /// Does something else to the database in one transaction, and returns when it is on the disk.
    pub(super) fn change<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<T, DurableError> {
        let failed = self.failed();
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(&failed)?;
        let done = change(&transaction).map_err(&failed)?;
        let changes = self.changes + 1;
        set_fact(&transaction, CHANGES, &changes.to_string()).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        self.changes = changes;
        self.wrote(COMMIT)?;
        self.note()?;
        Ok(done)
    }

    /// Reads, without writing.
    pub(super) fn look<T>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, DurableError> {
        look(&self.connection).map_err(self.failed())
    }

    /// One entry by its number, without its place in the chain.
    pub(super) fn entry(&self, number: u64) -> Result<Option<Entry>, DurableError> {
        let sql = "SELECT kind, body FROM log WHERE number = ?1";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
        let found = self.look(|connection| connection.query_row(sql, [number as i64], read).optional())?;
        let Some((kind, body)) = found else { return Ok(None) };
        let entry = Entry::from_bytes(kind, &body);
        entry
            .map(Some)
            .map_err(|damage| DurableError::of_damage(&self.path, format!("log entry {number}"), &damage))
    }

    /// Hands over the entries behind a place, one after the other, each held against its sum.
    pub(super) fn read_log(
        &self,
        after: Place,
        mut take: impl FnMut(u64, Entry) -> Result<(), DurableError>,
    ) -> Result<(), DurableError> {
        let failed = self.failed();
        let sql = "SELECT number, kind, body, sum FROM log WHERE number > ?1 ORDER BY number";
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let mut rows = statement.query([after.number as i64]).map_err(&failed)?;
        let mut place = after;
        while let Some(row) = rows.next().map_err(&failed)? {
            let number = row.get::<_, i64>(0).map_err(&failed)?.unsigned_abs();
            let wanted = place.number + 1;
            let called = format!("log entry {wanted}");
            if number != wanted && number > self.folded {
                return Err(self.damaged(called, format!("it is missing; the next one is {number}")));
            }
            let kind = row.get(1).map_err(&failed)?;
            let body = row.get_ref(2).and_then(|body| Ok(body.as_blob()?)).map_err(&failed)?;
            let sum = row.get::<_, [u8; 16]>(3).map_err(&failed)?;
            place = Place { number, sum: sum_of(place, number, kind, body) };
            if place.sum != u128::from_le_bytes(sum) {
                return Err(self.damaged(called, "its sum is another"));
            }
            let entry = Entry::from_bytes(kind, body)
                .map_err(|damage| DurableError::of_damage(&self.path, called, &damage))?;
            take(number, entry)?;
        }
        if place == self.last {
            Ok(())
        } else {
            let problem = format!("the last one is {}, read up to {}", self.last.number, place.number);
            Err(self.damaged("the end of the log", problem))
        }
    }

    /// Puts other entries in place of all, as far as they differ, and one of rules behind them; the sums follow.
    pub(super) fn rewrite_log(
        &mut self,
        mut change: impl FnMut(Entry) -> Entry,
        further: &Entry,
        also: impl FnOnce(&Transaction<'_>) -> Result<(), rusqlite::Error>,
    ) -> Result<(), DurableError> {
        let mut entries = Vec::new();
        self.read_log(Place::default(), |number, entry| {
            entries.push((number, change(entry)));
            Ok(())
        })?;
        let last = self.change(|transaction| {
            transaction.execute("DELETE FROM log", [])?;
            let mut place = Place::default();
            for (number, entry) in &entries {
                place = put(transaction, place, *number, entry, &mut 0)?;
            }
            place = append(transaction, place, further, &mut 0)?;
            set_fact(transaction, RULES, &place.number.to_string())?;
            also(transaction)?;
            Ok(place)
        })?;
        self.acknowledge(last)
    }

    /// Leaves out what is not to be kept of each entry, joins calls that then follow each other, and puts an entry behind them that tells of it; the sums follow.
    pub(super) fn fold(
        &mut self,
        mut keep: impl FnMut(u64, Entry) -> Option<Entry>,
        base: impl FnOnce(&Transaction<'_>, u64) -> Result<Base, rusqlite::Error>,
    ) -> Result<Base, DurableError> {
        let (base, last) = self.change(|transaction| {
            let (mut old, mut new) = (Place::default(), Place::default());
            let mut held: Option<(u64, Advance)> = None;
            while let Some((place, entry)) = entry_behind(transaction, old)? {
                old = place;
                transaction
                    .prepare_cached("DELETE FROM log WHERE number = ?1")?
                    .execute([place.number as i64])?;
                match keep(place.number, entry) {
                    None => {}
                    Some(Entry::Advance(next)) => {
                        held = Some((place.number, held.map_or(next, |(_, before)| before.and(&next))));
                    }
                    Some(entry) => {
                        if let Some((number, advance)) = held.take() {
                            new = put(transaction, new, number, &Entry::Advance(advance), &mut 0)?;
                        }
                        new = put(transaction, new, place.number, &entry, &mut 0)?;
                    }
                }
            }
            if let Some((number, advance)) = held {
                new = put(transaction, new, number, &Entry::Advance(advance), &mut 0)?;
            }
            let number = old.number + 1;
            let base = base(transaction, number)?;
            let last = put(transaction, new, number, &Entry::Base(base.clone()), &mut 0)?;
            set_fact(transaction, BASE, &number.to_string())?;
            set_fact(transaction, UNCLEAN, "what was folded")?;
            Ok((base, last))
        })?;
        self.folded = last.number;
        self.acknowledge(last)?;
        Ok(base)
    }

    /// The entry of which [`BASE`] tells, held against the sum of the one before it.
    pub(super) fn base(&self) -> Result<Option<(Place, Base)>, DurableError> {
        if self.folded == 0 {
            return Ok(None);
        }
        let sql = "SELECT number, sum FROM log WHERE number < ?1 ORDER BY number DESC LIMIT 1";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?));
        let found = self.look(|connection| {
            let before = connection.query_row(sql, [self.folded as i64], read).optional()?;
            let before = before.map_or(Place::default(), |(number, sum)| Place {
                number: number.unsigned_abs(),
                sum: u128::from_le_bytes(sum),
            });
            entry_behind(connection, before)
        })?;
        match found {
            Some((place, Entry::Base(base))) if place.number == self.folded => Ok(Some((place, base))),
            _ => Err(self.damaged("the log", "what is folded is not where it is said to be")),
        }
    }

    /// Writes the file anew where something was to leave no byte in it, and a crash came between.
    pub(super) fn clean(&mut self) -> Result<(), DurableError> {
        if self.look(|connection| fact(connection, UNCLEAN))?.is_none() {
            return Ok(());
        }
        {
            let _pause = self.emptier.as_ref().and_then(Emptier::pause);
            self.look(|connection| connection.execute_batch("VACUUM"))?;
        }
        self.settle()?;
        self.change(|transaction| transaction.execute("DELETE FROM facts WHERE name = ?1", [UNCLEAN]))?;
        self.settle()
    }

    /// Empties the write-ahead log into the file.
    pub(super) fn settle(&self) -> Result<(), DurableError> {
        let _pause = self.emptier.as_ref().and_then(Emptier::pause);
        self.look(|connection| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
    }
}

/// A connection to a database, with its own file system where one is named.
pub(super) fn connect(
    path: &Path,
    vfs: Option<&str>,
    look_only: bool,
) -> Result<Connection, rusqlite::Error> {
    let mode = match look_only {
        true => OpenFlags::SQLITE_OPEN_READ_ONLY,
        false => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs),
        None => Connection::open_with_flags(path, flags),
    }
}

/// The entry behind a place, held against its sum.
fn entry_behind(connection: &Connection, before: Place) -> Result<Option<(Place, Entry)>, rusqlite::Error> {
    let sql = "SELECT number, kind, body, sum FROM log WHERE number > ?1 ORDER BY number LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([before.number as i64])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (number, kind) = (row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?);
    let body = row.get_ref(2)?.as_blob()?;
    let place = Place { number, sum: sum_of(before, number, kind, body) };
    let entry = Entry::from_bytes(kind, body).ok();
    let sound = place.sum == u128::from_le_bytes(row.get::<_, [u8; 16]>(3)?);
    let entry = entry.filter(|_| sound).ok_or_else(|| broken(format!("log entry {number}")))?;
    Ok(Some((place, entry)))
}

/// `bytes` grows by what is written.
fn append(
    transaction: &Transaction<'_>,
    before: Place,
    entry: &Entry,
    bytes: &mut u64,
) -> Result<Place, rusqlite::Error> {
    put(transaction, before, before.number + 1, entry, bytes)
}

fn put(
    transaction: &Transaction<'_>,
    before: Place,
    number: u64,
    entry: &Entry,
    bytes: &mut u64,
) -> Result<Place, rusqlite::Error> {
    let kind = entry.kind();
    let body = entry.to_bytes().map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let sum = sum_of(before, number, kind, &body);
    *bytes += body.len() as u64;
    transaction
        .prepare_cached("INSERT INTO log (number, kind, body, sum) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![number as i64, kind, body, sum.to_le_bytes()])?;
    Ok(Place { number, sum })
}

fn sum_of(before: Place, number: u64, kind: i64, body: &[u8]) -> u128 {
    let (before, number, kind) = (before.sum.to_le_bytes(), number.to_le_bytes(), kind.to_le_bytes());
    fingerprint([before.as_slice(), number.as_slice(), kind.as_slice(), body])
}

/// Returns how many bytes they take.
fn put_outcomes(
    transaction: &Transaction<'_>,
    number: u64,
    outcomes: &[Outcome],
) -> Result<u64, rusqlite::Error> {
    let mut body = Vec::new();
    for outcome in outcomes {
        let written = serde_json::to_writer(&mut body, outcome);
        written.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        body.push(b'\n');
    }
    let text = String::from_utf8_lossy(&body);
    let rows = outcomes.len() as i64;
    transaction
        .prepare_cached("INSERT INTO outcomes (number, rows, body, sum) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![number as i64, rows, text, sum_of_outcomes(number, rows, text.as_bytes())])?;
    Ok(text.len() as u64)
}

pub(super) fn sum_of_outcomes(number: u64, rows: i64, body: &[u8]) -> [u8; 16] {
    let parts = [b"outcomes".as_slice(), &number.to_le_bytes(), &rows.to_le_bytes(), body];
    fingerprint(parts).to_le_bytes()
}

/// A fact by its name, held against its sum.
pub(super) fn fact(connection: &Connection, name: &str) -> Result<Option<String>, rusqlite::Error> {
    let mut statement = connection.prepare_cached("SELECT value, sum FROM facts WHERE name = ?1")?;
    let found = statement.query_row([name], |row| Ok((row.get::<_, String>(0)?, row.get::<_, [u8; 16]>(1)?)));
    match found.optional()? {
        None => Ok(None),
        Some((value, sum)) if sum == sum_of_fact(name, &value) => Ok(Some(value)),
        Some(_) => Err(broken(format!("the fact `{name}`"))),
    }
}

pub(super) fn set_fact(
    transaction: &Transaction<'_>,
    name: &str,
    value: &str,
) -> Result<(), rusqlite::Error> {
    transaction
        .prepare_cached("REPLACE INTO facts (name, value, sum) VALUES (?1, ?2, ?3)")?
        .execute(params![name, value, sum_of_fact(name, value)])?;
    Ok(())
}

fn sum_of_fact(name: &str, value: &str) -> [u8; 16] {
    fingerprint([b"fact".as_slice(), name.as_bytes(), value.as_bytes()]).to_le_bytes()
}
