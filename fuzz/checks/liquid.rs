//! Any text as a value of a message: checked, and rendered for users with much, little and odd data.

use campanile::model::{Event, Instant, ProfileUpdate, Record, Value};
use campanile::{Replay, Rulebook};

const EVENTS: [&str; 3] = [
    r#"{"amount": 900.5, "cart_id": "c-1", "items": [{"name": "Boots", "price": 40}, {"name": "Socks"}, 7, null], "tags": ["a", "B", ""],
        "when": "2026-11-03T10:00:00+05:30", "unix": 1793700000, "yes": true, "deep": {"a": {"b": [1, [2]]}}, "largest": 9223372036854775807}"#,
    "{}",
    r#"{"amount": "₹ 1,000", "cart_id": {}, "items": "none", "tags": {"x": []}, "when": -1, "unix": 1e300, "yes": "no", "deep": 0}"#,
];

/// Panics where the target is not met.
pub fn check(text: &str) {
    if text.contains(['\n', '\r']) {
        return;
    }
    let value = text.replace('\\', "\\\\").replace('"', "\\\"");
    let rules = format!(
        "campaign c {{ when \"X\" send template t {{ body \"{value}\" button 0 url: \"{value}\" }} }}"
    );
    let Ok(rulebook) = Rulebook::parse("fuzz.camp", &rules) else { return };
    let mut replay = Replay::new(&rulebook.compile());
    for (user, properties) in EVENTS.iter().enumerate() {
        let user: std::sync::Arc<str> = user.to_string().into();
        let known = [
            ("phone", Value::text("+919820012345")),
            ("whatsapp", Value::Boolean(true)),
            ("first_name", Value::text("Asha")),
        ];
        let changes = known.map(|(name, value)| (name.into(), Some(value))).to_vec();
        replay.add(Record::Profile(ProfileUpdate { user: user.clone(), at: None, changes }));
        let Some(Value::Object(parts)) = serde_json::from_str(properties).ok().and_then(Value::from_json)
        else {
            panic!()
        };
        replay.add(Record::Event(Event {
            user,
            name: "X".into(),
            at: Instant::from_seconds(1_793_700_000),
            id: None,
            properties: parts.into_iter().collect(),
        }));
    }
    let result = replay.run();
    assert_eq!(result.outcomes.len(), EVENTS.len());
    for job in &result.jobs {
        serde_json::to_string(job).unwrap();
    }
}
