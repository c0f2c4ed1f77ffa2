//! Cron expressions in the dialect that people know, read with the help of the `cron` crate.
//!
//! That crate counts Sunday as 1, joins days of the month and of the week by *and*, ends with the year 2100, and repeats or skips
//! times around clock changes. So it gets one field after the other in its own numbers, and only says which numbers each field means.

mod field;

use std::fmt;
use std::ops::Range;

use ::cron::{Schedule, TimeUnitSpec};

use self::field::{DATE, Field, HOUR, MINUTE, MONTH, SECOND, WEEKDAY};
use super::days::{Days, DaysOfMonth, Months};
use super::times::Times;

/// A cron expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronError {
    field: Option<&'static str>,
    place: Range<usize>,
    message: String,
    help: String,
}

impl CronError {
    #[cold]
    fn new(field: &Field, place: Range<usize>, message: String, help: impl Into<String>) -> CronError {
        CronError { field: Some(field.name), place, message, help: help.into() }
    }

    #[cold]
    fn whole(expression: &str, message: String, help: impl Into<String>) -> CronError {
        CronError { field: None, place: 0..expression.len(), message, help: help.into() }
    }

    /// The field, such as `day of week`; `None` when it is the whole expression.
    pub fn field(&self) -> Option<&'static str> {
        self.field
    }

    /// Where the culprit stands in the expression, in bytes.
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }

    /// The fix.
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl fmt::Display for CronError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CronError {}

/// A word of the expression, and where it begins.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Word<'a> {
    fn place(self) -> Range<usize> {
        self.at..self.at + self.text.len()
    }

    /// The two sides of a separator.
    fn split(self, separator: char) -> Option<(Word<'a>, Word<'a>)> {
        let (left, right) = self.text.split_once(separator)?;
        let after = self.at + left.len() + separator.len_utf8();
        Some((Word { text: left, ..self }, Word { text: right, at: after }))
    }

    /// True for what stands for all days of a field: the day is then not restricted.
    fn is_free(self) -> bool {
        self.text.starts_with(['*', '?'])
    }
}

/// The days and the times of an expression.
pub(super) fn read(expression: &str) -> Result<(Days, Times), CronError> {
    let words = words(expression);
    let (second, rest) = match words.as_slice() {
        [second, rest @ ..] if rest.len() == 5 => (*second, rest),
        rest => (Word { text: "0", at: 0 }, rest),
    };
    let [minute, hour, date, month, weekday] = rest else {
        return Err(wrong_count(expression, &words));
    };
    if words.len() == 6 && is_year(weekday.text) {
        return Err(with_year(expression, &words));
    }
    let translated = [
        SECOND.translate(second)?,
        MINUTE.translate(*minute)?,
        HOUR.translate(*hour)?,
        DATE.translate(*date)?,
        MONTH.translate(*month)?,
        WEEKDAY.translate(*weekday)?,
    ];
    let schedule: Schedule = translated.join(" ").parse().map_err(|_| {
        CronError::whole(expression, format!("`{expression}` is not a cron expression"), FIVE_FIELDS)
    })?;
    let times = Times::Combined {
        hours: bits(schedule.hours(), 0),
        minutes: bits(schedule.minutes(), 0),
        seconds: bits(schedule.seconds(), 0),
    };
    let of_year = bits(schedule.months(), MONTH.least);
    let dates = bits(schedule.days_of_month(), DATE.least);
    // `cron` counts from Sunday, 1; the room from Monday, 0.
    let from_sunday = bits(schedule.days_of_week(), 1);
    let weekdays = from_sunday >> 1 | (from_sunday & 1) << 6;
    let days = match (date.is_free(), weekday.is_free()) {
        (false, false) => DaysOfMonth::Either { dates, weekdays },
        _ => DaysOfMonth::Both { dates, weekdays },
    };
    Ok((simplest(of_year, days), times))
}

/// The same days in the form that is asked fastest.
fn simplest(of_year: u64, days: DaysOfMonth) -> Days {
    const ALL_MONTHS: u64 = (1 << 12) - 1;
    const ALL_DATES: u64 = (1 << 31) - 1;
    const ALL_WEEKDAYS: u64 = (1 << 7) - 1;
    /// The Monday of the week of 1970-01-01.
    const MONDAY: i64 = -3;
    let days = match days {
        DaysOfMonth::Both { dates, weekdays: ALL_WEEKDAYS } => DaysOfMonth::Dates(dates),
        DaysOfMonth::Both { dates: ALL_DATES, weekdays } => DaysOfMonth::Weekdays(weekdays),
        days => days,
    };
    match days {
        DaysOfMonth::Dates(ALL_DATES) if of_year == ALL_MONTHS => Days::Spaced { every: 1, anchor: 0 },
        DaysOfMonth::Weekdays(days) if of_year == ALL_MONTHS => {
            Days::Weekly { every: 1, anchor: MONDAY, days }
        }
        days => Days::monthly(Months { every: 1, anchor: 0, of_year, days }),
    }
}

/// The numbers of a field as bits, `least` being bit 0.
fn bits(unit: &impl TimeUnitSpec, least: u32) -> u64 {
    unit.iter().fold(0, |set, number| set | 1_u64.checked_shl(number.saturating_sub(least)).unwrap_or(0))
}

fn words(expression: &str) -> Vec<Word<'_>> {
    let mut at = 0;
    let mut words = Vec::new();
    for piece in expression.split_inclusive(char::is_whitespace) {
        let text = piece.trim_end();
        if !text.is_empty() {
            words.push(Word { text, at });
        }
        at += piece.len();
    }
    words
}

const FIVE_FIELDS: &str =
    "write minute, hour, day of month, month and day of week: `0 9 * * mon` is every Monday at 09:00";

#[cold]
fn wrong_count(expression: &str, words: &[Word<'_>]) -> CronError {
    if let [Word { text, .. }] = words
        && let Some(meaning) = of_nickname(text)
    {
        let message = format!("`{text}` is not supported");
        return CronError::whole(expression, message, format!("write `{meaning}`"));
    }
    if words.len() == 7 {
        return with_year(expression, words);
    }
    let message = match words.len() {
        0 => "a cron expression has five fields, this one has none".to_owned(),
        1 => "a cron expression has five fields, this one has only one".to_owned(),
        count @ 2..=4 => format!("a cron expression has five fields, this one has only {count}"),
        count => {
            format!("a cron expression has five fields, or six with the second first; this one has {count}")
        }
    };
    CronError::whole(expression, message, FIVE_FIELDS)
}

/// What a nickname of other crons stands for.
fn of_nickname(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "@hourly" => Some("0 * * * *"),
        "@daily" | "@midnight" => Some("0 0 * * *"),
        "@weekly" => Some("0 0 * * sun"),
        "@monthly" => Some("0 0 1 * *"),
        "@yearly" | "@annually" => Some("0 0 1 1 *"),
        _ => None,
    }
}

fn is_year(text: &str) -> bool {
    text.len() >= 4 && text.bytes().take(4).all(|byte| byte.is_ascii_digit())
}

#[cold]
fn with_year(expression: &str, words: &[Word<'_>]) -> CronError {
    let (year, kept) =
        words.split_last().map_or((Word { text: "", at: 0 }, words), |(last, kept)| (*last, kept));
    let kept: Vec<&str> = kept.iter().map(|word| word.text).collect();
    CronError {
        place: year.place(),
        ..CronError::whole(
            expression,
            format!("a cron expression has no field for the year, such as `{}`", year.text),
            format!("leave it out, and say the years with `run from`: `{}`", kept.join(" ")),
        )
    }
}
