//! Event logs as columns, at the speed of their format: lines of JSON and rows of CSV of which only what is wanted is read.
//!
//! A log is cut into parts (stretches of a plain file; pieces of what must be unpacked or read in order) that several threads read at
//! once. A part's lines are walked once, and what is wanted goes straight into columns. A line that is not as plain as
//! most is read by the reader of records, so what a line means, and what is wrong with it, is said in one place alone.

mod builder;
mod bytes;
mod csv;
mod cuts;
mod line;
mod moments;
mod rows;
mod scan;
mod steps;
mod stream;
mod table;
mod tally;
#[cfg(test)]
mod tests;
mod texts;
mod worker;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::bytes::{Lines, Stretches};
use self::stream::{Piece, Stream};
pub(crate) use self::tally::RejectSink;
pub use self::tally::Tally;
pub(super) use self::tally::{Ledger, Shard};
use self::worker::Worker;
use super::csv_plan::Plan;
use super::detect::Body;
use super::{Format, InputError, ReadOptions, Reader, from_read};
use crate::columns::{Batch, ShardError, Shards, Wanted};
use crate::model::Text;

/// A log of text in parts: NDJSON of every form, and in order, as rows, all else that a [`Reader`] reads.
pub(crate) struct TextLog {
    file: Text,
    format: Option<Format>,
    options: ReadOptions,
    parts: Parts,
    ledger: Mutex<Ledger>,
    /// What the columns of a CSV file are.
    plan: Option<Arc<Plan>>,
    /// Those who have read a part, and can read another.
    workers: Mutex<Vec<Worker>>,
    taken: Mutex<u64>,
}

/// How the log is cut.
enum Parts {
    Stretches(Stretches),
    Stream(Box<Mutex<Stream>>),
}

/// A part has about so many bytes.
const PART_BYTES: usize = 8 << 20;

/// Opens a file; `-` is standard input, and what is compressed is unpacked.
///
/// # Errors
/// As [`open`](super::open).
pub(crate) fn open(path: &Path, options: &ReadOptions) -> Result<TextLog, InputError> {
    let name = path.to_string_lossy();
    if name == "-" {
        return TextLog::stream(from_read(&name, io::stdin(), options)?, options, PART_BYTES);
    }
    let file = File::open(path).map_err(|error| InputError::opening(&name, error))?;
    TextLog::file(&name, file, options, PART_BYTES)
}

/// Reads anything that gives bytes; `name` is for messages and rejects.
///
/// # Errors
/// As [`open`].
pub(crate) fn from_bytes(
    name: &str,
    read: impl Read + Send + 'static,
    options: &ReadOptions,
) -> Result<TextLog, InputError> {
    TextLog::stream(from_read(name, read, options)?, options, PART_BYTES)
}

impl TextLog {
    fn file(name: &str, file: File, options: &ReadOptions, part: usize) -> Result<TextLog, InputError> {
        let opening = |error| InputError::opening(name, error);
        let is_plain = file.metadata().map_err(opening)?.is_file();
        let mut reader = from_read(name, file.try_clone().map_err(opening)?, options)?;
        let format = reader.format();
        let (source, body) = reader.parts();
        // An export's first line says what is in all others.
        let in_any_order = matches!(body, Body::Json(rows) if rows.lines().is_some_and(|format| format != Format::CleverTap));
        if !(is_plain && in_any_order && source.packing().is_none()) {
            return TextLog::stream(reader, options, part);
        }
        let stretches = Stretches::new(file, source.offset(), part as u64, options.limits.row_bytes);
        let parts = Parts::Stretches(stretches.map_err(opening)?);
        Ok(TextLog::new(name, format, options, parts))
    }

    fn stream(mut reader: Reader, options: &ReadOptions, part: usize) -> Result<TextLog, InputError> {
        let (name, format) = (Text::from(reader.file()), reader.format());
        let (plan, lines) = match reader.parts() {
            (_, Body::Csv(rows)) => (Some(Arc::clone(rows.plan())), rows.lines()),
            _ => (None, 0),
        };
        let stream = Stream::new(reader, part, options.limits.row_bytes);
        let parts = Parts::Stream(Box::new(Mutex::new(stream)));
        Ok(TextLog {
            plan,
            ledger: Mutex::new(Ledger::new(lines)),
            ..TextLog::new(&name, format, options, parts)
        })
    }

