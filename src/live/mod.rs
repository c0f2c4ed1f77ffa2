//! The engine that takes events as they come.
//!
//! It drives the same machine as replay, in slices: [`Engine::advance`] closes all instants up to now,
//! [`Engine::advance_within`] as many as so much work allows. What arrives for an instant that is closed corrects history
//! (counts, running timers, pending messages) and fires nothing.

mod ids;
mod inbox;
mod intake;
mod saved;
mod waiting;

use std::collections::BTreeSet;
use std::fmt;

use crate::dispatch::{Decisions, Desk, Group, Shared, Tally, UnknownZones};
use crate::language::ast::Trigger;
use crate::machine::Stretch;
use crate::model::{
    Duration, Event, GrowingMap, Instant, Outcome, Properties, Record, SendJob, Text, Value, e164,
    read_numbering_plans,
};
use crate::program::{CampaignPlan, Classifier, Fact, Program};

use ids::Ids;
use inbox::{Inbox, Input, Queued};
use intake::supported;
pub use saved::{RestoreError, SaveError};
pub use waiting::Waiting;

/// A running engine: records in, send jobs out. Its state is in memory.
///
/// It holds on to each user, to the id of each event (so that none counts twice; see [`Engine::keeping_ids_for`]), and to outcomes until
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
    user_index: GrowingMap<Text, u32>,
    /// Those of the properties of profiles.
    names: BTreeSet<Text>,
    ids: Ids,
    inbox: Inbox,
    /// The earliest record with an instant, also one that was absorbed.
    earliest: Option<Instant>,
    /// The first instant at which something may fire; found at the first advance.
    from: Option<Instant>,
    /// All instants up to here are closed.
    closed: Option<Instant>,
    /// The instant that is being done.
    doing: Option<Instant>,
    decisions: Decisions,
    /// Some messages' turns are drawn.
    draws: bool,
    /// What nothing can come before any more, in order.
    jobs: Vec<SendJob>,
    outcomes: Vec<Outcome>,
    /// So many pieces of work were done since memory was last asked for as [`Engine::advance_within`] says.
    unjoined: usize,
}

/// What became of ingested records: each is accepted, a duplicate, or refused.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ingested {
    /// Taken in.
    pub accepted: u64,
    /// Events whose id the same user had before: absorbed.
    pub duplicates: u64,
    /// Of the accepted, those of an instant that was closed already: they correct history and fire nothing.
    pub late: u64,
    /// Values that did not fit their declared kind, and are therefore missing.
    pub unfit: u64,
    /// Those that cannot be taken in, as they came.
    pub refused: Vec<Refused>,
}

/// A record that an engine cannot take in.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The record as it came.
    pub record: Record,
    /// Why, in words.
    pub reason: String,
}

/// What one slice of work came to: see [`Engine::advance_within`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Slice {
    /// The jobs whose place in the order is settled, in order.
    pub jobs: Vec<SendJob>,
    /// Nothing is left to do: all instants up to now are closed, and everything is handed over.
    pub caught_up: bool,
    /// So many pieces of work were done.
    pub steps: usize,
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

/// For so many jobs there is room in each slice from the beginning.
const FIRST_JOBS: usize = 8;

/// After so many pieces of work that room is asked for again.
const JOINED: usize = 100;

const _: () = assert!(FIRST_JOBS * size_of::<SendJob>() > 2_048);

impl Engine {
    /// An engine whose state is in memory, and gone with it. The first one of a process reads the numbering plans of
    /// all countries, which takes a quarter of a second, so that no number does later.
    ///
    /// The first instant at which something may fire is that of the earliest record before the first
    /// [`Engine::advance`], or of that advance if it is earlier; see [`Engine::starting`].
    pub fn in_memory(program: Program) -> Engine {
        let decisions = Decisions::new(program.tables());
        let shared = Shared::new(program.tables());
        read_numbering_plans();
        let draws = program.tables().campaigns.iter().any(CampaignPlan::is_drawn);
        Engine {
            program,
            classifier: Classifier::default(),
            group: Group::default(),
            shared,
            user_index: GrowingMap::default(),
            names: BTreeSet::new(),
            ids: Ids::default(),
            inbox: Inbox::default(),
            earliest: None,
            from: None,
            closed: None,
            doing: None,
            decisions,
            draws,
            jobs: Vec::new(),
            outcomes: Vec::new(),
            unjoined: 0,
        }
    }

