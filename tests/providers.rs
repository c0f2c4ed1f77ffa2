//! Files of providers: what they say, what is wrong with broken ones, and the pages that speak of them.
//!
//! `BLESS=1 cargo test --test providers` writes the findings of `tests/providers/*.toml` anew; then read the difference.
#![cfg(test)]
#![cfg(feature = "config")]
use std::fs;
use std::path::Path;

use campanile::calendar::Zone;
use campanile::model::{Duration, Instant, PairLimit, Portfolio, Provider, Providers, Rate, WarmUp};
use campanile::rulebook::{Rulebook, RulebookError};

const KOLKATA: &str = "settings { timezone \"Asia/Kolkata\" }";

fn read(text: &str) -> Providers {
    Providers::from_toml("campanile.toml", text, &Zone::named("Asia/Kolkata").unwrap()).unwrap()
}

fn rendered(error: &RulebookError) -> String {
    let texts: Vec<String> =
        error.diagnostics().iter().map(|finding| finding.render(error.sources())).collect();
    texts.join("\n")
}

fn codes(result: &Result<Rulebook, RulebookError>) -> Vec<&'static str> {
    let findings = match result {
        Ok(rulebook) => rulebook.warnings(),
        Err(error) => error.diagnostics(),
    };
    findings.iter().map(|finding| finding.code.0).collect()
}

/// The fenced blocks of a page that begin with a word.
fn blocks<'p>(page: &'p str, fence: &str) -> Vec<&'p str> {
    page.split(&format!("```{fence}\n")).skip(1).map(|block| block.split("```").next().unwrap()).collect()
}

#[test]
fn everything_that_can_be_declared_is_read() {
    let providers = read(
        r#"
        [portfolio.main]
        users_per_day = 2_000
        [portfolio.big]
        users_per_day = "unlimited"
        [provider.meta_main]
        portfolio = "main"
        messages_per_second = 80
        warm_up = { from = "2026-11-01", start = 5, double_every = "1 day" }
        pair = { every = "6 seconds", burst = 3 }
        refusal = "36 hours"
        [provider.a_second]
        portfolio = 'big'
        rate = "500 per 5 minutes"
        [provider.free]
        "#,
    );
    let names: Vec<&str> = providers.providers.keys().map(|name| &**name).collect();
    assert_eq!(names, ["meta_main", "a_second", "free"], "in the order of the file");
    let hours = |hours: i64| Duration::from_seconds(hours * 3_600);
    assert_eq!(
        providers.of(Some("meta_main")).unwrap().1,
        &Provider {
            portfolio: Some("main".into()),
            rate: Some(Rate { count: 80, per: Duration::from_seconds(1) }),
            warm_up: Some(WarmUp {
                from: Instant::parse("2026-11-01T00:00:00+05:30").unwrap(),
                start: 5,
                every: hours(24),
            }),
            pair: Some(PairLimit { every: Duration::from_seconds(6), burst: 3 }),
            refusal: hours(36),
        }
    );
    let second = providers.of(Some("a_second")).unwrap().1;
    assert_eq!(second.rate, Some(Rate { count: 500, per: Duration::from_seconds(300) }));
    assert_eq!(providers.portfolio_of(second).unwrap().1, &Portfolio { users_per_day: None });
    assert_eq!(providers.portfolios.get("main"), Some(&Portfolio { users_per_day: Some(2_000) }));
    assert_eq!(providers.of(Some("free")).unwrap().1, &Provider::default());
}

