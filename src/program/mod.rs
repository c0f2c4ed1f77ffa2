//! The compiler: a checked rulebook becomes dense tables of integers, with no name left to compare.
//!
//! An event is looked at once, when it enters: its name picks a plan, the plan's filters give a pattern of bits, and the
//! pattern's `Reaction` says which counters, timers, pending messages and triggers it touches. The machine reads
//! reactions, never names or properties. Equal filters, counters and conditions of all campaigns are one.

mod budgets;
mod classify;
mod compile;
mod condition;
mod dates;
mod deferred;
mod delivery;
#[cfg(feature = "durable")]
mod looks_back;
mod predicate;
mod reads;
mod trigger;

use std::sync::Arc;

use crate::calendar::{OpenHours, Recurrence, Zone};
pub(crate) use crate::language::ast::{
    AggregateFunction, Block, CalendarUnit, CapPer, Comparison, IfPast, LimitPer, Otherwise, Receipt, Repeat,
    Wait, Which, WindowKind,
};
use crate::model::{Duration, NameMap, Percent, Text};
use crate::rulebook::Rulebook;

#[cfg(test)]
pub(crate) use budgets::BudgetPlan;
pub(crate) use budgets::{Allowance, BudgetPlans, BudgetSet};
pub(crate) use classify::{About, Classifier, EventExtra, Fact, Origin, Reaction};
pub(crate) use condition::{
    ABSENT, AggregateTest, CountRange, CounterPlan, Keep, KeysPlan, KeysSource, LATE, Node, NodeId,
    NumbersPlan, ProfileTest, Remember, Role, SequencePlan, Spread, Values, ValuesPlan, WindowPlan,
};
pub(crate) use dates::{DatePlan, ProfileDatePlan};
pub(crate) use deferred::Deferred;
#[cfg(feature = "durable")]
pub(crate) use looks_back::{LooksBack, looks_back};
pub(crate) use predicate::{Atom, ClockTest, Predicate, Read, accepts};

pub(crate) use compile::Trace;
pub(crate) use delivery::{DeliveryPlan, TestPlan, TestSizePlan};
pub(crate) use predicate::Slots;
pub(crate) use predicate::{Clocks, Matcher, Seen, key_of};

/// A compiled rulebook: what an engine or a replay runs. Cheap to clone, immutable, shared between threads.
///
/// # Example
/// ```
/// use campanile::rulebook::Rulebook;
/// let rulebook = Rulebook::parse("shop.camp", "
///     campaign thanks {
///       when \"Charged\" where amount >= 500
///       send template thank_you
///     }")?;
/// let program = rulebook.compile();
/// assert_eq!(program.campaigns().collect::<Vec<_>>(), ["thanks"]);
/// # Ok::<(), campanile::rulebook::RulebookError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Program {
    tables: Arc<Tables>,
}

impl Program {
    /// The campaigns' names, in the order of the rulebook.
    pub fn campaigns(&self) -> impl Iterator<Item = &str> {
        self.tables.campaigns.iter().map(|campaign| &*campaign.name)
    }

    /// The names of the events that the rules read; with `any event` in a rule, every event is read.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        let by_rules =
            |plan: &EventPlan| plan.uses.iter().any(|used| !matches!(used.effect, Effect::Receipt(_)));
        let named = self.tables.plan_names.iter().zip(&self.tables.plans);
        named.filter(move |(_, plan)| by_rules(plan)).map(|(name, _)| &**name)
    }

    /// The rulebook that this was compiled from.
    pub fn rulebook(&self) -> &Rulebook {
        &self.tables.rulebook
    }

    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }
}

/// All that is known before the first event.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) rulebook: Rulebook,
    pub(crate) zone: Zone,
    pub(crate) quiet: Option<HoursPlan>,
    pub(crate) caps: Vec<CapPlan>,
    pub(crate) gap: Option<Duration>,
    pub(crate) budgets: BudgetPlans,
    pub(crate) plans: Vec<EventPlan>,
    pub(crate) plan_names: Vec<Text>,
    pub(crate) plan_index: NameMap<Text, usize>,
    /// For events that no rule names: what `any event` reads.
    pub(crate) other: EventPlan,
    pub(crate) counters: Vec<CounterPlan>,
    /// Whether the first event or the last is noted.
    pub(crate) notes: Vec<Which>,
    pub(crate) numbers: Vec<NumbersPlan>,
    pub(crate) keys: Vec<KeysPlan>,
    pub(crate) sequences: Vec<SequencePlan>,
    pub(crate) nodes: Vec<Node>,
    /// Where it is asked for segments by themselves: each by name.
    pub(crate) segments: Vec<(Text, NodeId)>,
    pub(crate) lists: Vec<String>,
    pub(crate) campaigns: Vec<CampaignPlan>,
    pub(crate) schedules: Vec<SchedulePlan>,
    pub(crate) event_dates: Vec<DatePlan>,
    pub(crate) profile_dates: Vec<ProfileDatePlan>,
    pub(crate) memberships: Vec<MembershipPlan>,
    /// Whether a user can be sent what is no template; none where nothing of that kind is sent, and no portfolio asks.
    pub(crate) service_window: Option<NodeId>,
    /// Whether any campaign has a safety stop.
    pub(crate) has_safety_stops: bool,
}

