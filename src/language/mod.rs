//! From text to tree: the grammar's reader, the syntax tree, spans and diagnostics.
//!
//! Knows nothing of what names mean or how rules run.

#[cfg(feature = "config")]
mod alone;
pub mod ast;
mod blocks;
mod clauses;
pub(crate) mod codes;
mod diagnostic;
mod expected;
mod format;
mod grammar;
mod mend;
mod nearest;
mod parse;
mod piece;
mod read;
mod scan;
mod source;

#[cfg(feature = "config")]
pub(crate) use alone::{read_length, read_rate};
pub use diagnostic::{Code, Diagnostic, Label, Severity};
pub(crate) use format::same::without_places;
pub use format::{Unformatted, WIDTH, format};
pub(crate) use nearest::{distance, nearest, suggest};
pub(crate) use parse::outline;
pub use parse::{ItemKind, LARGEST_FILE, Parsed, Unread, parse};
pub use scan::comments;
pub use source::{FileId, Position, Sources, Span, Spanned};
