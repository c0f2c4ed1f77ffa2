use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::campaigns::{Wait, add, occurring, seconds};
use super::hours::{hour_of, next_hour};
use super::line::{self, Waiting};
use super::peaks::{peak, rolling};
use super::{Allowed, Peak};
use crate::dispatch::BudgetSummary;
use crate::model::{Budget, Duration, Hold, Instant, OutcomeKind, Rate, SendJob, Text, WarmUp};
use crate::replay::ReplayResult;
use crate::rulebook::Rulebook;

/// How long a portfolio counts a number.
const DAY: Duration = Duration::from_seconds(86_400);

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
    /// For how many seconds, altogether, anybody stands in line for it.
    pub binding_seconds: f64,
    /// The longest stretch of time without a break in which somebody does; left out when nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_stretch: Option<Stretch>,
    /// How many stand in line at once, at most.
    pub longest_line: u64,
    /// How often a message stands in line for it.
    pub held: u64,
    /// How long; left out when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// What becomes of those that end as they leave the line; `sent` too.
    pub outcomes: BTreeMap<OutcomeKind, u64>,
    /// The campaigns whose messages wait, in the order of the rules.
    pub campaigns: Vec<BudgetCampaign>,
    /// The hours in which any of it is used or anybody waits, in order.
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
    /// How often a message stands in line.
    pub held: u64,
    /// How many seconds the longest.
    pub longest_seconds: f64,
    /// What becomes of those that end as they leave the line.
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
    /// How many stand in line at once, at most.
    pub line: u64,
    /// For how many seconds of it anybody does.
    pub binding_seconds: f64,
}

/// What of a budget can be counted from outside.
enum Counted {
    /// Jobs in any stretch.
    Jobs { rate: Rate, warm_up: Option<WarmUp> },
    /// Users in any 24 hours.
    Users(u32),
    /// Nothing that is one number.
    Nothing,
}

pub(super) fn count(rulebook: &Rulebook, result: &ReplayResult) -> Vec<BudgetPlan> {
    let mut holds: BTreeMap<&Budget, Vec<&Hold>> = BTreeMap::new();
    for hold in &result.holds {
        holds.entry(&hold.budget).or_default().push(hold);
    }
    let answered: BTreeSet<_> = result.answered.iter().collect();
    let budgets = &result.summary.budgets;
    budgets
        .iter()
        .map(|summary| {
            let holds = holds.remove(&summary.budget).unwrap_or_default();
            let counted = counted(rulebook, &summary.budget);
            let jobs = result.jobs.iter().filter(|job| concerns(rulebook, &summary.budget, job));
            let uses = match &counted {
                Counted::Jobs { rate, .. } => {
                    let dues: Vec<Instant> = jobs.map(|job| job.due).collect();
                    rolling(&dues, rate.per).collect()
                }
                Counted::Users(_) => users(jobs.filter(|job| !answered.contains(&job.id))),
                Counted::Nothing => Vec::new(),
            };
            plan(rulebook, summary, &holds, &counted, &uses)
        })
        .collect()
}

