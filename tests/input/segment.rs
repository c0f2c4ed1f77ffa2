//! Calls of the Segment specification.

use campanile::input::{RejectKind, Row};
use campanile::model::{Instant, Number, NumberConsent, Record, TemplateStatement, TemplateStatus, Value};

use crate::{at, event, events, pairs, profile, reader, reject, rows};

#[test]
fn a_track_call_is_an_event() {
    let rows = rows(
        r#"{"type":"track","userId":"asha","event":"Added to Cart","timestamp":"2026-11-03T10:00:00.123+05:30","messageId":"m1",
            "#
        .replace("\n            ", "")
            + r#""properties":{"cart_id":"c1","amount":900.5,"new":true,"gone":null,"items":[{"sku":"s1","qty":2,"x":null},null,3]},"context":{"ip":"::1"}}"#,
    );
    let event = event(&rows);
    assert_eq!((&*event.user, &*event.name), ("asha", "Added to Cart"));
    assert_eq!(event.at, at("2026-11-03T04:30:00.123Z"));
    assert_eq!(event.id.as_deref(), Some("m1"));
    let item = Value::object([("sku".into(), Value::text("s1")), ("qty".into(), Value::integer(2))]);
    assert_eq!(
        pairs(event),
        [
            ("cart_id", &Value::text("c1")),
            ("amount", &Value::Number(Number::from_f64(900.5).unwrap())),
            ("new", &Value::Boolean(true)),
            ("items", &Value::List(vec![item, Value::integer(3)])),
        ]
    );
}

#[test]
fn an_identify_call_is_a_profile_and_null_unsets() {
    let rows = rows(
        r#"{"traits":{"phone":"+919820012345","whatsapp":true,"tier":null},"userId":"asha","type":"identify","timestamp":"2026-11-03T10:00:00Z"}"#,
    );
    let profile = profile(&rows);
    assert_eq!((&*profile.user, profile.at), ("asha", Some(at("2026-11-03T10:00:00Z"))));
    assert_eq!(
        profile.changes,
        [
            ("phone".into(), Some(Value::text("+919820012345"))),
            ("whatsapp".into(), Some(Value::Boolean(true))),
            ("tier".into(), None),
        ]
    );
}

