//! `campanile audience`: who is in which segment at some instants, of logs of any size.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::exit::{Exit, Failure};
use super::log::{Log, Threads};
use super::memory::{Memory, no_room};
use super::progress::Progress;
use super::run::{Outputs, Rejects, agree, bytes, spare, unreadable, unreadable_profiles};
use super::stopwatch::Stopwatch;
use super::{Moment, rules, terminal};
use crate::audience::{Audience, AudienceAt, AudienceError, Phase, SegmentAudience};
use crate::input::{self, ReadOptions, Row};
use crate::language::nearest;
use crate::model::draw;
use crate::report::{grouped, harmless, seconds};
use crate::rulebook::Rulebook;

const USAGE: &str = "campanile audience <RULES> --events <FILE>... --at <T>... [OPTIONS]";

const AFTER_HELP: &str = "\
Examples:
  How many users each segment had at the end of January, and how many pass each clause:
    campanile audience rules/ --events log.parquet --at 2026-02-01

  How two segments grew, as numbers alone:
    campanile audience rules/ --events log.parquet --at 2026-01-01 2026-02-01 \\
      --segment lapsed buyers --count

  The users of one of them, one a line:
    campanile audience rules/ --events log.parquet --at 2026-02-01 --segment lapsed --out lapsed.txt";

/// Count the users of segments at some instants, of logs of any size
///
/// Records up to an instant count, itself among them. Of whom nothing is known by then is in no
/// segment. For each clause of a segment it is told how many users pass it alone, and how many pass it
/// and all before it.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_help = AFTER_HELP, override_usage = USAGE)]
#[command(mut_arg("events", |events| events.required(true)))]
pub struct Arguments {
    /// A rule file, or a folder whose `*.camp` files are meant
    #[arg(value_name = "RULES")]
    rules: String,
    #[command(flatten)]
    log: Log,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    memory: Memory,
    /// The instants, each in
    ///
    /// A day `2026-11-03` (its midnight) or a time `2026-11-03 10:00` of the account's zone, or an
    /// instant `2026-11-03T10:00:00+05:30`.
    #[arg(long, value_name = "T", verbatim_doc_comment, num_args = 1.., required = true)]
    at: Vec<Moment>,
    /// Only these segments. Default: all
    #[arg(long, value_name = "SEGMENT", num_args = 1..)]
    segment: Vec<String>,
    /// How many users there are, and nothing of clauses
    #[arg(long)]
    count: bool,
    /// Some users of each segment too, as many as this, picked by a draw that is always the same
    #[arg(long, value_name = "N", conflicts_with = "count")]
    sample: Option<usize>,
    /// Write the users down: one id a line; of several segments or instants as NDJSON
    #[arg(long, value_name = "FILE")]
    out: Option<String>,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    /// What providers allow, instead of a `campanile.toml` beside the rules
    #[arg(long, value_name = "FILE")]
    providers: Option<String>,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Report<'r> {
    instants: &'r [AudienceAt],
    /// Good and bad rows that were read.
    rows: u64,
    rejected: u64,
    seconds: f64,
    /// What the time went into.
    phases: Phases,
    /// The most memory that was held at once, where the system tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_bytes: Option<u64>,
}

/// What the time went into, in wall-clock seconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Phases {
    /// Files are read, what events do is looked up, and rows of the same few users are put together; where the log is in the order of its users,
    /// they are asked too.
    read: f64,
    /// Users are asked, part by part, where they were not asked as they were read.
    run: f64,
    /// What was found is counted together, and members are put in order.
    merge: f64,
    /// Members are written.
    write: f64,
}

impl Phases {
    fn of(&mut self, phase: Option<Phase>) -> &mut f64 {
        match phase {
            // Before the log, profiles are read.
            None | Some(Phase::Read) => &mut self.read,
            Some(Phase::Run) => &mut self.run,
            Some(Phase::Merge) => &mut self.merge,
        }
    }
}

impl Arguments {
    fn inputs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let events = self.log.events.iter().map(|file| ("--events", file.as_str()));
        let profiles = self.log.profiles.iter().map(|file| ("--profiles", file.as_str()));
        let providers = self.providers.iter().map(|file| ("--providers", file.as_str()));
        events.chain(profiles).chain(providers)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let beside = rules::Beside { providers: arguments.providers.as_deref(), ..rules::Beside::default() };
    let rulebook = rules::sound(std::slice::from_ref(&arguments.rules), beside)?;
    let zone = rulebook.settings().zone;
    let outputs = || arguments.out.iter().map(|file| ("--out", file.as_str()));
    agree(arguments.inputs(), outputs())?;
    spare(&rulebook, outputs())?;
    let out = arguments.out.as_deref().map(create).transpose()?;

