//! How long a command takes, and each of its phases.

use std::time::{Duration, Instant as Clock};

use crate::report::seconds;

/// Runs from the beginning; each lap is a phase, or a part of one.
#[derive(Debug)]
pub struct Stopwatch {
    begun: Clock,
    lap: Clock,
}

impl Stopwatch {
    /// Runs from now on.
    pub fn begin() -> Stopwatch {
        let begun = clock();
        Stopwatch { begun, lap: begun }
    }

    /// Adds the time since the last lap, in seconds, to a phase.
    pub fn lap(&mut self, phase: &mut f64) {
        let now = clock();
        *phase = seconds(Duration::from_secs_f64(*phase) + (now - self.lap));
        self.lap = now;
    }

    /// The time since the beginning.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a run takes is told at its end and decides nothing")]
fn clock() -> Clock {
    Clock::now()
}
