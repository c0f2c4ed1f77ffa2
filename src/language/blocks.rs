//! Cuts a file into its top-level blocks and checks its brackets, so that each block can be parsed alone: one broken
//! block hides no other.
//!
//! What is cut is settled by words and brackets alone. In a sound file no line break matters; only when a bracket is
//! missing, a block's name at the beginning of a line shows where the next one begins.

use std::ops::Range;

use super::scan::{Kind, Scan, Token, span};
use super::{Diagnostic, FileId, codes};

/// Brackets within brackets, at most. Deeper rules are nobody's intent, and each level costs stack.
pub(super) const DEEPEST: usize = 64;

/// What a block begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Settings,
    Event,
    Profile,
    List,
    Segment,
    Campaign,
    Test,
    /// None of the known ones.
    Unknown,
}

impl BlockKind {
    /// Every kind that has a name, by its name.
    pub const NAMES: [(&'static str, BlockKind); 7] = [
        ("settings", BlockKind::Settings),
        ("event", BlockKind::Event),
        ("profile", BlockKind::Profile),
        ("list", BlockKind::List),
        ("segment", BlockKind::Segment),
        ("campaign", BlockKind::Campaign),
        ("test", BlockKind::Test),
    ];

    fn of(word: &str) -> Option<BlockKind> {
        BlockKind::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind)
    }

    /// True for blocks that end with their closing brace.
    fn is_braced(self) -> bool {
        !matches!(self, BlockKind::List | BlockKind::Segment)
    }
}

/// A top-level block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Its tokens.
    pub tokens: Range<usize>,
    /// The token of its own opening brace.
    pub brace: Option<usize>,
    /// False when its brackets are not in order: it has been reported and is not to be parsed.
    pub sound: bool,
    /// True when nothing but its own closing brace is missing: its clauses can be parsed.
    pub open: bool,
}

/// A text's tokens, with how many brackets are open around each.
#[derive(Debug)]
pub(super) struct Tokens<'s> {
    /// The file of the text.
    pub file: FileId,
    /// The whole text.
    pub text: &'s str,
    /// The tokens in order.
    pub list: Vec<Token>,
    /// For each token the open brackets around it; a bracket itself is outside of its pair.
    pub depths: Vec<u32>,
}

impl<'s> Tokens<'s> {
    /// The tokens of a scan, with no depths yet.
    pub fn new(file: FileId, text: &'s str, scan: Scan) -> Tokens<'s> {
        let depths = vec![0; scan.tokens.len()];
        Tokens { file, text, list: scan.tokens, depths }
    }

    /// The token, if there is one.
    pub fn get(&self, index: usize) -> Option<Token> {
        self.list.get(index).copied()
    }

    /// A token's text; empty beyond the end.
    pub fn str(&self, index: usize) -> &'s str {
        self.get(index).and_then(|token| self.text.get(token.start..token.end)).unwrap_or("")
    }

