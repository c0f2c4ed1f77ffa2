//! What is told of segments in the end: how many users, who they are, and how many pass each clause.

use super::Setting;
use super::answers::Answers;
use super::apart::Apart;
use super::columns::{Columns, LANES};
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
    /// Room for the words that are asked.
    columns: Columns,
}

impl Tally {
    pub(super) fn new(setting: &Setting<'_>) -> Tally {
        let empty =
            |asked: &super::Asked| Found { clauses: vec![(0, 0); asked.clauses.len()], ..Found::default() };
        let at = |_| setting.asked.iter().map(empty).collect();
        let found = setting.plan.ats.iter().map(at).collect();
        Tally { found, known: vec![0; setting.plan.ats.len()], columns: Columns::default() }
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
        words.sort_lists();
        let mut columns = std::mem::take(&mut self.columns);
        for part in 0..words.keys.len().div_ceil(LANES) {
            columns.turn(words, part * LANES);
            for (place, at) in setting.plan.ats.iter().enumerate() {
                let none = Vec::new();
                let machine = machine.get(place).unwrap_or(&none);
                let answers = Answers::new(&setting.plan, place, &columns, words, part, machine);
                self.count(setting, answers, place, at.millis(), (words, part));
            }
        }
        self.columns = columns;
    }

    /// Asks of a few of them, at one instant.
    fn count(
        &mut self,
        setting: &Setting<'_>,
        mut answers: Answers<'_>,
        place: usize,
        now: i64,
        (words, part): (&Words, usize),
    ) {
        let users = words.since.iter().skip(part * LANES).take(LANES);
        let known = users.enumerate().fold(0, |set, (user, since)| set | u64::from(*since <= now) << user);
        if let Some(count) = self.known.get_mut(place) {
            *count += size(known);
        }
        let found = self.found.get_mut(place).into_iter().flatten();
        for (found, asked) in found.zip(&setting.asked) {
            let members = answers.of(asked.node) & known;
            found.users += size(members);
            if setting.members && members != 0 {
                let keys = words.keys.iter().skip(part * LANES).take(LANES).enumerate();
                found.members.extend(keys.filter(|(user, _)| members >> user & 1 == 1).map(|(_, key)| *key));
            }
            if setting.clauses {
                let mut passed = known;
                for (count, clause) in found.clauses.iter_mut().zip(&asked.clauses) {
                    let alone = answers.of(clause.node) & known;
                    count.0 += size(alone);
                    passed &= alone;
                    count.1 += size(passed);
                }
            }
        }
    }
}

fn size(set: u64) -> u64 {
    set.count_ones().into()
}
