//! Reading templates as the Graph API writes them.

use std::fmt;

use indexmap::map::Entry;
use serde::Deserialize;
use serde_json::Value as Json;

use super::shape::Shape;
use super::template::{
    Template, TemplateButton, TemplateButtonKind, TemplateFamily, TemplateHeader, TemplatePart, Templates,
};
use crate::language::Position;
use crate::language::ast::MediaKind;
use crate::model::Category;

/// The fields that are needed of each template, for the words of errors.
const FIELDS: &str = "name,language,status,category,parameter_format,components";

/// Kinds of buttons that cannot be sent without values that a rule cannot give.
const NEEDY_BUTTONS: [&str; 2] = ["ORDER_DETAILS", "PAYMENT_REQUEST"];

/// Templates that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplatesError {
    message: String,
    position: Option<Position>,
}

impl TemplatesError {
    /// Where the text is no JSON; none when it is, and says something that is no list of templates.
    pub const fn position(&self) -> Option<Position> {
        self.position
    }

    #[cold]
    fn new(message: impl Into<String>) -> TemplatesError {
        TemplatesError { message: message.into(), position: None }
    }
}

impl fmt::Display for TemplatesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Position { line, column }) = self.position {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for TemplatesError {}

impl Templates {
    /// Reads templates from JSON: an answer of the Graph API's `message_templates` (`{"data": […], "paging": …}`), the
    /// bare list of its `data`, or several answers, in a list or one after the other.
    ///
    /// # Errors
    /// With line and column when the text is no JSON; with the template's name when a template lacks something, or is
    /// there twice and differs.
    ///
    /// # Example
    /// ```
    /// use campanile::message::Templates;
    /// let templates = Templates::from_json(r#"{"data": [{
    ///   "name": "welcome", "language": "en", "status": "APPROVED", "category": "MARKETING",
    ///   "components": [{"type": "BODY", "text": "Hello {{1}}!"}]
    /// }]}"#)?;
    /// assert_eq!(templates.names().collect::<Vec<_>>(), ["welcome"]);
    /// # Ok::<(), campanile::message::TemplatesError>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Templates, TemplatesError> {
        let mut templates = Templates::default();
        let mut any = false;
        for document in serde_json::Deserializer::from_str(text).into_iter::<Json>() {
            any = true;
            templates.add_document(document.map_err(|error| no_json(&error))?)?;
        }
        if any { Ok(templates) } else { Err(TemplatesError::new("there is nothing in it")) }
    }

    fn add_document(&mut self, document: Json) -> Result<(), TemplatesError> {
        match document {
            Json::Array(items) => items
                .into_iter()
                .try_for_each(|item| if is_answer(&item) { self.add_document(item) } else { self.add(item) }),
            Json::Object(mut answer) => match (answer.remove("data"), answer.remove("error")) {
                (Some(Json::Array(items)), _) => items.into_iter().try_for_each(|item| self.add(item)),
                // Asked for as a field of the account, the answer stands inside of it.
                _ if answer.contains_key("message_templates") => {
                    self.add_document(answer.remove("message_templates").unwrap_or_default())
                }
                (_, Some(error)) => {
                    let said = error.get("message").and_then(Json::as_str).unwrap_or("no reason given");
                    Err(TemplatesError::new(format!("this is an error of the Graph API: {said}")))
                }
                _ => Err(TemplatesError::new("this has no list `data`, as an answer of the Graph API has")),
            },
            _ => Err(TemplatesError::new("this is no list of templates")),
        }
    }

    fn add(&mut self, item: Json) -> Result<(), TemplatesError> {
        let count: usize = self.families.values().map(|family| family.templates.len()).sum();
        let name = item.get("name").and_then(Json::as_str).map(str::to_owned);
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return Err(TemplatesError::new(format!("the template in place {} has no `name`", count + 1)));
        };
        let raw = RawTemplate::deserialize(item).map_err(|error| {
            TemplatesError::new(format!("template `{name}`: {error}: ask for fields={FIELDS}"))
        })?;
        let template =
            raw.build().map_err(|what| TemplatesError::new(format!("template `{name}`: {what}")))?;
        let family = match self.families.entry(name) {
            Entry::Vacant(vacant) => vacant.insert(TemplateFamily::default()),
            Entry::Occupied(occupied) => {
                let name = occupied.key().clone();
                let family = occupied.into_mut();
                let known = family.templates.iter().find(|known| known.language == template.language);
                match known {
                    // Pages that were fetched while the list changed overlap.
                    Some(known) if *known == template => return Ok(()),
                    Some(_) => {
                        let language = &template.language;
                        let message =
                            format!("template `{name}` in `{language}` is there twice, and differs");
                        return Err(TemplatesError::new(message));
                    }
                    None => family,
                }
            }
        };
        family.templates.push(template);
        Ok(())
    }
}

fn is_answer(item: &Json) -> bool {
    item.is_array() || item.get("data").is_some() || item.get("error").is_some()
}

fn no_json(error: &serde_json::Error) -> TemplatesError {
    let said = error.to_string();
    let said = match said.rsplit_once(" at line ") {
        _ if error.is_eof() => "it ends too early",
        Some((said, _)) => said,
        None => &said,
    };
    TemplatesError {
        message: format!("this is no JSON: {said}"),
        // The end of a line is told as column 0 of the next.
        position: Some(Position { line: error.line(), column: error.column().max(1) }),
    }
}