    fn new(name: &str, format: Option<Format>, options: &ReadOptions, parts: Parts) -> TextLog {
        TextLog {
            file: name.into(),
            format,
            options: options.clone(),
            parts,
            ledger: Mutex::new(Ledger::default()),
            plan: None,
            workers: Mutex::new(Vec::new()),
            taken: Mutex::new(0),
        }
    }

    /// Where bad rows go, in the order of the log, as soon as all that is before them has been read. Without it they are counted alone.
    pub(crate) fn rejects_to(&self, sink: RejectSink) {
        held(&self.ledger).set_sink(sink);
    }

    /// What became of the rows of the parts that were read to their end.
    pub(crate) fn tally(&self) -> Tally {
        held(&self.ledger).tally().clone()
    }

    /// How many bytes were taken so far; none while somebody takes some.
    pub(crate) fn bytes_read(&self) -> Option<u64> {
        match &self.parts {
            Parts::Stretches(_) => Some(*held(&self.taken)),
            Parts::Stream(stream) => Some(stream.try_lock().ok()?.reader().bytes_read()),
        }
    }

    /// Who reads the next part.
    fn worker(&self, wanted: &Wanted) -> Worker {
        let mut workers = held(&self.workers);
        while let Some(worker) = workers.pop() {
            if worker.is_for(wanted) {
                return worker;
            }
        }
        drop(workers);
        Worker::new(&self.file, self.format, self.plan.as_ref(), &self.options, wanted)
    }

    fn error(&self, error: io::Error) -> InputError {
        match &self.parts {
            Parts::Stretches(_) => InputError::opening(&self.file, error),
            Parts::Stream(stream) => held(stream).reader().failure(error),
        }
    }

    /// Reads one part, batch by batch, as [`Shards::read`].
    ///
    /// # Errors
    /// When the part, or the rest of it, cannot be read.
    pub(super) fn part(
        &self,
        shard: usize,
        wanted: &Wanted,
        visit: &mut dyn FnMut(&Batch<'_>) -> bool,
    ) -> Result<(), InputError> {
        if !self.has(shard) {
            return Ok(());
        }
        let mut worker = self.worker(wanted);
        let mut buffer = std::mem::take(&mut worker.buffer);
        let mut said = Shard::default();
        let to_end = match &self.parts {
            Parts::Stretches(stretches) => {
                let lines = stretches.read(shard, &mut buffer).map_err(|error| self.error(error))?;
                *held(&self.taken) += stretches.bytes(shard);
                worker.lines(&lines, None, &mut said, visit)
            }
            Parts::Stream(stream) => {
                let piece = held(stream).take(shard);
                match piece.ok_or_else(|| self.gone(shard))?.map_err(|error| self.error(error))? {
                    Piece::Lines { bytes, offset, exported } => {
                        worker.lines(&Lines { bytes: &bytes, offset }, exported, &mut said, visit)
                    }
                    Piece::Table { bytes, rows, offset, last } => {
                        worker.table(&Lines { bytes: &bytes, offset }, rows, last, &mut said, visit)
                    }
                    Piece::Rows(rows) => worker.rows(rows, &mut said, visit),
                }
            }
        };
        if to_end {
            held(&self.ledger).take(shard, said);
        }
        worker.buffer = buffer;
        held(&self.workers).push(worker);
        Ok(())
    }
}

impl Shards for TextLog {
    fn count(&self) -> usize {
        match &self.parts {
            Parts::Stretches(stretches) => stretches.count(),
            Parts::Stream(_) => usize::MAX,
        }
    }

    fn has(&self, shard: usize) -> bool {
        match &self.parts {
            Parts::Stretches(stretches) => shard < stretches.count(),
            Parts::Stream(stream) => held(stream).has(shard),
        }
    }

    fn file(&self, _: usize) -> Option<&str> {
        Some(&self.file)
    }

    fn read(
        &self,
        shard: usize,
        wanted: &Wanted,
        visit: &mut dyn FnMut(&Batch<'_>) -> bool,
    ) -> Result<(), ShardError> {
        self.part(shard, wanted, visit)
            .map_err(|error| ShardError { message: error.to_string(), help: error.help().map(str::to_owned) })
    }
}

impl TextLog {
    #[cold]
    fn gone(&self, shard: usize) -> InputError {
        let message =
            format!("part {} of `{}` was read already, and cannot be read again", shard + 1, self.file);
        InputError::new(&self.file, message, "unpack the file, or save it")
    }
}

/// What a lock holds; a thread that panicked while it had it left whole parts behind.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
