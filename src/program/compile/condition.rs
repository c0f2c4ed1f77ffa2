//! Conditions: each becomes a node, and what it asks of the past becomes something that events leave with their user.

use crate::language::ast::{self, Condition, Count, EventName, EventPattern};

use super::Compiler;
use crate::program::condition::{CountRange, Keep};
use crate::program::predicate::{Clocks, Predicate, Slots};
use crate::program::{CounterPlan, Effect, Node, NodeId, ProfileTest, WindowPlan};

impl Compiler<'_> {
    pub(in crate::program) fn condition(&mut self, condition: &Condition) -> NodeId {
        let node = self.lower(condition);
        if let Some(trace) = &mut self.trace {
            trace.insert(condition.span(), node);
        }
        node
    }

    fn lower(&mut self, condition: &Condition) -> NodeId {
        let node = match condition {
            Condition::And(parts, _) => Node::All(parts.iter().map(|part| self.condition(part)).collect()),
            Condition::Or(parts, _) => Node::Any(parts.iter().map(|part| self.condition(part)).collect()),
            Condition::Not(part, _) => Node::Not(self.condition(part)),
            Condition::Did(did) => self.did(did),
            Condition::Profile(filter) => {
                let mut slots = Slots::default();
                let predicate = Predicate::compile(filter, &mut slots);
                Node::Profile(ProfileTest { slots, predicate })
            }
            Condition::Aggregate(aggregate) => self.aggregate(aggregate),
            Condition::Occurred(occurred) => self.occurred(occurred),
            Condition::Had(had) => self.had(had),
            Condition::NoneSince(none) => self.none_since(none),
            Condition::Regularly(regularly) => self.regularly(regularly),
            Condition::Mostly(mostly) => self.mostly(mostly),
            Condition::Share(share) => self.share(share),
            Condition::Sample(sample) => Compiler::sample(sample),
            Condition::Sequence(sequence) => self.sequence(sequence),
            Condition::InSegment(name) => {
                if let Some(known) = self.segments.get(&name.node) {
                    return *known;
                }
                let rulebook = self.rulebook;
                // An unknown segment and a circle of segments were refused by the checker.
                let node = match rulebook.segments().get(&name.node) {
                    Some(segment) => self.condition(&segment.condition),
                    None => self.node(Node::Any(Box::new([]))),
                };
                self.segments.insert(name.node.clone(), node);
                return node;
            }
            Condition::InList(name) => {
                let list = match self.lists.iter().position(|known| *known == name.node) {
                    Some(known) => known,
                    None => {
                        self.lists.push(name.node.clone());
                        self.lists.len() - 1
                    }
                };
                Node::List(u32::try_from(list).unwrap_or(u32::MAX))
            }
        };
        self.node(node)
    }

    fn node(&mut self, node: Node) -> NodeId {
        let nodes = &mut self.nodes;
        *self.node_index.entry(format!("{node:?}")).or_insert_with(|| {
            nodes.push(node);
            u32::try_from(nodes.len() - 1).unwrap_or(u32::MAX)
        })
    }

    fn did(&mut self, did: &ast::Did) -> Node {
        let range = match (&did.count, did.negated) {
            (_, true) => CountRange::NONE,
            (None, false) => CountRange::SOME,
            (Some(count), false) => {
                let Count { comparison, or_never } = count.node;
                CountRange::of(comparison, or_never)
            }
        };
        let window = WindowPlan::of(did.window.as_ref());
        let keep = Keep::count(&window, range.needs(), &self.clocks());
        let counter = self.counter(&did.pattern, keep);
        Node::Count { counter, window, range }
    }

    /// The counter of a pattern: one that keeps the same kind of thing serves all, and keeps as much as the neediest.
    pub(super) fn counter(&mut self, pattern: &EventPattern, keep: Keep) -> u32 {
        let name = format!("{} {}", pattern_name(pattern), keep.name());
        if let Some(known) = self.counter_index.get(&name).copied() {
            if let Some(plan) = self.counters.get_mut(known as usize) {
                plan.keep = plan.keep.or(keep);
            }
            return known;
        }
        let counter = u32::try_from(self.counters.len()).unwrap_or(u32::MAX);
        self.counters.push(CounterPlan { keep });
        self.counter_index.insert(name, counter);
        self.enter(pattern, |_| Effect::Count(counter));
        counter
    }

    /// On whose clocks windows are cut that are the same for all users.
    pub(super) fn clocks(&self) -> Clocks<'_> {
        let settings = self.rulebook.settings();
        Clocks { account: &settings.zone, user: &settings.zone, week_starts: settings.week_starts }
    }
}

/// Equal names mean patterns that the same events match.
pub(super) fn pattern_name(pattern: &EventPattern) -> String {
    let filter = pattern.filter.as_ref().map(|filter| {
        let mut slots = Slots::default();
        (format!("{:?}", Predicate::compile(filter, &mut slots)), format!("{slots:?}"))
    });
    format!("{:?} {filter:?}", pattern.event.node)
}

/// The names of the events that a condition asks for.
pub(super) fn condition_names<'c>(condition: &'c Condition, names: &mut Vec<&'c EventName>) {
    match condition {
        Condition::And(parts, _) | Condition::Or(parts, _) => {
            parts.iter().for_each(|part| condition_names(part, names));
        }
        Condition::Not(part, _) => condition_names(part, names),
        Condition::Did(did) => names.push(&did.pattern.event.node),
        Condition::Aggregate(aggregate) => names.push(&aggregate.pattern.event.node),
        Condition::Occurred(occurred) => names.push(&occurred.pattern.event.node),
        Condition::Had(had) => names.push(&had.pattern.event.node),
        Condition::NoneSince(none) => {
            names.extend([&none.last, &none.none].map(|pattern| &pattern.event.node));
        }
        Condition::Sequence(sequence) => {
            names.push(&sequence.first.event.node);
            let further = sequence.then.iter().chain(&sequence.absent);
            names.extend(further.map(|step| &step.pattern.event.node));
        }
        Condition::Regularly(regularly) => names.push(&regularly.pattern.event.node),
        Condition::Mostly(mostly) => names.push(&mostly.pattern.event.node),
        Condition::Share(share) => names.push(&share.pattern.event.node),
        Condition::Sample(_) | Condition::Profile(_) | Condition::InSegment(_) | Condition::InList(_) => {}
    }
}
