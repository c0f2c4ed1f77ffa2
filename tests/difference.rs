//! Two versions of the rules over one log: what is counted, and that the clause that is blamed is the one that was changed.
#![cfg(test)]

mod generate;

use campanile::difference::{CampaignDifference, Comparison, Difference, Kind, Presence};
use campanile::message::Templates;
use campanile::model::{Event, Instant, OutcomeKind, ProfileUpdate, Properties, Record, Value};
use campanile::rulebook::Rulebook;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Every kind of clause, in rules that decide over a log of a fortnight.
const RULES: &str = r#"
settings {
  timezone "Asia/Kolkata"
  quiet hours 22:00..08:00 user time, hold
  cap 6 per 7 days
  gap 15 minutes
  control group 5%
  control group spared 10%
}

segment shoppers = did "Viewed" at least 2 times in last 7 days
segment locals = profile.city in ["Pune", "Mumbai"]

campaign rescue "Cart rescue" {
  when "Added" where amount >= 500 then no "Charged" within 2 hours matching cart
  if in segment locals and not in list staff
  send template cart in "en" { body name: "{{ profile.name }}", amount: "{{ event.amount }}" }
  wait 10 minutes
  deliver 09:00..21:00 user time, else hold
  valid 18 hours
  unless "Viewed" where page = "help"
  at most 1 per 3 days
  holdout 5%
}

campaign digest {
  category utility
  every day at 10:00 user time
  if in segment shoppers
  split {
    60% send template digest_a in "en"
    40% send template digest_b in "en"
  }
  limit 20 users per day
  control group spared
}

campaign thanks {
  when "Charged"
  send text "Thank you, {{ profile.name }}"
  priority 5
}

campaign promo {
  at 2026-11-06 12:00
  send template promo in "en"
  throttle 5 per 10 minutes
  priority 3
}

campaign rival {
  at 2026-11-06 12:00
  if profile.city = "Delhi"
  send template rival in "en"
  priority 2
}
"#;

/// A fortnight of sixty users, the same each time.
fn log() -> Vec<Record> {
    let start = Instant::parse("2026-11-01T00:00:00+05:30").unwrap();
    let mut chance = 7_u64;
    let mut next = |below: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % below
    };
    let mut records = Vec::new();
    for number in 0..60 {
        let user = format!("u{number:02}");
        let city = ["Pune", "Mumbai", "Delhi"][next(3) as usize];
        let changes = [
            ("phone", Value::text(&format!("+9198200{:05}", 10_000 + number))),
            ("whatsapp", Value::Boolean(next(10) > 0)),
            ("name", Value::text(["Asha", "Ben", "Chloé"][next(3) as usize])),
            ("city", Value::text(city)),
            ("tier", Value::text(if next(2) == 0 { "gold" } else { "1" })),
        ];
        let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
        records.push(Record::Profile(ProfileUpdate { user: user.as_str().into(), at: None, changes }));
        for _ in 0..14 {
            let at = Instant::from_millis(start.millis() + next(14 * 24 * 60) as i64 * 60_000);
            let name = ["Added", "Added", "Charged", "Viewed", "Viewed"][next(5) as usize];
            let page = ["help", "home", "shoes"][next(3) as usize];
            let properties: Properties = [
                ("amount", Value::integer(next(20) as i64 * 100)),
                ("cart", Value::text(["c1", "c2"][next(2) as usize])),
                ("page", Value::text(page)),
            ]
            .into_iter()
            .collect();
            records.push(Record::Event(Event {
                user: user.as_str().into(),
                name: name.into(),
                at,
                id: Some(format!("e{}", records.len()).into()),
                properties,
            }));
        }
        // So that what is no template may be sent at times.
        let at = Instant::from_millis(start.millis() + next(14 * 24 * 60) as i64 * 60_000);
        records.push(Record::Event(Event {
            user: user.as_str().into(),
            name: "Message Received".into(),
            at,
            id: None,
            properties: Properties::default(),
        }));
    }
    records
}

fn rulebook(name: &str, rules: &str, staff: &[&str]) -> Rulebook {
    let builder = Rulebook::builder().text(name, rules).list("staff", staff);
    builder.build().unwrap_or_else(|error| panic!("{error}"))
}

