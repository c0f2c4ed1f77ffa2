use super::{Kind, Piece, Repair};
use crate::language::codes;
use crate::language::expected::visible;

fn is_text(piece: &Piece<'_, '_>, at: usize) -> bool {
    matches!(piece.get(at).map(|token| token.kind), Some(Kind::Text | Kind::OddText))
}

/// `on "Charged"`, `after "Charged"`
pub(super) fn on_event(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let start = piece.range.start;
    if at != start || piece.word(at) != "on" || !is_text(piece, at + 1) || piece.str(at + 2) == "." {
        return None;
    }
    let name = visible(piece.str(at + 1));
    Some(
        piece
            .repair(at..at + 1, "when", codes::UNEXPECTED, "an event's trigger is written `when`")
            .help(format!("write `when {name}`")),
    )
}

/// `on demand`, `on api call`, `when requested`
pub(super) fn request(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let start = piece.range.start;
    if at != start {
        return None;
    }
    let next = piece.word(at + 1);
    let meant = match piece.word(at).as_str() {
        "on" => matches!(next.as_str(), "demand" | "api" | "requests" | "trigger" | "call"),
        "when" => matches!(next.as_str(), "requested" | "request" | "triggered" | "called"),
        _ => false,
    };
    let mut end = at + 2;
    while matches!(piece.word(end).as_str(), "call" | "request" | "trigger" | "by" | "api") {
        end += 1;
    }
    if !meant || end < piece.range.end {
        return None;
    }
    let written = piece.written(at..end);
    let message = format!("`{}` is written `on request`", visible(written));
    Some(piece.repair(at..end, "on request", codes::UNEXPECTED, message).help("write `on request`"))
}

/// `message was read`, `message read in campaign c`, `message read of c`
pub(super) fn receipt(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let named = matches!(piece.before(at), "when" | "then" | "no" | "unless" | "did" | "not" | "over");
    if piece.word(at) == "message" && named {
        let mut end = at + 1;
        while matches!(piece.word(end).as_str(), "is" | "was" | "gets" | "got" | "has" | "been") {
            end += 1;
        }
        if end == at + 1 || !piece.is_kind(end, Kind::Word) {
            return None;
        }
        let written = piece.written(at + 1..end);
        return Some(
            piece
                .repair(
                    at + 1..end,
                    " ",
                    codes::UNEXPECTED,
                    format!("what became of a message is said without `{written}`"),
                )
                .help(format!("write `message {}`", visible(piece.str(end))))
                .next(end),
        );
    }
    // The words `message` and `read` before this one.
    let verb = at.checked_sub(1)?;
    if piece.before(verb) != "message" || !piece.range.contains(&verb) {
        return None;
    }
    let word = piece.word(at);
    if matches!(word.as_str(), "in" | "from" | "for" | "by") && piece.word(at + 1) == "campaign" {
        let name = visible(piece.str(at + 2));
        return Some(
            piece
                .repair(
                    at..at + 1,
                    "of",
                    codes::UNEXPECTED,
                    format!("`{word} campaign` is written `of campaign`"),
                )
                .help(format!("write `message {} of campaign {name}`", piece.str(verb))),
        );
    }
    if word == "of" && piece.is_kind(at + 1, Kind::Word) && piece.word(at + 1) != "campaign" {
        let name = piece.str(at + 1);
        return Some(
            piece
                .repair(
                    at..at + 2,
                    format!("of campaign {name}"),
                    codes::UNEXPECTED,
                    "whose message is said with the word `campaign`",
                )
                .help(format!("write `message {} of campaign {}`", piece.str(verb), visible(name))),
        );
    }
    None
}

