//! One user's records in order, and what they say at any moment.

use std::collections::HashSet;

use campanile::language::ast::{Condition, EventPattern, TimeBase};
use campanile::model::{Event, Instant, Profile, ProfileUpdate, Record, Text, ZoneSource};

use super::World;
use super::clock::Zone;
use super::condition::{Asked, Past, matches};
use super::filter::View;

/// A user with all records.
pub struct Person<'a> {
    pub world: &'a World<'a>,
    pub user: &'a str,
    pub rows: Vec<Row<'a>>,
    /// The profile and the zone before any record, and after each: a look-up, so that they need not be put together again
    /// for each question.
    known: Vec<(Profile, UserZone)>,
}

/// One record of the user, by its place in the order of 1.2.
pub struct Row<'a> {
    pub at: Option<Instant>,
    pub entry: Entry<'a>,
    /// Its place among the records of all users.
    pub input: usize,
}

pub enum Entry<'a> {
    Event { event: &'a Event, occurrence: Text },
    Profile(&'a ProfileUpdate),
}

/// A point in a user's life: an instant, and what comes first within it (1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    pub at: Instant,
    pub step: Step,
}

/// The steps within an instant, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The record at this place comes in; an event first cancels, then fires.
    Record(usize, Half),
    /// The timer ends that the event at this place started.
    Timer(usize),
    /// What the event at this place planned for a date.
    EventDate(usize),
    /// A date of the profile.
    ProfileDate,
    /// Segments are entered or left.
    Segments,
    Schedules,
    /// Messages that arrive or were held ask whether their hours are open (5.12).
    Hours,
    /// Messages are due.
    Due,
    /// The run is over.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Half {
    Cancels,
    Fires,
}

/// The zone that a user's wall clock is read in, and where it came from.
#[derive(Clone)]
pub struct UserZone {
    pub zone: Zone,
    pub source: ZoneSource,
    pub unknown: Option<Text>,
}

impl<'a> Person<'a> {
    /// Puts the records, given in input order, into the order of their instants.
    pub fn new(world: &'a World<'a>, user: &'a str, records: &[(usize, &'a Record)]) -> Person<'a> {
        let mut ids = HashSet::new();
        let mut nameless: Vec<&Event> = Vec::new();
        let mut rows = Vec::new();
        for (input, record) in records {
            let entry = match record {
                Record::Profile(update) => Entry::Profile(update),
                Record::Number(_) | Record::Template(_) => panic!("such a statement is no user's"),
                Record::Event(event) => {
                    // 1.3
                    if event.id.as_ref().is_some_and(|id| !ids.insert(id)) {
                        continue;
                    }
                    // 1.4
                    let alike = nameless.iter().filter(|other| **other == event).count();
                    if event.id.is_none() {
                        nameless.push(event);
                    }
                    Entry::Event { event, occurrence: event.occurrence(alike) }
                }
            };
            rows.push(Row { at: record.at(), entry, input: *input });
        }
        // 1.2: no instant sorts before all instants; equal ones keep their order.
        rows.sort_by_key(|row| row.at);
        let mut profile = Profile::default();
        let mut known = vec![(profile.clone(), zone_of_profile(world, &profile))];
        for row in &rows {
            if let Entry::Profile(update) = row.entry {
                profile.apply(update);
                known.push((profile.clone(), zone_of_profile(world, &profile)));
            } else {
                known.push(known.last().unwrap().clone());
            }
        }
        Person { world, user, rows, known }
    }

    /// The events from the first record on with their places.
    pub fn events(&self) -> impl Iterator<Item = (usize, &'a Event)> + '_ {
        self.rows.iter().enumerate().filter_map(|(place, row)| match &row.entry {
            Entry::Event { event, .. } => Some((place, *event)),
            Entry::Profile(_) => None,
        })
    }

    /// The event at a place.
    pub fn event(&self, place: usize) -> &'a Event {
        match &self.rows[place].entry {
            Entry::Event { event, .. } => event,
            Entry::Profile(_) => panic!("a profile record is no event"),
        }
    }

    /// The occurrence of the event at a place.
    pub fn occurrence(&self, place: usize) -> Text {
        match &self.rows[place].entry {
            Entry::Event { occurrence, .. } => occurrence.clone(),
            Entry::Profile(_) => panic!("a profile record is no occurrence"),
        }
    }

    /// How many records have come in at a moment: up to and with the record that asks, else all up to the instant (3.1).
    pub fn seen(&self, moment: Moment) -> usize {
        match moment.step {
            Step::Record(place, _) => place + 1,
            _ => self.rows.iter().filter(|row| row.at <= Some(moment.at)).count(),
        }
    }

    /// 1.8
    pub fn profile(&self, moment: Moment) -> &Profile {
        &self.known[self.seen(moment)].0
    }

    /// The profile after the record at a place.
    pub fn profile_after(&self, place: usize) -> &Profile {
        &self.known[place + 1].0
    }

    /// 1.8: the user's zone.
    pub fn zone(&self, moment: Moment) -> &UserZone {
        &self.known[self.seen(moment)].1
    }

    /// The zone in which a wall clock is read.
    pub fn zone_of(&self, base: &TimeBase, moment: Moment) -> Zone {
        match base {
            TimeBase::Account => self.world.account.clone(),
            TimeBase::User => self.zone(moment).zone.clone(),
            TimeBase::Named(name) => Zone::named(&name.node).unwrap(),
        }
    }

    /// The events before a place, as the past of one who asks.
    fn past(&self, seen: usize) -> Vec<Past<'_>> {
        let past = |(place, event): (usize, &'a Event)| Past { event, zone: &self.known[place + 1].1.zone };
        self.events().filter(|(place, _)| *place < seen).map(past).collect()
    }

    /// 3: true when a condition holds of the user at a moment.
    pub fn holds(&self, condition: &Condition, moment: Moment) -> bool {
        let asked = Asked {
            rulebook: self.world.rulebook,
            account: &self.world.account,
            user: self.user,
            zone: &self.zone(moment).zone,
            profile: self.profile(moment),
            history: &self.past(self.seen(moment)),
            now: moment.at,
        };
        asked.holds(condition)
    }

    /// True when the event at a place is one that a pattern means, as it happens.
    pub fn matches(&self, pattern: &EventPattern, place: usize) -> bool {
        let event = self.event(place);
        let view = View {
            account: &self.world.account,
            user: &self.known[place + 1].1.zone,
            at: event.at,
            week_starts: self.world.rulebook.settings().week_starts,
        };
        matches(pattern, event, &view)
    }
}

/// 1.8
fn zone_of_profile(world: &World, profile: &Profile) -> UserZone {
    let account = || world.account.clone();
    match profile.zone_name().map(|name| (name, Zone::of_data(name))) {
        None => UserZone { zone: account(), source: ZoneSource::Account, unknown: None },
        Some((_, Some(zone))) => UserZone { zone, source: ZoneSource::Profile, unknown: None },
        Some((name, None)) => {
            UserZone { zone: account(), source: ZoneSource::AccountForUnknown, unknown: Some(name.into()) }
        }
    }
}
