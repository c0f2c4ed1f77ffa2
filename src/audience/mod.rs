//! Who is in which segment at some instants, of logs of hundreds of millions of events.
//!
//! The answers are those of [`Membership`](crate::replay::Membership), found otherwise: the log is read as columns, events become codes, codes
//! add to a few words of their user, and segments are asked of many users at once. What words cannot answer is asked of the
//! machine, user by user.

mod acts;
mod answers;
mod apart;
mod classes;
mod coder;
mod columns;
mod event;
mod finder;
mod index;
mod keys;
mod merged;
mod plan;
mod profiles;
mod report;
mod rows;
mod scattered;
mod sharing;
mod sorted;
mod stores;
mod strips;
mod tally;
mod time;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::columns::{Recorded, ShardError, Shards, Wanted};
use crate::language::ast::Condition;
use crate::model::{Instant, ProfileUpdate, Record, Text};
use crate::program::{Clocks, NodeId};
use crate::rulebook::Rulebook;
use crate::scratch::memory::Limit;

use answers::Answers;
use apart::Apart;
use classes::{Shared, TooManyClasses};
use coder::Coder;
use columns::Columns;
use event::{CODE_BITS, Form};
use keys::Keys;
use plan::Plan;
use profiles::Profiles;
use tally::Tally;
use words::Words;

pub use crate::scratch::{Blocks, Scratch, ScratchError};
pub use report::{AudienceAt, AudienceError, Clause, SegmentAudience};

/// Asks a log who is in some segments at some instants.
///
/// A user is known from the first record on; of whom nothing is known by an instant is in no segment then. Records up to the instant
/// count, itself among them.
///
/// # Example
/// ```
/// use campanile::{audience::Audience, model::{Event, Instant, Record}, rulebook::Rulebook};
/// let rulebook = Rulebook::parse("shop.camp", "
///     segment buyers = did \"Charged\" in last 7 days
///     segment idle = not in segment buyers and did \"Charged\"")?;
/// let mut audience = Audience::new(&rulebook)
///     .at(Instant::parse("2026-11-08T00:00:00Z")?)
///     .segments(["idle"])
///     .with_members()
///     .with_clauses();
/// for (user, at) in [("asha", "2026-11-03T10:00:00Z"), ("ben", "2026-10-03T10:00:00Z")] {
///     audience.add(Record::Event(Event {
///         user: user.into(),
///         name: "Charged".into(),
///         at: Instant::parse(at)?,
///         id: None,
///         properties: Default::default(),
///     }));
/// }
/// let asked = audience.ask()?;
/// let idle = &asked[0].segments[0];
/// assert_eq!((asked[0].known, idle.users, &*idle.members[0]), (2, 1, "ben"));
/// assert_eq!((&*idle.clauses[1].text, idle.clauses[1].alone, idle.clauses[1].together), ("did \"Charged\"", 2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Audience {
    rulebook: Rulebook,
    segments: Option<Vec<String>>,
    ats: BTreeSet<Instant>,
    threads: usize,
    members: bool,
    clauses: bool,
    limit: Option<Limit>,
    recorded: Recorded,
}

/// A part of asking a log, for those who tell how long each took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The log is read; in the order of its users, these are asked as well.
    Read,
    /// Users are asked, of whom everything has been read.
    Run,
    /// What was found is brought together.
    Merge,
}

/// Who is told when a phase begins.
type Begins<'b> = &'b mut dyn FnMut(Phase);

/// What is asked, and all that is known before the log is read.
#[derive(Debug)]
struct Setting<'s> {
    plan: Plan,
    shared: Shared,
    keys: Keys,
    profiles: &'s Profiles,
    limit: Option<&'s Limit>,
    asked: Vec<Asked>,
    wanted: Wanted,
    threads: usize,
    members: bool,
    clauses: bool,
    /// Of whom only events are known that nobody asks for may be in a segment, or is counted.
    counts_everyone: bool,
    /// The last instant that is asked for.
    last: i64,
}

/// A segment that is asked for.
#[derive(Debug, Clone)]
struct Asked {
    name: Text,
    node: NodeId,
    clauses: Vec<AskedClause>,
}

