//! The reader: what it makes of sound files, and what it says about broken ones.
#![cfg(test)]

use std::path::{Path, PathBuf};

use campanile::language::{Sources, parse};

fn files(folder: &str, prefix: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "camp"))
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix))
        .collect();
    files.sort();
    files
}

fn findings(name: &str, text: &str) -> String {
    let mut sources = Sources::new();
    let file = sources.add(name, text);
    parse(&sources, file).diagnostics.iter().map(|finding| finding.render(&sources)).collect()
}

#[test]
fn sound_files_have_no_findings() {
    let files = files("syntax", "");
    assert!(!files.is_empty());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let found = findings(&path.file_name().unwrap().to_string_lossy(), &text);
        assert!(found.is_empty(), "{found}");
    }
}

/// Every broken file renders as its `.expected` neighbour says. `BLESS=1` writes them anew: read the difference.
#[test]
#[expect(clippy::disallowed_methods, reason = "who changes what is said asks for new expectations")]
fn broken_files_are_answered_as_expected() {
    let files = files("broken", "syntax-");
    assert!(files.len() >= 60);
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = String::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let found = findings(&name, &text);
        assert!(!found.is_empty(), "{name} is not broken");
        let expected = path.with_extension("expected");
        if bless {
            std::fs::write(&expected, &found).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push_str(&format!("--- {name}\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "not as expected (BLESS=1 to accept):\n{wrong}");
}

/// The examples in the pages of the findings: what is called wrong has that very finding, what is called right has none.
#[test]
fn the_pages_of_the_findings_say_what_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors");
    let mut examples = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let code = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !(code.starts_with("E01") || code.starts_with("W01")) {
            continue;
        }
        let page = std::fs::read_to_string(&path).unwrap();
        for (index, example) in page.split("```camp\n").skip(1).enumerate() {
            examples += 1;
            let found = findings("example.camp", example.split("```").next().unwrap());
            if index == 0 {
                assert!(found.contains(&format!("[{code}]")), "{code}: {found}");
                let others: Vec<&str> = found.lines().filter(|line| line.contains("]: ")).collect();
                assert!(others.iter().all(|line| line.contains(&format!("[{code}]"))), "{code}: {found}");
            } else {
                assert_eq!(found, "", "{code}");
            }
        }
    }
    assert!(examples > 50);
}
