//! From due to job: consent, the audience again, caps, rendering; and the order in which decisions leave.
//!
//! This room drives the machine: a `Desk` takes one user's records and instants, hands them to the machine, and
//! decides the messages that fall due. Replay and live both sit at a desk, so that one log has one answer.

mod decide;
mod order;

use crate::machine::{Cause, Machine, Report, Stretch, User};
use crate::model::{Instant, Outcome, OutcomeKind, ProfileUpdate, SendJob, Text};
use crate::program::{Fact, Tables};

pub use order::Tally;
pub(crate) use order::{DecidedJob, Decisions, Firing};

/// Drives one user after another through the machine, and decides what falls due.
#[derive(Debug)]
pub(crate) struct Desk<'p> {
    machine: Machine<'p>,
    pub(crate) decisions: Decisions,
}

impl<'p> Desk<'p> {
    pub(crate) fn new(tables: &'p Tables, run: Stretch, decisions: Decisions) -> Desk<'p> {
        Desk { machine: Machine { tables, run }, decisions }
    }

    /// A user's first record.
    pub(crate) fn meet(&mut self, user: &mut User, since: Instant) {
        self.machine.meet(user, since);
    }

    /// A change of a profile; `at` is when it holds from.
    pub(crate) fn profile(&mut self, user: &mut User, update: &ProfileUpdate, at: Instant) {
        self.before(user, at);
        self.machine.profile(user, update, at);
    }

    /// An event of a user.
    pub(crate) fn event(&mut self, user: &mut User, fact: &Fact<'_>) {
        if !fact.late {
            self.before(user, fact.at);
        }
        self.machine.event(user, fact, &mut self.decisions);
    }

    /// Everything that falls due before an instant. What falls due after the years that the engine knows never does.
    pub(crate) fn before(&mut self, user: &mut User, at: Instant) {
        let at = at.min(Instant::MAX);
        while user.next < at {
            let now = user.next;
            // `next` may be early when what it stood for is gone; nothing falls due then, and it is found anew.
            let due = self.machine.instant(user, now, &mut self.decisions);
            for message in due {
                decide::decide(&self.machine, user, &message, now, &mut self.decisions);
            }
            debug_assert!(user.next > now, "an instant is left behind");
        }
    }

    /// The end of the run for a user: what is still waiting is pending.
    pub(crate) fn close(&mut self, user: &mut User) {
        let end = self.machine.run.to;
        self.before(user, end);
        self.machine.close(user, &mut self.decisions);
    }
}

impl Report for Decisions {
    fn triggered(&mut self, campaign: u32, cause: &Cause, now: Instant) {
        self.tally.count_triggered(campaign);
        if let Some(firings) = &mut self.firings {
            firings.push(Firing { campaign, cause: cause.clone(), at: now, qualified: false });
        }
    }

    fn qualified(&mut self, campaign: u32) {
        self.tally.count_qualified(campaign);
        if let Some(firing) = self.firings.as_mut().and_then(|firings| firings.last_mut()) {
            firing.qualified = true;
        }
    }

    fn ended(&mut self, campaign: u32, outcome: Outcome) {
        self.tally.count_outcome(campaign, outcome.outcome);
        self.outcomes.push(outcome);
    }
}

impl Decisions {
    /// Enters a job and its outcome.
    fn sent(&mut self, campaign: u32, job: DecidedJob, occurrence: Text) {
        let SendJob { id, qualified_at, due, .. } = job.job;
        self.tally.count_outcome(campaign, OutcomeKind::Sent);
        self.outcomes.push(Outcome {
            campaign: job.job.campaign.clone(),
            user: job.job.user.clone(),
            occurrence,
            qualified_at,
            decided_at: due,
            outcome: OutcomeKind::Sent,
            detail: None,
            job: Some(id),
        });
        self.jobs.push(job);
    }
}
