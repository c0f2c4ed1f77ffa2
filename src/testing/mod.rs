//! The tests that stand beside the rules: each is a log of its own, run as any log is, and held against what it expects.

mod coverage;
mod judge;
mod message;

use std::sync::Arc;

use serde::Serialize;

use crate::explain::{Clause, Explanation, Inquiry, Place};
use crate::model::Text;
use crate::program::{Program, Trace};
use crate::rulebook::{RuleTest, Rulebook};

pub use coverage::{Coverage, Goal, GoalKind};

/// What became of some tests.
///
/// # Example
/// ```
/// use campanile::{rulebook::Rulebook, testing};
/// let rulebook = Rulebook::parse("shop.camp", r#"
///     campaign thanks { when "Charged" where amount >= 500 send template thanks }
///     test "a small purchase is no matter" {
///       profile asha { phone: "+919820012345", whatsapp: yes }
///       at 2026-11-03 10:00 asha did "Charged" { amount: 499 }
///       expect asha gets nothing
///     }
///     test "a large one is" {
///       profile asha { phone: "+919820012345", whatsapp: yes }
///       at 2026-11-03 10:00 asha did "Charged" { amount: 500 }
///       expect asha gets thanks at 2026-11-03 10:05
///     }
/// "#)?;
/// let report = testing::run(&rulebook, |_| true);
/// assert!(report.results[0].passed());
/// assert_eq!(report.results[1].mismatches[0].found, "asha gets thanks at 2026-11-03 10:00 +00:00");
/// # Ok::<(), campanile::rulebook::RulebookError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TestReport {
    /// Each test that was run, in the order of the sources.
    pub results: Vec<TestResult>,
    /// How many tests the filter left out.
    pub left_out: usize,
    /// What of the rules the tests have shown.
    pub coverage: Coverage,
}

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TestResult {
    /// The test's name.
    pub name: Text,
    /// Where it is written.
    #[serde(flatten)]
    pub place: Place,
    /// How many expectations it has.
    pub expectations: usize,
    /// Those that do not hold, in the order of the lines.
    pub mismatches: Vec<Mismatch>,
}

/// An expectation that does not hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Mismatch {
    /// The line as it is written.
    pub expected: String,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What is the case instead, in words; a line for each thing.
    pub found: String,
    /// Why it came so: of the user and the campaign that the expectation is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Box<Explanation>>,
    /// Why a user is or is not in a segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<Box<Clause>>,
    /// What to do about it, where that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl TestResult {
    /// True when everything holds that the test expects.
    pub fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

impl TestReport {
    /// True when all tests passed.
    pub fn passed(&self) -> bool {
        self.results.iter().all(TestResult::passed)
    }
}

/// Runs the tests of a rulebook whose names a filter wants.
pub fn run(rulebook: &Rulebook, wanted: impl Fn(&str) -> bool) -> TestReport {
    let (program, trace) = rulebook.compile_traced();
    let trace = Arc::new(trace);
    let mut coverage = coverage::Collector::new(rulebook);
    let mut results = Vec::new();
    let mut left_out = 0;
    for test in rulebook.tests() {
        if !wanted(&test.name) {
            left_out += 1;
            continue;
        }
        results.push(run_one(rulebook, &program, &trace, test, &mut coverage));
    }
    TestReport { results, left_out, coverage: coverage.finish() }
}

fn run_one(
    rulebook: &Rulebook,
    program: &Program,
    trace: &Arc<Trace>,
    test: &RuleTest,
    coverage: &mut coverage::Collector<'_>,
) -> TestResult {
    let inquiry = if test.lists.is_empty() {
        Inquiry::of(program.clone(), Arc::clone(trace))
    } else {
        Inquiry::new(&rulebook.with_lists(&test.lists))
    };
    let mut inquiry = inquiry.starting(test.from).ending(test.to);
    for (record, _) in &test.records {
        inquiry.add(record.clone());
    }
    let answers = inquiry.run();
    coverage.take(&answers, test);
    TestResult {
        name: test.name.clone(),
        place: Place::of(rulebook.sources(), test.span),
        expectations: test.expectations.len(),
        mismatches: judge::mismatches(rulebook, &answers, test),
    }
}
