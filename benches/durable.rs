//! The durable engine: what it takes in a second, how long its calls are, what its users take, and how soon it is back.
//!
//! `cargo bench --no-default-features --features durable --bench durable -- PART… NAME=NUMBER… dir=DIRECTORY`; without a part, all of them.
//!
//! | part | measures | sizes |
//! |---|---|---|
//! | `ingest` | events a second and how long calls are, with 1, 10 and 100 campaigns in batches of 1, 100 and 1,000 | `events`, `calls` |
//! | `threads` | the same through a service, from many threads, an event a call | `events` |
//! | `handed` | how long it is from an instant until what was due at it is handed over and settled | `calls` |
//! | `users` | memory and disk for each user, and how long opening takes, from the log and from a snapshot | `users` |
//! | `fold` | folding the history of 200 days, and what is left on the disk | `users` |
//! | `timers` | timers of all users that fall due in one minute, while events come | `users`, `slice` |
//!
//! Each figure is a row of a Markdown table. The directory decides what is measured: one in memory does not wait for a disk.

#![expect(clippy::expect_used, reason = "a bench that cannot go on has failed")]

mod measure;
mod people;
mod shop;

use std::path::{Path, PathBuf};
use std::time::Duration;

use campanile::durable::{DurableEngine, Limits, Options, Service, Settled};
use campanile::model::{Event, Instant, ProfileUpdate, Properties, Record, Text, Value};
use campanile::program::Program;
use campanile::rulebook::Rulebook;
use measure::{Calls, interruptions, memory, now, shown, size};
use tempfile::TempDir;

/// What is asked of the bench.
struct Asked {
    arguments: Vec<String>,
}

impl Asked {
    fn read() -> Asked {
        Asked { arguments: std::env::args().skip(1).collect() }
    }

    fn wants(&self, part: &str) -> bool {
        let mut parts =
            self.arguments.iter().filter(|said| !said.starts_with('-') && !said.contains('=')).peekable();
        parts.peek().is_none() || parts.any(|said| said == part)
    }

    fn said(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find_map(|said| said.strip_prefix(name)?.strip_prefix('='))
    }

    fn number(&self, name: &str, of_bench: usize, of_test: usize) -> usize {
        let said = self.said(name).map(|said| said.replace('_', "").parse().expect("a number"));
        said.unwrap_or_else(|| size(of_bench, of_test))
    }

    /// A directory of its own for each engine, gone with it.
    fn folder(&self) -> TempDir {
        let beneath =
            self.said("dir").map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
        tempfile::tempdir_in(beneath).expect("a directory")
    }
}

fn open(folder: &Path, program: &Program, options: Options) -> DurableEngine {
    DurableEngine::open(folder, program.clone(), options).expect("the directory is sound")
}

fn program(rules: &str) -> Program {
    Rulebook::parse("durable.camp", rules).expect("the bench's rules are sound").compile()
}

