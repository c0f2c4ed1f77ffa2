//! The durable engine: what was acknowledged is there however the process ends, and nothing is decided twice.
#![cfg(test)]
#![cfg(feature = "durable")]

use std::collections::BTreeMap;
use std::path::Path;

use campanile::durable::{
    DurableEngine, DurableError, JobState, Options, RulesChange, Settled, WhenUnknown, verify,
};
use campanile::live::Engine;
use campanile::model::{
    Duration, Event, Instant, Outcome, ProfileUpdate, Properties, Record, SendJob, Value, draw,
};
use campanile::program::Program;
use campanile::rulebook::Rulebook;

const RULES: &str = r#"
    settings { cap 3 per 1 day }
    segment idle = did not "Seen" in last 6 hours
    campaign thanks { when "Charged" send template thanks }
    campaign cart { when "Added" then no "Charged" within 2 hours send template cart unless "Left" }
    campaign daily { every day at 09:00 send template hello }
    campaign back { when enters segment idle wait 1 hour send template back }
"#;

fn program(rules: &str) -> Program {
    Rulebook::parse("durable.camp", rules).unwrap_or_else(|error| panic!("{error}")).compile()
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn after(from: Instant, seconds: u64) -> Instant {
    Instant::from_millis(from.millis() + seconds as i64 * 1_000)
}

fn start() -> Instant {
    at("2026-11-03T00:00:00Z")
}

fn profile(number: u64) -> Record {
    let changes = [
        ("phone", Value::text(&format!("+9198200{number:05}"))),
        ("whatsapp", Value::Boolean(number % 7 != 3)),
    ];
    let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
    Record::Profile(ProfileUpdate { user: format!("user {number}").into(), at: None, changes })
}

fn event(user: u64, name: &str, at: Instant, id: Option<String>) -> Record {
    let properties: Properties = [("amount", Value::integer(user as i64))].into_iter().collect();
    let user = format!("user {user}").into();
    Record::Event(Event { user, name: name.into(), at, id: id.map(Into::into), properties })
}

/// What a host does, made from a seed.
#[derive(Debug, Clone)]
enum Act {
    Ingest(Vec<Record>),
    Advance(Instant, usize),
    Claim(Instant),
}

fn acts(seed: u64, many: u64) -> Vec<Act> {
    let mut number = 0;
    let mut next = |below: u64| {
        number += 1;
        draw(&format!("act {seed}"), &number.to_string()) % below
    };
    let mut now = start();
    let mut acts = vec![Act::Ingest((0..12).map(profile).collect())];
    for step in 0..many {
        now = after(now, next(1_500));
        match next(5) {
            0 | 1 => {
                let names = ["Seen", "Added", "Charged", "Left"];
                let events = (0..next(6)).map(|place| {
                    // Some are late, some come twice.
                    let when = Instant::from_millis(now.millis() - next(900_000) as i64);
                    let id = (next(3) > 0).then(|| format!("{}", next(step * 5 + place + 1)));
                    event(next(12), names[next(4) as usize], when, id)
                });
                acts.push(Act::Ingest(events.collect()));
            }
            2 | 3 => acts.push(Act::Advance(now, 1 + next(40) as usize)),
            _ => acts.push(Act::Claim(now)),
        }
    }
    acts.push(Act::Advance(now, usize::MAX));
    acts
}

#[derive(Debug, PartialEq, Default)]
struct Came {
    jobs: Vec<SendJob>,
    outcomes: Vec<Outcome>,
}

fn in_memory(acts: &[Act], ids_for: Option<Duration>) -> (Came, Engine) {
    let mut engine = Engine::in_memory(program(RULES));
    if let Some(keep) = ids_for {
        engine = engine.keeping_ids_for(keep);
    }
    let mut came = Came::default();
    for act in acts {
        match act {
            Act::Ingest(records) => _ = engine.ingest(records.clone()).unwrap(),
            Act::Advance(now, steps) => came.jobs.extend(engine.advance_within(*now, *steps).unwrap().jobs),
            Act::Claim(_) => {}
        }
    }
    came.outcomes = engine.take_outcomes();
    (came, engine)
}

fn open(folder: &Path) -> DurableEngine {
    open_with(folder, Options::default())
}

fn open_with(folder: &Path, options: Options) -> DurableEngine {
    DurableEngine::open(folder, program(RULES), options).unwrap_or_else(|error| panic!("{error}"))
}

fn saved(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.save(&mut bytes).unwrap();
    bytes
}

fn outcomes(engine: &DurableEngine) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    engine.outcomes(|outcome| outcomes.push(outcome)).unwrap();
    outcomes
}

