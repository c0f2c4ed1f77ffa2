//! What came and is not taken in yet.

use std::collections::BTreeMap;

use crate::model::{Instant, ProfileUpdate, TemplateStatement, Text};
use crate::program::EventExtra;
use crate::saved::saved;

/// Records that wait for their turn, each in its place. It grows without moving what is in it, so that none of a million
/// records takes long to come in.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// What came before its instant was closed; of one instant in order of arrival.
    open: BTreeMap<(Instant, u64), Input>,
    /// What came after that, in order of arrival.
    late: BTreeMap<u64, Queued>,
    arrivals: u64,
}

saved!(struct Inbox { open, late, arrivals });

/// A record that waits.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) at: Instant,
    pub(super) input: Input,
}

saved!(struct Queued { at, input });

/// What a user's record is, by the user's number.
#[derive(Debug)]
pub(super) enum Input {
    /// The user was heard of; no rule reads more.
    Seen(u32),
    Event(u32, u32, Option<EventExtra>),
    Profile(u32, ProfileUpdate),
    /// A number, as it is written, was blocked, or is free again.
    Number(Text, bool),
    /// The provider says something of a template.
    Template(TemplateStatement),
}

saved!(enum Input {
    0 => Seen(user),
    1 => Event(user, reaction, extra),
    2 => Profile(user, update),
    3 => Number(written, blocked),
    4 => Template(statement),
});

impl Inbox {
    pub(super) fn put(&mut self, queued: Queued, late: bool) {
        self.arrivals += 1;
        if late {
            self.late.insert(self.arrivals, queued);
        } else {
            self.open.insert((queued.at, self.arrivals), queued.input);
        }
    }

    /// The first instant of what is not late.
    pub(super) fn first(&self) -> Option<Instant> {
        self.open.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes out what came first of what is late.
    pub(super) fn take_late(&mut self) -> Option<Queued> {
        self.late.pop_first().map(|(_, queued)| queued)
    }

    /// Takes out the first of what is not late, if its instant is one or before.
    pub(super) fn take(&mut self, until: Instant) -> Option<Queued> {
        let first = self.open.first_entry().filter(|first| first.key().0 <= until)?;
        let at = first.key().0;
        Some(Queued { at, input: first.remove() })
    }

    pub(super) fn has_late(&self) -> bool {
        !self.late.is_empty()
    }
}
