//! `money`: an amount with the sign and the digits of its currency.

use std::fmt::Write;

use liquid_core::model::{_ValueView as ValueView, Value, ValueCow};

use super::number::number_of;
use super::{argument, text_of};
use crate::model::Number;

/// The currencies whose sign is known to all who read English, by their codes.
const SIGNS: [(&str, &str); 18] = [
    ("AUD", "A$"),
    ("BRL", "R$"),
    ("CAD", "CA$"),
    ("CNY", "CN¥"),
    ("EUR", "€"),
    ("GBP", "£"),
    ("HKD", "HK$"),
    ("ILS", "₪"),
    ("INR", "₹"),
    ("JPY", "¥"),
    ("KRW", "₩"),
    ("MXN", "MX$"),
    ("NGN", "₦"),
    ("NZD", "NZ$"),
    ("PHP", "₱"),
    ("TWD", "NT$"),
    ("USD", "$"),
    ("VND", "₫"),
];

/// Those without smaller coins, by ISO 4217.
const WHOLE: [&str; 17] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
    "XOF", "XPF",
];

/// Those with thousandths.
const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// Those counted in lakh and crore: after the last three digits, groups of two.
const LAKH: [&str; 5] = ["BDT", "BTN", "INR", "NPR", "PKR"];

/// From here on a 64-bit float has no cents.
const MOST: f64 = 1e15;

pub(super) fn money(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Result<Value, String> {
    written(input, arguments, true)
}

pub(super) fn without_trailing_zeros(
    input: &dyn ValueView,
    arguments: &[ValueCow<'_>],
) -> Result<Value, String> {
    written(input, arguments, false)
}

/// Asks whether a text is the code of a currency.
pub(in crate::message::liquid) fn check_currency(code: &str) -> Result<(), String> {
    if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(format!("`{code}` is no currency's code such as 'INR' or 'EUR'"))
}

fn written(input: &dyn ValueView, arguments: &[ValueCow<'_>], keeps_zeros: bool) -> Result<Value, String> {
    let code = argument(arguments, 0).map(text_of).transpose()?.unwrap_or_default();
    check_currency(&code)?;
    // What is missing stays missing, so that a default can follow.
    if input.is_nil() {
        return Ok(Value::Nil);
    }
    let amount = number_of(input)?;
    if amount.as_f64().abs() >= MOST {
        return Err("the amount is too large".to_owned());
    }
    let places = match code.as_str() {
        code if WHOLE.contains(&code) => 0,
        code if THOUSANDTHS.contains(&code) => 3,
        _ => 2,
    };
    let (negative, digits, mut cents) = rounded(amount, places);
    if !keeps_zeros && cents.bytes().all(|digit| digit == b'0') {
        cents.clear();
    }
    let mut text = String::new();
    if negative {
        text.push('-');
    }
    match SIGNS.binary_search_by_key(&code.as_str(), |(known, _)| known) {
        Ok(place) => text.push_str(SIGNS.get(place).map_or("", |(_, sign)| sign)),
        Err(_) => {
            // Writing into memory cannot fail.
            let _ = write!(text, "{code} ");
        }
    }
    group(&digits, if LAKH.contains(&code.as_str()) { 2 } else { 3 }, &mut text);
    if !cents.is_empty() {
        text.push('.');
        text.push_str(&cents);
    }
    Ok(Value::scalar(text))
}

/// An amount's sign, whole digits and so many after the point; a half goes away from zero. It is the digits that people see that are
/// rounded, and not the float behind them: 2.675 is 2.68.
fn rounded(amount: Number, places: usize) -> (bool, String, String) {
    let shown = amount.to_string();
    let (negative, shown) = shown.strip_prefix('-').map_or((false, shown.as_str()), |rest| (true, rest));
    let (whole, rest) = shown.split_once('.').unwrap_or((shown, ""));
    let up = rest.as_bytes().get(places).is_some_and(|digit| *digit >= b'5');
    let mut digits: Vec<u8> = whole.bytes().chain(format!("{rest:0<places$}").bytes().take(places)).collect();
    let mut carry = up;
    for digit in digits.iter_mut().rev() {
        if !carry {
            break;
        }
        carry = *digit == b'9';
        *digit = if carry { b'0' } else { *digit + 1 };
    }
    if carry {
        digits.insert(0, b'1');
    }
    let cents = digits.split_off(digits.len() - places);
    let is_nothing = digits.iter().chain(&cents).all(|digit| *digit == b'0');
    let text = |digits: Vec<u8>| digits.into_iter().map(char::from).collect::<String>();
    (negative && !is_nothing, text(digits), text(cents))
}

/// Writes digits in groups from the right: one of three, then of so many.
fn group(digits: &str, size: usize, text: &mut String) {
    let (front, last) = digits.split_at(digits.len().saturating_sub(3));
    for (place, digit) in front.chars().enumerate() {
        if place > 0 && (front.len() - place).is_multiple_of(size) {
            text.push(',');
        }
        text.push(digit);
    }
    if !front.is_empty() {
        text.push(',');
    }
    text.push_str(last);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_in_order() {
        assert!(SIGNS.is_sorted_by_key(|(code, _)| code));
    }

    #[test]
    fn what_people_see_is_rounded() {
        let of = |amount: f64, places| {
            let (negative, whole, rest) = rounded(Number::from_f64(amount).unwrap(), places);
            format!("{}{whole}.{rest}", if negative { "-" } else { "" })
        };
        assert_eq!(of(2.675, 2), "2.68");
        assert_eq!(of(1.005, 2), "1.01");
        assert_eq!(of(999.995, 2), "1000.00");
        assert_eq!(of(-0.004, 2), "0.00");
        assert_eq!(of(-0.005, 2), "-0.01");
        assert_eq!(of(0.5, 0), "1.");
        assert_eq!(of(1e-7, 3), "0.000");
        assert_eq!(of(12.0, 3), "12.000");
    }
}
