//! A Parquet file's bytes, read from any place by any thread.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

/// Where the bytes are. A copy is another handle to the same.
#[derive(Debug, Clone)]
pub(super) enum Stored {
    File(Arc<OnDisk>),
    Memory(Bytes),
}

/// A file, and how it was when it was opened.
#[derive(Debug)]
pub(super) struct OnDisk {
    file: File,
    len: u64,
    modified: Option<SystemTime>,
}

impl Stored {
    /// A file that was opened.
    pub(super) fn file(file: File) -> io::Result<Stored> {
        let metadata = file.metadata()?;
        let (len, modified) = state(&metadata);
        Ok(Stored::File(Arc::new(OnDisk { file, len, modified })))
    }

    /// Bytes in memory, such as those of standard input.
    pub(super) const fn memory(bytes: Bytes) -> Stored {
        Stored::Memory(bytes)
    }

    /// Whether the file is no longer what it was when it was opened.
    pub(super) fn has_changed(&self) -> bool {
        match self {
            Stored::File(on_disk) => on_disk
                .file
                .metadata()
                .map_or(true, |metadata| state(&metadata) != (on_disk.len, on_disk.modified)),
            Stored::Memory(_) => false,
        }
    }

    /// Fills the buffer from a place on, as far as there are bytes.
    fn read_at(&self, buffer: &mut [u8], place: u64) -> io::Result<usize> {
        match self {
            Stored::File(on_disk) => read_at(&on_disk.file, buffer, place),
            Stored::Memory(bytes) => {
                let rest = usize::try_from(place).ok().and_then(|place| bytes.get(place..));
                let rest = rest.unwrap_or_default();
                let read = rest.len().min(buffer.len());
                for (to, from) in buffer.iter_mut().zip(rest) {
                    *to = *from;
                }
                Ok(read)
            }
        }
    }
}

fn state(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

/// Reads from a place without moving the place of other readers.
#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], place: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, place)
}

/// Reads from a place. The handle's own place moves, which nobody relies on.
#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], place: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, place)
}

/// Reads from a place, one reader at a time where the system has no other way.
#[cfg(not(any(unix, windows)))]
fn read_at(mut file: &File, buffer: &mut [u8], place: u64) -> io::Result<usize> {
    use std::io::{Seek, SeekFrom};
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE.lock().map_err(|_| io::ErrorKind::Other)?;
    file.seek(SeekFrom::Start(place))?;
    file.read(buffer)
}

/// The bytes from a place on, one after the other.
#[derive(Debug)]
pub(super) struct From {
    stored: Stored,
    place: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stored.read_at(buffer, self.place)?;
        self.place += read as u64;
        Ok(read)
    }
}

impl Length for Stored {
    fn len(&self) -> u64 {
        match self {
            Stored::File(on_disk) => on_disk.len,
            Stored::Memory(bytes) => bytes.len() as u64,
        }
    }
}

impl ChunkReader for Stored {
    type T = BufReader<From>;

    /// Used for the headers of pages, which are short.
    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        const HEADER: usize = 512;
        Ok(BufReader::with_capacity(HEADER, From { stored: self.clone(), place: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        // Before any memory is taken: a damaged file may ask for any length.
        if start.checked_add(length as u64).is_none_or(|end| end > self.len()) {
            let found = format!("{length} bytes from byte {start} on are not there");
            return Err(ParquetError::EOF(found));
        }
        match self {
            Stored::Memory(bytes) => {
                let start = usize::try_from(start).unwrap_or(usize::MAX);
                Ok(bytes.slice(start..start.saturating_add(length)))
            }
            Stored::File(_) => {
                let mut buffer = Vec::with_capacity(length);
                let from = From { stored: self.clone(), place: start };
                if from.take(length as u64).read_to_end(&mut buffer)? < length {
                    let found = format!("it has fewer than {} bytes by now", start + length as u64);
                    return Err(ParquetError::EOF(found));
                }
                Ok(buffer.into())
            }
        }
    }
}
