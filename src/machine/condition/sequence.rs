//! Whether a sequence of events came to its end.

use std::borrow::Cow;

use crate::model::Instant;
use crate::program::{CountRange, WindowPlan};

use super::behaviour::Asked;
use super::instants;
use super::standing::{Standing, count};

impl<'a> Asked<'a> {
    /// The last step of some choice of events lies in a window, and nothing followed that must not.
    pub(super) fn sequence(self, sequence: u32, window: &WindowPlan) -> bool {
        let (ended, _) = self.ended(sequence);
        !instants::inside(self.tables, self.user, &ended, window, self.now).is_empty()
    }

    pub(super) fn sequence_until(self, sequence: u32, window: &WindowPlan) -> Standing {
        let (ended, next) = self.ended(sequence);
        let standing = count(self.tables, self.user, &ended, (window, CountRange::SOME), self.now);
        let next = next.map_or(Instant::MAX, Instant::from_millis);
        Standing { until: standing.until.min(next), ..standing }
    }

    fn ended(self, sequence: u32) -> (Cow<'a, [i64]>, Option<i64>) {
        let plan = self.tables.sequences.get(sequence as usize);
        let followed = self.user.memory.sequence(sequence).zip(plan);
        followed
            .map_or((Cow::Borrowed(&[]), None), |(followed, plan)| followed.ended(plan, self.now.millis()))
    }
}
