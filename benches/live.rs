//! The engine in memory: how many events it takes in and does in a second, and how long one of them takes.
//!
//! `cargo bench --no-default-features --bench live -- 2_000_000 100_000`, the numbers being events and ids of users. The rules are
//! the ten segments of `bench/compare/W.camp`, each with a campaign that fires when somebody enters it; the events are of the
//! shape that `bench/compare/generate.py` makes, by time. Nobody has a profile: each who enters is decided to have not consented,
//! and nothing is rendered. Once for each size of a batch all events go through an engine of their own: a batch, then an `advance`
//! to its last instant. Records are made before the clock runs, and outcomes are taken out while it does.

#![expect(clippy::expect_used, reason = "a bench that cannot go on has failed")]

mod measure;

use std::fmt::Write;
use std::time::Duration;

use campanile::live::Engine;
use campanile::model::{Event, Instant, Number, Outcome, Properties, Record, Text, Value};
use campanile::rulebook::Rulebook;
use measure::{Calls, interruptions, memory, now, shown, size};

const SEGMENTS: &str = include_str!("../bench/compare/W.camp");

/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000;
const DAYS: u64 = 30;
const HOUR: i64 = 3_600_000;
/// So many records are made at once, while no clock runs.
const MADE: usize = 50_000;

/// How many events there are in each hour of a day, in tenths.
const CURVE: [u64; 24] =
    [10, 6, 4, 3, 3, 5, 10, 15, 20, 24, 26, 28, 30, 28, 26, 26, 28, 30, 36, 42, 46, 42, 30, 18];

/// The names of events, each with its share of the log; whether they have a price, a quantity, a category.
const NAMES: [(&str, u64, bool, bool, bool); 12] = [
    ("App Launched", 12, false, false, false),
    ("Product Viewed", 38, true, false, true),
    ("Product Searched", 12, false, false, false),
    ("Category Viewed", 10, false, false, true),
    ("Added To Cart", 8, true, true, true),
    ("Removed From Cart", 2, true, true, true),
    ("Checkout Started", 4, true, false, false),
    ("Charged", 3, true, true, true),
    ("Notification Viewed", 5, false, false, false),
    ("Notification Clicked", 2, false, false, false),
    ("User Login", 3, false, false, false),
    ("App Uninstalled", 1, false, false, false),
];

const CATEGORIES: [&str; 16] = [
    "electronics",
    "fashion",
    "grocery",
    "home",
    "beauty",
    "toys",
    "books",
    "sports",
    "auto",
    "garden",
    "health",
    "jewelry",
    "pets",
    "office",
    "music",
    "baby",
];

const CITIES: [&str; 40] = [
    "Mumbai",
    "Delhi",
    "Bengaluru",
    "Hyderabad",
    "Ahmedabad",
    "Chennai",
    "Kolkata",
    "Surat",
    "Pune",
    "Jaipur",
    "Lucknow",
    "Kanpur",
    "Nagpur",
    "Indore",
    "Thane",
    "Bhopal",
    "Patna",
    "Vadodara",
    "Agra",
    "Nashik",
    "Dubai",
    "Jakarta",
    "Singapore",
    "London",
    "New York",
    "Austin",
    "Berlin",
    "Paris",
    "Madrid",
    "Lagos",
    "Nairobi",
    "Cairo",
    "Sao Paulo",
    "Bogota",
    "Lima",
    "Mexico City",
    "Manila",
    "Hanoi",
    "Bangkok",
    "Sydney",
];

const PLATFORMS: [(&str, u64); 3] = [("android", 65), ("ios", 20), ("web", 15)];

/// The ten segments, each read by a campaign.
fn rules() -> String {
    let mut rules = SEGMENTS.to_owned();
    for number in 1..=10 {
        let campaign = format!(
            "\ncampaign enters_w{number} {{ when enters segment w{number} send template w{number} }}"
        );
        rules.push_str(&campaign);
    }
    rules
}

