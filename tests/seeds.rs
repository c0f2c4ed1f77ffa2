//! The fuzzer's seeds, each put to its target once: what was found stays mended, and the targets stay sound.
#![cfg(test)]
#![cfg(feature = "input")]

use std::fs;
use std::path::Path;

#[path = "../fuzz/checks/format.rs"]
mod format;
#[path = "../fuzz/checks/liquid.rs"]
mod liquid;
#[path = "../fuzz/checks/log_csv.rs"]
mod log_csv;
#[path = "../fuzz/checks/log_json.rs"]
mod log_json;
#[path = "../fuzz/checks/parse.rs"]
mod parse;

fn every_seed(target: &str, check: impl Fn(&[u8])) {
    let mut seeds = 0;
    for entry in fs::read_dir(Path::new("fuzz/seeds").join(target)).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        check(&fs::read(&path).unwrap());
        seeds += 1;
    }
    assert!(seeds >= 5, "{target} has only {seeds} seeds");
}

/// As the fuzzer does: what is no UTF-8 is not asked of.
fn as_text(check: fn(&str)) -> impl Fn(&[u8]) {
    move |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            check(text);
        }
    }
}

#[test]
fn any_text_is_read_as_rules() {
    every_seed("parse", as_text(parse::check));
}

#[test]
fn a_sound_text_has_one_form() {
    every_seed("format", as_text(format::check));
    every_seed("parse", as_text(format::check));
}

#[test]
fn any_text_is_a_value_or_a_finding() {
    every_seed("liquid", as_text(liquid::check));
}

#[test]
fn any_bytes_are_rows_or_rejects() {
    every_seed("log_json", log_json::check);
    every_seed("log_csv", log_csv::check);
}
