//! Rows that are refused, and why.

use std::collections::BTreeMap;

use crate::columns::Bits;
use crate::input::reject::{Problem, RejectKind};
use crate::input::time::TimeError;
use crate::model::Value;

/// Why a row is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    MissingUser,
    EmptyUser,
    /// The user is a number with a fraction.
    Fraction,
    Time(TimeError),
    MissingEvent,
    MissingTime,
}

impl Why {
    /// What its reject is called.
    pub(super) const fn kind(self) -> RejectKind {
        match self {
            Why::MissingUser => RejectKind::MissingUser,
            Why::EmptyUser => RejectKind::EmptyUser,
            Why::Fraction => RejectKind::WrongType,
            Why::Time(TimeError::Unreadable) => RejectKind::BadTime,
            Why::Time(TimeError::OutOfRange) => RejectKind::TimeOutOfRange,
            Why::MissingEvent => RejectKind::MissingEvent,
            Why::MissingTime => RejectKind::MissingTime,
        }
    }

    /// The same in words, with the names of the columns and the time that was read.
    #[cold]
    pub(super) fn problem(self, user: &str, event: &str, time: &str, read: Option<&Value>) -> Problem {
        let reason = match self {
            Why::MissingUser => format!("no `{user}`"),
            Why::EmptyUser => format!("`{user}` is empty"),
            Why::Fraction => format!("`{user}` is a number with a fraction, not text"),
            Why::MissingEvent => format!("no `{event}`"),
            Why::MissingTime => format!("no `{time}`"),
            Why::Time(error) => {
                let written = match read {
                    Some(Value::Text(text)) => text.to_string(),
                    Some(Value::Number(number)) => number.to_string(),
                    Some(Value::Instant(at)) => at.to_string(),
                    Some(Value::Date(date)) => date.to_string(),
                    _ => "beyond the calendar".to_owned(),
                };
                return error.of(time, &written);
            }
        };
        Problem::new(self.kind(), reason)
    }
}

/// The rows of a batch that are refused.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    by_row: BTreeMap<usize, Why>,
    bits: Vec<u8>,
}

impl Refusals {
    /// Refuses a row; the first reason is the one that counts.
    #[cold]
    pub(super) fn add(&mut self, row: usize, why: Why) {
        self.by_row.entry(row).or_insert(why);
    }

    /// No row is refused from here on; there are so many rows.
    pub(super) fn settle(&mut self, rows: usize) {
        if self.by_row.is_empty() {
            return;
        }
        self.bits = vec![0; rows.div_ceil(8)];
        for row in self.by_row.keys() {
            if let Some(byte) = self.bits.get_mut(row / 8) {
                *byte |= 1 << (row % 8);
            }
        }
    }

    /// Which rows are refused, if any.
    pub(super) fn bits(&self) -> Option<Bits<'_>> {
        (!self.bits.is_empty()).then(|| Bits::new(&self.bits, 0))
    }

    /// Whether a row is refused.
    pub(super) fn refuses(&self, row: usize) -> bool {
        self.by_row.contains_key(&row)
    }

    /// Each row and its reason, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, Why)> {
        self.by_row.iter().map(|(row, why)| (*row, *why))
    }
}
