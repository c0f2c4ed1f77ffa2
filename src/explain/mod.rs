//! Why a user did or did not get a message.
//!
//! Another pass over the same program: the user's records go through the same machine once more, and at each instant that
//! matters its conditions are asked again, clause by clause, beside the syntax tree that knows where they were written and
//! the log that holds their evidence. What a condition's value is, only the machine says; what became of a message, only
//! the run. Who does not ask pays nothing: no run keeps anything for an explanation.

mod condition;
mod explanation;
mod filter;
mod follow;
mod step;
mod trigger;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::language::ast::Trigger;
use crate::machine::{Stretch, holds};
use crate::model::{Instant, OutcomeKind, Profile, Record, Text};
use crate::program::{Program, Trace};
use crate::replay::{Replay, ReplayResult};
use crate::rulebook::Rulebook;

pub(crate) use explanation::one_line;
pub(crate) use filter::clause as filter_clause;
pub(crate) use words::Times;
#[cfg(feature = "cli")]
pub(crate) use words::value as value_in_words;

pub use explanation::{
    AtInstant, Attempt, Cause, Clause, Evidence, Explanation, Occurrence, Place, Row, Seen, Step, Verdict,
};

use condition::Asked;
use follow::{Dated, Moment, follow};

/// A log that can be asked why.
///
/// # Example
/// ```
/// use campanile::{explain::Inquiry, model::{Event, Instant, Record}, rulebook::Rulebook};
/// let rulebook = Rulebook::parse("shop.camp", "
///     campaign thanks {
///       when \"Charged\"
///       if did \"Charged\" at least 3 times in last 90 days
///       send template thank_you
///     }")?;
/// let mut inquiry = Inquiry::new(&rulebook);
/// inquiry.add(Record::Event(Event {
///     user: "asha".into(),
///     name: "Charged".into(),
///     at: Instant::parse("2026-11-03T10:00:00Z")?,
///     id: None,
///     properties: Default::default(),
/// }));
/// let answers = inquiry.run();
/// let explanation = answers.explain("asha", "thanks", None).unwrap();
/// assert_eq!(
///     explanation.short(),
///     "not in the audience: `did \"Charged\" at least 3 times in last 90 days`: 1, 2 more would have been needed by 2026-11-03 10:00 +00:00",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Inquiry {
    program: Program,
    trace: Arc<Trace>,
    replay: Replay,
    only: Option<Text>,
    users: BTreeMap<Text, Vec<Dated>>,
    records: usize,
}

/// A run that is over, with all that it takes to explain it.
#[derive(Debug)]
pub struct Answers {
    program: Program,
    trace: Arc<Trace>,
    users: BTreeMap<Text, Vec<Dated>>,
    result: ReplayResult,
}

impl Inquiry {
    /// An inquiry over records to be added, about any of their users.
    pub fn new(rulebook: &Rulebook) -> Inquiry {
        let (program, trace) = rulebook.compile_traced();
        Inquiry::of(program, Arc::new(trace))
    }

    /// The same of a program that is compiled once for many inquiries.
    pub(crate) fn of(program: Program, trace: Arc<Trace>) -> Inquiry {
        let replay = Replay::new(&program);
        Inquiry { program, trace, replay, only: None, users: BTreeMap::new(), records: 0 }
    }

    /// About one user only: of all others no more is kept than a run needs.
    #[must_use]
    pub fn about(mut self, user: &str) -> Inquiry {
        self.only = Some(user.into());
        self
    }

    /// The first instant at which something may fire, as [`Replay::starting`].
    #[must_use]
    pub fn starting(mut self, from: Option<Instant>) -> Inquiry {
        self.replay = self.replay.starting(from);
        self
    }

    /// The instant before which the clock stops, as [`Replay::ending`].
    #[must_use]
    pub fn ending(mut self, to: Option<Instant>) -> Inquiry {
        self.replay = self.replay.ending(to);
        self
    }

