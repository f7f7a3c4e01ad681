//! Between decimal numbers and the other values of Python.

use std::ops::Deref;

use malachite_base::num::arithmetic::traits::Pow;
use malachite_nz::natural::Natural;
use taipan_objects::int::{BigInt, BigUint, IntView, Sign};
use taipan_objects::list::List;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::{Str, is_space};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::Value;
use taipan_objects::{bail, exc, float, format, int};

use super::coefficient::Coefficient;
use super::context::Context;
use super::decimal::Decimal;
use super::number::{Kind, Number};
use super::parse::parse;
use super::rounding::{finish, to_integral};
use super::settings::{EXPONENT_BEYOND, Rounding, Settings, Status};
use super::show::{Notation, to_text};

/// An operand: a decimal number in its object, or one made for the occasion.
pub enum Operand<'a> {
    /// The number of an object.
    Borrowed(&'a Number),
    /// A number of its own.
    Owned(Number),
}

impl Deref for Operand<'_> {
    type Target = Number;

    #[inline(always)]
    fn deref(&self) -> &Number {
        match self {
            Operand::Borrowed(number) => number,
            Operand::Owned(number) => number,
        }
    }
}

impl Operand<'_> {
    /// The number itself.
    pub fn into_number(self) -> Number {
        match self {
            Operand::Borrowed(number) => number.clone(),
            Operand::Owned(number) => number,
        }
    }
}

/// What a decimal number or an int is as an operand; nothing for other values.
#[inline(always)]
pub fn operand(value: &Value) -> Option<Operand<'_>> {
    match value.downcast::<Decimal>() {
        Some(decimal) => Some(Operand::Borrowed(&decimal.number)),
        None => int::view(value).map(|view| Operand::Owned(from_int(view))),
    }
}

/// As [`operand`], raising TypeError for other values.
#[inline(always)]
pub fn expect_operand(value: &Value) -> PyResult<Operand<'_>> {
    operand(value).ok_or_else(|| unsupported(value))
}

/// The TypeError about a value that no decimal number is made from.
#[cold]
pub fn unsupported(value: &Value) -> Raised {
    exc!(
        TypeError,
        "conversion from {} to Decimal is not supported",
        value.class().name()
    )
}

/// The number that an int is.
pub fn from_int(view: IntView<'_>) -> Number {
    match view {
        IntView::Small(small) => Number::from_i64(small),
        IntView::Big(big) => {
            let magnitude = Natural::from(big.magnitude().clone());
            Number::finite(big.sign() == Sign::Minus, Coefficient::from(magnitude), 0)
        }
    }
}

/// The number that a float is, exactly.
pub fn from_f64(value: f64) -> Number {
    if value.is_nan() {
        return Number::NAN;
    }
    let negative = value.is_sign_negative();
    if value.is_infinite() {
        return Number::infinity(negative);
    }
    if value == 0.0 {
        return Number::zero(negative, 0);
    }
    let bits = value.to_bits();
    let biased = (bits >> 52 & 0x7ff) as i64;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if biased == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, biased - 1075)
    };
    let twos = mantissa.trailing_zeros();
    let (mantissa, exponent) = (mantissa >> twos, exponent + i64::from(twos));
    if exponent >= 0 {
        return Number::finite(
            negative,
            Coefficient::from(Natural::from(mantissa) << exponent as u64),
            0,
        );
    }
    // m / 2**k is m * 5**k / 10**k.
    let digits = Natural::from(mantissa) * Natural::from(5u64).pow(exponent.unsigned_abs());
    Number::finite(negative, Coefficient::from(digits), exponent)
}

/// The ASCII form of text that may spell a number: digits and spaces of other scripts become those of ASCII.
fn ascii_form(text: &Str, is_lenient: bool) -> Option<Vec<u8>> {
    let mut codes: Vec<u32> = text.code_points().collect();
    if is_lenient {
        let end = codes
            .iter()
            .rposition(|&code| !is_space(code))
            .map_or(0, |last| last + 1);
        codes.truncate(end);
        let start = codes.iter().position(|&code| !is_space(code)).unwrap_or(0);
        codes.drain(..start);
        codes.retain(|&code| code != u32::from('_'));
    }
    codes
        .into_iter()
        .map(|code| match code {
            1..=127 => Some(code as u8),
            _ if is_space(code) => Some(b' '),
            _ => format::decimal_value(code).map(|digit| b'0' + digit as u8),
        })
        .collect()
}

