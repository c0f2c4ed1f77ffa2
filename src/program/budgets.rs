//! What providers and throttles allow, by numbers: which budgets there are, and which of them concern a campaign.

use crate::model::{Budget, PairLimit, Rate, WarmUp};
use crate::rulebook::{Campaign, Rulebook};

/// The budgets of a program.
#[derive(Debug, Default)]
pub(crate) struct BudgetPlans {
    /// All of them; others speak of them by their places here.
    pub(crate) all: Vec<BudgetPlan>,
    /// What concerns one campaign together; campaigns with the same budgets share it.
    pub(crate) sets: Vec<BudgetSet>,
}

/// A budget.
#[derive(Debug)]
pub(crate) struct BudgetPlan {
    pub(crate) name: Budget,
    pub(crate) allows: Allowance,
}

/// What a budget allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowance {
    /// So many jobs in any stretch; at first fewer, where a number warms up.
    Jobs { rate: Rate, warm_up: Option<WarmUp> },
    /// So many to one number.
    Pair(PairLimit),
    /// To so many numbers in any 24 hours.
    Numbers(u32),
}

/// The budgets in which a message needs room, by their places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct BudgetSet {
    /// Those that count jobs: the campaign's throttle, the account's, its provider's rate.
    pub(crate) jobs: Vec<u32>,
    /// Its provider and one number.
    pub(crate) pair: Option<u32>,
    /// The numbers of its provider's portfolio.
    pub(crate) numbers: Option<u32>,
}

impl BudgetPlans {
    /// Whether any portfolio counts numbers.
    pub(crate) fn counts_numbers(&self) -> bool {
        self.sets.iter().any(|set| set.numbers.is_some())
    }

    /// The budgets of a campaign, by the place of their set; none where nothing holds it back.
    pub(super) fn of(&mut self, rulebook: &Rulebook, campaign: &Campaign) -> Option<u32> {
        let mut set = BudgetSet::default();
        if let Some(throttle) = &campaign.syntax.throttle {
            let rate = Rate { count: throttle.count.node, per: throttle.per.node };
            let name = Budget::CampaignThrottle(campaign.name.clone());
            set.jobs.push(self.enter(name, Allowance::Jobs { rate, warm_up: None }));
        }
        if let Some((count, per)) = rulebook.settings().throttle {
            let rate = Rate { count, per };
            set.jobs.push(self.enter(Budget::AccountThrottle, Allowance::Jobs { rate, warm_up: None }));
        }
        let named = campaign.syntax.provider.as_ref().map(|provider| provider.node.as_str());
        if let Some((name, provider)) = rulebook.providers().of(named) {
            if let Some(rate) = provider.rate {
                let allows = Allowance::Jobs { rate, warm_up: provider.warm_up };
                set.jobs.push(self.enter(Budget::Rate(name.clone()), allows));
            }
            if let Some(pair) = provider.pair {
                set.pair = Some(self.enter(Budget::Pair(name.clone()), Allowance::Pair(pair)));
            }
            if let Some((name, portfolio)) = rulebook.providers().portfolio_of(provider)
                && let Some(users) = portfolio.users_per_day
            {
                set.numbers = Some(self.enter(Budget::Portfolio(name.clone()), Allowance::Numbers(users)));
            }
        }
        if set == BudgetSet::default() {
            return None;
        }
        let known = self.sets.iter().position(|known| *known == set);
        Some(place(known.unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        })))
    }

    fn enter(&mut self, name: Budget, allows: Allowance) -> u32 {
        let known = self.all.iter().position(|known| known.name == name);
        place(known.unwrap_or_else(|| {
            self.all.push(BudgetPlan { name, allows });
            self.all.len() - 1
        }))
    }
}

fn place(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
