//! Any text is read as rules, and every finding has its place in it.
#![no_main]

#[path = "../checks/parse.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|text: &str| checks::check(text));
