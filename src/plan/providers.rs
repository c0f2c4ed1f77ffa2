use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Peaks;
use super::campaigns::seconds;
use crate::model::{Instant, Rate, SendJob, Text};
use crate::rulebook::Rulebook;

/// So many in any stretch so long.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Allowed {
    /// How many.
    pub count: u64,
    /// How long the stretch is.
    pub per_seconds: f64,
}

impl Allowed {
    pub(super) fn rate(rate: Rate) -> Allowed {
        Allowed { count: rate.count.into(), per_seconds: seconds(rate.per) }
    }
}

/// What goes through one provider.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ProviderPlan {
    /// Its name; left out for jobs of campaigns that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    /// Its portfolio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<Text>,
    /// How many jobs.
    pub sent: u64,
    /// To how many different users.
    pub users: u64,
    /// Its jobs by campaign.
    pub campaigns: BTreeMap<Text, u64>,
    /// What its rate is, once it is warm; left out when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Allowed>,
    /// The most jobs in any second, minute, hour and day; left out without jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peaks: Option<Peaks>,
}

/// The jobs of one provider.
#[derive(Default)]
struct Jobs<'j> {
    dues: Vec<Instant>,
    users: BTreeSet<&'j str>,
    campaigns: BTreeMap<Text, u64>,
}

pub(super) fn count(rulebook: &Rulebook, jobs: &[SendJob]) -> Vec<ProviderPlan> {
    let mut by_name: BTreeMap<Option<&Text>, Jobs<'_>> = BTreeMap::new();
    for job in jobs {
        let provider = by_name.entry(job.provider.as_ref()).or_default();
        provider.dues.push(job.due);
        provider.users.insert(&job.user);
        *provider.campaigns.entry(job.campaign.clone()).or_default() += 1;
    }
    let declared = &rulebook.providers().providers;
    let without_name = by_name.remove(&None);
    let others: Vec<&Text> =
        by_name.keys().filter_map(|name| *name).filter(|name| !declared.contains_key(*name)).collect();
    let names = declared.keys().chain(others);
    let mut plans: Vec<ProviderPlan> = names
        .map(|name| plan(rulebook, Some(name), by_name.get(&Some(name)).unwrap_or(&Jobs::default())))
        .collect();
    plans.extend(without_name.map(|jobs| plan(rulebook, None, &jobs)));
    plans
}

fn plan(rulebook: &Rulebook, name: Option<&Text>, jobs: &Jobs<'_>) -> ProviderPlan {
    let declared = name.and_then(|name| rulebook.providers().providers.get(name));
    ProviderPlan {
        provider: name.cloned(),
        portfolio: declared.and_then(|provider| provider.portfolio.clone()),
        sent: jobs.dues.len() as u64,
        users: jobs.users.len() as u64,
        campaigns: jobs.campaigns.clone(),
        allowed: declared.and_then(|provider| provider.rate).map(Allowed::rate),
        peaks: Peaks::of(&jobs.dues),
    }
}
