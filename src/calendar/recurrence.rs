use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::Zone;
use super::cron::{self, CronError};
use super::days::Days;
use super::times::Times;
use super::wall::{self, DAY};
use crate::language::ast::Cadence;
use crate::model::Instant;
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

/// Wall clocks that recur, such as `every month on last friday at 09:00`, seen in any zone.
///
/// They are found on the wall clock alone, without a zone, and then resolved: a time that does not exist is the first instant after the gap, one
/// that occurs twice is the first of the two. Of several that resolve to one instant only the first is an occurrence. So occurrences always
/// rise, in wall clock and in instant, and a daily one comes on every day that the zone has.
///
/// Wall clocks lie in the years 1900 to 2199, and in the day before and after.
///
/// # Example
/// ```
/// use campanile::calendar::{Recurrence, Zone};
/// use campanile::model::Instant;
///
/// let mondays = Recurrence::cron("0 9 * * mon")?;
/// let zone = Zone::named("Europe/London").unwrap();
/// let now = Instant::parse("2026-10-25T12:00:00Z").unwrap();
/// let next = mondays.from_instant(&zone, now).unwrap();
/// assert_eq!(next.wall.to_string(), "2026-10-26 09:00:00");
/// assert_eq!(next.instant.to_string(), "2026-10-26T09:00:00Z");
/// let then = mondays.after_wall(&zone, next.wall).unwrap();
/// assert_eq!(then.wall.to_string(), "2026-11-02 09:00:00");
/// # Ok::<(), campanile::calendar::CronError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    walls: Walls,
}

/// Only what is listed is anybody's state.
impl Saved for Recurrence {
    fn save(&self, to: &mut Saver<'_>) {
        match &self.walls {
            Walls::Listed(walls) => to.rising(walls),
            Walls::Recurring(..) => {
                to.fail(std::io::Error::other("a recurrence without end is nobody's own"))
            }
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Recurrence, Damage> {
        Ok(Recurrence { walls: Walls::Listed(from.rising()?.into()) })
    }
}

/// Wall clocks without a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Walls {
    /// At times of day on days.
    Recurring(Days, Times),
    /// These, rising.
    Listed(Box<[i64]>),
}

/// One time of a recurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Occurrence {
    /// The wall clock, as the recurrence says it. Where clocks jump over it, they never show it.
    pub wall: NaiveDateTime,
    /// The instant that it resolves to.
    pub instant: Instant,
}

saved!(struct Occurrence { wall, instant });

impl Recurrence {
    /// One wall clock.
    pub fn once(date: NaiveDate, time: NaiveTime) -> Recurrence {
        Recurrence::listed([date.and_time(time)])
    }

    /// These wall clocks, in whatever order, each once.
    pub fn listed(walls: impl IntoIterator<Item = NaiveDateTime>) -> Recurrence {
        let mut walls: Vec<i64> = walls.into_iter().map(wall::from_date_time).collect();
        // What lies outside of the years that there are instants for never comes.
        walls.retain(|wall| (Instant::MIN.millis()..=Instant::MAX.millis()).contains(wall));
        walls.sort_unstable();
        walls.dedup();
        Recurrence { walls: Walls::Listed(walls.into()) }
    }

    /// All its wall clocks, rising, where they are listed; none for what recurs.
    pub fn list(&self) -> impl Iterator<Item = NaiveDateTime> {
        let walls: &[i64] = match &self.walls {
            Walls::Listed(walls) => walls,
            Walls::Recurring(..) => &[],
        };
        walls.iter().map(|wall| wall::to_date_time(*wall))
    }

