//! `campanile describe RULES`: campaigns in plain sentences.

use super::exit::{Exit, Failure};
use super::{Moment, rules, terminal};
use crate::calendar::Zone;
use crate::report::{Agenda, AgendaOptions, Description, MessageFormat, draw};
use crate::rulebook::Rulebook;

const AFTER_HELP: &str = "\
Examples:
  campanile describe rules/
  campanile describe rules/ --campaign cart_rescue
  campanile describe rules/ --calendar --from 2026-03-01 --to 2026-04-15 --zone Europe/London --zone Asia/Kolkata";

/// Describe campaigns in plain sentences, for a reviewer who reads no code
///
/// Who qualifies, what they get, when, what stops it, what limits it; and what holds where nothing is said.
/// With `--calendar`: the instants at which scheduled campaigns trigger, and what changes of clocks do to them.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_help = AFTER_HELP)]
pub struct Arguments {
    /// Rule files, and folders whose `*.camp` files are meant; `-` is standard input
    #[arg(value_name = "RULES", default_value = ".")]
    paths: Vec<String>,
    /// Only this campaign; may be given several times
    #[arg(long, value_name = "NAME")]
    campaign: Vec<String>,
    /// List the instants at which scheduled campaigns trigger
    #[arg(long, requires = "from", requires = "to")]
    calendar: bool,
    /// The first instant of the calendar: a day `2026-11-03` or a time `2026-11-03 10:00` of the account's zone, or an
    /// instant `2026-11-03T10:00:00+05:30`
    #[arg(long, value_name = "T", requires = "calendar", verbatim_doc_comment)]
    from: Option<Moment>,
    /// The first instant after it, written likewise
    #[arg(long, value_name = "T", requires = "calendar")]
    to: Option<Moment>,
    /// A zone of users, for campaigns in user time; may be given several times. Default: the account's
    #[arg(long, value_name = "ZONE", requires = "calendar", value_parser = zone)]
    zone: Vec<Zone>,
    /// So many instants are listed for each campaign and zone, the others are counted
    #[arg(long, value_name = "N", requires = "calendar", default_value = "100")]
    most: usize,
    /// What providers allow, instead of a `campanile.toml` beside the rules
    #[arg(long, value_name = "FILE")]
    providers: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let beside = rules::Beside { providers: arguments.providers.as_deref(), ..rules::Beside::default() };
    let rulebook = match rules::load(&arguments.paths, beside)? {
        Ok(rulebook) => rulebook,
        Err(error) => {
            let colours = terminal::colours_of_stderr();
            for finding in error.diagnostics() {
                terminal::tell(&draw(finding, error.sources(), MessageFormat::Human, colours));
            }
            return Ok(if error.is_unreadable() { Exit::Usage } else { Exit::Findings });
        }
    };
    known(&rulebook, &arguments.campaign)?;
    if let (true, Some(from), Some(to)) = (arguments.calendar, arguments.from, arguments.to) {
        return calendar(&rulebook, arguments, from, to);
    }
    let description = Description::of(&rulebook, &arguments.campaign);
    if arguments.json {
        let json =
            serde_json::to_string_pretty(&description).map_err(|error| Failure::bug(error.to_string()))?;
        terminal::say(&(json + "\n"))?;
    } else {
        terminal::say(&description.text(terminal::colours_of_stdout()))?;
    }
    Ok(Exit::Clean)
}

fn zone(name: &str) -> Result<Zone, String> {
    Zone::named(name).map_err(|unknown| format!("{unknown}; {}", unknown.help()))
}

fn calendar(rulebook: &Rulebook, arguments: &Arguments, from: Moment, to: Moment) -> Result<Exit, Failure> {
    let account = rulebook.settings().zone;
    let (from, to) = (from.resolved(&account), to.resolved(&account));
    if to <= from {
        return Err(Failure::usage(format!("the calendar would end at {to}, and begin only at {from}"))
            .with_help("`--to` is the first instant that is no longer in it"));
    }
    let options = AgendaOptions { from, to, zones: arguments.zone.clone(), most: arguments.most };
    let agenda = Agenda::of(rulebook, &arguments.campaign, &options);
    if arguments.json {
        let json = serde_json::to_string_pretty(&agenda).map_err(|error| Failure::bug(error.to_string()))?;
        terminal::say(&(json + "\n"))?;
    } else {
        terminal::say(&agenda.text(terminal::colours_of_stdout()))?;
    }
    Ok(Exit::Clean)
}

/// That every campaign that is asked for is there.
fn known(rulebook: &Rulebook, names: &[String]) -> Result<(), Failure> {
    let there = || rulebook.campaigns().iter().map(|campaign| &*campaign.name);
    for name in names {
        if !there().any(|known| known == name) {
            let failure = Failure::usage(format!("there is no campaign `{name}`"));
            return Err(match crate::language::suggest(name, "campaigns", there()) {
                Some(help) => failure.with_help(help),
                None => failure,
            });
        }
    }
    Ok(())
}
