//! What holds of the live engine beyond what every path shares: slices, lateness, a clock that steps back.
#![cfg(test)]

use campanile::live::Engine;
use campanile::model::{Event, Instant, OutcomeKind, ProfileUpdate, Properties, Record, Value};
use campanile::replay::Replay;
use campanile::rulebook::Rulebook;

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn event(user: &str, name: &str, when: &str, id: Option<&str>) -> Record {
    let properties: Properties = [("cart_id", Value::text("c1"))].into_iter().collect();
    Record::Event(Event {
        user: user.into(),
        name: name.into(),
        at: at(when),
        id: id.map(Into::into),
        properties,
    })
}

fn reachable(user: &str) -> Record {
    Record::Profile(ProfileUpdate {
        user: user.into(),
        at: None,
        changes: vec![
            ("phone".into(), Some(Value::text(&format!("+9198200{:05}", user.as_bytes()[0])))),
            ("whatsapp".into(), Some(Value::Boolean(true))),
        ],
    })
}

fn engine(rules: &str) -> Engine {
    let rulebook = Rulebook::parse("engine.camp", rules).unwrap_or_else(|error| panic!("{error}"));
    let mut engine = Engine::in_memory(rulebook.compile()).starting(at("2026-11-03T00:00:00Z"));
    engine.ingest([reachable("asha")]).unwrap();
    engine
}

const CART: &str = r#"campaign cart {
  when "Added" then no "Charged" within 2 hours matching cart_id
  send template cart in "en"
}"#;

#[test]
fn nothing_falls_due_before_its_instant_and_all_at_it() {
    let mut engine = engine(CART);
    engine.ingest([event("asha", "Added", "2026-11-03T10:00:00Z", Some("e1"))]).unwrap();
    assert_eq!(engine.next_due(), Some(Instant::MIN), "the undated profile waits to be read");
    assert!(engine.advance(at("2026-11-03T11:59:59.999Z")).unwrap().is_empty());
    assert_eq!(engine.next_due(), Some(at("2026-11-03T12:00:00Z")));
    let jobs = engine.advance(at("2026-11-03T12:00:00Z")).unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].due, at("2026-11-03T12:00:00Z"));
    assert_eq!(engine.next_due(), None);
    assert_eq!(engine.take_outcomes().len(), 1);
    assert!(engine.take_outcomes().is_empty(), "outcomes are handed over once");
}

#[test]
fn one_advance_over_a_long_time_gives_each_job_its_own_due_instant_in_order() {
    let mut engine = engine("campaign daily { every day at 09:00 send template hello in \"en\" }");
    let jobs = engine.advance(at("2026-11-06T00:00:00Z")).unwrap();
    let due: Vec<String> = jobs.iter().map(|job| job.due.to_string()).collect();
    assert_eq!(due, ["2026-11-03T09:00:00Z", "2026-11-04T09:00:00Z", "2026-11-05T09:00:00Z"]);
}

#[test]
fn a_clock_that_steps_back_holds() {
    let mut engine = engine("campaign daily { every day at 09:00 send template hello in \"en\" }");
    assert_eq!(engine.advance(at("2026-11-03T12:00:00Z")).unwrap().len(), 1);
    assert!(engine.advance(at("2026-11-03T08:00:00Z")).unwrap().is_empty());
    assert!(engine.advance(at("2026-11-03T09:30:00Z")).unwrap().is_empty(), "09:00 does not come twice");
    assert_eq!(engine.advance(at("2026-11-04T09:00:00Z")).unwrap().len(), 1);
}

#[test]
fn an_event_id_of_one_user_exists_once_however_often_it_is_delivered() {
    let mut engine = engine("campaign thanks { when \"Charged\" send template thanks in \"en\" }");
    let first = engine.ingest([event("asha", "Charged", "2026-11-03T10:00:00Z", Some("e1"))]).unwrap();
    assert_eq!((first.accepted, first.duplicates), (1, 0));
    assert_eq!(engine.advance(at("2026-11-03T10:00:00Z")).unwrap().len(), 1);
    let again = engine.ingest([event("asha", "Charged", "2026-11-03T10:05:00Z", Some("e1"))]).unwrap();
    assert_eq!((again.accepted, again.duplicates), (0, 1));
    assert!(engine.advance(at("2026-11-03T11:00:00Z")).unwrap().is_empty());
    // Another user's event may carry the same id.
    let other = engine.ingest([event("ben", "Charged", "2026-11-03T12:00:00Z", Some("e1"))]).unwrap();
    assert_eq!((other.accepted, other.duplicates), (1, 0));
}

