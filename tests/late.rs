//! What comes late: after its instant is closed. It corrects what is remembered and what is still to come, and fires nothing.
#![cfg(test)]

use campanile::live::Engine;
use campanile::model::{Event, Instant, OutcomeKind, ProfileUpdate, Properties, Record, Value};
use campanile::rulebook::Rulebook;

fn at(text: &str) -> Instant {
    Instant::parse(&format!("2026-11-{text}Z")).unwrap()
}

fn event(name: &str, when: &str, properties: &[(&str, &str)]) -> Record {
    let properties = properties.iter().map(|(name, value)| (*name, Value::text(value)));
    let properties: Properties = properties.collect();
    Record::Event(Event { user: "asha".into(), name: name.into(), at: at(when), id: None, properties })
}

fn profile(when: Option<&str>, name: &str, value: Value) -> Record {
    let changes = vec![(name.into(), Some(value))];
    Record::Profile(ProfileUpdate { user: "asha".into(), at: when.map(at), changes })
}

struct Story {
    engine: Engine,
}

impl Story {
    /// Rules that run from the morning of the 3rd on, and asha, who can be written to.
    fn of(rules: &str) -> Story {
        let rulebook = Rulebook::parse("late.camp", rules).unwrap_or_else(|error| panic!("{error}"));
        let mut engine = Engine::in_memory(rulebook.compile()).starting(at("03T00:00:00"));
        let known = [
            profile(None, "phone", Value::text("+919820012345")),
            profile(None, "whatsapp", Value::Boolean(true)),
        ];
        engine.ingest(known).unwrap();
        Story { engine }
    }

    fn comes(mut self, record: Record) -> Story {
        assert_eq!(self.engine.ingest([record]).unwrap().late, 0);
        self
    }

    fn comes_late(mut self, record: Record) -> Story {
        assert_eq!(self.engine.ingest([record]).unwrap().late, 1);
        self
    }

    /// The clock goes on; the dues of the jobs meanwhile.
    fn until(&mut self, when: &str) -> Vec<String> {
        let jobs = self.engine.advance(at(when)).unwrap();
        jobs.iter().map(|job| job.due.to_string()["2026-11-".len()..].replace('Z', "")).collect()
    }

    /// The same where nothing is sent.
    fn quiet_until(mut self, when: &str) -> Story {
        assert_eq!(self.until(when), [""; 0]);
        self
    }
}

#[test]
fn the_first_time_was_when_it_was_though_it_is_told_late() {
    let rules = "campaign welcome { when \"Bought\" for the first time send template t }";
    let mut told_late = Story::of(rules)
        .quiet_until("03T12:00:00")
        .comes_late(event("Bought", "03T11:00:00", &[]))
        .comes(event("Bought", "03T13:00:00", &[]));
    assert_eq!(told_late.until("03T14:00:00"), [""; 0], "the second is not the first");
    let mut not_told = Story::of(rules).quiet_until("03T12:00:00").comes(event("Bought", "03T13:00:00", &[]));
    assert_eq!(not_told.until("03T14:00:00"), ["03T13:00:00"]);
}

#[test]
fn what_is_late_neither_leads_nor_follows() {
    let rules = "campaign seen { when \"Viewed\" then \"Bought\" within 1 day send template t }";
    let mut late_first = Story::of(rules)
        .quiet_until("03T12:00:00")
        .comes_late(event("Viewed", "03T11:00:00", &[]))
        .comes(event("Bought", "03T13:00:00", &[]));
    assert_eq!(late_first.until("03T14:00:00"), [""; 0]);
    let mut late_second = Story::of(rules)
        .comes(event("Viewed", "03T10:00:00", &[]))
        .quiet_until("03T12:00:00")
        .comes_late(event("Bought", "03T11:00:00", &[]))
        .quiet_until("03T12:30:00")
        .comes(event("Bought", "03T13:00:00", &[]));
    assert_eq!(late_second.until("03T14:00:00"), ["03T13:00:00"], "the view was not used up");
}

#[test]
fn a_late_date_is_not_planned_and_takes_the_place_of_what_earlier_ones_planned() {
    let rules = "campaign trip { when 1 hour before \"Booked\".start by booking unless \"Cancelled\" send template t }";
    let booked = |when: &str, start: &str| {
        event("Booked", when, &[("start", &format!("2026-11-{start}Z")), ("booking", "b1")])
    };
    let story = || Story::of(rules).comes(booked("03T09:00:00", "04T10:00:00")).quiet_until("03T12:00:00");
    assert_eq!(story().until("05T00:00:00"), ["04T09:00:00"]);
    let mut planned_late =
        Story::of(rules).quiet_until("03T12:00:00").comes_late(booked("03T11:00:00", "04T10:00:00"));
    assert_eq!(planned_late.until("05T00:00:00"), [""; 0]);
    let mut moved = story().comes_late(booked("03T11:00:00", "04T18:00:00"));
    assert_eq!(moved.until("05T00:00:00"), [""; 0], "the trip is at another time");
    let mut before_it = story().comes_late(booked("03T08:00:00", "04T18:00:00"));
    assert_eq!(before_it.until("05T00:00:00"), ["04T09:00:00"], "what was planned came after it");
    let mut cancelled = story().comes_late(event("Cancelled", "03T11:00:00", &[]));
    assert_eq!(cancelled.until("05T00:00:00"), [""; 0]);
}

