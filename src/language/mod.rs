//! From text to tree: the grammar's reader, the syntax tree, spans and diagnostics.
//!
//! Knows nothing of what names mean or how rules run.

pub mod ast;
mod diagnostic;
mod nearest;
mod source;

pub use diagnostic::{Code, Diagnostic, Label, Severity};
pub(crate) use nearest::{nearest, suggest};
pub use source::{FileId, Position, Sources, Span, Spanned};
