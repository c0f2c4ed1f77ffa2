//! A case through each of the ways to run it, and the first difference between two of them.

#[cfg(feature = "durable")]
pub mod durable;

use std::collections::BTreeMap;
use std::fmt::Debug;

use campanile::dispatch::Results;
use campanile::live::Engine;
use campanile::model::{Hold, Instant, Outcome, OutcomeKind, Record, SendJob, Text};
use campanile::program::Program;
use campanile::replay::Replay;
use campanile::rulebook::Rulebook;
use serde::Serialize;

use crate::generate::Case;
use crate::reference::interpret;
use crate::results::{self, Counted};

/// What came out of a case.
pub struct Run {
    pub jobs: Vec<SendJob>,
    pub outcomes: Vec<Outcome>,
    pub triggered: BTreeMap<String, u64>,
    pub qualified: BTreeMap<String, u64>,
    pub past: BTreeMap<String, u64>,
    pub results: Counted,
    /// Every stretch of waiting, in an order of their own; the engine does not tell.
    pub holds: Option<Vec<Hold>>,
    /// Texts that are no time zones, with how many users have them as the run ends; none where there was no run.
    pub unknown_zones: Option<Vec<(Text, u64)>>,
}

impl Run {
    fn take(&mut self, jobs: Vec<SendJob>, outcomes: Vec<Outcome>) {
        self.jobs.extend(jobs);
        self.outcomes.extend(outcomes);
    }

    /// The same without the reasons that `docs/semantics.md` does not word.
    pub fn without_reasons(self) -> Run {
        let worded =
            |outcome: OutcomeKind| matches!(outcome, OutcomeKind::Aborted | OutcomeKind::RenderError);
        let bare = |outcome: Outcome| Outcome {
            detail: outcome.detail.clone().filter(|_| worded(outcome.outcome)),
            ..outcome
        };
        Run { outcomes: self.outcomes.into_iter().map(bare).collect(), ..self }
    }
}

/// By the reference interpreter.
pub fn reference_run(rulebook: &Rulebook, case: &Case) -> Run {
    let expected = interpret(rulebook, &case.records, case.from, case.to);
    let mut qualified: BTreeMap<String, u64> =
        expected.triggered.keys().map(|name| (name.clone(), 0)).collect();
    for outcome in &expected.outcomes {
        *qualified.get_mut(&*outcome.campaign).unwrap() += 1;
    }
    Run {
        jobs: expected.jobs,
        outcomes: expected.outcomes,
        triggered: expected.triggered,
        qualified,
        past: expected.past,
        results: results::wanted(rulebook, &expected.results),
        holds: Some(in_order(expected.holds)),
        unknown_zones: Some(expected.unknown_zones),
    }
}

/// A replay of the case, still to be run.
fn prepared(rulebook: &Rulebook, case: &Case) -> Replay {
    let mut replay = Replay::new(&rulebook.compile()).starting(case.from).ending(case.to).with_holds();
    for record in &case.records {
        replay.add(record.clone());
    }
    replay
}

/// Where a replay on several threads first differs from one on one thread; nothing may: no job, no outcome, no count, and not the order of anything.
pub fn difference_by_threads(rulebook: &Rulebook, case: &Case) -> Option<String> {
    let wanted = prepared(rulebook, case).run();
    [2, 7].into_iter().find_map(|threads| {
        let found = prepared(rulebook, case).on_threads(threads).run();
        let differ = first_difference("outcome", &wanted.outcomes, &found.outcomes)
            .or_else(|| first_difference("job", &wanted.jobs, &found.jobs))
            .or_else(|| (wanted != found).then(|| format!("{:?}\n{:?}", wanted.summary, found.summary)));
        differ.map(|difference| format!("on {threads} threads: {difference}"))
    })
}

/// How a log in columns is laid out: so many rows in a batch, columns by types, texts in dictionaries; and by how many threads it is taken in.
pub type Layout = ((usize, bool, bool), usize);

