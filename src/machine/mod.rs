//! One user's machine: what an event or an instant does to a user's state.
//!
//! Pure: a function of the program, the state, the event and now. It ends where a message is due; what users or channels
//! have a say in (consent, caps, rendering) is the dispatch room's.

mod agenda;
mod condition;
mod dates;
mod few;
mod membership;
mod memory;
mod schedule;
mod sent;
mod user;
mod waiting;

use std::cmp::Reverse;

use crate::calendar::Zone;
use crate::model::{Duration, Instant, Outcome, OutcomeKind, ProfileUpdate, Text, chance};
use crate::program::{
    CampaignPlan, Clock, Fact, HoursPlan, Otherwise, Receipt, Repeat, Start, Tables, TriggerPlan, UNTIED,
    Wait,
};

pub(crate) use condition::{amount, holds, standing};
pub(crate) use sent::{Arm, Reached};
pub(crate) use user::{Cause, NotBefore, Pending, Place, Standing, User, Waits};

use agenda::Tie;
use dates::{Dated, ProfileDate};
use membership::Membership;
use schedule::ScheduleState;
use user::Timer;

/// Hours that do not open within this many days never open.
const OPENS_WITHIN: Duration = Duration::from_millis(400 * 86_400_000);

/// The instants at which something may fire: from the first, in, to the last, out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

impl Stretch {
    pub(crate) fn contains(self, at: Instant) -> bool {
        self.from <= at && at < self.to
    }
}

/// What the machine reports as it goes.
pub(crate) trait Report {
    /// A campaign's trigger fired, by a cause, at an instant.
    fn triggered(&mut self, campaign: u32, cause: &Cause, now: Instant);
    /// At the end of the run, the profile's words for the user's time zone mean none.
    fn unknown_zone(&mut self, words: &str);
    /// A listed time of the campaign was past for a user when the run began.
    fn past(&mut self, campaign: u32);
    /// The user was in the audience.
    fn qualified(&mut self, campaign: u32);
    /// A message has its first receipt of a kind.
    fn received(&mut self, campaign: u32, arm: Arm, receipt: Receipt);
    /// A message's goal was reached, for the first or a further time.
    fn reached(&mut self, campaign: u32, reached: Reached);
    /// A message stands in line no longer; `outcome` is what became of it, unless it waits for something else.
    fn left_line(&mut self, campaign: u32, standing: &Standing, now: Instant, outcome: Option<OutcomeKind>);
    /// A message waits no longer for the provider; `outcome` as above.
    fn was_held(&mut self, campaign: u32, held: &NotBefore, now: Instant, outcome: Option<OutcomeKind>);
    /// A message ended without a job.
    fn ended(&mut self, campaign: u32, outcome: Outcome);
}

/// Enters an event into what is remembered of its user, and does nothing else with it.
pub(crate) fn remember(tables: &Tables, user: &mut User, fact: &Fact<'_>) {
    match &fact.reaction.open {
        None => user.enter(fact, tables),
        Some(open) => {
            let kept = fact.extra.map_or(&[][..], |extra| &extra.kept);
            let reaction = open.settle(kept, fact.at, tables, &user.zone);
            user.enter(&Fact { reaction: &reaction, ..*fact }, tables);
        }
    }
}

/// The one evaluator: replay and live drive this.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machine<'p> {
    pub(crate) tables: &'p Tables,
    pub(crate) run: Stretch,
    /// The campaigns whose schedules stop at this instant: see [`Machine::stopped`].
    pub(crate) stopped: &'p [u32],
}

impl<'p> Machine<'p> {
    /// A user's first record: from here on schedules concern the user.
    pub(crate) fn meet(&self, user: &mut User, since: Instant) {
        self.meet_segments(user, since);
        user.profile_dates.resize(self.tables.profile_dates.len(), ProfileDate::default());
        if self.tables.schedules.is_empty() {
            return;
        }
        user.schedule.resize(self.tables.schedules.len(), ScheduleState::default());
        self.plan_schedules(user, since.max(self.run.from));
        let asks = self.tables.schedules.iter().any(|plan| plan.if_past.is_some());
        if asks && since < self.run.from {
            let eve = Instant::from_millis(self.run.from.millis() - 1);
            user.eve = Some(eve);
            user.wake_at(eve);
        }
    }

    /// A change of the profile, at an instant.
    pub(crate) fn profile(&self, user: &mut User, update: &ProfileUpdate, now: Instant) {
        let zone = user.zone;
        user.update(update, self.tables);
        let moved = user.zone != zone;
        if moved {
            self.plan_schedules(user, now.max(self.run.from));
            self.move_dates(user, now);
        }
        self.read_dates(user, moved, now);
        self.ask_segments_of_profile(user, update, moved, now);
    }

