//! What of one user is still to come, for a look.

use crate::model::{Instant, Text};
use crate::program::{Clock, Tables};

use super::{Cause, User};

/// Something that a user has to come, by its campaign.
pub(crate) struct ToCome {
    pub(crate) campaign: u32,
    pub(crate) occurrence: Text,
    pub(crate) due: Instant,
}

impl User {
    /// Some message of the user waits that qualified no later than this.
    #[cfg(feature = "durable")]
    pub(crate) fn waits_since(&self, at: Instant) -> bool {
        self.pending.iter().any(|message| message.qualified_at <= at)
    }

    /// Messages that wait, running timers, and the next time of each schedule and date.
    pub(crate) fn to_come(&self, tables: &Tables) -> Vec<ToCome> {
        let come = |campaign: u32, cause: &Cause, due: Instant| ToCome {
            campaign,
            occurrence: cause.occurrence(),
            due,
        };
        let fixed = |clock: &Clock| match clock {
            Clock::User => None,
            Clock::Fixed(zone) => Some(*zone),
        };
        let pending = self.pending.iter().map(|message| come(message.campaign, &message.cause, message.wake));
        let timers = self.timers.iter().map(|timer| come(timer.campaign, &timer.cause, timer.ends));
        let dates = self.dates.iter().map(|dated| come(dated.campaign, &dated.cause, dated.at));
        let schedules = self.schedule.iter().zip(&tables.schedules).filter_map(|(state, plan)| {
            let (wall, at) = state.next.as_ref().map(|next| (next.wall, next.instant))?;
            Some(come(plan.campaign, &Cause::Schedule { wall, zone: fixed(&plan.clock), at }, at))
        });
        let of_profile = self.profile_dates.iter().zip(&tables.profile_dates).filter_map(|(state, plan)| {
            let (wall, at) = state.next.as_ref().map(|next| (next.wall, next.instant))?;
            let (property, zone) = (plan.name.clone(), fixed(&plan.date.clock));
            Some(come(plan.date.campaign, &Cause::Date { property, wall, zone, at }, at))
        });
        pending.chain(timers).chain(dates).chain(schedules).chain(of_profile).collect()
    }
}
