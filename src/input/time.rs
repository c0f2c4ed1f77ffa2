use std::sync::Arc;

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime};

use super::reject::{Problem, RejectKind, shown};
use crate::model::Instant;

/// The instant of a wall-clock time in the zone in which a log without zones is read.
pub type LocalTime = Arc<dyn Fn(NaiveDateTime) -> Instant + Send + Sync>;

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum TimeForm {
    /// Told by its shape.
    #[default]
    Told,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
    /// Microseconds since 1970.
    Micros,
}

/// Why a time is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeError {
    Unreadable,
    OutOfRange,
}

impl TimeError {
    #[cold]
    pub(super) fn of(self, field: &str, text: &str) -> Problem {
        let text = shown(text);
        match self {
            TimeError::Unreadable => Problem::new(
                RejectKind::BadTime,
                format!("`{field}` is `{text}`, which is no time such as `2026-11-03T10:00:00Z`"),
            ),
            TimeError::OutOfRange => Problem::new(
                RejectKind::TimeOutOfRange,
                format!("`{field}` is `{text}`, which is no time between the years 1900 and 2199"),
            ),
        }
    }
}

/// Reads times: those with a zone as they are, those without in the zone of the log.
#[derive(Clone)]
pub(super) struct Clock {
    local: LocalTime,
}

impl Clock {
    pub(super) fn new(local: LocalTime) -> Clock {
        Clock { local }
    }

    /// A text in the form that was named, or in any that its shape tells.
    pub(super) fn text(&self, text: &str, form: TimeForm) -> Result<Instant, TimeError> {
        let text = text.trim();
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return if form == TimeForm::Told { self.written(text) } else { Err(TimeError::Unreadable) };
        }
        if form == TimeForm::Told && text.len() == 8 && !text.contains('.') {
            return self.written(text);
        }
        match text.parse::<i64>() {
            Ok(whole) => self.whole(whole, form),
            Err(_) => self.fraction(text.parse().map_err(|_| TimeError::Unreadable)?, form),
        }
    }

    /// A whole number: seconds, milliseconds, or the fourteen digits `YYYYMMDDHHMMSS` of a CleverTap export. No number has two meanings.
    pub(super) fn whole(&self, number: i64, form: TimeForm) -> Result<Instant, TimeError> {
        let seconds = || supported(Instant::from_seconds(number));
        let millis = || supported(Instant::from_millis(number));
        match form {
            TimeForm::Seconds => seconds(),
            TimeForm::Millis => millis(),
            TimeForm::Micros => supported(Instant::from_millis(number.div_euclid(1_000))),
            TimeForm::Told if (19_000_101_000_000..=21_991_231_235_959).contains(&number) => {
                self.written(&number.to_string())
            }
            TimeForm::Told if number.unsigned_abs() >= FIRST_MILLIS => millis(),
            TimeForm::Told => seconds(),
        }
    }

    /// A number with a fraction of a second.
    pub(super) fn fraction(&self, number: f64, form: TimeForm) -> Result<Instant, TimeError> {
        if form == TimeForm::Micros {
            return supported(Instant::from_millis((number / 1e3).floor() as i64));
        }
        let millis =
            form == TimeForm::Millis || form == TimeForm::Told && number.abs() >= FIRST_MILLIS as f64;
        let micros = (number * if millis { 1e3 } else { 1e6 }).round();
        // Digits beyond the millisecond are cut; before that, the noise of binary fractions is rounded away.
        supported(Instant::from_millis((micros as i64).div_euclid(1_000)))
    }

    /// A date, or a date and a time, with or without a zone.
    fn written(&self, text: &str) -> Result<Instant, TimeError> {
        let mut rest = Digits(text.as_bytes());
        let (wall_clock, offset) = rest.date_time().ok_or(TimeError::Unreadable)?;
        let instant = match offset {
            None => (self.local)(wall_clock.at()),
            Some(seconds) => Instant::from_millis(wall_clock.utc_millis() - i64::from(seconds) * 1_000),
        };
        supported(instant)
    }
}

