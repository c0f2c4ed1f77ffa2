//! Two versions of the rules over one log: what becomes otherwise, and which clause makes it so.
//!
//! Both are run as any rules are, and what became of each qualification is held side by side. The cause of a difference is found by running
//! too: the old rules with one clause of the new ones in them come to the new result, or they do not. Nothing is concluded from the text.

mod cause;
mod change;
mod compare;
mod hybrid;
mod outcome;
mod version;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Instant, Record, Text};
use crate::replay::{Company, Replay, ReplayResult};
use crate::rulebook::Rulebook;

pub use outcome::{
    CampaignCause, CampaignDifference, Cause, Difference, JobCounts, Kind, Presence, Reason, RuleChange,
    Sample, State, Wording,
};

use cause::Search;
use change::{Changes, Target};
use compare::{Counted, Key, Names, keyed};
use hybrid::Splicer;
use version::Version;

/// So many times at most the log of the samples' users is run again to find causes, when nothing else is said.
const TRIES: usize = 2_000;

/// And so many records are run through them in all, but for the first [`FEWEST`] tries: where anybody's message may hang on anybody else's, each
/// try is a run over the whole log.
const RECORDS: usize = 100_000_000;

/// So many tries are made over a log of any length.
const FEWEST: usize = 16;

/// Two versions of the rules, and a log for both.
///
/// The log is given twice: once for the runs, and once more for the causes, of the few users whom [`Compared::wants`] names. So a log that does
/// not fit into memory can be compared too, if it can be read again.
///
/// # Example
/// ```
/// use campanile::{difference::Comparison, model::{Event, Instant, Record}, rulebook::Rulebook};
/// let old = "campaign thanks { when \"Charged\" send template thank_you }";
/// let new = "campaign thanks { when \"Charged\" wait 5 minutes send template thank_you }";
/// let (old, new) = (Rulebook::parse("old.camp", old)?, Rulebook::parse("new.camp", new)?);
/// let log = || Event {
///     user: "asha".into(),
///     name: "Charged".into(),
///     at: Instant::from_seconds(0),
///     id: None,
///     properties: Default::default(),
/// };
/// let mut comparison = Comparison::new(&old, &new);
/// comparison.add(Record::Event(log()));
/// let mut compared = comparison.run();
/// if compared.wants(&Record::Event(log())) {
///     compared.again(Record::Event(log()));
/// }
/// let difference = compared.explained();
/// // The run ends just after the log: the message that waits is pending. (The other had no consent.)
/// let sample = &difference.campaigns[0].samples[0];
/// let what = difference.changes[sample.causes[0].changes[0]].new.as_ref().unwrap();
/// assert_eq!(what.text, "wait 5 minutes");
/// assert_eq!(what.place.as_ref().unwrap().to_string(), "new.camp:1:34");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Comparison {
    old: Version,
    new: Version,
    of_old: Replay,
    of_new: Replay,
    samples: usize,
    tries: Option<usize>,
    only: Vec<Text>,
}

/// Two runs that are over, and what is different in them.
#[derive(Debug)]
pub struct Compared {
    old: Version,
    new: Version,
    changes: Changes,
    difference: Difference,
    samples: Vec<(Key, Sample)>,
    tries: Option<usize>,
    /// Whose records it takes to find the causes; none for everybody's.
    wanted: Option<BTreeSet<Text>>,
    records: Vec<Record>,
}

impl Comparison {
    /// Two versions over records to be added.
    pub fn new(old: &Rulebook, new: &Rulebook) -> Comparison {
        Comparison {
            old: Version::of(old),
            new: Version::of(new),
            of_old: Replay::new(&old.compile()),
            of_new: Replay::new(&new.compile()),
            samples: 5,
            tries: None,
            only: Vec::new(),
        }
    }

    /// The first instant at which something may fire, as [`Replay::starting`].
    #[must_use]
    pub fn starting(mut self, from: Option<Instant>) -> Comparison {
        self.of_old = self.of_old.starting(from);
        self.of_new = self.of_new.starting(from);
        self
    }

    /// The instant before which the clock stops, as [`Replay::ending`].
    #[must_use]
    pub fn ending(mut self, to: Option<Instant>) -> Comparison {
        self.of_old = self.of_old.ending(to);
        self.of_new = self.of_new.ending(to);
        self
    }

