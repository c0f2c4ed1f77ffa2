//! Parquet as shards: what evaluation meets of a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};

use super::ParquetLog;
use super::memory::BatchLog;
use crate::columns::{Batch, Names, Shards, UserBound, Values, Wanted};
use crate::input::{ReadOptions, RejectKind, Row, open, survey};
use crate::model::{Event, Record};

const ROWS: i64 = 10_000;
const BEGIN: i64 = 1_793_678_400_000;

fn log() -> RecordBatch {
    let users = (0..ROWS).map(|row| (row % 100 != 7).then(|| format!("u{:05}", row / 10)));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("user_id", Arc::new(users.collect::<StringArray>())),
        (
            "ts",
            Arc::new(
                TimestampMillisecondArray::from_iter_values((0..ROWS).map(|row| BEGIN + row))
                    .with_timezone("UTC"),
            ),
        ),
        ("event", Arc::new(StringArray::from_iter_values((0..ROWS).map(|row| format!("E{}", row % 3))))),
        (
            "city",
            Arc::new(
                (0..ROWS).map(|row| (row % 4 > 0).then(|| format!("c{}", row % 9))).collect::<StringArray>(),
            ),
        ),
        ("qty", Arc::new(Int64Array::from_iter_values(0..ROWS))),
    ];
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    RecordBatch::try_new(schema, columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

fn groups() -> WriterPropertiesBuilder {
    WriterProperties::builder().set_max_row_group_row_count(Some(4_000))
}

fn write(folder: &Path, name: &str, properties: WriterPropertiesBuilder) -> PathBuf {
    let path = folder.join(name);
    let batch = log();
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    path
}

fn shards(path: &Path) -> ParquetLog {
    ParquetLog::open([path.to_str().unwrap()], &ReadOptions::default()).unwrap()
}

fn events(log: &ParquetLog, shard: usize) -> Vec<Event> {
    let mut events = Vec::new();
    log.read(shard, &Wanted::default(), &mut |batch: &Batch<'_>| {
        events.extend((0..batch.rows).filter_map(|row| batch.event(row)));
        true
    })
    .unwrap();
    events
}

#[test]
fn shards_hold_the_rows_of_the_reader_from_any_thread() {
    let folder = tempfile::tempdir().unwrap();
    for (name, properties) in [
        ("dictionary", groups()),
        ("plain", groups().set_dictionary_enabled(false)),
        (
            "mixed",
            groups()
                .set_dictionary_page_size_limit(2_000)
                .set_data_page_row_count_limit(500)
                .set_write_batch_size(100),
        ),
    ] {
        let path = write(folder.path(), name, properties);
        let read: Vec<Event> = open(&path, &ReadOptions::default())
            .unwrap()
            .filter_map(|row| match row.unwrap() {
                Row::Record(Record::Event(event)) => Some(event),
                _ => None,
            })
            .collect();
        assert_eq!(read.len(), 9_900);
        let mut log = shards(&path);
        for batch_rows in [65_536, 333] {
            log.batch_rows = batch_rows;
            assert_eq!(log.count(), 3);
            let log = &log;
            let by_shard = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..3).map(|shard| scope.spawn(move || events(log, shard))).collect();
                threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            });
            assert!(by_shard == read, "{name}, {batch_rows} rows a batch");
        }
        for threads in [1, 3] {
            let threads = std::num::NonZeroUsize::new(threads).unwrap();
            let surveyed = survey(&path, &ReadOptions::default(), Some(&["city"]), threads).unwrap();
            assert_eq!(surveyed.rejected, BTreeMap::from([(RejectKind::MissingUser, 100)]));
            assert_eq!((surveyed.events, surveyed.rows()), (9_900, 10_000));
        }
        // Each of them was read twice.
        let tally = log.tally();
        assert_eq!(tally.rejected, BTreeMap::from([(RejectKind::MissingUser, 100)]));
        assert_eq!((tally.events, tally.rows()), (9_900, 10_000));
    }
}

#[test]
fn only_what_is_wanted_is_decoded_and_text_keeps_its_dictionary() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "log.parquet", groups());
    let mut log = shards(&path);
    log.batch_rows = 1_000;
    let wanted = Wanted { properties: Some(vec!["city".into(), "no such column".into()]) };
    let mut dictionaries = Vec::new();
    log.read(0, &wanted, &mut |batch: &Batch<'_>| {
        let [(name, city)] = batch.properties.as_slice() else { panic!("one property") };
        let Values::Codes { dictionary, .. } = city.values else { panic!("{:?}", city.values) };
        assert_eq!((&**name, dictionary.len()), ("city", 9));
        let Names::Column(names) = &batch.name else { panic!("a column") };
        assert!(
            matches!(names.values, Values::Codes { .. }) && matches!(batch.user.values, Values::Codes { .. })
        );
        dictionaries.push(dictionary.as_ptr());
        true
    })
    .unwrap();
    assert_eq!(dictionaries.len(), 4);
    assert!(
        dictionaries.iter().all(|dictionary| *dictionary == dictionaries[0]),
        "made once for all batches"
    );

    let nothing = Wanted { properties: Some(Vec::new()) };
    let mut batches = 0;
    log.read(1, &nothing, &mut |batch: &Batch<'_>| {
        assert!(batch.properties.is_empty());
        batches += 1;
        false
    })
    .unwrap();
    assert_eq!(batches, 1, "who has seen enough is given no more");
}

