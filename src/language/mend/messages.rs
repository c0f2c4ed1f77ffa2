use std::ops::Range;

use crate::language::blocks::{BlockKind, Tokens};
use crate::language::expected::visible;
use crate::language::read::list_of;
use crate::language::{Diagnostic, codes, nearest};

/// Quotes of any kind.
pub(in crate::language) fn is_quote(character: char) -> bool {
    "\"'`“”„«»‘’‚".contains(character)
}

/// A text without its closing quote.
pub(in crate::language) fn open_text(tokens: &Tokens<'_>, at: usize) -> Diagnostic {
    let written = tokens.str(at);
    let place = tokens.span(at);
    let inner = written.strip_prefix('"').unwrap_or(written);
    if let Some(quote) = inner.chars().find(|c| *c != '\'' && *c != '`' && is_quote(*c)) {
        let end = inner.find(quote).unwrap_or(inner.len());
        return Diagnostic::error(
            codes::QUOTES,
            place,
            format!("this text begins with `\"` and ends with `{quote}`"),
        )
        .with_help(format!("write `\"{}\"`", visible(inner.get(..end).unwrap_or(""))));
    }
    let before = at.checked_sub(1).map_or("", |before| tokens.str(before));
    let liquid = (2..4).filter_map(|back| at.checked_sub(back)).any(|index| {
        let text = tokens.str(index);
        text.starts_with('"') && text.matches("{{").count() > text.matches("}}").count()
    });
    if liquid && !before.is_empty() {
        return Diagnostic::error(codes::OPEN_TEXT, place, "a text ended within its `{{ … }}`")
            .with_help("use single quotes within: `\"{{ profile.first_name | default: 'there' }}\"`");
    }
    Diagnostic::error(codes::OPEN_TEXT, place, "this text has no closing quote")
        .with_help("put a `\"` where it ends; a text ends on the line on which it begins")
}

/// A block without its braces.
pub(in crate::language) fn no_braces(tokens: &Tokens<'_>, block: &Range<usize>) -> Diagnostic {
    let place = tokens.span(block.start);
    let keyword = tokens.str(block.start);
    // What was written before the clauses, as far as it can be told.
    let named = tokens.word(block.start + 1).filter(|_| !keyword.eq_ignore_ascii_case("settings"));
    let head = match named {
        Some(name) => format!("{keyword} {name}"),
        None => keyword.to_owned(),
    };
    Diagnostic::error(codes::INCOMPLETE, place, format!("`{keyword}` has no braces around its clauses"))
        .with_help(format!("write `{} {{ … }}`", visible(&head)))
}

/// What other tools call a block.
const ALIASES: [(&str, &str); 14] = [
    ("rule", "campaign"),
    ("journey", "campaign"),
    ("flow", "campaign"),
    ("automation", "campaign"),
    ("broadcast", "campaign"),
    ("message", "campaign"),
    ("audience", "segment"),
    ("group", "segment"),
    ("cohort", "segment"),
    ("config", "settings"),
    ("account", "settings"),
    ("schema", "event"),
    ("user", "profile"),
    ("customer", "profile"),
];

/// A block of a name that is none.
pub(in crate::language) fn unknown_block(tokens: &Tokens<'_>, block: &Range<usize>) -> Diagnostic {
    let written = tokens.str(block.start);
    let place = tokens.span(block.start);
    let is_comment = tokens.get(block.start).is_some_and(|t| t.kind == super::Kind::OddComment);
    if is_comment {
        return super::signs::comment_finding(written, place);
    }
    let finding = |message: String| Diagnostic::error(codes::UNKNOWN_BLOCK, place, message);
    if let Some((name, kind)) = BlockKind::NAMES.iter().find(|(name, _)| *name == written) {
        let (message, help) = match kind {
            BlockKind::Settings | BlockKind::Profile => ("its braces", format!("{name} {{ … }}")),
            BlockKind::Event => ("a name in quotes", "event \"Charged\" { amount: number }".to_owned()),
            BlockKind::Segment => {
                ("a name", "segment lapsed = did not \"Charged\" in last 90 days".to_owned())
            }
            BlockKind::List => ("a name", "list vip from \"lists/vip.csv\"".to_owned()),
            BlockKind::Test => {
                ("a name in quotes", "test \"a cart paid for in time is left alone\" { … }".to_owned())
            }
            _ => ("a name", format!("{name} cart_rescue {{ … }}")),
        };
        return Diagnostic::error(codes::INCOMPLETE, place, format!("`{name}` needs {message}"))
            .with_help(format!("write `{help}`"));
    }
    let names = || BlockKind::NAMES.iter().map(|(name, _)| *name);
    let lower = written.to_lowercase();
    if tokens.word(block.start).is_none() {
        return finding(format!("`{}` cannot stand outside of a block", visible(written)))
            .with_help(format!("a file holds {}", list_of(names(), "and")));
    }
    if let Some((_, ours)) = ALIASES.iter().find(|(theirs, _)| *theirs == lower) {
        return finding(format!("there is no block `{written}`")).with_help(format!("write `{ours}`"));
    }
    let clauses = crate::language::clauses::CAMPAIGN;
    if clauses.contains(&lower.as_str()) {
        return finding(format!("`{written}` stands outside of a campaign"))
            .with_help("put it within the braces of a campaign: a `}` may have come too early");
    }
    if crate::language::clauses::SETTINGS.contains(&lower.as_str()) {
        return finding(format!("`{written}` stands outside of the settings"))
            .with_help("put it within `settings { … }`");
    }
    match nearest(written, names()) {
        Some(meant) => finding(format!("there is no block `{}`", visible(written)))
            .with_help(format!("did you mean `{meant}`?")),
        None => finding(format!("there is no block `{}`", visible(written)))
            .with_help(format!("a file holds {}", list_of(names(), "and"))),
    }
}
