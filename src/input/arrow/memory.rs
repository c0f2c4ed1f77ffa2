//! Record batches in memory as a log.

use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use super::layout::Layout;
use super::table::{Conversion, RowPlace, Stretch};
use crate::columns::{Batch, ShardError, Shards, Wanted};
use crate::input::fast::{Ledger, RejectSink, Shard, Tally};
use crate::input::{Columns, Contents, InputError, LocalTime, ReadOptions, Reject, Row};
use crate::model::Text;

/// Rows that are read at a time of a batch, however large it is.
const BATCH_ROWS: usize = 65_536;

/// What record batches are called in messages and rejects.
const NAME: &str = "record batches";

/// How the record batches of one schema are read.
pub(crate) struct Batches {
    name: Text,
    layout: Layout,
    columns: usize,
    raw_bytes: usize,
    local_time: LocalTime,
}

type Visit<'v> = &'v mut dyn FnMut(&Stretch, Vec<(usize, Reject)>) -> Result<bool, ShardError>;

impl Batches {
    /// Finds the columns of a schema; times without a zone are in UTC.
    ///
    /// # Errors
    /// When they are not there, or of types that they cannot have.
    pub(crate) fn mapped(schema: &Schema, columns: &Columns) -> Result<Batches, InputError> {
        let options = ReadOptions { columns: Some(columns.clone()), ..ReadOptions::default() };
        Batches::new(schema, &options)
    }

    /// The same with options.
    ///
    /// # Errors
    /// Likewise.
    pub(crate) fn new(schema: &Schema, options: &ReadOptions) -> Result<Batches, InputError> {
        let name = Text::from(NAME);
        Ok(Batches {
            layout: Layout::new(&name, schema, options)?,
            name,
            columns: schema.fields().len(),
            raw_bytes: options.limits.raw_bytes,
            local_time: options.local_time.clone(),
        })
    }

    /// Takes the rows of a batch one by one; so many came before it.
    ///
    /// # Errors
    /// When a column cannot be read.
    pub(crate) fn rows(
        &self,
        batch: &RecordBatch,
        rows_before: u64,
        take: &mut dyn FnMut(Row),
    ) -> Result<(), InputError> {
        let taken = self.each(batch, rows_before, &Wanted::default(), &mut |stretch, rejects| {
            let mut rejects = rejects.into_iter().peekable();
            for (row, record) in stretch.records()?.into_iter().enumerate() {
                match (record, rejects.next_if(|(refused, _)| *refused == row)) {
                    (_, Some((_, reject))) => take(Row::Reject(reject)),
                    (Some(record), None) => take(Row::Record(record)),
                    (None, None) => {}
                }
            }
            Ok(true)
        });
        taken.map_err(|error| InputError::of_shard(&self.name, error))
    }

    /// Why a stream of batches ended too early.
    #[cold]
    pub(crate) fn broken(&self, batch: usize, error: &str) -> InputError {
        let message = format!("record batch {batch} cannot be had: {error}");
        InputError::of_shard(&self.name, ShardError { message, help: None })
    }

    fn each(
        &self,
        batch: &RecordBatch,
        rows_before: u64,
        wanted: &Wanted,
        visit: Visit<'_>,
    ) -> Result<(), ShardError> {
        let mut conversion = Conversion::new(&self.name, &self.layout, wanted, &self.local_time)?;
        let projected = batch.project(conversion.roots()).map_err(|_| ShardError {
            message: "a record batch has fewer columns than its schema says".to_owned(),
            help: None,
        })?;
        let is_whole = conversion.roots().len() == self.columns;
        for from in (0..projected.num_rows()).step_by(BATCH_ROWS) {
            let part = projected.slice(from, BATCH_ROWS.min(projected.num_rows() - from));
            let before = rows_before + from as u64;
            let stretch = conversion.stretch(part, before)?;
            let mut rejects = Vec::new();
            for (row, why) in stretch.refusals().iter() {
                let row_number = before + row as u64 + 1;
                let place = RowPlace { row: row_number, offset: 0, raw_bytes: self.raw_bytes, is_whole };
                rejects.push((row, conversion.reject(&stretch, row, why, place)));
            }
            if !visit(&stretch, rejects)? {
                break;
            }
        }
        Ok(())
    }
}

/// Events in record batches of one schema: each batch is a shard.
pub(crate) struct BatchLog {
    how: Batches,
    batches: Vec<RecordBatch>,
    ledger: Mutex<Ledger>,
}

#[cfg_attr(not(test), expect(dead_code, reason = "batch evaluation is being built on it"))]
impl BatchLog {
    /// Takes the batches over, in their order.
    ///
    /// # Errors
    /// When the columns of events are not there, or of types that they cannot have.
    pub(crate) fn new(
        schema: &Schema,
        batches: Vec<RecordBatch>,
        options: &ReadOptions,
    ) -> Result<BatchLog, InputError> {
        let options = ReadOptions { contents: Contents::Events, ..options.clone() };
        let how = Batches::new(schema, &options)?;
        if how.layout.name.is_none() {
            let message = "the column mapping makes profiles of the rows of record batches";
            return Err(InputError::new(NAME, message, "say which column is the event's name: `event=…`"));
        }
        Ok(BatchLog { how, batches, ledger: Mutex::default() })
    }

    /// Where bad rows go, in the order of the log, as soon as all that is before them has been read. Without it they are counted alone.
    pub(crate) fn rejects_to(&self, sink: RejectSink) {
        self.ledger().set_sink(sink);
    }

    /// What became of the rows of the batches that were read to their end.
    pub(crate) fn tally(&self) -> Tally {
        self.ledger().tally().clone()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shards for BatchLog {
    fn count(&self) -> usize {
        self.batches.len()
    }

    fn read(
        &self,
        shard: usize,
        wanted: &Wanted,
        visit: &mut dyn FnMut(&Batch<'_>) -> bool,
    ) -> Result<(), ShardError> {
        let Some(batch) = self.batches.get(shard) else { return Ok(()) };
        let before = self.batches.iter().take(shard).map(|batch| batch.num_rows() as u64).sum();
        let (mut said, mut to_the_end) = (Shard::default(), true);
        self.how.each(batch, before, wanted, &mut |stretch, rejects| {
            said.tally.events += (stretch.rows() - rejects.len()) as u64;
            rejects.into_iter().for_each(|(_, reject)| said.reject(reject));
            to_the_end = stretch.events()?.is_none_or(|batch| visit(&batch));
            Ok(to_the_end)
        })?;
        if to_the_end {
            self.ledger().take(shard, said);
        }
        Ok(())
    }

    fn rows(&self, shard: usize) -> Option<u64> {
        self.batches.get(shard).map(|batch| batch.num_rows() as u64)
    }
}
