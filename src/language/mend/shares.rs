use super::{Kind, Piece, Repair};
use crate::language::codes;

/// `25 %`, `25 percent`
pub(super) fn percent(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let number = piece.number(at);
    let end = match piece.str(at + 1).to_lowercase().as_str() {
        "%" | "percent" | "pct" | "percentage" => at + 2,
        "per" if piece.word(at + 2) == "cent" => at + 3,
        _ => return None,
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit() || b"._".contains(&byte)) {
        return None;
    }
    let ours = format!("{number}%");
    let message = if piece.str(at + 1) == "%" {
        "no space stands before `%`".to_owned()
    } else {
        format!("`{}` is written with a sign", piece.written(at..end))
    };
    Some(piece.repair(at..end, ours.clone(), codes::PERCENT, message).help(format!("write `{ours}`")))
}

/// `holdout 5`, `control group 5`
pub(super) fn bare_share(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let share = piece.before(at) == "holdout"
        || (piece.before(at) == "group" && piece.word(piece.range.start) == "control");
    let number = piece.number(at);
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !(share && plain) {
        return None;
    }
    let ours = format!("{number}%");
    Some(
        piece
            .repair(at..at + 1, ours.clone(), codes::PERCENT, "a share of users is a percentage")
            .help(format!("write `{ours}`")),
    )
}

/// `20,000`, `1,00,000`
pub(super) fn thousands(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let digits =
        |at: usize, lengths: &[usize]| piece.is_whole(at) && lengths.contains(&piece.number(at).len());
    if piece.around(at) == Some("[") || !digits(at, &[1, 2, 3]) {
        return None;
    }
    let mut end = at + 1;
    while piece.str(end) == "," && piece.touches(end - 1) && piece.touches(end) && digits(end + 1, &[2, 3]) {
        end += 2;
    }
    let last = piece.number(end - 1);
    if end == at + 1 || last.len() != 3 {
        return None;
    }
    let ours = piece.written(at..end).replace(',', "_");
    Some(
        piece
            .repair(at..end, ours.clone(), codes::NUMBER, "a number's digits are not parted by commas")
            .help(format!("write `{ours}` or `{}`", ours.replace('_', ""))),
    )
}

/// `₹500`, `$5`, `500 INR`, `20k`
pub(super) fn currency(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let money = |at: usize| {
        matches!(piece.str(at), "$" | "€" | "£" | "₹" | "¥" | "₽" | "₺")
            || matches!(
                piece.word(at).as_str(),
                "rs" | "inr"
                    | "usd"
                    | "eur"
                    | "gbp"
                    | "aed"
                    | "brl"
                    | "rupees"
                    | "dollars"
                    | "euros"
                    | "euro"
            )
    };
    let plain = |at: usize| piece.number(at).starts_with(|c: char| c.is_ascii_digit());
    let refused = |end: usize, number: &str| {
        let repair = piece.repair(
            at..end,
            format!(" {number} "),
            codes::NUMBER,
            format!("`{}` is no number", piece.written(at..end)),
        );
        Some(repair.help(format!("write `{number}`: amounts are in the currency of the data")))
    };
    if money(at) && plain(at + 1) {
        return refused(at + 2, piece.number(at + 1));
    }
    if piece.is_whole(at) && money(at + 1) && piece.is_kind(at + 1, Kind::Word) {
        return refused(at + 2, piece.number(at));
    }
    let number = piece.number(at);
    let thousands = number.strip_suffix(['k', 'K']).and_then(|digits| digits.parse::<f64>().ok())?;
    let exact = thousands * 1_000.0;
    (exact.fract() == 0.0 && exact < 1e12).then(|| refused(at + 1, &format!("{exact}")))?
}
