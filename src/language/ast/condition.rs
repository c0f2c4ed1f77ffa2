//! Who: tests on a user's history, profile, segments and lists, and the stretches of time that they look at.

use chrono::NaiveDate;

use super::*;
use crate::model::{Duration, Number, Percent};

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
    /// `sum of amount over "Charged" in last 30 days >= 5_000`
    Aggregate(Box<Aggregate>),
    /// `first "Charged" was in last 7 days`, `last "Charged" was before 2026-01-01`
    Occurred(Box<Occurred>),
    /// `last "Product Viewed" had category = "electronics"`
    Had(Box<Had>),
    /// `last "Cart" was in last 3 days and no "Charged" since`, `"Charged" has not happened since "Cart"`
    NoneSince(Box<NoneSince>),
    /// `did "A" then "B" within 1 hour then no "C" within 1 day`
    Sequence(Box<Sequence>),
    /// `did "App Launched" in at least 3 of last 4 weeks`
    Regularly(Box<Regularly>),
    /// `mostly category = "shoes" over "Product Viewed" in last 30 days`
    Mostly(Box<Mostly>),
    /// `at least 40% of "Product Viewed" had category = "shoes" in last 30 days`
    Share(Box<Share>),
    /// `sample 10%`, `sample 10% "second wave"`
    Sample(Sample),
    /// `profile.city = "Pune"`, `any profile.children has (age < 3)`, `profile.home within 5 km of (…)`. Never a row, and
    /// paths are without the leading `profile`.
    Profile(Filter),
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
            Condition::Aggregate(aggregate) => aggregate.span,
            Condition::Occurred(occurred) => occurred.span,
            Condition::Had(had) => had.span,
            Condition::NoneSince(none) => none.span,
            Condition::Sequence(sequence) => sequence.span,
            Condition::Regularly(regularly) => regularly.span,
            Condition::Mostly(mostly) => mostly.span,
            Condition::Share(share) => share.span,
            Condition::Sample(sample) => sample.span,
            Condition::Profile(test) => test.span(),
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
    /// `more than 30 days ago`: until now − T, in.
    MoreThanAgo(Duration),
    /// `after DATE`: from the next day's start until now.
    After(NaiveDate),
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

/// `sum of price * quantity over "Charged" where … in last 30 days >= 5_000 or never`
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// What is made of the values.
    pub function: AggregateFunction,
    /// The value of one event; of `distinct`, a property.
    pub value: Expression,
    /// `or 0`: what an event without the value counts as; without it, it is left out.
    pub missing: Option<Spanned<Number>>,
    /// Over which events.
    pub pattern: EventPattern,
    /// When; ever when nothing is said.
    pub window: Option<Window>,
    /// What must hold of the result.
    pub comparison: AggregateComparison,
    /// `or never`: holds too where there is no value at all.
    pub or_never: bool,
    /// As written.
    pub span: Span,
}

/// What is made of many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateFunction {
    /// `sum of`
    Sum,
    /// `average of`
    Average,
    /// `min of`
    Min,
    /// `max of`
    Max,
    /// `distinct`: how many different values.
    Distinct,
}

/// What must hold of an aggregate.
#[derive(Debug, Clone, PartialEq)]
pub enum AggregateComparison {
    /// `>= 5_000`
    Compare(Comparison, Spanned<Number>),
    /// `between 10 and 20`, both in
    Between(Spanned<Number>, Spanned<Number>),
}

/// A number made of properties: `price * quantity`, `(price - discount) * 1.18`.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// `1.18`
    Number(Spanned<Number>),
    /// `price`
    Property(Path),
    /// `a * b`
    Binary(Box<Expression>, Arithmetic, Box<Expression>, Span),
}

impl Expression {
    /// As written.
    pub fn span(&self) -> Span {
        match self {
            Expression::Number(number) => number.span,
            Expression::Property(path) => path.span,
            Expression::Binary(_, _, _, span) => *span,
        }
    }
}

/// What is done with two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`; by zero there is no value.
    Divide,
}

