//! The decision on a message that is due: one step after the other, and the first that fails names the outcome.

use crate::calendar::bounds;
use crate::language::ast::WindowKind;
use crate::machine::{Cause, Machine, NotBefore, Pending, Standing, User, Waits, holds};
use crate::message::{Events, Occasion, RenderStop};
use crate::model::{
    Category, Channel, Content, Instant, JobId, OutcomeKind, SendJob, Text, Trigger, TriggerKind,
};
use crate::program::{BudgetSet, CampaignPlan, CapPer, CapPlan, TriggerPlan};

use super::Desk;
use super::budgets::{Asking, Number, Room};
use super::experiments::Chosen;
use super::group::Users;
use super::order::DecidedJob;
use super::shared::{ProviderSays, Released, Shared};
use super::turn::Mail;

/// Why there is no job now.
enum Refusal {
    /// There never will be one.
    Ends { outcome: OutcomeKind, detail: Option<Text> },
    /// It stands in line until there is room.
    StandsInLine(Room, Asking),
    /// The provider does not take it yet: it is asked again at an instant.
    NotBefore(NotBefore, Instant),
    /// It arrives again when an A/B test is decided; nobody knows when while nothing of it has gone out.
    WaitsForTest(Option<Instant>),
}

impl Refusal {
    fn because(outcome: OutcomeKind, detail: impl Into<Text>) -> Refusal {
        Refusal::Ends { outcome, detail: Some(detail.into()) }
    }
}

impl From<OutcomeKind> for Refusal {
    fn from(outcome: OutcomeKind) -> Refusal {
        Refusal::Ends { outcome, detail: None }
    }
}

/// What a job is made of.
struct Made {
    to: Text,
    /// As budgets count it.
    asking: Asking,
    /// Which of the campaign's messages, by its place.
    place: usize,
    variant: Text,
    category: Category,
    content: Content,
}

impl Desk<'_> {
    /// Decides a message that is due now, at its turn.
    pub(super) fn decide(&mut self, users: &mut dyn Users, mail: Mail, now: Instant) {
        let Mail { turn, mut message } = mail;
        let (machine, number) = (self.machine, turn.number);
        let Some(campaign) = machine.campaign(message.campaign) else { return };
        let Some(user) = users.get_mut(number as usize) else { return };
        let asked = Asked { machine, campaign, number, message: &message, now };
        match asked.settle(&self.shared, user) {
            Ok(made) => {
                let occurrence = message.cause.occurrence();
                let addressed = campaign.of_schedule().then_some(&*occurrence);
                self.shared.enter_job(&asked, &made.to, made.asking, addressed);
                user.enter_job(now, message.campaign, campaign, machine.tables);
                let (place, made_for) = (made.place, made.asking);
                let job = asked.job(user, made, &occurrence);
                if !made_for.first {
                    self.decisions.waits.is_answer(job.id);
                }
                machine.remember(user, &message, place, &job);
                self.decisions.tally.count_sent(message.campaign, place);
                let job = DecidedJob { job, priority: campaign.priority, arrival: message.arrival };
                let asked = Asked { machine, campaign, number, message: &message, now };
                let known = campaign
                    .delivery
                    .test()
                    .and_then(|test| self.shared.experiments.enter(&asked, test, place));
                if let Some((at, users)) = known {
                    self.shared.released.push(Released { users, campaign: message.campaign, at });
                }
                message.leave(now, Some(OutcomeKind::Sent), &mut self.decisions);
                self.decisions.sent(message.campaign, job, occurrence);
                self.shared.make_way(machine, campaign, made_for, users);
            }
            Err(Refusal::WaitsForTest(decided)) => {
                message.leave(now, None, &mut self.decisions);
                let at = decided.unwrap_or(Instant::MAX);
                if decided.is_none() {
                    self.shared.experiments.wait(message.campaign, number);
                }
                (message.wake, message.arrival, message.waits) = (at, at, Waits::Nothing);
                user.pending.insert(message);
            }
            Err(Refusal::NotBefore(mut held, at)) => {
                match &message.waits {
                    // It waits on.
                    Waits::NotBefore(known) if known.budget == held.budget => held.since = known.since,
                    _ => message.leave(now, None, &mut self.decisions),
                }
                if let Some((template, _)) = &held.paused {
                    self.shared.wait_for_template(template, number);
                }
                message.wake = at.min(machine.closing(user, &message, now));
                message.waits = Waits::NotBefore(Box::new(held));
                user.pending.insert(message);
            }
            Err(Refusal::StandsInLine(room, asking)) => {
                let wake = machine.closing(user, &message, now);
                let place = self.shared.stand(machine, campaign, turn.waking(wake), asking);
                // One that stood in line already stands there since then, and for what it did.
                let standing = match message.standing() {
                    Some(stood) => Standing { place, ..stood },
                    None => Standing { since: now, budget: room.budget, place },
                };
                if message.standing().is_none() {
                    message.leave(now, None, &mut self.decisions);
                    self.decisions.waits.begin(&standing);
                }
                (message.wake, message.waits) = (wake, Waits::InLine(standing));
                user.pending.insert(message);
            }
            Err(Refusal::Ends { outcome, detail }) => {
                machine.end(user, &message, now, outcome, detail, &mut self.decisions);
            }
        }
    }
}