/// Where a replay of a log in columns first differs from one of its records; nothing may.
pub fn difference_by_columns(
    rulebook: &Rulebook,
    case: &Case,
    ((rows, typed, coded), threads): Layout,
) -> Option<String> {
    let wanted = prepared(rulebook, case).run();
    let mut replay = Replay::new(&rulebook.compile()).starting(case.from).ending(case.to).with_holds();
    replay = replay.on_threads(threads);
    // Those who were met before, and ids that were had before, are known.
    let (before, after) = case.records.split_at(case.records.len() / 4);
    before.iter().for_each(|record| replay.add(record.clone()));
    replay.add_in_columns(after.iter().cloned(), rows, typed, coded);
    let found = replay.run();
    first_difference("outcome", &wanted.outcomes, &found.outcomes)
        .or_else(|| first_difference("job", &wanted.jobs, &found.jobs))
        .or_else(|| (wanted != found).then(|| format!("{:?}\n{:?}", wanted.summary, found.summary)))
}

/// By replay.
pub fn replay(rulebook: &Rulebook, case: &Case) -> Run {
    let result = prepared(rulebook, case).run();
    let campaigns = &result.summary.campaigns;
    Run {
        results: results::found(rulebook, |place| campaigns[place].results.clone()),
        triggered: campaigns.iter().map(|campaign| (campaign.name.to_string(), campaign.triggered)).collect(),
        qualified: campaigns.iter().map(|campaign| (campaign.name.to_string(), campaign.qualified)).collect(),
        past: campaigns.iter().map(|campaign| (campaign.name.to_string(), campaign.past)).collect(),
        jobs: result.jobs,
        outcomes: result.outcomes,
        holds: Some(in_order(result.holds)),
        unknown_zones: Some(result.summary.unknown_zones.most_frequent(usize::MAX)),
    }
}

/// Stretches of several messages at one instant come in no order.
fn in_order(mut holds: Vec<Hold>) -> Vec<Hold> {
    holds.sort_by_key(|hold| (hold.until, hold.from, hold.campaign, hold.budget.clone(), hold.outcome));
    holds
}

/// By the engine, fed one record after another, its clock going on before each. The records are in order.
pub fn engine(rulebook: &Rulebook, case: &Case) -> Run {
    let Some((mut engine, to)) = started(rulebook, case) else { return nothing(rulebook) };
    let mut run = nothing(rulebook);
    for record in &case.records {
        if let Some(at) = crate::instant(record) {
            if at >= to {
                break;
            }
            // Everything before this instant is over; what else happens at it may still come.
            run.take(engine.advance(Instant::from_millis(at.millis() - 1)).unwrap(), engine.take_outcomes());
        }
        let ingested = engine.ingest([record.clone()]).unwrap();
        assert_eq!(ingested.late, 0, "{record:?}");
    }
    // The clock stops at each instant that the engine asks for.
    while let Some(next) = engine.next_due().filter(|next| *next < to) {
        run.take(engine.advance(next).unwrap(), engine.take_outcomes());
        assert!(engine.next_due().is_none_or(|due| due > next), "the clock stands still at {next}");
    }
    finished(engine, rulebook, to, run)
}

/// By the engine, given all records before its clock goes on at all.
pub fn engine_at_once(rulebook: &Rulebook, case: &Case) -> Run {
    let Some((mut engine, to)) = started(rulebook, case) else { return nothing(rulebook) };
    engine.ingest(case.records.iter().cloned()).unwrap();
    finished(engine, rulebook, to, nothing(rulebook))
}

/// By the engine, given all records before its clock goes on, which it then does in slices of so many steps.
pub fn engine_in_slices(rulebook: &Rulebook, case: &Case, steps: usize) -> Run {
    let Some((mut engine, to)) = started(rulebook, case) else { return nothing(rulebook) };
    engine.ingest(case.records.iter().cloned()).unwrap();
    let mut run = nothing(rulebook);
    let last = Instant::from_millis(to.millis() - 1);
    loop {
        let slice = engine.advance_within(last, steps).unwrap();
        run.take(slice.jobs, engine.take_outcomes());
        if slice.caught_up {
            return finished(engine, rulebook, to, run);
        }
        assert!(engine.next_due().is_some_and(|next| next <= last), "there is something to do");
    }
}

