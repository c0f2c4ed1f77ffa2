//! `limit n users`: which users already have a job of a campaign.

use chrono::NaiveDate;

use crate::model::{GrowingSet, NameMap, fingerprint};
use crate::program::LimitPer;
use crate::saved::saved;

use super::decide::Asked;

/// The users whom each campaign's limits count.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// By campaign and the place of the limit in it.
    counted: NameMap<(u32, usize), Counted>,
}

saved!(struct Limits { counted });

#[derive(Debug, Default)]
struct Counted {
    /// Those of the whole campaign, or of one day.
    users: GrowingSet<u32>,
    day: Option<NaiveDate>,
    /// How many each run has; a user has no two messages of one.
    runs: NameMap<u128, u32>,
}

saved!(struct Counted { users, day, runs });

impl Limits {
    /// Whether one of a campaign's limits is reached, for a user who is not counted there yet.
    pub(super) fn is_reached(&self, asked: &Asked<'_>) -> bool {
        asked.campaign.limits.iter().enumerate().any(|(place, limit)| {
            let Some(counted) = self.counted.get(&(asked.message.campaign, place)) else { return false };
            let others = match limit.per {
                LimitPer::Run => counted.runs.get(&run(asked)).copied().unwrap_or(0) as usize,
                LimitPer::Day if counted.day != Some(today(asked)) => 0,
                LimitPer::Campaign | LimitPer::Day if counted.users.contains(&asked.number) => 0,
                LimitPer::Campaign | LimitPer::Day => counted.users.len(),
            };
            others >= limit.users as usize
        })
    }

    /// Enters a job.
    pub(super) fn enter(&mut self, asked: &Asked<'_>) {
        for (place, limit) in asked.campaign.limits.iter().enumerate() {
            let counted = self.counted.entry((asked.message.campaign, place)).or_default();
            if limit.per == LimitPer::Run {
                *counted.runs.entry(run(asked)).or_default() += 1;
                continue;
            }
            let day = (limit.per == LimitPer::Day).then(|| today(asked));
            if counted.day != day {
                counted.day = day;
                counted.users.clear();
            }
            counted.users.insert(asked.number);
        }
    }
}

/// Messages are decided in the order of time, so that only one day is ever asked for.
fn today(asked: &Asked<'_>) -> NaiveDate {
    asked.machine.tables.zone.to_local(asked.now).date()
}

fn run(asked: &Asked<'_>) -> u128 {
    fingerprint([asked.message.cause.occurrence().as_bytes()])
}
