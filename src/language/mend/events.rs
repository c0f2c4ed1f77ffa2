use super::{Kind, Piece, Repair};
use crate::language::codes;
use crate::language::expected::visible;
use crate::language::grammar::is_keyword;

/// `campaign cart rescue`: a name of several words.
pub(super) fn name_of_words(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let named = matches!(piece.word(piece.range.start).as_str(), "campaign" | "segment" | "list");
    if !named || at != piece.range.start + 1 {
        return None;
    }
    let mut end = at;
    while piece.is_kind(end, Kind::Word) && !is_keyword(piece.str(end)) {
        end += 1;
    }
    let ends = piece.get(end).is_none_or(|token| token.kind == Kind::Text)
        || matches!(piece.str(end), "{" | "=" | ":" | "from");
    if end < at + 2 || !ends {
        return None;
    }
    let written = piece.written(at..end);
    let ours = written.split_whitespace().collect::<Vec<_>>().join("_").to_lowercase();
    Some(
        piece
            .repair(at..end, ours.clone(), codes::NAME, "a name is one word")
            .help(format!("write `{ours}`; a title for people can follow it in quotes")),
    )
}

/// `if "Charged" in last 7 days`: an event where a condition begins.
pub(super) fn missing_did(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let text = piece.is_kind(at, Kind::Text) || piece.is_kind(at, Kind::OddText);
    let condition = matches!(piece.word(piece.range.start).as_str(), "if" | "segment");
    if !text || !condition || !super::later::begins_condition(piece, at) {
        return None;
    }
    let listed = piece.opening(at).is_some_and(|opening| piece.before(opening) == "in");
    let tested = matches!(
        piece.str(at + 1),
        "=" | "!=" | "<" | "<=" | ">" | ">=" | "==" | "." | "is" | "contains" | ","
    );
    let filtered = in_where(piece, at);
    // `"Charged" has not happened since …`
    let mut further = (at + 1..piece.range.end).map(|index| piece.word(index));
    let said = further.find(|word| matches!(word.as_str(), "and" | "or" | "happened")).as_deref()
        == Some("happened");
    if listed || tested || filtered || said {
        return None;
    }
    let name = piece.str(at).trim_matches(super::messages::is_quote);
    Some(
        piece
            .repair(
                at..at + 1,
                format!("did \"{name}\""),
                codes::UNEXPECTED,
                "an event alone is no condition",
            )
            .help(format!("write `did \"{}\"`", visible(name))),
    )
}

/// `if user did not "Charged"`, `has done "Charged"`, `has not done "Charged"`
pub(super) fn told(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if !super::later::begins_condition(piece, at) || in_where(piece, at) {
        return None;
    }
    let subject = |at: usize| {
        matches!(
            piece.word(at).as_str(),
            "the"
                | "a"
                | "user"
                | "users"
                | "they"
                | "customer"
                | "customers"
                | "someone"
                | "who"
                | "that"
                | "person"
        )
    };
    let mut end = at;
    while subject(end) {
        end += 1;
    }
    let mut negated = false;
    let verbs = end;
    while matches!(
        piece.word(end).as_str(),
        "did"
            | "does"
            | "has"
            | "have"
            | "had"
            | "not"
            | "never"
            | "done"
            | "performed"
            | "triggered"
            | "do"
            | "didn"
    ) {
        negated |= matches!(piece.word(end).as_str(), "not" | "never");
        end += 1;
    }
    let event = matches!(piece.get(end)?.kind, Kind::Text | Kind::OddText);
    let ours = if negated { "did not" } else { "did" };
    let written = piece.written(at..end.max(at + 1));
    if end == verbs || piece.word(verbs) == "not" || !event || written.split_whitespace().eq(ours.split(' '))
    {
        return None;
    }
    Some(
        piece
            .repair(
                at..end,
                format!("{ours} "),
                codes::UNEXPECTED,
                format!("`{written}` is written `{ours}`"),
            )
            .help(format!("write `{ours} {}`", visible(piece.str(end)))),
    )
}

/// `"Charged" with amount > 500`
pub(super) fn with(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let word = piece.word(at);
    let meant = matches!(word.as_str(), "with" | "having" | "whose" | "which" | "when");
    let after_event = at
        .checked_sub(1)
        .and_then(|before| piece.get(before))
        .is_some_and(|token| matches!(token.kind, Kind::Text | Kind::OddText));
    let test = (piece.is_kind(at + 1, Kind::Word)
        && matches!(
            piece.str(at + 2),
            "=" | "!=" | "<" | "<=" | ">" | ">=" | "==" | "is" | "in" | "contains" | "between" | "." | "not"
        ))
        || piece.str(at + 1) == "(";
    let named = piece.before(at.wrapping_sub(1));
    let is_event = matches!(named, "when" | "did" | "not" | "no" | "unless" | "was");
    if !(meant && after_event && test && is_event) {
        return None;
    }
    let repair = piece.repair(at..at + 1, "where", codes::UNEXPECTED, format!("`{word}` is written `where`"));
    Some(repair.help(format!("write `{} where {} …`", piece.before(at), piece.str(at + 1))))
}

