use std::io::Write;
use std::path::Path;

use super::arguments::Arguments;
use crate::command::exit::Failure;
use crate::command::target::Target;
use crate::input::{Reject, RejectWriter};
use crate::model::{Outcome, SendJob};
use crate::report::Files;
use crate::sink::{NdjsonSink, OutcomeWriter, ParquetOutcomes, ParquetSink, Sink, WriteError};

/// Whether a file's ending asks for Parquet.
fn is_parquet(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"))
}

/// Keeps rows that could not be read, if that was asked for.
pub struct Keeper {
    writer: Option<RejectWriter<Target>>,
    name: String,
    silent: bool,
}

impl Keeper {
    /// Keeps a row; false when nobody asked for that.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&mut self, reject: &Reject) -> Result<bool, Failure> {
        let Some(rejects) = &mut self.writer else { return Ok(self.silent) };
        rejects.write(reject).map_err(|error| Failure::io("write", &self.name, &error))?;
        Ok(true)
    }
}

/// What a run was asked to write down. None of it is in its place before all of it is whole.
pub struct Outputs {
    jobs: Option<Target>,
    outcomes: Option<Target>,
    rejects: Option<RejectWriter<Target>>,
    files: Files,
    /// Rows that cannot be read have been told of before.
    silent: bool,
}

impl Outputs {
    /// Opens what was asked for.
    ///
    /// # Errors
    /// When one of them cannot be written.
    pub fn open(arguments: &Arguments) -> Result<Outputs, Failure> {
        let open = |name: &Option<String>| name.as_deref().map(Target::open).transpose();
        Ok(Outputs {
            jobs: open(&arguments.jobs)?,
            outcomes: open(&arguments.outcomes)?,
            rejects: open(&arguments.rejects)?.map(RejectWriter::new),
            silent: false,
            files: Files {
                jobs: arguments.jobs.clone(),
                outcomes: arguments.outcomes.clone(),
                rejects: arguments.rejects.clone(),
            },
        })
    }

    /// Nothing is to be written down.
    pub fn none() -> Outputs {
        Outputs { jobs: None, outcomes: None, rejects: None, files: Files::default(), silent: false }
    }

    /// Nothing is to be written down, nor told: what is read has been read before.
    pub fn silent() -> Outputs {
        Outputs { silent: true, ..Outputs::none() }
    }

    /// Whether rows that cannot be read are written down.
    pub const fn keeps_rejects(&self) -> bool {
        self.files.rejects.is_some()
    }

    /// Lends what keeps the rows that could not be read, to be given back.
    pub fn lend_rejects(&mut self) -> Keeper {
        let name = self.files.rejects.clone().unwrap_or_default();
        Keeper { writer: self.rejects.take(), name, silent: self.silent }
    }

    /// Takes it back.
    pub fn take_back(&mut self, keeper: Keeper) {
        self.rejects = keeper.writer;
    }

    /// Writes jobs and outcomes in the order in which they come, and lets each go.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(
        &mut self,
        jobs: impl IntoIterator<Item = SendJob>,
        outcomes: impl IntoIterator<Item = Outcome>,
    ) -> Result<(), Failure> {
        if let Some(target) = &mut self.jobs {
            let name = target.name().to_owned();
            let failed = |error: WriteError| Failure::usage(format!("`{name}`: {error}"));
            if is_parquet(&name) {
                let mut sink = ParquetSink::new(target).map_err(failed)?;
                jobs.into_iter().try_for_each(|job| sink.send(&job)).map_err(failed)?;
                sink.into_inner().map_err(failed)?;
            } else {
                let mut sink = NdjsonSink::new(target);
                let sent = jobs.into_iter().try_for_each(|job| sink.send(&job));
                sent.and_then(|()| sink.finish()).map_err(failed)?;
            }
        }
        if let Some(target) = &mut self.outcomes {
            let name = target.name().to_owned();
            let failed = |error: WriteError| Failure::usage(format!("`{name}`: {error}"));
            if is_parquet(&name) {
                let mut writer = ParquetOutcomes::new(target).map_err(failed)?;
                outcomes.into_iter().try_for_each(|outcome| writer.write(&outcome)).map_err(failed)?;
                writer.into_inner().map_err(failed)?;
            } else {
                let mut writer = OutcomeWriter::new(target);
                let written = outcomes.into_iter().try_for_each(|outcome| writer.write(&outcome));
                written.and_then(|()| writer.flush()).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Puts everything in its place.
    ///
    /// # Errors
    /// When the last bytes cannot be written, or a place not be taken.
    pub fn finish(self) -> Result<Files, Failure> {
        let name = self.files.rejects.as_deref().unwrap_or_default();
        let rejects = self.rejects.map(RejectWriter::finish).transpose();
        let rejects = rejects.map_err(|error| Failure::io("write", name, &error))?;
        let mut targets: Vec<Target> = [self.jobs, self.outcomes, rejects].into_iter().flatten().collect();
        // All are whole before the first takes its place: a full disk leaves every old file as it was.
        for target in &mut targets {
            target.flush().map_err(|error| Failure::io("write", target.name(), &error))?;
        }
        for target in targets {
            target.finish()?;
        }
        Ok(self.files)
    }
}
