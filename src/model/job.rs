use serde::{Deserialize, Serialize};

use super::{FreeMessage, Instant, JobId, TemplateMessage, Text};
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

/// A message to hand to a WhatsApp provider: everything is decided and rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SendJob {
    /// Stable hash of campaign, user and occurrence: the same decision always has the same id.
    pub id: JobId,
    /// The campaign's name.
    pub campaign: Text,
    /// Which of the campaign's messages; `only` when it has one.
    pub variant: Text,
    /// The user's id.
    pub user: Text,
    /// The user's phone number in E.164 form, with `+`.
    pub to: Text,
    /// The provider that the campaign names, or the only one that is declared; none when neither says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    /// Where the message goes.
    pub channel: Channel,
    /// The kind of message by which WhatsApp charges: the template's, or `service` for a message that is no template.
    pub category: Category,
    /// When the message is to be sent.
    pub due: Instant,
    /// The last instant at which it may still be sent; none when the campaign does not limit it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Instant>,
    /// When the trigger fired and the user was in the audience.
    pub qualified_at: Instant,
    /// The time zone in which wall-clock questions were answered for this user: its IANA name, or an offset such as `+05:30`.
    pub time_zone: Text,
    /// Where that time zone came from.
    pub time_zone_source: ZoneSource,
    /// The profile's own words for its time zone, when they name none that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_time_zone: Option<Text>,
    /// What is sent: in JSON `template` or `message`.
    #[serde(flatten)]
    pub content: Content,
    /// What made the user qualify.
    pub trigger: Trigger,
}

/// As what is handed over: few jobs are saved, and many are the parts of a message.
impl Saved for SendJob {
    fn save(&self, to: &mut Saver<'_>) {
        match serde_json::to_string(self) {
            Ok(json) => to.text(&json),
            Err(error) => to.fail(error.into()),
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<SendJob, Damage> {
        serde_json::from_str(from.str()?).map_err(|_| Damage::Wrong("a job is none"))
    }
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// The approved template with its values, as the Cloud API takes it under `template`.
    Template(TemplateMessage),
    /// A message that is no template, as the Cloud API takes it: its `type` and the part of that name. Only within 24 hours of
    /// the user's last word.
    Message(FreeMessage),
}

impl Content {
    /// The template; none for a message that is none.
    pub const fn template(&self) -> Option<&TemplateMessage> {
        match self {
            Content::Template(template) => Some(template),
            Content::Message(_) => None,
        }
    }
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Channel {
    /// WhatsApp.
    Whatsapp,
}

/// WhatsApp's kinds of messages, which decide price and rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Offers and reminders.
    Marketing,
    /// Follow-ups of something the user did or asked for.
    Utility,
    /// One-time codes.
    Authentication,
    /// What is no template: an answer within 24 hours of the user's last word.
    Service,
}

impl Category {
    /// The name as in rules and files: `marketing`.
    pub const fn name(self) -> &'static str {
        match self {
            Category::Marketing => "marketing",
            Category::Utility => "utility",
            Category::Authentication => "authentication",
            Category::Service => "service",
        }
    }
}

/// Where a user's time zone came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ZoneSource {
    /// The user's profile.
    Profile,
    /// The account's, because the profile has none.
    Account,
    /// The account's, because the profile's is none that is known.
    AccountForUnknown,
}

saved!(enum ZoneSource {
    0 => Profile,
    1 => Account,
    2 => AccountForUnknown,
});

/// What made the user qualify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trigger {
    /// Which kind of trigger it was.
    pub kind: TriggerKind,
    /// The event's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Text>,
    /// The event's id; one made from its content when it came without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Text>,
    /// When the event happened (for `when A then no B within T`: when A did); where there is none, the instant at which
    /// the trigger fired.
    pub at: Instant,
}

/// What kind of trigger made the user qualify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TriggerKind {
    /// `when E`.
    Event,
    /// `when E for the first time`.
    FirstTime,
    /// `when A then B within T`; the event is B.
    Followed,
    /// `when A then no B within T`; the event is A.
    Inaction,
    /// `when 3 hours before "E".p`, `on "E".p`; the event is the one with the date.
    EventDate,
    /// `on profile.p`, `when 7 days before profile.p`; without an event.
    ProfileDate,
    /// `when enters segment s`; without an event.
    Enters,
    /// `when leaves segment s`; without an event.
    Leaves,
    /// `on request`; the event is the request.
    Request,
    /// `at`, `every`, `cron`; without an event.
    Schedule,
}
