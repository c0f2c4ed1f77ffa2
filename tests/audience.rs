//! Who is in a segment, found from columns: for rules and logs made by chance it is whom the machine finds, and the reference, in
//! whatever columns the log is laid out, in batches of whatever size, on any number of threads.
#![cfg(test)]
mod generate;
#[path = "support/scratch.rs"]
mod scratch;

use std::collections::BTreeSet;
use std::sync::Arc;

use campanile::audience::Audience;
use campanile::model::{Instant, Record};
use campanile::replay::Membership;
use campanile::rulebook::Rulebook;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use generate::{Case, behaviour, budgets, cases};
use scratch::InMemory;

#[expect(clippy::disallowed_methods, reason = "who looks for more mistakes asks for more cases")]
fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig { failure_persistence: None, max_shrink_iters: 4_000, ..Default::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => default,
        None => ProptestConfig { cases, rng_seed: RngSeed::Fixed(3), ..default },
    }
}

/// The case with a segment for each audience that a campaign asks for.
fn with_segments(case: &Case) -> Option<Rulebook> {
    let rulebook = case.rulebook().ok()?;
    let audiences = rulebook.campaigns().iter().filter_map(|campaign| campaign.syntax.audience.as_ref());
    let named = audiences.enumerate().map(|(place, audience)| {
        format!("\nsegment of_campaign_{place} = {}", rulebook.sources().slice(audience.condition.span()))
    });
    let rules = named.fold(case.rules.clone(), |rules, segment| rules + &segment);
    let with_segments = Case { rules, ..case.clone() };
    let rulebook = with_segments.rulebook().ok()?;
    (!rulebook.segments().is_empty()).then_some(rulebook)
}

/// Three instants of a log: its middle, an odd one, and its end.
fn instants(records: &[Record]) -> Vec<Instant> {
    let mut instants: Vec<Instant> = records.iter().filter_map(Record::at).collect();
    instants.sort_unstable();
    let at = |place: usize| instants.get(place).copied();
    let picked = [
        at(instants.len() / 2),
        at(instants.len() / 3).map(Instant::next),
        at(instants.len().wrapping_sub(1)),
    ];
    let picked: BTreeSet<Instant> = picked.into_iter().flatten().collect();
    picked.into_iter().collect()
}

fn agree(
    case: &Case,
    (rows, typed, coded): (usize, bool, bool),
    (threads, memory): (usize, Option<u64>),
) -> Result<(), TestCaseError> {
    let Some(rulebook) = with_segments(case) else { return Ok(()) };
    let instants = instants(&case.records);
    let new = || {
        let audience = instants.iter().fold(Audience::new(&rulebook), |audience, at| audience.at(*at));
        let mut audience = audience.with_members().laid_out(rows, typed, coded);
        if let Some(bytes) = memory {
            audience = audience.with_memory(bytes, Arc::new(InMemory::default()));
        }
        case.records.iter().for_each(|record| audience.add(record.clone()));
        audience
    };
    let found = new().on_threads(threads).ask().map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(found.len(), instants.len());
    // Who is counted clause by clause is counted by the same clauses.
    let with_clauses = new().with_clauses().ask().map_err(|error| TestCaseError::fail(error.to_string()))?;
    for ((found, counted), at) in found.iter().zip(&with_clauses).zip(&instants) {
        let mut asked = Membership::new(&rulebook, *at);
        case.records.iter().for_each(|record| asked.add(record.clone()));
        for ((found, wanted), counted) in found.segments.iter().zip(asked.members()).zip(&counted.segments) {
            let mut wanted_users = wanted.users.clone();
            wanted_users.sort_unstable();
            prop_assert_eq!(
                &found.members,
                &wanted_users,
                "columns, then the machine: {} at {} in {:?}",
                wanted.segment,
                at,
                case
            );
            prop_assert_eq!(found.users as usize, wanted_users.len());
            prop_assert_eq!(counted.users, found.users);
            if let Some(last) = counted.clauses.last() {
                prop_assert_eq!(last.together, found.users);
            }
            prop_assert!(counted.clauses.iter().all(|clause| clause.together <= clause.alone));
        }
    }
    Ok(())
}

type Layout = ((usize, bool, bool), (usize, Option<u64>));

/// Columns, threads, and a budget of memory: none, so little that all is put by, and some.
fn layouts() -> impl Strategy<Value = Layout> {
    let rows = prop_oneof![Just(1_usize), 2..9_usize, Just(1000)];
    let memory = prop_oneof![Just(None), (0..8000_u64).prop_map(Some)];
    let threads = prop::sample::select(&[1_usize, 2, 7][..]);
    ((rows, any::<bool>(), any::<bool>()), (threads, memory))
}

proptest! {
    #![proptest_config(config(600))]

    /// A log of events alone in the order of its users is read straight through, whatever the order of each user's events.
    #[test]
    fn a_log_by_user_agrees_too(case in behaviour(), users in 1..5_usize, (layout, run) in layouts()) {
        let mut records: Vec<Record> = case.records.iter().filter(|record| matches!(record, Record::Event(_))).cloned().collect();
        for (place, record) in records.iter_mut().enumerate() {
            if let Record::Event(event) = record {
                event.id = None;
                // Whole numbers come by value, and names behind them.
                event.user = ["9", "10", "asha", "ben", "chloé"][place * 7 % (users + 1)].into();
            }
        }
        let key = |record: &Record| match record {
            Record::Event(event) => (event.user.parse::<u64>().unwrap_or(u64::MAX), event.user.clone()),
            _ => (0, "".into()),
        };
        records.sort_by_key(key);
        agree(&Case { records, ..case }, layout, run)?;
    }

    #[test]
    fn columns_agree_with_the_machine_on_what_was(case in behaviour(), (layout, run) in layouts()) {
        agree(&case, layout, run)?;
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn columns_agree_with_the_machine_on_all_that_campaigns_ask(case in prop_oneof![9 => cases(), 1 => budgets()], (layout, run) in layouts()) {
        agree(&case, layout, run)?;
    }
}
