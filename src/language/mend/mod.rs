//! What newcomers bring along from other languages: recognised, explained, and mended in place, so that reading goes on
//! and nothing is reported that only follows from it.
//!
//! Only a piece that does not follow the grammar comes here. A habit looks at a few tokens and never fires on words of a
//! sound rule: a test runs all of them over the sound corpus.

mod behaviour;
mod days;
mod events;
mod fillers;
mod filters;
mod later;
mod messages;
mod sending;
mod shares;
mod signs;
mod spoken;
mod times;
mod triggers;
mod values;

use std::ops::Range;

pub(super) use messages::{is_quote, no_braces, open_text, unknown_block};
pub(super) use signs::comment_finding;

use super::blocks::Tokens;
use super::piece::Edit;
use super::scan::{Kind, Token};
use super::{Code, Diagnostic, Span};

/// A habit of another language, and what to put in its place so that reading can go on.
#[derive(Debug)]
pub(super) struct Repair {
    /// What to put in its place.
    pub edits: Vec<Edit>,
    /// What to say.
    pub finding: Diagnostic,
    /// True when the mended text means what was meant; false when it only stands in for it.
    pub certain: bool,
    /// The first token that the habit does not reach.
    next: usize,
}

/// A habit: looks at the token at a place, and on from there.
type Habit = fn(&Piece<'_, '_>, usize) -> Option<Repair>;

/// Every habit; the first that fits a token has it.
const HABITS: [Habit; 84] = [
    later::construct,
    behaviour::aggregate,
    behaviour::count,
    behaviour::which_event,
    behaviour::since,
    behaviour::how_long_ago,
    filters::no_time_ahead,
    filters::quantifier,
    filters::ignoring_case,
    filters::clock_range,
    filters::distance,
    filters::day_without_verb,
    filters::not_today,
    filters::the_next,
    filters::without_has,
    filters::followed_by,
    triggers::on_event,
    triggers::request,
    triggers::receipt,
    triggers::first_time,
    triggers::followed,
    triggers::several_times,
    triggers::if_past,
    triggers::membership,
    triggers::distance,
    triggers::yearly,
    sending::kind,
    sending::arms,
    sending::size,
    spoken::contraction,
    days::within_a_day,
    signs::address,
    signs::comment,
    signs::named_value,
    signs::invisible,
    signs::needless,
    signs::after_keyword,
    signs::values_in_parentheses,
    signs::missing_comma,
    signs::two_signs,
    signs::comparison,
    fillers::between_keyword_and_value,
    fillers::template,
    fillers::user_time,
    fillers::ago,
    signs::logic,
    values::quotes_within,
    values::quotes,
    values::null,
    values::truth,
    events::name_of_words,
    events::missing_did,
    events::redundant_did,
    events::told,
    events::with,
    events::unquoted_declaration,
    events::unquoted,
    spoken::capitals,
    spoken::negated_test,
    spoken::like,
    spoken::comparison,
    spoken::window,
    spoken::bare_count,
    values::unquoted,
    values::unquoted_file,
    values::unquoted_zone,
    values::property,
    days::recurrence,
    days::weekdays,
    days::range,
    days::both,
    days::name,
    times::hours,
    times::spelt_date,
    times::at_hour,
    times::clock,
    times::date,
    times::duration,
    times::spelt_duration,
    times::spelt_count,
    shares::percent,
    shares::bare_share,
    shares::thousands,
    shares::currency,
];

/// What can be mended in a range: repairs in order of their places.
pub(super) fn repairs(tokens: &Tokens<'_>, range: &Range<usize>) -> Vec<Repair> {
    let piece = Piece::new(tokens, range.clone());
    let mut repairs: Vec<Repair> = Vec::new();
    let mut at = range.start;
    while at < range.end {
        match HABITS.iter().find_map(|habit| habit(&piece, at)) {
            Some(repair) => {
                at = repair.next.max(at + 1);
                repairs.push(repair);
            }
            None => at += 1,
        }
    }
    repairs
}

/// The edits of repairs in order; of two that overlap, the first.
pub(super) fn edits(repairs: &[Repair]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = repairs.iter().flat_map(|repair| repair.edits.iter().cloned()).collect();
    edits.sort_by_key(|edit| (edit.start, edit.end));
    let mut end = 0;
    edits.retain(|edit| {
        let apart = edit.start >= end;
        if apart {
            end = edit.end;
        }
        apart
    });
    edits
}

/// The tokens of a piece, for habits to look at.
pub(super) struct Piece<'t, 's> {
    tokens: &'t Tokens<'s>,
    range: Range<usize>,
    /// For each token of the range the innermost bracket around it.
    around: Vec<Option<usize>>,
    /// For each opening bracket of the range its other half.
    pairs: Vec<Option<usize>>,
    /// The sign that follows the name of a segment.
    declares: Option<usize>,
}

