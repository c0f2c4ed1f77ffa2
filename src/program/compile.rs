//! From the checked rulebook to the tables.

mod behaviour;
mod condition;
mod sequence;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;

use crate::calendar::{OpenHours, Zone};
use crate::language::ast::{
    Comparison, ControlChoice, EventName, EventPattern, Filter, Hours, Literal, Operation, Path, Receipt,
    Test, TimeBase, Trigger,
};
use crate::language::{Span, Spanned};
use crate::message::Reads;
use crate::model::{Duration, Percent, Provider, Text};
use crate::rulebook::{Campaign, Rulebook};

use super::delivery::{DeliveryPlan, SPOKEN, within_service_window};
use super::predicate::{Predicate, split};
use super::trigger::trigger_names;
use super::{
    AudiencePlan, BudgetPlans, CampaignPlan, CapPlan, Capture, Clock, CounterPlan, DatePlan, Deferred,
    Effect, Ending, EventPlan, GoalUse, HoursPlan, KeyPath, KeysPlan, LimitPlan, MembershipPlan, Node,
    NodeId, NumbersPlan, ProfileDatePlan, Program, RunPlan, SchedulePlan, SequencePlan, StopPlan, Tables,
    Use, When, Which,
};
use condition::condition_names;

impl Rulebook {
    /// Compiles the rulebook. It cannot fail: everything that can be wrong was found when the rulebook was checked.
    pub fn compile(&self) -> Program {
        let mut compiler = Compiler::new(self);
        for (index, campaign) in self.campaigns().iter().enumerate() {
            compiler.campaign(u32::try_from(index).unwrap_or(u32::MAX), campaign);
        }
        compiler.receipts();
        Program { tables: std::sync::Arc::new(compiler.finish()) }
    }

    /// A program of the segments alone, each of them asked for by its name.
    pub(crate) fn compile_segments(&self) -> Program {
        let mut compiler = Compiler::new(self);
        for (name, segment) in self.segments() {
            let node = compiler.condition(&segment.condition);
            compiler.asked_segments.push((name.as_str().into(), node));
        }
        Program { tables: std::sync::Arc::new(compiler.finish()) }
    }

    /// The same, with the nodes that their conditions became.
    pub(crate) fn compile_segments_traced(&self) -> (Program, Trace) {
        let mut compiler = Compiler::new(self);
        compiler.trace = Some(Trace::new());
        for (name, segment) in self.segments() {
            let node = compiler.condition(&segment.condition);
            compiler.asked_segments.push((name.as_str().into(), node));
        }
        let trace = compiler.trace.take().unwrap_or_default();
        (Program { tables: std::sync::Arc::new(compiler.finish()) }, trace)
    }

    /// The same program, with the nodes that its conditions became.
    pub(crate) fn compile_traced(&self) -> (Program, Trace) {
        let mut compiler = Compiler::new(self);
        compiler.trace = Some(Trace::new());
        for (index, campaign) in self.campaigns().iter().enumerate() {
            compiler.campaign(u32::try_from(index).unwrap_or(u32::MAX), campaign);
        }
        for segment in self.segments().values() {
            compiler.condition(&segment.condition);
        }
        let trace = compiler.trace.take().unwrap_or_default();
        (Program { tables: std::sync::Arc::new(compiler.finish()) }, trace)
    }
}

pub(super) struct Compiler<'r> {
    pub(super) rulebook: &'r Rulebook,
    plans: IndexMap<Text, PlanBuilder>,
    other: PlanBuilder,
    counters: Vec<CounterPlan>,
    counter_index: HashMap<String, u32>,
    notes: Vec<Which>,
    sinces: usize,
    numbers: Vec<NumbersPlan>,
    keys: Vec<KeysPlan>,
    /// Everything that is remembered of users, by what makes two the same.
    sequences: Vec<SequencePlan>,
    sequence_index: HashMap<String, u32>,
    memory_index: HashMap<String, u32>,
    nodes: Vec<Node>,
    node_index: HashMap<String, NodeId>,
    segments: HashMap<String, NodeId>,
    asked_segments: Vec<(Text, NodeId)>,
    lists: Vec<String>,
    campaigns: Vec<CampaignPlan>,
    budgets: BudgetPlans,
    pub(super) schedules: Vec<SchedulePlan>,
    pub(super) event_dates: Vec<DatePlan>,
    pub(super) profile_dates: Vec<ProfileDatePlan>,
    pub(super) memberships: Vec<MembershipPlan>,
    service_window: Option<NodeId>,
    /// Which node each condition became, for those who explain a program.
    trace: Option<Trace>,
}

/// Which node of the program each condition of the rules became, by where it was written. The program itself knows no
/// places: it would carry them through every run for the sake of the few that are explained.
pub(crate) type Trace = BTreeMap<Span, NodeId>;

