//! Send jobs on their way: `PLANNED → CLAIMED → ACCEPTED, REJECTED, NOT_SENT or UNKNOWN`.
//!
//! A claim is on the disk before the first byte leaves. So a job of which nothing is on the disk but that it is planned has not left; and one that is claimed may have.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rusqlite::types::Type;
use rusqlite::{Connection, Row as Found, Transaction, params};

use crate::model::{Instant, JobId, SendJob, Text, fingerprint};

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum JobState {
    /// It is decided, and waits to be handed over.
    Planned,
    /// A worker has it: its first byte may have left.
    Claimed,
    /// The provider has taken it.
    Accepted,
    /// The provider has refused it, for good.
    Rejected,
    /// It surely did not leave, and never will.
    NotSent,
    /// It may have left, or not: a time-out, or a crash, after the claim.
    Unknown,
}

impl JobState {
    /// All, in the order of a job's way.
    pub const ALL: [JobState; 6] = [
        JobState::Planned,
        JobState::Claimed,
        JobState::Accepted,
        JobState::Rejected,
        JobState::NotSent,
        JobState::Unknown,
    ];

    /// The stable name, as in the table: `planned`.
    pub const fn name(self) -> &'static str {
        match self {
            JobState::Planned => "planned",
            JobState::Claimed => "claimed",
            JobState::Accepted => "accepted",
            JobState::Rejected => "rejected",
            JobState::NotSent => "not_sent",
            JobState::Unknown => "unknown",
        }
    }

    fn of_name(name: &str) -> Option<JobState> {
        JobState::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A job that a worker has claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The job's number in the outbox.
    pub number: u64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Until when the worker has it.
    pub until: Instant,
    /// The job.
    pub job: SendJob,
}

/// What became of a claimed job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The provider has taken it; what it calls it, where it says so.
    Accepted {
        /// The provider's id of the message.
        provider_id: Option<Text>,
    },
    /// The provider has refused it, for good.
    Rejected {
        /// Why, without personal data.
        reason: Text,
    },
    /// It surely did not leave: it is tried again from an instant on, or never.
    NotSent {
        /// Why, without personal data.
        reason: Text,
        /// The first instant of the next attempt; none when there is to be none.
        again: Option<Instant>,
    },
    /// It may have left, or not.
    Unknown {
        /// Why, without personal data.
        reason: Text,
    },
}

/// What becomes of a job of which nobody knows whether it left, once its grace is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenUnknown {
    /// Marketing never again; authentication, utility and service once more.
    #[default]
    ByCategory,
    /// Again until somebody knows: for a sink that knows a job by its id and takes it once.
    Again,
    /// Never again.
    Never,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row<'r> {
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) campaign: Cow<'r, str>,
    pub(super) user: Cow<'r, str>,
    pub(super) due: Instant,
    pub(super) state: JobState,
    pub(super) attempt: u32,
    pub(super) since: Instant,
    pub(super) worker: Option<String>,
    pub(super) until: Option<Instant>,
    pub(super) detail: Option<String>,
    pub(super) job: String,
}

impl Row<'_> {
    pub(super) fn planned(number: u64, job: &SendJob, now: Instant) -> Result<Row<'_>, serde_json::Error> {
        Ok(Row {
            number,
            id: job.id.to_string(),
            campaign: Cow::Borrowed(&job.campaign),
            user: Cow::Borrowed(&job.user),
            due: job.due,
            state: JobState::Planned,
            attempt: 0,
            since: now,
            worker: None,
            until: None,
            detail: None,
            job: serde_json::to_string(job)?,
        })
    }

    fn sum(&self) -> [u8; 16] {
        let opt = |text: &Option<String>| text.as_ref().map_or(String::new(), |text| format!("+{text}"));
        let (worker, detail) = (opt(&self.worker), opt(&self.detail));
        let until = self.until.map_or(i64::MIN, Instant::millis);
        let parts: [&[u8]; 12] = [
            &self.number.to_le_bytes(),
            self.id.as_bytes(),
            self.campaign.as_bytes(),
            self.user.as_bytes(),
            &self.due.millis().to_le_bytes(),
            self.state.name().as_bytes(),
            &self.attempt.to_le_bytes(),
            &self.since.millis().to_le_bytes(),
            worker.as_bytes(),
            &until.to_le_bytes(),
            detail.as_bytes(),
            self.job.as_bytes(),
        ];
        fingerprint(parts).to_le_bytes()
    }
}

