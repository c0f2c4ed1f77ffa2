use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

#[cfg(feature = "parquet")]
use super::arrow::ParquetLog;
use super::fast::{TextLog, from_bytes, open};
#[cfg(feature = "parquet")]
use super::{Contents, log::is_table};
use super::{InputError, ReadOptions, Tally};
use crate::columns::{Shards, Wanted};

/// Reads a whole log on several threads, as batch evaluation does, and says what became of its rows: the way to look over a log of any
/// size before it is used. `-` is standard input. `properties` are those to be read, all without it; nothing of others is looked at but
/// that they are well-formed. Of Parquet they are not decoded at all.
///
/// # Errors
/// When the log cannot be opened, as [`open`](crate::input::open), or not read to its end.
///
/// # Example
/// ```
/// use std::num::NonZeroUsize;
/// use campanile::input::{ReadOptions, survey};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("events.ndjson");
/// std::fs::write(&path, r#"{"type":"track","userId":"asha","event":"Charged","timestamp":"2026-11-03T10:00:00Z"}
/// {"type":"track","event":"Charged"}
/// {"type":"page","userId":"asha"}
/// "#)?;
/// let tally = survey(&path, &ReadOptions::default(), Some(&["amount"]), NonZeroUsize::MIN)?;
/// assert_eq!((tally.rows(), tally.events, tally.ignored["page"]), (3, 1, 1));
/// assert_eq!(tally.rejected.iter().map(|(kind, rows)| (kind.name(), *rows)).collect::<Vec<_>>(), [("missing_user", 1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn survey(
    path: &Path,
    options: &ReadOptions,
    properties: Option<&[&str]>,
    threads: NonZeroUsize,
) -> Result<Tally, InputError> {
    let wanted = wanted(properties);
    #[cfg(feature = "parquet")]
    if is_of_events(options) && is_table(path, options)? {
        let name = path.to_string_lossy();
        let log = ParquetLog::open([&*name], options)?;
        let read = |shard| log.read(shard, &wanted, &mut |_| true);
        look_over(&log, &|shard| read(shard).map_err(|error| InputError::of_shard(&name, error)), threads)?;
        return Ok(log.tally());
    }
    look_over_text(&open(path, options)?, &wanted, threads)
}

/// Whether the rows of a table are events; profiles are read row by row.
#[cfg(feature = "parquet")]
fn is_of_events(options: &ReadOptions) -> bool {
    match &options.columns {
        Some(columns) => columns.event.is_some(),
        None => options.contents == Contents::Events,
    }
}

/// Reads whatever gives bytes likewise, piece by piece; `name` is for messages. Plain or compressed, its pieces are taken in order and read at
/// once.
///
/// # Errors
/// As [`survey`].
///
/// # Example
/// ```
/// use std::num::NonZeroUsize;
/// use campanile::input::{ReadOptions, survey_read};
///
/// let log = "user,at\nasha,2026-11-03\n,2026-11-04\n";
/// let columns = "user=user,at=at,event='Charged'".parse()?;
/// let options = ReadOptions { columns: Some(columns), ..ReadOptions::default() };
/// let tally = survey_read("log", log.as_bytes(), &options, None, NonZeroUsize::MIN)?;
/// assert_eq!((tally.rows(), tally.events), (2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn survey_read(
    name: &str,
    read: impl Read + Send + 'static,
    options: &ReadOptions,
    properties: Option<&[&str]>,
    threads: NonZeroUsize,
) -> Result<Tally, InputError> {
    look_over_text(&from_bytes(name, read, options)?, &wanted(properties), threads)
}

fn wanted(properties: Option<&[&str]>) -> Wanted {
    Wanted { properties: properties.map(|names| names.iter().map(|name| (*name).into()).collect()) }
}

fn look_over_text(log: &TextLog, wanted: &Wanted, threads: NonZeroUsize) -> Result<Tally, InputError> {
    look_over(log, &|shard| log.part(shard, wanted, &mut |_| true), threads)?;
    Ok(log.tally())
}

/// Reads all parts of a log.
fn look_over(
    log: &dyn Shards,
    read: &(dyn Fn(usize) -> Result<(), InputError> + Sync),
    threads: NonZeroUsize,
) -> Result<(), InputError> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let shard = next.fetch_add(1, Ordering::Relaxed);
                    if !log.has(shard) {
                        return;
                    }
                    if let Err(error) = read(shard) {
                        failed.store(true, Ordering::Relaxed);
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    }
                }
            });
        }
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}