fn compare(old: &Rulebook, new: &Rulebook, records: &[Record]) -> Difference {
    let to = Instant::parse("2026-11-16T00:00:00+05:30").unwrap();
    let mut comparison = Comparison::new(old, new).ending(Some(to));
    records.iter().for_each(|record| comparison.add(record.clone()));
    let mut compared = comparison.run();
    records.iter().for_each(|record| compared.again(record.clone()));
    compared.explained()
}

/// The rules, and the rules with some text replaced.
fn versions(replaced: &[(&str, &str)]) -> (Rulebook, Rulebook) {
    let mut new = RULES.to_owned();
    for (from, to) in replaced {
        assert_eq!(new.matches(from).count(), 1, "{from}");
        new = new.replace(from, to);
    }
    (rulebook("old.camp", RULES, &["u01", "u02"]), rulebook("new.camp", &new, &["u01", "u02"]))
}

/// The changes that samples are put down to, as `what: old → new`, with who they belong to.
fn blamed(difference: &Difference) -> Vec<String> {
    let blamed = difference.changes.iter().filter(|change| change.samples > 0);
    let told = blamed.map(|change| {
        let of = change.campaign.as_ref().map(|name| format!(" of {name}")).unwrap_or_default();
        let place = change.place().map(|place| format!("{place} ")).unwrap_or_default();
        format!("{place}{}{of}", change.what)
    });
    told.collect()
}

fn campaign<'d>(difference: &'d Difference, name: &str) -> &'d CampaignDifference {
    difference.campaigns.iter().find(|campaign| *campaign.campaign == *name).unwrap()
}

/// Every sample has a cause, and its causes are single changes.
fn all_are_alone(difference: &Difference) {
    for sample in difference.campaigns.iter().flat_map(|campaign| &campaign.samples) {
        assert!(!sample.causes.is_empty(), "{sample:#?}\n{:#?}", difference.changes);
        assert!(sample.causes.iter().all(|cause| cause.changes.len() == 1), "{sample:#?}");
    }
}

/// What is changed, the words that are blamed for it, the campaigns that differ, and a kind of difference that there must be.
struct Case {
    from: &'static str,
    to: &'static str,
    blamed: &'static str,
    campaign: &'static str,
    kind: Kind,
}

