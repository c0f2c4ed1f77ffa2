//! History that is folded into the state: what is to come is the same, what is kept is bounded, and what cannot be known any more is refused.
#![cfg(test)]
#![cfg(feature = "durable")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use campanile::durable::{DurableEngine, DurableError, Options, RulesChange, inspect, verify};
use campanile::model::{
    Duration, Event, Instant, NumberConsent, Outcome, ProfileUpdate, Properties, Record, Value, draw,
};
use campanile::program::Program;
use campanile::rulebook::Rulebook;

const RULES: &str = r#"
    segment idle = did not "Seen" in last 3 days
    campaign thanks { when "Charged" send template thanks }
    campaign cart { when "Added" then no "Charged" within 2 hours send template cart unless "Left" }
    campaign weekly { every week on mon at 09:00 if profile.city = "Pune" send template hello }
    campaign back { when enters segment idle wait 1 hour send template back }
    campaign loyal { when "Seen" if did "Charged" at least 3 times in last 10 days send template loyal }
    campaign first { when "Booked" for the first time send template first }
    campaign booked { when "Left" if did "Booked" at least 2 times send template booked }
"#;

/// What the others have edited, without the first, and with a new one.
const EDITED: &str = r#"
    segment idle = did not "Seen" in last 2 days
    campaign cart { when "Added" then no "Charged" within 5 hours send template cart unless "Left" }
    campaign weekly { every week on tue at 09:00 if profile.city = "Pune" send template hello }
    campaign back { when enters segment idle wait 2 hours send template back }
    campaign first { when "Booked" for the first time send template first }
    campaign often { when "Left" if did "Added" at least 3 times in last 6 days wait 3 days send template often }
"#;

const DAY: i64 = 86_400_000;
const START: i64 = 1_793_664_000_000;
const USERS: u64 = 8;

fn program(rules: &str) -> Program {
    Rulebook::parse("folding.camp", rules).unwrap_or_else(|error| panic!("{error}")).compile()
}

fn days(days: i64) -> Duration {
    Duration::from_millis(days * DAY)
}

fn open(folder: &Path, rules: &str, options: Options) -> DurableEngine {
    DurableEngine::open(folder, program(rules), options).unwrap_or_else(|error| panic!("{error}"))
}

fn profile(user: u64, at: Option<Instant>, changes: &[(&str, Value)]) -> Record {
    let changes =
        changes.iter().map(|(name, value)| ((*name).into(), Some(value.clone()))).collect::<Vec<_>>();
    Record::Profile(ProfileUpdate { user: format!("user {user}").into(), at, changes })
}

fn event(user: u64, name: &str, at: Instant, id: Option<String>) -> Record {
    let properties: Properties = [("told", Value::text(&format!("words of {user}")))].into_iter().collect();
    let user = format!("user {user}").into();
    Record::Event(Event { user, name: name.into(), at, id: id.map(Into::into), properties })
}

/// What comes in six hours, and up to when instants are closed then.
type Turn = (Vec<Record>, Instant);

/// So many days of some users, made from a seed: events late and twice, profiles that change.
fn turns(seed: u64, days: i64) -> Vec<Turn> {
    let mut number = 0;
    let mut next = |below: u64| {
        number += 1;
        draw(&seed.to_string(), &number.to_string()) % below
    };
    let mut turns: Vec<Turn> = Vec::new();
    for turn in 0..days * 4 {
        let now = START + turn * DAY / 4;
        let mut records = Vec::new();
        if turn == 0 {
            for user in 0..USERS - 2 {
                let phone = ("phone", Value::text(&format!("+9198200{user:05}")));
                records.push(profile(user, None, &[phone, ("whatsapp", Value::Boolean(true))]));
            }
        }
        for _ in 0..next(6) {
            let user = next(USERS);
            let name = ["Seen", "Seen", "Charged", "Added", "Left", "Added", "Booked"][next(7) as usize];
            // Most within the six hours, some late, some much so.
            let late = match next(20) {
                0 => next(3 * DAY as u64) as i64,
                1 => next(60 * DAY as u64) as i64,
                _ => 0,
            };
            let at = Instant::from_millis((now + next(DAY as u64 / 4) as i64 - late).max(START));
            let id = (next(2) == 0).then(|| format!("id {turn} {}", records.len()));
            records.push(event(user, name, at, id));
            // Queues give some of it twice.
            if next(5) == 0
                && let Some((before, _)) = turns.last()
            {
                let with_id = |record: &&Record| matches!(record, Record::Event(event) if event.id.is_some());
                records.extend(before.iter().find(with_id).cloned());
            }
        }
        if next(4) == 0 {
            let city = Value::text(["Pune", "Goa"][next(2) as usize]);
            let late = [0, 0, 2 * DAY][next(3) as usize];
            let at = (next(5) > 0).then(|| Instant::from_millis((now - late).max(START)));
            records.push(profile(next(USERS), at, &[("city", city)]));
        }
        if next(20) == 0 {
            let (number, blocked) = (format!("+9198200{:05}", next(USERS)).into(), next(2) == 0);
            let at = Some(Instant::from_millis(now));
            records.push(Record::Number(NumberConsent { number, at, blocked }));
        }
        turns.push((records, Instant::from_millis(now + DAY / 4)));
    }
    turns
}

