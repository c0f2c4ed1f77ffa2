//! What WhatsApp takes as a value, asked of constants when rules are checked and of all others when they are rendered.

use std::fmt;

use super::codes;
use crate::language::Code;

/// Characters of a rendered body, its fixed text and its values.
pub(super) const BODY: usize = 1024;
/// Characters of a rendered header text.
pub(super) const HEADER: usize = 60;
/// Characters of a coupon code or a one-time code.
pub(super) const CODE: usize = 15;
/// Characters of a quick reply's payload.
pub(super) const PAYLOAD: usize = 128;
/// Characters of an address.
pub(super) const URL: usize = 2000;
/// Characters of a document's name.
pub(super) const FILE_NAME: usize = 240;
/// Consecutive spaces in a value.
const SPACES: usize = 4;

/// Why WhatsApp does not take a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    /// Nothing, or nothing but spaces.
    Empty,
    /// A line break.
    LineBreak,
    /// A tab.
    Tab,
    /// More than four spaces in a row.
    Spaces,
    /// Too many characters.
    TooLong { length: usize, limit: usize },
    /// No `https://` or `http://` at the front.
    NoAddress,
}

impl Defect {
    /// The code under which a constant with this defect is reported.
    pub(super) const fn code(self) -> Code {
        match self {
            Defect::Empty => codes::VALUE_EMPTY,
            Defect::LineBreak | Defect::Tab | Defect::Spaces => codes::VALUE_CHARACTERS,
            Defect::TooLong { .. } => codes::VALUE_TOO_LONG,
            Defect::NoAddress => codes::NO_ADDRESS,
        }
    }
}

impl fmt::Display for Defect {
    /// What follows the value's name: `is empty`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Defect::Empty => f.write_str("is empty"),
            Defect::LineBreak => f.write_str("has a line break"),
            Defect::Tab => f.write_str("has a tab"),
            Defect::Spaces => f.write_str("has more than four spaces in a row"),
            Defect::TooLong { length, limit } => {
                write!(f, "is {length} characters long, of at most {limit}")
            }
            Defect::NoAddress => f.write_str("is no address that begins with https:// or http://"),
        }
    }
}

/// What a value is for, which decides what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A text parameter, with the most characters that it can have.
    Text(usize),
    /// The address of a medium.
    Address,
}

/// Asks whether WhatsApp takes a value.
pub(super) fn examine(value: &str, purpose: Purpose) -> Result<(), Defect> {
    if value.trim().is_empty() {
        return Err(Defect::Empty);
    }
    let mut spaces = 0;
    for character in value.chars() {
        match character {
            '\n' | '\r' => return Err(Defect::LineBreak),
            '\t' => return Err(Defect::Tab),
            ' ' if spaces == SPACES => return Err(Defect::Spaces),
            ' ' => spaces += 1,
            _ => spaces = 0,
        }
    }
    let limit = match purpose {
        Purpose::Text(limit) => limit,
        Purpose::Address if is_address(value) => URL,
        Purpose::Address => return Err(Defect::NoAddress),
    };
    length(value.chars().count(), limit)
}

/// Asks whether a rendered length is within a limit.
pub(super) const fn length(length: usize, limit: usize) -> Result<(), Defect> {
    if length > limit { Err(Defect::TooLong { length, limit }) } else { Ok(()) }
}

fn is_address(value: &str) -> bool {
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken() {
        let text = |value: &str| examine(value, Purpose::Text(10));
        assert_eq!(text("Asha"), Ok(()));
        assert_eq!(text("a    b"), Ok(()));
        assert_eq!(text("नमस्ते"), Ok(()));
        assert_eq!(text("0123456789"), Ok(()));
        assert_eq!(text(""), Err(Defect::Empty));
        assert_eq!(text(" \n "), Err(Defect::Empty));
        assert_eq!(text("a\nb"), Err(Defect::LineBreak));
        assert_eq!(text("a\rb"), Err(Defect::LineBreak));
        assert_eq!(text("a\tb"), Err(Defect::Tab));
        assert_eq!(text("a     b"), Err(Defect::Spaces));
        assert_eq!(text("0123456789x"), Err(Defect::TooLong { length: 11, limit: 10 }));
    }

    #[test]
    fn what_an_address_is() {
        let address = |value: &str| examine(value, Purpose::Address);
        assert_eq!(address("https://shop.example/a.jpg"), Ok(()));
        assert_eq!(address("http://shop.example/a.jpg"), Ok(()));
        for wrong in ["shop.example/a.jpg", "ftp://shop.example", "https://", "https://shop example/a.jpg"] {
            assert_eq!(address(wrong), Err(Defect::NoAddress), "{wrong}");
        }
    }
}