/// `when first "Charged"`, `when "Charged" first time`, `… for the 1st time`
pub(super) fn first_time(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if piece.word(piece.range.start) != "when" {
        return None;
    }
    let start = piece.range.start;
    let article = usize::from(piece.word(start + 1) == "the");
    if at == start + 1 && piece.word(at + article) == "first" && is_text(piece, at + article + 1) {
        let name = piece.str(at + article + 1);
        return Some(
            piece
                .repair(
                    at..at + article + 2,
                    format!("{name} for the first time"),
                    codes::UNEXPECTED,
                    "`first` stands behind the event",
                )
                .help(format!("write `when {} for the first time`", visible(name)))
                .stand_in(),
        );
    }
    if !is_text(piece, at.checked_sub(1)?) {
        return None;
    }
    let mut end = at;
    for words in [&["for", "at"][..], &["the", "their", "his", "her"], &["very"]] {
        if words.contains(&piece.word(end).as_str()) {
            end += 1;
        }
    }
    // `1st` is a number to those who cut the text into pieces.
    let first = matches!(piece.str(end).to_lowercase().as_str(), "first" | "1st" | "initial");
    if !first || piece.word(end + 1) != "time" || piece.words(at, "for the first time") {
        return None;
    }
    let written = visible(piece.written(at..end + 2));
    let message = format!("`{written}` is written `for the first time`");
    let repair = piece.repair(at..end + 2, "for the first time", codes::UNEXPECTED, message);
    Some(repair.help("write `for the first time`"))
}

/// `when "A" followed by "B"`, `when "A" and then "B"`, `then not "B"`
pub(super) fn followed(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if piece.word(piece.range.start) != "when" || at == piece.range.start {
        return None;
    }
    let (end, ours) = if piece.words(at, "followed by") || piece.words(at, "and then") {
        (at + 2, "then")
    } else if piece.words(at, "then not") && is_text(piece, at + 2) {
        (at + 2, "then no")
    } else {
        return None;
    };
    let written = piece.written(at..end);
    let message = format!("`{}` is written `{ours}`", visible(written));
    Some(piece.repair(at..end, ours, codes::UNEXPECTED, message).help(format!("write `{ours} \"…\"`")))
}

/// `at 2026-11-08 10:00 and 2026-11-09 10:00`, `at 2026-11-08 10:00, 14:00`
pub(super) fn several_times(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let start = piece.range.start;
    if piece.word(start) != "at" || !piece.number(start + 1).contains('-') || at <= start + 1 {
        return None;
    }
    let after_a_time = piece.number(at.checked_sub(1)?).contains(':');
    let next = piece.number(at + 1);
    if matches!(piece.word(at).as_str(), "and" | "or") && after_a_time && next.contains('-') {
        let message = format!("times are joined by commas, not by `{}`", piece.word(at));
        let repair = piece.repair(at..at + 1, ",", codes::PUNCTUATION, message);
        return Some(repair.help("write `at 2026-11-08 10:00, 2026-11-09 10:00`"));
    }
    let joins = piece.str(at) == "," || matches!(piece.word(at).as_str(), "and" | "or");
    if joins && after_a_time && next.contains(':') {
        let day = (start..at).rev().map(|before| piece.number(before)).find(|number| number.contains('-'))?;
        return Some(
            piece
                .repair(
                    at..at + 2,
                    format!(", {day} {next}"),
                    codes::UNEXPECTED,
                    "each of several times has its day",
                )
                .help(format!("write `, {day} {next}`")),
        );
    }
    None
}

/// `every day …, if past next day`, `if past skip`
pub(super) fn if_past(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let clause = piece.word(piece.range.start);
    if !(piece.str(at) == "," && piece.words(at + 1, "if past")) {
        return None;
    }
    if matches!(clause.as_str(), "every" | "cron") {
        return Some(
            piece
                .repair(
                    at..piece.range.end,
                    " ",
                    codes::UNEXPECTED,
                    "`if past` is for times that come once: what recurs comes again anyway",
                )
                .help("leave it out, or name the times: `at 2026-11-08 10:00 user time, if past next day`"),
        );
    }
    let word = piece.word(at + 3);
    let ours = match word.as_str() {
        "skip" | "ignore" | "none" | "nothing" => "drop",
        "tomorrow" | "send" | "later" => "next day",
        _ => return None,
    };
    if clause != "at" {
        return None;
    }
    let rest = at + 3..piece.range.end;
    let message = format!("`{}` is written `{ours}`", visible(piece.written(rest.clone())));
    Some(
        piece
            .repair(rest, ours, codes::UNEXPECTED, message)
            .help(format!("write `, if past {ours}`"))
            .stand_in(),
    )
}

