//! The engine that takes events as they come.
//!
//! It drives the same machine as replay, in slices: [`Engine::advance`] closes all instants up to now. What arrives for an
//! instant that is closed corrects history (counts, running timers, pending messages) and fires nothing.

use std::collections::BTreeMap;
use std::fmt;

use crate::dispatch::{Decisions, Desk, Group, Shared, Tally, UnknownZones};
use crate::language::ast::Trigger;
use crate::machine::{Stretch, User};
use crate::model::{
    Event, Instant, NameMap, NameSet, NumberConsent, Outcome, ProfileUpdate, Properties, Record, SendJob,
    Text, Value, e164, fingerprint,
};
use crate::program::{Classifier, EventExtra, Fact, Program};

/// A running engine: records in, send jobs out. Its state is in memory.
///
/// It holds on to each user, to the id of each event (so that none counts twice), and to outcomes until
/// [`Engine::take_outcomes`] hands them over: a host that runs on takes them.
///
/// Time is what the host says: the engine reads no clock, and nothing falls due but by [`Engine::advance`].
///
/// # Example
/// ```
/// use campanile::{live::Engine, model::{Instant, ProfileUpdate, Record, Value}, rulebook::Rulebook};
/// let rulebook = Rulebook::parse("shop.camp", "
///     campaign hello { every day at 09:00 send template hello }")?;
/// let mut engine = Engine::in_memory(rulebook.compile());
/// engine.ingest([Record::Profile(ProfileUpdate {
///     user: "asha".into(),
///     at: Some(Instant::parse("2026-11-03T08:00:00Z")?),
///     changes: vec![
///         ("phone".into(), Some(Value::text("+919820012345"))),
///         ("whatsapp".into(), Some(Value::Boolean(true))),
///     ],
/// })])?;
/// assert!(engine.advance(Instant::parse("2026-11-03T08:59:59Z")?)?.is_empty());
/// assert_eq!(engine.next_due(), Some(Instant::parse("2026-11-03T09:00:00Z")?));
/// assert_eq!(engine.advance(Instant::parse("2026-11-03T09:00:00Z")?)?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Engine {
    program: Program,
    classifier: Classifier,
    /// Everyone: they may share numbers, limits and tests.
    group: Group,
    shared: Shared,
    user_index: NameMap<Text, u32>,
    seen: NameSet<u128>,
    /// What came since the last advance, in order of arrival.
    arrived: Vec<Queued>,
    /// The earliest instant of what arrived.
    arrived_first: Option<Instant>,
    /// What came before that, for instants that are still to come; of one instant in order of arrival.
    waiting: BTreeMap<(Instant, u64), Queued>,
    /// Numbers what waits.
    arrivals: u64,
    /// The earliest record with an instant, also one that was absorbed.
    earliest: Option<Instant>,
    /// The first instant at which something may fire; found at the first advance.
    from: Option<Instant>,
    /// All instants up to here are closed.
    closed: Option<Instant>,
    decisions: Decisions,
}

#[derive(Debug)]
struct Queued {
    at: Instant,
    input: Input,
}

/// What a user's record is, by the user's number.
#[derive(Debug)]
enum Input {
    /// The user was heard of; no rule reads more.
    Seen(u32),
    Event(u32, u32, Option<EventExtra>),
    Profile(u32, ProfileUpdate),
    /// A number was blocked, or is free again.
    Number(Text, bool),
}

/// What became of ingested records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ingested {
    /// Taken in.
    pub accepted: u64,
    /// Events whose id the same user had before: absorbed.
    pub duplicates: u64,
    /// Of the accepted, those of an instant that was closed already: they correct history and fire nothing.
    pub late: u64,
    /// Values that did not fit their declared kind, and are therefore missing.
    pub unfit: u64,
}

/// Why an engine refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineError {
    problem: String,
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for EngineError {}

