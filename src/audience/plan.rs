//! What the segments that are asked for need of each event, at the instants at which they are asked.
//!
//! At a fixed instant a window is a fixed stretch of time, the same for all users. So nothing has to be kept of an event but what
//! it adds to a few words of its user: one more in the count of a stretch, the latest instant, a further step. Here each
//! store of the program becomes such words, each node an answer from them. What hangs on a user's own clock, or ties
//! events together by a property, is left to the machine: it is *apart*.

use std::collections::BTreeSet;

use crate::calendar::bounds;
use crate::columns::Wanted;
use crate::model::{Instant, Text};
use crate::program::{
    AggregateFunction, AggregateTest, Block, Comparison, CountRange, Effect, KeysSource, Node, NodeId,
    Program, Remember, Role, Tables, When, Which, WindowKind, WindowPlan,
};

use super::event::{EventCode, Form};
use super::stores::{Op, Stores, uses};
use super::time::TimePlan;

/// No bucket: the era is of no concern.
pub(super) const NOWHERE: u16 = u16::MAX;

/// Everything that is known before the first event is read; the same for all threads.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) program: Program,
    /// The instants, in order.
    pub(super) ats: Vec<Instant>,
    pub(super) time: TimePlan,
    /// For each era its bucket, or [`NOWHERE`].
    pub(super) maps: Vec<Box<[u16]>>,
    /// By the program's plans of events, that of all other events last.
    pub(super) events: Vec<EventCode>,
    /// How many words a user has.
    pub(super) words: usize,
    /// How many lists of values there are, for what no word can hold.
    pub(super) lists: usize,
    pub(super) sequences: Vec<Steps>,
    pub(super) stores: Stores,
    /// For each instant, the answer of each node that is asked for.
    pub(super) answers: Vec<Vec<Answer>>,
    /// The nodes that the machine answers.
    pub(super) apart: Vec<NodeId>,
}

/// One sequence at one instant.
#[derive(Debug)]
pub(super) struct Steps {
    /// Where its steps begin: one word for each but the last.
    pub(super) word: u32,
    pub(super) steps: u32,
    pub(super) within: Box<[Option<i64>]>,
    pub(super) all_within: Option<i64>,
    /// Where its ends are counted.
    pub(super) ends: (u32, u32),
    pub(super) until: u16,
}

/// How a node is answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// It is not asked for.
    Nothing,
    All(Box<[NodeId]>),
    Any(Box<[NodeId]>),
    Not(NodeId),
    /// So many in these words.
    Count {
        words: (u32, u32),
        range: CountRange,
    },
    /// In at least so many of these words there is something.
    Regularly {
        words: (u32, u32),
        least: u32,
    },
    /// The instant of a word lies here, in milliseconds [from, to).
    Inside {
        word: u32,
        from: i64,
        to: i64,
    },
    /// A bit of a word is set.
    Noted {
        word: u32,
        bit: u64,
    },
    Number {
        word: u32,
        function: AggregateFunction,
        result: AggregateTest,
    },
    Share {
        had: (u32, u32),
        all: (u32, u32),
        comparison: Comparison,
        millionths: u64,
    },
    Distinct {
        words: (u32, u32),
        list: u32,
        eras: (u16, u16),
        result: AggregateTest,
    },
    /// By the machine: the place among those that are apart.
    Apart(usize),
}

/// Counts by stretches of time: the buckets between neighbouring edges.
#[derive(Debug)]
pub(super) struct Buckets {
    pub(super) edges: Vec<i64>,
    pub(super) word: u32,
    pub(super) map: u32,
}

impl Buckets {
    fn between(&self, (from, to): (i64, i64)) -> (u32, u32) {
        let place = |edge: i64| self.edges.partition_point(|known| *known < edge);
        let (from, to) = (place(from), place(to));
        (self.word + from as u32, self.word + to.max(from) as u32)
    }
}

pub(super) struct Planner<'p> {
    pub(super) tables: &'p Tables,
    pub(super) ats: &'p [Instant],
    pub(super) stores: Stores,
    time: TimePlan,
    maps: Vec<Box<[u16]>>,
    pub(super) words: u32,
    pub(super) lists: u32,
    /// Of first events, and of last ones: the word in which there is room for further notes, and where in it.
    pub(super) notes: [Option<(u32, u8)>; 2],
    sequences: Vec<Steps>,
    apart: Vec<NodeId>,
    answers: Vec<Vec<Answer>>,
}