    /// Fires nothing before an instant: older records build history.
    #[must_use]
    pub fn starting(mut self, from: Instant) -> Engine {
        self.from = Some(from);
        self
    }

    /// Keeps the ids of events no longer than so: what comes again within the time is known. An event whose id may have been dropped is
    /// refused, as it cannot be told whether it counted before; so nothing counts twice. Without it, ids are kept for ever, at 20 bytes each and a little more.
    ///
    /// The time runs from the event's instant; where that was closed when the event came, from how far instants were closed then; for what came before the first
    /// [`Engine::advance`], from that. So an old log may be taken in with its ids. Ages are in whole hours. An id names an event together with its instant:
    /// one that is given to a later event, when the time is over, is another.
    ///
    /// # Example
    /// ```
    /// use campanile::{live::Engine, model::{Duration, Event, Instant, Properties, Record}, rulebook::Rulebook};
    /// let rules = Rulebook::parse("shop.camp", r#"campaign thanks { when "Charged" send template thanks }"#)?;
    /// let mut engine = Engine::in_memory(rules.compile()).keeping_ids_for(Duration::from_seconds(7 * 86_400));
    /// let event = Event {
    ///     user: "asha".into(), name: "Charged".into(), at: Instant::parse("2026-11-03T08:00:00Z")?, id: Some("c1".into()), properties: Properties::new(),
    /// };
    /// engine.ingest([Record::Event(event.clone())])?;
    /// engine.advance(Instant::parse("2026-11-09T08:00:00Z")?)?;
    /// assert_eq!(engine.ingest([Record::Event(event.clone())])?.duplicates, 1);
    /// engine.advance(Instant::parse("2026-11-30T08:00:00Z")?)?;
    /// assert_eq!(engine.ingest([Record::Event(event)])?.refused.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn keeping_ids_for(mut self, keep: Duration) -> Engine {
        self.ids.set_keep(keep);
        self
    }

    /// How many ids of events are kept.
    pub fn ids(&self) -> usize {
        self.ids.len()
    }

    /// The last instant up to which ids of events may have been dropped: an event of then or before that has an id is refused. None where all are known.
    pub fn ids_dropped(&self) -> Option<Instant> {
        self.ids.dropped()
    }

    /// Takes in records, in any order; those of one instant and user keep theirs. Nothing falls due until
    /// [`Engine::advance`].
    ///
    /// A record whose instant is outside of [`Instant::MIN`] to [`Instant::MAX`] is refused, one with a value of more than
    /// [`Value::DEEPEST`] lists and objects within one another, and an event whose id may have been
    /// [dropped](Engine::keeping_ids_for); they are handed back in [`Ingested::refused`]. All others are taken in.
    ///
    /// # Errors
    /// None while the state is in memory.
    pub fn ingest(&mut self, records: impl IntoIterator<Item = Record>) -> Result<Ingested, EngineError> {
        let mut ingested = Ingested::default();
        for record in records {
            if let Some(reason) = self.refusal(&record) {
                ingested.refused.push(Refused { record, reason });
                continue;
            }
            self.take(record, &mut ingested);
        }
        Ok(ingested)
    }

    /// How long ids of events are kept; none where it is for ever.
    #[cfg(feature = "durable")]
    pub(crate) fn ids_for(&self) -> Option<Duration> {
        self.ids.keep()
    }

    /// From now on ids of events are kept so long.
    #[cfg(feature = "durable")]
    pub(crate) fn keep_ids_for(&mut self, keep: Duration) {
        self.ids.set_keep(keep);
    }

    /// Events up to here were dropped with their ids: what has one and is no younger is refused.
    #[cfg(feature = "durable")]
    pub(crate) fn lose_ids(&mut self, until: Instant) {
        self.ids.lose(until);
    }

    /// Instants are to be closed up to now: the first time, that settles from when anything may fire, also where not one of them is closed in the call.
    pub(crate) fn begin(&mut self, now: Instant) -> Instant {
        self.ids.begin(now);
        *self.from.get_or_insert(self.earliest.map_or(now, |at| at.min(now)))
    }

    /// Asks for a campaign that is `on request`, for a user and an instant: what `event` is in the campaign's texts is
    /// given with it. `id` names the request: one that comes a second time for the user is absorbed.
    ///
    /// It is the same as an event `Message Requested` whose property `campaign` is the campaign's name, and that is what
    /// a log of it holds. Nothing falls due until [`Engine::advance`].
    ///
    /// # Errors
    /// When no campaign of that name is `on request`, and when the instant is outside of [`Instant::MIN`] to [`Instant::MAX`].
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
        let user = user.into();
        supported(at, &user)?;
        let event = Event { user, name: Trigger::REQUEST.into(), at, id, properties };
        self.ingest([Record::Event(event)])
    }

    /// Closes all instants up to now, in, and hands over the jobs that fell due, in order.
    ///
    /// A clock that steps back holds: for a `now` that is closed already there are no jobs.
    ///
    /// However much falls due, it is done in one call; [`Engine::advance_within`] does the same in slices.
    ///
    /// # Errors
    /// When `now` is outside of [`Instant::MIN`] to [`Instant::MAX`].
    pub fn advance(&mut self, now: Instant) -> Result<Vec<SendJob>, EngineError> {
        Ok(self.advance_within(now, usize::MAX)?.jobs)
    }

    /// A slice of [`Engine::advance`]: at most so many pieces of work, each about one record, one user, one message, one job
    /// or one outcome. A host calls it again until it has caught up, and takes in records in between, so that no call is
    /// long though a million users fall due at one midnight.
    ///
    /// The jobs of all slices, one after the other, are those of one `advance`, byte for byte, and so are the outcomes.
    ///
    /// One instant is done after the other, and each is closed when the first of its records is taken, or what falls due at it
    /// begins: a record that comes later is late, and takes its effect once the instant is done. Records of instants that no
    /// slice has come to are in time. A `steps` of 0 is 1. What has begun is gone on with, also when the clock steps back.
    ///
    /// # Errors
    /// As [`Engine::advance`].
    ///
    /// # Example
    /// ```
    /// use campanile::{live::Engine, model::{Instant, ProfileUpdate, Record, Value}, rulebook::Rulebook};
    /// let rulebook = Rulebook::parse("shop.camp", "
    ///     campaign hello { every day at 00:00 send template hello }")?;
    /// let mut engine = Engine::in_memory(rulebook.compile());
    /// for number in 100..200 {
    ///     let (phone, agrees) = (Value::text(&format!("+919820012{number}")), Value::Boolean(true));
    ///     let changes = vec![("phone".into(), Some(phone)), ("whatsapp".into(), Some(agrees))];
    ///     let user = format!("user {number}").into();
    ///     engine.ingest([Record::Profile(ProfileUpdate { user, at: None, changes })])?;
    /// }
    /// engine.advance(Instant::parse("2026-11-03T23:59:00Z")?)?;
    /// let (mut slices, mut jobs) = (0, 0);
    /// loop {
    ///     let slice = engine.advance_within(Instant::parse("2026-11-04T00:00:00Z")?, 50)?;
    ///     slices += 1;
    ///     jobs += slice.jobs.len();
    ///     if slice.caught_up {
    ///         break;
    ///     }
    ///     // Here is time for whatever else there is to do.
    /// }
    /// assert_eq!(jobs, 100);
    /// assert!(slices > 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance_within(&mut self, now: Instant, steps: usize) -> Result<Slice, EngineError> {
        supported(now, "now")?;
        let from = self.begin(now);
        let program = self.program.clone();
        // Room for the first jobs, which are a kilobyte and more, asked for again and again: that has glibc's allocator join the
        // small pieces of memory that were given back since the last time. Left alone, those of a million users are joined at one
        // go when a larger piece is needed, and that is a pause of a tenth of a second.
        if self.unjoined >= JOINED {
            self.unjoined = 0;
            self.jobs.reserve(FIRST_JOBS);
        }
        let mut group = std::mem::take(&mut self.group);
        let mut desk = self.desk(&program, Stretch { from, to: Instant::MAX });
        let mut done = 0;
        while done < steps.max(1) && self.step(&mut desk, &mut group, now) {
            done += 1;
        }
        self.unjoined = self.unjoined.saturating_add(done);
        self.group = group;
        self.shared = desk.shared;
        self.decisions = desk.decisions;
        let caught_up = !self.has_begun() && self.next_instant().is_none_or(|next| next > now);
        if caught_up {
            self.close(now);
        }
        Ok(Slice { jobs: std::mem::take(&mut self.jobs), caught_up, steps: done })
    }

    /// One piece of work; false when there is none up to now.
    fn step(&mut self, desk: &mut Desk<'_>, group: &mut Group, now: Instant) -> bool {
        if let Some(doing) = self.doing {
            // What comes once the instant's own work has begun is late.
            if !group.is_in_round()
                && let Some(queued) = self.inbox.take(doing)
            {
                self.take_in(desk, group, queued, false);
                return true;
            }
            if group.step(desk, doing.next()) {
                self.close(doing);
                // Where nothing is drawn, messages are decided in the order in which their jobs leave.
                if !self.draws
                    && let Some(job) = desk.decisions.next_job()
                {
                    self.jobs.push(job);
                }
                return true;
            }
            self.doing = None;
        }
        if let Some(queued) = self.inbox.take_late() {
            self.take_in(desk, group, queued, true);
            return true;
        }
        if let Some(job) = desk.decisions.next_job() {
            self.jobs.push(job);
            return true;
        }
        if let Some(outcome) = desk.decisions.next_outcome() {
            self.outcomes.push(outcome);
            return true;
        }
        let next = self.inbox.first().into_iter().chain(group.next(&desk.shared)).min();
        self.doing = next.filter(|next| *next <= now);
        // What has no instant comes before all: it closes none.
        if let Some(doing) = self.doing.filter(|doing| *doing >= Instant::MIN) {
            self.close(doing);
        }
        self.doing.is_some()
    }

    fn close(&mut self, until: Instant) {
        if self.closed.is_some_and(|closed| until <= closed) {
            return;
        }
        let closed = self.closed.map_or(until, |closed| closed.max(until));
        self.ids.close(closed);
        self.closed = Some(closed);
    }

    fn desk<'p>(&mut self, program: &'p Program, run: Stretch) -> Desk<'p> {
        let (decisions, shared) = (std::mem::take(&mut self.decisions), std::mem::take(&mut self.shared));
        Desk::new(program.tables(), run, decisions, shared)
    }

    fn take_in(&self, desk: &mut Desk<'_>, group: &mut Group, queued: Queued, late: bool) {
        // What is late is known from the first open instant on.
        let at = self.closed.filter(|_| late).map_or(queued.at, Instant::next);
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
            Input::Number(written, blocked) => {
                // A statement about what is no number is one about nobody's.
                let number = e164(&written).unwrap_or(written);
                group.number(desk, &number, blocked, at);
            }
            Input::Template(statement) => group.template(desk, statement, at),
        }
    }

    /// The outcomes decided since they were last taken, in order. Between the slices of an advance, those whose place in the
    /// order is settled: those of instants that are done.
    pub fn take_outcomes(&mut self) -> Vec<Outcome> {
        std::mem::take(&mut self.outcomes)
    }

    /// All instants up to this one are closed; none before the first [`Engine::advance`]. The last of them may still be
    /// in the doing, by slices.
    pub fn closed(&self) -> Option<Instant> {
        self.closed
    }

    /// Nothing fires before this instant; none before the first [`Engine::advance`] where it was not said.
    #[cfg(feature = "durable")]
    pub(crate) const fn from(&self) -> Option<Instant> {
        self.from
    }

    /// At or before the next instant at which [`Engine::advance`] has something to do; none when nothing is to come.
    pub fn next_due(&self) -> Option<Instant> {
        let begun = self.has_begun().then(|| self.closed.unwrap_or(Instant::MIN));
        begun.or(self.next_instant().map(|next| next.max(Instant::MIN)))
    }

    /// The next instant of which there is anything.
    fn next_instant(&self) -> Option<Instant> {
        self.inbox.first().into_iter().chain(self.group.next(&self.shared)).min()
    }

    /// There is something to be done that is not for an instant to come: it is late, it is begun, or it is only to be handed over.
    fn has_begun(&self) -> bool {
        self.doing.is_some() || self.inbox.has_late() || !self.decisions.are_taken()
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
        let mut outcomes = self.take_outcomes();
        outcomes.extend(desk.decisions.take_outcomes());
        Ok((jobs, outcomes))
    }
}
