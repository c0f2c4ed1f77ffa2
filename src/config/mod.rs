//! `campanile.toml`: what is declared beside the rules. So far, providers and what they allow.
//!
//! Reading it takes the feature `config`; without it, a file that is there is refused and never passed over.

#[cfg(not(feature = "config"))]
mod absent;
mod codes;
#[cfg(feature = "config")]
mod providers;
#[cfg(feature = "config")]
mod table;
#[cfg(feature = "config")]
mod values;

#[cfg(not(feature = "config"))]
pub(crate) use absent::read;
pub(crate) use codes::UNREADABLE;
#[cfg(feature = "config")]
pub(crate) use providers::read;

/// The file's name.
pub(crate) const FILE: &str = "campanile.toml";
