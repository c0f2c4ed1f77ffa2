//! The step of the order of decisions that ended a message, and what it found.

use super::explanation::{Place, Step};
use super::words::{Times, length, quoted, value};
use crate::calendar::Zone;
use crate::language::Span;
use crate::language::ast::{Cap, CapPer};
use crate::model::{Event, Outcome, OutcomeKind, Profile, SendJob, Text, Value};
use crate::program::{Matcher, Tables};
use crate::replay::ReplayResult;
use crate::rulebook::{Campaign, Rulebook};

/// What a step can be told from.
pub(super) struct Context<'a> {
    pub rulebook: &'a Rulebook,
    pub campaign: &'a Campaign,
    pub result: &'a ReplayResult,
    pub events: &'a [Event],
    pub zone: &'a Zone,
    pub tables: &'a Tables,
    /// The user's profile when it was decided.
    pub profile: Option<&'a Profile>,
}

/// True for outcomes that are decided when the message is due, after the audience was asked again.
pub(super) fn is_due(kind: OutcomeKind) -> bool {
    !matches!(
        kind,
        OutcomeKind::SafetyStop
            | OutcomeKind::Control
            | OutcomeKind::Holdout
            | OutcomeKind::OutsideWindow
            | OutcomeKind::Cancelled
            | OutcomeKind::NoConsent
            | OutcomeKind::Unreachable
            | OutcomeKind::Pending
    )
}

