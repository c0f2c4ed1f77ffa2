//! How explanations say instants, numbers and values.

use chrono::Timelike;

use crate::calendar::Zone;
use crate::model::{Duration, Instant, Value};

/// Instants on the clock of a zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times(pub(crate) Zone);

impl Times {
    /// `2026-03-04 10:12 +05:30`, with seconds and milliseconds where there are any.
    pub(crate) fn say(self, at: Instant) -> String {
        if !at.is_supported() {
            return at.to_string();
        }
        let wall = self.0.to_local(at);
        let format = match (wall.second(), wall.nanosecond()) {
            (0, 0) => "%Y-%m-%d %H:%M",
            (_, 0) => "%Y-%m-%d %H:%M:%S",
            _ => "%Y-%m-%d %H:%M:%S%.3f",
        };
        let offset = self.0.offset_at(at);
        let (sign, minutes) = if offset < 0 { ('-', -offset / 60) } else { ('+', offset / 60) };
        format!("{} {sign}{:02}:{:02}", wall.format(format), minutes / 60, minutes % 60)
    }

    /// The end of a stretch: one that lies just after an instant is that instant, which is in.
    pub(crate) fn say_end(self, end: Instant) -> String {
        let last = Instant::from_millis(end.millis() - 1);
        self.say(if last.millis() % 1_000 == 0 { last } else { end })
    }

    /// A text with its instants in UTC said on the clock of the zone.
    pub(crate) fn local(self, text: &str) -> String {
        let words = text.split(' ').map(|word| match Instant::parse(word) {
            Ok(at) => self.say(at),
            Err(_) => word.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// A piece of rules in back-ticks.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 100;
    if text.chars().count() <= MOST {
        return format!("`{text}`");
    }
    let cut: String = text.chars().take(MOST - 1).collect();
    format!("`{}…`", cut.trim_end())
}

/// `the third`, `the 12th`
pub(crate) fn ordinal(number: usize) -> String {
    const WORDS: [&str; 10] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    match number.checked_sub(1).and_then(|place| WORDS.get(place)) {
        Some(word) => format!("the {word}"),
        None => {
            let ending = match (number % 10, number % 100) {
                (1, hundred) if hundred != 11 => "st",
                (2, hundred) if hundred != 12 => "nd",
                (3, hundred) if hundred != 13 => "rd",
                _ => "th",
            };
            format!("the {number}{ending}")
        }
    }
}

/// A value as a rule would write it; objects and lists as JSON.
pub(crate) fn value(value: &Value) -> String {
    let text = match value {
        Value::Boolean(true) => "yes".to_owned(),
        Value::Boolean(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Instant(at) => at.to_string(),
        Value::Text(_) | Value::List(_) | Value::Object(_) => {
            serde_json::to_string(value).unwrap_or_default()
        }
    };
    const MOST: usize = 80;
    if text.chars().count() <= MOST {
        return text;
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}

/// `3 days`, `2 hours`, `90 minutes`: a length in the largest unit that is exact.
pub(crate) fn length(length: Duration) -> String {
    const UNITS: [(i64, &str); 4] =
        [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second")];
    let millis = length.millis();
    let unit = UNITS.iter().find(|(unit, _)| millis % unit == 0);
    match unit {
        Some((unit, name)) if millis / unit == 1 => format!("1 {name}"),
        Some((unit, name)) => format!("{} {name}s", millis / unit),
        None => format!("{millis} milliseconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_those_of_the_zone_with_its_offset() {
        let say = |zone: &str, at: &str| Times(Zone::named(zone).unwrap()).say(Instant::parse(at).unwrap());
        assert_eq!(say("Asia/Kolkata", "2026-03-04T04:42:00Z"), "2026-03-04 10:12 +05:30");
        assert_eq!(say("America/New_York", "2026-07-04T04:42:05Z"), "2026-07-04 00:42:05 -04:00");
        assert_eq!(say("UTC", "2026-07-04T04:42:05.25Z"), "2026-07-04 04:42:05.250 +00:00");
        let times = Times(Zone::named("Asia/Kolkata").unwrap());
        assert_eq!(
            times.local("waiting until 2026-03-04T04:42:00Z"),
            "waiting until 2026-03-04 10:12 +05:30"
        );
        let end = |at: &str| times.say_end(Instant::parse(at).unwrap());
        assert_eq!(end("2026-03-04T04:42:00.001Z"), "2026-03-04 10:12 +05:30");
        assert_eq!(end("2026-03-04T04:42:00Z"), "2026-03-04 10:12 +05:30");
    }

    #[test]
    fn numbers_have_their_order() {
        let said: Vec<String> = [1, 3, 10, 11, 12, 13, 21, 22, 111].map(ordinal).into();
        let wanted = [
            "the first",
            "the third",
            "the tenth",
            "the 11th",
            "the 12th",
            "the 13th",
            "the 21st",
            "the 22nd",
            "the 111th",
        ];
        assert_eq!(said, wanted);
    }
}
