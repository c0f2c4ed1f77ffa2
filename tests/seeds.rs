//! The fuzzer's seeds, each put to its target once: what was found stays mended, and the targets stay sound.
#![cfg(test)]
#![cfg(feature = "input")]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;

#[path = "../fuzz/checks/format.rs"]
mod format;
#[path = "../fuzz/checks/liquid.rs"]
mod liquid;
#[path = "../fuzz/checks/log_csv.rs"]
mod log_csv;
#[path = "../fuzz/checks/log_fast.rs"]
mod log_fast;
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
    every_seed("log_json", log_fast::check);
    every_seed("log_csv", log_fast::check);
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(Path::new("fuzz/seeds").join(target))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// What is done to a seed, at places by chance.
#[derive(Debug, Clone)]
enum Edit {
    Delete(Index, Index),
    Repeat(Index, Index),
    Byte(Index, u8),
    Word(Index, Index),
    Splice(Index, Index, Index),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = any::<Index>;
    let edit = prop_oneof![
        (at(), at()).prop_map(|(from, to)| Edit::Delete(from, to)),
        (at(), at()).prop_map(|(from, to)| Edit::Repeat(from, to)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        (at(), at()).prop_map(|(at, word)| Edit::Word(at, word)),
        (at(), at(), at()).prop_map(|(at, seed, from)| Edit::Splice(at, seed, from)),
    ];
    prop::collection::vec(edit, 1..6)
}

/// The longest stretch that one edit takes away or repeats, in bytes.
const STRETCH: usize = 40;

fn edited(seeds: &[Vec<u8>], seed: Index, edits: &[Edit]) -> Vec<u8> {
    let words: Vec<&str> =
        include_str!("../fuzz/rules.dict").lines().filter(|line| line.starts_with('"')).collect();
    let mut bytes = seed.get(seeds).clone();
    for edit in edits {
        let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
        let stretch = |from: &Index, to: &Index, bytes: &[u8]| {
            let start = place(from, bytes);
            start..(start + to.index(STRETCH)).min(bytes.len())
        };
        match edit {
            Edit::Delete(from, to) => drop(bytes.drain(stretch(from, to, &bytes))),
            Edit::Repeat(from, to) => {
                let range = stretch(from, to, &bytes);
                let again = bytes[range.clone()].to_vec();
                bytes.splice(range.end..range.end, again);
            }
            Edit::Byte(at, byte) => bytes.insert(place(at, &bytes), *byte),
            Edit::Word(at, word) => {
                let place = place(at, &bytes);
                let word = word.get(&words).trim_matches('"').as_bytes().to_vec();
                bytes.splice(place..place, [vec![b' '], word, vec![b' ']].concat());
            }
            Edit::Splice(at, other, from) => {
                let place = place(at, &bytes);
                let other = other.get(seeds);
                let from = from.index(other.len() + 1);
                let until = (from + STRETCH * 4).min(other.len());
                bytes.splice(place..place, other[from..until].to_vec());
            }
        }
    }
    bytes
}

/// What is almost a seed, as text where a target takes text.
fn put_to(target: &str, seed: Index, edits: &[Edit], check: impl Fn(&[u8])) {
    let seeds = seeds(target);
    let bytes = edited(&seeds, seed, edits);
    check(&bytes);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig { cases: 48, ..ProptestConfig::default() } })]

    #[test]
    fn almost_seeds_meet_the_targets_too(seed in any::<Index>(), edits in edits()) {
        put_to("parse", seed, &edits, as_text(parse::check));
        put_to("format", seed, &edits, as_text(format::check));
        put_to("liquid", seed, &edits, as_text(liquid::check));
        put_to("log_json", seed, &edits, log_json::check);
        put_to("log_csv", seed, &edits, log_csv::check);
        put_to("log_json", seed, &edits, log_fast::check);
        put_to("log_csv", seed, &edits, log_fast::check);
    }
}
