//! All users' messages together, from being due to their outcomes (5.6 to 5.13, 8).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use campanile::language::ast::{Cap, CapPer, LimitPer};
use campanile::message::{CompiledMessage, RenderStop};
use campanile::model::{
    Budget, Channel, Duration, Hold, Instant, JobId, Outcome, OutcomeKind, SendJob, Text, e164,
};

use super::budget::{has_room, in_service_window, last_to_have_room, provider_name};
use super::clock::start_of_unit;
use super::line::{Waiter, next_turn};
use super::message::{Message, Way, of_schedule};
use super::not_before::Provisos;
use super::number::{Numbers, agrees, flag};
use super::person::{Moment, Step};
use super::receipts::Kept;
use super::tally::{self, note};
use super::variant::{Choice, choose, decided_at};
use super::{Sent, World};

/// How one message ended.
pub struct Decision {
    pub outcome: Outcome,
    pub job: Option<SendJob>,
    pub priority: i32,
    pub arrival: Instant,
    /// Where it stands among what was decided for its user at one instant.
    rank: (Moment, Option<Rank>, usize),
}

/// 5.12: larger priority, earlier arrival, draw, user, campaign, qualification.
type Rank = (Reverse<i32>, Instant, Option<u64>, Text, usize, usize);

/// What comes of a message that is due.
enum Due {
    /// With the place of its message among the campaign's.
    Sent(Box<SendJob>, usize),
    Fails(OutcomeKind, Option<Text>),
    /// For the decision of its test, which may have no instant yet.
    Waits(Option<Instant>),
    /// In line, for a budget has no room for it.
    Stands,
    /// The provider does not take it yet: it is asked again then, and waits for this meanwhile.
    Again(Instant, Budget),
}

/// Who may be decided at an instant.
enum Turn<'a, 'p> {
    IsDue(Message<'a, 'p>),
    InLine(Waiter<'a, 'p>),
}

/// 8.10: all stretches of waiting so far.
#[derive(Default)]
struct Holds(Vec<Hold>);

impl Holds {
    /// A message waits for something from now on: it waits on, if it does for the same.
    fn begin(&mut self, message: &mut Message, budget: Budget, now: Instant) {
        // In line it waits for what it came for, whatever is full meanwhile.
        let of_provider = |budget: &Budget| matches!(budget, Budget::Template(_) | Budget::Refusal(_));
        let waits_on = message.waits.as_ref().is_some_and(|(known, _)| {
            if of_provider(&budget) { *known == budget } else { !of_provider(known) }
        });
        if !waits_on {
            self.end(message, now, None);
            message.waits = Some((budget, now));
        }
    }

    /// It waits no longer.
    fn end(&mut self, message: &mut Message, until: Instant, outcome: Option<OutcomeKind>) {
        if let Some((budget, from)) = message.waits.take() {
            note(tally::of_wait(&budget), outcome.is_none());
            self.0.push(Hold { campaign: message.firing.order, budget, from, until, outcome });
        }
    }

    /// One that is asked again finds its hours closed then, or it has ended by then; else it waits on.
    fn ask(&mut self, message: &mut Message, way: &Way) {
        let Some(asked) = message.asked else { return };
        match way {
            Way::IsDue(at) if *at == asked => {}
            Way::Ends(moment, outcome) if moment.at <= asked => self.end(message, moment.at, Some(*outcome)),
            Way::IsDue(_) | Way::Ends(..) => self.end(message, asked, None),
        }
    }
}

impl Message<'_, '_> {
    fn rank(&self) -> Rank {
        let user = self.person.user.into();
        (Reverse(self.priority), self.arrival, self.draw, user, self.firing.order, self.qualification)
    }

    fn ends(&self, moment: Moment, kind: OutcomeKind, detail: Option<Text>) -> Decision {
        let firing = &self.firing;
        note(tally::of_outcome(kind), self.stood);
        // Only messages have ranks (5.12); everything else is in order of qualification (1.6, 5.13).
        let ranked = matches!(moment.step, Step::Hours | Step::Due).then(|| self.rank());
        Decision {
            outcome: Outcome {
                campaign: firing.campaign.name.clone(),
                user: self.person.user.into(),
                occurrence: firing.occurrence.clone(),
                qualified_at: firing.moment.at,
                decided_at: moment.at,
                outcome: kind,
                detail,
                job: None,
            },
            job: None,
            priority: self.priority,
            arrival: self.arrival,
            rank: (moment, ranked, self.qualification),
        }
    }
}