impl Tables {
    /// Whether something may fire for a user of whom no rule reads a record.
    pub(crate) fn concern_everyone(&self) -> bool {
        !(self.schedules.is_empty() && self.memberships.is_empty())
    }

    /// Whether something may fire for a user of whom no event starts anything.
    pub(crate) fn fire_without_events(&self) -> bool {
        self.concern_everyone() || !self.profile_dates.is_empty()
    }

    /// Whether what becomes of one user's message depends on any other's: all users must be run together.
    pub(crate) fn shares_everything(&self) -> bool {
        self.campaigns.iter().any(|campaign| {
            !campaign.limits.is_empty()
                || campaign.safety_stop.is_some()
                || campaign.budgets.is_some()
                || campaign.delivery.test().is_some()
        })
    }

    /// Whether all there is of an event may be asked for: what names a message's trigger event that has no id is made of it.
    pub(crate) fn ask_for_content(&self) -> bool {
        let asks = |used: &Use| matches!(used.effect, Effect::Start(_) | Effect::Expect(_));
        self.plans.iter().chain([&self.other]).any(|plan| plan.uses.iter().any(asks))
    }

    /// The properties of events that may be asked for by name, whatever names a trigger event; none where any may be.
    pub(crate) fn properties_of_events(&self) -> Option<Vec<&Text>> {
        let mut names = Vec::new();
        for plan in self.plans.iter().chain([&self.other]).filter(|plan| !plan.uses.is_empty()) {
            names.extend(plan.slots.names());
            match &plan.capture {
                Capture::Nothing => {}
                Capture::Names(captured) => names.extend(captured),
                Capture::All => return None,
            }
        }
        Some(names)
    }

    /// Whether it matters which users have a number in common.
    pub(crate) fn shares_numbers(&self) -> bool {
        let capped = self.campaigns.iter().any(|campaign| !campaign.at_most.is_empty());
        capped || !self.caps.is_empty() || self.gap.is_some() || !self.schedules.is_empty()
    }
}

impl Tables {
    /// The clocks on which tests are asked; the account's alone until a user is named.
    pub(crate) fn clocks(&self) -> Clocks<'_> {
        let week_starts = self.rulebook.settings().week_starts;
        Clocks { account: &self.zone, user: &self.zone, week_starts }
    }

    /// The same with a user's.
    pub(crate) fn clocks_of<'z>(&'z self, user: &'z Zone) -> Clocks<'z> {
        Clocks { user, ..self.clocks() }
    }
}

/// What the rules read of the events of one name.
#[derive(Debug, Default)]
pub(crate) struct EventPlan {
    pub(crate) slots: Slots,
    /// None of them hangs on the user's clock.
    pub(crate) filters: Vec<Predicate>,
    /// The slots whose values are kept for filters that do.
    pub(crate) kept: Vec<usize>,
    pub(crate) keys: Vec<KeyPath>,
    /// What is taken of the properties to be remembered.
    pub(crate) values: Vec<ValuesPlan>,
    /// The properties whose dates are planned.
    pub(crate) dates: Vec<KeyPath>,
    pub(crate) uses: Vec<Use>,
    pub(crate) capture: Capture,
    /// The slots of `job` and `campaign`, for receipts.
    pub(crate) about: Option<[usize; 2]>,
    /// The slot of `code`, for receipts of messages that failed.
    pub(crate) code: Option<usize>,
    /// The properties whose numbers are revenue.
    pub(crate) sums: Vec<KeyPath>,
}

