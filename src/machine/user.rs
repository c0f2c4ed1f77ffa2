//! One user's state: what of the past can still matter, and what is still to come.

mod saved;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::fmt;
use std::sync::Arc;

use chrono::NaiveDateTime;

use crate::calendar::Zone;
use crate::model::{
    Budget, Duration, Instant, OutcomeKind, Profile, ProfileUpdate, TemplateStatement, Text, ZoneSource, e164,
};
use crate::program::{CampaignPlan, Fact, Origin, Tables};
use crate::saved::saved;

use super::Report;
use super::agenda::{Agenda, Planned, Tie};
use super::dates::{Dated, ProfileDate};
use super::few::Few;
use super::membership::Membership;
use super::memory::Memory;
use super::schedule::ScheduleState;
use super::sent::Sent;

/// The state of one user. Everything that an event or an instant does, it does to this.
///
/// A user whom no rule concerns holds no more than an id: counters, schedules and lists of what is pending are
/// allocated when the first of them is needed.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: Text,
    pub(crate) profile: Profile,
    pub(crate) zone: Zone,
    pub(crate) zone_source: ZoneSource,
    /// E.164, or why not; found when first asked for after a change of the profile.
    address: Option<Result<Text, Text>>,
    pub(super) memory: Memory,
    pub(crate) timers: Agenda<Timer>,
    pub(crate) pending: Agenda<Pending>,
    pub(crate) schedule: Vec<ScheduleState>,
    /// When each schedule fires next, and its place, the soonest first: of a thousand schedules hardly any falls due at an instant.
    pub(super) upcoming: BinaryHeap<Reverse<(Instant, u32)>>,
    pub(crate) expected: Agenda<Expected>,
    pub(super) dates: Agenda<Dated>,
    pub(super) profile_dates: Vec<ProfileDate>,
    pub(super) memberships: Vec<Membership>,
    /// The campaigns whose event was there once, for `for the first time`.
    pub(crate) firsts: BTreeSet<u32>,
    /// The instant before the run, until it has come, for a user known by then of whom something is asked there.
    pub(crate) eve: Option<Instant>,
    /// When the jobs fell due that the account's cap or the gap can still count, in order.
    ledger: VecDeque<Instant>,
    /// The same for each campaign with a cap of its own.
    ledgers: Vec<(u32, VecDeque<Instant>)>,
    /// How many events without id there were, by content, of the latest instant that fired or started something.
    alike: Few<u128, u32>,
    alike_at: Instant,
    /// The jobs that were made, in order of their dues, and what the user was spared where there is a goal.
    pub(crate) sent: Vec<Sent>,
    /// Counts timers and qualifications, to keep their order.
    order: u64,
    /// At or before the next instant at which something falls due.
    pub(crate) next: Instant,
}

/// A running timer of `then no`.
#[derive(Debug)]
pub(crate) struct Timer {
    pub(crate) campaign: u32,
    pub(crate) started: Instant,
    pub(crate) ends: Instant,
    pub(crate) order: u64,
    /// None for an A that `matching` ties to no other event.
    pub(crate) tie: Option<Tie>,
    pub(crate) cause: Cause,
    pub(crate) unless: Box<[Option<u128>]>,
}

saved!(struct Timer { campaign, started, ends, order, tie, cause, unless });

impl Planned for Timer {
    fn at(&self) -> Instant {
        self.ends
    }

    fn order(&self) -> u64 {
        self.order
    }

    fn ties(&self) -> impl Iterator<Item = Tie> {
        self.tie.into_iter()
    }
}

/// What made a user qualify.
#[derive(Debug, Clone)]
pub(crate) enum Cause {
    /// An event; `alike` tells those apart that are the same in everything. `first` is A of `A then B`.
    Event { origin: Arc<Origin>, alike: u32, first: Option<Arc<Origin>> },
    /// A wall-clock time; `zone` is none in user time.
    Schedule { wall: NaiveDateTime, zone: Option<Zone>, at: Instant },
    /// The date of a property of the profile.
    Date { property: Text, wall: NaiveDateTime, zone: Option<Zone>, at: Instant },
    /// A segment that was entered, or left.
    Segment { enters: bool, at: Instant },
}

