//! One thread that reads the log: each row becomes a few bytes that wait for the others of their user.

use super::super::apart::Order;
use super::super::coder::Coder;
use super::super::keys::{Key, Users};
use super::super::rows::Hand;
use super::super::{Fault, Setting};
use super::combos::{Combos, NOTHING};
use super::seen::Seen;
use super::segment::{Id, Place, Read, Segment, Stretch, Told, part_of};
use super::stored;
use crate::columns::{Batch, Shards, Values};
use crate::model::{ProfileUpdate, Record, fingerprint};
use crate::scratch::bytes::event_bytes;
use crate::scratch::memory::{Memory, Run};

/// So many rows make a segment, if the log's part has as many: few enough to stay near the processor, and so many that there are some of each part.
const ROWS: usize = 1 << 18;

pub(super) struct Reader<'p> {
    setting: &'p Setting<'p>,
    memory: &'p Memory,
    parts: usize,
    number: u32,
    coder: Coder<'p>,
    pub(super) hand: Hand<'p>,
    pub(super) combos: Combos,
    pub(super) segments: Vec<Segment>,
    /// What was put by, each time by part.
    pub(super) runs: Vec<Run>,
    /// Profiles among the events, by place.
    pub(super) updates: Vec<(Order, ProfileUpdate)>,
    pub(super) seen: Seen,
    stretch: Stretch,
    /// Where the stretch begins.
    place: Place,
    bytes: Vec<u8>,
}

impl<'p> Reader<'p> {
    pub(super) fn new(
        setting: &'p Setting<'p>,
        memory: &'p Memory,
        parts: usize,
        number: usize,
    ) -> Reader<'p> {
        Reader {
            setting,
            memory,
            parts,
            number: number as u32,
            coder: setting.coder(),
            hand: Hand::new(setting),
            combos: Combos::new(),
            segments: Vec::new(),
            runs: Vec::new(),
            updates: Vec::new(),
            seen: Seen::default(),
            stretch: Stretch::default(),
            place: (0, 0, 0),
            bytes: Vec::new(),
        }
    }

    /// Reads one part of a log.
    pub(super) fn read(&mut self, log: &dyn Shards, number_of_log: usize, shard: usize) -> Result<(), Fault> {
        self.place = (number_of_log, shard, 0);
        let mut fault = None;
        let mut before = 0;
        log.read(shard, &self.setting.wanted, &mut |batch| {
            if let Err(error) = self.batch(batch, before) {
                fault = Some(error);
            }
            before += batch.rows + batch.records.len();
            fault.is_none()
        })
        .map_err(Fault::Log)?;
        fault.map_or(Ok(()), Err)?;
        self.end_stretch(0)
    }

    /// Reads a batch, before which there were so many records in its part of the log.
    fn batch(&mut self, batch: &Batch<'_>, before: usize) -> Result<(), Fault> {
        let setting = self.setting;
        let (log, shard, first) = self.place;
        for (place, (row, record)) in batch.records.iter().enumerate() {
            if let Record::Profile(update) = setting.plan.program.rulebook().admit(record.clone()).record {
                self.updates.push(((log, shard, before + row + place), update));
            }
        }
        let Values::Instants(instants) = batch.at.values else { return Ok(()) };
        let users = Users::new(&batch.user, &setting.keys);
        let mut coded = self.coder.code(batch);
        let place = |row: usize| {
            let records = batch.records.partition_point(|(before, _)| *before <= row);
            u32::try_from(before + row + records - first).unwrap_or(u32::MAX)
        };
        // Of an event that does nothing it is enough to know whose it is. But of several events with one id the first is the one, whatever
        // it does; and who is known by when is asked where there are several instants.
        let may_drop = batch.id.is_none() && setting.plan.ats.len() == 1;
        for row in 0..batch.rows {
            let at = instants.get(row).copied().unwrap_or(i64::MIN);
            let is_later = at > setting.last && batch.id.is_none();
            if is_later || batch.refused.is_some_and(|refused| refused.get(row)) {
                continue;
            }
            let event = coded.event(row);
            let key = users.key(row, &setting.keys);
            let Some(of_event) = setting.plan.events.get(usize::from(event)) else {
                if !may_drop || !self.seen.add(key) {
                    self.push(batch, row, Read { key, at, combo: NOTHING }, place(row));
                }
                continue;
            };
            let code = coded.code(event, row)?;
            let moment = self.hand.moment(at);
            let combo = self.combos.find(event, code, moment, &mut self.hand);
            if combo == NOTHING && !of_event.apart && may_drop && self.seen.add(key) {
                continue;
            }
            if self.combos.combo(combo).values > 0 {
                let Stretch { values, more, .. } = &mut self.stretch;
                coded.take(event, row, values, more);
            }
            if of_event.apart {
                self.tell(batch, row, key, place(row));
            }
            self.push(batch, row, Read { key, at, combo }, place(row));
        }
        let next = before + batch.rows + batch.records.len();
        if self.stretch.rows.len() >= ROWS { self.end_stretch(next) } else { Ok(()) }
    }

    #[inline]
    fn push(&mut self, batch: &Batch<'_>, row: usize, read: Read, place: u32) {
        self.stretch.rows.push(read);
        if let Some(ids) = &batch.id {
            let id = ids.word(row).map_or(0, |id| fingerprint([id.as_bytes()]));
            self.stretch.ids.push(Id { high: (id >> 64) as u64, low: id as u64, place });
        }
    }

    /// What the machine must see of a row.
    fn tell(&mut self, batch: &Batch<'_>, row: usize, key: Key, place: u32) {
        let rulebook = self.setting.plan.program.rulebook();
        let Some(event) = batch.event(row) else { return };
        let Record::Event(event) = rulebook.admit(Record::Event(event)).record else { return };
        let part = part_of(key, self.parts) as u32;
        self.stretch.told.push(Told { part, place, key, bytes: event_bytes(&event) });
    }

    /// What was read becomes a segment; the next begins at a record of the same part of the log. If more is held then than may be, what this thread
    /// holds is put by.
    fn end_stretch(&mut self, next: usize) -> Result<(), Fault> {
        let place = self.place;
        self.place.2 = next;
        if self.stretch.is_empty() {
            return Ok(());
        }
        let segment = Segment::new(&mut self.stretch, (place, self.number), self.parts, &self.combos);
        let too_much = self.memory.hold(segment.bytes());
        self.segments.push(segment);
        if too_much { self.put_by() } else { Ok(()) }
    }

    fn put_by(&mut self) -> Result<(), Fault> {
        let mut blocks = Vec::new();
        for part in 0..self.parts {
            self.bytes.clear();
            let pieces = self.segments.iter().filter_map(|segment| segment.piece(part));
            pieces.for_each(|piece| stored::store(&piece, &mut self.bytes));
            if !self.bytes.is_empty() {
                blocks.push((part as u32, self.memory.put(&self.bytes).map_err(Fault::Scratch)?));
            }
        }
        self.memory.release(self.segments.iter().map(Segment::bytes).sum());
        self.segments.clear();
        self.runs.push(Run { blocks });
        Ok(())
    }
}
