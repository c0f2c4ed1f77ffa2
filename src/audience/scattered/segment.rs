//! Rows of a stretch of the log, those of one part together.

use super::super::keys::Key;
use super::super::words::{KIND, SEVERAL};
use super::combos::Combos;

/// Of which log, which of its parts, and which record of that is the first.
pub(super) type Place = (usize, usize, usize);

/// An event as it is read: its user, its instant, and what it does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Read {
    pub(super) key: Key,
    pub(super) at: i64,
    pub(super) combo: u32,
}

/// An event that waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) key: Key,
    /// Milliseconds since the base of its segment: the lower half.
    pub(super) after: u32,
    pub(super) combo: u32,
}

/// The id of an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Id {
    /// Its fingerprint; 0 without one.
    pub(super) high: u64,
    pub(super) low: u64,
    /// Where the event stands, counted from the segment's place.
    pub(super) place: u32,
}

/// An event that the machine must see, as bytes: where it stands, counted from the segment's place, its user, and the event.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) part: u32,
    pub(super) place: u32,
    pub(super) key: Key,
    pub(super) bytes: Box<[u8]>,
}

/// What is read of a stretch, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    pub(super) rows: Vec<Read>,
    /// What is taken of each row that takes any, one row after the other.
    pub(super) values: Vec<u64>,
    pub(super) more: Vec<u64>,
    /// One for each row, or none at all.
    pub(super) ids: Vec<Id>,
    pub(super) told: Vec<Told>,
}

/// The same by parts; within each in the order of the log.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) place: Place,
    /// Whose combinations its rows name.
    pub(super) reader: u32,
    base: i64,
    rows: Parted<Row>,
    /// The upper halves of the instants, if any of them has one.
    far: Vec<u32>,
    values: Parted<u64>,
    more: Parted<u64>,
    ids: Vec<Id>,
    told: Vec<Told>,
}

/// What is in one part of a segment, wherever that is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) place: Place,
    pub(super) reader: u32,
    pub(super) base: i64,
    pub(super) rows: &'a [Row],
    pub(super) far: &'a [u32],
    pub(super) values: &'a [u64],
    pub(super) more: &'a [u64],
    pub(super) ids: &'a [Id],
    pub(super) told: &'a [Told],
}

/// Items by part.
#[derive(Debug, Default)]
struct Parted<T> {
    items: Vec<T>,
    /// Where each part begins, and where the last one ends; nothing where there are no items.
    begins: Vec<u32>,
}

/// The part of a user.
#[inline]
pub(super) fn part_of(key: Key, parts: usize) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & (parts - 1)
}

impl<T: Copy + Default> Parted<T> {
    /// Room for as many items as each part has, counted one place behind its own.
    fn of(mut counts: Vec<u32>) -> Parted<T> {
        let mut sum = 0;
        for count in &mut counts {
            sum += *count;
            *count = sum;
        }
        Parted { items: vec![T::default(); sum as usize], begins: counts }
    }

    fn part(&self, part: usize) -> &[T] {
        let begin = |part: usize| self.begins.get(part).map_or(0, |begin| *begin as usize);
        self.items.get(begin(part)..begin(part + 1)).unwrap_or_default()
    }

    fn bytes(&self) -> usize {
        size_of::<T>() * self.items.capacity() + size_of::<u32>() * self.begins.capacity()
    }
}

