//! Messages over time, by campaign.

use std::collections::BTreeMap;

use super::chart::{Chart, Drawn, SIZES};
use super::html::Html;
use super::ink::{Ink, SERIES};
use super::time::Bars;
use super::{Page, columns, row, section};
use crate::model::Text;
use crate::plan::HourPlan;
use crate::report::{counted, grouped};

/// The campaigns of the chart: each with its name, and the number of its colour.
struct Series<'p> {
    names: Vec<&'p str>,
    /// By campaign; those that have no colour of their own share the last.
    numbers: BTreeMap<&'p Text, u8>,
}

impl Page<'_> {
    /// The campaigns that send, the largest first.
    fn series(&self) -> Series<'_> {
        let mut sending: Vec<_> =
            self.plan.campaigns.iter().filter(|campaign| campaign.counts.sent() > 0).collect();
        sending.sort_by_key(|campaign| std::cmp::Reverse(campaign.counts.sent()));
        // A colour for one alone is as good as one for `others`.
        let own = if sending.len() > usize::from(SERIES) + 1 { SERIES } else { SERIES + 1 };
        let mut series = Series { names: Vec::new(), numbers: BTreeMap::new() };
        for (campaign, number) in sending.into_iter().zip(0_u8..) {
            let number = number.min(own).min(SERIES);
            if usize::from(number) == series.names.len() {
                series.names.push(if number == SERIES && own == SERIES {
                    "all others"
                } else {
                    &campaign.campaign
                });
            }
            series.numbers.insert(&campaign.campaign, number);
        }
        series
    }

    pub(super) fn jobs(&self, html: &mut Html) -> Drawn {
        let series = self.series();
        let wide = SIZES.first().map_or(1, |size| size.bars);
        let Some(bars) = Bars::over(self.plan, self.zone, wide) else {
            section(html, "Messages over time", "No message is due in the planned time.");
            html.raw("</section>\n");
            return Ok(());
        };
        let about = format!("Messages per {}, by campaign, on the account's clock.", bars.length());
        section(html, "Messages over time", &about);
        legend(&series, html);
        html.raw("<figure>\n");
        for size in SIZES {
            let bars = Bars::over(self.plan, self.zone, size.bars).unwrap_or_else(|| bars.clone());
            let label =
                format!("Messages per {}, by campaign; the numbers are in the table below", bars.length());
            self.stacked(&bars, &series, label, 300).draw(size, html)?;
        }
        html.raw("</figure>\n");
        self.table_of(&bars, &series, html);
        if let Some(busiest) = self.busiest().filter(|_| bars.length() != "hour") {
            let day = self.zone.to_local(busiest.start).date();
            let hours = Bars::of_day(self.zone, day);
            let date = day.format("%a %-d %b %Y").to_string();
            html.raw("<h3>The busiest day by the hour: ").text(&date).raw("</h3>\n<figure>\n");
            for size in SIZES {
                let label =
                    format!("Messages per hour on {date}, by campaign; the numbers are in the table below");
                self.stacked(&hours, &series, label, 220).draw(size, html)?;
            }
            html.raw("</figure>\n");
            self.table_of(&hours, &series, html);
        }
        html.raw("</section>\n");
        Ok(())
    }

    /// For each series its jobs, bar by bar.
    fn counts(&self, bars: &Bars, series: &Series<'_>) -> Vec<Vec<u64>> {
        let mut counts = vec![vec![0; bars.count]; series.names.len()];
        let inside = |hour: &HourPlan| bars.of(hour.start);
        for (hour, bar) in self.plan.hours.iter().filter_map(|hour| Some((hour, inside(hour)?))) {
            for (campaign, jobs) in &hour.campaigns {
                let number = series.numbers.get(campaign).map(|number| usize::from(*number));
                let count =
                    number.and_then(|number| counts.get_mut(number)).and_then(|bars| bars.get_mut(bar));
                if let Some(count) = count {
                    *count += jobs;
                }
            }
        }
        counts
    }

    fn stacked<'b>(&self, bars: &'b Bars, series: &Series<'_>, label: String, height: u32) -> Chart<'b> {
        let counts = self.counts(bars, series);
        let title = |bar: usize| {
            let of = |values: &Vec<u64>| values.get(bar).copied().unwrap_or(0);
            let all: u64 = counts.iter().map(of).sum();
            let mut title = format!("{}: {}", bars.name(bar), counted(all, "message"));
            for (name, jobs) in series.names.iter().zip(counts.iter().map(of)).filter(|(_, jobs)| *jobs > 0) {
                title.push_str(&format!("\n{name} {}", grouped(jobs)));
            }
            (all > 0).then_some(title)
        };
        let titles = (0..bars.count).map(title).collect();
        let stacks = (0_u8..).map(Ink::Series).zip(counts.clone()).collect();
        Chart { bars, height, label, stacks, steps: None, titles }
    }

    /// The numbers of a chart, the bars without any left out.
    fn table_of(&self, bars: &Bars, series: &Series<'_>, html: &mut Html) {
        let counts = self.counts(bars, series);
        html.raw("<details><summary>The numbers</summary>\n<div class=\"scroll\"><table>\n");
        let titles: Vec<&str> =
            ["from", "messages"].into_iter().chain(series.names.iter().copied()).collect();
        columns(html, &titles);
        html.raw("<tbody>\n");
        for bar in 0..bars.count {
            let jobs: Vec<u64> = counts.iter().map(|values| values.get(bar).copied().unwrap_or(0)).collect();
            let all: u64 = jobs.iter().sum();
            if all > 0 {
                let cells: Vec<String> = std::iter::once(all).chain(jobs).map(shown).collect();
                row(html, &bars.name(bar), &cells);
            }
        }
        html.raw("</tbody></table></div></details>\n");
    }
}

/// A number of a table; a dash is easier to look past than a nought.
pub(super) fn shown(number: u64) -> String {
    if number == 0 { "–".to_owned() } else { grouped(number) }
}

fn legend(series: &Series<'_>, html: &mut Html) {
    html.raw("<ul class=\"legend\">").each(series.names.iter().zip(0_u8..), |html, (name, number)| {
        html.raw("<li><i class=\"fill ")
            .raw(Ink::series_class(number))
            .raw("\"></i>")
            .name(name)
            .raw("</li>");
    });
    html.raw("</ul>\n");
}
