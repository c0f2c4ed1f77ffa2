//! One log as NDJSON, CSV and Parquet, through the binary: the same bytes come out.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, LargeStringArray, RecordBatch,
    StringArray, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray,
};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterVersion};

use crate::support::{plainly, table, write};

const RULES: &str = r#"
settings { timezone "Asia/Kolkata" }
segment keen = did "Product Viewed" at least 2 times in last 7 days
campaign cart_rescue {
  when "Added to Cart" where price >= 500
  wait 2 hours
  unless "Charged"
  send template cart_reminder in "en"
}
campaign thanks {
  when "Charged" where city in ["Pune", "Delhi"]
  send template thank_you in "en"
}
"#;

/// One row of the log.
struct Seen {
    user: String,
    /// Milliseconds since 1970.
    at: i64,
    event: &'static str,
    id: Option<String>,
    city: Option<&'static str>,
    price: Option<f64>,
    qty: Option<i64>,
}

/// A few thousand events that do not need any chance to be various.
fn log(rows: i64) -> Vec<Seen> {
    let events = ["Product Viewed", "Added to Cart", "Charged", "App Launched"];
    let cities = [None, Some("Pune"), Some("Delhi"), Some("Mumbai"), Some("Kochi")];
    let seen = |row: i64| Seen {
        user: format!("u{}", row * 7919 % 211),
        at: 1_793_678_400_000 + row * 61_007,
        event: events[(row * 31 % 17 % 4) as usize],
        id: (row % 5 == 0).then(|| format!("m{}", row / 2)),
        city: cities[(row * 13 % 11 % 5) as usize],
        price: (row % 3 != 0).then(|| (row * 37 % 4001) as f64 / 4.0),
        qty: (row % 4 != 1).then_some(row % 9),
    };
    (0..rows).map(seen).collect()
}

fn ndjson(log: &[Seen]) -> String {
    let mut text = String::new();
    for seen in log {
        let mut properties = serde_json::Map::new();
        if let Some(city) = seen.city {
            properties.insert("city".to_owned(), city.into());
        }
        if let Some(price) = seen.price {
            properties.insert("price".to_owned(), price.into());
        }
        if let Some(qty) = seen.qty {
            properties.insert("qty".to_owned(), qty.into());
        }
        let mut call = serde_json::json!({
            "type": "track", "userId": seen.user, "event": seen.event, "timestamp": seen.at,
            "properties": properties,
        });
        if let Some(id) = &seen.id {
            call["messageId"] = id.as_str().into();
        }
        writeln!(text, "{call}").unwrap();
    }
    text
}

fn csv(log: &[Seen]) -> String {
    let mut text = String::from("who,when,what,id,city,price,qty\n");
    for seen in log {
        let price = seen.price.map(|price| price.to_string()).unwrap_or_default();
        let qty = seen.qty.map(|qty| qty.to_string()).unwrap_or_default();
        let (id, city) = (seen.id.as_deref().unwrap_or(""), seen.city.unwrap_or(""));
        writeln!(text, "{},{},{},{id},{city},{price},{qty}", seen.user, seen.at, seen.event).unwrap();
    }
    text
}

/// The forms in which columns of text may come.
#[derive(Clone, Copy)]
enum Texts {
    Plain,
    Large,
    View,
    Dictionary,
    SmallDictionary,
}

fn texts<'a>(form: Texts, texts: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    match form {
        Texts::Plain => Arc::new(texts.collect::<StringArray>()),
        Texts::Large => Arc::new(texts.collect::<LargeStringArray>()),
        Texts::View => Arc::new(texts.collect::<StringViewArray>()),
        Texts::Dictionary => Arc::new(texts.collect::<DictionaryArray<Int32Type>>()),
        Texts::SmallDictionary => Arc::new(texts.collect::<DictionaryArray<Int8Type>>()),
    }
}

fn parquet(log: &[Seen], form: Texts, when: ArrayRef) -> RecordBatch {
    let small = if matches!(form, Texts::SmallDictionary) { Texts::Dictionary } else { form };
    table(vec![
        ("who", texts(small, log.iter().map(|seen| Some(seen.user.as_str())))),
        ("when", when),
        ("what", texts(form, log.iter().map(|seen| Some(seen.event)))),
        ("id", texts(small, log.iter().map(|seen| seen.id.as_deref()))),
        ("city", texts(form, log.iter().map(|seen| seen.city))),
        ("price", Arc::new(log.iter().map(|seen| seen.price).collect::<Float64Array>())),
        ("qty", Arc::new(log.iter().map(|seen| seen.qty).collect::<Int64Array>())),
    ])
}

