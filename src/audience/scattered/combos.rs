//! What rows do, as numbers: each different effect of an event has one, so that a row that waits is its user, its instant and a number.

use std::collections::HashMap;

use super::super::rows::Hand;
use super::super::time::Moment;

/// The row does nothing.
pub(super) const NOTHING: u32 = 0;
/// Places of what was found last; as many as stay near the processor.
const RECENT: usize = 1 << 13;

/// The effects that one thread has met.
#[derive(Debug)]
pub(super) struct Combos {
    combos: Vec<Combo>,
    lists: Vec<u32>,
    /// By the era, where it matters, how many values are taken, and the lists.
    known: HashMap<(u16, u16, Box<[u32]>), u32>,
    recent: Vec<Recent>,
}

/// The lists of a thread's finder that an event is entered by.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Combo {
    from: u32,
    to: u32,
    /// How many values are taken of such an event.
    pub(super) values: u16,
    /// The era, where values are taken.
    pub(super) era: u16,
}

/// What followed from an event's code at a moment.
#[derive(Debug, Clone, Copy)]
struct Recent {
    code: u64,
    moment: u32,
    combo: u32,
}

impl Combos {
    pub(super) fn new() -> Combos {
        let nowhere = Recent { code: u64::MAX, moment: u32::MAX, combo: NOTHING };
        Combos {
            combos: vec![Combo::default()],
            lists: Vec::new(),
            known: HashMap::new(),
            recent: vec![nowhere; RECENT],
        }
    }

    /// What an event of this code does at a moment.
    #[inline]
    pub(super) fn find(&mut self, event: u16, code: u64, moment: Moment, hand: &mut Hand<'_>) -> u32 {
        let whole = code << 16 | u64::from(event);
        let short = u32::from(moment.era) << 16 | u32::from(moment.class);
        let mixed = (whole ^ u64::from(short).rotate_left(40)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = (mixed >> 51) as usize;
        if let Some(recent) = self.recent.get(place)
            && recent.code == whole
            && recent.moment == short
        {
            return recent.combo;
        }
        let combo = self.look_up(event, code, moment, hand);
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = Recent { code: whole, moment: short, combo };
        }
        combo
    }

    #[inline(never)]
    fn look_up(&mut self, event: u16, code: u64, moment: Moment, hand: &mut Hand<'_>) -> u32 {
        let takes = hand.finder.look_up(event, code, moment);
        let found = hand.finder.found();
        if found.is_empty() {
            return NOTHING;
        }
        let of_event = hand.setting.plan.events.get(usize::from(event));
        let values = of_event.filter(|_| takes).map_or(0, |event| event.values.len());
        let values = u16::try_from(values).unwrap_or(u16::MAX);
        let era = if takes { moment.era } else { 0 };
        let key = (era, values, Box::from(found));
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let from = self.lists.len() as u32;
        self.lists.extend(found);
        let combo = u32::try_from(self.combos.len()).unwrap_or(NOTHING);
        self.combos.push(Combo { from, to: self.lists.len() as u32, values, era });
        self.known.insert(key, combo);
        combo
    }

    #[inline]
    pub(super) fn combo(&self, number: u32) -> Combo {
        self.combos.get(number as usize).copied().unwrap_or_default()
    }

    /// The lists of a combination.
    #[inline]
    pub(super) fn lists(&self, combo: Combo) -> &[u32] {
        self.lists.get(combo.from as usize..combo.to as usize).unwrap_or_default()
    }
}
