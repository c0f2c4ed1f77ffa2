//! Jobs and outcomes as Parquet: a column for each field of the lines of JSON.

use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::builder::{StringBuilder, TimestampMillisecondBuilder};
use arrow_array::{ArrayRef, RecordBatch, StructArray};
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde::Serialize;

use super::{Sink, WriteError};
use crate::model::{Content, Instant, Outcome, SendJob};

/// Rows of a row group: few enough that one is no matter to memory, and enough that columns are packed well.
const GROUP_ROWS: usize = 1 << 17;
/// Rows that are handed to the writer at a time.
const BATCH_ROWS: usize = 1 << 13;

/// Writes send jobs as Parquet, zstd inside: a column for each field of [`SendJob`] under the name that it has in JSON.
///
/// Instants are instants in UTC, `trigger` is a group of columns, and `template` and `message` are their JSON as text. A row group is written out
/// when it is full. The file is one only when [`ParquetSink::into_inner`] has written its end.
///
/// # Example
/// ```
/// use campanile::sink::{ParquetSink, Sink};
/// let mut sink = ParquetSink::new(Vec::new())?;
/// sink.finish()?;
/// assert!(sink.into_inner()?.starts_with(b"PAR1"));
/// # Ok::<(), campanile::sink::WriteError>(())
/// ```
pub struct ParquetSink<W: Write + Send> {
    table: Table<W, Jobs>,
}

impl<W: Write + Send> ParquetSink<W> {
    /// Writes to anything; buffers by itself.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn new(writer: W) -> Result<ParquetSink<W>, WriteError> {
        Ok(ParquetSink { table: Table::new(writer, GROUP_ROWS)? })
    }

    /// Writes what is left and the end of the file, and gives the writer back.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn into_inner(self) -> Result<W, WriteError> {
        self.table.into_inner()
    }
}

impl<W: Write + Send> Sink for ParquetSink<W> {
    type Error = WriteError;

    fn send(&mut self, job: &SendJob) -> Result<(), WriteError> {
        self.table.write(job)
    }

    /// Writes what is left of the row group; the end of the file is [`ParquetSink::into_inner`]'s.
    fn finish(&mut self) -> Result<(), WriteError> {
        self.table.flush()
    }
}

/// Writes outcomes as Parquet, likewise: a column for each field of [`Outcome`].
pub struct ParquetOutcomes<W: Write + Send> {
    table: Table<W, Outcomes>,
}

impl<W: Write + Send> ParquetOutcomes<W> {
    /// Writes to anything; buffers by itself.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn new(writer: W) -> Result<ParquetOutcomes<W>, WriteError> {
        Ok(ParquetOutcomes { table: Table::new(writer, GROUP_ROWS)? })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write(&mut self, outcome: &Outcome) -> Result<(), WriteError> {
        self.table.write(outcome)
    }

    /// Writes what is left and the end of the file, and gives the writer back.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn into_inner(self) -> Result<W, WriteError> {
        self.table.into_inner()
    }
}

/// The columns of one kind of rows, while they are filled.
trait Columns: Default {
    type Row;

    fn fields() -> Vec<Field>;

    fn push(&mut self, row: &Self::Row);

    /// The columns, which are empty then.
    fn take(&mut self) -> Vec<ArrayRef>;
}

struct Table<W: Write + Send, C> {
    writer: ArrowWriter<W>,
    schema: Arc<Schema>,
    columns: C,
    rows: usize,
}

