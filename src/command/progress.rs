use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal;

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