    /// Runs each version on so many threads, as [`Replay::on_threads`].
    #[must_use]
    pub fn on_threads(mut self, threads: usize) -> Comparison {
        self.of_old = self.of_old.on_threads(threads);
        self.of_new = self.of_new.on_threads(threads);
        self
    }

    /// Of each campaign so many samples of each kind of difference; 5 when nothing is said. With none, no cause is looked for.
    #[must_use]
    pub fn samples(mut self, most: usize) -> Comparison {
        self.samples = most;
        self
    }

    /// At most so many times the log of the samples' users is run again to find causes. When nothing is said: 2,000 times, and less often over
    /// logs of more than 50,000 records, but at least 16 times. A sample whose cause is not found by then has none.
    #[must_use]
    pub fn tries(mut self, most: usize) -> Comparison {
        self.tries = Some(most);
        self
    }

    /// Only these campaigns, by their names in either version, are compared; all when none are named. The others are run all the same, for
    /// caps count their messages.
    #[must_use]
    pub fn only(mut self, campaigns: impl IntoIterator<Item = impl Into<Text>>) -> Comparison {
        self.only = campaigns.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a record; the order in which records of one instant are added is their order.
    pub fn add(&mut self, record: Record) {
        self.of_old.add(record.clone());
        self.of_new.add(record);
    }

    /// Runs both versions, and compares.
    pub fn run(self) -> Compared {
        let Comparison { old, new, of_old, of_new, samples: most, tries, only } = self;
        let changes = Changes::between(&old, &new);
        let (was, company_of_old) = of_old.run_in_company();
        let (is, company_of_new) = of_new.run_in_company();
        let mut counted = counted(&changes, (&old, &was), (&new, &is), most);

        let mut campaigns = Vec::new();
        let mut samples = Vec::new();
        for (index, pair) in changes.pairs.iter().enumerate() {
            let before = pair.old.and_then(|place| old.campaigns.get(place));
            let after = pair.new.and_then(|place| new.campaigns.get(place));
            let names = before.into_iter().chain(after).map(|campaign| &campaign.name);
            let Some(name) = names.clone().next_back() else { continue };
            if !only.is_empty() && !names.clone().any(|name| only.contains(name)) {
                continue;
            }
            let counted = counted.remove(&index).unwrap_or_default();
            campaigns.push(CampaignDifference {
                campaign: name.clone(),
                renamed_from: before.map(|before| before.name.clone()).filter(|before| before != name),
                presence: match (before, after) {
                    (Some(_), None) => Presence::Old,
                    (None, _) => Presence::New,
                    (Some(_), Some(_)) => Presence::Both,
                },
                jobs: counted.jobs.clone(),
                other_outcomes: counted.other_outcomes,
                reasons: counted.reasons(),
                causes: Vec::new(),
                samples: Vec::new(),
            });
            samples.extend(counted.samples(most));
        }
        let wanted = wanted(&samples, [company_of_old, company_of_new]);
        let mut told = words::changes(&old, &new, &changes);
        if samples.is_empty() {
            without_order(&mut told, &changes);
        }
        let difference = Difference {
            differs: campaigns.iter().any(CampaignDifference::differs),
            from: is.summary.from,
            to: is.summary.to,
            users: is.summary.users,
            campaigns,
            changes: told,
        };
        Compared { old, new, changes, difference, samples, tries, wanted, records: Vec::new() }
    }
}

/// The qualifications of both runs side by side, by campaign.
fn counted(
    changes: &Changes,
    (old, was): (&Version, &ReplayResult),
    (new, is): (&Version, &ReplayResult),
    most: usize,
) -> BTreeMap<usize, Counted> {
    let was = keyed(was, &Names::of(old, &changes.pairs, |pair| pair.old));
    let is = keyed(is, &Names::of(new, &changes.pairs, |pair| pair.new));
    let mut counted: BTreeMap<usize, Counted> = BTreeMap::new();
    let (mut was, mut is) = (was.iter().peekable(), is.iter().peekable());
    loop {
        let key = match (was.peek(), is.peek()) {
            (None, None) => return counted,
            (Some((key, _)), None) | (None, Some((key, _))) => key.clone(),
            (Some((one, _)), Some((other, _))) => one.min(other).clone(),
        };
        let before = was.next_if(|(other, _)| *other == key).map(|(_, ended)| ended);
        let after = is.next_if(|(other, _)| *other == key).map(|(_, ended)| ended);
        counted.entry(key.0).or_default().add(&key, before, after, most);
    }
}

/// Whose records it takes to find the causes of samples; none for everybody's.
fn wanted(samples: &[(Key, Sample)], companies: [Company; 2]) -> Option<BTreeSet<Text>> {
    if !samples.is_empty() && companies.iter().any(Company::is_everyone) {
        return None;
    }
    let mut wanted: BTreeSet<Text> = samples.iter().map(|((_, user, ..), _)| user.clone()).collect();
    // Numbers are what a version's own schema makes of them.
    for company in &companies {
        wanted = company.of(&wanted);
    }
    Some(wanted)
}

impl Compared {
    /// What is different, without causes.
    pub fn difference(&self) -> &Difference {
        &self.difference
    }

