//! The formatter: what its form looks like, that it is one form, and that it changes nothing.
//!
//! `BLESS=1 cargo test --test format` writes the expected files of `tests/format/` anew.
#![cfg(test)]

mod generate;

use std::fs;
use std::path::{Path, PathBuf};

use campanile::language::{Severity, Sources, Unformatted, comments, format, parse};
use proptest::prelude::*;

/// The text in canonical form; none when it has errors of its own.
fn formatted(name: &str, text: &str) -> Option<String> {
    let mut sources = Sources::new();
    let file = sources.add(name, text);
    match format(&sources, file) {
        Ok(text) => Some(text),
        Err(Unformatted::Errors(_)) => None,
        Err(Unformatted::Fault(finding)) => panic!("{}\n{text}", finding.render(&sources)),
    }
}

fn is_sound(text: &str) -> bool {
    let mut sources = Sources::new();
    let file = sources.add("a.camp", text);
    let parsed = parse(&sources, file);
    parsed.unread.is_empty() && parsed.diagnostics.iter().all(|finding| finding.severity != Severity::Error)
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

/// Every text of rules in the repository: files, the rules of cases, and the examples of all pages.
fn rule_texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    let all = |ending| {
        let mut found = Vec::new();
        ["tests", "examples", "docs"].iter().for_each(|folder| files(Path::new(folder), ending, &mut found));
        found
            .into_iter()
            .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap_or_default()))
    };
    texts.extend(all(".camp"));
    for (name, text) in all(".case") {
        let rules = text.split_once("--- rules\n").map_or("", |(_, rest)| rest);
        let rules = rules.split("\n--- ").next().unwrap_or_default();
        texts.push((name, rules.to_owned()));
    }
    for (name, text) in all(".md").chain([("README.md".to_owned(), fs::read_to_string("README.md").unwrap())])
    {
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(info) = line.strip_prefix("```camp") else { continue };
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let kind = info.split_whitespace().find(|word| *word != "refused");
            for piece in pieces(&block.join("\n"), kind) {
                texts.push((name.clone(), wrapped(kind, &piece)));
            }
        }
    }
    texts
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

fn wrapped(kind: Option<&str>, piece: &str) -> String {
    match kind {
        Some("condition") => format!("segment example = {piece}"),
        Some("event") => format!("campaign example {{ when \"Charged\" {piece}\n send template example }}"),
        Some("trigger" | "clause") => format!("campaign example {{ {piece}\n send template example }}"),
        Some("message") => format!("campaign example {{ when \"Charged\" {piece}\n }}"),
        _ => piece.to_owned(),
    }
}

#[test]
fn every_text_of_the_repository_has_one_form() {
    let mut sound = 0;
    for (name, text) in rule_texts() {
        let form = formatted(&name, &text);
        assert_eq!(form.is_some(), is_sound(&text), "{name}\n{text}");
        let Some(form) = form else { continue };
        sound += 1;
        assert_eq!(formatted(&name, &form).as_deref(), Some(form.as_str()), "{name} is not stable:\n{form}");
        assert!(!form.contains("\n\n\n") && !form.contains('\t') && !form.contains(" \n"), "{name}\n{form}");
        assert!(form.is_empty() || form.ends_with('\n') && !form.ends_with("\n\n"), "{name}\n{form:?}");
    }
    assert!(sound > 250, "only {sound} texts were formatted");
}

#[test]
fn the_examples_are_in_form() {
    let mut found = Vec::new();
    files(Path::new("examples"), ".camp", &mut found);
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            formatted("example.camp", &text),
            Some(text),
            "run `campanile fmt examples`: {}",
            path.display()
        );
    }
}

