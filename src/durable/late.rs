//! What late records would have changed, had they come in time.

use std::collections::BTreeMap;
use std::path::Path;

use super::entry::Entry;
use super::lock::Lock;
use super::recover::{Log, decided_before};
use super::store::{Place, Store};
use super::{DurableEngine, DurableError, JobState, outbox, snapshot};
use crate::live::Engine;
use crate::model::{Instant, JobId, Outcome, OutcomeKind, Record, Text};
use crate::program::Program;

/// A decision that is another one than it would be had no record come late; or one that was not made, or would not have been.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hindsight {
    /// The campaign's name.
    pub campaign: Text,
    /// The user's id.
    pub user: Text,
    /// What made the user qualify, as in [`Outcome::occurrence`].
    pub occurrence: Text,
    /// How it ended, and when that was decided; none where nothing came of it.
    pub decided: Option<(OutcomeKind, Instant)>,
    /// What became of its job so far; none where there is none.
    pub job: Option<JobState>,
    /// How it would have ended, and when; none where it would not have come to anything up to now.
    pub in_time: Option<(OutcomeKind, Instant)>,
    /// The user's records that came late, in the order in which they came. None where it is another user's, such as one with the same
    /// number or one who would have stood before this one in line.
    pub late: Vec<LateRecord>,
}

/// A record that came when its instant was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateRecord {
    /// The event's name; none of a profile.
    pub event: Option<Text>,
    /// The event's id.
    pub id: Option<Text>,
    /// Its instant.
    pub at: Instant,
    /// All instants up to this one were closed when it came.
    pub closed: Instant,
}

impl Hindsight {
    /// A message left, or was given out to leave, that would not have been sent.
    pub fn should_not_have_left(&self) -> bool {
        let would = matches!(self.in_time, Some((OutcomeKind::Sent, _)));
        !would && matches!(self.job, Some(JobState::Accepted | JobState::Claimed | JobState::Unknown))
    }
}

impl DurableEngine {
    /// What would have been decided otherwise under the rules of now, had every record come before its instant was closed: above all messages that left and
    /// should not have, since what would have prevented them came late. In the order of the campaigns' names, the users and the occurrences.
    ///
    /// It goes through the whole log in a second engine: it takes as long as that, and as much memory; where nothing came late, it goes through the log
    /// alone. What was decided before the rules were last replaced, or a user was last forgotten, is not judged, nor
    /// what was decided before history was last [folded](DurableEngine::fold).
    ///
    /// # Errors
    /// When reading fails, or something is not what was written.
    ///
    /// # Example
    /// ```
    /// use campanile::durable::{DurableEngine, Options, Settled};
    /// use campanile::model::{Event, Instant, OutcomeKind, ProfileUpdate, Properties, Record, Value};
    /// use campanile::rulebook::Rulebook;
    /// let rules = r#"campaign cart { when "Added" then no "Charged" within 2 hours send template cart }"#;
    /// let rules = Rulebook::parse("shop.camp", rules)?.compile();
    /// let folder = tempfile::tempdir()?;
    /// let mut engine = DurableEngine::open(folder.path(), rules, Options::default())?;
    /// let event = |name: &str, at| Record::Event(Event {
    ///     user: "asha".into(), name: name.into(), at, id: Some(name.into()), properties: Properties::new(),
    /// });
    /// let (nine, eleven) = (Instant::parse("2026-11-03T09:00:00Z")?, Instant::parse("2026-11-03T11:00:00Z")?);
    /// engine.ingest(vec![
    ///     Record::Profile(ProfileUpdate { user: "asha".into(), at: None, changes: vec![
    ///         ("phone".into(), Some(Value::text("+919820012345"))), ("whatsapp".into(), Some(Value::Boolean(true))),
    ///     ] }),
    ///     event("Added", nine),
    /// ])?;
    /// engine.advance(eleven)?;
    /// let claims = engine.claim("worker", eleven, 10)?;
    /// engine.settle(&[(claims[0].number, claims[0].attempt, Settled::Accepted { provider_id: None })], eleven)?;
    /// // She had paid at ten, and that was heard of too late.
    /// engine.ingest(vec![event("Charged", Instant::parse("2026-11-03T10:00:00Z")?)])?;
    /// let found = engine.hindsight()?;
    /// assert!(found[0].should_not_have_left());
    /// assert_eq!((found[0].decided, found[0].in_time), (Some((OutcomeKind::Sent, eleven)), None));
    /// assert_eq!(found[0].late[0].event, Some("Charged".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hindsight(&mut self) -> Result<Vec<Hindsight>, DurableError> {
        self.sound()?;
        self.flush()?;
        judge(&self.store, &self.program, &self.engine)
    }
}

/// The same of a directory that is not open: see [`DurableEngine::hindsight`]. Nothing is changed.
///
/// # Errors
/// As [`DurableEngine::open`], and as there.
pub fn hindsight(directory: impl AsRef<Path>, program: &Program) -> Result<Vec<Hindsight>, DurableError> {
    let directory = directory.as_ref();
    super::state::there(directory)?;
    let _lock = Lock::take(directory)?;
    let store = Store::open(directory, None)?;
    let log = Log::open(&store)?;
    if log.is_of_others(program) {
        return Err(DurableError::OtherRules { directory: directory.to_owned() });
    }
    let recovered = log.recover(&store, program, true, u64::MAX)?;
    judge(&store, program, &recovered.engine)
}

