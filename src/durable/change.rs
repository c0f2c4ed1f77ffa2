//! Rules that change while the engine runs.

use std::cmp::Ordering;

use super::entry::Entry;
use super::recover::{Log, Recovered, close_all, decided_before, rules_of};
use super::store::Write;
use super::{DurableEngine, DurableError};
use crate::live::{Engine, Waiting};
use crate::model::Instant;
use crate::program::Program;

/// What other rules change of what is to come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RulesChange {
    /// What is to come under the new rules only.
    pub added: Vec<Waiting>,
    /// What was to come, and is no longer.
    pub removed: Vec<Waiting>,
    /// What comes at another instant, with the one at which it was to come.
    pub moved: Vec<(Waiting, Instant)>,
}

impl RulesChange {
    pub(super) fn between(mut before: Vec<Waiting>, mut after: Vec<Waiting>) -> RulesChange {
        before.sort_unstable();
        after.sort_unstable();
        let name =
            |waiting: &Waiting| (waiting.campaign.clone(), waiting.user.clone(), waiting.occurrence.clone());
        let (mut before, mut after) = (before.into_iter().peekable(), after.into_iter().peekable());
        let mut change = RulesChange::default();
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => return change,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => name(one).cmp(&name(other)),
            };
            match order {
                Ordering::Less => change.removed.extend(before.next()),
                Ordering::Greater => change.added.extend(after.next()),
                Ordering::Equal => {
                    let both = before.next().zip(after.next());
                    let moved = both.filter(|(one, other)| one.due != other.due);
                    change.moved.extend(moved.map(|(one, other)| (other, one.due)));
                }
            }
        }
    }
}

impl DurableEngine {
    /// What other rules would change; nothing is changed. Before the first instant is closed nothing is to come yet. It takes as long as going through the whole log, and memory for a second engine.
    ///
    /// # Errors
    /// When reading fails, or something is not what was written; when the rules look further back than there is [history](DurableEngine::fold).
    pub fn compare_rules(&self, program: &Program) -> Result<RulesChange, DurableError> {
        self.sound()?;
        let other = self.brought_up(program)?.engine;
        let decided = decided_before(&self.store, u64::MAX, u64::MAX)?;
        Ok(self.difference(&other, &decided))
    }

    /// Puts other rules in place of those that hold, and returns what that changes of what is to come. The state becomes what it
    /// would be had the new rules been there from the beginning: what is to come under a campaign that is the same stays.
    ///
    /// What was decided stays decided, whatever it came to, and nothing leaves for an instant that is closed. Jobs in the outbox are handed over as
    /// they were made; those of a campaign that is no longer there are settled as not sent when a worker would get them.
    ///
    /// What has begun is ended first, under the old rules. It takes as long as going through the whole log, and memory for a second engine meanwhile.
    ///
    /// # Errors
    /// When reading or writing fails; when the rules look further back than there is [history](DurableEngine::fold). Until the new rules are on the disk, the old ones hold.
    ///
    /// # Example
    /// ```
    /// use campanile::durable::{DurableEngine, Options};
    /// use campanile::model::{Event, Instant, Properties, Record};
    /// use campanile::rulebook::Rulebook;
    /// let rules = |hours| format!(r#"campaign cart {{ when "Added" then no "Charged" within {hours} hours send template cart }}"#);
    /// let two = Rulebook::parse("shop.camp", &rules(2))?.compile();
    /// let three = Rulebook::parse("shop.camp", &rules(3))?.compile();
    /// let folder = tempfile::tempdir()?;
    /// let mut engine = DurableEngine::open(folder.path(), two, Options::default())?;
    /// let at = Instant::parse("2026-11-03T08:00:00Z")?;
    /// let event = Event { user: "asha".into(), name: "Added".into(), at, id: None, properties: Properties::new() };
    /// engine.ingest(vec![Record::Event(event)])?;
    /// engine.advance(at)?;
    /// let change = engine.replace_rules(three)?;
    /// let (moved, from) = &change.moved[0];
    /// assert_eq!(*from, Instant::parse("2026-11-03T10:00:00Z")?);
    /// assert_eq!(moved.due, Instant::parse("2026-11-03T11:00:00Z")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn replace_rules(&mut self, program: Program) -> Result<RulesChange, DurableError> {
        self.sound()?;
        self.end_what_has_begun()?;
        self.flush()?;
        let brought_up = self.brought_up(&program)?;
        let decided = decided_before(&self.store, u64::MAX, u64::MAX)?;
        let change = self.difference(&brought_up.engine, &decided);
        let rules = rules_of(&program, self.starting, self.queue.rows, brought_up.outcomes);
        let done = self.store.write(&Write { entries: vec![Entry::Rules(rules)], ..Write::default() });
        self.or_poison(done)?;
        self.engine = brought_up.engine;
        self.program = program;
        self.decided = decided;
        self.replaced = true;
        Ok(change)
    }

    /// An engine under other rules, from the log, as far as this one has come.
    fn brought_up(&self, program: &Program) -> Result<Recovered, DurableError> {
        let mut log = Log::open(&self.store)?;
        log.all_anew(&self.store);
        let mut recovered = log.recover(&self.store, program, false, u64::MAX)?;
        if let Some(closed) = self.engine.closed() {
            close_all(&mut recovered.engine, closed)?;
        }
        if let (Some(base), false) = (log.base(), self.options.shorter_history) {
            base.history.suffices(program, self.engine.closed())?;
        }
        Ok(recovered)
    }

    fn difference(&self, other: &Engine, decided: &[crate::model::JobId]) -> RulesChange {
        // Before an instant is closed, one of the two has gone through profiles without an instant that the other has yet to take.
        let Some(closed) = self.engine.closed() else { return RulesChange::default() };
        let to_come = |waiting: &Waiting, decided: &[crate::model::JobId]| {
            waiting.due > closed && decided.binary_search(&waiting.id()).is_err()
        };
        // Of what the rules before these had decided nothing was to come any more.
        let before = self.engine.waiting().filter(|waiting| to_come(waiting, &self.decided));
        let after = other.waiting().filter(|waiting| to_come(waiting, decided));
        RulesChange::between(before.collect(), after.collect())
    }
}
