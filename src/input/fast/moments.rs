use crate::input::LocalTime;
use crate::input::time::{Clock, TimeForm};

/// Times of a log in milliseconds, the most frequent form of them read without the clock's help: events of one day stand together.
pub(super) struct Moments {
    clock: Clock,
    /// The day that was read last, as it is written.
    day: [u8; 10],
    /// Its midnight in UTC.
    midnight: i64,
}

impl Moments {
    pub(super) fn new(local: LocalTime) -> Moments {
        Moments { clock: Clock::new(local), day: [0; 10], midnight: 0 }
    }

    #[inline]
    pub(super) fn whole(&self, number: i64, form: TimeForm) -> Option<i64> {
        self.clock.whole(number, form).ok().map(|instant| instant.millis())
    }

    /// The instant of a whole number that may be of either unit.
    pub(super) fn told(&self, number: i64) -> Option<i64> {
        self.whole(number, TimeForm::Told)
    }

    pub(super) fn fraction(&self, number: f64, form: TimeForm) -> Option<i64> {
        self.clock.fraction(number, form).ok().map(|instant| instant.millis())
    }

    /// `2026-11-03T10:00:00Z` and `2026-11-03T10:00:00.000Z` of the day at hand; all else is the clock's.
    #[inline]
    pub(super) fn text(&mut self, text: &str, form: TimeForm) -> Option<i64> {
        let time = time_of_day(text.as_bytes()).filter(|_| form == TimeForm::Told);
        if let Some((day, millis)) = time
            && day == self.day
        {
            return Some(self.midnight + millis);
        }
        if let Some(number) = digits(text.as_bytes()) {
            return self.whole(number, form);
        }
        let instant = self.clock.text(text, form).ok()?.millis();
        if let Some((day, millis)) = time {
            (self.day, self.midnight) = (day, instant - millis);
        }
        Some(instant)
    }
}

/// The day as it is written, and the milliseconds since its midnight.
#[inline]
fn time_of_day(text: &[u8]) -> Option<([u8; 10], i64)> {
    let (day, rest) = text.split_first_chunk::<10>()?;
    let (thousandths, rest) = match rest {
        [rest @ .., b'.', a, b, c, b'Z'] => (number([*a, *b, *c])?, rest),
        [rest @ .., b'Z'] => (0, rest),
        _ => return None,
    };
    let [b'T', h, hh, b':', m, mm, b':', s, ss] = rest else { return None };
    let (hours, minutes, seconds) = (number([*h, *hh])?, number([*m, *mm])?, number([*s, *ss])?);
    let is_time = hours < 24 && minutes < 60 && seconds < 60;
    is_time.then_some((*day, (hours * 3_600 + minutes * 60 + seconds) * 1_000 + thousandths))
}

/// A whole number that can be no date: those have eight digits.
#[inline]
fn digits(text: &[u8]) -> Option<i64> {
    let is_number = (9..=18).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    is_number.then(|| text.iter().fold(0, |sum, digit| sum * 10 + i64::from(*digit - b'0')))
}

#[inline]
fn number<const N: usize>(digits: [u8; N]) -> Option<i64> {
    digits
        .iter()
        .try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(*digit - b'0')))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::model::Instant;

    proptest! {
        #[test]
        fn times_are_those_of_the_clock(
            texts in proptest::collection::vec("[0-9]{6,20}|-[0-9]{9,12}|(1899|1900|2026|2199|2200)-(02-28|02-29|12-31|01-01)[T ]([01][0-9]|2[0-4]):[0-6][0-9]:[0-6][0-9](\\.[0-9]{3})?(Z|\\+05:30)?", 1..9)
        ) {
            let local: LocalTime = Arc::new(|wall_clock| Instant::from(wall_clock.and_utc()));
            let (mut moments, clock) = (Moments::new(local.clone()), Clock::new(local));
            for text in texts.iter().chain(&texts) {
                for form in [TimeForm::Told, TimeForm::Seconds, TimeForm::Millis, TimeForm::Micros] {
                    let expected = clock.text(text, form).ok().map(Instant::millis);
                    prop_assert_eq!(moments.text(text, form), expected, "{}", text);
                }
            }
        }
    }
}
