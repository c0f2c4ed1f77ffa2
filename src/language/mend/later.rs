use super::behaviour::within_expression;
use super::{Kind, Piece, Repair};
use crate::language::codes;

/// Parts of the language that this version does not have: refused by name where they stand, and stood in for, so that
/// the rest of the clause is still read.
pub(super) fn construct(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    in_filter(piece, at)
}

fn not_yet(piece: &Piece<'_, '_>, range: std::ops::Range<usize>, text: &str, what: &str) -> Repair {
    piece.repair(range, text, codes::NOT_YET, format!("{what} is not supported yet")).stand_in()
}

/// True where a condition begins.
pub(super) fn begins_condition(piece: &Piece<'_, '_>, at: usize) -> bool {
    let Some(before) = at.checked_sub(1).filter(|before| piece.range.contains(before)) else { return false };
    match piece.word(before).as_str() {
        "if" | "and" | "or" => true,
        "not" => !matches!(piece.before(before).to_lowercase().as_str(), "did" | "is" | "does"),
        _ => Some(before) == piece.declares || piece.str(before) == "(",
    }
}

/// Tests that only a later version has.
fn in_filter(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let operand = |at: usize| piece.is_kind(at, Kind::Word) || piece.is_kind(at, Kind::Number);
    let sign = matches!(piece.str(at), "*" | "/" | "+" | "-" | "×");
    let tests = matches!(piece.word(piece.range.start).as_str(), "when" | "if" | "unless" | "segment");
    if sign
        && tests
        && operand(at.wrapping_sub(1))
        && operand(at + 1)
        && at > piece.range.start
        && !within_expression(piece, at)
    {
        // `mon-fri` and `09:00 - 21:00` are other habits.
        let other = super::days::weekday_of(piece.before(at)).is_some() || piece.before(at).contains(':');
        if other {
            return None;
        }
        let mut end = at + 2;
        while piece.str(end) == "." && piece.is_kind(end + 1, Kind::Word) {
            end += 2;
        }
        let repair = not_yet(piece, at..end, " ", "arithmetic");
        return Some(repair.help("compare one property with a number"));
    }
    None
}
