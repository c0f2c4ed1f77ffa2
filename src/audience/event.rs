//! What is read of the events of one name: classes of property values, and what follows from each combination of them.
//!
//! The filters of all segments are taken apart into tests of one property, or of the clock. All values of a property that no test
//! tells apart are one class, so that the tests of a property are asked once for each different value, and of numbers
//! once for each stretch between two thresholds. The classes of an event's properties are a few bits each. What the event does is
//! found from these bits in tables, which are filled in when a combination is first met.

use crate::model::{Text, Value};
use crate::program::{Atom, ClockTest, Effect, EventPlan, Predicate, Program, Reaction, Remember, Use, When};

use super::stores::{Op, Stores};

/// The most bits that the classes of an event's properties may have together; the bits above say which event it is.
pub(super) const CODE_BITS: u32 = 48;
/// The most tests of the clock that have bits of their own.
const CLOCK_TESTS: usize = 64;

/// What the segments need of the events of one name.
#[derive(Debug)]
pub(super) struct EventCode {
    /// The name; none for all that no rule names.
    pub(super) name: Option<Text>,
    pub(super) dimensions: Vec<Dimension>,
    pub(super) groups: Vec<Group>,
    /// By filter of the program's plan: from what its answer follows.
    filters: Vec<Option<FilterCode>>,
    predicates: Vec<Predicate>,
    /// The program's uses that are of concern.
    uses: Vec<Use>,
    /// Which of the plan's values are taken.
    pub(super) values: Vec<u32>,
    /// The machine needs these events.
    pub(super) apart: bool,
}

/// How filters are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// By classes of the values that they ask for.
    Classes,
    /// Each by itself, for each event: where values have more classes than was foreseen.
    Whole,
    /// By the machine: where there are more filters than a code has bits.
    Apart,
}

/// What of an event has classes.
#[derive(Debug)]
pub(super) struct Dimension {
    pub(super) reads: Reads,
    pub(super) shift: u32,
    pub(super) bits: u32,
}

#[derive(Debug)]
pub(super) enum Reads {
    /// The value in a slot, by the answers of these tests; where numbers have thresholds alone, these in order.
    Slot { slot: usize, tests: Vec<Predicate>, thresholds: Option<Vec<f64>> },
    /// A filter that asks for more than one thing: by its answer.
    Filter(usize),
}

/// Groups are one if their classes have no more bits than this together: their table stays near the processor.
const MERGED_BITS: u32 = 10;
/// The classes of the clock are not known before the log is read; there are seldom more.
const MOST_CLOCK_BITS: u32 = 5;

/// Uses that ask for the same dimensions.
#[derive(Debug)]
pub(super) struct Group {
    /// In order; the clock's class comes above them.
    pub(super) dimensions: Vec<usize>,
    pub(super) clock: bool,
    uses: Vec<usize>,
}

impl Group {
    fn with(&self, other: &Group) -> Group {
        let mut dimensions = [self.dimensions.as_slice(), &other.dimensions].concat();
        dimensions.sort_unstable();
        dimensions.dedup();
        Group {
            dimensions,
            clock: self.clock || other.clock,
            uses: [self.uses.as_slice(), &other.uses].concat(),
        }
    }
}

/// Where the answers of a filter's atoms come from.
#[derive(Debug)]
struct FilterCode {
    /// From left to right.
    atoms: Vec<From>,
    whole: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
enum From {
    /// A dimension, and the place of the test among its.
    Dimension(usize, usize),
    /// A test of the clock.
    Clock(usize),
}

impl EventCode {
    pub(super) fn new(
        plan: &EventPlan,
        name: Option<&str>,
        stores: &Stores,
        clock: &mut Vec<ClockTest>,
        program: &Program,
        form: Form,
    ) -> EventCode {
        let counted = |used: &&Use| stores.of(&used.effect).is_some_and(|store| store.is_counted());
        let uses: Vec<Use> = plan.uses.iter().filter(counted).cloned().collect();
        let apart = plan
            .uses
            .iter()
            .any(|used| stores.of(&used.effect).is_some_and(|store| store.apart && store.asked));
        let mut values: Vec<u32> = uses
            .iter()
            .filter_map(|used| match &used.effect {
                Effect::Remember(remember) => remember.value(),
                _ => None,
            })
            .collect();
        values.sort_unstable();
        values.dedup();
        let mut code = EventCode {
            name: name.map(Text::from),
            dimensions: Vec::new(),
            groups: Vec::new(),
            filters: plan.filters.iter().map(|_| None).collect(),
            predicates: plan.filters.clone(),
            uses,
            values,
            apart,
        };
        let asked: Vec<usize> = code
            .uses
            .iter()
            .filter_map(|used| match used.when {
                When::Filter(filter) => Some(filter),
                _ => None,
            })
            .collect();
        for filter in asked {
            code.take_apart(filter, plan, clock, form);
        }
        code.place_bits(plan, name, program);
        code.group(clock.len());
        code
    }

