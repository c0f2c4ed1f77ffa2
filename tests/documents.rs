//! The documents beside the code say what the code says: schemas, the pages of the findings, the fields of jobs and outcomes, links.
//!
//! What is made from the code is written anew by `BLESS=1 cargo test --test documents`; read the difference before keeping it.
#![cfg(test)]
#![cfg(feature = "cli")]
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use campanile::Rulebook;
use campanile::command::explain;
use campanile::command::pages::PAGES;
use campanile::command::schema::{self, Document};
use campanile::model::{Outcome, OutcomeKind, SendJob};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Compares a file with what it has to be; `BLESS=1` writes it.
#[expect(clippy::disallowed_methods, reason = "who changes what is said asks for new expectations")]
fn blessed(path: &str, wanted: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::write(root().join(path), wanted).unwrap();
    }
    let found = fs::read_to_string(root().join(path)).unwrap_or_default();
    assert!(found == wanted, "{path} is not what it has to be; BLESS=1 writes it anew");
}

#[test]
fn the_schemas_under_docs_are_those_of_the_types() {
    blessed("docs/job.schema.json", &schema::text(Document::Job).unwrap());
    blessed("docs/plan.schema.json", &schema::text(Document::Plan).unwrap());
    blessed("docs/outcome.schema.json", &schema::text(Document::Outcome).unwrap());
    blessed("docs/diff.schema.json", &schema::text(Document::Diff).unwrap());
}

/// All names that a schema gives: of properties, and of the values of enums.
fn names(schema: &serde_json::Value, into: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(parts) => {
            if let Some(properties) = parts.get("properties").and_then(|properties| properties.as_object()) {
                into.extend(properties.keys().cloned());
            }
            let values = parts.get("enum").and_then(|values| values.as_array()).into_iter().flatten();
            into.extend(
                values.chain(parts.get("const")).filter_map(|value| Some(value.as_str()?.to_owned())),
            );
            parts.values().for_each(|part| names(part, into));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| names(item, into)),
        _ => {}
    }
}

#[test]
fn every_field_and_every_value_of_an_enum_is_described() {
    let page = read("docs/jobs.md");
    for document in [Document::Job, Document::Outcome] {
        let mut all = BTreeSet::new();
        names(&serde_json::to_value(document.schema()).unwrap(), &mut all);
        assert!(all.contains("campaign"), "the schema has lost its fields");
        let missing: Vec<_> = all.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "docs/jobs.md does not describe {missing:?}");
    }
}

/// What a job is, another page says.
#[test]
fn every_field_of_a_comparison_is_described() {
    let page = read("docs/diff.md");
    let [mut all, mut elsewhere] = [BTreeSet::new(), BTreeSet::new()];
    names(&serde_json::to_value(Document::Diff.schema()).unwrap(), &mut all);
    for document in [Document::Job, Document::Outcome] {
        names(&serde_json::to_value(document.schema()).unwrap(), &mut elsewhere);
    }
    let own: Vec<_> = all.difference(&elsewhere).collect();
    assert!(own.len() > 20, "the schema has lost its fields");
    let missing: Vec<_> = own.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/diff.md does not describe {missing:?}");
}

#[test]
fn the_examples_of_jobs_and_outcomes_are_such() {
    let page = read("docs/jobs.md");
    let mut kinds = BTreeSet::new();
    for block in page.split("```json\n").skip(1) {
        let json = block.split("```").next().unwrap();
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        if value.get("outcome").is_some() {
            let outcome: Outcome = serde_json::from_str(json).unwrap();
            assert_eq!(
                serde_json::to_value(outcome).unwrap(),
                value,
                "a field of the example is none of an outcome"
            );
            kinds.insert("outcome");
        } else {
            let job: SendJob = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_value(job).unwrap(), value, "a field of the example is none of a job");
            kinds.insert("job");
        }
    }
    assert_eq!(kinds.len(), 2, "docs/jobs.md has an example of each");
}

#[test]
fn outcomes_are_described_in_the_order_of_decisions() {
    let page = read("docs/jobs.md");
    let rows: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let outcomes: Vec<&str> = rows
        .iter()
        .copied()
        .filter(|name| OutcomeKind::ALL.iter().any(|kind| kind.name() == *name))
        .collect();
    // Sent is the end of the way, and pending the one that never came to it.
    let mut wanted: Vec<&str> = OutcomeKind::ALL.iter().map(|kind| kind.name()).skip(1).collect();
    let pending = wanted.pop().unwrap();
    wanted.extend(["sent", pending]);
    assert_eq!(outcomes, wanted);
}

