use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::outputs::Outputs;
use super::rejects::Rejects;
use crate::calendar::Zone;
use crate::command::exit::Failure;
use crate::command::log::Log;
use crate::command::progress::Progress;
use crate::input::{self, Columns, InputError, ReadOptions, Row};
use crate::model::Record;
use crate::replay::Replay;
use crate::report::InputCounts;

/// Rows between two looks at how far the reading is.
const ROWS_PER_LOOK: u64 = 4_096;

/// So many files are open at once: with more, systems become narrow.
const FILES_AT_ONCE: usize = 128;

/// The reading of all inputs, profiles first.
pub struct Reading<'a> {
    inputs: &'a Log,
    outputs: &'a mut Outputs,
    events: ReadOptions,
    profiles: ReadOptions,
    counts: InputCounts,
    progress: Progress,
    rejects: Rejects,
    bytes_of_files_before: u64,
    rows: u64,
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
        let rejects = Rejects::new(outputs, progress.teller(), inputs.form.strict);
        let counts = InputCounts::default();
        Reading {
            inputs,
            outputs,
            events,
            profiles,
            counts,
            progress,
            rejects,
            bytes_of_files_before: 0,
            rows: 0,
        }
    }

    /// Reads everything, record by record.
    ///
    /// # Errors
    /// When a file cannot be read, a reject cannot be written, or with `--strict` at the first reject.
    pub fn all_into(mut self, take: &mut dyn FnMut(Record)) -> Result<Read, Failure> {
        self.profiles_into(take)?;
        let events = self.events.clone();
        for file in &self.inputs.events {
            self.file(file, &events, unreadable, take)?;
        }
        Ok(self.done())
    }

    /// Reads everything into a replay, events by columns and on all of its threads.
    ///
    /// # Errors
    /// As [`Reading::all_into`].
    pub fn all_into_replay(mut self, replay: &mut Replay) -> Result<Read, Failure> {
        self.profiles_into(&mut |record| replay.add(record))?;
        let events = self.events.clone();
        let by_columns = events.columns.as_ref().is_none_or(Columns::are_events);
        for files in self.inputs.events.chunks(FILES_AT_ONCE) {
            if by_columns {
                self.log(files, &events, replay)?;
                continue;
            }
            for file in files {
                self.file(file, &events, unreadable, &mut |record| replay.add(record))?;
            }
        }
        Ok(self.done())
    }

    fn profiles_into(&mut self, take: &mut dyn FnMut(Record)) -> Result<(), Failure> {
        let profiles = self.profiles.clone();
        self.inputs.profiles.iter().try_for_each(|file| self.file(file, &profiles, unreadable_profiles, take))
    }

    fn done(mut self) -> Read {
        self.progress.replaying();
        self.counts.rejected = self.rejects.finish(self.outputs);
        Read { counts: self.counts, progress: self.progress }
    }

    fn log(&mut self, files: &[String], options: &ReadOptions, replay: &mut Replay) -> Result<(), Failure> {
        let log = input::Log::open(files, options).map_err(unreadable)?;
        let (before, sink) = (replay.added(), self.rejects.clone());
        log.rejects_to(move |reject| sink.take(&reject));
        let rows = AtomicU64::new(self.rows);
        let goes_on = |further| {
            self.progress.rows(rows.fetch_add(further, Ordering::Relaxed) + further);
            if let Some(bytes) = log.bytes_read() {
                self.progress.at(self.bytes_of_files_before + bytes);
            }
            self.rejects.go_on()
        };
        for part in log.parts() {
            let taken = replay.take_in(part, self.outputs.keeps_rejects(), &goes_on);
            // A reject that ends the reading came before what cannot be read.
            self.rejects.check()?;
            taken.map_err(unreadable)?;
        }
        self.rows = rows.load(Ordering::Relaxed);
        self.bytes_of_files_before += bytes_of(files).unwrap_or(0);
        self.progress.at(self.bytes_of_files_before);
        let after = replay.added();
        self.counts.events += after.events - before.events;
        self.counts.profiles += after.profiles - before.profiles;
        self.counts.templates += after.templates - before.templates;
        self.counts.ignored += log.tally().ignored.values().sum::<u64>();
        Ok(())
    }

    fn file(
        &mut self,
        file: &str,
        options: &ReadOptions,
        unreadable: fn(InputError) -> Failure,
        take: &mut dyn FnMut(Record),
    ) -> Result<(), Failure> {
        let mut reader = input::open(Path::new(file), options).map_err(unreadable)?;
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
                Row::Reject(reject) => {
                    self.rejects.take(&reject);
                    self.rejects.check()?;
                }
                Row::Ignored(_) => self.counts.ignored += 1,
            }
            self.rows += 1;
            if self.rows.is_multiple_of(ROWS_PER_LOOK) {
                self.progress.rows(self.rows);
                self.progress.at(self.bytes_of_files_before + reader.bytes_read());
            }
        }
        self.bytes_of_files_before += reader.bytes_read();
        self.progress.at(self.bytes_of_files_before);
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
pub fn bytes(inputs: &Log) -> Option<u64> {
    Some(bytes_of(&inputs.profiles)? + bytes_of(&inputs.events)?)
}

fn bytes_of(files: &[String]) -> Option<u64> {
    let of = |file: &String| fs::metadata(file).ok().filter(fs::Metadata::is_file).map(|file| file.len());
    files.iter().map(of).sum()
}
