//! Triggers: what of an event begins, ends or fires them, and the schedules.

use crate::calendar::Recurrence;
use crate::language::Spanned;
use crate::language::ast::{Condition, EventName, EventPattern, Ident, IfPast, Path, TimeBase, Trigger};
use crate::message::CompiledMessage;
use crate::rulebook::Campaign;

use super::compile::{Compiler, PlanBuilder, is_campaign};
use super::dates::{DatePlan, ProfileDatePlan};
use super::predicate::split;
use super::reads::SegmentReads;
use super::{Effect, Ending, MembershipPlan, SchedulePlan, Start, TriggerPlan, UNTIED};

/// The events that a trigger looks at; a request's is none of a rule.
pub(super) fn trigger_names<'c>(trigger: &'c Trigger, names: &mut Vec<&'c EventName>) {
    match trigger {
        Trigger::Event(pattern) | Trigger::FirstTime(pattern) => names.push(&pattern.event.node),
        Trigger::Inaction(inaction) => {
            names.extend([&inaction.first, &inaction.absent].map(|pattern| &pattern.event.node));
        }
        Trigger::Followed(followed) => {
            names.extend([&followed.first, &followed.then].map(|pattern| &pattern.event.node));
        }
        Trigger::EventDate(date) => names.push(&date.pattern.event.node),
        Trigger::ProfileDate(_)
        | Trigger::Enters { .. }
        | Trigger::Leaves(_)
        | Trigger::Request
        | Trigger::At { .. }
        | Trigger::Every { .. }
        | Trigger::Cron { .. } => {}
    }
}

/// For each `unless`, the value that an event must have: where a trigger has no event, `matching` finds none.
fn without_event(campaign: &Campaign) -> Box<[Option<u128>]> {
    let unless = campaign.syntax.unless.iter();
    unless.map(|unless| unless.matching.is_none().then_some(UNTIED)).collect()
}

