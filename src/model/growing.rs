//! Collections that grow without a pause: nothing that is in them moves but a few at a time, so that putting one more in takes
//! about as long as ever, however many there are.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash};

use super::id::{NameHashing, NameMap};
use crate::saved::{Damage, Restorer, Saved, Saver};

/// A list.
#[derive(Debug)]
pub(crate) struct GrowingVec<T> {
    /// All but the last are full.
    chunks: Vec<Vec<T>>,
    len: usize,
}

/// How many stand together.
const CHUNK: usize = 256;

impl<T> Default for GrowingVec<T> {
    fn default() -> GrowingVec<T> {
        GrowingVec { chunks: Vec::new(), len: 0 }
    }
}

impl<T> GrowingVec<T> {
    pub(crate) fn push(&mut self, item: T) {
        let (chunk, _) = place(self.len);
        if self.chunks.len() <= chunk {
            // The first chunk of a short list is short.
            self.chunks.push(Vec::with_capacity(if chunk == 0 { 0 } else { CHUNK }));
        }
        if let Some(chunk) = self.chunks.get_mut(chunk) {
            chunk.push(item);
            self.len += 1;
        }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        let (chunk, at) = place(at);
        self.chunks.get(chunk)?.get(at)
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        let (chunk, at) = place(at);
        self.chunks.get_mut(chunk)?.get_mut(at)
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.chunks.iter_mut().flatten()
    }
}

fn place(at: usize) -> (usize, usize) {
    (at / CHUNK, at % CHUNK)
}

/// A list that is added to at its end and taken from at its beginning.
#[derive(Debug)]
pub(crate) struct GrowingQueue<T> {
    /// None is empty, and none has more than its room.
    chunks: VecDeque<VecDeque<T>>,
    len: usize,
    /// The room of one that was emptied, for the next.
    spare: Option<VecDeque<T>>,
}

impl<T> Default for GrowingQueue<T> {
    fn default() -> GrowingQueue<T> {
        GrowingQueue { chunks: VecDeque::new(), len: 0, spare: None }
    }
}

impl<T> GrowingQueue<T> {
    pub(crate) fn push(&mut self, item: T) {
        self.len += 1;
        match self.chunks.back_mut().filter(|chunk| chunk.len() < CHUNK) {
            Some(chunk) => chunk.push_back(item),
            None => {
                let mut chunk = self.spare.take().unwrap_or_default();
                chunk.push_back(item);
                self.chunks.push_back(chunk);
            }
        }
    }

    pub(crate) fn first(&self) -> Option<&T> {
        self.chunks.front()?.front()
    }

    pub(crate) fn last(&self) -> Option<&T> {
        self.chunks.back()?.back()
    }

    /// Takes out the first, if it is meant.
    pub(crate) fn pop_if(&mut self, meant: impl FnOnce(&T) -> bool) -> Option<T> {
        let chunk = self.chunks.front_mut()?;
        if !meant(chunk.front()?) {
            return None;
        }
        let first = chunk.pop_front();
        self.len -= 1;
        if chunk.is_empty() {
            self.spare = self.chunks.pop_front();
        }
        first
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }
}

/// A map for look-ups, by linear hashing: it is made of parts, and of all parts one at a time is split in two.
#[derive(Debug)]
pub(crate) struct GrowingMap<K, V> {
    parts: Vec<NameMap<K, V>>,
    len: usize,
}

/// How many there are in a part before another is split, on the average.
const PART: usize = 512;

impl<K, V> Default for GrowingMap<K, V> {
    fn default() -> GrowingMap<K, V> {
        GrowingMap { parts: Vec::new(), len: 0 }
    }
}

