//! `campanile explain`: what a finding means, or why a user did or did not get a message.

mod code;
mod why;

use super::Moment;
use super::exit::{Exit, Failure};
use super::log::{Log, RunSpan};

pub use code::{page, title};

const USAGE: &str = "campanile explain [CODE]
       campanile explain <RULES> --events <FILE>... --user <USER> --campaign <CAMPAIGN> [OPTIONS]";

const AFTER_HELP: &str = "\
Examples:
  What a finding means:
    campanile explain E0101

  Why asha did or did not get the campaign `cart_rescue`:
    campanile explain rules/ --events log.csv --user asha --campaign cart_rescue

  Whether she would have been in its audience at ten:
    campanile explain rules/ --events log.csv --user asha --campaign cart_rescue --at '2026-11-03 10:00'";

/// Explain a finding by its code, or why a user did or did not get a message
///
/// With a code such as E0101: what the finding means and how to mend it; without anything, all codes.
///
/// With rules, a log, a user and a campaign: each firing of the campaign's trigger for the user with what
/// became of it, the step that ended it, and the conditions clause by clause with the events that count;
/// or why it never fired. Times are those of the user.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_help = AFTER_HELP, override_usage = USAGE)]
pub struct Arguments {
    /// The code that stands in brackets behind `error` or `warning`; or a rule file or folder
    #[arg(value_name = "CODE | RULES")]
    what: Option<String>,
    #[command(flatten)]
    log: Log,
    /// The user, by the id that the log has
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// The campaign, by its name
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<String>,
    /// Also what the audience was, or would have been, at this instant
    ///
    /// A day `2026-11-03` (its midnight) or a time `2026-11-03 10:00` of the account's zone, or an
    /// instant `2026-11-03T10:00:00+05:30`.
    #[arg(long, value_name = "T", verbatim_doc_comment)]
    at: Option<Moment>,
    /// Show every occurrence, not only the latest few
    #[arg(long)]
    all: bool,
    /// Answer in one line
    #[arg(long, conflicts_with_all = ["json", "all"])]
    short: bool,
    /// Print the explanation as JSON, times in UTC
    #[arg(long)]
    json: bool,
    /// Approved templates, as the Graph API returns them for `message_templates`
    #[arg(long, value_name = "FILE")]
    templates: Option<String>,
    /// What providers allow, instead of a `campanile.toml` beside the rules
    #[arg(long, value_name = "FILE")]
    providers: Option<String>,
    #[command(flatten)]
    span: RunSpan,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let asks_why =
        arguments.user.is_some() || arguments.campaign.is_some() || !arguments.log.events.is_empty();
    match &arguments.what {
        Some(code) if !asks_why && (code::looks_like_one(code) || !std::path::Path::new(code).exists()) => {
            code::run(Some(code))
        }
        None if !asks_why => code::run(None),
        rules => why::run(arguments, rules.as_deref()),
    }
}
