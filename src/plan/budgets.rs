use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::binding::{Waited, waited};
use super::campaigns::{Wait, add, seconds};
use super::full::{Counted, DAY};
use super::hours::next_hour;
use super::line::{self, Level, Waiting};
use super::peaks::peak;
use super::{Allowed, CampaignPlan, Peak};
use crate::calendar::Zone;
use crate::model::{Budget, Duration, Instant, OutcomeKind, SendJob, Text};
use crate::replay::ReplayResult;
use crate::rulebook::Rulebook;

/// What messages need room in: what it allows, how much of it is used, and who waits for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct BudgetPlan {
    /// What kind it is: `campaign_throttle`, `account_throttle`, `rate`, `pair`, `portfolio`, `template` or `refusal`.
    pub budget: &'static str,
    /// Whose it is: a campaign's, a provider's, a portfolio's, a template's; left out for the account's throttle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The same in words.
    pub words: String,
    /// What it allows, of jobs, or of users for a portfolio; once it is warm. Left out where it is no such number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Allowed>,
    /// The most that is used of it; left out where nothing is, or that is no one number (`pair`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<Peak>,
    /// For how many seconds it binds: somebody stands in line who needs room in it, it is full, and no other full budget that he needs has room later.
    pub binding_seconds: f64,
    /// The longest stretch of time in which it does so without a break; left out when it never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_stretch: Option<Stretch>,
    /// How many wait for it at once, at most.
    pub longest_line: u64,
    /// How often a message waits for it. One that waits for the next second, and then for the next day, does so for two budgets.
    pub held: u64,
    /// How long; left out when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// What becomes of those that wait for it as they leave the line; `sent` too.
    pub outcomes: BTreeMap<OutcomeKind, u64>,
    /// The campaigns whose messages wait, in the order of the rules.
    pub campaigns: Vec<BudgetCampaign>,
    /// The hours of the plan in which any of it is used or anybody waits for it, in order. What was used counts on: for 24 hours in a portfolio.
    pub hours: Vec<BudgetHour>,
}

/// From here to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Stretch {
    /// The first instant.
    pub from: Instant,
    /// The instant after the last.
    pub to: Instant,
}

/// How one campaign's messages wait for a budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct BudgetCampaign {
    /// The campaign's name.
    pub campaign: Text,
    /// How often a message waits.
    pub held: u64,
    /// How many seconds the longest.
    pub longest_seconds: f64,
    /// What becomes of those that wait for it as they leave the line.
    pub outcomes: BTreeMap<OutcomeKind, u64>,
}

/// One hour of a budget, in the account's zone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct BudgetHour {
    /// When it begins.
    pub start: Instant,
    /// The most that is used at any instant of it; left out where that is no one number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// The most that is allowed at any instant of it; less than the budget while a number warms up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<u64>,
    /// How many wait for it at once, at most.
    pub line: u64,
    /// For how many seconds of it anybody does.
    pub binding_seconds: f64,
}

/// The budgets of a run, those that hold nothing back among them.
pub(super) fn count(
    rulebook: &Rulebook,
    result: &ReplayResult,
    campaigns: &[CampaignPlan],
) -> Vec<BudgetPlan> {
    let answered: BTreeSet<_> = result.answered.iter().collect();
    let mut budgets: Vec<&Budget> = result.summary.budgets.iter().map(|summary| &summary.budget).collect();
    for hold in &result.holds {
        if !budgets.contains(&&hold.budget) {
            budgets.push(&hold.budget);
        }
    }
    let places: BTreeMap<&Budget, usize> =
        budgets.iter().enumerate().map(|(place, budget)| (*budget, place)).collect();
    let counted: Vec<Counted> = budgets.iter().map(|budget| Counted::of(rulebook, budget)).collect();
    let jobs: Vec<Vec<&SendJob>> = budgets
        .iter()
        .map(|budget| {
            let counts = |job: &&SendJob| {
                let provider = job.provider.as_deref();
                concerns(rulebook, budget, &job.campaign, provider)
                    && !(matches!(budget, Budget::Portfolio(_)) && answered.contains(&job.id))
            };
            result.jobs.iter().filter(counts).collect()
        })
        .collect();
    let changes: Vec<_> = counted.iter().zip(&jobs).map(|(counted, jobs)| counted.changes(jobs)).collect();
    let full: Vec<Vec<Stretch>> =
        counted.iter().zip(&changes).map(|(counted, changes)| counted.full(changes.clone())).collect();
    // What a campaign's messages need room in, and can be seen to be full.
    let needed: Vec<Vec<usize>> = campaigns
        .iter()
        .map(|campaign| {
            let concerned = budgets.iter().enumerate().filter(|(_, budget)| {
                concerns(rulebook, budget, &campaign.campaign, campaign.provider.as_deref())
            });
            concerned.map(|(place, _)| place).collect()
        })
        .collect();
    let holds = result.holds.iter().filter_map(|hold| {
        let own = *places.get(&hold.budget)?;
        // Who waits for what is his own, such as a pair, waits for nothing else.
        let shared = !matches!(counted.get(own)?, Counted::Nothing);
        Some((hold, own, needed.get(hold.campaign).filter(|_| shared).cloned().unwrap_or_default()))
    });
    let waited = waited(&full, holds);
    let cut = Cut { zone: rulebook.settings().zone, to: result.summary.to };
    let parts = budgets.into_iter().zip(counted).zip(changes).zip(waited);
    parts
        .map(|(((budget, counted), changes), waited)| {
            cut.plan(budget, counted, &line::sweep(changes), waited, campaigns)
        })
        .collect()
}

