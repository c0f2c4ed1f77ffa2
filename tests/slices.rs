//! An instant over many users in slices: the same jobs and outcomes as at one go, and what comes while it is half done.
#![cfg(test)]

use campanile::live::Engine;
use campanile::model::{
    Event, Instant, Outcome, OutcomeKind, ProfileUpdate, Properties, Record, SendJob, Value,
};
use campanile::rulebook::Rulebook;

const USERS: usize = 700;

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn user(number: usize) -> String {
    // Their order by bytes is not the one in which they come.
    format!("user {:03}", number * 389 % USERS)
}

fn profile(number: usize) -> Record {
    let changes = [
        ("phone", Value::text(&format!("+9198200{number:05}"))),
        ("whatsapp", Value::Boolean(number % 10 != 3)),
        ("vip", Value::Boolean(number.is_multiple_of(4))),
    ];
    let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
    Record::Profile(ProfileUpdate { user: user(number).into(), at: None, changes })
}

fn event(number: usize, name: &str, when: &str) -> Record {
    let (user, at) = (user(number).into(), at(when));
    Record::Event(Event { user, name: name.into(), at, id: None, properties: Properties::new() })
}

/// An engine shortly before a midnight at which something falls due for everybody.
fn evening(rules: &str) -> Engine {
    let rulebook = Rulebook::parse("slices.camp", rules).unwrap_or_else(|error| panic!("{error}"));
    let mut engine = Engine::in_memory(rulebook.compile()).starting(at("2026-11-03T00:00:01Z"));
    engine.ingest((0..USERS).map(profile)).unwrap();
    engine.ingest((0..USERS).map(|number| event(number, "Seen", "2026-11-03T00:00:00Z"))).unwrap();
    assert!(engine.advance(at("2026-11-03T23:59:59Z")).unwrap().is_empty());
    assert!(engine.take_outcomes().is_empty());
    engine
}

/// Goes on to an instant in slices; answers the jobs and outcomes, and in how many slices.
fn in_slices(engine: &mut Engine, now: Instant, steps: usize) -> (Vec<SendJob>, Vec<Outcome>, usize) {
    let (mut jobs, mut outcomes, mut slices) = (Vec::new(), Vec::new(), 0);
    loop {
        let slice = engine.advance_within(now, steps).unwrap();
        assert!(slice.jobs.len() <= steps);
        jobs.extend(slice.jobs);
        let settled = engine.take_outcomes();
        assert!(settled.len() <= steps);
        outcomes.extend(settled);
        slices += 1;
        if slice.caught_up {
            return (jobs, outcomes, slices);
        }
        assert!(engine.next_due().is_some_and(|next| next <= now));
    }
}

/// Schedules with everything that users share: who is next, who is drawn, who waits for whom.
const SHARED: &str = r#"
    settings { control group 3% cap 2 per 1 day }
    segment idle = did not "Seen" in last 1 day

    campaign daily { every day at 00:00 send template hello }
    campaign first { every day at 00:00 if profile.vip = yes priority 5 limit 20 users per run send template vip }
    campaign tried {
      every day at 00:00
      test { on 10% send template a send template b winner by read after 1 hour }
    }
    campaign gone { when enters segment idle throttle 50 per 1 second valid 2 seconds send template back }
    campaign stopped { every day at 00:00 safety stop if audience > 100 send template never }
"#;

#[test]
fn slices_of_any_size_come_to_what_one_advance_comes_to() {
    let mut engine = evening(SHARED);
    let mut wanted = Vec::new();
    for now in ["2026-11-04T00:00:00Z", "2026-11-04T00:00:10Z", "2026-11-04T02:00:00Z"] {
        wanted.push((engine.advance(at(now)).unwrap(), engine.take_outcomes()));
    }
    let all = wanted.iter().flat_map(|(_, outcomes)| outcomes).map(|outcome| outcome.outcome);
    let all: Vec<OutcomeKind> = all.collect();
    for kind in [OutcomeKind::Sent, OutcomeKind::Limit, OutcomeKind::SafetyStop, OutcomeKind::NoConsent] {
        assert!(all.contains(&kind), "{kind:?} is not among them");
    }
    for steps in [1, 7, 256, 5_000] {
        let mut engine = evening(SHARED);
        for (now, (jobs, outcomes)) in
            ["2026-11-04T00:00:00Z", "2026-11-04T00:00:10Z", "2026-11-04T02:00:00Z"].into_iter().zip(&wanted)
        {
            let (found_jobs, found_outcomes, slices) = in_slices(&mut engine, at(now), steps);
            assert!(found_jobs == *jobs, "other jobs until {now} in slices of {steps}");
            assert!(found_outcomes == *outcomes, "other outcomes until {now} in slices of {steps}");
            assert!(slices * steps >= jobs.len() + outcomes.len());
        }
    }
}

