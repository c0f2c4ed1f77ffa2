//! Many users in one order of time: all of an instant is done before the next begins.

use std::collections::BTreeSet;

use crate::machine::User;
use crate::model::{GrowingVec, Instant, ProfileUpdate, TemplateStatement, Text};
use crate::program::Fact;
use crate::saved::{Damage, Restorer, Saved, Saver};

use super::round::{Next, Round, Stage};
use super::shared::{Released, Shared, Woken};
use super::{Desk, UnknownZones};

/// Users who are run together, by their numbers in the group.
#[derive(Debug, Default)]
pub(crate) struct Group {
    users: GrowingVec<User>,
    places: GrowingVec<Place>,
    /// At or before when each user's next instant falls due. Where that moves later, the place here stays until it has come: for most
    /// events, then, nothing moves among all users.
    due: BTreeSet<(Instant, u32)>,
    /// Those who are asked before that, mostly at the instant that is being done because something of theirs has come.
    called: BTreeSet<(Instant, u32)>,
    /// The instant that is being done.
    round: Round,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    /// As it stands in `due`.
    listed: Instant,
    /// As it stands in `called`.
    called: Instant,
    met: bool,
}

impl Place {
    const NOWHERE: Place = Place { listed: Instant::MAX, called: Instant::MAX, met: false };

    fn first(self) -> Instant {
        self.listed.min(self.called)
    }
}

/// Users by their numbers among those who are run together.
pub(super) trait Users {
    fn get_mut(&mut self, number: usize) -> Option<&mut User>;
}

impl Users for GrowingVec<User> {
    fn get_mut(&mut self, number: usize) -> Option<&mut User> {
        GrowingVec::get_mut(self, number)
    }
}

/// A user who is run alone is number 0.
impl Users for User {
    fn get_mut(&mut self, number: usize) -> Option<&mut User> {
        (number == 0).then_some(self)
    }
}

impl Group {
    /// A further user, of whom nothing is known.
    pub(crate) fn add(&mut self, user: User) -> u32 {
        self.users.push(user);
        self.places.push(Place::NOWHERE);
        u32::try_from(self.users.len() - 1).unwrap_or(u32::MAX)
    }

