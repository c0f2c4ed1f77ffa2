//! Pieces as bytes: a column after the other, as small numbers as can be, so that what packs blocks finds like beside like.

use super::segment::{Id, Piece, Place, Row, Told};
use crate::scratch::bytes::{Bytes, put_u32, put_u64};

/// A piece that was read back.
#[derive(Debug)]
pub(super) struct Stored {
    place: Place,
    reader: u32,
    base: i64,
    rows: Vec<Row>,
    far: Vec<u32>,
    values: Vec<u64>,
    more: Vec<u64>,
    ids: Vec<Id>,
    told: Vec<Told>,
}

impl Stored {
    pub(super) fn piece(&self) -> Piece<'_> {
        Piece {
            place: self.place,
            reader: self.reader,
            base: self.base,
            rows: &self.rows,
            far: &self.far,
            values: &self.values,
            more: &self.more,
            ids: &self.ids,
            told: &self.told,
        }
    }
}

/// Appends a piece.
pub(super) fn store(piece: &Piece<'_>, bytes: &mut Vec<u8>) {
    let (log, shard, first) = piece.place;
    for number in [log as u64, shard as u64, first as u64, piece.base as u64] {
        put_u64(bytes, number);
    }
    let high = piece.rows.iter().any(|row| row.key >> 32 != 0);
    let counts = [
        piece.rows.len(),
        usize::from(high),
        piece.far.len(),
        piece.values.len(),
        piece.more.len(),
        piece.ids.len(),
        piece.told.len(),
    ];
    put_u32(bytes, piece.reader);
    counts.iter().for_each(|count| put_u32(bytes, *count as u32));
    piece.rows.iter().for_each(|row| put_u32(bytes, row.key as u32));
    if high {
        piece.rows.iter().for_each(|row| put_u32(bytes, (row.key >> 32) as u32));
    }
    // Of a log in the order of time, each is a little more than the one before.
    let mut before = 0;
    for row in piece.rows {
        put_u32(bytes, row.after.wrapping_sub(before));
        before = row.after;
    }
    piece.rows.iter().for_each(|row| put_u32(bytes, row.combo));
    piece.far.iter().for_each(|far| put_u32(bytes, *far));
    piece.values.iter().for_each(|value| put_u64(bytes, *value));
    piece.more.iter().for_each(|value| put_u64(bytes, *value));
    for id in piece.ids {
        put_u64(bytes, id.high);
        put_u64(bytes, id.low);
        put_u32(bytes, id.place);
    }
    for told in piece.told {
        put_u32(bytes, told.part);
        put_u32(bytes, told.place);
        put_u64(bytes, told.key);
        put_u32(bytes, told.bytes.len() as u32);
        bytes.extend_from_slice(&told.bytes);
    }
}

/// All pieces of a block; none when it is not one of ours.
pub(super) fn read(block: &[u8]) -> Option<Vec<Stored>> {
    let mut bytes = Bytes::new(block);
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        pieces.push(piece(&mut bytes)?);
    }
    Some(pieces)
}

fn piece(bytes: &mut Bytes<'_>) -> Option<Stored> {
    let mut place = || bytes.u64().and_then(|number| usize::try_from(number).ok());
    let place = (place()?, place()?, place()?);
    let base = bytes.u64()? as i64;
    let reader = bytes.u32()?;
    let mut count = || Some(bytes.u32()? as usize);
    let (rows, high, far) = (count()?, count()?, count()?);
    let (values, more, ids, told) = (count()?, count()?, count()?, count()?);
    let low = bytes.u32s(rows)?;
    let high = bytes.u32s(if high == 0 { 0 } else { rows })?;
    let mut after = bytes.u32s(rows)?;
    let mut before = 0_u32;
    for after in &mut after {
        before = before.wrapping_add(*after);
        *after = before;
    }
    let combos = bytes.u32s(rows)?;
    let highs = high.into_iter().chain(std::iter::repeat(0));
    let keys = low.into_iter().zip(highs).map(|(low, high)| u64::from(high) << 32 | u64::from(low));
    let rows = keys.zip(after).zip(combos).map(|((key, after), combo)| Row { key, after, combo });
    let rows = rows.collect();
    let far = bytes.u32s(far)?;
    let (values, more) = (bytes.u64s(values)?, bytes.u64s(more)?);
    let mut id = || Some(Id { high: bytes.u64()?, low: bytes.u64()?, place: bytes.u32()? });
    let ids = (0..ids).map(|_| id()).collect::<Option<_>>()?;
    let mut tell = || {
        let (part, place, key) = (bytes.u32()?, bytes.u32()?, bytes.u64()?);
        let count = bytes.u32()? as usize;
        Some(Told { part, place, key, bytes: bytes.take(count)?.into() })
    };
    let told = (0..told).map(|_| tell()).collect::<Option<_>>()?;
    Some(Stored { place, reader, base, rows, far, values, more, ids, told })
}

#[cfg(test)]
mod tests {
    use super::{read, store};
    use crate::audience::scattered::segment::{Id, Piece, Row, Told};

    #[test]
    fn pieces_come_back_as_they_were_and_half_of_them_do_not() {
        let rows = [
            Row { key: 7, after: 9, combo: 1 },
            Row { key: 1 << 63 | 3, after: 0, combo: 0 },
            Row { key: 8, after: u32::MAX, combo: u32::MAX },
        ];
        let ids = [0, 1, 2].map(|place| Id { high: u64::MAX, low: 5, place });
        let told = [Told { part: 3, place: 1, key: 8, bytes: [1, 2, 3].into() }];
        let whole = Piece {
            place: (1, 2, 3),
            reader: 4,
            base: -5,
            rows: &rows,
            far: &[0, 1, 2],
            values: &[u64::MAX, 0],
            more: &[2, 3, 4],
            ids: &ids,
            told: &told,
        };
        let small =
            Piece { rows: &rows[..1], far: &[], values: &[], more: &[], ids: &[], told: &[], ..whole };
        let mut block = Vec::new();
        store(&whole, &mut block);
        let first = block.len();
        store(&small, &mut block);
        let stored = read(&block).unwrap();
        let shown: Vec<String> = stored.iter().map(|stored| format!("{:?}", stored.piece())).collect();
        assert_eq!(shown, [format!("{whole:?}"), format!("{small:?}")]);
        for cut in (1..block.len()).filter(|cut| *cut != first) {
            assert!(read(&block[..cut]).is_none(), "cut at {cut}");
        }
    }
}
