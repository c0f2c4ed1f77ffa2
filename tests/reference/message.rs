//! One message's way from qualification to outcome (5).

use std::cmp::Reverse;

use campanile::language::ast::{Cap, CapPer, ControlChoice, Hours, Otherwise, Wait};
use campanile::message::RenderStop;
use campanile::model::{
    Channel, Duration, Event, Instant, JobId, Outcome, OutcomeKind, Profile, SendJob, TemplateMessage, Text,
    chance, e164,
};
use campanile::rulebook::Campaign;
use chrono::Days;

use super::clock::{next_minute, start_of_unit, within};
use super::condition::tied;
use super::person::{Half, Moment, Person, Step};
use super::trigger::Firing;

/// 5.5
const LONGEST_HOLD: Duration = Duration::from_seconds(400 * 24 * 60 * 60);

/// How one message ended.
pub struct Decision {
    pub priority: i32,
    pub arrival: Instant,
    pub outcome: Outcome,
    pub job: Option<SendJob>,
}

/// A message on its way.
struct Message<'a, 'f> {
    firing: &'f Firing<'a>,
    priority: i32,
    arrival: Instant,
}

/// Where a message's way ends before anything but its own hours and events are asked.
enum Way {
    Ends(Moment, OutcomeKind),
    IsDue(Instant),
}

