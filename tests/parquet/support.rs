//! Tables as Parquet, written into a folder of their own.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use campanile::input::{InputError, ReadOptions, Reject, Row, from_read, open};
use campanile::model::{Event, Record, Value};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};

/// A table by its columns.
pub fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

/// How a file is written when nothing else is said.
pub fn plainly() -> WriterPropertiesBuilder {
    WriterProperties::builder()
}

pub fn write(path: &Path, batch: &RecordBatch, properties: WriterPropertiesBuilder) {
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties.build())).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// The same in memory.
pub fn bytes(batch: &RecordBatch, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

pub fn columns(mapping: &str) -> ReadOptions {
    ReadOptions { columns: Some(mapping.parse().unwrap()), ..ReadOptions::default() }
}

/// All rows of a file on disk, or why there are no more.
pub fn rows(batch: &RecordBatch, options: &ReadOptions) -> Result<Vec<Row>, InputError> {
    rows_written(batch, plainly(), options)
}

pub fn rows_written(
    batch: &RecordBatch,
    properties: WriterPropertiesBuilder,
    options: &ReadOptions,
) -> Result<Vec<Row>, InputError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.parquet");
    write(&path, batch, properties.clone());
    let rows: Result<Vec<Row>, InputError> = open(&path, options)?.collect();
    // What comes through a pipe is read alike, but for the file's name.
    let piped = from_read("log.parquet", std::io::Cursor::new(bytes(batch, properties)), options)?;
    let piped: Result<Vec<Row>, InputError> = piped.collect();
    if let (Ok(rows), Ok(piped)) = (&rows, &piped) {
        assert_eq!(records(rows), records(piped));
        assert_eq!(rejects(rows).len(), rejects(piped).len());
    }
    rows
}

pub fn records(rows: &[Row]) -> Vec<Record> {
    let record = |row: &Row| match row {
        Row::Record(record) => Some(record.clone()),
        _ => None,
    };
    rows.iter().filter_map(record).collect()
}

pub fn rejects(rows: &[Row]) -> Vec<Reject> {
    let reject = |row: &Row| match row {
        Row::Reject(reject) => Some(reject.clone()),
        _ => None,
    };
    rows.iter().filter_map(reject).collect()
}

pub fn events(rows: &[Row]) -> Vec<Event> {
    let event = |record: Record| match record {
        Record::Event(event) => event,
        other => panic!("no event: {other:?}"),
    };
    assert_eq!(rejects(rows), []);
    records(rows).into_iter().map(event).collect()
}

/// What the rows have for a property; none where they have none.
pub fn property(rows: &[Row], name: &str) -> Vec<Option<Value>> {
    events(rows).iter().map(|event| event.properties.get(name).cloned()).collect()
}