impl<K: Hash + Eq, V> GrowingMap<K, V> {
    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.parts.get(part(key, self.parts.len()))?.get(key)
    }

    /// Puts a value in; answers the one that it takes the place of.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        if self.len >= self.parts.len() * PART {
            self.split();
        }
        let part = part(&key, self.parts.len());
        let old = self.parts.get_mut(part)?.insert(key, value);
        self.len += usize::from(old.is_none());
        old
    }

    /// The value of a key, to be changed; a new one has a new value.
    pub(crate) fn or_default(&mut self, key: K) -> Option<&mut V>
    where
        V: Default,
    {
        if self.len >= self.parts.len() * PART {
            self.split();
        }
        let part = part(&key, self.parts.len());
        Some(match self.parts.get_mut(part)?.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                self.len += 1;
                new.insert(V::default())
            }
        })
    }

    /// Takes a key out; answers its value.
    pub(crate) fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let part = part(key, self.parts.len());
        let old = self.parts.get_mut(part)?.remove(key);
        self.len -= usize::from(old.is_some());
        old
    }

    /// Keeps of a few what is to be kept; of which ones is a matter of the turn, and by turns of all.
    pub(crate) fn retain_some(&mut self, turn: usize, mut keep: impl FnMut(&K, &V) -> bool) {
        let Some(turn) = turn.checked_rem(self.parts.len()) else { return };
        if let Some(part) = self.parts.get_mut(turn) {
            let before = part.len();
            part.retain(|key, value| keep(key, value));
            self.len -= before - part.len();
        }
    }

    /// One part more: what of another belongs there goes there.
    fn split(&mut self) {
        let parts = self.parts.len() + 1;
        let moved = match low_parts(self.parts.len()).and_then(|low| self.parts.get_mut(parts - 1 - low)) {
            Some(part_to_split) => part_to_split.extract_if(|key, _| part(key, parts) == parts - 1).collect(),
            None => NameMap::default(),
        };
        self.parts.push(moved);
    }

    /// All values, in no order that means anything.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.parts.iter().flat_map(NameMap::values)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn clear(&mut self) {
        *self = GrowingMap::default();
    }
}

/// The largest power of two that is at most so many; none of none.
fn low_parts(parts: usize) -> Option<usize> {
    parts.checked_ilog2().map(|power| 1 << power)
}

/// In which of so many parts a key is.
fn part<Q: Hash + ?Sized>(key: &Q, parts: usize) -> usize {
    let Some(low) = low_parts(parts) else { return 0 };
    // The lowest bits and the highest are those by which a part itself finds its keys.
    let hash = (NameHashing::default().hash_one(key) >> 20) as usize;
    let wide = hash & (2 * low - 1);
    if wide < parts { wide } else { wide - low }
}

/// A set for look-ups.
#[derive(Debug)]
pub(crate) struct GrowingSet<K> {
    keys: GrowingMap<K, ()>,
}

impl<K> Default for GrowingSet<K> {
    fn default() -> GrowingSet<K> {
        GrowingSet { keys: GrowingMap::default() }
    }
}

impl<K: Hash + Eq> GrowingSet<K> {
    /// Puts a key in; true when it was not there.
    pub(crate) fn insert(&mut self, key: K) -> bool {
        self.keys.insert(key, ()).is_none()
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn clear(&mut self) {
        self.keys.clear();
    }

    pub(crate) fn contains<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.keys.get(key).is_some()
    }
}

impl<T: Saved> Saved for GrowingVec<T> {
    fn save(&self, to: &mut Saver<'_>) {
        to.length(self.len);
        self.iter().for_each(|item| item.save(to));
    }

    fn restore(from: &mut Restorer<'_>) -> Result<GrowingVec<T>, Damage> {
        let mut all = GrowingVec::default();
        from.items(|item| all.push(item))?;
        Ok(all)
    }
}

