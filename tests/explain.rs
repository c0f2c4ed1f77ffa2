//! Why a user did or did not get a message: what is said, and that it agrees with the run.
//!
//! The lives are those of the tests in `tests/explain/*.camp`. `BLESS=1 cargo test --test explain` writes what is said
//! anew; then read the difference.
#![cfg(test)]
#![cfg(feature = "cli")]

use std::path::PathBuf;

use campanile::explain::{Answers, Clause, Inquiry, Row};
use campanile::model::{Instant, OutcomeKind};
use campanile::report::{Colours, explanation};
use campanile::rulebook::{RuleTest, Rulebook};

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("tests/explain").unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "camp")).collect();
    files.sort();
    files
}

fn answers(rulebook: &Rulebook, test: &RuleTest) -> Answers {
    let mut inquiry = Inquiry::new(rulebook).starting(test.from).ending(test.to);
    for (record, _) in &test.records {
        inquiry.add(record.clone());
    }
    inquiry.run()
}

/// What holds of a whole follows from what holds of its parts.
fn agrees(clause: &Clause) {
    let mut parts = clause.parts.iter().map(|part| part.holds);
    let expected = match clause.row {
        Some(Row::All) => parts.all(|holds| holds),
        Some(Row::One) => parts.any(|holds| holds),
        None if clause.text.starts_with("not ") => !parts.next().unwrap(),
        None => parts.next().unwrap_or(clause.holds),
    };
    assert_eq!(clause.holds, expected, "{clause:#?}");
    assert!(clause.place.line > 0 && !clause.text.is_empty() && !clause.text.contains('#'));
    assert!(!clause.parts.is_empty() || !clause.finding.is_empty(), "nothing is said of {}", clause.text);
    clause.parts.iter().for_each(agrees);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "who changes what is said asks for new expectations")]
fn what_is_said_is_what_is_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for file in files() {
        let rulebook = Rulebook::load(&file).unwrap_or_else(|error| panic!("{error}"));
        let mut said = String::new();
        for test in rulebook.tests() {
            let answers = answers(&rulebook, test);
            for user in answers.users() {
                for campaign in rulebook.campaigns() {
                    let explained = answers.explain(user, &campaign.name, None).unwrap();
                    said.push_str(&format!("---- {}\n{}\n", test.name, explained.short()));
                    said.push_str(&explanation(&explained, usize::MAX, Colours::Off));
                    said.push('\n');
                }
            }
        }
        let expected = file.with_extension("expected");
        if bless {
            std::fs::write(&expected, &said).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Every outcome of the run is explained, and every question comes to what the run made of it.
#[test]
fn explanations_agree_with_the_run() {
    let mut kinds = Vec::new();
    for file in files() {
        let rulebook = Rulebook::load(&file).unwrap();
        for test in rulebook.tests() {
            let answers = answers(&rulebook, test);
            for outcome in &answers.result().outcomes {
                let explained = answers.explain(&outcome.user, &outcome.campaign, None).unwrap();
                let same = explained.occurrences.iter().filter(|it| it.outcome.as_ref() == Some(outcome));
                let same: Vec<_> = same.collect();
                assert_eq!(same.len(), 1, "{outcome:?}");
                assert!(same[0].qualified && same[0].step.is_some());
                let audience = same[0].audience.as_ref();
                assert!(audience.is_none_or(|clause| clause.holds));
                let again = same[0].audience_when_due.as_ref().map(|clause| clause.holds);
                assert!(again != Some(outcome.outcome == OutcomeKind::RequalifiedOut), "{outcome:?}");
                kinds.push(outcome.outcome);
            }
            for user in answers.users() {
                for (index, campaign) in rulebook.campaigns().iter().enumerate() {
                    let explained = answers.explain(user, &campaign.name, None).unwrap();
                    let clauses = explained.occurrences.iter().filter_map(|it| it.audience.as_ref());
                    clauses.for_each(agrees);
                    if answers.users().count() == 1 {
                        let counts = &answers.result().summary.campaigns[index];
                        assert_eq!(explained.occurrences.len() as u64, counts.triggered);
                        let qualified = explained.occurrences.iter().filter(|it| it.qualified).count();
                        assert_eq!(qualified as u64, counts.qualified);
                    }
                }
            }
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    assert!(kinds.len() >= 8, "{kinds:?}");
}

const RULES: &str = r#"
    settings { timezone "Asia/Kolkata" }
    campaign thanks { when "Charged" if did "Charged" at least 2 times in last 10 days send template thanks }
    test "t" {
      at 2026-11-03 10:00 asha did "Charged"
      at 2026-11-05 10:00 asha did "Charged"
      run until 2026-11-30 10:00
    }
"#;

#[test]
fn an_instant_can_be_asked_about() {
    let rulebook = Rulebook::parse("rules.camp", RULES).unwrap();
    let answers = answers(&rulebook, &rulebook.tests()[0]);
    let at = |text: &str| {
        let at = Instant::parse(text).unwrap();
        answers.explain("asha", "thanks", Some(at)).unwrap().then.unwrap()
    };
    assert!(!at("2026-11-03T09:59:59+05:30").known);
    // What happens at the very instant counts.
    let first = at("2026-11-03T10:00:00+05:30");
    assert!(first.known && !first.audience.as_ref().unwrap().holds);
    assert_eq!(
        first.audience.unwrap().short(),
        "`did \"Charged\" at least 2 times in last 10 days`: 1, the second would have been needed by 2026-11-03 10:00 +05:30"
    );
    let second = at("2026-11-05T10:00:00+05:30").audience.unwrap();
    assert!(second.holds && second.evidence_count == 2);
    // The first of the two leaves the window ten days after it.
    assert_eq!(second.turns_at, Some(Instant::parse("2026-11-13T10:00:00+05:30").unwrap()));
    assert!(!at("2026-11-13T10:00:00+05:30").audience.unwrap().holds);
    // Beyond the run, as if nothing more had happened.
    assert!(!at("2027-01-01T00:00:00Z").audience.unwrap().holds);
}

#[test]
fn users_and_campaigns_that_are_not_there() {
    let rulebook = Rulebook::parse("rules.camp", RULES).unwrap();
    let answers = answers(&rulebook, &rulebook.tests()[0]);
    assert!(answers.explain("asha", "thank", None).is_none());
    let nobody = answers.explain("nobody", "thanks", None).unwrap();
    assert_eq!(nobody.short(), "there is no record of `nobody`");
    assert_eq!(answers.is_in_segment("asha", "none", Instant::from_seconds(0)), None);
}

/// Hosts read JSON: instants in UTC, places, clauses within clauses.
#[test]
fn json_has_what_hosts_need() {
    let rulebook = Rulebook::parse("rules.camp", RULES).unwrap();
    let answers = answers(&rulebook, &rulebook.tests()[0]);
    let json = serde_json::to_value(answers.explain("asha", "thanks", None).unwrap()).unwrap();
    let first = &json["occurrences"][0];
    assert_eq!(first["at"], "2026-11-03T04:30:00Z");
    assert_eq!(first["qualified"], false);
    assert_eq!(first["audience"]["holds"], false);
    assert_eq!(first["audience"]["file"], "rules.camp");
    assert_eq!((&first["audience"]["line"], &first["audience"]["column"]), (&3.into(), &41.into()));
    assert_eq!(first["audience"]["evidence"][0]["event"], "Charged");
    let second = &json["occurrences"][1];
    assert_eq!(second["outcome"]["outcome"], "no_consent");
    assert_eq!(second["audience"]["turns_at"], "2026-11-13T04:30:00Z");
}
