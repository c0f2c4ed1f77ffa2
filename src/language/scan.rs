//! One pass over the text, before any grammar: words, numbers, texts, brackets, signs and comments with their places.
//!
//! It takes any text and never fails. What it finds serves to keep comments, to cut a file into blocks and clauses, and
//! to recognise habits of other languages; what is valid is the grammar's to say.

use super::{FileId, Span};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A letter or `_`, then letters, digits and `_`.
    Word,
    /// A digit, then what sticks to it: `500`, `20_000`, `09:00`, `2026-11-03`, `3%`, `2h`.
    Number,
    /// Text in straight double quotes that ends on its line.
    Text,
    /// Text in curly or single quotes that ends on its line.
    OddText,
    /// A quote whose text does not end on its line.
    OpenText,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// A comment as other languages write it: `// …`, `-- …`, `/* … */`.
    OddComment,
    /// A character that shows nothing and is no white space.
    Invisible,
    /// Any other sign; those that belong together are one: `==`, `<=`, `&&`, `..`.
    Sign,
}

/// A piece of the text, by bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub kind: Kind,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// True when only white space precedes it on its line.
    pub leads: bool,
}

/// The tokens and comments of a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Scan {
    /// Without white space and comments.
    pub tokens: Vec<Token>,
    /// Bytes of each comment, from `#` to before the end of its line.
    pub comments: Vec<(usize, usize)>,
}

/// The comments of a text in order, each from its `#` to before the end of its line.
///
/// A `#` inside of quotes begins none.
///
/// # Example
/// ```
/// use campanile::language::{FileId, comments};
/// let found = comments("gap 15 minutes # between two \"messages\"\n", FileId(0));
/// assert_eq!(found[0].range(), 15..39);
/// ```
pub fn comments(text: &str, file: FileId) -> Vec<Span> {
    scan(text).comments.into_iter().map(|(start, end)| span(file, start, end)).collect()
}

/// A span of places within a text that is known to be shorter than 4 GiB.
pub(super) fn span(file: FileId, start: usize, end: usize) -> Span {
    let narrow = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    Span::new(file, narrow(start), narrow(end))
}

/// White space of the language: between words any of it means the same.
pub(super) fn is_space(character: char) -> bool {
    matches!(
        character,
        ' ' | '\t' | '\r' | '\n' | '\u{A0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200A}' | '\u{2028}' | '\u{2029}' | '\u{202F}' | '\u{205F}' | '\u{3000}'
    )
}

/// Signs of more than one character, longest first.
const LONG_SIGNS: [&str; 16] =
    ["===", "!==", "...", "==", "!=", "<=", ">=", "<>", "=>", "=<", "&&", "||", "..", "->", ":=", "~="];

/// Cuts a text into tokens.
pub(super) fn scan(text: &str) -> Scan {
    let mut scan = Scan::default();
    let mut leads = true;
    let mut at = 0;
    while let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or("");
        if is_space(character) || (character == '\u{FEFF}' && at == 0) {
            leads |= character == '\n' || character == '\r';
            at += character.len_utf8();
            continue;
        }
        if character == '#' {
            let length = line(rest).len();
            scan.comments.push((at, at + length));
            at += length;
            continue;
        }
        let (kind, length) = token(rest, character);
        scan.tokens.push(Token { kind, start: at, end: at + length, leads });
        leads = false;
        at += length;
    }
    scan
}