/// The first or the last of a user's events of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    /// `first`
    First,
    /// `last`
    Last,
}

/// `first "Charged" where … was in last 7 days`
#[derive(Debug, Clone, PartialEq)]
pub struct Occurred {
    /// Which of them.
    pub which: Which,
    /// Of which events.
    pub pattern: EventPattern,
    /// When it was.
    pub window: Window,
    /// As written.
    pub span: Span,
}

/// `last "Product Viewed" had category = "electronics"`
#[derive(Debug, Clone, PartialEq)]
pub struct Had {
    /// Which of them.
    pub which: Which,
    /// Of which events.
    pub pattern: EventPattern,
    /// What must hold of it.
    pub filter: Filter,
    /// As written.
    pub span: Span,
}

/// `last A was <window> and no B since`; without a window, `B has not happened since A`.
#[derive(Debug, Clone, PartialEq)]
pub struct NoneSince {
    /// A: its last event.
    pub last: EventPattern,
    /// When that was.
    pub window: Option<Window>,
    /// B: none after it in order.
    pub none: EventPattern,
    /// `matching p`: B only counts with A's value of p.
    pub matching: Option<Path>,
    /// As written.
    pub span: Span,
}

/// `did A then B within T then C within U [then no D within V] [matching p] [window]`, `did A then B, all within T`
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// The first step.
    pub first: EventPattern,
    /// The further steps; at least one, or `absent`.
    pub then: Vec<SequenceStep>,
    /// The final `then no D within V`.
    pub absent: Option<SequenceStep>,
    /// `all within T`: from the first step to the last.
    pub all_within: Option<Spanned<Duration>>,
    /// `matching p`: all steps have one value of p.
    pub matching: Option<Path>,
    /// When the last step (not `absent`) was; ever when nothing is said.
    pub window: Option<Window>,
    /// As written.
    pub span: Span,
}

/// One further step of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct SequenceStep {
    /// What happens.
    pub pattern: EventPattern,
    /// Within so long of the step before; of `absent`, always said.
    pub within: Option<Spanned<Duration>>,
}

/// `did E in at least 3 of last 4 weeks`
#[derive(Debug, Clone, PartialEq)]
pub struct Regularly {
    /// Which events.
    pub pattern: EventPattern,
    /// In at least so many …
    pub least: Spanned<u32>,
    /// … of the last so many
    pub of: Spanned<u32>,
    /// stretches of this length.
    pub block: Block,
    /// With `user time`, calendar units are the user's, else the account's.
    pub user_time: bool,
    /// As written.
    pub span: Span,
}

/// One of the stretches of `in at least 3 of last 4 weeks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// `weeks`: so long, back from now.
    Rolling(Duration),
    /// `calendar weeks`: the units before this one.
    Calendar(CalendarUnit),
}

/// `mostly category = "shoes" over "Product Viewed" in last 30 days`: a most frequent value passes the test.
#[derive(Debug, Clone, PartialEq)]
pub struct Mostly {
    /// Of which property or part of the clock, and what must hold of its most frequent value: a test or a clock test.
    pub test: Filter,
    /// Over which events.
    pub pattern: EventPattern,
    /// When; ever when nothing is said.
    pub window: Option<Window>,
    /// As written.
    pub span: Span,
}

/// `at least 40% of "Product Viewed" had category = "shoes" in last 30 days`
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// `at least` is `>=`, `more than` `>`, `at most` `<=`, `fewer than` `<`.
    pub comparison: Comparison,
    /// The share.
    pub share: Spanned<Percent>,
    /// Of which events.
    pub pattern: EventPattern,
    /// What those had.
    pub filter: Filter,
    /// When; ever when nothing is said.
    pub window: Option<Window>,
    /// As written.
    pub span: Span,
}

/// `sample 10%`: a share of all users by stable hash; samples of different names are drawn apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The share of all users.
    pub share: Spanned<Percent>,
    /// `"second wave"`: another draw.
    pub name: Option<Spanned<String>>,
    /// As written.
    pub span: Span,
}