    /// Adds a record; the order in which records of one instant are added is their order.
    pub fn add(&mut self, record: Record) {
        // A statement about a number is of no one user; the replay beside knows of it.
        if let Some(user) = record.user()
            && self.only.as_ref().is_none_or(|only| only == user)
        {
            let order = self.records;
            let record = self.program.rulebook().admit(record.clone()).record;
            self.users.entry(user.clone()).or_default().push(Dated { order, record });
        }
        self.records += 1;
        self.replay.add(record);
    }

    /// Runs the log, as [`Replay::run`] does.
    pub fn run(mut self) -> Answers {
        for records in self.users.values_mut() {
            follow::put_in_order(records);
        }
        Answers { program: self.program, trace: self.trace, users: self.users, result: self.replay.run() }
    }
}

impl Answers {
    /// What the run decided.
    pub fn result(&self) -> &ReplayResult {
        &self.result
    }

    /// The rules that were run.
    pub fn rulebook(&self) -> &Rulebook {
        self.program.rulebook()
    }

    fn run(&self) -> Stretch {
        Stretch { from: self.result.summary.from, to: self.result.summary.to }
    }

    /// Lives a user's life again, and looks at it after each record and each instant at which something fell due, and at
    /// the instants in `stops`, which are in order.
    fn follow(&self, user: &str, stops: &[Instant], look: &mut dyn FnMut(&Moment<'_>)) {
        let Some((id, records)) = self.users.get_key_value(user) else { return };
        follow(&self.program, self.run(), id, records, stops, look);
    }

    /// Whether a user is in a segment at an instant, with all that happens at it. Nobody is before the user's first record; `None` when there
    /// is no such segment.
    pub fn is_in_segment(&self, user: &str, segment: &str, at: Instant) -> Option<bool> {
        let condition = &self.rulebook().segments().get(segment)?.condition;
        let node = *self.trace.get(&condition.span())?;
        let mut member = false;
        self.follow(user, &[at], &mut |moment| {
            if moment.stop && moment.known {
                member = holds(self.program.tables(), moment.user, node, moment.now);
            }
        });
        Some(member)
    }

    /// The same, clause by clause.
    pub fn explain_segment(&self, user: &str, segment: &str, at: Instant) -> Option<Clause> {
        let condition = &self.rulebook().segments().get(segment)?.condition;
        let mut clause = None;
        self.follow(user, &[at], &mut |moment| {
            if moment.stop {
                clause = Some(self.asked(moment).clause(condition));
            }
        });
        clause
    }

    /// A segment, clause by clause, after each record of a user and each instant at which something fell due.
    pub(crate) fn watch_segment(&self, user: &str, segment: &str, seen: &mut dyn FnMut(Clause)) {
        let Some(segment) = self.rulebook().segments().get(segment) else { return };
        self.follow(user, &[], &mut |moment| {
            if !moment.last {
                seen(self.asked(moment).clause(&segment.condition));
            }
        });
    }

    fn asked<'a>(&'a self, moment: &'a Moment<'_>) -> Asked<'a> {
        Asked {
            tables: self.program.tables(),
            trace: &self.trace,
            user: moment.user,
            history: moment.history,
            now: moment.now,
        }
    }

    /// Why a user did or did not get a campaign: each firing of its trigger with what became of it, or why it never fired. With an
    /// instant, what the campaign would have said then too. `None` when there is no such campaign.
    pub fn explain(&self, user: &str, campaign: &str, at: Option<Instant>) -> Option<Explanation> {
        let index = self.rulebook().campaigns().iter().position(|known| *known.name == *campaign)?;
        let rules = self.rulebook().campaigns().get(index)?;
        let decided: Vec<_> = self
            .result
            .outcomes
            .iter()
            .filter(|outcome| *outcome.user == *user && *outcome.campaign == *campaign)
            .collect();
        let audience = rules.syntax.audience.as_ref();
        // Where the audience was asked again: at the instants at which messages were due.
        let again = |kind: OutcomeKind| step::is_due(kind) && audience.is_some_and(|it| it.recheck);
        let consent = |kind: OutcomeKind| kind == OutcomeKind::NoConsent;
        let mut stops: Vec<Instant> = decided
            .iter()
            .filter(|o| again(o.outcome) || consent(o.outcome))
            .map(|o| o.decided_at)
            .chain(at)
            .collect();
        stops.sort_unstable();
        stops.dedup();

        let mut occurrences: Vec<Occurrence> = Vec::new();
        let mut again_at: BTreeMap<Instant, Clause> = BTreeMap::new();
        let mut profiles: BTreeMap<Instant, Profile> = BTreeMap::new();
        let mut then = None;
        let mut zone = self.program.tables().zone;
        let mut end = trigger::AtEnd::default();
        let segment = match &rules.trigger {
            Trigger::Enters { segment, .. } | Trigger::Leaves(segment) => {
                self.rulebook().segments().get(&segment.node)
            }
            _ => None,
        };
        self.follow(user, &stops, &mut |moment| {
            zone = moment.user.zone;
            for firing in moment.firings.iter().filter(|firing| firing.campaign as usize == index) {
                let asked = Asked { now: firing.at, ..self.asked(moment) };
                occurrences.push(Occurrence {
                    occurrence: firing.cause.occurrence(),
                    at: firing.at,
                    cause: explanation::cause(&firing.cause),
                    audience: audience.map(|audience| asked.clause(&audience.condition)),
                    qualified: firing.qualified,
                    audience_when_due: None,
                    outcome: None,
                    job: None,
                    step: None,
                });
            }
            if moment.stop {
                let asked = self.asked(moment);
                let clause = || audience.map(|audience| asked.clause(&audience.condition));
                if at == Some(moment.now) {
                    then = Some(AtInstant { at: moment.now, known: moment.known, audience: clause() });
                }
                if decided.iter().any(|o| consent(o.outcome) && o.decided_at == moment.now) {
                    profiles.insert(moment.now, moment.user.profile.clone());
                }
                if decided.iter().any(|o| again(o.outcome) && o.decided_at == moment.now)
                    && let Some(clause) = clause()
                {
                    again_at.insert(moment.now, clause);
                }
            }
            if moment.last {
                // The run's last instant, for what was not, was not then either.
                let asked =
                    Asked { now: Instant::from_millis(moment.now.millis() - 1), ..self.asked(moment) };
                end.events = moment.history.to_vec();
                end.profile = moment.user.profile.clone();
                end.segment = segment.map(|segment| asked.clause(&segment.condition));
            }
        });
        for occurrence in &mut occurrences {
            let outcome = decided
                .iter()
                .find(|o| o.occurrence == occurrence.occurrence && o.qualified_at == occurrence.at);
            let Some(outcome) = outcome else { continue };
            let job = self.result.jobs.iter().find(|job| Some(job.id) == outcome.job);
            occurrence.audience_when_due =
                again_at.get(&outcome.decided_at).filter(|_| again(outcome.outcome)).cloned();
            let context = step::Context {
                rulebook: self.rulebook(),
                campaign: rules,
                result: &self.result,
                events: &end.events,
                zone: &zone,
                tables: self.program.tables(),
                profile: profiles.get(&outcome.decided_at),
            };
            occurrence.step = Some(context.step(outcome));
            occurrence.outcome = Some((*outcome).clone());
            occurrence.job = job.cloned();
        }
        let attempts = if occurrences.is_empty() {
            trigger::attempts(&self.program, rules, &end, self.run(), &zone)
        } else {
            Vec::new()
        };
        Some(Explanation {
            user: user.into(),
            campaign: rules.name.clone(),
            title: rules.syntax.title.as_ref().map(|title| title.node.as_str().into()),
            time_zone: zone.name(),
            zone,
            known: self.users.contains_key(user),
            from: self.result.summary.from,
            to: self.result.summary.to,
            trigger: rules.syntax.trigger.as_ref().map(|it| Place::of(self.rulebook().sources(), it.span)),
            occurrences,
            attempts,
            then,
        })
    }

    /// The users of whom there are records, in the order of their ids.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.users.keys().map(|id| &**id)
    }
}
