//! CSV with a header: its rows, one after the other.

use std::io;
use std::sync::Arc;

use super::cells::{Cells, RowEnd};
use super::csv_plan::{Plan, Tables};
use super::reader::Row;
use super::reject::{Place, Problem, RejectKind};
use super::source::{Found, Line, Source, find_newline};
use super::{Columns, InputError, ReadOptions};
use crate::model::{Record, Text};

/// Reads the rows behind a header.
pub(super) struct CsvRows {
    file: Text,
    plan: Arc<Plan>,
    tables: Tables,
    cells: Cells,
    /// The line on which the next row begins.
    line: u64,
    row_bytes: usize,
    raw_bytes: usize,
}

impl CsvRows {
    /// Reads the header and finds the mapping's columns in it.
    pub(super) fn new(
        file: &Text,
        columns: &Columns,
        options: &ReadOptions,
        source: &mut Source,
    ) -> Result<CsvRows, InputError> {
        let row_bytes = options.limits.row_bytes;
        let (header, lines) = header(file, source, row_bytes)?;
        Ok(CsvRows {
            file: file.clone(),
            plan: Arc::new(Plan::new(file, &header, columns, &options.local_time)?),
            tables: Tables::new(),
            cells: Cells::default(),
            line: lines + 1,
            row_bytes,
            raw_bytes: options.limits.raw_bytes,
        })
    }

    /// What the mapping makes of a row.
    pub(super) const fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// How many lines were passed.
    pub(super) const fn lines(&self) -> u64 {
        self.line.saturating_sub(1)
    }

    /// The next row; none at the end.
    pub(super) fn next(&mut self, source: &mut Source) -> io::Result<Option<Row>> {
        loop {
            let mut scan = RowEnd::new(self.plan.delimiter());
            let bytes = match source.row(self.row_bytes, &mut scan)? {
                Found::Row(0) => return Ok(None),
                Found::Row(bytes) => bytes,
                Found::TooLong(bytes) => return self.too_long(source, bytes, &mut scan).map(Some),
            };
            let row = without_break(source.rest().get(..bytes).unwrap_or_default());
            if row.trim_ascii().is_empty() {
                self.pass(source, bytes);
                continue;
            }
            return Ok(Some(match record(row, &self.plan, &mut self.cells, &mut self.tables) {
                Ok(record) => {
                    self.pass(source, bytes);
                    Row::Record(record)
                }
                // A quote that was forgotten must not swallow the lines behind its own.
                Err(problem) if problem.kind == RejectKind::BrokenCsv => {
                    self.first_line(source, bytes, problem)
                }
                Err(problem) => self.reject(source, bytes, problem),
            }));
        }
    }

    #[cold]
    fn too_long(&mut self, source: &mut Source, seen: usize, scan: &mut RowEnd) -> io::Result<Row> {
        if scan.in_quotes() && source.rest().get(..seen).and_then(find_newline).is_some() {
            return Ok(self.first_line(source, seen, not_closed(self.row_bytes)));
        }
        let long = Problem::new(RejectKind::TooLong, format!("it is longer than {} bytes", self.row_bytes));
        let reject = long.at(self.place(source), source.rest().get(..seen).unwrap_or_default(), false);
        // Its end is the line's: what quotes mean in such a row is anyone's guess.
        self.line += 1;
        match source.rest().get(..seen).and_then(find_newline) {
            Some(end) => source.skip(end + 1),
            None => source.pass(seen, &mut Line)?,
        }
        Ok(Row::Reject(reject))
    }

    /// Refuses the first line of what may go over several.
    #[cold]
    fn first_line(&mut self, source: &mut Source, bytes: usize, problem: Problem) -> Row {
        let row = source.rest().get(..bytes).unwrap_or_default();
        let bytes = find_newline(row).map_or(bytes, |end| end + 1);
        self.reject(source, bytes, problem)
    }

    #[cold]
    fn reject(&mut self, source: &mut Source, bytes: usize, problem: Problem) -> Row {
        let row = without_break(source.rest().get(..bytes).unwrap_or_default());
        let reject = problem.at(self.place(source), row, true);
        self.pass(source, bytes);
        Row::Reject(reject)
    }

    fn pass(&mut self, source: &mut Source, bytes: usize) {
        self.line += lines(source.rest().get(..bytes).unwrap_or_default());
        source.skip(bytes);
    }

    fn place(&self, source: &Source) -> Place<'_> {
        Place { file: &self.file, row: self.line, offset: source.offset(), raw_bytes: self.raw_bytes }
    }
}

/// The cells of a row without its line break, and what they make.
pub(super) fn record(
    row: &[u8],
    plan: &Plan,
    cells: &mut Cells,
    tables: &mut Tables,
) -> Result<Record, Problem> {
    let row = std::str::from_utf8(row).map_err(|error| {
        let reason = format!("its byte {} is no UTF-8", error.valid_up_to() + 1);
        Problem::new(RejectKind::InvalidUtf8, reason)
    })?;
    cells.cut(row, plan.delimiter(), plan.most_cells())?;
    plan.record(row, cells, tables)
}

#[cold]
pub(super) fn not_closed(row_bytes: usize) -> Problem {
    Problem::new(RejectKind::BrokenCsv, format!("a quote is not closed within {row_bytes} bytes"))
}

/// The first row that is not empty, and how many lines end with it.
fn header(file: &Text, source: &mut Source, row_bytes: usize) -> Result<(String, u64), InputError> {
    let mut passed = 0;
    loop {
        // The delimiter is not known yet, and matters only to quotes behind it: none of a header goes over lines.
        let bytes = match source.row(row_bytes, &mut Line) {
            Ok(Found::Row(bytes)) => bytes,
            Ok(Found::TooLong(_)) => {
                return Err(InputError::new(
                    file,
                    format!("the first line of `{file}` is longer than {row_bytes} bytes"),
                    "a CSV file begins with a line of column names",
                ));
            }
            Err(error) => return Err(InputError::reading(file, source, error)),
        };
        let line = without_break(source.rest().get(..bytes).unwrap_or_default());
        let text = std::str::from_utf8(line).map(str::to_owned).map_err(|_| {
            InputError::new(file, format!("the header of `{file}` is no UTF-8"), "save it as `CSV UTF-8`")
        })?;
        source.skip(bytes);
        passed += 1;
        if !text.trim().is_empty() || bytes == 0 {
            return Ok((text, passed));
        }
    }
}

/// How many lines end within these bytes; the last may lack its break.
pub(super) fn lines(bytes: &[u8]) -> u64 {
    let breaks = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    if bytes.last() == Some(&b'\n') { breaks } else { breaks + 1 }
}

pub(super) fn without_break(row: &[u8]) -> &[u8] {
    let row = row.strip_suffix(b"\n").unwrap_or(row);
    row.strip_suffix(b"\r").unwrap_or(row)
}