#[test]
fn a_late_event_fires_nothing() {
    let mut engine = engine("campaign thanks { when \"Charged\" send template thanks in \"en\" }");
    engine.advance(at("2026-11-03T12:00:00Z")).unwrap();
    let late = engine.ingest([event("asha", "Charged", "2026-11-03T11:00:00Z", Some("e1"))]).unwrap();
    assert_eq!(late.late, 1);
    assert!(engine.advance(at("2026-11-03T13:00:00Z")).unwrap().is_empty());
    assert_eq!(engine.tally().triggered(0), 0);
}

#[test]
fn a_late_event_ends_the_timer_that_it_would_have_ended() {
    let mut engine = engine(CART);
    engine.ingest([event("asha", "Added", "2026-11-03T10:00:00Z", Some("e1"))]).unwrap();
    engine.advance(at("2026-11-03T11:00:00Z")).unwrap();
    engine.ingest([event("asha", "Charged", "2026-11-03T10:30:00Z", Some("e2"))]).unwrap();
    assert!(engine.advance(at("2026-11-03T13:00:00Z")).unwrap().is_empty());
}

#[test]
fn a_late_event_counts_as_history() {
    let mut engine = engine(
        "campaign thanks { when \"Added\" if did \"Charged\" at least 2 times in last 1 day send template thanks in \"en\" }",
    );
    engine.ingest([event("asha", "Charged", "2026-11-03T10:00:00Z", Some("e1"))]).unwrap();
    engine.advance(at("2026-11-03T12:00:00Z")).unwrap();
    engine.ingest([event("asha", "Charged", "2026-11-03T09:00:00Z", Some("e2"))]).unwrap();
    engine.ingest([event("asha", "Added", "2026-11-03T12:30:00Z", Some("e3"))]).unwrap();
    assert_eq!(engine.advance(at("2026-11-03T13:00:00Z")).unwrap().len(), 1);
}

/// What came to pass in between takes its place among the steps of a sequence; what is older than a week does not.
#[test]
fn a_late_event_takes_its_place_in_a_sequence() {
    let rules = "campaign thanks { every day at 09:00 if did \"Viewed\" then \"Charged\" within 1 day send template thanks in \"en\" }";
    let jobs_with_view_at = |viewed: &str| {
        let mut engine = engine(rules);
        engine.ingest([reachable("asha"), event("asha", "Charged", "2026-11-03T11:00:00Z", None)]).unwrap();
        engine.ingest([event("asha", "Charged", "2026-11-10T12:00:00Z", None)]).unwrap();
        engine.advance(at("2026-11-10T13:00:00Z")).unwrap();
        let late = engine.ingest([event("asha", "Viewed", viewed, None)]).unwrap();
        assert_eq!(late.late, 1);
        engine.advance(at("2026-11-11T09:00:00Z")).unwrap().len()
    };
    assert_eq!(jobs_with_view_at("2026-11-10T11:00:00Z"), 1);
    assert_eq!(jobs_with_view_at("2026-11-10T12:30:00Z"), 0, "after the last step");
    assert_eq!(jobs_with_view_at("2026-11-03T10:00:00Z"), 0, "older than a week before the newest");
}

#[test]
fn a_user_first_heard_of_late_is_known_from_the_next_open_instant_on() {
    let mut engine = engine("campaign daily { every day at 09:00 send template hello in \"en\" }");
    engine.advance(at("2026-11-03T12:00:00Z")).unwrap();
    engine.ingest([reachable("ben")]).unwrap();
    assert!(
        engine.advance(at("2026-11-03T13:00:00Z")).unwrap().is_empty(),
        "nothing of the past is made up for"
    );
    assert_eq!(engine.advance(at("2026-11-04T09:00:00Z")).unwrap().len(), 2);
}

