//! From what is on the disk to the state in memory.

use std::path::Path;

use super::entry::{Advance, Base, Entry, Rules};
use super::lock::Lock;
use super::queue::Queue;
use super::snapshot::{self, Found};
use super::store::{Place, RULES, Store, Write};
use super::{DurableEngine, DurableError, Options, directory, outbox, store, zones};
use crate::calendar::database_version;
use crate::live::Engine;
use crate::model::{Instant, JobId};
use crate::program::Program;

/// What opening a directory found, and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Recovery {
    /// There was nothing: a new directory.
    pub new: bool,
    /// The number of the log's last entry.
    pub entries: u64,
    /// Those of them that were gone through again.
    pub replayed: u64,
    /// The records in these.
    pub records: u64,
    /// A snapshot was used.
    pub from_snapshot: bool,
    /// The rules, or the zone database, were others before: the state is what it would be had they been there all along.
    pub other_rules: bool,
}

/// What going through a whole store found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Verified {
    /// The log's entries.
    pub entries: u64,
    /// The outbox's rows.
    pub jobs: u64,
    /// The outcomes.
    pub outcomes: u64,
    /// Whether there is a snapshot; it is what the log makes, byte for byte.
    pub snapshot: bool,
}

pub(super) fn open(
    directory: &Path,
    program: Program,
    options: Options,
) -> Result<DurableEngine, DurableError> {
    let lock = match options.vfs {
        Some(_) => None,
        None => {
            let made = directory::make(directory);
            made.map_err(|error| DurableError::Store {
                file: directory.to_owned(),
                problem: error.to_string(),
            })?;
            Some(Lock::take(directory)?)
        }
    };
    let mut store = Store::open(directory, options.vfs.as_deref())?;
    store.clean()?;
    let terms = DurableEngine::terms(&options);
    let mut log = Log::open(&store)?;
    let other = log.is_of_others(&program);
    let before = log.rules.clone().filter(|rules| zones::alone_differ(rules, &program));
    if other && before.is_none() && !options.replace_rules {
        return Err(DurableError::OtherRules { directory: directory.to_owned() });
    }
    if other {
        // All of the log is brought up under the rules of now.
        log.all_anew(&store);
    }
    let starting = log.rules.as_ref().map_or(options.starting, |rules| rules.starting);
    let recovered = log.recover(&store, &program, !other, u64::MAX)?;
    // The rules are the same where the zones alone are others.
    if let (Some(base), true) = (log.base(), other && before.is_none() && !options.shorter_history) {
        base.history.suffices(&program, recovered.engine.closed())?;
    }
    let queue = Queue::read(&mut store, &terms)?;
    if queue.rows != recovered.rows {
        return Err(DurableError::Damaged {
            file: store.path().to_owned(),
            place: "the outbox".to_owned(),
            problem: format!("it has {} rows, and {} were written", queue.rows, recovered.rows),
        });
    }
    let mut recovery = recovered.recovery;
    recovery.other_rules = other;
    let mut engine = recovered.engine;
    let mut entries = Vec::new();
    if log.rules.is_none() || other {
        entries.push(Entry::Rules(rules_of(&program, starting, queue.rows, recovered.outcomes)));
    }
    if let Some(keep) = options.ids_for.filter(|keep| engine.ids_for() != Some(*keep)) {
        engine.keep_ids_for(keep);
        entries.push(Entry::Ids(keep));
    }
    if !entries.is_empty() {
        store.write(&Write { entries, ..Write::default() })?;
    }
    let replaced = log.rules_at > 1;
    let rows = log.rules.as_ref().filter(|_| !other).map_or(queue.rows, |rules| rules.rows);
    let decided = if replaced { decided_before(&store, log.rules_at, rows)? } else { Vec::new() };
    let zones = before.map(|before| zones::changed(&store, &log, &before, &program, &engine, &decided));
    let zones = zones.transpose()?;
    recovery.entries = store.last.number;
    if recovery.new
        && let Some(from) = starting
    {
        engine = engine.starting(from);
    }
    Ok(DurableEngine {
        engine,
        starting,
        outcomes: recovered.outcomes,
        program,
        store,
        queue,
        terms,
        options,
        recovery,
        zones,
        unwritten: None,
        replaced,
        decided,
        poison: None,
        _lock: lock,
    })
}

/// The rules of now, as the log holds them.
pub(super) fn rules_of(program: &Program, starting: Option<Instant>, rows: u64, outcomes: u64) -> Rules {
    let rulebook = program.rulebook();
    let sources = rulebook.sources();
    let texts = sources.ids().map(|file| (sources.name(file).into(), sources.text(file).into()));
    let (fingerprint, zones) = (rulebook.fingerprint(), database_version().into());
    Rules { fingerprint, zones, texts: texts.collect(), rows, outcomes, starting }
}

