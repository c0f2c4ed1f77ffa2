//! Records of JSON of any form: a column mapping says what their fields are.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Columns;
use super::columns::EventName;
use super::json::{Bag, Context, Scalar, ScalarSeed, visit_others};
use super::json_values::{Name, ValueSeed};
use super::record::{Good, event, event_name, id, profile, time_as, user};
use super::reject::{Problem, RejectKind};
use crate::model::{Number, Text, Value};

/// Reads one record.
pub(super) fn record(text: &str, columns: &Columns, context: &mut Context) -> Result<Good, Problem> {
    let bag = if columns.event.is_some() { Bag::Event } else { Bag::Profile };
    context.begin();
    let mut fields = Fields::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_any(Fielded { fields: &mut fields, columns, context, bag });
    context.end(read.and_then(|()| json.end()))?;

    let user = user(&fields.user, &columns.user, context)?
        .ok_or_else(|| Problem::new(RejectKind::MissingUser, format!("no `{}`", columns.user)))?;
    let name = match &columns.event {
        Some(EventName::Constant(name)) => Some(context.names.get(name)),
        Some(EventName::Column(field)) => Some(event_name(&fields.event, field, context)?),
        None => None,
    };
    let at = match &columns.at {
        Some((field, form)) => time_as(&fields.at, field, *form, context)?,
        None => None,
    };
    let Some(name) = name else { return Ok(Good::Record(profile(user, at, context))) };
    let Some(at) = at else {
        let field = columns.at.as_ref().map_or("at", |(field, _)| field);
        return Err(Problem::new(RejectKind::MissingTime, format!("no `{field}`")));
    };
    let id = id(&fields.id, columns.id.as_deref().unwrap_or("id"))?;
    Ok(Good::Record(event(user, name, at, id, context)))
}

/// The fields that are no properties.
#[derive(Default)]
struct Fields<'a> {
    user: Scalar<'a>,
    at: Scalar<'a>,
    event: Scalar<'a>,
    id: Scalar<'a>,
}

/// What one field is; it may be several things.
#[derive(Default)]
struct Role {
    user: bool,
    at: bool,
    event: bool,
    id: bool,
    property: Option<Text>,
    /// Whether the parts of an object are the properties.
    spread: bool,
}

impl Role {
    fn of(field: &str, columns: &Columns, context: &mut Context) -> Role {
        let user = field == columns.user;
        let at = columns.at.as_ref().is_some_and(|(name, _)| name == field);
        let event = matches!(&columns.event, Some(EventName::Column(name)) if name == field);
        let id = columns.id.as_deref() == Some(field);
        let spread = columns.properties.is_some();
        let is_property = match &columns.properties {
            Some(names) => names.iter().any(|name| name == field),
            None => !(user || at || event || id || field.is_empty()),
        };
        let property = is_property.then(|| context.names.get(field));
        Role { user, at, event, id, property, spread }
    }

    const fn is_scalar(&self) -> bool {
        self.user || self.at || self.event || self.id
    }
}

struct Fielded<'c, 'a> {
    fields: &'c mut Fields<'a>,
    columns: &'c Columns,
    context: &'c mut Context,
    bag: Bag,
}

impl Fielded<'_, '_> {
    fn other<E: de::Error>(self, kind: &str) -> Result<(), E> {
        Err(self.context.refuse(RejectKind::WrongType, format!("it is {kind}, not an object")))
    }
}

impl<'a> Visitor<'a> for Fielded<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    visit_others! { visit_bool(bool) "yes/no", visit_i64(i64) "a number", visit_u64(u64) "a number", visit_f64(f64) "a number", visit_str(&str) "text" }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        self.other("a list")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Fielded { fields, columns, context, bag } = self;
        while let Some(role) = map.next_key_seed(FieldRole { columns, context })? {
            if role.is_scalar() {
                let scalar: Scalar<'a> = map.next_value_seed(ScalarSeed)?;
                if let Some(name) = role.property {
                    let value = property(&scalar, context)?;
                    push(context, bag, name, value)?;
                }
                for (is_it, field) in [
                    (role.user, &mut fields.user),
                    (role.at, &mut fields.at),
                    (role.event, &mut fields.event),
                    (role.id, &mut fields.id),
                ] {
                    if is_it {
                        *field = scalar.clone();
                    }
                }
            } else if let Some(name) = role.property {
                if role.spread {
                    map.next_value_seed(Spread { name, context, bag })?;
                } else {
                    let value = map.next_value_seed(ValueSeed { context, depth: 2 })?;
                    push(context, bag, name, value)?;
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

fn push<E: de::Error>(context: &mut Context, bag: Bag, name: Text, value: Option<Value>) -> Result<(), E> {
    let before = context.bag(bag).len();
    context.count(before)?;
    context.bag(bag).push((name, value));
    Ok(())
}

/// The value of a field that is something else as well. Other kinds of values are refused there.
fn property<E: de::Error>(scalar: &Scalar<'_>, context: &mut Context) -> Result<Option<Value>, E> {
    context.value()?;
    Ok(match scalar {
        Scalar::Missing | Scalar::Other(_) => None,
        Scalar::Text(text) => Some(context.text(text)?),
        Scalar::Whole(number) => Some(Value::integer(*number)),
        Scalar::Large(number) => Number::from_f64(*number as f64).map(Value::Number),
        Scalar::Fraction(number) => Number::from_f64(*number).map(Value::Number),
    })
}

/// The name of a field, looked up in the mapping.
struct FieldRole<'c> {
    columns: &'c Columns,
    context: &'c mut Context,
}

impl<'a> DeserializeSeed<'a> for FieldRole<'_> {
    type Value = Role;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Role, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldRole<'_> {
    type Value = Role;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Role, E> {
        Ok(Role::of(name, self.columns, self.context))
    }
}

/// A field that the mapping calls properties: an object's parts are, anything else is one by its own name.
struct Spread<'c> {
    name: Text,
    context: &'c mut Context,
    bag: Bag,
}

impl<'a> DeserializeSeed<'a> for Spread<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl Spread<'_> {
    fn one<E: de::Error>(
        self,
        read: impl FnOnce(ValueSeed<'_>) -> Result<Option<Value>, E>,
    ) -> Result<(), E> {
        let Spread { name, context, bag } = self;
        context.value()?;
        let value = read(ValueSeed { context, depth: 2 })?;
        push(context, bag, name, value)
    }
}

impl<'a> Visitor<'a> for Spread<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("properties")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.one(|seed| seed.visit_unit())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.one(|seed| seed.visit_bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.one(|seed| seed.visit_i64(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.one(|seed| seed.visit_u64(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.one(|seed| seed.visit_f64(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.one(|seed| seed.visit_str(value))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, list: A) -> Result<(), A::Error> {
        self.one(|seed| seed.visit_seq(list))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Spread { context, bag, .. } = self;
        context.enter(2)?;
        while let Some(name) = map.next_key_seed(Name(context))? {
            let value = map.next_value_seed(ValueSeed { context, depth: 3 })?;
            push(context, bag, name, value)?;
        }
        Ok(())
    }
}
