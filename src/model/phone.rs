use std::fmt;
use std::sync::LazyLock;

use phonenumber::PhoneNumber;
use phonenumber::metadata::{DATABASE, Database, Metadata};
use regex::RegexBuilder;

use super::{Text, numbering};

/// The E.164 form (`+919820012345`) of a phone number with its country code.
///
/// White space, dashes, dots, slashes, brackets and the invisible marks that come along with copied numbers are passed
/// over, `00` at the front stands for `+`, and `(0)` behind the country code is left out where the country's numbers do
/// not have it. Letters and extensions are refused, and a number without a country code is not guessed at.
///
/// # Errors
/// When the text is no number that the numbering plan of its country holds, or has no country code.
///
/// # Example
/// ```
/// use campanile::model::e164;
/// assert_eq!(&*e164("+91 98200-12345")?, "+919820012345");
/// assert_eq!(&*e164("0044 (0)7911 123456")?, "+447911123456");
/// assert!(e164("98200 12345").is_err());
/// # Ok::<(), campanile::model::PhoneError>(())
/// ```
pub fn e164(number: &str) -> Result<Text, PhoneError> {
    let refused = || PhoneError { number: number.to_owned() };
    let digits = international_digits(number).ok_or_else(refused)?;
    let written = format!("+{digits}");
    if numbering::is_as_written(&digits, &PLANS) {
        return Ok(written.into());
    }
    asked(written).ok_or_else(refused)
}

/// What the library makes of a number.
fn asked(written: String) -> Option<Text> {
    let parsed = parse(&written)?;
    let read = valid_e164(&parsed);
    if read.as_deref() == Some(&*written) {
        return read;
    }
    as_written(&written, parsed.code().value()).or(read)
}

fn valid_e164(number: &PhoneNumber) -> Option<Text> {
    // The library's own way to write it looks for the pattern of spaces of its country first, and has no need of it.
    phonenumber::is_valid_with(&PLANS, number)
        .then(|| format!("+{}{}", number.code().value(), number.national()).into())
}

/// The number without anything left out, where that is one.
///
/// The library leaves out what looks like a trunk prefix, also where it belongs to the number: of Russia's +7 800 and +7 812
/// it takes the 8 away, and of some countries two. With as many put in front, these are left out, and the number stays.
fn as_written(written: &str, code: u16) -> Option<Text> {
    let national = written.strip_prefix(&format!("+{code}"))?;
    let countries = PLANS.by_code(&code)?;
    let prefixes = countries.into_iter().filter_map(|country| country.national_prefix());
    prefixes.flat_map(|prefix| [prefix.to_owned(), prefix.repeat(2)]).find_map(|prefix| {
        let parsed = parse(&format!("+{code}{prefix}{national}"))?;
        valid_e164(&parsed).filter(|read| **read == *written)
    })
}

/// The numbering plans of all countries.
///
/// The library compiles a plan's patterns when the first number of its country is read, which takes milliseconds, and
/// forgets them when a hundred others have been asked since: with users of a dozen countries, before each number. So many
/// plans as there are patterns for are kept.
static PLANS: LazyLock<&Database> = LazyLock::new(|| {
    let plans: &Database = &DATABASE;
    if let Ok(mut patterns) = plans.cache().lock() {
        patterns.set_capacity(100_000);
    }
    plans
});

/// The patterns of all plans are compiled.
static PATTERNS: LazyLock<()> = LazyLock::new(|| {
    if let Ok(mut compiled) = PLANS.cache().lock() {
        for pattern in plans().flat_map(patterns) {
            if compiled.contains_key(pattern) {
                continue;
            }
            // The digits that are read are `0` to `9`: without those of all other scripts a pattern is compiled several times
            // as fast, and a tenth as large. What cannot be without them is left to the library.
            if let Ok(built) = RegexBuilder::new(pattern).unicode(false).ignore_whitespace(true).build() {
                compiled.save(built);
            }
        }
    }
});

/// The plans of all country codes. They are asked for by code: those of no country, such as +800, share one id.
fn plans() -> impl Iterator<Item = &'static Metadata> {
    (1..=999_u16).filter_map(|code| PLANS.by_code(&code)).flatten()
}

/// The patterns that a number of a country is read with.
fn patterns(plan: &Metadata) -> impl Iterator<Item = &str> {
    let kinds = plan.descriptors();
    let some = [
        kinds.fixed_line(),
        kinds.mobile(),
        kinds.toll_free(),
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.voip(),
        kinds.pager(),
        kinds.uan(),
        kinds.voicemail(),
    ];
    let kinds = some.into_iter().flatten().chain([kinds.general()]).map(|kind| kind.national_number());
    kinds
        .chain(plan.leading_digits())
        .chain(plan.national_prefix_for_parsing())
        .map(|pattern| pattern.as_str())
}

