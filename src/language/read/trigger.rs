use chrono::NaiveDateTime;

use super::Reader;
use super::values::Unit;
use crate::language::ast::{Cadence, Followed, IfPast, Inaction, Repeat, TimeBase, Trigger};
use crate::language::grammar::{Node, Rule, child, children, has};
use crate::language::{Span, Spanned, codes};

impl Reader<'_, '_> {
    /// `when …`, `on …`, `at …`, `every …`, `cron …`
    pub(super) fn trigger(&mut self, clause: &Node<'_>) -> Option<Spanned<Trigger>> {
        let span = self.span(clause);
        let trigger = match clause.as_rule() {
            Rule::when_clause => self.when(clause)?,
            Rule::on_clause => match child(clause, Rule::kw_request) {
                Some(_) => Trigger::Request,
                None => self.dated(clause)?,
            },
            Rule::at_clause => self.at(clause)?,
            Rule::every_clause => {
                let cadence = self.cadence(clause)?;
                let time = self.time(&child(clause, Rule::time)?)?;
                Trigger::Every { cadence, time, base: self.account_by_default(clause)? }
            }
            _ => {
                let expression = self.text(&child(clause, Rule::string)?)?;
                Trigger::Cron { expression, base: self.account_by_default(clause)? }
            }
        };
        Some(Spanned::new(trigger, span))
    }

    fn when(&mut self, clause: &Node<'_>) -> Option<Trigger> {
        if let Some(membership) = child(clause, Rule::membership) {
            return self.membership(&membership);
        }
        if has(clause, Rule::distance) {
            return self.dated(clause);
        }
        let first = self.pattern(&child(clause, Rule::pattern)?);
        if has(clause, Rule::first_time) {
            return Some(Trigger::FirstTime(first?));
        }
        if let Some(then) = child(clause, Rule::then_event) {
            let second = self.pattern(&child(&then, Rule::pattern)?);
            let within = self.duration(&child(&then, Rule::duration)?);
            let matching = self.matching(&then)?;
            let followed = Followed { first: first?, then: second?, within: within?, matching };
            return Some(Trigger::Followed(Box::new(followed)));
        }
        let Some(then) = child(clause, Rule::then_no) else { return Some(Trigger::Event(first?)) };
        let absent = self.pattern(&child(&then, Rule::pattern)?);
        let within = self.duration(&child(&then, Rule::duration)?);
        let matching = self.matching(&then)?;
        let repeat = match child(&then, Rule::repeat) {
            None => Repeat::OwnTimer,
            Some(repeat) if has(&repeat, Rule::kw_restarts) => Repeat::Restarts,
            Some(_) => Repeat::Ignored,
        };
        Some(Trigger::Inaction(Box::new(Inaction {
            first: first?,
            absent: absent?,
            within: within?,
            matching,
            repeat,
        })))
    }

    /// `at 2026-11-08 10:00, 2026-11-09 10:00 user time, if past next day`
    fn at(&mut self, clause: &Node<'_>) -> Option<Trigger> {
        let mut times: Vec<(NaiveDateTime, Span)> = Vec::new();
        let mut sound = true;
        for node in children(clause, Rule::at_time) {
            let span = self.span(&node);
            let date = self.date(&child(&node, Rule::date)?);
            let time = self.time(&child(&node, Rule::time)?);
            let (Some(date), Some(time)) = (date, time) else {
                sound = false;
                continue;
            };
            let at = date.node.and_time(time);
            if let Some((_, first)) = times.iter().find(|(known, _)| *known == at) {
                let first = *first;
                self.twice::<()>("this time", first, span);
                sound = false;
            }
            times.push((at, span));
        }
        let base = self.account_by_default(clause)?;
        let if_past = match child(clause, Rule::if_past) {
            None => None,
            Some(node) if base != TimeBase::User => {
                let span = self.span(&node);
                return self.refuse_with(
                    codes::DAYS,
                    span,
                    "`if past` is for times in each user's own zone: elsewhere a time is past for all or for none",
                    "write `user time` before it, or leave it out",
                );
            }
            Some(node) if has(&node, Rule::kw_drop) => Some(IfPast::Drop),
            Some(_) => Some(IfPast::NextDay),
        };
        let mut times: Vec<NaiveDateTime> = times.into_iter().map(|(at, _)| at).collect();
        times.sort_unstable();
        sound.then_some(Trigger::At { times, base, if_past })
    }