/// Numbers by chance that are the same each time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// From 0, out, to 1, in.
    fn share(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// Around 0, by a bell curve of width 1.
    fn normal(&mut self) -> f64 {
        (-2.0 * self.share().ln()).sqrt() * (std::f64::consts::TAU * self.share()).cos()
    }

    /// How often one tries until it happens whose chance is so large.
    fn tries(&mut self, chance: f64) -> u64 {
        1 + (self.share().ln() / (1.0 - chance).ln()) as u64
    }

    /// One of many, by their weights.
    fn choose(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.share() * weights.clone().sum::<f64>();
        let place = weights.clone().position(|weight| {
            left -= weight;
            left <= 0.0
        });
        place.unwrap_or(weights.count().saturating_sub(1))
    }
}

/// Falls off with the rank.
fn falling(count: usize, power: f64) -> impl Iterator<Item = f64> + Clone {
    (1..=count).map(move |rank| (rank as f64).powf(-power))
}

/// When somebody did something, and who.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Visit {
    at: i64,
    user: u32,
}

/// Sessions of about six events by a day's curve; how often one comes falls off like 1 / (rank + 300).
fn visits(events: usize, users: usize) -> Vec<Visit> {
    let mut chance = Chance(42);
    let mut visits = Vec::with_capacity(events);
    while visits.len() < events {
        let rank = 300.0 * ((users as f64 + 300.0) / 300.0).powf(chance.share()) - 300.0;
        // Ids have nothing to do with ranks.
        let user = (rank as u64).wrapping_mul(7_919) % users.max(1) as u64;
        let hour = chance.choose(CURVE.iter().map(|weight| *weight as f64)) as i64;
        let mut at =
            START + (chance.below(DAYS) as i64 * 24 + hour) * HOUR + chance.below(HOUR as u64) as i64;
        for _ in 0..chance.tries(1.0 / 6.0) {
            if visits.len() < events && at < START + DAYS as i64 * 24 * HOUR {
                visits.push(Visit { at, user: user as u32 });
            }
            at += (-chance.share().ln() * 90_000.0) as i64 + 1;
        }
    }
    visits.sort_unstable();
    // No two have one instant: with batches of one event the second would be late.
    let mut last = START;
    for visit in &mut visits {
        visit.at = visit.at.max(last + 1);
        last = visit.at;
    }
    visits
}

/// All texts of the log, each there once, as the readers of logs have it.
struct Words {
    names: Vec<Text>,
    users: Vec<Text>,
    cities: Vec<Text>,
    categories: Vec<Text>,
    platforms: Vec<Text>,
    properties: [Text; 6],
}

impl Words {
    fn new(users: usize) -> Words {
        let texts = |words: &[&str]| words.iter().map(|word| Text::from(*word)).collect();
        Words {
            names: NAMES.iter().map(|(name, ..)| Text::from(*name)).collect(),
            users: (1..=users).map(|number| Text::from(number.to_string())).collect(),
            cities: texts(&CITIES),
            categories: texts(&CATEGORIES),
            platforms: PLATFORMS.iter().map(|(name, _)| Text::from(*name)).collect(),
            properties: ["city", "platform", "price", "product_id", "qty", "category"].map(Text::from),
        }
    }

    /// The event of a visit, which hangs on its place in the log and on who it is.
    fn record(&self, place: usize, visit: Visit) -> Record {
        let mut chance = Chance(place as u64);
        let mut whose = Chance(u64::from(visit.user) << 20);
        let name = chance.choose(NAMES.iter().map(|(_, share, ..)| *share as f64));
        let (_, _, priced, counted, sorted) = NAMES.get(name).copied().unwrap_or_default();
        let home = whose.choose(falling(CITIES.len(), 0.8));
        let city = if chance.below(10) == 0 { chance.below(CITIES.len() as u64) as usize } else { home };
        let platform = whose.choose(PLATFORMS.iter().map(|(_, share)| *share as f64));
        let text = |texts: &[Text], place: usize| texts.get(place).cloned().map(Value::Text);
        let price = (5.5 + 1.1 * chance.normal()).exp();
        let price = Number::from_f64((price * 100.0).round() / 100.0).map(Value::Number);
        let product = (chance.share().powf(-5.0) as i64).min(50_000);
        let quantity = chance.tries(0.6) as i64;
        let category = chance.choose(falling(CATEGORIES.len(), 0.7));
        let values = [
            text(&self.cities, city),
            text(&self.platforms, platform),
            price.filter(|_| priced),
            priced.then(|| Value::integer(product)),
            counted.then(|| Value::integer(quantity)),
            text(&self.categories, category).filter(|_| sorted),
        ];
        let properties: Properties = self
            .properties
            .iter()
            .zip(values)
            .filter_map(|(name, value)| Some((name.clone(), value?)))
            .collect();
        Record::Event(Event {
            user: self.users.get(visit.user as usize).cloned().unwrap_or_default(),
            name: self.names.get(name).cloned().unwrap_or_default(),
            at: Instant::from_millis(visit.at),
            id: None,
            properties,
        })
    }
}

