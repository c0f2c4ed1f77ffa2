//! Who stands in line, and whose turn it is.
//!
//! A message that finds no room is left alone until there is some: nothing is asked of those who wait. Those who need room in the same budgets
//! stand in one lane, so that an instant with room looks at the head of each lane and at nobody behind it. A message whose number was written to
//! too often waits with the others to that number, of whom the first joins the lane when the number is free again.
//!
//! What leaves otherwise (cancelled, expired, closed hours) leaves its turn behind, and that is passed over when it is reached. Likewise who no longer
//! needs a place in a portfolio joins the lane of those who do not, and leaves the old turn behind.

use std::collections::{BTreeMap, BTreeSet};

use crate::machine::{Machine, Pending, Place, User};
use crate::model::Instant;
use crate::program::BudgetSet;
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

use super::broom::Broom;
use super::budgets::{Asking, Budgets, Number, Pair};
use super::group::Users;
use super::lane::Lane;
use super::turn::{Mail, Turn};

/// All lanes of those who are run together.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Two for each set of budgets: who needs no place in the portfolio, and who does.
    pub(super) lanes: Vec<(Lane, Listed)>,
    /// At or before the first instant at which there is room for a lane's first.
    agenda: BTreeSet<(Instant, u32)>,
    /// The lanes that may have room at the instant that is being done.
    open: Vec<u32>,
    /// The instant's messages take their turns just now.
    turning: bool,
    /// Those who wait because their number was written to too often.
    pub(super) crowds: BTreeMap<Pair, Crowd>,
    /// At or before the first instant at which a crowd's number may be written to.
    openings: BTreeSet<(Instant, Pair)>,
    /// How many turns stand in crowds.
    pub(super) crowded: usize,
    /// The numbers that wait for a place in a portfolio, and the users who have them.
    pub(super) holders: BTreeSet<(Number, u32)>,
    pub(super) broom: Broom,
}

impl Saved for Line {
    fn save(&self, to: &mut Saver<'_>) {
        let Line { lanes, agenda, open, turning, crowds, openings, crowded: _, holders, broom } = self;
        lanes.save(to);
        agenda.save(to);
        open.save(to);
        turning.save(to);
        crowds.save(to);
        openings.save(to);
        holders.save(to);
        broom.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Line, Damage> {
        let (lanes, agenda, open) = (Saved::restore(from)?, Saved::restore(from)?, Saved::restore(from)?);
        let turning = Saved::restore(from)?;
        let crowds: BTreeMap<Pair, Crowd> = Saved::restore(from)?;
        let crowded = crowds.values().flat_map(|crowd| crowd.lanes.values()).map(BTreeSet::len).sum();
        let (openings, holders, broom) =
            (Saved::restore(from)?, Saved::restore(from)?, Saved::restore(from)?);
        Ok(Line { lanes, agenda, open, turning, crowds, openings, crowded, holders, broom })
    }
}

/// Where a lane's next turn is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Listed {
    /// Nowhere: nobody stands there.
    #[default]
    Nowhere,
    /// In the agenda.
    Later,
    /// Among the open ones.
    Open,
}

saved!(enum Listed {
    0 => Nowhere,
    1 => Later,
    2 => Open,
});

/// The messages of one provider to one number that wait for each other.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    pub(super) lanes: BTreeMap<u32, BTreeSet<Turn>>,
    /// It stands among the openings.
    scheduled: bool,
}

saved!(struct Crowd { lanes, scheduled });

/// Who is the first in line.
pub(super) enum Head {
    /// This one, taken out.
    Is(Mail),
    /// Nobody for whom there is room, or somebody else's turn comes before.
    Nobody,
    /// It is not found out yet: there was much to be passed over.
    Sought,
}

/// So much is done at once, where the whole may be a lot.
const FEW: usize = 128;

/// What there is room for at an instant.
#[derive(Clone, Copy)]
pub(super) struct Counter<'a> {
    pub(super) machine: Machine<'a>,
    pub(super) budgets: &'a Budgets,
    pub(super) now: Instant,
}

