use crate::command::exit::{Exit, Failure};
use crate::command::pages::PAGES;
use crate::command::terminal;

/// True for what can only be a code: `E0101`, `w0261`.
pub(super) fn looks_like_one(text: &str) -> bool {
    let mut characters = text.trim().chars();
    let letter = characters.next().is_some_and(|letter| letter.is_ascii_alphabetic());
    let digits = characters.as_str();
    letter && digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit())
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

/// Says the page of a code, or lists all.
pub(super) fn run(code: Option<&str>) -> Result<Exit, Failure> {
    let text = match code {
        Some(code) => page(code).map(str::to_owned).ok_or_else(|| unknown(code))?,
        None => PAGES.iter().map(|(code, page)| format!("{code}  {}\n", title(page))).collect(),
    };
    terminal::say(&text)?;
    Ok(Exit::Clean)
}

fn unknown(code: &str) -> Failure {
    let failure = Failure::usage(format!("`{code}` is no code of a finding"));
    failure.with_help("`campanile explain` lists them all; to ask why a user got a message, name rules, `--events`, `--user` and `--campaign`")
}
