use chrono::{NaiveTime, Weekday};

use super::Reader;
use crate::language::ast::{DayWindow, Hours, Otherwise, TimeBase};
use crate::language::grammar::{Node, Rule, child, children, has};
use crate::language::{Diagnostic, Span, codes};

/// Whose hours these are: messages are sent in them, or kept out of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Deliver,
    Quiet,
}

impl Reader<'_, '_> {
    /// The hours of a `deliver` or `quiet hours` clause.
    pub(super) fn hours(&mut self, clause: &Node<'_>, purpose: Purpose) -> Option<Hours> {
        let span = self.span(clause);
        let hours = child(clause, Rule::hours)?;
        let mut base: Option<(TimeBase, Span)> = None;
        let mut windows = Vec::new();
        let mut sound = true;
        for node in children(&hours, Rule::hours_window) {
            match self.hours_window(&node, &mut base) {
                Some(window) => windows.push(window),
                None => sound = false,
            }
        }
        let otherwise = self.otherwise(clause, purpose)?;
        let base = base.map_or(TimeBase::User, |(base, _)| base);
        sound.then_some(Hours { windows, base, otherwise, span })
    }

    fn otherwise(&mut self, clause: &Node<'_>, purpose: Purpose) -> Option<Otherwise> {
        let Some(node) = child(clause, Rule::otherwise) else { return Some(Otherwise::Hold) };
        let (word, otherwise) =
            if has(&node, Rule::kw_drop) { ("drop", Otherwise::Drop) } else { ("hold", Otherwise::Hold) };
        let span = self.span(&node);
        match (purpose, has(&node, Rule::kw_else)) {
            (Purpose::Deliver, false) => self.refuse_with(
                codes::PUNCTUATION,
                span,
                format!("`deliver` says what happens outside of its hours: `else {word}`"),
                format!("write `, else {word}`"),
            ),
            (Purpose::Quiet, true) => self.refuse_with(
                codes::PUNCTUATION,
                span,
                format!("`quiet hours` says what happens within them: `{word}`, without `else`"),
                format!("write `, {word}`"),
            ),
            _ => Some(otherwise),
        }
    }

    /// One window; the zone, which all windows share, goes to `base`.
    fn hours_window(&mut self, node: &Node<'_>, base: &mut Option<(TimeBase, Span)>) -> Option<DayWindow> {
        let span = self.span(node);
        let mut range: Option<(NaiveTime, Option<NaiveTime>, Span)> = None;
        let mut days: Option<(Vec<Weekday>, Span)> = None;
        for part in node.clone().into_inner() {
            let place = self.span(&part);
            match part.as_rule() {
                Rule::time_range => {
                    if let Some((_, _, first)) = range {
                        return self.no_comma(first, place);
                    }
                    let (from, to) = self.time_range(&part)?;
                    range = Some((from, to, place));
                }
                Rule::on_days => {
                    if let Some((_, first)) = days {
                        return self.no_comma(first, place);
                    }
                    days = Some((self.weekdays(&child(&part, Rule::weekdays)?)?, place));
                }
                _ => {
                    let zone = self.time_base(&part)?;
                    match base {
                        Some((known, first)) if !same_zone(known, &zone) => {
                            let first = *first;
                            self.findings.push(
                                Diagnostic::error(codes::TWICE, place, "these hours are in two time zones")
                                    .with_secondary(first, "the first one")
                                    .with_help("say it once; it holds for all windows of the clause"),
                            );
                            return None;
                        }
                        Some(_) => {}
                        None => *base = Some((zone, place)),
                    }
                }
            }
        }
        let days = days.map(|(days, _)| days);
        match (range, &days) {
            (Some((from, to, _)), _) => Some(DayWindow { from, to, days, span }),
            (None, Some(_)) => Some(DayWindow { from: NaiveTime::MIN, to: None, days, span }),
            (None, None) => self.refuse_with(
                codes::INCOMPLETE,
                span,
                "this says in whose time, but not at which hours",
                "write the hours first: `09:00..21:00 user time`",
            ),
        }
    }

    fn no_comma<T>(&mut self, first: Span, second: Span) -> Option<T> {
        self.findings.push(
            Diagnostic::error(codes::PUNCTUATION, second, "a comma is missing before this window")
                .with_secondary(first, "the window before it")
                .with_help("write `09:00..12:00, 14:00..18:00`"),
        );
        None
    }

    fn time_range(&mut self, node: &Node<'_>) -> Option<(NaiveTime, Option<NaiveTime>)> {
        let span = self.span(node);
        let mut times = children(node, Rule::time);
        let (from, to) = (times.next()?, times.next()?);
        let (from, to) = (self.time(&from), self.closing_time(&to));
        let (from, to) = (from?, to?);
        if to == Some(from) {
            return self.refuse_with(
                codes::TIME,
                span,
                "these hours end when they begin",
                "for the whole day write `00:00..24:00`",
            );
        }
        Some((from, to))
    }

    /// In whose time, of a clause whose default is the account's.
    pub(super) fn account_by_default(&mut self, clause: &Node<'_>) -> Option<TimeBase> {
        match child(clause, Rule::time_base) {
            Some(node) => self.time_base(&node),
            None => Some(TimeBase::Account),
        }
    }

    fn time_base(&mut self, node: &Node<'_>) -> Option<TimeBase> {
        let inner = node.clone().into_inner().next()?;
        Some(match inner.as_rule() {
            Rule::user_time => TimeBase::User,
            Rule::account_time => TimeBase::Account,
            _ => TimeBase::Named(self.visible_text(&child(&inner, Rule::string)?)?),
        })
    }

    /// Weekdays, sorted from Monday, without repeats; a range may run over the end of the week.
    pub(super) fn weekdays(&mut self, node: &Node<'_>) -> Option<Vec<Weekday>> {
        let mut days = Vec::new();
        for range in children(node, Rule::weekday_range) {
            days.extend(self.weekday_range(&range)?);
        }
        days.sort_by_key(Weekday::num_days_from_monday);
        days.dedup();
        Some(days)
    }

    /// `mon..fri`, or one day.
    pub(super) fn weekday_range(&mut self, node: &Node<'_>) -> Option<Vec<Weekday>> {
        let mut ends = children(node, Rule::weekday);
        let first = self.weekday(&ends.next()?)?;
        let last = match ends.next() {
            Some(end) => self.weekday(&end)?,
            None => first,
        };
        let mut days = vec![first];
        let mut day = first;
        while day != last {
            day = day.succ();
            days.push(day);
        }
        Some(days)
    }
}

fn same_zone(a: &TimeBase, b: &TimeBase) -> bool {
    match (a, b) {
        (TimeBase::Named(a), TimeBase::Named(b)) => a.node == b.node,
        _ => a == b,
    }
}
