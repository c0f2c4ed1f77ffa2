use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use chrono::NaiveDate;
use indexmap::IndexMap;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::{Instant, Text};
use crate::saved::{Damage, Restorer, Saved, Saver};

/// A number of a property: a whole number exactly, any other as a 64-bit float.
///
/// `10` and `10.0` are one number. NaN and infinities never enter: [`Number::from_f64`] refuses them.
#[derive(Debug, Clone, Copy)]
pub struct Number(Repr);

#[derive(Debug, Clone, Copy)]
enum Repr {
    Integer(i64),
    Float(f64),
}

impl Number {
    /// A whole number.
    pub const fn from_i64(value: i64) -> Number {
        Number(Repr::Integer(value))
    }

    /// A finite float; a whole one within the range of `i64` becomes exactly that whole number.
    pub fn from_f64(value: f64) -> Option<Number> {
        if !value.is_finite() {
            return None;
        }
        // 2^63 is exactly representable; below it the cast is exact for whole values.
        if value.fract() == 0.0
            && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value)
        {
            return Some(Number(Repr::Integer(value as i64)));
        }
        Some(Number(Repr::Float(value)))
    }

    /// The whole number, if it is one.
    pub fn as_i64(self) -> Option<i64> {
        match self.0 {
            Repr::Integer(value) => Some(value),
            Repr::Float(_) => None,
        }
    }

    /// The nearest float.
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Repr::Integer(value) => value as f64,
            Repr::Float(value) => value,
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    /// Exact, also between a large whole number and a float.
    fn cmp(&self, other: &Number) -> Ordering {
        match (self.0, other.0) {
            (Repr::Integer(a), Repr::Integer(b)) => a.cmp(&b),
            (Repr::Float(a), Repr::Float(b)) => a.total_cmp(&b),
            (Repr::Integer(a), Repr::Float(b)) => compare_exactly(a, b),
            (Repr::Float(a), Repr::Integer(b)) => compare_exactly(b, a).reverse(),
        }
    }
}

/// Compares a whole number with a float that is fractional or outside the range of `i64`.
fn compare_exactly(whole: i64, float: f64) -> Ordering {
    if float >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    if float < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    // The fraction is cut towards zero, so on a tie of the whole parts the fraction's sign decides.
    let cut = float.trunc();
    whole.cmp(&(cut as i64)).then_with(|| if float > cut { Ordering::Less } else { Ordering::Greater })
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            Repr::Integer(value) => value.hash(state),
            Repr::Float(value) => value.to_bits().hash(state),
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Repr::Integer(value) => write!(f, "{value}"),
            Repr::Float(value) => write!(f, "{value}"),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Repr::Integer(value) => serializer.serialize_i64(value),
            Repr::Float(value) => serializer.serialize_f64(value),
        }
    }
}

/// What a property of an event or a profile holds.
///
/// There is no null: a null in an event is a missing property, and in a profile it unsets one. Empty text is a value.
/// Values of different kinds are never equal: `10` and `"10"` differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// Text, compared exactly, byte by byte.
    Text(Text),
    /// A calendar date without a time or a zone.
    Date(NaiveDate),
    /// A point on the time line.
    Instant(Instant),
    /// Several values in order, such as the bought items.
    List(Vec<Value>),
    /// A value of named parts, such as one item. It is rare, and in a box, as each value would be three times as large with it.
    Object(Box<IndexMap<Text, Value>>),
}

