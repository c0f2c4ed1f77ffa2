use super::{Checker, unknown};
use crate::language::Span;
use crate::language::ast::{EventName, EventSchema, Field, Ident, Path, ProfileSchema, Receipt, Trigger};
use crate::language::{Diagnostic, Spanned, suggest};
use crate::rulebook::codes;
use crate::rulebook::schema::{PathError, a_kind, item, part_span, resolve};
use crate::rulebook::tables::head;

/// What the engine itself reads of a profile, in any case: known without being declared.
const OWN: [&str; 7] =
    ["whatsapp", "MSG-whatsapp", "MSG-dndWhatsApp", "phone", "tz", "timezone", "time_zone"];

/// Where a property's name is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scope<'a> {
    /// Nowhere: nothing is declared, or what is declared could not be read. Every name is free.
    Free,
    /// In one event's schema.
    Event(&'a EventSchema),
    /// In the schemas of all events, for `any event`: one of them must have it.
    AnyEvent,
    /// In the profile's schema.
    Profile(&'a ProfileSchema),
    /// Among the parts of the objects of a list.
    Item {
        /// The declared parts.
        parts: &'a [Field],
        /// Where they are declared.
        declared: Span,
    },
}

impl<'a> Checker<'a> {
    /// Where the properties of an event are looked up; a finding when no such event is declared and others are.
    pub(super) fn event(&mut self, event: &Spanned<EventName>) -> Scope<'a> {
        let tables = self.tables;
        if let EventName::Message { campaign, .. } = &event.node {
            if let Some(campaign) = campaign {
                self.known_campaign(campaign, "load the file that declares it too");
            }
            // Receipts are known without being declared; one that is declared has what is declared.
            let declared = event.node.names().find_map(|name| tables.events.get(name));
            return declared.map_or(Scope::Free, Scope::Event);
        }
        if tables.events.is_empty() {
            return Scope::Free;
        }
        let Some(name) = event.node.name() else {
            // What a broken block declares may be what is asked for.
            return if tables.broken.events.is_empty() { Scope::AnyEvent } else { Scope::Free };
        };
        if let Some(schema) = tables.events.get(name) {
            return Scope::Event(schema);
        }
        // What the engine knows itself need not be declared.
        let own =
            Receipt::ALL.iter().any(|receipt| name == receipt.event() || Some(name) == receipt.other_event())
                || name == Trigger::REQUEST;
        if !own && !tables.broken.events.contains(name) {
            let known = tables.events.keys().chain(&tables.broken.events).map(String::as_str);
            let declare = format!("`event \"{name}\" {{ }}`");
            let help = or_declare(suggest(name, "declared events", known), &declare);
            self.report(
                Diagnostic::error(codes::UNKNOWN_EVENT, event.span, format!("no event `{name}` is declared"))
                    .with_help(help),
            );
        }
        Scope::Free
    }

    /// A finding when no campaign has the name.
    pub(super) fn known_campaign(&mut self, name: &Ident, otherwise: &str) {
        let tables = self.tables;
        let (declared, broken) = (&tables.campaigns, &tables.broken.campaigns);
        if !declared.contains_key(&name.node) && !broken.contains(&name.node) {
            let known = declared.keys().chain(broken).map(String::as_str);
            let message = format!("there is no campaign `{}`", name.node);
            self.report(unknown(codes::UNKNOWN_CAMPAIGN, name, message, "campaigns", known, otherwise));
        }
    }

    /// Where the properties of profiles are looked up.
    pub(super) fn profile(&self) -> Scope<'a> {
        match &self.tables.profile {
            Some(schema) if !self.tables.broken.profile => Scope::Profile(schema),
            _ => Scope::Free,
        }
    }

    /// The declaration of a property; a finding when the scope has none. `None` when nothing is known of its kind.
    pub(super) fn property(&mut self, scope: Scope<'a>, path: &Path) -> Option<&'a Field> {
        self.property_at(scope, &path.parts, path.span, "text")
    }

    /// The same for a path from elsewhere; `used_as` is the kind as which an unknown property may be declared.
    pub(super) fn property_at<P: AsRef<str>>(
        &mut self,
        scope: Scope<'a>,
        parts: &[P],
        span: Span,
        used_as: &str,
    ) -> Option<&'a Field> {
        let (fields, owner, declared) = match scope {
            Scope::Free => return None,
            Scope::AnyEvent => return self.property_of_any(parts, span),
            Scope::Event(schema) => {
                (schema.fields.as_slice(), format!("event `{}`", schema.name.node), schema.name.span)
            }
            Scope::Profile(schema) => {
                (schema.fields.as_slice(), "the profile".to_owned(), head(schema.span, "profile"))
            }
            Scope::Item { parts, declared } => (parts, "an item".to_owned(), declared),
        };
        match resolve(fields, parts) {
            Ok(field) => field,
            Err(_) if matches!(scope, Scope::Profile(_)) && is_own(parts) => None,
            Err(error) => {
                let finding = self.bad_path(error, parts, span, &owner, used_as);
                self.report(finding.with_secondary(declared, "declared here"));
                None
            }
        }
    }

    /// For `any event`: the declaration, when all events that have the property agree on its kind.
    fn property_of_any<P: AsRef<str>>(&mut self, parts: &[P], span: Span) -> Option<&'a Field> {
        let mut found: Vec<&Field> = Vec::new();
        for schema in self.tables.events.values() {
            found.extend(resolve(&schema.fields, parts).ok().flatten());
        }
        let Some(first) = found.first().copied() else {
            let name = joined(parts);
            let known = self.tables.events.values().flat_map(|schema| &schema.fields);
            let mut names: Vec<&str> = known.map(|field| field.name.node.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let wanted = parts.first().map_or("", AsRef::as_ref);
            let finding = Diagnostic::error(
                codes::UNKNOWN_PROPERTY,
                span,
                format!("no declared event has a property `{name}`"),
            );
            let help = suggest(wanted, "declared properties", names.into_iter());
            self.report(match help {
                Some(help) => finding.with_help(help),
                None => finding,
            });
            return None;
        };
        found.iter().all(|field| item(&field.kind.node) == item(&first.kind.node)).then_some(first)
    }

    fn bad_path<P: AsRef<str>>(
        &self,
        error: PathError<'_>,
        parts: &[P],
        span: Span,
        owner: &str,
        used_as: &str,
    ) -> Diagnostic {
        let at = |part| part_span(self.sources.slice(span), span, parts, part);
        let named = |part| parts.get(part).map_or("", AsRef::as_ref);
        let before = |part: usize| joined(parts.get(..part).unwrap_or_default());
        match error {
            PathError::Unknown { part, among } => {
                let name = named(part);
                let (message, nouns) = if part == 0 {
                    (format!("{owner} has no property `{name}`"), "declared properties")
                } else {
                    (format!("`{}` has no part `{name}`", before(part)), "declared parts")
                };
                let known = among.iter().map(|field| field.name.node.as_str());
                let declaration = declaration(parts.get(part..).unwrap_or_default(), used_as);
                let help = or_declare(suggest(name, nouns, known), &format!("`{declaration}`"));
                Diagnostic::error(codes::UNKNOWN_PROPERTY, at(part), message).with_help(help)
            }
            PathError::NoParts { part, kind } => {
                let before = before(part);
                Diagnostic::error(
                    codes::NO_PARTS,
                    at(part),
                    format!("`{before}` is {} and has no parts", a_kind(kind)),
                )
                .with_help(format!(
                    "ask for `{before}` itself, or declare it with parts: `{{ {}: {used_as} }}`",
                    named(part)
                ))
            }
        }
    }
}

/// What was meant, if it is near; else what there is, or how to declare the name too.
fn or_declare(suggestion: Option<String>, declaration: &str) -> String {
    match suggestion {
        Some(meant) if meant.ends_with('?') => format!("{meant} if not, declare it too: {declaration}"),
        Some(declared) => format!("{declared}; or declare it too: {declaration}"),
        None => format!("declare it: {declaration}"),
    }
}

/// How a property is declared that a rule reads by these parts.
fn declaration<P: AsRef<str>>(parts: &[P], used_as: &str) -> String {
    let Some((first, rest)) = parts.split_first() else { return String::new() };
    let name = first.as_ref();
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let name = if is_word { name.to_owned() } else { format!("\"{name}\"") };
    if rest.is_empty() {
        return format!("{name}: {used_as}");
    }
    format!("{name}: {{ {} }}", declaration(rest, used_as))
}

fn joined<P: AsRef<str>>(parts: &[P]) -> String {
    parts.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(".")
}

fn is_own<P: AsRef<str>>(parts: &[P]) -> bool {
    matches!(parts, [name] if OWN.iter().any(|own| own.eq_ignore_ascii_case(name.as_ref())))
}
