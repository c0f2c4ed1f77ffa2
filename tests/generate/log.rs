//! Profiles and logs by chance.

use std::ops::Range;

use campanile::model::{
    Event, Number, NumberConsent, ProfileUpdate, Record, TemplateStatement, TemplateStatus, Value,
};
use proptest::prelude::*;
use proptest::sample::select;

use super::{Scene, TIMES, When};

/// Who does things.
pub const USERS: [&str; 3] = ["asha", "ben", "chloé"];

/// What is done.
const EVENTS: [&str; 4] = ["Added", "Charged", "Viewed", "App Opened"];

/// What becomes of messages, and what users ask and write.
const MESSAGES: [&str; 8] = [
    "Message Read",
    "Message Replied",
    "Notification Clicked",
    "Message Delivered",
    "Notification Viewed",
    "Message Received",
    "Message Requested",
    "Message Failed",
];

const MINUTE: i64 = 60_000;

/// A record that waits for a scene to tell its instant.
#[derive(Debug, Clone)]
pub enum Draft {
    Event {
        user: &'static str,
        name: &'static str,
        when: When,
        id: Option<String>,
        properties: Vec<(&'static str, Value)>,
    },
    Profile {
        user: &'static str,
        when: Option<When>,
        changes: Vec<(&'static str, Change)>,
    },
    Number {
        number: &'static str,
        when: Option<When>,
        blocked: bool,
    },
    Template {
        template: &'static str,
        language: Option<&'static str>,
        when: Option<When>,
        status: Said,
    },
}

/// What is said of a template.
#[derive(Debug, Clone, Copy)]
pub enum Said {
    Approved,
    Paused(Option<When>),
    Disabled,
}

/// What a profile record does to a property.
#[derive(Debug, Clone)]
pub enum Change {
    Unset,
    Set(Value),
    /// To the scene's own zone.
    SceneZone,
}

impl Draft {
    pub fn record(self, scene: &Scene) -> Record {
        match self {
            Draft::Event { user, name, when, id, properties } => Record::Event(Event {
                user: user.into(),
                name: name.into(),
                at: scene.instant(when),
                id: id.map(Into::into),
                properties: properties
                    .into_iter()
                    .map(|(name, value)| (name, in_scene(value, scene)))
                    .collect(),
            }),
            Draft::Number { number, when, blocked } => Record::Number(NumberConsent {
                number: number.into(),
                at: when.map(|when| scene.instant(when)),
                blocked,
            }),
            Draft::Template { template, language, when, status } => Record::Template(TemplateStatement {
                template: template.into(),
                language: language.map(Into::into),
                at: when.map(|when| scene.instant(when)),
                status: match status {
                    Said::Approved => TemplateStatus::Approved,
                    Said::Paused(until) => {
                        TemplateStatus::Paused { until: until.map(|when| scene.instant(when)) }
                    }
                    Said::Disabled => TemplateStatus::Disabled,
                },
            }),
            Draft::Profile { user, when, changes } => Record::Profile(ProfileUpdate {
                user: user.into(),
                at: when.map(|when| scene.instant(when)),
                changes: changes
                    .into_iter()
                    .map(|(name, change)| {
                        let value = match change {
                            Change::Unset => None,
                            Change::Set(value) => Some(in_scene(value, scene)),
                            Change::SceneZone => Some(Value::text(scene.zone)),
                        };
                        (name.into(), value)
                    })
                    .collect(),
            }),
        }
    }
}

/// Texts `<D+1>` and `<D+1 10:00>` stand for dates and instants.
fn in_scene(value: Value, scene: &Scene) -> Value {
    let Value::Text(text) = &value else { return value };
    let Some(inner) = text.strip_prefix("<D").and_then(|text| text.strip_suffix('>')) else { return value };
    match inner.split_once(' ') {
        None => Value::Date(scene.date(inner.parse().unwrap())),
        Some((days, time)) => {
            let (hour, minute) = time.split_once(':').unwrap();
            let time = (hour.parse().unwrap(), minute.parse().unwrap());
            Value::Instant(scene.instant(When { days: days.parse().unwrap(), time, then: 0 }))
        }
    }
}

/// A time within some days of the scene's; most on the grid that rules use too.
pub fn when(days: Range<i32>) -> BoxedStrategy<When> {
    let then = prop_oneof![
        8 => Just(0),
        4 => select(vec![15 * MINUTE, 30 * MINUTE, 60 * MINUTE, 120 * MINUTE, 24 * 60 * MINUTE]),
        1 => select(vec![1, -1, 7 * MINUTE, 90 * MINUTE + 1]),
    ];
    ((days, select(&TIMES[..]), then).prop_map(|(days, time, then)| When { days, time, then })).boxed()
}

/// Some users' profiles and events, in any order.
pub fn drafts() -> BoxedStrategy<Vec<Draft>> {
    let profiles = USERS.map(|user| prop::option::weighted(0.9, first_profile(user)));
    let event = (event(), prop_oneof![9 => Just(1), 1 => Just(2)]);
    let few = prop::collection::vec(event.clone(), 1..24);
    let events = prop_oneof![4 => few, 1 => prop::collection::vec(event, 24..72)];
    let updates = prop::collection::vec(update(), 0..4);
    let numbers = prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(number(), 1..3)];
    let templates = prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(template(), 1..4)];
    ((profiles, events, updates, numbers, templates)
        .prop_map(|(profiles, events, updates, numbers, templates)| {
            let updates = updates.into_iter().chain(numbers).chain(templates);
            let events = events.into_iter().flat_map(|(event, copies)| vec![event; copies]);
            profiles.into_iter().flatten().chain(updates).chain(events).collect::<Vec<Draft>>()
        })
        .prop_shuffle())
    .boxed()
}

