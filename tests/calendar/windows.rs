//! The windows of conditions, as docs/semantics.md 3.4 has them.

use campanile::calendar::{Zone, bounds};
use campanile::language::ast::{CalendarUnit, WindowKind};
use campanile::model::{Duration, Instant};
use chrono::Weekday;

use super::oracle::{self, jiff_zone, zone_names};
use super::{Counter, at, date, zone};

use CalendarUnit::{Day, Month, Week, Year};
use WindowKind::{
    Before, BetweenAgo, BetweenAgoCalendar, ExactlyAgo, FromTo, Last, LastCalendar, On, Previous, Since, This,
};

/// The instants of a window, in the zone's wall clock at the start and at the end; `now` stands for the instant just after now.
#[track_caller]
fn is(kind: WindowKind, now: &str, name: &str, week_starts: Weekday, start: &str, end: &str) {
    let zone = zone(name);
    let end = if end == "now" { at(now).next() } else { at(end) };
    assert_eq!(bounds(&kind, at(now), &zone, week_starts), (at(start), end), "{kind:?}");
}

const DAYS: fn(i64) -> Duration = |days| Duration::from_seconds(days * 86_400);

#[test]
fn rolling_windows_are_exact_lengths() {
    let new_york =
        |kind, start, end| is(kind, "2026-03-10T12:00:00Z", "America/New_York", Weekday::Mon, start, end);
    // 168 hours, though one of the days had 23.
    new_york(Last(DAYS(7)), "2026-03-03T12:00:00.001Z", "now");
    new_york(BetweenAgo(DAYS(1), DAYS(3)), "2026-03-07T12:00:00.001Z", "2026-03-09T12:00:00.001Z");
    new_york(BetweenAgo(DAYS(0), DAYS(1)), "2026-03-09T12:00:00.001Z", "now");
}

#[test]
fn calendar_windows_are_cut_at_midnight_of_the_zone() {
    // 2026-03-10 is a Tuesday; on the 8th New York's clocks went forward.
    let new_york =
        |kind, start, end| is(kind, "2026-03-10T12:00:00Z", "America/New_York", Weekday::Mon, start, end);
    new_york(This(Day), "2026-03-10T04:00:00Z", "now");
    new_york(Previous(Day), "2026-03-09T04:00:00Z", "2026-03-10T04:00:00Z");
    new_york(ExactlyAgo(2, Day), "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"); // 23 hours
    new_york(ExactlyAgo(0, Day), "2026-03-10T04:00:00Z", "now");
    new_york(LastCalendar(7, Day), "2026-03-03T05:00:00Z", "now");
    new_york(LastCalendar(0, Day), "2026-03-10T04:00:00Z", "now");
    new_york(BetweenAgoCalendar(1, 3, Day), "2026-03-07T05:00:00Z", "2026-03-10T04:00:00Z");
    new_york(BetweenAgoCalendar(0, 3, Day), "2026-03-07T05:00:00Z", "now");
    new_york(This(Month), "2026-03-01T05:00:00Z", "now");
    new_york(Previous(Month), "2026-02-01T05:00:00Z", "2026-03-01T05:00:00Z");
    new_york(This(Year), "2026-01-01T05:00:00Z", "now");
    new_york(Previous(Year), "2025-01-01T05:00:00Z", "2026-01-01T05:00:00Z");
}

#[test]
fn weeks_begin_on_monday_or_on_sunday() {
    // A Sunday: the end of a week, or its beginning.
    let sunday =
        |kind, week_starts, start, end| is(kind, "2026-11-08T12:00:00Z", "UTC", week_starts, start, end);
    sunday(This(Week), Weekday::Mon, "2026-11-02T00:00:00Z", "now");
    sunday(This(Week), Weekday::Sun, "2026-11-08T00:00:00Z", "now");
    sunday(Previous(Week), Weekday::Mon, "2026-10-26T00:00:00Z", "2026-11-02T00:00:00Z");
    sunday(Previous(Week), Weekday::Sun, "2026-11-01T00:00:00Z", "2026-11-08T00:00:00Z");
    sunday(LastCalendar(2, Week), Weekday::Mon, "2026-10-19T00:00:00Z", "now");
    sunday(LastCalendar(2, Week), Weekday::Sun, "2026-10-25T00:00:00Z", "now");
    sunday(BetweenAgoCalendar(1, 2, Week), Weekday::Sun, "2026-10-25T00:00:00Z", "2026-11-08T00:00:00Z");
    // The autumn week of New York has 169 hours, wherever it begins.
    let new_york = |week_starts, start, end| {
        is(Previous(Week), "2026-11-10T12:00:00Z", "America/New_York", week_starts, start, end);
    };
    new_york(Weekday::Mon, "2026-11-02T05:00:00Z", "2026-11-09T05:00:00Z");
    new_york(Weekday::Sun, "2026-11-01T04:00:00Z", "2026-11-08T05:00:00Z");
}

