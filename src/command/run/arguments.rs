use std::path::{Path, PathBuf};

use crate::command::exit::Failure;
use crate::command::log::{Log, RunSpan, Threads};
use crate::command::memory::Memory;
use crate::rulebook::Rulebook;

const AFTER_HELP: &str = "\
Examples:
  What would be sent, as a table, from a log of Segment calls:
    campanile run rules/ --events log.ndjson.gz

  A CSV of purchases; the event's name is the same in every row, so it is in quotes:
    campanile run rules/ --events sales.csv --columns 'user=customer,at=day,event=\"Charged\"' \\
      --profiles people.csv --profile-columns user=customer

  The jobs of November, with three months of history before it:
    campanile run rules/ --events log.csv --from 2026-11-01 --to 2026-12-01 --jobs november.ndjson

  Into another program:
    zcat log.gz | campanile run rules/ --events - --jobs - | jq .to";

/// The rules first: an option that takes several files would take them too.
const USAGE: &str = "campanile run <RULES> --events <FILE>... [OPTIONS]";

/// Replay a log of events on a virtual clock: what would be sent, to whom, when
///
/// Records may come in any order and from several files; equal instants keep the order of the
/// input. The formats (Segment NDJSON, CleverTap JSON, CSV) and compression (gzip, zstd) are told by
/// looking.
///
/// The table goes to standard output, or to standard error when something else goes there. An output
/// is written beside its place and takes it when the run is done: a run that fails leaves what was
/// there before.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_help = AFTER_HELP, override_usage = USAGE)]
#[command(mut_arg("events", |events| events.required(true)))]
pub struct Arguments {
    /// A rule file, or a folder whose `*.camp` files are meant
    #[arg(value_name = "RULES")]
    pub rules: String,
    #[command(flatten)]
    pub log: Log,
    /// Approved templates, as the Graph API returns them for `message_templates`: messages are checked
    /// against them
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub templates: Option<String>,
    /// What providers allow, instead of a `campanile.toml` beside the rules
    #[arg(long, value_name = "FILE")]
    pub providers: Option<String>,
    #[command(flatten)]
    pub span: RunSpan,
    #[command(flatten)]
    pub threads: Threads,
    #[command(flatten)]
    pub memory: Memory,
    /// Write the send jobs here, in order of due: NDJSON, or Parquet where the file ends in `.parquet`. `-`
    /// is standard output; a file is replaced
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub jobs: Option<String>,
    /// Write the outcomes here, one for each qualified user, in order of decision; likewise
    #[arg(long, value_name = "FILE")]
    pub outcomes: Option<String>,
    /// Write the rows that could not be read here, NDJSON with row number and reason
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<String>,
    /// Print the summary as JSON instead of the table
    #[arg(long)]
    pub json: bool,
}

impl Arguments {
    /// True when jobs, outcomes or rejects go to standard output.
    pub fn writes_to_stdout(&self) -> bool {
        self.outputs().any(|(_, file)| file == "-")
    }

    /// Everything that is written, by option and file.
    fn outputs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let outputs = [("--jobs", &self.jobs), ("--outcomes", &self.outcomes), ("--rejects", &self.rejects)];
        outputs.into_iter().filter_map(|(option, file)| Some((option, file.as_deref()?)))
    }

    /// Everything that is read, by what it is called in messages.
    fn inputs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let events = self.log.events.iter().map(|file| ("--events", file));
        let profiles = self.log.profiles.iter().map(|file| ("--profiles", file));
        let templates = self.templates.iter().map(|file| ("--templates", file));
        let providers = self.providers.iter().map(|file| ("--providers", file));
        let rules = std::iter::once(("the rules", &self.rules));
        rules
            .chain(templates)
            .chain(providers)
            .chain(profiles)
            .chain(events)
            .map(|(what, file)| (what, file.as_str()))
    }

    /// That no two of the files are in one another's way.
    ///
    /// # Errors
    /// When standard input or output is asked for twice, or a file is to be written that is read or written already.
    pub fn agree(&self) -> Result<(), Failure> {
        agree(self.inputs(), self.outputs())
    }

    /// That nothing is written over what the rules were read from.
    ///
    /// # Errors
    /// When it would be.
    pub fn spare(&self, rulebook: &Rulebook) -> Result<(), Failure> {
        spare(rulebook, self.outputs())
    }
}

/// That no two files, by what they are called in messages, are in one another's way.
///
/// # Errors
/// When standard input or output is asked for twice, or a file is to be written that is read or written already.
pub fn agree<'f>(
    inputs: impl Iterator<Item = (&'static str, &'f str)>,
    outputs: impl Iterator<Item = (&'static str, &'f str)>,
) -> Result<(), Failure> {
    let mut read: Vec<(&str, PathBuf)> = Vec::new();
    for (what, file) in inputs {
        if file == "-" && read.iter().any(|(_, known)| known == Path::new("-")) {
            return Err(Failure::usage("standard input can be read only once")
                .with_help("name a file instead of all `-` but one"));
        }
        read.push((what, place(file)));
    }
    let mut written: Vec<(&str, PathBuf)> = Vec::new();
    for (option, file) in outputs {
        let place = place(file);
        if let Some((other, _)) = written.iter().find(|(_, known)| *known == place) {
            return Err(Failure::usage(format!("{other} and {option} would write into one another"))
                .with_help("name two files"));
        }
        if file != "-"
            && let Some((what, _)) = read.iter().find(|(_, known)| *known == place)
        {
            return Err(Failure::usage(format!("{option} would overwrite what is read as {what}: `{file}`"))
                .with_help("name another file"));
        }
        written.push((option, place));
    }
    Ok(())
}

/// That no file is to be written that the rules were read from: one of a folder of them, a list, a `campanile.toml` beside them.
///
/// # Errors
/// When one is.
pub fn spare<'f>(
    rulebook: &'f Rulebook,
    outputs: impl Iterator<Item = (&'static str, &'f str)>,
) -> Result<(), Failure> {
    agree(rulebook.files().filter_map(Path::to_str).map(|file| ("the rules", file)), outputs)
}

/// A file's one name, by which it is told from others; `-` stays.
fn place(file: &str) -> PathBuf {
    if file == "-" {
        return PathBuf::from(file);
    }
    std::fs::canonicalize(file).or_else(|_| std::path::absolute(file)).unwrap_or_else(|_| PathBuf::from(file))
}
