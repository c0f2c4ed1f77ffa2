//! The names by which users' data call time zones, and the one zone that each means.
//!
//! Facts, not guesses: a name that stands in none of the tables means nothing here. Rules do not use them: there a zone is an IANA name,
//! and these only help to suggest one. `docs/zones.md` lists them all, and a test holds it against the tables.

mod long;
mod offset;
mod places;
mod short;
mod windows;

pub(super) use offset::minutes_east;

/// No name in the tables is longer; what is longer is not looked at.
const LONGEST: usize = 48;

/// The names of the database's own that mean another zone in users' data, in lower case: clocks that are never changed in the database, and
/// one half of a place's year where people write them.
const TAKEN: [&str; 2] = ["est", "mst"];

/// The IANA name that a name of the tables stands for.
pub(super) fn meaning(name: &str) -> Option<&'static str> {
    let mut folded = Folded::default();
    folded.fold(name)?;
    let folded = folded.as_bytes();
    [short::NAMES, long::NAMES, windows::NAMES, places::NAMES].into_iter().find_map(|names| {
        let place = names.binary_search_by(|(known, _)| known.as_bytes().cmp(folded)).ok()?;
        names.get(place).map(|(_, zone)| *zone)
    })
}

/// True for a name of the database that users' data use for another zone.
pub(super) fn is_taken(name: &str) -> bool {
    TAKEN.iter().any(|taken| taken.eq_ignore_ascii_case(name))
}

/// A name without what menus put in front of it: the offset in brackets of `(GMT-05:00) Eastern Time (US & Canada)`. Where nothing follows,
/// the offset.
pub(super) fn without_menu(name: &str) -> &str {
    let name = name.trim();
    let Some((offset, rest)) = name.strip_prefix('(').and_then(|inner| inner.split_once(')')) else {
        return name;
    };
    let is_offset = ["utc", "gmt"].iter().any(|utc| utc.eq_ignore_ascii_case(offset.trim()))
        || minutes_east(offset).is_some();
    match rest.trim() {
        _ if !is_offset => name,
        "" => offset.trim(),
        rest => rest,
    }
}

/// A name's letters and digits, small, and one blank for whatever stands between them.
#[derive(Debug)]
struct Folded {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Default for Folded {
    fn default() -> Folded {
        Folded { bytes: [0; LONGEST], length: 0 }
    }
}

impl Folded {
    /// `None` for what is too long, or has letters that no name of the tables has.
    fn fold(&mut self, name: &str) -> Option<()> {
        let mut parted = false;
        for letter in name.chars() {
            if letter.is_ascii_alphanumeric() {
                if std::mem::take(&mut parted) && self.length > 0 {
                    self.push(b' ')?;
                }
                self.push(u8::try_from(letter).ok()?.to_ascii_lowercase())?;
            } else if letter.is_alphanumeric() {
                return None;
            } else {
                parted = true;
            }
        }
        Some(())
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.length)? = byte;
        self.length += 1;
        Some(())
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::{Zone, database};
    use super::*;

    const ALL: [&[(&str, &str)]; 4] = [short::NAMES, long::NAMES, windows::NAMES, places::NAMES];

    fn folded(name: &str) -> String {
        let mut folded = Folded::default();
        folded.fold(name).unwrap_or_else(|| panic!("{name}"));
        String::from_utf8(folded.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn the_tables_are_sorted_and_each_name_stands_once() {
        let mut seen = BTreeSet::new();
        for names in ALL {
            assert!(names.is_sorted_by(|a, b| a.0.as_bytes() < b.0.as_bytes()));
            for (name, _) in names {
                assert_eq!(*name, folded(name));
                assert!(seen.insert(*name), "`{name}` stands twice");
            }
        }
        assert!(seen.len() > 450);
    }

    #[test]
    fn every_meaning_is_a_name_of_the_database_and_no_name_hides_one() {
        let of_database = database::names();
        for (name, zone) in ALL.into_iter().flatten() {
            assert!(of_database.contains(zone), "{name}: {zone}");
            assert_eq!(Zone::find(name).map(|zone| zone.name()), Some(*zone), "{name}");
            let hides = of_database.iter().any(|known| known.eq_ignore_ascii_case(name));
            assert_eq!(hides, is_taken(name), "{name}");
        }
        for taken in TAKEN {
            assert_ne!(Zone::named(taken).unwrap(), Zone::find(taken).unwrap());
        }
    }

    /// Every name of the database but the taken ones means itself.
    #[test]
    fn a_name_of_the_database_is_found_as_such() {
        for name in database::names().into_iter().filter(|name| !is_taken(name)) {
            assert_eq!(Zone::find(name).map(|zone| zone.name()), Some(name));
        }
    }

    /// The page's table is the tables', each name in the spelling that people use.
    #[test]
    fn the_page_says_what_the_tables_say() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/zones.md")).unwrap();
        let table = page.split("## All names").nth(1).unwrap().split("\n## ").next().unwrap();
        let mut said = BTreeMap::new();
        for row in table.lines().filter_map(|line| line.strip_prefix("| `")) {
            let (zone, names) = row.split_once("` | ").unwrap();
            for name in names.trim_end_matches(" |").split(", ") {
                assert_eq!(said.insert(folded(name), zone), None, "{name}");
            }
        }
        let tables = ALL.into_iter().flatten().map(|(name, zone)| ((*name).to_owned(), *zone)).collect();
        assert_eq!(said, tables);
    }
}
