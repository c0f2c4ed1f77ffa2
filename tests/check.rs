//! What the check finds, and what it says: broken rule files with their findings beside them, and rules that are fine.
//!
//! `BLESS=1 cargo test --test check` writes the findings anew; then read the difference.
#![cfg(test)]
use std::path::{Path, PathBuf};

use campanile::language::{Diagnostic, Severity, Sources};
use campanile::message::Templates;
use campanile::rulebook::{Rulebook, RulebookError};

/// Findings as they are shown, with an empty line between two.
fn rendered(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let texts: Vec<String> = diagnostics.iter().map(|finding| finding.render(sources)).collect();
    texts.join("\n")
}

fn findings(result: &Result<Rulebook, RulebookError>) -> String {
    match result {
        Ok(rulebook) => rendered(rulebook.warnings(), rulebook.sources()),
        Err(error) => rendered(error.diagnostics(), error.sources()),
    }
}

fn codes(result: &Result<Rulebook, RulebookError>) -> Vec<&'static str> {
    let diagnostics = match result {
        Ok(rulebook) => rulebook.warnings(),
        Err(error) => error.diagnostics(),
    };
    diagnostics.iter().map(|finding| finding.code.0).collect()
}

fn camp_files(folder: &str, prefix: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "camp"))
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix))
        .collect();
    files.sort();
    files
}

