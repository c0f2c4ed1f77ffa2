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

impl Key {
    /// The longest text of which the key is all.
    const WHOLE: usize = 16;

    #[inline]
    fn of(text: &str) -> Key {
        let bytes = text.as_bytes();
        let length = bytes.len();
        let (first, last) = if length > Key::WHOLE {
            (xxh3_64(bytes), 0)
        } else if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
        } else {
            (bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)), 0)
        };
        Key { first, last, length }
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
        let last = self.places.len().wrapping_sub(1);
        let mut place = key.hash() & last;
        while let Some(code @ 1..) = self.places.get(place).copied() {
            let code = code as usize - 1;
            if self.keys.get(code) == Some(&key) && (key.length <= Key::WHOLE || self.is(code, text)) {
                return i32::try_from(code).ok();
            }
            place = (place + 1) & last;
        }
        self.add(text, key)
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
        }
        assert_eq!(dictionary.texts().len(), distinct.len());
    }
}
