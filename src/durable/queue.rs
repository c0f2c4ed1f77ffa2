//! Which jobs wait to be handed over, which are with a worker, and of which nobody knows.

use std::collections::{BTreeMap, BTreeSet};

use super::outbox::{JobState, Row, Settled, WhenUnknown};
use super::store::Store;
use super::{Claim, DurableError, outbox};
use crate::model::{Category, Duration, Instant, SendJob};

/// How jobs are handed over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// So long a worker has a job.
    pub(super) lease: Duration,
    /// So long a word may come of a job of which nobody knows.
    pub(super) grace: Duration,
    pub(super) unknown: WhenUnknown,
    /// Each job is handed over at its instant, whatever the clock says by then.
    pub(super) in_time: bool,
}

/// The outbox, by what is to be done next. The jobs themselves are on the disk.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// From when each may be handed over.
    planned: BTreeSet<(Instant, u64)>,
    /// Until when a worker has each.
    claimed: BTreeSet<(Instant, u64)>,
    /// When the grace of each is over.
    unknown: BTreeSet<(Instant, u64)>,
    counts: BTreeMap<JobState, u64>,
    /// So many rows there are.
    pub(super) rows: u64,
    /// The number of the last of them.
    pub(super) last: u64,
}

impl Queue {
    /// Reads all rows. What a worker had when the process ended may have left, or not.
    pub(super) fn read(store: &mut Store, terms: &Terms) -> Result<Queue, DurableError> {
        let (mut queue, mut orphans) = (Queue::default(), Vec::new());
        store.look(|connection| {
            outbox::each(connection, |row| {
                queue.rows += 1;
                queue.last = row.number;
                if row.state == JobState::Claimed {
                    orphans.push(row);
                } else {
                    queue.enter(&row, terms);
                }
                Ok(())
            })
        })?;
        if !orphans.is_empty() {
            for row in &mut orphans {
                row.state = JobState::Unknown;
                row.until = None;
                row.detail = Some("the process ended while a worker had it".to_owned());
            }
            store
                .change(|transaction| orphans.iter().try_for_each(|row| outbox::update(transaction, row)))?;
            orphans.iter().for_each(|row| queue.enter(row, terms));
        }
        Ok(queue)
    }

