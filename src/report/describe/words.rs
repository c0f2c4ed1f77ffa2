//! Lengths of time, days, zones and lists in words.

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike, Weekday};

use crate::language::ast::{CalendarUnit, Literal, Path};
use crate::model::{Duration, Number, Percent};
use crate::report::grouped;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// `7 days`, `36 hours`, `90 seconds`: in the largest unit that it is a whole number of.
pub(super) fn length(length: Duration) -> String {
    let millis = length.millis();
    match millis {
        DAY => "24 hours".to_owned(),
        _ if millis % DAY == 0 => several(millis / DAY, "day"),
        _ if millis % HOUR == 0 => several(millis / HOUR, "hour"),
        _ if millis % MINUTE == 0 => several(millis / MINUTE, "minute"),
        _ if millis % SECOND == 0 => several(millis / SECOND, "second"),
        _ => several(millis, "millisecond"),
    }
}

/// The same with what a day is: `7 days (exactly 7 × 24 hours)`.
pub(super) fn exact_length(exact: Duration) -> String {
    let days = exact.millis() / DAY;
    match exact.millis() % DAY {
        0 if days > 1 => format!("{} (exactly {} × 24 hours)", length(exact), grouped(days.unsigned_abs())),
        _ => length(exact),
    }
}

pub(super) fn several(count: i64, noun: &str) -> String {
    let number = grouped(count.unsigned_abs());
    if count == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `8 November 2026`
pub(super) fn date(date: NaiveDate) -> String {
    format!("{} {} {}", date.day(), date.format("%B"), date.year())
}

/// `09:00`, with seconds only where there are any.
pub(super) fn time(time: NaiveTime) -> String {
    let form = if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    time.format(form).to_string()
}

pub(super) const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// `Monday to Friday`, `Monday and Thursday`; days that follow one another as one stretch. `days` are sorted.
pub(super) fn weekdays(days: &[Weekday]) -> String {
    if days.len() == 7 {
        return "every day".to_owned();
    }
    let mut stretches: Vec<(Weekday, Weekday)> = Vec::new();
    for day in days {
        match stretches.last_mut() {
            Some((_, last)) if last.succ() == *day && *day != Weekday::Mon => *last = *day,
            _ => stretches.push((*day, *day)),
        }
    }
    let each = stretches.into_iter().flat_map(|(first, last)| {
        if first == last {
            vec![weekday(first).to_owned()]
        } else if first.succ() == last {
            vec![weekday(first).to_owned(), weekday(last).to_owned()]
        } else {
            vec![format!("{} to {}", weekday(first), weekday(last))]
        }
    });
    listed(each.collect(), "and")
}

/// `a, b and c`
pub(super) fn listed(mut items: Vec<String>, word: &str) -> String {
    match items.pop() {
        None => String::new(),
        Some(only) if items.is_empty() => only,
        Some(last) => format!("{} {word} {last}", items.join(", ")),
    }
}

/// `1st`, `22nd`
pub(super) fn ordinal(number: u32) -> String {
    let end = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

pub(super) const fn unit(unit: CalendarUnit) -> &'static str {
    match unit {
        CalendarUnit::Day => "day",
        CalendarUnit::Week => "week",
        CalendarUnit::Month => "month",
        CalendarUnit::Year => "year",
    }
}

pub(super) fn percent(share: Percent) -> String {
    let number = f64::from(share.millionths()) / 10_000.0;
    format!("{number} %")
}

/// A number with its thousands set apart.
pub(super) fn number(number: Number) -> String {
    match number.as_i64() {
        Some(whole) if whole.unsigned_abs() >= 10_000 => {
            format!("{}{}", if whole < 0 { "-" } else { "" }, grouped(whole.unsigned_abs()))
        }
        _ => number.to_string(),
    }
}

/// Text in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

pub(super) fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => quoted(text),
        Literal::Number(value) => number(*value),
        Literal::Boolean(true) => "yes".to_owned(),
        Literal::Boolean(false) => "no".to_owned(),
        Literal::Date(day) => date(*day),
    }
}

/// A property's name, between back-ticks.
pub(super) fn path(path: &Path) -> String {
    format!("`{}`", path.parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_say_what_a_day_is() {
        let millis = Duration::from_millis;
        assert_eq!(exact_length(millis(7 * DAY)), "7 days (exactly 7 × 24 hours)");
        assert_eq!(exact_length(millis(DAY)), "24 hours");
        assert_eq!(exact_length(millis(36 * HOUR)), "36 hours");
        assert_eq!(exact_length(millis(90 * SECOND)), "90 seconds");
        assert_eq!(exact_length(millis(MINUTE)), "1 minute");
    }

    #[test]
    fn days_that_follow_one_another_are_one_stretch() {
        use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
        assert_eq!(weekdays(&[Mon, Tue, Wed, Thu, Fri]), "Monday to Friday");
        assert_eq!(weekdays(&[Mon, Thu]), "Monday and Thursday");
        assert_eq!(weekdays(&[Mon, Fri, Sat, Sun]), "Monday and Friday to Sunday");
        assert_eq!(weekdays(&[Sat, Sun]), "Saturday and Sunday");
        assert_eq!(ordinal(1) + &ordinal(22) + &ordinal(13), "1st22nd13th");
    }
}
