//! A checked message, and what it is for one user.

use std::fmt;

use super::events::Events;
use super::language;
use super::limits::{self, Defect, Purpose};
use super::liquid::{Personalised, Root, Variable};
use super::shape::Shape;
use crate::language::Span;
use crate::model::{
    ButtonKind, Category, Component, HeaderKind, Language, MediaLink, Parameter, Properties, TemplateMessage,
    Text, Value,
};

/// A rule's message, checked and ready to render for any user. Made by [`compile`](super::compile).
#[derive(Debug)]
pub struct CompiledMessage {
    pub(super) template: Text,
    pub(super) category: Category,
    pub(super) language: LanguagePlan,
    pub(super) header: Option<HeaderPlan>,
    pub(super) body: Vec<BodyPlan>,
    pub(super) buttons: Vec<ButtonPlan>,
    /// The template in each language that may be chosen; empty when templates are not known.
    pub(super) forms: Vec<Form>,
    pub(super) variables: Vec<Variable>,
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

#[derive(Debug)]
pub(super) struct HeaderPlan {
    pub kind: HeaderKind,
    pub value: ValuePlan,
    pub file_name: Option<ValuePlan>,
}

#[derive(Debug)]
pub(super) struct BodyPlan {
    pub name: Option<Text>,
    pub value: ValuePlan,
}

#[derive(Debug)]
pub(super) struct ButtonPlan {
    pub index: u8,
    pub kind: ButtonKind,
    pub value: ValuePlan,
}

/// A value of the message. A constant was examined when it was compiled.
#[derive(Debug)]
pub(super) struct ValuePlan {
    pub subject: Subject,
    pub purpose: Purpose,
    pub text: Personalised,
    pub span: Span,
}

/// What a value is, for the words of findings and outcomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    HeaderText,
    HeaderAddress,
    FileName,
    Named(Text),
    Numbered(usize),
    Button(u8, ButtonKind),
    WholeHeader,
    WholeBody,
    WholeAddress(u8),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::HeaderText => f.write_str("the header's text"),
            Subject::HeaderAddress => f.write_str("the header's address"),
            Subject::FileName => f.write_str("the document's name"),
            Subject::Named(name) => write!(f, "body value `{name}`"),
            Subject::Numbered(number) => write!(f, "body value {number}"),
            Subject::Button(index, ButtonKind::Url) => write!(f, "the url of button {index}"),
            Subject::Button(index, ButtonKind::QuickReply) => write!(f, "the payload of button {index}"),
            Subject::Button(index, ButtonKind::CopyCode) => write!(f, "the code of button {index}"),
            Subject::WholeHeader => f.write_str("the header, with its value,"),
            Subject::WholeBody => f.write_str("the body, with its values,"),
            Subject::WholeAddress(index) => write!(f, "the whole address of button {index}"),
        }
    }
}

