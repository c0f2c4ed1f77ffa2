//! `campanile run RULES --events FILE…`: a log replayed on the virtual clock.

mod arguments;
mod outputs;
mod reading;
mod rejects;

pub use arguments::Arguments;
pub(super) use arguments::{agree, spare};
pub(super) use reading::{bytes, unreadable, unreadable_profiles};

use super::exit::{Exit, Failure};
use super::memory::no_room;
use super::stopwatch::Stopwatch;
use super::{rules, terminal};
use crate::model::OutcomeKind;
use crate::replay::{Phase, Replay, Summary};
use crate::report::{
    BudgetCounts, CampaignCounts, CampaignResults, Colours, Counts, InputCounts, Phases, RunReport,
    TABLE_WIDTH, UnknownTimeZones, table,
};
pub use outputs::Outputs;
pub use reading::Reading;
pub(super) use rejects::Rejects;

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    arguments.agree()?;
    let beside = rules::Beside {
        templates: arguments.templates.as_deref(),
        providers: arguments.providers.as_deref(),
    };
    let rulebook = rules::sound(std::slice::from_ref(&arguments.rules), beside)?;
    arguments.spare(&rulebook)?;
    let zone = &rulebook.settings().zone;
    let (from, to) = arguments.span.resolved(zone)?;
    // Opened before anything is read: who may not write is told at once, not after the run.
    let mut outputs = Outputs::open(arguments)?;

    let (mut stopwatch, mut phases) = (Stopwatch::begin(), Phases::default());
    let replay = Replay::new(&rulebook.compile()).starting(from).ending(to);
    let mut replay = arguments.memory.bound(replay.on_threads(arguments.threads.count()));
    let read = Reading::new(&arguments.log, zone, &mut outputs).all_into_replay(replay.replay())?;
    stopwatch.lap(&mut phases.read);
    let mut before = None;
    let decided = replay.run_in_phases(&mut |phase| {
        stopwatch.lap(phases.of(before.replace(phase)));
    });
    stopwatch.lap(phases.of(before));
    drop(read.progress);
    let decided = decided.map_err(|error| no_room(error.to_string()))?;
    outputs.write(decided.jobs, decided.outcomes)?;
    stopwatch.lap(&mut phases.write);

    let summary = &decided.summary;
    let mut report = RunReport::new(
        campaigns(summary),
        InputCounts {
            duplicates: summary.duplicates,
            unfit_values: summary.unfit,
            users: summary.users,
            unknown_time_zones: UnknownTimeZones::new(&summary.unknown_zones),
            ..read.counts
        },
    );
    report.budgets = summary.budgets.iter().filter_map(BudgetCounts::new).collect();
    let anything = summary.from < summary.to;
    report.from = anything.then_some(summary.from);
    report.to = anything.then_some(summary.to);
    if let Some(wrong) = report.out_of_balance().next() {
        return Err(Failure::bug(format!("the outcomes of campaign `{}` do not add up", wrong.campaign)));
    }
    report.files = outputs.finish()?;
    report.phases = phases;
    report.peak_memory_bytes = terminal::peak_memory();
    let report = report.taking(stopwatch.elapsed());
    tell(&report, arguments)?;
    Ok(Exit::Clean)
}

impl Phases {
    fn of(&mut self, phase: Option<Phase>) -> &mut f64 {
        match phase {
            // Nothing is done between reading and the first phase.
            None | Some(Phase::Group) => &mut self.group,
            Some(Phase::Run) => &mut self.run,
            Some(Phase::Merge) => &mut self.merge,
        }
    }
}

fn campaigns(summary: &Summary) -> Vec<CampaignCounts> {
    let row = |campaign: &crate::replay::CampaignSummary| {
        let mut counts = Counts {
            past: campaign.past,
            triggered: campaign.triggered,
            qualified: campaign.qualified,
            ..Counts::default()
        };
        for kind in OutcomeKind::ALL {
            counts.outcomes.add(kind, campaign.count(kind));
        }
        CampaignCounts {
            campaign: campaign.name.clone(),
            title: campaign.title.clone(),
            counts,
            results: CampaignResults::new(&campaign.results),
        }
    };
    summary.campaigns.iter().map(row).collect()
}

/// The table, or the summary as JSON: on standard output, unless something else was asked to go there.
fn tell(report: &RunReport, arguments: &Arguments) -> Result<(), Failure> {
    let to_stderr = arguments.writes_to_stdout();
    let text = |colours: Colours| {
        if arguments.json {
            // Text and finite numbers always have a JSON form.
            serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
        } else {
            format!("{}\n{}", table(report, TABLE_WIDTH, colours), report.closing())
        }
    };
    if to_stderr {
        terminal::tell(&text(terminal::colours_of_stderr()));
    } else {
        terminal::say(&text(terminal::colours_of_stdout()))?;
    }
    if arguments.jobs.is_none() && arguments.outcomes.is_none() && report.total.qualified > 0 {
        terminal::tell("nothing was written down: `--jobs FILE` and `--outcomes FILE` do\n");
    }
    if report.input.rejected > 0 && arguments.rejects.is_none() {
        terminal::tell("`--rejects FILE` keeps the rejected rows with their reasons\n");
    }
    Ok(())
}
