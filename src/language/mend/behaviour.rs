//! How other languages ask about several events: functions with parentheses, other names for them, words left out.

use super::later::begins_condition;
use super::{Kind, Piece, Repair};
use crate::language::codes;

/// `avg(price)`, `total of amount`, `sum amount over …`, `count distinct city over …`
pub(super) fn aggregate(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if !begins_condition(piece, at) {
        return None;
    }
    let word = piece.word(at);
    if let "unique" | "count" = word.as_str()
        && let Some(repair) = distinct(piece, at)
    {
        return Some(repair);
    }
    let ours = match word.as_str() {
        "sum" | "total" => "sum",
        "average" | "avg" | "mean" => "average",
        "min" | "minimum" | "smallest" | "lowest" => "min",
        "max" | "maximum" | "largest" | "highest" => "max",
        _ => return None,
    };
    let has_of = piece.word(at + 1) == "of";
    let called = piece.str(at + 1) == "(";
    let over = (at + 1..at + 24).find(|index| matches!(piece.word(*index).as_str(), "over" | "from"));
    if (!has_of && !called && over.is_none()) || (word == ours && has_of) {
        return None;
    }
    let head = if has_of { at..at + 2 } else { at..at + 1 };
    let written = piece.written(head.clone());
    let repair = piece.repair(
        head.clone(),
        format!("{ours} of"),
        codes::OPERATOR,
        format!("`{written}` is written `{ours} of`"),
    );
    Some(repair.help(format!("write `{ours} of amount over \"Charged\" in last 30 days >= 500`")))
}

/// `count distinct city over …`, `unique city over …`, `count(distinct city)`
fn distinct(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let mut end = at + 1;
    let mut closing = None;
    if piece.word(at) == "count" {
        if piece.str(end) == "(" {
            closing = piece.closing(end);
            end += 1;
        } else if piece.word(end) == "of" {
            end += 1;
        }
        if !matches!(piece.word(end).as_str(), "distinct" | "unique" | "different") {
            return None;
        }
        end += 1;
    }
    if piece.word(end) == "of" {
        end += 1;
    }
    let written = piece.written(at..end);
    let repair = piece
        .repair(at..end, "distinct", codes::OPERATOR, format!("`{written}` is written `distinct`"))
        .help("write `distinct city over \"Charged\" in last 30 days >= 3`");
    Some(match closing {
        Some(closing) => repair.and(piece.edit(closing..closing + 1, " ")),
        None => repair,
    })
}

/// `count of "Charged" >= 3`, `count("Charged") > 2`: how many times.
pub(super) fn count(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if !begins_condition(piece, at) || !matches!(piece.word(at).as_str(), "count" | "number") {
        return None;
    }
    let called = piece.str(at + 1) == "(";
    if !called && piece.word(at + 1) != "of" {
        return None;
    }
    let name = at + 2;
    if !matches!(piece.get(name).map(|token| token.kind), Some(Kind::Text | Kind::OddText)) {
        return None;
    }
    let after = (name + 1..piece.range.end).find(|index| {
        matches!(piece.str(*index), "=" | "==" | ">" | ">=" | "<" | "<=") && piece.is_whole(index + 1)
    })?;
    let number = piece.number(after + 1);
    let count = match piece.str(after) {
        "=" | "==" => "exactly",
        ">" => "more than",
        ">=" => "at least",
        "<" => "fewer than",
        _ => "at most",
    };
    let written = piece.written(name..name + 1);
    let repair = piece
        .repair(
            at..name + 1,
            format!("did {written} {count} {number} times"),
            codes::OPERATOR,
            "events are counted by `did`",
        )
        .help(format!("write `did {written} {count} {number} times`"))
        .and(piece.edit(after..after + 2, " "));
    let closing = piece.closing(at + 1).filter(|_| called);
    Some(match closing {
        Some(closing) => repair.and(piece.edit(closing..closing + 1, " ")),
        None => repair,
    })
}

