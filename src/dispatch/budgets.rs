//! What providers and throttles have counted, and from when on they have room.
//!
//! Instants come in their order: what can count no more is forgotten as time goes by.

use std::collections::{BTreeSet, VecDeque};

use crate::model::{Duration, GrowingMap, Instant, PairLimit, Rate, WarmUp};
use crate::program::{Allowance, BudgetPlans, BudgetSet};
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

/// So many are forgotten at once.
const FEW: usize = 64;

/// How long a portfolio counts a number.
const DAY: Duration = Duration::from_seconds(86_400);

/// The budgets of a program, each with what it has counted.
#[derive(Debug, Default)]
pub(super) struct Budgets {
    all: Vec<Ledger>,
}

#[derive(Debug)]
enum Ledger {
    Jobs(Jobs),
    Pairs(Pairs),
    Numbers(Numbers),
}

/// A message as budgets see it: to whom, and whether a portfolio counts it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking {
    pub(super) number: Number,
    /// The business writes first: the user's service window is closed.
    pub(super) first: bool,
    pub(super) now: Instant,
}

/// A phone number, by its digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Number(u64);

saved!(tuple Number);

impl Number {
    /// Behind all others.
    pub(super) const LAST: Number = Number(u64::MAX);

    /// Of a number in E.164 form, whose digits are at most seventeen and begin with none that is 0.
    pub(super) fn of(e164: &str) -> Number {
        let digits = e164.bytes().filter(u8::is_ascii_digit);
        Number(digits.fold(0, |number, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'))))
    }
}

/// A provider's budget of pairs, and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pair {
    pub(super) budget: u32,
    pub(super) number: Number,
}

saved!(struct Pair { budget, number });

/// Where a message finds room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// The first instant from now on at which all budgets have room, if nothing is sent meanwhile.
    pub(super) from: Instant,
    /// The budget that has room last; of several the first.
    pub(super) budget: u32,
}

impl Budgets {
    pub(super) fn new(plans: &BudgetPlans) -> Budgets {
        let ledger = |allows: Allowance| match allows {
            Allowance::Jobs { rate, warm_up } => {
                Ledger::Jobs(Jobs { rate, warm_up, latest: VecDeque::new() })
            }
            Allowance::Pair(limit) => Ledger::Pairs(Pairs::new(limit)),
            Allowance::Numbers(users) => Ledger::Numbers(Numbers::new(users)),
        };
        Budgets { all: plans.all.iter().map(|plan| ledger(plan.allows)).collect() }
    }

    /// From when on a message has room in all of its budgets; none when it has now.
    pub(super) fn until(&self, set: &BudgetSet, asking: Asking) -> Option<Room> {
        let mut last: Option<Room> = None;
        let budgets = set.jobs.iter().copied().chain(set.pair).chain(set.numbers);
        for budget in budgets {
            let from = match self.all.get(budget as usize) {
                Some(Ledger::Jobs(jobs)) => jobs.room_from(asking.now),
                Some(Ledger::Pairs(pairs)) => pairs.room_from(asking.number, asking.now),
                Some(Ledger::Numbers(numbers)) => numbers.room_from(asking),
                None => asking.now,
            };
            if from > last.map_or(asking.now, |room| room.from) {
                last = Some(Room { from, budget });
            }
        }
        last
    }

    /// From when on those budgets of a set have room that are the same for all numbers; for a number that needs a place in the portfolio, or for one
    /// that needs none.
    pub(super) fn shared_room(&self, set: &BudgetSet, needs_place: bool, now: Instant) -> Instant {
        let places = set.numbers.filter(|_| needs_place);
        let rooms = set.jobs.iter().copied().chain(places).filter_map(|budget| {
            match self.all.get(budget as usize)? {
                Ledger::Jobs(jobs) => Some(jobs.room_from(now)),
                Ledger::Numbers(numbers) => Some(numbers.place_from(now)),
                Ledger::Pairs(_) => None,
            }
        });
        rooms.max().unwrap_or(now)
    }

