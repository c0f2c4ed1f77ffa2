use std::fmt::Write as _;

use crate::language::ast::Item;

/// True when two rows of blocks are the same but for the places where they were written.
///
/// Compared by what `Debug` shows, without its spans: so no field of the tree, however new, is left out.
pub(super) fn trees(a: &[Item], b: &[Item]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| without_places(a) == without_places(b))
}

const SPAN: &str = "Span { file: FileId(";

/// What `Debug` shows of a piece of the tree, without its places: the same for what was written alike.
pub(crate) fn without_places(item: &impl std::fmt::Debug) -> String {
    let mut shown = String::new();
    // Writing into memory cannot fail.
    let _ = write!(shown, "{item:?}");
    let mut kept = String::with_capacity(shown.len() / 2);
    let mut rest = shown.as_str();
    while let Some((before, after)) = rest.split_once(SPAN) {
        kept.push_str(before);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Sources, parse};

    fn items(text: &str) -> Vec<Item> {
        let mut sources = Sources::new();
        let file = sources.add("a.camp", text);
        parse(&sources, file).items
    }

    #[test]
    fn places_do_not_count_and_all_else_does() {
        let one = items("segment a = did \"X\" where n = 5");
        assert!(trees(&one, &items("segment  a =\n\n did \"X\" where n = 5.0")));
        for other in ["segment b = did \"X\" where n = 5", "segment a = did \"X\" where n = 6", ""] {
            assert!(!trees(&one, &items(other)), "{other}");
        }
        assert!(!without_places(&one[0]).contains("start"));
    }
}