/// The number that text spells. The lenient form takes white space around it, and underscores.
pub fn from_text(text: &Str, is_lenient: bool, settings: &Settings, status: &mut Status) -> Number {
    if let Some(ascii) = text.as_ascii() {
        let bytes = ascii.as_bytes();
        let plain = !is_lenient
            || bytes
                .iter()
                .all(|&byte| byte > b' ' && byte != b'_' && byte != 0x7f);
        if plain && !bytes.contains(&0) {
            return parse(bytes, settings, status);
        }
    }
    match ascii_form(text, is_lenient) {
        Some(bytes) => parse(&bytes, settings, status),
        None => status.fail(Status::CONVERSION_SYNTAX),
    }
}

fn items_of(value: &Value) -> Option<Vec<Value>> {
    match value.downcast::<Tuple>() {
        Some(tuple) => Some(tuple.to_vec()),
        None => value.downcast::<List>().map(|list| list.to_vec()),
    }
}

/// The number that a tuple of sign, digits and exponent describes.
fn from_tuple(value: &Value) -> PyResult<Number> {
    let Some(items) = items_of(value) else {
        bail!(TypeError, "argument must be a tuple or list")
    };
    let [sign, digits, exponent] = items.as_slice() else {
        bail!(ValueError, "argument must be a sequence of length 3")
    };
    let wrong_sign = "sign must be an integer with the value 0 or 1";
    if !int::is_int(sign) {
        bail!(ValueError, "{wrong_sign}");
    }
    let negative = match int::as_i64(sign)? {
        0 => false,
        1 => true,
        _ => bail!(ValueError, "{wrong_sign}"),
    };
    let (kind, exponent) = match exponent.downcast::<Str>() {
        Some(name) if name.eq_str("F") => (Kind::Infinity, 0),
        Some(name) if name.eq_str("n") => (Kind::QuietNan, 0),
        Some(name) if name.eq_str("N") => (Kind::SignalingNan, 0),
        Some(_) => bail!(
            ValueError,
            "string argument in the third position must be 'F', 'n' or 'N'"
        ),
        None if int::is_int(exponent) => (Kind::Finite, int::as_isize(exponent)? as i64),
        None => bail!(ValueError, "exponent must be an integer"),
    };
    let wrong_digits = || exc!(ValueError, "coefficient must be a tuple of digits");
    let mut text = Vec::new();
    for digit in items_of(digits).ok_or_else(wrong_digits)? {
        if !int::is_int(&digit) {
            return Err(wrong_digits());
        }
        match int::as_i64(&digit)? {
            digit @ 0..=9 => text.push(b'0' + digit as u8),
            _ => return Err(wrong_digits()),
        }
    }
    let coefficient = if kind == Kind::Infinity {
        Coefficient::ZERO
    } else {
        Coefficient::from_digits(&text)
    };
    Ok(Number {
        coefficient,
        exponent: exponent.clamp(-2 * EXPONENT_BEYOND, EXPONENT_BEYOND),
        negative,
        kind,
    })
}

/// Checks that a number fits the widest context, as exact conversions need it.
fn exact(number: Number, mut status: Status, context: &Context) -> PyResult<Number> {
    let fitted = finish(number, &Settings::MAXIMAL, &mut status);
    let changed = status.has(Status::INEXACT | Status::ROUNDED | Status::CLAMPED);
    let result = if changed {
        status.fail(Status::INVALID_OPERATION)
    } else {
        fitted
    };
    context.report(status.and(Status::ERRORS))?;
    Ok(result)
}

/// The number that a value of any type that makes decimal numbers stands for, exactly.
pub fn from_value_exactly(value: &Value, context: &Context) -> PyResult<Number> {
    if let Some(operand) = operand(value) {
        return Ok(operand.into_number());
    }
    if let Some(text) = value.downcast::<Str>() {
        let mut status = Status::NONE;
        let number = from_text(text, true, &Settings::MAXIMAL, &mut status);
        return exact(number, status, context);
    }
    if value.downcast::<Tuple>().is_some() || value.downcast::<List>().is_some() {
        return exact(from_tuple(value)?, Status::NONE, context);
    }
    if let Some(value) = float::value_of(value) {
        context.report(Status::FLOAT_OPERATION)?;
        return Ok(from_f64(value));
    }
    Err(unsupported(value))
}

