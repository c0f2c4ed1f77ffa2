//! A log in the order of its users: each is done when the next begins, and no row waits for others.

use std::ops::Range;
use std::sync::Mutex;

use super::apart::Apart;
use super::coder::{Coded, Coder, NO_EVENT};
use super::columns::LANES;
use super::keys::{Key, Users};
use super::rows::{Hand, Row, Taken, place};
use super::strips::Strips;
use super::tally::Tally;
use super::words::{Entry, Words};
use super::{Fault, Queue, Setting, on_threads};
use crate::columns::{Batch, Shards, Values};

/// How many users' words are kept at once: as many as are asked at once, so that they stay near the processor.
const ROOM: usize = LANES;

/// Some rows of one user, one after the other in the log.
#[derive(Debug, Default)]
struct Run {
    key: Key,
    rows: Vec<Row>,
    taken: Taken,
}

/// The first and the last user of a part, who may have rows in its neighbours.
#[derive(Debug)]
struct Ends {
    shard: usize,
    first: Run,
    last: Option<Run>,
}

/// Asks a log whose parts are in the order of their users.
///
/// # Errors
/// [`Fault::NotSorted`] when it turns out that they are not.
pub(super) fn ask(setting: &Setting<'_>, log: &dyn Shards) -> Result<Tally, Fault> {
    let queue = Queue::default();
    let ends: Mutex<Vec<Ends>> = Mutex::default();
    let work = |_| {
        let mut worker = Worker::new(setting);
        while let Some(shard) = queue.next().filter(|shard| log.has(*shard)) {
            if setting.is_later(log, shard) {
                continue;
            }
            if let Some(found) = worker.read(log, shard)? {
                ends.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(found);
            }
        }
        worker.close();
        Ok(worker.tally)
    };
    let mut tally = on_threads(setting.threads, &queue, &work)?;
    let mut ends = ends.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    ends.sort_by_key(|ends| ends.shard);
    tally.add(stitch(setting, ends)?);
    Ok(tally)
}

/// Puts the rows of users together that are in several parts.
fn stitch(setting: &Setting<'_>, ends: Vec<Ends>) -> Result<Tally, Fault> {
    let mut worker = Worker::new(setting);
    let mut whole: Option<Run> = None;
    for run in ends.into_iter().flat_map(|ends| [Some(ends.first), ends.last]).flatten() {
        match &mut whole {
            Some(whole) if whole.key == run.key => whole.append(run)?,
            _ => {
                if let Some(done) = whole.replace(run) {
                    worker.follows(done.key)?;
                    worker.enter_run(done);
                }
            }
        }
    }
    if let Some(done) = whole {
        worker.follows(done.key)?;
        worker.enter_run(done);
    }
    worker.close();
    Ok(worker.tally)
}

impl Run {
    fn append(&mut self, other: Run) -> Result<(), Fault> {
        let (values, more) = (place(&self.taken)?, self.taken.more.len() as u64);
        self.taken.values.extend(other.taken.values.iter().map(|word| super::words::moved(*word, more)));
        self.taken.more.extend(other.taken.more);
        self.rows.extend(other.rows.into_iter().map(|row| row.moved(values)));
        Ok(())
    }
}

struct Worker<'p> {
    setting: &'p Setting<'p>,
    coder: Coder<'p>,
    hand: Hand<'p>,
    strips: Strips,
    words: Words,
    tally: Tally,
    /// The user before.
    before: Option<Key>,
    /// The last run of a batch, which may go on in the next.
    carried: Option<Run>,
    first: Option<Run>,
    values: Vec<u64>,
    more: Vec<u64>,
}