    /// An event, with everything before its instant done.
    pub(crate) fn event(&self, user: &mut User, fact: &Fact<'_>, report: &mut dyn Report) {
        let (reaction, settled);
        let fact = match &fact.reaction.open {
            None => fact,
            Some(open) => {
                let kept = fact.extra.map_or(&[][..], |extra| &extra.kept);
                reaction = open.settle(kept, fact.at, self.tables, &user.zone);
                settled = Fact { reaction: &reaction, ..*fact };
                &settled
            }
        };
        let reaction = fact.reaction;
        user.enter(fact, self.tables);
        for segment in &reaction.watches {
            self.ask_segment(user, *segment, fact.known);
        }
        let Some(extra) = fact.extra else { return };
        // The value that ties an event to another: none where `matching` finds none.
        let key = |slot: Option<usize>| match slot {
            None => Some(UNTIED),
            Some(slot) => extra.keys.get(slot).copied().flatten(),
        };

        if reaction.tells_results() {
            self.result(user, fact, extra, report);
        }
        for stop in &reaction.stops {
            let Some(key) = key(stop.key) else { continue };
            if let Some(TriggerPlan::EventDate(_)) =
                self.campaign(stop.campaign).map(|campaign| campaign.trigger)
            {
                let tie = Tie { campaign: stop.campaign, clause: dates::BY, key };
                user.dates.take_tied(tie, fact.at, |dated| dated.planned <= fact.at);
                continue;
            }
            let tie = Tie { campaign: stop.campaign, clause: stop.clause, key };
            user.timers.take_tied(tie, fact.at.next(), |timer| timer.started <= fact.at);
        }
        let mut cancelled = Vec::new();
        for cancel in &reaction.cancels {
            let Some(key) = key(cancel.key) else { continue };
            let tie = Tie { campaign: cancel.campaign, clause: cancel.clause, key };
            user.dates.take_tied(tie, fact.at, |dated| dated.planned <= fact.at);
            let by_event =
                self.campaign(cancel.campaign).is_some_and(|campaign| campaign.trigger.is_at_event());
            // What qualified by a timer or a schedule did so after all records of the instant.
            let qualified = |message: &Pending| {
                message.qualified_at < fact.at || (by_event && message.qualified_at == fact.at)
            };
            cancelled.extend(user.pending.take_tied(tie, fact.at, qualified));
        }
        cancelled.sort_by_key(|message| message.order);
        for message in cancelled {
            self.end(user, &message, fact.at, OutcomeKind::Cancelled, None, report);
        }
        if fact.late {
            // The first time was then, whether it was told in time or not.
            user.firsts.extend(reaction.starts.iter().map(|start| start.campaign).filter(|campaign| {
                matches!(self.campaign(*campaign).map(|it| it.trigger), Some(TriggerPlan::FirstTime))
            }));
            return;
        }
        let Some(origin) = &extra.origin else { return };
        let alike = if reaction.starts.is_empty() { 0 } else { user.count_alike(origin) };
        for start in &reaction.starts {
            let cause = Cause::Event { origin: origin.clone(), alike, first: None };
            let unless = start.unless.iter().map(|slot| key(*slot)).collect();
            match self.campaign(start.campaign).map(|campaign| campaign.trigger) {
                Some(TriggerPlan::Event | TriggerPlan::Request) => {
                    self.fire(user, start.campaign, fact.at, cause, unless, report);
                }
                Some(TriggerPlan::FirstTime) => {
                    if user.firsts.insert(start.campaign) {
                        self.fire(user, start.campaign, fact.at, cause, unless, report);
                    }
                }
                Some(TriggerPlan::Followed { .. }) => {
                    let Some(key) = key(start.matching) else { continue };
                    let tie = Tie { campaign: start.campaign, clause: 0, key };
                    let Some(first) = user.expected.take_tied(tie, fact.at.next(), |_| true).pop() else {
                        continue;
                    };
                    let cause = Cause::Event { origin: origin.clone(), alike, first: Some(first.origin) };
                    self.fire(user, start.campaign, fact.at, cause, unless, report);
                }
                Some(TriggerPlan::Inaction { within, repeat }) => {
                    let key = key(start.matching);
                    let tie = key.map(|key| Tie { campaign: start.campaign, clause: 0, key });
                    self.start_timer(user, start, fact.at, (within, repeat), tie, cause, unless);
                }
                Some(TriggerPlan::EventDate(plan)) => {
                    let date = start.date.and_then(|slot| extra.dates.get(slot).copied().flatten());
                    let Some(date) = date else { continue };
                    let by = start.matching.and_then(|slot| extra.keys.get(slot).copied().flatten());
                    let order = user.next_order();
                    let (campaign, planned) = (start.campaign, fact.at);
                    let dated =
                        Dated { plan, campaign, date, planned, at: planned, order, by, cause, unless };
                    self.plan_date(user, dated, planned);
                }
                Some(TriggerPlan::ProfileDate | TriggerPlan::Segment | TriggerPlan::Schedule) | None => {}
            }
        }
        // What is both was B first.
        for expected in &reaction.expects {
            let (Some(key), Some(TriggerPlan::Followed { within })) =
                (key(expected.key), self.campaign(expected.campaign).map(|campaign| campaign.trigger))
            else {
                continue;
            };
            let tie = Tie { campaign: expected.campaign, clause: expected.clause, key };
            user.expect(tie, fact.at, within, origin.clone());
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a timer is exactly these; a struct would be the timer itself"
    )]
    fn start_timer(
        &self,
        user: &mut User,
        start: &Start,
        at: Instant,
        (within, repeat): (Duration, Repeat),
        tie: Option<Tie>,
        cause: Cause,
        unless: Box<[Option<u128>]>,
    ) {
        // With `matching`, an A without the property is tied to no other.
        match (repeat, tie) {
            (Repeat::Restarts, Some(tie)) => {
                user.timers.take_tied(tie, at.next(), |_| true);
            }
            (Repeat::Ignored, Some(tie)) if user.timers.has(tie, at.next()) => return,
            (Repeat::OwnTimer | Repeat::Restarts | Repeat::Ignored, _) => {}
        }
        let order = user.next_order();
        let ends = at + within;
        user.timers.insert(Timer { campaign: start.campaign, started: at, ends, order, tie, cause, unless });
        user.wake_at(ends);
    }

