//! From text to tree: the grammar's reader, the syntax tree, spans and diagnostics.
//!
//! Knows nothing of what names mean or how rules run.

pub mod ast;
mod diagnostic;
mod source;

pub use diagnostic::{Code, Diagnostic, Label, Severity};
pub use source::{FileId, Position, Sources, Span, Spanned};