/// Reads the numbering plans and makes them ready for the first number of any country, if that has not been done yet. It
/// takes a quarter of a second and 14 MB; whoever reads numbers one after the other, and nobody waits, leaves it.
pub(crate) fn read_numbering_plans() {
    LazyLock::force(&PATTERNS);
}

fn parse(number: &str) -> Option<PhoneNumber> {
    phonenumber::parse_with(&PLANS, None, number).ok()
}

/// The most digits that a text may hold: E.164's fifteen, and a trunk prefix to be left out.
const MOST_DIGITS: usize = 17;

/// The digits after `+` or `00`; none for a text that has neither, or anything in it that is no part of a number.
fn international_digits(number: &str) -> Option<String> {
    let mut characters = number.chars().filter(|character| !is_invisible(*character)).peekable();
    let has_plus = characters.next_if_eq(&'+').is_some();
    let mut digits = String::with_capacity(MOST_DIGITS);
    for character in characters {
        match character {
            '0'..='9' if digits.len() < MOST_DIGITS + 2 => digits.push(character),
            '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
            _ => return None,
        }
    }
    if has_plus {
        return Some(digits).filter(|digits| digits.len() <= MOST_DIGITS);
    }
    digits.strip_prefix("00").map(str::to_owned)
}

/// White space, and the marks for the direction of writing that telephones put around the numbers of their contacts.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A text that is no phone number with a country code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneError {
    number: String,
}

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no phone number with its country code, such as +919820012345", self.number)
    }
}

