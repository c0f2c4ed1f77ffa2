//! A map for what is nearly always one or two things, and may be a hundred thousand.

use std::collections::{BTreeMap, btree_map};
use std::ops::Bound;

use crate::saved::{Damage, Restorer, Saved, Saver};

/// A sorted map: a short list while it is short, a tree when it is not. A tree of one thing would take as much memory as one of eleven.
#[derive(Debug)]
pub(super) enum Few<K, V> {
    Short(Vec<(K, V)>),
    Long(BTreeMap<K, V>),
}

/// As long as a short one may become.
const SHORT: usize = 16;

impl<K, V> Default for Few<K, V> {
    fn default() -> Few<K, V> {
        Few::Short(Vec::new())
    }
}

impl<K: Ord, V> Few<K, V> {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Few::Short(list) => list.is_empty(),
            Few::Long(tree) => tree.is_empty(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Few::Short(list) => list.len(),
            Few::Long(tree) => tree.len(),
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Few::Short(list) => list.clear(),
            Few::Long(_) => *self = Few::default(),
        }
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        match self {
            Few::Short(list) => match list.binary_search_by(|(known, _)| known.cmp(&key)) {
                Ok(place) => {
                    if let Some(entry) = list.get_mut(place) {
                        entry.1 = value;
                    }
                }
                Err(place) if list.len() < SHORT => {
                    // The rule is one, and a list that grows takes room for four.
                    if list.is_empty() {
                        list.reserve_exact(1);
                    }
                    list.insert(place, (key, value));
                }
                Err(_) => {
                    let mut tree: BTreeMap<K, V> = std::mem::take(list).into_iter().collect();
                    tree.insert(key, value);
                    *self = Few::Long(tree);
                }
            },
            Few::Long(tree) => {
                tree.insert(key, value);
            }
        }
    }

    pub(super) fn first(&self) -> Option<(&K, &V)> {
        match self {
            Few::Short(list) => list.first().map(|(key, value)| (key, value)),
            Few::Long(tree) => tree.first_key_value(),
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        match self {
            Few::Short(list) => list.get(place_of(list, key)?).map(|(_, value)| value),
            Few::Long(tree) => tree.get(key),
        }
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        match self {
            Few::Short(list) => {
                let place = place_of(list, key)?;
                list.get_mut(place).map(|(_, value)| value)
            }
            Few::Long(tree) => tree.get_mut(key),
        }
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        match self {
            Few::Short(list) => place_of(list, key).map(|place| list.remove(place).1),
            Few::Long(tree) => tree.remove(key),
        }
    }

    /// Keeps what is to be kept.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        match self {
            Few::Short(list) => list.retain_mut(|(key, value)| keep(key, value)),
            Few::Long(tree) => tree.retain(|key, value| keep(key, value)),
        }
    }

    /// Takes out the first, if it is meant.
    pub(super) fn pop_first_if(&mut self, meant: impl FnOnce(&K) -> bool) -> Option<(K, V)> {
        match self {
            Few::Short(list) => list.first().is_some_and(|(key, _)| meant(key)).then(|| list.remove(0)),
            Few::Long(tree) => {
                let first = tree.first_entry().filter(|first| meant(first.key()))?;
                Some(first.remove_entry())
            }
        }
    }

    /// Takes out what has this key or a later one.
    pub(super) fn split_off(&mut self, from: &K) -> Vec<V> {
        match self {
            Few::Short(list) => {
                let place = list.partition_point(|(key, _)| key < from);
                list.split_off(place).into_iter().map(|(_, value)| value).collect()
            }
            Few::Long(tree) => tree.split_off(from).into_values().collect(),
        }
    }

    /// Takes out all.
    pub(super) fn take_all(&mut self) -> Vec<V> {
        match std::mem::take(self) {
            Few::Short(list) => list.into_iter().map(|(_, value)| value).collect(),
            Few::Long(tree) => tree.into_values().collect(),
        }
    }

    /// All, in order, from one key to another, both in.
    pub(super) fn range<'m>(&'m self, from: &K, to: &K) -> Range<'m, K, V> {
        match self {
            Few::Short(list) => {
                let from = list.partition_point(|(key, _)| key < from);
                let to = list.partition_point(|(key, _)| key <= to);
                Range::Short(list.get(from..to).unwrap_or_default().iter())
            }
            Few::Long(tree) => Range::Long(tree.range((Bound::Included(from), Bound::Included(to)))),
        }
    }

    /// All, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &V> {
        let (short, long) = match self {
            Few::Short(list) => (Some(list), None),
            Few::Long(tree) => (None, Some(tree)),
        };
        let short = short.into_iter().flatten().map(|(_, value)| value);
        short.chain(long.into_iter().flat_map(BTreeMap::values))
    }
}