#[test]
fn a_warm_up_begins_at_a_day_a_wall_clock_or_an_instant() {
    let from = |written: &str| {
        let text = format!(
            "[provider.a]\nmessages_per_second = 80\nwarm_up = {{ from = {written}, start = 5, double_every = \"1 day\" }}"
        );
        read(&text).of(None).unwrap().1.warm_up.unwrap().from
    };
    let at = |text: &str| Instant::parse(text).unwrap();
    for day in ["\"2026-11-01\"", "2026-11-01", "' 2026-11-01 '"] {
        assert_eq!(from(day), at("2026-11-01T00:00:00+05:30"), "{day}");
    }
    for wall in ["\"2026-11-01 10:30\"", "2026-11-01T10:30:00", "2026-11-01 10:30:00"] {
        assert_eq!(from(wall), at("2026-11-01T10:30:00+05:30"), "{wall}");
    }
    for instant in ["\"2026-11-01T10:30:00Z\"", "2026-11-01T10:30:00Z", "2026-11-01T11:30:00+01:00"] {
        assert_eq!(from(instant), at("2026-11-01T10:30:00Z"), "{instant}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "who changes what is said asks for new expectations")]
fn broken_files_say_what_is_wrong_where_and_how_to_mend_it() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    let mut files: Vec<_> =
        fs::read_dir("tests/providers").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(files.len() >= 8, "only {} files", files.len());
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let error = Providers::from_toml(name, &text, &Zone::utc()).unwrap_err();
        for finding in error.diagnostics() {
            let help = finding.help.as_deref().unwrap_or_default();
            assert!(!help.is_empty(), "{name}: no help: {}", finding.message);
            for text in [&*finding.message, help] {
                assert!(!text.ends_with('.') && !text.starts_with(char::is_uppercase), "{name}: {text}");
                assert_eq!(text.matches('`').count() % 2, 0, "{name}: a back-tick too few: {text}");
            }
        }
        let expected = file.with_extension("expected");
        let found = rendered(&error);
        if bless {
            fs::write(&expected, &found).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("--- {name}\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "not as expected (BLESS=1 to accept):\n{}", wrong.join("\n"));
}

#[test]
fn any_text_is_read_or_refused() {
    for file in fs::read_dir("tests/providers").unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        // Cut anywhere, in characters of several bytes too.
        for cut in (0..text.len()).step_by(7) {
            if let Some(text) = text.get(..cut) {
                let _ = Providers::from_toml("cut.toml", text, &Zone::utc());
                let _ = Providers::from_toml("cut.toml", &text.replace('"', "\u{201C}"), &Zone::utc());
            }
        }
    }
}

#[test]
fn the_pages_of_the_findings_say_what_is() {
    for code in ["E0358", "E0359", "E0360", "E0361", "E0362"] {
        let page = fs::read_to_string(format!("docs/errors/{code}.md")).unwrap();
        let (toml, camp) = (blocks(&page, "toml"), blocks(&page, "camp"));
        let cases: Vec<(&str, &str)> = match (&toml[..], &camp[..]) {
            ([toml], [wrong, right]) => vec![(*toml, *wrong), (*toml, *right)],
            ([wrong, right], []) => vec![(*wrong, ""), (*right, "")],
            _ => panic!("{code} has {} and {} examples", toml.len(), camp.len()),
        };
        for (index, (toml, camp)) in cases.into_iter().enumerate() {
            let built = Rulebook::builder().text("a.camp", camp).providers_text("a.toml", toml).build();
            let wanted: &[&str] = if index == 0 { &[code] } else { &[] };
            assert_eq!(codes(&built), wanted, "{code}");
        }
    }
}

/// What the page for users shows is what can be read, and all of it is shown.
#[test]
fn the_page_for_users_says_what_is() {
    let page = fs::read_to_string("docs/providers.md").unwrap();
    let (toml, camp) = (blocks(&page, "toml"), blocks(&page, "camp"));
    assert!(toml.len() > 3 && !camp.is_empty());
    for toml in &toml {
        if let Err(error) = Providers::from_toml("docs/providers.md", toml, &Zone::utc()) {
            panic!("{}", rendered(&error));
        }
    }
    for camp in camp {
        let built = Rulebook::builder().text("a.camp", camp).providers_text("a.toml", toml[0]).build();
        assert_eq!(codes(&built), Vec::<&str>::new(), "{camp}");
    }
    for key in ["users_per_day", "portfolio", "messages_per_second", "rate", "warm_up", "pair", "refusal"] {
        assert!(page.contains(&format!("| `{key}`")), "docs/providers.md does not describe `{key}`");
    }
    for tier in ["250", "1000", "2000", "10000", "100000", "unlimited"] {
        assert!(page.contains(&format!("`{tier}`")) || page.contains(&format!("`\"{tier}\"`")), "{tier}");
    }
}

#[test]
fn findings_of_rules_and_of_providers_come_together() {
    let rules = format!(
        "{KOLKATA} campaign a {{ provider x when \"A\" send template t }} campaign b {{ at 2026-11-03 25:00 }}"
    );
    let built =
        Rulebook::builder().text("a.camp", &rules).providers_text("a.toml", "[provider.y]\nrate = 3").build();
    // Of names of providers nothing is said while their file is broken.
    let error = built.unwrap_err();
    let places: Vec<&str> =
        error.diagnostics().iter().map(|finding| error.sources().name(finding.primary.span.file)).collect();
    assert_eq!(places, ["a.camp", "a.toml"], "{error}");
    assert!(!error.to_string().contains("E0358"), "{error}");
}

#[test]
fn days_are_those_of_the_rules_zone() {
    let toml = "[provider.a]\nmessages_per_second = 80\nwarm_up = { from = 2026-11-01, start = 5, double_every = \"1 day\" }";
    let rulebook =
        Rulebook::builder().text("a.camp", KOLKATA).providers_text("a.toml", toml).build().unwrap();
    assert_eq!(rulebook.providers(), &read(toml));
}

#[test]
fn the_file_beside_the_rules_is_read_and_another_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    let one = put(
        "one/a.camp",
        "segment a = did \"A\"\ncampaign x { provider p if in segment a when \"A\" send template t }",
    );
    put("one/deep/b.camp", "campaign y { when \"B\" send template t }");
    put("one/deep/campanile.toml", "not read: it is in no folder that was named");
    put("one/campanile.toml", "[provider.p]");
    put("two/c.camp", "campaign z { provider q when \"C\" send template t }");
    put("two/campanile.toml", "[provider.q]");
    let other = put("other.toml", "[provider.p]\n[provider.q]");
    let at = |path: &str| folder.path().join(path);
    let names = |built: Result<Rulebook, RulebookError>| -> Vec<String> {
        let rulebook = built.unwrap_or_else(|error| panic!("{}", rendered(&error)));
        rulebook.providers().providers.keys().map(|name| name.to_string()).collect()
    };
    assert_eq!(names(Rulebook::load(at("one"))), ["p"]);
    assert_eq!(names(Rulebook::load(&one)), ["p"], "beside a file that is named");
    assert_eq!(names(Rulebook::builder().path(at("one")).path(&one).build()), ["p"], "a folder twice");
    let both = Rulebook::builder().path(at("one")).path(at("two"));
    assert_eq!(codes(&both.build()), ["E0360"]);
    let both = || Rulebook::builder().path(&one).path(at("two"));
    assert_eq!(names(both().providers_file(&other).build()), ["p", "q"]);
    assert_eq!(names(both().providers(Providers::default()).build()), Vec::<String>::new());
    let missing = both().providers_file(Path::new("nowhere.toml")).build();
    assert_eq!(codes(&missing), ["E0401"]);
    assert!(missing.unwrap_err().is_unreadable());
}

#[test]
fn the_only_provider_that_is_declared_is_everybodys() {
    use campanile::model::{Event, ProfileUpdate, Record, Value};
    let sent_by = |toml: &str, clause: &str| {
        let rules =
            format!("campaign a {{ category utility {clause} when \"A\" send template t in \"en\" }}");
        let rulebook = Rulebook::builder().text("a.camp", rules).providers_text("a.toml", toml).build();
        let mut replay = campanile::Replay::new(&rulebook.unwrap().compile());
        let known = [("phone", Value::text("+12155550142")), ("whatsapp", Value::Boolean(true))];
        replay.add(Record::Profile(ProfileUpdate {
            user: "u".into(),
            at: None,
            changes: known.map(|(name, value)| (name.into(), Some(value))).to_vec(),
        }));
        replay.add(Record::Event(Event {
            user: "u".into(),
            name: "A".into(),
            at: Instant::from_seconds(0),
            id: None,
            properties: Default::default(),
        }));
        let jobs = replay.run().jobs;
        assert_eq!(jobs.len(), 1);
        jobs[0].provider.as_deref().map(str::to_owned)
    };
    assert_eq!(sent_by("", ""), None);
    assert_eq!(sent_by("", "provider p").as_deref(), Some("p"));
    assert_eq!(sent_by("[provider.only]", "").as_deref(), Some("only"));
    assert_eq!(sent_by("[provider.a]\n[provider.b]", "provider b").as_deref(), Some("b"));
}
