use chrono::{NaiveDate, NaiveTime};

use super::Checker;
use super::property::Scope;
use crate::calendar::{Recurrence, Zone};
use crate::language::ast::{Cadence, Campaign, FieldKind, Inaction, TimeBase, Trigger};
use crate::language::{Diagnostic, Span, Spanned};
use crate::model::Instant;
use crate::rulebook::codes;
use crate::rulebook::schema::{a_kind, item};

/// What the other clauses need to know of a trigger.
#[derive(Debug)]
pub(super) struct Fired<'a> {
    /// Where the trigger event's properties are looked up; `None` for schedules, which have no event.
    pub event: Option<Scope<'a>>,
    /// The same for the event before it, of `when A then B`.
    pub first: Option<Scope<'a>>,
    /// The zone that a schedule names.
    pub zone: Option<Zone>,
    /// True when a schedule is in each user's own time.
    pub user_time: bool,
}

impl<'a> Fired<'a> {
    fn by(event: Scope<'a>) -> Fired<'a> {
        Fired { event: Some(event), first: None, zone: None, user_time: false }
    }
}

impl<'a> Checker<'a> {
    /// Checks the trigger with everything in it.
    pub(super) fn trigger(&mut self, campaign: &'a Campaign, trigger: &'a Spanned<Trigger>) -> Fired<'a> {
        match &trigger.node {
            Trigger::Event(pattern) => Fired::by(self.event_pattern(pattern)),
            Trigger::Inaction(inaction) => Fired::by(self.inaction(inaction)),
            Trigger::At { times, base, .. } => {
                let fired = self.scheduled(base);
                for time in times {
                    self.at(campaign, trigger.span, time.date(), time.time(), &fired);
                }
                fired
            }
            Trigger::FirstTime(pattern) => Fired::by(self.event_pattern(pattern)),
            Trigger::Followed(followed) => {
                let first = self.event_pattern(&followed.first);
                let then = self.event_pattern(&followed.then);
                if let Some(path) = &followed.matching {
                    self.matching(path, first, then);
                }
                Fired { first: Some(first), ..Fired::by(then) }
            }
            Trigger::Request => {
                let declared = self.tables.events.get(Trigger::REQUEST).map(Scope::Event);
                Fired::by(declared.unwrap_or(Scope::Free))
            }
            Trigger::EventDate(date) => {
                let event = self.event_pattern(&date.pattern);
                self.date(event, &date.property);
                if let Some(by) = &date.by {
                    self.property(event, by);
                }
                let Fired { zone, user_time, .. } = self.scheduled(&date.base);
                Fired { zone, user_time, ..Fired::by(event) }
            }
            Trigger::ProfileDate(date) => {
                let profile = self.profile();
                self.date(profile, &date.property);
                self.scheduled(&date.base)
            }
            Trigger::Enters { segment, .. } | Trigger::Leaves(segment) => {
                self.segment(segment);
                Fired { event: None, first: None, zone: None, user_time: false }
            }
            Trigger::Every { cadence, time, base } => {
                let fired = self.scheduled(base);
                self.every(campaign, trigger.span, cadence, *time, &fired);
                fired
            }
            Trigger::Cron { expression, base } => {
                let fired = self.scheduled(base);
                match Recurrence::cron(&expression.node) {
                    Ok(recurrence) => self.fires(campaign, expression.span, &recurrence, &fired),
                    Err(error) => self.report(
                        Diagnostic::error(
                            codes::BAD_CRON,
                            self.inside(expression, error.place()),
                            error.to_string(),
                        )
                        .with_help(error.help()),
                    ),
                }
                fired
            }
        }
    }

    fn inaction(&mut self, inaction: &'a Inaction) -> Scope<'a> {
        let first = self.event_pattern(&inaction.first);
        let absent = self.event_pattern(&inaction.absent);
        if let Some(path) = &inaction.matching {
            self.matching(path, first, absent);
        }
        first
    }

    /// A property whose date fires is a date or an instant, or text that may be one.
    fn date(&mut self, scope: Scope<'a>, path: &crate::language::ast::Path) {
        let Some(field) = self.property_at(scope, &path.parts, path.span, "date") else { return };
        let kind = item(&field.kind.node);
        if matches!(kind, FieldKind::Date | FieldKind::Instant | FieldKind::Text) {
            return;
        }
        let name = path.parts.join(".");
        self.report(
            Diagnostic::error(
                codes::NO_DATE,
                path.span,
                format!("`{name}` is {}, and has no date to wait for", a_kind(&field.kind.node)),
            )
            .with_secondary(field.kind.span, format!("`{name}` is declared here"))
            .with_help(format!("declare it as a date or an instant: `{name}: date`")),
        );
    }

    /// `matching p`: both events have p, of one kind.
    pub(super) fn matching(&mut self, path: &crate::language::ast::Path, first: Scope<'a>, other: Scope<'a>) {
        let (Some(first), Some(other)) = (self.property(first, path), self.property(other, path)) else {
            return;
        };
        if item(&first.kind.node) == item(&other.kind.node) {
            return;
        }
        let name = path.parts.join(".");
        let [one, two] = [first, other].map(|field| a_kind(&field.kind.node));
        self.report(
            Diagnostic::error(
                codes::MATCHING_KINDS,
                path.span,
                format!("`{name}` is {one} in one event and {two} in the other: they are never equal"),
            )
            .with_secondary(first.kind.span, format!("{one} here"))
            .with_secondary(other.kind.span, format!("{two} here"))
            .with_help("declare both as one kind: values are converted when they come in"),
        );
    }

    fn scheduled(&mut self, base: &TimeBase) -> Fired<'a> {
        Fired {
            event: None,
            first: None,
            zone: self.base_zone(base),
            user_time: matches!(base, TimeBase::User),
        }
    }

