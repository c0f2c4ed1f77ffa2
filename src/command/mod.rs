//! The command line: one file for each subcommand.
//!
//! The only room that may look at a clock and the environment, and the only one that writes to a terminal.

pub mod audience;
pub mod check;
pub mod describe;
pub mod diff;
mod exit;
pub mod explain;
pub mod fmt;
mod glob;
mod guard;
pub mod live;
mod log;
mod memory;
mod moment;
pub mod pages;
pub mod plan;
mod progress;
mod rules;
pub mod run;
pub mod schema;
pub mod segments;
pub mod state;
mod stopwatch;
mod target;
mod terminal;
pub mod test;

use std::ffi::OsString;
use std::sync::LazyLock;

use clap::{Parser, Subcommand};

use crate::calendar::database_version;

pub use exit::{Exit, Failure};
pub use guard::guarded;
pub use moment::Moment;

const AFTER_HELP: &str = "\
Start with:
  campanile check rules/                       find what is wrong with rule files
  campanile fmt rules/                         give rule files their one form
  campanile describe rules/                    campaigns in plain sentences
  campanile run rules/ --events log.csv        replay a log and count what would be sent
  campanile run rules/ --events log.csv --jobs jobs.ndjson --outcomes outcomes.ndjson
  campanile plan rules/ --events log.csv --from 2026-11-01 --to 2026-11-08
                                               what will be sent when, and what holds it back
  campanile segments rules/ --events log.csv --at 2026-02-01
                                               who is in which segment at an instant
  campanile audience rules/ --events log.parquet --at 2026-02-01
                                               the same of logs of any size, clause by clause
  campanile schema infer log.ndjson            the schemas that a log suggests, for rule files
  campanile test rules/                        run the tests that stand beside the rules
  campanile explain rules/ --events log.csv --user asha --campaign cart_rescue
                                               why she did or did not get it
  campanile diff main/rules rules --events log.csv
                                               what a change of rules does, and which clause of it
  campanile live rules/ --state state --events log.ndjson --follow --sink jobs.ndjson
                                               run on events as they come, with a state that survives
  campanile state state                        what such a state holds
  campanile explain E0101                      what a finding means and how to mend it

Exit codes:
  0  done; warnings alone are no complaint
  1  findings: errors in rule files, a test that fails, files that `fmt --check` would change, versions
     that `diff` finds to differ, or with --strict a row that cannot be read
  2  the command was misused, or a file cannot be read or written
  3  a bug of ours

NO_COLOR switches colours off.";

/// Rules for users' events in, scheduled WhatsApp send jobs out.
#[derive(Debug, Parser)]
#[command(name = "campanile", version = version(), after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Arguments),
    Run(Box<run::Arguments>),
    Live(Box<live::Arguments>),
    State(Box<state::Arguments>),
    Test(test::Arguments),
    Fmt(fmt::Arguments),
    Plan(Box<plan::Arguments>),
    Describe(describe::Arguments),
    Diff(Box<diff::Arguments>),
    Explain(Box<explain::Arguments>),
    Schema(schema::Arguments),
    Segments(Box<segments::Arguments>),
    Audience(Box<audience::Arguments>),
}

/// The zone database's version belongs to ours: it decides what a wall clock means.
fn version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| format!("{} (time zones {})", env!("CARGO_PKG_VERSION"), database_version()));
    &VERSION
}

/// Runs the command line of these arguments, the program's own name first.
///
/// What a command has to say of itself is said on standard error; the caller only exits.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    guarded(|| {
        let arguments = match Arguments::try_parse_from(arguments) {
            Ok(arguments) => arguments,
            Err(asked_or_wrong) => {
                // A closed pipe is no error, and there is nothing else to do about one.
                let _ = asked_or_wrong.print();
                return if asked_or_wrong.use_stderr() { Exit::Usage } else { Exit::Clean };
            }
        };
        let done = match arguments.command {
            Command::Check(arguments) => check::run(&arguments),
            Command::Run(arguments) => run::run(&arguments),
            Command::Live(arguments) => live::run(&arguments),
            Command::State(arguments) => state::run(&arguments),
            Command::Test(arguments) => test::run(&arguments),
            Command::Fmt(arguments) => fmt::run(&arguments),
            Command::Plan(arguments) => plan::run(&arguments),
            Command::Describe(arguments) => describe::run(&arguments),
            Command::Diff(arguments) => diff::run(&arguments),
            Command::Explain(arguments) => explain::run(&arguments),
            Command::Schema(arguments) => schema::run(&arguments),
            Command::Segments(arguments) => segments::run(&arguments),
            Command::Audience(arguments) => audience::run(&arguments),
        };
        done.unwrap_or_else(|failure| {
            terminal::tell(&failure.draw(terminal::colours_of_stderr()));
            failure.exit()
        })
    })
}
