//! Conditions that look at several events together.

use crate::calendar::turn;
use crate::model::{Instant, Number, Percent};
use crate::program::{
    AggregateFunction, AggregateTest, Block, Comparison, Tables, Which, WindowKind, WindowPlan, accepts,
};

use super::super::memory::{Kept, Keys, Numbers, Total};
use super::standing::Standing;
use super::{User, instants};

/// From where a question is asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) tables: &'a Tables,
    pub(super) user: &'a User,
    pub(super) now: Instant,
}

impl<'a> Asked<'a> {
    /// The first or last instant of a counter lies in a window.
    pub(super) fn occurred(self, counter: u32, which: Which, window: &WindowPlan) -> bool {
        self.which(counter, which).is_some_and(|at| self.is_inside(at, window))
    }

    pub(super) fn occurred_until(self, counter: u32, which: Which, window: &WindowPlan) -> Standing {
        self.instant_until(self.which(counter, which), window)
    }

    fn which(self, counter: u32, which: Which) -> Option<i64> {
        let counted = self.user.memory.counted(counter);
        match which {
            Which::First => counted.first().copied(),
            Which::Last => counted.last().copied(),
        }
    }

    /// There was an A, in a window, and no B since.
    pub(super) fn none_since(self, since: u32, window: &WindowPlan) -> bool {
        self.unanswered(since).is_some_and(|at| self.is_inside(at, window))
    }

    pub(super) fn none_since_until(self, since: u32, window: &WindowPlan) -> Standing {
        self.instant_until(self.unanswered(since), window)
    }

    fn unanswered(self, since: u32) -> Option<i64> {
        self.user.memory.since(since)?.unanswered()
    }

    fn is_inside(self, at: i64, window: &WindowPlan) -> bool {
        !instants::inside(self.tables, self.user, &[at], window, self.now).is_empty()
    }

    fn instant_until(self, at: Option<i64>, window: &WindowPlan) -> Standing {
        let Some(at) = at else { return Standing::settled(false) };
        let until = instants::turns(self.tables, self.user, at, window, self.now);
        Standing { holds: self.is_inside(at, window), until }
    }

    pub(super) fn number(
        self,
        numbers: u32,
        window: &WindowPlan,
        function: AggregateFunction,
        result: &AggregateTest,
    ) -> bool {
        result.holds(self.number_found(numbers, window, function))
    }

    /// The number that numbers come to; none where there is none.
    pub(super) fn number_found(
        self,
        numbers: u32,
        window: &WindowPlan,
        function: AggregateFunction,
    ) -> Option<Number> {
        let total = self.total(numbers, window);
        let found = match function {
            AggregateFunction::Sum => Some(total.sum),
            AggregateFunction::Average => Some(total.sum / total.count as f64),
            AggregateFunction::Min => Some(total.least),
            AggregateFunction::Max => Some(total.most),
            // Counted by keys.
            AggregateFunction::Distinct => None,
        };
        found.filter(|_| total.count > 0).and_then(Number::from_f64)
    }

    /// Events of which something was had are numbers that are 1, the others 0.
    pub(super) fn share(
        self,
        numbers: u32,
        window: &WindowPlan,
        comparison: Comparison,
        share: Percent,
    ) -> bool {
        let total = self.total(numbers, window);
        let (had, all) = (total.sum as u64, total.count);
        let order = (had.saturating_mul(1_000_000)).cmp(&all.saturating_mul(share.millionths().into()));
        all > 0 && accepts(comparison, order)
    }

    /// What the numbers in a window come to.
    fn total(self, numbers: u32, window: &WindowPlan) -> Total {
        let Some(store) = self.user.memory.numbers(numbers) else { return Total::default() };
        let inside = self.inside(store.kept(), |(at, _)| *at, window);
        inside.iter().fold(store.total(), |total, (_, number)| total.with(*number))
    }

    /// How long what is made of numbers stands.
    pub(super) fn numbers_until(self, numbers: u32, window: &WindowPlan) -> Instant {
        let kept = self.user.memory.numbers(numbers).map(Numbers::kept);
        self.kept_until(kept.unwrap_or_default(), |(at, _)| *at, window)
    }

    pub(super) fn distinct(self, keys: u32, window: &WindowPlan, result: &AggregateTest) -> bool {
        result.holds(self.distinct_found(keys, window))
    }

