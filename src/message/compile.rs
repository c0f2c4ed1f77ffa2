//! From what a rule says to a message that can be rendered.

use super::check::{self, Choice};
use super::events::Readable;
use super::limits::{self, Purpose};
use super::liquid::{Examined, Personalised};
use super::render::{
    Address, BodyPlan, ButtonPlan, CompiledMessage, Form, HeaderPlan, LanguagePlan, Subject, ValuePlan,
};
use super::template::{Template, TemplateButton, TemplateButtonKind, TemplateHeader, Templates};
use super::{codes, language};
use crate::language::ast::{
    BodyContent, BodyValue, Button, ButtonContent, Header, HeaderContent, Media, MediaKind, TemplateMessage,
};
use crate::language::{Diagnostic, Severity, Spanned, suggest};
use crate::model::{ButtonKind, Category, HeaderKind, Text};

/// Checks a rule's message and makes it ready to render.
///
/// `readable` says which events the campaign's trigger has, which its texts may then read; `category` is the one
/// that the rule names. Without `templates` nothing is asked of the template: only the Liquid texts and WhatsApp's limits.
///
/// The message is there unless there are errors; the findings are in the order of their places.
pub fn compile(
    message: &TemplateMessage,
    readable: impl Into<Readable>,
    category: Option<&Spanned<Category>>,
    templates: Option<&Templates>,
) -> (Option<CompiledMessage>, Vec<Diagnostic>) {
    let mut compiler = Compiler { readable: readable.into(), examined: Examined::default() };
    let header = message.header.as_ref().map(|header| compiler.header(header));
    let body: Vec<Option<BodyPlan>> = compiler.body(message);
    let mut buttons: Vec<Option<ButtonPlan>> = compiler.buttons(message);
    compiler.structure(message);
    let choice = compiler.template(message, category, templates);

    let Examined { variables, mut findings } = compiler.examined;
    let has_errors =
        |findings: &[Diagnostic]| findings.iter().any(|finding| finding.severity == Severity::Error);
    let complete = || {
        let choice = choice?;
        buttons.sort_by_key(|plan| plan.as_ref().map(|plan| plan.index));
        let body: Vec<BodyPlan> = body.into_iter().collect::<Option<_>>()?;
        let forms = choice.templates.iter().map(|template| form(template, &body)).collect();
        let known = choice.templates.iter().find_map(|template| template.category());
        Some(CompiledMessage {
            template: message.template.node.as_str().into(),
            category: category.map(|category| category.node).or(known).unwrap_or(Category::Marketing),
            language: LanguagePlan {
                profile: message
                    .language
                    .as_ref()
                    .and_then(|choice| choice.profile.as_ref())
                    .map(|path| path.parts.clone()),
                fallback: choice.fallback,
            },
            header: match header {
                Some(header) => Some(header?),
                None => None,
            },
            body,
            buttons: buttons.into_iter().collect::<Option<_>>()?,
            forms,
            variables,
        })
    };
    let mut compiled = if has_errors(&findings) { None } else { complete() };
    if let Some(message) = &compiled {
        findings.extend(constant_totals(message));
    }
    if has_errors(&findings) {
        compiled = None;
    }
    findings.sort_by_key(|finding| (finding.primary.span, finding.code.0));
    (compiled, findings)
}

struct Compiler {
    readable: Readable,
    examined: Examined,
}

impl Compiler {
    fn report(&mut self, finding: Diagnostic) {
        self.examined.findings.push(finding);
    }

    /// Makes one value ready, and holds it against WhatsApp's limits when it is the same for everyone.
    fn value(&mut self, text: &Spanned<String>, subject: Subject, purpose: Purpose) -> Option<ValuePlan> {
        let personalised = Personalised::compile(text, self.readable, &mut self.examined)?;
        if let Some(constant) = personalised.constant()
            && let Err(defect) = limits::examine(constant, purpose)
        {
            self.report(Diagnostic::error(defect.code(), text.span, format!("{subject} {defect}")));
            return None;
        }
        Some(ValuePlan { subject, purpose, text: personalised, span: text.span })
    }

    fn header(&mut self, header: &Header) -> Option<HeaderPlan> {
        let (kind, value) = match &header.content {
            HeaderContent::Text(text) => {
                (HeaderKind::Text, self.value(text, Subject::HeaderText, Purpose::Text(limits::HEADER)))
            }
            HeaderContent::Media(media) => {
                (header_kind(media.kind)?, self.value(&media.link, Subject::HeaderAddress, Purpose::Address))
            }
            HeaderContent::Location(_) | HeaderContent::Product(_) => return None,
        };
        let file_name = match &header.content {
            HeaderContent::Media(Media { filename: Some(name), .. }) => {
                Some(self.value(name, Subject::FileName, Purpose::Text(limits::FILE_NAME))?)
            }
            _ => None,
        };
        Some(HeaderPlan { kind, value: value?, file_name })
    }

