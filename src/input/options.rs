use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Columns, LocalTime, OptionError};
use crate::model::Instant;

/// A format of events and profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Calls of the Segment specification, one a line, or a batch of them.
    Segment,
    /// Records of CleverTap's upload API (or of its export), one a line or in `{"d":[…]}`.
    CleverTap,
    /// Records of JSON of any form, one a line or in a list `[…]`, read by a column mapping.
    Json,
    /// Comma-separated values with a header, read by a column mapping.
    Csv,
    /// Parquet, read by a column mapping or by well-known names (with the feature `parquet`).
    Parquet,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 5] =
        [Format::Segment, Format::CleverTap, Format::Json, Format::Csv, Format::Parquet];

    /// The name as in options: `segment`, `clevertap`, `json`, `csv`, `parquet`.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Segment => "segment",
            Format::CleverTap => "clevertap",
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Parquet => "parquet",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = OptionError;

    fn from_str(name: &str) -> Result<Format, OptionError> {
        let found = Format::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            OptionError::new(
                format!("`{name}` is no format"),
                "the formats are `segment`, `clevertap`, `json`, `csv` and `parquet`",
            )
        })
    }
}

/// What a table holds where no column mapping says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Contents {
    /// Events.
    #[default]
    Events,
    /// Profiles, if no column of it is called `event`, `event_name` or `evtName`.
    Profiles,
}

/// How much of a row is taken before it is refused. Each limit has a reject of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest row in bytes; 16 MiB. Longer ones are passed over without being kept in memory.
    pub row_bytes: usize,
    /// How deep lists and objects may nest, the row itself being the first; 64, and at most 120.
    pub depth: usize,
    /// How many properties an event or a profile row may have, and parts an object of them; 4096.
    pub properties: usize,
    /// How many values a row may have, all items of lists and parts of objects counted; 65,536.
    pub values: usize,
    /// How many bytes of a bad row are kept in its reject; 64 KiB.
    pub raw_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { row_bytes: 16 << 20, depth: 64, properties: 4096, values: 1 << 16, raw_bytes: 64 << 10 }
    }
}

/// How to read.
#[derive(Clone)]
pub struct ReadOptions {
    /// The format; told by looking at the first bytes when absent.
    pub format: Option<Format>,
    /// What the columns of a table are, or the fields of JSON of any form. Without it, neither CSV nor such JSON can be read; of
    /// Parquet, columns with well-known names are taken for what they are called.
    pub columns: Option<Columns>,
    /// What a Parquet file holds, where `columns` does not say it; events by default.
    pub contents: Contents,
    /// The instant of a wall-clock time that comes without a zone; UTC by default.
    pub local_time: LocalTime,
    /// How much is taken of one row.
    pub limits: Limits,
}

impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions {
            format: None,
            columns: None,
            contents: Contents::Events,
            local_time: Arc::new(|wall_clock| Instant::from(wall_clock.and_utc())),
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for ReadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadOptions")
            .field("format", &self.format)
            .field("columns", &self.columns)
            .field("contents", &self.contents)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
