//! Tests on properties, compiled: slots instead of names, values instead of literals.

mod atoms;
mod clock;
mod date;
mod matcher;
mod path;
mod place;
mod value;

use chrono::{NaiveDateTime, Weekday};

use crate::calendar::Zone;
use crate::language::ast::{Filter, Items, Test};
use crate::model::{Instant, Text, Value};

use path::{reach, some_or_every};
use place::NearTest;

pub(crate) use atoms::Atom;
pub(crate) use clock::{ClockTest, accepts};
pub(crate) use date::{Read, read};
pub(crate) use matcher::{Matcher, key_of};
pub(crate) use path::{Slots, key, reach_each, split, sum, value_key};
pub(crate) use value::ValueTest;

/// On whose clocks a test is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clocks<'z> {
    pub(crate) account: &'z Zone,
    /// Of an event, the zone that its user was in by then.
    pub(crate) user: &'z Zone,
    pub(crate) week_starts: Weekday,
}

impl<'z> Clocks<'z> {
    /// From where a test is asked at an instant; of an event's filter, the event's own.
    pub(crate) fn at(self, now: Instant) -> Seen<'z> {
        Seen { now, clocks: self }
    }
}

/// From where a test is asked: when, and on whose clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'z> {
    now: Instant,
    clocks: Clocks<'z>,
}

impl<'z> Seen<'z> {
    /// The clock that is asked.
    fn zone(&self, user_time: bool) -> &'z Zone {
        if user_time { self.clocks.user } else { self.clocks.account }
    }

    /// What that clock shows.
    pub(crate) fn wall(&self, user_time: bool) -> NaiveDateTime {
        self.zone(user_time).to_local(self.now)
    }
}

/// A filter as a tree of tests on slots.
#[derive(Debug, Clone)]
pub(crate) enum Predicate {
    All(Box<[Predicate]>),
    Any(Box<[Predicate]>),
    Not(Box<Predicate>),
    Test(SlotTest),
    Items(Box<ItemsTest>),
    Clock(ClockTest),
    Near(Box<NearTest>),
}

/// A test on one slot: a property that is looked up once per event, however many tests ask for it.
#[derive(Debug, Clone)]
pub(crate) struct SlotTest {
    slot: usize,
    rest: Box<[Text]>,
    /// It must hold of every value that is reached, not just of one.
    every: bool,
    test: ValueTest,
}

/// A filter on the objects that a path reaches, each by itself.
#[derive(Debug, Clone)]
pub(crate) struct ItemsTest {
    slot: usize,
    rest: Box<[Text]>,
    every: bool,
    /// The parts of an object that the filter reads.
    parts: Slots,
    filter: Predicate,
}

impl Predicate {
    /// Compiles a checked filter.
    pub(crate) fn compile(filter: &Filter, slots: &mut Slots) -> Predicate {
        let mut each = |parts: &[Filter]| parts.iter().map(|part| Predicate::compile(part, slots)).collect();
        match filter {
            Filter::And(parts, _) => Predicate::All(each(parts)),
            Filter::Or(parts, _) => Predicate::Any(each(parts)),
            Filter::Not(part, _) => Predicate::Not(Box::new(Predicate::compile(part, slots))),
            Filter::Test(test) => Predicate::Test(SlotTest::compile(test, slots)),
            Filter::Items(items) => Predicate::Items(Box::new(ItemsTest::compile(items, slots))),
            Filter::Clock(test) => Predicate::Clock(ClockTest::compile(test)),
            Filter::Near(near) => Predicate::Near(Box::new(NearTest::compile(near, slots))),
        }
    }

    /// Whether it holds of what the slots are filled with.
    pub(crate) fn holds(&self, filled: &[Option<&Value>], seen: &Seen<'_>) -> bool {
        match self {
            Predicate::All(parts) => parts.iter().all(|part| part.holds(filled, seen)),
            Predicate::Any(parts) => parts.iter().any(|part| part.holds(filled, seen)),
            Predicate::Not(part) => !part.holds(filled, seen),
            Predicate::Test(test) => test.holds(filled.get(test.slot).copied().flatten(), seen),
            Predicate::Items(items) => items.holds(filled.get(items.slot).copied().flatten(), seen),
            Predicate::Clock(test) => test.holds(seen),
            Predicate::Near(near) => near.holds(filled),
        }
    }

