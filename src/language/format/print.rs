//! From a document of texts, possible line breaks and groups to lines: a group stands on one line if it fits, else all
//! of its own breaks are taken.

use super::WIDTH;
use super::parts::Comment;

/// What is to be printed.
#[derive(Debug)]
pub(super) enum Doc {
    /// A token, after the comments that stand before it.
    Token(String, Vec<Comment>),
    /// Comments alone, before a closing bracket.
    Comments(Vec<Comment>),
    Space,
    /// A line break, or else this text; the line break with an empty line when asked for.
    Line {
        otherwise: &'static str,
        blank: bool,
    },
    /// A line break in any case, with an empty line when asked for.
    Break {
        blank: bool,
    },
    /// Further to the right, behind a line break.
    Indent(Box<Doc>),
    /// Behind an opening bracket: to the right of the line on which it stands, whatever is around.
    Hang(Box<Doc>),
    Group(Box<Doc>),
    /// Things of which as many stand on a line as fit.
    Fill(Vec<Doc>),
    Row(Vec<Doc>),
}

/// So far to the right goes an indentation.
const STEP: usize = 2;

impl Doc {
    pub fn grouped(parts: Vec<Doc>) -> Doc {
        Doc::Group(Box::new(Doc::Row(parts)))
    }

    /// True when it cannot stand on one line: comments within it, or a line break in any case. Comments before its first token do
    /// not count.
    fn must_break(&self, first: &mut bool) -> bool {
        match self {
            Doc::Token(_, comments) => {
                let breaks = !*first && !comments.is_empty();
                *first = false;
                breaks
            }
            Doc::Comments(comments) => !comments.is_empty(),
            Doc::Space | Doc::Line { .. } => false,
            Doc::Break { .. } => true,
            Doc::Indent(inner) | Doc::Hang(inner) | Doc::Group(inner) => inner.must_break(first),
            Doc::Fill(parts) | Doc::Row(parts) => parts.iter().any(|part| part.must_break(first)),
        }
    }
}

/// A line: code, and the comment behind it.
#[derive(Debug, Default)]
struct Line {
    code: String,
    comment: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    Nothing,
    Space,
    Line { indent: usize, blank: bool },
}

/// Prints documents below one another.
#[derive(Debug)]
pub(super) struct Printer {
    lines: Vec<Line>,
    line: Line,
    pending: Pending,
}

impl Printer {
    pub fn new() -> Printer {
        Printer { lines: Vec::new(), line: Line::default(), pending: Pending::Nothing }
    }

    /// How many lines were begun.
    pub fn lines(&self) -> usize {
        self.lines.len() + usize::from(!self.is_fresh())
    }

    fn is_fresh(&self) -> bool {
        self.line.code.is_empty() && self.line.comment.is_none()
    }

    /// Begins a new line; before the first there is none to end.
    pub fn next_line(&mut self, blank: bool) {
        if self.lines() > 0 {
            self.pending = Pending::Line { indent: 0, blank };
        }
    }

    /// Comments on lines of their own, or behind the last one.
    pub fn comments(&mut self, comments: &[Comment], indent: usize) {
        for comment in comments {
            if comment.trailing && self.line.comment.is_none() && !self.line.code.is_empty() {
                self.line.comment = Some(comment.text.clone());
                if !matches!(self.pending, Pending::Line { .. }) {
                    self.pending = Pending::Line { indent, blank: false };
                }
                continue;
            }
            let place = match self.pending {
                Pending::Line { indent, .. } => indent,
                Pending::Nothing | Pending::Space => indent,
            };
            if !self.is_fresh() {
                self.pending = Pending::Line { indent: place, blank: comment.blank };
            }
            self.flush();
            self.line.code.push_str(&comment.text);
            self.pending = Pending::Line { indent: place, blank: false };
        }
    }

    pub fn print(&mut self, doc: &Doc) {
        let mut rest = vec![(0, Mode::Broken, doc)];
        while let Some((indent, mode, doc)) = rest.pop() {
            match doc {
                Doc::Token(text, comments) => {
                    let blank = matches!(self.pending, Pending::Line { blank: true, .. });
                    self.comments(comments, indent);
                    if let (Pending::Line { blank: kept, .. }, false) =
                        (&mut self.pending, comments.is_empty())
                    {
                        *kept = blank;
                    }
                    self.flush();
                    self.line.code.push_str(text);
                }
                Doc::Comments(comments) => self.comments(comments, indent),
                Doc::Space => self.space(),
                Doc::Line { otherwise, blank } => match mode {
                    Mode::Flat if *otherwise == " " => self.space(),
                    Mode::Flat => {}
                    Mode::Broken => self.pending = Pending::Line { indent, blank: *blank },
                },
                Doc::Break { blank } => self.pending = Pending::Line { indent, blank: *blank },
                Doc::Indent(inner) => rest.push((indent + STEP, mode, inner)),
                Doc::Hang(inner) => rest.push((self.indentation(), mode, inner)),
                Doc::Group(inner) => {
                    let flat = !inner.must_break(&mut true) && self.fits(inner, &rest);
                    rest.push((indent, if flat { Mode::Flat } else { Mode::Broken }, inner));
                }
                Doc::Fill(parts) if mode == Mode::Broken => self.fill(parts, indent),
                Doc::Fill(parts) => {
                    rest.extend(parts.iter().rev().map(|part| (indent, mode, part)));
                }
                Doc::Row(parts) => rest.extend(parts.iter().rev().map(|part| (indent, mode, part))),
            }
        }
    }

