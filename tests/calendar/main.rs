//! The calendar room: zones, hours, recurrences and windows, at the changes of clocks above all.
//!
//! What is stated by hand stands in tables. Everything else is compared with an oracle that walks along the time line with `jiff` alone
//! and shares no code with the room but the bytes of the zone database.
#![cfg(test)]
mod cadences;
mod clock_changes;
mod cron;
mod hours;
mod oracle;
mod windows;
mod zones;

use campanile::calendar::{OpenHours, Recurrence, Zone};
use campanile::language::Span;
use campanile::language::ast::DayWindow;
use campanile::model::Instant;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Weekday};

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

fn wall(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn weekday(text: &str) -> Weekday {
    text.parse().unwrap()
}

/// `09:00..21:00`, `22:00..02:00 on fri,sat`, `09:00..24:00`; several joined by ` and `.
fn windows(text: &str) -> Vec<DayWindow> {
    let window = |text: &str| {
        let (hours, days) = text.split_once(" on ").map_or((text, None), |(hours, days)| (hours, Some(days)));
        let (from, to) = hours.split_once("..").unwrap();
        DayWindow {
            from: time(from),
            to: (to != "24:00").then(|| time(to)),
            days: days.map(|days| days.split(',').map(weekday).collect()),
            span: Span::default(),
        }
    };
    text.split(" and ").map(window).collect()
}

fn hours(text: &str) -> OpenHours {
    OpenHours::new(&windows(text))
}

/// The first so many occurrences from an instant on, as `wall clock -> instant`.
fn occurrences(recurrence: &Recurrence, zone: &Zone, from: &str, count: usize) -> Vec<String> {
    recurrence
        .occurrences(zone, at(from))
        .take(count)
        .map(|next| format!("{} -> {}", next.wall.format("%Y-%m-%d %H:%M"), next.instant))
        .collect()
}

/// Numbers that look random and are the same on every run.
struct Counter(u64);

impl Counter {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// One of several, if there are any.
    fn one_of<T: Copy>(&mut self, several: &[T]) -> Option<T> {
        let place = self.next() % u64::try_from(several.len()).unwrap().max(1);
        several.get(usize::try_from(place).unwrap()).copied()
    }

    /// An instant from the first up to before the second.
    fn instant(&mut self, from: Instant, to: Instant) -> Instant {
        let length = u64::try_from(to.millis() - from.millis()).unwrap();
        Instant::from_millis(from.millis() + i64::try_from(self.below(length)).unwrap())
    }
}
