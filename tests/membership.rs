//! Who is in which segment at an instant: ten kinds of segments over a log of a shop, against answers that are found by walking each user's whole
//! history, one segment after the other, in plain code.
#![cfg(test)]

use std::collections::BTreeSet;

use campanile::audience::Audience;
use campanile::model::{Event, Instant, Properties, Record, Value};
use campanile::replay::Membership;
use campanile::rulebook::Rulebook;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const START: &str = "2026-01-01T00:00:00Z";

const RULES: &str = r#"
settings { timezone "UTC" }
segment w1 = did "Product Viewed" at least 3 times in last 7 days
segment w2 = did "Product Viewed" where city in ["Mumbai", "Pune", "Delhi"] at least 3 times in last 7 days
  and did not "Charged" in last 24 hours
segment w3 = sum of price * qty over "Charged" in last 30 days >= 5000
segment w4 = distinct category over "Product Viewed" in last 14 days >= 4
segment w5 = did not any event in last 7 days and did "App Launched" in last 30 days
segment w6 = first "Charged" was in last 7 days
segment w7 = last "Product Viewed" had category = "electronics"
segment w8 = did "Product Viewed" then "Added To Cart" then "Charged", all within 1 hour in last 30 days
segment w9 = last "Added To Cart" was in last 3 days and no "Charged" since
segment w10 = did "Product Viewed" where (category in ["electronics", "fashion"] and hour in 18..22) at least 2 times in last 14 days
  and average of price over "Product Viewed" where (category in ["electronics", "fashion"] and hour in 18..22) in last 14 days > 500
"#;

const NAMES: [&str; 6] = [
    "Product Viewed",
    "Added To Cart",
    "Charged",
    "App Launched",
    "Product Searched",
    "Notification Clicked",
];
const CATEGORIES: [&str; 8] =
    ["electronics", "fashion", "grocery", "home", "beauty", "toys", "books", "sports"];
const CITIES: [&str; 6] = ["Mumbai", "Delhi", "Bengaluru", "Chennai", "Pune", "Jaipur"];

/// An event as the answers below see it.
struct Happened {
    user: u64,
    at: i64,
    name: &'static str,
    price: i64,
    quantity: i64,
    category: &'static str,
    city: &'static str,
}

/// Numbers that look as if by chance, always the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A few users with many events and many with few, in sessions: a view, a search, a launch, sometimes a cart, sometimes a purchase.
fn log() -> Vec<Happened> {
    let start = Instant::parse(START).unwrap().millis();
    let mut chance = Chance(42);
    let mut log = Vec::new();
    for user in 0..800_u64 {
        let sessions = 1 + chance.below(1 + 120 / (1 + user / 8));
        // Some users went away early.
        let days = 3 + chance.below(28);
        for _ in 0..sessions {
            let mut at = start + chance.below(days * 24 * 60) as i64 * 60_000;
            let city = CITIES[chance.below(6) as usize];
            for _ in 0..1 + chance.below(9) {
                at += 1 + chance.below(600_000) as i64;
                let name = NAMES[[0, 0, 0, 0, 0, 1, 1, 2, 3, 3, 4, 5][chance.below(12) as usize]];
                let (price, quantity) = (10 + chance.below(1_500) as i64, 1 + chance.below(3) as i64);
                let category = CATEGORIES[(chance.below(8) * chance.below(8) / 8) as usize];
                log.push(Happened { user, at, name, price, quantity, category, city });
            }
        }
    }
    log
}

fn record(happened: &Happened) -> Record {
    let mut properties: Vec<(&str, Value)> = vec![("city", Value::text(happened.city))];
    if matches!(happened.name, "Product Viewed" | "Added To Cart" | "Charged") {
        properties.push(("price", Value::integer(happened.price)));
        properties.push(("category", Value::text(happened.category)));
    }
    if happened.name == "Charged" {
        properties.push(("qty", Value::integer(happened.quantity)));
    }
    let properties: Properties = properties.into_iter().collect();
    Record::Event(Event {
        user: happened.user.to_string().as_str().into(),
        name: happened.name.into(),
        at: Instant::from_millis(happened.at),
        id: None,
        properties,
    })
}

