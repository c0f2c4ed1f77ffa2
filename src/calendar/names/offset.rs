//! Offsets from UTC as users' data write them.

/// The farthest west and east that any place of today is, in minutes.
const WEST: i64 = -12 * 60;
const EAST: i64 = 14 * 60;

/// The minutes east of UTC: `+05:30`, `+0530`, `+530`, `-3`, also after `UTC` or `GMT`, with a hyphen or the sign of minus.
///
/// `None` for what is no offset, has no sign, lies outside of -12:00 to +14:00, or is no whole quarter of an hour: no place has such a clock.
pub(in super::super) fn minutes_east(text: &str) -> Option<i64> {
    let text = text.trim();
    let after = |utc: &str| {
        let head = text.get(..utc.len()).filter(|head| head.eq_ignore_ascii_case(utc));
        head.and_then(|_| text.get(utc.len()..)).map(str::trim_start)
    };
    let rest = after("utc").or_else(|| after("gmt")).unwrap_or(text);
    let mut letters = rest.chars();
    let sign = match letters.next()? {
        '+' => 1,
        '-' | '\u{2212}' => -1,
        _ => return None,
    };
    let digits = letters.as_str();
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) if (1..=2).contains(&hours.len()) && minutes.len() == 2 => (hours, minutes),
        Some(_) => return None,
        None if (1..=2).contains(&digits.len()) => (digits, "0"),
        None if (3..=4).contains(&digits.len()) => digits.split_at_checked(digits.len() - 2)?,
        None => return None,
    };
    let number = |digits: &str| {
        let all = digits.bytes().all(|byte| byte.is_ascii_digit());
        if all { digits.parse::<i64>().ok() } else { None }
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let east = sign * (hours * 60 + minutes);
    let a_place_has_it = minutes < 60 && minutes % 15 == 0 && (WEST..=EAST).contains(&east);
    a_place_has_it.then_some(east)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_in_all_their_spellings() {
        for text in ["+05:30", "+0530", "+530", "+5:30", "UTC+5:30", "utc +05:30", "GMT+0530", " +05:30 "] {
            assert_eq!(minutes_east(text), Some(330), "{text}");
        }
        for (text, minutes) in [
            ("GMT-3", -180),
            ("-03", -180),
            ("\u{2212}03:00", -180),
            ("UTC+0", 0),
            ("-00:00", 0),
            ("+14", 840),
            ("-12:00", -720),
            ("+05:45", 345),
        ] {
            assert_eq!(minutes_east(text), Some(minutes), "{text}");
        }
    }

    #[test]
    fn what_no_place_has_is_no_offset() {
        for text in [
            "",
            "+",
            "-",
            "UTC",
            "GMT",
            "5:30",
            "05:30",
            "+5.5",
            "+05:60",
            "+05:37",
            "+14:15",
            "-12:15",
            "+99",
            "+05:3",
            "+05:",
            "+:30",
            "+00530",
            "+05:30:00",
            "++5",
            "+-5",
            "UTC+",
            "GMT 5",
            "GMT + 5",
            "+५",
            "UTCé+5",
            "+05:30x",
            "é",
        ] {
            assert_eq!(minutes_east(text), None, "{text}");
        }
    }
}
