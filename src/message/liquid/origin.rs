//! Where a text stands in its rule, and what it reads.

use super::syntax::Place;
use crate::language::{Span, Spanned};
use crate::model::Text;

/// Whose property a text reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    /// The trigger event's.
    Event,
    /// The event's before it, where the trigger is one after another (`when A then B`).
    First,
    /// The user's profile's.
    Profile,
}

impl Root {
    /// The name in a text: `event`, `first`, `profile`.
    pub const fn name(self) -> &'static str {
        match self {
            Root::Event => "event",
            Root::First => "first",
            Root::Profile => "profile",
        }
    }
}

/// A place in a message's texts that reads a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Whose property.
    pub root: Root,
    /// The property and its parts: `["items", "name"]` for `event.items[0].name`, and for `item.name` in a loop over
    /// `event.items`. Numbers in brackets are left out, and what follows any other expression in brackets. Empty when the
    /// whole event or profile is read, or a property that only its value tells (`event[profile.x]`).
    ///
    /// Liquid's own parts `first`, `last` and `size` stand here as they are written: a property may have such a name.
    pub path: Vec<Text>,
    /// The variable in the rule; the whole text where the place within it cannot be told.
    pub span: Span,
}

/// Where a text stands in its rule file.
#[derive(Debug)]
pub(super) struct Origin {
    span: Span,
    /// Where in the text there are characters that are written as two in the rule: `\"`, `\\`, `\n`. They can be written
    /// in no other way, so that places in the text are places in the rule.
    escapes: Vec<usize>,
    exact: bool,
}

impl Origin {
    pub(super) fn new(text: &Spanned<String>) -> Origin {
        let escapes: Vec<usize> = text.node.match_indices(['"', '\\', '\n']).map(|(at, _)| at).collect();
        let length = text.span.end.saturating_sub(text.span.start) as usize;
        // A text that was not read from a literal is underlined as a whole.
        let exact = length == text.node.len() + escapes.len() + 2;
        Origin { span: text.span, escapes, exact }
    }

    /// The span of a place of the text.
    pub(super) fn at(&self, place: Place) -> Span {
        let offset = |place: usize| {
            let written = place + self.escapes.partition_point(|escape| *escape < place) + 1;
            u32::try_from(written).ok()?.checked_add(self.span.start)
        };
        match (offset(place.start), offset(place.end)) {
            (Some(start), Some(end)) if self.exact => Span::new(self.span.file, start, end.max(start + 1)),
            _ => self.span,
        }
    }
}
