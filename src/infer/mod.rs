//! What a log holds: the events and properties that are in it, and the kinds that schemas should declare for them.
//!
//! A [`Census`] is shown every record; [`Census::settle`] then decides. The rule for values of several kinds is one sentence:
//! **the narrowest kind that at least 19 of 20 values are, or become when they come in; if there is none, the kind that keeps most
//! of them.** What a declaration would lose is counted and kept as an example, so nothing is lost in silence.
//!
//! # Example
//! ```
//! use campanile::infer::{Census, Kind};
//! use campanile::model::{Event, Instant, Record, Value};
//!
//! let mut census = Census::new();
//! for amount in [Value::integer(900), Value::integer(20), Value::text("150")] {
//!     census.add(&Record::Event(Event {
//!         user: "asha".into(),
//!         name: "Charged".into(),
//!         at: Instant::from_seconds(0),
//!         id: None,
//!         properties: [("amount", amount)].into_iter().collect(),
//!     }));
//! }
//! let inferred = census.settle();
//! let amount = &inferred.events[0].properties[0];
//! assert_eq!((amount.shape.kind, amount.shape.converted, amount.shape.lost), (Kind::Number, 1, 0));
//! ```

mod census;
mod names;
mod settle;
mod shape;
mod tally;

#[cfg(feature = "cli")]
pub(crate) use names::quoted;

pub use census::Census;
pub use shape::{EventShape, Inferred, Kind, Odd, ProfileShape, PropertyShape, Refusal, Shape};
