//! What is run as one, and which of the rows are whose.

use std::ops::Range;

use super::Row;
use super::groups::Groups;

/// Users who are run alone, by their numbers, and after them the groups; and the rows of each.
///
/// Rows stay where they are, in the order in which they were added; four bytes for each say where those of a unit are.
#[derive(Debug)]
pub(super) struct Units {
    /// How many users there are: the first group has this number.
    users: usize,
    groups: Groups,
    /// Each user's place in the group; empty where there are no groups.
    places: Vec<u32>,
    /// Where each unit's rows begin in `order`, and at last where they end.
    starts: Vec<usize>,
    /// The places of rows: unit by unit, in each as they were added.
    order: Vec<u32>,
}

/// What is run as one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit<'u> {
    /// A user, who shares with nobody.
    User(usize),
    /// Users, by their numbers.
    Group(&'u [u32]),
}

/// A log is cut into about so many pieces at least, where it has so many units: enough for every thread to have the next
/// one at hand when it is done with one.
const PIECES: usize = 256;

/// No piece is much larger than so many rows and units, but for one unit that is: a piece's decisions are put in order at
/// its end.
const LARGEST: usize = 1 << 16;

impl Units {
    /// Sorts rows, in one pass over them; `group` names the group of a row, if it has one. A row of neither a user nor a group is nobody's.
    pub(super) fn new(
        users: usize,
        groups: Groups,
        rows: &[Row],
        group: impl Fn(&Row, &Groups) -> Option<u32>,
    ) -> Units {
        let all = users + groups.members().len();
        let grouped = !groups.members().is_empty();
        let unit = |row: &Row| match if grouped { group(row, &groups) } else { None } {
            None => row.user as usize,
            Some(group) => users + group as usize,
        };
        let mut starts = vec![0; all + 1];
        for row in rows {
            // What is of nobody is at no place.
            if let Some(count) = starts.get_mut(unit(row)) {
                *count += 1;
            }
        }
        let mut before = 0;
        for start in &mut starts {
            before += std::mem::replace(start, before);
        }
        let mut order = vec![0; before];
        for (row, at) in rows.iter().zip(0_u32..) {
            let Some(next) = starts.get_mut(unit(row)) else { continue };
            if let Some(place) = order.get_mut(*next) {
                *place = at;
            }
            *next += 1;
        }
        // Each start has moved on to the next one's by now.
        starts.rotate_right(1);
        if let Some(first) = starts.first_mut() {
            *first = 0;
        }
        let mut places = vec![0; if grouped { users } else { 0 }];
        for members in groups.members() {
            for (member, at) in members.iter().zip(0_u32..) {
                if let Some(place) = places.get_mut(*member as usize) {
                    *place = at;
                }
            }
        }
        Units { users, groups, places, starts, order }
    }

    /// Cuts all units into pieces of about the same size, whatever the number of threads.
    pub(super) fn pieces(&self) -> Vec<Range<usize>> {
        let weigh = |pair: &[usize]| match pair {
            [from, to] => 1 + to - from,
            _ => 0,
        };
        let all = self.starts.len() - 1 + self.order.len();
        let enough = (all / PIECES).clamp(1, LARGEST);
        let mut pieces = Vec::new();
        let (mut first, mut weight) = (0, 0);
        for (unit, pair) in self.starts.windows(2).enumerate() {
            weight += weigh(pair);
            if weight >= enough {
                pieces.push(first..unit + 1);
                (first, weight) = (unit + 1, 0);
            }
        }
        if weight > 0 {
            pieces.push(first..self.starts.len() - 1);
        }
        pieces
    }

    /// A unit by its number; none for a user who is run in a group.
    pub(super) fn unit(&self, unit: usize) -> Option<Unit<'_>> {
        if unit >= self.users {
            return self.groups.members().get(unit - self.users).map(|members| Unit::Group(members));
        }
        let alone = u32::try_from(unit).is_ok_and(|user| self.groups.of(user).is_none());
        alone.then_some(Unit::User(unit))
    }

    /// A user's place in the group.
    pub(super) fn place(&self, user: u32) -> u32 {
        self.places.get(user as usize).copied().unwrap_or(u32::MAX)
    }

    /// Fetches a unit's rows, by instant; of one instant in the order in which they were added.
    pub(super) fn rows_of(&self, unit: usize, rows: &[Row], into: &mut Vec<Row>) {
        into.clear();
        let (Some(from), Some(to)) = (self.starts.get(unit), self.starts.get(unit + 1)) else { return };
        let order = self.order.get(*from..*to).unwrap_or_default();
        into.extend(order.iter().filter_map(|at| rows.get(*at as usize)));
        // Stable; and a log mostly is in order.
        into.sort_by_key(|row| row.at);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Instant;
    use crate::replay::{NO_EXTRA, groups::Numbers};

    fn row(user: u32, at: i64, kind: u32) -> Row {
        Row { user, kind, at: Instant::from_seconds(at), extra: NO_EXTRA }
    }

    proptest! {
        #[test]
        fn every_row_is_in_one_place(
            rows in prop::collection::vec((0..40_u32, 0..5_i64), 0..400),
            shared in prop::collection::vec((0..40_u32, 0..8_u32), 0..20),
        ) {
            let rows: Vec<Row> = rows.into_iter().zip(0..).map(|((user, at), kind)| row(user, at, kind)).collect();
            let mut numbers = Numbers::new(40);
            for (user, number) in shared {
                numbers.has(user, &format!("+9198200000{number:02}").into());
            }
            let units = Units::new(40, numbers.groups(), &rows, |row, groups| groups.of(row.user));
            let mut found = Vec::new();
            let mut users = Vec::new();
            for piece in units.pieces() {
                for number in piece {
                    let mut of_unit = Vec::new();
                    units.rows_of(number, &rows, &mut of_unit);
                    prop_assert!(of_unit.is_sorted_by_key(|row| (row.at, row.kind)));
                    match units.unit(number) {
                        None => prop_assert!(of_unit.is_empty()),
                        Some(Unit::User(user)) => {
                            prop_assert!(of_unit.iter().all(|row| row.user as usize == user));
                            users.push(user);
                        }
                        Some(Unit::Group(members)) => {
                            prop_assert!(of_unit.iter().all(|row| members.contains(&row.user)));
                            for (place, member) in members.iter().enumerate() {
                                prop_assert_eq!(units.place(*member) as usize, place);
                                users.push(*member as usize);
                            }
                        }
                    }
                    found.extend(of_unit.iter().map(|row| row.kind));
                }
            }
            found.sort_unstable();
            users.sort_unstable();
            prop_assert_eq!(found, (0..rows.len() as u32).collect::<Vec<_>>());
            prop_assert_eq!(users, (0..40).collect::<Vec<_>>());
        }
    }
}