    fn take_apart(&mut self, filter: usize, plan: &EventPlan, clock: &mut Vec<ClockTest>, form: Form) {
        let Some(predicate) = plan.filters.get(filter) else { return };
        if self.filters.get(filter).is_none_or(Option::is_some) {
            return;
        }
        let mut atoms = Vec::new();
        let mut whole = form != Form::Classes;
        predicate.atoms(&mut |atom| match atom {
            Atom::Whole => whole = true,
            atom => atoms.push(atom),
        });
        let mut places = Vec::new();
        for atom in &atoms {
            if whole {
                break;
            }
            match atom {
                Atom::Clock(test) => {
                    let name = format!("{test:?}");
                    let known = clock.iter().position(|known| format!("{known:?}") == name);
                    match known {
                        Some(known) => places.push(From::Clock(known)),
                        None if clock.len() < CLOCK_TESTS => {
                            clock.push((*test).clone());
                            places.push(From::Clock(clock.len() - 1));
                        }
                        None => whole = true,
                    }
                }
                Atom::Slot(slot, test) => places.push(self.place_of(*slot, test)),
                Atom::Whole => {}
            }
        }
        let code = if whole {
            self.dimensions.push(Dimension { reads: Reads::Filter(filter), shift: 0, bits: 1 });
            FilterCode { atoms: Vec::new(), whole: Some(self.dimensions.len() - 1) }
        } else {
            FilterCode { atoms: places, whole: None }
        };
        if let Some(place) = self.filters.get_mut(filter) {
            *place = Some(code);
        }
    }

    /// Where the test of a slot stands among those of its dimension.
    fn place_of(&mut self, asked: usize, test: &Predicate) -> From {
        let known = self
            .dimensions
            .iter()
            .position(|dimension| matches!(&dimension.reads, Reads::Slot { slot, .. } if *slot == asked));
        let dimension = known.unwrap_or_else(|| {
            let reads = Reads::Slot { slot: asked, tests: Vec::new(), thresholds: None };
            self.dimensions.push(Dimension { reads, shift: 0, bits: 0 });
            self.dimensions.len() - 1
        });
        let place = match self.dimensions.get_mut(dimension).map(|dimension| &mut dimension.reads) {
            Some(Reads::Slot { tests, .. }) => {
                let name = format!("{test:?}");
                tests.iter().position(|known| format!("{known:?}") == name).unwrap_or_else(|| {
                    tests.push(test.clone());
                    tests.len() - 1
                })
            }
            _ => 0,
        };
        From::Dimension(dimension, place)
    }

