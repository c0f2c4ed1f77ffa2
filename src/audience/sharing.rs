//! Words that several nodes ask: what is kept once for all windows of one store.

use std::collections::BTreeSet;

use super::plan::{Buckets, Planner};
use super::stores::{Op, Store, Stores};
use crate::program::{Node, NodeId, WindowPlan};

impl Planner<'_> {
    /// The first of the words of an operation of a store, which are so many; equal operations have the same.
    pub(super) fn own<'s>(
        &'s mut self,
        store: impl FnOnce(&'s mut Stores) -> Option<&'s mut Store>,
        words: u32,
        op: impl Fn(u32) -> Op,
    ) -> u32 {
        let next = self.words;
        let Some(store) = store(&mut self.stores) else { return next };
        let same = |known: &Op| known.word().filter(|word| *known == op(*word));
        store.ops.iter().find_map(same).unwrap_or_else(|| {
            store.ops.push(op(next));
            self.words += words;
            next
        })
    }

    /// Room for a note: two bits of a word, beside others of first events or of last ones.
    pub(super) fn take_note(&mut self, is_first: bool) -> (u32, u8) {
        let known = self.notes.get(usize::from(is_first)).copied().flatten();
        let (word, shift) = match known {
            Some((word, shift)) if shift < 32 => (word, shift),
            _ => (self.take_words(1), 0),
        };
        if let Some(next) = self.notes.get_mut(usize::from(is_first)) {
            *next = Some((word, shift + 2));
        }
        (word, shift)
    }

    /// The buckets of a counter: of all that ask it together, made when the first of them does.
    pub(super) fn counter(&mut self, counter: u32, asked: &BTreeSet<NodeId>) -> Option<Buckets> {
        let tables = self.tables;
        let stretches = self.stretches(asked, |node| match tables.nodes.get(node as usize)? {
            Node::Count { counter: known, window, .. } if *known == counter => Some(window),
            _ => None,
        });
        let store = self.stores.counters.get(counter as usize)?;
        if store.apart {
            return None;
        }
        let known = store.shared;
        let buckets = self.buckets_at(&stretches, known);
        if let Some(store) = self.stores.counters.get_mut(counter as usize).filter(|_| known.is_none()) {
            store.ops.push(Op::Count { word: buckets.word, map: buckets.map });
            store.shared = Some((buckets.word, buckets.map));
        }
        Some(buckets)
    }

    /// The buckets of different values likewise, and their list.
    pub(super) fn keys(&mut self, keys: u32, asked: &BTreeSet<NodeId>) -> Option<(Buckets, u32)> {
        let tables = self.tables;
        let stretches = self.stretches(asked, |node| match tables.nodes.get(node as usize)? {
            Node::Distinct { keys: known, window, .. } if *known == keys => Some(window),
            _ => None,
        });
        let store = self.stores.keys.get(keys as usize)?;
        let known = store.shared;
        let list = store.ops.iter().find_map(|op| match op {
            Op::Key { list, .. } => Some(*list),
            _ => None,
        });
        let buckets = self.buckets_at(&stretches, known);
        let list = list.unwrap_or_else(|| {
            self.lists += 1;
            self.lists - 1
        });
        if let Some(store) = self.stores.keys.get_mut(keys as usize).filter(|_| known.is_none()) {
            store.ops.push(Op::Key { word: buckets.word, map: buckets.map, list, value: 0 });
            store.shared = Some((buckets.word, buckets.map));
        }
        Some((buckets, list))
    }

    /// The stretches of the windows of some nodes, at all instants.
    fn stretches<'w>(
        &self,
        asked: &BTreeSet<NodeId>,
        window: impl Fn(NodeId) -> Option<&'w WindowPlan>,
    ) -> Vec<(i64, i64)> {
        let windows = asked.iter().filter_map(|node| window(*node));
        windows.flat_map(|window| self.ats.iter().filter_map(|at| self.stretch(window, *at))).collect()
    }

    /// The buckets of some stretches: those that are known by their words and map, or new ones.
    fn buckets_at(&mut self, stretches: &[(i64, i64)], known: Option<(u32, u32)>) -> Buckets {
        match known {
            Some((word, map)) => {
                let edges: BTreeSet<i64> = stretches.iter().flat_map(|(from, to)| [*from, *to]).collect();
                Buckets { edges: edges.into_iter().collect(), word, map }
            }
            None => self.buckets(stretches),
        }
    }
}
