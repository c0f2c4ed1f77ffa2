//! Which events, and what must hold of one of them.

use chrono::{NaiveDate, Weekday};

use super::*;
use crate::model::{Duration, Number};

/// `"Added to Cart" where amount >= 500`: an event and a test on it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPattern {
    /// Which event.
    pub event: Spanned<EventName>,
    /// The test on its properties.
    pub filter: Option<Filter>,
    /// As written.
    pub span: Span,
}

/// Which event a pattern means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventName {
    /// `"Charged"`
    Named(String),
    /// `any event`
    Any,
    /// `message read`, `message replied of campaign c`: a receipt of a message of ours.
    Message {
        /// What became of the message.
        receipt: Receipt,
        /// Of this campaign only.
        campaign: Option<Ident>,
    },
}

impl EventName {
    /// The name that events of the log have, a receipt's first one; none for `any event`.
    pub fn name(&self) -> Option<&str> {
        match self {
            EventName::Named(name) => Some(name),
            EventName::Any => None,
            EventName::Message { receipt, .. } => Some(receipt.event()),
        }
    }

    /// All names that events of the log may have; none at all for `any event`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let other = match self {
            EventName::Message { receipt, .. } => receipt.other_event(),
            EventName::Named(_) | EventName::Any => None,
        };
        self.name().into_iter().chain(other)
    }
}

/// What became of a message, as its provider reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Receipt {
    /// `message sent`: the provider has taken it.
    Sent,
    /// `message delivered`
    Delivered,
    /// `message read`
    Read,
    /// `message clicked`
    Clicked,
    /// `message replied`
    Replied,
    /// `message failed`
    Failed,
}

impl Receipt {
    /// Every kind, in the order in which they come.
    pub const ALL: [Receipt; 6] = [
        Receipt::Sent,
        Receipt::Delivered,
        Receipt::Read,
        Receipt::Clicked,
        Receipt::Replied,
        Receipt::Failed,
    ];

    /// The word in rules: `read`.
    pub const fn word(self) -> &'static str {
        match self {
            Receipt::Sent => "sent",
            Receipt::Delivered => "delivered",
            Receipt::Read => "read",
            Receipt::Clicked => "clicked",
            Receipt::Replied => "replied",
            Receipt::Failed => "failed",
        }
    }

    /// The name of the event in a log: `Message Read`.
    pub const fn event(self) -> &'static str {
        match self {
            Receipt::Sent => "Message Sent",
            Receipt::Delivered => "Message Delivered",
            Receipt::Read => "Message Read",
            Receipt::Clicked => "Message Clicked",
            Receipt::Replied => "Message Replied",
            Receipt::Failed => "Message Failed",
        }
    }

    /// CleverTap's name of the event: `Notification Viewed`; it has none for one that failed.
    pub const fn other_event(self) -> Option<&'static str> {
        Some(match self {
            Receipt::Sent => "Notification Sent",
            Receipt::Delivered => "Notification Delivered",
            Receipt::Read => "Notification Viewed",
            Receipt::Clicked => "Notification Clicked",
            Receipt::Replied => "Notification Replied",
            Receipt::Failed => return None,
        })
    }
}

/// A test on one event's properties, or on a profile's.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All hold. At least two.
    And(Vec<Filter>, Span),
    /// One holds. At least two.
    Or(Vec<Filter>, Span),
    /// It does not hold.
    Not(Box<Filter>, Span),
    /// One test.
    Test(Test),
    /// `any items has (category = "Shoes" and quantity > 1)`, `all items has (…)`
    Items(Box<Items>),
    /// `hour in 18..22`, `user weekday in [sat, sun]`, `date = 2026-11-03`: of the event's own instant.
    Clock(ClockTest),
    /// `within 5 km of (19.07, 72.87)`, `shop.place within 500 m of (19.07, 72.87)`
    Near(Near),
}

impl Filter {
    /// As written.
    pub fn span(&self) -> Span {
        match self {
            Filter::And(_, span) | Filter::Or(_, span) | Filter::Not(_, span) => *span,
            Filter::Test(test) => test.span,
            Filter::Items(items) => items.span,
            Filter::Clock(test) => test.span,
            Filter::Near(near) => near.span,
        }
    }
}

/// `amount >= 500`: a property and what must hold of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The property; for a profile's, without the leading `profile`.
    pub path: Path,
    /// What must hold.
    pub operation: Operation,
    /// `all tags contains "x"`: of every value that the path reaches, and of one at least. Otherwise any will do (`any`
    /// may be written).
    pub every: bool,
    /// `ignoring case`: texts are compared in lower case.
    pub ignoring_case: bool,
    /// As written.
    pub span: Span,
}

/// `items.category`: a property, and parts of it. Where a part is asked of a list, any of its items may have it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// At least one name.
    pub parts: Vec<String>,
    /// As written.
    pub span: Span,
}

