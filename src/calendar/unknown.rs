use std::fmt;

use super::Zone;
use crate::language::distance;

/// A name that is no time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownZone {
    /// As it was asked for.
    pub name: String,
    /// The zone that was probably meant.
    pub nearest: Option<String>,
}

impl UnknownZone {
    #[cold]
    pub(super) fn new(
        name: &str,
        in_data: Option<Zone>,
        known: impl Iterator<Item = &'static str>,
    ) -> UnknownZone {
        // What users' data mean by it is no guess.
        let nearest = match in_data {
            Some(zone) if zone.is_offset() => None,
            Some(zone) => Some(zone.name()),
            None => nearest(name, known),
        };
        UnknownZone { name: name.to_owned(), nearest: nearest.map(str::to_owned) }
    }

    /// How to mend it: the name that was probably meant, or how names look.
    pub fn help(&self) -> String {
        match &self.nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "write an IANA name such as `Asia/Kolkata`, `Europe/London` or `UTC`".to_owned(),
        }
    }
}

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a time zone", self.name)
    }
}

impl std::error::Error for UnknownZone {}

/// The known name that was probably meant: the same but for a slip, or its city alone.
///
/// Stricter than `language::nearest`, because zones that are spelled alike lie far apart: `Asia/Mumbai` is not `Asia/Dubai`, and
/// `IST` is not `EST`. So at most one letter in four of the city may differ, and of an abbreviation or a number only the order of its letters.
fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    // No name is near one that is far longer than all of them; and the work stays small.
    if name.len() > 64 {
        return None;
    }
    let wanted = folded(name.trim());
    let (area, city) = cut(&wanted);
    let spelled_exactly = city.len() <= 4 || wanted.iter().any(char::is_ascii_digit);
    let limit = (city.len() / 4).max(1);
    known
        .filter_map(|candidate| {
            let known = folded(candidate);
            let (known_area, known_city) = cut(&known);
            let distance = match area {
                // A city under a wrong name of its continent.
                [_, ..] if city == known_city => 1,
                [_, ..] => distance(&wanted, &known),
                [] => distance(city, known_city),
            };
            let near = !spelled_exactly
                || city == known_city
                || known_area.is_empty() && is_rearranged(&wanted, known_city);
            (near && distance <= limit).then_some((distance, candidate.len(), candidate))
        })
        .min()
        .map(|(_, _, candidate)| candidate)
}

/// The letters of a name, alike for small and capital ones and for all ways to part words.
fn folded(name: &str) -> Vec<char> {
    name.chars()
        .map(|letter| if matches!(letter, ' ' | '-') { '_' } else { letter.to_ascii_lowercase() })
        .collect()
}

/// A name before its last stroke, and after it.
fn cut(name: &[char]) -> (&[char], &[char]) {
    let stroke = name.iter().rposition(|letter| *letter == '/');
    stroke
        .and_then(|stroke| name.split_at_checked(stroke))
        .map_or((&[], name), |(area, rest)| (area, rest.split_first().map_or(&[], |(_, city)| city)))
}

fn is_rearranged(a: &[char], b: &[char]) -> bool {
    let (mut a, mut b) = (a.to_vec(), b.to_vec());
    a.sort_unstable();
    b.sort_unstable();
    a == b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn suggests(name: &str, nearest: Option<&str>) {
        assert_eq!(Zone::named(name).unwrap_err().nearest.as_deref(), nearest, "{name}");
    }

    #[test]
    fn slips_find_the_zone_that_was_meant() {
        suggests("Asia/Kolkatta", Some("Asia/Kolkata"));
        suggests("Asia/Calcuta", Some("Asia/Calcutta"));
        suggests("America/NewYork", Some("America/New_York"));
        suggests("America/New York", Some("America/New_York"));
        suggests("Amercia/Sao_Palo", Some("America/Sao_Paulo"));
        suggests("kolkata", Some("Asia/Kolkata"));
        suggests("London", Some("Europe/London"));
        suggests("GTM", Some("GMT"));
        suggests("US/New York", Some("America/New_York"));
        suggests("India/Kolkata", Some("Asia/Kolkata"));
        suggests("port au prince", Some("America/Port-au-Prince"));
    }

    #[test]
    fn zones_that_are_only_spelled_alike_are_not_suggested() {
        for name in ["Asia/Mumbai", "ISTT", "XST", "+05:30", "UTC+5:30", "Etc/GMT+55", "Delhi", ""] {
            suggests(name, None);
        }
        suggests(&"x".repeat(100_000), None);
    }

    #[test]
    fn names_of_other_systems_suggest_the_zone_that_they_mean_in_data() {
        suggests("IST", Some("Asia/Kolkata"));
        suggests("PST", Some("America/Los_Angeles"));
        suggests("AEST", Some("Australia/Sydney"));
        suggests("Mumbai", Some("Asia/Kolkata"));
        suggests("Eastern Standard Time", Some("America/New_York"));
        suggests("Eastern Time (US & Canada)", Some("America/New_York"));
        suggests(" Asia/Kolkata", Some("Asia/Kolkata"));
        suggests("Z", Some("UTC"));
    }

    #[test]
    fn it_says_what_and_how_to_mend_it() {
        let error = Zone::named("Asia/Kolkatta").unwrap_err();
        assert_eq!(error.to_string(), "`Asia/Kolkatta` is not a time zone");
        assert_eq!(error.help(), "did you mean `Asia/Kolkata`?");
        let help = Zone::named("+05:30").unwrap_err().help();
        assert_eq!(help, "write an IANA name such as `Asia/Kolkata`, `Europe/London` or `UTC`");
    }
}
