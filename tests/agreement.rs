//! One evaluator, looked at from all sides: over rules, profiles and logs made by chance, replay agrees with the
//! reference interpreter on every job and outcome, the engine agrees with replay whether it is fed one record after
//! another or all at once, and what a run promises about itself holds.
//!
//! `PROPTEST_CASES` says how many cases each property tries, and makes them new ones each time. A failure is shown with its rules, its records and the first
//! difference; the smallest ones found are kept among the data cases.
#![cfg(test)]
mod generate;
mod promises;
mod reference;
#[path = "support/results.rs"]
mod results;
mod runs;
#[path = "support/scratch.rs"]
mod scratch;
#[path = "support/shuffle.rs"]
mod shuffle;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use campanile::model::{Duration, Instant, OutcomeKind, Record};
use campanile::replay::Replay;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};

use generate::{Case, cases};
use reference::tally::TALLY;
use runs::{
    Layout, difference, difference_by_columns, difference_by_threads, engine, engine_at_once,
    engine_in_slices, engine_told_late, engines_of_which_one_is_restored, engines_side_by_side,
    reference_run, replay, told_late_and_anew,
};

/// So many cases, the same each time; or as many as the environment says, others each time.
#[expect(clippy::disallowed_methods, reason = "who looks for more mistakes asks for more cases")]
fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig { failure_persistence: None, max_shrink_iters: 4_000, ..Default::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => default,
        None => ProptestConfig { cases, rng_seed: RngSeed::Fixed(2), ..default },
    }
}

#[test]
fn most_generated_rules_are_accepted() {
    for strategy in [cases(), generate::budgets()] {
        let mut runner = TestRunner::deterministic();
        let mut refused = Vec::new();
        for _ in 0..200 {
            let case = strategy.new_tree(&mut runner).unwrap().current();
            refused.extend(case.rulebook().err().map(|error| error.to_string()));
        }
        assert!(refused.len() < 30, "{} of 200 were refused: {}", refused.len(), refused.join("\n"));
    }
}

#[test]
fn generated_cases_end_in_every_outcome() {
    let mut runner = TestRunner::deterministic();
    let strategy = cases();
    let mut seen: BTreeMap<&str, u64> =
        OutcomeKind::ALL.into_iter().map(|outcome| (outcome.name(), 0)).collect();
    for _ in 0..1_000 {
        let case = strategy.new_tree(&mut runner).unwrap().current();
        let Ok(rulebook) = case.rulebook() else { continue };
        for outcome in replay(&rulebook, &case).outcomes {
            *seen.get_mut(outcome.outcome.name()).unwrap() += 1;
        }
    }
    // What the generator's rules cannot end in yet.
    let later = ["service_window"];
    seen.retain(|name, _| !later.contains(name));
    assert!(seen.values().all(|count| *count > 0), "{seen:?}");
}

/// What generated cases must ask for, and get both answers to.
const REACHED: [&str; 76] = [
    "and",
    "or",
    "not",
    "did",
    "did not",
    "did … times",
    "profile",
    "in list",
    "in segment",
    "in last",
    "in last calendar",
    "this",
    "previous",
    "exactly ago",
    "between ago",
    "between calendar ago",
    "since",
    "before",
    "on",
    "from to",
    "edge of a length of time",
    "filter and",
    "filter or",
    "filter not",
    "compare",
    "between",
    "in",
    "not in",
    "contains",
    "starts with",
    "ends with",
    "matches",
    "is set",
    "is not set",
    "all",
    "any has",
    "all has",
    "ignoring case",
    "hour",
    "weekday",
    "date",
    "user clock",
    "within distance",
    "falls",
    "anniversary",
    "date in last",
    "date in past",
    "date in next",
    "date in next calendar",
    "date exactly ahead",
    "date between ahead",
    "when",
    "when then no",
    "when then",
    "at",
    "every",
    "cron",
    "sum",
    "average",
    "min",
    "max",
    "distinct",
    "was",
    "had",
    "and no … since",
    "has not happened since",
    "in at least n of last n",
    "in at least n of last n calendar",
    "mostly",
    "share",
    "sample",
    "more than ago",
    "after",
    "template paused",
    "marketing refused",
    "unknown zone",
];

