//! What a column mapping makes of a row's cells.

use std::fmt::Write as _;

use super::cells::Cells;
use super::columns::EventName;
use super::names::{Names, RecentTexts};
use super::reject::{Problem, RejectKind};
use super::time::{Clock, TimeForm};
use super::{Columns, InputError, LocalTime};
use crate::model::{Event, Instant, Number, ProfileUpdate, Properties, Record, Text, Value};

/// The mapping's columns by their places in the header.
pub(super) struct Plan {
    delimiter: u8,
    width: usize,
    user: Column,
    at: Option<(Column, TimeForm)>,
    event: Option<EventCell>,
    id: Option<Column>,
    properties: Vec<Column>,
    clock: Clock,
}

/// Which cells of a row are what, by their places.
pub(super) struct Places {
    /// How many cells the header has.
    pub(super) width: usize,
    pub(super) user: usize,
    pub(super) at: Option<(usize, TimeForm)>,
    /// The cell of the event's name, where it has one.
    pub(super) event: Option<usize>,
    pub(super) id: Option<usize>,
    /// Each with its name.
    pub(super) properties: Vec<(usize, Text)>,
}

/// A column by its place and name.
struct Column {
    place: usize,
    name: Text,
}

/// Where a row's event name is.
enum EventCell {
    Column(Column),
    Constant(Text),
}

/// Texts that come again and again.
pub(super) struct Tables {
    names: Names,
    users: Names,
    texts: RecentTexts,
}

impl Tables {
    pub(super) fn new() -> Tables {
        Tables {
            names: Names::with_bound(1 << 16),
            users: Names::with_bound(1 << 20),
            texts: RecentTexts::new(),
        }
    }
}

impl Plan {
    /// Finds the mapping's columns in the header.
    pub(super) fn new(
        file: &Text,
        header: &str,
        columns: &Columns,
        local_time: &LocalTime,
    ) -> Result<Plan, InputError> {
        let header = Header::read(file, header, columns)?;
        let user = header.find(&columns.user)?;
        let at = match &columns.at {
            Some((name, form)) => Some((header.find(name)?, *form)),
            None => None,
        };
        let event = match &columns.event {
            Some(EventName::Constant(name)) => Some(EventCell::Constant(name.as_str().into())),
            Some(EventName::Column(name)) => {
                Some(EventCell::Column(header.find(name).map_err(|error| error.or_constant(name))?))
            }
            None => None,
        };
        let id = columns.id.as_deref().map(|name| header.find(name)).transpose()?;
        let properties = match &columns.properties {
            Some(names) => names.iter().map(|name| header.find(name)).collect::<Result<_, _>>()?,
            None => {
                let event = match &event {
                    Some(EventCell::Column(column)) => Some(column),
                    _ => None,
                };
                let mapped = [Some(&user), at.as_ref().map(|(column, _)| column), event, id.as_ref()];
                header.others(&mapped.map(|column| column.map(|column| column.place)))?
            }
        };
        Ok(Plan {
            delimiter: header.delimiter,
            width: header.names.len(),
            user,
            at,
            event,
            id,
            properties,
            clock: Clock::new(local_time.clone()),
        })
    }

    /// Which cells of a row are what.
    pub(super) fn places(&self) -> Places {
        let event = match &self.event {
            Some(EventCell::Column(column)) => Some(column.place),
            _ => None,
        };
        let properties = self.properties.iter().map(|column| (column.place, column.name.clone()));
        Places {
            width: self.width,
            user: self.user.place,
            at: self.at.as_ref().map(|(column, form)| (column.place, *form)),
            event,
            id: self.id.as_ref().map(|column| column.place),
            properties: properties.collect(),
        }
    }

    /// What separates cells.
    pub(super) const fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// How many cells a row may have: some more than the header, because empty ones behind the last do no harm.
    pub(super) const fn most_cells(&self) -> usize {
        self.width + 100
    }

    /// The record of a row whose cells were cut.
    pub(super) fn record(&self, row: &str, cells: &Cells, tables: &mut Tables) -> Result<Record, Problem> {
        self.check_width(row, cells)?;
        let cell = |column: &Column| cells.get(row, column.place);
        let user = match cell(&self.user) {
            user if user.trim().is_empty() => {
                return Err(Problem::new(RejectKind::EmptyUser, format!("`{}` is empty", self.user.name)));
            }
            user => tables.users.get(user),
        };
        let at = self.time(row, cells)?;
        let properties = self.properties.iter().filter_map(|column| {
            let text = cells.get(row, column.place);
            (!text.is_empty()).then(|| (column.name.clone(), value(text, &mut tables.texts)))
        });
        let Some(event) = &self.event else {
            let changes = properties.map(|(name, value)| (name, Some(value))).collect();
            return Ok(Record::Profile(ProfileUpdate { user, at, changes }));
        };
        let name = match event {
            EventCell::Constant(name) => name.clone(),
            EventCell::Column(column) => match cell(column) {
                "" => {
                    return Err(Problem::new(
                        RejectKind::MissingEvent,
                        format!("`{}` is empty", column.name),
                    ));
                }
                name => tables.names.get(name),
            },
        };
        let Some(at) = at else {
            let column = self.at.as_ref().map_or("at", |(column, _)| &column.name);
            return Err(Problem::new(RejectKind::MissingTime, format!("`{column}` is empty")));
        };
        let id = self.id.as_ref().map(cell).filter(|id| !id.is_empty()).map(Text::from);
        Ok(Record::Event(Event { user, name, at, id, properties: properties.collect::<Properties>() }))
    }

