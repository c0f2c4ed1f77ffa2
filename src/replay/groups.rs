//! Who is run with whom: users who ever have one phone number share what has gone to it.

use std::collections::hash_map::Entry;

use crate::model::{NameMap, ProfileUpdate, Text, e164};

/// Finds users who have a number in common.
#[derive(Debug)]
pub(super) struct Numbers {
    /// Each user's way to the first of the group.
    parents: Vec<u32>,
    /// Users who are not to be run alone: in groups with others, or with a number of which something is said.
    shared: Vec<u32>,
    /// By the last digits, the first number seen that ends so: two numbers that end otherwise are two.
    endings: NameMap<u64, Ending>,
    /// A user of each number that others' digits end in too.
    numbers: NameMap<Text, u32>,
}

#[derive(Debug)]
struct Ending {
    written: Text,
    user: u32,
    /// It stands among the numbers.
    entered: bool,
}

/// Users who are run together; all others are run alone.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Each user's group, or [`ALONE`]; empty when all are run alone.
    of: Vec<u32>,
    /// The users of each group.
    members: Vec<Vec<u32>>,
}

/// No group.
const ALONE: u32 = u32::MAX;

impl Groups {
    /// All users in one group.
    pub(super) fn one(users: usize) -> Groups {
        Groups { of: vec![0; users], members: vec![(0..count(users)).collect()] }
    }

    /// The group of a user, if there is one.
    pub(super) fn of(&self, user: u32) -> Option<u32> {
        self.of.get(user as usize).copied().filter(|group| *group != ALONE)
    }

    /// The groups' users, in the order in which they were met.
    pub(super) fn members(&self) -> &[Vec<u32>] {
        &self.members
    }
}

fn count(users: usize) -> u32 {
    u32::try_from(users).unwrap_or(u32::MAX)
}

impl Numbers {
    pub(super) fn new(users: usize) -> Numbers {
        Numbers {
            parents: (0..count(users)).collect(),
            shared: Vec::new(),
            endings: NameMap::default(),
            numbers: NameMap::default(),
        }
    }

    /// The groups that came of it.
    pub(super) fn groups(mut self) -> Groups {
        let mut groups = Groups::default();
        if self.shared.is_empty() {
            return groups;
        }
        groups.of = vec![ALONE; self.parents.len()];
        let shared = std::mem::take(&mut self.shared);
        for user in shared {
            let first = self.first(user);
            if let Some(group) = groups.of.get_mut(first as usize).filter(|group| **group == ALONE) {
                *group = count(groups.members.len());
                groups.members.push(Vec::new());
            }
        }
        for user in 0..count(self.parents.len()) {
            let first = self.first(user);
            let Some(group) = groups.of.get(first as usize).copied().filter(|group| *group != ALONE) else {
                continue;
            };
            if let Some(place) = groups.of.get_mut(user as usize) {
                *place = group;
            }
            if let Some(members) = groups.members.get_mut(group as usize) {
                members.push(user);
            }
        }
        groups
    }

    /// A change of a user's profile: every number that it gives is one that the user may have.
    pub(super) fn hear(&mut self, user: u32, update: &ProfileUpdate) {
        for number in update.numbers() {
            self.has(user, number);
        }
    }

    /// A user has a number, as it is written. What ends in the same digits is looked at more closely.
    pub(super) fn has(&mut self, user: u32, written: &Text) {
        let Some(ending) = ending(written) else { return };
        let first = match self.endings.entry(ending) {
            Entry::Vacant(place) => {
                place.insert(Ending { written: written.clone(), user, entered: false });
                return;
            }
            Entry::Occupied(place) => place.into_mut(),
        };
        if first.user == user && first.written == *written {
            return;
        }
        if !first.entered {
            first.entered = true;
            let (user, written) = (first.user, first.written.clone());
            self.enter(user, &written);
        }
        self.enter(user, written);
    }

    fn enter(&mut self, user: u32, written: &str) {
        // What is no number is shared by nobody.
        let Ok(number) = e164(written) else { return };
        let first = *self.numbers.entry(number).or_insert(user);
        self.join(first, user);
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.first(one), self.first(other));
        if one != other {
            self.shared.push(one);
            if let Some(parent) = self.parents.get_mut(one.max(other) as usize) {
                *parent = one.min(other);
            }
        }
    }

    /// The user of the group who was met first.
    fn first(&mut self, user: u32) -> u32 {
        let mut at = user;
        while let Some(parent) = self.parents.get(at as usize).copied().filter(|parent| *parent != at) {
            // Halves the way for the next who asks.
            let next = self.parents.get(parent as usize).copied().unwrap_or(parent);
            if let Some(place) = self.parents.get_mut(at as usize) {
                *place = next;
            }
            at = next;
        }
        at
    }

    /// Something is said of a number: those who have it are not run alone. Answers one of them, if anybody has it.
    pub(super) fn speak_of(&mut self, number: &Text) -> Option<u32> {
        let first = self.endings.get_mut(&ending(number)?)?;
        if !first.entered {
            first.entered = true;
            let (user, written) = (first.user, first.written.clone());
            self.enter(user, &written);
        }
        let user = self.numbers.get(number).copied()?;
        self.shared.push(user);
        Some(user)
    }
}

/// A number's last digits; none where there are too few for one. Numbers that are the same in E.164 end the same.
///
/// What is written before a number (`00`, `(0)` and so on) changes none of the last eight digits, as long as there are so
/// many of its own. Where there might not be, E.164 says which these are.
fn ending(written: &str) -> Option<u64> {
    const LONG: u32 = 12;
    let (last, digits, first) = last_digits(written);
    match digits {
        0..6 => None,
        LONG.. => Some(last),
        // North America's numbers have ten digits after the 1.
        11 if first == b'1' => Some(last),
        _ => e164(written).ok().map(|number| last_digits(&number).0),
    }
}

/// The last eight digits, how many there are from the first that is not 0 on, and that one.
fn last_digits(written: &str) -> (u64, u32, u8) {
    let (mut last, mut count, mut first) = (0, 0, b'0');
    for digit in written.bytes().filter(u8::is_ascii_digit) {
        if count == 0 {
            first = digit;
        }
        count += u32::from(first != b'0');
        last = (last * 10 + u64::from(digit - b'0')) % 100_000_000;
    }
    (last, count, first)
}
