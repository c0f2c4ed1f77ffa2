//! Messages that are no templates, in the Cloud API's shape.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::template::{Location, MediaLink, ProductSection};

/// A message that is no template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FreeMessage {
    /// A text.
    Text {
        /// The text.
        text: TextBody,
    },
    /// A picture.
    Image {
        /// The picture.
        image: Media,
    },
    /// A film.
    Video {
        /// The film.
        video: Media,
    },
    /// A recording.
    Audio {
        /// The recording.
        audio: Media,
    },
    /// A file.
    Document {
        /// The file.
        document: Media,
    },
    /// A sticker.
    Sticker {
        /// The sticker.
        sticker: Media,
    },
    /// A place.
    Location {
        /// The place.
        location: Location,
    },
    /// A text with something to do.
    Interactive {
        /// The text, and what to do.
        interactive: Box<Interactive>,
    },
}

/// A text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TextBody {
    /// The text itself.
    pub body: String,
    /// True when the first address in it is shown with a picture.
    pub preview_url: bool,
}

/// A medium, and the text under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Media {
    /// An `https` address.
    pub link: String,
    /// The text under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// The name shown for a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// A text with something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Interactive {
    /// What stands above the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<InteractiveHeader>,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<TextPart>,
    /// What stands below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<TextPart>,
    /// What to do: in JSON the `type` and the `action`.
    #[serde(flatten)]
    pub content: Action,
}

/// A text of an interactive message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TextPart {
    /// The text itself.
    pub text: String,
}

/// What stands above an interactive message's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum InteractiveHeader {
    /// A line of text.
    Text {
        /// The line.
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
}

/// What a user can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Answer by a button.
    Button {
        /// The buttons.
        action: ReplyAction,
    },
    /// Pick from a list.
    List {
        /// The list.
        action: ListAction,
    },
    /// Open a page.
    CtaUrl {
        /// The page.
        action: NamedAction<LinkParameters>,
    },
    /// Tell where they are.
    LocationRequestMessage {
        /// Nothing but its name, `send_location`.
        action: SendLocation,
    },
    /// Fill in a flow.
    Flow {
        /// The flow.
        action: NamedAction<FlowParameters>,
    },
    /// Open the catalogue.
    CatalogMessage {
        /// The catalogue's name, `catalog_message`.
        action: CatalogAction,
    },
    /// Look at a product.
    Product {
        /// The product.
        action: ProductAction,
    },
    /// Look at several products.
    ProductList {
        /// The products.
        action: ProductListAction,
    },
}

/// Buttons that answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReplyAction {
    /// Up to three.
    pub buttons: Vec<ReplyButton>,
}

/// A button that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReplyButton {
    /// Sends its id back.
    Reply {
        /// What it says, and what comes back.
        reply: Reply,
    },
}

/// What a button says, and what comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reply {
    /// What comes back.
    pub id: String,
    /// What it says.
    pub title: String,
}

/// A list to pick from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListAction {
    /// What the button says that opens it.
    pub button: String,
    /// The rows, under their titles.
    pub sections: Vec<ListSection>,
}

/// Rows of a list under a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListSection {
    /// The title; none when there is one section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Row {
    /// What comes back.
    pub id: String,
    /// What it says.
    pub title: String,
    /// What else it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// An action by its name, with what it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NamedAction<P> {
    /// `cta_url` or `flow`.
    pub name: String,
    /// What it needs.
    pub parameters: P,
}

/// A page to open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkParameters {
    /// What the button says.
    pub display_text: String,
    /// An `https` address.
    pub url: String,
}

/// A flow to fill in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FlowParameters {
    /// The version of flow messages: `3`.
    pub flow_message_version: String,
    /// The flow's id.
    pub flow_id: String,
    /// What the button says.
    pub flow_cta: String,
    /// What comes back with the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_token: Option<String>,
    /// `navigate` to a screen, or `data_exchange` when the flow's server decides.
    pub flow_action: String,
    /// The screen, and what it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_action_payload: Option<FlowPayload>,
}

/// A flow's first screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FlowPayload {
    /// Its name.
    pub screen: String,
    /// What it is given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
}

/// The wish for a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SendLocation {
    /// `send_location`.
    pub name: String,
}

/// The catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CatalogAction {
    /// `catalog_message`.
    pub name: String,
    /// The product whose picture is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<CatalogParameters>,
}

/// What the catalogue is shown by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CatalogParameters {
    /// The product's id.
    pub thumbnail_product_retailer_id: String,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductAction {
    /// The catalogue's id.
    pub catalog_id: String,
    /// The product's id in it.
    pub product_retailer_id: String,
}

/// Several products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductListAction {
    /// The catalogue's id.
    pub catalog_id: String,
    /// The products under their titles.
    pub sections: Vec<ProductSection>,
}
