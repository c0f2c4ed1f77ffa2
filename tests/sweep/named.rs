//! Nights that are known by name, instant by instant, in whole runs.
//!
//! What must come is written down here as governments decreed it; neither the calendar nor the walk is asked.

use campanile::model::{Event, Instant, OutcomeKind, ProfileUpdate, Record, Value};
use campanile::replay::Replay;
use campanile::rulebook::Rulebook;

/// Runs rules for one user in a zone, over days of UTC. What came: campaign, what it was for, how it ended if it was not sent, and when.
fn decided(rules: &str, zone: &str, from: &str, to: &str, pings: &[&str]) -> Vec<String> {
    let at = |text: &str| Instant::parse(text).unwrap();
    let (from, to) = (at(&format!("{from}T00:00:00Z")), at(&format!("{to}T00:00:00Z")));
    let rulebook = Rulebook::parse("named.camp", rules).unwrap_or_else(|error| panic!("{error}"));
    let mut replay = Replay::new(&rulebook.compile()).starting(Some(from)).ending(Some(to));
    let values = [
        ("tz", Value::text(zone)),
        ("phone", Value::text("+919820012345")),
        ("whatsapp", Value::Boolean(true)),
    ];
    let changes = values.map(|(name, value)| (name.into(), Some(value))).to_vec();
    replay.add(Record::Profile(ProfileUpdate { user: "asha".into(), at: None, changes }));
    for ping in pings {
        let (user, name, id) = ("asha".into(), "Ping".into(), Some((*ping).into()));
        replay.add(Record::Event(Event { user, name, at: at(ping), id, properties: Default::default() }));
    }
    let outcomes = replay.run().outcomes.into_iter().map(|outcome| {
        let occurrence = outcome.occurrence.strip_suffix(":00 user time").unwrap_or(&outcome.occurrence);
        let how = if outcome.outcome == OutcomeKind::Sent { "" } else { outcome.outcome.name() };
        format!("{} {occurrence} {how} {}", outcome.campaign, outcome.decided_at).replace("  ", " ")
    });
    outcomes.collect()
}

#[track_caller]
fn comes(rules: &str, zone: &str, from: &str, to: &str, expected: &[&str]) {
    assert_eq!(decided(rules, zone, from, to, &[]), expected);
}

/// Every day at a time, by the user's clock.
fn daily(name: &str, time: &str, more: &str) -> String {
    format!("campaign {name} {{ every day at {time} user time send template t {more} }}\n")
}

#[test]
fn apia_had_no_30_december_2011() {
    // From the 29th, 24:00, straight to the 31st, 00:00.
    let nine = daily("nine", "09:00", "");
    let expected = [
        "nine 2011-12-29T09:00 2011-12-29T19:00:00Z",
        "nine 2011-12-30T09:00 2011-12-30T10:00:00Z",
        "nine 2011-12-31T09:00 2011-12-30T19:00:00Z",
        "nine 2012-01-01T09:00 2011-12-31T19:00:00Z",
    ];
    comes(&nine, "Pacific/Apia", "2011-12-29", "2012-01-01", &expected);
    // The one of the missing day comes at the midnight that took its place, and waits for the morning.
    let quiet = format!("settings {{ quiet hours 21:00..09:00 user time, hold }} {nine}");
    let expected =
        ["nine 2011-12-30T09:00 2011-12-30T19:00:00Z", "nine 2011-12-31T09:00 2011-12-30T19:00:00Z"];
    comes(&quiet, "Pacific/Apia", "2011-12-30", "2011-12-31", &expected);
    // Friday the 30th never was: Fridays' hours open a week later.
    let friday = daily("friday", "09:00", "deliver 10:00..11:00 on fri, else hold");
    let held = decided(&friday, "Pacific/Apia", "2011-12-29", "2012-01-07", &[]);
    assert_eq!(held[0], "friday 2011-12-29T09:00 2012-01-05T20:00:00Z");
}

#[test]
fn the_day_before_apias_31st_is_empty() {
    let rules = r#"
        campaign yesterday { every day at 12:00 user time if did "Ping" yesterday user time send template t }
        campaign two_days {
            every day at 12:00 user time if did "Ping" in last 2 calendar days user time send template t
        }"#;
    // Done on the 29th at 15:00. The day before the 31st has no instant, and two days back is the 29th.
    let found = decided(rules, "Pacific/Apia", "2011-12-29", "2012-01-02", &["2011-12-30T01:00:00Z"]);
    let expected = [
        "two_days 2011-12-30T12:00 2011-12-30T10:00:00Z", // the 31st, 00:00
        "two_days 2011-12-31T12:00 2011-12-30T22:00:00Z",
    ];
    assert_eq!(found, expected);
}

