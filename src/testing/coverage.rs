//! What of the rules the tests have shown: clause by clause, true and false, and each outcome that a clause can make.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::explain::{Answers, Clause, Place, filter_clause, one_line};
use crate::language::Span;
use crate::language::ast::{Condition, EventPattern, Filter, Otherwise, Trigger};
use crate::model::{OutcomeKind, Record};
use crate::program::{Clocks, Matcher};
use crate::rulebook::{Campaign, RuleTest, Rulebook};

use super::judge::membership_at;

/// What the tests have shown, and what not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Coverage {
    /// Every clause that can be shown, in the order of the sources.
    pub goals: Vec<Goal>,
    /// How many sides of clauses were shown: true, false, an outcome.
    pub reached: usize,
    /// Of how many.
    pub of: usize,
}

impl Coverage {
    /// The share of what was shown, in percent; all of it where there is nothing to show.
    pub fn percent(&self) -> f64 {
        if self.of == 0 { 100.0 } else { self.reached as f64 * 100.0 / self.of as f64 }
    }

    /// The clauses of which something was not shown.
    pub fn missing(&self) -> impl Iterator<Item = &Goal> {
        self.goals.iter().filter(|goal| !goal.missing.is_empty())
    }
}

/// A clause that tests can show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Goal {
    /// What there is to show of it.
    #[serde(flatten)]
    pub kind: GoalKind,
    /// The clause as it is written, on one line.
    pub text: String,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// How often it was true, fired, or ended a message so.
    pub times_true: u64,
    /// How often it was false; of triggers and outcomes always 0.
    pub times_false: u64,
    /// What was not shown, each with its reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// What there is to show of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "goal", content = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum GoalKind {
    /// A trigger: that it fires.
    Trigger,
    /// A condition on a user: true and false.
    Condition,
    /// A test on events: true and false.
    Filter,
    /// An outcome that the clause can make.
    Outcome(OutcomeKind),
}

/// Gathers over all tests.
pub(super) struct Collector<'r> {
    rulebook: &'r Rulebook,
    goals: Vec<Goal>,
    index: BTreeMap<(Span, GoalKind), usize>,
    patterns: Vec<&'r EventPattern>,
    /// Each campaign's trigger, and the clauses that can make an outcome.
    triggers: Vec<Span>,
    outcomes: Vec<Vec<(OutcomeKind, Span)>>,
}

