use chrono::{NaiveDate, NaiveTime, Weekday};

use super::{Reader, shown};
use crate::language::ast::{CalendarUnit, Ident, Path};
use crate::language::grammar::{Node, Rule, child, children};
use crate::language::{Diagnostic, Span, Spanned, codes, nearest};
use crate::model::{Duration, Number, Percent};

/// A unit of time as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    fn of(word: &str) -> Option<Unit> {
        Some(match word.strip_suffix('s').unwrap_or(word) {
            "second" => Unit::Second,
            "minute" => Unit::Minute,
            "hour" => Unit::Hour,
            "day" => Unit::Day,
            "week" => Unit::Week,
            "month" => Unit::Month,
            "year" => Unit::Year,
            _ => return None,
        })
    }

    /// The word for so many: `day`, `days`.
    pub fn word(self, count: i64) -> String {
        let word = match self {
            Unit::Second => "second",
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Year => "year",
        };
        if count == 1 { word.to_owned() } else { format!("{word}s") }
    }

    /// Its exact length in seconds; none for months and years, which have no fixed one.
    pub fn seconds(self) -> Option<i64> {
        Some(match self {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day => 86_400,
            Unit::Week => 604_800,
            Unit::Month | Unit::Year => return None,
        })
    }

    /// As a unit that a calendar cuts.
    pub fn calendar(self) -> Option<CalendarUnit> {
        Some(match self {
            Unit::Day => CalendarUnit::Day,
            Unit::Week => CalendarUnit::Week,
            Unit::Month => CalendarUnit::Month,
            Unit::Year => CalendarUnit::Year,
            Unit::Second | Unit::Minute | Unit::Hour => return None,
        })
    }
}

/// The longest length of time that rules can speak of: a hundred years.
const LONGEST: i64 = 100 * 366 * 86_400;

