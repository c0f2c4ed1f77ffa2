use super::Checker;
use super::property::Scope;
use crate::language::ast::{Field, FieldKind, Near};
use crate::language::{Diagnostic, Span};
use crate::rulebook::codes;
use crate::rulebook::schema::{a_kind, item};
use crate::rulebook::tables::head;

impl<'a> Checker<'a> {
    /// Checks a distance: that there is a place from which it can be.
    pub(super) fn near(&mut self, scope: Scope<'a>, near: &Near) {
        let Some(path) = &near.place else { return self.own_place(scope, near) };
        let Some(field) = self.property_at(scope, &path.parts, path.span, "{ lat: number, lon: number }")
        else {
            return;
        };
        let fits = match item(&field.kind.node) {
            FieldKind::Text => true,
            FieldKind::Object(parts) => has_degrees(parts),
            _ => false,
        };
        if !fits {
            let name = self.called(scope, path);
            self.report(
                Diagnostic::error(
                    codes::NOT_A_PLACE,
                    path.span,
                    format!("a distance is asked of a place, and `{name}` is {}", a_kind(&field.kind.node)),
                )
                .with_secondary(field.kind.span, format!("`{name}` is declared here"))
                .with_help(
                    "a place is declared as `{ latitude: number, longitude: number }`, or as `text` such as `19.07,72.87`",
                ),
            );
        }
    }

    /// Without a property, the degrees stand beside the other properties.
    fn own_place(&mut self, scope: Scope<'a>, near: &Near) {
        let (fields, whose, declared): (&[Field], String, Span) = match scope {
            Scope::Event(schema) => {
                (&schema.fields, format!("event `{}`", schema.name.node), schema.name.span)
            }
            Scope::Profile(schema) => {
                (&schema.fields, "the profile".to_owned(), head(schema.span, "profile"))
            }
            Scope::Item { parts, declared } => (parts, "an item".to_owned(), declared),
            Scope::Free | Scope::AnyEvent => return,
        };
        if !has_degrees(fields) {
            self.report(
                Diagnostic::error(
                    codes::NOT_A_PLACE,
                    near.span,
                    format!("{whose} has no place of its own: no `latitude` and `longitude`"),
                )
                .with_secondary(declared, "declared here")
                .with_help(
                    "name the property that has them: `place within 5 km of (…)`; or declare `latitude: number, longitude: number`",
                ),
            );
        }
    }
}

fn has_degrees(fields: &[Field]) -> bool {
    let has = |names: &[&str]| {
        let number = |field: &&Field| matches!(field.kind.node, FieldKind::Number);
        fields.iter().filter(number).any(|field| names.contains(&field.name.node.as_str()))
    };
    has(&Near::LATITUDE) && has(&Near::LONGITUDE)
}
