//! Who stood in line, for what and how long.

use std::collections::BTreeMap;

use crate::machine::{NotBefore, Standing};
use crate::model::{Budget, Duration, Hold, Instant, JobId, OutcomeKind, Text};
use crate::program::Tables;
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

/// What one budget held back in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetSummary {
    /// Which budget.
    pub budget: Budget,
    /// How long, altogether, at least one message waited for it.
    pub binding: Duration,
    /// How many waited at once, at most.
    pub longest_line: u64,
    /// The campaigns whose messages waited, in the order of the rulebook.
    pub campaigns: Vec<CampaignWaits>,
}

/// How one campaign's messages waited for one budget.
///
/// What is counted is stretches of waiting, as in [`Hold`]: a message that leaves the line when its hours close, and comes back to it the next
/// morning, has two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignWaits {
    /// The campaign's name.
    pub campaign: Text,
    /// How many stretches of waiting there were.
    pub waits: u64,
    /// All of them together.
    pub total: Duration,
    /// The longest of them.
    pub longest: Duration,
    outcomes: [u64; OutcomeKind::ALL.len()],
}

impl CampaignWaits {
    /// How many messages ended so as they left the line: sent at their turn, expired in it, and so on.
    ///
    /// All outcomes together are [`CampaignWaits::waits`] without those that left the line to wait for something else, such as their hours.
    pub fn count(&self, outcome: OutcomeKind) -> u64 {
        let place = OutcomeKind::ALL.iter().position(|known| *known == outcome);
        place.and_then(|place| self.outcomes.get(place)).copied().unwrap_or(0)
    }
}

/// The same as it grows.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    /// Every stretch of waiting; kept only for those who ask for them.
    holds: Option<Vec<Hold>>,
    /// The jobs that no portfolio counts; kept likewise.
    pub(crate) answered: Vec<JobId>,
    /// By their places in the program.
    names: Vec<Budget>,
    budgets: Vec<Line>,
    /// By the place of the budget, then of the campaign.
    campaigns: BTreeMap<(u32, u32), Counts>,
    /// What providers held back, each stretch of waiting by itself: a replay comes by them user by user. An engine, which runs on and sums up
    /// nothing, keeps none.
    held: Option<BTreeMap<Budget, Vec<Held>>>,
}

/// A message that the provider held back for a while.
#[derive(Debug)]
struct Held {
    campaign: u32,
    from: Instant,
    until: Instant,
    outcome: Option<OutcomeKind>,
}

/// Those who wait for one budget.
#[derive(Debug, Default, Clone)]
struct Line {
    waiting: u64,
    longest: u64,
    /// Since when somebody waits.
    since: Option<Instant>,
    binding: i64,
}

saved!(struct Line { waiting, longest, since, binding });

#[derive(Debug, Default, Clone)]
struct Counts {
    waits: u64,
    total: i64,
    longest: i64,
    outcomes: [u64; OutcomeKind::ALL.len()],
}

saved!(struct Counts { waits, total, longest, outcomes });

impl Waits {
    pub(super) fn new(tables: &Tables) -> Waits {
        let names: Vec<Budget> = tables.budgets.all.iter().map(|plan| plan.name.clone()).collect();
        Waits { budgets: vec![Line::default(); names.len()], names, ..Waits::default() }
    }

    /// A job goes to a user who wrote first: the portfolio does not count it.
    pub(super) fn is_answer(&mut self, job: JobId) {
        if self.holds.is_some() {
            self.answered.push(job);
        }
    }

    /// A message begins to wait.
    pub(super) fn begin(&mut self, standing: &Standing) {
        let Some(line) = self.budgets.get_mut(standing.budget as usize) else { return };
        line.waiting += 1;
        line.longest = line.longest.max(line.waiting);
        line.since.get_or_insert(standing.since);
    }

    /// How many stand in line.
    pub(super) fn standing(&self) -> u64 {
        self.budgets.iter().map(|line| line.waiting).sum()
    }

    /// It waits no longer; `outcome` is what became of it, unless it waits for something else now.
    pub(super) fn end(
        &mut self,
        campaign: u32,
        standing: &Standing,
        now: Instant,
        outcome: Option<OutcomeKind>,
    ) {
        // What is told late may end it before it began.
        let until = now.max(standing.since);
        let length = until.millis() - standing.since.millis();
        if let Some(line) = self.budgets.get_mut(standing.budget as usize) {
            line.waiting = line.waiting.saturating_sub(1);
            if line.waiting == 0
                && let Some(since) = line.since.take()
            {
                line.binding += until.millis() - since.millis();
            }
        }
        self.campaigns.entry((standing.budget, campaign)).or_default().add(length, outcome);
        if let Some(holds) = &mut self.holds
            && let Some(budget) = self.names.get(standing.budget as usize)
        {
            holds.push(Hold {
                campaign: campaign as usize,
                budget: budget.clone(),
                from: standing.since,
                until,
                outcome,
            });
        }
    }

    /// From now on what providers hold back is kept for a summary, and with `holds` every stretch of waiting.
    pub(crate) fn keep(&mut self, holds: bool) {
        self.held = Some(BTreeMap::new());
        self.holds = holds.then(Vec::new);
    }

