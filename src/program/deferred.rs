//! Filters that hang on the user's clock: what is left open of them when an event is looked at.
//!
//! An event is looked at once, before anyone knows which zone its user is in by then. So a filter with `user hour` in it
//! is taken apart: what does not ask for the user is a filter like any other, with its bit in the pattern; the rest is
//! left open in the pattern's reaction, and settled when the machine meets the event. Rules without such filters have
//! reactions that are settled from the start.

use crate::model::{Instant, Value};

use super::classify::{Reaction, Settle};
use super::predicate::{Predicate, Seen};
use super::{Effect, Tables};
use crate::calendar::Zone;

/// A filter with parts that hang on the user's clock.
#[derive(Debug, Clone)]
pub(crate) enum Deferred {
    /// A part that does not: a filter of the plan.
    Bit(usize),
    All(Box<[Deferred]>),
    Any(Box<[Deferred]>),
    Not(Box<Deferred>),
    /// A part that does.
    Open(Predicate),
}

impl Deferred {
    /// Takes a filter apart; `settled` enters a part that does not hang on the user's clock.
    pub(crate) fn of(predicate: Predicate, settled: &mut impl FnMut(Predicate) -> usize) -> Deferred {
        if !predicate.asks_user() {
            return Deferred::Bit(settled(predicate));
        }
        let mut each = |parts: Box<[Predicate]>| {
            parts.into_vec().into_iter().map(|part| Deferred::of(part, settled)).collect()
        };
        match predicate {
            Predicate::All(parts) => Deferred::All(each(parts)),
            Predicate::Any(parts) => Deferred::Any(each(parts)),
            Predicate::Not(part) => Deferred::Not(Box::new(Deferred::of(*part, settled))),
            open => Deferred::Open(open),
        }
    }

    /// Visits the slots that are read when it is settled.
    pub(crate) fn slots(&self, visit: &mut dyn FnMut(usize)) {
        match self {
            Deferred::Bit(_) => {}
            Deferred::All(parts) | Deferred::Any(parts) => parts.iter().for_each(|part| part.slots(visit)),
            Deferred::Not(part) => part.slots(visit),
            Deferred::Open(predicate) => predicate.slots(visit),
        }
    }

    /// What is left of it for a pattern of bits: an answer, or the parts that still decide.
    pub(crate) fn given(&self, bit: &impl Fn(usize) -> bool) -> Settle {
        let of_several = |parts: &[Deferred], absorbing: bool| {
            let mut left = Vec::new();
            for part in parts {
                match part.given(bit) {
                    Settle::Known(known) if known == absorbing => return Settle::Known(absorbing),
                    Settle::Known(_) => {}
                    Settle::Open(part) => left.push(part),
                }
            }
            match (left.len(), absorbing) {
                (0, _) => Settle::Known(!absorbing),
                (_, true) => Settle::Open(Deferred::Any(left.into())),
                (_, false) => Settle::Open(Deferred::All(left.into())),
            }
        };
        match self {
            Deferred::Bit(filter) => Settle::Known(bit(*filter)),
            Deferred::All(parts) => of_several(parts, false),
            Deferred::Any(parts) => of_several(parts, true),
            Deferred::Not(part) => match part.given(bit) {
                Settle::Known(known) => Settle::Known(!known),
                Settle::Open(part) => Settle::Open(Deferred::Not(Box::new(part))),
            },
            Deferred::Open(_) => Settle::Open(self.clone()),
        }
    }

    fn holds(&self, filled: &[Option<&Value>], seen: &Seen<'_>) -> bool {
        match self {
            // Those were put in when the pattern was met.
            Deferred::Bit(_) => false,
            Deferred::All(parts) => parts.iter().all(|part| part.holds(filled, seen)),
            Deferred::Any(parts) => parts.iter().any(|part| part.holds(filled, seen)),
            Deferred::Not(part) => !part.holds(filled, seen),
            Deferred::Open(predicate) => predicate.holds(filled, seen),
        }
    }
}

/// What a kind of event may do, as far as only the user's clock can tell.
#[derive(Debug)]
pub(crate) struct Open {
    /// In the order of the rulebook; without a condition, what it does in any case.
    pub(crate) uses: Box<[(Option<Deferred>, Effect)]>,
    /// How many slots the plan has.
    pub(crate) slots: usize,
}

impl Open {
    /// What the event does, in the zone that its user is in.
    pub(crate) fn settle(
        &self,
        kept: &[(usize, Value)],
        now: Instant,
        tables: &Tables,
        user: &Zone,
    ) -> Reaction {
        let mut filled = vec![None; self.slots];
        for (slot, value) in kept {
            if let Some(place) = filled.get_mut(*slot) {
                *place = Some(value);
            }
        }
        let seen = tables.clocks_of(user).at(now);
        let holds = |deferred: &Option<Deferred>| {
            deferred.as_ref().is_none_or(|deferred| deferred.holds(&filled, &seen))
        };
        Reaction::of(self.uses.iter().filter(|(deferred, _)| holds(deferred)).map(|(_, effect)| effect))
    }
}