#[test]
fn whenever_the_process_ends_the_same_is_decided_once() {
    let mut dropped = 0;
    for seed in 0..40 {
        let acts = acts(seed, 60);
        // Of some the ids are kept for two hours only.
        let ids_for = (seed % 2 == 1).then(|| Duration::from_seconds(7_200));
        let options = || ids_for.map_or(Options::default(), |keep| Options::default().ids_for(keep));
        let (wanted, memory) = in_memory(&acts, ids_for);
        dropped += u64::from(memory.ids_dropped().is_some());
        let folder = tempfile::tempdir().unwrap();
        let mut engine = open_with(folder.path(), options());
        let mut handed = BTreeMap::new();
        for (place, act) in acts.iter().enumerate() {
            match act {
                Act::Ingest(records) => _ = engine.ingest(records.clone()).unwrap(),
                Act::Advance(now, steps) => _ = engine.advance_within(*now, *steps).unwrap(),
                Act::Claim(now) => {
                    let claims = engine.claim("w", *now, 3).unwrap();
                    for claim in claims {
                        let word = Settled::Accepted { provider_id: None };
                        engine.settle(&[(claim.number, claim.attempt, word)], *now).unwrap();
                        assert!(handed.insert(claim.number, claim.job).is_none(), "handed over twice");
                    }
                }
            }
            match draw(&format!("end {seed}"), &place.to_string()) % 9 {
                0 => {
                    // What was closed without a decision is not on the disk: it is closed again.
                    let closed = engine.closed();
                    drop(engine);
                    engine = open_with(folder.path(), options());
                    while engine.closed() < closed {
                        engine.advance_within(closed.unwrap(), 1).unwrap();
                    }
                }
                1 => _ = engine.snapshot().unwrap(),
                2 => {
                    engine.shut().unwrap();
                    // Said once, it holds.
                    engine = open(folder.path());
                    assert_eq!(engine.recovery().replayed, 0);
                }
                _ => {}
            }
        }
        let last = memory.closed().unwrap();
        engine.advance(last).unwrap();
        assert_eq!(outcomes(&engine), wanted.outcomes, "seed {seed}");
        loop {
            let claims = engine.claim("w", last, 100).unwrap();
            if claims.is_empty() {
                break;
            }
            handed.extend(claims.into_iter().map(|claim| (claim.number, claim.job)));
        }
        assert_eq!(handed.into_values().collect::<Vec<_>>(), wanted.jobs, "seed {seed}");
        assert_eq!(engine.engine().ids_dropped(), memory.ids_dropped());
        engine.shut().unwrap();
        let verified = verify(folder.path(), &program(RULES)).unwrap();
        assert!(verified.snapshot);
        assert_eq!(verified.jobs, wanted.jobs.len() as u64);
    }
    assert!(dropped > 10, "{dropped}");
}

