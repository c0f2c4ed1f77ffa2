//! What a Liquid text reads, and what is wrong with it: names, tags, filters, blocks.

mod names;
mod unreadable;

use self::names::Name;
use super::filters;
use super::origin::{Origin, Variable};
use super::syntax::{Element, Operand, Place, Reader, Tag};
use super::tag_arguments::{self, Clause};
use crate::language::{Code, Diagnostic, suggest};
use crate::message::codes;
use crate::message::events::Readable;

/// What there is to say of a text.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The text for the `liquid` crate: comments emptied, every output through the output filter.
    pub text: String,
    pub variables: Vec<Variable>,
    pub findings: Vec<Diagnostic>,
    /// True when it has any `{{` or `{%`.
    pub has_markup: bool,
    /// True when it is not the same for everyone.
    pub depends_on_user: bool,
    /// True when it is not the same on every clock.
    pub depends_on_clock: bool,
}

/// What ends the reading of a text: nothing after it can be told.
type Stop = Box<Diagnostic>;

/// How deep blocks may be nested; the `liquid` crate goes down the stack for each.
const DEEPEST: usize = 16;

/// Reads a whole text.
pub(super) fn examine(text: &str, origin: &Origin, readable: Readable) -> Outcome {
    let mut walk = Walk {
        source: text,
        origin,
        readable,
        reader: Reader::new(text),
        written: String::with_capacity(text.len() + 16),
        copied: 0,
        variables: Vec::new(),
        findings: Vec::new(),
        names: Vec::new(),
        blocks: Vec::new(),
        has_markup: false,
        depends_on_user: false,
        depends_on_clock: false,
    };
    if let Err(stop) = walk.elements() {
        // Names of a text that cannot be read may only be unknown because of that.
        walk.findings = vec![*stop];
    }
    walk.copy(text.len());
    Outcome {
        text: walk.written,
        variables: walk.variables,
        findings: walk.findings,
        has_markup: walk.has_markup,
        depends_on_user: walk.depends_on_user,
        depends_on_clock: walk.depends_on_clock,
    }
}

struct Block {
    name: String,
    place: Place,
    has_else: bool,
}

struct Walk<'t> {
    source: &'t str,
    origin: &'t Origin,
    readable: Readable,
    reader: Reader<'t>,
    written: String,
    copied: usize,
    variables: Vec<Variable>,
    findings: Vec<Diagnostic>,
    names: Vec<Name>,
    blocks: Vec<Block>,
    has_markup: bool,
    depends_on_user: bool,
    depends_on_clock: bool,
}

