//! From what a rule says to a message that can be rendered.

use super::check::{self, Choice};
use super::events::Readable;
use super::limits::{self, Purpose};
use super::liquid::{Examined, Personalised};
use super::part::{
    Address, BodyContentPlan, BodyPlan, ButtonContentPlan, ButtonPlan, FlowPlan, HeaderPlan, PartForm,
    PartPlan, PlacePlan, ProductPlan, SectionPlan,
};
use super::render::{CompiledMessage, ContentPlan, Form, LanguagePlan, OfferPlan, TemplatePlan};
use super::template::{TemplateButton, TemplateButtonKind, TemplateHeader, TemplatePart, Templates};
use super::value::ValuePlan;
use super::{codes, language};
use crate::language::ast::{
    BodyContent, BodyValue, Button, ButtonContent, FlowData, Header, HeaderContent, Message, OfferEnd, Place,
    Product, ProductSection, TemplateMessage,
};
use crate::language::{Diagnostic, Severity, Span, Spanned, suggest};
use crate::model::{Category, Text};

/// Checks a rule's message and makes it ready to render.
///
/// `readable` says which events the campaign's trigger has, which its texts may then read; `category` is the one
/// that the rule names. Without `templates` nothing is asked of the template: only the Liquid texts and WhatsApp's limits.
///
/// The message is there unless there are errors; the findings are in the order of their places.
pub fn compile(
    message: &Message,
    readable: impl Into<Readable>,
    category: Option<&Spanned<Category>>,
    templates: Option<&Templates>,
) -> (Option<CompiledMessage>, Vec<Diagnostic>) {
    let mut compiler = Compiler { readable: readable.into(), examined: Examined::default() };
    let content = match message {
        Message::Template(message) => compiler.template_plan(message, category, templates),
        Message::FreeForm(message) => {
            compiler.free_form(message).map(|plan| (ContentPlan::FreeForm(Box::new(plan)), Category::Service))
        }
    };
    let Examined { variables, mut findings } = compiler.examined;
    let has_errors =
        |findings: &[Diagnostic]| findings.iter().any(|finding| finding.severity == Severity::Error);
    let mut compiled = content
        .filter(|_| !has_errors(&findings))
        .map(|(content, category)| CompiledMessage { category, content, variables });
    if let Some(CompiledMessage { content: ContentPlan::Template(plan), .. }) = &compiled
        && let Err((subject, Some(span), defect)) = plan.examine_totals()
    {
        let finding = Diagnostic::error(defect.code(), span, format!("{subject} {defect}"));
        findings.push(finding.with_help(defect.help()));
        compiled = None;
    }
    findings.sort_by_key(|finding| (finding.primary.span, finding.code.0));
    (compiled, findings)
}

pub(super) struct Compiler {
    readable: Readable,
    examined: Examined,
}

impl Compiler {
    pub(super) fn report(&mut self, finding: Diagnostic) {
        self.examined.findings.push(finding);
    }

    /// Makes one value ready, and holds it against WhatsApp's limits when it is the same for everyone.
    pub(super) fn value(
        &mut self,
        text: &Spanned<String>,
        subject: impl Into<String>,
        purpose: Purpose,
    ) -> Option<ValuePlan> {
        let subject = subject.into();
        let personalised = Personalised::compile(text, self.readable, &mut self.examined)?;
        if let Some(constant) = personalised.constant()
            && let Err(defect) = limits::examine(constant, purpose)
        {
            let finding = Diagnostic::error(defect.code(), text.span, format!("{subject} {defect}"));
            self.report(finding.with_help(defect.help()));
            return None;
        }
        Some(ValuePlan { subject, purpose, text: personalised, span: text.span })
    }

    /// A value that may be left out: `None` when it has errors.
    pub(super) fn optional(
        &mut self,
        text: Option<&Spanned<String>>,
        subject: impl Into<String>,
        purpose: Purpose,
    ) -> Option<Option<ValuePlan>> {
        match text {
            Some(text) => self.value(text, subject, purpose).map(Some),
            None => Some(None),
        }
    }

