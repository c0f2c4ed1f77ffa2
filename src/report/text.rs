use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with everything that a terminal would obey made visible: control characters as `\u{1b}`, likewise the
/// marks that turn the direction of writing.
///
/// A rule file, a property or a file name may come from anybody; printed as it is, it could move the cursor or hide a
/// part of a line.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_harmful(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

pub(super) fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A whole number with its thousands set apart: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A number with its noun: `1 error`, `2,000 errors`.
pub fn counted(number: u64, noun: &str) -> String {
    let mut shown = grouped(number);
    let plural = if number == 1 { "" } else { "s" };
    // Writing into memory cannot fail.
    let _ = write!(shown, " {noun}{plural}");
    shown
}

/// A length of time as a cell has room for: its two largest units, `2 d 3 h`, `12 min`, `1.5 s`.
pub fn brief(seconds: f64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    if seconds < 10.0 {
        // To a hundredth, without the zeros at its end.
        let text = format!("{seconds:.2}");
        return format!("{} s", text.trim_end_matches('0').trim_end_matches('.'));
    }
    let whole = seconds.round() as u64;
    let first = UNITS.iter().position(|(unit, _)| whole >= *unit).unwrap_or(UNITS.len() - 1);
    let mut rest = whole;
    let mut parts = Vec::new();
    for (unit, name) in UNITS.iter().skip(first).take(2) {
        if rest >= *unit {
            parts.push(format!("{} {name}", grouped(rest / unit)));
        }
        rest %= unit;
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_has_nothing_to_obey() {
        assert_eq!(harmless("cart_reminder ₹ é"), "cart_reminder ₹ é");
        assert_eq!(harmless("a\u{1b}[2Jb\r\n"), r"a\u{1b}[2Jb\r\n");
        assert_eq!(harmless("csi \u{9b}31m"), r"csi \u{9b}31m");
        assert_eq!(harmless("a\u{202e}b"), r"a\u{202e}b");
    }

    #[test]
    fn lengths_are_brief() {
        for (seconds, said) in [
            (0.0, "0 s"),
            (0.25, "0.25 s"),
            (1.5, "1.5 s"),
            (9.0, "9 s"),
            (59.6, "1 min"),
            (61.0, "1 min 1 s"),
            (3_600.0, "1 h"),
            (3_661.0, "1 h 1 min"),
            (93_600.0, "1 d 2 h"),
        ] {
            assert_eq!(brief(seconds), said);
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(counted(1, "error"), "1 error");
        assert_eq!(counted(0, "error"), "0 errors");
    }
}
