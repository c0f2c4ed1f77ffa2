//! The `test` blocks of rules: what passes, what is shown of what does not, and the coverage.
//!
//! `BLESS=1 cargo test --test testing` writes what is shown anew; then read the difference.
#![cfg(test)]
#![cfg(feature = "cli")]

use std::path::{Path, PathBuf};

use campanile::report::{Colours, coverage, junit, test_results};
use campanile::rulebook::Rulebook;
use campanile::testing::{self, GoalKind};

fn files() -> Vec<PathBuf> {
    let folder = Path::new("tests/testing");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "camp")).collect();
    files.sort();
    files
}

#[test]
#[expect(clippy::disallowed_methods, reason = "who changes what is said asks for new expectations")]
fn what_is_shown_is_what_is_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for file in files() {
        let rulebook = Rulebook::load(&file).unwrap_or_else(|error| panic!("{error}"));
        let report = testing::run(&rulebook, |_| true);
        let zone = &rulebook.settings().zone;
        let shown = format!(
            "{}\n{}\n{}",
            test_results(&report, zone, Colours::Off),
            coverage(&report.coverage, Colours::Off),
            junit(&report, zone)
        );
        let expected = file.with_extension("expected");
        if bless {
            std::fs::write(&expected, &shown).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != shown {
            wrong.push(format!("{}:\n{shown}", file.display()));
        }
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert_eq!(report.passed(), name == "passing", "{shown}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_filter_leaves_tests_out() {
    let rulebook = Rulebook::load("tests/testing/passing.camp").unwrap();
    let report = testing::run(&rulebook, |name| name.contains("cap"));
    assert_eq!((report.results.len(), report.left_out), (1, 2));
}

const RULES: &str = r#"
    campaign thanks {
      when "Charged" where amount >= 500
      if profile.city = "Pune"
      send template thanks
      at most 1 per 3 days
    }
"#;

/// What the coverage says of a piece of the rules.
fn missing(test: &str, piece: &str) -> Vec<String> {
    let rulebook = Rulebook::parse("rules.camp", &format!("{RULES}\ntest \"t\" {{ {test} }}")).unwrap();
    let report = testing::run(&rulebook, |_| true);
    let goal = report.coverage.goals.iter().find(|goal| goal.text == piece);
    goal.unwrap_or_else(|| panic!("no goal `{piece}`")).missing.clone()
}

#[test]
fn coverage_knows_both_sides_of_a_clause() {
    let known = "profile asha { phone: \"+919820012345\", whatsapp: yes, city: \"Pune\" }";
    let small = "at 2026-11-03 10:00 asha did \"Charged\" { amount: 1 }";
    let large = "at 2026-11-03 11:00 asha did \"Charged\" { amount: 900 }";
    let again = "at 2026-11-03 12:00 asha did \"Charged\" { amount: 900 }";
    let filter = "amount >= 500";
    let nothing = format!("{known} expect nothing");
    assert_eq!(missing(&nothing, filter), ["no test has an event that it is asked of"]);
    assert_eq!(missing(&nothing, "profile.city = \"Pune\""), ["it is never asked"]);
    let only_small = format!("{known} {small} expect nothing");
    assert_eq!(missing(&only_small, filter), ["never true, asked once"]);
    let both = format!("{known} {small} {large} {again} expect thanks sends 1");
    assert!(missing(&both, filter).is_empty());
    assert_eq!(missing(&both, "profile.city = \"Pune\""), ["never false, asked 4 times"]);
    assert!(missing(&both, "at most 1 per 3 days").is_empty());
    assert!(missing(&both, "when \"Charged\" where amount >= 500").is_empty());
    assert_eq!(missing(&only_small, "at most 1 per 3 days"), ["no message ends cap_campaign by it"]);
}

#[test]
fn rules_without_clauses_are_covered() {
    let rulebook = Rulebook::parse("rules.camp", "").unwrap();
    let report = testing::run(&rulebook, |_| true);
    assert!((report.coverage.percent() - 100.0).abs() < f64::EPSILON);
    let rulebook = Rulebook::parse("rules.camp", RULES).unwrap();
    let report = testing::run(&rulebook, |_| true);
    assert_eq!(report.coverage.reached, 0);
    assert!(report.coverage.goals.iter().any(|goal| goal.kind == GoalKind::Trigger));
}

/// A run takes no notice of tests, whatever they expect.
#[test]
fn a_run_is_the_same_with_tests_and_without() {
    let with = Rulebook::parse("rules.camp", &format!("{RULES}\ntest \"wrong\" {{ expect thanks sends 7 }}"));
    let with = with.unwrap().compile();
    let without = Rulebook::parse("rules.camp", RULES).unwrap().compile();
    assert!(with.campaigns().eq(without.campaigns()) && with.events().eq(without.events()));
}
