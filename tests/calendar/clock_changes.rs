//! Recurrences over the days on which clocks change.

use campanile::calendar::Recurrence;
use campanile::language::ast::Cadence;
use chrono::Weekday;

use super::oracle::{self, jiff_zone, zone_names};
use super::{Counter, at, date, occurrences, time, wall, zone};

fn daily(text: &str) -> Recurrence {
    Recurrence::every(&Cadence::Days(1), time(text), None, Weekday::Mon)
}

fn cron(expression: &str) -> Recurrence {
    Recurrence::cron(expression).unwrap()
}

#[track_caller]
fn recurs(recurrence: &Recurrence, name: &str, from: &str, expected: &[&str]) {
    assert_eq!(occurrences(recurrence, &zone(name), from, expected.len()), expected);
}

#[test]
fn new_york() {
    recurs(
        &daily("02:30"),
        "America/New_York",
        "2026-03-07T00:00:00Z",
        &[
            "2026-03-07 02:30 -> 2026-03-07T07:30:00Z",
            "2026-03-08 02:30 -> 2026-03-08T07:00:00Z", // 03:00, where the gap ends
            "2026-03-09 02:30 -> 2026-03-09T06:30:00Z",
        ],
    );
    recurs(
        &daily("01:30"),
        "America/New_York",
        "2026-10-31T00:00:00Z",
        &[
            "2026-10-31 01:30 -> 2026-10-31T05:30:00Z",
            "2026-11-01 01:30 -> 2026-11-01T05:30:00Z", // the first of the two
            "2026-11-02 01:30 -> 2026-11-02T06:30:00Z",
        ],
    );
    recurs(
        &daily("02:30"),
        "America/New_York",
        "2026-10-31T00:00:00Z",
        &[
            "2026-10-31 02:30 -> 2026-10-31T06:30:00Z",
            "2026-11-01 02:30 -> 2026-11-01T07:30:00Z",
            "2026-11-02 02:30 -> 2026-11-02T07:30:00Z",
        ],
    );
}

#[test]
fn london() {
    recurs(
        &daily("01:30"),
        "Europe/London",
        "2026-03-28T00:00:00Z",
        &[
            "2026-03-28 01:30 -> 2026-03-28T01:30:00Z",
            "2026-03-29 01:30 -> 2026-03-29T01:00:00Z",
            "2026-03-30 01:30 -> 2026-03-30T00:30:00Z",
        ],
    );
    recurs(
        &daily("01:30"),
        "Europe/London",
        "2026-10-24T00:00:00Z",
        &[
            "2026-10-24 01:30 -> 2026-10-24T00:30:00Z",
            "2026-10-25 01:30 -> 2026-10-25T00:30:00Z",
            "2026-10-26 01:30 -> 2026-10-26T01:30:00Z",
        ],
    );
}

#[test]
fn lord_howe_changes_by_half_an_hour() {
    recurs(
        &daily("02:15"),
        "Australia/Lord_Howe",
        "2026-10-02T00:00:00Z",
        &[
            "2026-10-03 02:15 -> 2026-10-02T15:45:00Z",
            "2026-10-04 02:15 -> 2026-10-03T15:30:00Z",
            "2026-10-05 02:15 -> 2026-10-04T15:15:00Z",
        ],
    );
    recurs(
        &daily("01:45"),
        "Australia/Lord_Howe",
        "2026-04-03T00:00:00Z",
        &[
            "2026-04-04 01:45 -> 2026-04-03T14:45:00Z",
            "2026-04-05 01:45 -> 2026-04-04T14:45:00Z",
            "2026-04-06 01:45 -> 2026-04-05T15:15:00Z",
        ],
    );
}

#[test]
fn santiago_has_no_midnight_in_september() {
    recurs(
        &daily("00:00"),
        "America/Santiago",
        "2026-09-05T00:00:00Z",
        &[
            "2026-09-05 00:00 -> 2026-09-05T04:00:00Z",
            "2026-09-06 00:00 -> 2026-09-06T04:00:00Z", // 01:00
            "2026-09-07 00:00 -> 2026-09-07T03:00:00Z",
        ],
    );
    recurs(
        &daily("23:30"),
        "America/Santiago",
        "2026-04-04T00:00:00Z",
        &[
            "2026-04-03 23:30 -> 2026-04-04T02:30:00Z",
            "2026-04-04 23:30 -> 2026-04-05T02:30:00Z",
            "2026-04-05 23:30 -> 2026-04-06T03:30:00Z",
        ],
    );
}