saved!(enum Cause {
    0 => Event { origin, alike, first },
    1 => Schedule { wall, zone, at },
    2 => Date { property, wall, zone, at },
    3 => Segment { enters, at },
});

/// A message that is not decided yet.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) campaign: u32,
    pub(crate) order: u64,
    pub(crate) qualified_at: Instant,
    /// The end of the wait: what it is ordered by, however long it is held.
    pub(crate) arrival: Instant,
    /// When hours are asked (again).
    pub(crate) wake: Instant,
    pub(crate) cause: Cause,
    /// For each `unless`, the value that an event must have to end it.
    pub(crate) unless: Box<[Option<u128>]>,
    pub(crate) waits: Waits,
}

saved!(struct Pending { campaign, order, qualified_at, arrival, wake, cause, unless, waits });

/// What a message waits for that is no instant of its own.
#[derive(Debug, Default)]
pub(crate) enum Waits {
    /// Nothing, or the decision of a test.
    #[default]
    Nothing,
    /// Room in a budget: it stands in line.
    InLine(Standing),
    /// The provider, who will not have it before.
    NotBefore(Box<NotBefore>),
}

saved!(enum Waits {
    0 => Nothing,
    1 => InLine(standing),
    2 => NotBefore(held),
});

impl Pending {
    /// Where it stands in line, if it does.
    pub(crate) fn standing(&self) -> Option<Standing> {
        match self.waits {
            Waits::InLine(standing) => Some(standing),
            Waits::Nothing | Waits::NotBefore(_) => None,
        }
    }

    /// Reports that it waits for this no longer; `outcome` is what became of it, unless it waits for something else.
    pub(crate) fn leave(&self, now: Instant, outcome: Option<OutcomeKind>, report: &mut dyn Report) {
        match &self.waits {
            Waits::InLine(standing) => report.left_line(self.campaign, standing, now, outcome),
            Waits::NotBefore(held) => report.was_held(self.campaign, held, now, outcome),
            Waits::Nothing => {}
        }
    }

    /// It stands elsewhere in line from now on, if it stands there at all.
    pub(crate) fn stand_at(&mut self, place: Place) {
        if let Waits::InLine(standing) = &mut self.waits {
            standing.place = place;
        }
    }
}

/// Since when a message stands in line, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) since: Instant,
    /// The budget that would have had room last when it began, by its place among the program's.
    pub(crate) budget: u32,
    pub(crate) place: Place,
}

saved!(struct Standing { since, budget, place });

/// Where in line a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// With those who need a place in the portfolio.
    pub(crate) needs_place: bool,
    /// With those whose number was written to too often.
    pub(crate) crowded: bool,
}

saved!(struct Place { needs_place, crowded });

// Of ten million who wait each has one.
const _: () = assert!(size_of::<Pending>() <= 120);

/// What the provider holds against a message.
#[derive(Debug)]
pub(crate) struct NotBefore {
    pub(crate) since: Instant,
    /// What it is, by the name that those know it by who are told: of several the one that lasts.
    pub(crate) budget: Budget,
    /// Its template that is paused, and in which language.
    pub(crate) paused: Option<(Text, Text)>,
    /// When it may be sent, as far as was known when it was asked; [`Instant::MAX`] when nobody knew.
    pub(crate) until: Instant,
}

saved!(struct NotBefore { since, budget, paused, until });

impl fmt::Display for NotBefore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = self.until;
        match &self.paused {
            Some((template, _)) if until < Instant::MAX => {
                write!(f, "waiting until {until}: the template `{template}` is paused")
            }
            Some((template, _)) => write!(f, "waiting: the template `{template}` is paused"),
            None => write!(f, "waiting until {until}: the provider takes no marketing"),
        }
    }
}

impl Planned for Pending {
    fn at(&self) -> Instant {
        self.wake
    }

    fn order(&self) -> u64 {
        self.order
    }

    fn ties(&self) -> impl Iterator<Item = Tie> {
        let clauses = self.unless.iter().enumerate();
        clauses.filter_map(|(clause, key)| key.map(|key| Tie { campaign: self.campaign, clause, key }))
    }
}

/// A of `A then B`: until it is over, B fires. Of those with one tie only the last matters.
#[derive(Debug)]
pub(crate) struct Expected {
    until: Instant,
    order: u64,
    tie: Tie,
    pub(crate) origin: Arc<Origin>,
}

