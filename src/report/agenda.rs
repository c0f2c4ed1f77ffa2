//! The coming instants of scheduled campaigns, zone by zone, with what the clocks' changes do to them.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;

use super::{Colours, counted, harmless};
use crate::calendar::{ClockChange, Occurrence, Recurrence, Zone};
use crate::language::ast::{TimeBase, Trigger};
use crate::model::Instant;
use crate::rulebook::{Campaign, Rulebook};

/// The stretch of time, the zones and how much is shown.
#[derive(Debug, Clone)]
pub struct AgendaOptions {
    /// The first instant.
    pub from: Instant,
    /// The first instant after it.
    pub to: Instant,
    /// The zones of users, for campaigns in user time; the account's when there are none.
    pub zones: Vec<Zone>,
    /// So many instants are listed for a campaign and zone; further ones are counted.
    pub most: usize,
}

/// When scheduled campaigns trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agenda {
    /// One for each campaign and zone.
    pub schedules: Vec<AgendaSchedule>,
    /// The campaigns that no schedule triggers.
    pub without_schedule: Vec<String>,
}

/// When a campaign triggers in a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgendaSchedule {
    /// The campaign.
    pub campaign: String,
    /// Its title for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The zone.
    pub zone: &'static str,
    /// Whose zone it is.
    pub of: ZoneOf,
    /// The instants, and the changes of clocks among them.
    pub entries: Vec<AgendaEntry>,
    /// So many further instants are not listed.
    pub further: u64,
}

/// Whose zone a schedule goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneOf {
    /// The account's, or the one that the rule names.
    Rule,
    /// Each user's own; this is an example of one.
    User,
}

/// A line of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AgendaEntry {
    /// The campaign triggers.
    Trigger {
        /// The wall clock as the rule says it.
        wall: NaiveDateTime,
        /// The instant.
        instant: Instant,
        /// What a change of clocks does to it.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<ClockNote>,
    },
    /// The zone's clocks change.
    Clocks {
        /// The first instant after the change.
        instant: Instant,
        /// What clocks would have shown then.
        from: NaiveDateTime,
        /// What they show.
        to: NaiveDateTime,
    },
}

/// What a change of clocks does to a wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "wall_clock", rename_all = "snake_case")]
pub enum ClockNote {
    /// It does not exist: clocks jump over it. What they show instead.
    Skipped {
        /// The first wall clock after the gap.
        shown: NaiveDateTime,
    },
    /// It occurs twice: this is the first.
    Twice {
        /// The second, which triggers nothing.
        second: Instant,
    },
}

impl Agenda {
    /// Of the campaigns of these names, or of all.
    pub fn of(rulebook: &Rulebook, names: &[String], options: &AgendaOptions) -> Agenda {
        let mut agenda = Agenda { schedules: Vec::new(), without_schedule: Vec::new() };
        let chosen =
            |campaign: &&Campaign| names.is_empty() || names.iter().any(|name| **name == *campaign.name);
        for campaign in rulebook.campaigns().iter().filter(chosen) {
            let Some((recurrences, base)) = recurrences(rulebook, campaign) else {
                agenda.without_schedule.push(campaign.name.to_string());
                continue;
            };
            let account = rulebook.settings().zone;
            let (zones, of) = match base {
                TimeBase::Account => (vec![account], ZoneOf::Rule),
                TimeBase::Named(_) => (vec![campaign.zone.unwrap_or(account)], ZoneOf::Rule),
                TimeBase::User if options.zones.is_empty() => (vec![account], ZoneOf::User),
                TimeBase::User => (options.zones.clone(), ZoneOf::User),
            };
            for zone in zones {
                let (from, to) = stretch(campaign, account, zone, of, options);
                let (entries, further) = entries(&recurrences, zone, from, to, options.most);
                agenda.schedules.push(AgendaSchedule {
                    campaign: campaign.name.to_string(),
                    title: campaign.syntax.title.as_ref().map(|title| title.node.clone()),
                    zone: zone.name(),
                    of,
                    entries,
                    further,
                });
            }
        }
        agenda
    }

    /// The text for people.
    pub fn text(&self, colours: Colours) -> String {
        let mut text = String::new();
        let mut before = "";
        for schedule in &self.schedules {
            if schedule.campaign != before {
                if !before.is_empty() {
                    text.push('\n');
                }
                let title =
                    schedule.title.as_deref().map_or(String::new(), |title| format!("  {}", harmless(title)));
                text.push_str(&format!("{}{title}\n", colours.bold(&harmless(&schedule.campaign))));
                before = &schedule.campaign;
            }
            let whose = match schedule.of {
                ZoneOf::Rule => "",
                ZoneOf::User => " (users whose zone it is)",
            };
            text.push_str(&format!("  {}{whose}\n", schedule.zone));
            for entry in &schedule.entries {
                text.push_str(&line(entry, colours));
            }
            match (schedule.entries.is_empty(), schedule.further) {
                (true, 0) => text.push_str("    nothing in this time\n"),
                (_, 0) => {}
                (_, further) => text.push_str(&format!("    … and {} more\n", counted(further, "instant"))),
            }
        }
        if !self.without_schedule.is_empty() {
            let names: Vec<_> = self.without_schedule.iter().map(|name| harmless(name)).collect();
            let gap = if self.schedules.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}Not by the clock, but by what users do: {}\n", names.join(", ")));
        }
        text
    }
}