#[derive(Deserialize)]
struct RawTemplate {
    language: String,
    status: String,
    category: String,
    #[serde(default)]
    parameter_format: Option<String>,
    components: Vec<RawComponent>,
}

#[derive(Deserialize)]
struct RawComponent {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    buttons: Vec<RawButton>,
    #[serde(default)]
    cards: Vec<RawCard>,
    #[serde(default)]
    limited_time_offer: Option<RawOffer>,
}

#[derive(Deserialize)]
struct RawCard {
    components: Vec<RawComponent>,
}

#[derive(Deserialize, Default)]
struct RawOffer {
    #[serde(default)]
    has_expiration: bool,
}

#[derive(Deserialize)]
struct RawButton {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

impl RawTemplate {
    fn build(self) -> Result<Template, String> {
        let category = match self.category.to_ascii_uppercase().as_str() {
            "MARKETING" => Some(Category::Marketing),
            "UTILITY" => Some(Category::Utility),
            "AUTHENTICATION" => Some(Category::Authentication),
            _ => None,
        };
        let mut template = Template {
            language: self.language.into(),
            status: self.status.to_ascii_uppercase(),
            category,
            is_named: false,
            part: TemplatePart::default(),
            offer: None,
            cards: Vec::new(),
            unsupported: None,
        };
        for component in self.components {
            match component.kind.to_ascii_uppercase().as_str() {
                "CAROUSEL" => {
                    for card in component.cards {
                        let mut part = TemplatePart::default();
                        for component in card.components {
                            component.add_to(&mut part, category, &mut template.unsupported)?;
                        }
                        template.cards.push(part);
                    }
                }
                "LIMITED_TIME_OFFER" => {
                    template.offer = Some(component.limited_time_offer.unwrap_or_default().has_expiration);
                }
                _ => component.add_to(&mut template.part, category, &mut template.unsupported)?,
            }
        }
        template.is_named = match self.parameter_format {
            Some(format) => format.eq_ignore_ascii_case("named"),
            None => {
                let mut cards = template.cards.iter();
                template.part.body.is_named() || cards.any(|card| card.body.is_named())
            }
        };
        Ok(template)
    }
}

impl RawComponent {
    fn add_to(
        self,
        part: &mut TemplatePart,
        category: Option<Category>,
        unsupported: &mut Option<String>,
    ) -> Result<(), String> {
        match self.kind.to_ascii_uppercase().as_str() {
            "HEADER" => {
                let format = self.format.unwrap_or_else(|| "TEXT".to_owned()).to_ascii_uppercase();
                part.header = match format.as_str() {
                    "TEXT" => Some(TemplateHeader::Text(Shape::of(&self.text.unwrap_or_default()))),
                    "IMAGE" => Some(TemplateHeader::Media(MediaKind::Image)),
                    "VIDEO" => Some(TemplateHeader::Media(MediaKind::Video)),
                    "DOCUMENT" => Some(TemplateHeader::Media(MediaKind::Document)),
                    "LOCATION" => Some(TemplateHeader::Location),
                    "PRODUCT" => Some(TemplateHeader::Product),
                    other => {
                        *unsupported = Some(format!("a header of WhatsApp's kind {other}"));
                        None
                    }
                };
            }
            "BODY" => {
                part.body = match self.text {
                    Some(text) => Shape::of(&text),
                    // WhatsApp writes the body of one-time codes itself, around the code.
                    None if category == Some(Category::Authentication) => Shape::of("{{1}}"),
                    None => return Err("its body has no `text`".to_owned()),
                };
            }
            "BUTTONS" => {
                part.buttons = self.buttons.into_iter().map(RawButton::build).collect();
                let needy = part.buttons.iter().find_map(|button| match &button.kind {
                    TemplateButtonKind::Other(kind) if NEEDY_BUTTONS.contains(&kind.as_str()) => Some(kind),
                    _ => None,
                });
                if let Some(kind) = needy {
                    *unsupported = Some(format!("a button of WhatsApp's kind {kind}"));
                }
            }
            // Footers take no values, and what else WhatsApp may add is nothing that a rule can give.
            _ => {}
        }
        Ok(())
    }
}

impl RawButton {
    fn build(self) -> TemplateButton {
        let url = self.url.unwrap_or_default();
        let kind = match self.kind.to_ascii_uppercase().as_str() {
            // The button of a one-time code comes back as an address of WhatsApp's own.
            "URL" if url.starts_with("https://www.whatsapp.com/otp/") => TemplateButtonKind::OneTimeCode,
            "OTP" => TemplateButtonKind::OneTimeCode,
            "URL" => {
                let shape = Shape::of(&url);
                TemplateButtonKind::Url { length: shape.fixed, takes_value: !shape.parameters.is_empty() }
            }
            "QUICK_REPLY" => TemplateButtonKind::QuickReply,
            "COPY_CODE" => TemplateButtonKind::CopyCode,
            "FLOW" => TemplateButtonKind::Flow,
            "CATALOG" => TemplateButtonKind::Catalog,
            "MPM" => TemplateButtonKind::Products,
            other => TemplateButtonKind::Other(other.to_owned()),
        };
        TemplateButton { label: self.text.unwrap_or_default(), kind }
    }
}
