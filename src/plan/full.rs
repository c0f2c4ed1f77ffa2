//! How much of a budget is used, and when it is full.

use std::collections::BTreeMap;

use super::Stretch;
use crate::model::{Budget, Duration, Instant, Rate, SendJob, WarmUp};
use crate::rulebook::Rulebook;

/// How long a portfolio counts a number.
pub(super) const DAY: Duration = Duration::from_seconds(86_400);

/// What of a budget can be counted from a run's jobs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Counted {
    /// Jobs in any stretch.
    Jobs { rate: Rate, warm_up: Option<WarmUp> },
    /// Users in any 24 hours.
    Users(u32),
    /// Nothing that is one number: each user, or each template, has its own.
    Nothing,
}

impl Counted {
    pub(super) fn of(rulebook: &Rulebook, budget: &Budget) -> Counted {
        let providers = rulebook.providers();
        let found = match budget {
            Budget::CampaignThrottle(name) => {
                let campaign = rulebook.campaigns().iter().find(|campaign| campaign.name == *name);
                let throttle = campaign.and_then(|campaign| campaign.syntax.throttle.as_ref());
                throttle.map(|throttle| Counted::Jobs {
                    rate: Rate { count: throttle.count.node, per: throttle.per.node },
                    warm_up: None,
                })
            }
            Budget::AccountThrottle => {
                let throttle = rulebook.settings().throttle;
                throttle.map(|(count, per)| Counted::Jobs { rate: Rate { count, per }, warm_up: None })
            }
            Budget::Rate(name) => providers.providers.get(name).and_then(|provider| {
                provider.rate.map(|rate| Counted::Jobs { rate, warm_up: provider.warm_up })
            }),
            Budget::Portfolio(name) => {
                let most = providers.portfolios.get(name).and_then(|portfolio| portfolio.users_per_day);
                most.map(Counted::Users)
            }
            Budget::Pair(_) | Budget::Template(_) | Budget::Refusal(_) => None,
        };
        found.unwrap_or(Counted::Nothing)
    }

    /// How much it allows at an instant.
    pub(super) fn allows(&self, at: Instant) -> Option<u64> {
        match self {
            Counted::Jobs { rate, warm_up } => {
                Some(warm_up.map_or(rate.count, |warm_up| warm_up.allows(at, *rate)).into())
            }
            Counted::Users(most) => Some((*most).into()),
            Counted::Nothing => None,
        }
    }

    /// How what is used changes: at an instant so much more, or less.
    pub(super) fn changes(&self, jobs: &[&SendJob]) -> Vec<(Instant, i64)> {
        match self {
            Counted::Jobs { rate, .. } => {
                jobs.iter().flat_map(|job| [(job.due, 1), (job.due + rate.per, -1)]).collect()
            }
            Counted::Users(_) => users(jobs),
            Counted::Nothing => Vec::new(),
        }
    }

    /// The stretches in which it has no room, in order; none touches the next.
    pub(super) fn full(&self, mut changes: Vec<(Instant, i64)>) -> Vec<Stretch> {
        // Where it allows more from some instant on, nothing changes but that.
        changes.extend(self.steps(&changes).into_iter().map(|step| (step, 0)));
        changes.sort_unstable();
        let mut full: Vec<Stretch> = Vec::new();
        let (mut used, mut since) = (0_i64, None);
        let mut changes = changes.into_iter().peekable();
        while let Some((at, more)) = changes.next() {
            used += more;
            if changes.peek().is_some_and(|(next, _)| *next == at) {
                continue;
            }
            let is_full =
                self.allows(at).is_some_and(|allowed| u64::try_from(used).is_ok_and(|used| used >= allowed));
            match since {
                None if is_full => since = Some(at),
                Some(from) if !is_full => {
                    full.push(Stretch { from, to: at });
                    since = None;
                }
                _ => {}
            }
        }
        full
    }

    /// The instants at which a warm-up allows more, as far as anything is used.
    fn steps(&self, changes: &[(Instant, i64)]) -> Vec<Instant> {
        let Counted::Jobs { rate, warm_up: Some(warm_up) } = self else { return Vec::new() };
        let times = || changes.iter().map(|(at, _)| *at);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { return Vec::new() };
        let steps =
            std::iter::successors(warm_up.next_step(first, *rate), |at| warm_up.next_step(*at, *rate));
        steps.take_while(|step| *step <= last).collect()
    }
}

/// The numbers that count: each from its first job until 24 hours after the last, where there are less between two.
fn users(jobs: &[&SendJob]) -> Vec<(Instant, i64)> {
    let mut numbers: BTreeMap<&str, Stretch> = BTreeMap::new();
    let mut changes = Vec::new();
    let ends = |stretch: &Stretch| [(stretch.from, 1), (stretch.to, -1)];
    for job in jobs {
        let counted = Stretch { from: job.due, to: job.due + DAY };
        let known = numbers.entry(&job.to).or_insert(counted);
        if job.due < known.to {
            known.to = counted.to;
        } else {
            changes.extend(ends(known));
            *known = counted;
        }
    }
    changes.extend(numbers.values().flat_map(ends));
    changes
}
