//! Triggers in words: when.

use chrono::NaiveTime;

use super::campaign::leaves;
use super::words::{self, exact_length, listed, path};
use super::{Tree, Writer};
use crate::language::ast::{
    Cadence, EventDate, Followed, IfPast, Inaction, Offset, OffsetLength, Path, ProfileDate, Repeat,
    TimeBase, Trigger,
};

impl Writer<'_> {
    /// The sentences of a trigger.
    pub(super) fn trigger(&mut self, trigger: &Trigger) -> Vec<Tree> {
        match trigger {
            Trigger::Event(pattern) => {
                let (text, parts) = self.long_pattern(pattern, "");
                let end = if parts.is_empty() { "." } else { ":" };
                vec![Tree::of(&format!("Whenever a user does {text}{end}"), parts.into_iter())]
            }
            _ => leaves(self.sentences(trigger)),
        }
    }

    fn sentences(&mut self, trigger: &Trigger) -> Vec<String> {
        match trigger {
            Trigger::Event(pattern) => vec![format!("Whenever a user does {}.", self.pattern(pattern))],
            Trigger::FirstTime(pattern) => vec![
                format!("When a user does {} for the first time ever.", self.pattern(pattern)),
                "What a log holds from before the run counts too.".to_owned(),
            ],
            Trigger::Inaction(inaction) => self.inaction(inaction),
            Trigger::Followed(followed) => self.followed(followed),
            Trigger::EventDate(date) => self.event_date(date),
            Trigger::ProfileDate(date) => self.profile_date(date),
            Trigger::Enters { segment, including_current } => {
                self.mention(&segment.node);
                let current = if *including_current {
                    "Users who are in it already when the run begins qualify then, too."
                } else {
                    "Users who are in it already when the run begins do not qualify until they have left it and come back."
                };
                vec![
                    format!(
                        "At the very instant at which a user enters the segment `{}`, also when it is only time that has passed.",
                        segment.node
                    ),
                    current.to_owned(),
                ]
            }
            Trigger::Leaves(segment) => {
                self.mention(&segment.node);
                vec![format!(
                    "At the very instant at which a user leaves the segment `{}`, also when it is only time that has passed.",
                    segment.node
                )]
            }
            Trigger::Request => vec![
                "When it is asked for, by user and campaign (with an event \"Message Requested\")."
                    .to_owned(),
            ],
            Trigger::At { times, base, if_past } => {
                let each = times
                    .iter()
                    .map(|at| format!("on {} at {}", words::date(at.date()), words::time(at.time())));
                let once = if times.len() == 1 { "Once" } else { "Once each" };
                let mut said =
                    vec![format!("{once}, {}, {}.", listed(each.collect(), "and"), self.base(base))];
                said.extend(match if_past {
                    Some(IfPast::Drop) => {
                        Some("Users for whom that time has passed when the run begins get nothing.".to_owned())
                    }
                    Some(IfPast::NextDay) => Some(
                        "Users for whom that time has passed when the run begins are asked at the same time of the next day.".to_owned(),
                    ),
                    None if *base == TimeBase::User => {
                        Some("Users for whom that time has passed when the run begins get nothing (nothing else is said).".to_owned())
                    }
                    None => None,
                });
                said
            }
            Trigger::Every { cadence, time, base } => {
                vec![format!("{} at {}, {}.", cadence_words(cadence), words::time(*time), self.base(base))]
            }
            Trigger::Cron { expression, base } => {
                vec![format!(
                    "At the times of the cron expression {}, {}.",
                    words::quoted(&expression.node),
                    self.base(base)
                )]
            }
        }
    }

    fn inaction(&self, inaction: &Inaction) -> Vec<String> {
        let first = self.pattern(&inaction.first);
        let again = match inaction.repeat {
            Repeat::OwnTimer => "A user who does it again meanwhile has a further timer, of its own.",
            Repeat::Restarts => "Doing it again meanwhile starts the time anew.",
            Repeat::Ignored => "Doing it again meanwhile changes nothing.",
        };
        vec![
            format!(
                "When a user does {first} and then does not do {}{} within {}: at the end of that time.",
                self.pattern(&inaction.absent),
                same(inaction.matching.as_ref()),
                exact_length(inaction.within.node),
            ),
            again.to_owned(),
        ]
    }

    fn followed(&self, followed: &Followed) -> Vec<String> {
        vec![
            format!(
                "When a user does {} less than {} after {}{}: at once.",
                self.pattern(&followed.then),
                exact_length(followed.within.node),
                self.pattern(&followed.first),
                same(followed.matching.as_ref()),
            ),
            "Each of the first counts once only.".to_owned(),
        ]
    }

    fn event_date(&self, date: &EventDate) -> Vec<String> {
        let mut said = vec![format!(
            "{} the date in {} of {}{}.",
            offset(date.offset.as_ref()),
            path(&date.property),
            self.pattern(&date.pattern),
            self.at(date.at, &date.base),
        )];
        said.push(match &date.by {
            Some(by) => format!(
                "A later event of that name with the same {} replaces what the earlier one planned.",
                path(by)
            ),
            None => "Each event stands for itself: a later one takes nothing back.".to_owned(),
        });
        said
    }

    fn profile_date(&self, date: &ProfileDate) -> Vec<String> {
        let yearly =
            if date.yearly { ", every year (29 February is 28 February in other years)" } else { "" };
        vec![
            format!(
                "{} the date in {} of the user's profile{yearly}{}.",
                offset(date.offset.as_ref()),
                path(&date.property),
                self.at(date.at, &date.base),
            ),
            "When the profile changes, the plan changes with it.".to_owned(),
        ]
    }

    fn at(&self, at: Option<NaiveTime>, base: &TimeBase) -> String {
        match at {
            Some(at) => format!(", at {}, {}", words::time(at), self.base(base)),
            None => format!(" (days begin {})", self.base(base)),
        }
    }
}

