//! The reference interpreter: what a rulebook means, slowly.
//!
//! Written from `docs/semantics.md` alone (the numbers in the comments are its rules) and sharing no code with the
//! engine beyond the model, the syntax tree, the checked rulebook and the rendering of messages. It keeps no state: a
//! user's triggers are found by looking over the whole log, each question is asked of the whole history again, and each
//! message's way is followed by itself until it is due. What users share comes last, over all messages in their order.

mod behaviour;
mod budget;
pub mod clock;
mod condition;
mod date;
mod decide;
mod filter;
mod line;
mod membership;
mod message;
mod not_before;
mod number;
mod person;
mod planned;
mod receipts;
mod schedule;
pub mod tally;
mod trigger;
mod variant;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use campanile::model::{Hold, Instant, Outcome, Profile, Record, SendJob, Text};
use campanile::rulebook::{Campaign, Rulebook};

use clock::Zone;
use decide::{Decided, Decision, decide_all};
use not_before::Provisos;
use number::Numbers;
use person::Person;
use receipts::results;
pub use receipts::{Counts, Results};
use tally::note;

/// What must come out of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// In the order of rule 6.
    pub jobs: Vec<SendJob>,
    /// In the order of rule 6.
    pub outcomes: Vec<Outcome>,
    /// How often each campaign's trigger fired, by the campaign's name; every campaign is there.
    pub triggered: BTreeMap<String, u64>,
    /// How many times of `at` were past for users (4.3), by the campaign's name.
    pub past: BTreeMap<String, u64>,
    /// What is counted of the campaign's messages (8.6), by its name; every campaign is there.
    pub results: BTreeMap<String, Results>,
    /// Every stretch of waiting (8.10), in no order.
    pub holds: Vec<Hold>,
    /// Texts of profiles that are no zones as the run ends (1.8), those of most users first, then by their bytes.
    pub unknown_zones: Vec<(Text, u64)>,
}

/// A job, whose and what for.
struct Sent<'a, 'p> {
    person: &'p Person<'a>,
    campaign: &'a Campaign,
    /// The place of the trigger's event.
    event: Option<usize>,
    /// The place of its message among the campaign's.
    variant: usize,
    /// Whether it counts for its portfolio (8.7).
    counted: bool,
    job: SendJob,
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
    let mut expected = Expected {
        jobs: Vec::new(),
        outcomes: Vec::new(),
        triggered: names.collect(),
        past: BTreeMap::new(),
        results: BTreeMap::new(),
        holds: Vec::new(),
        unknown_zones: Vec::new(),
    };
    for campaign in rulebook.campaigns() {
        let nothing = vec![Counts::default(); campaign.variants.len()];
        let results = Results { messages: nothing, ..Results::default() };
        expected.results.insert(campaign.name.to_string(), results);
    }

    // 1.5
    let instants = || records.iter().filter_map(Record::at);
    let from = from.or(instants().min());
    let to = to.or(instants().max().map(Instant::next));
    let names = rulebook.campaigns().iter().map(|campaign| (campaign.name.to_string(), 0));
    expected.past = names.collect();
    expected.unknown_zones = unknown_zones(&records, to);
    let (Some(from), Some(to)) = (from, to) else { return expected };
    let account = Zone::named(rulebook.settings().zone.name()).unwrap();
    let world = World { rulebook, account, from, to };

    let mut by_user: BTreeMap<&str, Vec<(usize, &Record)>> = BTreeMap::new();
    for (place, record) in records.iter().enumerate() {
        if let Some(user) = record.user() {
            by_user.entry(user).or_default().push((place, record));
        }
    }
    let people: Vec<Person> =
        by_user.into_iter().map(|(user, records)| Person::new(&world, user, &records)).collect();
    let mut messages = Vec::new();
    for person in &people {
        let firings = person.firings();
        for campaign in rulebook.campaigns() {
            let fired = firings.iter().any(|firing| firing.campaign.name == campaign.name);
            note(tally::of_trigger(&campaign.trigger), fired);
        }
        for firing in &firings {
            *expected.triggered.get_mut(&*firing.campaign.name).unwrap() += 1;
        }
        messages.extend(person.messages(firings));
        for campaign in rulebook.campaigns() {
            // 4.3: just before the run.
            let past = if from <= to { person.past_times(campaign) } else { 0 };
            *expected.past.get_mut(&*campaign.name).unwrap() += past;
        }
    }
    let numbers = Numbers::new(&people, &records);
    let provisos = Provisos::new(&people, &records);
    let Decided { decisions: mut decided, sent, kept, holds } =
        decide_all(&world, messages, &numbers, &provisos);
    expected.holds = holds;
    for campaign in rulebook.campaigns() {
        expected.results.insert(campaign.name.to_string(), results(&world, campaign, &sent, &kept));
    }

    // 6
    expected.outcomes = decided.iter().map(|decision| decision.outcome.clone()).collect();
    decided.retain(|decision| decision.job.is_some());
    let job = |decision: &Decision| decision.job.clone().unwrap();
    decided.sort_by_key(|decision| {
        (job(decision).due, Reverse(decision.priority), decision.arrival, job(decision).user)
    });
    expected.jobs = decided.iter().map(job).collect();
    expected
}

/// 1.8: how many users have which text that is no zone, by their profiles as a run ends.
fn unknown_zones(records: &[Record], to: Option<Instant>) -> Vec<(Text, u64)> {
    let updates = records.iter().filter_map(|record| match record {
        Record::Profile(update) if to.is_none_or(|to| update.at < Some(to)) => Some(update),
        _ => None,
    });
    let mut updates: Vec<_> = updates.collect();
    updates.sort_by_key(|update| update.at);
    let mut profiles: BTreeMap<&str, Profile> = BTreeMap::new();
    for update in updates {
        profiles.entry(&update.user).or_default().apply(update);
    }
    let mut users: BTreeMap<Text, u64> = BTreeMap::new();
    for name in profiles.values().filter_map(Profile::zone_name) {
        if note("unknown zone", Zone::of_data(name).is_none()) {
            *users.entry(name.into()).or_default() += 1;
        }
    }
    let mut users: Vec<(Text, u64)> = users.into_iter().collect();
    users.sort_by_key(|(_, count)| Reverse(*count));
    users
}
