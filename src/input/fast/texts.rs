use xxhash_rust::xxh3::xxh3_64;

use crate::model::Value;

/// Texts of a column that come again and again, each with a number: the dictionary of its batches.
pub(super) struct Dictionary {
    /// The upper half of a text's hash, and its number and one in the lower half; 0 where there is none.
    places: Vec<u64>,
    texts: Vec<Value>,
}

impl Dictionary {
    /// A column with more texts than these has them one after the other instead.
    pub(super) const MOST: usize = 4096;
    const LONGEST: usize = 256;

    pub(super) const fn new() -> Dictionary {
        Dictionary { places: Vec::new(), texts: Vec::new() }
    }

    pub(super) fn texts(&self) -> &[Value] {
        &self.texts
    }

    /// The number of a text; none where there are too many, or it is long.
    #[inline]
    pub(super) fn code(&mut self, text: &str) -> Option<i32> {
        if text.len() > Dictionary::LONGEST {
            return None;
        }
        let hash = xxh3_64(text.as_bytes());
        let mut place = self.start(hash);
        loop {
            match self.places.get(place).copied() {
                Some(0) | None => return self.add(text, hash),
                Some(entry) if entry >> 32 == hash >> 32 => {
                    let code = (entry as u32 - 1) as usize;
                    if matches!(self.texts.get(code), Some(Value::Text(known)) if **known == *text) {
                        return i32::try_from(code).ok();
                    }
                }
                Some(_) => {}
            }
            place = (place + 1) % self.places.len();
        }
    }

    fn start(&self, hash: u64) -> usize {
        (hash as usize) & self.places.len().saturating_sub(1)
    }

    #[cold]
    fn add(&mut self, text: &str, hash: u64) -> Option<i32> {
        if self.texts.len() >= Dictionary::MOST {
            return None;
        }
        if (self.texts.len() + 1) * 2 > self.places.len() {
            let old = std::mem::take(&mut self.places);
            self.places = vec![0; (old.len() * 2).max(64)];
            for (code, text) in self.texts.iter().enumerate() {
                if let Value::Text(text) = text {
                    Dictionary::put(&mut self.places, xxh3_64(text.as_bytes()), code);
                }
            }
        }
        let code = self.texts.len();
        self.texts.push(Value::text(text));
        Dictionary::put(&mut self.places, hash, code);
        i32::try_from(code).ok()
    }

    fn put(places: &mut [u64], hash: u64, code: usize) {
        let start = (hash as usize) & (places.len() - 1);
        let (before, behind) = places.split_at_mut(start);
        if let Some(free) = behind.iter_mut().chain(before).find(|entry| **entry == 0) {
            *free = hash >> 32 << 32 | (code as u64 + 1);
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
}
