use std::ops::Range;

use super::blocks::{BlockKind, Tokens};
use super::expected::visible;
use super::piece::Edit;
use super::read::list_of;
use super::{Diagnostic, codes, nearest};

/// A habit of another language, and what to put in its place so that reading can go on.
pub(super) struct Repair {
    /// What to put in its place.
    pub edit: Edit,
    /// What to say.
    pub finding: Diagnostic,
    /// True when the mended text means what was meant; false when it only stands in for it.
    pub certain: bool,
}

/// What can be mended in a range, in order and without overlaps.
pub(super) fn repairs(_tokens: &Tokens<'_>, _range: &Range<usize>) -> Vec<Repair> {
    Vec::new()
}

/// A text without its closing quote.
pub(super) fn open_text(tokens: &Tokens<'_>, at: usize) -> Diagnostic {
    Diagnostic::error(codes::OPEN_TEXT, tokens.span(at), "this text has no closing quote")
        .with_help("a text ends with `\"` on the line on which it begins")
}

/// A block of a name that is none.
pub(super) fn unknown_block(tokens: &Tokens<'_>, block: &Range<usize>) -> Diagnostic {
    let written = tokens.str(block.start);
    let finding = Diagnostic::error(
        codes::UNKNOWN_BLOCK,
        tokens.span(block.start),
        format!("there is no block `{}`", visible(written)),
    );
    let names = || BlockKind::NAMES.iter().map(|(name, _)| *name).filter(|name| *name != "test");
    match nearest(written, names()) {
        Some(meant) => finding.with_help(format!("did you mean `{meant}`?")),
        None => finding.with_help(format!("a file holds {}", list_of(names(), "and"))),
    }
}

/// Quotes of any kind.
pub(super) fn is_quote(character: char) -> bool {
    "\"'`“”„«»‘’‚".contains(character)
}
