//! One canonical form for rule files.
//!
//! The formatter moves white space and comments, and nothing else that an author could have chosen: numbers, lengths of time, zones
//! and defaults stay as they were written, and clauses keep their order. Only what has two spellings of one thing gets one: weekdays
//! (`mon`), `1 time` and `2 times`, `1 day` and `2 days`, no comma before a closing bracket.
//!
//! It lays out what the *grammar* says of a block: its brackets, commas, rows of `and`/`or` and steps of `then`. So no part of the
//! language, however new, can be forgotten here. The tree has the last word: what comes out is read again, and must be the same
//! tree with the same comments; else nothing is written ([`Unformatted::Fault`]).

mod layout;
mod parts;
mod print;
pub(crate) mod same;

use super::ast::Item;
use super::grammar::{self, Rule};
use super::scan::{scan, span};
use super::{Diagnostic, FileId, Severity, Sources, Span, codes, parse};
use layout::Layout;

/// Lines are broken where they would be wider, in characters; comments do not count.
pub const WIDTH: usize = 100;

/// Why a text was not formatted.
#[derive(Debug, Clone, PartialEq)]
pub enum Unformatted {
    /// It has errors; these are all of its findings. What is wrong is for its author to mend.
    Errors(Vec<Diagnostic>),
    /// A bug of the formatter's, found by itself: what it made is not the same. The finding says so.
    Fault(Box<Diagnostic>),
}

/// The canonical form of a file of rules.
///
/// # Errors
/// When the file has syntax errors; names are not looked up.
///
/// # Example
/// ```
/// use campanile::language::{Sources, format};
/// let mut sources = Sources::new();
/// let file = sources.add("shop.camp", "segment  a= did\n\"Charged\"   # paid\n  where(amount>=5)");
/// let text = format(&sources, file).unwrap();
/// assert_eq!(text, "segment a =\n  did \"Charged\"  # paid\n  where (amount >= 5)\n");
/// ```
pub fn format(sources: &Sources, file: FileId) -> Result<String, Unformatted> {
    let parsed = parse(sources, file);
    if !parsed.unread.is_empty()
        || parsed.diagnostics.iter().any(|finding| finding.severity == Severity::Error)
    {
        return Err(Unformatted::Errors(parsed.diagnostics));
    }
    let text = sources.text(file);
    let formatted = lay_out(text, &parsed.items).map_err(|at| fault(file, at))?;

    let mut again = Sources::new();
    let copy = again.add(sources.name(file), formatted.as_str());
    let reread = parse(&again, copy);
    let comments = |text: &str, spans: &[Span]| -> Vec<String> {
        spans.iter().map(|span| text.get(span.range()).unwrap_or_default().trim_end().to_owned()).collect()
    };
    let same = same::trees(&parsed.items, &reread.items)
        && comments(text, &parsed.comments) == comments(&formatted, &reread.comments);
    if same { Ok(formatted) } else { Err(fault(file, differing(&parsed.items, &reread.items))) }
}

/// The blocks of a file one below the other; the place of a block that the grammar does not know is an error.
fn lay_out(text: &str, items: &[Item]) -> Result<String, Span> {
    let comments = scan(text).comments;
    let mut layout = Layout::new(text, &comments);
    for item in items {
        let span = place(item);
        let block = text.get(span.range()).unwrap_or_default();
        let node = grammar::parse(rule(item), block).map_err(|_| span)?;
        layout.block(&node, span.range().start);
    }
    Ok(layout.finish())
}

/// The rule that an item's block is parsed by.
const fn rule(item: &Item) -> Rule {
    match item {
        Item::Settings(_) => Rule::settings_block,
        Item::Event(_) => Rule::event_block,
        Item::Profile(_) => Rule::profile_block,
        Item::List(_) => Rule::list_block,
        Item::Segment(_) => Rule::segment_block,
        Item::Campaign(_) => Rule::campaign_block,
        Item::Test(_) => Rule::test_block,
    }
}

const fn place(item: &Item) -> Span {
    match item {
        Item::Settings(settings) => settings.span,
        Item::Event(event) => event.span,
        Item::Profile(profile) => profile.span,
        Item::List(list) => list.span,
        Item::Segment(segment) => segment.span,
        Item::Campaign(campaign) => campaign.span,
        Item::Test(test) => test.span,
    }
}

/// The first block that did not come out as it went in.
fn differing(before: &[Item], after: &[Item]) -> Span {
    let differs = |(index, item): &(usize, &Item)| {
        let same = after
            .get(*index)
            .is_some_and(|other| same::trees(std::slice::from_ref(*item), std::slice::from_ref(other)));
        !same
    };
    let found = before.iter().enumerate().find(differs);
    found.or_else(|| before.iter().enumerate().next()).map_or(Span::default(), |(_, item)| place(item))
}

#[cold]
fn fault(file: FileId, at: Span) -> Unformatted {
    let at = span(file, at.range().start, at.range().end);
    let finding = Diagnostic::error(codes::FAULT, at, "this block would not be the same after formatting")
        .with_help(
            "this is a bug of campanile, not a mistake of yours: the file stays as it is; please report it",
        );
    Unformatted::Fault(Box::new(finding))
}
