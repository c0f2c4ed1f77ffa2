//! Filters of numbers: exact for whole numbers, refused where 64 bits do not hold the result.

use liquid_core::model::{_ValueView as ValueView, Value, ValueCow};

use super::{argument, noun};
use crate::model::Number;

type Made = Result<Value, String>;

/// The number of a value: of a number, or of a text that is one.
pub(super) fn number_of(value: &dyn ValueView) -> Result<Number, String> {
    let Some(scalar) = value.as_scalar() else {
        return Err(format!("needs a number, and this is {}", noun(value)));
    };
    let number = scalar
        .to_integer()
        .map(Number::from_i64)
        .or_else(|| scalar.to_float().and_then(Number::from_f64))
        .or_else(|| {
            // A text may be a number with spaces around it.
            let text = scalar.to_kstr();
            let text = text.trim();
            text.parse().ok().map(Number::from_i64).or_else(|| text.parse().ok().and_then(Number::from_f64))
        });
    number.ok_or_else(|| format!("needs a number, and this is `{}`", scalar.to_kstr()))
}

/// A number as Liquid takes it.
pub(super) fn value(number: Number) -> Value {
    match number.as_i64() {
        Some(whole) => Value::scalar(whole),
        None => Value::scalar(number.as_f64()),
    }
}

/// The result of a calculation with floats, without the noise of its last digits: 0.1 + 0.2 is 0.3.
fn calculated(result: f64) -> Result<Number, String> {
    let tidy = format!("{result:.14e}").parse().ok().and_then(Number::from_f64);
    tidy.ok_or_else(too_large)
}

fn too_large() -> String {
    "the result is too large".to_owned()
}

fn operands(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Result<(Number, Number), String> {
    let input = number_of(input)?;
    match argument(arguments, 0) {
        Some(operand) => Ok((input, number_of(operand)?)),
        None => Err("needs a number to calculate with".to_owned()),
    }
}

fn calculate(
    (a, b): (Number, Number),
    whole: fn(i64, i64) -> Option<i64>,
    float: fn(f64, f64) -> f64,
) -> Result<Number, String> {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => whole(a, b).map(Number::from_i64).ok_or_else(too_large),
        _ => calculated(float(a.as_f64(), b.as_f64())),
    }
}

/// The sum of two numbers.
pub(super) fn add(a: Number, b: Number) -> Result<Number, String> {
    calculate((a, b), i64::checked_add, |a, b| a + b)
}

pub(super) fn plus(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let (a, b) = operands(input, arguments)?;
    add(a, b).map(value)
}

pub(super) fn minus(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    calculate(operands(input, arguments)?, i64::checked_sub, |a, b| a - b).map(value)
}

pub(super) fn times(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    calculate(operands(input, arguments)?, i64::checked_mul, |a, b| a * b).map(value)
}

/// Exact, other than Ruby's: whether an amount came as 10 or as 10.5 must not decide whether digits are lost.
pub(super) fn divided_by(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let (a, b) = operands(input, arguments)?;
    not_zero(b)?;
    let wholes = a.as_i64().zip(b.as_i64());
    match wholes.map(|(a, b)| (a.checked_rem(b), a.checked_div(b))) {
        Some((Some(0), Some(whole))) => Ok(Value::scalar(whole)),
        Some((None, _)) => Err(too_large()),
        _ => calculated(a.as_f64() / b.as_f64()).map(value),
    }
}

/// With the sign of the divisor.
pub(super) fn modulo(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let (a, b) = operands(input, arguments)?;
    not_zero(b)?;
    let whole = |a: i64, b: i64| {
        let rest = a.checked_rem(b)?;
        if rest != 0 && (rest < 0) != (b < 0) { rest.checked_add(b) } else { Some(rest) }
    };
    calculate((a, b), whole, |a, b| a - b * (a / b).floor()).map(value)
}

fn not_zero(divisor: Number) -> Result<(), String> {
    if divisor == Number::from_i64(0) { Err("cannot divide by 0".to_owned()) } else { Ok(()) }
}

pub(super) fn abs(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    let number = number_of(input)?;
    match number.as_i64() {
        Some(whole) => whole.checked_abs().map(Value::scalar).ok_or_else(too_large),
        None => Ok(Value::scalar(number.as_f64().abs())),
    }
}

pub(super) fn at_least(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let (a, b) = operands(input, arguments)?;
    Ok(value(a.max(b)))
}

pub(super) fn at_most(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let (a, b) = operands(input, arguments)?;
    Ok(value(a.min(b)))
}

pub(super) fn ceil(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    cut(input, f64::ceil)
}

pub(super) fn floor(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    cut(input, f64::floor)
}

fn cut(input: &dyn ValueView, cut: fn(f64) -> f64) -> Made {
    let number = number_of(input)?;
    if number.as_i64().is_some() {
        return Ok(value(number));
    }
    Number::from_f64(cut(number.as_f64())).map(value).ok_or_else(too_large)
}

/// To whole numbers, or to up to ten digits after the point; a half goes away from zero.
pub(super) fn round(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let number = number_of(input)?;
    let digits = argument(arguments, 0).map(number_of).transpose()?;
    let digits = digits.map_or(Some(0), Number::as_i64).filter(|digits| (0..=10).contains(digits));
    let Some(digits) = digits else { return Err("rounds to 0 to 10 digits".to_owned()) };
    if number.as_i64().is_some() {
        return Ok(value(number));
    }
    let scale = 10_f64.powi(digits as i32);
    let scaled = number.as_f64() * scale;
    if !scaled.is_finite() {
        // So large a float has no digits after the point.
        return Ok(value(number));
    }
    calculated(scaled.round() / scale).map(value)
}