    /// All users, in the order of their numbers.
    pub(crate) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.iter()
    }

    /// At or before the next instant at which something falls due: the one that is being done, if one is.
    pub(crate) fn next(&self, shared: &Shared) -> Option<Instant> {
        if self.is_in_round() {
            return Some(self.round.now);
        }
        // What falls due after the years that the engine knows never does.
        const NEVER: Instant = Instant::from_millis(i64::MAX);
        let mut next = NEVER;
        for (at, _) in [self.due.first(), self.called.first()].into_iter().flatten() {
            next = next.min(*at);
        }
        let others = [shared.next_test().filter(|test| *test < Instant::MAX), shared.next_turn()];
        for at in others.into_iter().flatten() {
            next = next.min(at);
        }
        for woken in &shared.woken {
            next = next.min(woken.at);
        }
        Some(next).filter(|next| *next < NEVER)
    }

    /// An instant's own work has begun: all of its records are in.
    pub(crate) fn is_in_round(&self) -> bool {
        self.round.stage != Stage::Done
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
            let waits =
                update.touches_phone() && user.pending.iter().any(|message| message.standing().is_some());
            let before = waits.then(|| user.address().ok());
            desk.change(user, update, at);
            if before.is_some_and(|before| before != user.address().ok()) {
                let (line, counter) = desk.shared.line(desk.machine, at);
                line.change(counter, number, user, |set, _| set.pair.is_some() || set.numbers.is_some());
            }
            self.list(number);
        }
    }

    /// An event of a user.
    pub(crate) fn event(&mut self, desk: &mut Desk<'_>, number: u32, fact: &Fact<'_>) {
        if !fact.late {
            self.before(desk, fact.at);
        }
        if let Some(user) = self.users.get_mut(number as usize) {
            let machine = desk.machine;
            let counts = |user: &User| !user.pending.is_empty() && machine.tables.budgets.counts_numbers();
            let first = counts(user) && machine.writes_first(user, fact.known);
            desk.take(user, fact);
            // Who writes is answered without a place in the portfolio.
            if first && counts(user) && !machine.writes_first(user, fact.known) {
                let (line, counter) = desk.shared.line(machine, fact.known);
                line.change(counter, number, user, |_, place| place.needs_place);
            }
            self.call(number);
        }
    }

    /// A number is blocked, or free, from an instant on.
    pub(crate) fn number(&mut self, desk: &mut Desk<'_>, number: &Text, blocked: bool, at: Instant) {
        self.before(desk, at);
        desk.shared.block(number.clone(), blocked);
    }

    /// Something is said of a template from an instant on.
    pub(crate) fn template(&mut self, desk: &mut Desk<'_>, statement: TemplateStatement, at: Instant) {
        self.before(desk, at);
        desk.shared.say_of_template(statement, at);
    }

    /// Tells one user who may wait for a template what is said of it; false when there is none to be told.
    fn wake(&mut self, shared: &mut Shared) -> bool {
        let Some(Woken { users, statement, at }) = shared.woken.last_mut() else { return false };
        let Some(number) = users.pop() else {
            shared.woken.pop();
            return true;
        };
        if let Some(user) = self.users.get_mut(number as usize) {
            let waits = user.wake_paused(statement, *at);
            let template = waits.then(|| statement.template.clone());
            self.list(number);
            if let Some(template) = template {
                shared.wait_for_template(&template, number);
            }
        }
        true
    }

    /// Everything that falls due before an instant.
    pub(crate) fn before(&mut self, desk: &mut Desk<'_>, at: Instant) {
        while self.step(desk, at) {}
    }

    /// One piece of what falls due before an instant; false when there is none. What has begun is gone on with, whenever it is.
    pub(crate) fn step(&mut self, desk: &mut Desk<'_>, at: Instant) -> bool {
        // From one stage to the next is no piece of work.
        loop {
            let now = self.round.now;
            match self.round.stage {
                Stage::Done => return self.wake(&mut desk.shared) || self.begin(desk, at),
                Stage::Gather => match self.first().filter(|(due, _)| *due <= now) {
                    Some((_, number)) => {
                        self.gather(desk, number);
                        return true;
                    }
                    None => self.round.gathered(desk),
                },
                Stage::FallDue => match self.round.next_here() {
                    Some(number) => {
                        if let Some(user) = self.users.get_mut(number as usize) {
                            self.round.fall_due(desk, number, user);
                        }
                        return true;
                    }
                    None => self.round.stage = Stage::Ask,
                },
                Stage::Ask => match self.round.next_awake() {
                    Some(mail) => {
                        if let Some(user) = self.users.get_mut(mail.turn.number as usize) {
                            self.round.ask(desk, mail, user);
                        }
                        return true;
                    }
                    None => {
                        self.round.asked(desk);
                        if self.round.stage == Stage::Ask {
                            return true;
                        }
                    }
                },
                Stage::Decide => {
                    match self.round.next_turn(desk, &mut self.users) {
                        Next::Due(mail) => desk.decide(&mut self.users, mail, now),
                        Next::InLine(mail) => {
                            let number = mail.turn.number;
                            desk.turn(&mut self.users, mail, now);
                            self.leave(desk, number);
                        }
                        Next::Sought => {}
                        Next::Nobody => {
                            self.round.decided(desk, &mut self.users);
                            continue;
                        }
                    }
                    return true;
                }
                Stage::Release => match desk.shared.released.last_mut() {
                    Some(Released { users, campaign, at }) => {
                        match users.pop() {
                            Some(number) => {
                                if let Some(user) = self.users.get_mut(number as usize) {
                                    user.release(*campaign, *at);
                                }
                                self.leave(desk, number);
                            }
                            None => drop(desk.shared.released.pop()),
                        }
                        return true;
                    }
                    None => self.round.stage = Stage::Leave,
                },
                Stage::Leave => {
                    match self.round.next_here() {
                        Some(number) => self.leave(desk, number),
                        None => self.round.stage = Stage::Done,
                    }
                    return true;
                }
            }
        }
    }

    /// Who is to be asked first, and when.
    fn first(&self) -> Option<(Instant, u32)> {
        match (self.due.first(), self.called.first()) {
            (Some(due), Some(called)) => Some(*due.min(called)),
            (due, called) => due.or(called).copied(),
        }
    }

    /// One for whom something may fall due at the instant that is being done comes in.
    fn gather(&mut self, desk: &Desk<'_>, number: u32) {
        let now = self.round.now;
        let (Some(user), Some(place)) =
            (self.users.get(number as usize), self.places.get_mut(number as usize))
        else {
            return;
        };
        if place.called <= now {
            self.called.remove(&(place.called, number));
            place.called = Instant::MAX;
        }
        if place.listed <= now {
            self.due.remove(&(place.listed, number));
            place.listed = Instant::MAX;
        }
        self.round.gather(desk, number, user);
    }

    /// Begins with the next instant before one, if there is any.
    fn begin(&mut self, desk: &mut Desk<'_>, at: Instant) -> bool {
        let Some(now) = self.next(&desk.shared).filter(|next| *next < at) else { return false };
        // A test is decided before the messages of its instant, whether there are any or not.
        desk.shared.decide_tests(now, &desk.decisions.tally);
        self.round.begin(now);
        true
    }

    /// One who was here, or whose messages were given an instant, has all of this instant behind.
    fn leave(&mut self, desk: &Desk<'_>, number: u32) {
        if let Some(user) = self.users.get_mut(number as usize) {
            desk.machine.next(user);
        }
        self.list(number);
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
        for user in self.users.iter_mut() {
            desk.machine.close(user, &mut desk.decisions);
        }
    }

    fn at(&mut self, number: u32) -> (Option<&mut User>, Option<&mut Place>) {
        (self.users.get_mut(number as usize), self.places.get_mut(number as usize))
    }

    /// Sees to it that the user is asked when something falls due, or before.
    fn list(&mut self, number: u32) {
        if let (Some(user), Some(place)) =
            (self.users.get(number as usize), self.places.get_mut(number as usize))
            && user.next < place.first()
        {
            if place.listed < Instant::MAX {
                self.due.remove(&(place.listed, number));
            }
            self.due.insert((user.next, number));
            place.listed = user.next;
        }
    }

    /// The same for one who will not be asked for long: the place among all stays as it is.
    fn call(&mut self, number: u32) {
        if let (Some(user), Some(place)) =
            (self.users.get(number as usize), self.places.get_mut(number as usize))
            && user.next < place.first()
        {
            if place.called < Instant::MAX {
                self.called.remove(&(place.called, number));
            }
            self.called.insert((user.next, number));
            place.called = user.next;
        }
    }
}

