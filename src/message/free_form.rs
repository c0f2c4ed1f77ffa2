//! Messages that are no templates: what is checked of them, and what they are for one user.

use super::RenderStop;
use super::codes;
use super::compile::Compiler;
use super::limits::{self, Purpose};
use super::part::{FlowPlan, HeaderPlan, PlacePlan, ProductPlan, SectionPlan, flow_data, product_sections};
use super::value::{Asked, ValuePlan, optional};
use crate::language::ast::{
    Action, Choice, FreeContent, FreeForm, HeaderContent, Interactive, ListSection, MediaKind,
};
use crate::language::{Diagnostic, Span, Spanned};
use crate::model::FreeMessage;
use crate::model::free_form as job;
use crate::model::template::MediaLink;

/// A free-form message, ready to render.
#[derive(Debug)]
pub(super) enum FreePlan {
    Text { text: ValuePlan, preview: bool },
    Media { kind: MediaKind, link: ValuePlan, caption: Option<ValuePlan>, filename: Option<ValuePlan> },
    Location(PlacePlan),
    Interactive(Box<InteractivePlan>),
}

#[derive(Debug)]
pub(super) struct InteractivePlan {
    header: Option<HeaderPlan>,
    body: Option<ValuePlan>,
    footer: Option<ValuePlan>,
    action: ActionPlan,
}

#[derive(Debug)]
enum ActionPlan {
    Replies(Vec<ChoicePlan>),
    List { label: ValuePlan, sections: Vec<RowsPlan> },
    Link { label: ValuePlan, url: ValuePlan },
    AskLocation,
    Flow { label: ValuePlan, id: ValuePlan, screen: Option<ValuePlan>, start: FlowPlan },
    Catalog(Option<ValuePlan>),
    Product(ProductPlan),
    Products { catalog: ValuePlan, sections: Vec<SectionPlan> },
}

#[derive(Debug)]
struct RowsPlan {
    title: Option<ValuePlan>,
    rows: Vec<ChoicePlan>,
}

#[derive(Debug)]
struct ChoicePlan {
    title: ValuePlan,
    id: Option<ValuePlan>,
    description: Option<ValuePlan>,
}

impl Compiler {
    /// Checks a free-form message and makes it ready.
    pub(super) fn free_form(&mut self, message: &FreeForm) -> Option<FreePlan> {
        Some(match &message.content {
            FreeContent::Text { text, preview } => {
                let text = self.value(text, "the text", Purpose::Lines(limits::FREE_TEXT))?;
                FreePlan::Text { text, preview: *preview }
            }
            FreeContent::Media { media, caption } => {
                let kind = media.kind.name();
                let link = self.value(&media.link, format!("the address of the {kind}"), Purpose::Address);
                let caption = self.optional(caption.as_ref(), "the caption", Purpose::Lines(limits::CAPTION));
                let filename = self.optional(
                    media.filename.as_ref(),
                    "the document's name",
                    Purpose::Text(limits::FILE_NAME),
                );
                FreePlan::Media { kind: media.kind, link: link?, caption: caption?, filename: filename? }
            }
            FreeContent::Location(place) => FreePlan::Location(self.place(place, "")?),
            FreeContent::Interactive(interactive) => {
                FreePlan::Interactive(Box::new(self.interactive(interactive, message.span)?))
            }
        })
    }

    fn interactive(&mut self, message: &Interactive, whole: Span) -> Option<InteractivePlan> {
        self.parts(message, whole);
        let header = match &message.header {
            Some(header) => self.header(header, "").map(Some),
            None => Some(None),
        };
        let limit = match message.action.node {
            Action::List { .. } => limits::FREE_TEXT,
            _ => limits::BODY,
        };
        let body = self.optional(message.body.as_ref(), "the body", Purpose::Lines(limit));
        let footer = self.optional(message.footer.as_ref(), "the footer", Purpose::Text(limits::FOOTER));
        let action = self.action(&message.action);
        Some(InteractivePlan { header: header?, body: body?, footer: footer?, action: action? })
    }

