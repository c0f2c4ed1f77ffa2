//! Header, body and buttons: those of a template, and of each card of a carousel.

use std::collections::BTreeMap;

use super::RenderStop;
use super::limits::{self, Defect};
use super::shape::Shape;
use super::value::{Asked, ValuePlan, failed, optional};
use crate::language::Span;
use crate::language::ast::MediaKind;
use crate::model::Text;
use crate::model::template::{
    ButtonAction, ButtonKind, Component, Currency, DateTime, Location, MediaLink, Parameter, ProductItem,
    ProductReference, ProductSection,
};

/// What a rule gives a template, or a card of it.
#[derive(Debug, Default)]
pub(super) struct PartPlan {
    pub header: Option<HeaderPlan>,
    pub body: Vec<BodyPlan>,
    pub buttons: Vec<ButtonPlan>,
    /// How many characters the rendered body can have.
    pub body_limit: usize,
    /// What the subjects of whole texts end with: ` of card 2`.
    pub place: String,
}

#[derive(Debug)]
pub(super) enum HeaderPlan {
    Text(ValuePlan),
    Media { kind: MediaKind, link: ValuePlan, filename: Option<ValuePlan> },
    Location(PlacePlan),
    Product(ProductPlan),
}

#[derive(Debug)]
pub(super) struct PlacePlan {
    pub latitude: ValuePlan,
    pub longitude: ValuePlan,
    pub name: Option<ValuePlan>,
    pub address: Option<ValuePlan>,
}

#[derive(Debug)]
pub(super) struct ProductPlan {
    pub product: ValuePlan,
    pub catalog: ValuePlan,
}

#[derive(Debug)]
pub(super) struct BodyPlan {
    pub name: Option<Text>,
    pub content: BodyContentPlan,
}

#[derive(Debug)]
pub(super) enum BodyContentPlan {
    Text(ValuePlan),
    Currency { amount: ValuePlan, code: ValuePlan, fallback: Option<ValuePlan> },
    Date(ValuePlan),
}

#[derive(Debug)]
pub(super) struct ButtonPlan {
    pub index: u8,
    pub content: ButtonContentPlan,
}

#[derive(Debug)]
pub(super) enum ButtonContentPlan {
    Url(ValuePlan),
    Payload(ValuePlan),
    Code(ValuePlan),
    Flow(FlowPlan),
    Catalog(Option<ValuePlan>),
    Products { thumbnail: ValuePlan, sections: Vec<SectionPlan> },
}

#[derive(Debug, Default)]
pub(super) struct FlowPlan {
    pub token: Option<ValuePlan>,
    pub data: Vec<(String, ValuePlan)>,
}

#[derive(Debug)]
pub(super) struct SectionPlan {
    pub title: ValuePlan,
    pub products: Vec<ValuePlan>,
}

/// What of a template's part, in one language, rendering needs.
#[derive(Debug)]
pub(super) struct PartForm {
    /// The header's text.
    pub header: Option<Shape>,
    /// The header's parameter, where parameters are named.
    pub header_name: Option<Text>,
    pub body: Shape,
    /// For each parameter of the body, its place among the rule's values.
    pub order: Vec<usize>,
    /// For each button that takes a part of an address, what bounds it.
    pub addresses: Vec<Address>,
}

/// What bounds the value of a button that opens a page.
#[derive(Debug)]
pub(super) struct Address {
    /// The button.
    pub index: u8,
    /// Characters of the address without its value.
    pub fixed: usize,
    /// The most characters with it.
    pub limit: usize,
}

/// The lengths of values that a template's texts are completed with.
#[derive(Debug, Default)]
pub(super) struct Lengths {
    pub header: Option<usize>,
    pub body: Vec<usize>,
    /// Of the parts of addresses, by button.
    pub addresses: Vec<(u8, usize)>,
}

impl PartPlan {
    /// The components, in the order header, body, buttons.
    pub(super) fn render(
        &self,
        asked: Asked<'_>,
        form: Option<&PartForm>,
    ) -> Result<Vec<Component>, RenderStop> {
        let mut lengths = Lengths::default();
        let mut components = Vec::with_capacity(2 + self.buttons.len());
        if let Some(header) = &self.header {
            let parameter = header.render(asked, form)?;
            if let Parameter::Text { text, .. } = &parameter {
                lengths.header = Some(text.chars().count());
            }
            components.push(Component::Header { parameters: vec![parameter] });
        }
        let mut body = Vec::with_capacity(self.body.len());
        for plan in &self.body {
            let (parameter, length) = plan.render(asked)?;
            body.push(parameter);
            lengths.body.push(length);
        }
        if !body.is_empty() {
            components.push(Component::Body { parameters: in_order(body, form) });
        }
        for plan in &self.buttons {
            let component = plan.render(asked)?;
            if let Component::Button { sub_type: ButtonKind::Url, parameters, .. } = &component
                && let Some(Parameter::Text { text, .. }) = parameters.first()
            {
                lengths.addresses.push((plan.index, text.chars().count()));
            }
            components.push(component);
        }
        if let Some(form) = form {
            self.examine_totals(form, &lengths).map_err(|(subject, _, defect)| failed(&subject, defect))?;
        }
        Ok(components)
    }

