use serde::{Deserialize, Serialize};

use super::{Instant, JobId, Text};

/// A message to hand to a WhatsApp provider: everything is decided and rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SendJob {
    /// Stable hash of campaign, user and occurrence: the same decision always has the same id.
    pub id: JobId,
    /// The campaign's name.
    pub campaign: Text,
    /// Which of the campaign's messages; `only` while it has one.
    pub variant: Text,
    /// The user's id.
    pub user: Text,
    /// The user's phone number in E.164 form, with `+`.
    pub to: Text,
    /// The provider that the campaign names; none when it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    /// Where the message goes.
    pub channel: Channel,
    /// The template's category.
    pub category: Category,
    /// When the message is to be sent.
    pub due: Instant,
    /// The last instant at which it may still be sent; none when the campaign does not limit it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Instant>,
    /// When the trigger fired and the user was in the audience.
    pub qualified_at: Instant,
    /// The IANA name of the time zone in which wall-clock questions were answered for this user.
    pub time_zone: Text,
    /// Where that time zone came from.
    pub time_zone_source: ZoneSource,
    /// The profile's own words for its time zone, when they name none that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_time_zone: Option<Text>,
    /// The approved template with its values, in the Cloud API's shape.
    pub template: TemplateMessage,
    /// What made the user qualify.
    pub trigger: Trigger,
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

/// WhatsApp's kinds of templates, which decide price and rules.
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
}

impl Category {
    /// The name as in rules and files: `marketing`.
    pub const fn name(self) -> &'static str {
        match self {
            Category::Marketing => "marketing",
            Category::Utility => "utility",
            Category::Authentication => "authentication",
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

/// A template with its values, as the Cloud API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateMessage {
    /// The approved template's name.
    pub name: Text,
    /// The template's language.
    pub language: Language,
    /// Header, body and buttons, where they have values.
    pub components: Vec<Component>,
}

/// A template's language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Language {
    /// WhatsApp's code: `en`, `en_US`.
    pub code: Text,
}

/// One part of a template that takes values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Component {
    /// The header: one text, or one medium.
    Header {
        /// Exactly one.
        parameters: Vec<Parameter>,
    },
    /// The body's values in order.
    Body {
        /// In the template's order; all named or none.
        parameters: Vec<Parameter>,
    },
    /// One button's value.
    Button {
        /// What the button does.
        sub_type: ButtonKind,
        /// The button's place in the template, from 0, as the Cloud API's text.
        index: String,
        /// Exactly one.
        parameters: Vec<Parameter>,
    },
}

/// What a header shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HeaderKind {
    /// Text with at most one value.
    Text,
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A file.
    Document,
}

impl HeaderKind {
    /// The name as in rules: `image`.
    pub const fn name(self) -> &'static str {
        match self {
            HeaderKind::Text => "text",
            HeaderKind::Image => "image",
            HeaderKind::Video => "video",
            HeaderKind::Document => "document",
        }
    }
}

/// What a button does, by the Cloud API's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ButtonKind {
    /// Opens a page; the value is the end of its address.
    Url,
    /// Answers with a payload of ours.
    QuickReply,
    /// Copies a coupon code.
    CopyCode,
}

/// One value of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Parameter {
    /// Text, with the parameter's name when the template's parameters are named.
    Text {
        /// The parameter's name in the template.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parameter_name: Option<Text>,
        /// The rendered value.
        text: String,
    },
    /// A picture.
    Image {
        /// Where it is.
        image: MediaLink,
    },
    /// A film.
    Video {
        /// Where it is.
        video: MediaLink,
    },
    /// A file.
    Document {
        /// Where it is.
        document: MediaLink,
    },
    /// The payload of a quick reply.
    Payload {
        /// The rendered value.
        payload: String,
    },
    /// A coupon code.
    CouponCode {
        /// The rendered value.
        coupon_code: String,
    },
}

/// Where a medium is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MediaLink {
    /// An `https` address.
    pub link: String,
    /// The name shown for a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}