    /// From when on a number may be written to by a provider.
    pub(super) fn pair_room(&self, pair: Pair, now: Instant) -> Instant {
        match self.all.get(pair.budget as usize) {
            Some(Ledger::Pairs(pairs)) => pairs.room_from(pair.number, now),
            Some(Ledger::Jobs(_) | Ledger::Numbers(_)) | None => now,
        }
    }

    /// Whether a message needs a place in a portfolio.
    pub(super) fn takes_place(&self, portfolio: u32, asking: Asking) -> bool {
        match self.all.get(portfolio as usize) {
            Some(Ledger::Numbers(numbers)) => asking.first && !numbers.counts(asking.number, asking.now),
            Some(Ledger::Jobs(_) | Ledger::Pairs(_)) | None => false,
        }
    }

    /// Forgets what counts no more, a few at a time: before messages of an instant are decided, and until it is done, so that what is asked of the budgets then is
    /// answered without a search. Whether it is done.
    pub(super) fn forget(&mut self, now: Instant) -> bool {
        let mut done = true;
        for ledger in &mut self.all {
            match ledger {
                Ledger::Numbers(numbers) => done &= numbers.forget(now),
                // They forget as they count.
                Ledger::Jobs(_) | Ledger::Pairs(_) => {}
            }
        }
        done
    }

    /// Counts a job.
    pub(super) fn enter(&mut self, set: &BudgetSet, asking: Asking) {
        let budgets = set.jobs.iter().copied().chain(set.pair).chain(set.numbers);
        for budget in budgets {
            match self.all.get_mut(budget as usize) {
                Some(Ledger::Jobs(jobs)) => jobs.enter(asking.now),
                Some(Ledger::Pairs(pairs)) => pairs.enter(asking.number, asking.now),
                Some(Ledger::Numbers(numbers)) => numbers.enter(asking),
                None => {}
            }
        }
    }
}

impl Budgets {
    /// Writes what was counted; what is allowed the program tells.
    pub(super) fn save(&self, to: &mut Saver<'_>) {
        for ledger in &self.all {
            match ledger {
                Ledger::Jobs(Jobs { rate: _, warm_up: _, latest }) => latest.save(to),
                Ledger::Pairs(Pairs { limit: _, debts, jobs }) => {
                    debts.save(to);
                    jobs.save(to);
                }
                Ledger::Numbers(Numbers { most: _, last: _, by_last }) => by_last.save(to),
            }
        }
    }

    /// What was counted in the budgets of the same program.
    pub(super) fn restore(from: &mut Restorer<'_>, plans: &BudgetPlans) -> Result<Budgets, Damage> {
        let mut budgets = Budgets::new(plans);
        for ledger in &mut budgets.all {
            match ledger {
                Ledger::Jobs(jobs) => jobs.latest = Saved::restore(from)?,
                Ledger::Pairs(pairs) => {
                    pairs.debts = Saved::restore(from)?;
                    pairs.jobs = Saved::restore(from)?;
                }
                Ledger::Numbers(numbers) => {
                    numbers.by_last = Saved::restore(from)?;
                    for (last, number) in &numbers.by_last {
                        numbers.last.insert(*number, *last);
                    }
                }
            }
        }
        Ok(budgets)
    }
}

/// At most so many jobs in any stretch: the latest ones, as many as may be in one.
#[derive(Debug)]
struct Jobs {
    rate: Rate,
    warm_up: Option<WarmUp>,
    latest: VecDeque<Instant>,
}