#[test]
fn lord_howe_is_put_forward_and_back_by_half_an_hour() {
    let rules = daily("quarter", "02:15", "") + &daily("early", "01:45", "");
    let expected = [
        "early 2026-10-03T01:45 2026-10-02T15:15:00Z",
        "quarter 2026-10-03T02:15 2026-10-02T15:45:00Z",
        "early 2026-10-04T01:45 2026-10-03T15:15:00Z",
        "quarter 2026-10-04T02:15 2026-10-03T15:30:00Z", // 02:30
        "early 2026-10-05T01:45 2026-10-04T14:45:00Z",
        "quarter 2026-10-05T02:15 2026-10-04T15:15:00Z",
    ];
    comes(&rules, "Australia/Lord_Howe", "2026-10-02", "2026-10-05", &expected);
    let expected = [
        "early 2026-04-04T01:45 2026-04-03T14:45:00Z",
        "quarter 2026-04-04T02:15 2026-04-03T15:15:00Z",
        "early 2026-04-05T01:45 2026-04-04T14:45:00Z", // and not again half an hour later
        "quarter 2026-04-05T02:15 2026-04-04T15:45:00Z",
        "early 2026-04-06T01:45 2026-04-05T15:15:00Z",
        "quarter 2026-04-06T02:15 2026-04-05T15:45:00Z",
    ];
    comes(&rules, "Australia/Lord_Howe", "2026-04-03", "2026-04-06", &expected);
}

#[test]
fn casablanca_goes_back_for_ramadan() {
    // In 2026 from 15 February, 03:00, to 22 March, 02:00.
    let rules = daily("night", "02:30", "") + &daily("held", "22:00", "deliver 02:15..02:45, else hold");
    let expected = [
        "night 2026-02-14T02:30 2026-02-14T01:30:00Z",
        "held 2026-02-14T22:00 2026-02-15T01:15:00Z",
        "night 2026-02-15T02:30 2026-02-15T01:30:00Z", // and not again an hour later
        "held 2026-02-15T22:00 2026-02-16T02:15:00Z",
        "night 2026-02-16T02:30 2026-02-16T02:30:00Z",
        "held 2026-02-16T22:00 pending 2026-02-17T00:00:00Z",
    ];
    comes(&rules, "Africa/Casablanca", "2026-02-14", "2026-02-17", &expected);
    let expected = [
        "night 2026-03-21T02:30 2026-03-21T02:30:00Z",
        "night 2026-03-22T02:30 2026-03-22T02:00:00Z", // 03:00
        "held 2026-03-21T22:00 2026-03-23T01:15:00Z",  // in that night they do not open
        "held 2026-03-22T22:00 2026-03-23T01:15:00Z",
        "night 2026-03-23T02:30 2026-03-23T01:30:00Z",
        "held 2026-03-23T22:00 pending 2026-03-24T00:00:00Z",
    ];
    comes(&rules, "Africa/Casablanca", "2026-03-21", "2026-03-24", &expected);
    // And for good on 20 September, at 02:00.
    let expected = [
        "early 2026-09-19T01:30 2026-09-19T00:30:00Z",
        "early 2026-09-20T01:30 2026-09-20T00:30:00Z", // and not again an hour later
        "early 2026-09-21T01:30 2026-09-21T01:30:00Z",
    ];
    let early = daily("early", "01:30", "");
    comes(&early, "Africa/Casablanca", "2026-09-19", "2026-09-22", &expected);
}

