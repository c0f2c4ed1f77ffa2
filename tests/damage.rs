//! A changed bit in a store is found, or changes nothing: what was acknowledged is never less without a word.
//!
//! Some of the bytes are tried, spread over each file; `DAMAGE=full cargo test --test damage` tries all of them.
#![cfg(test)]
#![cfg(feature = "durable")]

use std::collections::BTreeMap;
use std::path::Path;

use campanile::durable::{DurableEngine, DurableError, JobState, Kept, Options, Settled, verify};
use campanile::model::{Event, Instant, Outcome, ProfileUpdate, Properties, Record, SendJob, Value, draw};
use campanile::program::Program;
use campanile::rulebook::Rulebook;

const RULES: &str = r#"
    campaign thanks { when "Charged" send template thanks }
    campaign cart { when "Added" then no "Charged" within 2 hours send template cart }
"#;

type Files = BTreeMap<String, Vec<u8>>;

fn program() -> Program {
    Rulebook::parse("damage.camp", RULES).unwrap().compile()
}

fn minute(number: u64) -> Instant {
    let start = Instant::parse("2026-11-03T00:00:00Z").unwrap();
    Instant::from_millis(start.millis() + 60_000 * number as i64)
}

/// Ten batches, jobs in all states, a snapshot on the way.
fn fill(folder: &Path) -> DurableEngine {
    let mut engine = DurableEngine::open(folder, program(), Options::default()).unwrap();
    for batch in 0..10 {
        let user: campanile::model::Text = format!("user {}", batch % 4).into();
        let phone = Value::text(&format!("+9198200000{:02}", batch % 4));
        let changes =
            vec![("phone".into(), Some(phone)), ("whatsapp".into(), Some(Value::Boolean(batch % 4 != 3)))];
        let profile = ProfileUpdate { user: user.clone(), at: None, changes };
        let name = if batch % 3 == 0 { "Added" } else { "Charged" };
        let event = Event {
            user,
            name: name.into(),
            at: minute(batch),
            id: Some(format!("{batch}").into()),
            properties: Properties::new(),
        };
        engine.ingest(vec![Record::Profile(profile), Record::Event(event)]).unwrap();
        engine.advance(minute(batch)).unwrap();
        if batch == 5 {
            engine.snapshot().unwrap();
        }
        for claim in engine.claim("w", minute(batch), 1).unwrap() {
            let word = match claim.number % 3 {
                0 => Settled::Accepted { provider_id: Some("wamid.1".into()) },
                1 => Settled::Rejected { reason: "no such number".into() },
                _ => Settled::NotSent { reason: "closed".into(), again: Some(minute(10_000)) },
            };
            engine.settle(&[(claim.number, claim.attempt, word)], minute(batch)).unwrap();
        }
    }
    engine
}

