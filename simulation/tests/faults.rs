//! Whatever the disk does: what was acknowledged is there, nothing is decided twice, and the jobs are those of a run without a fault.
//!
//! `SIMULATIONS=100000 cargo test -p simulation --release` goes through so many runs; `SEED=17 cargo test -p simulation` through one.
#![cfg(test)]

use std::collections::BTreeMap;

use campanile::durable::{DurableEngine, DurableError, Options, RulesChange, Settled, WhenUnknown, verify};
use campanile::live::Engine;
use campanile::model::{
    Duration, Event, Instant, Outcome, ProfileUpdate, Properties, Record, SendJob, Text, Value,
};
use campanile::program::Program;
use campanile::rulebook::Rulebook;
use simulation::{Fault, NAME, Random, register, with};

const RULES: &str = r#"
    settings { cap 3 per 1 day }
    campaign thanks { when "Charged" send template thanks }
    campaign cart { when "Added" then no "Charged" within 2 hours send template cart }
    campaign daily { every day at 09:00 send template hello }
"#;

const USERS: u64 = 4;

#[derive(Debug, Clone)]
enum Act {
    Ingest(Vec<Record>),
    Advance(Instant),
    Claim(Instant),
    Snapshot,
    Shut,
    /// The rules are replaced by themselves, which changes nothing.
    SameRules,
    /// The log is folded. All of it is young: no record is left out, but the state stands in its place.
    Fold,
}

fn program() -> Program {
    Rulebook::parse("faults.camp", RULES).unwrap().compile()
}

fn user(number: u64) -> Text {
    format!("user {number}").into()
}

/// What a host does. Each batch has an event of user 0 whose id tells the batch.
fn script(random: &mut Random) -> Vec<Act> {
    let mut now = Instant::parse("2026-11-03T06:00:00Z").unwrap();
    let profile = |number: u64| {
        let phone = Value::text(&format!("+9198200000{number:02}"));
        let changes =
            vec![("phone".into(), Some(phone)), ("whatsapp".into(), Some(Value::Boolean(number != 3)))];
        Record::Profile(ProfileUpdate { user: user(number), at: None, changes })
    };
    let mut acts = vec![Act::Ingest((0..USERS).map(profile).collect())];
    for step in 1..14 {
        now = Instant::from_millis(now.millis() + random.below(3_600_000) as i64);
        acts.push(match random.below(10) {
            0..=2 => {
                let mut events = Vec::new();
                for place in 0..=random.below(5) {
                    let name = ["Added", "Charged", "Seen"][random.below(3) as usize];
                    let late = random.below(900_000) as i64;
                    events.push(Record::Event(Event {
                        user: user(if place == 0 { 0 } else { random.below(USERS) }),
                        name: name.into(),
                        at: Instant::from_millis(now.millis() - late),
                        id: Some(format!("{step} {place}").into()),
                        properties: Properties::new(),
                    }));
                }
                Act::Ingest(events)
            }
            3 | 4 => Act::Advance(now),
            5 => Act::Claim(now),
            6 => Act::Snapshot,
            7 => Act::Shut,
            8 => Act::Fold,
            _ => Act::SameRules,
        });
    }
    acts.push(Act::Advance(Instant::from_millis(now.millis() + 90_000_000)));
    acts
}

struct Wanted {
    jobs: Vec<SendJob>,
    outcomes: Vec<Outcome>,
    state: Vec<u8>,
}

fn saved(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.save(&mut bytes).unwrap();
    bytes
}

fn without_faults(acts: &[Act]) -> Wanted {
    let mut engine = Engine::in_memory(program());
    let mut jobs = Vec::new();
    for act in acts {
        match act {
            Act::Ingest(records) => _ = engine.ingest(records.clone()).unwrap(),
            Act::Advance(now) => jobs.extend(engine.advance(*now).unwrap()),
            Act::Claim(_) | Act::Snapshot | Act::Shut | Act::SameRules | Act::Fold => {}
        }
    }
    let outcomes = engine.take_outcomes();
    Wanted { jobs, outcomes, state: saved(&engine) }
}

/// A sink that takes down every hand-over.
#[derive(Default)]
struct Sink {
    /// By the job's number.
    jobs: BTreeMap<u64, SendJob>,
    /// Hand-overs that the engine knows of for sure.
    acknowledged: BTreeMap<u64, u32>,
}

struct Run {
    engine: Option<DurableEngine>,
    random: Random,
    faults: u64,
    acknowledged: Vec<Vec<Record>>,
    now: Option<Instant>,
    sink: Sink,
    /// Rules were replaced: the log was gone through by what was closed, not by the calls, so the state is equal in meaning, not in its bytes.
    anew: bool,
}

