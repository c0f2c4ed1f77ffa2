//! Who enters and leaves a segment, and when (4.13): membership is asked at every instant at which it could change.

use std::collections::BTreeSet;

use campanile::language::ast::{
    Block, Condition, DateWindow, DateWindowKind, Filter, Operation, Path, Window, WindowKind,
};
use campanile::model::{Duration, Instant};
use campanile::rulebook::Campaign;
use chrono::{Datelike, Days};

use super::clock::Zone;
use super::date::{Dated, dated, in_year};
use super::filter::{each, reach};
use super::person::{Half, Moment, Person, Step};
use super::tally::note;

/// What of a condition depends on the time.
#[derive(Default)]
struct Times {
    lengths: BTreeSet<Duration>,
    /// Properties of the profile that hold dates.
    dates: Vec<Path>,
}

impl Person<'_> {
    /// When membership becomes what is asked for.
    pub fn changes_of_membership(
        &self,
        campaign: &Campaign,
        segment: &str,
        entering: bool,
        including_current: bool,
    ) -> Vec<Instant> {
        let condition = &self.world.rulebook.segments()[segment].condition;
        let is_member = |at: Instant| {
            let moment = Moment { at, step: Step::Segments };
            self.seen(moment) > 0 && self.holds(condition, moment)
        };
        let just_before = |at: Instant| Instant::from_millis(at.millis() - 1);
        let mut changes = Vec::new();
        let mut member = is_member(just_before(self.world.from));
        for at in self.times_of_change(condition) {
            let now = is_member(at);
            if now != member && now == entering {
                let by_record = self.rows.iter().any(|row| row.at == Some(at));
                note("membership changes with time alone", !by_record);
                changes.push(at);
            }
            member = now;
        }
        if including_current {
            let run = campaign.syntax.run.as_ref().and_then(|run| run.from.as_ref());
            let begins = run.map(|day| self.world.account.start_of(day.node));
            let first = begins.map_or(self.world.from, |begins| begins.max(self.world.from));
            if is_member(just_before(first)) {
                changes.retain(|at| *at != first);
                changes.push(first);
                changes.sort();
            }
        }
        changes
    }

    /// Every instant of the run at which the answer could be another one than just before.
    fn times_of_change(&self, condition: &Condition) -> BTreeSet<Instant> {
        let mut times = Times::default();
        self.gather(condition, &mut times);
        let mut bases: BTreeSet<Instant> = self.rows.iter().filter_map(|row| row.at).collect();
        let mut zones: Vec<Zone> = vec![self.world.account.clone()];
        for place in 0..self.rows.len() {
            let at = self.rows[place].at.unwrap_or(Instant::from_millis(i64::MIN));
            let moment = Moment { at, step: Step::Record(place, Half::Fires) };
            let zone = self.zone(moment).zone.clone();
            if !zones.contains(&zone) {
                zones.push(zone);
            }
            let properties = self.profile(moment).properties();
            let reached = times.dates.iter().flat_map(|path| reach(path, properties)).flat_map(each);
            for date in reached.filter_map(|value| dated(value, &self.world.account)) {
                for zone in &zones {
                    bases.extend(self.around(date, zone));
                }
            }
        }
        let mut all: BTreeSet<Instant> = [self.world.from].into_iter().collect();
        for base in bases {
            all.insert(base);
            for length in times.lengths.iter().chain([&Duration::from_millis(0)]) {
                for at in [base + *length, base - *length] {
                    all.extend([Instant::from_millis(at.millis() - 1), at, at.next()]);
                }
            }
        }
        for zone in &zones {
            let (first, last) = (zone.day(self.world.from), zone.day(self.world.to));
            all.extend(first.iter_days().take_while(|day| *day <= last).map(|day| zone.start_of(day)));
        }
        all.retain(|at| *at >= self.world.from && *at < self.world.to);
        all
    }

    /// The edges of a date, and of its days in the years of the run.
    fn around(&self, date: Dated, zone: &Zone) -> Vec<Instant> {
        let own = match date {
            Dated::Day(day) => day,
            Dated::Instant(at) => zone.day(at),
        };
        let (first, last) = (zone.day(self.world.from).year() - 2, zone.day(self.world.to).year() + 2);
        let days = (first..=last).map(|year| in_year(own, year)).chain([own]);
        let mut edges: Vec<Instant> =
            days.flat_map(|day| [zone.start_of(day), zone.start_of(day + Days::new(1))]).collect();
        if let Dated::Instant(at) = date {
            edges.push(at);
        }
        edges
    }

    fn gather(&self, condition: &Condition, times: &mut Times) {
        let window = |window: Option<&Window>, times: &mut Times| {
            if let Some(window) = window {
                lengths_of(&window.kind, times);
            }
        };
        match condition {
            Condition::And(parts, _) | Condition::Or(parts, _) => {
                parts.iter().for_each(|part| self.gather(part, times));
            }
            Condition::Not(part, _) => self.gather(part, times),
            Condition::InSegment(name) => {
                self.gather(&self.world.rulebook.segments()[&name.node].condition, times);
            }
            Condition::Did(did) => window(did.window.as_ref(), times),
            Condition::Aggregate(aggregate) => window(aggregate.window.as_ref(), times),
            Condition::Occurred(occurred) => window(Some(&occurred.window), times),
            Condition::NoneSince(none) => window(none.window.as_ref(), times),
            Condition::Mostly(mostly) => window(mostly.window.as_ref(), times),
            Condition::Share(share) => window(share.window.as_ref(), times),
            Condition::Sequence(sequence) => {
                window(sequence.window.as_ref(), times);
                times.lengths.extend(sequence.absent.iter().flat_map(|step| &step.within).map(|t| t.node));
            }
            Condition::Regularly(regularly) => {
                if let Block::Rolling(length) = regularly.block {
                    let so_many = (1..=i64::from(regularly.of.node))
                        .map(|count| Duration::from_millis(length.millis() * count));
                    times.lengths.extend(so_many);
                }
            }
            Condition::Profile(filter) => gather_dates(filter, times),
            Condition::Had(_) | Condition::Sample(_) | Condition::InList(_) => {}
        }
    }
}

