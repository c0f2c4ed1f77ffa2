//! What is remembered of events beside their instants: the values that aggregates ask for, and which of two came last.
//!
//! Values are taken when the event is looked at, once, and travel with it as plain words; no event is kept for them.

use chrono::{Datelike, Timelike};

use crate::language::ast::{self, Arithmetic, ClockPart, Expression, Test, Which};
use crate::model::{Duration, Number, Text, Value};
use crate::saved::saved;

use super::{Reach, Seen};
use crate::program::predicate::{ClockTest, Slots, ValueTest, reach_each, split, value_key};

/// What an event leaves with its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Remember {
    /// It happened, and had what is asked of the first or last such event.
    Note { note: u32, had: bool },
    /// It is one of the two of `A … and no B since`; `key` is the plan's key with `matching`.
    Since { since: u32, role: Role, key: Option<usize> },
    /// It can be some of the steps of a sequence, as bits.
    Step { sequence: u32, steps: u64, key: Option<usize> },
    /// It counts as 1 where it had what is asked, else as 0.
    Tell { numbers: u32, had: bool },
    /// Its numbers, by their place among the plan's values.
    Numbers { numbers: u32, value: u32 },
    /// The keys of its values.
    Keys { keys: u32, value: u32 },
    /// The key of its instant's part of the clock.
    Clock { keys: u32 },
}

impl Remember {
    /// Which of the plan's values it needs.
    pub(crate) fn value(&self) -> Option<u32> {
        match self {
            Remember::Numbers { value, .. } | Remember::Keys { value, .. } => Some(*value),
            Remember::Note { .. }
            | Remember::Since { .. }
            | Remember::Step { .. }
            | Remember::Tell { .. }
            | Remember::Clock { .. } => None,
        }
    }

    /// True when it needs more of the event than its kind.
    pub(crate) fn needs_extra(&self) -> bool {
        self.value().is_some()
            || matches!(self, Remember::Since { key: Some(_), .. } | Remember::Step { key: Some(_), .. })
    }

    /// Adds it to what an event leaves. What an event is first said not to have had, it may have had after all.
    pub(crate) fn add_to(&self, all: &mut Vec<Remember>) {
        // An event that can be several steps is entered once, as all of them.
        if let Remember::Step { sequence, steps, .. } = self {
            let same = all.iter_mut().find_map(|known| match known {
                Remember::Step { sequence: known, steps, .. } if known == sequence => Some(steps),
                _ => None,
            });
            if let Some(known) = same {
                *known |= steps;
                return;
            }
        }
        let without = match self {
            Remember::Note { note, had: true } => Some(Remember::Note { note: *note, had: false }),
            Remember::Tell { numbers, had: true } => Some(Remember::Tell { numbers: *numbers, had: false }),
            _ => None,
        };
        match without.and_then(|without| all.iter_mut().find(|known| **known == without)) {
            Some(known) => *known = self.clone(),
            None => all.push(self.clone()),
        }
    }
}

/// Which of the two events of `A … and no B since`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A.
    Last,
    /// B.
    None,
}

/// How numbers are kept.
#[derive(Debug)]
pub(crate) struct NumbersPlan {
    pub(crate) spread: Spread,
}

/// Over which stretch of time values are kept, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// Only what they come to, of those in a stretch that is the same for all users: [from, to), in milliseconds.
    Total { from: i64, to: i64 },
    /// What those come to that are older than this, and each of the younger.
    Matured(Duration),
    /// Each that is younger than this.
    Within(Duration),
    /// Each within a stretch: [from, to), in milliseconds.
    Between { from: i64, to: i64 },
}

impl Spread {
    pub(crate) fn of(reach: Reach) -> Spread {
        match reach {
            Reach::Ever => Spread::Total { from: i64::MIN, to: i64::MAX },
            Reach::Stretch { from, to } => Spread::Total { from, to },
            Reach::After(length) => Spread::Matured(length),
            Reach::Within { horizon, .. } => Spread::Within(horizon),
            Reach::StretchOfZones { from, to } => Spread::Between { from, to },
        }
    }

    /// Equal names mean spreads that one can serve.
    pub(crate) fn name(self) -> String {
        match self {
            Spread::Within(_) => "within".to_owned(),
            spread => format!("{spread:?}"),
        }
    }

    /// What suffices for both, of two of one name.
    pub(crate) fn or(self, other: Spread) -> Spread {
        match (self, other) {
            (Spread::Within(a), Spread::Within(b)) => Spread::Within(a.max(b)),
            (spread, _) => spread,
        }
    }
}