    /// The next instant at which something falls due, exactly.
    pub(crate) fn next(&self, user: &mut User) -> Instant {
        let mut next = user.memberships.iter().map(Membership::next).fold(Instant::MAX, Instant::min);
        let schedules = user.upcoming.peek().map(|Reverse((at, _))| *at);
        let of_each = [user.timers.first(), user.pending.first(), schedules, user.dates.first(), user.eve];
        for at in of_each.into_iter().flatten() {
            next = next.min(at);
        }
        for date in user.profile_dates.iter().filter_map(|state| state.next.as_ref()) {
            next = next.min(date.instant);
        }
        user.next = next;
        next
    }

    /// What falls due for a user at an instant, after all its records and before its messages: timers, dates, segments, then schedules.
    pub(crate) fn fall_due(&self, user: &mut User, now: Instant, report: &mut dyn Report) {
        if user.eve.take_if(|eve| *eve <= now).is_some() {
            self.settle_past(user, report);
        }
        if user.timers.first().is_some_and(|first| first <= now) {
            self.end_timers(user, now, report);
        }
        self.fire_dates(user, now, report);
        self.fire_segments(user, now, report);
        self.fire_schedules(user, now, report);
    }

    fn end_timers(&self, user: &mut User, now: Instant, report: &mut dyn Report) {
        for timer in user.timers.take_due(now) {
            self.fire(user, timer.campaign, now, timer.cause, timer.unless, report);
        }
    }