/// As [`from_value_exactly`], but rounded to the context, and strict about text.
pub fn from_value_rounded(value: &Value, context: &Context) -> PyResult<Number> {
    let settings = context.settings();
    let mut status = Status::NONE;
    let number = if let Some(operand) = operand(value) {
        if operand.is_nan()
            && operand.coefficient.digits() > settings.precision - i64::from(settings.clamp)
            && !operand.coefficient.is_zero()
        {
            context.report(Status::CONVERSION_SYNTAX)?;
            return Ok(Number::NAN);
        }
        operand.into_number()
    } else if let Some(text) = value.downcast::<Str>() {
        from_text(text, false, &settings, &mut status)
    } else if value.downcast::<Tuple>().is_some() || value.downcast::<List>().is_some() {
        let number = from_tuple(value)?;
        if number.is_nan()
            && !number.coefficient.is_zero()
            && number.coefficient.digits() > settings.precision - i64::from(settings.clamp)
        {
            status.fail(Status::CONVERSION_SYNTAX)
        } else {
            number
        }
    } else if let Some(value) = float::value_of(value) {
        context.report(Status::FLOAT_OPERATION)?;
        from_f64(value)
    } else {
        return Err(unsupported(value));
    };
    let result = finish(number, &settings, &mut status);
    context.report(status)?;
    Ok(result)
}

/// The number of an int or a float, exactly.
pub fn from_int_or_float(value: &Value) -> PyResult<Number> {
    if let Some(view) = int::view(value) {
        return Ok(from_int(view));
    }
    match float::value_of(value) {
        Some(value) => Ok(from_f64(value)),
        None => bail!(TypeError, "argument must be int or float"),
    }
}

/// An int with the sign and magnitude of a whole coefficient.
pub fn int_from(negative: bool, coefficient: &Coefficient) -> Value {
    if let Some(small) = coefficient.small()
        && let Ok(magnitude) = i128::try_from(small)
    {
        return int::from_i128(if negative { -magnitude } else { magnitude });
    }
    let sign = if negative { Sign::Minus } else { Sign::Plus };
    int::from_big(BigInt::from_biguint(
        sign,
        BigUint::from(coefficient.to_natural()),
    ))
}

/// The whole number that a decimal number rounds to.
pub fn to_int(number: &Number, rounding: Rounding, context: &Context) -> PyResult<Value> {
    match number.kind {
        Kind::Finite => {}
        Kind::Infinity => bail!(OverflowError, "cannot convert Infinity to integer"),
        _ => bail!(ValueError, "cannot convert NaN to integer"),
    }
    let mut status = Status::NONE;
    let whole = to_integral(
        number,
        false,
        &context.settings().rounded(rounding),
        &mut status,
    );
    context.report(status)?;
    match whole.coefficient.shifted_left(whole.exponent) {
        Some(coefficient) => Ok(int_from(whole.negative, &coefficient)),
        None => Err(signals_memory()),
    }
}

/// The MemoryError for a result that is too long.
#[cold]
pub fn signals_memory() -> Raised {
    super::signals::raise(Status::MEMORY)
}

/// The float nearest to a decimal number.
pub fn to_f64(number: &Number) -> PyResult<f64> {
    const EXACT: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];
    let sign = if number.negative { -1.0 } else { 1.0 };
    match number.kind {
        Kind::SignalingNan => bail!(ValueError, "cannot convert signaling NaN to float"),
        Kind::QuietNan => return Ok(f64::NAN.copysign(sign)),
        Kind::Infinity => return Ok(f64::INFINITY * sign),
        Kind::Finite => {}
    }
    // One operation on two exact floats rounds once.
    if let (Coefficient::Small(low, 0), Some(power)) = (
        &number.coefficient,
        EXACT.get(number.exponent.unsigned_abs() as usize),
    ) && *low < 1 << 53
    {
        let magnitude = if number.exponent < 0 {
            *low as f64 / power
        } else {
            *low as f64 * power
        };
        return Ok(magnitude * sign);
    }
    let text = to_text(number, Notation::Scientific, true);
    match float::parse(text.as_bytes()) {
        Some(float) => Ok(float),
        None => bail!(ValueError, "could not convert string to float: '{text}'"),
    }
}