const MAPPING: &str = "user=who,at=when,event=what,id=id";

/// Runs the rules over a log, and gives jobs and outcomes.
fn run(folder: &Path, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_campanile"));
    command.args(["run", "rules.camp", "--jobs", "jobs.ndjson", "--outcomes", "outcomes.ndjson"]);
    let done = command.args(arguments).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    let read = |file| fs::read_to_string(folder.join(file)).unwrap();
    (read("jobs.ndjson"), read("outcomes.ndjson"))
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.camp"), RULES).unwrap();
    let mut profiles = String::new();
    for user in 0..211 {
        let consents = user % 3 != 0;
        writeln!(
            profiles,
            r#"{{"type":"identify","userId":"u{user}","traits":{{"phone":"+9198200{user:05}","whatsapp":{consents}}}}}"#
        )
        .unwrap();
    }
    fs::write(folder.path().join("profiles.ndjson"), profiles).unwrap();
    folder
}

#[test]
fn one_log_in_three_formats_gives_the_same_bytes() {
    let folder = folder();
    let path = |file: &str| folder.path().join(file);
    let log = log(3_000);
    fs::write(path("log.ndjson"), ndjson(&log)).unwrap();
    fs::write(path("log.csv"), csv(&log)).unwrap();
    let profiles = ["--profiles", "profiles.ndjson"];
    let expected = run(folder.path(), &[&profiles[..], &["--events", "log.ndjson"]].concat());
    assert!(expected.0.lines().count() > 100, "there is something to compare");
    assert!(expected.1.lines().count() > expected.0.lines().count());
    let mapped = |file| [&profiles[..], &["--events", file, "--columns", MAPPING]].concat();
    for threads in ["1", "2", "7"] {
        let threads = ["--threads", threads];
        assert_eq!(run(folder.path(), &[&mapped("log.csv"), &threads[..]].concat()), expected);
        let ndjson = [&profiles[..], &["--events", "log.ndjson"], &threads].concat();
        assert_eq!(run(folder.path(), &ndjson), expected);
    }

    let millis: Vec<i64> = log.iter().map(|seen| seen.at).collect();
    let in_unit = |factor: i64| millis.iter().map(move |at| at * factor).collect::<Vec<i64>>();
    let zoned: ArrayRef = Arc::new(TimestampMillisecondArray::from(millis.clone()).with_timezone("UTC"));
    let elsewhere: ArrayRef =
        Arc::new(TimestampMicrosecondArray::from(in_unit(1_000)).with_timezone("Asia/Tokyo"));
    // Without a zone it is the wall clock of the account.
    let wall: Vec<i64> = millis.iter().map(|at| (at + 19_800_000) * 1_000_000 + 999_999).collect();
    let wall: ArrayRef = Arc::new(TimestampNanosecondArray::from(wall));
    let number: ArrayRef = Arc::new(Int64Array::from(millis));
    let files = [
        ("plain", Texts::Plain, &zoned, plainly().set_dictionary_enabled(false)),
        ("dictionary", Texts::Plain, &number, plainly().set_compression(Compression::SNAPPY)),
        (
            "groups",
            Texts::Dictionary,
            &elsewhere,
            plainly().set_max_row_group_row_count(Some(700)).set_compression(Compression::LZ4_RAW),
        ),
        (
            // Pages of a dictionary at first, and plain ones when it has become too large.
            "mixed",
            Texts::View,
            &wall,
            plainly()
                .set_dictionary_page_size_limit(300)
                .set_write_batch_size(50)
                .set_data_page_row_count_limit(100)
                .set_compression(Compression::ZSTD(ZstdLevel::default())),
        ),
        (
            "large",
            Texts::Large,
            &zoned,
            plainly()
                .set_writer_version(WriterVersion::PARQUET_2_0)
                .set_statistics_enabled(EnabledStatistics::None)
                .set_compression(Compression::GZIP(GzipLevel::default())),
        ),
        ("small", Texts::SmallDictionary, &wall, plainly().set_max_row_group_row_count(Some(64))),
    ];
    for (place, (name, form, when, properties)) in files.into_iter().enumerate() {
        write(&path("log.parquet"), &parquet(&log, form, Arc::clone(when)), properties);
        let threads = ["--threads", ["1", "2", "7"][place % 3]];
        assert_eq!(run(folder.path(), &[&mapped("log.parquet"), &threads[..]].concat()), expected, "{name}");
    }
}

