//! Following one user along the steps of a sequence, with no more than a few instants for each value of `matching`.
//!
//! What must be kept, and why it suffices: whether an event that comes next goes on from some earlier choice of steps
//! depends on that choice in one respect only. Where each step has its own time (or none), it must lie within that time
//! after the choice's last event: of all choices that have come as far as step i, the one whose last event is the latest
//! allows all that any other allows. Where all steps have one time together, it must lie within that time after the
//! choice's first event: there, the one whose first event is the latest. And whoever follows is after all of them in order.
//! So one instant for each step stands for all choices, however many events there were, and the reader sees to it that a
//! sequence has times of one of the two sorts. Of an event that can be several steps the later ones are taken first, as
//! none follows itself. What remains of a choice that has come to its end is the instant of its last step, which is counted
//! like any event.
//!
//! Events of the last days are kept beside it, so that one that comes late can take its place among them: what they come
//! to is then found once more.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

use super::super::few::Few;
use super::instants;
use crate::program::{ABSENT, LATE, SequencePlan};
use crate::saved::saved;

/// No choice of events has come as far as this step.
const NONE: i64 = i64::MIN;
/// Values that nothing can come of any more are looked for when there are so many more than at the last look.
const SWEEP: usize = 16;

/// How far one user has come in one sequence.
#[derive(Debug, Default)]
pub(in crate::machine) struct Sequences {
    /// Mostly there is one, without `matching`.
    tracks: Few<u128, Track>,
    /// When the newest event was.
    newest: Option<i64>,
    /// How many values were left when they were last looked through.
    left: usize,
    /// When the last steps were that no further event can take back, in order.
    settled: Vec<i64>,
    /// When last steps were that an event to come, or a late one, can still take back: by instant, and by value.
    open: BTreeSet<(i64, u128)>,
    open_of: BTreeSet<(u128, i64)>,
}

saved!(struct Sequences { tracks, newest, left, settled, open, open_of });

/// The steps of one value of `matching`.
#[derive(Debug, Default)]
struct Track {
    /// For each step but the last: of the choices that have come so far, what the latest allows to follow.
    tip: Box<[i64]>,
    /// The same before the recent events.
    base: Box<[i64]>,
    /// The events of the last days, in order.
    recent: VecDeque<Step>,
}

saved!(struct Track { tip, base, recent });

#[derive(Debug, Clone, Copy)]
struct Step {
    at: i64,
    /// Which steps it can be, as bits.
    steps: u64,
    /// It was the last step of a choice.
    ended: bool,
}

saved!(struct Step { at, steps, ended });

impl Sequences {
    pub(super) fn clear(&mut self) {
        self.tracks.clear();
        self.newest = None;
        self.left = 0;
        self.settled.clear();
        self.open.clear();
        self.open_of.clear();
    }

    /// The instants of last steps after which nothing came that must not come, as of now, in order; and the first instant
    /// after now at which another is added if nothing comes.
    pub(in crate::machine) fn ended(&self, plan: &SequencePlan, now: i64) -> (Cow<'_, [i64]>, Option<i64>) {
        let Some(absent) = plan.absent.filter(|_| !self.open.is_empty()) else {
            return (Cow::Borrowed(&self.settled), None);
        };
        let certain = |at: &i64| at.saturating_add(absent.millis());
        let open = self.open.iter().map(|(at, _)| at);
        let next = open.clone().map(certain).find(|certain| *certain > now);
        let mut ended = self.settled.clone();
        ended.extend(open.take_while(|at| certain(at) <= now));
        ended.sort_unstable();
        (Cow::Owned(ended), next)
    }

    /// Enters an event that can be some of the steps of a value.
    pub(super) fn enter(&mut self, plan: &SequencePlan, at: i64, steps: u64, key: u128) {
        let newest = self.newest.map_or(at, |newest| newest.max(at));
        self.newest = Some(newest);
        let edge = newest.saturating_sub(LATE.millis());
        if at <= edge {
            return;
        }
        // Its place is kept for it meanwhile.
        let known = self.tracks.get_mut(&key).map(std::mem::take);
        let mut track = known.unwrap_or_else(|| Track::new(plan));
        track.forget(plan, edge);
        let step = Step { at, steps, ended: false };
        match track.recent.back() {
            Some(last) if last.at > at => {
                let place = track.recent.partition_point(|known| known.at <= at);
                track.recent.insert(place, step);
                self.follow_again(plan, &mut track, key, edge);
            }
            _ => {
                let Track { tip, recent, .. } = &mut track;
                recent.push_back(step);
                if let Some(step) = recent.back_mut() {
                    self.follow(plan, tip, step, key);
                }
            }
        }
        self.tracks.insert(key, track);
        self.settle(plan, edge);
        self.sweep(plan, edge);
    }

