//! Names: which can be declared, in which order they stand, and which are suspiciously alike.

use std::collections::HashMap;

use crate::language::{Severity, Sources, parse};
use crate::model::Text;

/// True when rules can name it: by asking the language's own reader.
pub(super) fn can_be_written(name: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_' | b'-' | b'.')) {
        return true;
    }
    let mut sources = Sources::new();
    let file = sources.add("", format!("profile {{ {}: text }}", quoted(name)));
    let parsed = parse(&sources, file);
    !parsed.diagnostics.iter().any(|finding| finding.severity == Severity::Error)
}

/// The text between the language's quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// By letters, whatever their case; the same letters, by bytes.
pub(super) fn order(name: &str) -> (String, String) {
    (name.to_lowercase(), name.to_owned())
}

/// For each name that differs from a more frequent one in nothing but case, spaces, dashes and underscores: that one.
pub(super) fn alike<'a>(names: impl Iterator<Item = (&'a Text, u64)> + Clone) -> HashMap<Text, Text> {
    let mut foremost: HashMap<String, (&Text, u64)> = HashMap::new();
    for (name, count) in names.clone() {
        let first = foremost.entry(folded(name)).or_insert((name, count));
        if count > first.1 {
            *first = (name, count);
        }
    }
    let mut found = HashMap::new();
    for (name, _) in names {
        if let Some((first, _)) = foremost.get(&folded(name))
            && *first != name
        {
            found.insert(name.clone(), Text::clone(first));
        }
    }
    found
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_rules_can_say() {
        for name in ["Charged", "Added to Cart", "a \"b\" \\ c", "ₓ", "naïve", "#1"] {
            assert!(can_be_written(name), "{name}");
        }
        for name in ["", "two\nlines", "carriage\rreturn"] {
            assert!(!can_be_written(name), "{name}");
        }
    }

    #[test]
    fn names_that_are_alike_point_to_the_most_frequent() {
        let names: Vec<(Text, u64)> =
            vec![("charged".into(), 2), ("Charged".into(), 90), ("Viewed".into(), 5)];
        let found = alike(names.iter().map(|(name, count)| (name, *count)));
        assert_eq!(found.len(), 1);
        assert_eq!(&*found["charged"], "Charged");
    }
}
