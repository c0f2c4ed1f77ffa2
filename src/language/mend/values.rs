use super::messages::is_quote;
use super::{Kind, Piece, Repair};
use crate::language::codes;
use crate::language::expected::visible;

/// `“Charged”`, `'Charged'`
pub(super) fn quotes(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if !piece.is_kind(at, Kind::OddText) {
        return None;
    }
    let written = piece.str(at);
    let inner = written.trim_start_matches(is_quote);
    let inner = inner.strip_suffix(is_quote).unwrap_or(inner);
    let straight = format!("\"{}\"", inner.replace('\\', "\\\\").replace('"', "\\\""));
    let curly = written.starts_with(|c: char| !c.is_ascii());
    let message = if curly {
        "texts stand in straight quotes, and these are curly"
    } else {
        "texts stand in double quotes"
    };
    Some(
        piece
            .repair(at..at + 1, straight.clone(), codes::QUOTES, message)
            .help(format!("write `{}`", visible(&straight))),
    )
}

/// `"{{ name | default: "there" }}"`: double quotes within a text's `{{ … }}`.
pub(super) fn quotes_within(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let unbalanced = |text: &str| text.matches("{{").count() > text.matches("}}").count();
    if !piece.is_kind(at, Kind::Text) || !unbalanced(piece.str(at)) {
        return None;
    }
    let mut end = at + 1;
    while piece.get(end).is_some_and(|token| !token.leads && token.kind != Kind::Open) {
        end += 1;
        let written = piece.written(at..end);
        let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        if let Some(inner) = inner.filter(|inner| !unbalanced(inner) && piece.is_kind(end - 1, Kind::Text)) {
            let ours = format!("\"{}\"", inner.replace('"', "'"));
            let repair = piece.repair(
                at..end,
                ours.clone(),
                codes::QUOTES,
                "a double quote within `{{ … }}` ends the text",
            );
            return Some(repair.help(format!("use single quotes within: `{ours}`")));
        }
    }
    None
}

/// True for signs and words after which a value stands.
fn compares(piece: &Piece<'_, '_>, at: usize) -> bool {
    Some(at) != piece.declares
        && matches!(
            piece.str(at),
            "=" | "==" | "===" | "!=" | "<>" | "<" | "<=" | ">" | ">=" | "≥" | "≤" | "≠" | "=>"
        )
}

/// True where only a value can stand.
fn is_value(piece: &Piece<'_, '_>, at: usize) -> bool {
    let Some(before) = at.checked_sub(1).filter(|before| piece.range.contains(before)) else { return false };
    let listed = piece.around(at) == Some("[") || {
        // `in (…)`, which another habit turns into brackets.
        piece.around(at) == Some("(")
            && matches!(piece.str(before), "(" | ",")
            && piece.opening(at).is_some_and(|opening| piece.before(opening) == "in")
    };
    compares(piece, before)
        || (listed && matches!(piece.str(before), "[" | "(" | ","))
        || (matches!(piece.str(before), "contains" | "matches") && piece.before(before) != "where")
        || (piece.str(before) == "with" && matches!(piece.before(before), "starts" | "ends"))
}

/// `= null`, `is null`, `is not null`
pub(super) fn null(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let is_null = |at: usize| {
        matches!(
            piece.word(at).as_str(),
            "null" | "nil" | "none" | "undefined" | "empty" | "missing" | "blank"
        )
    };
    let (end, ours) = match piece.str(at) {
        "=" | "==" | "===" if Some(at) != piece.declares && is_null(at + 1) => (at + 2, "is not set"),
        "!=" | "<>" | "!==" if is_null(at + 1) => (at + 2, "is set"),
        _ if piece.word(at) == "is" && is_null(at + 1) => (at + 2, "is not set"),
        _ if piece.words(at, "is not") && is_null(at + 2) => (at + 3, "is set"),
        _ if piece.word(at) == "exists" && piece.is_kind(at.wrapping_sub(1), Kind::Word) => {
            (at + 1, "is set")
        }
        _ => return None,
    };
    let written = piece.written(at..end);
    Some(
        piece
            .repair(
                at..end,
                ours,
                codes::VALUE,
                format!("`{written}` is not how to ask for a missing property"),
            )
            .help(format!("write `{ours}`")),
    )
}

