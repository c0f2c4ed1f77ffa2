//! A plan as text: campaigns, the busiest hours, providers, budgets.

use std::fmt::Write as _;

use chrono::NaiveDateTime;

use super::grid::Grid;
use super::text::brief;
use super::{Colours, TABLE_WIDTH, counted, grouped, harmless};
use crate::calendar::Zone;
use crate::model::{Instant, OutcomeKind, Text};
use crate::plan::{Allowed, BudgetPlan, Counts, Ending, HourPlan, Plan, ProviderPlan, Stretch};

/// So many hours are listed; the JSON has all.
const HOURS: usize = 12;
/// As wide as the bar of the busiest hour.
const BAR: usize = 24;
/// Nothing, where there could be a number.
const NONE: &str = "–";

/// A plan for people who read terminals.
pub fn plan_table(plan: &Plan, colours: Colours) -> String {
    let page = Page { plan, zone: Zone::named(&plan.time_zone).unwrap_or_else(|_| Zone::utc()), colours };
    let parts = [page.head(), page.campaigns(), page.hours(), page.providers(), page.budgets()];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

struct Page<'p> {
    plan: &'p Plan,
    zone: Zone,
    colours: Colours,
}

impl Page<'_> {
    fn head(&self) -> String {
        let total = &self.plan.total;
        let mut text = format!(
            "{} to {} ({})\n{} to {}",
            self.clock(self.plan.from),
            self.clock(self.plan.to),
            harmless(&self.plan.time_zone),
            counted(total.sent(), "message"),
            counted(total.users, "user"),
        );
        if let (Some(first), Some(last)) = (total.first, total.last) {
            let _ = write!(text, ", the first at {}, the last at {}", self.clock(first), self.clock(last));
        }
        text.push('\n');
        text
    }

    fn campaigns(&self) -> String {
        let mut titles =
            vec!["campaign", "qualified", "sent", "held", "median wait", "longest wait", "expired in line"];
        titles.extend(Ending::ALL.iter().skip(1).map(|ending| ending.words()));
        let mut grid = Grid::new(&titles);
        let row = |name: &str, counts: &Counts| {
            let wait = |seconds: Option<f64>| seconds.map_or(NONE.to_owned(), brief);
            let number = |count: u64| if count == 0 { NONE.to_owned() } else { grouped(count) };
            let wanted = counts.wait.as_ref();
            let mut row = vec![
                harmless(name).into_owned(),
                grouped(counts.qualified),
                grouped(counts.sent()),
                number(counts.held),
                wait(wanted.map(|wait| wait.median_seconds)),
                wait(wanted.map(|wait| wait.longest_seconds)),
                number(too_late(&counts.ended_in_line)),
            ];
            row.extend(Ending::ALL.iter().skip(1).map(|ending| number(counts.ended(*ending))));
            row
        };
        grid.rows = self.plan.campaigns.iter().map(|plan| row(&plan.campaign, &plan.counts)).collect();
        grid.total = Some(row("total", &self.plan.total));
        grid.without(3, NONE).draw(TABLE_WIDTH, self.colours)
    }

    fn hours(&self) -> String {
        let mut busiest: Vec<&HourPlan> = self.plan.hours.iter().filter(|hour| hour.sent() > 0).collect();
        let all = busiest.len();
        // Stable: of equally busy hours the earlier.
        busiest.sort_by_key(|hour| std::cmp::Reverse(hour.sent()));
        busiest.truncate(HOURS);
        let Some(most) = busiest.first().map(|hour| hour.sent().max(1)) else { return String::new() };
        busiest.sort_by_key(|hour| hour.start);
        let head = match all {
            all if all > HOURS => {
                format!("the {HOURS} busiest of {} with messages", counted(all as u64, "hour"))
            }
            _ => "hours with messages".to_owned(),
        };
        let mut text = self.colours.bold(&head);
        text.push('\n');
        let width = grouped(most).len();
        for hour in busiest {
            let mut campaigns: Vec<(&Text, &u64)> = hour.campaigns.iter().collect();
            // Stable: of equal ones by name.
            campaigns.sort_by_key(|(_, jobs)| std::cmp::Reverse(**jobs));
            let said: Vec<String> = campaigns
                .iter()
                .map(|(name, jobs)| format!("{} {}", harmless(name), grouped(**jobs)))
                .collect();
            let line =
                if hour.line > 0 { format!("; up to {} in line", grouped(hour.line)) } else { String::new() };
            let sent = hour.sent();
            let bar = "█".repeat((sent as usize).saturating_mul(BAR).div_ceil(most as usize));
            let _ = writeln!(
                text,
                "{}  {:>width$}  {bar:BAR$}  {}{line}",
                self.clock(hour.start),
                grouped(sent),
                said.join(", ")
            );
        }
        text
    }

    fn providers(&self) -> String {
        if self.plan.providers.iter().all(|provider| provider.provider.is_none()) {
            return String::new();
        }
        let mut grid = Grid::new(&[
            "provider",
            "sent",
            "users",
            "most a second",
            "a minute",
            "an hour",
            "a day",
            "rate",
        ]);
        let row = |provider: &ProviderPlan| {
            let name = provider.provider.as_deref().map_or("none named".into(), harmless);
            let peaks = provider.peaks.as_ref();
            let peak = |count: Option<u64>| count.map_or(NONE.to_owned(), grouped);
            vec![
                name.into_owned(),
                grouped(provider.sent),
                grouped(provider.users),
                peak(peaks.map(|peaks| peaks.second.count)),
                peak(peaks.map(|peaks| peaks.minute.count)),
                peak(peaks.map(|peaks| peaks.hour.count)),
                peak(peaks.map(|peaks| peaks.day.count)),
                provider.allowed.as_ref().map_or(NONE.to_owned(), allowed),
            ]
        };
        grid.rows = self.plan.providers.iter().map(row).collect();
        grid.without(7, NONE).draw(TABLE_WIDTH, self.colours)
    }

    fn budgets(&self) -> String {
        let mut text = String::new();
        for budget in &self.plan.budgets {
            let _ = writeln!(text, "{}", self.colours.bold(&harmless(&budget.words)));
            let _ = writeln!(text, "  {}", self.uses(budget));
            if budget.held > 0 {
                let _ = writeln!(text, "  {}", self.binds(budget));
            }
        }
        text
    }

    fn uses(&self, budget: &BudgetPlan) -> String {
        match (&budget.allowed, &budget.used) {
            (Some(allows), Some(used)) => {
                format!(
                    "at most {} used, of {}, at {}",
                    grouped(used.count),
                    allowed(allows),
                    self.clock(used.at)
                )
            }
            (Some(allows), None) => format!("nothing used, of {}", allowed(allows)),
            (None, _) if budget.held == 0 => "holds nothing back".to_owned(),
            (None, _) => format!("holds back {}", counted(budget.held, "message")),
        }
    }

    fn binds(&self, budget: &BudgetPlan) -> String {
        let mut text = format!("binds for {}", brief(budget.binding_seconds));
        if let Some(stretch) = budget.longest_stretch {
            let _ = write!(text, " in all, at longest {}", self.span(stretch));
        }
        let _ = write!(text, "; {} held, {} at once", grouped(budget.held), grouped(budget.longest_line));
        if let Some(wait) = &budget.wait {
            let (median, longest) = (brief(wait.median_seconds), brief(wait.longest_seconds));
            let _ = match budget.held {
                1 => write!(text, ", for {longest}"),
                _ => write!(text, ", half of them for {median} or less, the longest for {longest}"),
            };
        }
        let ended = budget.outcomes.iter().filter(|(kind, _)| **kind != OutcomeKind::Sent);
        for (place, (kind, count)) in ended.enumerate() {
            let _ = write!(
                text,
                "{}{} {}",
                if place == 0 { "; in line ended: " } else { ", " },
                kind.name(),
                grouped(*count)
            );
        }
        text
    }

    /// From one of the account's clock to another: the day once, where it is the same.
    fn span(&self, stretch: Stretch) -> String {
        let (from, to) = (self.clock(stretch.from), self.clock(stretch.to));
        let day = "2026-11-03 Tue ".len();
        let same = from.get(..day) == to.get(..day);
        format!("from {from} to {}", to.get(if same { day } else { 0 }..).unwrap_or_default())
    }

    /// The account's clock: `2026-11-03 Tue 10:00`, to the second where there are seconds.
    fn clock(&self, at: Instant) -> String {
        let local: NaiveDateTime = self.zone.to_local(at);
        // The end of a log is a millisecond after its last record.
        let whole = at.millis().rem_euclid(60_000) < 1_000;
        local.format(if whole { "%Y-%m-%d %a %H:%M" } else { "%Y-%m-%d %a %H:%M:%S" }).to_string()
    }
}

/// `80 per second`, `500 per 5 min`, `2,000 per 24 h`
pub(super) fn allowed(allowed: &Allowed) -> String {
    let per = match allowed.per_seconds {
        1.0 => "second".to_owned(),
        60.0 => "minute".to_owned(),
        3_600.0 => "hour".to_owned(),
        86_400.0 => "24 h".to_owned(),
        seconds => brief(seconds),
    };
    format!("{} per {per}", grouped(allowed.count))
}

/// Those whose time was over while they stood in line.
pub(super) fn too_late(ended: &std::collections::BTreeMap<OutcomeKind, u64>) -> u64 {
    ended.iter().filter(|(kind, _)| Ending::of(**kind) == Ending::TooLate).map(|(_, count)| count).sum()
}