/// What generated crowds must ask for, and get both answers to; of an outcome, whether who ended so had stood in line.
const REACHED_IN_LINE: [&str; 44] = [
    "throttle of the campaign",
    "throttle of the account",
    "rate",
    "rate that warms up",
    "pair",
    "portfolio that is full",
    "template paused",
    "marketing refused",
    "sent from the line",
    "outside window in line",
    "cancelled in line",
    "no consent in line",
    "unreachable in line",
    "requalified out in line",
    "expired in line",
    "ended in line",
    "duplicate address in line",
    "campaign's cap in line",
    "account's cap in line",
    "gap in line",
    "limit in line",
    "template disabled in line",
    "service window in line",
    "render error in line",
    "pending in line",
    "waited for the campaign's throttle",
    "waited for the account's throttle",
    "waited for the rate",
    "waited for the pair",
    "waited for the portfolio",
    "waited for the template",
    "waited for the refusal to be over",
    "several budgets are full",
    "the first of them has room last",
    "receipt that it was sent",
    "receipt that it was delivered",
    "receipt that it was read",
    "receipt that it was clicked",
    "receipt that it was replied to",
    "receipt that it failed",
    "goal reached",
    "goal reached without a message",
    "clicked before the goal",
    "viewed before the goal",
];

#[test]
fn generated_cases_ask_for_everything_and_get_both_answers() {
    answers_of(cases(), &REACHED);
}

#[test]
fn generated_crowds_end_in_line_in_every_way() {
    answers_of(generate::budgets(), &REACHED_IN_LINE);
}

fn answers_of(strategy: impl Strategy<Value = Case>, wanted: &[&str]) {
    let mut runner = TestRunner::deterministic();
    TALLY.take();
    for _ in 0..1_000 {
        let case = strategy.new_tree(&mut runner).unwrap().current();
        if let Ok(rulebook) = case.rulebook() {
            reference_run(&rulebook, &case);
        }
    }
    let answers = TALLY.take();
    let few = |name: &&str| answers.get(name).is_none_or(|answers| answers.contains(&0));
    let missed: Vec<&str> = wanted.iter().copied().filter(few).collect();
    assert!(missed.is_empty(), "seldom true or seldom false: {missed:?} of {answers:?}");
}

proptest! {
    #![proptest_config(config(800))]

    #[test]
    fn replay_agrees_with_the_reference(case in cases()) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        let (wanted, found) = (reference_run(&rulebook, &case), replay(&rulebook, &case));
        if let Some(difference) = difference(&wanted.without_reasons(), &found.without_reasons()) {
            prop_assert!(false, "the reference, then replay:\n{}", difference);
        }
        if let Some(difference) = difference_by_threads(&rulebook, &case) {
            prop_assert!(false, "on one thread, then {}", difference);
        }
    }
}

proptest! {
    #![proptest_config(config(500))]

    /// What a log in columns comes to is what its records come to, and those agree with the reference.
    #[test]
    fn a_log_in_columns_is_the_log(
        case in prop_oneof![3 => cases(), 1 => generate::behaviour(), 1 => generate::budgets()],
        layout in layouts(),
    ) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        if let Some(difference) = difference_by_columns(&rulebook, &case, layout) {
            prop_assert!(false, "records, then columns {:?}:\n{}\n{:?}", layout, difference, case);
        }
    }
}

proptest! {
    #![proptest_config(config(500))]

    /// What is put by for want of memory changes nothing: no job, no outcome, no count, and not the order of anything.
    #[test]
    fn a_budget_of_memory_changes_nothing(
        case in prop_oneof![3 => cases(), 1 => generate::behaviour(), 1 => generate::budgets()],
        bytes in prop_oneof![Just(0_u64), 0..4_000_u64, 60_000..300_000_u64],
        layout in layouts(),
    ) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        let prepared = || Replay::new(&rulebook.compile()).starting(case.from).ending(case.to).with_holds();
        let ((rows, typed, coded), threads) = layout;
        let scratch = Arc::new(scratch::InMemory::default());
        let mut bounded = prepared().on_threads(threads).with_memory(bytes, Arc::<scratch::InMemory>::clone(&scratch));
        let (before, after) = case.records.split_at(case.records.len() / 2);
        before.iter().for_each(|record| bounded.add(record.clone()));
        bounded.add_in_columns(after.iter().cloned(), rows, typed, coded);
        let found = bounded.run().unwrap();
        let mut whole = prepared();
        case.records.iter().for_each(|record| whole.add(record.clone()));
        let wanted = whole.run();
        prop_assert_eq!(&found.outcomes, &wanted.outcomes, "{} bytes, {:?}\n{:?}", bytes, layout, case);
        prop_assert_eq!(&found.jobs, &wanted.jobs, "{} bytes, {:?}\n{:?}", bytes, layout, case);
        prop_assert_eq!(found, wanted, "{} bytes, {:?}\n{:?}", bytes, layout, case);
        prop_assert_eq!(scratch.state.open.load(Ordering::SeqCst), 0);
    }
}