impl<W: Write + Send, C: Columns> Table<W, C> {
    fn new(writer: W, group_rows: usize) -> Result<Table<W, C>, WriteError> {
        let schema = Arc::new(Schema::new(C::fields()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(group_rows))
            .set_created_by(concat!("campanile ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = ArrowWriter::try_new(writer, Arc::clone(&schema), Some(properties)).map_err(failed)?;
        Ok(Table { writer, schema, columns: C::default(), rows: 0 })
    }

    fn write(&mut self, row: &C::Row) -> Result<(), WriteError> {
        self.columns.push(row);
        self.rows += 1;
        if self.rows < BATCH_ROWS { Ok(()) } else { self.hand_over() }
    }

    fn hand_over(&mut self) -> Result<(), WriteError> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), self.columns.take());
        self.writer.write(&batch.map_err(|error| failed(error.into()))?).map_err(failed)
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        self.hand_over()?;
        self.writer.flush().map_err(failed)
    }

    fn into_inner(mut self) -> Result<W, WriteError> {
        self.hand_over()?;
        self.writer.into_inner().map_err(failed)
    }
}

/// What is behind an error of the writer: the file's own, where it is one.
#[cold]
fn failed(error: ParquetError) -> WriteError {
    let kind = match &error {
        ParquetError::External(inner) => inner.downcast_ref::<io::Error>().map(io::Error::kind),
        _ => None,
    };
    let cause: Box<dyn Error + Send + Sync> = error.to_string().into();
    WriteError { cause: io::Error::new(kind.unwrap_or(io::ErrorKind::Other), cause) }
}

/// Instants as the files have them.
fn instants() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

fn text(name: &str, optional: bool) -> Field {
    Field::new(name, DataType::Utf8, optional)
}

fn instant(name: &str, optional: bool) -> Field {
    Field::new(name, instants(), optional)
}

/// A column of instants.
struct Instants(TimestampMillisecondBuilder);

impl Default for Instants {
    fn default() -> Instants {
        Instants(TimestampMillisecondBuilder::new().with_data_type(instants()))
    }
}

impl Instants {
    fn push(&mut self, at: Option<Instant>) {
        self.0.append_option(at.map(Instant::millis));
    }