pub(super) fn same(matching: Option<&Path>) -> String {
    matching.map_or(String::new(), |matching| format!(" with the same {}", path(matching)))
}

fn offset(offset: Option<&Offset>) -> String {
    let Some(offset) = offset else { return "On".to_owned() };
    let side = if offset.before { "before" } else { "after" };
    match offset.length {
        OffsetLength::Exact(length) => format!("Exactly {} {side}", words::length(length)),
        OffsetLength::CalendarDays(days) => format!("{} {side}", calendar_days(days)),
    }
}

/// `2 days by the calendar`
pub(super) fn calendar_days(days: u32) -> String {
    format!("{} by the calendar", words::several(days.into(), "day"))
}

fn every(count: u32, unit: &str) -> String {
    if count == 1 {
        format!("Every {unit}")
    } else {
        format!("Every {count} {unit}s (counted from the first day of the campaign's run)")
    }
}

fn cadence_words(cadence: &Cadence) -> String {
    match cadence {
        Cadence::Days(count) => every(*count, "day"),
        Cadence::Weeks { every: count, days } => {
            format!("{} on {}", every(*count, "week"), words::weekdays(days))
        }
        Cadence::MonthDays { every: count, days, or_last } => {
            let last = days.as_slice() == [31] && *or_last;
            let on = if last {
                "last day".to_owned()
            } else {
                listed(days.iter().map(|day| words::ordinal(*day)).collect(), "and")
            };
            let missing = match days.last() {
                _ if last => "",
                Some(29..) if *or_last => " (in a month without that day, on its last)",
                Some(29..) => " (a month without that day is skipped)",
                _ => "",
            };
            format!("{} on the {on}{missing}", every(*count, "month"))
        }
        Cadence::MonthWeekday { every: count, nth, day } => {
            let nth = match u32::try_from(*nth) {
                Ok(nth) => words::ordinal(nth),
                Err(_) => "last".to_owned(),
            };
            format!("{} on the {nth} {}", every(*count, "month"), words::weekday(*day))
        }
    }
}
