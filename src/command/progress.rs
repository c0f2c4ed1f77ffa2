use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal;
use crate::input::Log;
use crate::report::grouped;

/// How far the reading is: bytes, rate and time left, on a terminal. Nothing is drawn anywhere else, and nothing is
/// left standing at the end.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Begins to read so many bytes; `None` when that cannot be known, as of standard input.
    pub fn reading(bytes: Option<u64>) -> Progress {
        let (bar, template) = match bytes {
            Some(bytes) => (
                ProgressBar::new(bytes),
                "{msg} {bar:32} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
            ),
            None => (ProgressBar::no_length(), "{msg} {bytes}, {bytes_per_sec}"),
        };
        // Hidden by itself where standard error is no terminal.
        bar.set_draw_target(ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message("reading");
        Progress { bar }
    }

    /// So many bytes have been read.
    pub fn at(&self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    /// So many rows have been read.
    pub fn rows(&self, rows: u64) {
        if !self.bar.is_hidden() {
            self.bar.set_message(format!("reading, {} rows,", grouped(rows)));
        }
    }

    /// Does work that reads a log, and looks now and then how far it is.
    pub fn over<T>(&self, log: &Log, work: impl FnOnce() -> T) -> T {
        const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
        if self.bar.is_hidden() {
            return work();
        }
        let (done, is_done) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                while is_done.recv_timeout(BETWEEN_LOOKS) == Err(RecvTimeoutError::Timeout) {
                    if let Some(bytes) = log.bytes_read() {
                        // What is read a second time is not counted again.
                        self.at(self.bar.length().map_or(bytes, |length| bytes.min(length)));
                    }
                    self.rows(log.tally().rows());
                }
            });
            // Dropped when the work is done, be it by a panic.
            let _done = done;
            work()
        })
    }

    /// All is read; the virtual clock runs.
    pub fn replaying(&self) {
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            self.bar.set_style(style);
        }
        self.bar.set_message("replaying");
        self.bar.tick();
    }

    /// Says something amid it.
    pub fn aside(&self, line: &str) {
        self.teller().aside(line);
    }

    /// For those who say something from other threads.
    pub fn teller(&self) -> Teller {
        Teller { bar: self.bar.clone() }
    }
}

/// Says something amid the progress.
#[derive(Debug, Clone)]
pub struct Teller {
    bar: ProgressBar,
}

impl Teller {
    /// Says a line.
    pub fn aside(&self, line: &str) {
        self.bar.suspend(|| terminal::tell(&format!("{line}\n")));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
