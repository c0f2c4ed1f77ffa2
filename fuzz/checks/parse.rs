//! Any text is read as rules, and every finding has its place in it.

use campanile::language::{FileId, Sources, Span, comments, parse};

/// Panics where the target is not met.
pub fn check(text: &str) {
    let mut sources = Sources::new();
    let file = sources.add("fuzz.camp", text);
    let parsed = parse(&sources, file);
    let within = |span: Span| {
        let range = span.range();
        span.file == FileId(0) && range.start <= range.end && text.get(range).is_some()
    };
    for finding in &parsed.diagnostics {
        assert!(within(finding.primary.span), "{finding:?}");
        assert!(finding.secondary.iter().all(|label| within(label.span)), "{finding:?}");
        assert_ne!(finding.code.0, "E0199", "{finding:?}");
        assert!(!finding.message.is_empty() && !finding.render(&sources).is_empty());
    }
    assert!(parsed.unread.iter().all(|unread| within(unread.span)));
    assert!(parsed.comments.iter().all(|comment| text[comment.range()].starts_with('#')));
    assert_eq!(parsed.comments, comments(text, file));
}
