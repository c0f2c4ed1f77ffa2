//! `campanile segments`: who is in which segment at an instant.

use super::Moment;
use super::exit::{Exit, Failure};
use super::log::{Log, Threads};
use super::run::{Outputs, Reading};
use super::{rules, terminal};
use crate::language::nearest;
use crate::replay::{Membership, SegmentMembers};
use crate::report::{grouped, harmless};

const USAGE: &str = "campanile segments <RULES> --events <FILE>... --at <T> [OPTIONS]";

const AFTER_HELP: &str = "\
Examples:
  How many users each segment had at the end of January:
    campanile segments rules/ --events log.csv --at 2026-02-01

  The users of one of them, one a line:
    campanile segments rules/ --events log.csv --at 2026-02-01 --users lapsed";

/// Count the users of each segment at an instant, from a log
///
/// Records up to the instant count, itself among them. Of whom nothing is known by then is in no
/// segment. Campaigns do not matter here.
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
    /// The instant, in
    ///
    /// A day `2026-11-03` (its midnight) or a time `2026-11-03 10:00` of the account's zone, or an
    /// instant `2026-11-03T10:00:00+05:30`.
    #[arg(long, value_name = "T", verbatim_doc_comment)]
    at: Moment,
    /// Print the ids of this segment's users instead, one a line, in the order of the log
    #[arg(long, value_name = "SEGMENT", conflicts_with = "json")]
    users: Option<String>,
    /// Print each segment with its users as JSON
    #[arg(long)]
    json: bool,
    /// What providers allow, instead of a `campanile.toml` beside the rules
    #[arg(long, value_name = "FILE")]
    providers: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let beside = rules::Beside { providers: arguments.providers.as_deref(), ..rules::Beside::default() };
    let rulebook = rules::sound(std::slice::from_ref(&arguments.rules), beside)?;
    let names = || rulebook.segments().keys().map(String::as_str);
    if names().next().is_none() {
        return Err(Failure::usage("the rules have no segment")
            .with_help("declare one: `segment lapsed = did not \"App Launched\" in last 14 days`"));
    }
    if let Some(asked) = arguments.users.as_deref().filter(|asked| !names().any(|known| known == *asked)) {
        let failure = Failure::usage(format!("there is no segment `{asked}`"));
        let all = || names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        return Err(match nearest(asked, names()) {
            Some(meant) => failure.with_help(format!("did you mean `{meant}`?")),
            None => failure.with_help(format!("the segments are {}", all())),
        });
    }
    let zone = rulebook.settings().zone;
    let asked = Membership::new(&rulebook, arguments.at.resolved(&zone));
    let mut asked = asked.on_threads(arguments.threads.count());
    let mut outputs = Outputs::none();
    let read = Reading::new(&arguments.log, &zone, &mut outputs).all_into(&mut |record| asked.add(record))?;
    let members = asked.members();
    drop(read.progress);
    let text = match &arguments.users {
        Some(segment) => users(&members, segment),
        None if arguments.json => {
            // Text always has a JSON form.
            serde_json::to_string_pretty(&members).unwrap_or_default() + "\n"
        }
        None => table(&members),
    };
    terminal::say(&text)?;
    Ok(Exit::Clean)
}

fn users(members: &[SegmentMembers], segment: &str) -> String {
    let asked = members.iter().filter(|members| *members.segment == *segment);
    let users = asked.flat_map(|members| &members.users);
    users.map(|user| format!("{}\n", harmless(user))).collect()
}

/// Names to the left, numbers to the right.
fn table(members: &[SegmentMembers]) -> String {
    let rows: Vec<(&str, String)> =
        members.iter().map(|members| (&*members.segment, grouped(members.users.len() as u64))).collect();
    let name = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let count = rows.iter().map(|(_, count)| count.chars().count()).max().unwrap_or(0);
    rows.iter().map(|(segment, users)| format!("{segment:name$}  {users:>count$}\n")).collect()
}