    /// Each further thing on the same line if it fits.
    fn fill(&mut self, parts: &[Doc], indent: usize) {
        let mut all = parts.iter();
        // Parts are things and the breaks between them, in turns.
        if let Some(first) = all.next() {
            self.print_at(first, indent);
        }
        while let (Some(line), Some(thing)) = (all.next(), all.next()) {
            let fits = !thing.must_break(&mut false) && self.column() + width(line) + width(thing) <= WIDTH;
            if fits {
                self.space();
            } else {
                self.pending = Pending::Line { indent, blank: false };
            }
            self.print_at(thing, indent);
        }
    }

    /// How far the line at hand is indented.
    fn indentation(&self) -> usize {
        self.line.code.chars().take_while(|c| *c == ' ').count()
    }

    fn print_at(&mut self, doc: &Doc, indent: usize) {
        match doc {
            Doc::Token(text, comments) => {
                self.comments(comments, indent);
                self.flush();
                self.line.code.push_str(text);
            }
            Doc::Row(parts) | Doc::Fill(parts) => parts.iter().for_each(|part| self.print_at(part, indent)),
            Doc::Indent(inner) | Doc::Hang(inner) | Doc::Group(inner) => self.print_at(inner, indent),
            Doc::Comments(comments) => self.comments(comments, indent),
            Doc::Space | Doc::Line { otherwise: " ", .. } => self.space(),
            Doc::Line { .. } => {}
            Doc::Break { blank } => self.pending = Pending::Line { indent, blank: *blank },
        }
    }

    fn space(&mut self) {
        if self.pending == Pending::Nothing {
            self.pending = Pending::Space;
        }
    }

    fn flush(&mut self) {
        match self.pending {
            Pending::Nothing => {}
            Pending::Space => self.line.code.push(' '),
            Pending::Line { indent, blank } => {
                self.lines.push(std::mem::take(&mut self.line));
                if blank {
                    self.lines.push(Line::default());
                }
                self.line.code.push_str(&" ".repeat(indent));
            }
        }
        self.pending = Pending::Nothing;
    }

    /// The column at which the next token stands.
    fn column(&self) -> usize {
        match self.pending {
            Pending::Nothing => self.line.code.chars().count(),
            Pending::Space => self.line.code.chars().count() + 1,
            Pending::Line { indent, .. } => indent,
        }
    }

    /// True when the group, and what follows it until a line break may come, fits on the line.
    fn fits(&self, group: &Doc, rest: &[(usize, Mode, &Doc)]) -> bool {
        let Some(mut room) = WIDTH.checked_sub(self.column()) else { return false };
        let mut stack = vec![(Mode::Flat, group)];
        let mut further = rest.iter().rev();
        loop {
            let Some((mode, doc)) =
                stack.pop().or_else(|| further.next().map(|(_, mode, doc)| (*mode, *doc)))
            else {
                return true;
            };
            let used = match doc {
                // A comment before what follows ends the line.
                Doc::Token(_, comments) if mode == Mode::Broken && !comments.is_empty() => return true,
                Doc::Token(text, _) => text.chars().count(),
                Doc::Comments(_) => 0,
                Doc::Space => 1,
                Doc::Line { .. } if mode == Mode::Broken => return true,
                Doc::Line { otherwise, .. } => otherwise.len(),
                Doc::Break { .. } => return true,
                Doc::Indent(inner) | Doc::Hang(inner) | Doc::Group(inner) => {
                    stack.push((mode, inner));
                    0
                }
                Doc::Fill(parts) | Doc::Row(parts) => {
                    stack.extend(parts.iter().rev().map(|part| (mode, part)));
                    0
                }
            };
            match room.checked_sub(used) {
                Some(left) => room = left,
                None => return false,
            }
        }
    }

    /// The text, comments of neighbouring lines below one another.
    pub fn finish(mut self) -> String {
        if !self.is_fresh() {
            self.lines.push(std::mem::take(&mut self.line));
        }
        let mut text = String::new();
        let has_comment = |line: &Line| line.comment.is_some();
        for group in self.lines.chunk_by(|above, below| has_comment(above) == has_comment(below)) {
            let width = group.iter().map(|line| line.code.chars().count()).max().unwrap_or(0);
            for Line { code, comment } in group {
                match comment {
                    Some(comment) => text.push_str(&format!("{code:<width$}  {comment}")),
                    None => text.push_str(code.trim_end()),
                }
                text.push('\n');
            }
        }
        text
    }
}

/// How wide a document is on one line.
fn width(doc: &Doc) -> usize {
    match doc {
        Doc::Token(text, _) => text.chars().count(),
        Doc::Comments(_) | Doc::Break { .. } => 0,
        Doc::Space => 1,
        Doc::Line { otherwise, .. } => otherwise.len(),
        Doc::Indent(inner) | Doc::Hang(inner) | Doc::Group(inner) => width(inner),
        Doc::Fill(parts) | Doc::Row(parts) => parts.iter().map(width).sum(),
    }
}
