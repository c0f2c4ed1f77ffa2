//! `campanile state DIR`: what the directory of a durable engine holds.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::live::{duration, refused};
use super::{rules, terminal};
use crate::durable::{
    DurableEngine, Folded, Hindsight, History, Kept, Options, Pending, State, export, hindsight, inspect,
    verify, waiting,
};
use crate::model::{Duration, Instant, OutcomeKind, Record};
use crate::program::Program;
use crate::report::{counted, grouped, harmless};

const USAGE: &str = "campanile state <DIR> [OPTIONS]";

const AFTER_HELP: &str = "\
Examples:
  What it holds, also while `campanile live` runs on it:
    campanile state state

  Whether it is what was written, and the snapshot what the log makes:
    campanile state state --verify rules/

  What is still to come for everybody, by campaign and hour:
    campanile state state --waiting rules/

  What was sent that would not have been, had all events come in time:
    campanile state state --late rules/

  What is kept of a user, and that it is no longer:
    campanile state state --export asha --json
    campanile state state --forget asha --rules rules/

  Fold what is older than 180 days, and what no rule looks back to, into the state:
    campanile state state --fold 180d --rules rules/

Exit codes:
  0  done
  1  something is not what was written
  2  the command was misused, another process has the directory, or a file cannot be read
  3  a bug of ours";

/// Look at the state of `campanile live`: sizes, what waits, how far it is; check it; a user's data
///
/// Personal data is shown with `--export` alone.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_help = AFTER_HELP, override_usage = USAGE)]
pub struct Arguments {
    /// The directory of the state
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Go through all of it: every row against its sum, the snapshot against what the log makes under these rules
    #[arg(long, value_name = "RULES")]
    verify: Option<String>,
    /// Tell what would have been decided otherwise under these rules, had no event come late: above all what should not have left
    #[arg(long, value_name = "RULES", conflicts_with = "verify")]
    late: Option<String>,
    /// Tell what the engine has to come under these rules, by campaign and hour: messages that wait, timers, the next times of schedules
    #[arg(long, value_name = "RULES", conflicts_with_all = ["verify", "late"])]
    waiting: Option<String>,
    /// Print all that is kept of a user
    #[arg(long, value_name = "USER", conflicts_with_all = ["verify", "late", "waiting"])]
    export: Option<String>,
    /// Remove all that is kept of a user, for good
    #[arg(long, value_name = "USER", requires = "rules", conflicts_with_all = ["verify", "late", "waiting", "export"])]
    forget: Option<String>,
    /// Keep the history of so long, such as `180d`, and at least what the rules look back to; what is older is folded into the state, and the files are written anew
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "rules", conflicts_with_all = ["verify", "late", "waiting", "export", "forget"])]
    fold: Option<Duration>,
    /// The rules under which it is filled
    #[arg(long, value_name = "RULES")]
    rules: Option<String>,
    /// Approved templates that stand beside the rules
    #[arg(long, value_name = "FILE")]
    templates: Option<String>,
    /// What providers allow, instead of a `campanile.toml` beside the rules
    #[arg(long, value_name = "FILE")]
    providers: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn program(&self, path: &str) -> Result<Program, Failure> {
        let beside =
            rules::Beside { templates: self.templates.as_deref(), providers: self.providers.as_deref() };
        Ok(rules::sound(&[path.to_owned()], beside)?.compile())
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let state = inspect(&arguments.directory).map_err(refused)?;
    let text = if let Some(path) = &arguments.verify {
        verified(arguments, path)?
    } else if let Some(path) = &arguments.late {
        let found = hindsight(&arguments.directory, &arguments.program(path)?).map_err(refused)?;
        if arguments.json {
            as_json(&found.iter().map(judged).collect::<Vec<_>>())
        } else {
            overtaken(&found)
        }
    } else if let Some(path) = &arguments.waiting {
        let found = waiting(&arguments.directory, &arguments.program(path)?).map_err(refused)?;
        if arguments.json { as_json(&found) } else { hours(&found) }
    } else if let Some(user) = &arguments.export {
        let kept = export(&arguments.directory, user).map_err(refused)?;
        if arguments.json { as_json(&exported(&kept)) } else { lines(&kept) }
    } else if let (Some(user), Some(path)) = (&arguments.forget, &arguments.rules) {
        let program = arguments.program(path)?;
        let opened = DurableEngine::open(&arguments.directory, program, Options::default());
        let mut engine = opened.map_err(refused)?;
        let kept = engine.forget(user).map_err(refused)?;
        engine.shut().map_err(refused)?;
        removed(&kept, arguments.json)
    } else if let (Some(keep), Some(path)) = (arguments.fold, &arguments.rules) {
        let program = arguments.program(path)?;
        let opened = DurableEngine::open(&arguments.directory, program, Options::default());
        let mut engine = opened.map_err(refused)?;
        let folded = engine.fold(keep).map_err(refused)?;
        engine.shut().map_err(refused)?;
        if arguments.json { as_json(&folded) } else { told_folded(&folded) }
    } else if arguments.rules.is_some() {
        return Err(Failure::usage("`--rules` goes with `--forget` or `--fold`"));
    } else if arguments.json {
        as_json(&state)
    } else {
        table(&state)
    };
    terminal::say(&text)?;
    Ok(Exit::Clean)
}

