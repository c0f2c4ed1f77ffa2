//! Cuts a block that could not be parsed as a whole into its clauses, so that each of them can be parsed alone.
//!
//! Only broken blocks come here: what is a clause of a sound block is the grammar's to say.

use std::ops::Range;

use super::blocks::{BlockKind, Tokens};
use super::expected::visible;
use super::read::list_of;
use super::scan::Kind;
use super::{Diagnostic, codes, nearest};

/// The words that begin a campaign's clauses.
pub(super) const CAMPAIGN: [&str; 15] = [
    "provider", "category", "when", "at", "every", "cron", "if", "send", "wait", "deliver", "valid",
    "unless", "holdout", "run", "priority",
];

/// The words that begin the clauses of settings.
pub(super) const SETTINGS: [&str; 6] = ["timezone", "quiet", "cap", "gap", "control", "week"];

/// Clauses of the design that this version does not have, in campaigns and settings.
pub(super) const LATER: [&str; 10] =
    ["throttle", "limit", "stop", "ignore", "goal", "safety", "split", "test", "by", "on"];

/// The tokens of each clause within the braces of a block. Tokens before the first clause come as one of their own.
pub(super) fn cut(tokens: &Tokens<'_>, kind: BlockKind, inside: Range<usize>) -> Vec<Range<usize>> {
    let mut clauses: Vec<Range<usize>> = Vec::new();
    let mut start = inside.start;
    let Some(first) = tokens.get(inside.start).map(|_| tokens.depth(inside.start)) else { return clauses };
    for at in inside.clone() {
        if at > start && tokens.depth(at) == first && begins(tokens, kind, at, start) {
            clauses.push(start..at);
            start = at;
        }
    }
    if start < inside.end {
        clauses.push(start..inside.end);
    }
    clauses
}

/// True when the token begins a clause; `clause` is the first token of the one before it.
fn begins(tokens: &Tokens<'_>, kind: BlockKind, at: usize, clause: usize) -> bool {
    let Some(word) = tokens.word(at).map(str::to_lowercase) else { return false };
    let Some(token) = tokens.get(at) else { return false };
    let before = tokens.str(at.saturating_sub(1)).to_lowercase();
    let continues = matches!(
        before.as_str(),
        "where" | "matching" | "." | "in" | "not" | "no" | "of" | "over" | "any" | "and" | "or" | "," | "="
    );
    // A property may have the name of a clause; it is followed by its test.
    let is_tested =
        matches!(tokens.str(at + 1), "=" | "!=" | "<" | "<=" | ">" | ">=" | "==" | "." | "is" | "contains");
    if continues || (is_tested && !token.leads) {
        return false;
    }
    let next = tokens.get(at + 1).map(|token| token.kind);
    let number = next == Some(Kind::Number);
    let next_word = tokens.word(at + 1).unwrap_or("").to_lowercase();
    let current = tokens.str(clause).to_lowercase();
    if kind == BlockKind::Settings {
        return match word.as_str() {
            "timezone" | "gap" | "cap" | "control" | "safety" | "throttle" => true,
            "quiet" => next_word == "hours" || token.leads,
            "week" => next_word.starts_with("start") || token.leads,
            "limit" | "stop" => token.leads,
            _ => false,
        };
    }
    match word.as_str() {
        "provider" | "category" | "when" | "if" | "send" | "deliver" | "unless" | "holdout" | "cron"
        | "throttle" | "goal" | "safety" => true,
        "priority" | "wait" | "valid" | "limit" => number || token.leads,
        "every" => number || !next_word.is_empty(),
        "run" => matches!(next_word.as_str(), "from" | "to") || token.leads,
        "at" => at_begins(tokens, at, &current, token.leads),
        "stop" => next_word == "at" || token.leads,
        "ignore" => next_word == "caps" || token.leads,
        "split" => tokens.is(at + 1, "{"),
        "test" => tokens.is(at + 1, "{") || number || token.leads,
        "by" => next_word == "profile" && token.leads,
        "on" => matches!(next_word.as_str(), "request" | "profile"),
        _ => false,
    }
}

/// `at` begins a clause as `at 2026-11-08 10:00` and `at most 1 per 3 days`; it belongs to one in `at 09:00`,
/// `at trigger only`, `at least 3 times` and `at most 3 times`.
fn at_begins(tokens: &Tokens<'_>, at: usize, current: &str, leads: bool) -> bool {
    let next = tokens.str(at + 1);
    match next {
        "least" | "trigger" => false,
        "most" => tokens.is(at + 3, "per") || (leads && !tokens.is(at + 3, "times")),
        _ => !matches!(current, "every" | "stop" | "on" | "cron") && (leads || next.contains('-')),
    }
}

/// A clause that begins like none, or like one that is for later.
pub(super) fn refused(tokens: &Tokens<'_>, kind: BlockKind, clause: &Range<usize>) -> Option<Diagnostic> {
    let word = tokens.str(clause.start).to_lowercase();
    let known: &[&str] = if kind == BlockKind::Settings { &SETTINGS } else { &CAMPAIGN };
    if known.contains(&word.as_str()) {
        return None;
    }
    if LATER.contains(&word.as_str()) {
        let place = tokens.place(clause);
        return Some(
            Diagnostic::error(codes::NOT_YET, place, format!("`{word}` is not supported yet"))
                .with_help("take this clause out"),
        );
    }
    Some(unknown(tokens, kind, clause.clone()))
}

/// A clause of a name that is none.
pub(super) fn unknown(tokens: &Tokens<'_>, kind: BlockKind, clause: Range<usize>) -> Diagnostic {
    let written = tokens.str(clause.start);
    let known: &[&str] = if kind == BlockKind::Settings { &SETTINGS } else { &CAMPAIGN };
    let place = tokens.span(clause.start);
    let finding =
        Diagnostic::error(codes::UNKNOWN_CLAUSE, place, format!("there is no clause `{}`", visible(written)));
    match nearest(written, known.iter().copied()) {
        Some(meant) => finding.with_help(format!("did you mean `{meant}`?")),
        None => finding.with_help(format!("clauses begin with {}", list_of(known.iter().copied(), "or"))),
    }
}