impl Run {
    fn options() -> Options {
        Options::default()
            .vfs(NAME)
            .slice(3)
            .when_unknown(WhenUnknown::Again)
            .grace(Duration::from_seconds(0))
    }

    /// Another fault, perhaps: at the next operation, or a while later.
    fn plan(&mut self, within: u64) {
        if self.faults == 0 {
            return;
        }
        self.faults -= 1;
        let fault = match self.random.below(5) {
            0..=1 => Fault::Stop,
            2..=3 => Fault::Error,
            _ => Fault::Full(1 + self.random.below(6)),
        };
        let after = 1 + self.random.below(within);
        with(|disk| disk.plan(after, fault));
    }

    /// The process ends, the machine perhaps too, and the directory is opened until it opens.
    fn again(&mut self) {
        loop {
            // The process is killed, or closes what it had.
            if self.random.below(2) == 0 {
                with(|disk| disk.stop());
            }
            self.engine = None;
            let stopped = with(|disk| disk.is_stopped());
            with(|disk| {
                disk.relax();
                disk.start();
            });
            if stopped && self.random.below(3) > 0 {
                with(|disk| disk.power_cut());
            }
            with(|disk| disk.renew("/store/campanile.db-wal"));
            let faulty = self.faults > 0 && self.random.below(2) == 0;
            if faulty {
                self.plan(60);
            }
            match DurableEngine::open("/store", program(), Run::options()) {
                Ok(engine) => {
                    self.engine = Some(engine);
                    return;
                }
                Err(error) => assert!(faulty, "it does not open: {error}"),
            }
        }
    }

    /// Opens again, and holds what is there against what was acknowledged; returns whether a batch that was under way is there.
    fn recover(&mut self, under_way: Option<&[Record]>) -> bool {
        loop {
            self.again();
            let Some(engine) = self.engine.as_mut() else { continue };
            let mut records = 0;
            let mut kept = Ok(());
            for number in 0..USERS {
                match engine.export(&user(number)) {
                    Ok(found) => records += found.records.len(),
                    Err(error) => kept = Err(error),
                }
            }
            if kept.is_err() {
                continue;
            }
            let sure: usize = self.acknowledged.iter().map(Vec::len).sum();
            let more = under_way.map_or(0, <[Record]>::len);
            assert!(records == sure || records == sure + more, "{records} records, of {sure} and {more}");
            if records > sure {
                return true;
            }
            // What was closed without a decision may be open again.
            if let Some(now) = self.now
                && engine.advance(now).is_err()
            {
                continue;
            }
            return false;
        }
    }

    /// After an error every call is refused.
    fn refused(&mut self) {
        if let Some(engine) = self.engine.as_mut() {
            let refused = engine.ingest(Vec::new());
            assert!(matches!(refused, Err(DurableError::Poisoned { .. })), "{refused:?}");
        }
    }

    fn act(&mut self, act: &Act) {
        loop {
            let Some(engine) = self.engine.as_mut() else {
                self.recover(None);
                continue;
            };
            let done = match act {
                Act::Ingest(records) => engine.ingest(records.clone()).map(drop),
                Act::Advance(now) => engine.advance(*now).map(drop),
                Act::Claim(now) => Run::hand_over(engine, &mut self.sink, *now, 2).map(drop),
                Act::Snapshot => engine.snapshot().map(drop),
                Act::Fold => {
                    engine.fold(Duration::from_seconds(0)).map(|folded| assert_eq!(folded.records, 0))
                }
                Act::SameRules => {
                    self.anew = true;
                    engine.replace_rules(program()).map(|change| assert_eq!(change, RulesChange::default()))
                }
                Act::Shut => {
                    // Whatever it says: the directory is opened again.
                    _ = self.engine.take().map(DurableEngine::shut);
                    self.recover(None);
                    return;
                }
            };
            if done.is_err() {
                self.refused();
            }
            match (act, done) {
                (Act::Ingest(records), Ok(())) => {
                    self.acknowledged.push(records.clone());
                    return;
                }
                (Act::Ingest(records), Err(_)) => {
                    if self.recover(Some(records)) {
                        self.acknowledged.push(records.clone());
                        return;
                    }
                }
                (Act::Advance(now), Ok(())) => {
                    self.now = Some(*now);
                    return;
                }
                (_, Ok(())) => return,
                (_, Err(_)) => _ = self.recover(None),
            }
        }
    }

