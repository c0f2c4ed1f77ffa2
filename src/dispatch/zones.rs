//! Users whose profile names a time zone that is none.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::model::Text;

/// How many users live by the account's clock because their profile's words for their time zone mean none, by those words.
///
/// # Example
/// ```
/// use campanile::model::{ProfileUpdate, Record, Value};
/// use campanile::{replay::Replay, rulebook::Rulebook};
///
/// let rulebook = Rulebook::parse("shop.camp", "campaign thanks { when \"Charged\" send template thanks }")?;
/// let mut replay = Replay::new(&rulebook.compile());
/// for (user, zone) in [("asha", "Mars/Olympus"), ("ben", "EST"), ("chloe", "Mars/Olympus"), ("dai", "home")] {
///     let changes = vec![("tz".into(), Some(Value::text(zone)))];
///     replay.add(Record::Profile(ProfileUpdate { user: user.into(), at: None, changes }));
/// }
/// let unknown = replay.run().summary.unknown_zones;
/// assert_eq!(unknown.users(), 3);
/// assert_eq!(unknown.most_frequent(1), [("Mars/Olympus".into(), 2)]);
/// # Ok::<(), campanile::rulebook::RulebookError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnknownZones {
    users: BTreeMap<Text, u64>,
}

impl UnknownZones {
    /// One user more who has these words.
    pub(crate) fn count(&mut self, words: &str) {
        match self.users.get_mut(words) {
            Some(users) => *users += 1,
            None => {
                self.users.insert(words.into(), 1);
            }
        }
    }

    /// Counts the users of another part of the same run.
    pub(super) fn absorb(&mut self, other: UnknownZones) {
        for (words, users) in other.users {
            *self.users.entry(words).or_default() += users;
        }
    }

    /// How many users.
    pub fn users(&self) -> u64 {
        self.users.values().sum()
    }

    /// How many different words.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// True when every user's zone is known, or not said.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// The words that most users have, at most so many, with the number of users: the more users the earlier, then by their bytes.
    pub fn most_frequent(&self, most: usize) -> Vec<(Text, u64)> {
        let mut all: Vec<(&Text, u64)> = self.users.iter().map(|(words, users)| (words, *users)).collect();
        all.sort_by_key(|(_, users)| Reverse(*users));
        all.into_iter().take(most).map(|(words, users)| (words.clone(), users)).collect()
    }
}