fn judge(store: &Store, program: &Program, engine: &Engine) -> Result<Vec<Hindsight>, DurableError> {
    let Some(closed) = engine.closed() else { return Ok(Vec::new()) };
    if !anything_late(store)? {
        return Ok(Vec::new());
    }
    let (mut would, late) = all_in_time(store, program, engine.from())?;
    would.advance(closed)?;
    let log = Log::open(store)?;
    let settled = decided_before(store, log.rules_at(), 0)?;
    // Of what is older the records are not all there.
    let exact = log.base().map_or(Instant::MIN, |base| base.exact);
    let mut both: BTreeMap<Key, Both> = BTreeMap::new();
    let mut enter = |outcome: Outcome, place: fn(&mut Both) -> &mut Option<(OutcomeKind, Instant)>| {
        let (campaign, user, occurrence) = (outcome.campaign, outcome.user, outcome.occurrence);
        if settled.binary_search(&JobId::new(&campaign, &user, &occurrence)).is_err() {
            let both = both.entry((campaign, user, occurrence)).or_default();
            *place(both) = Some((outcome.outcome, outcome.decided_at));
        }
    };
    snapshot::outcomes(store, |outcome| enter(outcome, |both| &mut both.decided))?;
    would.take_outcomes().into_iter().for_each(|outcome| enter(outcome, |both| &mut both.in_time));
    both.retain(|_, both| both.decided != both.in_time && both.are_after(exact));
    let ids =
        both.keys().map(|(campaign, user, occurrence)| JobId::new(campaign, user, occurrence)).collect();
    let states = store.look(|connection| outbox::states_of(connection, &ids))?;
    let mut found = Vec::with_capacity(both.len());
    for ((campaign, user, occurrence), both) in both {
        let job = states.get(&JobId::new(&campaign, &user, &occurrence)).copied();
        let late = late.get(&user).cloned().unwrap_or_default();
        let (decided, in_time) = (both.decided, both.in_time);
        found.push(Hindsight { campaign, user, occurrence, decided, job, in_time, late });
    }
    Ok(found)
}

type Key = (Text, Text, Text);

#[derive(Debug, Default)]
struct Both {
    decided: Option<(OutcomeKind, Instant)>,
    in_time: Option<(OutcomeKind, Instant)>,
}

impl Both {
    fn are_after(&self, exact: Instant) -> bool {
        [self.decided, self.in_time].into_iter().flatten().all(|(_, at)| at > exact)
    }
}

fn is_late(record: &Record, closed: Option<Instant>) -> bool {
    record.at().zip(closed).is_some_and(|(at, closed)| at <= closed)
}

/// Whether anything came for an instant that was closed.
fn anything_late(store: &Store) -> Result<bool, DurableError> {
    let (mut closed, mut found) = (None, false);
    store.read_log(Place::default(), |_, entry| {
        match entry {
            Entry::Advance(advance) => closed = advance.closed(),
            Entry::Records(records) => found |= records.iter().any(|record| is_late(record, closed)),
            Entry::Rules(_) | Entry::Ids(_) | Entry::Base(_) => {}
        }
        Ok(())
    })?;
    Ok(found)
}

/// An engine that has had all records before it closed anything; and which of them came late, by user.
fn all_in_time(
    store: &Store,
    program: &Program,
    from: Option<Instant>,
) -> Result<(Engine, BTreeMap<Text, Vec<LateRecord>>), DurableError> {
    let mut would = Engine::in_memory(program.clone());
    if let Some(from) = from {
        would = would.starting(from);
    }
    let mut late: BTreeMap<Text, Vec<LateRecord>> = BTreeMap::new();
    let mut closed = None;
    store.read_log(Place::default(), |_, entry| {
        match entry {
            Entry::Advance(advance) => closed = advance.closed(),
            Entry::Records(records) => {
                for record in records {
                    let came = is_late(&record, closed).then(|| told(&record, closed)).flatten();
                    // One that came a second time changes nothing.
                    let counts = would.ingest([record])?.accepted > 0;
                    if let Some((user, record)) = came.filter(|_| counts) {
                        late.entry(user).or_default().push(record);
                    }
                }
            }
            Entry::Rules(_) | Entry::Ids(_) | Entry::Base(_) => {}
        }
        Ok(())
    })?;
    Ok((would, late))
}

/// A late record and its user; statements about numbers and templates are nobody's.
fn told(record: &Record, closed: Option<Instant>) -> Option<(Text, LateRecord)> {
    let (user, at, closed) = (record.user()?.clone(), record.at()?, closed?);
    let (event, id) = match record {
        Record::Event(event) => (Some(event.name.clone()), event.id.clone()),
        _ => (None, None),
    };
    Some((user, LateRecord { event, id, at, closed }))
}