/// The text up to before the end of its line.
fn line(text: &str) -> &str {
    text.find(['\n', '\r']).and_then(|end| text.get(..end)).unwrap_or(text)
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    match first {
        '"' => quoted(rest, '"', Kind::Text),
        '“' | '”' | '„' | '«' | '»' => quoted_oddly(rest, first, &['“', '”', '«', '»', '"']),
        '\'' | '‘' | '’' | '‚' | '`' => quoted_oddly(rest, first, &['\'', '‘', '’', '`']),
        '(' | '[' | '{' => (Kind::Open, 1),
        ')' | ']' | '}' => (Kind::Close, 1),
        '0'..='9' => (Kind::Number, number(rest)),
        '_' => (Kind::Word, word(rest)),
        _ if first.is_alphabetic() => (Kind::Word, word(rest)),
        '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{AD}' => {
            (Kind::Invisible, first.len_utf8())
        }
        _ if first.is_control() => (Kind::Invisible, first.len_utf8()),
        _ if rest.starts_with("//") || rest.starts_with("--") => (Kind::OddComment, line(rest).len()),
        _ if rest.starts_with("/*") => (Kind::OddComment, rest.find("*/").map_or(rest.len(), |end| end + 2)),
        _ => {
            let long = LONG_SIGNS.iter().find(|sign| rest.starts_with(**sign));
            (Kind::Sign, long.map_or(first.len_utf8(), |sign| sign.len()))
        }
    }
}

fn word(rest: &str) -> usize {
    rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
}

/// Digits, and all that sticks to them; `..` never does, so that `09:00..21:00` is three tokens.
fn number(rest: &str) -> usize {
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next_is_digit = characters.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        let sticks = character.is_alphanumeric()
            || matches!(character, '_' | '%')
            || (matches!(character, '.' | ':' | '/' | '-') && next_is_digit);
        if !sticks {
            return at;
        }
    }
    rest.len()
}

/// From a straight quote to its end, which a backslash hides.
fn quoted(rest: &str, quote: char, closed: Kind) -> (Kind, usize) {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            '\n' | '\r' => return open_text(rest, at),
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return (closed, at + character.len_utf8()),
            _ => {}
        }
    }
    open_text(rest, rest.len())
}

fn quoted_oddly(rest: &str, first: char, ends: &[char]) -> (Kind, usize) {
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            '\n' | '\r' => break,
            _ if ends.contains(&character) => return (Kind::OddText, at + character.len_utf8()),
            _ => {}
        }
    }
    (Kind::Sign, first.len_utf8())
}

/// A text without its closing quote ends with its line, but leaves out brackets at the line's end: `campaign c "Title {`
/// still opens its block.
fn open_text(rest: &str, line_end: usize) -> (Kind, usize) {
    let line = rest.get(..line_end).unwrap_or("");
    let kept = line.trim_end_matches(|c: char| c.is_whitespace() || "(){}[],".contains(c));
    (Kind::OpenText, kept.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(Kind, &str)> {
        scan(text).tokens.iter().map(|token| (token.kind, &text[token.start..token.end])).collect()
    }

    #[test]
    fn hours_dates_and_ranges_are_told_apart() {
        assert_eq!(
            pieces("09:00..21:00 2026-11-03 3% -1.5 20_000"),
            [
                (Kind::Number, "09:00"),
                (Kind::Sign, ".."),
                (Kind::Number, "21:00"),
                (Kind::Number, "2026-11-03"),
                (Kind::Number, "3%"),
                (Kind::Sign, "-"),
                (Kind::Number, "1.5"),
                (Kind::Number, "20_000"),
            ]
        );
    }

    #[test]
    fn a_text_holds_brackets_and_comment_signs() {
        assert_eq!(pieces(r##""{{ a }} # \" b" # c"##), [(Kind::Text, r##""{{ a }} # \" b""##)]);
    }

    #[test]
    fn an_open_text_ends_with_its_line_and_leaves_the_brace() {
        assert_eq!(
            pieces("campaign c \"Title {\nwait"),
            [
                (Kind::Word, "campaign"),
                (Kind::Word, "c"),
                (Kind::OpenText, "\"Title"),
                (Kind::Open, "{"),
                (Kind::Word, "wait"),
            ]
        );
    }

    #[test]
    fn a_comment_ends_at_every_kind_of_line_end() {
        let text = "# a\r\n# b\rgap # c";
        let found = scan(text);
        let comments: Vec<_> = found.comments.iter().map(|(start, end)| &text[*start..*end]).collect();
        assert_eq!(comments, ["# a", "# b", "# c"]);
        assert_eq!(found.tokens.len(), 1);
    }
}
