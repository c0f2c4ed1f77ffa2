//! The words of a few users, turned: what is asked of all of them is asked of neighbours.

use super::words::Words;

/// So many users are asked at once: a set of them is one number.
pub(super) const LANES: usize = 64;
/// So many are turned at once: their words fill one line of memory.
const LINE: usize = 8;

/// A word of each user.
pub(super) type Column = [u64; LANES];

/// The words of up to [`LANES`] users.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    columns: Vec<Column>,
    /// How many users there are.
    users: usize,
}

static NOTHING: Column = [0; LANES];

impl Columns {
    /// Takes the words of users from one on. Those of users who are not there are 0.
    pub(super) fn turn(&mut self, words: &Words, first: usize) {
        self.users = words.keys.len().saturating_sub(first).min(LANES);
        self.columns.resize(words.each(), NOTHING);
        if self.users < LANES {
            self.columns.fill(NOTHING);
        }
        for line in 0..self.users.div_ceil(LINE) {
            let user = first + line * LINE;
            let mut users: [_; LINE] = std::array::from_fn(|place| words.of(user + place).iter());
            for column in &mut self.columns {
                if let Some(lanes) = column.as_chunks_mut::<LINE>().0.get_mut(line) {
                    for (lane, words) in lanes.iter_mut().zip(&mut users) {
                        *lane = words.next().copied().unwrap_or(0);
                    }
                }
            }
        }
    }

    /// How many users there are.
    pub(super) const fn users(&self) -> usize {
        self.users
    }

    /// One word of all of them.
    pub(super) fn column(&self, word: u32) -> &Column {
        self.columns.get(word as usize).unwrap_or(&NOTHING)
    }

    /// Their words from one to another.
    pub(super) fn between(&self, (from, to): (u32, u32)) -> &[Column] {
        self.columns.get(from as usize..to as usize).unwrap_or_default()
    }
}
