//! Records of CleverTap's upload and export.

use std::io::{self, Read};

use campanile::input::{Format, ReadOptions, RejectKind, Row, from_read};
use campanile::model::{Instant, NumberConsent, Record, TemplateStatement, TemplateStatus, Value};

use crate::{at, event, events, in_india, reader, reject, rejects, rows, rows_with, with_format};

const UPLOAD: &str = r#"{ "d": [
  { "type":"event", "identity":"u1", "ts":1468308340, "evtName":"Product viewed",
    "evtData":{"Price":59.99,"Delivery By":"$D_1468322268", "Note":"a } in \" text"} },
  { "type":"event", "identity":"u1", "ts":1468208340, "evtName":"Charged",
    "evtData":{"Amount":300,"Items":[{"Category":"books","Quantity":1}]} },
  { "type":"profile", "objectId":"o1",
    "profileData":{"Name":"Jack","Phone":"+14155551234","MSG-whatsapp":true,"Tier":{"$delete":1}} } ] }
"#;

#[test]
fn an_upload_is_events_and_profiles() {
    let mut reader = reader(UPLOAD).unwrap();
    assert_eq!(reader.format(), Some(Format::CleverTap));
    let rows: Vec<Row> = reader.by_ref().map(Result::unwrap).collect();
    let events = events(&rows);
    assert_eq!(
        (&*events[0].user, &*events[0].name, events[0].at),
        ("u1", "Product viewed", at("2016-07-12T07:25:40Z"))
    );
    assert_eq!(
        events[0].properties.get("Delivery By"),
        Some(&Value::Instant(Instant::from_seconds(1_468_322_268)))
    );
    assert_eq!(events[0].properties.get("Note"), Some(&Value::text("a } in \" text")));
    let book =
        Value::object([("Category".into(), Value::text("books")), ("Quantity".into(), Value::integer(1))]);
    assert_eq!(events[1].properties.get("Items"), Some(&Value::List(vec![book])));
    let Row::Record(Record::Profile(profile)) = &rows[2] else { panic!("no profile") };
    assert_eq!((&*profile.user, profile.at), ("o1", None));
    assert_eq!(profile.changes[2], ("MSG-whatsapp".into(), Some(Value::Boolean(true))));
    assert_eq!(profile.changes[3], ("Tier".into(), None));
    assert_eq!(reader.rows(), 3);
}

#[test]
fn records_one_a_line_and_batches_one_a_line_are_read() {
    let record = r#"{"type":"event","identity":"u","ts":5,"evtName":"E"}"#;
    let same = [
        format!("{record}\n{record}\n"),
        format!("{{\"d\":[{record}]}}\n{{\"d\":[{record}],\"more\":{{}}}}\n"),
        format!("[{record},{record}]"),
        format!("{{\"d\":[{record}\n{record},,]}}"),
    ];
    for log in same {
        let rows = rows(log.clone());
        assert_eq!((rows.len(), events(&rows).len()), (2, 2), "{log}");
    }
}