/// By the engine, whose clock goes to an instant before some of the events come: those with an odd number, in the order of these.
pub fn engine_told_late(rulebook: &Rulebook, case: &Case, closed: Instant, late: &[u32]) -> Run {
    let Some((mut engine, to)) = started(rulebook, case) else { return nothing(rulebook) };
    let mut told = Vec::new();
    for (place, record) in case.records.iter().enumerate() {
        match late.get(place).filter(|late| *late % 2 == 1 && matches!(record, Record::Event(_))) {
            Some(late) => told.push((*late, record.clone())),
            None => assert_eq!(engine.ingest([record.clone()]).unwrap().accepted, 1),
        }
    }
    assert!(engine.advance(closed).unwrap().is_empty());
    told.sort_by_key(|(late, _)| *late);
    for (_, record) in told {
        assert_eq!(engine.ingest([record]).unwrap().late, 1);
    }
    finished(engine, rulebook, to, nothing(rulebook))
}

/// By the engine, whose clock goes to an instant before some of what is said of users, numbers and templates comes; and by replay, to which that is said at the
/// first instant after it. None when nothing comes late.
pub fn told_late_and_anew(
    rulebook: &Rulebook,
    case: &Case,
    closed: Instant,
    late: &[u32],
) -> Option<(Run, Run)> {
    let (mut engine, to) = started(rulebook, case)?;
    let (mut early, mut told) = (Vec::new(), Vec::new());
    for (record, late) in case.records.iter().zip(late.iter().cycle()) {
        match record {
            Record::Profile(_) | Record::Number(_) | Record::Template(_)
                if late % 2 == 1 && record.at() <= Some(closed) =>
            {
                told.push((*late, record.clone()));
            }
            _ => early.push(record.clone()),
        }
    }
    told.sort_by_key(|(late, _)| *late);
    if told.is_empty() || closed >= to {
        return None;
    }
    let instants = || case.records.iter().filter_map(crate::instant);
    let mut anew = Case { from: case.from.or(instants().min()), to: Some(to), ..case.clone() };
    anew.records = told.iter().map(|(_, record)| said_at(record.clone(), closed.next())).collect();
    anew.records.extend(early.iter().cloned());

    let mut run = nothing(rulebook);
    engine.ingest(early).unwrap();
    run.take(engine.advance(closed).unwrap(), engine.take_outcomes());
    for (_, record) in told {
        assert_eq!(engine.ingest([record]).unwrap().late, 1);
    }
    Some((replay(rulebook, &anew), finished(engine, rulebook, to, run)))
}

fn said_at(mut record: Record, at: Instant) -> Record {
    match &mut record {
        Record::Profile(update) => update.at = Some(at),
        Record::Number(statement) => statement.at = Some(at),
        Record::Template(statement) => statement.at = Some(at),
        Record::Event(_) => panic!("an event is at its instant"),
    }
    record
}

/// So many records come in, in whatever order; then so many slices of so many steps are done, to the instant of one of the
/// records.
pub type Cut = (usize, usize, usize, usize);

/// Two engines that are given the same records at the same moments: one is advanced at one go to wherever the other, which
/// goes on in slices, has come by then.
pub fn engines_side_by_side(rulebook: &Rulebook, case: &Case, cuts: &[Cut]) -> Option<(Run, Run)> {
    let (mut whole, to) = started(rulebook, case)?;
    let (mut sliced, _) = started(rulebook, case)?;
    let (mut of_whole, mut of_sliced) = (nothing(rulebook), nothing(rulebook));
    let last = Instant::from_millis(to.millis() - 1);
    let instants: Vec<Instant> = case.records.iter().filter_map(crate::instant).collect();
    let mut records = case.records.iter().cloned();
    for (many, slices, steps, toward) in cuts {
        if let Some(closed) = sliced.closed() {
            of_whole.take(whole.advance(closed).unwrap(), whole.take_outcomes());
        }
        for record in records.by_ref().take(*many) {
            let [one, other] = [whole.ingest([record.clone()]), sliced.ingest([record])];
            assert_eq!(one, other);
        }
        let now = instants.get(toward % instants.len().max(1)).map_or(last, |at| last.min(*at));
        for _ in 0..*slices {
            let slice = sliced.advance_within(now, *steps).unwrap();
            assert!(slice.jobs.len() <= *steps);
            let outcomes = sliced.take_outcomes();
            assert!(outcomes.len() <= *steps);
            of_sliced.take(slice.jobs, outcomes);
        }
    }
    let in_order = |mut run: Run| {
        // Late records end messages at instants that are handed over already.
        run.outcomes.sort_by(|a, b| a.decided_at.cmp(&b.decided_at).then_with(|| a.user.cmp(&b.user)));
        run
    };
    let whole = finished(whole, rulebook, to, of_whole);
    let sliced = finished(sliced, rulebook, to, of_sliced);
    Some((in_order(whole), in_order(sliced)))
}

