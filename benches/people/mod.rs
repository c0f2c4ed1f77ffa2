//! Users with a profile of five properties and three events of the last month, and campaigns that read those.

use campanile::model::{Event, Instant, ProfileUpdate, Properties, Record, Text, Value};

/// Campaigns that read three events.
pub const COUNTS: &str = r#"
    settings { timezone "UTC" cap 3 per 7 days }
    campaign thanks { when "Charged" where amount > 1_900 send template thanks }
    campaign again { when "App Opened" if did "Added" at least 3 times in last 30 days send template again }
    campaign kept { when "Added" if did not "Charged" in last 30 days send template kept at most 1 per 7 days }
"#;

/// 2026-11-03T12:00:00Z.
pub const NOW: i64 = 1_793_707_200_000;
/// The events are so old at the most, in milliseconds.
pub const MONTH: i64 = 30 * 86_400_000;

fn id(number: usize) -> Text {
    format!("user{:08}", number.wrapping_mul(7_919) % 100_000_000).into()
}

/// A user's profile.
pub fn profile(number: usize) -> Record {
    let changes = [
        ("phone", Value::text(&format!("+9198{number:08}"))),
        ("whatsapp", Value::Boolean(true)),
        ("tz", Value::text("Asia/Kolkata")),
        ("name", Value::text(["Asha", "Ben", "Chloe"].get(number % 3).copied().unwrap_or_default())),
        ("vip", Value::Boolean(number.is_multiple_of(3))),
    ];
    let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
    Record::Profile(ProfileUpdate { user: id(number), at: None, changes })
}

const NAMES: [&str; 3] = ["App Opened", "Added", "Charged"];

/// How long before [`NOW`] each of a user's three events was, in milliseconds.
pub fn agos(number: usize) -> [i64; 3] {
    [0, 1, 2].map(|place| (number * 3 + place).wrapping_mul(2_654_435_761) as i64 % MONTH)
}

/// One of a user's three events. Half of the users' have an id.
pub fn event(number: usize, place: usize) -> Option<Record> {
    let (name, ago) = NAMES.get(place).copied().zip(agos(number).get(place).copied())?;
    let properties: Properties =
        [("amount", Value::integer(ago % 2_000)), ("cart_id", Value::integer(ago % 3))].into_iter().collect();
    let id_of_event = number.is_multiple_of(2).then(|| format!("{name}{number}").into());
    let at = Instant::from_millis(NOW - 1 - ago);
    Some(Record::Event(Event { user: id(number), name: name.into(), at, id: id_of_event, properties }))
}
