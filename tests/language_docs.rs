//! Every example of `docs/language.md` is what it says: rules that are accepted, or refused where the page says so.
//!
//! A fenced block begins with `camp` and may say what its pieces are: `condition`, `event` (what follows a trigger event), `trigger`,
//! `clause`, `message`; then each line that is not indented begins a piece. Without a word the block is a whole file. `refused` says that
//! each piece must be refused as not supported yet, with that one finding and no other.
#![cfg(test)]

use std::collections::BTreeSet;

use campanile::rulebook::Rulebook;

/// A file made of a piece, of the kind that the block names.
fn wrap(kind: Option<&str>, piece: &str) -> String {
    match kind {
        None => piece.to_owned(),
        Some("condition") => format!("segment example = {piece}"),
        Some("event") => format!("campaign example {{ when \"Charged\" {piece}\n send template example }}"),
        Some("trigger") => format!("campaign example {{ {piece}\n send template example }}"),
        Some("clause") => {
            format!(
                "segment lapsed = did \"Charged\"\ncampaign example {{ when \"Added to Cart\" send template example {piece}\n }}"
            )
        }
        Some("message") => format!("campaign example {{ when \"Charged\" {piece}\n }}"),
        Some(other) => panic!("no kind of example is called `{other}`"),
    }
}

/// Each line that is not indented begins a piece; what is only a bracket ends the one before.
fn pieces(block: &str, kind: Option<&str>) -> Vec<String> {
    if kind.is_none() {
        return vec![block.to_owned()];
    }
    let mut pieces: Vec<String> = Vec::new();
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        match pieces.last_mut() {
            Some(piece) if line.starts_with([' ', '}']) => {
                piece.push('\n');
                piece.push_str(line);
            }
            _ => pieces.push(line.to_owned()),
        }
    }
    pieces
}

#[test]
fn every_example_is_what_the_page_says() {
    let page = std::fs::read_to_string("docs/language.md").unwrap();
    let mut lines = page.lines().enumerate();
    let mut failures = Vec::new();
    let mut examples = 0;
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```camp") else { continue };
        let mut words = info.split_whitespace();
        let is_refused = info.ends_with(" refused");
        let kind = words.next().filter(|word| *word != "refused");
        let block: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        for piece in pieces(&block.join("\n"), kind) {
            examples += 1;
            let rules = wrap(kind, &piece);
            // `list vip` is shown where it is declared, as a text: a host gives its users.
            let rulebook = Rulebook::builder().text("docs/language.md", &rules).list("vip", ["u-9"]).build();
            match (rulebook, is_refused) {
                (Ok(rulebook), false) => {
                    let report = campanile::testing::run(&rulebook, |_| true);
                    let failed = report.results.iter().flat_map(|result| &result.mismatches);
                    for mismatch in failed {
                        failures.push(format!("line {number}: {}: {}", mismatch.expected, mismatch.found));
                    }
                }
                (Err(error), true)
                    if matches!(error.diagnostics(), [finding] if finding.code.0 == "E0102"
                        && finding.message.ends_with("not supported yet")) => {}
                (Err(error), true) => {
                    failures
                        .push(format!("line {number}: not refused as `not supported yet`: {piece}\n{error}"));
                }
                (Ok(_), true) => failures.push(format!("line {number}: accepted: {piece}")),
                (Err(error), false) => failures.push(format!("line {number}: {piece}\n{error}")),
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(examples > 60, "only {examples} examples were found");
}

/// The page shows the whole language: every keyword of the grammar stands in an example that is accepted.
#[test]
fn every_keyword_stands_in_an_example() {
    let page = std::fs::read_to_string("docs/language.md").unwrap();
    let mut words = BTreeSet::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let is_example = line.starts_with("```camp") && !line.ends_with(" refused");
        if line.starts_with("```") {
            let block = lines.by_ref().take_while(|line| *line != "```");
            let code = block.map(|line| line.split('#').next().unwrap_or_default());
            let found = code.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
            let found: Vec<&str> = found.collect();
            words.extend(found.into_iter().filter(|_| is_example));
        }
    }
    let grammar = std::fs::read_to_string("grammar/campanile.pest").unwrap();
    let keywords: Vec<&str> = grammar
        .lines()
        .filter(|line| line.starts_with("kw_"))
        .map(|line| line.split('"').nth(1).unwrap())
        .collect();
    assert!(keywords.len() > 60, "only {} keywords were found", keywords.len());
    let missing: Vec<&&str> = keywords.iter().filter(|keyword| !words.contains(**keyword)).collect();
    assert!(missing.is_empty(), "no example has {missing:?}");
}
