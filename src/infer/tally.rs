use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};
use indexmap::IndexMap;

use crate::calendar::Zone;
use crate::model::{Instant, Number, Text, Value};
use crate::rulebook::door;

/// So many names are told apart among the properties of an event, or the parts of an object; further ones are only counted.
pub(super) const MOST_NAMES: usize = 4_096;

/// So many different texts of a property are told apart.
const MOST_TEXTS: usize = 64;

/// So many examples of odd values are kept.
const MOST_EXAMPLES: usize = 3;

/// The longest text that is kept as an example or told apart from others, in characters.
const LONGEST_TEXT: usize = 40;

/// What came under the names of an event's properties, or of an object's parts.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub by_name: IndexMap<Text, Tally>,
    /// Values under names beyond [`MOST_NAMES`].
    pub beyond: u64,
}

impl Fields {
    pub fn add(&mut self, name: &Text, value: &Value) {
        match self.of(name) {
            Some(tally) => tally.add(value),
            None => self.beyond += 1,
        }
    }

    pub fn of(&mut self, name: &Text) -> Option<&mut Tally> {
        if self.by_name.len() >= MOST_NAMES && !self.by_name.contains_key(name) {
            return None;
        }
        Some(self.by_name.entry(name.clone()).or_default())
    }

    fn merge(&mut self, other: &Fields) {
        self.beyond += other.beyond;
        for (name, theirs) in &other.by_name {
            match self.of(name) {
                Some(tally) => tally.merge(theirs),
                None => self.beyond += theirs.values(),
            }
        }
    }
}

/// All values that came in one place, by what they are.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub yes: u64,
    pub no: u64,
    pub numbers: Extent<Number>,
    pub dates: Extent<NaiveDate>,
    pub instants: Extent<Instant>,
    pub texts: Texts,
    pub number_examples: Examples,
    pub lists: Lists,
    pub objects: u64,
    pub parts: Fields,
}

/// Lists, and what is in them.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// By how many items they have.
    pub sizes: Extent<usize>,
    pub empty: u64,
    pub items: Option<Box<Tally>>,
}

/// How many there were, and the least and the greatest.
#[derive(Debug)]
pub(super) struct Extent<T> {
    pub count: u64,
    pub ends: Option<(T, T)>,
}

/// Texts, and what the door would make of them.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub count: u64,
    pub empty: u64,
    /// Not empty ones, by whether they are what is asked, with examples of those that are not.
    pub as_number: Reading,
    pub as_boolean: Reading,
    /// Dates, and points in time at a midnight.
    pub as_day: Reading,
    /// Whatever becomes a date at the door.
    pub as_date: Reading,
    pub as_instant: Reading,
    pub as_zone: Reading,
    /// Digits that would not come back from a number: `007`, `+91…`.
    pub digits_to_keep: u64,
    pub days: Extent<NaiveDate>,
    pub examples: Examples,
    pub different: Different,
}

/// How many texts can be read so, and examples of others.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub can: u64,
    pub others: Examples,
}

/// A few values, each once, in the order in which they came.
#[derive(Debug, Default, Clone)]
pub(super) struct Examples(pub Vec<String>);

/// Different texts, as long as they are few.
#[derive(Debug, Default)]
pub(super) struct Different {
    pub counts: BTreeMap<String, u64>,
    pub overflown: bool,
}

impl Tally {
    pub fn add(&mut self, value: &Value) {
        match value {
            Value::Boolean(true) => self.yes += 1,
            Value::Boolean(false) => self.no += 1,
            Value::Number(number) => {
                self.numbers.add(*number);
                self.number_examples.add(|| number.to_string());
            }
            Value::Date(date) => self.dates.add(*date),
            Value::Instant(instant) => self.instants.add(*instant),
            Value::Text(text) => self.texts.add(text),
            Value::List(items) => {
                self.lists.sizes.add(items.len());
                self.lists.empty += u64::from(items.is_empty());
                if !items.is_empty() {
                    let tally = self.lists.items.get_or_insert_default();
                    items.iter().for_each(|item| tally.add(item));
                }
            }
            Value::Object(parts) => {
                self.objects += 1;
                parts.iter().for_each(|(name, part)| self.parts.add(name, part));
            }
        }
    }

    /// How many values there were.
    pub fn values(&self) -> u64 {
        self.singles() + self.lists.sizes.count
    }

    /// How many of them were no lists.
    pub fn singles(&self) -> u64 {
        self.scalars() + self.objects
    }

    /// How many of them were neither lists nor objects.
    pub fn scalars(&self) -> u64 {
        self.booleans() + self.numbers.count + self.dates.count + self.instants.count + self.texts.count
    }

    pub fn booleans(&self) -> u64 {
        self.yes + self.no
    }

    /// Takes in what another has, but for its lists.
    pub fn merge_singles(&mut self, other: &Tally) {
        self.yes += other.yes;
        self.no += other.no;
        self.numbers.merge(&other.numbers);
        self.dates.merge(&other.dates);
        self.instants.merge(&other.instants);
        self.texts.merge(&other.texts);
        self.number_examples.merge(&other.number_examples);
        self.objects += other.objects;
        self.parts.merge(&other.parts);
    }

