use chrono::NaiveDate;

use super::Checker;
use super::property::Scope;
use crate::language::ast::{Comparison, Field, FieldKind, Filter, Literal, Operation, Path, Test};
use crate::language::{Diagnostic, Span, Spanned};
use crate::rulebook::codes;
use crate::rulebook::schema::{a_kind, a_literal, accepts, item};

/// A test, with what its property is called and how it is declared.
struct Asked<'t> {
    test: &'t Test,
    name: String,
    field: Option<&'t Field>,
}

impl<'a> Checker<'a> {
    /// Checks all tests of a filter.
    pub(super) fn filter(&mut self, scope: Scope<'a>, filter: &Filter) {
        match filter {
            Filter::And(filters, _) | Filter::Or(filters, _) => {
                for filter in filters {
                    self.filter(scope, filter);
                }
            }
            Filter::Not(filter, _) => self.filter(scope, filter),
            Filter::Test(test) => self.test(scope, test),
            Filter::Items(items) => self.items(scope, items),
            // The reader has read what the clock can show.
            Filter::Clock(_) => {}
            Filter::Near(near) => self.near(scope, near),
        }
    }

    /// Checks one test: that its property is there, and that its values are of the property's kind.
    fn test(&mut self, scope: Scope<'a>, test: &Test) {
        let name = self.called(scope, &test.path);
        let field = self.property_at(scope, &test.path.parts, test.path.span, used_as(&test.operation));
        let asked = Asked { test, name, field };
        match &test.operation {
            Operation::Compare(comparison, literal) => {
                if has_order(*comparison) && matches!(literal.node, Literal::Boolean(_)) {
                    self.no_order(&asked, literal.span);
                } else {
                    self.literal(&asked, literal);
                }
            }
            Operation::Between(low, high) => self.between(&asked, low, high),
            Operation::In(literals) | Operation::NotIn(literals) => self.list_of_values(&asked, literals),
            Operation::Contains(text) => self.text(&asked, "contains", text),
            Operation::StartsWith(text) => self.text(&asked, "starts with", text),
            Operation::EndsWith(text) => self.text(&asked, "ends with", text),
            Operation::Matches(pattern) => {
                self.text(&asked, "matches", pattern);
                self.pattern(pattern);
            }
            Operation::Falls(_) | Operation::AnniversaryFalls(_) => self.is_date(&asked),
            Operation::IsSet | Operation::IsNotSet => {}
        }
    }

    fn between(&mut self, asked: &Asked<'_>, low: &Spanned<Literal>, high: &Spanned<Literal>) {
        if kind(&low.node) != kind(&high.node) {
            return self.report(
                Diagnostic::error(
                    codes::MIXED_KINDS,
                    high.span,
                    format!("`between` runs from {} to {}", a_literal(&low.node), a_literal(&high.node)),
                )
                .with_label(a_literal(&high.node))
                .with_secondary(low.span, a_literal(&low.node))
                .with_help("both ends must be of one kind: two numbers, two texts or two dates"),
            );
        }
        if matches!(low.node, Literal::Boolean(_)) {
            return self.no_order(asked, low.span.to(high.span));
        }
        // One is enough: the other is of the same kind.
        self.literal(asked, low);
    }

    fn list_of_values(&mut self, asked: &Asked<'_>, literals: &[Spanned<Literal>]) {
        let Some(first) = literals.first() else { return };
        if let Some(other) = literals.iter().find(|literal| kind(&literal.node) != kind(&first.node)) {
            return self.report(
                Diagnostic::error(
                    codes::MIXED_KINDS,
                    other.span,
                    format!("a list with {} and with {}", a_literal(&first.node), a_literal(&other.node)),
                )
                .with_label(a_literal(&other.node))
                .with_secondary(first.span, a_literal(&first.node))
                .with_help("write all values as one kind: `10` and `\"10\"` are never equal"),
            );
        }
        // One is enough: the others are of the same kind.
        self.literal(asked, first);
    }

    /// Checks that a value can be compared with the property.
    fn literal(&mut self, asked: &Asked<'_>, literal: &Spanned<Literal>) {
        let Asked { test, name, field: Some(field) } = asked else { return };
        let declared = item(&field.kind.node);
        if accepts(declared, &literal.node) {
            return;
        }
        if let FieldKind::Object(parts) = declared {
            return self.no_value(asked, field, parts);
        }
        let help = match self.as_meant(declared, test) {
            Some(fixed) => format!("write `{fixed}`"),
            None => format!("compare it with {}", example(declared)),
        };
        self.report(
            Diagnostic::error(
                codes::WRONG_KIND,
                literal.span,
                format!("`{name}` is {}, and this is {}", a_kind(&field.kind.node), a_literal(&literal.node)),
            )
            .with_label(a_literal(&literal.node))
            .with_secondary(field.kind.span, format!("`{name}` is declared here"))
            .with_help(help),
        );
    }

