//! Batch: a log of records on the virtual clock.
//!
//! Records come in any order. Each is looked at once and becomes a row of integers; rows are grouped by user, and each
//! user is run through the one machine from the first instant to the last.

use crate::dispatch::{Decisions, Desk, Tally};
use crate::machine::{Stretch, User};
use crate::model::{
    Event, Instant, NameMap, NameSet, Outcome, OutcomeKind, ProfileUpdate, Record, SendJob, Text, fingerprint,
};
use crate::program::{Classifier, EventExtra, Fact, Program};

/// A log of records, and the run over it.
///
/// # Example
/// ```
/// use campanile::{model::{Event, Instant, Record}, replay::Replay, rulebook::Rulebook};
/// let rulebook = Rulebook::parse("shop.camp", "
///     campaign thanks { when \"Charged\" send template thank_you }")?;
/// let mut replay = Replay::new(&rulebook.compile());
/// replay.add(Record::Event(Event {
///     user: "asha".into(),
///     name: "Charged".into(),
///     at: Instant::parse("2026-11-03T10:00:00Z")?,
///     id: None,
///     properties: Default::default(),
/// }));
/// let result = replay.run();
/// // Nobody said that asha wants messages.
/// assert_eq!(result.jobs.len(), 0);
/// assert_eq!(result.outcomes[0].outcome.name(), "no_consent");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Replay {
    program: Program,
    from: Option<Instant>,
    to: Option<Instant>,
    classifier: Classifier,
    users: Vec<Known>,
    user_index: NameMap<Text, u32>,
    seen: NameSet<u128>,
    rows: Vec<Row>,
    extras: Vec<EventExtra>,
    updates: Vec<ProfileUpdate>,
    first: Option<Instant>,
    last: Option<Instant>,
    events: u64,
    profiles: u64,
    duplicates: u64,
    unfit: u64,
}

#[derive(Debug)]
struct Known {
    id: Text,
    since: Instant,
}

/// One record as integers: 24 bytes, however large the record was.
#[derive(Debug, Clone, Copy)]
struct Row {
    user: u32,
    kind: u32,
    at: Instant,
    extra: u32,
}

/// The `kind` of a profile row; every other kind is a reaction's number.
const PROFILE: u32 = u32::MAX;
const NO_EXTRA: u32 = u32::MAX;
/// Where a record without an instant stands: before all others.
const UNDATED: Instant = Instant::from_millis(Instant::MIN.millis() - 1);

/// What a run decided.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayResult {
    /// The send jobs, by due instant.
    pub jobs: Vec<SendJob>,
    /// One outcome for each qualification, by the instant of its decision.
    pub outcomes: Vec<Outcome>,
    /// The counts.
    pub summary: Summary,
}

/// The counts of a run. They add up: for each campaign, `qualified` is the sum of its outcomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The first instant of the run.
    pub from: Instant,
    /// The instant before which the run ended.
    pub to: Instant,
    /// Each campaign's counts, in the order of the rulebook.
    pub campaigns: Vec<CampaignSummary>,
    /// Events added, duplicates among them.
    pub events: u64,
    /// Profile records added.
    pub profiles: u64,
    /// Events whose id the same user had before, and which therefore do not exist.
    pub duplicates: u64,
    /// Values that did not fit their declared kind, and are therefore missing.
    pub unfit: u64,
    /// Users of whom there is any record.
    pub users: u64,
}

/// One campaign's counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignSummary {
    /// The campaign's name.
    pub name: Text,
    /// Its title for people.
    pub title: Option<Text>,
    /// How often its trigger fired.
    pub triggered: u64,
    /// How often a user was in the audience then.
    pub qualified: u64,
    outcomes: [u64; OutcomeKind::ALL.len()],
}

impl CampaignSummary {
    /// How many messages ended so.
    pub fn count(&self, outcome: OutcomeKind) -> u64 {
        let place = OutcomeKind::ALL.iter().position(|known| *known == outcome);
        place.and_then(|place| self.outcomes.get(place)).copied().unwrap_or(0)
    }
}

impl Replay {
    /// A run of a program over records to be added.
    pub fn new(program: &Program) -> Replay {
        Replay {
            program: program.clone(),
            from: None,
            to: None,
            classifier: Classifier::default(),
            users: Vec::new(),
            user_index: NameMap::default(),
            seen: NameSet::default(),
            rows: Vec::new(),
            extras: Vec::new(),
            updates: Vec::new(),
            first: None,
            last: None,
            events: 0,
            profiles: 0,
            duplicates: 0,
            unfit: 0,
        }
    }

    /// The first instant at which something may fire; records before it build history. Without one, the first record's.
    #[must_use]
    pub fn starting(mut self, from: Option<Instant>) -> Replay {
        self.from = from;
        self
    }

    /// The instant before which the clock stops. Without one, just after the last record's.
    #[must_use]
    pub fn ending(mut self, to: Option<Instant>) -> Replay {
        self.to = to;
        self
    }

