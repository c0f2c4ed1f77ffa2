use std::collections::BTreeSet;

use super::Checker;
use crate::language::ast::{Condition, Ident, Segment};
use crate::language::{Diagnostic, Severity};
use crate::rulebook::codes;

/// A segment on the way down, and which of the segments that it asks for comes next.
struct Step<'a> {
    segment: &'a Segment,
    asks: Vec<&'a Ident>,
    next: usize,
}

impl<'a> Step<'a> {
    fn of(segment: &'a Segment) -> Step<'a> {
        let mut asks = Vec::new();
        collect(&segment.condition, &mut asks);
        Step { segment, asks, next: 0 }
    }
}

impl<'a> Checker<'a> {
    /// Finds segments that ask for themselves, directly or through others: nobody could say who is in them.
    ///
    /// A walk in depth with a stack of its own, for chains of segments may be longer than the thread's stack is deep.
    pub(super) fn segments_in_themselves(&mut self) {
        let segments = &self.tables.segments;
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for segment in segments.values() {
            if done.contains(segment.name.node.as_str()) {
                continue;
            }
            let mut way = vec![Step::of(segment)];
            let mut on_way: BTreeSet<&str> = BTreeSet::from([segment.name.node.as_str()]);
            while let Some(step) = way.last_mut() {
                let Some(asked) = step.asks.get(step.next).copied() else {
                    on_way.remove(step.segment.name.node.as_str());
                    done.insert(&step.segment.name.node);
                    way.pop();
                    continue;
                };
                step.next += 1;
                let name = asked.node.as_str();
                if on_way.contains(name) {
                    let finding = circle(&way, asked);
                    self.report(finding);
                } else if let Some(next) = segments.get(name).filter(|_| !done.contains(name)) {
                    on_way.insert(name);
                    way.push(Step::of(next));
                }
            }
        }
    }

    /// Warns of segments and lists that nothing asks for. In a rulebook without campaigns that says nothing; in one with
    /// errors it may follow from them.
    pub(super) fn unused(&mut self) {
        let tables = self.tables;
        if tables.campaigns.is_empty()
            || self.findings.iter().any(|finding| finding.severity == Severity::Error)
        {
            return;
        }
        for segment in tables.segments.values() {
            let name = segment.name.node.as_str();
            if !self.used_segments.contains(name) {
                self.report(
                    Diagnostic::warning(
                        codes::UNUSED_SEGMENT,
                        segment.name.span,
                        format!("nothing uses segment `{name}`"),
                    )
                    .with_help(format!("use it in a campaign, `if in segment {name}`, or remove it")),
                );
            }
        }
        for list in tables.lists.values() {
            let name = list.name.node.as_str();
            if !self.used_lists.contains(name) {
                self.report(
                    Diagnostic::warning(
                        codes::UNUSED_LIST,
                        list.name.span,
                        format!("nothing uses list `{name}`"),
                    )
                    .with_help(format!("use it in a campaign, `if in list {name}`, or remove it")),
                );
            }
        }
    }
}

/// The finding of a circle: from where the way first asks for the name, to where it asks again.
fn circle(way: &[Step<'_>], asked: &Ident) -> Diagnostic {
    let start = way.iter().position(|step| step.segment.name.node == asked.node).unwrap_or(0);
    let steps = way.get(start..).unwrap_or_default();
    let mut names: Vec<String> = steps.iter().map(|step| format!("`{}`", step.segment.name.node)).collect();
    names.push(format!("`{}`", asked.node));
    let mut finding = Diagnostic::error(
        codes::SEGMENT_IN_ITSELF,
        asked.span,
        format!("segment `{}` asks for itself: {}", asked.node, names.join(" → ")),
    )
    .with_help(match steps {
        [_] => "say who is in it without asking for it",
        _ => "one of them has to do without the others: write out what they share as a segment of its own",
    });
    for pair in steps.windows(2) {
        let [from, to] = pair else { continue };
        // What `from` asked for last is how the way went on.
        if let Some(ask) = from.next.checked_sub(1).and_then(|last| from.asks.get(last)) {
            let text = format!("`{}` asks for `{}` here", from.segment.name.node, to.segment.name.node);
            finding = finding.with_secondary(ask.span, text);
        }
    }
    finding
}

fn collect<'a>(condition: &'a Condition, asks: &mut Vec<&'a Ident>) {
    match condition {
        Condition::And(conditions, _) | Condition::Or(conditions, _) => {
            for condition in conditions {
                collect(condition, asks);
            }
        }
        Condition::Not(condition, _) => collect(condition, asks),
        Condition::InSegment(name) => asks.push(name),
        Condition::Did(_)
        | Condition::Aggregate(_)
        | Condition::Occurred(_)
        | Condition::Had(_)
        | Condition::NoneSince(_)
        | Condition::Sequence(_)
        | Condition::Regularly(_)
        | Condition::Mostly(_)
        | Condition::Share(_)
        | Condition::Sample(_)
        | Condition::Profile(_)
        | Condition::InList(_) => {}
    }
}