    let (mut stopwatch, mut phases) = (Stopwatch::begin(), Phases::default());
    let audience = Audience::new(&rulebook).on_threads(arguments.threads.count());
    let mut audience = arguments.memory.limit(audience);
    for at in &arguments.at {
        audience = audience.at(at.resolved(&zone));
    }
    if !arguments.segment.is_empty() {
        audience = audience.segments(arguments.segment.iter().cloned());
    }
    if !arguments.count {
        audience = audience.with_clauses();
    }
    if out.is_some() || arguments.sample.is_some() {
        audience = audience.with_members();
    }
    let base = ReadOptions { local_time: Arc::new(move |wall| zone.resolve(wall)), ..ReadOptions::default() };
    let options = arguments.log.form.of_profiles(&base);
    for file in &arguments.log.profiles {
        for row in input::open(Path::new(file), &options).map_err(unreadable_profiles)? {
            if let Row::Record(record) = row.map_err(unreadable_profiles)? {
                audience.add(record);
            }
        }
    }
    let logs =
        input::Log::open(&arguments.log.events, &arguments.log.form.of_events(&base)).map_err(unreadable)?;
    let progress = Progress::reading(bytes(&arguments.log));
    let rejects = Rejects::new(&mut Outputs::none(), progress.teller(), arguments.log.form.strict);
    let sink = rejects.clone();
    logs.rejects_to(move |reject| sink.take(&reject));
    let mut before = None;
    let mut begins = |phase| stopwatch.lap(phases.of(before.replace(phase)));
    let found = progress.over(&logs, || audience.ask_log_in_phases(&logs, &mut begins));
    drop(progress);
    stopwatch.lap(phases.of(before));
    // With `--strict` a reject is the reason, whatever else there is.
    rejects.check()?;
    let mut found = found.map_err(|error| failure(error, &rulebook))?;
    let tally = logs.tally();
    let rejected: u64 = tally.rejected.values().sum();
    if let Some((file, writer)) = out {
        write(writer, &found).map_err(|error| Failure::io("write", file, &error))?;
        stopwatch.lap(&mut phases.write);
    }
    if let Some(most) = arguments.sample {
        found.iter_mut().flat_map(|at| &mut at.segments).for_each(|segment| sample(segment, most));
    } else {
        found.iter_mut().flat_map(|at| &mut at.segments).for_each(|segment| segment.members.clear());
    }
    if arguments.json {
        let report = Report {
            instants: &found,
            rows: tally.rows(),
            rejected,
            seconds: seconds(stopwatch.elapsed()),
            phases,
            peak_memory_bytes: terminal::peak_memory(),
        };
        // Text and finite numbers always have a JSON form.
        terminal::say(&(serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"))?;
    } else {
        terminal::say(&table(&found))?;
    }
    if rejected > 0 {
        terminal::tell(&format!(
            "{} rows were rejected; `campanile run --rejects FILE` tells why\n",
            grouped(rejected)
        ));
    }
    Ok(Exit::Clean)
}

/// Opened before anything is read: who may not write is told at once.
fn create(file: &str) -> Result<(&str, BufWriter<File>), Failure> {
    let opened = File::create(file).map_err(|error| Failure::io("write", file, &error))?;
    Ok((file, BufWriter::new(opened)))
}

fn failure(error: AudienceError, rulebook: &Rulebook) -> Failure {
    match error {
        AudienceError::UnknownSegment(asked) => {
            let names = || rulebook.segments().keys().map(String::as_str);
            let failure = Failure::usage(format!("there is no segment `{asked}`"));
            if let Some(meant) = nearest(&asked, names()) {
                return failure.with_help(format!("did you mean `{meant}`?"));
            }
            let all = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            failure.with_help(match all.as_str() {
                "" => "declare one: `segment lapsed = did not \"App Launched\" in last 14 days`".to_owned(),
                all => format!("the segments are {all}"),
            })
        }
        AudienceError::Scratch(message, _) => no_room(message),
        AudienceError::Log(message, help) => match help {
            Some(help) => Failure::usage(message).with_help(help),
            None => Failure::usage(message),
        },
    }
}

/// The members that a draw puts first, in the order of their ids.
fn sample(segment: &mut SegmentAudience, most: usize) {
    segment.members.sort_by_cached_key(|user| draw("audience", user));
    segment.members.truncate(most);
    segment.members.sort_unstable();
}

fn write(mut writer: impl Write, found: &[AudienceAt]) -> std::io::Result<()> {
    let alone = matches!(found, [AudienceAt { segments, .. }] if segments.len() == 1);
    for at in found {
        for segment in &at.segments {
            for user in &segment.members {
                if alone {
                    writeln!(writer, "{user}")?;
                } else {
                    let line = serde_json::json!({ "segment": segment.segment, "at": at.at, "user": user });
                    writeln!(writer, "{line}")?;
                }
            }
        }
    }
    writer.flush()
}

/// Names to the left, numbers to the right; clauses below their segment.
fn table(found: &[AudienceAt]) -> String {
    let mut rows: Vec<(String, String, String)> = Vec::new();
    for at in found {
        rows.push((format!("at {}", at.at), "users".to_owned(), String::new()));
        rows.push(("  known".to_owned(), grouped(at.known), String::new()));
        for segment in &at.segments {
            rows.push((format!("  {}", segment.segment), grouped(segment.users), String::new()));
            // A clause that is all there is says nothing further.
            for clause in segment.clauses.iter().filter(|_| segment.clauses.len() > 1) {
                let alone = format!("{} alone", grouped(clause.alone));
                rows.push((format!("    {}", harmless(&clause.text)), grouped(clause.together), alone));
            }
            rows.extend(
                segment
                    .members
                    .iter()
                    .map(|user| (format!("      {}", harmless(user)), String::new(), String::new())),
            );
        }
    }
    const WIDEST: usize = 72;
    let width = |text: &String| text.chars().count();
    let first = rows.iter().map(|(text, ..)| width(text)).filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let second = rows.iter().map(|(_, text, _)| width(text)).max().unwrap_or(0);
    let third = rows.iter().map(|(.., text)| width(text)).max().unwrap_or(0);
    let line = |(name, users, alone): &(String, String, String)| {
        let line = format!("{name:first$}  {users:>second$}  {alone:>third$}");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}
