//! The classes of a batch's rows a column at a time.

use std::ops::Range;

use super::classes::TooManyClasses;
use super::coder::{Classes, Coded, EventNames};
use crate::columns::{Batch, Column, Values};
use crate::model::{Text, Value};

/// The class is not known yet.
const UNKNOWN: u64 = u64::MAX;
/// Tables larger than this are not worth being made for each batch.
const MOST: usize = 1 << 14;

/// The classes that all events ask of one column in a dictionary, each where it stands in the event's code.
pub(super) struct Merged<'b> {
    column: &'b Column<'b>,
    codes: &'b [i32],
    /// How many values there are, and none.
    width: usize,
    /// By event and value. What an event does not ask for is 0.
    known: Vec<u64>,
    /// By event, the dimension.
    dimensions: Vec<Option<usize>>,
}

/// The classes of a dictionary's values, found in batches before.
pub(super) struct Remembered {
    property: Text,
    dictionary: Vec<Value>,
    known: Vec<u64>,
    dimensions: Vec<Option<usize>>,
}

/// How the classes of all events are found.
#[derive(Default)]
pub(super) struct Together<'b> {
    merged: Vec<Merged<'b>>,
    /// By event, the dimensions that are asked row by row.
    others: Vec<Vec<usize>>,
    has_others: bool,
}

impl<'b> Coded<'_, 'b> {
    /// Which events some rows are; those that nobody asks for are one behind the last.
    pub(super) fn events(&mut self, rows: Range<usize>, events: &mut Vec<u16>) {
        let none = u16::try_from(self.coder.plan.events.len()).unwrap_or(u16::MAX);
        events.clear();
        if let EventNames::Codes(codes, known) = &self.names
            && let Some(codes) = codes.get(rows.clone())
        {
            let event = |code: &i32| known.get(code.cast_unsigned() as usize).copied().unwrap_or(none);
            events.extend(codes.iter().map(|code| event(code).min(none)));
            return;
        }
        events.extend(rows.map(|row| self.event(row).min(none)));
    }

    /// The classes of some rows' properties, side by side.
    pub(super) fn codes(
        &mut self,
        rows: Range<usize>,
        events: &[u16],
        codes: &mut Vec<u64>,
    ) -> Result<(), TooManyClasses> {
        codes.clear();
        codes.resize(rows.len(), 0);
        let mut together = self.together.take().unwrap_or_else(|| self.put_together());
        for merged in &mut together.merged {
            self.of_column(merged, rows.start, events, codes)?;
        }
        if together.has_others {
            for ((row, event), code) in rows.zip(events).zip(codes) {
                let others = together.others.get(usize::from(*event));
                for dimension in others.into_iter().flatten() {
                    *code |= self.placed_class(usize::from(*event), *dimension, row)?;
                }
            }
        }
        self.together = Some(together);
        Ok(())
    }

    fn of_column(
        &mut self,
        merged: &mut Merged<'b>,
        first: usize,
        events: &[u16],
        codes: &mut [u64],
    ) -> Result<(), TooManyClasses> {
        if merged.add_known(first, events, codes) {
            return Ok(());
        }
        // A value is new to an event. (What has been added already is no more when it is added again.)
        for (row, (event, code)) in (first..).zip(events.iter().zip(codes)) {
            let event = usize::from(*event);
            let place = merged.place(event, row);
            let class = match merged.known.get(place).copied().unwrap_or(0) {
                UNKNOWN => {
                    let dimension = merged.dimensions.get(event).copied().flatten().unwrap_or(0);
                    self.placed_class(event, dimension, row)?
                }
                class => class,
            };
            *code |= class;
            if let Some(known) = merged.known.get_mut(place) {
                *known = class;
            }
        }
        Ok(())
    }

    /// The class of a row's value, where it stands in the code.
    fn placed_class(&mut self, event: usize, dimension: usize, row: usize) -> Result<u64, TooManyClasses> {
        let class = match self.known_class(event, dimension, row) {
            Some(class) => class,
            None => self.find_class(event, dimension, row)?,
        };
        let of_event = self.coder.plan.events.get(event);
        let shift = of_event.and_then(|event| event.dimensions.get(dimension)).map_or(0, |known| known.shift);
        Ok(u64::from(class) << shift)
    }

    /// Finds the columns of which several events ask.
    fn put_together(&mut self) -> Together<'b> {
        let events = self.coder.plan.events.len();
        let mut together =
            Together { merged: Vec::new(), others: vec![Vec::new(); events], has_others: false };
        for event in 0..events {
            let count = self.coder.plan.events.get(event).map_or(0, |event| event.dimensions.len());
            if count == 0 {
                continue;
            }
            self.look_at(event);
            let columns = self.events.get(event).and_then(Option::as_ref);
            let dimensions = columns.map(|columns| columns.dimensions.as_slice()).unwrap_or_default();
            for (dimension, classes) in dimensions.iter().enumerate() {
                if let Classes::Codes { column, codes, known, .. } = classes
                    && (known.len() + 1) * (events + 1) <= MOST
                {
                    together.add(event, dimension, (column, codes), (known.len() + 1, events + 1));
                } else if let Some(others) = together.others.get_mut(event) {
                    others.push(dimension);
                    together.has_others = true;
                }
            }
        }
        for merged in &mut together.merged {
            let place = self.remembered.iter().position(|known| known.is_of(self.batch, merged));
            if let Some(known) = place.map(|place| self.remembered.swap_remove(place)) {
                merged.known = known.known;
            }
        }
        together
    }

    /// What was found of dictionaries, for the next batch: its are the same nearly always.
    pub(super) fn into_remembered(self) -> Vec<Remembered> {
        let batch = self.batch;
        let merged = self.together.into_iter().flat_map(|together| together.merged);
        let remembered = merged.filter_map(|Merged { column, known, dimensions, .. }| {
            let Values::Codes { dictionary, .. } = column.values else { return None };
            let property = batch.properties.iter().find(|(_, known)| std::ptr::eq(known, column))?.0.clone();
            Some(Remembered { property, dictionary: dictionary.to_vec(), known, dimensions })
        });
        remembered.collect()
    }
}

