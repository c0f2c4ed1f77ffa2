use crate::program::{KeysPlan, Which};
use crate::saved::saved;

/// Keys of values, by instant: each time that a value was, or each value once.
#[derive(Debug, Default)]
pub(in crate::machine) struct Keys {
    kept: Vec<Kept>,
}

saved!(struct Keys { kept });

/// A value that was.
#[derive(Debug, Clone, Copy)]
pub(in crate::machine) struct Kept {
    pub(in crate::machine) at: i64,
    /// How often, where each value is kept once.
    pub(in crate::machine) times: u32,
    pub(in crate::machine) key: u128,
}

saved!(struct Kept { at, times, key });

impl Keys {
    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }

    pub(in crate::machine) fn kept(&self) -> &[Kept] {
        &self.kept
    }

    pub(super) fn enter(&mut self, at: i64, key: u128, plan: &KeysPlan) {
        if !(plan.stretch.0..plan.stretch.1).contains(&at) {
            return;
        }
        let mut new = Kept { at, times: 1, key };
        if let Some(which) = plan.once {
            // What was seen last is seen again soonest.
            if let Some(place) = self.kept.iter().rposition(|known| known.key == key)
                && let Some(known) = self.kept.get_mut(place)
            {
                known.times = known.times.saturating_add(1);
                let stays = match which {
                    Which::First => known.at <= at,
                    Which::Last => known.at >= at,
                };
                if stays {
                    return;
                }
                new.times = known.times;
                self.kept.remove(place);
            }
        }
        let place = match self.kept.last() {
            Some(last) if last.at > at => self.kept.partition_point(|known| known.at <= at),
            _ => self.kept.len(),
        };
        self.kept.insert(place, new);
        if let Some(horizon) = plan.horizon {
            let latest = self.kept.last().map_or(at, |known| known.at);
            let old = self.kept.partition_point(|known| known.at <= latest.saturating_sub(horizon.millis()));
            if old > self.kept.len() / 2 {
                self.kept.drain(..old);
            }
        }
    }
}
