//! The syntax tree: what was written, with its place, before anyone asks whether its names exist.
//!
//! Every clause of the language is one field; a clause that is written twice is a finding of the reader. Lengths of
//! time, times of day, dates and percentages are read into values; names stay names.
//!
//! One file on purpose, longer than the others: it is the language's table of contents, read from top to bottom beside
//! the grammar, and four lines in ten are documentation.

use chrono::{NaiveDate, NaiveTime, Weekday};

use super::{Span, Spanned};
use crate::model::{Category, Duration, HeaderKind, Number, Percent};

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
    /// `cap 3 per 7 days`
    pub cap: Option<Cap>,
    /// `gap 15 minutes`
    pub gap: Option<Spanned<Duration>>,
    /// `control group 3%`
    pub control_group: Option<Spanned<Percent>>,
    /// `week starts sunday`; Monday when absent.
    pub week_starts: Option<Spanned<Weekday>>,
}

/// `3 per 7 days`: at most so many within a rolling length of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// At most so many; at least 1.
    pub count: Spanned<u32>,
    /// Within so long.
    pub per: Spanned<Duration>,
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

/// `campaign cart_rescue "Cart rescue" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    /// Its name.
    pub name: Ident,
    /// Its title for people.
    pub title: Option<Spanned<String>>,
    /// `provider meta_main`
    pub provider: Option<Ident>,
    /// `category marketing`
    pub category: Option<Spanned<Category>>,
    /// When users qualify. Required.
    pub trigger: Option<Spanned<Trigger>>,
    /// `if …`: who qualifies.
    pub audience: Option<Audience>,
    /// `send template …`: what they get. Required.
    pub message: Option<Message>,
    /// `wait 10 minutes`
    pub wait: Option<Spanned<Wait>>,
    /// `deliver 09:00..21:00 …`
    pub deliver: Option<Hours>,
    /// `valid 6 hours`
    pub valid: Option<Spanned<Duration>>,
    /// `unless "Charged" matching cart_id`, any number of times.
    pub unless: Vec<Unless>,
    /// `at most 1 per 3 days`
    pub at_most: Option<Cap>,
    /// `holdout 5%`
    pub holdout: Option<Spanned<Percent>>,
    /// `run from 2026-11-01 to 2026-12-31`
    pub run: Option<Run>,
    /// `priority 10`; 0 when absent, larger goes first.
    pub priority: Option<Spanned<i32>>,
    /// The whole block.
    pub span: Span,
}

/// `"Added to Cart" where amount >= 500`: an event and a test on it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPattern {
    /// The event's name; `None` is `any event`.
    pub event: Spanned<Option<String>>,
    /// The test on its properties.
    pub filter: Option<Filter>,
    /// As written.
    pub span: Span,
}

/// When users qualify.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// `when E [where …]`
    Event(EventPattern),
    /// `when A [where …] then no B [where …] within T [matching p] [, repeat restarts|ignored]`
    Inaction(Box<Inaction>),
    /// `at 2026-11-08 10:00 [user time]`
    At {
        /// The day.
        date: NaiveDate,
        /// The time of day.
        time: NaiveTime,
        /// In whose time; the account's when nothing is said.
        base: TimeBase,
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

/// `if <condition> [at trigger only]`
#[derive(Debug, Clone, PartialEq)]
pub struct Audience {
    /// Who is in it.
    pub condition: Condition,
    /// True unless `at trigger only` is written: the condition is asked again when the message falls due.
    pub recheck: bool,
    /// The whole clause.
    pub span: Span,
}

/// Who: a test on a user's history, profile, segments and lists.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All hold. At least two.
    And(Vec<Condition>, Span),
    /// One holds. At least two.
    Or(Vec<Condition>, Span),
    /// It does not hold.
    Not(Box<Condition>, Span),
    /// `did E …`, `did not E …`
    Did(Did),
    /// `profile.city = "Pune"`
    Profile(Test),
    /// `in segment s`
    InSegment(Ident),
    /// `in list l`
    InList(Ident),
}

impl Condition {
    /// As written.
    pub fn span(&self) -> Span {
        match self {
            Condition::And(_, span) | Condition::Or(_, span) | Condition::Not(_, span) => *span,
            Condition::Did(did) => did.span,
            Condition::Profile(test) => test.span,
            Condition::InSegment(name) | Condition::InList(name) => name.span,
        }
    }
}

/// `did [not] E [where …] [at least 3 times [or never]] [in last 90 days]`
#[derive(Debug, Clone, PartialEq)]
pub struct Did {
    /// `did not`: no such event. Never with a count.
    pub negated: bool,
    /// Which events.
    pub pattern: EventPattern,
    /// How many; at least one when nothing is said.
    pub count: Option<Spanned<Count>>,
    /// When; ever when nothing is said.
    pub window: Option<Window>,
    /// As written.
    pub span: Span,
}

/// How many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The comparison.
    pub comparison: CountComparison,
    /// `or never`: no event at all satisfies it too (only where 0 satisfies the comparison).
    pub or_never: bool,
}

