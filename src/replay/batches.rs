//! Arrow record batches as the log of a replay.

use arrow_array::{RecordBatch, RecordBatchReader};

use super::Replay;
use crate::input::{Batches, Columns, InputError, Reject, Row};
use crate::program::Program;

impl Replay {
    /// Takes all record batches of a reader, such as a file's or a query's result.
    ///
    /// The mapping says what the columns are; without `event` the rows are profiles. Times without a zone are read in UTC. Gives
    /// the rows that were refused as well, counted from 1 over all batches, each with its reason and as JSON.
    ///
    /// # Errors
    /// When the mapping's columns are not there or of types that they cannot have, and when the reader fails.
    ///
    /// # Example: from another language, over the Arrow C stream interface
    /// A host hands over an `ArrowArrayStream`; what has taken it is a reader of record batches. Here, both sides are one process.
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
    /// use arrow_array::{ArrayRef, Int64Array, RecordBatch, RecordBatchIterator, StringArray};
    /// use campanile::{replay::Replay, rulebook::Rulebook};
    ///
    /// // The host: any batches, of pyarrow, of a database, of its own.
    /// let batch = RecordBatch::try_from_iter([
    ///     ("user", Arc::new(StringArray::from(vec![Some("asha"), None])) as ArrayRef),
    ///     ("at", Arc::new(Int64Array::from(vec![1_793_700_000_000, 1_793_700_000_000]))),
    ///     ("what", Arc::new(StringArray::from(vec!["Charged", "Charged"]))),
    /// ])?;
    /// let schema = batch.schema();
    /// let exported = FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new([Ok(batch)], schema)));
    ///
    /// // Our side.
    /// let stream = ArrowArrayStreamReader::try_new(exported)?;
    /// let rulebook = Rulebook::parse("shop.camp", "
    ///     campaign thanks { when \"Charged\" send template thank_you }")?;
    /// let columns = "user=user,at=at,event=what".parse()?;
    /// let (replay, rejects) = Replay::from_batches(&rulebook.compile(), stream, &columns)?;
    /// assert_eq!((rejects[0].row, rejects[0].kind.name()), (2, "missing_user"));
    /// assert_eq!(replay.run().outcomes.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_batches(
        program: &Program,
        reader: impl RecordBatchReader,
        columns: &Columns,
    ) -> Result<(Replay, Vec<Reject>), InputError> {
        let batches = Batches::mapped(&reader.schema(), columns)?;
        let mut replay = Replay::new(program);
        let (mut rejects, mut rows) = (Vec::new(), 0);
        for (number, batch) in reader.enumerate() {
            let batch = batch.map_err(|error| batches.broken(number + 1, &error.to_string()))?;
            replay.take(&batches, &batch, rows, &mut rejects)?;
            rows += batch.num_rows() as u64;
        }
        Ok((replay, rejects))
    }

    /// Adds the rows of one record batch, as [`Replay::add`] does with a record; profiles and events may come in several, in any order.
    ///
    /// Gives the rows that were refused, counted from 1 in this batch.
    ///
    /// # Errors
    /// As [`Replay::from_batches`]. Rows before a part that cannot be read have been added then.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampMillisecondArray};
    /// use campanile::{replay::Replay, rulebook::Rulebook};
    ///
    /// let rulebook = Rulebook::parse("shop.camp", "
    ///     campaign thanks { when \"Charged\" send template thank_you }")?;
    /// let mut replay = Replay::new(&rulebook.compile());
    /// let profiles = RecordBatch::try_from_iter([
    ///     ("id", Arc::new(StringArray::from(vec!["asha"])) as ArrayRef),
    ///     ("phone", Arc::new(StringArray::from(vec!["+919820012345"]))),
    ///     ("whatsapp", Arc::new(BooleanArray::from(vec![true]))),
    /// ])?;
    /// replay.add_batch(&profiles, &"user=id".parse()?)?;
    /// let events = RecordBatch::try_from_iter([
    ///     ("id", Arc::new(StringArray::from(vec!["asha"])) as ArrayRef),
    ///     ("ts", Arc::new(TimestampMillisecondArray::from(vec![1_793_700_000_000]))),
    /// ])?;
    /// let rejects = replay.add_batch(&events, &"user=id,at=ts,event='Charged'".parse()?)?;
    /// assert!(rejects.is_empty());
    /// assert_eq!(replay.run().jobs.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_batch(&mut self, batch: &RecordBatch, columns: &Columns) -> Result<Vec<Reject>, InputError> {
        let mut rejects = Vec::new();
        self.take(&Batches::mapped(&batch.schema(), columns)?, batch, 0, &mut rejects)?;
        Ok(rejects)
    }

    fn take(
        &mut self,
        batches: &Batches,
        batch: &RecordBatch,
        rows_before: u64,
        rejects: &mut Vec<Reject>,
    ) -> Result<(), InputError> {
        batches.rows(batch, rows_before, &mut |row| match row {
            Row::Record(record) => self.add(record),
            Row::Reject(reject) => rejects.push(reject),
            Row::Ignored(_) => {}
        })
    }
}
