//! When users get their messages, by the hours of their own week.

use super::html::Html;
use super::{Page, section};
use crate::report::{counted, grouped};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Page<'_> {
    pub(super) fn week(&self, html: &mut Html) {
        let most = self.plan.local.iter().flatten().copied().max().unwrap_or(0);
        if most == 0 {
            return;
        }
        section(
            html,
            "When users get them",
            "Messages by weekday and hour of the users' own clocks. The stronger the colour, the more.",
        );
        html.raw("<div class=\"scroll\"><table class=\"week\">\n<thead><tr><td></td>");
        for hour in 0..24_u32 {
            html.raw("<th scope=\"col\"").raw(if hour % 3 == 0 { "" } else { " class=\"between\"" });
            html.raw("><span>").text(&format!("{hour:02}")).raw("</span></th>");
        }
        html.raw("</tr></thead>\n<tbody>\n");
        for (day, hours) in DAYS.into_iter().zip(&self.plan.local) {
            html.raw("<tr><th scope=\"row\">").raw(day).raw("</th>");
            for (hour, jobs) in hours.iter().enumerate() {
                cell(html, day, hour, *jobs, most);
            }
            html.raw("</tr>\n");
        }
        html.raw("</tbody></table></div>\n</section>\n");
    }
}

fn cell(html: &mut Html, day: &'static str, hour: usize, jobs: u64, most: u64) {
    // By the root: a sale would leave all else white.
    let depth = (jobs as f64 / most as f64).sqrt();
    html.raw("<td").attribute("title", format!("{day} {hour:02}:00: {}", counted(jobs, "message")));
    if jobs == 0 {
        html.raw("><span></span></td>");
        return;
    }
    // Where letters of the other colour are easier to read: in dark sooner than in light.
    match depth {
        0.78.. => html.raw(" class=\"deep\""),
        0.61.. => html.raw(" class=\"mid\""),
        _ => html,
    };
    html.attribute("style", format!("--depth:{:.2}", 0.1 + 0.9 * depth));
    html.raw("><span>").text(&short(jobs)).raw("</span></td>");
}

/// A number in as little room as it needs: `870`, `1.6k`, `12k`, `3.4m`.
fn short(number: u64) -> String {
    let parts = |unit: u64, name: &str| {
        let tenths = number / (unit / 10);
        if tenths < 100 && !tenths.is_multiple_of(10) {
            format!("{}.{}{name}", tenths / 10, tenths % 10)
        } else {
            format!("{}{name}", grouped(tenths / 10))
        }
    };
    match number {
        ..1_000 => number.to_string(),
        1_000..1_000_000 => parts(1_000, "k"),
        _ => parts(1_000_000, "m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (number, said) in
            [(7, "7"), (999, "999"), (1_000, "1k"), (1_650, "1.6k"), (12_345, "12k"), (3_400_000, "3.4m")]
        {
            assert_eq!(short(number), said);
        }
    }
}
