use chrono::{NaiveDate, NaiveTime};

use super::Checker;
use crate::calendar::{OpenHours, Zone};
use crate::language::Diagnostic;
use crate::language::ast::{DayWindow, Hours, TimeBase};
use crate::model::Instant;
use crate::rulebook::codes;

impl Checker<'_> {
    /// Finds quiet hours that never end.
    pub(super) fn quiet_hours(&mut self, quiet: &Hours) {
        self.quiet_open = has_opening(None, Some(quiet));
        if !self.quiet_open {
            self.report(
                Diagnostic::error(
                    codes::NEVER_OPEN,
                    quiet.span,
                    "no message could ever be sent: all hours are quiet",
                )
                .with_help("leave hours for messages, such as `quiet hours 21:00..09:00`"),
            );
        }
    }

    /// Finds delivery hours that lie wholly within quiet hours. Only where both are in the same time: between two zones
    /// it is a matter of where the user lives.
    pub(super) fn opening(&mut self, deliver: &Hours) {
        let tables = self.tables;
        let Some(quiet) = tables.settings.as_ref().and_then(|settings| settings.quiet_hours.as_ref()) else {
            return;
        };
        if self.quiet_open
            && same_base(&deliver.base, &quiet.base)
            && !has_opening(Some(deliver), Some(quiet))
        {
            self.report(
                Diagnostic::error(
                    codes::NEVER_OPEN,
                    deliver.span,
                    "no message could ever be sent: these hours lie within the quiet hours",
                )
                .with_secondary(quiet.span, "the quiet hours")
                .with_help("choose delivery hours that reach out of the quiet hours"),
            );
        }
    }
}

fn same_base(a: &TimeBase, b: &TimeBase) -> bool {
    match (a, b) {
        (TimeBase::Account, TimeBase::Account) | (TimeBase::User, TimeBase::User) => true,
        (TimeBase::Named(a), TimeBase::Named(b)) => match (Zone::named(&a.node), Zone::named(&b.node)) {
            (Ok(a), Ok(b)) => a.name() == b.name(),
            _ => false,
        },
        _ => false,
    }
}

/// True when there is an instant of the week at which delivery hours are open and quiet hours are not.
///
/// Every such stretch begins where delivery hours open or quiet hours end, so only those instants are asked about, in a
/// zone whose clocks never change.
fn has_opening(deliver: Option<&Hours>, quiet: Option<&Hours>) -> bool {
    let zone = Zone::utc();
    let open = deliver.map(|hours| OpenHours::new(&hours.windows));
    let closed = quiet.map(|hours| OpenHours::new(&hours.windows));
    let openings = deliver.iter().flat_map(|hours| &hours.windows).flat_map(|window| moments(window, false));
    let closings = quiet.iter().flat_map(|hours| &hours.windows).flat_map(|window| moments(window, true));
    openings.chain(closings).any(|at| {
        open.as_ref().is_none_or(|open| open.is_open(&zone, at))
            && closed.as_ref().is_none_or(|closed| !closed.is_open(&zone, at))
    })
}

/// The instants of a week, in UTC, at which a window opens or closes.
fn moments(window: &DayWindow, closing: bool) -> impl Iterator<Item = Instant> {
    // Any week will do; this one begins with a Monday.
    let monday = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default();
    let days = monday.iter_days().take(7);
    let wanted = window.days.clone();
    let (from, to) = (window.from, window.to);
    days.filter(move |day| wanted.as_ref().is_none_or(|days| days.contains(&chrono::Datelike::weekday(day))))
        .filter_map(move |day| {
            let overnight = to.is_none_or(|to| to <= from);
            let (day, time) = match (closing, to) {
                (false, _) => (day, from),
                (true, Some(to)) if !overnight => (day, to),
                (true, to) => (day.succ_opt()?, to.unwrap_or(NaiveTime::MIN)),
            };
            Some(Instant::from(day.and_time(time).and_utc()))
        })
}