    /// The text of a token of a kind.
    pub fn of_kind(&self, index: usize, kind: Kind) -> Option<&'s str> {
        self.get(index).filter(|token| token.kind == kind).map(|_| self.str(index))
    }

    /// The text of a word.
    pub fn word(&self, index: usize) -> Option<&'s str> {
        self.of_kind(index, Kind::Word)
    }

    /// True when the token is this word or sign.
    pub fn is(&self, index: usize, text: &str) -> bool {
        self.str(index) == text && !text.is_empty()
    }

    /// The brackets around a token.
    pub fn depth(&self, index: usize) -> u32 {
        self.depths.get(index).copied().unwrap_or(0)
    }

    /// Where a token was written; where the text ends, beyond the last.
    pub fn span(&self, index: usize) -> super::Span {
        match self.get(index) {
            Some(token) => span(self.file, token.start, token.end),
            None => span(self.file, self.text.len(), self.text.len()),
        }
    }

    /// The tokens of a range.
    pub fn slice(&self, range: &Range<usize>) -> &[Token] {
        self.list.get(range.clone()).unwrap_or_default()
    }

    /// Where the tokens of a range were written.
    pub fn place(&self, range: &Range<usize>) -> super::Span {
        self.span(range.start).to(self.span(range.end.saturating_sub(1).max(range.start)))
    }

    /// How far the line of a leading token is indented, in bytes.
    pub fn indent(&self, index: usize) -> usize {
        let start = self.get(index).map_or(0, |token| token.start);
        let before = self.text.get(..start).unwrap_or("");
        start - before.rfind(['\n', '\r']).map_or(0, |newline| newline + 1)
    }

    /// What a token begins, if nothing else can be meant by it: the word and what must follow it.
    fn surely_begins(&self, at: usize) -> Option<BlockKind> {
        let kind = BlockKind::of(self.word(at)?)?;
        let titled = |at: usize, sign: &str| {
            self.is(at, sign) || (self.of_kind(at, Kind::Text).is_some() && self.is(at + 1, sign))
        };
        let sure = match kind {
            BlockKind::Settings | BlockKind::Profile => self.is(at + 1, "{"),
            BlockKind::Event | BlockKind::Test => {
                self.of_kind(at + 1, Kind::Text).is_some() && self.is(at + 2, "{")
            }
            BlockKind::List => {
                self.word(at + 1).is_some()
                    && self.is(at + 2, "from")
                    && self.of_kind(at + 3, Kind::Text).is_some()
            }
            BlockKind::Segment => self.word(at + 1).is_some() && titled(at + 2, "="),
            BlockKind::Campaign => self.word(at + 1).is_some() && titled(at + 2, "{"),
            BlockKind::Unknown => false,
        };
        sure.then_some(kind)
    }

    /// What a token at the beginning of a line begins, as it may have been meant.
    fn perhaps_begins(&self, at: usize) -> Option<BlockKind> {
        let kind = BlockKind::of(self.word(at)?)?;
        let token = self.get(at)?;
        let continues = at.checked_sub(1).is_some_and(|before| {
            matches!(
                self.str(before),
                "where" | "in" | "matching" | "not" | "of" | "any" | "and" | "or" | "," | "." | "=" | "from"
            )
        });
        let follows = self.get(at + 1).is_some_and(|next| {
            matches!(next.kind, Kind::Word | Kind::Text | Kind::OddText | Kind::OpenText)
                || self.is(at + 1, "{")
        });
        (token.leads && !continues && follows).then_some(kind)
    }
}

/// Cuts the text and fills in the depths.
pub(super) fn cut(tokens: &mut Tokens<'_>, findings: &mut Vec<Diagnostic>) -> Vec<Block> {
    let mut cutter = Cutter { tokens, blocks: Vec::new(), open: Vec::new(), current: None, findings };
    cutter.run();
    cutter.blocks
}

/// An opening bracket whose other half is still to come.
struct Opening {
    token: usize,
    /// How far its line is indented.
    indent: usize,
}

struct Current {
    block: Block,
    /// How far the line on which it begins is indented.
    indent: usize,
    /// A bracket that was closed by what looks like the end of an outer one.
    suspect: Option<usize>,
    /// What is wrong with its brackets.
    findings: Vec<Diagnostic>,
    /// True when a text in it lacks its closing quote, which explains any bracket that is missing.
    open_text: bool,
    /// True when it is nested too deep; said once.
    too_deep: bool,
}

struct Cutter<'c, 's> {
    tokens: &'c mut Tokens<'s>,
    blocks: Vec<Block>,
    open: Vec<Opening>,
    current: Option<Current>,
    findings: &'c mut Vec<Diagnostic>,
}

impl Cutter<'_, '_> {
    fn run(&mut self) {
        let mut indent = 0;
        for at in 0..self.tokens.list.len() {
            let Some(token) = self.tokens.get(at) else { break };
            if token.leads {
                indent = self.tokens.indent(at);
            }
            self.begin_block(at, token, indent);
            match token.kind {
                Kind::Open => self.open(at, indent),
                Kind::Close => self.close(at, token, indent),
                _ => self.set_depth(at),
            }
            if let (Kind::OpenText, Some(current)) = (token.kind, self.current.as_mut()) {
                current.open_text = true;
            }
        }
        self.end_block(self.tokens.list.len());
    }

