//! The order in which messages of one instant take their turns.

use std::cmp::{Ordering, Reverse};

use crate::machine::{Pending, User};
use crate::model::{Instant, Text, draw};

use super::Desk;
use super::sorter::Placed;

/// A message of one of several users, with what its turn hangs on.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) priority: i32,
    /// Its place in a draw; what is drawn comes after what is not.
    pub(super) drawn: Option<u64>,
    pub(super) user: Text,
    /// The user's number among those who are run together.
    pub(super) number: u32,
    pub(super) message: Pending,
}

impl Turn {
    fn key(&self) -> (Reverse<i32>, Instant, Option<u64>, &Text, u32, u64) {
        let Pending { arrival, campaign, order, .. } = &self.message;
        (Reverse(self.priority), *arrival, self.drawn, &self.user, *campaign, *order)
    }
}

impl Placed for Turn {
    fn place(&self, other: &Turn) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Desk<'_> {
    /// The turn of a message of a user.
    pub(super) fn turn(&self, number: u32, user: &User, message: Pending) -> Turn {
        let campaign = self.machine.campaign(message.campaign);
        let drawn = campaign.filter(|campaign| campaign.is_drawn()).map(|campaign| {
            let occurrence = message.cause.occurrence();
            draw(&format!("limit/{}/{occurrence}", campaign.name), &user.id)
        });
        let priority = campaign.map_or(0, |campaign| campaign.priority);
        Turn { priority, drawn, user: user.id.clone(), number, message }
    }
}