#[test]
fn each_kind_of_clause_is_found_to_be_the_cause() {
    let case = |from, to, blamed, campaign, kind| Case { from, to, blamed, campaign, kind };
    let cases = [
        case(
            "then no \"Charged\" within 2 hours",
            "then no \"Charged\" within 3 hours",
            "new.camp:15:3 the trigger of rescue",
            "rescue",
            Kind::MovedLater,
        ),
        case(
            "where amount >= 500",
            "where amount >= 900",
            "new.camp:15:3 the trigger of rescue",
            "rescue",
            Kind::Removed,
        ),
        case("and not in list staff", "", "new.camp:16:3 `if` of rescue", "rescue", Kind::Added),
        case(
            "amount: \"{{ event.amount }}\"",
            "amount: \"Rs {{ event.amount }}\"",
            "new.camp:17:3 `send` of rescue",
            "rescue",
            Kind::Changed,
        ),
        case(
            "wait 10 minutes",
            "wait 40 minutes",
            "new.camp:18:3 `wait` of rescue",
            "rescue",
            Kind::MovedLater,
        ),
        case("wait 10 minutes", "", "old.camp:18:3 `wait` of rescue", "rescue", Kind::MovedEarlier),
        case(
            "deliver 09:00..21:00 user time, else hold",
            "deliver 09:00..21:00 user time, else drop",
            "new.camp:19:3 `deliver` of rescue",
            "rescue",
            Kind::Removed,
        ),
        case("valid 18 hours", "valid 6 hours", "new.camp:20:3 `valid` of rescue", "rescue", Kind::Changed),
        case("page = \"help\"", "page = \"home\"", "new.camp:21:3 `unless` of rescue", "rescue", Kind::Added),
        case(
            "unless \"Viewed\" where page = \"help\"",
            "",
            "old.camp:21:3 `unless` of rescue",
            "rescue",
            Kind::Added,
        ),
        case(
            "at most 1 per 3 days",
            "at most 2 per 3 days",
            "new.camp:22:3 `at most` of rescue",
            "rescue",
            Kind::Added,
        ),
        case("holdout 5%", "holdout 50%", "new.camp:23:3 `holdout` of rescue", "rescue", Kind::Removed),
        case(
            "60% send template digest_a in \"en\"\n    40%",
            "30% send template digest_a in \"en\"\n    70%",
            "new.camp:31:5 `split` of digest",
            "digest",
            Kind::Changed,
        ),
        case(
            "limit 20 users per day",
            "limit 10 users per day",
            "new.camp:34:3 `limit` of digest",
            "digest",
            Kind::Removed,
        ),
        case(
            "control group spared\n",
            "control group none\n",
            "new.camp:35:3 `control group` of digest",
            "digest",
            Kind::Added,
        ),
        case(
            "category utility",
            "category marketing",
            "new.camp:27:3 `category` of digest",
            "digest",
            Kind::Changed,
        ),
        case(
            "every day at 10:00 user time",
            "every day at 11:00 user time",
            "new.camp:28:3 the trigger of digest",
            "digest",
            Kind::Added,
        ),
        case("Thank you, ", "Thanks a lot, ", "new.camp:40:3 `send` of thanks", "thanks", Kind::Changed),
        case(
            "send template promo in \"en\"",
            "provider other send template promo in \"en\"",
            "new.camp:46:3 `provider` of promo",
            "promo",
            Kind::Changed,
        ),
        case(
            "throttle 5 per 10 minutes",
            "throttle 5 per 20 minutes",
            "new.camp:47:3 `throttle` of promo",
            "promo",
            Kind::MovedLater,
        ),
        case("priority 3", "priority 1", "new.camp:48:3 `priority` of promo", "rival", Kind::Added),
        case(
            "at least 2 times in last 7 days",
            "at least 3 times in last 7 days",
            "new.camp:11:1 segment `shoppers`",
            "digest",
            Kind::Removed,
        ),
        case(
            "[\"Pune\", \"Mumbai\"]",
            "[\"Pune\"]",
            "new.camp:12:1 segment `locals`",
            "rescue",
            Kind::Removed,
        ),
        case(
            "timezone \"Asia/Kolkata\"",
            "timezone \"Europe/London\"",
            "new.camp:3:3 `timezone` of the settings",
            "rescue",
            Kind::MovedLater,
        ),
        case(
            "quiet hours 22:00..08:00 user time, hold",
            "quiet hours 18:00..11:00 user time, hold",
            "new.camp:4:3 `quiet hours` of the settings",
            "rescue",
            Kind::MovedLater,
        ),
        case(
            "cap 6 per 7 days",
            "cap 2 per 7 days",
            "new.camp:5:3 `cap` of the settings",
            "digest",
            Kind::Removed,
        ),
        case("gap 15 minutes", "gap 12 hours", "new.camp:6:3 `gap` of the settings", "digest", Kind::Removed),
        case(
            "control group 5%",
            "control group 25%",
            "new.camp:7:3 `control group` of the settings",
            "rescue",
            Kind::Removed,
        ),
        case(
            "control group spared 10%",
            "control group spared 60%",
            "new.camp:8:3 control group `spared` of the settings",
            "digest",
            Kind::Removed,
        ),
        case(
            "gap 15 minutes",
            "gap 15 minutes\n  throttle 1 per 30 minutes",
            "new.camp:7:3 `throttle` of the settings",
            "promo",
            Kind::MovedLater,
        ),
    ];
    let log = log();
    for case in cases {
        let (old, new) = versions(&[(case.from, case.to)]);
        let difference = compare(&old, &new, &log);
        assert!(difference.differs, "{} → {}", case.from, case.to);
        all_are_alone(&difference);
        assert_eq!(blamed(&difference), [case.blamed], "{} → {}", case.from, case.to);
        let found = campaign(&difference, case.campaign);
        let kinds: Vec<Kind> = found.samples.iter().map(|sample| sample.kind).collect();
        assert!(kinds.contains(&case.kind), "{} → {}: {kinds:?}", case.from, case.to);

        // And it is found among others that do something too, elsewhere, or nothing at all.
        let others = [
            ("rescue", "campaign digest {", "campaign digest { goal \"Charged\" within 3 days"),
            ("thanks", "Thank you, ", "Dear "),
            ("rival", "template rival", "template other"),
            (
                "",
                "campaign thanks {",
                "campaign none { when \"Never\" send template none } campaign thanks {",
            ),
        ];
        let mut replaced = vec![(case.from, case.to)];
        let apart = others.iter().filter(|(of, from, _)| *of != case.campaign && !case.from.contains(from));
        replaced.extend(apart.map(|(_, from, to)| (*from, *to)));
        let (old, new) = versions(&replaced);
        let difference = compare(&old, &new, &log);
        let samples = campaign(&difference, case.campaign).samples.iter();
        let mut seen = 0;
        for sample in samples.filter(|sample| sample.kind == case.kind) {
            seen += 1;
            let [cause] = &sample.causes[..] else { panic!("{} → {}: {sample:#?}", case.from, case.to) };
            let [change] = cause.changes[..] else { panic!("{} → {}: {sample:#?}", case.from, case.to) };
            let what = &difference.changes[change];
            assert!(
                case.blamed.contains(&what.place().unwrap().to_string()),
                "{} → {}: {what:#?}",
                case.from,
                case.to
            );
            assert!(case.blamed.contains(&what.what), "{} → {}: {what:#?}", case.from, case.to);
        }
        assert!(seen > 0, "{} → {}", case.from, case.to);
    }
}