/// A message that is due, and what it is asked with.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) machine: Machine<'a>,
    pub(super) campaign: &'a CampaignPlan,
    /// The user's number among those who are run together.
    pub(super) number: u32,
    pub(super) message: &'a Pending,
    pub(super) now: Instant,
}

impl Asked<'_> {
    /// The budgets that concern the message.
    pub(super) fn budgets(&self) -> Option<&BudgetSet> {
        self.machine.tables.budgets.sets.get(self.campaign.budgets? as usize)
    }

    fn asking(&self, user: &User, to: &str) -> Asking {
        let counted = self.budgets().is_some_and(|set| set.numbers.is_some());
        // Whoever wrote within 24 hours is written to without being counted.
        let first = !counted || self.machine.writes_first(user, self.now);
        Asking { number: Number::of(to), first, now: self.now }
    }

    fn settle(self, shared: &Shared, user: &mut User) -> Result<Made, Refusal> {
        let Asked { machine, campaign, number, message, now } = self;
        let tables = machine.tables;
        if !user.profile.agrees() {
            return Err(OutcomeKind::NoConsent.into());
        }
        let to = match user.address() {
            Ok(number) if shared.is_blocked(&number) => return Err(OutcomeKind::NoConsent.into()),
            Ok(number) => number,
            // Without a number there is only what the profile itself says.
            Err(_) if user.profile.blocks_number() == Some(true) => return Err(OutcomeKind::NoConsent.into()),
            Err(why) => return Err(Refusal::because(OutcomeKind::Unreachable, why)),
        };
        let audience = campaign.audience.filter(|audience| audience.recheck);
        if audience.is_some_and(|audience| !holds(tables, user, audience.node, now)) {
            return Err(OutcomeKind::RequalifiedOut.into());
        }
        if let Some(last) = campaign.valid.map(|valid| message.qualified_at + valid)
            && now > last
        {
            return Err(Refusal::because(OutcomeKind::Expired, format!("valid until {last}")));
        }
        let run = machine.campaign_run(campaign, user);
        if !run.contains(now) {
            return Err(Refusal::because(OutcomeKind::Ended, format!("the campaign ran until {}", run.to)));
        }
        let used_up = |jobs: usize, cap: &CapPlan| jobs >= cap.count as usize;
        let since = |cap: &CapPlan| match cap.per {
            CapPer::Rolling(length) => now - length,
            CapPer::Calendar(unit) => {
                let (from, _) =
                    bounds(&WindowKind::This(unit), now, &user.zone, tables.rulebook.settings().week_starts);
                Instant::from_millis(from.millis() - 1)
            }
        };
        if campaign.of_schedule() && shared.has_addressed(message.campaign, &message.cause, &to) {
            return Err(OutcomeKind::DuplicateAddress.into());
        }
        // Jobs to the user, and those to the number that were other users'.
        let own = |after| {
            let others = shared.others_jobs_after(&to, number, Some(message.campaign), after);
            user.jobs_of_after(message.campaign, after) + others
        };
        let all = |after| user.jobs_after(after) + shared.others_jobs_after(&to, number, None, after);
        if campaign.at_most.iter().any(|cap| used_up(own(since(cap)), cap)) {
            return Err(OutcomeKind::CapCampaign.into());
        }
        let held = !campaign.ignores_caps;
        if held && tables.caps.iter().any(|cap| used_up(all(since(cap)), cap)) {
            return Err(OutcomeKind::CapGlobal.into());
        }
        if held && tables.gap.is_some_and(|gap| all(now - gap) > 0) {
            return Err(OutcomeKind::Gap.into());
        }
        if shared.is_limited(&self) {
            return Err(OutcomeKind::Limit.into());
        }
        let asking = self.asking(user, &to);
        if let Some(room) = shared.no_room(&self, asking) {
            return Err(Refusal::StandsInLine(room, asking));
        }
        let asked = |node| holds(tables, user, node, now);
        let chosen = match campaign.delivery.test() {
            None => campaign.delivery.choose(&user.id, asked),
            Some(test) => match shared.experiments.choose(&self, test, &user.id) {
                Chosen::Is(place) => campaign.delivery.variants.get(place).map(|variant| (place, variant)),
                Chosen::Waits(decided) => return Err(Refusal::WaitsForTest(decided)),
            },
        };
        let Some((place, variant)) = chosen else {
            return Err(Refusal::because(OutcomeKind::RenderError, "no message is chosen"));
        };
        let text = &variant.message;
        match shared.not_before(&self, text, user.profile.properties(), &to) {
            ProviderSays::Now => {}
            ProviderSays::NotBefore(held, at) => return Err(Refusal::NotBefore(held, at)),
            ProviderSays::Never(template) => {
                let template = template.map(|(name, language)| format!("`{name}` in {language}"));
                let detail = template.map(Text::from);
                return Err(Refusal::Ends { outcome: OutcomeKind::TemplateDisabled, detail });
            }
        }
        if text.is_free_form() && !tables.service_window.is_some_and(asked) {
            return Err(OutcomeKind::ServiceWindow.into());
        }
        let events = match &message.cause {
            Cause::Event { origin, first, .. } => {
                let first = first.as_ref().map(|first| &first.properties);
                Events { event: Some(&origin.properties), first }
            }
            Cause::Schedule { .. } | Cause::Date { .. } | Cause::Segment { .. } => Events::default(),
        };
        let occasion = Occasion { due: now, account: &tables.zone, user: &user.zone };
        let rendered = text.render(events, user.profile.properties(), occasion);
        let content = rendered.map_err(|stop| match stop {
            RenderStop::Aborted(why) => {
                Refusal::Ends { outcome: OutcomeKind::Aborted, detail: why.map(Into::into) }
            }
            RenderStop::Failed(why) => Refusal::because(OutcomeKind::RenderError, why),
        })?;
        Ok(Made { to, asking, place, variant: variant.name.clone(), category: text.category(), content })
    }

    fn job(self, user: &User, made: Made, occurrence: &str) -> SendJob {
        let Made { to, variant, category, content, .. } = made;
        let Asked { machine, campaign, message, now, .. } = self;
        let valid = campaign.valid.map(|valid| message.qualified_at + valid);
        let ends = machine.campaign_run(campaign, user).to;
        let run_end = (ends < Instant::MAX).then(|| Instant::from_millis(ends.millis() - 1));
        SendJob {
            id: JobId::new(&campaign.name, &user.id, occurrence),
            campaign: campaign.name.clone(),
            variant,
            user: user.id.clone(),
            to,
            provider: campaign.provider.clone(),
            channel: Channel::Whatsapp,
            category,
            due: now,
            not_after: valid.into_iter().chain(run_end).min(),
            qualified_at: message.qualified_at,
            time_zone: user.zone.name().into(),
            time_zone_source: user.zone_source,
            unknown_time_zone: user.unknown_zone().map(Text::from),
            content,
            trigger: trigger(campaign, &message.cause),
        }
    }
}

