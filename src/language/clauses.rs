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
pub(super) const CAMPAIGN: [&str; 26] = [
    "provider", "category", "split", "by", "test", "when", "on", "at", "every", "cron", "if", "send", "wait",
    "deliver", "valid", "unless", "throttle", "limit", "safety", "ignore", "control", "holdout", "goal",
    "stop", "run", "priority",
];

/// The words that begin the clauses of settings.
pub(super) const SETTINGS: [&str; 7] = ["timezone", "quiet", "cap", "gap", "throttle", "control", "week"];

/// The words that begin the lines of a test.
pub(super) const TEST: [&str; 8] = ["timezone", "from", "profile", "list", "at", "run", "until", "expect"];

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
    // A row that was left unfinished, or a comma too many, ends with its line.
    let unfinished =
        token.leads && matches!(before.as_str(), "and" | "or" | ",") && !tokens.is(at + 1, "past");
    let continues = !unfinished
        && matches!(
            before.as_str(),
            "where"
                | "matching"
                | "."
                | "in"
                | "not"
                | "no"
                | "of"
                | "over"
                | "any"
                | "and"
                | "or"
                | ","
                | "="
                | "distinct"
                | "mostly"
                | "revenue"
                | "by"
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
    if kind == BlockKind::Test {
        // Within a line, `at` and `profile` say something else; a line that stands behind another is rare.
        let after_a_line = tokens.get(at.saturating_sub(1)).map(|token| token.kind) == Some(Kind::Close);
        return token.leads || (TEST.contains(&word.as_str()) && after_a_line);
    }
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
        "if" => before != "stop",
        "provider" | "category" | "when" | "send" | "deliver" | "unless" | "holdout" | "cron"
        | "throttle" | "goal" => true,
        "safety" | "control" => !next_word.is_empty() || token.leads,
        "priority" | "wait" | "valid" | "limit" => {
            let after_a_text = matches!(
                tokens.get(at.saturating_sub(1)).map(|token| token.kind),
                Some(Kind::Text | Kind::OddText | Kind::Close)
            );
            let after_a_length = ["second", "minute", "hour", "day", "week"]
                .iter()
                .any(|unit| before.trim_end_matches('s') == *unit);
            number || token.leads || after_a_text || after_a_length
        }
        "every" => number || !next_word.is_empty(),
        "run" => matches!(next_word.as_str(), "from" | "to") || token.leads,
        "at" => at_begins(tokens, at, &current, token.leads),
        "everyday" | "daily" => token.leads,
        "stop" => next_word == "at" || token.leads,
        "ignore" => next_word == "caps" || token.leads,
        "split" => tokens.is(at + 1, "{"),
        "test" => tokens.is(at + 1, "{") || number || next_word == "size" || token.leads,
        "by" => next_word == "profile" && (tokens.is(at + 2, ".") || token.leads),
        "on" => {
            matches!(next_word.as_str(), "request" | "profile")
                || (token.leads && matches!(next, Some(Kind::Text | Kind::OddText)))
        }
        _ => false,
    }
}

/// `at` begins a clause as `at 2026-11-08 10:00` and `at most 1 per 3 days`; it belongs to one in `at 09:00`,
/// `at trigger only`, `at least 3 times` and `at most 3 times`.
fn at_begins(tokens: &Tokens<'_>, at: usize, current: &str, leads: bool) -> bool {
    let next = tokens.str(at + 1);
    match next {
        "least" | "trigger" => false,
        "most" => {
            tokens.is(at + 3, "per")
                || (current != "if" && tokens.is(at + 4, "per"))
                || (leads && !tokens.is(at + 3, "times"))
        }
        // A time of day belongs to what stands before it: `on profile.birthday`, `when 2 days after "Booking".day`.
        _ if next.contains(':') && matches!(current, "on" | "when") => false,
        _ => !matches!(current, "every" | "stop" | "on" | "cron") && (leads || next.contains('-')),
    }
}

/// The words that begin the clauses of a kind of block.
fn words_of(kind: BlockKind) -> &'static [&'static str] {
    match kind {
        BlockKind::Settings => &SETTINGS,
        BlockKind::Test => &TEST,
        _ => &CAMPAIGN,
    }
}

