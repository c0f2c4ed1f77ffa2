use super::{Kind, Piece, Repair};
use crate::language::grammar::is_keyword;
use crate::language::{codes, expected::visible};

/// `AND`, `Where`, `IF`
pub(super) fn capitals(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let written = piece.str(at);
    let lower = piece.word(at);
    if lower.is_empty() || lower == written || !(is_keyword(&lower) || lower == "the") {
        return None;
    }
    let logic = matches!(lower.as_str(), "and" | "or" | "not" | "where");
    let property = matches!(
        piece.str(at + 1),
        "=" | "!="
            | "<"
            | "<="
            | ">"
            | ">="
            | "=="
            | "."
            | "in"
            | "is"
            | "contains"
            | "between"
            | "matches"
            | "starts"
            | "ends"
            | ":"
            | "not"
    );
    let after = matches!(piece.before(at), "." | "matching" | "where" | "segment" | "list" | "=");
    if !logic && (property || after) {
        return None;
    }
    Some(
        piece
            .repair(
                at..at + 1,
                lower.clone(),
                codes::CAPITALS,
                format!("`{written}` is written in small letters"),
            )
            .help(format!("write `{lower}`")),
    )
}

/// `name not contains "x"`, `name does not contain "x"`: the negation stands before the test.
pub(super) fn negated_test(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let operation = |at: usize| {
        Some(match piece.word(at).as_str() {
            "contains" | "contain" | "include" | "includes" => "contains",
            "starts" | "start" => "starts",
            "ends" | "end" => "ends",
            "matches" | "match" => "matches",
            "between" => "between",
            _ => return None,
        })
    };
    let property = piece.is_kind(at.wrapping_sub(1), Kind::Word)
        && !matches!(piece.before(at), "and" | "or" | "where" | "not" | "if" | "did");
    let (verb, ours) = if piece.words(at, "does not") || piece.words(at, "is not") {
        (at + 2, operation(at + 2)?)
    } else if piece.word(at) == "not" {
        (at + 1, operation(at + 1)?)
    } else {
        return None;
    };
    if !property {
        return None;
    }
    let name = piece.before(at);
    Some(
        piece
            .repair(at..verb + 1, ours, codes::UNEXPECTED, "`not` stands before the whole test")
            .help(format!("write `not {name} {ours} …`"))
            .stand_in(),
    )
}

/// `name like "%shoe%"`
pub(super) fn like(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let verb = at + usize::from(piece.word(at) == "is");
    let text = piece.str(verb + 1);
    if piece.word(verb) != "like" || !matches!(piece.get(verb + 1)?.kind, Kind::Text | Kind::OddText) {
        return None;
    }
    let inner = text.trim_matches(super::messages::is_quote);
    let word = inner.trim_matches('%');
    let ours = match (inner.starts_with('%'), inner.ends_with('%')) {
        (true, true) => format!("contains \"{word}\""),
        (true, false) => format!("ends with \"{word}\""),
        (false, true) => format!("starts with \"{word}\""),
        (false, false) => format!("= \"{word}\""),
    };
    let repair = piece.repair(at..verb + 2, format!(" {ours}"), codes::OPERATOR, "`like` is no comparison");
    Some(repair.help(format!("write `{} {}`", path_before(piece, at), visible(&ours))))
}

/// The property that ends before a token, with all of its path: `profile.city`.
fn path_before<'s>(piece: &Piece<'_, 's>, at: usize) -> &'s str {
    let mut start = at.saturating_sub(1);
    while piece.before(start) == "." && start >= piece.range.start + 2 {
        start -= 2;
    }
    piece.written(start..at)
}

/// `didn't "Charged"`, `hasn't "Charged"`
pub(super) fn contraction(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let theirs = matches!(piece.word(at).as_str(), "didn" | "doesn" | "hasn" | "haven");
    let apostrophe = matches!(piece.str(at + 1), "'" | "’") && piece.word(at + 2) == "t";
    if !theirs || !apostrophe {
        return None;
    }
    let said = piece.written(at..at + 3);
    let repair =
        piece.repair(at..at + 3, "did not", codes::UNEXPECTED, format!("`{said}` is written `did not`"));
    Some(repair.help("write `did not`"))
}

