//! Every data case (`tests/cases/**/*.case`) on every way through the house.
//!
//! A case holds rules, records, a clock and what must come of them, derived by hand from `docs/semantics.md`. Each test
//! below runs all of them one way, and tells of every case that fails. `CASE=hours/ cargo test --test cases` runs those with this in
//! their names.
#![cfg(test)]

#[path = "support/case.rs"]
mod case;
mod reference;
#[path = "support/results.rs"]
mod results;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use campanile::language::{Sources, format};
use campanile::live::Engine;
use campanile::message::Templates;
use campanile::model::template::{Component, MediaLink, Parameter};
use campanile::model::{Content, Instant, JobId, Outcome, OutcomeKind, Record, SendJob, ZoneSource};
use campanile::replay::Replay;
use campanile::rulebook::Rulebook;

use case::{Case, Expectation};
use results::Counted;

/// What came of a case.
struct Decided {
    jobs: Vec<SendJob>,
    outcomes: Vec<Outcome>,
    triggered: BTreeMap<String, u64>,
    /// None of a way that does not count them.
    past: Option<BTreeMap<String, u64>>,
    results: Counted,
}

/// A way from rules and records to jobs and outcomes.
type Way = fn(&Rulebook, &Case) -> Decided;

#[test]
fn every_case_holds_in_the_reference_interpreter() {
    every_case(as_written, by_the_reference);
}

#[test]
fn every_case_holds_in_replay() {
    every_case(as_written, by_replay);
}

#[test]
fn every_case_holds_in_the_engine_that_takes_records_as_they_come() {
    every_case(as_written, by_the_engine);
}

#[test]
fn every_case_holds_in_the_engine_that_takes_all_records_at_once() {
    every_case(as_written, by_the_engine_at_once);
}

#[test]
fn every_case_holds_after_its_rules_are_formatted() {
    every_case(formatted, by_replay);
}