#[derive(Default)]
pub(super) struct PlanBuilder {
    plan: EventPlan,
    filter_index: HashMap<String, usize>,
}

impl PlanBuilder {
    /// When a filter holds; equal filters are one.
    fn when(&mut self, filter: &Filter) -> When {
        let predicate = Predicate::compile(filter, &mut self.plan.slots);
        let EventPlan { filters, kept, .. } = &mut self.plan;
        let mut enter = |predicate: Predicate| {
            *self.filter_index.entry(format!("{predicate:?}")).or_insert_with(|| {
                filters.push(predicate);
                filters.len() - 1
            })
        };
        if !predicate.asks_user() {
            return When::Filter(enter(predicate));
        }
        let deferred = Deferred::of(predicate, &mut enter);
        deferred.slots(&mut |slot| {
            if !kept.contains(&slot) {
                kept.push(slot);
            }
        });
        When::Deferred(deferred)
    }

    pub(super) fn key(&mut self, path: &Path) -> usize {
        let (root, rest) = split(path);
        let path = KeyPath { slot: self.plan.slots.of(root), rest };
        match self.plan.keys.iter().position(|known| *known == path) {
            Some(known) => known,
            None => {
                self.plan.keys.push(path);
                self.plan.keys.len() - 1
            }
        }
    }

    fn sum(&mut self, path: &Path) -> usize {
        let (root, rest) = split(path);
        let path = KeyPath { slot: self.plan.slots.of(root), rest };
        match self.plan.sums.iter().position(|known| *known == path) {
            Some(known) => known,
            None => {
                self.plan.sums.push(path);
                self.plan.sums.len() - 1
            }
        }
    }

    pub(super) fn date(&mut self, path: &Path) -> usize {
        let (root, rest) = split(path);
        self.plan.dates.push(KeyPath { slot: self.plan.slots.of(root), rest });
        self.plan.dates.len() - 1
    }

    pub(super) fn capture(&mut self, reads: &Reads) {
        match (&mut self.plan.capture, reads) {
            (_, Reads::Nothing) | (Capture::All, _) => {}
            (capture, Reads::All) => *capture = Capture::All,
            (Capture::Names(known), Reads::Names(names)) => {
                for name in names {
                    if !known.contains(name) {
                        known.push(name.clone());
                    }
                }
            }
            (capture @ Capture::Nothing, Reads::Names(names)) => *capture = Capture::Names(names.clone()),
        }
    }
}

impl<'r> Compiler<'r> {
    /// Every name that a rule reads has its plan before the first use is entered, for `any event` enters all.
    fn new(rulebook: &'r Rulebook) -> Compiler<'r> {
        let mut names = Vec::new();
        for campaign in rulebook.campaigns() {
            trigger_names(&campaign.trigger, &mut names);
            names.extend(campaign.syntax.unless.iter().map(|unless| &unless.pattern.event.node));
            names.extend(campaign.syntax.goal.iter().map(|goal| &goal.pattern.event.node));
            if let Some(audience) = &campaign.syntax.audience {
                condition_names(&audience.condition, &mut names);
            }
        }
        for segment in rulebook.segments().values() {
            condition_names(&segment.condition, &mut names);
        }
        let receipts = receipt_names().map(|(name, _)| name);
        let spoken = SPOKEN.into_iter().filter(|_| asks_who_spoke(rulebook));
        let request =
            rulebook.campaigns().iter().any(|campaign| matches!(campaign.trigger, Trigger::Request));
        let plans = names
            .into_iter()
            .flat_map(EventName::names)
            .chain(request.then_some(Trigger::REQUEST))
            .chain(receipts)
            .chain(spoken)
            .map(|name| (Text::from(name), PlanBuilder::default()))
            .collect();
        Compiler {
            rulebook,
            plans,
            other: PlanBuilder::default(),
            counters: Vec::new(),
            counter_index: HashMap::new(),
            notes: Vec::new(),
            sinces: 0,
            numbers: Vec::new(),
            keys: Vec::new(),
            sequences: Vec::new(),
            sequence_index: HashMap::new(),
            memory_index: HashMap::new(),
            nodes: Vec::new(),
            node_index: HashMap::new(),
            segments: HashMap::new(),
            asked_segments: Vec::new(),
            lists: Vec::new(),
            campaigns: Vec::new(),
            budgets: BudgetPlans::default(),
            schedules: Vec::new(),
            event_dates: Vec::new(),
            profile_dates: Vec::new(),
            memberships: Vec::new(),
            service_window: None,
            trace: None,
        }
    }

    pub(super) fn zone(&self) -> &'r Zone {
        &self.rulebook.settings().zone
    }

