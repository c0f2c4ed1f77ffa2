use pest::Parser as _;
use pest::iterators::Pair;
use pest_derive::Parser;

/// The grammar of `grammar/campanile.pest`.
#[derive(Parser)]
#[grammar = "grammar/campanile.pest"]
struct Grammar;

/// A parsed piece of text.
pub(super) type Node<'i> = Pair<'i, Rule>;

/// Why a text does not follow the grammar.
pub(super) struct Mismatch {
    /// How far it could be read, in bytes.
    pub at: usize,
    /// What could have stood there; empty when a limit of the machine was reached.
    pub expected: Vec<Rule>,
}

/// Parses the whole of a text as a rule that ends with the end of input.
pub(super) fn parse(rule: Rule, text: &str) -> Result<Node<'_>, Mismatch> {
    use pest::error::{ErrorVariant, InputLocation};

    let mismatch = |error: pest::error::Error<Rule>| {
        let at = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        let expected = match error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives,
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        Mismatch { at, expected }
    };
    let mut pairs = Grammar::parse(rule, text).map_err(mismatch)?;
    pairs.next().ok_or(Mismatch { at: 0, expected: Vec::new() })
}

/// The first direct part of a node that is of a rule.
pub(super) fn child<'i>(node: &Node<'i>, rule: Rule) -> Option<Node<'i>> {
    node.clone().into_inner().find(|part| part.as_rule() == rule)
}

/// The direct parts of a node that are of a rule.
pub(super) fn children<'i>(node: &Node<'i>, rule: Rule) -> impl Iterator<Item = Node<'i>> + use<'i> {
    node.clone().into_inner().filter(move |part| part.as_rule() == rule)
}

/// True when a direct part of the node is of the rule: for keywords.
pub(super) fn has(node: &Node<'_>, rule: Rule) -> bool {
    child(node, rule).is_some()
}

/// The first direct part of a node.
pub(super) fn first<'i>(node: &Node<'i>) -> Option<Node<'i>> {
    node.clone().into_inner().next()
}

/// True for a word of the language: those after which a rule of the grammar is named.
pub(super) fn is_keyword(word: &str) -> bool {
    use std::collections::BTreeSet;
    use std::sync::OnceLock;

    static WORDS: OnceLock<BTreeSet<String>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let names = Rule::all_rules().iter().map(|rule| format!("{rule:?}"));
        names.filter_map(|name| name.strip_prefix("kw_").map(str::to_owned)).collect()
    });
    words.contains(word)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn sound_texts() -> Vec<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax");
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
    }

    /// The blocks of a text with the rules that they are parsed by.
    fn blocks(text: &str) -> Vec<(Rule, &str)> {
        use crate::language::FileId;
        use crate::language::blocks::{BlockKind, Tokens, cut};
        let mut tokens = Tokens::new(FileId(0), text, crate::language::scan::scan(text));
        let blocks = cut(&mut tokens, &mut Vec::new());
        let rule = |kind| match kind {
            BlockKind::Settings => Rule::settings_block,
            BlockKind::Event => Rule::event_block,
            BlockKind::Profile => Rule::profile_block,
            BlockKind::List => Rule::list_block,
            BlockKind::Segment => Rule::segment_block,
            BlockKind::Campaign => Rule::campaign_block,
            BlockKind::Test => Rule::test_block,
            BlockKind::Unknown => panic!("an unknown block"),
        };
        blocks.iter().map(|block| (rule(block.kind), &text[tokens.place(&block.tokens).range()])).collect()
    }

    /// A rule that no sound file needs is a mistake, or lacks a test.
    #[test]
    fn every_rule_is_seen() {
        let mut seen: BTreeSet<Rule> = BTreeSet::new();
        for text in sound_texts() {
            for (rule, block) in blocks(&text) {
                let node = parse(rule, block).ok().unwrap();
                seen.insert(node.as_rule());
                seen.extend(node.into_inner().flatten().map(|part| part.as_rule()));
            }
        }
        // What is parsed alone when a block is broken, and what is taken only to be refused.
        let elsewhere = [
            (Rule::campaign_title, "campaign a \"A\""),
            (Rule::test_title, "test \"A\""),
            (Rule::test_piece, "until 2026-11-03 10:00 expect nothing"),
            (Rule::settings_piece, "gap 5 minutes"),
            (Rule::length_piece, "10 minutes"),
            (Rule::rate_piece, "500 per 5 minutes"),
            (Rule::campaign_piece, "when \"A\" where a = 1 and not b = 2"),
        ];
        for (rule, text) in elsewhere {
            let node = parse(rule, text).ok().unwrap();
            assert!(seen.insert(node.as_rule()), "{rule:?} is seen in blocks");
            seen.extend(node.into_inner().flatten().map(|part| part.as_rule()));
        }
        // Silent and atomic rules leave no trace of their own; white space, comments and signs within numbers.
        let silent = [
            Rule::WHITESPACE,
            Rule::COMMENT,
            Rule::word_char,
            Rule::number_more,
            Rule::tested,
            Rule::named_window,
            Rule::date_window,
        ];
        let missing: Vec<Rule> =
            Rule::all_rules().iter().copied().filter(|r| !seen.contains(r) && !silent.contains(r)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    /// `whenever` does not begin with `when`: each keyword, made longer by a letter, a digit or `_`, is none.
    #[test]
    fn keywords_end_where_words_end() {
        let mut keywords = 0;
        for rule in Rule::all_rules() {
            let name = format!("{rule:?}");
            let Some(word) = name.strip_prefix("kw_") else { continue };
            keywords += 1;
            assert!(Grammar::parse(*rule, word).is_ok(), "{word}");
            for sign in ["\"", "(", " x", ".", ",", "{"] {
                assert!(Grammar::parse(*rule, &format!("{word}{sign}")).is_ok(), "{word}{sign}");
            }
            for more in ["x", "s1", "_", "9", "X"] {
                // `time` and `times` are one keyword.
                let longer = format!("{word}{more}");
                assert!(Grammar::parse(*rule, &longer).is_err(), "{longer}");
            }
            let capital = word.to_uppercase();
            assert!(Grammar::parse(*rule, &capital).is_err(), "{capital}");
        }
        assert!(keywords > 70);
        for (rule, words) in [
            (Rule::unit, ["days_", "dayss", "hour1"]),
            (Rule::weekday, ["mondays", "mon1", "sun_"]),
            (Rule::nth, ["firsts", "1stx", "last_"]),
        ] {
            for word in words {
                assert!(Grammar::parse(rule, word).is_err(), "{word}");
            }
        }
    }
}
