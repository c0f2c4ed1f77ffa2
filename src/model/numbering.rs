//! Numbers that the library of numbering plans leaves as they are, told without it.
//!
//! The library keeps its compiled patterns behind one lock, looks each up by its text for every number, and holds the lock
//! while it matches: on several threads one number is read at a time. Most numbers are what they seem, and for those
//! there are the same patterns here, compiled once for each country and shared without a lock.

use std::sync::OnceLock;

use phonenumber::country;
use phonenumber::metadata::{Database, Descriptor, Metadata};
use regex::{Regex, RegexBuilder};

/// The plans of a country code: the first that a number belongs to decides.
type Countries = Vec<OnceLock<Option<Country>>>;

/// By country code. A country's patterns are compiled when its first number is read.
static CODES: [OnceLock<Countries>; 1_000] = [const { OnceLock::new() }; 1_000];

/// What makes a number one of a country.
#[derive(Debug)]
struct Country {
    leading_digits: Option<Regex>,
    /// What is taken for a prefix that is dialled inside of the country only.
    trunk: Option<Regex>,
    trunk_digits: Option<String>,
    general: Kind,
    /// Mobile numbers first: few others are written to.
    kinds: Vec<Kind>,
}

#[derive(Debug)]
struct Kind {
    lengths: Vec<u16>,
    /// Begins where the number begins; the library is content with a part of it, so this is too.
    begins: Regex,
}

/// Whether the library reads `+` and these digits as a valid number, and as it is written. False says nothing: it is to be asked.
pub(super) fn is_as_written(digits: &str, plans: &Database) -> bool {
    // No country's code begins with a zero.
    if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    (1..=3).find_map(|length| of_code(digits.split_at_checked(length)?, plans)).unwrap_or(false)
}

/// The same with the digits cut after what may be a country code; none when it is none.
fn of_code((code, national): (&str, &str), plans: &Database) -> Option<bool> {
    let code: u16 = code.parse().ok()?;
    let countries = CODES.get(usize::from(code))?.get_or_init(|| {
        let countries = plans.by_code(&code).unwrap_or_default();
        countries.iter().map(|_| OnceLock::new()).collect()
    });
    if countries.is_empty() {
        return None;
    }
    // A zero in front is left out here and there, and kept elsewhere; the rest is no length of a number at all.
    if national.starts_with('0') || !(4..=17).contains(&national.len()) {
        return Some(false);
    }
    Some(country_of(code, countries, national, plans).is_some_and(|country| country.leaves(national)))
}

/// The country of a number among those that have one code; none also where the library must say.
fn country_of<'c>(
    code: u16,
    countries: &'c Countries,
    national: &str,
    plans: &Database,
) -> Option<&'c Country> {
    for (place, country) in countries.iter().enumerate() {
        let country = country.get_or_init(|| Country::of(plans.by_code(&code)?.get(place)?, countries.len()));
        let country = country.as_ref()?;
        let is_its = match &country.leading_digits {
            _ if countries.len() == 1 => true,
            Some(leading) => leading.is_match(national),
            None => country.holds(national),
        };
        if is_its {
            return Some(country);
        }
    }
    None
}

impl Country {
    fn of(plan: &Metadata, countries: usize) -> Option<Country> {
        // What belongs to no country has a code of its own.
        if plan.id().parse::<country::Id>().is_err() && (plan.id() != "001" || countries > 1) {
            return None;
        }
        let kinds = plan.descriptors();
        let (some, general) = (
            [
                kinds.mobile(),
                kinds.fixed_line(),
                kinds.premium_rate(),
                kinds.toll_free(),
                kinds.shared_cost(),
                kinds.voip(),
                kinds.personal_number(),
                kinds.pager(),
                kinds.uan(),
                kinds.voicemail(),
            ],
            kinds.general(),
        );
        let some = some.into_iter().flatten();
        let leading_digits = plan.leading_digits().map(|pattern| begins(pattern.as_str()));
        let trunk = plan.national_prefix_for_parsing().map(|pattern| begins(pattern.as_str()));
        Some(Country {
            leading_digits: transposed(leading_digits)?,
            trunk: transposed(trunk)?,
            trunk_digits: plan.national_prefix().map(str::to_owned),
            general: Kind::of(general)?,
            kinds: some.map(Kind::of).collect::<Option<_>>()?,
        })
    }

    /// Whether nothing of a number is taken away, and it is one of the country's.
    fn leaves(&self, national: &str) -> bool {
        let is_trunk = self.trunk.as_ref().is_some_and(|trunk| trunk.is_match(national))
            || self.trunk_digits.as_ref().is_some_and(|trunk| national.starts_with(trunk.as_str()));
        !is_trunk && self.holds(national)
    }

    fn holds(&self, national: &str) -> bool {
        self.general.holds(national) && self.kinds.iter().any(|kind| kind.holds(national))
    }
}

impl Kind {
    fn of(kind: &Descriptor) -> Option<Kind> {
        let begins = begins(kind.national_number().as_str())?;
        Some(Kind { lengths: kind.possible_length().to_vec(), begins })
    }

    fn holds(&self, national: &str) -> bool {
        let length = u16::try_from(national.len()).unwrap_or(u16::MAX);
        (self.lengths.is_empty() || self.lengths.contains(&length)) && self.begins.is_match(national)
    }
}

/// A pattern that is to match from the first digit on. The digits are `0` to `9`, so that those of other scripts are not compiled in.
fn begins(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(&format!("^(?:{pattern})")).unicode(false).ignore_whitespace(true).build().ok()
}

/// None when there is a pattern that cannot be compiled.
fn transposed(pattern: Option<Option<Regex>>) -> Option<Option<Regex>> {
    match pattern {
        None => Some(None),
        Some(None) => None,
        Some(pattern) => Some(pattern),
    }
}
