//! The reader: from the text of a file to its items and to all that is wrong with it.

use std::ops::Range;

use super::ast::{Campaign, Item, Settings};
use super::blocks::{self, Block, BlockKind, Tokens};
use super::grammar::{self, Mismatch, Node, Rule};
use super::piece::Piece;
use super::read::{Reader, fault, snake};
use super::scan::{Kind, Token, scan, span};
use super::{Diagnostic, FileId, Sources, Span, clauses, codes, expected, mend, without_places};

/// The largest file that is read, in bytes. Rules are written by people; lists of users are files of their own.
pub const LARGEST_FILE: usize = 16 * 1024 * 1024;

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// The blocks that could be read, in order. A campaign or settings of which only some clauses could be read is
    /// among them too, without the others.
    pub items: Vec<Item>,
    /// All that is wrong with the file's syntax, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Blocks that could not be read, or not in full: who looks for names and required clauses must not report what
    /// only follows from that.
    pub unread: Vec<Unread>,
    /// Every comment, from its `#` to before the end of its line.
    pub comments: Vec<Span>,
}

/// A block that could not be read, or not in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// What it declares; none for a block of unknown kind.
    pub kind: Option<ItemKind>,
    /// The name that it declares, as far as it can be told.
    pub name: Option<String>,
    /// The whole block: the span of its item, if there is one.
    pub span: Span,
}

/// What a block declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// `settings`
    Settings,
    /// `event`
    Event,
    /// `profile`
    Profile,
    /// `list`
    List,
    /// `segment`
    Segment,
    /// `campaign`
    Campaign,
    /// `test`
    Test,
}

/// Reads a file of a rulebook. Takes any text, in time linear in its length.
///
/// All findings of the file are reported, each once, and none that only follows from another. A block is read whether
/// or not others are sound.
///
/// # Example
/// ```
/// use campanile::language::{Sources, ast::Item, parse};
/// let mut sources = Sources::new();
/// let file = sources.add("shop.camp", r#"segment buyers = did "Charged" in last 90 days"#);
/// let parsed = parse(&sources, file);
/// assert!(parsed.diagnostics.is_empty());
/// assert!(matches!(&parsed.items[..], [Item::Segment(segment)] if segment.name.node == "buyers"));
/// ```
///
/// # Example: everything that is wrong is reported at once
/// ```
/// use campanile::language::{Sources, parse};
/// let mut sources = Sources::new();
/// let file = sources.add("shop.camp", "settings { gap 10 mins control group 300% }");
/// assert_eq!(parse(&sources, file).diagnostics.len(), 2);
/// ```
pub fn parse(sources: &Sources, file: FileId) -> Parsed {
    read(sources, file, None)
}

/// Reads a file as [`parse`] does, and says of each clause of its settings and campaigns where it stands and what it says.
pub(crate) fn outline(sources: &Sources, file: FileId) -> (Parsed, Vec<Outlined>) {
    let mut outlined = Vec::new();
    let parsed = read(sources, file, Some(&mut outlined));
    (parsed, outlined)
}

/// A clause of settings or of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outlined {
    /// The block that it stands in.
    pub block: Span,
    /// What messages call it: `` `wait` ``.
    pub name: &'static str,
    /// The name that it gives to something: a control group's.
    pub defines: Option<String>,
    /// The whole clause.
    pub span: Span,
    /// What it says, however it is laid out: equal for clauses that mean the same.
    pub shape: String,
}

fn read(sources: &Sources, file: FileId, outlined: Option<&mut Vec<Outlined>>) -> Parsed {
    let text = sources.text(file);
    if text.len() > LARGEST_FILE {
        let finding = Diagnostic::error(
            codes::TOO_LARGE,
            span(file, 0, 0),
            format!("this file is larger than {} megabytes", LARGEST_FILE / 1024 / 1024),
        )
        .with_help("keep rules in several files; lists of users belong into files of their own: `list vip from \"vip.csv\"`");
        let unread = Unread { kind: None, name: None, span: span(file, 0, text.len()) };
        return Parsed { diagnostics: vec![finding], unread: vec![unread], ..Parsed::default() };
    }
    let scan = scan(text);
    let comments = scan.comments.iter().map(|(start, end)| span(file, *start, *end)).collect();
    let mut tokens = Tokens::new(file, text, scan);
    let mut findings = Vec::new();
    let blocks = blocks::cut(&mut tokens, &mut findings);
    let parsed = Parsed { comments, ..Parsed::default() };
    let mut run = Run { tokens: &tokens, parsed, findings, outlined };
    for block in &blocks {
        run.block(block);
    }
    let mut parsed = run.parsed;
    parsed.diagnostics = run.findings;
    parsed.diagnostics.sort_by_key(|finding| (finding.primary.span.start, finding.primary.span.end));
    parsed
}

