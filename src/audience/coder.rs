//! A batch's rows as codes: which event, and the class of each of its properties.

use std::collections::HashMap;

use crate::columns::{Batch, Column, Names, Values};
use crate::model::Value;
use crate::program::{Clocks, ValuesPlan};

use super::classes::{Shared, TooManyClasses};
use super::event::Reads;
use super::merged::{Remembered, Together};
use super::plan::Plan;
use super::words::{NO_VALUE, SEVERAL};

/// The class is not known yet.
const UNKNOWN: u16 = u16::MAX;
/// Nor is the value.
const UNKNOWN_VALUE: u64 = NO_VALUE - 1;
/// The event is of no concern.
pub(super) const NO_EVENT: u16 = u16::MAX;

/// What one thread uses to read batches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coder<'p> {
    pub(super) plan: &'p Plan,
    pub(super) shared: &'p Shared,
    pub(super) clocks: Clocks<'p>,
}

/// A batch, and what is known of its columns.
pub(super) struct Coded<'c, 'b> {
    pub(super) coder: Coder<'c>,
    pub(super) batch: &'b Batch<'b>,
    pub(super) names: EventNames<'b>,
    pub(super) events: Vec<Option<EventColumns<'b>>>,
    /// How the classes of all events are found a column at a time, once that is asked.
    pub(super) together: Option<Together<'b>>,
    /// What was found of dictionaries in batches before.
    pub(super) remembered: Vec<Remembered>,
}

pub(super) enum EventNames<'b> {
    Constant(u16),
    /// By place in the dictionary.
    Codes(&'b [i32], Vec<u16>),
    Texts(&'b Column<'b>, HashMap<String, u16>),
}

/// The columns of one event's properties.
pub(super) struct EventColumns<'b> {
    slots: Vec<Option<&'b Column<'b>>>,
    pub(super) dimensions: Vec<Classes<'b>>,
    values: Vec<Taken<'b>>,
}

/// How the classes of a dimension are found.
pub(super) enum Classes<'b> {
    Constant(u16),
    Codes {
        column: &'b Column<'b>,
        codes: &'b [i32],
        known: Vec<u16>,
        missing: u16,
    },
    /// By where a number stands among the thresholds.
    Ranks {
        column: &'b Column<'b>,
        numbers: Numbers<'b>,
        known: Vec<u16>,
        missing: u16,
    },
    Texts {
        column: &'b Column<'b>,
        known: HashMap<String, u16>,
        missing: u16,
    },
    /// By asking each row.
    Each,
}

/// How a value is taken.
pub(super) enum Taken<'b> {
    /// The number of a column itself, and what stands for it where there is none.
    Plain {
        value: usize,
        column: &'b Column<'b>,
        numbers: Numbers<'b>,
        missing: u64,
    },
    /// By an expression of numbers, each in a column of its own.
    Scalar {
        value: usize,
        columns: Vec<(Option<&'b Column<'b>>, Numbers<'b>)>,
    },
    /// The one value of a dictionary's.
    Codes {
        value: usize,
        column: &'b Column<'b>,
        codes: &'b [i32],
        known: Vec<u64>,
        missing: u64,
    },
    Each {
        value: usize,
    },
}

