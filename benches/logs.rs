//! Reading whole logs of 200,000 events in columns, with four properties wanted, on one thread and on all: rows per second by form.
//! And the same logs taken into a replay of a few campaigns, record by record and by columns.
//!
//! `CAMPANILE_LOG` and `CAMPANILE_COLUMNS` name a log of one's own and its mapping, read once more besides.

use std::fmt::Write as _;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;

use campanile::input::{Log, ReadOptions, Row, open, survey};
use campanile::{Program, Replay, Rulebook};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const EVENTS: u64 = 200_000;
const CITIES: [&str; 4] = ["Pune", "Mumbai", "Delhi", "Nagpur"];
const WANTED: [&str; 4] = ["city", "price", "qty", "category"];

/// A few rules of which most events make nothing, as it is with logs.
const RULES: &str = r#"
segment keen = did "Product Viewed" at least 3 times in last 7 days
campaign thanks { when "Charged" where (city in ["Pune", "Delhi"] and price >= 4900) send template thank_you }
campaign look { when "Product Viewed" where price > 2990 if in segment keen send template look }
"#;

fn city(n: u64) -> &'static str {
    CITIES.get((n % 4) as usize).copied().unwrap_or("Pune")
}

fn segment() -> String {
    let mut log = String::new();
    for n in 0..EVENTS {
        let (user, second, minute) = (n * 7 % 20_000, n % 60, n / 60 % 60);
        let _ = writeln!(
            log,
            r#"{{"type":"track","messageId":"m-{n}","userId":"user-{user}","event":"Charged","timestamp":"2026-11-03T10:{minute:02}:{second:02}.000Z","properties":{{"cart_id":"c{n}","price":{}.5,"category":"Shoes","city":"{}","coupon":null,"items":[{{"sku":"s1","quantity":2}}]}},"context":{{"library":{{"name":"analytics.js","version":"4.1"}}}}}}"#,
            n % 5000,
            city(n)
        );
    }
    log
}

fn mapped() -> String {
    let mut log = String::new();
    for n in 0..EVENTS {
        let _ = writeln!(
            log,
            r#"{{"user_id":{},"ts":{},"event":"Product Viewed","props":{{"city":"{}","platform":"android","price":{}.25,"product_id":{},"qty":{},"category":"grocery"}}}}"#,
            n * 7 % 20_000,
            1_767_225_600_000 + n * 31,
            city(n),
            n % 3000,
            n % 50_000,
            n % 5
        );
    }
    log
}

fn csv() -> String {
    let mut log = String::from("user_id,ts,event,city,price,qty,category\n");
    for n in 0..EVENTS {
        let _ = writeln!(
            log,
            "{},{},Product Viewed,{},{}.25,{},grocery",
            n * 7 % 20_000,
            1_767_225_600_000 + n * 31,
            city(n),
            n % 3000,
            n % 5
        );
    }
    log
}

fn mapping(columns: &str) -> ReadOptions {
    ReadOptions { columns: columns.parse().ok(), ..ReadOptions::default() }
}

fn rows(path: &Path, options: &ReadOptions) -> u64 {
    let Ok(mut reader) = open(path, options) else { return 0 };
    for row in reader.by_ref() {
        let _ = black_box(row);
    }
    reader.rows()
}

fn taken_by_record(program: &Program, path: &Path, options: &ReadOptions) -> Replay {
    let mut replay = Replay::new(program);
    for row in open(path, options).into_iter().flatten() {
        if let Ok(Row::Record(record)) = row {
            replay.add(record);
        }
    }
    replay
}

fn taken_by_columns(program: &Program, path: &Path, options: &ReadOptions, threads: usize) -> Replay {
    let mut replay = Replay::new(program).on_threads(threads);
    let taken = Log::open([path], options).and_then(|log| replay.add_log(&log));
    assert!(taken.is_ok(), "{taken:?}");
    replay
}

#[expect(clippy::disallowed_methods, reason = "whose log is measured is said outside")]
fn reading(criterion: &mut Criterion) {
    let Ok(directory) = tempfile::tempdir() else { return };
    let path = |name: &str, log: String| {
        let path = directory.path().join(name);
        std::fs::write(&path, log).map(|()| path)
    };
    let all = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut logs = vec![
        ("segment", path("segment", segment()), ReadOptions::default()),
        (
            "mapped",
            path("mapped", mapped()),
            mapping("user=user_id,at=ts:unix_ms,event=event,properties=props"),
        ),
        ("csv", path("csv", csv()), mapping("user=user_id,at=ts:unix_ms,event=event")),
    ];
    if let Some(own) = std::env::var_os("CAMPANILE_LOG") {
        let columns = std::env::var("CAMPANILE_COLUMNS").unwrap_or_default();
        logs.push(("own", Ok(own.into()), mapping(&columns)));
    }
    let Ok(rulebook) = Rulebook::parse("bench.camp", RULES) else { return };
    let program = rulebook.compile();
    let mut group = criterion.benchmark_group("logs");
    group.sample_size(10);
    for (name, path, options) in logs {
        let Ok(path) = path else { continue };
        let Ok(tally) = survey(&path, &options, Some(&WANTED), all) else { continue };
        group.throughput(Throughput::Elements(tally.rows()));
        group.bench_function(format!("{name}, row by row"), |bencher| {
            bencher.iter(|| assert_eq!(rows(&path, &options), tally.rows()));
        });
        for (what, threads) in [("one thread", NonZeroUsize::MIN), ("all threads", all)] {
            group.bench_function(format!("{name}, columns, {what}"), |bencher| {
                bencher.iter(|| {
                    assert_eq!(survey(&path, &options, Some(&WANTED), threads).ok(), Some(tally.clone()))
                });
            });
        }
        group.bench_function(format!("{name}, into a replay, record by record"), |bencher| {
            bencher.iter(|| taken_by_record(&program, &path, &options));
        });
        for (what, threads) in [("one thread", 1), ("all threads", all.get())] {
            group.bench_function(format!("{name}, into a replay, columns, {what}"), |bencher| {
                bencher.iter(|| taken_by_columns(&program, &path, &options, threads));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
