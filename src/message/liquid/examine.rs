//! What a Liquid text reads, and what is wrong with it: names, tags, filters, blocks.

use super::filters::{self, FilterKind};
use super::syntax::{
    CLOSING_QUOTE, Chain, Element, FilterCall, Literal, Operand, Part, Path, Place, Reader, Tag, Unreadable,
};
use super::tag_arguments::{self, Clause};
use crate::language::{Code, Diagnostic, Span, Spanned, nearest, suggest};
use crate::message::codes;
use crate::model::Text;

/// Whose property a text reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    /// The trigger event's.
    Event,
    /// The user's profile's.
    Profile,
}

impl Root {
    /// The name in a text: `event`, `profile`.
    pub const fn name(self) -> &'static str {
        match self {
            Root::Event => "event",
            Root::Profile => "profile",
        }
    }
}

/// A place in a message's texts that reads a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Whose property.
    pub root: Root,
    /// The property and its parts: `["items", "name"]` for `event.items[0].name`, and for `item.name` in a loop over
    /// `event.items`. Numbers in brackets are left out, and what follows any other expression in brackets. Empty when the
    /// whole event or profile is read, or a property that only its value tells (`event[profile.x]`).
    ///
    /// Liquid's own parts `first`, `last` and `size` stand here as they are written: a property may have such a name.
    pub path: Vec<Text>,
    /// The variable in the rule; the whole text where the place within it cannot be told.
    pub span: Span,
}

/// Where a text stands in its rule file.
#[derive(Debug)]
pub(super) struct Origin {
    span: Span,
    /// Where in the text there are characters that are written as two in the rule: `\"`, `\\`, `\n`. They can be written
    /// in no other way, so that places in the text are places in the rule.
    escapes: Vec<usize>,
    exact: bool,
}

impl Origin {
    pub(super) fn new(text: &Spanned<String>) -> Origin {
        let escapes: Vec<usize> = text.node.match_indices(['"', '\\', '\n']).map(|(at, _)| at).collect();
        let length = text.span.end.saturating_sub(text.span.start) as usize;
        // A text that was not read from a literal is underlined as a whole.
        let exact = length == text.node.len() + escapes.len() + 2;
        Origin { span: text.span, escapes, exact }
    }

    /// The span of a place of the text.
    pub(super) fn at(&self, place: Place) -> Span {
        let offset = |place: usize| {
            let written = place + self.escapes.partition_point(|escape| *escape < place) + 1;
            u32::try_from(written).ok()?.checked_add(self.span.start)
        };
        match (offset(place.start), offset(place.end)) {
            (Some(start), Some(end)) if self.exact => Span::new(self.span.file, start, end.max(start + 1)),
            _ => self.span,
        }
    }
}

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
}

/// What ends the reading of a text: nothing after it can be told.
type Stop = Box<Diagnostic>;

/// How deep blocks may be nested; the `liquid` crate goes down the stack for each.
const DEEPEST: usize = 16;

/// Reads a whole text.
pub(super) fn examine(text: &str, origin: &Origin, has_event: bool) -> Outcome {
    let mut walk = Walk {
        source: text,
        origin,
        has_event,
        reader: Reader::new(text),
        written: String::with_capacity(text.len() + 16),
        copied: 0,
        variables: Vec::new(),
        findings: Vec::new(),
        names: Vec::new(),
        blocks: Vec::new(),
        has_markup: false,
        depends_on_user: false,
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
    }
}

/// A name that the text itself makes.
struct Name {
    name: String,
    /// What it stands for, where that is simply a property.
    stands_for: Option<(Root, Vec<Text>)>,
    /// For a loop's item: how many blocks are open around it.
    within: Option<usize>,
}

struct Block {
    name: String,
    place: Place,
    has_else: bool,
}

struct Walk<'t> {
    source: &'t str,
    origin: &'t Origin,
    has_event: bool,
    reader: Reader<'t>,
    written: String,
    copied: usize,
    variables: Vec<Variable>,
    findings: Vec<Diagnostic>,
    names: Vec<Name>,
    blocks: Vec<Block>,
    has_markup: bool,
    depends_on_user: bool,
}

