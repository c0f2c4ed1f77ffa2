//! For what those in line wait, instant by instant.
//!
//! A run knows for what a message began to wait. By its turn that may be another matter: of those that wait for the next second, most find the day's
//! users used up. So what is counted here is, at each instant, the full budget that has room again last.

use std::collections::BTreeMap;

use super::Stretch;
use super::line::{Level, levels, sweep};
use crate::model::{Duration, Hold, Instant, OutcomeKind};

/// Those who wait for one budget.
#[derive(Debug, Default)]
pub(super) struct Waited {
    moves: Vec<(Instant, i64)>,
    /// How long each of those did.
    pub lengths: Vec<Duration>,
    /// By the campaign's place.
    pub campaigns: BTreeMap<usize, CampaignWaited>,
}

/// Those of one campaign.
#[derive(Debug, Default)]
pub(super) struct CampaignWaited {
    pub held: u64,
    pub longest: Duration,
    pub outcomes: BTreeMap<OutcomeKind, u64>,
}

impl Waited {
    /// How many wait for it at once.
    pub fn levels(&mut self) -> Vec<Level> {
        sweep(std::mem::take(&mut self.moves))
    }

    fn by(&mut self, campaign: usize, length: Duration) -> &mut CampaignWaited {
        self.lengths.push(length);
        let campaign = self.campaigns.entry(campaign).or_default();
        campaign.held += 1;
        campaign.longest = campaign.longest.max(length);
        campaign
    }
}

/// From here on, until the next turn, the budget of this place binds.
#[derive(Debug, Clone, Copy)]
struct Turn {
    from: Instant,
    budget: usize,
}

/// For what those in line wait: for each budget, by its place, those who do.
///
/// `full` are the stretches in which each has no room; `own` is the budget for which a message began to wait, and `others` are those that it needs
/// beside it. Where none of them is full, it waits for its own.
pub(super) fn waited<'h>(
    full: &[Vec<Stretch>],
    holds: impl Iterator<Item = (&'h Hold, usize, Vec<usize>)>,
) -> Vec<Waited> {
    let mut all: Vec<Waited> = full.iter().map(|_| Waited::default()).collect();
    let mut groups: BTreeMap<(usize, Vec<usize>), Vec<&Hold>> = BTreeMap::new();
    for (hold, own, needed) in holds {
        groups.entry((own, needed)).or_default().push(hold);
    }
    for ((own, needed), holds) in groups {
        let Some(first) = holds.iter().map(|hold| hold.from).min() else { continue };
        let turns = turns(full, &needed, own, first);
        lines(&levels(holds.iter().copied()), &turns, &mut all);
        let mut budgets = needed;
        budgets.push(own);
        budgets.sort_unstable();
        budgets.dedup();
        lengths(&holds, &turns, own, &budgets, &mut all);
    }
    all
}

/// Which budget binds from when on, from an instant on.
fn turns(full: &[Vec<Stretch>], needed: &[usize], own: usize, first: Instant) -> Vec<Turn> {
    let of = |budget: &usize| full.get(*budget).map_or(&[][..], Vec::as_slice);
    let mut edges: Vec<Instant> =
        needed.iter().flat_map(of).flat_map(|stretch| [stretch.from, stretch.to]).collect();
    edges.push(first);
    edges.retain(|edge| *edge >= first);
    edges.sort_unstable();
    edges.dedup();
    let mut next: Vec<usize> = vec![0; needed.len()];
    let mut turns: Vec<Turn> = Vec::new();
    for at in edges {
        let mut binds: Option<(Instant, usize)> = None;
        for (budget, next) in needed.iter().zip(&mut next) {
            let stretches = of(budget);
            while stretches.get(*next).is_some_and(|stretch| stretch.to <= at) {
                *next += 1;
            }
            if let Some(stretch) = stretches.get(*next).filter(|stretch| stretch.from <= at)
                && binds.is_none_or(|(to, _)| to < stretch.to)
            {
                binds = Some((stretch.to, *budget));
            }
        }
        let budget = binds.map_or(own, |(_, budget)| budget);
        if turns.last().is_none_or(|last| last.budget != budget) {
            turns.push(Turn { from: at, budget });
        }
    }
    turns
}

/// The turn of an instant.
fn turn_at(turns: &[Turn], at: Instant) -> usize {
    turns.partition_point(|turn| turn.from <= at).saturating_sub(1)
}

/// Cuts the line where another budget's turn comes.
fn lines(levels: &[Level], turns: &[Turn], all: &mut [Waited]) {
    for level in levels {
        let mut from = level.from;
        let mut turn = turn_at(turns, from);
        while from < level.to {
            let to = turns.get(turn + 1).map_or(level.to, |next| next.from.min(level.to));
            let waited = turns.get(turn).and_then(|turn| all.get_mut(turn.budget));
            let Some(waited) = waited else { break };
            let waiting = i64::try_from(level.waiting).unwrap_or(i64::MAX);
            waited.moves.push((from, waiting));
            waited.moves.push((to, -waiting));
            (from, turn) = (to, turn + 1);
        }
    }
}