#[derive(Clone, Copy)]
pub(super) enum Numbers<'b> {
    Integers(&'b [i64]),
    Integers32(&'b [i32]),
    Floats(&'b [f64]),
    None,
}

impl<'b> Numbers<'b> {
    fn of(column: &Column<'b>) -> Option<Numbers<'b>> {
        Some(match column.values {
            Values::Integers(values) => Numbers::Integers(values),
            Values::Integers32(values) => Numbers::Integers32(values),
            Values::Floats(values) => Numbers::Floats(values),
            _ => return None,
        })
    }

    #[inline]
    fn get(self, row: usize) -> Option<f64> {
        match self {
            Numbers::Integers(values) => values.get(row).map(|value| *value as f64),
            Numbers::Integers32(values) => values.get(row).map(|value| f64::from(*value)),
            Numbers::Floats(values) => values.get(row).copied().filter(|value| value.is_finite()),
            Numbers::None => None,
        }
    }
}

impl<'p> Coder<'p> {
    /// Looks at a batch's columns.
    pub(super) fn code<'b>(&self, batch: &'b Batch<'b>) -> Coded<'p, 'b> {
        let names = match &batch.name {
            Names::Constant(name) => EventNames::Constant(self.event(name)),
            Names::Column(column) => match column.values {
                Values::Codes { codes, dictionary } => {
                    let event = |value: &Value| match value {
                        Value::Text(name) => self.event(name),
                        _ => NO_EVENT,
                    };
                    EventNames::Codes(codes, dictionary.iter().map(event).collect())
                }
                _ => EventNames::Texts(column, HashMap::new()),
            },
        };
        let events = self.plan.events.iter().map(|_| None).collect();
        Coded { coder: *self, batch, names, events, together: None, remembered: Vec::new() }
    }

    /// The place of an event of this name among the plan's; none where nobody asks for it.
    fn event(&self, name: &str) -> u16 {
        let tables = self.plan.program.tables();
        let place = tables.plan_index.get(name).copied().unwrap_or(self.plan.events.len() - 1);
        let event = self.plan.events.get(place);
        let asked = event.is_some_and(|event| !event.groups.is_empty() || event.apart);
        u16::try_from(place).ok().filter(|_| asked).unwrap_or(NO_EVENT)
    }
}

impl<'b> Coded<'_, 'b> {
    /// Which event a row is, by its place among the plan's; [`NO_EVENT`] where nobody asks for it.
    #[inline]
    pub(super) fn event(&mut self, row: usize) -> u16 {
        match &mut self.names {
            EventNames::Constant(event) => *event,
            EventNames::Codes(codes, known) => {
                let code = codes.get(row).and_then(|code| usize::try_from(*code).ok());
                code.and_then(|code| known.get(code)).copied().unwrap_or(NO_EVENT)
            }
            EventNames::Texts(column, known) => {
                let column = *column;
                let Some(name) = column.text(row) else {
                    return column.word(row).map_or(NO_EVENT, |name| self.coder.event(&name));
                };
                match known.get(name) {
                    Some(event) => *event,
                    None => {
                        let event = self.coder.event(name);
                        known.insert(name.to_owned(), event);
                        event
                    }
                }
            }
        }
    }

    /// The classes of a row's properties, side by side.
    #[inline]
    pub(super) fn code(&mut self, event: u16, row: usize) -> Result<u64, TooManyClasses> {
        let place = usize::from(event);
        let Some(of_event) = self.coder.plan.events.get(place) else { return Ok(0) };
        if of_event.dimensions.is_empty() {
            return Ok(0);
        }
        let mut code = 0;
        for (number, dimension) in of_event.dimensions.iter().enumerate() {
            let class = match self.known_class(place, number, row) {
                Some(class) => class,
                None => self.find_class(place, number, row)?,
            };
            code |= u64::from(class) << dimension.shift;
        }
        Ok(code)
    }

    /// The class, if it was found before.
    #[inline]
    pub(super) fn known_class(&self, event: usize, dimension: usize, row: usize) -> Option<u16> {
        let columns = self.events.get(event)?.as_ref()?;
        let class = match columns.dimensions.get(dimension)? {
            Classes::Constant(class) => *class,
            Classes::Codes { column, codes, known, missing } => {
                if column.is_valid(row) {
                    *known.get(usize::try_from(*codes.get(row)?).ok()?)?
                } else {
                    *missing
                }
            }
            Classes::Ranks { column, numbers, known, missing } => {
                if column.is_valid(row) {
                    *known.get(self.rank(event, dimension, numbers.get(row)?)?)?
                } else {
                    *missing
                }
            }
            Classes::Texts { column, known, missing } => {
                if column.is_valid(row) {
                    *known.get(column.text(row)?)?
                } else {
                    *missing
                }
            }
            Classes::Each => UNKNOWN,
        };
        (class != UNKNOWN).then_some(class)
    }

    /// Where a number stands among the thresholds: at one of them, or between two.
    #[inline]
    fn rank(&self, event: usize, dimension: usize, number: f64) -> Option<usize> {
        let dimension = self.coder.plan.events.get(event)?.dimensions.get(dimension)?;
        let Reads::Slot { thresholds: Some(thresholds), .. } = &dimension.reads else { return None };
        let place = thresholds.partition_point(|threshold| *threshold < number);
        Some(2 * place + usize::from(thresholds.get(place).is_some_and(|threshold| *threshold == number)))
    }

    #[cold]
    pub(super) fn find_class(
        &mut self,
        event: usize,
        dimension: usize,
        row: usize,
    ) -> Result<u16, TooManyClasses> {
        self.look_at(event);
        let plan = self.coder.plan;
        let reads = plan
            .events
            .get(event)
            .and_then(|event| event.dimensions.get(dimension))
            .map(|known| &known.reads);
        let class = match reads {
            Some(Reads::Filter(filter)) => u16::from(self.filter_holds(event, *filter, row)),
            Some(Reads::Slot { slot, tests, .. }) => {
                let value = self.value(event, *slot, row);
                let at = self.batch.instant(row).unwrap_or(crate::model::Instant::MIN);
                let seen = self.coder.clocks.at(at);
                let mut answers = vec![0_u64; tests.len().div_ceil(64)];
                for (place, test) in tests.iter().enumerate() {
                    if test.holds_of(value.as_ref(), &seen)
                        && let Some(word) = answers.get_mut(place / 64)
                    {
                        *word |= 1 << (place % 64);
                    }
                }
                self.coder.shared.class(plan, event, dimension, &answers)?
            }
            None => 0,
        };
        self.note_class(event, dimension, row, class);
        Ok(class)
    }

    /// Notes the class of a row's value for further ones.
    fn note_class(&mut self, event: usize, dimension: usize, row: usize, class: u16) {
        let rank = match self
            .events
            .get(event)
            .and_then(Option::as_ref)
            .and_then(|columns| columns.dimensions.get(dimension))
        {
            Some(Classes::Ranks { numbers, .. }) => {
                numbers.get(row).and_then(|number| self.rank(event, dimension, number))
            }
            _ => None,
        };
        let columns = self.events.get_mut(event).and_then(Option::as_mut);
        match columns.and_then(|columns| columns.dimensions.get_mut(dimension)) {
            Some(
                Classes::Codes { column, missing, .. }
                | Classes::Ranks { column, missing, .. }
                | Classes::Texts { column, missing, .. },
            ) if !column.is_valid(row) => *missing = class,
            Some(Classes::Codes { codes, known, .. }) => {
                let place = codes.get(row).and_then(|code| usize::try_from(*code).ok());
                if let Some(place) = place.and_then(|place| known.get_mut(place)) {
                    *place = class;
                }
            }
            Some(Classes::Ranks { known, .. }) => {
                if let Some(place) = rank.and_then(|rank| known.get_mut(rank)) {
                    *place = class;
                }
            }
            Some(Classes::Texts { column, known, .. }) => {
                // Text that is never twice the same is not worth being known.
                const MOST: usize = 1 << 16;
                if let Some(text) = column.text(row)
                    && known.len() < MOST
                {
                    known.insert(text.to_owned(), class);
                }
            }
            Some(Classes::Constant(known)) => *known = class,
            Some(Classes::Each) | None => {}
        }
    }

    /// The value of a row in a slot, as it comes through the door.
    fn value(&self, event: usize, slot: usize, row: usize) -> Option<Value> {
        let plan = self.coder.plan;
        let tables = plan.program.tables();
        let slots = tables.plans.get(event).map_or(&tables.other.slots, |plan| &plan.slots);
        let property = slots.names().get(slot)?;
        let column = (*self.events.get(event)?.as_ref()?.slots.get(slot)?)?;
        let value = column.value(row)?;
        match &plan.events.get(event)?.name {
            Some(name) => tables.rulebook.admit_value(name, property, value),
            None => {
                let name = match &self.batch.name {
                    Names::Constant(name) => name.clone(),
                    Names::Column(names) => names.word(row)?,
                };
                tables.rulebook.admit_value(&name, property, value)
            }
        }
    }

    /// All values of a row that the event's plan reads.
    fn filled(&self, event: usize, row: usize) -> Vec<Option<Value>> {
        let slots = self.events.get(event).and_then(Option::as_ref).map_or(0, |columns| columns.slots.len());
        (0..slots).map(|slot| self.value(event, slot, row)).collect()
    }

    fn filter_holds(&self, event: usize, filter: usize, row: usize) -> bool {
        let tables = self.coder.plan.program.tables();
        let plan = tables.plans.get(event).unwrap_or(&tables.other);
        let values = self.filled(event, row);
        let filled: Vec<Option<&Value>> = values.iter().map(Option::as_ref).collect();
        let at = self.batch.instant(row).unwrap_or(crate::model::Instant::MIN);
        plan.filters.get(filter).is_some_and(|filter| filter.holds(&filled, &self.coder.clocks.at(at)))
    }

    /// Finds the columns of an event's properties, when it is first met in the batch.
    pub(super) fn look_at(&mut self, event: usize) {
        if self.events.get(event).is_none_or(Option::is_some) {
            return;
        }
        let batch = self.batch;
        let plan = self.coder.plan;
        let tables = plan.program.tables();
        let of_event = tables.plans.get(event).unwrap_or(&tables.other);
        let Some(code) = plan.events.get(event) else { return };
        let names = of_event.slots.names();
        let column = |name: &crate::model::Text| batch.properties.iter().find(|(known, _)| known == name);
        let slots: Vec<Option<&'b Column<'b>>> =
            names.iter().map(|name| column(name).map(|(_, column)| column)).collect();
        let at = |slot: usize| slots.get(slot).copied().flatten();
        // Of events that no rule names each name may have a schema of its own.
        let alike = code.name.is_some();
        let dimensions = code.dimensions.iter().map(|dimension| match &dimension.reads {
            Reads::Filter(_) => Classes::Each,
            Reads::Slot { slot, thresholds, .. } => match at(*slot) {
                Some(_) if !alike => Classes::Each,
                // Found once, like the class of any other value.
                None => Classes::Constant(UNKNOWN),
                Some(column) => match (column.values, thresholds, Numbers::of(column)) {
                    (Values::Codes { codes, dictionary }, ..) => Classes::Codes {
                        column,
                        codes,
                        known: vec![UNKNOWN; dictionary.len()],
                        missing: UNKNOWN,
                    },
                    (Values::Texts { .. }, ..) => {
                        Classes::Texts { column, known: HashMap::new(), missing: UNKNOWN }
                    }
                    (_, Some(thresholds), Some(numbers)) => Classes::Ranks {
                        column,
                        numbers,
                        known: vec![UNKNOWN; 2 * thresholds.len() + 1],
                        missing: UNKNOWN,
                    },
                    _ => Classes::Each,
                },
            },
        });
        let dimensions = dimensions.collect();
        let values = code.values.iter().map(|value| {
            let value = *value as usize;
            let Some(taken) = of_event.values.get(value) else { return Taken::Each { value } };
            match taken {
                ValuesPlan::Numbers(_) => {
                    let columns: Option<Vec<(Option<&'b Column<'b>>, Numbers<'b>)>> =
                        taken.scalar_slots().and_then(|slots| {
                            let of_slot = |slot: usize| {
                                let keeps =
                                    code.name.as_ref().zip(names.get(slot)).is_some_and(|(name, slot)| {
                                        tables.rulebook.keeps_numbers(name, slot)
                                    });
                                match at(slot) {
                                    None => Some((None, Numbers::None)),
                                    Some(column) => {
                                        Some((Some(column), Numbers::of(column).filter(|_| keeps)?))
                                    }
                                }
                            };
                            slots.into_iter().map(of_slot).collect()
                        });
                    match (columns.as_deref(), taken.plain()) {
                        (Some([(Some(column), numbers)]), Some(missing)) => {
                            let missing = missing.map_or(NO_VALUE, f64::to_bits);
                            Taken::Plain { value, column, numbers: *numbers, missing }
                        }
                        _ => {
                            columns.map_or(Taken::Each { value }, |columns| Taken::Scalar { value, columns })
                        }
                    }
                }
                ValuesPlan::Keys { slot, rest, .. } => {
                    match at(*slot).map(|column| (column, column.values)) {
                        Some((column, Values::Codes { codes, dictionary })) if rest.is_empty() && alike => {
                            Taken::Codes {
                                value,
                                column,
                                codes,
                                known: vec![UNKNOWN_VALUE; dictionary.len()],
                                missing: UNKNOWN_VALUE,
                            }
                        }
                        _ => Taken::Each { value },
                    }
                }
            }
        });
        let values = values.collect();
        if let Some(place) = self.events.get_mut(event) {
            *place = Some(EventColumns { slots, dimensions, values });
        }
    }

    /// Appends a word for each value that is taken of a row; where it has several, these go to `more`.
    pub(super) fn take(&mut self, event: u16, row: usize, words: &mut Vec<u64>, more: &mut Vec<u64>) {
        self.take_some(event, row, u64::MAX, words, more);
    }

    /// The same of the values whose bits are set; of others there is none.
    pub(super) fn take_some(
        &mut self,
        event: u16,
        row: usize,
        wanted: u64,
        words: &mut Vec<u64>,
        more: &mut Vec<u64>,
    ) {
        let place = usize::from(event);
        let Some(of_event) = self.coder.plan.events.get(place) else { return };
        if of_event.values.is_empty() {
            return;
        }
        self.look_at(place);
        for number in 0..of_event.values.len() {
            if number < 64 && wanted >> number & 1 == 0 {
                words.push(NO_VALUE);
                continue;
            }
            let word = match self.known_value(place, number, row) {
                Some(word) => word,
                None => self.find_value(place, number, row, more),
            };
            words.push(word);
        }
    }

    #[inline]
    fn known_value(&self, event: usize, number: usize, row: usize) -> Option<u64> {
        match self.events.get(event)?.as_ref()?.values.get(number)? {
            Taken::Plain { column, numbers, missing, .. } => {
                let found = if column.is_valid(row) { numbers.get(row) } else { None };
                Some(found.map_or(*missing, f64::to_bits))
            }
            Taken::Scalar { value, columns } => {
                let tables = self.coder.plan.program.tables();
                let plan = tables.plans.get(event).unwrap_or(&tables.other);
                let number = |place: usize| {
                    let (column, numbers) = columns.get(place)?;
                    (*column)?.is_valid(row).then(|| numbers.get(row)).flatten()
                };
                let found = plan.values.get(*value)?.scalar(&number);
                Some(found.map_or(NO_VALUE, f64::to_bits))
            }
            Taken::Codes { column, codes, known, missing, .. } => {
                let word = if column.is_valid(row) {
                    *known.get(usize::try_from(*codes.get(row)?).ok()?)?
                } else {
                    *missing
                };
                (word != UNKNOWN_VALUE).then_some(word)
            }
            Taken::Each { .. } => None,
        }
    }

    #[cold]
    fn find_value(&mut self, event: usize, number: usize, row: usize, more: &mut Vec<u64>) -> u64 {
        let tables = self.coder.plan.program.tables();
        let plan = tables.plans.get(event).unwrap_or(&tables.other);
        let taken =
            self.events.get(event).and_then(Option::as_ref).and_then(|columns| columns.values.get(number));
        let Some(
            Taken::Codes { value, .. }
            | Taken::Each { value }
            | Taken::Scalar { value, .. }
            | Taken::Plain { value, .. },
        ) = taken
        else {
            return NO_VALUE;
        };
        let Some(taken) = plan.values.get(*value) else { return NO_VALUE };
        let values = self.filled(event, row);
        let filled: Vec<Option<&Value>> = values.iter().map(Option::as_ref).collect();
        let at = self.batch.instant(row).unwrap_or(crate::model::Instant::MIN);
        let mut words = Vec::new();
        taken.take(&filled, &self.coder.clocks.at(at), &mut words);
        if matches!(taken, ValuesPlan::Keys { .. }) {
            let keys = words.chunks_exact(2).filter_map(|pair| match pair {
                [high, low] => Some(u128::from(*high) << 64 | u128::from(*low)),
                _ => None,
            });
            words = keys.map(|key| u64::from(self.coder.shared.id(event, number, key))).collect();
        }
        let word = match words.as_slice() {
            [] => NO_VALUE,
            [word] => *word,
            several => {
                let place = more.len() as u64;
                more.push(several.len() as u64);
                more.extend(several);
                return SEVERAL | place;
            }
        };
        let columns = self.events.get_mut(event).and_then(Option::as_mut);
        if let Some(Taken::Codes { column, codes, known, missing, .. }) =
            columns.and_then(|columns| columns.values.get_mut(number))
        {
            let place = codes.get(row).and_then(|code| usize::try_from(*code).ok());
            if !column.is_valid(row) {
                *missing = word;
            } else if let Some(known) = place.and_then(|place| known.get_mut(place)) {
                *known = word;
            }
        }
        word
    }
}
