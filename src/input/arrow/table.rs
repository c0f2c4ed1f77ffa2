//! From a batch of Arrow's columns to a stretch of the log.

use arrow_array::{ArrayRef, RecordBatch};

use super::dictionary::Dictionaries;
use super::held::{HeldColumn, NotUtf8, hold};
use super::layout::{Layout, NameOf, Place};
use super::refusal::{Refusals, Why};
use super::times::Times;
use super::values::value;
use super::wall::Wall;
use super::words::{each_empty, ids, users};
use crate::columns::{Batch, Column, Names, ShardError, Wanted};
use crate::input::time::{Clock, TimeForm};
use crate::input::{LocalTime, Reject};
use crate::model::{ProfileUpdate, Record, Text, Value};

/// How the batches of one part of a table are read, and what they share.
pub(super) struct Conversion {
    file: Text,
    user: Mapped,
    at: Option<(Mapped, TimeForm)>,
    name: Option<NameColumn>,
    id: Option<Mapped>,
    properties: Vec<Mapped>,
    /// Which columns of the table the batches have, in order.
    roots: Vec<usize>,
    dictionaries: Dictionaries,
    wall: Wall,
    clock: Clock,
}

/// A column by its place in the batches.
#[derive(Debug, Clone)]
struct Mapped {
    place: usize,
    name: Text,
}

enum NameColumn {
    Column(Mapped),
    Constant(Text),
}

impl Conversion {
    /// Reads what is wanted of a table.
    ///
    /// # Errors
    /// When a column that cannot be read is wanted by name.
    pub(super) fn new(
        file: &Text,
        layout: &Layout,
        wanted: &Wanted,
        local_time: &LocalTime,
    ) -> Result<Conversion, ShardError> {
        let asked = |place: &&Place| wanted.properties.is_some() && wanted.property(&place.name);
        if let Some((place, kind)) = layout.unread.iter().find(|(place, _)| asked(&place)) {
            return Err(ShardError {
                message: format!("the column `{}` of `{file}` is {kind}, and cannot be read", place.name),
                help: Some("write it as text or as a number, or leave it out of the rules".to_owned()),
            });
        }
        let properties: Vec<&Place> =
            layout.properties.iter().filter(|place| wanted.property(&place.name)).collect();
        let of_name = match &layout.name {
            Some(NameOf::Column(place)) => Some(place),
            _ => None,
        };
        let at = layout.at.as_ref().map(|(place, _)| place);
        let fixed = [Some(&layout.user), at, of_name, layout.id.as_ref()];
        let mut roots: Vec<usize> =
            fixed.iter().flatten().chain(&properties).map(|place| place.root).collect();
        roots.sort_unstable();
        roots.dedup();
        let column = |place: &Place| Mapped {
            place: roots.partition_point(|root| *root < place.root),
            name: place.name.clone(),
        };
        Ok(Conversion {
            file: file.clone(),
            user: column(&layout.user),
            at: layout.at.as_ref().map(|(place, form)| (column(place), *form)),
            name: layout.name.as_ref().map(|name| match name {
                NameOf::Column(place) => NameColumn::Column(column(place)),
                NameOf::Constant(name) => NameColumn::Constant(name.clone()),
            }),
            id: layout.id.as_ref().map(column),
            properties: properties.into_iter().map(column).collect(),
            dictionaries: Dictionaries::default(),
            wall: Wall::new(local_time.clone()),
            clock: Clock::new(local_time.clone()),
            roots,
        })
    }

    /// The columns of the table that batches must have, and no others, in order.
    pub(super) fn roots(&self) -> &[usize] {
        &self.roots
    }

    /// The value of a cell, for messages.
    pub(super) fn shown(&mut self, batch: &RecordBatch, column: usize, row: usize) -> Option<Value> {
        value(batch.columns().get(column)?, row, &mut self.wall)
    }

    /// Reads a batch of these columns; so many rows of the table came before it.
    pub(super) fn stretch(&mut self, batch: RecordBatch, rows_before: u64) -> Result<Stretch, ShardError> {
        let rows = batch.num_rows();
        let mut refusals = Refusals::default();
        let user = self.column(&batch, self.user.place)?;
        let user = users(array(&self.file, &batch, self.user.place)?, user, &mut self.wall, &mut refusals);
        let at = match &self.at {
            None => None,
            Some((column, form)) => {
                let (place, form) = (column.place, *form);
                let held = self.column(&batch, place)?;
                let array = array(&self.file, &batch, place)?;
                let times = Times::read(array, held, form, &self.clock, &mut self.wall);
                for (row, error) in &times.wrong {
                    refusals.add(*row, Why::Time(*error));
                }
                Some(times.column)
            }
        };
        let name = match &self.name {
            None => None,
            Some(NameColumn::Constant(name)) => Some(HeldName::Constant(name.clone())),
            Some(NameColumn::Column(column)) => {
                let place = column.place;
                let held = self.column(&batch, place)?;
                each_empty(rows, &held, |row| refusals.add(row, Why::MissingEvent));
                Some(HeldName::Column(held))
            }
        };
        if name.is_some()
            && let Some(nulls) = at.as_ref().and_then(|at| at.nulls.as_ref())
        {
            let missing = (0..rows).filter(|row| nulls.is_null(*row));
            missing.for_each(|row| refusals.add(row, Why::MissingTime));
        }
        let id = match &self.id {
            None => None,
            Some(column) => {
                let place = column.place;
                let held = self.column(&batch, place)?;
                Some(ids(array(&self.file, &batch, place)?, held, &mut self.wall))
            }
        };
        let mut properties = Vec::with_capacity(self.properties.len());
        for at in 0..self.properties.len() {
            let Some(Mapped { place, name }) = self.properties.get(at).cloned() else { break };
            properties.push((name, self.column(&batch, place)?));
        }
        refusals.settle(rows);
        Ok(Stretch { file: self.file.clone(), rows_before, batch, user, at, name, id, properties, refusals })
    }