    /// One event, with all before it done.
    fn follow(&mut self, plan: &SequencePlan, tip: &mut [i64], step: &mut Step, key: u128) {
        if let (Some(absent), true) = (plan.absent, step.steps >> ABSENT & 1 == 1) {
            let from = step.at.saturating_sub(absent.millis()).saturating_add(1);
            self.take_back(key, from, step.at);
        }
        let ends = advance(plan, tip, step.at, step.steps);
        match plan.absent {
            None if ends && !step.ended => instants::keep(&mut self.settled, step.at, plan.keep),
            Some(_) if ends => {
                self.open.insert((step.at, key));
                self.open_of.insert((key, step.at));
            }
            None | Some(_) => {}
        }
        step.ended = ends;
    }

    /// All recent events of a value once more, after one has taken its place among them.
    fn follow_again(&mut self, plan: &SequencePlan, track: &mut Track, key: u128, edge: i64) {
        self.take_back(key, edge.saturating_add(1), i64::MAX);
        track.tip.clone_from(&track.base);
        let Track { tip, recent, .. } = track;
        for step in recent.iter_mut() {
            self.follow(plan, tip, step, key);
        }
    }

    /// Takes back the last steps of a value from one instant to another, both in.
    fn take_back(&mut self, key: u128, from: i64, to: i64) {
        let taken: Vec<(u128, i64)> = self.open_of.range((key, from)..=(key, to)).copied().collect();
        for (key, at) in taken {
            self.open_of.remove(&(key, at));
            self.open.remove(&(at, key));
        }
    }

    /// Last steps that no event can take back any more become settled.
    fn settle(&mut self, plan: &SequencePlan, edge: i64) {
        let Some(absent) = plan.absent else { return };
        while let Some((at, key)) = self.open.first().copied() {
            if at.saturating_add(absent.millis()) > edge {
                break;
            }
            self.open.remove(&(at, key));
            self.open_of.remove(&(key, at));
            instants::keep(&mut self.settled, at, plan.keep);
        }
    }

    /// Forgets values of which nothing can come any more.
    fn sweep(&mut self, plan: &SequencePlan, edge: i64) {
        if self.tracks.len() < 2 * self.left + SWEEP {
            return;
        }
        self.tracks.retain(|_, track| {
            track.forget(plan, edge);
            !(track.recent.is_empty() && track.is_over(plan, edge))
        });
        self.left = self.tracks.len();
    }
}

impl Track {
    fn new(plan: &SequencePlan) -> Track {
        let none = vec![NONE; plan.steps.saturating_sub(1)].into_boxed_slice();
        Track { tip: none.clone(), base: none, recent: VecDeque::new() }
    }

    /// Events up to the edge are no longer recent.
    fn forget(&mut self, plan: &SequencePlan, edge: i64) {
        while let Some(step) = self.recent.front().copied().filter(|step| step.at <= edge) {
            advance(plan, &mut self.base, step.at, step.steps);
            self.recent.pop_front();
        }
    }

    /// True when no event after an instant can follow.
    fn is_over(&self, plan: &SequencePlan, edge: i64) -> bool {
        self.base.iter().enumerate().all(|(step, latest)| {
            let within = plan.all_within.or(plan.within.get(step).copied().flatten());
            *latest == NONE || within.is_some_and(|within| latest.saturating_add(within.millis()) <= edge)
        })
    }
}

