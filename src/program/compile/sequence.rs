//! Sequences of events: each step marks its events, and what they come to is followed in the machine.

use crate::language::ast::{EventPattern, Sequence};
use crate::program::condition::{ABSENT, Keep, SequencePlan};
use crate::program::{Effect, Node, Remember, WindowPlan};

use super::Compiler;
use super::condition::pattern_name;

impl Compiler<'_> {
    pub(super) fn sequence(&mut self, sequence: &Sequence) -> Node {
        let window = WindowPlan::of(sequence.window.as_ref());
        let keep = Keep::count(&window, 1, &self.clocks());
        let steps: Vec<&EventPattern> =
            std::iter::once(&sequence.first).chain(sequence.then.iter().map(|step| &step.pattern)).collect();
        let absent = sequence.absent.as_ref();
        let plan = SequencePlan {
            steps: steps.len(),
            within: sequence.then.iter().map(|step| step.within.as_ref().map(|length| length.node)).collect(),
            all_within: sequence.all_within.as_ref().map(|length| length.node),
            absent: absent.and_then(|step| step.within.as_ref()).map(|length| length.node),
            keep,
        };
        let patterns = steps.iter().copied().chain(absent.map(|step| &step.pattern));
        let matching = sequence.matching.as_ref().map(|path| &path.parts);
        let name = format!("{plan:?} {:?} {matching:?}", patterns.map(pattern_name).collect::<Vec<_>>());
        let number = match self.sequence_index.get(&name) {
            Some(known) => *known,
            None => {
                let number = u32::try_from(self.sequences.len()).unwrap_or(u32::MAX);
                self.sequences.push(plan);
                self.sequence_index.insert(name, number);
                let places = (0..ABSENT).zip(&steps).map(|(place, pattern)| (place, *pattern));
                for (place, pattern) in places.chain(absent.map(|step| (ABSENT, &step.pattern))) {
                    self.enter(pattern, |plan| {
                        let key = sequence.matching.as_ref().map(|path| plan.key(path));
                        Effect::Remember(Remember::Step { sequence: number, steps: 1 << place, key })
                    });
                }
                number
            }
        };
        Node::Sequence { sequence: number, window }
    }
}
