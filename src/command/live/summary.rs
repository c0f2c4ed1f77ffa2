//! What a process tells when it ends.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Instant;
use crate::report::grouped;

/// What this process did, and how it leaves the state.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// The rows that were read.
    pub rows: u64,
    /// The records that were taken in.
    pub accepted: u64,
    /// Events whose id their user had brought before.
    pub duplicates: u64,
    /// Of the accepted, those of an instant that was closed already.
    pub late: u64,
    /// Rows that could not be read, and records that could not be taken in.
    pub rejected: u64,
    /// Rows that are neither events nor profiles.
    pub ignored: u64,
    /// The jobs that fell due.
    pub jobs: u64,
    /// The outcomes that were decided.
    pub outcomes: u64,
    /// The jobs that were handed over.
    pub handed_over: u64,
    /// All instants up to this one are closed.
    pub closed: Option<Instant>,
    /// The outbox by state.
    pub outbox: BTreeMap<&'static str, u64>,
    /// Ended by a signal, before the log did.
    pub stopped: bool,
}

impl Summary {
    /// As JSON.
    pub fn json(&self) -> String {
        // Text and numbers always have a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Names to the left, numbers to the right.
    pub fn table(&self) -> String {
        let rows = [
            ("rows read", self.rows),
            ("records taken in", self.accepted),
            ("  of them late", self.late),
            ("duplicates", self.duplicates),
            ("rejected", self.rejected),
            ("ignored", self.ignored),
            ("jobs decided", self.jobs),
            ("outcomes decided", self.outcomes),
            ("jobs handed over", self.handed_over),
        ];
        let outbox = self.outbox.iter().map(|(state, many)| (format!("outbox {state}"), *many));
        let rows = rows.into_iter().map(|(name, many)| (name.to_owned(), many)).chain(outbox);
        let mut text: String =
            rows.map(|(name, many)| format!("{name:20}  {:>14}\n", grouped(many))).collect();
        if let Some(closed) = self.closed {
            text.push_str(&format!("closed up to {closed}\n"));
        }
        text
    }
}
