//! What each row of a batch does, found a column at a time: nothing in these loops hangs on what the row before was.

use std::ops::Range;

use super::classes::TooManyClasses;
use super::coder::Coded;
use super::finder::NOTHING;
use super::merged::Remembered;
use super::rows::Hand;
use super::time::Moment;

/// So many rows at once: what is found of them on the way stays in the nearest cache.
const STRIP: usize = 1024;

/// The lists of a batch's rows.
#[derive(Default)]
pub(super) struct Strips {
    events: Vec<u16>,
    codes: Vec<u64>,
    moments: Vec<Moment>,
    /// Of a strip, by group and by row.
    lists: Vec<Vec<u32>>,
    /// What rows of the batch do, in their order: the row and the list, of as many groups as have something to do.
    doings: Vec<(u32, u32)>,
    remembered: Vec<Remembered>,
}

impl Strips {
    /// Finds the lists of all rows.
    pub(super) fn read(
        &mut self,
        coded: &mut Coded<'_, '_>,
        hand: &mut Hand<'_>,
        instants: &[i64],
    ) -> Result<(), TooManyClasses> {
        coded.remembered = std::mem::take(&mut self.remembered);
        self.lists.resize_with(hand.finder.groups(), Vec::new);
        self.doings.clear();
        let mut row = 0;
        for instants in instants.chunks(STRIP) {
            let rows = row..row + instants.len();
            row = rows.end;
            coded.events(rows.clone(), &mut self.events);
            coded.codes(rows.clone(), &self.events, &mut self.codes)?;
            self.moments.clear();
            self.moments.extend(instants.iter().map(|at| hand.moment(*at)));
            for (group, lists) in self.lists.iter_mut().enumerate() {
                lists.clear();
                hand.finder.look_up_all(group, &self.events, &self.codes, &self.moments, lists);
            }
            self.gather(rows);
        }
        Ok(())
    }

    /// Puts the lists of some rows behind those of the rows before.
    fn gather(&mut self, rows: Range<usize>) {
        let mut end = self.doings.len();
        self.doings.resize(end + rows.len() * self.lists.len(), (0, NOTHING));
        for (place, row) in rows.enumerate() {
            let row = u32::try_from(row).unwrap_or(u32::MAX);
            for lists in &self.lists {
                let list = lists.get(place).copied().unwrap_or(NOTHING);
                // Without a branch: whether a row does anything is hard to guess.
                if let Some(doing) = self.doings.get_mut(end) {
                    *doing = (row, list);
                }
                end += usize::from(list != NOTHING);
            }
        }
        self.doings.truncate(end);
    }

    /// Keeps what was found in a batch that the next may have in common with it.
    pub(super) fn remember(&mut self, coded: Coded<'_, '_>) {
        self.remembered = coded.into_remembered();
    }

    /// What rows of the batch do, from one of these on: the row, and the list.
    pub(super) fn doings(&self, from: usize) -> &[(u32, u32)] {
        self.doings.get(from..).unwrap_or_default()
    }
}
