//! Rows of a few users as bytes: a column after the other, so that what packs blocks finds like beside like.

use super::extra;
use crate::model::Instant;
use crate::program::EventExtra;
use crate::replay::{NO_EXTRA, NUMBER, PROFILE, Row};
use crate::scratch::bytes::{Bytes, put_u32, put_u64};

/// Rows that were put by, and what is kept of their events.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// For each row, where it stood among those that were put by with it.
    pub(super) places: Vec<u32>,
    pub(super) extras: Vec<EventExtra>,
}

/// Appends rows: each with its place, in the order of their places.
pub(super) fn put<'r>(
    rows: impl Iterator<Item = (u32, &'r Row)> + Clone,
    of: &[EventExtra],
    bytes: &mut Vec<u8>,
) {
    let kept = |row: &Row| if has_extra(row) { of.get(row.extra as usize) } else { None };
    put_u32(bytes, rows.clone().count() as u32);
    let mut before = 0;
    for (place, _) in rows.clone() {
        put_u32(bytes, place.wrapping_sub(before));
        before = place;
    }
    rows.clone().for_each(|(_, row)| put_u32(bytes, row.user));
    rows.clone().for_each(|(_, row)| put_u32(bytes, row.kind));
    let mut before = 0;
    for (_, row) in rows.clone() {
        // Of a log in the order of time, each is a little more than the one before.
        put_u64(bytes, row.at.millis().wrapping_sub(before) as u64);
        before = row.at.millis();
    }
    for (_, row) in rows.clone() {
        let extra = match kept(row) {
            Some(_) => 0,
            None if has_extra(row) => NO_EXTRA,
            None => row.extra,
        };
        put_u32(bytes, extra);
    }
    rows.filter_map(|(_, row)| kept(row)).for_each(|kept| extra::put(kept, bytes));
}

/// Whether a row is an event of which something is kept.
pub(super) fn has_extra(row: &Row) -> bool {
    !matches!(row.kind, PROFILE | NUMBER) && row.extra != NO_EXTRA
}

impl Rows {
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.places.clear();
        self.extras.clear();
    }

    /// Appends others.
    pub(super) fn append(&mut self, mut others: Rows) {
        let before = u32::try_from(self.extras.len()).unwrap_or(NO_EXTRA);
        for row in others.rows.iter_mut().filter(|row| has_extra(row)) {
            row.extra = row.extra.saturating_add(before);
        }
        self.rows.append(&mut others.rows);
        self.places.append(&mut others.places);
        self.extras.append(&mut others.extras);
    }

    /// Keeps some rows, and lets go what is kept of others' events.
    pub(super) fn retain(&mut self, keep: impl Fn(&Row) -> bool) {
        let all = std::mem::take(self);
        let mut extras = all.extras.into_iter();
        for (mut row, place) in all.rows.into_iter().zip(all.places) {
            // They are in the order of their rows.
            let extra = if has_extra(&row) { extras.next() } else { None };
            if !keep(&row) {
                continue;
            }
            if let Some(extra) = extra {
                row.extra = u32::try_from(self.extras.len()).unwrap_or(NO_EXTRA);
                self.extras.push(extra);
            }
            self.rows.push(row);
            self.places.push(place);
        }
    }

    /// Takes a block in, behind what is there; none when it is nothing of ours.
    pub(super) fn read(&mut self, block: &[u8]) -> Option<()> {
        let mut bytes = Bytes::new(block);
        let count = bytes.u32()? as usize;
        let (places, users) = (bytes.u32s(count)?, bytes.u32s(count)?);
        let (kinds, ats, extras) = (bytes.u32s(count)?, bytes.u64s(count)?, bytes.u32s(count)?);
        let mut before = 0_u32;
        self.places.extend(places.into_iter().map(|place| {
            before = before.wrapping_add(place);
            before
        }));
        let mut at = 0_i64;
        for (((user, kind), after), extra) in users.into_iter().zip(kinds).zip(ats).zip(extras) {
            at = at.wrapping_add(after as i64);
            let mut row = Row { user, kind, at: Instant::from_millis(at), extra };
            if has_extra(&row) {
                row.extra = u32::try_from(self.extras.len()).ok()?;
                self.extras.push(extra::read(&mut bytes)?);
            }
            self.rows.push(row);
        }
        bytes.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Values;

    #[test]
    fn rows_come_back_as_they_were_and_half_of_them_do_not() {
        let row = |user, kind, at, extra| Row { user, kind, at: Instant::from_millis(at), extra };
        let rows = [
            row(7, 3, -5, NO_EXTRA),
            row(9, PROFILE, i64::MIN, 4),
            row(7, 0, i64::MAX, 1),
            row(u32::MAX, NUMBER, 8, 0),
            row(8, 2, 8, 0),
        ];
        let kept = |word| EventExtra {
            keys: [Some(word)].into(),
            values: Values::default(),
            dates: [].into(),
            kept: [].into(),
            origin: None,
            about: None,
            refused: false,
            sums: [].into(),
        };
        let extras = [kept(10), kept(11)];
        let places = [0, 5, 6, 70, u32::MAX];
        let mut block = Vec::new();
        put(places.into_iter().zip(&rows), &extras, &mut block);
        let mut found = Rows::default();
        found.read(&block).unwrap();
        found.read(&block).unwrap();
        assert_eq!(found.places, [places, places].concat());
        for (found_row, wanted) in found.rows.iter().zip(rows.iter().chain(&rows)) {
            assert_eq!((found_row.user, found_row.kind, found_row.at), (wanted.user, wanted.kind, wanted.at));
            if has_extra(wanted) {
                let key = found.extras[found_row.extra as usize].keys[0];
                assert_eq!(key, extras[wanted.extra as usize].keys[0]);
            } else {
                assert_eq!(found_row.extra, wanted.extra);
            }
        }
        assert_eq!((found.rows.len(), found.extras.len()), (10, 4));
        for cut in 0..block.len() {
            assert!(Rows::default().read(&block[..cut]).is_none(), "cut at {cut}");
        }
    }
}
