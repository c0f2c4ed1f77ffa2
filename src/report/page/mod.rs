//! A plan as one page for a browser: charts and tables, nothing from elsewhere, no script.
//!
//! It follows the reader's light or dark and has room on a telephone. Below each chart stand its numbers; what is a table anyway (the ways of messages,
//! the hours of the week) is one here too, with the picture in its cells.

mod budgets;
mod canvas;
mod chart;
mod head;
mod html;
mod ink;
mod jobs;
mod time;
mod ways;
mod week;

use crate::calendar::{Zone, database_version};
use crate::plan::Plan;
use crate::report::text::brief;
use html::Html;
use time::Clock;

const STYLE: &str = include_str!("style.css");

/// The page of a plan; what it is a plan of is said in its title.
///
/// One plan has one page, byte for byte.
///
/// # Errors
/// None that could be met: what is drawn is drawn into memory.
pub fn plan_page(plan: &Plan, title: &str) -> Result<String, String> {
    let zone = Zone::named(&plan.time_zone).unwrap_or_else(|_| Zone::utc());
    let page = Page { plan, zone, clock: Clock::of(plan, zone) };
    let mut html = Html::default();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    // Nothing is fetched, whatever stands in a name.
    html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
    html.raw("<title>").text(title).raw("</title>\n<style>\n").raw(STYLE).raw("</style>\n</head>\n<body>\n");
    page.head(title, &mut html);
    html.raw("<main>\n");
    page.jobs(&mut html).map_err(|error| error.to_string())?;
    page.ways(&mut html);
    page.week(&mut html);
    page.budgets(&mut html).map_err(|error| error.to_string())?;
    html.raw("</main>\n<footer>Planned by campanile ")
        .raw(env!("CARGO_PKG_VERSION"))
        .raw(" with the time zones of ");
    html.text(database_version()).raw(". Nothing has been sent.</footer>\n</body>\n</html>\n");
    Ok(html.into_string())
}

/// A page in the making.
struct Page<'p> {
    plan: &'p Plan,
    zone: Zone,
    clock: Clock,
}

/// Begins a part of the page.
fn section(html: &mut Html, title: &'static str, about: &str) {
    html.raw("<section>\n<h2>").raw(title).raw("</h2>\n<p class=\"about\">").text(about).raw("</p>\n");
}

/// A row of a table: its name, and numbers.
fn row(html: &mut Html, name: &str, cells: &[String]) {
    html.raw("<tr><th scope=\"row\">").name(name).raw("</th>");
    html.each(cells, |html, cell| {
        html.raw("<td>").text(cell).raw("</td>");
    });
    html.raw("</tr>\n");
}

/// The head of a table.
fn columns(html: &mut Html, titles: &[&str]) {
    html.raw("<thead><tr>").each(titles, |html, title| {
        html.raw("<th scope=\"col\">").text(title).raw("</th>");
    });
    html.raw("</tr></thead>\n");
}

/// A length of time on one line.
fn length(seconds: f64) -> String {
    tight(&brief(seconds))
}

/// What belongs together, such as a number and its unit, stays on one line.
fn tight(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// A share in percent: `17.6 %`, and never all or nothing when it is not.
fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".to_owned();
    }
    if part >= whole {
        return "100 %".to_owned();
    }
    match part as f64 / whole as f64 * 100.0 {
        share if share < 0.1 => "< 0.1 %".to_owned(),
        share if share > 99.9 => "> 99.9 %".to_owned(),
        share => format!("{share:.1} %"),
    }
}
