//! How far back the rules look: what history they need to be brought up from it as they are.

use crate::language::ast::{
    Block, CalendarUnit, Campaign, CapPer, Condition, Delivery, EventPattern, LimitPer, OffsetLength, Repeat,
    Sequence, Trigger, Wait, Which, Window,
};
use crate::model::{Duration, Instant, Text};
use crate::rulebook::Rulebook;

use super::Program;
use super::condition::{Reach, WindowPlan, reach};
use super::predicate::Clocks;

/// How far back a campaign looks.
#[derive(Debug)]
pub(crate) struct LooksBack {
    pub(crate) campaign: Text,
    /// What it does at an instant hangs on nothing that is older than this, but for what is said in `whole`.
    pub(crate) length: Duration,
    /// The events of which it reads older ones too.
    pub(crate) whole: Vec<Whole>,
}

/// Events of which the older ones are read too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    /// Their name; any, without one.
    pub(crate) name: Option<Text>,
    /// All that are no older than this; all that there are, without it.
    pub(crate) since: Option<Instant>,
}

const DAY: i64 = 86_400_000;

/// Delivery windows come round in a week; zones are two days apart at the most, and budgets are those of a day.
const SLACK: i64 = 10 * DAY;

/// How far back each campaign looks, with all that is decided together with it.
pub(crate) fn looks_back(program: &Program) -> Vec<LooksBack> {
    let tables = program.tables();
    let rulebook = program.rulebook();
    let settings = rulebook.settings();
    let mut common = SLACK;
    common = settings.caps.iter().fold(common, |sum, (_, per)| sum.saturating_add(length_of(*per)));
    common = common.saturating_add(settings.gap.map_or(0, Duration::millis));
    let throttled = settings.throttle.map_or(0, |(_, per)| per.millis());
    common = common.saturating_add(throttled);
    let campaigns = rulebook.campaigns().iter().map(|campaign| {
        let mut gather = Gather {
            rulebook,
            clocks: tables.clocks(),
            length: common,
            whole: Vec::new(),
            names: Vec::new(),
        };
        gather.campaign(&campaign.syntax);
        let length = Duration::from_millis(gather.length);
        LooksBack { campaign: campaign.name.clone(), length, whole: gather.whole }
    });
    campaigns.collect()
}

struct Gather<'r> {
    rulebook: &'r Rulebook,
    clocks: Clocks<'r>,
    length: i64,
    whole: Vec<Whole>,
    /// All that are read; any, without a name.
    names: Vec<Option<Text>>,
}

impl<'r> Gather<'r> {
    fn campaign(&mut self, campaign: &'r Campaign) {
        if let Some(trigger) = &campaign.trigger {
            self.trigger(&trigger.node);
        }
        if let Some(audience) = &campaign.audience {
            self.condition(&audience.condition);
        }
        for unless in &campaign.unless {
            self.reads(&unless.pattern);
        }
        if let Some(goal) = &campaign.goal {
            self.reads(&goal.pattern);
            self.longer(goal.within.node);
        }
        match campaign.wait.as_ref().map(|wait| &wait.node) {
            None => {}
            Some(Wait::Exact(length)) => self.longer(*length),
            Some(Wait::CalendarDays(days)) => self.longer(days_of(*days)),
        }
        for length in campaign.valid.iter().map(|valid| valid.node) {
            self.longer(length);
        }
        if let Some(throttle) = &campaign.throttle {
            self.longer(throttle.per.node);
        }
        for cap in &campaign.at_most {
            self.longer(Duration::from_millis(length_of(cap.per.node)));
        }
        // What counts from the campaign's beginning on needs everything from which it was counted.
        let counts = campaign.limits.iter().any(|limit| limit.per == LimitPer::Campaign)
            || campaign.safety_stop.is_some()
            || matches!(campaign.message, Some(Delivery::Test(_)));
        if counts {
            let names = std::mem::take(&mut self.names);
            names.into_iter().for_each(|name| self.all_of(name, None));
        }
    }

