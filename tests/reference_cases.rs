//! The reference interpreter itself, held against answers found by hand from `docs/semantics.md`.
#![cfg(test)]
mod reference;

use campanile::model::{Event, Instant, ProfileUpdate, Record, Value};
use campanile::rulebook::Rulebook;

use reference::{Expected, interpret};

const SEND: &str = "send template hello";

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn event(at_text: &str, name: &str, properties: &[(&str, Value)]) -> Record {
    let properties = properties.iter().map(|(name, value)| (*name, value.clone())).collect();
    Record::Event(Event { user: "asha".into(), name: name.into(), at: at(at_text), id: None, properties })
}

fn with_id(record: Record, id: &str) -> Record {
    let Record::Event(event) = record else { panic!("only events have ids") };
    Record::Event(Event { id: Some(id.into()), ..event })
}

fn profile(at_text: Option<&str>, changes: &[(&str, Value)]) -> Record {
    let changes = changes.iter().map(|(name, value)| ((*name).into(), Some(value.clone()))).collect();
    Record::Profile(ProfileUpdate { user: "asha".into(), at: at_text.map(at), changes })
}

fn reachable(zone: &str) -> Record {
    let phone = ("phone", Value::text("+919820012345"));
    profile(None, &[phone, ("whatsapp", Value::Boolean(true)), ("tz", Value::text(zone))])
}

fn run(rules: &str, records: &[Record]) -> Expected {
    run_between(rules, records, None, None)
}

fn run_between(rules: &str, records: &[Record], from: Option<&str>, to: Option<&str>) -> Expected {
    let rulebook = match Rulebook::parse("case.camp", rules) {
        Ok(rulebook) => rulebook,
        Err(error) => panic!("{error}"),
    };
    interpret(&rulebook, records, from.map(at), to.map(at))
}

/// Each outcome with the time of its decision.
fn ends(expected: &Expected) -> Vec<String> {
    let shown = |outcome: &campanile::model::Outcome| {
        format!("{} {} {}", outcome.campaign, outcome.outcome.name(), outcome.decided_at)
    };
    expected.outcomes.iter().map(shown).collect()
}

fn triggered(expected: &Expected) -> u64 {
    expected.triggered.values().sum()
}

