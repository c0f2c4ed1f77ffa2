//! A condition, clause by clause: what the machine says of it, and what in the log made it so.

use std::collections::BTreeMap;

use super::explanation::{Clause, Evidence, Row, seen};
use super::filter::{path_values, reads, values};
use super::words::{Times, ordinal, quoted, value};
use crate::calendar::bounds;
use crate::language::ast::{
    Aggregate, Block, Condition, Count, CountComparison, Did, EventPattern, Expression, Filter, Regularly,
    Which, Window, WindowKind,
};
use crate::language::{Sources, Span};
use crate::machine::{User, amount, standing};
use crate::model::{Duration, Event, Instant};
use crate::program::{Clocks, Matcher, Tables, Trace};

/// How often a later answer is asked for before one gives up looking for another one.
const MOST_STEPS: usize = 1_000;

/// What is asked of a user at an instant.
pub(super) struct Asked<'a> {
    pub tables: &'a Tables,
    pub trace: &'a Trace,
    pub user: &'a User,
    /// All events that the question can see, in order.
    pub history: &'a [Event],
    pub now: Instant,
}

impl<'a> Asked<'a> {
    fn sources(&self) -> &'a Sources {
        self.tables.rulebook.sources()
    }

    fn times(&self) -> Times {
        Times(self.user.zone)
    }

    /// What the machine says of the condition that was written there, and when it will say otherwise if nothing further is recorded.
    fn holds(&self, span: Span) -> (bool, Option<Instant>) {
        let Some(node) = self.trace.get(&span) else { return (false, None) };
        let first = standing(self.tables, self.user, *node, self.now);
        let mut until = first.until;
        // Each step is an instant at which the answer may change and mostly does.
        for _ in 0..MOST_STEPS {
            if until >= Instant::MAX {
                return (first.holds, None);
            }
            let then = standing(self.tables, self.user, *node, until);
            if then.holds != first.holds {
                return (first.holds, Some(until));
            }
            until = then.until;
        }
        (first.holds, None)
    }

    /// The condition with all that is in it.
    pub fn clause(&self, condition: &Condition) -> Clause {
        let span = condition.span();
        let (holds, turns_at) = self.holds(span);
        let mut clause = Clause { turns_at, ..Clause::new(self.sources(), span, holds) };
        match condition {
            Condition::And(parts, _) | Condition::Or(parts, _) => {
                clause.row = Some(if matches!(condition, Condition::And(..)) { Row::All } else { Row::One });
                clause.parts = parts.iter().map(|part| self.clause(part)).collect();
            }
            Condition::Not(part, _) => clause.parts = vec![self.clause(part)],
            Condition::Did(did) => self.did(did, &mut clause),
            Condition::InSegment(name) => {
                clause.text = format!("in segment {}", name.node);
                clause.parts = self
                    .tables
                    .rulebook
                    .segments()
                    .get(&name.node)
                    .map(|segment| self.clause(&segment.condition))
                    .into_iter()
                    .collect();
            }
            Condition::InList(name) => {
                clause.text = format!("in list {}", name.node);
                let users = self.tables.rulebook.list(&name.node).map_or(0, |list| list.len());
                let is = if clause.holds { "is" } else { "is not" };
                clause.finding = match users {
                    0 => "the list is empty".to_owned(),
                    1 => format!("{} {is} its only user", self.user.id),
                    _ => format!("{} {is} one of its {users} users", self.user.id),
                };
            }
            Condition::Profile(filter) => self.profile(filter, &mut clause),
            Condition::Aggregate(aggregate) => self.aggregate(aggregate, &mut clause),
            Condition::Occurred(occurred) => {
                let events = self.all(&occurred.pattern);
                self.one(&events, occurred.which, &occurred.pattern, &[], &mut clause);
                let (from, to) = self.bounds(Some(&occurred.window));
                self.window_is(from, to, &mut clause);
            }
            Condition::Had(had) => {
                let events = self.all(&had.pattern);
                let read = reads(Some(&had.filter));
                self.one(&events, had.which, &had.pattern, &read, &mut clause);
            }
            Condition::NoneSince(none) => {
                let last = self.all(&none.last).pop();
                let since =
                    last.map(|last| self.all(&none.none).into_iter().filter(|e| self.is_after(e, last)));
                let since: Vec<&Event> = since.into_iter().flatten().collect();
                clause.finding = match (last, since.last()) {
                    (None, _) => format!("{} never happened", name(&none.last)),
                    (Some(last), None) => format!(
                        "the last {} was at {}, and no {} came since",
                        name(&none.last),
                        self.times().say(last.at),
                        name(&none.none)
                    ),
                    (Some(last), Some(after)) => format!(
                        "the last {} was at {}, and {} came at {}",
                        name(&none.last),
                        self.times().say(last.at),
                        name(&none.none),
                        self.times().say(after.at)
                    ),
                };
                let events: Vec<&Event> = last.into_iter().chain(since).collect();
                self.evidence(&events, &none.none, &mut clause);
            }
            Condition::Sequence(sequence) => {
                let absent = sequence.absent.iter().map(|step| &step.pattern);
                let steps =
                    || std::iter::once(&sequence.first).chain(sequence.then.iter().map(|step| &step.pattern));
                let mut events: Vec<&Event> = self.history.iter().collect();
                let matchers: Vec<Matcher<'_>> = steps().chain(absent).map(Matcher::new).collect();
                events.retain(|event| matchers.iter().any(|matcher| matcher.matches(event, &self.clocks())));
                let missing = steps().find(|pattern| self.all(pattern).is_empty());
                clause.finding = match (clause.holds, missing) {
                    (true, _) => "it happened so".to_owned(),
                    (false, Some(pattern)) => format!("{} never happened", self.as_written(pattern)),
                    (false, None) => "all of it happened, but not so".to_owned(),
                };
                self.evidence(&events, &sequence.first, &mut clause);
            }
            Condition::Regularly(regularly) => {
                let events = self.all(&regularly.pattern);
                let in_blocks = self.blocks_with(regularly, &events);
                clause.finding = match events.last() {
                    None => "there is none".to_owned(),
                    Some(last) => format!(
                        "in {in_blocks} of the last {}, the last at {}",
                        regularly.of.node,
                        self.times().say(last.at)
                    ),
                };
                self.evidence(&events, &regularly.pattern, &mut clause);
            }
            Condition::Mostly(mostly) => {
                let events = self.within(&mostly.pattern, mostly.window.as_ref());
                clause.finding =
                    mostly_found(&mostly.test, &events).unwrap_or_else(|| self.counted_of_all(&events));
                self.evidence_reading(&events, &mostly.pattern, reads(Some(&mostly.test)), &mut clause);
            }
            Condition::Share(share) => {
                let events = self.within(&share.pattern, share.window.as_ref());
                let matcher = Matcher::of(&share.pattern.event.node, Some(&share.filter));
                let had = events.iter().filter(|event| matcher.matches(event, &self.clocks())).count();
                clause.finding = match events.len() {
                    0 => "there is none".to_owned(),
                    all => format!("{had} of {all} had, {:.1}%", had as f64 * 100.0 / all as f64),
                };
                self.evidence_reading(&events, &share.pattern, reads(Some(&share.filter)), &mut clause);
            }
            Condition::Sample(_) => {
                clause.finding = format!(
                    "{} {} drawn by a stable hash of the user's id",
                    self.user.id,
                    if clause.holds { "is" } else { "is not" }
                );
            }
        }
        clause
    }

    /// `did E …`: how many, and how many it would have taken.
    fn did(&self, did: &Did, clause: &mut Clause) {
        let events = self.within(&did.pattern, did.window.as_ref());
        let (_, to) = self.bounds(did.window.as_ref());
        // The last instant of the window, at which one more would still have counted.
        let by = self.times().say(Instant::from_millis(to.millis() - 1).min(self.now));
        let count = events.len();
        let last = events.last().map(|event| self.times().say(event.at));
        debug_assert_eq!(
            clause.holds,
            suffices(did, count),
            "the log says otherwise than the machine: {}",
            clause.text
        );
        clause.finding = match (did.negated, last) {
            (true, None) => "none".to_owned(),
            (true, Some(last)) if count == 1 => format!("1, at {last}"),
            (true, Some(last)) => format!("{count}, the last at {last}"),
            (false, last) => {
                let wanted = wanted(did);
                let (least, most) = wanted;
                if clause.holds {
                    match last {
                        None => "none".to_owned(),
                        Some(last) if count == 1 => format!("1, at {last}"),
                        Some(last) => format!("{count}, the last at {last}"),
                    }
                } else if count < least {
                    missing(count, least, &by)
                } else if count == 0 {
                    "none, and never counts only with `or never`".to_owned()
                } else {
                    match most {
                        Some(most) if count > most => format!("{count}, at most {most} would do"),
                        _ => count.to_string(),
                    }
                }
            }
        };
        self.evidence(&events, &did.pattern, clause);
    }

    fn aggregate(&self, aggregate: &Aggregate, clause: &mut Clause) {
        let events = self.within(&aggregate.pattern, aggregate.window.as_ref());
        let node = self.trace.get(&aggregate.span);
        let found = node.and_then(|node| amount(self.tables, self.user, *node, self.now));
        let of = match events.len() {
            1 => "of 1 event".to_owned(),
            count => format!("of {count} events"),
        };
        clause.finding = match (found, events.len()) {
            (_, 0) => "there is none".to_owned(),
            (Some(found), _) => format!("{found}, {of}"),
            (None, _) => format!("no value, {of}"),
        };
        let mut read = reads(aggregate.pattern.filter.as_ref());
        properties(&aggregate.value, &mut read);
        self.evidence_reading(&events, &aggregate.pattern, read, clause);
    }

    fn profile(&self, filter: &Filter, clause: &mut Clause) {
        let properties = self.user.profile.properties();
        clause.finding = values(filter, properties, "the profile");
    }

    /// `first` or `last` of some events.
    fn one<'n>(
        &self,
        events: &[&Event],
        which: Which,
        pattern: &'n EventPattern,
        read: &[&'n str],
        clause: &mut Clause,
    ) {
        let (event, word) = match which {
            Which::First => (events.first(), "first"),
            Which::Last => (events.last(), "last"),
        };
        clause.finding = match event {
            None => format!("{} never happened", self.as_written(pattern)),
            Some(event) => {
                let found: Vec<String> = seen(&event.properties, read)
                    .iter()
                    .map(|seen| format!("`{}` {}", seen.name, value(&seen.value)))
                    .collect();
                let with = if found.is_empty() { String::new() } else { format!(", {}", found.join(", ")) };
                format!("the {word} was at {}{with}", self.times().say(event.at))
            }
        };
        let event: Vec<&Event> = event.copied().into_iter().collect();
        self.evidence_reading(&event, pattern, read.to_vec(), clause);
    }

    fn window_is(&self, from: Instant, to: Instant, clause: &mut Clause) {
        if !clause.holds && !clause.evidence.is_empty() && from < to {
            let last = Instant::from_millis(to.millis() - 1);
            let window = match (from > Instant::MIN, last < self.now) {
                (true, true) => format!("from {} to {}", self.times().say(from), self.times().say(last)),
                (true, false) => format!("from {} on", self.times().say(from)),
                (false, _) => format!("until {}", self.times().say(last)),
            };
            clause.finding.push_str(&format!("; the window is {window}"));
        }
    }

    fn counted_of_all(&self, events: &[&Event]) -> String {
        match events {
            [] => "there is none".to_owned(),
            [only] => format!("1, at {}", self.times().say(only.at)),
            [.., last] => format!("{} in all, the last at {}", events.len(), self.times().say(last.at)),
        }
    }

    /// In how many of the stretches of `in at least 3 of last 4 weeks` one of the events lies.
    fn blocks_with(&self, regularly: &Regularly, events: &[&Event]) -> usize {
        let week_starts = self.tables.rulebook.settings().week_starts;
        let zone = if regularly.user_time { &self.user.zone } else { &self.tables.zone };
        let stretch = |block: u32| match regularly.block {
            Block::Rolling(length) => {
                let back = |blocks: u32| {
                    let millis = length.millis().saturating_mul(blocks.into());
                    (self.now - Duration::from_millis(millis)).next()
                };
                (back(block + 1), back(block))
            }
            Block::Calendar(unit) => {
                bounds(&WindowKind::ExactlyAgo(block + 1, unit), self.now, zone, week_starts)
            }
        };
        let has_one = |block: &u32| {
            let (from, to) = stretch(*block);
            events.iter().any(|event| from <= event.at && event.at < to)
        };
        (0..regularly.of.node).filter(has_one).count()
    }

    fn as_written(&self, pattern: &EventPattern) -> String {
        quoted(&super::explanation::one_line(self.sources().slice(pattern.span)))
    }

    /// A window's instants; all up to now without one.
    fn bounds(&self, window: Option<&Window>) -> (Instant, Instant) {
        let Some(window) = window else { return (Instant::MIN, self.now.next()) };
        let zone = if window.user_time { &self.user.zone } else { &self.tables.zone };
        let kind: &WindowKind = &window.kind;
        bounds(kind, self.now, zone, self.tables.rulebook.settings().week_starts)
    }

    /// The clocks on which events are looked at; the user's as it is now.
    fn clocks(&self) -> Clocks<'_> {
        self.tables.clocks_of(&self.user.zone)
    }

    /// All events of a pattern, in order.
    fn all(&self, pattern: &EventPattern) -> Vec<&'a Event> {
        let matcher = Matcher::new(pattern);
        self.history.iter().filter(|event| matcher.matches(event, &self.clocks())).collect()
    }

    /// Those of them that lie in a window.
    fn within(&self, pattern: &EventPattern, window: Option<&Window>) -> Vec<&'a Event> {
        let mut events = self.all(pattern);
        if window.is_some() {
            let (from, to) = self.bounds(window);
            events.retain(|event| from <= event.at && event.at < to);
        }
        events
    }

    /// True when an event comes after another in order.
    fn is_after(&self, event: &Event, other: &Event) -> bool {
        let place = |wanted: &Event| self.history.iter().position(|known| std::ptr::eq(known, wanted));
        place(event) > place(other)
    }

    fn evidence(&self, events: &[&Event], pattern: &EventPattern, clause: &mut Clause) {
        self.evidence_reading(events, pattern, reads(pattern.filter.as_ref()), clause);
    }

    fn evidence_reading<'n>(
        &self,
        events: &[&Event],
        pattern: &'n EventPattern,
        mut read: Vec<&'n str>,
        clause: &mut Clause,
    ) {
        for name in reads(pattern.filter.as_ref()) {
            if !read.contains(&name) {
                read.push(name);
            }
        }
        let latest = events.len().saturating_sub(Clause::MOST_EVIDENCE);
        let kept = events.get(latest..).unwrap_or_default();
        clause.evidence_count = events.len();
        clause.evidence = kept.iter().map(|event| Evidence::of(event, &read)).collect();
    }
}