fn files(folder: &Path) -> Files {
    let mut files = Files::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // The index of the write-ahead log is made anew by whoever opens the store first.
        if name != "lock" && !name.ends_with("-shm") {
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
    files
}

fn put_back(folder: &Path, files: &Files) {
    for entry in std::fs::read_dir(folder).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// All that a store answers for.
#[derive(Debug, PartialEq)]
struct Held {
    state: Vec<u8>,
    outcomes: Vec<Outcome>,
    counts: Vec<(JobState, u64)>,
    users: Vec<Kept>,
    waiting: Vec<SendJob>,
}

fn held(mut engine: DurableEngine) -> Result<Held, DurableError> {
    let mut state = Vec::new();
    engine.engine().save(&mut state).unwrap();
    let mut outcomes = Vec::new();
    engine.outcomes(|outcome| outcomes.push(outcome))?;
    let counts = engine.counts().collect();
    let users = (0..4).map(|user| engine.export(&format!("user {user}"))).collect::<Result<_, _>>()?;
    let waiting = engine.claim("w", minute(10_000), 100)?.into_iter().map(|claim| claim.job).collect();
    Ok(Held { state, outcomes, counts, users, waiting })
}

fn open(folder: &Path) -> Result<Held, DurableError> {
    held(DurableEngine::open(folder, program(), Options::default())?)
}

/// The places that are tried: every one, or some; of long runs of nothing fewer.
#[expect(clippy::disallowed_methods, reason = "who has the time asks for all of them")]
fn places(bytes: &[u8], seed: &str) -> Vec<usize> {
    let full = std::env::var("DAMAGE").is_ok_and(|how| how == "full");
    let keep = |place: usize| {
        let around = &bytes[place.saturating_sub(8)..bytes.len().min(place + 8)];
        let of = if around.iter().all(|byte| *byte == 0) { 1_500 } else { 60 };
        full || bytes.len() < 100 || place < 100 || draw(seed, &place.to_string()).is_multiple_of(of)
    };
    (0..bytes.len()).filter(|place| keep(*place)).collect()
}

#[derive(Debug, Default)]
struct Tally {
    refused: u64,
    found_by_verify: u64,
    the_same: u64,
}

fn flip_all(files: &Files, what: &str) -> Tally {
    let folder = tempfile::tempdir().unwrap();
    put_back(folder.path(), files);
    let wanted = open(folder.path()).unwrap();
    assert!(wanted.state.len() > 100 && wanted.outcomes.len() > 1 && wanted.waiting.len() > 1);
    let mut tally = Tally::default();
    for (name, bytes) in files {
        for place in places(bytes, what) {
            let mut changed = files.clone();
            let bit = draw(what, &format!("{name} {place}")) % 8;
            changed.get_mut(name).unwrap()[place] ^= 1 << bit;
            put_back(folder.path(), &changed);
            let verified = verify(folder.path(), &program());
            put_back(folder.path(), &changed);
            let opened = open(folder.path());
            let called = format!("{what}: bit {bit} of byte {place} of {name}");
            match (verified, opened) {
                (_, Err(error)) => {
                    tally.refused += 1;
                    let told = error.to_string();
                    assert!(told.contains(&*folder.path().to_string_lossy()), "{called}: {told}");
                }
                (verified, Ok(opened)) => {
                    assert!(opened == wanted, "{called}: it is another state (verified: {verified:?})");
                    if verified.is_err() {
                        tally.found_by_verify += 1;
                    } else {
                        tally.the_same += 1;
                    }
                }
            }
        }
    }
    tally
}

#[test]
fn a_changed_bit_of_a_store_at_rest_is_found_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path()).shut().unwrap();
    let files = files(folder.path());
    assert_eq!(files.keys().collect::<Vec<_>>(), ["acknowledged", "campanile.db"]);
    let tally = flip_all(&files, "at rest");
    assert!(tally.refused > 20 && tally.the_same > 20, "{tally:?}");
}

#[test]
fn a_changed_bit_of_a_store_in_use_is_found_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = fill(folder.path());
    let files = files(folder.path());
    assert_eq!(files.keys().collect::<Vec<_>>(), ["acknowledged", "campanile.db", "campanile.db-wal"]);
    drop(engine);
    let tally = flip_all(&files, "in use");
    assert!(tally.refused > 20, "{tally:?}");
}

#[test]
fn what_was_not_acknowledged_may_be_cut_off_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = fill(folder.path());
    let before = files(folder.path());
    engine.ingest(vec![]).unwrap();
    let mut files = files(folder.path());
    drop(engine);
    // The process ended between its commit and its word: the commit is there, and nobody was told.
    files.insert("acknowledged".to_owned(), before["acknowledged"].clone());
    let folder = tempfile::tempdir().unwrap();
    put_back(folder.path(), &before);
    let wanted = open(folder.path()).unwrap();
    let end = before["campanile.db-wal"].len();
    for place in [end, end + 20, end + 5_000] {
        let mut changed = files.clone();
        changed.get_mut("campanile.db-wal").unwrap()[place] ^= 1;
        put_back(folder.path(), &changed);
        assert!(open(folder.path()).unwrap() == wanted, "byte {place}");
    }
}
