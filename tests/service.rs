//! One durable engine for many threads: what each is told holds for all of them, whatever dies when.
#![cfg(test)]
#![cfg(feature = "durable")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Barrier, Mutex};
use std::thread;

use campanile::durable::{DurableEngine, DurableError, Limits, Load, Options, Service, Settled};
use campanile::live::Engine;
use campanile::model::{Event, Instant, Outcome, ProfileUpdate, Properties, Record, SendJob, Value};
use campanile::program::Program;
use campanile::rulebook::Rulebook;

const RULES: &str = r#"
    settings { cap 3 per 1 day }
    campaign thanks { when "Charged" send template thanks }
    campaign cart { when "Added" then no "Charged" within 2 hours send template cart unless "Left" }
    campaign daily { every day at 09:00 send template hello }
"#;

/// 2026-11-03T00:00:00Z.
const START: i64 = 1_793_664_000_000;
const HOUR: i64 = 3_600_000;

fn at(millis: i64) -> Instant {
    Instant::from_millis(START + millis)
}

fn program() -> Program {
    Rulebook::parse("service.camp", RULES).unwrap_or_else(|error| panic!("{error}")).compile()
}

fn open(folder: &Path, options: Options) -> DurableEngine {
    DurableEngine::open(folder, program(), options).unwrap_or_else(|error| panic!("{error}"))
}

fn started(folder: &Path, limits: Limits) -> Service {
    Service::start(open(folder, Options::default()), limits).unwrap()
}

fn profile(number: usize) -> Record {
    let changes =
        [("phone", Value::text(&format!("+9198200{number:05}"))), ("whatsapp", Value::Boolean(true))];
    let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
    Record::Profile(ProfileUpdate { user: format!("user {number}").into(), at: None, changes })
}

fn event(user: usize, name: &str, millis: i64) -> Record {
    let (user, id) = (format!("user {user}"), format!("{name} {millis}"));
    let (user, id) = (user.into(), Some(id.into()));
    Record::Event(Event { user, name: name.into(), at: at(millis), id, properties: Properties::new() })
}

/// A call that keeps the thread until it is told to go on.
fn hold(service: &Service) -> (Sender<()>, thread::JoinHandle<Result<(), DurableError>>) {
    let (go_on, until) = channel();
    let (begun, begins) = channel();
    let service = service.clone();
    let held = thread::spawn(move || {
        service.with(move |_| {
            begun.send(()).unwrap();
            until.recv().unwrap();
            Ok(())
        })
    });
    begins.recv().unwrap();
    (go_on, held)
}

/// Waits until so many calls are there.
fn until_there_are(service: &Service, calls: usize) {
    while service.load().calls < calls {
        thread::yield_now();
    }
}

