//! Tests of the rules as they can be run: wall clocks are instants, lines are records, names are known.

use crate::calendar::Zone;
use crate::language::ast::Expectation;
use crate::language::{Span, Spanned};
use crate::model::{Instant, Record, Text};

use super::UserList;

/// A `test` block of the rules, checked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RuleTest {
    /// What must hold, in a sentence.
    pub name: Text,
    /// The whole block.
    pub span: Span,
    /// In whose time its wall clocks are read.
    pub zone: Zone,
    /// The first instant of the run; that of the first record that has one when the test names none.
    pub from: Option<Instant>,
    /// The first instant that is no longer in the run: just after the last one of which the test speaks.
    pub to: Option<Instant>,
    /// Lists whose members the test replaces.
    pub lists: Vec<(String, UserList)>,
    /// What is known and what happens, in the order of the lines, each with its line.
    pub records: Vec<(Record, Span)>,
    /// What must come of it, in the order of the lines.
    pub expectations: Vec<Expected>,
}

/// Something that must hold at the end of a test, or of a stretch of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Expected {
    /// What must hold.
    pub what: Spanned<Expectation>,
    /// The instant at which the stretch began, which is not in it: the `until` before. `None` is the beginning.
    pub after: Option<Instant>,
    /// The stretch's last instant, which is in it. `None` is the whole test, whatever `after` is.
    pub until: Option<Instant>,
    /// The instant that the expectation itself names (`gets … at`, `in segment … at`).
    pub at: Option<Instant>,
    /// The whole line.
    pub line: Span,
}
