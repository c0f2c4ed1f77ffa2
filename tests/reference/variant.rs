//! Which of a campaign's messages a user gets, and which won a test (8.4).

use std::cmp::Ordering;

use campanile::calendar::Zone;
use campanile::language::ast::{AbTest, Delivery, Message as Text, Metric, Receipt, TestSize};
use campanile::message::{CompiledMessage, Events, Occasion, RenderStop};
use campanile::model::{self, Instant, OutcomeKind, chance, draw};
use campanile::rulebook::Campaign;

use super::Sent;
use super::budget::in_service_window;
use super::condition::receipt;
use super::filter::{View, each, reach};
use super::message::{Message, of_schedule};
use super::not_before::Says;
use super::person::Moment;
use super::receipts::{Start, job_of, reached, says};

/// What a campaign sends to a user at due.
pub enum Choice {
    /// The place of the message among the campaign's, the variant's name, the category, and what is rendered.
    Is(usize, model::Text, model::Category, Result<model::Content, RenderStop>),
    Waits(Option<Instant>),
    Fails(OutcomeKind),
    /// The provider does not take it yet: it is asked again then, and waits for this meanwhile.
    Again(Instant, model::Budget),
}

/// 8.4: when the campaign's test is decided, as far as its jobs tell.
pub fn decided_at(campaign: &Campaign, sent: &[Sent]) -> Option<Instant> {
    let Some(Delivery::Test(test)) = &campaign.syntax.message else { return None };
    let places = places(campaign, sent);
    let deciding = match &test.size {
        _ if of_schedule(&campaign.trigger) => places.first(),
        TestSize::Users(users) => places.get(users.node as usize - 1),
        TestSize::Share(_) => None,
    };
    deciding.map(|(_, first)| sent[*first].job.due + test.after.node)
}

/// 5.10: the variant and its text, if there is to be one now.
pub fn choose(
    message: &Message,
    moment: Moment,
    sent: &[Sent],
    provider: impl Fn(&CompiledMessage) -> Says,
) -> Choice {
    let campaign = message.firing.campaign;
    let user = message.person.user;
    let (number, name) = match campaign.syntax.message.as_ref().unwrap() {
        Delivery::One(_) => (0, "only".into()),
        Delivery::By(by) => {
            let values = reach(&by.property, message.person.profile(moment).properties());
            let values: Vec<_> = values.into_iter().flat_map(each).collect();
            let world = message.person.world;
            let view = View {
                account: &world.account,
                user: &message.person.zone(moment).zone,
                at: moment.at,
                week_starts: world.rulebook.settings().week_starts,
            };
            let found = by.arms.iter().position(|arm| {
                let is = |literal: &campanile::language::ast::Literal| {
                    values.iter().any(|value| super::filter::is_equal(value, literal, &view))
                };
                arm.values.iter().any(|value| is(&value.node))
            });
            match found {
                Some(found) => (found, literal_name(&by.arms[found].values[0].node)),
                None => (by.arms.len(), "else".to_owned()),
            }
        }
        Delivery::Split(split) => {
            let place = draw(&format!("split/{}", campaign.name), user);
            let bucket = ((u128::from(place) * 1_000_000) >> 64) as u32;
            let mut upper = 0;
            let found = split.arms.iter().position(|arm| {
                upper += arm.share.node.millionths();
                bucket < upper
            });
            let found = found.unwrap_or(split.arms.len() - 1);
            (found, arm_name(split.arms[found].name.as_ref(), found))
        }
        Delivery::Test(test) => match variant(message, test, moment, sent) {
            Ok(found) => (found, arm_name(test.arms[found].name.as_ref(), found)),
            Err(until) => return Choice::Waits(until),
        },
    };
    let text = &campaign.variants[number].message;
    match provider(text) {
        Says::Now => {}
        Says::Never => return Choice::Fails(OutcomeKind::TemplateDisabled),
        Says::Again(at, budget) => return Choice::Again(at, budget),
    }
    let delivery = campaign.syntax.message.as_ref().unwrap();
    if matches!(delivery.messages()[number], Text::FreeForm(_)) && !in_service_window(message.person, moment)
    {
        return Choice::Fails(OutcomeKind::ServiceWindow);
    }
    let properties = |place: Option<usize>| place.map(|place| &message.person.event(place).properties);
    let events = Events { event: properties(message.firing.event), first: properties(message.firing.first) };
    let profile = message.person.profile(moment).properties();
    let account = message.person.world.rulebook.settings().zone;
    let clock = &message.person.zone(moment).zone.name;
    let user = Zone::named(clock).ok().or_else(|| Zone::find(clock)).unwrap();
    let occasion = Occasion { due: moment.at, account: &account, user: &user };
    Choice::Is(number, name.as_str().into(), text.category(), text.render(events, profile, occasion))
}