    /// What has to be there, and what cannot, by what the user can do.
    fn parts(&mut self, message: &Interactive, whole: Span) {
        let lacks = |what: &str, help: &str| {
            Diagnostic::error(codes::LACKS_PART, whole, what).with_help(help.to_owned())
        };
        let action = &message.action.node;
        if message.body.is_none() && !matches!(action, Action::Product(_)) {
            self.report(lacks("this message has no text", "add `body \"…\"`"));
        }
        let header = message.header.as_ref();
        let takes = match action {
            Action::Replies(_) | Action::Flow { .. } | Action::Link { .. } => None,
            Action::List { .. } | Action::Products { .. } => Some("a header of text alone"),
            Action::AskLocation | Action::Catalog { .. } | Action::Product(_) => Some("no header"),
        };
        let is_text = header.is_none_or(|header| matches!(header.content, HeaderContent::Text(_)));
        match (header, takes) {
            (Some(header), None)
                if matches!(header.content, HeaderContent::Location(_) | HeaderContent::Product(_)) =>
            {
                let text = "the header of an interactive message is a text, an image, a video or a document";
                self.report(
                    Diagnostic::error(codes::LACKS_PART, header.kind, text)
                        .with_help("write `header text \"…\"`"),
                );
            }
            (Some(header), Some(takes)) if !(is_text && takes != "no header") => {
                let text = format!("a message with {} takes {takes}", noun(action));
                let help =
                    if takes == "no header" { "leave the header out" } else { "write `header text \"…\"`" };
                self.report(Diagnostic::error(codes::LACKS_PART, header.span, text).with_help(help));
            }
            (None, _) if matches!(action, Action::Products { .. }) => {
                self.report(lacks("a message with several products has a header", "add `header text \"…\"`"));
            }
            _ => {}
        }
        if let (Action::AskLocation, Some(footer)) = (action, &message.footer) {
            let text = "a message that asks for a location has no footer";
            self.report(
                Diagnostic::error(codes::LACKS_PART, footer.span, text).with_help("leave the footer out"),
            );
        }
    }

    fn action(&mut self, action: &Spanned<Action>) -> Option<ActionPlan> {
        let label = Purpose::Text(limits::LABEL);
        let any = Purpose::Text(limits::ANY);
        Some(match &action.node {
            Action::Replies(replies) => {
                self.at_most("replies", replies.len(), limits::REPLIES, action.span);
                self.different(replies.iter());
                let replies = (1..).zip(replies).map(|(number, reply)| {
                    self.choice(reply, &format!("reply {number}"), (limits::LABEL, limits::REPLY_ID))
                });
                let replies: Vec<Option<ChoicePlan>> = replies.collect();
                ActionPlan::Replies(replies.into_iter().collect::<Option<_>>()?)
            }
            Action::List { label: button, sections } => {
                let button = self.value(button, "the list's label", label);
                let sections = self.rows(sections, action.span);
                ActionPlan::List { label: button?, sections: sections? }
            }
            Action::Link { label: button, url } => {
                let button = self.value(button, "the link's label", label);
                let url = self.value(url, "the link's address", Purpose::Address);
                ActionPlan::Link { label: button?, url: url? }
            }
            Action::AskLocation => ActionPlan::AskLocation,
            Action::Flow { label: button, id, screen, start } => {
                if let (None, Some((name, _))) = (screen, start.data.first()) {
                    let text = "a flow's data is given to its first screen, and none is named";
                    self.report(
                        Diagnostic::error(codes::LACKS_PART, name.span, text)
                            .with_help("add `screen \"…\"` before it"),
                    );
                }
                let button = self.value(button, "the flow's label", Purpose::Text(limits::FLOW_LABEL));
                let id = self.value(id, "the flow's id", any);
                let screen = self.optional(screen.as_ref(), "the flow's screen", any);
                let start = self.flow(start, " of the flow");
                ActionPlan::Flow { label: button?, id: id?, screen: screen?, start: start? }
            }
            Action::Catalog { thumbnail } => {
                ActionPlan::Catalog(self.optional(thumbnail.as_ref(), "the thumbnail", any)?)
            }
            Action::Product(product) => ActionPlan::Product(self.product(product, "")?),
            Action::Products { catalog, sections } => {
                let catalog = self.value(catalog, "the catalogue", any);
                let sections = self.products(sections, action.span);
                ActionPlan::Products { catalog: catalog?, sections: sections? }
            }
        })
    }

