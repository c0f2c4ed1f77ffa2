//! One pattern against one event, for those who look at a log after the run.

use super::path::{key, split};
use super::{Clocks, Predicate, Slots};
use crate::language::ast::{EventName, EventPattern, Filter, Path};
use crate::model::{Event, Value};

/// Finds the events that a pattern means, one by one: for those who look at a log after the run. A run itself looks at each
/// event once, for all patterns.
#[derive(Debug)]
pub(crate) struct Matcher<'a> {
    event: &'a EventName,
    predicate: Option<Predicate>,
    slots: Slots,
}

impl<'a> Matcher<'a> {
    pub(crate) fn new(pattern: &'a EventPattern) -> Matcher<'a> {
        Matcher::of(&pattern.event.node, pattern.filter.as_ref())
    }

    /// The same with another test, such as a part of the pattern's own.
    pub(crate) fn of(event: &'a EventName, filter: Option<&Filter>) -> Matcher<'a> {
        let mut slots = Slots::default();
        let predicate = filter.map(|filter| Predicate::compile(filter, &mut slots));
        Matcher { event, predicate, slots }
    }

    /// True when it is an event of the name that is meant, whatever its properties.
    pub(crate) fn is_named(&self, event: &Event) -> bool {
        match self.event {
            EventName::Any => true,
            EventName::Named(name) => *name == *event.name,
            EventName::Message { receipt, campaign } => {
                let sent_by = || match event.properties.get("campaign") {
                    Some(Value::Text(name)) => Some(&**name),
                    _ => None,
                };
                let named = *event.name == *receipt.event() || receipt.other_event() == Some(&*event.name);
                named && campaign.as_ref().is_none_or(|campaign| sent_by() == Some(&campaign.node))
            }
        }
    }

    /// True when the test holds of its properties, and of its instant on these clocks.
    pub(crate) fn passes(&self, event: &Event, clocks: &Clocks<'_>) -> bool {
        let Some(predicate) = &self.predicate else { return true };
        let mut filled = vec![None; self.slots.len()];
        self.slots.fill(&event.properties, &mut filled);
        predicate.holds(&filled, &clocks.at(event.at))
    }

    /// True when the event is meant.
    pub(crate) fn matches(&self, event: &Event, clocks: &Clocks<'_>) -> bool {
        self.is_named(event) && self.passes(event, clocks)
    }
}

/// The key of the one value that a path reaches in an event; none when it reaches none or several.
pub(crate) fn key_of(event: &Event, path: &Path) -> Option<u128> {
    let (root, rest) = split(path);
    key(event.properties.get(root), &rest)
}