/// The variant of a test, or until when the message waits.
fn variant(
    message: &Message,
    test: &AbTest,
    moment: Moment,
    sent: &[Sent],
) -> Result<usize, Option<Instant>> {
    let campaign = message.firing.campaign;
    let user = message.person.user;
    let decided = decided_at(campaign, sent);
    if let Some(decided) = decided.filter(|decided| moment.at >= *decided) {
        return Ok(winner(campaign, test, decided, sent));
    }
    let places = places(campaign, sent);
    if let Some((_, first)) = places.iter().find(|(known, _)| *known == user) {
        return Ok(sent[*first].variant);
    }
    let takes_part = !of_schedule(&campaign.trigger)
        || match &test.size {
            TestSize::Share(share) => chance(&format!("test/{}", campaign.name), user, share.node),
            TestSize::Users(users) => places.len() < users.node as usize,
        };
    if takes_part { Ok(places.len() % test.arms.len()) } else { Err(decided) }
}

/// The users of a test in the order of their first jobs, with those jobs' places.
fn places<'s>(campaign: &Campaign, sent: &'s [Sent]) -> Vec<(&'s str, usize)> {
    let mut places: Vec<(&str, usize)> = Vec::new();
    for (place, sent) in sent.iter().enumerate() {
        let user = sent.person.user;
        if sent.campaign.name == campaign.name && !places.iter().any(|(known, _)| *known == user) {
            places.push((user, place));
        }
    }
    places
}

/// 8.4: the variant with the largest share of jobs that have the metric.
fn winner(campaign: &Campaign, test: &AbTest, decided: Instant, sent: &[Sent]) -> usize {
    let jobs: Vec<&Sent> =
        sent.iter().filter(|sent| sent.campaign.name == campaign.name && sent.job.due < decided).collect();
    let starts: Vec<Start> = jobs.iter().map(|sent| sent.start()).collect();
    let goals = reached(&starts, decided);
    let has_metric = |number: usize| {
        let job: &Sent = jobs[number];
        let got = |wanted: Receipt| {
            job.person.events().any(|(place, event)| {
                event.at <= decided
                    && receipt(event).is_some_and(|receipt| says(receipt, wanted))
                    && job_of(job.person, place, &jobs) == Some(number)
            })
        };
        match test.winner.node {
            Metric::Read => got(Receipt::Read),
            Metric::Click => got(Receipt::Clicked),
            Metric::Reply => got(Receipt::Replied),
            Metric::Goal => !goals[number].is_empty(),
        }
    };
    let mut best = (0, 0, 1);
    for number in 0..test.arms.len() {
        let mine: Vec<usize> = (0..jobs.len()).filter(|job| jobs[*job].variant == number).collect();
        let with = mine.iter().filter(|job| has_metric(**job)).count();
        let share = (with * best.2).cmp(&(best.1 * mine.len()));
        if !mine.is_empty() && share == Ordering::Greater {
            best = (number, with, mine.len());
        }
    }
    best.0
}

fn arm_name(name: Option<&campanile::language::ast::Ident>, number: usize) -> String {
    name.map_or_else(|| char::from(b'a' + number as u8).to_string(), |name| name.node.clone())
}

fn literal_name(literal: &campanile::language::ast::Literal) -> String {
    use campanile::language::ast::Literal;
    match literal {
        Literal::Text(text) => text.clone(),
        Literal::Number(number) => number.to_string(),
        Literal::Boolean(true) => "yes".to_owned(),
        Literal::Boolean(false) => "no".to_owned(),
        Literal::Date(day) => day.to_string(),
    }
}