#[test]
fn sao_paulo_had_no_midnight_in_november_2018() {
    recurs(
        &daily("00:00"),
        "America/Sao_Paulo",
        "2018-11-03T00:00:00Z",
        &[
            "2018-11-03 00:00 -> 2018-11-03T03:00:00Z",
            "2018-11-04 00:00 -> 2018-11-04T03:00:00Z", // 01:00
            "2018-11-05 00:00 -> 2018-11-05T02:00:00Z",
        ],
    );
}

#[test]
fn apia_had_no_30_december_2011() {
    recurs(
        &daily("09:00"),
        "Pacific/Apia",
        "2011-12-29T00:00:00Z",
        &[
            "2011-12-29 09:00 -> 2011-12-29T19:00:00Z",
            "2011-12-30 09:00 -> 2011-12-30T10:00:00Z", // the 31st, 00:00
            "2011-12-31 09:00 -> 2011-12-30T19:00:00Z",
        ],
    );
    // Of all that lie on the day that never was, one.
    recurs(
        &cron("0 */6 * * *"),
        "Pacific/Apia",
        "2011-12-30T00:00:00Z",
        &[
            "2011-12-29 18:00 -> 2011-12-30T04:00:00Z",
            "2011-12-30 00:00 -> 2011-12-30T10:00:00Z",
            "2011-12-31 06:00 -> 2011-12-30T16:00:00Z",
        ],
    );
}

#[test]
fn casablanca_goes_back_for_ramadan() {
    // In 2026 from 15 February, 03:00, to 22 March, 02:00.
    recurs(
        &daily("02:30"),
        "Africa/Casablanca",
        "2026-02-14T00:00:00Z",
        &[
            "2026-02-14 02:30 -> 2026-02-14T01:30:00Z",
            "2026-02-15 02:30 -> 2026-02-15T01:30:00Z",
            "2026-02-16 02:30 -> 2026-02-16T02:30:00Z",
        ],
    );
    recurs(
        &daily("02:30"),
        "Africa/Casablanca",
        "2026-03-21T00:00:00Z",
        &[
            "2026-03-21 02:30 -> 2026-03-21T02:30:00Z",
            "2026-03-22 02:30 -> 2026-03-22T02:00:00Z",
            "2026-03-23 02:30 -> 2026-03-23T01:30:00Z",
        ],
    );
}

#[test]
fn troll_changes_by_two_hours() {
    recurs(
        &cron("*/30 * * * *"),
        "Antarctica/Troll",
        "2026-03-29T00:30:00Z",
        &[
            "2026-03-29 00:30 -> 2026-03-29T00:30:00Z",
            "2026-03-29 01:00 -> 2026-03-29T01:00:00Z",
            "2026-03-29 03:30 -> 2026-03-29T01:30:00Z",
        ],
    );
    recurs(
        &cron("*/30 * * * *"),
        "Antarctica/Troll",
        "2026-10-25T00:00:00Z",
        &[
            "2026-10-25 02:00 -> 2026-10-25T00:00:00Z",
            "2026-10-25 02:30 -> 2026-10-25T00:30:00Z",
            "2026-10-25 03:00 -> 2026-10-25T03:00:00Z",
        ],
    );
}

#[test]
fn every_half_hour_goes_through_the_repeated_hour_once_and_in_order() {
    recurs(
        &cron("*/30 * * * *"),
        "Europe/Warsaw",
        "2026-10-24T23:30:00Z",
        &[
            "2026-10-25 01:30 -> 2026-10-24T23:30:00Z",
            "2026-10-25 02:00 -> 2026-10-25T00:00:00Z",
            "2026-10-25 02:30 -> 2026-10-25T00:30:00Z",
            "2026-10-25 03:00 -> 2026-10-25T02:00:00Z",
            "2026-10-25 03:30 -> 2026-10-25T02:30:00Z",
        ],
    );
}

#[test]
fn of_several_times_in_a_gap_and_at_its_end_only_the_first_is_one() {
    recurs(
        &cron("*/20 * * * *"),
        "Europe/Warsaw",
        "2026-03-29T00:20:00Z",
        &[
            "2026-03-29 01:20 -> 2026-03-29T00:20:00Z",
            "2026-03-29 01:40 -> 2026-03-29T00:40:00Z",
            "2026-03-29 02:00 -> 2026-03-29T01:00:00Z", // 02:20, 02:40 and 03:00 are the same instant
            "2026-03-29 03:20 -> 2026-03-29T01:20:00Z",
        ],
    );
    recurs(
        &cron("15,45 2-3 * * *"),
        "Europe/Warsaw",
        "2026-03-29T00:00:00Z",
        &["2026-03-29 02:15 -> 2026-03-29T01:00:00Z", "2026-03-29 03:15 -> 2026-03-29T01:15:00Z"],
    );
    // One that lies exactly at the end of the gap, and nothing else in it.
    recurs(
        &cron("0 3 * * *"),
        "Europe/Warsaw",
        "2026-03-29T00:00:00Z",
        &["2026-03-29 03:00 -> 2026-03-29T01:00:00Z", "2026-03-30 03:00 -> 2026-03-30T01:00:00Z"],
    );
}