    /// Checks that a property that is asked about its letters is text.
    fn text(&mut self, asked: &Asked<'_>, operation: &str, text: &Spanned<String>) {
        let Asked { test, name, field: Some(field) } = asked else { return };
        let declared = item(&field.kind.node);
        if matches!(declared, FieldKind::Text | FieldKind::TimeZone) {
            return;
        }
        if let FieldKind::Object(parts) = declared {
            return self.no_value(asked, field, parts);
        }
        let help = match meant(declared, &Literal::Text(text.node.clone())) {
            Some(value) => format!("compare the value: `{name} = {value}`"),
            None => format!("compare it with {}", example(declared)),
        };
        self.report(
            Diagnostic::error(
                codes::NOT_TEXT,
                test.span,
                format!("`{operation}` asks for text, and `{name}` is {}", a_kind(&field.kind.node)),
            )
            .with_secondary(field.kind.span, format!("`{name}` is declared here"))
            .with_help(help),
        );
    }

    /// Checks that a property that is to lie in a window is a date.
    fn is_date(&mut self, asked: &Asked<'_>) {
        let Asked { test, name, field: Some(field) } = asked else { return };
        let declared = item(&field.kind.node);
        let help = match declared {
            FieldKind::Date | FieldKind::Instant => return,
            FieldKind::Object(parts) => return self.no_value(asked, field, parts),
            FieldKind::Text | FieldKind::TimeZone => {
                "declare it as `date` or `instant`: its text is converted as it comes in"
            }
            _ => "ask it of a property that is a `date` or an `instant`",
        };
        self.report(
            Diagnostic::error(
                codes::NOT_A_DATE,
                test.span,
                format!(
                    "only a date lies in a stretch of time, and `{name}` is {}",
                    a_kind(&field.kind.node)
                ),
            )
            .with_secondary(field.kind.span, format!("`{name}` is declared here"))
            .with_help(help),
        );
    }

    /// What a property is called by those who read the rule.
    pub(super) fn called(&self, scope: Scope<'a>, path: &Path) -> String {
        let name = path.parts.join(".");
        let of_profile = self.sources.slice(path.span).starts_with("profile.");
        if matches!(scope, Scope::Profile(_)) || of_profile { format!("profile.{name}") } else { name }
    }

    fn no_value(&mut self, asked: &Asked<'_>, field: &Field, parts: &[Field]) {
        let Asked { test, name, .. } = asked;
        let kind = a_kind(&field.kind.node);
        let help = match parts.first() {
            Some(part) => format!("ask for one of its parts, such as `{name}.{}`", part.name.node),
            None => "declare its parts, and ask for one of them".to_owned(),
        };
        self.report(
            Diagnostic::error(
                codes::NO_VALUE,
                test.path.span,
                format!("`{name}` is {kind}, which can only be `is set` or `is not set`"),
            )
            .with_secondary(field.kind.span, format!("`{name}` is declared here"))
            .with_help(help),
        );
    }

    fn no_order(&mut self, asked: &Asked<'_>, span: Span) {
        let name = &asked.name;
        self.report(
            Diagnostic::error(codes::NO_ORDER, span, "yes and no have no order: neither is larger")
                .with_help(format!("write `{name} = yes` or `{name} = no`")),
        );
    }

    /// Checks a regular expression, and points into it.
    fn pattern(&mut self, pattern: &Spanned<String>) {
        let Err(error) = regex::Regex::new(&pattern.node) else { return };
        let (why, column) = explain(&error);
        let culprit = column.and_then(|column| pattern.node.char_indices().nth(column));
        let place = match culprit {
            Some((at, character)) => self.inside(pattern, at..at + character.len_utf8()),
            None => pattern.span,
        };
        let help = match why.as_str() {
            TOO_LARGE => "let it repeat less: `+` is once or more, `*` any number of times",
            why if why.contains("not supported") => {
                "do without it: `contains`, `starts with` and `ends with` may be enough"
            }
            _ => r"write `\\` before a sign that is meant as itself; for plain text there is `contains`",
        };
        self.report(
            Diagnostic::error(codes::BAD_PATTERN, place, format!("this is no regular expression: {why}"))
                .with_help(help),
        );
    }

