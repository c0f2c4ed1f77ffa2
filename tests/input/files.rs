//! Compression, encodings, and telling formats.

use std::io::{self, Read, Write};
use std::path::Path;

use campanile::input::{Format, ReadOptions, RejectKind, Row, from_read, open};

use crate::{TWO, event, events, reader, reject, rows, rows_with, with_format};

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_input_is_told_by_its_content() {
    let half = TWO.len() / 2;
    let zst = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9][..], &zst(TWO)].concat();
    for (what, bytes) in [
        ("plain", TWO.to_vec()),
        ("gzip", gz(TWO)),
        ("gzip of two members", [gz(&TWO[..half - 3]), gz(&TWO[half - 3..])].concat()),
        ("zstd", zst(TWO)),
        ("zstd of two frames", [zst(&TWO[..half + 3]), zst(&TWO[half + 3..])].concat()),
        ("zstd behind a skippable frame", skippable),
    ] {
        let stored = bytes.len() as u64;
        let mut reader = reader(bytes).unwrap();
        let rows: Vec<Row> = reader.by_ref().map(Result::unwrap).collect();
        assert_eq!(events(&rows).len(), 2, "{what}");
        assert_eq!(reader.bytes_read(), stored, "{what}");
    }
}

#[test]
fn a_file_is_opened_by_its_path() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.log");
    std::fs::write(&path, gz(TWO)).unwrap();
    let reader = open(&path, &ReadOptions::default()).unwrap();
    assert_eq!(reader.file(), path.to_str().unwrap());
    assert_eq!(reader.count(), 2);

    let error = open(Path::new("no/such/file"), &ReadOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `no/such/file`: there is no such file");
    let error = open(directory.path(), &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().ends_with(": it is a directory"), "{error}");
}

#[test]
fn corrupt_gzip_ends_the_file_with_its_name_and_place() {
    let line = String::from_utf8(TWO.to_vec()).unwrap();
    let log: String = (0..20_000).map(|n| line.replace("\"a\"", &format!("\"a{n}\""))).collect();
    let whole = gz(log.as_bytes());
    let cut = whole[..whole.len() / 2].to_vec();
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    for (bytes, words) in [(cut, "it ends too early"), (flipped, "")] {
        let stored = bytes.len() as u64;
        let mut reader = reader(bytes).unwrap();
        let mut good = 0;
        let error = loop {
            match reader.next() {
                Some(Ok(Row::Record(_))) => good += 1,
                // What a flipped bit leaves readable may be anything, until the check fails.
                Some(Ok(_)) => {}
                Some(Err(error)) => break error,
                None => panic!("no error"),
            }
        };
        assert!(good > 1_000, "rows before the damage are read: {good}");
        assert!(error.offset().unwrap() <= stored);
        let start = format!("cannot read `log` beyond byte {} of its gzip data: ", error.offset().unwrap());
        assert!(error.to_string().starts_with(&start) && error.to_string().ends_with(words), "{error}");
        assert!(reader.next().is_none());
    }
}

#[test]
fn a_byte_order_mark_and_line_breaks_of_windows_are_no_matter() {
    let plain = rows(TWO);
    let windows = String::from_utf8(TWO.to_vec()).unwrap().replace('\n', "\r\n");
    assert_eq!(rows(format!("\u{feff}{windows}")), plain);
    assert_eq!(rows(format!("\u{feff}\r\n \r\n{}", windows.trim_end())), plain);
}

#[test]
fn formats_are_told_by_looking() {
    let format = |log: &str| reader(log).map(|reader| reader.format()).map_err(|error| error.to_string());
    for (log, expected) in [
        (r#"{"type":"track","context":{"identity":"x"},"userId":"u"}"#, Some(Format::Segment)),
        (r#"{"type":"event","x":"userId","identity":"u"}"#, Some(Format::CleverTap)),
        (r#"{"d" : []}"#, Some(Format::CleverTap)),
        ("{\n \"batch\"\n: [ ]}", Some(Format::Segment)),
        (r#" [ {"type":"profile","objectId":"u"} ]"#, Some(Format::CleverTap)),
        ("{broken\n{\"userId\"}\n{\"messageId\":1}", None),
        ("", None),
        (" \n\n", None),
    ] {
        if log.starts_with("{broken") {
            // Braces that do not close hide what follows.
            assert!(format(log).is_err());
        } else {
            assert_eq!(format(log), Ok(expected), "{log}");
        }
    }
    assert_eq!(format("{\"a\":1}"), Err("`log` is JSON of neither kind that is known".to_owned()));
    assert_eq!(
        format("a,b\n1,2"),
        Err("`log` is no JSON, and as CSV nothing says what its columns are".to_owned())
    );
    assert_eq!(format("\u{feff}[]"), Err("`log` is JSON of neither kind that is known".to_owned()));
    let utf16 = from_read("log", io::Cursor::new([0xff, 0xfe, b'{', 0]), &ReadOptions::default());
    assert_eq!(utf16.unwrap_err().to_string(), "`log` is UTF-16");
    let spread = format("\n{\n  \"userId\": \"u\"\n}\n");
    assert_eq!(spread, Err("`log` has records that go over several lines".to_owned()));
    let csv = from_read("log", io::Cursor::new("a,b\n"), &with_format(Format::Csv)).unwrap_err();
    assert_eq!(csv.to_string(), "`log` is CSV, and nothing says what its columns are");
    assert!(csv.help().unwrap().starts_with("its first line is `a,b`; say which column is what: `--columns"));
    // However few bytes come at once.
    let slow = io::Cursor::new("customer").chain(io::Cursor::new(",day\n1,2\n"));
    let csv = from_read("log", slow, &ReadOptions::default()).unwrap_err();
    assert!(csv.help().unwrap().starts_with("its first line is `customer,day`; "), "{csv:?}");
}

#[test]
fn a_named_format_overrides_the_look() {
    let log =
        r#"{"type":"event","userId":"u","identity":"i","event":"E","ts":5,"evtName":"F","timestamp":0}"#;
    assert_eq!(event(&rows_with(log, &with_format(Format::CleverTap))).name, "F".into());
    assert_eq!(reject(&rows_with(log, &with_format(Format::Segment))).kind, RejectKind::UnknownType);
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    assert_eq!(
        "xml".parse::<Format>().unwrap_err().help(),
        "the formats are `segment`, `clevertap`, `json`, `csv` and `parquet`"
    );
}
