//! What a job sends, in the Cloud API's shape: a template with its values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Text;

/// A template with its values, as the Cloud API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateMessage {
    /// The approved template's name.
    pub name: Text,
    /// The template's language.
    pub language: Language,
    /// The parts that have values: header, body, buttons, an offer, a carousel.
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
    /// The header: one text, medium, place or product.
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
        /// Exactly one; none for a flow or a catalogue without values of ours.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parameters: Vec<Parameter>,
    },
    /// A limited-time offer.
    LimitedTimeOffer {
        /// Exactly one, of type `limited_time_offer`.
        parameters: Vec<Parameter>,
    },
    /// Cards to swipe through.
    Carousel {
        /// In the template's order.
        cards: Vec<Card>,
    },
}

/// One card of a carousel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Card {
    /// Its place, from 0.
    pub card_index: u8,
    /// Its header, body and buttons, where they have values.
    pub components: Vec<Component>,
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
    /// Opens a flow.
    Flow,
    /// Opens the catalogue.
    Catalog,
    /// Lists several products.
    Mpm,
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
    /// An amount of money.
    Currency {
        /// The parameter's name in the template.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parameter_name: Option<Text>,
        /// The amount.
        currency: Currency,
    },
    /// A date.
    DateTime {
        /// The parameter's name in the template.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parameter_name: Option<Text>,
        /// The date in words.
        date_time: DateTime,
    },
    /// A place.
    Location {
        /// Where it is.
        location: Location,
    },
    /// A product of a catalogue.
    Product {
        /// Which one.
        product: ProductReference,
    },
    /// When an offer ends.
    LimitedTimeOffer {
        /// Its end.
        limited_time_offer: OfferEnd,
    },
    /// What a button that opens a flow, the catalogue or products is given.
    Action {
        /// The values.
        action: ButtonAction,
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

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Currency {
    /// What is shown where WhatsApp cannot write it in the user's way.
    pub fallback_value: String,
    /// The currency's three letters: `INR`.
    pub code: String,
    /// A thousand times the amount.
    pub amount_1000: i64,
}

/// A date in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DateTime {
    /// What is shown.
    pub fallback_value: String,
}

/// A place on Earth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Location {
    /// Degrees north, from -90 to 90, in digits.
    pub latitude: String,
    /// Degrees east, from -180 to 180, in digits.
    pub longitude: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A product of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductReference {
    /// The product's id in it.
    pub product_retailer_id: String,
    /// The catalogue's id.
    pub catalog_id: String,
}

/// The end of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfferEnd {
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub expiration_time_ms: i64,
}

/// What a button of a template is given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ButtonAction {
    /// What comes back with a flow's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_token: Option<String>,
    /// What a flow's first screen is given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flow_action_data: BTreeMap<String, String>,
    /// The product whose picture is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_product_retailer_id: Option<String>,
    /// The products that are listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<ProductSection>,
}

/// A row of products under a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductSection {
    /// Its title.
    pub title: String,
    /// Its products.
    pub product_items: Vec<ProductItem>,
}

/// One product of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductItem {
    /// Its id in the catalogue.
    pub product_retailer_id: String,
}
