//! What is said of two versions: counts, samples, causes.

use serde::Serialize;

use crate::explain::Place;
use crate::model::{Instant, OutcomeKind, SendJob, Text};

/// What two versions of the rules make of one log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Difference {
    /// Whether any job or outcome is not the same in both.
    pub differs: bool,
    /// The first instant of both runs.
    pub from: Instant,
    /// The instant before which both runs ended.
    pub to: Instant,
    /// Users of whom there is any record.
    pub users: u64,
    /// The campaigns: those of the new rules in their order, then those that are gone.
    pub campaigns: Vec<CampaignDifference>,
    /// What the rules say differently, whether or not anything came of it.
    pub changes: Vec<RuleChange>,
}

/// What two versions make of one campaign.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CampaignDifference {
    /// Its name; in the new rules where it is in both.
    pub campaign: Text,
    /// Its name in the old rules, where it is another and all else is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<Text>,
    /// Which version has it.
    #[serde(rename = "in")]
    pub presence: Presence,
    /// Its jobs.
    pub jobs: JobCounts,
    /// Qualifications without a job in either version that ended otherwise.
    pub other_outcomes: u64,
    /// How often what became of a qualification is something else, most frequent first.
    pub reasons: Vec<Reason>,
    /// What made the difference to the samples, most frequent first.
    pub causes: Vec<CampaignCause>,
    /// Some of the qualifications that differ: of each kind at most as many as was asked for, by user.
    pub samples: Vec<Sample>,
}

impl CampaignDifference {
    /// Whether any job or outcome is not the same in both.
    pub fn differs(&self) -> bool {
        let jobs = &self.jobs;
        let moved = jobs.moved_earlier + jobs.moved_later;
        self.renamed_from.is_some()
            || jobs.added + jobs.removed + moved + jobs.changed + self.other_outcomes > 0
    }
}

/// Which version has a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Both.
    Both,
    /// The old rules alone.
    Old,
    /// The new rules alone.
    New,
}

/// The jobs of a campaign in both versions, by id (those of a renamed campaign by user and occurrence).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct JobCounts {
    /// Jobs of the old rules: `removed`, moved, `changed` and `same` together.
    pub old: u64,
    /// Jobs of the new rules: `added`, moved, `changed` and `same` together.
    pub new: u64,
    /// Only in the new.
    pub added: u64,
    /// Only in the old.
    pub removed: u64,
    /// Due earlier in the new, whatever else is different.
    pub moved_earlier: u64,
    /// Due later in the new, whatever else is different.
    pub moved_later: u64,
    /// Due at the same instant, and different in something else.
    pub changed: u64,
    /// The same in all.
    pub same: u64,
}

/// What became of qualifications, before and after. Without an outcome the user did not qualify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Reason {
    /// Under the old rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<OutcomeKind>,
    /// Under the new rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<OutcomeKind>,
    /// How often.
    pub count: u64,
}

/// How a qualification differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A job that was not.
    Added,
    /// A job that is no more.
    Removed,
    /// A job due earlier.
    MovedEarlier,
    /// A job due later.
    MovedLater,
    /// A job due at the same instant that is different in something else.
    Changed,
    /// No job in either, and another outcome.
    Outcome,
}

/// One qualification that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Sample {
    /// How it differs.
    pub kind: Kind,
    /// The user.
    pub user: Text,
    /// What made the user qualify, as in jobs and outcomes.
    pub occurrence: Text,
    /// The fields in which two jobs differ; none where there is one job or none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<&'static str>,
    /// What it was under the old rules; nothing when the user did not qualify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<State>,
    /// What it is under the new rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<State>,
    /// What made the difference; empty when it was not looked for, or not found within the bound.
    pub causes: Vec<Cause>,
}

/// What became of a qualification.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct State {
    /// How it ended.
    pub outcome: OutcomeKind,
    /// When the user qualified.
    pub qualified_at: Instant,
    /// When it was decided.
    pub decided_at: Instant,
    /// Why, where the outcome does not say it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Text>,
    /// The job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<SendJob>,
}

/// What made a difference, as was found by running the old rules with nothing but this of the new ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Cause {
    /// The changes, by their places in [`Difference::changes`]. One of them does it alone; several do it together, and none of them can be left
    /// out.
    pub changes: Vec<usize>,
    /// The fields of the job that they make different; empty for all that is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<&'static str>,
}

/// A cause, and how many samples of a campaign it stands behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CampaignCause {
    /// The changes, by their places in [`Difference::changes`].
    pub changes: Vec<usize>,
    /// So many samples.
    pub samples: usize,
}

/// Something that the two versions say differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RuleChange {
    /// The campaign that it is a part of; none for what is not a campaign's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Text>,
    /// What it is, in words: `` `wait` ``, `` segment `lapsed` ``, `` `quiet hours` of the settings ``.
    pub what: String,
    /// What the old rules say; nothing when they do not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Wording>,
    /// What the new rules say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Wording>,
    /// How many samples it stands behind, alone or with others.
    pub samples: usize,
}

impl RuleChange {
    /// Where it is: in the new rules, or in the old where it was taken away.
    pub fn place(&self) -> Option<&Place> {
        self.new.as_ref().or(self.old.as_ref())?.place.as_ref()
    }
}

/// What one version says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Wording {
    /// Where: of several lines, the first that is different. None for what is not written in rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// As it is written.
    pub text: String,
}
