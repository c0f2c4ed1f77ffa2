//! What of one user is still to come: found by when it falls due, and by what ends it.
//!
//! Both without a walk over the rest, so that a user with a hundred thousand running timers costs no more for each of
//! them than any other.

use crate::model::Instant;
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

use super::few::Few;

/// What an event and what it ends have in common: the campaign, which of its clauses, and the value of `matching`
/// ([`UNTIED`](crate::program::UNTIED) without one).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tie {
    pub(crate) campaign: u32,
    pub(crate) clause: usize,
    pub(crate) key: u128,
}

saved!(struct Tie { campaign, clause, key });

/// What falls due at an instant.
pub(crate) trait Planned {
    /// When it falls due.
    fn at(&self) -> Instant;
    /// Its number: no two of one user have the same, and a later one has a larger.
    fn order(&self) -> u64;
    /// All under which it can be ended.
    fn ties(&self) -> impl Iterator<Item = Tie>;
}

/// All of one kind that a user has to come.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    due: Few<(Instant, u64), Box<T>>,
    tied: Few<(Tie, Instant, u64), ()>,
}

impl<T> Default for Agenda<T> {
    fn default() -> Agenda<T> {
        Agenda { due: Few::default(), tied: Few::default() }
    }
}

/// What they are; where they are found follows from that.
impl<T: Planned + Saved> Saved for Agenda<T> {
    fn save(&self, to: &mut Saver<'_>) {
        to.length(self.due.len());
        self.iter().for_each(|planned| planned.save(to));
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Agenda<T>, Damage> {
        let mut agenda = Agenda::default();
        from.items(|planned: Box<T>| agenda.insert(planned))?;
        Ok(agenda)
    }
}

impl<T: Planned> Agenda<T> {
    /// When the first falls due.
    pub(crate) fn first(&self) -> Option<Instant> {
        self.due.first().map(|((at, _), _)| *at)
    }

    pub(crate) fn insert(&mut self, planned: impl Into<Box<T>>) {
        let planned = planned.into();
        let (at, order) = (planned.at(), planned.order());
        planned.ties().for_each(|tie| self.tied.insert((tie, at, order), ()));
        self.due.insert((at, order), planned);
    }

    /// All, by when they fall due.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.due.iter().map(|planned| &**planned)
    }

    /// The one that falls due at an instant and has a number.
    pub(crate) fn get(&self, at: Instant, order: u64) -> Option<&T> {
        self.due.get(&(at, order)).map(|planned| &**planned)
    }

    /// The same, to be changed in what it is neither found nor ended by.
    pub(crate) fn get_mut(&mut self, at: Instant, order: u64) -> Option<&mut T> {
        self.due.get_mut(&(at, order)).map(|planned| &mut **planned)
    }

    /// Takes it out.
    pub(crate) fn take(&mut self, at: Instant, order: u64) -> Option<Box<T>> {
        let planned = self.due.remove(&(at, order))?;
        self.untie(&planned);
        Some(planned)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    /// Takes out what falls due at an instant or before, in order.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<T> {
        let mut due = Vec::new();
        while let Some(planned) = self.pop_due(now) {
            due.push(*planned);
        }
        due.sort_by_key(T::order);
        due
    }

    /// Takes out one that falls due at an instant or before.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Box<T>> {
        let (_, planned) = self.due.pop_first_if(|(at, _)| *at <= now)?;
        self.untie(&planned);
        Some(planned)
    }

    /// True when one with a tie falls due at an instant or after.
    pub(crate) fn has(&self, tie: Tie, from: Instant) -> bool {
        self.places(tie, from).next().is_some()
    }

    /// Takes out those with a tie that fall due at an instant or after, as far as they are meant.
    pub(crate) fn take_tied(&mut self, tie: Tie, from: Instant, meant: impl Fn(&T) -> bool) -> Vec<T> {
        let meant = |place: &(Instant, u64)| self.due.get(place).is_some_and(|planned| meant(planned));
        let places: Vec<_> = self.places(tie, from).filter(meant).collect();
        let mut taken = Vec::with_capacity(places.len());
        for place in places {
            if let Some(planned) = self.due.remove(&place) {
                self.untie(&planned);
                taken.push(*planned);
            }
        }
        taken
    }

    /// Takes out what never falls due.
    pub(crate) fn take_never(&mut self) -> Vec<T> {
        let never: Vec<T> =
            self.due.split_off(&(Instant::MAX, 0)).into_iter().map(|planned| *planned).collect();
        never.iter().for_each(|planned| self.untie(planned));
        never
    }

    /// Takes out what is meant, by a walk over all.
    pub(crate) fn take_if(&mut self, meant: impl Fn(&T) -> bool) -> Vec<Box<T>> {
        let places =
            self.iter().filter(|planned| meant(planned)).map(|planned| (planned.at(), planned.order()));
        let places: Vec<_> = places.collect();
        let taken: Vec<Box<T>> = places.iter().filter_map(|place| self.due.remove(place)).collect();
        taken.iter().for_each(|planned| self.untie(planned));
        taken
    }

    /// Takes out all, in order.
    pub(crate) fn take_all(&mut self) -> Vec<T> {
        self.tied.clear();
        let mut all: Vec<T> = self.due.take_all().into_iter().map(|planned| *planned).collect();
        all.sort_by_key(T::order);
        all
    }

    pub(crate) fn clear(&mut self) {
        self.due.clear();
        self.tied.clear();
    }

    fn places(&self, tie: Tie, from: Instant) -> impl Iterator<Item = (Instant, u64)> {
        let last = Instant::from_millis(i64::MAX);
        self.tied.range(&(tie, from, 0), &(tie, last, u64::MAX)).map(|((_, at, order), ())| (*at, *order))
    }

    fn untie(&mut self, planned: &T) {
        for tie in planned.ties() {
            self.tied.remove(&(tie, planned.at(), planned.order()));
        }
    }
}