fn run(engine: &mut DurableEngine, turns: &[Turn]) {
    for (records, until) in turns {
        engine.ingest(records.clone()).unwrap();
        engine.advance(*until).unwrap();
    }
}

fn outcomes(engine: &DurableEngine) -> Vec<Outcome> {
    let mut all = Vec::new();
    engine.outcomes(|outcome| all.push(outcome)).unwrap();
    all
}

fn state_of(engine: &DurableEngine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.engine().save(&mut bytes).unwrap();
    bytes
}

#[test]
fn folding_changes_nothing_of_what_is_to_come() {
    for seed in 0..4 {
        let turns = turns(seed, 90);
        let (plain, folded) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut unfolded = open(plain.path(), RULES, Options::default());
        let mut engine = open(folded.path(), RULES, Options::default());
        let mut left_out = 0;
        for (number, turn) in turns.iter().enumerate() {
            run(&mut unfolded, std::slice::from_ref(turn));
            run(&mut engine, std::slice::from_ref(turn));
            match (number as u64 * 7 + seed) % 50 {
                3 => {
                    left_out +=
                        engine.fold(days((draw("fold", &number.to_string()) % 30) as i64)).unwrap().records
                }
                11 => _ = engine.snapshot().unwrap(),
                19 | 31 => {
                    // What is closed without a decision is written with what comes next, and a look at a user writes it too.
                    engine.export("nobody").unwrap();
                    drop(engine);
                    engine = open(folded.path(), RULES, Options::default());
                }
                _ => {}
            }
        }
        assert!(left_out > 100, "seed {seed}: {left_out}");
        assert!(outcomes(&engine) == outcomes(&unfolded), "seed {seed}: the outcomes differ");
        assert!(state_of(&engine) == state_of(&unfolded), "seed {seed}: the states differ");
        engine.export("nobody").unwrap();
        drop(engine);
        let found = verify(folded.path(), &program(RULES)).unwrap();
        assert_eq!(found.entries, inspect(folded.path()).unwrap().entries, "seed {seed}");
        assert!(found.entries < inspect(plain.path()).unwrap().entries, "seed {seed}");
        // It is found again with and without a snapshot.
        for _ in 0..2 {
            let engine = open(folded.path(), RULES, Options::default());
            assert!(state_of(&engine) == state_of(&unfolded), "seed {seed}: it opens as another");
            engine.shut().unwrap();
            verify(folded.path(), &program(RULES)).unwrap();
        }
    }
}

fn told(change: RulesChange) -> [Vec<String>; 3] {
    let text = |waiting: &campanile::live::Waiting| format!("{waiting:?}");
    let moved = change.moved.iter().map(|(waiting, from)| format!("{waiting:?} {from}")).collect();
    [change.added.iter().map(text).collect(), change.removed.iter().map(text).collect(), moved]
}

fn decided(engine: &DurableEngine) -> BTreeMap<(String, String, String), String> {
    let one = |outcome: Outcome| {
        let key = (outcome.campaign.to_string(), outcome.user.to_string(), outcome.occurrence.to_string());
        (key, format!("{} {}", outcome.outcome.name(), outcome.decided_at))
    };
    outcomes(engine).into_iter().map(one).collect()
}

