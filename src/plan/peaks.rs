use serde::Serialize;

use crate::model::{Duration, Instant};

/// The most of something in any stretch of some length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Peak {
    /// How many.
    pub count: u64,
    /// The end of the first stretch with so many, in; its start is out.
    pub at: Instant,
}

/// The most jobs in any stretch so long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Peaks {
    /// One second.
    pub second: Peak,
    /// One minute.
    pub minute: Peak,
    /// One hour.
    pub hour: Peak,
    /// 24 hours.
    pub day: Peak,
}

impl Peaks {
    /// Of jobs by their dues, in order; none of no jobs.
    pub(super) fn of(dues: &[Instant]) -> Option<Peaks> {
        let most = |seconds| peak(rolling(dues, Duration::from_seconds(seconds)));
        Some(Peaks { second: most(1)?, minute: most(60)?, hour: most(3_600)?, day: most(86_400)? })
    }
}

/// The largest of numbers in order of time, the first of equal ones.
pub(super) fn peak(uses: impl Iterator<Item = (Instant, u64)>) -> Option<Peak> {
    uses.fold(None, |most: Option<Peak>, (at, count)| match most {
        Some(most) if most.count >= count => Some(most),
        _ => Some(Peak { count, at }),
    })
}

/// For each job, how many are due in the stretch that ends with it: its start out and its end in.
pub(super) fn rolling(dues: &[Instant], per: Duration) -> impl Iterator<Item = (Instant, u64)> {
    let mut first = 0;
    dues.iter().enumerate().map(move |(place, due)| {
        while dues.get(first).is_some_and(|early| *early <= *due - per) {
            first += 1;
        }
        (*due, (place + 1 - first) as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_has_its_end_in_and_its_start_out() {
        let dues: Vec<Instant> =
            [0, 0, 400, 999, 1_000, 1_400, 60_000].into_iter().map(Instant::from_millis).collect();
        let counts: Vec<u64> = rolling(&dues, Duration::from_seconds(1)).map(|(_, count)| count).collect();
        assert_eq!(counts, [1, 2, 3, 4, 3, 3, 1]);
        let peaks = Peaks::of(&dues).unwrap();
        assert_eq!(peaks.second, Peak { count: 4, at: Instant::from_millis(999) });
        assert_eq!(peaks.minute, Peak { count: 6, at: Instant::from_millis(1_400) });
        assert_eq!(peaks.hour, Peak { count: 7, at: Instant::from_millis(60_000) });
        assert_eq!(Peaks::of(&[]), None);
    }
}