/// What was decided before an entry of the log, when the outbox had so many rows, in the order of the ids.
pub(super) fn decided_before(store: &Store, entry: u64, rows: u64) -> Result<Vec<JobId>, DurableError> {
    let mut decided = Vec::new();
    snapshot::outcomes_before(store, entry, |outcome| {
        decided.push(JobId::new(&outcome.campaign, &outcome.user, &outcome.occurrence));
    })?;
    store.look(|connection| outbox::first_ids(connection, rows, |id| decided.push(id)))?;
    decided.sort_unstable();
    decided.dedup();
    Ok(decided)
}

/// The log, as far as it is known before it is gone through.
pub(super) struct Log {
    /// The last entry of rules.
    rules_at: u64,
    rules: Option<Rules>,
    /// Up to where it is folded.
    base: Option<(Place, Base)>,
}

pub(super) struct Recovered {
    pub(super) engine: Engine,
    pub(super) recovery: Recovery,
    /// So many rows the outbox should have.
    pub(super) rows: u64,
    /// So many outcomes should be there.
    pub(super) outcomes: u64,
}

impl Log {
    /// All of the log is to be brought up under other rules.
    pub(super) fn all_anew(&mut self, store: &Store) {
        self.rules_at = store.last.number + 1;
    }

    /// The last entry of rules.
    pub(super) const fn rules_at(&self) -> u64 {
        self.rules_at
    }

    /// What is in place of its folded part.
    pub(super) fn base(&self) -> Option<&Base> {
        self.base.as_ref().map(|(_, base)| base)
    }

    /// It was filled under other rules.
    pub(super) fn is_of_others(&self, program: &Program) -> bool {
        self.rules.as_ref().is_some_and(|rules| rules.fingerprint != program.rulebook().fingerprint())
    }

    pub(super) fn open(store: &Store) -> Result<Log, DurableError> {
        let damaged = |problem: &str| DurableError::Damaged {
            file: store.path().to_owned(),
            place: "the log".to_owned(),
            problem: problem.to_owned(),
        };
        let Some(rules_at) = store.number_of(RULES)? else {
            return match store.last.number {
                0 => Ok(Log { rules_at: 0, rules: None, base: None }),
                _ => Err(damaged("it is not told where its rules are")),
            };
        };
        let base = store.base()?;
        match store.entry(rules_at)? {
            Some(Entry::Rules(rules)) => Ok(Log { rules_at, rules: Some(rules), base }),
            _ => Err(damaged("its rules are not where they are said to be")),
        }
    }

    /// Brings an engine up: from the snapshot if it may, and from the log up to an entry.
    pub(super) fn recover(
        &self,
        store: &Store,
        program: &Program,
        snapshot_too: bool,
        until: u64,
    ) -> Result<Recovered, DurableError> {
        let found = if snapshot_too { snapshot::read(store, program)? } else { None };
        let mut found = found.filter(|found| found.place.number >= self.rules_at);
        // Under other rules than its own that state is of no use: they are brought up from the records that are left.
        if let (None, Some((place, base))) = (&found, &self.base)
            && place.number > self.rules_at
        {
            found = Some(snapshot::base(store, program, *place, base)?);
        }
        self.go_on(store, program, found, until)
    }

