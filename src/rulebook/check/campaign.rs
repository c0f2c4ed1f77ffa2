use super::property::Scope;
use super::trigger::Fired;
use super::{Checker, unknown};
use crate::language::Diagnostic;
use crate::language::ast::{
    self, ControlChoice, FieldKind, Goal, Ident, LimitPer, Path, Trigger, Unless, Wait,
};
use crate::model::Duration;
use crate::rulebook::schema::{a_kind, item};
use crate::rulebook::{Campaign, codes};

const DAY: i64 = 86_400_000;
/// By how much clocks go forward at most in zones of today: so much shorter may days be.
const LEAP: i64 = 2 * 3_600_000;

impl<'a> Checker<'a> {
    /// Checks a campaign; `None` when a part is missing without which there is none.
    pub(super) fn campaign(&mut self, campaign: &'a ast::Campaign) -> Option<Campaign> {
        let fired = match &campaign.trigger {
            Some(trigger) => Some(self.trigger(campaign, trigger)),
            None => {
                self.missing(
                    campaign,
                    Diagnostic::error(
                        codes::NO_TRIGGER,
                        campaign.name.span,
                        format!("campaign `{}` does not say when", campaign.name.node),
                    )
                    .with_help("add a trigger, such as `when \"Charged\"` or `every day at 10:00`"),
                );
                None
            }
        };
        match &campaign.audience {
            Some(audience) => self.condition(&audience.condition),
            None => self.everyone(campaign, fired.as_ref()),
        }
        let variants = match &campaign.message {
            Some(delivery) => self.delivery(campaign, delivery, fired.as_ref()),
            None => {
                self.missing(
                    campaign,
                    Diagnostic::error(
                        codes::NO_MESSAGE,
                        campaign.name.span,
                        format!("campaign `{}` does not say what to send", campaign.name.node),
                    )
                    .with_help("add a message, such as `send template cart_reminder { body \"{{ profile.first_name }}\" }`"),
                );
                None
            }
        };
        self.provider(campaign);
        self.schedule(campaign);
        if let (Some(trigger), Some(fired)) = (&campaign.trigger, &fired) {
            self.audience_run(campaign, &trigger.node, fired);
        }
        if let Some(goal) = &campaign.goal {
            self.goal(goal, fired.as_ref());
        }
        for unless in &campaign.unless {
            self.unless(unless, fired.as_ref());
        }
        let (trigger, fired, variants) = (campaign.trigger.as_ref()?, fired?, variants?);
        Some(Campaign {
            name: campaign.name.node.as_str().into(),
            syntax: campaign.clone(),
            trigger: trigger.node.clone(),
            variants,
            user_time: fired.user_time,
            zone: fired.zone,
        })
    }

    /// Reports a missing clause, unless the reader could not read a part of the campaign: it may stand there.
    pub(super) fn missing(&mut self, campaign: &ast::Campaign, finding: Diagnostic) {
        if !self.tables.broken.is(campaign.span) {
            self.report(finding);
        }
    }

    /// A schedule without an audience sends to everyone who was ever seen.
    fn everyone(&mut self, campaign: &ast::Campaign, fired: Option<&Fired<'_>>) {
        let Some(trigger) =
            campaign.trigger.as_ref().filter(|trigger| fired.is_some() && is_schedule(&trigger.node))
        else {
            return;
        };
        if !self.tables.broken.is(campaign.span) {
            self.report(
                Diagnostic::warning(
                    codes::EVERYONE,
                    trigger.span,
                    format!("campaign `{}` sends to every known user", campaign.name.node),
                )
                .with_help("say who, such as `if in segment lapsed`; if everyone is meant, say `if profile.phone is set`"),
            );
        }
    }

    fn unless(&mut self, unless: &'a Unless, fired: Option<&Fired<'a>>) {
        let scope = self.event_pattern(&unless.pattern);
        self.tied(unless.matching.as_ref(), scope, fired);
    }

    /// Checks the clauses that say when a message goes, how often, and to how few.
    fn schedule(&mut self, campaign: &ast::Campaign) {
        if let Some(deliver) = &campaign.deliver {
            self.base_zone(&deliver.base);
            self.opening(deliver);
        }
        if let Some(share) = &campaign.holdout {
            self.share(share, "nobody would get this message: the holdout is everyone", "`holdout 5%`");
        }
        if let Some(stop) = &campaign.stop {
            self.base_zone(&stop.base);
        }
        if let Some(ControlChoice::Named(name)) = &campaign.control {
            self.control_group(name);
        }
        if let Some(valid) = &campaign.valid {
            self.valid_after_wait(campaign, valid);
        }
    }

