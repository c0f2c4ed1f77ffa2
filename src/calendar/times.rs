use super::wall::DAY;

/// At which times of a day something recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// Once, so many milliseconds after midnight.
    At(i64),
    /// At all combinations of these hours, minutes and seconds, as bits; none is empty.
    Combined { hours: u64, minutes: u64, seconds: u64 },
}

impl Times {
    /// The first time of the day.
    pub fn first(&self) -> Option<i64> {
        self.after(-1)
    }

    /// The first time of the day after so many milliseconds since midnight.
    pub fn after(&self, time: i64) -> Option<i64> {
        match *self {
            Times::At(at) => (at > time).then_some(at),
            Times::Combined { hours, minutes, seconds } => {
                let from = time.div_euclid(1_000) + 1;
                if from * 1_000 >= DAY {
                    return None;
                }
                let (hour, minute, second) = (from / 3_600, from / 60 % 60, from % 60);
                let combined =
                    |hour: i64, minute: i64, second: i64| ((hour * 60 + minute) * 60 + second) * 1_000;
                if has(hours, hour) {
                    if has(minutes, minute)
                        && let Some(second) = next(seconds, second)
                    {
                        return Some(combined(hour, minute, second));
                    }
                    if let Some(minute) = next(minutes, minute + 1) {
                        return Some(combined(hour, minute, next(seconds, 0)?));
                    }
                }
                Some(combined(next(hours, hour + 1)?, next(minutes, 0)?, next(seconds, 0)?))
            }
        }
    }
}

/// True when a bit is in a set.
pub(super) fn has(set: u64, bit: i64) -> bool {
    next(set, bit) == Some(bit)
}

/// The first bit of a set from one on.
pub(super) fn next(set: u64, from: i64) -> Option<i64> {
    let rest = u32::try_from(from).ok().and_then(|from| u64::MAX.checked_shl(from))? & set;
    (rest != 0).then(|| i64::from(rest.trailing_zeros()))
}
