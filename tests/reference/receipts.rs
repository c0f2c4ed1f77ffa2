//! Which job a receipt or a goal event belongs to, and what is counted of them (8.3, 8.5, 8.6).

use std::collections::BTreeMap;

use campanile::language::ast::Receipt;
use campanile::model::{Instant, OutcomeKind, Value};
use campanile::rulebook::Campaign;

use super::condition::{receipt, tied};
use super::filter::{each, reach};
use super::person::Person;
use super::tally::note;
use super::{Sent, World};

/// What is counted of a campaign's messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Results {
    /// Of each of its messages, in the order of the rules.
    pub messages: Vec<Counts>,
    pub control: Spared,
    pub holdout: Spared,
}

/// Jobs with one message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    pub sent: u64,
    /// With receipts: sent, delivered, read, clicked, replied, failed.
    pub got: [u64; 6],
    pub converted: u64,
    pub converted_clicked: u64,
    pub converted_viewed: u64,
    /// In millionths.
    pub revenue: i128,
}

/// Users who were kept from a message, to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spared {
    pub converted: u64,
    /// In millionths.
    pub revenue: i128,
}

/// A qualification that ended in a control group or in the holdout.
pub struct Kept<'a, 'p> {
    pub person: &'p Person<'a>,
    pub campaign: &'a Campaign,
    pub event: Option<usize>,
    pub at: Instant,
    pub outcome: OutcomeKind,
}

/// What a goal may be reached after: a job at its due, or a qualification that was spared.
#[derive(Clone, Copy)]
pub struct Start<'s, 'a> {
    person: &'s Person<'a>,
    campaign: &'a Campaign,
    event: Option<usize>,
    at: Instant,
}

impl<'a> Sent<'a, '_> {
    pub fn start(&self) -> Start<'_, 'a> {
        Start { person: self.person, campaign: self.campaign, event: self.event, at: self.job.due }
    }
}

impl<'a> Kept<'a, '_> {
    fn start(&self) -> Start<'_, 'a> {
        Start { person: self.person, campaign: self.campaign, event: self.event, at: self.at }
    }
}

/// 8.3: the place among these jobs of the one that the receipt at a place belongs to.
pub fn job_of(person: &Person, place: usize, jobs: &[&Sent]) -> Option<usize> {
    let event = person.event(place);
    let before = |job: &usize| jobs[*job].person.user == person.user && jobs[*job].job.due < event.at;
    let mine: Vec<usize> = (0..jobs.len()).filter(before).collect();
    let text = |name: &str| match event.properties.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    };
    let named = text("job").and_then(|id| mine.iter().find(|job| jobs[**job].job.id.to_string() == **id));
    let found = named.or_else(|| {
        let campaign = text("campaign")?;
        mine.iter().rfind(|job| *jobs[**job].job.campaign == **campaign)
    });
    found.copied()
}

/// True when a receipt says this of a message: a click or a reply is a read too.
pub fn says(receipt: Receipt, wanted: Receipt) -> bool {
    receipt == wanted || wanted == Receipt::Read && matches!(receipt, Receipt::Clicked | Receipt::Replied)
}

/// 8.5: of each of these, all of one campaign and in the order of time, the places of the goal events up to an instant
/// that belong to it.
pub fn reached(these: &[Start], until: Instant) -> Vec<Vec<usize>> {
    let mut reached = vec![Vec::new(); these.len()];
    let Some(goal) = these.first().and_then(|start| start.campaign.syntax.goal.as_ref()) else {
        return reached;
    };
    let mut people: BTreeMap<&str, &Person> = BTreeMap::new();
    people.extend(these.iter().map(|start| (start.person.user, start.person)));
    for person in people.into_values() {
        let goals = person
            .events()
            .filter(|(place, event)| event.at <= until && person.matches(&goal.pattern, *place));
        for (place, event) in goals {
            let ties = |start: &Start| match start.event {
                Some(trigger) => tied(goal.matching.as_ref(), person.event(trigger), event),
                None => goal.matching.is_none(),
            };
            let last = these
                .iter()
                .rposition(|start| start.person.user == person.user && start.at < event.at && ties(start));
            if let Some(last) = last.filter(|last| event.at < these[*last].at + goal.within.node) {
                reached[last].push(place);
            }
        }
    }
    reached
}