/// What became of all messages.
pub struct Decided<'a, 'p> {
    /// In the order of the outcomes (6).
    pub decisions: Vec<Decision>,
    /// As they were decided.
    pub sent: Vec<Sent<'a, 'p>>,
    /// In the order of qualification.
    pub kept: Vec<Kept<'a, 'p>>,
    /// In no order.
    pub holds: Vec<Hold>,
}

pub fn decide_all<'a, 'p>(
    world: &World,
    messages: Vec<Message<'a, 'p>>,
    numbers: &Numbers,
    provisos: &Provisos,
) -> Decided<'a, 'p> {
    let mut ended: Vec<Decision> = Vec::new();
    let mut kept: Vec<Kept> = Vec::new();
    // 5.0
    let mut audiences: BTreeMap<(Text, Text), u32> = BTreeMap::new();
    let occurrence =
        |message: &Message| (message.firing.campaign.name.clone(), message.firing.occurrence.clone());
    for message in &messages {
        *audiences.entry(occurrence(message)).or_default() += 1;
    }
    let too_many = |message: &Message| {
        let stop = message.firing.campaign.syntax.safety_stop.as_ref();
        stop.is_some_and(|stop| audiences[&occurrence(message)] > stop.audience.node)
    };
    // What is due, by instant and rank.
    let mut due: BTreeMap<(Instant, Rank), Message<'a, 'p>> = BTreeMap::new();
    let mut holds = Holds::default();
    let set_out = |mut message: Message<'a, 'p>, ended: &mut Vec<Decision>, holds: &mut Holds| {
        let way = message.way();
        holds.ask(&mut message, &way);
        match way {
            Way::Ends(moment, kind) => {
                ended.push(message.ends(moment, kind, None));
                None
            }
            Way::IsDue(at) => Some(((at, message.rank()), message)),
        }
    };
    for message in messages {
        if too_many(&message) {
            ended.push(message.ends(message.firing.moment, OutcomeKind::SafetyStop, None));
        } else if let Some(kind) = message.spared() {
            let (person, firing) = (message.person, &message.firing);
            let (campaign, event, at) = (firing.campaign, firing.event, firing.moment.at);
            kept.push(Kept { person, campaign, event, at, outcome: kind });
            ended.push(message.ends(message.firing.moment, kind, None));
        } else {
            due.extend(set_out(message, &mut ended, &mut holds));
        }
    }

    let mut sent: Vec<Sent> = Vec::new();
    // Those that wait for a test of which nothing has gone out yet.
    let mut waiting: Vec<Message> = Vec::new();
    let mut line: Vec<Waiter> = Vec::new();
    let mut now = Instant::MIN;
    loop {
        let next = due.keys().map(|(at, _)| *at).chain(line.iter().map(|waiter| waiter.closes)).min();
        let until = next.unwrap_or(world.to);
        let Some(next) = next_turn(world, &line, &sent, now, until).or(next).filter(|next| *next < world.to)
        else {
            break;
        };
        now = next;
        // 5.4
        line.retain_mut(|waiter| match waiter.cancelled {
            Some(cancelled) if cancelled <= (Moment { at: now, step: Step::Hours }) => {
                holds.end(&mut waiter.message, cancelled.at, Some(OutcomeKind::Cancelled));
                ended.push(waiter.message.ends(cancelled, OutcomeKind::Cancelled, None));
                false
            }
            _ => true,
        });
        // 5.9: some are asked again.
        let (closed, open): (Vec<Waiter>, Vec<Waiter>) =
            line.into_iter().partition(|waiter| waiter.closes == now);
        for waiter in closed {
            due.extend(set_out(Message { asked: Some(now), ..waiter.message }, &mut ended, &mut holds));
        }
        // 5.12, 8.9: all that are due, and those in line, take their turns.
        let mut turns: BTreeMap<Rank, Turn<'a, 'p>> = BTreeMap::new();
        turns.extend(open.into_iter().map(|waiter| (waiter.message.rank(), Turn::InLine(waiter))));
        while let Some(next) = due.first_entry().filter(|next| next.key().0 == now) {
            let ((_, rank), message) = next.remove_entry();
            turns.insert(rank, Turn::IsDue(message));
        }
        let moment = Moment { at: now, step: Step::Due };
        line = Vec::new();
        for turn in turns.into_values() {
            let mut message = match turn {
                Turn::IsDue(message) => message,
                Turn::InLine(waiter) if !has_room(&waiter.message, now, &sent) => {
                    line.push(waiter);
                    continue;
                }
                // From step 5: the zone may be another one by now.
                Turn::InLine(waiter) => {
                    let mut message = Message { asked: Some(now), ..waiter.message };
                    let way = message.way();
                    holds.ask(&mut message, &way);
                    match way {
                        Way::Ends(at, kind) => {
                            let at = if at.at == now { moment } else { at };
                            ended.push(message.ends(at, kind, None));
                            continue;
                        }
                        Way::IsDue(later) if later > now => {
                            due.insert((later, message.rank()), message);
                            continue;
                        }
                        Way::IsDue(_) => message,
                    }
                }
            };
            match decide(world, &message, moment, &sent, numbers, provisos) {
                Due::Fails(kind, detail) => {
                    holds.end(&mut message, now, Some(kind));
                    ended.push(message.ends(moment, kind, detail));
                }
                Due::Waits(decision) => {
                    holds.end(&mut message, now, None);
                    match decision {
                        Some(decision) => {
                            let message = Message { arrival: decision, asked: None, ..message };
                            due.extend(set_out(message, &mut ended, &mut holds));
                        }
                        None => waiting.push(message),
                    }
                }
                Due::Again(at, budget) => {
                    holds.begin(&mut message, budget, now);
                    let message = Message { asked: Some(at), ..message };
                    due.extend(set_out(message, &mut ended, &mut holds));
                }
                Due::Stands => {
                    let budget = last_to_have_room(&message, moment, &sent);
                    holds.begin(&mut message, budget, now);
                    line.push(Waiter::new(Message { stood: true, ..message }, moment));
                }
                Due::Sent(job, variant) => {
                    holds.end(&mut message, now, Some(OutcomeKind::Sent));
                    let mut decision = message.ends(moment, OutcomeKind::Sent, None);
                    decision.outcome.job = Some(job.id);
                    decision.job = Some((*job).clone());
                    ended.push(decision);
                    let campaign = message.firing.campaign;
                    let counted = !in_service_window(message.person, moment);
                    let event = message.firing.event;
                    sent.push(Sent { person: message.person, campaign, event, variant, counted, job: *job });
                    // The test of the campaign may have begun.
                    if let Some(decided) = decided_at(campaign, &sent) {
                        let (mine, others): (Vec<Message>, Vec<Message>) = waiting
                            .into_iter()
                            .partition(|message| message.firing.campaign.name == campaign.name);
                        waiting = others;
                        for message in mine {
                            let message = Message { arrival: decided, asked: None, ..message };
                            due.extend(set_out(message, &mut ended, &mut holds));
                        }
                    }
                }
            }
        }
    }
    // 5.13
    for mut message in waiting.into_iter().chain(line.into_iter().map(|waiter| waiter.message)) {
        let end = Moment { at: world.to, step: Step::End };
        let (moment, kind) = match message.cancelled() {
            Some(cancelled) => (cancelled, OutcomeKind::Cancelled),
            None => (end, OutcomeKind::Pending),
        };
        holds.end(&mut message, moment.at, Some(kind));
        ended.push(message.ends(moment, kind, None));
    }

    // 6
    ended.sort_by_key(|decision| {
        (decision.outcome.decided_at, decision.outcome.user.clone(), decision.rank.clone())
    });
    Decided { decisions: ended, sent, kept, holds: holds.0 }
}

