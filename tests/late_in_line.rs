//! What comes late for those who stand in line: it ends, moves or changes what waits, and fires nothing.
#![cfg(test)]

use campanile::live::Engine;
use campanile::model::{
    Duration, Event, Instant, NumberConsent, OutcomeKind, PairLimit, Portfolio, ProfileUpdate, Properties,
    Provider, Providers, Record, Value,
};
use campanile::rulebook::Rulebook;

fn at(time: &str) -> Instant {
    Instant::parse(&format!("2026-11-03T{time}Z")).unwrap()
}

fn event(user: &str, name: &str, when: &str) -> Record {
    with(user, name, when, &[])
}

fn with(user: &str, name: &str, when: &str, properties: &[(&str, &str)]) -> Record {
    let properties = properties.iter().map(|(name, value)| (*name, Value::text(value)));
    let properties: Properties = properties.collect();
    Record::Event(Event { user: user.into(), name: name.into(), at: at(when), id: None, properties })
}

fn profile(user: &str, when: Option<&str>, changes: &[(&str, Value)]) -> Record {
    let changes = changes.iter().map(|(name, value)| ((*name).into(), Some(value.clone()))).collect();
    Record::Profile(ProfileUpdate { user: user.into(), at: when.map(at), changes })
}

fn phone(number: u32) -> Value {
    Value::text(&format!("+9198200{number:05}"))
}

/// One message a number every hour.
fn pair() -> Provider {
    let every = Duration::from_seconds(3_600);
    Provider { pair: Some(PairLimit { every, burst: 1 }), ..Provider::default() }
}

struct Story {
    engine: Engine,
}

impl Story {
    /// Three users who can be written to, each with a number.
    fn of(rules: &str) -> Story {
        Story::with(rules, None)
    }

    fn with(rules: &str, provider: Option<Provider>) -> Story {
        let mut providers = Providers::default();
        providers.portfolios.insert("main".into(), Portfolio { users_per_day: Some(1) });
        providers.providers.extend(provider.map(|provider| ("p".into(), provider)));
        let rulebook = Rulebook::builder().text("late.camp", rules).providers(providers).build();
        let rulebook = rulebook.unwrap_or_else(|error| panic!("{error}"));
        let mut engine = Engine::in_memory(rulebook.compile()).starting(at("00:00:00"));
        for (number, user) in (1..).zip(["asha", "ben", "chloe"]) {
            let known = [("phone", phone(number)), ("whatsapp", Value::Boolean(true))];
            engine.ingest([profile(user, None, &known)]).unwrap();
        }
        Story { engine }
    }

    /// Each does it at ten o'clock.
    fn all_do(mut self, name: &str) -> Story {
        for user in ["asha", "ben", "chloe"] {
            self = self.comes(event(user, name, "10:00:00"));
        }
        self
    }

    fn comes(mut self, record: Record) -> Story {
        assert_eq!(self.engine.ingest([record]).unwrap().late, 0);
        self
    }

    fn comes_late(mut self, record: Record) -> Story {
        assert_eq!(self.engine.ingest([record]).unwrap().late, 1);
        self
    }

    /// The clock goes on; the jobs meanwhile, with their users and dues.
    fn until(mut self, when: &str, wanted: &[&str]) -> Story {
        let jobs = self.engine.advance(at(when)).unwrap();
        let due = |due: Instant| due.to_string()["2026-11-03T".len()..].replace('Z', "");
        let jobs: Vec<String> = jobs.iter().map(|job| format!("{} {}", job.user, due(job.due))).collect();
        assert_eq!(jobs, wanted, "until {when}");
        self
    }

    /// What became of the others, with the instants of the decisions.
    fn ends(mut self, wanted: &[(&str, OutcomeKind, &str)]) -> Story {
        let mut outcomes = self.engine.take_outcomes();
        outcomes.retain(|outcome| outcome.outcome != OutcomeKind::Sent);
        let found: Vec<_> =
            outcomes.iter().map(|outcome| (&*outcome.user, outcome.outcome, outcome.decided_at)).collect();
        let wanted: Vec<_> = wanted.iter().map(|(user, outcome, when)| (*user, *outcome, at(when))).collect();
        assert_eq!(found, wanted);
        self
    }
}

const THROTTLED: &str = r#"campaign c { when "A" throttle 1 per 1 hour unless "B" send template t }"#;

/// 7.2: cancelled at the instant of what cancels it; the turn is the next one's.
#[test]
fn who_is_cancelled_late_leaves_the_turn_to_the_next() {
    let story = || Story::of(THROTTLED).all_do("A").until("10:30:00", &["asha 10:00:00"]);
    story().until("12:30:00", &["ben 11:00:00", "chloe 12:00:00"]).ends(&[]);
    story().comes_late(event("ben", "B", "10:20:00")).until("12:30:00", &["chloe 11:00:00"]).ends(&[(
        "ben",
        OutcomeKind::Cancelled,
        "10:20:00",
    )]);
    // Of a message that is decided there is nothing to be cancelled.
    story().comes_late(event("asha", "B", "10:20:00")).until("10:40:00", &[]).ends(&[]);
}

