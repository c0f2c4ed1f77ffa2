//! What the provider says of templates and of users, as the engine hears of it: in time, late, or for as long as was declared.
#![cfg(test)]

use campanile::live::Engine;
use campanile::model::{
    Budget, Duration, Event, Instant, OutcomeKind, ProfileUpdate, Properties, Provider, Providers, Record,
    TemplateStatement, TemplateStatus, Value,
};
use campanile::replay::Replay;
use campanile::rulebook::Rulebook;

const RULES: &str = r#"campaign offer { when "Asked" provider meta_main send template diwali_a in "en" }"#;

fn at(time: &str) -> Instant {
    Instant::parse(&format!("2026-11-03T{time}Z")).unwrap()
}

fn said(language: Option<&str>, when: &str, status: TemplateStatus) -> Record {
    let (template, language) = ("diwali_a".into(), language.map(Into::into));
    Record::Template(TemplateStatement { template, language, at: Some(at(when)), status })
}

fn reachable(user: &str, number: &str) -> Record {
    let changes =
        vec![("phone".into(), Some(Value::text(number))), ("whatsapp".into(), Some(Value::Boolean(true)))];
    Record::Profile(ProfileUpdate { user: user.into(), at: None, changes })
}

fn event(user: &str, name: &str, when: &str) -> Record {
    let properties: Properties = [("code", Value::integer(131_049))].into_iter().collect();
    Record::Event(Event { user: user.into(), name: name.into(), at: at(when), id: None, properties })
}

fn engine() -> Engine {
    let rulebook = Rulebook::parse("not-before.camp", RULES).unwrap();
    let mut engine = Engine::in_memory(rulebook.compile()).starting(at("00:00:00"));
    engine.ingest([reachable("asha", "+919820012345")]).unwrap();
    engine
}

const PAUSED: TemplateStatus = TemplateStatus::Paused { until: None };

#[test]
fn a_message_that_waits_without_end_asks_for_no_instant_until_it_is_woken() {
    let mut engine = engine();
    engine.ingest([said(None, "09:00:00", PAUSED), event("asha", "Asked", "10:00:00")]).unwrap();
    assert!(engine.advance(at("10:00:00")).unwrap().is_empty());
    assert_eq!(engine.next_due(), None, "nobody knows when");
    // Another language is not the message's, and its own may be paused anew.
    engine.ingest([said(Some("hi"), "11:00:00", TemplateStatus::Approved)]).unwrap();
    engine.ingest([said(Some("en"), "11:30:00", PAUSED)]).unwrap();
    assert!(engine.advance(at("12:00:00")).unwrap().is_empty());
    engine.ingest([said(Some("EN"), "13:00:00", TemplateStatus::Approved)]).unwrap();
    assert_eq!(engine.next_due(), Some(at("13:00:00")));
    let jobs = engine.advance(at("14:00:00")).unwrap();
    assert_eq!(jobs.iter().map(|job| job.due).collect::<Vec<_>>(), [at("13:00:00")]);
}

#[test]
fn what_is_said_late_holds_from_the_next_open_instant_on() {
    let mut engine = engine();
    engine.ingest([said(None, "09:00:00", PAUSED), event("asha", "Asked", "10:00:00")]).unwrap();
    assert!(engine.advance(at("12:00:00")).unwrap().is_empty());
    let late = engine.ingest([said(None, "11:00:00", TemplateStatus::Disabled)]).unwrap();
    assert_eq!((late.accepted, late.late), (1, 1));
    engine.advance(at("13:00:00")).unwrap();
    let outcomes = engine.take_outcomes();
    let ended: Vec<_> = outcomes.iter().map(|outcome| (outcome.outcome, outcome.decided_at)).collect();
    assert_eq!(ended, [(OutcomeKind::TemplateDisabled, at("12:00:00").next())]);
    assert_eq!(outcomes[0].detail.as_deref(), Some("`diwali_a` in en"));
}

#[test]
fn a_refusal_that_is_told_late_holds_from_its_own_instant_on() {
    let mut engine = engine();
    engine.advance(at("12:00:00")).unwrap();
    engine.ingest([event("asha", "Message Failed", "11:00:00")]).unwrap();
    engine.ingest([event("asha", "Asked", "13:00:00")]).unwrap();
    let jobs = engine.advance(Instant::parse("2026-11-05T00:00:00Z").unwrap()).unwrap();
    assert_eq!(jobs[0].due, Instant::parse("2026-11-04T11:00:00Z").unwrap());
}

#[test]
fn a_provider_declares_how_long_its_refusals_hold() {
    let mut providers = Providers::default();
    let refusal = Duration::from_seconds(6 * 3_600);
    providers.providers.insert("meta_main".into(), Provider { refusal, ..Provider::default() });
    let rulebook = Rulebook::builder().text("not-before.camp", RULES).providers(providers).build().unwrap();
    let mut replay = Replay::new(&rulebook.compile()).ending(Some(at("23:00:00")));
    replay.add(reachable("asha", "+919820012345"));
    replay.add(event("asha", "Message Failed", "10:00:00"));
    replay.add(event("asha", "Asked", "11:00:00"));
    assert_eq!(replay.run().jobs[0].due, at("16:00:00"));
}

