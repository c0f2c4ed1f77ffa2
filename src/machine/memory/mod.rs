//! What is remembered of a user's events: instants, and of values no more than a rule can still ask for.
//!
//! Every store takes events in whatever order they come: a late one lands in its place. What no window can reach any more is
//! dropped, half of it at a time, so that what stays is not moved for each event.

mod instants;
mod keys;
mod numbers;
mod sequence;
mod since;

use crate::calendar::Zone;
use crate::program::{EventExtra, Fact, Remember, Tables, Values, Which};
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

pub(super) use keys::{Kept, Keys};
pub(super) use numbers::{Numbers, Total};
pub(super) use sequence::Sequences;
pub(super) use since::Since;

/// All that is remembered of one user. Of whom no rule asks, it is as good as nothing.
#[derive(Debug, Default)]
pub(super) struct Memory {
    counters: Vec<Vec<i64>>,
    /// Hardly any user has these where rules only count.
    further: Option<Box<Further>>,
}

impl Saved for Memory {
    fn save(&self, to: &mut Saver<'_>) {
        let Memory { counters, further } = self;
        to.length(counters.len());
        counters.iter().for_each(|kept| to.rising(kept));
        further.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Memory, Damage> {
        let mut counters = Vec::new();
        for _ in 0..from.length()? {
            counters.push(from.rising()?);
        }
        Ok(Memory { counters, further: Saved::restore(from)? })
    }
}

#[derive(Debug, Default)]
struct Further {
    notes: Vec<Option<Note>>,
    sinces: Vec<Since>,
    sequences: Vec<Sequences>,
    numbers: Vec<Numbers>,
    keys: Vec<Keys>,
}

saved!(struct Further { notes, sinces, sequences, numbers, keys });

/// The first or the last event of a kind.
#[derive(Debug, Clone, Copy)]
struct Note {
    at: i64,
    /// It had what is asked of it.
    had: bool,
}

saved!(struct Note { at, had });

impl Memory {
    pub(super) fn is_empty(&self) -> bool {
        self.counters.is_empty() && self.further.is_none()
    }

    /// Forgets everything, and keeps the space.
    pub(super) fn clear(&mut self) {
        self.counters.iter_mut().for_each(Vec::clear);
        if let Some(further) = &mut self.further {
            further.notes.clear();
            further.sinces.iter_mut().for_each(Since::clear);
            further.sequences.iter_mut().for_each(Sequences::clear);
            further.numbers.iter_mut().for_each(Numbers::clear);
            further.keys.iter_mut().for_each(Keys::clear);
        }
    }

    /// Enters an event of a user who is in a zone by then.
    pub(super) fn enter(&mut self, fact: &Fact<'_>, tables: &Tables, zone: &Zone) {
        let at = fact.at.millis();
        for counter in &fact.reaction.counters {
            let Some(plan) = tables.counters.get(*counter as usize) else { continue };
            instants::keep(slot(&mut self.counters, *counter), at, plan.keep);
        }
        if !fact.reaction.remembers.is_empty() {
            let further = self.further.get_or_insert_default();
            for remember in &fact.reaction.remembers {
                further.enter(remember, fact, tables, zone);
            }
        }
    }

    /// The instants that a counter has kept, in order.
    pub(super) fn counted(&self, counter: u32) -> &[i64] {
        self.counters.get(counter as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether there is a noted event, and it had what is asked.
    pub(super) fn noted(&self, note: u32) -> bool {
        let noted = self.further.as_ref().and_then(|further| *further.notes.get(note as usize)?);
        noted.is_some_and(|noted| noted.had)
    }

    pub(super) fn since(&self, since: u32) -> Option<&Since> {
        self.further.as_ref()?.sinces.get(since as usize)
    }

    pub(super) fn sequence(&self, sequence: u32) -> Option<&Sequences> {
        self.further.as_ref()?.sequences.get(sequence as usize)
    }

    pub(super) fn numbers(&self, numbers: u32) -> Option<&Numbers> {
        self.further.as_ref()?.numbers.get(numbers as usize)
    }

    pub(super) fn keys(&self, keys: u32) -> Option<&Keys> {
        self.further.as_ref()?.keys.get(keys as usize)
    }
}

impl Further {
    fn enter(&mut self, remember: &Remember, fact: &Fact<'_>, tables: &Tables, zone: &Zone) {
        let at = fact.at.millis();
        let extra = fact.extra;
        match remember {
            Remember::Note { note, had } => {
                let Some(which) = tables.notes.get(*note as usize) else { return };
                let noted = slot(&mut self.notes, *note);
                let stays = noted.is_some_and(|noted| match which {
                    Which::First => noted.at <= at,
                    Which::Last => noted.at > at,
                });
                if !stays {
                    *noted = Some(Note { at, had: *had });
                }
            }
            Remember::Since { since, role, key } => {
                let key = match key {
                    None => Some(crate::program::UNTIED),
                    Some(key) => extra.and_then(|extra| extra.keys.get(*key).copied().flatten()),
                };
                slot(&mut self.sinces, *since).enter(*role, at, key);
            }
            Remember::Step { sequence, steps, key } => {
                let Some(plan) = tables.sequences.get(*sequence as usize) else { return };
                let key = match key {
                    None => Some(crate::program::UNTIED),
                    Some(key) => extra.and_then(|extra| extra.keys.get(*key).copied().flatten()),
                };
                if let Some(key) = key {
                    slot(&mut self.sequences, *sequence).enter(plan, at, *steps, key);
                }
            }
            Remember::Tell { numbers, had } => {
                let Some(plan) = tables.numbers.get(*numbers as usize) else { return };
                slot(&mut self.numbers, *numbers).enter(at, f64::from(u8::from(*had)), plan);
            }
            Remember::Numbers { numbers, value } => {
                let Some(plan) = tables.numbers.get(*numbers as usize) else { return };
                let store = slot(&mut self.numbers, *numbers);
                for number in values(extra).into_iter().flat_map(|values| values.numbers(*value)) {
                    store.enter(at, number, plan);
                }
            }
            Remember::Keys { keys, value } => {
                let Some(plan) = tables.keys.get(*keys as usize) else { return };
                let store = slot(&mut self.keys, *keys);
                for key in values(extra).into_iter().flat_map(|values| values.keys(*value)) {
                    store.enter(at, key, plan);
                }
            }
            Remember::Clock { keys } => {
                let Some(plan) = tables.keys.get(*keys as usize) else { return };
                let seen = tables.clocks_of(zone).at(fact.at);
                if let Some(key) = plan.source.key_of_clock(&seen) {
                    slot(&mut self.keys, *keys).enter(at, key, plan);
                }
            }
        }
    }
}

fn values(extra: Option<&EventExtra>) -> Option<&Values> {
    extra.map(|extra| &extra.values)
}

/// A store by its number, made when it is first needed.
fn slot<T: Default>(stores: &mut Vec<T>, number: u32) -> &mut T {
    let place = number as usize;
    if stores.len() <= place {
        // There are as many as rules ask for, and millions of users who have them: no room to spare.
        stores.reserve_exact(place + 1 - stores.len());
        stores.resize_with(place + 1, T::default);
    }
    // It is there by now.
    #[expect(clippy::indexing_slicing, reason = "the line above made it")]
    &mut stores[place]
}
