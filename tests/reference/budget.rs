//! Budgets: when they have room for a message (8.7), by counting all jobs again each time.

use campanile::model::{Duration, Instant, PairLimit, Provider, Rate, Text, e164};
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
    let (campaign, person) = (message.firing.campaign, message.person);
    let world = person.world;
    let all = |_: &&Sent| true;
    let own = |sent: &&Sent| sent.campaign.name == campaign.name;
    let throttle = campaign.syntax.throttle.as_ref();
    let throttle = throttle.is_none_or(|throttle| {
        let fewer = fewer_than(throttle.count.node.into(), throttle.per.node, at, sent, own);
        note("throttle of the campaign", fewer)
    });
    let account = world.rulebook.settings().throttle;
    let account = account.is_none_or(|(count, per)| {
        note("throttle of the account", fewer_than(count.into(), per, at, sent, all))
    });
    let Some((name, provider)) = provider_of(world, campaign) else { return throttle && account };

    let by_provider = |sent: &&Sent| provider_of(world, sent.campaign).is_some_and(|(of, _)| of == name);
    let rate = provider.rate.is_none_or(|rate| {
        let allowed = allowed(provider, rate, at);
        let fewer = fewer_than(allowed, rate.per, at, sent, by_provider);
        note(if allowed < rate.count.into() { "rate that warms up" } else { "rate" }, fewer)
    });
    let moment = Moment { at, step: Step::Due };
    let number = person.profile(moment).phone().and_then(|phone| e164(phone).ok());
    // What has no number goes to nobody.
    let Some(number) = number else { return throttle && account && rate };
    let pair = provider.pair.is_none_or(|pair| {
        let to_number = sent.iter().filter(by_provider).filter(|sent| sent.job.to == number);
        let debt = debt(pair, at, to_number.map(|sent| sent.job.due));
        note("pair", debt <= i64::from(pair.burst - 1) * pair.every.millis())
    });
    let portfolio = provider.portfolio.as_ref();
    let users = portfolio.and_then(|name| world.rulebook.providers().portfolios.get(name));
    let users = users.and_then(|portfolio| portfolio.users_per_day);
    let portfolio = users.is_none_or(|users| {
        let counted = |sent: &&Sent| {
            let of = provider_of(world, sent.campaign).and_then(|(_, provider)| provider.portfolio.as_ref());
            of == portfolio && sent.job.due > at - DAY && sent.counted
        };
        let mut numbers: Vec<&Text> = sent.iter().filter(counted).map(|sent| &sent.job.to).collect();
        numbers.sort();
        numbers.dedup();
        let known = numbers.contains(&&number);
        let free = known || in_service_window(person, moment);
        if numbers.len() >= users as usize {
            note("portfolio that is full", free);
        }
        free || numbers.len() < users as usize
    });
    throttle && account && rate && pair && portfolio
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
    let rulebook = world.rulebook;
    let mut stretches = vec![DAY];
    stretches.extend(rulebook.settings().throttle.map(|(_, per)| per));
    let campaigns = rulebook.campaigns().iter();
    stretches.extend(campaigns.filter_map(|campaign| Some(campaign.syntax.throttle.as_ref()?.per.node)));
    let mut openings = Vec::new();
    for provider in rulebook.providers().providers.values() {
        stretches.extend(provider.rate.map(|rate| rate.per));
        // Nobody owes more than all jobs to him.
        let pair = provider.pair.iter();
        stretches.extend(pair.flat_map(|pair| {
            (1..=sent.len() as i64).map(|jobs| Duration::from_millis(jobs * pair.every.millis()))
        }));
        if let Some(warm_up) = provider.warm_up {
            let mut step = warm_up.from;
            while step <= until {
                openings.push(step);
                step = step + warm_up.every;
            }
        }
    }
    openings.extend(sent.iter().flat_map(|sent| stretches.iter().map(|per| sent.job.due + *per)));
    openings.retain(|at| *at > after && *at <= until);
    openings.sort();
    openings.dedup();
    openings
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
