use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::model::Text;

/// Names that come again and again, such as those of events, properties and users: each is held once.
///
/// Bounded, so that a hostile log cannot fill the memory by names alone: past the bound it starts anew, and a name that comes
/// again is a second copy.
pub(super) struct Names {
    known: HashSet<Text, BuildHasherDefault<NameHasher>>,
    bound: usize,
}

impl Names {
    const LONGEST: usize = 256;

    pub(super) fn with_bound(bound: usize) -> Names {
        Names { known: HashSet::default(), bound }
    }

    pub(super) fn get(&mut self, name: &str) -> Text {
        if name.len() > Self::LONGEST {
            return name.into();
        }
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        if self.known.len() >= self.bound {
            self.known.clear();
        }
        let new = Text::from(name);
        self.known.insert(new.clone());
        new
    }
}

/// Hashes a name in one go: several times as fast as the standard hasher, whose protection the bound makes superfluous.
#[derive(Default)]
pub(super) struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn write_u8(&mut self, byte: u8) {
        self.0 = self.0.rotate_left(5) ^ u64::from(byte);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Short texts of properties: those seen lately are shared, so that a million events in twelve cities hold twelve texts.
///
/// A text has one place, and a newcomer takes it: no growth, no search.
pub(super) struct RecentTexts(Vec<Option<Text>>);

impl RecentTexts {
    const PLACES: usize = 4096;
    const LONGEST: usize = 32;

    pub(super) fn new() -> RecentTexts {
        RecentTexts(vec![None; Self::PLACES])
    }

    pub(super) fn get(&mut self, text: &str) -> Text {
        if text.len() > Self::LONGEST {
            return text.into();
        }
        let place = (xxh3_64(text.as_bytes()) as usize) % Self::PLACES;
        match self.0.get_mut(place) {
            Some(Some(known)) if **known == *text => known.clone(),
            Some(place) => place.insert(text.into()).clone(),
            None => text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_name_is_held_once_until_the_bound() {
        let mut names = Names::with_bound(2);
        let first = names.get("a");
        assert!(Arc::ptr_eq(&first, &names.get("a")));
        names.get("b");
        names.get("c");
        assert_eq!(names.get("a"), first);
        assert!(names.known.len() <= 2);
    }

    #[test]
    fn recent_texts_are_shared_and_never_confused() {
        let mut texts = RecentTexts::new();
        let first = texts.get("Pune");
        assert!(Arc::ptr_eq(&first, &texts.get("Pune")));
        for n in 0..20_000 {
            let text = n.to_string();
            assert_eq!(&*texts.get(&text), text);
        }
        let long = "x".repeat(33);
        assert!(!Arc::ptr_eq(&texts.get(&long), &texts.get(&long)));
    }
}
