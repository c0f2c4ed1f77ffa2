//! Who stands in line costs nothing until it is his turn: the work of a run is that of its messages, however long they wait behind each other.
#![cfg(test)]

use campanile::live::Engine;
use campanile::model::{
    Duration, Event, Instant, PairLimit, Portfolio, ProfileUpdate, Properties, Provider, Providers, Rate,
    Record, Value,
};
use campanile::rulebook::Rulebook;

const DAY: i64 = 86_400;

fn record(user: u32, name: &str, at: Instant) -> Record {
    let properties = Properties::default();
    Record::Event(Event { user: format!("user {user}").into(), name: name.into(), at, id: None, properties })
}

fn profile(user: u32, phone: u32) -> Record {
    let known = [("phone", Value::text(&format!("+91982{phone:07}"))), ("whatsapp", Value::Boolean(true))];
    let changes = known.map(|(name, value)| (name.into(), Some(value))).to_vec();
    Record::Profile(ProfileUpdate { user: format!("user {user}").into(), at: None, changes })
}

/// Pieces of work, jobs and outcomes of a run of so many days.
fn work(
    rules: &str,
    providers: &Providers,
    records: impl IntoIterator<Item = Record>,
    days: i64,
) -> (u64, usize, usize) {
    let rulebook = Rulebook::builder().text("c.camp", rules).providers(providers.clone()).build().unwrap();
    let start = Instant::from_seconds(1_793_664_000);
    let mut engine = Engine::in_memory(rulebook.compile()).starting(start);
    engine.ingest(records).unwrap();
    let end = start + Duration::from_seconds(days * DAY);
    let (mut steps, mut jobs, mut outcomes) = (0, 0, 0);
    loop {
        steps += 1;
        let slice = engine.advance_within(end, 1).unwrap();
        jobs += slice.jobs.len();
        outcomes += engine.take_outcomes().len();
        if slice.caught_up {
            return (steps, jobs, outcomes);
        }
    }
}

/// The work for four times as many messages, which is four times as much, and at most so much for each message.
fn grows_with_the_messages(most: u64, work: impl Fn(u32) -> (u64, usize, usize)) {
    let (few, many) = (work(500), work(2_000));
    assert!(few.1 >= 500 && many.1 >= 2_000, "all leave: {few:?}, {many:?}");
    assert!(many.0 * 10 <= few.0 * 41, "{} pieces of work, and {} for four times as many", few.0, many.0);
    assert!(many.0 <= most * 2_000, "{} pieces of work for each message", many.0 / 2_000);
}

fn start() -> Instant {
    Instant::from_seconds(1_793_664_000)
}

#[test]
fn under_a_throttle() {
    let rules = r#"
        settings { throttle 1 per 1 second quiet hours 21:00..08:00, hold }
        campaign a { when "A" send template t }"#;
    grows_with_the_messages(30, |many| {
        let profiles = (0..many).map(|user| profile(user, user));
        let events = (0..many).map(|user| record(user, "A", start()));
        work(rules, &Providers::default(), profiles.chain(events), 2)
    });
}

#[test]
fn to_one_number() {
    let mut providers = Providers::default();
    let pair = PairLimit { every: Duration::from_seconds(6), burst: 3 };
    providers.providers.insert("p".into(), Provider { pair: Some(pair), ..Provider::default() });
    let rules = r#"
        campaign a { when "A" send template t }
        campaign b { when "A" throttle 1 per 1 minute send template u }"#;
    // Ten users share one number.
    grows_with_the_messages(50, |many| {
        let profiles = (0..10).map(|user| profile(user, 7));
        let events = (0..many).map(|number| record(number % 10, "A", start()));
        work(rules, &providers, profiles.chain(events), 4)
    });
}

#[test]
fn for_places_in_a_portfolio() {
    let mut providers = Providers::default();
    providers.portfolios.insert("main".into(), Portfolio { users_per_day: Some(100) });
    let rate = Rate { count: 80, per: Duration::from_seconds(1) };
    let provider = Provider { portfolio: Some("main".into()), rate: Some(rate), ..Provider::default() };
    providers.providers.insert("p".into(), provider);
    let rules = r#"
        campaign a { when "A" send template t }
        campaign b { when "A" priority 1 send template u }"#;
    grows_with_the_messages(40, |many| {
        let profiles = (0..many).map(|user| profile(user, user));
        let events = (0..many).map(|user| record(user, "A", start()));
        // Some are answered, and wait for no place.
        let answers = (0..many / 10)
            .map(|user| record(user * 10, "Message Received", start() + Duration::from_seconds(60)));
        work(rules, &providers, profiles.chain(events).chain(answers), 30)
    });
}

#[test]
fn what_expires_in_line_is_asked_once() {
    let rules = r#"campaign a { when "A" throttle 1 per 1 day valid 1 hour send template t }"#;
    let run = |many: u32| {
        let profiles = (0..many).map(|user| profile(user, user));
        let events = (0..many).map(|user| record(user, "A", start()));
        work(rules, &Providers::default(), profiles.chain(events), 3)
    };
    let (few, many) = (run(500), run(2_000));
    assert_eq!((few.1, few.2, many.1, many.2), (1, 500, 1, 2_000));
    assert!(many.0 * 10 <= few.0 * 41, "{} pieces of work, and {} for four times as many", few.0, many.0);
}
