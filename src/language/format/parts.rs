//! A block as the grammar sees it, down to its tokens, with the comments that stand before each of them.

use crate::language::grammar::{Node, Rule};
use crate::language::scan;

/// A token, or a rule of the grammar and what it is made of.
#[derive(Debug)]
pub(super) enum Part {
    Token(Token),
    Node(Rule, Vec<Part>),
}

/// A token with what stands before it.
#[derive(Debug)]
pub(super) struct Token {
    /// The rule that it is; none for signs that are no rule of their own.
    pub rule: Option<Rule>,
    pub text: String,
    pub comments: Vec<Comment>,
    /// An empty line stands before it, behind its comments.
    pub blank: bool,
    /// A clause begins with it, before which empty lines are kept.
    pub leads: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Comment {
    pub text: String,
    /// It stands behind code on its line.
    pub trailing: bool,
    /// An empty line stands before it.
    pub blank: bool,
}

impl Part {
    /// Its first token.
    pub fn first(&self) -> Option<&Token> {
        match self {
            Part::Token(token) => Some(token),
            Part::Node(_, parts) => parts.iter().find_map(Part::first),
        }
    }

    /// The same, to be changed.
    pub fn first_mut(&mut self) -> Option<&mut Token> {
        match self {
            Part::Token(token) => Some(token),
            Part::Node(_, parts) => parts.iter_mut().find_map(Part::first_mut),
        }
    }

    pub fn is(&self, rule: Rule) -> bool {
        match self {
            Part::Token(token) => token.rule == Some(rule),
            Part::Node(known, _) => *known == rule,
        }
    }

    /// True when it is this sign or word and nothing else.
    pub fn is_token(&self, text: &str) -> bool {
        matches!(self, Part::Token(token) if token.text == text && token.rule != Some(Rule::string))
    }
}

/// Cuts a text, block after block, into parts, and hands out the comments on the way.
#[derive(Debug)]
pub(super) struct Cutter<'s> {
    text: &'s str,
    comments: &'s [(usize, usize)],
    /// The comments that were handed out.
    taken: usize,
    /// Where the last token or comment ended.
    at: usize,
    /// True when that was a token.
    behind_code: bool,
    /// The last two tokens of numbers decide between `day` and `days`.
    numbers: [Option<bool>; 2],
}

impl<'s> Cutter<'s> {
    pub fn new(text: &'s str, comments: &'s [(usize, usize)]) -> Cutter<'s> {
        Cutter { text, comments, taken: 0, at: 0, behind_code: false, numbers: [None; 2] }
    }

    /// A block that begins at a byte of the text.
    pub fn block(&mut self, node: &Node<'_>, base: usize) -> Part {
        let parts = node.clone().into_inner().filter(|inner| inner.as_rule() != Rule::EOI);
        let parts = parts.map(|inner| self.part(node.as_rule(), &inner, base)).collect();
        Part::Node(node.as_rule(), parts)
    }

    fn part(&mut self, parent: Rule, node: &Node<'_>, base: usize) -> Part {
        let range = node.as_span();
        let is_whole = matches!(node.as_rule(), Rule::path | Rule::profile_path);
        let mut inner = node.clone().into_inner().peekable();
        if is_whole || inner.peek().is_none() {
            let text = node.as_str().trim();
            let mut token = self.token(Some(node.as_rule()), text, base + range.start());
            if node.as_rule() == Rule::weekday {
                token.text = weekday(text, parent).to_owned();
            }
            return Part::Token(token);
        }
        let mut parts = Vec::new();
        let mut at = range.start();
        for child in inner {
            self.signs(base + at, base + child.as_span().start(), &mut parts);
            at = child.as_span().end();
            parts.push(self.part(node.as_rule(), &child, base));
        }
        self.signs(base + at, base + range.end(), &mut parts);
        Part::Node(node.as_rule(), parts)
    }

    /// What stands between two rules of the grammar: signs that are no rules, if any.
    fn signs(&mut self, from: usize, to: usize, parts: &mut Vec<Part>) {
        let gap = self.text.get(from..to).unwrap_or_default();
        if gap.trim().is_empty() {
            return;
        }
        for sign in scan::scan(gap).tokens {
            let text = gap.get(sign.start..sign.end).unwrap_or_default();
            parts.push(Part::Token(self.token(None, text, from + sign.start)));
        }
    }

    fn token(&mut self, rule: Option<Rule>, text: &str, start: usize) -> Token {
        let comments = self.comments_before(start);
        let blank = self.is_blank(self.at, start);
        self.at = start + text.len();
        self.behind_code = true;
        let text = self.spelt(rule, text);
        Token { rule, text, comments, blank, leads: false }
    }

    /// The comments from the last token on that begin before a byte.
    pub fn comments_before(&mut self, start: usize) -> Vec<Comment> {
        let mut found = Vec::new();
        while let Some((from, to)) = self.comments.get(self.taken).filter(|(from, _)| *from < start) {
            let gap = self.text.get(self.at..*from).unwrap_or_default();
            found.push(Comment {
                text: self.text.get(*from..*to).unwrap_or_default().trim_end().to_owned(),
                trailing: self.behind_code && !gap.contains('\n'),
                blank: self.is_blank(self.at, *from),
            });
            self.taken += 1;
            self.at = *to;
            self.behind_code = false;
        }
        found
    }

    /// The comment behind the last token on its line, if there is one.
    pub fn comment_behind(&mut self) -> Option<Comment> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let line_end = self.at + rest.find('\n').unwrap_or(rest.len());
        self.comments_before(line_end).pop()
    }

    fn is_blank(&self, from: usize, to: usize) -> bool {
        let gap = self.text.get(from..to).unwrap_or_default();
        from > 0 && gap.bytes().filter(|byte| *byte == b'\n').count() > 1
    }

    /// What has two spellings of one thing gets one.
    fn spelt(&mut self, rule: Option<Rule>, text: &str) -> String {
        let counted = self.numbers.iter().find_map(|number| *number);
        let number = (rule == Some(Rule::number)).then(|| text == "1");
        let [last, _] = self.numbers;
        self.numbers = [number, last];
        match (rule, counted) {
            (Some(Rule::unit | Rule::kw_times), Some(is_one)) => {
                let one = text.strip_suffix('s').unwrap_or(text);
                if is_one { one.to_owned() } else { format!("{one}s") }
            }
            _ => text.to_owned(),
        }
    }
}

/// `sunday` where a day stands alone, `sun` in lists and ranges.
fn weekday(text: &str, parent: Rule) -> &str {
    const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let short = text.get(..3).unwrap_or(text);
    match parent {
        Rule::week_clause | Rule::nth_weekday => {
            NAMES.into_iter().find(|name| name.starts_with(short)).unwrap_or(text)
        }
        _ => short,
    }
}