    /// `matching p`, if it is there.
    pub(super) fn matching(&mut self, node: &Node<'_>) -> Option<Option<crate::language::ast::Path>> {
        match child(node, Rule::matching) {
            Some(matching) => Some(Some(self.path(&child(&matching, Rule::path)?)?)),
            None => Some(None),
        }
    }

    fn cadence(&mut self, clause: &Node<'_>) -> Option<Cadence> {
        let every = match child(clause, Rule::number) {
            Some(number) => self.whole(&number, "number of days, weeks or months", 1, 1_000)?.node,
            None => 1,
        };
        let unit = self.unit(clause)?;
        let on = child(clause, Rule::on_part)
            .and_then(|part| part.into_inner().find(|p| p.as_rule() != Rule::kw_on));
        let each = if every == 1 { String::new() } else { format!("{every} ") };
        let word = unit.node.word(i64::from(every));
        match (unit.node, on) {
            (Unit::Day, None) => Some(Cadence::Days(every)),
            (Unit::Week, Some(days)) if days.as_rule() == Rule::weekdays => {
                Some(Cadence::Weeks { every, days: self.weekdays(&days)? })
            }
            (Unit::Month, Some(days)) if days.as_rule() == Rule::month_days => self.month_days(&days, every),
            (Unit::Month, Some(days)) if days.as_rule() == Rule::nth_weekday => {
                let nth = match child(&days, Rule::nth)?.as_str() {
                    "first" | "1st" => 1,
                    "second" | "2nd" => 2,
                    "third" | "3rd" => 3,
                    "fourth" | "4th" => 4,
                    _ => -1,
                };
                Some(Cadence::MonthWeekday { every, nth, day: self.weekday(&child(&days, Rule::weekday)?)? })
            }
            (Unit::Day, Some(days)) => {
                let span = self.span(&days);
                let help = if days.as_rule() == Rule::weekdays {
                    format!("write `every week on {}`", days.as_str().trim())
                } else {
                    format!("write `every month on {}`", days.as_str().trim())
                };
                self.refuse_with(codes::DAYS, span, "`every day` takes no days", help)
            }
            (Unit::Week, None) => self.refuse_with(
                codes::DAYS,
                unit.span,
                "on which day of the week?",
                format!("write `every {each}{word} on mon at 09:00`"),
            ),
            (Unit::Week, Some(days)) => {
                let span = self.span(&days);
                self.refuse_with(
                    codes::DAYS,
                    span,
                    "a week has weekdays",
                    format!("write `every {each}{word} on mon, fri`, or `every month on 1, 15`"),
                )
            }
            (Unit::Month, None) => self.refuse_with(
                codes::DAYS,
                unit.span,
                "on which day of the month?",
                format!("write `every {each}{word} on 1`, `on 31 or last day` or `on first monday`"),
            ),
            (Unit::Month, Some(days)) => {
                let span = self.span(&days);
                self.refuse_with(
                    codes::DAYS,
                    span,
                    "which of these days in the month?",
                    format!(
                        "write `every {each}{word} on first monday`, or `every week on {}` for all of them",
                        days.as_str().trim()
                    ),
                )
            }
            (Unit::Year, _) => self.refuse_with(
                codes::NOT_YET,
                unit.span,
                "`every year` is not supported yet",
                "for a date of the profile write `on profile.birthday yearly at 09:00`; for one day `at 2026-11-08 10:00`",
            ),
            (Unit::Second | Unit::Minute | Unit::Hour, _) => self.refuse_with(
                codes::DAYS,
                unit.span,
                format!("`every {each}{word}` is no recurrence of days"),
                "for times within a day write `cron \"0 9-18 * * *\"`",
            ),
        }
    }

    fn month_days(&mut self, node: &Node<'_>, every: u32) -> Option<Cadence> {
        let or_last = has(node, Rule::or_last_day) || has(node, Rule::last_day);
        let mut days = Vec::new();
        for number in children(node, Rule::number) {
            days.push(self.whole(&number, "day of a month", 1, 31)?.node);
        }
        if days.is_empty() {
            days.push(31);
        }
        days.sort_unstable();
        days.dedup();
        Some(Cadence::MonthDays { every, days, or_last })
    }
}