/// `= true`, `= Yes`
pub(super) fn truth(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let ours = match piece.word(at).as_str() {
        "true" => "yes",
        "false" => "no",
        "yes" if piece.str(at) != "yes" => "yes",
        "no" if piece.str(at) != "no" => "no",
        _ => return None,
    };
    if !is_value(piece, at) {
        return None;
    }
    Some(
        piece
            .repair(at..at + 1, ours, codes::VALUE, format!("`{}` is written `{ours}`", piece.str(at)))
            .help(format!("write `{ours}`; for the text put it in quotes: `\"{}\"`", piece.str(at))),
    )
}

/// True of a weekday that the event's own is compared with: `weekday = sat`, `weekday not in [sat, sun]`.
pub(super) fn is_day_of_clock(piece: &Piece<'_, '_>, at: usize) -> bool {
    let mut before = match piece.opening(at) {
        Some(opening) if piece.str(opening) == "[" => opening,
        _ => at,
    };
    while matches!(piece.before(before), "in" | "not" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "..") {
        before -= 1;
    }
    super::days::weekday_of(piece.str(at)).is_some() && piece.before(before) == "weekday"
}

/// `city = Pune`, `city in [New York, Pune]`
pub(super) fn unquoted(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let sign = piece.before(at);
    if !piece.is_kind(at, Kind::Word)
        || matches!(piece.str(at), "yes" | "no")
        || !is_value(piece, at)
        || is_day_of_clock(piece, at)
        || matches!(sign, "<" | "<=" | ">" | ">=" | "≥" | "≤")
    {
        return None;
    }
    let end = super::events::name_end(piece, at);
    let written = piece.written(at..end);
    Some(
        piece
            .repair(
                at..end,
                format!("\"{written}\""),
                codes::UNQUOTED,
                format!("the text `{}` stands without quotes", visible(written)),
            )
            .help(format!("write `\"{}\"`", visible(written))),
    )
}

/// `list vip from vip.csv`
pub(super) fn unquoted_file(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let start = piece.range.start;
    if piece.word(start) != "list" || piece.before(at) != "from" || at > start + 3 {
        return None;
    }
    let mut end = at + 1;
    while piece.get(end).is_some() && piece.touches(end - 1) {
        end += 1;
    }
    let named =
        piece.is_kind(at, Kind::Word) || piece.is_kind(at, Kind::Sign) || piece.is_kind(at, Kind::Number);
    let written = piece.written(at..end);
    if !named || written.contains('"') || !written.contains(['.', '/']) {
        return None;
    }
    let ours = format!("\"{written}\"");
    let message = "the name of the file stands without quotes";
    Some(
        piece
            .repair(at..end, ours.clone(), codes::UNQUOTED, message)
            .help(format!("write `{}`", visible(&ours))),
    )
}

/// `timezone Asia/Kolkata`, `at … Asia/Kolkata time`
pub(super) fn unquoted_zone(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let clause = piece.word(piece.range.start);
    let timed = matches!(clause.as_str(), "at" | "every" | "cron" | "deliver" | "quiet" | "timezone");
    let mut end = at + 1;
    while piece.str(end) == "/"
        && piece.touches(end - 1)
        && piece.touches(end)
        && piece.is_kind(end + 1, Kind::Word)
    {
        end += 2;
    }
    let bare =
        matches!(piece.str(at), "UTC" | "GMT") || (clause == "timezone" && at == piece.range.start + 1);
    if !timed || !piece.is_kind(at, Kind::Word) || !(end > at + 1 || bare) {
        return None;
    }
    let ours = format!("\"{}\"", piece.written(at..end));
    let message = "a time zone's name stands without quotes";
    let help = if clause == "timezone" { format!("write `{ours}`") } else { format!("write `{ours} time`") };
    let text = match piece.word(end).as_str() {
        _ if clause == "timezone" => ours,
        "time" => ours,
        _ => format!("{ours} time"),
    };
    Some(piece.repair(at..end, text, codes::UNQUOTED, message).help(help))
}

/// `amount > total`
pub(super) fn property(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let value = piece.is_kind(at, Kind::Word) && is_value(piece, at) && !is_day_of_clock(piece, at);
    if !value || matches!(piece.str(at), "yes" | "no") {
        return None;
    }
    let mut end = at + 1;
    while piece.str(end) == "." && piece.is_kind(end + 1, Kind::Word) {
        end += 2;
    }
    Some(
        piece
            .repair(at..end, "0", codes::NOT_YET, "comparing two properties is not supported yet")
            .help("compare with a number, a date or a text in quotes")
            .stand_in(),
    )
}