    /// How many different values there are; none where there is no value.
    pub(super) fn distinct_found(self, keys: u32, window: &WindowPlan) -> Option<Number> {
        let inside = self.kept_keys(keys, window);
        let once = self.tables.keys.get(keys as usize).is_some_and(|plan| plan.once.is_some());
        let different = if once {
            inside.len()
        } else {
            let mut keys: Vec<u128> = inside.iter().map(|kept| kept.key).collect();
            keys.sort_unstable();
            keys.dedup();
            keys.len()
        };
        let different = i64::try_from(different).ok().filter(|different| *different > 0);
        different.map(Number::from_i64)
    }

    /// One of the most frequent values passes, which the lowest bit of its key says.
    pub(super) fn mostly(self, keys: u32, window: &WindowPlan) -> bool {
        let mut inside: Vec<Kept> = self.kept_keys(keys, window).to_vec();
        inside.sort_unstable_by_key(|kept| kept.key);
        let values = inside.chunk_by(|one, other| one.key == other.key);
        let counted = values.filter_map(|same| {
            let times: u64 = same.iter().map(|kept| u64::from(kept.times)).sum();
            Some((times, same.first()?.key & 1 == 1))
        });
        // Of several that are as frequent, one that passes.
        counted.max().is_some_and(|(_, passes)| passes)
    }

    fn kept_keys(self, keys: u32, window: &WindowPlan) -> &'a [Kept] {
        let kept = self.user.memory.keys(keys).map(Keys::kept).unwrap_or_default();
        self.inside(kept, |kept| kept.at, window)
    }

    pub(super) fn keys_until(self, keys: u32, window: &WindowPlan) -> Instant {
        let kept = self.user.memory.keys(keys).map(Keys::kept);
        self.kept_until(kept.unwrap_or_default(), |kept| kept.at, window)
    }

    fn inside<T>(self, kept: &'a [T], at: impl Fn(&T) -> i64, window: &WindowPlan) -> &'a [T] {
        let inside = instants::inside_by(self.tables, self.user, kept, at, window, self.now);
        kept.get(inside).unwrap_or_default()
    }

    fn kept_until<T>(self, kept: &[T], at: impl Fn(&T) -> i64 + Copy, window: &WindowPlan) -> Instant {
        let inside = instants::inside_by(self.tables, self.user, kept, at, window, self.now);
        instants::next_turn(self.tables, self.user, kept, at, &inside, window, self.now)
    }

    /// In at least so many of the last so many stretches there is an instant.
    pub(super) fn regularly(
        self,
        counter: u32,
        (least, of): (u32, u32),
        block: Block,
        user_time: bool,
    ) -> bool {
        let counted = self.user.memory.counted(counter);
        let found = match block {
            Block::Rolling(length) => {
                let ages = counted.iter().map(|at| self.now.millis().saturating_sub(*at));
                let mut blocks: Vec<i64> = ages.map(|age| age.div_euclid(length.millis().max(1))).collect();
                blocks.dedup();
                blocks.into_iter().filter(|block| (0..i64::from(of)).contains(block)).count()
            }
            Block::Calendar(unit) => {
                let has_one = |back: u32| {
                    let kind = WindowKind::ExactlyAgo(back, unit);
                    self.is_inside_any(counted, &WindowPlan::Calendar { kind, user_time })
                };
                (1..=of).filter(|back| has_one(*back)).count()
            }
        };
        found >= least as usize
    }

    fn is_inside_any(self, counted: &[i64], window: &WindowPlan) -> bool {
        !instants::inside(self.tables, self.user, counted, window, self.now).is_empty()
    }

    pub(super) fn regularly_until(self, counter: u32, of: u32, block: Block, user_time: bool) -> Instant {
        let counted = self.user.memory.counted(counter);
        match block {
            Block::Rolling(length) => {
                let length = length.millis().max(1);
                let next = counted.iter().filter_map(|at| {
                    let block = self.now.millis().saturating_sub(*at).div_euclid(length);
                    let passes = block < i64::from(of);
                    passes
                        .then(|| Instant::from_millis(at.saturating_add((block + 1).saturating_mul(length))))
                });
                next.min().unwrap_or(Instant::MAX)
            }
            Block::Calendar(_) if counted.is_empty() => Instant::MAX,
            Block::Calendar(unit) => {
                let zone = if user_time { &self.user.zone } else { &self.tables.zone };
                let week_starts = self.tables.rulebook.settings().week_starts;
                turn(&WindowKind::This(unit), self.now, self.now, zone, week_starts)
            }
        }
    }
}
