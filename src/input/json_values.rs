//! JSON straight into the model's values.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::{Bag, Context, Held, visit_others};
use crate::model::{Number, Text, Value};

/// A record's properties, into the context.
pub(super) struct BagSeed<'c> {
    pub(super) bag: Bag,
    pub(super) context: &'c mut Context,
}

impl<'a> DeserializeSeed<'a> for BagSeed<'_> {
    type Value = Held;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Held, D::Error> {
        json.deserialize_any(self)
    }
}

impl BagSeed<'_> {
    fn other<E>(self, kind: &'static str) -> Result<Held, E> {
        self.context.bag(self.bag).clear();
        Ok(if kind == "null" { Held::Missing } else { Held::Other(kind) })
    }
}

impl<'a> Visitor<'a> for BagSeed<'_> {
    type Value = Held;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of properties")
    }

    visit_others! { visit_bool(bool) "yes/no", visit_i64(i64) "a number", visit_u64(u64) "a number", visit_f64(f64) "a number", visit_str(&str) "text" }

    /// PHP writes an object without properties as an empty list.
    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Held, A::Error> {
        let mut any = false;
        while items.next_element::<IgnoredAny>()?.is_some() {
            any = true;
        }
        self.context.bag(self.bag).clear();
        Ok(if any { Held::Other("a list") } else { Held::Properties })
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Held, A::Error> {
        let BagSeed { bag, context } = self;
        context.enter(2)?;
        context.bag(bag).clear();
        while let Some(name) = map.next_key_seed(Name(context))? {
            let value = map.next_value_seed(ValueSeed { context, depth: 3 })?;
            let before = context.bag(bag).len();
            context.count(before)?;
            context.bag(bag).push((name, value));
        }
        Ok(Held::Properties)
    }
}

/// The name of a property, held once.
pub(super) struct Name<'c>(pub(super) &'c mut Context);

impl<'a> DeserializeSeed<'a> for Name<'_> {
    type Value = Text;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Text, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Text, E> {
        Ok(self.0.names.get(name))
    }
}

/// A value; none for null.
pub(super) struct ValueSeed<'c> {
    pub(super) context: &'c mut Context,
    /// How many objects and lists there are when this is one.
    pub(super) depth: usize,
}

impl<'a> DeserializeSeed<'a> for ValueSeed<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Option<Value>, D::Error> {
        self.context.value()?;
        json.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for ValueSeed<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Option<Value>, E> {
        Ok(Some(Value::Boolean(value)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Option<Value>, E> {
        Ok(Some(Value::integer(number)))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<Value>, E> {
        match i64::try_from(number) {
            Ok(whole) => self.visit_i64(whole),
            Err(_) => self.visit_f64(number as f64),
        }
    }

    fn visit_f64<E>(self, number: f64) -> Result<Option<Value>, E> {
        Ok(Number::from_f64(number).map(Value::Number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<Value>, E> {
        self.context.text(text).map(Some)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Option<Value>, A::Error> {
        let ValueSeed { context, depth } = self;
        context.enter(depth)?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(ValueSeed { context, depth: depth + 1 })? {
            items.extend(item);
        }
        Ok(Some(Value::List(items)))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Option<Value>, A::Error> {
        let ValueSeed { context, depth } = self;
        context.enter(depth)?;
        let mut parts = IndexMap::new();
        while let Some(name) = map.next_key_seed(Name(context))? {
            match map.next_value_seed(ValueSeed { context, depth: depth + 1 })? {
                Some(value) => {
                    context.count(parts.len())?;
                    parts.insert(name, value);
                }
                None => {
                    parts.shift_remove(&name);
                }
            }
        }
        Ok(Some(Value::Object(Box::new(parts))))
    }
}
