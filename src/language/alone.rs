//! Pieces of the language that stand in texts of other files, such as `campanile.toml`: lengths of time and rates.

use super::blocks::Tokens;
use super::grammar::{Node, Rule};
use super::parse::Run;
use super::read::Reader;
use super::scan::scan;
use super::{Diagnostic, Label, Sources, Span};
use crate::model::Duration;

/// `10 minutes`: an exact length of time, longer than nothing. What is wrong with it is found at its place in the file.
pub(crate) fn read_length(sources: &Sources, span: Span, findings: &mut Vec<Diagnostic>) -> Option<Duration> {
    alone(sources, span, findings, Rule::length_piece, |reader, node| {
        reader.duration(node).map(|length| length.node)
    })
}

/// `500 per 5 minutes`, `20 per second`: so many, at least one, in any stretch so long.
pub(crate) fn read_rate(
    sources: &Sources,
    span: Span,
    findings: &mut Vec<Diagnostic>,
) -> Option<(u32, Duration)> {
    alone(sources, span, findings, Rule::rate_piece, |reader, node| {
        reader.rate(node).map(|(count, per)| (count.node, per.node))
    })
}

fn alone<T>(
    sources: &Sources,
    span: Span,
    findings: &mut Vec<Diagnostic>,
    rule: Rule,
    how: impl Fn(&mut Reader<'_, '_>, &Node<'_>) -> Option<T>,
) -> Option<T> {
    // Scanned by itself: what stands around it follows other rules.
    let text = sources.slice(span);
    let tokens = Tokens::new(span.file, text, scan(text));
    let (read, found) = Run::alone(&tokens, rule, how);
    let sound = found.is_empty();
    let moved = |label: Label| Label {
        span: Span::new(
            span.file,
            span.start.saturating_add(label.span.start),
            span.start.saturating_add(label.span.end),
        ),
        ..label
    };
    findings.extend(found.into_iter().map(|finding| Diagnostic {
        primary: moved(finding.primary),
        secondary: finding.secondary.into_iter().map(moved).collect(),
        ..finding
    }));
    read.filter(|_| sound)
}
