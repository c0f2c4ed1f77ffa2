//! One user's life once more, with a look at every step.

use std::collections::BTreeSet;

use crate::dispatch::{Decisions, Desk, Firing, Shared};
use crate::machine::{Stretch, User};
use crate::model::{Event, Instant, Record, Text};
use crate::program::{Classifier, Fact, Program};

/// A record with its place in the input.
#[derive(Debug, Clone)]
pub(super) struct Dated {
    pub order: usize,
    pub record: Record,
}

/// Where a record without an instant stands: before all others.
const UNDATED: Instant = Instant::from_millis(Instant::MIN.millis() - 1);

impl Dated {
    fn at(&self) -> Instant {
        self.record.at().unwrap_or(UNDATED)
    }
}

/// What there is to see after a step.
pub(super) struct Moment<'a> {
    /// The user as of now.
    pub user: &'a User,
    pub now: Instant,
    /// All events up to now, in order.
    pub history: &'a [Event],
    /// The triggers that have just fired.
    pub firings: &'a [Firing],
    /// True when this is one of the instants that were asked for; all that happens at it has happened.
    pub stop: bool,
    /// True from the first record on.
    pub known: bool,
    /// True when the run is over.
    pub last: bool,
}

/// Records in the order in which a run takes them; of several events with one id only the first.
pub(super) fn put_in_order(records: &mut Vec<Dated>) {
    let mut seen = BTreeSet::new();
    records.sort_by_key(|dated| dated.order);
    records.retain(|dated| match &dated.record {
        Record::Event(Event { id: Some(id), .. }) => seen.insert(id.clone()),
        _ => true,
    });
    records.sort_by_key(|dated| (dated.at(), dated.order));
}

/// Lives a user's life from the first record to the end of the run. `records` and `stops` are in order.
pub(super) fn follow(
    program: &Program,
    run: Stretch,
    id: &Text,
    records: &[Dated],
    stops: &[Instant],
    look: &mut dyn FnMut(&Moment<'_>),
) {
    let tables = program.tables();
    let mut decisions = Decisions::new(tables);
    decisions.firings = Some(Vec::new());
    let mut life = Life {
        program,
        desk: Desk::new(tables, run, decisions, Shared::alone()),
        user: User::new(id.clone(), tables),
        classifier: Classifier::default(),
        history: Vec::new(),
        stops,
        known: false,
        look,
    };
    let dated = records.iter().take_while(|dated| dated.at() < run.to);
    if let Some(first) = records.first().map(Dated::at).filter(|at| *at < run.to) {
        life.stops_before(first);
        life.known = true;
        life.desk.meet(&mut life.user, first);
    }
    for record in dated {
        life.until(record.at());
        life.record(record);
    }
    life.until(run.to);
    life.stops_before(Instant::from_millis(i64::MAX));
    life.seen(run.to, false, true);
}

struct Life<'a, 'l> {
    program: &'a Program,
    desk: Desk<'a>,
    user: User,
    classifier: Classifier,
    history: Vec<Event>,
    stops: &'l [Instant],
    known: bool,
    look: &'l mut dyn FnMut(&Moment<'_>),
}

impl Life<'_, '_> {
    fn seen(&mut self, now: Instant, stop: bool, last: bool) {
        let firings = self.desk.decisions.firings.as_mut().map(std::mem::take).unwrap_or_default();
        let moment = Moment {
            user: &self.user,
            now,
            history: &self.history,
            firings: &firings,
            stop,
            known: self.known,
            last,
        };
        (self.look)(&moment);
    }

    /// Everything before an instant, one instant after the other.
    fn until(&mut self, at: Instant) {
        let at = at.min(Instant::MAX);
        while self.user.next < at {
            let now = self.user.next;
            self.stops_before(now);
            self.desk.before(&mut self.user, now.next());
            self.seen(now, false, false);
        }
        self.stops_before(at);
    }

    /// Stops at all that were asked for before an instant: what happens at them has happened by then.
    fn stops_before(&mut self, at: Instant) {
        while let Some((stop, rest)) = self.stops.split_first().filter(|(stop, _)| **stop < at) {
            self.stops = rest;
            self.seen(*stop, true, false);
        }
    }

    fn record(&mut self, dated: &Dated) {
        let at = dated.at();
        match &dated.record {
            // Neither is of a user: the replay beside knows of them.
            Record::Number(_) | Record::Template(_) => {}
            Record::Profile(update) => self.desk.profile(&mut self.user, update, at),
            Record::Event(event) => {
                self.history.push(event.clone());
                if let Some((kind, extra)) = self.classifier.classify(self.program.tables(), event)
                    && let Some(reaction) = self.classifier.reaction(kind)
                {
                    let fact = Fact { at, reaction, extra: extra.as_ref(), late: false, known: at };
                    self.desk.event(&mut self.user, &fact);
                }
            }
        }
        self.seen(at, false, false);
    }
}