/// Where a record without an instant stands: before all others.
const UNDATED: Instant = Instant::from_millis(Instant::MIN.millis() - 1);

impl Engine {
    /// An engine whose state is in memory, and gone with it.
    ///
    /// The first instant at which something may fire is that of the earliest record before the first
    /// [`Engine::advance`], or of that advance if it is earlier; see [`Engine::starting`].
    pub fn in_memory(program: Program) -> Engine {
        let decisions = Decisions::new(program.tables());
        let shared = Shared::new(program.tables());
        Engine {
            program,
            classifier: Classifier::default(),
            group: Group::default(),
            shared,
            user_index: NameMap::default(),
            seen: NameSet::default(),
            arrived: Vec::new(),
            arrived_first: None,
            waiting: BTreeMap::new(),
            arrivals: 0,
            earliest: None,
            from: None,
            closed: None,
            decisions,
        }
    }

    /// Fires nothing before an instant: older records build history.
    #[must_use]
    pub fn starting(mut self, from: Instant) -> Engine {
        self.from = Some(from);
        self
    }

    /// Takes in records, in any order; those of one instant and user keep theirs. Nothing falls due until
    /// [`Engine::advance`].
    ///
    /// # Errors
    /// When a record's instant is outside of [`Instant::MIN`] to [`Instant::MAX`]; the records before it were taken in,
    /// those after it were not looked at.
    pub fn ingest(&mut self, records: impl IntoIterator<Item = Record>) -> Result<Ingested, EngineError> {
        let mut ingested = Ingested::default();
        for record in records {
            let admitted = self.program.rulebook().admit(record);
            ingested.unfit += admitted.unfit as u64;
            match admitted.record {
                Record::Event(event) => self.ingest_event(&event, &mut ingested)?,
                Record::Profile(update) => self.ingest_profile(update, &mut ingested)?,
                Record::Number(statement) => self.ingest_number(&statement, &mut ingested)?,
            }
        }
        Ok(ingested)
    }