/// The files as a kill leaves them, while nothing is being written.
fn as_killed(service: &Service, from: &Path, to: &Path) -> Result<(), DurableError> {
    let (from, to) = (from.to_owned(), to.to_owned());
    service.with(move |_| {
        for name in ["campanile.db", "campanile.db-wal", "acknowledged"] {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
        Ok(())
    })
}

/// So many transactions stand in the write-ahead log.
fn transactions(folder: &Path) -> usize {
    let bytes = fs::read(folder.join("campanile.db-wal")).unwrap();
    let page = u32::from_be_bytes(bytes[8..12].try_into().unwrap()) as usize;
    // The last frame of a transaction tells the file's length then.
    bytes[32..].chunks(24 + page).filter(|frame| frame[4..8] != [0; 4]).count()
}

const THREADS: usize = 6;
const USERS: usize = 5;
const HOURS: i64 = 30;

/// What a thread's users do in an hour, a batch of one record each.
fn hour(thread: usize, hour: i64) -> impl Iterator<Item = Record> {
    (0..USERS).map(move |place| {
        let user = thread * USERS + place;
        let name = ["Added", "Charged", "Seen", "Left"][(user + hour as usize * 3) % 4];
        event(user, name, hour * HOUR + (user as i64 * 7_919 + hour) % HOUR)
    })
}

fn sorted(mut jobs: Vec<SendJob>, mut outcomes: Vec<Outcome>) -> (Vec<SendJob>, Vec<Outcome>) {
    jobs.sort_by_key(|job| job.id);
    outcomes.sort_by(|one, other| {
        (&one.user, &one.campaign, &one.occurrence).cmp(&(&other.user, &other.campaign, &other.occurrence))
    });
    (jobs, outcomes)
}

/// All that is in the outbox, and all that was decided.
fn came(engine: &mut DurableEngine) -> (Vec<SendJob>, Vec<Outcome>) {
    let claims = engine.claim("w", at((HOURS + 10) * HOUR), usize::MAX).unwrap();
    let mut outcomes = Vec::new();
    engine.outcomes(|outcome| outcomes.push(outcome)).unwrap();
    sorted(claims.into_iter().map(|claim| claim.job).collect(), outcomes)
}

#[test]
fn many_threads_come_to_what_one_does_and_a_kill_takes_nothing_that_was_acknowledged() {
    let mut alone = Engine::in_memory(program());
    alone.ingest((0..THREADS * USERS).map(profile)).unwrap();
    alone.advance(at(-1)).unwrap();
    let mut jobs = Vec::new();
    for now in 0..HOURS {
        alone.ingest((0..THREADS).flat_map(|thread| hour(thread, now))).unwrap();
        jobs.extend(alone.advance(at((now + 1) * HOUR - 1)).unwrap());
    }
    jobs.extend(alone.advance(at((HOURS + 9) * HOUR)).unwrap());
    let wanted = sorted(jobs, alone.take_outcomes());
    assert!(wanted.0.len() > 50, "{} jobs", wanted.0.len());

    let folder = tempfile::tempdir().unwrap();
    let options = Options::default().slice(3);
    let service = Service::start(open(folder.path(), options), Limits::default()).unwrap();
    let ingested = service.ingest(&mut (0..THREADS * USERS).map(profile).collect()).unwrap();
    assert_eq!(ingested.accepted, (THREADS * USERS) as u64);
    service.advance(at(-1)).unwrap();
    // A thread for the clock, which closes an hour while the next one's events come.
    let (turns, acknowledged) = (Barrier::new(THREADS + 1), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (service, turns, acknowledged) = (service.clone(), &turns, &acknowledged);
            scope.spawn(move || {
                for now in 0..HOURS {
                    for record in hour(number, now) {
                        let ingested = service.ingest(&mut vec![record.clone()]).unwrap();
                        assert_eq!((ingested.accepted, ingested.late), (1, 0));
                        acknowledged.lock().unwrap().push(record);
                    }
                    turns.wait();
                }
            });
        }
        for now in 0..HOURS {
            service.advance(at(now * HOUR - 1)).unwrap();
            if now % 10 == 3 {
                let known = acknowledged.lock().unwrap().clone();
                let copy = tempfile::tempdir().unwrap();
                as_killed(&service, folder.path(), copy.path()).unwrap();
                let mut again = open(copy.path(), Options::default());
                let found = again.ingest(known.clone()).unwrap();
                assert_eq!(found.duplicates, known.len() as u64, "an acknowledged record is not there");
            }
            turns.wait();
        }
    });
    let all = service.advance(at((HOURS + 9) * HOUR)).unwrap();
    assert!(all.caught_up);
    let copy = tempfile::tempdir().unwrap();
    as_killed(&service, folder.path(), copy.path()).unwrap();
    assert_eq!(came(&mut open(copy.path(), Options::default())), wanted, "after a kill");
    service.shut().unwrap();
    assert_eq!(service.shut(), Err(DurableError::Shut));
    let mut again = open(folder.path(), Options::default());
    assert_eq!(again.recovery().replayed, 0, "there is a snapshot");
    assert_eq!(came(&mut again), wanted);
}

#[test]
fn batches_that_wait_together_are_one_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let service = started(folder.path(), Limits::default());
    let (go_on, held) = hold(&service);
    let before = transactions(folder.path());
    thread::scope(|scope| {
        for number in 0..50 {
            let service = &service;
            scope.spawn(move || {
                let mut batch = vec![event(number, "Seen", 0), event(number, "Seen", 0)];
                let ingested = service.ingest(&mut batch).unwrap();
                assert_eq!((ingested.accepted, ingested.duplicates), (1, 1));
                assert!(batch.is_empty());
            });
        }
        until_there_are(&service, 51);
        assert_eq!(service.load().records, 100);
        go_on.send(()).unwrap();
    });
    held.join().unwrap().unwrap();
    assert_eq!(transactions(folder.path()) - before, 1);
    assert_eq!(service.load(), Load::default());
}

