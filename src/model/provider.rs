//! What providers allow: how fast a number may send, how often to one user, and to how many users a day.

use std::fmt;

use indexmap::IndexMap;

use super::{Duration, Instant, OutcomeKind, Text};
use crate::saved::saved;

/// The providers that campaigns may name, and what each allows. Without any, campaigns may name whom they like, and nothing is held back for a provider's sake.
///
/// # Example
/// ```
/// use campanile::model::{Portfolio, Provider, Providers};
/// let mut providers = Providers::default();
/// providers.portfolios.insert("main".into(), Portfolio { users_per_day: Some(2_000) });
/// providers.providers.insert("meta_main".into(), Provider { portfolio: Some("main".into()), ..Provider::default() });
/// assert_eq!(providers.of(None).map(|(name, _)| &**name), Some("meta_main"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Providers {
    /// By the name that campaigns use.
    pub providers: IndexMap<Text, Provider>,
    /// By the name that providers use.
    pub portfolios: IndexMap<Text, Portfolio>,
}

impl Providers {
    /// The provider of a campaign that names this one, or none: the only one that is declared is everybody's.
    pub fn of(&self, named: Option<&str>) -> Option<(&Text, &Provider)> {
        match named {
            Some(name) => self.providers.get_key_value(name),
            None if self.providers.len() == 1 => self.providers.first(),
            None => None,
        }
    }

    /// The portfolio of a provider.
    pub fn portfolio_of(&self, provider: &Provider) -> Option<(&Text, &Portfolio)> {
        self.portfolios.get_key_value(provider.portfolio.as_deref()?)
    }
}

/// One sending number at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The business portfolio whose daily users it shares.
    pub portfolio: Option<Text>,
    /// At most so many messages in any stretch so long.
    pub rate: Option<Rate>,
    /// How the number begins: slower than its rate.
    pub warm_up: Option<WarmUp>,
    /// How often to one user.
    pub pair: Option<PairLimit>,
    /// How long no marketing goes to a user after the provider refused one for the user's sake (131049).
    pub refusal: Duration,
}

impl Default for Provider {
    /// Without budgets; a refusal of marketing holds for 24 hours.
    fn default() -> Provider {
        Provider {
            portfolio: None,
            rate: None,
            warm_up: None,
            pair: None,
            refusal: Duration::from_seconds(86_400),
        }
    }
}

/// At most `count` messages in any stretch of `per`, its start out and its end in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At least 1.
    pub count: u32,
    /// Longer than nothing.
    pub per: Duration,
}

/// A number that is new sends slowly at first: `start` in each of its rate's stretches, twice as many after each `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WarmUp {
    /// When it began.
    pub from: Instant,
    /// How many at first; at least 1.
    pub start: u32,
    /// After how long it is twice as many; longer than nothing.
    pub every: Duration,
}

impl WarmUp {
    /// How many messages its rate's stretch may hold at an instant; before the beginning, as many as at it.
    pub fn allows(&self, at: Instant, rate: Rate) -> u32 {
        let since = at.millis().saturating_sub(self.from.millis()).max(0);
        let steps = u32::try_from(since / self.every.millis().max(1)).unwrap_or(u32::MAX);
        let doubled = 1_u64.checked_shl(steps.min(40)).unwrap_or(u64::MAX).saturating_mul(self.start.into());
        u32::try_from(doubled).unwrap_or(u32::MAX).min(rate.count)
    }

    /// The first instant after one at which it allows more; none once the rate itself is reached.
    pub fn next_step(&self, after: Instant, rate: Rate) -> Option<Instant> {
        if self.allows(after, rate) >= rate.count {
            return None;
        }
        let every = self.every.millis().max(1);
        let since = after.millis().saturating_sub(self.from.millis()).max(0);
        Some(Instant::from_millis(
            self.from.millis().saturating_add((since / every + 1).saturating_mul(every)),
        ))
    }
}

/// One message per `every` to one user, and a burst of so many that is paid back at that pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairLimit {
    /// Longer than nothing.
    pub every: Duration,
    /// At least 1.
    pub burst: u32,
}

/// A business portfolio: numbers that share one allowance of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Portfolio {
    /// At most so many different users in any 24 hours to whom the business writes first; none for no limit.
    pub users_per_day: Option<u32>,
}

/// What can have no room for a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Budget {
    /// The throttle of a campaign.
    CampaignThrottle(Text),
    /// The throttle of the account.
    AccountThrottle,
    /// The rate of a provider.
    Rate(Text),
    /// A provider and one user.
    Pair(Text),
    /// The users a day of a portfolio.
    Portfolio(Text),
    /// A template that is paused.
    Template(Text),
    /// Users to whom a provider refused marketing; of campaigns without one, `whatsapp`.
    Refusal(Text),
}

saved!(enum Budget {
    0 => CampaignThrottle(name),
    1 => AccountThrottle,
    2 => Rate(name),
    3 => Pair(name),
    4 => Portfolio(name),
    5 => Template(name),
    6 => Refusal(name),
});

impl fmt::Display for Budget {
    /// In words, with the rules' own name in back-ticks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Budget::CampaignThrottle(campaign) => write!(f, "the throttle of `{campaign}`"),
            Budget::AccountThrottle => f.write_str("the account's throttle"),
            Budget::Rate(provider) => write!(f, "the rate of `{provider}`"),
            Budget::Pair(provider) => write!(f, "the rate to one user of `{provider}`"),
            Budget::Portfolio(portfolio) => write!(f, "the users a day of `{portfolio}`"),
            Budget::Template(template) => write!(f, "the paused template `{template}`"),
            Budget::Refusal(provider) => write!(f, "the refusals of `{provider}`"),
        }
    }
}

/// A stretch of time that one message stood in line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The campaign's place in the rulebook.
    pub campaign: usize,
    /// The budget that would have had room last when it began to wait.
    pub budget: Budget,
    /// When it began to wait.
    pub from: Instant,
    /// When it left the line: its turn, or what ended it.
    pub until: Instant,
    /// What became of it then; none when it went to wait for something else, such as its hours.
    pub outcome: Option<OutcomeKind>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_warms_up_doubles_until_its_rate() {
        let at = |seconds| Instant::from_seconds(seconds);
        let rate = Rate { count: 80, per: Duration::from_seconds(1) };
        let warm_up = WarmUp { from: at(1_000), start: 20, every: Duration::from_seconds(10) };
        let allowed = [0, 1_000, 1_009, 1_010, 1_019, 1_020, 9_000].map(|now| warm_up.allows(at(now), rate));
        assert_eq!(allowed, [20, 20, 20, 40, 40, 80, 80]);
        assert_eq!(warm_up.next_step(at(0), rate), Some(at(1_010)));
        assert_eq!(warm_up.next_step(at(1_010), rate), Some(at(1_020)));
        assert_eq!(warm_up.next_step(at(1_020), rate), None);
    }
}
