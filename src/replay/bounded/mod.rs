//! A replay within a budget of memory: rows that wait for the run are put by, and had back when it is their turn.

mod block;
mod extra;
mod merged;
mod run;

use std::sync::Arc;

use super::{Phase, Replay, ReplayResult, Row, Streamed};
#[cfg(feature = "input")]
use crate::input::{InputError, Log};
use crate::model::Record;
use crate::program::EventExtra;
use crate::scratch::memory::{Limit, Memory, Run};
use crate::scratch::{Scratch, ScratchError};

/// What a row takes while it waits, and its place while rows are put in order.
const OF_ROW: u64 = (size_of::<Row>() + size_of::<u32>()) as u64;

/// A replay that holds no more than so many bytes of the events that wait to be run: see [`Replay::with_memory`].
#[derive(Debug)]
pub struct BoundedReplay {
    replay: Replay,
}

/// What of a replay's rows was put by, and how much may wait in memory.
#[derive(Debug)]
pub(super) struct Waiting {
    memory: Memory,
    order: Order,
    /// What was put by, each time by part.
    runs: Vec<Run>,
    /// How much of what waits has been counted: bytes of memory, and extras.
    held: u64,
    counted: usize,
    extras: u64,
    failure: Option<ScratchError>,
}

/// In which order rows are had back, and so put by.
#[derive(Debug, Clone, Copy)]
enum Order {
    /// Part by part, so many users a part.
    Users(usize),
    /// In the order of time, for all users are run as one.
    Time,
}

impl Replay {
    /// With no more than so many bytes of events that wait to be run: what is beyond the budget is put elsewhere, by the users whose it is, and had back with
    /// them. What comes out is the same, to the byte, on any budget and any number of threads. Without it all waits in memory.
    ///
    /// Counted are events that rules read, with what is kept of them. Not counted are users' names, fingerprints of events' ids, profiles, what is said of numbers and templates, what
    /// each thread has read ahead of its turn, and the jobs and outcomes, which are held until they are handed out. All events of some users are had back
    /// together, so that a user with more of them than the budget holds takes more; so do users who share a number, if the rules look at numbers, all
    /// of them together.
    ///
    /// Where rules let anybody's message hang on anybody else's (budgets, `limit`, `safety stop`, `test`), all users are run in the order of time: events
    /// are had back in that order, a little at a time, and what the machine remembers of all users is held at once, which is not counted either.
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "input")] {
    /// use std::sync::Arc;
    /// use campanile::{input::TemporaryFiles, model::{Event, Instant, Record}, replay::Replay, rulebook::Rulebook};
    /// let rulebook = Rulebook::parse("shop.camp", "
    ///     campaign thanks { when \"Charged\" send template thank_you }")?;
    /// let folder = tempfile::tempdir()?;
    /// let scratch = Arc::new(TemporaryFiles::in_folder(folder.path()));
    /// let mut replay = Replay::new(&rulebook.compile()).on_threads(2).with_memory(64, scratch);
    /// let at = Instant::parse("2026-11-03T10:00:00Z")?;
    /// for user in ["asha", "ben", "asha"] {
    ///     let event = Event { user: user.into(), name: "Charged".into(), at, id: None, properties: Default::default() };
    ///     replay.add(Record::Event(event));
    /// }
    /// assert_eq!(replay.run()?.outcomes.len(), 3);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_memory(mut self, bytes: u64, scratch: Arc<dyn Scratch>) -> BoundedReplay {
        // A part is a small share of the budget, for each thread has one at hand.
        let users = usize::try_from(bytes >> 15).unwrap_or(usize::MAX).clamp(1, 1024);
        let everything = self.program.tables().shares_everything();
        self.waiting = Some(Waiting {
            memory: Memory::new(Some(&Limit { bytes, scratch })),
            order: if everything { Order::Time } else { Order::Users(users) },
            runs: Vec::new(),
            held: 0,
            counted: 0,
            extras: 0,
            failure: None,
        });
        self.make_room();
        BoundedReplay { replay: self }
    }

    /// Puts by what waits, if it is too much. What fails then is told when all is to be run; nothing waits any longer.
    pub(super) fn make_room(&mut self) {
        let Some(waiting) = &mut self.waiting else { return };
        if waiting.holds_too_much(&self.rows, &self.extras) {
            waiting.put_by(&mut self.rows, &mut self.extras, self.users.len());
        }
    }

    /// Whether something could not be put by, so that there is no use in reading on.
    pub(super) fn has_failed(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| waiting.failure.is_some())
    }
}

impl BoundedReplay {
    /// Adds a record, as [`Replay::add`]. If something cannot be put by, running tells.
    pub fn add(&mut self, record: Record) {
        self.replay.add(record);
    }

    /// Adds the events of a log, as [`Replay::add_log`]. If something cannot be put by, no more is read, and running tells.
    ///
    /// # Errors
    /// When the log cannot be read to its end.
    #[cfg(feature = "input")]
    pub fn add_log(&mut self, log: &Log) -> Result<(), InputError> {
        self.replay.add_log(log)
    }

    /// As [`Replay::add_in_columns`]. For tests.
    #[doc(hidden)]
    pub fn add_in_columns(
        &mut self,
        records: impl IntoIterator<Item = Record>,
        rows: usize,
        typed: bool,
        coded: bool,
    ) {
        self.replay.add_in_columns(records, rows, typed, coded);
    }