#[test]
fn counts_add_up_and_reasons_say_what_became_of_whom() {
    let (old, new) = versions(&[("at most 1 per 3 days", "at most 2 per 3 days")]);
    let difference = compare(&old, &new, &log());
    let rescue = campaign(&difference, "rescue");
    let jobs = &rescue.jobs;
    assert_eq!(jobs.old, jobs.removed + jobs.moved_earlier + jobs.moved_later + jobs.changed + jobs.same);
    assert_eq!(jobs.new, jobs.added + jobs.moved_earlier + jobs.moved_later + jobs.changed + jobs.same);
    assert!(jobs.added > 0 && jobs.same > 0);
    let reason = &rescue.reasons[0];
    assert_eq!((reason.was, reason.is), (Some(OutcomeKind::CapCampaign), Some(OutcomeKind::Sent)));
    let added = rescue.samples.iter().filter(|sample| sample.kind == Kind::Added).count();
    assert_eq!(added, 5.min(jobs.added as usize), "of each kind as many as was asked for");
    assert_eq!(rescue.causes.len(), 1);
    assert_eq!(rescue.causes[0].samples, rescue.samples.len());
    assert_eq!((difference.users, rescue.presence), (60, Presence::Both));
}

#[test]
fn each_of_several_that_would_do_is_named() {
    // Whoever has amounts below 900 in Pune is kept out by both.
    let (old, new) = versions(&[
        ("where amount >= 500", "where amount >= 5000"),
        ("if in segment locals and", "if sample 0% and"),
    ]);
    let difference = compare(&old, &new, &log());
    let removed: Vec<_> = campaign(&difference, "rescue")
        .samples
        .iter()
        .filter(|sample| sample.kind == Kind::Removed)
        .collect();
    assert!(!removed.is_empty());
    for sample in removed {
        let told: Vec<&[usize]> = sample.causes.iter().map(|cause| &cause.changes[..]).collect();
        assert_eq!(told, [&[0], &[1]], "{sample:#?}");
    }
    assert_eq!(difference.changes[0].what, "the trigger");
    assert_eq!(difference.changes[1].what, "`if`");
}

