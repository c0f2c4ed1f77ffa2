//! A Parquet file as rows, one after the other.

use std::fs::File;
use std::sync::Arc;

use super::file::{Group, ParquetFile};
use super::stored::Stored;
use crate::columns::{ShardError, Wanted};
use crate::input::{InputError, ReadOptions, Row};
use crate::model::Text;

/// Rows of a batch: as many as are records in memory at a time.
const BATCH_ROWS: usize = 4_096;

/// The rows of a file, all of its columns read.
pub(in crate::input) struct ParquetRows {
    file: Arc<ParquetFile>,
    next_group: usize,
    group: Option<Group>,
    rows: std::vec::IntoIter<Row>,
    taken: u64,
    total: u64,
}

impl ParquetRows {
    /// The rows of a file that can be read from any place.
    pub(in crate::input) fn of_file(
        name: &Text,
        file: File,
        options: &ReadOptions,
    ) -> Result<ParquetRows, InputError> {
        let stored = Stored::file(file).map_err(|error| InputError::opening(name, error))?;
        ParquetRows::new(name, stored, options)
    }

    /// The rows of a file that is in memory.
    pub(in crate::input) fn of_bytes(
        name: &Text,
        bytes: Vec<u8>,
        options: &ReadOptions,
    ) -> Result<ParquetRows, InputError> {
        ParquetRows::new(name, Stored::memory(bytes.into()), options)
    }

    fn new(name: &Text, stored: Stored, options: &ReadOptions) -> Result<ParquetRows, InputError> {
        let file = Arc::new(ParquetFile::open(name, stored, options)?);
        let total = u64::try_from(file.metadata().file_metadata().num_rows()).unwrap_or(0);
        Ok(ParquetRows { file, next_group: 0, group: None, rows: Vec::new().into_iter(), taken: 0, total })
    }

    /// The next row; none at the end.
    pub(in crate::input) fn next(&mut self) -> Result<Option<Row>, InputError> {
        loop {
            if let Some(row) = self.rows.next() {
                self.taken += 1;
                return Ok(Some(row));
            }
            let Some(group) = &mut self.group else {
                if self.next_group == self.file.groups() {
                    return Ok(None);
                }
                let group = Group::open(&self.file, self.next_group, &Wanted::default(), BATCH_ROWS);
                self.group = Some(group.map_err(|error| unreadable(&self.file.name, error))?);
                self.next_group += 1;
                continue;
            };
            match rows(group).map_err(|error| unreadable(&self.file.name, error))? {
                Some(rows) => self.rows = rows.into_iter(),
                None => self.group = None,
            }
        }
    }

    /// How many bytes of the file the rows so far take, as far as that can be said.
    pub(in crate::input) fn bytes_read(&self) -> u64 {
        let share = u128::from(self.file.bytes()) * u128::from(self.taken) / u128::from(self.total.max(1));
        u64::try_from(share).unwrap_or(u64::MAX).min(self.file.bytes())
    }
}

/// The next rows of a row group.
fn rows(group: &mut Group) -> Result<Option<Vec<Row>>, ShardError> {
    let Some(stretch) = group.next()? else { return Ok(None) };
    let mut rejects = group.rejects(&stretch).into_iter().peekable();
    let records = stretch.records()?;
    let mut rows = Vec::with_capacity(records.len());
    for (row, record) in records.into_iter().enumerate() {
        match (record, rejects.next_if(|(refused, _)| *refused == row)) {
            (_, Some((_, reject))) => rows.push(Row::Reject(reject)),
            (Some(record), None) => rows.push(Row::Record(record)),
            (None, None) => {}
        }
    }
    Ok(Some(rows))
}

#[cold]
fn unreadable(file: &Text, error: ShardError) -> InputError {
    InputError::of_shard(file, error)
}
