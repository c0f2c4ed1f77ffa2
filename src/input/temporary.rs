use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::scratch::{Blocks, Scratch, ScratchError};

/// A folder for what does not fit in memory while an [`Audience`](crate::audience::Audience) is asked.
///
/// What is written there is packed, and in files without a name where the system has such, which are gone with the process however it ends; elsewhere
/// the system removes them once they are closed.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use campanile::{audience::Audience, input::TemporaryFiles, rulebook::Rulebook};
/// let rulebook = Rulebook::parse("shop.camp", "segment buyers = did \"Charged\" in last 7 days")?;
/// let folder = tempfile::tempdir()?;
/// let audience = Audience::new(&rulebook).with_memory(4 << 30, Arc::new(TemporaryFiles::in_folder(folder.path())));
/// # let _ = audience.ask()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TemporaryFiles {
    folder: PathBuf,
}

/// Blocks one behind the other in a file, packed.
#[derive(Debug)]
struct FileOfBlocks {
    folder: PathBuf,
    file: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    file: File,
    /// Where the next block begins.
    end: u64,
    /// Where each block is, how many bytes it takes, and how many it has unpacked.
    blocks: Vec<(u64, usize, usize)>,
}

/// The fastest that packs well: what waits is columns of small numbers.
const LEVEL: i32 = 1;

impl TemporaryFiles {
    /// Files in this folder.
    pub fn in_folder(folder: impl AsRef<Path>) -> TemporaryFiles {
        TemporaryFiles { folder: folder.as_ref().to_owned() }
    }
}

impl Scratch for TemporaryFiles {
    fn begin(&self) -> Result<Box<dyn Blocks>, ScratchError> {
        let file = tempfile::tempfile_in(&self.folder)
            .map_err(|error| failed("create a temporary file in", &self.folder, &error))?;
        let written = Written { file, end: 0, blocks: Vec::new() };
        Ok(Box::new(FileOfBlocks { folder: self.folder.clone(), file: Mutex::new(written) }))
    }
}

impl Blocks for FileOfBlocks {
    fn put(&self, block: &[u8]) -> Result<u64, ScratchError> {
        let failed = |error| failed("write to a temporary file in", &self.folder, &error);
        let packed = zstd::bulk::compress(block, LEVEL).map_err(failed)?;
        let mut written = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let at = written.end;
        written
            .file
            .seek(SeekFrom::Start(at))
            .and_then(|_| written.file.write_all(&packed))
            .map_err(failed)?;
        written.end += packed.len() as u64;
        written.blocks.push((at, packed.len(), block.len()));
        Ok(written.blocks.len() as u64 - 1)
    }

    fn get(&self, number: u64) -> Result<Vec<u8>, ScratchError> {
        let failed = |error| failed("read from a temporary file in", &self.folder, &error);
        let mut written = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let known = usize::try_from(number).ok().and_then(|number| written.blocks.get(number)).copied();
        let (at, packed, bytes) = known.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        let mut read = vec![0; packed];
        written
            .file
            .seek(SeekFrom::Start(at))
            .and_then(|_| written.file.read_exact(&mut read))
            .map_err(failed)?;
        drop(written);
        zstd::bulk::decompress(&read, bytes).map_err(failed)
    }
}

#[cold]
fn failed(doing: &str, folder: &Path, error: &io::Error) -> ScratchError {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    ScratchError::new(format!("cannot {doing} `{}`: {reason}", folder.display()))
        .with_help("what does not fit in memory is put there; name another folder, or allow more memory")
}

#[cfg(test)]
mod tests {
    use super::TemporaryFiles;
    use crate::scratch::Scratch;

    #[test]
    fn blocks_come_back_by_their_numbers_and_leave_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let blocks = TemporaryFiles::in_folder(folder.path()).begin().unwrap();
        let all: Vec<Vec<u8>> = (0..50_usize).map(|number| vec![number as u8; number * 1000]).collect();
        let numbers: Vec<u64> = all.iter().map(|block| blocks.put(block).unwrap()).collect();
        for (block, number) in all.iter().zip(numbers).rev() {
            assert_eq!(blocks.get(number).unwrap(), *block);
        }
        assert!(blocks.get(50).is_err());
        drop(blocks);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = TemporaryFiles::in_folder("no/such/folder").begin().unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot create a temporary file in `no/such/folder`: there is no such folder"
        );
    }
}
