//! How the events of one name are told apart in one batch: by its columns.

use crate::columns::{Batch, Bits, Column, Values};
use crate::model::{Instant, NameMap, Number, Text, Value};
use crate::program::{Seen, Slots};
use crate::rulebook::Rulebook;

use super::shape::{Part, Shape};

/// The class is not known yet.
const UNKNOWN: u32 = u32::MAX;
/// Text that is never twice the same is not worth being known.
const MOST_TEXTS: usize = 1 << 14;

/// The columns that an event's plan reads, and what has been found in them.
pub(super) struct Look<'b> {
    /// By slot.
    pub(super) columns: Vec<Option<&'b Column<'b>>>,
    parts: Vec<Found<'b>>,
    classes: Vec<u32>,
}

/// How the class of a part is found.
enum Found<'b> {
    /// No row has the property.
    Missing(u32),
    Codes {
        column: &'b Column<'b>,
        codes: &'b [i32],
        known: Vec<u32>,
        missing: u32,
    },
    Booleans {
        column: &'b Column<'b>,
        bits: Bits<'b>,
        known: [u32; 2],
        missing: u32,
    },
    /// By where a number stands among the thresholds.
    Ranks {
        column: &'b Column<'b>,
        known: Vec<u32>,
        missing: u32,
    },
    Texts {
        column: &'b Column<'b>,
        known: NameMap<Text, u32>,
        missing: u32,
    },
    /// By asking each row.
    Each,
}

impl<'b> Look<'b> {
    pub(super) fn new(batch: &'b Batch<'b>, slots: &Slots, shape: &Shape<'_>) -> Look<'b> {
        let column =
            |name: &Text| batch.properties.iter().find(|(known, _)| known == name).map(|(_, column)| column);
        let columns: Vec<Option<&'b Column<'b>>> = slots.names().iter().map(column).collect();
        let parts = shape.parts.iter().map(|part| {
            let Part::Slot(part) = part else { return Found::Each };
            let Some(column) = columns.get(part.slot).copied().flatten() else {
                return Found::Missing(UNKNOWN);
            };
            let missing = UNKNOWN;
            match (column.values, &part.thresholds) {
                (Values::Codes { codes, dictionary }, _) => {
                    Found::Codes { column, codes, known: vec![UNKNOWN; dictionary.len()], missing }
                }
                (Values::Booleans(bits), _) => Found::Booleans { column, bits, known: [UNKNOWN; 2], missing },
                (Values::Texts { .. }, _) => Found::Texts { column, known: NameMap::default(), missing },
                (Values::Integers(_) | Values::Integers32(_) | Values::Floats(_), Some(thresholds)) => {
                    Found::Ranks { column, known: vec![UNKNOWN; 2 * thresholds.len() + 1], missing }
                }
                _ => Found::Each,
            }
        });
        let parts = parts.collect();
        Look { columns, parts, classes: Vec::new() }
    }

    /// The classes of a row's parts.
    pub(super) fn classes(&mut self, row: usize, shape: &mut Shape<'_>, seen: &Seen<'_>) -> &[u32] {
        self.classes.clear();
        for part in 0..shape.parts.len() {
            let class = match self.parts.get_mut(part).and_then(|found| found.known(row, part, shape)) {
                Some(known) if *known != UNKNOWN => *known,
                known => {
                    let known = known.is_some();
                    let class = self.find(row, part, shape, seen);
                    if known
                        && let Some(place) =
                            self.parts.get_mut(part).and_then(|found| found.known(row, part, shape))
                    {
                        *place = class;
                    }
                    class
                }
            };
            self.classes.push(class);
        }
        &self.classes
    }

    #[cold]
    fn find(&mut self, row: usize, part: usize, shape: &mut Shape<'_>, seen: &Seen<'_>) -> u32 {
        match shape.parts.get(part) {
            Some(Part::Clock(..)) => shape.class_of_instant(part, seen),
            Some(Part::Filters(..)) => {
                let values: Vec<Option<Value>> =
                    self.columns.iter().map(|column| (*column)?.value(row)).collect();
                let filled: Vec<Option<&Value>> = values.iter().map(Option::as_ref).collect();
                shape.class_of_all(part, &filled, seen)
            }
            Some(Part::Slot(of_slot)) => {
                let value =
                    self.columns.get(of_slot.slot).copied().flatten().and_then(|column| column.value(row));
                let class = shape.class_of(part, value.as_ref(), seen);
                if let (Some(Found::Texts { known, .. }), Some(Value::Text(text))) =
                    (self.parts.get_mut(part), value)
                    && known.len() < MOST_TEXTS
                {
                    known.insert(text, class);
                }
                class
            }
            None => 0,
        }
    }

    /// The values of some slots in a row; those of all others are left out.
    pub(super) fn values(&self, row: usize, slots: &[usize]) -> Vec<Option<Value>> {
        let mut values = vec![None; self.columns.len()];
        for slot in slots {
            let column = self.columns.get(*slot).copied().flatten();
            if let (Some(place), Some(column)) = (values.get_mut(*slot), column) {
                *place = column.value(row);
            }
        }
        values
    }
}

impl Found<'_> {
    /// Where the class of a row is noted, if there is such a place.
    #[inline]
    fn known(&mut self, row: usize, part: usize, shape: &Shape<'_>) -> Option<&mut u32> {
        match self {
            Found::Missing(class) => Some(class),
            Found::Codes { column, codes, known, missing } => {
                if !column.is_valid(row) {
                    return Some(missing);
                }
                known.get_mut(usize::try_from(*codes.get(row)?).ok()?)
            }
            Found::Booleans { column, bits, known, missing } => {
                if !column.is_valid(row) {
                    return Some(missing);
                }
                known.get_mut(usize::from(bits.get(row)))
            }
            Found::Ranks { column, known, missing } => {
                let Some(Part::Slot(part)) = shape.parts.get(part) else { return None };
                let number = if column.is_valid(row) { number(column, row) } else { None };
                let Some(number) = number else { return Some(missing) };
                known.get_mut(rank(part.thresholds.as_deref()?, number))
            }
            Found::Texts { column, known, missing } => {
                if !column.is_valid(row) {
                    return Some(missing);
                }
                known.get_mut(column.text(row)?)
            }
            Found::Each => None,
        }
    }
}

