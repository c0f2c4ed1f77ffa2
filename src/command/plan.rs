//! `campanile plan RULES --events FILE…`: what will be sent when, and what holds it back.

use std::io::Write;
use std::path::Path;

use super::exit::{Exit, Failure};
use super::log::{Log, RunSpan, Threads};
use super::memory::{Memory, no_room};
use super::run::{Outputs, Reading, agree, spare};
use super::target::Target;
use super::{rules, terminal};
use crate::plan::Plan;
use crate::replay::Replay;
use crate::report::{counted, grouped, plan_page, plan_table};

const USAGE: &str = "campanile plan <RULES> --events <FILE>... [OPTIONS]";

const AFTER_HELP: &str = "\
Examples:
  The week from the first of November, on all that is known by then:
    campanile plan rules/ --events log.ndjson.gz --from 2026-11-01 --to 2026-11-08

  The same as a page for a meeting:
    campanile plan rules/ --events log.ndjson.gz --from 2026-11-01 --to 2026-11-08 --report plan.html

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
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    memory: Memory,
    /// Write the plan here too, as one HTML page with charts that needs nothing else. `-` is standard output
    #[arg(long, value_name = "FILE")]
    report: Option<String>,
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
    let outputs = || arguments.report.iter().map(|file| ("--report", file.as_str()));
    agree(arguments.inputs(), outputs())?;
    let beside = rules::Beside {
        templates: arguments.templates.as_deref(),
        providers: arguments.providers.as_deref(),
    };
    let rulebook = rules::sound(std::slice::from_ref(&arguments.rules), beside)?;
    spare(&rulebook, outputs())?;
    let zone = rulebook.settings().zone;
    let (from, to) = arguments.span.resolved(&zone)?;
    // Opened before anything is read: who may not write is told at once, not after the run.
    let mut target = arguments.report.as_deref().map(Target::open).transpose()?;
    let replay = Replay::new(&rulebook.compile()).starting(from).ending(to).with_holds();
    let mut replay = arguments.memory.bound(replay.on_threads(arguments.threads.count()));
    let mut outputs = Outputs::none();
    let read = Reading::new(&arguments.log, &zone, &mut outputs).all_into_replay(replay.replay())?;
    let result = replay.run();
    drop(read.progress);
    let result = result.map_err(|error| no_room(error.to_string()))?;
    let plan = Plan::of(&rulebook, &result);
    if plan.total.qualified != plan.total.outcomes.values().sum::<u64>() {
        return Err(Failure::bug("the outcomes of the plan do not add up"));
    }
    if let Some(target) = &mut target {
        let page = plan_page(&plan, &title(&arguments.rules)).map_err(Failure::bug)?;
        let name = target.name().to_owned();
        target.write_all(page.as_bytes()).map_err(|error| Failure::io("write", &name, &error))?;
    }
    target.map(Target::finish).transpose()?;
    let text = if arguments.json {
        // Text and finite numbers always have a JSON form.
        serde_json::to_string_pretty(&plan).unwrap_or_default() + "\n"
    } else {
        plan_table(&plan, terminal::colours_of_stdout())
    };
    if arguments.report.as_deref() == Some("-") {
        terminal::tell(&text);
    } else {
        terminal::say(&text)?;
    }
    let counts = &read.counts;
    terminal::tell(&format!(
        "{} read, {} rejected, {}\n",
        counted(counts.events, "event"),
        grouped(counts.rejected),
        counted(result.summary.users, "user"),
    ));
    Ok(Exit::Clean)
}

/// What the page is called: the folder of the rules, or its file.
fn title(rules: &str) -> String {
    let path = std::fs::canonicalize(rules).unwrap_or_else(|_| Path::new(rules).to_owned());
    let name = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    // `rules` says nothing; the folder in which it lies does.
    let shown = match name(&path) {
        Some(own) if own == "rules" => path.parent().and_then(name).unwrap_or(own),
        Some(own) => own,
        None => rules.to_owned(),
    };
    format!("What {shown} will send")
}
