//! Who is to be run with whom, asked after a run.

use std::collections::BTreeSet;

use super::Known;
use super::groups::Groups;
use crate::model::{NameMap, Text};

/// The users of a run, by whose messages each other's may be decided: those who ever had one number, whatever the rules make of that.
#[derive(Debug)]
pub(crate) struct Company {
    pub(super) users: Vec<Known>,
    pub(super) user_index: NameMap<Text, u32>,
    pub(super) groups: Groups,
    pub(super) everyone: bool,
}

impl Company {
    /// Whether what becomes of one user's message may hang on any other's.
    pub(crate) fn is_everyone(&self) -> bool {
        self.everyone
    }

    /// Some users, and all who share a number with them.
    pub(crate) fn of<'u>(&self, users: impl IntoIterator<Item = &'u Text>) -> BTreeSet<Text> {
        let mut all = BTreeSet::new();
        for user in users {
            let group = self.user_index.get(user).and_then(|user| self.groups.of(*user));
            let members = group.and_then(|group| self.groups.members().get(group as usize));
            let ids = members.into_iter().flatten().filter_map(|member| self.users.get(*member as usize));
            all.extend(ids.map(|known| known.id.clone()));
            all.insert(user.clone());
        }
        all
    }
}
