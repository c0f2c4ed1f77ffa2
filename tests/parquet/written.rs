//! Jobs and outcomes as Parquet: row by row what the lines of JSON say.

use std::fs;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Output};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::DataType;
use campanile::model::Instant;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::CompressionCodec;
use serde_json::{Map, Value};

const RULES: &str = r#"
settings { timezone "Asia/Kolkata" }
campaign thanks {
  when "Charged" where amount >= 100
  wait 2 hours
  unless "Returned"
  valid 1 day
  send template thank_you { body "{{ event.amount }}" }
}
campaign answer { when "Message Replied" send text "Thank you, {{ profile.name | default: 'friend' }}" }
campaign weekly { every week on tue at 10:00 user time send template news in "en" }
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.camp"), RULES).unwrap();
    let mut log = String::new();
    for user in 0..40 {
        let zone = ["Asia/Kolkata", "Mars/Olympus", "Europe/Paris"][user % 3];
        let (consents, day) = (user % 5 != 0, 1 + user % 9);
        log += &format!(
            r#"{{"type":"identify","userId":"u{user}","traits":{{"phone":"+9198200{user:05}","whatsapp":{consents},"tz":"{zone}"}}}}"#
        );
        log += "\n";
        for (event, hour) in
            [("Charged", 4), ("Message Replied", 8), ("Returned", if user % 4 == 0 { 5 } else { 20 })]
        {
            log += &format!(
                r#"{{"type":"track","userId":"u{user}","event":"{event}","timestamp":"2026-11-0{day}T{hour:02}:00:00Z","properties":{{"amount":{}}}}}"#,
                90 + user
            );
            log += "\n";
        }
    }
    fs::write(folder.path().join("log.ndjson"), log).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_campanile"));
    command.args(["run", "rules.camp", "--events", "log.ndjson"]);
    command.args(arguments).current_dir(folder).output().unwrap()
}

fn lines(file: &Path) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of a file as the objects that the lines are: what is null is left out, and text that is JSON is what it says.
fn rows(file: &Path) -> Vec<Value> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap();
    for group in reader.metadata().row_groups() {
        assert!(group.columns().iter().all(|column| column.compression_codec() == CompressionCodec::ZSTD));
    }
    let batches = reader.build().unwrap();
    batches.flat_map(|batch| objects(&StructArray::from(batch.unwrap()))).map(Value::Object).collect()
}

fn objects(table: &StructArray) -> Vec<Map<String, Value>> {
    let mut rows = vec![Map::new(); table.len()];
    for (field, column) in table.fields().iter().zip(table.columns()) {
        for (row, object) in rows.iter_mut().enumerate() {
            if let Some(value) = value(field.name(), column, row) {
                object.insert(field.name().clone(), value);
            }
        }
    }
    rows
}

fn value(name: &str, column: &ArrayRef, row: usize) -> Option<Value> {
    if column.is_null(row) {
        return None;
    }
    Some(match column.data_type() {
        DataType::Utf8 => {
            let text = column.as_string::<i32>().value(row);
            let is_json = ["template", "message"].contains(&name);
            if is_json { serde_json::from_str(text).unwrap() } else { text.into() }
        }
        DataType::Timestamp(_, Some(zone)) if **zone == *"UTC" => {
            let millis = column.as_primitive::<TimestampMillisecondType>().value(row);
            Instant::from_millis(millis).to_string().into()
        }
        DataType::Struct(_) => Value::Object(objects(column.as_struct()).swap_remove(row)),
        other => panic!("{name} is {other}"),
    })
}

#[test]
fn jobs_and_outcomes_say_what_the_lines_say() {
    let folder = folder();
    let path = |file: &str| folder.path().join(file);
    let done = run(folder.path(), &["--jobs", "jobs.ndjson", "--outcomes", "outcomes.ndjson"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let done = run(folder.path(), &["--jobs", "jobs.parquet", "--outcomes", "outcomes.PARQUET"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let (jobs, outcomes) = (lines(&path("jobs.ndjson")), lines(&path("outcomes.ndjson")));
    assert_eq!(rows(&path("jobs.parquet")), jobs);
    assert_eq!(rows(&path("outcomes.PARQUET")), outcomes);
    // There is something in every column.
    for optional in ["not_after", "unknown_time_zone", "template", "message"] {
        assert!(jobs.iter().any(|job| job.get(optional).is_some()), "{optional}");
    }
    assert!(outcomes.iter().any(|outcome| outcome.get("job").is_none()));
}

#[test]
fn a_run_without_messages_leaves_files_without_rows() {
    let folder = folder();
    fs::write(folder.path().join("log.ndjson"), "").unwrap();
    let done = run(folder.path(), &["--jobs", "jobs.parquet", "--outcomes", "outcomes.parquet"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    for file in ["jobs.parquet", "outcomes.parquet"] {
        assert_eq!(rows(&folder.path().join(file)), Vec::<Value>::new());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_leaves_nothing_half_written() {
    let folder = folder();
    let path = |file: &str| folder.path().join(file);
    std::os::unix::fs::symlink("/dev/full", path("full.parquet")).unwrap();
    fs::write(path("jobs.parquet"), "what was there before").unwrap();
    let before = fs::read_dir(folder.path()).unwrap().count();
    let done = run(folder.path(), &["--jobs", "jobs.parquet", "--outcomes", "full.parquet"]);
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("error: cannot write `full.parquet`: No space left on device"), "{said}");
    assert_eq!(fs::read_to_string(path("jobs.parquet")).unwrap(), "what was there before");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
}