#[test]
fn an_identify_call_without_a_time_holds_from_the_beginning() {
    let rows = rows(r#"{"type":"identify","userId":"asha","traits":{"city":"Pune"}}"#);
    assert_eq!(profile(&rows).at, None);
}

#[test]
fn the_order_of_fields_does_not_matter() {
    let ordered = rows(
        r#"{"type":"track","userId":"u","event":"E","timestamp":"2026-11-03T10:00:00Z","properties":{"a":1}}"#,
    );
    let reversed = rows(
        r#"{"properties":{"a":1},"timestamp":"2026-11-03T10:00:00Z","event":"E","userId":"u","type":"track"}"#,
    );
    assert_eq!(ordered, reversed);
}

#[test]
fn without_a_type_the_fields_tell() {
    assert_eq!(&*event(&rows(r#"{"userId":"u","event":"E","timestamp":0}"#)).name, "E");
    assert_eq!(&*profile(&rows(r#"{"userId":"u","traits":{}}"#)).user, "u");
    let rows = rows(r#"{"userId":"u"}"#);
    assert_eq!(reject(&rows).kind, RejectKind::UnknownType);
}

#[test]
fn pages_screens_groups_and_aliases_are_ignored_by_name() {
    let log: String = ["page", "screen", "group", "alias"]
        .map(|kind| format!("{{\"type\":\"{kind}\",\"anonymousId\":\"x\"}}\n"))
        .concat();
    let mut reader = reader(log).unwrap();
    let rows: Vec<Row> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!(rows, ["page", "screen", "group", "alias"].map(Row::Ignored));
    assert_eq!((reader.ignored(), reader.records(), reader.rows()), (4, 0, 4));
}

#[test]
fn a_user_may_be_a_whole_number_and_keeps_its_digits() {
    for (id, user) in
        [("42", "42"), ("-7", "-7"), ("18446744073709551615", "18446744073709551615"), ("\" 42\"", " 42")]
    {
        let rows = rows(format!(r#"{{"userId":{id},"event":"E","timestamp":0}}"#));
        assert_eq!(&*event(&rows).user, user);
    }
}

#[test]
fn each_bad_call_says_why() {
    let deep = format!("{}1{}", "[".repeat(70), "]".repeat(70));
    for (row, kind, reason) in [
        (
            r#"{"type":"track","event":"E""#,
            "broken_json",
            "broken JSON at column 27: it ends within an object",
        ),
        (
            r#"{"type":"track","userId":"u"} x"#,
            "broken_json",
            "broken JSON at column 31: trailing characters",
        ),
        (r#"{"type":"track","userId":"u",}"#, "broken_json", "broken JSON at column 30: trailing comma"),
        (r#"{"type":"track","event":"E","timestamp":0}"#, "missing_user", "no `userId`"),
        (r#"{"type":"track","userId":null,"event":"E","timestamp":0}"#, "missing_user", "no `userId`"),
        (r#"{"type":"track","userId":"","event":"E","timestamp":0}"#, "empty_user", "`userId` is empty"),
        (r#"{"type":"track","userId":" ","event":"E","timestamp":0}"#, "empty_user", "`userId` is empty"),
        (
            r#"{"type":"track","anonymousId":"a","event":"E","timestamp":0}"#,
            "anonymous_user",
            "no `userId`, only `anonymousId`: a message needs somebody known; write the `userId` that the visitor turned out to be",
        ),
        (
            r#"{"type":"track","userId":1.5,"event":"E","timestamp":0}"#,
            "wrong_type",
            "`userId` is a number with a fraction, not text",
        ),
        (
            r#"{"type":"track","userId":["u"],"event":"E","timestamp":0}"#,
            "wrong_type",
            "`userId` is a list, not text",
        ),
        (r#"{"type":"track","userId":"u","timestamp":0}"#, "missing_event", "no `event`"),
        (r#"{"type":"track","userId":"u","event":"","timestamp":0}"#, "missing_event", "`event` is empty"),
        (
            r#"{"type":"track","userId":"u","event":{},"timestamp":0}"#,
            "wrong_type",
            "`event` is an object, not text",
        ),
        (
            r#"{"type":"track","userId":"u","event":"E"}"#,
            "missing_time",
            "no `timestamp`, such as `2026-11-03T10:00:00Z`",
        ),
        (
            r#"{"type":"track","userId":"u","event":"E","timestamp":"03/11/2026"}"#,
            "bad_time",
            "`timestamp` is `03/11/2026`, which is no time such as `2026-11-03T10:00:00Z`",
        ),
        (
            r#"{"type":"track","userId":"u","event":"E","timestamp":"0001-01-01T00:00:00Z"}"#,
            "time_out_of_range",
            "`timestamp` is `0001-01-01T00:00:00Z`, which is no time between the years 1900 and 2199",
        ),
        (
            r#"{"type":"track","userId":"u","event":"E","timestamp":1793700000000000}"#,
            "time_out_of_range",
            "`timestamp` is `1793700000000000`, which is no time between the years 1900 and 2199",
        ),
        (
            r#"{"type":"track","userId":"u","event":"E","timestamp":true}"#,
            "wrong_type",
            "`timestamp` is yes/no, not a time such as `2026-11-03T10:00:00Z`",
        ),
        (
            r#"{"type":"track","userId":"u","event":"E","timestamp":0,"properties":{"a":1e999}}"#,
            "number_out_of_range",
            "a number is too large for a 64-bit float",
        ),
        (
            r#"{"type":"track","userId":"u","event":"E","timestamp":0,"properties":[1]}"#,
            "wrong_type",
            "`properties` is a list, not an object",
        ),
        (r#"{"type":"identify","userId":"u","traits":"x"}"#, "wrong_type", "`traits` is text, not an object"),
        (
            r#"{"type":"track","userId":"u","event":"E","timestamp":0,"messageId":[]}"#,
            "wrong_type",
            "`messageId` is a list, not text",
        ),
        (
            r#"{"type":"purchase","userId":"u"}"#,
            "unknown_type",
            "`type` is `purchase`; events are `track`, profiles `identify`",
        ),
        (r#"{"type":7,"userId":"u"}"#, "wrong_type", "`type` is a number, not text"),
        ("[1,2", "wrong_type", "it is a list, not an object"),
        ("\"text\"", "wrong_type", "it is text, not an object"),
        ("null", "wrong_type", "it is null, not an object"),
        (
            &format!(
                r#"{{"type":"track","userId":"u","event":"E","timestamp":0,"properties":{{"a":{deep}}}}}"#
            ),
            "too_deep",
            "it nests deeper than 64 levels",
        ),
    ] {
        // A first good line keeps the layout one row a line.
        let log = format!("{{\"userId\":\"u\",\"event\":\"E\",\"timestamp\":0}}\n{row}\n");
        let rows = rows(log);
        assert!(matches!(rows[0], Row::Record(_)));
        let Row::Reject(reject) = &rows[1] else { panic!("{row} is no reject: {rows:?}") };
        let expected = if row == "[1,2" { "broken JSON at column 4: it ends within a list" } else { reason };
        let kind = if row == "[1,2" { "broken_json" } else { kind };
        assert_eq!((reject.kind.name(), &*reject.reason), (kind, expected), "{row}");
        assert_eq!((reject.row, &*reject.raw, reject.lossless), (2, row, true), "{row}");
    }
}

#[test]
fn what_is_not_asked_for_may_be_of_any_kind() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let log = format!(
        r#"{{"type":"track","userId":"u","event":"E","timestamp":0,"traits":7,"context":{deep},"properties":[]}}"#
    );
    assert!(event(&rows(log)).properties.is_empty());
}

#[test]
fn of_a_name_that_is_written_twice_the_last_counts() {
    let rows = rows(
        r#"{"userId":"a","userId":"b","event":"E","event":"F","timestamp":0,"properties":{"gone":1},"properties":{"x":1,"y":2,"x":3,"y":null,"o":{"p":1,"q":2,"p":3,"q":null}}}"#,
    );
    let event = event(&rows);
    assert_eq!((&*event.user, &*event.name), ("b", "F"));
    let object = Value::object([("p".into(), Value::integer(3))]);
    assert_eq!(pairs(event), [("x", &Value::integer(3)), ("o", &object)]);
}

#[test]
fn a_batch_of_calls_is_walked() {
    let rows = rows(
        r#"{ "batch": [ {"type":"track","userId":"u","event":"E","timestamp":0}, {"type":"page"} ], "sentAt": {"x":"}"} }"#,
    );
    assert_eq!(events(&rows).len(), 1);
    assert_eq!(rows[1..], [Row::Ignored("page")]);
}

#[test]
fn numbers_are_exact() {
    for (json, value) in [
        ("9007199254740993", Value::integer(9_007_199_254_740_993)),
        ("10.0", Value::integer(10)),
        ("0.30000000000000004", Value::Number(Number::from_f64(0.1 + 0.2).unwrap())),
        ("1e2", Value::integer(100)),
        ("18446744073709551615", Value::Number(Number::from_f64(18_446_744_073_709_551_615.0).unwrap())),
    ] {
        let rows = rows(format!(r#"{{"userId":"u","event":"E","timestamp":0,"properties":{{"a":{json}}}}}"#));
        assert_eq!(pairs(event(&rows)), [("a", &value)], "{json}");
    }
}

#[test]
fn a_number_is_blocked_or_free() {
    let blocked = rows(r#"{"type":"number","number":"0091 98200 12345","status":"blocked","timestamp":0}"#);
    let (number, at) = ("+919820012345".into(), Some(Instant::from_seconds(0)));
    assert_eq!(blocked, [Row::Record(Record::Number(NumberConsent { number, at, blocked: true }))]);
    let none = rows(r#"{"type":"number","status":"blocked","userId":"asha"}"#);
    assert_eq!((reject(&none).kind.name(), &*reject(&none).reason), ("bad_phone", "no `number`"));
    let odd = rows(r#"{"type":"number","number":"+919820012345","status":true}"#);
    assert_eq!(reject(&odd).reason, "`status` is yes/no, neither `blocked` nor `free`");
}

#[test]
fn a_template_is_approved_paused_or_disabled() {
    let at = |seconds| Some(Instant::from_seconds(seconds));
    let said = |language: Option<&str>, at, status| {
        let (template, language) = ("diwali_a".into(), language.map(Into::into));
        Row::Record(Record::Template(TemplateStatement { template, language, at, status }))
    };
    let log = r#"{"type":"template","template":"diwali_a","language":"en","status":"PAUSED","until":"1970-01-01T03:00:00Z","timestamp":0}
        {"type":"template","template":"diwali_a","status":"paused","timestamp":1}
        {"type":"template","template":"diwali_a","status":"Disabled","until":"soon"}
        {"type":"template","template":" diwali_a ","language":" pt_BR ","status":"REINSTATED","timestamp":"1970-01-01T00:00:02Z"}
        {"type":"template","template":"diwali_a","language":"","status":"approved","timestamp":3}"#;
    // Nothing in such rows alone says more of their format.
    assert_eq!(
        rows(log),
        [
            said(Some("en"), at(0), TemplateStatus::Paused { until: at(10_800) }),
            said(None, at(1), TemplateStatus::Paused { until: None }),
            said(None, None, TemplateStatus::Disabled),
            said(Some("pt_BR"), at(2), TemplateStatus::Approved),
            said(None, at(3), TemplateStatus::Approved),
        ]
    );
}

#[test]
fn what_says_nothing_of_a_template_is_a_bad_row() {
    let said = |row: &str| {
        let rows = rows(row);
        (reject(&rows).kind.name(), reject(&rows).reason.clone())
    };
    let of = |fields: &str| said(&format!(r#"{{"type":"template",{fields}}}"#));
    let words = "none of `APPROVED`, `REINSTATED`, `PAUSED` and `DISABLED`";
    for (fields, kind, reason) in [
        (r#""template":"t","status":"REJECTED""#, "bad_status", format!("`status` is `REJECTED`, {words}")),
        (r#""template":"t","status":["PAUSED"]"#, "bad_status", format!("`status` is a list, {words}")),
        (r#""template":"t""#, "bad_status", format!("`status` is missing, {words}")),
        (r#""status":"PAUSED","userId":"asha""#, "missing_template", "no `template`".to_owned()),
        (r#""template":" ","status":"PAUSED""#, "missing_template", "`template` is empty".to_owned()),
        (r#""template":7,"status":"PAUSED""#, "wrong_type", "`template` is a number, not text".to_owned()),
        (
            r#""template":"t","language":{},"status":"PAUSED""#,
            "wrong_type",
            "`language` is an object, not text".to_owned(),
        ),
    ] {
        assert_eq!(of(fields), (kind, reason), "{fields}");
    }
    assert_eq!(of(r#""template":"t","status":"PAUSED","until":"soon""#).0, "bad_time");
    assert_eq!(of(r#""template":"t","status":"PAUSED","timestamp":"soon""#).0, "bad_time");
}
