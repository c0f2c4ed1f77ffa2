//! The codes of the reader's findings. Each has its page in `docs/errors/`; none is ever used for something else.

use super::Code;

/// Something stands where it cannot.
pub(super) const UNEXPECTED: Code = Code("E0101");
/// A part of the language that this version does not have yet.
pub(crate) const NOT_YET: Code = Code("E0102");
/// A text without its closing quote.
pub(super) const OPEN_TEXT: Code = Code("E0103");
/// A bracket without its other half.
pub(super) const BRACKET: Code = Code("E0104");
/// Brackets within brackets beyond the limit.
pub(super) const DEPTH: Code = Code("E0105");
/// No block of this name.
pub(super) const UNKNOWN_BLOCK: Code = Code("E0106");
/// No clause of this name.
pub(super) const UNKNOWN_CLAUSE: Code = Code("E0107");
/// A clause, or a part of one, twice.
pub(super) const TWICE: Code = Code("E0108");
/// `and` and `or` in one row.
pub(super) const MIXED: Code = Code("E0109");
/// Tests after `where` without parentheses, or on what is no property of the event.
pub(super) const WHERE: Code = Code("E0110");
/// An operator of another language.
pub(super) const OPERATOR: Code = Code("E0111");
/// A word of the language in capitals.
pub(super) const CAPITALS: Code = Code("E0112");
/// Quotes that are not straight double ones.
pub(super) const QUOTES: Code = Code("E0113");
/// A time of day that is none.
pub(super) const TIME: Code = Code("E0114");
/// A date that is none.
pub(super) const DATE: Code = Code("E0115");
/// A length of time that is none.
pub(super) const LENGTH: Code = Code("E0116");
/// A percentage that is none.
pub(super) const PERCENT: Code = Code("E0117");
/// A number that is none, or none that fits.
pub(super) const NUMBER: Code = Code("E0118");
/// A name or a text without its quotes.
pub(super) const UNQUOTED: Code = Code("E0119");
/// A value of another language: `true`, `null`.
pub(super) const VALUE: Code = Code("E0120");
/// Punctuation that is not needed, or missing.
pub(super) const PUNCTUATION: Code = Code("E0121");
/// A comment of another language.
pub(super) const COMMENT: Code = Code("E0122");
/// A name that is none.
pub(super) const NAME: Code = Code("E0123");
/// Days of the week or the month that are none.
pub(super) const DAYS: Code = Code("E0124");
/// A number of times that makes no sense.
pub(super) const COUNT: Code = Code("E0125");
/// A window of time that makes no sense.
pub(super) const WINDOW: Code = Code("E0126");
/// A character that shows nothing.
pub(super) const INVISIBLE: Code = Code("E0127");
/// A backslash before what needs none.
pub(super) const ESCAPE: Code = Code("E0128");
/// A clause without what it is about.
pub(super) const INCOMPLETE: Code = Code("E0129");
/// A word that is none of those which can stand there, such as a category or a kind of property.
pub(super) const CHOICE: Code = Code("E0130");
/// A file beyond the limit.
pub(super) const TOO_LARGE: Code = Code("E0131");
/// A fault of Campanile itself.
pub(super) const FAULT: Code = Code("E0199");

/// A non-breaking space in a name or a value.
pub(super) const HIDDEN_SPACE: Code = Code("W0101");
