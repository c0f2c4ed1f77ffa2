//! Any bytes as a table: every row is a record or a reject.
#![no_main]

#[path = "../checks/log_csv.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