    fn template_plan(
        &mut self,
        message: &TemplateMessage,
        category: Option<&Spanned<Category>>,
        templates: Option<&Templates>,
    ) -> Option<(ContentPlan, Category)> {
        let part = self.part(message.header.as_ref(), &message.body, &message.buttons, "");
        let offer = match message.offer.as_ref().map(|offer| &offer.end) {
            Some(OfferEnd::In(length)) => Some(Some(OfferPlan::In(length.node))),
            Some(OfferEnd::At(text)) => {
                self.value(text, "the offer's end", Purpose::Instant).map(|plan| Some(OfferPlan::At(plan)))
            }
            None => Some(None),
        };
        let cards: Vec<Option<PartPlan>> = (1..)
            .zip(&message.cards)
            .map(|(number, card)| {
                let place = format!(" of card {number}");
                self.part(card.header.as_ref(), &card.body, &card.buttons, &place)
            })
            .collect();
        let code = self.optional(message.code.as_ref(), "the one-time code", Purpose::Text(limits::CODE));
        self.structure(message);
        let choice = self.template(message, category, templates)?;

        let (part, offer, code) = (part?, offer?, code?);
        let cards: Vec<PartPlan> = cards.into_iter().collect::<Option<_>>()?;
        let forms = choice.templates.iter().map(|template| Form {
            language: template.language().clone(),
            part: part_form(&template.part, template.is_named, &part.body),
            cards: template
                .cards
                .iter()
                .zip(&cards)
                .map(|(card, plan)| part_form(card, template.is_named, &plan.body))
                .collect(),
        });
        let forms = forms.collect();
        let known = choice.templates.iter().find_map(|template| template.category());
        // Without the templates at hand, only authentication templates take a one-time code.
        let default = if code.is_some() { Category::Authentication } else { Category::Marketing };
        let category = category.map(|category| category.node).or(known).unwrap_or(default);
        let profile = message.language.as_ref().and_then(|choice| choice.profile.as_ref());
        let language =
            LanguagePlan { profile: profile.map(|path| path.parts.clone()), fallback: choice.fallback };
        let name = message.template.node.as_str().into();
        let plan = TemplatePlan { name, language, part, offer, cards, code, forms };
        Some((ContentPlan::Template(Box::new(plan)), category))
    }

    /// Header, body and buttons of a template or of a card; `place` is what its subjects end with.
    fn part(
        &mut self,
        header: Option<&Header>,
        body: &[BodyValue],
        buttons: &[Button],
        place: &str,
    ) -> Option<PartPlan> {
        let header = match header {
            Some(header) => self.header(header, place).map(Some),
            None => Some(None),
        };
        let body_limit = if place.is_empty() { limits::BODY } else { limits::CARD_BODY };
        let body: Vec<Option<BodyPlan>> = (1..)
            .zip(body)
            .map(|(number, value)| self.body_value(value, number, body_limit, place))
            .collect();
        let buttons: Vec<Option<ButtonPlan>> =
            buttons.iter().map(|button| self.button(button, place)).collect();
        Some(PartPlan {
            header: header?,
            body: body.into_iter().collect::<Option<_>>()?,
            buttons: buttons.into_iter().collect::<Option<_>>()?,
            body_limit,
            place: place.to_owned(),
        })
    }

    pub(super) fn header(&mut self, header: &Header, place: &str) -> Option<HeaderPlan> {
        Some(match &header.content {
            HeaderContent::Text(text) => {
                let subject = format!("the header's text{place}");
                HeaderPlan::Text(self.value(text, subject, Purpose::Text(limits::HEADER))?)
            }
            HeaderContent::Media(media) => {
                let link = self.value(&media.link, format!("the header's address{place}"), Purpose::Address);
                let subject = format!("the document's name{place}");
                let filename =
                    self.optional(media.filename.as_ref(), subject, Purpose::Text(limits::FILE_NAME));
                HeaderPlan::Media { kind: media.kind, link: link?, filename: filename? }
            }
            HeaderContent::Location(location) => HeaderPlan::Location(self.place(location, place)?),
            HeaderContent::Product(product) => HeaderPlan::Product(self.product(product, place)?),
        })
    }

    pub(super) fn place(&mut self, location: &Place, place: &str) -> Option<PlacePlan> {
        let any = Purpose::Text(limits::ANY);
        let latitude = self.value(&location.latitude, format!("the latitude{place}"), Purpose::Degrees(90));
        let longitude =
            self.value(&location.longitude, format!("the longitude{place}"), Purpose::Degrees(180));
        let name = self.optional(location.name.as_ref(), format!("the location's name{place}"), any);
        let address = self.optional(location.address.as_ref(), format!("the location's address{place}"), any);
        Some(PlacePlan { latitude: latitude?, longitude: longitude?, name: name?, address: address? })
    }

    pub(super) fn product(&mut self, product: &Product, place: &str) -> Option<ProductPlan> {
        let any = Purpose::Text(limits::ANY);
        let id = self.value(&product.product, format!("the product{place}"), any);
        let catalog = self.value(&product.catalog, format!("the catalogue{place}"), any);
        Some(ProductPlan { product: id?, catalog: catalog? })
    }

