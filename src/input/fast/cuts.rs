//! Where rows of CSV begin and end, in bytes that are given piece by piece.

use std::sync::Arc;

use crate::input::cells::{Cells, RowEnd};
use crate::input::csv::{lines, not_closed, without_break};
use crate::input::csv_plan::Plan;
use crate::input::reject::{Problem, RejectKind};
use crate::input::source::Scan;

/// Finds the ends of rows, which may go over several lines within quotes.
pub(super) struct Cuts {
    plan: Arc<Plan>,
    cells: Cells,
    row_bytes: usize,
}

/// One row.
#[derive(Debug, PartialEq)]
pub(super) struct Cut {
    /// How many bytes it has, with its line break.
    pub(super) bytes: usize,
    pub(super) lines: u64,
    pub(super) kind: Kind,
    /// How many bytes had to be looked at to tell.
    seen: usize,
}

/// What can be said of a row by its quotes and its length.
#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    /// One line without quotes.
    Plain,
    /// It has quotes.
    Quoted,
    /// It is longer than the limit.
    Long,
    /// Its quotes are broken: it ends with its first line.
    Broken(Problem),
}

impl Cuts {
    pub(super) fn new(plan: &Arc<Plan>, row_bytes: usize) -> Cuts {
        Cuts { plan: Arc::clone(plan), cells: Cells::default(), row_bytes }
    }

    /// The row that begins these bytes; `last` when no others follow. None if more of them are needed to tell where it ends.
    pub(super) fn row(&mut self, bytes: &[u8], last: bool) -> Option<Cut> {
        let line = match memchr::memchr(b'\n', bytes) {
            Some(at) => at + 1,
            None if last || bytes.len() > self.row_bytes => bytes.len(),
            None => return None,
        };
        let one = |kind, seen| Cut { bytes: line, lines: 1, kind, seen };
        let text = bytes.get(..line).unwrap_or_default();
        if memchr::memchr(b'"', text).is_none() {
            let breaks = usize::from(text.last() == Some(&b'\n'));
            let kind = if line - breaks > self.row_bytes { Kind::Long } else { Kind::Plain };
            return Some(one(kind, line));
        }
        let looked_at = bytes.get(..self.row_bytes.saturating_add(1)).unwrap_or(bytes);
        let mut scan = RowEnd::new(self.plan.delimiter());
        let end = match scan.scan(looked_at) {
            Some(end) => end,
            None if looked_at.len() > self.row_bytes => {
                let in_quotes = scan.in_quotes() && memchr::memchr(b'\n', looked_at).is_some();
                let kind = if in_quotes { Kind::Broken(not_closed(self.row_bytes)) } else { Kind::Long };
                return Some(one(kind, looked_at.len()));
            }
            None if last => bytes.len(),
            None => return None,
        };
        if end > line
            && let Some(problem) = self.broken(bytes.get(..end).unwrap_or_default())
        {
            return Some(one(Kind::Broken(problem), end));
        }
        let lines = lines(bytes.get(..end).unwrap_or_default());
        Some(Cut { bytes: end, lines, kind: Kind::Quoted, seen: end })
    }

    /// What is wrong with the quotes of a row that seems to go over several lines.
    fn broken(&mut self, row: &[u8]) -> Option<Problem> {
        let row = std::str::from_utf8(without_break(row)).ok()?;
        let cut = self.cells.cut(row, self.plan.delimiter(), self.plan.most_cells());
        cut.err().filter(|problem| problem.kind == RejectKind::BrokenCsv)
    }

    /// How many of these bytes, which begin with a row, are whole rows, and how many are needed to tell the same again.
    ///
    /// Only lines with quotes are looked into: all others are rows.
    pub(super) fn whole(&mut self, bytes: &[u8], last: bool) -> (usize, usize) {
        let (mut row, mut seen) = (0, 0);
        loop {
            let rest = bytes.get(row..).unwrap_or_default();
            let Some(quote) = memchr::memchr(b'"', rest) else {
                let end = if last { Some(rest.len()) } else { memchr::memrchr(b'\n', rest).map(|at| at + 1) };
                row += end.unwrap_or(0);
                return (row, seen.max(row));
            };
            let before = rest.get(..quote).unwrap_or_default();
            row += memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            let rest = bytes.get(row..).unwrap_or_default();
            // A line that is too long may go on beyond these bytes.
            let is_open = !last && memchr::memchr(b'\n', rest).is_none();
            match self.row(rest, last).filter(|_| !is_open) {
                Some(cut) => {
                    seen = seen.max(row + cut.seen);
                    row += cut.bytes;
                }
                None => return (row, seen.max(row)),
            }
        }
    }
}
