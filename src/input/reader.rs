use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::iter::FusedIterator;
use std::path::Path;

use super::arrow::ParquetRows;
use super::detect::{Body, detect, is_parquet};
use super::source::Source;
use super::{Format, InputError, ReadOptions, Reject, RejectKind};
use crate::model::{Record, Text};

/// What became of one row of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// An event or a profile.
    Record(Record),
    /// It is bad.
    Reject(Reject),
    /// It is good, and neither an event nor a profile: its type, such as `page`.
    Ignored(&'static str),
}

/// The rows of one input, in its order.
///
/// After an error there are no more rows.
pub struct Reader {
    file: Text,
    source: Source,
    format: Option<Format>,
    body: Body,
    ended: bool,
    records: u64,
    ignored: u64,
    rejected: BTreeMap<RejectKind, u64>,
}

/// Opens a file; `-` is standard input. `.gz` and `.zst` are told by their content and unpacked.
///
/// # Errors
/// When the file cannot be read, when its format cannot be told, or when it is CSV and the columns are not named or not there.
pub fn open(path: &Path, options: &ReadOptions) -> Result<Reader, InputError> {
    let name = path.to_string_lossy();
    if name == "-" {
        return from_read(&name, std::io::stdin(), options);
    }
    let opening = |error| InputError::opening(&name, error);
    let mut file = File::open(path).map_err(opening)?;
    // Parquet is read from its end, and from any place: what is no plain file is taken into memory for it.
    if file.metadata().map_err(opening)?.is_file() {
        let mut first = Vec::with_capacity(4);
        (&file).take(4).read_to_end(&mut first).map_err(opening)?;
        file.rewind().map_err(opening)?;
        if is_parquet(&first, options) {
            return parquet(Text::from(&*name), file, options);
        }
    }
    from_read(&name, file, options)
}

fn parquet(name: Text, file: File, options: &ReadOptions) -> Result<Reader, InputError> {
    let rows = ParquetRows::of_file(&name, file, options)?;
    let source = Source::new(std::io::empty()).map_err(|error| InputError::opening(&name, error))?;
    Ok(Reader::new(name, source, Some(Format::Parquet), Body::Parquet(Box::new(rows))))
}

/// Reads anything that gives bytes; `name` is for messages and rejects. Buffers by itself.
///
/// # Errors
/// As [`open`].
pub fn from_read(
    name: &str,
    read: impl Read + Send + 'static,
    options: &ReadOptions,
) -> Result<Reader, InputError> {
    let file = Text::from(name);
    let mut source = Source::new(read).map_err(|error| InputError::opening(name, error))?;
    let (format, body) = detect(&file, &mut source, options)?;
    Ok(Reader::new(file, source, format, body))
}

impl Reader {
    const fn new(file: Text, source: Source, format: Option<Format>, body: Body) -> Reader {
        let rejected = BTreeMap::new();
        Reader { file, source, format, body, ended: false, records: 0, ignored: 0, rejected }
    }

    /// What is read, and how.
    pub(super) fn parts(&mut self) -> (&mut Source, &mut Body) {
        (&mut self.source, &mut self.body)
    }

    /// The error of a source that fails here.
    pub(super) fn failure(&self, error: std::io::Error) -> InputError {
        InputError::reading(&self.file, &self.source, error)
    }

    /// The name it was opened with.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The format; none for an empty input of which nobody said it.
    pub const fn format(&self) -> Option<Format> {
        self.format
    }

    /// How many bytes of the input were taken so far, as it is stored: compressed ones for `.gz` and `.zst`. Never more than
    /// its length; a little more than what the rows so far needed.
    pub fn bytes_read(&self) -> u64 {
        match &self.body {
            Body::Parquet(rows) => rows.bytes_read(),
            _ => self.source.bytes_read(),
        }
    }

    /// How many rows there were so far, of all kinds.
    pub fn rows(&self) -> u64 {
        self.records + self.ignored + self.rejected.values().sum::<u64>()
    }

    /// How many of them were events and profiles.
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// How many of them were neither event nor profile, and good.
    pub const fn ignored(&self) -> u64 {
        self.ignored
    }

    /// How many of them were bad, by reason.
    pub const fn rejected(&self) -> &BTreeMap<RejectKind, u64> {
        &self.rejected
    }
}

impl Iterator for Reader {
    type Item = Result<Row, InputError>;

    fn next(&mut self) -> Option<Result<Row, InputError>> {
        if self.ended {
            return None;
        }
        let next = match &mut self.body {
            Body::Empty => Ok(None),
            Body::Json(rows) => rows
                .next(&mut self.source)
                .map_err(|error| InputError::reading(&self.file, &self.source, error)),
            Body::Csv(rows) => rows
                .next(&mut self.source)
                .map_err(|error| InputError::reading(&self.file, &self.source, error)),
            Body::Parquet(rows) => rows.next(),
        };
        match next {
            Ok(Some(row)) => {
                match &row {
                    Row::Record(_) => self.records += 1,
                    Row::Ignored(_) => self.ignored += 1,
                    Row::Reject(reject) => *self.rejected.entry(reject.kind).or_default() += 1,
                }
                Some(Ok(row))
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }
}

impl FusedIterator for Reader {}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("file", &self.file)
            .field("format", &self.format)
            .field("rows", &self.rows())
            .finish_non_exhaustive()
    }
}