#[derive(Debug, Clone)]
struct AskedClause {
    node: NodeId,
    text: Text,
}

/// Why a way to do it comes to nothing.
#[derive(Debug)]
enum Fault {
    Log(ShardError),
    /// The log is not in the order of its users.
    NotSorted,
    TooManyClasses,
    /// More is taken of one batch than can be numbered.
    TooLarge,
    /// What does not fit in memory could not be put by, or had back.
    Scratch(ScratchError),
}

impl From<TooManyClasses> for Fault {
    fn from(_: TooManyClasses) -> Fault {
        Fault::TooManyClasses
    }
}

impl Audience {
    /// All segments of a rulebook; the instants are still to be said.
    pub fn new(rulebook: &Rulebook) -> Audience {
        Audience {
            rulebook: rulebook.clone(),
            segments: None,
            ats: BTreeSet::new(),
            threads: 1,
            members: false,
            clauses: false,
            limit: None,
            recorded: Recorded::default(),
        }
    }

    /// Only these segments, in this order.
    #[must_use]
    pub fn segments<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Audience {
        self.segments = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// At this instant too. Without any, nothing is asked.
    #[must_use]
    pub fn at(mut self, at: Instant) -> Audience {
        self.ats.insert(at);
        self
    }

    /// On so many threads; on one, if nothing is said. What is found is the same on any number.
    #[must_use]
    pub fn on_threads(mut self, threads: usize) -> Audience {
        self.threads = threads.max(1);
        self
    }

    /// Tells who the members are, not only how many.
    #[must_use]
    pub fn with_members(mut self) -> Audience {
        self.members = true;
        self
    }

    /// Tells how many users pass each clause of a segment alone, and with all before it.
    #[must_use]
    pub fn with_clauses(mut self) -> Audience {
        self.clauses = true;
        self
    }

    /// With no more than so many bytes of what waits to be put with the rest of its user: a log that is not in the order of its users waits
    /// whole but for what no segment asks for, and what is beyond the budget is put elsewhere. Without it all waits in memory.
    ///
    /// Counted are events, their ids and what is taken of them. Not counted are names of users, profiles, what a reader holds of a file while it
    /// reads it, and what the rules need, some ten megabytes a thread. What is put elsewhere comes back a part at a time, and all events
    /// of one user are in one part: a user with more of them than the budget holds takes more.
    ///
    /// # Example
    /// See [`Scratch`].
    #[must_use]
    pub fn with_memory(mut self, bytes: u64, scratch: Arc<dyn Scratch>) -> Audience {
        self.limit = Some(Limit { bytes, scratch });
        self
    }

    /// Adds a record: a profile, or an event where the log is not read from elsewhere. What is said of phone numbers and templates
    /// makes nobody a member.
    pub fn add(&mut self, record: Record) {
        self.recorded.add(record);
    }

    /// The records that were added in columns of other sorts; what is found is the same. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn laid_out(mut self, rows: usize, typed: bool, coded: bool) -> Audience {
        self.recorded.lay_out(rows, typed, coded);
        self
    }

    /// Asks the records that were added.
    ///
    /// # Errors
    /// When there is no such segment.
    pub fn ask(&self) -> Result<Vec<AudienceAt>, AudienceError> {
        self.ask_with(&[], &[&self.recorded], &mut |_| ())
    }

    /// Asks a log, and the profiles that were added, which come before it.
    ///
    /// # Errors
    /// When there is no such segment, the log cannot be read, or a file of it is not what it was when it was opened; and when what does not fit in
    /// memory cannot be put elsewhere.
    #[cfg(feature = "input")]
    pub fn ask_log(&self, log: &crate::input::Log) -> Result<Vec<AudienceAt>, AudienceError> {
        self.ask_log_in_phases(log, &mut |_| ())
    }

