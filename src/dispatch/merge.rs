//! Decisions of users who were run apart, brought together in the order of output.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::vec::IntoIter;

use crate::model::{Instant, Outcome, SendJob};

use super::order::{DecidedJob, Decisions, Tally};
use super::sorter::Placed;
use super::waits::Waits;
use super::zones::UnknownZones;

/// What was decided of some of the users, in order.
#[derive(Debug)]
pub(crate) struct Part {
    jobs: Vec<Vec<DecidedJob>>,
    outcomes: Vec<Vec<Outcome>>,
    tally: Tally,
    waits: Waits,
    unknown_zones: UnknownZones,
}

/// What was decided of all users; jobs and outcomes leave one by one.
///
/// Of equal ones, by the order of output, all are of one user, and so of one part: it is the same whatever the parts are.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) jobs: Merge<DecidedJob>,
    pub(crate) outcomes: Merge<Outcome>,
    pub(crate) tally: Tally,
    pub(crate) waits: Waits,
    pub(crate) unknown_zones: UnknownZones,
}

impl Decisions {
    /// Puts what is decided by now in order.
    pub(crate) fn into_part(self) -> Part {
        let Decisions { jobs, outcomes, tally, waits, unknown_zones, firings: _ } = self;
        Part { jobs: jobs.into_lists(), outcomes: outcomes.into_lists(), tally, waits, unknown_zones }
    }
}

impl Whole {
    /// Brings parts together: what is kept in the order of its coming, such as holds, is so in the order of the parts.
    pub(crate) fn of(parts: Vec<Part>, nothing: Decisions) -> Whole {
        let Decisions { mut tally, mut waits, mut unknown_zones, .. } = nothing;
        let (mut jobs, mut outcomes) = (Vec::with_capacity(parts.len()), Vec::with_capacity(parts.len()));
        for part in parts {
            jobs.extend(part.jobs);
            outcomes.extend(part.outcomes);
            tally.absorb(&part.tally);
            waits.absorb(part.waits);
            unknown_zones.absorb(part.unknown_zones);
        }
        Whole { jobs: Merge::of(jobs), outcomes: Merge::of(outcomes), tally, waits, unknown_zones }
    }
}

/// What leaves by instant first: nothing has its place before what leaves earlier.
pub(crate) trait Timed: Placed {
    fn at(&self) -> Instant;
}

impl Timed for DecidedJob {
    fn at(&self) -> Instant {
        self.job.due
    }
}

impl Timed for Outcome {
    fn at(&self) -> Instant {
        self.decided_at
    }
}

/// Sorted lists, handed out as one. A list's memory is given back when its last one has left.
#[derive(Debug)]
pub(crate) struct Merge<T> {
    lists: BinaryHeap<List<T>>,
    left: usize,
}

/// What is left of a list, which is never nothing.
#[derive(Debug)]
struct List<T> {
    /// The instant of the first, which mostly settles who leaves first.
    at: Instant,
    items: IntoIter<T>,
    number: usize,
}

impl<T: Timed> Merge<T> {
    fn of(lists: Vec<Vec<T>>) -> Merge<T> {
        let left = lists.iter().map(Vec::len).sum();
        let lists = lists.into_iter().enumerate();
        let lists = lists.filter_map(|(number, items)| {
            let at = items.first()?.at();
            Some(List { at, items: items.into_iter(), number })
        });
        Merge { lists: lists.collect(), left }
    }
}

impl<T: Timed> Iterator for Merge<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let mut list = self.lists.peek_mut()?;
        let first = list.items.next();
        match list.items.as_slice().first() {
            Some(next) => list.at = next.at(),
            None => drop(PeekMut::pop(list)),
        }
        self.left -= usize::from(first.is_some());
        first
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T: Timed> ExactSizeIterator for Merge<T> {}

impl<T: Timed> Ord for List<T> {
    /// The list that is the first to give is the greatest, which is what a heap hands out; of equal ones the earliest.
    fn cmp(&self, other: &List<T>) -> Ordering {
        let firsts = || match (self.items.as_slice().first(), other.items.as_slice().first()) {
            (Some(mine), Some(theirs)) => mine.place(theirs),
            (mine, theirs) => mine.is_some().cmp(&theirs.is_some()),
        };
        self.at.cmp(&other.at).then_with(firsts).then(self.number.cmp(&other.number)).reverse()
    }
}

impl<T: Timed> PartialOrd for List<T> {
    fn partial_cmp(&self, other: &List<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Timed> PartialEq for List<T> {
    fn eq(&self, other: &List<T>) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T: Timed> Eq for List<T> {}

/// The send jobs of a run, in the order of output.
#[derive(Debug)]
pub struct Jobs(pub(crate) Merge<DecidedJob>);

impl Iterator for Jobs {
    type Item = SendJob;

    fn next(&mut self) -> Option<SendJob> {
        self.0.next().map(|decided| decided.job)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Jobs {}

/// The outcomes of a run, in the order of output.
#[derive(Debug)]
pub struct Outcomes(pub(crate) Merge<Outcome>);

impl Iterator for Outcomes {
    type Item = Outcome;

    fn next(&mut self) -> Option<Outcome> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Outcomes {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sorter::Sorter;
    use super::*;

    /// What is compared, and what tells equal ones apart.
    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Item(i64, u8, usize);

    impl Timed for Item {
        fn at(&self) -> Instant {
            Instant::from_millis(self.0)
        }
    }

    impl Placed for Item {
        fn place(&self, other: &Item) -> Ordering {
            (self.0, self.1).cmp(&(other.0, other.1))
        }
    }

    proptest! {
        #[test]
        fn it_is_a_stable_sort_of_all(lists in prop::collection::vec(prop::collection::vec((0..40_i64, 0..3_u8), 0..60), 0..20)) {
            let mut number = 0..;
            let mut parts = Vec::new();
            let mut all = Vec::new();
            for list in lists {
                let mut sorter = Sorter::default();
                for (at, then) in list {
                    let item = Item(at, then, number.next().unwrap());
                    all.push(item);
                    sorter.push(item);
                }
                parts.extend(sorter.into_lists());
            }
            let merge = Merge::of(parts);
            prop_assert_eq!(merge.len(), all.len());
            all.sort_by_key(|item| (item.0, item.1));
            prop_assert_eq!(merge.collect::<Vec<_>>(), all);
        }
    }

    #[test]
    fn a_long_list_stays_in_runs() {
        let mut sorter = Sorter::default();
        let mut all: Vec<Item> =
            (0..200_000).map(|at| Item(at * 7_919 % 1_000, (at % 3) as u8, at as usize)).collect();
        all.iter().for_each(|item| sorter.push(*item));
        let lists = sorter.into_lists();
        assert!(lists.len() > 1);
        all.sort_by_key(|item| (item.0, item.1));
        assert_eq!(Merge::of(lists).collect::<Vec<_>>(), all);
    }
}
