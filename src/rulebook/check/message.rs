use super::Checker;
use super::property::Scope;
use super::trigger::Fired;
use crate::language::ast::{Campaign, Message};
use crate::message::{self, CompiledMessage, Readable, Root, Variable};
use crate::model::Text;
use crate::rulebook::schema::resolve;

impl<'a> Checker<'a> {
    /// Checks one message against the templates, and the properties that its texts use against the schemas.
    pub(super) fn message(
        &mut self,
        campaign: &'a Campaign,
        message: &'a Message,
        fired: Option<&Fired<'a>>,
    ) -> Option<CompiledMessage> {
        // Without a trigger nothing is known of the event, so nothing is held against its use.
        let readable = match fired {
            Some(fired) => Readable { event: fired.event.is_some(), first: fired.first.is_some() },
            None => Readable { event: true, first: true },
        };
        let (compiled, findings) =
            message::compile(message, readable, campaign.category.as_ref(), self.templates);
        self.findings.extend(findings);
        let language = match message {
            Message::Template(message) => message.language.as_ref(),
            Message::FreeForm(_) => None,
        };
        if let Some(path) = language.and_then(|language| language.profile.as_ref()) {
            let scope = self.profile();
            self.property(scope, path);
        }
        let compiled = compiled?;
        for variable in compiled.variables() {
            self.variable(variable, fired);
        }
        Some(compiled)
    }

    fn variable(&mut self, variable: &Variable, fired: Option<&Fired<'a>>) {
        let scope = match variable.root {
            Root::Profile => self.profile(),
            Root::Event => fired.and_then(|fired| fired.event).unwrap_or(Scope::Free),
            Root::First => fired.and_then(|fired| fired.first).unwrap_or(Scope::Free),
        };
        let path = self.without_liquids_own(scope, &variable.path);
        if !path.is_empty() {
            self.property_at(scope, &path, variable.span, "text");
        }
    }

    /// A path without what Liquid answers itself: `first`, `last` and `size`, where no property of that name is declared.
    fn without_liquids_own(&self, scope: Scope<'a>, path: &[Text]) -> Vec<Text> {
        let is_declared = |path: &[Text]| match scope {
            Scope::Free => true,
            Scope::Event(schema) => resolve(&schema.fields, path).is_ok(),
            Scope::Profile(schema) => resolve(&schema.fields, path).is_ok(),
            Scope::Item { parts, .. } => resolve(parts, path).is_ok(),
            Scope::AnyEvent => {
                self.tables.events.values().any(|schema| resolve(&schema.fields, path).is_ok())
            }
        };
        let mut kept: Vec<Text> = Vec::with_capacity(path.len());
        for part in path {
            kept.push(part.clone());
            let own = kept.len() > 1 && matches!(&**part, "first" | "last" | "size");
            if own && !is_declared(&kept) {
                kept.pop();
            }
        }
        kept
    }
}