saved!(struct Expected { until, order, tie, origin });

impl Planned for Expected {
    fn at(&self) -> Instant {
        self.until
    }

    fn order(&self) -> u64 {
        self.order
    }

    fn ties(&self) -> impl Iterator<Item = Tie> {
        std::iter::once(self.tie)
    }
}

impl Cause {
    /// What names the occasion: together with campaign and user it is decided once.
    pub(crate) fn occurrence(&self) -> Text {
        match self {
            Cause::Event { origin, alike, .. } => origin.occurrence(*alike),
            Cause::Schedule { wall, zone, .. } => clock_text(*wall, zone.as_ref()).into(),
            Cause::Date { property, wall, zone, .. } => {
                format!("{property} {}", clock_text(*wall, zone.as_ref())).into()
            }
            Cause::Segment { enters, at } => at.written_after(if *enters { "enters " } else { "leaves " }),
        }
    }
}

/// A wall clock, with milliseconds where there are any, and whose it is.
fn clock_text(wall: NaiveDateTime, zone: Option<&Zone>) -> String {
    let wall = wall.format("%Y-%m-%dT%H:%M:%S%.f");
    format!("{wall} {}", zone.map_or("user time", Zone::name))
}

impl User {
    /// A user of whom nothing is known.
    pub(crate) fn new(id: Text, tables: &Tables) -> User {
        User::living_in(id, tables.zone)
    }

    fn living_in(id: Text, zone: Zone) -> User {
        User {
            id,
            profile: Profile::default(),
            zone,
            zone_source: ZoneSource::Account,
            address: None,
            memory: Memory::default(),
            timers: Agenda::default(),
            pending: Agenda::default(),
            schedule: Vec::new(),
            upcoming: BinaryHeap::new(),
            expected: Agenda::default(),
            dates: Agenda::default(),
            profile_dates: Vec::new(),
            memberships: Vec::new(),
            firsts: BTreeSet::new(),
            eve: None,
            ledger: VecDeque::new(),
            ledgers: Vec::new(),
            alike: Few::default(),
            sent: Vec::new(),
            alike_at: Instant::MIN,
            order: 0,
            next: Instant::MAX,
        }
    }

    /// The same memory for another user of whom nothing is known.
    pub(crate) fn reset(&mut self, id: Text, tables: &Tables) {
        self.id = id;
        self.profile = Profile::default();
        self.zone = tables.zone;
        self.zone_source = ZoneSource::Account;
        self.address = None;
        self.memory.clear();
        self.timers.clear();
        self.pending.clear();
        self.schedule.clear();
        self.upcoming.clear();
        self.expected.clear();
        self.dates.clear();
        self.profile_dates.clear();
        self.memberships.clear();
        self.firsts.clear();
        self.eve = None;
        self.ledger.clear();
        self.ledgers.clear();
        self.alike.clear();
        self.sent.clear();
        self.order = 0;
        self.next = Instant::MAX;
    }

    /// Takes over a change of the profile.
    pub(crate) fn update(&mut self, update: &ProfileUpdate, tables: &Tables) {
        self.profile.apply(update);
        self.address = None;
        (self.zone, self.zone_source) = match self.profile.zone_name() {
            None => (tables.zone, ZoneSource::Account),
            Some(name) => match Zone::find(name) {
                Some(zone) => (zone, ZoneSource::Profile),
                None => (tables.zone, ZoneSource::AccountForUnknown),
            },
        };
    }

    /// The profile's words for the time zone, where they mean none.
    pub(crate) fn unknown_zone(&self) -> Option<&str> {
        self.profile.zone_name().filter(|_| self.zone_source == ZoneSource::AccountForUnknown)
    }

    /// The phone number in E.164 form, or why there is none.
    pub(crate) fn address(&mut self) -> Result<Text, Text> {
        let profile = &self.profile;
        self.address
            .get_or_insert_with(|| match profile.phone() {
                None => Err("the profile has no phone number".into()),
                Some(number) => e164(number).map_err(|error| error.to_string().into()),
            })
            .clone()
    }

    pub(crate) fn next_order(&mut self) -> u64 {
        self.order += 1;
        self.order
    }

