//! Parquet files as a log in parts: each row group is one.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::file::{Group, ParquetFile};
use super::stored::Stored;
use crate::columns::{Batch, ShardError, Shards, UserBound, Wanted};
use crate::input::fast::{Ledger, RejectSink, Shard, Tally};
use crate::input::{Contents, InputError, ReadOptions};
use crate::model::Text;

/// Rows of a batch: so few that their columns stay near the processor until they have been read, and their memory is used again; so many that what is
/// found once for each batch does not count.
const BATCH_ROWS: usize = 16_384;

/// The events of some Parquet files, in the order of the files.
///
/// Row groups may be read by several threads at once: no lock is held while one decodes.
pub(crate) struct ParquetLog {
    files: Vec<Arc<ParquetFile>>,
    /// Each shard's file and row group.
    shards: Vec<(usize, usize)>,
    ledger: Mutex<Ledger>,
    /// The bytes of the row groups that were read to their end.
    taken: AtomicU64,
    pub(super) batch_rows: usize,
}

impl ParquetLog {
    /// Opens the files; their rows are events.
    ///
    /// # Errors
    /// When one of them cannot be read, is no Parquet file, or has not the columns of events.
    pub(crate) fn open<'p>(
        paths: impl IntoIterator<Item = &'p str>,
        options: &ReadOptions,
    ) -> Result<ParquetLog, InputError> {
        let options = ReadOptions { contents: Contents::Events, ..options.clone() };
        let (mut files, mut shards) = (Vec::new(), Vec::new());
        for path in paths {
            let name = Text::from(path);
            let opening = |error| InputError::opening(path, error);
            let stored = Stored::file(File::open(path).map_err(opening)?).map_err(opening)?;
            let file = ParquetFile::open(&name, stored, &options)?;
            if file.layout.name.is_none() {
                let message = format!("the column mapping makes profiles of the rows of `{path}`");
                return Err(InputError::new(
                    path,
                    message,
                    "say which column is the event's name: `event=…`",
                ));
            }
            shards.extend((0..file.groups()).map(|group| (files.len(), group)));
            files.push(Arc::new(file));
        }
        Ok(ParquetLog {
            files,
            shards,
            ledger: Mutex::default(),
            taken: AtomicU64::new(0),
            batch_rows: BATCH_ROWS,
        })
    }

    /// Where bad rows go, in the order of the log, as soon as all that is before them has been read. Without it they are counted alone.
    pub(crate) fn rejects_to(&self, sink: RejectSink) {
        self.ledger().set_sink(sink);
    }

    /// What became of the rows of the parts that were read to their end.
    pub(crate) fn tally(&self) -> Tally {
        self.ledger().tally().clone()
    }

    /// How many bytes of the files the parts that were read to their end take.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self, shard: usize) -> Option<(&Arc<ParquetFile>, usize)> {
        let (file, group) = self.shards.get(shard)?;
        Some((self.files.get(*file)?, *group))
    }
}

impl Shards for ParquetLog {
    fn count(&self) -> usize {
        self.shards.len()
    }

    fn read(
        &self,
        shard: usize,
        wanted: &Wanted,
        visit: &mut dyn FnMut(&Batch<'_>) -> bool,
    ) -> Result<(), ShardError> {
        let Some((file, group)) = self.at(shard) else { return Ok(()) };
        let bytes = file.group(group).map_or(0, |group| u64::try_from(group.compressed_size()).unwrap_or(0));
        let mut group = Group::open(file, group, wanted, self.batch_rows)?;
        let mut said = Shard::default();
        while let Some(stretch) = group.next()? {
            let rejects = group.rejects(&stretch);
            said.tally.events += (stretch.rows() - rejects.len()) as u64;
            rejects.into_iter().for_each(|(_, reject)| said.reject(reject));
            if let Some(batch) = stretch.events()?
                && !visit(&batch)
            {
                return Ok(());
            }
        }
        self.ledger().take(shard, said);
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    fn may_have_ids(&self) -> bool {
        self.files.iter().all(|file| file.layout.id.is_some())
    }

    fn file(&self, shard: usize) -> Option<&str> {
        self.at(shard).map(|(file, _)| &*file.name)
    }

    fn users(&self, shard: usize) -> Option<(UserBound, UserBound)> {
        let (file, group) = self.at(shard)?;
        file.users(group)
    }

    fn span(&self, shard: usize) -> Option<(i64, i64)> {
        let (file, group) = self.at(shard)?;
        file.span(group)
    }

    fn rows(&self, shard: usize) -> Option<u64> {
        let (file, group) = self.at(shard)?;
        file.rows(group)
    }
}
