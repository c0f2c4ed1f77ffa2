use super::Arguments;
use crate::command::exit::{Exit, Failure};
use crate::command::run::{Outputs, Reading};
use crate::command::{rules, terminal};
use crate::explain::Inquiry;
use crate::language::nearest;
use crate::model::{Record, Text};
use crate::report::explanation;

/// So many occurrences are shown when not all are asked for.
const SHOWN: usize = 3;

/// Why a user did or did not get a campaign.
pub(super) fn run(arguments: &Arguments, rules: Option<&str>) -> Result<Exit, Failure> {
    let missing = |what: &str| {
        Failure::usage(format!("`campanile explain` needs {what} to say why"))
            .with_help("write `campanile explain rules/ --events log.csv --user asha --campaign cart_rescue`")
    };
    let rules = rules.ok_or_else(|| missing("the rules"))?;
    let user = arguments.user.as_deref().ok_or_else(|| missing("a user, `--user`"))?;
    let campaign = arguments.campaign.as_deref().ok_or_else(|| missing("a campaign, `--campaign`"))?;
    if arguments.log.events.is_empty() && arguments.log.profiles.is_empty() {
        return Err(missing("a log, `--events`"));
    }
    let beside = rules::Beside {
        templates: arguments.templates.as_deref(),
        providers: arguments.providers.as_deref(),
    };
    let rulebook = rules::sound(&[rules.to_owned()], beside)?;
    let names = || rulebook.campaigns().iter().map(|known| &*known.name);
    if !names().any(|known| known == campaign) {
        let failure = Failure::usage(format!("there is no campaign `{campaign}`"));
        let all = || names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        return Err(match nearest(campaign, names()) {
            Some(meant) => failure.with_help(format!("did you mean `{meant}`?")),
            None => failure.with_help(format!("the campaigns are {}", all())),
        });
    }
    let zone = rulebook.settings().zone;
    let (from, to) = arguments.span.resolved(&zone)?;
    let mut inquiry = Inquiry::new(&rulebook).about(user).starting(from).ending(to);
    let mut outputs = Outputs::none();
    let mut others: Vec<Text> = Vec::new();
    let mut take = |record: Record| {
        if let Some(whose) = record.user().filter(|whose| others.len() < SHOWN && !others.contains(whose)) {
            others.push(whose.clone());
        }
        inquiry.add(record);
    };
    let read = Reading::new(&arguments.log, &zone, &mut outputs).all_into(&mut take)?;
    let answers = inquiry.run();
    drop(read.progress);
    let explained = answers.explain(user, campaign, arguments.at.map(|at| at.resolved(&zone)));
    let explained = explained.ok_or_else(|| Failure::bug("a campaign that is there cannot be explained"))?;
    if !explained.known {
        let failure = Failure::usage(format!("there is no record of a user `{user}`"));
        let others: Vec<String> = others.iter().map(|other| format!("`{other}`")).collect();
        return Err(match others.as_slice() {
            [] => failure,
            _ => failure.with_help(format!("ids are compared exactly; there are {}", others.join(", "))),
        });
    }
    let text = if arguments.json {
        // Text and finite numbers always have a JSON form.
        serde_json::to_string_pretty(&explained).unwrap_or_default() + "\n"
    } else if arguments.short {
        crate::report::harmless(&explained.short()).into_owned() + "\n"
    } else {
        let most = if arguments.all { usize::MAX } else { SHOWN };
        explanation(&explained, most, terminal::colours_of_stdout())
    };
    terminal::say(&text)?;
    Ok(Exit::Clean)
}
