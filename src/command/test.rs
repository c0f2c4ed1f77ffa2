//! `campanile test [PATH…]`: the tests that stand beside the rules.

use super::exit::{Exit, Failure};
use super::run::{agree, spare};
use super::target::Target;
use super::{rules, terminal};
use crate::report::{coverage, junit, test_results};
use crate::testing;

const AFTER_HELP: &str = "\
Examples:
  All tests of the rules in a folder:
    campanile test rules/

  Those with `cart` in their names, and what the tests do not show:
    campanile test rules/ --filter cart --coverage

  For a build server:
    campanile test rules/ --junit tests.xml --min-coverage 90";

/// Run the tests that stand beside the rules
///
/// All files that are named make one rulebook. Each `test` block runs on a log of its own, through the
/// engine that runs campaigns. What is shown is only what differs, with the conditions that made it so.
/// The exit code is 1 when a test fails, or the coverage is too low.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_help = AFTER_HELP)]
pub struct Arguments {
    /// Rule files, and folders whose `*.camp` files are meant; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<String>,
    /// Run only the tests whose names contain this, in any case
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Approved templates, as the Graph API returns them for `message_templates`
    #[arg(long, value_name = "FILE")]
    templates: Option<String>,
    /// What providers allow, instead of a `campanile.toml` beside the rules
    #[arg(long, value_name = "FILE")]
    providers: Option<String>,
    /// Show what the tests do not show: conditions that were never true or never false, triggers that
    /// never fired, outcomes that no message had
    #[arg(long, verbatim_doc_comment)]
    coverage: bool,
    /// Fail when the coverage is less than this, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    min_coverage: Option<f64>,
    /// Write the results here too, as JUnit's XML; a file is replaced
    #[arg(long, value_name = "FILE")]
    junit: Option<String>,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// Everything that is read, by what it is called in messages.
    fn inputs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let templates = self.templates.iter().map(|file| ("--templates", file.as_str()));
        let providers = self.providers.iter().map(|file| ("--providers", file.as_str()));
        self.paths.iter().map(|file| ("the rules", file.as_str())).chain(templates).chain(providers)
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').parse::<f64>().ok();
    number
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| "a number from 0 to 100".to_owned())
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let beside = rules::Beside {
        templates: arguments.templates.as_deref(),
        providers: arguments.providers.as_deref(),
    };
    let outputs = || arguments.junit.iter().map(|file| ("--junit", file.as_str()));
    agree(arguments.inputs(), outputs())?;
    let rulebook = rules::sound(&arguments.paths, beside)?;
    spare(&rulebook, outputs())?;
    let zone = rulebook.settings().zone;
    let filter = arguments.filter.as_ref().map(|filter| filter.to_lowercase());
    let wanted = |name: &str| filter.as_ref().is_none_or(|filter| name.to_lowercase().contains(filter));
    let report = testing::run(&rulebook, wanted);

    if let Some(file) = &arguments.junit {
        let mut target = Target::open(file)?;
        let written = std::io::Write::write_all(&mut target, junit(&report, &zone).as_bytes());
        written.map_err(|error| Failure::io("write", file, &error))?;
        target.finish()?;
    }
    let colours = terminal::colours_of_stdout();
    let to_stderr = arguments.junit.as_deref() == Some("-");
    let text = if arguments.json {
        // Text and finite numbers always have a JSON form.
        serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
    } else {
        let colours = if to_stderr { terminal::colours_of_stderr() } else { colours };
        let mut text = test_results(&report, &zone, colours);
        if arguments.coverage {
            text.push('\n');
            text.push_str(&coverage(&report.coverage, colours));
        }
        text
    };
    if to_stderr {
        terminal::tell(&text)
    } else {
        terminal::say(&text)?
    }

    let percent = report.coverage.percent();
    if let Some(least) = arguments.min_coverage
        && percent < least
    {
        let help = if arguments.coverage { "" } else { "; `--coverage` shows what is missing" };
        terminal::tell(&format!("the coverage is {percent:.1}%, less than {least}%{help}\n"));
        return Ok(Exit::Findings);
    }
    if report.results.is_empty() && report.left_out > 0 {
        let filter = arguments.filter.as_deref().unwrap_or_default();
        return Err(Failure::usage(format!("no test has `{filter}` in its name")));
    }
    Ok(if report.passed() { Exit::Clean } else { Exit::Findings })
}
