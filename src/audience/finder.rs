//! What follows from a code: found once for each combination of classes, and kept in tables.

use std::collections::HashMap;

use super::acts::List;
use super::classes::Shared;
use super::event::Group;
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
    /// By event, one for each of its groups.
    events: Vec<Vec<Table>>,
    /// The first is never asked for, the second is empty.
    lists: Vec<List>,
    known_lists: HashMap<List, u32>,
    /// Those of the event at hand.
    found: Vec<u32>,
}

/// The list that does nothing.
const NOTHING: u32 = 1;

/// The table of one group: by the classes of its dimensions side by side, and the era or the moment above them.
#[derive(Debug)]
struct Table {
    /// For each run of dimensions that are neighbours how far it is moved down, and where its bits then are.
    fields: Vec<(u32, u64, u32)>,
    bits: u32,
    clock: bool,
    dense: Vec<u32>,
    /// By what is above, and by the classes.
    sparse: HashMap<(u32, u64), u32>,
}

impl<'p> Finder<'p> {
    pub(super) fn new(plan: &'p Plan, shared: &'p Shared) -> Finder<'p> {
        let events = plan.events.iter().map(|event| {
            let dimensions = |group: &Group| {
                let dimensions = group.dimensions.iter().filter_map(|place| event.dimensions.get(*place));
                dimensions.map(|dimension| (dimension.shift, dimension.bits)).collect::<Vec<_>>()
            };
            event.groups.iter().map(|group| Table::new(&dimensions(group), group.clock)).collect()
        });
        Finder {
            plan,
            shared,
            events: events.collect(),
            lists: vec![List::default(), List::default()],
            known_lists: HashMap::from([(List::default(), NOTHING)]),
            found: Vec::new(),
        }
    }

    /// Finds what an event does; whether any of it needs values that are taken of the event.
    #[inline]
    pub(super) fn look_up(&mut self, event: u16, code: u64, moment: Moment) -> bool {
        self.found.clear();
        let mut needs_values = false;
        let Some(tables) = self.events.get(usize::from(event)) else { return false };
        for (group, table) in tables.iter().enumerate() {
            match table.known(code, moment) {
                NOTHING => {}
                UNKNOWN => return self.find_all(event, group, needs_values, code, moment),
                list => {
                    needs_values |= self.lists.get(list as usize).is_some_and(|list| list.needs_values);
                    self.found.push(list);
                }
            }
        }
        needs_values
    }

    /// The lists of the event that was looked up; none of them is empty.
    pub(super) fn found(&self) -> &[u32] {
        &self.found
    }

    /// Enters the event that was looked up into the words of its user.
    #[inline]
    pub(super) fn enter(&self, words: &mut Words, entry: Entry<'_>) {
        self.enter_lists(&self.found, words, entry);
    }

    /// Enters an event by its lists.
    #[inline]
    pub(super) fn enter_lists(&self, lists: &[u32], words: &mut Words, entry: Entry<'_>) {
        for list in lists {
            if let Some(list) = self.lists.get(*list as usize) {
                words.enter(list, entry);
            }
        }
    }

    /// The lists of an event from a group on.
    #[cold]
    fn find_all(
        &mut self,
        event: u16,
        from: usize,
        mut needs_values: bool,
        code: u64,
        moment: Moment,
    ) -> bool {
        let groups = self.events.get(usize::from(event)).map_or(0, Vec::len);
        for group in from..groups {
            let list = self.find(usize::from(event), group, code, moment);
            if list != NOTHING {
                needs_values |= self.lists.get(list as usize).is_some_and(|list| list.needs_values);
                self.found.push(list);
            }
        }
        needs_values
    }

    fn find(&mut self, event: usize, group: usize, code: u64, moment: Moment) -> u32 {
        let Some(of_event) = self.plan.events.get(event) else { return NOTHING };
        let Some(of_group) = of_event.groups.get(group) else { return NOTHING };
        let table = self.events.get(event).and_then(|tables| tables.get(group));
        match table.map(|table| table.known(code, moment)) {
            Some(UNKNOWN) | None => {}
            Some(list) => return list,
        }
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
            table.note(code, moment, list);
        }
        list
    }
}

impl Table {
    fn new(dimensions: &[(u32, u32)], clock: bool) -> Table {
        let mut fields: Vec<(u32, u64, u32)> = Vec::new();
        let mut bits = 0;
        let mut end = None;
        for (shift, width) in dimensions {
            let mask = (1_u64 << width) - 1;
            match fields.last_mut().filter(|_| end == Some(*shift)) {
                // Neighbours there are neighbours here.
                Some((_, known, to)) => *known |= mask << (bits - *to),
                None => fields.push((*shift, mask, bits)),
            }
            bits += width;
            end = Some(shift + width);
        }
        Table { fields, bits, clock, dense: Vec::new(), sparse: HashMap::new() }
    }

    /// What is above, and the classes side by side.
    #[inline]
    fn place(&self, code: u64, moment: Moment) -> (u32, u64) {
        let above = if self.clock { moment.number } else { u32::from(moment.era) };
        let mut classes = 0;
        for (shift, mask, to) in &self.fields {
            classes |= (code >> shift & mask) << to;
        }
        (above, classes)
    }

    /// The place among those that are not in the map.
    #[inline]
    fn dense(&self, (above, classes): (u32, u64)) -> usize {
        let place = if self.bits < 32 { u64::from(above) << self.bits | classes } else { u64::MAX };
        usize::try_from(place).unwrap_or(usize::MAX)
    }

    #[inline]
    fn known(&self, code: u64, moment: Moment) -> u32 {
        let place = self.place(code, moment);
        match self.dense.get(self.dense(place)) {
            Some(list) => *list,
            None if self.sparse.is_empty() => UNKNOWN,
            None => self.sparse.get(&place).copied().unwrap_or(UNKNOWN),
        }
    }

    fn note(&mut self, code: u64, moment: Moment, list: u32) {
        let place = self.place(code, moment);
        let dense = self.dense(place);
        if dense >= DENSE {
            self.sparse.insert(place, list);
            return;
        }
        if self.dense.len() <= dense {
            self.dense.resize((dense + 1).next_power_of_two(), UNKNOWN);
        }
        if let Some(known) = self.dense.get_mut(dense) {
            *known = list;
        }
    }
}
