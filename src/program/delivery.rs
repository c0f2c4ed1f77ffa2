//! Which of a campaign's messages a user gets, and whether a user may be written to without a template.

use crate::language::ast::{
    Condition, Delivery, Did, EventName, EventPattern, Metric, TestSize, Window, WindowKind,
};
use crate::language::{Span, Spanned};
use crate::model::{Duration, Percent, draw};
use crate::rulebook::{Campaign, Variant};

use super::NodeId;

/// What a campaign sends.
#[derive(Debug)]
pub(crate) struct DeliveryPlan {
    /// Its messages, as they are written; at least one.
    pub(crate) variants: Vec<Variant>,
    pub(crate) choice: ChoicePlan,
}

/// How one of the messages is chosen.
#[derive(Debug)]
pub(crate) enum ChoicePlan {
    /// There is one.
    Only,
    /// By a draw: for each variant, the millionths of all users up to and with its share.
    Split { purpose: String, up_to: Vec<u32> },
    /// The first whose condition on the profile holds, else the last.
    By(Vec<NodeId>),
    /// By a test.
    Test(TestPlan),
}

/// An A/B test.
#[derive(Debug)]
pub(crate) struct TestPlan {
    pub(crate) size: TestSizePlan,
    pub(crate) winner: Metric,
    /// How long after the job that fills the test (of a schedule: its first) it is decided.
    pub(crate) after: Duration,
}

/// How many users take part in a test.
#[derive(Debug)]
pub(crate) enum TestSizePlan {
    /// By a draw for this purpose.
    Share {
        purpose: String,
        share: Percent,
    },
    Users(u32),
}

impl DeliveryPlan {
    /// The plan; `condition` compiles what is asked of the profile.
    pub(super) fn compile(
        campaign: &Campaign,
        mut condition: impl FnMut(&Condition) -> NodeId,
    ) -> DeliveryPlan {
        let name = &campaign.name;
        let choice = match &campaign.syntax.message {
            Some(Delivery::Split(split)) => {
                let mut total = 0;
                let up_to = split.arms.iter().map(|arm| {
                    total += arm.share.node.millionths();
                    total
                });
                ChoicePlan::Split { purpose: format!("split/{name}"), up_to: up_to.collect() }
            }
            Some(Delivery::By(by)) => {
                let arms = 0..by.arms.len();
                ChoicePlan::By(arms.filter_map(|arm| Some(condition(&by.condition(arm)?))).collect())
            }
            Some(Delivery::Test(test)) => ChoicePlan::Test(TestPlan {
                size: match &test.size {
                    TestSize::Share(share) => {
                        TestSizePlan::Share { purpose: format!("test/{name}"), share: share.node }
                    }
                    TestSize::Users(users) => TestSizePlan::Users(users.node),
                },
                winner: test.winner.node,
                after: test.after.node,
            }),
            Some(Delivery::One(_)) | None => ChoicePlan::Only,
        };
        DeliveryPlan { variants: campaign.variants.clone(), choice }
    }

    /// The A/B test, if that is what chooses.
    pub(crate) fn test(&self) -> Option<&TestPlan> {
        match &self.choice {
            ChoicePlan::Test(test) => Some(test),
            ChoicePlan::Only | ChoicePlan::Split { .. } | ChoicePlan::By(_) => None,
        }
    }

    /// The variant of a user, with its place: `holds` asks a condition. None of a test, which what others did decides.
    pub(crate) fn choose(&self, user: &str, holds: impl FnMut(NodeId) -> bool) -> Option<(usize, &Variant)> {
        let place = match &self.choice {
            ChoicePlan::Only => 0,
            ChoicePlan::Split { purpose, up_to } => {
                // The high bits scaled to a million, as for every share.
                let drawn = ((u128::from(draw(purpose, user)) * 1_000_000) >> 64) as u32;
                up_to.iter().position(|up_to| drawn < *up_to).unwrap_or(0)
            }
            ChoicePlan::By(arms) => arms.iter().copied().position(holds).unwrap_or(arms.len()),
            ChoicePlan::Test(_) => return None,
        };
        self.variants.get(place).map(|variant| (place, variant))
    }
}

/// The events by which a user writes to the business: as we and as CleverTap call the answer to a message, and any other word.
pub(super) const SPOKEN: [&str; 3] = ["Message Replied", "Notification Replied", "Message Received"];

/// Whether WhatsApp takes what is no template: the user wrote within 24 hours.
pub(super) fn within_service_window() -> Condition {
    let nowhere = Span::default();
    let did = |name: &str| {
        let event = Spanned::new(EventName::Named(name.to_owned()), nowhere);
        let kind = WindowKind::Last(Duration::from_seconds(24 * 3_600));
        Condition::Did(Did {
            negated: false,
            pattern: EventPattern { event, filter: None, span: nowhere },
            count: None,
            window: Some(Window { kind, user_time: false, span: nowhere }),
            span: nowhere,
        })
    };
    Condition::Or(SPOKEN.iter().map(|name| did(name)).collect(), nowhere)
}
