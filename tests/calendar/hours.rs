use campanile::calendar::OpenHours;
use campanile::model::{Duration, Instant};

use super::oracle::{self, jiff_zone, zone_names};
use super::{Counter, at, hours, windows, zone};

const DAY: Duration = Duration::from_seconds(86_400);

/// The stretches between two instants in which hours are open.
#[track_caller]
fn open(hours: &OpenHours, name: &str, from: &str, to: &str, expected: &[(&str, &str)]) {
    let zone = zone(name);
    let mut found = Vec::new();
    let mut now = at(from);
    while let Some(start) = hours.next_open(&zone, now).filter(|start| *start < at(to)) {
        assert!(hours.is_open(&zone, start));
        let end = hours.next_closed(&zone, start).unwrap();
        assert!(!hours.is_open(&zone, end) && hours.is_open(&zone, Instant::from_millis(end.millis() - 1)));
        found.push((start.to_string(), end.to_string()));
        now = end;
    }
    let expected: Vec<(String, String)> =
        expected.iter().map(|(start, end)| ((*start).to_owned(), (*end).to_owned())).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_closing_minute_is_outside() {
    let hours = hours("09:00..21:00");
    let zone = zone("Asia/Kolkata");
    for (text, is_open) in [
        ("2026-11-03T08:59:59.999+05:30", false),
        ("2026-11-03T09:00:00+05:30", true),
        ("2026-11-03T20:59:59.999+05:30", true),
        ("2026-11-03T21:00:00+05:30", false),
    ] {
        assert_eq!(hours.is_open(&zone, at(text)), is_open, "{text}");
    }
    assert_eq!(
        hours.next_open(&zone, at("2026-11-03T21:00:00+05:30")),
        Some(at("2026-11-04T09:00:00+05:30"))
    );
    let inside = at("2026-11-03T12:34:56.789+05:30");
    assert_eq!(hours.next_open(&zone, inside), Some(inside));
    assert_eq!(hours.next_closed(&zone, inside), Some(at("2026-11-03T21:00:00+05:30")));
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_opened() {
    // 2026-11-06 is a Friday.
    let nights = hours("22:00..02:00 on fri,sun");
    open(
        &nights,
        "UTC",
        "2026-11-02T03:00:00Z",
        "2026-11-16T03:00:00Z",
        &[
            ("2026-11-06T22:00:00Z", "2026-11-07T02:00:00Z"),
            ("2026-11-08T22:00:00Z", "2026-11-09T02:00:00Z"),
            ("2026-11-13T22:00:00Z", "2026-11-14T02:00:00Z"),
            ("2026-11-15T22:00:00Z", "2026-11-16T02:00:00Z"),
        ],
    );
    let monday_morning = at("2026-11-09T01:59:00Z");
    assert!(nights.is_open(&zone("UTC"), monday_morning));
    assert!(!nights.is_open(&zone("UTC"), at("2026-11-07T22:30:00Z")));
}

#[test]
fn windows_that_touch_or_overlap_are_one() {
    let day = hours("09:00..12:00 and 12:00..14:00 and 13:00..21:00 and 10:00..11:00");
    open(
        &day,
        "UTC",
        "2026-11-03T00:00:00Z",
        "2026-11-04T00:00:00Z",
        &[("2026-11-03T09:00:00Z", "2026-11-03T21:00:00Z")],
    );
}

#[test]
fn a_window_to_midnight_meets_the_next_that_begins_there() {
    let days = hours("18:00..24:00 on sun and 00:00..06:00 on mon");
    open(
        &days,
        "UTC",
        "2026-11-02T12:00:00Z",
        "2026-11-15T00:00:00Z",
        &[("2026-11-08T18:00:00Z", "2026-11-09T06:00:00Z")],
    );
    let twice_round = hours("18:00..18:00 on sun");
    open(
        &twice_round,
        "UTC",
        "2026-11-03T12:00:00Z",
        "2026-11-15T00:00:00Z",
        &[("2026-11-08T18:00:00Z", "2026-11-09T18:00:00Z")],
    );
}

#[test]
fn a_window_is_open_in_both_passes_of_the_repeated_hour_and_not_in_the_gap() {
    let hours = hours("01:30..02:30");
    open(
        &hours,
        "America/New_York",
        "2026-03-07T12:00:00Z",
        "2026-03-09T12:00:00Z",
        &[("2026-03-08T06:30:00Z", "2026-03-08T07:00:00Z"), ("2026-03-09T05:30:00Z", "2026-03-09T06:30:00Z")],
    );
    open(
        &hours,
        "America/New_York",
        "2026-10-31T12:00:00Z",
        "2026-11-01T12:00:00Z",
        &[("2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z"), ("2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z")],
    );
    open(
        &hours,
        "Europe/London",
        "2026-03-28T12:00:00Z",
        "2026-03-29T12:00:00Z",
        &[("2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z")],
    );
    open(
        &hours,
        "Europe/London",
        "2026-10-24T12:00:00Z",
        "2026-10-25T12:00:00Z",
        &[("2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"), ("2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z")],
    );
}

#[test]
fn half_an_hour_and_midnight_are_skipped_and_repeated_alike() {
    let narrow = hours("01:45..02:15");
    open(
        &narrow,
        "Australia/Lord_Howe",
        "2026-10-03T02:00:00Z",
        "2026-10-04T02:00:00Z",
        &[("2026-10-03T15:15:00Z", "2026-10-03T15:30:00Z")],
    );
    // 01:45 to 02:00, back to 01:30, and 01:45 to 02:15 once more.
    open(
        &narrow,
        "Australia/Lord_Howe",
        "2026-04-04T02:00:00Z",
        "2026-04-05T02:00:00Z",
        &[("2026-04-04T14:45:00Z", "2026-04-04T15:00:00Z"), ("2026-04-04T15:15:00Z", "2026-04-04T15:45:00Z")],
    );
    let late = hours("23:30..00:30");
    open(
        &late,
        "America/Santiago",
        "2026-09-05T12:00:00Z",
        "2026-09-06T12:00:00Z",
        &[("2026-09-06T03:30:00Z", "2026-09-06T04:00:00Z")],
    );
    open(
        &late,
        "America/Santiago",
        "2026-04-04T12:00:00Z",
        "2026-04-05T12:00:00Z",
        &[("2026-04-05T02:30:00Z", "2026-04-05T03:00:00Z"), ("2026-04-05T03:30:00Z", "2026-04-05T04:30:00Z")],
    );
}

#[test]
fn a_window_inside_the_gap_waits_for_the_next_day() {
    open(
        &hours("02:00..03:00"),
        "America/New_York",
        "2026-03-07T12:00:00Z",
        "2026-03-09T12:00:00Z",
        &[("2026-03-09T06:00:00Z", "2026-03-09T07:00:00Z")],
    );
    open(
        &hours("10:00..11:00 on fri"),
        "Pacific/Apia",
        "2011-12-24T00:00:00Z",
        "2012-01-08T00:00:00Z",
        &[("2012-01-05T20:00:00Z", "2012-01-05T21:00:00Z")],
    );
}

#[test]
fn every_zone_agrees_with_a_walk_along_its_clock() {
    let both = |text: &str| (windows(text), hours(text));
    let daily =
        ["09:00..21:00", "21:00..09:00", "23:30..00:30", "01:30..02:15", "00:00..06:00 and 23:00..24:00"]
            .map(both);
    let weekly = [
        "09:00..18:00 on mon,tue,wed,thu,fri",
        "22:00..02:00 on fri,sat",
        "00:00..24:00 on sat,sun",
        "08:00..12:00 and 16:00..20:00 on tue,thu and 20:00..08:00 on sun",
        "12:00..12:00 on wed",
    ]
    .map(both);
    let mut counter = Counter(1);
    for name in zone_names() {
        let (zone, slow) = (zone(name), jiff_zone(name));
        let changes = oracle::changes(&slow);
        for round in 0..60 {
            // Half of them within a day of a change of the clocks, where there are any.
            let now = match counter.one_of(&changes).filter(|_| round % 2 == 0) {
                Some(change) => counter.instant(change - DAY, change + DAY),
                None => counter.instant(at("1972-02-01T00:00:00Z"), at("2199-12-01T00:00:00Z")),
            };
            // Over days on end, the walk is long.
            let sets = if round % 9 == 0 { &weekly } else { &daily };
            let (windows, hours) = &sets[usize::try_from(counter.below(5)).unwrap()];
            let is_open = oracle::is_open(windows, oracle::local(&slow, now));
            assert_eq!(hours.is_open(&zone, now), is_open, "{name} {now} {windows:?}");
            let expected = oracle::walk(&slow, now, 9, |local| oracle::is_open(windows, local) != is_open);
            let (changed, same) = match is_open {
                true => (hours.next_closed(&zone, now), hours.next_open(&zone, now)),
                false => (hours.next_open(&zone, now), hours.next_closed(&zone, now)),
            };
            assert_eq!(changed, expected, "{name} {now} {windows:?}");
            assert_eq!(same, Some(now), "{name} {now} {windows:?}");
        }
    }
}