#[test]
fn the_form_is_what_the_files_show() {
    let mut inputs = Vec::new();
    files(Path::new("tests/format"), ".camp", &mut inputs);
    assert!(!inputs.is_empty());
    for path in inputs {
        let text = fs::read_to_string(&path).unwrap();
        let form =
            formatted(&path.display().to_string(), &text).unwrap_or_else(|| panic!("{}", path.display()));
        let expected = path.with_extension("formatted");
        if blessing() {
            fs::write(&expected, &form).unwrap();
        }
        assert_eq!(form, fs::read_to_string(&expected).unwrap_or_default(), "{}", path.display());
    }
}

#[expect(clippy::disallowed_methods, reason = "who changes the form asks for new expectations")]
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// White space by chance between the tokens of a text that has no comments.
fn scattered(text: &str, mut choices: impl Iterator<Item = u8>) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if quoted || !letter.is_whitespace() {
            out.push(letter);
            match letter {
                '\\' if quoted => out.extend(letters.next()),
                '"' => quoted = !quoted,
                '{' | '(' | ',' | '='
                    if !quoted && choices.next() == Some(2) && letters.peek() != Some(&'=') =>
                {
                    out.push('\n');
                }
                _ => {}
            }
            continue;
        }
        while letters.next_if(|next| next.is_whitespace()).is_some() {}
        out.push_str(match choices.next().unwrap_or(0) {
            0 => " ",
            1 => "\n",
            2 => "  \t ",
            _ => "\r\n ",
        });
    }
    out
}

/// A comment by chance where white space stands.
fn commented(text: &str, mut choices: impl Iterator<Item = u8>) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut letters = text.chars();
    let mut number = 0;
    let mut within = false;
    while let Some(letter) = letters.next() {
        out.push(letter);
        match letter {
            '\n' => within = false,
            _ if within => {}
            '\\' if quoted => out.extend(letters.next()),
            '"' => quoted = !quoted,
            '#' if !quoted => within = true,
            _ => {}
        }
        if !quoted && !within && letter.is_whitespace() {
            let comment = match choices.next().unwrap_or(0) {
                1 => format!("# c{number} \"\n"),
                2 => format!("\n#c{number}\n"),
                3 => format!("\n\n# c{number} }}\n\n\n"),
                _ => continue,
            };
            number += 1;
            out.push_str(&comment);
        }
    }
    out
}

fn no_comments(text: &str) -> bool {
    comments(text, campanile::language::FileId(0)).is_empty()
}

fn all_sound() -> impl Strategy<Value = (String, String)> {
    let texts: Vec<(String, String)> = rule_texts().into_iter().filter(|(_, text)| is_sound(text)).collect();
    prop::sample::select(texts)
}

fn choices(most: u8) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..most, 1..64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// White space decides nothing but empty lines.
    #[test]
    fn however_it_is_written_the_form_is_one((name, text) in all_sound(), by in choices(4)) {
        prop_assume!(no_comments(&text));
        let dense = |text: &str| -> String { text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n") };
        let form = formatted(&name, &text).unwrap();
        let other = formatted(&name, &scattered(&text, by.iter().copied().cycle())).unwrap();
        prop_assert_eq!(dense(&other), dense(&form));
    }

    /// Comments anywhere are kept, in order, and the form is stable.
    #[test]
    fn comments_anywhere_are_kept((name, text) in all_sound(), by in choices(12)) {
        let text = commented(&text, by.iter().copied().cycle());
        let form = formatted(&name, &text).unwrap_or_else(|| panic!("{text}"));
        let again = formatted(&name, &form).unwrap();
        prop_assert_eq!(&again, &form, "{}", text);
    }

    /// Generated rules come out the same tree, and stable.
    #[test]
    fn generated_rules_have_one_form(case in prop_oneof![3 => generate::cases(), 1 => generate::behaviour(), 1 => generate::budgets()]) {
        let form = formatted("case.camp", &case.rules).unwrap();
        prop_assert!(case.rulebook().is_err() || is_sound(&form));
        prop_assert_eq!(formatted("case.camp", &form).unwrap(), form.clone());
    }
}