fn line(entry: &AgendaEntry, colours: Colours) -> String {
    match entry {
        AgendaEntry::Trigger { wall, instant, note } => {
            let note = match note {
                None => String::new(),
                Some(ClockNote::Skipped { shown }) => colours.yellow(&format!(
                    "  does not exist: at {}, the first instant after the gap",
                    clock(*shown)
                )),
                Some(ClockNote::Twice { second }) => {
                    colours.yellow(&format!("  occurs twice: the first, and nothing at {second}"))
                }
            };
            format!(
                "    {}   {instant}{note}\n",
                wall.format("%a %Y-%m-%d %H:%M").to_string() + &seconds(*wall)
            )
        }
        AgendaEntry::Clocks { instant, from, to } => {
            let way = if to > from { "forward" } else { "back" };
            let text = format!(
                "── {}: clocks go {way} from {} to {} ({instant})",
                from.format("%a %Y-%m-%d"),
                clock(*from),
                clock(*to)
            );
            format!("    {}\n", colours.yellow(&text))
        }
    }
}

fn clock(wall: NaiveDateTime) -> String {
    wall.format("%H:%M").to_string() + &seconds(wall)
}

/// Seconds only where there are any.
fn seconds(wall: NaiveDateTime) -> String {
    let shown = wall.format(":%S").to_string();
    if shown == ":00" { String::new() } else { shown }
}

/// The schedule of a campaign; none for one that something else triggers.
fn recurrences<'c>(rulebook: &Rulebook, campaign: &'c Campaign) -> Option<(Vec<Recurrence>, &'c TimeBase)> {
    match &campaign.trigger {
        Trigger::At { times, base, if_past: _ } => {
            Some((times.iter().map(|at| Recurrence::once(at.date(), at.time())).collect(), base))
        }
        Trigger::Every { cadence, time, base } => {
            let counted_from =
                campaign.syntax.run.as_ref().and_then(|run| run.from.as_ref()).map(|from| from.node);
            let week_starts = rulebook.settings().week_starts;
            Some((vec![Recurrence::every(cadence, *time, counted_from, week_starts)], base))
        }
        // The checker has read the expression.
        Trigger::Cron { expression, base } => {
            Some((Recurrence::cron(&expression.node).into_iter().collect(), base))
        }
        Trigger::Event(_)
        | Trigger::Inaction(_)
        | Trigger::FirstTime(_)
        | Trigger::Followed(_)
        | Trigger::EventDate(_)
        | Trigger::ProfileDate(_)
        | Trigger::Enters { .. }
        | Trigger::Leaves(_)
        | Trigger::Request => None,
    }
}

/// The part of the stretch in which the campaign runs.
fn stretch(
    campaign: &Campaign,
    account: Zone,
    zone: Zone,
    of: ZoneOf,
    options: &AgendaOptions,
) -> (Instant, Instant) {
    let of_run = if of == ZoneOf::User { zone } else { account };
    let (mut from, mut to) = (options.from, options.to);
    if let Some(run) = &campaign.syntax.run {
        from = run.from.as_ref().map_or(from, |day| from.max(of_run.day_start(day.node)));
        let after = |day: NaiveDate| day.succ_opt().unwrap_or(day);
        to = run.to.as_ref().map_or(to, |day| to.min(of_run.day_start(after(day.node))));
    }
    if let Some(stop) = &campaign.syntax.stop {
        let zone = match &stop.base {
            TimeBase::Account => account,
            TimeBase::User => zone,
            TimeBase::Named(name) => Zone::named(&name.node).unwrap_or(account),
        };
        to = to.min(zone.resolve(stop.date.and_time(stop.time)));
    }
    (from, to)
}

fn entries(
    recurrences: &[Recurrence],
    zone: Zone,
    from: Instant,
    to: Instant,
    most: usize,
) -> (Vec<AgendaEntry>, u64) {
    let mut occurrences: Vec<Occurrence> = Vec::new();
    let mut further = 0;
    for recurrence in recurrences {
        for occurrence in recurrence.occurrences(&zone, from).take_while(|next| next.instant < to) {
            // Times of `at` come one by one, so their order is not that of the list.
            if occurrences.len() < most { occurrences.push(occurrence) } else { further += 1 }
        }
    }
    occurrences.sort();
    // Clocks' changes are shown as far as instants are.
    let until = if further == 0 { to } else { occurrences.last().map_or(to, |last| last.instant) };
    let mut changes: Vec<ClockChange> = Vec::new();
    let mut next = zone.next_change(Instant::from_millis(from.millis().saturating_sub(1)));
    while let Some(change) = next.filter(|change| change.at < until) {
        changes.push(change);
        next = zone.next_change(change.at);
    }
    let triggers = occurrences.into_iter().map(|at| {
        let entry = AgendaEntry::Trigger { wall: at.wall, instant: at.instant, note: note(zone, at) };
        (at.instant, 1, entry)
    });
    let clocks = changes.into_iter().map(|change| {
        let at = change.at.to_utc().naive_utc();
        let shown = |offset: i32| at + chrono::Duration::seconds(offset.into());
        let entry =
            AgendaEntry::Clocks { instant: change.at, from: shown(change.before), to: shown(change.after) };
        (change.at, 0, entry)
    });
    let mut all: Vec<(Instant, u8, AgendaEntry)> = clocks.chain(triggers).collect();
    all.sort_by_key(|(at, order, _)| (*at, *order));
    (all.into_iter().map(|(_, _, entry)| entry).collect(), further)
}

/// What a change of clocks does to an occurrence.
fn note(zone: Zone, at: Occurrence) -> Option<ClockNote> {
    let shown = zone.to_local(at.instant);
    if shown != at.wall {
        return Some(ClockNote::Skipped { shown });
    }
    let change = zone.next_change(at.instant).filter(|change| change.after < change.before)?;
    let again = i64::from(change.before - change.after) * 1_000;
    let second = Instant::from_millis(at.instant.millis().saturating_add(again));
    (second >= change.at && zone.to_local(second) == at.wall).then_some(ClockNote::Twice { second })
}
