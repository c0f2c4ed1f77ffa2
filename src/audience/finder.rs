//! What follows from a code: found once for each combination of classes, and kept in tables.

use std::collections::HashMap;

use super::acts::List;
use super::classes::Shared;
use super::plan::Plan;
use super::time::Moment;
use super::words::{Entry, Words};

/// Tables with more places than this are kept as maps.
const DENSE: usize = 1 << 21;
/// Not found yet.
const UNKNOWN: u32 = 0;

/// The tables of one thread.
#[derive(Debug)]
pub(super) struct Finder<'p> {
    plan: &'p Plan,
    shared: &'p Shared,
    /// By event.
    events: Vec<Vec<Table>>,
    /// The first is never asked for.
    lists: Vec<List>,
    known_lists: HashMap<List, u32>,
    /// Those of the event at hand.
    found: Vec<u32>,
}

/// The table of one group: by era, and by the classes of its dimensions side by side with the clock's above them.
#[derive(Debug)]
struct Table {
    /// For each dimension how far it is moved down, and where its bits then are.
    fields: Vec<(u32, u64, u32)>,
    bits: u32,
    clock: bool,
    eras: u64,
    dense: Vec<u32>,
    sparse: HashMap<u64, u32>,
}

impl<'p> Finder<'p> {
    pub(super) fn new(plan: &'p Plan, shared: &'p Shared) -> Finder<'p> {
        let eras = plan.time.edges.len() as u64 + 1;
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
                let (dense, sparse) = (Vec::new(), HashMap::new());
                Table { fields, bits, clock: group.clock, eras, dense, sparse }
            });
            tables.collect()
        });
        Finder {
            plan,
            shared,
            events: events.collect(),
            lists: vec![List::default()],
            known_lists: HashMap::new(),
            found: Vec::new(),
        }
    }

    /// Finds what an event does; whether any of it needs values that are taken of the event.
    #[inline]
    pub(super) fn look_up(&mut self, event: u16, code: u64, moment: Moment) -> bool {
        self.found.clear();
        let groups = self.events.get(usize::from(event)).map_or(0, Vec::len);
        let mut needs_values = false;
        for group in 0..groups {
            let list = match self.known(event, group, code, moment) {
                UNKNOWN => self.find(event, group, code, moment),
                list => list,
            };
            if let Some(known) = self.lists.get(list as usize)
                && !known.is_empty()
            {
                needs_values |= known.needs_values;
                self.found.push(list);
            }
        }
        needs_values
    }

    /// Enters the event that was looked up into the words of its user.
    #[inline]
    pub(super) fn enter(&self, words: &mut Words, entry: Entry<'_>) {
        for list in &self.found {
            if let Some(list) = self.lists.get(*list as usize) {
                words.enter(list, self.plan, entry);
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
        let clock = self.shared.clock.answers(moment.class);
        let ops = of_event.ops(of_group, &answer, clock, &self.plan.stores);
        let new = List::new(&ops, self.plan, moment.era);
        let list = match self.known_lists.get(&new) {
            Some(known) => *known,
            None => {
                let place = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
                self.lists.push(new.clone());
                self.known_lists.insert(new, place);
                place
            }
        };
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
        if self.clock {
            place |= u64::from(moment.class) << self.bits;
        }
        place * self.eras + u64::from(moment.era)
    }
}