#[test]
fn the_absent_event_exactly_at_the_end_is_too_late() {
    let rules = format!(r#"campaign c {{ when "Added" then no "Charged" within 1 hour {SEND} }}"#);
    let added = event("2026-11-03T10:00:00Z", "Added", &[]);
    let too_late = event("2026-11-03T11:00:00Z", "Charged", &[]);
    let in_time = event("2026-11-03T10:59:59.999Z", "Charged", &[]);
    let records = |charged: Record| [reachable("UTC"), added.clone(), charged];
    let late = run(&rules, &records(too_late));
    assert_eq!(ends(&late), ["c sent 2026-11-03T11:00:00Z"]);
    assert_eq!(ends(&run_between(&rules, &records(in_time), None, Some("2026-11-04T00:00:00Z"))), [""; 0]);
    assert_eq!(late.jobs[0].trigger.at, at("2026-11-03T10:00:00Z"));
}

#[test]
fn an_event_that_is_both_ends_earlier_timers_and_starts_its_own() {
    let rules = format!("campaign c {{ when any event then no any event within 1 hour {SEND} }}");
    let records = [
        reachable("UTC"),
        event("2026-11-03T10:00:00Z", "Added", &[]),
        event("2026-11-03T10:30:00Z", "Charged", &[]),
    ];
    let expected = run_between(&rules, &records, None, Some("2026-11-04T00:00:00Z"));
    assert_eq!(ends(&expected), ["c sent 2026-11-03T11:30:00Z"]);
    assert_eq!(triggered(&expected), 1);
}

#[test]
fn a_further_first_event_starts_restarts_or_is_ignored() {
    let records = [
        reachable("UTC"),
        event("2026-11-03T10:00:00Z", "Added", &[]),
        event("2026-11-03T10:30:00Z", "Added", &[]),
    ];
    let with = |repeat: &str| {
        let rules =
            format!(r#"campaign c {{ when "Added" then no "Charged" within 1 hour{repeat} {SEND} }}"#);
        ends(&run_between(&rules, &records, None, Some("2026-11-04T00:00:00Z")))
    };
    assert_eq!(with(""), ["c sent 2026-11-03T11:00:00Z", "c sent 2026-11-03T11:30:00Z"]);
    assert_eq!(with(", repeat restarts"), ["c sent 2026-11-03T11:30:00Z"]);
    assert_eq!(with(", repeat ignored"), ["c sent 2026-11-03T11:00:00Z"]);
}

#[test]
fn a_missing_value_ties_nothing() {
    let rules = format!(
        r#"campaign c {{ when "Added" then no "Charged" within 1 hour matching cart_id, repeat restarts {SEND} }}"#
    );
    let cart = |id: &str| [("cart_id", Value::text(id))];
    let records = [
        reachable("UTC"),
        event("2026-11-03T10:00:00Z", "Added", &[]),
        event("2026-11-03T10:10:00Z", "Added", &[]),
        event("2026-11-03T10:20:00Z", "Added", &cart("c1")),
        event("2026-11-03T10:30:00Z", "Added", &cart("c2")),
        event("2026-11-03T10:40:00Z", "Charged", &[]),
        event("2026-11-03T10:50:00Z", "Charged", &cart("c2")),
    ];
    let expected = run_between(&rules, &records, None, Some("2026-11-04T00:00:00Z"));
    let sent_at = ["11:00:00Z", "11:10:00Z", "11:20:00Z"].map(|time| format!("c sent 2026-11-03T{time}"));
    assert_eq!(ends(&expected), sent_at);
}

#[test]
fn an_unless_event_at_the_very_instant_of_due_still_cancels() {
    let rules = format!(r#"campaign c {{ when "Added" {SEND} wait 1 hour unless "Charged" }}"#);
    let records = |charged: &str| {
        [reachable("UTC"), event("2026-11-03T10:00:00Z", "Added", &[]), event(charged, "Charged", &[])]
    };
    let expected = run(&rules, &records("2026-11-03T11:00:00Z"));
    assert_eq!(ends(&expected), ["c cancelled 2026-11-03T11:00:00Z"]);
    let expected = run(&rules, &records("2026-11-03T11:00:00.001Z"));
    assert_eq!(ends(&expected), ["c sent 2026-11-03T11:00:00Z"]);
    // Before the trigger in order, though at its instant: no cancel.
    let mut turned = records("2026-11-03T10:00:00Z");
    turned.swap(1, 2);
    let expected = run_between(&rules, &turned, None, Some("2026-11-04T00:00:00Z"));
    assert_eq!(ends(&expected), ["c sent 2026-11-03T11:00:00Z"]);
}

#[test]
fn the_far_edge_of_a_rolling_window_is_outside() {
    let rules = format!(r#"campaign c {{ when "Charged" if did "Added" in last 1 day {SEND} }}"#);
    let records = |added: &str| {
        [reachable("UTC"), event(added, "Added", &[]), event("2026-11-03T10:00:00Z", "Charged", &[])]
    };
    assert_eq!(ends(&run(&rules, &records("2026-11-02T10:00:00Z"))), [""; 0]);
    assert_eq!(ends(&run(&rules, &records("2026-11-02T10:00:00.001Z"))).len(), 1);
    assert_eq!(triggered(&run(&rules, &records("2026-11-02T10:00:00Z"))), 1);
}

#[test]
fn a_window_between_ago_is_open_at_its_far_edge_and_closed_at_its_near_one() {
    let rules = format!(r#"campaign c {{ when "Charged" if did "Added" between 1 and 2 hours ago {SEND} }}"#);
    let counts = |added: &str| {
        let records =
            [reachable("UTC"), event(added, "Added", &[]), event("2026-11-03T10:00:00Z", "Charged", &[])];
        ends(&run(&rules, &records)).len()
    };
    assert_eq!(counts("2026-11-03T08:00:00Z"), 0);
    assert_eq!(counts("2026-11-03T08:00:00.001Z"), 1);
    assert_eq!(counts("2026-11-03T09:00:00Z"), 1);
    assert_eq!(counts("2026-11-03T09:00:00.001Z"), 0);
}

#[test]
fn calendar_days_are_cut_in_the_accounts_zone_or_the_users() {
    let asked = |window: &str| {
        let rules = format!(
            "settings {{ timezone \"Asia/Kolkata\" }}
             campaign c {{ when \"Charged\" if did \"Added\" {window} {SEND} }}"
        );
        // In India the day began at 18:30Z, in London at midnight.
        let added = event("2026-11-02T20:00:00Z", "Added", &[]);
        let records = [reachable("Europe/London"), added, event("2026-11-03T10:00:00Z", "Charged", &[])];
        ends(&run(&rules, &records)).len()
    };
    assert_eq!(asked("today"), 1);
    assert_eq!(asked("today user time"), 0);
    assert_eq!(asked("yesterday"), 0);
    assert_eq!(asked("yesterday user time"), 1);
}

#[test]
fn none_at_all_satisfies_only_or_never() {
    let asked = |count: &str| {
        let rules = format!(r#"campaign c {{ when "Charged" if did "Added" {count} {SEND} }}"#);
        ends(&run(&rules, &[reachable("UTC"), event("2026-11-03T10:00:00Z", "Charged", &[])])).len()
    };
    assert_eq!(asked("at most 2 times"), 0);
    assert_eq!(asked("at most 2 times or never"), 1);
    assert_eq!(asked("fewer than 2 times"), 0);
    assert_eq!(asked("fewer than 2 times or never"), 1);
}

#[test]
fn a_time_that_does_not_exist_is_after_the_gap_and_one_that_is_there_twice_is_the_first() {
    let daily = |time: &str, from: &str, to: &str| {
        let rules = format!(
            "settings {{ timezone \"America/New_York\" }} campaign c {{ every day at {time} {SEND} }}"
        );
        ends(&run_between(&rules, &[reachable("UTC")], Some(from), Some(to)))
    };
    assert_eq!(
        daily("02:30", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z"),
        ["c sent 2026-03-08T07:00:00Z", "c sent 2026-03-09T06:30:00Z"]
    );
    assert_eq!(
        daily("01:30", "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
        ["c sent 2026-11-01T05:30:00Z"]
    );
}

#[test]
fn of_several_times_in_a_gap_only_the_first_is_an_occurrence() {
    let rules =
        format!("settings {{ timezone \"America/New_York\" }} campaign c {{ cron \"0,30 2 * * *\" {SEND} }}");
    let expected =
        run_between(&rules, &[reachable("UTC")], Some("2026-03-08T00:00:00Z"), Some("2026-03-08T12:00:00Z"));
    assert_eq!(ends(&expected), ["c sent 2026-03-08T07:00:00Z"]);
    assert_eq!(&*expected.outcomes[0].occurrence, "2026-03-08T02:00:00 America/New_York");
}

#[test]
fn a_day_that_never_was_falls_onto_the_next() {
    let rules =
        format!("settings {{ timezone \"Pacific/Apia\" }} campaign c {{ every day at 09:00 {SEND} }}");
    let expected = run_between(
        &rules,
        &[reachable("Pacific/Apia")],
        Some("2011-12-29T12:00:00Z"),
        Some("2011-12-31T00:00:00Z"),
    );
    // 29 December at 09:00, the 30th from its end, the 31st at 09:00.
    let sent_at = ["2011-12-29T19:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z"];
    assert_eq!(ends(&expected), sent_at.map(|at| format!("c sent {at}")));
}

#[test]
fn who_moves_west_is_not_asked_twice() {
    let rules = format!("campaign c {{ every day at 10:00 user time {SEND} }}");
    let records = [
        reachable("Asia/Kolkata"),
        event("2026-11-03T00:00:00Z", "Added", &[]),
        profile(Some("2026-11-03T08:00:00Z"), &[("tz", Value::text("Europe/London"))]),
    ];
    let expected = run_between(&rules, &records, None, Some("2026-11-05T00:00:00Z"));
    assert_eq!(ends(&expected), ["c sent 2026-11-03T04:30:00Z", "c sent 2026-11-04T10:00:00Z"]);
    assert_eq!(&*expected.outcomes[0].occurrence, "2026-11-03T10:00:00 user time");
    assert_eq!(&*expected.jobs[1].time_zone, "Europe/London");
}

#[test]
fn messages_in_quiet_hours_are_held_until_morning() {
    let rules = format!(
        "settings {{ quiet hours 21:00..09:00 user time, hold }}
         campaign c {{ when \"Added\" {SEND} valid 10 hours }}"
    );
    let held = |added: &str| {
        let records = [reachable("Asia/Kolkata"), event(added, "Added", &[])];
        ends(&run_between(&rules, &records, None, Some("2026-11-05T00:00:00Z")))
    };
    assert_eq!(held("2026-11-03T17:30:00Z"), ["c sent 2026-11-04T03:30:00Z"]);
    assert_eq!(held("2026-11-03T15:29:59Z"), ["c sent 2026-11-03T15:29:59Z"]);
    assert_eq!(held("2026-11-03T15:30:00Z"), ["c expired 2026-11-04T03:30:00Z"]);
    assert_eq!(held("2026-11-04T03:30:00Z"), ["c sent 2026-11-04T03:30:00Z"]);
}

#[test]
fn the_morning_of_an_overnight_window_belongs_to_the_evening_before() {
    let rules = format!(r#"campaign c {{ when "Added" {SEND} deliver 22:00..02:00 on sat, else drop }}"#);
    let outcome =
        |added: &str| ends(&run(&rules, &[reachable("UTC"), event(added, "Added", &[])]))[0].clone();
    // 7 November 2026 is a Saturday.
    assert_eq!(outcome("2026-11-08T01:59:00Z"), "c sent 2026-11-08T01:59:00Z");
    assert_eq!(outcome("2026-11-08T02:00:00Z"), "c outside_window 2026-11-08T02:00:00Z");
    assert_eq!(outcome("2026-11-07T01:00:00Z"), "c outside_window 2026-11-07T01:00:00Z");
}

#[test]
fn a_job_exactly_so_long_ago_no_longer_counts() {
    let rules = format!(r#"campaign c {{ when "Added" {SEND} at most 1 per 1 hour }}"#);
    let records = |second: &str| {
        [reachable("UTC"), event("2026-11-03T10:00:00Z", "Added", &[]), event(second, "Added", &[])]
    };
    let second = |at: &str| ends(&run(&rules, &records(at)))[1].clone();
    assert_eq!(second("2026-11-03T10:59:59.999Z"), "c cap_campaign 2026-11-03T10:59:59.999Z");
    assert_eq!(second("2026-11-03T11:00:00Z"), "c sent 2026-11-03T11:00:00Z");
}

#[test]
fn at_one_instant_the_larger_priority_goes_first() {
    let rules = format!(
        "settings {{ gap 1 hour }}
         campaign low {{ when \"Added\" {SEND} }}
         campaign high {{ when \"Added\" {SEND} priority 5 }}"
    );
    let expected = run(&rules, &[reachable("UTC"), event("2026-11-03T10:00:00Z", "Added", &[])]);
    assert_eq!(ends(&expected), ["high sent 2026-11-03T10:00:00Z", "low gap 2026-11-03T10:00:00Z"]);
}

#[test]
fn calendar_days_keep_the_wall_clock() {
    let wait = |wait: &str| {
        let rules = format!(r#"campaign c {{ when "Added" {SEND} wait {wait} }}"#);
        let records = [reachable("America/New_York"), event("2026-03-07T15:00:00Z", "Added", &[])];
        ends(&run_between(&rules, &records, None, Some("2026-03-10T00:00:00Z")))
    };
    assert_eq!(wait("1 calendar days"), ["c sent 2026-03-08T14:00:00Z"]);
    assert_eq!(wait("1 day"), ["c sent 2026-03-08T15:00:00Z"]);
}

#[test]
fn records_before_the_run_build_timers_and_history_but_fire_nothing() {
    let rules = format!(
        "campaign timer {{ when \"Added\" then no \"Charged\" within 2 hours {SEND} }}
         campaign event {{ when \"Added\" {SEND} }}"
    );
    let records = [reachable("UTC"), event("2026-11-03T10:00:00Z", "Added", &[])];
    let expected = run_between(&rules, &records, Some("2026-11-03T11:00:00Z"), Some("2026-11-03T13:00:00Z"));
    assert_eq!(ends(&expected), ["timer sent 2026-11-03T12:00:00Z"]);
    assert_eq!(expected.triggered["event"], 0);
    let expected = run_between(&rules, &records, Some("2026-11-03T11:00:00Z"), Some("2026-11-03T12:00:00Z"));
    assert_eq!(ends(&expected), [""; 0]);
}

#[test]
fn what_is_not_decided_when_the_run_ends_is_pending() {
    let rules = format!(r#"campaign c {{ when "Added" {SEND} wait 1 hour unless "Charged" }}"#);
    let records = [
        reachable("UTC"),
        event("2026-11-03T10:00:00Z", "Added", &[]),
        event("2026-11-03T10:30:00Z", "Charged", &[]),
    ];
    let expected = run_between(&rules, &records, None, Some("2026-11-03T10:30:00Z"));
    assert_eq!(ends(&expected), ["c pending 2026-11-03T10:30:00Z"]);
}

#[test]
fn the_same_id_is_one_event_and_alike_events_without_ids_are_two() {
    let rules = format!(r#"campaign c {{ when "Added" {SEND} }}"#);
    let added = || event("2026-11-03T10:00:00Z", "Added", &[]);
    let alike = run(&rules, &[reachable("UTC"), added(), added()]);
    assert_eq!(alike.jobs.len(), 2);
    assert_eq!(format!("{}#2", alike.outcomes[0].occurrence), *alike.outcomes[1].occurrence);
    let same = run(&rules, &[reachable("UTC"), with_id(added(), "e1"), with_id(added(), "e1")]);
    assert_eq!(same.jobs.len(), 1);
    assert_eq!(&*same.outcomes[0].occurrence, "e1");
}

#[test]
fn a_test_holds_when_it_holds_of_any_item_and_of_nothing_missing() {
    let asked = |test: &str| {
        let rules = format!(r#"campaign c {{ when "Added" where {test} {SEND} }}"#);
        let item = |category: &str| Value::object([("category".into(), Value::text(category))]);
        let properties =
            [("items", Value::List(vec![item("Shoes"), item("Hats")])), ("amount", Value::text("10"))];
        let records = [reachable("UTC"), event("2026-11-03T10:00:00Z", "Added", &properties)];
        triggered(&run(&rules, &records)) == 1
    };
    assert!(asked("items.category = \"Hats\""));
    assert!(asked("items.category != \"Hats\""));
    assert!(!asked("not (items.category = \"Hats\")"));
    assert!(!asked("items.size != 3"));
    assert!(asked("not (items.size = 3)"));
    assert!(asked("items.size is not set"));
    assert!(!asked("amount = 10"));
    assert!(asked("amount != 10"));
    assert!(asked("amount not in [10]"));
    assert!(!asked("amount >= 10"));
}

#[test]
fn the_audience_is_asked_again_at_due_unless_the_rule_says_otherwise() {
    let asked = |only: &str| {
        let rules =
            format!(r#"campaign c {{ when "Added" if did not "Charged" today{only} {SEND} wait 1 hour }}"#);
        let records = [
            reachable("UTC"),
            event("2026-11-03T10:00:00Z", "Added", &[]),
            event("2026-11-03T10:30:00Z", "Charged", &[]),
        ];
        ends(&run_between(&rules, &records, None, Some("2026-11-04T00:00:00Z")))
    };
    assert_eq!(asked(""), ["c requalified_out 2026-11-03T11:00:00Z"]);
    assert_eq!(asked(" at trigger only"), ["c sent 2026-11-03T11:00:00Z"]);
}

#[test]
fn a_campaign_ends_with_its_last_day() {
    let rules =
        format!(r#"campaign c {{ when "Added" {SEND} wait 1 hour run from 2026-11-03 to 2026-11-03 }}"#);
    let outcome = |added: &str| {
        let records = [reachable("UTC"), event(added, "Added", &[])];
        run_between(&rules, &records, None, Some("2026-11-05T00:00:00Z"))
    };
    assert_eq!(ends(&outcome("2026-11-03T23:30:00Z")), ["c ended 2026-11-04T00:30:00Z"]);
    assert_eq!(ends(&outcome("2026-11-04T00:00:00Z")), [""; 0]);
    let sent = outcome("2026-11-03T00:00:00Z");
    assert_eq!(sent.jobs[0].not_after, Some(at("2026-11-03T23:59:59.999Z")));
}