/// How hours are cut, and where they end.
struct Cut {
    zone: Zone,
    to: Instant,
}

impl Cut {
    fn plan(
        &self,
        budget: &Budget,
        counted: Counted,
        used: &[Level],
        mut waited: Waited,
        names: &[CampaignPlan],
    ) -> BudgetPlan {
        let (kind, name) = name(budget);
        let levels = waited.levels();
        let mut outcomes = BTreeMap::new();
        let mut campaigns = Vec::new();
        for (place, campaign) in waited.campaigns {
            add(&mut outcomes, &campaign.outcomes);
            campaigns.extend(names.get(place).map(|named| BudgetCampaign {
                campaign: named.campaign.clone(),
                held: campaign.held,
                longest_seconds: seconds(campaign.longest),
                outcomes: campaign.outcomes,
            }));
        }
        let bound = levels.iter().map(|level| level.to.millis() - level.from.millis()).sum();
        BudgetPlan {
            budget: kind,
            name: name.cloned(),
            words: budget.to_string(),
            allowed: match counted {
                Counted::Jobs { rate, .. } => Some(Allowed::rate(rate)),
                Counted::Users(most) => Some(Allowed { count: most.into(), per_seconds: seconds(DAY) }),
                Counted::Nothing => None,
            },
            used: peak(used.iter().map(|level| (level.from, level.waiting))),
            binding_seconds: seconds(Duration::from_millis(bound)),
            longest_stretch: longest_stretch(&levels),
            longest_line: levels.iter().map(|level| level.waiting).max().unwrap_or(0),
            held: waited.lengths.len() as u64,
            wait: Wait::of(waited.lengths),
            outcomes,
            campaigns,
            hours: self.hours(&levels, counted, used),
        }
    }

    fn hours(&self, levels: &[Level], counted: Counted, used: &[Level]) -> Vec<BudgetHour> {
        let mut hours: BTreeMap<Instant, (u64, Waiting)> = BTreeMap::new();
        let nobody = Waiting { most: 0, bound: Duration::default() };
        line::by_hour(&self.zone, used, |start, used| {
            hours.entry(start).or_insert((0, nobody)).0 = used.most;
        });
        line::by_hour(&self.zone, levels, |start, waiting| {
            hours.entry(start).or_insert((0, nobody)).1 = waiting;
        });
        let hour = |(start, (used, waiting)): (Instant, (u64, Waiting))| {
            let allowed = counted.allows(Instant::from_millis(next_hour(&self.zone, start).millis() - 1));
            BudgetHour {
                start,
                used: allowed.map(|_| used),
                allowed,
                line: waiting.most,
                binding_seconds: seconds(waiting.bound),
            }
        };
        // What is used counts on after the last job.
        hours.into_iter().filter(|(start, _)| *start < self.to).map(hour).collect()
    }
}

/// The stable name of a budget's kind, and whose it is.
fn name(budget: &Budget) -> (&'static str, Option<&Text>) {
    match budget {
        Budget::CampaignThrottle(campaign) => ("campaign_throttle", Some(campaign)),
        Budget::AccountThrottle => ("account_throttle", None),
        Budget::Rate(provider) => ("rate", Some(provider)),
        Budget::Pair(provider) => ("pair", Some(provider)),
        Budget::Portfolio(portfolio) => ("portfolio", Some(portfolio)),
        Budget::Template(template) => ("template", Some(template)),
        Budget::Refusal(provider) => ("refusal", Some(provider)),
    }
}

/// Whether a campaign's messages through a provider need room in a budget; of those that are no one number, never.
fn concerns(rulebook: &Rulebook, budget: &Budget, campaign: &str, provider: Option<&str>) -> bool {
    match budget {
        Budget::CampaignThrottle(throttled) => **throttled == *campaign,
        Budget::AccountThrottle => true,
        Budget::Rate(rated) => provider == Some(&**rated),
        Budget::Portfolio(portfolio) => {
            let provider = provider.and_then(|name| rulebook.providers().providers.get(name));
            provider.is_some_and(|provider| provider.portfolio.as_ref() == Some(portfolio))
        }
        Budget::Pair(_) | Budget::Template(_) | Budget::Refusal(_) => false,
    }
}

fn longest_stretch(levels: &[Level]) -> Option<Stretch> {
    let mut longest: Option<Stretch> = None;
    let mut open: Option<Stretch> = None;
    for level in levels {
        let stretch = match open {
            Some(stretch) if stretch.to == level.from => Stretch { to: level.to, ..stretch },
            _ => Stretch { from: level.from, to: level.to },
        };
        open = Some(stretch);
        let length = |stretch: Stretch| stretch.to.millis() - stretch.from.millis();
        if longest.is_none_or(|longest| length(longest) < length(stretch)) {
            longest = Some(stretch);
        }
    }
    longest
}
