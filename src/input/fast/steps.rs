//! Which field comes next. The lines of one writer have the same fields in the same order, so what stood between two values of a line before
//! is looked for first: `,"price":` is then passed as one, and nothing has to be looked up.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::scan::Scanner;
use super::table::{Role, Table};
use crate::input::names::NameHasher;

/// What is known of the fields that were met.
pub(super) struct Steps {
    steps: Vec<Step>,
    places: [HashMap<Box<[u8]>, u16, BuildHasherDefault<NameHasher>>; 2],
}

/// A field in its place.
#[derive(Clone)]
struct Step {
    /// What stands before its value, from the end of the value before: a bracket or a comma, the name and the colon, with all spaces between.
    /// At the end of an object, the bracket.
    letters: Letters,
    role: Role,
    /// What came behind it last, if it is short: one look tells whether it comes again.
    likely: Likely,
    /// Those that came behind it, the latest first.
    next: [u16; NEXT],
}

/// A short field that is tried first.
#[derive(Clone, Copy)]
struct Likely {
    word: u128,
    mask: u128,
    length: usize,
    step: u16,
    role: Role,
}

/// Few letters, in a form that is compared at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Letters {
    words: [u128; 2],
    masks: [u128; 2],
    length: usize,
}

/// The object of which a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Record,
    /// Properties.
    Bag,
}

/// So many bytes are compared at once.
const WORD: usize = 16;
/// So many fields are tried.
const NEXT: usize = 4;
/// None.
const NO_STEP: u16 = u16::MAX;
/// So many are kept.
const MOST: usize = 512;

impl Letters {
    const NONE: Letters = Letters { words: [0; 2], masks: [0; 2], length: 0 };

    /// None of those that are too long.
    fn new(letters: &[u8]) -> Option<Letters> {
        let (mut bytes, mut marks) = ([0; 2 * WORD], [0; 2 * WORD]);
        bytes.get_mut(..letters.len())?.copy_from_slice(letters);
        marks.get_mut(..letters.len())?.fill(0xff);
        let words = |bytes: [u8; 2 * WORD]| {
            let word = |from: usize| {
                let word = bytes.get(from..).and_then(|bytes| bytes.first_chunk());
                u128::from_le_bytes(*word.unwrap_or(&[0; WORD]))
            };
            [word(0), word(WORD)]
        };
        Some(Letters { words: words(bytes), masks: words(marks), length: letters.len() })
    }

    #[inline]
    fn begin(&self, rest: &[u8], first: u128) -> bool {
        let ([one, two], [mask, other]) = (self.words, self.masks);
        if (first ^ one) & mask != 0 {
            return false;
        }
        if self.length <= WORD {
            return true;
        }
        let second = rest.get(WORD..).and_then(|rest| rest.first_chunk());
        second.is_some_and(|second| (u128::from_le_bytes(*second) ^ two) & other == 0)
    }
}

impl Likely {
    /// No bytes are these.
    const NONE: Likely = Likely { word: 1, mask: 0, length: 0, step: NO_STEP, role: Role::Foreign };

    fn new(step: u16, found: &Step) -> Likely {
        let ([word, _], [mask, _]) = (found.letters.words, found.letters.masks);
        match found.letters.length {
            length @ 1..=WORD => Likely { word, mask, length, step, role: found.role },
            _ => Likely::NONE,
        }
    }
}

impl Step {
    const fn new(letters: Letters, role: Role) -> Step {
        Step { letters, role, likely: Likely::NONE, next: [NO_STEP; NEXT] }
    }
}

impl Steps {
    pub(super) fn new() -> Steps {
        // What stands for the beginning of an object, and for all that is not kept.
        let step = Step::new(Letters::NONE, Role::Foreign);
        Steps { steps: vec![step; 4], places: [HashMap::default(), HashMap::default()] }
    }

    /// Where an object begins.
    #[inline]
    pub(super) const fn begin(level: Level) -> u16 {
        level as u16
    }

    const fn unknown(level: Level) -> u16 {
        2 + level as u16
    }

    /// The field that came behind this one last, if it is short and comes now: which, what it is, and how long it is without its value.
    #[inline]
    fn likely(&self, before: u16, rest: &[u8]) -> Option<(u16, Role, usize)> {
        let first = u128::from_le_bytes(*rest.first_chunk()?);
        let likely = &self.steps.get(usize::from(before))?.likely;
        (first & likely.mask == likely.word).then_some((likely.step, likely.role, likely.length))
    }

    /// A field that came behind this one before, likewise.
    #[inline]
    fn guess(&self, before: u16, rest: &[u8]) -> Option<(u16, Role, usize)> {
        let first = u128::from_le_bytes(*rest.first_chunk()?);
        for next in self.steps.get(usize::from(before))?.next {
            let step = self.steps.get(usize::from(next))?;
            if step.letters.begin(rest, first) {
                return Some((next, step.role, step.letters.length));
            }
        }
        None
    }

    /// Notes what came behind a field.
    fn learn(&mut self, before: u16, level: Level, letters: &[u8], role: Role) -> u16 {
        let Some(places) = self.places.get_mut(level as usize) else { return Steps::unknown(level) };
        let known = places.get(letters).copied();
        let step = match known {
            Some(step) => step,
            None => match Letters::new(letters).filter(|_| self.steps.len() < MOST) {
                Some(found) => {
                    let step = self.steps.len() as u16;
                    self.steps.push(Step::new(found, role));
                    places.insert(letters.into(), step);
                    step
                }
                None => return Steps::unknown(level),
            },
        };
        let likely = self.steps.get(usize::from(step)).map_or(Likely::NONE, |found| Likely::new(step, found));
        if let Some(before) =
            self.steps.get_mut(usize::from(before)).filter(|known| !known.next.contains(&step))
        {
            before.next.rotate_right(1);
            if let Some(first) = before.next.first_mut() {
                *first = step;
            }
            before.likely = likely;
        }
        step
    }
}