/// What must hold of a property. Where the property is a list, or its path goes through one, it holds when it holds of
/// any of the values; a missing property satisfies only `is not set`.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// `= v`, `!= v`, `< v`, `<= v`, `> v`, `>= v`
    Compare(Comparison, Spanned<Literal>),
    /// `between a and b`, both in
    Between(Spanned<Literal>, Spanned<Literal>),
    /// `in [a, b]`
    In(Vec<Spanned<Literal>>),
    /// `not in [a, b]`: the property is there, and is none of them
    NotIn(Vec<Spanned<Literal>>),
    /// `contains "x"`: text that contains the text. On a list of values: any of them that contains it.
    Contains(Spanned<String>),
    /// `starts with "x"`
    StartsWith(Spanned<String>),
    /// `ends with "x"`
    EndsWith(Spanned<String>),
    /// `matches "regex"`: somewhere in the text
    Matches(Spanned<String>),
    /// `is set`
    IsSet,
    /// `is not set`
    IsNotSet,
    /// `in next 7 days`, `on 2026-11-03`, `falls today`: the date or instant lies in the window.
    Falls(DateWindow),
    /// `is today`, `is in next 7 days`: a yearly return of the date lies in the window.
    AnniversaryFalls(DateWindow),
}

/// `any items has (…)`: one object of a list for which all of a filter holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Items {
    /// `all`: every one, and one at least. Otherwise any will do.
    pub every: bool,
    /// The list.
    pub path: Path,
    /// What holds of it; its paths begin in the object.
    pub filter: Filter,
    /// As written.
    pub span: Span,
}

/// A test on an event's own instant as a wall clock.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockTest {
    /// What is tested.
    pub part: ClockPart,
    /// `user hour`: in the user's zone, else in the account's.
    pub user_time: bool,
    /// What must hold.
    pub operation: ClockOperation,
    /// As written.
    pub span: Span,
}

/// A part of a wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClockPart {
    /// `hour`, 0 to 23
    Hour,
    /// `weekday`
    Weekday,
    /// `date`
    Date,
}

/// What must hold of a part of a wall clock.
#[derive(Debug, Clone, PartialEq)]
pub enum ClockOperation {
    /// `hour = 18`, `hour != 18`, `hour < 18` … Hours only.
    Hour(Comparison, Spanned<u32>),
    /// `hour in 18..22`: from 18:00 up to but without 22:00; `22..6` crosses midnight. Several ranges or hours joined by
    /// commas in brackets.
    Hours(Vec<HourRange>),
    /// `weekday in [sat, sun]`, `weekday in mon..fri`, `weekday = sat`, sorted from Monday, without repeats.
    Weekdays(Vec<Weekday>),
    /// `date = 2026-11-03`, `date >= 2026-11-03` … Dates only.
    Date(Comparison, Spanned<NaiveDate>),
    /// `date between 2026-11-01 and 2026-11-30`, both in.
    DateBetween(Spanned<NaiveDate>, Spanned<NaiveDate>),
}

/// `18..22`: from an hour, in, to an hour, out; one hour alone (`18`) is `18..19`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HourRange {
    /// 0 to 23.
    pub from: u32,
    /// 1 to 24; before `from` it crosses midnight. Never the same as `from`.
    pub to: u32,
}

/// A place within a distance of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// The property that holds the place; none for the event's (or profile's) own `latitude` and `longitude`.
    pub place: Option<Path>,
    /// The distance in metres, in.
    pub metres: Spanned<Number>,
    /// Degrees north.
    pub latitude: Spanned<Number>,
    /// Degrees east.
    pub longitude: Spanned<Number>,
    /// As written.
    pub span: Span,
}

impl Near {
    /// What the degrees north of a place are called; the first that is there counts.
    pub const LATITUDE: [&str; 2] = ["latitude", "lat"];
    /// What its degrees east are called.
    pub const LONGITUDE: [&str; 4] = ["longitude", "lon", "lng", "long"];
}

/// A stretch of time for a date property: it may lie in the future.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateWindow {
    /// Which stretch.
    pub kind: DateWindowKind,
    /// True with `user time`: days are the user's, else the account's.
    pub user_time: bool,
    /// As written.
    pub span: Span,
}

/// Which stretch of time a date is to lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateWindowKind {
    /// One that ends at or before now, as for events: `in last 7 days`, `today`, `since DATE`. `today` and `this unit` are
    /// the whole unit here, its future part as well.
    Past(WindowKind),
    /// `in next 7 days`: [now, now + T)
    Next(Duration),
    /// `in next 7 calendar days`: from now until the end of the unit n units ahead. `tomorrow` is `ExactlyAhead(1, Day)`.
    NextCalendar(u32, CalendarUnit),
    /// `exactly 3 days ahead`, `tomorrow`, `next week`: that whole calendar unit.
    ExactlyAhead(u32, CalendarUnit),
    /// `between 3 and 5 days ahead`: [now + near, now + far)
    BetweenAhead(Duration, Duration),
}

/// A comparison of two values of one kind; between kinds none holds but, where both are there, `!=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A value written in a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `"Pune"`
    Text(String),
    /// `20_000`, `-1.5`
    Number(Number),
    /// `yes`, `no`
    Boolean(bool),
    /// `2026-11-03`. Compared with an instant, its day in the account's zone.
    Date(NaiveDate),
}
