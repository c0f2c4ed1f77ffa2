//! Times without a zone: the wall clock of the zone in which the log is read.

use chrono::DateTime;

use crate::input::LocalTime;

/// Reads wall clocks as instants, and remembers what a zone said of each quarter of an hour.
///
/// Asking a zone is dear, and a log asks it for millions of times that lie close to each other. Zones change their offset at one
/// instant of a quarter of an hour at most: where it is the same at its beginning and at its end, it is so all through.
pub(super) struct Wall {
    local: LocalTime,
    /// By the quarter's number, in the place that is its remainder.
    quarters: Vec<Quarter>,
    steady: Steady,
}

/// Of which quarters it is known that the offset is the same in all of them.
#[derive(Clone, Copy)]
enum Steady {
    Unknown,
    Between {
        first: i64,
        last: i64,
        offset: i64,
    },
    /// The log has several offsets.
    Not,
}

#[derive(Clone, Copy)]
struct Quarter {
    number: i64,
    /// What is to be added to the wall clock; none where it changes within the quarter.
    offset: Option<i64>,
}

const QUARTER: i64 = 900_000;
const PLACES: i64 = 4096;
/// So many quarters, 85 days, are asked about at once to find one offset for all of them.
const ASKED_AT_ONCE: i64 = 8192;

impl Wall {
    pub(super) fn new(local: LocalTime) -> Wall {
        Wall { local, quarters: Vec::new(), steady: Steady::Unknown }
    }

    /// The instant, in milliseconds, of a wall clock that shows so many milliseconds since 1970; none beyond the calendar.
    pub(super) fn instant(&mut self, wall: i64) -> Option<i64> {
        match self.offset(wall)? {
            Some(offset) => wall.checked_add(offset),
            None => self.ask(wall),
        }
    }

    /// What is to be added to each wall clock between two, if it is the same for all of them and that is soon found out.
    pub(super) fn offset_between(&mut self, least: i64, greatest: i64) -> Option<i64> {
        let (least, greatest) = (least.div_euclid(QUARTER), greatest.div_euclid(QUARTER));
        let (mut first, mut last, offset) = match self.steady {
            Steady::Not => return None,
            Steady::Between { first, last, offset } => (first, last, offset),
            Steady::Unknown => (least, least, self.offset(least.checked_mul(QUARTER)?)??),
        };
        let unknown = first.saturating_sub(least).max(0).saturating_add(greatest.saturating_sub(last).max(0));
        if unknown > ASKED_AT_ONCE {
            return None;
        }
        while first > least || last < greatest {
            let next = if first > least { first - 1 } else { last + 1 };
            if self.offset(next.checked_mul(QUARTER)?)? != Some(offset) {
                self.steady = Steady::Not;
                return None;
            }
            (first, last) = (first.min(next), last.max(next));
        }
        self.steady = Steady::Between { first, last, offset };
        Some(offset)
    }

    /// What is to be added to the wall clocks of a quarter of an hour, where that is the same for all of them.
    fn offset(&mut self, wall: i64) -> Option<Option<i64>> {
        if self.quarters.is_empty() {
            let unknown = Quarter { number: i64::MIN, offset: None };
            self.quarters = vec![unknown; PLACES as usize];
        }
        let number = wall.div_euclid(QUARTER);
        let place = number.rem_euclid(PLACES) as usize;
        let known = self.quarters.get(place).filter(|quarter| quarter.number == number);
        if let Some(quarter) = known {
            return Some(quarter.offset);
        }
        let begin = number.checked_mul(QUARTER)?;
        let end = begin.checked_add(QUARTER - 1)?;
        let (first, last) = (self.ask(begin)? - begin, self.ask(end)? - end);
        let offset = (first == last).then_some(first);
        if let Some(quarter) = self.quarters.get_mut(place) {
            *quarter = Quarter { number, offset };
        }
        Some(offset)
    }

    fn ask(&self, wall: i64) -> Option<i64> {
        Some((self.local)(DateTime::from_timestamp_millis(wall)?.naive_utc()).millis())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Wall;
    use crate::calendar::Zone;
    use crate::model::Instant;

    #[test]
    fn what_is_remembered_is_what_the_zone_says() {
        let zone = Zone::named("Europe/Warsaw").unwrap();
        let local = Arc::new(move |wall| zone.resolve(wall));
        let mut wall = Wall::new(local);
        // Around both changes of the clocks, and far from them.
        for begin in
            ["2026-03-29T00:00:00Z", "2026-10-25T00:00:00Z", "2026-07-01T00:00:00Z", "1905-01-01T00:00:00Z"]
        {
            let begin = Instant::parse(begin).unwrap().millis();
            for millis in (begin..begin + 6 * 3_600_000).step_by(60_001) {
                assert_eq!(wall.instant(millis), wall.ask(millis), "{millis}");
                assert_eq!(wall.instant(millis + 1), wall.ask(millis + 1), "{millis}");
            }
        }
        assert_eq!(wall.instant(i64::MAX), None);
    }

    #[test]
    fn one_offset_is_found_only_where_there_is_one() {
        let zone = Zone::named("Europe/Warsaw").unwrap();
        let hour = 3_600_000;
        let at = |text| Instant::parse(text).unwrap().millis();
        let mut wall = Wall::new(Arc::new(move |wall| zone.resolve(wall)));
        let (june, july) = (at("2026-06-01T00:00:00Z"), at("2026-07-01T00:00:00Z"));
        assert_eq!(wall.offset_between(july, july + 1), Some(-2 * hour));
        assert_eq!(wall.offset_between(june, july), Some(-2 * hour));
        // Too far to ask for all of it, and then over the change of the clocks.
        assert_eq!(wall.offset_between(june, at("2027-06-01T00:00:00Z")), None);
        assert_eq!(wall.offset_between(june, july), Some(-2 * hour));
        assert_eq!(wall.offset_between(july, at("2026-09-01T00:00:00Z")), Some(-2 * hour));
        assert_eq!(wall.offset_between(july, at("2026-10-26T00:00:00Z")), None);
        assert_eq!(wall.offset_between(june, july), None);
    }
}
