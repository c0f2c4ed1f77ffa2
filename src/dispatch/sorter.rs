//! Order in bounded steps: a million things that leave in order, without one long sort.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use crate::saved::{Damage, Restorer, Saved, Saver};

/// What has a place among others of its kind.
pub(crate) trait Placed {
    /// Which of two leaves first; equal ones leave as they came.
    fn place(&self, other: &Self) -> Ordering;
}

/// Takes things in as they come and hands them out in order.
///
/// Nothing it does takes longer than to sort [`RUN`] of them: they are sorted in runs, and each that leaves is the first of
/// the runs' firsts. Its memory grows run by run, so that nothing that is there moves.
#[derive(Debug)]
pub(crate) struct Sorter<T> {
    /// What came last, as it came.
    open: Vec<T>,
    runs: BinaryHeap<Run<T>>,
    /// How many runs there were.
    numbered: u64,
}

/// So many are sorted at once: long enough that the runs are few, short enough that nobody waits for one.
const RUN: usize = 256;

/// So many are no longer put into one list.
const LONG: usize = 1 << 17;

/// Things in order, the first at the end.
#[derive(Debug)]
struct Run<T> {
    items: Vec<T>,
    number: u64,
}

impl<T> Default for Sorter<T> {
    fn default() -> Sorter<T> {
        Sorter { open: Vec::new(), runs: BinaryHeap::new(), numbered: 0 }
    }
}

impl<T: Placed> Sorter<T> {
    pub(crate) fn push(&mut self, item: T) {
        self.open.push(item);
        if self.open.len() >= RUN {
            self.end_run();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.runs.is_empty()
    }

    /// The first of all that are in.
    pub(crate) fn pop(&mut self) -> Option<T> {
        if !self.open.is_empty() {
            self.end_run();
        }
        let mut run = self.runs.peek_mut()?;
        let first = run.items.pop();
        if run.items.is_empty() {
            let mut emptied = PeekMut::pop(run).items;
            if self.open.capacity() == 0 {
                std::mem::swap(&mut self.open, &mut emptied);
            }
        }
        first
    }

    /// All that are in, as lists in order: one, or where that would be long the runs as they are, for which no second place is
    /// needed. Of equal ones those in an earlier list come first.
    pub(crate) fn into_lists(mut self) -> Vec<Vec<T>> {
        if !self.open.is_empty() {
            self.end_run();
        }
        let all = self.runs.iter().map(|run| run.items.len()).sum();
        if all <= LONG {
            let mut sorted = Vec::with_capacity(all);
            sorted.extend(std::iter::from_fn(|| self.pop()));
            return vec![sorted];
        }
        let mut runs = self.runs.into_vec();
        runs.sort_unstable_by_key(|run| run.number);
        let in_order = |mut run: Run<T>| {
            run.items.reverse();
            run.items
        };
        runs.into_iter().map(in_order).collect()
    }

    fn end_run(&mut self) {
        let mut items = std::mem::take(&mut self.open);
        if items.len() > 1 {
            // Stable, and then turned round: equal ones leave from the end as they came.
            items.sort_by(T::place);
            items.reverse();
        }
        self.numbered += 1;
        self.runs.push(Run { items, number: self.numbered });
    }
}

/// In the order in which they leave, whatever runs they are in.
impl<T: Placed + Saved> Saved for Sorter<T> {
    fn save(&self, to: &mut Saver<'_>) {
        let mut runs: Vec<&Run<T>> = self.runs.iter().collect();
        runs.sort_unstable_by_key(|run| run.number);
        let mut all: Vec<&T> = runs.into_iter().flat_map(|run| run.items.iter().rev()).collect();
        all.extend(&self.open);
        // Stable: equal ones leave as they came.
        all.sort_by(|one, other| one.place(other));
        to.list(all.into_iter());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Sorter<T>, Damage> {
        let mut sorter = Sorter::default();
        from.items(|item| sorter.push(item))?;
        Ok(sorter)
    }
}

impl<T: Placed> Ord for Run<T> {
    /// The run that is the first to give is the greatest, which is what a heap hands out; of equal ones the earliest.
    fn cmp(&self, other: &Run<T>) -> Ordering {
        let firsts = match (self.items.last(), other.items.last()) {
            (Some(mine), Some(theirs)) => mine.place(theirs),
            // An emptied run is taken out before it is compared.
            (mine, theirs) => mine.is_some().cmp(&theirs.is_some()),
        };
        firsts.then(self.number.cmp(&other.number)).reverse()
    }
}

impl<T: Placed> PartialOrd for Run<T> {
    fn partial_cmp(&self, other: &Run<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Placed> PartialEq for Run<T> {
    fn eq(&self, other: &Run<T>) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T: Placed> Eq for Run<T> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is compared, and what tells equal ones apart.
    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Item(u16, usize);

    impl Placed for Item {
        fn place(&self, other: &Item) -> Ordering {
            self.0.cmp(&other.0)
        }
    }

    proptest! {
        #[test]
        fn it_is_a_stable_sort(values in prop::collection::vec(0..300_u16, 0..3_000)) {
            let mut items: Vec<Item> = values.into_iter().enumerate().map(|(at, value)| Item(value, at)).collect();
            let mut sorter = Sorter::default();
            items.iter().for_each(|item| sorter.push(*item));
            let found: Vec<Item> = sorter.into_lists().into_iter().flatten().collect();
            items.sort_by_key(|item| item.0);
            prop_assert_eq!(found, items);
        }

        /// However coming and leaving take turns, the first of those that are in leaves.
        #[test]
        fn it_hands_out_the_first_of_those_that_are_in(turns in prop::collection::vec((0..50_u16, any::<bool>()), 0..2_000)) {
            let mut sorter = Sorter::default();
            let mut inside: Vec<Item> = Vec::new();
            for (number, (value, leaves)) in turns.into_iter().enumerate() {
                if leaves {
                    let first = inside.iter().enumerate().min_by_key(|(_, item)| (item.0, item.1)).map(|(at, _)| at);
                    let wanted = first.map(|at| inside.remove(at));
                    prop_assert_eq!(sorter.pop(), wanted);
                } else {
                    inside.push(Item(value, number));
                    sorter.push(Item(value, number));
                }
            }
        }
    }
}