fn row(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

/// The head of a table, and the line below it.
fn head(cells: &[&str]) {
    println!("\n| {} |\n|{}", cells.join(" | "), "---|".repeat(cells.len()));
}

fn latencies(calls: &Calls) -> Vec<String> {
    calls.quantiles().into_iter().map(shown).collect()
}

/// So many a second.
fn each_second(many: usize, took: Duration) -> String {
    let rate = (many as f64 / took.as_secs_f64().max(1e-9)) as u64;
    let text = rate.to_string();
    let (lead, rest) = text.split_at(text.len() % 3);
    let groups = rest.as_bytes().chunks(3).filter_map(|group| std::str::from_utf8(group).ok());
    let groups: Vec<&str> = std::iter::once(lead).chain(groups).filter(|group| !group.is_empty()).collect();
    groups.join(",")
}

/// Bytes of all files of a directory.
fn disk(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("the directory is there");
    files.filter_map(|file| file.ok()?.metadata().ok()).map(|file| file.len()).sum()
}

/// The log of a shop, profiles first, each event with an id where that is wanted.
fn log(events: usize, ids: bool) -> (Vec<Record>, Vec<Record>) {
    let mut log = shop::log(events as u64);
    let mut events = log.split_off(shop::USERS as usize);
    for (number, record) in events.iter_mut().enumerate().filter(|_| ids) {
        if let Record::Event(event) = record {
            event.id = Some(format!("order-{number:012}").into());
        }
    }
    (log, events)
}

/// An engine that knows everybody in the shop.
fn filled(folder: &Path, campaigns: usize, profiles: &[Record]) -> DurableEngine {
    let mut engine = open(folder, &shop::rulebook(campaigns).compile(), Options::default());
    for batch in profiles.chunks(1_000) {
        engine.ingest(batch.to_vec()).expect("it is written");
    }
    engine
}

fn ingest(asked: &Asked) {
    let (most, calls) = (asked.number("events", 1_000_000, 600), asked.number("calls", 2_000, 3));
    head(&[
        "campaigns",
        "batch",
        "ids",
        "events",
        "ingested a second",
        "with instants closed",
        "jobs",
        "p50",
        "p99",
        "p99.9",
        "longest",
        "disk, bytes an event",
    ]);
    for ids in [false, true] {
        let (profiles, all) = log(most, ids);
        for (campaigns, batch) in
            [1, 10, 100].into_iter().flat_map(|many| [1, 100, 1_000].map(|batch| (many, batch)))
        {
            if ids && (campaigns, batch) != (10, 1_000) {
                continue;
            }
            let folder = asked.folder();
            let mut engine = filled(folder.path(), campaigns, &profiles);
            let (mut ingests, mut advances) = (Calls::with_capacity(calls), Calls::with_capacity(calls));
            let (mut events, mut jobs, before) = (0, 0, disk(folder.path()));
            for records in all.chunks(batch).take(calls) {
                let last = records.iter().filter_map(Record::at).max().expect("events have an instant");
                events += records.len();
                let records = records.to_vec();
                ingests.time(|| engine.ingest(records)).expect("it is written");
                // What comes next may be of the same millisecond.
                let before_it = Instant::from_millis(last.millis() - 1);
                jobs += advances.time(|| engine.advance(before_it)).expect("it is written").jobs;
            }
            let bytes = disk(folder.path()).saturating_sub(before) / events as u64;
            let ingested = each_second(events, ingests.total());
            let closed = each_second(events, ingests.total() + advances.total());
            let ids = if ids { "yes" } else { "no" };
            let mut cells = vec![
                campaigns.to_string(),
                batch.to_string(),
                ids.to_owned(),
                events.to_string(),
                ingested,
                closed,
                jobs.to_string(),
            ];
            cells.extend(latencies(&ingests));
            cells.push(bytes.to_string());
            row(&cells);
        }
    }
}

fn threads(asked: &Asked) {
    let most = asked.number("events", 1_000_000, 600).min(20_000);
    let (profiles, all) = log(most, false);
    head(&["threads", "events", "ingested a second", "p50", "p99", "p99.9", "longest"]);
    for threads in [1, 4, 16, 64, 256] {
        let folder = asked.folder();
        let engine = filled(folder.path(), 10, &profiles);
        let service = Service::start(engine, Limits::default()).expect("a thread");
        let events = all.get(..(threads * 300).min(all.len())).unwrap_or_default();
        let start = now();
        let calls: Vec<Calls> = std::thread::scope(|scope| {
            let mut hands = Vec::new();
            for share in events.chunks(events.len().div_ceil(threads)) {
                let service = service.clone();
                hands.push(scope.spawn(move || {
                    let mut calls = Calls::with_capacity(share.len());
                    for record in share {
                        let mut records = vec![record.clone()];
                        calls.time(|| service.ingest(&mut records)).expect("it is written");
                    }
                    calls
                }));
            }
            hands.into_iter().map(|hand| hand.join().expect("no thread panics")).collect()
        });
        let took = start.elapsed();
        let mut all = Calls::default();
        all.extend(calls);
        let mut cells = vec![threads.to_string(), events.len().to_string(), each_second(events.len(), took)];
        cells.extend(latencies(&all));
        row(&cells);
    }
}

const THANKS: &str =
    r#"campaign thanks { when "Charged" send template thanks { body "{{ event.amount }}" } }"#;

/// 2026-11-03T12:00:00Z.
const NOON: i64 = 1_793_707_200_000;

fn someone(number: usize) -> Text {
    format!("user{number:08}").into()
}

fn reachable(number: usize) -> Record {
    let changes = [("phone", Value::text(&format!("+9198{number:08}"))), ("whatsapp", Value::Boolean(true))];
    let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
    Record::Profile(ProfileUpdate { user: someone(number), at: None, changes })
}

fn fold(asked: &Asked) {
    let users = asked.number("users", 20_000, 50);
    let (folder, program) = (asked.folder(), program(people::COUNTS));
    let options = || Options::default().starting(Instant::from_millis(NOON));
    let mut engine = open(folder.path(), &program, options());
    engine.ingest((0..users).map(reachable).collect()).expect("it is written");
    const DAY: i64 = 86_400_000;
    for day in -200..0 {
        // Each user has an event in four days.
        let today: Vec<usize> =
            (0..users).filter(|number| (number + day as usize).is_multiple_of(4)).collect();
        for some in today.chunks(1_000) {
            let records = some.iter().map(|number| {
                let name = ["App Opened", "Added", "Charged"].get(number % 3).copied().unwrap_or_default();
                event(*number, name, NOON + day * DAY + *number as i64)
            });
            engine.ingest(records.collect()).expect("it is written");
        }
        engine.advance(Instant::from_millis(NOON + (day + 1) * DAY)).expect("it is written");
    }
    engine.shut().expect("it is written");
    let mut engine = open(folder.path(), &program, options());
    let before = disk(folder.path());
    let mut folds = Calls::with_capacity(1);
    let folded =
        folds.time(|| engine.fold(campanile::model::Duration::from_millis(0))).expect("it is written");
    engine.shut().expect("it is written");
    let after = disk(folder.path());
    let mut opens = Calls::with_capacity(1);
    opens.time(|| drop(open(folder.path(), &program, options())));
    head(&[
        "records",
        "left out",
        "folded in",
        "disk before",
        "after",
        "the state in it",
        "opened afterwards",
    ]);
    row(&[
        (folded.records + folded.kept).to_string(),
        folded.records.to_string(),
        shown(folds.total()),
        format!("{} bytes", before),
        format!("{} bytes", after),
        format!("{} bytes", folded.bytes),
        shown(opens.total()),
    ]);
}

fn event(user: usize, name: &str, at: i64) -> Record {
    let properties: Properties = [("amount", Value::integer(at % 2_000))].into_iter().collect();
    let (at, name) = (Instant::from_millis(at), name.into());
    Record::Event(Event { user: someone(user), name, at, id: None, properties })
}

fn handed(asked: &Asked) {
    head(&["jobs due together", "instants", "p50", "p99", "p99.9", "longest", "jobs a second"]);
    for together in [1, 100, 1_000] {
        let instants = (asked.number("calls", 2_000, 3) / together).max(3);
        let folder = asked.folder();
        let mut engine = open(folder.path(), &program(THANKS), Options::default());
        engine.ingest((0..together).map(reachable).collect()).expect("it is written");
        engine.advance(Instant::from_millis(NOON)).expect("it is written");
        let mut calls = Calls::with_capacity(instants);
        for number in 1..=instants {
            let due = NOON + number as i64 * 1_000;
            let events = (0..together).map(|user| event(user, "Charged", due)).collect();
            engine.ingest(events).expect("it is written");
            let due = Instant::from_millis(due);
            let many = calls.time(|| {
                engine.advance(due).expect("it is written");
                let claims = engine.claim("bench", due, together).expect("it is written");
                let word = Settled::Accepted { provider_id: None };
                let settled: Vec<_> =
                    claims.iter().map(|claim| (claim.number, claim.attempt, word.clone())).collect();
                engine.settle(&settled, due).expect("it is written");
                claims.len()
            });
            assert_eq!(many, together, "each event has its job");
        }
        let mut cells = vec![together.to_string(), instants.to_string()];
        cells.extend(latencies(&calls));
        cells.push(each_second(together * instants, calls.total()));
        row(&cells);
    }
}

fn users(asked: &Asked) {
    let users = asked.number("users", 1_000_000, 500);
    let (folder, program) = (asked.folder(), program(people::COUNTS));
    let options = || Options::default().starting(Instant::from_millis(people::NOW));
    let (before, start) = (memory(), now());
    let mut engine = open(folder.path(), &program, options());
    for first in (0..users).step_by(1_000) {
        let numbers = first..(first + 1_000).min(users);
        engine.ingest(numbers.map(people::profile).collect()).expect("it is written");
    }
    // As they would have come: a day after the other.
    for day in (0..people::MONTH / 86_400_000).rev().map(|day| day * 86_400_000) {
        let mut records = Vec::with_capacity(1_000);
        for number in 0..users {
            for (place, ago) in people::agos(number).into_iter().enumerate() {
                if (day..day + 86_400_000).contains(&ago) {
                    records.extend(people::event(number, place));
                }
            }
            if records.len() >= 998 || number + 1 == users {
                engine.ingest(std::mem::take(&mut records)).expect("it is written");
            }
        }
        engine.advance(Instant::from_millis(people::NOW - day)).expect("it is written");
    }
    let (came, each) = (start.elapsed(), |bytes: usize| (bytes / users.max(1)).to_string());
    let held = memory().saturating_sub(before);
    drop(engine);
    let log = disk(folder.path()) as usize;

    let mut opened = Calls::with_capacity(2);
    let mut engine = opened.time(|| open(folder.path(), &program, options()));
    let recovery = *engine.recovery();
    let from_log = opened.total();
    assert!(
        !recovery.from_snapshot && recovery.records == 4 * users as u64,
        "from the log alone: {recovery:?}"
    );
    let mut snapshots = Calls::with_capacity(1);
    let bytes = snapshots.time(|| engine.snapshot()).expect("it is written") as usize;
    engine.shut().expect("it is written");
    let whole = disk(folder.path()) as usize;
    let engine = opened.time(|| open(folder.path(), &program, options()));
    assert!(engine.recovery().from_snapshot && engine.recovery().replayed == 0, "from the snapshot alone");
    let from_snapshot = opened.total() - from_log;

    head(&["users", "came in", "memory, bytes a user", "log", "snapshot", "all of the disk"]);
    row(&[users.to_string(), shown(came), each(held), each(log), each(bytes), each(whole)]);
    head(&["records", "opened from the log", "a million records", "snapshot written", "opened from it"]);
    let a_million = from_log.as_secs_f64() * 1e6 / recovery.records as f64;
    row(&[
        recovery.records.to_string(),
        shown(from_log),
        shown(Duration::from_secs_f64(a_million)),
        shown(snapshots.total()),
        shown(from_snapshot),
    ]);
}

const CART: &str = r#"campaign cart { when "Added" then no "Charged" within 30 minutes send template cart { body "{{ event.amount }}" } }"#;

fn timers(asked: &Asked) {
    let users = asked.number("users", 1_000_000, 500);
    let slice = asked.number("slice", 500, 50);
    let folder = asked.folder();
    let mut engine = open(folder.path(), &program(CART), Options::default().slice(slice));
    let minute = |number: usize| NOON + (number * 60_000 / users) as i64;
    for first in (0..users).step_by(500) {
        let numbers = first..(first + 500).min(users);
        let records = numbers.flat_map(|number| [reachable(number), event(number, "Added", minute(number))]);
        engine.ingest(records.collect()).expect("it is written");
    }
    engine.advance(Instant::from_millis(NOON + 60_000)).expect("it is written");
    let service = Service::start(engine, Limits::default()).expect("a thread");
    let (start, before) = (now(), interruptions());
    let due = Instant::from_millis(NOON + 31 * 60_000);
    let mut ingests = Calls::with_capacity(users);
    let (all, took, came) = std::thread::scope(|scope| {
        let advances = service.clone();
        let advance = scope.spawn(move || (advances.advance(due), start.elapsed()));
        let mut number = 0;
        while !advance.is_finished() {
            let mut records = vec![event(number % users, "Viewed", due.millis() + 1 + number as i64 / 10)];
            ingests.time(|| service.ingest(&mut records)).expect("it is written");
            number += 1;
        }
        let (all, took) = advance.join().expect("no thread panics");
        (all, took, number)
    });
    let interrupted = interruptions() - before;
    let jobs = all.expect("it is written").jobs;
    assert_eq!(jobs, users as u64, "each has a timer");
    head(&[
        "timers",
        "slice",
        "done in",
        "timers a second",
        "events meanwhile",
        "p50",
        "p99",
        "p99.9",
        "longest",
        "interrupted",
    ]);
    let mut cells =
        vec![users.to_string(), slice.to_string(), shown(took), each_second(users, took), came.to_string()];
    cells.extend(latencies(&ingests));
    cells.push(interrupted.to_string());
    row(&cells);
    // What was waited for, and what was run on this side.
    println!("\n```\n{}\n{ingests}\n```", Calls::heads());
}

fn main() {
    let asked = Asked::read();
    for (part, measure) in [
        ("ingest", ingest as fn(&Asked)),
        ("threads", threads),
        ("handed", handed),
        ("users", users),
        ("fold", fold),
        ("timers", timers),
    ] {
        if asked.wants(part) {
            measure(&asked);
        }
    }
}