impl Reader<'_, '_> {
    /// A text without its quotes and backslashes.
    pub(super) fn text(&mut self, node: &Node<'_>) -> Option<Spanned<String>> {
        let span = self.span(node);
        let written = node.as_str();
        let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))?;
        let mut text = String::with_capacity(inner.len());
        let mut characters = inner.char_indices();
        let mut sound = true;
        while let Some((at, character)) = characters.next() {
            if character != '\\' {
                text.push(character);
                continue;
            }
            let Some((_, escaped)) = characters.next() else { break };
            match escaped {
                '"' | '\\' => text.push(escaped),
                'n' => text.push('\n'),
                _ => {
                    sound = false;
                    let start = node.as_span().start() + 1 + at;
                    let place = self.piece.span(start, start + 1 + escaped.len_utf8());
                    // Trimming to tokens would take the whole text, so the place is cut to the two characters.
                    let place = Span { end: place.start + 1 + width(escaped), ..place };
                    self.findings.push(
                        Diagnostic::error(
                            codes::ESCAPE,
                            if place.end <= span.end { place } else { span },
                            format!("`\\{escaped}` means nothing in a text"),
                        )
                        .with_help(format!(
                            "for a backslash itself write two: `\\\\{escaped}`; known are `\\\"`, `\\\\` and `\\n`"
                        )),
                    );
                }
            }
        }
        sound.then_some(Spanned::new(text, span))
    }

    /// A text in which a space that only looks like one would go unnoticed: a name or a value to compare with.
    pub(super) fn visible_text(&mut self, node: &Node<'_>) -> Option<Spanned<String>> {
        let text = self.text(node)?;
        let hidden =
            |c: char| c != ' ' && c != '\n' && (c.is_whitespace() || ('\u{200B}'..='\u{200F}').contains(&c));
        if let Some(character) = text.node.chars().find(|c| hidden(*c)) {
            let name = match character {
                '\u{A0}' | '\u{202F}' | '\u{2007}' => "non-breaking space".to_owned(),
                '\t' => "tab".to_owned(),
                _ => format!("space of another kind (U+{:04X})", u32::from(character)),
            };
            self.findings.push(
                Diagnostic::warning(
                    codes::HIDDEN_SPACE,
                    text.span,
                    format!("this text holds a {name}, and only equals one that holds it too"),
                )
                .with_help("retype the space, unless the data really has it"),
            );
        }
        Some(text)
    }

    /// A bare name: lower-case letters, digits and `_`, beginning with a letter.
    pub(super) fn name(&mut self, node: &Node<'_>) -> Option<Ident> {
        let span = self.span(node);
        let written = node.as_str();
        let good = written.starts_with(|c: char| c.is_ascii_lowercase())
            && written.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if good {
            return Some(Spanned::new(written.to_owned(), span));
        }
        self.refuse_with(
            codes::NAME,
            span,
            format!("`{written}` cannot be a name"),
            format!(
                "names are lower-case letters, digits and `_`, and begin with a letter: `{}`",
                snake(written)
            ),
        )
    }

    /// One word out of several.
    pub(super) fn choice<T: Copy>(
        &mut self,
        node: &Node<'_>,
        what: &str,
        choices: &[(&'static str, T)],
    ) -> Option<Spanned<T>> {
        let span = self.span(node);
        let written = node.as_str();
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == written) {
            return Some(Spanned::new(*value, span));
        }
        let names = choices.iter().map(|(name, _)| *name);
        let help = match nearest(written, names.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("one of {}", list_of(names, "or")),
        };
        self.refuse_with(codes::CHOICE, span, format!("`{written}` is no {what}"), help)
    }

    /// A property's path; `skip` leaves out leading parts such as `profile`.
    pub(super) fn path(&mut self, node: &Node<'_>) -> Option<Path> {
        let span = self.span(node);
        let parts: Option<Vec<String>> =
            children(node, Rule::property).map(|part| self.property(&part).map(|name| name.node)).collect();
        Some(Path { parts: parts?, span })
    }

    /// A property's name, bare or quoted.
    pub(super) fn property(&mut self, node: &Node<'_>) -> Option<Spanned<String>> {
        let inner = node.clone().into_inner().next()?;
        match inner.as_rule() {
            Rule::string => {
                let text = self.visible_text(&inner)?;
                if text.node.is_empty() {
                    return self.refuse(codes::NAME, text.span, "a property's name is empty");
                }
                Some(text)
            }
            _ => Some(Spanned::new(inner.as_str().to_owned(), self.span(&inner))),
        }
    }

    /// A number.
    pub(super) fn number(&mut self, node: &Node<'_>) -> Option<Spanned<Number>> {
        let span = self.span(node);
        let digits = node.as_str().replace('_', "");
        let number = if digits.contains('.') {
            digits.parse::<f64>().ok().and_then(Number::from_f64)
        } else {
            digits.parse::<i64>().ok().map(Number::from_i64)
        };
        match number {
            Some(number) => Some(Spanned::new(number, span)),
            None => self.refuse_with(
                codes::NUMBER,
                span,
                format!("`{}` is too large a number", shown(node)),
                "whole numbers go up to 9_223_372_036_854_775_807; an id of digits is a text: put it in quotes",
            ),
        }
    }

    /// A whole number of something, from `least` to `most`.
    pub(super) fn whole(
        &mut self,
        node: &Node<'_>,
        what: &str,
        least: u32,
        most: u32,
    ) -> Option<Spanned<u32>> {
        let number = self.number(node)?;
        let found = number.node.as_i64().and_then(|value| u32::try_from(value).ok());
        match found.filter(|value| (least..=most).contains(value)) {
            Some(value) => Some(Spanned::new(value, number.span)),
            None => {
                let range =
                    if most == u32::MAX { format!("{least} or more") } else { format!("{least} to {most}") };
                self.refuse_with(
                    codes::NUMBER,
                    number.span,
                    format!("`{}` is no {what}", node.as_str()),
                    format!("write a whole number, {range}"),
                )
            }
        }
    }

    /// The unit of a node that has one.
    pub(super) fn unit(&mut self, node: &Node<'_>) -> Option<Spanned<Unit>> {
        let unit = child(node, Rule::unit)?;
        Some(Spanned::new(Unit::of(unit.as_str())?, self.span(&unit)))
    }

    /// `10 minutes`: an exact length of time, longer than none.
    pub(in crate::language) fn duration(&mut self, node: &Node<'_>) -> Option<Spanned<Duration>> {
        let number = child(node, Rule::number)?;
        let unit = self.unit(node)?;
        let span = self.span(&number).to(unit.span);
        self.length(&number, unit.node, span, 1)
    }

    /// So many units as an exact length of time.
    pub(super) fn length(
        &mut self,
        number: &Node<'_>,
        unit: Unit,
        span: Span,
        least: i64,
    ) -> Option<Spanned<Duration>> {
        let count = self.number(number)?;
        let Some(seconds) = unit.seconds() else {
            let days = if unit == Unit::Month { 30 } else { 365 };
            let several = count.node.as_i64().unwrap_or(1).saturating_mul(days).max(1);
            return self.refuse_with(
                codes::LENGTH,
                span,
                format!("a {} has no fixed length", unit.word(1)),
                format!("write it in days: `{several} days`"),
            );
        };
        let Some(whole) = count.node.as_i64() else {
            let help = match smaller(count.node.as_f64(), seconds) {
                Some(exact) => format!("write `{exact}`"),
                None => "use a smaller unit".to_owned(),
            };
            return self.refuse_with(codes::LENGTH, span, "lengths of time are whole numbers", help);
        };
        if whole < least {
            let message = if whole < 0 {
                "a length of time cannot be negative"
            } else {
                "a length of time must be longer than nothing"
            };
            return self.refuse_with(
                codes::LENGTH,
                span,
                message,
                format!("at least `{least} {}`, or leave it out", unit.word(least)),
            );
        }
        match whole.checked_mul(seconds).filter(|total| *total <= LONGEST) {
            Some(total) => Some(Spanned::new(Duration::from_seconds(total), span)),
            None => self.refuse_with(
                codes::LENGTH,
                span,
                "this length of time is too long",
                "the longest is a hundred years",
            ),
        }
    }

    /// `3%`
    pub(super) fn percent(&mut self, node: &Node<'_>) -> Option<Spanned<Percent>> {
        let span = self.span(node);
        let written = node.as_str();
        let digits = written.trim_end_matches('%').replace('_', "");
        if digits.starts_with('-') {
            return self.refuse_with(
                codes::PERCENT,
                span,
                format!("`{written}` is less than nothing"),
                "a share goes from 0% to 100%",
            );
        }
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
        if fraction.len() > 4 {
            return self.refuse_with(
                codes::PERCENT,
                span,
                format!("`{written}` is finer than a share can be"),
                "at most four digits after the point",
            );
        }
        let millionths = format!("{whole}{fraction:0<4}").parse::<u32>().ok().filter(|m| *m <= 1_000_000);
        match millionths {
            Some(millionths) => Some(Spanned::new(Percent::from_millionths(millionths), span)),
            None => self.refuse_with(
                codes::PERCENT,
                span,
                format!("`{written}` is more than everyone"),
                "a share goes from 0% to 100%",
            ),
        }
    }

    /// A time of day from 00:00 to 23:59; `24:00` is `None`, for the end of a window only.
    pub(super) fn closing_time(&mut self, node: &Node<'_>) -> Option<Option<NaiveTime>> {
        let span = self.span(node);
        let written = node.as_str();
        let parts: Vec<&str> = written.split(':').collect();
        let values: Option<Vec<u32>> = parts.iter().map(|part| part.parse().ok()).collect();
        let refused = |this: &mut Self, message: String, help: String| {
            this.refuse_with(codes::TIME, span, message, help)
        };
        let (hour, minute) = match (parts.as_slice(), values.as_deref()) {
            ([_, _, _, ..], Some([hour, minute, ..])) => {
                return refused(
                    self,
                    "times of day are hours and minutes".to_owned(),
                    format!("write `{hour:02}:{minute:02}`"),
                );
            }
            ([_, _], Some([hour, minute])) => (*hour, *minute),
            _ => {
                return refused(
                    self,
                    format!("`{written}` is no time of day"),
                    "times go from 00:00 to 23:59".to_owned(),
                );
            }
        };
        if (hour, minute) != (24, 0) && (hour > 23 || minute > 59) {
            return refused(
                self,
                format!("`{written}` is no time of day"),
                "times go from `00:00` to `23:59`; `24:00` can end a window".to_owned(),
            );
        }
        if parts.iter().any(|part| part.len() != 2) {
            return refused(
                self,
                "hours and minutes have two digits each".to_owned(),
                format!("write `{hour:02}:{minute:02}`"),
            );
        }
        Some(NaiveTime::from_hms_opt(hour, minute, 0))
    }

    /// A time of day from 00:00 to 23:59.
    pub(super) fn time(&mut self, node: &Node<'_>) -> Option<NaiveTime> {
        let span = self.span(node);
        match self.closing_time(node)? {
            Some(time) => Some(time),
            None => self.refuse_with(
                codes::TIME,
                span,
                "`24:00` can only end a window",
                "midnight is `00:00` of the next day",
            ),
        }
    }

    /// `2026-11-03`, of the years that the engine knows.
    pub(super) fn date(&mut self, node: &Node<'_>) -> Option<Spanned<NaiveDate>> {
        let span = self.span(node);
        let written = node.as_str();
        let parts: Vec<&str> = written.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let values: Option<Vec<u32>> = parts.iter().map(|part| part.parse().ok()).collect();
        let Some([first, month, last]) = values.as_deref() else {
            return self.refuse_with(
                codes::DATE,
                span,
                format!("`{written}` is no date"),
                "dates are year, month and day: `2026-11-03`",
            );
        };
        let (year, day) =
            if lengths.first().is_some_and(|length| *length <= 2) { (last, first) } else { (first, last) };
        let date = i32::try_from(*year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, *month, *day));
        let Some(date) = date.filter(|_| (1900..2200).contains(year)) else {
            return self.refuse_with(
                codes::DATE,
                span,
                format!("there is no day `{written}`"),
                "dates are year, month and day, such as `2026-11-03`, from 1900 to 2199",
            );
        };
        if lengths != [4, 2, 2] {
            return self.refuse_with(
                codes::DATE,
                span,
                "dates are year, month and day, in four, two and two digits",
                format!("write `{date}`"),
            );
        }
        Some(Spanned::new(date, span))
    }

    /// A weekday, `mon` or `monday`.
    pub(super) fn weekday(&mut self, node: &Node<'_>) -> Option<Weekday> {
        node.as_str().parse().ok()
    }
}