/// Two engines that are given the same: one lives on, the other is saved and begun anew from the bytes at each cut, also where an instant is half
/// done. At each they are the same to the byte.
pub fn engines_of_which_one_is_restored(
    rulebook: &Rulebook,
    case: &Case,
    cuts: &[Cut],
) -> Option<(Run, Run)> {
    let (mut living, to) = started(rulebook, case)?;
    let (mut restored, _) = started(rulebook, case)?;
    let (mut of_living, mut of_restored) = (nothing(rulebook), nothing(rulebook));
    let program = rulebook.compile();
    let last = Instant::from_millis(to.millis() - 1);
    let instants: Vec<Instant> = case.records.iter().filter_map(crate::instant).collect();
    let mut records = case.records.iter().cloned();
    for (many, slices, steps, toward) in cuts {
        restored = anew(&restored, &program);
        for record in records.by_ref().take(*many) {
            assert_eq!(living.ingest([record.clone()]), restored.ingest([record]));
        }
        restored = anew(&restored, &program);
        let now = instants.get(toward % instants.len().max(1)).map_or(last, |at| last.min(*at));
        for _ in 0..*slices {
            let slice = living.advance_within(now, *steps).unwrap();
            assert_eq!(restored.advance_within(now, *steps).as_ref(), Ok(&slice));
            restored = anew(&restored, &program);
            assert!(saved(&living) == saved(&restored), "the living engine and the restored one differ");
            assert_eq!(
                (living.closed(), living.next_due(), living.tally(), living.unknown_zones()),
                (restored.closed(), restored.next_due(), restored.tally(), restored.unknown_zones())
            );
            // Outcomes that are not taken are saved as well.
            if slice.jobs.len() % 2 == 0 {
                let outcomes = living.take_outcomes();
                assert_eq!(outcomes, restored.take_outcomes());
                of_living.take(slice.jobs.clone(), outcomes.clone());
                of_restored.take(slice.jobs, outcomes);
            } else {
                of_living.take(slice.jobs.clone(), Vec::new());
                of_restored.take(slice.jobs, Vec::new());
            }
        }
    }
    Some((finished(living, rulebook, to, of_living), finished(restored, rulebook, to, of_restored)))
}

/// An engine as it is restored, which is saved as the one that it was.
fn anew(engine: &Engine, program: &Program) -> Engine {
    let bytes = saved(engine);
    let restored = Engine::restore(program.clone(), &mut bytes.as_slice()).unwrap();
    assert!(saved(&restored) == bytes, "what was restored is saved otherwise");
    restored
}

fn saved(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.save(&mut bytes).unwrap();
    bytes
}

/// An engine for the case's run, and the end of that; none where the records tell no instant.
fn started(rulebook: &Rulebook, case: &Case) -> Option<(Engine, Instant)> {
    let instants = || case.records.iter().filter_map(crate::instant);
    let from = case.from.or(instants().min())?;
    let to = case.to.or(instants().max().map(Instant::next))?;
    Some((Engine::in_memory(rulebook.compile()).starting(from), to))
}