    fn trigger(&mut self, trigger: &'r Trigger) {
        match trigger {
            Trigger::Event(pattern) => self.reads(pattern),
            Trigger::FirstTime(pattern) => self.ever(pattern),
            Trigger::Inaction(inaction) => {
                for pattern in [&inaction.first, &inaction.absent] {
                    // Which of them is ignored hangs on which was before it, and so on.
                    match inaction.repeat {
                        Repeat::Ignored => self.ever(pattern),
                        Repeat::OwnTimer | Repeat::Restarts => self.reads(pattern),
                    }
                }
                self.longer(inaction.within.node);
            }
            Trigger::Followed(followed) => {
                self.reads(&followed.first);
                self.reads(&followed.then);
                self.longer(followed.within.node);
            }
            // The date may be years from the event.
            Trigger::EventDate(date) => self.ever(&date.pattern),
            Trigger::ProfileDate(date) => match date.offset.as_ref().map(|offset| offset.length) {
                None => {}
                Some(OffsetLength::Exact(length)) => self.longer(length),
                Some(OffsetLength::CalendarDays(days)) => self.longer(days_of(days)),
            },
            Trigger::Enters { segment, .. } | Trigger::Leaves(segment) => self.segment(&segment.node),
            Trigger::Request => self.names.push(Some(Trigger::REQUEST.into())),
            Trigger::At { .. } | Trigger::Every { .. } | Trigger::Cron { .. } => {}
        }
    }

    fn segment(&mut self, name: &str) {
        if let Some(segment) = self.rulebook.segments().get(name) {
            self.condition(&segment.condition);
        }
    }

    fn condition(&mut self, condition: &'r Condition) {
        match condition {
            Condition::And(parts, _) | Condition::Or(parts, _) => {
                parts.iter().for_each(|part| self.condition(part));
            }
            Condition::Not(part, _) => self.condition(part),
            Condition::Did(did) => self.within([&did.pattern], did.window.as_ref()),
            Condition::Aggregate(aggregate) => self.within([&aggregate.pattern], aggregate.window.as_ref()),
            Condition::Occurred(occurred) => match occurred.which {
                Which::First => self.ever(&occurred.pattern),
                Which::Last => self.within([&occurred.pattern], Some(&occurred.window)),
            },
            Condition::Had(had) => self.ever(&had.pattern),
            Condition::NoneSince(none) => self.within([&none.last, &none.none], none.window.as_ref()),
            Condition::Sequence(sequence) => self.sequence(sequence),
            Condition::Regularly(regularly) => {
                self.reads(&regularly.pattern);
                let of = regularly.of.node;
                self.longer(match regularly.block {
                    Block::Rolling(length) => {
                        Duration::from_millis(length.millis().saturating_mul(of.into()))
                    }
                    Block::Calendar(unit) => units_of(of, unit),
                });
            }
            Condition::Mostly(mostly) => self.within([&mostly.pattern], mostly.window.as_ref()),
            Condition::Share(share) => self.within([&share.pattern], share.window.as_ref()),
            Condition::InSegment(name) => self.segment(&name.node),
            Condition::Sample(_) | Condition::Profile(_) | Condition::InList(_) => {}
        }
    }

    fn sequence(&mut self, sequence: &'r Sequence) {
        let steps = || sequence.then.iter().chain(&sequence.absent);
        let patterns = [&sequence.first].into_iter().chain(steps().map(|step| &step.pattern));
        // Where a step has no limit, its first event may be as old as it likes.
        let limited = sequence.all_within.is_some() || sequence.then.iter().all(|step| step.within.is_some());
        self.within(patterns, sequence.window.as_ref().filter(|_| limited));
        let limits = steps().filter_map(|step| step.within.as_ref()).chain(&sequence.all_within);
        limits.for_each(|limit| self.longer(limit.node));
    }

    /// Reads events in a window; ever, without one.
    fn within(&mut self, patterns: impl IntoIterator<Item = &'r EventPattern>, window: Option<&Window>) {
        let since = match reach(&WindowPlan::of(window), &self.clocks) {
            Reach::Within { horizon, .. } => {
                self.longer(horizon);
                return patterns.into_iter().for_each(|pattern| self.reads(pattern));
            }
            Reach::Ever | Reach::After(_) => None,
            Reach::Stretch { from, .. } | Reach::StretchOfZones { from, .. } => {
                Some(Instant::from_millis(from)).filter(|from| *from > Instant::MIN)
            }
        };
        patterns.into_iter().for_each(|pattern| self.since(pattern, since));
    }