/// Where all events have ids, columns that no rule asks for are not needed; in the last row groups some have none.
#[test]
fn events_with_ids_and_a_few_without_are_named_alike() {
    let folder = folder();
    let path = |file: &str| folder.path().join(file);
    let mut log = log(2_000);
    for (row, seen) in log.iter_mut().enumerate() {
        seen.id = (row < 1_500 || row % 3 == 0).then(|| format!("m{row}"));
    }
    fs::write(path("log.ndjson"), ndjson(&log)).unwrap();
    let when: Int64Array = log.iter().map(|seen| Some(seen.at)).collect();
    let table = parquet(&log, Texts::Plain, Arc::new(when));
    write(&path("log.parquet"), &table, plainly().set_max_row_group_row_count(Some(250)));
    let profiles = ["--profiles", "profiles.ndjson"];
    let expected = run(folder.path(), &[&profiles[..], &["--events", "log.ndjson"]].concat());
    let named = |name: &str| expected.1.lines().filter(|line| line.contains(name)).count();
    assert!(named("\"occurrence\":\"m") > 100 && named("\"occurrence\":\"~") > 10, "{}", expected.1);
    for threads in ["1", "2", "7"] {
        let file = ["--events", "log.parquet", "--columns", MAPPING, "--threads", threads];
        assert_eq!(run(folder.path(), &[&profiles[..], &file].concat()), expected);
    }
}

/// Rules that ask for few columns: bad rows are kept whole all the same, in their order, and `--strict` stops at the first.
#[test]
fn bad_rows_are_kept_alike_on_any_number_of_threads() {
    let folder = folder();
    let path = |file: &str| folder.path().join(file);
    fs::write(path("rules.camp"), "segment buyers = did \"Charged\" in last 7 days\ncampaign c { at 2026-11-04 10:00 if in segment buyers send template t in \"en\" }").unwrap();
    let log = log(2_000);
    let when: Int64Array =
        log.iter().enumerate().map(|(row, seen)| (row % 97 != 3).then_some(seen.at)).collect();
    let table = parquet(&log, Texts::Plain, Arc::new(when));
    write(&path("log.parquet"), &table, plainly().set_max_row_group_row_count(Some(64)));
    let run = |threads: &str, further: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_campanile"));
        command.args(["run", "rules.camp", "--events", "log.parquet", "--columns", MAPPING]);
        command.args(["--threads", threads]).args(further).current_dir(folder.path()).output().unwrap()
    };
    let rejects = |threads: &str| {
        let done = run(threads, &["--rejects", "rejects.ndjson"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        fs::read_to_string(path("rejects.ndjson")).unwrap()
    };
    let kept = rejects("1");
    let rows: Vec<serde_json::Value> = kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 21);
    for (place, row) in rows.iter().enumerate() {
        assert_eq!(
            (row["row"].as_u64(), &row["kind"]),
            (Some(place as u64 * 97 + 4), &"missing_time".into())
        );
        assert_eq!(row["lossless"], true, "all columns are kept: {row}");
    }
    assert_eq!(rejects("7"), kept);
    assert_eq!(rejects("2"), kept);

    let done = run("7", &["--strict"]);
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.contains("`log.parquet` row 4: "), "{said}");
}