    fn rows(&mut self, sections: &[ListSection], whole: Span) -> Option<Vec<RowsPlan>> {
        let rows = sections.iter().map(|section| section.rows.len()).sum();
        self.at_most("rows", rows, limits::ROWS, whole);
        self.different(sections.iter().flat_map(|section| &section.rows));
        let untitled = sections.iter().find(|section| section.title.is_none());
        if let Some(row) = untitled.filter(|_| sections.len() > 1).and_then(|section| section.rows.first()) {
            let text = "where a list has several sections, each has a title";
            self.report(
                Diagnostic::error(codes::LACKS_PART, row.span, text)
                    .with_help("write `section \"…\"` before this row"),
            );
        }
        for section in sections.iter().filter(|section| section.rows.is_empty()) {
            let Some(title) = &section.title else { continue };
            let text = "this section has no rows";
            self.report(
                Diagnostic::error(codes::LACKS_PART, title.span, text)
                    .with_help("write `row \"…\"` after it, or leave it out"),
            );
        }
        let mut number = 0;
        let mut plans: Vec<Option<RowsPlan>> = Vec::with_capacity(sections.len());
        for (place, section) in (1..).zip(sections) {
            let subject = format!("the title of section {place}");
            let title = self.optional(section.title.as_ref(), subject, Purpose::Text(limits::TITLE));
            let mut rows: Vec<Option<ChoicePlan>> = Vec::with_capacity(section.rows.len());
            for row in &section.rows {
                number += 1;
                rows.push(self.choice(row, &format!("row {number}"), (limits::TITLE, limits::ROW_ID)));
            }
            let rows: Option<Vec<ChoicePlan>> = rows.into_iter().collect();
            plans.push(title.zip(rows).map(|(title, rows)| RowsPlan { title, rows }));
        }
        plans.into_iter().collect()
    }

    fn choice(&mut self, choice: &Choice, name: &str, (title, id): (usize, usize)) -> Option<ChoicePlan> {
        let title = self.value(&choice.title, format!("the title of {name}"), Purpose::Text(title));
        let id = self.optional(choice.id.as_ref(), format!("the id of {name}"), Purpose::Text(id));
        let description = self.optional(
            choice.description.as_ref(),
            format!("the description of {name}"),
            Purpose::Text(limits::DESCRIPTION),
        );
        Some(ChoicePlan { title: title?, id: id?, description: description? })
    }

    /// Choices that send the same back cannot be told apart, and WhatsApp refuses them.
    fn different<'c>(&mut self, choices: impl Iterator<Item = &'c Choice>) {
        let mut known: Vec<&Spanned<String>> = Vec::new();
        for choice in choices {
            let id = choice.id.as_ref().unwrap_or(&choice.title);
            match known.iter().find(|known| known.node == id.node) {
                Some(first) => {
                    let text = format!("two choices send `{}` back", id.node);
                    self.report(
                        Diagnostic::error(codes::SAME_CHOICE, id.span, text)
                            .with_secondary(first.span, "the first is here")
                            .with_help("give each an id of its own: `id \"…\"`"),
                    );
                }
                None => known.push(id),
            }
        }
    }
}

const fn noun(action: &Action) -> &'static str {
    match action {
        Action::Replies(_) => "replies",
        Action::List { .. } => "a list",
        Action::Link { .. } => "a link",
        Action::AskLocation => "a wish for a location",
        Action::Flow { .. } => "a flow",
        Action::Catalog { .. } => "the catalogue",
        Action::Product(_) => "a product",
        Action::Products { .. } => "several products",
    }
}

impl FreePlan {
    /// The message for one user.
    pub(super) fn render(&self, asked: Asked<'_>) -> Result<FreeMessage, RenderStop> {
        Ok(match self {
            FreePlan::Text { text, preview } => {
                FreeMessage::Text { text: job::TextBody { body: text.render(asked)?, preview_url: *preview } }
            }
            FreePlan::Media { kind, link, caption, filename } => {
                let media = job::Media {
                    link: link.render(asked)?,
                    caption: optional(caption.as_ref(), asked)?,
                    filename: optional(filename.as_ref(), asked)?,
                };
                match kind {
                    MediaKind::Image => FreeMessage::Image { image: media },
                    MediaKind::Video => FreeMessage::Video { video: media },
                    MediaKind::Audio => FreeMessage::Audio { audio: media },
                    MediaKind::Document => FreeMessage::Document { document: media },
                    MediaKind::Sticker => FreeMessage::Sticker { sticker: media },
                }
            }
            FreePlan::Location(place) => FreeMessage::Location { location: place.render(asked)? },
            FreePlan::Interactive(plan) => {
                FreeMessage::Interactive { interactive: Box::new(plan.render(asked)?) }
            }
        })
    }
}

