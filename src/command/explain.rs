//! `campanile explain CODE`: the page of documentation of a finding.

use super::exit::{Exit, Failure};
use super::pages::PAGES;
use super::terminal;

/// Explain a finding by its code, such as E0101; without a code, list all
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The code that stands in brackets behind `error` or `warning`
    code: Option<String>,
}

/// The page of a code, in any case.
pub fn page(code: &str) -> Option<&'static str> {
    let code = code.trim();
    PAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, page)| *page)
}

/// The first line of a page, without its code: what the finding is.
pub fn title(page: &str) -> &str {
    let heading = page.lines().next().unwrap_or_default().trim_start_matches('#').trim();
    heading.split_once(':').map_or(heading, |(_, title)| title.trim())
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let text = match &arguments.code {
        Some(code) => page(code).map(str::to_owned).ok_or_else(|| unknown(code))?,
        None => PAGES.iter().map(|(code, page)| format!("{code}  {}\n", title(page))).collect(),
    };
    terminal::say(&text)?;
    Ok(Exit::Clean)
}

fn unknown(code: &str) -> Failure {
    let failure = Failure::usage(format!("`{code}` is no code of a finding"));
    failure.with_help("`campanile explain` lists them all")
}
