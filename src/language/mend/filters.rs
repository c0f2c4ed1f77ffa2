use super::{Kind, Piece, Repair};
use crate::language::codes;
use crate::language::expected::visible;

/// True where a test may begin.
fn begins_test(piece: &Piece<'_, '_>, at: usize) -> bool {
    matches!(piece.before(at), "where" | "(" | "and" | "or" | "not" | "if" | "=")
}

/// True after the name of a property: the token before is a word that is none of those that join tests.
fn after_property(piece: &Piece<'_, '_>, at: usize) -> bool {
    piece.is_kind(at.wrapping_sub(1), Kind::Word)
        && !matches!(
            piece.before(at),
            "where"
                | "and"
                | "or"
                | "not"
                | "if"
                | "is"
                | "falls"
                | "in"
                | "event"
                | "segment"
                | "list"
                | "user"
        )
}

/// `did "Charged" in next 7 days`
pub(super) fn no_time_ahead(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let text = |at: usize| matches!(piece.get(at).map(|token| token.kind), Some(Kind::Text | Kind::OddText));
    let begins = at.checked_sub(2).map_or("", |before| piece.str(before));
    let after_event = text(at.wrapping_sub(1)) && matches!(begins, "did" | "not");
    if !(piece.words(at, "in next") && after_event) {
        return None;
    }
    let length =
        usize::from(piece.is_kind(at + 2, Kind::Number)) + usize::from(piece.is_kind(at + 3, Kind::Word));
    let repair = piece.repair(
        at..at + 2 + length,
        " in last 1 day ",
        codes::WINDOW,
        "what is to come did not happen yet",
    );
    Some(
        repair
            .help("events lie in the past: `in last 7 days`; only dates of properties lie ahead")
            .stand_in(),
    )
}

/// `every tag = "x"`, `each item has (…)`, `some item has (…)`, `any of items …`
pub(super) fn quantifier(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if !begins_test(piece, at) {
        return None;
    }
    let word = piece.word(at);
    let of = piece.words(at + 1, "of");
    let ours = match word.as_str() {
        "every" | "each" => "all",
        "some" | "either" => "any",
        "any" | "all" if of => word.as_str(),
        _ => return None,
    };
    let end = at + 1 + usize::from(of);
    let list = piece.is_kind(end, Kind::Word)
        && matches!(
            piece.str(end + 1),
            "." | "="
                | "!="
                | "<"
                | "<="
                | ">"
                | ">="
                | "has"
                | "in"
                | "is"
                | "contains"
                | "starts"
                | "ends"
                | "matches"
        );
    if !list {
        return None;
    }
    let written = piece.written(at..end);
    let repair = piece.repair(
        at..end,
        ours,
        codes::UNEXPECTED,
        format!("`{written}` before a list is written `{ours}`"),
    );
    let mut path = end;
    while piece.str(path + 1) == "." {
        path += 2;
    }
    Some(repair.help(format!("write `{ours} {}`", piece.written(end..path + 1))))
}

/// `any items (category = "Shoes")`
pub(super) fn without_has(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if !(matches!(piece.str(at), "any" | "all")
        && begins_test(piece, at)
        && piece.is_kind(at + 1, Kind::Word))
    {
        return None;
    }
    let mut path = at + 1;
    while piece.str(path + 1) == "." {
        path += 2;
    }
    if piece.str(path + 1) != "(" || piece.str(path) == "event" {
        return None;
    }
    let written = piece.written(at..path + 1);
    let repair = piece.repair(
        at..path + 1,
        format!("{written} has "),
        codes::INCOMPLETE,
        "`has` stands before what holds of one item",
    );
    Some(repair.help(format!("write `{written} has (…)`")))
}

/// `renewal in the next 7 days`, `renewal within next 7 days`
pub(super) fn the_next(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let length = match () {
        () if piece.words(at, "in the next") || piece.words(at, "within the next") => 3,
        () if piece.words(at, "within next") => 2,
        () => return None,
    };
    if !after_property(piece, at) {
        return None;
    }
    let written = piece.written(at..at + length);
    let repair =
        piece.repair(at..at + length, "in next", codes::WINDOW, format!("`{written}` is written `in next`"));
    Some(repair.help("write `in next`"))
}

/// `ignore case`, `case insensitive`, `ignorecase`
pub(super) fn ignoring_case(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let length = match () {
        () if piece.words(at, "ignore case") || piece.words(at, "ignores case") => 2,
        () if piece.words(at, "case insensitive") || piece.words(at, "case insensitively") => 2,
        () if piece.words(at, "ignoring the case") => 3,
        () if piece.word(at) == "case" && piece.str(at + 1) == "-" && piece.word(at + 2) == "insensitive" => {
            3
        }
        () if matches!(piece.word(at).as_str(), "ignorecase" | "nocase" | "icase") => 1,
        () => return None,
    };
    let value = piece
        .get(at.wrapping_sub(1))
        .is_some_and(|token| matches!(token.kind, Kind::Text | Kind::OddText | Kind::Close));
    if !value {
        return None;
    }
    let written = piece.written(at..at + length);
    let repair = piece.repair(
        at..at + length,
        " ignoring case ",
        codes::UNEXPECTED,
        format!("`{written}` is written `ignoring case`"),
    );
    Some(repair.help("write `ignoring case` after the value"))
}

