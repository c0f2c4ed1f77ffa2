//! Triggers by dates: when a date, moved by so much, comes round.

use chrono::{Datelike, NaiveDateTime, NaiveTime};

use crate::calendar::{Occurrence, Zone, anniversary};
use crate::language::ast::{Offset, OffsetLength};
use crate::model::{Duration, Instant, Properties, Text, Value};

use super::Clock;
use super::predicate::{Read, reach_each, read};

/// When a date fires, and in whose time.
#[derive(Debug)]
pub(crate) struct DatePlan {
    pub(crate) campaign: u32,
    pub(crate) clock: Clock,
    shift: Shift,
    /// The time of day; without one, the date's own.
    at: Option<NaiveTime>,
    /// In each year from its own on.
    pub(crate) yearly: bool,
}

/// How far from the date.
#[derive(Debug, Clone, Copy)]
enum Shift {
    Exact(Duration),
    /// Whole days, on the wall clock.
    Days(i64),
}

/// A date of a profile that fires.
#[derive(Debug)]
pub(crate) struct ProfileDatePlan {
    pub(crate) date: DatePlan,
    /// The property as rules write it.
    pub(crate) name: Text,
    pub(crate) root: Text,
    pub(crate) rest: Box<[Text]>,
    /// For each `unless`, the value that an event must have to end the message: there is no event for `matching`.
    pub(crate) unless: Box<[Option<u128>]>,
}

impl ProfileDatePlan {
    /// The date that a profile holds now.
    pub(crate) fn read(&self, profile: &Properties, account: &Zone) -> Option<Read> {
        date_of(profile.get(&self.root), &self.rest, account)
    }
}

/// The one date that a path reaches below a property; none when it reaches none or several.
pub(crate) fn date_of(value: Option<&Value>, rest: &[Text], account: &Zone) -> Option<Read> {
    let mut found = None;
    let several = reach_each(value?, rest, &mut |value| {
        let date = read(value, account);
        let second = date.is_some() && found.is_some();
        found = found.or(date);
        second
    });
    if several { None } else { found }
}

impl DatePlan {
    pub(crate) fn new(
        campaign: u32,
        clock: Clock,
        offset: Option<&Offset>,
        at: Option<NaiveTime>,
        yearly: bool,
    ) -> DatePlan {
        let shift = match offset {
            None => Shift::Days(0),
            Some(Offset { before, length: OffsetLength::CalendarDays(days) }) => {
                Shift::Days(if *before { -i64::from(*days) } else { i64::from(*days) })
            }
            Some(Offset { before, length: OffsetLength::Exact(length) }) => {
                Shift::Exact(if *before { Duration::from_millis(-length.millis()) } else { *length })
            }
        };
        // At the date itself, it is the value as it is.
        let shift = match (offset, at) {
            (None, None) => Shift::Exact(Duration::from_millis(0)),
            _ => shift,
        };
        DatePlan { campaign, clock, shift, at, yearly }
    }

    /// The zone in which its days begin and its clock is read, for a user's.
    pub(crate) fn zone<'z>(&'z self, user: &'z Zone) -> &'z Zone {
        self.clock.zone(user)
    }

    /// When a date fires, as it is.
    pub(crate) fn occurrence(&self, date: Read, zone: &Zone) -> Option<Occurrence> {
        let wall = match date {
            Read::Date(day) => day.and_time(NaiveTime::MIN),
            Read::Instant(at) => zone.to_local(at),
        };
        let exact = match date {
            Read::Date(day) => zone.day_start(day),
            Read::Instant(at) => at,
        };
        self.moved(wall, exact, zone)
    }

    fn moved(&self, wall: NaiveDateTime, exact: Instant, zone: &Zone) -> Option<Occurrence> {
        match self.shift {
            Shift::Exact(length) => {
                let instant = exact + length;
                Some(Occurrence { wall: zone.to_local(instant), instant })
            }
            Shift::Days(days) => {
                let day = wall.date().checked_add_signed(chrono::Duration::days(days))?;
                let wall = day.and_time(self.at.unwrap_or(wall.time()));
                Some(Occurrence { wall, instant: zone.resolve(wall) })
            }
        }
        .filter(|occurrence| occurrence.instant.is_supported())
    }

    /// The first time from an instant on at which it fires, but for one wall clock: the one that has fired.
    pub(crate) fn first_from(
        &self,
        date: Read,
        zone: &Zone,
        from: Instant,
        fired: Option<NaiveDateTime>,
    ) -> Option<Occurrence> {
        let fits = |next: &Occurrence| next.instant >= from && fired != Some(next.wall);
        if !self.yearly {
            return self.occurrence(date, zone).filter(fits);
        }
        let first = match date {
            Read::Date(day) => day.and_time(NaiveTime::MIN),
            Read::Instant(at) => zone.to_local(at),
        };
        let back = match self.shift {
            Shift::Exact(length) => length.millis(),
            Shift::Days(days) => days.saturating_mul(86_400_000),
        };
        let from = from.max(Instant::MIN);
        let about =
            Instant::from_millis(from.millis().saturating_sub(back)).max(Instant::MIN).min(Instant::MAX);
        let year = first.year().max(zone.to_local(about).year().saturating_sub(1));
        // Two years further on lies the next one, if any; one more has fired, and clocks differ by a day.
        (year..=year.saturating_add(5)).find_map(|year| {
            let wall = anniversary(first.date(), year)?.and_time(first.time());
            let exact = match date {
                Read::Date(_) => zone.day_start(wall.date()),
                Read::Instant(_) => zone.resolve(wall),
            };
            self.moved(wall, exact, zone).filter(fits)
        })
    }
}
