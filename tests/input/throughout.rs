//! What holds for all formats, and for any bytes.

use std::io::{self, Read};
use std::sync::Arc;

use campanile::input::{Format, ReadOptions, Row, from_read};
use campanile::model::{Instant, Record, Value};
use proptest::prelude::*;

use crate::{event, events, reader, rows, rows_with, small, with_columns, with_format};

#[test]
fn names_and_users_are_held_once() {
    let line =
        r#"{"userId":"asha","event":"Charged","timestamp":0,"properties":{"city":"Pune","o":{"sku":"s"}}}"#;
    let of_json = rows(format!("{line}\n{line}\n"));
    let csv = "u,t,e,city\nasha,0,Charged,Pune\nasha,0,Charged,Pune\n";
    let of_csv = rows_with(csv, &with_columns("user=u,at=t,event=e"));
    for rows in [of_json, of_csv] {
        let [first, second] = events(&rows)[..] else { panic!("two events") };
        assert!(Arc::ptr_eq(&first.user, &second.user));
        assert!(Arc::ptr_eq(&first.name, &second.name));
        for ((first, first_value), (second, second_value)) in
            first.properties.iter().zip(second.properties.iter())
        {
            assert!(Arc::ptr_eq(first, second));
            if let (Value::Text(first), Value::Text(second)) = (first_value, second_value) {
                assert!(Arc::ptr_eq(first, second));
            }
        }
    }
}

#[test]
fn a_reader_may_go_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&reader("").unwrap());
}

#[test]
fn the_examples_of_the_documentation_are_read() {
    let page = include_str!("../../docs/inputs.md");
    let block = |fence: &str, nth: usize| {
        page.split(fence).nth(nth).and_then(|rest| rest.split("```").next()).unwrap().trim_start()
    };
    for (nth, records) in [(1, 2), (2, 1), (3, 1), (4, 2), (5, 1)] {
        let mapping = "user=user_id,at=ts:unix_ms,event=event,properties=props";
        let options = if nth == 5 { with_columns(mapping) } else { ReadOptions::default() };
        assert!(page.contains(mapping));
        let rows = rows_with(block("```json\n", nth), &options);
        assert!(rows.len() == records && rows.iter().all(|row| matches!(row, Row::Record(_))), "{rows:?}");
    }
    let reject: serde_json::Value = serde_json::from_str(block("```json\n", 6)).unwrap();
    let segment = with_format(Format::Segment);
    let Row::Reject(real) = rows_with("{\"type\":\"track\"}", &segment).remove(0) else {
        panic!("it has no user")
    };
    let real = serde_json::to_value(real).unwrap();
    let fields = |json: &serde_json::Value| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&reject), fields(&real));
    assert_eq!(
        (&reject["kind"], &reject["reason"], &reject["raw"]),
        (&real["kind"], &real["reason"], &real["raw"])
    );

    let table =
        page.find("customer_id,date,cds,usd").and_then(|start| page[start..].split("```").next()).unwrap();
    let mapping = page.split("--columns '").nth(2).and_then(|rest| rest.split('\'').next()).unwrap();
    assert_eq!(events(&rows_with(table, &with_columns(mapping))).len(), 2);
}

/// Gives its bytes in pieces of one size, with an interruption before each.
struct Pieces {
    bytes: Vec<u8>,
    at: usize,
    size: usize,
    interrupt: bool,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupt = !self.interrupt;
        if self.interrupt {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let size = self.size.min(buffer.len()).min(self.bytes.len() - self.at);
        buffer[..size].copy_from_slice(&self.bytes[self.at..self.at + size]);
        self.at += size;
        Ok(size)
    }
}

/// The rows, and the error that ended them, if any.
fn everything(read: impl Read + Send + 'static, options: &ReadOptions) -> (Vec<Row>, Option<String>) {
    let reader = match from_read("log", read, options) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error.to_string())),
    };
    let mut rows = Vec::new();
    for row in reader {
        match row {
            Ok(row) => rows.push(row),
            Err(error) => return (rows, Some(error.to_string())),
        }
    }
    (rows, None)
}

fn all_options() -> Vec<ReadOptions> {
    let mut all =
        vec![ReadOptions::default(), with_columns("user=a,at=b,event=\"E\""), with_columns("user=a")];
    all.extend(
        Format::ALL.map(|format| ReadOptions { format: Some(format), ..with_columns("user=a,at=b,event=c") }),
    );
    all.extend(all.clone().into_iter().map(small));
    all
}

