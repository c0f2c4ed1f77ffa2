//! A Parquet file: what it says of itself, and its row groups read batch by batch.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{CompressionCodec, ConvertedType, Encoding, Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::Length;

use super::decode::guarded;
use super::layout::Layout;
use super::stored::Stored;
use super::table::{Conversion, RowPlace, Stretch};
use super::values::is_text;
use crate::columns::{ShardError, Wanted};
use crate::input::{InputError, LocalTime, ReadOptions, Reject};
use crate::model::Text;

/// A file whose metadata was read.
pub(super) struct ParquetFile {
    pub(super) name: Text,
    stored: Stored,
    metadata: Arc<ParquetMetaData>,
    /// The columns as the file has them, before any dictionary is asked for.
    schema: Arc<Schema>,
    pub(super) layout: Layout,
    raw_bytes: usize,
    local_time: LocalTime,
}

const ANEW: &str = "write it anew, or copy it again";

impl ParquetFile {
    /// Reads what the file says of itself.
    ///
    /// # Errors
    /// When it is no Parquet file, or the columns are not there.
    pub(super) fn open(
        name: &Text,
        stored: Stored,
        options: &ReadOptions,
    ) -> Result<ParquetFile, InputError> {
        let read = guarded(|| ArrowReaderMetadata::load(&stored, ArrowReaderOptions::new()));
        let metadata = read.map_err(|error| {
            let message = format!("`{name}` is no Parquet file, or a part of one: {error}");
            InputError::new(name, message, ANEW)
        })?;
        let schema = Arc::clone(metadata.schema());
        let roots = metadata.parquet_schema().root_schema().get_fields().len();
        if roots != schema.fields().len() {
            let message = format!("`{name}` has a column without any parts");
            return Err(InputError::new(name, message, "write it without that column"));
        }
        Ok(ParquetFile {
            name: name.clone(),
            layout: Layout::new(name, &schema, options)?,
            metadata: Arc::clone(metadata.metadata()),
            schema,
            stored,
            raw_bytes: options.limits.raw_bytes,
            local_time: options.local_time.clone(),
        })
    }

    /// How many bytes it has.
    pub(super) fn bytes(&self) -> u64 {
        self.stored.len()
    }

    /// How many row groups it has.
    pub(super) fn groups(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// What it says of a row group.
    pub(super) fn group(&self, group: usize) -> Option<&RowGroupMetaData> {
        self.metadata.row_groups().get(group)
    }

    /// The columns of the file, by their places among the leaves: the first leaf of each, and whether it is the only one.
    pub(super) fn leaf(&self, root: usize) -> Option<usize> {
        let schema = self.metadata.file_metadata().schema_descr();
        let mut leaves = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == root);
        let first = leaves.next()?;
        leaves.next().is_none().then_some(first)
    }

    /// The type of a column.
    pub(super) fn type_of(&self, root: usize) -> Option<&DataType> {
        self.schema.fields().get(root).map(|field| field.data_type())
    }

    /// The metadata of the whole file.
    pub(super) fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }

    /// The zone of its wall clocks.
    pub(super) const fn local_time(&self) -> &LocalTime {
        &self.local_time
    }

    /// How many rows come before a row group.
    fn rows_before(&self, group: usize) -> u64 {
        let before = self.metadata.row_groups().iter().take(group);
        let rows = before.map(|group| u64::try_from(group.num_rows()).unwrap_or(0));
        rows.fold(0, u64::saturating_add)
    }

    /// The columns with dictionaries asked for where all pages of the row group have them.
    fn schema_of(&self, group: &RowGroupMetaData) -> Schema {
        let fields = self.schema.fields().iter().enumerate().map(|(root, field)| {
            let chunk = self.leaf(root).and_then(|leaf| group.columns().get(leaf));
            let Some(chunk) = chunk else { return Arc::clone(field) };
            let as_read = match field.data_type() {
                // Instants, whatever the zone of the program that wrote them.
                DataType::Timestamp(_, None) if chunk.column_type() == Type::INT96 => {
                    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
                }
                data_type if is_text(data_type) && is_utf8(chunk) && is_in_dictionary(chunk) => {
                    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
                }
                // A dictionary made of plain pages would cost more than it gives.
                DataType::Dictionary(_, values) if is_text(values) => DataType::Utf8,
                _ => return Arc::clone(field),
            };
            Arc::new(Field::clone(field).with_data_type(as_read))
        });
        Schema::new(fields.collect::<Vec<_>>())
    }
}

fn is_utf8(chunk: &ColumnChunkMetaData) -> bool {
    chunk.column_descr().converted_type() == ConvertedType::UTF8
}

/// Whether all values of a column stand in its dictionary.
fn is_in_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    chunk.dictionary_page_offset().is_some()
        && chunk.page_encoding_stats_mask().is_some_and(|encodings| {
            encodings.is_only(Encoding::RLE_DICTIONARY) || encodings.is_only(Encoding::PLAIN_DICTIONARY)
        })
}

/// A row group that is being read.
pub(super) struct Group {
    file: Arc<ParquetFile>,
    group: usize,
    conversion: Conversion,
    reader: ParquetRecordBatchReader,
    rows_before: u64,
    offset: u64,
}

