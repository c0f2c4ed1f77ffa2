//! From due to job: consent, the audience again, caps, rendering; and the order in which decisions leave.
//!
//! This room drives the machine: a `Desk` takes the records and instants of users, hands them to the machine, and
//! decides the messages that fall due. Users who share something are a `Group`, whose instants are done one after
//! the other over all of them; who shares nothing is run alone. Replay and live both sit at a desk, so that one log has
//! one answer.

mod broom;
mod budgets;
mod decide;
mod experiments;
mod group;
mod lane;
mod limits;
mod line;
mod merge;
mod order;
mod results;
mod round;
mod shared;
mod sorter;
mod templates;
mod turn;
mod waits;
mod zones;

use crate::language::ast::Receipt;
use crate::machine::{Arm, Cause, Machine, NotBefore, Reached, Report, Standing, Stretch, User};
use crate::model::{Instant, Outcome, OutcomeKind, ProfileUpdate, SendJob, Text};
use crate::program::{Fact, Tables};

pub(crate) use group::Group;
use group::Users;
pub use merge::{Jobs, Outcomes};
pub(crate) use merge::{Part, Whole};
pub use order::Tally;
pub(crate) use order::{DecidedJob, Decisions, Firing};
pub use results::{MessageResults, Money, Results, SparedResults};
pub(crate) use shared::Shared;
pub(crate) use templates::TemplateStatements;
pub use waits::{BudgetSummary, CampaignWaits};
pub use zones::UnknownZones;

use sorter::Placed;
use turn::{Mail, Turn};

/// Drives users through the machine, and decides what falls due.
#[derive(Debug)]
pub(crate) struct Desk<'p> {
    machine: Machine<'p>,
    pub(crate) decisions: Decisions,
    pub(crate) shared: Shared,
}

impl<'p> Desk<'p> {
    pub(crate) fn new(tables: &'p Tables, run: Stretch, decisions: Decisions, shared: Shared) -> Desk<'p> {
        Desk { machine: Machine { tables, run, stopped: &[] }, decisions, shared }
    }

    /// The first record of a user who is run alone.
    pub(crate) fn meet(&mut self, user: &mut User, since: Instant) {
        self.shared.clear();
        self.machine.meet(user, since);
    }

    /// A change of the profile of a user who is run alone; `at` is when it holds from.
    pub(crate) fn profile(&mut self, user: &mut User, update: &ProfileUpdate, at: Instant) {
        self.before(user, at);
        self.change(user, update, at);
    }

    /// An event of a user who is run alone.
    pub(crate) fn event(&mut self, user: &mut User, fact: &Fact<'_>) {
        self.before(user, fact.at);
        self.take(user, fact);
    }

    /// An event, with everything before its instant done.
    fn take(&mut self, user: &mut User, fact: &Fact<'_>) {
        if fact.extra.is_some_and(|extra| extra.refused)
            && let Ok(number) = user.address()
        {
            self.shared.refuse(number, fact.at);
        }
        self.machine.event(user, fact, &mut self.decisions);
    }

    /// Everything that falls due before an instant for a user who is run alone. What falls due after the years that the
    /// engine knows never does.
    pub(crate) fn before(&mut self, user: &mut User, at: Instant) {
        let at = at.min(Instant::MAX);
        while user.next < at {
            let now = user.next;
            self.instant(user, now);
            debug_assert!(user.next > now, "an instant is left behind");
        }
    }

    /// The end of the run for a user who is run alone: what is still waiting is pending.
    pub(crate) fn close(&mut self, user: &mut User) {
        let end = self.machine.run.to;
        self.before(user, end);
        self.machine.close(user, &mut self.decisions);
    }

    fn change(&mut self, user: &mut User, update: &ProfileUpdate, at: Instant) {
        let moves = update.touches_phone() && user.profile.blocks_number() == Some(true);
        let before = if moves { user.address().ok() } else { None };
        self.machine.profile(user, update, at);
        if moves || update.blocks_number().is_some() {
            self.shared.heard(user, update, before.as_ref());
        }
    }

    /// All of an instant that falls due for a user who is run alone, once its records are in. (The user's `next` may be early
    /// when what it stood for is gone; nothing falls due then.)
    fn instant(&mut self, user: &mut User, now: Instant) {
        let machine = self.machine;
        let stopped = match machine.tables.has_safety_stops {
            true => {
                let qualified = machine.qualify_by_schedule(user, now);
                machine.stopped(&qualified.map(u64::from).collect::<Vec<_>>())
            }
            false => Vec::new(),
        };
        Machine { stopped: &stopped, ..machine }.fall_due(user, now, &mut self.decisions);
        let mut awake = Vec::new();
        while let Some(message) = user.pending.pop_due(now) {
            awake.push(Mail { turn: Turn::of(machine, user, 0, &message), message });
        }
        awake.sort_by(Mail::place);
        let mut due = Vec::new();
        for Mail { turn, message } in awake {
            let asked = machine.ask(user, message, now, &mut self.decisions);
            due.extend(asked.map(|message| Mail { turn, message }));
        }
        for mail in due {
            self.decide(user, mail, now);
        }
        machine.next(user);
    }
}

impl Desk<'_> {
    /// The turn of a message in line: it is asked from its hours on, for the user's zone may be another one by now.
    fn turn(&mut self, users: &mut dyn Users, mail: Mail, now: Instant) {
        let Mail { turn, message } = mail;
        let Some(user) = users.get_mut(turn.number as usize) else { return };
        if let Some(message) = self.machine.ask(user, message, now, &mut self.decisions) {
            self.decide(users, Mail { turn, message }, now);
        }
    }
}

impl Report for Decisions {
    fn triggered(&mut self, campaign: u32, cause: &Cause, now: Instant) {
        self.tally.count_triggered(campaign);
        if let Some(firings) = &mut self.firings {
            firings.push(Firing { campaign, cause: cause.clone(), at: now, qualified: false });
        }
    }

    fn unknown_zone(&mut self, words: &str) {
        self.unknown_zones.count(words);
    }

    fn past(&mut self, campaign: u32) {
        self.tally.count_past(campaign);
    }

    fn qualified(&mut self, campaign: u32) {
        self.tally.count_qualified(campaign);
        if let Some(firing) = self.firings.as_mut().and_then(|firings| firings.last_mut()) {
            firing.qualified = true;
        }
    }

    fn received(&mut self, campaign: u32, arm: Arm, receipt: Receipt) {
        self.tally.count_receipt(campaign, arm, receipt);
    }

    fn reached(&mut self, campaign: u32, reached: Reached) {
        self.tally.count_goal(campaign, reached);
    }

    fn left_line(&mut self, campaign: u32, standing: &Standing, now: Instant, outcome: Option<OutcomeKind>) {
        self.waits.end(campaign, standing, now, outcome);
    }

    fn was_held(&mut self, campaign: u32, held: &NotBefore, now: Instant, outcome: Option<OutcomeKind>) {
        self.waits.end_held(campaign, held, now, outcome);
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
