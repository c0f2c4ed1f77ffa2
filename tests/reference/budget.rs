//! Budgets: when they have room for a message (8.7), by counting all jobs again each time.

use std::cmp::Reverse;

use campanile::model::{Budget, Duration, Instant, PairLimit, Provider, Rate, Text, e164};
use campanile::rulebook::Campaign;

use super::condition::receipt;
use super::message::Message;
use super::person::{Moment, Person, Step};
use super::tally::note;
use super::{Sent, World};

const DAY: Duration = Duration::from_seconds(24 * 60 * 60);

/// 8.7: a campaign's provider is the one that it names, or the only one that is declared.
pub fn provider_of<'a>(world: &World<'a>, campaign: &Campaign) -> Option<(&'a Text, &'a Provider)> {
    let declared = &world.rulebook.providers().providers;
    let named = campaign.syntax.provider.as_ref().map(|provider| provider.node.as_str());
    declared.iter().find(|(name, _)| match named {
        Some(named) => ***name == *named,
        None => declared.len() == 1,
    })
}

/// Who sends a campaign's jobs, declared or not.
pub fn provider_name(world: &World, campaign: &Campaign) -> Option<Text> {
    let named = campaign.syntax.provider.as_ref().map(|provider| provider.node.as_str().into());
    named.or_else(|| provider_of(world, campaign).map(|(name, _)| name.clone()))
}

/// 8.7: true when, with this message at an instant, no budget that concerns it is exceeded.
pub fn has_room(message: &Message, at: Instant, sent: &[Sent]) -> bool {
    let asked = ask(message, Moment { at, step: Step::Due }, at, sent);
    for answer in &asked {
        if let Some(name) = answer.noted {
            note(name, answer.room);
        }
    }
    asked.iter().all(|answer| answer.room)
}

/// 8.10: of the budgets without room for a message at a moment, the one that has room last if no more is sent and heard of the user; of several the first.
pub fn last_to_have_room(message: &Message, asked: Moment, sent: &[Sent]) -> Budget {
    let world = message.person.world;
    let full = ask(message, asked, asked.at, sent).into_iter().enumerate().filter(|(_, answer)| !answer.room);
    let room_from = |place: usize| {
        let later = openings(world, sent, asked.at, asked.at + longest(world, sent));
        later.into_iter().find(|at| ask(message, asked, *at, sent)[place].room).unwrap_or(Instant::MAX)
    };
    let full: Vec<_> =
        full.map(|(place, answer)| (room_from(place), Reverse(place), answer.budget)).collect();
    let last = full.iter().max_by_key(|(from, place, _)| (*from, *place)).unwrap();
    if note("several budgets are full", full.len() > 1) {
        note("the first of them has room last", last.1 == full[0].1);
    }
    last.2.clone()
}

/// A budget that concerns a message.
struct Answer {
    budget: Budget,
    /// With the message it is not exceeded.
    room: bool,
    /// What is noted of it, if anything.
    noted: Option<&'static str>,
}

/// 8.7: what each budget that concerns a message says at an instant, by what is known of the user at a moment.
fn ask(message: &Message, moment: Moment, at: Instant, sent: &[Sent]) -> Vec<Answer> {
    let (campaign, person) = (message.firing.campaign, message.person);
    let world = person.world;
    let mut answers = Vec::new();
    let mut answer = |budget: Budget, room: bool, noted: Option<&'static str>| {
        answers.push(Answer { budget, room, noted })
    };
    let all = |_: &&Sent| true;
    let own = |sent: &&Sent| sent.campaign.name == campaign.name;
    if let Some(throttle) = &campaign.syntax.throttle {
        let fewer = fewer_than(throttle.count.node.into(), throttle.per.node, at, sent, own);
        answer(Budget::CampaignThrottle(campaign.name.clone()), fewer, Some("throttle of the campaign"));
    }
    if let Some((count, per)) = world.rulebook.settings().throttle {
        let fewer = fewer_than(count.into(), per, at, sent, all);
        answer(Budget::AccountThrottle, fewer, Some("throttle of the account"));
    }
    let Some((name, provider)) = provider_of(world, campaign) else { return answers };

    let by_provider = |sent: &&Sent| provider_of(world, sent.campaign).is_some_and(|(of, _)| of == name);
    if let Some(rate) = provider.rate {
        let allowed = allowed(provider, rate, at);
        let fewer = fewer_than(allowed, rate.per, at, sent, by_provider);
        let noted = if allowed < rate.count.into() { "rate that warms up" } else { "rate" };
        answer(Budget::Rate(name.clone()), fewer, Some(noted));
    }
    let number = person.profile(moment).phone().and_then(|phone| e164(phone).ok());
    // What has no number goes to nobody.
    let Some(number) = number else { return answers };
    if let Some(pair) = provider.pair {
        let to_number = sent.iter().filter(by_provider).filter(|sent| sent.job.to == number);
        let debt = debt(pair, at, to_number.map(|sent| sent.job.due));
        let room = debt <= i64::from(pair.burst - 1) * pair.every.millis();
        answer(Budget::Pair(name.clone()), room, Some("pair"));
    }
    let portfolio = provider.portfolio.as_ref();
    let declared = portfolio.and_then(|name| world.rulebook.providers().portfolios.get_key_value(name));
    let users = declared.and_then(|(name, portfolio)| Some((name, portfolio.users_per_day?)));
    if let Some((name, users)) = users {
        let counted = |sent: &&Sent| {
            let of = provider_of(world, sent.campaign).and_then(|(_, provider)| provider.portfolio.as_ref());
            of == portfolio && sent.job.due > at - DAY && sent.counted
        };
        let mut numbers: Vec<&Text> = sent.iter().filter(counted).map(|sent| &sent.job.to).collect();
        numbers.sort();
        numbers.dedup();
        let free = numbers.contains(&&number) || in_service_window(person, moment);
        let full = numbers.len() >= users as usize;
        answer(Budget::Portfolio(name.clone()), free || !full, full.then_some("portfolio that is full"));
    }
    answers
}

