//! Event logs as columns: what a reader of files or of memory hands over, and what batch evaluation reads.
//!
//! A log is cut into [`Shards`] that can be read apart from each other, such as the row groups of a Parquet file. A shard is read as
//! one [`Batch`] after the other: columns of equal length that borrow from the reader, so that nothing is copied. The order of
//! the log is that of the shards, of the batches in them, and of the rows in those.

mod bits;
mod column;
mod records;

use std::fmt;

pub(crate) use bits::Bits;
pub(crate) use column::{Column, Values};
pub(crate) use records::Recorded;

use crate::model::{Event, Instant, Properties, Record, Text, Value};

/// A stretch of an event log, a column for each thing that is known of its events.
#[derive(Debug, Clone)]
pub(crate) struct Batch<'a> {
    pub(crate) rows: usize,
    /// Rows that were refused, and are counted as such by the reader: they are passed over.
    pub(crate) refused: Option<Bits<'a>>,
    /// Who did it: whole numbers or text; of rows that are not refused, none is null and no text is empty.
    pub(crate) user: Column<'a>,
    /// When: instants within [`Instant::MIN`](crate::model::Instant::MIN) and [`Instant::MAX`](crate::model::Instant::MAX).
    pub(crate) at: Column<'a>,
    pub(crate) name: Names<'a>,
    /// The ids of the events, where they have any: text; null for none.
    pub(crate) id: Option<Column<'a>>,
    /// By name, in the order of the log; each name once.
    pub(crate) properties: Vec<(Text, Column<'a>)>,
    /// The rows whose properties come in another order than the columns.
    pub(crate) orders: Orders<'a>,
    /// What stands among the events and is none, such as profiles: each before the row of this number, [`Batch::rows`] for behind the last.
    pub(crate) records: &'a [(usize, Record)],
}

impl Batch<'_> {
    /// The event of a row as a record, with the properties that were read; none of a row that was refused.
    pub(crate) fn event(&self, row: usize) -> Option<Event> {
        if row >= self.rows || self.refused.is_some_and(|refused| refused.get(row)) {
            return None;
        }
        let name = match &self.name {
            Names::Constant(name) => name.clone(),
            Names::Column(names) => names.word(row)?,
        };
        let properties = self.properties(row, |_| true);
        let id = self.id.as_ref().and_then(|ids| ids.word(row));
        Some(Event { user: self.user.word(row)?, name, at: self.instant(row)?, id, properties })
    }

    /// Some properties of a row, in its order.
    pub(crate) fn properties(&self, row: usize, wanted: impl Fn(&Text) -> bool) -> Properties {
        let mut properties = Properties::new();
        self.each_property(row, &mut |name, column| {
            if wanted(name)
                && let Some(value) = column.value(row)
            {
                properties.set(name.clone(), value);
            }
        });
        properties
    }

    /// The fingerprint of the event of a row, as [`Event::content`], if these are all its properties.
    pub(crate) fn content(&self, row: usize, user: &str, name: &str, at: Instant) -> u128 {
        Event::content_of(user, name, at, |properties| {
            self.each_property(row, &mut |name, column| {
                column.with_value(row, &mut |value| properties.add(name, value));
            });
        })
    }

    fn each_property(&self, row: usize, visit: &mut dyn FnMut(&Text, &Column<'_>)) {
        match self.orders.of(row) {
            None => self.properties.iter().for_each(|(name, column)| visit(name, column)),
            Some(order) => {
                for place in order {
                    if let Some((name, column)) = self.properties.get(usize::from(*place)) {
                        visit(name, column);
                    }
                }
            }
        }
    }

    /// When the event of a row was.
    pub(crate) fn instant(&self, row: usize) -> Option<Instant> {
        let Values::Instants(instants) = self.at.values else { return None };
        Some(Instant::from_millis(*instants.get(row)?))
    }
}

