//! What is told of segments in the end: how many users, who they are, and how many pass each clause.

use super::Setting;
use super::answers::{Answers, Set};
use super::apart::Apart;
use super::keys::Key;
use super::profiles::Profiles;
use super::words::Words;

/// What was found for one segment at one instant.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) users: u64,
    /// Who they are, where that is asked.
    pub(super) members: Vec<Key>,
    /// For each clause how many users pass it alone, and with all before it.
    pub(super) clauses: Vec<(u64, u64)>,
}

/// What was found of some users.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// By instant, and by segment as they are asked.
    pub(super) found: Vec<Vec<Found>>,
    /// By instant: how many users are known by then.
    pub(super) known: Vec<u64>,
}

impl Tally {
    pub(super) fn new(setting: &Setting<'_>) -> Tally {
        let empty =
            |asked: &super::Asked| Found { clauses: vec![(0, 0); asked.clauses.len()], ..Found::default() };
        let at = |_| setting.asked.iter().map(empty).collect();
        Tally { found: setting.plan.ats.iter().map(at).collect(), known: vec![0; setting.plan.ats.len()] }
    }

    /// Adds what was found of others.
    pub(super) fn add(&mut self, other: Tally) {
        for (known, more) in self.known.iter_mut().zip(other.known) {
            *known += more;
        }
        for (mine, other) in self.found.iter_mut().flatten().zip(other.found.into_iter().flatten()) {
            mine.users += other.users;
            mine.members.extend(other.members);
            for (clause, more) in mine.clauses.iter_mut().zip(other.clauses) {
                clause.0 += more.0;
                clause.1 += more.1;
            }
        }
    }

    /// Asks of all users of a part, once all that is known of them is entered.
    pub(super) fn close(
        &mut self,
        setting: &Setting<'_>,
        words: &mut Words,
        profiles: &Profiles,
        apart: &Apart<'_>,
    ) {
        if words.keys.is_empty() {
            return;
        }
        profiles.meet(words);
        let machine = apart.answers(setting, words, profiles);
        for (place, at) in setting.plan.ats.iter().enumerate() {
            let now = at.millis();
            let known = set(&words.since, |since| *since <= now);
            if let Some(count) = self.known.get_mut(place) {
                *count += size(&known);
            }
            let none = Vec::new();
            let mut answers = Answers::new(&setting.plan, place, words, machine.get(place).unwrap_or(&none));
            let found = self.found.get_mut(place).into_iter().flatten();
            for (found, asked) in found.zip(&setting.asked) {
                let members = both(answers.of(asked.node), &known);
                found.users += size(&members);
                if setting.members {
                    let keys = words.keys.iter().enumerate();
                    let inside = keys.filter(|(user, _)| has(&members, *user));
                    found.members.extend(inside.map(|(_, key)| *key));
                }
                if setting.clauses {
                    let mut passed = known.clone();
                    for (count, clause) in found.clauses.iter_mut().zip(&asked.clauses) {
                        let alone = both(answers.of(clause.node), &known);
                        count.0 += size(&alone);
                        passed = both(passed, &alone);
                        count.1 += size(&passed);
                    }
                }
            }
        }
    }
}

fn set<T>(all: &[T], holds: impl Fn(&T) -> bool) -> Set {
    let bits = |all: &[T]| {
        all.iter().enumerate().fold(0_u64, |bits, (place, one)| bits | u64::from(holds(one)) << place)
    };
    all.chunks(64).map(bits).collect()
}

fn both(mut one: Set, other: &Set) -> Set {
    one.iter_mut().zip(other).for_each(|(one, other)| *one &= other);
    one
}

fn size(set: &Set) -> u64 {
    set.iter().map(|word| u64::from(word.count_ones())).sum()
}

pub(super) fn has(set: &Set, user: usize) -> bool {
    set.get(user / 64).is_some_and(|word| word >> (user % 64) & 1 == 1)
}
