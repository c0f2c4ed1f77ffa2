//! What cannot be read, and what is refused.

use std::fs;
use std::io::Write as _;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, StructArray,
    Time64MicrosecondArray, TimestampMillisecondArray,
};
use arrow_schema::{DataType, Field};
use campanile::input::{InputError, ReadOptions, RejectKind, Row, open};
use parquet::basic::Compression;

use crate::support::{bytes, columns, plainly, records, rejects, rows, rows_written, table, write};

fn log() -> RecordBatch {
    let rows = 5_000;
    table(vec![
        ("user_id", Arc::new(Int64Array::from_iter_values(0..rows)) as ArrayRef),
        ("ts", Arc::new(Int64Array::from_iter_values((0..rows).map(|row| 1_793_678_400_000 + row)))),
        ("event", Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("E{}", row % 7))))),
        ("city", Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("city {row}"))))),
    ])
}

/// What is said of a file with these columns, and how to mend it.
fn said(columns: Vec<(&str, ArrayRef)>, options: &ReadOptions) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.parquet");
    write(&path, &table(columns), plainly());
    let error = open(&path, options).unwrap_err();
    let name = path.display().to_string();
    (error.to_string().replace(&name, "F"), error.help().unwrap_or_default().replace(&name, "F"))
}

fn texts(texts: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

fn numbers(numbers: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(numbers.to_vec()))
}

#[test]
fn rows_that_are_refused_are_counted_by_their_kind_and_kept_as_json() {
    let users =
        StringArray::from(vec![Some("asha"), None, Some(""), Some("  "), Some("u"), Some("u"), Some("u")]);
    let times = vec![Some(0), Some(0), Some(0), Some(0), None, Some(i64::MAX), Some(0)];
    let events =
        StringArray::from(vec![Some("A"), Some("A"), Some("A"), Some("A"), Some("A"), Some("A"), Some("")]);
    let batch = table(vec![
        ("user_id", Arc::new(users) as ArrayRef),
        ("ts", Arc::new(TimestampMillisecondArray::from(times).with_timezone("UTC"))),
        ("event", Arc::new(events)),
        ("price", Arc::new(Float64Array::from(vec![Some(0.5), None, None, None, None, None, None]))),
    ]);
    for properties in
        [plainly(), plainly().set_dictionary_enabled(false), plainly().set_max_row_group_row_count(Some(2))]
    {
        let read = rows_written(&batch, properties, &ReadOptions::default()).unwrap();
        assert_eq!(records(&read).len(), 1);
        assert!(matches!(read[0], Row::Record(_)) && matches!(read[6], Row::Reject(_)));
        let found: Vec<_> =
            rejects(&read).iter().map(|reject| (reject.row, reject.kind, reject.reason.clone())).collect();
        let long_ago =
            "`ts` is `+262142-12-31T23:59:59.999Z`, which is no time between the years 1900 and 2199";
        assert_eq!(
            found,
            [
                (2, RejectKind::MissingUser, "no `user_id`".to_owned()),
                (3, RejectKind::EmptyUser, "`user_id` is empty".to_owned()),
                (4, RejectKind::EmptyUser, "`user_id` is empty".to_owned()),
                (5, RejectKind::MissingTime, "no `ts`".to_owned()),
                (6, RejectKind::TimeOutOfRange, long_ago.to_owned()),
                (7, RejectKind::MissingEvent, "no `event`".to_owned()),
            ]
        );
        let second = &rejects(&read)[0];
        assert_eq!(second.raw, r#"{"user_id":null,"ts":"1970-01-01T00:00:00Z","event":"A","price":null}"#);
        assert!(second.lossless);
    }
}

#[test]
fn times_and_users_of_the_wrong_kind_are_refused_row_by_row() {
    let batch = table(vec![
        ("user", Arc::new(Float64Array::from(vec![1.0, 1.5, f64::NAN, 2.0])) as ArrayRef),
        ("at", texts(&["2026-11-03", "2026-11-03", "2026-11-03", "yesterday"])),
    ]);
    let read = rows(&batch, &columns("user=user,at=at,event=\"Seen\"")).unwrap();
    let kinds: Vec<_> = rejects(&read).iter().map(|reject| (reject.row, reject.kind)).collect();
    assert_eq!(kinds, [(2, RejectKind::WrongType), (3, RejectKind::MissingUser), (4, RejectKind::BadTime)]);
}

#[test]
fn a_file_that_was_cut_off_is_no_parquet_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.parquet");
    let whole = bytes(&log(), plainly());
    for length in [4, 5, 11, 12, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let error = open(&path, &ReadOptions::default()).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("log.parquet` is no Parquet file, or a part of one: "), "{length}: {said}");
        assert_eq!(error.help(), Some("write it anew, or copy it again"));
    }
}

