//! Approved templates: what WhatsApp has on record of the messages that a business may begin.

use indexmap::IndexMap;

use super::shape::Shape;
use crate::language::ast::MediaKind;
use crate::model::{Category, Text};

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

impl Templates {
    /// The same templates but for one, which is this or is not there.
    pub(crate) fn with(&self, name: &str, family: Option<&TemplateFamily>) -> Templates {
        let mut changed = self.clone();
        match family {
            Some(family) => drop(changed.families.insert(name.to_owned(), family.clone())),
            None => drop(changed.families.shift_remove(name)),
        }
        changed
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
    pub(super) part: TemplatePart,
    /// A limited-time offer, and whether it shows its end.
    pub(super) offer: Option<bool>,
    /// The cards of a carousel; empty when it has none.
    pub(super) cards: Vec<TemplatePart>,
    pub(super) unsupported: Option<String>,
}

/// What a template shows by itself, or a card of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TemplatePart {
    pub header: Option<TemplateHeader>,
    pub body: Shape,
    pub buttons: Vec<TemplateButton>,
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
    Media(MediaKind),
    /// A place, to be given with each message.
    Location,
    /// A product, to be given with each message.
    Product,
}

impl TemplateHeader {
    /// The word in rules: `image`.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            TemplateHeader::Text(_) => "text",
            TemplateHeader::Media(kind) => kind.name(),
            TemplateHeader::Location => "location",
            TemplateHeader::Product => "product",
        }
    }

    /// How it is written in a rule.
    pub(super) fn example(&self) -> String {
        match self {
            TemplateHeader::Text(_) => "header text \"…\"".to_owned(),
            TemplateHeader::Media(kind) => format!("header {} \"https://…\"", kind.name()),
            TemplateHeader::Location => {
                "header location \"18.52\", \"73.86\" named \"…\" address \"…\"".to_owned()
            }
            TemplateHeader::Product => "header product \"…\" in catalog \"…\"".to_owned(),
        }
    }
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
    /// Opens a flow.
    Flow,
    /// Opens the catalogue.
    Catalog,
    /// Lists products.
    Products,
    /// Anything else, by WhatsApp's name; takes no value.
    Other(String),
}

impl TemplateButtonKind {
    /// What it is given in rules: the word, and how it is written; none when it takes nothing.
    pub(super) fn clause(&self) -> Option<(&'static str, &'static str)> {
        match self {
            TemplateButtonKind::Url { takes_value: true, .. } | TemplateButtonKind::OneTimeCode => {
                Some(("url", "url: \"…\""))
            }
            TemplateButtonKind::QuickReply => Some(("payload", "payload: \"…\"")),
            TemplateButtonKind::CopyCode => Some(("code", "code: \"…\"")),
            TemplateButtonKind::Flow => Some(("flow", "flow token \"…\"")),
            TemplateButtonKind::Catalog => Some(("catalog", "catalog thumbnail \"…\"")),
            TemplateButtonKind::Products => {
                Some(("products", "products thumbnail \"…\" { section \"…\": \"…\" }"))
            }
            TemplateButtonKind::Url { takes_value: false, .. } | TemplateButtonKind::Other(_) => None,
        }
    }

    /// True when it cannot go without what it is given.
    pub(super) const fn needs_value(&self) -> bool {
        matches!(
            self,
            TemplateButtonKind::Url { takes_value: true, .. }
                | TemplateButtonKind::OneTimeCode
                | TemplateButtonKind::CopyCode
                | TemplateButtonKind::Products
        )
    }

    /// What it is called in findings.
    pub(super) fn noun(&self) -> String {
        match self {
            TemplateButtonKind::Url { .. } => "opens a page".to_owned(),
            TemplateButtonKind::OneTimeCode => "takes the one-time code".to_owned(),
            TemplateButtonKind::QuickReply => "is a quick reply".to_owned(),
            TemplateButtonKind::CopyCode => "copies a coupon code".to_owned(),
            TemplateButtonKind::Flow => "opens a flow".to_owned(),
            TemplateButtonKind::Catalog => "opens the catalogue".to_owned(),
            TemplateButtonKind::Products => "lists products".to_owned(),
            TemplateButtonKind::Other(name) => format!("is of WhatsApp's kind {name}"),
        }
    }
}
