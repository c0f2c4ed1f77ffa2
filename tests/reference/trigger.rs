//! When a user's triggers fire (4): found by looking over all of the user's records.

use campanile::language::ast::{Followed, IfPast, Inaction, Repeat, TimeBase, Trigger};
use campanile::model::{self, Instant, Text, TriggerKind, Value};
use campanile::rulebook::Campaign;
use chrono::{Days, NaiveDateTime, Timelike};

use super::clock::Zone;
use super::condition::tied;
use super::person::{Half, Moment, Person, Step};
use super::schedule::occurrences;

/// A trigger that fires.
pub struct Firing<'a> {
    pub moment: Moment,
    pub campaign: &'a Campaign,
    /// The campaign's place in the rulebook.
    pub order: usize,
    /// The place of the event that made it fire (of A for `then no`, of B for `A then B`); none where there is none.
    pub event: Option<usize>,
    /// The place of A for `A then B`.
    pub first: Option<usize>,
    pub occurrence: Text,
    pub trigger: model::Trigger,
}

impl<'a> Person<'a> {
    /// Every firing of every trigger, in the order in which they come.
    pub fn firings(&self) -> Vec<Firing<'a>> {
        let campaigns = self.world.rulebook.campaigns().iter().enumerate();
        let mut firings: Vec<Firing> =
            campaigns.flat_map(|(order, campaign)| self.firings_of(campaign, order)).collect();
        // 1.6; campaigns in rulebook order, which sorting keeps.
        firings.sort_by_key(|firing| firing.moment);
        firings
    }

    fn firings_of(&self, campaign: &'a Campaign, order: usize) -> Vec<Firing<'a>> {
        let by_event = |place: usize, at: Instant, step: Step, kind: TriggerKind| {
            let (event, occurrence) = (self.event(place), self.occurrence(place));
            let trigger = model::Trigger {
                kind,
                event: Some(event.name.clone()),
                event_id: Some(occurrence.clone()),
                at: event.at,
            };
            let moment = Moment { at, step };
            Firing { moment, campaign, order, event: Some(place), first: None, occurrence, trigger }
        };
        let at_event = |place: usize, kind: TriggerKind| {
            by_event(place, self.event(place).at, Step::Record(place, Half::Fires), kind)
        };
        let by_clock = |at: Instant, step: Step, occurrence: Text, kind: TriggerKind| {
            let trigger = model::Trigger { kind, event: None, event_id: None, at };
            let moment = Moment { at, step };
            Firing { moment, campaign, order, event: None, first: None, occurrence, trigger }
        };
        let places = || self.events().map(|(place, _)| place);
        let firings: Vec<Firing> = match &campaign.trigger {
            // 4.1
            Trigger::Event(pattern) => places()
                .filter(|place| self.matches(pattern, *place))
                .map(|place| at_event(place, TriggerKind::Event))
                .collect(),
            // 4.8
            Trigger::FirstTime(pattern) => places()
                .find(|place| self.matches(pattern, *place))
                .map(|place| at_event(place, TriggerKind::FirstTime))
                .into_iter()
                .collect(),
            // 4.15
            Trigger::Request => places()
                .filter(|place| {
                    let event = self.event(*place);
                    let asked = event.properties.get("campaign") == Some(&Value::text(&campaign.name));
                    &*event.name == "Message Requested" && asked
                })
                .map(|place| at_event(place, TriggerKind::Request))
                .collect(),
            Trigger::Followed(followed) => self
                .followed(followed)
                .into_iter()
                .map(|(first, then)| Firing { first: Some(first), ..at_event(then, TriggerKind::Followed) })
                .collect(),
            Trigger::Inaction(inaction) => self
                .unanswered(inaction)
                .into_iter()
                .map(|(place, at)| by_event(place, at, Step::Timer(place), TriggerKind::Inaction))
                .collect(),
            Trigger::EventDate(dates) => self
                .event_dates(campaign, dates)
                .into_iter()
                .map(|(place, at)| by_event(place, at, Step::EventDate(place), TriggerKind::EventDate))
                .collect(),
            Trigger::ProfileDate(dates) => self
                .profile_dates(campaign, dates)
                .into_iter()
                .map(|(at, occurrence)| by_clock(at, Step::ProfileDate, occurrence, TriggerKind::ProfileDate))
                .collect(),
            Trigger::Enters { segment, including_current } => self
                .changes_of_membership(campaign, &segment.node, true, *including_current)
                .into_iter()
                .map(|at| by_clock(at, Step::Segments, format!("enters {at}").into(), TriggerKind::Enters))
                .collect(),
            Trigger::Leaves(segment) => self
                .changes_of_membership(campaign, &segment.node, false, false)
                .into_iter()
                .map(|at| by_clock(at, Step::Segments, format!("leaves {at}").into(), TriggerKind::Leaves))
                .collect(),
            Trigger::At { base, .. } | Trigger::Every { base, .. } | Trigger::Cron { base, .. } => self
                .schedule(campaign, base)
                .into_iter()
                .map(|(at, occurrence)| by_clock(at, Step::Schedules, occurrence, TriggerKind::Schedule))
                .collect(),
        };
        firings.into_iter().filter(|firing| self.may_fire(campaign, firing.moment)).collect()
    }

    /// True when a moment is of the run (1.5) and of the campaign's run (4.5).
    pub fn may_fire(&self, campaign: &Campaign, moment: Moment) -> bool {
        let (from, to) = (self.world.from, self.world.to);
        moment.at >= from && moment.at < to && self.campaign_runs(campaign, moment)
    }

    /// 4.5
    pub fn campaign_runs(&self, campaign: &Campaign, moment: Moment) -> bool {
        if self.stops(campaign, moment).is_some_and(|stop| moment.at >= stop) {
            return false;
        }
        let Some(run) = &campaign.syntax.run else { return true };
        let zone = self.zone_of_run(campaign, moment);
        let begun = run.from.as_ref().is_none_or(|from| moment.at >= zone.start_of(from.node));
        let ended = run.to.as_ref().is_some_and(|to| moment.at >= zone.end_of(to.node));
        begun && !ended
    }

    /// 4.5: when the campaign stops.
    pub fn stops(&self, campaign: &Campaign, moment: Moment) -> Option<Instant> {
        let stop = campaign.syntax.stop.as_ref()?;
        Some(self.zone_of(&stop.base, moment).instant(stop.date.and_time(stop.time)))
    }

    /// The zone in which the days of a campaign's run are cut: the user's when its trigger is in user time.
    pub fn zone_of_run(&self, campaign: &Campaign, moment: Moment) -> Zone {
        let base = match &campaign.trigger {
            Trigger::At { base, .. } | Trigger::Every { base, .. } | Trigger::Cron { base, .. } => base,
            Trigger::EventDate(dates) => &dates.base,
            Trigger::ProfileDate(dates) => &dates.base,
            _ => &TimeBase::Account,
        };
        match base {
            TimeBase::User => self.zone(moment).zone.clone(),
            _ => self.world.account.clone(),
        }
    }

    /// 4.9: the places of A and B of each firing.
    fn followed(&self, followed: &Followed) -> Vec<(usize, usize)> {
        let mut used: Vec<usize> = Vec::new();
        let mut fired = Vec::new();
        let places: Vec<usize> = self.events().map(|(place, _)| place).collect();
        for then in places.iter().copied().filter(|place| self.matches(&followed.then, *place)) {
            let now = self.event(then);
            let answers = |first: usize| {
                let event = self.event(first);
                now.at < event.at + followed.within.node && tied(followed.matching.as_ref(), event, now)
            };
            let firsts = places.iter().copied().filter(|first| {
                *first < then
                    && self.matches(&followed.first, *first)
                    && !used.contains(first)
                    && answers(*first)
            });
            let firsts: Vec<usize> = firsts.collect();
            if let Some(last) = firsts.last() {
                fired.push((*last, then));
            }
            used.extend(firsts);
        }
        fired
    }

    /// 4.2: the places of the As whose timers were not ended, and when those fire.
    fn unanswered(&self, inaction: &Inaction) -> Vec<(usize, Instant)> {
        let is_first = |place: usize| self.matches(&inaction.first, place);
        let is_absent = |place: usize| self.matches(&inaction.absent, place);
        let tied =
            |one: usize, other: usize| tied(inaction.matching.as_ref(), self.event(one), self.event(other));
        let runs_out = |first: usize| self.event(first).at + inaction.within.node;
        let ends = |first: usize, later: usize| {
            let restarts = inaction.repeat == Repeat::Restarts && is_first(later);
            later > first
                && self.event(later).at < runs_out(first)
                && tied(first, later)
                && (is_absent(later) || restarts)
        };
        let places: Vec<usize> = self.events().map(|(place, _)| place).collect();
        let ended_up_to =
            |first: usize, last: usize| places.iter().any(|place| *place <= last && ends(first, *place));

        let mut started: Vec<usize> = Vec::new();
        for place in places.iter().copied().filter(|place| is_first(*place)) {
            let still_runs = |first: &usize| {
                tied(*first, place) && self.event(place).at < runs_out(*first) && !ended_up_to(*first, place)
            };
            if inaction.repeat != Repeat::Ignored || !started.iter().any(still_runs) {
                started.push(place);
            }
        }
        started
            .into_iter()
            .filter(|first| !ended_up_to(*first, usize::MAX))
            .map(|first| (first, runs_out(first)))
            .collect()
    }

    /// 4.3, 4.4: the instants at which a schedule fires, and their occurrences (4.6).
    fn schedule(&self, campaign: &Campaign, base: &TimeBase) -> Vec<(Instant, Text)> {
        let user_time = *base == TimeBase::User;
        let listed = self.times_left(campaign);
        // Every zone that the clock may be read in.
        let mut zones: Vec<Zone> = Vec::new();
        for at in [self.world.from].into_iter().chain(self.rows.iter().filter_map(|row| row.at)) {
            let zone = self.zone_of(base, Moment { at, step: Step::Schedules });
            if !zones.contains(&zone) {
                zones.push(zone);
            }
        }
        let mut times: Vec<(Instant, NaiveDateTime, Zone)> = Vec::new();
        for zone in zones {
            for (at, wall) in self.times_of_zone(campaign, listed.as_deref(), &zone) {
                times.push((at, wall, zone.clone()));
            }
        }
        times.sort_by_key(|(at, wall, _)| (*at, *wall));

        let mut last_fired: Option<NaiveDateTime> = None;
        let mut fired = Vec::new();
        for (at, wall, zone) in times {
            let moment = Moment { at, step: Step::Schedules };
            // 1.7
            let known = self.seen(moment) > 0;
            let in_force = self.zone_of(base, moment) == zone;
            let again = user_time && last_fired.is_some_and(|last| wall <= last);
            if known && in_force && !again && self.may_fire(campaign, moment) {
                last_fired = Some(wall);
                fired.push((at, written(wall, base, &zone).into()));
            }
        }
        fired
    }

    /// 4.3: the listed times of `at` that are left for this user, who may have been known before the run.
    fn times_left(&self, campaign: &Campaign) -> Option<Vec<NaiveDateTime>> {
        let Trigger::At { times, base, if_past } = &campaign.trigger else { return None };
        let mut left = times.clone();
        if *base == TimeBase::User && self.known_before_run() {
            let is_past = |wall: &NaiveDateTime| self.is_past(*wall);
            left.retain(|wall| !is_past(wall));
            if *if_past == Some(IfPast::NextDay) {
                let put_off = times.iter().filter(|wall| is_past(wall)).map(|wall| *wall + Days::new(1));
                left.extend(put_off.filter(|wall| !is_past(wall)));
            }
        }
        left.sort();
        left.dedup();
        Some(left)
    }

    /// 4.3: how many times of `at` are past for this user.
    pub fn past_times(&self, campaign: &Campaign) -> u64 {
        let Trigger::At { times, base: TimeBase::User, if_past } = &campaign.trigger else { return 0 };
        let past = |wall: &&NaiveDateTime| {
            self.is_past(**wall) && (*if_past != Some(IfPast::NextDay) || self.is_past(**wall + Days::new(1)))
        };
        if self.known_before_run() { times.iter().filter(past).count() as u64 } else { 0 }
    }

    /// The moment just before the run.
    pub fn eve(&self) -> Moment {
        Moment { at: Instant::from_millis(self.world.from.millis() - 1), step: Step::End }
    }

    /// True when there is a record before the run.
    pub fn known_before_run(&self) -> bool {
        self.seen(self.eve()) > 0
    }

    /// True when a wall-clock time is before the run in the zone that the user has just before it.
    fn is_past(&self, wall: NaiveDateTime) -> bool {
        self.zone(self.eve()).zone.instant(wall) < self.world.from
    }

    /// 2.4: the occurrences around the run in one zone.
    fn times_of_zone(
        &self,
        campaign: &Campaign,
        listed: Option<&[NaiveDateTime]>,
        zone: &Zone,
    ) -> Vec<(Instant, NaiveDateTime)> {
        let anchor = campaign.syntax.run.as_ref().and_then(|run| run.from.as_ref()).map(|from| from.node);
        let week_starts = self.world.rulebook.settings().week_starts;
        // A clock that jumps over a day puts its times onto the next: begin some days early.
        let first = zone.day(self.world.from) - Days::new(3);
        let last = zone.day(self.world.to) + Days::new(1);
        let walls = match listed {
            Some(listed) => listed.to_vec(),
            None => occurrences(&campaign.trigger, anchor, week_starts, first, last),
        };
        let mut times: Vec<(Instant, NaiveDateTime)> =
            walls.into_iter().map(|wall| (zone.instant(wall), wall)).collect();
        times.dedup_by_key(|(at, _)| *at);
        times
    }
}

/// 4.6: a wall-clock time, and in whose time it is.
pub fn written(wall: NaiveDateTime, base: &TimeBase, zone: &Zone) -> String {
    let format = if wall.nanosecond() == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.3f" };
    let name = if *base == TimeBase::User { "user time" } else { &zone.name };
    format!("{} {name}", wall.format(format))
}