fn as_json(value: &impl Serialize) -> String {
    // Text and finite numbers always have a JSON form.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn verified(arguments: &Arguments, path: &str) -> Result<String, Failure> {
    let found = verify(&arguments.directory, &arguments.program(path)?).map_err(refused)?;
    if arguments.json {
        return Ok(as_json(&json!({
            "entries": found.entries, "jobs": found.jobs, "outcomes": found.outcomes, "snapshot": found.snapshot,
        })));
    }
    let snapshot = if found.snapshot { "the snapshot is what the log makes" } else { "there is no snapshot" };
    Ok(format!(
        "sound: {}, {}, {}; {snapshot}\n",
        counted(found.entries, "log entry").replace("entrys", "entries"),
        counted(found.jobs, "job"),
        counted(found.outcomes, "outcome")
    ))
}

fn judged(found: &Hindsight) -> serde_json::Value {
    let ended = |how: Option<(OutcomeKind, Instant)>| {
        how.map(|(outcome, at)| json!({ "outcome": outcome.name(), "at": at.to_string() }))
    };
    let late = found.late.iter().map(|late| {
        let (at, closed) = (late.at.to_string(), late.closed.to_string());
        json!({ "event": late.event, "id": late.id, "at": at, "closed": closed })
    });
    json!({
        "campaign": found.campaign, "user": found.user, "occurrence": found.occurrence,
        "decided": ended(found.decided), "job": found.job.map(|job| job.name()), "in_time": ended(found.in_time),
        "should_not_have_left": found.should_not_have_left(), "late": late.collect::<Vec<_>>(),
    })
}

/// What left and should not have, each with its reason; and how much else there is.
fn overtaken(found: &[Hindsight]) -> String {
    let (left, other): (Vec<_>, Vec<_>) = found.iter().partition(|found| found.should_not_have_left());
    let mut text = match left.len() as u64 {
        0 => "nothing left that would not have, had all come in time\n".to_owned(),
        many => format!("{} left that would not have, had all come in time\n", counted(many, "message")),
    };
    for found in left {
        let would = found.in_time.map_or("nothing came of it", |(outcome, _)| outcome.name());
        let (campaign, user) = (harmless(&found.campaign), harmless(&found.user));
        let sent = found.decided.map(|(_, at)| at.to_string()).unwrap_or_default();
        text.push_str(&format!("{campaign}  {user}  sent at {sent}; in time: {would}\n"));
        for late in &found.late {
            let name =
                late.event.as_ref().map_or("a profile".into(), |name| format!("\"{}\"", harmless(name)));
            let id = late.id.as_ref().map_or(String::new(), |id| format!(" ({})", harmless(id)));
            text.push_str(&format!("    {name}{id} of {} came when {} was closed\n", late.at, late.closed));
        }
    }
    if !other.is_empty() {
        let more = counted(other.len() as u64, "other decision");
        text.push_str(&format!("{more} would be another, or would be made: `--json` shows all\n"));
    }
    text
}

fn record(record: &Record) -> serde_json::Value {
    let at = record.at().map(|at| at.to_string());
    match record {
        Record::Event(event) => {
            let properties: serde_json::Map<String, serde_json::Value> =
                event.properties.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
            json!({
                "kind": "event", "user": event.user, "event": event.name, "at": at, "id": event.id,
                "properties": properties,
            })
        }
        Record::Profile(update) => {
            let changes: serde_json::Map<String, serde_json::Value> =
                update.changes.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
            json!({ "kind": "profile", "user": update.user, "at": at, "changes": changes })
        }
        // Of a user there are no others.
        Record::Number(_) | Record::Template(_) => json!({ "kind": "other", "at": at }),
    }
}

fn exported(kept: &Kept) -> serde_json::Value {
    let jobs: Vec<_> =
        kept.jobs.iter().map(|(state, job)| json!({ "state": state.name(), "job": job })).collect();
    let records: Vec<_> = kept.records.iter().map(record).collect();
    json!({ "records": records, "jobs": jobs, "outcomes": kept.outcomes })
}

