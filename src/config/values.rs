//! Single values of the file: numbers, lengths of time, rates, instants, names.

use chrono::{NaiveDate, NaiveDateTime};
use toml::de::{DeInteger, DeValue};

use super::codes;
use super::table::{Entry, Reader, kind};
use crate::language::{Span, read_length, read_rate};
use crate::model::{Duration, Instant, Rate};

impl Reader<'_> {
    /// A whole number of at least 1; `none` says how to do without one, where there is a way.
    pub fn count(&mut self, entry: Entry<'_>, none: &str) -> Option<u32> {
        let key = entry.key;
        let (text, help) = match entry.value {
            DeValue::Integer(number) => match whole(number) {
                Some(number @ 1..) => match u32::try_from(number) {
                    Ok(number) => return Some(number),
                    Err(_) => {
                        (format!("`{key}` is too large"), format!("the largest is {}; {none}", u32::MAX))
                    }
                },
                Some(0) => (format!("`{key}` is at least 1"), none.to_owned()),
                Some(_) => (format!("`{key}` cannot be negative"), format!("it is at least 1; {none}")),
                None => (format!("`{key}` is too large"), format!("the largest is {}; {none}", u32::MAX)),
            },
            DeValue::String(text) if plain(text).is_some() => (
                format!("`{key}` is a number, and this is a text"),
                format!("write `{}`, without quotes", plain(text).unwrap_or_default()),
            ),
            DeValue::Float(_) => (format!("`{key}` is a whole number"), "leave the fraction out".to_owned()),
            other => (
                format!("`{key}` is a number, and this is {}", kind(other)),
                format!("write a whole number of at least 1; {none}"),
            ),
        };
        self.error(codes::NO_BUDGET, entry.at, text, help);
        None
    }

    /// A length of time, as rules write them.
    pub fn length(&mut self, entry: Entry<'_>, example: &str) -> Option<Duration> {
        let inside = self.text(entry, "a length of time", example)?;
        read_length(self.sources, inside, self.findings)
    }

    /// A rate, as the rules' throttles write them.
    pub fn rate(&mut self, entry: Entry<'_>) -> Option<Rate> {
        let inside = self.text(entry, "a rate", "500 per 5 minutes")?;
        let written = self.sources.slice(inside).trim();
        let habit = match written.split_once('/') {
            Some((count, per)) => Some(format!("{} per {}", count.trim(), per.trim())),
            None => plain(written).map(|count| format!("{count} per second")),
        };
        if let Some(meant) = habit {
            let text = format!("`{written}` is no rate of the language");
            self.error(codes::NO_BUDGET, inside, text, format!("write `{meant}`"));
            return None;
        }
        let (count, per) = read_rate(self.sources, inside, self.findings)?;
        Some(Rate { count, per })
    }

    /// An instant: a day is its first instant in the account's zone, a time without an offset a wall clock of it.
    pub fn instant(&mut self, entry: Entry<'_>) -> Option<Instant> {
        let read = match entry.value {
            DeValue::String(text) => self.instant_of(text.trim()),
            DeValue::Datetime(written) => self.instant_of(&written.to_string()),
            _ => None,
        };
        if read.is_none() {
            let text = format!("`{}` is a day, a time or an instant", entry.key);
            let help = "write a day `\"2026-11-01\"` or a time `\"2026-11-01 10:00\"` of the account's zone, or an instant \
                        `\"2026-11-01T10:00:00+05:30\"`, in the years 1900 to 2199";
            self.error(codes::NO_BUDGET, entry.at, text, help);
        }
        read
    }

    fn instant_of(&self, text: &str) -> Option<Instant> {
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Some(self.zone.day_start(day)).filter(|instant| instant.is_supported());
        }
        let walls = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
        if let Some(wall) = walls.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()) {
            return Some(self.zone.resolve(wall)).filter(|instant| instant.is_supported());
        }
        Instant::parse(text).ok()
    }

    /// A name as campaigns can write it: lower-case letters, digits and `_`, beginning with a letter.
    pub fn name(&mut self, what: &str, entry: Entry<'_>) -> bool {
        let name = entry.key;
        let good = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !good {
            let text = format!("`{name}` cannot be the name of {what}");
            let help = "names are lower-case letters, digits and `_`, and begin with a letter: `meta_main`";
            self.error(codes::UNKNOWN_NAME, entry.key_at, text, help);
        }
        good
    }

    /// The place of a text's inside, where what stands in it can be read by the language's own reader.
    fn text(&mut self, entry: Entry<'_>, what: &str, example: &str) -> Option<Span> {
        let refused = |reader: &mut Self, text: String| {
            let help = format!("write it as in rules, in quotes: `{} = \"{example}\"`", entry.key);
            reader.error(codes::NO_BUDGET, entry.at, text, help);
            None
        };
        let DeValue::String(text) = entry.value else {
            return refused(self, format!("`{}` is {what}, and this is {}", entry.key, kind(entry.value)));
        };
        if text.trim().is_empty() {
            return refused(self, format!("`{}` is empty", entry.key));
        }
        let written = self.sources.slice(entry.at);
        let quoted = |mark: char| written.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
        match quoted('"').or_else(|| quoted('\'')) {
            Some(inside) if inside == text.as_ref() => Some(Span {
                start: entry.at.start.saturating_add(1),
                end: entry.at.end.saturating_sub(1),
                ..entry.at
            }),
            // With escapes or over several lines the text does not stand where it is written.
            _ => refused(self, format!("`{}` is written in another way than {what}", entry.key)),
        }
    }
}

/// The value of an integer; none when it does not fit.
pub(super) fn whole(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// The digits of a text that only is a number in quotes, such as `2,000` or `2k`, or as providers call a tier: `TIER_2K`.
pub(super) fn plain(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_prefix("tier_").unwrap_or(&text);
    let (digits, thousands) = match text.strip_suffix('k') {
        Some(digits) => (digits, "000"),
        None => (text, ""),
    };
    let digits: String = digits.chars().filter(|c| !matches!(c, ',' | '_' | ' ' | '.')).collect();
    let good = !digits.is_empty() && digits.len() < 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    good.then(|| format!("{digits}{thousands}"))
}
