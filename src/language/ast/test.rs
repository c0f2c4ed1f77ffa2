//! Tests of rules, written beside them.

use chrono::{NaiveDate, NaiveTime};

use super::Ident;
use crate::language::{Span, Spanned};
use crate::model::{Number, OutcomeKind};

/// `test "a cart paid for in time is left alone" { … }`: what users do, and what must come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestBlock {
    /// What must hold, in a sentence.
    pub name: Spanned<String>,
    /// `timezone "Asia/Kolkata"`: in whose time its wall clocks are read; the account's when nothing is said.
    pub time_zone: Option<Spanned<String>>,
    /// `from 2026-11-01 00:00`: when the run begins; with the first line that has a time when nothing is said.
    pub from: Option<TestMoment>,
    /// What is known, what happens and what is expected, in the order of the lines.
    pub steps: Vec<TestStep>,
    /// The whole block.
    pub span: Span,
}

/// One line of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestStep {
    /// `profile asha { phone: "+919820012345" }`
    Profile(TestProfile),
    /// `list vip { asha, "u-2" }`
    List(TestList),
    /// `at 2026-11-03 10:00 asha did "Charged" { amount: 900 }`
    Event(TestEvent),
    /// `run until 2026-11-04 10:00`, `until 2026-11-04 10:00 expect nothing`, `expect asha gets no diwali`
    Expect(TestExpect),
}

/// A wall clock: `2026-11-03 10:00`, `2026-11-03 10:00:30 "Europe/London" time`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestMoment {
    /// The day.
    pub date: NaiveDate,
    /// The time of day, to the second.
    pub time: NaiveTime,
    /// In whose time; the test's when nothing is said.
    pub time_zone: Option<Spanned<String>>,
    /// As written.
    pub span: Span,
}

/// What is known of a user, from the beginning or from an instant on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestProfile {
    /// Whose profile.
    pub user: Spanned<String>,
    /// From when it holds; from the beginning when nothing is said.
    pub at: Option<TestMoment>,
    /// The properties to set; `null` unsets one.
    pub properties: Vec<TestProperty>,
    /// The whole line.
    pub span: Span,
}

/// The members of a list within the test, instead of those of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestList {
    /// The list.
    pub name: Ident,
    /// The users that are in it; none is the empty list.
    pub users: Vec<Spanned<String>>,
    /// The whole line.
    pub span: Span,
}

/// Something that a user does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestEvent {
    /// When.
    pub at: TestMoment,
    /// Who.
    pub user: Spanned<String>,
    /// What.
    pub event: Spanned<String>,
    /// `id "e1"`
    pub id: Option<Spanned<String>>,
    /// What is known of it.
    pub properties: Vec<TestProperty>,
    /// The whole line.
    pub span: Span,
}

/// `amount: 900`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestProperty {
    /// Its name; any text when quoted.
    pub name: Spanned<String>,
    /// Its value.
    pub value: Spanned<TestValue>,
}

/// A value of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestValue {
    /// `"Shoes"`
    Text(String),
    /// `900`, `-1.5`
    Number(Number),
    /// `yes`, `no`; `true` and `false` too, so that lines of a log can be pasted.
    Boolean(bool),
    /// `2026-11-03`
    Date(NaiveDate),
    /// `2026-11-03 10:00`: an instant.
    Instant(TestMoment),
    /// `null`: nothing.
    Null,
    /// `[1, 2]`
    List(Vec<Spanned<TestValue>>),
    /// `{ category: "Shoes", quantity: 1 }`
    Object(Vec<TestProperty>),
}

/// `until … expect …`: how far the clock runs, and what must have come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestExpect {
    /// The clock runs until here, this instant in. Without it, what is expected concerns the whole test.
    pub until: Option<TestMoment>,
    /// What must hold; `None` is `run until …`, which lets the clock run.
    pub expected: Option<Spanned<Expectation>>,
    /// The whole line.
    pub span: Span,
}

/// What must hold of the stretch from the `until` before to this one, or of the whole test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// `nothing`: nobody gets a message.
    Nothing,
    /// `asha gets cart_rescue at 2026-11-03 12:10 { … } and nothing else`: exactly one message of that campaign.
    Gets(Box<ExpectedMessage>),
    /// `asha gets no cart_rescue`, and without a campaign `asha gets nothing`.
    GetsNo {
        /// Who.
        user: Spanned<String>,
        /// Nothing of which campaign; of none when nothing is said.
        campaign: Option<Ident>,
    },
    /// `asha ends cap_global in cart_rescue at 2026-11-03 12:10`
    Ends {
        /// Who.
        user: Spanned<String>,
        /// How.
        outcome: Spanned<OutcomeKind>,
        /// In which campaign.
        campaign: Ident,
        /// When that is decided; at any time when nothing is said.
        at: Option<TestMoment>,
    },
    /// `cart_rescue sends 3`: so many messages, to whomever.
    Sends {
        /// Which campaign.
        campaign: Ident,
        /// How many.
        count: Spanned<u32>,
    },
    /// `asha in segment lapsed at 2026-11-03 12:10`, `asha not in segment lapsed`
    Member {
        /// Who.
        user: Spanned<String>,
        /// True for `not in`.
        negated: bool,
        /// Which segment.
        segment: Ident,
        /// When; at the `until`, or at the end of the test, when nothing is said.
        at: Option<TestMoment>,
    },
}

/// A message that a user must get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedMessage {
    /// Who.
    pub user: Spanned<String>,
    /// Of which campaign.
    pub campaign: Ident,
    /// When it is due; at any time when nothing is said.
    pub at: Option<TestMoment>,
    /// What is in it, as far as that is said.
    pub values: Vec<ExpectedValue>,
    /// `and nothing else`: the user gets no other message.
    pub nothing_else: bool,
}

/// What must be in a message. Values are those after Liquid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedValue {
    /// `template cart_reminder`
    Template(Spanned<String>),
    /// `language "en_US"`
    Language(Spanned<String>),
    /// `header "…"`: its text, or its address.
    Header(Spanned<String>),
    /// `body "Asha", "900"` or `body name: "Asha"`: all values in order, or those that are named.
    Body(Vec<ExpectedBody>),
    /// `button 0: "cart/c1"`
    Button {
        /// Its place in the template, from 0.
        index: Spanned<u8>,
        /// Its value.
        value: Spanned<String>,
    },
}

/// One value of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedBody {
    /// The parameter's name; `None` for positional ones.
    pub name: Option<Ident>,
    /// What it must be.
    pub value: Spanned<String>,
}