impl<'t, 's> Piece<'t, 's> {
    fn new(tokens: &'t Tokens<'s>, range: Range<usize>) -> Piece<'t, 's> {
        let mut around = Vec::with_capacity(range.len());
        let mut pairs = vec![None; range.len()];
        let mut open: Vec<usize> = Vec::new();
        for at in range.clone() {
            let kind = tokens.get(at).map(|token| token.kind);
            if kind == Some(Kind::Close)
                && let Some(opening) = open.pop()
                && let Some(pair) = pairs.get_mut(opening - range.start)
            {
                *pair = Some(at);
            }
            around.push(open.last().copied());
            if kind == Some(Kind::Open) {
                open.push(at);
            }
        }
        let declares = tokens
            .str(range.start)
            .eq_ignore_ascii_case("segment")
            .then(|| range.clone().find(|at| matches!(tokens.str(*at), "=" | "==" | ":" | ":=")))
            .flatten();
        Piece { tokens, range, around, pairs, declares }
    }

    /// The token, if it is in the piece.
    fn get(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).filter(|_| self.range.contains(&at))
    }

    /// A token's text; empty outside of the piece.
    fn str(&self, at: usize) -> &'s str {
        if self.range.contains(&at) { self.tokens.str(at) } else { "" }
    }

    /// The text before a token.
    fn before(&self, at: usize) -> &'s str {
        at.checked_sub(1).map_or("", |at| self.str(at))
    }

    /// True for a token of a kind.
    fn is_kind(&self, at: usize, kind: Kind) -> bool {
        self.get(at).is_some_and(|token| token.kind == kind)
    }

    /// A word in small letters; empty for anything else.
    fn word(&self, at: usize) -> String {
        if self.is_kind(at, Kind::Word) { self.str(at).to_lowercase() } else { String::new() }
    }

    /// True when the words from a token on are these, in any case.
    fn words(&self, at: usize, words: &str) -> bool {
        words.split(' ').enumerate().all(|(index, word)| self.str(at + index).eq_ignore_ascii_case(word))
    }

    /// A number; empty for anything else.
    fn number(&self, at: usize) -> &'s str {
        if self.is_kind(at, Kind::Number) { self.str(at) } else { "" }
    }

    /// True for a number of digits alone.
    fn is_whole(&self, at: usize) -> bool {
        let number = self.number(at);
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
    }

    /// The opening bracket around a token.
    fn opening(&self, at: usize) -> Option<usize> {
        self.around.get(at.checked_sub(self.range.start)?).copied()?
    }

    /// The bracket around a token.
    fn around(&self, at: usize) -> Option<&'s str> {
        self.opening(at).map(|opening| self.str(opening))
    }

    /// The other half of an opening bracket.
    fn closing(&self, at: usize) -> Option<usize> {
        self.pairs.get(at.checked_sub(self.range.start)?).copied()?
    }

    /// True when nothing stands between two tokens.
    fn touches(&self, at: usize) -> bool {
        self.get(at).zip(self.get(at + 1)).is_some_and(|(token, next)| token.end == next.start)
    }

    /// Where tokens were written.
    fn span(&self, range: Range<usize>) -> Span {
        self.tokens.place(&range)
    }

    /// The text of tokens, as written.
    fn written(&self, range: Range<usize>) -> &'s str {
        self.tokens.text.get(self.span(range).range()).unwrap_or("")
    }

    /// Other text in the place of tokens; at least one.
    fn edit(&self, range: Range<usize>, text: impl Into<String>) -> Edit {
        let place = self.span(range).range();
        Edit { start: place.start, end: place.end, text: text.into() }
    }

    /// A repair that puts other text in the place of tokens, and says so.
    fn repair(
        &self,
        range: Range<usize>,
        text: impl Into<String>,
        code: Code,
        message: impl Into<String>,
    ) -> Repair {
        let next = range.end;
        Repair {
            finding: Diagnostic::error(code, self.span(range.clone()), message),
            edits: vec![self.edit(range, text)],
            certain: true,
            next,
        }
    }
}

impl Repair {
    /// The same with the fix.
    fn help(mut self, help: impl Into<String>) -> Repair {
        self.finding = self.finding.with_help(help);
        self
    }

    /// The same, when its text only stands in for what was meant.
    fn stand_in(mut self) -> Repair {
        self.certain = false;
        self
    }

    /// The same with another edit.
    fn and(mut self, edit: Edit) -> Repair {
        self.edits.push(edit);
        self
    }

    /// The same when tokens after its own are still to be looked at, or some are not.
    fn next(mut self, next: usize) -> Repair {
        self.next = next;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::FileId;
    use crate::language::blocks::{BlockKind, cut};
    use crate::language::clauses;
    use crate::language::scan::scan;

    /// Habits never fire on what the grammar takes, so that they say nothing wrong of the sound half of a broken rule.
    #[test]
    fn no_habit_fires_on_a_sound_rule() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax");
        let mut pieces = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let mut tokens = Tokens::new(FileId(0), &text, scan(&text));
            let blocks = cut(&mut tokens, &mut Vec::new());
            for block in blocks {
                let mut ranges = vec![block.tokens.clone()];
                if let (BlockKind::Campaign | BlockKind::Settings, Some(brace)) = (block.kind, block.brace) {
                    ranges = clauses::cut(&tokens, block.kind, brace + 1..block.tokens.end - 1);
                }
                for range in ranges {
                    pieces += 1;
                    let found: Vec<_> =
                        repairs(&tokens, &range).into_iter().map(|r| r.finding.message).collect();
                    assert!(found.is_empty(), "{}: {found:?}", &text[tokens.place(&range).range()]);
                }
            }
        }
        assert!(pieces > 20);
    }
}
