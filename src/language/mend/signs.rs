use super::{Kind, Piece, Repair};
use crate::language::clauses;
use crate::language::{Diagnostic, Span, codes, expected::visible};

/// `// comment`, `-- comment`, `/* comment */`
pub(super) fn comment(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if !piece.is_kind(at, Kind::OddComment) {
        return None;
    }
    let mut repair = piece.repair(at..at + 1, " ", codes::COMMENT, "");
    repair.finding = comment_finding(piece.str(at), piece.span(at..at + 1));
    Some(repair)
}

/// What to say of a comment of another language.
pub(in crate::language) fn comment_finding(written: &str, place: Span) -> Diagnostic {
    let sign = written.get(..2).unwrap_or(written);
    let place = Span { end: place.start + 2, ..place };
    Diagnostic::error(codes::COMMENT, place, format!("`{sign}` begins no comment"))
        .with_help("a comment begins with `#` and ends with its line")
}

/// A zero-width space and the like.
pub(super) fn invisible(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let character = piece.str(at).chars().next().filter(|_| piece.is_kind(at, Kind::Invisible))?;
    Some(
        piece
            .repair(
                at..at + 1,
                "",
                codes::INVISIBLE,
                format!("there is a character here that shows nothing (U+{:04X})", u32::from(character)),
            )
            .help("delete it, or type the line anew; it often comes with text that was copied"),
    )
}

/// `;`, and a comma after a clause.
pub(super) fn needless(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let part = matches!(piece.word(at + 1).as_str(), "header" | "body" | "button");
    if piece.str(at) == "," && part && piece.word(piece.range.start) == "send" && piece.str(at + 2) != ":" {
        let repair =
            piece.repair(at..at + 1, " ", codes::PUNCTUATION, "no comma stands between a message's parts");
        return Some(repair.help(format!("leave it out: `{}` begins the next part", piece.str(at + 1))));
    }
    if piece.str(at) == "," && piece.word(piece.range.start) == "at" && piece.number(at + 1).contains(':') {
        let repair =
            piece.repair(at..at + 1, " ", codes::PUNCTUATION, "no comma stands between date and time");
        return Some(repair.help("write `at 2026-11-08 10:00`"));
    }
    let trailing_comma = piece.str(at) == ","
        && at + 1 == piece.range.end
        && clauses::CAMPAIGN.contains(&piece.word(piece.range.start).as_str())
            | clauses::SETTINGS.contains(&piece.word(piece.range.start).as_str());
    if piece.str(at) == ";" {
        let repair = piece.repair(at..at + 1, " ", codes::PUNCTUATION, "nothing ends with `;`");
        return Some(repair.help("leave it out: the next clause begins with its own word"));
    }
    trailing_comma.then(|| {
        let repair = piece.repair(at..at + 1, " ", codes::PUNCTUATION, "no comma stands between clauses");
        repair.help("leave it out: the next clause begins with its own word")
    })
}

/// `wait: 10 minutes`, `category = marketing`, `segment s: …`
pub(super) fn after_keyword(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let sign = piece.str(at);
    let start = piece.range.start;
    let first = piece.word(start);
    if Some(at) == piece.declares && sign != "=" {
        return Some(
            piece
                .repair(at..at + 1, "=", codes::PUNCTUATION, "a segment's condition follows `=`")
                .help(format!("write `segment {} = …`", piece.str(start + 1))),
        );
    }
    let clause = clauses::CAMPAIGN.contains(&first.as_str()) || clauses::SETTINGS.contains(&first.as_str());
    let two_words = matches!(first.as_str(), "quiet" | "control" | "week" | "at" | "send" | "run");
    let place = at == start + 1 || (two_words && at == start + 2 && piece.is_kind(start + 1, Kind::Word));
    if !(clause && place && matches!(sign, ":" | "=" | ":=" | "==" | "->" | "=>")) {
        return None;
    }
    let written = piece.written(start..at);
    Some(
        piece
            .repair(at..at + 1, " ", codes::PUNCTUATION, format!("no `{sign}` follows `{written}`"))
            .help(format!("write `{written} …`")),
    )
}

/// `body name = "…"`, `button 0 url = "…"`
pub(super) fn named_value(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let named = piece.is_kind(at.wrapping_sub(1), Kind::Word)
        && matches!(piece.get(at + 1)?.kind, Kind::Text | Kind::OddText);
    let inside = piece.around(at) == Some("{") && piece.word(piece.range.start) == "send";
    if !(matches!(piece.str(at), "=" | ":=" | "=>") && named && inside) {
        return None;
    }
    let help = format!("write `{}: {}`", piece.before(at), piece.str(at + 1));
    Some(
        piece.repair(at..at + 1, ":", codes::PUNCTUATION, "a colon stands between name and value").help(help),
    )
}