fn trigger(campaign: &CampaignPlan, cause: &Cause) -> Trigger {
    match cause {
        Cause::Event { origin, .. } => Trigger {
            kind: match campaign.trigger {
                TriggerPlan::Inaction { .. } => TriggerKind::Inaction,
                TriggerPlan::FirstTime => TriggerKind::FirstTime,
                TriggerPlan::Followed { .. } => TriggerKind::Followed,
                TriggerPlan::Request => TriggerKind::Request,
                TriggerPlan::EventDate(_) => TriggerKind::EventDate,
                TriggerPlan::Event
                | TriggerPlan::ProfileDate
                | TriggerPlan::Segment
                | TriggerPlan::Schedule => TriggerKind::Event,
            },
            event: Some(origin.event.clone()),
            event_id: Some(cause.occurrence()),
            at: origin.at,
        },
        Cause::Schedule { at, .. } => without_event(TriggerKind::Schedule, *at),
        Cause::Date { at, .. } => without_event(TriggerKind::ProfileDate, *at),
        Cause::Segment { enters: true, at } => without_event(TriggerKind::Enters, *at),
        Cause::Segment { enters: false, at } => without_event(TriggerKind::Leaves, *at),
    }
}

fn without_event(kind: TriggerKind, at: Instant) -> Trigger {
    Trigger { kind, event: None, event_id: None, at }
}
