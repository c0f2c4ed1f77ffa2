//! Where the jobs go: a file, at whose end they are on the disk before they count as handed over, or standard output.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::command::exit::Failure;
use crate::durable::Claim;
use crate::model::SendJob;
use crate::sink::{NdjsonSink, Sink, WriteError};

/// How a line of a job begins.
const BEGINNING: &[u8] = b"{\"id\":";

/// So much of a file's end is looked at: some times what is handed over at once.
const END: u64 = 32 << 20;

/// Where the jobs go.
pub struct Outlet {
    name: String,
    to: To,
    /// The ids of the jobs at the file's end when it was opened: a crash may have come between writing them and settling them.
    there: BTreeSet<String>,
}

enum To {
    File(File),
    Stdout,
}

impl Outlet {
    /// Opens a sink; a line that a crash has left unfinished at a file's end is removed: its job comes again.
    ///
    /// # Errors
    /// When it cannot be written, and when its end is no line of a job.
    pub fn open(name: &str) -> Result<Outlet, Failure> {
        if name == "-" {
            return Ok(Outlet { name: "standard output".to_owned(), to: To::Stdout, there: BTreeSet::new() });
        }
        let failed = |error: io::Error| Failure::io("write", name, &error);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(name);
        let mut file = opened.map_err(failed)?;
        let mut there = BTreeSet::new();
        if file.metadata().map_err(failed)?.is_file() {
            let whole = whole_lines(&mut file).map_err(failed)?;
            let (whole, ids) = whole.ok_or_else(|| {
                Failure::usage(format!("`{name}` does not end with a line of a send job"))
                    .with_help("jobs are appended to a file of jobs; name another file")
            })?;
            file.set_len(whole).and_then(|()| file.seek(SeekFrom::Start(whole))).map_err(failed)?;
            there = ids;
        }
        Ok(Outlet { name: name.to_owned(), to: To::File(file), there })
    }

    /// Hands jobs over: they are on the disk, or with whoever reads, when this returns. One that was claimed before, and is in the file, is not
    /// written again.
    ///
    /// # Errors
    /// When they are not.
    pub fn hand_over(&mut self, claims: &[Claim]) -> Result<(), Failure> {
        let name = &self.name;
        let failed = |error: WriteError| Failure::usage(format!("`{name}`: {error}"));
        match &mut self.to {
            To::File(file) => {
                let mut sink = NdjsonSink::new(&mut *file);
                let there = &self.there;
                let is_there =
                    |claim: &&Claim| claim.attempt > 1 && there.contains(&claim.job.id.to_string());
                let mut missing = claims.iter().filter(|claim| !is_there(claim));
                missing.try_for_each(|claim| sink.send(&claim.job)).map_err(failed)?;
                sink.into_inner().map_err(failed)?;
                file.sync_data().map_err(|error| Failure::io("write", name, &error))
            }
            To::Stdout => {
                let mut sink = NdjsonSink::new(io::stdout().lock());
                claims.iter().try_for_each(|claim| sink.send(&claim.job)).map_err(failed)?;
                let mut stdout = sink.into_inner().map_err(failed)?;
                stdout.flush().map_err(|error| Failure::io("write", name, &error))
            }
        }
    }
}

/// Where the whole lines end, and the ids of the last of them; none when what follows them is no job's.
fn whole_lines(file: &mut File) -> io::Result<Option<(u64, BTreeSet<String>)>> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
    let mut end = Vec::new();
    file.take(END).read_to_end(&mut end)?;
    let line = match end.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => at + 1,
        None if from == 0 => 0,
        None => return Ok(None),
    };
    let (whole, rest) = end.split_at_checked(line).unwrap_or_default();
    let known = rest.len().min(BEGINNING.len());
    if rest.get(..known) != BEGINNING.get(..known) {
        return Ok(None);
    }
    // The first of them may be the end of a line.
    let jobs =
        whole.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<SendJob>(line).ok());
    let ids = jobs.map(|job| job.id.to_string()).collect();
    Ok(Some((from + line as u64, ids)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_a_crash_has_cut_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("jobs.ndjson");
        for (found, left) in [
            ("", Some("")),
            ("{\"id\":1}\n", Some("{\"id\":1}\n")),
            ("{\"id\":1}\n{\"id\":2", Some("{\"id\":1}\n")),
            ("{\"i", Some("")),
            ("{\"id\":1}\nby hand", None),
            ("by hand", None),
        ] {
            std::fs::write(&place, found).unwrap();
            let opened = Outlet::open(place.to_str().unwrap());
            assert_eq!(opened.is_ok(), left.is_some(), "{found}");
            assert_eq!(std::fs::read_to_string(&place).unwrap(), left.unwrap_or(found));
        }
    }
}
