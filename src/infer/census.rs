use indexmap::{IndexMap, IndexSet};

use super::tally::{Extent, Fields, MOST_NAMES};
use crate::model::{Instant, Record, Text};

/// The count of all that a log holds. Its memory grows with the different names and users, not with the rows.
#[derive(Debug, Default)]
pub struct Census {
    pub(super) users: IndexSet<Text>,
    pub(super) events: IndexMap<Text, EventTally>,
    /// Events under names beyond the limit.
    pub(super) beyond: u64,
    pub(super) profile: ProfileTally,
}

#[derive(Debug, Default)]
pub(super) struct EventTally {
    pub fields: Fields,
    pub instants: Extent<Instant>,
    pub users: Users,
}

#[derive(Debug, Default)]
pub(super) struct ProfileTally {
    pub fields: Fields,
    pub rows: u64,
    pub users: Users,
    /// Which users had the property, in the order of `fields`.
    pub users_of: IndexMap<Text, Users>,
}

/// A set of users by their numbers.
#[derive(Debug, Default)]
pub(super) struct Users {
    marks: Vec<u64>,
    pub count: u64,
}

impl Users {
    fn add(&mut self, user: usize) {
        let (word, bit) = (user / 64, 1u64 << (user % 64));
        if self.marks.len() <= word {
            self.marks.resize(word + 1, 0);
        }
        if let Some(marks) = self.marks.get_mut(word)
            && *marks & bit == 0
        {
            *marks |= bit;
            self.count += 1;
        }
    }
}

impl Census {
    /// Of nothing yet.
    pub fn new() -> Census {
        Census::default()
    }

    /// Counts a record as it came, before any schema.
    pub fn add(&mut self, record: &Record) {
        match record {
            Record::Event(event) => {
                let (user, _) = self.users.insert_full(event.user.clone());
                if self.events.len() >= MOST_NAMES && !self.events.contains_key(&event.name) {
                    self.beyond += 1;
                    return;
                }
                let tally = self.events.entry(event.name.clone()).or_default();
                tally.instants.add(event.at);
                tally.users.add(user);
                event.properties.iter().for_each(|(name, value)| tally.fields.add(name, value));
            }
            Record::Profile(update) => {
                let (user, _) = self.users.insert_full(update.user.clone());
                self.profile.rows += 1;
                self.profile.users.add(user);
                for (name, value) in &update.changes {
                    let Some(value) = value else { continue };
                    self.profile.fields.add(name, value);
                    if self.profile.fields.by_name.contains_key(name) {
                        self.profile.users_of.entry(name.clone()).or_default().add(user);
                    }
                }
            }
            // They have no properties, and no user.
            Record::Number(_) | Record::Template(_) => {}
        }
    }
}
