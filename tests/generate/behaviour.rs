//! Conditions that look at several events together, over small histories.

use campanile::model::{Event, Instant, ProfileUpdate, Properties, Providers, Record, Text, Value};
use proptest::prelude::*;

use super::Case;

const HOUR: i64 = 3_600_000;
/// Two days before clocks change in Warsaw, the account's zone.
const START: &str = "2026-10-22T22:00:00Z";

fn windows() -> impl Strategy<Value = String> {
    const PLAIN: &[&str] = &[
        "",
        "in last 9 hours",
        "in last 2 days",
        "in last 2 calendar days",
        "today",
        "yesterday",
        "this week",
        "this month",
        "exactly 2 days ago",
        "between 3 and 20 hours ago",
        "between 1 and 2 calendar days ago",
        "more than 1 day ago",
        "since 2026-10-25",
        "after 2026-10-25",
        "before 2026-10-25",
        "on 2026-10-25",
        "from 2026-10-24 to 2026-10-25",
    ];
    (prop::sample::select(PLAIN), any::<bool>()).prop_map(|(window, user)| {
        let calendar = !window.is_empty() && !window.contains("hour") && !window.contains("last 2 days");
        if user && calendar { format!("{window} user time") } else { window.to_owned() }
    })
}

fn patterns() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &[
            "\"A\"",
            "\"B\"",
            "any event",
            "\"A\" where n > 1",
            "any event where user hour in 8..20",
            "\"B\" where k = \"x\"",
        ][..],
    )
}

fn tests() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &["n = 1", "k = \"x\"", "(n > 1 or k = \"y\")", "user hour in 8..20", "items.q >= 2"][..],
    )
}

fn expressions() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &[
            "n",
            "n * 2 - 1",
            "items.p * items.q",
            "items.p * items.q * n",
            "items.p",
            "n / m",
            "(n + m) * 0.1",
            "n - items.p",
            "n or 3",
            "items.p * items.q or 1",
        ][..],
    )
}

fn results() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &["> 2", ">= 3", "<= 2", "< 1 or never", "= 2", "between 1 and 4", "!= 3", "> 0.5 or never"][..],
    )
}

fn conditions() -> impl Strategy<Value = String> {
    let function = prop::sample::select(&["sum", "average", "min", "max"][..]);
    let which = prop::sample::select(&["first", "last"][..]);
    let asked = || windows().prop_filter("a window", |window| !window.is_empty());
    let matching = prop::sample::select(&["", " matching k", " matching n"][..]);
    prop_oneof![
        4 => (function, expressions(), patterns(), windows(), results())
            .prop_map(|(function, value, over, window, result)| {
                format!("{function} of {value} over {over} {window} {result}")
            }),
        2 => (prop::sample::select(&["k", "n", "items.p", "m or 2"][..]), patterns(), windows(), results())
            .prop_map(|(path, over, window, result)| format!("distinct {path} over {over} {window} {result}")),
        1 => (which.clone(), patterns(), asked())
            .prop_map(|(which, event, window)| format!("{which} {event} was {window}")),
        1 => (which, patterns(), tests()).prop_map(|(which, event, test)| format!("{which} {event} had {test}")),
        2 => (patterns(), asked(), patterns(), matching.clone()).prop_map(|(last, window, none, matching)| {
            format!("last {last} was {window} and no {none} since{matching}")
        }),
        1 => (patterns(), patterns(), matching).prop_map(|(none, last, matching)| {
            format!("{none} has not happened since {last}{matching}")
        }),
        1 => (patterns(), asked()).prop_map(|(none, window)| format!("{none} has not happened {window}")),
        1 => (patterns(), 1..3_u32, 0..3_u32, prop::sample::select(&[
            "days", "hours", "calendar days", "calendar days user time", "calendar weeks", "weeks",
        ][..]))
            .prop_map(|(event, least, more, unit)| format!("did {event} in at least {least} of last {} {unit}", least + more)),
        2 => (prop::sample::select(&["k = \"x\"", "n > 1", "items.p in [1, 2]", "hour in 8..20", "user weekday in [sat, sun]", "date = 2026-10-25"][..]), patterns(), windows())
            .prop_map(|(test, over, window)| format!("mostly {test} over {over} {window}")),
        2 => (prop::sample::select(&["at least 50%", "more than 33.3%", "at most 50%", "fewer than 100%"][..]), patterns(), tests(), windows())
            .prop_map(|(share, of, test, window)| format!("{share} of {of} had {test} {window}")),
        1 => prop::sample::select(&["sample 50%", "sample 50% \"again\""][..]).prop_map(str::to_owned),
        1 => (patterns(), prop::sample::select(&["", "at least 2 times", "at most 2 times", "exactly 1 times", "fewer than 3 times or never"][..]), windows())
            .prop_map(|(event, count, window)| format!("did {event} {count} {window}")),
    ]
}