#[test]
fn what_comes_in_time_is_as_if_all_ids_were_kept_and_what_is_older_is_refused() {
    let (mut refused, mut duplicates) = (0, 0);
    for seed in 0..30 {
        let day = Duration::from_seconds(86_400);
        let mut all = Engine::in_memory(program(RULES));
        let mut some = Engine::in_memory(program(RULES)).keeping_ids_for(day);
        let mut number = 0;
        let mut next = |below: u64| {
            number += 1;
            draw(&format!("ids {seed}"), &number.to_string()) % below
        };
        let (mut now, mut came) = (start(), Vec::<Record>::new());
        let profiles: Vec<Record> = (0..6).map(profile).collect();
        all.ingest(profiles.clone()).unwrap();
        some.ingest(profiles).unwrap();
        for step in 0..120 {
            now = after(now, next(7_200));
            let when = Instant::from_millis(now.millis() - next(80_000_000) as i64);
            let name = ["Seen", "Added", "Charged", "Left"][next(4) as usize];
            came.push(event(next(6), name, when, Some(format!("{step}"))));
            let mut records = vec![came[came.len() - 1].clone()];
            // Any that has come comes again, in time or not.
            if next(2) == 0 {
                records.push(came[next(came.len() as u64) as usize].clone());
            }
            let (one, other) = (all.ingest(records.clone()).unwrap(), some.ingest(records).unwrap());
            assert_eq!(one.accepted, other.accepted, "what is new is taken in, and counts once");
            assert_eq!(one.duplicates, other.duplicates + other.refused.len() as u64);
            for old in &other.refused {
                assert!(old.record.at().unwrap() < some.closed().unwrap() - day, "{}", old.reason);
            }
            refused += other.refused.len();
            duplicates += other.duplicates;
            if next(3) > 0 {
                assert_eq!(all.advance(now).unwrap(), some.advance(now).unwrap());
            }
        }
        assert_eq!(all.take_outcomes(), some.take_outcomes());
        assert!(some.ids() < all.ids() - 30, "{} of {}", some.ids(), all.ids());
    }
    assert!(refused > 100 && duplicates > 100, "{refused} and {duplicates}");
}

#[test]
fn a_directory_is_one_process_s_and_of_its_rules() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let second = DurableEngine::open(folder.path(), program(RULES), Options::default()).unwrap_err();
    assert!(
        matches!(&second, DurableError::Taken { by, .. } if by.contains(&std::process::id().to_string())),
        "{second}"
    );
    drop(engine);
    let rules = "campaign other { every day at 09:00 send template other }";
    let other = DurableEngine::open(folder.path(), program(rules), Options::default()).unwrap_err();
    assert!(matches!(other, DurableError::OtherRules { .. }), "{other}");
    let replaced = DurableEngine::open(folder.path(), program(rules), Options::default().replace_rules(true));
    assert!(replaced.unwrap().recovery().other_rules);
}

#[test]
fn what_is_no_store_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("campanile.db");
    std::fs::write(&file, b"a letter to somebody, which is longer than a hundred bytes, as the head of a database is, so that it is looked at").unwrap();
    let before = std::fs::read(&file).unwrap();
    let error = DurableEngine::open(folder.path(), program(RULES), Options::default()).unwrap_err();
    assert!(matches!(error, DurableError::Foreign { .. }), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

/// One job in the outbox.
fn one_job(folder: &Path, options: Options) -> (DurableEngine, Instant) {
    let mut engine = DurableEngine::open(folder, program(RULES), options).unwrap();
    let now = after(start(), 60);
    engine.ingest(vec![profile(1), event(1, "Charged", now, None)]).unwrap();
    assert_eq!(engine.advance(now).unwrap().jobs, 1);
    (engine, now)
}

#[test]
fn of_a_job_whose_worker_says_nothing_nobody_knows() {
    let folder = tempfile::tempdir().unwrap();
    let (mut engine, now) = one_job(folder.path(), Options::default());
    let claim = engine.claim("w", now, 9).unwrap().pop().unwrap();
    assert_eq!(claim.until, after(now, 60));
    assert!(engine.claim("w", after(now, 60), 9).unwrap().is_empty());
    assert_eq!(engine.counts().collect::<Vec<_>>(), [(JobState::Claimed, 1)]);
    // Marketing is never sent again when nobody knows.
    assert!(engine.claim("w", after(now, 100_000), 9).unwrap().is_empty());
    assert_eq!(engine.counts().collect::<Vec<_>>(), [(JobState::Unknown, 1)]);
    // A word of the provider settles it still, once.
    let word = [(claim.number, claim.attempt, Settled::Accepted { provider_id: Some("wamid.1".into()) })];
    engine.settle(&word, after(now, 100_001)).unwrap();
    assert_eq!(engine.counts().collect::<Vec<_>>(), [(JobState::Accepted, 1)]);
    let twice = engine.settle(&word, after(now, 100_002)).unwrap_err();
    assert_eq!(twice, DurableError::NoSuchClaim { number: claim.number });
    // That is the caller's mistake, not the store's.
    engine.ingest(vec![profile(2)]).unwrap();
}

#[test]
fn a_crash_with_a_claim_leaves_it_unknown_and_a_sink_that_knows_ids_gets_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let again = Options::default().when_unknown(WhenUnknown::Again).grace(Duration::from_seconds(0));
    let (mut engine, now) = one_job(folder.path(), again.clone());
    let first = engine.claim("w", now, 9).unwrap().pop().unwrap();
    drop(engine);
    let mut engine = DurableEngine::open(folder.path(), program(RULES), again).unwrap();
    assert_eq!(engine.counts().collect::<Vec<_>>(), [(JobState::Unknown, 1)]);
    let second = engine.claim("w", after(now, 1), 9).unwrap().pop().unwrap();
    assert_eq!((second.attempt, &second.job), (2, &first.job));
}

