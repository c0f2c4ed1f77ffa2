//! Who is in which segment: each node asked of a few users at once, and answered in the bits of a number.

use crate::model::Number;
use crate::program::{AggregateFunction, NodeId, accepts};

use super::columns::{Column, Columns, LANES};
use super::plan::{Answer, Plan};
use super::words::{Words, instant_of};

/// A bit for each user, [`LANES`] to the number.
pub(super) type Set = Vec<u64>;

/// The answers of the nodes at one instant, for the users whose words were turned.
#[derive(Debug)]
pub(super) struct Answers<'a> {
    plan: &'a Plan,
    at: usize,
    columns: &'a Columns,
    words: &'a Words,
    /// Which [`LANES`] of all users these are.
    part: usize,
    /// What the machine answered of all.
    apart: &'a [Set],
    known: Vec<Option<u64>>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        at: usize,
        columns: &'a Columns,
        words: &'a Words,
        part: usize,
        apart: &'a [Set],
    ) -> Answers<'a> {
        let nodes = plan.answers.get(at).map_or(0, Vec::len);
        Answers { plan, at, columns, words, part, apart, known: vec![None; nodes] }
    }

    /// The users for whom a node holds, whether they are known by then or not.
    pub(super) fn of(&mut self, node: NodeId) -> u64 {
        let place = node as usize;
        if let Some(Some(known)) = self.known.get(place) {
            return *known;
        }
        let set = self.find(node);
        if let Some(known) = self.known.get_mut(place) {
            *known = Some(set);
        }
        set
    }

    fn find(&mut self, node: NodeId) -> u64 {
        let plan = self.plan;
        let Some(answer) = plan.answers.get(self.at).and_then(|answers| answers.get(node as usize)) else {
            return 0;
        };
        let columns = self.columns;
        let all = all(columns.users());
        match answer {
            Answer::Nothing => 0,
            Answer::All(parts) => {
                let mut set = all;
                for part in parts {
                    // Nobody is left: nothing more is asked.
                    if set == 0 {
                        break;
                    }
                    set &= self.of(*part);
                }
                set
            }
            Answer::Any(parts) => {
                let mut set = 0;
                for part in parts {
                    if set == all {
                        break;
                    }
                    set |= self.of(*part);
                }
                set
            }
            Answer::Not(part) => all & !self.of(*part),
            Answer::Count { words, range } => {
                let counts = self.sum(*words);
                let (least, most) = (u64::from(range.least.max(1)), range.most.map_or(u64::MAX, u64::from));
                let zero = range.zero;
                all & of_each(&counts, |count| {
                    (count >= least) & (count <= most) & (count > 0) | (count == 0) & zero
                })
            }
            Answer::Regularly { words, least } => {
                let mut counts: Column = [0; LANES];
                for column in columns.between(*words) {
                    counts.iter_mut().zip(column).for_each(|(count, word)| *count += u64::from(*word > 0));
                }
                let least = u64::from(*least);
                all & of_each(&counts, |count| count >= least)
            }
            Answer::Inside { word, from, to } => of_each(columns.column(*word), |word| {
                let at = instant_of(word);
                (word != 0) & (*from <= at) & (at < *to)
            }),
            Answer::Noted { word, bit } => of_each(columns.column(*word), |word| word & bit != 0),
            Answer::Number { word, function, result } => {
                let value = match function {
                    AggregateFunction::Sum | AggregateFunction::Average => columns.column(*word),
                    AggregateFunction::Min => columns.column(word + 2),
                    AggregateFunction::Max | AggregateFunction::Distinct => columns.column(word + 3),
                };
                let counts = columns.column(word + 1);
                let some = of_each(counts, |count| count > 0);
                let average = *function == AggregateFunction::Average;
                let none = if result.holds(None) { all & !some } else { 0 };
                let numbers = value.iter().zip(counts).enumerate().filter(|(user, _)| some >> user & 1 == 1);
                let holds = |(value, count): (&u64, &u64)| {
                    let value = f64::from_bits(*value);
                    let value = if average { value / *count as f64 } else { value };
                    result.holds(Number::from_f64(value))
                };
                numbers.fold(none, |set, (user, found)| set | u64::from(holds(found)) << user)
            }
            Answer::Share { had, all: of_all, comparison, millionths } => {
                let (had, of_all) = (self.sum(*had), self.sum(*of_all));
                let holds = |(had, all): (&u64, &u64)| {
                    let order = had.saturating_mul(1_000_000).cmp(&all.saturating_mul(*millionths));
                    *all > 0 && accepts(*comparison, order)
                };
                let shares = had.iter().zip(&of_all).enumerate();
                all & shares.fold(0, |set, (user, share)| set | u64::from(holds(share)) << user)
            }
            Answer::Distinct { words, list, eras, result } => {
                let mut seen: Column = [0; LANES];
                for column in columns.between(*words) {
                    seen.iter_mut().zip(column).for_each(|(seen, word)| *seen |= word);
                }
                let mut counts = seen.map(|seen| u64::from(seen.count_ones()));
                self.add_listed(*list, *eras, &mut counts);
                let number =
                    |count: u64| i64::try_from(count).ok().filter(|count| *count > 0).map(Number::from_i64);
                all & of_each(&counts, |count| result.holds(number(count)))
            }
            Answer::Apart(place) => {
                self.apart.get(*place).and_then(|set| set.get(self.part)).copied().unwrap_or(0)
            }
        }
    }

    /// Adds to the number of different values those that no word could hold.
    fn add_listed(&self, list: u32, (from, to): (u16, u16), counts: &mut Column) {
        let listed = self.words.listed(list, self.part * LANES, self.columns.users());
        let inside = listed.iter().filter(|(_, _, era)| (from..to).contains(era));
        let mut different: Vec<(u32, u32)> = inside.map(|(user, key, _)| (*user, *key)).collect();
        different.sort_unstable();
        different.dedup();
        for (user, _) in different {
            if let Some(count) = counts.get_mut(user as usize % LANES) {
                *count += 1;
            }
        }
    }

    /// The sums of some words.
    fn sum(&self, words: (u32, u32)) -> Column {
        let mut sums: Column = [0; LANES];
        for column in self.columns.between(words) {
            sums.iter_mut().zip(column).for_each(|(sum, word)| *sum += word);
        }
        sums
    }
}

/// So many users, from the first on.
const fn all(users: usize) -> u64 {
    if users < LANES { (1 << users) - 1 } else { u64::MAX }
}

/// The users of whose words something holds.
#[inline]
fn of_each(words: &Column, holds: impl Fn(u64) -> bool) -> u64 {
    words.iter().enumerate().fold(0, |bits, (place, word)| bits | u64::from(holds(*word)) << place)
}
