//! Files of events, one behind the other, as logs of columns.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

#[cfg(feature = "parquet")]
use super::arrow::ParquetLog;
use super::detect::is_parquet;
use super::fast::{self, Tally, TextLog};
use super::{InputError, ReadOptions, Reject};
use crate::columns::{ShardError, Shards};

/// The events of some files, in their order, read by columns and on several threads.
///
/// # Example
/// ```
/// use campanile::{audience::Audience, input::{Log, ReadOptions}, model::Instant, rulebook::Rulebook};
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("log.ndjson");
/// std::fs::write(&file, r#"{"type":"track","userId":"asha","event":"Charged","timestamp":"2026-11-03T10:00:00Z"}"#)?;
/// let rulebook = Rulebook::parse("shop.camp", "segment buyers = did \"Charged\" in last 7 days")?;
/// let audience = Audience::new(&rulebook).at(Instant::parse("2026-11-08T00:00:00Z")?);
/// let log = Log::open([&file], &ReadOptions::default())?;
/// assert_eq!(audience.ask_log(&log)?[0].segments[0].users, 1);
/// assert_eq!(log.tally().rows(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Log {
    parts: Vec<Part>,
    /// The files, and how they were when they were opened.
    files: Vec<(PathBuf, Stamp)>,
}

/// How long a file is, and when it was last written, as far as the system says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp(u64, Option<SystemTime>);

impl Stamp {
    /// That of a regular file: others, such as a pipe, are read as they come.
    fn of(path: &Path) -> Option<Stamp> {
        let known = path.metadata().ok().filter(Metadata::is_file)?;
        Some(Stamp(known.len(), known.modified().ok()))
    }
}

enum Part {
    Text(Box<TextLog>),
    #[cfg(feature = "parquet")]
    Parquet(ParquetLog),
}

impl Part {
    fn shards(&self) -> &dyn Shards {
        match self {
            Part::Text(log) => &**log,
            #[cfg(feature = "parquet")]
            Part::Parquet(log) => log,
        }
    }

    fn tally(&self) -> Tally {
        match self {
            Part::Text(log) => log.tally(),
            #[cfg(feature = "parquet")]
            Part::Parquet(log) => log.tally(),
        }
    }
}

impl Log {
    /// Opens files, whatever their formats; `-` is standard input.
    ///
    /// # Errors
    /// As [`open`](super::open).
    pub fn open<P: AsRef<Path>>(
        files: impl IntoIterator<Item = P>,
        options: &ReadOptions,
    ) -> Result<Log, InputError> {
        let (mut parts, mut stamps) = (Vec::new(), Vec::new());
        // Tables one behind the other are one log: then all their row groups are there to be read at once.
        let mut tables: Vec<String> = Vec::new();
        for file in files {
            let path = file.as_ref();
            stamps.extend(Stamp::of(path).map(|stamp| (path.to_owned(), stamp)));
            if is_table(path, options)? {
                tables.push(path.to_string_lossy().into_owned());
                continue;
            }
            finish(&mut tables, &mut parts, options)?;
            parts.push(Part::Text(Box::new(fast::open(path, options)?)));
        }
        finish(&mut tables, &mut parts, options)?;
        Ok(Log { parts, files: stamps })
    }

    /// Where bad rows go, those of each file in its order. Without it they are counted alone.
    pub fn rejects_to(&self, sink: impl FnMut(Reject) + Send + Clone + 'static) {
        for part in &self.parts {
            match part {
                Part::Text(log) => log.rejects_to(Box::new(sink.clone())),
                #[cfg(feature = "parquet")]
                Part::Parquet(log) => log.rejects_to(Box::new(sink.clone())),
            }
        }
    }

    /// What became of the rows that were read.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.parts.iter().for_each(|part| tally.add(&part.tally()));
        tally
    }

    /// How many bytes of the files were read so far, as they are stored; none where that cannot be told just now.
    #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the command line shows it"))]
    pub(crate) fn bytes_read(&self) -> Option<u64> {
        let of = |part: &Part| match part {
            Part::Text(log) => log.bytes_read(),
            #[cfg(feature = "parquet")]
            Part::Parquet(log) => Some(log.bytes_read()),
        };
        self.parts.iter().map(of).sum()
    }

    /// The error for a file that is no longer what it was when it was opened: its rows are neither those of before nor those of after.
    pub(crate) fn changed(&self) -> Option<ShardError> {
        let is_other = |(path, stamp): &&(PathBuf, Stamp)| Stamp::of(path).as_ref() != Some(stamp);
        let (path, _) = self.files.iter().find(is_other)?;
        Some(ShardError {
            message: format!("`{}` was changed while it was read", path.display()),
            help: Some("read it again once nobody writes to it, or read a copy".to_owned()),
        })
    }

    /// The logs by themselves.
    pub(crate) fn parts(&self) -> Vec<&dyn Shards> {
        self.parts.iter().map(Part::shards).collect()
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

/// Whether a file is Parquet's.
pub(super) fn is_table(path: &Path, options: &ReadOptions) -> Result<bool, InputError> {
    let name = path.to_string_lossy();
    if name == "-" {
        return Ok(false);
    }
    let opening = |error| InputError::opening(&name, error);
    let file = File::open(path).map_err(opening)?;
    if !file.metadata().map_err(opening)?.is_file() {
        return Ok(false);
    }
    let mut first = Vec::with_capacity(4);
    file.take(4).read_to_end(&mut first).map_err(opening)?;
    Ok(is_parquet(&first, options))
}

#[cfg(feature = "parquet")]
fn finish(tables: &mut Vec<String>, parts: &mut Vec<Part>, options: &ReadOptions) -> Result<(), InputError> {
    if !tables.is_empty() {
        parts.push(Part::Parquet(ParquetLog::open(tables.iter().map(String::as_str), options)?));
        tables.clear();
    }
    Ok(())
}

/// Without tables the reader of rows says what is missing.
#[cfg(not(feature = "parquet"))]
fn finish(tables: &mut Vec<String>, parts: &mut Vec<Part>, options: &ReadOptions) -> Result<(), InputError> {
    for table in tables.drain(..) {
        parts.push(Part::Text(Box::new(fast::open(Path::new(&table), options)?)));
    }
    Ok(())
}
