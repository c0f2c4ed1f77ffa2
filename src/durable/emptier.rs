//! The write-ahead log is brought into the file beside whoever writes.
//!
//! SQLite does that within a commit whenever the log has become long, and that commit waits until megabytes are on the disk. A second thread does it here,
//! over a connection of its own, whenever a few megabytes more were written. What it has not done when the log is four times as long is done
//! within a commit all the same: the log does not grow without an end, and little is left to do then.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, ErrorCode};

use super::DurableError;
use super::store::connect;

/// After so many bytes the thread is asked.
const ASKED_AFTER: u64 = 4 << 20;

/// The log's pages from which on a commit brings them into the file itself: 16 MiB.
pub(super) const LONGEST: i64 = 2_048;

/// The thread, once there is something to do for it.
#[derive(Debug, Default)]
pub(super) struct Emptier {
    /// So many bytes were written since it was asked last.
    written: u64,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    wanted: Mutex<Wanted>,
    bell: Condvar,
    /// Held while the log is brought into the file.
    connection: Mutex<Connection>,
    path: PathBuf,
}

#[derive(Debug, Default)]
struct Wanted {
    again: bool,
    end: bool,
    failure: Option<DurableError>,
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Emptier {
    /// So many bytes more were written.
    ///
    /// # Errors
    /// When bringing the log into the file has failed before: what is in the file is not known then.
    pub(super) fn wrote(&mut self, path: &Path, bytes: u64) -> Result<(), DurableError> {
        self.written += bytes;
        if self.written >= ASKED_AFTER {
            self.written = 0;
            let running = match &mut self.running {
                Some(running) => running,
                none => none.insert(Running::start(path)?),
            };
            held(&running.shared.wanted).again = true;
            running.shared.bell.notify_one();
        }
        let failure = self.running.as_ref().and_then(|running| held(&running.shared.wanted).failure.clone());
        failure.map_or(Ok(()), Err)
    }

    #[cfg(test)]
    pub(super) const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// While this is held, the thread does nothing.
    pub(super) fn pause(&self) -> Option<impl Drop + '_> {
        self.running.as_ref().map(|running| held(&running.shared.connection))
    }
}

impl Running {
    fn start(path: &Path) -> Result<Running, DurableError> {
        let failed = |error: rusqlite::Error| DurableError::of_store(path, &error);
        // By default it waits for the disk, with the log and with the file.
        let connection = connect(path, None, false).map_err(failed)?;
        let (wanted, bell) = (Mutex::default(), Condvar::new());
        let shared =
            Arc::new(Shared { wanted, bell, connection: Mutex::new(connection), path: path.to_owned() });
        let has = Arc::clone(&shared);
        let thread = thread::Builder::new().name("campanile-file".to_owned()).spawn(move || has.serve());
        let thread = thread.map_err(|error| DurableError::Store {
            file: path.to_owned(),
            problem: format!("there is no thread for it: {error}"),
        })?;
        Ok(Running { shared, thread: Some(thread) })
    }
}

impl Shared {
    fn serve(&self) {
        loop {
            let mut wanted = held(&self.wanted);
            while !wanted.again && !wanted.end {
                wanted = self.bell.wait(wanted).unwrap_or_else(PoisonError::into_inner);
            }
            if wanted.end {
                return;
            }
            wanted.again = false;
            drop(wanted);
            if let Err(error) = self.empty() {
                held(&self.wanted).failure = Some(DurableError::of_store(&self.path, &error));
                return;
            }
        }
    }

    /// Brings into the file what nobody reads from the log, without waiting for anybody.
    fn empty(&self) -> Result<(), rusqlite::Error> {
        let connection = held(&self.connection);
        match connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            // It is being done within a commit.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(()),
            done => done,
        }
    }
}

/// The thread is gone, and with it its connection, before the store's own is closed.
impl Drop for Running {
    fn drop(&mut self) {
        held(&self.shared.wanted).end = true;
        self.shared.bell.notify_one();
        if let Some(thread) = self.thread.take() {
            // It does not panic; and if it has, there is nothing left to wait for.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::{DurableEngine, Options, verify};
    use crate::model::{Event, Instant, Properties, Record, Value};
    use crate::rulebook::Rulebook;

    /// Whoever writes next hears that the file may not be what was written.
    #[test]
    fn a_failure_is_told_to_the_next_who_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("campanile.db");
        std::fs::write(&path, vec![7; 8_192]).unwrap();
        let mut emptier = Emptier::default();
        emptier.wrote(&path, ASKED_AFTER - 1).unwrap();
        assert!(emptier.running.is_none());
        let _ = emptier.wrote(&path, 1);
        emptier.running.as_mut().unwrap().thread.take().unwrap().join().unwrap();
        let failure = emptier.wrote(&path, 0).unwrap_err();
        assert!(matches!(failure, DurableError::Foreign { .. }), "{failure}");
    }

    #[test]
    fn the_log_before_the_file_stays_short_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let rules = r#"campaign cart { when "Added" then no "Charged" within 2 hours send template cart }"#;
        let program = Rulebook::parse("shop.camp", rules).unwrap().compile();
        let mut engine = DurableEngine::open(folder.path(), program.clone(), Options::default()).unwrap();
        let long = Value::text(&"long ".repeat(40_000));
        for number in 0..400 {
            let properties: Properties = [("text", long.clone())].into_iter().collect();
            let at = Instant::from_millis(1_800_000_000_000 + number);
            let event = Event { user: "asha".into(), name: "Added".into(), at, id: None, properties };
            engine.ingest(vec![Record::Event(event)]).unwrap();
        }
        assert!(engine.store.is_emptied_beside(), "80 MB were written");
        let waiting = std::fs::metadata(folder.path().join("campanile.db-wal")).unwrap().len();
        assert!(waiting < 64 << 20, "{waiting} bytes of the log are not in the file");
        drop(engine);
        assert!(!folder.path().join("campanile.db-wal").exists(), "all of it is in the file");
        assert_eq!(verify(folder.path(), &program).unwrap().entries, 401);
    }
}
