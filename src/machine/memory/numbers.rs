use crate::program::{NumbersPlan, Spread};
use crate::saved::saved;

/// Numbers of events: what they come to, and each of those that windows may still tell apart.
#[derive(Debug, Default)]
pub(in crate::machine) struct Numbers {
    /// Of those that are not kept one by one.
    total: Total,
    /// By instant; of one instant in the order of the events.
    kept: Vec<(i64, f64)>,
}

saved!(struct Numbers { total, kept });

/// What numbers come to.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::machine) struct Total {
    pub(in crate::machine) count: u64,
    /// In order, from 0.
    pub(in crate::machine) sum: f64,
    /// The smallest and the largest; of none, 0.
    pub(in crate::machine) least: f64,
    pub(in crate::machine) most: f64,
}

saved!(struct Total { count, sum, least, most });

impl Total {
    /// With one number more.
    #[must_use]
    pub(in crate::machine) fn with(self, number: f64) -> Total {
        if self.count == 0 {
            return Total { count: 1, sum: 0.0 + number, least: number, most: number };
        }
        Total {
            count: self.count + 1,
            sum: self.sum + number,
            least: self.least.min(number),
            most: self.most.max(number),
        }
    }
}

impl Numbers {
    pub(super) fn clear(&mut self) {
        self.total = Total::default();
        self.kept.clear();
    }

    pub(in crate::machine) fn total(&self) -> Total {
        self.total
    }

    pub(in crate::machine) fn kept(&self) -> &[(i64, f64)] {
        &self.kept
    }

    pub(super) fn enter(&mut self, at: i64, number: f64, plan: &NumbersPlan) {
        match plan.spread {
            Spread::Total { from, to } => {
                if (from..to).contains(&at) {
                    self.total = self.total.with(number);
                }
            }
            Spread::Between { from, to } => {
                if (from..to).contains(&at) {
                    self.insert(at, number);
                }
            }
            Spread::Within(horizon) => {
                self.insert(at, number);
                let old = self.older_than(horizon.millis());
                if old > self.kept.len() / 2 {
                    self.kept.drain(..old);
                }
            }
            Spread::Matured(length) => {
                self.insert(at, number);
                let old = self.older_than(length.millis());
                for (_, number) in self.kept.drain(..old) {
                    self.total = self.total.with(number);
                }
            }
        }
    }

    fn insert(&mut self, at: i64, number: f64) {
        let place = match self.kept.last() {
            Some((last, _)) if *last > at => self.kept.partition_point(|(known, _)| *known <= at),
            _ => self.kept.len(),
        };
        self.kept.insert(place, (at, number));
    }

    /// How many are as old or older than a length of time, seen from the latest.
    fn older_than(&self, length: i64) -> usize {
        let latest = self.kept.last().map_or(0, |(at, _)| *at);
        self.kept.partition_point(|(at, _)| *at <= latest.saturating_sub(length))
    }
}