#[test]
fn asked_from_within_a_gap_the_next_is_after_it() {
    let half_hours = cron("*/30 * * * *");
    let warsaw = zone("Europe/Warsaw");
    for inside in ["2026-03-29 02:00", "2026-03-29 02:15", "2026-03-29 02:30", "2026-03-29 03:00"] {
        let next = half_hours.after_wall(&warsaw, wall(inside)).unwrap();
        assert_eq!(next.wall, wall("2026-03-29 03:30"), "{inside}");
    }
    let next = half_hours.after_wall(&warsaw, wall("2026-03-29 01:59")).unwrap();
    assert_eq!((next.wall, next.instant), (wall("2026-03-29 02:00"), at("2026-03-29T01:00:00Z")));
}

#[test]
fn asked_from_the_second_pass_the_next_is_after_it() {
    let half_hours = cron("*/30 * * * *");
    let warsaw = zone("Europe/Warsaw");
    for (from, next) in [
        ("2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:30:00.001Z", "2026-10-25T02:00:00Z"),
        ("2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"), // 02:00 again
        ("2026-10-25T01:15:00Z", "2026-10-25T02:00:00Z"), // 02:15 again
        ("2026-10-25T01:45:00Z", "2026-10-25T02:00:00Z"),
    ] {
        assert_eq!(half_hours.from_instant(&warsaw, at(from)).unwrap().instant, at(next), "{from}");
    }
}

#[test]
fn once_is_once_also_in_a_gap() {
    let once = Recurrence::once(date("2026-03-29"), time("02:30"));
    let warsaw = zone("Europe/Warsaw");
    recurs(&once, "Europe/Warsaw", "2026-01-01T00:00:00Z", &["2026-03-29 02:30 -> 2026-03-29T01:00:00Z"]);
    assert!(once.from_instant(&warsaw, at("2026-03-29T01:00:00Z")).is_some());
    assert!(once.from_instant(&warsaw, at("2026-03-29T01:00:00.001Z")).is_none());
    assert!(once.after_wall(&warsaw, wall("2026-03-29 02:29")).is_some());
    assert!(once.after_wall(&warsaw, wall("2026-03-29 02:30")).is_none());
}

/// Wall clocks in order, resolved by the oracle, the later ones of equal instants left out.
#[test]
fn every_zone_agrees_with_resolving_all_wall_clocks() {
    let mut counter = Counter(4);
    for name in zone_names() {
        let (zone, slow) = (zone(name), jiff_zone(name));
        let changes = oracle::changes(&slow);
        for _ in 0..4 {
            let anywhere = counter.instant(at("1972-02-01T00:00:00Z"), at("2199-12-01T00:00:00Z"));
            let around = counter.one_of(&changes).unwrap_or(anywhere);
            let step = counter.one_of(&[5, 10, 15, 20, 30]).unwrap();
            let recurrence = cron(&format!("*/{step} * * * *"));
            let midnight =
                oracle::local(&slow, around).date().pred_opt().unwrap().and_hms_opt(0, 0, 0).unwrap();
            let mut expected: Vec<(chrono::NaiveDateTime, campanile::model::Instant)> = Vec::new();
            for minutes in (0..3 * 1_440).step_by(step) {
                let wall = midnight + chrono::Duration::minutes(minutes);
                let instant = oracle::resolve(&slow, wall);
                if expected.last().is_none_or(|(_, last)| *last < instant) {
                    expected.push((wall, instant));
                }
            }
            let found: Vec<_> = recurrence
                .occurrences(&zone, expected[0].1)
                .take(expected.len())
                .map(|next| (next.wall, next.instant))
                .collect();
            assert_eq!(found, expected, "{name} {around} {step}");
            // From any instant, and from any wall clock, the first that is not before it.
            for _ in 0..20 {
                let from = counter.instant(expected[0].1, expected[expected.len() - 1].1);
                let next = expected.iter().find(|(_, instant)| *instant >= from).unwrap();
                assert_eq!(
                    recurrence.from_instant(&zone, from).unwrap().instant,
                    next.1,
                    "{name} {from} {step}"
                );
                let wall = midnight + chrono::Duration::minutes(i64::try_from(counter.below(4_000)).unwrap());
                let next = expected.iter().find(|(later, _)| *later > wall).unwrap();
                assert_eq!(recurrence.after_wall(&zone, wall).unwrap().wall, next.0, "{name} {wall} {step}");
            }
        }
    }
}
