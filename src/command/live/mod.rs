//! `campanile live RULES --state DIR`: the durable engine as a process, from a log or standard input to a sink.

mod clock;
mod outlet;
mod rejects;
mod run;
mod summary;
mod supply;

use std::path::PathBuf;

use super::exit::{Exit, Failure};
use super::log::LogForm;
use super::moment::Moment;
use super::run::{agree, spare};
use super::{rules, terminal};
use crate::durable::DurableError;
use crate::model::Duration;
use clock::Clock;

const USAGE: &str = "campanile live <RULES> --state <DIR> [OPTIONS]";

const AFTER_HELP: &str = "\
Examples:
  What other programs append to a log, as it comes; jobs go to the end of a file:
    campanile live rules/ --state state --events log.ndjson --follow --sink jobs.ndjson

  From another program, into another program:
    feed | campanile live rules/ --state state | deliver

  A log of last year in no time, with the log's own clock:
    campanile live rules/ --state demo --events log.csv --columns 'user=customer,at=day,event=kind' --clock virtual

It ends with the log (unless it follows it), on SIGTERM and on SIGINT: what it has begun is finished, what is
due is handed over, and a snapshot is written. Begun again, it goes on where it was, however it ended.";

/// Run the rules on events as they come, with a state that survives the process
///
/// Records are on the disk before they count, and so is each job before it is handed over. A job is handed
/// over once; on standard output one may come again after a crash, with the same id.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_help = AFTER_HELP, override_usage = USAGE)]
pub struct Arguments {
    /// A rule file, or a folder whose `*.camp` files are meant
    #[arg(value_name = "RULES")]
    rules: String,
    /// The directory of the state; it is made if there is none
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// The log of events; `-` is standard input, which cannot be read again after a crash: give its events ids
    #[arg(long, value_name = "FILE", default_value = "-")]
    events: String,
    /// At the end of the log, wait for more of it
    #[arg(long)]
    follow: bool,
    /// Profiles of users, which are read before the events
    #[arg(long, value_name = "FILE")]
    profiles: Option<String>,
    #[command(flatten)]
    form: LogForm,
    /// Where send jobs go, as NDJSON: a file, to whose end they are appended, or `-`
    #[arg(long, value_name = "FILE", default_value = "-")]
    sink: String,
    /// Write all outcomes so far here when it ends, as NDJSON; a file is replaced
    #[arg(long, value_name = "FILE")]
    outcomes: Option<String>,
    /// Append the rows that could not be read here, as NDJSON with row number and reason
    #[arg(long, value_name = "FILE")]
    rejects: Option<String>,
    /// Hold instants open for so long: what comes no later counts as if it had come in order, such as `30s`, `5m`, `1h`
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    lateness: Duration,
    /// Keep ids of events for so long, that none counts twice; what has one and is older than is known is refused
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = duration)]
    ids_for: Duration,
    /// Fold what is older than so into the state, now and then, so that the state does not grow for ever; at least as much is kept as the rules look back
    #[arg(long, value_name = "TIME", value_parser = duration)]
    history: Option<Duration>,
    /// Fire nothing before this instant: what is older builds history. Said at a directory's beginning, it stays
    #[arg(long, value_name = "T")]
    starting: Option<Moment>,
    /// Go on under the rules as they are now, where the directory was filled under others
    #[arg(long)]
    replace_rules: bool,
    /// With `--replace-rules`: also where these look further back than there is history, as if nothing had been before
    #[arg(long, requires = "replace_rules")]
    shorter_history: bool,
    /// What tells the time: the system, or (`virtual`) the records as they come
    #[arg(long, value_name = "CLOCK", default_value = "system")]
    clock: Clock,
    /// Approved templates, as the Graph API returns them for `message_templates`
    #[arg(long, value_name = "FILE")]
    templates: Option<String>,
    /// What providers allow, instead of a `campanile.toml` beside the rules
    #[arg(long, value_name = "FILE")]
    providers: Option<String>,
    /// Tell this much on standard error: error, warn, info or debug
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log: tracing::Level,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn outputs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let outputs = [
            ("--sink", Some(&self.sink)),
            ("--outcomes", self.outcomes.as_ref()),
            ("--rejects", self.rejects.as_ref()),
        ];
        outputs.into_iter().filter_map(|(option, file)| Some((option, file?.as_str())))
    }

    fn inputs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let inputs = [
            ("the rules", Some(&self.rules)),
            ("--templates", self.templates.as_ref()),
            ("--providers", self.providers.as_ref()),
            ("--profiles", self.profiles.as_ref()),
            ("--events", Some(&self.events)),
        ];
        inputs.into_iter().filter_map(|(what, file)| Some((what, file?.as_str())))
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    agree(arguments.inputs(), arguments.outputs())?;
    if arguments.follow && arguments.events == "-" {
        return Err(Failure::usage("standard input is followed to its end anyway")
            .with_help("leave `--follow` out, or name a file by `--events`"));
    }
    let beside = rules::Beside {
        templates: arguments.templates.as_deref(),
        providers: arguments.providers.as_deref(),
    };
    let rulebook = rules::sound(std::slice::from_ref(&arguments.rules), beside)?;
    spare(&rulebook, arguments.outputs())?;
    listen(arguments.log);
    let summary = run::run(arguments, &rulebook)?;
    let lost = summary.rejected > 0 && arguments.rejects.is_none();
    let text = if arguments.json { summary.json() } else { summary.table() };
    if arguments.outputs().any(|(_, file)| file == "-") {
        terminal::tell(&text);
    } else {
        terminal::say(&text)?;
    }
    if lost {
        terminal::tell("`--rejects FILE` keeps the rejected rows with their reasons\n");
    }
    Ok(Exit::Clean)
}

/// What happens goes to standard error, down to a level.
fn listen(level: tracing::Level) {
    let colours = terminal::colours_of_stderr() == crate::report::Colours::On;
    let subscriber = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(colours);
    // Where a host has one already, that one it is.
    let _ = tracing::subscriber::set_global_default(subscriber.with_max_level(level).finish());
}

/// Why the engine refuses, as a command says it.
#[cold]
pub(super) fn refused(error: DurableError) -> Failure {
    match error {
        DurableError::Damaged { .. } => Failure::findings(error.to_string()),
        _ => Failure::usage(error.to_string()),
    }
}

/// `--lateness`, `--ids-for`, `--history`, `--fold`
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: i64 = match text.get(number.len()..).unwrap_or_default() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        unit => return Err(format!("`{unit}` is no unit of time; write `30s`, `5m`, `1h` or `30d`")),
    };
    let number = number.trim().parse::<u32>().map_err(|_| "write `30s`, `5m`, `1h` or `30d`".to_owned())?;
    Ok(Duration::from_millis(i64::from(number).saturating_mul(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_do_and_others_are_refused() {
        for (text, wanted) in
            [("0s", 0), ("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("2 d", 172_800_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(wanted)), "{text}");
        }
        for text in ["", "30", "s", "-1s", "1.5h", "3 moons"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
