//! Our values as Liquid sees them, without copying them.

use liquid_core::model::{
    _ObjectView as ObjectView, _ValueView as ValueView, ArrayView, DisplayCow, KStringCow, Object, ScalarCow,
    State, Value as LiquidValue, ValueCow,
};
use std::fmt;

use crate::model::{Properties, Value};

/// A value that is not there. It is nil, and at the same time an object without parts, so that `contains` is false of it
/// instead of an error.
#[derive(Debug)]
pub(super) struct Missing;

pub(super) static MISSING: Missing = Missing;

/// Nothing, as Liquid takes it.
pub(super) const fn missing<'s>() -> ValueCow<'s> {
    ValueCow::Borrowed(&MISSING)
}

/// The value under a path, from a value on; what is not there at any depth is missing, never an error.
pub(super) fn walk<'v>(from: &'v dyn ValueView, path: &[ScalarCow<'_>]) -> ValueCow<'v> {
    let mut at = from;
    for (done, index) in path.iter().enumerate() {
        let Some(next) = part(at, index) else {
            // Only the last part can be a number that is counted and not held anywhere.
            let last = done + 1 == path.len() && *index.to_kstr() == *"size";
            return if last { size(at) } else { missing() };
        };
        at = next;
    }
    if at.is_nil() { missing() } else { ValueCow::Borrowed(at) }
}

fn part<'v>(of: &'v dyn ValueView, index: &ScalarCow<'_>) -> Option<&'v dyn ValueView> {
    if let Some(list) = of.as_array() {
        return match (index.to_integer(), &*index.to_kstr()) {
            (Some(index), _) => list.get(index),
            (None, "first") => list.first(),
            (None, "last") => list.last(),
            _ => None,
        };
    }
    of.as_object()?.get(&index.to_kstr())
}

fn size<'v>(of: &dyn ValueView) -> ValueCow<'v> {
    if of.is_nil() {
        return missing();
    }
    let size = if let Some(list) = of.as_array() {
        list.size()
    } else if let Some(object) = of.as_object() {
        object.size()
    } else {
        whole(of.to_kstr().chars().count())
    };
    ValueCow::Owned(LiquidValue::scalar(size))
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Writes values one after the other, as Liquid does with a list.
struct Joined<'v>(&'v [Value]);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|item| item.render().fmt(f))
    }
}

/// Writes an object as its names and parts, as Liquid does.
struct Parts<'v>(&'v indexmap::IndexMap<crate::model::Text, Value>);

impl fmt::Display for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, part)| write!(f, "{name}{}", part.render()))
    }
}

impl ValueView for Value {
    fn as_debug(&self) -> &dyn fmt::Debug {
        self
    }