#[test]
fn a_job_that_did_not_leave_is_tried_again_when_its_worker_says() {
    let folder = tempfile::tempdir().unwrap();
    let (mut engine, now) = one_job(folder.path(), Options::default());
    let claim = engine.claim("w", now, 9).unwrap().pop().unwrap();
    let again = Settled::NotSent { reason: "connection refused".into(), again: Some(after(now, 30)) };
    engine.settle(&[(claim.number, 1, again)], now).unwrap();
    assert!(engine.claim("w", after(now, 29), 9).unwrap().is_empty());
    assert_eq!(engine.next_due().unwrap(), after(now, 30));
    assert_eq!(engine.claim("w", after(now, 30), 9).unwrap().pop().unwrap().attempt, 2);
}

#[test]
fn a_forgotten_user_leaves_no_byte_and_the_others_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let acts = acts(7, 80);
    let mut engine = open(folder.path());
    for act in &acts {
        match act {
            Act::Ingest(records) => _ = engine.ingest(records.clone()).unwrap(),
            Act::Advance(now, steps) => _ = engine.advance_within(*now, *steps).unwrap(),
            Act::Claim(_) => {}
        }
    }
    engine.snapshot().unwrap();
    let before = outcomes(&engine);
    let kept = engine.export("user 1").unwrap();
    assert!(kept.records.len() > 3 && !kept.jobs.is_empty() && !kept.outcomes.is_empty());
    assert_eq!(engine.forget("user 1").unwrap(), kept);
    assert_eq!(engine.export("user 1").unwrap(), Default::default());
    let others: Vec<Outcome> = before.into_iter().filter(|outcome| &*outcome.user != "user 1").collect();
    assert_eq!(outcomes(&engine), others);
    let state = saved(engine.engine());
    drop(engine);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for word in ["+919820000001", "user 1\"", "user 1 "] {
            assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
        }
    }
    let engine = open(folder.path());
    assert_eq!(saved(engine.engine()), state);
    drop(engine);
    verify(folder.path(), &program(RULES)).unwrap();
}

#[test]
fn events_within_the_lateness_are_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::default().lateness(Duration::from_seconds(300));
    let mut engine = DurableEngine::open(folder.path(), program(RULES), options).unwrap();
    let now = after(start(), 3_600);
    engine.ingest(vec![profile(1)]).unwrap();
    engine.advance(now).unwrap();
    let late = engine.ingest(vec![event(1, "Charged", after(now, 0), None)]).unwrap();
    assert_eq!(late.late, 0);
    assert_eq!(engine.advance(after(now, 299)).unwrap().jobs, 0);
    assert_eq!(engine.next_due(), Some(after(now, 300)));
    assert_eq!(engine.advance(after(now, 300)).unwrap().jobs, 1);
    let late = engine.ingest(vec![event(1, "Charged", now, None)]).unwrap();
    assert_eq!(late.late, 1);
}

