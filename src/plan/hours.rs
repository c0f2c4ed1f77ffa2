use std::collections::BTreeMap;

use chrono::{Datelike, Timelike};
use serde::Serialize;

use super::line::{self, Waiting};
use crate::calendar::Zone;
use crate::model::{Instant, OutcomeKind, SendJob, Text};
use crate::replay::ReplayResult;

const HOUR: i64 = 3_600_000;

/// What happens in an hour of the account's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HourPlan {
    /// When it begins.
    pub start: Instant,
    /// The account's clock then: `2026-11-03T10:00`. When clocks go back, two hours have the same.
    pub local: String,
    /// How many messages end in it, by the names of outcomes; `sent` are its jobs.
    pub outcomes: BTreeMap<OutcomeKind, u64>,
    /// Its jobs by campaign.
    pub campaigns: BTreeMap<Text, u64>,
    /// Its jobs by provider; those that have one.
    pub providers: BTreeMap<Text, u64>,
    /// How many messages stand in line at once in it, at most.
    pub line: u64,
}

impl HourPlan {
    /// How many jobs are due in it.
    pub fn sent(&self) -> u64 {
        self.outcomes.get(&OutcomeKind::Sent).copied().unwrap_or(0)
    }
}

/// The first instant of the hour of a zone's clock in which an instant lies.
pub(super) fn hour_of(zone: &Zone, at: Instant) -> Instant {
    let clock = zone.to_local(at).time();
    let into = i64::from(clock.num_seconds_from_midnight() % 3_600) * 1_000;
    let millis = i64::from(clock.nanosecond() / 1_000_000);
    Instant::from_millis(at.millis().saturating_sub(into + millis))
}

/// The first instant of the hour after one.
pub(super) fn next_hour(zone: &Zone, start: Instant) -> Instant {
    // Where clocks go by half an hour, an hour is cut short.
    let next = hour_of(zone, Instant::from_millis(start.millis().saturating_add(HOUR)));
    if next > start { next } else { Instant::from_millis(start.millis().saturating_add(HOUR)) }
}

/// The hours as they are counted.
pub(super) struct Hours {
    zone: Zone,
    hours: BTreeMap<Instant, HourPlan>,
}

impl Hours {
    pub(super) fn new(zone: Zone) -> Hours {
        Hours { zone, hours: BTreeMap::new() }
    }

    pub(super) fn count(&mut self, result: &ReplayResult) {
        for outcome in &result.outcomes {
            *self.at(outcome.decided_at).outcomes.entry(outcome.outcome).or_default() += 1;
        }
        for job in &result.jobs {
            let hour = self.at(job.due);
            *hour.campaigns.entry(job.campaign.clone()).or_default() += 1;
            if let Some(provider) = &job.provider {
                *hour.providers.entry(provider.clone()).or_default() += 1;
            }
        }
        let zone = self.zone;
        line::by_hour(&zone, &line::levels(result.holds.iter()), |start, waiting: Waiting| {
            let hour = self.at(start);
            hour.line = hour.line.max(waiting.most);
        });
    }

    fn at(&mut self, at: Instant) -> &mut HourPlan {
        let start = hour_of(&self.zone, at);
        self.hours.entry(start).or_insert_with(|| HourPlan {
            start,
            local: self.zone.to_local(start).format("%Y-%m-%dT%H:%M").to_string(),
            outcomes: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            providers: BTreeMap::new(),
            line: 0,
        })
    }

    pub(super) fn finish(self) -> Vec<HourPlan> {
        self.hours.into_values().collect()
    }
}

/// Jobs by weekday, from Monday, and hour of the users' own clocks.
pub(super) fn by_local_hour(jobs: &[SendJob]) -> Vec<Vec<u64>> {
    let mut counts = vec![vec![0; 24]; 7];
    let mut zones: BTreeMap<&str, Option<Zone>> = BTreeMap::new();
    for job in jobs {
        // A job's zone is one that we named: as the database has it, or an offset.
        let zone = zones
            .entry(&job.time_zone)
            .or_insert_with(|| Zone::named(&job.time_zone).ok().or_else(|| Zone::find(&job.time_zone)));
        let Some(zone) = zone else { continue };
        let local = zone.to_local(job.due);
        let day = counts.get_mut(local.weekday().num_days_from_monday() as usize);
        if let Some(count) = day.and_then(|day| day.get_mut(local.hour() as usize)) {
            *count += 1;
        }
    }
    counts
}
