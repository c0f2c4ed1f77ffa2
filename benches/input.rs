//! Reading event logs: NDJSON, a CleverTap document and CSV, each of 100,000 events.

use std::fmt::Write as _;
use std::hint::black_box;

use campanile::input::{ReadOptions, from_read};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const EVENTS: u64 = 100_000;
const CITIES: [&str; 4] = ["Pune", "Mumbai", "Delhi", "Nagpur"];

fn city(n: u64) -> &'static str {
    CITIES.get((n % 4) as usize).copied().unwrap_or("Pune")
}

fn segment() -> String {
    let mut log = String::new();
    for n in 0..EVENTS {
        let (user, minute, city) = (n * 7 % 20_000, n % 60, city(n));
        let _ = writeln!(
            log,
            r#"{{"type":"track","messageId":"m-{n}","userId":"user-{user}","event":"Charged","timestamp":"2026-11-03T10:{minute:02}:00.000Z","properties":{{"cart_id":"c{n}","amount":{}.5,"category":"Shoes","city":"{city}","coupon":null,"items":[{{"sku":"s1","quantity":2}}]}},"context":{{"library":{{"name":"analytics.js","version":"4.1"}}}}}}"#,
            n % 5000
        );
    }
    log
}

fn clevertap() -> String {
    let mut log = String::from("{ \"d\": [\n");
    for n in 0..EVENTS {
        let (user, comma) = (n * 7 % 20_000, if n + 1 < EVENTS { "," } else { "" });
        let _ = writeln!(
            log,
            r#"  {{ "type": "event", "identity": "user-{user}", "ts": {}, "evtName": "Charged", "evtData": {{ "Amount": {}, "City": "{}", "Delivery By": "$D_1793700000", "Items": [{{ "Category": "books", "Quantity": 1 }}] }} }}{comma}"#,
            1_793_700_000 + n,
            n % 5000,
            city(n)
        );
    }
    log.push_str("] }\n");
    log
}

fn csv() -> String {
    let mut log = String::from("customer_id,date,cds,usd,city\n");
    for n in 0..EVENTS {
        let _ = writeln!(
            log,
            "{:05},2026-11-{:02},{},{}.77,{}",
            n * 7 % 20_000,
            n % 28 + 1,
            n % 9,
            n % 300,
            city(n)
        );
    }
    log
}

fn reading(criterion: &mut Criterion) {
    let columns = ReadOptions {
        columns: r#"user=customer_id,at=date,event="Charged""#.parse().ok(),
        ..ReadOptions::default()
    };
    let logs = [
        ("segment", segment(), ReadOptions::default()),
        ("clevertap document", clevertap(), ReadOptions::default()),
        ("csv", csv(), columns),
    ];
    let mut group = criterion.benchmark_group("input");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS));
    for (name, log, options) in logs {
        let bytes: std::sync::Arc<[u8]> = log.into_bytes().into();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let log = std::io::Cursor::new(bytes.clone());
                let Ok(mut reader) = from_read("log", log, &options) else { return };
                for row in reader.by_ref() {
                    let _ = black_box(row);
                }
                assert_eq!(reader.records(), EVENTS);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
