//! The words for markup that cannot be read.

use super::super::syntax::{CLOSING_QUOTE, Place, Unreadable};
use super::Walk;
use crate::language::Diagnostic;
use crate::message::codes;

impl Walk<'_> {
    pub(super) fn unreadable(&self, unreadable: &Unreadable) -> Diagnostic {
        let opening = self.source.get(unreadable.opening.start..unreadable.opening.end).unwrap_or("{{");
        let rest = self.source.get(unreadable.at..).unwrap_or("");
        if unreadable.too_deep {
            let place = Place { start: unreadable.at, end: unreadable.at + 1 };
            return self.error(codes::TOO_LARGE, place, "brackets are nested too deep");
        }
        let Some(found) = rest.chars().next() else {
            let close = if opening == "{{" { "}}" } else { "%}" };
            return self
                .error(codes::UNREADABLE_LIQUID, unreadable.opening, format!("`{opening}` is never closed"))
                .with_help(format!("close it with `{close}`"));
        };
        let place = Place { start: unreadable.at, end: unreadable.at + found.len_utf8() };
        let before = self.source.get(unreadable.opening.end..unreadable.at).unwrap_or("").trim();
        let is_quote = matches!(found, '\'' | '"') && unreadable.expected.contains(&CLOSING_QUOTE);
        let message = if is_quote {
            "this quote is never closed".to_owned()
        } else if before.is_empty() && rest.trim_start().starts_with(['}', '%']) {
            format!("nothing stands between `{opening}` and its end")
        } else if found == '\t' {
            "a tab cannot stand between Liquid's braces".to_owned()
        } else {
            let expected = unreadable.expected.join(" or ");
            let expected = if expected.is_empty() { "something else".to_owned() } else { expected };
            format!("expected {expected}, found `{found}`")
        };
        let finding = self.error(codes::UNREADABLE_LIQUID, place, message);
        match habit(rest, before) {
            Some(help) => finding.with_help(help),
            None => finding,
        }
    }
}

/// What someone who brought a habit along would write instead.
fn habit(rest: &str, before: &str) -> Option<String> {
    if before.ends_with('|') && rest.starts_with('|') || rest.starts_with("||") {
        return Some("for a value that may be missing write `| default: 'there'`".to_owned());
    }
    if rest.starts_with(['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}']) {
        return Some("write straight quotes".to_owned());
    }
    let filter = match rest.chars().next()? {
        '+' => "plus",
        '*' => "times",
        '/' => "divided_by",
        '?' => return Some("write `{% if … %}…{% else %}…{% endif %}`".to_owned()),
        '&' => return Some("write `and`".to_owned()),
        '!' => return Some("write `{% unless … %}`".to_owned()),
        _ => return None,
    };
    Some(format!("numbers are calculated with filters, as in `| {filter}: 2`"))
}
