//! A line of messages that all need room in the same budgets.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Bound;

use super::budgets::{Number, Pair};
use super::turn::Turn;
use crate::saved::{Damage, Restorer, Saved, Saver};

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

impl Saved for Lane {
    fn save(&self, to: &mut Saver<'_>) {
        let Lane { pieces, others, len: _ } = self;
        pieces.save(to);
        others.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Lane, Damage> {
        let pieces: VecDeque<VecDeque<Turn>> = Saved::restore(from)?;
        let others: BTreeSet<(Turn, Option<Pair>)> = Saved::restore(from)?;
        if pieces.iter().any(VecDeque::is_empty) {
            return Err(Damage::Wrong("nobody stands in a piece of a lane"));
        }
        let len = pieces.iter().map(VecDeque::len).sum::<usize>() + others.len();
        Ok(Lane { pieces, others, len })
    }
}

/// Behind all that stand with one turn.
const LAST: Option<Pair> = Some(Pair { budget: u32::MAX, number: Number::LAST });

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

    /// Keeps of one piece those who are meant. Answers which piece is next, if there is one.
    pub(super) fn sweep_piece(&mut self, piece: usize, meant: impl FnMut(&Turn) -> bool) -> Option<usize> {
        let turns = self.pieces.get_mut(piece)?;
        let before = turns.len();
        turns.retain(meant);
        self.len -= before - turns.len();
        if turns.is_empty() {
            self.pieces.remove(piece);
            return Some(piece);
        }
        Some(piece + 1)
    }

    /// Keeps those who are meant, of so many who came out of order, after one of them. Answers the last of these, if there is any.
    pub(super) fn sweep_others(
        &mut self,
        after: Option<Turn>,
        many: usize,
        mut meant: impl FnMut(&Turn) -> bool,
    ) -> Option<Turn> {
        let from = after.map_or(Bound::Unbounded, |turn| Bound::Excluded((turn, LAST)));
        let (mut last, mut gone) = (None, Vec::new());
        for other in self.others.range((from, Bound::Unbounded)).take(many) {
            // A crowd is swept by itself.
            if other.1.is_none() && !meant(&other.0) {
                gone.push(other.clone());
            }
            last = Some(&other.0);
        }
        let last = last.cloned();
        for other in gone {
            self.len -= usize::from(self.others.remove(&other));
        }
        last
    }

    /// How many stand here.
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::Instant;

    fn turn(arrival: i64, number: u32) -> Turn {
        Turn::numbered(Instant::from_millis(arrival), number)
    }

    proptest! {
        /// However they come, leave and are swept out: the first is the first of those who stand there.
        #[test]
        fn a_lane_is_in_the_order_of_turns(
            steps in prop::collection::vec((0..5_u8, 0..4_000_i64), 0..3_000),
            ordered in any::<bool>(),
        ) {
            let mut lane = Lane::default();
            let mut inside: BTreeMap<Turn, ()> = BTreeMap::new();
            let (mut piece, mut after) = (Some(0), None);
            for (number, (step, arrival)) in (0..).zip(steps) {
                let arrival = if ordered { i64::from(number) } else { arrival };
                match step {
                    0..=2 => {
                        lane.push(turn(arrival, number));
                        inside.insert(turn(arrival, number), ());
                    }
                    3 => {
                        let wanted = inside.pop_first().map(|(turn, ())| turn);
                        prop_assert_eq!(lane.pop_first().map(|(turn, _)| turn), wanted);
                    }
                    _ => {
                        // Half of them are swept out, as far as the broom comes.
                        let mut gone = Vec::new();
                        let mut meant = |turn: &Turn| {
                            let stays = turn.number.is_multiple_of(2);
                            if !stays {
                                gone.push(turn.clone());
                            }
                            stays
                        };
                        match piece {
                            Some(at) => piece = lane.sweep_piece(at, &mut meant),
                            None => {
                                after = lane.sweep_others(after.take(), 7, &mut meant);
                                piece = after.is_none().then_some(0);
                            }
                        }
                        for turn in &gone {
                            inside.remove(turn);
                        }
                    }
                }
                prop_assert_eq!(lane.first().map(|(turn, _)| turn), inside.first_key_value().map(|(turn, ())| turn));
                prop_assert_eq!((lane.len(), lane.is_empty()), (inside.len(), inside.is_empty()));
            }
        }
    }

    #[test]
    fn who_comes_in_order_takes_no_tree() {
        let mut lane = Lane::default();
        (0..5_000).for_each(|number| lane.push(turn(i64::from(number), number)));
        assert_eq!((lane.pieces.len(), lane.others.len()), (5, 0));
        (0..4_990).for_each(|_| drop(lane.pop_first()));
        assert_eq!((lane.pieces.len(), lane.len()), (1, 10));
    }
}