/// Why a row cannot be what was written.
#[derive(Debug)]
pub(super) struct Broken(pub(super) String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

/// That a row is not what was written, as the database's own errors go.
pub(super) fn broken(place: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Null, Box::new(Broken(place)))
}

fn read(found: &Found<'_>) -> Result<Row<'static>, rusqlite::Error> {
    let number = found.get::<_, i64>(0)?.unsigned_abs();
    let broken = || broken(format!("job {number} of the outbox"));
    let instant = |text: String| Instant::parse(&text).map_err(|_| broken());
    let row = Row {
        number,
        id: found.get(1)?,
        campaign: Cow::Owned(found.get(2)?),
        user: Cow::Owned(found.get(3)?),
        due: instant(found.get(4)?)?,
        state: JobState::of_name(&found.get::<_, String>(5)?).ok_or_else(broken)?,
        attempt: found.get(6)?,
        since: instant(found.get(7)?)?,
        worker: found.get(8)?,
        until: found.get::<_, Option<String>>(9)?.map(instant).transpose()?,
        detail: found.get(10)?,
        job: found.get(11)?,
    };
    if row.sum() == found.get::<_, [u8; 16]>(12)? { Ok(row) } else { Err(broken()) }
}

const COLUMNS: &str = "SELECT number, id, campaign, user, due, state, attempt, since, worker, until, detail, job, sum FROM outbox";

/// Hands over all rows in the order of their numbers, each held against its sum.
pub(super) fn each(
    connection: &Connection,
    mut take: impl FnMut(Row<'static>) -> Result<(), rusqlite::Error>,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(&format!("{COLUMNS} ORDER BY number"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(read(row)?)?;
    }
    Ok(())
}

/// One row by its number.
pub(super) fn find(connection: &Connection, number: u64) -> Result<Row<'static>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE number = ?1"))?;
    statement.query_row([number as i64], read)
}

/// The ids of the first so many jobs. There is no index of ids: each is a random place in it, a page to be written for a job.
pub(super) fn first_ids(
    connection: &Connection,
    many: u64,
    mut take: impl FnMut(JobId),
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare("SELECT number, id FROM outbox ORDER BY number LIMIT ?1")?;
    let mut found = statement.query([i64::try_from(many).unwrap_or(i64::MAX)])?;
    while let Some(row) = found.next()? {
        let id = JobId::written(row.get_ref(1)?.as_str()?);
        take(id.ok_or_else(|| {
            broken(format!("job {} of the outbox", row.get::<_, i64>(0).unwrap_or_default()))
        })?);
    }
    Ok(())
}

/// How far each job has come whose id is asked for.
pub(super) fn states_of(
    connection: &Connection,
    asked: &BTreeSet<JobId>,
) -> Result<BTreeMap<JobId, JobState>, rusqlite::Error> {
    let mut states = BTreeMap::new();
    let mut statement = connection.prepare("SELECT id, state FROM outbox")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let id = JobId::written(row.get_ref(0)?.as_str()?).filter(|id| asked.contains(id));
        if let Some(id) = id
            && let Some(state) = JobState::of_name(row.get_ref(1)?.as_str()?)
        {
            states.insert(id, state);
        }
    }
    Ok(states)
}

/// Adds a job, which is of a decision that was not made before.
pub(super) fn insert(transaction: &Transaction<'_>, row: &Row<'_>) -> Result<(), rusqlite::Error> {
    let sql = "INSERT INTO outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    transaction.prepare_cached(sql)?.execute(params![
        row.number as i64,
        row.id,
        row.campaign,
        row.user,
        row.due.to_string(),
        row.state.name(),
        row.attempt,
        row.since.to_string(),
        row.worker,
        row.until.map(|until| until.to_string()),
        row.detail,
        row.job,
        row.sum(),
    ])?;
    Ok(())
}

/// Writes how far a job has come, in its place: what it was decided as is left as it is.
pub(super) fn update(transaction: &Transaction<'_>, row: &Row<'_>) -> Result<(), rusqlite::Error> {
    let sql = "UPDATE outbox SET state = ?2, attempt = ?3, since = ?4, worker = ?5, until = ?6, detail = ?7, sum = ?8 WHERE number = ?1";
    let changed = transaction.prepare_cached(sql)?.execute(params![
        row.number as i64,
        row.state.name(),
        row.attempt,
        row.since.to_string(),
        row.worker,
        row.until.map(|until| until.to_string()),
        row.detail,
        row.sum(),
    ])?;
    if changed == 1 { Ok(()) } else { Err(broken(format!("job {} of the outbox", row.number))) }
}
