//! Which user of a part is which: a table of open places, as small as it can be.

use super::keys::Key;

/// Users in the order in which they are met.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) keys: Vec<Key>,
    /// One more than the user's number; 0 for nobody.
    places: Vec<u32>,
}

const SMALLEST: usize = 64;

impl Index {
    /// Forgets everybody, and keeps the space.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.places.clear();
        self.places.resize(SMALLEST, 0);
    }

    /// The number of a user, new or known.
    #[inline]
    pub(super) fn place(&mut self, key: Key) -> u32 {
        let mask = self.places.len() - 1;
        let mut place = spread(key) & mask;
        loop {
            match self.places.get_mut(place) {
                Some(0) | None => break,
                Some(known) => {
                    let number = *known - 1;
                    if self.keys.get(number as usize) == Some(&key) {
                        return number;
                    }
                }
            }
            place = (place + 1) & mask;
        }
        let number = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.keys.push(key);
        if let Some(free) = self.places.get_mut(place) {
            *free = number + 1;
        }
        if self.keys.len() * 2 > self.places.len() {
            self.grow();
        }
        number
    }

    fn grow(&mut self) {
        let room = self.places.len() * 2;
        self.places.clear();
        self.places.resize(room, 0);
        for (number, key) in self.keys.iter().enumerate() {
            let mut place = spread(*key) & (room - 1);
            while self.places.get(place).is_some_and(|known| *known != 0) {
                place = (place + 1) & (room - 1);
            }
            if let Some(free) = self.places.get_mut(place) {
                *free = number as u32 + 1;
            }
        }
    }
}

/// The bits of a key, all of them in each of the lowest.
fn spread(key: Key) -> usize {
    let mixed = key.wrapping_mul(0xd6e8_feb8_6659_fd93);
    ((mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::Index;

    #[test]
    fn each_user_has_one_number_however_many_there_are() {
        let mut index = Index::default();
        index.clear();
        let keys: Vec<u64> = (0..10_000).map(|number| number * 4096).collect();
        for round in 0..2 {
            for (number, key) in keys.iter().enumerate() {
                assert_eq!(index.place(*key), number as u32, "round {round}");
            }
        }
        assert_eq!(index.keys, keys);
        index.clear();
        assert_eq!(index.place(7), 0);
    }
}
