//! A line of messages that all need room in the same budgets.

use std::collections::{BTreeSet, VecDeque};

use super::budgets::Pair;
use super::turn::Turn;

/// Messages in the order of their turns.
///
/// Who comes in that order, as nearly all do, costs one step and no more memory than the turn itself; others are put between them.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Those who came in order, in pieces, so that memory is given back as they leave.
    pieces: VecDeque<VecDeque<Turn>>,
    /// Those who did not; and for numbers that are written to too often, the first of theirs who wait for that.
    others: BTreeSet<(Turn, Option<Pair>)>,
    len: usize,
}

/// As many turns as fit into 64 KiB.
const PIECE: usize = 1_024;

impl Lane {
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A message joins.
    pub(super) fn push(&mut self, turn: Turn) {
        self.len += 1;
        match self.pieces.back_mut() {
            Some(last) if last.back().is_some_and(|back| *back > turn) => {
                self.len -= usize::from(!self.others.insert((turn, None)));
            }
            Some(last) if last.len() < PIECE => last.push_back(turn),
            // Small lanes stay small.
            Some(_) => {
                let mut piece = VecDeque::with_capacity(PIECE);
                piece.push_back(turn);
                self.pieces.push_back(piece);
            }
            None => self.pieces.push_back(VecDeque::from([turn])),
        }
    }

    /// The first of a number's messages joins, for all of them.
    pub(super) fn push_pair(&mut self, turn: Turn, pair: Pair) {
        self.len += usize::from(self.others.insert((turn, Some(pair))));
    }

    /// The first, and the number that it stands for.
    pub(super) fn first(&self) -> Option<(&Turn, Option<Pair>)> {
        let ordered = self.pieces.front().and_then(VecDeque::front);
        match (ordered, self.others.first()) {
            (Some(turn), Some((other, pair))) if other < turn => Some((other, *pair)),
            (Some(turn), _) => Some((turn, None)),
            (None, other) => other.map(|(turn, pair)| (turn, *pair)),
        }
    }

    /// Takes out the first.
    pub(super) fn pop_first(&mut self) -> Option<(Turn, Option<Pair>)> {
        self.len = self.len.saturating_sub(1);
        let ordered = self.pieces.front().and_then(VecDeque::front);
        match (ordered, self.others.first()) {
            (Some(turn), Some((other, _))) if other < turn => self.others.pop_first(),
            (None, _) => self.others.pop_first(),
            (Some(_), _) => {
                let piece = self.pieces.front_mut()?;
                let turn = piece.pop_front()?;
                if piece.is_empty() {
                    self.pieces.pop_front();
                }
                Some((turn, None))
            }
        }
    }

    /// Keeps those who are still meant.
    pub(super) fn retain(&mut self, mut meant: impl FnMut(&Turn, Option<Pair>) -> bool) {
        for piece in &mut self.pieces {
            piece.retain(|turn| meant(turn, None));
            piece.shrink_to_fit();
        }
        self.pieces.retain(|piece| !piece.is_empty());
        self.others.retain(|(turn, pair)| meant(turn, *pair));
        self.len = self.pieces.iter().map(VecDeque::len).sum::<usize>() + self.others.len();
    }

    /// How many stand here.
    pub(super) fn len(&self) -> usize {
        self.len
    }
}