impl EventPlan {
    /// The slots from which something may be kept of an event, be it what is remembered or what is settled later.
    pub(crate) fn slots_kept(&self) -> Vec<usize> {
        if !self.values.is_empty() {
            return (0..self.slots.len()).collect();
        }
        let paths = self.keys.iter().chain(&self.dates).chain(&self.sums).map(|path| path.slot);
        let mut slots: Vec<usize> = paths
            .chain(self.kept.iter().copied())
            .chain(self.about.into_iter().flatten())
            .chain(self.code)
            .collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }
}

/// A property that ties two events together (`matching`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyPath {
    pub(crate) slot: usize,
    pub(crate) rest: Box<[Text]>,
}

/// What of an event messages can ask for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) enum Capture {
    #[default]
    Nothing,
    Names(Vec<Text>),
    All,
}

/// What an event does when its filter (if any) holds.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) when: When,
    pub(crate) effect: Effect,
}

/// When an event does something.
#[derive(Debug, Clone)]
pub(crate) enum When {
    Always,
    /// When a filter of the plan holds.
    Filter(usize),
    /// When a filter holds that hangs on the user's clock.
    Deferred(Deferred),
}

#[derive(Debug, Clone)]
pub(crate) enum Effect {
    Count(u32),
    Remember(Remember),
    Stop(Ending),
    Cancel(Ending),
    /// A of `A then B`: B may come now.
    Expect(Ending),
    /// A segment that reads it is asked again.
    Watch(u32),
    Start(Start),
    Receipt(Receipt),
    Goal(GoalUse),
}

/// The value of `matching` of what is tied to every event, because the rule has no `matching`.
pub(crate) const UNTIED: u128 = 0;

/// An event that ends timers (B) or pending messages (`unless`) of a campaign, or lets another fire it.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub(crate) campaign: u32,
    /// Which of the campaign's `unless` clauses.
    pub(crate) clause: usize,
    /// The event's key that must equal the trigger event's.
    pub(crate) key: Option<usize>,
}

/// An event that fires a campaign's trigger or starts its timer.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub(crate) campaign: u32,
    /// The event's key that the other event of the trigger carries too.
    pub(crate) matching: Option<usize>,
    /// The event's date that is planned.
    pub(crate) date: Option<usize>,
    /// The event's key that each `unless` clause must carry too.
    pub(crate) unless: Box<[Option<usize>]>,
}

/// An event that reaches a campaign's goal.
#[derive(Debug, Clone)]
pub(crate) struct GoalUse {
    pub(crate) campaign: u32,
    /// The event's key that must equal the trigger event's.
    pub(crate) key: Option<usize>,
    /// The place of its revenue among the plan's sums.
    pub(crate) revenue: Option<usize>,
}

/// In whose time.
#[derive(Debug, Clone)]
pub(crate) enum Clock {
    User,
    Fixed(Zone),
}

impl Clock {
    /// The zone that it is, for a user's.
    pub(crate) fn zone<'z>(&'z self, user: &'z Zone) -> &'z Zone {
        match self {
            Clock::User => user,
            Clock::Fixed(zone) => zone,
        }
    }
}