    /// The same, and says when a phase begins; what must be read twice begins anew.
    ///
    /// # Errors
    /// Likewise.
    #[cfg(feature = "input")]
    pub(crate) fn ask_log_in_phases(
        &self,
        log: &crate::input::Log,
        begins: Begins<'_>,
    ) -> Result<Vec<AudienceAt>, AudienceError> {
        let admit = |update: &ProfileUpdate| match self.rulebook.admit(Record::Profile(update.clone())).record
        {
            Record::Profile(update) => Some(update),
            _ => None,
        };
        let profiles: Vec<ProfileUpdate> = self.recorded.profiles().filter_map(admit).collect();
        let found = self.ask_with(&profiles, &log.parts(), begins);
        // What cannot be read may be so for the same reason.
        match log.changed() {
            Some(error) => Err(AudienceError::Log(error.message, error.help)),
            None => found,
        }
    }

    fn ask_with(
        &self,
        profiles: &[ProfileUpdate],
        logs: &[&dyn Shards],
        begins: Begins<'_>,
    ) -> Result<Vec<AudienceAt>, AudienceError> {
        let mut again = false;
        for form in [Form::Classes, Form::Whole, Form::Apart] {
            let keys = Keys::new();
            let profiles = Profiles::new(profiles, &keys);
            let setting = self.setting(form, keys, &profiles)?;
            let fits = setting.plan.events.iter().all(|event| event.bits() <= CODE_BITS);
            if !fits {
                continue;
            }
            match setting.ask(logs, begins) {
                Err(Fault::TooManyClasses) => again = true,
                Err(Fault::Log(error)) => {
                    // What comes packed or through a pipe is there once.
                    let twice = "its properties have so many different values that the log is read twice";
                    let help = error.help.map(|help| if again { format!("{twice}: {help}") } else { help });
                    return Err(AudienceError::Log(error.message, help));
                }
                Err(Fault::Scratch(error)) => return Err(AudienceError::Scratch(error.message, error.help)),
                Err(Fault::NotSorted | Fault::TooLarge) => {
                    return Err(AudienceError::Log(
                        "a batch of the log has too many values".to_owned(),
                        None,
                    ));
                }
                Ok(tally) => return Ok(setting.report(tally)),
            }
        }
        Err(AudienceError::Log("the rules have more tests than a batch can be asked".to_owned(), None))
    }

    fn setting<'s>(
        &'s self,
        form: Form,
        keys: Keys,
        profiles: &'s Profiles,
    ) -> Result<Setting<'s>, AudienceError> {
        let rulebook = &self.rulebook;
        let (program, trace) = rulebook.compile_segments_traced();
        let all = || rulebook.segments().keys().cloned().collect();
        let names: Vec<String> = self.segments.clone().unwrap_or_else(all);
        let mut asked = Vec::new();
        for name in names {
            let node =
                program.tables().segments.iter().find(|(known, _)| **known == *name).map(|(_, node)| *node);
            let (Some(node), Some(segment)) = (node, rulebook.segments().get(&name)) else {
                return Err(AudienceError::UnknownSegment(name));
            };
            let parts = match &segment.condition {
                Condition::And(parts, _) => parts.iter().collect(),
                condition => vec![condition],
            };
            let clause = |part: &Condition| {
                let span = part.span();
                let text = rulebook.sources().slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
                Some(AskedClause { node: *trace.get(&span)?, text: text.into() })
            };
            asked.push(Asked {
                name: name.into(),
                node,
                clauses: parts.into_iter().filter_map(clause).collect(),
            });
        }
        let nodes: Vec<NodeId> = asked
            .iter()
            .flat_map(|asked| asked.clauses.iter().map(|clause| clause.node).chain([asked.node]))
            .collect();
        let ats: Vec<Instant> = self.ats.iter().copied().collect();
        let last = ats.last().map_or(i64::MIN, |at| at.millis());
        let plan = Plan::new(program, &nodes, ats, form);
        let mut setting = Setting {
            shared: Shared::new(&plan),
            keys,
            profiles,
            limit: self.limit.as_ref(),
            asked,
            wanted: plan.wanted(),
            threads: self.threads,
            members: self.members,
            clauses: self.clauses,
            counts_everyone: true,
            last,
            plan,
        };
        setting.counts_everyone = setting.clauses || setting.takes_anybody();
        Ok(setting)
    }
}