impl Group {
    /// Begins to read what is wanted of a row group, in batches of so many rows.
    ///
    /// # Errors
    /// When it cannot be read, or a column that cannot be read is wanted by name.
    pub(super) fn open(
        file: &Arc<ParquetFile>,
        group: usize,
        wanted: &Wanted,
        batch_rows: usize,
    ) -> Result<Group, ShardError> {
        let conversion = Conversion::new(&file.name, &file.layout, wanted, &file.local_time)?;
        let metadata = file.group(group).ok_or_else(|| ShardError {
            message: format!("`{}` has no row group {}", file.name, group + 1),
            help: None,
        })?;
        file.check_unchanged()?;
        let mask = ProjectionMask::roots(
            file.metadata.file_metadata().schema_descr(),
            conversion.roots().iter().copied(),
        );
        let mut offset = u64::MAX;
        for (leaf, chunk) in metadata.columns().iter().enumerate() {
            let begin = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
            offset = offset.min(u64::try_from(begin).unwrap_or(0));
            let codec = match chunk.compression_codec() {
                CompressionCodec::BROTLI => "brotli",
                CompressionCodec::LZO => "LZO",
                _ => continue,
            };
            if mask.leaf_included(leaf) {
                return Err(ShardError {
                    message: format!(
                        "the column {} of `{}` is compressed by {codec}",
                        column(chunk),
                        file.name
                    ),
                    help: Some("write it with zstd, snappy, lz4 or gzip".to_owned()),
                });
            }
        }
        let reader = file.reader(group, mask, batch_rows);
        let reader = reader.map_err(|error| file.broken(group, conversion.roots(), batch_rows, &error))?;
        let rows_before = file.rows_before(group);
        Ok(Group { file: Arc::clone(file), group, conversion, reader, rows_before, offset })
    }

    /// The next rows; none at the end.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn next(&mut self) -> Result<Option<Stretch>, ShardError> {
        let reader = &mut self.reader;
        let next = guarded(|| reader.next().transpose().map_err(ParquetError::from));
        match next {
            Ok(Some(batch)) => self.conversion.stretch(batch, self.rows_before).map(|stretch| {
                self.rows_before = self.rows_before.saturating_add(stretch.rows() as u64);
                Some(stretch)
            }),
            Ok(None) => {
                self.file.check_unchanged()?;
                Ok(None)
            }
            Err(error) => Err(self.file.broken(self.group, self.conversion.roots(), BATCH_OF_SEARCH, &error)),
        }
    }

    /// The rejects of a stretch, in order.
    #[cold]
    pub(super) fn rejects(&mut self, stretch: &Stretch) -> Vec<(usize, Reject)> {
        let is_whole = self.conversion.roots().len() == self.file.schema.fields().len();
        let refused = stretch.refusals().iter();
        let reject = |(row, why)| {
            let place = RowPlace {
                row: stretch.first_row().saturating_add(row as u64 + 1),
                offset: self.offset,
                raw_bytes: self.file.raw_bytes,
                is_whole,
            };
            (row, self.conversion.reject(stretch, row, why, place))
        };
        refused.map(reject).collect()
    }
}

/// Rows of a batch when a broken column is looked for.
const BATCH_OF_SEARCH: usize = 8_192;

impl ParquetFile {
    fn reader(
        &self,
        group: usize,
        mask: ProjectionMask,
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchReader, String> {
        guarded(|| {
            let metadata = self.metadata.row_groups().get(group);
            let schema = metadata.map(|group| self.schema_of(group));
            let mut options = ArrowReaderOptions::new();
            if let Some(schema) = schema {
                options = options.with_schema(Arc::new(schema));
            }
            let metadata = ArrowReaderMetadata::try_new(Arc::clone(&self.metadata), options)?;
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.stored.clone(), metadata)
                .with_row_groups(vec![group])
                .with_projection(mask)
                .with_batch_size(batch_rows)
                .build()
        })
    }

    fn check_unchanged(&self) -> Result<(), ShardError> {
        if !self.stored.has_changed() {
            return Ok(());
        }
        Err(ShardError {
            message: format!("`{}` was changed while it was read", self.name),
            help: Some(
                "read it again when nobody writes it; write a new file beside it, and rename it".to_owned(),
            ),
        })
    }

    /// Why a row group cannot be read: which of these columns is to blame is found by reading each alone.
    #[cold]
    fn broken(&self, group: usize, roots: &[usize], batch_rows: usize, error: &str) -> ShardError {
        if let Err(changed) = self.check_unchanged() {
            return changed;
        }
        let schema = self.metadata.file_metadata().schema_descr();
        let culprit = roots.iter().find_map(|root| {
            let mask = ProjectionMask::roots(schema, [*root]);
            let read = self.reader(group, mask, batch_rows).and_then(|mut reader| {
                guarded(|| reader.by_ref().try_for_each(|batch| batch.map(drop).map_err(ParquetError::from)))
            });
            Some((self.schema.fields().get(*root)?.name(), read.err()?))
        });
        let place = format!("row group {} of `{}`", group + 1, self.name);
        let message = match culprit {
            Some((column, error)) => format!("the column `{column}` in {place} cannot be read: {error}"),
            None => format!("{place} cannot be read: {error}"),
        };
        ShardError { message, help: Some(format!("the file is damaged or cut off: {ANEW}")) }
    }
}

fn column(chunk: &ColumnChunkMetaData) -> String {
    format!("`{}`", chunk.column_path().string())
}
