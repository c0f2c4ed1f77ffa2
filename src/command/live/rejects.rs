//! The rows that could not be read: counted, and kept or shown.

use std::fs::{File, OpenOptions};
use std::io::BufWriter;

use crate::command::exit::Failure;
use crate::command::terminal;
use crate::input::{Reject, RejectWriter};
use crate::report::harmless;

/// So many are shown when nothing keeps them.
const SHOWN: u64 = 3;

/// Takes rows that could not be read.
pub struct Rejects {
    writer: Option<RejectWriter<BufWriter<File>>>,
    name: String,
    strict: bool,
    /// So many there were.
    pub count: u64,
}

impl Rejects {
    /// Opens the file for them, if there is to be one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(file: Option<&str>, strict: bool) -> Result<Rejects, Failure> {
        let open = |name: &str| {
            let opened = OpenOptions::new().append(true).create(true).open(name);
            opened.map_err(|error| Failure::io("write", name, &error))
        };
        let writer = file.map(open).transpose()?.map(|file| RejectWriter::new(BufWriter::new(file)));
        Ok(Rejects { writer, name: file.unwrap_or_default().to_owned(), strict, count: 0 })
    }

    /// Takes one.
    ///
    /// # Errors
    /// When it cannot be written, and with `--strict`.
    #[cold]
    pub fn take(&mut self, reject: &Reject) -> Result<(), Failure> {
        let what = format!("`{}` row {}: {}", reject.file, reject.row, reject.reason);
        if self.strict {
            return Err(Failure::findings(what).with_help(
                "without `--strict` such rows are counted and left out; `--rejects FILE` keeps them",
            ));
        }
        self.count += 1;
        match &mut self.writer {
            Some(writer) => {
                writer.write(reject).map_err(|error| Failure::io("write", &self.name, &error))?;
            }
            None if self.count <= SHOWN => {
                let colours = terminal::colours_of_stderr();
                terminal::tell(&format!("{} {}\n", colours.yellow("rejected:"), harmless(&what)));
            }
            None => {}
        }
        Ok(())
    }

    /// What was taken is in the file.
    ///
    /// # Errors
    /// When it is not.
    pub fn flush(&mut self) -> Result<(), Failure> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let flushed = writer.finish().map_err(|error| Failure::io("write", &self.name, &error))?;
        self.writer = Some(RejectWriter::new(flushed));
        Ok(())
    }
}
