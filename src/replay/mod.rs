//! Batch: a log of records on the virtual clock.
//!
//! Records come in any order. Each is looked at once and becomes a row of integers; rows are grouped by user, and each
//! user is run through the one machine from the first instant to the last.

mod company;
mod groups;
mod membership;

use std::sync::Arc;

use crate::dispatch::{
    BudgetSummary, Decisions, Desk, Group, Results, Shared, TemplateStatements, UnknownZones,
};
use crate::machine::{Stretch, User};
use crate::model::{
    Event, Hold, Instant, JobId, NameMap, NameSet, NumberConsent, Outcome, OutcomeKind, ProfileUpdate,
    Record, SendJob, TemplateStatement, Text, e164, fingerprint,
};
use crate::program::{Classifier, EventExtra, Fact, Program};

use groups::{Groups, Numbers};

pub(crate) use company::Company;

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
    user_index: NameMap<Text, u32>,
    seen: NameSet<u128>,
    rows: Vec<Row>,
    extras: Vec<EventExtra>,
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

/// What a row is about.
enum Step<'r> {
    Profile(&'r ProfileUpdate),
    Event(Fact<'r>),
    Number(&'r Statement),
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
            user_index: NameMap::default(),
            seen: NameSet::default(),
            rows: Vec::new(),
            extras: Vec::new(),
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

    /// Adds a record; the order in which records of one instant are added is their order.
    ///
    /// Readers refuse instants outside of [`Instant::MIN`] to [`Instant::MAX`]. A record with such a one builds history and fires nothing.
    pub fn add(&mut self, record: Record) {
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
        self.decide()
    }

    /// The same, and who may have had a part in what became of whom.
    pub(crate) fn run_in_company(mut self) -> (ReplayResult, Company) {
        let result = self.decide();
        let mut numbers = Numbers::new(self.users.len());
        for update in &self.updates {
            if let Some(user) = self.user_index.get(&update.user) {
                numbers.hear(*user, update);
            }
        }
        let groups = numbers.groups();
        let everyone = self.program.tables().shares_everything();
        (result, Company { users: self.users, user_index: self.user_index, groups, everyone })
    }

    fn decide(&mut self) -> ReplayResult {
        let to = self.to.or(self.last.map(Instant::next)).or(self.from).unwrap_or(Instant::MIN);
        let from = self.from.or(self.first).unwrap_or(to);
        let run = Stretch { from, to };
        let groups = self.groups();
        let mut rows = std::mem::take(&mut self.rows);
        let mut grouped = Vec::new();
        if !groups.members().is_empty() {
            rows.retain(|row| match self.group(row, &groups) {
                None => true,
                Some(group) => {
                    grouped.push((group, *row));
                    false
                }
            });
        }
        let tables = self.program.tables();
        let mut decisions = Decisions::new(tables);
        decisions.waits.keep(self.holds);
        let templates = Arc::new(self.said_of_templates(to));
        let mut desk = Desk::new(tables, run, decisions, Shared::alone().with_templates(&templates));
        self.run_alone(&mut desk, rows, &groups);
        self.run_together(&mut desk, grouped, &groups, &templates);
        let (jobs, outcomes) = (desk.decisions.take_jobs(), desk.decisions.take_outcomes());
        let holds = desk.decisions.waits.take_holds();
        let answered = std::mem::take(&mut desk.decisions.waits.answered);
        let summary = self.summary(run, &desk.decisions);
        ReplayResult { jobs, outcomes, holds, answered, summary }
    }

    /// What the provider says of templates during the run, which is the same for all users.
    fn said_of_templates(&self, to: Instant) -> TemplateStatements {
        let dated = self.templates.iter().map(|statement| (statement.at.unwrap_or(UNDATED), statement));
        let mut dated: Vec<(Instant, &TemplateStatement)> = dated.filter(|(at, _)| *at < to).collect();
        // Stable: those of one instant stay in the order in which they were added.
        dated.sort_by_key(|(at, _)| *at);
        let mut said = TemplateStatements::default();
        for (at, statement) in dated {
            said.say(statement.clone(), at);
        }
        said
    }

    /// Who is run with whom.
    fn groups(&mut self) -> Groups {
        let tables = self.program.tables();
        if tables.shares_everything() {
            return Groups::one(self.users.len());
        }
        let says_of_numbers = || {
            self.has_refusals
                || !self.statements.is_empty()
                || self.updates.iter().any(|update| update.blocks_number().is_some())
        };
        if !tables.shares_numbers() && !says_of_numbers() {
            return Groups::default();
        }
        let mut numbers = Numbers::new(self.users.len());
        for row in self.rows.iter().filter(|row| row.kind == PROFILE) {
            if let Some(update) = self.updates.get(row.extra as usize) {
                numbers.hear(row.user, update);
            }
        }
        for statement in &mut self.statements {
            statement.holder = numbers.speak_of(&statement.number);
        }
        numbers.groups()
    }

    /// The group of a row; none when its user is run alone.
    fn group(&self, row: &Row, groups: &Groups) -> Option<u32> {
        if row.kind != NUMBER {
            return groups.of(row.user);
        }
        let statement = self.statements.get(row.extra as usize)?;
        // Where all are one group, whose number it is makes no difference.
        groups.of(statement.holder.unwrap_or(0))
    }

    fn run_alone(&self, desk: &mut Desk<'_>, mut rows: Vec<Row>, groups: &Groups) {
        // Stable: rows of one user's one instant stay in the order in which they were added.
        rows.sort_by_key(|row| (row.user, row.at));
        let (to, tables) = (desk.run().to, self.program.tables());
        let mut rows = rows.as_slice();
        let mut user = User::new("".into(), tables);
        for (number, known) in self.users.iter().enumerate() {
            let mine = rows.partition_point(|row| row.user as usize <= number);
            let (of_user, rest) = rows.split_at(mine);
            rows = rest;
            if known.since >= to || (of_user.is_empty() && !tables.concern_everyone()) {
                continue;
            }
            if groups.of(number as u32).is_some() {
                continue;
            }
            user.reset(known.id.clone(), tables);
            desk.meet(&mut user, known.since);
            for row in of_user.iter().take_while(|row| row.at < to) {
                match self.step(row) {
                    Some(Step::Profile(update)) => desk.profile(&mut user, update, row.at),
                    Some(Step::Event(fact)) => desk.event(&mut user, &fact),
                    Some(Step::Number(_)) | None => {}
                }
            }
            desk.close(&mut user);
        }
    }

    fn run_together(
        &self,
        desk: &mut Desk<'_>,
        mut rows: Vec<(u32, Row)>,
        groups: &Groups,
        templates: &Arc<TemplateStatements>,
    ) {
        // Stable: rows of one instant stay in the order in which they were added.
        rows.sort_by_key(|(group, row)| (*group, row.at));
        let (to, tables) = (desk.run().to, self.program.tables());
        let mut places = vec![0; if groups.members().is_empty() { 0 } else { self.users.len() }];
        let mut rows = rows.as_slice();
        for (number, members) in groups.members().iter().enumerate() {
            let mine = rows.partition_point(|(group, _)| *group as usize <= number);
            let (of_group, rest) = rows.split_at(mine);
            rows = rest;
            desk.shared = Shared::new(tables).with_templates(templates);
            let mut group = Group::default();
            for member in members {
                let (Some(known), Some(place)) =
                    (self.users.get(*member as usize), places.get_mut(*member as usize))
                else {
                    continue;
                };
                *place = group.add(User::new(known.id.clone(), tables));
                if known.since < to {
                    group.meet(desk, *place, known.since);
                }
            }
            for (_, row) in of_group.iter().take_while(|(_, row)| row.at < to) {
                let place = places.get(row.user as usize).copied().unwrap_or(u32::MAX);
                match self.step(row) {
                    Some(Step::Profile(update)) => group.profile(desk, place, update, row.at),
                    Some(Step::Event(fact)) => group.event(desk, place, &fact),
                    Some(Step::Number(said)) => group.number(desk, &said.number, said.blocked, row.at),
                    None => {}
                }
            }
            group.close(desk);
        }
    }

    fn step(&self, row: &Row) -> Option<Step<'_>> {
        Some(match row.kind {
            PROFILE => Step::Profile(self.updates.get(row.extra as usize)?),
            NUMBER => Step::Number(self.statements.get(row.extra as usize)?),
            kind => {
                let reaction = self.classifier.reaction(kind)?;
                let extra = self.extras.get(row.extra as usize);
                Step::Event(Fact { at: row.at, reaction, extra, late: false, known: row.at })
            }
        })
    }

    fn summary(&self, run: Stretch, decisions: &Decisions) -> Summary {
        let tally = &decisions.tally;
        let campaigns = self.program.rulebook().campaigns();
        let campaigns = campaigns.iter().enumerate().map(|(index, campaign)| CampaignSummary {
            name: campaign.name.clone(),
            title: campaign.syntax.title.as_ref().map(|title| title.node.as_str().into()),
            triggered: tally.triggered(index),
            past: tally.past(index),
            qualified: tally.qualified(index),
            results: tally.results(index).cloned().unwrap_or_default(),
            outcomes: OutcomeKind::ALL.map(|outcome| tally.count(index, outcome)),
        });
        Summary {
            from: run.from,
            to: run.to,
            campaigns: campaigns.collect(),
            budgets: decisions.waits.summary(self.program.tables()),
            events: self.events,
            profiles: self.profiles,
            templates: self.templates.len() as u64,
            duplicates: self.duplicates,
            unfit: self.unfit,
            users: self.users.len() as u64,
            unknown_zones: decisions.unknown_zones.clone(),
        }
    }
}
