//! What follows from a code: found once for each combination of classes, and kept in tables.

use std::collections::HashMap;

use super::classes::Shared;
use super::plan::{Op, Plan};
use super::time::Moment;
use super::words::{Entry, Words};

/// Tables with more places than this are kept as maps.
const DENSE: usize = 1 << 20;
/// Not found yet.
const UNKNOWN: u32 = 0;

/// The tables of one thread.
#[derive(Debug)]
pub(super) struct Finder<'p> {
    plan: &'p Plan,
    shared: &'p Shared,
    /// By event.
    events: Vec<Vec<Table>>,
    /// The first is never asked for; the second is empty.
    lists: Vec<Box<[Op]>>,
}

/// The table of one group: by the classes of its dimensions, side by side, and the clock's above them.
#[derive(Debug)]
struct Table {
    /// For each dimension how far it is moved down, and where its bits then are.
    fields: Vec<(u32, u64, u32)>,
    bits: u32,
    clock: bool,
    dense: Vec<u32>,
    sparse: HashMap<u64, u32>,
}

impl<'p> Finder<'p> {
    pub(super) fn new(plan: &'p Plan, shared: &'p Shared) -> Finder<'p> {
        let events = plan.events.iter().map(|event| {
            let tables = event.groups.iter().map(|group| {
                let mut bits = 0;
                let fields = group.dimensions.iter().filter_map(|place| event.dimensions.get(*place));
                let fields = fields.map(|dimension| {
                    let field = (dimension.shift, (1 << dimension.bits) - 1, bits);
                    bits += dimension.bits;
                    field
                });
                let fields = fields.collect();
                Table { fields, bits, clock: group.clock, dense: Vec::new(), sparse: HashMap::new() }
            });
            tables.collect()
        });
        Finder { plan, shared, events: events.collect(), lists: vec![Box::default(), Box::default()] }
    }

    /// Enters an event into the words of its user.
    #[inline]
    pub(super) fn enter(
        &mut self,
        words: &mut Words,
        event: u16,
        code: u64,
        moment: Moment,
        entry: Entry<'_>,
    ) {
        let groups = self.events.get(usize::from(event)).map_or(0, Vec::len);
        for group in 0..groups {
            let list = match self.known(event, group, code, moment) {
                UNKNOWN => self.find(event, group, code, moment),
                list => list,
            };
            if let Some(ops) = self.lists.get(list as usize) {
                words.enter(ops, self.plan, entry);
            }
        }
    }

    #[inline]
    fn known(&self, event: u16, group: usize, code: u64, moment: Moment) -> u32 {
        let table = self.events.get(usize::from(event)).and_then(|tables| tables.get(group));
        let Some(table) = table else { return UNKNOWN };
        let place = table.place(code, moment);
        match usize::try_from(place).ok().and_then(|place| table.dense.get(place)) {
            Some(list) => *list,
            None => table.sparse.get(&place).copied().unwrap_or(UNKNOWN),
        }
    }

    #[cold]
    fn find(&mut self, event: u16, group: usize, code: u64, moment: Moment) -> u32 {
        let event = usize::from(event);
        let Some(of_event) = self.plan.events.get(event) else { return UNKNOWN };
        let Some(of_group) = of_event.groups.get(group) else { return UNKNOWN };
        let answer = |dimension: usize, test: usize| {
            let class = of_event
                .dimensions
                .get(dimension)
                .map_or(0, |dimension| (code >> dimension.shift & ((1 << dimension.bits) - 1)) as u16);
            self.shared.answer(self.plan, event, dimension, class, test)
        };
        let ops = of_event.ops(of_group, &answer, self.shared.clock.answers(moment.class), &self.plan.stores);
        let list = match self.lists.iter().skip(1).position(|known| *known == ops) {
            Some(known) => known + 1,
            None => {
                self.lists.push(ops);
                self.lists.len() - 1
            }
        };
        let list = u32::try_from(list).unwrap_or(u32::MAX);
        if let Some(table) = self.events.get_mut(event).and_then(|tables| tables.get_mut(group)) {
            let place = table.place(code, moment);
            match usize::try_from(place) {
                Ok(place) if place < DENSE => {
                    if table.dense.len() <= place {
                        table.dense.resize((place + 1).next_power_of_two(), UNKNOWN);
                    }
                    if let Some(known) = table.dense.get_mut(place) {
                        *known = list;
                    }
                }
                _ => {
                    table.sparse.insert(place, list);
                }
            }
        }
        list
    }
}

impl Table {
    #[inline]
    fn place(&self, code: u64, moment: Moment) -> u64 {
        let mut place = 0;
        for (shift, mask, to) in &self.fields {
            place |= (code >> shift & mask) << to;
        }
        if self.clock { place | u64::from(moment.class) << self.bits } else { place }
    }
}