#[test]
fn what_only_several_do_together_is_said_so_and_no_more_than_it_takes() {
    // Nobody is kept out by one of the two alone.
    let (new, old) = versions(&[
        ("where amount >= 500", "where amount >= 5000"),
        ("if in segment locals and", "if sample 0% and"),
    ]);
    let difference = compare(&old, &new, &log());
    let added: Vec<_> =
        campaign(&difference, "rescue").samples.iter().filter(|sample| sample.kind == Kind::Added).collect();
    assert!(!added.is_empty());
    for sample in added {
        let told: Vec<&[usize]> = sample.causes.iter().map(|cause| &cause.changes[..]).collect();
        assert_eq!(told, [&[0, 1]], "{sample:#?}");
    }
}

#[test]
fn fields_of_a_job_have_causes_of_their_own() {
    let (old, new) = versions(&[
        ("wait 10 minutes", "wait 40 minutes"),
        ("name: \"{{ profile.name }}\"", "name: \"Dear {{ profile.name }}\""),
    ]);
    let difference = compare(&old, &new, &log());
    let rescue = campaign(&difference, "rescue");
    let later: Vec<_> = rescue.samples.iter().filter(|sample| sample.kind == Kind::MovedLater).collect();
    assert!(!later.is_empty());
    for sample in later {
        assert_eq!(sample.fields, ["due", "template"], "{sample:#?}");
        let told: Vec<(&str, &[&str])> = sample
            .causes
            .iter()
            .map(|cause| (difference.changes[cause.changes[0]].what.as_str(), &cause.fields[..]))
            .collect();
        assert_eq!(told, [("`wait`", &["due"][..]), ("`send`", &["template"][..])], "{sample:#?}");
    }
}

#[test]
fn another_layout_other_comments_and_another_order_of_clauses_are_no_difference() {
    let mut sources = campanile::language::Sources::new();
    let file = sources.add("old.camp", RULES.replace("  priority 5", "# said first\n  priority   5"));
    let new = campanile::language::format(&sources, file).unwrap();
    let new = new
        .replace("  wait 10 minutes\n", "")
        .replace("  holdout 5%\n", "  holdout 5%\n  wait 600 seconds\n");
    let (before, rival) = new.split_once("campaign rival").unwrap();
    let new = before.replace("campaign promo", &format!("campaign rival{rival}\ncampaign promo"));
    assert_ne!(new, before);
    let new =
        format!("# another head\n\n{new}\nlist staff from \"staff.csv\"\nsegment unused = did \"Viewed\"");
    assert_ne!(new, RULES);
    let staff = &["u01", "u02"][..];
    let difference = compare(&rulebook("old.camp", RULES, staff), &rulebook("new.camp", &new, staff), &log());
    assert!(!difference.differs);
    assert!(difference.changes.is_empty(), "{:#?}", difference.changes);
    assert!(difference.campaigns.iter().all(|campaign| campaign.jobs.old == campaign.jobs.same));
    assert!(difference.campaigns.iter().map(|campaign| campaign.jobs.same).sum::<u64>() > 100);
}

#[test]
fn what_changes_nothing_in_this_log_is_told_and_is_no_difference() {
    let (old, new) = versions(&[("holdout 5%", "holdout 5%\n  goal \"Charged\" within 3 days")]);
    let difference = compare(&old, &new, &log());
    assert!(!difference.differs);
    assert_eq!(difference.changes.len(), 1);
    assert_eq!((&*difference.changes[0].what, difference.changes[0].samples), ("`goal`", 0));
    assert!(difference.changes[0].old.is_none());
}

#[test]
fn users_of_a_list_are_a_cause() {
    let (old, new) =
        (rulebook("old.camp", RULES, &["u01"]), rulebook("new.camp", RULES, &["u05", "u06", "u07"]));
    let difference = compare(&old, &new, &log());
    all_are_alone(&difference);
    assert_eq!(blamed(&difference), ["list `staff`"]);
    let change = &difference.changes[0];
    assert_eq!(change.old.as_ref().unwrap().text, "1 users");
    assert_eq!(change.new.as_ref().unwrap().text, "3 users: 3 more, and 1 no longer");
}