    /// Adds a record; the order in which records of one instant are added is their order.
    ///
    /// Readers refuse instants outside of [`Instant::MIN`] to [`Instant::MAX`]. A record with such a one builds history and fires nothing.
    pub fn add(&mut self, record: Record) {
        let admitted = self.program.rulebook().admit(record);
        self.unfit += admitted.unfit as u64;
        match admitted.record {
            Record::Event(event) => self.add_event(&event),
            Record::Profile(update) => self.add_profile(update),
        }
    }

    fn add_event(&mut self, event: &Event) {
        self.events += 1;
        self.see(event.at);
        let user = self.user(&event.user);
        if let Some(id) = &event.id
            && !self.seen.insert(fingerprint([user.to_le_bytes().as_slice(), id.as_bytes()]))
        {
            self.duplicates += 1;
            return;
        }
        self.known(user, event.at);
        let Some((kind, extra)) = self.classifier.classify(self.program.tables(), event) else { return };
        let extra = match extra {
            None => NO_EXTRA,
            Some(extra) => {
                self.extras.push(extra);
                u32::try_from(self.extras.len() - 1).unwrap_or(NO_EXTRA)
            }
        };
        self.rows.push(Row { user, kind, at: event.at, extra });
    }

    fn add_profile(&mut self, update: ProfileUpdate) {
        self.profiles += 1;
        if let Some(at) = update.at {
            self.see(at);
        }
        let at = update.at.unwrap_or(UNDATED);
        let user = self.user(&update.user);
        self.known(user, at);
        self.updates.push(update);
        let extra = u32::try_from(self.updates.len() - 1).unwrap_or(NO_EXTRA);
        self.rows.push(Row { user, kind: PROFILE, at, extra });
    }

    fn see(&mut self, at: Instant) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    fn user(&mut self, id: &Text) -> u32 {
        if let Some(user) = self.user_index.get(id) {
            return *user;
        }
        let user = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        self.users.push(Known { id: id.clone(), since: Instant::MAX });
        self.user_index.insert(id.clone(), user);
        user
    }

    /// A user is known from the first record on; an event that does not exist is none.
    fn known(&mut self, user: u32, at: Instant) {
        if let Some(known) = self.users.get_mut(user as usize) {
            known.since = known.since.min(at);
        }
    }

    /// Runs the log: every user through the machine, from the first instant to the last.
    pub fn run(mut self) -> ReplayResult {
        let to = self.to.or(self.last.map(Instant::next)).or(self.from).unwrap_or(Instant::MIN);
        let from = self.from.or(self.first).unwrap_or(to);
        let run = Stretch { from, to };
        // Stable: rows of one user's one instant stay in the order in which they were added.
        self.rows.sort_by_key(|row| (row.user, row.at));

        let tables = self.program.tables();
        let mut desk = Desk::new(tables, run, Decisions::new(tables.campaigns.len()));
        let mut rows = self.rows.as_slice();
        let mut user = User::new("".into(), tables);
        for (number, known) in self.users.iter().enumerate() {
            let mine = rows.partition_point(|row| row.user as usize <= number);
            let (of_user, rest) = rows.split_at(mine);
            rows = rest;
            if known.since >= to || (of_user.is_empty() && tables.schedules.is_empty()) {
                continue;
            }
            user.reset(known.id.clone(), tables);
            desk.meet(&mut user, known.since);
            for row in of_user.iter().take_while(|row| row.at < to) {
                self.step(&mut desk, &mut user, row);
            }
            desk.close(&mut user);
        }
        let (jobs, outcomes) = (desk.decisions.take_jobs(), desk.decisions.take_outcomes());
        let summary = self.summary(run, &desk.decisions.tally);
        ReplayResult { jobs, outcomes, summary }
    }

    fn step(&self, desk: &mut Desk<'_>, user: &mut User, row: &Row) {
        if row.kind == PROFILE {
            if let Some(update) = self.updates.get(row.extra as usize) {
                desk.profile(user, update, row.at);
            }
        } else if let Some(reaction) = self.classifier.reaction(row.kind) {
            let extra = self.extras.get(row.extra as usize);
            desk.event(user, &Fact { at: row.at, reaction, extra, late: false });
        }
    }

    fn summary(&self, run: Stretch, tally: &Tally) -> Summary {
        let campaigns = self.program.rulebook().campaigns();
        let campaigns = campaigns.iter().enumerate().map(|(index, campaign)| CampaignSummary {
            name: campaign.name.clone(),
            title: campaign.syntax.title.as_ref().map(|title| title.node.as_str().into()),
            triggered: tally.triggered(index),
            qualified: tally.qualified(index),
            outcomes: OutcomeKind::ALL.map(|outcome| tally.count(index, outcome)),
        });
        Summary {
            from: run.from,
            to: run.to,
            campaigns: campaigns.collect(),
            events: self.events,
            profiles: self.profiles,
            duplicates: self.duplicates,
            unfit: self.unfit,
            users: self.users.len() as u64,
        }
    }
}
