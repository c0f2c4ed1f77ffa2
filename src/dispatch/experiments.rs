//! `test { … }`: which variant a user of an A/B test gets, and when and for whom the test is decided.

use std::collections::BTreeMap;

use crate::language::ast::Metric;
use crate::model::{GrowingMap, Instant, chance};
use crate::program::{TestPlan, TestSizePlan};
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

use super::decide::Asked;
use super::order::Tally;

/// The tests of all campaigns that have sent or held back anything.
#[derive(Debug, Default)]
pub(super) struct Experiments {
    campaigns: BTreeMap<u32, Experiment>,
}

saved!(struct Experiments { campaigns });

#[derive(Debug, Default)]
struct Experiment {
    /// The users who have a job, with its variant.
    users: GrowingMap<u32, usize>,
    variants: usize,
    metric: Option<Metric>,
    decided_at: Option<Instant>,
    winner: Option<usize>,
    /// Users who wait for a test that has not begun.
    waiting: Vec<u32>,
}

impl Saved for Experiment {
    fn save(&self, to: &mut Saver<'_>) {
        let Experiment { users, variants, metric, decided_at, winner, waiting } = self;
        users.save(to);
        variants.save(to);
        metric.save(to);
        decided_at.save(to);
        winner.save(to);
        waiting.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Experiment, Damage> {
        let (users, variants) = (GrowingMap::restore(from)?, usize::restore(from)?);
        let (metric, decided_at) = (Saved::restore(from)?, Saved::restore(from)?);
        let winner = Option::restore(from)?;
        let places = users.values().chain(&winner).copied();
        if variants > from.variants || places.max().is_some_and(|place| place >= from.variants) {
            return Err(Damage::Wrong("no test has so many messages"));
        }
        Ok(Experiment { users, variants, metric, decided_at, winner, waiting: Saved::restore(from)? })
    }
}

/// What a test says to a message.
pub(super) enum Chosen {
    /// The variant, by its place.
    Is(usize),
    /// It arrives again at the decision; none is known while nothing has gone out.
    Waits(Option<Instant>),
}

impl Experiments {
    /// The variant of a user, or until when the message waits.
    pub(super) fn choose(&self, asked: &Asked<'_>, test: &TestPlan, user: &str) -> Chosen {
        let of_schedule = asked.campaign.of_schedule();
        let experiment = self.campaigns.get(&asked.message.campaign);
        if let Some(winner) = experiment.and_then(|experiment| experiment.winner) {
            return Chosen::Is(winner);
        }
        if let Some(known) = experiment.and_then(|experiment| experiment.users.get(&asked.number)) {
            return Chosen::Is(*known);
        }
        let places = experiment.map_or(0, |experiment| experiment.users.len());
        let takes_part = !of_schedule
            || match &test.size {
                TestSizePlan::Share { purpose, share } => chance(purpose, user, *share),
                TestSizePlan::Users(users) => places < *users as usize,
            };
        if takes_part {
            let variants = asked.campaign.delivery.variants.len().max(1);
            return Chosen::Is(places % variants);
        }
        Chosen::Waits(experiment.and_then(|experiment| experiment.decided_at))
    }

    /// Notes who waits for a test that has not begun.
    pub(super) fn wait(&mut self, campaign: u32, user: u32) {
        self.campaigns.entry(campaign).or_default().waiting.push(user);
    }

    /// Enters a job. Answers the instant of the decision and the users who wait for it, once it is known.
    pub(super) fn enter(
        &mut self,
        asked: &Asked<'_>,
        test: &TestPlan,
        place: usize,
    ) -> Option<(Instant, Vec<u32>)> {
        let experiment = self.campaigns.entry(asked.message.campaign).or_default();
        if experiment.winner.is_some() {
            return None;
        }
        experiment.variants = asked.campaign.delivery.variants.len();
        experiment.metric = Some(test.winner);
        if experiment.users.get(&asked.number).is_none() {
            experiment.users.insert(asked.number, place);
        }
        let full = match &test.size {
            _ if asked.campaign.of_schedule() => true,
            TestSizePlan::Users(users) => experiment.users.len() >= *users as usize,
            TestSizePlan::Share { .. } => false,
        };
        if experiment.decided_at.is_some() || !full {
            return None;
        }
        let decided_at = asked.now + test.after;
        experiment.decided_at = Some(decided_at);
        Some((decided_at, std::mem::take(&mut experiment.waiting)))
    }

    /// The next instant at which a test is decided.
    pub(super) fn next(&self) -> Option<Instant> {
        if self.campaigns.is_empty() {
            return None;
        }
        let open = self.campaigns.values().filter(|experiment| experiment.winner.is_none());
        open.filter_map(|experiment| experiment.decided_at).min()
    }

    /// Decides the tests of an instant, after its records and before its messages: the largest share of jobs wins, of equal
    /// ones the first.
    pub(super) fn decide(&mut self, now: Instant, tally: &Tally) {
        for (campaign, experiment) in &mut self.campaigns {
            if experiment.winner.is_some() || experiment.decided_at.is_none_or(|at| at > now) {
                continue;
            }
            let results = tally.results(*campaign as usize);
            let counts = |place: usize| {
                let counts = results.map(|results| results.message(place)).unwrap_or_default();
                let had = match experiment.metric {
                    Some(Metric::Read) | None => counts.read,
                    Some(Metric::Click) => counts.clicked,
                    Some(Metric::Reply) => counts.replied,
                    Some(Metric::Goal) => counts.converted,
                };
                (u128::from(had), u128::from(counts.sent))
            };
            let mut best = 0;
            for place in 1..experiment.variants {
                let ((had, sent), (best_had, best_sent)) = (counts(place), counts(best));
                // A variant without jobs has no share.
                let larger = if best_sent == 0 { had > 0 } else { had * best_sent > best_had * sent };
                if sent > 0 && larger {
                    best = place;
                }
            }
            experiment.winner = Some(best);
        }
    }
}
