//! What can go wrong with a send, and how often it did.

use std::fmt;

use campanile::calendar::Occurrence;
use chrono::{NaiveDateTime, Timelike};

/// What was asked, and the ways in which the answer was wrong.
#[derive(Debug, Default)]
pub struct Tally {
    pub asked: u64,
    pub hour: u64,
    pub day: u64,
    pub twice: u64,
    pub never: u64,
    /// Of anything else: a window that was open or closed at a wrong instant.
    pub other: u64,
    /// The first few, in words.
    examples: Vec<String>,
}

impl Tally {
    /// Counts a question whose answers are alike or not.
    pub fn ask<T: PartialEq + fmt::Debug>(&mut self, found: T, expected: T, about: impl FnOnce() -> String) {
        self.asked += 1;
        if found != expected {
            self.other += 1;
            self.example(|| format!("{}: {found:?}, not {expected:?}", about()));
        }
    }

    /// Counts a question for the next occurrence. `shown` is what the clock shows at an instant.
    pub fn occurrence(
        &mut self,
        found: Option<Occurrence>,
        expected: Option<Occurrence>,
        shown: impl Fn(Occurrence) -> NaiveDateTime,
        about: impl FnOnce() -> String,
    ) {
        self.asked += 1;
        if found == expected {
            return;
        }
        match (found, expected) {
            (None, _) => self.never += 1,
            (Some(_), None) => self.twice += 1,
            (Some(found), Some(expected)) => {
                let (found, expected) = (shown(found), shown(expected));
                if (found.hour(), found.minute()) != (expected.hour(), expected.minute()) {
                    self.hour += 1;
                } else if found.date() > expected.date() {
                    self.never += 1;
                } else {
                    self.day += 1;
                }
            }
        }
        self.example(|| format!("{}: {found:?}, not {expected:?}", about()));
    }

    pub fn example(&mut self, example: impl FnOnce() -> String) {
        if self.examples.len() < 8 {
            self.examples.push(example());
        }
    }

    pub fn add(&mut self, other: Tally) {
        self.asked += other.asked;
        self.hour += other.hour;
        self.day += other.day;
        self.twice += other.twice;
        self.never += other.never;
        self.other += other.other;
        self.examples.extend(other.examples);
        self.examples.truncate(8);
    }

    pub fn wrong(&self) -> u64 {
        self.hour + self.day + self.twice + self.never + self.other
    }

    /// Fails when anything was wrong.
    #[track_caller]
    pub fn settle(&self) {
        assert!(self.asked > 0, "nothing was asked");
        assert_eq!(self.wrong(), 0, "{self}\n{}", self.examples.join("\n"));
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { hour, day, twice, never, other, .. } = self;
        write!(
            f,
            "wrong hour: {hour}, wrong day: {day}, twice: {twice}, never: {never}, otherwise wrong: {other}"
        )
    }
}
