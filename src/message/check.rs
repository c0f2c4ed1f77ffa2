//! Does a rule's message fit its template?

use super::codes;
use super::language;
use super::template::{Template, TemplateButtonKind, TemplateFamily, TemplateHeader};
use crate::language::ast::{Button, Header, TemplateMessage};
use crate::language::{Code, Diagnostic, Span, Spanned, nearest, suggest};
use crate::model::{Category, HeaderKind, Text};

/// The templates that a message may go out with, one for each language that may be chosen, and the language where the
/// profile names none.
pub(super) struct Choice<'t> {
    pub templates: Vec<&'t Template>,
    pub fallback: Text,
}

/// Finds the languages that a message may go out in.
pub(super) fn choose<'t>(
    message: &TemplateMessage,
    family: &'t TemplateFamily,
) -> Result<Choice<'t>, Box<Diagnostic>> {
    let name = &message.template.node;
    let approved: Vec<&Template> = family.approved().collect();
    if approved.is_empty() {
        let text = format!("template `{name}` is not approved: {}", standing(family));
        return Err(Diagnostic::error(codes::NOT_APPROVED, message.template.span, text)
            .with_help("WhatsApp sends approved templates only")
            .into());
    }
    let listed = list(approved.iter().map(|template| &**template.language()));
    let Some(choice) = &message.language else {
        return match approved.as_slice() {
            [only] => Ok(Choice { templates: vec![only], fallback: only.language().clone() }),
            several => {
                let text = format!("template `{name}` is approved in {} languages", several.len());
                let example = several.first().map_or("en", |template| template.language());
                let help = format!("say which, as in `send template {name} in \"{example}\"`: {listed}");
                let finding = Diagnostic::error(codes::WHICH_LANGUAGE, message.template.span, text);
                Err(finding.with_help(help).into())
            }
        };
    };
    let Spanned { node: wanted, span } = &choice.fallback;
    let known = language::find(wanted, family.templates().iter().map(Template::language));
    let found =
        known.and_then(|known| family.templates().iter().find(|template| template.language() == known));
    match found {
        Some(template) if !template.is_approved() => {
            let status = template.status();
            let text = format!("template `{name}` in `{wanted}` is not approved: it is {status}");
            let help = format!("it is approved in {listed}");
            Err(Diagnostic::error(codes::NOT_APPROVED, *span, text).with_help(help).into())
        }
        Some(template) => {
            let templates = if choice.profile.is_some() { approved } else { vec![template] };
            Ok(Choice { templates, fallback: template.language().clone() })
        }
        None => {
            let text = format!("template `{name}` has no language `{wanted}`");
            let near = nearest(wanted, approved.iter().map(|template| &**template.language()));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is approved in {listed}"),
            };
            Err(Diagnostic::error(codes::NO_SUCH_LANGUAGE, *span, text).with_help(help).into())
        }
    }
}

/// Where a template without an approved language stands.
fn standing(family: &TemplateFamily) -> String {
    match family.templates() {
        [only] => format!("it is {}", only.status()),
        several => {
            let each =
                several.iter().map(|template| format!("in `{}` {}", template.language(), template.status()));
            format!("it is {}", each.collect::<Vec<_>>().join(", "))
        }
    }
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Holds a message against its template in every language that may be chosen.
pub(super) fn check(
    message: &TemplateMessage,
    category: Option<&Spanned<Category>>,
    templates: &[&Template],
) -> Vec<Diagnostic> {
    let mut found: Vec<(Diagnostic, Vec<&str>)> = Vec::new();
    for template in templates {
        let mut check = Check { message, template, findings: Vec::new() };
        check.all(category);
        for finding in check.findings {
            // The advice may list names in another order.
            let same = |known: &Diagnostic| {
                (known.code, known.primary.span, &known.message)
                    == (finding.code, finding.primary.span, &finding.message)
            };
            match found.iter_mut().find(|(known, _)| same(known)) {
                Some((_, languages)) => languages.push(template.language()),
                None => found.push((finding, vec![template.language()])),
            }
        }
    }
    let name_languages = |(mut finding, languages): (Diagnostic, Vec<&str>)| {
        if languages.len() < templates.len() {
            finding.message += &format!(" in {}", list(languages.into_iter()));
        }
        finding
    };
    found.into_iter().map(name_languages).collect()
}

struct Check<'c> {
    message: &'c TemplateMessage,
    template: &'c Template,
    findings: Vec<Diagnostic>,
}

