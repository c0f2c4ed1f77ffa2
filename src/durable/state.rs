//! What a directory holds, for a look from outside: without its rules, and beside the process that has it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::entry::Entry;
use super::history::History;
use super::lock::Lock;
use super::outbox::broken;
use super::recover::Log;
use super::snapshot::{self, Said};
use super::store::{self, Store, connect, fact};
use super::{DurableError, JobState};
use crate::model::{Instant, Text};
use crate::program::Program;

const POSITION: &str = "position of ";

/// The name of the fact that tells how far a source is read.
pub(super) fn position_of(source: &str) -> String {
    format!("{POSITION}{source}")
}

/// What a directory holds. No personal data is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct State {
    /// The format of the files.
    pub format: i64,
    /// The files, and how many bytes each has.
    pub files: BTreeMap<String, u64>,
    /// The log's entries.
    pub entries: u64,
    /// The bytes of their contents.
    pub log_bytes: u64,
    /// The zone database under which it is filled.
    pub zones: Option<Text>,
    /// The names of the files of rules under which it is filled.
    pub rules: Vec<Text>,
    /// All instants up to this one are closed; what was closed without a decision since may not be written yet.
    pub closed: Option<Instant>,
    /// The outbox's jobs by state.
    pub jobs: BTreeMap<&'static str, u64>,
    /// Those that wait to be handed over.
    pub pending: Vec<Pending>,
    /// The outcomes that were decided.
    pub outcomes: u64,
    /// The users who have a job in the outbox.
    pub users_with_jobs: u64,
    /// How long ids of events are kept, in milliseconds; none where it is for ever.
    pub ids_for: Option<u64>,
    /// How many ids there were at the last snapshot.
    pub ids: Option<u64>,
    /// How far each source is read, as its reader counts.
    pub positions: BTreeMap<String, u64>,
    /// The last snapshot.
    pub snapshot: Option<LastSnapshot>,
    /// What there is of the history, where some of it is [folded](super::DurableEngine::fold).
    pub history: Option<History>,
    /// The bytes of the state that is in place of the rest; none where it was forgotten with a user.
    pub base_bytes: u64,
}

/// Jobs that wait to be handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pending {
    /// The campaign.
    pub campaign: String,
    /// The hour in which they are due, by UTC: `2026-11-03T10`.
    pub hour: String,
    /// How many there are.
    pub jobs: u64,
}

/// What is known of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LastSnapshot {
    /// The entry of the log behind which it stands.
    pub entry: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// That there is a store: looking makes none.
pub(super) fn there(directory: &Path) -> Result<(), DurableError> {
    let path = directory.join("campanile.db");
    match fs::metadata(&path) {
        Ok(_) => Ok(()),
        Err(_) => {
            Err(DurableError::Store { file: path, problem: "there is no store in this directory".to_owned() })
        }
    }
}

/// Looks at a directory, without its rules, also while a process has it. Nothing is changed. What is read is held against its sum; all of it is by
/// [`verify`](super::verify).
///
/// # Errors
/// When there is no store, when it is a newer version's or something else, when reading fails.
///
/// # Example
/// ```
/// use campanile::durable::{DurableEngine, Options, inspect};
/// use campanile::rulebook::Rulebook;
///
/// let folder = tempfile::tempdir()?;
/// let rules = Rulebook::parse("shop.camp", r#"campaign thanks { when "Charged" send template thanks }"#)?;
/// DurableEngine::open(folder.path(), rules.compile(), Options::default())?.shut()?;
/// let state = inspect(folder.path())?;
/// assert_eq!((state.entries, &*state.rules[0]), (1, "shop.camp"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inspect(directory: impl AsRef<Path>) -> Result<State, DurableError> {
    let directory = directory.as_ref();
    there(directory)?;
    let path = directory.join("campanile.db");
    let failed = |error: rusqlite::Error| DurableError::of_store(&path, &error);
    let connection = connect(&path, None, true).map_err(failed)?;
    let application: i64 = number(&connection, "PRAGMA application_id").map_err(failed)?;
    let format: i64 = number(&connection, "PRAGMA user_version").map_err(failed)?;
    if application != store::APPLICATION {
        return Err(DurableError::Foreign { file: path });
    }
    if !(1..=store::FORMAT).contains(&format) {
        let (directory, known) = (directory.to_owned(), store::FORMAT);
        return Err(DurableError::Newer { directory, found: format, known });
    }
    let mut state = State { format, files: files(directory), ..State::default() };
    read(&connection, &mut state).map_err(failed)?;
    Ok(state)
}