    /// Takes in what was counted of other users of the same program. A line is one part's alone: where there is a budget, all users are run together.
    pub(super) fn absorb(&mut self, other: Waits) {
        let Waits { holds, answered, names: _, budgets, campaigns, held } = other;
        if let (Some(mine), Some(theirs)) = (&mut self.holds, holds) {
            mine.extend(theirs);
        }
        self.answered.extend(answered);
        for (mine, theirs) in self.budgets.iter_mut().zip(budgets) {
            if theirs.longest > 0 {
                *mine = theirs;
            }
        }
        for (place, theirs) in campaigns {
            self.campaigns.entry(place).or_default().absorb(&theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.held, held) {
            for (budget, stretches) in theirs {
                mine.entry(budget).or_default().extend(stretches);
            }
        }
    }

    /// Every stretch of waiting, as they ended.
    pub(crate) fn take_holds(&mut self) -> Vec<Hold> {
        let mut holds = self.holds.take().unwrap_or_default();
        // Stable. Those of users who are run alone come one user after the other.
        holds.sort_by_key(|hold| hold.until);
        holds
    }

    /// A message waits for the provider no longer; `outcome` is what became of it, unless it waits for something else now.
    pub(super) fn end_held(
        &mut self,
        campaign: u32,
        held: &NotBefore,
        now: Instant,
        outcome: Option<OutcomeKind>,
    ) {
        let Some(kept) = &mut self.held else { return };
        let (from, until) = (held.since, now.max(held.since));
        kept.entry(held.budget.clone()).or_default().push(Held { campaign, from, until, outcome });
        if let Some(holds) = &mut self.holds {
            let budget = held.budget.clone();
            holds.push(Hold { campaign: campaign as usize, budget, from, until, outcome });
        }
    }

    /// What each budget held back, in the order in which campaigns name them, also those that held back nothing; then what providers
    /// held back for a template's sake, or a user's.
    pub(crate) fn summary(&self, tables: &Tables) -> Vec<BudgetSummary> {
        let of = |(place, (budget, line)): (usize, (&Budget, &Line))| {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            let campaigns = self.campaigns.range((place, 0)..=(place, u32::MAX));
            let campaigns = campaigns.filter_map(|((_, campaign), counts)| counts.of(tables, *campaign));
            BudgetSummary {
                budget: budget.clone(),
                binding: Duration::from_millis(line.binding),
                longest_line: line.longest,
                campaigns: campaigns.collect(),
            }
        };
        let held = self.held.iter().flatten();
        let held = held.map(|(budget, stretches)| summary_of_held(tables, budget, stretches));
        self.names.iter().zip(&self.budgets).enumerate().map(of).chain(held).collect()
    }
}

impl Waits {
    /// Writes what an engine keeps of them: counts.
    pub(super) fn save(&self, to: &mut Saver<'_>) {
        let Waits { holds: _, answered: _, names: _, budgets, campaigns, held: _ } = self;
        budgets.iter().for_each(|line| line.save(to));
        campaigns.save(to);
    }

    pub(super) fn restore(from: &mut Restorer<'_>, tables: &Tables) -> Result<Waits, Damage> {
        let mut waits = Waits::new(tables);
        for line in &mut waits.budgets {
            *line = Saved::restore(from)?;
        }
        waits.campaigns = Saved::restore(from)?;
        Ok(waits)
    }
}

impl Counts {
    fn add(&mut self, length: i64, outcome: Option<OutcomeKind>) {
        self.waits += 1;
        self.total = self.total.saturating_add(length);
        self.longest = self.longest.max(length);
        let place = outcome.and_then(|outcome| OutcomeKind::ALL.iter().position(|known| *known == outcome));
        if let Some(count) = place.and_then(|place| self.outcomes.get_mut(place)) {
            *count += 1;
        }
    }

    fn absorb(&mut self, other: &Counts) {
        let Counts { waits, total, longest, outcomes } = other;
        self.waits += waits;
        self.total = self.total.saturating_add(*total);
        self.longest = self.longest.max(*longest);
        for (mine, theirs) in self.outcomes.iter_mut().zip(outcomes) {
            *mine += theirs;
        }
    }

    fn of(&self, tables: &Tables, campaign: u32) -> Option<CampaignWaits> {
        Some(CampaignWaits {
            campaign: tables.campaigns.get(campaign as usize)?.name.clone(),
            waits: self.waits,
            total: Duration::from_millis(self.total),
            longest: Duration::from_millis(self.longest),
            outcomes: self.outcomes,
        })
    }
}

/// What a provider held back for one reason. How many waited at once only all stretches together tell.
fn summary_of_held(tables: &Tables, budget: &Budget, stretches: &[Held]) -> BudgetSummary {
    let mut campaigns: BTreeMap<u32, Counts> = BTreeMap::new();
    for held in stretches {
        let length = held.until.millis() - held.from.millis();
        campaigns.entry(held.campaign).or_default().add(length, held.outcome);
    }
    // At one instant those who go go first.
    let begins = stretches.iter().map(|held| (held.from, 1_i64));
    let mut turns: Vec<(Instant, i64)> =
        begins.chain(stretches.iter().map(|held| (held.until, -1))).collect();
    turns.sort_unstable();
    let (mut waiting, mut longest, mut binding, mut since) = (0, 0, 0, None);
    for (at, change) in turns {
        waiting += change;
        longest = longest.max(waiting);
        let from = *since.get_or_insert(at);
        if waiting == 0 {
            binding += at.millis() - from.millis();
            since = None;
        }
    }
    BudgetSummary {
        budget: budget.clone(),
        binding: Duration::from_millis(binding),
        longest_line: u64::try_from(longest).unwrap_or(0),
        campaigns: campaigns.iter().filter_map(|(campaign, counts)| counts.of(tables, *campaign)).collect(),
    }
}