/// Each user, and when to be asked.
impl Saved for Group {
    fn save(&self, to: &mut Saver<'_>) {
        let Group { users, places, due: _, called: _, round } = self;
        to.length(users.len());
        for (user, Place { listed, called, met }) in users.iter().zip(places.iter()) {
            user.save(to);
            let (as_planned, is_called) = (*listed == user.next, *called < Instant::MAX);
            to.byte(u8::from(*met) | u8::from(as_planned) << 1 | u8::from(is_called) << 2);
            if !as_planned {
                listed.save(to);
            }
            if is_called {
                called.save(to);
            }
        }
        round.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Group, Damage> {
        let mut group = Group::default();
        let (mut due, mut all_called) = (Vec::new(), Vec::new());
        for number in 0..from.length()? {
            let number = u32::try_from(number).map_err(|_| Damage::Wrong("there are too many users"))?;
            let user = User::restore(from)?;
            let flags = from.byte()?;
            let listed = if flags & 2 == 0 { Instant::restore(from)? } else { user.next };
            let called = if flags & 4 == 0 { Instant::MAX } else { Instant::restore(from)? };
            if listed < Instant::MAX {
                due.push((listed, number));
            }
            if called < Instant::MAX {
                all_called.push((called, number));
            }
            from.users.push(user.id.clone());
            group.users.push(user);
            group.places.push(Place { listed, called, met: flags & 1 == 1 });
        }
        // Built at one go.
        group.due = due.into_iter().collect();
        group.called = all_called.into_iter().collect();
        group.round = Saved::restore(from)?;
        Ok(group)
    }
}
