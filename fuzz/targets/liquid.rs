//! Any text as a value of a message: checked, and rendered for users with much, little and odd data.
#![no_main]

#[path = "../checks/liquid.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|text: &str| checks::check(text));