impl Jobs {
    fn room_from(&self, now: Instant) -> Instant {
        let mut at = now;
        loop {
            let allowed =
                self.warm_up.map_or(self.rate.count, |warm_up| warm_up.allows(at, self.rate)).max(1);
            // With one more there are as many as are allowed when this one is out of the stretch.
            let oldest =
                self.latest.len().checked_sub(allowed as usize).and_then(|place| self.latest.get(place));
            let free = oldest.map_or(at, |oldest| at.max(*oldest + self.rate.per));
            match self.warm_up.and_then(|warm_up| warm_up.next_step(at, self.rate)) {
                // It allows more before that.
                Some(step) if step < free => at = step,
                Some(_) | None => return free,
            }
        }
    }

    fn enter(&mut self, now: Instant) {
        if self.latest.len() >= self.rate.count as usize {
            self.latest.pop_front();
        }
        self.latest.push_back(now);
    }
}

/// One message per so long to one number, with a burst.
#[derive(Debug)]
struct Pairs {
    limit: PairLimit,
    /// When each number's debt is paid back.
    debts: GrowingMap<Number, Instant>,
    /// How many jobs were counted.
    jobs: usize,
}

impl Pairs {
    /// After so many jobs a few numbers are looked at, and those without debt forgotten.
    const LOOK: usize = 256;

    fn new(limit: PairLimit) -> Pairs {
        Pairs { limit, debts: GrowingMap::default(), jobs: 0 }
    }

    fn room_from(&self, number: Number, now: Instant) -> Instant {
        let every = self.limit.every.millis();
        let burst = Duration::from_millis(every.saturating_mul(i64::from(self.limit.burst.max(1)) - 1));
        self.debts.get(&number).map_or(now, |paid| now.max(*paid - burst))
    }

    fn enter(&mut self, number: Number, now: Instant) {
        let paid = self.debts.get(&number).copied().unwrap_or(now);
        self.debts.insert(number, paid.max(now) + self.limit.every);
        self.jobs = self.jobs.wrapping_add(1);
        if self.jobs.is_multiple_of(Pairs::LOOK) {
            self.debts.retain_some(self.jobs / Pairs::LOOK, |_, paid| *paid > now);
        }
    }
}

/// At most so many numbers to which the business wrote first within 24 hours.
#[derive(Debug)]
struct Numbers {
    most: u32,
    /// The last counted job to each.
    last: GrowingMap<Number, Instant>,
    by_last: BTreeSet<(Instant, Number)>,
}

impl Numbers {
    fn new(most: u32) -> Numbers {
        Numbers { most, last: GrowingMap::default(), by_last: BTreeSet::new() }
    }

    /// Whether a number has a counted job in the last 24 hours.
    fn counts(&self, number: Number, now: Instant) -> bool {
        self.last.get(&number).is_some_and(|last| *last > now - DAY)
    }

    fn room_from(&self, asking: Asking) -> Instant {
        if !asking.first || self.counts(asking.number, asking.now) {
            return asking.now;
        }
        self.place_from(asking.now)
    }

    /// From when on there is a place for a further number.
    fn place_from(&self, now: Instant) -> Instant {
        // Those that count no more may still be there: as many as are too many must be out.
        let Some(too_many) = self.by_last.len().checked_sub(self.most as usize) else {
            return now;
        };
        let first = self.by_last.iter().nth(too_many);
        first.map_or(Instant::MAX, |(last, _)| now.max(*last + DAY))
    }

    fn enter(&mut self, asking: Asking) {
        if !asking.first {
            return;
        }
        if let Some(last) = self.last.insert(asking.number, asking.now) {
            self.by_last.remove(&(last, asking.number));
        }
        self.by_last.insert((asking.now, asking.number));
    }