/// Whether a user is in each segment, in the order of the rules.
fn answers(history: &[&Happened], now: i64) -> [bool; 10] {
    let of = |name: &'static str| history.iter().filter(move |event| event.name == name);
    let viewed = |days: i64| of("Product Viewed").filter(move |event| event.at > now - days * DAY);
    let in_cities = viewed(7).filter(|event| ["Mumbai", "Pune", "Delhi"].contains(&event.city)).count();
    let spent: i64 = of("Charged")
        .filter(|event| event.at > now - 30 * DAY)
        .map(|event| event.price * event.quantity)
        .sum();
    let kinds: BTreeSet<&str> = viewed(14).map(|event| event.category).collect();
    let evening: Vec<i64> = viewed(14)
        .filter(|event| ["electronics", "fashion"].contains(&event.category))
        .filter(|event| (18..22).contains(&(event.at.rem_euclid(DAY) / HOUR)))
        .map(|event| event.price)
        .collect();
    let after = |place: usize, name: &str| {
        let mut later = history.iter().enumerate().skip(place + 1);
        later.find(|(_, event)| event.name == name).map(|(place, event)| (place, event.at))
    };
    let funnel = history.iter().enumerate().filter(|(_, event)| event.name == "Product Viewed").any(
        |(place, view)| {
            let bought = after(place, "Added To Cart").and_then(|(cart, _)| after(cart, "Charged"));
            bought.is_some_and(|(_, at)| at < view.at + HOUR && at > now - 30 * DAY)
        },
    );
    let bought = of("Charged").map(|event| event.at);
    let cart = of("Added To Cart").map(|event| event.at).max();
    [
        viewed(7).count() >= 3,
        in_cities >= 3 && !bought.clone().any(|at| at > now - DAY),
        spent >= 5000 && bought.clone().next().is_some(),
        kinds.len() >= 4,
        history.iter().all(|event| event.at <= now - 7 * DAY)
            && of("App Launched").any(|event| event.at > now - 30 * DAY),
        bought.clone().min().is_some_and(|at| at > now - 7 * DAY),
        of("Product Viewed").next_back().is_some_and(|event| event.category == "electronics"),
        funnel,
        cart.is_some_and(|cart| cart > now - 3 * DAY && bought.clone().all(|at| at < cart)),
        evening.len() >= 2 && evening.iter().sum::<i64>() > 500 * evening.len() as i64,
    ]
}

#[test]
fn the_members_are_those_whom_walking_their_histories_finds() {
    let rulebook = Rulebook::parse("w.camp", RULES).unwrap();
    let log = log();
    for day in [11, 30, 31, 40] {
        let now = Instant::from_millis(Instant::parse(START).unwrap().millis() + day * DAY);
        let mut asked = Membership::new(&rulebook, now);
        for happened in &log {
            asked.add(record(happened));
        }
        let mut wanted: Vec<BTreeSet<String>> = vec![BTreeSet::new(); 10];
        for user in 0..800 {
            let mut history: Vec<&Happened> =
                log.iter().filter(|event| event.user == user && event.at <= now.millis()).collect();
            history.sort_by_key(|event| event.at);
            if history.is_empty() {
                continue;
            }
            for (segment, answer) in wanted.iter_mut().zip(answers(&history, now.millis())) {
                if answer {
                    segment.insert(user.to_string());
                }
            }
        }
        let found = asked.members();
        for threads in [1, 2, 7] {
            let mut audience = Audience::new(&rulebook).at(now).with_members().on_threads(threads);
            log.iter().for_each(|happened| audience.add(record(happened)));
            let asked = audience.ask().unwrap();
            for (found, wanted) in asked[0].segments.iter().zip(&wanted) {
                let users: BTreeSet<String> = found.members.iter().map(|user| user.to_string()).collect();
                assert_eq!(users, *wanted, "{} on day {day} by {threads} threads", found.segment);
                assert_eq!(found.users as usize, wanted.len());
            }
        }
        for (found, wanted) in found.iter().zip(&wanted) {
            let users: BTreeSet<String> = found.users.iter().map(|user| user.to_string()).collect();
            assert_eq!(users, *wanted, "{} on day {day}", found.segment);
        }
        if day == 30 {
            assert!(wanted.iter().all(|segment| !segment.is_empty()), "{wanted:?}");
            let everybody = log.iter().map(|event| event.user).collect::<BTreeSet<_>>().len();
            assert!(wanted.iter().all(|segment| segment.len() < everybody));
        }
    }
}
