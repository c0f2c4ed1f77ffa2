//! What became of a campaign's messages, counted.

use std::fmt;

use serde::Serialize;

use crate::language::ast::Receipt;
use crate::machine::{Arm, Reached};
use crate::saved::saved;

/// An amount in whatever unit the rules' property has, exact to a millionth: sums do not depend on their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Money(i128);

saved!(tuple Money);

impl Money {
    /// In millionths.
    pub const fn millionths(self) -> i128 {
        self.0
    }

    /// The nearest 64-bit float.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    pub(crate) fn add(&mut self, millionths: i128) {
        self.0 = self.0.saturating_add(millionths);
    }
}

impl fmt::Display for Money {
    /// With as many digits after the point as there are, at least two of them if any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{rest:06}");
        let digits = digits.trim_end_matches('0');
        write!(f, "{sign}{whole}.{digits:0<2}")
    }
}

impl Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(self.0 / 1_000_000) {
            Ok(whole) if self.0 % 1_000_000 == 0 => serializer.serialize_i64(whole),
            _ => serializer.serialize_f64(self.as_f64()),
        }
    }
}

/// What became of the jobs with one of a campaign's messages. A job counts once in each number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct MessageResults {
    /// Jobs.
    pub sent: u64,
    /// Jobs of which the provider said that it took them.
    pub accepted: u64,
    /// Those that were delivered.
    pub delivered: u64,
    /// Those that were read; a click or an answer says so too.
    pub read: u64,
    /// Those in which something was clicked.
    pub clicked: u64,
    /// Those that were answered.
    pub replied: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that reached the campaign's goal in time.
    pub converted: u64,
    /// Of these, those that were clicked before.
    pub converted_clicked: u64,
    /// Of these, those that were read before, and not clicked.
    pub converted_viewed: u64,
    /// The revenue of all goal events.
    pub revenue: Money,
}

saved!(struct MessageResults {
    sent, accepted, delivered, read, clicked, replied, failed, converted, converted_clicked, converted_viewed, revenue,
});

impl MessageResults {
    /// Whether anything but the sending is told of the jobs.
    pub fn tell_anything(&self) -> bool {
        *self != MessageResults { sent: self.sent, ..MessageResults::default() }
    }

    fn absorb(&mut self, other: &MessageResults) {
        let MessageResults { sent, accepted, delivered, read, clicked, replied, failed, .. } = other;
        let MessageResults { converted, converted_clicked, converted_viewed, revenue, .. } = other;
        self.sent += sent;
        self.accepted += accepted;
        self.delivered += delivered;
        self.read += read;
        self.clicked += clicked;
        self.replied += replied;
        self.failed += failed;
        self.converted += converted;
        self.converted_clicked += converted_clicked;
        self.converted_viewed += converted_viewed;
        self.revenue.add(revenue.0);
    }
}

/// The users of a control group, or of the holdout, to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SparedResults {
    /// How often the goal was reached in time after a qualification: once for each.
    pub converted: u64,
    /// The revenue of all goal events.
    pub revenue: Money,
}

saved!(struct SparedResults { converted, revenue });

impl SparedResults {
    fn absorb(&mut self, other: &SparedResults) {
        let SparedResults { converted, revenue } = other;
        self.converted += converted;
        self.revenue.add(revenue.0);
    }
}

/// What became of a campaign's messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Results {
    pub(super) messages: Vec<MessageResults>,
    /// The users in a control group.
    pub control: SparedResults,
    /// The users in the holdout.
    pub holdout: SparedResults,
}

saved!(struct Results { messages, control, holdout });

impl Results {
    /// The results of each of the campaign's messages, in the order of the rules.
    pub fn messages(&self) -> &[MessageResults] {
        &self.messages
    }

    /// Those of one of the campaign's messages.
    pub fn message(&self, place: usize) -> MessageResults {
        self.messages.get(place).cloned().unwrap_or_default()
    }

    pub(super) fn variant(&mut self, place: usize) -> Option<&mut MessageResults> {
        if self.messages.len() <= place {
            self.messages.resize_with(place + 1, MessageResults::default);
        }
        self.messages.get_mut(place)
    }

    pub(super) fn count_receipt(&mut self, arm: Arm, receipt: Receipt) {
        let Arm::Variant(place) = arm else { return };
        let Some(counts) = self.variant(place) else { return };
        *match receipt {
            Receipt::Sent => &mut counts.accepted,
            Receipt::Delivered => &mut counts.delivered,
            Receipt::Read => &mut counts.read,
            Receipt::Clicked => &mut counts.clicked,
            Receipt::Replied => &mut counts.replied,
            Receipt::Failed => &mut counts.failed,
        } += 1;
    }

    /// Counts what others of the same campaign have counted.
    pub(super) fn absorb(&mut self, other: &Results) {
        let Results { messages, control, holdout } = other;
        for (place, theirs) in messages.iter().enumerate() {
            if let Some(mine) = self.variant(place) {
                mine.absorb(theirs);
            }
        }
        self.control.absorb(control);
        self.holdout.absorb(holdout);
    }

    pub(super) fn count_goal(&mut self, reached: Reached) {
        let first = u64::from(reached.first);
        match reached.arm {
            Arm::Variant(place) => {
                let Some(counts) = self.variant(place) else { return };
                counts.converted += first;
                if reached.got.has(Receipt::Clicked) {
                    counts.converted_clicked += first;
                } else if reached.got.has(Receipt::Read) {
                    counts.converted_viewed += first;
                }
                counts.revenue.add(reached.revenue);
            }
            Arm::Control | Arm::Holdout => {
                let spared = if reached.arm == Arm::Control { &mut self.control } else { &mut self.holdout };
                spared.converted += first;
                spared.revenue.add(reached.revenue);
            }
        }
    }
}