impl Context<'_> {
    /// What ended a message.
    pub fn step(&self, outcome: &Outcome) -> Step {
        let times = Times(*self.zone);
        let syntax = &self.campaign.syntax;
        let at = times.say(outcome.decided_at);
        let settings = self.rulebook.settings().syntax.as_ref();
        let detail = || times.local(outcome.detail.as_deref().unwrap_or_default());
        let sources = self.rulebook.sources();
        let place = |span: Option<Span>| span.map(|span| Place::of(sources, span));
        let clause = |span: Span| quoted(&super::explanation::one_line(sources.slice(span)));
        let (asks, finding, span): (&'static str, String, Option<Span>) = match outcome.outcome {
            OutcomeKind::Sent => ("a send job is made", format!("due {at}"), None),
            OutcomeKind::SafetyStop => {
                let span = syntax.safety_stop.as_ref().map(|it| it.span);
                ("the audience is not too large", span.map(clause).unwrap_or_default(), span)
            }
            OutcomeKind::Control => (
                "the user is not in the control group",
                format!("{} was drawn by a stable hash of the user's id", outcome.user),
                settings.and_then(|settings| settings.control_group.as_ref()).map(|share| share.span),
            ),
            OutcomeKind::Holdout => (
                "the user is not in the campaign's holdout",
                format!("{} was drawn by a stable hash of the user's id", outcome.user),
                syntax.holdout.as_ref().map(|it| it.span),
            ),
            OutcomeKind::Cancelled => {
                let (finding, span) = self.cancelled(outcome, &times);
                ("no `unless` event comes", finding, span)
            }
            OutcomeKind::OutsideWindow => (
                "delivery hours and quiet hours are open",
                format!("{} at {at}", detail()),
                match detail().as_str() {
                    "quiet hours" => settings.and_then(|it| it.quiet_hours.as_ref()).map(|it| it.span),
                    _ => syntax.deliver.as_ref().map(|it| it.span),
                },
            ),
            OutcomeKind::NoConsent => ("the profile consents", self.consent(), None),
            OutcomeKind::Unreachable => ("the profile has a number", detail(), None),
            OutcomeKind::RequalifiedOut => (
                "the audience holds again when due",
                format!("not any more at {at}"),
                syntax.audience.as_ref().map(|it| it.span),
            ),
            OutcomeKind::Expired => (
                "the message is still valid",
                match syntax.valid.as_ref() {
                    Some(valid) => format!(
                        "qualified at {} and valid for {}, due at {at}",
                        times.say(outcome.qualified_at),
                        length(valid.node)
                    ),
                    None => detail(),
                },
                syntax.valid.as_ref().map(|it| it.span),
            ),
            OutcomeKind::Ended => (
                "the campaign still runs",
                format!("it was over when the message was due at {at}"),
                syntax.run.as_ref().map(|it| it.span).or(syntax.stop.as_ref().map(|it| it.span)),
            ),
            OutcomeKind::DuplicateAddress => (
                "the number has not had this message",
                format!("another profile has the number {}", detail()),
                None,
            ),
            OutcomeKind::CapCampaign => {
                let mine = |job: &&SendJob| job.campaign == self.campaign.name;
                let (finding, span) = self.cap(&syntax.at_most, outcome, &mine);
                ("the campaign's cap has room", finding, span)
            }
            OutcomeKind::CapGlobal => {
                let caps = settings.map_or(&[][..], |settings| settings.caps.as_slice());
                let (finding, span) = self.cap(caps, outcome, &|_| true);
                ("the account's cap has room", finding, span)
            }
            OutcomeKind::Gap => {
                let last = self.jobs(outcome).last();
                let finding = match last {
                    Some(job) => format!("{} was sent at {}, due at {at}", job.campaign, times.say(job.due)),
                    None => detail(),
                };
                let span = settings.and_then(|settings| settings.gap.as_ref()).map(|gap| gap.span);
                ("the gap to the last message is kept", finding, span)
            }
            OutcomeKind::Limit => {
                ("the campaign's limit has room", detail(), syntax.limits.first().map(|it| it.span))
            }
            OutcomeKind::TemplateDisabled => (
                "the provider takes the template",
                format!("{} was disabled at {at}", detail()),
                syntax.message.as_ref().map(|it| it.span()),
            ),
            OutcomeKind::ServiceWindow => (
                "the user wrote within 24 hours",
                format!("the last message from the user was not, at {at}"),
                None,
            ),
            OutcomeKind::Aborted => {
                let why = outcome.detail.as_deref().map_or("the text aborted".to_owned(), str::to_owned);
                ("the text does not abort", why, syntax.message.as_ref().map(|it| it.span()))
            }
            OutcomeKind::RenderError => {
                ("every value can be made", detail(), syntax.message.as_ref().map(|it| it.span()))
            }
            OutcomeKind::Pending => ("the run goes on until it is decided", detail(), None),
        };
        let finding = if finding.is_empty() { outcome.outcome.name().to_owned() } else { finding };
        Step { asks, finding, place: place(span) }
    }

    /// What of the profile speaks against a message.
    fn consent(&self) -> String {
        const AGREED: [&str; 2] = ["whatsapp", "msg-whatsapp"];
        const BLOCKED: &str = "msg-dndwhatsapp";
        let Some(profile) = self.profile else { return "the profile did not consent".to_owned() };
        let named =
            |wanted: &str| profile.properties().iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let said = |(name, found): (&Text, &Value)| format!("`{name}` is {}", value(found));
        match (AGREED.iter().find_map(|name| named(name)), named(BLOCKED)) {
            (None, _) => "`whatsapp` is not set".to_owned(),
            (Some(agreed), Some(blocked)) => format!("{}, and {}", said(agreed), said(blocked)),
            (Some(agreed), None) => said(agreed),
        }
    }

    /// The user's jobs before an outcome, in order; also those of others to the same number.
    fn jobs(&self, outcome: &Outcome) -> impl DoubleEndedIterator<Item = &SendJob> {
        let user = outcome.user.clone();
        let until = outcome.decided_at;
        self.result.jobs.iter().filter(move |job| job.user == user && job.due <= until)
    }

    /// The first of several caps that is used up, and the jobs that used it up.
    fn cap(
        &self,
        caps: &[Cap],
        outcome: &Outcome,
        counts: &dyn Fn(&&SendJob) -> bool,
    ) -> (String, Option<Span>) {
        let times = Times(*self.zone);
        for cap in caps {
            let from = match cap.per.node {
                CapPer::Rolling(per) => (outcome.decided_at - per).next(),
                CapPer::Calendar(unit) => {
                    let kind = crate::language::ast::WindowKind::This(unit);
                    let week_starts = self.rulebook.settings().week_starts;
                    crate::calendar::bounds(&kind, outcome.decided_at, self.zone, week_starts).0
                }
            };
            let jobs: Vec<&SendJob> =
                self.jobs(outcome).filter(|job| job.due >= from).filter(|job| counts(job)).collect();
            if jobs.len() >= cap.count.node as usize {
                let said: Vec<String> =
                    jobs.iter().map(|job| format!("{} at {}", job.campaign, times.say(job.due))).collect();
                let text = quoted(&super::explanation::one_line(self.rulebook.sources().slice(cap.span)));
                return (format!("{text} was used up by {}", said.join(", ")), Some(cap.span));
            }
        }
        let others = "used up by messages to another profile with the same number";
        (others.to_owned(), caps.first().map(|cap| cap.span))
    }

    /// The event that ended a message, and the `unless` that it matched.
    fn cancelled(&self, outcome: &Outcome, times: &Times) -> (String, Option<Span>) {
        let clocks = self.tables.clocks_of(self.zone);
        let at_that: Vec<&Event> =
            self.events.iter().filter(|event| event.at == outcome.decided_at).collect();
        for unless in &self.campaign.syntax.unless {
            let matcher = Matcher::new(&unless.pattern);
            if let Some(event) = at_that.iter().find(|event| matcher.matches(event, &clocks)) {
                let id = event.id.as_ref().map(|id| format!(" #{id}")).unwrap_or_default();
                return (
                    format!("\"{}\"{id} came at {}", event.name, times.say(event.at)),
                    Some(unless.span),
                );
            }
        }
        let span = self.campaign.syntax.unless.first().map(|unless| unless.span);
        (format!("at {}", times.say(outcome.decided_at)), span)
    }
}