    /// The lengths that are the same for everyone; of all others, the least.
    pub(super) fn least_lengths(&self) -> Lengths {
        let header = match &self.header {
            Some(HeaderPlan::Text(text)) => Some(text.least_length()),
            _ => None,
        };
        let body = self.body.iter().map(|plan| match &plan.content {
            BodyContentPlan::Text(text) | BodyContentPlan::Date(text) => text.least_length(),
            BodyContentPlan::Currency { fallback, .. } => {
                fallback.as_ref().map_or(1, ValuePlan::least_length)
            }
        });
        let address = |plan: &ButtonPlan| match &plan.content {
            ButtonContentPlan::Url(text) => Some((plan.index, text.least_length())),
            _ => None,
        };
        let addresses = self.buttons.iter().filter_map(address).collect();
        Lengths { header, body: body.collect(), addresses }
    }

    /// Asks whether the template's texts are within their limits with these lengths of values: which is not, and how.
    pub(super) fn examine_totals(
        &self,
        form: &PartForm,
        lengths: &Lengths,
    ) -> Result<(), (String, Option<Span>, Defect)> {
        let place = &self.place;
        if let (Some(shape), Some(length)) = (&form.header, lengths.header) {
            let span = match &self.header {
                Some(HeaderPlan::Text(text)) => Some(text.span),
                _ => None,
            };
            limits::length(shape.rendered(std::iter::once(length)), limits::HEADER)
                .map_err(|defect| (format!("the header{place}, with its value,"), span, defect))?;
        }
        let in_order = form.order.iter().map(|place| lengths.body.get(*place).copied().unwrap_or(0));
        limits::length(form.body.rendered(in_order), self.body_limit).map_err(|defect| {
            let span = self.body.first().map(BodyPlan::span);
            (format!("the body{place}, with its values,"), span, defect)
        })?;
        for (index, length) in &lengths.addresses {
            let Some(address) = form.addresses.iter().find(|address| address.index == *index) else {
                continue;
            };
            let subject = || match address.fixed {
                0 => format!("the url of button {index}{place}"),
                _ => format!("the whole address of button {index}{place}"),
            };
            limits::length(address.fixed + length, address.limit).map_err(|defect| {
                let span = self.buttons.iter().find(|plan| plan.index == *index).and_then(ButtonPlan::span);
                (subject(), span, defect)
            })?;
        }
        Ok(())
    }
}

/// The body's values in the template's order; as written where the template is not known.
fn in_order(values: Vec<Parameter>, form: Option<&PartForm>) -> Vec<Parameter> {
    let mut written: Vec<Option<Parameter>> = values.into_iter().map(Some).collect();
    let order = form.map_or(&[][..], |form| &form.order);
    let mut ordered: Vec<Parameter> =
        order.iter().filter_map(|place| written.get_mut(*place).and_then(Option::take)).collect();
    ordered.extend(written.into_iter().flatten());
    ordered
}

impl HeaderPlan {
    fn render(&self, asked: Asked<'_>, form: Option<&PartForm>) -> Result<Parameter, RenderStop> {
        Ok(match self {
            HeaderPlan::Text(text) => {
                let parameter_name = form.and_then(|form| form.header_name.clone());
                Parameter::Text { parameter_name, text: text.render(asked)? }
            }
            HeaderPlan::Media { kind, link, filename } => {
                let medium =
                    MediaLink { link: link.render(asked)?, filename: optional(filename.as_ref(), asked)? };
                match kind {
                    MediaKind::Video => Parameter::Video { video: medium },
                    MediaKind::Document => Parameter::Document { document: medium },
                    // Headers have no recordings and no stickers.
                    MediaKind::Image | MediaKind::Audio | MediaKind::Sticker => {
                        Parameter::Image { image: medium }
                    }
                }
            }
            HeaderPlan::Location(place) => Parameter::Location { location: place.render(asked)? },
            HeaderPlan::Product(plan) => {
                let product_retailer_id = plan.product.render(asked)?;
                let catalog_id = plan.catalog.render(asked)?;
                Parameter::Product { product: ProductReference { product_retailer_id, catalog_id } }
            }
        })
    }
}

impl PlacePlan {
    pub(super) fn render(&self, asked: Asked<'_>) -> Result<Location, RenderStop> {
        let digits = |plan: &ValuePlan| plan.render(asked).map(|text| text.trim().to_owned());
        Ok(Location {
            latitude: digits(&self.latitude)?,
            longitude: digits(&self.longitude)?,
            name: optional(self.name.as_ref(), asked)?,
            address: optional(self.address.as_ref(), asked)?,
        })
    }
}

