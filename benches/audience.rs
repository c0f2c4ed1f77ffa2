//! Who is in which segment, of a Parquet log of a million events of 50,000 users, rung by rung: the columns read and nothing asked of them; the
//! events counted; the events of one filter counted; ten segments. Each sorted by user and by time, on one thread and on all.
//!
//! What one rung takes more than the one before is what it adds: reading, looking at names, filters, and words and answers.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use campanile::audience::Audience;
use campanile::input::{Log, ReadOptions};
use campanile::model::Instant;
use campanile::rulebook::Rulebook;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

const EVENTS: u64 = 1_000_000;
const USERS: u64 = 50_000;
/// 2026-01-01T00:00:00Z.
const BEGIN: i64 = 1_767_225_600_000;
const DAYS: u64 = 30;
const NAMES: [&str; 6] =
    ["Product Viewed", "Product Viewed", "Product Viewed", "Added To Cart", "Charged", "App Launched"];
const CITIES: [&str; 8] = ["Pune", "Mumbai", "Delhi", "Nagpur", "Chennai", "Jaipur", "Surat", "Kochi"];
const CATEGORIES: [&str; 5] = ["electronics", "fashion", "grocery", "toys", "books"];

const RUNGS: [(&str, &str); 4] = [
    (
        "read",
        r#"segment a = sum of price over "Never" where city = "Pune" and category = "toys" in last 7 days > 0"#,
    ),
    ("names", r#"segment a = did any event at least 3 times in last 7 days"#),
    (
        "filter",
        r#"segment a = did "Product Viewed" where city in ["Pune", "Delhi"] and category = "toys" in last 7 days"#,
    ),
    (
        "ten",
        r#"
segment a = did "Product Viewed" at least 3 times in last 7 days
segment b = did "Product Viewed" where city in ["Mumbai", "Pune"] at least 3 times in last 7 days and did not "Charged" in last 1 day
segment c = sum of price over "Charged" in last 30 days >= 5000
segment d = distinct category over "Product Viewed" in last 14 days >= 4
segment e = did not any event in last 7 days and did "App Launched" in last 30 days
segment f = first "Charged" was in last 7 days
segment g = last "Product Viewed" had category = "electronics"
segment h = did "Product Viewed" then "Added To Cart" then "Charged", all within 1 hour in last 30 days
segment i = last "Added To Cart" was in last 3 days and no "Charged" since
segment j = average of price over "Product Viewed" where category = "fashion" and hour in 18..22 in last 14 days > 500
"#,
    ),
];

/// Whole numbers by chance, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn of<'v>(&mut self, values: &[&'v str]) -> &'v str {
        values.get(self.below(values.len() as u64) as usize).copied().unwrap_or_default()
    }
}

/// User, instant, name, city, category, price.
type Row = (i64, i64, &'static str, &'static str, &'static str, f64);

/// The log in the order of its users, or of time.
fn write(path: &Path, by_user: bool) -> Result<(), Box<dyn Error>> {
    let mut chance = Chance(7);
    let mut rows: Vec<Row> = Vec::new();
    for _ in 0..EVENTS {
        rows.push((
            chance.below(USERS) as i64,
            BEGIN + chance.below(DAYS * 86_400_000) as i64,
            chance.of(&NAMES),
            chance.of(&CITIES),
            chance.of(&CATEGORIES),
            chance.below(3_000) as f64 + 0.5,
        ));
    }
    if by_user {
        rows.sort_by_key(|row| (row.0, row.1));
    } else {
        rows.sort_by_key(|row| row.1);
    }
    let text = |read: fn(&Row) -> &'static str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(read)))
    };
    let batch = RecordBatch::try_from_iter([
        ("user_id", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))) as ArrayRef),
        ("ts", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.1)))),
        ("event", text(|row| row.2)),
        ("city", text(|row| row.3)),
        ("category", text(|row| row.4)),
        ("price", Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.5)))),
    ])?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(250_000))
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path)?, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

/// How many users are in the segments, all added up.
fn members(rules: &Rulebook, path: &Path, threads: NonZeroUsize) -> Result<u64, Box<dyn Error>> {
    let columns = "user=user_id,at=ts:unix_ms,event=event".parse().ok();
    let log = Log::open([path], &ReadOptions { columns, ..ReadOptions::default() })?;
    let at = Instant::from_millis(BEGIN + (DAYS * 86_400_000) as i64);
    let found = Audience::new(rules).at(at).on_threads(threads.get()).ask_log(&log)?;
    Ok(found.iter().flat_map(|found| &found.segments).map(|segment| segment.users).sum())
}

fn logs(directory: &Path) -> Result<[(&'static str, PathBuf); 2], Box<dyn Error>> {
    let logs = [("by user", directory.join("user.parquet")), ("by time", directory.join("time.parquet"))];
    for (order, path) in &logs {
        write(path, *order == "by user")?;
    }
    Ok(logs)
}

fn asking(criterion: &mut Criterion) {
    let Ok(directory) = tempfile::tempdir() else { return };
    let Ok(logs) = logs(directory.path()) else { return };
    let all = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut group = criterion.benchmark_group("audience");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS));
    for (rung, text) in RUNGS {
        let Ok(rules) = Rulebook::parse("bench.camp", text) else { continue };
        for (order, path) in &logs {
            for (what, threads) in [("one thread", NonZeroUsize::MIN), ("all threads", all)] {
                group.bench_function(format!("{rung}, {order}, {what}"), |bencher| {
                    bencher.iter(|| black_box(members(&rules, path, threads)).ok());
                });
            }
        }
    }
    group.finish();
}

criterion_group!(benches, asking);
criterion_main!(benches);
