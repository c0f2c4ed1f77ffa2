//! What each row of a batch does, found a column at a time: nothing in these loops hangs on what the row before was.

use super::classes::TooManyClasses;
use super::coder::Coded;
use super::rows::Hand;
use super::time::Moment;

/// So many rows at once: what is found of them on the way stays in the nearest cache.
const STRIP: usize = 1024;

/// The lists of a batch's rows.
#[derive(Debug, Default)]
pub(super) struct Strips {
    events: Vec<u16>,
    codes: Vec<u64>,
    moments: Vec<Moment>,
    /// By group, and by row.
    lists: Vec<Vec<u32>>,
}

impl Strips {
    /// Finds the lists of all rows.
    pub(super) fn read(
        &mut self,
        coded: &mut Coded<'_, '_>,
        hand: &mut Hand<'_>,
        instants: &[i64],
    ) -> Result<(), TooManyClasses> {
        self.lists.resize_with(hand.finder.groups(), Vec::new);
        self.lists.iter_mut().for_each(Vec::clear);
        let mut row = 0;
        for instants in instants.chunks(STRIP) {
            let rows = row..row + instants.len();
            row = rows.end;
            coded.events(rows.clone(), &mut self.events);
            coded.codes(rows, &self.events, &mut self.codes)?;
            self.moments.clear();
            self.moments.extend(instants.iter().map(|at| hand.moment(*at)));
            for (group, lists) in self.lists.iter_mut().enumerate() {
                hand.finder.look_up_all(group, &self.events, &self.codes, &self.moments, lists);
            }
        }
        Ok(())
    }

    /// By group, the lists of all rows.
    pub(super) fn lists(&self) -> &[Vec<u32>] {
        &self.lists
    }
}