impl Plan {
    /// The plan of some segments of a program, by their places, at some instants in order.
    pub(super) fn new(program: Program, segments: &[NodeId], ats: Vec<Instant>, form: Form) -> Plan {
        let tables = program.tables();
        let mut asked = BTreeSet::new();
        segments.iter().for_each(|node| ask(tables, *node, &mut asked));
        let mut planner = Planner {
            tables,
            ats: &ats,
            stores: Stores::sized(tables),
            time: TimePlan { edges: Vec::new(), tests: Vec::new() },
            maps: Vec::new(),
            words: 0,
            lists: 0,
            notes: [None; 2],
            sequences: Vec::new(),
            apart: Vec::new(),
            answers: Vec::new(),
        };
        planner.set_apart(form);
        planner.find_edges(&asked);
        planner.answer(&asked);
        let Planner { stores, mut time, maps, words, lists, sequences, apart, answers, .. } = planner;
        let plans = tables.plans.iter().zip(&tables.plan_names).map(|(plan, name)| (plan, Some(&**name)));
        let plans = plans.chain([(&tables.other, None)]);
        let events = plans
            .map(|(plan, name)| EventCode::new(plan, name, &stores, &mut time.tests, &program, form))
            .collect();
        Plan {
            ats,
            time,
            maps,
            events,
            words: words as usize,
            lists: lists as usize,
            sequences,
            stores,
            answers,
            apart,
            program,
        }
    }
}

impl Plan {
    /// What must be read of the log.
    pub(super) fn wanted(&self) -> Wanted {
        let tables = self.program.tables();
        let plans = tables.plans.iter().chain([&tables.other]).zip(&self.events);
        let asked = plans.filter(|(_, event)| !event.groups.is_empty() || event.apart);
        let names = asked.flat_map(|(plan, _)| plan.slots.names()).cloned();
        let names: BTreeSet<Text> = names.collect();
        Wanted { properties: Some(names.into_iter().collect()) }
    }
}

/// Collects a node and those that it asks.
fn ask(tables: &Tables, node: NodeId, asked: &mut BTreeSet<NodeId>) {
    if !asked.insert(node) {
        return;
    }
    match tables.nodes.get(node as usize) {
        Some(Node::All(parts) | Node::Any(parts)) => parts.iter().for_each(|part| ask(tables, *part, asked)),
        Some(Node::Not(part)) => ask(tables, *part, asked),
        _ => {}
    }
}

impl<'p> Planner<'p> {
    /// Finds the stores that only the machine can keep.
    fn set_apart(&mut self, form: Form) {
        for used in uses(self.tables) {
            let tied = matches!(
                &used.effect,
                Effect::Remember(Remember::Since { key: Some(_), .. } | Remember::Step { key: Some(_), .. })
            );
            let deferred = matches!(used.when, When::Deferred(_));
            if (tied || deferred || form == Form::Apart)
                && let Some(store) = self.stores.of_mut(&used.effect)
            {
                store.apart = true;
            }
        }
        for (plan, store) in self.tables.keys.iter().zip(&mut self.stores.keys) {
            store.apart |= matches!(plan.source, KeysSource::Clock { .. });
        }
        for (plan, store) in self.tables.sequences.iter().zip(&mut self.stores.sequences) {
            store.apart |= plan.absent.is_some();
        }
    }

    /// A window's stretch of time at an instant; none where it is another one for each zone.
    pub(super) fn stretch(&self, window: &WindowPlan, at: Instant) -> Option<(i64, i64)> {
        let clocks = self.tables.clocks();
        let (from, to) = match window {
            WindowPlan::Ever => (Instant::MIN, at.next()),
            WindowPlan::Last(length) => ((at - *length).next(), at.next()),
            WindowPlan::Calendar { user_time: true, .. } => return None,
            WindowPlan::Calendar { kind, .. } => bounds(kind, at, clocks.account, clocks.week_starts),
        };
        Some((from.millis(), to.millis()))
    }

