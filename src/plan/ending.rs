use crate::model::OutcomeKind;

/// What became of a message, more coarsely than its outcome says: what a chart or a narrow table has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// A job was made.
    Sent,
    /// The user is in a control group or holdout, or the run was stopped for safety: nobody tried.
    Spared,
    /// An event came, or the user left the audience.
    Cancelled,
    /// No consent, no usable number, or WhatsApp would not take it.
    Unreachable,
    /// Its hours were closed, its validity was over, or its campaign was.
    TooLate,
    /// A cap, a gap or a limit had no place left.
    Capped,
    /// The message could not be made, or its own text dropped it.
    NotMade,
    /// It is still to be decided when the plan ends.
    Pending,
}

impl Ending {
    /// Every one, in the order in which they are shown.
    pub const ALL: [Ending; 8] = [
        Ending::Sent,
        Ending::Spared,
        Ending::Cancelled,
        Ending::Unreachable,
        Ending::TooLate,
        Ending::Capped,
        Ending::NotMade,
        Ending::Pending,
    ];

    /// Where an outcome belongs.
    pub const fn of(outcome: OutcomeKind) -> Ending {
        match outcome {
            OutcomeKind::Sent => Ending::Sent,
            OutcomeKind::SafetyStop | OutcomeKind::Control | OutcomeKind::Holdout => Ending::Spared,
            OutcomeKind::Cancelled | OutcomeKind::RequalifiedOut => Ending::Cancelled,
            OutcomeKind::NoConsent
            | OutcomeKind::Unreachable
            | OutcomeKind::TemplateDisabled
            | OutcomeKind::ServiceWindow => Ending::Unreachable,
            OutcomeKind::OutsideWindow | OutcomeKind::Expired | OutcomeKind::Ended => Ending::TooLate,
            OutcomeKind::DuplicateAddress
            | OutcomeKind::CapCampaign
            | OutcomeKind::CapGlobal
            | OutcomeKind::Gap
            | OutcomeKind::Limit => Ending::Capped,
            OutcomeKind::Aborted | OutcomeKind::RenderError => Ending::NotMade,
            OutcomeKind::Pending => Ending::Pending,
        }
    }

    /// In words, as a column is headed: `too late`.
    pub const fn words(self) -> &'static str {
        match self {
            Ending::Sent => "sent",
            Ending::Spared => "spared",
            Ending::Cancelled => "cancelled",
            Ending::Unreachable => "unreachable",
            Ending::TooLate => "too late",
            Ending::Capped => "capped",
            Ending::NotMade => "not made",
            Ending::Pending => "pending",
        }
    }
}
