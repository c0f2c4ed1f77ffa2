//! An event's own instant as a wall clock.

use chrono::{Datelike, NaiveDate, Timelike};

use super::Seen;
use crate::language::ast::{self, ClockOperation, Comparison};

/// A test on the wall clock of now, which for an event's filter is the event's own instant.
#[derive(Debug, Clone)]
pub(crate) struct ClockTest {
    user_time: bool,
    part: Part,
}

#[derive(Debug, Clone)]
enum Part {
    /// In these hours, as bits; midnight's is bit 0.
    Hours(u32),
    /// On these weekdays, as bits; Monday is bit 0.
    Weekdays(u8),
    Date(Comparison, NaiveDate),
    DateBetween(NaiveDate, NaiveDate),
}

impl ClockTest {
    pub(crate) fn compile(test: &ast::ClockTest) -> ClockTest {
        let hours = |wanted: &dyn Fn(u32) -> bool| {
            Part::Hours((0..24).filter(|hour| wanted(*hour)).fold(0, |set, hour| set | 1 << hour))
        };
        let part = match &test.operation {
            ClockOperation::Hour(comparison, hour) => hours(&|now| accepts(*comparison, now.cmp(&hour.node))),
            ClockOperation::Hours(ranges) => hours(&|now| {
                ranges.iter().any(|range| {
                    if range.to > range.from {
                        (range.from..range.to).contains(&now)
                    } else {
                        now >= range.from || now < range.to
                    }
                })
            }),
            ClockOperation::Weekdays(days) => {
                Part::Weekdays(days.iter().fold(0, |set, day| set | 1 << day.num_days_from_monday()))
            }
            ClockOperation::Date(comparison, date) => Part::Date(*comparison, date.node),
            ClockOperation::DateBetween(first, last) => Part::DateBetween(first.node, last.node),
        };
        ClockTest { user_time: test.user_time, part }
    }

    pub(crate) fn holds(&self, seen: &Seen<'_>) -> bool {
        let wall = seen.zone(self.user_time).to_local(seen.now);
        match &self.part {
            Part::Hours(set) => set >> wall.hour() & 1 == 1,
            Part::Weekdays(set) => set >> wall.weekday().num_days_from_monday() & 1 == 1,
            Part::Date(comparison, date) => accepts(*comparison, wall.date().cmp(date)),
            Part::DateBetween(first, last) => (*first..=*last).contains(&wall.date()),
        }
    }

    /// True when its answer hangs on the user's zone.
    pub(super) fn asks_user(&self) -> bool {
        self.user_time
    }
}

/// Whether a comparison is satisfied by an order.
pub(crate) fn accepts(comparison: Comparison, order: std::cmp::Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}
