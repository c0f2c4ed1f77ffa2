//! What WhatsApp takes as a value, asked of constants when rules are checked and of all others when they are rendered.

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime};

use super::codes;
use crate::calendar::Zone;
use crate::language::Code;
use crate::model::Instant;

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
/// Characters of the body of a carousel's card.
pub(super) const CARD_BODY: usize = 160;
/// Characters of a free-form text, and of the text above a list.
pub(super) const FREE_TEXT: usize = 4096;
/// Characters under a medium.
pub(super) const CAPTION: usize = 1024;
/// Characters of a footer.
pub(super) const FOOTER: usize = 60;
/// Characters on a button: of a reply, of a list, of a link.
pub(super) const LABEL: usize = 20;
/// Characters on the button of a flow.
pub(super) const FLOW_LABEL: usize = 30;
/// Characters of what a reply sends back.
pub(super) const REPLY_ID: usize = 256;
/// Characters of what a row sends back.
pub(super) const ROW_ID: usize = 200;
/// Characters of a row's and of a section's title.
pub(super) const TITLE: usize = 24;
/// Characters of a row's description.
pub(super) const DESCRIPTION: usize = 72;
/// Characters of names and addresses of places, ids of products, catalogues and flows, tokens and data: WhatsApp states none.
pub(super) const ANY: usize = 1024;

/// Buttons that answer.
pub(super) const REPLIES: usize = 3;
/// Rows of a list, all together.
pub(super) const ROWS: usize = 10;
/// Sections of a list, and of products.
pub(super) const SECTIONS: usize = 10;
/// Products of a message, all together.
pub(super) const PRODUCTS: usize = 30;
/// Cards of a carousel.
pub(super) const CARDS: usize = 10;

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
    /// No number.
    NoNumber,
    /// No number of degrees within so many, north and south or east and west.
    NoDegrees(u8),
    /// No three letters.
    NoCurrency,
    /// No instant.
    NoInstant,
    /// An instant that is not after the message.
    Past,
}

impl Defect {
    /// The code under which a constant with this defect is reported.
    pub(super) const fn code(self) -> Code {
        match self {
            Defect::Empty => codes::VALUE_EMPTY,
            Defect::LineBreak | Defect::Tab | Defect::Spaces => codes::VALUE_CHARACTERS,
            Defect::TooLong { .. } => codes::VALUE_TOO_LONG,
            Defect::NoAddress => codes::NO_ADDRESS,
            Defect::NoNumber
            | Defect::NoDegrees(_)
            | Defect::NoCurrency
            | Defect::NoInstant
            | Defect::Past => codes::VALUE_KIND,
        }
    }
}

impl Defect {
    /// What to do about a constant with this defect.
    pub(super) const fn help(self) -> &'static str {
        match self {
            Defect::Empty => "write what is to stand there",
            Defect::LineBreak | Defect::Tab | Defect::Spaces => "write it in one line, with single spaces",
            Defect::TooLong { .. } => "shorten it",
            Defect::NoAddress => "write the whole address: `https://…`",
            Defect::NoNumber => "write digits alone, such as `1299.50`",
            Defect::NoDegrees(_) => "write degrees in digits, such as `18.5204`",
            Defect::NoCurrency => "write the currency's three letters, such as `INR`",
            Defect::NoInstant | Defect::Past => "write an instant, or `offer ends in 3 hours`",
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
            Defect::NoNumber => f.write_str("is no number"),
            Defect::NoDegrees(most) => write!(f, "is no number from -{most} to {most}"),
            Defect::NoCurrency => f.write_str("is no currency of three letters, such as INR"),
            Defect::Past => f.write_str("has come when the message is due"),
            Defect::NoInstant => f.write_str("is no instant, such as 2026-11-03T10:00:00+05:30"),
        }
    }
}

/// What a value is for, which decides what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A text parameter, with the most characters that it can have.
    Text(usize),
    /// Text that may have several lines, with the most characters that it can have.
    Lines(usize),
    /// The address of a medium or of a page.
    Address,
    /// An amount of money.
    Amount,
    /// A currency.
    Currency,
    /// Degrees, at most so many.
    Degrees(u8),
    /// An instant; what is none is found when it is rendered, for it may be told in the account's time.
    Instant,
}

/// Asks whether WhatsApp takes a value.
pub(super) fn examine(value: &str, purpose: Purpose) -> Result<(), Defect> {
    if value.trim().is_empty() {
        return Err(Defect::Empty);
    }
    if let Purpose::Lines(limit) = purpose {
        return length(value.chars().count(), limit);
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
    let count = value.chars().count();
    match purpose {
        Purpose::Text(limit) | Purpose::Lines(limit) => length(count, limit),
        Purpose::Address if is_address(value) => length(count, URL),
        Purpose::Address => Err(Defect::NoAddress),
        Purpose::Amount => amount(value).map(|_| ()).ok_or(Defect::NoNumber),
        Purpose::Currency => currency(value).map(|_| ()).ok_or(Defect::NoCurrency),
        Purpose::Degrees(most) => {
            let degrees = decimal(value).filter(|degrees| degrees.abs() <= f64::from(most));
            degrees.map(|_| ()).ok_or(Defect::NoDegrees(most))
        }
        Purpose::Instant => instant(value, &Zone::utc()).map(|_| ()).ok_or(Defect::NoInstant),
    }
}

/// A number in digits: no `inf`, no `1e3`.
fn decimal(value: &str) -> Option<f64> {
    let value = value.trim();
    let digits = value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    value.parse::<f64>().ok().filter(|number| digits && number.is_finite())
}

/// A thousand times an amount, rounded.
pub(super) fn amount(value: &str) -> Option<i64> {
    let thousand = (decimal(value)? * 1_000.0).round();
    // Beyond this, floats do not tell one thousandth from the next.
    (thousand.abs() <= 9_007_199_254_740_991.0).then_some(thousand as i64)
}

/// A currency's three letters.
pub(super) fn currency(value: &str) -> Option<String> {
    let value = value.trim();
    let letters = value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters.then(|| value.to_ascii_uppercase())
}

/// An instant: with an offset as it is, else by a zone's wall clock; a date alone is the start of its day.
pub(super) fn instant(value: &str, zone: &Zone) -> Option<Instant> {
    let value = value.trim();
    if let Ok(instant) = Instant::parse(value) {
        return Some(instant);
    }
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let wall = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(value, format).ok());
    let day = || NaiveDate::parse_from_str(value, "%Y-%m-%d").ok().map(|day| zone.day_start(day));
    wall.map(|wall| zone.resolve(wall)).or_else(day).filter(|instant| instant.is_supported())
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
