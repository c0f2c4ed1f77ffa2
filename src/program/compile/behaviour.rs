//! Conditions that look at several events together, and the stores that they read.

use crate::language::ast::{
    Aggregate, AggregateComparison, AggregateFunction, Block, EventPattern, Expression, Filter, Had, Mostly,
    NoneSince, Occurred, Regularly, Sample, Share, Which, WindowKind,
};
use crate::model::Duration;

use super::condition::pattern_name;
use super::{Compiler, PlanBuilder};
use crate::program::condition::{AggregateTest, Keep, NumberTest, reach};
use crate::program::predicate::{ClockTest, Slots};
use crate::program::{
    Effect, KeysPlan, KeysSource, Node, NumbersPlan, Remember, Role, Spread, ValuesPlan, WindowPlan,
};

impl PlanBuilder {
    /// The place of values among the plan's; equal ones are one.
    fn value(&mut self, compile: impl FnOnce(&mut Slots) -> ValuesPlan) -> u32 {
        let plan = compile(&mut self.plan.slots);
        let name = format!("{plan:?}");
        let values = &mut self.plan.values;
        let known = values.iter().position(|known| format!("{known:?}") == name);
        number(known.unwrap_or_else(|| {
            values.push(plan);
            values.len() - 1
        }))
    }
}

