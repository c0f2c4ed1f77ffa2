use super::Checker;
use crate::language::Span;
use crate::language::ast::{EventSchema, Field, Path, ProfileSchema};
use crate::language::{Diagnostic, Spanned, suggest};
use crate::rulebook::codes;
use crate::rulebook::schema::{PathError, a_kind, item, part_span, resolve};

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
}

impl<'a> Checker<'a> {
    /// Where the properties of an event are looked up; a finding when no such event is declared and others are.
    pub(super) fn event(&mut self, event: &Spanned<Option<String>>) -> Scope<'a> {
        let tables = self.tables;
        if tables.events.is_empty() {
            return Scope::Free;
        }
        let Some(name) = &event.node else {
            // What a broken block declares may be what is asked for.
            return if tables.broken.events.is_empty() { Scope::AnyEvent } else { Scope::Free };
        };
        if let Some(schema) = tables.events.get(name) {
            return Scope::Event(schema);
        }
        if !tables.broken.events.contains(name) {
            let known = tables.events.keys().chain(&tables.broken.events).map(String::as_str);
            let help = suggest(name, "declared events", known).unwrap_or_default();
            self.report(
                Diagnostic::error(codes::UNKNOWN_EVENT, event.span, format!("no event `{name}` is declared"))
                    .with_help(format!("{help}; or declare it too: `event \"{name}\" {{ … }}`")),
            );
        }
        Scope::Free
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
        self.property_at(scope, &path.parts, path.span)
    }

    pub(super) fn property_at<P: AsRef<str>>(
        &mut self,
        scope: Scope<'a>,
        parts: &[P],
        span: Span,
    ) -> Option<&'a Field> {
        let (fields, owner, declared) = match scope {
            Scope::Free => return None,
            Scope::AnyEvent => return self.property_of_any(parts, span),
            Scope::Event(schema) => {
                (&schema.fields, format!("event `{}`", schema.name.node), Some(schema.name.span))
            }
            Scope::Profile(_) if is_own(parts) => return None,
            Scope::Profile(schema) => (&schema.fields, "the profile".to_owned(), None),
        };
        let error = match resolve(fields, parts) {
            Ok(field) => return field,
            Err(error) => error,
        };
        let finding = self.bad_path(error, parts, span, &owner);
        self.report(match declared {
            Some(declared) => finding.with_secondary(declared, "declared here"),
            None => finding,
        });
        None
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
                let declare = format!("`{name}: text`");
                let help = match suggest(name, nouns, known) {
                    Some(help) => format!("{help}; or declare it too, such as {declare}"),
                    None => format!("declare it, such as {declare}"),
                };
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
                    "ask for `{before}` itself, or declare it with parts: `{{ {}: text }}`",
                    named(part)
                ))
            }
        }
    }
}

fn joined<P: AsRef<str>>(parts: &[P]) -> String {
    parts.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(".")
}

fn is_own<P: AsRef<str>>(parts: &[P]) -> bool {
    matches!(parts, [name] if OWN.iter().any(|own| own.eq_ignore_ascii_case(name.as_ref())))
}
