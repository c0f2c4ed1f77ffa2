use crate::model::Properties;

/// Which events a campaign's trigger gives its texts to read.
///
/// A `bool` stands for whether there is `event` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Readable {
    /// `event`: the trigger's event. Schedules, dates of the profile and segments have none.
    pub event: bool,
    /// `first`: the event before it. Only `when A then B` has it.
    pub first: bool,
}

impl From<bool> for Readable {
    fn from(event: bool) -> Readable {
        Readable { event, first: false }
    }
}

/// The properties of the events that a message is made from.
///
/// An `Option` stands for `event` alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Events<'a> {
    /// Those of the trigger's event.
    pub event: Option<&'a Properties>,
    /// Those of the event before it, of `when A then B`.
    pub first: Option<&'a Properties>,
}

impl<'a> From<Option<&'a Properties>> for Events<'a> {
    fn from(event: Option<&'a Properties>) -> Events<'a> {
        Events { event, first: None }
    }
}