#[test]
#[expect(clippy::disallowed_methods, reason = "who changes what is said asks for new expectations")]
fn broken_rules_say_what_is_wrong() {
    // Tests run in the package's directory, so paths are the same on every machine.
    let files = camp_files("tests/broken", "check-");
    assert!(files.len() >= 40, "only {} files", files.len());
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    for file in &files {
        let actual = findings(&Rulebook::load(file));
        assert!(!actual.is_empty(), "{} has no findings", file.display());
        let expected = file.with_extension("expected");
        if bless {
            std::fs::write(&expected, &actual).unwrap();
        }
        let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
        if wanted != actual {
            failures.push(format!("{}:\n{actual}\nexpected:\n{wanted}", file.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Texts are lower case without a full stop, say the fix, and quote what users wrote in back-ticks.
#[test]
fn findings_keep_to_the_style() {
    for file in camp_files("tests/broken", "check-") {
        let result = Rulebook::load(&file);
        let diagnostics = match &result {
            Ok(rulebook) => rulebook.warnings(),
            Err(error) => error.diagnostics(),
        };
        for finding in diagnostics {
            let help = finding.help.as_deref().unwrap_or("");
            let labels = finding.secondary.iter().map(|label| label.text.as_str());
            let texts = [finding.message.as_str(), finding.primary.text.as_str(), help];
            for text in texts.into_iter().chain(labels) {
                assert!(!text.ends_with('.'), "{}: a full stop: {text}", finding.code.0);
                assert!(!text.starts_with(char::is_uppercase), "{}: a capital: {text}", finding.code.0);
                assert_eq!(
                    text.matches('`').count() % 2,
                    0,
                    "{}: a back-tick too few: {text}",
                    finding.code.0
                );
                for name in ["Some(", "None", "String", "i64", "Vec<", "Span"] {
                    assert!(!text.contains(name), "{}: the program's own words: {text}", finding.code.0);
                }
            }
            assert!(!help.is_empty(), "{}: no help: {}", finding.code.0, finding.message);
        }
    }
}

/// Each code's page shows rules that lead to it, and rules that do not.
#[test]
fn pages_show_what_they_speak_of() {
    let mut shown = 0;
    for entry in std::fs::read_dir("docs/errors").unwrap() {
        let path = entry.unwrap().path();
        let code = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !["E02", "W02", "E04", "W04"].iter().any(|prefix| code.starts_with(prefix)) {
            continue;
        }
        let page = std::fs::read_to_string(&path).unwrap();
        let blocks: Vec<&str> =
            page.split("```camp\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
        if let Some(wrong) = blocks.first() {
            let result = Rulebook::parse(&format!("{code}.camp"), wrong);
            assert!(
                codes(&result).contains(&&*code),
                "{code}: the wrong example gives\n{}",
                findings(&result)
            );
            assert!(codes(&result).iter().all(|found| *found == code), "{code}:\n{}", findings(&result));
            shown += 1;
        }
        if let Some(right) = blocks.get(1) {
            let result = Rulebook::parse(&format!("{code}.camp"), right);
            assert!(codes(&result).is_empty(), "{code}: the right example gives\n{}", findings(&result));
        }
    }
    assert!(shown >= 30, "only {shown} pages with an example");
}

const SHOP: &str = r#"
settings {
  timezone "Asia/Kolkata"
  quiet hours 21:00..09:00 user time, hold
  cap 3 per 7 days
  gap 15 minutes
  control group 3%
  week starts sunday
}

event "Added to Cart" { cart_id: text, amount: number, category: text, image_url: text }
event "Charged" { cart_id: text, amount: number, at: instant, items: list of { category: text, quantity: number } }
event "App Launched" { }
profile { first_name: text, city: text, tier: text, birthday: date, tz: timezone, language: text }

list vip from "lists/vip.csv"

segment lapsed "Lapsed big spenders" =
  did "Charged" where (amount >= 1000 and items.category contains "Shoes") at least 3 times in last 90 days
  and did not "App Launched" in last 14 days
  and (profile.city in ["Mumbai", "Pune"] or in list vip or profile.birthday < 1980-01-01)
  and did "Charged" where (at >= 2026-01-01 and not amount between 5 and 10) at most 9 times or never this year user time

campaign cart_rescue "Cart rescue, two hours" {
  provider meta_main
  category marketing
  when "Added to Cart" where amount >= 500
    then no "Charged" within 2 hours matching cart_id
  if not in segment lapsed
  send template cart_reminder in profile.language or "en" {
    header image "{{ event.image_url }}"
    body name: "{{ profile.first_name | default: 'there' }}", amount: "{{ event.amount }}"
    button 0 url: "cart/{{ event.cart_id }}"
  }
  wait 10 minutes
  deliver 09:00..21:00 user time on mon..sat, else hold
  valid 6 hours
  unless "Charged" matching cart_id
  at most 1 per 3 days
  holdout 5%
  run from 2026-11-01 to 2026-12-31
}

campaign fortnight {
  category marketing
  every 2 weeks on mon, fri at 10:00 "Europe/London" time
  if in segment lapsed at trigger only
  send template fortnight in "en"
  run from 2026-11-02
  priority 5
}

campaign morning {
  category utility
  cron "0 9 * * mon-fri" user time
  if profile.phone is set and profile.WhatsApp = yes
  send template morning in "en"
}
"#;

#[test]
fn good_rules_have_no_findings() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lists")).unwrap();
    std::fs::write(folder.path().join("lists/vip.csv"), "user_id\nasha\nravi\nasha\n").unwrap();
    std::fs::write(folder.path().join("shop.camp"), SHOP).unwrap();
    let result = Rulebook::load(folder.path());
    assert_eq!(findings(&result), "");
    let rulebook = result.unwrap();

    assert_eq!(rulebook.settings().zone.name(), "Asia/Kolkata");
    assert_eq!(rulebook.settings().caps[0].0, 3);
    assert_eq!(rulebook.settings().control_group.millionths(), 30_000);
    assert_eq!(rulebook.settings().week_starts, chrono::Weekday::Sun);
    assert_eq!(rulebook.list("vip").unwrap().len(), 2);
    assert!(rulebook.list("nobody").is_none());
    assert!(rulebook.segments().contains_key("lapsed"));
    assert!(rulebook.event_schema("Charged").is_some() && rulebook.event_schema("charged").is_none());
    assert_eq!(rulebook.profile_schema().unwrap().fields.len(), 6);

    let names: Vec<&str> = rulebook.campaigns().iter().map(|campaign| &*campaign.name).collect();
    assert_eq!(names, ["cart_rescue", "fortnight", "morning"]);
    let zones: Vec<Option<&str>> =
        rulebook.campaigns().iter().map(|campaign| campaign.zone.as_ref().map(|zone| zone.name())).collect();
    assert_eq!(zones, [None, Some("Europe/London"), None]);
    let user_time: Vec<bool> = rulebook.campaigns().iter().map(|campaign| campaign.user_time).collect();
    assert_eq!(user_time, [false, false, true]);
}

#[test]
fn no_rules_are_rules_too() {
    let rulebook = Rulebook::parse("empty.camp", "# nothing yet\n").unwrap();
    assert!(rulebook.campaigns().is_empty());
    assert!(rulebook.warnings().is_empty());
    assert_eq!(rulebook.settings().zone.name(), "UTC");
    assert_eq!(rulebook.settings().week_starts, chrono::Weekday::Mon);
}

#[test]
fn a_directory_is_loaded_in_the_order_of_its_paths() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let campaign = |name: &str| {
        format!(
            "campaign {name} {{\n  category utility\n  when \"Charged\"\n  send template t in \"en\"\n}}\n"
        )
    };
    write("b.camp", &campaign("third"));
    write("a/z.camp", &campaign("second"));
    write("a/a.camp", &campaign("first"));
    write("a/notes.txt", "not a rule file");
    write(".git/x.camp", "not read {");
    write("c/.hidden.camp", "not read {");
    write("a/lists/vip.csv", "u1\n");
    write("c/lists.camp", "list vip from \"../a/lists/vip.csv\"\nsegment s = in list vip\n");

    let rulebook = Rulebook::load(folder.path()).unwrap();
    let names: Vec<&str> = rulebook.campaigns().iter().map(|campaign| &*campaign.name).collect();
    assert_eq!(names, ["first", "second", "third"]);
    assert!(rulebook.list("vip").unwrap().contains("u1"));

    // A file that is given twice, alone and with its directory, is read once, where it was given first.
    let rulebook =
        Rulebook::builder().path(folder.path().join("b.camp")).path(folder.path()).build().unwrap();
    let names: Vec<&str> = rulebook.campaigns().iter().map(|campaign| &*campaign.name).collect();
    assert_eq!(names, ["third", "first", "second"]);
}

#[test]
fn names_are_found_across_files_and_texts() {
    let rulebook = Rulebook::builder()
        .text("a.camp", "segment a = in segment b")
        .text("b.camp", "segment b = did \"Charged\"")
        .build()
        .unwrap();
    assert_eq!(rulebook.segments().len(), 2);

    let error = Rulebook::builder()
        .text("a.camp", "segment a = did \"Charged\"")
        .text("b.camp", "segment a = did \"Booked\"")
        .build()
        .unwrap_err();
    assert_eq!(
        findings(&Err(error)),
        "b.camp:1:9: error[E0204]: a second segment `a`
  segment a = did \"Booked\"
          ^
  at a.camp:1:9
  segment a = did \"Charged\"
          - the first is here
  = help: give one of them another name
"
    );
}

#[test]
fn a_host_gives_lists() {
    let text = "list vip from \"vip.csv\"\nsegment a = in list vip and in list staff";
    assert_eq!(codes(&Rulebook::parse("a.camp", text)), ["E0404", "E0211"]);

    let rulebook = Rulebook::builder()
        .text("a.camp", text)
        .list("vip", ["u1", "u2"])
        .list("staff", [String::from("u3")])
        .build()
        .unwrap();
    assert!(rulebook.list("vip").unwrap().contains("u2"));
    assert!(!rulebook.list("vip").unwrap().contains("u3"));
    assert_eq!(rulebook.list("staff").unwrap().len(), 1);
}

#[test]
fn templates_are_what_messages_are_checked_against() {
    let text = "campaign a {\n  category utility\n  when \"Charged\"\n  send template thanks in \"en\"\n}";
    assert!(Rulebook::builder().text("a.camp", text).build().is_ok());
    let templates = Templates::from_json(r#"{"data": []}"#).unwrap();
    let result = Rulebook::builder().text("a.camp", text).templates(templates).build();
    assert!(codes(&result).iter().any(|code| code.starts_with("E03")), "{}", findings(&result));
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let said = |result: Result<Rulebook, RulebookError>| {
        let error = result.unwrap_err();
        assert!(error.is_unreadable());
        error.to_string().replace(&folder.path().display().to_string(), "RULES")
    };
    let load = |path: PathBuf| said(Rulebook::load(path));

    assert_eq!(
        load(path("gone.camp")),
        "RULES/gone.camp:1:1: error[E0401]: cannot read `RULES/gone.camp`: there is no such file or directory"
    );
    assert_eq!(load(folder.path().to_owned()), "RULES:1:1: error[E0403]: there is no rule file in `RULES`");
    std::fs::write(path("latin.camp"), b"segment a = did \"x\"\nsegment b = did \"caf\xe9\"\n").unwrap();
    assert_eq!(
        load(path("latin.camp")),
        "RULES/latin.camp:2:21: error[E0402]: `RULES/latin.camp` is not UTF-8 text from byte 40 on"
    );
    // Nothing is said of names then: the file may declare them. What is wrong in itself is.
    std::fs::write(path("names.camp"), "segment c = in segment a\nsegment d = ").unwrap();
    let both = said(Rulebook::load(folder.path()));
    assert!(both.contains("E0402") && both.contains("names.camp:2:") && !both.contains("E0210"), "{both}");
}

#[cfg(unix)]
#[test]
fn links_that_go_round_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.camp"), "segment a = did \"x\"").unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("round")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("a.camp"), folder.path().join("b.camp")).unwrap();
    assert_eq!(Rulebook::load(folder.path()).unwrap().segments().len(), 1);
}

#[test]
fn a_wrong_rulebook_is_not_an_unreadable_one() {
    let error = Rulebook::parse("a.camp", "segment a = in segment b").unwrap_err();
    assert!(!error.is_unreadable());
    assert_eq!(error.to_string(), "a.camp:1:24: error[E0210]: there is no segment `b`");
    assert!(error.diagnostics().iter().all(|finding| finding.severity == Severity::Error));
}

#[test]
fn long_chains_of_segments_are_no_problem() {
    let mut text = String::from("segment s0 = did \"x\"\n");
    for n in 1..20_000 {
        text.push_str(&format!("segment s{n} = in segment s{}\n", n - 1));
    }
    assert_eq!(Rulebook::parse("chain.camp", &text).unwrap().segments().len(), 20_000);
    let circle = text.replacen("did \"x\"", "in segment s19999", 1);
    assert_eq!(codes(&Rulebook::parse("circle.camp", &circle)), ["E0215"]);
}

#[test]
fn relative_paths_are_seen_from_the_rule_file() {
    let loaded = Rulebook::load(Path::new("tests/broken/check-warnings.camp")).unwrap();
    assert_eq!(loaded.list("nobody_asks").unwrap().len(), 2);
}
