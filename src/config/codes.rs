//! The stable codes of this room's findings. Each is described in `docs/errors`, under its own name; none is ever reused.

use crate::language::Code;

/// A file that cannot be read, or of which there is more than one.
pub(crate) const UNREADABLE: Code = Code("E0360");
/// A name that the file does not know: a key, a table, a portfolio.
#[cfg(feature = "config")]
pub(super) const UNKNOWN_NAME: Code = Code("E0361");
/// A budget that does not say how much, or says what cannot be.
#[cfg(feature = "config")]
pub(super) const NO_BUDGET: Code = Code("E0362");
