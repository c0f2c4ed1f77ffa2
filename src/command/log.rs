use std::num::NonZeroUsize;
use std::thread;

use clap::ArgMatches;
use clap::error::ErrorKind;

use super::Moment;
use super::exit::Failure;
use super::glob::found;
use crate::calendar::Zone;
use crate::input::{Columns, Contents, Format, OptionError, ReadOptions};
use crate::model::Instant;

/// The logs and profiles that a command reads.
///
/// A command that can do without events leaves the option as it is; one that cannot says so beside its own options:
/// `mut_arg("events", |events| events.required(true))`.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// The files, patterns of names resolved.
    pub events: Vec<String>,
    pub profiles: Vec<String>,
    pub form: LogForm,
}

/// The same as it is written.
#[derive(Debug, Clone, Default, clap::Args)]
struct Written {
    /// Logs of events; profile records in them count too. `-` is standard input
    #[arg(long, value_name = "FILE", num_args = 1..)]
    events: Vec<String>,
    /// Profiles of users: consent, phone number, time zone, and what rules ask for
    #[arg(long, value_name = "FILE", num_args = 1..)]
    profiles: Vec<String>,
    #[command(flatten)]
    form: LogForm,
}

impl clap::FromArgMatches for Log {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Log, clap::Error> {
        let Written { events, profiles, form } = Written::from_arg_matches(matches)?;
        let found = |named: &[String]| {
            found(named).map_err(|none| clap::Error::raw(ErrorKind::ValueValidation, none))
        };
        Ok(Log { events: found(&events)?, profiles: found(&profiles)?, form })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Log::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Log {
    fn augment_args(command: clap::Command) -> clap::Command {
        Written::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Written::augment_args_for_update(command)
    }
}

impl Log {
    /// Whether any of it is standard input, which can be read only once.
    pub fn reads_stdin(&self) -> bool {
        self.events.iter().chain(&self.profiles).any(|file| file == "-")
    }
}

const HEADING: &str = "Reading logs";

/// How logs and profiles are read, whatever names them.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct LogForm {
    /// The format of the events: segment, clevertap, json, csv or parquet. Default: told by looking
    #[arg(long, help_heading = HEADING, value_name = "F", value_parser = format)]
    format: Option<Format>,
    /// What is what in CSV, Parquet, or any JSON: `user=…,at=…,event=…`, also `id=…`, `properties=a+b`
    #[arg(long, help_heading = HEADING, value_name = "MAP", value_parser = columns)]
    columns: Option<Columns>,
    /// The format of the profiles. Default: told by looking
    #[arg(long, help_heading = HEADING, value_name = "F", value_parser = format)]
    profile_format: Option<Format>,
    /// What is what in profiles of such files: `user=…`, also `at=…`, `properties=a+b`
    #[arg(long, help_heading = HEADING, value_name = "MAP", value_parser = columns)]
    profile_columns: Option<Columns>,
    /// Stop at the first row that cannot be read, with exit code 1
    #[arg(long, help_heading = HEADING)]
    pub strict: bool,
}

impl LogForm {
    /// How events are read, on top of what holds for all files.
    pub fn of_events(&self, base: &ReadOptions) -> ReadOptions {
        ReadOptions { format: self.format, columns: self.columns.clone(), ..base.clone() }
    }

    /// How profiles are read, on top of what holds for all files.
    pub fn of_profiles(&self, base: &ReadOptions) -> ReadOptions {
        ReadOptions {
            format: self.profile_format,
            columns: self.profile_columns.clone(),
            contents: Contents::Profiles,
            ..base.clone()
        }
    }
}

/// The instants that a run over a log covers.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct RunSpan {
    /// The first instant of the run; what came before is history. Default: the first record
    ///
    /// A day `2026-11-03` (its midnight) or a time `2026-11-03 10:00` of the account's zone, or an
    /// instant `2026-11-03T10:00:00+05:30`.
    #[arg(long, value_name = "T", verbatim_doc_comment)]
    from: Option<Moment>,
    /// The first instant after the run, written likewise. Default: just after the last record
    #[arg(long, value_name = "T")]
    to: Option<Moment>,
}

impl RunSpan {
    /// The first instant of the run, and the first one after it, where they are given.
    ///
    /// # Errors
    /// When the run would end before it begins.
    pub fn resolved(self, zone: &Zone) -> Result<(Option<Instant>, Option<Instant>), Failure> {
        let moment = |moment: Moment| moment.resolved(zone);
        let (from, to) = (self.from.map(moment), self.to.map(moment));
        if let (Some(from), Some(to)) = (from, to)
            && to <= from
        {
            let failure = Failure::usage(format!("the run would end at {to}, and begin only at {from}"));
            return Err(failure.with_help("`--to` is the first instant that is no longer in the run"));
        }
        Ok((from, to))
    }
}

/// How many threads a run takes.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Threads {
    /// Run users on so many threads; the output is the same on any number. Default: all of the machine
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl Threads {
    /// As many as were asked for, or as the machine has for us.
    pub fn count(self) -> usize {
        let all = || thread::available_parallelism().ok();
        self.threads.or_else(all).map_or(1, NonZeroUsize::get)
    }
}

/// `--format`
fn format(text: &str) -> Result<Format, String> {
    text.parse().map_err(|error: OptionError| error.help().to_owned())
}

/// `--columns`
fn columns(text: &str) -> Result<Columns, String> {
    text.parse().map_err(|error: OptionError| format!("{error}; {}", error.help()))
}
