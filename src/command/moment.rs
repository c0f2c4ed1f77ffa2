use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::calendar::Zone;
use crate::model::Instant;

/// A moment as people write it on the command line; one on a wall clock is the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// `2026-11-03` (its midnight) or `2026-11-03 10:00`.
    Wall(NaiveDateTime),
    /// `2026-11-03T10:00:00+05:30`.
    Exact(Instant),
}

impl Moment {
    /// The instant that is meant; a wall clock is the account's.
    pub fn resolved(self, account: &Zone) -> Instant {
        match self {
            Moment::Wall(wall) => account.resolve(wall),
            Moment::Exact(instant) => instant,
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Moment, String> {
        let text = text.trim();
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(Moment::Wall(day.and_time(NaiveTime::MIN)));
        }
        for format in ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"] {
            if let Ok(wall) = NaiveDateTime::parse_from_str(text, format) {
                return Ok(Moment::Wall(wall));
            }
        }
        Instant::parse(text).map(Moment::Exact).map_err(|_| {
            "write a day `2026-11-03` or a time `2026-11-03 10:00` of the account's zone, or an instant \
             `2026-11-03T10:00:00+05:30`, in the years 1900 to 2199"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> Moment {
        Moment::Wall(NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").unwrap())
    }

    #[test]
    fn days_times_and_instants_are_read() {
        assert_eq!("2026-11-03".parse(), Ok(wall("2026-11-03T00:00:00")));
        assert_eq!("2026-11-03 09:30".parse(), Ok(wall("2026-11-03T09:30:00")));
        assert_eq!("2026-11-03T09:30:15".parse(), Ok(wall("2026-11-03T09:30:15")));
        let exact = Instant::parse("2026-11-03T04:30:00Z").unwrap();
        assert_eq!("2026-11-03T10:00:00+05:30".parse(), Ok(Moment::Exact(exact)));
    }

    #[test]
    fn anything_else_is_refused_with_what_can_be_written() {
        for text in ["", "tomorrow", "03.11.2026", "2026-13-01", "2026-11-03 25:00", "2026-11-03T10:00Z+1"] {
            assert!(text.parse::<Moment>().unwrap_err().contains("2026-11-03 10:00"), "{text}");
        }
    }
}
