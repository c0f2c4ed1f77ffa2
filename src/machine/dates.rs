//! Dates that a user has to come: of events, as they were planned, and of the profile, as it is.

use chrono::NaiveDateTime;

use crate::calendar::Occurrence;
use crate::model::Instant;
use crate::program::{Clock, DatePlan, Read};
use crate::saved::saved;

use super::agenda::{Planned, Tie};
use super::{Cause, Machine, Report, User};

/// The clause under which an event with the same value of `by` finds what an earlier one planned.
pub(super) const BY: usize = usize::MAX;

/// What an event has planned by its date.
#[derive(Debug)]
pub(crate) struct Dated {
    /// Which of the program's dates.
    pub(super) plan: u32,
    pub(super) campaign: u32,
    pub(super) date: Read,
    /// When the event was.
    pub(super) planned: Instant,
    pub(super) at: Instant,
    pub(super) order: u64,
    /// Its value of `by`.
    pub(super) by: Option<u128>,
    pub(super) cause: Cause,
    pub(super) unless: Box<[Option<u128>]>,
}

saved!(struct Dated { plan, campaign, date, planned, at, order, by, cause, unless });

impl Planned for Dated {
    fn at(&self) -> Instant {
        self.at
    }

    fn order(&self) -> u64 {
        self.order
    }

    fn ties(&self) -> impl Iterator<Item = Tie> {
        let by = self.by.map(|key| Tie { campaign: self.campaign, clause: BY, key });
        let clauses = self.unless.iter().enumerate();
        let unless =
            clauses.filter_map(|(clause, key)| key.map(|key| Tie { campaign: self.campaign, clause, key }));
        by.into_iter().chain(unless)
    }
}

/// Where a user is in one date of the profile.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProfileDate {
    date: Option<Read>,
    /// The wall clock that last fired.
    fired: Option<NaiveDateTime>,
    pub(super) next: Option<Occurrence>,
}

saved!(struct ProfileDate { date, fired, next });

impl Machine<'_> {
    fn event_date(&self, plan: u32) -> Option<&DatePlan> {
        self.tables.event_dates.get(plan as usize)
    }

    /// An event plans what falls due by its date; the order is its own when it is planned anew.
    pub(super) fn plan_date(&self, user: &mut User, mut dated: Dated, from: Instant) {
        let Some(plan) = self.event_date(dated.plan) else { return };
        let Some(next) = plan.occurrence(dated.date, plan.zone(&user.zone)) else { return };
        if next.instant >= from {
            dated.at = next.instant;
            user.wake_at(dated.at);
            user.dates.insert(dated);
        }
    }

    /// The user's zone is another: what is planned in the user's time is planned anew.
    pub(super) fn move_dates(&self, user: &mut User, now: Instant) {
        if !self.tables.event_dates.iter().any(|plan| matches!(plan.clock, Clock::User)) {
            return;
        }
        for dated in user.dates.take_all() {
            if self.event_date(dated.plan).is_some_and(|plan| matches!(plan.clock, Clock::User)) {
                self.plan_date(user, dated, now);
            } else {
                user.dates.insert(dated);
            }
        }
    }

    /// The profile's dates as they are now; those that are others than before, or in another zone, are planned anew.
    pub(super) fn read_dates(&self, user: &mut User, moved: bool, now: Instant) {
        let from = now.max(self.run.from);
        for index in 0..user.profile_dates.len() {
            let (Some(state), Some(plan)) =
                (user.profile_dates.get_mut(index), self.tables.profile_dates.get(index))
            else {
                continue;
            };
            let date = plan.read(user.profile.properties(), &self.tables.zone);
            let moved = moved && matches!(plan.date.clock, Clock::User);
            if date == state.date && !moved {
                continue;
            }
            state.date = date;
            let zone = plan.date.zone(&user.zone);
            state.next = date.and_then(|date| plan.date.first_from(date, zone, from, state.fired));
            if let Some(next) = state.next {
                user.wake_at(next.instant);
            }
        }
    }

    /// Dates of events, in the order of planning, then those of the profile.
    pub(super) fn fire_dates(&self, user: &mut User, now: Instant, report: &mut dyn Report) {
        if user.dates.first().is_some_and(|first| first <= now) {
            for dated in user.dates.take_due(now) {
                self.fire(user, dated.campaign, now, dated.cause, dated.unless, report);
            }
        }
        for index in 0..user.profile_dates.len() {
            let (Some(state), Some(plan)) =
                (user.profile_dates.get_mut(index), self.tables.profile_dates.get(index))
            else {
                continue;
            };
            let Some(next) = state.next.take_if(|next| next.instant <= now) else { continue };
            let zone = plan.date.zone(&user.zone);
            let later = |date| plan.date.first_from(date, zone, now.next(), Some(next.wall));
            state.next = state.date.filter(|_| plan.date.yearly).and_then(later);
            let zone = match &plan.date.clock {
                Clock::User => None,
                Clock::Fixed(zone) => Some(*zone),
            };
            let campaign = plan.date.campaign;
            let runs =
                self.campaign(campaign).is_some_and(|plan| self.campaign_run(plan, user).contains(now));
            if let Some(state) = user.profile_dates.get_mut(index).filter(|_| runs) {
                state.fired = Some(next.wall);
            }
            let cause = Cause::Date { property: plan.name.clone(), wall: next.wall, zone, at: now };
            self.fire(user, campaign, now, cause, plan.unless.clone(), report);
        }
    }
}