    /// Gives each dimension as many bits as it can have classes.
    fn place_bits(&mut self, plan: &EventPlan, name: Option<&str>, program: &Program) {
        let mut shift = 0;
        for dimension in &mut self.dimensions {
            if let Reads::Slot { slot, tests, thresholds } = &mut dimension.reads {
                dimension.bits = u32::try_from(tests.len()).unwrap_or(u32::MAX).min(16);
                let all: Option<Vec<Vec<f64>>> = tests.iter().map(Predicate::thresholds).collect();
                let literals: Option<Vec<Vec<&Value>>> = tests.iter().map(Predicate::literals).collect();
                if let Some(literals) = literals {
                    let mut different: Vec<&Value> = Vec::new();
                    for literal in literals.into_iter().flatten() {
                        if !different.contains(&literal) {
                            different.push(literal);
                        }
                    }
                    // Each literal, what lies between two, what is not there, and what is of another kind.
                    let classes = 2 * different.len() + 6;
                    dimension.bits = dimension.bits.min(usize::BITS - classes.leading_zeros());
                }
                let slot = plan.slots.names().get(*slot);
                let numbers_stay = slot
                    .is_some_and(|slot| name.is_none_or(|name| program.rulebook().keeps_numbers(name, slot)));
                if let Some(all) = all.filter(|_| numbers_stay) {
                    let mut numbers: Vec<f64> = all.into_iter().flatten().collect();
                    numbers.sort_by(f64::total_cmp);
                    numbers.dedup();
                    *thresholds = Some(numbers);
                }
            }
            dimension.shift = shift;
            shift += dimension.bits;
        }
    }

    /// How many bits the classes have together.
    pub(super) fn bits(&self) -> u32 {
        self.dimensions.iter().map(|dimension| dimension.bits).sum()
    }

    /// Which dimensions a use asks for, and whether it asks for the clock.
    fn asks(&self, used: &Use) -> (Vec<usize>, bool) {
        let When::Filter(filter) = used.when else { return (Vec::new(), false) };
        let Some(Some(code)) = self.filters.get(filter) else { return (Vec::new(), false) };
        let mut dimensions: Vec<usize> = code.whole.into_iter().collect();
        let mut clock = false;
        for atom in &code.atoms {
            match atom {
                From::Dimension(dimension, _) => dimensions.push(*dimension),
                From::Clock(_) => clock = true,
            }
        }
        dimensions.sort_unstable();
        dimensions.dedup();
        (dimensions, clock)
    }

    /// Puts uses together that ask for the same; and those of one store, whose effects are found together. Groups that have few
    /// combinations of classes together are one, and looked up at one go.
    fn group(&mut self, clock_tests: usize) {
        let mut groups: Vec<Group> = Vec::new();
        let mut by_store: Vec<(String, Vec<usize>, Vec<usize>, bool)> = Vec::new();
        for (place, used) in self.uses.iter().enumerate() {
            let (dimensions, clock) = self.asks(used);
            let store = store_name(&used.effect, place);
            match by_store.iter_mut().find(|(known, ..)| *known == store) {
                Some((_, uses, known, asks_clock)) => {
                    uses.push(place);
                    known.extend(dimensions);
                    known.sort_unstable();
                    known.dedup();
                    *asks_clock |= clock;
                }
                None => by_store.push((store, vec![place], dimensions, clock)),
            }
        }
        for (_, uses, dimensions, clock) in by_store {
            match groups.iter_mut().find(|group| group.dimensions == dimensions && group.clock == clock) {
                Some(group) => group.uses.extend(uses),
                None => groups.push(Group { dimensions, clock, uses }),
            }
        }
        let clock_bits = u32::try_from(clock_tests).unwrap_or(u32::MAX).min(MOST_CLOCK_BITS);
        let bits = |group: &Group| {
            let dimensions = group.dimensions.iter().filter_map(|place| self.dimensions.get(*place));
            dimensions.map(|dimension| dimension.bits).sum::<u32>() + if group.clock { clock_bits } else { 0 }
        };
        groups.sort_by_key(&bits);
        let mut merged: Vec<Group> = Vec::new();
        for group in groups {
            let together = |known: &Group| bits(&known.with(&group));
            let best = merged.iter_mut().min_by_key(|known| together(known));
            match best.filter(|known| together(known) <= MERGED_BITS) {
                Some(known) => *known = known.with(&group),
                None => merged.push(group),
            }
        }
        merged.iter_mut().for_each(|group| group.uses.sort_unstable());
        self.groups = merged;
    }

