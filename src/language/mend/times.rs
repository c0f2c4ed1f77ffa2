use super::{Kind, Piece, Repair};
use crate::language::codes;

/// A time of day as people write it, as `HH:MM`: `9am`, `9:30 pm`, `09:00`; `plain` takes `9` and `9.30` too.
fn clock_of(written: &str, half: &str, plain: bool) -> Option<String> {
    let lower = written.to_lowercase();
    let (digits, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(digits), _) => (digits, "am"),
        (_, Some(digits)) => (digits, "pm"),
        _ => (lower.as_str(), half),
    };
    let (hour, minute) = match digits.split_once([':', '.']) {
        Some((hour, minute)) if minute.len() == 2 && (plain || !half.is_empty() || digits.contains(':')) => {
            (hour, minute)
        }
        None if plain || !half.is_empty() => (digits, "00"),
        _ => return None,
    };
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        "am" if (1..=12).contains(&hour) => hour % 12,
        "pm" if (1..=12).contains(&hour) => hour % 12 + 12,
        "" => hour,
        _ => return None,
    };
    (minute < 60 && (hour < 24 || (hour, minute) == (24, 0))).then(|| format!("{hour:02}:{minute:02}"))
}

/// `am` or `pm` as a word of its own.
fn half(piece: &Piece<'_, '_>, at: usize) -> &'static str {
    match piece.word(at).as_str() {
        "am" => "am",
        "pm" => "pm",
        _ => "",
    }
}

/// A time of day at a token, as `HH:MM`, and the token after it.
fn clock_at(piece: &Piece<'_, '_>, at: usize, plain: bool) -> Option<(String, usize)> {
    match piece.word(at).as_str() {
        "noon" => return Some(("12:00".to_owned(), at + 1)),
        "midnight" => return Some(("00:00".to_owned(), at + 1)),
        _ => {}
    }
    let half = half(piece, at + 1);
    let time = clock_of(piece.number(at), half, plain)?;
    Some((time, at + 1 + usize::from(!half.is_empty())))
}

/// `09:00-21:00`, `9am to 9pm`, `9..21`
pub(super) fn hours(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let range = |end: usize, ours: String| {
        let written = piece.written(at..end);
        let repair =
            piece.repair(at..end, ours.clone(), codes::TIME, format!("`{written}` is written `{ours}`"));
        Some(repair.help(format!("write `{ours}`: hours have two digits, and two dots stand between")))
    };
    if let Some((from, to)) = piece.number(at).split_once('-')
        && let (Some(from), Some(to)) = (clock_of(from, "", false), clock_of(to, half(piece, at + 1), false))
    {
        let end = at + 1 + usize::from(!half(piece, at + 1).is_empty());
        return range(end, format!("{from}..{to}"));
    }
    // A bare `9` is an hour only where hours are told.
    let told = matches!(piece.word(piece.range.start).as_str(), "deliver" | "quiet");
    let (from, joint) = clock_at(piece, at, told)?;
    let dots = piece.str(joint) == "..";
    let joins = dots || matches!(piece.str(joint), "-" | "–" | "—" | "to" | "till" | "until" | "and" | "...");
    if !joins {
        return None;
    }
    let (to, end) = clock_at(piece, joint + 1, told)?;
    let ours = format!("{from}..{to}");
    // What the grammar takes, the reader answers.
    let sound = dots && piece.number(at).contains(':') && piece.number(joint + 1).contains(':');
    if sound && end == joint + 2 && half(piece, at + 1).is_empty() && !has_letters(piece, at, end) {
        return None;
    }
    range(end, ours)
}

fn has_letters(piece: &Piece<'_, '_>, from: usize, to: usize) -> bool {
    (from..to).any(|at| piece.str(at).contains(|c: char| c.is_alphabetic()))
}

/// `at 9`, `at 9.30`
pub(super) fn at_hour(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let after_at = piece.before(at) == "at";
    let after_date = piece.before(at).len() == 10 && piece.before(at).matches('-').count() == 2;
    let written = piece.number(at);
    let plain = piece.is_whole(at) && written.len() <= 2 || written.contains('.');
    if !(after_at || after_date) || !plain {
        return None;
    }
    let (ours, end) = clock_at(piece, at, true)?;
    Some(a_time(piece, at, end, &ours))
}

/// `9am`, `9:30 pm`, `noon`
pub(super) fn clock(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if piece.is_kind(at, Kind::Word) && !matches!(piece.before(at), "at" | "..") {
        return None;
    }
    let (ours, end) = clock_at(piece, at, false)?;
    // The reader answers `9:00` itself.
    has_letters(piece, at, end).then(|| a_time(piece, at, end, &ours))
}

fn a_time(piece: &Piece<'_, '_>, at: usize, end: usize, ours: &str) -> Repair {
    let written = piece.written(at..end);
    piece
        .repair(at..end, ours, codes::TIME, format!("`{written}` is no time of day of the language"))
        .help(format!("write `{ours}`: two digits, from 00:00 to 23:59"))
}

