use serde::{Deserialize, Serialize};

use super::{Instant, JobId, Text};
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

/// How a qualified user's message ended. Exactly one for each qualification; names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutcomeKind {
    /// A send job was made.
    Sent,
    /// The audience of the run was larger than the campaign's safety stop allows.
    SafetyStop,
    /// The user is in a control group that the campaign spares.
    Control,
    /// The user is in the campaign's holdout.
    Holdout,
    /// The delivery window or quiet hours were closed and the rule says drop, or they never open again.
    OutsideWindow,
    /// An `unless` event came while the message was pending.
    Cancelled,
    /// The profile does not consent to WhatsApp messages.
    NoConsent,
    /// The profile has no usable phone number.
    Unreachable,
    /// When the message fell due, the user was no longer in the audience.
    RequalifiedOut,
    /// The message fell due after its `valid` time.
    Expired,
    /// The campaign's run had ended when the message fell due.
    Ended,
    /// The same run has sent to the same number already, in another profile.
    DuplicateAddress,
    /// The campaign's own cap (`at most`) was used up.
    CapCampaign,
    /// The account's cap was used up.
    CapGlobal,
    /// Another message to the user was too recent.
    Gap,
    /// As many other users as the campaign's limit allows already have the message.
    Limit,
    /// The provider has disabled the message's template.
    TemplateDisabled,
    /// A free-form message, and the user has not written within 24 hours.
    ServiceWindow,
    /// The message's own text dropped it by `{% abort %}`.
    Aborted,
    /// A value of the message could not be made, or is none that WhatsApp accepts.
    RenderError,
    /// The run's clock stopped before the message fell due.
    Pending,
}

saved!(enum OutcomeKind {
    0 => Sent,
    1 => SafetyStop,
    2 => Control,
    3 => Holdout,
    4 => OutsideWindow,
    5 => Cancelled,
    6 => NoConsent,
    7 => Unreachable,
    8 => RequalifiedOut,
    9 => Expired,
    10 => Ended,
    11 => DuplicateAddress,
    12 => CapCampaign,
    13 => CapGlobal,
    14 => Gap,
    15 => Limit,
    16 => TemplateDisabled,
    17 => ServiceWindow,
    18 => Aborted,
    19 => RenderError,
    20 => Pending,
});

impl OutcomeKind {
    /// Every outcome, in the order of decisions.
    pub const ALL: [OutcomeKind; 21] = [
        OutcomeKind::Sent,
        OutcomeKind::SafetyStop,
        OutcomeKind::Control,
        OutcomeKind::Holdout,
        OutcomeKind::OutsideWindow,
        OutcomeKind::Cancelled,
        OutcomeKind::NoConsent,
        OutcomeKind::Unreachable,
        OutcomeKind::RequalifiedOut,
        OutcomeKind::Expired,
        OutcomeKind::Ended,
        OutcomeKind::DuplicateAddress,
        OutcomeKind::CapCampaign,
        OutcomeKind::CapGlobal,
        OutcomeKind::Gap,
        OutcomeKind::Limit,
        OutcomeKind::TemplateDisabled,
        OutcomeKind::ServiceWindow,
        OutcomeKind::Aborted,
        OutcomeKind::RenderError,
        OutcomeKind::Pending,
    ];

    /// The stable name, as in files: `cap_campaign`.
    pub const fn name(self) -> &'static str {
        match self {
            OutcomeKind::Sent => "sent",
            OutcomeKind::SafetyStop => "safety_stop",
            OutcomeKind::Control => "control",
            OutcomeKind::Holdout => "holdout",
            OutcomeKind::OutsideWindow => "outside_window",
            OutcomeKind::Cancelled => "cancelled",
            OutcomeKind::NoConsent => "no_consent",
            OutcomeKind::Unreachable => "unreachable",
            OutcomeKind::RequalifiedOut => "requalified_out",
            OutcomeKind::Expired => "expired",
            OutcomeKind::Ended => "ended",
            OutcomeKind::DuplicateAddress => "duplicate_address",
            OutcomeKind::CapCampaign => "cap_campaign",
            OutcomeKind::CapGlobal => "cap_global",
            OutcomeKind::Gap => "gap",
            OutcomeKind::Limit => "limit",
            OutcomeKind::TemplateDisabled => "template_disabled",
            OutcomeKind::ServiceWindow => "service_window",
            OutcomeKind::Aborted => "aborted",
            OutcomeKind::RenderError => "render_error",
            OutcomeKind::Pending => "pending",
        }
    }
}

/// What became of one user's one qualification for one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outcome {
    /// The campaign's name.
    pub campaign: Text,
    /// The user's id.
    pub user: Text,
    /// What made the user qualify: the trigger's event id, or the scheduled instant.
    pub occurrence: Text,
    /// When the trigger fired and the user was in the audience.
    pub qualified_at: Instant,
    /// When this outcome was decided.
    pub decided_at: Instant,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// Why, in words, where the outcome's name does not say it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Text>,
    /// The job, when one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

impl Saved for Outcome {
    fn save(&self, to: &mut Saver<'_>) {
        let Outcome { campaign, user, occurrence, qualified_at, decided_at, outcome, detail, job } = self;
        to.name(campaign);
        user.save(to);
        occurrence.save(to);
        qualified_at.save(to);
        decided_at.save(to);
        outcome.save(to);
        detail.save(to);
        job.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Outcome, Damage> {
        Ok(Outcome {
            campaign: from.name()?,
            user: Saved::restore(from)?,
            occurrence: Saved::restore(from)?,
            qualified_at: Saved::restore(from)?,
            decided_at: Saved::restore(from)?,
            outcome: Saved::restore(from)?,
            detail: Saved::restore(from)?,
            job: Saved::restore(from)?,
        })
    }
}