impl Check<'_> {
    fn all(&mut self, category: Option<&Spanned<Category>>) {
        if let Some(unsupported) = &self.template.unsupported {
            let text = format!("{} has {unsupported}, which is not supported yet", self.name());
            self.report(codes::NOT_SUPPORTED_YET, self.message.template.span, text, "send another template");
            return;
        }
        self.category(category);
        self.header();
        self.body();
        self.buttons();
    }

    fn name(&self) -> String {
        format!("template `{}`", self.message.template.node)
    }

    fn report(&mut self, code: Code, span: Span, text: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Diagnostic::error(code, span, text).with_help(help));
    }

    fn category(&mut self, written: Option<&Spanned<Category>>) {
        if let (Some(written), Some(category)) = (written, self.template.category())
            && written.node != category
        {
            let category = category.name();
            let text = format!("{} is of category {category}, not {}", self.name(), written.node.name());
            self.report(codes::OTHER_CATEGORY, written.span, text, format!("write `category {category}`"));
        }
    }

    fn header(&mut self) {
        let name = self.name();
        let at = self.message.template.span;
        match (&self.message.header, &self.template.header) {
            (None, Some(TemplateHeader::Text(shape))) if !shape.parameters.is_empty() => {
                let text = format!("{name} needs a value for its header");
                self.report(codes::HEADER, at, text, "add `header text \"…\"`");
            }
            (None, Some(TemplateHeader::Media(kind))) => {
                let kind = kind.name();
                let text = format!("{name} needs a header of kind {kind}");
                self.report(codes::HEADER, at, text, format!("add `header {kind} \"https://…\"`"));
            }
            (None, _) => {}
            (Some(header), None) => {
                self.report(
                    codes::HEADER,
                    header.span,
                    format!("{name} has no header"),
                    "leave the header out",
                );
            }
            (Some(header), Some(TemplateHeader::Text(shape))) => {
                if shape.parameters.is_empty() {
                    let text = format!("the header of {name} takes no value");
                    self.report(codes::HEADER, header.span, text, "leave the header out");
                } else {
                    self.header_kind(header, HeaderKind::Text, "header text \"…\"");
                }
            }
            (Some(header), Some(TemplateHeader::Media(kind))) => {
                self.header_kind(header, *kind, &format!("header {} \"https://…\"", kind.name()));
            }
        }
    }

    fn header_kind(&mut self, header: &Header, kind: HeaderKind, example: &str) {
        if header.content.name() != kind.name() {
            let (is, written) = (kind.name(), header.content.name());
            let text = format!("the header of {} is of kind {is}, not {written}", self.name());
            self.report(codes::HEADER, header.kind, text, format!("write `{example}`"));
        }
    }

    fn body(&mut self) {
        let values = &self.message.body;
        let named = values.iter().filter(|value| value.name.is_some()).count();
        let parameters = self.template.body.parameters.len();
        if parameters == 0 || values.is_empty() {
            self.body_count();
        } else if named > 0 && named < values.len() {
            // Mixed values are reported of their own, and say nothing of the template.
        } else if self.template.is_named != (named > 0) {
            let (are, help) = if self.template.is_named {
                let example = self.template.body.names().map(|name| format!("{name}: \"…\""));
                ("named", format!("write `body {}`", example.collect::<Vec<_>>().join(", ")))
            } else {
                ("numbered", format!("write `body {}`", vec!["\"…\""; parameters].join(", ")))
            };
            let text = format!("the values of {} are {are}", self.name());
            let span = values.first().map_or(self.message.template.span, |value| value.span);
            self.report(codes::BODY_FORMAT, span, text, help);
        } else if self.template.is_named {
            self.body_names();
        } else {
            self.body_count();
        }
    }

    fn body_count(&mut self) {
        let (given, takes) = (self.message.body.len(), self.template.body.parameters.len());
        if given == takes {
            return;
        }
        let values = |count: usize| match count {
            0 => "no values".to_owned(),
            1 => "1 value".to_owned(),
            count => format!("{count} values"),
        };
        let has = if given == 0 { String::new() } else { format!(", not {given}") };
        let text = format!("{} takes {} in its body{has}", self.name(), values(takes));
        let help = if takes == 0 {
            "leave the body out".to_owned()
        } else if self.template.is_named {
            let example = self.template.body.names().map(|name| format!("{name}: \"…\""));
            format!("write `body {}`", example.collect::<Vec<_>>().join(", "))
        } else {
            format!("write `body {}`", vec!["\"…\""; takes].join(", "))
        };
        // The first value too many, or the last before those that lack.
        let culprit = self.message.body.get(takes).or(self.message.body.last());
        let span = culprit.map_or(self.message.template.span, |value| value.span);
        self.report(codes::BODY_COUNT, span, text, help);
    }

    fn body_names(&mut self) {
        let known: Vec<String> = self.template.body.names().map(str::to_owned).collect();
        let known = || known.iter().map(String::as_str);
        let given: Vec<&Spanned<String>> =
            self.message.body.iter().filter_map(|value| value.name.as_ref()).collect();
        let missing: Vec<&str> =
            known().filter(|name| given.iter().all(|given| given.node != *name)).collect();
        for name in &given {
            if known().any(|known| known == name.node) {
                continue;
            }
            let text = format!("{} has no body value `{}`", self.name(), name.node);
            // A name that lacks is likelier meant than one that is there already.
            let near =
                nearest(&name.node, missing.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            let help = near.or_else(|| suggest(&name.node, "values", known())).unwrap_or_default();
            self.report(codes::BODY_NAMES, name.span, text, help);
        }
        // One finding for a misspelt name: its right spelling is not missing as well.
        let unknown = self.findings.iter().filter(|finding| finding.code == codes::BODY_NAMES).count();
        if unknown == 0 && !missing.is_empty() {
            let text = format!("{} needs {} in its body", self.name(), list(missing.iter().copied()));
            let example: Vec<String> = missing.iter().map(|name| format!("{name}: \"…\"")).collect();
            let span = self.message.template.span;
            self.report(codes::BODY_NAMES, span, text, format!("add `{}` to the body", example.join(", ")));
        }
    }

    fn buttons(&mut self) {
        for button in &self.message.buttons {
            self.button(button);
        }
        for (index, known) in self.template.buttons.iter().enumerate() {
            let clause = match known.kind {
                TemplateButtonKind::Url { takes_value: true, .. } | TemplateButtonKind::OneTimeCode => "url",
                TemplateButtonKind::CopyCode => "code",
                _ => continue,
            };
            if self.message.buttons.iter().all(|button| usize::from(button.index.node) != index) {
                let text =
                    format!("{} needs a value for button {index}{}", self.name(), quoted(&known.label));
                let help = format!("add `button {index} {clause}: \"…\"`");
                self.report(codes::BUTTON, self.message.template.span, text, help);
            }
        }
    }

    fn button(&mut self, button: &Button) {
        let index = button.index.node;
        let name = self.name();
        let Some(known) = self.template.buttons.get(usize::from(index)) else {
            let text = format!("{name} has no button {index}");
            let help = match self.template.buttons.len() {
                0 => "it has no buttons".to_owned(),
                1 => "it has button 0 alone".to_owned(),
                count => format!("it has buttons 0 to {}", count - 1),
            };
            self.report(codes::BUTTON, button.index.span, text, help);
            return;
        };
        let label = quoted(&known.label);
        let wanted = match known.kind {
            TemplateButtonKind::Url { takes_value: true, .. } | TemplateButtonKind::OneTimeCode => {
                Some("url")
            }
            TemplateButtonKind::QuickReply => Some("payload"),
            TemplateButtonKind::CopyCode => Some("code"),
            TemplateButtonKind::Url { takes_value: false, .. } | TemplateButtonKind::Other(_) => None,
        };
        match wanted {
            Some(word) if word == button.content.name() => {}
            Some(word) => {
                let text = format!("button {index}{label} of {name} {}", known.kind.noun());
                self.report(
                    codes::BUTTON,
                    button.kind,
                    text,
                    format!("write `button {index} {word}: \"…\"`"),
                );
            }
            None => {
                let always = if matches!(known.kind, TemplateButtonKind::Url { .. }) {
                    "always opens the same page".to_owned()
                } else {
                    known.kind.noun()
                };
                let text = format!("button {index}{label} of {name} {always} and takes no value");
                self.report(codes::BUTTON, button.span, text, "leave the button out");
            }
        }
    }
}

fn quoted(label: &str) -> String {
    if label.is_empty() { String::new() } else { format!(" (`{label}`)") }
}