    /// Brings an engine up from a snapshot, or from the beginning, by the log up to an entry.
    pub(super) fn go_on(
        &self,
        store: &Store,
        program: &Program,
        found: Option<Found>,
        until: u64,
    ) -> Result<Recovered, DurableError> {
        let mut recovery = Recovery { new: store.last.number == 0, ..Recovery::default() };
        recovery.from_snapshot = found.is_some();
        let damaged = |number: u64, problem: String| DurableError::Damaged {
            file: store.path().to_owned(),
            place: format!("log entry {number}"),
            problem,
        };
        let (mut engine, place, rows, outcomes) = match found {
            Some(found) => (found.engine, found.place, found.rows, found.outcomes),
            None => {
                let mut engine = Engine::in_memory(program.clone());
                // What settled it may be left out.
                let first = self.base().and_then(|base| base.first);
                if let Some(from) = self.rules.as_ref().and_then(|rules| rules.starting).or(first) {
                    engine = engine.starting(from);
                }
                (engine, Place::default(), 0, 0)
            }
        };
        let (mut rows, mut outcomes) = (rows, outcomes);
        store.read_log(place, |number, entry| {
            if number > until {
                return Ok(());
            }
            recovery.replayed += 1;
            match entry {
                Entry::Records(records) => {
                    recovery.records += records.len() as u64;
                    engine.ingest_again(records);
                }
                Entry::Advance(advance) => {
                    rows = advance.rows;
                    outcomes += advance.told;
                    if number < self.rules_at {
                        engine.begin(advance.now);
                        if let Some(closed) = advance.closed() {
                            close_all(&mut engine, closed)?;
                        }
                    } else {
                        close_again(&mut engine, &advance).map_err(|problem| damaged(number, problem))?;
                    }
                }
                Entry::Base(base) => {
                    if number > self.rules_at {
                        let problem = "what is before it is folded, and the state in place of it is not used";
                        return Err(damaged(number, problem.to_owned()));
                    }
                    engine.lose_ids(base.history.from);
                    rows = base.rows;
                    outcomes = base.outcomes;
                }
                Entry::Ids(keep) => engine.keep_ids_for(keep),
                Entry::Rules(rules) => {
                    rows = rules.rows;
                    outcomes = rules.outcomes;
                }
            }
            Ok(())
        })?;
        recovery.entries = store.last.number;
        Ok(Recovered { engine, recovery, rows, outcomes })
    }
}

/// What was decided under other rules, or about others, is decided: of what these would have decided nothing leaves.
pub(super) fn close_all(engine: &mut Engine, closed: Instant) -> Result<(), DurableError> {
    engine.advance(closed)?;
    engine.take_outcomes();
    Ok(())
}

/// The same call again: it decides the same.
fn close_again(engine: &mut Engine, advance: &Advance) -> Result<(), String> {
    let steps = if advance.all { usize::MAX } else { usize::try_from(advance.steps).unwrap_or(usize::MAX) };
    let slice = engine.advance_within(advance.now, steps).map_err(|error| error.to_string())?;
    let (jobs, outcomes) = (slice.jobs.len() as u64, engine.take_outcomes().len() as u64);
    if (jobs, outcomes) == (advance.jobs, advance.outcomes) {
        Ok(())
    } else {
        Err(format!(
            "it decided {} jobs and {} outcomes, and this version decides {jobs} and {outcomes}: ask for the rules to be replaced by themselves",
            advance.jobs, advance.outcomes
        ))
    }
}

/// Goes through all of a directory: every entry, job and outcome is held against its sum, and the snapshot against what the log makes,
/// byte for byte. Nothing is changed.
///
/// # Errors
/// As [`DurableEngine::open`]; and when the snapshot is not what the log makes.
pub fn verify(directory: impl AsRef<Path>, program: &Program) -> Result<Verified, DurableError> {
    let directory = directory.as_ref();
    let _lock = Lock::take(directory)?;
    let file = directory.join(store::FILE);
    if !file.exists() {
        return Err(DurableError::Store { file, problem: "there is no such file".to_owned() });
    }
    let store = Store::open(directory, None)?;
    let log = Log::open(&store)?;
    if log.is_of_others(program) {
        return Err(DurableError::OtherRules { directory: directory.to_owned() });
    }
    let damaged = |place: &str, problem: String| DurableError::Damaged {
        file: store.path().to_owned(),
        place: place.to_owned(),
        problem,
    };
    store
        .look(|connection| {
            let told: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            Ok(told)
        })
        .and_then(|told| if told == "ok" { Ok(()) } else { Err(damaged("its pages", told)) })?;
    let mut entries = store.last.number;
    if log.base.is_some() {
        // What is kept of the folded part is not gone through otherwise.
        entries = 0;
        store.read_log(Place::default(), |_, _| {
            entries += 1;
            Ok(())
        })?;
    }
    let whole = log.recover(&store, program, false, u64::MAX)?;
    let mut jobs = 0;
    store.look(|connection| {
        super::outbox::each(connection, |_| {
            jobs += 1;
            Ok(())
        })
    })?;
    if jobs != whole.rows {
        return Err(damaged("the outbox", format!("it has {jobs} rows, and {} were written", whole.rows)));
    }
    let mut outcomes = 0;
    snapshot::outcomes(&store, |_| outcomes += 1)?;
    if outcomes != whole.outcomes {
        let problem = format!("there are {outcomes}, and {} were decided", whole.outcomes);
        return Err(damaged("the outcomes", problem));
    }
    let snapshot = snapshot::is_what_the_log_makes(&store, &log, program)?;
    Ok(Verified { entries, jobs, outcomes, snapshot })
}