    /// Begins a block where a token begins one.
    fn begin_block(&mut self, at: usize, token: Token, indent: usize) {
        let sure = self.tokens.surely_begins(at);
        let outside = self.open.is_empty();
        let recovered = token.leads
            && sure.is_some()
            && self.current.as_ref().is_some_and(|current| indent <= current.indent);
        let begins = if outside { sure.or_else(|| self.tokens.perhaps_begins(at)) } else { sure };
        match begins {
            Some(kind) if outside || recovered => {
                self.end_block(at);
                self.start(kind, at, indent);
            }
            _ if self.current.is_none() && token.kind != Kind::Close => {
                self.start(BlockKind::Unknown, at, indent);
            }
            _ => {}
        }
    }

    fn start(&mut self, kind: BlockKind, at: usize, indent: usize) {
        self.current = Some(Current {
            block: Block { kind, tokens: at..at + 1, brace: None, sound: true, open: false },
            indent,
            suspect: None,
            findings: Vec::new(),
            open_text: false,
            too_deep: false,
        });
    }

    /// Ends the current block before a token, with all that it left open.
    fn end_block(&mut self, at: usize) {
        let Some(mut current) = self.current.take() else {
            self.open.clear();
            return;
        };
        current.block.tokens.end = at;
        let innermost = self.open.last().map(|opening| opening.token);
        if let Some(opening) = innermost {
            let culprit = current.suspect.unwrap_or(opening);
            current.block.open = Some(culprit) == current.block.brace && current.findings.is_empty();
            let finding = self.unclosed(culprit, at);
            current.findings.push(finding);
        }
        self.open.clear();
        if !current.findings.is_empty() {
            current.block.sound = false;
        }
        // One bracket out of order puts others out of order: the first is said.
        if !current.open_text {
            self.findings.extend(current.findings.drain(..).next());
        }
        self.blocks.push(current.block);
    }

    fn unclosed(&self, opening: usize, next: usize) -> Diagnostic {
        let written = self.tokens.str(opening);
        let closing = other_half(written);
        let finding = Diagnostic::error(
            codes::BRACKET,
            self.tokens.span(opening),
            format!("this `{written}` is never closed"),
        );
        if self.tokens.get(next).is_some() {
            finding
                .with_secondary(self.tokens.span(next), "the next block begins here")
                .with_help(format!("put a `{closing}` where it ends"))
        } else {
            finding.with_help(format!("put a `{closing}` where it ends, before the end of the file"))
        }
    }

    fn set_depth(&mut self, at: usize) {
        let depth = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        if let Some(place) = self.tokens.depths.get_mut(at) {
            *place = depth;
        }
    }

    fn open(&mut self, at: usize, indent: usize) {
        if self.open.is_empty() && self.tokens.is(at, "{") {
            self.split_before_brace(at, indent);
        }
        self.set_depth(at);
        self.open.push(Opening { token: at, indent });
        let (depth, place) = (self.open.len(), self.tokens.span(at));
        let Some(current) = self.current.as_mut() else { return };
        if depth == 1 && current.block.brace.is_none() && self.tokens.is(at, "{") {
            current.block.brace = Some(at);
        }
        if depth > DEEPEST {
            current.block.sound = false;
            if !current.too_deep {
                current.too_deep = true;
                self.findings.push(
                    Diagnostic::error(
                        codes::DEPTH,
                        place,
                        format!("brackets are nested deeper than {DEEPEST} levels"),
                    )
                    .with_help("give a part of the rule a name with `segment … = …`, and use `in segment …`"),
                );
            }
        }
    }