impl Compiler<'_> {
    /// A store by what makes two the same; a new one is made, and its events entered, by `make`.
    fn store(&mut self, name: String, make: impl FnOnce(&mut Self) -> u32) -> u32 {
        if let Some(known) = self.memory_index.get(&name) {
            return *known;
        }
        let new = make(self);
        self.memory_index.insert(name, new);
        new
    }

    fn remember(&mut self, pattern: &EventPattern, remember: impl Fn(&mut PlanBuilder) -> Remember) {
        self.enter(pattern, |plan| Effect::Remember(remember(plan)));
    }

    pub(super) fn aggregate(&mut self, aggregate: &Aggregate) -> Node {
        let window = WindowPlan::of(aggregate.window.as_ref());
        let asked = reach(&window, &self.clocks());
        let missing = aggregate.missing.as_ref().map(|missing| missing.node);
        let test = match &aggregate.comparison {
            AggregateComparison::Compare(comparison, number) => NumberTest::Compare(*comparison, number.node),
            AggregateComparison::Between(low, high) => NumberTest::Between(low.node, high.node),
        };
        let result = AggregateTest { test, or_never: aggregate.or_never };
        let pattern = &aggregate.pattern;
        // Slots of their own make the name that of the value alone.
        let named = |plan: ValuesPlan, slots: Slots| format!("{} {plan:?} {slots:?}", pattern_name(pattern));
        let mut slots = Slots::default();
        if let (AggregateFunction::Distinct, Expression::Property(path)) =
            (aggregate.function, &aggregate.value)
        {
            let name = named(ValuesPlan::keys(path, missing, &mut slots), slots);
            let keys = self.keys(name, KeysPlan::distinct(asked), pattern, |plan| {
                plan.value(|slots| ValuesPlan::keys(path, missing, slots))
            });
            return Node::Distinct { keys, window, result };
        }
        let value = &aggregate.value;
        let name = named(ValuesPlan::numbers(value, missing, &mut slots), slots);
        let numbers = self.numbers(name, Spread::of(asked), |compiler, numbers| {
            compiler.remember(pattern, |plan| {
                let value = plan.value(|slots| ValuesPlan::numbers(value, missing, slots));
                Remember::Numbers { numbers, value }
            });
        });
        Node::Number { numbers, window, function: aggregate.function, result }
    }

    /// A store of numbers; one that is there already keeps as much as both need.
    fn numbers(&mut self, name: String, spread: Spread, enter: impl FnOnce(&mut Self, u32)) -> u32 {
        let numbers = self.store(format!("numbers {name} {}", spread.name()), |compiler| {
            let numbers = number(compiler.numbers.len());
            compiler.numbers.push(NumbersPlan { spread });
            enter(compiler, numbers);
            numbers
        });
        if let Some(plan) = self.numbers.get_mut(numbers as usize) {
            plan.spread = plan.spread.or(spread);
        }
        numbers
    }

    /// The same of the keys of values.
    fn keys(
        &mut self,
        name: String,
        plan: KeysPlan,
        pattern: &EventPattern,
        value: impl Fn(&mut PlanBuilder) -> u32,
    ) -> u32 {
        let horizon = plan.horizon;
        let keys = self.store(format!("keys {name} {}", plan.name()), |compiler| {
            let keys = number(compiler.keys.len());
            let of_clock = matches!(plan.source, KeysSource::Clock { .. });
            compiler.keys.push(plan);
            compiler.remember(pattern, |plan| {
                if of_clock { Remember::Clock { keys } } else { Remember::Keys { keys, value: value(plan) } }
            });
            keys
        });
        if let Some(plan) = self.keys.get_mut(keys as usize) {
            plan.horizon = plan.horizon.max(horizon);
        }
        keys
    }

    pub(super) fn occurred(&mut self, occurred: &Occurred) -> Node {
        let keep = match occurred.which {
            Which::First => Keep::Earliest(1),
            Which::Last => Keep::Latest(1),
        };
        let counter = self.counter(&occurred.pattern, keep);
        Node::Occurred { counter, which: occurred.which, window: WindowPlan::of(Some(&occurred.window)) }
    }

    /// Each event is noted as one that had it not, and where the test holds too, as one that had it.
    pub(super) fn had(&mut self, had: &Had) -> Node {
        let both = with_test(&had.pattern, &had.filter);
        let name = format!("note {:?} {} {}", had.which, pattern_name(&had.pattern), pattern_name(&both));
        let note = self.store(name, |compiler| {
            let note = number(compiler.notes.len());
            compiler.notes.push(had.which);
            compiler.remember(&had.pattern, |_| Remember::Note { note, had: false });
            compiler.remember(&both, |_| Remember::Note { note, had: true });
            note
        });
        Node::Noted(note)
    }

    pub(super) fn none_since(&mut self, none: &NoneSince) -> Node {
        let matching = none.matching.as_ref();
        let parts = matching.map(|path| &path.parts);
        let name = format!("since {} {} {parts:?}", pattern_name(&none.last), pattern_name(&none.none));
        let since = self.store(name, |compiler| {
            let since = number(compiler.sinces);
            compiler.sinces += 1;
            // An event that is both is B first: no B comes after itself.
            for (pattern, role) in [(&none.none, Role::None), (&none.last, Role::Last)] {
                compiler.remember(pattern, |plan| Remember::Since {
                    since,
                    role,
                    key: matching.map(|path| plan.key(path)),
                });
            }
            since
        });
        Node::NoneSince { since, window: WindowPlan::of(none.window.as_ref()) }
    }

    pub(super) fn regularly(&mut self, regularly: &Regularly) -> Node {
        let of = regularly.of.node;
        let window = match regularly.block {
            Block::Rolling(length) => {
                let whole = Duration::from_millis(length.millis().saturating_mul(of.into()));
                WindowPlan::Calendar { kind: WindowKind::BetweenAgo(length, whole), user_time: false }
            }
            Block::Calendar(unit) => {
                let kind = WindowKind::BetweenAgoCalendar(1, of, unit);
                WindowPlan::Calendar { kind, user_time: regularly.user_time }
            }
        };
        let keep = Keep::count(&window, 1, &self.clocks());
        let counter = self.counter(&regularly.pattern, keep);
        let (least, block, user_time) = (regularly.least.node, regularly.block, regularly.user_time);
        Node::Regularly { counter, least, of, block, user_time }
    }

    pub(super) fn mostly(&mut self, mostly: &Mostly) -> Node {
        let window = WindowPlan::of(mostly.window.as_ref());
        let asked = reach(&window, &self.clocks());
        let pattern = &mostly.pattern;
        let keys = match &mostly.test {
            Filter::Clock(test) => {
                let compiled = ClockTest::compile(test);
                let source = KeysSource::Clock { part: test.part, test: compiled, user_time: test.user_time };
                self.keys(pattern_name(pattern), KeysPlan::frequent(asked, source), pattern, |_| 0)
            }
            Filter::Test(test) => {
                let mut slots = Slots::default();
                let named = ValuesPlan::tested(test, &mut slots);
                let name = format!("{} {named:?} {slots:?}", pattern_name(pattern));
                self.keys(name, KeysPlan::frequent(asked, KeysSource::Values), pattern, |plan| {
                    plan.value(|slots| ValuesPlan::tested(test, slots))
                })
            }
            // Refused by the reader.
            _ => return Node::Any(Box::new([])),
        };
        Node::Mostly { keys, window }
    }

    /// Each event counts as nothing, and where the test holds too, as one.
    pub(super) fn share(&mut self, share: &Share) -> Node {
        let window = WindowPlan::of(share.window.as_ref());
        let spread = Spread::of(reach(&window, &self.clocks()));
        let both = with_test(&share.pattern, &share.filter);
        let name = format!("share {} {}", pattern_name(&share.pattern), pattern_name(&both));
        let numbers = self.numbers(name, spread, |compiler, numbers| {
            compiler.remember(&share.pattern, |_| Remember::Tell { numbers, had: false });
            compiler.remember(&both, |_| Remember::Tell { numbers, had: true });
        });
        Node::Share { numbers, window, comparison: share.comparison, share: share.share.node }
    }

    pub(super) fn sample(sample: &Sample) -> Node {
        let purpose = match &sample.name {
            None => "sample".to_owned(),
            Some(name) => format!("sample/{}", name.node),
        };
        Node::Sample { purpose, share: sample.share.node }
    }
}

/// A pattern with a test more.
fn with_test(pattern: &EventPattern, test: &Filter) -> EventPattern {
    let filter = match &pattern.filter {
        None => test.clone(),
        Some(filter) => Filter::And(vec![filter.clone(), test.clone()], pattern.span),
    };
    EventPattern { filter: Some(filter), ..pattern.clone() }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