    pub(crate) fn campaign(&self, campaign: u32) -> Option<&'p CampaignPlan> {
        self.tables.campaigns.get(campaign as usize)
    }

    /// A trigger fires: the audience, the control group and the holdout are asked, and the wait begins.
    fn fire(
        &self,
        user: &mut User,
        index: u32,
        now: Instant,
        cause: Cause,
        unless: Box<[Option<u128>]>,
        report: &mut dyn Report,
    ) {
        let Some(campaign) = self.campaign(index) else { return };
        if !self.run.contains(now) || !self.campaign_run(campaign, user).contains(now) {
            return;
        }
        report.triggered(index, &cause, now);
        debug_assert!(
            campaign.audience.is_none_or(|audience| {
                let standing = standing(self.tables, user, audience.node, now);
                standing.holds == holds(self.tables, user, audience.node, now) && standing.until > now
            }),
            "the answer that says how long it stands is another one"
        );
        if campaign.audience.is_some_and(|audience| !holds(self.tables, user, audience.node, now)) {
            return;
        }
        report.qualified(index);
        let arrival = match campaign.wait {
            None => now,
            Some(Wait::Exact(length)) => now + length,
            Some(Wait::CalendarDays(days)) => user.zone.days_after(now, days.into()),
        };
        let order = user.next_order();
        let message = Pending {
            campaign: index,
            order,
            qualified_at: now,
            arrival,
            wake: arrival,
            cause,
            unless,
            waits: Waits::Nothing,
        };
        if self.stopped.contains(&index) && matches!(message.cause, Cause::Schedule { .. }) {
            self.end(user, &message, now, OutcomeKind::SafetyStop, None, report);
        } else if campaign.controls.iter().any(|(purpose, share)| chance(purpose, &user.id, *share)) {
            self.spare(user, &message, Arm::Control);
            self.end(user, &message, now, OutcomeKind::Control, None, report);
        } else if chance(&campaign.holdout_purpose, &user.id, campaign.holdout) {
            self.spare(user, &message, Arm::Holdout);
            self.end(user, &message, now, OutcomeKind::Holdout, None, report);
        } else {
            user.wake_at(arrival);
            user.pending.insert(message);
        }
    }

    /// For each schedule, whether the user qualifies at an instant by its occurrence then; asked only where there is a safety stop.
    pub(crate) fn qualify_by_schedule(&self, user: &User, now: Instant) -> impl Iterator<Item = bool> {
        self.tables.schedules.iter().enumerate().map(move |(place, plan)| {
            let Some(campaign) = self.campaign(plan.campaign) else { return false };
            let next = user.schedule.get(place).and_then(|state| state.next.as_ref());
            campaign.safety_stop.is_some()
                && next.is_some_and(|next| next.instant <= now)
                && self.run.contains(now)
                && self.campaign_run(campaign, user).contains(now)
                && campaign.audience.is_none_or(|audience| holds(self.tables, user, audience.node, now))
        })
    }

    /// The campaigns for which more users qualify by a schedule's occurrence than their safety stop allows; `qualified` is
    /// how many do, for each schedule.
    pub(crate) fn stopped(&self, qualified: &[u64]) -> Vec<u32> {
        let schedules = self.tables.schedules.iter().zip(qualified);
        let stopped = schedules.filter(|(plan, qualified)| {
            let most = self.campaign(plan.campaign).and_then(|campaign| campaign.safety_stop);
            most.is_some_and(|most| **qualified > u64::from(most))
        });
        stopped.map(|(plan, _)| plan.campaign).collect()
    }

    /// The instants of a campaign's run, up to its `stop at`; in the user's zone where the campaign is in user time.
    pub(crate) fn campaign_run(&self, campaign: &CampaignPlan, user: &User) -> Stretch {
        let stop = campaign.stop.as_ref().map_or(Instant::MAX, |stop| match &stop.clock {
            Clock::User => user.zone.resolve(stop.wall),
            Clock::Fixed(zone) => zone.resolve(stop.wall),
        });
        let Some(run) = &campaign.run else { return Stretch { from: Instant::MIN, to: stop } };
        let zone = match &run.clock {
            Clock::User => &user.zone,
            Clock::Fixed(zone) => zone,
        };
        let end = run.last.map_or(Instant::MAX, |last| zone.day(last).1);
        Stretch { from: run.first.map_or(Instant::MIN, |first| zone.day_start(first)), to: end.min(stop) }
    }

    /// Whether the business writes first: the user's service window is closed.
    pub(crate) fn writes_first(&self, user: &User, now: Instant) -> bool {
        !self.tables.service_window.is_some_and(|node| holds(self.tables, user, node, now))
    }

    /// A message that arrives or is asked again: it is due if its hours are open; else it is held, or ends.
    pub(crate) fn ask(
        &self,
        user: &mut User,
        mut message: Box<Pending>,
        now: Instant,
        report: &mut dyn Report,
    ) -> Option<Box<Pending>> {
        match self.ask_hours(user, message.campaign, now) {
            Hours::Open => return Some(message),
            Hours::ClosedUntil(open) => {
                message.wake = open;
                message.leave(now, None, report);
                message.waits = Waits::Nothing;
                user.pending.insert(message);
            }
            Hours::Closed(why) => {
                self.end(user, &message, now, OutcomeKind::OutsideWindow, Some(why.into()), report);
            }
        }
        None
    }

    /// The first instant at which a message in line is asked again whoever has room: its hours are closed, its `valid` is over, or its campaign's
    /// run; in the user's zone as of now.
    pub(crate) fn closing(&self, user: &User, message: &Pending, now: Instant) -> Instant {
        let Some(campaign) = self.campaign(message.campaign) else { return now.next() };
        let deliver = campaign.deliver.as_ref().and_then(|plan| first(plan, Wanted::Closed, &user.zone, now));
        let quiet = self.tables.quiet.as_ref();
        let quiet = quiet.and_then(|plan| first(plan, Wanted::Open, &user.zone, now));
        let invalid = campaign.valid.map(|valid| (message.qualified_at + valid).next());
        let ended = self.campaign_run(campaign, user).to;
        let closings = [deliver, quiet, invalid, Some(ended), Some(Instant::MAX)];
        closings.into_iter().flatten().min().unwrap_or(Instant::MAX)
    }

    fn ask_hours(&self, user: &User, campaign: u32, now: Instant) -> Hours {
        let deliver = self.campaign(campaign).and_then(|campaign| campaign.deliver.as_ref());
        let quiet = self.tables.quiet.as_ref();
        let deliver = deliver.map(|plan| (plan, Wanted::Open, "the delivery hours were closed"));
        let quiet = quiet.map(|plan| (plan, Wanted::Closed, "quiet hours"));
        let asked = [deliver, quiet];
        for (plan, wanted, why) in asked.iter().flatten() {
            match first(plan, *wanted, &user.zone, now) {
                Some(open) if open == now => {}
                _ if plan.otherwise == Otherwise::Drop => return Hours::Closed(why),
                Some(open) if opens_at_all(asked.iter().flatten(), &user.zone, now) => {
                    return Hours::ClosedUntil(open);
                }
                _ => return Hours::Closed("the hours never open"),
            }
        }
        Hours::Open
    }

    /// The end of the run: messages that no instant of it decides, and what is to be told of the user.
    pub(crate) fn close(&self, user: &mut User, report: &mut dyn Report) {
        if let Some(words) = user.unknown_zone() {
            report.unknown_zone(words);
        }
        for message in user.pending.take_all() {
            let detail = match &message.waits {
                Waits::InLine(Standing { budget, since, .. }) => {
                    let budget = self.tables.budgets.all.get(*budget as usize);
                    budget.map(|budget| format!("in line for {} since {since}", budget.name))
                }
                Waits::NotBefore(held) => Some(held.to_string()),
                Waits::Nothing if message.wake == Instant::MAX => {
                    Some("waiting for the test to begin".to_owned())
                }
                Waits::Nothing => None,
            };
            let detail = detail.unwrap_or_else(|| format!("waiting until {}", message.wake));
            self.end(user, &message, self.run.to, OutcomeKind::Pending, Some(detail.into()), report);
        }
    }

    /// Reports the end of a message that became no job.
    pub(crate) fn end(
        &self,
        user: &User,
        message: &Pending,
        now: Instant,
        outcome: OutcomeKind,
        detail: Option<Text>,
        report: &mut dyn Report,
    ) {
        let Some(campaign) = self.campaign(message.campaign) else { return };
        message.leave(now, Some(outcome), report);
        let outcome = Outcome {
            campaign: campaign.name.clone(),
            user: user.id.clone(),
            occurrence: message.cause.occurrence(),
            qualified_at: message.qualified_at,
            decided_at: now,
            outcome,
            detail,
            job: None,
        };
        report.ended(message.campaign, outcome);
    }
}