/// How keys of values are kept.
#[derive(Debug)]
pub(crate) struct KeysPlan {
    /// Each value once, with its first or its last instant and how often it was; otherwise each time that it was.
    pub(crate) once: Option<Which>,
    /// Only those in a stretch: [from, to), in milliseconds.
    pub(crate) stretch: (i64, i64),
    /// Only those younger than this.
    pub(crate) horizon: Option<Duration>,
    pub(crate) source: KeysSource,
}

/// Where the keys come from.
#[derive(Debug)]
pub(crate) enum KeysSource {
    /// From the event's properties.
    Values,
    /// From its instant: which part of the clock, in whose time, and what the test says of it.
    Clock { part: ClockPart, test: ClockTest, user_time: bool },
}

impl KeysSource {
    /// The key of what the clock shows; its lowest bit says whether it passes the test.
    pub(crate) fn key_of_clock(&self, seen: &Seen<'_>) -> Option<u128> {
        let KeysSource::Clock { part, test, user_time } = self else { return None };
        let wall = seen.wall(*user_time);
        let shown = match part {
            ClockPart::Hour => u128::from(wall.hour()),
            ClockPart::Weekday => u128::from(wall.weekday().num_days_from_monday()),
            ClockPart::Date => u128::from(wall.date().num_days_from_ce().unsigned_abs()),
        };
        Some(with_answer(shown << 1, test.holds(seen)))
    }
}

impl KeysPlan {
    /// To tell how many different values there are.
    pub(crate) fn distinct(reach: Reach) -> KeysPlan {
        let plan = KeysPlan::frequent(reach, KeysSource::Values);
        let once = match reach {
            Reach::Ever | Reach::Stretch { .. } | Reach::Within { to_now: true, .. } => Some(Which::Last),
            Reach::After(_) => Some(Which::First),
            Reach::Within { to_now: false, .. } | Reach::StretchOfZones { .. } => None,
        };
        KeysPlan { once, ..plan }
    }

    /// To tell which are the most frequent.
    pub(crate) fn frequent(reach: Reach, source: KeysSource) -> KeysPlan {
        let ever = (i64::MIN, i64::MAX);
        let (once, stretch, horizon) = match reach {
            Reach::Ever => (Some(Which::Last), ever, None),
            Reach::Stretch { from, to } => (Some(Which::Last), (from, to), None),
            Reach::After(_) => (None, ever, None),
            Reach::Within { horizon, .. } => (None, ever, Some(horizon)),
            Reach::StretchOfZones { from, to } => (None, (from, to), None),
        };
        KeysPlan { once, stretch, horizon, source }
    }

    /// Equal names mean plans that one can serve.
    pub(crate) fn name(&self) -> String {
        format!("{:?} {:?} {} {:?}", self.once, self.stretch, self.horizon.is_some(), self.source)
    }
}

/// What is taken of an event's properties.
#[derive(Debug)]
pub(crate) enum ValuesPlan {
    /// One number for each item, or one, or none.
    Numbers(Formula),
    /// The key of each value; its lowest bit says whether it passes the test, where there is one.
    Keys { slot: usize, rest: Box<[Text]>, missing: Option<u128>, test: Option<ValueTest> },
}

impl ValuesPlan {
    /// The numbers that an expression makes of an event.
    pub(crate) fn numbers(value: &Expression, missing: Option<Number>, slots: &mut Slots) -> ValuesPlan {
        let mut paths = Vec::new();
        let term = Term::compile(value, &mut paths, slots);
        ValuesPlan::Numbers(Formula { term, paths: paths.into(), missing: missing.map(Number::as_f64) })
    }

    /// The keys of the different values of a path.
    pub(crate) fn keys(path: &ast::Path, missing: Option<Number>, slots: &mut Slots) -> ValuesPlan {
        let (root, rest) = split(path);
        let missing = missing.map(|number| value_key(&Value::Number(number)));
        ValuesPlan::Keys { slot: slots.of(root), rest, missing, test: None }
    }

    /// The same with what a test says of each.
    pub(crate) fn tested(test: &Test, slots: &mut Slots) -> ValuesPlan {
        let (root, rest) = split(&test.path);
        ValuesPlan::Keys { slot: slots.of(root), rest, missing: None, test: Some(ValueTest::compile(test)) }
    }

    /// The slots of an expression whose paths are properties themselves: of numbers in those it makes one number, or none.
    pub(crate) fn scalar_slots(&self) -> Option<Vec<usize>> {
        let ValuesPlan::Numbers(formula) = self else { return None };
        formula.paths.iter().map(|(slot, rest)| rest.is_empty().then_some(*slot)).collect()
    }

