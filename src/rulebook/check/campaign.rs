use std::sync::Arc;

use super::Checker;
use super::trigger::Fired;
use crate::language::Diagnostic;
use crate::language::ast::{self, Unless, Wait};
use crate::model::Duration;
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
        let message = match &campaign.message {
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
        self.schedule(campaign);
        for unless in &campaign.unless {
            self.unless(unless, fired.as_ref());
        }
        let (trigger, fired, message) = (campaign.trigger.as_ref()?, fired?, message?);
        Some(Campaign {
            name: campaign.name.node.as_str().into(),
            syntax: campaign.clone(),
            trigger: trigger.node.clone(),
            message: Arc::new(message),
            user_time: fired.user_time,
            zone: fired.zone,
        })
    }

    /// Reports a missing clause, unless the reader could not read a part of the campaign: it may stand there.
    fn missing(&mut self, campaign: &ast::Campaign, finding: Diagnostic) {
        if !self.tables.broken.is(campaign.span) {
            self.report(finding);
        }
    }

    /// A schedule without an audience sends to everyone who was ever seen.
    fn everyone(&mut self, campaign: &ast::Campaign, fired: Option<&Fired<'_>>) {
        let Some(trigger) =
            campaign.trigger.as_ref().filter(|_| fired.is_some_and(|fired| fired.event.is_none()))
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
        let (Some(path), Some(fired)) = (&unless.matching, fired) else { return };
        match fired.event {
            Some(event) => self.matching(path, event, scope),
            None => self.report(
                Diagnostic::error(
                    codes::MATCHING_WITHOUT_EVENT,
                    path.span,
                    "`matching` has nothing to match: a schedule has no event",
                )
                .with_help("leave `matching` out, or let the campaign start from an event: `when …`"),
            ),
        }
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
        if let Some(valid) = &campaign.valid {
            self.valid_after_wait(campaign, valid);
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
