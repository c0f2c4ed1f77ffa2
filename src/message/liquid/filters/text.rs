//! Filters of texts. What is counted are characters.

use liquid_core::model::{_ValueView as ValueView, Value, ValueCow};

use super::number::number_of;
use super::{argument, text_of};
use crate::message::liquid::scope::{LARGEST, TOO_LARGE};

type Made = Result<Value, String>;

fn text(text: impl Into<String>) -> Made {
    Ok(Value::scalar(text.into()))
}

fn argument_text(arguments: &[ValueCow<'_>], index: usize, fallback: &str) -> Result<String, String> {
    argument(arguments, index).map_or_else(|| Ok(fallback.to_owned()), text_of)
}

/// A whole number of an argument.
pub(super) fn whole(arguments: &[ValueCow<'_>], index: usize, fallback: i64) -> Result<i64, String> {
    let Some(number) = argument(arguments, index) else { return Ok(fallback) };
    number_of(number)?.as_i64().ok_or_else(|| "needs a whole number".to_owned())
}

pub(super) fn append(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    text(text_of(input)? + &argument_text(arguments, 0, "")?)
}

pub(super) fn prepend(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    text(argument_text(arguments, 0, "")? + &text_of(input)?)
}

pub(super) fn capitalize(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    let input = text_of(input)?;
    let mut characters = input.chars();
    let Some(first) = characters.next() else { return text("") };
    text(first.to_uppercase().collect::<String>() + &characters.as_str().to_lowercase())
}

pub(super) fn downcase(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    text(text_of(input)?.to_lowercase())
}

pub(super) fn upcase(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    text(text_of(input)?.to_uppercase())
}

pub(super) fn strip(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    text(text_of(input)?.trim())
}

pub(super) fn lstrip(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    text(text_of(input)?.trim_start())
}

pub(super) fn rstrip(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    text(text_of(input)?.trim_end())
}

pub(super) fn strip_newlines(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    text(text_of(input)?.replace(['\n', '\r'], ""))
}

/// Takes out everything between `<` and `>`.
pub(super) fn strip_html(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    let input = text_of(input)?;
    let mut kept = String::with_capacity(input.len());
    let mut rest = input.as_str();
    while let Some((before, tag)) = rest.split_once('<') {
        kept.push_str(before);
        // A `<` that nothing closes is a character like any other.
        rest = tag.split_once('>').map_or_else(
            || {
                kept.push('<');
                tag
            },
            |(_, after)| after,
        );
    }
    kept.push_str(rest);
    text(kept)
}

pub(super) fn replace(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    replaced(input, arguments, usize::MAX)
}

pub(super) fn replace_first(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    replaced(input, arguments, 1)
}

pub(super) fn remove(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    replaced(input, arguments, usize::MAX)
}

pub(super) fn remove_first(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    replaced(input, arguments, 1)
}

fn replaced(input: &dyn ValueView, arguments: &[ValueCow<'_>], times: usize) -> Made {
    let input = text_of(input)?;
    let wanted = argument_text(arguments, 0, "")?;
    let put = argument_text(arguments, 1, "")?;
    if wanted.is_empty() {
        return text(input);
    }
    let found = input.matches(wanted.as_str()).take(times).count();
    // Asked before it is made: a long text put in for each letter of another would fill the memory.
    if input.len().saturating_add(found.saturating_mul(put.len())) > LARGEST.saturating_mul(2) {
        return Err(TOO_LARGE.to_owned());
    }
    text(input.replacen(wanted.as_str(), &put, found))
}

/// Up to so many characters (50), with those of the ending (`...`).
pub(super) fn truncate(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let input = text_of(input)?;
    let limit = usize::try_from(whole(arguments, 0, 50)?).unwrap_or(0);
    let ending = argument_text(arguments, 1, "...")?;
    if input.chars().count() <= limit {
        return text(input);
    }
    let kept = limit.saturating_sub(ending.chars().count());
    text(input.chars().take(kept).collect::<String>() + &ending)
}

/// Up to so many words (15), and the ending (`...`) when some are left out.
pub(super) fn truncate_words(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let input = text_of(input)?;
    let limit = usize::try_from(whole(arguments, 0, 15)?).unwrap_or(0).max(1);
    let ending = argument_text(arguments, 1, "...")?;
    let words: Vec<&str> = input.split_whitespace().take(limit + 1).collect();
    match words.get(..limit) {
        Some(kept) if words.len() > limit => text(kept.join(" ") + &ending),
        _ => text(input.as_str()),
    }
}

/// The pieces between the separators; into characters when the separator is empty. Empty pieces at the end are none.
pub(super) fn split(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let input = text_of(input)?;
    let separator = argument_text(arguments, 0, "")?;
    let mut pieces: Vec<String> = if separator.is_empty() {
        input.chars().map(String::from).collect()
    } else {
        input.split(separator.as_str()).map(str::to_owned).collect()
    };
    while pieces.last().is_some_and(String::is_empty) {
        pieces.pop();
    }
    Ok(Value::Array(pieces.into_iter().map(Value::scalar).collect()))
}

/// As a part of an address: all but letters, digits, `-`, `.`, `_` and `~` as `%` and two digits.
pub(super) fn url_encode(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    let input = text_of(input)?;
    let mut encoded = String::with_capacity(input.len());
    for byte in input.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    text(encoded)
}

pub(super) fn url_decode(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    let input = text_of(input)?.replace('+', " ");
    let mut decoded = Vec::with_capacity(input.len());
    let mut rest = input.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let code = if *byte == b'%' { after.split_at_checked(2) } else { None };
        let code = code.and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        match code {
            Some((code, after)) => {
                decoded.push(code);
                rest = after;
            }
            None => decoded.push(*byte),
        }
    }
    String::from_utf8(decoded).map_or_else(|_| Err("is no text when decoded".to_owned()), text)
}