impl std::error::Error for PhoneError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;

    #[test]
    fn numbers_with_a_country_code() {
        for (number, expected) in [
            ("+919820012345", "+919820012345"),
            (" +91 98200 12345 ", "+919820012345"),
            ("+91-98200-12345", "+919820012345"),
            ("+91.98200.12345", "+919820012345"),
            ("+91 (98200) 12345", "+919820012345"),
            ("+ 91 9820012345", "+919820012345"),
            ("0091 98200 12345", "+919820012345"),
            ("00919820012345", "+919820012345"),
            ("\u{202a}+91\u{a0}98200\u{2011}12345\u{202c}", "+919820012345"),
            ("+1 (650) 253-0000", "+16502530000"),
            ("+44 7911 123456", "+447911123456"),
            ("+44 (0)7911 123456", "+447911123456"),
            ("+91 098200 12345", "+919820012345"),
            ("+49/151/23456789", "+4915123456789"),
            ("+55 11 98765-4321", "+5511987654321"),
            ("+52 55 1234 5678", "+525512345678"),
            ("+54 9 11 2345-6789", "+5491123456789"),
            ("+7 912 345 67 89", "+79123456789"),
            ("+7 800 555 35 35", "+78005553535"),
            ("+7 812 123 45 67", "+78121234567"),
            ("+7 8 912 345 67 89", "+79123456789"),
            ("+65 8123 4567", "+6581234567"),
            ("+971 50 123 4567", "+971501234567"),
            // A zero that belongs to the number stays.
            ("+39 02 36618300", "+390236618300"),
            ("+39 02 3661 8300", "+390236618300"),
            ("+225 01 23 45 67 89", "+2250123456789"),
        ] {
            assert_eq!(e164(number).as_deref(), Ok(expected), "{number}");
        }
    }

    #[test]
    fn the_plans_of_many_countries_are_kept() {
        let numbers = [
            "+12025550123",
            "+14165550123",
            "+27821234567",
            "+31612345678",
            "+33612345678",
            "+34612345678",
            "+393123456789",
            "+447911123456",
            "+4915123456789",
            "+48512345678",
            "+525512345678",
            "+5511987654321",
            "+5491123456789",
            "+60123456789",
            "+61412345678",
            "+6281234567890",
            "+639171234567",
            "+6581234567",
            "+66812345678",
            "+79123456789",
            "+818012345678",
            "+821012345678",
            "+84912345678",
            "+8613123456789",
            "+905321234567",
            "+919820012345",
            "+923012345678",
            "+2348021234567",
            "+254712345678",
            "+971501234567",
            "+966512345678",
            "+201001234567",
        ];
        for number in numbers {
            assert_eq!(e164(number).as_deref(), Ok(number));
        }
        let kept = PLANS.cache().lock().unwrap().len();
        assert!(kept > 100, "{kept} patterns");
    }

    /// Numbers of every country and kind, and others that differ from them in a few digits, or have some more or fewer.
    fn numbers() -> impl Strategy<Value = String> {
        let examples: Vec<String> = plans()
            .flat_map(|plan| {
                let kinds = plan.descriptors();
                let kinds = [
                    kinds.mobile(),
                    kinds.fixed_line(),
                    kinds.toll_free(),
                    kinds.premium_rate(),
                    kinds.voip(),
                    kinds.uan(),
                    kinds.personal_number(),
                ];
                let examples = kinds.into_iter().flatten().filter_map(|kind| kind.example());
                examples.map(|example| format!("{}{example}", plan.country_code())).collect::<Vec<_>>()
            })
            .collect();
        let changes = prop::collection::vec((0..16_usize, b'0'..=b'9'), 0..6);
        (prop::sample::select(examples), changes, 0..12_usize).prop_map(|(mut digits, changes, length)| {
            for (place, digit) in changes {
                if place < digits.len() {
                    digits.replace_range(place..=place, &char::from(digit).to_string());
                }
            }
            match length {
                0 => digits.truncate(digits.len() - 1),
                1 => digits.push('7'),
                2 => digits.insert(2, '0'),
                _ => {}
            }
            digits
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_told_without_the_library_is_what_it_says(digits in numbers()) {
            if numbering::is_as_written(&digits, &PLANS) {
                let written = format!("+{digits}");
                let read = asked(written.clone());
                prop_assert_eq!(read.as_deref(), Some(&*written));
            }
        }
    }

    #[test]
    fn most_numbers_are_told_without_the_library() {
        let mut runner = TestRunner::deterministic();
        let (mut told, mut valid) = (0, 0);
        for _ in 0..2_000 {
            let digits = numbers().new_tree(&mut runner).unwrap().current();
            told += usize::from(numbering::is_as_written(&digits, &PLANS));
            valid += usize::from(asked(format!("+{digits}")).is_some());
        }
        assert!(told * 10 > valid * 7, "{told} of {valid}");
    }

    #[test]
    fn a_number_of_any_country_is_read_with_what_is_ready() {
        read_numbering_plans();
        let compiled = || PLANS.cache().lock().unwrap().len();
        let before = compiled();
        let mut read = 0;
        for plan in plans() {
            let kinds = plan.descriptors();
            let kinds = [kinds.mobile(), kinds.fixed_line(), kinds.toll_free(), kinds.uan(), kinds.voip()];
            for example in kinds.into_iter().flatten().filter_map(|kind| kind.example()) {
                read += usize::from(e164(&format!("+{} {example}", plan.country_code())).is_ok());
                let _refused = e164(&format!("+{} {}", plan.country_code(), example.replace(|_| true, "9")));
            }
        }
        let mut runner = TestRunner::deterministic();
        for _ in 0..2_000 {
            asked(format!("+{}", numbers().new_tree(&mut runner).unwrap().current()));
        }
        assert!(read > 400, "{read} numbers");
        assert_eq!(compiled(), before);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for number in [
            "",
            " ",
            "+",
            "00",
            "+0",
            "9820012345",
            "919820012345",
            "09820012345",
            "98200 12345",
            "+91 98200",
            "+91 98200 123456789",
            "+91 00000 00000",
            "+999 12345678",
            "+000000000000",
            "+00919820012345",
            "00+919820012345",
            "++919820012345",
            "+91+9820012345",
            "+91 98200 12345 x5",
            "+91 98200 12345 ext. 5",
            "+91 98200 12345;ext=5",
            "+91 98200 12345#5",
            "+91 98200 12345, +91 98200 12346",
            "+1 650 FLOWERS",
            "+1 650-253-CALL",
            "tel:+919820012345",
            "call +919820012345",
            "+91982001234५",
            "asha@shop.example",
            "unknown",
            "+911234567890123456789012345678901234567890",
            "null",
        ] {
            assert!(e164(number).is_err(), "{number}: {:?}", e164(number));
        }
    }

    #[test]
    fn the_error_shows_the_number_and_an_example() {
        let error = e164("12345").unwrap_err().to_string();
        assert_eq!(error, "`12345` is no phone number with its country code, such as +919820012345");
    }

    /// The numbering plans come with examples for each country: each is its own E.164 form.
    #[test]
    fn every_country_is_known() {
        let letters = || 'A'..='Z';
        let mut mobiles = 0;
        let mut wrong = Vec::new();
        for id in letters().flat_map(|a| letters().map(move |b| format!("{a}{b}"))) {
            let Some(country) = DATABASE.by_id(&id) else { continue };
            let plan = country.descriptors();
            mobiles += usize::from(plan.mobile().is_some());
            let kinds =
                [plan.mobile(), plan.fixed_line(), plan.toll_free(), plan.voip(), plan.premium_rate()];
            for example in kinds.into_iter().flatten().filter_map(|kind| kind.example()) {
                let number = format!("+{}{}", country.country_code(), example);
                let spaced: String = number.chars().flat_map(|digit| [digit, ' ']).collect();
                for written in [&number, &spaced] {
                    let read = e164(written);
                    if read.as_deref() != Ok(number.as_str()) {
                        wrong.push(format!("{id} {written}: {read:?}"));
                    }
                }
            }
        }
        assert!(mobiles > 200, "{mobiles}");
        assert_eq!(wrong, Vec::<String>::new());
    }
}
