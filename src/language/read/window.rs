use super::values::Unit;
use super::{Reader, shown};
use crate::language::ast::{CalendarUnit, Count, CountComparison, Window, WindowKind};
use crate::language::grammar::{Node, Rule, child, children, has};
use crate::language::{Span, Spanned, codes};

impl Reader<'_, '_> {
    /// `at least 3 times [or never]`
    pub(super) fn count(&mut self, node: &Node<'_>) -> Option<Spanned<Count>> {
        let span = self.span(node);
        let kind = node.clone().into_inner().next()?;
        let mut numbers = children(&kind, Rule::number);
        let first = numbers.next()?;
        let second = numbers.next();
        let n = self.whole(&first, "number of times", 0, u32::MAX)?.node;
        let comparison = match kind.as_rule() {
            Rule::at_least => CountComparison::AtLeast(n),
            Rule::at_most => CountComparison::AtMost(n),
            Rule::more_than => CountComparison::MoreThan(n),
            Rule::fewer_than => CountComparison::FewerThan(n),
            Rule::exactly => CountComparison::Exactly(n),
            _ => {
                let most = self.whole(&second?, "number of times", 0, u32::MAX)?.node;
                if most < n {
                    return self.refuse_with(
                        codes::COUNT,
                        span,
                        format!("no number lies between {n} and {most}"),
                        format!("the smaller one comes first: `between {most} and {n} times`"),
                    );
                }
                CountComparison::Between(n, most)
            }
        };
        let or_never = has(node, Rule::or_never);
        self.sensible_count(comparison, or_never, span)?;
        Some(Spanned::new(Count { comparison, or_never }, span))
    }

    /// Refuses counts that every user satisfies, or none.
    fn sensible_count(&mut self, comparison: CountComparison, or_never: bool, span: Span) -> Option<()> {
        use CountComparison::{AtLeast, AtMost, Between, Exactly, FewerThan};
        let zero_only = matches!(comparison, AtMost(0) | FewerThan(1) | Exactly(0) | Between(0, 0));
        if zero_only {
            return self.refuse_with(
                codes::COUNT,
                span,
                "this count only holds for no occurrence at all",
                "say `did not \"…\"` instead",
            );
        }
        if matches!(comparison, FewerThan(0)) {
            return self.refuse_with(
                codes::COUNT,
                span,
                "nothing happens fewer than 0 times",
                "say `did not \"…\"` for no occurrence at all",
            );
        }
        if matches!(comparison, AtLeast(0)) {
            return self.refuse_with(
                codes::COUNT,
                span,
                "`at least 0 times` holds for everyone",
                "leave the test out, or begin at 1",
            );
        }
        let zero_satisfies = matches!(comparison, AtMost(_) | FewerThan(_) | Between(0, _));
        if or_never && !zero_satisfies {
            return self.refuse_with(
                codes::COUNT,
                span,
                "`or never` goes with counts that 0 satisfies, such as `at most 3 times`",
                "leave `or never` out, or say `… or did not \"…\"`",
            );
        }
        Some(())
    }

    /// `in last 7 days [user time]`
    pub(super) fn window(&mut self, node: &Node<'_>) -> Option<Window> {
        let span = self.span(node);
        let kind = self.window_kind(&node.clone().into_inner().next()?)?;
        Some(Window { kind, user_time: has(node, Rule::user_time), span })
    }

    /// A stretch of time, without whose time it is.
    pub(super) fn window_kind(&mut self, inner: &Node<'_>) -> Option<WindowKind> {
        let span = self.span(inner);
        Some(match inner.as_rule() {
            Rule::in_last => self.in_last(inner)?,
            Rule::today => WindowKind::This(CalendarUnit::Day),
            Rule::yesterday => WindowKind::Previous(CalendarUnit::Day),
            Rule::this_unit => WindowKind::This(self.calendar_unit(inner)?),
            Rule::previous_unit => WindowKind::Previous(self.calendar_unit(inner)?),
            Rule::exactly_ago => {
                let number = child(inner, Rule::number)?;
                let unit = self.calendar_unit(inner)?;
                let count = self.whole(&number, "number of units ago", 1, 10_000)?;
                WindowKind::ExactlyAgo(count.node, unit)
            }
            Rule::between_ago | Rule::between_away => self.between_ago(inner)?,
            Rule::more_than_ago => {
                let number = child(inner, Rule::number)?;
                let unit = self.unit(inner)?.node;
                WindowKind::MoreThanAgo(self.length(&number, unit, span, 1)?.node)
            }
            Rule::after => WindowKind::After(self.only_date(inner)?),
            Rule::since => WindowKind::Since(self.only_date(inner)?),
            Rule::before => WindowKind::Before(self.only_date(inner)?),
            Rule::on_date => WindowKind::On(self.only_date(inner)?),
            _ => {
                let mut dates = children(inner, Rule::date);
                let (from, to) = (dates.next()?, dates.next()?);
                let (from, to) = (self.date(&from)?, self.date(&to)?);
                if to.node < from.node {
                    return self.refuse_with(
                        codes::WINDOW,
                        span,
                        "this window ends before it begins",
                        format!("write `from {} to {}`", to.node, from.node),
                    );
                }
                WindowKind::FromTo(from.node, to.node)
            }
        })
    }