fn same(engine: &DurableEngine, unfolded: &DurableEngine, seed: u64) {
    let (found, wanted) = (decided(engine), decided(unfolded));
    let further: Vec<_> = found.iter().filter(|(key, how)| wanted.get(*key) != Some(how)).take(5).collect();
    let missing: Vec<_> = wanted.iter().filter(|(key, how)| found.get(*key) != Some(how)).take(5).collect();
    assert!(
        further.is_empty() && missing.is_empty(),
        "seed {seed}: further {further:#?}, missing {missing:#?}"
    );
}

#[test]
fn other_rules_are_brought_up_from_what_is_kept_as_from_all() {
    let mut many = [0; 3];
    for seed in 10..16 {
        let turns = turns(seed, 80);
        let (first, rest) = turns.split_at(4 * 65);
        let (plain, folded) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut unfolded = open(plain.path(), RULES, Options::default());
        let mut engine = open(folded.path(), RULES, Options::default());
        run(&mut unfolded, first);
        let (early, late) = first.split_at(4 * 50);
        run(&mut engine, early);
        assert!(engine.fold(days(0)).unwrap().records > 0);
        run(&mut engine, late);
        assert!(engine.fold(days(0)).unwrap().records > 0);
        let wanted = told(unfolded.replace_rules(program(EDITED)).unwrap());
        // In a running engine, and at opening.
        if seed % 2 == 0 {
            assert_eq!(told(engine.compare_rules(&program(EDITED)).unwrap()), wanted, "seed {seed}");
            assert_eq!(told(engine.replace_rules(program(EDITED)).unwrap()), wanted, "seed {seed}");
        } else {
            drop(engine);
            engine = open(folded.path(), EDITED, Options::default().replace_rules(true));
        }
        for (many, part) in many.iter_mut().zip(&wanted) {
            *many += part.len();
        }
        run(&mut unfolded, rest);
        run(&mut engine, rest);
        same(&engine, &unfolded, seed);
        // What was folded under the rules before is of no use now, and may be folded again.
        drop(engine);
        verify(folded.path(), &program(EDITED)).unwrap();
        let mut engine = open(folded.path(), EDITED, Options::default());
        assert!(engine.fold(days(0)).unwrap().records > 0);
        same(&engine, &unfolded, seed);
    }
    assert!(many.iter().all(|many| *many > 0), "added, removed, moved: {many:?}");
}

#[test]
fn rules_that_look_further_back_are_refused_unless_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(folder.path(), RULES, Options::default());
    run(&mut engine, &turns(1, 60));
    engine.fold(days(30)).unwrap();
    let history = engine.history().unwrap().unwrap();
    assert_eq!(history.from, Instant::from_millis(START + 30 * DAY));
    assert_eq!(history.whole.into_iter().collect::<Vec<_>>(), [("Booked".into(), None)]);
    let campaign = |who: &str| format!("campaign x {{ when \"Left\" if {who} send template x }}");
    let problem = |refused: Result<RulesChange, DurableError>| refused.unwrap_err().to_string();
    let far = program(&campaign("did \"Added\" in last 40 days"));
    let refused = problem(engine.replace_rules(far.clone()));
    assert!(
        refused.starts_with("the campaign `x` reads events of the last 50 days, with its waits and the caps")
            && refused.contains("from 2026-12-03T00:00:00Z on"),
        "{refused}"
    );
    let ever = program(&campaign("did \"Added\" at least 3 times"));
    let refused = problem(engine.compare_rules(&ever));
    assert!(refused.starts_with("the campaign `x` reads all events \"Added\", "), "{refused}");
    let dated = program(&campaign("did \"Added\" since 2026-11-20"));
    let refused = problem(engine.replace_rules(dated));
    assert!(
        refused.starts_with("the campaign `x` reads all events \"Added\" since 2026-11-20T"),
        "{refused}"
    );
    let any = program(&campaign("did any event at least 3 times"));
    assert!(problem(engine.replace_rules(any)).contains("all events of any name"));
    // What is kept of a name suffices, and so does what began since.
    engine.compare_rules(&program(&campaign("did \"Booked\" at least 3 times"))).unwrap();
    engine.compare_rules(&program(&campaign("did \"Added\" since 2026-12-10"))).unwrap();
    // Nothing of it has changed anything.
    drop(engine);
    verify(folder.path(), &program(RULES)).unwrap();
    let refused = DurableEngine::open(folder.path(), far.clone(), Options::default().replace_rules(true));
    assert!(matches!(refused, Err(DurableError::NoHistory { .. })));
    verify(folder.path(), &program(RULES)).unwrap();
    let options = Options::default().replace_rules(true).shorter_history(true);
    let mut engine = DurableEngine::open(folder.path(), far.clone(), options).unwrap();
    // Once taken, they are those of the directory.
    engine.ingest(vec![event(1, "Left", Instant::from_millis(START + 61 * DAY), None)]).unwrap();
    drop(engine);
    DurableEngine::open(folder.path(), far, Options::default()).unwrap();
}