    /// Takes over rows that were written.
    pub(super) fn add(&mut self, rows: &[Row<'_>], terms: &Terms) {
        for row in rows {
            self.enter(row, terms);
            self.rows += 1;
            self.last = row.number;
        }
    }

    fn enter(&mut self, row: &Row<'_>, terms: &Terms) {
        *self.counts.entry(row.state).or_default() += 1;
        match row.state {
            JobState::Planned => _ = self.planned.insert((row.until.unwrap_or(row.due), row.number)),
            JobState::Claimed => _ = self.claimed.insert((row.until.unwrap_or(row.since), row.number)),
            JobState::Unknown if may_come_again(row, terms) => {
                let over = row.since.millis().saturating_add(terms.grace.millis());
                self.unknown.insert((Instant::from_millis(over), row.number));
            }
            JobState::Unknown | JobState::Accepted | JobState::Rejected | JobState::NotSent => {}
        }
    }

    fn leave(&mut self, row: &Row<'_>, terms: &Terms) {
        if let Some(count) = self.counts.get_mut(&row.state) {
            *count = count.saturating_sub(1);
        }
        self.planned.remove(&(row.until.unwrap_or(row.due), row.number));
        self.claimed.remove(&(row.until.unwrap_or(row.since), row.number));
        let over = row.since.millis().saturating_add(terms.grace.millis());
        self.unknown.remove(&(Instant::from_millis(over), row.number));
    }

    pub(super) const fn counts(&self) -> &BTreeMap<JobState, u64> {
        &self.counts
    }

    /// When a job is to be handed over next, or a lease or a grace ends.
    pub(super) fn next(&self) -> Option<Instant> {
        let firsts = [self.planned.first(), self.claimed.first(), self.unknown.first()];
        firsts.into_iter().flatten().map(|(at, _)| *at).min()
    }

    /// Gives a worker the jobs that are to be handed over, in their order, and writes that down.
    pub(super) fn claim(
        &mut self,
        store: &mut Store,
        terms: &Terms,
        worker: &str,
        now: Instant,
        most: usize,
        is_there: impl Fn(&str) -> bool,
    ) -> Result<Vec<Claim>, DurableError> {
        self.look_after(store, terms, now)?;
        let due = self.planned.iter().take_while(|(at, _)| *at <= now);
        let numbers: Vec<u64> = due.take(most).map(|(_, number)| *number).collect();
        let until = Instant::from_millis(now.millis().saturating_add(terms.lease.millis()));
        let mut claims = Vec::new();
        self.change(store, terms, &numbers, |row| {
            let job: SendJob = serde_json::from_str(&row.job).map_err(|_| row.number)?;
            row.since = now;
            if !terms.in_time && job.not_after.is_some_and(|last| now > last) {
                row.state = JobState::NotSent;
                row.until = None;
                row.detail = Some("it was not handed over before its last instant".to_owned());
                return Ok(());
            }
            if !is_there(&row.campaign) {
                row.state = JobState::NotSent;
                row.until = None;
                row.detail = Some("its campaign was removed".to_owned());
                return Ok(());
            }
            row.state = JobState::Claimed;
            row.attempt += 1;
            row.worker = Some(worker.to_owned());
            row.until = Some(until);
            claims.push(Claim { number: row.number, attempt: row.attempt, until, job });
            Ok(())
        })?;
        Ok(claims)
    }

    /// Ends leases and graces.
    fn look_after(&mut self, store: &mut Store, terms: &Terms, now: Instant) -> Result<(), DurableError> {
        let ended = self.claimed.iter().take_while(|(until, _)| *until < now);
        let ended: Vec<u64> = ended.map(|(_, number)| *number).collect();
        self.change(store, terms, &ended, |row| {
            row.state = JobState::Unknown;
            row.since = row.until.unwrap_or(now);
            row.until = None;
            row.detail = Some("its worker's lease ended without a word".to_owned());
            Ok(())
        })?;
        let over = self.unknown.iter().take_while(|(over, _)| *over <= now);
        let over: Vec<u64> = over.map(|(_, number)| *number).collect();
        self.change(store, terms, &over, |row| {
            row.state = JobState::Planned;
            row.since = now;
            row.until = None;
            Ok(())
        })
    }

    /// Writes down what became of claimed jobs, and of those of which nobody knew.
    pub(super) fn settle(
        &mut self,
        store: &mut Store,
        terms: &Terms,
        settled: &[(u64, u32, Settled)],
        now: Instant,
    ) -> Result<(), DurableError> {
        let numbers: Vec<u64> = settled.iter().map(|(number, ..)| *number).collect();
        let mut words = settled.iter();
        self.change(store, terms, &numbers, |row| {
            let Some((_, attempt, word)) = words.next() else { return Err(row.number) };
            let open = matches!(row.state, JobState::Claimed | JobState::Unknown);
            if !open || row.attempt != *attempt {
                return Err(row.number);
            }
            row.since = now;
            row.until = None;
            let (state, detail) = match word {
                Settled::Accepted { provider_id } => (JobState::Accepted, provider_id.clone()),
                Settled::Rejected { reason } => (JobState::Rejected, Some(reason.clone())),
                Settled::Unknown { reason } => (JobState::Unknown, Some(reason.clone())),
                Settled::NotSent { reason, again: None } => (JobState::NotSent, Some(reason.clone())),
                Settled::NotSent { reason, again: Some(again) } => {
                    row.until = Some(*again);
                    (JobState::Planned, Some(reason.clone()))
                }
            };
            row.state = state;
            row.detail = detail.map(|detail| detail.to_string());
            Ok(())
        })
    }

    /// Changes rows on the disk, all or none, and then here.
    fn change(
        &mut self,
        store: &mut Store,
        terms: &Terms,
        numbers: &[u64],
        mut change: impl FnMut(&mut Row<'static>) -> Result<(), u64>,
    ) -> Result<(), DurableError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let mut once = BTreeSet::new();
        if let Some(number) = numbers.iter().find(|number| !once.insert(**number)) {
            return Err(DurableError::NoSuchClaim { number: *number });
        }
        let mut rows = Vec::with_capacity(numbers.len());
        for number in numbers {
            let before = store.look(|connection| outbox::find(connection, *number))?;
            let mut after = before.clone();
            change(&mut after).map_err(|number| DurableError::NoSuchClaim { number })?;
            rows.push((before, after));
        }
        store.change(|transaction| rows.iter().try_for_each(|(_, row)| outbox::update(transaction, row)))?;
        for (before, after) in &rows {
            self.leave(before, terms);
            self.enter(after, terms);
        }
        Ok(())
    }
}

/// Whether a job of which nobody knows is handed over again when its grace is over.
fn may_come_again(row: &Row<'_>, terms: &Terms) -> bool {
    match terms.unknown {
        WhenUnknown::Again => true,
        WhenUnknown::Never => false,
        WhenUnknown::ByCategory => {
            let job = serde_json::from_str::<SendJob>(&row.job);
            row.attempt < 2 && job.is_ok_and(|job| job.category != Category::Marketing)
        }
    }
}
