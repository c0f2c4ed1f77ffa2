//! What the page begins with: what it is, its largest numbers, and what to know of them.

use super::html::Html;
use super::time::days;
use super::{Page, length};
use crate::model::Instant;
use crate::plan::{BudgetPlan, Ending, HourPlan};
use crate::report::plan::{allowed, too_late};
use crate::report::{counted, grouped};

impl Page<'_> {
    pub(super) fn head(&self, title: &str, html: &mut Html) {
        let (from, to) = (self.plan.from, self.plan.to);
        let last = Instant::from_millis(to.millis() - 1).max(from);
        let day = |at| self.zone.to_local(at).date();
        html.raw("<header>\n<p class=\"kicker\">Plan</p>\n<h1>").text(title).raw("</h1>\n<p class=\"span\">");
        html.text(&days(day(from), day(last)))
            .raw(" <span>")
            .text(&self.plan.time_zone)
            .raw(" time</span></p>\n");
        self.figures(html);
        html.raw("<ul class=\"notes\">\n").each(self.notes(), |html, note| {
            html.raw("<li>").text(&note).raw("</li>\n");
        });
        html.raw("</ul>\n</header>\n");
    }

    fn figures(&self, html: &mut Html) {
        let total = &self.plan.total;
        let wait = total.wait.as_ref();
        let figures = [
            ("messages", grouped(total.sent())),
            ("users", grouped(total.users)),
            ("times held in line", grouped(total.held)),
            ("longest wait in line", wait.map_or("none".to_owned(), |wait| length(wait.longest_seconds))),
            ("too late in line", grouped(too_late(&total.ended_in_line))),
        ];
        html.raw("<dl class=\"figures\">\n").each(figures, |html, (name, figure)| {
            html.raw("<div><dt>").raw(name).raw("</dt><dd>").text(&figure).raw("</dd></div>\n");
        });
        html.raw("</dl>\n");
    }

    /// What there is to know, in sentences.
    fn notes(&self) -> Vec<String> {
        let total = &self.plan.total;
        let mut notes = Vec::new();
        let busiest = self.busiest();
        if let (Some(first), Some(last), Some(busiest)) = (total.first, total.last, busiest) {
            notes.push(format!(
                "The first message is due on {}, the last on {}. The busiest hour is {}, with {}.",
                self.clock.at(first),
                self.clock.at(last),
                self.clock.at(busiest.start),
                counted(busiest.sent(), "message"),
            ));
        } else {
            notes.push("No message is due.".to_owned());
        }
        let mut binding: Vec<&BudgetPlan> =
            self.plan.budgets.iter().filter(|budget| budget.binding_seconds > 0.0).collect();
        // Stable: of those that bind as long in their own order.
        binding.sort_by(|a, b| b.binding_seconds.total_cmp(&a.binding_seconds));
        notes.extend(binding.iter().take(3).map(|budget| self.note_of(budget)));
        if binding.is_empty() {
            notes.push("Nothing holds a message back: every budget has room whenever one is due.".to_owned());
        }
        let late = too_late(&total.ended_in_line);
        if late > 0 {
            notes.push(format!("{} too late while {} in line.", ends(late), stands(late)));
        } else if !binding.is_empty() {
            notes.push("No message comes too late for standing in line.".to_owned());
        }
        let pending = total.ended(Ending::Pending);
        if pending > 0 {
            notes.push(format!("{} still to be decided when the plan ends.", are(pending)));
        }
        notes
    }

    fn note_of(&self, budget: &BudgetPlan) -> String {
        let limit = budget.allowed.as_ref().map(|limit| format!(" ({})", allowed(limit))).unwrap_or_default();
        let mut note = format!(
            "Held back by {}{limit}: for {} in all",
            budget.words.replace('`', ""),
            length(budget.binding_seconds)
        );
        if let Some(stretch) = budget.longest_stretch {
            note.push_str(&format!(", at longest from {}", self.clock.span(stretch.from, stretch.to)));
        }
        note.push_str(&format!("; up to {} wait at once", counted(budget.longest_line, "message")));
        if let Some(wait) = &budget.wait {
            note.push_str(&format!(", the longest for {}", length(wait.longest_seconds)));
        }
        note.push('.');
        note
    }

    /// The hour with the most messages; of several the first.
    pub(super) fn busiest(&self) -> Option<&HourPlan> {
        self.plan.hours.iter().rev().max_by_key(|hour| hour.sent()).filter(|hour| hour.sent() > 0)
    }
}

fn ends(count: u64) -> String {
    format!("{} {}", counted(count, "message"), if count == 1 { "comes" } else { "come" })
}

fn stands(count: u64) -> &'static str {
    if count == 1 { "it stands" } else { "they stand" }
}

fn are(count: u64) -> String {
    format!("{} {}", counted(count, "message"), if count == 1 { "is" } else { "are" })
}

/// The text with a capital, as it begins a sentence.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