#[derive(Debug)]
pub(crate) struct HoursPlan {
    pub(crate) hours: OpenHours,
    pub(crate) clock: Clock,
    pub(crate) otherwise: Otherwise,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct CapPlan {
    pub(crate) count: u32,
    pub(crate) per: CapPer,
}

impl CapPlan {
    /// Jobs older than this are of no concern to it.
    pub(crate) fn horizon(&self) -> Duration {
        let days = match self.per {
            CapPer::Rolling(length) => return length,
            CapPer::Calendar(CalendarUnit::Day) => 1,
            CapPer::Calendar(CalendarUnit::Week) => 7,
            CapPer::Calendar(CalendarUnit::Month) => 31,
            CapPer::Calendar(CalendarUnit::Year) => 366,
        };
        // A user who moves east or west has longer days.
        Duration::from_millis((days + 2) * 86_400_000)
    }
}

#[derive(Debug)]
pub(crate) struct SchedulePlan {
    pub(crate) campaign: u32,
    pub(crate) recurrence: Recurrence,
    pub(crate) clock: Clock,
    /// What becomes of users for whom a listed time is past when the run begins; none where nobody is past alone.
    pub(crate) if_past: Option<IfPast>,
    /// For each `unless`, the value that an event must have to end the message: a schedule has none for `matching`.
    pub(crate) unless: Box<[Option<u128>]>,
}

/// A segment that a campaign watches.
#[derive(Debug)]
pub(crate) struct MembershipPlan {
    pub(crate) campaign: u32,
    pub(crate) node: NodeId,
    /// It fires when users become members, else when they cease to be.
    pub(crate) enters: bool,
    pub(crate) including_current: bool,
    /// The profile's properties that the segment reads; none where it may read any.
    profile: Option<Vec<Text>>,
    /// For each `unless`, the value that an event must have to end the message: there is no event for `matching`.
    pub(crate) unless: Box<[Option<u128>]>,
}

impl MembershipPlan {
    /// Whether a property of the profile may change who is a member.
    pub(crate) fn reads_of_profile(&self, name: &str) -> bool {
        self.profile.as_ref().is_none_or(|names| names.iter().any(|known| **known == *name))
    }
}

#[derive(Debug)]
pub(crate) struct CampaignPlan {
    pub(crate) name: Text,
    pub(crate) provider: Option<Text>,
    pub(crate) priority: i32,
    pub(crate) trigger: TriggerPlan,
    pub(crate) audience: Option<AudiencePlan>,
    /// The draws that spare a user: each control group by what separates it from every other draw.
    pub(crate) controls: Vec<(String, Percent)>,
    pub(crate) holdout: Percent,
    /// What separates this campaign's holdout draw from every other draw.
    pub(crate) holdout_purpose: String,
    pub(crate) wait: Option<Wait>,
    pub(crate) deliver: Option<HoursPlan>,
    pub(crate) valid: Option<Duration>,
    pub(crate) at_most: Vec<CapPlan>,
    /// What it needs room in, by its place among the sets of budgets.
    pub(crate) budgets: Option<u32>,
    /// How long after a message its goal counts.
    pub(crate) goal: Option<Duration>,
    /// The place, in what ties a message to events, of the trigger event's value of the goal's `matching`.
    pub(crate) goal_tie: Option<usize>,
    /// How long marketing waits once the provider has refused one to the user.
    pub(crate) refusal: Duration,
    pub(crate) limits: Vec<LimitPlan>,
    /// The largest audience that one occurrence of its schedule may have.
    pub(crate) safety_stop: Option<u32>,
    /// Neither the account's caps nor its gap hold.
    pub(crate) ignores_caps: bool,
    pub(crate) stop: Option<StopPlan>,
    pub(crate) run: Option<RunPlan>,
    pub(crate) delivery: DeliveryPlan,
}

impl CampaignPlan {
    /// Whether chance says in which order an audience takes its turns, because the first of it have an advantage.
    pub(crate) fn is_drawn(&self) -> bool {
        self.of_schedule() && (!self.limits.is_empty() || self.delivery.test().is_some())
    }

    /// Whether users qualify by a schedule: all by one occurrence.
    pub(crate) fn of_schedule(&self) -> bool {
        matches!(self.trigger, TriggerPlan::Schedule)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum TriggerPlan {
    Event,
    /// `on request`: an event with a name of its own.
    Request,
    FirstTime,
    Followed {
        within: Duration,
    },
    Inaction {
        within: Duration,
        repeat: Repeat,
    },
    /// The date of an event, by its place among the program's.
    EventDate(u32),
    ProfileDate,
    Segment,
    Schedule,
}

impl TriggerPlan {
    /// True where users qualify in the midst of an instant, at an event; else after all records of the instant.
    pub(crate) fn is_at_event(self) -> bool {
        match self {
            TriggerPlan::Event
            | TriggerPlan::Request
            | TriggerPlan::FirstTime
            | TriggerPlan::Followed { .. } => true,
            TriggerPlan::Inaction { .. }
            | TriggerPlan::EventDate(_)
            | TriggerPlan::ProfileDate
            | TriggerPlan::Segment
            | TriggerPlan::Schedule => false,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct AudiencePlan {
    pub(crate) node: NodeId,
    pub(crate) recheck: bool,
}

/// At most so many users.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LimitPlan {
    pub(crate) users: u32,
    pub(crate) per: LimitPer,
}

/// The wall clock from which on nothing is triggered or sent.
#[derive(Debug)]
pub(crate) struct StopPlan {
    pub(crate) wall: chrono::NaiveDateTime,
    pub(crate) clock: Clock,
}

/// A campaign's days, both in.
#[derive(Debug)]
pub(crate) struct RunPlan {
    pub(crate) first: Option<chrono::NaiveDate>,
    pub(crate) last: Option<chrono::NaiveDate>,
    pub(crate) clock: Clock,
}