#[test]
fn what_is_kept_is_bounded() {
    let rules = r#"campaign loyal { when "Left" if did "Charged" at least 3 times in last 10 days send template loyal }"#;
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(folder.path(), rules, Options::default());
    let turns = turns(2, 200);
    let mut sizes = Vec::new();
    for some in turns.chunks(4 * 40) {
        run(&mut engine, some);
        engine.fold(days(0)).unwrap();
        let state = inspect(folder.path()).unwrap();
        sizes.push(state.log_bytes);
    }
    let [first, .., last] = sizes[..] else { panic!("{sizes:?}") };
    assert!(last < first * 5 / 4, "{sizes:?}");
    // What was left out has left no byte in the files.
    let mut words: Properties = [("told", Value::text("a word in confidence"))].into_iter().collect();
    words.set("more".into(), Value::integer(1));
    let at = Instant::from_millis(START + 200 * DAY);
    let (user, name) = ("user 1".into(), "Charged".into());
    engine.ingest(vec![Record::Event(Event { user, name, at, id: None, properties: words })]).unwrap();
    engine.advance(Instant::from_millis(START + 201 * DAY)).unwrap();
    let there = |folder: &Path| {
        let files = fs::read_dir(folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes.windows(20).any(|part| part == b"a word in confidence"))
    };
    assert!(there(folder.path()));
    engine.advance(Instant::from_millis(START + 250 * DAY)).unwrap();
    engine.fold(days(0)).unwrap();
    assert!(!there(folder.path()));
    assert_eq!(fs::metadata(folder.path().join("campanile.db-wal")).unwrap().len(), 0);
    // Where nothing is closed there is nothing to fold.
    let nothing = tempfile::tempdir().unwrap();
    assert!(open(nothing.path(), rules, Options::default()).fold(days(0)).unwrap().history.is_none());
}

#[test]
fn a_user_is_forgotten_with_what_is_folded() {
    for seed in 20..23 {
        let turns = turns(seed, 70);
        let (first, rest) = turns.split_at(4 * 55);
        let (plain, folded) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut unfolded = open(plain.path(), RULES, Options::default());
        let mut engine = open(folded.path(), RULES, Options::default());
        run(&mut unfolded, first);
        run(&mut engine, first);
        engine.fold(days(0)).unwrap();
        let kept = engine.export("user 3").unwrap();
        assert_eq!(kept.outcomes, unfolded.export("user 3").unwrap().outcomes);
        assert!(!kept.records.is_empty());
        unfolded.forget("user 3").unwrap();
        assert_eq!(engine.forget("user 3").unwrap(), kept);
        for engine in [&mut unfolded, &mut engine] {
            run(engine, rest);
        }
        same(&engine, &unfolded, seed);
        drop(engine);
        verify(folded.path(), &program(RULES)).unwrap();
        open(folded.path(), RULES, Options::default()).fold(days(0)).unwrap();
        verify(folded.path(), &program(RULES)).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(folder.path(), RULES, Options::default());
    let one = |at: i64| event(99, "Booked", Instant::from_millis(START + at), Some("the only one".into()));
    engine.ingest(vec![one(0)]).unwrap();
    run(&mut engine, &turns(3, 60));
    engine.fold(days(0)).unwrap();
    engine.forget("user 99").unwrap();
    drop(engine);
    for file in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"user 99"));
    }
}

