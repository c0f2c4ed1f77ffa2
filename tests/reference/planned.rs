//! Triggers by dates of events and profiles (4.10 to 4.12).

use campanile::language::ast::{EventDate, Offset, OffsetLength, Path, ProfileDate, TimeBase};
use campanile::model::{Duration, Event, Instant, Properties, Text};
use campanile::rulebook::Campaign;
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime};

use super::clock::Zone;
use super::condition::{named, tied};
use super::date::{Dated, dated, in_year};
use super::filter::{each, reach};
use super::person::{Entry, Half, Moment, Person, Step};
use super::trigger::written;

const DAY: i64 = 24 * 60 * 60 * 1_000;

impl Person<'_> {
    /// 4.10: the places of the events, and when what they planned comes.
    pub fn event_dates(&self, campaign: &Campaign, dates: &EventDate) -> Vec<(usize, Instant)> {
        let mut coming = Vec::new();
        for (place, event) in self.events().filter(|(place, _)| self.matches(&dates.pattern, *place)) {
            let Some(date) = self.only_date(&dates.property, &event.properties) else { continue };
            let plan = |zone: &Zone| moved(date, dates.offset, dates.at, zone).0;
            let mut zone = self.zone_at(&dates.base, place);
            let mut planned = plan(&zone);
            let mut stands = planned >= event.at;
            for (later, row) in self.rows.iter().enumerate().skip(place + 1) {
                if !stands || row.at > Some(planned) {
                    break;
                }
                if let Entry::Event { event: other, .. } = &row.entry {
                    stands = !self.takes_away(campaign, dates, event, later, other);
                }
                // 4.12
                let now = self.zone_at(&dates.base, later);
                if now != zone {
                    zone = now;
                    planned = plan(&zone);
                    stands &= Some(planned) >= row.at;
                }
            }
            if stands {
                coming.push((place, planned));
            }
        }
        coming
    }

    fn takes_away(
        &self,
        campaign: &Campaign,
        dates: &EventDate,
        event: &Event,
        later: usize,
        other: &Event,
    ) -> bool {
        let replaces = dates.by.is_some()
            && named(&dates.pattern.event.node, other)
            && tied(dates.by.as_ref(), event, other);
        let unless = campaign.syntax.unless.iter().any(|unless| {
            self.matches(&unless.pattern, later) && tied(unless.matching.as_ref(), event, other)
        });
        replaces || unless
    }

    /// The zone in which days begin, as of the record at a place.
    fn zone_at(&self, base: &TimeBase, place: usize) -> Zone {
        let at = self.rows[place].at.unwrap_or(Instant::from_millis(i64::MIN));
        self.zone_of(base, Moment { at, step: Step::Record(place, Half::Fires) })
    }

    /// The one date that a path reaches.
    fn only_date(&self, path: &Path, properties: &Properties) -> Option<Dated> {
        let values = reach(path, properties).into_iter().flat_map(each);
        let dates: Vec<Dated> = values.filter_map(|value| dated(value, &self.world.account)).collect();
        match dates[..] {
            [date] => Some(date),
            _ => None,
        }
    }

    /// 4.11: when a date of the profile comes, and the occurrences.
    pub fn profile_dates(&self, campaign: &Campaign, dates: &ProfileDate) -> Vec<(Instant, Text)> {
        // The stretches of time in which date and zone are the same.
        let mut stretches: Vec<(Option<Instant>, Option<Dated>, Zone)> = Vec::new();
        for (place, row) in self.rows.iter().enumerate() {
            let at = row.at.unwrap_or(Instant::from_millis(i64::MIN));
            let moment = Moment { at, step: Step::Record(place, Half::Fires) };
            let date = self.only_date(&dates.property, self.profile(moment).properties());
            let zone = self.zone_of(&dates.base, moment);
            if stretches.last().is_none_or(|(_, last, same)| *last != date || *same != zone) {
                stretches.push((row.at, date, zone));
            }
        }
        let mut fired = Vec::new();
        let mut last_fired: Option<NaiveDateTime> = None;
        for (nth, (begins, date, zone)) in stretches.iter().enumerate() {
            let Some(date) = date else { continue };
            let ends = stretches
                .get(nth + 1)
                .map_or(self.world.to, |(next, ..)| next.unwrap_or(Instant::from_millis(i64::MIN)));
            let returns = if dates.yearly { self.returns(*date, dates.offset, zone) } else { vec![*date] };
            let mut planned: Vec<(Instant, NaiveDateTime)> =
                returns.into_iter().map(|date| moved(date, dates.offset, dates.at, zone)).collect();
            planned.sort();
            for (at, wall) in planned {
                let moment = Moment { at, step: Step::ProfileDate };
                let in_force = Some(at) >= *begins && at < ends;
                if in_force && last_fired != Some(wall) && self.may_fire(campaign, moment) {
                    last_fired = Some(wall);
                    let property = dates.property.parts.join(".");
                    fired.push((at, format!("{property} {}", written(wall, &dates.base, zone)).into()));
                }
            }
        }
        fired
    }

    /// The yearly returns of a date, as many as may matter to the run.
    fn returns(&self, date: Dated, offset: Option<Offset>, zone: &Zone) -> Vec<Dated> {
        let far = offset.map_or(0, |offset| match offset.length {
            OffsetLength::Exact(length) => length.millis() / DAY / 365 + 1,
            OffsetLength::CalendarDays(days) => i64::from(days) / 365 + 1,
        }) as i32;
        let own = day_of(date, zone);
        let (first, last) = (zone.day(self.world.from).year(), zone.day(self.world.to).year());
        let of_year = |year: i32| match date {
            Dated::Day(day) => Dated::Day(in_year(day, year)),
            Dated::Instant(at) if year == own.year() => Dated::Instant(at),
            Dated::Instant(at) => {
                Dated::Instant(zone.instant(in_year(own, year).and_time(zone.wall(at).time())))
            }
        };
        (own.year().max(first - far - 1)..=last + far + 1).map(of_year).collect()
    }
}

fn day_of(date: Dated, zone: &Zone) -> NaiveDate {
    match date {
        Dated::Day(day) => day,
        Dated::Instant(at) => zone.day(at),
    }
}

/// 4.10: when what is planned for a date comes, and the wall clock of that.
fn moved(
    date: Dated,
    offset: Option<Offset>,
    at: Option<NaiveTime>,
    zone: &Zone,
) -> (Instant, NaiveDateTime) {
    let days = match offset.map(|offset| offset.length) {
        Some(OffsetLength::CalendarDays(days)) => Some(days.into()),
        Some(OffsetLength::Exact(length)) => at.map(|_| length.millis() as u64 / DAY as u64),
        None => at.map(|_| 0),
    };
    let before = offset.is_some_and(|offset| offset.before);
    if let Some(days) = days {
        let day = day_of(date, zone);
        let own_time = match date {
            Dated::Day(_) => NaiveTime::MIN,
            Dated::Instant(at) => zone.wall(at).time(),
        };
        let day = if before { day - Days::new(days) } else { day + Days::new(days) };
        let wall = day.and_time(at.unwrap_or(own_time));
        return (zone.instant(wall), wall);
    }
    let value = match date {
        Dated::Day(day) => zone.start_of(day),
        Dated::Instant(at) => at,
    };
    let length = match offset.map(|offset| offset.length) {
        Some(OffsetLength::Exact(length)) => length,
        _ => Duration::from_millis(0),
    };
    let planned = if before { value - length } else { value + length };
    (planned, zone.wall(planned))
}