    fn reads(&mut self, pattern: &EventPattern) {
        let names: Vec<_> = names_of(pattern).collect();
        self.names.extend(names);
    }

    fn ever(&mut self, pattern: &EventPattern) {
        self.since(pattern, None);
    }

    fn since(&mut self, pattern: &EventPattern, since: Option<Instant>) {
        self.reads(pattern);
        names_of(pattern).for_each(|name| self.all_of(name, since));
    }

    fn all_of(&mut self, name: Option<Text>, since: Option<Instant>) {
        let whole = Whole { name, since };
        if !self.whole.contains(&whole) {
            self.whole.push(whole);
        }
    }

    fn longer(&mut self, by: Duration) {
        self.length = self.length.saturating_add(by.millis().max(0));
    }
}

fn names_of(pattern: &EventPattern) -> impl Iterator<Item = Option<Text>> + '_ {
    let any = pattern.event.node.name().is_none().then_some(None);
    any.into_iter().chain(pattern.event.node.names().map(|name| Some(name.into())))
}

fn days_of(days: u32) -> Duration {
    Duration::from_millis((i64::from(days) + 2).saturating_mul(DAY))
}

/// So many whole units and the one that has begun, in whatever zone.
fn units_of(units: u32, unit: CalendarUnit) -> Duration {
    let days = match unit {
        CalendarUnit::Day => 1,
        CalendarUnit::Week => 7,
        CalendarUnit::Month => 31,
        CalendarUnit::Year => 366,
    };
    days_of(units.saturating_add(2).saturating_mul(days))
}

fn length_of(per: CapPer) -> i64 {
    match per {
        CapPer::Rolling(length) => length.millis(),
        CapPer::Calendar(unit) => units_of(1, unit).millis(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rules: &str) -> Vec<LooksBack> {
        let rules = Rulebook::parse("back.camp", rules).unwrap_or_else(|error| panic!("{error}"));
        looks_back(&rules.compile())
    }

    fn days(looks: &LooksBack) -> i64 {
        (looks.length.millis() - SLACK) / DAY
    }

    #[test]
    fn the_windows_of_a_campaign_add_up_with_those_of_its_segments_and_of_all() {
        let found = of(r#"
            settings { cap 3 per 7 days }
            segment idle = did not "Seen" in last 30 days
            campaign a { when "Charged" if in segment idle wait 2 days send template a }
            campaign b { when "Charged" send template b at most 1 per 60 days }
        "#);
        assert_eq!(found.iter().map(days).collect::<Vec<_>>(), [39, 67]);
        assert!(found.iter().all(|looks| looks.whole.is_empty()));
    }

    #[test]
    fn what_is_read_without_an_end_is_named() {
        let name = |name: &str| Whole { name: Some(name.into()), since: None };
        let found = of(r#"
            campaign a { every day at 09:00 if did "Charged" at least 3 times send template a }
            campaign b { when "Charged" if first "Seen" was in last 3 days send template b }
            campaign c { when "Charged" if did "Seen" in last 3 days send template c limit 10 users }
            campaign d { when "Seen" for the first time send template d }
            campaign e { when "Seen" if did not any event in last 3 days send template e }
            campaign f { when "Seen" if did not any event send template f }
        "#);
        let whole: Vec<_> = found.into_iter().map(|looks| looks.whole).collect();
        assert_eq!(whole[0], [name("Charged")]);
        assert_eq!(whole[1], [name("Seen")]);
        assert_eq!(whole[2], [name("Charged"), name("Seen")]);
        assert_eq!(whole[3], [name("Seen")]);
        assert!(whole[4].is_empty());
        assert_eq!(whole[5], [Whole { name: None, since: None }]);
    }

    #[test]
    fn what_is_read_from_a_date_on_is_needed_from_then() {
        let found = of(r#"
            campaign a { every day at 09:00 if did "Charged" since 2026-01-01 send template a }
        "#);
        let since = found[0].whole[0].since.unwrap();
        let (from, to) = ("2025-12-29T00:00:00Z", "2026-01-01T00:00:00Z");
        assert!(Instant::parse(from).unwrap() <= since && since <= Instant::parse(to).unwrap());
    }
}
