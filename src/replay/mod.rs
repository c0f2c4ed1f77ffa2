//! Batch: a log of records on the virtual clock.
//!
//! Records come in any order. Each is looked at once and becomes a row of integers; rows are grouped by user, and each
//! user is run through the one machine from the first instant to the last, many users at once where there are several
//! threads. What comes out is the same on any number of them.

#[cfg(feature = "parquet")]
mod batches;
mod bounded;
mod company;
mod groups;
mod log;
mod membership;
mod run;
mod units;
mod workers;

use crate::dispatch::{BudgetSummary, Results, UnknownZones};
use crate::model::{
    Event, Hold, Instant, JobId, NameMap, NameSet, NumberConsent, Outcome, OutcomeKind, ProfileUpdate,
    Record, SendJob, TemplateStatement, Text, e164, fingerprint,
};
use crate::program::{Classifier, EventExtra, Program};

pub(crate) use company::Company;

pub use crate::dispatch::{Jobs, Outcomes};
pub use crate::scratch::{Blocks, Scratch, ScratchError};
pub use bounded::BoundedReplay;
pub use membership::{Membership, SegmentMembers};

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
    /// The user of the record before.
    latest: u32,
    user_index: NameMap<Text, u32>,
    seen: NameSet<u128>,
    rows: Vec<Row>,
    extras: Vec<EventExtra>,
    /// What of rows and extras is not here any more, if there is a budget of memory.
    waiting: Option<bounded::Waiting>,
    updates: Vec<ProfileUpdate>,
    statements: Vec<Statement>,
    templates: Vec<TemplateStatement>,
    /// Some receipt says that marketing is refused to a number.
    has_refusals: bool,
    first: Option<Instant>,
    last: Option<Instant>,
    events: u64,
    profiles: u64,
    duplicates: u64,
    unfit: u64,
    /// Whether every stretch of waiting is kept.
    holds: bool,
    threads: usize,
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

/// What was said of a number.
#[derive(Debug)]
struct Statement {
    number: Text,
    blocked: bool,
    /// A user who has the number at some time, if anybody has.
    holder: Option<u32>,
}

/// The `kind` of a profile row; every other kind is a reaction's number.
const PROFILE: u32 = u32::MAX;
/// The `kind` of a statement about a number, which is no user's.
const NUMBER: u32 = u32::MAX - 1;
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
    /// Each stretch of time that a message stood in line, or waited for the provider, as they ended; empty unless [`Replay::with_holds`] asked for them.
    pub holds: Vec<Hold>,
    /// The jobs that no portfolio counts, for their users wrote within 24 hours before; in no order, only where there is a portfolio, and only if [`Replay::with_holds`] asked for them.
    pub answered: Vec<JobId>,
    /// The counts.
    pub summary: Summary,
}

/// A part of a run, for those who tell how long each took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Rows are brought together by user.
    Group,
    /// Users are run.
    Run,
    /// What was decided is brought into its order.
    Merge,
}

/// What a run decided, handed out one after the other: nothing of it is kept in a second place, and what is let go is freed.
///
/// See [`Replay::run_streamed`].
#[derive(Debug)]
pub struct Streamed {
    /// The send jobs, by due instant.
    pub jobs: Jobs,
    /// One outcome for each qualification, by the instant of its decision.
    pub outcomes: Outcomes,
    /// As [`ReplayResult::holds`].
    pub holds: Vec<Hold>,
    /// As [`ReplayResult::answered`].
    pub answered: Vec<JobId>,
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
    /// What each throttle and each provider's budget held back, in the order in which campaigns meet them.
    pub budgets: Vec<BudgetSummary>,
    /// Events added, duplicates among them.
    pub events: u64,
    /// Profile records added, and statements about numbers.
    pub profiles: u64,
    /// Statements about templates added.
    pub templates: u64,
    /// Events whose id the same user had before, and which therefore do not exist.
    pub duplicates: u64,
    /// Values that did not fit their declared kind, and are therefore missing.
    pub unfit: u64,
    /// Users of whom there is any record.
    pub users: u64,
    /// Users whose profile names no time zone that is known, as it is when the run ends: they live by the account's.
    pub unknown_zones: UnknownZones,
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
    /// How often a time that it lists in user time was past for a user when the run began.
    pub past: u64,
    /// How often a user was in the audience then.
    pub qualified: u64,
    /// What became of its messages.
    pub results: Results,
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
            latest: 0,
            user_index: NameMap::default(),
            seen: NameSet::default(),
            rows: Vec::new(),
            extras: Vec::new(),
            waiting: None,
            updates: Vec::new(),
            statements: Vec::new(),
            templates: Vec::new(),
            has_refusals: false,
            first: None,
            last: None,
            events: 0,
            profiles: 0,
            duplicates: 0,
            unfit: 0,
            holds: false,
            threads: 1,
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

