use std::fmt::Write as _;

use serde::Serialize;

use super::run::OutcomeCounts;
use super::{counted, grouped, harmless};
use crate::dispatch::{BudgetSummary, CampaignWaits};
use crate::model::{Budget, Duration, OutcomeKind, Text};

/// What one throttle or one provider's budget held back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetCounts {
    /// What kind of budget it is: `campaign_throttle`, `account_throttle`, `rate`, `pair`, `portfolio`, `template` or `refusal`.
    pub budget: &'static str,
    /// Whose it is: a campaign, a provider, a portfolio or a template; none of the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// How long, in seconds, anybody waited for it.
    pub binding_seconds: f64,
    /// How many waited at once, at most.
    pub longest_line: u64,
    /// The campaigns whose messages waited.
    pub campaigns: Vec<WaitCounts>,
    #[serde(skip)]
    words: String,
    #[serde(skip)]
    binding: Duration,
    #[serde(skip)]
    longest: Duration,
}

/// How one campaign's messages waited for a budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaitCounts {
    /// The campaign's name.
    pub campaign: Text,
    /// How often a message waited.
    pub waits: u64,
    /// How long, in seconds, all of them together.
    pub waited_seconds: f64,
    /// How long, in seconds, the longest.
    pub longest_seconds: f64,
    /// What became of those that ended as they left the line.
    pub outcomes: OutcomeCounts,
}

impl BudgetCounts {
    /// What a budget held back; none when that is nothing.
    pub fn new(summary: &BudgetSummary) -> Option<BudgetCounts> {
        let (budget, name) = match &summary.budget {
            Budget::CampaignThrottle(name) => ("campaign_throttle", Some(name)),
            Budget::AccountThrottle => ("account_throttle", None),
            Budget::Rate(name) => ("rate", Some(name)),
            Budget::Pair(name) => ("pair", Some(name)),
            Budget::Portfolio(name) => ("portfolio", Some(name)),
            Budget::Template(name) => ("template", Some(name)),
            Budget::Refusal(name) => ("refusal", Some(name)),
        };
        let longest = summary.campaigns.iter().map(|waits| waits.longest).max()?;
        Some(BudgetCounts {
            budget,
            name: name.cloned(),
            binding_seconds: seconds(summary.binding),
            longest_line: summary.longest_line,
            campaigns: summary.campaigns.iter().map(WaitCounts::new).collect(),
            words: summary.budget.to_string(),
            binding: summary.binding,
            longest,
        })
    }

    /// A line below the table: how many it held back for how long, and what became of those that were not sent.
    pub(super) fn line(&self) -> String {
        let waits = self.campaigns.iter().map(|campaign| campaign.waits).sum();
        let mut line = format!(
            "{} held back {} for up to {}; somebody waited for {} in all, {} at once",
            harmless(&self.words),
            counted(waits, "message"),
            short(self.longest),
            short(self.binding),
            grouped(self.longest_line),
        );
        let mut outcomes = OutcomeCounts::default();
        for (kind, count) in self.campaigns.iter().flat_map(|campaign| campaign.outcomes.occurring()) {
            outcomes.add(kind, count);
        }
        let ended = outcomes.occurring().filter(|(kind, _)| *kind != OutcomeKind::Sent);
        for (place, (kind, count)) in ended.enumerate() {
            // Writing into memory cannot fail.
            let _ = write!(
                line,
                "{}{} {}",
                if place == 0 { "; in line ended: " } else { ", " },
                kind.name(),
                grouped(count)
            );
        }
        line
    }
}

impl WaitCounts {
    fn new(waits: &CampaignWaits) -> WaitCounts {
        let mut outcomes = OutcomeCounts::default();
        for kind in OutcomeKind::ALL {
            outcomes.add(kind, waits.count(kind));
        }
        WaitCounts {
            campaign: waits.campaign.clone(),
            waits: waits.waits,
            waited_seconds: seconds(waits.total),
            longest_seconds: seconds(waits.longest),
            outcomes,
        }
    }
}

fn seconds(length: Duration) -> f64 {
    length.millis() as f64 / 1_000.0
}

/// `2 days 3 hours`, `1 minute 5 seconds`, `0.25 seconds`: the two largest units of a length; what is finer is cut.
fn short(length: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let millis = length.millis().unsigned_abs();
    if millis < 1_000 {
        return format!("{} seconds", seconds(length));
    }
    let whole = millis / 1_000;
    let first = UNITS.iter().position(|(unit, _)| whole >= *unit).unwrap_or(UNITS.len() - 1);
    let mut rest = whole;
    let mut parts = Vec::new();
    for (unit, name) in UNITS.iter().skip(first).take(2) {
        if rest >= *unit {
            parts.push(counted(rest / unit, name));
        }
        rest %= unit;
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short() {
        for (millis, said) in [
            (12, "0.012 seconds"),
            (1_000, "1 second"),
            (65_999, "1 minute 5 seconds"),
            (3_600_000, "1 hour"),
            (3_659_000, "1 hour"),
            (90_000_000, "1 day 1 hour"),
            (864_000_000, "10 days"),
        ] {
            assert_eq!(short(Duration::from_millis(millis)), said);
        }
    }
}
