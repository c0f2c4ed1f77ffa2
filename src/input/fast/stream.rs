use std::collections::BTreeMap;
use std::io;

use super::cuts::Cuts;
use crate::input::detect::Body;
use crate::input::json_rows::JsonRows;
use crate::input::source::{Line, Source};
use crate::input::{Format, Reader, Row};
use crate::model::Text;

/// A log that can be read only from its beginning on: one piece is taken after the other, by whoever needs the next.
pub(super) struct Stream {
    reader: Reader,
    /// How many pieces were taken.
    taken: usize,
    /// Those that nobody has come for: as many as there are readers.
    pieces: BTreeMap<usize, io::Result<Piece>>,
    ended: bool,
    piece_bytes: usize,
    row_bytes: usize,
    /// The event's name of a CleverTap export, up to here.
    exported: Option<Text>,
    /// Where rows of CSV end.
    cuts: Option<Cuts>,
}

/// A piece of a log.
pub(super) enum Piece {
    /// Whole lines, or one that is too long and cut.
    Lines { bytes: Vec<u8>, offset: u64, exported: Option<Text> },
    /// Whole rows of CSV, or one that is too long and cut; what is behind them tells where the last of them ends.
    Table { bytes: Vec<u8>, rows: usize, offset: u64, last: bool },
    /// Rows that had to be read in order.
    Rows(Vec<Row>),
}

/// So many rows are read in order at a time.
const ROWS: usize = 1 << 13;

impl Stream {
    pub(super) fn new(mut reader: Reader, piece_bytes: usize, row_bytes: usize) -> Stream {
        let cuts = match reader.parts() {
            (_, Body::Csv(rows)) => Some(Cuts::new(rows.plan(), row_bytes)),
            _ => None,
        };
        Stream {
            reader,
            taken: 0,
            pieces: BTreeMap::new(),
            ended: false,
            piece_bytes,
            row_bytes,
            exported: None,
            cuts,
        }
    }

    pub(super) const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Whether there is such a piece; takes as many as it needs to know.
    pub(super) fn has(&mut self, piece: usize) -> bool {
        while self.taken <= piece && !self.ended {
            match self.next() {
                Ok(None) => self.ended = true,
                Ok(Some(next)) => self.keep(Ok(next)),
                Err(error) => {
                    self.ended = true;
                    self.keep(Err(error));
                }
            }
        }
        piece < self.taken
    }

    /// Gives a piece away; none if it is given away already, or there is none.
    pub(super) fn take(&mut self, piece: usize) -> Option<io::Result<Piece>> {
        if self.has(piece) { self.pieces.remove(&piece) } else { None }
    }

    fn keep(&mut self, piece: io::Result<Piece>) {
        self.pieces.insert(self.taken, piece);
        self.taken += 1;
    }

    fn next(&mut self) -> io::Result<Option<Piece>> {
        let (source, body) = self.reader.parts();
        match body {
            Body::Empty => Ok(None),
            Body::Json(rows) if rows.lines().is_some() => {
                let Some((bytes, offset)) = lines(source, self.piece_bytes, self.row_bytes)? else {
                    return Ok(None);
                };
                let before = self.exported.clone();
                self.exported = exported(rows, &bytes).or(before.clone());
                Ok(Some(Piece::Lines { bytes, offset, exported: before }))
            }
            Body::Csv(_) => match &mut self.cuts {
                Some(cuts) => table(source, cuts, self.piece_bytes, self.row_bytes),
                None => self.rows(),
            },
            Body::Json(_) | Body::Parquet(_) => self.rows(),
        }
    }

    fn rows(&mut self) -> io::Result<Option<Piece>> {
        let mut rows = Vec::new();
        let (source, body) = self.reader.parts();
        while rows.len() < ROWS {
            let row = match body {
                Body::Empty => None,
                Body::Json(json) => json.next(source)?,
                Body::Csv(csv) => csv.next(source)?,
                Body::Parquet(table) => table.next().map_err(io::Error::other)?,
            };
            match row {
                Some(row) => rows.push(row),
                None => break,
            }
        }
        Ok((!rows.is_empty()).then_some(Piece::Rows(rows)))
    }
}

/// Whole lines of about so many bytes, and where they begin.
fn lines(source: &mut Source, wanted: usize, row_bytes: usize) -> io::Result<Option<(Vec<u8>, u64)>> {
    let offset = source.offset();
    let mut length = wanted.max(1);
    loop {
        source.fill(length)?;
        let rest = source.rest();
        if rest.is_empty() {
            return Ok(None);
        }
        let ended = rest.len() < length;
        let end = match memchr::memrchr(b'\n', rest) {
            _ if ended => rest.len(),
            Some(at) => at + 1,
            None if length > row_bytes => {
                // Too long: what shows that is kept, the rest of the line is passed.
                let bytes = rest.get(..row_bytes + 1).unwrap_or(rest).to_vec();
                let seen = rest.len();
                source.pass(seen, &mut Line)?;
                return Ok(Some((bytes, offset)));
            }
            None => {
                length = length.saturating_mul(2).min(row_bytes.saturating_add(1)).max(length + 1);
                continue;
            }
        };
        let bytes = rest.get(..end).unwrap_or_default().to_vec();
        source.skip(end);
        return Ok(Some((bytes, offset)));
    }
}

/// Whole rows of CSV of about so many bytes.
fn table(source: &mut Source, cuts: &mut Cuts, wanted: usize, row_bytes: usize) -> io::Result<Option<Piece>> {
    let offset = source.offset();
    let mut length = wanted.max(1);
    loop {
        source.fill(length)?;
        let rest = source.rest();
        if rest.is_empty() {
            return Ok(None);
        }
        let last = rest.len() < length;
        let (rows, seen) = cuts.whole(rest, last);
        if rows > 0 {
            let bytes = rest.get(..seen).unwrap_or(rest).to_vec();
            source.skip(rows);
            return Ok(Some(Piece::Table { bytes, rows, offset, last }));
        }
        if rest.len() > row_bytes && memchr::memchr(b'\n', rest).is_none() {
            let bytes = rest.get(..row_bytes + 1).unwrap_or(rest).to_vec();
            let (rows, seen) = (bytes.len(), rest.len());
            source.pass(seen, &mut Line)?;
            return Ok(Some(Piece::Table { bytes, rows, offset, last: false }));
        }
        length = rest.len().saturating_mul(2);
    }
}

/// The event's name that the last header of an export among these lines gives to all that follow.
fn exported(rows: &mut JsonRows, bytes: &[u8]) -> Option<Text> {
    if rows.lines() != Some(Format::CleverTap) {
        return None;
    }
    let user = memchr::memmem::Finder::new(b"\"identity\"");
    let mut found = None;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        // A header has no user, and most other lines have this one.
        let value =
            user.find(line).and_then(|at| line.get(at + user.needle().len()..)).map(<[u8]>::trim_ascii_start);
        let value = value.and_then(|rest| rest.strip_prefix(b":")).map(<[u8]>::trim_ascii_start);
        if value.is_none_or(|value| value.starts_with(b"null")) {
            rows.set_exported(None);
            rows.one(line.trim_ascii(), 0, 0);
            found = rows.exported().cloned().or(found);
        }
    }
    found
}
