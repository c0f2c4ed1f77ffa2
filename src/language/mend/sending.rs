use super::{Kind, Piece, Repair};
use crate::language::codes;
use crate::language::expected::visible;

/// What other tools call the kinds of messages.
pub(super) fn kind(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if piece.word(at.checked_sub(1)?) != "send" {
        return None;
    }
    let word = piece.word(at);
    let kinds = ["image", "video", "audio", "document", "sticker"];
    match word.as_str() {
        "media" if kinds.contains(&piece.word(at + 1).as_str()) => {
            let repair = piece.repair(at..at + 1, " ", codes::UNEXPECTED, "a medium is called what it is");
            Some(repair.help(format!("leave `media` out: `send {} …`", piece.word(at + 1))))
        }
        "media" if piece.is_kind(at + 1, Kind::Text) => {
            let repair =
                piece.repair(at..at + 1, "image", codes::UNEXPECTED, "a medium is called what it is");
            Some(repair.help("write `send image`, `video`, `audio`, `document` or `sticker`").stand_in())
        }
        "message" | "whatsapp" | "freeform" | "reply" if piece.is_kind(at + 1, Kind::Text) => {
            let message = format!("`{word}` does not say what is sent");
            let repair = piece.repair(at..at + 1, "text", codes::UNEXPECTED, message);
            Some(repair.help("for a text without a template write `send text \"…\"`"))
        }
        _ => None,
    }
}

/// Values and shares of `by` and `split` as they are written elsewhere.
pub(super) fn arms(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    let sends = |at: usize| piece.str(at) == ":" && piece.word(at + 1) == "send";
    match piece.word(piece.range.start).as_str() {
        "by" if piece.is_kind(at, Kind::Word) && sends(at + 1) => {
            let word = piece.str(at);
            match piece.word(at).as_str() {
                "else" | "yes" | "no" => None,
                "otherwise" | "default" | "other" | "others" => {
                    let message = format!("`{}` is written `else`", visible(word));
                    let repair = piece.repair(at..at + 1, "else", codes::UNEXPECTED, message);
                    Some(repair.help("write `else: send …`"))
                }
                _ => {
                    let quoted = format!("\"{}\"", visible(word));
                    let message = format!("a text of the profile is in quotes: `{quoted}`");
                    let repair = piece.repair(at..at + 1, quoted.clone(), codes::UNEXPECTED, message);
                    Some(repair.help(format!("write `{quoted}: send …`")))
                }
            }
        }
        "split" if piece.is_kind(at, Kind::Number) && piece.word(at + 1) == "send" => {
            let number = piece.number(at);
            if number.contains('%') {
                return None;
            }
            let share = format!("{}%", visible(number));
            let message = format!("a share of users is a percentage: `{share}`");
            let repair = piece.repair(at..at + 1, share.clone(), codes::PERCENT, message);
            Some(repair.help(format!("write `{share} send …`")))
        }
        _ => None,
    }
}

/// `test size 20% { … }`, `test 20% { … }`: the size stands within.
pub(super) fn size(piece: &Piece<'_, '_>, at: usize) -> Option<Repair> {
    if piece.word(piece.range.start) != "test" || at != piece.range.start + 1 {
        return None;
    }
    let number = if matches!(piece.word(at).as_str(), "size" | "on" | "with" | "of") { at + 1 } else { at };
    let mut open = number + 1;
    if piece.word(open) == "users" {
        open += 1;
    }
    if !piece.is_kind(number, Kind::Number) || piece.str(open) != "{" {
        return None;
    }
    let size = visible(piece.written(number..open));
    let repair =
        piece.repair(at..open, " ", codes::UNEXPECTED, "the size of a test stands within its braces");
    let repair = repair.help(format!("write `test {{ on {size} …`"));
    Some(repair.and(piece.edit(open..open + 1, format!("{{ on {size} "))))
}
