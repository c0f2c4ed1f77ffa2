//! How often what was asked held, and how often it did not: so that tests can tell what generated cases really reach.

use std::cell::RefCell;
use std::collections::BTreeMap;

use campanile::language::ast::{
    AggregateFunction, Block, ClockPart, Condition, DateWindowKind, Filter, Operation, Trigger, WindowKind,
};
use campanile::model::{Budget, OutcomeKind};

/// How often no and how often yes.
pub type Answers = [u64; 2];

thread_local! {
    /// Everything noted so far on this thread.
    pub static TALLY: RefCell<BTreeMap<&'static str, Answers>> = const { RefCell::new(BTreeMap::new()) };
}

/// Notes an answer, and gives it back.
pub fn note(what: &'static str, answer: bool) -> bool {
    TALLY.with_borrow_mut(|tally| tally.entry(what).or_default()[usize::from(answer)] += 1);
    answer
}

/// A stretch of waiting; what is noted is whether the message went on to wait for something else.
pub fn of_wait(budget: &Budget) -> &'static str {
    match budget {
        Budget::CampaignThrottle(_) => "waited for the campaign's throttle",
        Budget::AccountThrottle => "waited for the account's throttle",
        Budget::Rate(_) => "waited for the rate",
        Budget::Pair(_) => "waited for the pair",
        Budget::Portfolio(_) => "waited for the portfolio",
        Budget::Template(_) => "waited for the template",
        Budget::Refusal(_) => "waited for the refusal to be over",
        _ => "waited for something new",
    }
}

pub fn of_condition(condition: &Condition) -> &'static str {
    match condition {
        Condition::And(..) => "and",
        Condition::Or(..) => "or",
        Condition::Not(..) => "not",
        Condition::Did(did) if did.negated => "did not",
        Condition::Did(did) if did.count.is_some() => "did … times",
        Condition::Did(_) => "did",
        Condition::Aggregate(aggregate) => match aggregate.function {
            AggregateFunction::Sum => "sum",
            AggregateFunction::Average => "average",
            AggregateFunction::Min => "min",
            AggregateFunction::Max => "max",
            AggregateFunction::Distinct => "distinct",
        },
        Condition::Occurred(_) => "was",
        Condition::Had(_) => "had",
        Condition::NoneSince(none) if none.window.is_some() => "and no … since",
        Condition::NoneSince(_) => "has not happened since",
        Condition::Sequence(sequence) => match (&sequence.absent, &sequence.all_within) {
            (Some(_), _) => "then no",
            (None, Some(_)) => "all within",
            (None, None) => "then",
        },
        Condition::Regularly(regularly) => match regularly.block {
            Block::Rolling(_) => "in at least n of last n",
            Block::Calendar(_) => "in at least n of last n calendar",
        },
        Condition::Mostly(_) => "mostly",
        Condition::Share(_) => "share",
        Condition::Sample(_) => "sample",
        Condition::Profile(_) => "profile",
        Condition::InSegment(_) => "in segment",
        Condition::InList(_) => "in list",
    }
}

pub fn of_window(kind: &WindowKind) -> &'static str {
    match kind {
        WindowKind::Last(_) => "in last",
        WindowKind::LastCalendar(..) => "in last calendar",
        WindowKind::This(_) => "this",
        WindowKind::Previous(_) => "previous",
        WindowKind::ExactlyAgo(..) => "exactly ago",
        WindowKind::BetweenAgo(..) => "between ago",
        WindowKind::BetweenAgoCalendar(..) => "between calendar ago",
        WindowKind::MoreThanAgo(_) => "more than ago",
        WindowKind::After(_) => "after",
        WindowKind::Since(_) => "since",
        WindowKind::Before(_) => "before",
        WindowKind::On(_) => "on",
        WindowKind::FromTo(..) => "from to",
    }
}

pub fn of_date_window(kind: &DateWindowKind) -> &'static str {
    match kind {
        DateWindowKind::Past(WindowKind::Last(_)) => "date in last",
        DateWindowKind::Past(_) => "date in past",
        DateWindowKind::Next(_) => "date in next",
        DateWindowKind::NextCalendar(..) => "date in next calendar",
        DateWindowKind::ExactlyAhead(..) => "date exactly ahead",
        DateWindowKind::BetweenAhead(..) => "date between ahead",
    }
}

pub fn of_filter(filter: &Filter) -> &'static str {
    match filter {
        Filter::And(..) => "filter and",
        Filter::Or(..) => "filter or",
        Filter::Not(..) => "filter not",
        Filter::Test(test) if test.every => "all",
        Filter::Test(test) if test.ignoring_case => "ignoring case",
        Filter::Test(test) => match &test.operation {
            Operation::Compare(..) => "compare",
            Operation::Between(..) => "between",
            Operation::In(_) => "in",
            Operation::NotIn(_) => "not in",
            Operation::Contains(_) => "contains",
            Operation::StartsWith(_) => "starts with",
            Operation::EndsWith(_) => "ends with",
            Operation::Matches(_) => "matches",
            Operation::IsSet => "is set",
            Operation::IsNotSet => "is not set",
            Operation::Falls(_) => "falls",
            Operation::AnniversaryFalls(_) => "anniversary",
        },
        Filter::Items(items) if items.every => "all has",
        Filter::Items(_) => "any has",
        Filter::Clock(test) => match (test.part, test.user_time) {
            (ClockPart::Hour, false) => "hour",
            (ClockPart::Weekday, false) => "weekday",
            (ClockPart::Date, false) => "date",
            (_, true) => "user clock",
        },
        Filter::Near(_) => "within distance",
    }
}

pub fn of_trigger(trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::Event(_) => "when",
        Trigger::Inaction(_) => "when then no",
        Trigger::FirstTime(_) => "when for the first time",
        Trigger::Followed(_) => "when then",
        Trigger::EventDate(_) => "when date of event",
        Trigger::ProfileDate(dates) if dates.yearly => "when date of profile yearly",
        Trigger::ProfileDate(_) => "when date of profile",
        Trigger::Enters { including_current: true, .. } => "enters, including current",
        Trigger::Enters { .. } => "enters",
        Trigger::Leaves(_) => "leaves",
        Trigger::Request => "on request",
        Trigger::At { .. } => "at",
        Trigger::Every { .. } => "every",
        Trigger::Cron { .. } => "cron",
    }
}

/// Whether what ends has stood in line.
pub fn of_outcome(outcome: OutcomeKind) -> &'static str {
    match outcome {
        OutcomeKind::Sent => "sent from the line",
        OutcomeKind::OutsideWindow => "outside window in line",
        OutcomeKind::Cancelled => "cancelled in line",
        OutcomeKind::NoConsent => "no consent in line",
        OutcomeKind::Unreachable => "unreachable in line",
        OutcomeKind::RequalifiedOut => "requalified out in line",
        OutcomeKind::Expired => "expired in line",
        OutcomeKind::Ended => "ended in line",
        OutcomeKind::DuplicateAddress => "duplicate address in line",
        OutcomeKind::CapCampaign => "campaign's cap in line",
        OutcomeKind::CapGlobal => "account's cap in line",
        OutcomeKind::Gap => "gap in line",
        OutcomeKind::Limit => "limit in line",
        OutcomeKind::TemplateDisabled => "template disabled in line",
        OutcomeKind::ServiceWindow => "service window in line",
        OutcomeKind::RenderError => "render error in line",
        OutcomeKind::Pending => "pending in line",
        _ => "another outcome in line",
    }
}