    pub(super) fn clock(&self, base: &TimeBase) -> Clock {
        match base {
            TimeBase::User => Clock::User,
            TimeBase::Account => Clock::Fixed(*self.zone()),
            TimeBase::Named(name) => Clock::Fixed(Zone::named(&name.node).unwrap_or_else(|_| *self.zone())),
        }
    }

    /// Enters a use for each event that a pattern names; what is used may depend on the event's plan.
    pub(super) fn enter(&mut self, pattern: &EventPattern, effect: impl Fn(&mut PlanBuilder) -> Effect) {
        let event = &pattern.event.node;
        let filter = of_campaign(event, pattern.filter.as_ref());
        let enter = |plan: &mut PlanBuilder| {
            let when = filter.as_ref().map_or(When::Always, |filter| plan.when(filter));
            let effect = effect(plan);
            plan.plan.uses.push(Use { when, effect });
        };
        if *event == EventName::Any {
            return self.plans.values_mut().chain(std::iter::once(&mut self.other)).for_each(enter);
        }
        for name in event.names() {
            if let Some(plan) = self.plans.get_mut(name) {
                enter(plan);
            }
        }
    }

    fn campaign(&mut self, index: u32, campaign: &Campaign) {
        let syntax = &campaign.syntax;
        let trigger = self.trigger(index, campaign);
        for (clause, unless) in syntax.unless.iter().enumerate() {
            self.enter(&unless.pattern, |plan| {
                let key = unless.matching.as_ref().map(|path| plan.key(path));
                Effect::Cancel(Ending { campaign: index, clause, key })
            });
        }
        if let Some(goal) = &syntax.goal {
            self.enter(&goal.pattern, |plan| {
                let key = goal.matching.as_ref().map(|path| plan.key(path));
                let revenue = goal.revenue.as_ref().map(|path| plan.sum(path));
                Effect::Goal(GoalUse { campaign: index, key, revenue })
            });
        }
        let audience = syntax.audience.as_ref().map(|audience| AudiencePlan {
            node: self.condition(&audience.condition),
            recheck: audience.recheck,
        });
        let run_clock = if campaign.user_time { Clock::User } else { Clock::Fixed(*self.zone()) };
        let delivery = DeliveryPlan::compile(campaign, |asked| self.condition(asked));
        let budgets = self.budgets.of(self.rulebook, campaign);
        self.campaigns.push(CampaignPlan {
            name: campaign.name.clone(),
            provider: self.provider(syntax.provider.as_ref().map(|provider| provider.node.as_str())),
            priority: syntax.priority.as_ref().map_or(0, |priority| priority.node),
            trigger,
            audience,
            controls: self.controls(syntax.control.as_ref()),
            holdout: syntax.holdout.as_ref().map_or(Percent::from_millionths(0), |holdout| holdout.node),
            holdout_purpose: format!("holdout/{}", campaign.name),
            wait: syntax.wait.as_ref().map(|wait| wait.node),
            deliver: syntax.deliver.as_ref().map(|hours| self.hours(hours)),
            valid: syntax.valid.as_ref().map(|valid| valid.node),
            at_most: syntax
                .at_most
                .iter()
                .map(|cap| CapPlan { count: cap.count.node, per: cap.per.node })
                .collect(),
            budgets,
            goal: syntax.goal.as_ref().map(|goal| goal.within.node),
            goal_tie: syntax
                .goal
                .as_ref()
                .and_then(|goal| goal.matching.as_ref())
                .map(|_| syntax.unless.len()),
            refusal: self.refusal(syntax.provider.as_ref().map(|provider| provider.node.as_str())),
            limits: syntax
                .limits
                .iter()
                .map(|limit| LimitPlan { users: limit.users.node, per: limit.per })
                .collect(),
            safety_stop: syntax.safety_stop.as_ref().map(|stop| stop.audience.node),
            ignores_caps: syntax.ignore_caps.is_some(),
            stop: syntax
                .stop
                .as_ref()
                .map(|stop| StopPlan { wall: stop.date.and_time(stop.time), clock: self.clock(&stop.base) }),
            run: syntax.run.as_ref().map(|run| RunPlan {
                first: run.from.as_ref().map(|date| date.node),
                last: run.to.as_ref().map(|date| date.node),
                clock: run_clock,
            }),
            delivery,
        });
    }

    /// Receipts are read whether a rule asks for them or not: they are the campaigns' results.
    fn receipts(&mut self) {
        for (name, receipt) in receipt_names() {
            if let Some(builder) = self.plans.get_mut(name) {
                builder.plan.about = Some(["job", "campaign"].map(|name| builder.plan.slots.of(name)));
                builder.plan.code = (receipt == Receipt::Failed).then(|| builder.plan.slots.of("code"));
                builder.plan.uses.push(Use { when: When::Always, effect: Effect::Receipt(receipt) });
            }
        }
    }

