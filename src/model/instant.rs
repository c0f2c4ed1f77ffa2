use std::fmt;
use std::ops::{Add, Sub};

use crate::saved::{Damage, Restorer, Saved, Saver};

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point on the time line: whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Finer digits of an input are cut, never rounded, so that an event never moves into its future. The engine
/// accepts instants from [`Instant::MIN`] to [`Instant::MAX`]; readers refuse a row outside of them.
///
/// # Example
/// ```
/// use campanile::model::Instant;
/// let at = Instant::parse("2026-11-03T10:00:00+05:30")?;
/// assert_eq!(at.to_string(), "2026-11-03T04:30:00Z");
/// # Ok::<(), campanile::model::InstantError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Saved for Instant {
    fn save(&self, to: &mut Saver<'_>) {
        to.millis(self.0);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Instant, Damage> {
        from.millis().map(Instant)
    }
}

impl Instant {
    /// 1900-01-01T00:00:00Z, the earliest instant that a reader accepts.
    pub const MIN: Instant = Instant(-2_208_988_800_000);
    /// 2200-01-01T00:00:00Z, the first instant that a reader refuses.
    pub const MAX: Instant = Instant(7_258_118_400_000);

    /// The instant so many milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Instant {
        Instant(millis)
    }

    /// The instant so many seconds after 1970-01-01T00:00:00Z.
    pub const fn from_seconds(seconds: i64) -> Instant {
        Instant(seconds.saturating_mul(1_000))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// True between [`Instant::MIN`] and [`Instant::MAX`], the end excluded.
    pub const fn is_supported(self) -> bool {
        self.0 >= Self::MIN.0 && self.0 < Self::MAX.0
    }

    /// The same instant one millisecond later.
    pub const fn next(self) -> Instant {
        Instant(self.0.saturating_add(1))
    }

    /// Reads an RFC 3339 text (`2026-11-03T10:00:00+05:30`).
    ///
    /// # Errors
    /// When the text is no RFC 3339 instant, has no offset, or is out of the supported range.
    pub fn parse(text: &str) -> Result<Instant, InstantError> {
        let instant = Instant::parse_any(text)?;
        if instant.is_supported() { Ok(instant) } else { Err(InstantError { text: text.to_owned() }) }
    }

    fn parse_any(text: &str) -> Result<Instant, InstantError> {
        let parsed =
            DateTime::parse_from_rfc3339(text).map_err(|_| InstantError { text: text.to_owned() })?;
        Ok(Instant(parsed.timestamp_millis()))
    }

    /// The same instant as a `chrono` value; beyond chrono's range, the nearest that it can hold.
    pub fn to_utc(self) -> DateTime<Utc> {
        Utc.timestamp_millis_opt(self.0).single().unwrap_or(if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }
}

impl From<DateTime<Utc>> for Instant {
    fn from(value: DateTime<Utc>) -> Instant {
        Instant(value.timestamp_millis())
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC; milliseconds only when there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = if self.0.rem_euclid(1_000) == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
        f.write_str(&self.to_utc().to_rfc3339_opts(format, true))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    /// Also beyond the supported range, where the end of a job's validity may lie: what is written can be read.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        let text = String::deserialize(deserializer)?;
        Instant::parse_any(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Instant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// A text that is no instant of the supported range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstantError {
    text: String,
}

impl fmt::Display for InstantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no instant such as 2026-11-03T10:00:00Z between the years 1900 and 2199",
            self.text
        )
    }
}

impl std::error::Error for InstantError {}

/// An exact length of time: whole milliseconds, so that `2 days` is 48 hours in every time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(i64);

impl Duration {
    /// A length of so many milliseconds.
    pub const fn from_millis(millis: i64) -> Duration {
        Duration(millis)
    }

    /// A length of so many seconds.
    pub const fn from_seconds(seconds: i64) -> Duration {
        Duration(seconds.saturating_mul(1_000))
    }

    /// The length in milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, length: Duration) -> Instant {
        Instant(self.0.saturating_add(length.0))
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;
    fn sub(self, length: Duration) -> Instant {
        Instant(self.0.saturating_sub(length.0))
    }
}
