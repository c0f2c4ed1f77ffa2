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

/// All of one kind that a user has to come. Of most kinds most users have nothing: it takes room with the first.
#[derive(Debug)]
pub(crate) struct Agenda<T>(Option<Box<Lists<T>>>);

#[derive(Debug)]
struct Lists<T> {
    due: Few<(Instant, u64), Box<T>>,
    tied: Few<(Tie, Instant, u64), ()>,
}

impl<T> Default for Agenda<T> {
    fn default() -> Agenda<T> {
        Agenda(None)
    }
}

/// What they are; where they are found follows from that.
impl<T: Planned + Saved> Saved for Agenda<T> {
    fn save(&self, to: &mut Saver<'_>) {
        to.length(self.0.as_ref().map_or(0, |lists| lists.due.len()));
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
        self.0.as_ref()?.due.first().map(|((at, _), _)| *at)
    }

    pub(crate) fn insert(&mut self, planned: impl Into<Box<T>>) {
        let empty = || Box::new(Lists { due: Few::default(), tied: Few::default() });
        self.0.get_or_insert_with(empty).insert(planned.into());
    }

    /// All, by when they fall due.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(|lists| lists.iter())
    }

    /// The one that falls due at an instant and has a number.
    pub(crate) fn get(&self, at: Instant, order: u64) -> Option<&T> {
        self.0.as_ref()?.due.get(&(at, order)).map(|planned| &**planned)
    }

    /// The same, to be changed in what it is neither found nor ended by.
    pub(crate) fn get_mut(&mut self, at: Instant, order: u64) -> Option<&mut T> {
        self.0.as_mut()?.due.get_mut(&(at, order)).map(|planned| &mut **planned)
    }

    /// Takes it out.
    pub(crate) fn take(&mut self, at: Instant, order: u64) -> Option<Box<T>> {
        self.0.as_mut()?.take(&(at, order))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|lists| lists.due.is_empty())
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
        let lists = self.0.as_mut()?;
        let (_, planned) = lists.due.pop_first_if(|(at, _)| *at <= now)?;
        lists.untie(&planned);
        Some(planned)
    }

    /// True when one with a tie falls due at an instant or after.
    pub(crate) fn has(&self, tie: Tie, from: Instant) -> bool {
        self.0.as_ref().is_some_and(|lists| lists.places(tie, from).next().is_some())
    }

    /// Takes out those with a tie that fall due at an instant or after, as far as they are meant.
    pub(crate) fn take_tied(&mut self, tie: Tie, from: Instant, meant: impl Fn(&T) -> bool) -> Vec<T> {
        let Some(lists) = &mut self.0 else { return Vec::new() };
        let meant = |place: &(Instant, u64)| lists.due.get(place).is_some_and(|planned| meant(planned));
        let places: Vec<_> = lists.places(tie, from).filter(meant).collect();
        places.iter().filter_map(|place| lists.take(place)).map(|planned| *planned).collect()
    }

    /// Takes out what never falls due.
    pub(crate) fn take_never(&mut self) -> Vec<T> {
        let Some(lists) = &mut self.0 else { return Vec::new() };
        let never: Vec<T> =
            lists.due.split_off(&(Instant::MAX, 0)).into_iter().map(|planned| *planned).collect();
        never.iter().for_each(|planned| lists.untie(planned));
        never
    }

    /// Takes out what is meant, by a walk over all.
    pub(crate) fn take_if(&mut self, meant: impl Fn(&T) -> bool) -> Vec<Box<T>> {
        let Some(lists) = &mut self.0 else { return Vec::new() };
        let meant = lists.iter().filter(|planned| meant(planned));
        let places: Vec<_> = meant.map(|planned| (planned.at(), planned.order())).collect();
        places.iter().filter_map(|place| lists.take(place)).collect()
    }

    /// Takes out all, in order.
    pub(crate) fn take_all(&mut self) -> Vec<T> {
        let Some(mut lists) = self.0.take() else { return Vec::new() };
        let mut all: Vec<T> = lists.due.take_all().into_iter().map(|planned| *planned).collect();
        all.sort_by_key(T::order);
        all
    }

    pub(crate) fn clear(&mut self) {
        self.0 = None;
    }
}

impl<T: Planned> Lists<T> {
    fn insert(&mut self, planned: Box<T>) {
        let (at, order) = (planned.at(), planned.order());
        planned.ties().for_each(|tie| self.tied.insert((tie, at, order), ()));
        self.due.insert((at, order), planned);
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        self.due.iter().map(|planned| &**planned)
    }

    fn take(&mut self, place: &(Instant, u64)) -> Option<Box<T>> {
        let planned = self.due.remove(place)?;
        self.untie(&planned);
        Some(planned)
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
