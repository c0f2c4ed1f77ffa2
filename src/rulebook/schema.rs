//! What a path of names leads to in a schema, and what the kinds are called.

use crate::language::Span;
use crate::language::ast::{Field, FieldKind, Literal};

/// Where a path stops making sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathError<'a> {
    /// No such name among these.
    Unknown {
        /// The part that is unknown.
        part: usize,
        /// What there is instead.
        among: &'a [Field],
    },
    /// The part before is a value without parts.
    NoParts {
        /// The part that is asked of it.
        part: usize,
        /// What the value is.
        kind: &'a FieldKind,
    },
}

/// Follows a path through a schema. Lists on the way stand for their items, so the answer is never a list.
pub(super) fn resolve<'a, P: AsRef<str>>(
    fields: &'a [Field],
    parts: &[P],
) -> Result<Option<&'a Field>, PathError<'a>> {
    let mut among = fields;
    let mut found: Option<&Field> = None;
    for (part, name) in parts.iter().enumerate() {
        if let Some(field) = found {
            match item(&field.kind.node) {
                FieldKind::Object(parts) => among = parts,
                _ => return Err(PathError::NoParts { part, kind: &field.kind.node }),
            }
        }
        let field = among.iter().find(|field| field.name.node == name.as_ref());
        found = Some(field.ok_or(PathError::Unknown { part, among })?);
    }
    Ok(found)
}

/// What the items of a list are, however deep; any other kind as it is.
pub(super) fn item(kind: &FieldKind) -> &FieldKind {
    let mut kind = kind;
    while let FieldKind::List(items) = kind {
        kind = items;
    }
    kind
}

/// A kind with its article, as messages say it.
pub(super) fn a_kind(kind: &FieldKind) -> String {
    let word = match kind {
        FieldKind::Text => "text",
        FieldKind::Number => "a number",
        FieldKind::Boolean => "yes/no",
        FieldKind::Date => "a date",
        FieldKind::Instant => "an instant",
        FieldKind::TimeZone => "the name of a time zone",
        FieldKind::Object(_) => "an object",
        FieldKind::List(items) => return format!("a list of {}", several(items)),
    };
    word.to_owned()
}

fn several(kind: &FieldKind) -> String {
    let word = match kind {
        FieldKind::Text => "texts",
        FieldKind::Number => "numbers",
        FieldKind::Boolean => "yes/no",
        FieldKind::Date => "dates",
        FieldKind::Instant => "instants",
        FieldKind::TimeZone => "names of time zones",
        FieldKind::Object(_) => "objects",
        FieldKind::List(items) => return format!("lists of {}", several(items)),
    };
    word.to_owned()
}

/// A literal's kind with its article.
pub(super) fn a_literal(literal: &Literal) -> &'static str {
    match literal {
        Literal::Text(_) => "text",
        Literal::Number(_) => "a number",
        Literal::Boolean(_) => "yes/no",
        Literal::Date(_) => "a date",
    }
}

/// True when a literal can equal a value of the kind. A date is compared with an instant by the instant's day.
pub(super) fn accepts(kind: &FieldKind, literal: &Literal) -> bool {
    matches!(
        (kind, literal),
        (FieldKind::Text | FieldKind::TimeZone, Literal::Text(_))
            | (FieldKind::Number, Literal::Number(_))
            | (FieldKind::Boolean, Literal::Boolean(_))
            | (FieldKind::Date | FieldKind::Instant, Literal::Date(_))
    )
}

/// The span of one part of a path, as far as the text shows it; the whole path where names are quoted.
pub(super) fn part_span(written: &str, span: Span, parts: &[impl AsRef<str>], part: usize) -> Span {
    let before: usize = parts.iter().take(part).map(|name| name.as_ref().len() + 1).sum();
    let whole: usize = parts.iter().map(|name| name.as_ref().len() + 1).sum::<usize>().saturating_sub(1);
    let joined = || parts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(".");
    let length = parts.get(part).map_or(0, |name| name.as_ref().len());
    if whole > written.len() || !written.ends_with(&joined()) {
        return span;
    }
    let start = span.range().start + (written.len() - whole) + before;
    let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(start + length)) else { return span };
    Span { start, end, ..span }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{FileId, Spanned};

    fn field(name: &str, kind: FieldKind) -> Field {
        Field {
            name: Spanned::new(name.to_owned(), Span::default()),
            kind: Spanned::new(kind, Span::default()),
        }
    }

    #[test]
    fn paths_lead_through_objects_and_lists() {
        let item = FieldKind::Object(vec![field("sku", FieldKind::Text), field("n", FieldKind::Number)]);
        let items = FieldKind::List(Box::new(FieldKind::List(Box::new(item))));
        let fields = [field("amount", FieldKind::Number), field("items", items)];
        let kind = |path: &[&str]| resolve(&fields, path).unwrap().map(|field| field.kind.node.clone());
        assert_eq!(kind(&["amount"]), Some(FieldKind::Number));
        assert_eq!(kind(&["items", "sku"]), Some(FieldKind::Text));
        assert_eq!(kind(&[]), None);
        let error = |path: &[&str]| resolve(&fields, path).unwrap_err();
        assert!(matches!(error(&["amuont"]), PathError::Unknown { part: 0, among } if among.len() == 2));
        assert!(
            matches!(error(&["items", "skus"]), PathError::Unknown { part: 1, among } if among.len() == 2)
        );
        assert_eq!(error(&["amount", "x"]), PathError::NoParts { part: 1, kind: &FieldKind::Number });
    }

    #[test]
    fn a_part_is_pointed_at_where_the_text_shows_it() {
        let span = Span::new(FileId(0), 10, 28);
        let parts = ["items", "category"];
        let at = |written: &str, part| part_span(written, span, &parts, part).range();
        assert_eq!(at("items.category", 0), 10..15);
        assert_eq!(at("items.category", 1), 16..24);
        assert_eq!(at("profile.items.category", 1), 24..32);
        assert_eq!(at("items.\"category\"", 1), 10..28);
    }
}