#[test]
fn what_would_be_too_much_is_refused_and_stays_with_its_caller() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default().calls(4).records(10);
    let service = started(folder.path(), limits);
    let batch = |user: usize, long: i64| (0..long).map(|at| event(user, "Seen", at)).collect::<Vec<_>>();
    let (go_on, held) = hold(&service);
    thread::scope(|scope| {
        // Alone, more than the limit is taken.
        for (user, long) in [(0, 12), (1, 0), (2, 0)] {
            let service = &service;
            scope.spawn(move || {
                assert_eq!(service.ingest(&mut batch(user, long)).unwrap().accepted, long as u64)
            });
            until_there_are(service, user + 2);
        }
        let refused = service.ingest(&mut Vec::new()).unwrap_err();
        assert_eq!(refused, DurableError::Full { what: "calls", most: 4 });
        assert_eq!(
            refused.to_string(),
            "too much waits already (at most 4 calls): nothing of this was taken in; try it again later"
        );
        assert_eq!(service.advance(at(0)), Err(DurableError::Full { what: "calls", most: 4 }));
        go_on.send(()).unwrap();
    });
    held.join().unwrap().unwrap();

    let (go_on, held) = hold(&service);
    thread::scope(|scope| {
        let service = &service;
        scope.spawn(move || assert_eq!(service.ingest(&mut batch(3, 8)).unwrap().accepted, 8));
        until_there_are(service, 2);
        let mut again = batch(4, 3);
        let refused = service.ingest(&mut again).unwrap_err();
        assert_eq!(refused, DurableError::Full { what: "records", most: 10 });
        assert_eq!(again, batch(4, 3), "nothing of it was taken in");
        go_on.send(()).unwrap();
    });
    held.join().unwrap().unwrap();
    assert_eq!(service.ingest(&mut batch(4, 3)).unwrap().accepted, 3);
    drop(service);

    let service = started(folder.path(), Limits::default().bytes(10_000));
    let long = |user: usize| {
        let about = Value::List(vec![Value::text(&"x".repeat(6_000))]);
        let properties = [("about", about)].into_iter().collect();
        let user = format!("user {user}").into();
        vec![Record::Event(Event { user, name: "Seen".into(), at: at(0), id: None, properties })]
    };
    let (go_on, held) = hold(&service);
    thread::scope(|scope| {
        let service = &service;
        scope.spawn(move || service.ingest(&mut long(5)).unwrap());
        until_there_are(service, 2);
        let refused = service.ingest(&mut long(6)).unwrap_err();
        assert_eq!(refused, DurableError::Full { what: "bytes of records", most: 10_000 });
        go_on.send(()).unwrap();
    });
    held.join().unwrap().unwrap();
}

#[test]
fn a_long_advance_lets_others_have_their_turn() {
    let folder = tempfile::tempdir().unwrap();
    let service =
        Service::start(open(folder.path(), Options::default().slice(1)), Limits::default()).unwrap();
    service.ingest(&mut (0..20).map(profile).collect()).unwrap();
    service.advance(at(0)).unwrap();
    let (go_on, held) = hold(&service);
    thread::scope(|scope| {
        let service = &service;
        scope.spawn(move || {
            let all = service.advance(at(9 * HOUR)).unwrap();
            assert_eq!((all.jobs, all.outcomes, all.caught_up), (20, 20, true));
        });
        until_there_are(service, 2);
        let (begun, begins) = channel();
        let looks_on = service.clone();
        scope.spawn(move || {
            let behind_the_advance = service.with(move |_| {
                begun.send(()).unwrap();
                // It does not end before the two below wait too.
                until_there_are(&looks_on, 4);
                Ok(())
            });
            behind_the_advance.unwrap();
        });
        until_there_are(service, 3);
        go_on.send(()).unwrap();
        begins.recv().unwrap();
        scope.spawn(move || {
            // Nine o'clock has twenty jobs, and so more slices than one.
            let ingested = service.ingest(&mut vec![event(0, "Seen", 9 * HOUR)]).unwrap();
            assert_eq!(ingested.accepted, 1);
        });
        let next = service.with(|engine| Ok(engine.next_due())).unwrap();
        assert!(next <= Some(at(9 * HOUR)), "nine o'clock is not done yet: {next:?}");
    });
    held.join().unwrap().unwrap();
}

#[test]
fn jobs_are_claimed_and_settled_by_several_threads_each_once() {
    let folder = tempfile::tempdir().unwrap();
    let service = started(folder.path(), Limits::default());
    service.ingest(&mut (0..40).map(profile).collect()).unwrap();
    service.advance(at(0)).unwrap();
    service.advance(at(9 * HOUR)).unwrap();
    let handed = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        for number in 0..4 {
            let (service, handed) = (service.clone(), &handed);
            scope.spawn(move || {
                loop {
                    let claims = service.claim(&format!("worker {number}"), at(9 * HOUR), 3).unwrap();
                    if claims.is_empty() {
                        break;
                    }
                    for claim in &claims {
                        assert!(handed.lock().unwrap().insert(claim.job.id), "handed over twice");
                    }
                    let word = Settled::Accepted { provider_id: None };
                    let settled = claims.iter().map(|claim| (claim.number, claim.attempt, word.clone()));
                    service.settle(settled.collect(), at(9 * HOUR)).unwrap();
                }
            });
        }
    });
    assert_eq!(handed.lock().unwrap().len(), 40);
    assert!(service.snapshot().unwrap() > 0);
}