/// What hours say of an instant.
enum Hours {
    Open,
    ClosedUntil(Instant),
    Closed(&'static str),
}

/// Delivery hours are to be open, quiet hours to be over.
#[derive(Clone, Copy)]
enum Wanted {
    Open,
    Closed,
}

/// The first instant from now on at which hours are as wanted.
fn first(plan: &HoursPlan, wanted: Wanted, user_zone: &Zone, now: Instant) -> Option<Instant> {
    let zone = match &plan.clock {
        Clock::User => user_zone,
        Clock::Fixed(zone) => zone,
    };
    match wanted {
        Wanted::Open => plan.hours.next_open(zone, now),
        Wanted::Closed => plan.hours.next_closed(zone, now),
    }
}

/// Whether all hours are as wanted at one instant of the next 400 days.
fn opens_at_all<'h>(
    asked: impl Iterator<Item = &'h (&'h HoursPlan, Wanted, &'h str)> + Clone,
    zone: &Zone,
    now: Instant,
) -> bool {
    let mut at = now;
    while at < now + OPENS_WITHIN {
        let before = at;
        for (plan, wanted, _) in asked.clone() {
            match first(plan, *wanted, zone, at) {
                Some(open) => at = open,
                None => return false,
            }
        }
        if at == before {
            return true;
        }
    }
    false
}