impl<'r> Collector<'r> {
    pub(super) fn new(rulebook: &'r Rulebook) -> Collector<'r> {
        let mut collector = Collector {
            rulebook,
            goals: Vec::new(),
            index: BTreeMap::new(),
            patterns: Vec::new(),
            triggers: Vec::new(),
            outcomes: Vec::new(),
        };
        for segment in rulebook.segments().values() {
            collector.condition(&segment.condition);
        }
        for campaign in rulebook.campaigns() {
            let syntax = &campaign.syntax;
            let trigger = syntax.trigger.as_ref().map_or(syntax.span, |trigger| trigger.span);
            collector.goal(trigger, GoalKind::Trigger, "");
            collector.triggers.push(trigger);
            collector.trigger(&campaign.trigger);
            if let Some(audience) = &syntax.audience {
                collector.condition(&audience.condition);
            }
            for unless in &syntax.unless {
                collector.pattern(&unless.pattern);
            }
            let outcomes = outcomes(rulebook, campaign);
            for (outcome, span) in &outcomes {
                // Of some clauses the tree knows only what they say.
                let begins = match outcome {
                    OutcomeKind::Gap => "gap ",
                    OutcomeKind::Control => "control group ",
                    OutcomeKind::Holdout => "holdout ",
                    OutcomeKind::Expired => "valid ",
                    _ => "",
                };
                collector.goal(*span, GoalKind::Outcome(*outcome), begins);
            }
            collector.outcomes.push(outcomes);
        }
        collector
    }

    fn goal(&mut self, span: Span, kind: GoalKind, begins: &str) {
        let sources = self.rulebook.sources();
        let goals = &mut self.goals;
        self.index.entry((span, kind)).or_insert_with(|| {
            let next = goals.len();
            goals.push(Goal {
                kind,
                text: format!("{begins}{}", one_line(sources.slice(span))),
                place: Place::of(sources, span),
                times_true: 0,
                times_false: 0,
                missing: Vec::new(),
            });
            next
        });
    }

    fn condition(&mut self, condition: &'r Condition) {
        match condition {
            Condition::And(parts, _) | Condition::Or(parts, _) => {
                parts.iter().for_each(|part| self.condition(part));
            }
            Condition::Not(part, _) => self.condition(part),
            leaf => {
                let begins = match leaf {
                    Condition::InSegment(_) => "in segment ",
                    Condition::InList(_) => "in list ",
                    _ => "",
                };
                self.goal(leaf.span(), GoalKind::Condition, begins);
                patterns(leaf).into_iter().for_each(|pattern| self.pattern(pattern));
            }
        }
    }

    fn trigger(&mut self, trigger: &'r Trigger) {
        match trigger {
            Trigger::Event(pattern) | Trigger::FirstTime(pattern) => self.pattern(pattern),
            Trigger::Inaction(inaction) => {
                self.pattern(&inaction.first);
                self.pattern(&inaction.absent);
            }
            Trigger::Followed(followed) => {
                self.pattern(&followed.first);
                self.pattern(&followed.then);
            }
            Trigger::EventDate(date) => self.pattern(&date.pattern),
            Trigger::ProfileDate(_)
            | Trigger::Enters { .. }
            | Trigger::Leaves(_)
            | Trigger::Request
            | Trigger::At { .. }
            | Trigger::Every { .. }
            | Trigger::Cron { .. } => {}
        }
    }

    fn pattern(&mut self, pattern: &'r EventPattern) {
        if let Some(filter) = &pattern.filter {
            self.filter(filter);
            self.patterns.push(pattern);
        }
    }

    fn filter(&mut self, filter: &Filter) {
        match filter {
            Filter::And(parts, _) | Filter::Or(parts, _) => parts.iter().for_each(|part| self.filter(part)),
            Filter::Not(part, _) => self.filter(part),
            leaf => self.goal(leaf.span(), GoalKind::Filter, ""),
        }
    }

    fn mark(&mut self, span: Span, kind: GoalKind, holds: bool) {
        let goal = self.index.get(&(span, kind)).and_then(|index| self.goals.get_mut(*index));
        if let Some(goal) = goal {
            let times = if holds { &mut goal.times_true } else { &mut goal.times_false };
            *times += 1;
        }
    }

    fn clause(&mut self, clause: &Clause, kind: GoalKind) {
        self.mark(clause.place.span, kind, clause.holds);
        clause.parts.iter().for_each(|part| self.clause(part, kind));
    }

    /// Takes in what one test has shown.
    pub(super) fn take(&mut self, answers: &Answers, test: &RuleTest) {
        let campaigns = self.rulebook.campaigns();
        for user in answers.users() {
            for (index, campaign) in campaigns.iter().enumerate() {
                if let Trigger::Enters { segment, .. } | Trigger::Leaves(segment) = &campaign.trigger {
                    answers.watch_segment(user, &segment.node, &mut |clause| {
                        self.clause(&clause, GoalKind::Condition);
                    });
                }
                let Some(explanation) = answers.explain(user, &campaign.name, None) else { continue };
                for occurrence in &explanation.occurrences {
                    if let Some(trigger) = self.triggers.get(index).copied() {
                        self.mark(trigger, GoalKind::Trigger, true);
                    }
                    for clause in occurrence.audience.iter().chain(&occurrence.audience_when_due) {
                        self.clause(clause, GoalKind::Condition);
                    }
                    let Some(outcome) = &occurrence.outcome else { continue };
                    let made: Vec<Span> = self
                        .outcomes
                        .get(index)
                        .into_iter()
                        .flatten()
                        .filter(|(kind, _)| *kind == outcome.outcome)
                        .map(|(_, span)| *span)
                        .collect();
                    // Of several caps or `unless` clauses, the one that did it.
                    let culprit =
                        occurrence.step.as_ref().and_then(|step| step.place.as_ref()).map(|it| it.span);
                    for span in
                        made.iter().filter(|span| culprit.is_none_or(|it| it == **span) || made.len() == 1)
                    {
                        self.mark(*span, GoalKind::Outcome(outcome.outcome), true);
                    }
                }
            }
        }
        for expected in &test.expectations {
            if let crate::language::ast::Expectation::Member { user, segment, .. } = &expected.what.node {
                let at = membership_at(expected, test, answers);
                if let Some(clause) = answers.explain_segment(&user.node, &segment.node, at) {
                    self.clause(&clause, GoalKind::Condition);
                }
            }
        }
        let settings = self.rulebook.settings();
        let (zone, week_starts) = (settings.zone, settings.week_starts);
        let clocks = Clocks { account: &zone, user: &zone, week_starts };
        for pattern in self.patterns.clone() {
            let matcher = Matcher::new(pattern);
            for (record, _) in &test.records {
                let Record::Event(event) = self.rulebook.admit(record.clone()).record else { continue };
                if let Some(filter) = &pattern.filter
                    && matcher.is_named(&event)
                {
                    let clause = filter_clause(self.rulebook.sources(), filter, &event, &clocks);
                    self.clause(&clause, GoalKind::Filter);
                }
            }
        }
    }

    pub(super) fn finish(mut self) -> Coverage {
        self.goals.sort_by_key(|goal| (goal.place.span, goal.kind));
        let (mut reached, mut of) = (0, 0);
        for goal in &mut self.goals {
            let asked = goal.times_true + goal.times_false;
            let mut side = |shown: bool, reason: String| {
                of += 1;
                if shown {
                    reached += 1;
                } else {
                    goal.missing.push(reason);
                }
            };
            let times = |asked: u64| if asked == 1 { "once".to_owned() } else { format!("{asked} times") };
            match goal.kind {
                GoalKind::Trigger => side(goal.times_true > 0, "it never fires".to_owned()),
                GoalKind::Outcome(kind) => {
                    side(goal.times_true > 0, format!("no message ends {} by it", kind.name()));
                }
                GoalKind::Condition | GoalKind::Filter if asked == 0 => {
                    let reason = match goal.kind {
                        GoalKind::Filter => "no test has an event that it is asked of",
                        _ => "it is never asked",
                    };
                    side(false, reason.to_owned());
                    of += 1;
                }
                GoalKind::Condition | GoalKind::Filter => {
                    side(goal.times_true > 0, format!("never true, asked {}", times(asked)));
                    side(goal.times_false > 0, format!("never false, asked {}", times(asked)));
                }
            }
        }
        Coverage { goals: self.goals, reached, of }
    }
}

/// The event patterns of a condition that is no row.
fn patterns(condition: &Condition) -> Vec<&EventPattern> {
    match condition {
        Condition::Did(did) => vec![&did.pattern],
        Condition::Aggregate(aggregate) => vec![&aggregate.pattern],
        Condition::Occurred(occurred) => vec![&occurred.pattern],
        Condition::Had(had) => vec![&had.pattern],
        Condition::NoneSince(none) => vec![&none.last, &none.none],
        Condition::Sequence(sequence) => {
            let then = sequence.then.iter().chain(&sequence.absent).map(|step| &step.pattern);
            std::iter::once(&sequence.first).chain(then).collect()
        }
        Condition::Regularly(regularly) => vec![&regularly.pattern],
        Condition::Mostly(mostly) => vec![&mostly.pattern],
        Condition::Share(share) => vec![&share.pattern],
        Condition::And(..)
        | Condition::Or(..)
        | Condition::Not(..)
        | Condition::Sample(_)
        | Condition::Profile(_)
        | Condition::InSegment(_)
        | Condition::InList(_) => Vec::new(),
    }
}

/// The outcomes that the clauses of a campaign, and of the settings, can make of its messages, each with its clause.
fn outcomes(rulebook: &Rulebook, campaign: &Campaign) -> Vec<(OutcomeKind, Span)> {
    let syntax = &campaign.syntax;
    let mut outcomes = Vec::new();
    let mut add = |kind: OutcomeKind, span: Option<Span>| outcomes.extend(span.map(|span| (kind, span)));
    add(OutcomeKind::Sent, syntax.message.as_ref().map(|message| message.span()));
    add(OutcomeKind::SafetyStop, syntax.safety_stop.as_ref().map(|it| it.span));
    add(OutcomeKind::Holdout, syntax.holdout.as_ref().map(|it| it.span));
    let drops = syntax.deliver.as_ref().filter(|hours| hours.otherwise == Otherwise::Drop);
    add(OutcomeKind::OutsideWindow, drops.map(|hours| hours.span));
    for unless in &syntax.unless {
        add(OutcomeKind::Cancelled, Some(unless.span));
    }
    let again =
        syntax.audience.as_ref().filter(|audience| audience.recheck && can_change(rulebook, campaign));
    add(OutcomeKind::RequalifiedOut, again.map(|audience| audience.span));
    add(OutcomeKind::Expired, syntax.valid.as_ref().map(|it| it.span));
    let ends = syntax.run.as_ref().filter(|run| run.to.is_some() && can_change(rulebook, campaign));
    add(OutcomeKind::Ended, ends.map(|run| run.span));
    for cap in &syntax.at_most {
        add(OutcomeKind::CapCampaign, Some(cap.span));
    }
    for limit in &syntax.limits {
        add(OutcomeKind::Limit, Some(limit.span));
    }
    if let Some(settings) = &rulebook.settings().syntax {
        add(OutcomeKind::Control, settings.control_group.as_ref().map(|it| it.span));
        if syntax.ignore_caps.is_none() {
            for cap in &settings.caps {
                add(OutcomeKind::CapGlobal, Some(cap.span));
            }
            add(OutcomeKind::Gap, settings.gap.as_ref().map(|it| it.span));
        }
        let drops = settings.quiet_hours.as_ref().filter(|hours| hours.otherwise == Otherwise::Drop);
        add(OutcomeKind::OutsideWindow, drops.map(|hours| hours.span));
    }
    outcomes
}

/// True when time can pass between the qualification and the message.
fn can_change(rulebook: &Rulebook, campaign: &Campaign) -> bool {
    let quiet = rulebook.settings().quiet_hours.is_some();
    quiet || campaign.syntax.wait.is_some() || campaign.syntax.deliver.is_some()
}
