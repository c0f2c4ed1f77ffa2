//! A TOML file's tables, with the place of each key and value.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::codes;
use crate::calendar::Zone;
use crate::language::{Diagnostic, FileId, Sources, Span, suggest};

/// A file in reading.
pub(super) struct Reader<'r> {
    pub sources: &'r Sources,
    pub file: FileId,
    /// The account's zone: days and wall clocks are its own.
    pub zone: &'r Zone,
    pub findings: &'r mut Vec<Diagnostic>,
}

/// A key with its value.
#[derive(Clone, Copy)]
pub(super) struct Entry<'t> {
    pub key: &'t str,
    pub key_at: Span,
    pub value: &'t DeValue<'t>,
    pub at: Span,
}

/// What may stand in a table.
pub(super) struct Known {
    /// What the table is, with its article: `a provider`.
    pub what: &'static str,
    /// What its keys are called together: `keys of a provider`.
    pub keys: &'static str,
    /// Its keys, as they are listed.
    pub names: &'static [&'static str],
}

impl Reader<'_> {
    /// A place of the file.
    pub fn span(&self, range: Range<usize>) -> Span {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(self.file, byte(range.start), byte(range.end))
    }

    /// The entries of a table in the order in which they are written.
    pub fn entries<'t>(&self, table: &'t DeTable<'t>) -> Vec<Entry<'t>> {
        let mut entries: Vec<Entry<'t>> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref(),
                key_at: self.span(key.span()),
                value: value.get_ref(),
                at: self.span(value.span()),
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_at.start);
        entries
    }

    /// The entries of a table that are known; the others are found.
    pub fn known<'t>(&mut self, table: &'t DeTable<'t>, known: &Known) -> Vec<Entry<'t>> {
        let (good, unknown): (Vec<_>, Vec<_>) =
            self.entries(table).into_iter().partition(|entry| known.names.contains(&entry.key));
        for entry in unknown {
            let text = format!("{} has no `{}`", known.what, entry.key);
            let help = suggest(entry.key, known.keys, known.names.iter().copied());
            self.error(codes::UNKNOWN_NAME, entry.key_at, text, help.unwrap_or_default());
        }
        good
    }

    /// The table that a value is; found, with what to write, when it is none.
    pub fn table<'t>(&mut self, entry: Entry<'t>, help: &str) -> Option<&'t DeTable<'t>> {
        if let DeValue::Table(table) = entry.value {
            return Some(table);
        }
        let text =
            format!("`{}` is a table with keys of its own, and this is {}", entry.key, kind(entry.value));
        self.error(codes::NO_BUDGET, entry.at, text, help);
        None
    }

    /// Adds a finding with its fix.
    pub fn error(
        &mut self,
        code: crate::language::Code,
        at: Span,
        text: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.findings.push(Diagnostic::error(code, at, text).with_help(help));
    }
}

/// What a value is, in words.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a yes or no",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
