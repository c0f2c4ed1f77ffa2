use std::sync::Arc;

use super::bytes::Lines;
use super::csv::CsvLine;
use super::cuts::Kind;
use super::line::{Line, Read};
use super::moments::Moments;
use super::rows::Rows;
use super::table::{Shape, Table};
use super::tally::Shard;
use crate::columns::{Batch, Wanted};
use crate::input::csv_plan::Plan;
use crate::input::json_rows::{JsonRows, Layout};
use crate::input::reject::{Place, Problem, RejectKind};
use crate::input::{Format, ReadOptions, Reject, Row};
use crate::model::{Record, Text};

/// Who reads parts of a log, one at a time. What it needs is kept from part to part.
pub(super) struct Worker {
    file: Text,
    row_bytes: usize,
    raw_bytes: usize,
    wanted: Option<Vec<Text>>,
    table: Table,
    rows: Rows,
    line: Line,
    moments: Moments,
    records: JsonRows,
    csv: Option<CsvLine>,
    pub(super) buffer: Vec<u8>,
}

/// What takes the batches, and says whether to go on.
type Visit<'v> = dyn FnMut(&Batch<'_>) -> bool + 'v;

impl Worker {
    pub(super) fn new(
        file: &Text,
        format: Option<Format>,
        plan: Option<&Arc<Plan>>,
        options: &ReadOptions,
        wanted: &Wanted,
    ) -> Worker {
        let format = format.unwrap_or(Format::Segment);
        let columns = options.columns.as_ref().filter(|_| matches!(format, Format::Json | Format::Csv));
        let table = Table::new(format, columns, wanted);
        Worker {
            file: file.clone(),
            row_bytes: options.limits.row_bytes,
            raw_bytes: options.limits.raw_bytes,
            wanted: wanted.properties.clone(),
            line: Line::new(&options.limits, &table.shape),
            table,
            rows: Rows::new(),
            moments: Moments::new(options.local_time.clone()),
            records: JsonRows::new(file, format, Layout::Lines, options),
            csv: plan.map(|plan| CsvLine::new(plan, options.limits.row_bytes)),
            buffer: Vec::new(),
        }
    }

    /// Whether it reads what is asked for.
    pub(super) fn is_for(&self, wanted: &Wanted) -> bool {
        self.wanted == wanted.properties
    }

    /// Reads lines of JSON; false when the visitor wants no more.
    pub(super) fn lines(
        &mut self,
        lines: &Lines<'_>,
        exported: Option<Text>,
        said: &mut Shard,
        visit: &mut Visit<'_>,
    ) -> bool {
        self.records.set_exported(exported);
        let text = std::str::from_utf8(lines.bytes).ok();
        let mut start = 0;
        while start < lines.bytes.len() {
            said.lines += 1;
            let length = match text.and_then(|text| self.quickly(text.get(start..)?, said)) {
                Some(length) => length,
                None => self.slowly(lines, start, text.is_some(), said),
            };
            if !self.goes_on(visit) {
                return false;
            }
            start += length + 1;
        }
        self.finish(visit)
    }

    /// Takes the line that begins a text if it is as plain as most: how long it is.
    #[inline]
    fn quickly(&mut self, text: &str, said: &mut Shard) -> Option<usize> {
        let (read, length) = self.line.read(text, &mut self.table, &mut self.moments);
        if length > self.row_bytes {
            return None;
        }
        match read {
            Read::Event => self.event(text, length, said),
            Read::Ignored(what) => said.ignore(what),
            Read::Nothing => return None,
        }
        Some(length)
    }

