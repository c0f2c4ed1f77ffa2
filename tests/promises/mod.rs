//! What every run promises about itself, whatever the rules: found by walking over its jobs and outcomes.

mod budgets;
mod shared;

use std::collections::HashSet;

use campanile::language::ast::{Hours, TimeBase, Trigger, Wait};
use campanile::model::{Duration, OutcomeKind, SendJob};
use campanile::rulebook::{Campaign, Rulebook};
use proptest::prelude::*;

use crate::generate::Case;
use crate::reference::clock::{Zone, within};
use crate::runs::Run;

/// Everything that is promised of a run.
pub fn all(rulebook: &Rulebook, case: &Case, run: &Run) -> Result<(), TestCaseError> {
    add_up(rulebook, run)?;
    in_order(rulebook, run)?;
    for job in &run.jobs {
        in_hours(rulebook, job)?;
        in_time(rulebook, job)?;
    }
    shared::caps(rulebook, run)?;
    shared::limits(rulebook, run)?;
    shared::addresses(rulebook, run)?;
    shared::variants(rulebook, run)?;
    budgets::throttles(rulebook, run)?;
    budgets::providers(rulebook, case, run)
}

/// Each qualification has one outcome, each job one that is `sent`.
fn add_up(rulebook: &Rulebook, run: &Run) -> Result<(), TestCaseError> {
    for campaign in rulebook.campaigns() {
        let mine = run.outcomes.iter().filter(|outcome| outcome.campaign == campaign.name);
        let (mut qualified, mut sent, mut occurrences) = (0, 0, HashSet::new());
        for outcome in mine {
            qualified += 1;
            sent += u64::from(outcome.outcome == OutcomeKind::Sent);
            prop_assert_eq!(outcome.outcome == OutcomeKind::Sent, outcome.job.is_some());
            prop_assert!(outcome.decided_at >= outcome.qualified_at);
            prop_assert!(occurrences.insert((&outcome.user, &outcome.occurrence)), "twice: {:?}", outcome);
        }
        let jobs = run.jobs.iter().filter(|job| job.campaign == campaign.name).count();
        prop_assert_eq!(sent, jobs as u64);
        prop_assert_eq!(qualified, run.qualified[&*campaign.name]);
        prop_assert!(qualified <= run.triggered[&*campaign.name]);
    }
    let ids: HashSet<_> = run.jobs.iter().map(|job| job.id).collect();
    prop_assert_eq!(ids.len(), run.jobs.len());
    Ok(())
}

fn in_order(rulebook: &Rulebook, run: &Run) -> Result<(), TestCaseError> {
    let priority = |job: &SendJob| {
        let priority = campaign(rulebook, job).syntax.priority.as_ref();
        std::cmp::Reverse(priority.map_or(0, |priority| priority.node))
    };
    prop_assert!(run.jobs.is_sorted_by_key(|job| (job.due, priority(job))));
    prop_assert!(run.outcomes.is_sorted_by_key(|outcome| (outcome.decided_at, outcome.user.clone())));
    Ok(())
}

fn campaign<'r>(rulebook: &'r Rulebook, job: &SendJob) -> &'r Campaign {
    rulebook.campaigns().iter().find(|campaign| campaign.name == job.campaign).unwrap()
}

/// No job goes out of its delivery hours, or in quiet ones.
fn in_hours(rulebook: &Rulebook, job: &SendJob) -> Result<(), TestCaseError> {
    let inside = |hours: &Hours| within(&hours.windows, zone(rulebook, &hours.base, job).wall(job.due));
    prop_assert!(campaign(rulebook, job).syntax.deliver.as_ref().is_none_or(inside), "{:?}", job);
    prop_assert!(!rulebook.settings().quiet_hours.as_ref().is_some_and(inside), "{:?}", job);
    Ok(())
}

/// True for `at`, `every` and `cron`.
fn of_schedule(campaign: &Campaign) -> bool {
    matches!(campaign.trigger, Trigger::At { .. } | Trigger::Every { .. } | Trigger::Cron { .. })
}

/// No job goes out before its wait is over, after its validity, at its `stop at`, or after its `not_after`.
fn in_time(rulebook: &Rulebook, job: &SendJob) -> Result<(), TestCaseError> {
    let campaign = &campaign(rulebook, job).syntax;
    prop_assert!(job.not_after.is_none_or(|not_after| job.due <= not_after), "{:?}", job);
    let wait = match campaign.wait.as_ref().map(|wait| wait.node) {
        Some(Wait::Exact(length)) => length,
        _ => Duration::from_millis(0),
    };
    prop_assert!(job.due >= job.qualified_at + wait, "{:?}", job);
    if let Some(valid) = &campaign.valid {
        prop_assert!(job.due <= job.qualified_at + valid.node, "{:?}", job);
    }
    if let Some(stop) = &campaign.stop {
        let zone = zone(rulebook, &stop.base, job);
        prop_assert!(job.due < zone.instant(stop.date.and_time(stop.time)), "{:?}", job);
    }
    Ok(())
}

fn zone(rulebook: &Rulebook, base: &TimeBase, job: &SendJob) -> Zone {
    let zone = match base {
        TimeBase::Account => Zone::named(rulebook.settings().zone.name()),
        TimeBase::User => Zone::of_data(&job.time_zone),
        TimeBase::Named(name) => Zone::named(&name.node),
    };
    zone.unwrap()
}
