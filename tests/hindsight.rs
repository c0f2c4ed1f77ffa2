//! What late events would have changed is what a replay of the log in order says, and nothing else.
#![cfg(test)]
#![cfg(feature = "durable")]

use std::collections::BTreeMap;

use campanile::durable::{DurableEngine, Options, Settled, hindsight};
use campanile::model::{
    Event, Instant, Outcome, OutcomeKind, ProfileUpdate, Properties, Record, Value, draw,
};
use campanile::program::Program;
use campanile::replay::Replay;
use campanile::rulebook::Rulebook;

const RULES: &str = r#"
    settings { cap 3 per 1 day }
    segment idle = did not "Seen" in last 6 hours
    campaign thanks { when "Charged" send template thanks }
    campaign cart { when "Added" then no "Charged" within 2 hours send template cart unless "Left" }
    campaign daily { every day at 09:00 send template hello }
    campaign back { when enters segment idle wait 1 hour send template back }
"#;

const START: i64 = 1_793_664_000_000;
const HOUR: i64 = 3_600_000;

fn program() -> Program {
    Rulebook::parse("late.camp", RULES).unwrap_or_else(|error| panic!("{error}")).compile()
}

fn at(millis: i64) -> Instant {
    Instant::from_millis(START + millis)
}

fn profile(number: u64) -> Record {
    let changes =
        [("phone", Value::text(&format!("+9198200{number:05}"))), ("whatsapp", Value::Boolean(true))];
    let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
    Record::Profile(ProfileUpdate { user: format!("user {number}").into(), at: None, changes })
}

fn event(user: u64, name: &str, at: Instant, id: String) -> Record {
    let user = format!("user {user}").into();
    Record::Event(Event { user, name: name.into(), at, id: Some(id.into()), properties: Properties::new() })
}

type Decided = BTreeMap<(String, String, String), (OutcomeKind, Instant)>;

fn decided(outcomes: Vec<Outcome>) -> Decided {
    let of = |outcome: Outcome| {
        let key = (outcome.campaign.to_string(), outcome.user.to_string(), outcome.occurrence.to_string());
        (key, (outcome.outcome, outcome.decided_at))
    };
    outcomes.into_iter().filter(|outcome| outcome.outcome != OutcomeKind::Pending).map(of).collect()
}

/// A day of twelve users, hour by hour; events are late by up to so long. Answers how many decisions differ and how many messages should not have left.
fn day(seed: u64, late_by: i64) -> (usize, usize) {
    let mut number = 0;
    let mut next = |below: u64| {
        number += 1;
        draw(&format!("late {seed}"), &number.to_string()) % below
    };
    let folder = tempfile::tempdir().unwrap();
    let options = || Options::default().starting(at(0));
    let mut engine = DurableEngine::open(folder.path(), program(), options()).unwrap();
    let mut all: Vec<Record> = (0..12).map(profile).collect();
    engine.ingest(all.clone()).unwrap();
    for step in 1..=96 {
        let now = step * HOUR / 4;
        let names = ["Seen", "Added", "Charged", "Left"];
        let events: Vec<_> = (0..next(5))
            .map(|_| {
                // An event's instant is after the last one that was closed, unless it is late.
                let when = (now - next(HOUR as u64 / 4) as i64 - late_by * next(2) as i64).max(1);
                event(next(12), names[next(4) as usize], at(when), format!("e{}", next(10_000)))
            })
            .collect();
        all.extend(events.iter().cloned());
        engine.ingest(events).unwrap();
        engine.advance(at(now)).unwrap();
        let claims = engine.claim("worker", at(now), 100).unwrap();
        let done = |claim: &campanile::durable::Claim| {
            (claim.number, claim.attempt, Settled::Accepted { provider_id: None })
        };
        let done: Vec<_> = claims.iter().map(done).collect();
        engine.settle(&done, at(now)).unwrap();
    }
    let closed = engine.closed().unwrap();
    let mut live = Vec::new();
    engine.outcomes(|outcome| live.push(outcome)).unwrap();
    let live = decided(live);
    let mut replay = Replay::new(&program()).starting(Some(at(0))).ending(Some(closed.next()));
    all.into_iter().for_each(|record| replay.add(record));
    let in_time = decided(replay.run().outcomes);

    let found = engine.hindsight().unwrap();
    let keys: Vec<_> = found
        .iter()
        .map(|found| (found.campaign.to_string(), found.user.to_string(), found.occurrence.to_string()))
        .collect();
    let mut wanted: Vec<_> = live
        .keys()
        .chain(in_time.keys())
        .filter(|key| live.get(*key) != in_time.get(*key))
        .cloned()
        .collect();
    wanted.sort();
    wanted.dedup();
    assert_eq!(keys, wanted);
    for (found, key) in found.iter().zip(&keys) {
        assert_eq!((found.decided, found.in_time), (live.get(key).copied(), in_time.get(key).copied()));
        assert_eq!(found.job.is_some(), matches!(found.decided, Some((OutcomeKind::Sent, _))), "{found:?}");
        assert!(found.late.iter().all(|late| late.at <= late.closed));
    }
    engine.shut().unwrap();
    assert_eq!(hindsight(folder.path(), &program()).unwrap(), found);
    (found.len(), found.iter().filter(|found| found.should_not_have_left()).count())
}

#[test]
fn in_hindsight_all_is_as_a_replay_in_order_decides() {
    let (mut other, mut left) = (0, 0);
    for seed in 0..6 {
        let (differ, should_not) = day(seed, 2 * HOUR);
        (other, left) = (other + differ, left + should_not);
    }
    assert!(left > 5 && other > left, "{other} {left}");
}

#[test]
fn where_nothing_is_late_there_is_nothing_to_regret() {
    for seed in 0..4 {
        assert_eq!(day(seed, 0), (0, 0));
    }
}
