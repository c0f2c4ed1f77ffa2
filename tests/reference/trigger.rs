//! When a user's triggers fire (4): found by looking over all of the user's records.

use campanile::language::ast::{Inaction, Repeat, TimeBase, Trigger};
use campanile::model::{self, Instant, Text, TriggerKind};
use campanile::rulebook::Campaign;
use chrono::{Days, NaiveDateTime};

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
    /// The place of the event that made it fire (of A for `then no`); none for schedules.
    pub event: Option<usize>,
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
        let by_event = |place: usize, moment: Moment, kind: TriggerKind| {
            let (event, occurrence) = (self.event(place), self.occurrence(place));
            let trigger = model::Trigger {
                kind,
                event: Some(event.name.clone()),
                event_id: Some(occurrence.clone()),
                at: event.at,
            };
            Firing { moment, campaign, order, event: Some(place), occurrence, trigger }
        };
        let scheduled = |(at, occurrence): (Instant, Text)| {
            let trigger = model::Trigger { kind: TriggerKind::Schedule, event: None, event_id: None, at };
            let moment = Moment { at, step: Step::Schedules };
            Firing { moment, campaign, order, event: None, occurrence, trigger }
        };
        let firings: Vec<Firing> = match &campaign.trigger {
            // 4.1
            Trigger::Event(pattern) => self
                .events()
                .filter(|(place, _)| self.matches(pattern, *place))
                .map(|(place, event)| {
                    let moment = Moment { at: event.at, step: Step::Record(place, Half::Fires) };
                    by_event(place, moment, TriggerKind::Event)
                })
                .collect(),
            Trigger::Inaction(inaction) => self
                .unanswered(inaction)
                .into_iter()
                .map(|(place, at)| {
                    let moment = Moment { at, step: Step::Timer(place) };
                    by_event(place, moment, TriggerKind::Inaction)
                })
                .collect(),
            other @ (Trigger::FirstTime(_)
            | Trigger::Followed(_)
            | Trigger::EventDate(_)
            | Trigger::ProfileDate(_)
            | Trigger::Enters { .. }
            | Trigger::Leaves(_)
            | Trigger::Request) => panic!("not in this version: {other:?}"),
            Trigger::At { base, .. } | Trigger::Every { base, .. } | Trigger::Cron { base, .. } => {
                self.schedule(campaign, base).into_iter().map(scheduled).collect()
            }
        };
        firings.into_iter().filter(|firing| self.may_fire(campaign, firing.moment)).collect()
    }

    /// True when a moment is of the run (1.5) and of the campaign's run (4.5).
    fn may_fire(&self, campaign: &Campaign, moment: Moment) -> bool {
        let (from, to) = (self.world.from, self.world.to);
        moment.at >= from && moment.at < to && self.campaign_runs(campaign, moment)
    }

    /// 4.5
    pub fn campaign_runs(&self, campaign: &Campaign, moment: Moment) -> bool {
        if self.stop(campaign, moment).is_some_and(|stop| moment.at >= stop) {
            return false;
        }
        let Some(run) = &campaign.syntax.run else { return true };
        let zone = self.zone_of_run(campaign, moment);
        let begun = run.from.as_ref().is_none_or(|from| moment.at >= zone.start_of(from.node));
        let ended = run.to.as_ref().is_some_and(|to| moment.at >= zone.end_of(to.node));
        begun && !ended
    }

    /// 4.5: the instant of `stop at`.
    pub fn stop(&self, campaign: &Campaign, moment: Moment) -> Option<Instant> {
        let stop = campaign.syntax.stop.as_ref()?;
        let zone = match &stop.base {
            TimeBase::User => self.zone(moment).zone.clone(),
            TimeBase::Account => self.world.account.clone(),
            TimeBase::Named(name) => Zone::named(&name.node).unwrap(),
        };
        Some(zone.instant(stop.date.and_time(stop.time)))
    }

    /// The zone in which the days of a campaign's run are cut: the user's when its trigger is in user time.
    pub fn zone_of_run(&self, campaign: &Campaign, moment: Moment) -> Zone {
        match &campaign.trigger {
            Trigger::At { base: TimeBase::User, .. }
            | Trigger::Every { base: TimeBase::User, .. }
            | Trigger::Cron { base: TimeBase::User, .. } => self.zone(moment).zone.clone(),
            _ => self.world.account.clone(),
        }
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
            for (at, wall) in self.times_of_zone(campaign, &zone) {
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
                let name = if user_time { "user time" } else { &zone.name };
                fired.push((at, format!("{} {name}", wall.format("%Y-%m-%dT%H:%M:%S")).into()));
            }
        }
        fired
    }

    /// 2.4: the occurrences around the run in one zone.
    fn times_of_zone(&self, campaign: &Campaign, zone: &Zone) -> Vec<(Instant, NaiveDateTime)> {
        let anchor = campaign.syntax.run.as_ref().and_then(|run| run.from.as_ref()).map(|from| from.node);
        let week_starts = self.world.rulebook.settings().week_starts;
        // A clock that jumps over a day puts its times onto the next: begin some days early.
        let first = zone.day(self.world.from) - Days::new(3);
        let last = zone.day(self.world.to) + Days::new(1);
        let mut times: Vec<(Instant, NaiveDateTime)> =
            occurrences(&campaign.trigger, anchor, week_starts, first, last)
                .into_iter()
                .map(|wall| (zone.instant(wall), wall))
                .collect();
        times.dedup_by_key(|(at, _)| *at);
        times
    }
}