#[test]
fn files_are_found_by_a_pattern_and_every_command_takes_them() {
    let folder = folder();
    let path = |file: &str| folder.path().join(file);
    let log = log(2_000);
    fs::write(path("log.ndjson"), ndjson(&log)).unwrap();
    let millis: Vec<i64> = log.iter().map(|seen| seen.at).collect();
    let when: ArrayRef = Arc::new(TimestampMillisecondArray::from(millis).with_timezone("UTC"));
    let table_of_log = parquet(&log, Texts::Plain, when);
    fs::create_dir(path("logs")).unwrap();
    // In the order of their names, which is not that of their making.
    write(&path("logs/2.parquet"), &table_of_log.slice(1_200, 800), plainly());
    write(&path("logs/1.parquet"), &table_of_log.slice(0, 1_200), plainly());
    let users: Vec<String> = (0..211).map(|user| format!("u{user}")).collect();
    let phones: Vec<String> = (0..211).map(|user| format!("+9198200{user:05}")).collect();
    let profiles = table(vec![
        ("user_id", Arc::new(StringArray::from(users)) as ArrayRef),
        ("phone", Arc::new(StringArray::from(phones))),
        ("whatsapp", Arc::new(BooleanArray::from_iter((0..211).map(|user| Some(user % 3 != 0))))),
    ]);
    write(&path("profiles.parquet"), &profiles, plainly());

    let expected = run(folder.path(), &["--profiles", "profiles.ndjson", "--events", "log.ndjson"]);
    let files = ["--profiles", "prof*.parquet", "--events", "logs/?.parquet", "--columns", MAPPING];
    assert_eq!(run(folder.path(), &files), expected);

    let said = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_campanile"));
        let done = command.args(arguments).current_dir(folder.path()).output().unwrap();
        let (out, err) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
        (done.status.code(), out, err)
    };
    let both = |command: &[&str]| {
        let as_ndjson = [command, &["--profiles", "profiles.ndjson", "--events", "log.ndjson"]].concat();
        let (expected, read) = (said(&as_ndjson), said(&[command, &files[..]].concat()));
        assert_eq!(read.1, expected.1, "{}", read.2);
        assert_eq!((read.0, expected.0), (Some(0), Some(0)));
        assert!(!read.1.is_empty());
    };
    both(&["segments", "rules.camp", "--at", "2026-11-04"]);
    both(&["plan", "rules.camp"]);
    both(&["diff", "rules.camp", "rules.camp"]);
    both(&["explain", "rules.camp", "--user", "u7", "--campaign", "thanks"]);
    let inferred = said(&["schema", "infer", "logs/*.parquet", "--columns", MAPPING]);
    assert!(inferred.1.contains("price") && inferred.0 == Some(0), "{inferred:?}");

    let none = said(&["run", "rules.camp", "--events", "logs/*.csv"]);
    assert_eq!(none.0, Some(2));
    assert!(none.2.starts_with("error: no file fits `logs/*.csv`\n"), "{}", none.2);
    fs::write(path("logs/3.parquet"), b"PAR1 and no more").unwrap();
    let broken = said(&["run", "rules.camp", "--events", "logs/3.parquet"]);
    assert_eq!(broken.0, Some(2));
    assert!(
        broken.2.contains("error: `logs/3.parquet` is no Parquet file, or a part of one: "),
        "{}",
        broken.2
    );
    let over = said(&["run", "rules.camp", "--events", "logs/?.parquet", "--jobs", "logs/1.parquet"]);
    assert_eq!(over.0, Some(2));
    assert!(
        over.2.contains("--jobs would overwrite what is read as --events: `logs/1.parquet`"),
        "{}",
        over.2
    );
}

#[test]
fn what_the_decoder_panics_at_is_an_error_of_the_file_and_no_bug_of_ours() {
    let folder = folder();
    let path = folder.path().join("log.parquet");
    let log = log(10);
    let millis: Vec<i64> = log.iter().map(|seen| seen.at).collect();
    write(&path, &parquet(&log, Texts::Plain, Arc::new(Int64Array::from(millis))), plainly());
    let whole = fs::read(&path).unwrap();
    let mut panics = 0;
    // The header of the first column's dictionary.
    for place in 4..30 {
        let mut damaged = whole.clone();
        damaged[place] = 0;
        fs::write(&path, &damaged).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_campanile"));
        command.args(["run", "rules.camp", "--events", "log.parquet", "--columns", MAPPING]);
        let done = command.current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(matches!(done.status.code(), Some(0 | 2)), "{said}");
        assert!(!said.contains("a bug of campanile"), "{said}");
        panics += usize::from(said.contains("it contradicts itself"));
    }
    assert!(panics > 0, "a newer decoder may not panic here: find a damage at which it does");
}