impl InteractivePlan {
    fn render(&self, asked: Asked<'_>) -> Result<job::Interactive, RenderStop> {
        let header = match &self.header {
            Some(HeaderPlan::Text(text)) => Some(job::InteractiveHeader::Text { text: text.render(asked)? }),
            Some(HeaderPlan::Media { kind, link, filename }) => {
                let medium =
                    MediaLink { link: link.render(asked)?, filename: optional(filename.as_ref(), asked)? };
                Some(match kind {
                    MediaKind::Video => job::InteractiveHeader::Video { video: medium },
                    MediaKind::Document => job::InteractiveHeader::Document { document: medium },
                    MediaKind::Image | MediaKind::Audio | MediaKind::Sticker => {
                        job::InteractiveHeader::Image { image: medium }
                    }
                })
            }
            // Refused when it is checked.
            Some(HeaderPlan::Location(_) | HeaderPlan::Product(_)) | None => None,
        };
        let text = |plan: &Option<ValuePlan>| {
            Ok::<_, RenderStop>(optional(plan.as_ref(), asked)?.map(|text| job::TextPart { text }))
        };
        let (body, footer) = (text(&self.body)?, text(&self.footer)?);
        Ok(job::Interactive { header, body, footer, content: self.action.render(asked)? })
    }
}

impl ActionPlan {
    fn render(&self, asked: Asked<'_>) -> Result<job::Action, RenderStop> {
        Ok(match self {
            ActionPlan::Replies(replies) => {
                let button = |plan: &ChoicePlan| {
                    let (id, title, _) = plan.render(asked)?;
                    Ok(job::ReplyButton::Reply { reply: job::Reply { id, title } })
                };
                let buttons = replies.iter().map(button).collect::<Result<_, RenderStop>>()?;
                job::Action::Button { action: job::ReplyAction { buttons } }
            }
            ActionPlan::List { label, sections } => {
                let row = |plan: &ChoicePlan| {
                    let (id, title, description) = plan.render(asked)?;
                    Ok(job::Row { id, title, description })
                };
                let section = |plan: &RowsPlan| {
                    let title = optional(plan.title.as_ref(), asked)?;
                    let rows = plan.rows.iter().map(row).collect::<Result<_, RenderStop>>()?;
                    Ok(job::ListSection { title, rows })
                };
                let button = label.render(asked)?;
                let sections = sections.iter().map(section).collect::<Result<_, RenderStop>>()?;
                job::Action::List { action: job::ListAction { button, sections } }
            }
            ActionPlan::Link { label, url } => {
                let parameters =
                    job::LinkParameters { display_text: label.render(asked)?, url: url.render(asked)? };
                job::Action::CtaUrl { action: job::NamedAction { name: "cta_url".to_owned(), parameters } }
            }
            ActionPlan::AskLocation => job::Action::LocationRequestMessage {
                action: job::SendLocation { name: "send_location".to_owned() },
            },
            ActionPlan::Flow { label, id, screen, start } => {
                let (flow_cta, flow_id) = (label.render(asked)?, id.render(asked)?);
                let payload = match optional(screen.as_ref(), asked)? {
                    Some(screen) => Some(job::FlowPayload { screen, data: flow_data(start, asked)? }),
                    None => None,
                };
                let flow_action = if payload.is_some() { "navigate" } else { "data_exchange" };
                let parameters = job::FlowParameters {
                    flow_message_version: "3".to_owned(),
                    flow_id,
                    flow_cta,
                    flow_token: optional(start.token.as_ref(), asked)?,
                    flow_action: flow_action.to_owned(),
                    flow_action_payload: payload,
                };
                job::Action::Flow { action: job::NamedAction { name: "flow".to_owned(), parameters } }
            }
            ActionPlan::Catalog(thumbnail) => {
                let thumbnail = optional(thumbnail.as_ref(), asked)?;
                let parameters = thumbnail
                    .map(|thumbnail| job::CatalogParameters { thumbnail_product_retailer_id: thumbnail });
                let name = "catalog_message".to_owned();
                job::Action::CatalogMessage { action: job::CatalogAction { name, parameters } }
            }
            ActionPlan::Product(plan) => job::Action::Product {
                action: job::ProductAction {
                    catalog_id: plan.catalog.render(asked)?,
                    product_retailer_id: plan.product.render(asked)?,
                },
            },
            ActionPlan::Products { catalog, sections } => job::Action::ProductList {
                action: job::ProductListAction {
                    catalog_id: catalog.render(asked)?,
                    sections: product_sections(sections, asked)?,
                },
            },
        })
    }
}

impl ChoicePlan {
    /// Its id, title and description.
    fn render(&self, asked: Asked<'_>) -> Result<(String, String, Option<String>), RenderStop> {
        let title = self.title.render(asked)?;
        let id = optional(self.id.as_ref(), asked)?.unwrap_or_else(|| title.clone());
        Ok((id, title, optional(self.description.as_ref(), asked)?))
    }
}