    fn column(&mut self, batch: &RecordBatch, place: usize) -> Result<HeldColumn, ShardError> {
        let array = array(&self.file, batch, place)?;
        Ok(hold(place, array, &mut self.dictionaries, &mut self.wall))
    }

    /// Why a row was refused, with the columns that were read as JSON; its place in the file is the caller's to say.
    #[cold]
    pub(super) fn reject(&mut self, stretch: &Stretch, row: usize, why: Why, place: RowPlace) -> Reject {
        let of_name = match &self.name {
            Some(NameColumn::Column(column)) => column.name.clone(),
            _ => Text::from("event"),
        };
        let (time, time_place) = match &self.at {
            Some((column, _)) => (column.name.clone(), column.place),
            None => (Text::from("at"), usize::MAX),
        };
        let time_value = self.shown(&stretch.batch, time_place, row);
        let problem = why.problem(&self.user.name, &of_name, &time, time_value.as_ref());
        let mut json = serde_json::Map::new();
        let schema = stretch.batch.schema();
        for (column, field) in schema.fields().iter().enumerate() {
            let value = self.shown(&stretch.batch, column, row);
            // Values always have a JSON form.
            let value = value.and_then(|value| serde_json::to_value(value).ok()).unwrap_or_default();
            json.insert(field.name().clone(), value);
        }
        let raw = serde_json::Value::Object(json).to_string();
        problem.at(place.of(&self.file), raw.as_bytes(), place.is_whole)
    }
}

/// Where a row is, and how much of it is kept.
#[derive(Clone, Copy)]
pub(super) struct RowPlace {
    /// From 1.
    pub(super) row: u64,
    pub(super) offset: u64,
    pub(super) raw_bytes: usize,
    /// Whether all columns of the table are in the batch.
    pub(super) is_whole: bool,
}

impl RowPlace {
    fn of(self, file: &Text) -> crate::input::reject::Place<'_> {
        crate::input::reject::Place { file, row: self.row, offset: self.offset, raw_bytes: self.raw_bytes }
    }
}

fn array<'b>(file: &Text, batch: &'b RecordBatch, place: usize) -> Result<&'b ArrayRef, ShardError> {
    batch.columns().get(place).ok_or_else(|| ShardError {
        message: format!("a batch of `{file}` has fewer columns than its schema says"),
        help: None,
    })
}

/// A batch whose columns are read.
pub(super) struct Stretch {
    file: Text,
    rows_before: u64,
    batch: RecordBatch,
    user: HeldColumn,
    at: Option<HeldColumn>,
    name: Option<HeldName>,
    id: Option<HeldColumn>,
    properties: Vec<(Text, HeldColumn)>,
    refusals: Refusals,
}

enum HeldName {
    Column(HeldColumn),
    Constant(Text),
}

impl Stretch {
    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// How many rows of the table come before it.
    pub(super) const fn first_row(&self) -> u64 {
        self.rows_before
    }

    /// The rows that were refused, and why.
    pub(super) const fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// The events for evaluation; none of profiles.
    pub(super) fn events(&self) -> Result<Option<Batch<'_>>, ShardError> {
        let (Some(at), Some(name)) = (&self.at, &self.name) else { return Ok(None) };
        let name = match name {
            HeldName::Constant(name) => Names::Constant(name.clone()),
            HeldName::Column(column) => Names::Column(self.borrowed("event", column)?),
        };
        Ok(Some(Batch {
            rows: self.rows(),
            refused: self.refusals.bits(),
            user: self.borrowed("user", &self.user)?,
            at: self.borrowed("at", at)?,
            name,
            id: self.id.as_ref().map(|id| self.borrowed("id", id)).transpose()?,
            properties: self.borrowed_properties()?,
            orders: crate::columns::Orders::default(),
            records: &[],
        }))
    }

    /// Each row's record; none of those that were refused.
    pub(super) fn records(&self) -> Result<Vec<Option<Record>>, ShardError> {
        if let Some(batch) = self.events()? {
            return Ok((0..self.rows()).map(|row| batch.event(row).map(Record::Event)).collect());
        }
        let user = self.borrowed("user", &self.user)?;
        let at = self.at.as_ref().map(|at| self.borrowed("at", at)).transpose()?;
        let properties = self.borrowed_properties()?;
        let profile = |row: usize| {
            if self.refusals.refuses(row) {
                return None;
            }
            let at = match at.as_ref().and_then(|at| at.value(row)) {
                Some(Value::Instant(at)) => Some(at),
                _ => None,
            };
            let set = |(name, column): &(Text, Column<'_>)| Some((name.clone(), Some(column.value(row)?)));
            let changes = properties.iter().filter_map(set).collect();
            Some(Record::Profile(ProfileUpdate { user: user.word(row)?, at, changes }))
        };
        Ok((0..self.rows()).map(profile).collect())
    }

    fn borrowed_properties(&self) -> Result<Vec<(Text, Column<'_>)>, ShardError> {
        let properties = self.properties.iter();
        properties.map(|(name, column)| Ok((name.clone(), self.borrowed(name, column)?))).collect()
    }

    fn borrowed<'s>(&self, name: &str, column: &'s HeldColumn) -> Result<Column<'s>, ShardError> {
        column.borrow().map_err(|NotUtf8| ShardError {
            message: format!("the column `{name}` of `{}` has text that is no UTF-8", self.file),
            help: Some("write it anew with a program that checks its text".to_owned()),
        })
    }
}
