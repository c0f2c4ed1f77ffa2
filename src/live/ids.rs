//! The ids of events, so that none counts twice, and for how long each is kept.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use crate::model::{Duration, GrowingMap, Instant, fingerprint};
use crate::saved::saved;

const HOUR: i64 = 3_600_000;

/// After so many further ids some of those that are kept no longer are dropped.
const LOOK: usize = 32;

/// An id counts as kept from the instant of its event on, or, if that was closed when it came, from how far instants were closed: so what comes again
/// within the time is known, however old it is.
///
/// Ages are whole hours. What has been dropped and what has not is a matter of the instants alone; when the memory is given back is another thing.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// For each id from which hour on it is kept, counted from 1: 20 bytes or so.
    known: GrowingMap<Print, u32>,
    /// By that hour the last instant of an event whose id it is.
    hours: BTreeMap<u32, Instant>,
    /// So many milliseconds they are kept; for ever where nothing is said.
    keep: Option<u64>,
    /// Up to where instants were to be closed first: what came before that came then.
    first: Option<Instant>,
    closed: Option<Instant>,
    /// The ids of events up to here may have been dropped.
    dropped: Option<Instant>,
    /// So many were put in.
    put: usize,
}

saved!(struct Ids { known, hours, keep, first, closed, dropped, put });

/// 96 bits that stand for a user's id of an event. That any two of a thousand million are alike has a chance of one to a hundred thousand million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Print([u32; 3]);

saved!(tuple Print);

impl Hash for Print {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [first, second, _] = self.0;
        state.write_u64(u64::from(first) << 32 | u64::from(second));
    }
}

impl Print {
    fn of(user: u32, id: &str) -> Print {
        let whole = fingerprint([user.to_le_bytes().as_slice(), id.as_bytes()]);
        Print([whole as u32, (whole >> 32) as u32, (whole >> 64) as u32])
    }
}

impl Ids {
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    #[cfg(feature = "durable")]
    pub(super) fn keep(&self) -> Option<Duration> {
        self.keep.map(|keep| Duration::from_millis(i64::try_from(keep).unwrap_or(i64::MAX)))
    }

    /// Up to which instant an event with an id cannot be told from one that has counted.
    pub(super) const fn dropped(&self) -> Option<Instant> {
        self.dropped
    }

    /// What happened up to here was dropped with its ids.
    #[cfg(feature = "durable")]
    pub(super) fn lose(&mut self, until: Instant) {
        self.dropped = self.dropped.max(Some(until));
    }

    /// From now on ids are kept so long. What was dropped is not known again.
    pub(super) fn set_keep(&mut self, keep: Duration) {
        self.keep = Some(u64::try_from(keep.millis()).unwrap_or(0));
        self.drop_old();
    }

    /// Instants are to be closed up to now; the first time it is told from when on what came before is kept.
    pub(super) fn begin(&mut self, now: Instant) {
        if self.first.is_some() {
            return;
        }
        self.first = Some(now);
        let hour = hour_of(now);
        let later = self.hours.split_off(&hour);
        let last = std::mem::replace(&mut self.hours, later).into_values().max();
        if let Some(last) = last {
            self.count_in(hour, last);
        }
    }

    /// All instants are closed up to here.
    pub(super) fn close(&mut self, closed: Instant) {
        let before = self.closed.replace(closed);
        if before.is_none_or(|before| hour_of(before) < hour_of(closed)) {
            self.drop_old();
        }
    }

    /// What counts as kept from before this hour is kept no longer.
    fn oldest(&self) -> u32 {
        match (self.closed, self.keep) {
            (Some(closed), Some(keep)) => {
                let keep = i64::try_from(keep).unwrap_or(i64::MAX);
                hour_of(Instant::from_millis(closed.millis().saturating_sub(keep)))
            }
            _ => 0,
        }
    }

    fn drop_old(&mut self) {
        let oldest = self.oldest();
        while let Some(first) = self.hours.first_entry().filter(|first| *first.key() < oldest) {
            self.dropped = self.dropped.max(Some(first.remove()));
        }
    }

    fn count_in(&mut self, hour: u32, at: Instant) {
        let last = match self.hours.last_entry() {
            Some(last) if *last.key() == hour => last.into_mut(),
            _ => self.hours.entry(hour).or_insert(at),
        };
        *last = (*last).max(at);
    }