impl<'a> Counter<'a> {
    fn set(self, lane: u32) -> Option<&'a BudgetSet> {
        self.machine.tables.budgets.sets.get(lane as usize / 2)
    }

    /// From when on the budgets of a lane have room, but for the numbers themselves.
    fn lane_room(self, lane: u32) -> Instant {
        self.set(lane)
            .map_or(self.now, |set| self.budgets.shared_room(set, needs_place(lane as usize), self.now))
    }

    /// Whether a message to a user would take a place in the portfolio.
    fn needs_place(self, set: &BudgetSet, user: &mut User) -> bool {
        let Some(portfolio) = set.numbers else { return false };
        // What has no number goes to nobody.
        let Ok(number) = user.address() else { return false };
        let asking = Asking {
            number: Number::of(&number),
            first: self.machine.writes_first(user, self.now),
            now: self.now,
        };
        self.budgets.takes_place(portfolio, asking)
    }

    /// The provider and number of a user's message, where these have a budget.
    fn pair(self, set: &BudgetSet, user: &mut User) -> Option<Pair> {
        Some(Pair { budget: set.pair?, number: Number::of(&user.address().ok()?) })
    }
}

fn lane_of(set: u32, needs_place: bool) -> u32 {
    set.saturating_mul(2).saturating_add(needs_place.into())
}

pub(super) fn needs_place(lane: usize) -> bool {
    lane % 2 == 1
}

/// Whether a message still stands at a place of a lane, or in a crowd; else it has left, or stands elsewhere, and its turn is left behind.
pub(super) fn stands(users: &mut dyn Users, turn: &Turn, needs_place: bool, crowd: Option<Pair>) -> bool {
    let Some(user) = users.get_mut(turn.number as usize) else { return false };
    let message = user.pending.get(turn.wake, turn.order);
    let place = Place { needs_place, crowded: crowd.is_some() };
    message.and_then(|message| message.standing()).is_some_and(|standing| standing.place == place)
        // Who has another number by now may stand in the crowd of that one.
        && crowd.is_none_or(|pair| user.address().is_ok_and(|number| Number::of(&number) == pair.number))
}

impl Line {
    pub(super) fn new(sets: usize) -> Line {
        Line { lanes: std::iter::repeat_with(Default::default).take(sets * 2).collect(), ..Line::default() }
    }

    /// At or before the next instant at which it is somebody's turn.
    pub(super) fn next(&self) -> Option<Instant> {
        if self.agenda.is_empty() && self.openings.is_empty() {
            return None;
        }
        let lanes = self.agenda.first().map(|(at, _)| *at);
        let crowds = self.openings.first().map(|(at, _)| *at);
        lanes.into_iter().chain(crowds).min().filter(|at| *at < Instant::MAX)
    }

    /// A message joins that finds no room: where it stands.
    pub(super) fn stand(
        &mut self,
        counter: Counter<'_>,
        set_place: u32,
        turn: Turn,
        asking: Asking,
    ) -> Place {
        let mut place = Place::default();
        let Some(set) = counter.machine.tables.budgets.sets.get(set_place as usize) else { return place };
        place.needs_place =
            set.numbers.is_some_and(|portfolio| counter.budgets.takes_place(portfolio, asking));
        if place.needs_place {
            self.holders.insert((asking.number, turn.number));
        }
        let lane = lane_of(set_place, place.needs_place);
        let pair = set.pair.map(|budget| Pair { budget, number: asking.number });
        match pair.filter(|pair| counter.budgets.pair_room(*pair, counter.now) > counter.now) {
            Some(pair) => {
                place.crowded = true;
                self.crowd(counter, lane, turn, pair);
            }
            None => self.join(counter, lane, turn),
        }
        place
    }

    fn join(&mut self, counter: Counter<'_>, lane: u32, turn: Turn) {
        if let Some((place, _)) = self.lanes.get_mut(lane as usize) {
            place.push(turn);
            self.list(counter, lane);
        }
    }

    fn crowd(&mut self, counter: Counter<'_>, lane: u32, turn: Turn, pair: Pair) {
        let crowd = self.crowds.entry(pair).or_default();
        self.crowded += usize::from(crowd.lanes.entry(lane).or_default().insert(turn));
        self.schedule(counter, pair);
    }

    /// Sees to it that a crowd is looked at when its number may be written to.
    fn schedule(&mut self, counter: Counter<'_>, pair: Pair) {
        if let Some(crowd) = self.crowds.get_mut(&pair)
            && !crowd.scheduled
        {
            crowd.scheduled = true;
            self.openings.insert((counter.budgets.pair_room(pair, counter.now), pair));
        }
    }

    /// Sees to it that a lane is looked at when there is room.
    fn list(&mut self, counter: Counter<'_>, lane: u32) {
        let Some((_, listed)) = self.lanes.get_mut(lane as usize) else { return };
        if *listed != Listed::Nowhere {
            return;
        }
        let from = counter.lane_room(lane);
        if self.turning && from <= counter.now {
            *listed = Listed::Open;
            self.open.push(lane);
        } else {
            *listed = Listed::Later;
            self.agenda.insert((from, lane));
        }
    }

