//! What becomes of those who qualify: the funnel, and each campaign's row.

use super::html::Html;
use super::jobs::shown;
use super::{Page, columns, length, percent, section};
use crate::plan::{Counts, Ending};
use crate::report::grouped;
use crate::report::plan::too_late;

/// Those who fall out, in the order of the funnel.
const LOST: [Ending; 7] = [
    Ending::Spared,
    Ending::Cancelled,
    Ending::Unreachable,
    Ending::TooLate,
    Ending::Capped,
    Ending::NotMade,
    Ending::Pending,
];

/// Why, in a few words.
const fn why(ending: Ending) -> &'static str {
    match ending {
        Ending::Sent => "a job is made",
        Ending::Spared => "control group, holdout, safety stop",
        Ending::Cancelled => "an event came, or the audience was left",
        Ending::Unreachable => "no consent, no number, not taken by WhatsApp",
        Ending::TooLate => "expired, outside of its hours, its campaign ended",
        Ending::Capped => "caps, gaps and limits",
        Ending::NotMade => "a value is missing, or the text dropped it",
        Ending::Pending => "still to be decided when the plan ends",
    }
}

impl Page<'_> {
    pub(super) fn ways(&self, html: &mut Html) {
        let total = &self.plan.total;
        section(
            html,
            "What becomes of those who qualify",
            "From everyone who qualifies to the messages that are sent: who falls out on the way, and why.",
        );
        html.raw("<div class=\"scroll\"><table class=\"funnel\">\n");
        columns(html, &["", "left", "", "share"]);
        html.raw("<tbody>\n");
        let mut left = total.qualified;
        step(html, "Qualified", "", left, 0, total.qualified, grouped(left));
        for ending in LOST {
            let lost = total.ended(ending);
            left = left.saturating_sub(lost);
            if lost > 0 {
                step(
                    html,
                    &super::head::capital(ending.words()),
                    why(ending),
                    left,
                    lost,
                    total.qualified,
                    format!("−{}", grouped(lost)),
                );
            }
        }
        step(html, "Sent", "", left, 0, total.qualified, grouped(left));
        html.raw("</tbody></table></div>\n<h3>By campaign</h3>\n");
        self.campaigns(html);
        html.raw("</section>\n");
    }

    fn campaigns(&self, html: &mut Html) {
        let lost: Vec<Ending> =
            LOST.into_iter().filter(|ending| self.plan.total.ended(*ending) > 0).collect();
        let titles =
            ["campaign", "qualified", "sent"].into_iter().chain(lost.iter().map(|ending| ending.words()));
        self.table(&titles.collect::<Vec<_>>(), html, |counts| {
            let mut cells = vec![grouped(counts.qualified), shown(counts.sent())];
            cells.extend(lost.iter().map(|ending| shown(counts.ended(*ending))));
            cells
        });
        if self.plan.total.held == 0 {
            return;
        }
        html.raw("<h3>Waiting in line</h3>\n");
        let titles = ["campaign", "times held", "half wait at most", "longest wait", "too late in line"];
        self.table(&titles, html, |counts| {
            let wait = counts.wait.as_ref();
            let shown_length = |seconds: Option<f64>| seconds.map_or("–".to_owned(), length);
            vec![
                shown(counts.held),
                shown_length(wait.map(|wait| wait.median_seconds)),
                shown_length(wait.map(|wait| wait.longest_seconds)),
                shown(too_late(&counts.ended_in_line)),
            ]
        });
    }

    /// A row for each campaign, and one for all.
    fn table(&self, titles: &[&str], html: &mut Html, cells: impl Fn(&Counts) -> Vec<String>) {
        html.raw("<div class=\"scroll\"><table class=\"campaigns\">\n");
        columns(html, titles);
        html.raw("<tbody>\n");
        for campaign in &self.plan.campaigns {
            html.raw("<tr><th scope=\"row\">").name(&campaign.campaign);
            if let Some(title) = &campaign.title {
                html.raw("<small>").name(title).raw("</small>");
            }
            html.raw("</th>").each(cells(&campaign.counts), |html, cell| {
                html.raw("<td>").text(&cell).raw("</td>");
            });
            html.raw("</tr>\n");
        }
        html.raw("</tbody>\n<tfoot>");
        super::row(html, "all", &cells(&self.plan.total));
        html.raw("</tfoot></table></div>\n");
    }
}

/// One step of the funnel: who is left, and who fell out just there.
fn step(html: &mut Html, name: &str, why: &'static str, left: u64, lost: u64, of: u64, number: String) {
    let share = |part: u64| format!("{:.2}%", part as f64 / of.max(1) as f64 * 100.0);
    html.raw("<tr><th scope=\"row\">").text(name).raw("<small>").raw(why).raw("</small></th>");
    html.raw("<td class=\"bar\"><span class=\"visually-hidden\">").text(&grouped(left)).raw("</span>");
    html.raw("<i class=\"left\"").attribute("style", format!("width:{}", share(left))).raw("></i>");
    if lost > 0 {
        html.raw("<i class=\"lost\"").attribute("style", format!("width:{}", share(lost))).raw("></i>");
    }
    html.raw("</td><td>").text(&number).raw("</td><td>");
    html.text(&percent(if lost > 0 { lost } else { left }, of)).raw("</td></tr>\n");
}
