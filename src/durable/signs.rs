//! What can be watched: numbers through the `metrics` facade. A host that installs no exporter pays a look at a pointer.
//!
//! None of them holds personal data. `docs/durable.md` lists them by name.

use metrics::{counter, gauge};

use super::{DurableEngine, JobState};
use crate::live::Ingested;
use crate::model::{Instant, Outcome};

/// What became of records.
pub(super) fn ingested(ingested: &Ingested) {
    let kinds = [
        ("accepted", ingested.accepted),
        ("duplicate", ingested.duplicates),
        ("late", ingested.late),
        ("refused", ingested.refused.len() as u64),
    ];
    for (kind, many) in kinds {
        counter!("campanile_records_total", "kind" => kind).increment(many);
    }
}

/// What became of messages.
pub(super) fn decided(outcomes: &[Outcome]) {
    for outcome in outcomes {
        counter!("campanile_outcomes_total", "reason" => outcome.outcome.name()).increment(1);
    }
}

impl DurableEngine {
    /// How it stands.
    pub(super) fn signs(&self, now: Instant) {
        let seconds = |later: Instant, earlier: Instant| {
            later.millis().saturating_sub(earlier.millis()) as f64 / 1_000.0
        };
        for state in JobState::ALL {
            let many = self.queue.counts().get(&state).copied().unwrap_or(0);
            gauge!("campanile_outbox_jobs", "state" => state.name()).set(many as f64);
        }
        if let Some(closed) = self.engine.closed() {
            gauge!("campanile_lag_seconds").set(seconds(now, closed).max(0.0));
        }
        let next = self.next_due();
        gauge!("campanile_due").set(if next.is_some_and(|next| next <= now) { 1.0 } else { 0.0 });
        if let Some(next) = next {
            gauge!("campanile_next_due_seconds").set(seconds(next, now).max(0.0));
        }
    }
}
