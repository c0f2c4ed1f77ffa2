//! What the log holds: everything that makes the engine what it is, in the order in which it came.

use super::history::History;
use crate::model::{Duration, Event, Instant, NumberConsent, Record, Text};
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

/// One entry of the log.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    /// Records that were taken in, as they came.
    Records(Vec<Record>),
    /// Instants were closed.
    Advance(Advance),
    /// From here on these rules hold, for all that came before too.
    Rules(Rules),
    /// From here on ids of events are kept so long.
    Ids(Duration),
    /// What is before is folded: of it there is the state here, and some records.
    Base(Base),
}

/// Where the state stands that is in place of a part of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    /// What is left of the records.
    pub(super) history: History,
    /// What these yield is what was decided from here on.
    pub(super) exact: Instant,
    /// Nothing fires before this instant.
    pub(super) first: Option<Instant>,
    /// The state is kept in so many pieces; none where it was forgotten with a user.
    pub(super) pieces: u64,
    pub(super) bytes: u64,
    /// So many rows the outbox has.
    pub(super) rows: u64,
    /// So many outcomes are kept.
    pub(super) outcomes: u64,
}

/// A call of [`Engine::advance_within`](crate::Engine::advance_within), and where it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Advance {
    pub(super) now: Instant,
    /// So many pieces of work were done.
    pub(super) steps: u64,
    /// There was no further one.
    pub(super) all: bool,
    /// All instants up to here were closed afterwards; [`Instant::MIN`] where none were yet, see [`Advance::closed`]. Where other rules are brought up from the log, the work is another, and this
    /// is what tells which records were late.
    pub(super) closed: Instant,
    /// So many jobs were decided by it.
    pub(super) jobs: u64,
    /// So many outcomes were decided by it.
    pub(super) outcomes: u64,
    /// So many of them were told: the others were decided before, under other rules.
    pub(super) told: u64,
    /// So many rows the outbox has, with this.
    pub(super) rows: u64,
}

/// The rules that hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules {
    /// Of all that was compiled.
    pub(super) fingerprint: u128,
    /// The version of the zone database.
    pub(super) zones: Text,
    /// The files' names and texts, for a look.
    pub(super) texts: Vec<(Text, Text)>,
    /// So many rows the outbox has.
    pub(super) rows: u64,
    /// So many outcomes are kept.
    pub(super) outcomes: u64,
    /// Nothing fires before this instant.
    pub(super) starting: Option<Instant>,
}

saved!(struct Event { user, name, at, id, properties });
saved!(struct NumberConsent { number, at, blocked });
saved!(enum Record { 0 => Event(event), 1 => Profile(update), 2 => Number(statement), 3 => Template(statement) });
saved!(struct Advance { now, steps, all, closed, jobs, outcomes, told, rows });
saved!(struct Base { history, exact, first, pieces, bytes, rows, outcomes });
saved!(struct Rules { fingerprint, zones, texts, rows, outcomes, starting });

impl Advance {
    /// All instants up to this one were closed afterwards; none where it came no further than what has no instant.
    pub(super) fn closed(&self) -> Option<Instant> {
        Some(self.closed).filter(|closed| *closed > Instant::MIN)
    }
}

impl Entry {
    /// The number under which a kind of entry stands in the table.
    pub(super) const fn kind(&self) -> i64 {
        match self {
            Entry::Records(_) => 1,
            Entry::Advance(_) => 2,
            Entry::Rules(_) => 3,
            Entry::Ids(_) => 4,
            Entry::Base(_) => 5,
        }
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, std::io::Error> {
        let mut bytes = Vec::new();
        let mut saver = Saver::new(&mut bytes);
        match self {
            Entry::Records(records) => {
                let first = records.iter().find_map(Record::at).unwrap_or(Instant::MIN);
                saver.count_from(first.millis());
                saver.list(records.iter());
            }
            Entry::Advance(advance) => advance.save(&mut saver),
            Entry::Rules(rules) => rules.save(&mut saver),
            Entry::Ids(keep) => saver.number(keep.millis().unsigned_abs()),
            Entry::Base(base) => base.save(&mut saver),
        }
        saver.finish()?;
        Ok(bytes)
    }

    pub(super) fn from_bytes(kind: i64, mut bytes: &[u8]) -> Result<Entry, Damage> {
        let mut restorer = Restorer::new(&mut bytes);
        let entry = match kind {
            1 => {
                restorer.count_from()?;
                Entry::Records(restorer.list()?)
            }
            2 => Entry::Advance(Saved::restore(&mut restorer)?),
            3 => Entry::Rules(Saved::restore(&mut restorer)?),
            4 => {
                let keep = i64::try_from(restorer.number()?);
                Entry::Ids(Duration::from_millis(keep.map_err(|_| Damage::Wrong("no time is so long"))?))
            }
            5 => Entry::Base(Saved::restore(&mut restorer)?),
            _ => return Err(Damage::Wrong("no entry is of this kind")),
        };
        restorer.finish()?;
        Ok(entry)
    }
}