impl Table {
    /// Passes the name of the field behind this one: which it is, and what it is; or the end of the object.
    #[inline]
    pub(super) fn step(&mut self, before: u16, level: Level, scan: &mut Scanner<'_>) -> Option<(u16, Role)> {
        if let Some((step, role, length)) = self.steps.likely(before, scan.rest()) {
            scan.pass(length);
            return Some((step, role));
        }
        self.other(before, level, scan)
    }

    #[inline(never)]
    fn other(&mut self, before: u16, level: Level, scan: &mut Scanner<'_>) -> Option<(u16, Role)> {
        if let Some((step, role, length)) = self.steps.guess(before, scan.rest()) {
            scan.pass(length);
            return Some((step, role));
        }
        self.unknown(before, level, scan)
    }

    #[cold]
    fn unknown(&mut self, before: u16, level: Level, scan: &mut Scanner<'_>) -> Option<(u16, Role)> {
        let rest = scan.rest();
        let start = scan.at();
        let ends = if before == Steps::begin(level) {
            scan.take(b'{')?;
            level == Level::Bag && scan.takes(b'}')
        } else {
            !scan.either(b',', b'}')?
        };
        let role = if ends {
            Role::End
        } else {
            let name = scan.name()?;
            scan.token()?;
            match level {
                Level::Record => self.field(name),
                Level::Bag => Role::Property(self.property(name)),
            }
        };
        let letters = rest.get(..scan.at() - start)?;
        Some((self.steps.learn(before, level, letters, role), role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Wanted;
    use crate::input::Format;

    #[test]
    fn letters_are_told_from_all_that_differ_in_one() {
        let text = format!("{}{}", ",\"abcdefghijklmnopqrstuvwxyz0123456789\": ", " ".repeat(40));
        for length in 1..=32 {
            let letters = Letters::new(&text.as_bytes()[..length]).unwrap();
            for changed in 0..40 {
                let mut bytes = text.clone().into_bytes();
                bytes[changed] ^= 1;
                let first = u128::from_le_bytes(*bytes.first_chunk().unwrap());
                assert_eq!(letters.begin(&bytes, first), changed >= length, "{length} {changed}");
            }
            // What is not there cannot be compared.
            let short = &text.as_bytes()[..31];
            let first = u128::from_le_bytes(*short.first_chunk().unwrap());
            assert_eq!(letters.begin(short, first), length <= 16);
        }
        assert!(Letters::new(&text.as_bytes()[..33]).is_none());
    }

    /// The roles of a record's fields, all of them numbers.
    fn roles(table: &mut Table, line: &str) -> Option<Vec<Role>> {
        let mut scan = Scanner::new(line);
        let (mut before, mut roles) = (Steps::begin(Level::Record), Vec::new());
        loop {
            let (step, role) = table.step(before, Level::Record, &mut scan)?;
            before = step;
            roles.push(role);
            if role == Role::End {
                return Some(roles);
            }
            scan.number()?;
        }
    }

    #[test]
    fn fields_are_found_in_whatever_order_they_come() {
        let wanted = Wanted { properties: Some(Vec::new()) };
        let mut table = Table::new(Format::Segment, None, &wanted);
        let long = "x".repeat(40);
        let lines = [
            r#"{"type":1,"userId":2,"event":3,"timestamp":4,"messageId":5,"other":6}               "#
                .to_owned(),
            r#"{"event":1,"userId":2,"type":3,"timestamp":4,"messageId":5}               "#.to_owned(),
            r#"{"userId":1,"type":2,"timestamp":4 , "event" : 3}               "#.to_owned(),
            r#"{"typ":1,"types":2,"Type":3}               "#.to_owned(),
            format!(r#"{{"{long}":1,"event":2,"{long}e":3,"{long}":4,"type":5}}               "#),
        ];
        use Role::{End, Event, Id, Kind, Other, Time, User};
        for _ in 0..3 {
            let expected: [&[Role]; 5] = [
                &[Kind, User, Event, Time, Id, Other, End],
                &[Event, User, Kind, Time, Id, End],
                &[User, Kind, Time, Event, End],
                &[Other, Other, Other, End],
                &[Other, Event, Other, Other, Kind, End],
            ];
            for (line, expected) in lines.iter().zip(expected) {
                assert_eq!(roles(&mut table, line).as_deref(), Some(expected), "{line}");
            }
        }
        let known = table.steps.steps.len();
        for number in 0..2 * MOST {
            let line = format!(r#"{{"a{number}":1,"event":2,"b{number}":3,"type":4}}               "#);
            assert_eq!(
                roles(&mut table, &line).as_deref(),
                Some([Other, Event, Other, Kind, End].as_slice())
            );
        }
        assert!(known < 30 && table.steps.steps.len() == MOST);
        for broken in [
            "{",
            "{}",
            r#"{"a"}"#,
            r#"{"a":1,}"#,
            r#"{"a":1"b":2}"#,
            r#"{,"a":1}"#,
            r#"{"type":1 "userId":2}"#,
        ] {
            assert_eq!(roles(&mut table, &format!("{broken}               ")), None, "{broken}");
        }
    }
}