#[test]
fn only_what_came_after_the_qualification_cancels() {
    let story = || Story::of(THROTTLED).all_do("A").until("10:30:00", &["asha 10:00:00"]);
    story().comes_late(event("ben", "B", "09:59:59.999")).until("11:30:00", &["ben 11:00:00"]).ends(&[]);
    // At one instant the late one comes after it.
    story().comes_late(event("ben", "B", "10:00:00")).until("11:30:00", &["chloe 11:00:00"]).ends(&[(
        "ben",
        OutcomeKind::Cancelled,
        "10:00:00",
    )]);
}

/// It was not in line yet when it was cancelled, but nobody knew.
#[test]
fn who_was_to_be_cancelled_before_the_line_is_cancelled_in_it() {
    let rules = r#"campaign c { when "A" wait 20 minutes throttle 1 per 1 hour unless "B" send template t }"#;
    Story::of(rules)
        .all_do("A")
        .until("10:30:00", &["asha 10:20:00"])
        .comes_late(event("ben", "B", "10:05:00"))
        .until("12:00:00", &["chloe 11:20:00"])
        .ends(&[("ben", OutcomeKind::Cancelled, "10:05:00")]);
}

/// What is tied by a property is cancelled by its own event alone.
#[test]
fn a_late_event_cancels_what_it_belongs_to() {
    let rules = r#"campaign c { when "A" throttle 1 per 1 hour unless "B" matching cart send template t }"#;
    let added = |user: &str, cart: &str| with(user, "A", "10:00:00", &[("cart", cart)]);
    Story::of(rules)
        .comes(added("asha", "c1"))
        .comes(added("ben", "c1"))
        .comes(added("ben", "c2"))
        .until("10:30:00", &["asha 10:00:00"])
        .comes_late(with("ben", "B", "10:20:00", &[("cart", "c1")]))
        .until("12:30:00", &["ben 11:00:00"])
        .ends(&[("ben", OutcomeKind::Cancelled, "10:20:00")]);
}

#[test]
fn the_first_of_a_crowd_may_be_cancelled_late() {
    let rules = r#"campaign c { when "A" unless "B" matching n send template t }"#;
    let written = |name: &str, when: &str, n: &str| with("asha", name, when, &[("n", n)]);
    let story = || {
        Story::with(rules, Some(pair()))
            .comes(written("A", "10:00:00", "1"))
            .comes(written("A", "10:00:00", "2"))
            .comes(written("A", "10:00:00", "3"))
            .until("10:30:00", &["asha 10:00:00"])
    };
    story().until("12:30:00", &["asha 11:00:00", "asha 12:00:00"]).ends(&[]);
    story().comes_late(written("B", "10:20:00", "2")).until("12:30:00", &["asha 11:00:00"]).ends(&[(
        "asha",
        OutcomeKind::Cancelled,
        "10:20:00",
    )]);
}

/// 7.2: a late trigger fires nothing, and nobody is overtaken for it.
#[test]
fn a_late_trigger_joins_no_line() {
    Story::of(THROTTLED)
        .comes(event("ben", "A", "10:00:00"))
        .comes(event("chloe", "A", "10:00:00"))
        .until("10:30:00", &["ben 10:00:00"])
        .comes_late(event("asha", "A", "09:00:00"))
        .comes_late(event("chloe", "A", "10:10:00"))
        .until("14:00:00", &["chloe 11:00:00"])
        .ends(&[]);
}

/// 7.2, 5.6: consent and number are asked at the turn, by what is known then.
#[test]
fn consent_that_is_withdrawn_late_is_asked_at_the_turn() {
    let story = || Story::of(THROTTLED).all_do("A").until("10:30:00", &["asha 10:00:00"]);
    let withdrawn = profile("ben", Some("10:20:00"), &[("whatsapp", Value::Boolean(false))]);
    let blocked = |blocked: bool, when: &str| {
        let number = "+919820000002".into();
        Record::Number(NumberConsent { number, blocked, at: Some(at(when)) })
    };
    for record in [withdrawn, blocked(true, "10:20:00")] {
        story().comes_late(record).until("12:30:00", &["chloe 11:00:00"]).ends(&[(
            "ben",
            OutcomeKind::NoConsent,
            "11:00:00",
        )]);
    }
    // Of late statements the one that comes last holds.
    story()
        .comes_late(blocked(true, "10:20:00"))
        .comes_late(blocked(false, "10:10:00"))
        .until("11:30:00", &["ben 11:00:00"])
        .ends(&[]);
    // Withdrawn before, and given again late.
    Story::of(THROTTLED)
        .comes(profile("ben", None, &[("whatsapp", Value::Boolean(false))]))
        .all_do("A")
        .until("10:30:00", &["asha 10:00:00"])
        .ends(&[("ben", OutcomeKind::NoConsent, "10:00:00")])
        .comes_late(profile("ben", Some("09:00:00"), &[("whatsapp", Value::Boolean(true))]))
        .until("12:30:00", &["chloe 11:00:00"])
        .ends(&[]);
}