#[test]
fn a_late_event_at_the_instant_of_a_qualification_cancels_what_an_event_made_but_not_what_a_timer_made() {
    let late_charge = |trigger: &str| {
        let mut engine = engine(&format!(
            "campaign c {{ when {trigger} send template t in \"en\" wait 1 day unless \"Charged\" }}"
        ));
        engine.ingest([event("asha", "Added", "2026-11-03T10:00:00Z", Some("e1"))]).unwrap();
        engine.advance(at("2026-11-03T12:00:00Z")).unwrap();
        let qualified = engine.tally().qualified(0);
        assert_eq!(qualified, 1);
        let when = if trigger.contains("then no") { "2026-11-03T11:00:00Z" } else { "2026-11-03T10:00:00Z" };
        engine.ingest([event("asha", "Charged", when, Some("e2"))]).unwrap();
        engine.advance(at("2026-11-05T00:00:00Z")).unwrap().len()
    };
    assert_eq!(late_charge("\"Added\""), 0);
    assert_eq!(late_charge("\"Added\" then no \"Opened\" within 1 hour"), 1, "the timer fired after it");
}

/// The engine, given all records at once, and replay over the same: they agree.
fn both(rules: &str, records: Vec<Record>, to: &str) -> usize {
    let rulebook = Rulebook::parse("engine.camp", rules).unwrap_or_else(|error| panic!("{error}"));
    let mut replay = Replay::new(&rulebook.compile()).ending(Some(at(to)));
    records.iter().cloned().for_each(|record| replay.add(record));
    let wanted = replay.run();
    let mut engine = Engine::in_memory(rulebook.compile());
    engine.ingest(records).unwrap();
    let (jobs, outcomes) = engine.finish(at(to)).unwrap();
    assert_eq!(jobs, wanted.jobs);
    assert_eq!(outcomes, wanted.outcomes);
    jobs.len()
}

#[test]
fn a_run_begins_with_the_earliest_record_also_when_that_is_a_duplicate() {
    let records = vec![
        reachable("asha"),
        event("asha", "Added", "2026-11-03T10:00:00Z", Some("e1")),
        event("asha", "Added", "2026-11-03T08:00:00Z", Some("e1")),
    ];
    let rules = "campaign daily { every day at 09:00 send template hello in \"en\" }";
    assert_eq!(both(rules, records, "2026-11-03T12:00:00Z"), 1);
}

#[test]
fn an_undated_profile_comes_before_the_first_instant_there_is() {
    let records = vec![event("asha", "Added", "1900-01-01T00:00:00Z", Some("e1")), reachable("asha")];
    assert_eq!(
        both("campaign c { when \"Added\" send template t in \"en\" }", records, "1900-01-02T00:00:00Z"),
        1
    );
}

/// Not one of them walks over all the others: the square of so many would take minutes.
#[test]
fn a_user_may_have_very_many_timers_messages_and_jobs() {
    const MANY: i64 = 20_000;
    let start = at("2026-11-03T00:00:00Z").millis();
    let nth = |name: &str, number: i64, after: i64| {
        Record::Event(Event {
            user: "asha".into(),
            name: name.into(),
            at: Instant::from_millis(start + after + number),
            id: Some(format!("{name}{number}").into()),
            properties: [("k", Value::integer(number))].into_iter().collect(),
        })
    };
    let rules = r#"
        campaign timer { when "Added" then no "Charged" within 1 day matching k send template t in "en" }
        campaign message {
          when "Added" if did "Added" yesterday or did not "Added" yesterday
          send template t in "en"
          wait 1 day
          unless "Charged" matching k
          at most 1_000_000 per 30 days
        }"#;
    let mut records = vec![reachable("asha")];
    records.extend((0..MANY).map(|number| nth("Added", number, 0)));
    records.extend((0..MANY / 2).map(|number| nth("Charged", number, 3_600_000)));
    assert_eq!(both(rules, records, "2026-11-06T00:00:00Z"), MANY as usize);
}

#[test]
fn a_long_log_may_wait_for_its_instants() {
    const MANY: i64 = 20_000;
    let mut engine = engine("campaign thanks { when \"Charged\" send template thanks in \"en\" }");
    let start = at("2026-11-03T00:00:00Z").millis();
    // The last first: each is put in its place.
    engine
        .ingest((0..MANY).rev().map(|number| {
            Record::Event(Event {
                user: "asha".into(),
                name: "Charged".into(),
                at: Instant::from_millis(start + 2 * number),
                id: None,
                properties: Properties::new(),
            })
        }))
        .unwrap();
    for number in 0..MANY {
        let now = Instant::from_millis(start + 2 * number);
        assert_eq!(engine.advance(now).unwrap().len(), 1);
        let next = (number + 1 < MANY).then(|| Instant::from_millis(now.millis() + 2));
        assert_eq!(engine.next_due(), next);
    }
}