impl Saved for Value {
    fn save(&self, to: &mut Saver<'_>) {
        match self {
            Value::Boolean(value) => to.byte((*value).into()),
            Value::Number(Number(Repr::Integer(value))) => {
                to.byte(2);
                to.signed(*value);
            }
            Value::Number(Number(Repr::Float(value))) => {
                to.byte(3);
                value.save(to);
            }
            Value::Text(value) => {
                to.byte(4);
                value.save(to);
            }
            Value::Date(value) => {
                to.byte(5);
                value.save(to);
            }
            Value::Instant(value) => {
                to.byte(6);
                value.save(to);
            }
            Value::List(items) => {
                to.byte(7);
                to.within(|to| items.save(to));
            }
            Value::Object(parts) => {
                to.byte(8);
                to.length(parts.len());
                to.within(|to| {
                    for (name, part) in parts.iter() {
                        to.name(name);
                        part.save(to);
                    }
                });
            }
        }
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Value, Damage> {
        Ok(match from.byte()? {
            0 => Value::Boolean(false),
            1 => Value::Boolean(true),
            2 => Value::integer(from.signed()?),
            3 => {
                let float = f64::restore(from)?;
                Value::Number(Number::from_f64(float).ok_or(Damage::Wrong("a number is none"))?)
            }
            4 => Value::Text(Saved::restore(from)?),
            5 => Value::Date(Saved::restore(from)?),
            6 => Value::Instant(Saved::restore(from)?),
            7 => Value::List(from.within(Saved::restore)?),
            8 => Value::Object(from.within(|from| {
                let mut parts = IndexMap::new();
                for _ in 0..from.length()? {
                    parts.insert(from.name()?, Value::restore(from)?);
                }
                Ok(Box::new(parts))
            })?),
            _ => return Err(Damage::Wrong("no kind of value is numbered so")),
        })
    }
}

impl Value {
    /// A value of named parts; of two of one name the last.
    ///
    /// ```
    /// use campanile::model::Value;
    /// let item = Value::object([("sku".into(), Value::text("A-1")), ("amount".into(), Value::integer(2))]);
    /// assert!(matches!(item, Value::Object(parts) if parts.len() == 2));
    /// ```
    pub fn object(parts: impl IntoIterator<Item = (Text, Value)>) -> Value {
        Value::Object(Box::new(parts.into_iter().collect()))
    }

    /// A text value.
    pub fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    /// A whole number.
    pub const fn integer(value: i64) -> Value {
        Value::Number(Number::from_i64(value))
    }

    /// The kind in the words of the language: `text`, `number`, `yes/no`, `date`, `instant`, `list`, `object`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Value::Boolean(_) => "yes/no",
            Value::Number(_) => "number",
            Value::Text(_) => "text",
            Value::Date(_) => "date",
            Value::Instant(_) => "instant",
            Value::List(_) => "list",
            Value::Object(_) => "object",
        }
    }

    /// How many lists and objects an engine takes within one another; readers of rows take fewer.
    pub const DEEPEST: usize = 128;

    /// Whether lists and objects lie within one another more than so often.
    pub(crate) fn is_deeper_than(&self, levels: usize) -> bool {
        let too_deep = |part: &Value| part.is_deeper_than(levels.saturating_sub(1));
        match self {
            Value::List(items) => levels == 0 || items.iter().any(too_deep),
            Value::Object(parts) => levels == 0 || parts.values().any(too_deep),
            _ => false,
        }
    }

    /// Order of two values of one kind; none between kinds, and none for lists and objects.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
            (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
            (Value::Instant(a), Value::Instant(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// The value of a JSON value: null, and nulls within lists and objects, are missing.
    pub fn from_json(json: serde_json::Value) -> Option<Value> {
        match json {
            serde_json::Value::Null => None,
            serde_json::Value::Bool(value) => Some(Value::Boolean(value)),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => Some(Value::integer(whole)),
                None => number.as_f64().and_then(Number::from_f64).map(Value::Number),
            },
            serde_json::Value::String(text) => Some(Value::Text(text.into())),
            serde_json::Value::Array(items) => {
                Some(Value::List(items.into_iter().filter_map(Value::from_json).collect()))
            }
            serde_json::Value::Object(parts) => Some(Value::object(
                parts.into_iter().filter_map(|(name, part)| Some((name.into(), Value::from_json(part)?))),
            )),
        }
    }
}

impl Serialize for Value {
    /// As JSON: dates as `2026-11-03`, instants as RFC 3339 in UTC.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Boolean(value) => serializer.serialize_bool(*value),
            Value::Number(value) => value.serialize(serializer),
            Value::Text(value) => serializer.serialize_str(value),
            Value::Date(value) => serializer.collect_str(value),
            Value::Instant(value) => value.serialize(serializer),
            Value::List(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
            Value::Object(parts) => {
                let mut map = serializer.serialize_map(Some(parts.len()))?;
                for (name, part) in parts.iter() {
                    map.serialize_entry(&**name, part)?;
                }
                map.end()
            }
        }
    }
}