fn plan(
    rulebook: &Rulebook,
    summary: &BudgetSummary,
    holds: &[&Hold],
    counted: &Counted,
    uses: &[(Instant, u64)],
) -> BudgetPlan {
    let (budget, name) = name(&summary.budget);
    let mut outcomes = BTreeMap::new();
    let campaigns: Vec<BudgetCampaign> = summary
        .campaigns
        .iter()
        .map(|waits| BudgetCampaign {
            campaign: waits.campaign.clone(),
            held: waits.waits,
            longest_seconds: seconds(waits.longest),
            outcomes: occurring(|kind| waits.count(kind)),
        })
        .collect();
    for campaign in &campaigns {
        add(&mut outcomes, &campaign.outcomes);
    }
    let lengths = holds
        .iter()
        .map(|hold| Duration::from_millis(hold.until.millis().saturating_sub(hold.from.millis())))
        .collect();
    BudgetPlan {
        budget,
        name: name.cloned(),
        words: summary.budget.to_string(),
        allowed: match counted {
            Counted::Jobs { rate, .. } => Some(Allowed::rate(*rate)),
            Counted::Users(most) => Some(Allowed { count: (*most).into(), per_seconds: seconds(DAY) }),
            Counted::Nothing => None,
        },
        used: peak(uses.iter().copied()),
        binding_seconds: seconds(summary.binding),
        longest_stretch: longest_stretch(holds),
        longest_line: summary.longest_line,
        held: campaigns.iter().map(|campaign| campaign.held).sum(),
        wait: Wait::of(lengths),
        outcomes,
        campaigns,
        hours: hours(rulebook, holds, counted, uses),
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

fn counted(rulebook: &Rulebook, budget: &Budget) -> Counted {
    let providers = rulebook.providers();
    let found = match budget {
        Budget::CampaignThrottle(name) => {
            let campaign = rulebook.campaigns().iter().find(|campaign| campaign.name == *name);
            let throttle = campaign.and_then(|campaign| campaign.syntax.throttle.as_ref());
            throttle.map(|throttle| Counted::Jobs {
                rate: Rate { count: throttle.count.node, per: throttle.per.node },
                warm_up: None,
            })
        }
        Budget::AccountThrottle => {
            let throttle = rulebook.settings().throttle;
            throttle.map(|(count, per)| Counted::Jobs { rate: Rate { count, per }, warm_up: None })
        }
        Budget::Rate(name) => providers
            .providers
            .get(name)
            .and_then(|provider| provider.rate.map(|rate| Counted::Jobs { rate, warm_up: provider.warm_up })),
        Budget::Portfolio(name) => {
            let most = providers.portfolios.get(name).and_then(|portfolio| portfolio.users_per_day);
            most.map(Counted::Users)
        }
        Budget::Pair(_) | Budget::Template(_) | Budget::Refusal(_) => None,
    };
    found.unwrap_or(Counted::Nothing)
}

/// Whether a budget counts a job; of those that are no one number, none.
fn concerns(rulebook: &Rulebook, budget: &Budget, job: &SendJob) -> bool {
    match budget {
        Budget::CampaignThrottle(campaign) => job.campaign == *campaign,
        Budget::AccountThrottle => true,
        Budget::Rate(provider) => job.provider.as_ref() == Some(provider),
        Budget::Portfolio(portfolio) => {
            let provider = job.provider.as_ref().and_then(|name| rulebook.providers().providers.get(name));
            provider.is_some_and(|provider| provider.portfolio.as_ref() == Some(portfolio))
        }
        Budget::Pair(_) | Budget::Template(_) | Budget::Refusal(_) => false,
    }
}

/// For each job, to how many different numbers jobs are due in the 24 hours that end with it.
fn users<'j>(jobs: impl Iterator<Item = &'j SendJob>) -> Vec<(Instant, u64)> {
    let jobs: Vec<&SendJob> = jobs.collect();
    let mut inside: BTreeMap<&str, u64> = BTreeMap::new();
    let mut first = 0;
    let mut uses = Vec::with_capacity(jobs.len());
    for job in &jobs {
        *inside.entry(&job.to).or_default() += 1;
        while let Some(early) = jobs.get(first).filter(|early| early.due <= job.due - DAY) {
            if let Some(count) = inside.get_mut(&*early.to) {
                *count -= 1;
                if *count == 0 {
                    inside.remove(&*early.to);
                }
            }
            first += 1;
        }
        uses.push((job.due, inside.len() as u64));
    }
    uses
}

fn longest_stretch(holds: &[&Hold]) -> Option<Stretch> {
    let mut longest: Option<Stretch> = None;
    let mut open: Option<Stretch> = None;
    for level in line::levels(holds.iter().copied()) {
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

fn hours(
    rulebook: &Rulebook,
    holds: &[&Hold],
    counted: &Counted,
    uses: &[(Instant, u64)],
) -> Vec<BudgetHour> {
    let zone = rulebook.settings().zone;
    let mut hours: BTreeMap<Instant, (u64, Waiting)> = BTreeMap::new();
    let nobody = Waiting { most: 0, bound: Duration::default() };
    for (at, used) in uses {
        let (most, _) = hours.entry(hour_of(&zone, *at)).or_insert((0, nobody));
        *most = (*most).max(*used);
    }
    line::by_hour(&zone, holds.iter().copied(), |start, waiting| {
        hours.entry(start).or_insert((0, nobody)).1 = waiting;
    });
    let hour = |(start, (used, waiting)): (Instant, (u64, Waiting))| {
        let last = Instant::from_millis(next_hour(&zone, start).millis() - 1);
        let allowed = match counted {
            Counted::Jobs { rate, warm_up } => {
                Some(warm_up.map_or(rate.count, |warm_up| warm_up.allows(last, *rate)))
            }
            Counted::Users(most) => Some(*most),
            Counted::Nothing => None,
        };
        BudgetHour {
            start,
            used: allowed.map(|_| used),
            allowed: allowed.map(u64::from),
            line: waiting.most,
            binding_seconds: seconds(waiting.bound),
        }
    };
    hours.into_iter().map(hour).collect()
}
