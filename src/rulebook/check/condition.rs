use super::property::Scope;
use super::{Checker, unknown};
use crate::language::ast::{Condition, Count, CountComparison, Did, EventPattern, Ident};
use crate::language::{Diagnostic, Spanned};
use crate::rulebook::codes;

impl<'a> Checker<'a> {
    /// Checks a condition with all that it asks for, and notes the segments and lists that it uses.
    pub(super) fn condition(&mut self, condition: &'a Condition) {
        match condition {
            Condition::And(conditions, _) | Condition::Or(conditions, _) => {
                for condition in conditions {
                    self.condition(condition);
                }
            }
            Condition::Not(condition, _) => self.condition(condition),
            Condition::Did(did) => self.did(did),
            Condition::Profile(filter) => self.filter(self.profile(), filter),
            Condition::Aggregate(aggregate) => self.aggregate(aggregate),
            Condition::Occurred(occurred) => {
                self.event_pattern(&occurred.pattern);
            }
            Condition::Had(had) => self.had(had),
            Condition::NoneSince(none) => self.none_since(none),
            Condition::Regularly(regularly) => {
                self.event_pattern(&regularly.pattern);
            }
            Condition::Mostly(mostly) => self.mostly(mostly),
            Condition::Share(share) => self.share_of_events(share),
            Condition::Sample(_) => {}
            Condition::Sequence(sequence) => self.sequence(sequence),
            Condition::InSegment(name) => self.segment(name),
            Condition::InList(name) => {
                let (tables, lists) = (self.tables, self.lists);
                self.used_lists.insert(&name.node);
                let declared = tables.lists.contains_key(&name.node) || lists.contains_key(&name.node);
                if !declared && !tables.broken.lists.contains(&name.node) {
                    // A host may give a list that the rules declare: each name once.
                    let given = lists.keys().filter(|name| !tables.lists.contains_key(*name));
                    let known =
                        tables.lists.keys().chain(given).chain(&tables.broken.lists).map(String::as_str);
                    self.used_segments.insert(&name.node);
                    let message = format!("there is no list `{}`", name.node);
                    self.report(if tables.segments.contains_key(&name.node) {
                        Diagnostic::error(codes::UNKNOWN_LIST, name.span, message)
                            .with_help(format!("it is a segment: write `in segment {}`", name.node))
                    } else {
                        let declare = format!("declare it: `list {0} from \"{0}.csv\"`", name.node);
                        unknown(codes::UNKNOWN_LIST, name, message, "lists", known, &declare)
                    });
                }
            }
        }
    }

    /// A segment that is asked for: it is known, and used.
    pub(super) fn segment(&mut self, name: &'a Ident) {
        self.used_segments.insert(&name.node);
        self.known_segment(name);
    }

    /// A finding when there is no such segment.
    pub(super) fn known_segment(&mut self, name: &'a Ident) {
        let tables = self.tables;
        if !tables.segments.contains_key(&name.node) && !tables.broken.segments.contains(&name.node) {
            let known = tables.segments.keys().chain(&tables.broken.segments).map(String::as_str);
            // A list that was taken for a segment is used.
            self.used_lists.insert(&name.node);
            let message = format!("there is no segment `{}`", name.node);
            self.report(if tables.lists.contains_key(&name.node) {
                Diagnostic::error(codes::UNKNOWN_SEGMENT, name.span, message)
                    .with_help(format!("it is a list: write `in list {}`", name.node))
            } else {
                let declare = format!("declare it: `segment {} = …`", name.node);
                unknown(codes::UNKNOWN_SEGMENT, name, message, "segments", known, &declare)
            });
        }
    }

    fn did(&mut self, did: &'a Did) {
        self.event_pattern(&did.pattern);
        if let Some(count) = &did.count {
            self.count(count);
        }
    }

    /// A count speaks of those who did it at all: a range from 0 may be meant otherwise.
    fn count(&mut self, count: &Spanned<Count>) {
        if let Count { comparison: CountComparison::Between(0, high), or_never: false } = count.node {
            self.report(
                Diagnostic::warning(
                    codes::ZERO_WITHOUT_NEVER,
                    count.span,
                    "users who never did it are not counted here, although 0 is in the range",
                )
                .with_help(format!(
                    "write `between 0 and {high} times or never` to count them, else `between 1 and {high} times`"
                )),
            );
        }
    }

    /// Checks an event's name and the test on it; gives the scope of its properties.
    pub(super) fn event_pattern(&mut self, pattern: &'a EventPattern) -> Scope<'a> {
        let scope = self.event(&pattern.event);
        if let Some(filter) = &pattern.filter {
            self.filter(scope, filter);
        }
        scope
    }
}
