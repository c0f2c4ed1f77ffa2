//! `campanile schema infer LOG…`: the schemas that a log's events and profiles suggest.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::command::exit::{Exit, Failure};
use crate::command::glob::found;
use crate::command::log::LogForm;
use crate::command::progress::Progress;
use crate::command::run::{unreadable, unreadable_profiles};
use crate::command::terminal;
use crate::infer::{Census, Inferred};
use crate::input::{self, InputError, ReadOptions, Reject, Row};
use crate::report::{counted, declarations, harmless};
use crate::rulebook::Rulebook;

const AFTER_HELP: &str = "\
Examples:
  campanile schema infer events.ndjson.gz > rules/schema.camp
  campanile schema infer sales.csv --columns 'user=customer,at=day,event=\"Charged\"' \\
    --profiles people.csv --profile-columns user=customer

A property is declared as the narrowest kind that at least 19 of 20 of its values are, or become when they come in; if there is
none, as the kind that keeps most of them. The comments say what that would lose.";

/// So many rows that cannot be read are shown.
const SHOWN_REJECTS: u64 = 3;

/// Rows between two looks at how far the reading is.
const ROWS_PER_LOOK: u64 = 4_096;

/// Infer the schemas of events and profiles from logs, as declarations for a rule file
///
/// With them in the rules, `campanile check` finds every misspelt name. Formats and compression are told by looking, as
/// for `campanile run`.
#[derive(Debug, Clone, clap::Args)]
#[command(verbatim_doc_comment, after_help = AFTER_HELP, override_usage = "campanile schema infer <LOG>... [OPTIONS]")]
pub struct Arguments {
    /// Logs of events; profile records in them count too. `-` is standard input
    #[arg(value_name = "LOG", required_unless_present = "profiles")]
    logs: Vec<String>,
    /// Profiles of users
    #[arg(long, value_name = "FILE", num_args = 1..)]
    profiles: Vec<String>,
    #[command(flatten)]
    form: LogForm,
    /// Print what was found as JSON, the declarations under `rules`
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    files: Vec<&'a str>,
    #[serde(flatten)]
    rows: &'a Rows,
    #[serde(flatten)]
    inferred: &'a Inferred,
    rules: &'a str,
}

/// What became of the rows.
#[derive(Default, Serialize)]
struct Rows {
    /// Events and profiles.
    records: u64,
    /// Neither, and good, such as page views.
    ignored: u64,
    /// Bad, by reason.
    rejected: BTreeMap<&'static str, u64>,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let found = |named: &[String]| found(named).map_err(Failure::usage);
    let (logs, profiles) = (found(&arguments.logs)?, found(&arguments.profiles)?);
    let arguments = &Arguments { logs, profiles, ..arguments.clone() };
    let files: Vec<&str> = arguments.profiles.iter().chain(&arguments.logs).map(String::as_str).collect();
    if files.iter().filter(|file| **file == "-").count() > 1 {
        return Err(Failure::usage("standard input can be read only once")
            .with_help("name a file instead of all `-` but one"));
    }
    let (rows, inferred) = read(arguments)?;
    let rules = format!("{}{}", heading(&files, &rows, &inferred), declarations(&inferred));
    must_compile(&rules)?;
    if arguments.json {
        let document = Document { files, rows: &rows, inferred: &inferred, rules: &rules };
        let json =
            serde_json::to_string_pretty(&document).map_err(|error| Failure::bug(error.to_string()))?;
        terminal::say(&(json + "\n"))?;
    } else {
        terminal::say(&rules)?;
    }
    Ok(Exit::Clean)
}

fn read(arguments: &Arguments) -> Result<(Rows, Inferred), Failure> {
    let base = ReadOptions::default();
    let (events, profiles) = (arguments.form.of_events(&base), arguments.form.of_profiles(&base));
    let files = arguments.profiles.iter().chain(&arguments.logs);
    let size = |file: &String| fs::metadata(file).ok().filter(fs::Metadata::is_file).map(|file| file.len());
    let mut reading = Reading {
        census: Census::new(),
        rows: Rows::default(),
        progress: Progress::reading(files.map(size).sum()),
        bytes_before: 0,
        strict: arguments.form.strict,
    };
    for file in &arguments.profiles {
        reading.file(file, &profiles, unreadable_profiles)?;
    }
    for file in &arguments.logs {
        reading.file(file, &events, unreadable)?;
    }
    Ok((reading.rows, reading.census.settle()))
}

/// What was read so far.
struct Reading {
    census: Census,
    rows: Rows,
    progress: Progress,
    bytes_before: u64,
    strict: bool,
}

impl Reading {
    fn file(
        &mut self,
        file: &str,
        options: &ReadOptions,
        unreadable: fn(InputError) -> Failure,
    ) -> Result<(), Failure> {
        let mut reader = input::open(Path::new(file), options).map_err(unreadable)?;
        while let Some(row) = reader.next() {
            match row.map_err(unreadable)? {
                Row::Record(record) => {
                    self.rows.records += 1;
                    self.census.add(&record);
                }
                Row::Ignored(_) => self.rows.ignored += 1,
                Row::Reject(reject) => self.reject(&reject)?,
            }
            if reader.rows().is_multiple_of(ROWS_PER_LOOK) {
                self.progress.at(self.bytes_before + reader.bytes_read());
            }
        }
        self.bytes_before += reader.bytes_read();
        Ok(())
    }

    #[cold]
    fn reject(&mut self, reject: &Reject) -> Result<(), Failure> {
        let what = format!("`{}` row {}: {}", reject.file, reject.row, reject.reason);
        if self.strict {
            return Err(
                Failure::findings(what).with_help("without `--strict` such rows are counted and left out")
            );
        }
        *self.rows.rejected.entry(reject.kind.name()).or_default() += 1;
        if self.rows.rejected.values().sum::<u64>() <= SHOWN_REJECTS {
            let colours = terminal::colours_of_stderr();
            self.progress.aside(&format!("{} {}", colours.yellow("rejected:"), harmless(&what)));
        }
        Ok(())
    }
}

/// Where the declarations come from, and what they leave out.
fn heading(files: &[&str], rows: &Rows, inferred: &Inferred) -> String {
    let events: u64 = inferred.events.iter().map(|event| event.count).sum::<u64>() + inferred.events_beyond;
    let profiles = inferred.profile.as_ref().map_or(0, |profile| profile.rows);
    let files: Vec<_> = files.iter().map(|file| harmless(file)).collect();
    let mut text = format!(
        "# Inferred from {}: {}, {}, {}.\n",
        files.join(", "),
        counted(events, "event"),
        counted(profiles, "profile row"),
        counted(inferred.users, "user"),
    );
    if !rows.rejected.is_empty() {
        let of: Vec<String> = rows.rejected.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let all = counted(rows.rejected.values().sum(), "row");
        text.push_str(&format!("# Not counted, for it could not be read: {all} ({}).\n", of.join(", ")));
    }
    if rows.ignored > 0 {
        text.push_str(&format!("# Neither events nor profiles: {}.\n", counted(rows.ignored, "row")));
    }
    if inferred.events.is_empty() && inferred.profile.is_none() {
        text.push_str("# There is nothing to declare.\n");
    } else {
        text.push('\n');
    }
    text
}

/// What is printed for a rule file must be one.
fn must_compile(rules: &str) -> Result<(), Failure> {
    let error = match Rulebook::parse("inferred.camp", rules) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let found = error.diagnostics().first().map(|finding| finding.render(error.sources()));
    Err(Failure::bug(format!("the inferred schema does not compile: {}", found.unwrap_or_default())))
}