impl Column<'_> {
    /// Visits the value of a row, if it has one; what stands in a dictionary or among values is not copied for it.
    pub(crate) fn with_value(&self, row: usize, visit: &mut dyn FnMut(&Value)) {
        if !self.is_valid(row) {
            return;
        }
        match self.values {
            Values::Codes { codes, dictionary } => {
                let code = codes.get(row).and_then(|code| usize::try_from(*code).ok());
                if let Some(value) = code.and_then(|code| dictionary.get(code)) {
                    visit(value);
                }
            }
            Values::Others(values) => {
                if let Some(Some(value)) = values.get(row) {
                    visit(value);
                }
            }
            _ => {
                if let Some(value) = self.value(row) {
                    visit(&value);
                }
            }
        }
    }

    /// Visits the text that names something, as [`Column::word`] gives it.
    pub(crate) fn with_word<R>(&self, row: usize, visit: impl FnOnce(&str) -> R) -> Option<R> {
        if !self.is_valid(row) {
            return None;
        }
        if let Some(text) = self.text(row) {
            return Some(visit(text));
        }
        self.word(row).map(|word| visit(&word))
    }

    /// The value of a row as the text that names something: text as it is, a whole number in digits.
    pub(crate) fn word(&self, row: usize) -> Option<Text> {
        match self.value(row)? {
            Value::Text(text) => Some(text),
            Value::Number(number) => Some(number.as_i64()?.to_string().into()),
            _ => None,
        }
    }
}

/// The order of properties in rows that have another one than the columns: only formats whose rows name them have such rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Orders<'a> {
    /// Such rows in order, and where each one's places begin.
    pub(crate) rows: &'a [(usize, usize)],
    /// Places among the columns, row after row.
    pub(crate) places: &'a [u16],
}

impl<'a> Orders<'a> {
    /// The places of a row's properties among the columns in the row's order; none where that is the order of the columns.
    pub(crate) fn of(self, row: usize) -> Option<&'a [u16]> {
        if self.rows.is_empty() {
            return None;
        }
        let at = self.rows.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        let (_, from) = self.rows.get(at)?;
        let to = self.rows.get(at + 1).map_or(self.places.len(), |(_, to)| *to);
        self.places.get(*from..to)
    }
}

/// The names of a batch's events.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "tables have them"))]
pub(crate) enum Names<'a> {
    /// Each row has its own: text.
    Column(Column<'a>),
    /// All have this one.
    Constant(Text),
}

/// What is to be read of a log: all else may be left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// The properties by name; all, without them.
    pub(crate) properties: Option<Vec<Text>>,
}

impl Wanted {
    /// Whether a property is asked for.
    pub(crate) fn property(&self, name: &str) -> bool {
        self.properties.as_ref().is_none_or(|names| names.iter().any(|wanted| **wanted == *name))
    }
}

/// A log in parts that can be read apart from each other, in any order and at the same time.
pub(crate) trait Shards: Sync {
    /// How many parts there are; more than there ever are, where nobody knows before they are read.
    fn count(&self) -> usize;

    /// Whether there is such a part. Asked from the first part on, for the end of a compressed log shows only when it is unpacked so far:
    /// then the part is kept until it is read, and cannot be read again.
    fn has(&self, shard: usize) -> bool {
        shard < self.count()
    }

    /// Reads one part, batch by batch. The visitor's answer is whether to go on.
    ///
    /// # Errors
    /// When the part, or the rest of it, cannot be read.
    fn read(
        &self,
        shard: usize,
        wanted: &Wanted,
        visit: &mut dyn FnMut(&Batch<'_>) -> bool,
    ) -> Result<(), ShardError>;

    /// Whether events may have ids, and parts can be read again: then it is worth trying whether all that matter have one.
    fn may_have_ids(&self) -> bool {
        false
    }

    /// The file that a part is of, where there is one.
    #[cfg_attr(not(feature = "input"), expect(dead_code, reason = "logs of files are asked"))]
    fn file(&self, shard: usize) -> Option<&str> {
        let _ = shard;
        None
    }

    /// The least and the greatest user of a part, where the log says so before it is read. Bounds may be wider than what is there.
    fn users(&self, shard: usize) -> Option<(UserBound, UserBound)> {
        let _ = shard;
        None
    }

    /// The least and the greatest instant of a part in milliseconds, likewise.
    fn span(&self, shard: usize) -> Option<(i64, i64)> {
        let _ = shard;
        None
    }

    /// How many rows a part has, where the log says so before it is read.
    fn rows(&self, shard: usize) -> Option<u64> {
        let _ = shard;
        None
    }
}

/// A bound of the users of a shard; whole numbers come before text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UserBound {
    Integer(i64),
    /// By bytes.
    Text(Vec<u8>),
}

/// Why a part of a log cannot be read: in words that name the file and the place in it, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShardError {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl fmt::Display for ShardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ShardError {}