    fn render(&self) -> DisplayCow<'_> {
        match self {
            Value::Boolean(value) => DisplayCow::Borrowed(value),
            Value::Number(value) => DisplayCow::Borrowed(value),
            Value::Text(value) => DisplayCow::Borrowed(value),
            Value::Date(value) => DisplayCow::Borrowed(value),
            Value::Instant(value) => DisplayCow::Borrowed(value),
            Value::List(items) => DisplayCow::Owned(Box::new(Joined(items))),
            Value::Object(parts) => DisplayCow::Owned(Box::new(Parts(parts))),
        }
    }

    fn source(&self) -> DisplayCow<'_> {
        self.render()
    }

    fn type_name(&self) -> &'static str {
        self.kind()
    }

    fn query_state(&self, state: State) -> bool {
        match self {
            Value::Boolean(value) => match state {
                State::Truthy => *value,
                State::DefaultValue | State::Blank => !value,
                State::Empty => false,
            },
            Value::Text(text) => ValueView::query_state(&&**text, state),
            Value::List(items) => state == State::Truthy || items.is_empty(),
            Value::Object(parts) => state == State::Truthy || parts.is_empty(),
            Value::Number(_) | Value::Date(_) | Value::Instant(_) => state == State::Truthy,
        }
    }

    fn to_kstr(&self) -> KStringCow<'_> {
        match self {
            Value::Text(text) => KStringCow::from_ref(text),
            other => KStringCow::from_string(other.render().to_string()),
        }
    }

    fn to_value(&self) -> LiquidValue {
        match self {
            Value::List(items) => LiquidValue::Array(items.iter().map(ValueView::to_value).collect()),
            Value::Object(parts) => {
                let parts = parts.iter().map(|(name, part)| (name.to_string().into(), part.to_value()));
                LiquidValue::Object(parts.collect::<Object>())
            }
            scalar => scalar.as_scalar().map_or(LiquidValue::Nil, |scalar| scalar.into_owned().into()),
        }
    }

    /// Dates and instants are texts: Liquid's own would be written in a format of theirs, and compare with the clock.
    fn as_scalar(&self) -> Option<ScalarCow<'_>> {
        match self {
            Value::Boolean(value) => Some(ScalarCow::new(*value)),
            Value::Number(value) => Some(match value.as_i64() {
                Some(whole) => ScalarCow::new(whole),
                None => ScalarCow::new(value.as_f64()),
            }),
            Value::Text(text) => Some(ScalarCow::new(&**text)),
            Value::Date(date) => Some(ScalarCow::new(date.to_string())),
            Value::Instant(instant) => Some(ScalarCow::new(instant.to_string())),
            Value::List(_) | Value::Object(_) => None,
        }
    }

    fn as_array(&self) -> Option<&dyn ArrayView> {
        matches!(self, Value::List(_)).then_some(self)
    }

    fn as_object(&self) -> Option<&dyn ObjectView> {
        matches!(self, Value::Object(_)).then_some(self)
    }
}

fn items(value: &Value) -> &[Value] {
    if let Value::List(items) = value { items } else { &[] }
}

fn parts(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let parts = if let Value::Object(parts) = value { Some(parts) } else { None };
    parts.into_iter().flat_map(|parts| parts.iter()).map(|(name, part)| (&**name, part))
}

fn view(value: &Value) -> &dyn ValueView {
    value
}

impl ArrayView for Value {
    fn as_value(&self) -> &dyn ValueView {
        self
    }

    fn size(&self) -> i64 {
        whole(items(self).len())
    }

    fn values<'k>(&'k self) -> Box<dyn Iterator<Item = &'k dyn ValueView> + 'k> {
        Box::new(items(self).iter().map(view))
    }

    fn contains_key(&self, index: i64) -> bool {
        ArrayView::get(self, index).is_some()
    }

    /// The item at an index from 0; a negative one counts from the end.
    fn get(&self, index: i64) -> Option<&dyn ValueView> {
        let index = if index < 0 { index.checked_add(ArrayView::size(self))? } else { index };
        items(self).get(usize::try_from(index).ok()?).map(view)
    }
}

impl ObjectView for Value {
    fn as_value(&self) -> &dyn ValueView {
        self
    }

    fn size(&self) -> i64 {
        whole(parts(self).count())
    }

    fn keys<'k>(&'k self) -> Box<dyn Iterator<Item = KStringCow<'k>> + 'k> {
        Box::new(parts(self).map(|(name, _)| KStringCow::from_ref(name)))
    }

    fn values<'k>(&'k self) -> Box<dyn Iterator<Item = &'k dyn ValueView> + 'k> {
        Box::new(parts(self).map(|(_, part)| view(part)))
    }

    fn iter<'k>(&'k self) -> Box<dyn Iterator<Item = (KStringCow<'k>, &'k dyn ValueView)> + 'k> {
        Box::new(parts(self).map(|(name, part)| (KStringCow::from_ref(name), view(part))))
    }

    fn contains_key(&self, index: &str) -> bool {
        ObjectView::get(self, index).is_some()
    }

    fn get<'s>(&'s self, index: &str) -> Option<&'s dyn ValueView> {
        if let Value::Object(parts) = self { parts.get(index).map(view) } else { None }
    }
}