/// What people say instead of a sign, longest first.
const SPOKEN: [(&str, &str); 36] = [
    ("is greater than or equal to", ">="),
    ("is less than or equal to", "<="),
    ("greater than or equal to", ">="),
    ("less than or equal to", "<="),
    ("is not equal to", "!="),
    ("is not one of", "not in"),
    ("is greater than", ">"),
    ("is bigger than", ">"),
    ("is higher than", ">"),
    ("is lower than", "<"),
    ("is less than", "<"),
    ("is more than", ">"),
    ("is fewer than", "<"),
    ("is equal to", "="),
    ("is at least", ">="),
    ("is at most", "<="),
    ("is one of", "in"),
    ("is between", "between"),
    ("is not in", "not in"),
    ("is in", "in"),
    ("is above", ">"),
    ("is below", "<"),
    ("is over", ">"),
    ("is under", "<"),
    ("greater than", ">"),
    ("bigger than", ">"),
    ("less than", "<"),
    ("equal to", "="),
    ("not equals", "!="),
    ("not equal", "!="),
    ("one of", "in"),
    ("equals", "="),
    ("includes", "contains"),
    ("include", "contains"),
    ("gte", ">="),
    ("lte", "<="),
];

/// `amount is greater than 500`, `city is "Pune"`, `amount at least 500`
pub(super) fn comparison(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let property =
        piece.is_kind(at.wrapping_sub(1), Kind::Word) || piece.is_kind(at.wrapping_sub(1), Kind::Text);
    if !property || !piece.is_kind(at, Kind::Word) {
        return None;
    }
    let (length, ours) = spoken(piece, at)?;
    let end = at + length;
    let value = piece.get(end).map(|token| token.kind);
    let fits = match ours {
        "in" | "not in" => matches!(piece.str(end), "[" | "("),
        _ => {
            matches!(value, Some(Kind::Text | Kind::OddText | Kind::Number | Kind::Word))
                || piece.str(end) == "-"
        }
    };
    if !fits {
        return None;
    }
    let written = piece.written(at..end);
    Some(
        piece
            .repair(
                at..end,
                format!(" {ours} "),
                codes::OPERATOR,
                format!("`{}` is no comparison", visible(written)),
            )
            .help(format!("write `{} {ours} {}`", path_before(piece, at), visible(piece.str(end)))),
    )
}

fn spoken(piece: &Piece<'_, '_>, at: usize) -> Option<(usize, &'static str)> {
    for (words, ours) in SPOKEN {
        if piece.words(at, words) {
            return Some((words.split(' ').count(), ours));
        }
    }
    let value = |at: usize| {
        matches!(piece.get(at).map(|t| t.kind), Some(Kind::Text | Kind::OddText | Kind::Number))
            || matches!(piece.word(at).as_str(), "true" | "false" | "yes" | "no")
    };
    if piece.words(at, "is not") && value(at + 2) {
        return Some((2, "!="));
    }
    if piece.word(at) == "is" && value(at + 1) {
        return Some((1, "="));
    }
    // `more than 3 times` counts events; `amount more than 500` compares.
    let tested = matches!(
        at.checked_sub(2).map_or("", |back| piece.str(back)),
        "where" | "(" | "." | "and" | "or" | "not"
    ) && piece.is_kind(at.wrapping_sub(1), Kind::Word);
    let ours = match (piece.word(at).as_str(), piece.word(at + 1).as_str()) {
        ("more", "than") => ">",
        ("fewer", "than") => "<",
        ("at", "least") => ">=",
        ("at", "most") => "<=",
        _ => return None,
    };
    let times = matches!(piece.word(at + 3).as_str(), "times" | "time");
    // `renewal more than 30 days ago` is a stretch of time.
    let ago = piece.word(at + 4) == "ago";
    (tested && !times && !ago && piece.is_kind(at + 2, Kind::Number)).then_some((2, ours))
}

/// `in the last 7 days`, `last 7 days`, `in past 7 days`, `last month`
pub(super) fn window(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let mut end = at;
    if matches!(piece.word(end).as_str(), "in" | "within" | "over" | "during" | "for") {
        end += 1;
    }
    if piece.word(end) == "the" {
        end += 1;
    }
    // `in last` is sound, and so is `in at least 3 of last 4 weeks`; its second word is not a habit of its own.
    if matches!(piece.before(at), "in" | "of") {
        return None;
    }
    let last = matches!(piece.word(end).as_str(), "last" | "past" | "previous");
    let number = piece.is_kind(end + 1, Kind::Number)
        || (piece.word(end + 1) == "calendar")
        || super::times::spelt_number(&piece.word(end + 1)).is_some();
    if !last {
        return None;
    }
    let unit = piece.word(end + 1);
    if matches!(unit.as_str(), "day" | "week" | "month" | "year") && piece.word(end) != "previous" {
        // `in last month` reaches the grammar, which has its own answer; `last friday` never gets here.
        let nth = matches!(piece.before(at), "on" | "or" | ",");
        if piece.words(at, "in last") || nth {
            return None;
        }
        let ours = if unit == "day" { "yesterday".to_owned() } else { format!("previous {unit}") };
        let repair = piece
            .repair(
                at..end + 2,
                ours.clone(),
                codes::WINDOW,
                format!("`{}` can mean two things", piece.written(at..end + 2)),
            )
            .help(format!(
                "write `{ours}` for the whole {unit} before this one, or `in last {} days`",
                days(&unit)
            ));
        return Some(repair);
    }
    let end = end + 1;
    if !number || piece.written(at..end) == "in last" {
        return None;
    }
    let nth = matches!(piece.before(at), "on" | "or");
    if nth {
        return None;
    }
    let written = piece.written(at..end);
    Some(
        piece
            .repair(at..end, "in last", codes::WINDOW, format!("`{written}` is written `in last`"))
            .help("write `in last`"),
    )
}