    /// What is to be run, for those who add to it otherwise. It is to be run here.
    #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the command line adds to it"))]
    pub(crate) fn replay(&mut self) -> &mut Replay {
        &mut self.replay
    }

    /// Runs the log, as [`Replay::run`].
    ///
    /// # Errors
    /// When what does not fit in memory could not be put elsewhere, or had back.
    pub fn run(self) -> Result<ReplayResult, ScratchError> {
        Ok(self.run_streamed()?.into())
    }

    /// Runs the log, as [`Replay::run_streamed`].
    ///
    /// # Errors
    /// When what does not fit in memory could not be put elsewhere, or had back.
    pub fn run_streamed(self) -> Result<Streamed, ScratchError> {
        self.run_in_phases(&mut |_| ())
    }

    /// The same, and says when a phase begins.
    ///
    /// # Errors
    /// Likewise.
    pub(crate) fn run_in_phases(mut self, begins: &mut dyn FnMut(Phase)) -> Result<Streamed, ScratchError> {
        match self.replay.waiting.take() {
            None => Ok(self.replay.decide(begins)),
            Some(Waiting { failure: Some(failure), .. }) => Err(failure),
            Some(waiting) if waiting.runs.is_empty() => Ok(self.replay.decide(begins)),
            Some(waiting) => self.replay.decide_put_by(waiting, begins),
        }
    }
}

impl Waiting {
    fn holds_too_much(&mut self, rows: &[Row], extras: &[EventExtra]) -> bool {
        let further = extras.get(self.counted..).unwrap_or_default();
        self.extras += further.iter().map(extra::size).sum::<u64>();
        self.counted = extras.len();
        let held = rows.len() as u64 * OF_ROW + self.extras;
        let more = held.saturating_sub(self.held);
        self.held = held;
        self.memory.hold(more)
    }

    /// Puts all rows by.
    fn put_by(&mut self, rows: &mut Vec<Row>, extras: &mut Vec<EventExtra>, users: usize) {
        if self.failure.is_none() {
            match self.run(rows, extras, users) {
                Ok(run) => self.runs.push(run),
                Err(error) => self.failure = Some(error),
            }
        }
        rows.clear();
        extras.clear();
        self.memory.release(self.held);
        (self.held, self.counted, self.extras) = (0, 0, 0);
    }

    fn run(&self, rows: &[Row], extras: &[EventExtra], users: usize) -> Result<Run, ScratchError> {
        let (order, cuts) = match self.order {
            Order::Users(of_part) => by_part(rows, of_part, users),
            Order::Time => by_time(rows),
        };
        let (mut run, mut bytes) = (Run::default(), Vec::new());
        let mut from = 0;
        for (part, to) in cuts {
            let places = order.get(from..to).unwrap_or_default();
            from = to;
            if places.is_empty() {
                continue;
            }
            bytes.clear();
            let placed = places.iter().filter_map(|place| Some((*place, rows.get(*place as usize)?)));
            block::put(placed, extras, &mut bytes);
            run.blocks.push((part, self.memory.put(&bytes)?));
        }
        Ok(run)
    }
}

/// The places of rows in the order in which they are put by, and where each block of them ends, by its number.
type Cuts = (Vec<u32>, Vec<(u32, usize)>);

/// The part of a user; what is said of numbers is nobody's, and has a part of its own.
fn part_of(user: u32, of_part: usize) -> u32 {
    user / u32::try_from(of_part).unwrap_or(u32::MAX)
}

/// The rows of each part together, in the order in which they were added.
fn by_part(rows: &[Row], of_part: usize, users: usize) -> Cuts {
    let parts = users.div_ceil(of_part);
    let place = |row: &Row| (part_of(row.user, of_part) as usize).min(parts);
    let mut next = vec![0; parts + 1];
    for row in rows {
        if let Some(count) = next.get_mut(place(row)) {
            *count += 1;
        }
    }
    let mut before = 0;
    for next in &mut next {
        before += std::mem::replace(next, before);
    }
    let mut order = vec![0; rows.len()];
    for (row, at) in rows.iter().zip(0_u32..) {
        let Some(next) = next.get_mut(place(row)) else { continue };
        if let Some(place) = order.get_mut(*next) {
            *place = at;
        }
        *next += 1;
    }
    // Each has moved on to its end by now.
    let number = |part: u32| if part as usize == parts { part_of(u32::MAX, of_part) } else { part };
    (order, (0_u32..).map(number).zip(next).collect())
}

/// All rows in the order of time; those of one instant as they were added.
fn by_time(rows: &[Row]) -> Cuts {
    /// Of each of so many runs one block is held at once when they are merged, and that is to fit in the budget.
    const BLOCKS: usize = 256;
    const LARGEST: usize = 1 << 14;
    let mut order: Vec<u32> = (0_u32..).take(rows.len()).collect();
    // Stable; and a log mostly is in order.
    order.sort_by_key(|place| rows.get(*place as usize).map(|row| row.at));
    let of_block = rows.len().div_ceil(BLOCKS).clamp(1, LARGEST);
    let ends = (of_block..rows.len()).step_by(of_block).chain([rows.len()]);
    (order, (0_u32..).zip(ends).collect())
}