/// Part by part, and each by its keys: what a part may forget by turns is so the same again.
impl<K: Saved + Ord + Hash, V: Saved> Saved for GrowingMap<K, V> {
    fn save(&self, to: &mut Saver<'_>) {
        self.parts.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<GrowingMap<K, V>, Damage> {
        let parts: Vec<NameMap<K, V>> = Saved::restore(from)?;
        for (place, entries) in parts.iter().enumerate() {
            if entries.keys().any(|key| part(key, parts.len()) != place) {
                return Err(Damage::Wrong("a key stands where none looks for it"));
            }
        }
        let len = parts.iter().map(NameMap::len).sum();
        Ok(GrowingMap { parts, len })
    }
}

impl<K: Saved + Ord + Hash> Saved for GrowingSet<K> {
    fn save(&self, to: &mut Saver<'_>) {
        self.keys.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<GrowingSet<K>, Damage> {
        Ok(GrowingSet { keys: Saved::restore(from)? })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_map_is_a_map(entries in prop::collection::vec((0..6_000_u32, any::<u8>()), 0..8_000)) {
            let (mut growing, mut plain) = (GrowingMap::default(), HashMap::new());
            for (key, value) in entries {
                match value % 4 {
                    0 | 1 => prop_assert_eq!(growing.insert(key, value), plain.insert(key, value)),
                    2 => prop_assert_eq!(growing.or_default(key).copied(), Some(*plain.entry(key).or_default())),
                    _ => prop_assert_eq!(growing.remove(&key), plain.remove(&key)),
                }
                prop_assert_eq!(growing.len(), plain.len());
            }
            for key in 0..6_000 {
                prop_assert_eq!(growing.get(&key), plain.get(&key));
            }
        }
    }

    #[test]
    fn by_turns_all_are_asked_whether_they_stay() {
        let mut numbers: GrowingMap<u32, bool> = GrowingMap::default();
        numbers.retain_some(7, |_, _| false);
        (0..10_000).for_each(|number| assert_eq!(numbers.insert(number, number % 3 == 0), None));
        for turn in 0..100 {
            let before = numbers.len();
            numbers.retain_some(turn, |_, stays| *stays);
            assert!(before - numbers.len() < 3 * PART, "a few at a time");
        }
        assert_eq!(numbers.len(), 3_334);
        assert!((0..10_000).all(|number| numbers.get(&number).is_some() == (number % 3 == 0)));
    }

    #[test]
    fn no_part_is_much_larger_than_others() {
        let mut texts: GrowingMap<String, usize> = GrowingMap::default();
        for number in 0..100_000 {
            texts.insert(format!("user {number}"), number);
        }
        let most = texts.parts.iter().map(NameMap::len).max();
        assert!(most.is_some_and(|most| most < 3 * PART), "{most:?}");
        assert!((0..100_000).all(|number| texts.get(format!("user {number}").as_str()) == Some(&number)));
    }

    proptest! {
        #[test]
        fn a_queue_is_a_queue(steps in prop::collection::vec((0..3_u8, 0..700_usize), 0..40)) {
            let (mut growing, mut plain, mut number) = (GrowingQueue::default(), VecDeque::new(), 0_u32);
            for (kind, times) in steps {
                for _ in 0..times {
                    if kind < 2 {
                        growing.push(number);
                        plain.push_back(number);
                        number += 1;
                    } else {
                        prop_assert_eq!(growing.pop_if(|first| first % 5_000 != 4_999), match plain.front() {
                            Some(first) if first % 5_000 != 4_999 => plain.pop_front(),
                            _ => None,
                        });
                    }
                    prop_assert_eq!(growing.first(), plain.front());
                    prop_assert_eq!(growing.last(), plain.back());
                    prop_assert_eq!(growing.len(), plain.len());
                }
            }
            prop_assert!(growing.iter().eq(&plain));
        }
    }

    #[test]
    fn a_list_is_a_list() {
        let mut list = GrowingVec::default();
        (0..1_000).for_each(|number| list.push(number));
        assert_eq!(list.len(), 1_000);
        assert!(list.iter().copied().eq(0..1_000));
        assert!((0..1_000).all(|number| list.get(number) == Some(&number)));
        assert_eq!(list.get(1_000), None);
        assert_eq!(list.get_mut(999), Some(&mut 999));
    }
}
