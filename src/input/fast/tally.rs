use std::collections::BTreeMap;

use crate::input::{Reject, RejectKind, Row};

/// What became of the rows of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Tally {
    /// Events.
    pub events: u64,
    /// Records that are no events, such as profiles.
    pub records: u64,
    /// Rows that are good and neither event nor profile, by their type.
    pub ignored: BTreeMap<&'static str, u64>,
    /// Bad rows, by what is wrong with them.
    pub rejected: BTreeMap<RejectKind, u64>,
}

impl Tally {
    /// All rows.
    pub fn rows(&self) -> u64 {
        self.events + self.records + self.ignored.values().sum::<u64>() + self.rejected.values().sum::<u64>()
    }

    /// Adds what became of others.
    pub(crate) fn add(&mut self, other: &Tally) {
        self.events += other.events;
        self.records += other.records;
        for (kind, count) in &other.ignored {
            *self.ignored.entry(kind).or_default() += count;
        }
        for (kind, count) in &other.rejected {
            *self.rejected.entry(*kind).or_default() += count;
        }
    }
}

/// What one part of a log says of its rows when it has been read to its end.
#[derive(Debug, Default)]
pub(in crate::input) struct Shard {
    pub(in crate::input) tally: Tally,
    /// How many lines it has.
    pub(in crate::input) lines: u64,
    /// Its bad rows, counted from its first line.
    pub(in crate::input) rejects: Vec<Reject>,
}

impl Shard {
    pub(in crate::input) fn ignore(&mut self, what: &'static str) {
        *self.tally.ignored.entry(what).or_default() += 1;
    }

    pub(in crate::input) fn reject(&mut self, reject: Reject) {
        *self.tally.rejected.entry(reject.kind).or_default() += 1;
        self.rejects.push(reject);
    }

    /// Notes a row that is no record; gives back the one that is.
    pub(in crate::input) fn row(&mut self, row: Row) -> Option<crate::model::Record> {
        match row {
            Row::Record(record) => return Some(record),
            Row::Ignored(what) => self.ignore(what),
            Row::Reject(reject) => self.reject(reject),
        }
        None
    }
}

/// Where bad rows go.
pub(crate) type RejectSink = Box<dyn FnMut(Reject) + Send>;

/// Puts what the parts say into the order of the log, whatever the order in which they are read.
#[derive(Default)]
pub(in crate::input) struct Ledger {
    tally: Tally,
    /// The first part of which not all that is before it has been read.
    next: usize,
    /// The lines before it.
    lines: u64,
    waiting: BTreeMap<usize, Shard>,
    sink: Option<RejectSink>,
}

impl Ledger {
    pub(in crate::input) fn new(lines: u64) -> Ledger {
        Ledger { lines, ..Ledger::default() }
    }

    pub(in crate::input) fn set_sink(&mut self, sink: RejectSink) {
        self.sink = Some(sink);
    }

    /// Takes what a part says; what it says a second time is known.
    pub(in crate::input) fn take(&mut self, number: usize, mut shard: Shard) {
        if number < self.next || self.waiting.contains_key(&number) {
            return;
        }
        if self.sink.is_none() {
            shard.rejects = Vec::new();
        }
        self.tally.add(&shard.tally);
        self.waiting.insert(number, shard);
        while let Some(shard) = self.waiting.remove(&self.next) {
            self.next += 1;
            if let Some(sink) = &mut self.sink {
                for mut reject in shard.rejects {
                    reject.row += self.lines;
                    sink(reject);
                }
            }
            self.lines += shard.lines;
        }
    }

    pub(in crate::input) const fn tally(&self) -> &Tally {
        &self.tally
    }
}
