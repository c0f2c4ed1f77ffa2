//! What users share: caps, gaps, limits, addresses, and the variants of splits and tests.

use std::collections::{BTreeMap, BTreeSet};

use campanile::language::ast::{CapPer, Delivery, LimitPer, TestSize};
use campanile::model::{Instant, JobId, SendJob, Text};
use campanile::rulebook::{Campaign, Rulebook};
use proptest::prelude::*;

use super::{campaign, of_schedule};
use crate::reference::clock::{Zone, start_of_unit};
use crate::runs::Run;

/// No stretch of time, rolling or of the calendar, that ends with a job holds more jobs to its user or its number than a cap allows.
pub fn caps(rulebook: &Rulebook, run: &Run) -> Result<(), TestCaseError> {
    let settings = rulebook.settings();
    for (place, job) in run.jobs.iter().enumerate() {
        // Those before it; of other users, only at an earlier instant, for who came first within one is not told.
        let before = |(other_place, other): (usize, &SendJob)| {
            let mine = other.user == job.user && other_place <= place;
            mine || other.to == job.to && other.due < job.due
        };
        let jobs: Vec<&SendJob> = run
            .jobs
            .iter()
            .enumerate()
            .filter(|(place, other)| before((*place, *other)))
            .map(|(_, job)| job)
            .collect();
        let begins = |per: CapPer| match per {
            CapPer::Rolling(length) => (job.due - length).next(),
            CapPer::Calendar(unit) => {
                let zone = Zone::of_data(&job.time_zone).unwrap();
                zone.start_of(start_of_unit(zone.day(job.due), unit, settings.week_starts))
            }
        };
        let since = |per: CapPer| jobs.iter().filter(|other| other.due >= begins(per)).count();
        let own = campaign(rulebook, job);
        for cap in &own.syntax.at_most {
            let from = begins(cap.per.node);
            let jobs =
                jobs.iter().filter(|other| other.campaign == job.campaign && other.due >= from).count();
            prop_assert!(jobs <= cap.count.node as usize, "{} times: {:?}", jobs, job);
        }
        if own.syntax.ignore_caps.is_some() {
            continue;
        }
        for (count, per) in &settings.caps {
            prop_assert!(since(*per) <= *count as usize, "{} times: {:?}", since(*per), job);
        }
        if let Some(gap) = settings.gap {
            prop_assert!(since(CapPer::Rolling(gap)) <= 1, "in the gap: {:?}", job);
        }
    }
    Ok(())
}

/// No more users have a job than a limit allows: of the campaign, of a day of the account, of an occurrence.
pub fn limits(rulebook: &Rulebook, run: &Run) -> Result<(), TestCaseError> {
    let account = Zone::named(rulebook.settings().zone.name()).unwrap();
    let occurrences = occurrences(run);
    for campaign in rulebook.campaigns() {
        for limit in &campaign.syntax.limits {
            let mut users: BTreeMap<String, BTreeSet<&Text>> = BTreeMap::new();
            for job in run.jobs.iter().filter(|job| job.campaign == campaign.name) {
                let scope = match limit.per {
                    LimitPer::Campaign => String::new(),
                    LimitPer::Day => account.day(job.due).to_string(),
                    LimitPer::Run => occurrences[&job.id].to_string(),
                };
                users.entry(scope).or_default().insert(&job.user);
            }
            let fit = users.values().all(|users| users.len() <= limit.users.node as usize);
            prop_assert!(fit, "{}: {:?}", campaign.name, users);
        }
    }
    Ok(())
}

/// What a schedule's time sends goes to a number once.
pub fn addresses(rulebook: &Rulebook, run: &Run) -> Result<(), TestCaseError> {
    let occurrences = occurrences(run);
    let mut seen = BTreeSet::new();
    for job in run.jobs.iter().filter(|job| of_schedule(campaign(rulebook, job))) {
        let new = seen.insert((&job.campaign, occurrences[&job.id], &job.to));
        prop_assert!(new, "one number twice: {:?}", job);
    }
    Ok(())
}

fn occurrences(run: &Run) -> BTreeMap<JobId, &Text> {
    run.outcomes.iter().filter_map(|outcome| Some((outcome.job?, &outcome.occurrence))).collect()
}

/// A split gives a user the same each time. A test's users alternate until it is decided, and then all have one variant.
pub fn variants(rulebook: &Rulebook, run: &Run) -> Result<(), TestCaseError> {
    for campaign in rulebook.campaigns() {
        let jobs: Vec<&SendJob> = run.jobs.iter().filter(|job| job.campaign == campaign.name).collect();
        match campaign.syntax.message.as_ref().unwrap() {
            Delivery::One(_) => {
                let one = jobs.iter().all(|job| &*job.variant == "only");
                prop_assert!(one, "{:?}", jobs);
            }
            Delivery::By(_) => {}
            Delivery::Split(_) => {
                newcomers(&jobs)?;
            }
            Delivery::Test(test) => tested(campaign, &test.size, test.after.node, &jobs)?,
        }
    }
    Ok(())
}

fn tested(
    campaign: &Campaign,
    size: &TestSize,
    after: campanile::model::Duration,
    jobs: &[&SendJob],
) -> Result<(), TestCaseError> {
    let scheduled = of_schedule(campaign);
    let first_jobs = newcomers_of(jobs);
    let deciding: Option<Instant> = match size {
        _ if scheduled => first_jobs.first().map(|job| job.due),
        TestSize::Users(users) => first_jobs.get(users.node as usize - 1).map(|job| job.due),
        TestSize::Share(_) => None,
    };
    let decided = deciding.map(|due| due + after);
    let (before, later): (Vec<&SendJob>, Vec<&SendJob>) =
        jobs.iter().partition(|job| decided.is_none_or(|decided| job.due < decided));
    let tested = newcomers(&before)?;
    let names: Vec<&str> = campaign.variants.iter().map(|variant| &*variant.name).collect();
    if scheduled {
        // Who came first within an instant is not told: the shares are.
        let shares = names.iter().map(|name| tested.iter().filter(|job| &*job.variant == *name).count());
        let (least, most) = (shares.clone().min().unwrap(), shares.max().unwrap());
        prop_assert!(most - least <= 1, "{:?}", tested);
        if let TestSize::Users(users) = size {
            prop_assert!(tested.len() <= users.node as usize, "{:?}", tested);
        }
    } else {
        for (place, job) in tested.iter().enumerate() {
            prop_assert_eq!(&*job.variant, names[place % names.len()], "{:?}", job);
        }
    }
    let winner = later.first().map(|job| &job.variant);
    prop_assert!(later.iter().all(|job| Some(&job.variant) == winner), "{:?}", later);
    Ok(())
}

/// The first job of each user, in order; all of his jobs have its variant.
fn newcomers<'j>(jobs: &[&'j SendJob]) -> Result<Vec<&'j SendJob>, TestCaseError> {
    let first_jobs = newcomers_of(jobs);
    for job in jobs {
        let first = first_jobs.iter().find(|first| first.user == job.user).unwrap();
        prop_assert_eq!(&first.variant, &job.variant, "{:?}", job);
    }
    Ok(first_jobs)
}

fn newcomers_of<'j>(jobs: &[&'j SendJob]) -> Vec<&'j SendJob> {
    let mut users = BTreeSet::new();
    jobs.iter().copied().filter(|job| users.insert(&job.user)).collect()
}