/// `https://example.com/a.png`
pub(super) fn address(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let scheme = matches!(piece.word(at).as_str(), "http" | "https");
    if !(scheme && piece.str(at + 1) == ":" && piece.is_kind(at + 2, Kind::OddComment)) {
        return None;
    }
    // The rest of the line looks like a comment.
    let written = piece.written(at..at + 3);
    let (address, rest) = written.split_at(written.find(char::is_whitespace).unwrap_or(written.len()));
    let ours = format!("\"{address}\"");
    let message = "a web address stands without quotes";
    let help = format!("write `{}`", visible(&ours));
    Some(piece.repair(at..at + 3, format!("{ours}{rest}"), codes::UNQUOTED, message).help(help))
}

/// `in ("Mumbai", "Pune")`
pub(super) fn values_in_parentheses(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if !(piece.word(at) == "in" && matches!(piece.str(at + 1), "(" | "{")) {
        return None;
    }
    let closing = piece.closing(at + 1)?;
    let first = piece.get(at + 2)?.kind;
    let values = matches!(first, Kind::Text | Kind::OddText | Kind::Number | Kind::Word);
    if !values {
        return None;
    }
    Some(
        piece
            .repair(at + 1..at + 2, "[", codes::PUNCTUATION, "values stand in square brackets")
            .and(piece.edit(closing..closing + 1, "]"))
            .help(format!("write `in [{}]`", visible(piece.written(at + 2..closing)))),
    )
}

/// `city: text tier: text`: properties of a schema without a comma between.
pub(super) fn missing_comma(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let schema = matches!(piece.word(piece.range.start).as_str(), "event" | "profile");
    let named = piece.is_kind(at, Kind::Word) || piece.is_kind(at, Kind::Text);
    if !schema || !named || piece.str(at + 1) != ":" || piece.around(at) != Some("{") {
        return None;
    }
    let before = piece.before(at);
    if matches!(before, "{" | "," | ":" | ";") {
        return None;
    }
    let name = piece.str(at);
    // `Delivery By: text` is one name of two words.
    if piece.is_kind(at, Kind::Word)
        && piece.is_kind(at - 1, Kind::Word)
        && matches!(piece.str(at - 2), "{" | ",")
    {
        let ours = format!("\"{before} {name}\"");
        let message = "a property's name of several words stands without quotes";
        return Some(
            piece
                .repair(at - 1..at + 1, ours.clone(), codes::UNQUOTED, message)
                .help(format!("write `{ours}`")),
        );
    }
    Some(
        piece
            .repair(
                at..at + 1,
                format!(", {name}"),
                codes::PUNCTUATION,
                "a comma is missing before this property",
            )
            .help(format!("write `…: {before}, {name}: …`")),
    )
}

/// `> =`
pub(super) fn two_signs(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let joined = match (piece.str(at), piece.str(at + 1)) {
        (">", "=") => ">=",
        ("<", "=") => "<=",
        ("!", "=") => "!=",
        _ => return None,
    };
    Some(
        piece
            .repair(at..at + 2, joined, codes::OPERATOR, format!("`{joined}` is written without a space"))
            .help(format!("write `{joined}`")),
    )
}

/// `==`, `<>`, `≥`, …
pub(super) fn comparison(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let written = piece.str(at);
    let ours = match written {
        "==" | "===" | ":=" => "=",
        "<>" | "!==" | "~=" | "≠" => "!=",
        "=>" | "≥" => ">=",
        "=<" | "≤" => "<=",
        _ => return None,
    };
    Some(
        piece
            .repair(at..at + 1, ours, codes::OPERATOR, format!("`{written}` is no comparison"))
            .help(format!("write `{ours}`")),
    )
}

/// `&&`, `||`, `!`
pub(super) fn logic(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let written = piece.str(at);
    let ours = match written {
        "&&" | "&" => "and",
        "||" | "|" => "or",
        "!" if piece.str(at + 1) == "(" || piece.is_kind(at + 1, Kind::Word) => "not",
        _ => return None,
    };
    // Between days `&` is a comma: that is another habit's.
    if written == "&" && super::days::weekday_of(piece.str(at + 1)).is_some() {
        return None;
    }
    Some(
        piece
            .repair(
                at..at + 1,
                format!(" {ours} "),
                codes::OPERATOR,
                format!("`{written}` is written as a word"),
            )
            .help(format!("write `{ours}`")),
    )
}