#[test]
fn the_rules_in_the_readme_are_in_order() {
    let page = read("README.md");
    let blocks: Vec<&str> =
        page.split("```camp\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let rulebook =
            campanile::Rulebook::parse("README.md", block).unwrap_or_else(|error| panic!("{error}"));
        assert!(rulebook.warnings().is_empty(), "{:?}", rulebook.warnings());
    }
}

fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<_> = fs::read_dir(root().join("docs/errors"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

#[test]
fn explain_knows_every_page() {
    let mut table = String::from(
        "//! The pages of `docs/errors/`, one for each code. `BLESS=1 cargo test --test documents` writes this file.\n\n\
         /// Codes with their pages, in order.\n\
         pub const PAGES: &[(&str, &str)] = &[\n",
    );
    for (code, page) in pages() {
        assert!(page.starts_with(&format!("# {code}: ")), "docs/errors/{code}.md begins otherwise");
        table.push_str(&format!("    (\"{code}\", include_str!(\"../../docs/errors/{code}.md\")),\n"));
    }
    table.push_str("];\n");
    blessed("src/command/pages.rs", &table);
}

#[test]
fn the_index_lists_every_page() {
    let mut index = String::from(
        "# Findings\n\n\
         Every finding has a code that stays: it is never reused, and tools may rely on it. `campanile explain CODE` prints its page.\n\
         `E` is an error, with which rules cannot be used; `W` is a warning.\n",
    );
    let hundreds = [
        ("01", "Reading"),
        ("02", "Names, kinds, and what can never happen"),
        ("03", "Messages, templates and providers"),
        ("04", "Files"),
    ];
    let pages = pages();
    let mut listed = 0;
    for (hundred, title) in hundreds {
        index.push_str(&format!("\n## {title}\n\n| code | what |\n|---|---|\n"));
        for (code, page) in pages.iter().filter(|(code, _)| code.get(1..3) == Some(hundred)) {
            index.push_str(&format!("| [{code}](errors/{code}.md) | {} |\n", explain::title(page)));
            listed += 1;
        }
    }
    assert_eq!(listed, pages.len(), "a page is of no known hundred");
    blessed("docs/errors.md", &index);
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// The codes in the sources that findings are made with: a literal in quotes, outside of tests and of this room's own examples.
fn codes_in_use() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let code = regex::Regex::new("\"([EW]0[0-9]{3})\"").unwrap();
    let mut codes = BTreeSet::new();
    for file in files {
        let of_our_own = ["src/command", "src/report"].iter().any(|room| file.starts_with(root().join(room)));
        if of_our_own {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        codes.extend(code.captures_iter(text).map(|found| found[1].to_owned()));
    }
    codes
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let used = codes_in_use();
    assert!(used.len() > 20, "codes are no longer written as they were, and this test sees none");
    let described: BTreeSet<String> = PAGES.iter().map(|(code, _)| (*code).to_owned()).collect();
    let without_page: Vec<_> = used.difference(&described).collect();
    let without_use: Vec<_> = described.difference(&used).collect();
    assert!(without_page.is_empty(), "no page for {without_page:?}");
    assert!(without_use.is_empty(), "no finding has {without_use:?}");
}

/// They stand outside of what is compiled: a change of the language is to find them.
#[test]
fn the_rules_of_the_comparison_with_query_engines_are_sound() {
    for (file, segments) in [("W", 10), ("W100", 100)] {
        let rulebook = Rulebook::load(root().join(format!("bench/compare/{file}.camp"))).unwrap();
        assert_eq!(rulebook.segments().len(), segments, "{file}");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#: ]+)(?:#[^)]*)?\)").unwrap();
    let mut documents = vec![PathBuf::from("README.md"), "ARCHITECTURE.md".into(), "CHANGELOG.md".into()];
    documents.push("examples/cdnow/README.md".into());
    documents.push("bench/compare/README.md".into());
    let in_docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    documents.extend(in_docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    for document in documents {
        let path = root().join(&document);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for found in link.captures_iter(&text) {
            let to = path.parent().unwrap().join(&found[1]);
            assert!(to.exists(), "{} links to {}, which is not there", document.display(), &found[1]);
        }
    }
}