impl<'s> Setting<'s> {
    fn clocks(&self) -> Clocks<'_> {
        self.plan.program.tables().clocks()
    }

    fn coder(&self) -> Coder<'_> {
        Coder { plan: &self.plan, shared: &self.shared, clocks: self.clocks() }
    }

    /// Whether one of whom nothing is known but that there is one may be a member.
    fn takes_anybody(&self) -> bool {
        if !self.plan.apart.is_empty() {
            return true;
        }
        let mut words = Words::default();
        words.reset(&self.plan, 1);
        words.add(0);
        let mut columns = Columns::default();
        columns.turn(&words, 0);
        (0..self.plan.ats.len()).any(|at| {
            let mut answers = Answers::new(&self.plan, at, &columns, &words, 0, &[]);
            self.asked.iter().any(|asked| answers.of(asked.node) != 0)
        })
    }

    fn ask(&self, logs: &[&dyn Shards], begins: Begins<'_>) -> Result<Tally, Fault> {
        begins(Phase::Read);
        let sorted = match logs {
            [log] => self.sorted(*log),
            _ => None,
        };
        match sorted {
            Some(Err(Fault::NotSorted)) | None => scattered::ask(self, logs, begins),
            Some(found) => {
                let mut tally = found?;
                begins(Phase::Merge);
                tally.add(self.others(self.profiles));
                Ok(tally)
            }
        }
    }

    /// Whether nothing of a part can be of concern, because it is later than all that is asked.
    fn is_later(&self, log: &dyn Shards, shard: usize) -> bool {
        log.span(shard).is_some_and(|(first, _)| first > self.last)
    }

    /// Asks user by user, where the log seems to be in their order.
    fn sorted(&self, log: &dyn Shards) -> Option<Result<Tally, Fault>> {
        let shards = 0..log.count();
        let bounds: Option<Vec<_>> = shards.clone().map(|shard| log.users(shard)).collect();
        let bounds = bounds?;
        let in_order = bounds.windows(2).all(|pair| match pair {
            [(_, before), (after, _)] => before <= after,
            _ => true,
        });
        let together = self.plan.events.iter().all(|event| !event.apart);
        (in_order && together && !shards.is_empty()).then(|| sorted::ask(self, log))
    }

    /// The users of whom there are no events.
    fn others(&self, profiles: &Profiles) -> Tally {
        let mut tally = Tally::new(self);
        let others = profiles.others();
        for others in others.chunks(1024) {
            let mut words = Words::default();
            words.reset(&self.plan, others.len());
            others.iter().for_each(|key| {
                words.add(*key);
            });
            tally.close(self, &mut words, profiles, &Apart::none());
        }
        tally
    }
}

/// What is still to be done, by number; after an error nothing is.
#[derive(Debug, Default)]
struct Queue {
    next: AtomicUsize,
    stopped: AtomicBool,
}

impl Queue {
    /// The next number.
    fn next(&self) -> Option<usize> {
        (!self.is_stopped()).then(|| self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// Does the same on several threads, and adds up what they find.
fn on_threads(
    threads: usize,
    queue: &Queue,
    work: &(dyn Fn(usize) -> Result<Tally, Fault> + Sync),
) -> Result<Tally, Fault> {
    let guarded = |thread: usize| {
        let found = work(thread);
        if found.is_err() {
            queue.stopped.store(true, Ordering::Relaxed);
        }
        found
    };
    let guarded = &guarded;
    let mut sum: Option<Tally> = None;
    let mut fault = None;
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|thread| scope.spawn(move || guarded(thread))).collect();
        let mut found = vec![guarded(0)];
        for other in others {
            match other.join() {
                Ok(other) => found.push(other),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        for found in found {
            match (found, &mut sum) {
                (Ok(found), Some(sum)) => sum.add(found),
                (Ok(found), sum) => *sum = Some(found),
                (Err(error), _) => fault = Some(error),
            }
        }
    });
    match (fault, sum) {
        (Some(fault), _) => Err(fault),
        (None, sum) => Ok(sum.unwrap_or_default()),
    }
}
