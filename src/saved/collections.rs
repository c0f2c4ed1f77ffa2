//! What the types of the state are made of.

use std::collections::{BTreeMap, BTreeSet, LinkedList, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};

use super::{Damage, Restorer, Saved, Saver};

impl Saved for bool {
    fn save(&self, to: &mut Saver<'_>) {
        to.byte((*self).into());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<bool, Damage> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damage::Wrong("what is yes or no is neither")),
        }
    }
}

impl Saved for u8 {
    fn save(&self, to: &mut Saver<'_>) {
        to.byte(*self);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<u8, Damage> {
        from.byte()
    }
}

impl Saved for u32 {
    fn save(&self, to: &mut Saver<'_>) {
        to.number((*self).into());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<u32, Damage> {
        from.number()?.try_into().map_err(|_| Damage::Wrong("a number is too large"))
    }
}

/// Counts and sets of bits.
impl Saved for u64 {
    fn save(&self, to: &mut Saver<'_>) {
        to.number(*self);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<u64, Damage> {
        from.number()
    }
}

/// Places and lengths. None comes near the end of what there is.
impl Saved for usize {
    fn save(&self, to: &mut Saver<'_>) {
        to.length(*self);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<usize, Damage> {
        from.length()
    }
}

impl Saved for i32 {
    fn save(&self, to: &mut Saver<'_>) {
        to.signed((*self).into());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<i32, Damage> {
        from.signed()?.try_into().map_err(|_| Damage::Wrong("a number is too large"))
    }
}

/// Instants in milliseconds, which nearly all of them are.
impl Saved for i64 {
    fn save(&self, to: &mut Saver<'_>) {
        to.millis(*self);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<i64, Damage> {
        from.millis()
    }
}

/// Fingerprints: random, so that none is short; but 0 stands for no value at many places.
impl Saved for u128 {
    fn save(&self, to: &mut Saver<'_>) {
        to.byte((*self != 0).into());
        if *self != 0 {
            to.bytes(&self.to_le_bytes());
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<u128, Damage> {
        match from.byte()? {
            0 => Ok(0),
            1 => Ok(u128::from_le_bytes(from.array()?)),
            _ => Err(Damage::Wrong("a fingerprint is of no length")),
        }
    }
}

/// Sums: nearly all would fit into an `i64`.
impl Saved for i128 {
    fn save(&self, to: &mut Saver<'_>) {
        match i64::try_from(*self) {
            Ok(short) => {
                to.byte(0);
                to.signed(short);
            }
            Err(_) => {
                to.byte(1);
                to.bytes(&self.to_le_bytes());
            }
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<i128, Damage> {
        match from.byte()? {
            0 => Ok(from.signed()?.into()),
            1 => Ok(i128::from_le_bytes(from.array()?)),
            _ => Err(Damage::Wrong("a sum is of no length")),
        }
    }
}

/// To the last bit.
impl Saved for f64 {
    fn save(&self, to: &mut Saver<'_>) {
        to.bytes(&self.to_le_bytes());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<f64, Damage> {
        Ok(f64::from_le_bytes(from.array()?))
    }
}

impl Saved for Arc<str> {
    fn save(&self, to: &mut Saver<'_>) {
        to.text(self);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Arc<str>, Damage> {
        Ok(from.str()?.into())
    }
}

impl Saved for NaiveDate {
    fn save(&self, to: &mut Saver<'_>) {
        to.signed(self.num_days_from_ce().into());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<NaiveDate, Damage> {
        let day = i32::restore(from)?;
        NaiveDate::from_num_days_from_ce_opt(day).ok_or(Damage::Wrong("a date is none"))
    }
}

impl Saved for NaiveDateTime {
    fn save(&self, to: &mut Saver<'_>) {
        let utc = self.and_utc();
        to.signed(utc.timestamp());
        to.number(utc.timestamp_subsec_nanos().into());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<NaiveDateTime, Damage> {
        let (seconds, nanos) = (from.signed()?, u32::restore(from)?);
        let utc = DateTime::from_timestamp(seconds, nanos).ok_or(Damage::Wrong("a wall clock is none"))?;
        Ok(utc.naive_utc())
    }
}

impl<T: Saved> Saved for Option<T> {
    fn save(&self, to: &mut Saver<'_>) {
        match self {
            None => to.byte(0),
            Some(value) => {
                to.byte(1);
                value.save(to);
            }
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Option<T>, Damage> {
        match from.byte()? {
            0 => Ok(None),
            1 => T::restore(from).map(Some),
            _ => Err(Damage::Wrong("what is there or not is neither")),
        }
    }
}

impl<T: Saved> Saved for Box<T> {
    fn save(&self, to: &mut Saver<'_>) {
        (**self).save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Box<T>, Damage> {
        T::restore(from).map(Box::new)
    }
}

impl<T: Saved> Saved for Arc<T> {
    fn save(&self, to: &mut Saver<'_>) {
        (**self).save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Arc<T>, Damage> {
        T::restore(from).map(Arc::new)
    }
}

impl<T: Saved> Saved for Vec<T> {
    fn save(&self, to: &mut Saver<'_>) {
        to.list(self.iter());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Vec<T>, Damage> {
        from.list()
    }
}

impl<T: Saved> Saved for Box<[T]> {
    fn save(&self, to: &mut Saver<'_>) {
        to.list(self.iter());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Box<[T]>, Damage> {
        from.list().map(Vec::into_boxed_slice)
    }
}

impl<T: Saved> Saved for VecDeque<T> {
    fn save(&self, to: &mut Saver<'_>) {
        to.list(self.iter());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<VecDeque<T>, Damage> {
        from.list().map(VecDeque::from)
    }
}

impl<T: Saved> Saved for LinkedList<T> {
    fn save(&self, to: &mut Saver<'_>) {
        to.list(self.iter());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<LinkedList<T>, Damage> {
        let mut list = LinkedList::new();
        from.items(|item| list.push_back(item))?;
        Ok(list)
    }
}

impl<T: Saved + Ord> Saved for BTreeSet<T> {
    fn save(&self, to: &mut Saver<'_>) {
        to.list(self.iter());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<BTreeSet<T>, Damage> {
        // Built at one go, which is quickest for what is in order.
        Ok(from.list()?.into_iter().collect())
    }
}

impl<K: Saved + Ord, V: Saved> Saved for BTreeMap<K, V> {
    fn save(&self, to: &mut Saver<'_>) {
        to.length(self.len());
        for (key, value) in self {
            key.save(to);
            value.save(to);
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<BTreeMap<K, V>, Damage> {
        Ok(from.list()?.into_iter().collect())
    }
}

/// A map for look-ups: by its keys, whose order in memory means nothing.
impl<K: Saved + Ord + Hash, V: Saved, S: Default + std::hash::BuildHasher> Saved
    for std::collections::HashMap<K, V, S>
{
    fn save(&self, to: &mut Saver<'_>) {
        let mut entries: Vec<(&K, &V)> = self.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        to.length(entries.len());
        for (key, value) in entries {
            key.save(to);
            value.save(to);
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Self, Damage> {
        let length = from.length()?;
        let mut map = Self::with_capacity_and_hasher(super::read::room::<(K, V)>(length), S::default());
        for _ in 0..length {
            map.insert(K::restore(from)?, V::restore(from)?);
        }
        Ok(map)
    }
}

impl<A: Saved, B: Saved> Saved for (A, B) {
    fn save(&self, to: &mut Saver<'_>) {
        self.0.save(to);
        self.1.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<(A, B), Damage> {
        Ok((A::restore(from)?, B::restore(from)?))
    }
}

impl Saved for () {
    fn save(&self, _: &mut Saver<'_>) {}

    fn restore(_: &mut Restorer<'_>) -> Result<(), Damage> {
        Ok(())
    }
}

/// As many as there are, and no count of them.
impl<T: Saved + Copy + Default, const LONG: usize> Saved for [T; LONG] {
    fn save(&self, to: &mut Saver<'_>) {
        self.iter().for_each(|item| item.save(to));
    }

    fn restore(from: &mut Restorer<'_>) -> Result<[T; LONG], Damage> {
        let mut items = [T::default(); LONG];
        for item in &mut items {
            *item = T::restore(from)?;
        }
        Ok(items)
    }
}
