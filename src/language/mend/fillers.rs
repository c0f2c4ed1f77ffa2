use super::{Kind, Piece, Repair};
use crate::language::codes;
use crate::language::expected::visible;

/// `wait for 10 minutes`, `holdout of 5%`, `deliver between 09:00 and 21:00`, `run until 2026-12-31`
pub(super) fn between_keyword_and_value(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let start = piece.range.start;
    let filler = piece.word(at);
    let first = piece.word(start);
    if first == "run" && matches!(filler.as_str(), "until" | "till") && piece.is_kind(at + 1, Kind::Number) {
        let repair = piece.repair(at..at + 1, "to", codes::UNEXPECTED, format!("`{filler}` is written `to`"));
        return Some(repair.help(format!("write `to {}`", piece.str(at + 1))));
    }
    if first == "valid"
        && matches!(filler.as_str(), "until" | "till" | "to")
        && piece.number(at + 1).contains('-')
    {
        let message = "`valid` is a length of time, not a date";
        let repair = piece.repair(at..at + 2, "1 day", codes::LENGTH, message).stand_in();
        return Some(
            repair.help(format!("for the campaign's last day write `run to {}`", piece.str(at + 1))),
        );
    }
    let after = at.checked_sub(1)?;
    let keyword = after == start || (after == start + 1 && matches!(first.as_str(), "quiet" | "control"));
    let fits = match first.as_str() {
        "wait" | "valid" | "gap" | "holdout" | "control" | "cap" | "priority" => {
            matches!(
                filler.as_str(),
                "for" | "of" | "is" | "until" | "within" | "at" | "by" | "in" | "about" | "after"
            )
        }
        "deliver" | "quiet" => {
            matches!(filler.as_str(), "between" | "from" | "at" | "during" | "in" | "within" | "only")
        }
        "provider" | "category" | "timezone" => matches!(filler.as_str(), "is" | "in" | "of"),
        _ => false,
    };
    let value = piece.is_kind(at + 1, Kind::Number)
        || piece.is_kind(at + 1, Kind::Text)
        || (piece.is_kind(at + 1, Kind::Word) && matches!(first.as_str(), "provider" | "category"))
        || super::times::spelt_number(&piece.word(at + 1)).is_some();
    if !(keyword && fits && value) {
        return None;
    }
    let written = piece.written(start..at);
    if matches!(first.as_str(), "wait" | "valid") && piece.number(at + 1).contains(':') {
        let message = format!("`{written}` takes a length of time, not a time of day");
        let help =
            format!("write `{written} 10 minutes`; hours of the day are those of `deliver 09:00..21:00`");
        return Some(piece.repair(at..at + 2, "1 day", codes::UNEXPECTED, message).help(help).stand_in());
    }
    let value = match first.as_str() {
        "deliver" => "09:00..21:00".to_owned(),
        "quiet" => "21:00..09:00".to_owned(),
        _ => visible(piece.written(at + 1..piece.range.end)),
    };
    Some(
        piece
            .repair(at..at + 1, " ", codes::UNEXPECTED, format!("no `{filler}` stands after `{written}`"))
            .help(format!("write `{written} {value}`")),
    )
}

/// `local time`, `recipient time`
pub(super) fn user_time(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let theirs = matches!(
        piece.word(at).as_str(),
        "local" | "users" | "customer" | "customers" | "recipient" | "subscriber" | "contact"
    );
    let end = match piece.word(at + 1).as_str() {
        "time" | "timezone" if piece.word(at + 2) == "zone" => at + 3,
        "time" | "timezone" => at + 2,
        _ => return None,
    };
    if !theirs && piece.word(at + 1) != "timezone" {
        return None;
    }
    let known = matches!(piece.word(at).as_str(), "account" | "user");
    if !theirs && !known {
        return None;
    }
    let ours = if piece.word(at) == "account" { "account time" } else { "user time" };
    Some(
        piece
            .repair(
                at..end,
                ours,
                codes::UNEXPECTED,
                format!("`{}` is written `{ours}`", piece.written(at..end)),
            )
            .help(format!("write `{ours}`")),
    )
}

/// `send cart_reminder { … }`
pub(super) fn template(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let start = piece.range.start;
    let name = piece.is_kind(at, Kind::Word) || piece.is_kind(at, Kind::Text);
    let goes_on = piece.get(at + 1).is_none() || matches!(piece.str(at + 1), "{" | "in");
    if piece.word(start) != "send" || at != start + 1 || !name || !goes_on || piece.word(at) == "template" {
        return None;
    }
    let written = piece.str(at);
    let inner = written.trim_matches(super::messages::is_quote);
    if piece.is_kind(at, Kind::Text) && inner.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        let message = "`send` says what it sends";
        let help = "for an approved template write `send template cart_reminder`, with its values in `{ body … }`; \
                    to who wrote within 24 hours a text can go without: `send text \"…\"`";
        let repair = piece.repair(at..at + 1, format!("text {written}"), codes::UNEXPECTED, message);
        return Some(repair.help(help).stand_in());
    }
    let kinds = ["text", "image", "video", "audio", "document", "sticker", "location", "interactive"];
    if kinds.contains(&written) && !matches!(piece.str(at + 1), "in") {
        return None;
    }
    Some(
        piece
            .repair(at..at + 1, format!("template {written}"), codes::UNEXPECTED, "`send` says what it sends")
            .help(format!("write `send template {}`", visible(written))),
    )
}

/// `did "A" 3 days ago`
pub(super) fn ago(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let unit = matches!(
        piece.word(at + 1).as_str(),
        "day" | "days" | "week" | "weeks" | "month" | "months" | "year" | "years"
    );
    let bounded = matches!(piece.before(at), "exactly" | "and" | "between" | "than");
    if !piece.is_whole(at) || !unit || piece.word(at + 2) != "ago" || bounded {
        return None;
    }
    let written = piece.written(at..at + 3);
    Some(
        piece
            .repair(at..at + 3, format!("exactly {written}"), codes::WINDOW, "on that day, or since then?")
            .help(format!(
                "write `exactly {written}` for that {} alone, or `in last {}`",
                piece.word(at + 1).trim_end_matches('s'),
                piece.written(at..at + 2)
            )),
    )
}
