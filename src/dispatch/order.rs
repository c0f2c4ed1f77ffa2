//! What was decided, and the order in which it leaves.

use std::cmp::{Ordering, Reverse};

use crate::language::ast::Receipt;
use crate::machine::{Arm, Cause, Reached};
use crate::model::{Instant, Outcome, OutcomeKind, SendJob};
use crate::program::Tables;
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

use super::results::Results;
use super::sorter::{Placed, Sorter};
use super::waits::Waits;
use super::zones::UnknownZones;

/// Jobs and outcomes as they were decided, user by user.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    pub(super) jobs: Sorter<DecidedJob>,
    pub(super) outcomes: Sorter<Outcome>,
    pub(crate) tally: Tally,
    pub(crate) waits: Waits,
    /// The users whose zone is none, once their run is over.
    pub(crate) unknown_zones: UnknownZones,
    /// Every firing of a trigger, for those who explain a run; nobody else keeps them.
    pub(crate) firings: Option<Vec<Firing>>,
}

/// A trigger that fired.
#[derive(Debug, Clone)]
pub(crate) struct Firing {
    pub(crate) campaign: u32,
    pub(crate) cause: Cause,
    pub(crate) at: Instant,
    /// The user was in the audience.
    pub(crate) qualified: bool,
}

/// A job with what it is ordered by.
#[derive(Debug)]
pub(crate) struct DecidedJob {
    pub(crate) job: SendJob,
    pub(crate) priority: i32,
    pub(crate) arrival: Instant,
}

saved!(struct DecidedJob { job, priority, arrival });

impl Decisions {
    pub(crate) fn new(tables: &Tables) -> Decisions {
        let tally = Tally::new(tables.campaigns.len());
        Decisions { tally, waits: Waits::new(tables), ..Decisions::default() }
    }

    /// True when all jobs and outcomes have been taken out.
    pub(crate) fn are_taken(&self) -> bool {
        self.jobs.is_empty() && self.outcomes.is_empty()
    }

    /// Takes out the first of the jobs decided so far.
    pub(crate) fn next_job(&mut self) -> Option<SendJob> {
        // Asked after each piece of work, of which hardly any makes one.
        if self.jobs.is_empty() { None } else { self.jobs.pop().map(|job| job.job) }
    }

    /// Takes out the first of the outcomes decided so far.
    pub(crate) fn next_outcome(&mut self) -> Option<Outcome> {
        self.outcomes.pop()
    }

    /// Takes out the jobs decided so far, in order.
    pub(crate) fn take_jobs(&mut self) -> Vec<SendJob> {
        std::iter::from_fn(|| self.next_job()).collect()
    }

    /// Takes out the outcomes decided so far, in order.
    pub(crate) fn take_outcomes(&mut self) -> Vec<Outcome> {
        std::iter::from_fn(|| self.next_outcome()).collect()
    }
}

impl Decisions {
    /// Writes what an engine has of them: it counts unknown zones when it is asked, and explains no firings.
    pub(crate) fn save(&self, to: &mut Saver<'_>) {
        let Decisions { jobs, outcomes, tally, waits, unknown_zones: _, firings: _ } = self;
        jobs.save(to);
        outcomes.save(to);
        tally.save(to);
        waits.save(to);
    }

    /// Those of an engine of the same program.
    pub(crate) fn restore(from: &mut Restorer<'_>, tables: &Tables) -> Result<Decisions, Damage> {
        let (jobs, outcomes, tally) = (Saved::restore(from)?, Saved::restore(from)?, Tally::restore(from)?);
        if tally.len() != tables.campaigns.len() {
            return Err(Damage::Wrong("there are not so many campaigns"));
        }
        let waits = Waits::restore(from, tables)?;
        Ok(Decisions { jobs, outcomes, tally, waits, ..Decisions::default() })
    }
}

impl Placed for DecidedJob {
    /// By due, larger priority, earlier arrival, user. Those that are equal in all of these are one user's, and stay as they
    /// were decided.
    fn place(&self, other: &DecidedJob) -> Ordering {
        let key = |job: &DecidedJob| (job.job.due, Reverse(job.priority), job.arrival);
        key(self).cmp(&key(other)).then_with(|| self.job.user.cmp(&other.job.user))
    }
}

impl Placed for Outcome {
    /// By the instant of decision and user; one user's stay as they were decided.
    fn place(&self, other: &Outcome) -> Ordering {
        self.decided_at.cmp(&other.decided_at).then_with(|| self.user.cmp(&other.user))
    }
}