/// What other tools call a campaign's clauses.
const ALIASES: [(&str, &str); 26] = [
    ("trigger", "when"),
    ("filter", "if"),
    ("audience", "if"),
    ("segment", "if in segment …"),
    ("where", "if"),
    ("delay", "wait"),
    ("after", "wait"),
    ("pause", "wait"),
    ("expires", "valid"),
    ("expiry", "valid"),
    ("expire", "valid"),
    ("ttl", "valid"),
    ("within", "valid"),
    ("template", "send template …"),
    ("message", "send template …"),
    ("body", "send template … { body … }"),
    ("header", "send template … { header … }"),
    ("button", "send template … { button … }"),
    ("cancel", "unless"),
    ("except", "unless"),
    ("hours", "deliver"),
    ("schedule", "deliver"),
    ("window", "deliver"),
    ("max", "at most"),
    ("cap", "at most"),
    ("frequency", "at most"),
];

/// A clause that begins like none, or like one that is for later.
pub(super) fn refused(
    tokens: &Tokens<'_>,
    kind: BlockKind,
    clause: &Range<usize>,
) -> Option<Vec<Diagnostic>> {
    let word = tokens.str(clause.start).to_lowercase();
    let known = words_of(kind);
    // A habit of its own mends `everyday`.
    if known.contains(&word.as_str()) || matches!(word.as_str(), "everyday" | "daily") {
        return None;
    }
    Some(all_unknown(tokens, kind, clause))
}

/// Where unknown clauses begin in a range that none of the known ones does: at its first token, and at each line that is
/// indented as far.
fn unknown_starts(tokens: &Tokens<'_>, range: &Range<usize>) -> Vec<usize> {
    let first = tokens.get(range.start).filter(|token| token.leads).map(|_| tokens.indent(range.start));
    let depth = tokens.depth(range.start);
    range
        .clone()
        .filter(|at| {
            let begins = tokens.get(*at).is_some_and(|token| token.leads && token.kind == Kind::Word);
            *at == range.start || (begins && tokens.depth(*at) == depth && Some(tokens.indent(*at)) == first)
        })
        .collect()
}

/// Clauses whose names are none, one finding for each.
pub(super) fn all_unknown(tokens: &Tokens<'_>, kind: BlockKind, range: &Range<usize>) -> Vec<Diagnostic> {
    unknown_starts(tokens, range).into_iter().map(|at| unknown(tokens, kind, at)).collect()
}

/// A clause of a name that is none.
fn unknown(tokens: &Tokens<'_>, kind: BlockKind, at: usize) -> Diagnostic {
    let written = tokens.str(at);
    let known = words_of(kind);
    let place = tokens.span(at);
    if tokens.of_kind(at, Kind::OddComment).is_some() {
        return super::mend::comment_finding(written, place);
    }
    let finding =
        Diagnostic::error(codes::UNKNOWN_CLAUSE, place, format!("there is no clause `{}`", visible(written)));
    if kind == BlockKind::Campaign {
        let lower = written.to_lowercase();
        if let Some((_, ours)) = ALIASES.iter().find(|(theirs, _)| *theirs == lower) {
            return finding.with_help(format!("write `{ours}`"));
        }
        if SETTINGS.contains(&lower.as_str()) {
            return finding
                .with_help(format!("`{lower}` holds for the whole account: put it into `settings {{ … }}`"));
        }
    }
    if kind == BlockKind::Test {
        if tokens.is(at + 1, "did") {
            return finding.with_help(format!(
                "a line begins with its time: `at 2026-11-03 10:00 {} did …`",
                visible(written)
            ));
        }
        if matches!(written, "assert" | "then" | "should" | "verify") {
            return finding.with_help("write `expect`");
        }
        if matches!(written, "time" | "zone" | "tz" | "clock") {
            return finding.with_help("write `timezone`");
        }
    }
    if tokens.word(at).is_none() {
        return Diagnostic::error(
            codes::UNEXPECTED,
            place,
            format!("`{}` cannot stand here", visible(written)),
        )
        .with_help(format!("clauses begin with {}", list_of(known.iter().copied(), "or")));
    }
    match nearest(written, known.iter().copied()) {
        Some(meant) => finding.with_help(format!("did you mean `{meant}`?")),
        None => finding.with_help(format!("clauses begin with {}", list_of(known.iter().copied(), "or"))),
    }
}
