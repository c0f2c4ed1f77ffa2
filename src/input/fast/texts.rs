use xxhash_rust::xxh3::xxh3_64;

use crate::model::Value;

/// Texts of a column that come again and again, each with a number: the dictionary of its batches.
pub(super) struct Dictionary {
    /// The number of a text and one more, by its hash; 0 where there is none.
    places: Vec<u32>,
    keys: Vec<Key>,
    texts: Vec<Value>,
}

/// A short text as two numbers and its length, which is all of it; the hash of a longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    first: u64,
    last: u64,
    length: usize,
}

/// So many of the lowest bytes.
const MASKS: [u128; Key::WHOLE + 1] = [
    0,
    mask(1),
    mask(2),
    mask(3),
    mask(4),
    mask(5),
    mask(6),
    mask(7),
    mask(8),
    mask(9),
    mask(10),
    mask(11),
    mask(12),
    mask(13),
    mask(14),
    mask(15),
    mask(16),
];

const fn mask(length: u32) -> u128 {
    u128::MAX >> (128 - 8 * length)
}

impl Key {
    /// The longest text of which the key is all.
    const WHOLE: usize = 16;

    #[inline]
    fn of(text: &str) -> Key {
        let bytes = text.as_bytes();
        let length = bytes.len();
        let mut whole = [0; Key::WHOLE];
        match whole.get_mut(..length) {
            Some(part) => {
                part.copy_from_slice(bytes);
                Key::short(u128::from_le_bytes(whole), length)
            }
            None => Key { first: xxh3_64(bytes), last: 0, length },
        }
    }

    #[inline]
    const fn short(whole: u128, length: usize) -> Key {
        Key { first: whole as u64, last: (whole >> 64) as u64, length }
    }

    /// The key of a short text that stands within another one; none near the end of that.
    #[inline]
    fn within(text: &str, start: usize, end: usize) -> Option<Key> {
        let length = end.checked_sub(start)?;
        let mask = MASKS.get(length)?;
        let bytes = text.as_bytes().get(start..)?.first_chunk()?;
        Some(Key::short(u128::from_le_bytes(*bytes) & mask, length))
    }

    #[inline]
    fn hash(self) -> usize {
        let product = u128::from(self.first ^ 0x9e37_79b9_7f4a_7c15)
            * u128::from(self.last ^ 0xa076_1d64_78bd_642f ^ (self.length as u64) << 56);
        (product as u64 ^ (product >> 64) as u64) as usize
    }
}

impl Dictionary {
    /// A column with more texts than these has them one after the other instead.
    pub(super) const MOST: usize = 4096;
    const LONGEST: usize = 256;

    pub(super) const fn new() -> Dictionary {
        Dictionary { places: Vec::new(), keys: Vec::new(), texts: Vec::new() }
    }

    pub(super) fn texts(&self) -> &[Value] {
        &self.texts
    }

    /// The number of a text; none where there are too many, or it is long.
    #[inline]
    pub(super) fn code(&mut self, text: &str) -> Option<i32> {
        let key = Key::of(text);
        match self.find(key, |code| self.is(code, text)) {
            Some(code) => Some(code),
            None => self.add(text, key),
        }
    }

    /// The number of a text that stands within another one; none of one that is not known, or may not be.
    #[inline]
    pub(super) fn known(&self, text: &str, start: usize, end: usize) -> Option<i32> {
        self.find(Key::within(text, start, end)?, |_| false)
    }

    #[inline]
    fn find(&self, key: Key, is_it: impl Fn(usize) -> bool) -> Option<i32> {
        let last = self.places.len().wrapping_sub(1);
        let mut place = key.hash() & last;
        while let Some(code @ 1..) = self.places.get(place).copied() {
            let code = code as usize - 1;
            if self.keys.get(code) == Some(&key) && (key.length <= Key::WHOLE || is_it(code)) {
                return i32::try_from(code).ok();
            }
            place = (place + 1) & last;
        }
        None
    }

    fn is(&self, code: usize, text: &str) -> bool {
        matches!(self.texts.get(code), Some(Value::Text(known)) if **known == *text)
    }

    #[cold]
    fn add(&mut self, text: &str, key: Key) -> Option<i32> {
        if self.texts.len() >= Dictionary::MOST || text.len() > Dictionary::LONGEST {
            return None;
        }
        self.keys.push(key);
        self.texts.push(Value::text(text));
        if self.keys.len() * 2 > self.places.len() {
            self.places = vec![0; (self.places.len() * 2).max(64)];
            for (code, key) in self.keys.iter().enumerate() {
                Dictionary::put(&mut self.places, *key, code);
            }
        } else {
            Dictionary::put(&mut self.places, key, self.keys.len() - 1);
        }
        i32::try_from(self.keys.len() - 1).ok()
    }

    fn put(places: &mut [u32], key: Key, code: usize) {
        let (before, behind) = places.split_at_mut(key.hash() & (places.len() - 1));
        let free = behind.iter_mut().chain(before).find(|place| **place == 0);
        if let (Some(free), Ok(code)) = (free, u32::try_from(code + 1)) {
            *free = code;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Dictionary;
    use crate::model::Value;

    #[test]
    fn a_text_has_one_number_until_there_are_too_many() {
        let mut dictionary = Dictionary::new();
        for _ in 0..2 {
            for n in 0..Dictionary::MOST {
                let text = format!("text {n}");
                assert_eq!(dictionary.code(&text), i32::try_from(n).ok());
                assert_eq!(dictionary.texts()[n], Value::text(&text));
            }
        }
        assert_eq!(dictionary.code("one more"), None);
        assert_eq!(dictionary.code("text 7"), Some(7));
        assert_eq!(Dictionary::new().code(&"x".repeat(257)), None);
    }

    #[test]
    fn texts_of_every_length_are_told_from_each_other() {
        let mut dictionary = Dictionary::new();
        let texts: Vec<String> = (0..40)
            .flat_map(|length| {
                let text = "\0".repeat(length);
                let ends = [
                    text.clone(),
                    format!("a{text}"),
                    format!("{text}a"),
                    format!("a{text}b"),
                    format!("b{text}a"),
                ];
                let middle = format!("{text}c{text}");
                ends.into_iter().chain([middle])
            })
            .collect();
        let distinct: std::collections::BTreeSet<&String> = texts.iter().collect();
        for text in texts.iter().chain(&texts) {
            let code = usize::try_from(dictionary.code(text).unwrap()).unwrap();
            assert_eq!(dictionary.texts()[code], Value::text(text));
            // Whatever stands around it.
            for around in ["", "x", "0123456789abcdef"] {
                let long = format!("{around}{text}{around}");
                let known = dictionary.known(&long, around.len(), around.len() + text.len());
                let is_found = text.len() <= 16 && text.len() + around.len() >= 16;
                assert_eq!(known.map(|known| known as usize), is_found.then_some(code));
            }
        }
        assert_eq!(dictionary.texts().len(), distinct.len());
    }
}