/// How often each campaign's trigger fired, users qualified, and messages ended how.
///
/// It adds up: for each campaign, `qualified` is the sum over all outcomes, and `triggered` is never less.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    campaigns: Vec<CampaignTally>,
}

saved!(struct Tally { campaigns });

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct CampaignTally {
    triggered: u64,
    past: u64,
    qualified: u64,
    outcomes: [u64; OutcomeKind::ALL.len()],
    results: Results,
}

saved!(struct CampaignTally { triggered, past, qualified, outcomes, results });

impl Tally {
    pub(crate) fn new(campaigns: usize) -> Tally {
        Tally { campaigns: vec![CampaignTally::default(); campaigns] }
    }

    pub(crate) fn count_triggered(&mut self, campaign: u32) {
        if let Some(tally) = self.campaigns.get_mut(campaign as usize) {
            tally.triggered += 1;
        }
    }

    pub(crate) fn count_past(&mut self, campaign: u32) {
        if let Some(tally) = self.campaigns.get_mut(campaign as usize) {
            tally.past += 1;
        }
    }

    pub(crate) fn count_qualified(&mut self, campaign: u32) {
        if let Some(tally) = self.campaigns.get_mut(campaign as usize) {
            tally.qualified += 1;
        }
    }

    pub(crate) fn count_outcome(&mut self, campaign: u32, outcome: OutcomeKind) {
        let place = OutcomeKind::ALL.iter().position(|known| *known == outcome);
        let tally = self.campaigns.get_mut(campaign as usize);
        if let Some(count) = place.zip(tally).and_then(|(place, tally)| tally.outcomes.get_mut(place)) {
            *count += 1;
        }
    }

    fn results_of(&mut self, campaign: u32) -> Option<&mut Results> {
        self.campaigns.get_mut(campaign as usize).map(|tally| &mut tally.results)
    }

    pub(crate) fn count_sent(&mut self, campaign: u32, variant: usize) {
        if let Some(counts) = self.results_of(campaign).and_then(|results| results.variant(variant)) {
            counts.sent += 1;
        }
    }

    pub(crate) fn count_receipt(&mut self, campaign: u32, arm: Arm, receipt: Receipt) {
        if let Some(results) = self.results_of(campaign) {
            results.count_receipt(arm, receipt);
        }
    }

    pub(crate) fn count_goal(&mut self, campaign: u32, reached: Reached) {
        if let Some(results) = self.results_of(campaign) {
            results.count_goal(reached);
        }
    }

    /// What became of a campaign's messages, as far as receipts and goal events tell.
    pub fn results(&self, campaign: usize) -> Option<&Results> {
        self.campaigns.get(campaign).map(|tally| &tally.results)
    }

    /// How often a campaign's trigger fired; campaigns are numbered in the order of the rulebook.
    pub fn triggered(&self, campaign: usize) -> u64 {
        self.campaigns.get(campaign).map_or(0, |tally| tally.triggered)
    }

    /// How often a time that the campaign lists in user time was past for a user when the run began.
    pub fn past(&self, campaign: usize) -> u64 {
        self.campaigns.get(campaign).map_or(0, |tally| tally.past)
    }

    /// How often a user qualified for a campaign.
    pub fn qualified(&self, campaign: usize) -> u64 {
        self.campaigns.get(campaign).map_or(0, |tally| tally.qualified)
    }

    /// How often a campaign's message ended so.
    pub fn count(&self, campaign: usize, outcome: OutcomeKind) -> u64 {
        let place = OutcomeKind::ALL.iter().position(|known| *known == outcome);
        let tally = self.campaigns.get(campaign);
        place.zip(tally).and_then(|(place, tally)| tally.outcomes.get(place)).copied().unwrap_or(0)
    }

    /// Counts what another tally of the same campaigns has counted.
    pub(super) fn absorb(&mut self, other: &Tally) {
        for (mine, theirs) in self.campaigns.iter_mut().zip(&other.campaigns) {
            let CampaignTally { triggered, past, qualified, outcomes, results } = theirs;
            mine.triggered += triggered;
            mine.past += past;
            mine.qualified += qualified;
            for (mine, theirs) in mine.outcomes.iter_mut().zip(outcomes) {
                *mine += theirs;
            }
            mine.results.absorb(results);
        }
    }

    /// How many campaigns there are.
    pub fn len(&self) -> usize {
        self.campaigns.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.campaigns.is_empty()
    }
}
