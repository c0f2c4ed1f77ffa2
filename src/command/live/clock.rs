//! What tells the time.

use std::time::{Instant as Stopwatch, SystemTime};

use crate::model::{Duration, Instant};

/// What tells the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Clock {
    /// The system's clock.
    System,
    /// The instants of the records as they come, to the end of the log.
    Virtual,
}

/// The time as far as records tell it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Seen {
    /// A record of this instant came.
    pub fn see(&mut self, at: Instant) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    /// The same of several.
    pub fn and(&mut self, other: Seen) {
        other.first.into_iter().chain(other.last).for_each(|at| self.see(at));
    }

    /// The time: just before the last record, as more may come of its instant; at the end of the log, so much later that its instant
    /// is closed. None while that would close nothing of the log.
    fn now(self, ended: bool, lateness: Duration) -> Option<Instant> {
        let (first, last) = (self.first?, self.last?);
        if ended {
            return Some(Instant::from_millis(last.millis().saturating_add(lateness.millis())));
        }
        let now = Instant::from_millis(last.millis().saturating_sub(1));
        (now.millis().saturating_sub(lateness.millis()) >= first.millis()).then_some(now)
    }
}

impl Clock {
    /// The time; none while it is not known.
    pub fn now(self, seen: Seen, ended: bool, lateness: Duration) -> Option<Instant> {
        match self {
            Clock::System => Some(system()),
            Clock::Virtual => seen.now(ended, lateness),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that tells the engine what time it is")]
fn system() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Calls something, and notes how long it took for who looks at the numbers.
#[expect(clippy::disallowed_methods, reason = "how long a call takes is told and decides nothing")]
pub fn timed<T>(call: &'static str, run: impl FnOnce() -> T) -> T {
    let begun = Stopwatch::now();
    let done = run();
    metrics::histogram!("campanile_call_seconds", "call" => call).record(begun.elapsed().as_secs_f64());
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_virtual_clock_stays_before_the_last_record_until_the_log_ends() {
        let (at, late) = (Instant::from_millis, Duration::from_millis(10));
        let mut seen = Seen::default();
        assert_eq!(Clock::Virtual.now(seen, true, late), None);
        seen.see(at(1_000));
        assert_eq!(Clock::Virtual.now(seen, false, late), None);
        seen.see(at(1_011));
        seen.see(at(1_005));
        assert_eq!(Clock::Virtual.now(seen, false, late), Some(at(1_010)));
        assert_eq!(Clock::Virtual.now(seen, true, late), Some(at(1_021)));
    }
}
