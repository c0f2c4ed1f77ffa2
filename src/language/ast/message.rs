//! What users get.

use super::*;
use crate::model::HeaderKind;

/// `send template cart_reminder in profile.language or "en" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The approved template's name.
    pub template: Ident,
    /// In which language; the template's only one, or `en`, when nothing is said.
    pub language: Option<LanguageChoice>,
    /// `header image "…"`
    pub header: Option<Header>,
    /// `body …`; empty when there is none.
    pub body: Vec<BodyValue>,
    /// `button 0 url: "…"`, by index.
    pub buttons: Vec<Button>,
    /// As written.
    pub span: Span,
}

/// `in profile.language or "en"`, `in "en_US"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageChoice {
    /// The profile's property that names the language.
    pub profile: Option<Path>,
    /// The language when the profile names none, or one in which the template is not approved.
    pub fallback: Spanned<String>,
}

/// `header image "{{ event.image_url }}"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What it shows.
    pub kind: Spanned<HeaderKind>,
    /// The Liquid text of its value or address.
    pub value: Spanned<String>,
    /// `named "invoice.pdf"`: Liquid text of a document's name.
    pub filename: Option<Spanned<String>>,
}

/// One value of the body: `amount: "{{ event.amount }}"`, or without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyValue {
    /// The parameter's name; `None` for positional ones.
    pub name: Option<Ident>,
    /// The Liquid text.
    pub value: Spanned<String>,
}

/// `button 0 url: "cart/{{ event.cart_id }}"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Its place in the template, from 0 to 9.
    pub index: Spanned<u8>,
    /// `url`, `payload` (a quick reply's) or `code` (to copy).
    pub kind: Spanned<ButtonClause>,
    /// The Liquid text.
    pub value: Spanned<String>,
}

/// What a button's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonClause {
    /// `url`: the end of its address.
    Url,
    /// `payload`: what a quick reply answers.
    Payload,
    /// `code`: the coupon code to copy.
    Code,
}
