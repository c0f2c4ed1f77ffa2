use campanile::calendar::{Recurrence, Zone};
use campanile::language::ast::Cadence;
use chrono::{Datelike, NaiveDate, Weekday};

use super::{Counter, date, occurrences, time, wall, weekday};

/// The days of a cadence at 09:00 in UTC, from a day on.
#[track_caller]
fn days(cadence: &Cadence, counted_from: Option<&str>, week_starts: Weekday, from: &str, expected: &[&str]) {
    let recurrence = Recurrence::every(cadence, time("09:00"), counted_from.map(date), week_starts);
    let found: Vec<String> =
        occurrences(&recurrence, &Zone::utc(), &format!("{from}T00:00:00Z"), expected.len())
            .into_iter()
            .map(|next| next.split(' ').next().unwrap().to_owned())
            .collect();
    assert_eq!(found, expected);
}

fn on(days: &str) -> Vec<Weekday> {
    days.split(',').map(weekday).collect()
}

#[test]
fn every_third_day_is_counted_from_the_run() {
    days(
        &Cadence::Days(3),
        Some("2026-11-01"),
        Weekday::Mon,
        "2026-11-01",
        &["2026-11-01", "2026-11-04", "2026-11-07"],
    );
    days(&Cadence::Days(3), Some("2026-11-01"), Weekday::Mon, "2026-12-30", &["2026-12-31", "2027-01-03"]);
    days(&Cadence::Days(3), Some("2026-11-01"), Weekday::Mon, "2026-10-25", &["2026-10-26", "2026-10-29"]);
}

#[test]
fn every_week_on_some_days() {
    let cadence = Cadence::Weeks { every: 1, days: on("mon,fri") };
    days(
        &cadence,
        None,
        Weekday::Mon,
        "2026-11-03",
        &["2026-11-06", "2026-11-09", "2026-11-13", "2026-11-16"],
    );
    let sunday = Cadence::Weeks { every: 1, days: on("sun") };
    days(&sunday, None, Weekday::Mon, "2026-11-08", &["2026-11-08", "2026-11-15"]);
}

#[test]
fn every_second_week_is_counted_from_the_week_of_the_run() {
    let cadence = Cadence::Weeks { every: 2, days: on("mon,sun") };
    // 2026-11-01 is a Sunday: the end of a week that began on Monday 26 October.
    days(
        &cadence,
        Some("2026-11-01"),
        Weekday::Mon,
        "2026-11-01",
        &["2026-11-01", "2026-11-09", "2026-11-15", "2026-11-23"],
    );
    // Where weeks begin on Sunday, it begins one.
    days(
        &cadence,
        Some("2026-11-01"),
        Weekday::Sun,
        "2026-11-01",
        &["2026-11-01", "2026-11-02", "2026-11-15", "2026-11-16"],
    );
    days(
        &cadence,
        Some("2026-11-01"),
        Weekday::Mon,
        "2026-10-10",
        &["2026-10-12", "2026-10-18", "2026-10-26", "2026-11-01"],
    );
}