    /// The stretches of `in at least k of last n T`.
    fn blocks(&self, of: u32, block: Block, user_time: bool, at: Instant) -> Option<Vec<(i64, i64)>> {
        match block {
            Block::Rolling(length) => {
                let length = length.millis().max(1);
                let end = |back: u32| {
                    at.millis().saturating_sub(length.saturating_mul(back.into())).saturating_add(1)
                };
                Some((0..of).map(|back| (end(back + 1), end(back))).collect())
            }
            Block::Calendar(_) if user_time => None,
            Block::Calendar(unit) => (1..=of)
                .map(|back| {
                    let kind = WindowKind::ExactlyAgo(back, unit);
                    self.stretch(&WindowPlan::Calendar { kind, user_time: false }, at)
                })
                .collect(),
        }
    }

    /// The store that a node asks, its window, and whether words can answer it at all.
    fn find_edges(&mut self, asked: &BTreeSet<NodeId>) {
        let mut edges: BTreeSet<i64> = self.ats.iter().map(|at| at.next().millis()).collect();
        for node in asked {
            let Some(node) = self.tables.nodes.get(*node as usize) else { continue };
            for at in self.ats {
                match node {
                    Node::Count { window, .. }
                    | Node::Sequence { window, .. }
                    | Node::Number { window, .. }
                    | Node::Share { window, .. }
                    | Node::Distinct { window, .. } => {
                        edges.extend(self.stretch(window, *at).into_iter().flat_map(|(from, to)| [from, to]));
                    }
                    Node::Regularly { of, block, user_time, .. } => {
                        let blocks = self.blocks(*of, *block, *user_time, *at);
                        edges.extend(blocks.into_iter().flatten().flat_map(|(from, to)| [from, to]));
                    }
                    _ => {}
                }
            }
        }
        self.time.edges = edges.into_iter().collect();
    }

    pub(super) fn take_words(&mut self, count: u32) -> u32 {
        let first = self.words;
        self.words += count;
        first
    }

    /// Buckets between all edges of some stretches.
    pub(super) fn buckets(&mut self, stretches: &[(i64, i64)]) -> Buckets {
        let edges: BTreeSet<i64> = stretches.iter().flat_map(|(from, to)| [*from, *to]).collect();
        let edges: Vec<i64> = edges.into_iter().collect();
        let stretch = |edge: i64| edges.partition_point(|known| *known <= edge).checked_sub(1);
        let last = edges.len().saturating_sub(1);
        let map = self.map(|from| stretch(from).filter(|bucket| *bucket < last));
        let word = self.take_words(last as u32);
        Buckets { edges, word, map }
    }

    /// For each era, by the instant at which it begins, its bucket.
    fn map(&mut self, bucket: impl Fn(i64) -> Option<usize>) -> u32 {
        let begins = std::iter::once(i64::MIN).chain(self.time.edges.iter().copied());
        let map: Box<[u16]> = begins
            .map(|from| bucket(from).and_then(|bucket| u16::try_from(bucket).ok()).unwrap_or(NOWHERE))
            .collect();
        match self.maps.iter().position(|known| *known == map) {
            Some(known) => known as u32,
            None => {
                self.maps.push(map);
                (self.maps.len() - 1) as u32
            }
        }
    }

    fn answer(&mut self, asked: &BTreeSet<NodeId>) {
        let tables = self.tables;
        let empty = || std::iter::repeat_with(|| Answer::Nothing).take(tables.nodes.len()).collect();
        self.answers = self.ats.iter().map(|_| empty()).collect();
        // Counts of one store share their buckets, whatever asks for them.
        for node in asked {
            let answers = self.answers_of(*node, asked);
            for (place, answer) in answers.into_iter().enumerate() {
                if let Some(known) =
                    self.answers.get_mut(place).and_then(|answers| answers.get_mut(*node as usize))
                {
                    *known = answer;
                }
            }
        }
    }

    /// How a node is answered at each instant.
    fn answers_of(&mut self, id: NodeId, asked: &BTreeSet<NodeId>) -> Vec<Answer> {
        let found = self.in_words(id, asked);
        found.unwrap_or_else(|| {
            let place = self.apart.len();
            self.apart.push(id);
            self.keep_apart(id);
            self.ats.iter().map(|_| Answer::Apart(place)).collect()
        })
    }

