//! A disk that fails, below SQLite: what was written and not waited for may be lost, kept or torn when the machine stops.
//!
//! Each thread has a disk of its own, and everything on it happens by its seed: two runs of one seed are the same.

mod disk;
mod vfs;

pub use disk::{Disk, Fault, Random, Trouble, with};
pub use vfs::{NAME, register};