/// At most so many of some jobs in (at − per, at], with one more.
fn fewer_than<'s, 'a: 's, 'p: 's>(
    allowed: u64,
    per: Duration,
    at: Instant,
    sent: &'s [Sent<'a, 'p>],
    which: impl Fn(&&'s Sent<'a, 'p>) -> bool,
) -> bool {
    let recent = |sent: &&'s Sent<'a, 'p>| sent.job.due > at - per;
    (sent.iter().filter(recent).filter(which).count() as u64) < allowed
}

/// How many messages the stretch of a rate may hold: while its number warms up, twice as many after each step.
pub fn allowed(provider: &Provider, rate: Rate, at: Instant) -> u64 {
    let whole = u64::from(rate.count);
    let Some(warm_up) = provider.warm_up else { return whole };
    let (mut allowed, mut step) = (u64::from(warm_up.start), warm_up.from + warm_up.every);
    while step <= at && allowed < whole {
        (allowed, step) = (allowed * 2, step + warm_up.every);
    }
    allowed.min(whole)
}

/// What a number owes at an instant, in milliseconds, after these jobs.
pub fn debt(pair: PairLimit, at: Instant, jobs: impl Iterator<Item = Instant>) -> i64 {
    let mut debt = 0;
    let mut last = None;
    let fallen = |debt: i64, last: Option<Instant>, until: Instant| {
        last.map_or(0, |last| (debt - (until.millis() - last.millis())).max(0))
    };
    for due in jobs {
        debt = fallen(debt, last, due) + pair.every.millis();
        last = Some(due);
    }
    fallen(debt, last, at)
}

/// The instants after one and up to another at which a budget may come to have room again for somebody: a job's stretch is over, a debt is paid,
/// a number has warmed up by a step. (That of a user's number or service window is at one of the user's records.)
pub fn openings(world: &World, sent: &[Sent], after: Instant, until: Instant) -> Vec<Instant> {
    let mut openings = Vec::new();
    for provider in world.rulebook.providers().providers.values() {
        if let Some(warm_up) = provider.warm_up {
            let mut step = warm_up.from;
            while step <= until {
                openings.push(step);
                step = step + warm_up.every;
            }
        }
    }
    let stretches = stretches(world, sent);
    openings.extend(sent.iter().flat_map(|sent| stretches.iter().map(|per| sent.job.due + *per)));
    openings.retain(|at| *at > after && *at <= until);
    openings.sort();
    openings.dedup();
    openings
}

/// For how long a job may count for a budget.
fn stretches(world: &World, sent: &[Sent]) -> Vec<Duration> {
    let rulebook = world.rulebook;
    let mut stretches = vec![DAY];
    stretches.extend(rulebook.settings().throttle.map(|(_, per)| per));
    let campaigns = rulebook.campaigns().iter();
    stretches.extend(campaigns.filter_map(|campaign| Some(campaign.syntax.throttle.as_ref()?.per.node)));
    for provider in rulebook.providers().providers.values() {
        stretches.extend(provider.rate.map(|rate| rate.per));
        // Nobody owes more than all jobs to him.
        let pair = provider.pair.iter();
        stretches.extend(pair.flat_map(|pair| {
            (1..=sent.len() as i64).map(|jobs| Duration::from_millis(jobs * pair.every.millis()))
        }));
    }
    stretches
}

fn longest(world: &World, sent: &[Sent]) -> Duration {
    stretches(world, sent).into_iter().max().unwrap()
}

/// 5.10: whether the user has written within 24 hours.
pub fn in_service_window(person: &Person, moment: Moment) -> bool {
    let seen = person.seen(moment);
    person.events().any(|(place, event)| {
        let spoke = receipt(event) == Some(campanile::language::ast::Receipt::Replied)
            || &*event.name == "Message Received";
        place < seen && spoke && event.at > moment.at - DAY
    })
}