/// The number of times that is wanted: at least, and at most.
fn wanted(did: &Did) -> (usize, Option<usize>) {
    let Some(Count { comparison, .. }) = did.count.as_ref().map(|count| count.node) else { return (1, None) };
    let (least, most) = match comparison {
        CountComparison::AtLeast(n) => (n, None),
        CountComparison::AtMost(n) => (0, Some(n)),
        CountComparison::MoreThan(n) => (n.saturating_add(1), None),
        CountComparison::FewerThan(n) => (0, Some(n.saturating_sub(1))),
        CountComparison::Exactly(n) => (n, Some(n)),
        CountComparison::Between(a, b) => (a, Some(b)),
    };
    (least as usize, most.map(|most| most as usize))
}

/// Whether so many events are what is asked for: the machine has said so already, and this says that the evidence agrees.
fn suffices(did: &Did, count: usize) -> bool {
    let (least, most) = wanted(did);
    let never = did.count.as_ref().is_some_and(|count| count.node.or_never);
    match (did.negated, count) {
        (true, count) => count == 0,
        (false, 0) => least == 0 && never,
        (false, count) => count >= least && most.is_none_or(|most| count <= most),
    }
}

/// How many more it would have taken, and by when.
fn missing(count: usize, least: usize, by: &str) -> String {
    let found = if count == 0 { "none".to_owned() } else { count.to_string() };
    match least - count {
        1 if count == 0 => format!("{found}, one would have been needed by {by}"),
        1 => format!("{found}, {} would have been needed by {by}", ordinal(least)),
        more if count == 0 => format!("{found}, {more} would have been needed by {by}"),
        more => format!("{found}, {more} more would have been needed by {by}"),
    }
}

/// The most frequent value of what is tested, and how often it is there; none for what is no plain property.
fn mostly_found(test: &Filter, events: &[&Event]) -> Option<String> {
    let Filter::Test(test) = test else { return None };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for found in events.iter().flat_map(|event| path_values(&event.properties, &test.path)) {
        *counts.entry(found).or_default() += 1;
    }
    let all: usize = counts.values().sum();
    let most = *counts.values().max()?;
    let frequent: Vec<String> =
        counts.into_iter().filter(|(_, count)| *count == most).map(|(value, _)| value).collect();
    Some(format!("mostly {}, {most} of {all}", frequent.join(" and ")))
}

/// An event's name as rules write it.
fn name(pattern: &EventPattern) -> String {
    match pattern.event.node.name() {
        Some(name) => format!("\"{name}\""),
        None => "any event".to_owned(),
    }
}

/// The properties that an expression reads.
fn properties<'e>(expression: &'e Expression, read: &mut Vec<&'e str>) {
    match expression {
        Expression::Number(_) => {}
        Expression::Property(path) => read.extend(path.parts.first().map(String::as_str)),
        Expression::Binary(left, _, right, _) => {
            properties(left, read);
            properties(right, read);
        }
    }
}
