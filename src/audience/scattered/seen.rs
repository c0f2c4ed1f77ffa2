//! Users of whom there were events that do nothing: it is only to be known that there are such users.

use super::super::Setting;
use super::super::apart::Apart;
use super::super::keys::{Key, NAMED};
use super::super::profiles::Profiles;
use super::super::tally::Tally;
use super::super::words::Words;

/// Users with greater numbers are not kept here: their events wait like all others.
const MOST: u64 = 1 << 26;

/// A bit for each user.
#[derive(Debug, Default)]
pub(super) struct Seen {
    whole: Vec<u64>,
    named: Vec<u64>,
}

impl Seen {
    /// Adds a user; whether there is a place for them.
    #[inline]
    pub(super) fn add(&mut self, key: Key) -> bool {
        let bits = if key & NAMED == 0 { &mut self.whole } else { &mut self.named };
        let number = key & !NAMED;
        let place = (number / 64) as usize;
        if let Some(bits) = bits.get_mut(place) {
            *bits |= 1 << (number % 64);
            return true;
        }
        if number >= MOST {
            return false;
        }
        bits.resize((place + 1).next_power_of_two(), 0);
        self.add(key)
    }

    pub(super) fn remove(&mut self, key: Key) {
        let bits = if key & NAMED == 0 { &mut self.whole } else { &mut self.named };
        let number = key & !NAMED;
        if let Some(bits) = bits.get_mut((number / 64) as usize) {
            *bits &= !(1 << (number % 64));
        }
    }

    /// These and others.
    pub(super) fn join(&mut self, other: &Seen) {
        for (mine, other) in [(&mut self.whole, &other.whole), (&mut self.named, &other.named)] {
            if mine.len() < other.len() {
                mine.resize(other.len(), 0);
            }
            mine.iter_mut().zip(other).for_each(|(mine, other)| *mine |= other);
        }
    }

    /// The users, in order.
    fn keys(&self) -> impl Iterator<Item = Key> {
        let keys = |bits: &[u64], kind: Key| {
            let each = |(place, bits): (usize, &u64)| {
                let bits = *bits;
                (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| place as u64 * 64 + bit)
            };
            bits.iter().enumerate().flat_map(each).map(move |number| number | kind).collect::<Vec<_>>()
        };
        keys(&self.whole, 0).into_iter().chain(keys(&self.named, NAMED))
    }

    /// Asks of the users who are left, of whom there is nothing else but perhaps a profile.
    pub(super) fn ask(&self, setting: &Setting<'_>, profiles: &Profiles) -> Tally {
        const TOGETHER: usize = 1024;
        let mut tally = Tally::new(setting);
        if !setting.counts_everyone && profiles.is_empty() {
            let bits = self.whole.iter().chain(&self.named);
            let users: u64 = bits.map(|bits| u64::from(bits.count_ones())).sum();
            tally.known.iter_mut().for_each(|known| *known += users);
            return tally;
        }
        let mut words = Words::default();
        words.reset(&setting.plan, TOGETHER);
        for key in self.keys() {
            let user = match words.add(key) {
                Some(user) => user,
                None => {
                    tally.close(setting, &mut words, profiles, &Apart::none());
                    words.reset(&setting.plan, TOGETHER);
                    words.add(key).unwrap_or(0)
                }
            };
            // Such events are not later than the one instant that is asked for.
            words.meet(user, setting.last);
        }
        tally.close(setting, &mut words, profiles, &Apart::none());
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, NAMED, Seen};

    #[test]
    fn users_are_there_once_added_and_not_once_removed() {
        let (mut one, mut other) = (Seen::default(), Seen::default());
        for key in [0, 63, 64, 1000, NAMED, NAMED | 5] {
            assert!(one.add(key) && one.add(key), "{key}");
        }
        assert!(!one.add(MOST * 64) && !one.add(NAMED | (MOST * 64)));
        assert!(other.add(3) && other.add(NAMED | 100_000));
        other.join(&one);
        other.remove(64);
        other.remove(NAMED);
        other.remove(MOST * 64);
        let left: Vec<u64> = other.keys().collect();
        assert_eq!(left, [0, 3, 63, 1000, NAMED | 5, NAMED | 100_000]);
    }
}