    fn take(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A column of text.
#[derive(Default)]
struct Texts(StringBuilder);

impl Texts {
    fn push(&mut self, text: &str) {
        self.0.append_value(text);
    }

    fn option(&mut self, text: Option<&str>) {
        self.0.append_option(text);
    }

    /// What is a word in JSON.
    fn word(&mut self, value: &impl Serialize) {
        match serde_json::to_value(value) {
            Ok(serde_json::Value::String(word)) => self.push(&word),
            // Names of enums are words, and ids are.
            _ => self.0.append_null(),
        }
    }

    /// JSON as text.
    fn json(&mut self, value: Option<&impl Serialize>) {
        self.0.append_option(value.and_then(|value| serde_json::to_string(value).ok()));
    }

    fn take(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

#[derive(Default)]
struct Jobs {
    id: Texts,
    campaign: Texts,
    variant: Texts,
    user: Texts,
    to: Texts,
    provider: Texts,
    channel: Texts,
    category: Texts,
    due: Instants,
    not_after: Instants,
    qualified_at: Instants,
    time_zone: Texts,
    time_zone_source: Texts,
    unknown_time_zone: Texts,
    template: Texts,
    message: Texts,
    kind: Texts,
    event: Texts,
    event_id: Texts,
    at: Instants,
}

fn trigger() -> Fields {
    vec![text("kind", false), text("event", true), text("event_id", true), instant("at", false)].into()
}

impl Columns for Jobs {
    type Row = SendJob;

    fn fields() -> Vec<Field> {
        vec![
            text("id", false),
            text("campaign", false),
            text("variant", false),
            text("user", false),
            text("to", false),
            text("provider", true),
            text("channel", false),
            text("category", false),
            instant("due", false),
            instant("not_after", true),
            instant("qualified_at", false),
            text("time_zone", false),
            text("time_zone_source", false),
            text("unknown_time_zone", true),
            text("template", true),
            text("message", true),
            Field::new("trigger", DataType::Struct(trigger()), false),
        ]
    }

    fn push(&mut self, job: &SendJob) {
        self.id.word(&job.id);
        self.campaign.push(&job.campaign);
        self.variant.push(&job.variant);
        self.user.push(&job.user);
        self.to.push(&job.to);
        self.provider.option(job.provider.as_deref());
        self.channel.word(&job.channel);
        self.category.word(&job.category);
        self.due.push(Some(job.due));
        self.not_after.push(job.not_after);
        self.qualified_at.push(Some(job.qualified_at));
        self.time_zone.push(&job.time_zone);
        self.time_zone_source.word(&job.time_zone_source);
        self.unknown_time_zone.option(job.unknown_time_zone.as_deref());
        let (template, message) = match &job.content {
            Content::Template(template) => (Some(template), None),
            Content::Message(message) => (None, Some(message)),
        };
        self.template.json(template);
        self.message.json(message);
        self.kind.word(&job.trigger.kind);
        self.event.option(job.trigger.event.as_deref());
        self.event_id.option(job.trigger.event_id.as_deref());
        self.at.push(Some(job.trigger.at));
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        let parts = vec![self.kind.take(), self.event.take(), self.event_id.take(), self.at.take()];
        vec![
            self.id.take(),
            self.campaign.take(),
            self.variant.take(),
            self.user.take(),
            self.to.take(),
            self.provider.take(),
            self.channel.take(),
            self.category.take(),
            self.due.take(),
            self.not_after.take(),
            self.qualified_at.take(),
            self.time_zone.take(),
            self.time_zone_source.take(),
            self.unknown_time_zone.take(),
            self.template.take(),
            self.message.take(),
            Arc::new(StructArray::new(trigger(), parts, None)),
        ]
    }
}

#[derive(Default)]
struct Outcomes {
    campaign: Texts,
    user: Texts,
    occurrence: Texts,
    qualified_at: Instants,
    decided_at: Instants,
    outcome: Texts,
    detail: Texts,
    job: Texts,
}

impl Columns for Outcomes {
    type Row = Outcome;

    fn fields() -> Vec<Field> {
        vec![
            text("campaign", false),
            text("user", false),
            text("occurrence", false),
            instant("qualified_at", false),
            instant("decided_at", false),
            text("outcome", false),
            text("detail", true),
            text("job", true),
        ]
    }

    fn push(&mut self, outcome: &Outcome) {
        self.campaign.push(&outcome.campaign);
        self.user.push(&outcome.user);
        self.occurrence.push(&outcome.occurrence);
        self.qualified_at.push(Some(outcome.qualified_at));
        self.decided_at.push(Some(outcome.decided_at));
        self.outcome.push(outcome.outcome.name());
        self.detail.option(outcome.detail.as_deref());
        match &outcome.job {
            Some(job) => self.job.word(job),
            None => self.job.option(None),
        }
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        vec![
            self.campaign.take(),
            self.user.take(),
            self.occurrence.take(),
            self.qualified_at.take(),
            self.decided_at.take(),
            self.outcome.take(),
            self.detail.take(),
            self.job.take(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;
    use crate::model::OutcomeKind;

    #[test]
    fn rows_keep_their_order_over_row_groups() {
        let mut table: Table<Vec<u8>, Outcomes> = Table::new(Vec::new(), 10_000).unwrap();
        for row in 0..25_000 {
            let at = Instant::from_seconds(row);
            let outcome = Outcome {
                campaign: "c".into(),
                user: row.to_string().into(),
                occurrence: "o".into(),
                qualified_at: at,
                decided_at: at,
                outcome: OutcomeKind::NoConsent,
                detail: None,
                job: None,
            };
            table.write(&outcome).unwrap();
        }
        let bytes = table.into_inner().unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
        let groups: Vec<i64> = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        assert_eq!(groups, [10_000, 10_000, 5_000]);
        let mut row = 0;
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            for user in batch.column(1).as_string::<i32>() {
                assert_eq!(user, Some(row.to_string().as_str()));
                row += 1;
            }
        }
        assert_eq!(row, 25_000);
    }
}
