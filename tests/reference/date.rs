//! Windows of dates that properties hold (3.10), and what a property's date is.

use std::cell::RefCell;
use std::collections::HashMap;

use campanile::language::ast::{CalendarUnit, DateWindow, DateWindowKind, WindowKind};
use campanile::model::{Event, Instant, Record, Value};
use campanile::rulebook::Rulebook;
use chrono::{Datelike, Days, NaiveDate};

use super::clock::{Zone, start_of_unit, units_after, units_before};
use super::filter::View;
use super::tally::{self, note};

/// What a value is as a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dated {
    Day(NaiveDate),
    Instant(Instant),
}

/// The date that a value is, or the text of one.
pub fn dated(value: &Value, account: &Zone) -> Option<Dated> {
    match value {
        Value::Date(day) => Some(Dated::Day(*day)),
        Value::Instant(at) => Some(Dated::Instant(*at)),
        Value::Text(text) => read(text, account),
        _ => None,
    }
}

/// 3.10: a text without a time of day is a date; any other is what the door makes an instant of (1.9).
fn read(text: &str, account: &Zone) -> Option<Dated> {
    if text.len() < 8 {
        return None;
    }
    let bare = text.trim();
    let shape: String = bare.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if shape == "0000-00-00" {
        return bare.parse().ok().map(Dated::Day);
    }
    let event = Event {
        user: "u".into(),
        name: "E".into(),
        at: Instant::from_seconds(0),
        id: None,
        properties: [("i", Value::text(text))].into_iter().collect(),
    };
    let Record::Event(event) = door(account).admit(Record::Event(event)).record else { panic!() };
    match event.properties.get("i") {
        Some(Value::Instant(at)) => Some(Dated::Instant(*at)),
        _ => None,
    }
}

/// A rulebook whose door makes instants.
fn door(account: &Zone) -> Rulebook {
    thread_local! { static DOORS: RefCell<HashMap<String, Rulebook>> = RefCell::new(HashMap::new()); }
    let make = || {
        let rules = format!("settings {{ timezone {:?} }} event \"E\" {{ i: instant }}", account.name);
        Rulebook::parse("door.camp", &rules).unwrap()
    };
    DOORS.with_borrow_mut(|doors| doors.entry(account.name.clone()).or_insert_with(make).clone())
}

/// True when the value is a date that lies in the window.
pub fn falls(window: &DateWindow, value: &Value, view: &View) -> bool {
    let zone = if window.user_time { view.user } else { view.account };
    let (from, to) = stretch(&window.kind, zone, view);
    let answer = match dated(value, view.account) {
        Some(Dated::Instant(at)) => from <= at && at < to,
        Some(Dated::Day(day)) => touches(day, zone, from, to),
        None => false,
    };
    note(tally::of_date_window(&window.kind), answer)
}

/// True when a yearly return of the value's day, from its own year on, lies in the window.
pub fn anniversary_falls(window: &DateWindow, value: &Value, view: &View) -> bool {
    let zone = if window.user_time { view.user } else { view.account };
    let (from, to) = stretch(&window.kind, zone, view);
    let own = match dated(value, view.account) {
        Some(Dated::Instant(at)) => zone.day(at),
        Some(Dated::Day(day)) => day,
        None => return false,
    };
    // A stretch without an end or a beginning holds a return in the first years that it has.
    let bounded = |at: Instant| at.clamp(from_year(own.year().min(1900)), from_year(2300));
    let (first, last) = (zone.day(bounded(from)).year() - 1, zone.day(bounded(to)).year() + 1);
    (first.max(own.year())..=last.max(own.year())).any(|year| touches(in_year(own, year), zone, from, to))
}

/// The day of a date in a year: 29 February is 28 February in years without one.
pub fn in_year(own: NaiveDate, year: i32) -> NaiveDate {
    let same = NaiveDate::from_ymd_opt(year, own.month(), own.day());
    same.unwrap_or_else(|| NaiveDate::from_ymd_opt(year, 2, 28).unwrap())
}

fn from_year(year: i32) -> Instant {
    let day = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    Instant::from_millis(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis())
}

/// True when any instant of a day lies in [from, to).
fn touches(day: NaiveDate, zone: &Zone, from: Instant, to: Instant) -> bool {
    let (begins, ends) = (zone.start_of(day), zone.start_of(day + Days::new(1)));
    begins.max(from) < ends.min(to)
}

/// The stretch [from, to) that a window is, seen from now.
fn stretch(kind: &DateWindowKind, zone: &Zone, view: &View) -> (Instant, Instant) {
    let now = view.at;
    let with_now = now.next();
    let (ever, never) = (Instant::from_millis(i64::MIN), Instant::from_millis(i64::MAX));
    let this = |unit: CalendarUnit| start_of_unit(zone.day(now), unit, view.week_starts);
    // The start of the unit so many back, and so many ahead.
    let back = |count: u32, unit: CalendarUnit| zone.start_of(units_before(this(unit), count, unit));
    let ahead = |count: u32, unit: CalendarUnit| zone.start_of(units_after(this(unit), count, unit));
    match *kind {
        DateWindowKind::Next(length) => (now, now + length),
        DateWindowKind::NextCalendar(count, unit) => (now, ahead(count + 1, unit)),
        DateWindowKind::ExactlyAhead(count, unit) => (ahead(count, unit), ahead(count + 1, unit)),
        DateWindowKind::BetweenAhead(near, far) => (now + near, now + far),
        DateWindowKind::Past(past) => match past {
            WindowKind::Last(length) => ((now - length).next(), with_now),
            WindowKind::LastCalendar(count, unit) => (back(count, unit), with_now),
            WindowKind::This(unit) => (back(0, unit), ahead(1, unit)),
            WindowKind::Previous(unit) => (back(1, unit), back(0, unit)),
            WindowKind::ExactlyAgo(0, unit) => (back(0, unit), ahead(1, unit)),
            WindowKind::ExactlyAgo(count, unit) => (back(count, unit), back(count - 1, unit)),
            WindowKind::BetweenAgo(near, far) => ((now - far).next(), (now - near).next()),
            WindowKind::BetweenAgoCalendar(0, far, unit) => (back(far, unit), with_now),
            WindowKind::BetweenAgoCalendar(near, far, unit) => (back(far, unit), back(near - 1, unit)),
            WindowKind::MoreThanAgo(length) => (ever, (now - length).next()),
            WindowKind::After(day) => (zone.end_of(day), never),
            WindowKind::Since(day) => (zone.start_of(day), with_now),
            WindowKind::Before(day) => (ever, zone.start_of(day)),
            WindowKind::On(day) => (zone.start_of(day), zone.end_of(day)),
            WindowKind::FromTo(first, last) => (zone.start_of(first), zone.end_of(last)),
        },
    }
}