/// 5.6 to 5.11
fn decide(
    world: &World,
    message: &Message,
    moment: Moment,
    sent: &[Sent],
    numbers: &Numbers,
    provisos: &Provisos,
) -> Due {
    let (firing, person) = (&message.firing, message.person);
    let campaign = &firing.campaign.syntax;
    let settings = world.rulebook.settings();
    let (due, qualified_at) = (moment.at, firing.moment.at);
    let profile = person.profile(moment);
    let fails = |kind| Due::Fails(kind, None);

    let to = profile.phone().and_then(|phone| e164(phone).ok());
    let blocked = match &to {
        Some(to) => numbers.is_blocked(to, due),
        None => flag(profile) == Some(true),
    };
    if !agrees(profile) || blocked {
        return fails(OutcomeKind::NoConsent);
    }
    let Some(to) = to else { return fails(OutcomeKind::Unreachable) };
    if let Some(audience) = &campaign.audience
        && audience.recheck
        && !person.holds(&audience.condition, moment)
    {
        return fails(OutcomeKind::RequalifiedOut);
    }
    let valid_until = campaign.valid.as_ref().map(|valid| qualified_at + valid.node);
    if valid_until.is_some_and(|valid_until| due > valid_until) {
        return fails(OutcomeKind::Expired);
    }
    if !person.campaign_runs(firing.campaign, moment) {
        return fails(OutcomeKind::Ended);
    }

    // 5.9
    let of_campaign = || sent.iter().map(|sent| &sent.job).filter(|job| job.campaign == firing.campaign.name);
    let of_occurrence = |job: &SendJob| job.id == JobId::new(&job.campaign, &job.user, &firing.occurrence);
    if of_schedule(&firing.campaign.trigger) && of_campaign().any(|job| of_occurrence(job) && job.to == to) {
        return fails(OutcomeKind::DuplicateAddress);
    }
    let shares = |job: &SendJob| *job.user == *person.user || job.to == to;
    let sent_after = |after: Instant, campaign: Option<&str>| {
        let jobs = sent.iter().map(|sent| &sent.job);
        let counts = |job: &&SendJob| {
            shares(job) && job.due > after && campaign.is_none_or(|campaign| *campaign == *job.campaign)
        };
        jobs.filter(counts).count() as u64
    };
    let since = |per: CapPer| match per {
        CapPer::Rolling(length) => due - length,
        CapPer::Calendar(unit) => {
            let zone = &person.zone(moment).zone;
            let first = start_of_unit(zone.day(due), unit, settings.week_starts);
            Instant::from_millis(zone.start_of(first).millis() - 1)
        }
    };
    let own =
        |cap: &Cap| sent_after(since(cap.per.node), Some(&firing.campaign.name)) >= cap.count.node.into();
    if campaign.at_most.iter().any(own) {
        return fails(OutcomeKind::CapCampaign);
    }
    if campaign.ignore_caps.is_none() {
        if settings.caps.iter().any(|(count, per)| sent_after(since(*per), None) >= (*count).into()) {
            return fails(OutcomeKind::CapGlobal);
        }
        if settings.gap.is_some_and(|gap| sent_after(due - gap, None) > 0) {
            return fails(OutcomeKind::Gap);
        }
    }
    let full = |limit: &campanile::language::ast::Limit| {
        let counts = |job: &&SendJob| match limit.per {
            LimitPer::Campaign => true,
            LimitPer::Day => world.account.day(job.due) == world.account.day(due),
            LimitPer::Run => of_occurrence(job),
        };
        let mut users: Vec<&Text> = of_campaign().filter(counts).map(|job| &job.user).collect();
        users.sort();
        users.dedup();
        users.len() >= limit.users.node as usize && !users.iter().any(|user| ***user == *person.user)
    };
    if campaign.limits.iter().any(full) {
        return fails(OutcomeKind::Limit);
    }
    if !has_room(message, due, sent) {
        return Due::Stands;
    }

    // 5.10
    let provider = |text: &CompiledMessage| provisos.ask(message, text, moment, &to);
    let (place, variant, category, content) = match choose(message, moment, sent, provider) {
        Choice::Again(at, budget) => return Due::Again(at, budget),
        Choice::Waits(until) => return Due::Waits(until),
        Choice::Fails(kind) => return fails(kind),
        Choice::Is(place, variant, category, rendered) => match rendered {
            Ok(content) => (place, variant, category, content),
            Err(RenderStop::Aborted(why)) => {
                return Due::Fails(OutcomeKind::Aborted, why.map(Into::into));
            }
            Err(RenderStop::Failed(why)) => return Due::Fails(OutcomeKind::RenderError, Some(why.into())),
        },
    };
    // 5.11
    let run_to = campaign.run.as_ref().and_then(|run| run.to.as_ref());
    let before = |at: Instant| at - Duration::from_millis(1);
    let run_ends = run_to.map(|to| before(person.zone_of_run(firing.campaign, moment).end_of(to.node)));
    let stops = person.stops(firing.campaign, moment).map(before);
    let zone = person.zone(moment);
    let job = SendJob {
        id: JobId::new(&firing.campaign.name, person.user, &firing.occurrence),
        campaign: firing.campaign.name.clone(),
        variant,
        user: person.user.into(),
        to,
        provider: provider_name(world, firing.campaign),
        channel: Channel::Whatsapp,
        category,
        due,
        not_after: [valid_until, run_ends, stops].into_iter().flatten().min(),
        qualified_at,
        time_zone: zone.zone.name.as_str().into(),
        time_zone_source: zone.source,
        unknown_time_zone: zone.unknown.clone(),
        content,
        trigger: firing.trigger.clone(),
    };
    Due::Sent(Box::new(job), place)
}