/// Texts that are nearly what each format has.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        "\r\n",
        " ",
        "{\"d\":[",
        "{\"batch\":[",
        "]}",
        "\"userId\":\"u\"",
        "\"type\":\"track\"",
        "\"type\":\"profile\"",
        "\"identity\":1",
        "\"event\":\"E\"",
        "\"timestamp\":\"2026-11-03T10:00:00Z\"",
        "\"ts\":5",
        "\"properties\":{",
        "\"profileData\":{\"x\":",
        "\"evtName\":\"E\"",
        "null",
        "true",
        "1e999",
        "-0.5",
        "$D_5",
        "\"$D_99999999999999\"",
        "a,b,c",
        "\"\"",
        "x,0,E",
        "\u{feff}",
        "é",
        "\u{0}",
        "20261103",
        "\t",
        ";",
        "{\"userId\":\"u\",\"event\":\"E\",\"timestamp\":0}",
        "{\"type\":\"event\",\"identity\":\"u\",\"ts\":5,\"evtName\":\"E\"}",
    ]);
    let bytes = prop_oneof![
        40 => piece.prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec(bytes, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_rows_or_an_error(bytes in prop_oneof![nearly(), prop::collection::vec(any::<u8>(), 0..200)]) {
        for options in all_options() {
            let (whole, error) = everything(io::Cursor::new(bytes.clone()), &options);
            prop_assert!(whole.len() <= bytes.len() + 1);
            // However the bytes arrive, the rows are the same.
            for size in [1, 7] {
                let pieces = Pieces { bytes: bytes.clone(), at: 0, size, interrupt: false };
                let (rows, same) = everything(pieces, &options);
                prop_assert_eq!(&rows, &whole);
                prop_assert_eq!(same.is_some(), error.is_some());
            }
            for row in &whole {
                if let Row::Reject(reject) = row {
                    prop_assert!(reject.row >= 1 && reject.offset <= bytes.len() as u64);
                    if reject.lossless {
                        let start = reject.offset as usize;
                        prop_assert!(bytes[start..].trim_ascii_start().starts_with(reject.raw.trim_ascii_start().as_bytes()));
                    }
                    prop_assert!(!reject.reason.ends_with('.'));
                }
            }
        }
    }

    #[test]
    fn what_json_says_is_what_is_read(
        properties in prop::collection::vec(("[a-z ]{0,5}", json_value()), 0..6),
        millis in -2_208_988_800_000_i64..7_258_118_400_000,
    ) {
        let at = Instant::from_millis(millis);
        let object: serde_json::Map<String, serde_json::Value> = properties.into_iter().collect();
        let row = serde_json::json!({
            "type": "track", "userId": "u", "event": "E", "timestamp": at.to_string(), "properties": object,
        });
        let rows = rows(row.to_string());
        let expected: Vec<_> = object
            .into_iter()
            .filter_map(|(name, value)| Some((name, Value::from_json(value)?)))
            .collect();
        let event = event(&rows);
        prop_assert_eq!(event.at, at);
        let read: Vec<_> = event.properties.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn what_csv_says_is_what_is_read(cells in prop::collection::vec("[ -~\n\r]{0,12}", 1..5), second in "[a-z]{1,5}") {
        let quoted = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
        let header: Vec<String> = (0..cells.len()).map(|place| format!("c{place}")).collect();
        let row: Vec<String> = cells.iter().map(quoted).collect();
        let log = format!("u,{}\na,{}\n{second}{}\n", header.join(","), row.join(","), ",".repeat(cells.len()));
        let rows = rows_with(log, &with_columns("user=u"));
        let Row::Record(Record::Profile(first)) = &rows[0] else { panic!("{rows:?}") };
        let texts: Vec<(String, String)> = first.changes.iter().map(|(name, value)| {
            let text = match value {
                Some(Value::Text(text)) => text.to_string(),
                Some(Value::Number(number)) => number.to_string(),
                other => panic!("{other:?}"),
            };
            (name.to_string(), text)
        }).collect();
        let expected: Vec<(String, String)> = header
            .into_iter()
            .zip(cells)
            .filter(|(_, cell)| !cell.is_empty())
            // A number may lose the zeros at its end, and nothing else.
            .map(|(name, cell)| match cell.parse::<f64>() {
                Ok(number) if cell.contains('.') && texts.iter().any(|(known, text)| *known == name && *text != cell) => (name, number.to_string()),
                _ => (name, cell),
            })
            .collect();
        prop_assert_eq!(&texts, &expected);
        let Row::Record(Record::Profile(last)) = &rows[1] else { panic!("{rows:?}") };
        prop_assert_eq!(&*last.user, &*second);
    }
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        prop::num::f64::NORMAL.prop_map(serde_json::Value::from),
        "\\PC{0,8}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec(("[a-z]{0,3}", inner), 0..4)
                .prop_map(|parts| serde_json::Value::Object(parts.into_iter().collect())),
        ]
    })
}
