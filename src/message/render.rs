//! A checked message, and what it is for one user.

use super::events::Events;
use super::free_form::FreePlan;
use super::language;
use super::limits::{self, Defect};
use super::liquid::{Root, Variable};
use super::part::{PartForm, PartPlan};
use super::value::{Asked, Occasion, ValuePlan, failed};
use crate::language::Span;
use crate::model::template::{ButtonKind, Card, Component, Language, OfferEnd, Parameter};
use crate::model::{Category, Content, Duration, Instant, Properties, TemplateMessage, Text, Value};

/// A rule's message, checked and ready to render for any user. Made by [`compile`](super::compile).
#[derive(Debug)]
pub struct CompiledMessage {
    pub(super) category: Category,
    pub(super) content: ContentPlan,
    pub(super) variables: Vec<Variable>,
}

#[derive(Debug)]
pub(super) enum ContentPlan {
    Template(Box<TemplatePlan>),
    FreeForm(Box<FreePlan>),
}

#[derive(Debug)]
pub(super) struct TemplatePlan {
    pub name: Text,
    pub language: LanguagePlan,
    pub part: PartPlan,
    pub offer: Option<OfferPlan>,
    pub cards: Vec<PartPlan>,
    /// A one-time code: the body's only value, and the first button's.
    pub code: Option<ValuePlan>,
    /// The template in each language that may be chosen; empty when templates are not known.
    pub forms: Vec<Form>,
}

/// When an offer ends.
#[derive(Debug)]
pub(super) enum OfferPlan {
    /// So long after the message is due.
    In(Duration),
    At(ValuePlan),
}

/// What of a template, in one language, rendering needs.
#[derive(Debug)]
pub(super) struct Form {
    pub language: Text,
    pub part: PartForm,
    pub cards: Vec<PartForm>,
}

/// Which of an event's properties a message reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reads {
    /// None.
    Nothing,
    /// Those of these names, in the order in which they first occur.
    Names(Vec<Text>),
    /// Any: which ones, only the values tell.
    All,
}

impl Reads {
    /// What two messages read together.
    pub(crate) fn and(self, other: Reads) -> Reads {
        match (self, other) {
            (Reads::All, _) | (_, Reads::All) => Reads::All,
            (Reads::Nothing, reads) | (reads, Reads::Nothing) => reads,
            (Reads::Names(mut names), Reads::Names(more)) => {
                for name in more {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                Reads::Names(names)
            }
        }
    }
}

/// Why there is no message for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenderStop {
    /// `{% abort %}`, with its reason.
    Aborted(Option<String>),
    /// A value cannot be made, or is none that WhatsApp takes: which one, and why.
    Failed(String),
}

/// In which language a message goes out.
#[derive(Debug)]
pub(super) struct LanguagePlan {
    /// The parts of the profile's property that names it.
    pub profile: Option<Vec<String>>,
    /// The language when the profile names none.
    pub fallback: Text,
}

impl CompiledMessage {
    /// The category under which the message is sent: the rule's, else the template's, else marketing; `service` when it is no
    /// template.
    pub const fn category(&self) -> Category {
        self.category
    }

    /// True when it is no template: it goes only within 24 hours of the user's last word.
    pub const fn is_free_form(&self) -> bool {
        matches!(self.content, ContentPlan::FreeForm(_))
    }

    /// The name and the language of the template with which it goes out to a profile; none of what is no template.
    pub fn template_for(&self, profile: &Properties) -> Option<(Text, Text)> {
        match &self.content {
            ContentPlan::Template(plan) => Some((plan.name.clone(), plan.choose_language(profile).0)),
            ContentPlan::FreeForm(_) => None,
        }
    }

    /// Everything that the message's texts read, in the order in which they are written; the profile's property that
    /// names the language is not among them.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The properties of the trigger's event that the message reads.
    pub fn reads_event(&self) -> Reads {
        self.reads(Root::Event)
    }

    /// The properties of the event before it (A of `when A then B`) that the message reads.
    pub fn reads_first(&self) -> Reads {
        self.reads(Root::First)
    }

