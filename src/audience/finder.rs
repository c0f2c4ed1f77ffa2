//! What follows from a code: found once for each combination of classes, and kept in tables.

use std::collections::HashMap;

use super::acts::List;
use super::classes::Shared;
use super::event::{EventCode, Group};
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
    /// For the first group of each event, for the second and so on: by event, the last of them for no event at all. Events with fewer groups
    /// have tables in which nothing stands.
    groups: Vec<Vec<Table>>,
    /// The first is never asked for, the second is empty.
    lists: Vec<List>,
    known_lists: HashMap<List, u32>,
    /// Those of the event at hand.
    found: Vec<u32>,
}

/// The list that does nothing.
pub(super) const NOTHING: u32 = 1;

/// The table of one group: by the classes of its dimensions side by side, and the era or the moment above them.
#[derive(Debug)]
struct Table {
    /// The first run of dimensions that are neighbours: how far it is moved down, and its bits then.
    shift: u32,
    mask: u64,
    /// Those of further runs, and where their bits then are.
    further: Vec<(u32, u64, u32)>,
    bits: u32,
    clock: bool,
    dense: Vec<u32>,
    /// By what is above, and by the classes.
    sparse: HashMap<(u32, u64), u32>,
}

impl<'p> Finder<'p> {
    pub(super) fn new(plan: &'p Plan, shared: &'p Shared) -> Finder<'p> {
        let table = |event: &EventCode, group: &Group| {
            let dimensions = group.dimensions.iter().filter_map(|place| event.dimensions.get(*place));
            let dimensions: Vec<_> = dimensions.map(|dimension| (dimension.shift, dimension.bits)).collect();
            Table::new(&dimensions, group.clock)
        };
        let most = plan.events.iter().map(|event| event.groups.len()).max().unwrap_or(0);
        let groups = (0..most).map(|group| {
            let tables = plan.events.iter().map(|event| {
                event.groups.get(group).map_or_else(|| Table::new(&[], false), |group| table(event, group))
            });
            tables.chain([Table::new(&[], false)]).collect()
        });
        Finder {
            plan,
            shared,
            groups: groups.collect(),
            lists: vec![List::default(), List::default()],
            known_lists: HashMap::from([(List::default(), NOTHING)]),
            found: Vec::new(),
        }
    }

    /// Finds what an event does; whether any of it needs values that are taken of the event.
    #[inline]
    pub(super) fn look_up(&mut self, event: u16, code: u64, moment: Moment) -> bool {
        self.found.clear();
        let event = usize::from(event);
        let groups = self.plan.events.get(event).map_or(0, |event| event.groups.len());
        let mut needs_values = false;
        for group in 0..groups {
            let list = self.look_up_one(group, event, code, moment);
            if list != NOTHING {
                needs_values |= self.list(list).is_some_and(|list| list.values != 0);
                self.found.push(list);
            }
        }
        needs_values
    }

    /// The lists of the event that was looked up; none of them is empty.
    pub(super) fn found(&self) -> &[u32] {
        &self.found
    }

    /// How many groups the events have at most.
    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Appends what one of the groups of each of several events does. Events that are none are of one place behind the last.
    pub(super) fn look_up_all(
        &mut self,
        group: usize,
        events: &[u16],
        codes: &[u64],
        moments: &[Moment],
        lists: &mut Vec<u32>,
    ) {
        let begins = lists.len();
        let tables = self.groups.get(group).map(Vec::as_slice).unwrap_or_default();
        let rows = events.iter().zip(codes).zip(moments);
        lists.extend(rows.clone().map(|((event, code), moment)| {
            tables.get(usize::from(*event)).map_or(NOTHING, |table| table.known(*code, *moment))
        }));
        let found = lists.get_mut(begins..).unwrap_or_default();
        if found.contains(&UNKNOWN) {
            for (((event, code), moment), list) in rows.zip(found).filter(|(_, list)| **list == UNKNOWN) {
                *list = self.look_up_one(group, usize::from(*event), *code, *moment);
            }
        }
    }

    /// What one of the groups of an event does.
    fn look_up_one(&mut self, group: usize, event: usize, code: u64, moment: Moment) -> u32 {
        let table = self.groups.get(group).and_then(|tables| tables.get(event));
        match table.map_or(NOTHING, |table| table.known(code, moment)) {
            UNKNOWN => self.find(event, group, code, moment),
            list => list,
        }
    }

    /// What is done, by its number.
    #[inline]
    pub(super) fn list(&self, list: u32) -> Option<&List> {
        self.lists.get(list as usize)
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

    #[cold]
    fn find(&mut self, event: usize, group: usize, code: u64, moment: Moment) -> u32 {
        let of_event = self.plan.events.get(event);
        let of_group = of_event.and_then(|event| Some((event, event.groups.get(group)?)));
        let list = of_group
            .map_or(NOTHING, |(of_event, of_group)| self.new_list(event, of_event, of_group, code, moment));
        if let Some(table) = self.groups.get_mut(group).and_then(|tables| tables.get_mut(event)) {
            table.note(code, moment, list);
        }
        list
    }

    fn new_list(
        &mut self,
        event: usize,
        of_event: &EventCode,
        of_group: &Group,
        code: u64,
        moment: Moment,
    ) -> u32 {
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
        match self.known_lists.get(&new) {
            Some(known) => *known,
            None => {
                let place = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
                self.lists.push(new.clone());
                self.known_lists.insert(new, place);
                place
            }
        }
    }
}

impl Table {
    fn new(dimensions: &[(u32, u32)], clock: bool) -> Table {
        let mut runs: Vec<(u32, u64, u32)> = Vec::new();
        let mut bits = 0;
        let mut end = None;
        for (shift, width) in dimensions {
            let mask = (1_u64 << width) - 1;
            match runs.last_mut().filter(|_| end == Some(*shift)) {
                // Neighbours there are neighbours here.
                Some((_, known, to)) => *known |= mask << (bits - *to),
                None => runs.push((*shift, mask, bits)),
            }
            bits += width;
            end = Some(shift + width);
        }
        let (shift, mask, _) = runs.first().copied().unwrap_or_default();
        let further = runs.into_iter().skip(1).collect();
        let (dense, sparse) = (Vec::new(), HashMap::new());
        Table { shift, mask, further, bits, clock, dense, sparse }
    }

    /// What is above, and the classes side by side.
    #[inline]
    fn place(&self, code: u64, moment: Moment) -> (u32, u64) {
        let above = if self.clock { moment.number } else { u32::from(moment.era) };
        let mut classes = code >> self.shift & self.mask;
        for (shift, mask, to) in &self.further {
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
