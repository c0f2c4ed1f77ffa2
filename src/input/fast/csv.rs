//! Rows of CSV straight into columns.

use std::sync::Arc;

use super::cuts::Cuts;
use super::line::{Line, Slot};
use super::moments::Moments;
use super::scan::{Figure, Scanner};
use super::table::Table;
use crate::input::cells::Cells;
use crate::input::csv::{record, without_break};
use crate::input::csv_plan::{Places, Plan, Tables, number};
use crate::input::reject::Problem;
use crate::model::Record;

/// What reading rows of CSV needs.
pub(super) struct CsvLine {
    plan: Arc<Plan>,
    places: Places,
    /// The columns of the properties that are wanted, by the places of their cells.
    columns: Vec<(usize, u16)>,
    cells: Vec<(usize, usize)>,
    slow: Cells,
    tables: Tables,
    pub(super) cuts: Cuts,
}

impl CsvLine {
    pub(super) fn new(plan: &Arc<Plan>, row_bytes: usize) -> CsvLine {
        CsvLine {
            plan: Arc::clone(plan),
            places: plan.places(),
            columns: Vec::new(),
            cells: Vec::new(),
            slow: Cells::default(),
            tables: Tables::new(),
            cuts: Cuts::new(plan, row_bytes),
        }
    }

    /// Finds the columns of the properties; they may be others in each batch.
    pub(super) fn prepare(&mut self, table: &mut Table) {
        self.columns.clear();
        for (place, name) in &self.places.properties {
            if let Some(column) = table.property(name)
                && self.columns.iter().all(|(_, known)| *known != column)
            {
                self.columns.push((*place, column));
            }
        }
    }

    /// Reads a row of one line without quotes; none if it is not an event as most are.
    pub(super) fn read(
        &mut self,
        row: &str,
        line: &mut Line,
        moments: &mut Moments,
        is_constant: bool,
    ) -> Option<()> {
        line.begin();
        self.cut(row)?;
        let (start, end) = self.cell(self.places.user)?;
        let user = row.get(start..end)?;
        if !user.as_bytes().first().is_some_and(u8::is_ascii_graphic) && user.trim().is_empty() {
            return None;
        }
        line.user = whole(user).map_or(Slot::Text(start, end), Slot::Whole);
        match self.places.event {
            Some(place) => {
                let (start, end) = self.cell(place).filter(|(start, end)| start < end)?;
                line.event = Slot::Text(start, end);
            }
            None if is_constant => {}
            None => return None,
        }
        if let Some((start, end)) =
            self.places.id.and_then(|place| self.cell(place)).filter(|(start, end)| start < end)
        {
            line.id = Slot::Text(start, end);
        }
        let (place, form) = self.places.at?;
        let (start, end) = self.cell(place).filter(|(start, end)| start < end)?;
        line.at = moments.text(row.get(start..end)?, form)?;
        for (place, column) in &self.columns {
            let (start, end) = self.cell(*place)?;
            if start < end {
                line.properties.push((*column, value(row.get(start..end)?, start, end)));
            }
        }
        Some(())
    }

    fn cell(&self, place: usize) -> Option<(usize, usize)> {
        self.cells.get(place).copied()
    }

    /// Finds the cells of a row; none if there are not those of the header, with empty ones behind them at most.
    #[inline]
    fn cut(&mut self, row: &str) -> Option<()> {
        self.cells.clear();
        let (bytes, delimiter) = (row.as_bytes(), self.plan.delimiter());
        let is_blank = |byte: &u8| (*byte == b' ' || *byte == b'\t') && *byte != delimiter;
        let mut start = 0;
        let mut cell = |stop: usize| {
            let (mut from, mut to) = (start, stop);
            while from < to && bytes.get(from).is_some_and(is_blank) {
                from += 1;
            }
            while to > from && bytes.get(to - 1).is_some_and(is_blank) {
                to -= 1;
            }
            self.cells.push((from, to));
            start = stop + 1;
        };
        let (words, rest) = bytes.as_chunks::<8>();
        for (place, word) in words.iter().enumerate() {
            let mut marks = places(u64::from_le_bytes(*word), delimiter);
            while marks != 0 {
                cell(8 * place + (marks.trailing_zeros() / 8) as usize);
                marks &= marks - 1;
            }
        }
        let before = bytes.len() - rest.len();
        for place in memchr::memchr_iter(delimiter, rest) {
            cell(before + place);
        }
        cell(bytes.len());
        let beyond = self.cells.get(self.places.width..)?;
        let is_whole =
            beyond.iter().all(|(from, to)| from == to) && self.cells.len() <= self.plan.most_cells();
        is_whole.then_some(())
    }

