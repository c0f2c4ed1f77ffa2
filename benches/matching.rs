//! One event at a time, as the engines of `bench/compare/run --matching` take them, which asks this for our rows.
//!
//! `cargo bench --no-default-features --features input --bench matching -- RULES.camp EVENTS.ndjson EVENTS PASSES [writable]`:
//! so many events of the log are read; then, in each pass, an engine that knows nobody takes in each event by itself, closes its instant and
//! hands over what was decided. `writable` makes known beforehand that everyone may be written to and at which number, so that a
//! match ends in a rendered message. Reading and copying the records are outside of the measured time, dropping them inside.

#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use campanile::input::{ReadOptions, Row, open};
use campanile::live::Engine;
use campanile::model::{Instant, ProfileUpdate, Record, Text, Value};
use campanile::program::Program;
use campanile::rulebook::Rulebook;

const COLUMNS: &str = "user=user_id,at=ts:unix_ms,event=event,properties=props";

fn log(path: &str, most: usize) -> Vec<Record> {
    let columns = Some(COLUMNS.parse().expect("the bench's columns are sound"));
    let reader = open(Path::new(path), &ReadOptions { columns, ..ReadOptions::default() });
    let reader = reader.expect("the log can be opened");
    let record = |row| match row {
        Ok(Row::Record(record)) => record,
        other => panic!("not a row of the log: {other:?}"),
    };
    reader.take(most).map(record).collect()
}

fn writable(records: &[Record]) -> Vec<Record> {
    let users: BTreeSet<&Text> = records
        .iter()
        .filter_map(|record| match record {
            Record::Event(event) => Some(&event.user),
            Record::Profile(_) | Record::Number(_) | Record::Template(_) => None,
        })
        .collect();
    let profile = |(number, user): (usize, &Text)| {
        let phone = Value::text(&format!("+9198{number:08}"));
        let changes = [("phone", phone), ("whatsapp", Value::Boolean(true))];
        let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
        Record::Profile(ProfileUpdate { user: user.clone(), at: None, changes })
    };
    users.into_iter().enumerate().map(profile).collect()
}

/// What an engine did, and in how many seconds: by the clock on the wall, and of the processor.
#[derive(Default)]
struct Pass {
    seconds: f64,
    processor: f64,
    jobs: usize,
    outcomes: BTreeMap<Text, u64>,
}

fn pass(program: &Program, profiles: Vec<Record>, events: Vec<Record>) -> Pass {
    let mut engine = Engine::in_memory(program.clone());
    let first = events.iter().find_map(instant).unwrap_or(Instant::from_millis(0));
    engine = engine.starting(first);
    engine.ingest(profiles).expect("a profile has no instant to refuse");
    let mut done = Pass::default();
    let (start, ran) = (now(), processor());
    let mut events = events.into_iter().peekable();
    while let Some(record) = events.next() {
        let at = instant(&record).unwrap_or(first);
        engine.ingest([record]).expect("the log's instants are supported");
        // An instant is closed when all of it has come.
        if events.peek().and_then(instant) == Some(at) {
            continue;
        }
        done.jobs += engine.advance(at).expect("the log's instants are supported").len();
        for outcome in engine.take_outcomes() {
            *done.outcomes.entry(outcome.campaign).or_default() += 1;
        }
    }
    done.seconds = start.elapsed().as_secs_f64();
    done.processor = processor().saturating_sub(ran).as_secs_f64();
    done
}

fn instant(record: &Record) -> Option<Instant> {
    match record {
        Record::Event(event) => Some(event.at),
        Record::Profile(_) | Record::Number(_) | Record::Template(_) => None,
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// How long this process has run so far, without what it waited for a processor.
fn processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let (rules, path, most, passes, known) = match arguments.as_slice() {
        [rules, path, most, passes] => (rules, path, most, passes, false),
        [rules, path, most, passes, word] if word == "writable" => (rules, path, most, passes, true),
        _ => return println!("needs rules and a log: bench/compare/run --matching"),
    };
    let text = std::fs::read_to_string(rules).expect("the rules can be read");
    let program = Rulebook::parse(rules, &text).expect("the rules are sound").compile();
    let events = log(path, most.parse().expect("a number of events"));
    let profiles = if known { writable(&events) } else { Vec::new() };
    let passes = 0..passes.parse().expect("a number of passes");
    let done: Vec<Pass> = passes.map(|_| pass(&program, profiles.clone(), events.clone())).collect();
    let last = done.last().expect("at least one pass");
    assert!(done.iter().all(|pass| pass.outcomes == last.outcomes), "two passes differ");
    let counts: Vec<u64> =
        program.campaigns().map(|name| last.outcomes.get(name).copied().unwrap_or(0)).collect();
    let seconds: Vec<f64> = done.iter().map(|pass| pass.seconds).collect();
    let processor: Vec<f64> = done.iter().map(|pass| pass.processor).collect();
    let (events, jobs) = (events.len(), last.jobs);
    println!(
        r#"RESULT {{"events": {events}, "jobs": {jobs}, "seconds": {seconds:?}, "processor": {processor:?}, "counts": {counts:?}}}"#
    );
}