/// Batches of one row and of many, columns of every sort, threads.
fn layouts() -> impl Strategy<Value = Layout> {
    let rows = prop_oneof![Just(1_usize), 2..9_usize, Just(1000)];
    ((rows, any::<bool>(), any::<bool>()), prop::sample::select(&[1_usize, 2, 7][..]))
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn what_was_is_remembered_as_the_reference_remembers_it(case in generate::behaviour()) {
        let rulebook = case.rulebook().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let wanted = reference_run(&rulebook, &case).without_reasons();
        for found in [replay(&rulebook, &case), engine(&rulebook, &case), engine_at_once(&rulebook, &case)] {
            if let Some(difference) = difference(&wanted, &found.without_reasons()) {
                prop_assert!(false, "the reference, then the other:\n{}", difference);
            }
        }
    }
}

proptest! {
    #![proptest_config(config(300))]

    /// Asked only when all has come: whatever came late, in whatever order, is counted in its place.
    #[test]
    fn what_comes_late_is_remembered_as_if_it_had_come_in_time(
        case in generate::behaviour(),
        late in prop::collection::vec(any::<u32>(), 20),
    ) {
        let rulebook = case.rulebook().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let Some(end) = case.to else { return Err(TestCaseError::reject("no end")) };
        let closed = end - Duration::from_seconds(20 * 3_600);
        let mut case = Case { from: Some(closed), ..case };
        let mut known = HashSet::new();
        // Of one instant the order is that of arrival; and events are seen in the zone as of when they come.
        case.records.retain(|record| match record {
            Record::Event(event) => event.at <= closed && known.insert((event.user.clone(), event.at)),
            Record::Profile(_) | Record::Number(_) | Record::Template(_) => record.at().is_none(),
        });
        let found = engine_told_late(&rulebook, &case, closed, &late);
        if let Some(difference) = difference(&replay(&rulebook, &case), &found) {
            prop_assert!(false, "replay, then the engine that is told late:\n{}", difference);
        }
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn who_stands_in_line_is_asked_when_the_reference_asks(case in generate::budgets()) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        let wanted = reference_run(&rulebook, &case).without_reasons();
        if let Some(difference) = difference(&wanted, &replay(&rulebook, &case).without_reasons()) {
            prop_assert!(false, "the reference, then replay:\n{}", difference);
        }
        if let Some(difference) = difference_by_threads(&rulebook, &case) {
            prop_assert!(false, "on one thread, then {}", difference);
        }
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn the_engine_agrees_with_replay(case in any_case()) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        // What comes live comes in order.
        let mut case = case;
        case.records.sort_by_key(instant);
        let (wanted, found) = (replay(&rulebook, &case), engine(&rulebook, &case));
        if let Some(difference) = difference(&wanted, &found) {
            prop_assert!(false, "replay, then the engine:\n{}", difference);
        }
    }

    #[test]
    fn the_engine_agrees_with_replay_when_it_is_given_all_at_once(case in any_case()) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        let (wanted, found) = (replay(&rulebook, &case), engine_at_once(&rulebook, &case));
        if let Some(difference) = difference(&wanted, &found) {
            prop_assert!(false, "replay, then the engine:\n{}", difference);
        }
    }

    #[test]
    fn the_engine_agrees_with_replay_in_slices_of_any_size(case in any_case(), steps in 1..40_usize) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        let (wanted, found) = (replay(&rulebook, &case), engine_in_slices(&rulebook, &case, steps));
        if let Some(difference) = difference(&wanted, &found) {
            prop_assert!(false, "replay, then the engine in slices of {}:\n{}", steps, difference);
        }
    }

    /// Records come in the order of the input, so that many are late; some come while an instant is half done.
    #[test]
    fn what_comes_between_slices_comes_as_after_an_advance_to_where_they_are(
        case in any_case(),
        cuts in prop::collection::vec((1..6_usize, 0..12_usize, 1..9_usize, 0..40_usize), 1..20),
    ) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        let Some((wanted, found)) = engines_side_by_side(&rulebook, &case, &cuts) else { return Ok(()) };
        if let Some(difference) = difference(&wanted, &found) {
            prop_assert!(false, "at one go, then in slices:\n{}", difference);
        }
    }

    /// At any moment, also where an instant is half done.
    #[test]
    fn an_engine_that_is_saved_and_restored_goes_on_as_if_nothing_had_been(
        case in prop_oneof![2 => any_case(), 1 => generate::behaviour()],
        cuts in prop::collection::vec((1..6_usize, 0..12_usize, 1..9_usize, 0..40_usize), 1..20),
    ) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        let Some((wanted, found)) = engines_of_which_one_is_restored(&rulebook, &case, &cuts) else { return Ok(()) };
        if let Some(difference) = difference(&wanted, &found) {
            prop_assert!(false, "the living engine, then the restored one:\n{}", difference);
        }
    }

    /// Whoever stands in line meanwhile, or waits for something else: what is said late holds from the next open instant on.
    #[test]
    fn what_is_said_late_holds_as_if_it_were_said_then(
        case in any_case(),
        cut in any::<prop::sample::Index>(),
        late in prop::collection::vec(any::<u32>(), 20),
    ) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        let instants: Vec<Instant> = case.records.iter().filter_map(instant).collect();
        let Some(closed) = (!instants.is_empty()).then(|| *cut.get(&instants)) else { return Ok(()) };
        let Some((wanted, found)) = told_late_and_anew(&rulebook, &case, closed, &late) else { return Ok(()) };
        if let Some(difference) = difference(&wanted, &found) {
            prop_assert!(false, "said anew, then late, after {}:\n{}", closed, difference);
        }
    }

    #[test]
    fn a_run_keeps_its_promises(case in any_case()) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        let run = replay(&rulebook, &case);
        promises::all(&rulebook, &case, &run)?;
    }

    #[test]
    fn the_order_of_the_input_is_of_no_consequence(case in any_case(), shuffle in any::<u64>()) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        let wanted = replay(&rulebook, &case);
        let mut case = case;
        case.records = shuffle::shuffled(&case.records, shuffle);
        for (way, found) in [("replay", replay(&rulebook, &case)), ("the engine", engine_at_once(&rulebook, &case))] {
            if let Some(difference) = difference(&wanted, &found) {
                prop_assert!(false, "one order, then another by {}:\n{}\n{:?}", way, difference, case);
            }
        }
    }
}