#[test]
fn a_late_date_of_the_profile_holds_from_the_next_open_instant_on() {
    let rules = "campaign renewal { on profile.renewal at 10:00 send template t }";
    let story = || Story::of(rules).quiet_until("04T12:00:00");
    let renewal = |day: &str| profile(Some("03T11:00:00"), "renewal", Value::text(&format!("2026-11-{day}")));
    assert_eq!(story().comes_late(renewal("05")).until("06T00:00:00"), ["05T10:00:00"]);
    assert_eq!(story().comes_late(renewal("04")).until("06T00:00:00"), [""; 0], "it was past by then");
}

#[test]
fn segments_see_what_is_late_from_the_next_open_instant_on() {
    let rules = r#"
        segment buyers = did "Bought" in last 1 day
        campaign came { when enters segment buyers send template t }
        campaign went { when leaves segment buyers send template t }"#;
    let mut story =
        Story::of(rules).quiet_until("03T12:00:00").comes_late(event("Bought", "03T11:00:00", &[]));
    assert_eq!(story.until("04T10:00:00"), ["03T12:00:00.001"]);
    assert_eq!(story.until("04T12:00:00"), ["04T11:00:00"], "and when it is too old");
}

#[test]
fn a_late_request_asks_for_nothing() {
    let rules = "campaign receipt { on request send template t }";
    let asked = |when: &str| event("Message Requested", when, &[("campaign", "receipt")]);
    let mut story = Story::of(rules).quiet_until("03T12:00:00").comes_late(asked("03T11:00:00"));
    assert_eq!(story.until("03T13:00:00"), [""; 0]);
    assert_eq!(story.comes(asked("03T14:00:00")).until("03T14:00:00"), ["03T14:00:00"]);
}

#[test]
fn a_late_receipt_and_a_late_goal_count_for_the_job_that_went_before_them() {
    let rules = r#"campaign daily { every day at 09:00 goal "Bought" within 1 hour send template t }"#;
    let read = |when: &str| event("Message Read", when, &[("campaign", "daily")]);
    let mut story = Story::of(rules);
    assert_eq!(story.until("04T12:00:00").len(), 2);
    let story = story
        .comes_late(read("03T08:00:00"))
        .comes_late(read("03T10:00:00"))
        .comes_late(event("Bought", "03T09:30:00", &[]))
        .comes_late(event("Bought", "04T11:30:00", &[]))
        .quiet_until("04T13:00:00");
    let results = story.engine.tally().results(0).unwrap().message(0);
    assert_eq!((results.sent, results.read, results.converted), (2, 1, 1));
}

#[test]
fn a_message_is_cancelled_late_at_the_instant_of_what_cancelled_it() {
    let rules = r#"campaign later { when "Added" send template t wait 1 day unless "Bought" }"#;
    let mut story = Story::of(rules)
        .comes(event("Added", "03T10:00:00", &[]))
        .quiet_until("03T12:00:00")
        .comes_late(event("Bought", "03T09:00:00", &[]))
        .quiet_until("03T13:00:00");
    assert!(story.engine.take_outcomes().is_empty(), "it was before the message");
    let mut story = story.comes_late(event("Bought", "03T11:00:00", &[])).quiet_until("05T00:00:00");
    let outcomes = story.engine.take_outcomes();
    assert_eq!(outcomes.len(), 1);
    assert_eq!((outcomes[0].outcome, outcomes[0].decided_at), (OutcomeKind::Cancelled, at("03T11:00:00")));
}

/// Of several late records the one that came last has the last word, whatever their instants.
#[test]
fn late_records_take_effect_in_the_order_in_which_they_come() {
    let rules = "campaign daily { every day at 09:00 if profile.city = \"Pune\" send template t }";
    let city = |when: &str, city: &str| profile(Some(when), "city", Value::text(city));
    let story = || Story::of(rules).quiet_until("03T12:00:00");
    let mut one = story().comes_late(city("03T11:00:00", "Delhi")).comes_late(city("03T10:00:00", "Pune"));
    assert_eq!(one.until("04T09:00:00"), ["04T09:00:00"]);
    let mut other = story().comes_late(city("03T10:00:00", "Pune")).comes_late(city("03T11:00:00", "Delhi"));
    assert_eq!(other.until("04T09:00:00"), [""; 0]);
}