#[test]
fn there_are_enough_cases_and_their_names_say_what_must_hold() {
    let cases = case::load_all(Path::new("tests/cases"));
    assert!(cases.len() >= 400, "only {} cases were found", cases.len());
    for (name, _) in cases {
        let file = name.rsplit('/').next().unwrap_or_default();
        assert!(file.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
    }
}

fn as_written(rules: &str) -> String {
    rules.to_owned()
}

fn formatted(rules: &str) -> String {
    let mut sources = Sources::new();
    let file = sources.add("case.camp", rules);
    format(&sources, file).unwrap_or_else(|error| panic!("{error:?}\n{rules}"))
}

fn by_the_reference(rulebook: &Rulebook, case: &Case) -> Decided {
    let expected = reference::interpret(rulebook, &case.records, case.from, case.to);
    Decided {
        jobs: expected.jobs,
        outcomes: expected.outcomes,
        triggered: expected.triggered,
        past: None,
        results: results::wanted(rulebook, &expected.results),
    }
}

fn by_replay(rulebook: &Rulebook, case: &Case) -> Decided {
    let mut replay = Replay::new(&rulebook.compile()).starting(case.from).ending(case.to);
    for record in &case.records {
        replay.add(record.clone());
    }
    let result = replay.run();
    let campaigns = result.summary.campaigns.iter();
    let triggered =
        campaigns.clone().map(|campaign| (campaign.name.to_string(), campaign.triggered)).collect();
    let past = campaigns.map(|campaign| (campaign.name.to_string(), campaign.past)).collect();
    let results = results::found(rulebook, |place| result.summary.campaigns[place].results.clone());
    Decided { jobs: result.jobs, outcomes: result.outcomes, triggered, past: Some(past), results }
}

/// Live, records come in the order of their instants, and the clock goes on between any two instants.
fn by_the_engine(rulebook: &Rulebook, case: &Case) -> Decided {
    let Some((mut engine, end)) = engine(rulebook, case) else { return nothing() };
    let mut decided = nothing();
    for record in as_they_come(case) {
        if instant(record).is_some_and(|at| at >= end) {
            break;
        }
        if let Some(at) = instant(record) {
            // Everything before this instant is over; what else happens at it may still come.
            decided.jobs.extend(engine.advance(Instant::from_millis(at.millis() - 1)).unwrap());
            decided.outcomes.extend(engine.take_outcomes());
        }
        engine.ingest([record.clone()]).unwrap();
    }
    finish(engine, end, rulebook, decided)
}

fn by_the_engine_at_once(rulebook: &Rulebook, case: &Case) -> Decided {
    let Some((mut engine, end)) = engine(rulebook, case) else { return nothing() };
    engine.ingest(case.records.iter().cloned()).unwrap();
    finish(engine, end, rulebook, nothing())
}

fn nothing() -> Decided {
    Decided {
        jobs: Vec::new(),
        outcomes: Vec::new(),
        triggered: BTreeMap::new(),
        past: None,
        results: Counted::new(),
    }
}

/// An engine for the case's run, and the run's end; none when there is no instant at all.
fn engine(rulebook: &Rulebook, case: &Case) -> Option<(Engine, Instant)> {
    let from = case.from.or_else(|| case.records.iter().filter_map(instant).min())?;
    Some((Engine::in_memory(rulebook.compile()).starting(from), end(case)?))
}

/// The records in the order of their instants. Of rows with one id the first counts, and live that is the one that comes first:
/// a row that claims an earlier instant than the first one's is left out.
fn as_they_come(case: &Case) -> Vec<&Record> {
    let mut first: BTreeMap<(&str, &str), Instant> = BTreeMap::new();
    let mut records: Vec<&Record> = case.records.iter().collect();
    records.retain(|record| {
        let Record::Event(event) = record else { return true };
        let Some(id) = &event.id else { return true };
        *first.entry((&event.user, id)).or_insert(event.at) <= event.at
    });
    records.sort_by_key(|record| instant(record));
    records
}

/// Stops the clock at the run's end. The triggers are counted just before it: by then all that fires has fired.
fn finish(mut engine: Engine, end: Instant, rulebook: &Rulebook, mut decided: Decided) -> Decided {
    decided.jobs.extend(engine.advance(Instant::from_millis(end.millis() - 1)).unwrap());
    decided.outcomes.extend(engine.take_outcomes());
    let campaigns = rulebook.campaigns().iter().enumerate();
    let counts =
        campaigns.map(|(index, campaign)| (campaign.name.to_string(), engine.tally().triggered(index)));
    decided.triggered = counts.collect();
    let campaigns = rulebook.campaigns().iter().enumerate();
    let counts = campaigns.map(|(index, campaign)| (campaign.name.to_string(), engine.tally().past(index)));
    decided.past = Some(counts.collect());
    decided.results =
        results::found(rulebook, |place| engine.tally().results(place).cloned().unwrap_or_default());
    let (jobs, outcomes) = engine.finish(end).unwrap();
    decided.jobs.extend(jobs);
    decided.outcomes.extend(outcomes);
    decided
}

/// Runs all cases, their rules made ready by the one function and run by the other.
#[expect(clippy::disallowed_methods, reason = "who looks for a mistake says which cases to run")]
fn every_case(prepare: fn(&str) -> String, way: Way) {
    let only = std::env::var("CASE").ok();
    let mut failures = String::new();
    let mut failed = 0;
    for (name, case) in case::load_all(Path::new("tests/cases")) {
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let complaint = match case {
            Err(error) => format!("  {error}\n"),
            Ok(case) => run(&case, prepare, way).err().unwrap_or_default(),
        };
        if !complaint.is_empty() {
            failed += 1;
            let _ = writeln!(failures, "\n{name}.case\n{complaint}");
        }
    }
    assert!(failed == 0, "{failed} cases fail:\n{failures}");
}

fn run(case: &Case, prepare: fn(&str) -> String, way: Way) -> Result<(), String> {
    let rulebook = rulebook(case, prepare).map_err(|error| format!("  the rules are refused:\n{error}"))?;
    let decided = way(&rulebook, case);
    let mut complaint = String::new();
    complain_of_outcomes(case, &decided, &mut complaint);
    complain_of_jobs(case, &decided, &mut complaint);
    for (campaign, count) in &case.triggered {
        let found = decided.triggered.get(campaign).copied().unwrap_or(0);
        if found != *count {
            let _ = writeln!(complaint, "  `{campaign}` triggered {found} times, not {count}");
        }
    }
    for (name, count) in &case.results {
        let found = decided.results.get(name);
        if found != Some(count) {
            let _ = writeln!(complaint, "  `{name}` is {found:?}, not {count}");
        }
    }
    for (campaign, count) in &case.past {
        let found = decided.past.as_ref().map_or(Some(*count), |past| past.get(campaign).copied());
        if found != Some(*count) {
            let _ = writeln!(complaint, "  `{campaign}` found {found:?} times past, not {count}");
        }
    }
    if complaint.is_empty() { Ok(()) } else { Err(complaint) }
}

fn rulebook(case: &Case, prepare: fn(&str) -> String) -> Result<Rulebook, String> {
    let mut builder =
        Rulebook::builder().text("case.camp", prepare(&case.rules)).providers(case.providers.clone());
    for (name, users) in &case.lists {
        builder = builder.list(name, users);
    }
    if let Some(file) = &case.templates {
        let text = std::fs::read_to_string(Path::new("tests/fixtures").join(file)).unwrap();
        builder = builder.templates(Templates::from_json(&text).unwrap());
    }
    builder.build().map_err(|error| error.to_string())
}

/// Outcomes in order, with what the case says of them.
fn complain_of_outcomes(case: &Case, decided: &Decided, complaint: &mut String) {
    let end = end(case);
    let mut expected = case.outcomes.clone();
    for expectation in &mut expected {
        expectation.at = expectation.at.or(end);
        if !has(expectation, "not after") {
            expectation.attributes.push(("not after".into(), "never".into()));
        }
        expectation.attributes.sort();
    }
    let found: Vec<Expectation> =
        decided.outcomes.iter().map(|outcome| as_expectation(outcome, &decided.jobs, &expected)).collect();
    if found == expected {
        return;
    }
    for (sign, these, those) in [("-", &expected, &found), ("+", &found, &expected)] {
        for line in these {
            // Lines of both sides are shown too, so that an order that differs can be seen.
            let sign = if those.contains(line) { " " } else { sign };
            let _ = writeln!(complaint, "  {sign} {}", draw(line, case));
        }
        if sign == "-" {
            complaint.push_str("    what is expected is above (-), what came of it below (+)\n");
        }
    }
}

/// An outcome and its job in the words of a case; of the attributes those that the case speaks of.
fn as_expectation(outcome: &Outcome, jobs: &[SendJob], expected: &[Expectation]) -> Expectation {
    let job = jobs.iter().find(|job| outcome.job == Some(job.id));
    let occurrence = match outcome.occurrence.split_once('#') {
        None if outcome.occurrence.starts_with('~') => "~".to_owned(),
        Some((content, nth)) if content.starts_with('~') => format!("~#{nth}"),
        _ if outcome.occurrence.contains(' ') => outcome.occurrence.to_string(),
        _ => format!("#{}", outcome.occurrence),
    };
    let like = expected.iter().find(|like| {
        (&*like.campaign, &*like.user, &like.occurrence) == (&*outcome.campaign, &*outcome.user, &occurrence)
    });
    let mut attributes = vec![
        ("qualified".to_owned(), outcome.qualified_at.to_string()),
        (
            "not after".to_owned(),
            job.and_then(|job| job.not_after).map_or("never".into(), |at| at.to_string()),
        ),
    ];
    if let Some(job) = job {
        attributes.extend([
            ("to".to_owned(), job.to.to_string()),
            ("provider".to_owned(), job.provider.as_deref().unwrap_or("none").to_owned()),
            ("category".to_owned(), job.category.name().to_owned()),
            ("zone".to_owned(), zone(job)),
        ]);
        attributes.push(("variant".to_owned(), job.variant.to_string()));
        match &job.content {
            Content::Template(template) => {
                attributes.push(("language".to_owned(), template.language.code.to_string()));
                attributes.push(("template".to_owned(), template.name.to_string()));
                attributes.extend(template.components.iter().map(component));
            }
            content => attributes.push(("message".to_owned(), json(content))),
        }
    }
    attributes
        .retain(|(name, _)| name == "not after" || like.is_some_and(|expectation| has(expectation, name)));
    attributes.sort();
    Expectation {
        outcome: outcome.outcome.name().to_owned(),
        campaign: outcome.campaign.to_string(),
        user: outcome.user.to_string(),
        occurrence,
        at: Some(outcome.decided_at),
        attributes,
    }
}

fn has(expectation: &Expectation, name: &str) -> bool {
    expectation.attributes.iter().any(|(known, _)| known == name)
}

fn zone(job: &SendJob) -> String {
    let source = match job.time_zone_source {
        ZoneSource::Profile => "of profile".to_owned(),
        ZoneSource::Account => "of account".to_owned(),
        ZoneSource::AccountForUnknown => {
            format!("of account instead of {:?}", job.unknown_time_zone.as_deref().unwrap_or_default())
        }
    };
    format!("{} {source}", job.time_zone)
}

/// What has a shape of its own, in canonical form.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().to_string()
}

