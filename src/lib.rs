//! Campanile: an embedded rules-and-scheduling engine.
//!
//! Rule files and an event log go in; scheduled WhatsApp send jobs, and one outcome for each qualified user, come out.

pub mod calendar;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod command;
pub mod dispatch;
#[cfg(feature = "input")]
pub mod input;
pub mod language;
pub mod live;
pub mod machine;
pub mod message;
pub mod model;
pub mod program;
pub mod replay;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod report;
pub mod rulebook;
pub mod sink;
