//! Clocks and calendars: zones, hours, recurrences and windows, and what all of them do when clocks change.
//!
//! One policy holds everywhere (`docs/semantics.md`, 2): a local time that does not exist is the first instant after the gap, one that
//! occurs twice is the first of the two, and a day begins at its first instant. It follows from one definition, which makes it total and
//! monotone: *a wall clock is the earliest instant at which the zone's clock shows at least that*.
//!
//! Inside, everything is milliseconds in 64-bit integers: instants since 1970-01-01T00:00:00Z, wall clocks since 1970-01-01T00:00:00 local.
//! `chrono` types stand on the face only. No function panics or overflows, whatever instant it is asked about; beyond the years 1900 to 2199
//! a zone keeps its nearest offset.
//!
//! **Architecture invariant:** offsets come from `database` alone, which is bundled: the answer is the same on every machine.

mod ahead;
mod bounds;
mod cron;
mod database;
mod days;
mod hours;
mod names;
mod recurrence;
mod timeline;
mod times;
mod turn;
mod unknown;
mod wall;
mod zone;

pub use ahead::{anniversary, date_bounds};
pub use bounds::bounds;
pub use cron::CronError;
pub use database::database_version;
pub use hours::OpenHours;
pub use recurrence::{Occurrence, Recurrence};
pub(crate) use turn::turn;
pub use unknown::UnknownZone;
pub use zone::{ClockChange, Zone};
