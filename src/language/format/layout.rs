//! Where lines may be broken.
//!
//! - A clause has a line of its own; what goes on from it stands further to the right.
//! - Braces hold one clause, or things with commas between them, on one line if it fits; several clauses never.
//! - A row of `and` or of `or` is broken before each of them, or not at all. So is a row of `then`; after a trigger, `then`
//!   always has a line of its own.
//! - In square brackets as many values stand on a line as fit.
//! - Between blocks, clauses and comments at most one empty line is kept. A block of several lines has one before and after it.

use std::vec::IntoIter;

use super::parts::{Cutter, Part, Token};
use super::print::{Doc, Printer};
use crate::language::grammar::{Node, Rule};

/// Lays out blocks below one another.
#[derive(Debug)]
pub(super) struct Layout<'s> {
    cutter: Cutter<'s>,
    printer: Printer,
    /// How many lines the block before took; none at the beginning.
    before: Option<usize>,
}

impl<'s> Layout<'s> {
    pub fn new(text: &'s str, comments: &'s [(usize, usize)]) -> Layout<'s> {
        Layout { cutter: Cutter::new(text, comments), printer: Printer::new(), before: None }
    }

    /// A block that begins at a byte of the text.
    pub fn block(&mut self, node: &Node<'_>, base: usize) {
        let mut comments = self.cutter.comments_before(base);
        let part = self.cutter.block(node, base);
        let blank = part.first().is_some_and(|token| token.blank);
        let doc = Doc::Group(Box::new(Doc::Indent(Box::new(lay(part)))));
        let mut alone = Printer::new();
        alone.print(&doc);
        let height = alone.lines();

        let apart = self.before.is_some_and(|lines| lines > 1 || height > 1);
        if let Some(first) = comments.first_mut() {
            // Comments just above a block belong to it.
            first.blank = self.before.is_some() && (first.blank || apart);
        }
        self.printer.next_line(false);
        self.printer.comments(&comments, 0);
        self.printer.next_line(blank || (apart && comments.is_empty()));
        self.printer.print(&doc);
        if let Some(comment) = self.cutter.comment_behind() {
            self.printer.comments(&[comment], 0);
        }
        self.before = Some(height);
    }

    /// All of it, with the comments after the last block.
    pub fn finish(mut self) -> String {
        let mut comments = self.cutter.comments_before(usize::MAX);
        if let [first, ..] = comments.as_mut_slice() {
            first.blank = match self.before {
                None => false,
                Some(height) => first.blank || height > 1,
            };
        }
        self.printer.next_line(false);
        self.printer.comments(&comments, 0);
        self.printer.finish()
    }
}

/// The signs that open and close brackets.
const BRACKETS: [(&str, &str); 3] = [("{", "}"), ("(", ")"), ("[", "]")];

fn lay(part: Part) -> Doc {
    match part {
        Part::Token(token) => lay_token(token),
        Part::Node(rule, parts) => Doc::grouped(row(rule, parts)),
    }
}

/// Empty lines are kept between clauses, not within one.
fn lay_token(mut token: Token) -> Doc {
    if !token.leads {
        token.comments.iter_mut().for_each(|comment| comment.blank = false);
    }
    Doc::Token(token.text, token.comments)
}

const fn line(otherwise: &'static str) -> Doc {
    Doc::Line { otherwise, blank: false }
}

/// Parts one after the other, with what stands between them.
fn row(rule: Rule, parts: Vec<Part>) -> Vec<Doc> {
    let mut docs = Vec::with_capacity(parts.len() * 2);
    let mut parts = parts.into_iter();
    let mut before: Option<String> = None;
    while let Some(part) = parts.next() {
        if let Some(before) = &before {
            docs.extend(between(rule, before, &part));
        }
        let bracket = BRACKETS.iter().find(|(open, _)| part.is_token(open));
        before = last_text(&part);
        match (part, bracket) {
            (Part::Token(open), Some((_, close))) => {
                let (inside, closing) = until(&mut parts, close);
                before = Some((*close).to_owned());
                docs.push(brackets(open, inside, closing));
            }
            // A segment that needs several lines has one for each part of its row.
            (Part::Node(Rule::condition, parts), _) if rule == Rule::segment => {
                docs.extend(self::row(Rule::condition, parts));
            }
            (part, _) => docs.push(lay(part)),
        }
    }
    docs
}

