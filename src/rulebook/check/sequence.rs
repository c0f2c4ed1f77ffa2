use super::Checker;
use crate::language::ast::Sequence;

impl<'a> Checker<'a> {
    /// Checks each step, and that all have the property that ties them together, of one kind.
    pub(super) fn sequence(&mut self, sequence: &'a Sequence) {
        let first = self.event_pattern(&sequence.first);
        for step in sequence.then.iter().chain(&sequence.absent) {
            let scope = self.event_pattern(&step.pattern);
            if let Some(path) = &sequence.matching {
                self.matching(path, first, scope);
            }
        }
    }
}
