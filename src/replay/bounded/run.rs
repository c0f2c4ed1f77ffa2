//! The run over rows of which some were put by.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::block::Rows;
use super::merged::Merged;
use super::{Order, Waiting, part_of};
use crate::dispatch::Part;
use crate::replay::groups::Groups;
use crate::replay::run::{Crew, Source, Worker};
use crate::replay::units::Units;
use crate::replay::{Phase, Replay, Streamed, workers};
use crate::scratch::ScratchError;
use crate::scratch::memory::changed;

impl Replay {
    /// As [`Replay::decide`], of rows that wait elsewhere.
    pub(super) fn decide_put_by(
        &mut self,
        mut waiting: Waiting,
        begins: &mut dyn FnMut(Phase),
    ) -> Result<Streamed, ScratchError> {
        begins(Phase::Group);
        let run = self.stretch();
        // The room is needed for those that are had back.
        waiting.put_by(&mut self.rows, &mut self.extras, self.users.len());
        (self.rows, self.extras) = (Vec::new(), Vec::new());
        if let Some(failure) = waiting.failure.take() {
            return Err(failure);
        }
        let groups = self.groups();
        let templates = Arc::new(self.said_of_templates(run.to));
        let parts = match waiting.order {
            Order::Time => {
                begins(Phase::Run);
                vec![Crew { replay: self, run, templates: &templates }.run_everybody(waiting, &groups)?]
            }
            Order::Users(of_part) => {
                let shared = waiting.rows_of_groups(self, &groups, of_part)?;
                let units =
                    Units::new(self.users.len(), groups, &shared.rows, |row, groups| self.group(row, groups));
                begins(Phase::Run);
                let crew = Crew { replay: self, run, templates: &templates };
                crew.run_parts(&waiting, of_part, (&units, &shared))?
            }
        };
        begins(Phase::Merge);
        Ok(self.streamed(run, parts))
    }
}

impl Waiting {
    /// The rows of those who are run in groups, in the order in which they were added: they are in several parts.
    fn rows_of_groups(&self, replay: &Replay, groups: &Groups, of_part: usize) -> Result<Rows, ScratchError> {
        let mut all = Rows::default();
        let users = groups.members().iter().flatten();
        let mut parts: BTreeSet<u32> = users.map(|user| part_of(*user, of_part)).collect();
        if parts.is_empty() {
            return Ok(all);
        }
        parts.insert(part_of(u32::MAX, of_part));
        for run in &self.runs {
            let mut of_run = Rows::default();
            for block in parts.iter().filter_map(|part| run.block(*part as usize)) {
                let mut rows = Rows::default();
                rows.read(&self.memory.get(block)?).ok_or_else(changed)?;
                rows.retain(|row| replay.group(row, groups).is_some());
                of_run.append(rows);
            }
            let Rows { rows, places, .. } = &mut of_run;
            let mut placed: Vec<_> = places.iter().copied().zip(rows.drain(..)).collect();
            placed.sort_by_key(|(place, _)| *place);
            rows.extend(placed.into_iter().map(|(_, row)| row));
            all.append(of_run);
        }
        Ok(all)
    }

    /// All rows of a part, in the order in which they were added; users are counted from the part's first.
    fn part(&self, part: usize, first: u32, into: &mut Rows) -> Result<(), ScratchError> {
        into.clear();
        for block in self.runs.iter().filter_map(|run| run.block(part)) {
            into.read(&self.memory.get(block)?).ok_or_else(changed)?;
        }
        into.rows.iter_mut().for_each(|row| row.user = row.user.wrapping_sub(first));
        Ok(())
    }
}

impl<'r> Crew<'r> {
    /// Runs users part by part, and then those who are run in groups.
    fn run_parts(
        &self,
        waiting: &Waiting,
        of_part: usize,
        (units, shared): (&Units, &Rows),
    ) -> Result<Vec<Part>, ScratchError> {
        let users = self.replay.users.len();
        let parts = users.div_ceil(of_part);
        let of_groups: Vec<_> = units
            .pieces()
            .into_iter()
            .map(|piece| piece.start.max(users)..piece.end)
            .filter(|piece| !piece.is_empty())
            .collect();
        let failed = AtomicBool::new(false);
        let found = workers::in_order(
            self.replay.threads,
            parts + of_groups.len(),
            || (self.worker(), Rows::default()),
            |(worker, rows), piece| {
                // After an error nothing more needs to be had back.
                if failed.load(Ordering::Relaxed) {
                    return Ok(self.part(worker));
                }
                match of_groups.get(piece.wrapping_sub(parts)) {
                    Some(groups) => {
                        let source = Source { rows: &shared.rows, extras: &shared.extras, units, first: 0 };
                        groups.clone().for_each(|unit| self.run(worker, source, unit));
                    }
                    None => {
                        let first = piece * of_part;
                        let alone = |user: &usize| units.unit(*user).is_some();
                        let of_part = first..(first + of_part).min(users);
                        let loaded = waiting.part(piece, u32::try_from(first).unwrap_or(u32::MAX), rows);
                        if let Err(error) = loaded {
                            failed.store(true, Ordering::Relaxed);
                            return Err(error);
                        }
                        let mine = Units::new(of_part.len(), Groups::default(), &rows.rows, |_, _| None);
                        let source = Source { rows: &rows.rows, extras: &rows.extras, units: &mine, first };
                        of_part.filter(alone).for_each(|user| self.run(worker, source, user - first));
                    }
                }
                Ok(self.part(worker))
            },
        );
        found.into_iter().collect()
    }

    /// Runs all users as one, in the order of time.
    fn run_everybody(&self, waiting: Waiting, groups: &Groups) -> Result<Part, ScratchError> {
        let Waiting { memory, runs, .. } = waiting;
        let mut worker: Worker<'r> = self.worker();
        let everybody = groups.members().first().map(Vec::as_slice).unwrap_or_default();
        let mut together = self.gather(&mut worker, everybody);
        let mut rows = Merged::new(&memory, runs)?;
        while let Some((row, extra)) = rows.next()?.filter(|(row, _)| row.at < self.run.to) {
            // All are in one group, so that each one's place there is the user's number.
            self.step_together(&mut worker, &mut together, (row.user, &row), extra.as_ref());
        }
        self.close(&mut worker, together);
        Ok(self.part(&mut worker))
    }
}