/// `31/12/2026`, `2026/12/31`, `31.12.2026`, `2026-11-08T10:00`
pub(super) fn date(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let written = piece.number(at);
    if let Some((day, rest)) = written.split_once(['T', 't'])
        && day.len() == 10
        && rest.contains(':')
    {
        let time: String = rest.chars().take(5).collect();
        let ours = format!("{day} {time}");
        return Some(
            piece
                .repair(at..at + 1, ours.clone(), codes::DATE, "a space stands between date and time")
                .help(format!("write `{ours}`")),
        );
    }
    let separator = ['/', '.'].into_iter().find(|sign| written.matches(*sign).count() == 2)?;
    let parts: Vec<u32> = written.split(separator).filter_map(|part| part.parse().ok()).collect();
    let [a, b, c] = parts[..] else { return None };
    let (year, month, day) = if a > 31 {
        (a, b, c)
    } else if b > 12 {
        (c, a, b)
    } else {
        (c, b, a)
    };
    let year = if year < 100 { year + 2000 } else { year };
    a_date(piece, at, at + 1, year, month, day)
}

fn a_date(piece: &Piece<'_, '_>, at: usize, end: usize, year: u32, month: u32, day: u32) -> Option<Repair> {
    let date = chrono::NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let written = piece.written(at..end);
    Some(
        piece
            .repair(at..end, date.to_string(), codes::DATE, format!("`{written}` is no date of the language"))
            .help(format!("dates are year, month and day: `{date}`")),
    )
}

/// `8 November 2026`, `Nov 8, 2026`
pub(super) fn spelt_date(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let month = |at: usize| {
        let word = piece.word(at);
        let short = word.get(..3)?;
        const MONTHS: [&str; 12] =
            ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        let found = MONTHS.iter().position(|name| *name == short)?;
        u32::try_from(found + 1).ok()
    };
    let day = |at: usize| {
        let digits = piece.number(at).trim_end_matches(|c: char| c.is_alphabetic());
        digits.parse::<u32>().ok().filter(|day| (1..=31).contains(day))
    };
    let year = |at: usize| piece.number(at).parse::<u32>().ok().filter(|year| (1900..2200).contains(year));
    let comma = |at: usize| at + usize::from(piece.str(at) == ",");
    if let (Some(day), Some(month)) = (day(at), month(at + 1))
        && let Some(year) = year(comma(at + 2))
    {
        return a_date(piece, at, comma(at + 2) + 1, year, month, day);
    }
    if let (Some(month), Some(day)) = (month(at), day(at + 1))
        && let Some(year) = year(comma(at + 2))
    {
        return a_date(piece, at, comma(at + 2) + 1, year, month, day);
    }
    None
}

/// The unit that a short word stands for.
fn unit_of(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "s" | "sec" | "secs" | "seconds" | "second" => "seconds",
        "m" | "min" | "mins" | "minutes" | "minute" => "minutes",
        "h" | "hr" | "hrs" | "hours" | "hour" => "hours",
        "d" | "days" | "day" => "days",
        "w" | "wk" | "wks" | "weeks" | "week" => "weeks",
        "mo" | "mos" | "mth" | "mths" | "months" | "month" => "months",
        "y" | "yr" | "yrs" | "years" | "year" => "years",
        _ => return None,
    })
}

/// `10 mins`, `2h`, `10 Minutes`, `2-hours`
pub(super) fn duration(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let number = piece.number(at);
    // `within 500 m of (…)` is a distance.
    if piece.before(at) == "within" && (piece.word(at + 2) == "of" || piece.word(at + 1) == "of") {
        return None;
    }
    let split = number.find(|c: char| c.is_alphabetic());
    let (digits, unit, end) = match split {
        Some(place) => (number.get(..place)?, unit_of(number.get(place..)?)?, at + 1),
        None if piece.is_kind(at + 1, Kind::Word) => (number, unit_of(piece.str(at + 1))?, at + 2),
        None => return None,
    };
    let sound = split.is_none()
        && unit_of(piece.str(at + 1)).is_some_and(|unit| {
            let written = piece.str(at + 1);
            written == unit || Some(written) == unit.strip_suffix('s')
        });
    if digits.is_empty() || sound || !digits.bytes().all(|b| b.is_ascii_digit() || b"_.".contains(&b)) {
        return None;
    }
    let unit = if digits == "1" { unit.trim_end_matches('s') } else { unit };
    Some(a_length(piece, at, end, &format!("{digits} {unit}")))
}

fn a_length(piece: &Piece<'_, '_>, at: usize, end: usize, ours: &str) -> Repair {
    let written = piece.written(at..end);
    piece
        .repair(at..end, ours, codes::LENGTH, format!("`{written}` is no length of time of the language"))
        .help(format!("write `{ours}`"))
}

/// `one`, `two`, … `twelve`; `a` and `an` are one.
pub(super) fn spelt_number(word: &str) -> Option<u32> {
    const NUMBERS: [&str; 12] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    if matches!(word, "a" | "an") {
        return Some(1);
    }
    u32::try_from(NUMBERS.iter().position(|name| *name == word)? + 1).ok()
}

/// `at most one per …`, `at least two times`
pub(super) fn spelt_count(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let counted = matches!(piece.before(at), "least" | "most" | "than" | "exactly" | "cap" | "between");
    let number = spelt_number(&piece.word(at)).filter(|_| counted)?;
    let message = format!("numbers are written in digits, not `{}`", piece.str(at));
    Some(
        piece
            .repair(at..at + 1, number.to_string(), codes::NUMBER, message)
            .help(format!("write `{number}`")),
    )
}

/// `an hour`, `two days`
pub(super) fn spelt_duration(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let number = spelt_number(&piece.word(at))?;
    let unit = unit_of(piece.str(at + 1)).filter(|_| piece.word(at + 1).len() > 2)?;
    let unit = if number == 1 { unit.trim_end_matches('s') } else { unit };
    Some(a_length(piece, at, at + 2, &format!("{number} {unit}")))
}