    /// The turns of an instant begin: a piece of it; true when all is done.
    pub(super) fn begin(&mut self, counter: Counter<'_>) -> bool {
        self.turning = true;
        let now = counter.now;
        while let Some((_, lane)) = self.agenda.first().copied().filter(|(at, _)| *at <= now) {
            self.agenda.pop_first();
            if let Some((_, listed)) = self.lanes.get_mut(lane as usize) {
                *listed = Listed::Open;
                self.open.push(lane);
            }
        }
        for _ in 0..FEW {
            let Some((_, pair)) = self.openings.first().copied().filter(|(at, _)| *at <= now) else {
                return true;
            };
            self.openings.pop_first();
            let Some(crowd) = self.crowds.get_mut(&pair) else { continue };
            crowd.scheduled = false;
            let lanes: Vec<u32> = crowd.lanes.keys().copied().collect();
            if lanes.is_empty() {
                self.crowds.remove(&pair);
            } else if counter.budgets.pair_room(pair, now) > now {
                self.schedule(counter, pair);
            } else {
                lanes.into_iter().for_each(|lane| self.represent(counter, lane, pair));
            }
        }
        false
    }

    /// The turns of an instant are over: all who still wait have no room now.
    pub(super) fn end(&mut self) {
        self.turning = false;
        debug_assert!(self.open.is_empty(), "a lane is left open");
    }

    /// Takes out the first in line for whom there is room, if its turn comes before another's.
    pub(super) fn first_before(
        &mut self,
        counter: Counter<'_>,
        other: Option<&Turn>,
        users: &mut dyn Users,
    ) -> Head {
        let mut taken = || {
            for _ in 0..FEW {
                let lane = self.first(counter)?;
                let (turn, _) = self.lanes.get(lane as usize)?.0.first()?;
                if other.is_some_and(|other| other < turn) {
                    return None;
                }
                if self.has_room(counter, lane, users) {
                    let turn = self.take_turn(counter, lane)?;
                    let message = users.get_mut(turn.number as usize)?.pending.take(turn.wake, turn.order)?;
                    return Some(Head::Is(Mail { turn, message }));
                }
            }
            Some(Head::Sought)
        };
        taken().unwrap_or(Head::Nobody)
    }

    /// The lane with room whose first has its turn before all others.
    fn first(&mut self, counter: Counter<'_>) -> Option<u32> {
        let mut first: Option<(u32, &Turn)> = None;
        let mut closed = Vec::new();
        for lane in &self.open {
            let head = self.lanes.get(*lane as usize).and_then(|(place, _)| place.first());
            match head {
                Some((turn, _)) if counter.lane_room(*lane) <= counter.now => {
                    if first.is_none_or(|(_, best)| turn < best) {
                        first = Some((*lane, turn));
                    }
                }
                Some(_) | None => closed.push(*lane),
            }
        }
        let first = first.map(|(lane, _)| lane);
        for lane in closed {
            self.close(counter, lane);
        }
        first
    }

    /// There is no room for a lane any more, or nobody in it.
    fn close(&mut self, counter: Counter<'_>, lane: u32) {
        self.open.retain(|open| *open != lane);
        if let Some((place, listed)) = self.lanes.get_mut(lane as usize) {
            *listed = Listed::Nowhere;
            if !place.is_empty() {
                self.list(counter, lane);
            }
        }
    }

    /// Whether there is room for the first of a lane whose budgets have some. If not, or if nobody is there any more, it is not the first any longer.
    fn has_room(&mut self, counter: Counter<'_>, lane: u32, users: &mut dyn Users) -> bool {
        let Some((place, _)) = self.lanes.get_mut(lane as usize) else { return false };
        let Some((turn, crowd)) = place.first() else { return false };
        if let Some(pair) = crowd {
            // Of the crowd, somebody else may be the first by now.
            let turns = self.crowds.get_mut(&pair).and_then(|crowd| crowd.lanes.get_mut(&lane));
            let first = turns.and_then(|turns| {
                let before = turns.len();
                let needs_place = needs_place(lane as usize);
                while turns.first().is_some_and(|turn| !stands(users, turn, needs_place, Some(pair))) {
                    turns.pop_first();
                }
                self.crowded -= before - turns.len();
                turns.first()
            });
            if first != Some(turn) {
                place.pop_first();
                self.represent(counter, lane, pair);
                return false;
            }
        }
        let stood = Place { needs_place: needs_place(lane as usize), crowded: crowd.is_some() };
        let (number, wake, order) = (turn.number, turn.wake, turn.order);
        if !stands(users, turn, stood.needs_place, crowd) {
            place.pop_first();
            return false;
        }
        let Some((user, set)) = users.get_mut(number as usize).zip(counter.set(lane)) else { return false };
        if !stood.needs_place && counter.needs_place(set, user) {
            // The number is counted no more, or the service window has closed.
            let Some(turn) = self.take_turn(counter, lane) else { return false };
            stand_at(user, (wake, order), Place { needs_place: true, crowded: false });
            if let Ok(number) = user.address() {
                self.holders.insert((Number::of(&number), turn.number));
            }
            self.join(counter, lane + 1, turn);
            return false;
        }
        let pair = counter
            .pair(set, user)
            .filter(|pair| counter.budgets.pair_room(*pair, counter.now) > counter.now);
        let Some(pair) = pair else { return true };
        let head = self.lanes.get_mut(lane as usize).and_then(|(place, _)| place.pop_first());
        if let Some((turn, crowd)) = head {
            match crowd {
                // It comes back for all of the crowd.
                Some(pair) => self.schedule(counter, pair),
                None => {
                    stand_at(user, (wake, order), Place { crowded: true, ..stood });
                    self.crowd(counter, lane, turn, pair);
                }
            }
        }
        false
    }

