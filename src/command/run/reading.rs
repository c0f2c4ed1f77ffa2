use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::outputs::Outputs;
use crate::calendar::Zone;
use crate::command::exit::Failure;
use crate::command::log::Log;
use crate::command::progress::Progress;
use crate::command::terminal;
use crate::input::{self, InputError, ReadOptions, Reject, Row};
use crate::model::Record;
use crate::report::{InputCounts, harmless};

/// So many rejects are shown when nothing keeps them.
const SHOWN_REJECTS: u64 = 3;

/// Rows between two looks at how far the reading is.
const ROWS_PER_LOOK: u64 = 4_096;

/// The reading of all inputs, profiles first.
pub struct Reading<'a> {
    inputs: &'a Log,
    outputs: &'a mut Outputs,
    events: ReadOptions,
    profiles: ReadOptions,
    counts: InputCounts,
    progress: Progress,
    bytes_of_files_before: u64,
}

/// What was read.
pub struct Read {
    /// How many of what.
    pub counts: InputCounts,
    /// What is still to be finished on the terminal.
    pub progress: Progress,
}

impl<'a> Reading<'a> {
    /// Prepares to read; times without a zone are the account's.
    pub fn new(inputs: &'a Log, zone: &Zone, outputs: &'a mut Outputs) -> Reading<'a> {
        let zone = *zone;
        let base =
            ReadOptions { local_time: Arc::new(move |wall| zone.resolve(wall)), ..ReadOptions::default() };
        let (events, profiles) = (inputs.form.of_events(&base), inputs.form.of_profiles(&base));
        let progress = Progress::reading(bytes(inputs));
        let counts = InputCounts::default();
        Reading { inputs, outputs, events, profiles, counts, progress, bytes_of_files_before: 0 }
    }

    /// Reads everything.
    ///
    /// # Errors
    /// When a file cannot be read, a reject cannot be written, or with `--strict` at the first reject.
    pub fn all_into(mut self, take: &mut dyn FnMut(Record)) -> Result<Read, Failure> {
        let inputs = self.inputs;
        let (events, profiles) = (self.events.clone(), self.profiles.clone());
        for file in &inputs.profiles {
            self.file(file, &profiles, unreadable_profiles, take)?;
        }
        for file in &inputs.events {
            self.file(file, &events, unreadable, take)?;
        }
        self.progress.replaying();
        Ok(Read { counts: self.counts, progress: self.progress })
    }

    fn file(
        &mut self,
        file: &str,
        options: &ReadOptions,
        unreadable: fn(InputError) -> Failure,
        take: &mut dyn FnMut(Record),
    ) -> Result<(), Failure> {
        let mut reader = input::open(Path::new(file), options).map_err(unreadable)?;
        let mut rows: u64 = 0;
        while let Some(row) = reader.next() {
            match row.map_err(unreadable)? {
                Row::Record(record) => {
                    match &record {
                        Record::Event(_) => self.counts.events += 1,
                        Record::Profile(_) | Record::Number(_) => self.counts.profiles += 1,
                        Record::Template(_) => self.counts.templates += 1,
                    }
                    take(record);
                }
                Row::Reject(reject) => self.reject(&reject)?,
                Row::Ignored(_) => self.counts.ignored += 1,
            }
            rows += 1;
            if rows.is_multiple_of(ROWS_PER_LOOK) {
                self.progress.at(self.bytes_of_files_before + reader.bytes_read());
            }
        }
        self.bytes_of_files_before += reader.bytes_read();
        self.progress.at(self.bytes_of_files_before);
        Ok(())
    }

    #[cold]
    fn reject(&mut self, reject: &Reject) -> Result<(), Failure> {
        let what = format!("`{}` row {}: {}", reject.file, reject.row, reject.reason);
        if self.inputs.form.strict {
            return Err(Failure::findings(what).with_help(
                "without `--strict` such rows are counted and left out; `--rejects FILE` of `campanile run` keeps them",
            ));
        }
        self.counts.rejected += 1;
        if !self.outputs.reject(reject)? && self.counts.rejected <= SHOWN_REJECTS {
            let colours = terminal::colours_of_stderr();
            self.progress.aside(&format!("{} {}", colours.yellow("rejected:"), harmless(&what)));
        }
        Ok(())
    }
}

/// Why a log cannot be read.
#[cold]
pub fn unreadable(error: InputError) -> Failure {
    let failure = Failure::usage(error.to_string());
    match error.help() {
        Some(help) => failure.with_help(help),
        None => failure,
    }
}

/// The same for a file of profiles, which has options of its own.
#[cold]
pub fn unreadable_profiles(error: InputError) -> Failure {
    let failure = Failure::usage(error.to_string());
    match error.help() {
        Some(help) => failure.with_help(
            help.replace("--format", "--profile-format")
                .replace("--columns 'user=…,at=…,event=\"Charged\"'", "--profile-columns 'user=…'"),
        ),
        None => failure,
    }
}

/// How much there is to read; unknown when any of it is no regular file.
fn bytes(inputs: &Log) -> Option<u64> {
    let of = |file: &String| fs::metadata(file).ok().filter(fs::Metadata::is_file).map(|file| file.len());
    inputs.profiles.iter().chain(&inputs.events).map(of).sum()
}
