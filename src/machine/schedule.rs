//! Schedules of one user: the next occurrence of each, and who is past when the run begins.

use std::cmp::Reverse;

use chrono::{Days, NaiveDateTime};

use crate::calendar::{Occurrence, Recurrence, Zone};
use crate::model::Instant;
use crate::program::{Clock, IfPast, SchedulePlan};
use crate::saved::saved;

use super::{Cause, Machine, Report, User};

/// Where a user is in one campaign's schedule.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScheduleState {
    last: Option<NaiveDateTime>,
    pub(super) next: Option<Occurrence>,
    /// The times that are left to this user, where some were past when the run began.
    own: Option<Box<Recurrence>>,
}

saved!(struct ScheduleState { last, next, own });

impl ScheduleState {
    fn recurrence<'s>(&'s self, plan: &'s SchedulePlan) -> &'s Recurrence {
        self.own.as_deref().unwrap_or(&plan.recurrence)
    }
}

impl Machine<'_> {
    pub(super) fn fire_schedules(&self, user: &mut User, now: Instant, report: &mut dyn Report) {
        if user.upcoming.is_empty() {
            return;
        }
        let mut due = Vec::new();
        while user.upcoming.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            due.extend(user.upcoming.pop().map(|Reverse((_, index))| index));
        }
        // Those of one instant fire in the order of the rules.
        due.sort_unstable();
        for index in due {
            let Some(plan) = self.tables.schedules.get(index as usize) else { continue };
            let runs = self.run.contains(now)
                && self
                    .campaign(plan.campaign)
                    .is_some_and(|campaign| self.campaign_run(campaign, user).contains(now));
            let Some(state) = user.schedule.get_mut(index as usize) else { continue };
            let Some(next) = state.next.take_if(|next| next.instant <= now) else { continue };
            // Only what fires is not lived again: the campaign may run where the user moves to, and not here.
            if runs {
                state.last = Some(next.wall);
            }
            state.next = state.recurrence(plan).after_wall(zone_of(&plan.clock, &user.zone), next.wall);
            user.upcoming.extend(upcoming(index, state));
            let zone = match &plan.clock {
                Clock::User => None,
                Clock::Fixed(zone) => Some(*zone),
            };
            let cause = Cause::Schedule { wall: next.wall, zone, at: now };
            self.fire(user, plan.campaign, now, cause, plan.unless.clone(), report);
        }
    }

    /// Finds each schedule's next occurrence at or after an instant, in the user's zone as of now.
    pub(super) fn plan_schedules(&self, user: &mut User, from: Instant) {
        let mut next = user.next;
        for (state, plan) in user.schedule.iter_mut().zip(&self.tables.schedules) {
            let zone = zone_of(&plan.clock, &user.zone);
            let recurrence = state.recurrence(plan);
            let mut occurrence = recurrence.from_instant(zone, from);
            // A user who has moved west does not live an hour twice.
            if let (Some(found), Some(last)) = (&occurrence, state.last)
                && found.wall <= last
            {
                occurrence = recurrence.after_wall(zone, last);
            }
            if let Some(found) = &occurrence {
                next = next.min(found.instant);
            }
            state.next = occurrence;
        }
        user.next = next;
        user.list_upcoming();
    }

    /// On the eve of the run: the listed times that are past by then in the user's zone are counted, or put off by a day.
    pub(super) fn settle_past(&self, user: &mut User, report: &mut dyn Report) {
        for (state, plan) in user.schedule.iter_mut().zip(&self.tables.schedules) {
            let Some(if_past) = plan.if_past else { continue };
            let zone = zone_of(&plan.clock, &user.zone);
            let is_past = |wall: &NaiveDateTime| zone.resolve(*wall) < self.run.from;
            let (past, mut left): (Vec<_>, Vec<_>) = plan.recurrence.list().partition(is_past);
            if past.is_empty() {
                continue;
            }
            for wall in past {
                let later = match if_past {
                    IfPast::Drop => None,
                    IfPast::NextDay => wall.checked_add_days(Days::new(1)).filter(|wall| !is_past(wall)),
                };
                match later {
                    Some(wall) => left.push(wall),
                    None => report.past(plan.campaign),
                }
            }
            state.own = Some(Box::new(Recurrence::listed(left)));
        }
        self.plan_schedules(user, self.run.from);
    }
}

impl User {
    /// Finds anew in which order schedules fire next.
    pub(super) fn list_upcoming(&mut self) {
        self.upcoming.clear();
        self.upcoming.reserve_exact(self.schedule.len());
        self.upcoming.extend((0..).zip(&self.schedule).filter_map(|(index, state)| upcoming(index, state)));
    }
}

/// When a schedule fires next, and its place, for the heap of them.
fn upcoming(index: u32, state: &ScheduleState) -> Option<Reverse<(Instant, u32)>> {
    state.next.as_ref().map(|next| Reverse((next.instant, index)))
}

fn zone_of<'z>(clock: &'z Clock, user: &'z Zone) -> &'z Zone {
    match clock {
        Clock::User => user,
        Clock::Fixed(zone) => zone,
    }
}