fn number() -> BoxedStrategy<Draft> {
    let number = select(vec!["+919820012340", "+919820012341", "+919820012349", "12"]);
    ((number, prop::option::weighted(0.8, when(-3..4)), any::<bool>())
        .prop_map(|(number, when, blocked)| Draft::Number { number, when, blocked }))
    .boxed()
}

fn template() -> BoxedStrategy<Draft> {
    let name = prop_oneof![9 => Just("hello"), 1 => Just("other")];
    let language = prop_oneof![
        2 => Just(None),
        3 => select(vec!["en", "EN", "hi", "en_US", "en-us"]).prop_map(Some),
    ];
    let status = prop_oneof![
        3 => prop::option::weighted(0.6, when(-3..5)).prop_map(Said::Paused),
        1 => Just(Said::Approved),
        1 => Just(Said::Disabled),
    ];
    ((name, language, prop::option::weighted(0.9, when(-3..4)), status)
        .prop_map(|(template, language, when, status)| Draft::Template { template, language, when, status }))
    .boxed()
}

fn event() -> BoxedStrategy<Draft> {
    // Every id is likely to be rare, but some are not.
    let id = prop_oneof![
        2 => Just(None),
        6 => (0u32..1_000_000).prop_map(|id| Some(format!("e{id}"))),
        1 => select(vec!["twice", "again"]).prop_map(|id| Some(id.to_owned())),
    ];
    let done = (select(&EVENTS[..]), properties());
    let about = (select(&MESSAGES[..]), about_message());
    let code = prop_oneof![
        3 => Just(Value::integer(131_049)),
        1 => select(vec!["131049", "131050"]).prop_map(Value::text),
        1 => Just(Value::Number(Number::from_f64(131_049.5).unwrap())),
    ];
    let refused = (Just("Message Failed"), code.prop_map(|code| vec![("code", code)]));
    let what = prop_oneof![50 => done.boxed(), 10 => about.boxed(), 1 => refused.boxed()];
    (select(&USERS[..]), what, when(-3..4), id)
        .prop_map(|(user, (name, properties), when, id)| Draft::Event { user, name, when, id, properties })
        .boxed()
}

/// Of which campaign.
fn about_message() -> BoxedStrategy<Vec<(&'static str, Value)>> {
    let campaign = select(vec!["c0", "c1", "c2", "other"]).prop_map(|name| ("campaign", Value::text(name)));
    let more = prop::option::weighted(0.3, cart()).prop_map(|value| ("cart_id", value));
    ((prop::option::weighted(0.9, campaign), more).prop_map(|(campaign, (name, value))| {
        campaign.into_iter().chain(value.map(|value| (name, value))).collect()
    }))
    .boxed()
}

fn properties() -> BoxedStrategy<Vec<(&'static str, Value)>> {
    ((
        prop::option::weighted(0.8, amount()).prop_map(|value| ("amount", value)),
        prop::option::weighted(0.8, cart()).prop_map(|value| ("cart_id", value)),
        prop::option::weighted(0.4, items()).prop_map(|value| ("items", value)),
        prop::option::weighted(0.3, gift()).prop_map(|value| ("gift", value)),
        prop::option::weighted(0.3, booked()).prop_map(|value| ("booked", value)),
        prop::option::weighted(0.3, tags()).prop_map(|value| ("tags", value)),
        prop::option::weighted(0.3, note()).prop_map(|value| ("note", value)),
        prop::option::weighted(0.3, place()).prop_map(|value| ("shop", value)),
        prop::option::weighted(0.2, select(vec![19, 18, 91]))
            .prop_map(|degrees| ("latitude", degrees.map(Value::integer))),
        prop::option::weighted(0.2, Just(Value::Number(Number::from_f64(72.87).unwrap())))
            .prop_map(|value| ("longitude", value)),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i, j)| {
            let all = [a, b, c, d, e, f, g, h, i, j];
            all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
        }))
    .boxed()
}

