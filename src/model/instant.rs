use std::fmt;
use std::ops::{Add, Sub};

use super::Text;
use crate::saved::{Damage, Restorer, Saved, Saver};

use chrono::{DateTime, Datelike, SecondsFormat, TimeZone, Utc};
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

    /// A text that ends with the instant as it is written.
    pub(crate) fn written_after(self, beginning: &str) -> Text {
        match Written::of(self) {
            Some(written) => {
                let mut text = String::with_capacity(beginning.len() + written.len);
                text.push_str(beginning);
                text.push_str(written.text());
                text.into()
            }
            None => format!("{beginning}{self}").into(),
        }
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
        match Written::of(*self) {
            Some(written) => f.write_str(written.text()),
            None => {
                let milliseconds = self.0.rem_euclid(1_000) != 0;
                let format = if milliseconds { SecondsFormat::Millis } else { SecondsFormat::Secs };
                f.write_str(&self.to_utc().to_rfc3339_opts(format, true))
            }
        }
    }
}

/// An instant of the supported years as it is written: every occurrence has one, and this is several times as fast as the general way.
struct Written {
    bytes: [u8; 24],
    len: usize,
}

impl Written {
    fn of(at: Instant) -> Option<Written> {
        if !at.is_supported() {
            return None;
        }
        let date = DateTime::<Utc>::from_timestamp_millis(at.0)?.date_naive();
        let of_day = at.0.rem_euclid(86_400_000);
        let (seconds, millis) = (of_day / 1_000, of_day % 1_000);
        let mut written = Written { bytes: *b"0000-00-00T00:00:00.000Z", len: 24 };
        written.digits(0, 4, date.year().into());
        written.digits(5, 2, date.month().into());
        written.digits(8, 2, date.day().into());
        written.digits(11, 2, seconds / 3_600);
        written.digits(14, 2, seconds / 60 % 60);
        written.digits(17, 2, seconds % 60);
        if millis == 0 {
            written.len = 20;
            if let Some(end) = written.bytes.get_mut(19) {
                *end = b'Z';
            }
        } else {
            written.digits(20, 3, millis);
        }
        Some(written)
    }

    /// Writes so many digits of a number from a place on.
    fn digits(&mut self, from: usize, count: usize, mut number: i64) {
        for place in (from..from + count).rev() {
            if let Some(byte) = self.bytes.get_mut(place) {
                *byte = b'0' + u8::try_from(number % 10).unwrap_or(0);
            }
            number /= 10;
        }
    }

    fn text(&self) -> &str {
        self.bytes.get(..self.len).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_chrono(at: Instant) -> String {
        let milliseconds = at.millis().rem_euclid(1_000) != 0;
        let format = if milliseconds { SecondsFormat::Millis } else { SecondsFormat::Secs };
        at.to_utc().to_rfc3339_opts(format, true)
    }

    proptest! {
        #[test]
        fn it_is_written_as_chrono_writes_it(
            millis in Instant::MIN.millis() - 100_000..Instant::MAX.millis() + 100_000,
            whole in any::<bool>(),
        ) {
            let at = Instant::from_millis(if whole { millis / 1_000 * 1_000 } else { millis });
            prop_assert_eq!(at.to_string(), by_chrono(at));
            prop_assert_eq!(at.written_after("at "), format!("at {}", by_chrono(at)).into());
        }
    }

    #[test]
    fn the_first_and_the_last_of_a_day_and_of_all_are_written() {
        let last = Instant::MAX.millis() - 1;
        for millis in
            [0, -1, 1, 86_399_999, 951_782_400_000, Instant::MIN.millis(), last, last + 1, i64::MIN, i64::MAX]
        {
            let at = Instant::from_millis(millis);
            assert_eq!(at.to_string(), by_chrono(at));
        }
        assert_eq!(Instant::from_millis(951_782_400_007).to_string(), "2000-02-29T00:00:00.007Z");
    }
}
