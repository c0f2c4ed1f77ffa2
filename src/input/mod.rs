//! Events and profiles from files, in the formats that users have.
//!
//! A [`Reader`] looks at the first bytes, undoes gzip or zstd, tells the format and yields one [`Row`] after the other in the order
//! of the input. A bad row is a [`Reject`] among them and stops nothing; only what makes the rest of a file unreadable is an
//! [`InputError`]. `docs/inputs.md` describes each format field by field.
//!
//! # Example
//! ```
//! use campanile::input::{ReadOptions, Row, from_read};
//! use campanile::model::Record;
//!
//! let log = r#"{"type":"track","userId":"asha","event":"Charged","timestamp":"2026-11-03T10:00:00Z","properties":{"amount":900}}
//! {"type":"track","event":"Charged"}
//! "#;
//! let mut reader = from_read("events.ndjson", log.as_bytes(), &ReadOptions::default())?;
//! let Some(Ok(Row::Record(Record::Event(event)))) = reader.next() else { panic!("the first row is an event") };
//! assert_eq!(&*event.user, "asha");
//! let Some(Ok(Row::Reject(reject))) = reader.next() else { panic!("the second has no user") };
//! assert_eq!((reject.row, reject.kind.name()), (2, "missing_user"));
//! assert!(reader.next().is_none());
//! # Ok::<(), campanile::input::InputError>(())
//! ```

#[cfg_attr(not(feature = "parquet"), path = "no_arrow.rs")]
mod arrow;
mod cells;
mod clevertap;
mod columns;
mod csv;
mod csv_plan;
mod detect;
mod error;
mod fast;
mod json;
mod json_rows;
mod json_values;
mod log;
mod mapped;
mod names;
mod options;
mod reader;
mod record;
mod reject;
mod segment;
mod source;
mod survey;
mod temporary;
mod time;

#[cfg(feature = "parquet")]
pub(crate) use arrow::Batches;
#[cfg(feature = "cli")]
pub(crate) use arrow::is_decoding;
pub use columns::Columns;
pub use error::{InputError, OptionError};
pub use fast::Tally;
pub use log::Log;
pub use options::{Contents, Format, Limits, ReadOptions};
pub use reader::{Reader, Row, from_read, open};
pub use reject::{Reject, RejectKind, RejectWriter};
pub use survey::{survey, survey_read};
pub use temporary::TemporaryFiles;
pub use time::LocalTime;
