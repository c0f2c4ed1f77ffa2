//! What each field may hold, how its items are put into the numbers of `cron`, and what is said of one that cannot be read.

use super::{CronError, Word};

/// A field of an expression.
pub(super) struct Field {
    pub name: &'static str,
    pub least: u32,
    pub most: u32,
    kind: Kind,
    /// Several values, to show how they are written.
    example: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Time,
    Date,
    Month,
    Weekday,
}

pub(super) const SECOND: Field =
    Field { name: "second", least: 0, most: 59, kind: Kind::Time, example: "0,30" };
pub(super) const MINUTE: Field = Field { name: "minute", ..SECOND };
pub(super) const HOUR: Field = Field { name: "hour", most: 23, example: "9,18", ..SECOND };
pub(super) const DATE: Field =
    Field { name: "day of month", least: 1, most: 31, kind: Kind::Date, example: "1,15" };
pub(super) const MONTH: Field =
    Field { name: "month", least: 1, most: 12, kind: Kind::Month, example: "jan,jul" };
pub(super) const WEEKDAY: Field =
    Field { name: "day of week", least: 0, most: SUNDAY, kind: Kind::Weekday, example: "mon,thu" };

/// Sunday at the end of the week; at its beginning it is 0.
const SUNDAY: u32 = 7;
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Field {
    /// The field in the numbers and signs of `cron`.
    pub fn translate(&self, field: Word<'_>) -> Result<String, CronError> {
        let mut translated = Vec::new();
        let mut rest = Some(field);
        while let Some(word) = rest {
            let (item, others) = word.split(',').map_or((word, None), |(item, others)| (item, Some(others)));
            if item.text.is_empty() {
                return Err(self.comma_too_many(field));
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
            _ if self.is_all(range, step) => (self.least, self.most),
            Some((from, to)) => self.range(range, self.value(from)?, self.value(to)?)?,
            // `5/20` is every 20th from 5 on.
            None => {
                let value = self.value(range)?;
                (value, if step.is_some() { self.most } else { value })
            }
        };
        let step = step.unwrap_or(1);
        if self.kind != Kind::Weekday {
            return Ok(format!("{from}-{to}/{step}"));
        }
        // Sunday is 0 and 7 here, and 1 there.
        let days: Vec<String> =
            (from..=to).step_by(step as usize).map(|day| (day % SUNDAY + 1).to_string()).collect();
        Ok(days.join(","))
    }

    /// `*`, or for days `?`, which other crons ask for where the other field names the day.
    fn is_all(&self, range: Word<'_>, step: Option<u32>) -> bool {
        match range.text {
            "*" => true,
            "?" => step.is_none() && matches!(self.kind, Kind::Date | Kind::Weekday),
            _ => false,
        }
    }

    fn step(&self, item: Word<'_>, step: Word<'_>) -> Result<u32, CronError> {
        number(step.text).filter(|step| (1..=self.most).contains(step)).ok_or_else(|| {
            let message = format!("`{}` is not a step of the {} field", step.text, self.name);
            let help = format!("write a step from 1 to {}, such as `*/2`", self.most);
            CronError::new(self, item.place(), message, help)
        })
    }

    /// The ends of a range. Sunday is 0 at its start and 7 at its end.
    fn range(&self, range: Word<'_>, from: u32, to: u32) -> Result<(u32, u32), CronError> {
        let (from, to) = match (self.kind, from, to) {
            (Kind::Weekday, 1.., 0) => (from, SUNDAY),
            (Kind::Weekday, SUNDAY, ..SUNDAY) => (0, to),
            _ => (from, to),
        };
        if from <= to { Ok((from, to)) } else { Err(self.backwards(range, from, to)) }
    }

    fn value(&self, word: Word<'_>) -> Result<u32, CronError> {
        let named =
            self.names().iter().zip(self.least..).find(|(name, _)| name.eq_ignore_ascii_case(word.text));
        named
            .map(|(_, value)| value)
            .or_else(|| number(word.text).filter(|value| (self.least..=self.most).contains(value)))
            .ok_or_else(|| self.not_a_value(word))
    }

    /// The names of the values from the least on.
    fn names(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Time | Kind::Date => &[],
            Kind::Month => MONTHS,
            Kind::Weekday => WEEKDAYS,
        }
    }

    #[cold]
    fn comma_too_many(&self, field: Word<'_>) -> CronError {
        let values: Vec<&str> = field.text.split(',').filter(|item| !item.is_empty()).collect();
        let mended = if values.is_empty() { self.example.to_owned() } else { values.join(",") };
        let message = format!("the {} field has a comma too many: `{}`", self.name, field.text);
        CronError::new(self, field.place(), message, format!("write `{mended}`"))
    }

    #[cold]
    fn backwards(&self, range: Word<'_>, from: u32, to: u32) -> CronError {
        let spelled = |value: u32| match self.names().get(value.saturating_sub(self.least) as usize) {
            Some(name) if range.text.contains(char::is_alphabetic) => (*name).to_owned(),
            _ => value.to_string(),
        };
        let part = |from: u32, to: u32| {
            if from == to { spelled(from) } else { format!("{}-{}", spelled(from), spelled(to)) }
        };
        // The week goes on after its Sunday with Monday.
        let least = if self.kind == Kind::Weekday { 1 } else { self.least };
        let message = format!("the range `{}` of the {} field runs backwards", range.text, self.name);
        let help = format!("write `{},{}`", part(from, self.most), part(least, to));
        CronError::new(self, range.place(), message, help)
    }

    #[cold]
    fn not_a_value(&self, word: Word<'_>) -> CronError {
        let Field { name, least, most, kind, example } = self;
        let message = if is_digits(word.text) {
            format!("`{}` is outside of the {name} field, which goes from {least} to {most}", word.text)
        } else {
            format!("`{}` is not a value of the {name} field", word.text)
        };
        let text = word.text.to_ascii_lowercase();
        let begins_with_name = || self.names().iter().find(|name| text.starts_with(*name));
        let help = match kind {
            Kind::Time if number(&text) == Some(most + 1) => "write `0`".to_owned(),
            _ if text == "?" => "write `*`".to_owned(),
            Kind::Date if text.starts_with('l') => {
                "write the trigger as `every month on 31 or last day at 09:00`".to_owned()
            }
            Kind::Weekday if text.ends_with('l') => {
                "write the trigger as `every month on last fri at 09:00`".to_owned()
            }
            Kind::Weekday if text.contains('#') => {
                "write the trigger as `every month on 2nd fri at 09:00`".to_owned()
            }
            _ => match begins_with_name() {
                Some(name) => format!("write `{name}`"),
                None => {
                    let named = match kind {
                        Kind::Time | Kind::Date => "",
                        Kind::Month => " or names from `jan` to `dec`",
                        Kind::Weekday => " or names from `sun` to `sat`",
                    };
                    format!(
                        "write numbers from {least} to {most}{named}, such as `{example}`, or `*` for all"
                    )
                }
            },
        };
        CronError::new(self, word.place(), message, help)
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number without a sign.
fn number(text: &str) -> Option<u32> {
    if is_digits(text) { text.parse().ok() } else { None }
}