#[cfg(feature = "durable")]
proptest! {
    // Each waits for the disk some dozens of times.
    #![proptest_config(config(80))]

    /// Live is replay: in batches of any size, out of order within the lateness, some records twice, over restarts with and without a snapshot.
    #[test]
    fn the_durable_engine_lives_through_what_replay_goes_through(
        case in prop_oneof![3 => any_case(), 1 => generate::behaviour()],
        lateness in prop_oneof![1 => Just(0_i64), 2 => 1..120_000_i64, 2 => 1..172_800_000_i64],
        seed in any::<u64>(),
    ) {
        let Ok(rulebook) = case.rulebook() else { return Err(TestCaseError::reject("refused rules")) };
        let mut case = case;
        case.records.sort_by_key(instant);
        let lateness = Duration::from_millis(lateness);
        let Some((wanted, found)) = runs::durable::replayed_and_lived(&rulebook, &case, lateness, seed) else { return Ok(()) };
        let what_left = runs::difference_of_what_left(&wanted, &found);
        if let Some(difference) = what_left {
            prop_assert!(false, "replay, then the durable engine, {} ms late:\n{}\n{:?}", lateness.millis(), difference, case);
        }
    }
}

/// Cases of all rules, and of crowds that stand in line.
fn any_case() -> impl Strategy<Value = Case> {
    prop_oneof![2 => cases(), 1 => generate::budgets()]
}

fn instant(record: &Record) -> Option<Instant> {
    record.at()
}