    /// Asks for a campaign that is `on request`, for a user and an instant: what `event` is in the campaign's texts is
    /// given with it. `id` names the request: one that comes a second time for the user is absorbed.
    ///
    /// It is the same as an event `Message Requested` whose property `campaign` is the campaign's name, and that is what
    /// a log of it holds. Nothing falls due until [`Engine::advance`].
    ///
    /// # Errors
    /// When no campaign of that name is `on request`, and as [`Engine::ingest`].
    ///
    /// # Example
    /// ```
    /// use campanile::{live::Engine, model::{Instant, Properties, Value}, rulebook::Rulebook};
    /// let rulebook = Rulebook::parse("shop.camp", "
    ///     campaign receipt { on request send template receipt { body \"{{ event.number }}\" } }")?;
    /// let mut engine = Engine::in_memory(rulebook.compile());
    /// let now = Instant::parse("2026-11-03T08:00:00Z")?;
    /// let about: Properties = [("number", Value::text("R-17"))].into_iter().collect();
    /// engine.request("asha", "receipt", now, Some("R-17".into()), about)?;
    /// engine.advance(now)?;
    /// assert_eq!(engine.take_outcomes()[0].outcome.name(), "no_consent");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request(
        &mut self,
        user: impl Into<Text>,
        campaign: &str,
        at: Instant,
        id: Option<Text>,
        mut properties: Properties,
    ) -> Result<Ingested, EngineError> {
        let known = self.program.rulebook().campaigns().iter().find(|known| *known.name == *campaign);
        if !known.is_some_and(|known| matches!(known.trigger, Trigger::Request)) {
            let problem = match known {
                Some(_) => format!("the campaign `{campaign}` is not `on request`"),
                None => format!("there is no campaign `{campaign}`"),
            };
            return Err(EngineError { problem });
        }
        properties.set("campaign".into(), Value::text(campaign));
        let event = Event { user: user.into(), name: Trigger::REQUEST.into(), at, id, properties };
        self.ingest([Record::Event(event)])
    }

    fn ingest_event(&mut self, event: &Event, ingested: &mut Ingested) -> Result<(), EngineError> {
        supported(event.at, &event.user)?;
        self.see(event.at);
        let user = self.user(&event.user);
        if let Some(id) = &event.id
            && !self.seen.insert(fingerprint([user.to_le_bytes().as_slice(), id.as_bytes()]))
        {
            ingested.duplicates += 1;
            return Ok(());
        }
        let input = match self.classifier.classify(self.program.tables(), event) {
            Some((reaction, extra)) => Input::Event(user, reaction, extra),
            None => Input::Seen(user),
        };
        self.enqueue(Queued { at: event.at, input }, ingested);
        Ok(())
    }

    fn ingest_profile(&mut self, update: ProfileUpdate, ingested: &mut Ingested) -> Result<(), EngineError> {
        if let Some(at) = update.at {
            supported(at, &update.user)?;
            self.see(at);
        }
        let user = self.user(&update.user);
        let at = update.at.unwrap_or(UNDATED);
        self.enqueue(Queued { at, input: Input::Profile(user, update) }, ingested);
        Ok(())
    }

    fn ingest_number(
        &mut self,
        statement: &NumberConsent,
        ingested: &mut Ingested,
    ) -> Result<(), EngineError> {
        if let Some(at) = statement.at {
            supported(at, &statement.number)?;
            self.see(at);
        }
        // A statement about what is no number is one about nobody's.
        let number = e164(&statement.number).unwrap_or_else(|_| statement.number.clone());
        let at = statement.at.unwrap_or(UNDATED);
        self.enqueue(Queued { at, input: Input::Number(number, statement.blocked) }, ingested);
        Ok(())
    }

    fn enqueue(&mut self, queued: Queued, ingested: &mut Ingested) {
        ingested.accepted += 1;
        if self.closed.is_some_and(|closed| queued.at <= closed) {
            ingested.late += 1;
        }
        self.arrived_first = Some(self.arrived_first.map_or(queued.at, |first| first.min(queued.at)));
        self.arrived.push(queued);
    }

    fn see(&mut self, at: Instant) {
        self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
    }

    fn user(&mut self, id: &Text) -> u32 {
        if let Some(user) = self.user_index.get(id) {
            return *user;
        }
        let number = self.group.add(User::new(id.clone(), self.program.tables()));
        self.user_index.insert(id.clone(), number);
        number
    }

    /// Closes all instants up to now, in, and hands over the jobs that fell due, in order.
    ///
    /// A clock that steps back holds: for a `now` that is closed already there are no jobs.
    ///
    /// # Errors
    /// When `now` is outside of [`Instant::MIN`] to [`Instant::MAX`].
    pub fn advance(&mut self, now: Instant) -> Result<Vec<SendJob>, EngineError> {
        supported(now, "now")?;
        if self.closed.is_some_and(|closed| now <= closed) && self.arrived.is_empty() {
            return Ok(Vec::new());
        }
        let closed = self.closed;
        let now = closed.map_or(now, |closed| closed.max(now));
        let from = *self.from.get_or_insert(self.earliest.map_or(now, |at| at.min(now)));
        let ready = self.take_ready(now);
        let program = self.program.clone();
        let mut group = std::mem::take(&mut self.group);
        let mut desk = self.desk(&program, Stretch { from, to: Instant::MAX });
        for queued in ready {
            self.process(&mut desk, &mut group, queued, closed);
        }
        group.before(&mut desk, now.next());
        self.closed = Some(now);
        self.group = group;
        self.shared = desk.shared;
        self.decisions = desk.decisions;
        Ok(self.decisions.take_jobs())
    }

    fn desk<'p>(&mut self, program: &'p Program, run: Stretch) -> Desk<'p> {
        let (decisions, shared) = (std::mem::take(&mut self.decisions), std::mem::take(&mut self.shared));
        Desk::new(program.tables(), run, decisions, shared)
    }

    /// Takes out what came for instants up to now, in order; records of one instant in the order in which they came.
    fn take_ready(&mut self, now: Instant) -> Vec<Queued> {
        let mut ready = Vec::new();
        while let Some(first) = self.waiting.first_entry().filter(|first| first.key().0 <= now) {
            ready.push(first.remove());
        }
        self.arrived_first = None;
        for queued in std::mem::take(&mut self.arrived) {
            if queued.at <= now {
                ready.push(queued);
            } else {
                self.arrivals += 1;
                self.waiting.insert((queued.at, self.arrivals), queued);
            }
        }
        // Stable: what waited came before what arrived.
        ready.sort_by_key(|queued| queued.at);
        ready
    }

    fn process(&self, desk: &mut Desk<'_>, group: &mut Group, queued: Queued, closed: Option<Instant>) {
        let late = closed.is_some_and(|closed| queued.at <= closed);
        // What is late is known from the first open instant on.
        let at = closed.filter(|_| late).map_or(queued.at, Instant::next);
        match queued.input {
            Input::Seen(user) => group.meet(desk, user, at),
            Input::Profile(user, update) => {
                group.meet(desk, user, at);
                group.profile(desk, user, &update, at);
            }
            Input::Event(user, reaction, extra) => {
                group.meet(desk, user, at);
                if let Some(reaction) = self.classifier.reaction(reaction) {
                    let fact = Fact { at: queued.at, reaction, extra: extra.as_ref(), late, known: at };
                    group.event(desk, user, &fact);
                }
            }
            Input::Number(number, blocked) => group.number(desk, &number, blocked, at),
        }
    }

    /// The outcomes decided since they were last taken, in order.
    pub fn take_outcomes(&mut self) -> Vec<Outcome> {
        self.decisions.take_outcomes()
    }

    /// At or before the next instant at which [`Engine::advance`] has something to do; none when nothing is to come.
    pub fn next_due(&self) -> Option<Instant> {
        let due = self.group.next();
        let waiting = self.waiting.first_key_value().map(|((at, _), _)| *at);
        let next = self.arrived_first.into_iter().chain(waiting).chain(due).min();
        next.map(|at| at.max(Instant::MIN))
    }

    /// How often each campaign's trigger fired, users qualified and messages ended how, so far.
    pub fn tally(&self) -> &Tally {
        &self.decisions.tally
    }

    /// The users whose profile names no time zone that is known, as of the last closed instant: they live by the account's.
    pub fn unknown_zones(&self) -> UnknownZones {
        self.group.unknown_zones()
    }

    /// Ends the run before an instant: what falls due before it is decided, and what is still waiting is `pending`.
    /// Hands over the last jobs and all outcomes not yet taken.
    ///
    /// An instant that is closed stays closed: the run ends after the last of them at the earliest.
    ///
    /// # Errors
    /// As [`Engine::advance`].
    pub fn finish(mut self, to: Instant) -> Result<(Vec<SendJob>, Vec<Outcome>), EngineError> {
        let last = Instant::from_millis(to.millis().saturating_sub(1));
        let mut jobs = self.advance(last)?;
        let to = self.closed.map_or(to, |closed| to.max(closed.next()));
        let program = self.program.clone();
        let run = Stretch { from: self.from.unwrap_or(to), to };
        let mut group = std::mem::take(&mut self.group);
        let mut desk = self.desk(&program, run);
        group.close(&mut desk);
        jobs.extend(desk.decisions.take_jobs());
        Ok((jobs, desk.decisions.take_outcomes()))
    }
}

fn supported(at: Instant, whose: &str) -> Result<(), EngineError> {
    if at.is_supported() {
        return Ok(());
    }
    Err(EngineError {
        problem: format!("the instant {at} of `{whose}` is not between the years 1900 and 2199"),
    })
}