    /// A of `A then B` has come: it takes the place of those before it.
    pub(crate) fn expect(&mut self, tie: Tie, at: Instant, within: Duration, origin: Arc<Origin>) {
        self.expected.take_due(at);
        self.expected.take_tied(tie, at, |_| true);
        let order = self.next_order();
        self.expected.insert(Expected { until: at + within, order, tie, origin });
    }

    /// Something falls due at an instant.
    pub(crate) fn wake_at(&mut self, at: Instant) {
        self.next = self.next.min(at);
    }

    /// How many events of this instant, alike in everything, came before.
    pub(crate) fn count_alike(&mut self, origin: &Origin) -> u32 {
        if origin.id.is_some() {
            return 0;
        }
        if self.alike_at != origin.at {
            self.alike_at = origin.at;
            self.alike.clear();
        }
        match self.alike.get_mut(&origin.content) {
            Some(alike) => {
                *alike = alike.saturating_add(1);
                *alike - 1
            }
            None => {
                self.alike.insert(origin.content, 1);
                0
            }
        }
    }

    /// Enters an event into all that its kind concerns of what is remembered.
    pub(crate) fn enter(&mut self, fact: &Fact<'_>, tables: &Tables) {
        self.memory.enter(fact, tables, &self.zone);
    }

    /// Messages of a campaign that wait without knowing how long arrive at an instant.
    pub(crate) fn release(&mut self, campaign: u32, at: Instant) {
        for message in self.pending.take_never() {
            // Who stands in line, or waits for the provider, may wait without an end as well.
            let message = match message.waits {
                Waits::Nothing if message.campaign == campaign => {
                    Pending { wake: at, arrival: at, ..message }
                }
                _ => message,
            };
            self.pending.insert(message);
        }
    }

    /// Something new is said of a template: messages that wait because it is paused are asked again at an instant. Answers whether others
    /// wait for it still, in another language.
    pub(crate) fn wake_paused(&mut self, statement: &TemplateStatement, at: Instant) -> bool {
        let paused = |message: &Pending| match &message.waits {
            Waits::NotBefore(held) => held.paused.clone(),
            Waits::Nothing | Waits::InLine(_) => None,
        };
        let means = |(template, language): (Text, Text)| statement.is_about(&template, &language);
        let woken = self.pending.take_if(|message| paused(message).is_some_and(means));
        let mut left = self.pending.iter().filter_map(paused).map(|(template, _)| template);
        let waits = left.any(|template| template == statement.template);
        drop(left);
        for mut message in woken {
            message.wake = message.wake.min(at);
            self.wake_at(message.wake);
            self.pending.insert(message);
        }
        waits
    }

    /// Enters a job of a campaign that was made.
    pub(crate) fn enter_job(&mut self, due: Instant, number: u32, campaign: &CampaignPlan, tables: &Tables) {
        let enter = |ledger: &mut VecDeque<Instant>, horizon: Duration| {
            let expired = ledger.partition_point(|job| *job <= due - horizon);
            ledger.drain(..expired);
            ledger.push_back(due);
        };
        let horizon = tables.caps.iter().map(|cap| cap.horizon()).chain(tables.gap).max();
        if let Some(horizon) = horizon {
            enter(&mut self.ledger, horizon);
        }
        if let Some(horizon) = campaign.at_most.iter().map(|cap| cap.horizon()).max() {
            let place = self.ledgers.iter().position(|(known, _)| *known == number).unwrap_or_else(|| {
                self.ledgers.push((number, VecDeque::new()));
                self.ledgers.len() - 1
            });
            if let Some((_, ledger)) = self.ledgers.get_mut(place) {
                enter(ledger, horizon);
            }
        }
    }

    /// How many jobs fell due after an instant, as far back as the account's cap and the gap go.
    pub(crate) fn jobs_after(&self, after: Instant) -> usize {
        count_after(&self.ledger, after)
    }

    /// The same of one campaign, as far back as its cap goes.
    pub(crate) fn jobs_of_after(&self, campaign: u32, after: Instant) -> usize {
        let ledger = self.ledgers.iter().find(|(known, _)| *known == campaign);
        ledger.map_or(0, |(_, ledger)| count_after(ledger, after))
    }
}

fn count_after(ledger: &VecDeque<Instant>, after: Instant) -> usize {
    ledger.len() - ledger.partition_point(|job| *job <= after)
}