    fn at(&mut self, campaign: &Campaign, span: Span, date: NaiveDate, time: NaiveTime, fired: &Fired<'_>) {
        let Some(run) = &campaign.run else { return };
        // A run is in the user's days when the trigger is in the user's time, else in the account's.
        let day = match &fired.zone {
            Some(zone) => self.zone.to_local(zone.resolve(date.and_time(time))).date(),
            None => date,
        };
        let before = run.from.as_ref().is_some_and(|from| day < from.node);
        let after = run.to.as_ref().is_some_and(|to| day > to.node);
        if before || after {
            let side = if before {
                "before the campaign's run begins"
            } else {
                "after the campaign's run has ended"
            };
            self.report(
                Diagnostic::error(codes::NEVER_FIRES, span, format!("this never fires: {day} is {side}"))
                    .with_secondary(run.span, "the run")
                    .with_help("move the day into the run, or the run around the day"),
            );
        }
    }

    fn every(
        &mut self,
        campaign: &Campaign,
        span: Span,
        cadence: &Cadence,
        time: NaiveTime,
        fired: &Fired<'_>,
    ) {
        let (every, unit) = match cadence {
            Cadence::Days(every) => (*every, "day"),
            Cadence::Weeks { every, .. } => (*every, "week"),
            Cadence::MonthDays { every, .. } | Cadence::MonthWeekday { every, .. } => (*every, "month"),
        };
        let from = campaign.run.as_ref().and_then(|run| run.from.as_ref()).map(|from| from.node);
        if every > 1 && from.is_none() {
            return self.report(
                Diagnostic::error(
                    codes::NO_ANCHOR,
                    span,
                    format!("every {every} {unit}s from when? the campaign has no first day"),
                )
                .with_help(format!(
                    "add `run from 2026-11-02`: {unit}s are counted from that {unit}; or write `every {unit}`"
                )),
            );
        }
        let recurrence = Recurrence::every(cadence, time, from, self.week_starts());
        self.fires(campaign, span, &recurrence, fired);
    }

    /// Finds recurrences without an occurrence in the campaign's run, such as each 31 February.
    fn fires(&mut self, campaign: &Campaign, span: Span, recurrence: &Recurrence, fired: &Fired<'_>) {
        let run = campaign.run.as_ref();
        let from = run.and_then(|run| run.from.as_ref()).map(|from| from.node);
        let to = run.and_then(|run| run.to.as_ref()).map(|to| to.node);
        // Users may be in any zone; what is asked here is the same in all of them, but for clock changes.
        let (days, clock) = match &fired.zone {
            _ if fired.user_time => (Zone::utc(), Zone::utc()),
            Some(zone) => (self.zone, *zone),
            None => (self.zone, self.zone),
        };
        let start = from.map_or(Instant::MIN, |from| days.day_start(from));
        let first = recurrence.from_instant(&clock, start);
        let ended =
            |at: Instant| to.and_then(|to| to.succ_opt()).is_some_and(|end| at >= days.day_start(end));
        match first {
            Some(occurrence) if !ended(occurrence.instant) => {}
            Some(_) => self.report(
                Diagnostic::error(codes::NEVER_FIRES, span, "this never fires within the campaign's run")
                    .with_secondary(run.map_or(span, |run| run.span), "the run")
                    .with_help("make the run longer, or choose another day"),
            ),
            None => self.report(
                Diagnostic::error(codes::NEVER_FIRES, span, "this never fires: there is no such day")
                    .with_help(
                        "choose a day that exists; `every month on 31 or last day` fires in short months too",
                    ),
            ),
        }
    }

    fn week_starts(&self) -> chrono::Weekday {
        let settings = self.tables.settings.as_ref();
        settings
            .and_then(|settings| settings.week_starts.as_ref())
            .map_or(chrono::Weekday::Mon, |day| day.node)
    }
}
