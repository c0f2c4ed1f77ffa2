use std::fmt;
use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::Sink;
use crate::model::{Outcome, SendJob};

/// Writes send jobs as JSON, one a line, fields in the order of [`SendJob`]: the same jobs are the same bytes.
///
/// Buffers by itself; [`finish`](Sink::finish) writes what is left.
///
/// # Example
/// ```
/// use campanile::sink::{NdjsonSink, Sink};
/// let mut sink = NdjsonSink::new(Vec::new());
/// sink.finish()?;
/// assert!(sink.into_inner()?.is_empty());
/// # Ok::<(), campanile::sink::WriteError>(())
/// ```
#[derive(Debug)]
pub struct NdjsonSink<W: Write> {
    lines: Lines<W>,
}

impl<W: Write> NdjsonSink<W> {
    /// Writes to anything.
    pub fn new(writer: W) -> NdjsonSink<W> {
        NdjsonSink { lines: Lines::new(writer) }
    }

    /// Writes what is left, and gives the writer back.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn into_inner(self) -> Result<W, WriteError> {
        self.lines.into_inner()
    }
}

impl<W: Write> Sink for NdjsonSink<W> {
    type Error = WriteError;

    fn send(&mut self, job: &SendJob) -> Result<(), WriteError> {
        self.lines.write(job)
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        self.lines.flush()
    }
}

/// Writes outcomes as JSON, one a line, fields in the order of [`Outcome`].
#[derive(Debug)]
pub struct OutcomeWriter<W: Write> {
    lines: Lines<W>,
}

impl<W: Write> OutcomeWriter<W> {
    /// Writes to anything; buffers by itself.
    pub fn new(writer: W) -> OutcomeWriter<W> {
        OutcomeWriter { lines: Lines::new(writer) }
    }

    /// Writes one line.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write(&mut self, outcome: &Outcome) -> Result<(), WriteError> {
        self.lines.write(outcome)
    }

    /// Writes what is left in the buffer.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.lines.flush()
    }

    /// Writes what is left, and gives the writer back.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn into_inner(self) -> Result<W, WriteError> {
        self.lines.into_inner()
    }
}

/// Lines of JSON. A line is made whole before any of it is written.
#[derive(Debug)]
struct Lines<W: Write> {
    writer: BufWriter<W>,
    line: Vec<u8>,
}

impl<W: Write> Lines<W> {
    fn new(writer: W) -> Lines<W> {
        Lines { writer: BufWriter::with_capacity(64 << 10, writer), line: Vec::new() }
    }

    fn write<T: Serialize>(&mut self, value: &T) -> Result<(), WriteError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, value).map_err(|error| WriteError { cause: error.into() })?;
        self.line.push(b'\n');
        self.writer.write_all(&self.line).map_err(|cause| WriteError { cause })
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        self.writer.flush().map_err(|cause| WriteError { cause })
    }

    fn into_inner(self) -> Result<W, WriteError> {
        self.writer.into_inner().map_err(|error| WriteError { cause: error.into_error() })
    }
}

/// Jobs or outcomes could not be written.
#[derive(Debug)]
pub struct WriteError {
    pub(super) cause: io::Error,
}

impl WriteError {
    /// True when nobody reads any more, as when output is piped into `head`: seldom worth a complaint.
    pub fn is_broken_pipe(&self) -> bool {
        self.cause.kind() == io::ErrorKind::BrokenPipe
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause.kind() {
            io::ErrorKind::BrokenPipe => f.write_str("nobody reads the output any more"),
            io::ErrorKind::StorageFull => f.write_str("cannot write: no space left on the device"),
            _ => write!(f, "cannot write: {}", self.cause),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

impl From<WriteError> for io::Error {
    fn from(error: WriteError) -> io::Error {
        error.cause
    }
}