    /// Keeps every stretch of time that a message stood in line, in [`ReplayResult::holds`]. The summary counts them in any case.
    ///
    /// # Example
    /// ```
    /// use campanile::{model::{Budget, Event, Instant, OutcomeKind, ProfileUpdate, Record, Value}, replay::Replay, rulebook::Rulebook};
    /// let rulebook = Rulebook::parse("shop.camp", "
    ///     campaign thanks { when \"Charged\" throttle 1 per 10 minutes send template thank_you }")?;
    /// let mut replay = Replay::new(&rulebook.compile()).with_holds();
    /// let at = Instant::parse("2026-11-03T10:00:00Z")?;
    /// for (user, phone) in [("asha", "+919820012345"), ("ravi", "+919820054321")] {
    ///     let known = [("phone", Value::text(phone)), ("whatsapp", Value::Boolean(true))];
    ///     let changes = known.map(|(name, value)| (name.into(), Some(value))).to_vec();
    ///     replay.add(Record::Profile(ProfileUpdate { user: user.into(), at: None, changes }));
    ///     let event = Event { user: user.into(), name: "Charged".into(), at, id: None, properties: Default::default() };
    ///     replay.add(Record::Event(event));
    /// }
    /// let result = replay.ending(Some(Instant::parse("2026-11-04T00:00:00Z")?)).run();
    /// assert_eq!(result.holds.len(), 1);
    /// let hold = &result.holds[0];
    /// assert_eq!((&hold.budget, hold.outcome), (&Budget::CampaignThrottle("thanks".into()), Some(OutcomeKind::Sent)));
    /// assert_eq!(hold.until, Instant::parse("2026-11-03T10:10:00Z")?);
    /// assert_eq!(result.summary.budgets[0].binding.millis(), 600_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_holds(mut self) -> Replay {
        self.holds = true;
        self
    }

    /// Runs users on so many threads; on one, the caller's, when nothing is said (or 0). What comes out is the same on any number.
    ///
    /// Users who are run alone are run side by side, and so are groups of users who share a number. Where rules let anybody's message hang on
    /// anybody else's (budgets, `limit`, `safety stop`, `test`), all users are one group, which one thread runs in the order of time.
    ///
    /// # Example
    /// ```
    /// use campanile::{Replay, Rulebook};
    /// let rulebook = Rulebook::parse("shop.camp", "campaign thanks { when \"Charged\" send template thank_you }")?;
    /// let all = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    /// let replay = Replay::new(&rulebook.compile()).on_threads(all);
    /// assert_eq!(replay.run().jobs.len(), 0);
    /// # Ok::<(), campanile::rulebook::RulebookError>(())
    /// ```
    #[must_use]
    pub fn on_threads(mut self, threads: usize) -> Replay {
        self.threads = threads;
        self
    }

    /// Adds a record; the order in which records of one instant are added is their order.
    ///
    /// Readers refuse instants outside of [`Instant::MIN`] to [`Instant::MAX`]. A record with such a one builds history and fires nothing.
    pub fn add(&mut self, record: Record) {
        self.enter(record);
        self.make_room();
    }

    fn enter(&mut self, record: Record) {
        let admitted = self.program.rulebook().admit(record);
        self.unfit += admitted.unfit as u64;
        match admitted.record {
            Record::Event(event) => self.add_event(&event),
            Record::Profile(update) => self.add_profile(update),
            Record::Number(statement) => self.add_number(&statement),
            Record::Template(statement) => self.add_template(statement),
        }
    }

    fn add_event(&mut self, event: &Event) {
        self.events += 1;
        self.see(event.at);
        let user = self.user(&event.user);
        if let Some(id) = &event.id
            && !self.seen.insert(fingerprint([event.user.as_bytes(), id.as_bytes()]))
        {
            self.duplicates += 1;
            return;
        }
        self.known(user, event.at);
        let Some((kind, extra)) = self.classifier.classify(self.program.tables(), event) else { return };
        let extra = match extra {
            None => NO_EXTRA,
            Some(extra) => {
                self.has_refusals |= extra.refused;
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

    fn add_number(&mut self, statement: &NumberConsent) {
        self.profiles += 1;
        if let Some(at) = statement.at {
            self.see(at);
        }
        // A statement about what is no number is one about nobody's.
        let Ok(number) = e164(&statement.number) else { return };
        self.statements.push(Statement { number, blocked: statement.blocked, holder: None });
        let extra = u32::try_from(self.statements.len() - 1).unwrap_or(NO_EXTRA);
        let at = statement.at.unwrap_or(UNDATED);
        self.rows.push(Row { user: u32::MAX, kind: NUMBER, at, extra });
    }

    fn add_template(&mut self, statement: TemplateStatement) {
        if let Some(at) = statement.at {
            self.see(at);
        }
        self.templates.push(statement);
    }

    fn see(&mut self, at: Instant) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    fn user(&mut self, id: &Text) -> u32 {
        // Where a log is in order of users, or one does several things in a row, it is who it was.
        if self.users.get(self.latest as usize).is_some_and(|known| known.id == *id) {
            return self.latest;
        }
        self.latest = self.find_user(id);
        self.latest
    }

    fn find_user(&mut self, id: &Text) -> u32 {
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
}
