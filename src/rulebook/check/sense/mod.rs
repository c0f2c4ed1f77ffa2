//! What can be used and cannot be meant: conditions that never or always hold, caps that never bind, an `unless` that is the
//! trigger, two campaigns that say the same. Warnings, looked for only where there is no mistake.

mod truth;

use indexmap::IndexMap;

use super::Checker;
use crate::language::ast::{CalendarUnit, Campaign, Cap, CapPer, Delivery, Message, Trigger};
use crate::language::{Diagnostic, Severity, without_places};
use crate::rulebook::codes;
use truth::{Finding, Truth};

impl Checker<'_> {
    /// Looks at all that compiles once more, as a colleague would.
    pub(super) fn sense(&mut self) {
        if self.findings.iter().any(|finding| finding.severity == Severity::Error) {
            return;
        }
        let tables = self.tables;
        let mut truth = Truth { tables, findings: Vec::new() };
        for segment in tables.segments.values() {
            truth.condition(&segment.condition);
        }
        for campaign in tables.campaigns.values() {
            if let (Some(trigger), Some(audience)) = (&campaign.trigger, &campaign.audience) {
                truth.audience(&trigger.node, &audience.condition);
            }
        }
        for finding in std::mem::take(&mut truth.findings) {
            self.report(never_or_always(finding));
        }
        for campaign in tables.campaigns.values() {
            self.unless_trigger(campaign);
            self.idle_caps(campaign);
        }
        self.idle_account_caps();
        self.twins();
    }

    /// An `unless` that is the campaign's own trigger. Where the message waits, a repeat replaces it, which may be meant.
    fn unless_trigger(&mut self, campaign: &Campaign) {
        let Some(trigger) = &campaign.trigger else { return };
        let Trigger::Event(pattern) = &trigger.node else { return };
        let quiet = self.tables.settings.as_ref().is_some_and(|settings| settings.quiet_hours.is_some());
        if quiet || campaign.wait.is_some() || campaign.deliver.is_some() {
            return;
        }
        for unless in &campaign.unless {
            if without_places(&unless.pattern) == without_places(pattern) {
                self.report(
                    Diagnostic::warning(
                        codes::UNLESS_IS_TRIGGER,
                        unless.span,
                        "this is the trigger, and no message waits for a repeat of it: it never cancels anything",
                    )
                    .with_secondary(pattern.span, "the trigger")
                    .with_help("name what the user should not have done meanwhile, or take it out"),
                );
            }
        }
    }

    /// Caps of a campaign that another one, or its schedule, keeps from ever being reached.
    fn idle_caps(&mut self, campaign: &Campaign) {
        let account = self.tables.settings.iter().flat_map(|settings| &settings.caps);
        let account: Vec<&Cap> = account.filter(|_| campaign.ignore_caps.is_none()).collect();
        let times = match campaign.trigger.as_ref().map(|trigger| &trigger.node) {
            Some(Trigger::At { times, .. }) => u32::try_from(times.len()).ok(),
            _ => None,
        };
        for (place, cap) in campaign.at_most.iter().enumerate() {
            if let Some(times) = times.filter(|times| *times <= cap.count.node) {
                let often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
                self.report(
                    Diagnostic::warning(
                        codes::IDLE_CAP,
                        cap.span,
                        format!("this never stops a message: the campaign writes to a user {often} at most"),
                    )
                    .with_help("take it out"),
                );
                continue;
            }
            let own = campaign.at_most.iter().enumerate().filter(|(other, _)| *other != place);
            // Of two that are alike, the first is the one that counts.
            let own = own
                .filter(|(other, stricter)| *other < place || !stops_first(cap, stricter))
                .map(|(_, cap)| cap);
            let stricter = account
                .iter()
                .copied()
                // The campaign's own cap is asked first: it is reached where the account's would be.
                .filter(|other| other.count.node < cap.count.node)
                .chain(own)
                .find(|other| stops_first(other, cap));
            if let Some(stricter) = stricter {
                self.idle(cap, stricter);
            }
        }
    }

    /// Caps of the account of which one is never reached because of another.
    fn idle_account_caps(&mut self) {
        let Some(settings) = &self.tables.settings else { return };
        for (place, cap) in settings.caps.iter().enumerate() {
            let stricter = settings.caps.iter().enumerate().find(|(other, stricter)| {
                *other != place
                    && stops_first(stricter, cap)
                    && (*other < place || !stops_first(cap, stricter))
            });
            if let Some((_, stricter)) = stricter {
                self.idle(cap, stricter);
            }
        }
    }

    fn idle(&mut self, cap: &Cap, stricter: &Cap) {
        self.report(
            Diagnostic::warning(
                codes::IDLE_CAP,
                cap.span,
                "this never stops a message: a stricter cap is always reached first",
            )
            .with_secondary(stricter.span, "the stricter one")
            .with_help("take it out, or choose a smaller number for the shorter time"),
        );
    }

    /// Campaigns that send the same template on the same trigger.
    fn twins(&mut self) {
        let mut known: IndexMap<(String, &str), &Campaign> = IndexMap::new();
        for campaign in self.tables.campaigns.values() {
            let (Some(trigger), Some(Delivery::One(Message::Template(message)))) =
                (&campaign.trigger, &campaign.message)
            else {
                continue;
            };
            // Two audiences that are told apart by `if` are two campaigns.
            let asks = campaign.audience.as_ref().map(|audience| without_places(&audience.condition));
            let key = (format!("{} {asks:?}", without_places(&trigger.node)), message.template.node.as_str());
            match known.get(&key) {
                None => drop(known.insert(key, campaign)),
                Some(first) => self.report(
                    Diagnostic::warning(
                        codes::TWINS,
                        campaign.name.span,
                        format!(
                            "campaigns `{}` and `{}` send the same template on the same trigger to the same users: each of them gets it twice",
                            first.name.node, campaign.name.node
                        ),
                    )
                    .with_secondary(first.name.span, "the other one")
                    .with_help("take one of them out, or tell their users apart by `if`"),
                ),
            }
        }
    }
}

/// True when the one cap has stopped a message before the other could: no more in a time that is at least as long.
fn stops_first(strict: &Cap, cap: &Cap) -> bool {
    let longer = match (strict.per.node, cap.per.node) {
        (CapPer::Rolling(long), CapPer::Rolling(short)) => short <= long,
        // A week may lie in two months.
        (CapPer::Calendar(long), CapPer::Calendar(short)) => short == long || short == CalendarUnit::Day,
        _ => false,
    };
    longer && strict.count.node <= cap.count.node
}

fn never_or_always(finding: Finding) -> Diagnostic {
    let Finding { always, part, with } = finding;
    let (code, message) = if always {
        (codes::ALWAYS_TRUE, "this always holds")
    } else {
        (codes::NEVER_TRUE, "this can never hold")
    };
    let message = match &with {
        Some(other) => format!("{message}: here {}, there {}", part.why, other.why),
        None => format!("{message}: {}", part.why),
    };
    let help = if always {
        "take it out, or say what is to be asked"
    } else {
        "one of the two must be meant otherwise"
    };
    let diagnostic = Diagnostic::warning(code, part.span, message);
    match with {
        Some(other) => diagnostic.with_secondary(other.span, other.why).with_help(help),
        None => diagnostic.with_help(if always {
            help
        } else {
            "a count speaks of those who did it at all: `or never` counts the others as well"
        }),
    }
}