impl<K: Saved + Ord, V: Saved> Saved for Few<K, V> {
    fn save(&self, to: &mut Saver<'_>) {
        match self {
            Few::Short(list) => list.save(to),
            Few::Long(tree) => tree.save(to),
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Few<K, V>, Damage> {
        let mut few = Few::default();
        from.items(|(key, value)| few.insert(key, value))?;
        Ok(few)
    }
}

/// A part of a map, in order.
pub(super) enum Range<'m, K, V> {
    Short(std::slice::Iter<'m, (K, V)>),
    Long(btree_map::Range<'m, K, V>),
}

impl<'m, K, V> Iterator for Range<'m, K, V> {
    type Item = (&'m K, &'m V);

    fn next(&mut self) -> Option<(&'m K, &'m V)> {
        match self {
            Range::Short(list) => list.next().map(|(key, value)| (key, value)),
            Range::Long(tree) => tree.next(),
        }
    }
}

fn place_of<K: Ord, V>(list: &[(K, V)], key: &K) -> Option<usize> {
    list.binary_search_by(|(known, _)| known.cmp(key)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Insert(u8, u32),
        Remove(u8),
        PopUpTo(u8),
        SplitOff(u8),
        KeepUpTo(u32),
        Clear,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            12 => (0..60_u8, any::<u32>()).prop_map(|(key, value)| Step::Insert(key, value)),
            4 => (0..60_u8).prop_map(Step::Remove),
            4 => (0..60_u8).prop_map(Step::PopUpTo),
            1 => (30..60_u8).prop_map(Step::SplitOff),
            1 => any::<u32>().prop_map(Step::KeepUpTo),
            1 => Just(Step::Clear),
        ];
        prop::collection::vec(step, 0..120)
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_map(steps in steps(), from in 0..60_u8, to in 0..60_u8) {
            let (mut few, mut tree) = (Few::default(), BTreeMap::new());
            for step in steps {
                match step {
                    Step::Insert(key, value) => {
                        few.insert(key, value);
                        tree.insert(key, value);
                    }
                    Step::Remove(key) => prop_assert_eq!(few.remove(&key), tree.remove(&key)),
                    Step::PopUpTo(most) => {
                        let first = tree.first_entry().filter(|first| *first.key() <= most);
                        let wanted = first.map(|first| first.remove_entry());
                        prop_assert_eq!(few.pop_first_if(|key| *key <= most), wanted);
                    }
                    Step::SplitOff(key) => {
                        let wanted: Vec<u32> = tree.split_off(&key).into_values().collect();
                        prop_assert_eq!(few.split_off(&key), wanted);
                    }
                    Step::KeepUpTo(most) => {
                        few.retain(|_, value| *value <= most);
                        tree.retain(|_, value| *value <= most);
                    }
                    Step::Clear => {
                        few.clear();
                        tree.clear();
                    }
                }
                prop_assert_eq!(few.first(), tree.first_key_value());
                prop_assert_eq!(few.is_empty(), tree.is_empty());
            }
            prop_assert_eq!(few.iter().collect::<Vec<_>>(), tree.values().collect::<Vec<_>>());
            prop_assert_eq!(few.get(&from), tree.get(&from));
            prop_assert_eq!(few.get_mut(&from), tree.get_mut(&from));
            if from <= to {
                prop_assert_eq!(few.range(&from, &to).collect::<Vec<_>>(), tree.range(from..=to).collect::<Vec<_>>());
            }
            prop_assert_eq!(few.take_all(), tree.into_values().collect::<Vec<_>>());
        }
    }
}
