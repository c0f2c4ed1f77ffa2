//! How far the log was acknowledged, beside the log.
//!
//! SQLite ends its write-ahead log at the first frame whose sum is wrong. A frame that a crash has torn was never acknowledged, but one of
//! which a bit was changed later may have been, and so may what follows it: cut off, they would be lost without a word. So the last entry that was acknowledged is
//! written down here too, and how many changes were made to the outbox and the snapshot, without waiting for the disk: a store that ends before it has lost something. What a loss of power takes from this file is only the last of such notes.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{DurableError, directory};
use crate::model::fingerprint;

const LONG: usize = 32;

/// How far a store had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Noted {
    /// The last entry of the log.
    pub(super) entry: u64,
    /// So many changes were made that are no entries: claims, words about jobs, snapshots.
    pub(super) changes: u64,
}

/// Two places that are written in turn: one of them is whole.
#[derive(Debug)]
pub(super) struct Witness {
    path: PathBuf,
    file: File,
    /// What was acknowledged last.
    last: Noted,
    second: bool,
    /// Nothing is in it.
    none: bool,
    /// It was there with nothing in it: as a loss of power leaves it that came while it was made, before anything was acknowledged.
    blank: bool,
}

impl Witness {
    pub(super) fn open(directory: &Path) -> Result<Witness, DurableError> {
        let path = directory.join("acknowledged");
        let failed =
            |error: std::io::Error| DurableError::Store { file: path.clone(), problem: error.to_string() };
        let was_there = path.exists();
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(failed)?;
        let mut bytes = Vec::new();
        let mut first = (&mut file).take(2 * LONG as u64 + 1);
        first.read_to_end(&mut bytes).map_err(failed)?;
        let none = bytes.iter().all(|byte| *byte == 0);
        let blank = none && was_there;
        let notes: Vec<Option<Noted>> = bytes.chunks(LONG).map(read).collect();
        if !none && notes.iter().all(Option::is_none) {
            return Err(DurableError::Damaged {
                file: path,
                place: "both of its notes".to_owned(),
                problem: "their sums are others".to_owned(),
            });
        }
        let last = notes.iter().flatten().copied().max().unwrap_or_default();
        let second = notes.first().copied().flatten() == Some(last);
        Ok(Witness { path, file, last, second, none, blank })
    }

    /// The last of which it is known that it was acknowledged.
    pub(super) const fn last(&self) -> Noted {
        self.last
    }

    /// It was there without a note: then nothing can have been acknowledged.
    pub(super) const fn is_blank(&self) -> bool {
        self.blank
    }

    /// Sees to it that the file is on the disk before anything is acknowledged: from then on it is written over in place.
    pub(super) fn begin(&mut self, last: Noted) -> Result<(), DurableError> {
        if !self.none {
            return Ok(());
        }
        let made =
            self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(&[note(last); 2].concat()));
        let made = made.and_then(|()| self.file.sync_all());
        let above = self.path.parent().unwrap_or(Path::new("."));
        let made = made.and_then(|()| directory::sync(above));
        made.map_err(|error| DurableError::Store { file: self.path.clone(), problem: error.to_string() })?;
        (self.last, self.none, self.blank) = (last, false, false);
        Ok(())
    }

    pub(super) fn note(&mut self, last: Noted) -> Result<(), DurableError> {
        let place = if self.second { LONG as u64 } else { 0 };
        let written = self.file.seek(SeekFrom::Start(place)).and_then(|_| self.file.write_all(&note(last)));
        written
            .map_err(|error| DurableError::Store { file: self.path.clone(), problem: error.to_string() })?;
        self.last = last;
        self.second = !self.second;
        Ok(())
    }
}

/// Writes a file over itself, byte for byte, and waits for the disk.
///
/// After a failed wait Linux still shows what was written, takes it to be on the disk, and never writes it again. A write-ahead log of which a part is only
/// seen would be cut off there by a loss of power, with what was acknowledged behind it.
pub(super) fn renew(path: &Path) -> Result<(), DurableError> {
    let failed =
        |error: std::io::Error| DurableError::Store { file: path.to_owned(), problem: error.to_string() };
    let mut file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let mut place = 0;
    let mut piece = Vec::new();
    loop {
        piece.clear();
        file.seek(SeekFrom::Start(place)).map_err(failed)?;
        let many = (&mut file).take(1 << 20).read_to_end(&mut piece).map_err(failed)?;
        if many == 0 {
            return file.sync_all().map_err(failed);
        }
        file.seek(SeekFrom::Start(place)).and_then(|_| file.write_all(&piece)).map_err(failed)?;
        place += many as u64;
    }
}

fn note(last: Noted) -> [u8; LONG] {
    let mut bytes = [0; LONG];
    let (entry, changes) = (last.entry.to_le_bytes(), last.changes.to_le_bytes());
    let sum = fingerprint([b"acknowledged".as_slice(), &entry, &changes]).to_le_bytes();
    for (place, byte) in bytes.iter_mut().zip(entry.into_iter().chain(changes).chain(sum)) {
        *place = byte;
    }
    bytes
}

fn read(bytes: &[u8]) -> Option<Noted> {
    let number = |bytes: &[u8]| Some(u64::from_le_bytes(bytes.try_into().ok()?));
    let noted = Noted { entry: number(bytes.get(..8)?)?, changes: number(bytes.get(8..16)?)? };
    (bytes == note(noted).as_slice()).then_some(noted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_written_over_itself_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        renew(&path).unwrap();
        assert!(!path.exists());
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|place| (place % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        renew(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn of_two_notes_the_last_whole_one_counts() {
        let folder = tempfile::tempdir().unwrap();
        let mut witness = Witness::open(folder.path()).unwrap();
        assert_eq!(witness.last(), Noted::default());
        let noted = |entry| Noted { entry, changes: entry / 2 };
        for last in (1..=5).map(noted) {
            witness.note(last).unwrap();
            assert_eq!(Witness::open(folder.path()).unwrap().last(), last);
        }
        let path = folder.path().join("acknowledged");
        let whole = std::fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            let last = Witness::open(folder.path()).unwrap().last();
            assert_eq!(last, noted(if place < LONG { 4 } else { 5 }), "byte {place}");
        }
        std::fs::write(&path, [1; 2 * LONG]).unwrap();
        assert!(Witness::open(folder.path()).is_err());
        for blank in [&[0; 2 * LONG][..], &[]] {
            std::fs::write(&path, blank).unwrap();
            let witness = Witness::open(folder.path()).unwrap();
            assert!(witness.is_blank() && witness.last() == Noted::default());
            assert!(Witness::open(folder.path()).unwrap().is_blank());
            Witness::open(folder.path()).unwrap().begin(noted(7)).unwrap();
            let witness = Witness::open(folder.path()).unwrap();
            assert!(!witness.is_blank() && witness.last() == noted(7));
        }
    }
}
