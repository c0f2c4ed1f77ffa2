//! What stands for Parquet in a build without it: an error that says so.

use std::fs::File;

use super::{InputError, ReadOptions, Row};
use crate::model::Text;

/// There are none.
pub(super) enum ParquetRows {}

impl ParquetRows {
    pub(super) fn of_file(name: &Text, _: File, _: &ReadOptions) -> Result<ParquetRows, InputError> {
        Err(not_built(name))
    }

    pub(super) fn of_bytes(name: &Text, _: Vec<u8>, _: &ReadOptions) -> Result<ParquetRows, InputError> {
        Err(not_built(name))
    }

    pub(super) fn next(&mut self) -> Result<Option<Row>, InputError> {
        match *self {}
    }

    pub(super) fn bytes_read(&self) -> u64 {
        match *self {}
    }
}

#[cold]
fn not_built(file: &Text) -> InputError {
    let message = format!("`{file}` is Parquet, which this build does not read");
    InputError::new(file, message, "build it with the feature `parquet`")
}
