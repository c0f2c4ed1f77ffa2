//! Those who stand in line (5.9), and when somebody's turn comes (8.9).

use campanile::language::ast::Hours;
use campanile::model::Instant;

use super::budget::{has_room, openings};
use super::clock::{next_minute, within};
use super::message::Message;
use super::person::{Moment, Person};
use super::{Sent, World};

/// A message in line.
pub struct Waiter<'a, 'p> {
    pub message: Message<'a, 'p>,
    /// The first instant at which it is asked again whoever has room.
    pub closes: Instant,
    /// When an event ends it.
    pub cancelled: Option<Moment>,
}

impl<'a, 'p> Waiter<'a, 'p> {
    /// A message for which there is no room at a moment.
    pub fn new(message: Message<'a, 'p>, asked: Moment) -> Waiter<'a, 'p> {
        Waiter { closes: closes(&message, asked), cancelled: message.cancelled(), message }
    }
}

/// 5.9: its hours are closed, its `valid` is over, or its campaign's run or `stop at` has come, in the zone as of the asking.
pub fn closes(message: &Message, asked: Moment) -> Instant {
    let (campaign, person) = (message.firing.campaign, message.person);
    let end = person.world.to;
    let settings = person.world.rulebook.settings();
    let first_minute = |hours: Option<&Hours>, inside: bool| {
        let hours = hours?;
        let zone = person.zone_of(&hours.base, asked);
        next_minute(asked.at, end, |at| within(&hours.windows, zone.wall(at)) == inside)
    };
    let run_to = campaign.syntax.run.as_ref().and_then(|run| run.to.as_ref());
    let closings = [
        first_minute(campaign.syntax.deliver.as_ref(), false),
        first_minute(settings.quiet_hours.as_ref(), true),
        campaign.syntax.valid.as_ref().map(|valid| (message.firing.moment.at + valid.node).next()),
        run_to.map(|to| person.zone_of_run(campaign, asked).end_of(to.node)),
        person.stops(campaign, asked),
    ];
    closings.into_iter().flatten().min().unwrap_or(end)
}

/// 8.9: the first instant after one, and up to another, at which all budgets have room for somebody in line, given the jobs so far.
pub fn next_turn(
    world: &World,
    line: &[Waiter],
    sent: &[Sent],
    after: Instant,
    until: Instant,
) -> Option<Instant> {
    if line.is_empty() {
        return None;
    }
    let rows = |person: &Person| person.rows.iter().filter_map(|row| row.at).collect::<Vec<_>>();
    let mut instants: Vec<Instant> = line.iter().flat_map(|waiter| rows(waiter.message.person)).collect();
    instants.retain(|at| *at > after && *at <= until);
    instants.extend(openings(world, sent, after, until));
    instants.sort();
    instants.dedup();
    let free = |at: &Instant| line.iter().any(|waiter| has_room(&waiter.message, *at, sent));
    instants.into_iter().find(free)
}