    fn hand_over(
        engine: &mut DurableEngine,
        sink: &mut Sink,
        now: Instant,
        most: usize,
    ) -> Result<usize, DurableError> {
        let claims = engine.claim("w", now, most)?;
        let many = claims.len();
        for claim in claims {
            assert!(
                !sink.acknowledged.contains_key(&claim.number),
                "job {} again after its word",
                claim.number
            );
            if let Some(before) = sink.jobs.insert(claim.number, claim.job.clone()) {
                assert_eq!(before, claim.job, "another job under the number");
            }
            let word = Settled::Accepted { provider_id: None };
            engine.settle(&[(claim.number, claim.attempt, word)], now)?;
            sink.acknowledged.insert(claim.number, claim.attempt);
        }
        Ok(many)
    }
}

/// One run; returns how many operations the disk had and how many faults came to pass.
fn run(seed: u64, fault_at: Option<(u64, Fault)>) -> (u64, u64) {
    register();
    let mut random = Random(seed);
    let acts = script(&mut random);
    let wanted = without_faults(&acts);
    with(|disk| *disk = simulation::Disk::new(seed));
    let faults = if fault_at.is_some() { 0 } else { 1 + random.below(4) };
    let sink = Sink::default();
    let mut run =
        Run { engine: None, random, faults, acknowledged: Vec::new(), now: None, sink, anew: false };
    match fault_at {
        Some((at, fault)) => {
            with(|disk| disk.plan(at, fault));
            // The first opening may be the one that fails.
            run.engine = DurableEngine::open("/store", program(), Run::options()).ok();
        }
        None => _ = run.recover(None),
    }
    for act in &acts {
        if fault_at.is_none() && run.random.below(4) == 0 {
            run.plan(80);
        }
        run.act(act);
    }
    run.faults = 0;
    let (operations, happened) = with(|disk| {
        disk.relax();
        (disk.operations(), disk.happened())
    });
    run.recover(None);
    let last = Instant::from_millis(run.now.unwrap().millis() + 1);
    let engine = run.engine.as_mut().unwrap();
    while Run::hand_over(engine, &mut run.sink, last, 50).unwrap() > 0 {}
    let mut outcomes = Vec::new();
    engine.outcomes(|outcome| outcomes.push(outcome)).unwrap();
    assert_eq!(run.sink.jobs.into_values().collect::<Vec<_>>(), wanted.jobs);
    assert_eq!(outcomes, wanted.outcomes);
    assert!(run.anew || saved(engine.engine()) == wanted.state, "the state is another");
    run.engine.take().unwrap().shut().unwrap();
    if seed.is_multiple_of(16) {
        let folder = std::env::temp_dir().join(format!("campanile-simulation-{}-{seed}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = with(|disk| disk.file("/store/campanile.db").unwrap().to_vec());
        std::fs::write(folder.join("campanile.db"), file).unwrap();
        let verified = verify(&folder, &program());
        std::fs::remove_dir_all(&folder).unwrap();
        let verified = verified.unwrap();
        assert!(verified.snapshot);
        assert_eq!(verified.jobs, wanted.jobs.len() as u64);
    }
    (operations, happened)
}

#[expect(clippy::disallowed_methods, reason = "who has the time asks for more, or for one again")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn whatever_the_disk_does_the_same_is_decided_once() {
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SIMULATIONS").unwrap_or(150),
    };
    let one = seeds.end - seeds.start == 1;
    let mut happened = 0;
    for seed in seeds {
        match std::panic::catch_unwind(|| run(seed, None)) {
            Ok((_, faults)) => happened += faults,
            Err(panic) => {
                eprintln!("again with: SEED={seed} cargo test -p simulation whatever");
                std::panic::resume_unwind(panic);
            }
        }
    }
    assert!(one || happened > 50, "only {happened} faults came to pass");
}

#[test]
fn at_each_operation_of_a_run() {
    // That run folds, goes through a snapshot, claims, shuts and has its rules replaced.
    let seed = number("SEED").unwrap_or(21);
    let (operations, _) = run(seed, Some((u64::MAX / 2, Fault::Stop)));
    assert!(operations > 300, "{operations}");
    // All of them in the long mode, else some of each kind.
    let stride = if number("SIMULATIONS").is_some() { 1 } else { 9 };
    for (place, fault) in [Fault::Stop, Fault::Error, Fault::Full(4)].into_iter().enumerate() {
        for at in (1 + place as u64..operations).step_by(stride) {
            if let Err(panic) = std::panic::catch_unwind(|| run(seed, Some((at, fault)))) {
                eprintln!(
                    "it was {fault:?} at operation {at}: again with: SEED={seed} cargo test -p simulation at_each"
                );
                std::panic::resume_unwind(panic);
            }
        }
    }
}