    fn control_group(&mut self, name: &Ident) {
        let settings = self.tables.settings.as_ref();
        let known = || settings.into_iter().flat_map(|settings| &settings.control_groups);
        if known().any(|group| group.name.node == name.node) {
            return;
        }
        let message = format!("there is no control group `{}`", name.node);
        let declare = format!("declare it in the settings: `control group {} 5%`", name.node);
        let known: Vec<&str> = known().map(|group| group.name.node.as_str()).collect();
        self.report(unknown(
            codes::UNKNOWN_CONTROL_GROUP,
            name,
            message,
            "control groups",
            known.into_iter(),
            &declare,
        ));
    }

    /// What only makes sense where a whole audience is asked at once.
    fn audience_run(&mut self, campaign: &ast::Campaign, trigger: &Trigger, fired: &Fired<'_>) {
        let scheduled = matches!(trigger, Trigger::At { .. } | Trigger::Every { .. } | Trigger::Cron { .. });
        let schedule = "let the campaign start from a schedule, such as `every day at 10:00`";
        for limit in campaign.limits.iter().filter(|limit| limit.per == LimitPer::Run && !scheduled) {
            self.report(
                Diagnostic::error(
                    codes::NEEDS_A_SCHEDULE,
                    limit.span,
                    "`per run` counts the runs of a schedule, and this campaign has none",
                )
                .with_help(format!("write `limit {} users per day`, or {schedule}", limit.users.node)),
            );
        }
        let Some(stop) = &campaign.safety_stop else { return };
        if !scheduled {
            self.report(
                Diagnostic::error(
                    codes::NEEDS_A_SCHEDULE,
                    stop.span,
                    "a safety stop looks at the audience of a schedule's run, and this campaign has none",
                )
                .with_help(format!(
                    "write `limit {} users`, which ends the campaign after so many, or {schedule}",
                    stop.audience.node
                )),
            );
        } else if fired.user_time {
            self.report(
                Diagnostic::error(
                    codes::NEEDS_ONE_INSTANT,
                    stop.span,
                    "in `user time` the first users have their messages before the last zone's audience is known",
                )
                .with_help(format!(
                    "let the schedule be in account time, or write `limit {} users`",
                    stop.audience.node
                )),
            );
        }
    }

    fn goal(&mut self, goal: &'a Goal, fired: Option<&Fired<'a>>) {
        let scope = self.event_pattern(&goal.pattern);
        if let Some(path) = &goal.revenue
            && let Some(field) = self.property(scope, path)
            && !matches!(item(&field.kind.node), FieldKind::Number)
        {
            self.report(
                Diagnostic::error(
                    codes::WRONG_KIND,
                    path.span,
                    format!(
                        "revenue is a sum of numbers, and `{}` is {}",
                        path.parts.join("."),
                        a_kind(&field.kind.node)
                    ),
                )
                .with_secondary(field.kind.span, "declared here")
                .with_help("name a property that holds a number"),
            );
        }
        self.tied(goal.matching.as_ref(), scope, fired);
    }

    /// `matching p` of an event that is tied to the trigger's.
    fn tied(&mut self, path: Option<&'a Path>, scope: Scope<'a>, fired: Option<&Fired<'a>>) {
        let (Some(path), Some(fired)) = (path, fired) else { return };
        match fired.event {
            Some(event) => self.matching(path, event, scope),
            None => self.report(
                Diagnostic::error(
                    codes::MATCHING_WITHOUT_EVENT,
                    path.span,
                    "`matching` has nothing to match: this trigger has no event",
                )
                .with_help("leave `matching` out, or let the campaign start from an event: `when …`"),
            ),
        }
    }

    /// `valid` counts from the qualification, as `wait` does: the shorter one ends first.
    fn valid_after_wait(&mut self, campaign: &ast::Campaign, valid: &crate::language::Spanned<Duration>) {
        let Some(wait) = &campaign.wait else { return };
        let shortest = match wait.node {
            Wait::Exact(length) => length.millis(),
            Wait::CalendarDays(days) => (i64::from(days) * DAY).saturating_sub(LEAP),
        };
        if shortest > valid.node.millis() {
            self.report(
                Diagnostic::error(
                    codes::ALWAYS_EXPIRED,
                    valid.span,
                    "every message would expire: it is no longer valid when its wait ends",
                )
                .with_secondary(wait.span, "the wait, which counts from the same instant")
                .with_help("make `valid` longer than `wait`"),
            );
        }
    }
}

/// True of a trigger that fires for everyone who is known.
fn is_schedule(trigger: &ast::Trigger) -> bool {
    matches!(trigger, ast::Trigger::At { .. } | ast::Trigger::Every { .. } | ast::Trigger::Cron { .. })
}
