//! Event logs as columns, at the speed of their format: lines of JSON of which only what is wanted is read.
//!
//! A log is cut into parts (stretches of a plain file; pieces of what must be unpacked or read in order) that several threads read at
//! once. A part's lines are walked byte by byte once, and what is wanted goes straight into columns. A line that is not as plain as
//! most is read by the reader of records, so what a line means, and what is wrong with it, is said in one place alone.

mod builder;
mod bytes;
mod line;
mod moments;
mod rows;
mod scan;
mod stream;
mod table;
mod tally;
#[cfg(test)]
mod tests;
mod texts;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::bytes::{Lines, Stretches};
use self::line::{Line, Read as LineRead};
use self::moments::Moments;
use self::rows::Rows;
use self::stream::{Piece, Stream};
use self::table::{Shape, Table};
pub(super) use self::tally::{Ledger, Shard};
pub(crate) use self::tally::{RejectSink, Tally};
use super::detect::Body;
use super::json_rows::{JsonRows, Layout};
use super::reject::{Place, Problem, RejectKind};
use super::{Format, InputError, ReadOptions, Reader, Row, from_read};
use crate::columns::{Batch, ShardError, Shards, Wanted};
use crate::model::{Record, Text};

/// A log of text in parts: NDJSON of every form, and in order, as rows, all else that a [`Reader`] reads.
pub(crate) struct TextLog {
    file: Text,
    format: Option<Format>,
    options: ReadOptions,
    parts: Parts,
    ledger: Mutex<Ledger>,
    /// What threads work with, kept from part to part.
    benches: Mutex<Vec<Bench>>,
    taken: Mutex<u64>,
}

/// How the log is cut.
enum Parts {
    Stretches(Stretches),
    Stream(Box<Mutex<Stream>>),
}

/// What one thread works with.
struct Bench {
    wanted: Option<Vec<Text>>,
    table: Table,
    rows: Rows,
    line: Line,
    moments: Moments,
    records: JsonRows,
    buffer: Vec<u8>,
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

    fn stream(reader: Reader, options: &ReadOptions, part: usize) -> Result<TextLog, InputError> {
        let (name, format) = (Text::from(reader.file()), reader.format());
        let stream = Stream::new(reader, part, options.limits.row_bytes);
        Ok(TextLog::new(&name, format, options, Parts::Stream(Box::new(Mutex::new(stream)))))
    }

    fn new(name: &str, format: Option<Format>, options: &ReadOptions, parts: Parts) -> TextLog {
        TextLog {
            file: name.into(),
            format,
            options: options.clone(),
            parts,
            ledger: Mutex::new(Ledger::default()),
            benches: Mutex::new(Vec::new()),
            taken: Mutex::new(0),
        }
    }

    /// The name it was opened with.
    pub(crate) fn name(&self) -> &str {
        &self.file
    }

    /// The format; none for an empty input of which nobody said it.
    pub(crate) const fn format(&self) -> Option<Format> {
        self.format
    }