#[test]
fn a_replay_ends_though_its_run_does_not() {
    let rulebook =
        Rulebook::parse("engine.camp", "campaign daily { every day at 09:00 send template t in \"en\" }");
    let rulebook = rulebook.unwrap_or_else(|error| panic!("{error}"));
    let beyond = |millis: i64| {
        let event = Event {
            user: "asha".into(),
            name: "Added".into(),
            at: Instant::from_millis(millis),
            id: None,
            properties: Properties::new(),
        };
        Record::Event(event)
    };
    let mut replay = Replay::new(&rulebook.compile()).ending(Some(Instant::from_millis(i64::MAX)));
    replay.add(event("asha", "Added", "2199-12-30T00:00:00Z", None));
    replay.add(beyond(i64::MAX));
    replay.add(beyond(i64::MIN));
    let outcomes = replay.starting(Some(at("2199-12-01T00:00:00Z"))).run().outcomes;
    assert_eq!(outcomes.len(), 31);
}

#[test]
fn a_run_that_ends_before_what_is_closed_ends_after_it() {
    let mut engine = engine("campaign later { when \"Added\" send template cart in \"en\" wait 1 day }");
    engine.ingest([event("asha", "Added", "2026-11-03T10:00:00Z", Some("e1"))]).unwrap();
    engine.advance(at("2026-11-03T12:00:00Z")).unwrap();
    let (jobs, outcomes) = engine.finish(at("2026-11-03T09:00:00Z")).unwrap();
    assert!(jobs.is_empty());
    assert_eq!(outcomes[0].decided_at, at("2026-11-03T12:00:00.001Z"));
}

#[test]
fn a_job_that_is_valid_beyond_the_last_year_can_be_read_back() {
    let mut engine = engine("campaign c { when \"Added\" send template t in \"en\" valid 36_000 days }");
    engine.ingest([event("asha", "Added", "2190-11-03T10:00:00Z", Some("e1"))]).unwrap();
    let jobs = engine.advance(at("2190-11-03T10:00:00Z")).unwrap();
    let read: campanile::SendJob = serde_json::from_str(&serde_json::to_string(&jobs[0]).unwrap()).unwrap();
    assert_eq!(read, jobs[0]);
    assert!(read.not_after > Some(Instant::MAX));
}

#[test]
fn what_waits_at_the_end_is_pending() {
    let mut engine = engine("campaign later { when \"Added\" send template cart in \"en\" wait 1 day }");
    engine.ingest([event("asha", "Added", "2026-11-03T10:00:00Z", Some("e1"))]).unwrap();
    let (jobs, outcomes) = engine.finish(at("2026-11-03T20:00:00Z")).unwrap();
    assert!(jobs.is_empty());
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0].outcome, OutcomeKind::Pending);
    assert_eq!(outcomes[0].decided_at, at("2026-11-03T20:00:00Z"));
}

#[test]
fn an_instant_out_of_range_is_refused_by_name() {
    let mut engine = engine(CART);
    let far = Record::Event(Event {
        user: "asha".into(),
        name: "Added".into(),
        at: Instant::from_millis(i64::MAX),
        id: None,
        properties: Properties::new(),
    });
    let near = event("asha", "Added", "2026-11-03T10:00:00Z", Some("e1"));
    let ingested = engine.ingest([near.clone(), far.clone(), near, reachable("ben")]).unwrap();
    assert_eq!((ingested.accepted, ingested.duplicates), (2, 1), "one bad record stops no other");
    assert_eq!(ingested.refused.len(), 1);
    assert_eq!(ingested.refused[0].record, far);
    assert!(ingested.refused[0].reason.contains("`asha`"), "{}", ingested.refused[0].reason);
    assert_eq!(engine.advance(at("2026-11-03T12:00:00Z")).unwrap().len(), 1);
    assert!(engine.advance(Instant::MAX).is_err());
}

#[test]
fn the_public_nouns_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<campanile::rulebook::Rulebook>();
    shared::<campanile::program::Program>();
    shared::<Engine>();
    shared::<campanile::replay::Replay>();
    shared::<campanile::model::SendJob>();
    shared::<campanile::model::Outcome>();
}