impl<'a> Person<'a> {
    /// The outcome of each firing that qualifies, in the order in which they are decided.
    pub fn decisions(&self, firings: &[Firing<'a>]) -> Vec<Decision> {
        // 4.7
        let qualifies = |firing: &&Firing| match &firing.campaign.syntax.audience {
            Some(audience) => self.holds(&audience.condition, firing.moment),
            None => true,
        };
        let mut ended = Vec::new();
        let mut due = Vec::new();
        for (qualification, firing) in firings.iter().filter(qualifies).enumerate() {
            let priority = firing.campaign.syntax.priority.as_ref().map_or(0, |priority| priority.node);
            let message = Message { firing, priority, arrival: self.arrival(firing) };
            // 5.12
            let rank = (Reverse(priority), message.arrival, firing.order, qualification);
            match self.way(&message) {
                Way::Ends(moment, kind) => {
                    ended.push((moment, rank, self.outcome(&message, moment.at, kind)))
                }
                Way::IsDue(at) => due.push((Moment { at, step: Step::Due }, rank, message)),
            }
        }

        due.sort_by_key(|(moment, rank, _)| (*moment, *rank));
        let mut jobs: Vec<SendJob> = Vec::new();
        for (moment, rank, message) in due {
            let decision = match self.decide(&message, moment, &jobs) {
                Ok(job) => {
                    jobs.push(job.clone());
                    let mut decision = self.outcome(&message, moment.at, OutcomeKind::Sent);
                    decision.outcome.job = Some(job.id);
                    decision.job = Some(job);
                    decision
                }
                Err((kind, detail)) => {
                    let mut decision = self.outcome(&message, moment.at, kind);
                    decision.outcome.detail = detail;
                    decision
                }
            };
            ended.push((moment, rank, decision));
        }

        ended.sort_by_key(|(moment, rank, _)| {
            // Only messages have ranks (5.12); everything else is in order of qualification (1.6, 5.13).
            let ranked = matches!(moment.step, Step::Hours | Step::Due).then_some(*rank);
            (*moment, ranked, rank.3)
        });
        ended.into_iter().map(|(_, _, decision)| decision).collect()
    }

    fn outcome(&self, message: &Message, decided_at: Instant, kind: OutcomeKind) -> Decision {
        let firing = message.firing;
        let outcome = Outcome {
            campaign: firing.campaign.name.clone(),
            user: self.user.into(),
            occurrence: firing.occurrence.clone(),
            qualified_at: firing.moment.at,
            decided_at,
            outcome: kind,
            detail: None,
            job: None,
        };
        Decision { priority: message.priority, arrival: message.arrival, outcome, job: None }
    }

    /// 5.3
    fn arrival(&self, firing: &Firing) -> Instant {
        let qualified_at = firing.moment.at;
        match firing.campaign.syntax.wait.as_ref().map(|wait| wait.node) {
            None => qualified_at,
            Some(Wait::Exact(length)) => qualified_at + length,
            Some(Wait::CalendarDays(days)) => {
                let zone = &self.zone(firing.moment).zone;
                zone.instant(zone.wall(qualified_at) + Days::new(days.into()))
            }
        }
    }

    /// 5.1 to 5.5
    fn way(&self, message: &Message) -> Way {
        let firing = message.firing;
        let settings = self.world.rulebook.settings();
        let spared = match &firing.campaign.syntax.control {
            Some(ControlChoice::None(_)) => false,
            None => chance("control", self.user, settings.control_group),
            Some(ControlChoice::Named(group)) => {
                chance("control", self.user, settings.control_group)
                    || chance(
                        &format!("control/{}", group.node),
                        self.user,
                        settings.control_groups[&group.node],
                    )
            }
        };
        if spared {
            return Way::Ends(firing.moment, OutcomeKind::Control);
        }
        if let Some(share) = &firing.campaign.syntax.holdout {
            let purpose = format!("holdout/{}", firing.campaign.name);
            if chance(&purpose, self.user, share.node) {
                return Way::Ends(firing.moment, OutcomeKind::Holdout);
            }
        }
        let way = self.hours(message);
        let decided = match &way {
            Way::Ends(moment, _) => *moment,
            Way::IsDue(at) => Moment { at: *at, step: Step::Due },
        };
        match self.cancelled(firing) {
            Some(cancelled) if cancelled < decided => Way::Ends(cancelled, OutcomeKind::Cancelled),
            _ => way,
        }
    }

    /// 5.4: when the first event after the qualification comes that an `unless` means.
    fn cancelled(&self, firing: &Firing) -> Option<Moment> {
        let seen = self.seen(firing.moment);
        let trigger = firing.event.map(|place| self.event(place));
        let in_run = |at: Instant| at < self.world.to;
        let mut later = self.events().filter(|(place, event)| *place >= seen && in_run(event.at));
        let first = later.find(|(place, event)| {
            firing.campaign.syntax.unless.iter().any(|unless| {
                let tied = match trigger {
                    Some(trigger) => tied(unless.matching.as_ref(), trigger, event),
                    None => unless.matching.is_none(),
                };
                tied && self.matches(&unless.pattern, *place)
            })
        });
        first.map(|(place, event)| Moment { at: event.at, step: Step::Record(place, Half::Cancels) })
    }

    /// 5.5, 5.13: when delivery hours and quiet hours first let the message through, if nothing else happens to it.
    fn hours(&self, message: &Message) -> Way {
        let deliver = message.firing.campaign.syntax.deliver.as_ref();
        let quiet = self.world.rulebook.settings().quiet_hours.as_ref();
        let mut asked = message.arrival;
        loop {
            if asked >= self.world.to {
                return Way::Ends(Moment { at: self.world.to, step: Step::End }, OutcomeKind::Pending);
            }
            let moment = Moment { at: asked, step: Step::Hours };
            let inside = |hours: &Hours, at: Instant| {
                within(&hours.windows, self.zone_of(&hours.base, moment).wall(at))
            };
            let delivers = |at: Instant| deliver.is_none_or(|hours| inside(hours, at));
            let is_quiet = |at: Instant| quiet.is_some_and(|hours| inside(hours, at));

            let closed = if !delivers(asked) {
                deliver
            } else if is_quiet(asked) {
                quiet
            } else {
                return Way::IsDue(asked);
            };
            let until = asked + LONGEST_HOLD;
            let drops = closed.is_some_and(|hours| hours.otherwise == Otherwise::Drop);
            if drops || next_minute(asked, until, |at| delivers(at) && !is_quiet(at)).is_none() {
                return Way::Ends(moment, OutcomeKind::OutsideWindow);
            }
            let next = if delivers(asked) {
                next_minute(asked, until, |at| !is_quiet(at))
            } else {
                next_minute(asked, until, delivers)
            };
            asked = next.unwrap();
        }
    }

    /// 5.6 to 5.11
    fn decide(
        &self,
        message: &Message,
        moment: Moment,
        jobs: &[SendJob],
    ) -> Result<SendJob, (OutcomeKind, Option<Text>)> {
        let firing = message.firing;
        let campaign = &firing.campaign.syntax;
        let settings = self.world.rulebook.settings();
        let (due, qualified_at) = (moment.at, firing.moment.at);
        let profile = self.profile(moment);
        let fail = |kind| Err((kind, None));

        if !profile.consents() {
            return fail(OutcomeKind::NoConsent);
        }
        let Some(to) = profile.phone().and_then(|phone| e164(phone).ok()) else {
            return fail(OutcomeKind::Unreachable);
        };
        if let Some(audience) = &campaign.audience
            && audience.recheck
            && !self.holds(&audience.condition, moment)
        {
            return fail(OutcomeKind::RequalifiedOut);
        }
        let valid_until = campaign.valid.as_ref().map(|valid| qualified_at + valid.node);
        if valid_until.is_some_and(|valid_until| due > valid_until) {
            return fail(OutcomeKind::Expired);
        }
        if !self.campaign_runs(firing.campaign, moment) {
            return fail(OutcomeKind::Ended);
        }
        let sent_after = |after: Instant, campaign: Option<&str>| {
            let counts = |job: &&SendJob| {
                job.due > after && campaign.is_none_or(|campaign| *campaign == *job.campaign)
            };
            jobs.iter().filter(counts).count() as u64
        };
        let since = |per: CapPer| match per {
            CapPer::Rolling(length) => due - length,
            CapPer::Calendar(unit) => {
                let local = self.zone(moment).zone.wall(due).date();
                let first = start_of_unit(local, unit, settings.week_starts);
                Instant::from_millis(self.zone(moment).zone.start_of(first).millis() - 1)
            }
        };
        let own =
            |cap: &Cap| sent_after(since(cap.per.node), Some(&firing.campaign.name)) >= cap.count.node.into();
        if campaign.at_most.iter().any(own) {
            return fail(OutcomeKind::CapCampaign);
        }
        let held = campaign.ignore_caps.is_none();
        if held && settings.caps.iter().any(|(count, per)| sent_after(since(*per), None) >= (*count).into()) {
            return fail(OutcomeKind::CapGlobal);
        }
        if let Some(gap) = settings.gap
            && held
            && sent_after(due - gap, None) > 0
        {
            return fail(OutcomeKind::Gap);
        }

        let event = firing.event.map(|place| self.event(place));
        let template = render(firing.campaign, event, profile)?;

        let run_to = campaign.run.as_ref().and_then(|run| run.to.as_ref());
        let run_ends = run_to.map(|to| self.zone_of_run(firing.campaign, moment).end_of(to.node));
        let last_instants = [run_ends, self.stop(firing.campaign, moment)]
            .map(|end| end.map(|end| end - Duration::from_millis(1)));
        let zone = self.zone(moment);
        Ok(SendJob {
            id: JobId::new(&firing.campaign.name, self.user, &firing.occurrence),
            campaign: firing.campaign.name.clone(),
            variant: "only".into(),
            user: self.user.into(),
            to,
            provider: campaign.provider.as_ref().map(|provider| provider.node.as_str().into()),
            channel: Channel::Whatsapp,
            category: firing.campaign.message.category(),
            due,
            not_after: last_instants.into_iter().chain([valid_until]).flatten().min(),
            qualified_at,
            time_zone: zone.zone.name.as_str().into(),
            time_zone_source: zone.source,
            unknown_time_zone: zone.unknown.clone(),
            template,
            trigger: firing.trigger.clone(),
        })
    }
}

/// 5.10
fn render(
    campaign: &Campaign,
    event: Option<&Event>,
    profile: &Profile,
) -> Result<TemplateMessage, (OutcomeKind, Option<Text>)> {
    let rendered = campaign.message.render(event.map(|event| &event.properties), profile.properties());
    rendered.map_err(|stop| match stop {
        RenderStop::Aborted(why) => (OutcomeKind::Aborted, why.map(Into::into)),
        RenderStop::Failed(why) => (OutcomeKind::RenderError, Some(why.into())),
    })
}
