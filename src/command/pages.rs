//! The pages of `docs/errors/`, one for each code. `BLESS=1 cargo test --test documents` writes this file.

/// Codes with their pages, in order.
pub const PAGES: &[(&str, &str)] = &[];
