//! Campaigns in words, and their calendar: `BLESS=1 cargo test --test describe` writes the expected files anew.
#![cfg(test)]
#![cfg(feature = "cli")]

use std::fs;

use campanile::calendar::Zone;
use campanile::model::Instant;
use campanile::report::{Agenda, AgendaEntry, AgendaOptions, ClockNote, Colours, Description, Tree};
use campanile::rulebook::Rulebook;

fn shop() -> Rulebook {
    let text = fs::read_to_string("tests/describe/shop.camp").unwrap();
    Rulebook::builder().text("shop.camp", text).list("vip", ["asha"]).build().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "who changes what is said asks for new expectations")]
fn blessed(path: &str, found: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, found).unwrap();
    }
    let wanted = fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "{path}: found\n{found}\nwanted\n{wanted}");
}

fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn year(zones: &[&str]) -> AgendaOptions {
    AgendaOptions {
        from: instant("2026-01-01T00:00:00Z"),
        to: instant("2027-01-01T00:00:00Z"),
        zones: zones.iter().map(|name| Zone::named(name).unwrap()).collect(),
        most: 100,
    }
}

#[test]
fn campaigns_are_described_as_the_file_shows() {
    let text = Description::of(&shop(), &[]).text(Colours::Off);
    blessed("tests/describe/shop.txt", &text);
    assert!(text.lines().all(|line| line.chars().count() <= 100 && line == line.trim_end()), "{text}");
    let long = Rulebook::load("tests/describe/long.camp").unwrap();
    blessed("tests/describe/long.txt", &Description::of(&long, &[]).text(Colours::Off));
    let example = Rulebook::load("examples/cdnow/rules").unwrap();
    blessed("tests/describe/cdnow.txt", &Description::of(&example, &[]).text(Colours::Off));
}

#[test]
fn one_campaign_may_be_chosen_and_programs_read_the_same() {
    let description = Description::of(&shop(), &["thanks".to_owned()]);
    assert_eq!(description.campaigns.len(), 1);
    let json = serde_json::to_value(&description).unwrap();
    assert_eq!(json["campaigns"][0]["sections"][0]["about"], "When");
    assert_eq!(
        json["campaigns"][0]["sections"][0]["sentences"][0]["text"],
        "Whenever a user does \"Charged\"."
    );
}

#[test]
fn the_calendar_shows_what_clocks_do() {
    let agenda = Agenda::of(&shop(), &[], &year(&["Europe/London", "Asia/Kolkata"]));
    blessed("tests/describe/calendar.txt", &agenda.text(Colours::Off));
    assert_eq!(agenda.without_schedule, ["cart_rescue", "thanks"]);
}

#[test]
fn every_listed_instant_is_the_one_at_which_the_campaign_triggers() {
    let rules = r#"
        settings { timezone "Europe/London" }
        campaign gap { cron "*/30 1 29 3 *" send template t }
        campaign twice { cron "*/30 1 25 10 *" send template t }
    "#;
    let agenda = Agenda::of(&Rulebook::parse("a.camp", rules).unwrap(), &[], &year(&[]));
    let of = |index: usize| -> Vec<(String, Option<ClockNote>)> {
        let entries = agenda.schedules[index].entries.iter();
        let triggers = entries.filter_map(|entry| match entry {
            AgendaEntry::Trigger { instant, note, .. } => Some((instant.to_string(), *note)),
            AgendaEntry::Clocks { .. } => None,
        });
        triggers.collect()
    };
    // 01:00 and 01:30 are both skipped, and are one instant.
    let skipped = ClockNote::Skipped { shown: "2026-03-29T02:00:00".parse().unwrap() };
    assert_eq!(of(0), [("2026-03-29T01:00:00Z".to_owned(), Some(skipped))]);
    let twice = |second| Some(ClockNote::Twice { second: instant(second) });
    let expected = [
        ("2026-10-25T00:00:00Z".to_owned(), twice("2026-10-25T01:00:00Z")),
        ("2026-10-25T00:30:00Z".to_owned(), twice("2026-10-25T01:30:00Z")),
    ];
    assert_eq!(of(1), expected);
}

#[test]
fn what_is_too_much_is_counted() {
    let rules = "campaign often { cron \"0 * * * *\" send template t }";
    let options = AgendaOptions { most: 3, ..year(&[]) };
    let agenda = Agenda::of(&Rulebook::parse("a.camp", rules).unwrap(), &[], &options);
    assert_eq!((agenda.schedules[0].entries.len(), agenda.schedules[0].further), (3, 365 * 24 - 3));
    assert!(agenda.text(Colours::Off).contains("… and 8,757 instants more\n"));
}

/// The rules of every case that can be read without templates.
fn rulebooks() -> Vec<(String, Rulebook)> {
    let mut folders = vec![std::path::PathBuf::from("tests/cases")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let rules = text.split_once("--- rules\n").map_or("", |(_, rest)| rest);
            let rules = rules.split("\n--- ").next().unwrap_or_default();
            let lists = rules.lines().filter_map(|line| line.strip_prefix("list ")?.split(' ').next());
            let builder = Rulebook::builder().text("case.camp", rules);
            let builder = lists.fold(builder, |builder, list| builder.list(list, ["asha"]));
            if let Ok(rulebook) = builder.build() {
                found.push((path.display().to_string(), rulebook));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn every_rule_of_the_cases_reads_as_a_sentence() {
    let rulebooks = rulebooks();
    assert!(rulebooks.len() > 150, "only {} cases could be described", rulebooks.len());
    for (name, rulebook) in rulebooks {
        let description = Description::of(&rulebook, &[]);
        assert_eq!(description.campaigns.len(), rulebook.campaigns().len());
        for campaign in &description.campaigns {
            for section in &campaign.sections {
                section.sentences.iter().for_each(|sentence| reads_well(sentence, &name));
            }
        }
        Agenda::of(&rulebook, &[], &year(&["Asia/Kolkata", "America/New_York"])).text(Colours::Off);
    }
}

/// No gaps, no number with the wrong noun, no stop amid a sentence.
fn reads_well(sentence: &Tree, name: &str) {
    let text = &sentence.text;
    for odd in ["  ", " ,", " .", "..", ",.", " 1 times", " 1 days", "( ", " )", "` `", ",,"] {
        assert!(!text.contains(odd), "{name}: {text:?} has {odd:?}");
    }
    assert!(!text.is_empty() && text == text.trim(), "{name}: {text:?}");
    sentence.parts.iter().for_each(|part| reads_well(part, name));
}