/// How long each message waited for each budget, and for which when it left the line.
fn lengths(holds: &[&Hold], turns: &[Turn], own: usize, budgets: &[usize], all: &mut [Waited]) {
    // For each budget how long it has bound when each turn begins.
    let mut before: Vec<Vec<i64>> = vec![Vec::with_capacity(turns.len()); budgets.len()];
    let mut sums = vec![0_i64; budgets.len()];
    for (place, turn) in turns.iter().enumerate() {
        for ((before, sum), budget) in before.iter_mut().zip(&mut sums).zip(budgets) {
            before.push(*sum);
            if let Some(next) = turns.get(place + 1).filter(|_| turn.budget == *budget) {
                *sum += next.from.millis() - turn.from.millis();
            }
        }
    }
    let bound_until = |at: Instant, place: usize, budget: usize| {
        let number = turn_at(turns, at);
        let sum = before.get(place).and_then(|before| before.get(number)).copied().unwrap_or(0);
        let rest = turns.get(number).filter(|turn| turn.budget == budget);
        sum + rest.map_or(0, |turn| at.millis().saturating_sub(turn.from.millis()).max(0))
    };
    for hold in holds {
        // The last instant in line; of one that stood there for no time its only one.
        let last = Instant::from_millis(hold.until.millis() - 1).max(hold.from);
        let binds_last = turns.get(turn_at(turns, last)).map_or(own, |turn| turn.budget);
        for (place, budget) in budgets.iter().enumerate() {
            let length = bound_until(hold.until, place, *budget) - bound_until(hold.from, place, *budget);
            let Some(waited) = all.get_mut(*budget).filter(|_| length > 0 || binds_last == *budget) else {
                continue;
            };
            let campaign = waited.by(hold.campaign, Duration::from_millis(length));
            if let Some(outcome) = hold.outcome.filter(|_| binds_last == *budget) {
                *campaign.outcomes.entry(outcome).or_default() += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Budget;

    fn at(second: i64) -> Instant {
        Instant::from_seconds(second)
    }

    fn hold(from: i64, until: i64, outcome: Option<OutcomeKind>) -> Hold {
        Hold { campaign: 3, budget: Budget::AccountThrottle, from: at(from), until: at(until), outcome }
    }

    fn stretches(stretches: &[(i64, i64)]) -> Vec<Stretch> {
        stretches.iter().map(|(from, to)| Stretch { from: at(*from), to: at(*to) }).collect()
    }

    #[test]
    fn at_each_instant_the_budget_binds_that_has_room_last() {
        // A rate that is full while there is anybody, a portfolio that is full from 50 on, and a third that nobody counts.
        let full = [stretches(&[(10, 51), (100, 110)]), stretches(&[(50, 100)]), Vec::new()];
        let holds = [
            hold(20, 40, Some(OutcomeKind::Sent)),
            hold(20, 105, Some(OutcomeKind::Expired)),
            hold(30, 120, None),
            hold(5, 5, Some(OutcomeKind::Sent)),
        ];
        let mut waited = waited(&full, holds.iter().map(|hold| (hold, 2, vec![0, 1])));
        let lengths: Vec<Vec<i64>> = waited
            .iter()
            .map(|waited| waited.lengths.iter().map(|length| length.millis() / 1_000).collect())
            .collect();
        assert_eq!(lengths, [vec![20, 30 + 5, 20 + 10], vec![50, 50], vec![10, 0]]);
        let lines: Vec<Vec<(i64, i64, u64)>> = waited
            .iter_mut()
            .map(Waited::levels)
            .map(|levels| {
                let seconds = |at: Instant| at.millis() / 1_000;
                levels.iter().map(|level| (seconds(level.from), seconds(level.to), level.waiting)).collect()
            })
            .collect();
        assert_eq!(lines[0], [(20, 30, 2), (30, 40, 3), (40, 50, 2), (100, 105, 2), (105, 110, 1)]);
        assert_eq!(lines[1], [(50, 100, 2)]);
        assert_eq!(lines[2], [(110, 120, 1)]);
        let outcomes: Vec<Vec<OutcomeKind>> = waited
            .iter()
            .map(|waited| waited.campaigns.values().flat_map(|c| c.outcomes.keys().copied()).collect())
            .collect();
        assert_eq!(
            outcomes,
            [vec![OutcomeKind::Sent, OutcomeKind::Expired], vec![], vec![OutcomeKind::Sent]]
        );
    }
}