/// `hour in 9-17`, `hour from 9 to 17`, `hour between 9:00 and 17:00`
pub(super) fn clock_range(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if piece.word(at) != "hour" || piece.before(at) == "." {
        return None;
    }
    let hour = |written: &str| {
        let digits = written.split_once(':').map_or(written, |(hour, _)| hour);
        digits.parse::<u32>().ok().filter(|hour| *hour <= 24).map(|hour| hour.to_string())
    };
    let (from, to, end) = match piece.word(at + 1).as_str() {
        "in" if piece.number(at + 2).contains('-') => {
            let (from, to) = piece.number(at + 2).split_once('-')?;
            (hour(from)?, hour(to)?, at + 3)
        }
        "in" if piece.str(at + 3) == ".." && piece.number(at + 2).contains(':') => {
            (hour(piece.number(at + 2))?, hour(piece.number(at + 4))?, at + 5)
        }
        "in" | "from" if matches!(piece.word(at + 3).as_str(), "to" | "until" | "till") => {
            (hour(piece.number(at + 2))?, hour(piece.number(at + 4))?, at + 5)
        }
        "between" if piece.number(at + 2).contains(':') && piece.word(at + 3) == "and" => {
            (hour(piece.number(at + 2))?, hour(piece.number(at + 4))?, at + 5)
        }
        _ => return None,
    };
    let ours = format!("hour in {from}..{to}");
    let repair = piece.repair(
        at..end,
        format!(" {ours} "),
        codes::TIME,
        "hours of the event are whole numbers with two dots between",
    );
    Some(repair.help(format!("write `{ours}`: from {from}:00 until before {to}:00")))
}

/// `within 5km of (…)`, `within 3 miles of (…)`, `within 5 kilometres of (…)`
pub(super) fn distance(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if piece.word(at) != "within" {
        return None;
    }
    let number = piece.number(at + 1);
    let digits = number.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (unit, end) = match number.get(digits.len()..) {
        Some("") | None => (piece.word(at + 2), at + 3),
        Some(unit) => (unit.to_lowercase(), at + 2),
    };
    let distance = match unit.as_str() {
        "km" | "kms" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => format!("{digits} km"),
        "m" | "meter" | "meters" | "metre" | "metres" => format!("{digits} m"),
        "mi" | "mile" | "miles" => {
            let miles: f64 = digits.replace('_', "").parse().ok()?;
            format!("{} m", (miles * 1_609.344).round())
        }
        _ => return None,
    };
    let written = piece.written(at + 1..end);
    if written == distance || digits.is_empty() {
        return None;
    }
    let repair = piece.repair(
        at + 1..end,
        distance.clone(),
        codes::LENGTH,
        format!("the distance `{}` is written in `km` or `m`", visible(written)),
    );
    Some(repair.help(format!("write `within {distance} of (…)`")))
}

/// `renewal today`, `renewal next week`: a date that falls there.
pub(super) fn day_without_verb(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let named = match piece.word(at).as_str() {
        "today" | "tomorrow" | "yesterday" => 1,
        "this" | "next" | "previous"
            if matches!(piece.word(at + 1).as_str(), "day" | "week" | "month" | "year") =>
        {
            2
        }
        _ => return None,
    };
    let dot = at.checked_sub(2).is_some_and(|before| piece.str(before) == ".");
    let tested = dot
        || matches!(at.checked_sub(2).map_or("", |before| piece.str(before)), "where" | "(" | "and" | "or");
    if !(after_property(piece, at) && tested) {
        return None;
    }
    let written = piece.written(at..at + named);
    let repair = piece.repair(
        at..at + named,
        format!(" falls {written} "),
        codes::UNEXPECTED,
        "a date falls into a stretch of time",
    );
    Some(repair.help(format!("write `falls {written}`; for its yearly return write `is {written}`")))
}

/// `birthday is not today`
pub(super) fn not_today(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let day = piece.word(at + 2);
    if !(piece.words(at, "is not") && matches!(day.as_str(), "today" | "tomorrow" | "yesterday")) {
        return None;
    }
    let repair = piece.repair(at..at + 2, " is ", codes::UNEXPECTED, "`not` stands before the whole test");
    Some(repair.help(format!("write `not … is {day}`")).stand_in())
}

/// `did "A" and then "B"`, `did "A" followed by "B"`, `did "A", then "B"`
pub(super) fn followed_by(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let text = |at: usize| matches!(piece.get(at).map(|token| token.kind), Some(Kind::Text | Kind::OddText));
    let length = match () {
        () if piece.words(at, "and then") || piece.words(at, "followed by") => 2,
        () if piece.words(at, "and was followed by") => 4,
        () if matches!(piece.str(at), "," | "->" | ">") && piece.word(at + 1) == "then" => 2,
        () => return None,
    };
    let follows =
        text(at + length) || piece.words(at + length, "any event") || piece.word(at + length) == "no";
    if !follows || !matches!(piece.word(piece.range.start).as_str(), "if" | "segment") {
        return None;
    }
    let written = piece.written(at..at + length);
    let repair =
        piece.repair(at..at + length, " then ", codes::UNEXPECTED, format!("`{written}` is written `then`"));
    Some(repair.help(format!("write `then {}`", visible(piece.str(at + length)))))
}