impl Remembered {
    fn is_of(&self, batch: &Batch<'_>, merged: &Merged<'_>) -> bool {
        let Values::Codes { dictionary, .. } = merged.column.values else { return false };
        let mut same = batch.properties.iter().filter(|(name, _)| *name == self.property);
        same.any(|(_, column)| std::ptr::eq(column, merged.column))
            && self.dimensions == merged.dimensions
            && self.dictionary == dictionary
    }
}

impl Merged<'_> {
    /// Adds the classes that are known to the codes of some rows; whether that were all of them.
    fn add_known(&self, first: usize, events: &[u16], codes: &mut [u64]) -> bool {
        let missing = self.width - 1;
        let mut unknown = false;
        let mut add = |event: u16, value: usize, code: &mut u64| {
            let class = self.known.get(usize::from(event) * self.width + value).copied().unwrap_or(0);
            unknown |= class == UNKNOWN;
            *code |= if class == UNKNOWN { 0 } else { class };
        };
        let values = self.codes.get(first..).unwrap_or_default();
        let rows = events.iter().zip(values).zip(codes);
        let value = |value: &i32| (value.cast_unsigned() as usize).min(missing);
        match self.column.valid {
            None => rows.for_each(|((event, of_row), code)| add(*event, value(of_row), code)),
            Some(valid) => {
                for (row, ((event, of_row), code)) in (first..).zip(rows) {
                    // Without a branch: which rows have a value is hard to guess.
                    let has = usize::from(valid.get(row)).wrapping_neg();
                    add(*event, value(of_row) & has | missing & !has, code);
                }
            }
        }
        !unknown
    }

    /// Where the class of a row stands.
    fn place(&self, event: usize, row: usize) -> usize {
        let missing = self.width - 1;
        let value = self.codes.get(row).map_or(missing, |value| value.cast_unsigned() as usize);
        event * self.width + if self.column.is_valid(row) { value.min(missing) } else { missing }
    }
}

impl<'b> Together<'b> {
    fn add(
        &mut self,
        event: usize,
        dimension: usize,
        (column, codes): (&'b Column<'b>, &'b [i32]),
        (width, events): (usize, usize),
    ) {
        let known = self.merged.iter().position(|merged| std::ptr::eq(merged.column, column));
        let place = known.unwrap_or_else(|| {
            let known = vec![0; width * events];
            self.merged.push(Merged { column, codes, width, known, dimensions: vec![None; events] });
            self.merged.len() - 1
        });
        let Some(merged) = self.merged.get_mut(place) else { return };
        if let Some(classes) = merged.known.get_mut(event * width..(event + 1) * width) {
            classes.fill(UNKNOWN);
        }
        if let Some(known) = merged.dimensions.get_mut(event) {
            *known = Some(dimension);
        }
    }
}
