use std::fmt;

use super::Text;

/// The E.164 form (`+919820012345`) of a phone number with its country code.
///
/// Spaces, dashes, dots, brackets and a leading `00` are accepted; a number without a country code is not guessed at.
///
/// # Errors
/// When the text is no number that any country's numbering plan can hold, or has no country code.
///
/// # Example
/// ```
/// use campanile::model::e164;
/// assert_eq!(&*e164("+91 98200-12345")?, "+919820012345");
/// assert!(e164("98200 12345").is_err());
/// # Ok::<(), campanile::model::PhoneError>(())
/// ```
pub fn e164(number: &str) -> Result<Text, PhoneError> {
    let refused = || PhoneError { number: number.to_owned() };
    let trimmed = number.trim();
    let international = match trimmed.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => trimmed.to_owned(),
    };
    if !international.starts_with('+') {
        return Err(refused());
    }
    let parsed = phonenumber::parse(None, &international).map_err(|_| refused())?;
    if !phonenumber::is_viable(&international) || !parsed.is_valid() {
        return Err(refused());
    }
    Ok(parsed.format().mode(phonenumber::Mode::E164).to_string().into())
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
