//! A zone's clock, walked along minute by minute.

use campanile::model::Instant;
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub const MINUTE: i64 = 60_000;
pub const DAY: i64 = 1_440;

/// What a clock shows at each minute of a stretch of time. Minutes are counted since 1970, of UTC and of the clock alike.
pub struct Walk {
    /// The first minute.
    from: i64,
    /// What the clock shows at it and each one after.
    shown: Vec<i64>,
    /// The least that is ever shown.
    least: i64,
    /// For each minute of the clock from the least on, when it is first shown; of those that are never shown, when the clock has jumped over them.
    first: Vec<i64>,
}

impl Walk {
    /// From a minute up to another.
    pub fn new(zone: &TimeZone, from: i64, to: i64) -> Walk {
        let show = |minute: i64| {
            let offset = zone.to_offset(timestamp(minute * MINUTE)).seconds();
            assert_eq!(offset % 60, 0, "a clock that is no whole minutes from UTC");
            minute + i64::from(offset) / 60
        };
        let shown: Vec<i64> = (from..to).map(show).collect();
        let (least, most) = (*shown.iter().min().unwrap(), *shown.iter().max().unwrap());
        let mut first = vec![None; usize::try_from(most - least + 1).unwrap()];
        let place = |minute: i64| usize::try_from(minute - least).unwrap();
        for (at, minute) in (from..).zip(&shown) {
            first[place(*minute)].get_or_insert(at);
        }
        // A time that does not exist is the first instant after the gap.
        for (before, (at, pair)) in (from + 1..).zip(shown.windows(2)).enumerate() {
            assert_eq!(shown[before], pair[0]);
            for skipped in pair[0] + 1..pair[1] {
                first[place(skipped)].get_or_insert(at);
            }
        }
        let first = first.into_iter().map(Option::unwrap).collect();
        Walk { from, shown, least, first }
    }

    /// All minutes, with what the clock shows at each.
    pub fn minutes(&self) -> impl DoubleEndedIterator<Item = (i64, i64)> + ExactSizeIterator {
        self.shown.iter().enumerate().map(|(place, shown)| (self.from + place as i64, *shown))
    }

    /// The first minute.
    pub fn from(&self) -> i64 {
        self.from
    }

    /// What the clock shows at a minute.
    pub fn shown(&self, minute: i64) -> i64 {
        self.shown[usize::try_from(minute - self.from).unwrap()]
    }

    /// When a minute of the clock is first shown, or jumped over.
    pub fn first(&self, shown: i64) -> i64 {
        self.first[usize::try_from(shown - self.least).unwrap()]
    }

    /// The first minute from one on at which the clock is as wanted; `None` when the walk ends before.
    pub fn next(&self, from: i64, wanted: impl Fn(i64) -> bool) -> Option<i64> {
        let rest = &self.shown[usize::try_from(from - self.from).unwrap()..];
        rest.iter().zip(from..).find(|(shown, _)| wanted(**shown)).map(|(_, minute)| minute)
    }

    /// The days of which the walk has all.
    pub fn whole_days(&self) -> std::ops::Range<i64> {
        let last = self.least + self.first.len() as i64;
        self.least.div_euclid(DAY) + 2..last.div_euclid(DAY) - 1
    }

    /// The first minute of a day.
    pub fn start_of(&self, day: i64) -> i64 {
        self.first(day * DAY)
    }

    /// The day that it is at a minute.
    pub fn day(&self, minute: i64) -> i64 {
        self.shown(minute).div_euclid(DAY)
    }
}

fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap()
}

/// The minute of a day's start by UTC.
pub fn utc(year: i32, month: u32, day: u32) -> i64 {
    NaiveDate::from_ymd_opt(year, month, day).unwrap().and_time(chrono::NaiveTime::MIN).and_utc().timestamp()
        / 60
}

/// The instant of a minute.
pub fn instant(minute: i64) -> Instant {
    Instant::from_millis(minute * MINUTE)
}

/// A minute of a clock as a date and a time.
pub fn wall(shown: i64) -> NaiveDateTime {
    DateTime::from_timestamp(shown * 60, 0).unwrap().naive_utc()
}
