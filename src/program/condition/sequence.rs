//! `did A then B within T then no C within U`: what must be known of the steps to follow one user along them.

use super::Keep;
use crate::model::Duration;

/// The bit of the event that must not come at the end. Steps have the bits below it.
pub(crate) const ABSENT: u32 = 63;
/// A late event takes its place among the steps when it is not older than this before the newest.
pub(crate) const LATE: Duration = Duration::from_millis(7 * 86_400_000);

/// A sequence of steps.
#[derive(Debug)]
pub(crate) struct SequencePlan {
    /// How many steps there are, beside the one that must not come.
    pub(crate) steps: usize,
    /// For each step but the first, how long after the one before it it counts.
    pub(crate) within: Box<[Option<Duration>]>,
    /// How long after the first step the last one counts.
    pub(crate) all_within: Option<Duration>,
    /// How long after the last step another event must not come.
    pub(crate) absent: Option<Duration>,
    /// Of the instants of last steps, which are kept.
    pub(crate) keep: Keep,
}