    /// Where such an expression is nothing but the number of its one slot: what stands for it in an event without one, if anything.
    pub(crate) fn plain(&self) -> Option<Option<f64>> {
        let ValuesPlan::Numbers(formula) = self else { return None };
        matches!(formula.term, Term::Path(0)).then_some(formula.missing)
    }

    /// The slot of the property whose values are told apart, if they are.
    pub(crate) fn key_slot(&self) -> Option<usize> {
        match self {
            ValuesPlan::Keys { slot, .. } => Some(*slot),
            ValuesPlan::Numbers(_) => None,
        }
    }

    /// The number that such an expression makes of the numbers in its slots, by their place among [`Self::scalar_slots`].
    pub(crate) fn scalar(&self, number: &dyn Fn(usize) -> Option<f64>) -> Option<f64> {
        let ValuesPlan::Numbers(formula) = self else { return None };
        // An expression without a path has no value of its own in an event without one.
        formula.term.worth(number).or(formula.missing)
    }

    /// Appends what is taken of an event's properties: numbers as bits, keys as two words each.
    pub(crate) fn take(&self, filled: &[Option<&Value>], seen: &Seen<'_>, words: &mut Vec<u64>) {
        match self {
            ValuesPlan::Numbers(formula) => formula.take(filled, &mut |number| words.push(number.to_bits())),
            ValuesPlan::Keys { slot, rest, missing, test } => {
                let before = words.len();
                if let Some(value) = filled.get(*slot).copied().flatten() {
                    reach_each(value, rest, &mut |value| {
                        let key = value_key(value);
                        push_key(
                            words,
                            match test {
                                Some(test) => with_answer(key, test.holds_of(value, seen)),
                                None => key,
                            },
                        );
                        false
                    });
                }
                if let (true, Some(missing)) = (words.len() == before, missing) {
                    push_key(words, *missing);
                }
            }
        }
    }
}

/// A key whose lowest bit is an answer.
const fn with_answer(key: u128, passes: bool) -> u128 {
    key & !1 | passes as u128
}

fn push_key(words: &mut Vec<u64>, key: u128) {
    words.extend([(key >> 64) as u64, key as u64]);
}

/// The values of one event, as far as something remembers them: for each its plan's place, how many words, and these.
#[derive(Debug, Default)]
pub(crate) struct Values(Box<[u64]>);

saved!(tuple Values);

impl Values {
    /// Takes values of an event.
    pub(crate) fn take(
        wanted: &[u32],
        plans: &[ValuesPlan],
        filled: &[Option<&Value>],
        seen: &Seen<'_>,
    ) -> Values {
        // Of most plans that is what they take: a head of two words, and one number or one key.
        let mut words = Vec::with_capacity(wanted.len() * 4);
        for place in wanted {
            let Some(plan) = plans.get(*place as usize) else { continue };
            words.extend([u64::from(*place), 0]);
            let start = words.len();
            plan.take(filled, seen, &mut words);
            let taken = (words.len() - start) as u64;
            if let Some(length) = words.get_mut(start - 1) {
                *length = taken;
            }
        }
        Values(words.into())
    }

    /// As words, by which they are put by.
    pub(crate) fn words(&self) -> &[u64] {
        &self.0
    }

    /// The same again.
    pub(crate) const fn of_words(words: Box<[u64]>) -> Values {
        Values(words)
    }

    fn of(&self, value: u32) -> &[u64] {
        let mut rest = &*self.0;
        while let [place, length, after @ ..] = rest {
            let length = *length as usize;
            if *place == u64::from(value) {
                return after.get(..length).unwrap_or_default();
            }
            rest = after.get(length..).unwrap_or_default();
        }
        &[]
    }

    /// The numbers of a plan.
    pub(crate) fn numbers(&self, value: u32) -> impl Iterator<Item = f64> {
        self.of(value).iter().map(|word| f64::from_bits(*word))
    }

    /// The keys of a plan.
    pub(crate) fn keys(&self, value: u32) -> impl Iterator<Item = u128> {
        self.of(value).chunks_exact(2).filter_map(|pair| match pair {
            [high, low] => Some(u128::from(*high) << 64 | u128::from(*low)),
            _ => None,
        })
    }
}

/// An expression over the numbers that paths reach.
#[derive(Debug)]
pub(crate) struct Formula {
    term: Term,
    /// Different ones.
    paths: Box<[(usize, Box<[Text]>)]>,
    missing: Option<f64>,
}

#[derive(Debug)]
enum Term {
    Constant(f64),
    /// By the path's place.
    Path(usize),
    Binary(Box<Term>, Arithmetic, Box<Term>),
}

