//! Segments that campaigns watch: whether a user is a member, and when to ask again.
//!
//! A user is asked once at first, and then only when an event or a change of the profile that the segment reads has come
//! in, or when time alone may change the answer.

use crate::calendar::Zone;
use crate::model::{Instant, ProfileUpdate};
use crate::program::MembershipPlan;
use crate::saved::saved;

use super::condition::standing;
use super::{Cause, Machine, Report, User};

/// Whether a user is a member of a segment that a campaign watches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Membership {
    member: bool,
    /// When to ask again.
    ask: Instant,
    /// The instant before the campaign begins, for `including current members`, until it has come.
    eve: Option<Instant>,
    /// When it fires because the user was a member then.
    fires: Option<Instant>,
}

saved!(struct Membership { member, ask, eve, fires });

impl Membership {
    /// The next instant at which something is to be asked or fires.
    #[inline]
    pub(super) fn next(&self) -> Instant {
        let once = |at: Option<Instant>| at.unwrap_or(self.ask);
        self.ask.min(once(self.eve)).min(once(self.fires))
    }
}

impl Machine<'_> {
    /// A user's first record: until then the user is a member of nothing. Of one who is known before the run it matters
    /// only what holds just before it.
    pub(super) fn meet_segments(&self, user: &mut User, since: Instant) {
        let eve = just_before(self.run.from);
        let ask = since.max(eve);
        user.memberships.clear();
        for plan in &self.tables.memberships {
            let begins = self.begin_of(plan, &user.zone);
            let eve = Some(just_before(begins)).filter(|eve| plan.including_current && since <= *eve);
            user.memberships.push(Membership { member: false, ask, eve, fires: None });
        }
        if !user.memberships.is_empty() {
            user.wake_at(ask);
        }
    }

    /// The first instant at which a campaign may fire.
    fn begin_of(&self, plan: &MembershipPlan, zone: &Zone) -> Instant {
        let campaign = self.campaign(plan.campaign);
        let run = campaign.and_then(|campaign| campaign.run.as_ref());
        let first = run.and_then(|run| Some(run.clock.zone(zone).day_start(run.first?)));
        first.map_or(self.run.from, |first| first.max(self.run.from))
    }

    /// Something that a segment reads has changed, which holds from an instant on.
    pub(super) fn ask_segment(&self, user: &mut User, index: u32, at: Instant) {
        // Before the run nothing is asked but just before it.
        let at = at.max(just_before(self.run.from));
        if let Some(membership) = user.memberships.get_mut(index as usize) {
            membership.ask = membership.ask.min(at);
            user.wake_at(at);
        }
    }

    /// The profile has changed.
    pub(super) fn ask_segments_of_profile(
        &self,
        user: &mut User,
        update: &ProfileUpdate,
        moved: bool,
        now: Instant,
    ) {
        for (index, plan) in (0_u32..).zip(&self.tables.memberships) {
            let reads = || update.changes.iter().any(|(name, _)| plan.reads_of_profile(name));
            if moved || reads() {
                self.ask_segment(user, index, now);
            }
        }
    }

    /// Segments that are entered or left at an instant, after all records, timers and dates of it.
    pub(super) fn fire_segments(&self, user: &mut User, now: Instant, report: &mut dyn Report) {
        for index in 0..user.memberships.len() {
            let (Some(state), Some(plan)) =
                (user.memberships.get(index).copied(), self.tables.memberships.get(index))
            else {
                continue;
            };
            if state.next() > now {
                continue;
            }
            let mut new = state;
            if state.ask <= now {
                let standing = standing(self.tables, user, plan.node, now);
                new = Membership { member: standing.holds, ask: standing.until, ..state };
            }
            if new.eve.take_if(|eve| *eve <= now).is_some() && new.member {
                new.fires = Some(now.next());
            }
            let current = new.fires.take_if(|at| *at <= now).is_some();
            if let Some(place) = user.memberships.get_mut(index) {
                *place = new;
            }
            let turned = new.member != state.member && new.member == plan.enters;
            if turned || current {
                let cause = Cause::Segment { enters: plan.enters, at: now };
                self.fire(user, plan.campaign, now, cause, plan.unless.clone(), report);
            }
        }
    }
}

fn just_before(at: Instant) -> Instant {
    Instant::from_millis(at.millis().saturating_sub(1))
}
