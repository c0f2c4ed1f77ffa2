//! What threads find out together: classes of values, by the answers of the tests that are asked of them, and numbers for values.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{PoisonError, RwLock};

use xxhash_rust::xxh3::Xxh3Default;

use super::event::Reads;
use super::plan::Plan;
use super::time::ClockClasses;

/// The answers of a dimension's tests, as bits.
type Answers = Box<[u64]>;

/// Found by one thread, known to all. In which order things are numbered is of no consequence for any result.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: ClockClasses,
    /// By event and dimension: the answers of each class.
    classes: Vec<Vec<RwLock<Vec<Answers>>>>,
    /// By event and value: which numbers its keys have.
    spaces: Vec<Vec<usize>>,
    ids: Vec<RwLock<HashMap<u128, u32, BuildHasherDefault<Xxh3Default>>>>,
}

/// There are more classes of values than was foreseen: filters must be asked one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooManyClasses;

impl Shared {
    pub(super) fn new(plan: &Plan) -> Shared {
        let tables = plan.program.tables();
        let classes =
            |event: &super::event::EventCode| event.dimensions.iter().map(|_| RwLock::default()).collect();
        // Equal values have one number in whatever events they are, so that those of several events can be told apart.
        let mut named: Vec<String> = Vec::new();
        let plans = tables.plans.iter().chain([&tables.other]);
        let spaces = plan.events.iter().zip(plans).map(|(event, plan)| {
            let space = |value: &u32| {
                let name = plan.values.get(*value as usize).map_or_else(String::new, |value| {
                    let slots = plan.slots.names();
                    value
                        .key_slot()
                        .and_then(|slot| slots.get(slot))
                        .map_or_else(String::new, |slot| slot.to_string())
                });
                match named.iter().position(|known| *known == name) {
                    Some(known) => known,
                    None => {
                        named.push(name);
                        named.len() - 1
                    }
                }
            };
            event.values.iter().map(space).collect()
        });
        let spaces = spaces.collect();
        Shared {
            clock: ClockClasses::default(),
            classes: plan.events.iter().map(classes).collect(),
            spaces,
            ids: named.iter().map(|_| RwLock::default()).collect(),
        }
    }

    /// The class of a value with these answers.
    pub(super) fn class(
        &self,
        plan: &Plan,
        event: usize,
        dimension: usize,
        answers: &[u64],
    ) -> Result<u16, TooManyClasses> {
        let lock =
            self.classes.get(event).and_then(|classes| classes.get(dimension)).ok_or(TooManyClasses)?;
        let place = |known: &[Answers]| known.iter().position(|known| **known == *answers);
        let known = place(&lock.read().unwrap_or_else(PoisonError::into_inner));
        let class = known.unwrap_or_else(|| {
            let mut classes = lock.write().unwrap_or_else(PoisonError::into_inner);
            place(&classes).unwrap_or_else(|| {
                classes.push(answers.into());
                classes.len() - 1
            })
        });
        let bits = plan
            .events
            .get(event)
            .and_then(|event| event.dimensions.get(dimension))
            .map_or(0, |known| known.bits);
        u16::try_from(class).ok().filter(|class| u32::from(*class) < 1 << bits.min(16)).ok_or(TooManyClasses)
    }

    /// Whether a test holds of the values of a class.
    pub(super) fn answer(
        &self,
        plan: &Plan,
        event: usize,
        dimension: usize,
        class: u16,
        test: usize,
    ) -> bool {
        let reads = plan
            .events
            .get(event)
            .and_then(|event| event.dimensions.get(dimension))
            .map(|known| &known.reads);
        if matches!(reads, Some(Reads::Filter(_))) {
            return class == 1;
        }
        let Some(lock) = self.classes.get(event).and_then(|classes| classes.get(dimension)) else {
            return false;
        };
        let classes = lock.read().unwrap_or_else(PoisonError::into_inner);
        let answers = classes.get(usize::from(class));
        answers.and_then(|answers| answers.get(test / 64)).is_some_and(|word| word >> (test % 64) & 1 == 1)
    }

    /// The number of a value by its key.
    pub(super) fn id(&self, event: usize, value: usize, key: u128) -> u32 {
        let space = self.spaces.get(event).and_then(|values| values.get(value)).copied().unwrap_or(0);
        let Some(lock) = self.ids.get(space) else { return 0 };
        let known = lock.read().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        known.unwrap_or_else(|| {
            let mut ids = lock.write().unwrap_or_else(PoisonError::into_inner);
            let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
            *ids.entry(key).or_insert(next)
        })
    }
}