fn read(connection: &Connection, state: &mut State) -> Result<(), rusqlite::Error> {
    // One state of the store, though a process goes on writing.
    let connection = connection.unchecked_transaction()?;
    state.entries = number(&connection, "SELECT count(*) FROM log")?.unsigned_abs();
    state.log_bytes = number(&connection, "SELECT coalesce(sum(length(body)), 0) FROM log")?.unsigned_abs();
    state.outcomes = number(&connection, "SELECT coalesce(sum(rows), 0) FROM outcomes")?.unsigned_abs();
    state.users_with_jobs = number(&connection, "SELECT count(DISTINCT user) FROM outbox")?.unsigned_abs();
    for known in JobState::ALL {
        let sql = "SELECT count(*) FROM outbox WHERE state = ?1";
        let many = connection.query_row(sql, [known.name()], |row| row.get::<_, i64>(0))?;
        state.jobs.insert(known.name(), many.unsigned_abs());
    }
    let sql = "SELECT campaign, substr(due, 1, 13), count(*) FROM outbox WHERE state = 'planned' GROUP BY 1, 2 ORDER BY 1, 2";
    let mut statement = connection.prepare(sql)?;
    let pending = statement.query_map([], |row| {
        Ok(Pending { campaign: row.get(0)?, hour: row.get(1)?, jobs: row.get::<_, i64>(2)?.unsigned_abs() })
    })?;
    state.pending = pending.collect::<Result<_, _>>()?;
    let sql = "SELECT number, kind, body FROM log WHERE kind = 2 ORDER BY number DESC LIMIT 1";
    if let Some(Entry::Advance(advance)) = entry(&connection, sql)? {
        state.closed = advance.closed();
    }
    let sql = "SELECT number, kind, body FROM log WHERE kind = 3 ORDER BY number DESC LIMIT 1";
    if let Some(Entry::Rules(rules)) = entry(&connection, sql)? {
        state.zones = Some(rules.zones);
        state.rules = rules.texts.into_iter().map(|(name, _)| name).collect();
    }
    let sql = "SELECT number, kind, body FROM log WHERE kind = 4 ORDER BY number DESC LIMIT 1";
    if let Some(Entry::Ids(keep)) = entry(&connection, sql)? {
        state.ids_for = Some(keep.millis().unsigned_abs());
    }
    let sql = "SELECT number, kind, body FROM log WHERE kind = 5 ORDER BY number DESC LIMIT 1";
    if let Some(Entry::Base(base)) = entry(&connection, sql)? {
        state.history = Some(base.history);
        state.base_bytes = base.bytes;
    }
    let mut statement = connection.prepare("SELECT name FROM facts ORDER BY name")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    for name in names.collect::<Result<Vec<_>, _>>()? {
        let Some(source) = name.strip_prefix(POSITION) else { continue };
        let position = fact(&connection, &name)?.and_then(|value| value.parse().ok());
        let position = position.ok_or_else(|| broken(format!("the fact `{name}`")))?;
        state.positions.insert(source.to_owned(), position);
    }
    if let Some(text) = fact(&connection, snapshot::FACT)? {
        let said: Said = serde_json::from_str(&text).map_err(|_| broken("the fact `snapshot`".to_owned()))?;
        state.ids = said.ids;
        state.snapshot = Some(LastSnapshot { entry: said.entry, bytes: said.bytes });
    }
    Ok(())
}

/// The messages that the engine has to come, by campaign and hour: those that wait, timers that run, and the next times of schedules and dates. Whether a job
/// comes of them is decided then. The hour is `later` where nobody knows it, as of a template that is paused. Nothing is changed.
///
/// # Errors
/// As [`DurableEngine::open`](super::DurableEngine::open).
///
/// # Example
/// ```
/// use campanile::durable::{DurableEngine, Options, waiting};
/// use campanile::model::{Event, Instant, Properties, Record};
/// use campanile::rulebook::Rulebook;
///
/// let folder = tempfile::tempdir()?;
/// let rules = r#"campaign cart { when "Added" then no "Charged" within 2 hours send template cart }"#;
/// let program = Rulebook::parse("shop.camp", rules)?.compile();
/// let mut engine = DurableEngine::open(folder.path(), program.clone(), Options::default())?;
/// let at = Instant::parse("2026-11-03T08:10:00Z")?;
/// let event = Event { user: "asha".into(), name: "Added".into(), at, id: None, properties: Properties::new() };
/// engine.ingest(vec![Record::Event(event)])?;
/// engine.advance(at)?;
/// engine.shut()?;
/// let found = waiting(folder.path(), &program)?;
/// assert_eq!((&*found[0].campaign, &*found[0].hour, found[0].jobs), ("cart", "2026-11-03T10", 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn waiting(directory: impl AsRef<Path>, program: &Program) -> Result<Vec<Pending>, DurableError> {
    let directory = directory.as_ref();
    there(directory)?;
    let _lock = Lock::take(directory)?;
    let store = Store::open(directory, None)?;
    let log = Log::open(&store)?;
    if log.is_of_others(program) {
        return Err(DurableError::OtherRules { directory: directory.to_owned() });
    }
    let engine = log.recover(&store, program, true, u64::MAX)?.engine;
    let mut many: BTreeMap<(Text, String), u64> = BTreeMap::new();
    for waiting in engine.waiting() {
        let hour = match waiting.due {
            Instant::MAX => "later".to_owned(),
            due => due.to_string().chars().take(13).collect(),
        };
        *many.entry((waiting.campaign, hour)).or_default() += 1;
    }
    let pending = many.into_iter().map(|((campaign, hour), jobs)| Pending {
        campaign: campaign.to_string(),
        hour,
        jobs,
    });
    Ok(pending.collect())
}

fn number(connection: &Connection, sql: &str) -> Result<i64, rusqlite::Error> {
    connection.query_row(sql, [], |row| row.get(0))
}

fn entry(connection: &Connection, sql: &str) -> Result<Option<Entry>, rusqlite::Error> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?))
    };
    let Some((number, kind, body)) = connection.query_row(sql, [], read).optional()? else {
        return Ok(None);
    };
    Entry::from_bytes(kind, &body).map(Some).map_err(|_| broken(format!("log entry {number}")))
}

/// The files of a directory by name, with their bytes.
fn files(directory: &Path) -> BTreeMap<String, u64> {
    let Ok(entries) = fs::read_dir(directory) else { return BTreeMap::new() };
    let file = |entry: fs::DirEntry| {
        let found = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        Some((entry.file_name().into_string().ok()?, found.len()))
    };
    entries.flatten().filter_map(file).collect()
}