    /// Takes a line of any kind; `is_tried` when it is not plain.
    #[inline(never)]
    fn slowly(&mut self, lines: &Lines<'_>, start: usize, is_tried: bool, said: &mut Shard) -> usize {
        let rest = lines.bytes.get(start..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let bytes = rest.get(..length).unwrap_or_default();
        let offset = lines.offset + start as u64;
        if length > self.row_bytes {
            said.reject(self.too_long(bytes, said.lines, offset));
            return length;
        }
        // Others of these lines are no text.
        let line = if is_tried { None } else { std::str::from_utf8(bytes).ok() };
        if line.and_then(|line| self.quickly(line, said)).is_none() {
            let record = bytes.trim_ascii();
            if !record.is_empty() {
                let row = self.records.one(record, said.lines, offset);
                self.row(row, said);
            }
        }
        length
    }

    /// Reads rows of CSV: so many of these bytes, behind which there may be others; likewise.
    pub(super) fn table(
        &mut self,
        lines: &Lines<'_>,
        end: usize,
        last: bool,
        said: &mut Shard,
        visit: &mut Visit<'_>,
    ) -> bool {
        let Some(mut csv) = self.csv.take() else { return true };
        let more = self.csv(&mut csv, lines, end, last, said, visit);
        self.csv = Some(csv);
        more
    }

    fn csv(
        &mut self,
        csv: &mut CsvLine,
        lines: &Lines<'_>,
        end: usize,
        last: bool,
        said: &mut Shard,
        visit: &mut Visit<'_>,
    ) -> bool {
        let text = std::str::from_utf8(lines.bytes).ok();
        let is_constant = matches!(self.table.shape, Shape::Constant(_));
        let mut start = 0;
        csv.prepare(&mut self.table);
        while start < end {
            let rest = lines.bytes.get(start..).unwrap_or_default();
            let Some(cut) = csv.cuts.row(rest, last) else { break };
            let (row, offset) = (said.lines + 1, lines.offset + start as u64);
            said.lines += cut.lines;
            let bytes = rest.get(..cut.bytes).unwrap_or_default();
            let bytes = crate::input::csv::without_break(bytes);
            match cut.kind {
                Kind::Long => said.reject(self.too_long(rest, row, offset)),
                Kind::Broken(problem) => said.reject(problem.at(self.place(row, offset), bytes, true)),
                Kind::Plain | Kind::Quoted => {
                    let line = text.and_then(|text| text.get(start..start + bytes.len()));
                    let line = line.filter(|_| cut.kind == Kind::Plain);
                    match line.filter(|line| {
                        csv.read(line, &mut self.line, &mut self.moments, is_constant).is_some()
                    }) {
                        Some(line) => self.event(line, line.len(), said),
                        None if bytes.trim_ascii().is_empty() => {}
                        None => match csv.record(bytes) {
                            Ok(record) => self.row(Row::Record(record), said),
                            Err(problem) => {
                                said.reject(problem.at(self.place(row, offset), bytes, true));
                            }
                        },
                    }
                }
            }
            if self.rows.is_full() {
                if !self.goes_on(visit) {
                    return false;
                }
                csv.prepare(&mut self.table);
            }
            start += cut.bytes;
        }
        self.finish(visit)
    }

    /// Takes rows that were read in order; likewise.
    pub(super) fn rows(&mut self, rows: Vec<Row>, said: &mut Shard, visit: &mut Visit<'_>) -> bool {
        for row in rows {
            self.row(row, said);
            if !self.goes_on(visit) {
                return false;
            }
        }
        self.finish(visit)
    }

    /// Takes the event that was read last.
    #[inline]
    fn event(&mut self, text: &str, bytes: usize, said: &mut Shard) {
        let constant = match &self.table.shape {
            Shape::Constant(name) => Some(name),
            _ => None,
        };
        self.rows.line(text, bytes, &self.line, constant, &self.table);
        said.tally.events += 1;
    }

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

    /// Hands over a batch that is full; whether there shall be more.
    #[inline]
    fn goes_on(&mut self, visit: &mut Visit<'_>) -> bool {
        !self.rows.is_full() || self.hand_over(visit)
    }

    fn finish(&mut self, visit: &mut Visit<'_>) -> bool {
        self.rows.is_empty() || self.hand_over(visit)
    }

    fn hand_over(&mut self, visit: &mut Visit<'_>) -> bool {
        let more = visit(&self.rows.batch(&self.table));
        self.rows.clear(&mut self.table);
        more
    }

    #[cold]
    fn too_long(&self, bytes: &[u8], row: u64, offset: u64) -> Reject {
        let long = Problem::new(RejectKind::TooLong, format!("it is longer than {} bytes", self.row_bytes));
        let seen = bytes.get(..self.row_bytes.saturating_add(1)).unwrap_or(bytes);
        long.at(self.place(row, offset), seen, false)
    }

    fn place(&self, row: u64, offset: u64) -> Place<'_> {
        Place { file: &self.file, row, offset, raw_bytes: self.raw_bytes }
    }
}
