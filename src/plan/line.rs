//! How long a line is, hour by hour.

use super::hours::{hour_of, next_hour};
use crate::calendar::Zone;
use crate::model::{Duration, Hold, Instant};

/// Those who wait in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    /// How many at once, at most.
    pub most: u64,
    /// How long anybody does.
    pub bound: Duration,
}

/// A stretch of time in which so many wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    pub from: Instant,
    pub to: Instant,
    pub waiting: u64,
}

/// The stretches in which somebody waits, in order, each with how many; neighbours differ or do not touch.
pub(super) fn levels<'h>(holds: impl Iterator<Item = &'h Hold>) -> Vec<Level> {
    sweep(holds.flat_map(|hold| [(hold.from, 1), (hold.until, -1)]).collect())
}

/// The same of comings and goings: at an instant so many more wait, or fewer. Who leaves at an instant makes place for who comes.
pub(super) fn sweep(mut moves: Vec<(Instant, i64)>) -> Vec<Level> {
    moves.sort_unstable();
    let mut levels: Vec<Level> = Vec::new();
    let mut waiting = 0_i64;
    let mut since = Instant::MIN;
    for (at, more) in moves {
        if let Ok(waiting @ 1..) = u64::try_from(waiting)
            && since < at
        {
            match levels.last_mut() {
                Some(last) if last.to == since && last.waiting == waiting => last.to = at,
                _ => levels.push(Level { from: since, to: at, waiting }),
            }
        }
        (waiting, since) = (waiting + more, at);
    }
    levels
}

/// Those who wait, hour by hour of a zone's clock, each hour once and in order.
pub(super) fn by_hour(zone: &Zone, levels: &[Level], mut told: impl FnMut(Instant, Waiting)) {
    let mut open: Option<(Instant, Waiting)> = None;
    for level in levels {
        let mut start = hour_of(zone, level.from);
        loop {
            let end = next_hour(zone, start);
            let bound = level.to.min(end).millis() - level.from.max(start).millis();
            match &mut open {
                Some((hour, waiting)) if *hour == start => {
                    waiting.most = waiting.most.max(level.waiting);
                    waiting.bound = Duration::from_millis(waiting.bound.millis() + bound);
                }
                _ => {
                    if let Some((hour, waiting)) = open.take() {
                        told(hour, waiting);
                    }
                    open =
                        Some((start, Waiting { most: level.waiting, bound: Duration::from_millis(bound) }));
                }
            }
            if level.to <= end {
                break;
            }
            start = end;
        }
    }
    if let Some((hour, waiting)) = open {
        told(hour, waiting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Budget, OutcomeKind};

    fn hold(from: i64, until: i64) -> Hold {
        let at = |minutes: i64| Instant::from_seconds(minutes * 60);
        let outcome = Some(OutcomeKind::Sent);
        Hold { campaign: 0, budget: Budget::AccountThrottle, from: at(from), until: at(until), outcome }
    }

    #[test]
    fn a_line_is_as_long_as_those_who_wait_at_once() {
        let holds = [hold(0, 90), hold(10, 20), hold(20, 30), hold(200, 200), hold(100, 300)];
        let levels = levels(holds.iter());
        let minutes: Vec<(i64, i64, u64)> = levels
            .iter()
            .map(|level| (level.from.millis() / 60_000, level.to.millis() / 60_000, level.waiting))
            .collect();
        assert_eq!(minutes, [(0, 10, 1), (10, 30, 2), (30, 90, 1), (100, 300, 1)]);
        let mut hours = Vec::new();
        by_hour(&Zone::utc(), &levels, |start, waiting| {
            hours.push((start.millis() / 3_600_000, waiting.most, waiting.bound.millis() / 60_000));
        });
        assert_eq!(hours, [(0, 2, 60), (1, 1, 30 + 20), (2, 1, 60), (3, 1, 60), (4, 1, 60)]);
    }

    #[test]
    fn hours_are_those_of_the_clock() {
        let kolkata = Zone::named("Asia/Kolkata").unwrap();
        let mut hours = Vec::new();
        by_hour(&kolkata, &levels([hold(20, 40)].iter()), |start, waiting| {
            hours.push((start.millis() / 60_000, waiting.bound.millis() / 60_000));
        });
        assert_eq!(hours, [(-30, 10), (30, 10)]);
    }

    #[test]
    fn every_minute_of_waiting_is_in_one_hour_where_clocks_go_by_half_an_hour() {
        let lord_howe = Zone::named("Australia/Lord_Howe").unwrap();
        let at = |text| Instant::parse(text).unwrap();
        let (from, until) = (at("2026-04-03T00:00:00Z"), at("2026-04-06T00:00:00Z"));
        let holds = [Hold { from, until, ..hold(0, 0) }];
        let (mut bound, mut last) = (0, Instant::MIN);
        by_hour(&lord_howe, &levels(holds.iter()), |start, waiting| {
            assert!(start > last);
            (bound, last) = (bound + waiting.bound.millis(), start);
        });
        assert_eq!(bound, 3 * 86_400_000);
    }
}
