//! Schemas inferred from logs: which kind is chosen, what is said of what does not fit, and that the rules compile.
#![cfg(test)]
#![cfg(feature = "cli")]

use campanile::infer::{Census, Inferred, Kind, Refusal, Shape};
use campanile::input::{ReadOptions, Row, from_read};
use campanile::model::{Event, Instant, ProfileUpdate, Record, Value};
use campanile::report::declarations;
use campanile::rulebook::Rulebook;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// An event for each value, with the value under `p`.
fn events(values: &[Json]) -> Vec<Record> {
    let event = |value: &Json| {
        let value = Value::from_json(value.clone());
        Record::Event(Event {
            user: "asha".into(),
            name: "E".into(),
            at: Instant::from_seconds(0),
            id: None,
            properties: value.into_iter().map(|value| ("p", value)).collect(),
        })
    };
    values.iter().map(event).collect()
}

fn infer(records: &[Record]) -> Inferred {
    let mut census = Census::new();
    records.iter().for_each(|record| census.add(record));
    census.settle()
}

fn shape(values: &[Json]) -> Shape {
    infer(&events(values)).events[0].properties[0].shape.clone()
}

/// So many of one value, then so many of another.
fn mixed(many: usize, value: Json, few: usize, other: Json) -> Vec<Json> {
    [vec![value; many], vec![other; few]].concat()
}

#[test]
fn the_narrowest_kind_that_nearly_all_values_are() {
    let cases = [
        (vec![json!("a"), json!("b")], Kind::Text),
        (vec![json!(1), json!(2.5)], Kind::Number),
        (vec![json!(true), json!("no"), json!(" TRUE ")], Kind::Boolean),
        (vec![json!("1990-05-03"), json!("1990-05-03T00:00:00.000Z")], Kind::Date),
        (vec![json!("2026-11-03T10:00:00Z"), json!("2026-11-03")], Kind::Instant),
        (vec![json!("2026-11-03 10:00"), json!("2026-11-03T10:00:00+05:30")], Kind::Instant),
        (vec![json!("Asia/Kolkata"), json!("UTC")], Kind::TimeZone),
        (vec![json!({"a": 1})], Kind::Object),
        (vec![json!(["a"])], Kind::List),
        // Digits in quotes stay what they are: an id, a post code.
        (vec![json!("10"), json!("20")], Kind::Text),
        // Unless numbers stand beside them.
        (vec![json!("10"), json!(20)], Kind::Number),
        // But never digits that a number would not give back.
        (vec![json!("007"), json!(20)], Kind::Text),
        (vec![json!("+919820012345"), json!(20)], Kind::Text),
        // 19 of 20 are enough.
        (mixed(19, json!(5), 1, json!("n/a")), Kind::Number),
        (mixed(18, json!(5), 1, json!("n/a")), Kind::Text),
        (mixed(19, json!(true), 1, json!("n/a")), Kind::Boolean),
        // Else what keeps most: text keeps texts and numbers.
        (mixed(9, json!(true), 5, json!("n/a")), Kind::Boolean),
        (mixed(5, json!(true), 9, json!("n/a")), Kind::Text),
        (mixed(9, json!({"a": 1}), 5, json!("n/a")), Kind::Object),
        // Empty texts and empty lists have no say.
        (mixed(2, json!(5), 90, json!("")), Kind::Number),
        (mixed(2, json!({"a": 1}), 90, json!([])), Kind::Object),
        (vec![json!("")], Kind::Text),
        (vec![json!([])], Kind::List),
        // One value may stand for a list of it.
        (mixed(90, json!("a"), 10, json!(["a"])), Kind::List),
        (mixed(90, json!("a"), 1, json!(["a"])), Kind::Text),
        // Names of zones without a slash are names of countries too.
        (vec![json!("Singapore"), json!("Japan")], Kind::Text),
        (vec![json!("3 November"), json!("2026-13-01")], Kind::Text),
    ];
    for (values, kind) in cases {
        assert_eq!(shape(&values).kind, kind, "{values:?}");
    }
}

#[test]
fn what_a_declaration_changes_is_counted_with_examples() {
    let values = [mixed(60, json!(5), 2, json!("n/a")), vec![json!("7"), json!(""), json!(false)]].concat();
    let found = shape(&values);
    assert_eq!((found.kind, found.values, found.converted, found.lost), (Kind::Number, 65, 1, 4));
    let odd: Vec<_> =
        found.odd.iter().map(|odd| (odd.what, odd.count, odd.kept, odd.examples.len())).collect();
    let wanted =
        [("text", 1, true, 0), ("text", 2, false, 1), ("empty text", 1, false, 0), ("yes/no", 1, false, 0)];
    assert_eq!(odd, wanted);
    let text = declarations(&infer(&events(&values)));
    let line = "p: number  # always; 5; converted: 1 text; 93.8 % number, lost: 2 texts such as \"n/a\", 1 empty text, 1 yes/no";
    assert!(text.contains(line), "{text}");
}

