//! Rows that wait for the others of their user: what of an event its user's words need, and nothing else.

use super::coder::NO_EVENT;
use super::finder::Finder;
use super::time::{Moment, Times};
use super::words::{Entry, Words};
use super::{Fault, Setting};

/// An event of a user, by its code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) at: i64,
    code: u64,
    /// Where what is taken of it begins.
    values: u32,
}

impl Row {
    pub(super) const fn new(at: i64, event: u16, code: u64, values: u32) -> Row {
        Row { at, code: code << 16 | event as u64, values }
    }

    /// The same row, where what is taken of it stands further back.
    pub(super) const fn moved(self, values: u32) -> Row {
        Row { values: self.values.saturating_add(values), ..self }
    }

    pub(super) const fn event(&self) -> u16 {
        self.code as u16
    }
}

/// What is taken of rows.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) values: Vec<u64>,
    pub(super) more: Vec<u64>,
}

/// What one thread finds out of instants and codes.
pub(super) struct Hand<'p> {
    pub(super) setting: &'p Setting<'p>,
    pub(super) times: Times,
    pub(super) finder: Finder<'p>,
}

impl<'p> Hand<'p> {
    pub(super) fn new(setting: &'p Setting<'p>) -> Hand<'p> {
        Hand { setting, times: Times::new(), finder: Finder::new(&setting.plan, &setting.shared) }
    }

    #[inline]
    pub(super) fn moment(&mut self, at: i64) -> Moment {
        self.times.known(at).unwrap_or_else(|| {
            let Setting { plan, shared, .. } = self.setting;
            self.times.find(at, &plan.time, &shared.clock, &self.setting.clocks())
        })
    }

    /// Enters a row into the words of its user.
    #[inline]
    pub(super) fn enter(&mut self, words: &mut Words, user: usize, row: &Row, taken: &Taken) {
        words.meet(user, row.at);
        let event = row.event();
        if event == NO_EVENT {
            return;
        }
        let moment = self.moment(row.at);
        let count = self.setting.plan.events.get(usize::from(event)).map_or(0, |event| event.values.len());
        let from = row.values as usize;
        let values = taken.values.get(from..from + count).unwrap_or_default();
        let entry = Entry { user, at: row.at, era: moment.era, values, more: &taken.more };
        self.finder.look_up(event, row.code >> 16, moment);
        self.finder.enter(words, entry);
    }
}

/// The place at which what is taken of the next row begins.
pub(super) fn place(taken: &Taken) -> Result<u32, Fault> {
    u32::try_from(taken.values.len()).map_err(|_| Fault::TooLarge)
}