/// True within the parentheses of a `where`.
fn in_where(piece: &Piece<'_, '_>, at: usize) -> bool {
    let mut around = piece.opening(at);
    while let Some(opening) = around {
        if piece.before(opening).eq_ignore_ascii_case("where") {
            return true;
        }
        around = piece.opening(opening);
    }
    false
}

/// `unless did "Charged"`, `when user did "Charged"`, `then no did …`
pub(super) fn redundant_did(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let first = piece.word(at);
    if !matches!(first.as_str(), "when" | "unless" | "no") {
        return None;
    }
    let mut end = at + 1;
    for filler in ["the", "a", "user", "they", "someone", "customer", "did", "does", "has", "event"] {
        if piece.word(end) == filler {
            end += 1;
        }
    }
    let named = matches!(piece.get(end).map(|token| token.kind), Some(Kind::Text | Kind::OddText));
    if end == at + 1 || !named {
        return None;
    }
    let fillers = piece.written(at + 1..end);
    Some(
        piece
            .repair(
                at + 1..end,
                " ",
                codes::UNEXPECTED,
                format!("the event follows `{first}` at once, without `{fillers}`"),
            )
            .help(format!("write `{first} {}`", visible(piece.str(end))))
            .next(end),
    )
}

/// `event Charged { … }`
pub(super) fn unquoted_declaration(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let start = piece.range.start;
    if at != start + 1 || piece.word(start) != "event" || !piece.is_kind(at, Kind::Word) {
        return None;
    }
    let mut end = at;
    while matches!(piece.get(end).map(|token| token.kind), Some(Kind::Word | Kind::Number)) {
        end += 1;
    }
    (piece.str(end) == "{").then(|| quoted(piece, at, end))
}

/// `when Added to Cart where …`, `did not App Launched in last 7 days`
pub(super) fn unquoted(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let before = at.checked_sub(1)?;
    let follows = match piece.word(before).as_str() {
        "when" | "unless" | "did" => true,
        "not" => piece.before(before).eq_ignore_ascii_case("did"),
        "no" => piece.before(before).eq_ignore_ascii_case("then"),
        _ => false,
    };
    let own = matches!(
        piece.str(at),
        "any" | "not" | "did" | "no" | "in" | "message" | "enters" | "leaves" | "where" | "and" | "or" | "if"
    );
    if !follows || own || !piece.is_kind(at, Kind::Word) || piece.str(at + 1) == "." {
        return None;
    }
    let end = name_end(piece, at);
    Some(quoted(piece, at, end))
}

fn quoted(piece: &Piece<'_, '_>, at: usize, end: usize) -> Repair {
    let written = piece.written(at..end);
    piece
        .repair(
            at..end,
            format!("\"{written}\""),
            codes::UNQUOTED,
            format!("the event's name `{}` stands without quotes", visible(written)),
        )
        .help(format!("write `\"{}\"`", visible(written)))
}

/// Where a name without quotes ends: before a word that can only go on with the rule.
pub(super) fn name_end(piece: &Piece<'_, '_>, at: usize) -> usize {
    let mut end = at + 1;
    while matches!(piece.get(end).map(|token| token.kind), Some(Kind::Word | Kind::Number)) {
        let next = piece.word(end + 1);
        let number = piece.is_kind(end + 1, Kind::Number);
        let goes_on = match piece.word(end).as_str() {
            "where" | "then" | "within" | "matching" | "and" | "or" | "repeat" | "today" | "yesterday"
            | "then_no" => true,
            "in" => matches!(next.as_str(), "last" | "the" | "past" | "next" | "segment" | "list"),
            "last" | "past" => number,
            "at" => matches!(next.as_str(), "least" | "most" | "trigger") || number,
            "on" | "since" | "before" | "from" | "between" | "exactly" => number,
            "more" | "fewer" | "less" => next == "than",
            "this" | "previous" => matches!(next.as_str(), "day" | "week" | "month" | "year"),
            "for" => next == "the",
            _ => piece.is_whole(end),
        };
        if goes_on {
            break;
        }
        end += 1;
    }
    end
}