impl Walk<'_> {
    fn elements(&mut self) -> Result<(), Stop> {
        loop {
            match self.reader.next() {
                Ok(None) => break,
                Ok(Some(Element::Text(place))) => self.plain(place),
                Ok(Some(Element::Output(chain))) => {
                    self.has_markup = true;
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

    fn unreadable(&self, unreadable: &Unreadable) -> Diagnostic {
        let opening = self.source.get(unreadable.opening.start..unreadable.opening.end).unwrap_or("{{");
        let rest = self.source.get(unreadable.at..).unwrap_or("");
        if unreadable.too_deep {
            let place = Place { start: unreadable.at, end: unreadable.at + 1 };
            return self.error(codes::TOO_LARGE, place, "brackets are nested too deep");
        }
        let Some(found) = rest.chars().next() else {
            let close = if opening == "{{" { "}}" } else { "%}" };
            return self
                .error(codes::UNREADABLE_LIQUID, unreadable.opening, format!("`{opening}` is never closed"))
                .with_help(format!("close it with `{close}`"));
        };
        let place = Place { start: unreadable.at, end: unreadable.at + found.len_utf8() };
        let before = self.source.get(unreadable.opening.end..unreadable.at).unwrap_or("").trim();
        let is_quote = matches!(found, '\'' | '"') && unreadable.expected.contains(&CLOSING_QUOTE);
        let message = if is_quote {
            "this quote is never closed".to_owned()
        } else if before.is_empty() && rest.trim_start().starts_with(['}', '%']) {
            format!("nothing stands between `{opening}` and its end")
        } else if found == '\t' {
            "a tab cannot stand between Liquid's braces".to_owned()
        } else {
            let expected = unreadable.expected.join(" or ");
            let expected = if expected.is_empty() { "something else".to_owned() } else { expected };
            format!("expected {expected}, found `{found}`")
        };
        let finding = self.error(codes::UNREADABLE_LIQUID, place, message);
        match habit(rest, before) {
            Some(help) => finding.with_help(help),
            None => finding,
        }
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

    fn refuse_taken(&self, name: tag_arguments::Named<'_>) -> Result<(), Stop> {
        if !matches!(name.name, "event" | "profile" | "forloop") {
            return Ok(());
        }
        let message = format!("`{}` is taken: a text cannot give the name to something else", name.name);
        Err(self.error(codes::NAME_TAKEN, name.place, message).with_help("write another name").into())
    }

    fn makes(
        &mut self,
        name: tag_arguments::Named<'_>,
        stands_for: Option<(Root, Vec<Text>)>,
    ) -> Result<(), Stop> {
        self.refuse_taken(name)?;
        match self.names.iter_mut().find(|known| known.name == name.name && known.within.is_none()) {
            // Which of its values a name has then depends on what ran.
            Some(known) => known.stands_for = None,
            None => self.names.push(Name { name: name.name.to_owned(), stands_for, within: None }),
        }
        Ok(())
    }

    fn chain(&mut self, chain: &Chain) {
        self.operand(&chain.value);
        for (index, filter) in chain.filters.iter().enumerate() {
            if index == 0
                && filter.name == "date"
                && let Operand::Literal(Literal::Text(text), place) = &chain.value
                && matches!(text.trim().to_lowercase().as_str(), "now" | "today")
            {
                let message = format!("`{text}` would read a clock");
                let finding = self.error(codes::READS_CLOCK, *place, message);
                let help = "a message says the same whenever it is rendered: write a date, or a property";
                self.findings.push(finding.with_help(help));
            }
            self.filter(filter);
        }
    }

    fn filter(&mut self, call: &FilterCall) {
        call.arguments.iter().for_each(|argument| self.operand(&argument.value));
        let Some(kind) = filters::find(&call.name) else {
            let message = format!("unknown filter `{}`", call.name);
            let finding = self.error(codes::UNKNOWN_FILTER, call.name_place, message);
            self.findings.push(match nearest(&call.name, filters::names()) {
                Some(near) => finding.with_help(format!("did you mean `{near}`?")),
                None => finding.with_help("docs/messages.md lists the filters"),
            });
            return;
        };
        if let Err((place, message)) = arguments(kind, call) {
            let finding = self.error(codes::FILTER_ARGUMENTS, place, message);
            self.findings.push(finding.with_help(format!("write `{}`", kind.example)));
        }
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Literal(Literal::Integer(None), place) => {
                self.findings.push(self.error(codes::TOO_LARGE, *place, "this number is too large"));
            }
            Operand::Literal(..) => {}
            Operand::Variable(path) => self.variable(path),
        }
    }

    fn variable(&mut self, path: &Path) {
        for part in &path.parts {
            if let Part::Index(index) = part {
                self.operand(index);
            }
        }
        if let Some((root, names)) = self.resolve(path) {
            self.depends_on_user = true;
            if root == Root::Event && !self.has_event {
                // A name that stands for a part of the event was refused where it was given.
                if path.root != Root::Event.name() {
                    return;
                }
                let finding = self.error(codes::NO_EVENT, path.place, "this campaign has no event to read");
                let help = "only campaigns that begin with `when` have one: read the profile, as in \
                            `{{ profile.first_name }}`";
                self.findings.push(finding.with_help(help));
                return;
            }
            let span = self.origin.at(path.place);
            self.variables.push(Variable { root, path: names, span });
        } else if !self.names.iter().any(|known| known.name == path.root) {
            self.unknown(path);
        }
    }

    /// The property that a variable reads; none for a name whose value the text makes.
    fn resolve(&self, path: &Path) -> Option<(Root, Vec<Text>)> {
        let (root, mut names) = match path.root.as_str() {
            "event" => (Root::Event, Vec::new()),
            "profile" => (Root::Profile, Vec::new()),
            other => self.names.iter().rev().find(|known| known.name == other)?.stands_for.clone()?,
        };
        for part in &path.parts {
            match part {
                Part::Name(name) => names.push(name.as_str().into()),
                Part::Index(Operand::Literal(Literal::Text(name), _)) => names.push(name.as_str().into()),
                // An item of a list; of the event itself it is a name like any other.
                Part::Index(Operand::Literal(Literal::Integer(Some(index)), _)) if names.is_empty() => {
                    names.push(index.to_string().into());
                }
                Part::Index(Operand::Literal(Literal::Integer(_), _)) => {}
                Part::Index(_) => break,
            }
        }
        Some((root, names))
    }

    fn unknown(&mut self, path: &Path) {
        let place = Place { start: path.place.start, end: path.place.start + path.root.len() };
        let finding = self.error(codes::UNKNOWN_NAME, place, format!("unknown name `{}`", path.root));
        let known = self.names.iter().map(|known| known.name.as_str());
        let help = match nearest(&path.root, ["event", "profile"].into_iter().chain(known)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                // `user.name` means the profile's `name`, `first_name` the profile's `first_name`.
                let property = match path.parts.first() {
                    Some(Part::Name(name)) => name,
                    _ => &path.root,
                };
                let event = if self.has_event { format!(" or `event.{property}`") } else { String::new() };
                format!("write `profile.{property}`{event}")
            }
        };
        self.findings.push(finding.with_help(help));
    }
}

/// Asks whether a filter has the arguments that it takes.
fn arguments(kind: &FilterKind, call: &FilterCall) -> Result<(), (Place, String)> {
    if let Some(argument) = call.arguments.iter().find(|argument| argument.named) {
        return Err((argument.place, format!("`{}` takes its values without names", kind.name)));
    }
    let count = call.arguments.len();
    if count < kind.least || count > kind.most {
        let takes = match (kind.least, kind.most) {
            (0, 0) => "no value".to_owned(),
            (least, most) if least == most => counted(least),
            (least, most) => format!("{least} to {}", counted(most)),
        };
        return Err((call.place, format!("`{}` takes {takes}, not {count}", kind.name)));
    }
    if kind.name == "date"
        && let Some(Operand::Literal(Literal::Text(format), place)) =
            call.arguments.first().map(|argument| &argument.value)
    {
        return filters::check_format(format).map_err(|reason| (*place, reason));
    }
    Ok(())
}

fn counted(count: usize) -> String {
    if count == 1 { "1 value".to_owned() } else { format!("{count} values") }
}

/// What someone who brought a habit along would write instead.
fn habit(rest: &str, before: &str) -> Option<String> {
    if before.ends_with('|') && rest.starts_with('|') || rest.starts_with("||") {
        return Some("for a value that may be missing write `| default: 'there'`".to_owned());
    }
    if rest.starts_with(['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}']) {
        return Some("write straight quotes".to_owned());
    }
    let filter = match rest.chars().next()? {
        '+' => "plus",
        '*' => "times",
        '/' => "divided_by",
        '?' => return Some("write `{% if … %}…{% else %}…{% endif %}`".to_owned()),
        '&' => return Some("write `and`".to_owned()),
        '!' => return Some("write `{% unless … %}`".to_owned()),
        _ => return None,
    };
    Some(format!("numbers are calculated with filters, as in `| {filter}: 2`"))
}
