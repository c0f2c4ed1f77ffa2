//! Throttles and what providers allow: never exceeded in any stretch of time. A stretch that is too full has one that ends with a job.

use std::collections::{BTreeMap, BTreeSet};

use campanile::model::{Duration, Instant, Provider, Rate, Record, SendJob, Text};
use campanile::rulebook::Rulebook;
use proptest::prelude::*;

use crate::generate::Case;
use crate::runs::Run;

const DAY: Duration = Duration::from_seconds(86_400);

/// The account's throttle, and those of campaigns.
pub fn throttles(rulebook: &Rulebook, run: &Run) -> Result<(), TestCaseError> {
    let all: Vec<&SendJob> = run.jobs.iter().collect();
    if let Some((count, per)) = rulebook.settings().throttle {
        never_more(&all, per, |_| count.into())?;
    }
    for campaign in rulebook.campaigns() {
        if let Some(throttle) = &campaign.syntax.throttle {
            let own: Vec<&SendJob> =
                all.iter().copied().filter(|job| job.campaign == campaign.name).collect();
            never_more(&own, throttle.per.node, |_| throttle.count.node.into())?;
        }
    }
    Ok(())
}

/// Rates with their warm-up, pairs, and portfolios.
pub fn providers(rulebook: &Rulebook, case: &Case, run: &Run) -> Result<(), TestCaseError> {
    let declared = rulebook.providers();
    for (name, provider) in &declared.providers {
        let jobs: Vec<&SendJob> = run.jobs.iter().filter(|job| job.provider.as_ref() == Some(name)).collect();
        if let Some(rate) = provider.rate {
            never_more(&jobs, rate.per, |at| allowed(provider, rate, at))?;
        }
        let mut pairs: BTreeMap<&Text, Vec<&SendJob>> = BTreeMap::new();
        for job in jobs {
            pairs.entry(&job.to).or_default().push(job);
        }
        let Some(limit) = provider.pair else { continue };
        for jobs in pairs.values() {
            // From any job to any later one: no more than a burst, and one for each whole stretch between them.
            for (first, last) in
                (0..jobs.len()).flat_map(|first| (first..jobs.len()).map(move |last| (first, last)))
            {
                let between = jobs[last].due.millis() - jobs[first].due.millis();
                let most = i64::from(limit.burst) + between / limit.every.millis();
                prop_assert!(((last - first) as i64) < most, "{:?} to {:?}", jobs[first], jobs[last]);
            }
        }
    }
    for (name, portfolio) in &declared.portfolios {
        let Some(users) = portfolio.users_per_day else { continue };
        let of = |job: &&SendJob| {
            let provider = job.provider.as_ref().and_then(|provider| declared.providers.get(provider));
            provider.is_some_and(|provider| provider.portfolio.as_ref() == Some(name))
        };
        let counted: Vec<&SendJob> =
            run.jobs.iter().filter(of).filter(|job| !has_spoken(case, &job.user, job.due)).collect();
        for last in &counted {
            let numbers: BTreeSet<&Text> = counted
                .iter()
                .filter(|job| job.due <= last.due && job.due > last.due - DAY)
                .map(|job| &job.to)
                .collect();
            prop_assert!(numbers.len() <= users as usize, "{:?} at {}", numbers, last.due);
        }
    }
    Ok(())
}

/// No stretch that ends with a job, its start out, holds more jobs than are allowed at its end.
fn never_more(
    jobs: &[&SendJob],
    per: Duration,
    allowed: impl Fn(Instant) -> u64,
) -> Result<(), TestCaseError> {
    for last in jobs {
        let within = jobs.iter().filter(|job| job.due > last.due - per && job.due <= last.due).count() as u64;
        prop_assert!(within <= allowed(last.due), "{} jobs in the stretch that ends with {:?}", within, last);
    }
    Ok(())
}

/// What a rate with a warm-up comes to.
fn allowed(provider: &Provider, rate: Rate, at: Instant) -> u64 {
    let Some(warm_up) = provider.warm_up else { return rate.count.into() };
    let steps = (at.millis() - warm_up.from.millis()).max(0) / warm_up.every.millis();
    let doubled = (0..steps.min(40)).fold(u64::from(warm_up.start), |allowed, _| allowed * 2);
    doubled.min(rate.count.into())
}

/// Whether the user has written in the 24 hours up to an instant, in; of rows with one id only the first is.
fn has_spoken(case: &Case, user: &str, at: Instant) -> bool {
    let mut ids = BTreeSet::new();
    let events = case.records.iter().filter_map(|record| match record {
        Record::Event(event) if *event.user == *user => Some(event),
        _ => None,
    });
    let mut events = events.filter(|event| event.id.as_ref().is_none_or(|id| ids.insert(id)));
    events.any(|event| {
        let names = ["Message Received", "Message Replied", "Notification Replied"];
        names.contains(&&*event.name) && event.at > at - DAY && event.at <= at
    })
}