/// `first "Charged" in last 7 days`, `last "Viewed" where …`, `last "Viewed" with category = "x"`
pub(super) fn which_event(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let before = at.checked_sub(1)?;
    let which = piece.word(before.checked_sub(1)?);
    let event = matches!(piece.get(before).map(|token| token.kind), Some(Kind::Text | Kind::OddText));
    if !event || !matches!(which.as_str(), "first" | "last") || !begins_condition(piece, before - 1) {
        return None;
    }
    let example = format!("write `{which} {} was in last 7 days`", piece.str(before));
    match piece.word(at).as_str() {
        "is" | "happened" | "occurred" | "came" => {
            let written = piece.written(at..at + 1);
            let message = format!("`{written}` is written `was`");
            Some(piece.repair(at..at + 1, "was", codes::OPERATOR, message).help(example))
        }
        "in" | "today" | "yesterday" | "since" | "before" | "after" | "between" | "exactly" | "more"
        | "previous" | "this" => {
            let word = piece.written(at..at + 1);
            let repair = piece.repair(
                at..at + 1,
                format!("was {word}"),
                codes::INCOMPLETE,
                format!("when the {which} event was is asked with `was`"),
            );
            Some(repair.help(example))
        }
        "with" | "has" | "having" => {
            let written = piece.written(at..at + 1);
            let repair = piece.repair(
                at..at + 1,
                "had",
                codes::OPERATOR,
                format!("what the {which} event carried is asked with `had`, not `{written}`"),
            );
            Some(repair.help(format!("write `{which} {} had category = \"Shoes\"`", piece.str(before))))
        }
        _ => None,
    }
}

/// `and not "Charged" since`, `but no "Charged" since`, `and "Charged" not since`, `has never happened since`
pub(super) fn since(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let event = |at: usize| matches!(piece.get(at).map(|token| token.kind), Some(Kind::Text | Kind::OddText));
    let word = piece.word(at);
    if word == "never" && piece.word(at + 1) == "happened" {
        let (range, text) = match piece.before(at) {
            "has" => (at..at + 1, "not"),
            _ => (at..at + 1, "has not"),
        };
        let repair =
            piece.repair(range, text, codes::OPERATOR, "`never happened` is written `has not happened`");
        return Some(repair.help("write `\"Charged\" has not happened since \"Added to Cart\"`"));
    }
    let joint = matches!(word.as_str(), "and" | "but");
    if joint
        && matches!(piece.word(at + 1).as_str(), "not" | "no" | "without")
        && event(at + 2)
        && piece.word(at + 3) == "since"
        && !(word == "and" && piece.word(at + 1) == "no")
    {
        let written = piece.written(at..at + 2);
        let repair = piece.repair(
            at..at + 2,
            "and no",
            codes::OPERATOR,
            format!("`{written}` is written `and no` here"),
        );
        return Some(repair.help(format!("write `and no {} since`", piece.str(at + 2))).next(at + 4));
    }
    None
}

/// `less than 30 days ago`, `older than 30 days`: when a last event was.
pub(super) fn how_long_ago(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let length = |at: usize| piece.is_whole(at) && piece.is_kind(at + 1, Kind::Word);
    let words = |from: usize| piece.written(from..from + 2);
    let word = piece.word(at);
    if matches!(word.as_str(), "less" | "fewer")
        && piece.word(at + 1) == "than"
        && length(at + 2)
        && piece.word(at + 4) == "ago"
    {
        let window = format!("in last {}", words(at + 2));
        let written = piece.written(at..at + 5);
        let repair = piece.repair(
            at..at + 5,
            window.clone(),
            codes::WINDOW,
            format!("`{written}` is written `{window}`"),
        );
        return Some(repair.help(format!("write `{window}`")));
    }
    if matches!(word.as_str(), "older" | "longer" | "earlier")
        && piece.word(at + 1) == "than"
        && length(at + 2)
    {
        let end = if piece.word(at + 4) == "ago" { at + 5 } else { at + 4 };
        let window = format!("more than {} ago", words(at + 2));
        let written = piece.written(at..end);
        let repair = piece.repair(
            at..end,
            window.clone(),
            codes::WINDOW,
            format!("`{written}` is written `{window}`"),
        );
        return Some(repair.help(format!("write `{window}`")));
    }
    None
}

/// True within the expression of an aggregate, where signs count with numbers.
pub(super) fn within_expression(piece: &Piece<'_, '_>, at: usize) -> bool {
    let names = ["distinct", "sum", "total", "average", "avg", "mean", "min", "minimum", "max", "maximum"];
    for index in (piece.range.start..at).rev() {
        let word = piece.word(index);
        match word.as_str() {
            "over" | "where" | "and" | "if" => return false,
            _ if names.contains(&word.as_str()) => return true,
            _ => {}
        }
    }
    false
}