    /// How many bytes were taken so far, as they are stored.
    pub(crate) fn bytes_read(&self) -> u64 {
        match &self.parts {
            Parts::Stretches(_) => *held(&self.taken),
            Parts::Stream(stream) => held(stream).bytes_read(),
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

    fn bench(&self, wanted: &Wanted) -> Bench {
        let mut benches = held(&self.benches);
        while let Some(bench) = benches.pop() {
            if bench.wanted == wanted.properties {
                return bench;
            }
        }
        drop(benches);
        let format = self.format.unwrap_or(Format::Segment);
        let columns = self.options.columns.as_ref().filter(|_| format == Format::Json);
        let table = Table::new(format, columns, wanted);
        Bench {
            wanted: wanted.properties.clone(),
            line: Line::new(&self.options.limits, &table.shape),
            table,
            rows: Rows::new(),
            moments: Moments::new(self.options.local_time.clone()),
            records: JsonRows::new(&self.file, format, Layout::Lines, &self.options),
            buffer: Vec::new(),
        }
    }

    fn error(&self, error: io::Error) -> ShardError {
        let error = match &self.parts {
            Parts::Stretches(_) => InputError::opening(&self.file, error),
            Parts::Stream(stream) => held(stream).reader().failure(error),
        };
        ShardError { message: error.to_string(), help: error.help().map(str::to_owned) }
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

    fn read(
        &self,
        shard: usize,
        wanted: &Wanted,
        visit: &mut dyn FnMut(&Batch<'_>) -> bool,
    ) -> Result<(), ShardError> {
        if !self.has(shard) {
            return Ok(());
        }
        let mut bench = self.bench(wanted);
        let mut buffer = std::mem::take(&mut bench.buffer);
        let mut said = Shard::default();
        let to_end = match &self.parts {
            Parts::Stretches(stretches) => {
                let lines = stretches.read(shard, &mut buffer).map_err(|error| self.error(error))?;
                *held(&self.taken) += stretches.bytes(shard);
                bench.records.set_exported(None);
                self.lines(&lines, &mut bench, &mut said, visit)
            }
            Parts::Stream(stream) => {
                let piece = held(stream).take(shard);
                match piece.ok_or_else(|| self.gone(shard))?.map_err(|error| self.error(error))? {
                    Piece::Lines { bytes, offset, exported } => {
                        bench.records.set_exported(exported);
                        self.lines(&Lines { bytes: &bytes, offset }, &mut bench, &mut said, visit)
                    }
                    Piece::Rows(rows) => Self::rows(rows, &mut bench, &mut said, visit),
                }
            }
        };
        if to_end {
            held(&self.ledger).take(shard, said);
        }
        bench.buffer = buffer;
        bench.rows.clear(&mut bench.table);
        held(&self.benches).push(bench);
        Ok(())
    }
}

impl TextLog {
    #[cold]
    fn gone(&self, shard: usize) -> ShardError {
        let message =
            format!("part {} of `{}` was read already, and cannot be read again", shard + 1, self.file);
        ShardError { message, help: Some("unpack the file, or save it".to_owned()) }
    }

    /// Reads lines; false when the visitor wants no more.
    fn lines(
        &self,
        lines: &Lines<'_>,
        bench: &mut Bench,
        said: &mut Shard,
        visit: &mut dyn FnMut(&Batch<'_>) -> bool,
    ) -> bool {
        let text = std::str::from_utf8(lines.bytes).ok();
        let mut start = 0;
        while start < lines.bytes.len() {
            let rest = lines.bytes.get(start..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            said.lines += 1;
            let offset = lines.offset + start as u64;
            let bytes = rest.get(..length).unwrap_or_default();
            if length > self.options.limits.row_bytes {
                said.reject(self.too_long(bytes, said.lines, offset));
            } else {
                let line = match text {
                    Some(text) => text.get(start..start + length),
                    None => std::str::from_utf8(bytes).ok(),
                };
                self.line(line, bytes, offset, bench, said);
                if bench.rows.is_full() && !bench.visit(visit) {
                    return false;
                }
            }
            start += length + 1;
        }
        bench.rows.is_empty() || bench.visit(visit)
    }

    #[inline]
    fn line(&self, line: Option<&str>, bytes: &[u8], offset: u64, bench: &mut Bench, said: &mut Shard) {
        if let Some(line) = line {
            match bench.line.read(line, &mut bench.table, &mut bench.moments) {
                LineRead::Event => {
                    let constant = match &bench.table.shape {
                        Shape::Constant(name) => Some(name),
                        _ => None,
                    };
                    bench.rows.line(line, &bench.line, constant, &bench.table);
                    said.tally.events += 1;
                    return;
                }
                LineRead::Ignored(what) => return said.ignore(what),
                LineRead::Nothing => {}
            }
        }
        let record = bytes.trim_ascii();
        if !record.is_empty() {
            let row = bench.records.one(record, said.lines, offset);
            bench.row(row, said);
        }
    }

    #[cold]
    fn too_long(&self, bytes: &[u8], row: u64, offset: u64) -> super::Reject {
        let limits = &self.options.limits;
        let place = Place { file: &self.file, row, offset, raw_bytes: limits.raw_bytes };
        let long = Problem::new(RejectKind::TooLong, format!("it is longer than {} bytes", limits.row_bytes));
        long.at(place, bytes.get(..limits.row_bytes + 1).unwrap_or(bytes), false)
    }

    /// Takes rows that were read in order.
    fn rows(
        rows: Vec<Row>,
        bench: &mut Bench,
        said: &mut Shard,
        visit: &mut dyn FnMut(&Batch<'_>) -> bool,
    ) -> bool {
        for row in rows {
            bench.row(row, said);
            if bench.rows.is_full() && !bench.visit(visit) {
                return false;
            }
        }
        bench.rows.is_empty() || bench.visit(visit)
    }
}

impl Bench {
    fn row(&mut self, row: Row, said: &mut Shard) {
        match said.row(row) {
            Some(Record::Event(event)) => {
                self.rows.event(&event, &mut self.table);
                said.tally.events += 1;
            }
            Some(record) => {
                self.rows.record(record);
                said.tally.records += 1;
            }
            None => {}
        }
    }

    /// Hands a batch over; whether there shall be more.
    fn visit(&mut self, visit: &mut dyn FnMut(&Batch<'_>) -> bool) -> bool {
        let more = visit(&self.rows.batch(&self.table));
        self.rows.clear(&mut self.table);
        more
    }
}

/// What a lock holds; a thread that panicked while it had it left whole parts behind.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