impl Segment {
    /// Puts what was read of each part together.
    pub(super) fn new(
        read: &mut Stretch,
        (place, reader): (Place, u32),
        parts: usize,
        combos: &Combos,
    ) -> Segment {
        let base = read.rows.iter().map(|row| row.at).min().unwrap_or(0);
        let last = read.rows.iter().map(|row| row.at).max().unwrap_or(0);
        let is_far = last.abs_diff(base) > u64::from(u32::MAX);
        let takes = !read.values.is_empty();
        let values_of = |row: &Read| if takes { u32::from(combos.combo(row.combo).values) } else { 0 };
        let (mut rows, mut values) = (vec![0; parts + 1], vec![0; if takes { parts + 1 } else { 0 }]);
        for row in &read.rows {
            let part = part_of(row.key, parts);
            if let Some(count) = rows.get_mut(part + 1) {
                *count += 1;
            }
            if takes && let Some(count) = values.get_mut(part + 1) {
                *count += values_of(row);
            }
        }
        let (mut rows, mut values) = (Parted::<Row>::of(rows), Parted::<u64>::of(values));
        let mut next = rows.begins.clone();
        let mut next_value = values.begins.clone();
        let mut far = vec![0; if is_far { read.rows.len() } else { 0 }];
        let mut ids = vec![Id::default(); read.ids.len()];
        let mut taken = read.values.as_slice();
        for (from, row) in read.rows.iter().enumerate() {
            let part = part_of(row.key, parts);
            let Some(next) = next.get_mut(part) else { continue };
            let to = *next as usize;
            *next += 1;
            let after = row.at.abs_diff(base);
            if let Some(place) = rows.items.get_mut(to) {
                *place = Row { key: row.key, after: after as u32, combo: row.combo };
            }
            if let Some(place) = far.get_mut(to) {
                *place = (after >> 32) as u32;
            }
            if let Some((place, id)) = ids.get_mut(to).zip(read.ids.get(from)) {
                *place = *id;
            }
            let count = values_of(row) as usize;
            if count > 0
                && let Some((mine, others)) = taken.split_at_checked(count)
                && let Some(next) = next_value.get_mut(part)
            {
                taken = others;
                let to = *next as usize;
                *next += count as u32;
                if let Some(place) = values.items.get_mut(to..to + count) {
                    place.copy_from_slice(mine);
                }
            }
        }
        let more = parted_more(&mut values, &read.more, parts);
        // Stable: what is of one part stays in the order of the log.
        read.told.sort_by_key(|told| told.part);
        let told = std::mem::take(&mut read.told);
        read.clear();
        Segment { place, reader, base, rows, far, values, more, ids, told }
    }

    /// What is in a part, if there is anything.
    pub(super) fn piece(&self, part: usize) -> Option<Piece<'_>> {
        let Segment { place, reader, base, .. } = *self;
        let rows = self.rows.part(part);
        let begin = |of: usize| self.rows.begins.get(of).map_or(0, |begin| *begin as usize);
        let range = begin(part)..begin(part + 1);
        let told = |of: usize| self.told.partition_point(|told| (told.part as usize) < of);
        let piece = Piece {
            place,
            reader,
            base,
            rows,
            far: self.far.get(range.clone()).unwrap_or_default(),
            values: self.values.part(part),
            more: self.more.part(part),
            ids: self.ids.get(range).unwrap_or_default(),
            told: self.told.get(told(part)..told(part + 1)).unwrap_or_default(),
        };
        (!rows.is_empty() || !piece.told.is_empty()).then_some(piece)
    }

    /// How much memory it takes, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let told: usize = self.told.iter().map(|told| told.bytes.len()).sum();
        let all = self.rows.bytes()
            + self.values.bytes()
            + self.more.bytes()
            + size_of::<u32>() * self.far.capacity()
            + size_of::<Id>() * self.ids.capacity()
            + size_of::<Told>() * self.told.capacity()
            + told;
        all as u64
    }
}

impl Stretch {
    /// Forgets what was read, and keeps the space.
    fn clear(&mut self) {
        self.rows.clear();
        self.values.clear();
        self.more.clear();
        self.ids.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.told.is_empty()
    }
}

impl Piece<'_> {
    /// The instant of a row.
    #[inline]
    pub(super) fn at(&self, number: usize, row: &Row) -> i64 {
        let far = self.far.get(number).copied().unwrap_or(0);
        self.base.saturating_add_unsigned(u64::from(far) << 32 | u64::from(row.after))
    }
}

/// Rows that have several values in place of one name where these stand: puts those of each part together too.
fn parted_more(values: &mut Parted<u64>, more: &[u64], parts: usize) -> Parted<u64> {
    let mut parted = Parted::default();
    if more.is_empty() {
        return parted;
    }
    parted.begins.push(0);
    for part in 0..parts {
        let begins = parted.items.len();
        let begin = |of: usize| values.begins.get(of).map_or(0, |begin| *begin as usize);
        let range = begin(part)..begin(part + 1);
        for word in values.items.get_mut(range).unwrap_or_default() {
            if *word & KIND == SEVERAL {
                let from = (*word & !KIND) as usize;
                let count = more.get(from).map_or(0, |count| *count as usize);
                *word = SEVERAL | (parted.items.len() - begins) as u64;
                parted.items.extend(more.get(from..from + 1 + count).unwrap_or_default());
            }
        }
        parted.begins.push(parted.items.len() as u32);
    }
    parted
}
