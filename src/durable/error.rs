//! Why a durable engine refuses.

use std::fmt;
use std::path::{Path, PathBuf};

use super::outbox::Broken;
use crate::live::EngineError;
use crate::model::{Instant, Text};
use crate::saved::Damage;

/// Why a durable engine refuses. Each says what is wrong and what to do; none holds phone numbers or properties.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DurableError {
    /// Another process has the directory.
    Taken {
        /// The directory.
        directory: PathBuf,
        /// The other process, as it wrote itself down: `process 4711`.
        by: String,
    },
    /// The files were written by a newer version of this crate.
    Newer {
        /// The directory.
        directory: PathBuf,
        /// The format of the files.
        found: i64,
        /// The newest format that is known.
        known: i64,
    },
    /// The file is not one of an engine.
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// What was written cannot be what is there now: bytes were changed, or are missing. Nothing of it is used.
    Damaged {
        /// The file.
        file: PathBuf,
        /// Where: `log entry 17`, `job 5 of the outbox`.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The store was filled under other rules: [`DurableEngine::replace_rules`](super::DurableEngine::replace_rules) changes them.
    OtherRules {
        /// The directory.
        directory: PathBuf,
    },
    /// An earlier write failed; what is on the disk is not known. Opening the directory again finds out.
    Poisoned {
        /// How it failed.
        problem: String,
    },
    /// Reading or writing failed.
    Store {
        /// The file.
        file: PathBuf,
        /// How it failed.
        problem: String,
    },
    /// So much waits for a [`Service`](super::Service) that the call would be too much: nothing of it was taken in.
    Full {
        /// Of what there is as much as may be: `calls`, `records`, `bytes of records`.
        what: &'static str,
        /// As many as may wait.
        most: usize,
    },
    /// The [`Service`](super::Service) was shut: nothing of the call was done.
    Shut,
    /// The thread of a [`Service`](super::Service) panicked: it is not known whether the call was done. What was acknowledged before is on the disk.
    Panicked,
    /// The engine refuses what was asked.
    Engine(EngineError),
    /// The rules look further back than there is history: what is older was [folded](super::DurableEngine::fold) into the state of the rules before.
    /// [`Options::shorter_history`](super::Options::shorter_history) takes them all the same.
    NoHistory {
        /// The campaign that does.
        campaign: Text,
        /// What it reads: `events of the last 90 days`, `all events "Charged"`.
        reads: String,
        /// From when on there is history of it.
        from: Instant,
    },
    /// There is no such job, or it is not in the hands of who says so.
    NoSuchClaim {
        /// The job's number.
        number: u64,
    },
}

impl fmt::Display for DurableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DurableError::Taken { directory, by } => {
                write!(
                    f,
                    "{} is in use by {by}: stop it first, or give another directory",
                    directory.display()
                )
            }
            DurableError::Newer { directory, found, known } => write!(
                f,
                "{} was written by a newer version (format {found}; this one knows {known}): use that version",
                directory.display()
            ),
            DurableError::Foreign { file } => {
                write!(f, "{} is no store of campanile: give another directory", file.display())
            }
            DurableError::Damaged { file, place, problem } => write!(
                f,
                "{}: {place}: {problem}; nothing is read past it: put a copy of the directory back",
                file.display()
            ),
            DurableError::OtherRules { directory } => write!(
                f,
                "{} was filled under other rules: ask for them to be replaced (`--replace-rules`), or give the rules as they were",
                directory.display()
            ),
            DurableError::Poisoned { problem } => {
                write!(f, "nothing is taken in since a write failed ({problem}): open the directory again")
            }
            DurableError::Store { file, problem } => write!(f, "{}: {problem}", file.display()),
            DurableError::Full { what, most } => {
                write!(
                    f,
                    "too much waits already (at most {most} {what}): nothing of this was taken in; try it again later"
                )
            }
            DurableError::Shut => {
                write!(f, "the service was shut, and nothing of this was done: open the directory again")
            }
            DurableError::Panicked => write!(
                f,
                "the engine's thread panicked, and it is not known whether this was done: let go of the service, and open the directory again"
            ),
            DurableError::Engine(error) => error.fmt(f),
            DurableError::NoHistory { campaign, reads, from } => write!(
                f,
                "the campaign `{campaign}` reads {reads}, and of them there is history from {from} on: what is older is folded into the state of the rules before; let it look less far back, or take it as if nothing had been before (`--shorter-history`)"
            ),
            DurableError::NoSuchClaim { number } => {
                write!(f, "job {number} is not claimed: it was settled already, or its lease has ended")
            }
        }
    }
}

impl std::error::Error for DurableError {}

impl From<EngineError> for DurableError {
    fn from(error: EngineError) -> DurableError {
        DurableError::Engine(error)
    }
}

impl DurableError {
    /// A failure of the database on a file.
    pub(super) fn of_store(file: &Path, error: &rusqlite::Error) -> DurableError {
        let file = file.to_owned();
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => DurableError::Foreign { file },
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
                DurableError::Damaged { file, place: "its pages".to_owned(), problem: error.to_string() }
            }
            _ => match error {
                rusqlite::Error::FromSqlConversionFailure(_, _, inner) if inner.is::<Broken>() => {
                    DurableError::Damaged {
                        file,
                        place: inner.to_string(),
                        problem: "its sum is another".to_owned(),
                    }
                }
                // What has another form than was written.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::QueryReturnedNoRows => {
                    DurableError::Damaged { file, place: "a row".to_owned(), problem: error.to_string() }
                }
                _ => DurableError::Store { file, problem: error.to_string() },
            },
        }
    }

    pub(super) fn of_damage(file: &Path, place: String, damage: &Damage) -> DurableError {
        let problem = match damage {
            Damage::Io(error) => error.to_string(),
            Damage::Cut => "it ends too early".to_owned(),
            Damage::Wrong(problem) => (*problem).to_owned(),
        };
        DurableError::Damaged { file: file.to_owned(), place, problem }
    }
}
