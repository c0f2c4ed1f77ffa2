//! What is taken of a stretch of a log, before it is known whose it is and what came before it.

use super::super::{NO_EXTRA, Replay, Row};
use crate::columns::{Batch, Column, Values};
use crate::model::{Instant, Record, Text, Value};
use crate::program::EventExtra;

/// The events of a stretch, those of one user in a row together.
#[derive(Default)]
pub(super) struct Part {
    /// The ids of users, one behind the other.
    users: String,
    runs: Vec<Run>,
    items: Vec<Item>,
    /// The fingerprints of events' ids.
    ids: Vec<u128>,
    extras: Vec<EventExtra>,
    /// What stands among the events and is none.
    records: Vec<Record>,
    span: Option<(Instant, Instant)>,
    pub(super) events: u64,
    pub(super) unfit: u64,
}

/// Some events in a row of one user.
struct Run {
    /// Where the user's id ends; it begins where the one before ends.
    user_end: usize,
    items_end: usize,
    /// When the first of those was that certainly happened.
    since: Instant,
    /// So many records stand before the next run.
    records: usize,
}

/// An event that does something, or has an id that another one may have.
#[derive(Clone, Copy)]
pub(super) struct Item {
    pub(super) at: Instant,
    /// By the shared numbers, or [`NOTHING`].
    pub(super) kind: u32,
    pub(super) extra: u32,
    pub(super) id: u32,
}

/// The `kind` of an event that does nothing.
pub(super) const NOTHING: u32 = u32::MAX;
/// The `id` of an event without one.
pub(super) const NO_ID: u32 = u32::MAX;

/// Whose events are being taken, so that it shows when it is somebody else's turn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Nobody,
    Number(i64),
    Code(i32),
    /// Whose id stands last among the part's.
    Last,
}

impl Part {
    /// How many events are kept in it, to tell when it is large.
    pub(super) fn size(&self) -> usize {
        self.items.len() + self.runs.len() + self.records.len()
    }

    /// Begins the run of the user of a row, if it is another one than before.
    #[inline]
    pub(super) fn turn(&mut self, turn: &mut Turn, batch: &Batch<'_>, row: usize) {
        let user = &batch.user;
        match user.values {
            Values::Integers(numbers) => self.number(turn, numbers.get(row).copied()),
            Values::Integers32(numbers) => self.number(turn, numbers.get(row).copied().map(i64::from)),
            Values::Codes { codes, dictionary } => {
                let code = codes.get(row).copied().unwrap_or(-1);
                if *turn != Turn::Code(code) {
                    *turn = Turn::Code(code);
                    if let Some(Value::Text(user)) =
                        usize::try_from(code).ok().and_then(|code| dictionary.get(code))
                    {
                        self.begin(|users| users.push_str(user));
                    }
                }
            }
            _ => self.named(turn, user, row),
        }
    }

    fn number(&mut self, turn: &mut Turn, number: Option<i64>) {
        let Some(number) = number else { return };
        if *turn != Turn::Number(number) {
            *turn = Turn::Number(number);
            self.begin(|users| {
                // Writing into a text cannot fail.
                let _ = std::fmt::Write::write_fmt(users, format_args!("{number}"));
            });
        }
    }

    fn named(&mut self, turn: &mut Turn, column: &Column<'_>, row: usize) {
        let same = column.with_word(row, |user| *turn == Turn::Last && self.user() == user);
        if same == Some(false) {
            *turn = Turn::Last;
            column.with_word(row, |user| self.begin(|users| users.push_str(user)));
        }
    }

    fn begin(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.users);
        self.runs.push(Run {
            user_end: self.users.len(),
            items_end: self.items.len(),
            since: Instant::MAX,
            records: 0,
        });
    }

    /// The user of the run.
    pub(super) fn user(&self) -> &str {
        let before = self.runs.len().checked_sub(2).and_then(|before| self.runs.get(before));
        self.users.get(before.map_or(0, |run| run.user_end)..).unwrap_or_default()
    }

    /// Sees an event.
    pub(super) fn see(&mut self, at: Instant) {
        self.events += 1;
        self.span = Some(match self.span {
            Some((first, last)) => (first.min(at), last.max(at)),
            None => (at, at),
        });
    }

    /// An event of the run that has no id: it certainly happened.
    pub(super) fn happened(&mut self, at: Instant) {
        if let Some(run) = self.runs.last_mut() {
            run.since = run.since.min(at);
        }
    }

    /// An event of the run that does something, or has an id.
    pub(super) fn item(&mut self, at: Instant, kind: u32, extra: Option<EventExtra>, id: Option<u128>) {
        let place = |places: usize| u32::try_from(places).unwrap_or(u32::MAX);
        let (at_extra, at_id) = (place(self.extras.len()), place(self.ids.len()));
        let item = Item {
            at,
            kind,
            extra: if extra.is_some() { at_extra } else { NO_EXTRA },
            id: if id.is_some() { at_id } else { NO_ID },
        };
        self.extras.extend(extra);
        self.ids.extend(id);
        self.items.push(item);
        if let Some(run) = self.runs.last_mut() {
            run.items_end = self.items.len();
        }
    }

    /// A record that is no event. The next event begins a run of its own.
    pub(super) fn record(&mut self, turn: &mut Turn, record: Record) {
        *turn = Turn::Nobody;
        if self.runs.is_empty() {
            self.begin(|_| ());
        }
        self.records.push(record);
        if let Some(run) = self.runs.last_mut() {
            run.records += 1;
        }
    }
}

impl Replay {
    /// Adds a part; parts come in the order of the log.
    pub(super) fn add_part(&mut self, part: Part) {
        let Part { users, runs, items, ids, extras, records, span, events, unfit } = part;
        self.events += events;
        self.unfit += unfit;
        for at in span.into_iter().flat_map(|(first, last)| [first, last]) {
            self.see(at);
        }
        let extras_before = self.extras.len();
        self.extras.extend(extras);
        self.rows.reserve(items.len());
        let mut records = records.into_iter();
        let (mut user_end, mut items_end) = (0, 0);
        for run in runs {
            let id = users.get(user_end..run.user_end).unwrap_or_default();
            // Records may come before the first user.
            if !id.is_empty() {
                let user = self.user_named(id);
                self.known(user, run.since);
                for item in items.get(items_end..run.items_end).unwrap_or_default() {
                    self.add_item(user, *item, &ids, extras_before);
                }
            }
            (user_end, items_end) = (run.user_end, run.items_end);
            records.by_ref().take(run.records).for_each(|record| self.enter(record));
        }
        self.make_room();
    }

    fn add_item(&mut self, user: u32, item: Item, ids: &[u128], extras_before: usize) {
        if let Some(id) = ids.get(item.id as usize) {
            if !self.seen.insert(*id) {
                self.duplicates += 1;
                return;
            }
            self.known(user, item.at);
        }
        if item.kind == NOTHING {
            return;
        }
        let extra = match item.extra {
            NO_EXTRA => NO_EXTRA,
            extra => {
                let extra = extras_before + extra as usize;
                self.has_refusals |= self.extras.get(extra).is_some_and(|extra| extra.refused);
                u32::try_from(extra).unwrap_or(NO_EXTRA)
            }
        };
        self.rows.push(Row { user, kind: item.kind, at: item.at, extra });
    }

    fn user_named(&mut self, id: &str) -> u32 {
        if self.users.get(self.latest as usize).is_some_and(|known| *known.id == *id) {
            return self.latest;
        }
        self.latest = match self.user_index.get(id) {
            Some(user) => *user,
            None => self.find_user(&Text::from(id)),
        };
        self.latest
    }
}