fn amount() -> BoxedStrategy<Value> {
    (prop_oneof![
        8 => select(vec![500, 0, 100, 1_000, -5]).prop_map(Value::integer),
        2 => select(vec![499.5, 500.0, 0.1]).prop_map(|float| Value::Number(Number::from_f64(float).unwrap())),
        1 => select(vec!["500", "much", ""]).prop_map(Value::text),
        1 => Just(Value::List(vec![Value::integer(100), Value::integer(1_000)])),
    ]).boxed()
}

fn cart() -> BoxedStrategy<Value> {
    (prop_oneof![
        10 => select(vec!["c1", "c2", "c3"]).prop_map(Value::text),
        1 => Just(Value::integer(1)),
        1 => Just(Value::List(vec![Value::text("c1"), Value::text("c2")])),
        1 => Just(Value::text("")),
    ])
    .boxed()
}

fn items() -> BoxedStrategy<Value> {
    let category = select(vec!["Shoes", "Hats", "shoe care"]).prop_map(Value::text);
    let quantity = prop_oneof![3 => (1i64..4).prop_map(Value::integer), 1 => Just(Value::text("2"))];
    let price = prop_oneof![
        3 => select(vec![100, 500, 0]).prop_map(Value::integer),
        1 => Just(Value::Number(Number::from_f64(99.5).unwrap())),
    ];
    let item = (
        prop::option::weighted(0.9, category),
        prop::option::weighted(0.7, quantity),
        prop::option::weighted(0.7, price),
    )
        .prop_map(|(category, quantity, price)| {
            let parts = [("category", category), ("quantity", quantity), ("price", price)];
            let set = parts.into_iter().filter_map(|(name, value)| Some((name.into(), value?)));
            Value::object(set)
        });
    (prop_oneof![
        8 => prop::collection::vec(item.clone(), 0..3).prop_map(Value::List),
        1 => item,
        1 => Just(Value::text("Shoes")),
    ])
    .boxed()
}

fn gift() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => any::<bool>().prop_map(Value::Boolean),
        1 => select(vec!["yes", "true", "no"]).prop_map(Value::text),
    ]
}

fn booked() -> BoxedStrategy<Value> {
    let texts = vec![
        "<D+0>",
        "<D-1>",
        "<D+1>",
        "<D+0 00:00>",
        "<D-1 23:45>",
        "<D+0 12:00>",
        "<D+1 02:30>",
        "<D+2 10:00>",
        "<D+2>",
        "soon",
    ];
    // Dates of other years, for yearly returns, and dates that are texts.
    let years = vec!["<D-365>", "<D-364>", "<D-731>", "<D-1096 10:00>"];
    let written = vec!["2026-03-08", "2026-11-01T10:00:00Z", "2026-10-25T01:30:00", "2024-02-29"];
    (prop_oneof![8 => select(texts), 2 => select(years), 1 => select(written)].prop_map(Value::text)).boxed()
}

fn place() -> BoxedStrategy<Value> {
    let object = (select(vec!["latitude", "lat"]), select(vec!["longitude", "lon", "lng", "long"])).prop_map(
        |(north, east)| {
            let degrees = |degrees: f64| Value::Number(Number::from_f64(degrees).unwrap());
            let parts = [(north.into(), degrees(19.0701)), (east.into(), degrees(72.8702))];
            Value::object(parts)
        },
    );
    let text = select(vec!["19.07,72.87", "19.1, 72.9", "18.52,73.85", "19.07", "91,0", "here"]);
    (prop_oneof![1 => object, 3 => text.prop_map(Value::text)]).boxed()
}

fn children() -> BoxedStrategy<Value> {
    let child = (select(vec!["Tara", "Ravi"]), prop::option::of(0i64..5)).prop_map(|(name, age)| {
        let parts = [("name", Some(Value::text(name))), ("age", age.map(Value::integer))];
        let set = parts.into_iter().filter_map(|(name, part)| Some((name.into(), part?)));
        Value::object(set)
    });
    (prop::collection::vec(child, 0..3).prop_map(Value::List)).boxed()
}

fn tags() -> impl Strategy<Value = Value> {
    let tag = prop_oneof![
        4 => select(vec!["new", "sale", "newest"]).prop_map(Value::text),
        1 => Just(Value::integer(3)),
    ];
    prop::collection::vec(tag, 0..3).prop_map(Value::List)
}

fn note() -> impl Strategy<Value = Value> {
    select(vec!["hello", "", "two\nlines", "a     gap", "तुरंत"]).prop_map(Value::text)
}