#[test]
fn santiago_and_sao_paulo_have_a_day_without_midnight() {
    let rules = daily("midnight", "00:00", "")
        + r#"campaign over { when leaves segment active send template t }
            segment active = did "Ping" today user time"#;
    let santiago = "America/Santiago";
    let found = decided(&rules, santiago, "2026-09-05", "2026-09-08", &["2026-09-05T20:00:00Z"]);
    let expected = [
        "midnight 2026-09-05T00:00 2026-09-05T04:00:00Z",
        "midnight 2026-09-06T00:00 2026-09-06T04:00:00Z", // 01:00
        "over leaves 2026-09-06T04:00:00Z 2026-09-06T04:00:00Z",
        "midnight 2026-09-07T00:00 2026-09-07T03:00:00Z",
    ];
    assert_eq!(found, expected);
    // In April the hour before midnight comes twice, and the day ends with the second.
    let found = decided(&rules, santiago, "2026-04-04", "2026-04-06", &["2026-04-05T02:30:00Z"]);
    let expected = [
        "midnight 2026-04-04T00:00 2026-04-04T03:00:00Z",
        "midnight 2026-04-05T00:00 2026-04-05T04:00:00Z",
        "over leaves 2026-04-05T04:00:00Z 2026-04-05T04:00:00Z",
    ];
    assert_eq!(found, expected);
    let found = decided(&rules, "America/Sao_Paulo", "2018-11-03", "2018-11-06", &["2018-11-03T20:00:00Z"]);
    let expected = [
        "midnight 2018-11-03T00:00 2018-11-03T03:00:00Z",
        "midnight 2018-11-04T00:00 2018-11-04T03:00:00Z", // 01:00
        "over leaves 2018-11-04T03:00:00Z 2018-11-04T03:00:00Z",
        "midnight 2018-11-05T00:00 2018-11-05T02:00:00Z",
    ];
    assert_eq!(found, expected);
}

#[test]
fn troll_is_put_forward_and_back_by_two_hours() {
    let rules = daily("night", "02:30", "") + &daily("held", "00:30", "deliver 01:30..02:30, else hold");
    let expected = [
        "held 2026-03-28T00:30 2026-03-28T01:30:00Z",
        "night 2026-03-28T02:30 2026-03-28T02:30:00Z",
        "night 2026-03-29T02:30 2026-03-29T01:00:00Z", // 03:00
        "held 2026-03-29T00:30 2026-03-29T23:30:00Z",  // the window was jumped over
        "held 2026-03-30T00:30 2026-03-29T23:30:00Z",
        "night 2026-03-30T02:30 2026-03-30T00:30:00Z",
        "held 2026-03-31T00:30 2026-03-30T23:30:00Z",
    ];
    comes(&rules, "Antarctica/Troll", "2026-03-28", "2026-03-31", &expected);
    let expected = [
        "night 2026-10-24T02:30 2026-10-24T00:30:00Z",
        "held 2026-10-25T00:30 2026-10-24T23:30:00Z",
        "night 2026-10-25T02:30 2026-10-25T00:30:00Z", // and not again two hours later
        "held 2026-10-26T00:30 2026-10-26T01:30:00Z",
        "night 2026-10-26T02:30 2026-10-26T02:30:00Z",
    ];
    comes(&rules, "Antarctica/Troll", "2026-10-24", "2026-10-27", &expected);
}

#[test]
fn pyongyang_went_forward_for_good_in_the_night_of_4_may_2018() {
    // At 23:30 it was 24:00.
    let rules = daily("late", "23:45", "") + &daily("early", "00:00", "");
    let expected = [
        "late 2018-05-03T23:45 2018-05-03T15:15:00Z",
        "early 2018-05-04T00:00 2018-05-03T15:30:00Z",
        "late 2018-05-04T23:45 2018-05-04T15:00:00Z", // 00:00 of the 5th
        "early 2018-05-05T00:00 2018-05-04T15:00:00Z",
        "late 2018-05-05T23:45 2018-05-05T14:45:00Z",
        "early 2018-05-06T00:00 2018-05-05T15:00:00Z",
    ];
    comes(&rules, "Asia/Pyongyang", "2018-05-03", "2018-05-06", &expected);
}

#[test]
fn qostanay_went_back_for_good_in_the_night_to_1_march_2024() {
    // 24:00 of 29 February was 23:00 once more.
    let rules = daily("late", "23:30", "")
        + &daily("early", "00:00", "")
        + &daily("held", "12:00", "deliver 23:15..23:45, else hold");
    let expected = [
        "held 2024-02-28T12:00 2024-02-28T17:15:00Z",
        "late 2024-02-28T23:30 2024-02-28T17:30:00Z",
        "early 2024-02-29T00:00 2024-02-28T18:00:00Z",
        "held 2024-02-29T12:00 2024-02-29T17:15:00Z",
        "late 2024-02-29T23:30 2024-02-29T17:30:00Z", // and not again an hour later
        "early 2024-03-01T00:00 2024-02-29T19:00:00Z",
        "held 2024-03-01T12:00 2024-03-01T18:15:00Z",
        "late 2024-03-01T23:30 2024-03-01T18:30:00Z",
        "early 2024-03-02T00:00 2024-03-01T19:00:00Z",
    ];
    comes(&rules, "Asia/Qostanay", "2024-02-28", "2024-03-02", &expected);
}