#[test]
fn what_waits_when_it_is_shut_is_done_and_what_comes_later_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let service = started(folder.path(), Limits::default().calls(2));
    let (go_on, held) = hold(&service);
    thread::scope(|scope| {
        let service = &service;
        scope.spawn(move || assert_eq!(service.ingest(&mut vec![event(1, "Seen", 0)]).unwrap().accepted, 1));
        until_there_are(service, 2);
        let shut = scope.spawn(move || service.shut());
        // For a further call there is no room, and from the moment at which the end is asked for, another reason.
        while service.with(|_| Ok(())) != Err(DurableError::Shut) {
            thread::yield_now();
        }
        go_on.send(()).unwrap();
        shut.join().unwrap().unwrap();
    });
    held.join().unwrap().unwrap();
    let mut batch = vec![event(2, "Seen", 0)];
    assert_eq!(service.ingest(&mut batch), Err(DurableError::Shut));
    assert_eq!(batch.len(), 1);
    assert_eq!(service.advance(at(0)), Err(DurableError::Shut));
    // The directory is free though there are handles.
    let mut again = open(folder.path(), Options::default());
    assert_eq!(again.ingest(vec![event(1, "Seen", 0)]).unwrap().duplicates, 1);
}

#[test]
fn with_the_last_handle_the_directory_is_free() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let service = started(folder.path(), Limits::default());
        let other = service.clone();
        service.ingest(&mut vec![event(round, "Seen", 0)]).unwrap();
        service.advance(at(round as i64)).unwrap();
        drop(service);
        assert_eq!(other.ingest(&mut vec![event(round, "Seen", 0)]).unwrap().duplicates, 1);
        drop(other);
        // What was closed without a decision is written then too.
        assert_eq!(open(folder.path(), Options::default()).closed(), Some(at(round as i64)));
    }
}

#[test]
fn after_a_failure_to_write_every_caller_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let service = started(folder.path(), Limits::default());
    service.ingest(&mut vec![event(1, "Seen", 0)]).unwrap();
    let disk = rusqlite::Connection::open(folder.path().join("campanile.db")).unwrap();
    let fails = "CREATE TRIGGER fails BEFORE INSERT ON log BEGIN SELECT RAISE(FAIL, 'the disk is full'); END";
    disk.execute_batch(fails).unwrap();
    let (go_on, held) = hold(&service);
    thread::scope(|scope| {
        for number in 2..6 {
            let service = &service;
            scope.spawn(move || {
                let error = service.ingest(&mut vec![event(number, "Seen", 0)]).unwrap_err();
                assert!(
                    matches!(&error, DurableError::Store { problem, .. } if problem == "the disk is full"),
                    "{error}"
                );
            });
        }
        until_there_are(&service, 5);
        go_on.send(()).unwrap();
    });
    held.join().unwrap().unwrap();
    let poisoned = |error: DurableError| matches!(error, DurableError::Poisoned { .. });
    assert!(poisoned(service.ingest(&mut vec![event(6, "Seen", 0)]).unwrap_err()));
    assert!(poisoned(service.advance(at(0)).unwrap_err()));
    assert!(poisoned(service.claim("w", at(0), 1).unwrap_err()));
    assert!(poisoned(service.snapshot().unwrap_err()));
    assert!(poisoned(service.shut().unwrap_err()));
    disk.execute_batch("DROP TRIGGER fails").unwrap();
    let mut again = open(folder.path(), Options::default());
    let found = again.ingest((1..7).map(|number| event(number, "Seen", 0)).collect()).unwrap();
    assert_eq!((found.duplicates, found.accepted), (1, 5));
}

#[test]
fn a_panic_of_the_thread_is_an_error_for_all_and_no_wait() {
    let folder = tempfile::tempdir().unwrap();
    let service = started(folder.path(), Limits::default());
    service.ingest(&mut vec![event(1, "Seen", 0)]).unwrap();
    let (go_on, held) = hold(&service);
    thread::scope(|scope| {
        let service = &service;
        let panics =
            scope.spawn(move || service.with(|_| -> Result<(), DurableError> { panic!("on purpose") }));
        until_there_are(service, 2);
        for number in 2..6 {
            scope.spawn(move || {
                let error = service.ingest(&mut vec![event(number, "Seen", 0)]).unwrap_err();
                assert_eq!(error, DurableError::Panicked);
            });
        }
        until_there_are(service, 6);
        go_on.send(()).unwrap();
        assert_eq!(panics.join().unwrap(), Err(DurableError::Panicked));
    });
    held.join().unwrap().unwrap();
    assert_eq!(service.advance(at(0)), Err(DurableError::Panicked));
    assert_eq!(service.shut(), Err(DurableError::Panicked));
    drop(service);
    let mut again = open(folder.path(), Options::default());
    assert_eq!(again.ingest(vec![event(1, "Seen", 0)]).unwrap().duplicates, 1);
}
