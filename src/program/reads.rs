//! What a segment reads: the events and the properties of the profile that may change who is in it.

use crate::language::ast::{Condition, EventPattern, Filter};
use crate::model::Text;
use crate::rulebook::Rulebook;

/// What a condition reads, with all the segments that it asks for.
#[derive(Debug, Default)]
pub(super) struct SegmentReads<'r> {
    pub(super) patterns: Vec<&'r EventPattern>,
    /// The profile's properties; none where it may be any.
    pub(super) profile: Option<Vec<Text>>,
}

impl<'r> SegmentReads<'r> {
    pub(super) fn condition(&mut self, condition: &'r Condition, rulebook: &'r Rulebook) {
        match condition {
            Condition::And(parts, _) | Condition::Or(parts, _) => {
                parts.iter().for_each(|part| self.condition(part, rulebook));
            }
            Condition::Not(part, _) => self.condition(part, rulebook),
            Condition::Did(did) => self.patterns.push(&did.pattern),
            Condition::Aggregate(aggregate) => self.patterns.push(&aggregate.pattern),
            Condition::Occurred(occurred) => self.patterns.push(&occurred.pattern),
            Condition::Had(had) => self.patterns.push(&had.pattern),
            Condition::NoneSince(none) => self.patterns.extend([&none.last, &none.none]),
            Condition::Sequence(sequence) => {
                self.patterns.push(&sequence.first);
                let further = sequence.then.iter().chain(&sequence.absent);
                self.patterns.extend(further.map(|step| &step.pattern));
            }
            Condition::Regularly(regularly) => self.patterns.push(&regularly.pattern),
            Condition::Mostly(mostly) => self.patterns.push(&mostly.pattern),
            Condition::Share(share) => self.patterns.push(&share.pattern),
            Condition::Profile(filter) => self.filter(filter),
            Condition::InSegment(name) => {
                if let Some(segment) = rulebook.segments().get(&name.node) {
                    self.condition(&segment.condition, rulebook);
                }
            }
            Condition::Sample(_) | Condition::InList(_) => {}
        }
    }

    fn filter(&mut self, filter: &Filter) {
        let path = match filter {
            Filter::And(parts, _) | Filter::Or(parts, _) => {
                return parts.iter().for_each(|part| self.filter(part));
            }
            Filter::Not(part, _) => return self.filter(part),
            Filter::Test(test) => Some(&test.path),
            Filter::Items(items) => Some(&items.path),
            Filter::Near(near) => near.place.as_ref(),
            Filter::Clock(_) => None,
        };
        match (path.and_then(|path| path.parts.first()), &mut self.profile) {
            (Some(root), Some(known)) => known.push(root.as_str().into()),
            (None, profile) => *profile = None,
            (Some(_), None) => {}
        }
    }
}