/// What is known from early on: most users can be reached.
fn first_profile(user: &'static str) -> BoxedStrategy<Draft> {
    let place = USERS.iter().position(|known| *known == user).unwrap_or_default();
    let reachable = vec![
        ("phone", Change::Set(Value::text(&format!("+91982001234{place}")))),
        ("whatsapp", Change::Set(Value::Boolean(true))),
    ];
    let rest = prop::collection::vec(change(), 0..4);
    let shared = vec![
        ("phone", Change::Set(Value::text("+919820012349"))),
        ("whatsapp", Change::Set(Value::Boolean(true))),
    ];
    let reachable = prop_oneof![8 => Just(reachable), 3 => Just(shared), 1 => Just(Vec::new())];
    let when = prop::option::weighted(0.3, when(-3..0));
    let renewal = prop::option::weighted(0.6, booked());
    let renewal = renewal.prop_map(|date| date.map(|date| ("renewal", Change::Set(date))));
    let zone = prop::option::weighted(0.6, zone()).prop_map(|zone| zone.map(|zone| ("tz", zone)));
    ((reachable, zone, rest, when, renewal).prop_map(move |(reachable, zone, rest, when, renewal)| {
        Draft::Profile {
            user,
            when,
            changes: reachable.into_iter().chain(zone).chain(renewal).chain(rest).collect(),
        }
    }))
    .boxed()
}

fn update() -> BoxedStrategy<Draft> {
    let moved = zone().prop_map(|zone| ("tz", zone));
    let changes = prop_oneof![
        3 => prop::collection::vec(change(), 1..3),
        2 => moved.prop_map(|change| vec![change]),
    ];
    ((select(&USERS[..]), prop::option::weighted(0.9, when(-3..4)), changes)
        .prop_map(|(user, when, changes)| Draft::Profile { user, when, changes }))
    .boxed()
}

fn zone() -> BoxedStrategy<Change> {
    (prop_oneof![
        3 => Just(Change::SceneZone),
        4 => select(vec![
            "Asia/Kolkata",
            "America/New_York",
            "Europe/London",
            "Australia/Lord_Howe",
            "America/Santiago",
            "Pacific/Apia",
            "europe/london",
        ])
        .prop_map(|zone| Change::Set(Value::text(zone))),
        2 => select(vec![
            "IST",
            "EST",
            "eastern daylight time",
            "(GMT-05:00) Eastern Time (US & Canada)",
            "BST",
            "GMT Standard Time",
            "Lord Howe Standard Time",
            "Santiago",
            "Samoa Standard Time",
            "America/New York",
            "+05:30",
            "UTC+5:30",
            "GMT-3",
            "-0930",
            "Z",
        ])
        .prop_map(|zone| Change::Set(Value::text(zone))),
        1 => select(vec!["Mars/Olympus", "", "XST", "+05:37", "GMT+15"])
            .prop_map(|zone| Change::Set(Value::text(zone))),
        1 => Just(Change::Unset),
    ])
    .boxed()
}

fn change() -> BoxedStrategy<(&'static str, Change)> {
    let set = |value: Value| Change::Set(value);
    (prop_oneof![
        2 => select(vec!["Pune", "Mumbai"]).prop_map(move |city| ("city", set(Value::text(city)))),
        2 => (0i64..4).prop_map(move |tier| ("tier", set(Value::integer(tier)))),
        1 => Just(("tier", Change::Set(Value::text("2")))),
        2 => select(vec!["Asha", ""]).prop_map(move |name| ("first_name", set(Value::text(name)))),
        1 => select(vec!["city", "tier", "first_name", "phone", "whatsapp", "renewal", "MSG-dndWhatsApp"]).prop_map(|name| (name, Change::Unset)),
        1 => any::<bool>().prop_map(move |agreed| ("whatsapp", set(Value::Boolean(agreed)))),
        1 => select(vec!["TRUE", "no"]).prop_map(move |agreed| ("MSG-whatsapp", set(Value::text(agreed)))),
        1 => any::<bool>().prop_map(move |blocked| ("MSG-dndWhatsApp", set(Value::Boolean(blocked)))),
        1 => select(vec!["98200 12345", "+1 212 555 2368", "+44 20 7946 0958", ""])
            .prop_map(move |phone| ("Phone", set(Value::text(phone)))),
        2 => booked().prop_map(move |member_since| ("member_since", set(member_since))),
        4 => booked().prop_map(move |renewal| ("renewal", set(renewal))),
        1 => place().prop_map(move |home| ("home", set(home))),
        1 => children().prop_map(move |children| ("children", set(children))),
        1 => select(vec!["+919820012341", "+919820012349", "+447911123456"])
            .prop_map(move |phone| ("phone", set(Value::text(phone)))),
        1 => tags().prop_map(move |tags| ("tags", set(tags))),
        1 => zone().prop_map(|zone| ("timezone", zone)),
    ]).boxed()
}
