//! `throttle n per T`: when the next message may leave.

use std::collections::VecDeque;

use crate::model::{Instant, NameMap};
use crate::program::ThrottlePlan;

use super::decide::Asked;

/// The latest jobs of the account and of each campaign with a throttle: as many of each as it allows.
#[derive(Debug, Default)]
pub(super) struct Throttles {
    account: VecDeque<Instant>,
    campaigns: NameMap<u32, VecDeque<Instant>>,
}

impl Throttles {
    /// The first instant at which both throttles have room for a message, when that is later than now.
    pub(super) fn until(&self, asked: &Asked<'_>) -> Option<Instant> {
        let tables = asked.machine.tables;
        let account = tables.throttle.and_then(|plan| free_at(&self.account, plan));
        let campaign = asked.campaign.throttle.and_then(|plan| {
            let jobs = self.campaigns.get(&asked.message.campaign)?;
            free_at(jobs, plan)
        });
        account.max(campaign).filter(|free| *free > asked.now)
    }

    /// Enters a job.
    pub(super) fn enter(&mut self, asked: &Asked<'_>) {
        if let Some(plan) = asked.machine.tables.throttle {
            enter(&mut self.account, plan, asked.now);
        }
        if let Some(plan) = asked.campaign.throttle {
            enter(self.campaigns.entry(asked.message.campaign).or_default(), plan, asked.now);
        }
    }
}

/// When the oldest of as many jobs as may leave in one stretch is exactly one stretch old; none while there are fewer.
fn free_at(jobs: &VecDeque<Instant>, plan: ThrottlePlan) -> Option<Instant> {
    if jobs.len() < plan.count as usize { None } else { jobs.front().map(|oldest| *oldest + plan.per) }
}

fn enter(jobs: &mut VecDeque<Instant>, plan: ThrottlePlan, due: Instant) {
    if jobs.len() >= plan.count as usize {
        jobs.pop_front();
    }
    jobs.push_back(due);
}