    /// Takes the first of a lane out; of a crowd the next one takes its place in the lane.
    fn take_turn(&mut self, counter: Counter<'_>, lane: u32) -> Option<Turn> {
        let (turn, crowd) = self.lanes.get_mut(lane as usize)?.0.pop_first()?;
        if let Some(pair) = crowd {
            if let Some(turns) = self.crowds.get_mut(&pair).and_then(|crowd| crowd.lanes.get_mut(&lane)) {
                self.crowded -= usize::from(turns.remove(&turn));
            }
            self.represent(counter, lane, pair);
        }
        Some(turn)
    }

    /// The first of a crowd's messages of a lane joins the lane, for all of them.
    fn represent(&mut self, counter: Counter<'_>, lane: u32, pair: Pair) {
        let Some(crowd) = self.crowds.get_mut(&pair) else { return };
        match crowd.lanes.get(&lane).and_then(BTreeSet::first).cloned() {
            Some(turn) => {
                if let Some((place, _)) = self.lanes.get_mut(lane as usize) {
                    place.push_pair(turn, pair);
                    self.list(counter, lane);
                }
            }
            None => {
                crowd.lanes.remove(&lane);
                if crowd.lanes.is_empty() && !crowd.scheduled {
                    self.crowds.remove(&pair);
                }
            }
        }
    }

    /// Messages of a user change lanes, as far as they are meant and need to: what they need room in may be something else by now.
    pub(super) fn change(
        &mut self,
        counter: Counter<'_>,
        number: u32,
        user: &mut User,
        meant: impl Fn(&BudgetSet, Place) -> bool,
    ) {
        let tables = counter.machine.tables;
        let set = |message: &Pending| {
            let place = counter.machine.campaign(message.campaign)?.budgets?;
            Some((place, tables.budgets.sets.get(place as usize)?))
        };
        let mut moving = Vec::new();
        for message in user.pending.iter() {
            let Some((standing, (place, set))) = message.standing().zip(set(message)) else { continue };
            if meant(set, standing.place) {
                moving.push((place, set, standing.place, Turn::of(counter.machine, user, number, message)));
            }
        }
        for (set_place, set, stood, turn) in moving {
            let place = Place { needs_place: counter.needs_place(set, user), crowded: false };
            if place.needs_place
                && let Ok(phone) = user.address()
            {
                self.holders.insert((Number::of(&phone), number));
            }
            if place != stood {
                stand_at(user, (turn.wake, turn.order), place);
                self.join(counter, lane_of(set_place, place.needs_place), turn);
            }
        }
    }

    /// A number takes a place in a portfolio: who waits for one to write to it waits no more.
    pub(super) fn counted(&mut self, counter: Counter<'_>, number: Number, users: &mut dyn Users) {
        let holders: Vec<u32> =
            self.holders.range((number, 0)..=(number, u32::MAX)).map(|(_, user)| *user).collect();
        for place in holders {
            // Who waits for another portfolio comes back.
            self.holders.remove(&(number, place));
            let Some(user) = users.get_mut(place as usize) else { continue };
            if user.address().is_ok_and(|address| Number::of(&address) == number) {
                self.change(counter, place, user, |_, place| place.needs_place);
            }
        }
    }
}

/// A message of a user stands somewhere else from now on.
fn stand_at(user: &mut User, (wake, order): (Instant, u64), place: Place) {
    if let Some(message) = user.pending.get_mut(wake, order) {
        message.stand_at(place);
    }
}
