//! Numbers, values and events as bytes, and back: for what is put by for want of memory, and read by nobody else.

use chrono::{Datelike, NaiveDate};

use crate::model::{Event, Instant, Number, Properties, Text, Value};

/// Appends a number.
pub(crate) fn put_u64(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend_from_slice(&number.to_le_bytes());
}

/// Appends a number that is small.
pub(crate) fn put_u32(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend_from_slice(&number.to_le_bytes());
}

/// Appends a text.
pub(crate) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_u32(bytes, text.len() as u32);
    bytes.extend_from_slice(text.as_bytes());
}

/// Appends a value.
pub(crate) fn put_value(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Boolean(value) => bytes.extend([0, u8::from(*value)]),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => {
                bytes.push(1);
                put_u64(bytes, whole as u64);
            }
            None => {
                bytes.push(2);
                put_u64(bytes, number.as_f64().to_bits());
            }
        },
        Value::Text(text) => {
            bytes.push(3);
            put_text(bytes, text);
        }
        Value::Date(date) => {
            bytes.push(4);
            put_u32(bytes, date.num_days_from_ce() as u32);
        }
        Value::Instant(at) => {
            bytes.push(5);
            put_u64(bytes, at.millis() as u64);
        }
        Value::List(values) => {
            bytes.push(6);
            put_u32(bytes, values.len() as u32);
            values.iter().for_each(|value| put_value(bytes, value));
        }
        Value::Object(parts) => {
            bytes.push(7);
            put_u32(bytes, parts.len() as u32);
            for (name, value) in parts.iter() {
                put_text(bytes, name);
                put_value(bytes, value);
            }
        }
    }
}

/// An event without its user, who is known otherwise.
pub(crate) fn event_bytes(event: &Event) -> Box<[u8]> {
    let mut bytes = Vec::new();
    put_text(&mut bytes, &event.name);
    put_u64(&mut bytes, event.at.millis() as u64);
    match &event.id {
        Some(id) => {
            bytes.push(1);
            put_text(&mut bytes, id);
        }
        None => bytes.push(0),
    }
    put_u32(&mut bytes, event.properties.len() as u32);
    for (name, value) in event.properties.iter() {
        put_text(&mut bytes, name);
        put_value(&mut bytes, value);
    }
    bytes.into()
}

/// Bytes that are still to be read: none is given out that is not there.
#[derive(Debug)]
pub(crate) struct Bytes<'b> {
    left: &'b [u8],
}

impl<'b> Bytes<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Bytes<'b> {
        Bytes { left: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// So many bytes.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, left) = self.left.split_at_checked(count)?;
        self.left = left;
        Some(taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    pub(crate) fn u128(&mut self) -> Option<u128> {
        Some(u128::from_le_bytes(self.take(16)?.try_into().ok()?))
    }

    pub(crate) fn u32s(&mut self, count: usize) -> Option<Vec<u32>> {
        let bytes = self.take(count.checked_mul(4)?)?.as_chunks().0;
        Some(bytes.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }

    pub(crate) fn u64s(&mut self, count: usize) -> Option<Vec<u64>> {
        let bytes = self.take(count.checked_mul(8)?)?.as_chunks().0;
        Some(bytes.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect())
    }

    pub(crate) fn text(&mut self) -> Option<Text> {
        let count = self.u32()? as usize;
        str::from_utf8(self.take(count)?).ok().map(Text::from)
    }

    pub(crate) fn value(&mut self) -> Option<Value> {
        Some(match self.u8()? {
            0 => Value::Boolean(self.u8()? == 1),
            1 => Value::Number(Number::from_i64(self.u64()? as i64)),
            2 => Value::Number(Number::from_f64(f64::from_bits(self.u64()?))?),
            3 => Value::Text(self.text()?),
            4 => Value::Date(NaiveDate::from_num_days_from_ce_opt(self.u32()? as i32)?),
            5 => Value::Instant(Instant::from_millis(self.u64()? as i64)),
            6 => {
                let count = self.u32()?;
                Value::List((0..count).map(|_| self.value()).collect::<Option<_>>()?)
            }
            7 => {
                let count = self.u32()?;
                Value::Object(Box::new(
                    (0..count).map(|_| Some((self.text()?, self.value()?))).collect::<Option<_>>()?,
                ))
            }
            _ => return None,
        })
    }

    /// The event of a user.
    pub(crate) fn event(&mut self, user: Text) -> Option<Event> {
        let name = self.text()?;
        let at = Instant::from_millis(self.u64()? as i64);
        let id = match self.u8()? {
            1 => Some(self.text()?),
            _ => None,
        };
        let count = self.u32()?;
        let properties: Option<Properties> =
            (0..count).map(|_| Some((self.text()?, self.value()?))).collect();
        Some(Event { user, name, at, id, properties: properties? })
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, event_bytes};
    use crate::model::{Event, Instant, Number, Value};

    #[test]
    fn an_event_comes_back_as_it_was_and_half_of_it_does_not() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 3).unwrap();
        let object = Value::object([("a".into(), Value::integer(-1)), ("é".into(), Value::Date(day))]);
        let values = [
            Value::Boolean(true),
            Value::integer(i64::MIN),
            Value::Number(Number::from_f64(-0.1).unwrap()),
            Value::text(""),
            Value::Instant(Instant::from_millis(-5)),
            Value::List(vec![object, Value::List(Vec::new()), Value::text("x")]),
        ];
        let names = ["a", "b", "c", "d", "e", "f"];
        let event = Event {
            user: "asha".into(),
            name: "Charged".into(),
            at: Instant::from_millis(-1),
            id: Some("7".into()),
            properties: names.into_iter().zip(values).collect(),
        };
        let bytes = event_bytes(&event);
        let mut read = Bytes::new(&bytes);
        assert_eq!(read.event("asha".into()), Some(event));
        assert!(read.is_empty());
        for cut in 0..bytes.len() {
            assert_eq!(Bytes::new(&bytes[..cut]).event("asha".into()), None, "cut at {cut}");
        }
    }
}