    fn body_value(
        &mut self,
        value: &BodyValue,
        number: usize,
        limit: usize,
        place: &str,
    ) -> Option<BodyPlan> {
        let name: Option<Text> = value.name.as_ref().map(|name| name.node.as_str().into());
        let subject = match &name {
            Some(name) => format!("body value `{name}`{place}"),
            None => format!("body value {number}{place}"),
        };
        let content = match &value.content {
            BodyContent::Text(text) => {
                BodyContentPlan::Text(self.value(text, subject, Purpose::Text(limit))?)
            }
            BodyContent::Date(text) => {
                BodyContentPlan::Date(self.value(text, subject, Purpose::Text(limit))?)
            }
            BodyContent::Currency { amount, code, fallback } => {
                let amount = self.value(amount, format!("the amount of {subject}"), Purpose::Amount);
                let code = self.value(code, format!("the currency of {subject}"), Purpose::Currency);
                let fallback = self.optional(fallback.as_ref(), subject, Purpose::Text(limit));
                BodyContentPlan::Currency { amount: amount?, code: code?, fallback: fallback? }
            }
        };
        Some(BodyPlan { name, content })
    }

    fn button(&mut self, button: &Button, place: &str) -> Option<ButtonPlan> {
        let index = button.index.node;
        let of = |what: &str| format!("the {what} of button {index}{place}");
        let content = match &button.content {
            ButtonContent::Url(text) => {
                ButtonContentPlan::Url(self.value(text, of("url"), Purpose::Text(limits::URL))?)
            }
            ButtonContent::Payload(text) => {
                ButtonContentPlan::Payload(self.value(text, of("payload"), Purpose::Text(limits::PAYLOAD))?)
            }
            ButtonContent::Code(text) => {
                ButtonContentPlan::Code(self.value(text, of("code"), Purpose::Text(limits::CODE))?)
            }
            ButtonContent::Flow(flow) => {
                ButtonContentPlan::Flow(self.flow(flow, &format!(" of button {index}{place}"))?)
            }
            ButtonContent::Catalog { thumbnail } => ButtonContentPlan::Catalog(self.optional(
                thumbnail.as_ref(),
                of("thumbnail"),
                Purpose::Text(limits::ANY),
            )?),
            ButtonContent::Products { thumbnail, sections } => {
                let thumbnail = self.value(thumbnail, of("thumbnail"), Purpose::Text(limits::ANY));
                let sections = self.products(sections, button.span);
                ButtonContentPlan::Products { thumbnail: thumbnail?, sections: sections? }
            }
        };
        Some(ButtonPlan { index, content })
    }

    pub(super) fn flow(&mut self, flow: &FlowData, place: &str) -> Option<FlowPlan> {
        let any = Purpose::Text(limits::ANY);
        let token = self.optional(flow.token.as_ref(), format!("the token{place}"), any);
        let data: Vec<Option<(String, ValuePlan)>> = flow
            .data
            .iter()
            .map(|(name, value)| {
                let subject = format!("the data `{}`{place}", name.node);
                Some((name.node.clone(), self.value(value, subject, any)?))
            })
            .collect();
        Some(FlowPlan { token: token?, data: data.into_iter().collect::<Option<_>>()? })
    }

    pub(super) fn products(&mut self, sections: &[ProductSection], whole: Span) -> Option<Vec<SectionPlan>> {
        let products = sections.iter().map(|section| section.products.len()).sum();
        self.at_most("products", products, limits::PRODUCTS, whole);
        self.at_most("sections", sections.len(), limits::SECTIONS, whole);
        let plan = |(number, section): (usize, &ProductSection)| {
            let subject = format!("the title of section {number}");
            let title = self.value(&section.title, subject, Purpose::Text(limits::TITLE));
            let product = |(place, product)| {
                self.value(
                    product,
                    format!("product {place} of section {number}"),
                    Purpose::Text(limits::ANY),
                )
            };
            let products: Vec<Option<ValuePlan>> = (1..).zip(&section.products).map(product).collect();
            Some(SectionPlan { title: title?, products: products.into_iter().collect::<Option<_>>()? })
        };
        let plans: Vec<Option<SectionPlan>> = (1..).zip(sections).map(plan).collect();
        plans.into_iter().collect()
    }

    /// Reports more of something than WhatsApp takes.
    pub(super) fn at_most(&mut self, what: &str, count: usize, most: usize, span: Span) {
        if count > most {
            let text = format!("{count} {what}, and WhatsApp takes {most}");
            self.report(
                Diagnostic::error(codes::TOO_MANY, span, text).with_help(format!("keep {most} of them")),
            );
        }
    }

