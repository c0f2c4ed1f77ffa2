//! Rows that were put by in the order of time, had back in that order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::vec::IntoIter;

use super::block::{Rows, has_extra};
use crate::model::Instant;
use crate::program::EventExtra;
use crate::replay::Row;
use crate::scratch::ScratchError;
use crate::scratch::memory::{Block, Memory, Run, changed};

/// All runs as one row of rows; of one instant, those that were put by earlier come first. One block of each run is held at a time.
pub(super) struct Merged<'m> {
    memory: &'m Memory,
    runs: Vec<Way>,
    /// The instant of each run's next row.
    next: BinaryHeap<Reverse<(Instant, usize)>>,
}

/// The way through a run.
struct Way {
    blocks: IntoIter<(u32, Block)>,
    rows: IntoIter<Row>,
    extras: IntoIter<EventExtra>,
}

impl<'m> Merged<'m> {
    pub(super) fn new(memory: &'m Memory, runs: Vec<Run>) -> Result<Merged<'m>, ScratchError> {
        let way = |run: Run| Way {
            blocks: run.blocks.into_iter(),
            rows: Vec::new().into_iter(),
            extras: Vec::new().into_iter(),
        };
        let runs: Vec<Way> = runs.into_iter().map(way).collect();
        let mut merged = Merged { memory, runs, next: BinaryHeap::new() };
        for run in 0..merged.runs.len() {
            merged.go_on(run)?;
        }
        Ok(merged)
    }

    /// The next row, and what is kept of its event.
    pub(super) fn next(&mut self) -> Result<Option<(Row, Option<EventExtra>)>, ScratchError> {
        let Some(Reverse((_, run))) = self.next.pop() else { return Ok(None) };
        let Some(way) = self.runs.get_mut(run) else { return Ok(None) };
        let Some(row) = way.rows.next() else { return Ok(None) };
        let extra = if has_extra(&row) { way.extras.next() } else { None };
        self.go_on(run)?;
        Ok(Some((row, extra)))
    }

    /// Looks at the next row of a run, if it has one.
    fn go_on(&mut self, run: usize) -> Result<(), ScratchError> {
        let Some(way) = self.runs.get_mut(run) else { return Ok(()) };
        if way.rows.as_slice().is_empty()
            && let Some((_, block)) = way.blocks.next()
        {
            let mut rows = Rows::default();
            rows.read(&self.memory.get(block)?).ok_or_else(changed)?;
            (way.rows, way.extras) = (rows.rows.into_iter(), rows.extras.into_iter());
        }
        if let Some(row) = way.rows.as_slice().first() {
            self.next.push(Reverse((row.at, run)));
        }
        Ok(())
    }
}
