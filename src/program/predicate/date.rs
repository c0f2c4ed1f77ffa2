//! Dates that lie somewhere seen from now: `renewal in next 7 days`, `birthday is today`.

use chrono::{Datelike, NaiveDate};

use super::Seen;
use crate::calendar::{Zone, anniversary, date_bounds};
use crate::language::ast::{DateWindow, DateWindowKind};
use crate::model::{Instant, Value};
use crate::rulebook::door::{plain_date, wall_clock};
use crate::saved::saved;

/// Where a date or an instant must lie.
#[derive(Debug, Clone)]
pub(crate) struct DateTest {
    kind: DateWindowKind,
    user_time: bool,
    /// Its day and month of any year from its own on, instead of itself.
    yearly: bool,
}

/// The instants that count as a value: of an instant it alone, of a date its whole day.
#[derive(Debug, Clone, Copy)]
struct Extent {
    from: Instant,
    to: Instant,
}

impl DateTest {
    pub(super) fn falls(window: &DateWindow) -> DateTest {
        DateTest { kind: window.kind, user_time: window.user_time, yearly: false }
    }

    pub(super) fn anniversary(window: &DateWindow) -> DateTest {
        DateTest { yearly: true, ..DateTest::falls(window) }
    }

    pub(super) fn user_time(&self) -> bool {
        self.user_time
    }

    pub(super) fn holds_of(&self, value: &Value, seen: &Seen<'_>) -> bool {
        self.extent(value, seen)
            .is_some_and(|extent| self.reached(extent, seen) && !self.passed(extent, seen))
    }

    /// The earliest instant after now at which the answer for a value may be another one.
    ///
    /// A window only moves on, so it reaches what it is asked about once and passes it once; what comes next of the two
    /// is the change. Of a date that returns every year, the first that is not passed comes next. Where clocks are set
    /// back over midnight a window moves back: that instant may be the change too.
    pub(super) fn next_of(&self, value: &Value, seen: &Seen<'_>) -> Instant {
        let Some(extent) = self.extent(value, seen) else { return Instant::MAX };
        let until = seen.zone(self.user_time).day_again(seen.now);
        let later = |now| seen.clocks.at(now);
        if self.passed(extent, seen) {
            until
        } else if self.reached(extent, seen) {
            first_between(seen.now, until, |now| self.passed(extent, &later(now)))
        } else {
            first_between(seen.now, until, |now| self.reached(extent, &later(now)))
        }
    }

    /// True from the instant on at which the window's end is beyond the beginning of what is asked about.
    fn reached(&self, extent: Extent, seen: &Seen<'_>) -> bool {
        let (from, to) = self.window(seen);
        extent.from.max(from) < to
    }

    /// True from the instant on at which the window begins after the end of what is asked about.
    fn passed(&self, extent: Extent, seen: &Seen<'_>) -> bool {
        extent.to <= self.window(seen).0
    }

    fn window(&self, seen: &Seen<'_>) -> (Instant, Instant) {
        date_bounds(&self.kind, seen.now, seen.zone(self.user_time), seen.clocks.week_starts)
    }

    /// What a value stands for. Of yearly returns, the first that the window has not passed: those before are over, and
    /// later ones are reached later.
    fn extent(&self, value: &Value, seen: &Seen<'_>) -> Option<Extent> {
        let zone = seen.zone(self.user_time);
        let read = read(value, seen.clocks.account)?;
        if !self.yearly {
            return Some(match read {
                Read::Date(date) => day(date, zone),
                Read::Instant(at) => Extent { from: at, to: at.next() },
            })
            // A day that the zone's clocks skipped has no instant.
            .filter(|extent| extent.from < extent.to);
        }
        let first = match read {
            Read::Date(date) => date,
            Read::Instant(at) => zone.to_local(at).date(),
        };
        let begins = self.window(seen).0.max(Instant::MIN);
        let year = first.year().max(zone.to_local(begins).date().year().saturating_sub(1));
        (year..=year.saturating_add(4))
            .filter_map(|year| anniversary(first, year))
            .filter(|date| *date >= first)
            .map(|date| day(date, zone))
            .find(|extent| extent.from < extent.to && begins < extent.to)
    }
}

fn day(date: NaiveDate, zone: &Zone) -> Extent {
    let (from, to) = zone.day(date);
    Extent { from, to }
}

/// A date, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    Date(NaiveDate),
    Instant(Instant),
}

saved!(enum Read {
    0 => Date(date),
    1 => Instant(at),
});

/// The date or instant that a value is; a text is read as at the door.
pub(crate) fn read(value: &Value, account: &Zone) -> Option<Read> {
    match value {
        Value::Date(date) => Some(Read::Date(*date)),
        Value::Instant(at) => Some(Read::Instant(*at)),
        Value::Text(text) => {
            let text = text.trim();
            if let Some(date) = plain_date(text) {
                return Some(Read::Date(date));
            }
            let at = match Instant::parse(text) {
                Ok(at) => at,
                Err(_) => account.resolve(wall_clock(text)?),
            };
            at.is_supported().then_some(Read::Instant(at))
        }
        _ => None,
    }
}

/// The first instant after now from which on something holds until another instant, by halving what lies between; the
/// other instant where it does not.
fn first_between(now: Instant, until: Instant, holds: impl Fn(Instant) -> bool) -> Instant {
    let (mut before, mut at) = (now.millis(), until.millis());
    while before + 1 < at {
        let middle = before + (at - before) / 2;
        if holds(Instant::from_millis(middle)) {
            at = middle;
        } else {
            before = middle;
        }
    }
    Instant::from_millis(at)
}
