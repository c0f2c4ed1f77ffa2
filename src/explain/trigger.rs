//! Why a trigger never fired: what came near.

use super::explanation::{Attempt, Evidence, Place};
use super::filter::{clause, reads, value_at};
use super::words::{Times, length};
use crate::calendar::Zone;
use crate::language::Sources;
use crate::language::ast::{EventPattern, Inaction, Repeat, Trigger};
use crate::machine::Stretch;
use crate::model::{Duration, Event};
use crate::program::{Clocks, Matcher, Program, key_of};
use crate::rulebook::Campaign;

/// So many events that came near are shown of one pattern, the latest.
const MOST: usize = 3;

struct Search<'a> {
    sources: &'a Sources,
    clocks: Clocks<'a>,
    times: Times,
    events: &'a [Event],
    run: Stretch,
}

/// What came near to firing a campaign's trigger, in order.
pub(super) fn attempts(
    program: &Program,
    campaign: &Campaign,
    events: &[Event],
    run: Stretch,
    zone: &Zone,
) -> Vec<Attempt> {
    let sources = program.rulebook().sources();
    let search =
        Search { sources, clocks: program.tables().clocks_of(zone), times: Times(*zone), events, run };
    match &campaign.trigger {
        Trigger::Event(pattern) => search.pattern(pattern),
        Trigger::FirstTime(pattern) => search.pattern(pattern),
        Trigger::Inaction(inaction) => {
            let mut found = search.pattern(&inaction.first);
            found.extend(search.timers(inaction));
            found
        }
        Trigger::Followed(followed) => {
            let mut found = search.pattern(&followed.first);
            found.extend(search.pattern(&followed.then));
            found
        }
        Trigger::EventDate(date) => search.pattern(&date.pattern),
        Trigger::ProfileDate(_)
        | Trigger::Enters { .. }
        | Trigger::Leaves(_)
        | Trigger::Request
        | Trigger::At { .. }
        | Trigger::Every { .. }
        | Trigger::Cron { .. } => campaign
            .syntax
            .trigger
            .iter()
            .map(|trigger| Attempt {
                finding: format!(
                    "nothing fired it from {} until {}",
                    search.times.say(run.from),
                    search.times.say(run.to)
                ),
                place: Place::of(sources, trigger.span),
                event: None,
                filter: None,
            })
            .collect(),
    }
}

impl Search<'_> {
    /// The events of a pattern's name: none, those that its `where` refused, and those outside of the run.
    fn pattern(&self, pattern: &EventPattern) -> Vec<Attempt> {
        let matcher = Matcher::new(pattern);
        let place = Place::of(self.sources, pattern.span);
        let about = |finding: String, event: Option<Evidence>, filter| Attempt {
            finding,
            place: place.clone(),
            event,
            filter,
        };
        let named: Vec<&Event> = self.events.iter().filter(|event| matcher.is_named(event)).collect();
        let name = pattern.event.node.name().map_or("any event".to_owned(), |name| format!("\"{name}\""));
        if named.is_empty() {
            return vec![about(format!("no {name} ever happened"), None, None)];
        }
        let read = reads(pattern.filter.as_ref());
        let passed: Vec<&&Event> = named.iter().filter(|event| matcher.passes(event, &self.clocks)).collect();
        if passed.is_empty() {
            let failed = named.iter().rev().take(MOST).rev().map(|event| {
                let filter = pattern.filter.as_ref();
                let filter = filter.map(|filter| clause(self.sources, filter, event, &self.clocks));
                let finding = format!("{name} at {} failed `where`", self.times.say(event.at));
                about(finding, Some(Evidence::of(event, &read)), filter)
            });
            return failed.collect();
        }
        // What is before the run builds history and fires nothing.
        if passed.iter().all(|event| event.at < self.run.from) {
            let last = passed.iter().rev().take(1).map(|event| {
                let finding = format!(
                    "{name} at {} lies before the run, which begins at {}",
                    self.times.say(event.at),
                    self.times.say(self.run.from)
                );
                about(finding, Some(Evidence::of(event, &read)), None)
            });
            return last.collect();
        }
        Vec::new()
    }

    /// What became of each timer.
    fn timers(&self, inaction: &Inaction) -> Vec<Attempt> {
        let (first, absent) = (Matcher::new(&inaction.first), Matcher::new(&inaction.absent));
        let key = |event: &Event| inaction.matching.as_ref().map(|path| key_of(event, path));
        // The same value: without `matching` any, with it none that is missing.
        let tied = |a: &Event, b: &Event| match (key(a), key(b)) {
            (Some(a), Some(b)) => a.is_some() && a == b,
            _ => true,
        };
        let mut found = Vec::new();
        for (place, event) in self.events.iter().enumerate() {
            if !first.matches(event, &self.clocks) {
                continue;
            }
            let ends = event.at + inaction.within.node;
            let later = self.events.iter().skip(place + 1).take_while(|later| later.at < ends);
            let mut later = later.filter(|later| tied(event, later));
            let stopped = later.clone().find(|later| absent.matches(later, &self.clocks));
            let repeated = later.find(|later| first.matches(later, &self.clocks));
            let started = format!("the timer of {} ", self.times.say(event.at));
            let finding = match (stopped, repeated, inaction.repeat) {
                (Some(stopped), _, _) => {
                    let same = inaction.matching.as_ref().map(|path| {
                        format!(" with the same `{}`, {}", path.parts.join("."), value_at(stopped, path))
                    });
                    format!(
                        "{started}was ended by \"{}\" at {}{}, {} before it ran out",
                        stopped.name,
                        self.times.say(stopped.at),
                        same.unwrap_or_default(),
                        length(Duration::from_millis(ends.millis() - stopped.at.millis()))
                    )
                }
                (None, Some(again), Repeat::Restarts) => {
                    format!("{started}was started anew at {}", self.times.say(again.at))
                }
                (None, ..) if ends >= self.run.to => {
                    format!("{started}runs until {}, and the run ends before", self.times.say(ends))
                }
                (None, ..) if ends < self.run.from => {
                    format!("{started}ran out at {}, before the run", self.times.say(ends))
                }
                (None, ..) => {
                    format!("{started}ran out at {} outside of the campaign's days", self.times.say(ends))
                }
            };
            found.push(Attempt {
                finding,
                place: Place::of(self.sources, inaction.absent.span),
                event: Some(Evidence::of(event, &reads(inaction.first.filter.as_ref()))),
                filter: None,
            });
        }
        let latest = found.len().saturating_sub(MOST);
        found.split_off(latest)
    }
}
