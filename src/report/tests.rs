//! What tests came to, on a terminal: only what differs.

use super::explanation::{clause, why};
use super::{Colours, counted, harmless};
use crate::calendar::Zone;
use crate::explain::Times;
use crate::testing::{Coverage, Mismatch, TestReport, TestResult};

/// The tests that did not pass, each with what differs, and their number.
pub fn test_results(report: &TestReport, zone: &Zone, colours: Colours) -> String {
    let mut text = String::new();
    for result in report.results.iter().filter(|result| !result.passed()) {
        text.push_str(&failed(result, zone, colours));
        text.push('\n');
    }
    let failed = report.results.iter().filter(|result| !result.passed()).count() as u64;
    let passed = report.results.len() as u64 - failed;
    let mut said = match (passed, failed) {
        (0, 0) => colours.yellow("no test was run"),
        (_, 0) => colours.green(&format!("{} passed", counted(passed, "test"))),
        _ => format!("{}, {passed} passed", colours.red(&format!("{} failed", counted(failed, "test")))),
    };
    if report.left_out > 0 {
        said.push_str(&format!(", {} left out by the filter", report.left_out));
    }
    text.push_str(&said);
    text.push('\n');
    text
}

fn failed(result: &TestResult, zone: &Zone, colours: Colours) -> String {
    let mut text = format!(
        "{} {}  {}\n",
        colours.red("failed:"),
        colours.bold(&harmless(&result.name)),
        colours.dim(&result.place.to_string())
    );
    text.push_str(&mismatches(result, zone, colours));
    text
}

/// What differs in a test, line by line.
pub(super) fn mismatches(result: &TestResult, zone: &Zone, colours: Colours) -> String {
    result.mismatches.iter().map(|mismatch| mismatched(mismatch, zone, colours)).collect()
}

fn mismatched(mismatch: &Mismatch, zone: &Zone, colours: Colours) -> String {
    let place = colours.dim(&format!("  {}", mismatch.place));
    let mut text = format!("  {}{place}\n", harmless(&shortened(&mismatch.expected)));
    for line in mismatch.found.lines() {
        text.push_str(&format!("    {}\n", colours.red(&harmless(line))));
    }
    if let Some(explained) = &mismatch.explanation {
        text.push_str(&why(explained, 6, colours));
    }
    if let Some(segment) = &mismatch.segment {
        text.push_str(&clause(segment, Times(*zone), 6, colours));
    }
    if let Some(help) = &mismatch.help {
        text.push_str(&format!("    {} {}\n", colours.bold("help:"), harmless(help)));
    }
    text
}

/// A clause that is long, cut.
fn shortened(text: &str) -> String {
    const MOST: usize = 90;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}

/// What the tests have not shown, each with its reason, and the share of what they have.
pub fn coverage(coverage: &Coverage, colours: Colours) -> String {
    let mut text = String::new();
    for goal in coverage.missing() {
        let missing = colours.yellow(&goal.missing.join("; "));
        text.push_str(&format!(
            "{}: {missing}  {}\n",
            harmless(&shortened(&goal.text)),
            colours.dim(&goal.place.to_string())
        ));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!(
        "coverage {:.1}%: {} of {} sides of clauses shown\n",
        coverage.percent(),
        coverage.reached,
        coverage.of
    ));
    text
}