/// One object a line.
fn lines(kept: &Kept) -> String {
    let records = kept.records.iter().map(|kept| json!({ "record": record(kept) }));
    let jobs = kept.jobs.iter().map(|(state, job)| json!({ "state": state.name(), "job": job }));
    let outcomes = kept.outcomes.iter().map(|outcome| json!({ "outcome": outcome }));
    records.chain(jobs).chain(outcomes).map(|line| format!("{line}\n")).collect()
}

fn removed(kept: &Kept, json: bool) -> String {
    let (records, jobs, outcomes) =
        (kept.records.len() as u64, kept.jobs.len() as u64, kept.outcomes.len() as u64);
    if json {
        return as_json(&json!({ "records": records, "jobs": jobs, "outcomes": outcomes }));
    }
    let (records, jobs) = (counted(records, "record"), counted(jobs, "job"));
    format!("removed: {records}, {jobs}, {}\n", counted(outcomes, "outcome"))
}

fn told_folded(folded: &Folded) -> String {
    let Some(history) = &folded.history else {
        return "nothing is folded: the rules may read all there is, or nothing is closed yet\n".to_owned();
    };
    let (left_out, kept) = (counted(folded.records, "record"), grouped(folded.kept));
    match folded.kept {
        0 => format!("nothing to fold; {}\n", from(history)),
        _ => format!("left out: {left_out}, kept: {kept}; {}\n", from(history)),
    }
}

/// Since when there is history.
fn from(history: &History) -> String {
    let whole = history.whole.iter().map(|(name, since)| {
        let since = since.map_or(String::new(), |since| format!(" since {since}"));
        format!("all \"{}\"{since}", harmless(name))
    });
    let parts: Vec<String> = [format!("history from {}", history.from)].into_iter().chain(whole).collect();
    parts.join(", ")
}

/// A time in the largest unit that fits.
fn spoken(millis: u64) -> String {
    let units = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second")];
    let fits = units.into_iter().find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit));
    let (unit, name) = fits.unwrap_or((1, "millisecond"));
    counted(millis / unit, name)
}

fn table(state: &State) -> String {
    let mut rows: Vec<(String, String)> = vec![("format".into(), state.format.to_string())];
    let files = state.files.iter();
    rows.extend(
        files.map(|(name, bytes)| (harmless(name).into_owned(), format!("{} bytes", grouped(*bytes)))),
    );
    rows.push(("log entries".into(), grouped(state.entries)));
    rows.push(("  bytes".into(), grouped(state.log_bytes)));
    rows.push(("outcomes".into(), grouped(state.outcomes)));
    rows.push(("users with jobs".into(), grouped(state.users_with_jobs)));
    rows.extend(state.jobs.iter().map(|(name, many)| (format!("jobs {name}"), grouped(*many))));
    let none = || "none".to_owned();
    let snapshot = state.snapshot.map_or_else(none, |snapshot| {
        format!("behind entry {}, {} bytes", grouped(snapshot.entry), grouped(snapshot.bytes))
    });
    rows.push(("last snapshot".into(), snapshot));
    if let Some(ids) = state.ids {
        rows.push(("  ids of events".into(), grouped(ids)));
    }
    let ids_for = state.ids_for.map_or_else(|| "for ever".to_owned(), |keep| format!("for {}", spoken(keep)));
    rows.push(("ids are kept".into(), ids_for));
    if let Some(history) = &state.history {
        rows.push(("folded".into(), format!("{} bytes; {}", grouped(state.base_bytes), from(history))));
    }
    rows.push(("closed up to".into(), state.closed.map_or_else(none, |closed| closed.to_string())));
    rows.push(("time zones".into(), state.zones.as_ref().map_or_else(none, ToString::to_string)));
    let rules: Vec<_> = state.rules.iter().map(|name| harmless(name).into_owned()).collect();
    rows.push(("rules".into(), rules.join(", ")));
    let positions = state.positions.iter();
    rows.extend(positions.map(|(source, at)| (format!("rows of {}", harmless(source)), grouped(*at))));
    let long = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut text: String = rows.iter().map(|(name, value)| format!("{name:long$}  {value}\n")).collect();
    if !state.pending.is_empty() {
        text.push_str("\nwaiting to be handed over, by campaign and hour (UTC)\n");
    }
    text + &hours(&state.pending)
}

/// A line for each campaign and hour.
fn hours(pending: &[Pending]) -> String {
    let line = |pending: &Pending| {
        let (campaign, hour) = (harmless(&pending.campaign), &pending.hour);
        format!("{campaign}  {hour}  {}\n", grouped(pending.jobs))
    };
    pending.iter().map(line).collect()
}