/// From here on a number counts milliseconds: as milliseconds it is 3 March 1973, as seconds the year 5138.
const FIRST_MILLIS: u64 = 100_000_000_000;

fn supported(instant: Instant) -> Result<Instant, TimeError> {
    if instant.is_supported() { Ok(instant) } else { Err(TimeError::OutOfRange) }
}

/// A date and the milliseconds since its midnight; 23:59:60 is the next midnight.
struct WallClock {
    date: NaiveDate,
    millis: i64,
}

impl WallClock {
    fn at(&self) -> NaiveDateTime {
        self.date.and_time(NaiveTime::MIN) + Duration::milliseconds(self.millis)
    }

    fn utc_millis(&self) -> i64 {
        const EPOCH: i64 = 719_163;
        (i64::from(self.date.num_days_from_ce()) - EPOCH) * 86_400_000 + self.millis
    }
}

/// The bytes that are still to be read of a time.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    /// `YYYY-MM-DD[( |T)HH:MM[:SS[.fff]][ ][zone]]`, `YYYYMMDD` or `YYYYMMDDHHMMSS`; the zone in seconds east.
    fn date_time(&mut self) -> Option<(WallClock, Option<i32>)> {
        let year = self.number(4)?;
        let dashed = self.take(b"-");
        let month = self.number(2)?;
        if dashed && !self.take(b"-") {
            return None;
        }
        let day = self.number(2)?;
        let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        if self.0.is_empty() {
            return Some((WallClock { date, millis: 0 }, None));
        }
        if !dashed {
            let (hour, minute, second) = (self.number(2)?, self.number(2)?, self.number(2)?);
            let clock = WallClock { date, millis: millis(hour, minute, second, 0)? };
            return self.0.is_empty().then_some((clock, None));
        }
        if !self.take(b"Tt ") {
            return None;
        }
        let hour = self.number(2)?;
        if !self.take(b":") {
            return None;
        }
        let minute = self.number(2)?;
        let (mut second, mut thousandths) = (0, 0);
        if self.take(b":") {
            second = self.number(2)?;
            if self.take(b".") {
                thousandths = self.thousandths()?;
            }
        }
        let clock = WallClock { date, millis: millis(hour, minute, second, thousandths)? };
        self.take(b" ");
        if self.0.is_empty() {
            return Some((clock, None));
        }
        Some((clock, Some(self.zone()?)))
    }

    /// `Z`, `UTC`, `+05:30`, `+0530`, `+05`.
    fn zone(&mut self) -> Option<i32> {
        if matches!(self.0, b"Z" | b"z" | b"UTC") {
            return Some(0);
        }
        let east = self.0.first() == Some(&b'+');
        if !self.take(b"+-") {
            return None;
        }
        let hours = self.number(2)?;
        let colon = self.take(b":");
        let minutes = if self.0.is_empty() && !colon { 0 } else { self.number(2)? };
        if !self.0.is_empty() || hours > 23 || minutes > 59 {
            return None;
        }
        let seconds = i32::try_from(hours * 3_600 + minutes * 60).ok()?;
        Some(if east { seconds } else { -seconds })
    }

    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number
            .iter()
            .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(*byte - b'0')))
    }

    /// At least one digit; those beyond the third are cut.
    fn thousandths(&mut self) -> Option<u32> {
        let mut value = 0;
        let mut weight = 100;
        let mut any = false;
        while let Some((digit, rest)) = self.0.split_first().filter(|(byte, _)| byte.is_ascii_digit()) {
            value += u32::from(*digit - b'0') * weight;
            weight /= 10;
            any = true;
            self.0 = rest;
        }
        any.then_some(value)
    }

    /// One byte, if it is one of these.
    fn take(&mut self, bytes: &[u8]) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if bytes.contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }
}

