use super::{Kind, Piece, Repair};
use crate::language::codes;

/// The short name of a weekday, however it is written.
pub(super) fn weekday_of(written: &str) -> Option<&'static str> {
    Some(match written.to_lowercase().as_str() {
        "mon" | "monday" | "mondays" | "mo" => "mon",
        "tue" | "tues" | "tuesday" | "tuesdays" | "tu" => "tue",
        "wed" | "weds" | "wednesday" | "wednesdays" | "we" => "wed",
        "thu" | "thur" | "thurs" | "thursday" | "thursdays" | "th" => "thu",
        "fri" | "friday" | "fridays" | "fr" => "fri",
        "sat" | "saturday" | "saturdays" | "sa" => "sat",
        "sun" | "sunday" | "sundays" | "su" => "sun",
        _ => return None,
    })
}

/// True for a weekday as the grammar takes it.
fn is_sound(written: &str) -> bool {
    matches!(
        written,
        "mon"
            | "monday"
            | "tue"
            | "tuesday"
            | "wed"
            | "wednesday"
            | "thu"
            | "thursday"
            | "fri"
            | "friday"
            | "sat"
            | "saturday"
            | "sun"
            | "sunday"
    )
}

/// `every monday at …`, `everyday`, `daily`
pub(super) fn recurrence(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let first = piece.word(at);
    if matches!(first.as_str(), "everyday" | "daily") {
        let repair = piece.repair(
            at..at + 1,
            "every day",
            codes::DAYS,
            format!("`{}` is written in two words", piece.str(at)),
        );
        return Some(repair.help("write `every day at 09:00`"));
    }
    if first != "every" {
        return None;
    }
    let second = piece.str(at + 1);
    let day = weekday_of(second).filter(|_| second.len() > 2)?;
    Some(
        piece
            .repair(
                at..at + 2,
                format!("every week on {day}"),
                codes::DAYS,
                format!("`every {second}` is a week's recurrence"),
            )
            .help(format!("write `every week on {day}`")),
    )
}

/// `every 2 hours`, `every hour`: without a time of day, which no time within the day has.
pub(super) fn within_a_day(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if piece.word(at) != "every" || at != piece.range.start {
        return None;
    }
    let unit = at + 1 + usize::from(piece.is_whole(at + 1));
    let short = matches!(
        piece.word(unit).as_str(),
        "hour" | "hours" | "minute" | "minutes" | "min" | "mins" | "second" | "seconds"
    );
    if !short {
        return None;
    }
    let written = piece.written(at..unit + 1);
    Some(
        piece
            .repair(
                at..piece.range.end,
                "every day at 09:00",
                codes::DAYS,
                format!("`{written}` is no recurrence of days"),
            )
            .help("for times within a day write `cron \"0 9-18 * * *\"`")
            .stand_in(),
    )
}

/// `on weekdays`, `every weekend`
pub(super) fn weekdays(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let days = match piece.word(at).as_str() {
        "weekday" | "weekdays" | "workdays" | "workday" => "mon..fri",
        "weekend" | "weekends" => "sat, sun",
        _ => return None,
    };
    let before = piece.before(at);
    let ours = match before {
        "on" | "," => days.to_owned(),
        "every" => format!("week on {days}"),
        _ => return None,
    };
    Some(
        piece
            .repair(
                at..at + 1,
                ours.clone(),
                codes::DAYS,
                format!("which days are `{}` is not the same everywhere", piece.str(at)),
            )
            .help(format!("name them: `{before} {ours}`")),
    )
}

/// True where a weekday can stand.
fn is_day_position(piece: &Piece<'_, '_>, at: usize) -> bool {
    matches!(
        piece.before(at).to_lowercase().as_str(),
        "on" | ","
            | ".."
            | "..."
            | "-"
            | "–"
            | "—"
            | "to"
            | "through"
            | "and"
            | "&"
            | "starts"
            | "first"
            | "second"
            | "third"
            | "fourth"
            | "last"
            | "1st"
            | "2nd"
            | "3rd"
            | "4th"
    )
}

/// `mon-fri`, `Monday to Friday`
pub(super) fn range(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let (first, last) = (weekday_of(piece.str(at))?, weekday_of(piece.str(at + 2))?);
    let joint = piece.str(at + 1);
    if !matches!(joint, "-" | "–" | "—" | "to" | "through" | "till" | "until" | "..." | ":")
        || !is_day_position(piece, at)
    {
        return None;
    }
    let ours = format!("{first}..{last}");
    Some(
        piece
            .repair(
                at..at + 3,
                ours.clone(),
                codes::DAYS,
                format!("days from `{first}` to `{last}` are joined by two dots"),
            )
            .help(format!("write `{ours}`")),
    )
}

/// `mon and wed`, `mon & wed`
pub(super) fn both(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let between = weekday_of(piece.before(at)).is_some() && weekday_of(piece.str(at + 1)).is_some();
    let joint = piece.str(at);
    if !between || !matches!(joint, "and" | "&" | "+" | "/" | "or") {
        return None;
    }
    let (first, second) = (weekday_of(piece.before(at))?, weekday_of(piece.str(at + 1))?);
    Some(
        piece
            .repair(at..at + 1, ",", codes::DAYS, format!("days are joined by commas, not by `{joint}`"))
            .help(format!("write `{first}, {second}`")),
    )
}

/// `Monday`, `Tues`
pub(super) fn name(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let written = piece.str(at);
    let ours = weekday_of(written)?;
    let stands = is_day_position(piece, at) || super::values::is_day_of_clock(piece, at);
    if is_sound(written) || !piece.is_kind(at, Kind::Word) || !stands {
        return None;
    }
    let message = if is_sound(&written.to_lowercase()) {
        format!("the weekday `{written}` is written in small letters")
    } else {
        format!("`{written}` is no weekday of the language")
    };
    Some(piece.repair(at..at + 1, ours, codes::DAYS, message).help(format!("write `{ours}`")))
}