/// `when user joins segment s`, `when exits segment s`, `when enters s`, `including existing members`
pub(super) fn membership(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let start = piece.range.start;
    if piece.word(start) != "when" {
        return None;
    }
    if piece.word(at) == "including" {
        let ours = piece.words(at, "including current members");
        let who =
            matches!(piece.word(at + 1).as_str(), "existing" | "present" | "all" | "members" | "current");
        if ours || !who {
            return None;
        }
        let mut end = at + 1;
        while matches!(
            piece.word(end).as_str(),
            "all" | "existing" | "present" | "current" | "members" | "users" | "ones"
        ) {
            end += 1;
        }
        let message = format!("`{}` is written `including current members`", visible(piece.written(at..end)));
        let repair = piece.repair(at..end, "including current members", codes::UNEXPECTED, message);
        return Some(repair.help("write `, including current members`"));
    }
    if at != start + 1 {
        return None;
    }
    let mut verb = at;
    while matches!(piece.word(verb).as_str(), "the" | "a" | "user" | "users" | "someone" | "customer") {
        verb += 1;
    }
    let ours = match piece.word(verb).as_str() {
        "enters" | "enter" | "entering" | "joins" | "join" | "joining" => "enters",
        "leaves" | "leave" | "leaving" | "exits" | "exit" | "exiting" | "quits" => "leaves",
        _ => return None,
    };
    let named = piece.word(verb + 1) == "segment";
    if named && piece.is_kind(verb + 2, Kind::Word) && verb == at && piece.word(verb) == ours {
        return None;
    }
    let end = if named { verb + 2 } else { verb + 1 };
    if !piece.is_kind(end, Kind::Word) || piece.str(end + 1) == "." {
        return None;
    }
    let message = format!("`{}` is written `{ours} segment`", visible(piece.written(at..end)));
    Some(
        piece
            .repair(at..end, format!("{ours} segment"), codes::UNEXPECTED, message)
            .help(format!("write `when {ours} segment {}`", visible(piece.str(end)))),
    )
}

/// `3 hours prior to "Booking".time`, `2 days following profile.renewal`
pub(super) fn distance(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if piece.word(piece.range.start) != "when" || !piece.is_kind(at.checked_sub(2)?, Kind::Number) {
        return None;
    }
    let (end, ours) = if piece.words(at, "prior to") || piece.words(at, "ahead of") {
        (at + 2, "before")
    } else if matches!(piece.word(at).as_str(), "preceding" | "till" | "until") {
        (at + 1, "before")
    } else if matches!(piece.word(at).as_str(), "following" | "past" | "since" | "from") {
        (at + 1, "after")
    } else {
        return None;
    };
    let message = format!("`{}` is written `{ours}`", visible(piece.written(at..end)));
    Some(piece.repair(at..end, ours, codes::UNEXPECTED, message).help(format!("write `{ours}`")))
}

/// `on profile.birthday every year`, `annually`
pub(super) fn yearly(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let start = piece.range.start;
    if !matches!(piece.word(start).as_str(), "on" | "when") || at <= start + 3 {
        return None;
    }
    let end = if piece.words(at, "every year") || piece.words(at, "each year") {
        at + 2
    } else if piece.word(at) == "annually" {
        at + 1
    } else {
        return None;
    };
    let message = format!("`{}` is written `yearly`", visible(piece.written(at..end)));
    Some(piece.repair(at..end, "yearly", codes::UNEXPECTED, message).help("write `yearly`"))
}
