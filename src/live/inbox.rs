//! What came and is not taken in yet.

use std::collections::BTreeMap;

use crate::model::{GrowingQueue, Instant, ProfileUpdate, TemplateStatement, Text};
use crate::program::EventExtra;
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

/// Records that wait for their turn, each in its place. It grows without moving what is in it, so that none of a million
/// records takes long to come in.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// What came before its instant was closed, each no earlier than the one before it: nearly everything.
    in_order: GrowingQueue<((Instant, u64), Input)>,
    /// What came for an instant before that of something that waited already; of one instant in order of arrival.
    astray: BTreeMap<(Instant, u64), Input>,
    /// What came after that, in order of arrival.
    late: BTreeMap<u64, Queued>,
    arrivals: u64,
}

/// Everything in its place, whatever the order in which it came.
impl Saved for Inbox {
    fn save(&self, to: &mut Saver<'_>) {
        let Inbox { in_order, astray, late, arrivals } = self;
        to.length(in_order.len() + astray.len());
        let mut others = astray.iter().peekable();
        for (place, input) in in_order.iter() {
            while let Some((place, input)) = others.next_if(|(other, _)| *other < place) {
                place.save(to);
                input.save(to);
            }
            place.save(to);
            input.save(to);
        }
        for (place, input) in others {
            place.save(to);
            input.save(to);
        }
        late.save(to);
        arrivals.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Inbox, Damage> {
        let mut inbox = Inbox::default();
        from.items(|(place, input)| inbox.place(place, input))?;
        inbox.late = Saved::restore(from)?;
        inbox.arrivals = Saved::restore(from)?;
        Ok(inbox)
    }
}

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
            self.place((queued.at, self.arrivals), queued.input);
        }
    }

    fn place(&mut self, place: (Instant, u64), input: Input) {
        if self.in_order.last().is_none_or(|(last, _)| *last < place) {
            self.in_order.push((place, input));
        } else {
            self.astray.insert(place, input);
        }
    }

    /// The first instant of what is not late.
    pub(super) fn first(&self) -> Option<Instant> {
        let in_order = self.in_order.first().map(|((at, _), _)| *at);
        let astray = self.astray.first_key_value().map(|((at, _), _)| *at);
        in_order.into_iter().chain(astray).min()
    }

    /// Takes out what came first of what is late.
    pub(super) fn take_late(&mut self) -> Option<Queued> {
        self.late.pop_first().map(|(_, queued)| queued)
    }

    /// Takes out the first of what is not late, if its instant is one or before.
    pub(super) fn take(&mut self, until: Instant) -> Option<Queued> {
        let astray = self.astray.first_entry().filter(|first| first.key().0 <= until);
        let before = |place: &(Instant, u64)| astray.as_ref().is_none_or(|astray| place < astray.key());
        match self.in_order.pop_if(|(place, _)| place.0 <= until && before(place)) {
            Some(((at, _), input)) => Some(Queued { at, input }),
            None => astray.map(|first| Queued { at: first.key().0, input: first.remove() }),
        }
    }

    pub(super) fn has_late(&self) -> bool {
        !self.late.is_empty()
    }
}
