//! Time cut into the bars of a chart, and words for it.

use chrono::{Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::tight;
use crate::calendar::Zone;
use crate::model::Instant;
use crate::plan::Plan;
use crate::report::counted;

/// Bars of one length on the account's clock.
#[derive(Debug, Clone)]
pub(super) struct Bars {
    zone: Zone,
    first: NaiveDateTime,
    /// How many hours one is long.
    hours: i64,
    pub(super) count: usize,
}

/// How many hours a bar may be long.
const LENGTHS: [i64; 10] = [1, 2, 3, 6, 12, 24, 2 * 24, 7 * 24, 28 * 24, 91 * 24];

impl Bars {
    /// Over all hours in which anything happens, in at most so many bars; none when nothing does.
    pub(super) fn over(plan: &Plan, zone: Zone, most: usize) -> Option<Bars> {
        let mut happens = plan.hours.iter().filter(|hour| hour.sent() > 0 || hour.line > 0);
        let first = zone.to_local(happens.clone().next()?.start);
        let last = zone.to_local(happens.next_back()?.start);
        LENGTHS
            .into_iter()
            .map(|hours| Bars::between(zone, first, last, hours))
            .find(|bars| bars.count <= most || bars.hours == LENGTHS.last().copied().unwrap_or(bars.hours))
    }

    /// The hours of one day.
    pub(super) fn of_day(zone: Zone, day: NaiveDate) -> Bars {
        Bars { zone, first: day.and_time(NaiveTime::MIN), hours: 1, count: 24 }
    }

    fn between(zone: Zone, first: NaiveDateTime, last: NaiveDateTime, hours: i64) -> Bars {
        let first = match hours {
            ..168 => first.date().and_time(NaiveTime::MIN),
            // Weeks begin on their day.
            _ => {
                let into = u64::from(first.weekday().num_days_from_monday());
                first
                    .date()
                    .checked_sub_days(Days::new(into))
                    .unwrap_or(first.date())
                    .and_time(NaiveTime::MIN)
            }
        };
        let count = (last - first).num_hours() / hours + 1;
        Bars { zone, first, hours, count: usize::try_from(count).unwrap_or(1) }
    }

    /// The bar of an instant; none outside of them.
    pub(super) fn of(&self, at: Instant) -> Option<usize> {
        let into = (self.zone.to_local(at) - self.first).num_minutes().div_euclid(self.hours * 60);
        usize::try_from(into).ok().filter(|bar| *bar < self.count)
    }

    /// Where a wall clock is, in bars from the first.
    fn place(&self, at: NaiveDateTime) -> f64 {
        (at - self.first).num_minutes() as f64 / (self.hours * 60) as f64
    }

    fn start(&self, bar: usize) -> NaiveDateTime {
        self.first + Duration::hours(self.hours * i64::try_from(bar).unwrap_or(0))
    }

    /// How long a bar is: `hour`, `3 hours`, `day`, `week`.
    pub(super) fn length(&self) -> String {
        let (count, unit) = match self.hours {
            hours if hours % 168 == 0 => (hours / 168, "week"),
            hours if hours % 24 == 0 => (hours / 24, "day"),
            hours => (hours, "hour"),
        };
        if count == 1 { unit.to_owned() } else { counted(count.unsigned_abs(), unit) }
    }

    /// When a bar is: `Sat 6 Dec 1997, 11:00`, `Sat 6 Dec 1997`, `6 to 12 Dec 1997`.
    pub(super) fn name(&self, bar: usize) -> String {
        let start = self.start(bar);
        match self.hours {
            ..24 => start.format("%a %-d %b %Y, %H:%M").to_string(),
            24 => start.format("%a %-d %b %Y").to_string(),
            hours => days(start.date(), (start + Duration::hours(hours - 1)).date()),
        }
    }

    /// At most so many places on the axis, in bars from the first, with what is written there.
    pub(super) fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        let end = self.start(self.count);
        let steps = [
            Step::Hours(1),
            Step::Hours(2),
            Step::Hours(3),
            Step::Hours(6),
            Step::Hours(12),
            Step::Days(1),
            Step::Days(2),
            Step::Days(3),
            Step::Days(7),
            Step::Days(14),
            Step::Months(1),
            Step::Months(3),
            Step::Months(6),
            Step::Months(12),
        ];
        let mut ticks = Vec::new();
        for step in steps.into_iter().filter(|step| !matches!(step, Step::Hours(_)) || self.hours < 24) {
            ticks = step.between(self.first, end, most);
            if ticks.len() <= most {
                break;
            }
        }
        ticks.truncate(most);
        // The year is said once, and where it changes.
        let mut year = None;
        ticks
            .into_iter()
            .map(|(at, step)| {
                let known = year.replace(at.year()) == Some(at.year());
                (self.place(at), step.words(at, known))
            })
            .collect()
    }
}