    fn only_date(&mut self, node: &Node<'_>) -> Option<chrono::NaiveDate> {
        self.date(&child(node, Rule::date)?).map(|date| date.node)
    }

    fn in_last(&mut self, node: &Node<'_>) -> Option<WindowKind> {
        let span = self.span(node);
        let unit = self.unit(node)?;
        let Some(number) = child(node, Rule::number) else {
            let word = unit.node.word(1);
            let rolling = match unit.node {
                Unit::Month => "in last 30 days".to_owned(),
                Unit::Year => "in last 365 days".to_owned(),
                Unit::Week => "in last 7 days".to_owned(),
                Unit::Day => "in last 24 hours".to_owned(),
                _ => format!("in last 1 {word}"),
            };
            let help = match unit.node.calendar() {
                Some(CalendarUnit::Day) => format!("write `{rolling}`, or `yesterday`"),
                Some(_) => {
                    format!("write `{rolling}`, or `previous {word}` for the whole {word} before this one")
                }
                None => format!("write `{rolling}`"),
            };
            return self.refuse_with(
                codes::WINDOW,
                span,
                format!("`{}` can mean two things", shown(node)),
                help,
            );
        };
        if has(node, Rule::kw_calendar) {
            let unit = self.calendar_unit(node)?;
            let count = self.whole(&number, "number of units", 1, 10_000)?;
            return Some(WindowKind::LastCalendar(count.node, unit));
        }
        if unit.node.seconds().is_none() {
            let count = self.whole(&number, "number of units", 1, 10_000)?.node;
            let days = if unit.node == Unit::Month { 30 } else { 365 };
            let word = unit.node.word(i64::from(count));
            return self.refuse_with(
                codes::WINDOW,
                span,
                format!("{} are cut by the calendar and have no fixed length", unit.node.word(2)),
                format!(
                    "write `in last {count} calendar {word}` or `in last {} days`",
                    i64::from(count) * days
                ),
            );
        }
        self.length(&number, unit.node, span, 1).map(|length| WindowKind::Last(length.node))
    }

    fn between_ago(&mut self, node: &Node<'_>) -> Option<WindowKind> {
        let span = self.span(node);
        let mut numbers = children(node, Rule::number);
        let (near, far) = (numbers.next()?, numbers.next()?);
        let unit = self.unit(node)?;
        let calendar = has(node, Rule::kw_calendar);
        let near_count = self.whole(&near, "number of units ago", 0, u32::MAX)?.node;
        let far_count = self.whole(&far, "number of units ago", 1, u32::MAX)?.node;
        let (low, high) = (near_count.min(far_count), near_count.max(far_count));
        let word = unit.node.word(2);
        if far_count < near_count || (far_count == near_count && !calendar) {
            let help = if low == high {
                format!("write `between {low} and {} {word} ago`", high.saturating_add(1))
            } else {
                format!("the nearer one comes first: `between {low} and {high} {word} ago`")
            };
            return self.refuse_with(codes::WINDOW, span, "this window ends before it begins", help);
        }
        if calendar {
            let unit = self.calendar_unit(node)?;
            self.whole(&far, "number of units ago", 1, 10_000)?;
            return Some(WindowKind::BetweenAgoCalendar(near_count, far_count, unit));
        }
        if unit.node.seconds().is_none() {
            return self.refuse_with(
                codes::WINDOW,
                span,
                format!("{word} are cut by the calendar and have no fixed length"),
                format!("write `between {low} and {high} calendar {word} ago`, or use days"),
            );
        }
        let near = self.length(&near, unit.node, span, 0)?;
        let far = self.length(&far, unit.node, span, 1)?;
        Some(WindowKind::BetweenAgo(near.node, far.node))
    }

    /// The unit of a node where only a calendar's can stand.
    pub(super) fn calendar_unit(&mut self, node: &Node<'_>) -> Option<CalendarUnit> {
        let unit = self.unit(node)?;
        match unit.node.calendar() {
            Some(calendar) => Some(calendar),
            None => self.refuse_with(
                codes::WINDOW,
                unit.span,
                format!("a calendar does not cut {}", unit.node.word(2)),
                format!(
                    "days, weeks, months and years are; for an exact length write `in last 6 {}`",
                    unit.node.word(6)
                ),
            ),
        }
    }
}