#[test]
fn a_row_group_says_its_bounds_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = |text: &str| UserBound::Text(text.as_bytes().to_vec());
    let log = shards(&write(folder.path(), "log.parquet", groups()));
    assert_eq!(
        (0..3).map(|shard| log.rows(shard)).collect::<Vec<_>>(),
        [Some(4_000), Some(4_000), Some(2_000)]
    );
    assert_eq!(log.users(1), Some((text("u00400"), text("u00799"))));
    assert_eq!(log.span(2), Some((BEGIN + 8_000, BEGIN + 9_999)));
    assert_eq!((log.users(3), log.span(3), log.rows(3)), (None, None, None));
    // Bounds that were cut hold what they bound.
    let cut = shards(&write(folder.path(), "cut.parquet", groups().set_statistics_truncate_length(Some(3))));
    assert_eq!(cut.users(1), Some((text("u00"), text("u01"))));
    let none = shards(&write(
        folder.path(),
        "none.parquet",
        groups().set_statistics_enabled(EnabledStatistics::None),
    ));
    assert_eq!((none.users(0), none.span(0), none.rows(0)), (None, None, Some(4_000)));
}

#[test]
fn refused_rows_are_handed_over_with_what_was_read_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "log.parquet", groups());
    let kept = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&kept);
    let log = shards(&path);
    log.rejects_to(Box::new(move |reject| taken.lock().unwrap().push(reject)));
    let nothing = Wanted { properties: Some(Vec::new()) };
    // In any order; they come in that of the log.
    for shard in [2, 0, 1] {
        log.read(shard, &nothing, &mut |_| true).unwrap();
    }
    let kept = kept.lock().unwrap();
    let rows: Vec<u64> = kept.iter().map(|reject| reject.row).collect();
    assert_eq!(rows, (0..100).map(|hundred| hundred * 100 + 8).collect::<Vec<_>>());
    assert!(kept.iter().all(|reject| reject.kind == RejectKind::MissingUser));
    assert_eq!(kept[40].raw, r#"{"user_id":null,"ts":"2026-11-03T04:00:04.007Z","event":"E2"}"#);
    assert!(!kept[0].lossless, "of the other columns nothing was read");
}

#[test]
fn what_cannot_be_read_is_an_error_of_its_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "log.parquet", groups());
    let log = shards(&path);
    std::fs::File::options().write(true).open(&path).unwrap().set_len(1_000).unwrap();
    let error = log.read(2, &Wanted::default(), &mut |_| true).unwrap_err();
    assert_eq!(error.message, format!("`{}` was changed while it was read", path.display()));
    let profiles = ReadOptions { columns: "user=user_id".parse().ok(), ..ReadOptions::default() };
    let path = write(folder.path(), "log.parquet", groups());
    let error = ParquetLog::open([path.to_str().unwrap()], &profiles).err().unwrap();
    assert!(error.to_string().starts_with("the column mapping makes profiles of the rows of "), "{error}");
    assert!(ParquetLog::open(["no such file"], &ReadOptions::default()).is_err());
}

#[test]
fn record_batches_are_shards_as_row_groups_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = shards(&write(folder.path(), "log.parquet", groups()));
    let batch = log();
    let parts = vec![batch.slice(0, 4_000), batch.slice(4_000, 4_000), batch.slice(8_000, 2_000)];
    let memory = BatchLog::new(&batch.schema(), parts, &ReadOptions::default()).unwrap();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&kept);
    memory.rejects_to(Box::new(move |reject| taken.lock().unwrap().push(reject.row)));
    assert_eq!(memory.count(), 3);
    for shard in 0..3 {
        let mut events = Vec::new();
        let mut take = |batch: &Batch<'_>| {
            events.extend((0..batch.rows).filter_map(|row| batch.event(row)));
            true
        };
        memory.read(shard, &Wanted::default(), &mut take).unwrap();
        assert!(events == super::tests::events(&file, shard), "shard {shard}");
        assert_eq!(memory.rows(shard), file.rows(shard));
    }
    assert_eq!(memory.tally(), file.tally());
    assert_eq!(kept.lock().unwrap().iter().copied().take(2).collect::<Vec<_>>(), [8, 108]);
}
