//! A case through each of the ways to run it, and the first difference between two of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use campanile::live::Engine;
use campanile::model::{Instant, Outcome, OutcomeKind, SendJob};
use campanile::replay::Replay;
use campanile::rulebook::Rulebook;
use serde::Serialize;

use crate::generate::Case;
use crate::reference::interpret;

/// What came out of a case.
pub struct Run {
    pub jobs: Vec<SendJob>,
    pub outcomes: Vec<Outcome>,
    pub triggered: BTreeMap<String, u64>,
    pub qualified: BTreeMap<String, u64>,
}

impl Run {
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
    Run { jobs: expected.jobs, outcomes: expected.outcomes, triggered: expected.triggered, qualified }
}

/// By replay.
pub fn replay(rulebook: &Rulebook, case: &Case) -> Run {
    let mut replay = Replay::new(&rulebook.compile()).starting(case.from).ending(case.to);
    for record in &case.records {
        replay.add(record.clone());
    }
    let result = replay.run();
    let campaigns = &result.summary.campaigns;
    Run {
        triggered: campaigns.iter().map(|campaign| (campaign.name.to_string(), campaign.triggered)).collect(),
        qualified: campaigns.iter().map(|campaign| (campaign.name.to_string(), campaign.qualified)).collect(),
        jobs: result.jobs,
        outcomes: result.outcomes,
    }
}

/// By the engine, fed one record after another, its clock going on before each. The records are in order.
pub fn engine(rulebook: &Rulebook, case: &Case) -> Run {
    let instants: Vec<Instant> = case.records.iter().filter_map(crate::instant).collect();
    let from = case.from.or(instants.first().copied());
    let to = case.to.or(instants.last().map(|last| last.next()));
    let mut engine = Engine::in_memory(rulebook.compile());
    if let Some(from) = from {
        engine = engine.starting(from);
    }
    let (mut jobs, mut outcomes) = (Vec::new(), Vec::new());
    for record in &case.records {
        if let Some(at) = crate::instant(record) {
            if to.is_some_and(|to| at >= to) {
                break;
            }
            // Everything before this instant is over; what else happens at it may still come.
            jobs.extend(engine.advance(Instant::from_millis(at.millis() - 1)).unwrap());
            outcomes.extend(engine.take_outcomes());
        }
        let ingested = engine.ingest([record.clone()]).unwrap();
        assert_eq!(ingested.late, 0, "{record:?}");
    }
    // The clock stops at each instant that the engine asks for.
    while let Some(next) = engine.next_due().filter(|next| to.is_some_and(|to| *next < to)) {
        jobs.extend(engine.advance(next).unwrap());
        outcomes.extend(engine.take_outcomes());
        assert!(engine.next_due().is_none_or(|due| due > next), "the clock stands still at {next}");
    }
    let names = || rulebook.campaigns().iter().enumerate();
    let Some(to) = to else {
        let none = || names().map(|(_, campaign)| (campaign.name.to_string(), 0)).collect();
        return Run { jobs, outcomes, triggered: none(), qualified: none() };
    };
    let count = |of: &dyn Fn(usize) -> u64| {
        names().map(|(number, campaign)| (campaign.name.to_string(), of(number))).collect()
    };
    // By then nothing more fires: the tally is whole.
    let last = Instant::from_millis(to.millis() - 1);
    jobs.extend(engine.advance(last).unwrap());
    outcomes.extend(engine.take_outcomes());
    let (triggered, qualified) = (
        count(&|number| engine.tally().triggered(number)),
        count(&|number| engine.tally().qualified(number)),
    );
    let (last_jobs, last_outcomes) = engine.finish(to).unwrap();
    jobs.extend(last_jobs);
    outcomes.extend(last_outcomes);
    Run { jobs, outcomes, triggered, qualified }
}

/// Where two runs first differ, as they would be written.
pub fn difference(wanted: &Run, found: &Run) -> Option<String> {
    first_difference("outcome", &wanted.outcomes, &found.outcomes)
        .or_else(|| first_difference("job", &wanted.jobs, &found.jobs))
        .or_else(|| counts("triggered", &wanted.triggered, &found.triggered))
        .or_else(|| counts("qualified", &wanted.qualified, &found.qualified))
}

fn counts(what: &str, wanted: &BTreeMap<String, u64>, found: &BTreeMap<String, u64>) -> Option<String> {
    (wanted != found).then(|| format!("{what}:\n  {wanted:?}\n  {found:?}"))
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
