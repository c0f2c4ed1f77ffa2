//! Every sentence of `docs/from-clevertap.md` is one: it compiles as a piece of a rule file, of one kind or another.
#![cfg(test)]

use campanile::rulebook::{Rulebook, RulebookError};

/// A file for each kind of piece that a sentence may be.
fn files(sentence: &str) -> [String; 6] {
    let segment = "segment lapsed = did \"Charged\"\nsettings { control group loyal 5% }\n";
    let list = "list vip from \"vip.csv\"\n";
    let message = "send template example";
    [
        sentence.to_owned(),
        format!("{segment}{list}campaign example {{ when \"Charged\" {message}\n if {sentence} }}"),
        format!("{segment}campaign example {{ {sentence}\n {message} }}"),
        format!("{segment}campaign example {{ when \"Added to Cart\" {message}\n {sentence} }}"),
        format!(
            "{segment}campaign example {{ every day at 10:00 if in segment lapsed {message}\n {sentence} }}"
        ),
        format!("campaign example {{ when \"Added to Cart\" {sentence} }}"),
    ]
}

/// The code of a table's middle column, and where it stands.
fn sentences(page: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in page.lines().enumerate().filter(|(_, line)| line.starts_with("| ")) {
        // A bar within code is no border.
        let mut cells = vec![String::new()];
        let mut in_code = false;
        for letter in line.chars() {
            in_code ^= letter == '`';
            match letter {
                '|' if !in_code => cells.push(String::new()),
                _ => cells.last_mut().unwrap().push(letter),
            }
        }
        // Before the first bar there is nothing, and after the last.
        if let [_, _, here, _, _] = &cells[..]
            && let Some(code) = here.trim().strip_prefix('`')
        {
            found.push((number + 1, code.trim_end_matches('`').to_owned()));
        }
    }
    found
}

#[test]
fn every_sentence_compiles() {
    let page = std::fs::read_to_string("docs/from-clevertap.md").unwrap();
    let sentences = sentences(&page);
    assert!(sentences.len() > 100, "only {} sentences were found", sentences.len());
    let mut wrong = Vec::new();
    for (line, sentence) in sentences {
        let tries = files(&sentence).map(|file| {
            Rulebook::builder().list("vip", ["asha"]).text("docs/from-clevertap.md", file).build()
        });
        if tries.iter().all(Result::is_err) {
            // A piece that is taken for a block says nothing of what is wrong with it.
            let of_blocks =
                |error: &&RulebookError| error.diagnostics().iter().any(|finding| finding.code.0 == "E0106");
            let errors = tries.iter().filter_map(|result| result.as_ref().err());
            let best = errors.min_by_key(|error| (of_blocks(error), error.diagnostics().len())).unwrap();
            wrong.push(format!("line {line}: {sentence}\n{best}"));
        }
    }
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.join("\n\n"));
}
