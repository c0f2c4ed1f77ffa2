//! Records in, instants closed, jobs out: in turns, each on the disk before the next.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};

use super::clock::{Clock, Seen, timed};
use super::outlet::Outlet;
use super::rejects::Rejects;
use super::summary::Summary;
use super::supply::{Given, Source, Supply};
use super::{Arguments, refused};
use crate::command::exit::Failure;
use crate::command::stopwatch::Stopwatch;
use crate::command::target::Target;
use crate::durable::{DurableEngine, JobState, Options, RulesChange, Settled, WhenUnknown};
use crate::input::{ReadOptions, Row};
use crate::model::{Duration as Span, Instant, Outcome, Record};
use crate::rulebook::Rulebook;
use crate::sink::{OutcomeWriter, WriteError};

/// So many rows are taken in together, and those that came within so long.
const BATCH: usize = 1_000;
const WITHIN: Duration = Duration::from_millis(100);

/// So many jobs are claimed together.
const CLAIMED: usize = 1_000;

/// So many pieces of work are done between two batches, when there is more.
const SLICE: usize = 20_000;

/// After so many records, and at the end, there is a snapshot: opening goes through no more than these.
const SNAPSHOT: u64 = 1_000_000;

struct Live<'a> {
    arguments: &'a Arguments,
    engine: DurableEngine,
    outlet: Outlet,
    rejects: Rejects,
    stop: Arc<AtomicBool>,
    seen: Seen,
    since_snapshot: u64,
    /// How far instants were closed when history was folded last.
    folded: Option<Instant>,
    summary: Summary,
}

/// Rows that came together.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    rows: u64,
    ended: bool,
}

/// Runs until the log ends or a signal comes.
pub fn run(arguments: &Arguments, rulebook: &Rulebook) -> Result<Summary, Failure> {
    let zone = rulebook.settings().zone;
    let mut options = Options::default()
        .lateness(arguments.lateness)
        .ids_for(arguments.ids_for)
        .slice(SLICE)
        .grace(Span::from_millis(0))
        .when_unknown(WhenUnknown::Again)
        .hand_over_in_time(arguments.clock == Clock::Virtual)
        .replace_rules(arguments.replace_rules)
        .shorter_history(arguments.shorter_history);
    if let Some(starting) = arguments.starting {
        options = options.starting(starting.resolved(&zone));
    }
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        // The second one ends the process as it would without us: nothing is lost by that either.
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| Failure::usage(format!("signals cannot be caught: {error}")))?;
    }
    let rejects = Rejects::open(arguments.rejects.as_deref(), arguments.form.strict)?;
    let outlet = Outlet::open(&arguments.sink)?;
    let outcomes = arguments.outcomes.as_deref().map(Target::open).transpose()?;
    let engine = DurableEngine::open(&arguments.state, rulebook.compile(), options).map_err(refused)?;
    let recovery = engine.recovery();
    tracing::info!(
        entries = recovery.entries,
        replayed = recovery.replayed,
        records = recovery.records,
        from_snapshot = recovery.from_snapshot,
        "opened"
    );
    if let Some(zones) = engine.zones_change() {
        let change = zones.change.as_ref();
        let count = |many: fn(&RulesChange) -> usize| change.map(many);
        tracing::warn!(
            from = &*zones.from,
            to = &*zones.to,
            moved = count(|change| change.moved.len()),
            added = count(|change| change.added.len()),
            removed = count(|change| change.removed.len()),
            "the zone database is another one: all wall-clock times were found anew"
        );
    }
    let since_snapshot = recovery.records;
    let base = ReadOptions { local_time: Arc::new(move |wall| zone.resolve(wall)), ..ReadOptions::default() };
    let mut live = Live {
        arguments,
        engine,
        outlet,
        rejects,
        stop,
        seen: Seen::default(),
        since_snapshot,
        folded: None,
        summary: Summary::default(),
    };
    live.profiles(&base)?;
    live.events(&base)?;
    live.end(outcomes)
}

