//! JSON of any form, read by a column mapping.

use campanile::input::{Format, Row, from_read};
use campanile::model::Value;

use crate::{at, event, events, pairs, profile, reject, rejects, rows_with, with_columns, with_format};

const MAPPING: &str = "user=user_id,at=ts:unix_ms,event=event,properties=props";

#[test]
fn the_parts_of_an_object_are_the_properties() {
    let rows = rows_with(
        r#"{"user_id":7,"ts":1767225600000,"event":"Charged","props":{"city":"Pune","price":12.5,"gone":null},"more":[1]}"#,
        &with_columns(MAPPING),
    );
    let event = event(&rows);
    assert_eq!((&*event.user, &*event.name, event.at), ("7", "Charged", at("2026-01-01T00:00:00Z")));
    let price: Value = Value::from_json(serde_json::json!(12.5)).unwrap();
    assert_eq!(pairs(event), [("city", &Value::text("Pune")), ("price", &price)]);
}

#[test]
fn without_properties_every_other_field_is_one_as_it_is() {
    let rows = rows_with(
        r#"{"u":"asha","t":"2026-11-03","o":{"sku":"s"},"n":1}"#,
        &with_columns("user=u,at=t,event='Charged'"),
    );
    let event = event(&rows);
    let names: Vec<&str> = event.properties.iter().map(|(name, _)| &**name).collect();
    assert_eq!((&*event.name, names), ("Charged", vec!["o", "n"]));
    assert_eq!(event.properties.get("o").map(Value::kind), Some("object"));
}

#[test]
fn a_field_may_be_several_things() {
    let rows = rows_with(
        r#"{"u":12,"t":5,"e":"Charged","a":true,"b":{"c":"d"}}"#,
        &with_columns("user=u,at=t:unix,event=e,id=u,properties=u+a+b+e"),
    );
    let event = event(&rows);
    assert_eq!((&*event.user, event.id.as_deref()), ("12", Some("12")));
    assert_eq!(
        pairs(event),
        [
            ("u", &Value::integer(12)),
            ("e", &Value::text("Charged")),
            ("a", &Value::Boolean(true)),
            ("c", &Value::text("d"))
        ]
    );
}

#[test]
fn without_an_event_the_records_are_profiles_and_null_unsets() {
    let rows = rows_with(r#"{"u":"asha","city":"Pune","tier":null}"#, &with_columns("user=u"));
    let profile = profile(&rows);
    assert_eq!((&*profile.user, profile.at), ("asha", None));
    let changes: Vec<_> = profile.changes.iter().map(|(name, value)| (&**name, value.is_some())).collect();
    assert_eq!(changes, [("city", true), ("tier", false)]);
}

#[test]
fn each_row_that_is_bad_says_why_by_the_names_of_the_mapping() {
    for (log, kind, reason) in [
        (r#"{"ts":1,"event":"E"}"#, "missing_user", "no `user_id`"),
        (r#"{"user_id":" ","ts":1,"event":"E"}"#, "empty_user", "`user_id` is empty"),
        (r#"{"user_id":[1],"ts":1,"event":"E"}"#, "wrong_type", "`user_id` is a list, not text"),
        (r#"{"user_id":1,"ts":1}"#, "missing_event", "no `event`"),
        (r#"{"user_id":1,"event":"E"}"#, "missing_time", "no `ts`"),
        (
            r#"{"user_id":1,"event":"E","ts":"2026-11-03"}"#,
            "bad_time",
            "`ts` is `2026-11-03`, which is no time such as `2026-11-03T10:00:00Z`",
        ),
        ("[]", "wrong_type", "it is a list, not an object"),
    ] {
        let log = format!("{{\"user_id\":1,\"ts\":1,\"event\":\"E\"}}\n{log}\n");
        let rows = rows_with(log.as_str(), &with_columns(MAPPING));
        assert_eq!(events(&rows).len(), 1, "{log}");
        let reject = reject(&rows[1..]);
        assert_eq!((reject.kind.name(), &*reject.reason, reject.row), (kind, reason, 2), "{log}");
    }
}

#[test]
fn a_mapping_is_for_the_files_that_have_its_user() {
    let segment = "{\"userId\":\"a\",\"event\":\"E\",\"timestamp\":0}\n";
    for (log, format) in [
        ("{\"user_id\":1,\"ts\":1,\"event\":\"E\"}\n", Format::Json),
        (
            "[{\"user_id\":1,\"ts\":1,\"event\":\"E\"},\n{\"user_id\":1,\"ts\":1,\"event\":\"E\"}]",
            Format::Json,
        ),
        (segment, Format::Segment),
        // Only a field of the record itself counts.
        (
            "{\"userId\":\"a\",\"event\":\"E\",\"timestamp\":0,\"properties\":{\"user_id\":1}}\n",
            Format::Segment,
        ),
        ("{\"batch\":[{\"user_id\":1}]}", Format::Segment),
        ("user_id,ts,event,props\n1,1,E,2\n", Format::Csv),
    ] {
        let mut reader =
            from_read("log", std::io::Cursor::new(log.as_bytes().to_vec()), &with_columns(MAPPING)).unwrap();
        assert_eq!(reader.format(), Some(format), "{log}");
        assert!(reader.by_ref().all(|row| row.is_ok()));
    }
    let error = from_read("log", segment.as_bytes(), &with_format(Format::Json)).unwrap_err();
    assert_eq!(error.to_string(), "`log` is JSON, and nothing says what its fields are");
    assert!(error.help().is_some_and(|help| help.contains("which field is what")));
}

#[test]
fn limits_hold_as_for_the_other_forms() {
    let columns = crate::small(with_columns("user=u,at=t,event=e,properties=p"));
    for (properties, kind) in [
        ("{\"a\":1,\"b\":2,\"c\":3,\"d\":4}", "too_many_properties"),
        ("{\"a\":[[[]]]}", "too_deep"),
        ("[1,2,3,4,5,6,7,8]", "too_many_properties"),
    ] {
        let rows = rows_with(format!("{{\"u\":1,\"t\":1,\"e\":\"E\",\"p\":{properties}}}"), &columns);
        let kinds: Vec<&str> = rejects(&rows).iter().map(|reject| reject.kind.name()).collect();
        assert_eq!(kinds, [kind], "{properties}: {rows:?}");
    }
    let good = rows_with("{\"u\":1,\"t\":1,\"e\":\"E\",\"p\":{\"a\":1,\"b\":2,\"c\":3}}", &columns);
    assert!(matches!(good[..], [Row::Record(_)]));
}
