//! Events and tests on them in words.

use super::words::{self, listed, literal, path, quoted};
use super::{Tree, Writer};
use crate::language::Spanned;
use crate::language::ast::{
    ClockOperation, ClockPart, ClockTest, Comparison, DateWindow, DateWindowKind, EventName, EventPattern,
    Filter, Items, Literal, Near, Operation, Receipt, Test, WindowKind,
};

/// A row of so many tests is not said in one sentence.
const LONG: usize = 3;

impl Writer<'_> {
    /// `"Charged" where …`
    pub(super) fn pattern(&self, pattern: &EventPattern) -> String {
        let name = match &pattern.event.node {
            EventName::Named(name) => quoted(name),
            EventName::Any => "anything at all".to_owned(),
            EventName::Message { receipt, campaign } => {
                let of = match campaign {
                    Some(campaign) => format!("a message of campaign `{}`", campaign.node),
                    None => "a message of ours".to_owned(),
                };
                let became = match receipt {
                    Receipt::Sent => "was taken by its provider",
                    Receipt::Delivered => "was delivered",
                    Receipt::Read => "was read",
                    Receipt::Clicked => "was clicked",
                    Receipt::Replied => "was replied to",
                    Receipt::Failed => "failed",
                };
                format!("{} ({of} {became})", quoted(receipt.event()))
            }
        };
        match &pattern.filter {
            Some(filter) => format!("{name} where {}", self.filter(filter)),
            None => name,
        }
    }

    /// The same at the end of a sentence, behind `more`: a long row of tests stands below it, part by part.
    pub(super) fn long_pattern(&self, pattern: &EventPattern, more: &str) -> (String, Vec<Tree>) {
        let parts = |parts: &[Filter]| parts.iter().map(|part| Tree::leaf(self.operand(part))).collect();
        let (how, parts) = match &pattern.filter {
            Some(Filter::And(all, _)) if all.len() >= LONG => ("all of these hold", parts(all)),
            Some(Filter::Or(any, _)) if any.len() >= LONG => ("at least one of these holds", parts(any)),
            _ => return (format!("{}{more}", self.pattern(pattern)), Vec::new()),
        };
        let alone = EventPattern { filter: None, ..pattern.clone() };
        (format!("{}{more}, for which {how}", self.pattern(&alone)), parts)
    }

    /// A test in one phrase; rows within rows in parentheses.
    pub(super) fn filter(&self, filter: &Filter) -> String {
        match filter {
            Filter::And(all, _) => {
                all.iter().map(|part| self.operand(part)).collect::<Vec<_>>().join(" and ")
            }
            Filter::Or(any, _) => any.iter().map(|part| self.operand(part)).collect::<Vec<_>>().join(" or "),
            Filter::Not(inner, _) => format!("it is not so that {}", self.operand(inner)),
            Filter::Test(test) => self.test(test, ""),
            Filter::Items(items) => self.items(items, ""),
            Filter::Clock(test) => self.clock(test),
            Filter::Near(near) => self.near(near, ""),
        }
    }

    /// The same of a profile, whose properties are `theirs`.
    pub(super) fn profile_filter(&self, filter: &Filter) -> String {
        match filter {
            Filter::Test(test) => self.test(test, "their "),
            Filter::Items(items) => self.items(items, "their "),
            Filter::Near(near) => self.near(near, "their "),
            Filter::And(..) | Filter::Or(..) | Filter::Not(..) | Filter::Clock(_) => self.filter(filter),
        }
    }

    fn operand(&self, filter: &Filter) -> String {
        match filter {
            Filter::And(..) | Filter::Or(..) => format!("({})", self.filter(filter)),
            Filter::Not(..) | Filter::Test(_) | Filter::Items(_) | Filter::Clock(_) | Filter::Near(_) => {
                self.filter(filter)
            }
        }
    }

    fn items(&self, items: &Items, whose: &str) -> String {
        let which = if items.every { "every one (and at least one)" } else { "one" };
        format!("of {whose}{}, {which} has: {}", path(&items.path), self.operand(&items.filter))
    }

    fn test(&self, test: &Test, whose: &str) -> String {
        let name = path(&test.path);
        let subject =
            if test.every { format!("every value of {whose}{name}") } else { format!("{whose}{name}") };
        let case = if test.ignoring_case { ", upper and lower case alike" } else { "" };
        format!("{subject} {}{case}", self.operation(&test.operation))
    }

    fn operation(&self, operation: &Operation) -> String {
        let of = |values: &[Spanned<Literal>]| {
            listed(values.iter().map(|value| literal(&value.node)).collect(), "or")
        };
        match operation {
            Operation::Compare(comparison, value) => {
                format!("{} {}", compared(*comparison, &value.node), literal(&value.node))
            }
            Operation::Between(from, to) => {
                format!("is between {} and {}, both included", literal(&from.node), literal(&to.node))
            }
            Operation::In(values) => match values.as_slice() {
                [only] => format!("is {}", literal(&only.node)),
                _ => format!("is one of {}", of(values)),
            },
            Operation::NotIn(values) => format!("is known and is none of {}", of(values)),
            Operation::Contains(text) => format!("contains {}", quoted(&text.node)),
            Operation::StartsWith(text) => format!("starts with {}", quoted(&text.node)),
            Operation::EndsWith(text) => format!("ends with {}", quoted(&text.node)),
            Operation::Matches(text) => format!("fits the pattern {}", quoted(&text.node)),
            Operation::IsSet => "is known".to_owned(),
            Operation::IsNotSet => "is not known".to_owned(),
            Operation::Falls(window) => format!("lies {}", self.date_window(window)),
            Operation::AnniversaryFalls(window) => {
                format!(
                    "returns, by day and month in its own or any later year, {}",
                    self.date_window(window)
                )
            }
        }
    }

    fn clock(&self, test: &ClockTest) -> String {
        let zone = self.zone(test.user_time);
        let subject = match test.part {
            ClockPart::Hour => "its hour",
            ClockPart::Weekday => "its weekday",
            ClockPart::Date => "its day",
        };
        let holds = match &test.operation {
            ClockOperation::Hour(comparison, hour) => {
                let exact = Literal::Number(crate::model::Number::from_i64(hour.node.into()));
                format!("{} {}", compared(*comparison, &exact), hour.node)
            }
            ClockOperation::Hours(ranges) => {
                let each = ranges
                    .iter()
                    .map(|range| format!("from {:02}:00 until before {:02}:00", range.from, range.to));
                format!("is {}", listed(each.collect(), "or"))
            }
            ClockOperation::Weekdays(days) => {
                format!("is {}", words::weekdays(days).replace(" and ", " or "))
            }
            ClockOperation::Date(comparison, day) => {
                format!("{} {}", compared(*comparison, &Literal::Date(day.node)), words::date(day.node))
            }
            ClockOperation::DateBetween(from, to) => {
                format!("is from {} to {}, both included", words::date(from.node), words::date(to.node))
            }
        };
        format!("{subject} {holds}, {zone}")
    }

    fn near(&self, near: &Near, whose: &str) -> String {
        let metres = near.metres.node.as_f64();
        let far = if metres >= 1_000.0 { format!("{} km", metres / 1_000.0) } else { format!("{metres} m") };
        let subject = match &near.place {
            Some(place) => format!("{whose}{}", path(place)),
            None => format!("{whose}place"),
        };
        format!("{subject} is within {far} of ({}, {})", near.latitude.node, near.longitude.node)
    }

    fn date_window(&self, window: &DateWindow) -> String {
        let zone = self.zone(window.user_time);
        match window.kind {
            DateWindowKind::Past(WindowKind::This(unit)) => match words::unit(unit) {
                "day" => format!("on the very day, {zone}"),
                unit => format!("in this {unit} (the whole of it), {zone}"),
            },
            DateWindowKind::Past(kind) => self.stretch(kind, window.user_time),
            DateWindowKind::Next(length) => {
                format!("in the next {} from then on", words::exact_length(length))
            }
            DateWindowKind::NextCalendar(count, unit) => {
                let unit = words::unit(unit);
                format!(
                    "between then and the end of the {unit} {} ahead, {zone}",
                    words::several(count.into(), unit)
                )
            }
            DateWindowKind::ExactlyAhead(1, unit) => match words::unit(unit) {
                "day" => format!("on the day after, {zone}"),
                unit => format!("in the {unit} after this, {zone}"),
            },
            DateWindowKind::ExactlyAhead(count, unit) => {
                let unit = words::unit(unit);
                format!("on the whole {unit} that is {} ahead, {zone}", words::several(count.into(), unit))
            }
            DateWindowKind::BetweenAhead(near, far) => format!(
                "between {} and {} ahead, exactly",
                words::exact_length(near),
                words::exact_length(far)
            ),
        }
    }
}

/// `is at least` of numbers, `is … or later` would be of days: said as `is not before`.
pub(super) const fn compared(comparison: Comparison, with: &Literal) -> &'static str {
    let is_date = matches!(with, Literal::Date(_));
    match (comparison, is_date) {
        (Comparison::Equal, _) => "is",
        (Comparison::NotEqual, _) => "is known and is not",
        (Comparison::Less, false) => "is less than",
        (Comparison::LessOrEqual, false) => "is at most",
        (Comparison::Greater, false) => "is more than",
        (Comparison::GreaterOrEqual, false) => "is at least",
        (Comparison::Less, true) => "is before",
        (Comparison::LessOrEqual, true) => "is on or before",
        (Comparison::Greater, true) => "is after",
        (Comparison::GreaterOrEqual, true) => "is on or after",
    }
}
