//! From a parsed piece to the syntax tree: values are read, and what the grammar takes only to refuse it is refused.
//!
//! Every function returns `None` when it could not read its node, and has then said why.

mod behaviour;
mod blocks;
mod campaign;
mod clock;
mod condition;
mod dated;
mod dates;
mod delivery;
mod filter;
mod free_form;
mod hours;
mod message;
mod parts;
mod place;
mod sequence;
mod test;
mod trigger;
mod values;
mod window;

pub(super) use values::{join, list_of, snake};

use super::grammar::{Node, Rule};
use super::piece::Piece;
use super::{Code, Diagnostic, Span, codes};

/// Reads nodes of one piece and collects what is wrong with them.
pub(super) struct Reader<'p, 's> {
    piece: &'p Piece<'s>,
    findings: &'p mut Vec<Diagnostic>,
}

impl<'p, 's> Reader<'p, 's> {
    /// A reader of a piece that adds its findings to others.
    pub fn new(piece: &'p Piece<'s>, findings: &'p mut Vec<Diagnostic>) -> Reader<'p, 's> {
        Reader { piece, findings }
    }

    /// Reads a node; when that fails without a finding, the fault is ours and says so instead of dropping rules.
    pub fn read<T>(
        &mut self,
        node: &Node<'_>,
        how: impl FnOnce(&mut Self, &Node<'_>) -> Option<T>,
    ) -> Option<T> {
        let before = self.findings.len();
        let read = how(self, node);
        if read.is_none() && self.findings.len() == before {
            self.findings.push(fault(self.span(node)));
        }
        read
    }

    /// Reads a clause by what was asked for; a step that lets closures be passed on.
    pub fn read_clause<T>(
        &mut self,
        node: &Node<'_>,
        how: &impl Fn(&mut Self, &Node<'_>) -> Option<T>,
    ) -> Option<T> {
        how(self, node)
    }

    /// Where a node was written.
    fn span(&self, node: &Node<'_>) -> Span {
        let place = node.as_span();
        self.piece.span(place.start(), place.end())
    }

    /// Records a finding that stands in the way of its node.
    fn refuse<T>(&mut self, code: Code, span: Span, message: impl Into<String>) -> Option<T> {
        self.findings.push(Diagnostic::error(code, span, message));
        None
    }

    /// The same with the fix.
    fn refuse_with<T>(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.findings.push(Diagnostic::error(code, span, message).with_help(help));
        None
    }

    /// Records that something that may be there once is there twice.
    fn twice<T>(&mut self, what: &str, first: Span, second: Span) -> Option<T> {
        self.findings.push(
            Diagnostic::error(codes::TWICE, second, format!("{what} is written twice"))
                .with_secondary(first, "first written here")
                .with_help("keep one of them"),
        );
        None
    }
}

/// The finding that stands for a mistake of ours.
#[cold]
pub(super) fn fault(span: Span) -> Diagnostic {
    Diagnostic::error(codes::FAULT, span, "this could not be read, by a fault of campanile").with_help(
        "please report it with this piece of the file; splitting the rule into smaller ones may help meanwhile",
    )
}

/// The text of a node on one line: white space as single spaces, and cut when it is long.
fn shown(node: &Node<'_>) -> String {
    shorten(node.as_str(), 60)
}

fn shorten(text: &str, most: usize) -> String {
    let mut line = String::new();
    for word in text.lines().flat_map(|line| line.split_whitespace()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.chars().count() > most {
        line = line.chars().take(most.saturating_sub(1)).collect();
        line.push('…');
    }
    line
}

/// What a rule's node is when it is none of those that the grammar puts there.
fn rule_is(node: &Node<'_>, rule: Rule) -> bool {
    node.as_rule() == rule
}