    /// A brace cannot stand in a list's or a segment's declaration: its line begins a block with an unknown name.
    fn split_before_brace(&mut self, at: usize, indent: usize) {
        let Some(current) = self.current.as_mut() else { return };
        if current.block.kind.is_braced() {
            return;
        }
        let first = current.block.tokens.start;
        let line =
            (first + 1..at).rev().find(|index| self.tokens.get(*index).is_some_and(|token| token.leads));
        if let Some(line) = line {
            self.end_block(line);
            self.start(BlockKind::Unknown, line, indent);
        }
    }

    fn close(&mut self, at: usize, token: Token, indent: usize) {
        let written = self.tokens.str(at);
        let pair =
            self.open.iter().rposition(|opening| other_half(self.tokens.str(opening.token)) == written);
        let Some(pair) = pair else { return self.close_nothing(at, written) };
        if pair + 1 < self.open.len() {
            self.mismatched(at);
        }
        let opening_indent = self.open.get(pair).map_or(0, |opening| opening.indent);
        let outer_fits =
            self.open.get(..pair).unwrap_or_default().iter().any(|opening| opening.indent == indent);
        let opening = self.open.get(pair).map(|opening| opening.token);
        self.open.truncate(pair);
        self.set_depth(at);
        let Some(current) = self.current.as_mut() else { return };
        if token.leads && opening_indent != indent && outer_fits && current.suspect.is_none() {
            current.suspect = opening;
        }
        if self.open.is_empty() && current.block.kind.is_braced() && opening == current.block.brace {
            self.end_block(at + 1);
        }
    }

    /// A closing bracket without an opening one of its kind.
    fn close_nothing(&mut self, at: usize, written: &str) {
        let last = self.open.pop().map(|opening| opening.token);
        let place = self.tokens.span(at);
        let finding = match last {
            Some(opening) => {
                let opened = self.tokens.str(opening);
                Diagnostic::error(codes::BRACKET, place, format!("`{written}` cannot close this `{opened}`"))
                    .with_secondary(self.tokens.span(opening), "opened here")
                    .with_help(match (opened, self.tokens.get(at)) {
                        // A block's braces end with a line of their own.
                        ("{", Some(token)) if !token.leads => {
                            "take it out, or put its other half where it begins".to_owned()
                        }
                        _ => format!("write `{}`", other_half(opened)),
                    })
            }
            None => {
                let finding =
                    Diagnostic::error(codes::BRACKET, place, format!("this `{written}` closes nothing"));
                let headless = self.current.as_ref().map(|current| &current.block).filter(|block| {
                    written == "}"
                        && block.brace.is_none()
                        && block.kind.is_braced()
                        && block.kind != BlockKind::Unknown
                });
                match headless {
                    Some(block) => finding
                        .with_secondary(self.tokens.span(block.tokens.start), "this has no `{`")
                        .with_help("put a `{` before what is to stand in the braces"),
                    None => finding.with_help("take it out, or put back what it closed"),
                }
            }
        };
        match self.current.as_mut() {
            // That it is no known block says enough.
            Some(current) if current.block.kind == BlockKind::Unknown && last.is_none() => {}
            Some(current) => current.findings.push(finding),
            None => self.findings.push(finding),
        }
        self.set_depth(at);
    }

    /// A closing bracket of another kind than the last one opened: the last one lacks its other half.
    fn mismatched(&mut self, at: usize) {
        let Some(culprit) = self.open.last().map(|opening| opening.token) else { return };
        let (written, closing) = (self.tokens.str(culprit), self.tokens.str(at));
        let finding = Diagnostic::error(
            codes::BRACKET,
            self.tokens.span(culprit),
            format!("this `{written}` is not closed before `{closing}`"),
        )
        .with_secondary(self.tokens.span(at), format!("this closes what is around the `{written}`"))
        .with_help(format!("put a `{}` where it ends", other_half(written)));
        if let Some(current) = self.current.as_mut() {
            current.findings.push(finding);
        }
    }
}

/// The bracket that closes an opening one.
fn other_half(opening: &str) -> &'static str {
    match opening {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}
