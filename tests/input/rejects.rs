//! Bad rows: their order, places and limits, and the rejects file.

use campanile::input::{ReadOptions, RejectKind, RejectWriter, Row};

use crate::{TWO, events, reader, rejects, rows, rows_with, small, with_columns};

#[test]
fn rejects_come_in_order_with_their_rows_and_bytes() {
    let good = r#"{"userId":"u","event":"E","timestamp":0}"#;
    let log = format!("{good}\n\n{{}}\n{good}\r\nnot json\n\t{good}\n{{\"userId\":\"é\"");
    let mut reader = reader(log.clone()).unwrap();
    let rows: Vec<Row> = reader.by_ref().map(Result::unwrap).collect();
    let kinds: Vec<&str> = rows
        .iter()
        .map(|row| match row {
            Row::Record(_) => "record",
            Row::Reject(reject) => reject.kind.name(),
            Row::Ignored(_) => "ignored",
        })
        .collect();
    assert_eq!(kinds, ["record", "unknown_type", "record", "broken_json", "record", "broken_json"]);
    for reject in rejects(&rows) {
        let start = usize::try_from(reject.offset).unwrap();
        assert_eq!(&log[start..start + reject.raw.len()], reject.raw);
        assert_eq!(log[..start].matches('\n').count() as u64 + 1, reject.row);
    }
    assert_eq!(
        reader.rejected().iter().map(|(kind, count)| (kind.name(), *count)).collect::<Vec<_>>(),
        [("broken_json", 2), ("unknown_type", 1)]
    );
    assert_eq!((reader.rows(), reader.records()), (6, 3));
}

#[test]
fn invalid_utf8_is_a_bad_row_and_is_not_passed_off_as_the_row() {
    let rows = rows([TWO, b"{\"userId\":\"\xff\xfe\"}\n", TWO].concat());
    assert_eq!(events(&rows).len(), 4);
    let reject = rejects(&rows)[0];
    assert_eq!(
        (reject.kind, &*reject.reason, reject.row),
        (RejectKind::InvalidUtf8, "its byte 12 is no UTF-8", 3)
    );
    assert_eq!((&*reject.raw, reject.lossless), ("{\"userId\":\"\u{fffd}\u{fffd}\"}", false));

    let rows = rows_with(b"u,t\na,\xff\nb,0\n".to_vec(), &with_columns(r#"user=u,at=t,event="E""#));
    assert_eq!((events(&rows).len(), rejects(&rows)[0].kind), (1, RejectKind::InvalidUtf8));
}

#[test]
fn a_row_that_is_too_long_is_passed_over() {
    let good = r#"{"userId":"u","event":"E","timestamp":0}"#;
    let exact = format!(r#"{{"userId":"u","event":"E","timestamp":0,"x":"{}"}}"#, "é".repeat(26) + "x");
    assert_eq!(exact.len(), 100);
    let long = exact.replace('u', "uu");
    for filler in [0, 1_000_000] {
        let longer = format!("{long}{}", "x".repeat(filler));
        let log = format!("{good}\n{longer}\n{exact}\n{longer}");
        let rows = rows_with(log, &small(ReadOptions::default()));
        assert_eq!(events(&rows).len(), 2, "{rows:?}");
        let reject = rejects(&rows)[0];
        assert_eq!(
            (reject.row, reject.kind, &*reject.reason),
            (2, RejectKind::TooLong, "it is longer than 100 bytes")
        );
        assert_eq!((&*reject.raw, reject.lossless), (&longer[..20], false));
        assert_eq!(rejects(&rows)[1].row, 4);
    }
}

#[test]
fn an_element_of_a_document_that_is_too_long_is_passed_over() {
    let good = r#"{"identity":"u","evtName":"E","ts":0}"#;
    let long = format!(r#"{{"identity":"u","evtName":"E","ts":0,"x":["}}","{}"]}}"#, "x".repeat(600_000));
    let rows = rows_with(format!("{{\"d\":[{good},{long},{good}]}}"), &small(ReadOptions::default()));
    assert_eq!((events(&rows).len(), rejects(&rows)[0].kind), (2, RejectKind::TooLong));
}

#[test]
fn a_csv_row_that_is_too_long_is_passed_over() {
    let options = small(with_columns(r#"user=u,at=t,event="E""#));
    let long = format!("a,0,{}\n", "x".repeat(600_000));
    let rows = rows_with(format!("u,t,p\na,0,1\n{long}a,1,2\n"), &options);
    assert_eq!(
        (events(&rows).len(), rejects(&rows)[0].kind, rejects(&rows)[0].row),
        (2, RejectKind::TooLong, 3)
    );
    // A quote that is not closed within the limit takes its own line only.
    let many = "a,1,2\n".repeat(50);
    let rows = rows_with(format!("u,t,p\na,0,1\na,0,\"x\n{many}"), &options);
    assert_eq!((events(&rows).len(), rejects(&rows).len()), (51, 1));
    let reject = rejects(&rows)[0];
    assert_eq!((reject.row, &*reject.reason), (3, "a quote is not closed within 100 bytes"));
    assert_eq!(reject.raw, "a,0,\"x");
}

#[test]
fn depth_and_number_of_properties_are_limited() {
    let options = small(ReadOptions::default());
    let read = |properties: &str| {
        let row = format!(r#"{{"userId":"u","event":"E","timestamp":0,"properties":{properties}}}"#);
        match rows_with(row, &options).remove(0) {
            Row::Record(_) => None,
            Row::Reject(reject) => Some(reject.kind),
            Row::Ignored(_) => panic!("ignored"),
        }
    };
    assert_eq!(read(r#"{"a":[[1]]}"#), None);
    assert_eq!(read(r#"{"a":[[[1]]]}"#), Some(RejectKind::TooDeep));
    assert_eq!(read(r#"{"a":{"b":{"c":{}}}}"#), Some(RejectKind::TooDeep));
    assert_eq!(read(r#"{"a":1,"b":2,"c":3}"#), None);
    assert_eq!(read(r#"{"a":1,"b":2,"c":3,"d":4}"#), Some(RejectKind::TooManyProperties));
    assert_eq!(read(r#"{"a":{"a":1,"b":2,"c":3,"d":4}}"#), Some(RejectKind::TooManyProperties));
    assert_eq!(read(r#"{"a":[1,2,3,4,5,6,null]}"#), None);
    assert_eq!(read(r#"{"a":[1,2,3,4,5,6,7,8]}"#), Some(RejectKind::TooManyProperties));
}

#[test]
fn the_rejects_file_is_one_reject_a_line() {
    let rows = rows("{\"userId\":\"a\\\"b\"\n{}\n");
    let mut writer = RejectWriter::new(Vec::new());
    for reject in rejects(&rows) {
        writer.write(reject).unwrap();
    }
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert_eq!(
        text,
        concat!(
            r#"{"file":"log","row":1,"offset":0,"kind":"broken_json","reason":"broken JSON at column 16: it ends within an object","raw":"{\"userId\":\"a\\\"b\"","lossless":true}"#,
            "\n",
            r#"{"file":"log","row":2,"offset":17,"kind":"unknown_type","reason":"no `type`, and neither an `event` nor `traits` to tell it by","raw":"{}","lossless":true}"#,
            "\n",
        )
    );
}