    /// What the reader of records makes of a row.
    #[cold]
    pub(super) fn record(&mut self, row: &[u8]) -> Result<Record, Problem> {
        record(without_break(row), &self.plan, &mut self.slow, &mut self.tables)
    }
}

/// Marks all bytes of a word that are this one.
#[inline]
const fn places(word: u64, byte: u8) -> u64 {
    const LOW: u64 = u64::MAX / 255 * 0x7f;
    let word = word ^ (u64::MAX / 255 * byte as u64);
    !(((word & LOW) + LOW) | word | LOW)
}

/// The number whose digits a text is, just as they are written.
#[inline]
fn whole(text: &str) -> Option<i64> {
    if !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let mut scan = Scanner::new(text);
    match scan.number() {
        Some(Figure::Whole(whole)) if scan.at() == text.len() => Some(whole),
        _ => None,
    }
}

/// A cell that is not empty: a plain decimal number is one, all else is text.
#[inline]
fn value(cell: &str, start: usize, end: usize) -> Slot {
    let text = Slot::Text(start, end);
    if !matches!(cell.as_bytes().first(), Some(b'0'..=b'9' | b'-')) {
        return text;
    }
    let mut scan = Scanner::new(cell);
    match scan.number() {
        Some(Figure::Whole(whole)) if scan.is_done() => return Slot::Whole(whole),
        Some(Figure::Float(float)) if scan.is_done() && cell.len() <= 20 && !cell.contains(['e', 'E']) => {
            return Slot::Float(float);
        }
        _ => {}
    }
    match number(cell) {
        Some(number) => number.as_i64().map_or(Slot::Float(number.as_f64()), Slot::Whole),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn delimiters_are_found_in_all_places() {
        for places in 0..=255_u64 {
            for (delimiter, other) in [(b',', b'-'), (b',', 0xac), (b'\t', 8), (b';', b':'), (b'|', 0xff)] {
                let mut bytes = [other; 8];
                (0..8).filter(|bit| places >> bit & 1 == 1).for_each(|bit| bytes[bit] = delimiter);
                let marks = super::places(u64::from_le_bytes(bytes), delimiter);
                let expected: u64 =
                    (0..8).filter(|bit| places >> bit & 1 == 1).map(|bit| 0x80_u64 << (8 * bit)).sum();
                assert_eq!(marks, expected, "{bytes:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn users_of_digits_are_numbers_that_are_written_so(user in "-?[0-9]{1,20}(\\.0)?|[0-9]e[0-9]") {
            let number = whole(&user);
            prop_assert!(number.is_none_or(|number| number.to_string() == user));
            let is_plain = user.len() <= 18 && user.bytes().all(|byte| byte.is_ascii_digit());
            prop_assert!(number.is_some() || !is_plain || user.len() > 1 && user.starts_with('0'));
        }

        #[test]
        fn cells_are_the_numbers_that_the_reader_of_records_finds(
            cell in prop_oneof!["-?[0-9]{0,21}(\\.[0-9]{0,21})?", "[-0-9.eE]{1,8}", "20[0-9]{2}-[01][0-9]-0[1-9]"]
        ) {
            prop_assume!(!cell.is_empty());
            let expected = match number(&cell) {
                Some(number) => number.as_i64().map_or(Slot::Float(number.as_f64()), Slot::Whole),
                None => Slot::Text(0, cell.len()),
            };
            let read = match value(&cell, 0, cell.len()) {
                // `10.0` is ten, however it is kept.
                Slot::Float(float) => crate::model::Number::from_f64(float)
                    .and_then(|number| number.as_i64())
                    .map_or(Slot::Float(float), Slot::Whole),
                other => other,
            };
            prop_assert_eq!(read, expected, "{}", cell);
        }
    }
}