#[test]
fn a_campaign_of_one_version_is_a_cause_also_of_what_others_lose() {
    let without = RULES.split("campaign rival").next().unwrap().to_owned();
    let more = "campaign first { at 2026-11-06 12:00 send template first in \"en\" priority 9 }";
    let staff = &["u01"][..];
    let (old, new) = (rulebook("old.camp", RULES, staff), rulebook("new.camp", &(without + more), staff));
    let difference = compare(&old, &new, &log());
    all_are_alone(&difference);
    let names: Vec<(&str, Presence)> =
        difference.campaigns.iter().map(|campaign| (&*campaign.campaign, campaign.presence)).collect();
    let both = Presence::Both;
    let wanted = [
        ("rescue", both),
        ("digest", both),
        ("thanks", both),
        ("promo", both),
        ("first", Presence::New),
        ("rival", Presence::Old),
    ];
    assert_eq!(names, wanted);
    assert!(campaign(&difference, "first").jobs.added > 0 && campaign(&difference, "rival").jobs.removed > 0);
    // What comes first is within the gap of what would have been sent.
    let promo = campaign(&difference, "promo");
    let gap = promo.reasons.iter().find(|reason| reason.is == Some(OutcomeKind::Gap)).unwrap();
    assert_eq!(gap.was, Some(OutcomeKind::Sent));
    let removed: Vec<_> = promo.samples.iter().filter(|sample| sample.kind == Kind::Removed).collect();
    for sample in &removed {
        let change = &difference.changes[sample.causes[0].changes[0]];
        assert_eq!((change.what.as_str(), change.campaign.as_deref()), ("the campaign", Some("first")));
    }
    assert!(!removed.is_empty());
}

#[test]
fn a_campaign_with_another_name_is_known_again() {
    let (old, new) = versions(&[
        ("campaign promo {", "campaign fete {"),
        ("campaign thanks {", "campaign merci \"Merci\" {"),
    ]);
    let difference = compare(&old, &new, &log());
    assert!(difference.differs, "every job of it has another id");
    let fete = campaign(&difference, "fete");
    assert_eq!((fete.renamed_from.as_deref(), fete.presence), (Some("promo"), Presence::Both));
    assert!(
        fete.jobs.same > 0 && fete.jobs.same == fete.jobs.old && fete.jobs.same == fete.jobs.new,
        "{fete:#?}"
    );
    assert_eq!(campaign(&difference, "merci").renamed_from.as_deref(), Some("thanks"));

    // Draws are by name: who is spared is not who was.
    let (old, new) = versions(&[
        ("campaign rescue \"Cart rescue\" {", "campaign saviour \"Cart rescue\" {"),
        ("limit 20", "limit 19"),
    ]);
    let difference = compare(&old, &new, &log());
    let saviour = campaign(&difference, "saviour");
    assert!(saviour.jobs.removed > 0, "{saviour:#?}");
    for sample in saviour.samples.iter().filter(|sample| sample.kind == Kind::Removed) {
        let change = &difference.changes[sample.causes[0].changes[0]];
        assert_eq!(change.what, "the name", "{sample:#?}");
        assert_eq!(change.place().unwrap().to_string(), "new.camp:14:10");
    }
}

#[test]
fn the_order_of_campaigns_is_a_cause_where_it_decides() {
    let reordered = |first: &str, second: &str| {
        let one = format!("campaign {first} {{ at 2026-11-06 12:00 send template {first} in \"en\" }}\n");
        let other = format!("campaign {second} {{ at 2026-11-06 12:00 send template {second} in \"en\" }}\n");
        format!("settings {{ gap 1 hour }}\n{one}{other}")
    };
    let (old, new) = (
        rulebook("old.camp", &reordered("one", "other"), &[]),
        rulebook("new.camp", &reordered("other", "one"), &[]),
    );
    let difference = compare(&old, &new, &log());
    all_are_alone(&difference);
    assert_eq!(blamed(&difference), ["the order of the campaigns"]);
    assert!(campaign(&difference, "one").jobs.removed > 0 && campaign(&difference, "other").jobs.added > 0);
    let texts = (&difference.changes[0].old, &difference.changes[0].new);
    let text = |wording: &Option<campanile::difference::Wording>| wording.as_ref().unwrap().text.clone();
    assert_eq!((text(texts.0), text(texts.1)), ("one, other".to_owned(), "other, one".to_owned()));
}

