//! How much of the past is kept, and that the rest is folded into the state.

use std::collections::BTreeMap;

use serde::Serialize;

use super::entry::Base;
use super::pieces::{Pieces, Table};
use super::recover::Log;
use super::sieve::Sieve;
use super::store::Place;
use super::{DurableEngine, DurableError, snapshot};
use crate::model::{Duration, Instant, Text};
use crate::program::{LooksBack, Program, looks_back};
use crate::saved::saved;

/// What there is of the past where some of it is folded: see [`DurableEngine::fold`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct History {
    /// All events from here on; of what is older, what the next one tells.
    pub from: Instant,
    /// The events of which there are older ones too, by name: from an instant on, or all.
    pub whole: BTreeMap<Text, Option<Instant>>,
}

saved!(struct History { from, whole });

/// What folding came to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Folded {
    /// What there is of the past now; none where nothing was folded ever.
    pub history: Option<History>,
    /// So many records were left out, profile updates of which nothing holds any more among them.
    pub records: u64,
    /// So many records are kept.
    pub kept: u64,
    /// The bytes of the state that is in place of those that were left out.
    pub bytes: u64,
}

impl DurableEngine {
    /// Folds the history that is older than this into the state: in place of the log up to here there are the state, and those records that rules may still ask for.
    /// So what is kept does not grow with the years. Nothing of what is to come is another by it.
    ///
    /// At least as much is kept as the rules look back, however little is asked for: their longest window with the waits, windows of delivery and caps around it; all events of a name that
    /// some rule reads without an end (`did "Charged"` with no window, a first time, a limit of users); each profile as it is; blocked numbers and templates; and all events of a
    /// user of whom a message waits that qualified before. With a rule that reads `any event` without an end nothing can be folded.
    ///
    /// From then on rules can be [replaced](DurableEngine::replace_rules) by others that look no further back; others are refused
    /// ([`DurableError::NoHistory`]), unless [`Options::shorter_history`](super::Options::shorter_history) is set. An edited or new campaign is brought up from what is kept; caps and
    /// gaps know of no message from before it then. Ids of events that were left out are known as long as the rules stay; when they are replaced, an event of then that has an id
    /// is refused, so that none counts twice.
    ///
    /// What has begun is ended first. The log is gone through twice, the file is written anew, and it takes as long as that: a host chooses when.
    ///
    /// # Errors
    /// When reading or writing fails. It is done as a whole or not at all.
    ///
    /// # Example
    /// ```
    /// use campanile::durable::{DurableEngine, DurableError, Options};
    /// use campanile::model::{Duration, Event, Instant, Properties, Record};
    /// use campanile::rulebook::Rulebook;
    /// let rules = |days| format!(r#"campaign back {{ when "Seen" if did "Charged" in last {days} days send template back }}"#);
    /// let two = Rulebook::parse("shop.camp", &rules(2))?.compile();
    /// let folder = tempfile::tempdir()?;
    /// let mut engine = DurableEngine::open(folder.path(), two, Options::default())?;
    /// let start = Instant::parse("2026-01-01T08:00:00Z")?;
    /// for day in 0..100 {
    ///     let at = Instant::from_millis(start.millis() + day * 86_400_000);
    ///     engine.ingest(vec![Record::Event(Event {
    ///         user: "asha".into(), name: "Charged".into(), at, id: None, properties: Properties::new(),
    ///     })])?;
    ///     engine.advance(at)?;
    /// }
    /// let folded = engine.fold(Duration::from_seconds(30 * 86_400))?;
    /// assert_eq!(folded.records, 69); // One of the old ones tells that there is the user.
    /// // Rules that look back no further may come, others may not.
    /// engine.replace_rules(Rulebook::parse("shop.camp", &rules(10))?.compile())?;
    /// let refused = engine.replace_rules(Rulebook::parse("shop.camp", &rules(60))?.compile());
    /// assert!(matches!(refused, Err(DurableError::NoHistory { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fold(&mut self, keep: Duration) -> Result<Folded, DurableError> {
        self.sound()?;
        self.end_what_has_begun()?;
        self.flush()?;
        let log = Log::open(&self.store)?;
        let before = log.base();
        let mut folded = Folded { history: before.map(|base| base.history.clone()), ..Folded::default() };
        let looks = looks_back(&self.program);
        let longest = looks.iter().map(|looks| looks.length).max().unwrap_or_default();
        let Some(closed) = self.engine.closed() else { return Ok(folded) };
        let from = back(closed, keep.max(longest));
        if before.is_some_and(|base| base.history.from >= from) {
            return Ok(folded);
        }
        let Some(history) = History::kept(from, &looks, before.map(|base| &base.history)) else {
            return Ok(folded);
        };
        let exact = Instant::from_millis(from.millis().saturating_add(longest.millis()));
        let waiting = self.engine.waiting_since(exact).cloned().collect();
        let mut sieve = Sieve::new(&history, log.rules_at(), waiting);
        self.store.read_log(Place::default(), |number, entry| {
            sieve.see(number, &entry);
            Ok(())
        })?;
        sieve.turn();
        let (engine, program) = (&self.engine, self.program.rulebook().fingerprint());
        let (rows, outcomes, first) = (self.queue.rows, self.outcomes, self.engine.from());
        let done = self.store.fold(
            |number, entry| sieve.keep(number, entry),
            |transaction, _| {
                snapshot::delete(transaction)?;
                let (pieces, bytes) = Pieces::save(transaction, Table::Base, engine, program)?;
                Ok(Base { history, exact, first, pieces, bytes, rows, outcomes })
            },
        );
        let base = self.or_poison(done)?;
        let cleaned = self.store.clean();
        self.or_poison(cleaned)?;
        (folded.records, folded.kept) = (sieve.left_out, sieve.kept);
        folded.bytes = base.bytes;
        folded.history = Some(base.history);
        Ok(folded)
    }

    /// What there is of the past; none where nothing was [folded](DurableEngine::fold), and all of it is there.
    ///
    /// # Errors
    /// When reading fails, or it is not what was written.
    pub fn history(&self) -> Result<Option<History>, DurableError> {
        Ok(self.store.base()?.map(|(_, base)| base.history))
    }
}