#[test]
fn an_id_that_was_left_out_never_counts_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(folder.path(), RULES, Options::default());
    let old = event(1, "Charged", Instant::from_millis(START), Some("c1".into()));
    engine.ingest(vec![old.clone()]).unwrap();
    run(&mut engine, &turns(4, 60));
    engine.fold(days(0)).unwrap();
    assert_eq!(engine.ingest(vec![old.clone()]).unwrap().duplicates, 1);
    engine.replace_rules(program(EDITED)).unwrap();
    assert_eq!(engine.ingest(vec![old.clone()]).unwrap().refused.len(), 1);
    drop(engine);
    let mut engine = open(folder.path(), EDITED, Options::default());
    assert_eq!(engine.ingest(vec![old]).unwrap().refused.len(), 1);
}

#[test]
fn damage_to_what_is_folded_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(folder.path(), RULES, Options::default());
    run(&mut engine, &turns(5, 60));
    engine.fold(days(0)).unwrap();
    engine.ingest(vec![event(1, "Left", Instant::from_millis(START + 61 * DAY), None)]).unwrap();
    drop(engine);
    let damages = [
        "UPDATE base SET body = zeroblob(length(body))",
        "DELETE FROM base",
        "DELETE FROM facts WHERE name = 'base'",
        "UPDATE facts SET value = '7' WHERE name = 'base'",
        "DELETE FROM log WHERE kind = 5",
        "UPDATE log SET body = zeroblob(length(body)) WHERE kind = 5",
        "DELETE FROM log WHERE number = (SELECT max(number) FROM log) - 2",
        "DELETE FROM log WHERE number = 2",
        "UPDATE log SET number = number + 1 WHERE number = (SELECT max(number) FROM log)",
    ];
    for damage in damages {
        let copy = tempfile::tempdir().unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        let connection = rusqlite::Connection::open(copy.path().join("campanile.db")).unwrap();
        assert!(connection.execute(damage, []).unwrap() > 0, "{damage}");
        drop(connection);
        let found = verify(copy.path(), &program(RULES));
        assert!(matches!(found, Err(DurableError::Damaged { .. })), "{damage}: {found:?}");
    }
    verify(folder.path(), &program(RULES)).unwrap();
}

#[test]
fn a_directory_of_the_format_before_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(folder.path(), RULES, Options::default());
    run(&mut engine, &turns(6, 60));
    let before = outcomes(&engine);
    drop(engine);
    let connection = rusqlite::Connection::open(folder.path().join("campanile.db")).unwrap();
    connection.execute_batch("DROP TABLE base; PRAGMA user_version = 2;").unwrap();
    drop(connection);
    let mut engine = open(folder.path(), RULES, Options::default());
    assert_eq!(outcomes(&engine), before);
    assert!(engine.fold(days(0)).unwrap().records > 0);
    drop(engine);
    assert_eq!(inspect(folder.path()).unwrap().format, 3);
    verify(folder.path(), &program(RULES)).unwrap();
}

#[test]
fn what_was_decided_before_is_not_judged_by_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(folder.path(), RULES, Options::default());
    let turns = turns(7, 60);
    run(&mut engine, &turns);
    assert!(!engine.hindsight().unwrap().is_empty());
    engine.fold(days(0)).unwrap();
    let last = Instant::from_millis(START + 60 * DAY);
    assert!(engine.hindsight().unwrap().is_empty());
    // What came late since is.
    let at = |hours: i64| Instant::from_millis(last.millis() + hours * DAY / 24);
    engine.ingest(vec![event(1, "Added", at(1), None)]).unwrap();
    engine.advance(at(4)).unwrap();
    engine.ingest(vec![event(1, "Charged", at(2), None)]).unwrap();
    engine.advance(at(5)).unwrap();
    let found = engine.hindsight().unwrap();
    assert!(found.iter().any(|found| *found.campaign == *"cart"), "{found:?}");
    assert!(found.iter().all(|found| *found.user == *"user 1"), "{found:?}");
}
