//! The decision on a message that is due: one step after the other, and the first that fails names the outcome.

use crate::calendar::bounds;
use crate::language::ast::WindowKind;
use crate::machine::{Cause, Machine, Pending, User, holds};
use crate::message::RenderStop;
use crate::model::{
    Channel, Instant, JobId, OutcomeKind, SendJob, TemplateMessage, Text, Trigger, TriggerKind, ZoneSource,
};
use crate::program::{CampaignPlan, CapPer, CapPlan, TriggerPlan};

use super::order::{DecidedJob, Decisions};

/// Why there is no job.
struct Refusal {
    outcome: OutcomeKind,
    detail: Option<Text>,
}

impl Refusal {
    fn because(outcome: OutcomeKind, detail: impl Into<Text>) -> Refusal {
        Refusal { outcome, detail: Some(detail.into()) }
    }
}

impl From<OutcomeKind> for Refusal {
    fn from(outcome: OutcomeKind) -> Refusal {
        Refusal { outcome, detail: None }
    }
}

/// Decides a message of a user that is due now.
pub(super) fn decide(
    machine: &Machine<'_>,
    user: &mut User,
    message: &Pending,
    now: Instant,
    out: &mut Decisions,
) {
    let Some(campaign) = machine.tables.campaigns.get(message.campaign as usize) else { return };
    match settle(machine, campaign, user, message, now) {
        Ok((to, template)) => {
            let occurrence = message.cause.occurrence();
            let job = job(machine, campaign, user, message, now, (to, template, &occurrence));
            user.enter_job(now, message.campaign, campaign, machine.tables);
            let job = DecidedJob { job, priority: campaign.priority, arrival: message.arrival };
            out.sent(message.campaign, job, occurrence);
        }
        Err(Refusal { outcome, detail }) => machine.end(user, message, now, outcome, detail, out),
    }
}

fn settle(
    machine: &Machine<'_>,
    campaign: &CampaignPlan,
    user: &mut User,
    message: &Pending,
    now: Instant,
) -> Result<(Text, TemplateMessage), Refusal> {
    let tables = machine.tables;
    if !user.profile.consents() {
        return Err(OutcomeKind::NoConsent.into());
    }
    let to = user.address().map_err(|why| Refusal::because(OutcomeKind::Unreachable, why))?;
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
    let own = |cap: &CapPlan| used_up(user.jobs_of_after(message.campaign, since(cap)), cap);
    if campaign.at_most.iter().any(own) {
        return Err(OutcomeKind::CapCampaign.into());
    }
    let held = !campaign.ignores_caps;
    if held && tables.caps.iter().any(|cap| used_up(user.jobs_after(since(cap)), cap)) {
        return Err(OutcomeKind::CapGlobal.into());
    }
    if held && tables.gap.is_some_and(|gap| user.jobs_after(now - gap) > 0) {
        return Err(OutcomeKind::Gap.into());
    }
    let event = match &message.cause {
        Cause::Event { origin, .. } => Some(&origin.properties),
        Cause::Schedule { .. } => None,
    };
    let template = campaign.message.render(event, user.profile.properties()).map_err(|stop| match stop {
        RenderStop::Aborted(why) => Refusal { outcome: OutcomeKind::Aborted, detail: why.map(Into::into) },
        RenderStop::Failed(why) => Refusal::because(OutcomeKind::RenderError, why),
    })?;
    Ok((to, template))
}

fn job(
    machine: &Machine<'_>,
    campaign: &CampaignPlan,
    user: &User,
    message: &Pending,
    now: Instant,
    (to, template, occurrence): (Text, TemplateMessage, &Text),
) -> SendJob {
    let valid = campaign.valid.map(|valid| message.qualified_at + valid);
    let ends = machine.campaign_run(campaign, user).to;
    let run_end = (ends < Instant::MAX).then(|| Instant::from_millis(ends.millis() - 1));
    let unknown = match user.zone_source {
        ZoneSource::AccountForUnknown => user.profile.zone_name().map(Text::from),
        ZoneSource::Profile | ZoneSource::Account => None,
    };
    SendJob {
        id: JobId::new(&campaign.name, &user.id, occurrence),
        campaign: campaign.name.clone(),
        variant: "only".into(),
        user: user.id.clone(),
        to,
        provider: campaign.provider.clone(),
        channel: Channel::Whatsapp,
        category: campaign.message.category(),
        due: now,
        not_after: valid.into_iter().chain(run_end).min(),
        qualified_at: message.qualified_at,
        time_zone: user.zone.name().into(),
        time_zone_source: user.zone_source,
        unknown_time_zone: unknown,
        template,
        trigger: trigger(campaign, &message.cause),
    }
}

fn trigger(campaign: &CampaignPlan, cause: &Cause) -> Trigger {
    match cause {
        Cause::Event { origin, .. } => Trigger {
            kind: match campaign.trigger {
                TriggerPlan::Inaction { .. } => TriggerKind::Inaction,
                TriggerPlan::Event | TriggerPlan::Schedule => TriggerKind::Event,
            },
            event: Some(origin.event.clone()),
            event_id: Some(cause.occurrence()),
            at: origin.at,
        },
        Cause::Schedule { at, .. } => {
            Trigger { kind: TriggerKind::Schedule, event: None, event_id: None, at: *at }
        }
    }
}
