//! The bytes of one line of JSON, walked once. What is not as plain as most lines are gives none: the line is then read
//! by the reader of records, whose meaning and whose messages count. Other lines may follow: a line break is no space here.

/// A text without its quotes, by its place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether there are escapes in it.
    pub(super) escaped: bool,
}

/// A number as the reader of records has it: whole ones of 64 bits, floats for all others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Figure {
    Whole(i64),
    Float(f64),
}

/// A walk over a line.
pub(super) struct Scanner<'a> {
    line: &'a str,
    bytes: &'a [u8],
    at: usize,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// Powers of ten that are floats exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

const POWERS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// Marks the quotes, backslashes and control characters among eight bytes. The lowest byte that is marked is one of those; higher ones may
/// be marked by its borrow.
#[inline]
const fn stops(word: u64) -> u64 {
    // With one bit turned over a quote comes next to the control characters, which stay below it.
    let turned = word ^ (ONES * 2);
    let slash = word ^ (ONES * b'\\' as u64);
    (turned.wrapping_sub(ONES * 0x21) & !turned | slash.wrapping_sub(ONES) & !slash) & HIGH
}

/// How many digits eight bytes begin with, and the number that these are.
#[inline]
const fn digits(word: u64) -> (usize, u64) {
    let word = word ^ (ONES * b'0' as u64);
    // The lowest byte that is marked is above nine; higher ones may be marked by its carry.
    let marks = (word.wrapping_add(ONES * 0x76) | word) & HIGH;
    let count = marks.trailing_zeros() / 8;
    // Noughts before them, then pairs, fours and all eight of them are put together.
    let word = word.unbounded_shl(64 - 8 * count);
    let pairs = word.wrapping_mul(10).wrapping_add(word >> 8);
    let mask = 0x0000_00ff_0000_00ff;
    let high = (pairs & mask).wrapping_mul(100 + (1_000_000 << 32));
    let low = ((pairs >> 16) & mask).wrapping_mul(1 + (10_000 << 32));
    (count as usize, high.wrapping_add(low) >> 32)
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(line: &'a str) -> Scanner<'a> {
        Scanner { line, bytes: line.as_bytes(), at: 0 }
    }

    /// The next byte that is no space; it is not passed.
    #[inline]
    pub(super) fn token(&mut self) -> Option<u8> {
        match self.peek()? {
            b' ' | b'\t' | b'\r' => self.behind_spaces(),
            byte => Some(byte),
        }
    }

    #[cold]
    fn behind_spaces(&mut self) -> Option<u8> {
        loop {
            match self.peek()? {
                b' ' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// The next byte, whatever it is.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Where it stands.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// What is not passed yet.
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Passes so many bytes, which are known.
    #[inline]
    pub(super) const fn pass(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Passes a byte that must come next.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> Option<()> {
        if self.token()? != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// Passes a byte if it comes next.
    #[inline]
    pub(super) fn takes(&mut self, byte: u8) -> bool {
        self.take(byte).is_some()
    }

    /// Passes what comes next if it is one of two: whether it is the first.
    #[inline]
    pub(super) fn either(&mut self, first: u8, second: u8) -> Option<bool> {
        let byte = self.token()?;
        self.at += 1;
        if byte == first {
            return Some(true);
        }
        (byte == second).then_some(false)
    }

    /// Whether nothing follows in this line.
    #[inline]
    pub(super) fn is_done(&mut self) -> bool {
        matches!(self.token(), None | Some(b'\n'))
    }

    /// The text whose opening quote comes next.
    #[inline]
    pub(super) fn text(&mut self) -> Option<Span> {
        self.take(b'"')?;
        self.text_behind_quote()
    }

    /// The text whose opening quote was passed.
    #[inline]
    pub(super) fn text_behind_quote(&mut self) -> Option<Span> {
        let (start, mut escaped) = (self.at, false);
        loop {
            let rest = self.bytes.get(self.at..)?;
            let (passed, byte) = match rest.first_chunk::<8>() {
                Some(chunk) => {
                    let word = u64::from_le_bytes(*chunk);
                    let marks = stops(word);
                    if marks == 0 {
                        self.at += 8;
                        continue;
                    }
                    let bits = marks.trailing_zeros() & !7;
                    ((bits / 8) as usize, (word >> bits) as u8)
                }
                None => {
                    let passed = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
                    (passed, *rest.get(passed)?)
                }
            };
            self.at += passed;
            match byte {
                b'"' => {
                    let end = self.at;
                    self.at += 1;
                    return Some(Span { start, end, escaped });
                }
                b'\\' => {
                    escaped = true;
                    self.at += 2;
                }
                _ => return None,
            }
        }
    }

    /// The name of a field, and its colon; none if it has escapes.
    pub(super) fn name(&mut self) -> Option<&'a str> {
        let span = self.text()?;
        if span.escaped {
            return None;
        }
        self.take(b':')?;
        self.letters(span)
    }

    /// The letters of a text as they are written.
    #[inline]
    pub(super) fn letters(&self, span: Span) -> Option<&'a str> {
        self.line.get(span.start..span.end)
    }

    /// The text that its escapes stand for; none if they stand for none.
    #[cold]
    pub(super) fn unescaped(&self, span: Span) -> Option<String> {
        serde_json::from_str(self.line.get(span.start.checked_sub(1)?..span.end + 1)?).ok()
    }

    /// The number that comes next.
    #[inline]
    pub(super) fn number(&mut self) -> Option<Figure> {
        // Most are whole and have few digits.
        if let Some(chunk) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_le_bytes(*chunk);
            let (count, number) = digits(word);
            let is_plain = count == 1 || count > 1 && word as u8 != b'0';
            let next = (word >> ((8 * count) & 63)) as u8;
            if is_plain && count < 8 && matches!(next, b',' | b'}') {
                self.at += count;
                return i64::try_from(number).ok().map(Figure::Whole);
            }
        }
        self.any_number()
    }

    #[inline(never)]
    fn any_number(&mut self) -> Option<Figure> {
        let start = self.at;
        let negative = self.bytes.get(start) == Some(&b'-');
        let first = if negative { start + 1 } else { start };
        let (mut digits, mut at) = self.digits(first, 0);
        let whole = at - first;
        if whole == 0 || whole > 1 && self.bytes.get(first) == Some(&b'0') {
            return None;
        }
        let next = self.bytes.get(at).copied();
        if !matches!(next, Some(b'.' | b'e' | b'E')) {
            self.at = at;
            if whole <= 18 {
                let number = i64::try_from(digits).ok()?;
                // Minus nought is a float.
                return (number != 0 || !negative).then_some(Figure::Whole(if negative {
                    -number
                } else {
                    number
                }));
            }
            return self.line.get(start..at)?.parse().ok().map(Figure::Whole);
        }
        let mut places = 0;
        if next == Some(b'.') {
            at += 1;
            let point = at;
            (digits, at) = self.digits(point, digits);
            places = at - point;
            if places == 0 {
                return None;
            }
        }
        let powered = matches!(self.bytes.get(at), Some(b'e' | b'E'));
        if powered {
            at += 1;
            if matches!(self.bytes.get(at), Some(b'+' | b'-')) {
                at += 1;
            }
            let power = at;
            while self.digit(at).is_some() {
                at += 1;
            }
            if at == power {
                return None;
            }
        }
        self.at = at;
        // Two floats that are exact have a quotient that is rounded once, as it must be.
        if !powered
            && whole + places <= 19
            && digits < 1 << 53
            && let Some(tens) = TENS.get(places)
        {
            let number = digits as f64 / tens;
            return Some(Figure::Float(if negative { -number } else { number }));
        }
        self.line.get(start..at)?.parse().ok().filter(|number: &f64| number.is_finite()).map(Figure::Float)
    }

    /// A number that goes on with the digits that stand here, to 64 bits, and where they end.
    #[inline]
    fn digits(&self, mut at: usize, mut number: u64) -> (u64, usize) {
        while let Some(chunk) = self.bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let (count, digits) = digits(u64::from_le_bytes(*chunk));
            number = number.wrapping_mul(POWERS.get(count).copied().unwrap_or(1)).wrapping_add(digits);
            at += count;
            if count < 8 {
                return (number, at);
            }
        }
        while let Some(digit) = self.digit(at) {
            number = number.wrapping_mul(10).wrapping_add(digit);
            at += 1;
        }
        (number, at)
    }

    #[inline]
    fn digit(&self, at: usize) -> Option<u64> {
        let digit = self.bytes.get(at)?.wrapping_sub(b'0');
        (digit < 10).then_some(digit.into())
    }

    /// Passes `true`, `false` or `null`, of which the first letter comes next.
    #[inline]
    pub(super) fn word(&mut self, word: &str) -> Option<()> {
        if !self.bytes.get(self.at..)?.starts_with(word.as_bytes()) {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    /// Passes a value, of at most so many lists and objects in each other and so many values.
    pub(super) fn skip(&mut self, depth: usize, values: &mut usize) -> Option<()> {
        *values = values.checked_sub(1)?;
        match self.token()? {
            b'"' => {
                self.at += 1;
                let span = self.text_behind_quote()?;
                if span.escaped {
                    self.unescaped(span)?;
                }
                Some(())
            }
            b'{' => {
                let depth = depth.checked_sub(1)?;
                self.take(b'{')?;
                if self.takes(b'}') {
                    return Some(());
                }
                loop {
                    if self.text()?.escaped {
                        return None;
                    }
                    self.take(b':')?;
                    self.skip(depth, values)?;
                    if !self.either(b',', b'}')? {
                        return Some(());
                    }
                }
            }
            b'[' => {
                let depth = depth.checked_sub(1)?;
                self.take(b'[')?;
                if self.takes(b']') {
                    return Some(());
                }
                loop {
                    self.skip(depth, values)?;
                    if !self.either(b',', b']')? {
                        return Some(());
                    }
                }
            }
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number().map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Figure, Scanner};

    /// A number with nothing behind it, which is the same whatever stands behind it.
    fn number(text: &str) -> Option<Figure> {
        let mut scanner = Scanner::new(text);
        let alone = scanner.number().filter(|_| scanner.is_done());
        for behind in [",12345678", "}        ", " ,       "] {
            let line = format!("{text}{behind}");
            let mut scanner = Scanner::new(&line);
            let among_others = scanner.number().filter(|_| scanner.at() == text.len());
            assert_eq!(among_others, alone, "{line}");
        }
        alone
    }

    #[test]
    fn numbers_are_those_of_json_to_the_last_bit() {
        for text in [
            "0",
            "7",
            "-7",
            "12.5",
            "-0.0",
            "0.1",
            "0.30000000000000004",
            "1e3",
            "1E-7",
            "123456789012345678",
            "9223372036854775807",
            "-9223372036854775808",
            "9007199254740993.0",
            "1234567890.123456789",
            "5e-324",
            "0.0000000000000000000000001",
            "179769313486231570000000000000.0",
        ] {
            let json: serde_json::Value = serde_json::from_str(text).unwrap();
            match number(text) {
                Some(Figure::Whole(whole)) => assert_eq!(json.as_i64(), Some(whole), "{text}"),
                Some(Figure::Float(float)) => {
                    assert!(json.is_f64(), "{text}");
                    assert_eq!(json.as_f64().map(f64::to_bits), Some(float.to_bits()), "{text}");
                }
                None => panic!("{text}"),
            }
        }
        for text in [
            "",
            "-",
            "01",
            "-01",
            "1.",
            ".5",
            "1e",
            "1e+",
            "+1",
            "--1",
            "-0",
            "1e400",
            "18446744073709551615",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn digits_are_read_wherever_they_end() {
        for length in 0..=8_u32 {
            for next in [b',', b'}', b'/', b':', b' ', b'.', b'-', b'e', 0, 0x7f, 0x80, 0xff] {
                let mut bytes = [next; 8];
                let text = b"90817263".get(..length as usize).unwrap();
                bytes[..text.len()].copy_from_slice(text);
                let expected = text.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
                assert_eq!(super::digits(u64::from_le_bytes(bytes)), (text.len(), expected), "{bytes:?}");
            }
        }
    }

    #[test]
    fn what_ends_a_text_is_marked_and_nothing_before_it() {
        for place in 0..8 {
            for byte in 0..=255_u8 {
                for others in [b'a', b' ', b'!', b'#', 0x7f, 0x80, 0xff] {
                    let mut bytes = [others; 8];
                    bytes[place] = byte;
                    let marks = super::stops(u64::from_le_bytes(bytes));
                    let stops = matches!(byte, b'"' | b'\\' | 0..0x20);
                    assert_eq!(marks != 0, stops, "{bytes:?}");
                    assert!(!stops || marks.trailing_zeros() as usize / 8 == place, "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn a_text_ends_at_its_quote_wherever_that_stands() {
        for length in 0..40 {
            for text in ["é".repeat(length), "a".repeat(length), format!("{}\\\"", "b".repeat(length))] {
                for behind in ["", "}", ",\"next\":1}        "] {
                    let line = format!("  \"{text}\"{behind}");
                    let mut scanner = Scanner::new(&line);
                    let span = scanner.text().unwrap();
                    assert_eq!(scanner.letters(span), Some(&*text));
                    assert_eq!(span.escaped, text.contains('\\'));
                    assert_eq!(scanner.token(), behind.bytes().next());
                }
            }
        }
        for broken in ["\"abc", "\"a\tb\"", "\"0123456789\nab\"", "\"a\\\"", "abc\""] {
            assert_eq!(Scanner::new(broken).text(), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn decimals_are_exact(whole in any::<u32>(), places in "[0-9]{1,20}", negative in any::<bool>()) {
            let text = format!("{}{whole}.{places}", if negative { "-" } else { "" });
            prop_assert_eq!(number(&text), Some(Figure::Float(text.parse().unwrap())));
        }

        #[test]
        fn what_is_passed_is_json(text in r#"[\[\]{}:,"\\a0-9.eE+\-tnulrfs ]{0,12}"#) {
            let mut scanner = Scanner::new(&text);
            if scanner.skip(10, &mut 100).is_some() && scanner.is_done() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
            }
        }
    }
}
