//! Which records of the log are kept when it is folded.

use std::collections::BTreeSet;

use super::entry::Entry;
use super::history::History;
use crate::model::{Event, Instant, NameMap, ProfileUpdate, Record, Text, fingerprint};

/// Goes through a log twice: first it sees what there is, then it keeps what is to be kept.
///
/// A record takes its effect at its instant, or, where that was closed when it came, then: what has taken effect later than history begins is kept as it is.
pub(super) struct Sieve {
    history: History,
    rules_at: u64,
    /// All of theirs is kept.
    waiting: BTreeSet<Text>,
    /// Up to here instants are closed, in the entry that is looked at.
    closed: Instant,
    /// The last that was said of something, by what it is.
    last: NameMap<u128, Said>,
    /// The users of whom something old is there: what is kept to show it, where nothing else is.
    users: NameMap<u128, Option<Position>>,
    chosen: BTreeSet<Position>,
    pub(super) left_out: u64,
    pub(super) kept: u64,
}

/// The entry, and the place in it.
type Position = (u64, usize);

#[derive(Debug, Clone, Copy)]
struct Said {
    at: Instant,
    position: Position,
}

impl Sieve {
    pub(super) fn new(history: &History, rules_at: u64, waiting: BTreeSet<Text>) -> Sieve {
        Sieve {
            history: history.clone(),
            rules_at,
            waiting,
            closed: Instant::MIN,
            last: NameMap::default(),
            users: NameMap::default(),
            chosen: BTreeSet::new(),
            left_out: 0,
            kept: 0,
        }
    }

    /// The first time through.
    pub(super) fn see(&mut self, number: u64, entry: &Entry) {
        match entry {
            Entry::Advance(advance) => self.closed = self.closed.max(advance.closed),
            Entry::Records(records) => {
                for (place, record) in records.iter().enumerate() {
                    if self.is_old(record) {
                        self.see_old((number, place), record);
                    }
                }
            }
            Entry::Rules(_) | Entry::Ids(_) | Entry::Base(_) => {}
        }
    }

    fn see_old(&mut self, position: Position, record: &Record) {
        let at = record.at().unwrap_or(Instant::MIN);
        match record {
            Record::Event(event) => {
                let shows = (!self.keeps(event)).then_some(position);
                // The first that is kept anyway does.
                let known = self.users.entry(key(&[b"user", event.user.as_bytes()])).or_insert(shows);
                *known = (*known).and(shows.and(*known));
            }
            Record::Profile(update) => {
                self.users.insert(key(&[b"user", update.user.as_bytes()]), None);
                for (name, _) in &update.changes {
                    self.say(of_profile(update, name), at, position);
                }
            }
            Record::Number(statement) => {
                self.say(key(&[b"number", statement.number.as_bytes()]), at, position);
            }
            Record::Template(_) => {}
        }
    }

    /// The later word holds where it is of a later instant too.
    fn say(&mut self, what: u128, at: Instant, position: Position) {
        let said = Said { at, position };
        let known = self.last.entry(what).or_insert(said);
        if at >= known.at {
            *known = said;
        }
    }

    /// The second time begins.
    pub(super) fn turn(&mut self) {
        self.closed = Instant::MIN;
        self.chosen = std::mem::take(&mut self.users).into_values().flatten().collect();
    }

    /// What is kept of an entry.
    pub(super) fn keep(&mut self, number: u64, entry: Entry) -> Option<Entry> {
        match entry {
            Entry::Advance(advance) => {
                self.closed = self.closed.max(advance.closed);
                Some(entry)
            }
            Entry::Records(records) => {
                let all = records.len();
                let records: Vec<Record> = (0..)
                    .zip(records)
                    .filter_map(|(place, record)| match self.is_old(&record) {
                        true => self.old((number, place), record),
                        false => Some(record),
                    })
                    .collect();
                self.kept += records.len() as u64;
                self.left_out += (all - records.len()) as u64;
                (!records.is_empty()).then_some(Entry::Records(records))
            }
            Entry::Rules(_) => (number == self.rules_at).then_some(entry),
            Entry::Ids(_) => Some(entry),
            Entry::Base(_) => None,
        }
    }

    fn old(&self, position: Position, record: Record) -> Option<Record> {
        let at = record.at().unwrap_or(Instant::MIN);
        match record {
            Record::Event(event) => {
                let kept = self.keeps(&event) || self.chosen.contains(&position);
                kept.then_some(Record::Event(event))
            }
            Record::Profile(mut update) => {
                // One that changes nothing shows that there is the user.
                if update.changes.is_empty() {
                    return Some(Record::Profile(update));
                }
                let changes = std::mem::take(&mut update.changes);
                update.changes = changes
                    .into_iter()
                    .filter(|(name, _)| self.holds(of_profile(&update, name), at, position))
                    .collect();
                (!update.changes.is_empty()).then_some(Record::Profile(update))
            }
            Record::Number(statement) => {
                let what = key(&[b"number", statement.number.as_bytes()]);
                self.holds(what, at, position).then_some(Record::Number(statement))
            }
            Record::Template(_) => Some(record),
        }
    }

    /// Nothing was said of it later.
    fn holds(&self, what: u128, at: Instant, position: Position) -> bool {
        self.last.get(&what).is_none_or(|last| position >= last.position || at > last.at)
    }

    fn keeps(&self, event: &Event) -> bool {
        self.history.keeps(&event.name, event.at) || self.waiting.contains(&event.user)
    }

    /// It had taken its effect when history begins. Of an event its own instant counts, by which windows go.
    fn is_old(&self, record: &Record) -> bool {
        let at = record.at().unwrap_or(Instant::MIN);
        let effect = match record {
            Record::Event(_) => at,
            Record::Profile(_) | Record::Number(_) | Record::Template(_) => at.max(self.closed),
        };
        effect <= self.history.from
    }
}

fn of_profile(update: &ProfileUpdate, name: &Text) -> u128 {
    key(&[b"profile", update.user.as_bytes(), name.as_bytes()])
}

/// 128 bits that stand for what something is said of.
fn key(parts: &[&[u8]]) -> u128 {
    fingerprint(parts.iter().copied())
}