#[test]
fn what_nests_too_deep_to_be_saved_is_refused_and_stops_nothing_else() {
    let nested = |levels: usize| {
        let within = |value, level| match level % 2 {
            0 => Value::List(vec![value]),
            _ => Value::object([("part".into(), value)]),
        };
        (0..levels).fold(Value::integer(1), within)
    };
    let bought = |levels| {
        let properties: Properties = [("items", nested(levels))].into_iter().collect();
        let user = "user 1".into();
        Record::Event(Event { user, name: "Charged".into(), at: start(), id: None, properties })
    };
    let stated = |levels| {
        let changes = vec![("items".into(), Some(nested(levels)))];
        Record::Profile(ProfileUpdate { user: "user 1".into(), at: None, changes })
    };
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(folder.path());
    let deepest = Value::DEEPEST;
    let deep = [bought(deepest + 1), stated(deepest + 1)];
    let records =
        [profile(1), bought(deepest), deep[0].clone(), stated(deepest), deep[1].clone(), profile(2)];
    let ingested = engine.ingest(records.to_vec()).unwrap();
    assert_eq!(ingested.accepted, 4);
    assert!(ingested.refused.iter().map(|refused| &refused.record).eq(&deep));
    let reason = &ingested.refused[0].reason;
    assert!(reason.contains("`items` of `user 1`") && reason.contains("128"), "{reason}");
    engine.advance(start()).unwrap();
    engine.shut().unwrap();
    assert!(verify(folder.path(), &program(RULES)).unwrap().snapshot);
    assert_eq!(open(folder.path()).recovery().replayed, 0);
}

#[test]
fn nothing_is_settled_twice_in_one_call() {
    let folder = tempfile::tempdir().unwrap();
    let (mut engine, now) = one_job(folder.path(), Options::default());
    let claim = engine.claim("w", now, 9).unwrap().pop().unwrap();
    let word = || (claim.number, claim.attempt, Settled::Accepted { provider_id: None });
    let twice = engine.settle(&[word(), word()], now).unwrap_err();
    assert_eq!(twice, DurableError::NoSuchClaim { number: claim.number });
    engine.settle(&[word()], now).unwrap();
    assert!(verify(folder.path().join("elsewhere"), &program(RULES)).is_err());
}

/// Rules with a wait, a campaign fewer, and one more.
const OTHER_RULES: &str = r#"
    settings { cap 3 per 1 day }
    segment idle = did not "Seen" in last 6 hours
    campaign thanks { when "Charged" wait 3 hours send template thanks }
    campaign cart { when "Added" then no "Charged" within 3 hours send template cart unless "Left" }
    campaign daily { every day at 09:00 send template hello }
    campaign evening { every day at 18:00 send template evening }
"#;

