//! Which job a receipt or a goal event belongs to (8.3, 8.5).

use campanile::model::{Instant, Value};

use super::Sent;
use super::condition::tied;
use super::person::Person;

/// 8.3: the job that the receipt at a place belongs to, of these.
pub fn job_of<'s, 'a, 'p>(
    person: &Person,
    place: usize,
    jobs: &[&'s Sent<'a, 'p>],
) -> Option<&'s Sent<'a, 'p>> {
    let event = person.event(place);
    let before = |sent: &&'s Sent<'a, 'p>| sent.person.user == person.user && sent.job.due < event.at;
    let mut mine = jobs.iter().copied().filter(before);
    let text = |name: &str| match event.properties.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    };
    let named = text("job").and_then(|id| mine.clone().find(|sent| sent.job.id.to_string() == **id));
    named.or_else(|| {
        let campaign = text("campaign")?;
        mine.rfind(|sent| *sent.job.campaign == **campaign)
    })
}

/// 8.5: the first goal event up to an instant that belongs to the job, and the places of all of them.
pub fn converted(sent: &Sent, jobs: &[&Sent], until: Instant) -> Option<Vec<usize>> {
    let goal = sent.campaign.syntax.goal.as_ref()?;
    let person = sent.person;
    let belongs = |place: usize| {
        let event = person.event(place);
        let ties = |job: &Sent| match job.event {
            Some(trigger) => tied(goal.matching.as_ref(), person.event(trigger), event),
            None => goal.matching.is_none(),
        };
        let mut mine = jobs.iter().filter(|job| {
            job.person.user == person.user
                && job.campaign.name == sent.campaign.name
                && job.job.due < event.at
                && ties(job)
        });
        let last = mine.next_back();
        last.is_some_and(|last| last.job.id == sent.job.id) && event.at < sent.job.due + goal.within.node
    };
    let places: Vec<usize> = person
        .events()
        .filter(|(place, event)| event.at <= until && person.matches(&goal.pattern, *place))
        .map(|(place, _)| place)
        .filter(|place| belongs(*place))
        .collect();
    (!places.is_empty()).then_some(places)
}