#[test]
fn schemas_and_approved_templates_are_causes() {
    let old = RULES.replace(
        "campaign thanks {\n  when \"Charged\"",
        "campaign thanks {\n  when \"Charged\" where page != \"1\"\n  if profile.tier = 1",
    );
    let new = format!("{old}\nprofile {{ tier: number, city: text, name: text, phone: text }}");
    let (old, new) = (
        Rulebook::builder()
            .text("old.camp", old.replace("profile.tier = 1", "profile.tier != \"x\""))
            .list("staff", ["x"]),
        Rulebook::builder()
            .text("new.camp", new.replace("profile.tier = 1", "profile.tier is set"))
            .list("staff", ["x"]),
    );
    let difference = compare(&old.build().unwrap(), &new.build().unwrap(), &log());
    let thanks = campaign(&difference, "thanks");
    assert!(thanks.jobs.removed > 0);
    for sample in thanks.samples.iter().filter(|sample| sample.kind == Kind::Removed) {
        // A tier that is no number is none: only with the schema does it matter that it is asked for.
        let told: Vec<&str> =
            sample.causes[0].changes.iter().map(|change| difference.changes[*change].what.as_str()).collect();
        assert_eq!(told, ["`if`", "the profile's schema"], "{sample:#?}");
    }

    let templates = |category: &str| {
        let json = format!(
            r#"{{"data":[{{"name":"promo","language":"en","status":"APPROVED","category":"{category}","components":[{{"type":"BODY","text":"x"}}]}}]}}"#
        );
        Templates::from_json(&json).unwrap()
    };
    let rules = "campaign promo { at 2026-11-06 12:00 send template promo in \"en\" }";
    let of = |category| {
        Rulebook::builder().text("rules.camp", rules).templates(templates(category)).build().unwrap()
    };
    let difference = compare(&of("MARKETING"), &of("UTILITY"), &log());
    all_are_alone(&difference);
    assert_eq!(blamed(&difference), ["the approved template `promo`"]);
    let promo = campaign(&difference, "promo");
    assert!(promo.jobs.changed > 0 && promo.samples[0].fields == ["category"]);
}

#[test]
#[cfg(feature = "config")]
fn what_a_provider_allows_is_a_cause() {
    let rules = "campaign promo { at 2026-11-06 12:00 send template promo in \"en\" }";
    let of = |name: &str, rate: u32| {
        let toml = format!(
            "# ours\n[portfolio.main]\nusers_per_day = 1000\n\n[provider.meta]\nrate = \"{rate} per minute\"\nportfolio = \"main\"\n"
        );
        Rulebook::builder()
            .text("rules.camp", rules)
            .providers_text(name, toml)
            .build()
            .unwrap_or_else(|error| panic!("{error}"))
    };
    let difference = compare(&of("old.toml", 10), &of("new.toml", 5), &log());
    all_are_alone(&difference);
    assert_eq!(blamed(&difference), ["new.toml:6:1 provider `meta`"]);
    assert!(campaign(&difference, "promo").jobs.moved_later > 0);
    let text = &difference.changes[0].new.as_ref().unwrap().text;
    assert_eq!(text, "[provider.meta]\nrate = \"5 per minute\"\nportfolio = \"main\"");
}

#[test]
fn what_is_not_found_within_the_bound_has_no_cause() {
    let (old, new) =
        versions(&[("cap 6 per 7 days", "cap 2 per 7 days"), ("wait 10 minutes", "wait 20 minutes")]);
    let explained = |tries: usize| {
        let mut comparison = Comparison::new(&old, &new).tries(tries);
        log().into_iter().for_each(|record| comparison.add(record));
        let mut compared = comparison.run();
        log().into_iter().for_each(|record| compared.again(record));
        compared.explained()
    };
    let causes = |difference: &Difference| -> usize {
        let samples = difference.campaigns.iter().flat_map(|campaign| &campaign.samples);
        samples.map(|sample| sample.causes.len()).sum()
    };
    let (without, with) = (explained(2), explained(4));
    assert_eq!(causes(&without), 0);
    assert!(causes(&with) > 0);
    let jobs = |difference: &Difference| {
        difference.campaigns.iter().map(|campaign| campaign.jobs.clone()).collect::<Vec<_>>()
    };
    assert_eq!(jobs(&without), jobs(&with));
}