fn gather_dates(filter: &Filter, times: &mut Times) {
    match filter {
        Filter::And(parts, _) | Filter::Or(parts, _) => {
            parts.iter().for_each(|part| gather_dates(part, times));
        }
        Filter::Not(part, _) => gather_dates(part, times),
        Filter::Test(test) => {
            if let Operation::Falls(window) | Operation::AnniversaryFalls(window) = &test.operation {
                times.dates.push(test.path.clone());
                lengths_of_dates(window, times);
            }
        }
        Filter::Items(items) => {
            let mut inner = Times::default();
            gather_dates(&items.filter, &mut inner);
            times.lengths.extend(inner.lengths);
            for path in inner.dates {
                let parts = items.path.parts.iter().chain(&path.parts).cloned().collect();
                times.dates.push(Path { parts, span: path.span });
            }
        }
        Filter::Clock(_) | Filter::Near(_) => {}
    }
}

fn lengths_of(kind: &WindowKind, times: &mut Times) {
    match kind {
        WindowKind::Last(length) | WindowKind::MoreThanAgo(length) => drop(times.lengths.insert(*length)),
        WindowKind::BetweenAgo(near, far) => times.lengths.extend([*near, *far]),
        _ => {}
    }
}

fn lengths_of_dates(window: &DateWindow, times: &mut Times) {
    match &window.kind {
        DateWindowKind::Past(kind) => lengths_of(kind, times),
        DateWindowKind::Next(length) => drop(times.lengths.insert(*length)),
        DateWindowKind::BetweenAhead(near, far) => times.lengths.extend([*near, *far]),
        DateWindowKind::NextCalendar(..) | DateWindowKind::ExactlyAhead(..) => {}
    }
}
