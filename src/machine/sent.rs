//! What becomes of a user's messages: receipts, and goals that are reached.

use crate::language::ast::Receipt;
use crate::model::{Instant, JobId, SendJob};
use crate::program::{CampaignPlan, EventExtra, Fact, GoalUse, UNTIED};
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

use super::{Machine, Pending, Report, User};

/// A job that was made, or a message that the user was spared to compare with.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) campaign: u32,
    pub(crate) arm: Arm,
    /// The due instant; of what was spared, the qualification's.
    pub(crate) at: Instant,
    /// None of what was spared.
    pub(crate) id: Option<JobId>,
    /// What a goal event must have in common with the trigger event; none when nothing can.
    pub(crate) tie: Option<u128>,
    pub(crate) got: Got,
    pub(crate) converted: bool,
}

saved!(struct Sent { campaign, arm, at, id, tie, got, converted });

/// Whose results a message counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arm {
    /// Those of one of the campaign's messages, by its place.
    Variant(usize),
    /// Of the users in a control group.
    Control,
    /// Of those in the holdout.
    Holdout,
}

impl Saved for Arm {
    fn save(&self, to: &mut Saver<'_>) {
        match self {
            Arm::Control => to.byte(0),
            Arm::Holdout => to.byte(1),
            Arm::Variant(place) => {
                to.byte(2);
                place.save(to);
            }
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Arm, Damage> {
        match from.byte()? {
            0 => Ok(Arm::Control),
            1 => Ok(Arm::Holdout),
            2 => from.variant().map(Arm::Variant),
            _ => Err(Damage::Wrong("nobody's results are numbered so")),
        }
    }
}

/// The receipts that a job has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Got(u8);

saved!(tuple Got);

impl Got {
    pub(crate) fn has(self, receipt: Receipt) -> bool {
        self.0 & Got::bit(receipt) != 0
    }

    /// Adds one; answers whether it is new.
    fn add(&mut self, receipt: Receipt) -> bool {
        let new = !self.has(receipt);
        self.0 |= Got::bit(receipt);
        new
    }

    fn bit(receipt: Receipt) -> u8 {
        match receipt {
            Receipt::Sent => 1,
            Receipt::Delivered => 2,
            Receipt::Read => 4,
            Receipt::Clicked => 8,
            Receipt::Replied => 16,
            Receipt::Failed => 32,
        }
    }
}

/// A goal that was reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reached {
    pub(crate) arm: Arm,
    /// It is the first of the message: a conversion.
    pub(crate) first: bool,
    /// The receipts that the message had by then.
    pub(crate) got: Got,
    /// In millionths.
    pub(crate) revenue: i128,
}

impl Machine<'_> {
    /// What an event says of messages that went before it.
    pub(super) fn result(
        &self,
        user: &mut User,
        fact: &Fact<'_>,
        extra: &EventExtra,
        report: &mut dyn Report,
    ) {
        // A goal event that is a receipt itself was not read before it.
        for goal in &fact.reaction.goals {
            let Some(within) = self.campaign(goal.campaign).and_then(|campaign| campaign.goal) else {
                continue;
            };
            let tie = match goal.key {
                None => Some(UNTIED),
                Some(key) => extra.keys.get(key).copied().flatten(),
            };
            let Some(tie) = tie else { continue };
            let revenue = goal.revenue.and_then(|place| extra.sums.get(place)).copied().unwrap_or(0);
            user.reach(goal, tie, fact.at, |sent| sent.at + within > fact.at, revenue, report);
        }
        if let Some(receipt) = fact.reaction.receipt
            && let Some(about) = &extra.about
        {
            let before = |sent: &Sent| sent.at < fact.at && sent.id.is_some();
            let named = |sent: &Sent| before(sent) && sent.id == about.job;
            let last = |sent: &Sent| before(sent) && Some(sent.campaign) == about.campaign;
            let found = user.sent.iter().rposition(named).or_else(|| user.sent.iter().rposition(last));
            if let Some(sent) = found.and_then(|found| user.sent.get_mut(found)) {
                // Whoever clicks or answers has read it.
                let implied = matches!(receipt, Receipt::Clicked | Receipt::Replied).then_some(Receipt::Read);
                for receipt in implied.into_iter().chain([receipt]) {
                    if sent.got.add(receipt) {
                        report.received(sent.campaign, sent.arm, receipt);
                    }
                }
            }
        }
    }
}

impl Machine<'_> {
    /// What a message has in common with the events that reach its campaign's goal.
    fn goal_tie(campaign: &CampaignPlan, message: &Pending) -> Option<u128> {
        match campaign.goal_tie {
            None => Some(UNTIED),
            Some(place) => message.unless.get(place).copied().flatten(),
        }
    }

    /// Remembers that a user was spared a message, to compare with.
    pub(super) fn spare(&self, user: &mut User, message: &Pending, arm: Arm) {
        let Some(campaign) = self.campaign(message.campaign).filter(|campaign| campaign.goal.is_some())
        else {
            return;
        };
        let tie = Machine::goal_tie(campaign, message);
        let at = message.qualified_at;
        let sent = Sent {
            campaign: message.campaign,
            arm,
            at,
            id: None,
            tie,
            got: Got::default(),
            converted: false,
        };
        user.sent.push(sent);
    }

    /// Remembers a job.
    pub(crate) fn remember(&self, user: &mut User, message: &Pending, variant: usize, job: &SendJob) {
        let Some(campaign) = self.campaign(message.campaign) else { return };
        user.sent.push(Sent {
            campaign: message.campaign,
            arm: Arm::Variant(variant),
            at: job.due,
            id: Some(job.id),
            tie: Machine::goal_tie(campaign, message),
            got: Got::default(),
            converted: false,
        });
    }
}

impl User {
    fn reach(
        &mut self,
        goal: &GoalUse,
        tie: u128,
        at: Instant,
        in_time: impl Fn(&Sent) -> bool,
        revenue: i128,
        report: &mut dyn Report,
    ) {
        // The last job of the campaign, and likewise the last time that the user was spared.
        for spared in [false, true] {
            let meant = |sent: &&mut Sent| {
                sent.campaign == goal.campaign
                    && sent.id.is_none() == spared
                    && sent.at < at
                    && sent.tie == Some(tie)
            };
            let Some(sent) = self.sent.iter_mut().rev().find(meant) else { continue };
            if in_time(sent) {
                let first = !std::mem::replace(&mut sent.converted, true);
                report.reached(goal.campaign, Reached { arm: sent.arm, first, got: sent.got, revenue });
            }
        }
    }
}