/// An event of one of two users.
fn events() -> impl Strategy<Value = Record> {
    let number = prop::option::of(0..4_i64);
    let item = (prop::option::of(0..3_i64), prop::option::of(1..4_i64)).prop_map(|(p, q)| {
        let parts = [("p", p), ("q", q)];
        let parts = parts.into_iter().filter_map(|(name, value)| Some((name.into(), Value::integer(value?))));
        Value::object(parts)
    });
    let items = prop::option::of(prop::collection::vec(item, 0..3));
    let text = prop::option::of(prop::sample::select(&["x", "y"][..]));
    let user = prop::sample::select(&["asha", "asha", "ben"][..]);
    let name = prop::sample::select(&["A", "B", "C"][..]);
    (user, name, 0..130_i64, number.clone(), number, text, items).prop_map(
        |(user, name, hours, n, m, k, items)| {
            let properties = [
                ("n", n.map(Value::integer)),
                ("m", m.map(Value::integer)),
                ("k", k.map(Value::text)),
                ("items", items.map(Value::List)),
            ];
            let properties: Properties =
                properties.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
            let at = Instant::from_millis(Instant::parse(START).unwrap().millis() + hours * HOUR);
            Record::Event(Event { user: user.into(), name: name.into(), at, id: None, properties })
        },
    )
}

fn histories() -> impl Strategy<Value = Vec<Record>> {
    let moves = |hours: i64| {
        let at = Instant::from_millis(Instant::parse(START).unwrap().millis() + hours * HOUR);
        let zone = (Text::from("tz"), Some(Value::text("America/New_York")));
        Record::Profile(ProfileUpdate { user: "asha".into(), at: Some(at), changes: vec![zone] })
    };
    (prop::collection::vec(events(), 0..14), 0..130_i64).prop_map(move |(mut records, hours)| {
        records.push(moves(hours));
        let known = Record::Profile(ProfileUpdate { user: "ben".into(), at: None, changes: Vec::new() });
        records.push(known);
        records.sort_by_key(Record::at);
        records
    })
}

/// Cases whose conditions are asked at every event, and all day long.
pub fn behaviour() -> impl Strategy<Value = Case> {
    (prop::collection::vec(conditions(), 1..4), histories()).prop_map(|(conditions, records)| {
        let mut rules = "settings { timezone \"Europe/Warsaw\" }\n".to_owned();
        for (place, condition) in conditions.iter().enumerate() {
            let condition = condition.trim();
            rules.push_str(&format!("segment s{place} = {condition}\n"));
            rules.push_str(&format!(
                "campaign c{place}a {{ cron \"0 */4 * * *\" if in segment s{place} send template t }}\n\
                 campaign c{place}b {{ when any event if not in segment s{place} send template t }}\n"
            ));
        }
        let start = Instant::parse(START).unwrap();
        let to = Instant::from_millis(start.millis() + 150 * HOUR);
        let providers = Providers::default();
        Case { rules, lists: Vec::new(), providers, records, from: Some(start), to: Some(to) }
    })
}
