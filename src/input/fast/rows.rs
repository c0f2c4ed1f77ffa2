use super::builder::Builder;
use super::line::{Line, Slot};
use super::table::Table;
use crate::columns::{Batch, Column, Names, Orders, Values};
use crate::model::{Event, Record, Text, Value};

/// The rows of a batch while they come in.
pub(super) struct Rows {
    rows: usize,
    /// How many bytes of text there are, at most.
    bytes: usize,
    user: Builder,
    at: Vec<i64>,
    name: Builder,
    id: Builder,
    /// By the numbers of the [`Table`].
    properties: Vec<Builder>,
    /// Rows with another order of properties, each with where its columns begin among these.
    odd: Vec<(usize, usize)>,
    orders: Vec<u16>,
    records: Vec<(usize, Record)>,
}

/// So many rows fit the processor's caches, and make what is done once for a batch cheap.
const ROWS: usize = 1 << 14;
const RECORDS: usize = 1 << 12;
/// Of values in all columns together.
const CELLS: usize = 1 << 22;
/// Of all texts together.
const TEXT: usize = 1 << 26;

impl Rows {
    pub(super) fn new() -> Rows {
        Rows {
            rows: 0,
            bytes: 0,
            user: Builder::ids(),
            at: Vec::new(),
            name: Builder::names(),
            id: Builder::ids(),
            properties: Vec::new(),
            odd: Vec::new(),
            orders: Vec::new(),
            records: Vec::new(),
        }
    }

    /// Takes the event of a line of so many bytes, behind which others may stand.
    pub(super) fn line(
        &mut self,
        text: &str,
        bytes: usize,
        line: &Line,
        constant: Option<&Text>,
        table: &Table,
    ) {
        let row = self.rows;
        match line.user {
            Slot::Whole(number) => self.user.integer(row, number),
            user => self.user.text(row, line.text(text, user).unwrap_or("")),
        }
        match constant {
            Some(name) => self.name.text(row, name),
            None => match line.event {
                Slot::Text(start, end) => self.name.text_of(row, text, start, end),
                event => self.name.text(row, line.text(text, event).unwrap_or("")),
            },
        }
        match line.id {
            Slot::Missing => {}
            Slot::Whole(number) => self.id.integer(row, number),
            id => self.id.text(row, line.text(text, id).unwrap_or("")),
        }
        self.at.push(line.at);
        self.bytes += bytes;
        self.widen(table);
        for (column, slot) in &line.properties {
            let Some(builder) = self.properties.get_mut(usize::from(*column)) else { continue };
            match *slot {
                Slot::Missing => {}
                Slot::Boolean(value) => builder.boolean(row, value),
                Slot::Whole(number) => builder.integer(row, number),
                Slot::Float(number) => builder.float(row, number),
                Slot::Instant(millis) => builder.instant(row, millis),
                Slot::Text(start, end) => builder.text_of(row, text, start, end),
                slot @ Slot::Unescaped(..) => builder.text(row, line.text(text, slot).unwrap_or("")),
            }
        }
        if table.wants_all() && !line.properties.is_sorted_by_key(|(column, _)| *column) {
            self.odd.push((row, self.orders.len()));
            self.orders.extend(line.properties.iter().map(|(column, _)| *column));
        }
        self.rows += 1;
    }

    /// Takes an event that another reader has read.
    pub(super) fn event(&mut self, event: &Event, table: &mut Table) {
        let row = self.rows;
        self.user.text(row, &event.user);
        self.name.text(row, &event.name);
        if let Some(id) = &event.id {
            self.id.text(row, id);
        }
        self.at.push(event.at.millis());
        let first = self.orders.len();
        for (name, value) in event.properties.iter() {
            let Some(column) = table.property(name) else { continue };
            if let Value::Text(text) = value {
                self.bytes += text.len();
            }
            self.widen(table);
            if let Some(builder) = self.properties.get_mut(usize::from(column)) {
                builder.value(row, value.clone());
            }
            self.orders.push(column);
        }
        if table.wants_all() && !self.orders.get(first..).unwrap_or_default().is_sorted() {
            self.odd.push((row, first));
        } else {
            self.orders.truncate(first);
        }
        self.rows += 1;
    }

    /// Takes what is no event.
    pub(super) fn record(&mut self, record: Record) {
        self.records.push((self.rows, record));
    }

    fn widen(&mut self, table: &Table) {
        let columns = table.names().len();
        if self.properties.len() < columns {
            self.properties.resize_with(columns, Builder::values);
        }
    }

    /// Whether a batch should be handed over.
    pub(super) fn is_full(&self) -> bool {
        self.rows >= ROWS
            || self.records.len() >= RECORDS
            || self.rows * self.properties.len() >= CELLS
            || self.properties.len() > super::table::MOST
            || self.bytes >= TEXT
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0 && self.records.is_empty()
    }

    /// What came in, as a batch.
    pub(super) fn batch(&mut self, table: &Table) -> Batch<'_> {
        let rows = self.rows;
        self.user.finish(rows);
        self.name.finish(rows);
        self.id.finish(rows);
        self.properties.iter_mut().for_each(|column| column.finish(rows));
        if !self.odd.is_empty() {
            // By places among the columns that have values.
            let mut places = Vec::with_capacity(self.properties.len());
            let mut before = 0;
            for column in &self.properties {
                places.push(if column.is_known() { before } else { u16::MAX });
                before += u16::from(column.is_known());
            }
            for column in &mut self.orders {
                *column = places.get(usize::from(*column)).copied().unwrap_or(u16::MAX);
            }
        }
        let properties = table.names().iter().zip(&self.properties);
        let properties = properties.filter(|(_, column)| column.is_known());
        Batch {
            rows,
            refused: None,
            user: self.user.column(),
            at: Column { values: Values::Instants(&self.at), valid: None },
            name: Names::Column(self.name.column()),
            id: self.id.is_known().then(|| self.id.column()),
            properties: properties.map(|(name, column)| (name.clone(), column.column())).collect(),
            orders: Orders { rows: &self.odd, places: &self.orders },
            records: &self.records,
        }
    }

    /// Begins another batch.
    pub(super) fn clear(&mut self, table: &mut Table) {
        (self.rows, self.bytes) = (0, 0);
        self.at.clear();
        self.odd.clear();
        self.orders.clear();
        self.records.clear();
        for column in [&mut self.user, &mut self.name, &mut self.id] {
            column.clear();
        }
        if table.forget() {
            self.properties.clear();
        }
        self.properties.iter_mut().for_each(Builder::clear);
    }
}
