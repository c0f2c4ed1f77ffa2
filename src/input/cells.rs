//! Comma-separated values as RFC 4180 has them: where a row ends, and its cells.

use super::reject::{Problem, RejectKind};
use super::source::{Scan, find_newline};

/// Finds the end of a row, which may go over several lines within quotes.
pub(super) struct RowEnd {
    delimiter: u8,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Nothing of the row was seen.
    Fresh,
    /// At the start of a cell.
    Start,
    /// In a cell without quotes, or behind one with.
    Plain,
    /// Within quotes.
    Quoted,
    /// Behind a quote within quotes: the closing one, or the first of two.
    Closed,
}

impl RowEnd {
    pub(super) const fn new(delimiter: u8) -> RowEnd {
        RowEnd { delimiter, state: State::Fresh }
    }

    /// Whether the bytes so far end within quotes.
    pub(super) fn in_quotes(&self) -> bool {
        self.state == State::Quoted
    }
}

impl Scan for RowEnd {
    fn scan(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.state == State::Fresh {
            // Most rows have no quotes and end with their line.
            if let Some(end) = find_newline(bytes)
                && !bytes.get(..end).unwrap_or_default().contains(&b'"')
            {
                return Some(end + 1);
            }
            self.state = State::Start;
        }
        for (at, byte) in bytes.iter().enumerate() {
            self.state = match (self.state, *byte) {
                (State::Quoted, b'"') => State::Closed,
                (State::Quoted, _) => State::Quoted,
                (State::Closed | State::Start, b'"') => State::Quoted,
                (_, b'\n') => return Some(at + 1),
                (_, byte) if byte == self.delimiter => State::Start,
                (State::Start, b' ' | b'\t') => State::Start,
                _ => State::Plain,
            };
        }
        None
    }
}

/// The cells of one row, kept for their capacity.
#[derive(Default)]
pub(super) struct Cells {
    places: Vec<Cell>,
    /// Cells with doubled quotes, which are not in the row as they are.
    unquoted: String,
}

enum Cell {
    InRow(usize, usize),
    Unquoted(usize, usize),
}

impl Cells {
    /// Cuts a row without its line break, into `most` cells at most.
    ///
    /// Spaces around a cell are no part of it, unless they are within its quotes.
    pub(super) fn cut(&mut self, row: &str, delimiter: u8, most: usize) -> Result<(), Problem> {
        self.places.clear();
        self.unquoted.clear();
        let bytes = row.as_bytes();
        let is_blank = |byte: &u8| (*byte == b' ' || *byte == b'\t') && *byte != delimiter;
        let find = |from: usize, wanted: u8| {
            bytes
                .get(from..)
                .and_then(|rest| rest.iter().position(|byte| *byte == wanted))
                .map(|at| from + at)
        };
        let mut start = 0;
        loop {
            while bytes.get(start).is_some_and(is_blank) {
                start += 1;
            }
            let end = if bytes.get(start) == Some(&b'"') {
                let mut end = self.quoted(row, start + 1)?;
                while bytes.get(end).is_some_and(is_blank) {
                    end += 1;
                }
                if bytes.get(end).is_some_and(|byte| *byte != delimiter) {
                    return Err(Problem::new(
                        RejectKind::BrokenCsv,
                        format!("cell {} goes on behind its closing quote", self.places.len()),
                    ));
                }
                end
            } else {
                let end = find(start, delimiter).unwrap_or(bytes.len());
                let mut last = end;
                while last > start && bytes.get(last - 1).is_some_and(is_blank) {
                    last -= 1;
                }
                self.places.push(Cell::InRow(start, last));
                end
            };
            if end >= bytes.len() {
                return Ok(());
            }
            if self.places.len() >= most {
                let reason = format!("it has more than {most} cells");
                return Err(Problem::new(RejectKind::WrongCells, reason));
            }
            start = end + 1;
        }
    }

    /// Takes a cell whose opening quote is before `start`; gives the place behind the closing one.
    fn quoted(&mut self, row: &str, start: usize) -> Result<usize, Problem> {
        let from = self.unquoted.len();
        let mut piece = start;
        loop {
            let Some(at) = row.get(piece..).and_then(|rest| rest.find('"')).map(|at| piece + at) else {
                return Err(Problem::new(
                    RejectKind::BrokenCsv,
                    format!("the quote of cell {} is not closed", self.places.len() + 1),
                ));
            };
            let doubled = row.as_bytes().get(at + 1) == Some(&b'"');
            if !doubled && piece == start {
                self.places.push(Cell::InRow(start, at));
                return Ok(at + 1);
            }
            let kept = if doubled { at + 1 } else { at };
            self.unquoted.push_str(row.get(piece..kept).unwrap_or(""));
            if !doubled {
                self.places.push(Cell::Unquoted(from, self.unquoted.len()));
                return Ok(at + 1);
            }
            piece = at + 2;
        }
    }

    /// How many cells there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// A cell of the row that was cut last; empty beyond the last.
    pub(super) fn get<'a>(&'a self, row: &'a str, at: usize) -> &'a str {
        match self.places.get(at) {
            Some(Cell::InRow(start, end)) => row.get(*start..*end).unwrap_or(""),
            Some(Cell::Unquoted(start, end)) => self.unquoted.get(*start..*end).unwrap_or(""),
            None => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(row: &str) -> Result<Vec<String>, String> {
        let mut cells = Cells::default();
        cells.cut(row, b',', 5).map_err(|problem| problem.reason.into_owned())?;
        Ok((0..cells.len()).map(|at| cells.get(row, at).to_owned()).collect())
    }

    #[test]
    fn cells_are_cut_at_delimiters_outside_of_quotes() {
        for (row, cells) in [
            ("a,b", vec!["a", "b"]),
            ("", vec![""]),
            (",", vec!["", ""]),
            (" a , \" b \" ,c", vec!["a", " b ", "c"]),
            ("\"a,b\",\"\",\"c\nd\"", vec!["a,b", "", "c\nd"]),
            ("\"say \"\"hi\"\"\",\"\"\"\"", vec!["say \"hi\"", "\""]),
            ("5\" disk,b", vec!["5\" disk", "b"]),
            ("é,ü", vec!["é", "ü"]),
        ] {
            assert_eq!(cut(row), Ok(cells.into_iter().map(str::to_owned).collect()), "{row}");
        }
    }

    #[test]
    fn broken_quotes_are_told() {
        assert_eq!(cut("a,\"b"), Err("the quote of cell 2 is not closed".to_owned()));
        assert_eq!(cut("\"a\"b,c"), Err("cell 1 goes on behind its closing quote".to_owned()));
    }

    #[test]
    fn the_number_of_cells_is_limited() {
        assert_eq!(cut("1,2,3,4,5").map(|cells| cells.len()), Ok(5));
        assert_eq!(cut("1,2,3,4,5,"), Err("it has more than 5 cells".to_owned()));
    }

    #[test]
    fn a_row_ends_at_a_line_break_outside_of_quotes() {
        for (text, end) in [("a,b\nc", 4), ("\"a\nb\",c\nd", 8), ("a\"b\nc", 4), ("\"a\"\"\n\"\nb", 7)] {
            assert_eq!(RowEnd::new(b',').scan(text.as_bytes()), Some(end), "{text}");
            let mut byte_by_byte = RowEnd::new(b',');
            let ends = text.bytes().position(|byte| byte_by_byte.scan(&[byte]).is_some());
            assert_eq!(ends, Some(end - 1), "{text}");
        }
        let mut open = RowEnd::new(b',');
        assert_eq!((open.scan(b"a,\"b\n"), open.in_quotes()), (None, true));
    }
}