    /// The earliest instant after now at which the answer may be another one, though the values stay. Of an event's
    /// filter nobody asks: it is settled when the event happens.
    pub(crate) fn next(&self, filled: &[Option<&Value>], seen: &Seen<'_>) -> Instant {
        match self {
            Predicate::All(parts) | Predicate::Any(parts) => {
                parts.iter().map(|part| part.next(filled, seen)).min().unwrap_or(Instant::MAX)
            }
            Predicate::Not(part) => part.next(filled, seen),
            Predicate::Test(test) => test.next(filled.get(test.slot).copied().flatten(), seen),
            Predicate::Items(items) => items.next(filled.get(items.slot).copied().flatten(), seen),
            Predicate::Clock(_) | Predicate::Near(_) => Instant::MAX,
        }
    }

    /// True when its answer hangs on the user's zone.
    pub(crate) fn asks_user(&self) -> bool {
        match self {
            Predicate::All(parts) | Predicate::Any(parts) => parts.iter().any(Predicate::asks_user),
            Predicate::Not(part) => part.asks_user(),
            Predicate::Test(test) => test.test.asks_user(),
            Predicate::Items(items) => items.filter.asks_user(),
            Predicate::Clock(test) => test.asks_user(),
            Predicate::Near(_) => false,
        }
    }

    /// Visits the slots that it reads.
    pub(crate) fn slots(&self, visit: &mut dyn FnMut(usize)) {
        match self {
            Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| part.slots(visit)),
            Predicate::Not(part) => part.slots(visit),
            Predicate::Test(test) => visit(test.slot),
            Predicate::Items(items) => visit(items.slot),
            Predicate::Clock(_) => {}
            Predicate::Near(near) => near.slots().into_iter().for_each(visit),
        }
    }
}

impl SlotTest {
    fn compile(test: &Test, slots: &mut Slots) -> SlotTest {
        let (root, rest) = split(&test.path);
        SlotTest { slot: slots.of(root), rest, every: test.every, test: ValueTest::compile(test) }
    }

    fn holds(&self, value: Option<&Value>, seen: &Seen<'_>) -> bool {
        let Some(value) = value else { return matches!(self.test, ValueTest::IsNotSet) };
        match &self.test {
            ValueTest::IsSet => reach(value, &self.rest, &mut |_| true),
            ValueTest::IsNotSet => !reach(value, &self.rest, &mut |_| true),
            test => some_or_every(value, &self.rest, self.every, &mut |value| test.holds_of(value, seen)),
        }
    }

    fn next(&self, value: Option<&Value>, seen: &Seen<'_>) -> Instant {
        let mut next = Instant::MAX;
        if let (Some(value), ValueTest::Date(test)) = (value, &self.test) {
            reach_each(value, &self.rest, &mut |value| {
                next = next.min(test.next_of(value, seen));
                false
            });
        }
        next
    }
}

impl ItemsTest {
    fn compile(items: &Items, slots: &mut Slots) -> ItemsTest {
        let (root, rest) = split(&items.path);
        let mut parts = Slots::default();
        let filter = Predicate::compile(&items.filter, &mut parts);
        ItemsTest { slot: slots.of(root), rest, every: items.every, parts, filter }
    }

    fn holds(&self, value: Option<&Value>, seen: &Seen<'_>) -> bool {
        let Some(value) = value else { return false };
        some_or_every(value, &self.rest, self.every, &mut |value| {
            self.filled(value).is_some_and(|filled| self.filter.holds(&filled, seen))
        })
    }

    fn next(&self, value: Option<&Value>, seen: &Seen<'_>) -> Instant {
        let mut next = Instant::MAX;
        if let Some(value) = value {
            reach_each(value, &self.rest, &mut |value| {
                next = self.filled(value).map_or(next, |filled| next.min(self.filter.next(&filled, seen)));
                false
            });
        }
        next
    }

    /// The parts of an object that the filter reads; none of what is no object.
    fn filled<'v>(&self, value: &'v Value) -> Option<Vec<Option<&'v Value>>> {
        let Value::Object(parts) = value else { return None };
        Some(self.parts.names().iter().map(|name| parts.get(&**name)).collect())
    }
}