#[test]
fn vancouver_keeps_its_summer_time_in_2026() {
    let rules = daily("nine", "09:00", "");
    let vancouver = [
        "nine 2026-10-31T09:00 2026-10-31T16:00:00Z",
        "nine 2026-11-01T09:00 2026-11-01T16:00:00Z",
        "nine 2026-11-02T09:00 2026-11-02T16:00:00Z",
    ];
    comes(&rules, "America/Vancouver", "2026-10-31", "2026-11-03", &vancouver);
    let los_angeles = [
        "nine 2026-10-31T09:00 2026-10-31T16:00:00Z",
        "nine 2026-11-01T09:00 2026-11-01T17:00:00Z",
        "nine 2026-11-02T09:00 2026-11-02T17:00:00Z",
    ];
    comes(&rules, "America/Los_Angeles", "2026-10-31", "2026-11-03", &los_angeles);
}

#[test]
fn chisinau_changes_with_europe() {
    // For long an hour before it; by now at 01:00 of UTC.
    let rules = daily("two", "02:30", "") + &daily("three", "03:30", "");
    let expected = [
        "two 2026-03-28T02:30 2026-03-28T00:30:00Z",
        "three 2026-03-28T03:30 2026-03-28T01:30:00Z",
        "two 2026-03-29T02:30 2026-03-29T00:30:00Z",
        "three 2026-03-29T03:30 2026-03-29T01:00:00Z", // 04:00
        "two 2026-03-30T02:30 2026-03-29T23:30:00Z",
    ];
    comes(&rules, "Europe/Chisinau", "2026-03-28", "2026-03-30", &expected);
    let expected = [
        "two 2026-10-25T02:30 2026-10-24T23:30:00Z",
        "three 2026-10-25T03:30 2026-10-25T00:30:00Z", // and not again an hour later
        "two 2026-10-26T02:30 2026-10-26T00:30:00Z",
        "three 2026-10-26T03:30 2026-10-26T01:30:00Z",
    ];
    assert_eq!(decided(&rules, "Europe/Chisinau", "2026-10-24", "2026-10-27", &[])[1..], expected);
}

#[test]
fn havana_has_no_midnight_in_spring_and_two_in_autumn() {
    let rules = daily("midnight", "00:00", "") + &daily("held", "12:00", "deliver 00:15..00:45, else hold");
    let expected = [
        "midnight 2026-03-07T00:00 2026-03-07T05:00:00Z",
        "midnight 2026-03-08T00:00 2026-03-08T05:00:00Z", // 01:00
        "midnight 2026-03-09T00:00 2026-03-09T04:00:00Z",
        "held 2026-03-07T12:00 2026-03-09T04:15:00Z", // in the night between they do not open
        "held 2026-03-08T12:00 2026-03-09T04:15:00Z",
        "held 2026-03-09T12:00 pending 2026-03-10T00:00:00Z",
    ];
    comes(&rules, "America/Havana", "2026-03-07", "2026-03-10", &expected);
    let expected = [
        "midnight 2025-11-01T00:00 2025-11-01T04:00:00Z",
        "midnight 2025-11-02T00:00 2025-11-02T04:00:00Z", // and not again an hour later
        "held 2025-11-01T12:00 2025-11-02T04:15:00Z",
        "midnight 2025-11-03T00:00 2025-11-03T05:00:00Z",
        "held 2025-11-02T12:00 2025-11-03T05:15:00Z",
        "held 2025-11-03T12:00 pending 2025-11-04T00:00:00Z",
    ];
    comes(&rules, "America/Havana", "2025-11-01", "2025-11-04", &expected);
    // In 2026 clocks stay as they are.
    let midnight = daily("midnight", "00:00", "");
    let expected =
        ["midnight 2026-11-01T00:00 2026-11-01T04:00:00Z", "midnight 2026-11-02T00:00 2026-11-02T04:00:00Z"];
    comes(&midnight, "America/Havana", "2026-11-01", "2026-11-03", &expected);
}