/// A comparison with a number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountComparison {
    /// `at least n times`
    AtLeast(u32),
    /// `at most n times`
    AtMost(u32),
    /// `more than n times`
    MoreThan(u32),
    /// `fewer than n times`
    FewerThan(u32),
    /// `exactly n times`
    Exactly(u32),
    /// `between a and b times`, both in
    Between(u32, u32),
}

/// When: a stretch of time that ends at or before now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Which stretch.
    pub kind: WindowKind,
    /// True with `user time`: calendar units are cut in the user's zone, else in the account's.
    pub user_time: bool,
    /// As written.
    pub span: Span,
}

/// A stretch of time, seen from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowKind {
    /// `in last 7 days`: (now − T, now]
    Last(Duration),
    /// `in last 7 calendar days`: from the start of the unit n units back until now.
    LastCalendar(u32, CalendarUnit),
    /// `today` is `This(Day)`; `this week|month|year`: from the unit's start until now.
    This(CalendarUnit),
    /// `yesterday` is `Previous(Day)`; `previous week|month|year`: the whole unit before this one.
    Previous(CalendarUnit),
    /// `exactly 3 days ago`: that whole calendar unit.
    ExactlyAgo(u32, CalendarUnit),
    /// `between 45 and 90 days ago`: (now − far, now − near]
    BetweenAgo(Duration, Duration),
    /// `between 45 and 90 calendar days ago`: from the start of the unit `far` back to the end of the unit `near` back.
    BetweenAgoCalendar(u32, u32, CalendarUnit),
    /// `since DATE`: from that day's start until now.
    Since(NaiveDate),
    /// `before DATE`: until before that day's start.
    Before(NaiveDate),
    /// `on DATE`: that day.
    On(NaiveDate),
    /// `from DATE to DATE`: both days in.
    FromTo(NaiveDate, NaiveDate),
}

/// A unit that a calendar cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CalendarUnit {
    /// From midnight to midnight.
    Day,
    /// Seven days from the week's first day.
    Week,
    /// From the first to the first.
    Month,
    /// From 1 January to 1 January.
    Year,
}

/// A test on one event's properties.
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
}

impl Filter {
    /// As written.
    pub fn span(&self) -> Span {
        match self {
            Filter::And(_, span) | Filter::Or(_, span) | Filter::Not(_, span) => *span,
            Filter::Test(test) => test.span,
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

/// `wait 10 minutes`, `wait 2 calendar days`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Exactly so long.
    Exact(Duration),
    /// So many days later at the same wall clock in the user's zone.
    CalendarDays(u32),
}

/// `unless "Charged" [where …] [matching cart_id]`
#[derive(Debug, Clone, PartialEq)]
pub struct Unless {
    /// What cancels the message while it is pending.
    pub pattern: EventPattern,
    /// It only counts with the trigger event's value of this property.
    pub matching: Option<Path>,
    /// As written.
    pub span: Span,
}

/// `run from 2026-11-01 to 2026-12-31`, both days in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The first day.
    pub from: Option<Spanned<NaiveDate>>,
    /// The last day.
    pub to: Option<Spanned<NaiveDate>>,
    /// As written.
    pub span: Span,
}

/// `send template cart_reminder in profile.language or "en" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The approved template's name.
    pub template: Ident,
    /// In which language; the template's only one, or `en`, when nothing is said.
    pub language: Option<LanguageChoice>,
    /// `header image "…"`
    pub header: Option<Header>,
    /// `body …`; empty when there is none.
    pub body: Vec<BodyValue>,
    /// `button 0 url: "…"`, by index.
    pub buttons: Vec<Button>,
    /// As written.
    pub span: Span,
}

/// `in profile.language or "en"`, `in "en_US"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageChoice {
    /// The profile's property that names the language.
    pub profile: Option<Path>,
    /// The language when the profile names none, or one in which the template is not approved.
    pub fallback: Spanned<String>,
}

/// `header image "{{ event.image_url }}"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What it shows.
    pub kind: Spanned<HeaderKind>,
    /// The Liquid text of its value or address.
    pub value: Spanned<String>,
    /// `named "invoice.pdf"`: Liquid text of a document's name.
    pub filename: Option<Spanned<String>>,
}

/// One value of the body: `amount: "{{ event.amount }}"`, or without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyValue {
    /// The parameter's name; `None` for positional ones.
    pub name: Option<Ident>,
    /// The Liquid text.
    pub value: Spanned<String>,
}

/// `button 0 url: "cart/{{ event.cart_id }}"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Its place in the template, from 0 to 9.
    pub index: Spanned<u8>,
    /// `url`, `payload` (a quick reply's) or `code` (to copy).
    pub kind: Spanned<ButtonClause>,
    /// The Liquid text.
    pub value: Spanned<String>,
}

/// What a button's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonClause {
    /// `url`: the end of its address.
    Url,
    /// `payload`: what a quick reply answers.
    Payload,
    /// `code`: the coupon code to copy.
    Code,
}