    /// The days of a cadence, at a time of day.
    ///
    /// Every so many days, weeks or months of more than one are counted from the day, the week (begun at `week_starts`) or the month of
    /// `counted_from`, back as well as forward; without it from 1970-01-01. A month without one of its days is skipped, or
    /// takes its last day, as the cadence says.
    pub fn every(
        cadence: &Cadence,
        time: NaiveTime,
        counted_from: Option<NaiveDate>,
        week_starts: Weekday,
    ) -> Recurrence {
        let days = Days::of(cadence, counted_from, week_starts);
        Recurrence { walls: Walls::Recurring(days, Times::At(wall::from_time(time))) }
    }

    /// The times of a cron expression: minute, hour, day of month, month and day of week, or these with the second first.
    ///
    /// Sunday is 0 or 7, and names are `mon` to `sun` and `jan` to `dec`. When both day of month and day of week are restricted (neither
    /// begins with `*`), a day matches that is either. One that asks for a day that never comes, such as 31 February, never occurs.
    ///
    /// # Errors
    /// When a field cannot be read; the error names the field, its place in the text and the fix.
    pub fn cron(expression: &str) -> Result<Recurrence, CronError> {
        let (days, times) = cron::read(expression)?;
        Ok(Recurrence { walls: Walls::Recurring(days, times) })
    }

    /// The first occurrence in a zone whose wall clock is after `wall`; `None` when there is none.
    pub fn after_wall(&self, zone: &Zone, wall: NaiveDateTime) -> Option<Occurrence> {
        self.occurrence_after(zone, wall::from_date_time(wall))
    }

    /// The first occurrence in a zone at or after an instant; `None` when there is none.
    pub fn from_instant(&self, zone: &Zone, at: Instant) -> Option<Occurrence> {
        let unseen = zone.timeline().unseen_before(at.millis());
        self.occurrence_after(zone, unseen.saturating_sub(1))
    }

    /// All occurrences in a zone from an instant on, in order.
    ///
    /// # Example
    /// ```
    /// use campanile::calendar::{Recurrence, Zone};
    /// use campanile::model::Instant;
    ///
    /// let daily = Recurrence::cron("30 2 * * *")?;
    /// let zone = Zone::named("Europe/Warsaw").unwrap();
    /// let from = Instant::parse("2026-03-28T00:00:00Z").unwrap();
    /// let three: Vec<String> = daily.occurrences(&zone, from).take(3).map(|next| next.instant.to_string()).collect();
    /// // On the 29th clocks jump from 02:00 to 03:00.
    /// assert_eq!(three, ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    /// # Ok::<(), campanile::calendar::CronError>(())
    /// ```
    pub fn occurrences<'a>(
        &'a self,
        zone: &Zone,
        from: Instant,
    ) -> impl Iterator<Item = Occurrence> + use<'a> {
        let zone = *zone;
        std::iter::successors(self.from_instant(&zone, from), move |last| self.after_wall(&zone, last.wall))
    }

    fn occurrence_after(&self, zone: &Zone, mut after: i64) -> Option<Occurrence> {
        loop {
            let wall = self.wall_after(after)?;
            let landing = zone.timeline().resolve(wall);
            // In a gap, only the first of those that lie there is an occurrence.
            if landing.first == wall || self.wall_after(landing.first.saturating_sub(1)) == Some(wall) {
                let instant = Instant::from_millis(landing.instant);
                return Some(Occurrence { wall: wall::to_date_time(wall), instant });
            }
            after = landing.last;
        }
    }

    /// The first wall clock after another, without regard to any zone.
    fn wall_after(&self, wall: i64) -> Option<i64> {
        let (days, times) = match &self.walls {
            Walls::Listed(walls) => {
                return walls.get(walls.partition_point(|listed| *listed <= wall)).copied();
            }
            Walls::Recurring(days, times) => (days, times),
        };
        let today = wall.div_euclid(DAY);
        let day = days.next(today)?;
        if day > today {
            return Some(day * DAY + times.first()?);
        }
        if let Some(time) = times.after(wall.rem_euclid(DAY)) {
            return Some(day * DAY + time);
        }
        Some(days.next(today + 1)? * DAY + times.first()?)
    }
}
