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
    fn thousands_are_set_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(counted(1, "error"), "1 error");
        assert_eq!(counted(0, "error"), "0 errors");
    }
}
