//! The thread that has the engine.

use std::collections::VecDeque;

use metrics::histogram;

use super::desk::{Call, Desk, Ending};
use super::{Answer, Load, tell};
use crate::durable::{Advanced, DurableEngine, DurableError};
use crate::live::Ingested;
use crate::model::{Instant, Record};

/// Does calls until the engine is shut, or nobody is left to call.
pub(super) fn serve(engine: DurableEngine, desk: &Desk) {
    // The last to go: when nobody waits any more, the directory is free.
    let _ending = Ending(desk);
    let mut worker = Worker { engine, desk, advances: VecDeque::new(), shut: None };
    loop {
        match desk.take(worker.advances.is_empty()) {
            Some(calls) => worker.turn(calls),
            None if worker.advances.is_empty() => break,
            None => {}
        }
        worker.slice();
    }
    let Worker { mut engine, shut, .. } = worker;
    match shut {
        Some(answer) => tell(&answer, engine.shut()),
        // A failure is in the host's log, and nothing that was acknowledged hangs on it.
        None => _ = engine.flush(),
    }
}

struct Worker<'d> {
    engine: DurableEngine,
    desk: &'d Desk,
    /// What is done in slices, one after the other.
    advances: VecDeque<Advancing>,
    /// Who waits for the end.
    shut: Option<Answer<()>>,
}

struct Advancing {
    now: Instant,
    so_far: Advanced,
    answer: Answer<Advanced>,
}

/// Batches that are written in one transaction.
#[derive(Default)]
struct Together {
    batches: Vec<Vec<Record>>,
    callers: Vec<(Load, Answer<Ingested>)>,
}

impl Worker<'_> {
    /// Does the calls that waited. Batches with no other call between them go together.
    fn turn(&mut self, calls: VecDeque<Call>) {
        let mut together = Together::default();
        for call in calls {
            match call {
                Call::Ingest { records, load, answer } => {
                    together.batches.push(records);
                    together.callers.push((load, answer));
                }
                Call::Advance { now, answer } => {
                    self.advances.push_back(Advancing { now, so_far: Advanced::default(), answer });
                }
                Call::Other(work) => {
                    self.ingest(&mut together);
                    work(&mut self.engine, self.desk);
                }
                Call::Shut(answer) => self.shut = Some(answer),
            }
        }
        self.ingest(&mut together);
    }

    fn ingest(&mut self, together: &mut Together) {
        let Together { batches, callers } = std::mem::take(together);
        if batches.is_empty() {
            return;
        }
        histogram!("campanile_service_together").record(batches.len() as f64);
        let done = self.engine.ingest_all(batches);
        callers.iter().for_each(|(load, _)| self.desk.done(*load));
        match done {
            Ok(ingested) => {
                for ((_, answer), ingested) in callers.iter().zip(ingested) {
                    tell(answer, Ok(ingested));
                }
            }
            Err(error) => callers.iter().for_each(|(_, answer)| tell(answer, Err(error.clone()))),
        }
    }

    /// A slice of what is to be closed first.
    fn slice(&mut self) {
        let Some(advancing) = self.advances.front_mut() else { return };
        let done = self.engine.advance_within(advancing.now, self.engine.options.slice).map(|slice| {
            let so_far = advancing.so_far;
            Advanced {
                jobs: so_far.jobs + slice.jobs,
                outcomes: so_far.outcomes + slice.outcomes,
                caught_up: slice.caught_up,
            }
        });
        match done {
            Ok(so_far) if !so_far.caught_up => advancing.so_far = so_far,
            done => self.end(done),
        }
    }

    fn end(&mut self, done: Result<Advanced, DurableError>) {
        if let Some(advancing) = self.advances.pop_front() {
            self.desk.done(Load::CALL);
            tell(&advancing.answer, done);
        }
    }
}
