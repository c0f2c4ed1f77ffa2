//! The reader's work grows with the length of a text, however deep its brackets are: counted in steps of the parser, not in time.
//!
//! The count is a limit of the whole process, so this test has one of its own, and one test function.
#![cfg(test)]

use std::num::NonZeroUsize;

use campanile::language::{Sources, parse};

/// Steps of the parser for each byte of a piece, at most. Measured are up to 70.
const STEPS: usize = 150;

/// Reads a text under a limit in proportion to its length; a limit that is reached is a fault, `E0199`.
fn read(text: &str) -> usize {
    pest::set_call_limit(NonZeroUsize::new(STEPS * (text.len() + 200)));
    let mut sources = Sources::new();
    let file = sources.add("work.camp", text);
    let parsed = parse(&sources, file);
    pest::set_call_limit(None);
    let faults: String = parsed
        .diagnostics
        .iter()
        .filter(|finding| finding.code.0 == "E0199")
        .map(|finding| finding.render(&sources))
        .collect();
    let shown: String = text.chars().take(200).collect();
    assert!(faults.is_empty(), "{} bytes: {shown}\n{faults}", text.len());
    parsed.diagnostics.len()
}

/// Texts nested so deep, sound but for the brackets that are left open.
fn nested(depth: usize) -> Vec<(String, bool)> {
    let mut texts = Vec::new();
    for closed in [true, false] {
        let close = |bracket: &str| if closed { bracket.repeat(depth) } else { String::new() };
        let mut add = |text: String| texts.push((text, closed));
        add(format!("segment a = {}in list b{}", "(".repeat(depth), close(")")));
        add(format!("segment a = {}in list b{}", "not (".repeat(depth), close(")")));
        add(format!("segment a = {}in list b{}", "(in list c and ".repeat(depth), close(")")));
        add(format!("segment a = did \"A\" where {}x = 1{}", "(".repeat(depth), close(")")));
        add(format!("segment a = did \"A\" where {}x = 1{}", "(y = 2 or not ".repeat(depth), close(")")));
        let fields = "a: { ".repeat(depth - 1);
        add(format!("event \"A\" {{ {fields} b: text {}", close("}")));
        add(format!("event \"A\" {{ {} b: text {}", "a: list of { ".repeat(depth - 1), close("}")));
        add(format!("segment a = profile.x in {}\"x\"{}", "[".repeat(depth), close("]")));
        add(format!("campaign a {}{}", "{".repeat(depth), close("}")));
        add(format!("{}{}", "(".repeat(depth), close(")")));
    }
    texts
}

/// A text of about so many bytes: a piece again and again, between a beginning and an end.
fn long(bytes: usize, beginning: &str, piece: &str, end: &str) -> String {
    format!("{beginning}{}{end}", piece.repeat(bytes / piece.len()))
}

#[test]
fn work_grows_with_length_alone() {
    for depth in 1..=64 {
        for (text, closed) in nested(depth) {
            let findings = read(&text);
            assert!(closed || findings == 1, "{findings} findings: {text}");
        }
    }
    // Beyond the limit: one polite finding, and no work.
    for depth in [65, 1_000, 100_000] {
        for (text, closed) in nested(depth) {
            let findings = read(&text);
            assert!((1..=2).contains(&findings), "{findings} findings, closed: {closed}");
        }
    }
    let shapes = [
        ("", "segment a = did \"A\" in last 7 days\n", ""),
        ("", "campaign a { when \"A\" where x = 1 send template b { body \"c\" } wait 5 minutes }\n", ""),
        ("campaign a {", "unless \"A\" where (x = 1 or y = 2) ", "}"),
        ("campaign a { unless \"A\" where x == 1 ", "unless \"A\" where (x = 1 or y = 2) ", "}"),
        ("campaign a {", "unless \"A\" where x == 1 ", "}"),
        ("campaign a {", "nonsense \"A\" ", "}"),
        ("campaign a {", "wait 1 minute ", "}"),
        ("segment a = in list b", " and did \"A\" at least 3 times in last 7 days", ""),
        ("segment a = in list b", " and did \"A\" where x = 1", " or in list c"),
        ("segment a = in list b", " and did \"A\" where x = 1 and y = 2", ""),
        ("segment a = in list b", " and", ""),
        ("segment a = ", "(in list b) and ", "in list c"),
        ("segment a = profile.x in [", "\"x\", ", "\"y\"]"),
        ("segment a = profile.x in [", "x, ", "y]"),
        ("segment a = ", "not ", "in list b"),
        ("segment a = profile", ".x", " = 1"),
        ("event \"A\" {", "a: list of { b: text, c: number }, ", "}"),
        ("event \"A\" {", "a: text ", "}"),
        ("event \"A\" { a: ", "list of ", "text }"),
        ("campaign a { when \"A\" where (x = 1", " and y > 5", ") }"),
        ("campaign a { when \"A\" where x = 1", " and y > 5", " }"),
        ("campaign a { send template b { body \"c\"", ", \"d\"", " } }"),
        ("campaign a { deliver 09:00..10:00", ", 11:00..12:00 on mon, tue", " }"),
        ("campaign a { deliver 09:00..10:00", " 11:00..12:00", " }"),
        ("campaign a { every month on 1", ", 2", " at 10:00 }"),
        ("settings {", "gap 5 mins ", "}"),
        ("", "(", ""),
        ("", ")", ""),
        ("", "{}", ""),
        ("", "\"", ""),
        ("", "\"\n", ""),
        ("", "# comment\n", ""),
        ("", "// comment\n", ""),
        ("", "/*", ""),
        ("", "x ", ""),
        ("", "segment ", ""),
        ("", "campaign a {\n", ""),
        ("", "-", ""),
        ("", "1", ""),
        ("", "“", ""),
        ("", "\u{200b}", ""),
        ("", " \n\t", ""),
    ];
    for bytes in [1_000, 20_000] {
        for (beginning, piece, end) in shapes {
            read(&long(bytes, beginning, piece, end));
        }
    }
    for (beginning, piece, end) in shapes.into_iter().take(3) {
        read(&long(1_000_000, beginning, piece, end));
    }
}
