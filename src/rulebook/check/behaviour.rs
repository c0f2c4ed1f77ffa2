//! Conditions that look at several events of a user together.

use super::Checker;
use super::property::Scope;
use crate::language::Diagnostic;
use crate::language::ast::{
    Aggregate, AggregateFunction, Expression, FieldKind, Filter, Had, Mostly, NoneSince, Operation, Path,
    Share,
};
use crate::rulebook::codes;
use crate::rulebook::schema::{a_kind, item};

impl<'a> Checker<'a> {
    /// An aggregate: its properties are there, and numbers but for `distinct`.
    pub(super) fn aggregate(&mut self, aggregate: &'a Aggregate) {
        let scope = self.event_pattern(&aggregate.pattern);
        if let (AggregateFunction::Distinct, Expression::Property(path)) =
            (aggregate.function, &aggregate.value)
        {
            let field = self.property(scope, path);
            if let Some(field) = field
                && let FieldKind::Object(parts) = item(&field.kind.node)
            {
                let name = path.parts.join(".");
                let help = match parts.first() {
                    Some(part) => format!("ask for one of its parts, such as `{name}.{}`", part.name.node),
                    None => "declare its parts, and ask for one of them".to_owned(),
                };
                let kind = a_kind(&field.kind.node);
                self.report(
                    Diagnostic::error(
                        codes::NO_VALUE,
                        path.span,
                        format!("`{name}` is {kind}, and not one value"),
                    )
                    .with_secondary(field.kind.span, format!("`{name}` is declared here"))
                    .with_help(help),
                );
            }
            return;
        }
        let mut paths = 0;
        self.expression(scope, &aggregate.value, &mut paths);
        if paths == 0 {
            self.report(
                Diagnostic::error(
                    codes::NO_PROPERTY,
                    aggregate.value.span(),
                    "this asks for no property of the events",
                )
                .with_help("name the property, as in `sum of amount over …`; to count events write `did \"…\" at least 3 times`"),
            );
        }
    }

    fn expression(&mut self, scope: Scope<'a>, expression: &'a Expression, paths: &mut usize) {
        match expression {
            Expression::Number(_) => {}
            Expression::Property(path) => {
                *paths += 1;
                self.number(scope, path);
            }
            Expression::Binary(left, _, right, _) => {
                self.expression(scope, left, paths);
                self.expression(scope, right, paths);
            }
        }
    }

    /// A property that is counted with.
    fn number(&mut self, scope: Scope<'a>, path: &'a Path) {
        let Some(field) = self.property_at(scope, &path.parts, path.span, "number") else { return };
        let declared = item(&field.kind.node);
        if matches!(declared, FieldKind::Number) {
            return;
        }
        let name = path.parts.join(".");
        let help = match declared {
            FieldKind::Text => {
                "declare it as `number`: texts that are numbers are converted when they come in".to_owned()
            }
            FieldKind::Object(parts) => {
                let number = parts.iter().find(|part| matches!(item(&part.kind.node), FieldKind::Number));
                match number {
                    Some(part) => format!("ask for one of its parts: `{name}.{}`", part.name.node),
                    None => "ask for a property that is a number".to_owned(),
                }
            }
            _ => format!(
                "ask for a property that is a number; how many different values it has is `distinct {name} over …`"
            ),
        };
        let kind = a_kind(&field.kind.node);
        self.report(
            Diagnostic::error(codes::NOT_A_NUMBER, path.span, format!("`{name}` is {kind}, and no number"))
                .with_secondary(field.kind.span, format!("`{name}` is declared here"))
                .with_help(help),
        );
    }

    pub(super) fn had(&mut self, had: &'a Had) {
        let scope = self.event_pattern(&had.pattern);
        self.filter(scope, &had.filter);
    }

    pub(super) fn share_of_events(&mut self, share: &'a Share) {
        let scope = self.event_pattern(&share.pattern);
        self.filter(scope, &share.filter);
    }

    pub(super) fn none_since(&mut self, none: &'a NoneSince) {
        let last = self.event_pattern(&none.last);
        let other = self.event_pattern(&none.none);
        if let Some(path) = &none.matching {
            self.matching(path, last, other);
        }
    }

    /// `mostly p = v`: a test of one value at a time, whose answer stays.
    pub(super) fn mostly(&mut self, mostly: &'a Mostly) {
        let scope = self.event_pattern(&mostly.pattern);
        self.filter(scope, &mostly.test);
        let wrong = match &mostly.test {
            Filter::Clock(_) => None,
            Filter::Test(test) => match &test.operation {
                _ if test.every => Some("`all` asks for several values at once"),
                Operation::IsSet | Operation::IsNotSet => Some("`is set` asks for no value"),
                Operation::Falls(_) | Operation::AnniversaryFalls(_) => {
                    Some("whether a date lies in such a time changes as time goes by")
                }
                _ => None,
            },
            _ => Some("this asks for more than one value"),
        };
        if let Some(wrong) = wrong {
            self.report(
                Diagnostic::error(codes::NOT_OF_ONE_VALUE, mostly.test.span(), wrong).with_help(
                    "`mostly` finds the most frequent value and tests that: `mostly category = \"Shoes\" over …`; \
                     how often something held is asked by `at least 50% of \"…\" had …`",
                ),
            );
        }
    }
}