    /// Through whom a campaign sends: whom it names, or the only provider that is declared.
    fn provider(&self, named: Option<&str>) -> Option<Text> {
        let declared = self.rulebook.providers().of(named).map(|(name, _)| name.clone());
        declared.or_else(|| named.map(Text::from))
    }

    /// How long a provider's refusal of marketing holds.
    fn refusal(&self, provider: Option<&str>) -> Duration {
        let declared = self.rulebook.providers().of(provider).map(|(_, provider)| provider.refusal);
        declared.unwrap_or_else(|| Provider::default().refusal)
    }

    /// The control groups that a campaign spares: the account's unless it says otherwise, and the one that it names.
    fn controls(&self, choice: Option<&ControlChoice>) -> Vec<(String, Percent)> {
        let settings = self.rulebook.settings();
        let account = ("control".to_owned(), settings.control_group);
        match choice {
            Some(ControlChoice::None(_)) => Vec::new(),
            None => vec![account],
            Some(ControlChoice::Named(name)) => {
                let share = settings.control_groups.get(&name.node).copied();
                let named = share.map(|share| (format!("control/{}", name.node), share));
                std::iter::once(account).chain(named).collect()
            }
        }
    }

    fn hours(&self, hours: &Hours) -> HoursPlan {
        HoursPlan {
            hours: OpenHours::new(&hours.windows),
            clock: self.clock(&hours.base),
            otherwise: hours.otherwise,
        }
    }

    /// What tells whether a message may go that is no template, and whether a portfolio counts one, where there are such.
    fn service_window(&mut self) {
        if asks_who_spoke(self.rulebook) {
            self.service_window = Some(self.condition(&within_service_window()));
        }
    }

    fn finish(mut self) -> Tables {
        self.service_window();
        let settings = self.rulebook.settings();
        let caps = settings.caps.iter().map(|(count, per)| CapPlan { count: *count, per: *per }).collect();
        let plan_names: Vec<Text> = self.plans.keys().cloned().collect();
        Tables {
            zone: settings.zone,
            quiet: settings.quiet_hours.as_ref().map(|hours| self.hours(hours)),
            caps,
            gap: settings.gap,
            budgets: self.budgets,
            plan_index: plan_names.iter().enumerate().map(|(index, name)| (name.clone(), index)).collect(),
            plan_names,
            plans: self.plans.into_values().map(|builder| builder.plan).collect(),
            other: self.other.plan,
            counters: self.counters,
            notes: self.notes,
            numbers: self.numbers,
            keys: self.keys,
            sequences: self.sequences,
            nodes: self.nodes,
            segments: self.asked_segments,
            lists: self.lists,
            has_safety_stops: self.campaigns.iter().any(|campaign| campaign.safety_stop.is_some()),
            campaigns: self.campaigns,
            schedules: self.schedules,
            event_dates: self.event_dates,
            profile_dates: self.profile_dates,
            memberships: self.memberships,
            service_window: self.service_window,
            rulebook: self.rulebook.clone(),
        }
    }
}

/// The test that a receipt's campaign adds to a pattern's own.
fn of_campaign<'f>(event: &EventName, filter: Option<&'f Filter>) -> Option<Cow<'f, Filter>> {
    let EventName::Message { campaign: Some(campaign), .. } = event else { return filter.map(Cow::Borrowed) };
    let own = is_campaign(&campaign.node, campaign.span);
    Some(Cow::Owned(match filter {
        None => own,
        Some(filter) => Filter::And(vec![own, filter.clone()], campaign.span),
    }))
}

/// The test that an event's property `campaign` is a campaign's name.
pub(super) fn is_campaign(name: &str, span: Span) -> Filter {
    let value = Spanned::new(Literal::Text(name.to_owned()), span);
    Filter::Test(Test {
        path: Path { parts: vec!["campaign".to_owned()], span },
        operation: Operation::Compare(Comparison::Equal, value),
        every: false,
        ignoring_case: false,
        span,
    })
}

/// The events that are receipts, by the names that we and CleverTap have for them.
fn receipt_names() -> impl Iterator<Item = (&'static str, Receipt)> {
    let names = |receipt: Receipt| std::iter::once(receipt.event()).chain(receipt.other_event());
    Receipt::ALL.into_iter().flat_map(move |receipt| names(receipt).map(move |name| (name, receipt)))
}

/// Whether it matters who wrote to the business within 24 hours.
fn asks_who_spoke(rulebook: &Rulebook) -> bool {
    let portfolios = &rulebook.providers().portfolios;
    if portfolios.values().any(|portfolio| portfolio.users_per_day.is_some()) {
        return true;
    }
    let mut variants = rulebook.campaigns().iter().flat_map(|campaign| &campaign.variants);
    variants.any(|variant| variant.message.is_free_form())
}
