//! Where the jobs go: a file, at whose end they are on the disk before they count as handed over, or standard output.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::command::exit::Failure;
use crate::durable::Claim;
use crate::sink::{NdjsonSink, Sink, WriteError};

/// How a line of a job begins.
const BEGINNING: &[u8] = b"{\"id\":";

/// So much of a file's end is looked at, for where its last line begins.
const LAST_LINE: u64 = 4 << 20;

/// Where the jobs go.
pub struct Outlet {
    name: String,
    to: To,
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
            return Ok(Outlet { name: "standard output".to_owned(), to: To::Stdout });
        }
        let failed = |error: io::Error| Failure::io("write", name, &error);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(name);
        let mut file = opened.map_err(failed)?;
        if file.metadata().map_err(failed)?.is_file() {
            let whole = whole_lines(&mut file).map_err(failed)?;
            let whole = whole.ok_or_else(|| {
                Failure::usage(format!("`{name}` does not end with a line of a send job"))
                    .with_help("jobs are appended to a file of jobs; name another file")
            })?;
            file.set_len(whole).and_then(|()| file.seek(SeekFrom::Start(whole))).map_err(failed)?;
        }
        Ok(Outlet { name: name.to_owned(), to: To::File(file) })
    }

    /// Hands jobs over: they are on the disk, or with whoever reads, when this returns.
    ///
    /// # Errors
    /// When they are not.
    pub fn hand_over(&mut self, claims: &[Claim]) -> Result<(), Failure> {
        let name = &self.name;
        let failed = |error: WriteError| Failure::usage(format!("`{name}`: {error}"));
        match &mut self.to {
            To::File(file) => {
                let mut sink = NdjsonSink::new(&mut *file);
                claims.iter().try_for_each(|claim| sink.send(&claim.job)).map_err(failed)?;
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

/// Where the whole lines end; none when what follows them is no job's.
fn whole_lines(file: &mut File) -> io::Result<Option<u64>> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = file.seek(SeekFrom::Start(length.saturating_sub(LAST_LINE)))?;
    let mut end = Vec::new();
    file.take(LAST_LINE).read_to_end(&mut end)?;
    let line = match end.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => at + 1,
        None if from == 0 => 0,
        None => return Ok(None),
    };
    let rest = end.get(line..).unwrap_or_default();
    let known = rest.len().min(BEGINNING.len());
    let ours = rest.get(..known) == BEGINNING.get(..known);
    Ok(ours.then_some(from + line as u64))
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
