//! What providers carry, and how much of each budget is used.

use super::chart::{Chart, Drawn, SIZES};
use super::head::capital;
use super::html::Html;
use super::ink::Ink;
use super::jobs::shown;
use super::time::Bars;
use super::{Page, columns, length, row, section};
use crate::model::OutcomeKind;
use crate::plan::BudgetPlan;
use crate::report::plan::allowed;
use crate::report::{counted, grouped};

/// So many budgets have a chart, those that hold back most first: of many throttles, most have nothing to show.
const CHARTS: usize = 8;

/// What a bar of a budget's chart holds.
#[derive(Debug, Clone, Copy, Default)]
struct Bar {
    used: u64,
    allowed: Option<u64>,
    line: u64,
    seconds: f64,
    any: bool,
}

impl Page<'_> {
    pub(super) fn budgets(&self, html: &mut Html) -> Drawn {
        self.providers(html);
        if self.plan.budgets.is_empty() {
            return Ok(());
        }
        let about = "What throttles and providers allow, how much of it is used at once, and who waits for it. A budget holds a message back while it is full and \
                     nothing else that the message needs is full for longer.";
        section(html, "Budgets", about);
        let mut order: Vec<&BudgetPlan> = self.plan.budgets.iter().collect();
        // Stable: of those that bind as long in their own order.
        order.sort_by(|a, b| b.binding_seconds.total_cmp(&a.binding_seconds));
        for (place, budget) in order.into_iter().enumerate() {
            let shows = budget.held > 0 || matches!(budget.budget, "rate" | "portfolio" | "account_throttle");
            self.budget(budget, shows && place < CHARTS, html)?;
        }
        html.raw("</section>\n");
        Ok(())
    }

    fn providers(&self, html: &mut Html) {
        if self.plan.providers.iter().all(|provider| provider.provider.is_none()) {
            return;
        }
        section(
            html,
            "Providers",
            "What goes through each number, and the most of it in any second, minute, hour and day.",
        );
        html.raw("<div class=\"scroll\"><table>\n");
        columns(html, &["provider", "messages", "users", "a second", "a minute", "an hour", "a day", "rate"]);
        html.raw("<tbody>\n");
        for provider in &self.plan.providers {
            let peaks = provider.peaks.as_ref();
            let most = |count: Option<u64>| shown(count.unwrap_or(0));
            let cells = [
                shown(provider.sent),
                shown(provider.users),
                most(peaks.map(|peaks| peaks.second.count)),
                most(peaks.map(|peaks| peaks.minute.count)),
                most(peaks.map(|peaks| peaks.hour.count)),
                most(peaks.map(|peaks| peaks.day.count)),
                provider.allowed.as_ref().map_or("–".to_owned(), allowed),
            ];
            row(html, provider.provider.as_deref().unwrap_or("none named"), &cells);
        }
        html.raw("</tbody></table></div>\n</section>\n");
    }

    fn budget(&self, budget: &BudgetPlan, chart: bool, html: &mut Html) -> Drawn {
        html.raw("<article class=\"budget\">\n<h3>").name(&capital(&budget.words.replace('`', "")));
        if let Some(limit) = &budget.allowed {
            html.raw(" <span>").text(&allowed(limit)).raw("</span>");
        }
        html.raw("</h3>\n<p>").text(&self.facts(budget)).raw("</p>\n");
        let wide = SIZES.first().map_or(1, |size| size.bars);
        let bars = Bars::over(self.plan, self.zone, wide);
        if let Some(bars) = bars.filter(|_| chart && !budget.hours.is_empty()) {
            let users = budget.budget == "portfolio";
            html.raw("<figure>\n");
            if budget.allowed.is_some() {
                html.raw("<ul class=\"legend\"><li><i class=\"fill used\"></i>");
                html.raw(if users { "users within 24 hours, at most" } else { "messages at once, at most" });
                html.raw("</li><li><i class=\"allowed\"></i>allowed</li></ul>\n");
                for size in SIZES {
                    let bars = Bars::over(self.plan, self.zone, size.bars).unwrap_or_else(|| bars.clone());
                    self.uses(budget, &bars).draw(size, html)?;
                }
            }
            if budget.held > 0 {
                html.raw("<ul class=\"legend\"><li><i class=\"fill line\"></i>messages in line at once, at most</li></ul>\n");
                for size in SIZES {
                    let bars = Bars::over(self.plan, self.zone, size.bars).unwrap_or_else(|| bars.clone());
                    self.line(budget, &bars).draw(size, html)?;
                }
            }
            html.raw("</figure>\n");
            self.budget_table(budget, &bars, html);
        }
        html.raw("</article>\n");
        Ok(())
    }

    /// What there is to say of a budget, in sentences.
    fn facts(&self, budget: &BudgetPlan) -> String {
        let mut facts = Vec::new();
        match (&budget.used, &budget.allowed) {
            (Some(used), Some(limit)) => facts.push(format!(
                "At most {} of {} are used, on {}.",
                grouped(used.count),
                grouped(limit.count),
                self.clock.at(used.at)
            )),
            (None, Some(_)) => facts.push("None of it is used.".to_owned()),
            (_, None) => {}
        }
        if budget.held == 0 {
            facts.push("It holds nothing back.".to_owned());
            return facts.join(" ");
        }
        let mut binds = format!("It holds messages back for {} in all", length(budget.binding_seconds));
        if let Some(stretch) = budget.longest_stretch {
            binds.push_str(&format!(", at longest from {}", self.clock.span(stretch.from, stretch.to)));
        }
        facts.push(binds + ".");
        let mut waits =
            format!("{} for it, up to {} at once", waits(budget.held), grouped(budget.longest_line));
        if let Some(wait) = &budget.wait {
            let (median, longest) = (length(wait.median_seconds), length(wait.longest_seconds));
            waits.push_str(&format!("; half of them for {median} or less, the longest for {longest}"));
        }
        facts.push(waits + ".");
        let ended: Vec<String> = budget
            .outcomes
            .iter()
            .filter(|(kind, _)| **kind != OutcomeKind::Sent)
            .map(|(kind, count)| format!("{} {}", kind.name(), grouped(*count)))
            .collect();
        if !ended.is_empty() {
            facts.push(format!("In line ended: {}.", ended.join(", ")));
        }
        facts.join(" ")
    }

    fn cut(&self, budget: &BudgetPlan, bars: &Bars) -> Vec<Bar> {
        let mut cut = vec![Bar::default(); bars.count];
        for hour in &budget.hours {
            let Some(bar) = bars.of(hour.start).and_then(|bar| cut.get_mut(bar)) else { continue };
            bar.used = bar.used.max(hour.used.unwrap_or(0));
            bar.allowed = bar.allowed.max(hour.allowed);
            bar.line = bar.line.max(hour.line);
            bar.seconds += hour.binding_seconds;
            bar.any = true;
        }
        cut
    }

    fn uses<'b>(&self, budget: &BudgetPlan, bars: &'b Bars) -> Chart<'b> {
        let cut = self.cut(budget, bars);
        let limit = budget.allowed.as_ref().map(|limit| limit.count);
        // Between what is known, what was allowed last still is.
        let mut known = cut.iter().find_map(|bar| bar.allowed);
        let steps = cut.iter().map(|bar| {
            known = bar.allowed.or(known);
            known
        });
        let steps = steps.collect();
        let titles = cut.iter().enumerate().map(|(place, bar)| {
            let of = bar.allowed.or(limit).map(grouped).unwrap_or_default();
            bar.any.then(|| format!("{}: {} of {of} used", bars.name(place), grouped(bar.used)))
        });
        Chart {
            bars,
            height: 200,
            label: format!(
                "{}: used of what is allowed, at most, per {}",
                capital(&budget.words),
                bars.length()
            ),
            stacks: vec![(Ink::Used, cut.iter().map(|bar| bar.used).collect())],
            steps: Some((Ink::Allowed, steps)),
            titles: titles.collect(),
        }
    }

    fn line<'b>(&self, budget: &BudgetPlan, bars: &'b Bars) -> Chart<'b> {
        let cut = self.cut(budget, bars);
        let titles = cut.iter().enumerate().map(|(place, bar)| {
            let said = || {
                format!(
                    "{}: up to {} in line, for {}",
                    bars.name(place),
                    grouped(bar.line),
                    length(bar.seconds)
                )
            };
            (bar.line > 0).then(said)
        });
        Chart {
            bars,
            height: 130,
            label: format!(
                "{}: messages in line at once, at most, per {}",
                capital(&budget.words),
                bars.length()
            ),
            stacks: vec![(Ink::Line, cut.iter().map(|bar| bar.line).collect())],
            steps: None,
            titles: titles.collect(),
        }
    }

    fn budget_table(&self, budget: &BudgetPlan, bars: &Bars, html: &mut Html) {
        html.raw("<details><summary>The numbers</summary>\n<div class=\"scroll\"><table>\n");
        let counted = budget.allowed.is_some();
        let titles = ["from", "used, at most", "allowed", "in line, at most", "holds back for"];
        columns(html, if counted { &titles } else { &["from", "in line, at most", "holds back for"] });
        html.raw("<tbody>\n");
        for (place, bar) in self.cut(budget, bars).iter().enumerate().filter(|(_, bar)| bar.any) {
            let seconds = if bar.seconds > 0.0 { length(bar.seconds) } else { "–".to_owned() };
            let waiting = [shown(bar.line), seconds];
            let used = [shown(bar.used), bar.allowed.map(grouped).unwrap_or_default()];
            let cells: Vec<String> =
                if counted { used.into_iter().chain(waiting).collect() } else { waiting.into() };
            row(html, &bars.name(place), &cells);
        }
        html.raw("</tbody></table></div></details>\n");
    }
}

fn waits(held: u64) -> String {
    format!("{} {}", counted(held, "message"), if held == 1 { "waits" } else { "wait" })
}