#[test]
fn other_rules_change_what_is_to_come_and_nothing_that_was_decided() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(folder.path());
    let charged = after(start(), 3_600);
    let added = after(start(), 3_700);
    engine.ingest((0..3).map(profile).collect()).unwrap();
    engine
        .ingest(vec![event(0, "Charged", charged, Some("c".into())), event(1, "Added", added, None)])
        .unwrap();
    // User 3 does not agree, which is an outcome without a job.
    engine.ingest(vec![profile(3), event(3, "Charged", charged, Some("d".into()))]).unwrap();
    let now = after(start(), 4_000);
    assert_eq!(engine.advance(now).unwrap().jobs, 1);
    let before = outcomes(&engine);
    assert_eq!(before.len(), 2);

    let same = engine.compare_rules(&program(RULES)).unwrap();
    assert_eq!(same, Default::default());
    let state = saved(engine.engine());
    let compared = engine.compare_rules(&program(OTHER_RULES)).unwrap();
    assert!(saved(engine.engine()) == state);
    let change = engine.replace_rules(program(OTHER_RULES)).unwrap();
    assert_eq!(change, compared);
    // `thanks` comes three hours later now, and both of it are decided: neither comes again.
    let (moved, from) = &change.moved[0];
    assert_eq!((&*moved.campaign, &*moved.user, change.moved.len()), ("cart", "user 1", 1));
    assert_eq!((*from, moved.due), (after(added, 7_200), after(added, 10_800)));
    assert!(change.added.iter().all(|waiting| *waiting.campaign == *"evening"));
    assert_eq!(change.added.len(), 4);
    assert!(change.removed.iter().all(|waiting| *waiting.campaign == *"back"), "{:?}", change.removed);

    // In the life of the process, and in the next.
    engine.advance(after(start(), 5 * 3_600)).unwrap();
    drop(engine);
    let mut engine = DurableEngine::open(folder.path(), program(OTHER_RULES), Options::default()).unwrap();
    let evening = at("2026-11-03T18:00:00Z");
    engine.advance(evening).unwrap();
    let told = outcomes(&engine);
    assert_eq!(told[..2], before);
    let mut once = std::collections::BTreeSet::new();
    for outcome in &told {
        assert!(once.insert((&outcome.campaign, &outcome.user, &outcome.occurrence)), "{outcome:?} twice");
    }
    assert!(told.iter().any(|outcome| *outcome.campaign == *"evening"));
    let claims = engine.claim("w", evening, 100).unwrap();
    assert_eq!(claims.iter().filter(|claim| *claim.job.campaign == *"thanks").count(), 1);
    engine.shut().unwrap();
    verify(folder.path(), &program(OTHER_RULES)).unwrap();
}

#[test]
fn rules_that_are_replaced_by_themselves_change_nothing() {
    for seed in 0..24 {
        let mut acts = acts(seed, 50);
        // To end what has begun is work: only where all of it is done each time are the instants closed at the same time without it.
        for act in &mut acts {
            if let Act::Advance(_, steps) = act {
                *steps = usize::MAX;
            }
        }
        let (wanted, memory) = in_memory(&acts, None);
        let folder = tempfile::tempdir().unwrap();
        let mut engine = open_with(folder.path(), Options::default().slice(3));
        for (place, act) in acts.iter().enumerate() {
            match act {
                Act::Ingest(records) => _ = engine.ingest(records.clone()).unwrap(),
                Act::Advance(now, _) => _ = engine.advance(*now).unwrap(),
                Act::Claim(_) => {
                    assert_eq!(engine.replace_rules(program(RULES)).unwrap(), RulesChange::default());
                }
            }
            if draw(&format!("end {seed}"), &place.to_string()).is_multiple_of(9) {
                engine.shut().unwrap();
                engine = open_with(folder.path(), Options::default().slice(3));
            }
        }
        assert_eq!(outcomes(&engine), wanted.outcomes, "seed {seed}");
        let claims = engine.claim("w", memory.closed().unwrap(), usize::MAX).unwrap();
        assert_eq!(claims.into_iter().map(|claim| claim.job).collect::<Vec<_>>(), wanted.jobs, "seed {seed}");
        engine.shut().unwrap();
        assert!(verify(folder.path(), &program(RULES)).unwrap().snapshot);
    }
}

#[test]
fn the_job_of_a_campaign_that_is_removed_does_not_leave() {
    let folder = tempfile::tempdir().unwrap();
    let (mut engine, now) = one_job(folder.path(), Options::default());
    engine.replace_rules(program("campaign other { every day at 09:00 send template other }")).unwrap();
    assert!(engine.claim("w", now, 9).unwrap().is_empty());
    assert_eq!(engine.counts().collect::<Vec<_>>(), [(JobState::NotSent, 1)]);
}