#[test]
fn a_damaged_column_is_named_with_its_row_group() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.parquet");
    let properties = plainly().set_max_row_group_row_count(Some(1_000)).set_compression(Compression::SNAPPY);
    let mut whole = bytes(&log(), properties);
    let metadata = parquet::file::metadata::ParquetMetaDataReader::new()
        .parse_and_finish(&bytes::Bytes::from(whole.clone()))
        .unwrap();
    let (start, length) = metadata.row_group(2).column(3).byte_range();
    for byte in &mut whole[start as usize + 40..(start + length) as usize] {
        *byte = 0xff;
    }
    fs::write(&path, &whole).unwrap();
    let read: Vec<_> = open(&path, &ReadOptions::default()).unwrap().collect();
    assert_eq!(read.iter().filter(|row| row.is_ok()).count(), 2_000, "what is before it is read");
    let error = read.last().unwrap().as_ref().unwrap_err();
    let said = error.to_string();
    let begins = format!("the column `city` in row group 3 of `{}` cannot be read: ", path.display());
    assert!(said.starts_with(&begins), "{said}");
    assert_eq!(error.help(), Some("the file is damaged or cut off: write it anew, or copy it again"));
}

#[test]
fn a_file_that_changes_while_it_is_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.parquet");
    write(&path, &log(), plainly().set_max_row_group_row_count(Some(1_000)));
    let length = fs::metadata(&path).unwrap().len();
    type Change = fn(&fs::File, u64);
    let changes: [(&str, Change); 2] = [
        ("shrinks", |file, length| file.set_len(length / 3).unwrap()),
        ("grows", |mut file, _| file.write_all(b"more").unwrap()),
    ];
    for (what, change) in changes {
        let mut reader = open(&path, &ReadOptions::default()).unwrap();
        assert!(reader.next().unwrap().is_ok());
        change(&fs::File::options().append(true).open(&path).unwrap(), length);
        let last = reader.last().unwrap();
        let error = last.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{}` was changed while it was read", path.display()),
            "{what}"
        );
        assert!(error.help().unwrap().starts_with("read it again when nobody writes it"));
        write(&path, &log(), plainly().set_max_row_group_row_count(Some(1_000)));
    }
}

#[test]
fn no_damage_of_a_byte_is_a_panic() {
    let whole = bytes(
        &log().slice(0, 40),
        plainly().set_statistics_enabled(parquet::file::properties::EnabledStatistics::Chunk),
    );
    let read = |bytes: Vec<u8>| -> Result<usize, InputError> {
        let reader =
            campanile::input::from_read("log.parquet", std::io::Cursor::new(bytes), &ReadOptions::default())?;
        reader.map(|row| row.map(|_| 1)).sum()
    };
    assert_eq!(read(whole.clone()).unwrap(), 40);
    let mut refused = 0;
    for place in 4..whole.len() {
        for value in [0, 0x7f, 0xff, whole[place] ^ 1] {
            let mut damaged = whole.clone();
            damaged[place] = value;
            refused += u32::from(read(damaged).is_err());
        }
    }
    assert!(refused > 500, "most damage is noticed: {refused}");
}

#[test]
fn columns_that_are_not_there_are_named_with_those_that_are() {
    let table = || vec![("who", texts(&["u"])), ("ts", numbers(&[0])), ("event", texts(&["A"]))];
    assert_eq!(
        said(table(), &columns("user=whom,at=ts,event=event")),
        ("`F` has no column `whom`".to_owned(), "its columns are `who`, `ts`, `event`".to_owned())
    );
    assert_eq!(
        said(table(), &ReadOptions::default()),
        (
            "no column of `F` is known to be the user's id".to_owned(),
            "say which one it is: `--columns 'user=…,at=…,event=…'`; its columns are `who`, `ts`, `event`"
                .to_owned()
        )
    );
    let constant = said(table(), &columns("user=who,at=ts,event=Charged")).1;
    assert!(constant.ends_with("`--columns 'user=…,at=…,event=\"Charged\"'`"), "{constant}");
    let without = vec![("user", texts(&["u"])), ("ts", numbers(&[0]))];
    assert_eq!(said(without, &ReadOptions::default()).0, "no column of `F` is known to be the event's name");
    let without = vec![("user", texts(&["u"])), ("event", texts(&["A"]))];
    assert_eq!(said(without, &ReadOptions::default()).0, "no column of `F` is known to be the event's time");
    let two = vec![
        ("user", texts(&["u"])),
        ("user_id", texts(&["u"])),
        ("ts", numbers(&[0])),
        ("event", texts(&["A"])),
    ];
    assert_eq!(
        said(two, &ReadOptions::default()),
        (
            "`user_id` or `user` of `F` may be the `user`".to_owned(),
            "say which one it is: `--columns 'user=user_id,at=…,event=…'`".to_owned()
        )
    );
    let twice = vec![
        ("user", texts(&["u"])),
        ("ts", numbers(&[0])),
        ("event", texts(&["A"])),
        ("x", numbers(&[0])),
        ("x", numbers(&[0])),
    ];
    assert_eq!(said(twice, &ReadOptions::default()).0, "`F` has two columns `x`");
}

#[test]
fn columns_of_types_that_they_cannot_have_are_named() {
    let log =
        |user: ArrayRef, ts: ArrayRef, event: ArrayRef| vec![("user", user), ("ts", ts), ("event", event)];
    let yes: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
    let default = ReadOptions::default();
    assert_eq!(
        said(log(Arc::clone(&yes), numbers(&[0]), texts(&["A"])), &default),
        (
            "the column `user` of `F` is yes/no, and no user's id".to_owned(),
            "an id is text or a whole number".to_owned()
        )
    );
    let time = said(log(texts(&["u"]), Arc::clone(&yes), texts(&["A"])), &default);
    assert_eq!(time.0, "the column `ts` of `F` is yes/no, and no time");
    let event = said(log(texts(&["u"]), numbers(&[0]), numbers(&[7])), &default);
    assert_eq!(event.0, "the column `event` of `F` is a number, and no event's name");
    let stamp: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![0]));
    assert_eq!(
        said(log(texts(&["u"]), stamp, texts(&["A"])), &columns("user=user,at=ts:unix,event=event")).0,
        "`ts` of `F` is a time by its type"
    );
}

#[test]
fn columns_that_cannot_be_read_matter_only_to_those_who_ask() {
    let blob: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"\xff"]));
    let hour: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![0]));
    let part = Arc::new(Field::new("blob", DataType::Binary, true));
    let object: ArrayRef = Arc::new(StructArray::from(vec![(part, Arc::clone(&blob))]));
    let table = || {
        vec![
            ("user", texts(&["u"])),
            ("ts", numbers(&[0])),
            ("event", texts(&["A"])),
            ("blob", Arc::clone(&blob)),
            ("hour", Arc::clone(&hour)),
            ("object", Arc::clone(&object)),
            ("price", numbers(&[7])),
        ]
    };
    let read = rows(&crate::support::table(table()), &ReadOptions::default()).unwrap();
    let names: Vec<String> =
        crate::support::events(&read)[0].properties.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["price"]);
    for (name, kind) in [("blob", "binary"), ("hour", "a time of day"), ("object", "binary")] {
        let mapping = columns(&format!("user=user,at=ts,event=event,properties={name}"));
        assert_eq!(
            said(table(), &mapping),
            (
                format!("the column `{name}` of `F` is {kind}, and no property"),
                "leave it out of `properties=`".to_owned()
            )
        );
    }
}