/// A file on its way through the reader.
pub(super) struct Run<'t, 's, 'o> {
    tokens: &'t Tokens<'s>,
    parsed: Parsed,
    findings: Vec<Diagnostic>,
    /// The clauses one by one, where they are asked for.
    outlined: Option<&'o mut Vec<Outlined>>,
}

/// The clauses of a block that could be read, with their places.
struct Clauses<T> {
    read: Vec<(T, Span)>,
    /// True when nothing was left out.
    whole: bool,
}

impl<'t> Run<'t, '_, '_> {
    #[cfg(feature = "config")]
    /// Reads tokens that stand for themselves; with all that is wrong with them.
    pub(super) fn alone<T>(
        tokens: &'t Tokens<'_>,
        rule: Rule,
        how: impl Fn(&mut Reader<'_, '_>, &Node<'_>) -> Option<T>,
    ) -> (Option<T>, Vec<Diagnostic>) {
        let mut run = Run { tokens, parsed: Parsed::default(), findings: Vec::new(), outlined: None };
        let read = run.piece(rule, 0..tokens.list.len(), how);
        (read, run.findings)
    }

    fn block(&mut self, block: &Block) {
        let kind = match block.kind {
            BlockKind::Unknown => return self.unknown_block(block),
            BlockKind::Settings => ItemKind::Settings,
            BlockKind::Event => ItemKind::Event,
            BlockKind::Profile => ItemKind::Profile,
            BlockKind::List => ItemKind::List,
            BlockKind::Segment => ItemKind::Segment,
            BlockKind::Campaign => ItemKind::Campaign,
            BlockKind::Test => ItemKind::Test,
        };
        let place = self.tokens.place(&block.tokens);
        let clauses = block.open && matches!(kind, ItemKind::Settings | ItemKind::Campaign | ItemKind::Test);
        if !block.sound && !clauses {
            self.open_texts(&block.tokens);
            return self.unread(kind, block);
        }
        let tokens = block.tokens.clone();
        let item = match kind {
            ItemKind::Settings => return self.settings(block, place),
            ItemKind::Campaign => return self.campaign(block, place),
            ItemKind::Test => return self.test(block, place),
            ItemKind::Event => {
                self.piece(Rule::event_block, tokens, |reader, node| reader.event(node).map(Item::Event))
            }
            ItemKind::Profile => self
                .piece(Rule::profile_block, tokens, |reader, node| reader.profile(node).map(Item::Profile)),
            ItemKind::List => {
                self.piece(Rule::list_block, tokens, |reader, node| reader.list(node).map(Item::List))
            }
            ItemKind::Segment => self
                .piece(Rule::segment_block, tokens, |reader, node| reader.segment(node).map(Item::Segment)),
        };
        match item {
            Some(item) => self.parsed.items.push(item),
            None => self.unread(kind, block),
        }
    }

    fn settings(&mut self, block: &Block, place: Span) {
        let mut settings = Settings {
            span: place,
            time_zone: None,
            quiet_hours: None,
            caps: Vec::new(),
            gap: None,
            throttle: None,
            control_group: None,
            control_groups: Vec::new(),
            week_starts: None,
        };
        let clauses = self
            .clauses(block, Rule::settings_block, Rule::settings_piece, |reader, node| reader.setting(node));
        let mut whole = clauses.whole;
        let mut places: Vec<(&'static str, Span)> = Vec::new();
        for (setting, at) in clauses.read {
            let name = setting.name();
            let defines = setting.defines().map(str::to_owned);
            self.outline(place, name, defines, at, &setting);
            if setting.put(&mut settings) {
                places.push((name, at));
            } else {
                whole = false;
                self.twice(name, &places, at);
            }
        }
        self.parsed.items.push(Item::Settings(settings));
        if !whole {
            self.unread(ItemKind::Settings, block);
        }
    }

    fn campaign(&mut self, block: &Block, place: Span) {
        let head = block.brace.map(|brace| block.tokens.start..brace);
        let campaign: Option<Campaign> = head.and_then(|head| {
            self.piece(Rule::campaign_title, head, |reader, node| reader.campaign_head(node, place))
        });
        let clauses = self.clauses(block, Rule::campaign_block, Rule::campaign_piece, |reader, node| {
            reader.campaign_clause(node)
        });
        let Some(mut campaign) = campaign else { return self.unread(ItemKind::Campaign, block) };
        let mut whole = clauses.whole;
        let mut places: Vec<(&'static str, Span)> = Vec::new();
        for (clause, at) in clauses.read {
            let name = clause.name();
            self.outline(place, name, None, at, &clause);
            if clause.put(&mut campaign) {
                places.push((name, at));
            } else {
                whole = false;
                self.twice(name, &places, at);
            }
        }
        self.parsed.items.push(Item::Campaign(Box::new(campaign)));
        if !whole {
            self.unread(ItemKind::Campaign, block);
        }
    }

    fn outline(
        &mut self,
        block: Span,
        name: &'static str,
        defines: Option<String>,
        span: Span,
        clause: &impl std::fmt::Debug,
    ) {
        if let Some(outlined) = &mut self.outlined {
            outlined.push(Outlined { block, name, defines, span, shape: without_places(clause) });
        }
    }

    fn test(&mut self, block: &Block, place: Span) {
        let head = block.brace.map(|brace| block.tokens.start..brace);
        let test = head.and_then(|head| {
            self.piece(Rule::test_title, head, |reader, node| reader.test_head(node, place))
        });
        let clauses =
            self.clauses(block, Rule::test_block, Rule::test_piece, |reader, node| reader.test_clause(node));
        let Some(mut test) = test else { return self.unread(ItemKind::Test, block) };
        let mut whole = clauses.whole;
        let mut places: Vec<(&'static str, Span)> = Vec::new();
        for (clause, at) in clauses.read {
            let name = clause.name();
            if clause.put(&mut test) {
                places.push((name, at));
            } else {
                whole = false;
                self.twice(name, &places, at);
            }
        }
        self.parsed.items.push(Item::Test(Box::new(test)));
        if !whole {
            self.unread(ItemKind::Test, block);
        }
    }

    fn twice(&mut self, name: &'static str, places: &[(&'static str, Span)], at: Span) {
        let finding = Diagnostic::error(codes::TWICE, at, format!("{name} is written twice"));
        let finding = match places.iter().find(|(known, _)| *known == name) {
            Some((_, first)) => finding.with_secondary(*first, "first written here"),
            None => finding,
        };
        let help = match name {
            "the trigger" => "a campaign has one trigger; write a second campaign for the other",
            "`if`" => "join the conditions with `and` in one `if`",
            "`send`" => "a campaign sends one message; write a second campaign for the other",
            "`deliver`" | "`quiet hours`" => "join the windows with commas in one clause",
            _ => "keep one of them",
        };
        self.findings.push(finding.with_help(help));
    }

    /// The clauses of a block: of the whole block, which is the grammar's word on where they begin; when it cannot be
    /// parsed, of each alone.
    fn clauses<T>(
        &mut self,
        block: &Block,
        whole: Rule,
        alone: Rule,
        how: impl Fn(&mut Reader<'_, '_>, &Node<'_>) -> Option<(T, Span)>,
    ) -> Clauses<T> {
        let clause_rule = match whole {
            Rule::settings_block => Rule::settings_clause,
            Rule::test_block => Rule::test_clause,
            _ => Rule::campaign_clause,
        };
        let piece = self.as_written(&block.tokens);
        if let Ok(node) = grammar::parse(whole, &piece.text) {
            let mut reader = Reader::new(&piece, &mut self.findings);
            let mut clauses = Clauses { read: Vec::new(), whole: true };
            for clause in grammar::first(&node).iter().flat_map(|block| grammar::children(block, clause_rule))
            {
                match reader.read(&clause, &how) {
                    Some(read) => clauses.read.push(read),
                    None => clauses.whole = false,
                }
            }
            return clauses;
        }
        let Some(brace) = block.brace else {
            if !self.open_texts(&block.tokens) {
                self.findings.push(mend::no_braces(self.tokens, &block.tokens));
            }
            return Clauses { read: Vec::new(), whole: false };
        };
        let end = if block.open { block.tokens.end } else { block.tokens.end.saturating_sub(1) };
        let inside = brace + 1..end.max(brace + 1);
        let mut clauses = Clauses { read: Vec::new(), whole: !block.open };
        for range in clauses::cut(self.tokens, block.kind, inside) {
            match self.clause(alone, block.kind, range, &how) {
                Some(read) => clauses.read.push(read),
                None => clauses.whole = false,
            }
        }
        clauses
    }

    /// One clause alone; words after its end that begin no clause are an unknown one.
    fn clause<T>(
        &mut self,
        rule: Rule,
        kind: BlockKind,
        range: Range<usize>,
        how: &impl Fn(&mut Reader<'_, '_>, &Node<'_>) -> Option<(T, Span)>,
    ) -> Option<(T, Span)> {
        if let Some(findings) = clauses::refused(self.tokens, kind, &range) {
            self.findings.extend(findings);
            return None;
        }
        let piece = self.as_written(&range);
        if let Err(mismatch) = grammar::parse(rule, &piece.text)
            && let Some(unknown) = self.unknown_after(&range, &piece, &mismatch)
        {
            self.findings.extend(clauses::all_unknown(self.tokens, kind, &(unknown..range.end)));
            self.clause(rule, kind, range.start..unknown, how);
            return None;
        }
        self.piece(rule, range, |reader, node| reader.read_clause(node, how))
    }

    /// The token at the beginning of a line at which a piece could have ended, but went on.
    fn unknown_after(&self, range: &Range<usize>, piece: &Piece<'_>, mismatch: &Mismatch) -> Option<usize> {
        if !mismatch.expected.contains(&Rule::EOI) {
            return None;
        }
        let at = piece.source(mismatch.at, false);
        let index = self.tokens.list.partition_point(|token| token.end <= at);
        let token = self.tokens.get(index)?;
        let begins = token.leads && token.kind == Kind::Word && index > range.start && index < range.end;
        begins.then_some(index)
    }

    /// Tokens as they were written.
    fn as_written(&self, range: &Range<usize>) -> Piece<'t> {
        let tokens = self.tokens;
        let place = tokens.place(range).range();
        Piece::new(tokens.file, tokens.text, place.start, place.end, tokens.slice(range))
    }

    /// Parses tokens alone and reads them; when they do not follow the grammar, once more with the habits of other
    /// languages mended, each of which is a finding.
    fn piece<T>(
        &mut self,
        rule: Rule,
        range: Range<usize>,
        how: impl Fn(&mut Reader<'_, '_>, &Node<'_>) -> Option<T>,
    ) -> Option<T> {
        let piece = self.as_written(&range);
        let mismatch = match grammar::parse(rule, &piece.text) {
            Ok(node) => return self.read(&piece, &node, how),
            Err(mismatch) => mismatch,
        };
        if self.open_texts(&range) {
            return None;
        }
        let repairs = mend::repairs(self.tokens, &range);
        if repairs.is_empty() {
            self.findings.push(expected::finding(rule, &piece, &mismatch));
            return None;
        }
        let certain = repairs.iter().all(|repair| repair.certain);
        let edits = mend::edits(&repairs);
        let place = self.tokens.place(&range).range();
        let mended = Piece::mended(self.tokens.file, self.tokens.text, place.start, place.end, edits);
        self.findings.extend(repairs.into_iter().map(|repair| repair.finding));
        match grammar::parse(rule, &mended.text) {
            Ok(node) => self.read(&mended, &node, how).filter(|_| certain),
            Err(mismatch) => {
                if !mended.is_near_an_edit(mismatch.at) {
                    self.findings.push(expected::finding(rule, &mended, &mismatch));
                }
                None
            }
        }
    }

    fn read<T>(
        &mut self,
        piece: &Piece<'_>,
        node: &Node<'_>,
        how: impl Fn(&mut Reader<'_, '_>, &Node<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut reader = Reader::new(piece, &mut self.findings);
        match grammar::first(node) {
            Some(inner) => reader.read(&inner, how),
            None => {
                self.findings.push(fault(piece.span(0, piece.text.len())));
                None
            }
        }
    }

    /// Reports every text of a range that lacks its closing quote; false when there is none.
    fn open_texts(&mut self, range: &Range<usize>) -> bool {
        let mut found = false;
        for index in range.clone() {
            if self.tokens.of_kind(index, Kind::OpenText).is_some() {
                found = true;
                self.findings.push(mend::open_text(self.tokens, index));
            }
        }
        found
    }

    fn unknown_block(&mut self, block: &Block) {
        let span = self.tokens.place(&block.tokens);
        self.parsed.unread.push(Unread { kind: None, name: None, span });
        let open = self.open_texts(&block.tokens);
        if block.sound && !open {
            self.findings.push(mend::unknown_block(self.tokens, &block.tokens));
        }
    }

    /// Remembers a block that could not be read in full, with the name that it declares.
    fn unread(&mut self, kind: ItemKind, block: &Block) {
        let name = match kind {
            ItemKind::Settings | ItemKind::Profile | ItemKind::Test => None,
            _ => self.declared(block.tokens.start + 1),
        };
        self.parsed.unread.push(Unread { kind: Some(kind), name, span: self.tokens.place(&block.tokens) });
    }

    /// The name at a place as it was most likely meant: a text, or one or more words as one.
    fn declared(&self, at: usize) -> Option<String> {
        let quoted = |token: &Token| matches!(token.kind, Kind::Text | Kind::OddText | Kind::OpenText);
        if self.tokens.get(at).filter(quoted).is_some() {
            return Some(self.tokens.str(at).trim_matches(mend::is_quote).to_owned());
        }
        let words = (at..).map_while(|index| self.tokens.word(index));
        let first = self.tokens.word(at)?;
        let rest = words.skip(1).take_while(|word| !grammar::is_keyword(word));
        let is_event = self.tokens.str(at.saturating_sub(1)).eq_ignore_ascii_case("event");
        let name = std::iter::once(first).chain(rest).collect::<Vec<_>>().join(" ");
        Some(if is_event { name } else { snake(&name) })
    }
}