/// From one place on the axis to the next.
#[derive(Debug, Clone, Copy)]
enum Step {
    Hours(u32),
    Days(u64),
    Months(u32),
}

impl Step {
    /// The places from the first on, before the end; a few more than asked for are enough to say that there are too many.
    fn between(self, first: NaiveDateTime, end: NaiveDateTime, most: usize) -> Vec<(NaiveDateTime, Step)> {
        let day = first.date();
        let begin = match self {
            Step::Months(months) => {
                let month = day.month0() / months * months;
                NaiveDate::from_ymd_opt(day.year(), month + 1, 1).unwrap_or(day)
            }
            _ => day,
        };
        let mut at = begin.and_time(NaiveTime::MIN);
        let mut places = Vec::new();
        while at < end && places.len() <= most {
            if at >= first {
                places.push((at, self));
            }
            let next = match self {
                Step::Hours(hours) => at.checked_add_signed(Duration::hours(hours.into())),
                Step::Days(days) => at.checked_add_days(Days::new(days)),
                Step::Months(months) => at.checked_add_months(Months::new(months)),
            };
            let Some(next) = next else { break };
            at = next;
        }
        places
    }

    fn words(self, at: NaiveDateTime, known_year: bool) -> String {
        let format = match self {
            Step::Hours(_) if at.hour() > 0 => "%H:%M",
            Step::Hours(_) | Step::Days(1) => "%a %-d %b",
            Step::Days(_) => "%-d %b",
            Step::Months(_) if known_year => "%b",
            Step::Months(_) => "%b %Y",
        };
        at.format(format).to_string()
    }
}

/// Days in words: `1 to 24 Dec 1997`, `28 Nov to 3 Dec 1997`, `Mon 1 Dec 1997`.
pub(super) fn days(first: NaiveDate, last: NaiveDate) -> String {
    let end = last.format("%-d %b %Y");
    if first == last {
        first.format("%a %-d %b %Y").to_string()
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        format!("{} to {end}", first.format("%-d"))
    } else if first.year() == last.year() {
        format!("{} to {end}", first.format("%-d %b"))
    } else {
        format!("{} to {end}", first.format("%-d %b %Y"))
    }
}

/// How instants are said: on the account's clock, with the year only where there is more than one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    zone: Zone,
    year: bool,
}

impl Clock {
    pub(super) fn of(plan: &Plan, zone: Zone) -> Clock {
        let year = |at: Instant| zone.to_local(at).year();
        Clock { zone, year: year(plan.from) != year(Instant::from_millis(plan.to.millis() - 1)) }
    }

    /// `Sat 6 Dec, 11:00`
    pub(super) fn at(self, at: Instant) -> String {
        let local = self.zone.to_local(at);
        let day = local.format(if self.year { "%a %-d %b %Y" } else { "%a %-d %b" }).to_string();
        format!("{}, {}", tight(&day), Clock::time(local))
    }

    /// `Sat 6 Dec, 11:00 to 11:06:29`
    pub(super) fn span(self, from: Instant, to: Instant) -> String {
        let local = self.zone.to_local(to);
        let same = self.zone.to_local(from).date() == local.date();
        format!("{} to {}", self.at(from), if same { Clock::time(local) } else { self.at(to) })
    }

    fn time(local: NaiveDateTime) -> String {
        local.format(if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
    }
}
