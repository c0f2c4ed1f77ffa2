//! Any bytes as a log: the reader in columns and the one row by row count the same.
#![no_main]

#[path = "../checks/log_fast.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