/// 7.2, 8.7: who has another number from now on waits for that one from now on.
#[test]
fn who_takes_another_number_late_waits_for_that_one() {
    let rules = r#"campaign c { when "A" send template t }"#;
    let story = || {
        Story::with(rules, Some(pair()))
            .comes(event("asha", "A", "10:00:00"))
            .comes(event("asha", "A", "10:05:00"))
            .comes(event("ben", "A", "10:15:00"))
            .until("10:30:00", &["asha 10:00:00", "ben 10:15:00"])
    };
    story().until("12:00:00", &["asha 11:00:00"]).ends(&[]);
    let changed = |number| profile("asha", Some("10:10:00"), &[("phone", phone(number))]);
    // To nobody's number at once: at the first instant that is open.
    story().comes_late(changed(7)).until("12:00:00", &["asha 10:30:00.001"]).ends(&[]);
    // To ben's when that is free again.
    story().comes_late(changed(2)).until("12:00:00", &["asha 11:15:00"]).ends(&[]);
    // To ben's, and back.
    story().comes_late(changed(2)).comes_late(changed(1)).until("12:00:00", &["asha 11:00:00"]).ends(&[]);
    let none = profile("asha", Some("10:10:00"), &[("phone", Value::text("none"))]);
    story().comes_late(none).until("12:00:00", &[]).ends(&[(
        "asha",
        OutcomeKind::Unreachable,
        "10:30:00.001",
    )]);
}

/// 8.7: who has written needs no place; and a word that is told late is as old as it is.
#[test]
fn a_late_word_opens_the_door_from_now_on() {
    let rules = r#"campaign c { when "A" send template t }"#;
    let places = Provider { portfolio: Some("main".into()), ..Provider::default() };
    let story = || Story::with(rules, Some(places.clone())).all_do("A").until("10:30:00", &["asha 10:00:00"]);
    story().until("20:00:00", &[]);
    story()
        .comes_late(event("chloe", "Message Received", "10:10:00"))
        .until("20:00:00", &["chloe 10:30:00.001"])
        .ends(&[]);
    // It was more than a day ago.
    let old = Record::Event(Event {
        user: "chloe".into(),
        name: "Message Received".into(),
        at: at("10:30:00") - Duration::from_seconds(86_400),
        id: None,
        properties: Properties::default(),
    });
    story().comes_late(old).until("20:00:00", &[]).ends(&[]);
}

/// 8.8: a late refusal counts from its own instant on, when the turn comes.
#[test]
fn a_late_refusal_is_asked_at_the_turn() {
    let rules =
        r#"campaign c { category marketing when "A" throttle 1 per 1 hour valid 3 hours send template t }"#;
    let refused = with("ben", "Message Failed", "10:20:00", &[("code", "131049")]);
    Story::of(rules)
        .all_do("A")
        .until("10:30:00", &["asha 10:00:00"])
        .comes_late(refused)
        .until("12:30:00", &["chloe 11:00:00"])
        .until("14:00:00", &[])
        .ends(&[("ben", OutcomeKind::Expired, "13:00:00.001")]);
}

/// 5.7: the audience at the turn has what came late in its place.
#[test]
fn the_audience_at_the_turn_knows_what_came_late() {
    let rules = r#"
        campaign c { when "A" if did not "Bought" in last 1 hour throttle 1 per 1 hour send template t }"#;
    let story = || Story::of(rules).all_do("A").until("10:30:00", &["asha 10:00:00"]);
    story().comes_late(event("ben", "Bought", "10:20:00")).until("11:30:00", &["chloe 11:00:00"]).ends(&[(
        "ben",
        OutcomeKind::RequalifiedOut,
        "11:00:00",
    )]);
    // By its turn that is too long ago.
    story().comes_late(event("ben", "Bought", "10:00:00")).until("11:30:00", &["ben 11:00:00"]).ends(&[]);
}

/// 5.9: what is in line is asked again at the closing that was known when it was asked last; then with the zone as of then.
#[test]
fn who_moves_late_is_asked_at_the_closing_that_was_known() {
    let rules = r#"
        campaign c { when "A" throttle 1 per 90 minutes deliver 09:00..11:00 user time, else drop send template t }"#;
    let story = || Story::of(rules).all_do("A").until("10:30:00", &["asha 10:00:00"]);
    story().until("12:30:00", &[]).ends(&[
        ("ben", OutcomeKind::OutsideWindow, "11:00:00"),
        ("chloe", OutcomeKind::OutsideWindow, "11:00:00"),
    ]);
    let moved = profile("ben", Some("10:20:00"), &[("tz", Value::text("Atlantic/Azores"))]);
    story().comes_late(moved).until("12:30:00", &["ben 11:30:00"]).ends(&[(
        "chloe",
        OutcomeKind::OutsideWindow,
        "11:00:00",
    )]);
}