    /// Forgets numbers that count no more, a few at a time; whether that is all of them.
    fn forget(&mut self, now: Instant) -> bool {
        for _ in 0..FEW {
            let Some(first) = self.by_last.first().copied().filter(|(last, _)| *last <= now - DAY) else {
                return true;
            };
            self.by_last.pop_first();
            self.last.remove(&first.1);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Instant {
        Instant::from_millis(millis)
    }

    fn jobs(count: u32, per: i64, warm_up: Option<WarmUp>) -> Jobs {
        let rate = Rate { count, per: Duration::from_millis(per) };
        Jobs { rate, warm_up, latest: VecDeque::new() }
    }

    /// The instants at which so many jobs leave that all wait from the start.
    fn pace(jobs: &mut Jobs, start: i64, count: usize) -> Vec<i64> {
        let mut now = at(start);
        let mut left = Vec::new();
        for _ in 0..count {
            now = jobs.room_from(now);
            jobs.enter(now);
            left.push(now.millis());
        }
        left
    }

    #[test]
    fn as_many_as_the_rate_in_any_stretch() {
        assert_eq!(pace(&mut jobs(2, 1_000, None), 7, 5), [7, 7, 1_007, 1_007, 2_007]);
        assert_eq!(pace(&mut jobs(1, 12, None), 0, 3), [0, 12, 24]);
        let mut spread = jobs(3, 1_000, None);
        for millis in [0, 400, 900] {
            spread.enter(at(millis));
        }
        assert_eq!(pace(&mut spread, 950, 4), [1_000, 1_400, 1_900, 2_000]);
        assert!(spread.latest.len() <= 3, "what can count no more is forgotten");
    }

    #[test]
    fn a_warm_up_doubles_and_counts_what_went_before() {
        let warm_up = WarmUp { from: at(0), start: 1, every: Duration::from_millis(2_500) };
        let mut warm = jobs(4, 1_000, Some(warm_up));
        assert_eq!(
            pace(&mut warm, -500, 10),
            // One a second, two from 2,500 on, four from 5,000 on.
            [-500, 500, 1_500, 2_500, 2_500, 3_500, 3_500, 4_500, 4_500, 5_000]
        );
        assert_eq!(pace(&mut warm, 5_000, 3), [5_000, 5_500, 5_500]);
    }

    /// All of a time line: at each instant there is room exactly when the definition says so.
    #[test]
    fn room_is_where_the_definition_has_it() {
        let warm_up = WarmUp { from: at(20), start: 1, every: Duration::from_millis(31) };
        for warm_up in [None, Some(warm_up)] {
            let mut jobs = jobs(5, 40, warm_up);
            let mut sent: Vec<i64> = Vec::new();
            let has_room = |sent: &[i64], now: i64| {
                let allowed = warm_up.map_or(5, |warm_up| warm_up.allows(at(now), jobs_rate()));
                sent.iter().filter(|job| **job > now - 40).count() < allowed as usize
            };
            for step in 0..400_u64 {
                let now = step.cast_signed();
                let from = jobs.room_from(at(now)).millis();
                let first = (now..now + 500).find(|later| has_room(&sent, *later));
                assert_eq!(Some(from), first, "at {now} after {sent:?}");
                // Some instants are asked and not used.
                if from == now && step.wrapping_mul(2_654_435_761) % 3 == 0 {
                    jobs.enter(at(now));
                    sent.push(now);
                }
            }
            assert!(sent.len() > 20);
        }
    }

    fn jobs_rate() -> Rate {
        Rate { count: 5, per: Duration::from_millis(40) }
    }

    #[test]
    fn a_pair_has_a_burst_and_pays_it_back() {
        let mut pairs = Pairs::new(PairLimit { every: Duration::from_millis(6_000), burst: 3 });
        let (asha, ravi) = (Number::of("+919820012345"), Number::of("+919820054321"));
        let mut left = Vec::new();
        let mut now = at(0);
        for _ in 0..5 {
            now = pairs.room_from(asha, now);
            pairs.enter(asha, now);
            left.push(now.millis());
        }
        assert_eq!(left, [0, 0, 0, 6_000, 12_000]);
        assert_eq!(pairs.room_from(ravi, at(0)), at(0));
        // All is paid back 18 seconds after the last.
        assert_eq!(pairs.debts.get(&asha), Some(&at(30_000)));
        assert_eq!(pairs.room_from(asha, at(12_001)), at(18_000));
    }

    #[test]
    fn numbers_without_debt_are_forgotten() {
        let mut pairs = Pairs::new(PairLimit { every: Duration::from_millis(10), burst: 1 });
        for number in 0..100_000 {
            pairs.enter(Number(number), at(i64::try_from(number).unwrap()));
        }
        assert!(pairs.debts.len() <= 1_024, "{} numbers are kept, ten have a debt", pairs.debts.len());
    }

    #[test]
    fn a_portfolio_counts_each_number_once_in_24_hours() {
        let mut numbers = Numbers::new(2);
        let day = 86_400_000;
        let asking = |number: u64, now: i64| Asking { number: Number(number), first: true, now: at(now) };
        numbers.enter(asking(1, 0));
        numbers.enter(asking(2, 1_000));
        assert_eq!(numbers.room_from(asking(3, 2_000)), at(day), "until the first is out");
        assert_eq!(numbers.room_from(asking(1, 2_000)), at(2_000), "who is counted needs no place");
        let answered = Asking { first: false, ..asking(3, 2_000) };
        assert_eq!(numbers.room_from(answered), at(2_000), "nor does who wrote first");
        numbers.enter(answered);
        assert_eq!(numbers.room_from(asking(4, 2_000)), at(day), "and takes none");
        numbers.enter(asking(1, 3_000));
        assert_eq!(numbers.room_from(asking(3, 4_000)), at(day + 1_000), "a further job counts from then on");
        assert_eq!(numbers.room_from(asking(3, day + 1_000)), at(day + 1_000));
        numbers.enter(asking(3, day + 1_000));
        assert!(numbers.forget(at(day + 1_000)));
        assert_eq!((numbers.last.len(), numbers.by_last.len()), (2, 2));
        assert_eq!(numbers.room_from(asking(2, day + 1_000)), at(day + 3_000), "who is out needs a place");
        assert_eq!(Numbers::new(0).room_from(asking(1, 0)), Instant::MAX);
    }

    #[test]
    fn the_budget_that_has_room_last_is_told() {
        use crate::model::Budget;
        use crate::program::BudgetPlan;

        let every = |millis| Rate { count: 1, per: Duration::from_millis(millis) };
        let plan = |name: Budget, allows| BudgetPlan { name, allows };
        let plans = BudgetPlans {
            all: vec![
                plan(
                    Budget::CampaignThrottle("a".into()),
                    Allowance::Jobs { rate: every(500), warm_up: None },
                ),
                plan(Budget::AccountThrottle, Allowance::Jobs { rate: every(700), warm_up: None }),
                plan(
                    Budget::Pair("p".into()),
                    Allowance::Pair(PairLimit { every: Duration::from_millis(700), burst: 1 }),
                ),
            ],
            sets: Vec::new(),
        };
        let set = BudgetSet { jobs: vec![0, 1], pair: Some(2), numbers: None };
        let mut budgets = Budgets::new(&plans);
        let asking = |number, now| Asking { number: Number(number), first: true, now: at(now) };
        assert_eq!(budgets.until(&set, asking(1, 0)), None);
        budgets.enter(&set, asking(1, 0));
        assert_eq!(
            budgets.until(&set, asking(1, 10)),
            Some(Room { from: at(700), budget: 1 }),
            "of two the first"
        );
        assert_eq!(budgets.until(&set, asking(1, 700)), None);
        budgets.enter(&set, asking(2, 700));
        assert_eq!(budgets.until(&set, asking(1, 700)), Some(Room { from: at(1_400), budget: 1 }));
        assert_eq!(
            budgets.until(&BudgetSet { jobs: vec![0], ..set }, asking(2, 700)),
            Some(Room { from: at(1_400), budget: 2 })
        );
    }
}