#[test]
fn only_the_campaigns_that_are_asked_for_are_compared() {
    let (old, new) =
        versions(&[("cap 6 per 7 days", "cap 2 per 7 days"), ("wait 10 minutes", "wait 20 minutes")]);
    let mut comparison = Comparison::new(&old, &new).only(["digest"]).samples(2);
    log().into_iter().for_each(|record| comparison.add(record));
    let mut compared = comparison.run();
    let named: Vec<&str> =
        compared.difference().campaigns.iter().map(|campaign| &*campaign.campaign).collect();
    assert_eq!(named, ["digest"]);
    log().into_iter().for_each(|record| compared.again(record));
    let difference = compared.explained();
    assert_eq!(
        difference.campaigns[0].samples.iter().filter(|sample| sample.kind == Kind::Removed).count(),
        2
    );
}

/// So many cases, the same each time; or as many as the environment says, others each time.
#[expect(clippy::disallowed_methods, reason = "who looks for more mistakes asks for more cases")]
fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig { failure_persistence: None, max_shrink_iters: 500, ..Default::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => default,
        None => ProptestConfig { cases, rng_seed: RngSeed::Fixed(3), ..default },
    }
}

fn compare_cases(old: &Rulebook, new: &Rulebook, case: &generate::Case) -> Difference {
    let mut comparison = Comparison::new(old, new).starting(case.from).ending(case.to).samples(2);
    case.records.iter().for_each(|record| comparison.add(record.clone()));
    let mut compared = comparison.run();
    case.records.iter().for_each(|record| compared.again(record.clone()));
    compared.explained()
}

proptest! {
    #![proptest_config(config(40))]

    /// Any rules against any others: what is added in one direction is removed in the other, counts are those of the runs, and every sample has a
    /// cause, which it can only have if the old rules with every change made are the new ones.
    #[test]
    fn both_directions_are_mirror_images_and_everything_has_a_cause(
        case in prop_oneof![4 => generate::cases(), 1 => generate::behaviour(), 1 => generate::budgets()],
        other in prop_oneof![4 => generate::cases(), 1 => generate::behaviour(), 1 => generate::budgets()],
    ) {
        let (Ok(old), Ok(new)) = (case.rulebook(), other.rulebook()) else {
            return Err(TestCaseError::reject("refused rules"));
        };
        let there = compare_cases(&old, &new, &case);
        let back = compare_cases(&new, &old, &case);
        prop_assert_eq!(there.differs, back.differs);
        prop_assert_eq!(there.changes.len(), back.changes.len());
        for one in &there.campaigns {
            let other = back.campaigns.iter().find(|other| other.campaign == one.campaign).unwrap();
            let (a, b) = (&one.jobs, &other.jobs);
            prop_assert_eq!((a.old, a.new, a.added, a.removed), (b.new, b.old, b.removed, b.added));
            prop_assert_eq!((a.moved_earlier, a.moved_later), (b.moved_later, b.moved_earlier));
            prop_assert_eq!((a.changed, a.same), (b.changed, b.same));
            prop_assert_eq!(one.other_outcomes, other.other_outcomes);
            let mut turned: Vec<_> = other.reasons.iter().map(|reason| (reason.is, reason.was, reason.count)).collect();
            let mut reasons: Vec<_> = one.reasons.iter().map(|reason| (reason.was, reason.is, reason.count)).collect();
            turned.sort_unstable();
            reasons.sort_unstable();
            prop_assert_eq!(reasons, turned);
        }
        for difference in [&there, &back] {
            for sample in difference.campaigns.iter().flat_map(|campaign| &campaign.samples) {
                prop_assert!(!sample.causes.is_empty(), "{:#?}\n{:#?}", sample, difference.changes);
            }
        }
        let itself = compare_cases(&old, &old, &case);
        prop_assert!(!itself.differs && itself.changes.is_empty());
    }
}