/// What one pass over the log came to.
#[derive(Default)]
struct Pass {
    took: Duration,
    outcomes: usize,
    /// Of all outcomes in order, so that two passes can be told to have come to the same.
    digest: u64,
}

impl Pass {
    fn count(&mut self, outcomes: &[Outcome]) {
        self.outcomes += outcomes.len();
        for outcome in outcomes {
            let mut written = String::new();
            let _ = write!(written, "{}/{}/{}", outcome.campaign, outcome.user, outcome.occurrence);
            for byte in written.bytes() {
                self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
}

fn engine() -> Engine {
    let rulebook = Rulebook::parse("live.camp", &rules()).expect("the bench's rules are sound");
    Engine::in_memory(rulebook.compile()).starting(Instant::from_millis(START))
}

/// All events through an engine, so many at a time; each of these is timed as one call.
fn pass(visits: &[Visit], words: &Words, batch: usize, calls: &mut Calls) -> (Pass, Engine) {
    let mut engine = engine();
    let mut pass = Pass::default();
    let mut place = 0;
    for made in visits.chunks(MADE) {
        let mut records = Vec::with_capacity(made.len());
        for visit in made {
            records.push(words.record(place, *visit));
            place += 1;
        }
        let mut outcomes = Vec::new();
        let mut records = records.into_iter();
        let start = now();
        for visits in made.chunks(batch) {
            let last = visits.last().map_or(START, |visit| visit.at);
            let mut call = || {
                engine
                    .ingest(records.by_ref().take(visits.len()))
                    .expect("the bench's instants are supported");
                engine.advance(Instant::from_millis(last)).expect("the bench's instants are supported");
                engine.take_outcomes()
            };
            outcomes.push(if batch == 1 { calls.time(call) } else { call() });
        }
        pass.took += start.elapsed();
        outcomes.iter().for_each(|outcomes| pass.count(outcomes));
    }
    (pass, engine)
}

fn main() {
    let events = size(2_000_000, 2_000);
    let second = std::env::args().filter_map(|argument| argument.replace('_', "").parse().ok()).nth(1);
    let users = second.unwrap_or(events / 20);
    let (visits, words) = (visits(events, users), Words::new(users));
    let mut active: Vec<u32> = visits.iter().map(|visit| visit.user).collect();
    active.sort_unstable();
    active.dedup();
    println!("{events} events of {} users, ten segments", active.len());
    let mut last: Option<(usize, u64)> = None;
    for batch in [1_000, 100, 1] {
        let mut calls = Calls::with_capacity(if batch == 1 { events } else { 0 });
        let (before, interrupted) = (memory(), interruptions());
        let (pass, engine) = pass(&visits, &words, batch, &mut calls);
        let held = memory().saturating_sub(before) / active.len().max(1);
        // What times each call takes time as well: of single events, the calls by themselves.
        let took = if batch == 1 { calls.total() } else { pass.took };
        let each = took / u32::try_from(events).unwrap_or(u32::MAX).max(1);
        println!(
            "  batches of {batch:>5}: {:>9.0} events/s, {} each; {} outcomes ({:016x}); {held} bytes a user at the end; \
             the system interrupted {} times",
            events as f64 / took.as_secs_f64(),
            shown(each),
            pass.outcomes,
            pass.digest,
            interruptions() - interrupted,
        );
        if batch == 1 {
            println!("  one event {}\n            {calls}", Calls::heads());
        }
        drop(engine);
        let found = (pass.outcomes, pass.digest);
        assert!(last.is_none_or(|last| last == found), "other batches have come to other outcomes");
        last = Some(found);
    }
}