fn finished(mut engine: Engine, rulebook: &Rulebook, to: Instant, mut run: Run) -> Run {
    run.take(engine.advance(Instant::from_millis(to.millis() - 1)).unwrap(), engine.take_outcomes());
    // By now nothing more fires: the counts are whole.
    for (number, counted) in run.triggered.values_mut().enumerate() {
        *counted = engine.tally().triggered(number);
    }
    for (number, counted) in run.qualified.values_mut().enumerate() {
        *counted = engine.tally().qualified(number);
    }
    for (number, counted) in run.past.values_mut().enumerate() {
        *counted = engine.tally().past(number);
    }
    run.results =
        results::found(rulebook, |place| engine.tally().results(place).cloned().unwrap_or_default());
    run.unknown_zones = Some(engine.unknown_zones().most_frequent(usize::MAX));
    let (jobs, outcomes) = engine.finish(to).unwrap();
    run.take(jobs, outcomes);
    run
}

fn nothing(rulebook: &Rulebook) -> Run {
    // Campaigns are named so that the order of their names is that of the rulebook.
    let none = || rulebook.campaigns().iter().map(|campaign| (campaign.name.to_string(), 0)).collect();
    Run {
        jobs: Vec::new(),
        outcomes: Vec::new(),
        triggered: none(),
        qualified: none(),
        past: none(),
        results: results::found(rulebook, |_| Results::default()),
        holds: None,
        unknown_zones: None,
    }
}

/// Where two runs first differ, as they would be written.
pub fn difference(wanted: &Run, found: &Run) -> Option<String> {
    first_difference("outcome", &wanted.outcomes, &found.outcomes)
        .or_else(|| first_difference("job", &wanted.jobs, &found.jobs))
        .or_else(|| counts("triggered", &wanted.triggered, &found.triggered))
        .or_else(|| counts("qualified", &wanted.qualified, &found.qualified))
        .or_else(|| counts("past", &wanted.past, &found.past))
        .or_else(|| counts("results", &wanted.results, &found.results))
        .or_else(|| different_zones(wanted.unknown_zones.as_ref()?, found.unknown_zones.as_ref()?))
        .or_else(|| different_hold(wanted.holds.as_ref()?, found.holds.as_ref()?))
}

/// Where the jobs and outcomes of two runs first differ, and no count.
#[cfg(feature = "durable")]
pub fn difference_of_what_left(wanted: &Run, found: &Run) -> Option<String> {
    let outcomes = first_difference("outcome", &wanted.outcomes, &found.outcomes);
    outcomes.or_else(|| first_difference("job", &wanted.jobs, &found.jobs))
}

fn counts<T: Debug + PartialEq>(
    what: &str,
    wanted: &BTreeMap<String, T>,
    found: &BTreeMap<String, T>,
) -> Option<String> {
    (wanted != found).then(|| format!("{what}:\n  {wanted:?}\n  {found:?}"))
}

fn different_zones(wanted: &[(Text, u64)], found: &[(Text, u64)]) -> Option<String> {
    (wanted != found).then(|| format!("unknown zones:\n  {wanted:?}\n  {found:?}"))
}

fn different_hold(wanted: &[Hold], found: &[Hold]) -> Option<String> {
    let mut places = 0..wanted.len().max(found.len());
    let place = places.find(|place| wanted.get(*place) != found.get(*place))?;
    let (first, second) = (wanted.get(place), found.get(place));
    Some(format!("hold {place} of {} and {}:\n  {first:?}\n  {second:?}", wanted.len(), found.len()))
}

fn first_difference<T: Serialize>(what: &str, wanted: &[T], found: &[T]) -> Option<String> {
    let written = |rows: &[T], place: usize| match rows.get(place) {
        Some(row) => serde_json::to_string(row).unwrap(),
        None => "nothing".to_owned(),
    };
    let mut places = 0..wanted.len().max(found.len());
    let place = places.find(|place| written(wanted, *place) != written(found, *place))?;
    Some(format!(
        "{what} {place} of {} and {}:\n  {}\n  {}",
        wanted.len(),
        found.len(),
        written(wanted, place),
        written(found, place)
    ))
}