    fn reads(&self, root: Root) -> Reads {
        let mut names: Vec<Text> = Vec::new();
        for variable in self.variables.iter().filter(|variable| variable.root == root) {
            let Some(name) = variable.path.first() else { return Reads::All };
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        if names.is_empty() { Reads::Nothing } else { Reads::Names(names) }
    }

    /// The message for one user. `events` are the trigger's; a scheduled campaign has none.
    ///
    /// # Errors
    /// When a text aborts, when a value cannot be made of the user's properties, and when one is none that WhatsApp takes
    /// (see `docs/messages.md`). The first in the order header, body, buttons, offer, cards.
    pub fn render<'e>(
        &self,
        events: impl Into<Events<'e>>,
        profile: &Properties,
        occasion: Occasion<'_>,
    ) -> Result<Content, RenderStop> {
        let asked = Asked { events: events.into(), profile, occasion };
        Ok(match &self.content {
            ContentPlan::Template(plan) => Content::Template(plan.render(asked)?),
            ContentPlan::FreeForm(plan) => Content::Message(plan.render(asked)?),
        })
    }
}

impl TemplatePlan {
    fn render(&self, asked: Asked<'_>) -> Result<TemplateMessage, RenderStop> {
        let (code, form) = self.choose_language(asked.profile);
        let mut components = match &self.code {
            Some(code) => one_time_code(code.render(asked)?),
            None => self.part.render(asked, form.map(|form| &form.part))?,
        };
        if let Some(offer) = &self.offer {
            let limited_time_offer = OfferEnd { expiration_time_ms: offer.end(asked)?.millis() };
            let parameters = vec![Parameter::LimitedTimeOffer { limited_time_offer }];
            // WhatsApp shows it between header and body.
            let place = components.iter().take_while(|part| matches!(part, Component::Header { .. })).count();
            components.insert(place, Component::LimitedTimeOffer { parameters });
        }
        let mut cards = Vec::with_capacity(self.cards.len());
        for (place, card) in (0u8..).zip(&self.cards) {
            let form = form.and_then(|form| form.cards.get(usize::from(place)));
            cards.push(Card { card_index: place, components: card.render(asked, form)? });
        }
        if !cards.is_empty() {
            components.push(Component::Carousel { cards });
        }
        Ok(TemplateMessage { name: self.name.clone(), language: Language { code }, components })
    }

    fn choose_language(&self, profile: &Properties) -> (Text, Option<&Form>) {
        let wanted = self.language.profile.as_ref().and_then(|path| text_at(profile, path));
        let known = self.forms.iter().map(|form| &form.language);
        let code = match wanted {
            Some(wanted) if self.forms.is_empty() => language::code(wanted).map(Text::from),
            Some(wanted) => language::find(wanted, known).cloned(),
            None => None,
        };
        let code = code.unwrap_or_else(|| self.language.fallback.clone());
        let form = self.forms.iter().find(|form| form.language == code);
        (code, form)
    }

    /// Which of the template's texts is too long even with the shortest values.
    pub(super) fn examine_totals(&self) -> Result<(), (String, Option<Span>, Defect)> {
        for form in &self.forms {
            if self.code.is_none() {
                self.part.examine_totals(&form.part, &self.part.least_lengths())?;
            }
            for (card, form) in self.cards.iter().zip(&form.cards) {
                card.examine_totals(form, &card.least_lengths())?;
            }
        }
        Ok(())
    }
}

impl OfferPlan {
    fn end(&self, asked: Asked<'_>) -> Result<Instant, RenderStop> {
        let due = asked.occasion.due;
        match self {
            OfferPlan::In(length) => Ok(due + *length),
            OfferPlan::At(plan) => {
                let end = limits::instant(&plan.render(asked)?, asked.occasion.account)
                    .ok_or_else(|| failed(&plan.subject, Defect::NoInstant))?;
                if end > due { Ok(end) } else { Err(failed(&plan.subject, Defect::Past)) }
            }
        }
    }
}

/// A one-time code goes twice: into the text, and to the button that copies it.
fn one_time_code(code: String) -> Vec<Component> {
    let parameters = || vec![Parameter::Text { parameter_name: None, text: code.clone() }];
    vec![
        Component::Body { parameters: parameters() },
        Component::Button { sub_type: ButtonKind::Url, index: "0".to_owned(), parameters: parameters() },
    ]
}

/// The first text under a path; a list on the way stands for each of its items.
fn text_at<'p>(profile: &'p Properties, path: &[String]) -> Option<&'p str> {
    let (first, rest) = path.split_first()?;
    first_text(profile.get(first)?, rest)
}

fn first_text<'v>(value: &'v Value, path: &[String]) -> Option<&'v str> {
    match (value, path.split_first()) {
        (Value::List(items), _) => items.iter().find_map(|item| first_text(item, path)),
        (Value::Object(parts), Some((name, rest))) => first_text(parts.get(name.as_str())?, rest),
        (Value::Text(text), None) => Some(text),
        _ => None,
    }
}
