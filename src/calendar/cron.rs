//! Cron expressions in the dialect that people know, read with the help of the `cron` crate.
//!
//! That crate counts Sunday as 1, joins days of the month and of the week by *and*, ends with the year 2100, and repeats or skips
//! times around clock changes. So it gets one field after the other in its own numbers, and only says which numbers each field means.

use std::fmt;
use std::ops::Range;

use ::cron::{Schedule, TimeUnitSpec};

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

/// What a field may hold.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names of the numbers from `least` on.
    names: &'static [&'static str],
    /// The same in words.
    named: &'static str,
    /// Several values, to show how they are written.
    example: &'static str,
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const SECOND: Field = Field { name: "second", least: 0, most: 59, names: &[], named: "", example: "0,30" };
const MINUTE: Field = Field { name: "minute", ..SECOND };
const HOUR: Field = Field { name: "hour", most: 23, example: "9,18", ..SECOND };
const DATE: Field = Field { name: "day of month", least: 1, most: 31, example: "1,15", ..SECOND };
const MONTH: Field = Field {
    name: "month",
    least: 1,
    most: 12,
    names: MONTHS,
    named: " or names from `jan` to `dec`",
    example: "jan,jul",
};
const WEEKDAY: Field = Field {
    name: "day of week",
    least: 0,
    most: 7,
    names: WEEKDAYS,
    named: " or names from `sun` to `sat`",
    example: "mon,thu",
};

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
    text.len() >= 4
        && text.starts_with(|first: char| first.is_ascii_digit())
        && !text.contains(',')
        && text.chars().take(4).all(|letter| letter.is_ascii_digit())
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

impl Field {
    /// The field in the numbers and signs of `cron`.
    fn translate(&self, field: Word<'_>) -> Result<String, CronError> {
        let mut translated = Vec::new();
        let mut rest = Some(field);
        while let Some(word) = rest {
            let (item, others) = word.split(',').map_or((word, None), |(item, others)| (item, Some(others)));
            if item.text.is_empty() {
                let values: Vec<&str> = field.text.split(',').filter(|item| !item.is_empty()).collect();
                let message = format!("the {} field has a comma too many: `{}`", self.name, field.text);
                let example = if values.is_empty() { self.example.to_owned() } else { values.join(",") };
                return Err(CronError::new(self, field.place(), message, format!("write `{example}`")));
            }
            translated.push(self.translate_item(item)?);
            rest = others;
        }
        Ok(translated.join(","))
    }

    /// One of the items between commas: `*`, `5`, `1-5`, `*/15`, `9-17/2`.
    fn translate_item(&self, item: Word<'_>) -> Result<String, CronError> {
        let (range, step) = match item.split('/') {
            Some((range, step)) => (range, Some(self.step(item, step)?)),
            None => (item, None),
        };
        let (from, to) = match range.split('-') {
            _ if range.text == "*" || range.text == "?" && step.is_none() && self.is_of_days() => {
                (self.least, self.most)
            }
            Some((from, to)) => self.range(range, self.value(from)?, self.value(to)?)?,
            None => {
                let value = self.value(range)?;
                (value, if step.is_some() { self.most } else { value })
            }
        };
        let step = step.unwrap_or(1);
        if self.name != WEEKDAY.name {
            return Ok(format!("{from}-{to}/{step}"));
        }
        // Sunday is 0 and 7 here, and 1 there.
        let days: Vec<String> =
            (from..=to).step_by(step.max(1) as usize).map(|day| (day % 7 + 1).to_string()).collect();
        Ok(days.join(","))
    }

    fn is_of_days(&self) -> bool {
        self.name == DATE.name || self.name == WEEKDAY.name
    }

    fn step(&self, item: Word<'_>, step: Word<'_>) -> Result<u32, CronError> {
        match step.text.parse() {
            Ok(number) if (1..=self.most).contains(&number) => Ok(number),
            _ => {
                let message = format!("`{}` is not a step of the {} field", step.text, self.name);
                let help = format!("write a step from 1 to {}, such as `*/2`", self.most);
                Err(CronError::new(self, item.place(), message, help))
            }
        }
    }

    /// The ends of a range, Sunday being 0 at its start and 7 at its end.
    fn range(&self, range: Word<'_>, from: u32, to: u32) -> Result<(u32, u32), CronError> {
        let (from, to) = match (from, to) {
            (from, 0) if self.most == 7 && from > 0 => (from, 7),
            (7, to) if self.most == 7 && to < 7 => (0, to),
            ends => ends,
        };
        if from <= to {
            return Ok((from, to));
        }
        // The week goes on after Sunday, 7, with Monday.
        let least = if self.most == 7 { 1 } else { self.least };
        let part = |from: u32, to: u32| {
            if from == to {
                self.spelled(from, range)
            } else {
                format!("{}-{}", self.spelled(from, range), self.spelled(to, range))
            }
        };
        let message = format!("the range `{}` of the {} field runs backwards", range.text, self.name);
        let help = format!("write `{},{}`", part(from, self.most), part(least, to));
        Err(CronError::new(self, range.place(), message, help))
    }

    /// A number as a name when the text around it uses names.
    fn spelled(&self, number: u32, like: Word<'_>) -> String {
        match self.names.get(number.saturating_sub(self.least) as usize) {
            Some(name) if like.text.contains(char::is_alphabetic) => (*name).to_owned(),
            _ => number.to_string(),
        }
    }

    fn value(&self, word: Word<'_>) -> Result<u32, CronError> {
        let text = word.text.to_ascii_lowercase();
        if let Some(place) = self.names.iter().position(|name| *name == text) {
            return Ok(self.least + u32::try_from(place).unwrap_or(0));
        }
        match text.parse::<u32>() {
            Ok(number) if (self.least..=self.most).contains(&number) && !text.starts_with('+') => Ok(number),
            _ => Err(self.not_a_value(word, &text)),
        }
    }

    #[cold]
    fn not_a_value(&self, word: Word<'_>, text: &str) -> CronError {
        let Field { name, least, most, named, example, .. } = self;
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let message = match digits {
            true => {
                format!("`{}` is outside of the {name} field, which goes from {least} to {most}", word.text)
            }
            false => format!("`{}` is not a value of the {name} field", word.text),
        };
        let known = self.names.iter().find(|name| text.len() > 3 && text.starts_with(*name));
        let help = match text {
            "24" | "60" if *least == 0 => "write `0`".to_owned(),
            "?" => "write `*`".to_owned(),
            _ if known.is_some() => format!("write `{}`", known.unwrap_or(&"")),
            _ if self.is_of_days() && text.contains('#') => {
                "write the trigger as `every month on 2nd fri at 09:00`".to_owned()
            }
            _ if self.name == WEEKDAY.name && text.ends_with('l') => {
                "write the trigger as `every month on last fri at 09:00`".to_owned()
            }
            _ if self.name == DATE.name && text.starts_with('l') => {
                "write the trigger as `every month on 31 or last day at 09:00`".to_owned()
            }
            _ => format!("write numbers from {least} to {most}{named}, such as `{example}`, or `*` for all"),
        };
        CronError::new(self, word.place(), message, help)
    }
}
