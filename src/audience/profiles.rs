//! What is known of users beside their events.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::apart::{FIRST, Order};
use super::keys::{Key, Keys};
use super::words::Words;
use crate::model::{Instant, ProfileUpdate};

/// The changes of profiles, by user and in order.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    users: BTreeMap<Key, Known>,
}

#[derive(Debug, Default)]
struct Known {
    updates: Vec<(Instant, Order, ProfileUpdate)>,
    /// There were events of the user too.
    met: AtomicBool,
}

impl Profiles {
    /// Those of some changes, in the order in which they are given; one without an instant comes before everything.
    pub(super) fn new(updates: &[ProfileUpdate], keys: &Keys) -> Profiles {
        Profiles::default().with(updates.iter().map(|update| (FIRST, update.clone())), keys)
    }

    /// These, and further changes behind them.
    pub(super) fn with(
        &self,
        updates: impl Iterator<Item = (Order, ProfileUpdate)>,
        keys: &Keys,
    ) -> Profiles {
        let copy = |known: &Known| Known { updates: known.updates.clone(), met: AtomicBool::new(false) };
        let mut users: BTreeMap<Key, Known> =
            self.users.iter().map(|(key, known)| (*key, copy(known))).collect();
        for (order, update) in updates {
            let at = update.at.unwrap_or(Instant::MIN);
            users.entry(keys.of(&update.user)).or_default().updates.push((at, order, update));
        }
        users.values_mut().for_each(|known| known.updates.sort_by_key(|(at, order, _)| (*at, *order)));
        Profiles { users }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// The changes of a user's profile, in order.
    pub(super) fn of(&self, key: Key) -> &[(Instant, Order, ProfileUpdate)] {
        self.users.get(&key).map_or(&[], |known| &known.updates)
    }

    /// Users are known from their first record on.
    pub(super) fn meet(&self, words: &mut Words) {
        if self.users.is_empty() {
            return;
        }
        for user in 0..words.keys.len() {
            let known = words.keys.get(user).and_then(|key| self.users.get(key));
            if let Some(known) = known
                && let Some((at, ..)) = known.updates.first()
            {
                known.met.store(true, Ordering::Relaxed);
                words.meet(user, at.millis());
            }
        }
    }

    /// The users of whom there was no event.
    pub(super) fn others(&self) -> Vec<Key> {
        let unmet = self.users.iter().filter(|(_, known)| !known.met.load(Ordering::Relaxed));
        unmet.map(|(key, _)| *key).collect()
    }
}