/// The number of a row that has a value; none where it is no number after all.
#[inline]
fn number(column: &Column<'_>, row: usize) -> Option<f64> {
    match column.values {
        Values::Integers(values) => values.get(row).map(|value| *value as f64),
        Values::Integers32(values) => values.get(row).map(|value| f64::from(*value)),
        Values::Floats(values) => values.get(row).copied().filter(|value| value.is_finite()),
        _ => None,
    }
}

/// Where a number stands among thresholds: at one of them, or between two.
#[inline]
fn rank(thresholds: &[f64], number: f64) -> usize {
    let place = thresholds.partition_point(|threshold| *threshold < number);
    2 * place + usize::from(thresholds.get(place).is_some_and(|threshold| *threshold == number))
}

/// Whether all values of a column come through the door of an event as they are.
pub(super) fn is_kept(rulebook: &Rulebook, event: &str, property: &str, column: &Column<'_>) -> bool {
    let probe = match column.values {
        Values::Booleans(_) => Value::Boolean(true),
        Values::Integers(_) | Values::Integers32(_) | Values::Floats(_) => Value::Number(Number::from_i64(1)),
        Values::Instants(_) => Value::Instant(Instant::from_millis(0)),
        Values::Dates(_) => Value::Date(chrono::NaiveDate::default()),
        // Such as is neither a number nor anything else that a text may become.
        Values::Codes { .. } | Values::Texts { .. } => Value::text("x"),
        Values::Others(_) => {
            return rulebook
                .event_schema(event)
                .is_none_or(|schema| schema.fields.iter().all(|field| *field.name.node != *property));
        }
    };
    rulebook.admit_value(event, property, probe.clone()) == Some(probe)
}
