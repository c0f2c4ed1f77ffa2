//! Does a rule's message fit its template?

use super::codes;
use super::language;
use super::template::{Template, TemplateButtonKind, TemplateFamily, TemplateHeader, TemplatePart};
use crate::language::ast::{BodyValue, Button, Header, TemplateMessage};
use crate::language::{Code, Diagnostic, Span, Spanned, nearest, suggest};
use crate::model::{Category, Text};

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
        for finding in whole(message, category, template) {
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

/// Holds a message against its template in one language.
fn whole(
    message: &TemplateMessage,
    category: Option<&Spanned<Category>>,
    template: &Template,
) -> Vec<Diagnostic> {
    let name = format!("template `{}`", message.template.node);
    let at = message.template.span;
    let mut findings = Vec::new();
    if let Some(unsupported) = &template.unsupported {
        let text = format!("{name} has {unsupported}, which is not supported yet");
        return vec![
            Diagnostic::error(codes::NOT_SUPPORTED_YET, at, text).with_help("send another template"),
        ];
    }
    if let (Some(written), Some(category)) = (category, template.category())
        && written.node != category
    {
        let category = category.name();
        let text = format!("{name} is of category {category}, not {}", written.node.name());
        let help = format!("write `category {category}`");
        findings.push(Diagnostic::error(codes::OTHER_CATEGORY, written.span, text).with_help(help));
    }
    findings.extend(offer(message, template, &name));
    let takes_code =
        template.part.buttons.iter().any(|button| button.kind == TemplateButtonKind::OneTimeCode);
    match &message.code {
        Some(_) if takes_code => return findings,
        Some(code) => {
            let text = format!("{name} takes no one-time code");
            let help = "give its own values, or send a template of category authentication";
            findings.push(Diagnostic::error(codes::ONE_TIME_CODE, code.span, text).with_help(help));
            return findings;
        }
        None => {}
    }
    let given = Given { header: message.header.as_ref(), body: &message.body, buttons: &message.buttons };
    let is_named = template.is_named;
    let mut check = Check { name: name.clone(), at, given, part: &template.part, is_named, findings };
    check.all();
    let mut findings = check.findings;
    findings.extend(cards(message, template, &name));
    findings
}

fn offer(message: &TemplateMessage, template: &Template, name: &str) -> Option<Diagnostic> {
    let report =
        |span, text: String, help: &str| Some(Diagnostic::error(codes::OFFER, span, text).with_help(help));
    match (&message.offer, template.offer) {
        (None, Some(true)) => {
            let text = format!("{name} needs the end of its offer");
            report(message.template.span, text, "add `offer ends in 3 hours` or `offer ends at \"…\"`")
        }
        (Some(offer), Some(false)) => {
            report(offer.span, format!("the offer of {name} shows no end"), "leave the offer out")
        }
        (Some(offer), None) => report(offer.span, format!("{name} has no offer"), "leave the offer out"),
        (None, _) | (Some(_), Some(true)) => None,
    }
}

fn cards(message: &TemplateMessage, template: &Template, name: &str) -> Vec<Diagnostic> {
    let (given, takes) = (message.cards.len(), template.cards.len());
    if given != takes {
        let several = |count: usize| match count {
            0 => "no cards".to_owned(),
            1 => "1 card".to_owned(),
            count => format!("{count} cards"),
        };
        let culprit = message.cards.get(takes).or(message.cards.last());
        let span = culprit.map_or(message.template.span, |card| card.span);
        let text = format!(
            "{name} has {}, and {} given",
            several(takes),
            match given {
                0 => "none is".to_owned(),
                1 => "1 is".to_owned(),
                count => format!("{count} are"),
            }
        );
        let help = match takes {
            0 => "leave the cards out".to_owned(),
            _ => "write a `card { … }` for each, in the template's order".to_owned(),
        };
        return vec![Diagnostic::error(codes::CARDS, span, text).with_help(help)];
    }
    let pairs = message.cards.iter().zip(&template.cards).enumerate();
    let check = |(place, (card, part))| {
        let card: &crate::language::ast::Card = card;
        let given = Given { header: card.header.as_ref(), body: &card.body, buttons: &card.buttons };
        let name = format!("card {} of {name}", place + 1);
        let is_named = template.is_named;
        let mut check = Check { name, at: card.span, given, part, is_named, findings: Vec::new() };
        check.all();
        check.findings
    };
    pairs.flat_map(check).collect()
}

/// What a rule gives a template, or a card of it.
#[derive(Clone, Copy)]
struct Given<'c> {
    header: Option<&'c Header>,
    body: &'c [BodyValue],
    buttons: &'c [Button],
}

struct Check<'c> {
    /// What it is held against: `template `cart_reminder``.
    name: String,
    /// Where to point at what is missing.
    at: Span,
    given: Given<'c>,
    part: &'c TemplatePart,
    is_named: bool,
    findings: Vec<Diagnostic>,
}