    fn merge(&mut self, other: &Tally) {
        self.merge_singles(other);
        self.lists.sizes.merge(&other.lists.sizes);
        self.lists.empty += other.lists.empty;
        if let Some(theirs) = &other.lists.items {
            self.lists.items.get_or_insert_default().merge(theirs);
        }
    }
}

impl Texts {
    fn add(&mut self, text: &str) {
        self.count += 1;
        self.different.add(text, 1);
        if text.trim().is_empty() {
            self.empty += 1;
            return;
        }
        self.examples.add(|| cut(text));
        // A first look: what begins neither with a digit nor with a sign is no number and no date, and most texts do not.
        let trimmed = text.trim();
        let numeric = trimmed.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
        let number = if numeric { door::number(text) } else { None };
        let day = if numeric { door::date(text) } else { None };
        self.as_number.add(number.is_some(), text);
        self.digits_to_keep += u64::from(number.is_some() && must_stay_text(trimmed));
        self.as_boolean.add(door::boolean(text).is_some(), text);
        self.as_date.add(day.is_some(), text);
        match day.filter(|_| is_day(trimmed)) {
            Some(day) => {
                self.as_day.add(true, text);
                self.days.add(day);
            }
            None => self.as_day.add(false, text),
        }
        let instant = day.is_some()
            && (Instant::parse(trimmed).is_ok()
                || door::wall_clock(trimmed).is_some()
                || door::plain_date(trimmed).is_some());
        self.as_instant.add(instant, text);
        // A word alone may be a city, or anything else.
        let may_be_zone =
            trimmed.contains('/') || matches!(trimmed, "UTC" | "GMT") || trimmed.ends_with(" Time");
        let zone = may_be_zone && Zone::find(text).is_some();
        self.as_zone.add(zone, text);
    }

    fn merge(&mut self, other: &Texts) {
        self.count += other.count;
        self.empty += other.empty;
        self.as_number.merge(&other.as_number);
        self.as_boolean.merge(&other.as_boolean);
        self.as_day.merge(&other.as_day);
        self.as_date.merge(&other.as_date);
        self.as_instant.merge(&other.as_instant);
        self.as_zone.merge(&other.as_zone);
        self.digits_to_keep += other.digits_to_keep;
        self.days.merge(&other.days);
        self.examples.merge(&other.examples);
        for (text, count) in &other.different.counts {
            self.different.add(text, *count);
        }
        self.different.overflown |= other.different.overflown;
    }
}

/// True of digits that a number would not give back: `007`, `+919820012345`.
fn must_stay_text(digits: &str) -> bool {
    let zero = digits.strip_prefix('0').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    zero || digits.starts_with('+')
}

/// True of a date alone, and of a date at its midnight, as which birthdays are often stored.
fn is_day(text: &str) -> bool {
    if door::plain_date(text).is_some() {
        return true;
    }
    let midnight = |text: &str| door::wall_clock(text).is_some_and(|wall| wall.time() == NaiveTime::MIN);
    midnight(text.trim_end_matches('Z').trim_end_matches("+00:00"))
}

impl Reading {
    fn add(&mut self, can: bool, text: &str) {
        if can {
            self.can += 1;
        } else {
            self.others.add(|| cut(text));
        }
    }

    fn merge(&mut self, other: &Reading) {
        self.can += other.can;
        self.others.merge(&other.others);
    }
}

impl Examples {
    fn add(&mut self, value: impl FnOnce() -> String) {
        if self.0.len() < MOST_EXAMPLES {
            let value = value();
            if !self.0.contains(&value) {
                self.0.push(value);
            }
        }
    }

    fn merge(&mut self, other: &Examples) {
        other.0.iter().for_each(|value| self.add(|| value.clone()));
    }
}

impl Different {
    fn add(&mut self, text: &str, times: u64) {
        if self.overflown {
            return;
        }
        if let Some(count) = self.counts.get_mut(text) {
            *count += times;
        } else if self.counts.len() < MOST_TEXTS && text.chars().nth(LONGEST_TEXT).is_none() {
            self.counts.insert(text.to_owned(), times);
        } else {
            self.overflown = true;
            self.counts.clear();
        }
    }
}

impl<T> Default for Extent<T> {
    fn default() -> Extent<T> {
        Extent { count: 0, ends: None }
    }
}

impl<T: Copy + Ord> Extent<T> {
    pub fn add(&mut self, value: T) {
        self.count += 1;
        self.reach(value, value);
    }

    fn reach(&mut self, least: T, greatest: T) {
        self.ends = Some(match self.ends {
            None => (least, greatest),
            Some((from, to)) => (from.min(least), to.max(greatest)),
        });
    }

    fn merge(&mut self, other: &Extent<T>) {
        self.count += other.count;
        if let Some((least, greatest)) = other.ends {
            self.reach(least, greatest);
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
