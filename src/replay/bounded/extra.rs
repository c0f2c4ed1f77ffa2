//! What is kept of an event, as bytes and back.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use crate::model::{Instant, JobId, Properties, Value};
use crate::program::{About, EventExtra, Origin, Read, Values};
use crate::scratch::bytes::{Bytes, put_text, put_u32, put_u64, put_value};

const KEYS: u8 = 1;
const VALUES: u8 = 1 << 1;
const DATES: u8 = 1 << 2;
const KEPT: u8 = 1 << 3;
const ORIGIN: u8 = 1 << 4;
const ABOUT: u8 = 1 << 5;
const REFUSED: u8 = 1 << 6;
const SUMS: u8 = 1 << 7;

/// Appends what is kept of an event: first what of it there is at all.
pub(super) fn put(extra: &EventExtra, bytes: &mut Vec<u8>) {
    let EventExtra { keys, values, dates, kept, origin, about, refused, sums } = extra;
    let there = [
        (!keys.is_empty(), KEYS),
        (!values.words().is_empty(), VALUES),
        (!dates.is_empty(), DATES),
        (!kept.is_empty(), KEPT),
        (origin.is_some(), ORIGIN),
        (about.is_some(), ABOUT),
        (*refused, REFUSED),
        (!sums.is_empty(), SUMS),
    ];
    bytes.push(there.iter().filter(|(there, _)| *there).fold(0, |all, (_, bit)| all | bit));
    if !keys.is_empty() {
        put_u32(bytes, keys.len() as u32);
        keys.iter().for_each(|key| put_optional(bytes, *key, |bytes, key| bytes.extend(key.to_le_bytes())));
    }
    if !values.words().is_empty() {
        put_u32(bytes, values.words().len() as u32);
        values.words().iter().for_each(|word| put_u64(bytes, *word));
    }
    if !dates.is_empty() {
        put_u32(bytes, dates.len() as u32);
        dates.iter().for_each(|date| put_optional(bytes, *date, put_date));
    }
    if !kept.is_empty() {
        put_u32(bytes, kept.len() as u32);
        for (slot, value) in kept {
            put_u32(bytes, *slot as u32);
            put_value(bytes, value);
        }
    }
    if let Some(origin) = origin {
        put_origin(bytes, origin);
    }
    if let Some(About { job, campaign }) = about {
        put_optional(bytes, *job, |bytes, job| bytes.extend(job.number().to_le_bytes()));
        put_optional(bytes, *campaign, put_u32);
    }
    if !sums.is_empty() {
        put_u32(bytes, sums.len() as u32);
        sums.iter().for_each(|sum| bytes.extend(sum.to_le_bytes()));
    }
}

fn put_optional<T>(bytes: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    bytes.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(bytes, value);
    }
}

fn put_date(bytes: &mut Vec<u8>, date: Read) {
    match date {
        Read::Date(day) => {
            bytes.push(0);
            put_u32(bytes, day.num_days_from_ce() as u32);
        }
        Read::Instant(at) => {
            bytes.push(1);
            put_u64(bytes, at.millis() as u64);
        }
    }
}

fn put_origin(bytes: &mut Vec<u8>, origin: &Origin) {
    let Origin { event, id, content, at, properties } = origin;
    put_text(bytes, event);
    put_optional(bytes, id.as_deref(), put_text);
    bytes.extend(content.to_le_bytes());
    put_u64(bytes, at.millis() as u64);
    put_u32(bytes, properties.len() as u32);
    for (name, value) in properties.iter() {
        put_text(bytes, name);
        put_value(bytes, value);
    }
}

/// The same again; none when it is nothing of ours.
pub(super) fn read(bytes: &mut Bytes<'_>) -> Option<EventExtra> {
    let there = bytes.u8()?;
    let is = |bit: u8| there & bit != 0;
    Some(EventExtra {
        keys: several(bytes, is(KEYS), |bytes| optional(bytes, Bytes::u128))?,
        values: Values::of_words(several(bytes, is(VALUES), Bytes::u64)?),
        dates: several(bytes, is(DATES), |bytes| optional(bytes, date))?,
        kept: several(bytes, is(KEPT), |bytes| Some((bytes.u32()? as usize, bytes.value()?)))?,
        origin: if is(ORIGIN) { Some(Arc::new(origin(bytes)?)) } else { None },
        about: if is(ABOUT) { Some(about(bytes)?) } else { None },
        refused: is(REFUSED),
        sums: several(bytes, is(SUMS), |bytes| Some(bytes.u128()? as i128))?,
    })
}