fn width(character: char) -> u32 {
    u32::try_from(character.len_utf8()).unwrap_or(1)
}

/// The same length in whole minutes, hours or days, for a fraction of a unit.
fn smaller(count: f64, seconds: i64) -> Option<String> {
    let total = count * seconds as f64;
    if !(total.is_finite() && total > 0.0 && total < LONGEST as f64 && total.fract() == 0.0) {
        return None;
    }
    let total = total as i64;
    let units = [Unit::Day, Unit::Hour, Unit::Minute, Unit::Second];
    units.into_iter().find_map(|unit| {
        let length = unit.seconds()?;
        (total % length == 0).then(|| format!("{} {}", total / length, unit.word(total / length)))
    })
}

/// A name as names are written: `CartRescue` and `cart-rescue` become `cart_rescue`.
pub(in crate::language) fn snake(written: &str) -> String {
    let mut name = String::new();
    let mut low = false;
    for character in written.chars() {
        if character.is_ascii_uppercase() && low {
            name.push('_');
        }
        low = character.is_ascii_lowercase() || character.is_ascii_digit();
        match character {
            '-' | ' ' => name.push('_'),
            _ => name.push(character.to_ascii_lowercase()),
        }
    }
    let name = name.trim_start_matches('_');
    if name.is_empty() { "a_name".to_owned() } else { name.to_owned() }
}

/// `a`, `b` or `c`, in back-ticks.
pub(in crate::language) fn list_of<'a>(names: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    join(&quoted, last)
}

/// `a, b or c`
pub(in crate::language) fn join(names: &[String], last: &str) -> String {
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
    }
}
