//! `campanile plan RULES --events FILE…`: what will be sent when, and what holds it back.

use super::exit::{Exit, Failure};
use super::log::{Log, RunSpan};
use super::run::{Outputs, Reading, agree};
use super::{rules, terminal};
use crate::plan::Plan;
use crate::replay::Replay;
use crate::report::{counted, grouped, plan_table};

const USAGE: &str = "campanile plan <RULES> --events <FILE>... [OPTIONS]";

const AFTER_HELP: &str = "\
Examples:
  The week from the first of November, on all that is known by then:
    campanile plan rules/ --events log.ndjson.gz --from 2026-11-01 --to 2026-11-08

  With other budgets than those beside the rules:
    campanile plan rules/ --events log.ndjson.gz --providers two-numbers.toml

  For another program:
    campanile plan rules/ --events log.ndjson.gz --json | jq '.budgets[] | {words, binding_seconds}'";

/// Plan what will be sent when: by campaign, hour and provider, and which budget holds what back
///
/// The same run as `campanile run`, on the same virtual clock; nothing is written down but the plan.
/// Schedules need no events of the planned time; what events trigger is planned as far as the log goes.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_help = AFTER_HELP, override_usage = USAGE)]
#[command(mut_arg("events", |events| events.required(true)))]
pub struct Arguments {
    /// A rule file, or a folder whose `*.camp` files are meant
    #[arg(value_name = "RULES")]
    rules: String,
    #[command(flatten)]
    log: Log,
    /// Approved templates, as the Graph API returns them for `message_templates`
    #[arg(long, value_name = "FILE")]
    templates: Option<String>,
    /// What providers allow, instead of a `campanile.toml` beside the rules
    #[arg(long, value_name = "FILE")]
    providers: Option<String>,
    #[command(flatten)]
    span: RunSpan,
    /// Print the plan as JSON, every hour of it; `campanile schema plan` prints its schema
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn inputs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let templates = self.templates.iter().map(|file| ("--templates", file.as_str()));
        let providers = self.providers.iter().map(|file| ("--providers", file.as_str()));
        let rules = std::iter::once(("the rules", self.rules.as_str()));
        let profiles = self.log.profiles.iter().map(|file| ("--profiles", file.as_str()));
        let events = self.log.events.iter().map(|file| ("--events", file.as_str()));
        rules.chain(templates).chain(providers).chain(profiles).chain(events)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    agree(arguments.inputs(), std::iter::empty())?;
    let beside = rules::Beside {
        templates: arguments.templates.as_deref(),
        providers: arguments.providers.as_deref(),
    };
    let rulebook = rules::sound(std::slice::from_ref(&arguments.rules), beside)?;
    let zone = rulebook.settings().zone;
    let (from, to) = arguments.span.resolved(&zone)?;
    let mut replay = Replay::new(&rulebook.compile()).starting(from).ending(to).with_holds();
    let mut outputs = Outputs::none();
    let read =
        Reading::new(&arguments.log, &zone, &mut outputs).all_into(&mut |record| replay.add(record))?;
    let result = replay.run();
    drop(read.progress);
    let plan = Plan::of(&rulebook, &result);
    if plan.total.qualified != plan.total.outcomes.values().sum::<u64>() {
        return Err(Failure::bug("the outcomes of the plan do not add up"));
    }
    let text = if arguments.json {
        // Text and finite numbers always have a JSON form.
        serde_json::to_string_pretty(&plan).unwrap_or_default() + "\n"
    } else {
        plan_table(&plan, terminal::colours_of_stdout())
    };
    terminal::say(&text)?;
    let counts = &read.counts;
    terminal::tell(&format!(
        "{} read, {} rejected, {}\n",
        counted(counts.events, "event"),
        grouped(counts.rejected),
        counted(result.summary.users, "user"),
    ));
    Ok(Exit::Clean)
}