#[test]
fn months_and_years_end_where_they_end() {
    let last_day = |kind, start, end| is(kind, "2028-03-31T23:30:00Z", "UTC", Weekday::Mon, start, end);
    last_day(Previous(Month), "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z");
    last_day(ExactlyAgo(1, Month), "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z");
    last_day(ExactlyAgo(4, Month), "2027-11-01T00:00:00Z", "2027-12-01T00:00:00Z");
    last_day(LastCalendar(15, Month), "2026-12-01T00:00:00Z", "now");
    last_day(BetweenAgoCalendar(3, 14, Month), "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
    last_day(ExactlyAgo(2, Year), "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
    last_day(LastCalendar(28, Year), "2000-01-01T00:00:00Z", "now");
    // In Kolkata it is already April, and in Honolulu New Year is yet to come.
    is(This(Month), "2028-03-31T23:30:00Z", "Asia/Kolkata", Weekday::Mon, "2028-03-31T18:30:00Z", "now");
    is(This(Year), "2027-01-01T05:00:00Z", "Pacific/Honolulu", Weekday::Mon, "2026-01-01T10:00:00Z", "now");
}

#[test]
fn dates_are_whole_days_and_end_now() {
    let kolkata =
        |kind, start, end| is(kind, "2026-11-03T10:00:00+05:30", "Asia/Kolkata", Weekday::Mon, start, end);
    kolkata(Since(date("2026-11-01")), "2026-11-01T00:00:00+05:30", "now");
    kolkata(Since(date("2026-11-03")), "2026-11-03T00:00:00+05:30", "now");
    kolkata(Before(date("2026-11-01")), "1900-01-01T00:00:00Z", "2026-11-01T00:00:00+05:30");
    kolkata(Before(date("2026-12-01")), "1900-01-01T00:00:00Z", "now");
    kolkata(On(date("2026-11-02")), "2026-11-02T00:00:00+05:30", "2026-11-03T00:00:00+05:30");
    kolkata(On(date("2026-11-03")), "2026-11-03T00:00:00+05:30", "now");
    kolkata(
        FromTo(date("2026-10-01"), date("2026-10-31")),
        "2026-10-01T00:00:00+05:30",
        "2026-11-01T00:00:00+05:30",
    );
    kolkata(FromTo(date("2026-10-01"), date("2026-12-31")), "2026-10-01T00:00:00+05:30", "now");
}

#[test]
fn what_lies_ahead_or_runs_backwards_is_empty() {
    let now = at("2026-11-03T10:00:00Z");
    for kind in [
        Since(date("2026-12-01")),
        On(date("2026-11-04")),
        FromTo(date("2026-12-01"), date("2026-12-31")),
        FromTo(date("2026-10-31"), date("2026-10-01")),
        BetweenAgo(DAYS(3), DAYS(1)),
        BetweenAgoCalendar(4, 2, Day),
    ] {
        let (start, end) = bounds(&kind, now, &Zone::utc(), Weekday::Mon);
        assert_eq!(start, end, "{kind:?}");
        assert!(end <= now.next(), "{kind:?}");
    }
}

#[test]
fn days_whose_midnight_does_not_exist_and_a_day_that_never_was() {
    let santiago =
        |kind, start, end| is(kind, "2026-09-06T18:00:00Z", "America/Santiago", Weekday::Sun, start, end);
    santiago(This(Day), "2026-09-06T04:00:00Z", "now");
    santiago(Previous(Day), "2026-09-05T04:00:00Z", "2026-09-06T04:00:00Z");
    santiago(This(Week), "2026-09-06T04:00:00Z", "now");
    let apia = |kind, start, end| is(kind, "2011-12-30T20:00:00Z", "Pacific/Apia", Weekday::Mon, start, end);
    apia(This(Day), "2011-12-30T10:00:00Z", "now"); // the 31st
    apia(Previous(Day), "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"); // nothing
    apia(ExactlyAgo(2, Day), "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z");
    apia(On(date("2011-12-30")), "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z");
    apia(FromTo(date("2011-12-29"), date("2011-12-30")), "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z");
}

#[test]
fn every_zone_cuts_days_where_a_walk_along_its_clock_does() {
    let mut counter = Counter(8);
    for name in zone_names().step_by(3) {
        let (zone, slow) = (zone(name), jiff_zone(name));
        let changes = oracle::changes(&slow);
        for _ in 0..4 {
            let anywhere = counter.instant(at("1972-02-01T00:00:00Z"), at("2199-12-01T00:00:00Z"));
            let around = counter.one_of(&changes).unwrap_or(anywhere);
            let now = counter.instant(around - DAYS(1), around + DAYS(2));
            let today = oracle::local(&slow, now).date();
            let (start, end) = bounds(&This(Day), now, &zone, Weekday::Mon);
            assert_eq!((start, end), (oracle::day_start(&slow, today), now.next()), "{name} {now}");
            let (start, end) = bounds(&Previous(Day), now, &zone, Weekday::Mon);
            let yesterday = oracle::day_start(&slow, today.pred_opt().unwrap());
            assert_eq!((start, end), (yesterday, oracle::day_start(&slow, today)), "{name} {now}");
        }
    }
}

#[test]
fn numbers_beyond_reason_are_answered() {
    let mut kinds = vec![
        Last(Duration::from_millis(i64::MAX)),
        BetweenAgo(Duration::from_millis(0), Duration::from_millis(i64::MAX)),
    ];
    for unit in [Day, Week, Month, Year] {
        kinds.extend([
            LastCalendar(u32::MAX, unit),
            ExactlyAgo(u32::MAX, unit),
            BetweenAgoCalendar(u32::MAX, u32::MAX, unit),
        ]);
        kinds.extend([This(unit), Previous(unit)]);
    }
    for day in [chrono::NaiveDate::MIN, chrono::NaiveDate::MAX] {
        kinds.extend([Since(day), Before(day), On(day), FromTo(day, day)]);
    }
    for kind in kinds {
        for now in
            [i64::MIN, Instant::MIN.millis(), 0, Instant::MAX.millis(), i64::MAX].map(Instant::from_millis)
        {
            for week_starts in [Weekday::Mon, Weekday::Sun] {
                let (start, end) = bounds(&kind, now, &zone("America/New_York"), week_starts);
                assert!(start <= end && end <= now.next(), "{kind:?} {now}");
            }
        }
    }
}
