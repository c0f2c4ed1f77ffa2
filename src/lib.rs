#![doc = include_str!("../README.md")]

pub mod audience;
pub mod calendar;
mod columns;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod command;
mod config;
pub mod difference;
pub mod dispatch;
#[cfg(feature = "durable")]
pub mod durable;
pub mod explain;
#[cfg(feature = "input")]
pub mod infer;
#[cfg(feature = "input")]
pub mod input;
pub mod language;
pub mod live;
pub mod machine;
pub mod message;
pub mod model;
pub mod plan;
pub mod program;
pub mod replay;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod report;
pub mod rulebook;
mod saved;
mod scratch;
pub mod sink;
pub mod testing;

pub use live::Engine;
pub use model::{Outcome, SendJob};
pub use program::Program;
pub use replay::Replay;
pub use rulebook::Rulebook;
pub use sink::Sink;