fn component(component: &Component) -> (String, String) {
    let (name, parameters) = match component {
        Component::Header { parameters } => ("header".to_owned(), parameters),
        Component::Body { parameters } => ("body".to_owned(), parameters),
        Component::Button { index, parameters, .. } => (format!("button {index}"), parameters),
        // What has a shape of its own is told as it is.
        Component::Carousel { .. } => {
            return ("cards".to_owned(), json(component));
        }
        other => return ("offer".to_owned(), json(other)),
    };
    let values: Vec<String> = parameters.iter().map(parameter).collect();
    (name, values.join(", "))
}

fn parameter(parameter: &Parameter) -> String {
    let value = match parameter {
        Parameter::Text { text, .. } => text,
        Parameter::Image { image: MediaLink { link, .. } }
        | Parameter::Video { video: MediaLink { link, .. } }
        | Parameter::Document { document: MediaLink { link, .. } } => link,
        Parameter::Payload { payload } => payload,
        Parameter::CouponCode { coupon_code } => coupon_code,
        // What has a shape of its own is told as it is.
        other => return json(other),
    };
    match parameter {
        Parameter::Text { parameter_name: Some(name), .. } => format!("{name}: {value:?}"),
        _ => format!("{value:?}"),
    }
}

/// Each sent outcome has its job and each job its outcome, and the jobs stand in the order that the case says.
fn complain_of_jobs(case: &Case, decided: &Decided, complaint: &mut String) {
    let mut unclaimed: Vec<&SendJob> = decided.jobs.iter().collect();
    for outcome in &decided.outcomes {
        let id = JobId::new(&outcome.campaign, &outcome.user, &outcome.occurrence);
        let known = unclaimed.iter().position(|job| job.id == id).map(|index| unclaimed.remove(index));
        let right = match (outcome.outcome, outcome.job, known) {
            (OutcomeKind::Sent, Some(claimed), Some(job)) => {
                claimed == id
                    && job.due == outcome.decided_at
                    && job.qualified_at == outcome.qualified_at
                    && job.campaign == outcome.campaign
                    && job.user == outcome.user
            }
            (OutcomeKind::Sent, ..) => false,
            (_, job, known) => job.is_none() && known.is_none(),
        };
        if !right {
            let _ = writeln!(complaint, "  outcome and job do not fit: {outcome:?} and {known:?}");
        }
    }
    if !unclaimed.is_empty() {
        let _ = writeln!(complaint, "  jobs without an outcome: {unclaimed:?}");
    }
    let sent = case.outcomes.iter().filter(|expectation| expectation.outcome == "sent");
    let expected = case
        .jobs
        .clone()
        .unwrap_or_else(|| sent.map(|line| (line.campaign.clone(), line.user.clone())).collect());
    let found: Vec<(String, String)> =
        decided.jobs.iter().map(|job| (job.campaign.to_string(), job.user.to_string())).collect();
    if expected != found {
        let _ = writeln!(
            complaint,
            "  the order of the jobs is\n    {found:?}\n  and should be\n    {expected:?}"
        );
    }
}

/// The instant before which the run ends.
fn end(case: &Case) -> Option<Instant> {
    case.to.or_else(|| case.records.iter().filter_map(instant).max().map(Instant::next))
}

fn draw(line: &Expectation, case: &Case) -> String {
    let word = if line.outcome == "sent" { "due" } else { "at" };
    let at = line.at.map_or("the end of the run".into(), |at| case.draw(at));
    let mut text =
        format!("{} {} {} {} {word} {at}", line.outcome, line.campaign, line.user, line.occurrence);
    for (name, value) in &line.attributes {
        if value != "never" {
            let value = Instant::parse(value).map_or_else(|_| value.clone(), |at| case.draw(at));
            let _ = write!(text, "; {name} {value}");
        }
    }
    text
}

fn instant(record: &Record) -> Option<Instant> {
    match record {
        Record::Event(event) => Some(event.at),
        Record::Profile(update) => update.at,
        Record::Number(statement) => statement.at,
        Record::Template(statement) => statement.at,
    }
}
