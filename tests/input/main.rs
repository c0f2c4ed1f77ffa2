//! Reading events and profiles: what each format gives, and what becomes of what is bad.
#![cfg(test)]
#![cfg(feature = "input")]
use std::io;
use std::sync::Arc;

use campanile::input::{Format, InputError, Limits, ReadOptions, Reader, Reject, Row, from_read};
use campanile::model::{Duration, Event, Instant, ProfileUpdate, Record, Value};

mod clevertap;
mod csv;
mod files;
mod mapped;
mod rejects;
mod segment;
mod throughout;

/// Two good rows.
const TWO: &[u8] = b"{\"userId\":\"a\",\"event\":\"E\",\"timestamp\":0}\n{\"userId\":\"b\",\"event\":\"E\",\"timestamp\":0}\n";

fn reader(bytes: impl Into<Vec<u8>>) -> Result<Reader, InputError> {
    from_read("log", io::Cursor::new(bytes.into()), &ReadOptions::default())
}

fn rows_with(bytes: impl Into<Vec<u8>>, options: &ReadOptions) -> Vec<Row> {
    let reader = from_read("log", io::Cursor::new(bytes.into()), options).unwrap();
    reader.map(Result::unwrap).collect()
}

fn rows(bytes: impl Into<Vec<u8>>) -> Vec<Row> {
    rows_with(bytes, &ReadOptions::default())
}

fn with_columns(columns: &str) -> ReadOptions {
    ReadOptions { columns: Some(columns.parse().unwrap()), ..ReadOptions::default() }
}

fn with_format(format: Format) -> ReadOptions {
    ReadOptions { format: Some(format), ..ReadOptions::default() }
}

fn events(rows: &[Row]) -> Vec<&Event> {
    let mut events = Vec::new();
    for row in rows {
        if let Row::Record(Record::Event(event)) = row {
            events.push(event);
        }
    }
    events
}

#[track_caller]
fn event(rows: &[Row]) -> &Event {
    match rows {
        [Row::Record(Record::Event(event))] => event,
        other => panic!("not one event: {other:?}"),
    }
}

#[track_caller]
fn profile(rows: &[Row]) -> &ProfileUpdate {
    match rows {
        [Row::Record(Record::Profile(profile))] => profile,
        other => panic!("not one profile: {other:?}"),
    }
}

#[track_caller]
fn reject(rows: &[Row]) -> &Reject {
    match rows {
        [Row::Reject(reject)] => reject,
        other => panic!("not one reject: {other:?}"),
    }
}

fn rejects(rows: &[Row]) -> Vec<&Reject> {
    let mut rejects = Vec::new();
    for row in rows {
        if let Row::Reject(reject) = row {
            rejects.push(reject);
        }
    }
    rejects
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn pairs(event: &Event) -> Vec<(&str, &Value)> {
    event.properties.iter().map(|(name, value)| (&**name, value)).collect()
}

/// Wall clocks of half past five before UTC.
fn in_india(options: ReadOptions) -> ReadOptions {
    let local_time = |wall_clock: chrono::NaiveDateTime| {
        Instant::from(wall_clock.and_utc()) - Duration::from_seconds(19_800)
    };
    ReadOptions { local_time: Arc::new(local_time), ..options }
}

/// With limits that a test reaches.
fn small(mut options: ReadOptions) -> ReadOptions {
    let mut limits = Limits::default();
    limits.row_bytes = 100;
    limits.raw_bytes = 20;
    limits.properties = 3;
    limits.values = 8;
    limits.depth = 4;
    options.limits = limits;
    options
}
