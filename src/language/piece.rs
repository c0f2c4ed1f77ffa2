use std::borrow::Cow;

use super::scan::{Token, scan, span};
use super::{FileId, Span};

/// A stretch of a source to be parsed alone, as it is or mended, which knows where each of its bytes was written.
#[derive(Debug)]
pub(super) struct Piece<'s> {
    file: FileId,
    /// What is parsed.
    pub text: Cow<'s, str>,
    /// Where in the source the text begins.
    base: usize,
    /// Where the text differs from the source, in order.
    shifts: Vec<Shift>,
    /// The tokens of the text.
    tokens: Cow<'s, [Token]>,
    /// What to take from a token's place for one in the text.
    token_base: usize,
}

/// A replaced stretch: these bytes of the text stand for those of the source.
#[derive(Debug, Clone, Copy)]
struct Shift {
    start: usize,
    end: usize,
    source_start: usize,
    source_end: usize,
}

/// Text to put in the place of a stretch of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// The first byte in the source.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// What stands there instead.
    pub text: String,
}

impl<'s> Piece<'s> {
    /// A stretch of a source as it is, with the tokens that lie in it.
    pub fn new(file: FileId, source: &'s str, start: usize, end: usize, tokens: &'s [Token]) -> Piece<'s> {
        Piece {
            file,
            text: Cow::Borrowed(source.get(start..end).unwrap_or("")),
            base: start,
            shifts: Vec::new(),
            tokens: Cow::Borrowed(tokens),
            token_base: start,
        }
    }

    /// The same stretch with replacements; `edits` are in order and do not overlap.
    pub fn mended(
        file: FileId,
        source: &'s str,
        start: usize,
        end: usize,
        edits: impl IntoIterator<Item = Edit>,
    ) -> Piece<'s> {
        let mut text = String::new();
        let mut shifts = Vec::new();
        let mut at = start;
        for edit in edits {
            let Some(kept) = source.get(at..edit.start) else { continue };
            text.push_str(kept);
            let begin = text.len();
            text.push_str(&edit.text);
            shifts.push(Shift {
                start: begin,
                end: text.len(),
                source_start: edit.start,
                source_end: edit.end,
            });
            at = edit.end;
        }
        text.push_str(source.get(at..end).unwrap_or(""));
        let tokens = scan(&text).tokens;
        Piece { file, text: Cow::Owned(text), base: start, shifts, tokens: Cow::Owned(tokens), token_base: 0 }
    }

    /// The place in the source of bytes of the text, without white space and comments at the end.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let end = self.trimmed(start, end);
        span(self.file, self.source(start, false), self.source(end, true))
    }

    /// The place in the source of the token at a byte of the text, or the end of the last token before it.
    pub fn token_at(&self, at: usize) -> Option<(Token, Span)> {
        let index = self.tokens.partition_point(|token| token.end <= at + self.token_base);
        let token = *self.tokens.get(index)?;
        let start = token.start.checked_sub(self.token_base)?;
        let end = token.end.checked_sub(self.token_base)?;
        Some((
            Token { start, end, ..token },
            span(self.file, self.source(start, false), self.source(end, true)),
        ))
    }

    /// The byte of the source at a byte of the text. Within a replacement, its start, or its end when asked for.
    pub fn source(&self, at: usize, end: bool) -> usize {
        let before = |shift: &Shift| if end { shift.start < at } else { shift.start <= at };
        let index = self.shifts.partition_point(before);
        match index.checked_sub(1).and_then(|index| self.shifts.get(index)) {
            None => self.base + at,
            Some(shift) if at > shift.end || (at == shift.end && !end) => shift.source_end + (at - shift.end),
            Some(shift) if end => shift.source_end,
            Some(shift) => shift.source_start,
        }
    }

    /// The place of the last token.
    pub fn last(&self) -> Option<Span> {
        let token = self.tokens.last()?;
        self.token_at(token.start.checked_sub(self.token_base)?).map(|(_, place)| place)
    }

    /// True at a replacement, or with nothing but white space between: what is wrong there may follow from it.
    pub fn is_near_an_edit(&self, at: usize) -> bool {
        let close = |from: usize, to: usize| self.text.get(from..to).is_some_and(|gap| gap.trim().is_empty());
        self.shifts.iter().any(|shift| {
            (shift.start <= at && at <= shift.end)
                || (at > shift.end && close(shift.end, at))
                || (at < shift.start && close(at, shift.start))
        })
    }

    /// The end of the last token that begins before `end`.
    fn trimmed(&self, start: usize, end: usize) -> usize {
        let index = self.tokens.partition_point(|token| token.start < end + self.token_base);
        let last = index.checked_sub(1).and_then(|index| self.tokens.get(index));
        last.map_or(end, |token| token.end.saturating_sub(self.token_base).clamp(start, end.max(start)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_mended_text_are_those_of_the_source() {
        let source = "x where a == 5   # why\n and";
        let edits = [Edit { start: 10, end: 12, text: "=".to_owned() }];
        let piece = Piece::mended(FileId(0), source, 2, source.len(), edits);
        assert_eq!(piece.text, "where a = 5   # why\n and");
        assert_eq!(piece.span(6, 11).range(), 8..14);
        assert_eq!(piece.span(8, 9).range(), 10..12);
        // White space and the comment are left out.
        assert_eq!(piece.span(6, 20).range(), 8..14);
        assert_eq!(piece.span(0, 5).range(), 2..7);
    }
}