    /// A test as it should be written, when all of its values show what was meant.
    fn as_meant(&self, kind: &FieldKind, test: &Test) -> Option<String> {
        let literals = match &test.operation {
            Operation::Compare(_, literal) => std::slice::from_ref(literal),
            Operation::In(literals) | Operation::NotIn(literals) => literals,
            Operation::Between(low, high) => &[low.clone(), high.clone()],
            _ => return None,
        };
        let mut fixed = self.quoted(test.span)?.to_owned();
        // From the last to the first, so that the places of those before stay as they are.
        for literal in literals.iter().rev() {
            let start = literal.span.start.checked_sub(test.span.start)? as usize;
            let end = literal.span.end.checked_sub(test.span.start)? as usize;
            fixed = format!("{}{}{}", fixed.get(..start)?, meant(kind, &literal.node)?, fixed.get(end..)?);
        }
        Some(fixed)
    }
}

/// Said of expressions that would need too much memory.
const TOO_LARGE: &str = "it is too large";

/// Why a text is no regular expression, in a line, and at which character.
fn explain(error: &regex::Error) -> (String, Option<usize>) {
    let text = match error {
        regex::Error::CompiledTooBig(_) => return (TOO_LARGE.to_owned(), None),
        error => error.to_string(),
    };
    // The library says it in lines: the expression indented by four, `^` under the culprit, `error: why`.
    let why = text.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it cannot be read");
    let caret = text.lines().find_map(|line| {
        let column = line.find('^')?;
        line.trim().trim_matches('^').is_empty().then_some(column)
    });
    (why.to_owned(), caret.and_then(|column| column.checked_sub(4)))
}

const fn has_order(comparison: Comparison) -> bool {
    matches!(
        comparison,
        Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual
    )
}

fn kind(literal: &Literal) -> std::mem::Discriminant<Literal> {
    std::mem::discriminant(literal)
}

/// What someone meant who wrote this literal for a property of that kind, as it should be written.
fn meant(kind: &FieldKind, literal: &Literal) -> Option<String> {
    match (kind, literal) {
        (FieldKind::Text, Literal::Number(number)) => Some(format!("\"{number}\"")),
        (FieldKind::Text, Literal::Date(date)) => Some(format!("\"{date}\"")),
        (FieldKind::Number, Literal::Text(text)) => {
            let plain = text.trim();
            let digits = plain.strip_prefix('-').unwrap_or(plain);
            let is_number =
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            (is_number && plain.parse::<f64>().is_ok()).then(|| plain.to_owned())
        }
        (FieldKind::Boolean, Literal::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "yes" | "true" => Some("yes".to_owned()),
            "no" | "false" => Some("no".to_owned()),
            _ => None,
        },
        (FieldKind::Boolean, Literal::Number(number)) => match number.as_i64() {
            Some(1) => Some("yes".to_owned()),
            Some(0) => Some("no".to_owned()),
            _ => None,
        },
        (FieldKind::Date | FieldKind::Instant, Literal::Text(text)) => {
            let date = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()?;
            Some(date.to_string())
        }
        _ => None,
    }
}

/// What a property of a kind is compared with, and an example.
const fn example(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Number => "a number, such as `500`",
        FieldKind::Boolean => "`yes` or `no`",
        FieldKind::Date => "a date, such as `2026-11-03`",
        FieldKind::Instant => "a date, such as `2026-11-03`: its day counts",
        FieldKind::TimeZone => "text, such as `\"Asia/Kolkata\"`",
        FieldKind::Text | FieldKind::List(_) | FieldKind::Object(_) => "text, such as `\"Pune\"`",
    }
}

/// The kind that a test takes its property for, as a schema would say it.
fn used_as(operation: &Operation) -> &'static str {
    let literal = match operation {
        Operation::Compare(_, literal) | Operation::Between(literal, _) => Some(literal),
        Operation::In(literals) | Operation::NotIn(literals) => literals.first(),
        _ => None,
    };
    match literal.map(|literal| &literal.node) {
        Some(Literal::Number(_)) => "number",
        Some(Literal::Boolean(_)) => "yes/no",
        Some(Literal::Date(_)) => "date",
        None if matches!(operation, Operation::Falls(_) | Operation::AnniversaryFalls(_)) => "date",
        Some(Literal::Text(_)) | None => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regex_library_still_says_where() {
        let of = |pattern: &str| explain(&regex::Regex::new(pattern).unwrap_err());
        assert_eq!(of("a(b"), ("unclosed group".to_owned(), Some(1)));
        assert_eq!(of("[a"), ("unclosed character class".to_owned(), Some(0)));
        assert_eq!(of("*a").1, Some(0));
        assert_eq!(of("é*+{2,1}").1, Some(3));
        assert_eq!(of("(?x)\n(\n").1, None);
        assert_eq!(of(r"(\w{1000}){1000}"), (TOO_LARGE.to_owned(), None));
    }
}
