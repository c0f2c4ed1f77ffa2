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
