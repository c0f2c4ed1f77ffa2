//! Instants as two small numbers: which stretch between the edges of all windows, and which answers of all clock tests.

use crate::model::Instant;
use crate::program::{ClockTest, Clocks};

/// A quarter of an hour: all clocks of today are set to a whole number of them.
const SLOT: i64 = 900_000;
/// Slots up to the year 2100; what is beyond is looked up one by one.
const SLOTS: usize = 130 * 366 * 96;
/// The slot was not asked for yet. (Memory that is nothing but zeros costs nothing until it is written to.)
const UNKNOWN: u32 = 0;
/// The slot has more than one answer.
const MIXED: u32 = 1;
/// From here on it is the number of a moment.
const KNOWN: u32 = 2;

/// Where an instant lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// How many edges are at or before it.
    pub(super) era: u16,
    /// The class of its answers.
    pub(super) class: u16,
    /// Both as one number, in the order in which they are met.
    pub(super) number: u32,
}

/// What is asked of instants: the same for all threads.
#[derive(Debug)]
pub(super) struct TimePlan {
    /// The edges of all windows, in milliseconds, in order, each once.
    pub(super) edges: Vec<i64>,
    /// The tests, by place.
    pub(super) tests: Vec<ClockTest>,
}

/// Answers that were found, for one thread. Classes are numbered by their answers, which are the bits of the number of the tests if
/// there are few, so that they are the same on every thread.
#[derive(Debug)]
pub(super) struct Times {
    slots: Vec<u32>,
    moments: Vec<Moment>,
}

impl TimePlan {
    /// The era of an instant.
    pub(super) fn era(&self, at: i64) -> u16 {
        u16::try_from(self.edges.partition_point(|edge| *edge <= at)).unwrap_or(u16::MAX)
    }

    fn answers(&self, at: i64, clocks: &Clocks<'_>) -> u64 {
        let seen = clocks.at(Instant::from_millis(at));
        let held = self.tests.iter().enumerate().filter(|(_, test)| test.holds(&seen));
        held.fold(0, |bits, (place, _)| bits | 1 << place)
    }
}

/// Classes of clock answers, met in some order: shared by all threads.
#[derive(Debug, Default)]
pub(super) struct ClockClasses {
    known: std::sync::RwLock<Vec<u64>>,
}

impl ClockClasses {
    fn class(&self, answers: u64) -> u16 {
        let place = |known: &[u64]| known.iter().position(|known| *known == answers);
        let found = self.known.read().ok().and_then(|known| place(&known));
        let found = found.or_else(|| {
            let mut known = self.known.write().ok()?;
            Some(place(&known).unwrap_or_else(|| {
                known.push(answers);
                known.len() - 1
            }))
        });
        found.and_then(|place| u16::try_from(place).ok()).unwrap_or(u16::MAX)
    }

    /// The answers of a class, as bits.
    pub(super) fn answers(&self, class: u16) -> u64 {
        self.known.read().ok().and_then(|known| known.get(usize::from(class)).copied()).unwrap_or(0)
    }
}

impl Times {
    pub(super) fn new() -> Times {
        Times { slots: vec![UNKNOWN; SLOTS], moments: Vec::new() }
    }

    /// Where an instant lies, if that was asked before of its quarter of an hour.
    #[inline]
    pub(super) fn known(&self, at: i64) -> Option<Moment> {
        let slot = usize::try_from(at.div_euclid(SLOT)).ok()?;
        let number = self.slots.get(slot)?.checked_sub(KNOWN)?;
        self.moments.get(number as usize).copied()
    }

    /// Where any instant lies.
    #[cold]
    pub(super) fn find(
        &mut self,
        at: i64,
        plan: &TimePlan,
        classes: &ClockClasses,
        clocks: &Clocks<'_>,
    ) -> Moment {
        let slot = usize::try_from(at.div_euclid(SLOT)).unwrap_or(usize::MAX);
        let unknown = self.slots.get(slot) == Some(&UNKNOWN);
        let mut moment = |at: i64| self.numbered(plan.era(at), classes.class(plan.answers(at, clocks)));
        let found = moment(at);
        if unknown {
            let first = at.div_euclid(SLOT) * SLOT;
            let last = first + SLOT - 1;
            let offset = |at: i64| clocks.account.offset_at(Instant::from_millis(at));
            // Within a slot a clock shows one hour of one day, if it is not set and stands at a whole number of quarters.
            let steady = offset(first) == offset(last) && offset(first).rem_euclid(900) == 0;
            let is_one = (steady || plan.tests.is_empty()) && moment(first) == moment(last);
            if let Some(place) = self.slots.get_mut(slot) {
                *place = if is_one { found.number + KNOWN } else { MIXED };
            }
        }
        found
    }

    fn numbered(&mut self, era: u16, class: u16) -> Moment {
        let known = self.moments.iter().find(|known| (known.era, known.class) == (era, class));
        known.copied().unwrap_or_else(|| {
            let number = u32::try_from(self.moments.len()).unwrap_or(u32::MAX - KNOWN);
            let new = Moment { era, class, number };
            self.moments.push(new);
            new
        })
    }
}