impl BodyPlan {
    fn span(&self) -> Span {
        match &self.content {
            BodyContentPlan::Text(text) | BodyContentPlan::Date(text) => text.span,
            BodyContentPlan::Currency { amount, .. } => amount.span,
        }
    }

    /// The value, and how many characters of the body it takes.
    fn render(&self, asked: Asked<'_>) -> Result<(Parameter, usize), RenderStop> {
        let parameter_name = self.name.clone();
        let length = |text: &str| text.chars().count();
        Ok(match &self.content {
            BodyContentPlan::Text(text) => {
                let text = text.render(asked)?;
                let count = length(&text);
                (Parameter::Text { parameter_name, text }, count)
            }
            BodyContentPlan::Date(text) => {
                let fallback_value = text.render(asked)?;
                let count = length(&fallback_value);
                (Parameter::DateTime { parameter_name, date_time: DateTime { fallback_value } }, count)
            }
            BodyContentPlan::Currency { amount, code, fallback } => {
                let written = amount.render(asked)?;
                let amount_1000 =
                    limits::amount(&written).ok_or_else(|| failed(&amount.subject, Defect::NoNumber))?;
                let written_code = code.render(asked)?;
                let code = limits::currency(&written_code)
                    .ok_or_else(|| failed(&code.subject, Defect::NoCurrency))?;
                let fallback_value = match fallback {
                    Some(fallback) => fallback.render(asked)?,
                    None => format!("{code} {}", written.trim()),
                };
                let count = length(&fallback_value);
                let currency = Currency { fallback_value, code, amount_1000 };
                (Parameter::Currency { parameter_name, currency }, count)
            }
        })
    }
}

impl ButtonPlan {
    fn span(&self) -> Option<Span> {
        match &self.content {
            ButtonContentPlan::Url(text)
            | ButtonContentPlan::Payload(text)
            | ButtonContentPlan::Code(text) => Some(text.span),
            _ => None,
        }
    }

    fn render(&self, asked: Asked<'_>) -> Result<Component, RenderStop> {
        let (sub_type, parameter) = match &self.content {
            ButtonContentPlan::Url(text) => {
                (ButtonKind::Url, Some(Parameter::Text { parameter_name: None, text: text.render(asked)? }))
            }
            ButtonContentPlan::Payload(text) => {
                (ButtonKind::QuickReply, Some(Parameter::Payload { payload: text.render(asked)? }))
            }
            ButtonContentPlan::Code(text) => {
                (ButtonKind::CopyCode, Some(Parameter::CouponCode { coupon_code: text.render(asked)? }))
            }
            ButtonContentPlan::Flow(flow) => (ButtonKind::Flow, flow_action(flow, asked)?),
            ButtonContentPlan::Catalog(thumbnail) => {
                let thumbnail = optional(thumbnail.as_ref(), asked)?;
                let action = thumbnail.map(|thumbnail| ButtonAction {
                    thumbnail_product_retailer_id: Some(thumbnail),
                    ..ButtonAction::default()
                });
                (ButtonKind::Catalog, action.map(|action| Parameter::Action { action }))
            }
            ButtonContentPlan::Products { thumbnail, sections } => {
                let action = ButtonAction {
                    thumbnail_product_retailer_id: Some(thumbnail.render(asked)?),
                    sections: product_sections(sections, asked)?,
                    ..ButtonAction::default()
                };
                (ButtonKind::Mpm, Some(Parameter::Action { action }))
            }
        };
        let parameters = parameter.into_iter().collect();
        Ok(Component::Button { sub_type, index: self.index.to_string(), parameters })
    }
}

fn flow_action(flow: &FlowPlan, asked: Asked<'_>) -> Result<Option<Parameter>, RenderStop> {
    let action = ButtonAction {
        flow_token: optional(flow.token.as_ref(), asked)?,
        flow_action_data: flow_data(flow, asked)?,
        ..ButtonAction::default()
    };
    let is_empty = action == ButtonAction::default();
    Ok((!is_empty).then_some(Parameter::Action { action }))
}

pub(super) fn flow_data(flow: &FlowPlan, asked: Asked<'_>) -> Result<BTreeMap<String, String>, RenderStop> {
    flow.data.iter().map(|(name, value)| Ok((name.clone(), value.render(asked)?))).collect()
}

pub(super) fn product_sections(
    sections: &[SectionPlan],
    asked: Asked<'_>,
) -> Result<Vec<ProductSection>, RenderStop> {
    let item = |plan: &ValuePlan| Ok(ProductItem { product_retailer_id: plan.render(asked)? });
    let section = |plan: &SectionPlan| {
        let title = plan.title.render(asked)?;
        Ok(ProductSection { title, product_items: plan.products.iter().map(item).collect::<Result<_, _>>()? })
    };
    sections.iter().map(section).collect()
}