fn back(from: Instant, length: Duration) -> Instant {
    Instant::from_millis(from.millis().saturating_sub(length.millis()))
}

impl History {
    /// What is to be kept for rules that look back so far; none where it is everything.
    fn kept(from: Instant, looks: &[LooksBack], before: Option<&History>) -> Option<History> {
        let mut whole = BTreeMap::new();
        for read in looks.iter().flat_map(|looks| &looks.whole) {
            if read.since.is_some_and(|since| since >= from) {
                continue;
            }
            let name = read.name.clone()?;
            // What is gone is gone.
            let there = before.and_then(|before| before.there(&name));
            let since = read.since.max(there);
            whole
                .entry(name)
                .and_modify(|known: &mut Option<Instant>| *known = (*known).min(since))
                .or_insert(since);
        }
        Some(History { from, whole })
    }

    /// From when on there are all events of a name; none where it is from the beginning.
    fn there(&self, name: &Text) -> Option<Instant> {
        self.whole.get(name).copied().unwrap_or(Some(self.from))
    }

    /// Whether an event of this name and instant is kept by what is said of its name.
    pub(super) fn keeps(&self, name: &Text, at: Instant) -> bool {
        at > self.from || self.whole.get(name).is_some_and(|since| since.is_none_or(|since| at >= since))
    }

    /// Whether rules can be brought up from it as if all were there.
    pub(super) fn suffices(&self, program: &Program, closed: Option<Instant>) -> Result<(), DurableError> {
        for looks in looks_back(program) {
            let campaign = looks.campaign;
            if closed.is_some_and(|closed| back(closed, looks.length) < self.from) {
                let days = looks.length.millis() / 86_400_000;
                let reads = format!("events of the last {days} days, with its waits and the caps");
                return Err(DurableError::NoHistory { campaign, reads, from: self.from });
            }
            for read in looks.whole {
                let Some(from) = read.name.as_ref().map_or(Some(self.from), |name| self.there(name)) else {
                    continue;
                };
                if read.since.is_some_and(|since| since >= from) {
                    continue;
                }
                let name = read.name.map_or("of any name".to_owned(), |name| format!("\"{name}\""));
                let since = read.since.map_or(String::new(), |since| format!(" since {since}"));
                let reads = format!("all events {name}{since}");
                return Err(DurableError::NoHistory { campaign, reads, from });
            }
        }
        Ok(())
    }
}
