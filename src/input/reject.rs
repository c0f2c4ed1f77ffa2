use std::borrow::Cow;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::model::Text;

/// Why a row was refused. The names are stable: they stand in the rejects file and in the counts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RejectKind {
    /// It is no JSON.
    BrokenJson,
    /// Its quotes do not close, or text follows a closing one.
    BrokenCsv,
    /// It has bytes that are no UTF-8.
    InvalidUtf8,
    /// It is longer than [`Limits::row_bytes`](super::Limits::row_bytes).
    TooLong,
    /// It nests deeper than [`Limits::depth`](super::Limits::depth).
    TooDeep,
    /// It has more properties than [`Limits::properties`](super::Limits::properties), or more values than
    /// [`Limits::values`](super::Limits::values).
    TooManyProperties,
    /// It has more or fewer cells than the header.
    WrongCells,
    /// It is neither an event nor a profile.
    UnknownType,
    /// It asks for something that is not read, and that would be wrong to leave out.
    Unsupported,
    /// A field holds another kind of value than it must.
    WrongType,
    /// It says nothing of who did it.
    MissingUser,
    /// The user's id is empty.
    EmptyUser,
    /// It only says which browser or device did it.
    AnonymousUser,
    /// It says nothing of what was done.
    MissingEvent,
    /// It says nothing of when it happened.
    MissingTime,
    /// Its time cannot be read.
    BadTime,
    /// A time is before 1900 or after 2199.
    TimeOutOfRange,
    /// A number is too large for a 64-bit float.
    NumberOutOfRange,
    /// What it says something of is no phone number with its country code.
    BadPhone,
    /// What it says of a phone number, or of a template, is nothing that is known.
    BadStatus,
    /// It says something of a template, and not of which.
    MissingTemplate,
}

impl RejectKind {
    /// The stable name: `missing_user`.
    pub const fn name(self) -> &'static str {
        match self {
            RejectKind::BrokenJson => "broken_json",
            RejectKind::BrokenCsv => "broken_csv",
            RejectKind::InvalidUtf8 => "invalid_utf8",
            RejectKind::TooLong => "too_long",
            RejectKind::TooDeep => "too_deep",
            RejectKind::TooManyProperties => "too_many_properties",
            RejectKind::WrongCells => "wrong_cells",
            RejectKind::UnknownType => "unknown_type",
            RejectKind::Unsupported => "unsupported",
            RejectKind::WrongType => "wrong_type",
            RejectKind::MissingUser => "missing_user",
            RejectKind::EmptyUser => "empty_user",
            RejectKind::AnonymousUser => "anonymous_user",
            RejectKind::MissingEvent => "missing_event",
            RejectKind::MissingTime => "missing_time",
            RejectKind::BadTime => "bad_time",
            RejectKind::TimeOutOfRange => "time_out_of_range",
            RejectKind::NumberOutOfRange => "number_out_of_range",
            RejectKind::BadPhone => "bad_phone",
            RejectKind::BadStatus => "bad_status",
            RejectKind::MissingTemplate => "missing_template",
        }
    }
}

impl Serialize for RejectKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A row that was refused. As JSON it is a line of the rejects file, fields in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// The file, by the name it was opened with.
    pub file: Text,
    /// The line on which the row begins, from 1; within a JSON document of many records, the number of the record, from 1.
    pub row: u64,
    /// The byte at which the row begins, counted without compression.
    pub offset: u64,
    /// Why, as a stable name.
    pub kind: RejectKind,
    /// Why, in words.
    pub reason: String,
    /// The row as it was, without its line break.
    pub raw: String,
    /// False when `raw` is not the whole row, or had to replace bytes that are no UTF-8.
    pub lossless: bool,
}

/// What is wrong with a row, before anyone says which row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) kind: RejectKind,
    pub(super) reason: Cow<'static, str>,
}

impl Problem {
    #[cold]
    pub(super) fn new(kind: RejectKind, reason: impl Into<Cow<'static, str>>) -> Problem {
        Problem { kind, reason: reason.into() }
    }

    /// The reject of the row whose bytes (all of them if `whole`) are these.
    #[cold]
    pub(super) fn at(self, place: Place<'_>, bytes: &[u8], whole: bool) -> Reject {
        let mut kept = bytes.get(..place.raw_bytes).unwrap_or(bytes);
        let cut = kept.len() < bytes.len();
        // A character that the cut went through is left out, not replaced.
        if cut
            && let Err(error) = std::str::from_utf8(kept)
            && error.error_len().is_none()
        {
            kept = kept.get(..error.valid_up_to()).unwrap_or(kept);
        }
        let raw = String::from_utf8_lossy(kept);
        let lossless = whole && !cut && matches!(raw, Cow::Borrowed(_));
        Reject {
            file: place.file.clone(),
            row: place.row,
            offset: place.offset,
            kind: self.kind,
            reason: self.reason.into_owned(),
            raw: raw.into_owned(),
            lossless,
        }
    }
}

/// Where a row is.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) file: &'a Text,
    pub(super) row: u64,
    pub(super) offset: u64,
    pub(super) raw_bytes: usize,
}

/// The text of a message's back-ticks: the beginning of what may be long.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or(""))),
        None => Cow::Borrowed(text),
    }
}

/// Writes a rejects file: one reject a line, as JSON.
///
/// # Example
/// ```
/// use campanile::input::{ReadOptions, RejectWriter, Row, from_read};
/// let reader = from_read("log", b"{\"userId\":\"asha\"\n".as_slice(), &ReadOptions::default())?;
/// let mut rejects = RejectWriter::new(Vec::new());
/// for row in reader {
///     if let Row::Reject(reject) = row? {
///         rejects.write(&reject)?;
///     }
/// }
/// assert!(rejects.finish()?.starts_with(br#"{"file":"log","row":1,"offset":0,"kind":"broken_json","reason":"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RejectWriter<W: Write> {
    writer: W,
    line: Vec<u8>,
}

impl<W: Write> RejectWriter<W> {
    /// Writes to anything; give it a buffered writer where writes are dear.
    pub const fn new(writer: W) -> RejectWriter<W> {
        RejectWriter { writer, line: Vec::new() }
    }

    /// Writes one line.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write(&mut self, reject: &Reject) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, reject)?;
        self.line.push(b'\n');
        self.writer.write_all(&self.line)
    }

    /// Flushes, and gives the writer back.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.writer.flush()?;
        Ok(self.writer)
    }
}
