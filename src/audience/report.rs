use std::fmt;

use serde::Serialize;

use super::Setting;
use super::tally::Tally;
use crate::model::{Instant, Text};

/// Who was in which segment at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AudienceAt {
    /// The instant.
    pub at: Instant,
    /// How many users were known by then.
    pub known: u64,
    /// The segments, in the order in which they were asked for.
    pub segments: Vec<SegmentAudience>,
}

/// One segment at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SegmentAudience {
    /// The segment's name.
    pub segment: Text,
    /// How many users were in it.
    pub users: u64,
    /// Their ids, in the order of their bytes, where that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Text>,
    /// The clauses that are joined by `and`, where that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<Clause>,
}

/// A clause of a segment, and how many users pass it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// As it is written.
    pub text: Text,
    /// How many users pass it, whatever the others say.
    pub alone: u64,
    /// How many pass it and all before it.
    pub together: u64,
}

/// Why it cannot be told who is in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AudienceError {
    /// The rules have no such segment.
    UnknownSegment(String),
    /// The log cannot be read: why, and how to mend it.
    Log(String, Option<String>),
    /// What does not fit in memory could not be put elsewhere, or had back: why, and how to mend it.
    Scratch(String, Option<String>),
}

impl fmt::Display for AudienceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AudienceError::UnknownSegment(name) => write!(f, "there is no segment `{name}`"),
            AudienceError::Log(message, _) | AudienceError::Scratch(message, _) => f.write_str(message),
        }
    }
}

impl std::error::Error for AudienceError {}

impl Setting<'_> {
    /// What was found, in words that stand for themselves.
    pub(super) fn report(&self, tally: Tally) -> Vec<AudienceAt> {
        let at_each = self.plan.ats.iter().zip(tally.known).zip(tally.found);
        let at_each = at_each.map(|((at, known), found)| {
            let segments =
                self.asked.iter().zip(found).map(|(asked, found)| {
                    let mut members: Vec<Text> = found.members.iter().map(|key| self.keys.id(*key)).collect();
                    members.sort_unstable();
                    let clauses = asked.clauses.iter().zip(found.clauses);
                    let clauses = clauses.filter(|_| self.clauses).map(|(clause, (alone, together))| {
                        Clause { text: clause.text.clone(), alone, together }
                    });
                    SegmentAudience {
                        segment: asked.name.clone(),
                        users: found.users,
                        members,
                        clauses: clauses.collect(),
                    }
                });
            AudienceAt { at: *at, known, segments: segments.collect() }
        });
        at_each.collect()
    }
}