/// What stands between a token and the part behind it.
fn between(rule: Rule, before: &str, next: &Part) -> Option<Doc> {
    let first = next.first().map_or("", |token| token.text.as_str());
    let is_then = next.first().is_some_and(|token| token.rule == Some(Rule::kw_then));
    match (before, first) {
        (_, "," | ":" | ")" | "]" | "." | "..") | ("(" | "[" | "." | "..", _) => None,
        _ if is_then && rule == Rule::when_clause => Some(Doc::Break { blank: false }),
        (",", _) => Some(line(" ")),
        ("=", _) if rule == Rule::segment => Some(line(" ")),
        _ if is_then || next.is(Rule::and_or) => Some(line(" ")),
        _ => Some(Doc::Space),
    }
}

fn last_text(part: &Part) -> Option<String> {
    match part {
        Part::Token(token) => Some(token.text.clone()),
        Part::Node(_, parts) => parts.iter().rev().find_map(last_text),
    }
}

/// The parts up to the closing bracket, and the bracket.
fn until(parts: &mut IntoIter<Part>, close: &str) -> (Vec<Part>, Option<Token>) {
    let mut inside = Vec::new();
    for part in parts.by_ref() {
        match part {
            Part::Token(token) if token.text == close => return (inside, Some(token)),
            part => inside.push(part),
        }
    }
    (inside, None)
}

fn brackets(open: Token, mut inside: Vec<Part>, closing: Option<Token>) -> Doc {
    let (close, mut comments) = closing.map_or_else(Default::default, |token| (token.text, token.comments));
    // A comma before the closing bracket says nothing; its comments stay.
    if let Some(Part::Token(comma)) = inside.pop_if(|last| last.is_token(",")) {
        comments.splice(0..0, comma.comments);
    }
    let braces = open.text == "{";
    let squares = open.text == "[";
    let open = lay_token(open);
    let close = Doc::Token(close, Vec::new());
    if inside.is_empty() && comments.is_empty() {
        return Doc::Row(vec![open, close]);
    }
    let gap = line(if braces { " " } else { "" });
    let end = line(if braces { " " } else { "" });
    let mut docs = Vec::new();
    if inside.is_empty() {
        comments.iter_mut().take(1).for_each(|first| first.blank = false);
    } else {
        docs.push(gap);
    }
    if braces {
        docs.extend(Members::of(inside));
    } else if squares {
        docs.push(Doc::Fill(values(inside)));
    } else {
        docs.extend(row(Rule::condition_group, inside));
    }
    docs.push(Doc::Comments(comments));
    let inside = Doc::Row(vec![Doc::Indent(Box::new(Doc::Row(docs))), end]);
    Doc::grouped(vec![open, Doc::Hang(Box::new(inside)), close])
}

/// Values and the breaks between them, in turns.
fn values(inside: Vec<Part>) -> Vec<Doc> {
    let mut docs = Vec::new();
    let mut value = Vec::new();
    for part in inside {
        let ends = part.is_token(",");
        value.push(lay(part));
        if ends {
            docs.push(Doc::Row(std::mem::take(&mut value)));
            docs.push(line(" "));
        }
    }
    if !value.is_empty() {
        docs.push(Doc::Row(value));
    }
    docs
}

/// What stands in braces: clauses, or things with commas between them.
struct Members {
    docs: Vec<Doc>,
    /// The parts of the one at hand.
    parts: Vec<Part>,
    /// What stands before the next: none before the first.
    gap: Option<Gap>,
}

/// What stands between two members.
#[derive(Clone, Copy)]
enum Gap {
    Comma,
    Nothing,
}

impl Members {
    fn of(inside: Vec<Part>) -> Vec<Doc> {
        let mut members = Members { docs: Vec::new(), parts: Vec::new(), gap: None };
        for part in inside {
            if part.is_token(",") {
                members.finish();
                members.docs.push(lay(part));
                members.gap = Some(Gap::Comma);
                continue;
            }
            // What is no rule of its own, such as `70%` before a message, belongs to what follows.
            let ends = matches!(part, Part::Node(..));
            members.parts.push(part);
            if ends {
                members.finish();
            }
        }
        members.finish();
        members.docs
    }

    fn finish(&mut self) {
        let mut parts = std::mem::take(&mut self.parts);
        let Some(first) = parts.first_mut().and_then(Part::first_mut) else { return };
        first.leads = true;
        let blank = first.blank;
        match self.gap {
            None => first.comments.iter_mut().take(1).for_each(|comment| comment.blank = false),
            Some(Gap::Comma) => self.docs.push(Doc::Line { otherwise: " ", blank }),
            Some(Gap::Nothing) => self.docs.push(Doc::Break { blank }),
        }
        self.gap = Some(Gap::Nothing);
        let member = Doc::Row(row(Rule::fields, parts));
        self.docs.push(Doc::Group(Box::new(Doc::Indent(Box::new(member)))));
    }
}
