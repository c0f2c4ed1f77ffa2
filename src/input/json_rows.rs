//! Where one JSON record ends and the next begins: lines, or the elements of a document's one list.

use std::io;

use super::clevertap;
use super::json::Context;
use super::mapped;
use super::reader::Row;
use super::record::Good;
use super::reject::{Place, Problem, RejectKind};
use super::segment;
use super::source::{Found, Line, Scan, Source};
use super::{Columns, Format, ReadOptions};
use crate::model::Text;

/// Reads records of JSON, one after the other.
///
/// A document is never held whole: its list is walked, and each element is framed by counting its braces alone, so that a broken
/// element ends where its braces do and the next one is read as if nothing had been.
pub(super) struct JsonRows {
    file: Text,
    format: Format,
    layout: Layout,
    /// The line, or in a document the record, that was read last.
    row: u64,
    context: Context,
    row_bytes: usize,
    raw_bytes: usize,
    /// The event's name that the first line of an export gives to all others.
    exported: Option<Text>,
    /// What the fields of [`Format::Json`] are.
    columns: Option<Columns>,
}

/// How records follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One a line.
    Lines,
    /// `[…]`, `{"d":[…]}` or `{"batch":[…]}`, once or one after the other.
    Document(Part),
}

/// Where in a document the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Before or between lists.
    Outside,
    /// In a list; `wrapped` in an object.
    List { wrapped: bool },
    /// Behind the list, in the object around it.
    Tail,
    /// At the end.
    End,
}

impl JsonRows {
    pub(super) fn new(file: &Text, format: Format, layout: Layout, options: &ReadOptions) -> JsonRows {
        JsonRows {
            file: file.clone(),
            format,
            layout,
            row: 0,
            context: Context::new(&options.limits, &options.local_time, format == Format::CleverTap),
            row_bytes: options.limits.row_bytes,
            raw_bytes: options.limits.raw_bytes,
            exported: None,
            columns: options.columns.clone().filter(|_| format == Format::Json),
        }
    }

    /// The next row; none at the end.
    pub(super) fn next(&mut self, source: &mut Source) -> io::Result<Option<Row>> {
        match self.layout {
            Layout::Lines => self.line(source),
            Layout::Document(_) => self.element(source),
        }
    }

    fn line(&mut self, source: &mut Source) -> io::Result<Option<Row>> {
        loop {
            let (bytes, whole) = match source.row(self.row_bytes, &mut Line)? {
                Found::Row(0) => return Ok(None),
                Found::Row(bytes) => (bytes, true),
                Found::TooLong(bytes) => (bytes, false),
            };
            self.row += 1;
            if !whole {
                return self.too_long(source, bytes, &mut Line).map(Some);
            }
            let record = source.rest().get(..bytes).unwrap_or_default().trim_ascii();
            let row = (!record.is_empty()).then(|| self.read(record, source.offset()));
            source.skip(bytes);
            if row.is_some() {
                return Ok(row);
            }
        }
    }

    fn element(&mut self, source: &mut Source) -> io::Result<Option<Row>> {
        loop {
            let Layout::Document(part) = self.layout else { return Ok(None) };
            if part == Part::End {
                return Ok(None);
            }
            let Some(first) = self.first(source, part)? else {
                self.layout = Layout::Document(Part::End);
                if part == Part::Outside {
                    return Ok(None);
                }
                self.row += 1;
                let cut = Problem::new(RejectKind::BrokenJson, "the document ends before its list is closed");
                return Ok(Some(Row::Reject(cut.at(self.place(source.offset()), &[], true))));
            };
            match (part, first) {
                (Part::Outside, _) => {
                    let Some((opening, wrapped)) = opening(source)? else {
                        return self.line(source);
                    };
                    source.skip(opening);
                    self.layout = Layout::Document(Part::List { wrapped });
                }
                (Part::List { wrapped }, b']') => {
                    source.skip(1);
                    let part = if wrapped { Part::Tail } else { Part::Outside };
                    self.layout = Layout::Document(part);
                }
                (Part::List { .. }, b'{') => return self.framed(source, Brackets::of(b'{', b'}')).map(Some),
                (Part::List { .. }, b'[') => return self.framed(source, Brackets::of(b'[', b']')).map(Some),
                (Part::List { .. }, _) => return self.framed(source, Loose).map(Some),
                (Part::Tail, _) => {
                    source.pass(0, &mut Brackets { depth: 1, ..Brackets::of(b'{', b'}') })?;
                    self.layout = Layout::Document(Part::Outside);
                }
                (Part::End, _) => return Ok(None),
            }
        }
    }

    /// The next byte that is no space, nor a comma within a list.
    fn first(&self, source: &mut Source, part: Part) -> io::Result<Option<u8>> {
        let comma = matches!(part, Part::List { .. });
        loop {
            let passed = |byte: &u8| byte.is_ascii_whitespace() || comma && *byte == b',';
            let rest = source.rest();
            let spaces = rest.iter().take_while(|byte| passed(byte)).count();
            let first = rest.get(spaces).copied();
            source.skip(spaces);
            if first.is_some() || !source.more()? {
                return Ok(first);
            }
        }
    }

    /// Reads the element whose end the scan finds.
    fn framed(&mut self, source: &mut Source, mut scan: impl Scan + Closed) -> io::Result<Row> {
        self.row += 1;
        match source.row(self.row_bytes, &mut scan)? {
            Found::Row(bytes) => {
                if !scan.is_closed() {
                    self.layout = Layout::Document(Part::End);
                }
                let record = source.rest().get(..bytes).unwrap_or_default();
                let row = self.read(record.trim_ascii_end(), source.offset());
                source.skip(bytes);
                Ok(row)
            }
            Found::TooLong(seen) => self.too_long(source, seen, &mut scan),
        }
    }

