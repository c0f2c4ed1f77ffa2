//! Parquet as an input: one log in three formats gives one result, all types are read, and what is bad is said. And as an output.
#![cfg(test)]
#![cfg(feature = "cli")]

mod bad;
mod support;
mod throughout;
mod types;
mod written;
