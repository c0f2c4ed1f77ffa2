//! Who is in which segment: each node asked of all users of a part at once, and answered in bits.

use crate::model::Number;
use crate::program::{AggregateFunction, NodeId, accepts};

use super::plan::{Answer, Plan};
use super::words::{Words, instant_of};

/// A bit for each user.
pub(super) type Set = Vec<u64>;

/// The answers of the nodes at one instant, for the users of a part.
#[derive(Debug)]
pub(super) struct Answers<'a> {
    plan: &'a Plan,
    at: usize,
    words: &'a Words,
    /// What the machine answered.
    apart: &'a [Set],
    known: Vec<Option<Set>>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(plan: &'a Plan, at: usize, words: &'a Words, apart: &'a [Set]) -> Answers<'a> {
        let nodes = plan.answers.get(at).map_or(0, Vec::len);
        Answers { plan, at, words, apart, known: vec![None; nodes] }
    }

    /// The users for whom a node holds, whether they are known by then or not.
    pub(super) fn of(&mut self, node: NodeId) -> Set {
        let place = node as usize;
        if let Some(Some(known)) = self.known.get(place) {
            return known.clone();
        }
        let set = self.find(node);
        if let Some(known) = self.known.get_mut(place) {
            *known = Some(set.clone());
        }
        set
    }

    fn find(&mut self, node: NodeId) -> Set {
        let plan = self.plan;
        let Some(answer) = plan.answers.get(self.at).and_then(|answers| answers.get(node as usize)) else {
            return self.none();
        };
        match answer {
            Answer::Nothing => self.none(),
            Answer::All(parts) => {
                let mut all = self.by(|_| true);
                for part in parts {
                    let part = self.of(*part);
                    all.iter_mut().zip(part).for_each(|(all, part)| *all &= part);
                }
                all
            }
            Answer::Any(parts) => {
                let mut any = self.none();
                for part in parts {
                    let part = self.of(*part);
                    any.iter_mut().zip(part).for_each(|(any, part)| *any |= part);
                }
                any
            }
            Answer::Not(part) => {
                let mut set = self.of(*part);
                set.iter_mut().for_each(|word| *word = !*word);
                self.trim(&mut set);
                set
            }
            Answer::Count { words, range } => {
                let counts = self.sum(*words);
                let (least, most) = (u64::from(range.least.max(1)), range.most.map_or(u64::MAX, u64::from));
                let zero = range.zero;
                self.of_each(&counts, |count| {
                    (count >= least && count <= most && count > 0) | (count == 0 && zero)
                })
            }
            Answer::Regularly { words, least } => {
                let mut counts = vec![0_u64; self.words.keys.len()];
                for word in words.0..words.1 {
                    let column = self.words.column(word);
                    counts.iter_mut().zip(column).for_each(|(count, word)| *count += u64::from(*word > 0));
                }
                let least = u64::from(*least);
                self.of_each(&counts, |count| count >= least)
            }
            Answer::Inside { word, from, to } => self.of_each(self.words.column(*word), |word| {
                word != 0 && (*from..*to).contains(&instant_of(word))
            }),
            Answer::Noted { word } => self.of_each(self.words.column(*word), |word| word == 2),
            Answer::Number { word, function, result } => {
                let column = |place: u32| self.words.column(word + place);
                let value = match function {
                    AggregateFunction::Sum | AggregateFunction::Average => column(0),
                    AggregateFunction::Min => column(2),
                    AggregateFunction::Max | AggregateFunction::Distinct => column(3),
                };
                let counts = column(1);
                let average = *function == AggregateFunction::Average;
                self.by(|user| {
                    let count = counts.get(user).copied().unwrap_or(0);
                    let value = value.get(user).map_or(0.0, |value| f64::from_bits(*value));
                    let value = if average { value / count as f64 } else { value };
                    result.holds((count > 0).then_some(value).and_then(Number::from_f64))
                })
            }
            Answer::Share { had, all, comparison, millionths } => {
                let (had, all) = (self.sum(*had), self.sum(*all));
                self.by(|user| {
                    let of = |counts: &[u64]| counts.get(user).copied().unwrap_or(0);
                    let order = of(&had).saturating_mul(1_000_000).cmp(&of(&all).saturating_mul(*millionths));
                    of(&all) > 0 && accepts(*comparison, order)
                })
            }
            Answer::Distinct { words, list, eras, result } => {
                let mut seen = vec![0_u64; self.words.keys.len()];
                for word in words.0..words.1 {
                    let column = self.words.column(word);
                    seen.iter_mut().zip(column).for_each(|(seen, word)| *seen |= word);
                }
                let mut counts: Vec<u64> = seen.iter().map(|seen| u64::from(seen.count_ones())).collect();
                let listed = self.words.lists.get(*list as usize).map_or(&[][..], Vec::as_slice);
                let inside = listed.iter().filter(|(_, _, era)| (eras.0..eras.1).contains(era));
                let mut different: Vec<(u32, u32)> = inside.map(|(user, key, _)| (*user, *key)).collect();
                different.sort_unstable();
                different.dedup();
                for (user, _) in different {
                    if let Some(count) = counts.get_mut(user as usize) {
                        *count += 1;
                    }
                }
                let number =
                    |count: u64| i64::try_from(count).ok().filter(|count| *count > 0).map(Number::from_i64);
                self.of_each(&counts, |count| result.holds(number(count)))
            }
            Answer::Apart(place) => self.apart.get(*place).cloned().unwrap_or_else(|| self.none()),
        }
    }

    fn none(&self) -> Set {
        vec![0; self.words.keys.len().div_ceil(64)]
    }

    /// The sums of some words.
    fn sum(&self, (from, to): (u32, u32)) -> Vec<u64> {
        let mut sums = vec![0_u64; self.words.keys.len()];
        for word in from..to {
            sums.iter_mut().zip(self.words.column(word)).for_each(|(sum, word)| *sum += word);
        }
        sums
    }

    /// The users of whose words something holds.
    fn of_each(&self, words: &[u64], holds: impl Fn(u64) -> bool) -> Set {
        let bits = |words: &[u64]| {
            words
                .iter()
                .enumerate()
                .fold(0_u64, |bits, (place, word)| bits | u64::from(holds(*word)) << place)
        };
        words.chunks(64).map(bits).collect()
    }

    fn by(&self, holds: impl Fn(usize) -> bool) -> Set {
        let users = self.words.keys.len();
        let mut set = self.none();
        for user in (0..users).filter(|user| holds(*user)) {
            if let Some(word) = set.get_mut(user / 64) {
                *word |= 1 << (user % 64);
            }
        }
        set
    }

    /// No bits beyond the last user.
    fn trim(&self, set: &mut Set) {
        let beyond = self.words.keys.len() % 64;
        if beyond > 0
            && let Some(last) = set.last_mut()
        {
            *last &= (1 << beyond) - 1;
        }
    }
}