fn several<'b, T>(
    bytes: &mut Bytes<'b>,
    there: bool,
    read: impl Fn(&mut Bytes<'b>) -> Option<T>,
) -> Option<Box<[T]>> {
    let count = if there { bytes.u32()? } else { 0 };
    (0..count).map(|_| read(bytes)).collect()
}

fn optional<'b, T>(
    bytes: &mut Bytes<'b>,
    read: impl FnOnce(&mut Bytes<'b>) -> Option<T>,
) -> Option<Option<T>> {
    match bytes.u8()? {
        0 => Some(None),
        _ => read(bytes).map(Some),
    }
}

fn date(bytes: &mut Bytes<'_>) -> Option<Read> {
    match bytes.u8()? {
        0 => NaiveDate::from_num_days_from_ce_opt(bytes.u32()? as i32).map(Read::Date),
        _ => Some(Read::Instant(Instant::from_millis(bytes.u64()? as i64))),
    }
}

fn origin(bytes: &mut Bytes<'_>) -> Option<Origin> {
    let event = bytes.text()?;
    let id = optional(bytes, Bytes::text)?;
    let content = bytes.u128()?;
    let at = Instant::from_millis(bytes.u64()? as i64);
    let count = bytes.u32()?;
    let properties: Option<Properties> = (0..count).map(|_| Some((bytes.text()?, bytes.value()?))).collect();
    Some(Origin { event, id, content, at, properties: properties? })
}

fn about(bytes: &mut Bytes<'_>) -> Option<About> {
    let job = optional(bytes, Bytes::u128)?.map(JobId::numbered);
    Some(About { job, campaign: optional(bytes, Bytes::u32)? })
}

/// About how many bytes of memory it takes.
pub(super) fn size(extra: &EventExtra) -> u64 {
    let EventExtra { keys, values, dates, kept, origin, about: _, refused: _, sums } = extra;
    let of_origin = |origin: &Arc<Origin>| {
        let properties = origin.properties.iter().map(|(_, value)| 16 + size_of_value(value));
        let id = origin.id.as_deref().map_or(0, str::len);
        size_of::<Origin>() + id + properties.sum::<usize>()
    };
    let kept: usize = kept.iter().map(|(_, value)| size_of::<usize>() + size_of_value(value)).sum();
    let all = size_of::<EventExtra>()
        + size_of_val::<[_]>(keys)
        + size_of_val(values.words())
        + size_of_val::<[_]>(dates)
        + size_of_val::<[_]>(sums)
        + kept
        + origin.as_ref().map_or(0, of_origin);
    all as u64
}

fn size_of_value(value: &Value) -> usize {
    let within = match value {
        // Beside the letters, who counts those that share them.
        Value::Text(text) => 16 + text.len(),
        Value::List(values) => values.iter().map(size_of_value).sum(),
        Value::Object(parts) => parts.values().map(|value| 32 + size_of_value(value)).sum(),
        Value::Boolean(_) | Value::Number(_) | Value::Date(_) | Value::Instant(_) => 0,
    };
    size_of::<Value>() + within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_as_it_was_and_half_of_it_does_not() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 3).unwrap();
        let origin = Origin {
            event: "Charged".into(),
            id: Some("7".into()),
            content: u128::MAX - 5,
            at: Instant::from_millis(-1),
            properties: [("city", Value::text("पुणे"))].into_iter().collect(),
        };
        let whole = EventExtra {
            keys: [None, Some(1 << 100)].into(),
            values: Values::of_words([3, 1, u64::MAX].into()),
            dates: [Some(Read::Date(day)), None, Some(Read::Instant(Instant::from_millis(-9)))].into(),
            kept: [(4, Value::List(vec![Value::integer(1), Value::text("x")]))].into(),
            origin: Some(Arc::new(origin)),
            about: Some(About { job: Some(JobId::numbered(9)), campaign: Some(2) }),
            refused: true,
            sums: [-1, i128::MAX].into(),
        };
        let none = EventExtra {
            keys: [].into(),
            values: Values::default(),
            dates: [].into(),
            kept: [].into(),
            origin: None,
            about: None,
            refused: false,
            sums: [].into(),
        };
        assert!(size(&none) < size(&whole));
        for extra in [whole, none] {
            let mut bytes = Vec::new();
            put(&extra, &mut bytes);
            let mut left = Bytes::new(&bytes);
            assert_eq!(format!("{:?}", read(&mut left)), format!("{:?}", Some(&extra)));
            assert!(left.is_empty());
            for cut in 0..bytes.len() {
                assert!(read(&mut Bytes::new(&bytes[..cut])).is_none(), "cut at {cut}");
            }
        }
    }
}
