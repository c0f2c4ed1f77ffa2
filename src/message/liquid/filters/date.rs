//! `date`: an instant or a date in the words of a format, in UTC. It reads no clock: `now` and `today` are no dates here.

use std::fmt::Write;

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use liquid_core::model::{_ValueView as ValueView, Value, ValueCow};

use super::{argument, text_of};
use crate::model::Instant;

/// Ways to write a wall clock that are taken as UTC.
const CLOCKS: [&str; 4] =
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
/// Ways to write an instant with its offset, besides RFC 3339.
const OFFSETS: [&str; 3] = ["%Y-%m-%d %H:%M:%S%.f %z", "%Y-%m-%dT%H:%M:%S%.f%z", "%d %b %Y %H:%M:%S %z"];

pub(super) fn date(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Result<Value, String> {
    let format = argument(arguments, 0).map(text_of).transpose()?.unwrap_or_default();
    check_format(&format)?;
    // What is missing stays missing, so that a default can follow.
    if input.is_nil() {
        return Ok(Value::Nil);
    }
    let instant = instant_of(input)?;
    let mut written = String::new();
    let items = StrftimeItems::new(&format);
    write!(written, "{}", instant.format_with_items(items))
        .map_err(|_| format!("`{format}` cannot be written of a date"))?;
    Ok(Value::scalar(written))
}

/// Asks whether a format can be written.
pub(in crate::message::liquid) fn check_format(format: &str) -> Result<(), String> {
    if format.is_empty() {
        return Err("needs a format such as '%d %B'".to_owned());
    }
    if StrftimeItems::new(format).any(|item| matches!(item, Item::Error)) {
        return Err(format!("`{format}` is no format such as '%d %B %Y'"));
    }
    Ok(())
}

fn instant_of(input: &dyn ValueView) -> Result<DateTime<Utc>, String> {
    if let Some(scalar) = input.as_scalar()
        && scalar.type_name() != "string"
        && let Some(number) = scalar.to_float()
    {
        return from_number(number).ok_or_else(|| format!("`{}` is no date", scalar.to_kstr()));
    }
    let text = text_of(input)?;
    let text = text.trim();
    from_text(text).ok_or_else(|| format!("`{text}` is no date such as 2026-11-03 or 2026-11-03T10:00:00Z"))
}

/// Seconds since 1970, or milliseconds where as seconds they would be out of all time that is supported.
fn from_number(number: f64) -> Option<DateTime<Utc>> {
    let last = Instant::MAX.millis() as f64;
    let millis = if number.abs() * 1_000.0 < last { number * 1_000.0 } else { number };
    let instant = Instant::from_millis(millis.trunc() as i64);
    (millis.abs() < last && instant.is_supported()).then(|| instant.to_utc())
}

fn from_text(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc());
    }
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let clock = CLOCKS.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    if let Some(clock) = clock {
        return Some(clock.and_utc());
    }
    let offset = OFFSETS.iter().find_map(|format| DateTime::parse_from_str(text, format).ok());
    if let Some(instant) = offset {
        return Some(instant.to_utc());
    }
    text.parse::<i64>().ok().and_then(|number| from_number(number as f64))
}