    fn time(&self, row: &str, cells: &Cells) -> Result<Option<Instant>, Problem> {
        let Some((column, form)) = &self.at else { return Ok(None) };
        match cells.get(row, column.place) {
            "" => Ok(None),
            text => self.clock.text(text, *form).map(Some).map_err(|error| error.of(&column.name, text)),
        }
    }

    /// Empty cells behind the last column are what some programs write for nothing.
    fn check_width(&self, row: &str, cells: &Cells) -> Result<(), Problem> {
        let beyond = (self.width..cells.len()).any(|place| !cells.get(row, place).is_empty());
        if cells.len() < self.width || beyond {
            let reason = format!("it has {} cells, the header {}", cells.len(), self.width);
            return Err(Problem::new(RejectKind::WrongCells, reason));
        }
        Ok(())
    }
}

/// A cell as a value: a plain decimal number is a number, all else text.
///
/// Plain is what a program writes for a number: no plus, no leading zero, no exponent, and no more digits than a whole number
/// of 64 bits holds. So `00012`, `+919820012345`, `1e5` and a card number of 20 digits stay what they are.
fn value(cell: &str, texts: &mut RecentTexts) -> Value {
    match number(cell) {
        Some(number) => Value::Number(number),
        None => Value::Text(texts.get(cell)),
    }
}

/// The number that a cell is, if it is one.
pub(super) fn number(cell: &str) -> Option<Number> {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    match fraction {
        None if cell == "-0" => None,
        None => cell.parse().ok().map(Number::from_i64),
        Some(fraction) if is_digits(fraction) && whole.len() < 20 => {
            cell.parse().ok().and_then(Number::from_f64)
        }
        Some(_) => None,
    }
}

/// More columns than any table has; a file that is no table may seem to have more.
const MOST_COLUMNS: usize = 1 << 14;

/// The names of a file's columns.
struct Header<'a> {
    file: &'a Text,
    names: Vec<Text>,
    delimiter: u8,
}

impl<'a> Header<'a> {
    /// Cells are separated by commas, unless semicolons or tabs give more columns of the mapping.
    fn read(file: &'a Text, text: &str, columns: &Columns) -> Result<Header<'a>, InputError> {
        let header = |delimiter| -> Result<Header<'a>, Problem> {
            let mut cells = Cells::default();
            cells.cut(text, delimiter, MOST_COLUMNS)?;
            let names = (0..cells.len()).map(|place| cells.get(text, place).trim().into()).collect();
            Ok(Header { file, names, delimiter })
        };
        let given = |header: &Header<'_>| {
            columns.names().filter(|name| header.names.iter().any(|known| **known == **name)).count()
        };
        // Of as many columns the first separator has them: the last of `max_by_key`.
        let found = [b'\t', b';', b','].into_iter().filter_map(|by| header(by).ok()).max_by_key(given);
        let found = found.filter(|header| given(header) > 0);
        let broken = |problem: Problem| {
            InputError::new(
                file,
                format!("the header of `{file}` is broken: {}", problem.reason),
                "a CSV file begins with a line of column names",
            )
        };
        found.map_or_else(|| header(b',').map_err(broken), Ok)
    }

    fn find(&self, name: &str) -> Result<Column, InputError> {
        let mut places = self.names.iter().enumerate().filter(|(_, known)| ***known == *name);
        let Some((place, name)) = places.next() else { return Err(self.missing(name)) };
        if places.next().is_some() {
            return Err(InputError::new(
                self.file,
                format!("`{}` has two columns `{name}`", self.file),
                "rename one of them",
            ));
        }
        Ok(Column { place, name: name.clone() })
    }

    /// All columns with a name, but for those at these places.
    fn others(&self, mapped: &[Option<usize>]) -> Result<Vec<Column>, InputError> {
        let others = self.names.iter().enumerate();
        let others = others.filter(|(place, name)| !mapped.contains(&Some(*place)) && !name.is_empty());
        others.map(|(_, name)| self.find(name)).collect()
    }

    #[cold]
    fn missing(&self, name: &str) -> InputError {
        const SHOWN: usize = 30;
        let mut help = String::from("its columns are ");
        for (place, column) in self.names.iter().take(SHOWN).enumerate() {
            // Writing into a text cannot fail.
            let _ = write!(help, "{}`{column}`", if place > 0 { ", " } else { "" });
        }
        if self.names.len() > SHOWN {
            help.push_str(" …");
        }
        InputError::new(self.file, format!("`{}` has no column `{name}`", self.file), help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_decimal_numbers_are_numbers() {
        for (cell, value) in [
            ("0", 0.0),
            ("20", 20.0),
            ("-7", -7.0),
            ("19.90", 19.9),
            ("-0.5", -0.5),
            ("9007199254740993", 9007199254740993.0),
        ] {
            assert_eq!(
                number(cell),
                Number::from_f64(value).map(|number| match cell {
                    "9007199254740993" => Number::from_i64(9_007_199_254_740_993),
                    _ => number,
                }),
                "{cell}"
            );
        }
    }

    #[test]
    fn all_else_stays_text() {
        for cell in [
            "00012",
            "+919820012345",
            "1e5",
            "1,000",
            ".5",
            "5.",
            "-",
            "-0",
            "--1",
            "0x1f",
            "NaN",
            "inf",
            "1 000",
            "12345678901234567890",
            "98765432109876543210.5",
            "1.2.3",
            "٣",
            "",
        ] {
            assert_eq!(number(cell), None, "{cell}");
        }
    }
}