    /// The machine keeps whatever a node asks for.
    fn keep_apart(&mut self, id: NodeId) {
        let stores = &mut self.stores;
        let store = match self.tables.nodes.get(id as usize) {
            Some(
                Node::Count { counter, .. }
                | Node::Occurred { counter, .. }
                | Node::Regularly { counter, .. },
            ) => stores.counters.get_mut(*counter as usize),
            Some(Node::Noted(note)) => stores.notes.get_mut(*note as usize),
            Some(Node::NoneSince { since, .. }) => stores.sinces.get_mut(*since as usize),
            Some(Node::Sequence { sequence, .. }) => stores.sequences.get_mut(*sequence as usize),
            Some(Node::Number { numbers, .. } | Node::Share { numbers, .. }) => {
                stores.numbers.get_mut(*numbers as usize)
            }
            Some(Node::Distinct { keys, .. } | Node::Mostly { keys, .. }) => {
                stores.keys.get_mut(*keys as usize)
            }
            _ => None,
        };
        if let Some(store) = store {
            store.apart = true;
            store.asked = true;
        }
    }

    /// The same from the words of a user, where that can be.
    fn in_words(&mut self, id: NodeId, asked: &BTreeSet<NodeId>) -> Option<Vec<Answer>> {
        let tables = self.tables;
        let ats = self.ats;
        let each = |answer: &dyn Fn() -> Answer| ats.iter().map(|_| answer()).collect();
        let stretches = |planner: &Self, window: &WindowPlan| -> Option<Vec<(i64, i64)>> {
            ats.iter().map(|at| planner.stretch(window, *at)).collect()
        };
        Some(match tables.nodes.get(id as usize)? {
            Node::All(parts) => each(&|| Answer::All(parts.clone())),
            Node::Any(parts) => each(&|| Answer::Any(parts.clone())),
            Node::Not(part) => each(&|| Answer::Not(*part)),
            Node::Count { counter, window, range } => {
                let mine = stretches(self, window)?;
                let buckets = self.counter(*counter, asked)?;
                let range = *range;
                mine.into_iter()
                    .map(|stretch| Answer::Count { words: buckets.between(stretch), range })
                    .collect()
            }
            Node::Regularly { counter, least, of, block, user_time } => {
                let blocks: Option<Vec<Vec<(i64, i64)>>> =
                    ats.iter().map(|at| self.blocks(*of, *block, *user_time, *at)).collect();
                let blocks = blocks?;
                if self.stores.counters.get(*counter as usize)?.apart {
                    return None;
                }
                let of_each = blocks.into_iter().map(|blocks| {
                    let map = self
                        .map(|from| blocks.iter().position(|(first, end)| (*first..*end).contains(&from)));
                    let word = self.take_words(*of);
                    if let Some(store) = self.stores.counters.get_mut(*counter as usize) {
                        store.ops.push(Op::Count { word, map });
                    }
                    Answer::Regularly { words: (word, word + of), least: *least }
                });
                of_each.collect()
            }
            Node::Occurred { counter, which, window } => {
                let inside = stretches(self, window)?;
                if self.stores.counters.get(*counter as usize)?.apart {
                    return None;
                }
                let of_each = ats.iter().zip(inside).map(|(at, (from, to))| {
                    let until = self.time.era(at.next().millis());
                    let word = self.own(
                        |stores| stores.counters.get_mut(*counter as usize),
                        1,
                        |word| match which {
                            Which::First => Op::First { word, until },
                            Which::Last => Op::Last { word, until },
                        },
                    );
                    Answer::Inside { word, from, to }
                });
                of_each.collect()
            }
            Node::Noted(note) => {
                let first = *tables.notes.get(*note as usize)? == Which::First;
                if self.stores.notes.get(*note as usize)?.apart {
                    return None;
                }
                let of_each = ats.iter().map(|at| {
                    let until = self.time.era(at.next().millis());
                    let (word, shift) = self.take_note(first);
                    if let Some(store) = self.stores.notes.get_mut(*note as usize) {
                        store.ops.push(Op::Note { word, shift, until, first, had: false });
                    }
                    Answer::Noted { word, bit: 0b10 << shift }
                });
                of_each.collect()
            }
            Node::NoneSince { since, window } => {
                let inside = stretches(self, window)?;
                if self.stores.sinces.get(*since as usize)?.apart {
                    return None;
                }
                let of_each = ats.iter().zip(inside).map(|(at, (from, to))| {
                    let until = self.time.era(at.next().millis());
                    let word = self.own(
                        |stores| stores.sinces.get_mut(*since as usize),
                        1,
                        |word| Op::Since { word, until, role: Role::Last },
                    );
                    Answer::Inside { word, from, to }
                });
                of_each.collect()
            }
            Node::Sequence { sequence, window } => self.sequence(*sequence, stretches(self, window)?)?,
            Node::Number { numbers, window, function, result } => {
                let inside = stretches(self, window)?;
                if self.stores.numbers.get(*numbers as usize)?.apart {
                    return None;
                }
                let of_each = inside.into_iter().map(|(from, to)| {
                    let (from, to) = (self.time.era(from), self.time.era(to));
                    let bounds = !matches!(function, AggregateFunction::Sum | AggregateFunction::Average);
                    let word = self.own(
                        |stores| stores.numbers.get_mut(*numbers as usize),
                        if bounds { 4 } else { 2 },
                        |word| Op::Number { word, from, to, bounds, value: 0 },
                    );
                    Answer::Number { word, function: *function, result: *result }
                });
                of_each.collect()
            }
            Node::Share { numbers, window, comparison, share } => {
                let inside = stretches(self, window)?;
                if self.stores.numbers.get(*numbers as usize)?.apart {
                    return None;
                }
                let of_each = inside.into_iter().map(|stretch| {
                    // All of them, then those that had it.
                    let (all, had) = (self.buckets(&[stretch]), self.buckets(&[stretch]));
                    if let Some(store) = self.stores.numbers.get_mut(*numbers as usize) {
                        store.ops.push(Op::Count { word: all.word, map: all.map });
                        store.ops.push(Op::Count { word: had.word, map: had.map });
                    }
                    Answer::Share {
                        had: had.between(stretch),
                        all: all.between(stretch),
                        comparison: *comparison,
                        millionths: share.millionths().into(),
                    }
                });
                of_each.collect()
            }
            Node::Distinct { keys, window, result } => {
                let inside = stretches(self, window)?;
                if self.stores.keys.get(*keys as usize)?.apart {
                    return None;
                }
                let (buckets, list) = self.keys(*keys, asked)?;
                let of_each = inside.into_iter().map(|(from, to)| Answer::Distinct {
                    words: buckets.between((from, to)),
                    list,
                    eras: (self.time.era(from), self.time.era(to)),
                    result: *result,
                });
                of_each.collect()
            }
            Node::Mostly { .. } | Node::Sample { .. } | Node::Profile(_) | Node::List(_) => return None,
        })
    }

    fn sequence(&mut self, sequence: u32, inside: Vec<(i64, i64)>) -> Option<Vec<Answer>> {
        let plan = self.tables.sequences.get(sequence as usize)?;
        if self.stores.sequences.get(sequence as usize)?.apart {
            return None;
        }
        let of_each = self.ats.iter().zip(inside).map(|(at, stretch)| {
            let ends = self.buckets(&[stretch]);
            let steps = Steps {
                word: self.take_words((plan.steps as u32).saturating_sub(1)),
                steps: plan.steps as u32,
                within: plan.within.iter().map(|within| within.map(|length| length.millis())).collect(),
                all_within: plan.all_within.map(|length| length.millis()),
                ends: (ends.word, ends.map),
                until: self.time.era(at.next().millis()),
            };
            let place = self.sequences.len() as u32;
            self.sequences.push(steps);
            if let Some(store) = self.stores.sequences.get_mut(sequence as usize) {
                store.ops.push(Op::Step { sequence: place, steps: 0 });
            }
            Answer::Count { words: ends.between(stretch), range: CountRange::SOME }
        });
        Some(of_each.collect())
    }
}