/// 8.6: what is counted of a campaign up to the run's end.
pub fn results(world: &World, campaign: &Campaign, sent: &[Sent], kept: &[Kept]) -> Results {
    let mut results =
        Results { messages: vec![Counts::default(); campaign.variants.len()], ..Results::default() };
    let end = Instant::from_millis(world.to.millis() - 1);
    let all: Vec<&Sent> = sent.iter().collect();
    let mine: Vec<&Sent> = all.iter().copied().filter(|sent| sent.campaign.name == campaign.name).collect();
    let starts: Vec<Start> = mine.iter().map(|sent| sent.start()).collect();
    for (job, goals) in mine.iter().zip(reached(&starts, end)) {
        // The places of the receipts that say this of the job.
        let got = |wanted: Receipt| -> Option<usize> {
            let person = job.person;
            let mut receipts = person.events().filter(|(place, event)| {
                event.at <= end
                    && receipt(event).is_some_and(|receipt| says(receipt, wanted))
                    && job_of(person, *place, &all).is_some_and(|found| all[found].job.id == job.job.id)
            });
            receipts.next().map(|(place, _)| place)
        };
        let counts = &mut results.messages[job.variant];
        counts.sent += 1;
        for (count, receipt) in counts.got.iter_mut().zip(RECEIPTS) {
            *count += u64::from(note(name(receipt), got(receipt).is_some()));
        }
        if campaign.syntax.goal.is_some() {
            note("goal reached", !goals.is_empty());
        }
        if let Some(first) = goals.first() {
            counts.converted += 1;
            let before = |receipt: Receipt| got(receipt).is_some_and(|place| place < *first);
            if note("clicked before the goal", before(Receipt::Clicked)) {
                counts.converted_clicked += 1;
            } else if note("viewed before the goal", before(Receipt::Read)) {
                counts.converted_viewed += 1;
            }
        }
        counts.revenue += goals.iter().map(|place| revenue(campaign, job.person, *place)).sum::<i128>();
    }

    let mine: Vec<&Kept> = kept.iter().filter(|kept| kept.campaign.name == campaign.name).collect();
    let starts: Vec<Start> = mine.iter().map(|kept| kept.start()).collect();
    for (kept, goals) in mine.iter().zip(reached(&starts, end)) {
        let spared = match kept.outcome {
            OutcomeKind::Control => &mut results.control,
            _ => &mut results.holdout,
        };
        if campaign.syntax.goal.is_some() {
            note("goal reached without a message", !goals.is_empty());
        }
        spared.converted += u64::from(!goals.is_empty());
        spared.revenue += goals.iter().map(|place| revenue(campaign, kept.person, *place)).sum::<i128>();
    }
    results
}

const RECEIPTS: [Receipt; 6] =
    [Receipt::Sent, Receipt::Delivered, Receipt::Read, Receipt::Clicked, Receipt::Replied, Receipt::Failed];

/// As the tally calls it.
fn name(receipt: Receipt) -> &'static str {
    match receipt {
        Receipt::Sent => "receipt that it was sent",
        Receipt::Delivered => "receipt that it was delivered",
        Receipt::Read => "receipt that it was read",
        Receipt::Clicked => "receipt that it was clicked",
        Receipt::Replied => "receipt that it was replied to",
        Receipt::Failed => "receipt that it failed",
    }
}

/// The numbers that the goal's property reaches in a goal event, in millionths: each is written with six digits.
fn revenue(campaign: &Campaign, person: &Person, place: usize) -> i128 {
    let Some(property) = campaign.syntax.goal.as_ref().and_then(|goal| goal.revenue.as_ref()) else {
        return 0;
    };
    let values = reach(property, &person.event(place).properties).into_iter().flat_map(each);
    let millionths = |value: &Value| match value {
        Value::Number(number) => format!("{:.6}", number.as_f64()).replace('.', "").parse::<i128>().unwrap(),
        _ => 0,
    };
    values.map(millionths).sum()
}