fn days(unit: &str) -> u32 {
    match unit {
        "week" => 7,
        "month" => 30,
        "year" => 365,
        _ => 1,
    }
}

/// `did "A" 3 times`, `did "A" >= 3 times`, `did "A" once`, `did "A" never`
pub(super) fn bare_count(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let times = |at: usize| matches!(piece.word(at).as_str(), "times" | "time" | "x");
    let repair = |end: usize, ours: String, message: &str, help: String| {
        Some(piece.repair(at..end, format!(" {ours} "), codes::COUNT, message.to_owned()).help(help))
    };
    let sign = match piece.str(at) {
        ">=" | "≥" => Some("at least"),
        ">" => Some("more than"),
        "<=" | "≤" => Some("at most"),
        "<" => Some("fewer than"),
        "=" | "==" => Some("exactly"),
        _ => None,
    };
    if let Some(sign) = sign.filter(|_| piece.is_whole(at + 1) && times(at + 2)) {
        let ours = format!("{sign} {} times", piece.str(at + 1));
        let help = format!("write `{ours}`");
        return repair(at + 3, ours, "a number of times is written in words", help);
    }
    let spoken = match (piece.word(at).as_str(), piece.word(at + 1).as_str()) {
        ("less", "than") => Some("fewer than"),
        ("minimum", "of") | ("no", "less") | ("not", "less") => Some("at least"),
        _ => None,
    };
    if let Some(spoken) = spoken.filter(|_| piece.is_whole(at + 2) && times(at + 3)) {
        let ours = format!("{spoken} {} times", piece.str(at + 2));
        let help = format!("write `{ours}`");
        return repair(at + 4, ours, "this is no number of times", help);
    }
    let comparison = matches!(piece.before(at), "least" | "most" | "than" | "exactly");
    let first = at.saturating_sub(if piece.before(at) == "exactly" { 1 } else { 2 });
    let counts = comparison && follows_an_event(piece, first);
    let goes_on = matches!(
        piece.word(at + 1).as_str(),
        "and" | "or" | "in" | "since" | "today" | "yesterday" | "this" | "previous"
    ) || piece.get(at + 1).is_none_or(|token| token.kind == Kind::Close);
    if piece.is_whole(at) && counts && goes_on {
        let said = piece.written(first..at + 1);
        let help = format!("write `{said} times`");
        return repair(at + 1, format!("{} times", piece.str(at)), "a number of times says `times`", help);
    }
    let counted = comparison || matches!(piece.before(at), "and" | "between");
    if piece.is_whole(at) && times(at + 1) && !counted && follows_an_event(piece, at) {
        let number = piece.str(at);
        let help = format!("write `at least {number} times` or `exactly {number} times`");
        return repair(
            at + 2,
            format!("at least {number} times"),
            "at least, at most or exactly so often?",
            help,
        )
        .map(Repair::stand_in);
    }
    match piece.word(at).as_str() {
        word @ ("once" | "twice" | "thrice") if follows_an_event(piece, at) => {
            let number = match word {
                "once" => "1 time",
                "twice" => "2 times",
                _ => "3 times",
            };
            let help = format!("write `at least {number}` or `exactly {number}`");
            repair(at + 1, format!("at least {number}"), "at least, at most or exactly so often?", help)
                .map(Repair::stand_in)
        }
        "never" if follows_an_event(piece, at) => {
            repair(at + 1, " ".to_owned(), "`never` is written `did not`", "write `did not \"…\"`".to_owned())
                .map(Repair::stand_in)
        }
        _ => None,
    }
}

/// True after what `did` asks for: an event's name, quoted or not, or the end of a test on it.
fn follows_an_event(piece: &Piece<'_, '_>, at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    piece.get(before).is_some_and(|token| {
        matches!(token.kind, Kind::Text | Kind::OddText | Kind::Close | Kind::Number)
            || matches!(piece.before(before), "did" | "not")
    })
}