    #[cold]
    fn too_long(&mut self, source: &mut Source, seen: usize, scan: &mut impl Scan) -> io::Result<Row> {
        let long = Problem::new(RejectKind::TooLong, format!("it is longer than {} bytes", self.row_bytes));
        let reject =
            long.at(self.place(source.offset()), source.rest().get(..seen).unwrap_or_default(), false);
        source.pass(seen, scan)?;
        Ok(Row::Reject(reject))
    }

    /// Reads one record of a line, wherever that is from: its line from 1, and its byte.
    pub(super) fn one(&mut self, record: &[u8], row: u64, offset: u64) -> Row {
        self.row = row;
        self.read(record, offset)
    }

    /// The format, unless it is a document: then each record is found by the one before it.
    pub(super) fn lines(&self) -> Option<Format> {
        (self.layout == Layout::Lines).then_some(self.format)
    }

    /// Gives the event's name of an export, from its first line.
    pub(super) fn set_exported(&mut self, name: Option<Text>) {
        self.exported = name;
    }

    /// The event's name of an export, as far as it was read.
    pub(super) const fn exported(&self) -> Option<&Text> {
        self.exported.as_ref()
    }

    fn read(&mut self, record: &[u8], offset: u64) -> Row {
        let good = match std::str::from_utf8(record) {
            Err(error) => Err(Problem::new(
                RejectKind::InvalidUtf8,
                format!("its byte {} is no UTF-8", error.valid_up_to() + 1),
            )),
            Ok(text) if self.format == Format::CleverTap => {
                clevertap::record(text, &mut self.context, &mut self.exported)
            }
            Ok(text) => match &self.columns {
                Some(columns) => mapped::record(text, columns, &mut self.context),
                None => segment::call(text, &mut self.context),
            },
        };
        match good {
            Ok(Good::Record(record)) => Row::Record(record),
            Ok(Good::Ignored(what)) => Row::Ignored(what),
            Err(problem) => Row::Reject(problem.at(self.place(offset), record, true)),
        }
    }

    fn place(&self, offset: u64) -> Place<'_> {
        Place { file: &self.file, row: self.row, offset, raw_bytes: self.raw_bytes }
    }
}

/// The length of what opens a list here, and whether an object is around it: `[`, `{"d":[`, `{"batch":[`.
pub(super) fn opening(source: &mut Source) -> io::Result<Option<(usize, bool)>> {
    // Spaces between the tokens may be many; an opening that is longer is taken for none.
    const LONGEST: usize = 4096;
    loop {
        let rest = source.rest();
        let mut tokens = Tokens { bytes: rest, at: 0 };
        match tokens.next() {
            Some(b'[') => return Ok(Some((tokens.at, false))),
            Some(b'{') => {}
            Some(_) => return Ok(None),
            None => {}
        }
        if tokens.wrapper().is_some() {
            return Ok(Some((tokens.at, true)));
        }
        // Where the bytes at hand end, they may go on to be one.
        let undecided = tokens.at >= rest.len();
        if !undecided || rest.len() > LONGEST || !source.more()? {
            return Ok(None);
        }
    }
}

struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Tokens<'_> {
    fn next(&mut self) -> Option<u8> {
        while self.bytes.get(self.at)?.is_ascii_whitespace() {
            self.at += 1;
        }
        let token = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    /// `"d":[` or `"batch":[`; otherwise stands where that ceased to be possible.
    fn wrapper(&mut self) -> Option<()> {
        if self.next()? != b'"' {
            return None;
        }
        let name: &[u8] = if self.bytes.get(self.at)? == &b'd' { b"d\"" } else { b"batch\"" };
        for letter in name {
            if self.bytes.get(self.at)? != letter {
                return None;
            }
            self.at += 1;
        }
        (self.next()? == b':' && self.next()? == b'[').then_some(())
    }
}

/// Whether a frame was closed when its input ended.
trait Closed {
    fn is_closed(&self) -> bool;
}

/// From an opening bracket to the one that closes it.
pub(super) struct Brackets {
    open: u8,
    close: u8,
    depth: u64,
    quote: Quote,
}

/// Whether the next byte is within a text.
#[derive(Clone, Copy)]
enum Quote {
    Outside,
    Inside,
    Escaped,
}

impl Brackets {
    pub(super) fn of(open: u8, close: u8) -> Brackets {
        Brackets { open, close, depth: 0, quote: Quote::Outside }
    }
}

impl Scan for Brackets {
    fn scan(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            self.quote = match (self.quote, *byte) {
                (Quote::Outside, b'"') => Quote::Inside,
                (Quote::Outside, byte) if byte == self.open => {
                    self.depth += 1;
                    Quote::Outside
                }
                (Quote::Outside, byte) if byte == self.close => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                    Quote::Outside
                }
                (Quote::Inside, b'\\') => Quote::Escaped,
                // No text of JSON goes over a line break: one that does was not closed.
                (Quote::Inside, b'"' | b'\n') => Quote::Outside,
                (Quote::Escaped, b'\n') => Quote::Outside,
                (Quote::Escaped, _) => Quote::Inside,
                (state, _) => state,
            };
        }
        None
    }
}

impl Closed for Brackets {
    fn is_closed(&self) -> bool {
        self.depth == 0
    }
}

/// An element that is neither object nor list: until a comma, the list's end, or the line's.
struct Loose;

impl Scan for Loose {
    fn scan(&mut self, bytes: &[u8]) -> Option<usize> {
        bytes.iter().position(|byte| matches!(byte, b',' | b']' | b'\n'))
    }
}

impl Closed for Loose {
    fn is_closed(&self) -> bool {
        true
    }
}
