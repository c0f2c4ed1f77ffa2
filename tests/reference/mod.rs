//! The reference interpreter: what a rulebook means, slowly.
//!
//! Written from `docs/semantics.md` alone (the numbers in the comments are its rules) and sharing no code with the
//! engine beyond the model, the syntax tree, the checked rulebook and the rendering of messages. It keeps no state: a
//! user's triggers are found by looking over the whole log, each question is asked of the whole history again, and each
//! message's way is followed by itself from qualification to outcome. Only caps tie messages together, so they come last.

mod behaviour;
pub mod clock;
mod condition;
mod date;
mod filter;
mod message;
mod person;
mod schedule;
mod trigger;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use campanile::model::{Instant, Outcome, Record, SendJob};
use campanile::rulebook::Rulebook;

use clock::Zone;
use person::Person;

/// What must come out of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// In the order of rule 6.
    pub jobs: Vec<SendJob>,
    /// In the order of rule 6.
    pub outcomes: Vec<Outcome>,
    /// How often each campaign's trigger fired, by the campaign's name; every campaign is there.
    pub triggered: BTreeMap<String, u64>,
}

/// What is the same for all users of a run.
struct World<'a> {
    rulebook: &'a Rulebook,
    account: Zone,
    from: Instant,
    to: Instant,
}

/// What a run of the rules over the records from `from` to `to` must bring.
pub fn interpret(
    rulebook: &Rulebook,
    records: &[Record],
    from: Option<Instant>,
    to: Option<Instant>,
) -> Expected {
    // 1.9
    let records: Vec<Record> = records.iter().map(|record| rulebook.admit(record.clone()).record).collect();
    let names = rulebook.campaigns().iter().map(|campaign| (campaign.name.to_string(), 0));
    let mut expected = Expected { jobs: Vec::new(), outcomes: Vec::new(), triggered: names.collect() };

    // 1.5
    let instants = || records.iter().filter_map(instant);
    let from = from.or(instants().min());
    let to = to.or(instants().max().map(Instant::next));
    let (Some(from), Some(to)) = (from, to) else { return expected };
    let account = Zone::named(rulebook.settings().zone.name()).unwrap();
    let world = World { rulebook, account, from, to };

    let mut by_user: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &records {
        by_user.entry(user(record)).or_default().push(record);
    }
    let mut decided = Vec::new();
    for (user, records) in by_user {
        let person = Person::new(&world, user, &records);
        let firings = person.firings();
        for firing in &firings {
            *expected.triggered.get_mut(&*firing.campaign.name).unwrap() += 1;
        }
        decided.extend(person.decisions(&firings));
    }

    // 6: users came in the order of their bytes, each one's decisions as they were made; sorting keeps that order.
    decided.sort_by_key(|decision| decision.outcome.decided_at);
    expected.outcomes = decided.iter().map(|decision| decision.outcome.clone()).collect();
    decided.retain(|decision| decision.job.is_some());
    decided
        .sort_by_key(|decision| (decision.outcome.decided_at, Reverse(decision.priority), decision.arrival));
    expected.jobs = decided.into_iter().filter_map(|decision| decision.job).collect();
    expected
}

fn user(record: &Record) -> &str {
    match record {
        Record::Event(event) => &event.user,
        Record::Profile(update) => &update.user,
    }
}

fn instant(record: &Record) -> Option<Instant> {
    match record {
        Record::Event(event) => Some(event.at),
        Record::Profile(update) => update.at,
    }
}
