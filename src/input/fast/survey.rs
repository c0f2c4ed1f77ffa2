use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Tally, TextLog, from_bytes, open};
use crate::columns::{Shards, Wanted};
use crate::input::{InputError, ReadOptions};

/// Reads a whole log on several threads, as batch evaluation does, and says what became of its rows: the way to look over a log of any
/// size before it is used. `-` is standard input. `properties` are those to be read, all without it; nothing of others is looked at but
/// that they are well-formed.
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
    look_over(&open(path, options)?, properties, threads)
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
    look_over(&from_bytes(name, read, options)?, properties, threads)
}

fn look_over(log: &TextLog, properties: Option<&[&str]>, threads: NonZeroUsize) -> Result<Tally, InputError> {
    let wanted =
        Wanted { properties: properties.map(|names| names.iter().map(|name| (*name).into()).collect()) };
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
                    if let Err(error) = log.part(shard, &wanted, &mut |_| true) {
                        failed.store(true, Ordering::Relaxed);
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    }
                }
            });
        }
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(log.tally()),
    }
}
