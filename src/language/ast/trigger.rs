//! When users qualify.

use chrono::{NaiveDateTime, NaiveTime, Weekday};

use super::*;
use crate::model::Duration;

/// When users qualify.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// `when E [where …]`
    Event(EventPattern),
    /// `when A [where …] then no B [where …] within T [matching p] [, repeat restarts|ignored]`
    Inaction(Box<Inaction>),
    /// `when E [where …] for the first time`
    FirstTime(EventPattern),
    /// `when A then B within T [matching p]`
    Followed(Box<Followed>),
    /// `when 3 hours before "Booking".flight_time [where …] [by booking_id] [at 09:00 [user time]]`
    EventDate(Box<EventDate>),
    /// `on profile.birthday yearly at 09:00 user time`, `when 7 days before profile.renewal at 10:00`
    ProfileDate(Box<ProfileDate>),
    /// `when enters segment s [, including current members]`
    Enters {
        /// The segment.
        segment: Ident,
        /// Those who are in it when the run begins qualify then.
        including_current: bool,
    },
    /// `when leaves segment s`
    Leaves(Ident),
    /// `on request`: the host asks by user and campaign.
    Request,
    /// `at 2026-11-08 10:00, 2026-11-09 10:00 [user time] [, if past next day]`
    At {
        /// The days and times of day, sorted, without repeats; at least one.
        times: Vec<NaiveDateTime>,
        /// In whose time; the account's when nothing is said.
        base: TimeBase,
        /// Users whose local time has passed when the run begins; dropped when nothing is said.
        if_past: Option<IfPast>,
    },
    /// `every day at 09:00`, `every 2 weeks on mon, fri at 10:00`, `every month on 1, 15 at 09:00 user time`
    Every {
        /// On which days.
        cadence: Cadence,
        /// The time of day.
        time: NaiveTime,
        /// In whose time; the account's when nothing is said.
        base: TimeBase,
    },
    /// `cron "0 9 * * 1" [user time]`
    Cron {
        /// Five fields, or six with seconds first.
        expression: Spanned<String>,
        /// In whose time; the account's when nothing is said.
        base: TimeBase,
    },
}

impl Trigger {
    /// The event in which the host asks for a campaign that is `on request`; its property `campaign` names it.
    pub const REQUEST: &str = "Message Requested";
}

/// `when A then no B within T`
#[derive(Debug, Clone, PartialEq)]
pub struct Inaction {
    /// A: what starts the timer.
    pub first: EventPattern,
    /// B: what stops it.
    pub absent: EventPattern,
    /// T: how long B has.
    pub within: Spanned<Duration>,
    /// `matching p`: B only counts with A's value of p.
    pub matching: Option<Path>,
    /// What a further A does while a timer (with `matching`, for the same value) runs.
    pub repeat: Repeat,
}

/// What a further A does while its timer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Each A has a timer of its own (the default).
    OwnTimer,
    /// The running timer starts anew, with the further A as its event (`repeat restarts`).
    Restarts,
    /// Nothing (`repeat ignored`).
    Ignored,
}

/// On which days a recurrence falls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cadence {
    /// `every day`, `every 3 days`; more than one is counted from the day of `run from`.
    Days(u32),
    /// `every week on mon, fri`, `every 2 weeks on …`; more than one is counted from the week of `run from`.
    Weeks {
        /// Every so many weeks.
        every: u32,
        /// On these days, sorted from Monday.
        days: Vec<Weekday>,
    },
    /// `every month on 1, 15`, `every 3 months on 31 or last day`; more than one is counted from the month of `run from`.
    MonthDays {
        /// Every so many months.
        every: u32,
        /// On these days of the month, sorted, 1 to 31. A month without the day is skipped.
        days: Vec<u32>,
        /// `or last day`: a month without the day takes its last.
        or_last: bool,
    },
    /// `every month on last friday`, `every month on 2nd tue`
    MonthWeekday {
        /// Every so many months.
        every: u32,
        /// 1 to 4, or -1 for the last.
        nth: i8,
        /// The weekday.
        day: Weekday,
    },
}

/// What becomes of users whose local time has passed when the campaign begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfPast {
    /// Nothing is sent to them.
    Drop,
    /// They get it at the same wall clock of the next day.
    NextDay,
}

/// `when A then B within T`
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// A: what comes first.
    pub first: EventPattern,
    /// B: what fires; it is the campaign's `event`, and A its `first`.
    pub then: EventPattern,
    /// T: how long after A B counts.
    pub within: Spanned<Duration>,
    /// `matching p`: B only counts with A's value of p.
    pub matching: Option<Path>,
}

/// How far from a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// `before`; otherwise `after`.
    pub before: bool,
    /// How far.
    pub length: OffsetLength,
}

/// A distance from a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetLength {
    /// `3 hours`, `2 days`: exactly so long, unless a time of day is said: then days and weeks are calendar days.
    Exact(Duration),
    /// `2 calendar days`, and days and weeks where a time of day is said.
    CalendarDays(u32),
}

/// `when 3 hours before "Booking".flight_time by booking_id`
#[derive(Debug, Clone, PartialEq)]
pub struct EventDate {
    /// Which events have the date.
    pub pattern: EventPattern,
    /// The property with the date.
    pub property: Path,
    /// How far from it; none is at the date itself (`on "Booking".day at 09:00`).
    pub offset: Option<Offset>,
    /// `at 09:00`: the time of day.
    pub at: Option<NaiveTime>,
    /// In whose time days begin and `at` is read; the account's when nothing is said.
    pub base: TimeBase,
    /// `by booking_id`: a later event with the same value replaces what the earlier planned.
    pub by: Option<Path>,
}

/// `on profile.birthday yearly at 09:00 user time`
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileDate {
    /// The profile's property, without the leading `profile`.
    pub property: Path,
    /// How far from it; none is at the date itself.
    pub offset: Option<Offset>,
    /// `yearly`: in every year from the run's first on, on the date's day and month.
    pub yearly: bool,
    /// `at 09:00`: the time of day.
    pub at: Option<NaiveTime>,
    /// In whose time days begin and `at` is read; the account's when nothing is said.
    pub base: TimeBase,
}
