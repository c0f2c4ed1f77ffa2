//! The reader takes any text: it never panics, never blames itself, and every place that it names is one of the text.
#![cfg(test)]

use std::path::Path;

use campanile::language::{Parsed, Sources, parse};
use proptest::prelude::*;

fn read(text: &str) -> Parsed {
    let mut sources = Sources::new();
    let file = sources.add("any.camp", text);
    parse(&sources, file)
}

/// What must hold of every answer.
fn check(text: &str) -> Result<(), TestCaseError> {
    let mut sources = Sources::new();
    let file = sources.add("any.camp", text);
    let parsed = parse(&sources, file);
    // Every span of the answer, of items, findings and comments alike, by way of their debug form.
    let debug = format!("{parsed:?}");
    let span = regex::Regex::new(r"Span \{ file: FileId\(0\), start: (\d+), end: (\d+) \}").unwrap();
    for found in span.captures_iter(&debug) {
        let (start, end): (usize, usize) = (found[1].parse().unwrap(), found[2].parse().unwrap());
        prop_assert!(start <= end && end <= text.len(), "{start}..{end} of {}", text.len());
        prop_assert!(
            text.is_char_boundary(start) && text.is_char_boundary(end),
            "{start}..{end} cuts a letter"
        );
    }
    for finding in &parsed.diagnostics {
        prop_assert!(finding.code.0 != "E0199", "{}", finding.render(&sources));
        prop_assert!(!finding.message.is_empty() && !finding.message.ends_with('.'));
        prop_assert!(!finding.render(&sources).is_empty());
    }
    // What is not in order is not read in silence.
    prop_assert!(parsed.unread.is_empty() || !parsed.diagnostics.is_empty());
    Ok(())
}

fn texts(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "camp"));
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// Words and signs of the language and of others.
const WORDS: &[&str] = &[
    "settings",
    "event",
    "profile",
    "list",
    "segment",
    "campaign",
    "test",
    "when",
    "then",
    "no",
    "where",
    "within",
    "matching",
    "if",
    "did",
    "not",
    "and",
    "or",
    "in",
    "at",
    "least",
    "most",
    "times",
    "every",
    "day",
    "on",
    "mon",
    "last",
    "days",
    "between",
    "ago",
    "exactly",
    "send",
    "template",
    "header",
    "body",
    "button",
    "deliver",
    "wait",
    "valid",
    "unless",
    "holdout",
    "run",
    "from",
    "to",
    "priority",
    "user",
    "time",
    "cron",
    "any",
    "is",
    "set",
    "contains",
    "starts",
    "with",
    "sum",
    "of",
    "over",
    "first",
    "was",
    "sample",
    "mostly",
    "AND",
    "Monday",
    "true",
    "null",
    "like",
    "everyday",
    "throttle",
    "split",
    "limit",
    "goal",
    "local",
    "list",
    "text",
    "number",
    "yes/no",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    "=",
    "==",
    "!=",
    ">=",
    "..",
    "-",
    ".",
    ";",
    "&&",
    "!",
    "%",
    "+",
    "#",
    "//",
    "/*",
    "\"A\"",
    "\"{{ x }}\"",
    "\"{{ x",
    "'B'",
    "“C”",
    "\"",
    "”",
    "\\",
    "3",
    "10",
    "3%",
    "25 %",
    "9am",
    "09:00",
    "9:00",
    "24:00",
    "25:61",
    "2026-11-03",
    "31/12/2026",
    "2026-02-30",
    "2h",
    "20,000",
    "₹500",
    "-1.5",
    "999999999999999999999",
    "name",
    "amount",
    "Cart",
    "é",
    "\u{a0}",
    "\u{200b}",
    "\n",
    "\n",
    "\r\n",
    "\t",
];

fn soup() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(WORDS);
    let gap = proptest::sample::select(&[" ", " ", " ", "\n", ""][..]);
    proptest::collection::vec((word, gap), 0..60)
        .prop_map(|words| words.into_iter().map(|(word, gap)| format!("{word}{gap}")).collect())
}

/// Soup within a sound frame, so that it reaches clauses and conditions.
fn framed() -> impl Strategy<Value = String> {
    let frames: &[(&str, &str)] = &[
        ("", ""),
        ("campaign a { ", " }"),
        ("campaign a {\n  when \"A\"\n  ", "\n  send template b\n}"),
        ("campaign a { when \"A\" where ", " }"),
        ("campaign a { if ", " }"),
        ("campaign a { if did \"A\" ", " wait 5 minutes }"),
        ("campaign a { send template b { ", " } }"),
        ("campaign a { deliver ", " }"),
        ("campaign a { at ", " }"),
        ("campaign a { every ", " }"),
        ("settings { ", " }"),
        ("segment a = ", ""),
        ("segment a = did \"A\" where (", ")"),
        ("event \"A\" { ", " }"),
        ("list a from ", ""),
    ];
    (proptest::sample::select(frames), soup()).prop_map(|((from, to), soup)| format!("{from}{soup}{to}"))
}

fn a_text() -> impl Strategy<Value = String> {
    let mut all = texts("syntax");
    all.extend(texts("broken"));
    proptest::sample::select(all)
}

/// The place of a character of a text, or its end.
fn boundary(text: &str, index: prop::sample::Index) -> usize {
    let mut place = index.index(text.len() + 1);
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    place
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        check(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_characters(text in "\\PC{0,200}") {
        check(&text)?;
    }

    #[test]
    fn any_words(text in framed()) {
        check(&text)?;
    }

    #[test]
    fn any_beginning_of_a_file(text in a_text(), at in any::<prop::sample::Index>()) {
        check(&text[..boundary(&text, at)])?;
        check(&text[boundary(&text, at)..])?;
    }

    #[test]
    fn any_file_with_a_word_put_in(
        text in a_text(),
        at in any::<prop::sample::Index>(),
        word in proptest::sample::select(WORDS),
    ) {
        let at = boundary(&text, at);
        check(&format!("{}{word}{}", &text[..at], &text[at..]))?;
        check(&format!("{} {word} {}", &text[..at], &text[at..]))?;
    }

    #[test]
    fn any_file_with_a_piece_cut_out(
        text in a_text(),
        a in any::<prop::sample::Index>(),
        b in any::<prop::sample::Index>(),
    ) {
        let (a, b) = (boundary(&text, a), boundary(&text, b));
        check(&format!("{}{}", &text[..a.min(b)], &text[a.max(b)..]))?;
    }

    /// A block without a sound end takes nothing away from those before it, nor one that follows on a line of its own.
    #[test]
    fn sound_blocks_are_read_beside_broken_ones(
        sound in proptest::sample::select(texts("syntax")),
        broken in proptest::sample::select(texts("broken")),
    ) {
        let alone = read(&sound);
        let before = read(&format!("{sound}\n{broken}"));
        // A list or a segment has no brace at its end: what follows at once may belong to the last one.
        let kept = alone.items.len().saturating_sub(1);
        prop_assert!(before.items.len() >= kept && before.items[..kept] == alone.items[..kept], "{broken}");
    }
}