/// What an event changes in what may follow; true when it is the last step of a choice.
fn advance(plan: &SequencePlan, tip: &mut [i64], at: i64, steps: u64) -> bool {
    let mut ends = false;
    for step in (0..plan.steps).rev().filter(|step| steps >> step & 1 == 1) {
        let reached = match step.checked_sub(1) {
            None => at,
            Some(before) => {
                let latest = tip.get(before).copied().unwrap_or(NONE);
                let within = plan.all_within.or(plan.within.get(before).copied().flatten());
                if latest == NONE || within.is_some_and(|within| at >= latest.saturating_add(within.millis()))
                {
                    continue;
                }
                if plan.all_within.is_some() { latest } else { at }
            }
        };
        match tip.get_mut(step) {
            Some(latest) => *latest = reached.max(*latest),
            None => ends = true,
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Duration;
    use crate::program::Keep;

    const HOUR: i64 = 3_600_000;

    /// An event: when, which steps it can be, of which value.
    type Event = (i64, u64, u128);

    fn plans() -> impl Strategy<Value = SequencePlan> {
        let length = || prop::option::of((1..30_i64).prop_map(|hours| Duration::from_millis(hours * HOUR)));
        let times = prop::collection::vec(length(), 0..4);
        (times, length(), length(), any::<bool>()).prop_map(|(within, all, absent, together)| {
            let all_within = all.filter(|_| together && !within.is_empty());
            let within: Vec<_> = within.into_iter().map(|own| own.filter(|_| all_within.is_none())).collect();
            let absent =
                if within.is_empty() { absent.or(Some(Duration::from_millis(HOUR))) } else { absent };
            let keep = Keep::Within(Duration::from_millis(i64::MAX));
            SequencePlan { steps: within.len() + 1, within: within.into(), all_within, absent, keep }
        })
    }

    /// The instants of last steps, of all choices of events, after which nothing came that must not, and is too late to.
    fn by_trying_all(plan: &SequencePlan, events: &[Event], now: i64) -> BTreeSet<i64> {
        let can_be = |event: &Event, step: u32| event.1 >> step & 1 == 1;
        let mut choices: Vec<(usize, usize)> = events
            .iter()
            .enumerate()
            .filter(|(_, event)| can_be(event, 0))
            .map(|(place, _)| (place, place))
            .collect();
        for step in 1..plan.steps {
            let mut longer = BTreeSet::new();
            for (first, last) in choices {
                for (place, event) in events.iter().enumerate().skip(last + 1) {
                    let in_time = |from: usize, within: Option<Duration>| {
                        within.is_none_or(|within| event.0 < events[from].0 + within.millis())
                    };
                    if can_be(event, step as u32)
                        && event.2 == events[last].2
                        && in_time(last, plan.within[step - 1])
                        && in_time(first, plan.all_within)
                    {
                        longer.insert((first, place));
                    }
                }
            }
            choices = longer.into_iter().collect();
        }
        let stands = |last: usize| {
            let Some(absent) = plan.absent else { return true };
            let end = events[last].0 + absent.millis();
            let mut after = events.iter().skip(last + 1);
            now >= end
                && !after.any(|event| can_be(event, ABSENT) && event.2 == events[last].2 && event.0 < end)
        };
        choices.into_iter().filter(|(_, last)| stands(*last)).map(|(_, last)| events[last].0).collect()
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let steps = prop::sample::select(vec![
            1,
            2,
            4,
            8,
            3,
            6,
            5,
            1 << ABSENT,
            (1 << ABSENT) | 2,
            (1 << ABSENT) | 1,
        ]);
        let event = (0..120_i64, steps, 0..3_u128).prop_map(|(hours, steps, key)| (hours * HOUR, steps, key));
        prop::collection::vec(event, 0..14)
    }

    fn followed(plan: &SequencePlan, arrived: &[Event], now: i64) -> BTreeSet<i64> {
        let mut sequences = Sequences::default();
        for (at, steps, key) in arrived.iter().filter(|(at, ..)| *at <= now) {
            // Of what a sequence has no step for, nothing arrives.
            let known = ((1 << plan.steps) - 1) | (u64::from(plan.absent.is_some()) << ABSENT);
            if steps & known != 0 {
                sequences.enter(plan, *at, steps & known, *key);
            }
        }
        sequences.ended(plan, now).0.iter().copied().collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// However few instants are kept, they tell what trying all choices tells; and late events land in their place.
        #[test]
        fn what_is_kept_suffices(plan in plans(), arrived in events(), now in 0..150_i64) {
            let now = now * HOUR;
            let mut in_order: Vec<Event> = arrived.iter().copied().filter(|(at, ..)| *at <= now).collect();
            in_order.sort_by_key(|(at, ..)| *at);
            let expected = by_trying_all(&plan, &in_order, now);
            prop_assert_eq!(&followed(&plan, &in_order, now), &expected, "in order");
            prop_assert_eq!(&followed(&plan, &arrived, now), &expected, "as they arrived");
        }

        /// The same over years, where hardly anything is recent: nothing that matters is forgotten.
        #[test]
        fn what_is_kept_suffices_over_years(plan in plans(), events in events(), stretch in 1..60_i64) {
            let mut in_order = events;
            in_order.iter_mut().for_each(|(at, ..)| *at *= stretch);
            in_order.sort_by_key(|(at, ..)| *at);
            let stretched = |length: Duration| Duration::from_millis(length.millis() * stretch);
            let plan = SequencePlan {
                within: plan.within.iter().map(|own| own.map(stretched)).collect(),
                all_within: plan.all_within.map(stretched),
                absent: plan.absent.map(stretched),
                ..plan
            };
            let now = 150 * HOUR * stretch;
            prop_assert_eq!(followed(&plan, &in_order, now), by_trying_all(&plan, &in_order, now));
        }
    }

    /// A value that nothing can come of any more is forgotten, so that a user with ever new carts needs no more and no more.
    #[test]
    fn values_that_are_over_are_forgotten() {
        let plan = SequencePlan {
            steps: 2,
            within: [Some(Duration::from_millis(HOUR))].into(),
            all_within: None,
            absent: None,
            keep: Keep::Latest(1),
        };
        let mut sequences = Sequences::default();
        for cart in 0..10_000_u32 {
            sequences.enter(&plan, i64::from(cart) * HOUR, 1, cart.into());
        }
        assert!(sequences.tracks.len() < 500, "{}", sequences.tracks.len());
    }
}