    fn body(&mut self, message: &TemplateMessage) -> Vec<Option<BodyPlan>> {
        let plan = |(index, value): (usize, &BodyValue)| {
            let name: Option<Text> = value.name.as_ref().map(|name| name.node.as_str().into());
            let subject = match &name {
                Some(name) => Subject::Named(name.clone()),
                None => Subject::Numbered(index + 1),
            };
            let BodyContent::Text(text) = &value.content else { return None };
            let value = self.value(text, subject, Purpose::Text(limits::BODY))?;
            Some(BodyPlan { name, value })
        };
        message.body.iter().enumerate().map(plan).collect()
    }

    fn buttons(&mut self, message: &TemplateMessage) -> Vec<Option<ButtonPlan>> {
        let plan = |button: &Button| {
            let index = button.index.node;
            let (kind, text, limit) = match &button.content {
                ButtonContent::Url(text) => (ButtonKind::Url, text, limits::URL),
                ButtonContent::Payload(text) => (ButtonKind::QuickReply, text, limits::PAYLOAD),
                ButtonContent::Code(text) => (ButtonKind::CopyCode, text, limits::CODE),
                ButtonContent::Flow(_) | ButtonContent::Catalog { .. } | ButtonContent::Products { .. } => {
                    return None;
                }
            };
            let value = self.value(text, Subject::Button(index, kind), Purpose::Text(limit))?;
            Some(ButtonPlan { index, kind, value })
        };
        message.buttons.iter().map(plan).collect()
    }

    /// What is wrong whatever the template says.
    fn structure(&mut self, message: &TemplateMessage) {
        let named = message.body.iter().find_map(|value| value.name.as_ref());
        let numbered = message.body.iter().find(|value| value.name.is_none());
        if let (Some(named), Some(numbered)) = (named, numbered) {
            let text = "some body values are named and some are not";
            let finding = Diagnostic::error(codes::MIXED_BODY, numbered.span, text)
                .with_label("this has no name")
                .with_secondary(named.span, "this has one")
                .with_help("name all of them or none, as the template does");
            self.report(finding);
        }
        let names: Vec<&Spanned<String>> =
            message.body.iter().filter_map(|value| value.name.as_ref()).collect();
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

/// What rendering needs of a template.
fn form(template: &Template, body: &[BodyPlan]) -> Form {
    let header = match &template.header {
        Some(TemplateHeader::Text(shape)) => Some(shape.clone()),
        _ => None,
    };
    let header_name = header.as_ref().filter(|_| template.is_named).and_then(|shape| shape.names().next());
    let header_name = header_name.map(Text::from);
    let place = |(index, name): (usize, &str)| {
        let named = body.iter().position(|plan| plan.name.as_deref() == Some(name));
        if template.is_named { named } else { Some(index) }
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
    Form {
        language: template.language().clone(),
        header,
        header_name,
        body: template.body.clone(),
        order: template.body.names().enumerate().filter_map(place).collect(),
        addresses: template.buttons.iter().enumerate().filter_map(address).collect(),
    }
}

/// Texts that are too long with values that are the same for everyone.
fn constant_totals(message: &CompiledMessage) -> Option<Diagnostic> {
    // A value that is not constant has at least one character.
    let length = |plan: &ValuePlan| plan.text.constant().map_or(1, |text| text.chars().count());
    let body: Vec<usize> = message.body.iter().map(|plan| length(&plan.value)).collect();
    let buttons: Vec<usize> = message.buttons.iter().map(|plan| length(&plan.value)).collect();
    let header = message.header.as_ref().filter(|header| header.kind == HeaderKind::Text);
    let header = header.map(|header| length(&header.value));
    message.forms.iter().find_map(|form| {
        let (subject, span, defect) = message.examine_totals(form, header, &body, &buttons).err()?;
        Some(Diagnostic::error(defect.code(), span?, format!("{subject} {defect}")))
    })
}

/// The kind of a medium, of those that headers show.
const fn header_kind(kind: MediaKind) -> Option<HeaderKind> {
    match kind {
        MediaKind::Image => Some(HeaderKind::Image),
        MediaKind::Video => Some(HeaderKind::Video),
        MediaKind::Document => Some(HeaderKind::Document),
        MediaKind::Audio | MediaKind::Sticker => None,
    }
}