    /// What is wrong whatever the template says.
    fn structure(&mut self, message: &TemplateMessage) {
        self.body_names(&message.body);
        for card in &message.cards {
            self.body_names(&card.body);
        }
        if let Some(card) = message.cards.get(limits::CARDS) {
            self.at_most("cards", message.cards.len(), limits::CARDS, card.span);
        }
        let Some(code) = &message.code else { return };
        let header = message.header.as_ref().map(|header| header.span);
        let others = header
            .into_iter()
            .chain(message.body.iter().map(|value| value.span))
            .chain(message.buttons.iter().map(|button| button.span))
            .chain(message.cards.iter().map(|card| card.span))
            .chain(message.offer.as_ref().map(|offer| offer.span));
        for other in others {
            self.report(
                Diagnostic::error(codes::CODE_ALONE, other, "a one-time code is all that its message takes")
                    .with_secondary(code.span, "the code")
                    .with_help("leave this out: `code` fills the text and the button"),
            );
        }
    }

    fn body_names(&mut self, body: &[BodyValue]) {
        let named = body.iter().find_map(|value| value.name.as_ref());
        let numbered = body.iter().find(|value| value.name.is_none());
        if let (Some(named), Some(numbered)) = (named, numbered) {
            let text = "some body values are named and some are not";
            let finding = Diagnostic::error(codes::MIXED_BODY, numbered.span, text)
                .with_label("this has no name")
                .with_secondary(named.span, "this has one")
                .with_help("name all of them or none, as the template does");
            self.report(finding);
        }
        let names: Vec<&Spanned<String>> = body.iter().filter_map(|value| value.name.as_ref()).collect();
        for (index, name) in names.iter().enumerate() {
            if let Some(first) = names.iter().take(index).find(|first| first.node == name.node) {
                let text = format!("body value `{}` is given twice", name.node);
                let finding = Diagnostic::error(codes::SAME_BODY_NAME, name.span, text)
                    .with_secondary(first.span, "first given here")
                    .with_help("leave one of them out");
                self.report(finding);
            }
        }
    }

    /// Finds the template and holds the message against it; none when that shows errors of the template's choice.
    fn template<'t>(
        &mut self,
        message: &TemplateMessage,
        category: Option<&Spanned<Category>>,
        templates: Option<&'t Templates>,
    ) -> Option<Choice<'t>> {
        let Some(templates) = templates else { return self.unknown_template(message) };
        let name = &message.template;
        let Some(family) = templates.get(&name.node) else {
            let text = format!("no template is called `{}`", name.node);
            let finding = Diagnostic::error(codes::UNKNOWN_TEMPLATE, name.span, text);
            self.report(match suggest(&name.node, "templates", templates.names()) {
                Some(help) => finding.with_help(help),
                None => finding.with_help("the file of approved templates has none at all"),
            });
            return None;
        };
        match check::choose(message, family) {
            Ok(choice) => {
                self.examined.findings.extend(check::check(message, category, &choice.templates));
                Some(choice)
            }
            Err(finding) => {
                self.report(*finding);
                None
            }
        }
    }

    /// Without templates all that can be asked of the language is whether it looks like one.
    fn unknown_template<'t>(&mut self, message: &TemplateMessage) -> Option<Choice<'t>> {
        let Some(choice) = &message.language else {
            return Some(Choice { templates: Vec::new(), fallback: "en".into() });
        };
        match language::code(&choice.fallback.node) {
            Some(code) => Some(Choice { templates: Vec::new(), fallback: code.into() }),
            None => {
                let text = format!("`{}` is no code of a language", choice.fallback.node);
                let finding = Diagnostic::error(codes::NO_LANGUAGE_CODE, choice.fallback.span, text);
                self.report(finding.with_help("write WhatsApp's code, such as `\"en\"` or `\"en_US\"`"));
                None
            }
        }
    }
}

/// What rendering needs of a template's part.
fn part_form(part: &TemplatePart, is_named: bool, body: &[BodyPlan]) -> PartForm {
    let header = match &part.header {
        Some(TemplateHeader::Text(shape)) => Some(shape.clone()),
        _ => None,
    };
    let header_name = header.as_ref().filter(|_| is_named).and_then(|shape| shape.names().next());
    let header_name = header_name.map(Text::from);
    let place = |(index, name): (usize, &str)| {
        let named = body.iter().position(|plan| plan.name.as_deref() == Some(name));
        if is_named { named } else { Some(index) }
    };
    let address = |(index, button): (usize, &TemplateButton)| {
        let (fixed, limit) = match button.kind {
            TemplateButtonKind::Url { length, takes_value: true } => (length, limits::URL),
            // WhatsApp builds the address around a one-time code, which is bounded as a code.
            TemplateButtonKind::OneTimeCode => (0, limits::CODE),
            _ => return None,
        };
        Some(Address { index: u8::try_from(index).ok()?, fixed, limit })
    };
    PartForm {
        header,
        header_name,
        body: part.body.clone(),
        order: part.body.names().enumerate().filter_map(place).collect(),
        addresses: part.buttons.iter().enumerate().filter_map(address).collect(),
    }
}