impl Check<'_> {
    fn all(&mut self) {
        self.header();
        self.body();
        self.buttons();
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn report(&mut self, code: Code, span: Span, text: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Diagnostic::error(code, span, text).with_help(help));
    }

    fn header(&mut self) {
        let name = self.name();
        match (self.given.header, &self.part.header) {
            (None, Some(TemplateHeader::Text(shape))) => {
                if !shape.parameters.is_empty() {
                    let text = format!("{name} needs a value for its header");
                    self.report(codes::HEADER, self.at, text, "add `header text \"…\"`");
                }
            }
            (None, Some(header)) => {
                let text = format!("{name} needs a header of kind {}", header.name());
                self.report(codes::HEADER, self.at, text, format!("add `{}`", header.example()));
            }
            (None, None) => {}
            (Some(given), None) => {
                let text = format!("{name} has no header");
                self.report(codes::HEADER, given.span, text, "leave the header out");
            }
            (Some(given), Some(TemplateHeader::Text(shape))) if shape.parameters.is_empty() => {
                let text = format!("the header of {name} takes no value");
                self.report(codes::HEADER, given.span, text, "leave the header out");
            }
            (Some(given), Some(header)) => {
                let (is, written) = (header.name(), given.content.name());
                if is != written {
                    let text = format!("the header of {name} is of kind {is}, not {written}");
                    self.report(codes::HEADER, given.kind, text, format!("write `{}`", header.example()));
                }
            }
        }
    }

    fn body(&mut self) {
        let values = self.given.body;
        let named = values.iter().filter(|value| value.name.is_some()).count();
        let parameters = self.part.body.parameters.len();
        if parameters == 0 || values.is_empty() {
            self.body_count();
        } else if named > 0 && named < values.len() {
            // Mixed values are reported of their own, and say nothing of the template.
        } else if self.is_named != (named > 0) {
            let (are, help) = if self.is_named {
                let example = self.part.body.names().map(|name| format!("{name}: \"…\""));
                ("named", format!("write `body {}`", example.collect::<Vec<_>>().join(", ")))
            } else {
                ("numbered", format!("write `body {}`", vec!["\"…\""; parameters].join(", ")))
            };
            let text = format!("the values of {} are {are}", self.name());
            let span = values.first().map_or(self.at, |value| value.span);
            self.report(codes::BODY_FORMAT, span, text, help);
        } else if self.is_named {
            self.body_names();
        } else {
            self.body_count();
        }
    }

    fn body_count(&mut self) {
        let (given, takes) = (self.given.body.len(), self.part.body.parameters.len());
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
        } else if self.is_named {
            let example = self.part.body.names().map(|name| format!("{name}: \"…\""));
            format!("write `body {}`", example.collect::<Vec<_>>().join(", "))
        } else {
            format!("write `body {}`", vec!["\"…\""; takes].join(", "))
        };
        // The first value too many, or the last before those that lack.
        let culprit = self.given.body.get(takes).or(self.given.body.last());
        let span = culprit.map_or(self.at, |value| value.span);
        self.report(codes::BODY_COUNT, span, text, help);
    }

    fn body_names(&mut self) {
        let known: Vec<String> = self.part.body.names().map(str::to_owned).collect();
        let known = || known.iter().map(String::as_str);
        let given: Vec<&Spanned<String>> =
            self.given.body.iter().filter_map(|value| value.name.as_ref()).collect();
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
            let span = self.at;
            self.report(codes::BODY_NAMES, span, text, format!("add `{}` to the body", example.join(", ")));
        }
    }

    fn buttons(&mut self) {
        for button in self.given.buttons {
            self.button(button);
        }
        for (index, known) in self.part.buttons.iter().enumerate() {
            let Some((_, example)) = known.kind.clause().filter(|_| known.kind.needs_value()) else {
                continue;
            };
            if self.given.buttons.iter().all(|button| usize::from(button.index.node) != index) {
                let text =
                    format!("{} needs a value for button {index}{}", self.name(), quoted(&known.label));
                let help = format!("add `button {index} {example}`");
                self.report(codes::BUTTON, self.at, text, help);
            }
        }
    }

    fn button(&mut self, button: &Button) {
        let index = button.index.node;
        let name = self.name();
        let Some(known) = self.part.buttons.get(usize::from(index)) else {
            let text = format!("{name} has no button {index}");
            let help = match self.part.buttons.len() {
                0 => "it has no buttons".to_owned(),
                1 => "it has button 0 alone".to_owned(),
                count => format!("it has buttons 0 to {}", count - 1),
            };
            self.report(codes::BUTTON, button.index.span, text, help);
            return;
        };
        let label = quoted(&known.label);
        match known.kind.clause() {
            Some((word, _)) if word == button.content.name() => {}
            Some((_, example)) => {
                let text = format!("button {index}{label} of {name} {}", known.kind.noun());
                self.report(codes::BUTTON, button.kind, text, format!("write `button {index} {example}`"));
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