    /// Puts in the id of a user's event; true when it was not there.
    pub(super) fn insert(&mut self, user: u32, id: &str, at: Instant) -> bool {
        let (oldest, first) = (self.oldest(), self.first.map_or(0, hour_of));
        let hour = hour_of(self.closed.map_or(at, |closed| closed.max(at))).max(first);
        let Some(since) = self.known.or_default(Print::of(user, id)) else { return true };
        let new = *since == 0 || (*since).max(first) < oldest;
        *since = if new { hour } else { (*since).max(hour) };
        self.count_in(hour, at);
        self.put += usize::from(new);
        if new && oldest > 0 && self.put.is_multiple_of(LOOK) {
            self.known.retain_some(self.put / LOOK, |_, since| (*since).max(first) >= oldest);
        }
        new
    }
}

/// Counted from 1, for the first hour of all.
fn hour_of(at: Instant) -> u32 {
    let since = at.millis().saturating_sub(Instant::MIN.millis()).max(0);
    u32::try_from(since / HOUR).unwrap_or(u32::MAX - 1) + 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 24 * HOUR;

    fn at(days: i64) -> Instant {
        Instant::from_millis(days * DAY)
    }

    #[test]
    fn an_id_is_known_for_as_long_as_was_said_and_no_longer() {
        let mut ids = Ids::default();
        ids.set_keep(Duration::from_millis(2 * DAY));
        ids.close(at(10));
        assert!(ids.insert(0, "a", at(10)));
        assert!(!ids.insert(0, "a", at(10)), "the same again");
        assert!(ids.insert(1, "a", at(10)), "another user's");
        ids.close(at(12));
        assert_eq!(ids.dropped(), None);
        assert!(!ids.insert(0, "a", at(10)));
        ids.close(at(13));
        assert_eq!(ids.dropped(), Some(at(10)));
        assert!(!ids.insert(0, "a", at(13)), "it came again at 12");
        assert!(ids.insert(1, "a", at(13)), "an id that is given anew");
    }

    #[test]
    fn what_is_old_when_it_comes_is_kept_from_then_on() {
        for before_the_first_closing in [true, false] {
            let mut ids = Ids::default();
            ids.set_keep(Duration::from_millis(DAY));
            if !before_the_first_closing {
                ids.begin(at(500));
                ids.close(at(500));
            }
            for day in 0..400 {
                assert!(ids.insert(0, &day.to_string(), at(day)));
            }
            ids.begin(at(500));
            (0..=500).for_each(|day| ids.close(at(day)));
            assert_eq!(ids.dropped(), None);
            ids.close(at(501));
            assert!((0..400).all(|day| !ids.insert(0, &day.to_string(), at(day))));
            ids.close(Instant::from_millis(501 * DAY + HOUR));
            assert_eq!(ids.dropped(), Some(at(399)));
        }
    }

    #[test]
    fn they_do_not_grow_for_ever_and_go_a_few_at_a_time() {
        let mut ids = Ids::default();
        ids.set_keep(Duration::from_millis(DAY));
        let (mut most, mut before) = (0, 0);
        for number in 0..200_000_i64 {
            // 5,000 a day.
            let now = Instant::from_millis(number * DAY / 5_000);
            ids.close(now);
            ids.insert(0, &number.to_string(), now);
            assert!(before < ids.len() + 3_000, "{before} and then {}", ids.len());
            before = ids.len();
            most = most.max(before);
        }
        assert!(most < 8_000, "{most}");
        assert!(ids.hours.len() < 30, "{}", ids.hours.len());
    }

    proptest! {
        /// Of events that are refused where it cannot be told, none counts twice; of those that come within the time, each is known.
        #[test]
        fn none_counts_twice(
            acts in prop::collection::vec((0..12_u32, 0..3_i64, prop::bool::ANY), 1..300),
            keep in 0..90_i64,
        ) {
            let mut ids = Ids::default();
            ids.set_keep(Duration::from_millis(keep * HOUR));
            let (mut counted, mut now) = (BTreeSet::new(), 0);
            for (number, hours, close) in acts {
                now += hours * HOUR;
                if close {
                    ids.close(Instant::from_millis(now));
                    continue;
                }
                // An id comes with one instant, in time or not.
                let id = (now / HOUR - i64::from(number) * 7).div_euclid(5) * 5;
                let at = Instant::from_millis(id * HOUR);
                if ids.dropped().is_some_and(|dropped| at <= dropped) {
                    prop_assert!(id <= now / HOUR - keep, "refused within the time");
                    continue;
                }
                prop_assert_eq!(ids.insert(0, &id.to_string(), at), counted.insert(id));
            }
        }
    }
}
