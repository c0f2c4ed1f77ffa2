//! Tables of Arrow's columns as event logs and profiles: Parquet files, and record batches in memory.
//!
//! A column is read in the form that it has: numbers, instants and yes/no in Arrow's own buffers, text as its dictionary if the file
//! has one. What a batch refuses is a bit a row; records are made only for those who read row by row.

mod bounds;
mod decode;
mod dictionary;
mod file;
mod held;
mod layout;
mod log;
mod memory;
mod refusal;
mod rows;
mod stored;
mod table;
#[cfg(test)]
mod tests;
mod times;
mod values;
mod wall;
mod words;

#[cfg(feature = "cli")]
pub(crate) use decode::is_decoding;
pub(crate) use log::ParquetLog;
pub(crate) use memory::Batches;
pub(super) use rows::ParquetRows;
