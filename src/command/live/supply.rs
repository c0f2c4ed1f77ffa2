//! The rows of a log as they come, read by a thread of their own.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::clock::Seen;
use crate::command::exit::Failure;
use crate::command::run::{unreadable, unreadable_profiles};
use crate::input::{self, InputError, ReadOptions, Reader, Row};
use crate::model::Record;

/// So many rows wait at most: a log that comes faster than it is taken in waits itself.
const WAITING: usize = 4_096;

/// So often the end of a followed file is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What a source gives.
pub enum Given {
    /// One more row.
    Row(Row),
    /// It was read up to where it had been before; these instants were in it.
    Passed(Seen),
    /// There is no more.
    Ended,
    /// A followed file is read no further, as a signal came; of its last line a part may have been read, which is read again next time.
    Stopped,
    /// For now there is nothing.
    Nothing,
}

/// One source of rows.
pub struct Supply {
    rows: Receiver<Result<Given, Failure>>,
    ended: bool,
}

/// What to read.
pub struct Source {
    /// The file; `-` is standard input.
    pub file: String,
    /// How.
    pub options: ReadOptions,
    /// So many rows of it were taken in before.
    pub passed: u64,
    /// At its end, wait for more.
    pub follow: bool,
    /// It holds profiles.
    pub profiles: bool,
}

impl Supply {
    /// Begins to read.
    pub fn begin(source: Source, stop: &Arc<AtomicBool>) -> Supply {
        let (sender, rows) = sync_channel(WAITING);
        let stop = Arc::clone(stop);
        // It is not waited for: it may be in the middle of a read that never ends.
        thread::spawn(move || {
            let left = Arc::default();
            let last = match source.give(&sender, &stop, &left) {
                Ok(()) => Ok(Given::Ended),
                Err(_) if left.load(Ordering::Relaxed) => Ok(Given::Stopped),
                Err(failure) => Err(failure),
            };
            // Nobody may be listening any more.
            let _ = sender.send(last);
        });
        Supply { rows, ended: false }
    }

    /// The next of what comes, waited for so long at most.
    ///
    /// # Errors
    /// When the source cannot be read, or not further.
    pub fn next(&mut self, wait: Duration) -> Result<Given, Failure> {
        if self.ended {
            return Ok(Given::Ended);
        }
        match self.rows.recv_timeout(wait) {
            Ok(given) => {
                let given = given?;
                self.ended = matches!(given, Given::Ended);
                Ok(given)
            }
            Err(RecvTimeoutError::Timeout) => Ok(Given::Nothing),
            Err(RecvTimeoutError::Disconnected) => Err(Failure::bug("the thread that reads has ended")),
        }
    }
}

impl Source {
    fn give(
        &self,
        sender: &SyncSender<Result<Given, Failure>>,
        stop: &Arc<AtomicBool>,
        left: &Arc<AtomicBool>,
    ) -> Result<(), Failure> {
        let failed: fn(InputError) -> Failure = if self.profiles { unreadable_profiles } else { unreadable };
        let mut reader = self.open(stop, left).map_err(failed)?;
        let mut seen = Seen::default();
        for passed in 0..self.passed {
            match reader.next() {
                Some(row) => {
                    if let Row::Record(record) = row.map_err(failed)? {
                        Record::at(&record).into_iter().for_each(|at| seen.see(at));
                    }
                }
                None => return Err(self.shorter(passed)),
            }
        }
        if sender.send(Ok(Given::Passed(seen))).is_err() {
            return Ok(());
        }
        for row in reader {
            if sender.send(Ok(Given::Row(row.map_err(failed)?))).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    #[cold]
    fn shorter(&self, rows: u64) -> Failure {
        let (file, passed) = (&self.file, self.passed);
        Failure::usage(format!("`{file}` has {rows} rows, and {passed} of it were taken in before"))
            .with_help("it was cut or replaced: give what is new another name")
    }

    fn open(&self, stop: &Arc<AtomicBool>, left: &Arc<AtomicBool>) -> Result<Reader, InputError> {
        let path = Path::new(&self.file);
        if self.follow
            && let Ok(file) = File::open(path)
        {
            let followed = Followed { file, stop: Arc::clone(stop), left: Arc::clone(left) };
            return input::from_read(&self.file, followed, &self.options);
        }
        input::open(path, &self.options)
    }
}

/// A file whose end is not the end.
struct Followed {
    file: File,
    stop: Arc<AtomicBool>,
    /// Its reader was made to give up, which is no error of the file's.
    left: Arc<AtomicBool>,
}

impl Read for Followed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.file.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            if self.stop.load(Ordering::Relaxed) {
                // What was read of an unfinished line must not be taken for a row, which an end of the file would make of it.
                self.left.store(true, Ordering::Relaxed);
                return Err(io::Error::other("reading was ended"));
            }
            thread::sleep(LOOK);
        }
    }
}
