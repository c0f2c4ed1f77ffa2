//! What the benches measure with that criterion does not: how long single calls take, and how much memory is held.

use std::fmt;
use std::time::{Duration, Instant};

/// The durations of many calls.
#[derive(Default)]
pub struct Calls {
    nanoseconds: Vec<u64>,
    /// How long each ran, without what it waited for a processor.
    ran: Vec<u64>,
}

/// A call longer than this is a pause, in nanoseconds.
const PAUSE: u64 = 5_000_000;

impl Calls {
    /// Room for so many, so that keeping them takes no time.
    pub fn with_capacity(calls: usize) -> Calls {
        Calls { nanoseconds: Vec::with_capacity(calls), ran: Vec::with_capacity(calls) }
    }

    /// Makes a call, and keeps how long it took.
    pub fn time<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let (ran, start) = (processor(), now());
        let result = call();
        let took = start.elapsed();
        // Its own interval is the longer one.
        let ran = processor().saturating_sub(ran).min(took);
        self.nanoseconds.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        self.ran.push(u64::try_from(ran.as_nanos()).unwrap_or(u64::MAX));
        result
    }

    /// How long all of them took, one after the other.
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.iter().sum())
    }

    /// Half of the calls are shorter than the first, 99 of 100 than the second, and so on; and the longest.
    pub fn quantiles(&self) -> [Duration; 4] {
        let mut sorted = self.nanoseconds.clone();
        sorted.sort_unstable();
        let at = |share: f64| {
            let place = (sorted.len() as f64 * share) as usize;
            let nanoseconds = sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0);
            Duration::from_nanos(nanoseconds)
        };
        [at(0.5), at(0.99), at(0.999), at(1.0)]
    }

    /// The heads of what is written.
    pub fn heads() -> &'static str {
        "      calls        p50        p99      p99.9    longest  over 5 ms  longest run  ran > 5 ms        all"
    }
}

/// Those of several threads are put together.
impl Extend<Calls> for Calls {
    fn extend<I: IntoIterator<Item = Calls>>(&mut self, all: I) {
        for calls in all {
            self.nanoseconds.extend(calls.nanoseconds);
            self.ran.extend(calls.ran);
        }
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>11}", self.nanoseconds.len())?;
        for duration in self.quantiles() {
            write!(f, "{:>11}", shown(duration))?;
        }
        let long = |calls: &[u64]| calls.iter().filter(|call| **call > PAUSE).count();
        let longest = Duration::from_nanos(self.ran.iter().copied().max().unwrap_or(0));
        let (took, ran) = (long(&self.nanoseconds), long(&self.ran));
        write!(f, "{took:>11}{:>13}{ran:>12}{:>11}", shown(longest), shown(self.total()))
    }
}

/// A duration with three digits that matter.
pub fn shown(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos() as f64;
    match nanoseconds {
        ..1e3 => format!("{nanoseconds:.0} ns"),
        ..1e6 => format!("{:.1} µs", nanoseconds / 1e3),
        ..1e9 => format!("{:.1} ms", nanoseconds / 1e6),
        _ => format!("{:.2} s", nanoseconds / 1e9),
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
pub fn now() -> Instant {
    Instant::now()
}

/// How long this thread has run so far. What it waited for a processor is not in it, where the system tells the two apart
/// (Linux does, also what a host of virtual machines took away); what the system did for it, such as clearing memory, is.
fn processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// The memory that is held, in bytes; 0 where the system does not say.
pub fn memory() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|pages| pages.split(' ').nth(1)?.parse::<usize>().ok());
    pages.unwrap_or(0) * 4_096
}

/// How often the system has given the processor to somebody else: on a quiet machine hardly ever.
pub fn interruptions() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// The first number among the arguments, with `_` in it or not; `cargo test` runs benches too, and only to see that they run.
pub fn size(of_bench: usize, of_test: usize) -> usize {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let said = arguments.iter().find_map(|argument| argument.replace('_', "").parse().ok());
    said.unwrap_or(if arguments.iter().any(|argument| argument == "--bench") { of_bench } else { of_test })
}