/// What of a template, in one language, rendering needs.
#[derive(Debug)]
pub(super) struct Form {
    pub language: Text,
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

impl ValuePlan {
    fn render(&self, events: Events<'_>, profile: &Properties) -> Result<String, RenderStop> {
        if let Personalised::Constant(text) = &self.text {
            return Ok(text.clone());
        }
        let text = self.text.render(events, profile).map_err(|stop| match stop {
            RenderStop::Failed(reason) => RenderStop::Failed(format!("{}: {reason}", self.subject)),
            aborted @ RenderStop::Aborted(_) => aborted,
        })?;
        limits::examine(&text, self.purpose).map_err(|defect| failed(&self.subject, defect))?;
        Ok(text)
    }
}

fn failed(subject: &Subject, defect: Defect) -> RenderStop {
    RenderStop::Failed(format!("{subject} {defect}"))
}

impl CompiledMessage {
    /// The category under which the message is sent: the rule's, else the template's, else marketing.
    pub const fn category(&self) -> Category {
        self.category
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
    /// (see `docs/messages.md`). The first in the order header, body, buttons.
    pub fn render<'e>(
        &self,
        events: impl Into<Events<'e>>,
        profile: &Properties,
    ) -> Result<TemplateMessage, RenderStop> {
        let events = events.into();
        let (code, form) = self.choose_language(profile);
        let header = self.header.as_ref().map(|header| header.render(events, profile, form)).transpose()?;
        let body: Vec<String> =
            self.body.iter().map(|plan| plan.value.render(events, profile)).collect::<Result<_, _>>()?;
        let buttons: Vec<String> =
            self.buttons.iter().map(|plan| plan.value.render(events, profile)).collect::<Result<_, _>>()?;
        if let Some(form) = form {
            self.examine_totals(
                form,
                header.as_ref().and_then(text_length),
                &lengths(&body),
                &lengths(&buttons),
            )
            .map_err(|(subject, _, defect)| failed(&subject, defect))?;
        }

        let mut components = Vec::with_capacity(2 + buttons.len());
        components.extend(header.map(|parameter| Component::Header { parameters: vec![parameter] }));
        if !body.is_empty() {
            components.push(Component::Body { parameters: self.body_parameters(form, body) });
        }
        let buttons = self.buttons.iter().zip(buttons);
        components.extend(buttons.map(|(plan, value)| plan.component(value)));
        Ok(TemplateMessage { name: self.template.clone(), language: Language { code }, components })
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

    /// The body's values in the template's order; as written where the template is not known.
    fn body_parameters(&self, form: Option<&Form>, values: Vec<String>) -> Vec<Parameter> {
        let parameter =
            |(plan, text): (&BodyPlan, String)| Parameter::Text { parameter_name: plan.name.clone(), text };
        let mut written: Vec<Option<Parameter>> =
            self.body.iter().zip(values).map(parameter).map(Some).collect();
        let order = form.map_or(&[][..], |form| &form.order);
        let mut ordered: Vec<Parameter> =
            order.iter().filter_map(|place| written.get_mut(*place).and_then(Option::take)).collect();
        ordered.extend(written.into_iter().flatten());
        ordered
    }

    /// Asks whether the template's texts are within their limits with these lengths of values: which is not, and how.
    pub(super) fn examine_totals(
        &self,
        form: &Form,
        header: Option<usize>,
        body: &[usize],
        buttons: &[usize],
    ) -> Result<(), (Subject, Option<Span>, Defect)> {
        if let (Some(shape), Some(length)) = (&form.header, header) {
            limits::length(shape.rendered(std::iter::once(length)), limits::HEADER)
                .map_err(|defect| (Subject::WholeHeader, self.header_span(), defect))?;
        }
        let in_order = form.order.iter().map(|place| body.get(*place).copied().unwrap_or(0));
        limits::length(form.body.rendered(in_order), limits::BODY)
            .map_err(|defect| (Subject::WholeBody, self.body.first().map(|plan| plan.value.span), defect))?;
        for (plan, length) in self.buttons.iter().zip(buttons) {
            let Some(address) = form.addresses.iter().find(|address| address.index == plan.index) else {
                continue;
            };
            let subject = || match address.fixed {
                0 => Subject::Button(plan.index, plan.kind),
                _ => Subject::WholeAddress(plan.index),
            };
            limits::length(address.fixed + length, address.limit)
                .map_err(|defect| (subject(), Some(plan.value.span), defect))?;
        }
        Ok(())
    }

    fn header_span(&self) -> Option<Span> {
        self.header.as_ref().map(|header| header.value.span)
    }
}

fn lengths(texts: &[String]) -> Vec<usize> {
    texts.iter().map(|text| text.chars().count()).collect()
}

fn text_length(parameter: &Parameter) -> Option<usize> {
    if let Parameter::Text { text, .. } = parameter { Some(text.chars().count()) } else { None }
}

impl HeaderPlan {
    fn render(
        &self,
        events: Events<'_>,
        profile: &Properties,
        form: Option<&Form>,
    ) -> Result<Parameter, RenderStop> {
        let value = self.value.render(events, profile)?;
        let filename = self.file_name.as_ref().map(|name| name.render(events, profile)).transpose()?;
        Ok(match self.kind {
            HeaderKind::Text => {
                let parameter_name = form.and_then(|form| form.header_name.clone());
                Parameter::Text { parameter_name, text: value }
            }
            HeaderKind::Image => Parameter::Image { image: MediaLink { link: value, filename: None } },
            HeaderKind::Video => Parameter::Video { video: MediaLink { link: value, filename: None } },
            HeaderKind::Document => Parameter::Document { document: MediaLink { link: value, filename } },
        })
    }
}

impl ButtonPlan {
    fn component(&self, value: String) -> Component {
        let parameter = match self.kind {
            ButtonKind::Url => Parameter::Text { parameter_name: None, text: value },
            ButtonKind::QuickReply => Parameter::Payload { payload: value },
            ButtonKind::CopyCode => Parameter::CouponCode { coupon_code: value },
        };
        Component::Button { sub_type: self.kind, index: self.index.to_string(), parameters: vec![parameter] }
    }
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
