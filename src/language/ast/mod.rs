//! The syntax tree: what was written, with its place, before anyone asks whether its names exist.
//!
//! Every clause of the language is one field; a clause that is written twice is a finding of the reader. Lengths of
//! time, times of day, dates and percentages are read into values; names stay names.
//!
//! This is the language's table of contents, read beside the grammar: what a file holds here, then campaigns and their
//! triggers, conditions, tests of one event, messages, tests of the rules.

mod campaign;
mod condition;
mod filter;
mod message;
mod test;
mod trigger;

use chrono::{NaiveTime, Weekday};

pub use campaign::*;
pub use condition::*;
pub use filter::*;
pub use message::*;
pub use test::*;
pub use trigger::*;

use super::{Span, Spanned};
use crate::model::{Duration, Percent};

/// A bare name such as `cart_rescue`: lower-case letters, digits and `_`, beginning with a letter.
pub type Ident = Spanned<String>;

/// A top-level block of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// `settings { … }`
    Settings(Settings),
    /// `event "E" { … }`
    Event(EventSchema),
    /// `profile { … }`
    Profile(ProfileSchema),
    /// `list l from "file.csv"`
    List(ListDeclaration),
    /// `segment s = condition`
    Segment(Segment),
    /// `campaign c { … }`
    Campaign(Box<Campaign>),
    /// `test "…" { … }`
    Test(Box<TestBlock>),
}

/// What holds for the whole account. A rulebook has at most one such block.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The whole block.
    pub span: Span,
    /// `timezone "Asia/Kolkata"`; UTC when absent.
    pub time_zone: Option<Spanned<String>>,
    /// `quiet hours …`
    pub quiet_hours: Option<Hours>,
    /// `cap 3 per 7 days`, `cap 1 per day`: any number of them, and all hold.
    pub caps: Vec<Cap>,
    /// `gap 15 minutes`
    pub gap: Option<Spanned<Duration>>,
    /// `throttle 500 per 5 minutes`: over all campaigns.
    pub throttle: Option<Throttle>,
    /// `control group 3%`: of all campaigns that do not say `control group none`.
    pub control_group: Option<Spanned<Percent>>,
    /// `control group vip_control 5%`: of the campaigns that name it.
    pub control_groups: Vec<ControlGroup>,
    /// `week starts sunday`; Monday when absent.
    pub week_starts: Option<Spanned<Weekday>>,
}

/// `3 per 7 days`, `1 per day`: at most so many messages to one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// At most so many; at least 1.
    pub count: Spanned<u32>,
    /// Within what.
    pub per: Spanned<CapPer>,
    /// The whole clause.
    pub span: Span,
}

/// The time within which a cap counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapPer {
    /// `per 7 days`, `per 1 day`: a rolling length of time.
    Rolling(Duration),
    /// `per day`, `per week`, `per month`: a calendar unit in the user's time.
    Calendar(CalendarUnit),
}

/// `throttle 500 per 5 minutes`: at most so many messages to all users in any such length of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throttle {
    /// At most so many; at least 1.
    pub count: Spanned<u32>,
    /// In any stretch so long.
    pub per: Spanned<Duration>,
    /// The whole clause.
    pub span: Span,
}

/// `control group vip_control 5%`: users who get nothing from the campaigns that name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlGroup {
    /// Its name.
    pub name: Ident,
    /// The share of all users.
    pub share: Spanned<Percent>,
    /// The whole clause.
    pub span: Span,
}

/// `quiet hours 21:00..09:00 user time, hold` or `deliver 09:00..21:00 user time on mon..sat, else hold`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// One or more, joined by commas; what is in any of them counts.
    pub windows: Vec<DayWindow>,
    /// In whose time; the user's when nothing is said.
    pub base: TimeBase,
    /// What happens to a message at a closed hour; hold when nothing is said.
    pub otherwise: Otherwise,
    /// The whole clause.
    pub span: Span,
}

/// `09:00..21:00 on mon..sat`: hours on days. Hours whose end is not after their start run into the next day and belong
/// to the day on which they open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayWindow {
    /// The opening time, in.
    pub from: NaiveTime,
    /// The closing time, out; `None` is 24:00. A window with `from` 00:00 and no `to` is the whole day.
    pub to: Option<NaiveTime>,
    /// On which days it opens; all when nothing is said. Sorted from Monday, without repeats.
    pub days: Option<Vec<Weekday>>,
    /// As written.
    pub span: Span,
}

/// What happens to a message at a closed hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Otherwise {
    /// It waits until the hours are open.
    Hold,
    /// It ends.
    Drop,
}

/// In whose time a wall clock is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeBase {
    /// The account's (`account time`, or nothing said where the account's is the default).
    Account,
    /// The user's (`user time`).
    User,
    /// A named zone's (`"Europe/London" time`).
    Named(Spanned<String>),
}

/// `event "Charged" { amount: number, … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSchema {
    /// The event's name.
    pub name: Spanned<String>,
    /// Its properties.
    pub fields: Vec<Field>,
    /// The whole block.
    pub span: Span,
}

/// `profile { city: text, … }`. A rulebook has at most one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileSchema {
    /// Its properties.
    pub fields: Vec<Field>,
    /// The whole block.
    pub span: Span,
}

/// One property of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name; any text when quoted.
    pub name: Spanned<String>,
    /// What it holds.
    pub kind: Spanned<FieldKind>,
}

/// What a property holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// `text`
    Text,
    /// `number`
    Number,
    /// `yes/no`
    Boolean,
    /// `date`
    Date,
    /// `instant`
    Instant,
    /// `timezone`: text that names a time zone.
    TimeZone,
    /// `list of …`
    List(Box<FieldKind>),
    /// `{ … }`
    Object(Vec<Field>),
}

/// `list vip from "lists/vip.csv"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListDeclaration {
    /// Its name.
    pub name: Ident,
    /// The file, relative to the rule file.
    pub path: Spanned<String>,
    /// The whole line.
    pub span: Span,
}

/// `segment lapsed "Lapsed big spenders" = …`
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its name.
    pub name: Ident,
    /// Its title for people.
    pub title: Option<Spanned<String>>,
    /// Who is in it.
    pub condition: Condition,
    /// The whole declaration.
    pub span: Span,
}
