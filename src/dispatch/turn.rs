//! The order in which messages of one instant take their turns.

use std::cmp::{Ordering, Reverse};

use crate::machine::{Machine, Pending, User};
use crate::model::{Instant, Text, draw};
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

use super::sorter::Placed;

/// What a message takes its turn by, and how it is found again.
///
/// The order of the fields is the order of turns: larger priority, earlier arrival, the draw (what is drawn comes after what is not), user, campaign,
/// qualification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    priority: Reverse<i32>,
    arrival: Instant,
    drawn: bool,
    draw: u64,
    user: Text,
    campaign: u32,
    pub(super) order: u64,
    /// The user's number among those who are run together.
    pub(super) number: u32,
    /// When the message is asked again whoever has room.
    pub(super) wake: Instant,
}

/// The user's id stands with the user.
impl Saved for Turn {
    fn save(&self, to: &mut Saver<'_>) {
        let Turn {
            priority: Reverse(priority),
            arrival,
            drawn,
            draw,
            user: _,
            campaign,
            order,
            number,
            wake,
        } = self;
        priority.save(to);
        arrival.save(to);
        drawn.save(to);
        draw.save(to);
        campaign.save(to);
        order.save(to);
        number.save(to);
        wake.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Turn, Damage> {
        let priority = Reverse(Saved::restore(from)?);
        let (arrival, drawn) = (Saved::restore(from)?, Saved::restore(from)?);
        let (draw, campaign) = (Saved::restore(from)?, Saved::restore(from)?);
        let (order, number) = (Saved::restore(from)?, u32::restore(from)?);
        let user = from.users.get(number as usize).cloned().ok_or(Damage::Wrong("a turn is nobody's"))?;
        Ok(Turn {
            priority,
            arrival,
            drawn,
            draw,
            user,
            campaign,
            order,
            number,
            wake: Saved::restore(from)?,
        })
    }
}

// Of ten million who wait each has one.
const _: () = assert!(size_of::<Turn>() <= 64);

impl Turn {
    /// The same of a message that is asked again at an instant.
    pub(super) fn waking(self, wake: Instant) -> Turn {
        Turn { wake, ..self }
    }

    /// The turn of a user's message.
    pub(super) fn of(machine: Machine<'_>, user: &User, number: u32, message: &Pending) -> Turn {
        let campaign = machine.campaign(message.campaign);
        let drawn = campaign.filter(|campaign| campaign.is_drawn());
        Turn {
            priority: Reverse(campaign.map_or(0, |campaign| campaign.priority)),
            arrival: message.arrival,
            drawn: drawn.is_some(),
            draw: drawn.map_or(0, |campaign| {
                let occurrence = message.cause.occurrence();
                draw(&format!("limit/{}/{occurrence}", campaign.name), &user.id)
            }),
            user: user.id.clone(),
            campaign: message.campaign,
            order: message.order,
            number,
            wake: message.wake,
        }
    }
}

#[cfg(test)]
impl Turn {
    /// One of many.
    pub(super) fn numbered(arrival: Instant, number: u32) -> Turn {
        Turn {
            priority: Reverse(0),
            arrival,
            drawn: false,
            draw: 0,
            user: "somebody".into(),
            campaign: 0,
            order: 1,
            number,
            wake: Instant::MAX,
        }
    }
}

/// A message that takes its turn.
#[derive(Debug)]
pub(super) struct Mail {
    pub(super) turn: Turn,
    pub(super) message: Box<Pending>,
}

saved!(struct Mail { turn, message });

impl Placed for Mail {
    fn place(&self, other: &Mail) -> Ordering {
        self.turn.cmp(&other.turn)
    }
}