impl Term {
    fn compile(value: &Expression, paths: &mut Vec<(usize, Box<[Text]>)>, slots: &mut Slots) -> Term {
        match value {
            Expression::Number(number) => Term::Constant(number.node.as_f64()),
            Expression::Property(path) => {
                let (root, rest) = split(path);
                let path = (slots.of(root), rest);
                let known = paths.iter().position(|known| *known == path);
                Term::Path(known.unwrap_or_else(|| {
                    paths.push(path);
                    paths.len() - 1
                }))
            }
            Expression::Binary(left, sign, right, _) => {
                let left = Term::compile(left, paths, slots);
                Term::Binary(Box::new(left), *sign, Box::new(Term::compile(right, paths, slots)))
            }
        }
    }

    /// What it comes to; none where a path has no number, or a step is not finite.
    fn worth(&self, number: &dyn Fn(usize) -> Option<f64>) -> Option<f64> {
        let worth = match self {
            Term::Constant(constant) => *constant,
            Term::Path(path) => number(*path)?,
            Term::Binary(left, sign, right) => {
                let (left, right) = (left.worth(number)?, right.worth(number)?);
                match sign {
                    Arithmetic::Add => left + right,
                    Arithmetic::Subtract => left - right,
                    Arithmetic::Multiply => left * right,
                    Arithmetic::Divide => left / right,
                }
            }
        };
        worth.is_finite().then_some(worth)
    }
}

impl Formula {
    fn take(&self, filled: &[Option<&Value>], visit: &mut dyn FnMut(f64)) {
        let mut found = false;
        self.each(filled, &mut |number| {
            found = true;
            visit(number);
        });
        if let (false, Some(missing)) = (found, self.missing) {
            visit(missing);
        }
    }

    fn each(&self, filled: &[Option<&Value>], visit: &mut dyn FnMut(f64)) {
        let root = |slot: usize| filled.get(slot).copied().flatten();
        if let [(slot, rest)] = &*self.paths {
            let Some(value) = root(*slot) else { return };
            numbers(value, rest, &mut |number| {
                if let Some(worth) = self.term.worth(&|_| Some(number)) {
                    visit(worth);
                }
            });
            return;
        }
        let lists: Vec<Option<(&Value, usize)>> =
            self.paths.iter().map(|(slot, rest)| list_on_the_way(root(*slot)?, rest)).collect();
        let reached = |path: usize| {
            let (slot, rest) = self.paths.get(path)?;
            only(root(*slot)?, rest)
        };
        let mut of_lists = self.paths.iter().zip(&lists).filter_map(|(path, list)| Some((path, (*list)?)));
        let Some(((slot, rest), (list, depth))) = of_lists.next() else {
            if let Some(worth) = self.term.worth(&reached) {
                visit(worth);
            }
            return;
        };
        let shared = rest.get(..depth);
        if !of_lists.all(|((other, rest), (_, depth))| other == slot && rest.get(..depth) == shared) {
            return;
        }
        each_item(list, &mut |item| {
            let number = |path: usize| match lists.get(path)? {
                Some((_, depth)) => only(item, self.paths.get(path)?.1.get(*depth..)?),
                None => reached(path),
            };
            if let Some(worth) = self.term.worth(&number) {
                visit(worth);
            }
        });
    }
}

/// Visits the items of a list, and theirs.
fn each_item(list: &Value, visit: &mut dyn FnMut(&Value)) {
    match list {
        Value::List(items) => items.iter().for_each(|item| each_item(item, visit)),
        item => visit(item),
    }
}

/// The first list on a path's way, and how many of the parts below the root lead to it.
fn list_on_the_way<'v>(value: &'v Value, rest: &[Text]) -> Option<(&'v Value, usize)> {
    let mut value = value;
    let mut parts = rest.iter();
    loop {
        value = match value {
            Value::List(_) => return Some((value, rest.len() - parts.len())),
            Value::Object(object) => object.get(&**parts.next()?)?,
            _ => return None,
        };
    }
}

fn numbers(value: &Value, rest: &[Text], visit: &mut dyn FnMut(f64)) {
    reach_each(value, rest, &mut |value| {
        if let Value::Number(number) = value {
            visit(number.as_f64());
        }
        false
    });
}

/// The one number that is reached; none of several.
fn only(value: &Value, rest: &[Text]) -> Option<f64> {
    let mut found = None;
    let mut several = false;
    numbers(value, rest, &mut |number| {
        several |= found.is_some();
        found = Some(number);
    });
    if several { None } else { found }
}