/// One instant that is half done: how it began, and that it is closed, whatever comes.
#[test]
fn a_record_of_an_instant_that_has_begun_is_late_and_takes_effect_after_it() {
    let rules = r#"
        campaign daily { every day at 00:00 if did not "Bought" in last 1 day send template hello }
        campaign thanks { when "Bought" send template thanks }
        campaign later { every day at 00:30 if did "Bought" in last 1 day send template more }"#;
    let midnight = at("2026-11-04T00:00:00Z");
    let mut engine = evening(rules);
    let first = engine.advance_within(midnight, 1).unwrap();
    assert!(!first.caught_up && first.jobs.is_empty());
    assert_eq!((engine.closed(), engine.next_due()), (Some(midnight), Some(midnight)));
    // In time are records of instants to come; late is who buys at midnight.
    assert_eq!(engine.ingest([event(0, "Bought", "2026-11-04T00:00:00.001Z")]).unwrap().late, 0);
    assert_eq!(engine.ingest([event(1, "Bought", "2026-11-04T00:00:00Z")]).unwrap().late, 1);
    let (jobs, _, _) = in_slices(&mut engine, midnight, 100);
    let users: Vec<&str> = jobs.iter().map(|job| &*job.user).collect();
    assert!(users.contains(&&*user(0)) && users.contains(&&*user(1)), "it had begun by then");
    let (jobs, _, _) = in_slices(&mut engine, at("2026-11-04T00:30:00Z"), 100);
    let sent: Vec<(&str, &str)> = jobs.iter().map(|job| (&*job.campaign, &*job.user)).collect();
    let (zero, one) = (user(0), user(1));
    let mut later = [("later", &*zero), ("later", &*one)];
    later.sort();
    assert_eq!(sent, [("thanks", &*zero), later[0], later[1]], "what is late counts, and fires nothing");
}

#[test]
fn what_no_slice_has_come_to_is_open() {
    let mut engine = evening("campaign daily { every day at 00:00 send template hello }");
    let noon = at("2026-11-04T12:00:00Z");
    engine.advance_within(noon, 10).unwrap();
    assert_eq!(engine.closed(), Some(at("2026-11-04T00:00:00Z")));
    assert_eq!(engine.ingest([event(0, "Bought", "2026-11-04T00:30:00Z")]).unwrap().late, 0);
    in_slices(&mut engine, noon, 1_000);
    assert_eq!(engine.closed(), Some(noon));
    assert_eq!(engine.ingest([event(0, "Bought", "2026-11-04T12:00:00Z")]).unwrap().late, 1);
}

#[test]
fn what_has_begun_is_gone_on_with_when_the_clock_steps_back() {
    let rules = "campaign daily { every day at 00:00 send template hello }";
    let wanted = evening(rules).advance(at("2026-11-04T00:00:00Z")).unwrap();
    let mut engine = evening(rules);
    let begun = engine.advance_within(at("2026-11-04T00:00:00Z"), 1_000).unwrap();
    assert!(!begun.caught_up);
    let mut jobs = begun.jobs;
    loop {
        let slice = engine.advance_within(at("2026-11-03T20:00:00Z"), 100).unwrap();
        jobs.extend(slice.jobs);
        if slice.caught_up {
            break;
        }
    }
    assert_eq!(jobs, wanted);
    assert_eq!(engine.closed(), Some(at("2026-11-04T00:00:00Z")), "and what is closed stays closed");
}

#[test]
fn a_run_may_end_while_an_instant_is_half_done() {
    let rules = "campaign daily { every day at 00:00 send template hello }";
    let midnight = at("2026-11-04T00:00:00Z");
    for steps in [1, 900, 2_500] {
        let mut engine = evening(rules);
        let wanted = engine.advance(midnight).unwrap();
        let mut engine = evening(rules);
        let mut jobs = engine.advance_within(midnight, steps).unwrap().jobs;
        let mut outcomes = engine.take_outcomes();
        let (rest, others) = engine.finish(midnight.next()).unwrap();
        jobs.extend(rest);
        outcomes.extend(others);
        assert_eq!(jobs, wanted);
        assert_eq!(outcomes.len(), USERS);
    }
}

/// Where nothing is drawn, jobs leave as they are decided, and not all at the end.
#[test]
fn jobs_leave_while_others_are_decided() {
    let mut engine = evening("campaign daily { every day at 00:00 send template hello }");
    let mut most = 0;
    loop {
        let slice = engine.advance_within(at("2026-11-04T00:00:00Z"), 100).unwrap();
        most = most.max(slice.jobs.len());
        if slice.caught_up {
            break;
        }
    }
    assert!(most > 0 && most <= 100, "{most} in one slice");
}