impl<'p> Worker<'p> {
    fn new(setting: &'p Setting<'p>) -> Worker<'p> {
        let mut words = Words::default();
        words.reset(&setting.plan, ROOM);
        Worker {
            setting,
            coder: setting.coder(),
            hand: Hand::new(setting),
            strips: Strips::default(),
            words,
            tally: Tally::new(setting),
            before: None,
            carried: None,
            first: None,
            values: Vec::new(),
            more: Vec::new(),
        }
    }

    /// Reads one part; its ends are for those who put them together with their neighbours.
    fn read(&mut self, log: &dyn Shards, shard: usize) -> Result<Option<Ends>, Fault> {
        self.before = None;
        self.first = None;
        let mut fault = None;
        log.read(shard, &self.setting.wanted, &mut |batch| {
            if let Err(error) = self.batch(batch) {
                fault = Some(error);
            }
            fault.is_none()
        })
        .map_err(Fault::Log)?;
        if let Some(fault) = fault {
            return Err(fault);
        }
        let last = self.carried.take();
        let ends = match (self.first.take(), last) {
            (Some(first), last) => Some(Ends { shard, first, last }),
            (None, last) => last.map(|first| Ends { shard, first, last: None }),
        };
        Ok(ends)
    }

    /// Users come in their order: whole numbers by value before others by their bytes.
    fn follows(&mut self, key: Key) -> Result<(), Fault> {
        let keys = &self.setting.keys;
        let follows = self.before.is_none_or(|before| keys.is_before(before, key));
        self.before = Some(key);
        if follows { Ok(()) } else { Err(Fault::NotSorted) }
    }

    fn batch(&mut self, batch: &Batch<'_>) -> Result<(), Fault> {
        if batch.id.is_some() || !batch.records.is_empty() {
            return Err(Fault::NotSorted);
        }
        let setting = self.setting;
        let Values::Instants(instants) = batch.at.values else { return Err(Fault::NotSorted) };
        let users = Users::new(&batch.user, &setting.keys);
        let mut coded = self.coder.code(batch);
        self.strips.read(&mut coded, &mut self.hand, instants.get(..batch.rows).unwrap_or_default())?;
        let (mut row, mut done) = (0, 0);
        while row < batch.rows {
            let begins = row;
            let key = users.key(row, &setting.keys);
            row = users.end(begins, batch.rows, &setting.keys);
            let of_user = instants.get(begins..row).unwrap_or_default();
            let ordered = of_user.is_sorted();
            let goes_on = self.carried.as_ref().is_some_and(|carried| carried.key == key);
            if !goes_on {
                self.end_carried()?;
                self.follows(key)?;
            }
            if goes_on || row == batch.rows || !ordered || (self.first.is_none() && self.carried.is_none()) {
                let mut run = self.carried.take().unwrap_or_else(|| Run { key, ..Run::default() });
                for row in (begins..row).filter(|row| !is_refused(batch, *row)) {
                    let at = instants.get(row).copied().unwrap_or(i64::MIN);
                    let event = coded.event(row);
                    let values = place(&run.taken)?;
                    let mut code = 0;
                    if event != NO_EVENT {
                        code = coded.code(event, row)?;
                        coded.take(event, row, &mut run.taken.values, &mut run.taken.more);
                    }
                    run.rows.push(Row::new(at, event, code, values));
                }
                self.carried = Some(run);
                if row < batch.rows {
                    self.end_carried()?;
                }
                continue;
            }
            let user = self.user(key);
            done = self.enter_rows(batch, user, begins..row, of_user, (&mut coded, done));
        }
        self.strips.remember(coded);
        Ok(())
    }

    /// Enters rows of a user who has no others, in their order; `done` is the place of what is done first by none of the rows before, and
    /// so is what is handed back for the rows behind.
    #[inline]
    fn enter_rows(
        &mut self,
        batch: &Batch<'_>,
        user: usize,
        rows: Range<usize>,
        instants: &[i64],
        (coded, mut done): (&mut Coded<'_, '_>, usize),
    ) -> usize {
        let is_refused = |row: usize| batch.refused.is_some_and(|refused| refused.get(row));
        let mut first = rows.clone().zip(instants).filter(|(row, _)| !is_refused(*row));
        let Some((_, first)) = first.next() else { return done };
        self.words.meet(user, *first);
        let last = self.setting.last;
        let mut words = self.words.one(user);
        for (row, list) in self.strips.doings(done) {
            let row = *row as usize;
            if row >= rows.end {
                break;
            }
            done += 1;
            let Some(at) = row.checked_sub(rows.start).and_then(|place| instants.get(place)) else {
                continue;
            };
            if *at > last || batch.refused.is_some() && is_refused(row) {
                continue;
            }
            let Some(list) = self.hand.finder.list(*list) else { continue };
            let mut entry = Entry { user, at: *at, era: 0, values: &[], more: &[] };
            if list.values != 0 {
                self.values.clear();
                self.more.clear();
                let event = coded.event(row);
                coded.take_some(event, row, list.values, &mut self.values, &mut self.more);
                let moment = self.hand.times.known(*at);
                let era = moment.map_or_else(|| self.setting.plan.time.era(*at), |moment| moment.era);
                entry = Entry { era, values: &self.values, more: &self.more, ..entry };
            }
            words.enter(list, entry);
        }
        done
    }

    /// The carried run has come to its end: that of the part's first user is put by.
    fn end_carried(&mut self) -> Result<(), Fault> {
        match self.carried.take() {
            None => {}
            Some(run) if self.first.is_none() => self.first = Some(run),
            Some(run) => self.enter_run(run),
        }
        Ok(())
    }

    fn enter_run(&mut self, mut run: Run) {
        if run.rows.is_empty() {
            return;
        }
        // Stable: rows of one instant stay in the order of the log.
        run.rows.sort_by_key(|row| row.at);
        let user = self.user(run.key);
        for row in &run.rows {
            self.hand.enter(&mut self.words, user, row, &run.taken);
        }
    }

    fn user(&mut self, key: Key) -> usize {
        if let Some(user) = self.words.add(key) {
            return user;
        }
        self.close();
        self.words.add(key).unwrap_or(0)
    }

    fn close(&mut self) {
        self.tally.close(self.setting, &mut self.words, self.setting.profiles, &Apart::none());
        self.words.reset(&self.setting.plan, ROOM);
    }
}

fn is_refused(batch: &Batch<'_>, row: usize) -> bool {
    batch.refused.is_some_and(|refused| refused.get(row))
}