    /// What the uses of a group do, given the answers of each dimension's tests and of the clock's.
    pub(super) fn ops(
        &self,
        group: &Group,
        answer: &dyn Fn(usize, usize) -> bool,
        clock: u64,
        stores: &Stores,
    ) -> Box<[Op]> {
        let holds = |filter: usize| {
            let Some(Some(code)) = self.filters.get(filter) else { return false };
            if let Some(whole) = code.whole {
                return answer(whole, 0);
            }
            let mut atoms = code.atoms.iter();
            let Some(predicate) = self.predicate(filter) else { return false };
            predicate.given(&mut || match atoms.next() {
                Some(From::Dimension(dimension, test)) => answer(*dimension, *test),
                Some(From::Clock(test)) => clock >> test & 1 == 1,
                None => false,
            })
        };
        let uses = group.uses.iter().filter_map(|place| self.uses.get(*place));
        let effects = uses.filter(|used| match used.when {
            When::Always => true,
            When::Filter(filter) => holds(filter),
            When::Deferred(_) => false,
        });
        let reaction = Reaction::of(effects.map(|used| &used.effect));
        let mut ops = Vec::new();
        for counter in &reaction.counters {
            ops.extend(
                stores.counters.get(*counter as usize).into_iter().flat_map(|store| &store.ops).copied(),
            );
        }
        for remember in &reaction.remembers {
            self.remember(remember, stores, &mut ops);
        }
        ops.into()
    }

    fn predicate(&self, filter: usize) -> Option<&Predicate> {
        self.predicates.get(filter)
    }

    fn remember(&self, remember: &Remember, stores: &Stores, ops: &mut Vec<Op>) {
        let place = |wanted: &u32| {
            let place = self.values.iter().position(|known| known == wanted).unwrap_or(0);
            u16::try_from(place).unwrap_or(u16::MAX)
        };
        match remember {
            Remember::Note { note, had: held } => {
                let store = stores.notes.get(*note as usize);
                ops.extend(store.into_iter().flat_map(|store| &store.ops).map(|op| match *op {
                    Op::Note { word, shift, until, first, .. } => {
                        Op::Note { word, shift, until, first, had: *held }
                    }
                    op => op,
                }));
            }
            Remember::Since { since, role: as_role, .. } => {
                let store = stores.sinces.get(*since as usize);
                ops.extend(store.into_iter().flat_map(|store| &store.ops).map(|op| match *op {
                    Op::Since { word, until, .. } => Op::Since { word, until, role: *as_role },
                    op => op,
                }));
            }
            Remember::Step { sequence, steps: can_be, .. } => {
                let store = stores.sequences.get(*sequence as usize);
                ops.extend(store.into_iter().flat_map(|store| &store.ops).map(|op| match *op {
                    Op::Step { sequence, .. } => Op::Step { sequence, steps: *can_be },
                    op => op,
                }));
            }
            Remember::Tell { numbers, had } => {
                // All, then those that had it; and so on for each who asks.
                let store = stores.numbers.get(*numbers as usize);
                let counts = store.into_iter().flat_map(|store| &store.ops);
                let mut odd = false;
                for op in counts {
                    if !odd || *had {
                        ops.push(*op);
                    }
                    odd = !odd;
                }
            }
            Remember::Numbers { numbers, value: wanted } => {
                let store = stores.numbers.get(*numbers as usize);
                ops.extend(store.into_iter().flat_map(|store| &store.ops).map(|op| match *op {
                    Op::Number { word, from, to, bounds, .. } => {
                        Op::Number { word, from, to, bounds, value: place(wanted) }
                    }
                    op => op,
                }));
            }
            Remember::Keys { keys, value: wanted } => {
                let store = stores.keys.get(*keys as usize);
                ops.extend(store.into_iter().flat_map(|store| &store.ops).map(|op| match *op {
                    Op::Key { word, map, list, .. } => Op::Key { word, map, list, value: place(wanted) },
                    op => op,
                }));
            }
            Remember::Clock { .. } => {}
        }
    }
}

/// Effects of one name are found together; a counter's stand for themselves.
fn store_name(effect: &Effect, place: usize) -> String {
    match effect {
        Effect::Remember(Remember::Note { note, .. }) => format!("note {note}"),
        Effect::Remember(Remember::Since { since, .. }) => format!("since {since}"),
        Effect::Remember(Remember::Step { sequence, .. }) => format!("sequence {sequence}"),
        Effect::Remember(Remember::Tell { numbers, .. }) => format!("tell {numbers}"),
        _ => format!("{place}"),
    }
}
