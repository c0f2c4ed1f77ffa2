//! Any bytes as a log in JSON: every row is a record, ignored, or a reject.
#![no_main]

#[path = "../checks/log_json.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
