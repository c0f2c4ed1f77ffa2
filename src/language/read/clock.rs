use chrono::Weekday;

use super::filter::{Subject, comparison};
use super::{Reader, shown};
use crate::language::ast::{ClockOperation, ClockPart, ClockTest, Comparison, Filter, HourRange};
use crate::language::grammar::{Node, Rule, child, children, has};
use crate::language::{Span, codes};

impl Reader<'_, '_> {
    /// `hour in 18..22`, `user weekday = sat`, `date >= 2026-11-03`: of the event's own instant.
    pub(super) fn clock_test(&mut self, node: &Node<'_>, subject: Subject) -> Option<Filter> {
        let span = self.span(node);
        let word = child(node, Rule::clock_part)?;
        let part = match word.as_str() {
            "hour" => ClockPart::Hour,
            "weekday" => ClockPart::Weekday,
            _ => ClockPart::Date,
        };
        if subject != Subject::Event {
            return self.no_clock_test(node, word.as_str(), self.span(&word), subject);
        }
        let user_time = has(node, Rule::kw_user);
        let mut negated = false;
        let operation = if let Some(compare) = child(node, Rule::clock_compare) {
            let sign = comparison(&child(&compare, Rule::comparison)?);
            let value = compare.clone().into_inner().last()?;
            match (part, value.as_rule()) {
                (ClockPart::Hour, Rule::number) => {
                    ClockOperation::Hour(sign, self.whole(&value, "hour of the day", 0, 23)?)
                }
                (ClockPart::Date, Rule::date) => ClockOperation::Date(sign, self.date(&value)?),
                (ClockPart::Weekday, Rule::weekday) => {
                    negated = sign == Comparison::NotEqual;
                    if !matches!(sign, Comparison::Equal | Comparison::NotEqual) {
                        return self.refuse_with(
                            codes::DAYS,
                            span,
                            "weekdays go round and have no order",
                            "name them: `weekday in mon..fri`, `weekday in [sat, sun]`",
                        );
                    }
                    ClockOperation::Weekdays(vec![self.weekday(&value)?])
                }
                _ => return self.not_of_the_clock(part, &value),
            }
        } else if let Some(within) = child(node, Rule::clock_in) {
            negated = has(&within, Rule::kw_not);
            let ranges: Vec<Node<'_>> = children(&within, Rule::clock_range).collect();
            match part {
                ClockPart::Hour => {
                    let hours: Option<Vec<HourRange>> =
                        ranges.iter().map(|range| self.hour_range(range)).collect();
                    ClockOperation::Hours(hours?)
                }
                ClockPart::Weekday => {
                    let mut days = Vec::new();
                    for range in &ranges {
                        match child(range, Rule::weekday_range) {
                            Some(named) => days.extend(self.weekday_range(&named)?),
                            None => return self.not_of_the_clock(part, range),
                        }
                    }
                    days.sort_by_key(Weekday::num_days_from_monday);
                    days.dedup();
                    ClockOperation::Weekdays(days)
                }
                ClockPart::Date => {
                    return self.refuse_with(
                        codes::DATE,
                        span,
                        "dates are compared, or lie between two",
                        "write `date = 2026-11-03` or `date between 2026-11-01 and 2026-11-30`",
                    );
                }
            }
        } else {
            let between = child(node, Rule::clock_between)?;
            let mut dates = children(&between, Rule::date);
            match (part, dates.next(), dates.next()) {
                (ClockPart::Date, Some(first), Some(last)) => {
                    let (first, last) = (self.date(&first)?, self.date(&last)?);
                    if last.node < first.node {
                        return self.refuse_with(
                            codes::NUMBER,
                            span,
                            "nothing lies between these two values",
                            "the smaller one comes first",
                        );
                    }
                    ClockOperation::DateBetween(first, last)
                }
                (ClockPart::Hour, None, _) => {
                    let mut numbers = children(&between, Rule::number);
                    let (from, to) = (numbers.next()?, numbers.next()?);
                    return self.refuse_with(
                        codes::TIME,
                        span,
                        "`hour between` would leave open whether the last hour is in",
                        format!(
                            "write `hour in {}..{}`: from the first hour until before the second begins",
                            from.as_str(),
                            to.as_str()
                        ),
                    );
                }
                _ => return self.not_of_the_clock(part, &between),
            }
        };
        let read = Filter::Clock(ClockTest { part, user_time, operation, span });
        Some(if negated { Filter::Not(Box::new(read), span) } else { read })
    }

    /// `18..22`, or `9` for that hour alone.
    fn hour_range(&mut self, node: &Node<'_>) -> Option<HourRange> {
        if has(node, Rule::weekday_range) {
            return self.not_of_the_clock(ClockPart::Hour, node);
        }
        let mut numbers = children(node, Rule::number);
        let first = numbers.next()?;
        let from = self.whole(&first, "hour of the day", 0, 23)?.node;
        let to = match numbers.next() {
            Some(last) => self.whole(&last, "hour of the day", 0, 24)?.node,
            None => from + 1,
        };
        if from == to {
            let span = self.span(node);
            return self.refuse_with(
                codes::TIME,
                span,
                "these hours end when they begin",
                format!("write `{from}` for that hour alone, or leave the test out for the whole day"),
            );
        }
        // Until midnight is until 24, so that `22..0` and `22..24` are one.
        Some(HourRange { from, to: if to == 0 { 24 } else { to } })
    }

    /// A value that is none of the part of the clock that is asked for.
    fn not_of_the_clock<T>(&mut self, part: ClockPart, value: &Node<'_>) -> Option<T> {
        let span = self.span(value);
        let (word, help) = match part {
            ClockPart::Hour => {
                ("hour", "hours are whole numbers: `hour in 9..18`, `hour in [9, 18..22]`, `hour >= 9`")
            }
            ClockPart::Weekday => {
                ("weekday", "weekdays are `mon` to `sun`: `weekday = sat`, `weekday in mon..fri`")
            }
            ClockPart::Date => ("date", "dates are year, month, day: `date = 2026-11-03`"),
        };
        self.refuse_with(
            codes::WHERE,
            span,
            format!("this is no {word} of the event's clock"),
            format!("{help}; for a property of that name put it in quotes: `\"{word}\"`"),
        )
    }

    /// Refuses a bare `hour`, `weekday` or `date` where the event's clock is not asked for, or not so.
    pub(super) fn no_clock_test<T>(
        &mut self,
        node: &Node<'_>,
        word: &str,
        span: Span,
        subject: Subject,
    ) -> Option<T> {
        let quoted = format!("for a property of that name put it in quotes: `\"{word}\"`");
        if subject == Subject::Item {
            return self.refuse_with(
                codes::WHERE,
                span,
                format!("within `has (…)`, `{word}` could be the event's own or the item's"),
                format!("{quoted}; ask for the event's own outside of the parentheses"),
            );
        }
        let example = match word {
            "hour" => "hour in 9..18",
            "weekday" => "weekday in [sat, sun]",
            _ => "date = 2026-11-03",
        };
        self.refuse_with(
            codes::WHERE,
            span,
            format!("`{word}` is the event's own, and `{}` is no test of it", shown(node)),
            format!("it is asked as in `{example}`; {quoted}"),
        )
    }
}