impl Walk<'_> {
    fn elements(&mut self) -> Result<(), Stop> {
        loop {
            match self.reader.next() {
                Ok(None) => break,
                Ok(Some(Element::Text(place))) => self.plain(place),
                Ok(Some(Element::Output(chain))) => {
                    self.has_markup = true;
                    self.numbered(chain.place);
                    self.chain(&chain);
                    self.copy(chain.place.end);
                    self.written.push('|');
                    self.written.push_str(filters::OUTPUT);
                    // A name would run on into what follows: `{{ x-}}`.
                    self.written.push(' ');
                }
                Ok(Some(Element::Tag(tag))) => {
                    self.has_markup = true;
                    self.tag(&tag)?;
                }
                Err(unreadable) => return Err(self.unreadable(&unreadable).into()),
            }
        }
        match self.blocks.last() {
            Some(open) => Err(self.never_closed(open).into()),
            None => Ok(()),
        }
    }

    /// `{{1}}` is a gap of an approved template, and here the number 1.
    fn numbered(&mut self, place: Place) {
        let before = self.source.get(..place.start).unwrap_or("");
        let after = self.source.get(place.end..).unwrap_or("");
        let written = self.source.get(place.start..place.end).unwrap_or("").trim();
        let is_number =
            !written.is_empty() && written.len() < 3 && written.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return;
        }
        let braces = Place {
            start: before.rfind("{{").unwrap_or(place.start),
            end: after.find("}}").map_or(place.end, |end| place.end + end + 2),
        };
        let text = format!("`{{{{{written}}}}}` is Liquid for the number {written}");
        let finding = Diagnostic::warning(codes::NUMBERED_GAP, self.origin.at(braces), text);
        self.findings.push(finding.with_help(
            "the gaps of the template are filled by what stands here, in order: write `{{ event.amount }}` or `{{ profile.first_name }}`",
        ));
    }

    /// Writes the source up to a place.
    fn copy(&mut self, end: usize) {
        self.written.push_str(self.source.get(self.copied..end).unwrap_or(""));
        self.copied = end;
    }

    fn error(&self, code: Code, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.origin.at(place), message)
    }

    fn never_closed(&self, open: &Block) -> Diagnostic {
        let message = format!("`{{% {} %}}` is never closed", open.name);
        let help = format!("close it with `{{% end{} %}}`", open.name);
        self.error(codes::UNREADABLE_LIQUID, open.place, message).with_help(help)
    }

    /// Plain text is as it is; `{ event.x }` in it is seldom meant.
    fn plain(&mut self, place: Place) {
        let text = self.source.get(place.start..place.end).unwrap_or("");
        let mut from = 0;
        while let Some(open) = text.get(from..).and_then(|rest| rest.find('{')).map(|offset| from + offset) {
            from = open + 1;
            let Some(inside) = text.get(from..).and_then(|rest| rest.split('}').next()) else { break };
            let name = inside.trim();
            let is_variable = ["event.", "profile."].iter().any(|root| name.starts_with(root))
                && !name.contains([' ', '{', '\n'])
                && text.get(from + inside.len()..).is_some_and(|rest| rest.starts_with('}'));
            if is_variable {
                let braces = Place { start: place.start + open, end: place.start + from + inside.len() + 1 };
                let span = self.origin.at(braces);
                let message = format!("`{{{inside}}}` goes out as it stands");
                let finding = Diagnostic::warning(codes::SINGLE_BRACES, span, message);
                self.findings.push(finding.with_help(format!("a value has two braces: `{{{{ {name} }}}}`")));
            }
        }
    }

    fn tag(&mut self, tag: &Tag) -> Result<(), Stop> {
        if matches!(tag.name.as_str(), "raw" | "comment") {
            return self.skipped(tag);
        }
        if let Some(opened) = tag.name.strip_prefix("end")
            && tag_arguments::is_block(opened)
        {
            return self.close(tag, opened);
        }
        if !tag_arguments::is_known(&tag.name) {
            let message = format!("unknown tag `{}`", tag.name);
            let finding = self.error(codes::UNKNOWN_TAG, tag.name_place, message);
            let help = match tag.name.as_str() {
                "include" | "render" => Some("a message includes no files: write the text itself".to_owned()),
                name => suggest(name, "tags", tag_arguments::names()),
            };
            let finding = match help {
                Some(help) => finding.with_help(help),
                None => finding,
            };
            return Err(finding.into());
        }
        let clause = tag_arguments::read(tag)
            .map_err(|(place, message)| self.error(codes::UNREADABLE_LIQUID, place, message))?;
        self.in_its_block(tag, &clause)?;
        self.clause(tag, clause)
    }

    /// `raw` and `comment`: what they hold is not Liquid. A comment is emptied, for the `liquid` crate reads in it.
    fn skipped(&mut self, tag: &Tag) -> Result<(), Stop> {
        let block = Block { name: tag.name.clone(), place: tag.place, has_else: false };
        if let Some(token) = tag.tokens.first() {
            let message = format!("nothing can follow `{}`", tag.name);
            return Err(self.error(codes::UNREADABLE_LIQUID, token.place(), message).into());
        }
        let end = format!("end{}", tag.name);
        let is_comment = tag.name == "comment";
        let Some(inside) = self.reader.skip_block(&tag.name, &end, is_comment) else {
            return Err(self.never_closed(&block).into());
        };
        if is_comment {
            self.copy(inside.start);
            self.copied = inside.end;
        }
        Ok(())
    }

    fn close(&mut self, tag: &Tag, opened: &str) -> Result<(), Stop> {
        if let Some(token) = tag.tokens.first() {
            let message = format!("nothing can follow `{}`", tag.name);
            return Err(self.error(codes::UNREADABLE_LIQUID, token.place(), message).into());
        }
        let depth = self.blocks.len();
        match self.blocks.pop() {
            Some(open) if open.name == opened => {}
            Some(open) => {
                let message = format!("`{}` where `end{}` must come first", tag.name, open.name);
                let finding = self.error(codes::UNREADABLE_LIQUID, tag.place, message);
                return Err(finding.with_secondary(self.origin.at(open.place), "this is still open").into());
            }
            None => {
                let message = format!("`{}` without `{{% {opened} … %}}`", tag.name);
                return Err(self.error(codes::UNREADABLE_LIQUID, tag.place, message).into());
            }
        }
        self.names.retain(|name| name.within != Some(depth));
        Ok(())
    }

    /// `else`, `elsif`, `when`, `break` and `continue` stand only in certain blocks.
    fn in_its_block(&mut self, tag: &Tag, clause: &Clause<'_>) -> Result<(), Stop> {
        let name = tag.name.as_str();
        let fits = match clause {
            Clause::Elsif(_) => self.blocks.last().is_some_and(|open| open.name == "if" && !open.has_else),
            Clause::When(_) => self.blocks.last().is_some_and(|open| open.name == "case" && !open.has_else),
            Clause::Else => {
                let has_else = |open: &&mut Block| {
                    matches!(open.name.as_str(), "if" | "unless" | "case" | "for") && !open.has_else
                };
                match self.blocks.last_mut().filter(has_else) {
                    Some(open) => {
                        open.has_else = true;
                        true
                    }
                    None => false,
                }
            }
            Clause::Interrupt => self.blocks.iter().any(|open| open.name == "for"),
            _ => true,
        };
        if fits {
            return Ok(());
        }
        let home = match clause {
            Clause::Elsif(_) => "an `if`, before its `else`",
            Clause::When(_) => "a `case`, before its `else`",
            Clause::Interrupt => "a `for`",
            _ => "an `if`, `unless`, `case` or `for`, and once",
        };
        let message = format!("`{name}` can only stand in {home}");
        Err(self.error(codes::UNREADABLE_LIQUID, tag.place, message).into())
    }

    fn clause(&mut self, tag: &Tag, clause: Clause<'_>) -> Result<(), Stop> {
        match clause {
            Clause::Assign(name, chain) => {
                self.chain(chain);
                let stands_for = match (&chain.value, chain.filters.is_empty()) {
                    (Operand::Variable(path), true) => self.resolve(path),
                    _ => None,
                };
                self.makes(name, stands_for)?;
            }
            Clause::Capture(name) => {
                self.open(tag)?;
                self.makes(name, None)?;
            }
            Clause::Counter(name) => self.makes(name, None)?,
            Clause::For { name, over, bounds } => {
                over.iter().chain(&bounds).for_each(|operand| self.operand(operand));
                let stands_for = match over.as_slice() {
                    [Operand::Variable(path)] => self.resolve(path).filter(|(_, path)| !path.is_empty()),
                    _ => None,
                };
                self.open(tag)?;
                self.refuse_taken(name)?;
                let within = Some(self.blocks.len());
                self.names.push(Name { name: name.name.to_owned(), stands_for, within });
                self.names.push(Name { name: "forloop".to_owned(), stands_for: None, within });
            }
            Clause::If(operands) | Clause::Case(operands) => {
                operands.into_iter().for_each(|operand| self.operand(operand));
                self.open(tag)?;
            }
            Clause::Elsif(operands) | Clause::When(operands) => {
                operands.into_iter().for_each(|operand| self.operand(operand));
            }
            Clause::Abort(reason) => {
                self.depends_on_user = true;
                reason.into_iter().for_each(|operand| self.operand(operand));
            }
            Clause::Else | Clause::Interrupt => {}
        }
        Ok(())
    }

    fn open(&mut self, tag: &Tag) -> Result<(), Stop> {
        if self.blocks.len() >= DEEPEST {
            let message = format!("blocks are nested deeper than {DEEPEST}");
            return Err(self.error(codes::TOO_LARGE, tag.place, message).into());
        }
        self.blocks.push(Block { name: tag.name.clone(), place: tag.place, has_else: false });
        Ok(())
    }
}
