//! Conditions, asked of a user's whole history each time (3).

use campanile::language::ast::{
    Condition, Count, CountComparison, Did, EventName, EventPattern, Path, Receipt, Sample, Window,
};
use campanile::model::{Event, Instant, Profile, Value, chance};
use campanile::rulebook::Rulebook;

use super::clock::{Zone, in_window};
use super::filter::{View, filter_holds, reach};
use super::tally::{self, note};

/// What a condition is asked of: one user, seen from `now` (3.1).
pub struct Asked<'a> {
    pub rulebook: &'a Rulebook,
    pub account: &'a Zone,
    pub user: &'a str,
    /// The user's zone and profile now.
    pub zone: &'a Zone,
    pub profile: &'a Profile,
    pub history: &'a [Past<'a>],
    pub now: Instant,
}

/// An event that was.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    pub event: &'a Event,
    /// The user's zone as of the event (3.8).
    pub zone: &'a Zone,
}

impl<'a> Asked<'a> {
    /// True when the condition holds.
    pub fn holds(&self, condition: &Condition) -> bool {
        let answer = match condition {
            Condition::And(parts, _) => parts.iter().all(|part| self.holds(part)),
            Condition::Or(parts, _) => parts.iter().any(|part| self.holds(part)),
            Condition::Not(part, _) => !self.holds(part),
            Condition::Did(did) => self.did(did),
            Condition::Aggregate(aggregate) => self.aggregate(aggregate),
            Condition::Occurred(occurred) => self.occurred(occurred),
            Condition::Had(had) => self.had(had),
            Condition::NoneSince(none) => self.none_since(none),
            Condition::Sequence(sequence) => self.sequence(sequence),
            Condition::Regularly(regularly) => self.regularly(regularly),
            Condition::Mostly(mostly) => self.mostly(mostly),
            Condition::Share(share) => self.share(share),
            Condition::Sample(sample) => self.sample(sample),
            Condition::Profile(filter) => {
                filter_holds(filter, self.profile.properties(), &self.view_of_now())
            }
            // 3.6
            Condition::InSegment(name) => self.holds(&self.rulebook.segments()[&name.node].condition),
            Condition::InList(name) => self.rulebook.list(&name.node).unwrap().contains(self.user),
        };
        note(tally::of_condition(condition), answer)
    }

    /// How a profile is looked at.
    pub fn view_of_now(&self) -> View<'a> {
        View {
            account: self.account,
            user: self.zone,
            at: self.now,
            week_starts: self.rulebook.settings().week_starts,
        }
    }

    /// How an event of the history is looked at.
    pub fn view(&self, past: &Past<'a>) -> View<'a> {
        View { user: past.zone, at: past.event.at, ..self.view_of_now() }
    }

    /// The events of the history that a pattern means, in order, with their places in it.
    pub fn matching(&self, pattern: &EventPattern) -> Vec<(usize, Past<'a>)> {
        let all = self.history.iter().copied().enumerate();
        all.filter(|(_, past)| matches(pattern, past.event, &self.view(past))).collect()
    }

    /// True when an instant lies in the window (3.4); ever, without one.
    pub fn in_time(&self, window: Option<&Window>, at: Instant) -> bool {
        window.is_none_or(|window| {
            let zone = if window.user_time { self.zone } else { self.account };
            in_window(window, at, self.now, zone, self.rulebook.settings().week_starts)
        })
    }

    /// Those of them that lie in the window.
    pub fn matching_in(&self, pattern: &EventPattern, window: Option<&Window>) -> Vec<Past<'a>> {
        let matching = self.matching(pattern).into_iter();
        matching.map(|(_, past)| past).filter(|past| self.in_time(window, past.event.at)).collect()
    }

    /// 3.5
    fn did(&self, did: &Did) -> bool {
        let times = self.matching_in(&did.pattern, did.window.as_ref()).len() as u64;
        match &did.count {
            _ if did.negated => times == 0,
            None => times > 0,
            Some(count) => counts(count.node, times),
        }
    }

    /// 3.16
    fn sample(&self, sample: &Sample) -> bool {
        let purpose = match &sample.name {
            None => "sample".to_owned(),
            Some(name) => format!("sample/{}", name.node),
        };
        chance(&purpose, self.user, sample.share.node)
    }
}

fn counts(count: Count, times: u64) -> bool {
    if times == 0 && !count.or_never {
        return false;
    }
    match count.comparison {
        CountComparison::AtLeast(n) => times >= n.into(),
        CountComparison::AtMost(n) => times <= n.into(),
        CountComparison::MoreThan(n) => times > n.into(),
        CountComparison::FewerThan(n) => times < n.into(),
        CountComparison::Exactly(n) => times == u64::from(n),
        CountComparison::Between(a, b) => times >= a.into() && times <= b.into(),
    }
}

/// True when an event has the name and its properties stand the test.
pub fn matches(pattern: &EventPattern, event: &Event, view: &View) -> bool {
    named(&pattern.event.node, event)
        && pattern.filter.as_ref().is_none_or(|filter| filter_holds(filter, &event.properties, view))
}

/// True when an event is one of those that a name means (4.14).
pub fn named(name: &EventName, event: &Event) -> bool {
    match name {
        EventName::Any => true,
        EventName::Named(name) => *name == *event.name,
        EventName::Message { receipt: wanted, campaign } => {
            let of_campaign = campaign.as_ref().is_none_or(|campaign| {
                event.properties.get("campaign") == Some(&Value::text(&campaign.node))
            });
            receipt(event) == Some(*wanted) && of_campaign
        }
    }
}

/// 4.14: what became of a message, as an event tells it.
pub fn receipt(event: &Event) -> Option<Receipt> {
    match &*event.name {
        "Message Sent" | "Notification Sent" => Some(Receipt::Sent),
        "Message Delivered" | "Notification Delivered" => Some(Receipt::Delivered),
        "Message Read" | "Notification Viewed" => Some(Receipt::Read),
        "Message Clicked" | "Notification Clicked" => Some(Receipt::Clicked),
        "Message Replied" | "Notification Replied" => Some(Receipt::Replied),
        "Message Failed" => Some(Receipt::Failed),
        _ => None,
    }
}

/// The value that ties events together with `matching p` (4.2): none when p reaches no value, or several.
pub fn tie<'a>(path: &Path, event: &'a Event) -> Option<&'a Value> {
    match reach(path, &event.properties)[..] {
        [value] => Some(value),
        _ => None,
    }
}

/// True when two events have one equal value of p each; without `matching`, always.
pub fn tied(matching: Option<&Path>, one: &Event, other: &Event) -> bool {
    matching.is_none_or(|path| tie(path, one).is_some_and(|value| tie(path, other) == Some(value)))
}
