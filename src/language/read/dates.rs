use super::Reader;
use super::values::Unit;
use crate::language::ast::{CalendarUnit, DateWindow, DateWindowKind, WindowKind};
use crate::language::grammar::{Node, Rule, child, children, has};
use crate::language::{Span, codes};
use crate::model::Duration;

impl Reader<'_, '_> {
    /// `in next 7 days`, `falls today`, `on 2026-11-03`, each with `user time` or not.
    pub(super) fn date_window(&mut self, node: &Node<'_>) -> Option<DateWindow> {
        let span = self.span(node);
        let skip = [Rule::kw_falls, Rule::kw_is];
        let inner = node.clone().into_inner().find(|part| !skip.contains(&part.as_rule()))?;
        let kind = match inner.as_rule() {
            Rule::in_next => self.in_next(&inner)?,
            Rule::tomorrow => DateWindowKind::ExactlyAhead(1, CalendarUnit::Day),
            Rule::next_unit => DateWindowKind::ExactlyAhead(1, self.calendar_unit(&inner)?),
            Rule::exactly_away => {
                let unit = self.calendar_unit(&inner)?;
                let count = self.whole(&child(&inner, Rule::number)?, "number of units", 1, 10_000)?.node;
                if has(&inner, Rule::kw_ahead) {
                    DateWindowKind::ExactlyAhead(count, unit)
                } else {
                    DateWindowKind::Past(WindowKind::ExactlyAgo(count, unit))
                }
            }
            Rule::between_away if has(&inner, Rule::kw_ahead) => self.between_ahead(&inner)?,
            _ => DateWindowKind::Past(self.window_kind(&inner)?),
        };
        Some(DateWindow { kind, user_time: has(node, Rule::user_time), span })
    }

    /// The window of a yearly return, which has no beginning and no end.
    pub(super) fn anniversary_window(&mut self, node: &Node<'_>) -> Option<DateWindow> {
        let window = self.date_window(node)?;
        let endless = matches!(
            window.kind,
            DateWindowKind::Past(
                WindowKind::Since(_)
                    | WindowKind::Before(_)
                    | WindowKind::After(_)
                    | WindowKind::MoreThanAgo(_)
            )
        );
        if endless {
            return self.refuse_with(
                codes::WINDOW,
                window.span,
                "with `is` a date returns every year, and an open end would hold of all",
                "for the date itself leave `is` out; for its yearly return write `is today` or `is in next 7 days`",
            );
        }
        Some(window)
    }

    fn in_next(&mut self, node: &Node<'_>) -> Option<DateWindowKind> {
        let span = self.span(node);
        let unit = self.unit(node)?;
        let Some(number) = child(node, Rule::number) else {
            let word = unit.node.word(1);
            let rolling = match unit.node {
                Unit::Month => "in next 30 days".to_owned(),
                Unit::Year => "in next 365 days".to_owned(),
                Unit::Week => "in next 7 days".to_owned(),
                Unit::Day => "in next 24 hours".to_owned(),
                _ => format!("in next 1 {word}"),
            };
            let help = match unit.node.calendar() {
                Some(CalendarUnit::Day) => format!("write `{rolling}`, or `falls tomorrow`"),
                Some(_) => {
                    format!("write `{rolling}`, or `falls next {word}` for the whole {word} after this one")
                }
                None => format!("write `{rolling}`"),
            };
            let message = format!("`in next {word}` can mean two things");
            return self.refuse_with(codes::WINDOW, span, message, help);
        };
        if has(node, Rule::kw_calendar) {
            let unit = self.calendar_unit(node)?;
            let count = self.whole(&number, "number of units", 1, 10_000)?.node;
            return Some(DateWindowKind::NextCalendar(count, unit));
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
                    "write `in next {count} calendar {word}` or `in next {} days`",
                    i64::from(count) * days
                ),
            );
        }
        self.length(&number, unit.node, span, 1).map(|length| DateWindowKind::Next(length.node))
    }

    fn between_ahead(&mut self, node: &Node<'_>) -> Option<DateWindowKind> {
        let span = self.span(node);
        if has(node, Rule::kw_calendar) {
            return self.refuse_with(
                codes::WINDOW,
                span,
                "a stretch ahead between two numbers of calendar units is not known",
                "write `between 3 and 5 days ahead`, `exactly 3 days ahead` or `in next 5 calendar days`",
            );
        }
        let unit = self.unit(node)?;
        let mut numbers = children(node, Rule::number);
        let (near, far) = (numbers.next()?, numbers.next()?);
        let near = self.length(&near, unit.node, span, 0)?.node;
        let far = self.length(&far, unit.node, span, 1)?.node;
        self.forward(near, far, span)?;
        Some(DateWindowKind::BetweenAhead(near, far))
    }

    fn forward(&mut self, near: Duration, far: Duration, span: Span) -> Option<()> {
        if near < far {
            return Some(());
        }
        self.refuse_with(
            codes::WINDOW,
            span,
            "this window ends before it begins",
            "the nearer one comes first: `between 3 and 5 days ahead`",
        )
    }
}