impl Compiler<'_> {
    /// Enters what a campaign's trigger does into the plans of its events, or its schedule.
    pub(super) fn trigger(&mut self, index: u32, campaign: &Campaign) -> TriggerPlan {
        let syntax = &campaign.syntax;
        let reads = campaign.reads(CompiledMessage::reads_event);
        let planning = |plan: &mut PlanBuilder, matching: Option<&Path>, date: Option<&Path>| {
            plan.capture(&reads);
            Effect::Start(Start {
                campaign: index,
                matching: matching.map(|path| plan.key(path)),
                date: date.map(|path| plan.date(path)),
                unless: syntax
                    .unless
                    .iter()
                    .map(|unless| unless.matching.as_ref())
                    // Last, the goal's: no event ends a message by it.
                    .chain(syntax.goal.iter().map(|goal| goal.matching.as_ref()).filter(Option::is_some))
                    .map(|matching| matching.map(|path| plan.key(path)))
                    .collect(),
            })
        };
        let start = |plan: &mut PlanBuilder, matching: Option<&Path>| planning(plan, matching, None);
        let ending = |plan: &mut PlanBuilder, matching: Option<&Path>| Ending {
            campaign: index,
            clause: 0,
            key: matching.map(|path| plan.key(path)),
        };
        match &campaign.trigger {
            Trigger::Event(pattern) => {
                self.enter(pattern, |plan| start(plan, None));
                TriggerPlan::Event
            }
            Trigger::FirstTime(pattern) => {
                self.enter(pattern, |plan| start(plan, None));
                TriggerPlan::FirstTime
            }
            Trigger::Request => {
                let span = campaign.syntax.name.span;
                let pattern = EventPattern {
                    event: Spanned::new(EventName::Named(Trigger::REQUEST.to_owned()), span),
                    filter: Some(is_campaign(&campaign.name, span)),
                    span,
                };
                self.enter(&pattern, |plan| start(plan, None));
                TriggerPlan::Request
            }
            Trigger::Followed(followed) => {
                let matching = followed.matching.as_ref();
                self.enter(&followed.then, |plan| start(plan, matching));
                let reads = campaign.reads(CompiledMessage::reads_first);
                self.enter(&followed.first, |plan| {
                    plan.capture(&reads);
                    Effect::Expect(ending(plan, matching))
                });
                TriggerPlan::Followed { within: followed.within.node }
            }
            Trigger::Inaction(inaction) => {
                let matching = inaction.matching.as_ref();
                self.enter(&inaction.first, |plan| start(plan, matching));
                self.enter(&inaction.absent, |plan| Effect::Stop(ending(plan, matching)));
                TriggerPlan::Inaction { within: inaction.within.node, repeat: inaction.repeat }
            }
            Trigger::EventDate(date) => {
                let by = date.by.as_ref();
                if by.is_some() {
                    let any = EventPattern { filter: None, ..date.pattern.clone() };
                    self.enter(&any, |plan| Effect::Stop(ending(plan, by)));
                }
                self.enter(&date.pattern, |plan| planning(plan, by, Some(&date.property)));
                let clock = self.clock(&date.base);
                let plan = DatePlan::new(index, clock, date.offset.as_ref(), date.at, false);
                self.event_dates.push(plan);
                TriggerPlan::EventDate(u32::try_from(self.event_dates.len() - 1).unwrap_or(u32::MAX))
            }
            Trigger::ProfileDate(date) => {
                let (root, rest) = split(&date.property);
                let clock = self.clock(&date.base);
                self.profile_dates.push(ProfileDatePlan {
                    date: DatePlan::new(index, clock, date.offset.as_ref(), date.at, date.yearly),
                    name: date.property.parts.join(".").into(),
                    root: root.into(),
                    rest,
                    unless: without_event(campaign),
                });
                TriggerPlan::ProfileDate
            }
            Trigger::Enters { segment, including_current } => {
                self.membership(index, campaign, segment, true, *including_current)
            }
            Trigger::Leaves(segment) => self.membership(index, campaign, segment, false, false),
            Trigger::At { times, base, if_past } => {
                let recurrence = Recurrence::listed(times.iter().copied());
                let if_past = matches!(base, TimeBase::User).then_some(if_past.unwrap_or(IfPast::Drop));
                self.schedule(index, campaign, Some(recurrence), base, if_past)
            }
            Trigger::Every { cadence, time, base } => {
                let from = syntax.run.as_ref().and_then(|run| run.from.as_ref()).map(|from| from.node);
                let week_starts = self.rulebook.settings().week_starts;
                let recurrence = Recurrence::every(cadence, *time, from, week_starts);
                self.schedule(index, campaign, Some(recurrence), base, None)
            }
            Trigger::Cron { expression, base } => {
                self.schedule(index, campaign, Recurrence::cron(&expression.node).ok(), base, None)
            }
        }
    }

    /// A segment that is watched, and the events that may change who is in it.
    fn membership(
        &mut self,
        index: u32,
        campaign: &Campaign,
        segment: &Ident,
        enters: bool,
        including_current: bool,
    ) -> TriggerPlan {
        let node = self.condition(&Condition::InSegment(segment.clone()));
        let number = u32::try_from(self.memberships.len()).unwrap_or(u32::MAX);
        let mut reads = SegmentReads { profile: Some(Vec::new()), ..SegmentReads::default() };
        let rulebook = self.rulebook;
        if let Some(segment) = rulebook.segments().get(&segment.node) {
            reads.condition(&segment.condition, rulebook);
        }
        for pattern in reads.patterns {
            self.enter(pattern, |_| Effect::Watch(number));
        }
        self.memberships.push(MembershipPlan {
            campaign: index,
            node,
            enters,
            including_current,
            profile: reads.profile,
            unless: without_event(campaign),
        });
        TriggerPlan::Segment
    }

    fn schedule(
        &mut self,
        index: u32,
        campaign: &Campaign,
        recurrence: Option<Recurrence>,
        base: &TimeBase,
        if_past: Option<IfPast>,
    ) -> TriggerPlan {
        let clock = self.clock(base);
        let unless = without_event(campaign);
        let plan = |recurrence| SchedulePlan { campaign: index, recurrence, clock, if_past, unless };
        self.schedules.extend(recurrence.map(plan));
        TriggerPlan::Schedule
    }
}