impl ValueView for Properties {
    fn as_debug(&self) -> &dyn fmt::Debug {
        self
    }

    fn render(&self) -> DisplayCow<'_> {
        DisplayCow::Borrowed(&"")
    }

    fn source(&self) -> DisplayCow<'_> {
        self.render()
    }

    fn type_name(&self) -> &'static str {
        "object"
    }

    fn query_state(&self, state: State) -> bool {
        state == State::Truthy || self.is_empty()
    }

    fn to_kstr(&self) -> KStringCow<'_> {
        KStringCow::from_static("")
    }

    fn to_value(&self) -> LiquidValue {
        let parts = self.iter().map(|(name, value)| (name.to_string().into(), value.to_value()));
        LiquidValue::Object(parts.collect::<Object>())
    }

    fn as_object(&self) -> Option<&dyn ObjectView> {
        Some(self)
    }
}

impl ObjectView for Properties {
    fn as_value(&self) -> &dyn ValueView {
        self
    }

    fn size(&self) -> i64 {
        whole(self.len())
    }

    fn keys<'k>(&'k self) -> Box<dyn Iterator<Item = KStringCow<'k>> + 'k> {
        Box::new(Properties::iter(self).map(|(name, _)| KStringCow::from_ref(name)))
    }

    fn values<'k>(&'k self) -> Box<dyn Iterator<Item = &'k dyn ValueView> + 'k> {
        Box::new(Properties::iter(self).map(|(_, value)| view(value)))
    }

    fn iter<'k>(&'k self) -> Box<dyn Iterator<Item = (KStringCow<'k>, &'k dyn ValueView)> + 'k> {
        Box::new(Properties::iter(self).map(|(name, value)| (KStringCow::from_ref(name), view(value))))
    }

    fn contains_key(&self, index: &str) -> bool {
        Properties::get(self, index).is_some()
    }

    fn get<'s>(&'s self, index: &str) -> Option<&'s dyn ValueView> {
        Properties::get(self, index).map(view)
    }
}

impl ValueView for Missing {
    fn as_debug(&self) -> &dyn fmt::Debug {
        self
    }

    fn render(&self) -> DisplayCow<'_> {
        DisplayCow::Borrowed(&"")
    }

    fn source(&self) -> DisplayCow<'_> {
        DisplayCow::Borrowed(&"nil")
    }

    fn type_name(&self) -> &'static str {
        "nothing"
    }

    fn query_state(&self, state: State) -> bool {
        state != State::Truthy
    }

    fn to_kstr(&self) -> KStringCow<'_> {
        KStringCow::from_static("")
    }

    fn to_value(&self) -> LiquidValue {
        LiquidValue::Nil
    }

    fn as_object(&self) -> Option<&dyn ObjectView> {
        Some(self)
    }

    fn is_nil(&self) -> bool {
        true
    }
}

impl ObjectView for Missing {
    fn as_value(&self) -> &dyn ValueView {
        self
    }

    fn size(&self) -> i64 {
        0
    }

    fn keys<'k>(&'k self) -> Box<dyn Iterator<Item = KStringCow<'k>> + 'k> {
        Box::new(std::iter::empty())
    }

    fn values<'k>(&'k self) -> Box<dyn Iterator<Item = &'k dyn ValueView> + 'k> {
        Box::new(std::iter::empty())
    }

    fn iter<'k>(&'k self) -> Box<dyn Iterator<Item = (KStringCow<'k>, &'k dyn ValueView)> + 'k> {
        Box::new(std::iter::empty())
    }

    fn contains_key(&self, _: &str) -> bool {
        false
    }

    fn get<'s>(&'s self, _: &str) -> Option<&'s dyn ValueView> {
        None
    }
}