#[test]
fn any_identity_names_the_user_in_their_order() {
    for (ids, user) in [
        (r#""GPID":"g","objectId":"o","identity":"i""#, "i"),
        (r#""GPID":"g","FBID":"f","objectId":"o""#, "o"),
        (r#""GPID":"g","FBID":"f""#, "f"),
        (r#""GPID":"g","FBID":null"#, "g"),
        (r#""identity":61026032"#, "61026032"),
    ] {
        let rows = rows(format!(r#"{{"type":"event",{ids},"ts":5,"evtName":"E"}}"#));
        assert_eq!(&*event(&rows).user, user);
    }
}

#[test]
fn an_export_takes_its_events_name_from_the_first_line() {
    let log = r#"{"eventName":"App Launched"}
{"profile":{"identity":"u1","objectId":"o1","platform":"Android"},"ts":20171109000015,"eventProps":{"ct_sdk_version":30107}}
{"profile":{"objectId":"o2"},"ts":20171109000016,"eventProps":{},"deviceInfo":{}}
{"eventName":"Charged","profile":{"objectId":"o3"},"ts":20171109000017,"eventProps":{}}
"#;
    let rows = rows_with(log, &in_india(ReadOptions::default()));
    assert_eq!(rows[0], Row::Ignored("export header"));
    let events = events(&rows);
    let seen: Vec<_> =
        events.iter().map(|event| (&*event.user, &*event.name, event.at.to_string())).collect();
    assert_eq!(
        seen,
        [
            ("u1", "App Launched", "2017-11-08T18:30:15Z".to_owned()),
            ("o2", "App Launched", "2017-11-08T18:30:16Z".to_owned()),
            ("o3", "Charged", "2017-11-08T18:30:17Z".to_owned()),
        ]
    );
}

#[test]
fn each_bad_record_says_why() {
    for (row, kind, reason) in [
        (
            r#"{"type":"event","identity":"u","evtName":"E"}"#,
            "missing_time",
            "no `ts`, for which CleverTap takes the time of upload; write the event's time in seconds since 1970",
        ),
        (
            r#"{"type":"event","ts":5,"evtName":"E"}"#,
            "missing_user",
            "none of `identity`, `objectId`, `FBID` and `GPID`",
        ),
        (r#"{"type":"event","identity":"","ts":5,"evtName":"E"}"#, "empty_user", "`identity` is empty"),
        (r#"{"type":"event","identity":"u","ts":5}"#, "missing_event", "no `evtName`"),
        (
            r#"{"type":"event","identity":"u","ts":99999999999,"evtName":"E"}"#,
            "time_out_of_range",
            "`ts` is `99999999999`, which is no time between the years 1900 and 2199",
        ),
        (
            r#"{"type":"event","identity":"u","ts":5,"evtName":"E","evtData":{"D":"$D_99999999999"}}"#,
            "time_out_of_range",
            "`a date among its properties` is `$D_99999999999`, which is no time between the years 1900 and 2199",
        ),
        (
            r#"{"type":"event","identity":"u","ts":5,"evtName":"E","evtData":3}"#,
            "wrong_type",
            "`evtData` is a number, not an object",
        ),
        (
            r#"{"type":"profile","identity":"u","profileData":"x"}"#,
            "wrong_type",
            "`profileData` is text, not an object",
        ),
        (
            r#"{"type":"profile","identity":"u","profileData":{"Tags":{"$add":["a"]}}}"#,
            "unsupported",
            "`Tags` has the command `$add`; write the value that comes of it",
        ),
        (
            r#"{"type":"whatsapp","value":"+91","status":"Unsubscribe"}"#,
            "bad_phone",
            "`value`: `+91` is no phone number with its country code, such as +919820012345",
        ),
        (
            r#"{"type":"whatsapp","value":"+919820012345","status":"unsubscribe"}"#,
            "bad_status",
            "`status` is `unsubscribe`, neither `Unsubscribe` nor `Resubscribe`",
        ),
        (
            r#"{"type":"upload","identity":"u"}"#,
            "unknown_type",
            "`type` is `upload`, neither `event` nor `profile`",
        ),
        (
            r#"{"identity":"u"}"#,
            "unknown_type",
            "no `type`, and neither `evtName` nor `profileData` to tell it by",
        ),
    ] {
        let rows = rows_with(row, &with_format(Format::CleverTap));
        let reject = reject(&rows);
        assert_eq!((reject.kind.name(), &*reject.reason), (kind, reason), "{row}");
    }
}

#[test]
fn a_broken_element_of_a_document_does_not_take_others_with_it() {
    let good = r#"{"type":"event","identity":"u","ts":5,"evtName":"E"}"#;
    for (broken, count) in [
        (r#"{"type":"event","identity":"u""ts":5}"#, 1),
        (r#"{"type":["event","identity":"u"}"#, 1),
        ("{\"type\":\"event\",\"identity\":\"u\n}", 1),
        ("7", 1),
        ("\"text\"", 1),
        ("[{},[]]", 1),
        ("nonsense here", 1),
        ("{}", 1),
    ] {
        let log = format!("{{\"d\":[\n{good},\n{broken},\n{good}\n]}}");
        let rows = rows(log);
        assert_eq!((events(&rows).len(), rejects(&rows).len()), (2, count), "{broken}: {rows:?}");
        assert_eq!((rejects(&rows)[0].row, &*rejects(&rows)[0].raw), (2, broken), "{broken}");
    }
}

#[test]
fn a_document_that_ends_too_early_says_so() {
    let good = r#"{"type":"event","identity":"u","ts":5,"evtName":"E"}"#;
    let rows_of = |log: String| rows(log);
    let rows = rows_of(format!("{{\"d\":[{good},"));
    assert_eq!(rejects(&rows)[0].reason, "the document ends before its list is closed");
    let rows = rows_of(format!("{{\"d\":[{good},{{\"type\":\"eve"));
    assert_eq!((events(&rows).len(), rejects(&rows).len()), (1, 1));
    assert_eq!(rejects(&rows)[0].kind, RejectKind::BrokenJson);
    assert_eq!(rejects(&rows)[0].raw, "{\"type\":\"eve");
}

/// Gives bytes without end, and counts them.
struct Endless {
    head: &'static [u8],
    body: &'static [u8],
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for place in buffer.iter_mut() {
            *place = match self.head.get(self.at) {
                Some(byte) => *byte,
                None => self.body[(self.at - self.head.len()) % self.body.len()],
            };
            self.at += 1;
        }
        Ok(buffer.len())
    }
}

#[test]
fn a_document_is_streamed() {
    let read = Endless {
        head: b"{\"d\":[",
        body: b"{\"type\":\"event\",\"identity\":\"u\",\"ts\":5,\"evtName\":\"E\"},",
        at: 0,
    };
    // The document never ends, and is on one line.
    let mut reader = from_read("log", read, &ReadOptions::default()).unwrap();
    let first: Vec<Row> = reader.by_ref().take(50_000).map(Result::unwrap).collect();
    assert_eq!(events(&first).len(), 50_000);
    assert!(reader.bytes_read() < 50_000 * 53 + 6 + (1 << 20));
}

#[test]
fn a_subscription_is_a_statement_about_its_number() {
    let rows = rows_with(
        r#"{"d":[{"type":"whatsapp","value":"+91 98200-12345","status":"Unsubscribe","ts":1468308340},
                 {"type":"whatsapp","value":"+919820012345","status":"Resubscribe"},
                 {"type":"email","value":"a@shop.example","status":"Unsubscribe"}]}"#,
        &with_format(Format::CleverTap),
    );
    let statement = |at: Option<i64>, blocked| {
        let (number, at) = ("+919820012345".into(), at.map(Instant::from_seconds));
        Row::Record(Record::Number(NumberConsent { number, at, blocked }))
    };
    assert_eq!(
        rows,
        [statement(Some(1_468_308_340), true), statement(None, false), Row::Ignored("email subscription")]
    );
}

#[test]
fn what_the_provider_says_of_templates_stands_among_the_records() {
    let rows = rows_with(
        r#"{"d":[{"type":"template","template":"diwali_a","language":"en","status":"PAUSED","until":1468319140,"ts":1468308340},
                 {"type":"template","template":"diwali_a","status":"approved","ts":1468319141}]}"#,
        &with_format(Format::CleverTap),
    );
    let said = |language: Option<&str>, at, status| {
        let (language, at) = (language.map(Into::into), Some(Instant::from_seconds(at)));
        Row::Record(Record::Template(TemplateStatement { template: "diwali_a".into(), language, at, status }))
    };
    let until = Some(Instant::from_seconds(1_468_319_140));
    assert_eq!(
        rows,
        [
            said(Some("en"), 1_468_308_340, TemplateStatus::Paused { until }),
            said(None, 1_468_319_141, TemplateStatus::Approved)
        ]
    );
}
