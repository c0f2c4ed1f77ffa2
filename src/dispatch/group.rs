//! Many users in one order of time: all of an instant is done before the next begins.

use std::collections::BTreeSet;

use crate::machine::User;
use crate::model::{Instant, ProfileUpdate, Text};
use crate::program::Fact;

use super::{Desk, UnknownZones};

/// Users who are run together, by their numbers in the group.
#[derive(Debug, Default)]
pub(crate) struct Group {
    users: Vec<User>,
    places: Vec<Place>,
    /// When each user's next instant falls due.
    due: BTreeSet<(Instant, u32)>,
    /// The users of the instant that is done; kept for its memory.
    here: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    /// As it stands in `due`.
    listed: Instant,
    met: bool,
}

impl Group {
    /// A further user, of whom nothing is known.
    pub(crate) fn add(&mut self, user: User) -> u32 {
        self.users.push(user);
        self.places.push(Place { listed: Instant::MAX, met: false });
        u32::try_from(self.users.len() - 1).unwrap_or(u32::MAX)
    }

    /// At or before the next instant at which something falls due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// A record of a user, the first or a further one, at an instant.
    pub(crate) fn meet(&mut self, desk: &mut Desk<'_>, number: u32, at: Instant) {
        if let (Some(user), Some(place)) = self.at(number)
            && !place.met
        {
            place.met = true;
            desk.machine.meet(user, at);
            self.list(number);
        }
    }

    /// A change of a profile; `at` is when it holds from.
    pub(crate) fn profile(&mut self, desk: &mut Desk<'_>, number: u32, update: &ProfileUpdate, at: Instant) {
        self.before(desk, at);
        if let Some(user) = self.users.get_mut(number as usize) {
            desk.change(user, update, at);
            self.list(number);
        }
    }

    /// An event of a user.
    pub(crate) fn event(&mut self, desk: &mut Desk<'_>, number: u32, fact: &Fact<'_>) {
        if !fact.late {
            self.before(desk, fact.at);
        }
        if let Some(user) = self.users.get_mut(number as usize) {
            desk.machine.event(user, fact, &mut desk.decisions);
            self.list(number);
        }
    }

    /// A number is blocked, or free, from an instant on.
    pub(crate) fn number(&mut self, desk: &mut Desk<'_>, number: &Text, blocked: bool, at: Instant) {
        self.before(desk, at);
        desk.shared.block(number.clone(), blocked);
    }

    /// Everything that falls due before an instant.
    pub(crate) fn before(&mut self, desk: &mut Desk<'_>, at: Instant) {
        loop {
            let due = self.next();
            // A test is decided before the messages of its instant, whether there are any or not.
            if let Some(test) =
                desk.shared.next_test().filter(|test| *test < at && due.is_none_or(|due| *test <= due))
            {
                desk.shared.decide_tests(test, &desk.decisions.tally);
                continue;
            }
            let Some(now) = due.filter(|next| *next < at) else { break };
            let mut here = std::mem::take(&mut self.here);
            while let Some((_, number)) = self.due.first().copied().filter(|(due, _)| *due <= now) {
                self.due.pop_first();
                if let Some(place) = self.places.get_mut(number as usize) {
                    place.listed = Instant::MAX;
                }
                here.push(number);
            }
            desk.instant(&mut self.users, &here, now);
            for number in here.drain(..) {
                self.list(number);
            }
            for (number, _, _) in std::mem::take(&mut desk.released) {
                self.list(number);
            }
            self.here = here;
        }
    }

    /// The users whose profile names a zone that is none, as things stand.
    pub(crate) fn unknown_zones(&self) -> UnknownZones {
        let mut unknown = UnknownZones::default();
        self.users.iter().filter_map(User::unknown_zone).for_each(|words| unknown.count(words));
        unknown
    }

    /// The end of the run: what is still waiting is pending.
    pub(crate) fn close(&mut self, desk: &mut Desk<'_>) {
        self.before(desk, desk.machine.run.to);
        for user in &mut self.users {
            desk.machine.close(user, &mut desk.decisions);
        }
    }

    fn at(&mut self, number: u32) -> (Option<&mut User>, Option<&mut Place>) {
        (self.users.get_mut(number as usize), self.places.get_mut(number as usize))
    }

    /// Keeps the user's place in `due` true.
    fn list(&mut self, number: u32) {
        let (Some(user), Some(place)) =
            (self.users.get(number as usize), self.places.get_mut(number as usize))
        else {
            return;
        };
        if user.next != place.listed {
            self.due.remove(&(place.listed, number));
            // What falls due after the years that the engine knows never does.
            if user.next < Instant::MAX {
                self.due.insert((user.next, number));
            }
            place.listed = user.next;
        }
    }
}