#[test]
fn what_waits_at_the_end_says_what_for() {
    let rulebook = Rulebook::parse("not-before.camp", RULES).unwrap();
    let until = Some(at("20:00:00"));
    for (records, words) in [
        (vec![said(None, "09:00:00", PAUSED)], "waiting: the template `diwali_a` is paused"),
        (
            vec![said(Some("en"), "09:00:00", TemplateStatus::Paused { until })],
            "waiting until 2026-11-03T20:00:00Z: the template `diwali_a` is paused",
        ),
        (
            vec![event("asha", "Message Failed", "09:00:00")],
            "waiting until 2026-11-04T09:00:00Z: the provider takes no marketing",
        ),
    ] {
        let mut replay = Replay::new(&rulebook.compile()).ending(Some(at("12:00:00")));
        replay.add(reachable("asha", "+919820012345"));
        replay.add(event("asha", "Asked", "10:00:00"));
        records.into_iter().for_each(|record| replay.add(record));
        let outcomes = replay.run().outcomes;
        assert_eq!((outcomes.len(), outcomes[0].outcome), (1, OutcomeKind::Pending));
        assert_eq!(outcomes[0].detail.as_deref(), Some(words));
    }
}

#[test]
fn statements_about_templates_are_counted_by_themselves() {
    let rulebook = Rulebook::parse("not-before.camp", RULES).unwrap();
    let mut replay = Replay::new(&rulebook.compile());
    replay.add(said(None, "09:00:00", PAUSED));
    replay.add(reachable("asha", "+919820012345"));
    let summary = replay.run().summary;
    assert_eq!((summary.templates, summary.profiles, summary.events, summary.users), (1, 1, 0, 1));
    assert_eq!(summary.from, at("09:00:00"));
}

#[test]
fn what_a_provider_holds_back_is_counted_for_all_users_together() {
    let rules = r#"campaign offer { when "Asked" send template diwali_a in "en" unless "Bought" }
        campaign night { when "Asked" deliver 09:00..12:00, else hold send template diwali_a in "en" }"#;
    let rulebook = Rulebook::parse("not-before.camp", rules).unwrap();
    let mut replay = Replay::new(&rulebook.compile()).ending(Some(at("23:00:00"))).with_holds();
    for (user, number) in [("asha", "+919820012345"), ("ben", "+919820012346"), ("chloe", "+919820012347")] {
        replay.add(reachable(user, number));
    }
    let paused = |until| TemplateStatus::Paused { until: Some(at(until)) };
    replay.add(said(None, "09:00:00", paused("15:00:00")));
    replay.add(said(None, "13:00:00", paused("14:00:00")));
    replay.add(said(None, "20:00:00", paused("21:00:00")));
    replay.add(event("asha", "Asked", "10:00:00"));
    replay.add(event("ben", "Asked", "11:00:00"));
    replay.add(event("ben", "Bought", "12:30:00"));
    replay.add(event("chloe", "Message Failed", "19:00:00"));
    replay.add(event("chloe", "Asked", "20:30:00"));
    let result = replay.run();
    let template = Budget::Template("diwali_a".into());
    let refusal = Budget::Refusal("whatsapp".into());
    let holds: Vec<_> = result
        .holds
        .iter()
        .map(|hold| {
            (hold.campaign, &hold.budget, hold.from, hold.until, hold.outcome == Some(OutcomeKind::Sent))
        })
        .collect();
    assert_eq!(
        holds,
        [
            // At noon the hours of `night` close: from then on it waits for them, until the end.
            (1, &template, at("10:00:00"), at("12:00:00"), false),
            (1, &template, at("11:00:00"), at("12:00:00"), false),
            (0, &template, at("11:00:00"), at("12:30:00"), false),
            // A further statement does not end the wait.
            (0, &template, at("10:00:00"), at("14:00:00"), true),
            // Until the next day: the refusal outlasts the pause.
            (0, &refusal, at("20:30:00"), at("23:00:00"), false),
        ]
    );
    let summary = &result.summary.budgets;
    assert_eq!(summary.iter().map(|budget| &budget.budget).collect::<Vec<_>>(), [&template, &refusal]);
    let minutes = |budget: usize| summary[budget].binding.millis() / 60_000;
    assert_eq!((minutes(0), summary[0].longest_line), (4 * 60, 4));
    assert_eq!((minutes(1), summary[1].longest_line), (150, 1));
    let [offer, night] = &summary[0].campaigns[..] else { panic!("two campaigns waited") };
    assert_eq!((&*offer.campaign, offer.waits, offer.total.millis()), ("offer", 2, 330 * 60_000));
    assert_eq!((offer.count(OutcomeKind::Sent), offer.count(OutcomeKind::Cancelled)), (1, 1));
    assert_eq!((&*night.campaign, night.waits, night.longest.millis()), ("night", 2, 120 * 60_000));
}
