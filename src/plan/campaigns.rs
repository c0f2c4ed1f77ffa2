use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Ending;
use crate::model::{Duration, Instant, OutcomeKind, Text};
use crate::replay::ReplayResult;
use crate::rulebook::Rulebook;

/// What becomes of a campaign's messages, or of all of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Counts {
    /// How often a trigger fires.
    pub triggered: u64,
    /// How often a user is in the audience then; the sum of all outcomes.
    pub qualified: u64,
    /// What becomes of the qualified, by the names of outcomes; those that do not occur are left out.
    pub outcomes: BTreeMap<OutcomeKind, u64>,
    /// How many different users get a message.
    pub users: u64,
    /// How often a message stands in line for want of room. One that leaves the line as its hours close, and comes back to it, does so twice.
    pub held: u64,
    /// How long they stand there; left out when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// Of the outcomes those that messages met in the line, `sent` left out.
    pub ended_in_line: BTreeMap<OutcomeKind, u64>,
    /// When the first message is due; left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Instant>,
    /// When the last message is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Instant>,
}

/// How long messages stand in line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Wait {
    /// Half of them leave the line within so many seconds.
    pub median_seconds: f64,
    /// So many seconds the longest.
    pub longest_seconds: f64,
    /// So many seconds all together.
    pub total_seconds: f64,
}

/// One campaign of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CampaignPlan {
    /// The campaign's name.
    pub campaign: Text,
    /// Its title for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The provider that it names, or the only one that is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    /// What becomes of its messages.
    #[serde(flatten)]
    pub counts: Counts,
}

impl Counts {
    /// How many jobs are made.
    pub fn sent(&self) -> u64 {
        self.ended(Ending::Sent)
    }

    /// How many messages end so.
    pub fn ended(&self, ending: Ending) -> u64 {
        self.outcomes.iter().filter(|(kind, _)| Ending::of(**kind) == ending).map(|(_, count)| count).sum()
    }
}

impl Wait {
    /// Of stretches of waiting; none of no stretch.
    pub(super) fn of(mut lengths: Vec<Duration>) -> Option<Wait> {
        lengths.sort_unstable();
        let longest = *lengths.last()?;
        // Of an even number the lower one: a length that somebody waits.
        let median = *lengths.get((lengths.len() - 1) / 2)?;
        let total = lengths.iter().fold(0_i64, |sum, length| sum.saturating_add(length.millis()));
        Some(Wait {
            median_seconds: seconds(median),
            longest_seconds: seconds(longest),
            total_seconds: seconds(Duration::from_millis(total)),
        })
    }
}

pub(super) fn seconds(length: Duration) -> f64 {
    length.millis() as f64 / 1_000.0
}

/// The counts of all campaigns together, and of each.
pub(super) fn count(rulebook: &Rulebook, result: &ReplayResult) -> (Counts, Vec<CampaignPlan>) {
    let summary = &result.summary;
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut dues: BTreeMap<&str, (Instant, Instant)> = BTreeMap::new();
    for job in &result.jobs {
        users.entry(&job.campaign).or_default().insert(&job.user);
        let (first, last) = dues.entry(&job.campaign).or_insert((job.due, job.due));
        (*first, *last) = ((*first).min(job.due), (*last).max(job.due));
    }
    let mut waits: Vec<Vec<Duration>> = vec![Vec::new(); summary.campaigns.len()];
    let mut ended: Vec<BTreeMap<OutcomeKind, u64>> = vec![BTreeMap::new(); summary.campaigns.len()];
    for hold in &result.holds {
        let outcome = hold.outcome.filter(|outcome| *outcome != OutcomeKind::Sent);
        if let Some((outcome, ended)) = outcome.zip(ended.get_mut(hold.campaign)) {
            *ended.entry(outcome).or_default() += 1;
        }
        if let Some(waits) = waits.get_mut(hold.campaign) {
            waits.push(Duration::from_millis(hold.until.millis().saturating_sub(hold.from.millis())));
        }
    }
    let all_waits: Vec<Duration> = waits.iter().flatten().copied().collect();
    let mut total = Counts {
        users: result.jobs.iter().map(|job| &*job.user).collect::<BTreeSet<_>>().len() as u64,
        held: all_waits.len() as u64,
        wait: Wait::of(all_waits),
        first: dues.values().map(|(first, _)| *first).min(),
        last: dues.values().map(|(_, last)| *last).max(),
        ..Counts::default()
    };
    let mut campaigns = Vec::new();
    for ((campaign, waits), ended_in_line) in summary.campaigns.iter().zip(waits).zip(ended) {
        let named = rulebook.campaigns().iter().find(|known| known.name == campaign.name);
        let named =
            named.and_then(|campaign| campaign.syntax.provider.as_ref()).map(|name| name.node.as_str());
        let declared = rulebook.providers().of(named).map(|(name, _)| name.clone());
        let counts = Counts {
            triggered: campaign.triggered,
            qualified: campaign.qualified,
            outcomes: occurring(|kind| campaign.count(kind)),
            users: users.get(&*campaign.name).map_or(0, |users| users.len() as u64),
            held: waits.len() as u64,
            wait: Wait::of(waits),
            ended_in_line,
            first: dues.get(&*campaign.name).map(|(first, _)| *first),
            last: dues.get(&*campaign.name).map(|(_, last)| *last),
        };
        total.triggered += counts.triggered;
        total.qualified += counts.qualified;
        add(&mut total.outcomes, &counts.outcomes);
        add(&mut total.ended_in_line, &counts.ended_in_line);
        campaigns.push(CampaignPlan {
            campaign: campaign.name.clone(),
            title: campaign.title.clone(),
            provider: declared.or_else(|| named.map(Text::from)),
            counts,
        });
    }
    (total, campaigns)
}

/// The outcomes that occur, of a count of each.
fn occurring(count: impl Fn(OutcomeKind) -> u64) -> BTreeMap<OutcomeKind, u64> {
    OutcomeKind::ALL.into_iter().map(|kind| (kind, count(kind))).filter(|(_, count)| *count > 0).collect()
}

pub(super) fn add(sum: &mut BTreeMap<OutcomeKind, u64>, more: &BTreeMap<OutcomeKind, u64>) {
    for (kind, count) in more {
        *sum.entry(*kind).or_default() += count;
    }
}