#[test]
fn a_month_without_the_31st_is_skipped_or_takes_its_last_day() {
    let strict = Cadence::MonthDays { every: 1, days: vec![31], or_last: false };
    days(
        &strict,
        None,
        Weekday::Mon,
        "2026-01-15",
        &["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31", "2026-08-31"],
    );
    let last = Cadence::MonthDays { every: 1, days: vec![31], or_last: true };
    days(&last, None, Weekday::Mon, "2028-01-15", &["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]);
    days(&last, None, Weekday::Mon, "2026-02-01", &["2026-02-28", "2026-03-31"]);
    let both = Cadence::MonthDays { every: 1, days: vec![1, 30, 31], or_last: true };
    days(
        &both,
        None,
        Weekday::Mon,
        "2026-02-01",
        &[
            "2026-02-01",
            "2026-02-28",
            "2026-03-01",
            "2026-03-30",
            "2026-03-31",
            "2026-04-01",
            "2026-04-30",
            "2026-05-01",
        ],
    );
    let leap = Cadence::MonthDays { every: 1, days: vec![29], or_last: false };
    days(&leap, None, Weekday::Mon, "2027-01-30", &["2027-03-29"]);
    days(&leap, None, Weekday::Mon, "2028-01-30", &["2028-02-29"]);
}

#[test]
fn every_third_month_is_counted_from_the_month_of_the_run() {
    let cadence = Cadence::MonthDays { every: 3, days: vec![1, 15], or_last: false };
    days(
        &cadence,
        Some("2026-11-20"),
        Weekday::Mon,
        "2026-11-01",
        &["2026-11-01", "2026-11-15", "2027-02-01", "2027-02-15", "2027-05-01"],
    );
    days(&cadence, Some("2026-11-20"), Weekday::Mon, "2026-09-01", &["2026-11-01"]);
}

#[test]
fn the_nth_and_the_last_of_a_weekday() {
    let second = Cadence::MonthWeekday { every: 1, nth: 2, day: Weekday::Tue };
    days(&second, None, Weekday::Mon, "2026-11-01", &["2026-11-10", "2026-12-08", "2027-01-12"]);
    let last = Cadence::MonthWeekday { every: 1, nth: -1, day: Weekday::Fri };
    days(&last, None, Weekday::Mon, "2026-10-31", &["2026-11-27", "2026-12-25", "2027-01-29", "2027-02-26"]);
    let first = Cadence::MonthWeekday { every: 2, nth: 1, day: Weekday::Sun };
    days(&first, Some("2026-11-30"), Weekday::Mon, "2026-11-01", &["2026-11-01", "2027-01-03", "2027-03-07"]);
    let fourth = Cadence::MonthWeekday { every: 1, nth: 4, day: Weekday::Mon };
    days(&fourth, None, Weekday::Mon, "2026-02-01", &["2026-02-23", "2026-03-23"]);
}

#[test]
fn what_never_comes_ends() {
    let never = [
        Recurrence::every(
            &Cadence::MonthDays { every: 12, days: vec![30], or_last: false },
            time("09:00"),
            Some(date("2026-02-01")),
            Weekday::Mon,
        ),
        Recurrence::every(
            &Cadence::MonthDays { every: 1, days: vec![], or_last: true },
            time("09:00"),
            None,
            Weekday::Mon,
        ),
        Recurrence::every(
            &Cadence::MonthDays { every: 1, days: vec![0, 32], or_last: true },
            time("09:00"),
            None,
            Weekday::Mon,
        ),
        Recurrence::every(&Cadence::Weeks { every: 1, days: vec![] }, time("09:00"), None, Weekday::Mon),
        Recurrence::every(
            &Cadence::MonthWeekday { every: 1, nth: 0, day: Weekday::Mon },
            time("09:00"),
            None,
            Weekday::Mon,
        ),
        Recurrence::once(date("1850-01-01"), time("09:00")),
        Recurrence::once(NaiveDate::MAX, time("09:00")),
    ];
    for recurrence in never {
        assert_eq!(recurrence.after_wall(&Zone::utc(), wall("1900-01-01 00:00")), None, "{recurrence:?}");
    }
}

#[test]
fn numbers_beyond_reason_are_answered() {
    for every in [0, 1, u32::MAX] {
        for cadence in [
            Cadence::Days(every),
            Cadence::Weeks { every, days: on("mon") },
            Cadence::MonthDays { every, days: vec![1], or_last: false },
            Cadence::MonthWeekday { every, nth: -128, day: Weekday::Mon },
        ] {
            for counted_from in [None, Some(NaiveDate::MIN), Some(NaiveDate::MAX), Some(date("2026-11-01"))] {
                let recurrence = Recurrence::every(&cadence, time("09:00"), counted_from, Weekday::Sun);
                for from in [chrono::NaiveDateTime::MIN, wall("2026-01-01 00:00"), chrono::NaiveDateTime::MAX]
                {
                    let next = recurrence.after_wall(&Zone::utc(), from);
                    assert!(next.is_none_or(|next| next.wall > from));
                }
            }
        }
    }
}

/// Every day of some years is asked whether it is one of the cadence's, in words of `chrono` only.
#[test]
fn cadences_agree_with_asking_every_day() {
    let mut counter = Counter(5);
    for _ in 0..400 {
        let every = u32::try_from(counter.below(4)).unwrap() + 1;
        let anchor = date("2025-06-01") + chrono::Days::new(counter.below(900));
        let week_starts = if counter.below(2) == 0 { Weekday::Mon } else { Weekday::Sun };
        let weekdays: Vec<Weekday> =
            (0..7_u8).filter(|_| counter.below(3) == 0).map(|day| Weekday::try_from(day).unwrap()).collect();
        let dates: Vec<u32> = (1..=31).filter(|_| counter.below(8) == 0).collect();
        let day = Weekday::try_from(u8::try_from(counter.below(7)).unwrap()).unwrap();
        let cadence = match counter.below(5) {
            0 => Cadence::Days(every),
            1 => Cadence::Weeks { every, days: weekdays },
            2 => Cadence::MonthDays { every, days: dates, or_last: false },
            3 => Cadence::MonthDays { every, days: dates, or_last: true },
            _ => Cadence::MonthWeekday { every, nth: [1, 2, 3, 4, -1][counter.below(5) as usize], day },
        };
        let from = date("2026-01-01") + chrono::Days::new(counter.below(700));
        let expected: Vec<NaiveDate> =
            from.iter_days().take(800).filter(|day| falls_on(&cadence, anchor, week_starts, *day)).collect();
        let recurrence = Recurrence::every(&cadence, time("00:00"), Some(anchor), week_starts);
        let mut after = from.pred_opt().unwrap().and_time(time("12:00"));
        for expected in &expected {
            let next = recurrence.after_wall(&Zone::utc(), after).unwrap();
            assert_eq!(next.wall.date(), *expected, "{cadence:?} {anchor} {week_starts}");
            after = next.wall;
        }
    }
}

fn falls_on(cadence: &Cadence, anchor: NaiveDate, week_starts: Weekday, day: NaiveDate) -> bool {
    let months = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month());
    let in_month = |every: u32| (months(day) - months(anchor)) % i64::from(every) == 0;
    let last = |day: NaiveDate| day.succ_opt().unwrap().month() != day.month();
    match cadence {
        Cadence::Days(every) => (day - anchor).num_days() % i64::from(*every) == 0,
        Cadence::Weeks { every, days } => {
            let (week, first) = (day.week(week_starts).first_day(), anchor.week(week_starts).first_day());
            days.contains(&day.weekday()) && (week - first).num_weeks() % i64::from(*every) == 0
        }
        Cadence::MonthDays { every, days, or_last } => {
            let missing = days.iter().any(|date| *date > day.day());
            in_month(*every) && (days.contains(&day.day()) || *or_last && last(day) && missing)
        }
        Cadence::MonthWeekday { every, nth, day: weekday } => {
            let place = i8::try_from((day.day() - 1) / 7 + 1).unwrap();
            let is_last = (day + chrono::Days::new(7)).month() != day.month();
            in_month(*every) && day.weekday() == *weekday && (place == *nth || *nth == -1 && is_last)
        }
    }
}
