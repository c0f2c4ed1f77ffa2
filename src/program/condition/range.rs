//! How many times.

use crate::language::ast::CountComparison;

/// How many: from `least` to `most`, both in; and whether none at all will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CountRange {
    pub(crate) least: u32,
    pub(crate) most: Option<u32>,
    pub(crate) zero: bool,
}

impl CountRange {
    pub(crate) const SOME: CountRange = CountRange { least: 1, most: None, zero: false };
    pub(crate) const NONE: CountRange = CountRange { least: 0, most: Some(0), zero: true };

    pub(crate) fn of(comparison: CountComparison, or_never: bool) -> CountRange {
        let (least, most) = match comparison {
            CountComparison::AtLeast(n) => (n, None),
            CountComparison::AtMost(n) => (0, Some(n)),
            CountComparison::MoreThan(n) => (n.saturating_add(1), None),
            // Fewer than none is refused by the checker; here it is a range that nothing is in.
            CountComparison::FewerThan(0) => (1, Some(0)),
            CountComparison::FewerThan(n) => (0, Some(n - 1)),
            CountComparison::Exactly(n) => (n, Some(n)),
            CountComparison::Between(a, b) => (a, Some(b)),
        };
        CountRange { least, most, zero: or_never && least == 0 }
    }

    pub(crate) fn holds(self, count: usize) -> bool {
        if count == 0 {
            return self.zero;
        }
        count >= self.least as usize && self.most.is_none_or(|most| count <= most as usize)
    }

    /// Of all smaller numbers, the largest with the other answer.
    pub(crate) fn next_other(self, count: usize) -> Option<usize> {
        let edges = [self.most.map(|most| most as usize), (self.least as usize).checked_sub(1), Some(0)];
        let smaller = edges.into_iter().flatten().filter(|edge| *edge < count);
        smaller.filter(|edge| self.holds(*edge) != self.holds(count)).max()
    }

    /// How many instants tell all counts apart that this tells apart.
    pub(crate) fn needs(self) -> usize {
        let most = self.most.map_or(0, |most| most as usize + 1);
        most.max(self.least as usize).max(1)
    }
}