    /// Whether a record is needed to find the causes. It is one of the users of the samples, of those who share a number with them, or, where rules
    /// let anybody's message hang on anybody else's, of anybody; without samples it is none.
    pub fn wants(&self, record: &Record) -> bool {
        match (&self.wanted, record.user()) {
            (None, _) => true,
            (Some(wanted), Some(user)) => wanted.contains(user),
            // A statement about a number or a template is of no one user.
            (Some(wanted), None) => !wanted.is_empty(),
        }
    }

    /// Gives a record once more, in the order in which all were added. Such as are not needed are let go.
    pub fn again(&mut self, record: Record) {
        if self.wants(&record) {
            self.records.push(record);
        }
    }

    /// What is different, with the causes of the samples.
    pub fn explained(self) -> Difference {
        let Compared { old, new, changes, mut difference, mut samples, tries, records, .. } = self;
        if !samples.is_empty() {
            let pairs = &changes.pairs;
            let names = Names::of(&old, pairs, |pair| pair.old).and(&Names::of(&new, pairs, |pair| pair.new));
            let splicer = Splicer { old: &old, new: &new, changes: &changes };
            let (from, to) = (difference.from, difference.to);
            let bound = RECORDS.checked_div(records.len()).map_or(TRIES, |runs| runs.clamp(FEWEST, TRIES));
            let (records, runs, tried) = (&records[..], tries.unwrap_or(bound), BTreeMap::new());
            let mut search = Search { splicer, names, records, from, to, runs, tried };
            search.explain(&mut samples);
        }
        for ((index, ..), sample) in samples {
            for change in sample.causes.iter().flat_map(|cause| &cause.changes) {
                if let Some(change) = difference.changes.get_mut(*change) {
                    change.samples += 1;
                }
            }
            let name = changes.pairs.get(index).and_then(|pair| {
                let after = pair.new.and_then(|place| new.campaigns.get(place));
                after.or(old.campaigns.get(pair.old?)).map(|campaign| &campaign.name)
            });
            let campaign = difference.campaigns.iter_mut().find(|campaign| Some(&campaign.campaign) == name);
            if let Some(campaign) = campaign {
                campaign.samples.push(sample);
            }
        }
        for campaign in &mut difference.campaigns {
            campaign.causes = causes(&campaign.samples);
        }
        without_order(&mut difference.changes, &changes);
        difference
    }
}

/// Takes the order of the campaigns away where nothing comes of it: to put rules in another order is to change nothing. It is the last of all changes.
fn without_order(told: &mut Vec<RuleChange>, changes: &Changes) {
    let last = changes.all.last().is_some_and(|change| change.target == Target::Order);
    if last && told.len() == changes.all.len() && told.last().is_some_and(|change| change.samples == 0) {
        told.pop();
    }
}

/// The causes of samples, each once, the most frequent first.
fn causes(samples: &[Sample]) -> Vec<CampaignCause> {
    let mut counts: BTreeMap<&[usize], usize> = BTreeMap::new();
    for cause in samples.iter().flat_map(|sample| &sample.causes) {
        *counts.entry(&cause.changes).or_default() += 1;
    }
    let mut causes: Vec<CampaignCause> = counts
        .into_iter()
        .map(|(changes, samples)| CampaignCause { changes: changes.to_vec(), samples })
        .collect();
    // Stable: of equally frequent ones in the order of the changes.
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.samples));
    causes
}