#[test]
fn values_are_shown_only_where_they_are_few_and_frequent() {
    let tiers = shape(&mixed(30, json!("silver"), 10, json!("gold")));
    assert_eq!(tiers.common, [("silver".to_owned(), 30), ("gold".to_owned(), 10)]);
    let names = shape(&mixed(5, json!("Asha"), 3, json!("Bo")));
    assert_eq!((names.common, names.different), (Vec::new(), Some(2)));
    let ids: Vec<Json> = (0..500).map(|id| json!(format!("c{id}"))).collect();
    assert_eq!(shape(&ids).different, None);
}

#[test]
fn a_phone_number_is_text_whatever_a_table_makes_of_its_digits() {
    let profile = |phone: Json| {
        let changes =
            vec![("Phone".into(), Value::from_json(phone)), ("age".into(), Some(Value::integer(3)))];
        Record::Profile(ProfileUpdate { user: "asha".into(), at: None, changes })
    };
    let inferred = infer(&[profile(json!(919_820_012_345_i64))]);
    let kinds: Vec<_> = inferred.profile.unwrap().properties.iter().map(|it| it.shape.kind).collect();
    assert_eq!(kinds, [Kind::Number, Kind::Text]);
}

#[test]
fn what_cannot_be_declared_is_said() {
    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!({ "a": deep });
    }
    let inferred = infer(&events(&[deep]));
    let text = declarations(&inferred);
    assert!(text.contains("# not declared: \"a\", too deep in other objects"), "{text}");
    Rulebook::parse("inferred.camp", &text).unwrap();
    let inferred = infer(&events(&[json!([[1], [2]])]));
    assert_eq!(inferred.events[0].properties[0].refused, Some(Refusal::ListOfLists));
}

/// Any log, as text.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-1e6..1e6f64).prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        "[0-9]{1,4}|yes|no|2026-11-03|2026-11-03T10:00:00Z|Asia/Kolkata| ".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof!["[a-c]", any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((name, inner), 0..4)
                .prop_map(|parts| Json::Object(parts.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever a log holds, the rules compile, and the door loses just what was said.
    #[test]
    fn the_rules_compile_and_lose_what_they_say(
        rows in prop::collection::vec((any::<String>(), prop::collection::vec(("[a-c]|phone|\\PC*", any_json()), 0..4)), 1..6)
    ) {
        let mut log = String::new();
        for (at, (name, properties)) in rows.iter().enumerate() {
            let properties: serde_json::Map<String, Json> = properties.iter().cloned().collect();
            let row = if at % 3 == 2 {
                json!({"type": "identify", "userId": "u", "traits": properties})
            } else {
                let name = if name.len() > 6 { "E" } else { name };
                json!({"type": "track", "userId": "u", "event": name, "timestamp": 1, "properties": properties})
            };
            log.push_str(&format!("{row}\n"));
        }
        let reader = from_read("log", std::io::Cursor::new(log), &ReadOptions::default()).unwrap();
        let records: Vec<Record> = reader
            .filter_map(|row| match row.unwrap() {
                Row::Record(record) => Some(record),
                _ => None,
            })
            .collect();
        let inferred = infer(&records);
        let text = declarations(&inferred);
        let rulebook = Rulebook::parse("inferred.camp", &text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let lost: u64 = records.into_iter().map(|record| u64::from(rulebook.admit(record).unfit)).sum();
        let events = inferred.events.iter().filter(|event| event.refused.is_none()).flat_map(|event| &event.properties);
        let profile = inferred.profile.iter().flat_map(|profile| &profile.properties);
        let said: u64 = events.chain(profile).filter(|it| it.refused.is_none()).map(|it| losses(&it.shape)).sum();
        prop_assert_eq!(lost, said, "{}", text);
    }
}

/// What a declared shape loses, with its items and declared parts.
fn losses(shape: &Shape) -> u64 {
    let items = shape.items.iter().map(|items| losses(items)).sum::<u64>();
    let parts = shape.parts.iter().filter(|part| part.refused.is_none());
    shape.lost + items + parts.map(|part| losses(&part.shape)).sum::<u64>()
}
