use super::Checker;
use super::property::Scope;
use crate::language::Diagnostic;
use crate::language::ast::{FieldKind, Items};
use crate::rulebook::codes;
use crate::rulebook::schema::{a_kind, item};

impl<'a> Checker<'a> {
    /// Checks `any items has (…)`: that the items are objects, and what is asked of one of them.
    pub(super) fn items(&mut self, scope: Scope<'a>, items: &Items) {
        let field = self.property_at(scope, &items.path.parts, items.path.span, "list of { }");
        let scope = match field.map(|field| (field, item(&field.kind.node))) {
            None => Scope::Free,
            Some((field, FieldKind::Object(parts))) => Scope::Item { parts, declared: field.kind.span },
            Some((field, _)) => {
                let name = self.called(scope, &items.path);
                let kind = a_kind(&field.kind.node);
                return self.report(
                    Diagnostic::error(
                        codes::NO_OBJECTS,
                        items.path.span,
                        format!("`has (…)` asks for the parts of objects, and `{name}` is {kind}"),
                    )
                    .with_secondary(field.kind.span, format!("`{name}` is declared here"))
                    .with_help(format!("ask for its values: `any {name} = …`; or declare it as a list of objects: `list of {{ category: text }}`")),
                );
            }
        };
        self.filter(scope, &items.filter);
    }
}