/// A source's one name, under which it is known how far it was read. Standard input is another one each time.
fn place(file: &str) -> Option<String> {
    let path = (file != "-").then(|| fs::canonicalize(file).ok()).flatten()?;
    Some(path.to_string_lossy().into_owned())
}

impl Live<'_> {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn position(&self, place: Option<&str>) -> Result<u64, Failure> {
        let found = place.map(|place| self.engine.position(place)).transpose().map_err(refused)?;
        Ok(found.flatten().unwrap_or(0))
    }

    /// Profiles are known before anything falls due.
    fn profiles(&mut self, base: &ReadOptions) -> Result<(), Failure> {
        let Some(file) = &self.arguments.profiles else { return Ok(()) };
        let place = place(file);
        let mut passed = self.position(place.as_deref())?;
        let options = self.arguments.form.of_profiles(base);
        let source = Source { file: file.clone(), options, passed, follow: false, profiles: true };
        let mut supply = Supply::begin(source, &self.stop);
        // Their instants are not the clock's.
        let seen = self.seen;
        while !self.stopped() {
            let batch = self.batch(&mut supply)?;
            passed += batch.rows;
            let ended = batch.ended;
            self.take_in(batch, place.as_deref(), passed)?;
            if ended {
                break;
            }
        }
        self.seen = seen;
        Ok(())
    }

    fn events(&mut self, base: &ReadOptions) -> Result<(), Failure> {
        let file = &self.arguments.events;
        let place = place(file);
        let mut passed = self.position(place.as_deref())?;
        let (options, follow) = (self.arguments.form.of_events(base), self.arguments.follow);
        let source = Source { file: file.clone(), options, passed, follow, profiles: false };
        let mut supply = Supply::begin(source, &self.stop);
        loop {
            let batch = if self.stopped() { Batch::default() } else { self.batch(&mut supply)? };
            passed += batch.rows;
            let ended = batch.ended;
            self.take_in(batch, place.as_deref(), passed)?;
            let stopped = self.stopped() && !ended;
            self.turn(ended, ended || stopped)?;
            self.rejects.flush()?;
            if self.since_snapshot >= SNAPSHOT {
                self.since_snapshot = 0;
                let bytes = timed("snapshot", || self.engine.snapshot()).map_err(refused)?;
                tracing::info!(bytes, "snapshot");
                self.fold()?;
            }
            if ended || stopped {
                self.summary.stopped = stopped;
                return Ok(());
            }
        }
    }

    /// Folds history, where that was asked for and a quarter of what is kept has come since.
    fn fold(&mut self) -> Result<(), Failure> {
        let (Some(keep), Some(closed)) = (self.arguments.history, self.engine.closed()) else {
            return Ok(());
        };
        let worth = |last: Instant| closed.millis().saturating_sub(last.millis()) >= keep.millis() / 4;
        if !self.folded.is_none_or(worth) {
            return Ok(());
        }
        self.folded = Some(closed);
        let folded = timed("fold", || self.engine.fold(keep)).map_err(refused)?;
        tracing::info!(left_out = folded.records, kept = folded.kept, bytes = folded.bytes, "folded");
        Ok(())
    }

    /// The rows that come together: so many, or those of so long.
    fn batch(&mut self, supply: &mut Supply) -> Result<Batch, Failure> {
        let mut batch = Batch::default();
        let watch = Stopwatch::begin();
        while batch.rows < BATCH as u64 {
            let left = WITHIN.saturating_sub(watch.elapsed());
            if left.is_zero() || self.stopped() {
                break;
            }
            match supply.next(left)? {
                Given::Row(Row::Record(record)) => {
                    batch.rows += 1;
                    record.at().into_iter().for_each(|at| self.seen.see(at));
                    batch.records.push(record);
                }
                Given::Row(Row::Reject(reject)) => {
                    batch.rows += 1;
                    self.rejects.take(&reject)?;
                }
                Given::Row(Row::Ignored(_)) => {
                    batch.rows += 1;
                    self.summary.ignored += 1;
                }
                Given::Passed(seen) => self.seen.and(seen),
                Given::Ended => {
                    batch.ended = true;
                    break;
                }
                Given::Stopped | Given::Nothing => break,
            }
        }
        Ok(batch)
    }

    fn take_in(&mut self, batch: Batch, place: Option<&str>, passed: u64) -> Result<(), Failure> {
        if batch.rows == 0 {
            return Ok(());
        }
        let records = batch.records;
        self.since_snapshot += records.len() as u64;
        let ingested = timed("ingest", || match place {
            Some(place) => self.engine.ingest_from(records, place, passed),
            None => self.engine.ingest(records),
        });
        let ingested = ingested.map_err(refused)?;
        self.summary.rows += batch.rows;
        self.summary.accepted += ingested.accepted;
        self.summary.duplicates += ingested.duplicates;
        self.summary.late += ingested.late;
        self.summary.rejected += ingested.refused.len() as u64;
        tracing::debug!(rows = batch.rows, late = ingested.late, "taken in");
        Ok(())
    }

    /// Closes what is past and hands over what is due: a slice, or all of it.
    fn turn(&mut self, ended: bool, all: bool) -> Result<(), Failure> {
        let clock = self.arguments.clock;
        let Some(now) = clock.now(self.seen, ended, self.arguments.lateness) else { return Ok(()) };
        loop {
            let slice = timed("advance", || self.engine.advance_within(now, SLICE)).map_err(refused)?;
            self.summary.jobs += slice.jobs;
            self.summary.outcomes += slice.outcomes;
            self.drain(now)?;
            // A clock that leaps would leave behind what the next records come before.
            if slice.caught_up || !(all || clock == Clock::Virtual) {
                return Ok(());
            }
        }
    }

    fn planned(&self) -> u64 {
        self.engine.counts().filter(|(state, _)| *state == JobState::Planned).map(|(_, many)| many).sum()
    }

    fn drain(&mut self, now: Instant) -> Result<(), Failure> {
        loop {
            let before = self.planned();
            let claims = timed("claim", || self.engine.claim("live", now, CLAIMED)).map_err(refused)?;
            if claims.is_empty() {
                // Those that came too late are settled without being claimed; more may wait behind them.
                if self.planned() == before {
                    return Ok(());
                }
                continue;
            }
            timed("hand_over", || self.outlet.hand_over(&claims))?;
            let accepted = || Settled::Accepted { provider_id: None };
            let settled: Vec<_> =
                claims.iter().map(|claim| (claim.number, claim.attempt, accepted())).collect();
            timed("settle", || self.engine.settle(&settled, now)).map_err(refused)?;
            self.summary.handed_over += claims.len() as u64;
            tracing::debug!(jobs = claims.len(), "handed over");
        }
    }

    fn end(mut self, outcomes: Option<Target>) -> Result<Summary, Failure> {
        self.rejects.flush()?;
        if let Some(mut target) = outcomes {
            write(&self.engine, &mut target)?;
            target.finish()?;
        }
        self.fold()?;
        let mut summary = self.summary;
        summary.rejected += self.rejects.count;
        summary.closed = self.engine.closed();
        let counts: BTreeMap<&str, u64> =
            self.engine.counts().map(|(state, many)| (state.name(), many)).collect();
        summary.outbox = counts;
        timed("shut", || self.engine.shut()).map_err(refused)?;
        tracing::info!(stopped = summary.stopped, "shut");
        Ok(summary)
    }
}

fn write(engine: &DurableEngine, target: &mut Target) -> Result<(), Failure> {
    let name = target.name().to_owned();
    let failed = |error: WriteError| Failure::usage(format!("`{name}`: {error}"));
    let mut writer = OutcomeWriter::new(target);
    let mut failure = None;
    let take = |outcome: Outcome| {
        if failure.is_none() {
            failure = writer.write(&outcome).err();
        }
    };
    engine.outcomes(take).map_err(refused)?;
    failure.map_or(Ok(()), |error| Err(failed(error)))?;
    writer.flush().map_err(failed)
}
