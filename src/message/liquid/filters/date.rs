//! `date`: an instant or a date in the words of a format, on the user's clock unless it says whose. It reads no clock: `now` and
//! `today` are no dates here.

use std::fmt::Write;

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use liquid_core::model::{_ValueView as ValueView, Value, ValueCow};

use super::{Zones, argument, text_of};
use crate::calendar::Zone;
use crate::model::Instant;

/// Ways to write a wall clock, which is the account's.
const CLOCKS: [&str; 4] =
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
/// Ways to write an instant with its offset, besides RFC 3339.
const OFFSETS: [&str; 3] = ["%Y-%m-%d %H:%M:%S%.f %z", "%Y-%m-%dT%H:%M:%S%.f%z", "%d %b %Y %H:%M:%S %z"];

/// What is to be written.
enum Dated {
    /// The same day on every clock.
    Day(NaiveDate),
    At(Instant),
}

pub(super) fn date(input: &dyn ValueView, arguments: &[ValueCow<'_>], zones: Zones) -> Result<Value, String> {
    let format = argument(arguments, 0).map(text_of).transpose()?.unwrap_or_default();
    check_format(&format)?;
    let zone = match argument(arguments, 1).map(text_of).transpose()? {
        Some(words) => named(&words, Some(zones))?,
        None => zones.user,
    };
    // What is missing stays missing, so that a default can follow.
    if input.is_nil() {
        return Ok(Value::Nil);
    }
    let instant = match dated(input, zones.account)? {
        Dated::Day(day) => zone.day_start(day),
        Dated::At(instant) => instant,
    };
    let offset = FixedOffset::east_opt(zone.offset_at(instant)).ok_or("its clock cannot be told")?;
    let mut written = String::new();
    let items = StrftimeItems::new(&format);
    write!(written, "{}", instant.to_utc().with_timezone(&offset).format_with_items(items))
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

/// Asks whether words say whose clock it is.
pub(in crate::message::liquid) fn check_zone(words: &str) -> Result<(), String> {
    named(words, None).map(|_| ())
}

/// The zone of `user time`, `account time`, or of a name.
fn named(words: &str, zones: Option<Zones>) -> Result<Zone, String> {
    let zones = zones.unwrap_or(Zones { account: Zone::utc(), user: Zone::utc() });
    match words {
        "user time" => Ok(zones.user),
        "account time" => Ok(zones.account),
        name => Zone::find(name).ok_or_else(|| {
            format!("`{name}` is not `user time`, `account time` or a zone such as 'Asia/Kolkata'")
        }),
    }
}

fn dated(input: &dyn ValueView, account: Zone) -> Result<Dated, String> {
    if let Some(scalar) = input.as_scalar()
        && scalar.type_name() != "string"
        && let Some(number) = scalar.to_float()
    {
        return from_number(number)
            .map(Dated::At)
            .ok_or_else(|| format!("`{}` is no date", scalar.to_kstr()));
    }
    let text = text_of(input)?;
    let text = text.trim();
    from_text(text, account)
        .ok_or_else(|| format!("`{text}` is no date such as 2026-11-03 or 2026-11-03T10:00:00Z"))
}

/// Seconds since 1970, or milliseconds where as seconds they would be out of all time that is supported.
fn from_number(number: f64) -> Option<Instant> {
    let last = Instant::MAX.millis() as f64;
    let millis = if number.abs() * 1_000.0 < last { number * 1_000.0 } else { number };
    let instant = Instant::from_millis(millis.trunc() as i64);
    (millis.abs() < last && instant.is_supported()).then_some(instant)
}

fn from_text(text: &str, account: Zone) -> Option<Dated> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return account.day_start(day).is_supported().then_some(Dated::Day(day));
    }
    let offset = DateTime::parse_from_rfc3339(text).ok();
    let offset =
        offset.or_else(|| OFFSETS.iter().find_map(|format| DateTime::parse_from_str(text, format).ok()));
    let instant = match offset {
        Some(instant) => Some(Instant::from_millis(instant.timestamp_millis())),
        None => match CLOCKS.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()) {
            Some(clock) => Some(account.resolve(clock)),
            None => text.parse::<i64>().ok().and_then(|number| from_number(number as f64)),
        },
    };
    instant.filter(|instant| instant.is_supported()).map(Dated::At)
}
