//! `campanile diff OLD NEW --events FILE…`: two versions of the rules over one log.

use super::check::numbers;
use super::exit::{Exit, Failure};
use super::log::{Log, RunSpan, Threads};
use super::run::{Outputs, Reading};
use super::{rules, terminal};
use crate::difference::Comparison;
use crate::language::{Severity, suggest};
use crate::model::Record;
use crate::report::{MessageFormat, comparison, draw};
use crate::rulebook::Rulebook;

const USAGE: &str = "campanile diff <OLD> <NEW> --events <FILE>... [OPTIONS]";

const AFTER_HELP: &str = "\
Examples:
  What a change of rules would have done to the log of October:
    campanile diff main/rules rules --events october.csv

  Of one campaign, with twenty users of each kind of difference:
    campanile diff main/rules rules --events october.csv --campaign cart_rescue --samples 20

Exit codes:
  0  every job and every outcome is the same
  1  something differs
  2  nothing was compared: rules with errors, a file that cannot be read, with --strict a row that cannot
  3  a bug of ours";

/// Compare two versions of the rules over one log: what differs, and which clause does it
///
/// Both are run over the same records. By campaign: how many jobs are added, removed, moved and changed,
/// sample users, and the clause that made the difference, found by running the old rules with nothing but
/// that clause of the new ones. The exit code is 1 when anything differs, so that a review can wait for it.
///
/// The log is read twice, the second time for the few users of the samples; from standard input it is kept.
/// Times without a zone, in the log and in options, are those of the old rules' account.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_help = AFTER_HELP, override_usage = USAGE)]
#[command(mut_arg("events", |events| events.required(true)))]
pub struct Arguments {
    /// The rules as they were: a file, or a folder whose `*.camp` files are meant
    #[arg(value_name = "OLD")]
    old: String,
    /// The rules as they are to be
    #[arg(value_name = "NEW")]
    new: String,
    #[command(flatten)]
    log: Log,
    #[command(flatten)]
    span: RunSpan,
    #[command(flatten)]
    threads: Threads,
    /// Compare only this campaign; may be given several times
    #[arg(long, value_name = "NAME")]
    campaign: Vec<String>,
    /// Of each campaign so many users of each kind of difference; 0 looks for no causes
    #[arg(long, value_name = "N", default_value = "3")]
    samples: usize,
    /// Approved templates, as the Graph API returns them for `message_templates`
    #[arg(long, value_name = "FILE")]
    templates: Option<String>,
    /// Those of the old rules, where they are others
    #[arg(long, value_name = "FILE", requires = "templates")]
    old_templates: Option<String>,
    /// What providers allow, instead of a `campanile.toml` beside either version of the rules
    #[arg(long, value_name = "FILE")]
    providers: Option<String>,
    /// What they allowed when the old rules held, where it is something else
    #[arg(long, value_name = "FILE", requires = "providers")]
    old_providers: Option<String>,
    /// Print everything as JSON; `campanile schema diff` prints its schema
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    // Exit code 1 says that there are differences, and nothing else.
    compare(arguments).map_err(|failure| match failure.exit() {
        Exit::Findings => failure.ending(Exit::Usage),
        _ => failure,
    })
}

fn compare(arguments: &Arguments) -> Result<Exit, Failure> {
    arguments.agree()?;
    let old = side("old", &arguments.old, arguments.beside_old())?;
    let new = side("new", &arguments.new, arguments.beside_new())?;
    known(&old, &new, &arguments.campaign)?;
    let zone = old.settings().zone;
    let (from, to) = arguments.span.resolved(&zone)?;
    let campaigns = arguments.campaign.iter().map(String::as_str);
    let mut asked = Comparison::new(&old, &new).starting(from).ending(to);
    asked = asked.samples(arguments.samples).only(campaigns).on_threads(arguments.threads.count());

    // What comes by standard input comes once.
    let mut kept = arguments.log.reads_stdin().then(Vec::new);
    let mut take = |record: Record| {
        if let Some(kept) = &mut kept {
            kept.push(record.clone());
        }
        asked.add(record);
    };
    let read = Reading::new(&arguments.log, &zone, &mut Outputs::none()).all_into(&mut take)?;
    let mut compared = asked.run();
    drop(read.progress);
    if compared.difference().differs && arguments.samples > 0 {
        match kept {
            Some(kept) => kept.into_iter().for_each(|record| compared.again(record)),
            None => {
                let mut outputs = Outputs::silent();
                let mut again = |record| compared.again(record);
                drop(Reading::new(&arguments.log, &zone, &mut outputs).all_into(&mut again)?);
            }
        }
    }
    let difference = compared.explained();
    if arguments.json {
        let json =
            serde_json::to_string_pretty(&difference).map_err(|error| Failure::bug(error.to_string()))?;
        terminal::say(&(json + "\n"))?;
    } else {
        let zone = new.settings().zone;
        terminal::say(&comparison(&difference, zone, terminal::colours_of_stdout()))?;
    }
    Ok(if difference.differs { Exit::Findings } else { Exit::Clean })
}

impl Arguments {
    fn beside_new(&self) -> rules::Beside<'_> {
        rules::Beside { templates: self.templates.as_deref(), providers: self.providers.as_deref() }
    }

    fn beside_old(&self) -> rules::Beside<'_> {
        rules::Beside {
            templates: self.old_templates.as_deref().or(self.templates.as_deref()),
            providers: self.old_providers.as_deref().or(self.providers.as_deref()),
        }
    }

    /// That standard input is asked for once at most: also by a file that both versions have.
    fn agree(&self) -> Result<(), Failure> {
        let (old, new) = (self.beside_old(), self.beside_new());
        let beside = [old.templates, new.templates, old.providers, new.providers];
        let rules = [Some(self.old.as_str()), Some(self.new.as_str())];
        let logs = self.log.events.iter().chain(&self.log.profiles).map(|file| Some(file.as_str()));
        let all = beside.into_iter().chain(rules).chain(logs);
        if all.flatten().filter(|file| *file == "-").count() > 1 {
            return Err(Failure::usage("standard input can be read only once")
                .with_help("name a file instead of all `-` but one"));
        }
        Ok(())
    }
}

/// One version. Its errors are drawn, and its warnings left to `campanile check`.
fn side(which: &str, path: &str, beside: rules::Beside<'_>) -> Result<Rulebook, Failure> {
    rules::load(&[path.to_owned()], beside)?.map_err(|error| {
        let colours = terminal::colours_of_stderr();
        let errors = error.diagnostics().iter().filter(|finding| finding.severity == Severity::Error);
        for finding in errors.clone() {
            terminal::tell(&draw(finding, error.sources(), MessageFormat::Human, colours));
        }
        let errors: Vec<_> = errors.cloned().collect();
        Failure::usage(format!("nothing was compared: {} in the {which} rules, `{path}`", numbers(&errors)))
    })
}

/// That every campaign that is asked for is in one of the versions.
fn known(old: &Rulebook, new: &Rulebook, names: &[String]) -> Result<(), Failure> {
    let there = || new.campaigns().iter().chain(old.campaigns()).map(|campaign| &*campaign.name);
    for name in names {
        if !there().any(|known| known == name) {
            let failure = Failure::usage(format!("there is no campaign `{name}` in either version"));
            return Err(match suggest(name, "campaigns", there()) {
                Some(help) => failure.with_help(help),
                None => failure,
            });
        }
    }
    Ok(())
}