fn millis(hour: u32, minute: u32, second: u32, thousandths: u32) -> Option<i64> {
    // A leap second is the first of the next minute, as for most clocks.
    let fits = hour < 24 && minute < 60 && second <= 60;
    fits.then(|| (i64::from(hour * 3_600 + minute * 60 + second)) * 1_000 + i64::from(thousandths))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, TimeError> {
        let clock = Clock::new(Arc::new(|wall_clock| {
            Instant::from(wall_clock.and_utc()) - crate::model::Duration::from_seconds(19_800)
        }));
        clock.text(text, TimeForm::Told).map(|instant| instant.to_string())
    }

    #[test]
    fn texts_with_a_zone_are_that_instant() {
        for (text, instant) in [
            ("2026-11-03T10:00:00+05:30", "2026-11-03T04:30:00Z"),
            ("2026-11-03t10:00:00z", "2026-11-03T10:00:00Z"),
            ("2026-11-03 10:00:00 UTC", "2026-11-03T10:00:00Z"),
            ("2026-11-03 10:00:00.999999+0530", "2026-11-03T04:30:00.999Z"),
            ("2026-11-03T10:00-08", "2026-11-03T18:00:00Z"),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(instant), "{text}");
        }
    }

    #[test]
    fn texts_with_a_zone_agree_with_the_model() {
        for text in ["1900-01-01T00:00:00Z", "2199-12-31T23:59:59.999Z", "2016-12-31T23:59:60Z"] {
            assert_eq!(read(text).ok(), Instant::parse(text).ok().map(|at| at.to_string()), "{text}");
        }
    }

    #[test]
    fn texts_without_a_zone_are_local() {
        for text in ["2026-11-03", "20261103", "2026-11-03 00:00", "2026-11-03T00:00:00", "20261103000000"] {
            assert_eq!(read(text).as_deref(), Ok("2026-11-02T18:30:00Z"), "{text}");
        }
    }

    #[test]
    fn numbers_are_told_by_their_size() {
        for (text, instant) in [
            ("0", "1970-01-01T00:00:00Z"),
            ("-1", "1969-12-31T23:59:59Z"),
            ("1468308340", "2016-07-12T07:25:40Z"),
            ("1468308340.1239", "2016-07-12T07:25:40.123Z"),
            ("1468308340123", "2016-07-12T07:25:40.123Z"),
            ("99999999.5", "1973-03-03T09:46:39.500Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(instant), "{text}");
        }
        assert_eq!(read("1468308340123456"), Err(TimeError::OutOfRange));
        assert_eq!(read("99999999999"), Err(TimeError::OutOfRange));
        assert_eq!(read("99999999999999999999"), Err(TimeError::OutOfRange));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "now",
            "03/11/2026",
            "2026-11-31",
            "2026-13-01",
            "2026-11-03T24:00:00Z",
            "2026-11-03T10:61:00Z",
            "2026-11-03T10:00:00.Z",
            "2026-11-03T10",
            "2026-11-03T",
            "2026-1-3",
            "2026-11-03T10:00:00+5",
            "20261131",
            "2026-11-03T10:00:00 IST",
            "2026-11-03T10:00:00+05:",
            "1.2.3",
            "2026-1103",
            "２０２６-11-03",
        ] {
            assert_eq!(read(text), Err(TimeError::Unreadable), "{text}");
        }
        for text in ["1899-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "0000-01-01", "9999-12-31T23:59:59Z"] {
            assert_eq!(read(text), Err(TimeError::OutOfRange), "{text}");
        }
    }

    #[test]
    fn a_named_form_overrides_the_shape() {
        let clock = Clock::new(Arc::new(|wall_clock| Instant::from(wall_clock.and_utc())));
        let read = |text, form| clock.text(text, form).map(Instant::millis);
        assert_eq!(read("19970101", TimeForm::Seconds), Ok(19_970_101_000));
        assert_eq!(read("19970101", TimeForm::Millis), Ok(19_970_101));
        assert_eq!(read("5.9", TimeForm::Millis), Ok(5));
        assert_eq!(read("1468308340123999", TimeForm::Micros), Ok(1_468_308_340_123));
        assert_eq!(read("-1", TimeForm::Micros), Ok(-1));
        assert_eq!(read("1999.5", TimeForm::Micros), Ok(1));
        assert_eq!(read("2026-11-03", TimeForm::Seconds), Err(TimeError::Unreadable));
    }
}
