//! Why a trigger never fired: what came near.

use super::explanation::{Attempt, Clause, Evidence, Place};
use super::filter::{clause, path_values, reads, value_at};
use super::words::{Times, length};
use crate::calendar::Zone;
use crate::language::Sources;
use crate::language::ast::{EventDate, EventPattern, Followed, Inaction, Repeat, Trigger};
use crate::machine::Stretch;
use crate::model::{Duration, Event, Profile};
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

/// What is known of the user at the end of the run.
#[derive(Default)]
pub(super) struct AtEnd {
    pub events: Vec<Event>,
    pub profile: Profile,
    /// The segment that the trigger asks for.
    pub segment: Option<Clause>,
}

/// What came near to firing a campaign's trigger, in order.
pub(super) fn attempts(
    program: &Program,
    campaign: &Campaign,
    end: &AtEnd,
    run: Stretch,
    zone: &Zone,
) -> Vec<Attempt> {
    let events = &end.events;
    let sources = program.rulebook().sources();
    let search =
        Search { sources, clocks: program.tables().clocks_of(zone), times: Times(*zone), events, run };
    match &campaign.trigger {
        Trigger::Event(pattern) => search.pattern(pattern),
        Trigger::FirstTime(pattern) => {
            let found = search.pattern(pattern);
            if found.is_empty() { search.not_the_first(pattern) } else { found }
        }
        Trigger::Inaction(inaction) => {
            let mut found = search.pattern(&inaction.first);
            found.extend(search.timers(inaction));
            found
        }
        Trigger::Followed(followed) => {
            let mut found = search.pattern(&followed.first);
            found.extend(search.pattern(&followed.then));
            if found.is_empty() { search.not_followed(followed) } else { found }
        }
        Trigger::EventDate(date) => {
            let found = search.pattern(&date.pattern);
            if found.is_empty() { search.dates(date) } else { found }
        }
        _ => {
            let Some(span) = campaign.syntax.trigger.as_ref().map(|trigger| trigger.span) else {
                return Vec::new();
            };
            let (finding, filter) = search.without_event(campaign, end);
            vec![Attempt { finding, place: Place::of(sources, span), event: None, filter }]
        }
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

    /// Why a trigger without an event of its own did not fire.
    fn without_event(&self, campaign: &Campaign, end: &AtEnd) -> (String, Option<Clause>) {
        let (from, to) = (self.times.say(self.run.from), self.times.say_end(self.run.to));
        match &campaign.trigger {
            Trigger::Enters { segment, .. } | Trigger::Leaves(segment) => {
                let enters = matches!(&campaign.trigger, Trigger::Enters { .. });
                let did = if enters { "did not enter" } else { "did not leave" };
                (
                    format!("the user {did} segment {} from {from} to {to}; at its end", segment.node),
                    end.segment.clone(),
                )
            }
            Trigger::ProfileDate(date) => {
                let name = date.property.parts.join(".");
                let found = path_values(end.profile.properties(), &date.property);
                let is = match found.as_slice() {
                    [] => "is not set".to_owned(),
                    several => format!("is {}", several.join(", ")),
                };
                (format!("`{name}` {is}, which plans no instant from {from} to {to}"), None)
            }
            Trigger::Request => {
                let requests = self.events.iter().filter(|event| *event.name == *"Message Requested");
                let others = match requests.count() {
                    0 => "the host made no request for the user".to_owned(),
                    _ => "the host asked for the user, and for other campaigns only".to_owned(),
                };
                (format!("{others} from {from} to {to}"), None)
            }
            _ => (format!("no time of the schedule lies from {from} to {to}, with the user known"), None),
        }
    }

    /// For the first time: what was it then.
    fn not_the_first(&self, pattern: &EventPattern) -> Vec<Attempt> {
        let matcher = Matcher::new(pattern);
        let first = self.events.iter().find(|event| matcher.matches(event, &self.clocks));
        let about = |first: &Event| Attempt {
            finding: format!(
                "the first \"{}\" was at {}, outside of the run or of the campaign's days",
                first.name,
                self.times.say(first.at)
            ),
            place: Place::of(self.sources, pattern.span),
            event: Some(Evidence::of(first, &reads(pattern.filter.as_ref()))),
            filter: None,
        };
        first.map(about).into_iter().collect()
    }

    /// Of each B, the last A before it, and how long before.
    fn not_followed(&self, followed: &Followed) -> Vec<Attempt> {
        let (first, then) = (Matcher::new(&followed.first), Matcher::new(&followed.then));
        let mut found = Vec::new();
        for (place, event) in self.events.iter().enumerate() {
            if !then.matches(event, &self.clocks) {
                continue;
            }
            let before = self.events.get(..place).unwrap_or_default().iter();
            let mut before = before.rev().filter(|earlier| first.matches(earlier, &self.clocks));
            let tied = before.clone().find(|earlier| {
                let key = |event: &Event| followed.matching.as_ref().map(|path| key_of(event, path));
                followed.matching.is_none() || (key(earlier) == key(event) && key(event) != Some(None))
            });
            let at = self.times.say(event.at);
            let same = followed
                .matching
                .as_ref()
                .map(|path| format!(" with the same `{}`, {},", path.parts.join("."), value_at(event, path)));
            let same = same.unwrap_or_default();
            let finding = match (tied, before.next()) {
                (Some(tied), _) => {
                    let apart = Duration::from_millis(event.at.millis() - tied.at.millis());
                    format!(
                        "\"{}\" at {at}: the last \"{}\"{same} was {} before",
                        event.name,
                        tied.name,
                        length(apart)
                    )
                }
                (None, Some(other)) => {
                    format!("\"{}\" at {at}: no \"{}\"{same} came before it", event.name, other.name)
                }
                (None, None) => format!("\"{}\" at {at}: nothing came before it", event.name),
            };
            found.push(Attempt {
                finding,
                place: Place::of(self.sources, followed.then.span),
                event: Some(Evidence::of(event, &reads(followed.then.filter.as_ref()))),
                filter: None,
            });
        }
        let latest = found.len().saturating_sub(MOST);
        found.split_off(latest)
    }

    /// The dates that events brought, none of which planned an instant of the run.
    fn dates(&self, date: &EventDate) -> Vec<Attempt> {
        let matcher = Matcher::new(&date.pattern);
        let events = self.events.iter().filter(|event| matcher.matches(event, &self.clocks));
        let about = |event: &Event| Attempt {
            finding: format!(
                "\"{}\" at {}: its `{}` is {}, and what it planned did not come in the run",
                event.name,
                self.times.say(event.at),
                date.property.parts.join("."),
                value_at(event, &date.property)
            ),
            place: Place::of(self.sources, date.pattern.span),
            event: Some(Evidence::of(event, &reads(date.pattern.filter.as_ref()))),
            filter: None,
        };
        let mut found: Vec<Attempt> = events.map(about).collect();
        let latest = found.len().saturating_sub(MOST);
        found.split_off(latest)
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
