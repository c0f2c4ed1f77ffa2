//! Approved templates: what WhatsApp has on record of the messages that a business may begin.

use indexmap::IndexMap;

use super::shape::Shape;
use crate::model::{Category, HeaderKind, Text};

/// The templates of a WhatsApp account, as the Graph API lists them (`message_templates`).
///
/// With them, a rule's message is checked against its template before anything is sent. See [`Templates::from_json`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Templates {
    pub(super) families: IndexMap<String, TemplateFamily>,
}

impl Templates {
    /// The names of all templates, in the order of the input.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.families.keys().map(String::as_str)
    }

    /// The template of a name, in all its languages; names are matched exactly.
    pub fn get(&self, name: &str) -> Option<&TemplateFamily> {
        self.families.get(name)
    }
}

/// A template in all its languages. Each language is approved, and may be built, on its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateFamily {
    pub(super) templates: Vec<Template>,
}

impl TemplateFamily {
    /// The template in each of its languages, in the order of the input.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// The languages in which it can be sent.
    pub fn approved(&self) -> impl Iterator<Item = &Template> + Clone {
        self.templates.iter().filter(|template| template.is_approved())
    }
}

/// A template in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub(super) language: Text,
    pub(super) status: String,
    pub(super) category: Option<Category>,
    pub(super) is_named: bool,
    pub(super) header: Option<TemplateHeader>,
    pub(super) body: Shape,
    pub(super) buttons: Vec<TemplateButton>,
    pub(super) unsupported: Option<String>,
}

impl Template {
    /// WhatsApp's code of the language: `en`, `en_US`.
    pub const fn language(&self) -> &Text {
        &self.language
    }

    /// WhatsApp's word for where the template stands: `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, `DISABLED` …
    pub fn status(&self) -> &str {
        &self.status
    }

    /// True when it can be sent.
    pub fn is_approved(&self) -> bool {
        self.status == "APPROVED"
    }

    /// Its category; none for one that WhatsApp no longer has.
    pub const fn category(&self) -> Option<Category> {
        self.category
    }
}

/// A template's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TemplateHeader {
    /// Text with at most one parameter.
    Text(Shape),
    /// A picture, film or file, to be given with each message.
    Media(HeaderKind),
}

/// A template's button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TemplateButton {
    /// What it says.
    pub label: String,
    /// What it does.
    pub kind: TemplateButtonKind,
}

/// What a template's button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TemplateButtonKind {
    /// Opens a page; with the length of its address, and whether a value is put at its end.
    Url { length: usize, takes_value: bool },
    /// Copies a one-time code, or hands it over; the code is given as if it were an address.
    OneTimeCode,
    /// Answers; with or without a payload of ours.
    QuickReply,
    /// Copies a coupon code.
    CopyCode,
    /// Anything else, by WhatsApp's name; takes no value.
    Other(String),
}

impl TemplateButtonKind {
    /// What it is called in findings.
    pub(super) fn noun(&self) -> String {
        match self {
            TemplateButtonKind::Url { .. } => "opens a page".to_owned(),
            TemplateButtonKind::OneTimeCode => "takes the one-time code".to_owned(),
            TemplateButtonKind::QuickReply => "is a quick reply".to_owned(),
            TemplateButtonKind::CopyCode => "copies a coupon code".to_owned(),
            TemplateButtonKind::Other(name) => format!("is of WhatsApp's kind {name}"),
        }
    }
}
